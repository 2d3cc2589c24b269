//! `Knowledge`: what the graph is built by: roles of types, escalations, weights, and what the user says of the estate.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::value::{Text, Value};
use plumb_pack::escalation::{Escalation, Need, Object, Permission, Requirement, Target};
use plumb_pack::estate::Estate;
use plumb_pack::graph_role::GraphRole;
use plumb_pack::pack::Pack;
use plumb_pack::recipe::Path;
use plumb_pack::risk::RiskWeights;
use plumb_pack::schema::ResourceType;
use plumb_pack::sensitivity::SensitivityRules;

/// Position of a type in [`Knowledge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(u16);

/// What the graph is built by.
#[derive(Clone, Debug)]
pub struct Knowledge {
    types: Vec<Arc<ResourceType>>,
    by_name: HashMap<Text, TypeId>,
    /// The types of single things that others hold.
    held: HashSet<TypeId>,
    /// The attributes by which escalations and fronts name their targets, by type.
    named_by: HashMap<Text, Vec<Path>>,
    /// The ways in which principals gain what they were not given.
    pub escalations: Vec<Arc<Escalation>>,
    /// What things weigh.
    pub weights: Arc<RiskWeights>,
    /// How names and tags tell the sensitivity of data.
    pub sensitivity: Arc<SensitivityRules>,
    /// What the user says.
    pub estate: Arc<Estate>,
}

/// The attributes in the templates of escalations, by the type of their targets, and those by which fronts name theirs.
fn named_by(types: &[Arc<ResourceType>], escalations: &[Arc<Escalation>]) -> HashMap<Text, Vec<Path>> {
    let mut named_by: HashMap<Text, Vec<Path>> = HashMap::new();
    for escalation in escalations {
        let Target::Resource(name) = &escalation.target else {
            continue;
        };
        for need in escalation.needs() {
            let Need::Action(Permission {
                on: Object::Arn(template),
                ..
            }) = need
            else {
                continue;
            };
            let paths = named_by.entry(name.clone()).or_default();
            for path in template.paths() {
                if !paths.contains(path) {
                    paths.push(path.clone());
                }
            }
        }
    }
    let roles = types.iter().filter_map(|known| known.recipe.graph.as_ref());
    for on in roles.flat_map(|role| &role.hands_on) {
        for to in on.to.iter().filter(|_| !is_own_name(&on.by)) {
            let paths = named_by.entry(to.clone()).or_default();
            if !paths.contains(&on.by) {
                paths.push(on.by.clone());
            }
        }
    }
    named_by
}

/// Whether a path leads to what every resource is found by anyway.
pub(crate) fn is_own_name(path: &Path) -> bool {
    [UID, NAME].contains(&path.to_string().as_str())
}

/// The attribute that holds the uid.
pub(crate) const UID: &str = "uid";

/// The attribute that holds the name.
pub(crate) const NAME: &str = "name";

/// What the content of a resource is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// How sensitive it is.
    pub sensitivity: Sensitivity,
    /// What it is, for example `PII`.
    pub label: Option<Text>,
}

impl Knowledge {
    /// Loads every resource type of the pack with its role.
    ///
    /// # Errors
    /// When a type is malformed, or the pack has no weights.
    pub fn new(pack: &Pack, estate: Arc<Estate>) -> Result<Self, Vec<Diagnostic>> {
        let mut types = Vec::new();
        for name in pack.resource_types() {
            types.push(pack.resource_type(&name)?);
        }
        let held: Vec<_> = types
            .iter()
            .filter_map(|known| known.held())
            .map(Arc::new)
            .collect();
        types.extend(held);
        types.sort_by(|a, b| a.name.cmp(&b.name));
        let names = types.iter().map(|known| known.name.clone());
        let by_name: HashMap<Text, TypeId> = names.zip((0u16..).map(TypeId)).collect();
        let holds = types
            .iter()
            .filter_map(|known| known.recipe.graph.as_ref()?.holds.as_ref());
        let held = holds
            .filter_map(|holds| by_name.get(&holds.resource_type).copied())
            .collect();
        let named_by = named_by(&types, pack.escalations());
        let lacks = |what: &str| vec![Diagnostic::error(format!("the knowledge has no {what}"))];
        Ok(Self {
            types,
            by_name,
            held,
            named_by,
            escalations: pack.escalations().to_vec(),
            weights: Arc::clone(pack.risk().ok_or_else(|| lacks("weights of risk"))?),
            sensitivity: Arc::new(pack.sensitivity().clone()),
            estate,
        })
    }

    /// The position of a type.
    pub fn type_id(&self, name: &str) -> Option<TypeId> {
        self.by_name.get(name).copied()
    }

    /// A type by position.
    pub fn resource_type(&self, id: TypeId) -> Option<&Arc<ResourceType>> {
        self.types.get(usize::from(id.0))
    }

    /// Whether it is the type of single things that others hold.
    pub fn is_held(&self, id: TypeId) -> bool {
        self.held.contains(&id)
    }

    /// All types, in the order of their names.
    pub fn types(&self) -> impl ExactSizeIterator<Item = &Arc<ResourceType>> {
        self.types.iter()
    }

    /// The type at a position of that order.
    pub fn type_at(&self, position: usize) -> Option<TypeId> {
        let id = u16::try_from(position).ok()?;
        (position < self.types.len()).then_some(TypeId(id))
    }

    /// Every action that recipes, roles and escalations name.
    pub fn actions(&self) -> BTreeSet<Text> {
        let of_services = self.types.iter().flat_map(|known| &known.recipe.service.actions);
        let of_services = of_services.flat_map(|(_, actions)| actions.iter().cloned());
        let roles = self.types.iter().filter_map(|known| known.recipe.graph.as_ref());
        let accesses = roles.flat_map(|role| {
            let held = role.holds.iter().flat_map(|holds| &holds.access);
            role.access.iter().chain(held)
        });
        let of_roles = accesses.flat_map(|access| {
            let grants = access.grants.iter().flat_map(|grant| &grant.actions);
            let encrypt = access.encrypt.iter().flat_map(|encrypt| &encrypt.actions);
            grants.chain(encrypt).cloned()
        });
        let requirements = self
            .escalations
            .iter()
            .flat_map(|escalation| &escalation.requires);
        let needs = requirements.flat_map(|requirement| match requirement {
            Requirement::Need(need) => std::slice::from_ref(need).iter().collect::<Vec<_>>(),
            Requirement::Any(alternatives) => alternatives.iter().flatten().collect(),
        });
        let of_escalations = needs.filter_map(|need| match need {
            Need::Action(permission) => Some(permission.action.clone()),
            Need::Present(_) => None,
        });
        let roles = self.types.iter().filter_map(|known| known.recipe.graph.as_ref());
        let gives = roles.flat_map(|role| &role.gives);
        let of_gives = gives.filter_map(|gives| gives.needs.as_ref());
        let of_gives = of_gives.flat_map(|needs| needs.actions.iter().cloned());
        let of_roles = of_roles.chain(of_gives);
        of_services.chain(of_roles).chain(of_escalations).collect()
    }

    /// What the resources of a type are in the graph.
    pub fn role(&self, id: TypeId) -> Option<&GraphRole> {
        self.resource_type(id)?.recipe.graph.as_ref()
    }

    /// What the resources of a type are in paths.
    pub fn kind(&self, id: TypeId) -> NodeKind {
        self.role(id).map_or(NodeKind::Other, |role| role.kind)
    }

    /// The attributes by which escalations and fronts name resources of a type.
    pub fn named_by(&self, resource_type: &str) -> &[Path] {
        self.named_by.get(resource_type).map_or(&[], Vec::as_slice)
    }

    /// What the content of a resource is worth; `None` for what holds none.
    pub fn content(
        &self,
        id: TypeId,
        uid: &str,
        name: &str,
        tags: &Value,
        data_class: Option<&str>,
    ) -> Option<Content> {
        let role = self.role(id)?;
        let holds = match role.kind {
            NodeKind::Data | NodeKind::Secret | NodeKind::Key => true,
            NodeKind::Identity
            | NodeKind::Workload
            | NodeKind::Front
            | NodeKind::Network
            | NodeKind::Other => false,
        };
        let type_name = self.resource_type(id).map_or("", |found| found.name.as_str());
        if let Some(jewel) = self.estate.crown_jewel(type_name, uid, name) {
            return Some(Content {
                sensitivity: jewel.sensitivity.parse().unwrap_or(Sensitivity::Restricted),
                label: jewel.label.clone().or(Some(Text::new_static("crown jewel"))),
            });
        }
        if !holds {
            return None;
        }
        let found = self
            .sensitivity
            .classify(name, tags, data_class, role.sensitivity);
        Some(Content {
            sensitivity: found.level,
            label: found.label,
        })
    }
}

/// Something the graph wants read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Demand {
    /// The resource type.
    pub resource_type: Text,
    /// One of its attributes; `None` for the resources themselves.
    pub attribute: Option<Text>,
}

impl Knowledge {
    /// Everything the graph wants read, sorted: resources with a role, what their rules look at, networks and permissions.
    ///
    /// Of the relations those that cost a call of their own are wanted only where paths follow them.
    pub fn demands(&self) -> Vec<Demand> {
        let mut demands = std::collections::BTreeSet::new();
        let mut want = |resource_type: &Text, attribute: Option<&Text>| {
            demands.insert(Demand {
                resource_type: resource_type.clone(),
                attribute: attribute.cloned(),
            });
        };
        for known in self.types() {
            let recipe = &known.recipe;
            let Some(role) = &recipe.graph else { continue };
            if matches!(recipe.origin, plumb_pack::recipe::Origin::Declared) {
                continue;
            }
            want(&known.name, None);
            // Tags tell how sensitive content is.
            match role.kind {
                NodeKind::Data | NodeKind::Secret => want(&known.name, Some(&Text::new_static("tags"))),
                NodeKind::Identity
                | NodeKind::Workload
                | NodeKind::Key
                | NodeKind::Front
                | NodeKind::Network
                | NodeKind::Other => {}
            }
            for attribute in role.attributes() {
                want(&known.name, Some(&attribute));
            }
            for on in &role.hands_on {
                for to in &on.to {
                    want(to, None);
                    if !is_own_name(&on.by) {
                        want(to, on.by.root());
                    }
                    let target = self.type_id(to).and_then(|id| self.resource_type(id));
                    let relations = target.iter().flat_map(|target| &target.recipe.relations);
                    for then in relations.filter(|relation| on.then.as_ref() == Some(&relation.label)) {
                        want(to, then.attribute.root());
                        want(&then.to, None);
                    }
                }
            }
            for code in &role.code {
                want(&code.from, None);
            }
            for relation in &recipe.relations {
                let opens = role.opens.as_ref().map(|opens| &opens.relation);
                let followed = ["runs_as", "member_of"].contains(&relation.label.as_str())
                    || opens == Some(&relation.label)
                    || role.tells.iter().any(|tells| tells.of == relation.label)
                    || role
                        .access
                        .iter()
                        .any(|access| access.keys().any(|label| *label == relation.label));
                let root = relation.attribute.root();
                if followed {
                    // What stands between, an instance profile, is in no path itself.
                    want(&relation.to, None);
                    for attribute in self.leading_on(&relation.to) {
                        want(&relation.to, Some(attribute));
                    }
                }
                if followed || root.is_some_and(|root| known.fact_of(root).is_none()) {
                    want(&known.name, root);
                }
            }
            let rules = role.rules().chain(role.rules_of_elements());
            for used in rules.flat_map(plumb_expr::Program::uses) {
                let name = match &used.root {
                    plumb_expr::Root::Inventory(name)
                    | plumb_expr::Root::RegionalInventory(name)
                    | plumb_expr::Root::Related(name) => name,
                    // Rules of roles cannot ask for the exposure, which is made of them.
                    plumb_expr::Root::Resource
                    | plumb_expr::Root::Account
                    | plumb_expr::Root::Params
                    | plumb_expr::Root::Exposure => continue,
                };
                want(name, None);
                want(name, used.path.first());
            }
        }
        // What escalations work on, or need to be there.
        for name in self
            .escalations
            .iter()
            .flat_map(|escalation| escalation.resource_types())
        {
            if let Some(known) = self.type_id(name).and_then(|id| self.resource_type(id)) {
                want(&known.name, None);
            }
        }
        for (name, attributes) in plumb_net::aws::READS.iter().chain(plumb_iam::READS) {
            let name = Text::new_static(name);
            if !self.by_name.contains_key(&name) {
                continue;
            }
            want(&name, None);
            for attribute in *attributes {
                want(&name, Some(&Text::new_static(attribute)));
            }
        }
        demands.into_iter().collect()
    }

    /// The attributes by which the resources of a type name whom they run as.
    fn leading_on(&self, resource_type: &str) -> impl Iterator<Item = &Text> {
        let known = self.type_id(resource_type).and_then(|id| self.resource_type(id));
        let relations = known.into_iter().flat_map(|known| &known.recipe.relations);
        relations
            .filter(|relation| relation.label == "runs_as")
            .filter_map(|relation| relation.attribute.root())
    }
}
