//! From a value of code to a value of a document, as the schema wants it.

use std::sync::Arc;

use plumb_api::names::snake_case;
use plumb_expr::Type;
use plumb_model::beginning::Beginning;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_pack::recipe::Transform;
use plumb_pack::transform::{SCANNED_TEXT, apply_transforms};

use crate::json_text;
use crate::mapping::KNOWN_AFTER_APPLY;
use crate::mapping::places::{Children, Nodes, PlaceNode, Written};
use crate::place::Place;
use crate::val::{Fields, Kind, Val, Why};

/// A value of a document with its places.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) value: Value,
    pub(crate) node: PlaceNode,
}

/// How deeply values of code are followed.
const MAX_DEPTH: usize = 64;

impl Made {
    /// A value that no argument gives.
    pub(crate) fn by_default(value: Value) -> Self {
        Self {
            value,
            node: PlaceNode::default(),
        }
    }

    /// The same as a part of an argument, unless it is told where it stands.
    pub(crate) fn in_argument(mut self, argument: Option<Place>) -> Self {
        self.node.at = self.node.at.or(argument);
        self
    }

    /// Something unknown in the place of a value of code.
    pub(crate) fn unknown(why: &str, val: &Val) -> Self {
        let mut value = unknown(why);
        if let (Value::Unreadable(unreadable), Some(partial)) = (&mut value, &val.partial) {
            let mut told = Unreadable::clone(unreadable);
            told.begins = Beginning(Text::from(partial.beginning()));
            value = Value::unreadable(told);
        }
        Self {
            value,
            node: PlaceNode::of(val),
        }
    }
}

/// A value that is known only after apply.
pub(crate) fn unknown(why: &str) -> Value {
    let mut unreadable = Unreadable::new(Reason::KnownAfterApply);
    if why != KNOWN_AFTER_APPLY {
        unreadable.detail = Text::from(why);
    }
    Value::unreadable(unreadable)
}

/// The same where what decides is no apply but the deployment of a template.
pub(crate) fn after_deployment(value: &mut Value) {
    match value {
        Value::Unreadable(unreadable) if unreadable.reason == Reason::KnownAfterApply => {
            let mut told = Unreadable::clone(unreadable);
            told.reason = Reason::KnownAfterDeployment;
            *value = Value::unreadable(told);
        }
        Value::List(items) => items.iter_mut().for_each(after_deployment),
        Value::Map(map) => map.iter_mut().for_each(|(_, value)| after_deployment(value)),
        Value::Unreadable(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_) => {}
    }
}

/// The value as a document of that type has it; `None` for null.
///
/// Texts become numbers and truth values, one block becomes a document or a list of one, names of attributes become those
/// of the schema, and texts become JSON documents, each where the type wants it.
pub(crate) fn shape(val: &Val, type_: &Type) -> Option<Made> {
    shape_at(val, type_, 0)
}

fn shape_at(val: &Val, type_: &Type, depth: usize) -> Option<Made> {
    if depth > MAX_DEPTH {
        return Some(Made::unknown("it is nested too deeply", val));
    }
    let leaf = |value: Value| {
        Some(Made {
            value,
            node: PlaceNode::of(val),
        })
    };
    match (&val.kind, type_) {
        (Kind::Null, _) => None,
        (Kind::Unknown(why), Type::Object(schema)) if schema.type_name() == SCANNED_TEXT => {
            leaf(scanned_in_part(None, val).unwrap_or_else(|| unknown(why)))
        }
        (Kind::Unknown(why), _) => Some(Made::unknown(why, val)),
        (Kind::String(text), Type::Object(schema)) if schema.type_name() == SCANNED_TEXT => {
            leaf(scanned(text))
        }
        // A document in the place of a text is the text that it is written as.
        (Kind::Map(_), Type::Object(schema)) if schema.type_name() == SCANNED_TEXT => {
            leaf(match json_text(val) {
                Value::String(text) => scanned(&text),
                other => other,
            })
        }
        (Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) | Kind::Json(_), Type::Object(schema))
            if schema.type_name() == SCANNED_TEXT =>
        {
            let text = shape_at(val, &Type::String, depth + 1)?;
            let value = match text.value {
                Value::String(text) => scanned(&text),
                other => other,
            };
            leaf(value)
        }
        (Kind::Json(inner), Type::String) => leaf(json_text(inner)),
        (Kind::Json(inner), _) => shape_at(&inner.as_ref().clone().or_placed(val.set), type_, depth + 1)
            .map(|made| held_at(made, val)),
        (Kind::String(text), Type::Json) => leaf(parsed(text)),
        (Kind::String(text), Type::Object(_) | Type::List(_) | Type::Map(_)) if is_json(text) => {
            let inner = to_val(&serde_json::from_str(text).unwrap_or_default(), val);
            shape_at(&inner, type_, depth + 1)
        }
        (Kind::List(items), Type::Object(_)) => match items.as_slice() {
            [] => None,
            [one] => shape_at(one, type_, depth + 1),
            _ => Some(Made::unknown("there are several of it", val)),
        },
        (Kind::List(items), Type::Map(value)) => map_of_list(items, value, val, depth),
        (Kind::List(items), _) => {
            let element = element_type(type_);
            let made = items
                .iter()
                .filter_map(|item| shape_at(item, &element, depth + 1));
            let (values, nodes) = made.map(|made| (made.value, made.node)).unzip();
            let node = PlaceNode {
                children: Children::List(nodes),
                ..PlaceNode::of(val)
            };
            let value = Value::List(values);
            Some(Made { value, node })
        }
        // One element may stand for a list of one.
        (_, Type::List(element)) => {
            let made = shape_at(val, element, depth + 1)?;
            let node = PlaceNode {
                children: Children::List(vec![made.node]),
                ..PlaceNode::of(val)
            };
            let value = Value::List(vec![made.value]);
            Some(Made { value, node })
        }
        (Kind::Map(fields), _) => map(fields, type_, val, depth),
        (Kind::Bool(bool), Type::String) => leaf(Value::from(bool.to_string())),
        (Kind::Int(int), Type::String) => leaf(Value::from(int.to_string())),
        (Kind::Float(float), Type::String) => leaf(Value::from(float.to_string())),
        (Kind::Bool(bool), _) => leaf(Value::Bool(*bool)),
        (Kind::Int(int), _) => leaf(Value::Int(*int)),
        (Kind::Float(float), Type::Int) => leaf(whole(*float).map_or(Value::Float(*float), Value::Int)),
        (Kind::Float(float), _) => leaf(Value::Float(*float)),
        (Kind::String(text), _) => leaf(coerced(text, type_)),
    }
}

/// The same value, held by the argument of another one.
fn held_at(mut made: Made, val: &Val) -> Made {
    made.node.at = made.node.at.or(val.at);
    made
}

fn coerced(text: &Text, type_: &Type) -> Value {
    let coerced = match type_ {
        Type::Bool => text.parse().ok().map(Value::Bool),
        Type::Int => text.parse().ok().map(Value::Int),
        Type::Double => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Value::Float),
        Type::Any
        | Type::Json
        | Type::Null
        | Type::String
        | Type::Timestamp
        | Type::Duration
        | Type::List(_)
        | Type::Map(_)
        | Type::Object(_) => None,
    };
    coerced.unwrap_or_else(|| Value::String(text.clone()))
}

fn whole(float: f64) -> Option<i64> {
    // The text of a whole number has no fraction, and `parse` refuses what does not fit.
    float.to_string().parse().ok()
}

fn map(fields: &Fields, type_: &Type, val: &Val, depth: usize) -> Option<Made> {
    let rest = fields.rest.as_ref().filter(|why| *why != KNOWN_AFTER_APPLY);
    if let (Type::Map(_), Some(why)) = (type_, rest) {
        return Some(Made::unknown(why, val));
    }
    let mut entries: Vec<(Text, Value)> = Vec::new();
    let mut nodes = Nodes::new();
    for (key, entry) in &fields.entries {
        let (name, type_) = match type_ {
            Type::Object(schema) => match schema.field(key) {
                Some(type_) => (key.clone(), type_),
                None => {
                    let name = Text::from(snake_case(key));
                    let Some(type_) = schema.field(&name) else {
                        continue;
                    };
                    (name, type_)
                }
            },
            Type::Map(value) => (key.clone(), Type::clone(value)),
            _ => (key.clone(), Type::Any),
        };
        // In a list of names and values the name stands beside the value.
        let beside = ["name", "Name", "key", "Key"]
            .into_iter()
            .filter(|_| name == "value")
            .find_map(|beside| fields.entries.get(beside));
        let called = beside.and_then(Val::as_str).unwrap_or(&name);
        let made = shape_at(entry, &type_, depth + 1).map(|made| named(made, called, entry, &type_));
        let unnamed = beside.and_then(Val::why_unknown);
        if let Some(made) = made.map(|made| nameless(made, unnamed, &type_)) {
            entries.push((name.clone(), made.value));
            nodes.insert(name, made.node);
        }
    }
    let mut map: Map = entries.into_iter().collect();
    if let (Type::Object(schema), Some(why)) = (type_, rest) {
        for name in schema.names() {
            if !map.contains_key(&name) {
                map.insert(name, unknown(why));
            }
        }
    }
    let node = PlaceNode {
        children: Children::Map(nodes),
        ..PlaceNode::of(val)
    };
    let value = Value::Map(map);
    Some(Made { value, node })
}

/// A map from a list of keys with values, as tags are written in many places.
fn map_of_list(items: &[Val], type_: &Type, val: &Val, depth: usize) -> Option<Made> {
    let mut entries = Vec::new();
    let mut nodes = Nodes::new();
    for item in items {
        let part = |names: [&str; 4]| names.into_iter().find_map(|name| item.get(name));
        let key = part(["key", "Key", "name", "Name"]).and_then(Val::as_str);
        let (Some(key), Some(value)) = (key, part(["value", "Value", "values", "Values"])) else {
            let why = item
                .why_partly_unknown()
                .map_or("it is not a list of keys and values", Text::as_str);
            return Some(Made::unknown(why, val));
        };
        if let Some(made) = shape_at(value, type_, depth + 1).map(|made| named(made, key, value, type_)) {
            entries.push((Text::from(key), made.value));
            nodes.insert(Text::from(key), made.node);
        }
    }
    let node = PlaceNode {
        children: Children::Map(nodes),
        ..PlaceNode::of(val)
    };
    let value = Value::Map(entries.into_iter().collect());
    Some(Made { value, node })
}

/// What is left of a text in which secrets are looked for.
fn scanned(text: &Text) -> Value {
    apply_transforms(Value::String(text.clone()), &[Transform::SecretScan])
        .unwrap_or_else(|problem| unknown(&problem))
}

/// The same of a text of which pieces are not known: a secret in what is known is one whatever the rest is, and that there is none
/// is known only where the rest cannot hold any.
fn scanned_in_part(name: Option<&str>, val: &Val) -> Option<Value> {
    let partial = val.partial.as_ref()?;
    let text = Value::from(partial.searchable());
    let scanned = match name {
        Some(name) => scanned_under(name, text)?,
        None => apply_transforms(text, &[Transform::SecretScan]).ok()?,
    };
    let is_found = has_secrets(&scanned);
    let Value::Map(mut map) = scanned else { return None };
    map.insert("length", unknown(val.why_unknown().map_or("", Text::as_str)));
    (is_found || partial.hides_no_secret()).then_some(Value::Map(map))
}

/// The value of an entry of a map: where secrets are looked for, the name counts too.
pub(crate) fn named(made: Made, name: &str, entry: &Val, type_: &Type) -> Made {
    match (type_, &made.value) {
        (Type::Object(schema), Value::Map(_) | Value::Unreadable(_))
            if schema.type_name() == SCANNED_TEXT =>
        {
            Made {
                value: scanned_as(name, entry).unwrap_or(made.value),
                node: made.node,
            }
        }
        _ => made,
    }
}

/// What is found in a value whose name is not known: with that name there might be more.
pub(crate) fn nameless(made: Made, unnamed: Option<&Why>, type_: &Type) -> Made {
    match (unnamed, type_) {
        (Some(why), Type::Object(schema))
            if schema.type_name() == SCANNED_TEXT && !has_secrets(&made.value) =>
        {
            Made {
                value: unknown(why),
                node: made.node,
            }
        }
        _ => made,
    }
}

fn has_secrets(scanned: &Value) -> bool {
    let found = scanned.as_map().and_then(|map| map.get("secrets"));
    found
        .and_then(Value::as_list)
        .is_some_and(|secrets| !secrets.is_empty())
}

fn scanned_as(name: &str, entry: &Val) -> Option<Value> {
    if entry.why_unknown().is_some() {
        return scanned_in_part(Some(name), entry);
    }
    scanned_under(name, shape(entry, &Type::String)?.value)
}

fn scanned_under(name: &str, text: Value) -> Option<Value> {
    let named = Value::Map(std::iter::once((Text::from(name), text)).collect());
    match apply_transforms(named, &[Transform::SecretScan]).ok()? {
        Value::Map(mut map) => map.remove(name),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::List(_)
        | Value::Unreadable(_) => None,
    }
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// The document that a JSON text is; unknown when it is none.
fn parsed(text: &str) -> Value {
    match json_text::read(text) {
        Ok(json) => shape(&to_val(&json, &Val::null()), &Type::Any).map_or(Value::Null, |made| made.value),
        Err(error) => unknown(&format!("the text is not JSON: {error}")),
    }
}

/// A JSON document as a value of code that stands where `place` does.
fn to_val(json: &serde_json::Value, place: &Val) -> Val {
    let kind = match json {
        serde_json::Value::Null => Kind::Null,
        serde_json::Value::Bool(bool) => Kind::Bool(*bool),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Kind::Int(int),
            (None, float) => Kind::Float(float.unwrap_or_default()),
        },
        serde_json::Value::String(text) => Kind::String(Text::from(text.as_str())),
        serde_json::Value::Array(items) => {
            Kind::List(Arc::new(items.iter().map(|item| to_val(item, place)).collect()))
        }
        serde_json::Value::Object(entries) => Kind::Map(Arc::new(Fields {
            entries: entries
                .iter()
                .map(|(key, value)| (Text::from(key.as_str()), to_val(value, place)))
                .collect(),
            rest: None,
        })),
    };
    Val {
        kind,
        ..place.clone()
    }
}

/// The text of a JSON document; unknown when a part of it is.
fn json_text(inner: &Val) -> Value {
    if let Some(why) = inner.why_partly_unknown() {
        return unknown(why);
    }
    shape(inner, &Type::Any).map_or(Value::Null, |made| Value::from(made.value.to_string()))
}

/// The type of the elements of a list.
pub(crate) fn element_type(type_: &Type) -> Type {
    if let Type::List(element) = type_ {
        Type::clone(element)
    } else {
        Type::Any
    }
}

/// The type of a member of a document or map.
pub(crate) fn member_type(type_: &Type, name: &str) -> Type {
    if let Type::Object(schema) = type_ {
        schema.field(name).unwrap_or(Type::Any)
    } else if let Type::Map(value) = type_ {
        Type::clone(value)
    } else {
        Type::Any
    }
}

/// The places of a document are written when those of an attribute are.
pub(crate) fn any_written<'n>(mut nodes: impl Iterator<Item = &'n PlaceNode>) -> Written {
    if nodes.any(|node| node.written == Written::InCode) {
        Written::InCode
    } else {
        Written::ByDefault
    }
}
