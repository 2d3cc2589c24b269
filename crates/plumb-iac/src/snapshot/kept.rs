//! Documents of what the cloud itself keeps and code refers to: the managed policies of AWS.
//!
//! An account that is scanned lists those that it uses; code attaches them by ARN. A policy that is not known here, because
//! AWS made it later or keeps it for another partition, gets no document, so whatever looks for it finds it unread.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_api::managed_policies::{ManagedPolicies, ManagedPolicy};
use plumb_expr::Fields as _;
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_pack::pack::Pack;
use plumb_pack::recipe::Step;

use crate::mapping::{Children, Origin, PlaceNode, Places, StandsFor, Written};

/// The type of managed policies.
const POLICY: &str = "aws_iam_policy";
/// The types that policies are attached to.
const HOLDERS: [&str; 3] = ["aws_iam_group", "aws_iam_role", "aws_iam_user"];

/// How many bytes of condensed documents are told more than once for one stack. Each attachment is a document of its own, so
/// that each is judged where it stands; thousands of attachments of large policies are told once for each policy.
const MOST_REPEATED: usize = 1024 * 1024;

/// How code uses a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Attached,
    Boundary,
}

/// One use of a policy in code.
struct Reference<'r> {
    policy: &'static ManagedPolicy,
    by: Use,
    /// The document that refers to it, and where in it.
    places: &'r Places,
    path: Vec<Step>,
}

/// The documents of the policies that some documents refer to, one for each block that attaches one, in order.
pub(crate) fn kept(pack: &Pack, resources: &[(Resource, Places)], account: &Text) -> Vec<(Resource, Places)> {
    let references = references(resources);
    let Ok(schema) = pack.resource_type(POLICY) else {
        return Vec::new();
    };
    if references.is_empty() {
        return Vec::new();
    }
    let boundaries: BTreeSet<&Text> = of_use(&references, Use::Boundary)
        .map(|reference| &reference.policy.name)
        .collect();
    let attached: BTreeSet<&Text> = of_use(&references, Use::Attached)
        .map(|reference| &reference.policy.name)
        .collect();
    // A boundary needs no document of its own where the policy is attached too.
    let only_bound =
        of_use(&references, Use::Boundary).filter(|reference| !attached.contains(&reference.policy.name));

    let unread = || Value::unreadable(Unreadable::new(Reason::NotInCode));
    let open: Map = schema.names().into_iter().map(|name| (name, unread())).collect();
    let mut documents: BTreeMap<&Text, Map> = BTreeMap::new();
    let mut told: BTreeSet<(&Text, &Text)> = BTreeSet::new();
    let mut repeated = 0_usize;
    let mut made = Vec::new();
    for reference in of_use(&references, Use::Attached).chain(only_bound) {
        let policy = reference.policy;
        let found = reference.places.find(&reference.path);
        let is_first = !documents.contains_key(&policy.name);
        if !told.insert((&policy.name, &found.origin.address)) {
            continue;
        }
        if !is_first {
            if reference.by == Use::Boundary || repeated.saturating_add(policy.size()) > MOST_REPEATED {
                continue;
            }
            repeated = repeated.saturating_add(policy.size());
        }
        let document = documents.entry(&policy.name).or_insert_with(|| {
            let counts = [
                ("attachment_count", attached.contains(&policy.name)),
                (
                    "permissions_boundary_usage_count",
                    boundaries.contains(&policy.name),
                ),
            ];
            let counts = counts.into_iter().filter(|(_, used)| *used);
            let counts = counts.map(|(name, _)| (Text::new_static(name), Value::Int(1)));
            open.clone()
                .into_iter()
                .chain(attributes(policy))
                .chain(counts)
                .collect()
        });
        let node = PlaceNode {
            at: Some(found.at),
            set: found.set,
            written: Written::InCode,
            ..PlaceNode::default()
        };
        let nodes = document.iter().map(|(name, _)| (name.clone(), node.clone()));
        let places = Places {
            origin: Arc::new(Origin::clone(found.origin)),
            perhaps: reference.places.perhaps.clone(),
            stands_for: StandsFor::Reference,
            root: PlaceNode {
                written: Written::InCode,
                children: Children::Map(nodes.collect()),
                ..PlaceNode::default()
            },
        };
        let resource = Resource::new(
            policy.arn(),
            POLICY,
            policy.name.clone(),
            account.clone(),
            GLOBAL_REGION,
            document.clone(),
        );
        made.push((resource, places));
    }
    made
}

/// The type of what the cloud itself keeps and documents of these types may refer to.
pub(crate) fn kept_by_the_cloud(types: &BTreeSet<Text>) -> Option<Text> {
    HOLDERS
        .iter()
        .any(|holder| types.contains(*holder))
        .then_some(Text::new_static(POLICY))
}

/// Whether the cloud itself keeps a resource, so that nobody declares it.
pub(crate) fn is_kept(resource: &Resource) -> bool {
    resource.resource_type == POLICY && is_of_aws(&resource.uid)
}

fn is_of_aws(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/")
}

fn of_use<'r>(references: &'r [Reference<'r>], by: Use) -> impl Iterator<Item = &'r Reference<'r>> {
    references.iter().filter(move |reference| reference.by == by)
}

/// What attaches a policy of AWS, and what is bounded by one.
fn references(resources: &[(Resource, Places)]) -> Vec<Reference<'_>> {
    let key = |name| Step::Key(Text::new_static(name));
    let mut references = Vec::new();
    let mut note = |arn: Option<&Value>, by, places, path: Vec<Step>| {
        let policy = arn.and_then(Value::as_str).filter(|arn| is_of_aws(arn));
        if let Some(policy) = policy.and_then(|arn| ManagedPolicies::aws().of_arn(arn)) {
            references.push(Reference {
                policy,
                by,
                places,
                path,
            });
        }
    };
    for (resource, places) in resources {
        if !HOLDERS.contains(&resource.resource_type.as_str()) {
            continue;
        }
        let attached = resource.get("attached_managed_policies").and_then(Value::as_list);
        for (index, entry) in attached.unwrap_or_default().iter().enumerate() {
            let path = vec![
                key("attached_managed_policies"),
                Step::Index(index),
                key("policy_arn"),
            ];
            note(entry.get("policy_arn"), Use::Attached, places, path);
        }
        let path = vec![key("permissions_boundary"), key("permissions_boundary_arn")];
        let boundary = resource.get("permissions_boundary");
        let arn = boundary.and_then(|boundary| boundary.get("permissions_boundary_arn"));
        note(arn, Use::Boundary, places, path);
    }
    references
}

/// What AWS tells of a policy.
fn attributes(policy: &ManagedPolicy) -> impl Iterator<Item = (Text, Value)> {
    let version = [
        ("create_date", Value::string(policy.updated.clone())),
        ("document", ManagedPolicies::aws().document(policy)),
        ("is_default_version", Value::Bool(true)),
        ("version_id", Value::string(policy.version.clone())),
    ];
    let version: Map = named(version).collect();
    named([
        ("arn", Value::string(policy.arn())),
        ("default_version_id", Value::string(policy.version.clone())),
        ("is_attachable", Value::Bool(true)),
        ("path", Value::string(policy.path.clone())),
        ("policy_name", Value::string(policy.name.clone())),
        ("policy_version_list", Value::List(vec![Value::Map(version)])),
        ("update_date", Value::string(policy.updated.clone())),
    ])
}

fn named<const N: usize>(entries: [(&'static str, Value); N]) -> impl Iterator<Item = (Text, Value)> {
    entries
        .into_iter()
        .map(|(name, value)| (Text::new_static(name), value))
}
