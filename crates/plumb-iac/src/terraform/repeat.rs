//! `count` and `for_each`: how often a block stands for a resource.

use std::fmt;
use std::sync::Arc;

use plumb_model::value::Text;

use super::convert::{to_number, to_text};
use super::evaluator::Evaluator;
use super::scope::{Failure, Scope};
use super::syntax::Body;
use crate::place::Place;
use crate::val::{Entries, Fields, Kind, Val};

/// The most instances of one block.
const MAX_INSTANCES: usize = 5_000;

/// How a block is repeated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Repeated {
    /// Not at all.
    Once,
    /// By `count`.
    Count,
    /// By `for_each`; why there may be more, when that is so.
    Each(Option<Text>),
    /// It is not known how often.
    Unknown(Text),
}

/// Which of the repetitions one is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    None,
    Index(usize),
    Name(Text),
    /// Any of them.
    Any,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Name(name) => write!(f, "[{name:?}]"),
            Self::Any => f.write_str("[*]"),
        }
    }
}

/// One repetition.
#[derive(Clone, Debug)]
pub(crate) struct Repetition {
    pub(crate) key: Key,
    /// What `each` is.
    pub(crate) each: Option<Val>,
    /// What `count` is.
    pub(crate) count: Option<Val>,
    /// Why it is not sure that there is one.
    pub(crate) perhaps: Option<Text>,
}

impl Repeated {
    /// The value that the name of the block has.
    pub(crate) fn value(&self, values: Vec<(Key, Val)>, place: Option<Place>) -> Val {
        match self {
            Self::Once => values
                .into_iter()
                .next()
                .map_or_else(Val::null, |(_, value)| value),
            Self::Count => {
                let items = values.into_iter().map(|(_, value)| value).collect();
                Val::placed(Kind::List(Arc::new(items)), place)
            }
            Self::Each(rest) => {
                let entries = values.into_iter().filter_map(|(key, value)| match key {
                    Key::Name(name) => Some((name, value)),
                    Key::None | Key::Index(_) | Key::Any => None,
                });
                let fields = Fields {
                    entries: entries.collect(),
                    rest: rest.clone(),
                };
                Val::placed(Kind::Map(Arc::new(fields)), place)
            }
            Self::Unknown(why) => Val::placed(Kind::Unknown(why.clone()), place),
        }
    }
}

impl Evaluator<'_> {
    /// How often a block with that body is repeated; what cannot be told gives one repetition that may not be.
    pub(crate) fn repetitions(&self, body: &Body, scope: Scope<'_>) -> (Repeated, Vec<Repetition>) {
        let once = |key, each, count, perhaps| Repetition {
            key,
            each,
            count,
            perhaps,
        };
        if let Some(count) = body.attribute("count") {
            let value = self.settled(&count.value, scope);
            let number = to_number(&value).filter(|number| *number >= 0.0 && number.fract() == 0.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole and not negative; the bound is looked at next"
            )]
            let wanted = number.map(|number| number as usize);
            let index = |index: Val| {
                let fields = Entries::from_iter([(Text::new_static("index"), index)]);
                Some(Val::map(fields))
            };
            return match wanted {
                Some(wanted) => {
                    if wanted > MAX_INSTANCES {
                        self.too_many(count.place);
                    }
                    let all = (0..wanted.min(MAX_INSTANCES)).map(|at| {
                        let value = Val::new(Kind::Int(i64::try_from(at).unwrap_or(i64::MAX)));
                        once(Key::Index(at), None, index(value), None)
                    });
                    (Repeated::Count, all.collect())
                }
                None => {
                    let why = self.why(&value, "`count`", count.place);
                    let unknown = once(
                        Key::Any,
                        None,
                        index(Val::unknown(why.clone())),
                        Some(why.clone()),
                    );
                    (Repeated::Unknown(why), vec![unknown])
                }
            };
        }
        let Some(each) = body.attribute("for_each") else {
            return (Repeated::Once, vec![once(Key::None, None, None, None)]);
        };
        let value = self.settled(&each.value, scope);
        let pair = |key: Val, value: Val| {
            let fields = [(Text::new_static("key"), key), (Text::new_static("value"), value)];
            Some(Val::map(Entries::from_iter(fields)))
        };
        let mut entries: Vec<(Text, Val)> = Vec::new();
        let mut rest = None;
        match &value.kind {
            Kind::Map(fields) => {
                entries.extend(
                    fields
                        .entries
                        .iter()
                        .map(|(key, value)| (key.clone(), value.clone())),
                );
                rest.clone_from(&fields.rest);
            }
            Kind::List(items) => {
                for item in items.iter() {
                    match (to_text(item), item.why_partly_unknown()) {
                        (Some(text), _) => entries.push((text, item.clone())),
                        (None, Some(why)) => rest = Some(why.clone()),
                        (None, None) => {
                            let message = "`for_each` needs a map or a set of texts";
                            self.tell_failure(&Failure::new(message, Some(each.place)));
                        }
                    }
                }
            }
            _ => rest = Some(self.why(&value, "`for_each`", each.place)),
        }
        if entries.len() > MAX_INSTANCES {
            self.too_many(each.place);
            entries.truncate(MAX_INSTANCES);
        }
        let mut all: Vec<Repetition> = entries
            .into_iter()
            .map(|(key, value)| {
                let each = pair(Val::string(key.clone()).or_placed(value.set), value);
                once(Key::Name(key), each, None, None)
            })
            .collect();
        match rest {
            None => (Repeated::Each(None), all),
            Some(why) => {
                let unknown = pair(Val::unknown(why.clone()), Val::unknown(why.clone()));
                all.push(once(Key::Any, unknown, None, Some(why.clone())));
                (Repeated::Each(Some(why)), all)
            }
        }
    }

    fn why(&self, value: &Val, what: &str, place: Place) -> Text {
        if let Some(why) = value.why_unknown() {
            return why.clone();
        }
        let message = format!("{what} cannot be {}", value.kind_name());
        self.tell_failure(&Failure::new(message.clone(), Some(place)));
        Text::from(message)
    }

    fn too_many(&self, place: Place) {
        let message = format!("only the first {MAX_INSTANCES} instances of this block were judged");
        let problem = plumb_model::diagnostic::Diagnostic::error(message);
        self.tell(self.at(problem, Some(place), "too many"));
    }
}
