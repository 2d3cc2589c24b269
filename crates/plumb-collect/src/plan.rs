//! `Plan`: which resource types and which of their facts a set of policies needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::pack::Pack;
use plumb_pack::recipe::{Fact, Origin};
use plumb_pack::schema::ResourceType;

use crate::needs::{Needs, Reach, TypeNeeds, order};

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
