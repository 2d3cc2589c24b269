//! `AssetGroups`: the resources of an account in groups that are equal for every permission.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_iam::directory::{Asset, Directory, Member};
use plumb_iam::glob::Glob;
use plumb_iam::policy::{NamedPolicy, PrincipalPolicies};
use plumb_iam::principal::Tags;
use plumb_model::graph::NodeKind;
use plumb_model::path::Certainty;
use plumb_pack::escalation::Target;

use crate::assemble::Assembly;
use crate::assemble::patterns::PatternIndex;
use crate::fragment::{Detail, FragmentNode};
use crate::graph::NodeId;
use crate::knowledge::TypeId;

/// Resources of one type and account that no policy tells apart.
#[derive(Debug)]
pub(crate) struct AssetGroup {
    /// The account.
    pub(crate) fragment: usize,
    /// The type.
    pub(crate) type_id: TypeId,
    /// The members; the first one stands for all.
    pub(crate) members: Vec<NodeId>,
    /// The group of the key that its content is encrypted with.
    pub(crate) key: Option<usize>,
}

/// All groups, with what finds them.
#[derive(Debug)]
pub(crate) struct AssetGroups {
    pub(crate) groups: Vec<AssetGroup>,
    /// Groups by account and type.
    by_type: BTreeMap<(usize, TypeId), Vec<usize>>,
    /// Groups by account, type and the pattern that concerns them.
    by_pattern: HashMap<(usize, TypeId, u32), Vec<usize>>,
    patterns: PatternIndex,
    of_node: HashMap<NodeId, usize>,
}

impl AssetGroups {
    /// The groups of a type in an account.
    pub(crate) fn of_type(&self, fragment: usize, type_id: TypeId) -> &[usize] {
        self.by_type.get(&(fragment, type_id)).map_or(&[], Vec::as_slice)
    }

    /// The group of a node.
    pub(crate) fn of_node(&self, node: NodeId) -> Option<usize> {
        self.of_node.get(&node).copied()
    }

    /// The groups of a type in an account that patterns concern; sorted.
    pub(crate) fn concerned(&self, fragment: usize, type_id: TypeId, patterns: &[Glob]) -> Vec<usize> {
        let mut found = BTreeSet::new();
        for pattern in patterns {
            match self.patterns.id(pattern) {
                Some(id) => found.extend(
                    self.by_pattern
                        .get(&(fragment, type_id, id))
                        .into_iter()
                        .flatten(),
                ),
                // It was not indexed because it concerns everything.
                None => return self.of_type(fragment, type_id).to_vec(),
            }
        }
        found.into_iter().collect()
    }
}

/// What members of a group have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    fragment: usize,
    type_id: TypeId,
    access: Vec<(usize, Certainty)>,
    policy: Option<u64>,
    closed: Option<Certainty>,
    key: Option<usize>,
    tags: Option<Tags>,
    patterns: Vec<u32>,
}

/// Groups the resources that permissions speak of.
pub(crate) fn groups(assembly: &Assembly<'_>, directory: &Directory) -> AssetGroups {
    let mut documents = Documents::of(directory);
    let mut groups = AssetGroups {
        groups: Vec::new(),
        by_type: BTreeMap::new(),
        by_pattern: HashMap::new(),
        patterns: PatternIndex::new(std::mem::take(&mut documents.patterns)),
        of_node: HashMap::new(),
    };
    let wanted = targets_of_escalations(assembly);
    let mut known: BTreeMap<Likeness, usize> = BTreeMap::new();
    // Keys come first, because what they encrypt is grouped by them.
    for keys in [true, false] {
        for (fragment, node, resource) in assembly.resources() {
            let kind = assembly.knowledge.kind(resource.type_id);
            let detail = resource.detail.as_deref();
            let speaks = detail.is_some_and(|detail| !detail.access.is_empty() || detail.policy.is_some())
                || kind == NodeKind::Identity
                || wanted.contains(&resource.type_id);
            if (kind == NodeKind::Key) != keys || !speaks {
                continue;
            }
            let likeness = Likeness {
                fragment,
                type_id: resource.type_id,
                access: detail
                    .iter()
                    .flat_map(|detail| &detail.access)
                    .map(|access| (access.access, access.certainty))
                    .collect(),
                policy: detail.and_then(|detail| detail.policy.as_ref().map(|_| detail.policy_shape)),
                closed: detail
                    .and_then(|detail| detail.closed.as_ref())
                    .map(|closed| closed.certainty),
                key: (!keys)
                    .then(|| key_of(assembly, &groups, fragment, resource))
                    .flatten(),
                tags: detail.and_then(|detail| documents.tags_that_count(&detail.tags)),
                patterns: concerning(&groups.patterns, resource),
            };
            let key = likeness.key;
            let patterns = likeness.patterns.clone();
            let next = groups.groups.len();
            let group = *known.entry(likeness).or_insert(next);
            if group == next {
                groups.groups.push(AssetGroup {
                    fragment,
                    type_id: resource.type_id,
                    members: Vec::new(),
                    key,
                });
                groups
                    .by_type
                    .entry((fragment, resource.type_id))
                    .or_default()
                    .push(group);
                for pattern in patterns {
                    let place = (fragment, resource.type_id, pattern);
                    groups.by_pattern.entry(place).or_default().push(group);
                }
            }
            if let Some(group) = groups.groups.get_mut(group) {
                group.members.push(node);
            }
            groups.of_node.insert(node, group);
        }
    }
    groups
}

fn targets_of_escalations(assembly: &Assembly<'_>) -> BTreeSet<TypeId> {
    let escalations = &assembly.knowledge.escalations;
    escalations
        .iter()
        .filter_map(|escalation| match &escalation.target {
            Target::Resource(name) => assembly.knowledge.type_id(name),
            Target::Principal
            | Target::OwnPolicy
            | Target::OwnGroup
            | Target::User
            | Target::Role
            | Target::Group
            | Target::Account => None,
        })
        .collect()
}

/// The group of the key that a relation `decrypt` of one of the accesses leads to.
fn key_of(
    assembly: &Assembly<'_>,
    groups: &AssetGroups,
    fragment: usize,
    resource: &FragmentNode,
) -> Option<usize> {
    let role = assembly.knowledge.role(resource.type_id)?;
    let detail = resource.detail.as_deref()?;
    let labels = detail
        .access
        .iter()
        .filter_map(|access| role.access.get(access.access)?.decrypt.as_ref());
    for label in labels {
        for relation in resource
            .relations
            .iter()
            .filter(|relation| relation.label == *label)
        {
            let key = assembly.reference(fragment, &relation.to);
            if let Some(group) = key.and_then(|key| groups.of_node(key)) {
                return Some(group);
            }
        }
    }
    None
}

fn concerning(patterns: &PatternIndex, resource: &FragmentNode) -> Vec<u32> {
    let detail = resource.detail.as_deref();
    let arns = detail
        .iter()
        .flat_map(|detail| &detail.access)
        .flat_map(|access| &access.on);
    let mut distinct: Vec<&str> = arns
        .map(|arn| arn.as_str())
        .chain([resource.uid.as_str()])
        .collect();
    distinct.sort_unstable();
    distinct.dedup();
    let mut found: Vec<u32> = distinct.iter().flat_map(|arn| patterns.concerning(arn)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What all policies of principals and organizations name.
#[derive(Default)]
struct Documents {
    patterns: Vec<Glob>,
    tag_keys: BTreeSet<plumb_model::value::Text>,
}

impl Documents {
    fn of(directory: &Directory) -> Self {
        let mut documents = Self::default();
        let mut seen = BTreeSet::new();
        let everything = Glob::new("*", plumb_iam::glob::Style::Resource);
        for member in directory.principals() {
            for policy in policies(&member.policies) {
                let Some(document) = policy.document() else {
                    continue;
                };
                if !seen.insert(document.fingerprint()) {
                    continue;
                }
                for statement in document.statements() {
                    for pattern in statement
                        .resources
                        .iter()
                        .flat_map(|resources| &resources.patterns)
                    {
                        if *pattern.widest() != everything {
                            documents.patterns.push(pattern.widest().clone());
                        }
                        documents.note_tags(pattern.variables());
                    }
                    for test in &statement.tests {
                        documents.note_tags(test.keys());
                    }
                }
            }
        }
        documents
    }

    fn note_tags<'t>(&mut self, keys: impl Iterator<Item = &'t plumb_model::value::Text>) {
        self.tag_keys
            .extend(keys.filter_map(|key| key.split_once(":resourcetag/").map(|(_, tag)| tag.into())));
    }

    /// The tags that some policy asks for; `None` when there are none.
    fn tags_that_count(&self, tags: &Tags) -> Option<Tags> {
        match tags {
            Tags::Known(known) => {
                let counting: Vec<_> = known
                    .iter()
                    .filter(|(key, _)| self.tag_keys.contains(key))
                    .cloned()
                    .collect();
                (!counting.is_empty()).then_some(Tags::Known(counting))
            }
            Tags::Unread(_) if !self.tag_keys.is_empty() => Some(tags.clone()),
            Tags::Unspecified | Tags::Unread(_) => None,
        }
    }
}

/// All policies on a principal's side.
pub(crate) fn policies(own: &PrincipalPolicies) -> impl Iterator<Item = &NamedPolicy> {
    own.identity
        .iter()
        .chain(&own.boundary)
        .chain(own.service_control.levels.iter().flatten())
}

/// A resource as permissions see it.
pub(crate) fn asset(
    assembly: &Assembly<'_>,
    directory: &Directory,
    fragment: usize,
    detail: Option<&Detail>,
    arn: &str,
) -> Asset {
    let account = assembly
        .fragments
        .get(fragment)
        .map_or("", |fragment| fragment.account.id.as_str());
    let tags = detail.map(|detail| detail.tags.clone()).unwrap_or_default();
    let policy = detail.and_then(|detail| detail.policy.clone());
    let asset = directory.asset(arn, account, tags, policy);
    match detail.and_then(|detail| detail.grants.as_ref()) {
        Some(grants) => asset.with_grants(grants.clone()),
        None => asset,
    }
}

/// The node of a principal.
pub(crate) fn principal_node(assembly: &Assembly<'_>, member: &Member) -> Option<NodeId> {
    assembly.node_of(&member.principal.name)
}
