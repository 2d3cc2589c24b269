//! `Gaps`: what a mapping leaves open of a document, which becomes unreadable.

use plumb_expr::Fields as _;
use plumb_model::resource::Resource;
use plumb_model::value::{Reason, Text, Unreadable, Value};
use plumb_pack::mapping::{Mapping, Mappings, Role};
use plumb_pack::mapping_cover::Cover;
use plumb_pack::schema::ResourceType;

use crate::mapping::used::UsedPaths;

/// The paths that neither a mapping nor the parts of other blocks give.
#[derive(Debug)]
pub(crate) struct Gaps {
    /// Attributes.
    attributes: Vec<Text>,
    /// Paths into attributes that are given.
    paths: Vec<Vec<Text>>,
    unreadable: Value,
}

impl Gaps {
    /// Every attribute of the schema that is not given, and every path in given ones that is read and not given.
    pub(crate) fn of(
        mapping: &Mapping,
        resource_type: &ResourceType,
        mappings: &Mappings,
        used: &UsedPaths,
    ) -> Self {
        let mut cover = Cover::of(mapping);
        for part in mappings.of_resource(&resource_type.name) {
            if let Role::Part(_) = part.role {
                cover.add(Cover::of(part));
            }
        }
        let is_open = |path: &[Text]| {
            let is_reserved = |name: &Text| Resource::RESERVED.contains(&name.as_str());
            !path.first().is_none_or(is_reserved) && !cover.covers(path)
        };
        let mut attributes = resource_type.names();
        attributes.retain(|name| is_open(std::slice::from_ref(name)));
        let used = used.of_type(&resource_type.name);
        Self {
            attributes,
            paths: used
                .filter(|path| path.len() > 1 && is_open(path))
                .map(<[Text]>::to_vec)
                .collect(),
            unreadable: Value::unreadable(Unreadable::new(Reason::NotInCode)),
        }
    }

    /// Puts something unreadable at every gap whose surroundings are there.
    pub(crate) fn fill(&self, document: &mut Value) {
        if let Value::Map(map) = document {
            let missing = self.attributes.iter().filter(|name| !map.contains_key(name));
            let missing: Vec<_> = missing
                .map(|name| (name.clone(), self.unreadable.clone()))
                .collect();
            // At once, because each insertion moves what follows.
            *map = std::mem::take(map).into_iter().chain(missing).collect();
        }
        for path in &self.paths {
            self.fill_at(document, path);
        }
    }

    fn fill_at(&self, value: &mut Value, path: &[Text]) {
        match (value, path.split_first()) {
            (Value::List(items), Some(_)) => items.iter_mut().for_each(|item| self.fill_at(item, path)),
            (Value::Map(map), Some((key, rest))) => match (map.get_mut(key), rest.is_empty()) {
                (Some(next), _) => self.fill_at(next, rest),
                (None, true) => {
                    map.insert(key.clone(), self.unreadable.clone());
                }
                (None, false) => {}
            },
            (_, _) => {}
        }
    }
}
