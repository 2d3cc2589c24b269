//! `AccountFragment`: what the graph needs of one account, so that its documents can be dropped.

mod code;
mod control;
mod fronts;
mod policies;

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use plumb_expr::{Inventory, Truth};
use plumb_iam::access_list::{ACCOUNT_BLOCK, AccessList};
use plumb_iam::account_iam::{AccountIam, has_full_version};
use plumb_iam::arn::is_account;
use plumb_iam::policy::{Grant, NamedPolicy};
use plumb_iam::principal::Tags;
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::Coverage;
use plumb_model::path::{Certainty, Proof};
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};
use plumb_net::model::AccountNetwork;
use plumb_pack::graph_role::{self, Access, GraphRole};
use plumb_pack::recipe::{Path, Recipe};
use plumb_pack::template::TemplateScope;

pub(crate) use self::code::{Extent, Held, Run};
pub(crate) use self::control::{Given, Vouched};
pub(crate) use self::fronts::Hand;
pub(crate) use self::policies::policy_of;
use self::policies::shape;
use crate::gate::Admitted;
use crate::knowledge::{Knowledge, TypeId};
use crate::sight::Sight;
use plumb_model::graph::{NodeKind, Sensitivity};

/// How many problems of one account are told.
const MAX_PROBLEMS: usize = 50;

/// What the graph needs of one account.
#[derive(Debug)]
pub struct AccountFragment {
    /// The account.
    pub account: Account,
    /// Its resources, sorted by type and uid.
    pub(crate) nodes: Vec<FragmentNode>,
    pub(crate) network: AccountNetwork,
    pub(crate) iam: Option<AccountIam>,
    /// The types of which not all resources were listed.
    pub(crate) unlisted: BTreeSet<Text>,
    /// What was not understood or not read, as clauses.
    pub(crate) problems: Vec<Text>,
}

/// One resource.
#[derive(Debug)]
pub(crate) struct FragmentNode {
    pub(crate) uid: Text,
    pub(crate) type_id: TypeId,
    pub(crate) name: Text,
    pub(crate) region: Text,
    pub(crate) sensitivity: Option<Sensitivity>,
    pub(crate) label: Option<Text>,
    pub(crate) relations: Vec<Reference>,
    /// Whether a version of a policy that is not in force permits everything.
    pub(crate) full_version: Option<plumb_iam::truth::Truth>,
    pub(crate) detail: Option<Box<Detail>>,
}

/// A relation to another resource.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) label: Text,
    pub(crate) to: ReferenceTo,
}

/// What a relation leads to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReferenceTo {
    /// A resource of the same account, by position.
    Node(u32),
    /// Something elsewhere, by what the document says.
    Elsewhere(Text),
    /// Something that was not read; says why.
    Unread(Text),
}

/// What only some resources have.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    pub(crate) tags: Tags,
    pub(crate) policy: Option<NamedPolicy>,
    /// Equal for policies and lists that differ in nothing but the resource they belong to.
    pub(crate) policy_shape: u64,
    /// What the owner allowed beside the policy; an error says what was not read.
    pub(crate) grants: Option<Result<Vec<Grant>, Text>>,
    /// What an access control list grants beside the policy.
    pub(crate) access_list: Option<AccessList>,
    /// Why the resource policy lets no stranger in.
    pub(crate) closed: Option<Circumstance>,
    /// Why it may let none in, where that was not read.
    pub(crate) perhaps_closed: Option<Text>,
    pub(crate) access: Vec<ResolvedAccess>,
    /// The condition keys that requests bring along to what stands behind it.
    pub(crate) opens: Vec<(Text, Text)>,
    pub(crate) exposed: Vec<ResolvedOpening>,
    pub(crate) weak: Vec<Circumstance>,
    /// What must change before its code has what it runs as.
    pub(crate) withheld: Vec<Circumstance>,
    /// What it lets in only.
    pub(crate) guarded: Vec<Circumstance>,
    /// The ARN and the canonical identifier by which policies name it, where it is an identity of the cloud's own.
    pub(crate) known_as: Option<(Text, Text)>,
    /// To what it hands requests on.
    pub(crate) hands_on: Vec<Hand>,
    /// What it tells of the content of others, by position in [`GraphRole::tells`].
    pub(crate) tells: Vec<usize>,
    /// The issuers whose tokens can be had through it.
    pub(crate) vouches: Vec<Vouched>,
    /// What it lets principals control.
    pub(crate) gives: Vec<Given>,
    /// What it runs that lies elsewhere.
    pub(crate) code: Vec<Run>,
    /// What principals need to decide what the single things in it are.
    pub(crate) held: Option<Held>,
    /// The accounts that its content is shared with; an error says why they are not known.
    pub(crate) shared: Vec<Share>,
    pub(crate) runs_as: Vec<Text>,
    /// What escalations name the resource by, beside uid and name.
    pub(crate) attributes: Vec<(Path, Text)>,
}

/// Something that is so, or may be so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Circumstance {
    pub(crate) clause: Text,
    pub(crate) certainty: Certainty,
}

/// An account that content is shared with.
#[derive(Debug)]
pub(crate) struct Share {
    /// Position in [`GraphRole::shared`].
    pub(crate) entry: usize,
    /// The account; an error says why it is not known.
    pub(crate) account: Result<Text, Text>,
}

/// An access with the ARNs of this resource.
#[derive(Debug)]
pub(crate) struct ResolvedAccess {
    /// Position in [`GraphRole::access`].
    pub(crate) access: usize,
    /// Whether it exists, or may exist.
    pub(crate) certainty: Certainty,
    /// For each grant the ARN that its actions are evaluated on.
    pub(crate) on: Box<[Text]>,
    /// Why only principals of its own account have it, or may.
    pub(crate) home: Option<Circumstance>,
    /// What has to happen first, or may have to.
    pub(crate) once: Vec<Circumstance>,
}

/// An opening to the internet, or to an account.
#[derive(Debug)]
pub(crate) struct ResolvedOpening {
    pub(crate) circumstance: Circumstance,
    /// What makes it less than certain, where that is another thing than the clause.
    pub(crate) conditions: Vec<Text>,
    pub(crate) ports: Vec<u16>,
    pub(crate) who: Admitted,
    /// The relation to what is open by it; none where it is the resource itself.
    pub(crate) part_of: Option<Text>,
    /// The statements of the policy that let them in.
    pub(crate) proofs: Vec<Proof>,
}

/// What the rules of an account see, beside the resource.
pub struct Surroundings<'s> {
    /// The other resources.
    pub inventory: &'s dyn Inventory,
    /// When the account was read.
    pub now: Timestamp,
    /// What was read.
    pub coverage: &'s Coverage,
}

impl AccountFragment {
    /// Takes what the graph needs out of an account's resources, which are sorted by type and uid.
    pub fn read(
        knowledge: &Knowledge,
        account: &Account,
        resources: &[&Resource],
        surroundings: &Surroundings<'_>,
    ) -> Self {
        let mut reader = Reader {
            knowledge,
            account,
            sight: Sight::new(account, surroundings),
            targets: Targets::new(knowledge, resources),
            problems: Vec::new(),
        };
        let mut nodes: Vec<FragmentNode> = resources
            .iter()
            .filter_map(|resource| reader.node(resource))
            .collect();
        nodes.shrink_to_fit();
        let mut problems = std::mem::take(&mut reader.problems);
        let network = AccountNetwork::read(account, resources, surroundings.coverage);
        let told = network.problems.iter().map(|problem| {
            Text::from(format!(
                "{}: `{}` {}",
                problem.resource, problem.attribute, problem.message
            ))
        });
        problems.extend(told.take(MAX_PROBLEMS));
        let iam = match account.provider {
            Provider::Aws => {
                Some(AccountIam::read(account, resources, surroundings.coverage).at(surroundings.now))
            }
            // Their permissions come with their collectors.
            Provider::Azure | Provider::Gcp => None,
        };
        Self {
            account: account.clone(),
            nodes,
            network: network.value,
            iam,
            unlisted: unlisted(knowledge, surroundings.coverage),
            problems,
        }
    }
}

/// The types that were not asked for, or of which a list failed.
fn unlisted(knowledge: &Knowledge, coverage: &Coverage) -> BTreeSet<Text> {
    let never_asked = knowledge
        .types()
        .map(|known| &known.name)
        .filter(|name| coverage.collected_type(name).is_none());
    let failed = coverage
        .gaps
        .iter()
        .filter(|gap| gap.attribute.is_none())
        .map(|gap| &gap.resource_type);
    never_asked.chain(failed).cloned().collect()
}

/// The resources of the account by the values that relations name them by.
struct Targets<'s> {
    by: HashMap<(&'s str, &'s str), HashMap<&'s str, Vec<u32>>>,
    regions: Vec<&'s str>,
}

impl<'s> Targets<'s> {
    fn new(knowledge: &'s Knowledge, resources: &[&'s Resource]) -> Self {
        let mut by: HashMap<(&str, &str), HashMap<&str, Vec<u32>>> = HashMap::new();
        for relation in knowledge.types().flat_map(|known| &known.recipe.relations) {
            for attribute in &relation.by {
                by.entry((&relation.to, attribute)).or_default();
            }
        }
        let mut attributes: HashMap<&str, Vec<&str>> = HashMap::new();
        for (to, attribute) in by.keys() {
            attributes.entry(to).or_default().push(attribute);
        }
        for (resource, position) in resources.iter().zip(0u32..) {
            let type_name = resource.resource_type.as_str();
            for attribute in attributes.get(type_name).into_iter().flatten() {
                if let (Some(value), Some(index)) = (
                    resource.get(attribute).and_then(Value::as_str),
                    by.get_mut(&(type_name, *attribute)),
                ) {
                    index.entry(value).or_default().push(position);
                }
            }
        }
        Self {
            by,
            regions: resources
                .iter()
                .map(|resource| resource.region.as_str())
                .collect(),
        }
    }

    /// The resource that a value means: where several regions have one of that name, its own region's.
    fn find(&self, to: &str, by: &[Text], value: &str, region: &str) -> Option<u32> {
        by.iter().find_map(|attribute| {
            let found = self.by.get(&(to, attribute.as_str()))?.get(value)?;
            let is_near = |position: &&u32| {
                self.regions
                    .get(**position as usize)
                    .is_some_and(|own| *own == region)
            };
            found.iter().find(is_near).or(found.first()).copied()
        })
    }
}

struct Reader<'s> {
    knowledge: &'s Knowledge,
    account: &'s Account,
    sight: Sight<'s>,
    targets: Targets<'s>,
    problems: Vec<Text>,
}

impl Reader<'_> {
    fn node(&mut self, resource: &Resource) -> Option<FragmentNode> {
        let type_id = self.knowledge.type_id(&resource.resource_type)?;
        let resource_type = self.knowledge.resource_type(type_id)?;
        let content = self.knowledge.content(
            type_id,
            &resource.uid,
            &resource.name,
            resource.get("tags").unwrap_or(&Value::Null),
            self.account.data_class.as_deref(),
        );
        let role = self.knowledge.role(type_id);
        Some(FragmentNode {
            uid: resource.uid.clone(),
            type_id,
            name: resource.name.clone(),
            region: resource.region.clone(),
            sensitivity: content.as_ref().map(|content| content.sensitivity),
            label: content.and_then(|content| content.label),
            relations: self.relations(&resource_type.recipe, resource),
            full_version: has_full_version(resource),
            detail: role.and_then(|role| self.detail(role, resource)).map(Box::new),
        })
    }

    fn relations(&mut self, recipe: &Recipe, resource: &Resource) -> Vec<Reference> {
        let mut found: Vec<Reference> = Vec::new();
        for relation in &recipe.relations {
            for value in relation.attribute.all(resource.document()) {
                let text = match value {
                    Value::String(text) => text,
                    Value::Unreadable(unreadable) => {
                        found.push(Reference {
                            label: relation.label.clone(),
                            to: ReferenceTo::Unread(Text::from(unreadable.to_string())),
                        });
                        continue;
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Int(_)
                    | Value::Float(_)
                    | Value::List(_)
                    | Value::Map(_) => continue,
                };
                let to = match self
                    .targets
                    .find(&relation.to, &relation.by, text, &resource.region)
                {
                    Some(position) => ReferenceTo::Node(position),
                    None => ReferenceTo::Elsewhere(text.clone()),
                };
                if !found
                    .iter()
                    .any(|known| known.label == relation.label && known.to == to)
                {
                    found.push(Reference {
                        label: relation.label.clone(),
                        to,
                    });
                }
            }
        }
        found.shrink_to_fit();
        found
    }

    fn detail(&mut self, role: &GraphRole, resource: &Resource) -> Option<Detail> {
        let document = resource.document();
        let so = |circumstances: &[graph_role::Circumstance]| -> Vec<Circumstance> {
            circumstances
                .iter()
                .filter_map(|one| self.sight.circumstance(&one.when, &one.clause, resource))
                .collect()
        };
        let closed = |certainty: Certainty| {
            so(&role.closed)
                .into_iter()
                .find(|closed| closed.certainty == certainty)
        };
        let mut told = Vec::new();
        let policy = role.policy.as_ref().and_then(|path| policy_of(path, resource));
        let access_list = AccessList::read(resource, self.sight.all_of(ACCOUNT_BLOCK));
        let mut detail = Detail {
            tags: match role.kind {
                NodeKind::Network | NodeKind::Other => Tags::Unspecified,
                NodeKind::Identity
                | NodeKind::Workload
                | NodeKind::Data
                | NodeKind::Secret
                | NodeKind::Key
                | NodeKind::Front => self.sight.tags(role.tagged.as_ref(), resource),
            },
            policy: policy.clone(),
            policy_shape: shape(role, resource, access_list.as_ref()),
            grants: (role.kind == NodeKind::Key)
                .then(|| resource.get("grants"))
                .flatten()
                .map(|grants| plumb_iam::kms::grants(&resource.uid, Some(grants))),
            access_list,
            perhaps_closed: closed(Certainty::Possible).map(|closed| closed.clause),
            closed: closed(Certainty::Certain),
            access: (0..)
                .zip(&role.access)
                .filter_map(|(position, access)| self.access(position, access, resource))
                .collect(),
            opens: role
                .opens
                .iter()
                .flat_map(|opens| self.keys(opens, resource))
                .collect(),
            exposed: role
                .exposed
                .iter()
                .flat_map(|opening| self.sight.openings(opening, policy.as_ref(), resource))
                .collect(),
            weak: so(&role.weak),
            withheld: so(&role.withheld),
            guarded: so(&role.guarded),
            known_as: role.known_as.as_ref().and_then(|known| {
                let arn = known.arn.render(&self.template_scope(resource));
                let canonical = known.canonical.get(document);
                Some((Text::from(arn.as_str()?), Text::from(canonical.as_str()?)))
            }),
            shared: shares(role, document),
            tells: role
                .tells
                .iter()
                .enumerate()
                .filter(|(_, tells)| tells.when.truth(&self.sight.scope(resource)) == Truth::True)
                .map(|(position, _)| position)
                .collect(),
            vouches: control::vouches(role, resource, &mut told),
            gives: control::gives(role, resource, &self.template_scope(resource), &self.sight),
            code: code::runs(
                role,
                resource,
                &self.template_scope(resource),
                &self.sight,
                &mut told,
            ),
            held: code::held(role, resource, |position, access| {
                self.access(position, access, resource)
            }),
            hands_on: fronts::hands(
                role,
                resource,
                self.account.partition.as_deref().unwrap_or("aws"),
                &self.account.id,
                &self.sight,
                &mut told,
            ),
            runs_as: role
                .runs_as
                .iter()
                .flat_map(|path| path.all(document))
                .filter_map(|value| value.as_str().map(Text::from))
                .collect(),
            attributes: self
                .knowledge
                .named_by(&resource.resource_type)
                .iter()
                .flat_map(|path| path.all(document).into_iter().map(move |value| (path, value)))
                .filter_map(|(path, value)| Some((path.clone(), Text::from(value.as_str()?))))
                .collect(),
        };
        let room = MAX_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(told.into_iter().take(room));
        let is_empty = detail.attributes.is_empty()
            && detail.grants.is_none()
            && detail.access_list.is_none()
            && detail.policy.is_none()
            && detail.access.is_empty()
            && detail.exposed.is_empty()
            && detail.weak.is_empty()
            && detail.withheld.is_empty()
            && detail.guarded.is_empty()
            && detail.hands_on.is_empty()
            && detail.vouches.is_empty()
            && detail.gives.is_empty()
            && detail.code.is_empty()
            && detail.held.is_none()
            && detail.known_as.is_none()
            && detail.shared.is_empty()
            && detail.tells.is_empty()
            && detail.runs_as.is_empty();
        detail.access.shrink_to_fit();
        detail.exposed.shrink_to_fit();
        detail.weak.shrink_to_fit();
        detail.withheld.shrink_to_fit();
        detail.guarded.shrink_to_fit();
        detail.hands_on.shrink_to_fit();
        detail.gives.shrink_to_fit();
        detail.code.shrink_to_fit();
        detail.shared.shrink_to_fit();
        detail.tells.shrink_to_fit();
        detail.runs_as.shrink_to_fit();
        detail.attributes.shrink_to_fit();
        (!is_empty).then_some(detail)
    }

    /// The keys that requests through a door bring along, as far as they are known.
    fn keys(&self, opens: &graph_role::Door, resource: &Resource) -> Vec<(Text, Text)> {
        let scope = self.template_scope(resource);
        let context = opens.context.iter();
        context
            .filter_map(|(key, value)| Some((key.clone(), Text::from(value.render(&scope).as_str()?))))
            .collect()
    }

    fn template_scope<'a>(&'a self, resource: &'a Resource) -> TemplateScope<'a> {
        TemplateScope {
            document: resource.document(),
            parent: &Value::Null,
            partition: self.account.partition.as_deref().unwrap_or("aws"),
            account: &self.account.id,
            region: &resource.region,
        }
    }

    fn access(&self, position: usize, access: &Access, resource: &Resource) -> Option<ResolvedAccess> {
        let certainty = match access
            .when
            .as_ref()
            .map(|when| when.truth(&self.sight.scope(resource)))
        {
            None | Some(Truth::True) => Certainty::Certain,
            Some(Truth::Unknown) => Certainty::Possible,
            Some(Truth::False) => return None,
        };
        let scope = self.template_scope(resource);
        let on = access
            .grants
            .iter()
            .map(|grant| {
                let rendered = grant.on.render(&scope);
                let arn = rendered.as_str()?;
                // Most are the resource itself, whose uid is kept anyway.
                Some(if arn == resource.uid {
                    resource.uid.clone()
                } else {
                    Text::from(arn)
                })
            })
            .collect::<Option<Box<[_]>>>()?;
        let circumstances = |of: &[graph_role::Circumstance]| {
            let mut found: Vec<Circumstance> = of
                .iter()
                .filter_map(|one| self.sight.circumstance(&one.when, &one.clause, resource))
                .collect();
            found.sort_by_key(|circumstance| circumstance.certainty);
            found
        };
        Some(ResolvedAccess {
            access: position,
            certainty,
            on,
            home: circumstances(&access.home).into_iter().next(),
            once: circumstances(&access.once),
        })
    }
}

/// The accounts that the content of a resource is shared with.
fn shares(role: &GraphRole, document: &Value) -> Vec<Share> {
    let mut found = Vec::new();
    for (entry, shared) in role.shared.iter().enumerate() {
        for value in shared.accounts.all(document) {
            let account = match value {
                Value::Unreadable(unreadable) => Err(Text::from(unreadable.to_string())),
                Value::String(account) if is_account(account) => Ok(account.clone()),
                Value::String(_)
                | Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Map(_) => continue,
            };
            found.push(Share { entry, account });
        }
    }
    found
}
