//! Expressions to values, with the places of what made them and of the properties that hold them.

use std::sync::Arc;

use plumb_model::value::Text;

use super::deployment::Deployment;
use super::frame::{Spot, Turn};
use super::functions::text_of;
use super::tree::{Entry, Expr, For, Form, Item, Over, Safe};
use super::{MAX_ITEMS, MAX_TEXT};
use crate::val::{Entries, Fields, Kind, Val, Why};

impl Deployment<'_, '_> {
    /// The value of an expression.
    pub(super) fn evaluate(&self, expr: &Expr, spot: Spot<'_>) -> Val {
        let value = match self.work.enter(expr.place) {
            Ok(()) => {
                let value = self.entered(expr, spot);
                self.work.leave();
                value
            }
            Err(why) => Val::placed(Kind::Unknown(why), Some(expr.place)),
        };
        Val {
            at: value.at.or(spot.at),
            ..value
        }
    }

    fn entered(&self, expr: &Expr, spot: Spot<'_>) -> Val {
        let value = match &expr.form {
            Form::Null => Val::null(),
            Form::Bool(truth) => Val::new(Kind::Bool(*truth)),
            Form::Int(int) => Val::new(Kind::Int(*int)),
            Form::Float(float) => Val::new(Kind::Float(*float)),
            Form::Text(text) => Val::string(text.clone()),
            Form::Broken(why) => Val::unknown(why.clone()),
            Form::Interpolated(parts) => self.interpolated(parts, spot),
            Form::List(items) => self.list(items, spot),
            Form::Map(entries) => Val::new(Kind::Map(Arc::new(self.fields(entries, spot)))),
            Form::For(repeat) => self.repeated(repeat, spot),
            Form::Lambda { .. } => Val::unknown("a function is no value"),
            Form::Name(name) => return self.held(self.name(name, expr.place, spot), expr, spot),
            Form::Nested { .. } => match self.target(expr, spot) {
                Some(target) => return self.held(self.whole(target, expr.place, spot), expr, spot),
                None => Val::unknown("the nested resource is not known"),
            },
            Form::Call { of, name, arguments } => {
                let value = match self.target(expr, spot) {
                    Some(target) => self.whole(target, expr.place, spot),
                    None => self.call(of.as_deref(), name, arguments, expr.place, spot),
                };
                return self.held(value, expr, spot);
            }
            Form::Member { of, name, safe } => {
                return self.held(self.member(of, name, *safe, spot), expr, spot);
            }
            Form::Index { of, index, safe } => {
                return self.held(self.index(expr, (of, index, *safe), spot), expr, spot);
            }
        };
        value.or_placed(Some(expr.place))
    }

    /// A value that may come from elsewhere as the value of a property of the judged resource.
    fn held(&self, value: Val, expr: &Expr, spot: Spot<'_>) -> Val {
        let value = value.or_placed(Some(expr.place));
        match spot.at {
            Some(at) => self.work.held(value, at),
            None => value,
        }
    }

    fn interpolated(&self, parts: &[Expr], spot: Spot<'_>) -> Val {
        let mut text = String::new();
        for part in parts {
            let value = self.evaluate(part, Spot { at: None, ..spot });
            match text_of(&value) {
                Ok(piece) => text.push_str(&piece),
                Err(why) => return Val::unknown(why),
            }
            if text.len() > MAX_TEXT {
                return Val::unknown(format!("the text has more than {MAX_TEXT} bytes"));
            }
        }
        Val::string(text)
    }

    fn list(&self, items: &[Item], spot: Spot<'_>) -> Val {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::One(expr) => values.push(self.evaluate(expr, spot.within(expr.place))),
                Item::Spread(expr) => {
                    let spread = self.evaluate(expr, spot.within(expr.place));
                    match (&spread.kind, spread.why_unknown()) {
                        (Kind::List(more), _) => values.extend(more.iter().cloned()),
                        (_, Some(why)) => return Val::unknown(why.clone()),
                        (_, None) => return Val::unknown("what is spread into a list is no list"),
                    }
                }
            }
            if values.len() > MAX_ITEMS {
                return Val::unknown(format!("the list has more than {MAX_ITEMS} items"));
            }
        }
        Val::list(values)
    }

    /// The fields of an object; a key that is not known leaves open what else there is.
    pub(super) fn fields(&self, entries: &[Entry], spot: Spot<'_>) -> Fields {
        let mut fields = Fields::default();
        for entry in entries {
            match entry {
                Entry::Field(field) => {
                    let value = self.evaluate(&field.value, spot.within(field.place()));
                    let key = self.evaluate(&field.key, Spot { at: None, ..spot });
                    match text_of(&key) {
                        Ok(key) => {
                            fields.entries.insert(key, value);
                        }
                        Err(why) => fields.rest = Some(why),
                    }
                }
                Entry::Spread(expr) => {
                    let spread = self.evaluate(expr, spot.within(expr.place));
                    match (&spread.kind, spread.why_unknown()) {
                        (Kind::Map(more), _) => {
                            let more = more
                                .entries
                                .iter()
                                .map(|(key, value)| (key.clone(), value.clone()));
                            fields.entries.extend(more);
                        }
                        (Kind::Null, _) => {}
                        (_, why) => {
                            // It may say otherwise what was said before it.
                            let why = why
                                .cloned()
                                .unwrap_or_else(|| Why::new_static("what is spread is no object"));
                            for (_, value) in &mut fields.entries {
                                value.kind = Kind::Unknown(why.clone());
                            }
                            fields.rest = Some(why);
                        }
                    }
                    if let Kind::Map(more) = &spread.kind
                        && let Some(why) = &more.rest
                    {
                        fields.rest = Some(why.clone());
                    }
                }
            }
        }
        fields
    }

    fn repeated(&self, repeat: &For, spot: Spot<'_>) -> Val {
        let turns = match self.turns(repeat, spot) {
            Ok(turns) => turns,
            Err(why) => return Val::unknown(why),
        };
        let values = turns.iter().map(|turn| {
            let inner = spot.turn(&spot.frame, turn);
            self.evaluate(&repeat.body, inner.within(repeat.body.place))
        });
        Val::list(values.collect())
    }

    /// The turns of a loop.
    ///
    /// # Errors
    /// Why it is not known how many there are.
    pub(super) fn turns(&self, repeat: &For, spot: Spot<'_>) -> Result<Vec<Turn>, Why> {
        let (over, items) = match &repeat.over {
            Over::Count(count) => {
                let value = self.evaluate(count, spot.decision());
                match (&value.kind, value.why_unknown()) {
                    (Kind::Int(count), _) => (usize::try_from(*count).unwrap_or(0), None),
                    (_, Some(why)) => return Err(why.clone()),
                    (_, None) => {
                        let why = self.wrong(
                            count.place,
                            "how often something is repeated must be an int".to_owned(),
                        );
                        return Err(why.why_unknown().cloned().unwrap_or_default());
                    }
                }
            }
            Over::Items(list) => {
                // How many items there are decides; what they are need not.
                let value = self.evaluate(list, Spot { at: None, ..spot });
                match (&value.kind, value.why_unknown()) {
                    (Kind::List(items), _) => (items.len(), Some(Arc::clone(items))),
                    (_, Some(why)) => return Err(why.clone()),
                    (_, None) => {
                        let why = self.wrong(
                            list.place,
                            format!("a loop goes through a list, not a {}", value.kind_name()),
                        );
                        return Err(why.why_unknown().cloned().unwrap_or_default());
                    }
                }
            }
        };
        if over > MAX_ITEMS {
            return Err(format!("the loop has more than {MAX_ITEMS} turns").into());
        }
        self.work.spend(over, repeat.body.place)?;
        let turn = |index: usize| self.turn(repeat, index, items.as_ref().and_then(|items| items.get(index)));
        Ok((0..over).map(turn).collect())
    }

    fn turn(&self, repeat: &For, index: usize, item: Option<&Val>) -> Turn {
        let number = Val::new(Kind::Int(i64::try_from(index).unwrap_or(i64::MAX)));
        let mut turn = Turn::default();
        if let Some(name) = &repeat.copy {
            turn.copies.push((name.clone(), number.clone()));
        }
        if let Some(name) = &repeat.index {
            turn.names.push((name.clone(), number));
        }
        if let (Some(name), Some(item)) = (&repeat.item, item) {
            turn.names.push((name.clone(), item.clone()));
        }
        turn
    }

    /// What a name stands for.
    fn name(&self, name: &Text, place: crate::place::Place, spot: Spot<'_>) -> Val {
        if let Some(value) = spot.frame.name(name) {
            return value.clone();
        }
        if self.template.parameters.contains_key(name) {
            return self.parameter(name, place, spot);
        }
        if self.template.variables.contains_key(name) {
            return self.variable(name, place, spot);
        }
        if let Some(target) = self.symbol(name) {
            return self.whole(target, place, spot);
        }
        if let Some(import) = self.template.imports.get(name) {
            return self.imported(import, None, spot);
        }
        if let Some(why) = self.template.unread.get(name) {
            return Val::unknown(why.clone());
        }
        self.wrong(place, format!("there is no `{name}`"))
    }

    fn member(&self, of: &Expr, name: &Text, safe: Safe, spot: Spot<'_>) -> Val {
        if let Some(value) = self.output_of(of, name, spot) {
            return value;
        }
        if let Form::Name(file) = &of.form
            && let Some(import) = self
                .template
                .imports
                .get(file)
                .filter(|import| import.name.is_none())
        {
            return self.imported(import, Some(name), spot);
        }
        if let Some(target) = self.target(of, spot) {
            return self.attribute(target, name, of.place, spot);
        }
        member(&self.evaluate(of, spot), name, safe)
    }

    fn index(&self, expr: &Expr, (of, index, safe): (&Expr, &Expr, Safe), spot: Spot<'_>) -> Val {
        if let Some(target) = self.target(expr, spot) {
            return self.whole(target, expr.place, spot);
        }
        let index = self.evaluate(index, spot.decision());
        if let Some(why) = index.why_unknown() {
            return Val::unknown(why.clone());
        }
        if let Some(name) = index.as_str() {
            return self.member(of, &Text::from(name), safe, spot);
        }
        let value = self.evaluate(of, spot);
        match (&value.kind, &index.kind) {
            (Kind::Unknown(_), _) => value,
            (Kind::List(items), Kind::Int(at)) => {
                match (usize::try_from(*at).ok().and_then(|at| items.get(at)), safe) {
                    (Some(item), _) => item.clone(),
                    (None, Safe::Yes) => Val::null(),
                    (None, Safe::No) => Val::unknown(format!("there is no item {at} in it")),
                }
            }
            (Kind::Null, _) if safe == Safe::Yes => Val::null(),
            (_, _) => Val::unknown(format!("a {} has no items", value.kind_name())),
        }
    }
}

/// A member of a value.
pub(super) fn member(value: &Val, name: &str, safe: Safe) -> Val {
    match &value.kind {
        Kind::Unknown(_) => value.clone(),
        Kind::Map(fields) => {
            let same = |(key, _): &(&Text, &Val)| key.eq_ignore_ascii_case(name);
            let found = fields
                .entries
                .get(name)
                .or_else(|| Some(fields.entries.iter().find(same)?.1));
            match (found, &fields.rest, safe) {
                (Some(found), _, _) => found.clone(),
                (None, Some(why), _) => Val::unknown(why.clone()),
                (None, None, Safe::Yes) => Val::null(),
                (None, None, Safe::No) => Val::unknown(format!("there is no `{name}` in it")),
            }
        }
        Kind::Null if safe == Safe::Yes => Val::null(),
        Kind::Json(inner) => member(inner, name, safe),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_) | Kind::List(_) => {
            Val::unknown(format!("a {} has no `{name}`", value.kind_name()))
        }
    }
}

/// The entries of a map that is partly known.
pub(super) fn map_with(entries: Entries, rest: &str) -> Val {
    Val::new(Kind::Map(Arc::new(Fields {
        entries,
        rest: Some(rest.into()),
    })))
}
