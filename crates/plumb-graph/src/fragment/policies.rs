//! The resource policies of an account: read, and told apart by their shape.

use std::hash::{DefaultHasher, Hash, Hasher};

use plumb_iam::access_list::AccessList;
use plumb_iam::directory::resource_policy;
use plumb_iam::policy::NamedPolicy;
use plumb_model::graph::NodeKind;
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Text, Value};
use plumb_pack::graph_role::GraphRole;
use plumb_pack::recipe::Path;

/// A number that is equal for resources whose policy, grants and lists differ in nothing but the resource they belong to.
pub(super) fn shape(role: &GraphRole, resource: &Resource, list: Option<&AccessList>) -> u64 {
    fn mix(value: &Value, uid: &str, hasher: &mut DefaultHasher) {
        match value {
            Value::String(text) => (4u8, text.replace(uid, "\0")).hash(hasher),
            Value::List(items) => {
                (5u8, items.len()).hash(hasher);
                items.iter().for_each(|item| mix(item, uid, hasher));
            }
            Value::Map(map) => {
                (6u8, map.len()).hash(hasher);
                for (key, value) in map.iter() {
                    key.hash(hasher);
                    mix(value, uid, hasher);
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Unreadable(_) => {
                value.to_string().hash(hasher);
            }
        }
    }
    let mut hasher = DefaultHasher::new();
    for value in role.policy.iter().flat_map(|path| path.all(resource.document())) {
        mix(value, &resource.uid, &mut hasher);
    }
    if let Some(grants) = resource.get("grants").filter(|_| role.kind == NodeKind::Key) {
        mix(grants, &resource.uid, &mut hasher);
    }
    for (id, grant) in list.iter().flat_map(|list| list.of_accounts()) {
        (7u8, id, &grant.actions).hash(&mut hasher);
    }
    hasher.finish()
}

/// The resource policy under a path of map keys.
pub(crate) fn policy_of(path: &Path, resource: &Resource) -> Option<NamedPolicy> {
    let attribute = path.root().map_or("policy", Text::as_str);
    // An attribute that the document lacks was not asked for; a null one is none.
    let root = resource.get(attribute)?;
    if let Value::Unreadable(_) = root {
        return resource_policy(&resource.uid, attribute, Some(root));
    }
    let found = path.all(resource.document());
    match found.as_slice() {
        [] => None,
        [one] => resource_policy(&resource.uid, attribute, Some(one)),
        // Several documents (a function's versions) are one: any of their statements may allow.
        several => {
            let statements = several
                .iter()
                .flat_map(|document| match document.get("Statement") {
                    Some(Value::List(list)) => list.clone(),
                    Some(one) => vec![one.clone()],
                    None => vec![(*document).clone()],
                })
                .collect::<Vec<_>>();
            let joined = Map::from_iter([
                (Text::new_static("Statement"), Value::List(statements)),
                (Text::new_static("Version"), Value::from("2012-10-17")),
            ]);
            resource_policy(&resource.uid, attribute, Some(&Value::Map(joined)))
        }
    }
}
