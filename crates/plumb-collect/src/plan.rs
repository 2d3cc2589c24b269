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
