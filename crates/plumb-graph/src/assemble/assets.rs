//! `AssetGroups`: the resources of an account in groups that are equal for every permission.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_iam::access_list::AccessList;
use plumb_iam::directory::{Asset, Directory, Member};
use plumb_iam::glob::{Glob, Style};
use plumb_iam::policy::{NamedPolicy, PrincipalPolicies};
use plumb_iam::principal::Tags;
use plumb_iam::scope::Glance;
use plumb_model::graph::NodeKind;
use plumb_model::path::Certainty;
use plumb_model::value::Text;
use plumb_pack::escalation::Target;

use crate::assemble::Assembly;
use crate::assemble::passages::Entries;
use crate::assemble::patterns::{Mark, PatternIndex};
use crate::assemble::regions::in_its_region;
use crate::content_key::{self, ContentKey};
use crate::fragment::{Circumstance, Detail, FragmentNode, ReferenceTo};
use crate::graph::NodeId;
use crate::knowledge::TypeId;

/// Resources of one type and account that no policy tells apart.
#[derive(Debug)]
pub(crate) struct AssetGroup {
    /// The account.
    pub(crate) fragment: usize,
    /// The members; the first one stands for all.
    pub(crate) members: Vec<NodeId>,
    /// What its content is encrypted with.
    pub(crate) key: GroupKey,
    /// The wider group that it is part of.
    pub(crate) wide: usize,
}

/// What the content of a group is encrypted with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum GroupKey {
    /// No key that permissions speak of.
    None,
    /// A key of this group.
    Own(usize),
    /// One that the cloud keeps for the account.
    Managed,
    /// It was not read; says why.
    Unread(Text),
}

impl GroupKey {
    /// The group of the key.
    pub(crate) fn group(&self) -> Option<usize> {
        match self {
            Self::Own(group) => Some(*group),
            Self::None | Self::Managed | Self::Unread(_) => None,
        }
    }
}

/// Groups that differ only in the patterns of policies that concern them.
#[derive(Debug)]
pub(crate) struct WideGroup {
    /// The account.
    pub(crate) fragment: usize,
    /// The type.
    pub(crate) type_id: TypeId,
    /// The groups in it.
    pub(crate) groups: Vec<usize>,
    /// All their members.
    pub(crate) members: Vec<NodeId>,
}

/// All groups, with what finds them.
#[derive(Debug)]
pub(crate) struct AssetGroups {
    pub(crate) groups: Vec<AssetGroup>,
    pub(crate) wide: Vec<WideGroup>,
    /// Wide groups by account and type.
    by_type: BTreeMap<(usize, TypeId), Vec<usize>>,
    /// Groups by account and what stands for the patterns that concern them, or the key that they are encrypted with.
    by_mark: HashMap<(usize, Mark), Vec<(usize, Slot)>>,
    patterns: PatternIndex,
    of_document: HashMap<(u64, u64), Vec<Mark>>,
    /// Patterns of resource control policies, by account.
    of_account: BTreeMap<usize, Vec<Mark>>,
    of_node: HashMap<NodeId, usize>,
    /// While groups are made: what concerns each group of keys.
    of_key: HashMap<usize, Vec<Concern>>,
    /// How many pairs of a pattern and a resource were tried.
    tried: usize,
}

/// Which of the ARNs of a resource a pattern concerns, counted from its uid.
type Slot = u32;

/// The ARNs of the key of a resource count from here.
const OF_KEY: Slot = 1 << 16;

/// What concerns which ARN.
type Concern = (Mark, Slot);

/// Concerns what was not compared with all patterns.
const UNCOMPARED: Mark = Mark::MAX;

/// How many pairs of a pattern and a resource are tried before resources are told apart without a look at patterns.
pub(crate) const MAX_TRIED: usize = 100_000_000;

/// The groups that the policies of a principal tell apart, each with what concerns it.
pub(crate) struct Named(BTreeMap<usize, Vec<Concern>>);

impl Named {
    /// Whether a group is told apart from those that no policy names.
    pub(crate) fn contains(&self, group: usize) -> bool {
        self.0.contains_key(&group)
    }

    fn of(&self, group: usize) -> &[Concern] {
        self.0.get(&group).map_or(&[], Vec::as_slice)
    }
}

/// Groups of one wide group that a principal's policies do not tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The wide group.
    pub(crate) wide: usize,
    /// The group that stands for all of them.
    pub(crate) first: usize,
    /// What the part holds.
    pub(crate) extent: PartExtent,
}

/// What a part holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartExtent {
    /// These groups, its first one among them.
    These(Vec<usize>),
    /// All groups of the wide group that no other part holds.
    Rest,
}

impl AssetGroups {
    /// The wide groups of a type in an account.
    pub(crate) fn of_type(&self, fragment: usize, type_id: TypeId) -> &[usize] {
        self.by_type.get(&(fragment, type_id)).map_or(&[], Vec::as_slice)
    }

    /// Whether there were more patterns and resources than are compared.
    pub(crate) fn were_too_many(&self) -> bool {
        self.tried >= MAX_TRIED
    }

    /// The group of a node.
    pub(crate) fn of_node(&self, node: NodeId) -> Option<usize> {
        self.of_node.get(&node).copied()
    }

    /// The groups of an account that the policies of a principal name.
    pub(crate) fn named(&self, fragment: usize, own: &PrincipalPolicies) -> Named {
        let documents = policies(own).filter_map(NamedPolicy::document);
        let marks: BTreeSet<Mark> = documents
            .filter_map(|document| self.of_document.get(&document.fingerprint()))
            .chain(self.of_account.get(&fragment))
            .flatten()
            .copied()
            .chain([UNCOMPARED])
            .collect();
        let mut named = Named(BTreeMap::new());
        for mark in marks {
            for (group, slot) in self.by_mark.get(&(fragment, mark)).into_iter().flatten() {
                named.0.entry(*group).or_default().push((mark, *slot));
            }
        }
        named
    }

    /// The parts of some wide groups that a principal may reach: those that its allowing patterns name or, where one of these
    /// concerns everything, all, told apart where any of its policies does.
    pub(crate) fn parts(
        &self,
        fragment: usize,
        wide: &[usize],
        reach: &Glance<'_>,
        named: &Named,
    ) -> Vec<Part> {
        let mut marks = BTreeSet::from([UNCOMPARED]);
        let mut everything = reach.everything;
        for pattern in &reach.patterns {
            match self.patterns.marks(pattern) {
                Some(found) => marks.extend(found),
                // It was not indexed because it concerns everything.
                None => everything = true,
            }
        }
        let of_wide = |group: &usize| {
            let found = self.groups.get(*group)?.wide;
            wide.contains(&found).then_some((found, *group))
        };
        let told_apart: BTreeSet<(usize, usize)> = if everything {
            named.0.keys().filter_map(of_wide).collect()
        } else {
            marks
                .iter()
                .filter_map(|mark| self.by_mark.get(&(fragment, *mark)))
                .flatten()
                .filter_map(|(group, _)| of_wide(group))
                .collect()
        };
        // What the same patterns of the principal concern is equal for it.
        let mut alike: BTreeMap<(usize, &[Concern]), Vec<usize>> = BTreeMap::new();
        let mut parts = Vec::new();
        for (wide, group) in told_apart {
            let concerns = named.of(group);
            let is_compared = concerns.iter().all(|(mark, _)| *mark != UNCOMPARED);
            if is_compared {
                alike.entry((wide, concerns)).or_default().push(group);
            } else {
                parts.extend(Part::of(wide, vec![group]));
            }
        }
        parts.extend(
            alike
                .into_iter()
                .filter_map(|((wide, _), groups)| Part::of(wide, groups)),
        );
        for wide in wide.iter().filter(|_| everything) {
            let groups = self.wide.get(*wide).map_or(&[][..], |found| &found.groups);
            if let Some(first) = groups.iter().find(|group| !named.contains(**group)) {
                parts.push(Part {
                    wide: *wide,
                    first: *first,
                    extent: PartExtent::Rest,
                });
            }
        }
        parts.sort_by_key(|part| (part.wide, part.first));
        parts
    }
}

impl Part {
    /// The groups that it names.
    pub(crate) fn these(&self) -> &[usize] {
        match &self.extent {
            PartExtent::These(groups) => groups,
            PartExtent::Rest => &[],
        }
    }

    fn of(wide: usize, groups: Vec<usize>) -> Option<Self> {
        Some(Self {
            wide,
            first: *groups.first()?,
            extent: PartExtent::These(groups),
        })
    }
}

/// What members of a wide group have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Likeness {
    fragment: usize,
    type_id: TypeId,
    access: Vec<(usize, Certainty, Option<Circumstance>, Vec<Circumstance>)>,
    policy: Option<u64>,
    closed: Option<Certainty>,
    /// With the wide group of the key in the place of its group.
    key: GroupKey,
    tags: Option<Tags>,
    /// Its region, where some policy or VPC endpoint asks for it.
    region: Option<Text>,
    /// What requests bring along to what stands behind a door, which names the door.
    opens: Vec<(Text, Text)>,
}

/// Groups the resources that permissions speak of.
pub(crate) fn groups(assembly: &Assembly<'_>, directory: &Directory, entries: &Entries) -> AssetGroups {
    let mut documents = Documents::of(assembly, directory);
    // Where endpoints decide, what their policies name and where they lead tells resources apart.
    let endpoints = directory.endpoints().all().iter().filter(|_| entries.matter);
    for endpoint in endpoints.clone() {
        documents.note(&endpoint.policy);
    }
    let patterns = PatternIndex::new(std::mem::take(&mut documents.patterns));
    let mut groups = AssetGroups {
        groups: Vec::new(),
        wide: Vec::new(),
        by_type: BTreeMap::new(),
        by_mark: HashMap::new(),
        of_document: documents
            .of_document
            .iter()
            .map(|(document, named)| {
                let marks: BTreeSet<Mark> = named
                    .iter()
                    .filter_map(|pattern| patterns.marks(pattern))
                    .flatten()
                    .collect();
                (*document, marks.into_iter().collect())
            })
            .collect(),
        of_account: BTreeMap::new(),
        patterns,
        of_node: HashMap::new(),
        of_key: HashMap::new(),
        tried: 0,
    };
    for (fragment, read) in assembly.fragments.iter().enumerate() {
        let asset = directory.asset("*", &read.account.id, Tags::Unspecified, None);
        let documents = asset.policies.resource_control.levels.iter().flatten();
        let documents = documents.chain(endpoints.clone().map(|endpoint| &endpoint.policy));
        let ids: Vec<u32> = documents
            .filter_map(NamedPolicy::document)
            .filter_map(|document| groups.of_document.get(&document.fingerprint()))
            .flatten()
            .copied()
            .collect();
        groups.of_account.insert(fragment, ids);
    }
    let wanted = targets_of_escalations(assembly);
    let mut wide_of: BTreeMap<Likeness, usize> = BTreeMap::new();
    let mut known: HashMap<(usize, GroupKey, Vec<Concern>, Option<NodeId>), usize> = HashMap::new();
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
            let key = if keys {
                GroupKey::None
            } else {
                key_of(assembly, &groups, fragment, resource)
            };
            let likeness = Likeness {
                fragment,
                type_id: resource.type_id,
                access: detail
                    .iter()
                    .flat_map(|detail| &detail.access)
                    .map(|access| {
                        let (home, once) = (access.home.clone(), access.once.clone());
                        (access.access, access.certainty, home, once)
                    })
                    .collect(),
                policy: detail
                    .filter(|detail| detail.policy.is_some() || lists_accounts(detail))
                    .map(|detail| detail.policy_shape),
                closed: detail
                    .and_then(|detail| detail.closed.as_ref())
                    .map(|closed| closed.certainty),
                key: match key.group().and_then(|key| groups.groups.get(key)) {
                    Some(own) => GroupKey::Own(own.wide),
                    None => key.clone(),
                },
                opens: detail.map(|detail| detail.opens.clone()).unwrap_or_default(),
                tags: detail.and_then(|detail| documents.tags_that_count(&detail.tags)),
                region: (entries.matter || documents.ask_for_region).then(|| resource.region.clone()),
            };
            let next = groups.wide.len();
            let wide = *wide_of.entry(likeness).or_insert(next);
            if wide == next {
                groups.wide.push(WideGroup {
                    fragment,
                    type_id: resource.type_id,
                    groups: Vec::new(),
                    members: Vec::new(),
                });
                groups
                    .by_type
                    .entry((fragment, resource.type_id))
                    .or_default()
                    .push(wide);
            }
            let concerns = groups.concerns(resource);
            let apart = concerns.is_none().then_some(node);
            let concerns = concerns.unwrap_or_else(|| vec![(UNCOMPARED, 0)]);
            let next = groups.groups.len();
            let group = *known
                .entry((wide, key.clone(), concerns.clone(), apart))
                .or_insert(next);
            if group == next {
                groups.groups.push(AssetGroup {
                    fragment,
                    members: Vec::new(),
                    key: key.clone(),
                    wide,
                });
                if let Some(wide) = groups.wide.get_mut(wide) {
                    wide.groups.push(group);
                }
                groups.index(fragment, group, key.group(), concerns);
            }
            if let Some(group) = groups.groups.get_mut(group) {
                group.members.push(node);
            }
            if let Some(wide) = groups.wide.get_mut(wide) {
                wide.members.push(node);
            }
            groups.of_node.insert(node, group);
        }
        if !keys {
            groups.of_key.clear();
        }
    }
    groups
}

impl AssetGroups {
    /// Makes a group found by the patterns that concern it, and by those that concern its key.
    fn index(&mut self, fragment: usize, group: usize, key: Option<usize>, mut concerns: Vec<Concern>) {
        match key {
            None => _ = self.of_key.insert(group, concerns.clone()),
            Some(key) => {
                let of_key = self.of_key.get(&key).into_iter().flatten();
                concerns.extend(of_key.map(|(mark, slot)| (*mark, OF_KEY + slot)));
            }
        }
        for (mark, slot) in concerns {
            self.by_mark
                .entry((fragment, mark))
                .or_default()
                .push((group, slot));
        }
    }

    /// The patterns that concern the ARNs of a resource; `None` once too many were tried.
    fn concerns(&mut self, resource: &FragmentNode) -> Option<Vec<Concern>> {
        if self.tried >= MAX_TRIED {
            return None;
        }
        let detail = resource.detail.as_deref();
        let arns = detail
            .iter()
            .flat_map(|detail| &detail.access)
            .flat_map(|access| &access.on);
        let arns = std::iter::once(&resource.uid).chain(arns);
        let mut asked: Vec<&Text> = Vec::new();
        let mut found = Vec::new();
        for (arn, slot) in arns.zip(0..OF_KEY) {
            if !asked.contains(&arn) {
                asked.push(arn);
                let marks = self.patterns.concerning(arn, &mut self.tried);
                found.extend(marks.into_iter().map(|mark| (mark, slot)));
            }
        }
        Some(found)
    }
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

/// What a relation `decrypt` of one of the accesses leads to.
fn key_of(
    assembly: &Assembly<'_>,
    groups: &AssetGroups,
    fragment: usize,
    resource: &FragmentNode,
) -> GroupKey {
    let (Some(role), Some(detail)) = (
        assembly.knowledge.role(resource.type_id),
        resource.detail.as_deref(),
    ) else {
        return GroupKey::None;
    };
    let follow = |fragment: usize, to: &ReferenceTo| assembly.resource(assembly.reference(fragment, to)?);
    let mut labels = detail
        .access
        .iter()
        .filter_map(|access| role.access.get(access.access)?.decrypt.as_ref());
    let found =
        labels.find_map(|label| content_key::of(assembly.knowledge, (fragment, resource), label, follow));
    match found {
        None => GroupKey::None,
        Some(ContentKey::Managed) => GroupKey::Managed,
        Some(ContentKey::Unread(why)) => GroupKey::Unread(why),
        Some(ContentKey::Own(_, key)) => {
            let group = assembly.node_of(&key.uid).and_then(|node| groups.of_node(node));
            group.map_or_else(
                || GroupKey::Unread(Text::from(format!("the key `{}` was not read", key.uid))),
                GroupKey::Own,
            )
        }
    }
}

/// What all policies of principals and organizations name.
#[derive(Default)]
struct Documents {
    patterns: Vec<Glob>,
    of_document: HashMap<(u64, u64), Vec<Glob>>,
    tag_keys: BTreeSet<Text>,
    ask_for_region: bool,
}

impl Documents {
    fn of(assembly: &Assembly<'_>, directory: &Directory) -> Self {
        let mut documents = Self::default();
        for member in directory.principals() {
            for policy in policies(&member.policies) {
                documents.note(policy);
            }
        }
        for fragment in assembly.fragments {
            let asset = directory.asset("*", &fragment.account.id, Tags::Unspecified, None);
            for policy in asset.policies.resource_control.levels.iter().flatten() {
                documents.note(policy);
            }
        }
        documents
    }

    fn note(&mut self, policy: &NamedPolicy) {
        let Some(document) = policy.document() else { return };
        if self.of_document.contains_key(&document.fingerprint()) {
            return;
        }
        let everything = Glob::new("*", Style::Resource);
        let mut named = Vec::new();
        for statement in document.statements() {
            for pattern in statement
                .resources
                .iter()
                .flat_map(|resources| &resources.patterns)
            {
                if *pattern.widest() != everything {
                    named.push(pattern.widest().clone());
                }
                self.note_tags(pattern.variables());
            }
            for test in &statement.tests {
                self.note_tags(test.keys());
                self.ask_for_region |= test.keys().any(|key| key == "aws:requestedregion");
            }
        }
        self.patterns.extend(named.iter().cloned());
        self.of_document.insert(document.fingerprint(), named);
    }

    fn note_tags<'t>(&mut self, keys: impl Iterator<Item = &'t Text>) {
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
    resource: &FragmentNode,
    arn: &str,
) -> Asset {
    let detail = resource.detail.as_deref();
    let account = assembly
        .fragments
        .get(fragment)
        .map_or("", |fragment| fragment.account.id.as_str());
    let tags = detail.map(|detail| detail.tags.clone()).unwrap_or_default();
    let policy = detail.and_then(|detail| detail.policy.clone());
    let asset = in_its_region(directory.asset(arn, account, tags, policy), resource);
    let mut asset = match detail.and_then(|detail| detail.grants.as_ref()) {
        Some(grants) => asset.with_grants(grants.clone()),
        None => asset,
    };
    let listed = detail.and_then(|detail| detail.access_list.as_ref());
    let listed = listed.into_iter().flat_map(AccessList::of_accounts);
    asset
        .policies
        .grants
        .extend(listed.map(|(_, grant)| grant.clone()));
    asset
}

/// Whether an access control list names other accounts.
fn lists_accounts(detail: &Detail) -> bool {
    let list = detail.access_list.as_ref();
    list.is_some_and(|list| list.of_accounts().next().is_some())
}

/// The node of a principal.
pub(crate) fn principal_node(assembly: &Assembly<'_>, member: &Member) -> Option<NodeId> {
    assembly.node_of(&member.principal.name)
}
