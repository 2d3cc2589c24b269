//! From an item of an answer to a resource: what a recipe says about it, without any call.

use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::value::{Map, Text, Value};

use crate::api_type::TAG_KEYS;
use crate::recipe::{CallScope, Origin, Recipe};
use crate::template::TemplateScope;
use crate::transform::apply_transforms;

/// An item did not become a resource.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ItemError {
    /// The item is neither a structure nor a text.
    #[error("item is {0}, neither a structure nor a text")]
    Shape(&'static str),
    /// The template gave no text, because the item lacks what it needs.
    #[error("item has no {0}")]
    Identity(&'static str),
}

/// Where an item comes from.
#[derive(Clone, Copy, Debug)]
pub struct ItemContext<'a> {
    /// The document of the resource that the list call was made for; null where there is none.
    pub parent: &'a Value,
    /// The partition of the account.
    pub partition: &'a str,
    /// The account's identifier.
    pub account: &'a str,
    /// The region of the call.
    pub region: &'a str,
}

impl Recipe {
    /// Makes a resource of an item, in this order: tags, `decode`, `rename`, `keep`, region, uid and name, `drop`.
    ///
    /// A part that cannot be decoded becomes unreadable with the reason. The filter is not applied.
    ///
    /// # Errors
    /// When the item has no identity.
    pub fn resource(&self, item: Value, context: &ItemContext<'_>) -> Result<Resource, ItemError> {
        let mut document = match (item, &self.origin) {
            (map @ Value::Map(_), _) => map,
            (Value::String(text), Origin::List(list)) => {
                let mut map = Map::new();
                map.insert(list.item_key.clone(), text);
                Value::Map(map)
            }
            (Value::Null, Origin::Single | Origin::Declared) => Value::Map(Map::new()),
            (other, _) => return Err(ItemError::Shape(other.kind())),
        };
        let tags = self
            .tags
            .as_ref()
            .map(|path| tag_map(path.get(&document).into_owned()));
        for (path, transforms) in &self.decode {
            let mut decode =
                |value| Ok::<_, ItemError>(apply_transforms(value, transforms).unwrap_or_else(undecodable));
            path.change(&mut document, &mut decode)?;
        }
        let Value::Map(mut map) = document else {
            return Err(ItemError::Shape("no map"));
        };
        for (old, new) in &self.rename {
            if let Some(value) = map.remove(old) {
                map.insert(new.clone(), value);
            }
        }
        let mut document = Value::Map(map);
        for (name, template) in &self.keep {
            let value = template.render(&scope(&document, context));
            if let Value::Map(map) = &mut document {
                map.insert(name.clone(), value);
            }
        }
        let region = match &self.region {
            Some(template) => identity(template.render(&scope(&document, context))),
            None => None,
        };
        let region = region.unwrap_or_else(|| match self.scope {
            CallScope::Global => Text::new_static(GLOBAL_REGION),
            CallScope::Region => Text::from(context.region),
        });
        let uid = identity(self.uid.render(&scope(&document, context))).ok_or(ItemError::Identity("uid"))?;
        // A resource without a name of its own is known by its uid.
        let name = identity(self.name.render(&scope(&document, context))).unwrap_or_else(|| uid.clone());
        let Value::Map(mut map) = document else {
            return Err(ItemError::Shape("no map"));
        };
        for name in &self.drop {
            map.remove(name);
        }
        map.insert("tags", tags.unwrap_or_default());
        Ok(Resource::new(
            uid,
            self.resource_type.clone(),
            name,
            context.account,
            region,
            map,
        ))
    }
}

/// Tags as a map from text to text, from any shape in which APIs give them; null and unreadable stay.
///
/// A tag without a value has the empty text.
pub fn tag_map(tags: Value) -> Value {
    match tags {
        Value::List(items) => {
            let mut map = Map::new();
            for item in items {
                let part = |name: &str| item.get(name).and_then(Value::as_str).map(Text::from);
                let found = TAG_KEYS
                    .iter()
                    .find_map(|(key, value)| Some((part(key)?, part(value).unwrap_or_default())));
                match found {
                    Some((key, value)) => drop(map.insert(key, value)),
                    // The rest of a list that was read only in part is unknown, and so are the tags.
                    None if matches!(item, Value::Unreadable(_)) => return item,
                    None => {}
                }
            }
            Value::Map(map)
        }
        Value::Map(entries) => {
            let text = |value: Value| match value {
                Value::Null => Value::from(""),
                other => other,
            };
            Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, text(value)))
                    .collect(),
            )
        }
        unreadable @ Value::Unreadable(_) => unreadable,
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => Value::Null,
    }
}

/// What stands where something could not be decoded.
pub fn undecodable(problem: String) -> Value {
    use plumb_model::value::{Reason, Unreadable};
    Value::unreadable(Unreadable {
        detail: Text::from(problem),
        ..Unreadable::new(Reason::Failed)
    })
}

fn scope<'a>(document: &'a Value, context: &ItemContext<'a>) -> TemplateScope<'a> {
    TemplateScope {
        document,
        parent: context.parent,
        partition: context.partition,
        account: context.account,
        region: context.region,
    }
}

fn identity(value: Value) -> Option<Text> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Int(int) => Some(Text::from(int.to_string())),
        _ => None,
    }
}
