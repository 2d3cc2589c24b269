//! `count` and `for_each`: how often a block stands for a resource.

use std::fmt;
use std::sync::Arc;

use plumb_model::value::Text;

use super::convert::{to_number, to_text};
use super::evaluator::Evaluator;
use super::instance::Instance;
use super::module::Mode;
use super::scope::{Failure, Scope};
use super::syntax::{Attribute, Body, Expr, ExprKind, Step};
use crate::place::Place;
use crate::val::{Entries, Fields, Kind, Val};

/// The most instances of one block.
const MAX_INSTANCES: usize = 5_000;

/// The longest condition, in bytes, that is compared with others.
const MAX_CONDITION: usize = 1_000;

/// How a block is repeated.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Repeated {
    /// Not at all.
    Once,
    /// By `count`.
    Count,
    /// By `for_each`; why there may be more, when that is so.
    Each(Option<Text>),
    /// Once or not at all, which is not known.
    Perhaps(Text),
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
    /// What decides whether there is one.
    pub(crate) hangs_on: Option<Text>,
}

impl Repeated {
    /// Whether a step leads to the repetition that stands for all of which it is not known how many there are: the first one where
    /// there is no second, or the one that repeats together with the block that refers to it.
    pub(crate) fn is_any(&self, index: &Expr, value: &Val) -> bool {
        let names = |frame: &str, part: &str| match &index.kind {
            ExprKind::Traversal(base, steps) => match (&base.kind, steps.as_slice()) {
                (ExprKind::Variable(name), [Step::Key(key)]) => name == frame && key == part,
                _ => false,
            },
            _ => false,
        };
        match self {
            Self::Once | Self::Count | Self::Each(None) => false,
            Self::Perhaps(_) => to_number(value) == Some(0.0) || names("count", "index"),
            Self::Unknown(_) => value.why_unknown().is_some() && names("count", "index"),
            Self::Each(Some(_)) => value.why_unknown().is_some() && names("each", "key"),
        }
    }

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
            Self::Perhaps(why) | Self::Unknown(why) => Val::placed(Kind::Unknown(why.clone()), place),
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
            hangs_on: None,
        };
        let deciding = |attribute: &Attribute| Some(self.condition(attribute, scope.instance));
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
                    let index = index(Val::unknown(why.clone()));
                    let unknown = Repetition {
                        hangs_on: deciding(count),
                        ..once(Key::Any, None, index, Some(why.clone()))
                    };
                    let repeated = match is_once_at_most(&count.value) {
                        true => Repeated::Perhaps(why),
                        false => Repeated::Unknown(why),
                    };
                    (repeated, vec![unknown])
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
                let (value, hangs_on) = self
                    .chained(&each.value, scope)
                    .unwrap_or_else(|| (Val::unknown(why.clone()), deciding(each)));
                let unknown = pair(Val::unknown(why.clone()), value);
                all.push(Repetition {
                    hangs_on,
                    ..once(Key::Any, unknown, None, Some(why.clone()))
                });
                (Repeated::Each(Some(why)), all)
            }
        }
    }

    /// Where a block is repeated for each of another one, as `for_each = aws_vpc.all`: the value of the repetition that stands for
    /// those that are not known, and what that hangs on.
    fn chained(&self, each: &Expr, scope: Scope<'_>) -> Option<(Val, Option<Text>)> {
        let ExprKind::Traversal(base, steps) = &each.kind else {
            return None;
        };
        let ExprKind::Variable(first) = &base.kind else {
            return None;
        };
        let (mode, kind, name) = match (first.as_str(), steps.as_slice()) {
            ("data", [Step::Key(kind), Step::Key(name)]) => (Mode::Data, kind, name),
            ("resource", [Step::Key(kind), Step::Key(name)]) => (Mode::Managed, kind, name),
            (_, [Step::Key(name)]) => (Mode::Managed, first, name),
            _ => return None,
        };
        let position = scope.instance.module.position(mode, kind, name)?;
        let resolved = self.resolved(mode, position, scope.instance, each.place).ok()?;
        let hangs_on = resolved.instances.last()?.hangs_on.clone();
        Some((resolved.any.clone()?, hangs_on))
    }

    /// An argument that decides how often a block is there, as text: in one module equal texts come out alike.
    fn condition(&self, attribute: &Attribute, instance: &Instance) -> Text {
        let place = attribute.place;
        let source = self.code.sources.get(place.file);
        let text = source.and_then(|source| source.text.get(place.range()));
        match text.filter(|text| text.len() <= MAX_CONDITION) {
            Some(text) => {
                let words: Vec<&str> = text.split_whitespace().collect();
                Text::from(instance.within(&words.join(" ")))
            }
            None => Text::from(instance.within(&format!("{place:?}"))),
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

/// Whether a number that is not known can only be 0 or 1: one side or the other of a condition.
fn is_once_at_most(count: &Expr) -> bool {
    match &count.kind {
        ExprKind::Conditional(sides) => {
            let [_, yes, no] = &**sides;
            is_once_at_most(yes) && is_once_at_most(no)
        }
        ExprKind::Int(number) => (0..=1).contains(number),
        _ => false,
    }
}
