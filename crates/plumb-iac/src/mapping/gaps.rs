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
        let attributes = resource_type.names().into_iter().map(|name| vec![name]);
        let used = used.of_type(&resource_type.name).map(<[Text]>::to_vec);
        let is_open = |path: &Vec<Text>| {
            let is_reserved = |name: &Text| Resource::RESERVED.contains(&name.as_str());
            !path.first().is_none_or(is_reserved) && !cover.covers(path)
        };
        Self {
            paths: attributes.chain(used).filter(is_open).collect(),
            unreadable: Value::unreadable(Unreadable::new(Reason::NotInCode)),
        }
    }

    /// Puts something unreadable at every gap whose surroundings are there.
    pub(crate) fn fill(&self, document: &mut Value) {
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
