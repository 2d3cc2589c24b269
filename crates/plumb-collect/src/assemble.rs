//! From an item of an answer to a resource.

use std::convert::Infallible;

use plumb_model::account::Account;
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_pack::recipe::{CallScope, Path, Recipe, Template};
use plumb_pack::template::TemplateScope;
use plumb_pack::transform::apply_transforms_named;

/// What templates see besides the resource itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) account: &'a Account,
    /// The region of the call.
    pub(crate) region: &'a str,
    /// The document of the resource that the item was listed for.
    pub(crate) parent: Option<&'a Value>,
}

impl Place<'_> {
    /// The value of a template for a document.
    pub(crate) fn render(&self, template: &Template, document: &Value) -> Value {
        template.render(&TemplateScope {
            document,
            parent: self.parent.unwrap_or(&Value::Null),
            partition: self.account.partition.as_deref().unwrap_or("aws"),
            account: &self.account.id,
            region: self.region,
        })
    }

    /// The text of a template for a document; `None` when it is null or not text.
    pub(crate) fn text(&self, template: &Template, document: &Value) -> Option<Text> {
        match self.render(template, document) {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::Int(int) => Some(Text::from(int.to_string())),
            Value::Null
            | Value::Bool(_)
            | Value::Float(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Unreadable(_) => None,
        }
    }
}

/// Why an item did not become a resource.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// It is neither a structure nor text.
    NotAnItem,
    /// The template of the uid has no value.
    NoIdentity,
    /// A member could not be decoded.
    Undecodable {
        /// The member.
        attribute: Text,
        /// What is wrong with it.
        cause: String,
    },
}

/// A resource, and members of it that could not be decoded.
pub(crate) fn resource(
    recipe: &Recipe,
    item: Value,
    item_key: &str,
    place: Place<'_>,
) -> Result<(Resource, Vec<Problem>), Problem> {
    let mut document = match item {
        Value::Map(map) => map,
        Value::String(text) => Map::from_iter([(Text::from(item_key), Value::String(text))]),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Unreadable(_) => {
            return Err(Problem::NotAnItem);
        }
    };
    let mut problems = Vec::new();
    for name in &recipe.drop {
        document.remove(name);
    }
    let mut document = Value::Map(document);
    for (path, transforms) in &recipe.decode {
        let changed: Result<(), Infallible> = path.change(&mut document, &mut |name, value| {
            Ok(
                apply_transforms_named(name, value, transforms).unwrap_or_else(|cause| {
                    let attribute = path.root().cloned().unwrap_or_default();
                    let detail = Text::from(format!("cannot be decoded: {cause}"));
                    problems.push(Problem::Undecodable { attribute, cause });
                    Value::unreadable(Unreadable {
                        detail,
                        ..Unreadable::new(Reason::Failed)
                    })
                }),
            )
        });
        match changed {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }
    let kept: Vec<(Text, Value)> = recipe
        .keep
        .iter()
        .map(|(name, template)| (name.clone(), place.render(template, &document)))
        .collect();
    let mut document = match document {
        Value::Map(map) => map,
        _ => return Err(Problem::NotAnItem),
    };
    for (name, value) in kept {
        document.insert(name, value);
    }
    for (from, to) in &recipe.rename {
        if let Some(value) = document.remove(from) {
            document.insert(to.clone(), value);
        }
    }
    let whole = Value::Map(document);
    let tags = match &recipe.tags {
        Some(path) => Some(tag_map(&path.get(&whole))),
        None => whole.get("tags").map(tag_map),
    };
    let uid = place.text(&recipe.uid, &whole).ok_or(Problem::NoIdentity)?;
    let name = place
        .text(&recipe.name, &whole)
        .unwrap_or_else(|| last_segment(&uid));
    let region = match (&recipe.region, recipe.scope) {
        (Some(template), _) => place
            .text(template, &whole)
            .unwrap_or_else(|| Text::new_static(GLOBAL_REGION)),
        (None, CallScope::Global) => Text::new_static(GLOBAL_REGION),
        (None, CallScope::Region) => Text::from(place.region),
    };
    let Value::Map(mut attributes) = whole else {
        return Err(Problem::NotAnItem);
    };
    if let Some(tags) = tags {
        attributes.insert("tags", tags);
    }
    let resource = Resource::new(
        uid,
        recipe.resource_type.clone(),
        name,
        place.account.id.clone(),
        region,
        attributes,
    );
    Ok((resource, problems))
}

/// Tags in any of the shapes that APIs use, as a map from text to text.
///
/// A list of `{key, value}`, `{tag_key, tag_value}` or a map; null and anything else become an empty map, because an
/// answer without tags means that there are none.
pub(crate) fn tag_map(tags: &Value) -> Value {
    match tags {
        Value::Unreadable(_) => tags.clone(),
        Value::Map(map) => Value::Map(
            map.iter()
                .filter(|(_, value)| value.as_str().is_some())
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
        ),
        Value::List(list) => Value::Map(
            list.iter()
                .filter_map(|tag| {
                    let key = tag.get("key").or_else(|| tag.get("tag_key"))?.as_str()?;
                    let value = tag
                        .get("value")
                        .or_else(|| tag.get("tag_value"))
                        .and_then(Value::as_str);
                    Some((Text::from(key), Value::from(value.unwrap_or_default())))
                })
                .collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {
            Value::Map(Map::new())
        }
    }
}

/// The items of an answer, whatever the path finds: a list's elements, or the one value.
pub(crate) fn items(answer: &Value, path: &Path) -> Vec<Value> {
    match path.get(answer).into_owned() {
        Value::List(list) => list,
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn last_segment(uid: &str) -> Text {
    Text::from(uid.rsplit(['/', ':']).next().unwrap_or(uid))
}
