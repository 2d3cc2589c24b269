//! `Ref`, `Fn::GetAtt` and `Fn::FindInMap`.

use plumb_model::value::Text;

use super::evaluate::Spot;
use super::instance::Instance;
use super::substitution::Piece;
use super::tree::Node;
use super::{Certainty, parameters};
use crate::either::either;
use crate::partial::{Holds, Partial};
use crate::place::Place;
use crate::val::Val;
use crate::work::Memo;

impl Instance<'_, '_> {
    /// `Ref`.
    pub(super) fn reference(&self, argument: &Node, spot: Spot) -> Val {
        match argument.text() {
            Some(name) => self.reference_to(name, argument.place, spot),
            None => match self.text(argument, Spot::DECISION) {
                Piece::Text(name) => self.reference_to(&name, argument.place, spot),
                Piece::Unknown(why, _) => Val::unknown(why),
            },
        }
    }

    /// What `Ref` gives for a name that stands at `place`.
    pub(super) fn reference_to(&self, name: &str, place: Place, spot: Spot) -> Val {
        self.identified(self.referred(name, place, spot), name)
    }

    /// An unknown value by its name, so that texts with it are found to be equal.
    fn identified(&self, mut value: Val, name: &str) -> Val {
        if value.why_unknown().is_some() && value.partial.is_none() {
            let holds = match is_no_secret(name) {
                true => Holds::NoSecret,
                false => Holds::Anything,
            };
            value.partial = Some(Partial::named(&self.address(name), holds));
        }
        value
    }

    fn referred(&self, name: &str, place: Place, spot: Spot) -> Val {
        if let Some(parameter) = self.parameters.get(name) {
            return match spot.certainty {
                Certainty::StandIn => parameter.value.clone(),
                Certainty::Required => parameter.certain.clone(),
            };
        }
        if parameters::is_pseudo(name) {
            return parameters::pseudo(name, self.stack_name(), self.work.context, spot.certainty);
        }
        let known = |id: &str| self.resources.contains_key(id);
        if !known(name) && name.split_once('.').is_some_and(|(id, _)| known(id)) {
            // SAM's way to name what it makes of a resource, as in `Function.Version`.
            return Val::unknown(format!("`{name}` is known only after deployment"));
        }
        self.resource_attribute(name, "Ref", place)
    }

    /// `Fn::GetAtt`.
    pub(super) fn attribute(&self, argument: &Node, spot: Spot) -> Val {
        let usage = "`Fn::GetAtt` takes a resource and an attribute";
        let path: Option<(Text, Text)> = match (argument.text(), argument.items()) {
            (Some(text), _) => text
                .split_once('.')
                .map(|(id, attribute)| (id.into(), attribute.into())),
            (None, Some([id, attribute])) => match (id.text(), self.text(attribute, spot)) {
                (Some(id), Piece::Text(attribute)) => Some((id.clone(), attribute)),
                (Some(_), Piece::Unknown(why, _)) => return Val::unknown(why),
                (None, _) => None,
            },
            // `[Stack, Outputs, Name]` is not documented, yet written.
            (None, Some([id, head, tail])) => match (id.text(), head.text(), tail.text()) {
                (Some(id), Some(head), Some(tail)) => Some((id.clone(), format!("{head}.{tail}").into())),
                _ => None,
            },
            (None, Some(_) | None) => None,
        };
        match path {
            Some((id, attribute)) => self.resource_attribute(&id, &attribute, argument.place),
            None => self.wrong(argument.place, usage),
        }
    }

    /// An attribute of a resource; `Ref` is one of them. Worked out once.
    pub(super) fn resource_attribute(&self, id: &str, attribute: &str, place: Place) -> Val {
        let value = self.attribute_once(id, attribute, place);
        match self.resources.contains_key(id) {
            true => self.identified(value, &format!("{id}.{attribute}")),
            false => value,
        }
    }

    fn attribute_once(&self, id: &str, attribute: &str, place: Place) -> Val {
        let key = (Text::from(id), Text::from(attribute));
        match self.references.borrow().get(&key) {
            Some(Memo::Done(value)) => return value.clone(),
            Some(Memo::Running) => {
                return self.wrong(
                    place,
                    format!("`{id}` depends on itself through its `{attribute}`"),
                );
            }
            None => {}
        }
        let Some(resource) = self.resources.get(id) else {
            let expected = if attribute == "Ref" {
                "parameter or resource"
            } else {
                "resource"
            };
            return self.wrong(place, format!("there is no {expected} `{id}`"));
        };
        if let Err(why) = self.work.enter(place) {
            return Val::unknown(why);
        }
        self.references.borrow_mut().insert(key.clone(), Memo::Running);
        let value = self.identity(resource, attribute);
        self.work.leave();
        self.references
            .borrow_mut()
            .insert(key, Memo::Done(value.clone()));
        value
    }

    /// `Fn::FindInMap`: where a key is not known, what all values that it may mean agree on.
    pub(super) fn find_in_map(&self, argument: &Node, spot: Spot) -> Val {
        let usage = "`Fn::FindInMap` takes a mapping and two keys";
        let (map, top, second, options) = match argument.items() {
            Some([map, top, second]) => (map, top, second, None),
            Some([map, top, second, options]) => (map, top, second, options.get("DefaultValue")),
            Some(_) | None => return self.wrong(argument.place, usage),
        };
        let keys = [map, top, second].map(|node| self.text(node, Spot::DECISION));
        let mut why = None;
        let [map, top, second] = keys.map(|key| match key {
            Piece::Text(key) => Some(key),
            Piece::Unknown(reason, _) => {
                why.get_or_insert(reason);
                None
            }
        });
        let named = |key: Option<&Text>, wanted: &Option<Text>| wanted.is_none() || key == wanted.as_ref();
        let maps = self.mappings.iter().filter(|(name, _)| named(Some(name), &map));
        let tops = maps.filter_map(|(_, entry)| entry.value.entries()).flatten();
        let mut looked_at = 0;
        let found = tops
            .inspect(|_| looked_at += 1)
            .filter(|entry| named(Some(&entry.key), &top))
            .filter_map(|entry| entry.value.entries())
            .flatten();
        let found: Vec<&Node> = found
            .filter(|entry| named(Some(&entry.key), &second))
            .map(|entry| &entry.value)
            .collect();
        if let Err(why) = self.work.spend(looked_at + found.len(), argument.place) {
            return Val::unknown(why);
        }
        let inner = Spot { at: None, ..spot };
        let mut values = found.into_iter().map(|node| self.evaluate(node, inner));
        let Some(mut value) = values.next() else {
            return match (options, &why) {
                (Some(default), None) => self.evaluate(default, spot),
                (_, Some(why)) => Val::unknown(why.clone()),
                (None, None) => {
                    let path = [map, top, second].map(|key| key.unwrap_or_default());
                    self.wrong(
                        argument.place,
                        format!("there is no `{}` in the mappings", path.join(".")),
                    )
                }
            };
        };
        if let Some(why) = &why {
            // With a default the key may also mean none of the values.
            value = values.fold(value, |a, b| either(a, b, why));
            if let Some(default) = options {
                value = either(value, self.evaluate(default, spot), why);
            }
        }
        value
    }
}

/// Whether a reference gives a name or an address, in which nobody keeps secrets.
fn is_no_secret(name: &str) -> bool {
    let endings = [
        ".Arn",
        ".Endpoint.Address",
        ".Endpoint.Port",
        ".DNSName",
        ".DomainName",
    ];
    parameters::is_pseudo(name) || endings.iter().any(|ending| name.ends_with(ending))
}
