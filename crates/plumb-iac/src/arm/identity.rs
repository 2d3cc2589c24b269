//! Ids of resources: made of the scope, the types and the names, as the Resource Manager makes them.
//!
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource#resourceid>

use std::collections::BTreeMap;

use plumb_model::value::Text;

use super::Certainty;
use super::attributes::{Face, Target};
use super::deployment::Deployment;
use super::frame::{Frame, Spot};
use super::tree::{Expr, Resource};
use crate::val::Val;
use crate::work::Memo;

/// The type of a resource group.
const RESOURCE_GROUP: &str = "Microsoft.Resources/resourceGroups";

impl Deployment<'_, '_> {
    /// The id of a resource; `None` when its name is not known well enough.
    pub(super) fn id_of(&self, target: Target<'_>) -> Option<Text> {
        if target.resource.repeat.is_some() && target.index.is_none() {
            return None;
        }
        let key = (target.resource.number, target.index);
        match self.known_ids.borrow().get(&key) {
            Some(Memo::Done(id)) => return id.clone(),
            Some(Memo::Running) => {
                let head = target.resource.head;
                self.wrong(head, "the id of a resource depends on itself".to_owned());
                return None;
            }
            None => {}
        }
        self.work.enter(target.resource.head).ok()?;
        self.known_ids.borrow_mut().insert(key, Memo::Running);
        let id = self.new_id(target);
        self.known_ids.borrow_mut().insert(key, Memo::Done(id.clone()));
        self.work.leave();
        id
    }

    fn new_id(&self, target: Target<'_>) -> Option<Text> {
        let root = Frame::default();
        let spot = Spot::new(Certainty::Identity, self.base(&root));
        let parent = match target.resource.parent {
            Some(number) => {
                let resource = self.template.resource(number)?;
                if resource.repeat.is_some() {
                    return None;
                }
                let parent = Target {
                    resource,
                    index: None,
                    face: Face::Whole,
                };
                Some(self.id_of(parent)?)
            }
            None => None,
        };
        self.with_turn(target, spot, |inner| {
            self.identity(target.resource, parent.as_deref(), inner)
        })
    }

    /// The id of a resource whose loop's names are known, below that of the resource that it stands in.
    pub(super) fn identity(&self, resource: &Resource, parent: Option<&str>, spot: Spot<'_>) -> Option<Text> {
        let spot = spot.identity();
        let name = self.evaluate(&resource.field("name")?.value, spot);
        let name = name.as_str()?;
        let last = resource.kind.rsplit('/').next().unwrap_or_default();
        if let Some(parent) = parent {
            return Some(format!("{parent}/{last}/{name}").into());
        }
        if let Some(parent) = resource.field("parent") {
            let parent = self.id_in(&parent.value, spot)?;
            return Some(format!("{parent}/{last}/{name}").into());
        }
        let scope = match (&resource.module, resource.field("scope")) {
            // A deployment is something of what it deploys to.
            (Some(_), _) => self.child_scope(resource, spot)?,
            (None, Some(scope)) => self.id_in(&scope.value, spot)?,
            (None, None) => self.scope.clone(),
        };
        Some(id(&scope, &self.canonical(&resource.kind), name))
    }

    /// The id that an expression gives: a resource, a scope, or the text of an id.
    pub(super) fn id_in(&self, expr: &Expr, spot: Spot<'_>) -> Option<Text> {
        if let Some(target) = self.target(expr, spot) {
            return self.id_of(target);
        }
        let value = self.evaluate(expr, spot.identity());
        let id = value.get("id").and_then(Val::as_str).or_else(|| value.as_str())?;
        match id.starts_with('/') || id.is_empty() {
            // `/` is the tenant.
            true => Some(id.trim_end_matches('/').into()),
            // `Microsoft.Storage/storageAccounts/name`: something in the scope of the deployment.
            false => Some(format!("{}/providers/{id}", self.scope).into()),
        }
    }

    /// All resources without a loop by their ids in lower case; while they are worked out there are none.
    pub(super) fn ids(&self) -> &BTreeMap<String, usize> {
        static NONE: BTreeMap<String, usize> = BTreeMap::new();
        if let Some(ids) = self.by_id.get() {
            return ids;
        }
        if self.finding_ids.replace(true) {
            return &NONE;
        }
        let mut ids = BTreeMap::new();
        let mut waiting: Vec<&Resource> = self.template.resources.iter().collect();
        while let Some(resource) = waiting.pop() {
            if resource.repeat.is_some() {
                continue;
            }
            let target = Target {
                resource,
                index: None,
                face: Face::Whole,
            };
            if let Some(id) = self.id_of(target) {
                ids.insert(id.to_lowercase(), resource.number);
            }
            waiting.extend(&resource.children);
        }
        self.finding_ids.set(false);
        self.by_id.get_or_init(|| ids)
    }

    /// A type in the letters that mappings know it by.
    pub(super) fn canonical(&self, kind: &str) -> Text {
        let known = self.work.context.kinds.get(kind.to_lowercase().as_str());
        known.cloned().unwrap_or_else(|| kind.into())
    }
}

/// An id: the parts of the type, each with its name.
pub(super) fn id(scope: &str, kind: &str, name: &str) -> Text {
    if kind.eq_ignore_ascii_case(RESOURCE_GROUP) {
        return format!("{scope}/resourceGroups/{name}").into();
    }
    let mut types = kind.split('/');
    let mut id = format!("{scope}/providers/{}", types.next().unwrap_or_default());
    let mut names = name.split('/');
    for one in types {
        id.push('/');
        id.push_str(one);
        if let Some(name) = names.next() {
            id.push('/');
            id.push_str(name);
        }
    }
    // Names of which there are more than types belong to the last one.
    for name in names {
        id.push('/');
        id.push_str(name);
    }
    id.into()
}

/// The type of the resource with an id; `None` when it is the id of something else.
pub(super) fn kind_in(id: &str) -> Option<Text> {
    let (_, below) = id.rsplit_once("/providers/")?;
    let mut parts = below.split('/');
    let mut kind = parts.next()?.to_owned();
    while let (Some(one), Some(_)) = (parts.next(), parts.next()) {
        kind.push('/');
        kind.push_str(one);
    }
    kind.contains('/').then(|| kind.into())
}

/// The subscription in an id.
pub(super) fn subscription(id: &str) -> Option<&str> {
    part(id, "subscriptions")
}

/// The resource group in an id.
pub(super) fn resource_group(id: &str) -> Option<&str> {
    part(id, "resourceGroups")
}

fn part<'i>(id: &'i str, name: &str) -> Option<&'i str> {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case(name))?;
    parts.next().filter(|part| !part.is_empty())
}

/// The ids of the resources around the one with an id, the outermost first.
pub(super) fn around(id: &str) -> Vec<Text> {
    let Some(start) = id.rfind("/providers/") else {
        return Vec::new();
    };
    let (scope, below) = id.split_at(start);
    let below: Vec<&str> = below.split('/').skip(2).collect();
    let mut found = Vec::new();
    let mut so_far = match below.split_first() {
        Some((namespace, _)) => format!("{scope}/providers/{namespace}"),
        None => return Vec::new(),
    };
    // An extension belongs to what its scope names.
    if let Some(outer) = scope.rfind("/providers/").map(|_| scope) {
        found.extend(around(outer));
        found.push(outer.into());
    }
    let pairs: Vec<&[&str]> = below.get(1..).unwrap_or_default().chunks(2).collect();
    for pair in pairs.iter().take(pairs.len().saturating_sub(1)) {
        so_far = format!("{so_far}/{}", pair.join("/"));
        found.push(so_far.as_str().into());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{around, id, kind_in, resource_group, subscription};

    #[test]
    fn ids_are_made_of_types_and_names() {
        let made = id(
            "/subscriptions/s/resourceGroups/g",
            "Microsoft.Storage/storageAccounts/blobServices",
            "a/default",
        );
        assert_eq!(
            made,
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/blobServices/default"
        );
        assert_eq!(
            (subscription(&made), resource_group(&made)),
            (Some("s"), Some("g"))
        );
        assert_eq!(
            around(&made),
            ["/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a"]
        );
    }

    #[test]
    fn an_extension_stands_in_what_it_extends() {
        let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
        let lock = id(account, "Microsoft.Authorization/locks", "l");
        assert_eq!(around(&lock), [account]);
        assert_eq!(kind_in(&lock).as_deref(), Some("Microsoft.Authorization/locks"));
        let old = id(
            "/subscriptions/s/resourceGroups/g",
            "Microsoft.Storage/storageAccounts/providers/locks",
            "a/Microsoft.Authorization/l",
        );
        assert_eq!(old, lock);
        assert_eq!(kind_in("/subscriptions/s/resourceGroups/g"), None);
        assert_eq!(around("/subscriptions/s"), Vec::<&str>::new());
    }
}
