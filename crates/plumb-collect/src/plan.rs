//! `Plan`: which resource types and which of their facts a set of policies needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_expr::{Program, Root};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::pack::Pack;
use plumb_pack::recipe::{Call, Fact, FactKind, Origin, Parameter, Piece, Template, TemplateValue};
use plumb_pack::schema::ResourceType;

/// What a scan reads.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The types, parents before the types that are listed for each of them.
    pub types: Vec<TypePlan>,
}

/// What a scan reads of one type.
#[derive(Clone, Debug)]
pub struct TypePlan {
    /// The type with its recipe.
    pub resource_type: Arc<ResourceType>,
    /// The facts of every resource, by position in the recipe; those of a level need attributes of earlier levels only.
    pub levels: Vec<Vec<usize>>,
    /// The facts that are read only of resources that others refer to.
    pub related: RelatedPlan,
    /// The policies that need the type itself.
    pub needed_by: BTreeSet<Text>,
    /// The policies that need each fact, by the fact's name.
    pub facts_needed_by: BTreeMap<Text, BTreeSet<Text>>,
}

/// Facts that rules look at by `related(resource, "…")` alone, so that nobody asks for those of other resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelatedPlan {
    /// The types whose resources refer to the resources that matter.
    pub sources: BTreeSet<Text>,
    /// Facts by position in the recipe, in levels that follow those of every resource.
    pub levels: Vec<Vec<usize>>,
}

impl TypePlan {
    /// The planned facts in the order they are read.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts_of_every_resource().chain(self.facts_of_related())
    }

    /// The facts that are read of every resource.
    pub fn facts_of_every_resource(&self) -> impl Iterator<Item = &Fact> {
        self.facts_in(&self.levels)
    }

    /// The facts that are read only of resources that others refer to.
    pub fn facts_of_related(&self) -> impl Iterator<Item = &Fact> {
        self.facts_in(&self.related.levels)
    }

    fn facts_in<'p>(&'p self, levels: &'p [Vec<usize>]) -> impl Iterator<Item = &'p Fact> {
        let facts = &self.resource_type.recipe.facts;
        levels
            .iter()
            .flatten()
            .filter_map(|position| facts.get(*position))
    }
}

/// A plan could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// A recipe does not load.
    #[error("the recipe of a needed resource type does not load")]
    Recipe(Vec<Diagnostic>),
    /// Facts or types need each other.
    #[error("`{0}` needs itself")]
    Cycle(Text),
}

impl Plan {
    /// The plan for judging by `policies`.
    ///
    /// # Errors
    /// When a recipe does not load or its facts depend on each other in a circle.
    pub fn new(pack: &Pack, policies: &[CompiledPolicy]) -> Result<Self, PlanError> {
        let mut needs = Needs::new(pack);
        for policy in policies {
            needs.policy(policy)?;
        }
        needs.into_plan()
    }

    /// The plan for an inventory: everything the recipes of `types` can read.
    ///
    /// # Errors
    /// When a recipe does not load or its facts depend on each other in a circle.
    pub fn everything(pack: &Pack, types: &[Text]) -> Result<Self, PlanError> {
        let mut needs = Needs::new(pack);
        let reason = Text::new_static("inventory");
        for name in types {
            needs.demand(name, None, &reason, &Reach::Every)?;
            let resource_type = needs.resolve(name)?;
            for attribute in resource_type.attributes() {
                needs.demand(name, Some(&attribute.name), &reason, &Reach::Every)?;
            }
        }
        needs.into_plan()
    }

    /// The plan for attributes of types, or for the resources themselves where no attribute is named.
    ///
    /// # Errors
    /// When a recipe does not load or its facts depend on each other in a circle.
    pub fn wanting<'w>(
        pack: &Pack,
        wanted: impl IntoIterator<Item = (&'w Text, Option<&'w Text>)>,
        reason: &Text,
    ) -> Result<Self, PlanError> {
        let mut needs = Needs::new(pack);
        for (resource_type, attribute) in wanted {
            needs.demand(resource_type, attribute, reason, &Reach::Every)?;
        }
        needs.into_plan()
    }

    /// The plan for some facts of one type.
    ///
    /// # Errors
    /// When the recipe does not load or its facts depend on each other in a circle.
    pub fn facts(pack: &Pack, resource_type: &str, facts: &[Text]) -> Result<Self, PlanError> {
        let mut needs = Needs::new(pack);
        let reason = Text::new_static("rehearsal");
        needs.demand(resource_type, None, &reason, &Reach::Every)?;
        let resource_type = needs.resolve(resource_type)?;
        for attribute in resource_type.attributes() {
            if resource_type
                .fact_of(&attribute.name)
                .is_some_and(|fact| facts.contains(&fact.name))
            {
                needs.demand(&resource_type.name, Some(&attribute.name), &reason, &Reach::Every)?;
            }
        }
        needs.into_plan()
    }

    /// A plan with everything that both read.
    ///
    /// # Errors
    /// When facts depend on each other in a circle.
    pub fn union(self, other: Plan) -> Result<Self, PlanError> {
        let mut types: BTreeMap<Text, TypeNeeds> = BTreeMap::new();
        for planned in self.types.into_iter().chain(other.types) {
            let needs = types
                .entry(planned.resource_type.name.clone())
                .or_insert_with(|| TypeNeeds::new(Arc::clone(&planned.resource_type)));
            needs.needed_by.extend(planned.needed_by.iter().cloned());
            let only_related: BTreeSet<Text> =
                planned.facts_of_related().map(|fact| fact.name.clone()).collect();
            for (fact, reasons) in planned.facts_needed_by {
                let reach = if only_related.contains(&fact) {
                    Reach::Related(planned.related.sources.clone())
                } else {
                    Reach::Every
                };
                needs.facts.entry(fact).or_default().add(reasons, &reach);
            }
        }
        order(types)
    }
}

/// Collects what is needed until nothing new turns up.
struct Needs<'p> {
    pack: &'p Pack,
    types: BTreeMap<Text, TypeNeeds>,
    seen: BTreeSet<(Text, Option<Text>, Text, Reach)>,
}

struct TypeNeeds {
    resource_type: Arc<ResourceType>,
    needed_by: BTreeSet<Text>,
    facts: BTreeMap<Text, FactNeeds>,
}

/// Who needs a fact, and of which resources.
#[derive(Default)]
struct FactNeeds {
    needed_by: BTreeSet<Text>,
    reach: Reach,
}

/// Of which resources of a type something is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Every,
    /// Those that resources of these types refer to.
    Related(BTreeSet<Text>),
}

impl Default for Reach {
    fn default() -> Self {
        Self::Related(BTreeSet::new())
    }
}

impl FactNeeds {
    fn add(&mut self, reasons: impl IntoIterator<Item = Text>, reach: &Reach) {
        self.needed_by.extend(reasons);
        match (&mut self.reach, reach) {
            (Reach::Every, _) => {}
            (known, Reach::Every) => *known = Reach::Every,
            (Reach::Related(known), Reach::Related(more)) => known.extend(more.iter().cloned()),
        }
    }
}

impl TypeNeeds {
    fn new(resource_type: Arc<ResourceType>) -> Self {
        Self {
            resource_type,
            needed_by: BTreeSet::new(),
            facts: BTreeMap::new(),
        }
    }
}

impl<'p> Needs<'p> {
    fn new(pack: &'p Pack) -> Self {
        Self {
            pack,
            types: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    fn resolve(&self, name: &str) -> Result<Arc<ResourceType>, PlanError> {
        self.pack.resource_type(name).map_err(PlanError::Recipe)
    }

    fn policy(&mut self, policy: &CompiledPolicy) -> Result<(), PlanError> {
        let reason = &policy.policy.name;
        let judged = &policy.policy.resource_type;
        self.demand(judged, None, reason, &Reach::Every)?;
        for used in policy.when.iter().chain([&policy.rule]).flat_map(Program::uses) {
            let attribute = used.path.first();
            match &used.root {
                Root::Resource => self.demand(judged, attribute, reason, &Reach::Every)?,
                Root::Inventory(name) | Root::RegionalInventory(name) => {
                    self.demand(name, attribute, reason, &Reach::Every)?;
                }
                Root::Related(name) => {
                    let target = self.resolve(name)?;
                    let source = self.resolve(judged)?;
                    let reach = Reach::Related(BTreeSet::from([source.name.clone()]));
                    self.demand(name, attribute, reason, &reach)?;
                    let recipe = &source.recipe;
                    for relation in recipe
                        .relations
                        .iter()
                        .filter(|relation| relation.to == target.name)
                    {
                        // What refers and what it is found by are needed of all, to know who is referred to.
                        self.demand(judged, relation.attribute.root(), reason, &Reach::Every)?;
                        for by in &relation.by {
                            self.demand(name, Some(by), reason, &Reach::Every)?;
                        }
                    }
                }
                Root::Account | Root::Params => {}
            }
        }
        Ok(())
    }

    fn demand(
        &mut self,
        name: &str,
        attribute: Option<&Text>,
        reason: &Text,
        reach: &Reach,
    ) -> Result<(), PlanError> {
        let resource_type = self.resolve(name)?;
        let name = resource_type.name.clone();
        if !self
            .seen
            .insert((name.clone(), attribute.cloned(), reason.clone(), reach.clone()))
        {
            return Ok(());
        }
        let recipe = Arc::clone(&resource_type.recipe);
        let fact = attribute
            .and_then(|attribute| resource_type.fact_of(attribute))
            .cloned();
        let needs = self
            .types
            .entry(name.clone())
            .or_insert_with(|| TypeNeeds::new(resource_type));
        if needs.needed_by.insert(reason.clone()) {
            let mut templates = vec![&recipe.uid, &recipe.name];
            templates.extend(&recipe.region);
            templates.extend(recipe.keep.iter().map(|(_, template)| template));
            let mut attributes: Vec<Text> = templates
                .iter()
                .flat_map(|template| template.attributes())
                .cloned()
                .collect();
            attributes.extend(recipe.filter.iter().flat_map(resource_attributes));
            let mut of_parent: Vec<Text> = templates
                .iter()
                .flat_map(|template| parent_attributes(template))
                .collect();
            if let Origin::List(list) = &recipe.origin {
                of_parent.extend(
                    call_templates(&list.call)
                        .iter()
                        .flat_map(|template| parent_attributes(template)),
                );
                if let Some(parent) = &list.for_each {
                    self.demand(parent, None, reason, &Reach::Every)?;
                    for attribute in &of_parent {
                        self.demand(parent, Some(attribute), reason, &Reach::Every)?;
                    }
                }
            }
            for attribute in &attributes {
                self.demand(&name, Some(attribute), reason, &Reach::Every)?;
            }
        }
        if let Some(fact) = fact {
            if let Some(needs) = self.types.get_mut(&name) {
                let needs = needs.facts.entry(fact.name.clone()).or_default();
                needs.add([reason.clone()], reach);
            }
            for attribute in fact_inputs(&fact) {
                self.demand(&name, Some(&attribute), reason, reach)?;
            }
        }
        Ok(())
    }

    fn into_plan(self) -> Result<Plan, PlanError> {
        order(self.types)
    }
}

fn order(mut types: BTreeMap<Text, TypeNeeds>) -> Result<Plan, PlanError> {
    types.retain(|_, needs| !matches!(needs.resource_type.recipe.origin, Origin::Declared));
    let mut plan = Plan::default();
    while !types.is_empty() {
        let ready: Vec<Text> = types
            .iter()
            .filter(|(_, needs)| {
                parent_of(&needs.resource_type).is_none_or(|parent| !types.contains_key(&parent))
            })
            .map(|(name, _)| name.clone())
            .collect();
        if ready.is_empty() {
            let name = types.into_keys().next().unwrap_or_default();
            return Err(PlanError::Cycle(name));
        }
        for name in ready {
            if let Some(needs) = types.remove(&name) {
                plan.types.push(needs.into_plan()?);
            }
        }
    }
    Ok(plan)
}

impl TypeNeeds {
    fn into_plan(self) -> Result<TypePlan, PlanError> {
        let levels = fact_levels(&self.resource_type, &self.facts)?;
        let recipe = &self.resource_type.recipe;
        let is_of_every = |position: &usize| {
            recipe
                .facts
                .get(*position)
                .and_then(|fact| self.facts.get(&fact.name))
                .is_some_and(|needs| needs.reach == Reach::Every)
        };
        let mut of_every = Vec::new();
        let mut of_related = Vec::new();
        for level in levels {
            let (every, related): (Vec<usize>, Vec<usize>) = level.into_iter().partition(is_of_every);
            of_every.push(every);
            of_related.push(related);
        }
        of_every.retain(|level| !level.is_empty());
        of_related.retain(|level| !level.is_empty());
        let sources = self.facts.values().filter_map(|needs| match &needs.reach {
            Reach::Every => None,
            Reach::Related(sources) => Some(sources),
        });
        let related = RelatedPlan {
            sources: sources.flatten().cloned().collect(),
            levels: of_related,
        };
        let facts_needed_by = self.facts.into_iter();
        Ok(TypePlan {
            resource_type: self.resource_type,
            levels: of_every,
            related,
            needed_by: self.needed_by,
            facts_needed_by: facts_needed_by
                .map(|(name, needs)| (name, needs.needed_by))
                .collect(),
        })
    }
}

/// The type that a type is listed for each of.
pub(crate) fn parent_of(resource_type: &ResourceType) -> Option<Text> {
    match &resource_type.recipe.origin {
        Origin::List(list) => list.for_each.clone(),
        Origin::Single | Origin::Declared => None,
    }
}

fn fact_levels(
    resource_type: &ResourceType,
    needed: &BTreeMap<Text, FactNeeds>,
) -> Result<Vec<Vec<usize>>, PlanError> {
    let mut waiting: Vec<(usize, &Fact)> = resource_type
        .recipe
        .facts
        .iter()
        .enumerate()
        .filter(|(_, fact)| needed.contains_key(&fact.name))
        .collect();
    let mut levels = Vec::new();
    while !waiting.is_empty() {
        let pending: BTreeSet<&Text> = waiting.iter().map(|(_, fact)| &fact.name).collect();
        let (ready, blocked): (Vec<_>, Vec<_>) = waiting.iter().copied().partition(|(_, fact)| {
            fact_inputs(fact)
                .iter()
                .filter_map(|attribute| resource_type.fact_of(attribute))
                .all(|input| !pending.contains(&input.name))
        });
        if ready.is_empty() {
            let name = waiting
                .first()
                .map(|(_, fact)| fact.name.clone())
                .unwrap_or_default();
            return Err(PlanError::Cycle(name));
        }
        levels.push(ready.into_iter().map(|(position, _)| position).collect());
        waiting = blocked;
    }
    Ok(levels)
}

/// The attributes of the resource that a fact's call needs.
fn fact_inputs(fact: &Fact) -> BTreeSet<Text> {
    let mut inputs = BTreeSet::new();
    for template in call_templates(&fact.call).into_iter().chain(&fact.region) {
        inputs.extend(template.attributes().cloned());
    }
    if let Some(prepare) = &fact.prepare {
        inputs.extend(
            call_templates(&prepare.call)
                .iter()
                .flat_map(|template| template.attributes())
                .cloned(),
        );
    }
    inputs.extend(fact.condition.iter().flat_map(resource_attributes));
    match &fact.kind {
        FactKind::Take(_) | FactKind::Items(_) => {}
        FactKind::Join { on, .. } => inputs.extend(on.iter().filter_map(|(_, path)| path.root().cloned())),
    }
    inputs
}

fn resource_attributes(program: &Program) -> Vec<Text> {
    program
        .uses()
        .iter()
        .filter(|used| used.root == Root::Resource)
        .filter_map(|used| used.path.first().cloned())
        .collect()
}

fn parent_attributes(template: &Template) -> Vec<Text> {
    template
        .0
        .iter()
        .filter_map(|piece| match piece {
            Piece::Parent(path) => path.root().cloned(),
            Piece::Literal(_)
            | Piece::Attribute(_)
            | Piece::Tail(_)
            | Piece::Partition
            | Piece::Account
            | Piece::Region => None,
        })
        .collect()
}

/// All templates in the parameters of a call.
fn call_templates(call: &Call) -> Vec<&Template> {
    fn visit<'t>(value: &'t TemplateValue, found: &mut Vec<&'t Template>) {
        match value {
            TemplateValue::Text(template) => found.push(template),
            TemplateValue::Literal(_) => {}
            TemplateValue::List(list) => list.iter().for_each(|value| visit(value, found)),
            TemplateValue::Map(map) => map.iter().for_each(|(_, value)| visit(value, found)),
        }
    }
    let mut found = Vec::new();
    for (_, parameter) in &call.with {
        match parameter {
            Parameter::Template(value) => visit(value, &mut found),
            Parameter::Each(template) => found.push(template),
        }
    }
    found
}
