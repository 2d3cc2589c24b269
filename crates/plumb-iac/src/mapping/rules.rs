//! Applying the rules of a mapping to a block.

use std::borrow::Cow;

use plumb_expr::Type;
use plumb_model::value::{Map, Text, Value};
use plumb_pack::mapping::{ArgumentPath, ArgumentTemplate, Condition, Effect, Otherwise, Rule, WhenEmpty};
use plumb_pack::recipe::Transform;
use plumb_pack::transform::apply_transforms;

use crate::mapping::complete::{Rendered, Surroundings, render, scalar_text};
use crate::mapping::places::{Children, Nodes, PlaceNode, Written};
use crate::mapping::scope::{Here, Item};
use crate::mapping::shape::{Made, any_written, element_type, member_type, named, nameless, shape, unknown};
use crate::partial::Partial;
use crate::val::{Entries, Kind, Val, Why};

/// Whether a mapping applies to a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Applies {
    Yes,
    No,
    Unknown(Why),
}

/// Rules at work on one block, or on one element of it.
#[derive(Clone, Copy)]
pub(crate) struct Work<'w> {
    pub(crate) here: Here<'w>,
    pub(crate) index: usize,
    pub(crate) surroundings: &'w Surroundings<'w>,
}

impl Work<'_> {
    /// Whether the conditions hold.
    pub(crate) fn applies(self, conditions: &[Condition]) -> Applies {
        let mut applies = Applies::Yes;
        for condition in conditions {
            let found = self.here.get(&condition.argument);
            let unknown = found.as_ref().and_then(|val| val.why_unknown());
            let asks_for_presence = condition.values.iter().all(|value| *value == Value::Null);
            let is_there = found.as_ref().is_some_and(|val| is_something(val));
            if let Some(why) = unknown.filter(|_| !(asks_for_presence && is_there)) {
                applies = Applies::Unknown(why.clone());
                continue;
            }
            let text = found.as_ref().and_then(|val| scalar_text(val));
            let is_listed = condition.values.iter().any(|value| match (value, &text) {
                (Value::Null, _) => found.is_none(),
                (Value::String(value), Some(text)) => is_like(value, text),
                (value, Some(text)) => value.to_string() == *text,
                (_, None) => false,
            });
            let holds = match condition.effect {
                Effect::Applies => is_listed,
                Effect::Excludes => !is_listed,
            };
            if !holds {
                return Applies::No;
            }
        }
        applies
    }

    /// What a rule makes; `None` for nothing.
    pub(crate) fn make(self, rule: &Rule, type_: &Type) -> Option<Made> {
        match rule {
            Rule::First {
                paths,
                decode,
                map,
                otherwise,
            } => self.first(paths, (decode, map), otherwise, type_),
            Rule::Unknown(why) => Some(Made::by_default(unknown(why))),
            Rule::Fixed(value) => Some(Made::by_default(value.clone())),
            Rule::Text(template) => match render(template, self.here, self.index, self.surroundings) {
                Rendered::Text(text) => Some(Made {
                    value: Value::String(text),
                    node: PlaceNode {
                        written: Written::InCode,
                        ..PlaceNode::default()
                    },
                }),
                Rendered::Absent => None,
                Rendered::Unknown(why) => Some(Made::by_default(unknown(&why))),
            },
            Rule::Present { path, yes, no } => Some(self.present(path, yes, no)),
            Rule::Either(rules) => rules.iter().find_map(|rule| self.make(rule, type_)),
            Rule::Object {
                within,
                when_empty,
                fields,
            } => self.object(within.as_ref(), *when_empty, fields, type_),
            Rule::Each {
                paths,
                to,
                when_empty,
            } => match (self.each(paths, to, type_), when_empty) {
                (None, WhenEmpty::Kept) => Some(list_of(Vec::new())),
                (made, WhenEmpty::Kept | WhenEmpty::Absent) => made,
            },
            Rule::Entries { path, key, to } => self.entries(path, key, to, type_),
            Rule::Entry { of, named, to } => self.entry(of, named, to, type_),
            Rule::When { conditions, to } => match self.applies(conditions) {
                Applies::Yes => self.make(to, type_),
                Applies::No => None,
                Applies::Unknown(why) => self.make(to, type_).map(|made| Made {
                    value: unknown(&why),
                    node: made.node,
                }),
            },
            Rule::List(rules) => Some(self.list(rules, type_)),
        }
    }

    fn first(
        self,
        paths: &[ArgumentPath],
        (decode, map): (&[Transform], &[(Text, Value)]),
        otherwise: &Otherwise,
        type_: &Type,
    ) -> Option<Made> {
        for path in paths {
            let Some(val) = self.here.get(path) else { continue };
            let mapped = scalar_text(&val)
                .and_then(|text| map.iter().find(|(from, _)| *from == text))
                .map(|(_, to)| Made {
                    value: to.clone(),
                    node: PlaceNode::of(&val),
                });
            let val = decoded(val, decode);
            if let Some(made) = mapped.or_else(|| shape(&val, type_)) {
                return Some(made);
            }
        }
        match otherwise {
            Otherwise::Absent => None,
            Otherwise::Value(value) => Some(Made::by_default(value.clone())),
            Otherwise::Unknown => {
                let names: Vec<String> = paths.iter().map(|path| path.steps.join(".")).collect();
                let why = format!("`{}` is not set, so the cloud decides", names.join("` or `"));
                Some(Made::by_default(unknown(&why)))
            }
        }
    }

    fn present(self, path: &ArgumentPath, yes: &Value, no: &Value) -> Made {
        let Some(val) = self.here.get(path) else {
            return Made::by_default(no.clone());
        };
        let choose = |is_there: bool| if is_there { yes.clone() } else { no.clone() };
        let value = match &val.kind {
            Kind::Unknown(_) if is_something(&val) => choose(true),
            Kind::Unknown(why) => unknown(why),
            Kind::List(items) => choose(!items.is_empty()),
            Kind::Map(fields) => choose(!fields.entries.is_empty()),
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_) | Kind::Json(_) => {
                choose(true)
            }
        };
        Made {
            value,
            node: PlaceNode::of(&val),
        }
    }

    fn object(
        self,
        within: Option<&ArgumentPath>,
        when_empty: WhenEmpty,
        fields: &[(Text, Rule)],
        type_: &Type,
    ) -> Option<Made> {
        let Some(path) = within else {
            let made = self.members(fields, type_, PlaceNode::default());
            let is_there = made.node.written == Written::InCode || when_empty == WhenEmpty::Kept;
            return is_there.then_some(made);
        };
        let found = self.here.get(path);
        let empty = Val::map(Entries::new());
        let element = match found.as_deref() {
            None => match when_empty {
                WhenEmpty::Kept => {
                    let here = self.here.at(&empty);
                    return Some(Work { here, ..self }.members(fields, type_, PlaceNode::default()));
                }
                WhenEmpty::Absent => return None,
            },
            Some(val) => match val.as_list() {
                Some([]) => return None,
                Some([one]) => one,
                Some(_) => return Some(Made::unknown("there are several of it", val)),
                None => val,
            },
        };
        if let Some(why) = element.why_unknown() {
            return Some(Made::unknown(why, element));
        }
        let here = self.here.at(element);
        Some(Work { here, ..self }.members(fields, type_, PlaceNode::of(element)))
    }

    fn members(self, fields: &[(Text, Rule)], type_: &Type, node: PlaceNode) -> Made {
        let mut entries: Vec<(Text, Value)> = Vec::new();
        let mut nodes = Nodes::new();
        for (name, rule) in fields {
            let member = member_type(type_, name);
            if let Some(made) = self.make(rule, &member) {
                let made = match rule {
                    Rule::First { paths, .. } if name == "value" => {
                        self.named_beside(made, paths, fields, &member)
                    }
                    _ => made,
                };
                entries.push((name.clone(), made.value));
                nodes.insert(name.clone(), made.node);
            }
        }
        let written = match node.written {
            Written::InCode => Written::InCode,
            Written::ByDefault => any_written(nodes.values()),
        };
        Made {
            value: Value::Map(entries.into_iter().collect::<Map>()),
            node: PlaceNode {
                written,
                children: Children::Map(nodes),
                ..node
            },
        }
    }

    /// The value of an element of a list of names and values: where secrets are looked for, the name counts too.
    fn named_beside(self, made: Made, paths: &[ArgumentPath], fields: &[(Text, Rule)], type_: &Type) -> Made {
        let name = fields
            .iter()
            .find(|(beside, _)| beside == "name" || beside == "key")
            .and_then(|(_, rule)| self.make(rule, &Type::String));
        let val = paths.iter().find_map(|path| self.here.get(path));
        match (name.map(|name| name.value), val) {
            (Some(Value::String(name)), Some(val)) => named(made, &name, &val, type_),
            (Some(Value::Unreadable(why)), Some(_)) => nameless(made, Some(&why.detail), type_),
            _ => made,
        }
    }

    fn each(self, paths: &[ArgumentPath], to: &Rule, type_: &Type) -> Option<Made> {
        let element_type = element_type(type_);
        let mut elements = Vec::new();
        let mut gaps = 0;
        for item in paths.iter().flat_map(|path| self.here.items(path)) {
            match item {
                Item::Element(val) => match val.why_unknown() {
                    Some(why) => elements.push(Made::unknown(why, &val)),
                    None => {
                        let here = self.here.at(&val);
                        elements.extend(Work { here, ..self }.element(to, &element_type, &val));
                    }
                },
                Item::Unknown(val) => {
                    gaps += 1;
                    elements.push(Made::unknown(val.why_unknown().map_or("", Text::as_str), &val));
                }
            }
        }
        // A list of which nothing is known is unknown itself, its length included.
        if gaps == elements.len() {
            return elements.into_iter().next();
        }
        Some(list_of(elements))
    }

    fn entries(self, path: &ArgumentPath, key: &ArgumentTemplate, to: &Rule, type_: &Type) -> Option<Made> {
        let mut entries: Vec<(Text, Value)> = Vec::new();
        let mut nodes = Nodes::new();
        for item in self.here.items(path) {
            let (Item::Element(val) | Item::Unknown(val)) = item;
            if let Some(why) = val.why_unknown() {
                return Some(Made::unknown(why, &val));
            }
            let here = self.here.at(&val);
            let work = Work { here, ..self };
            match render(key, here, self.index, self.surroundings) {
                Rendered::Text(key) => {
                    if let Some(made) = work.element(to, &member_type(type_, &key), &val) {
                        entries.push((key.clone(), made.value));
                        nodes.insert(key, made.node);
                    }
                }
                Rendered::Absent => {}
                Rendered::Unknown(why) => return Some(Made::unknown(&why, &val)),
            }
        }
        (!entries.is_empty()).then(|| Made {
            value: Value::Map(entries.into_iter().collect::<Map>()),
            node: PlaceNode {
                written: Written::InCode,
                children: Children::Map(nodes),
                ..PlaceNode::default()
            },
        })
    }

    fn entry(self, of: &ArgumentPath, named: &ArgumentPath, to: &Rule, type_: &Type) -> Option<Made> {
        let mut name: Option<Text> = None;
        for item in self.here.items(named) {
            let (Item::Element(val) | Item::Unknown(val)) = item;
            let found = match (val.why_unknown(), val.get("key")) {
                (Some(why), _) => return Some(Made::unknown(why, &val)),
                (None, Some(key)) => scalar_text(key),
                (None, None) => scalar_text(&val),
            };
            if name.is_some() && name != found {
                return Some(Made::unknown("there are several of it", &val));
            }
            name = found;
        }
        let map = self.here.get(of)?;
        let entry = map.get(&name?).filter(|entry| !entry.is_null());
        if let Some(why) = map.why_unknown().or_else(|| entry?.why_unknown()) {
            return Some(Made::unknown(why, &map));
        }
        let here = self.here.at(entry?);
        Work { here, ..self }.make(to, type_)
    }

    /// The value for one element of a list; a document for it is there although it may be empty.
    fn element(self, to: &Rule, type_: &Type, val: &Val) -> Option<Made> {
        match to {
            Rule::Object {
                within: None, fields, ..
            } => Some(self.members(fields, type_, PlaceNode::of(val))),
            Rule::Object { within: Some(_), .. }
            | Rule::First { .. }
            | Rule::Fixed(_)
            | Rule::Unknown(_)
            | Rule::Text(_)
            | Rule::Present { .. }
            | Rule::Either(_)
            | Rule::When { .. }
            | Rule::Entries { .. }
            | Rule::Entry { .. }
            | Rule::Each { .. }
            | Rule::List(_) => self.make(to, type_),
        }
    }

    fn list(self, rules: &[Rule], type_: &Type) -> Made {
        let element_type = element_type(type_);
        let mut elements = Vec::new();
        for rule in rules {
            match rule {
                Rule::Each { .. } | Rule::List(_) | Rule::Either(_) => match self.make(rule, type_) {
                    Some(Made {
                        value: Value::List(values),
                        node:
                            PlaceNode {
                                children: Children::List(nodes),
                                ..
                            },
                    }) => elements.extend(
                        values
                            .into_iter()
                            .zip(nodes)
                            .map(|(value, node)| Made { value, node }),
                    ),
                    other => elements.extend(other),
                },
                Rule::First { .. }
                | Rule::Fixed(_)
                | Rule::Unknown(_)
                | Rule::Text(_)
                | Rule::Present { .. }
                | Rule::When { .. }
                | Rule::Entries { .. }
                | Rule::Entry { .. }
                | Rule::Object { .. } => elements.extend(self.make(rule, &element_type)),
            }
        }
        list_of(elements)
    }
}

/// Whether there is something although it is not known what.
fn is_something(val: &Val) -> bool {
    val.partial.as_ref().is_some_and(Partial::is_something)
}

/// A text after its transformations; other values as they are.
fn decoded<'v>(val: Cow<'v, Val>, decode: &[Transform]) -> Cow<'v, Val> {
    let Some(text) = val.as_str().filter(|_| !decode.is_empty()) else {
        return val;
    };
    let kind = match apply_transforms(Value::from(text), decode) {
        Ok(Value::String(text)) => Kind::String(text),
        Ok(_) => return val,
        Err(problem) => Kind::Unknown(Why::from(problem)),
    };
    Cow::Owned(Val {
        kind,
        ..val.into_owned()
    })
}

fn list_of(elements: Vec<Made>) -> Made {
    let (values, nodes): (Vec<_>, Vec<_>) = elements.into_iter().map(|made| (made.value, made.node)).unzip();
    Made {
        value: Value::List(values),
        node: PlaceNode {
            written: any_written(nodes.iter()),
            children: Children::List(nodes),
            ..PlaceNode::default()
        },
    }
}

/// Whether a text is one that a condition names: `*.amazonaws.com` are all that end so, `arn:*` all that begin so.
fn is_like(named: &str, text: &str) -> bool {
    let some = |part: &&str| !part.is_empty();
    match (
        named.strip_prefix('*').filter(some),
        named.strip_suffix('*').filter(some),
    ) {
        (Some(end), _) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => named == text,
    }
}
