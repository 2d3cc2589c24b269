//! `Needs`: what policies look at, followed to everything that reading it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_expr::{Program, Root};
use plumb_model::value::Text;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::pack::Pack;
use plumb_pack::recipe::{Call, Fact, FactKind, Origin, Parameter, Piece, Template, TemplateValue};
use plumb_pack::schema::ResourceType;

use crate::plan::{Plan, PlanError, RelatedPlan, TypePlan, parent_of};

/// Collects what is needed until nothing new turns up.
pub(crate) struct Needs<'p> {
    pack: &'p Pack,
    types: BTreeMap<Text, TypeNeeds>,
    seen: BTreeSet<(Text, Option<Text>, Text, Reach)>,
}

pub(crate) struct TypeNeeds {
    resource_type: Arc<ResourceType>,
    pub(crate) needed_by: BTreeSet<Text>,
    pub(crate) facts: BTreeMap<Text, FactNeeds>,
}

/// Who needs a fact, and of which resources.
#[derive(Default)]
pub(crate) struct FactNeeds {
    needed_by: BTreeSet<Text>,
    reach: Reach,
}

/// Of which resources of a type something is needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
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
    pub(crate) fn add(&mut self, reasons: impl IntoIterator<Item = Text>, reach: &Reach) {
        self.needed_by.extend(reasons);
        match (&mut self.reach, reach) {
            (Reach::Every, _) => {}
            (known, Reach::Every) => *known = Reach::Every,
            (Reach::Related(known), Reach::Related(more)) => known.extend(more.iter().cloned()),
        }
    }
}

impl TypeNeeds {
    pub(crate) fn new(resource_type: Arc<ResourceType>) -> Self {
        Self {
            resource_type,
            needed_by: BTreeSet::new(),
            facts: BTreeMap::new(),
        }
    }
}

impl<'p> Needs<'p> {
    pub(crate) fn new(pack: &'p Pack) -> Self {
        Self {
            pack,
            types: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    pub(crate) fn resolve(&self, name: &str) -> Result<Arc<ResourceType>, PlanError> {
        self.pack.resource_type(name).map_err(PlanError::Recipe)
    }

    pub(crate) fn policy(&mut self, policy: &CompiledPolicy) -> Result<(), PlanError> {
        let reason = &policy.policy.name;
        let judged = &policy.policy.resource_type;
        self.demand(judged, None, reason, &Reach::Every)?;
        for attribute in policy.attributes() {
            self.demand(judged, Some(&attribute), reason, &Reach::Every)?;
        }
        for used in policy.programs().flat_map(Program::uses) {
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
                // What an exposure takes is told by who computes it, and planned with [`Plan::wanting`].
                Root::Account | Root::Params | Root::Exposure => {}
            }
        }
        Ok(())
    }

    pub(crate) fn demand(
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

    pub(crate) fn into_plan(self) -> Result<Plan, PlanError> {
        order(self.types)
    }
}

/// Puts types into the order in which they are read, and their facts into levels.
pub(crate) fn order(mut types: BTreeMap<Text, TypeNeeds>) -> Result<Plan, PlanError> {
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
