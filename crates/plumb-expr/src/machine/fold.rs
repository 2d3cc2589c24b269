//! Macros: an expression evaluated for each element of a collection.

use super::{Machine, out_of_budget};
use crate::node::{Fold, FoldKind, Variables};
use crate::val::{Cause, Kleene, ListVal, MapVal, Val};

/// What a macro goes through.
pub(crate) enum Collection<'a> {
    /// With the position of the first unknown element, where a macro asks for positions.
    List(ListVal<'a>, Option<usize>),
    Map(Vec<(Val<'a>, Val<'a>)>),
    Unknown(Cause<'a>),
}

impl<'a> Collection<'a> {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::List(list, _) => list.len(),
            Self::Map(entries) => entries.len(),
            Self::Unknown(_) => 0,
        }
    }

    /// What the macro's variables hold at a position; the second is null where there is only one.
    pub(crate) fn variables(&self, variables: Variables, position: usize) -> Option<(Val<'a>, Val<'a>)> {
        match (self, variables) {
            (Self::Unknown(_), _) => None,
            (Self::List(list, _), Variables::One) => Some((list.get(position)?, Val::Null)),
            (Self::List(list, first_gap), Variables::Two) => {
                // The position of what stands behind an unknown element is not known.
                let index = match first_gap
                    .filter(|gap| *gap <= position)
                    .and_then(|gap| list.get(gap))
                {
                    Some(unknown) => unknown,
                    None => Val::Int(i64::try_from(position).ok()?),
                };
                Some((index, list.get(position)?))
            }
            (Self::Map(entries), Variables::One) => Some((entries.get(position)?.0.clone(), Val::Null)),
            (Self::Map(entries), Variables::Two) => entries.get(position).cloned(),
        }
    }

    /// Why it is not known how many elements stand at a position of a list.
    pub(crate) fn gap(&self, position: usize) -> Option<Cause<'a>> {
        match self {
            Self::List(list, _) => list.unknown_at(position),
            Self::Map(_) | Self::Unknown(_) => None,
        }
    }
}

fn entries<'a>(map: &MapVal<'a>) -> Vec<(Val<'a>, Val<'a>)> {
    map.iter().map(|(key, value)| (Val::text(key), value)).collect()
}

impl<'a> Machine<'a> {
    pub(super) fn fold(&mut self, fold: &'a Fold) -> Val<'a> {
        let collection = match self.collection(fold) {
            Collection::Unknown(cause) => return Val::Unknown(cause),
            known @ (Collection::List(..) | Collection::Map(_)) => known,
        };
        match fold.kind {
            FoldKind::All => self.all(fold, &collection).into_val(),
            FoldKind::Exists => self.exists(fold, &collection).into_val(),
            FoldKind::ExistsOne => self.exists_one(fold, &collection).into_val(),
            FoldKind::Filter => self.filtered(fold, &collection),
            FoldKind::Map => self.mapped(fold, &collection),
        }
    }

    /// What the macro goes through; null and whatever is no collection has no elements.
    pub(crate) fn collection(&mut self, fold: &'a Fold) -> Collection<'a> {
        match self.eval(&fold.collection) {
            Val::List(list) => {
                if fold.variables == Variables::One {
                    return Collection::List(list, None);
                }
                if !self.charge((list.len() / 8) as u64) {
                    return Collection::Unknown(out_of_budget());
                }
                let first_gap = list.iter().position(|element| element.is_unknown());
                Collection::List(list, first_gap)
            }
            Val::Map(map) => {
                if self.charge(map.len() as u64) {
                    Collection::Map(entries(&map))
                } else {
                    Collection::Unknown(out_of_budget())
                }
            }
            Val::Unknown(cause) => Collection::Unknown(cause),
            Val::Null
            | Val::Bool(_)
            | Val::Int(_)
            | Val::Double(_)
            | Val::Text(_)
            | Val::Moment(_)
            | Val::Length(_) => Collection::Map(Vec::new()),
        }
    }

    /// Binds the macro's variables to the element at a position, until [`Machine::leave`] is called with
    /// what this returns.
    pub(crate) fn enter(&mut self, fold: &Fold, collection: &Collection<'a>, position: usize) -> usize {
        let outer = self.locals.len();
        let (first, second) = collection
            .variables(fold.variables, position)
            .unwrap_or((Val::Null, Val::Null));
        self.locals.push(first);
        if fold.variables == Variables::Two {
            self.locals.push(second);
        }
        outer
    }

    /// Ends the bindings that were made since.
    pub(crate) fn leave(&mut self, outer: usize) {
        self.locals.truncate(outer);
    }

    /// Evaluates `node` with the variables bound to the element at a position.
    fn at_element<T>(
        &mut self,
        fold: &Fold,
        collection: &Collection<'a>,
        position: usize,
        evaluate: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.enter(fold, collection, position);
        let result = evaluate(self);
        self.leave(outer);
        result
    }

    /// The condition at a position. Where an unknown number of elements stand, only what holds whatever
    /// they are is known: `neutral` is what no elements at all would give.
    pub(crate) fn condition_at(
        &mut self,
        fold: &'a Fold,
        collection: &Collection<'a>,
        position: usize,
        neutral: Neutral,
    ) -> Kleene<'a> {
        if !self.charge(1) {
            return Kleene::Unknown(out_of_budget());
        }
        let truth = match &fold.condition {
            Some(node) => self.at_element(fold, collection, position, |machine| machine.truth(node)),
            None => Kleene::True,
        };
        match (collection.gap(position), truth, neutral) {
            (None, truth, _) => truth,
            (Some(_), Kleene::False, Neutral::False) => Kleene::False,
            (Some(_), Kleene::True, Neutral::True) => Kleene::True,
            (Some(cause), _, _) => Kleene::Unknown(cause),
        }
    }

    fn all(&mut self, fold: &'a Fold, collection: &Collection<'a>) -> Kleene<'a> {
        let mut unknown = None;
        for position in 0..collection.len() {
            match self.condition_at(fold, collection, position, Neutral::True) {
                Kleene::True => {}
                Kleene::False => return Kleene::False,
                Kleene::Unknown(cause) => unknown = unknown.or(Some(cause)),
            }
            if self.exhaustion().is_some() {
                break;
            }
        }
        unknown.map_or(Kleene::True, Kleene::Unknown)
    }

    fn exists(&mut self, fold: &'a Fold, collection: &Collection<'a>) -> Kleene<'a> {
        let mut unknown = None;
        for position in 0..collection.len() {
            match self.condition_at(fold, collection, position, Neutral::False) {
                Kleene::True => return Kleene::True,
                Kleene::False => {}
                Kleene::Unknown(cause) => unknown = unknown.or(Some(cause)),
            }
            if self.exhaustion().is_some() {
                break;
            }
        }
        unknown.map_or(Kleene::False, Kleene::Unknown)
    }

    fn exists_one(&mut self, fold: &'a Fold, collection: &Collection<'a>) -> Kleene<'a> {
        let mut unknown = None;
        let mut found = 0_u32;
        for position in 0..collection.len() {
            match self.condition_at(fold, collection, position, Neutral::False) {
                Kleene::True if found > 0 => return Kleene::False,
                Kleene::True => found += 1,
                Kleene::False => {}
                Kleene::Unknown(cause) => unknown = unknown.or(Some(cause)),
            }
            if self.exhaustion().is_some() {
                break;
            }
        }
        unknown.map_or(Kleene::of(found == 1), Kleene::Unknown)
    }

    fn filtered(&mut self, fold: &'a Fold, collection: &Collection<'a>) -> Val<'a> {
        let mut kept = Vec::new();
        for position in 0..collection.len() {
            match self.condition_at(fold, collection, position, Neutral::False) {
                Kleene::True => {
                    kept.extend(
                        collection
                            .variables(Variables::One, position)
                            .map(|(element, _)| element),
                    );
                }
                Kleene::False => {}
                Kleene::Unknown(cause) => kept.push(Val::Unknown(cause)),
            }
            if let Some(cause) = self.exhaustion() {
                return Val::Unknown(cause);
            }
        }
        Val::list(kept)
    }

    fn mapped(&mut self, fold: &'a Fold, collection: &Collection<'a>) -> Val<'a> {
        let mut made = Vec::new();
        for position in 0..collection.len() {
            match (
                self.condition_at(fold, collection, position, Neutral::False),
                collection.gap(position),
            ) {
                (Kleene::False, _) => {}
                (Kleene::Unknown(cause), _) | (Kleene::True, Some(cause)) => made.push(Val::Unknown(cause)),
                (Kleene::True, None) => {
                    let transform =
                        |node| self.at_element(fold, collection, position, |machine| machine.eval(node));
                    made.push(fold.transform.as_ref().map_or(Val::Null, transform));
                }
            }
            if let Some(cause) = self.exhaustion() {
                return Val::Unknown(cause);
            }
        }
        Val::list(made)
    }
}

/// What a condition over no elements gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Neutral {
    True,
    False,
}
