//! `Index`: the objects of a stack, to be found by kind, name and labels.

use std::cell::Cell;
use std::collections::HashMap;

use plumb_model::value::Text;
use plumb_pack::kubernetes::ObjectKind;

use super::object::{Object, Scope};

/// How many objects are looked at in all to follow the references of a stack.
const MAX_LOOKED_AT: usize = 20_000_000;
/// How many objects one selector stands for.
const MAX_SELECTED: usize = 500;

/// An object with what is known of it.
pub(super) struct Known<'s> {
    pub(super) object: &'s Object,
    pub(super) kind: Option<&'s ObjectKind>,
    pub(super) address: Text,
}

/// The objects of a stack.
pub(super) struct Index<'s> {
    pub(super) known: &'s [Known<'s>],
    by_kind: HashMap<(Scope, &'s str), Vec<usize>>,
    by_name: HashMap<(Scope, &'s str, &'s str), Vec<usize>>,
    looked_at: Cell<usize>,
}

/// What a selector stands for.
pub(super) enum Selected {
    /// The positions of these objects.
    These(Vec<usize>),
    /// More than are looked at.
    TooMany,
}

impl<'s> Index<'s> {
    pub(super) fn of(known: &'s [Known<'s>]) -> Self {
        let mut by_kind: HashMap<_, Vec<usize>> = HashMap::new();
        let mut by_name: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, one) in known.iter().enumerate() {
            let (scope, kind) = (one.object.scope, one.object.kind.as_str());
            by_kind.entry((scope, kind)).or_default().push(at);
            if let Some(name) = &one.object.name {
                let key = (scope, kind, name.text.as_str());
                by_name.entry(key).or_default().push(at);
            }
        }
        Self {
            known,
            by_kind,
            by_name,
            looked_at: Cell::new(0),
        }
    }

    /// The object of a kind and name that one in `from` means; `namespace` is what the reference says.
    ///
    /// What tells no namespace may be in any, so it is meant when there is only one.
    pub(super) fn named(
        &self,
        from: &Object,
        (kind, name): (&str, &str),
        namespace: Option<&str>,
    ) -> Option<usize> {
        let named = self.by_name.get(&(from.scope, kind, name))?;
        if !self.spend(named.len()) {
            return None;
        }
        let wanted = namespace.or(from.namespace.as_deref());
        let own = |at: usize| self.known.get(at)?.object.namespace.as_deref();
        let mut exact = named.iter().copied().filter(|at| own(*at) == wanted);
        if let Some(at) = exact.next() {
            return Some(at);
        }
        let is_open = |at: &usize| wanted.is_none() || own(*at).is_none();
        let mut open = named.iter().copied().filter(is_open);
        open.next().filter(|_| open.next().is_none())
    }

    /// The objects of a kind with labels: those beside one in `from`, in its namespace and composition.
    pub(super) fn labelled(&self, from: &Object, kind: &str, labels: &[(&Text, &str)]) -> Selected {
        let by = |object: &'s Object| object.composed.as_ref().map(|composed| &composed.by);
        let from_by = from.composed.as_ref().map(|composed| &composed.by);
        let mut found = Vec::new();
        for at in self.by_kind.get(&(from.scope, kind)).into_iter().flatten() {
            if !self.spend(1) || found.len() > MAX_SELECTED {
                return Selected::TooMany;
            }
            let Some(one) = self.known.get(*at) else { continue };
            let has = |(name, label): &(&Text, &str)| {
                let own = one.object.labels.get(*name);
                own.is_some_and(|own| own == label)
            };
            let is_beside = one.object.namespace == from.namespace && by(one.object) == from_by;
            if is_beside && labels.iter().all(has) {
                found.push(*at);
            }
        }
        Selected::These(found)
    }

    /// Counts objects that are looked at; whether they may be.
    fn spend(&self, objects: usize) -> bool {
        let spent = self.looked_at.get().saturating_add(objects);
        self.looked_at.set(spent);
        spent <= MAX_LOOKED_AT
    }
}
