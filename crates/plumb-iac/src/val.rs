//! `Val`: a value of infrastructure code, in which a part can be unknown, and of which every part knows where it was written.

use std::fmt;
use std::sync::Arc;

use litemap::LiteMap;
use plumb_model::value::Text;

use crate::partial::Partial;
use crate::place::Place;

/// One value with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Val {
    /// What it is.
    pub kind: Kind,
    /// The expression that made it: a literal, wherever it came from, or a call or operation. `None` for what no text says.
    pub set: Option<Place>,
    /// The attribute or block that holds it in the block that is judged; `None` within expressions.
    pub at: Option<Place>,
    /// What is known of an unknown text all the same; says something only of what is [`Kind::Unknown`].
    pub partial: Option<Partial>,
}

/// What a value is. Lists and maps are cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing: as good as not written.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// Text.
    String(Text),
    /// A list, a tuple or a set; sets are sorted and without repetition.
    List(Arc<Vec<Val>>),
    /// A map or an object.
    Map(Arc<Fields>),
    /// A text that is JSON, kept apart so that an unknown part of it leaves the rest known.
    Json(Arc<Val>),
    /// Not to be known from code.
    Unknown(Why),
}

/// Entries of a map, sorted by key. Most maps are small, and there are many: a sorted list takes a third of the memory of a tree.
pub type Entries = LiteMap<Text, Val>;

/// Entries of a map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// The entries, sorted by key.
    pub entries: Entries,
    /// What every other key is: `None` means that there is none, else why that is not known.
    pub rest: Option<Why>,
}

/// Why something is not known, as a clause without a full stop: "`var.region` has no value".
pub type Why = Text;

impl Val {
    /// A value that no text says.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            set: None,
            at: None,
            partial: None,
        }
    }

    /// A value that an expression at `place` makes.
    pub fn placed(kind: Kind, place: Option<Place>) -> Self {
        Self {
            kind,
            set: place,
            at: None,
            partial: None,
        }
    }

    /// Null.
    pub fn null() -> Self {
        Self::new(Kind::Null)
    }

    /// Text.
    pub fn string(text: impl Into<Text>) -> Self {
        Self::new(Kind::String(text.into()))
    }

    /// Something unknown.
    pub fn unknown(why: impl Into<Why>) -> Self {
        Self::new(Kind::Unknown(why.into()))
    }

    /// A list.
    pub fn list(items: Vec<Val>) -> Self {
        Self::new(Kind::List(Arc::new(items)))
    }

    /// A map of which every key is known.
    pub fn map(entries: Entries) -> Self {
        Self::new(Kind::Map(Arc::new(Fields { entries, rest: None })))
    }

    /// The same, made by the expression at `place` unless it has an origin already.
    #[must_use]
    pub fn or_placed(mut self, place: Option<Place>) -> Self {
        self.set = self.set.or(place);
        self
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.kind, Kind::Null)
    }

    /// Why the value as a whole is not known.
    pub fn why_unknown(&self) -> Option<&Why> {
        match &self.kind {
            Kind::Unknown(why) => Some(why),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_) => None,
        }
    }

    /// Why the value, or the first part of it that is not, is not known.
    pub fn why_partly_unknown(&self) -> Option<&Why> {
        match &self.kind {
            Kind::Unknown(why) => Some(why),
            Kind::List(items) => items.iter().find_map(Val::why_partly_unknown),
            Kind::Map(fields) => fields
                .entries
                .values()
                .find_map(Val::why_partly_unknown)
                .or(fields.rest.as_ref()),
            Kind::Json(inner) => inner.why_partly_unknown(),
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_) => None,
        }
    }

    /// How many parts it has, with what is shared counted as often as it stands there; `None` when there are more than `most`, or it
    /// nests deeper than `depth`.
    pub fn parts_within(&self, most: usize, depth: usize) -> Option<usize> {
        let mut left = most;
        self.count(&mut left, depth).then(|| most.saturating_sub(left))
    }

    fn count(&self, left: &mut usize, depth: usize) -> bool {
        let (Some(fewer), Some(shallower)) = (left.checked_sub(1), depth.checked_sub(1)) else {
            return false;
        };
        *left = fewer;
        match &self.kind {
            Kind::List(items) => items.iter().all(|item| item.count(left, shallower)),
            Kind::Map(fields) => fields.entries.values().all(|value| value.count(left, shallower)),
            Kind::Json(inner) => inner.count(left, shallower),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::Unknown(_) => true,
        }
    }

    /// Text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => None,
        }
    }

    /// Items of a list.
    pub fn as_list(&self) -> Option<&[Val]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::Map(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => None,
        }
    }

    /// Entries of a map.
    pub fn as_map(&self) -> Option<&Fields> {
        match &self.kind {
            Kind::Map(fields) => Some(fields),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => None,
        }
    }

    /// The entry of a map.
    pub fn get(&self, key: &str) -> Option<&Val> {
        self.as_map().and_then(|fields| fields.entries.get(key))
    }

    /// The name of the kind, as messages use it.
    pub fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "bool",
            Kind::Int(_) | Kind::Float(_) => "number",
            Kind::String(_) | Kind::Json(_) => "string",
            Kind::List(_) => "list",
            Kind::Map(_) => "map",
            Kind::Unknown(_) => "unknown",
        }
    }
}

/// Much like JSON; what is unknown is `?(why)`, and `...?(why)` stands for keys that are not known.
impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Null => f.write_str("null"),
            Kind::Bool(bool) => write!(f, "{bool}"),
            Kind::Int(int) => write!(f, "{int}"),
            Kind::Float(float) => write!(f, "{float}"),
            Kind::String(text) => write!(f, "{text:?}"),
            Kind::Json(inner) => write!(f, "json({inner})"),
            Kind::Unknown(why) => write!(f, "?({why})"),
            Kind::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Kind::Map(fields) => {
                f.write_str("{")?;
                for (at, (key, value)) in fields.entries.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{key}: {value}")?;
                }
                if let Some(why) = &fields.rest {
                    write!(f, " ...?({why})")?;
                }
                f.write_str("}")
            }
        }
    }
}
