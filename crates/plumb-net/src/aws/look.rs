//! Looking into resource documents: what is read, what is absent, what is not known.

use plumb_model::coverage::Coverage;
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use crate::model::{Known, Node};

/// What stands at a place of a document.
#[derive(Clone, Debug)]
pub(crate) enum Look<'a> {
    /// The cloud has no value here.
    Absent,
    /// A value, and where it stands.
    Value(&'a Value, Place<'a>),
    /// Not read; one clause says why.
    Unread(Text),
}

/// A place of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    path: &'a str,
    /// The name of the resource, where the path begins at its document.
    resource: Option<&'a str>,
}

impl Place<'_> {
    /// Says that a value of the wrong kind stands here.
    fn expected(self, wanted: &str, found: &Value) -> Text {
        let found = match found {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number with a fraction",
            Value::String(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Unreadable(_) => "nothing that was read",
        };
        let mut message = match self.path {
            "" => format!("one of its elements is {found} instead of {wanted}"),
            path => format!("`{path}` is {found} instead of {wanted}"),
        };
        if let Some(resource) = self.resource {
            message.push_str(&format!(" (of `{resource}`)"));
        }
        Text::from(message)
    }
}

impl<'a> Look<'a> {
    /// Text, or nothing where there is none; any other kind of value is a reason to know nothing.
    pub(crate) fn text(self) -> Known<Option<&'a str>> {
        self.content("text", Value::as_str)
    }

    /// A truth value.
    pub(crate) fn bool(self) -> Known<Option<bool>> {
        self.content("a truth value", Value::as_bool)
    }

    /// A whole number.
    pub(crate) fn int(self) -> Known<Option<i64>> {
        self.content("a whole number", Value::as_int)
    }

    /// The elements of a list that was read as a whole; an absent list is empty.
    pub(crate) fn list(self) -> Known<&'a [Value]> {
        match self.elements() {
            Known::Read(list) => match list.iter().find_map(unread) {
                Some(note) => Known::Unread(note),
                None => Known::Read(list),
            },
            Known::Unread(note) => Known::Unread(note),
        }
    }

    /// The elements of a list, of which some may be unreadable: a list that was read in part ends in one such.
    pub(crate) fn elements(self) -> Known<&'a [Value]> {
        match self.content("a list", Value::as_list) {
            Known::Read(list) => Known::Read(list.unwrap_or_default()),
            Known::Unread(note) => Known::Unread(note),
        }
    }

    fn content<T>(self, wanted: &str, read: impl Fn(&'a Value) -> Option<T>) -> Known<Option<T>> {
        match self {
            Self::Absent => Known::Read(None),
            Self::Value(value, place) => match read(value) {
                Some(content) => Known::Read(Some(content)),
                None => Known::Unread(place.expected(wanted, value)),
            },
            Self::Unread(note) => Known::Unread(note),
        }
    }
}

/// Why an element of a list is not known.
pub(crate) fn unread(value: &Value) -> Option<Text> {
    match value {
        Value::Unreadable(unreadable) => Some(format!("a part could not be read: {unreadable}").into()),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Map(_) => None,
    }
}

/// What stands at a dotted path below `value`.
pub(crate) fn look<'a>(value: &'a Value, path: &'a str) -> Look<'a> {
    match find(value, path) {
        Ok(Some(value)) => Look::Value(value, Place { path, resource: None }),
        Ok(None) => Look::Absent,
        Err(note) => Look::Unread(note),
    }
}

/// The value at a dotted path; an error says why it is not known.
fn find<'a>(value: &'a Value, path: &str) -> Result<Option<&'a Value>, Text> {
    let unread = |unreadable| Text::from(format!("`{path}` could not be read: {unreadable}"));
    let mut place = value;
    for key in path.split('.').filter(|key| !key.is_empty()) {
        if let Value::Unreadable(unreadable) = place {
            return Err(unread(unreadable));
        }
        match place.get(key) {
            Some(next) => place = next,
            None => return Ok(None),
        }
    }
    match place {
        Value::Null => Ok(None),
        Value::Unreadable(unreadable) => Err(unread(unreadable)),
        other => Ok(Some(other)),
    }
}

/// What stands at a dotted path of a resource's document; a note names the resource.
pub(crate) fn of<'a>(resource: &'a Resource, path: &'a str) -> Look<'a> {
    match look(resource.document(), path) {
        Look::Unread(note) => Look::Unread(format!("{note} (of `{}`)", resource.name).into()),
        Look::Value(value, place) => {
            let resource = Some(resource.name.as_str());
            Look::Value(value, Place { resource, ..place })
        }
        Look::Absent => Look::Absent,
    }
}

/// An attribute that is read by a call of its own: where it is absent it counts only when it was asked for.
pub(crate) fn fact<'a>(resource: &'a Resource, coverage: &Coverage, name: &'a str) -> Look<'a> {
    match of(resource, name) {
        Look::Absent => {
            let asked = coverage
                .collected_type(&resource.resource_type)
                .is_some_and(|collected| collected.facts.iter().any(|fact| fact == name));
            if asked {
                Look::Absent
            } else {
                Look::Unread(format!("`{name}` of `{}` was not read", resource.name).into())
            }
        }
        other @ (Look::Value(..) | Look::Unread(_)) => other,
    }
}

/// The text at a path where it is known and there.
pub(crate) fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    let found = find(value, path).ok().flatten();
    found.and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The texts at `path` of each element of a list; the note when one of them is not known.
pub(crate) fn texts(list: Known<&[Value]>, path: &str) -> Known<Vec<Text>> {
    let list = match list {
        Known::Read(list) => list,
        Known::Unread(note) => return Known::Unread(note),
    };
    let mut texts = Vec::with_capacity(list.len());
    for element in list {
        match look(element, path).text() {
            Known::Read(Some(text)) => texts.push(Text::from(text)),
            Known::Read(None) => {}
            Known::Unread(note) => return Known::Unread(note),
        }
    }
    Known::Read(texts)
}

/// Whether the resources of a type are all known in a region: `Err` says why not.
pub(crate) fn listed(coverage: &Coverage, resource_type: &str, region: &str) -> Result<(), Text> {
    let Some(collected) = coverage.collected_type(resource_type) else {
        return Err(format!("{resource_type} was not collected").into());
    };
    if !collected.regions.is_empty()
        && !collected
            .regions
            .iter()
            .any(|one| one == region || one == "global")
    {
        return Err(format!("{resource_type} was not collected in {region}").into());
    }
    let gap = coverage
        .gaps
        .iter()
        .find(|gap| gap.resource_type == resource_type && gap.attribute.is_none() && gap.region == region);
    match gap {
        Some(gap) => Err(format!(
            "{resource_type} could not be listed in {region}: {}",
            gap.unreadable
        )
        .into()),
        None => match coverage.interrupted {
            Some(reason) => Err(format!("{resource_type} may be incomplete: {}", reason.phrase()).into()),
            None => Ok(()),
        },
    }
}

/// The resource as a node of the model.
pub(crate) fn node(resource: &Resource) -> Node {
    Node {
        uid: resource.uid.clone(),
        resource_type: resource.resource_type.clone(),
    }
}

#[cfg(test)]
mod tests {
    use plumb_model::value::{Map, Reason, Unreadable};

    use super::*;

    #[test]
    fn unreadable_is_neither_absent_nor_a_value() {
        let mut map = Map::new();
        map.insert("gone", Value::Null);
        map.insert("hidden", Value::unreadable(Unreadable::new(Reason::Denied)));
        let value = Value::Map(map);
        assert!(matches!(look(&value, "gone.deeper"), Look::Absent));
        assert!(matches!(look(&value, "missing"), Look::Absent));
        assert!(matches!(look(&value, "hidden"), Look::Unread(_)));
        assert!(matches!(look(&value, "hidden.deeper"), Look::Unread(_)));
        assert_eq!(text(&value, "hidden"), None);
    }

    #[test]
    fn a_value_of_another_kind_is_not_known() {
        let value = Value::from(3_i64);
        let Known::Unread(note) = look(&value, "").text() else {
            panic!("a number is no text");
        };
        assert_eq!(note, "one of its elements is a whole number instead of text");
        assert_eq!(look(&value, "").int(), Known::Read(Some(3)));
    }

    #[test]
    fn what_is_wrong_is_named_with_attribute_and_resource() {
        let mut map = Map::new();
        map.insert("routes", Value::from(3_i64));
        let resource = Resource::new("arn:table", "aws_route_table", "table", "1", "eu", map);
        let Known::Unread(note) = of(&resource, "routes").list() else {
            panic!("a number is no list");
        };
        assert_eq!(note, "`routes` is a whole number instead of a list (of `table`)");
    }
}
