//! Facts of resources that others refer to: read of those alone, once it is known which they are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures_util::future::join_all;
use plumb_model::resource::Resource;
use plumb_model::value::{Reason, Text, Unreadable, Value};
use plumb_pack::schema::ResourceType;
use tokio::task::JoinHandle;

use crate::account::Reading;
use crate::facts;
use crate::plan::{Plan, TypePlan};
use crate::work::Work;

/// What was read of the resources of one type that others refer to, with their positions in its reading.
pub(crate) type Related = Vec<(usize, Resource)>;

/// Starts to read the facts of related resources, one task for each type that has such facts.
///
/// INVARIANT: these tasks wait for readings, and no reading waits for them. So types may refer to each other in circles.
pub(crate) fn spawn(
    work: &Arc<Work>,
    plan: &Arc<Plan>,
    readings: &BTreeMap<Text, Reading>,
) -> BTreeMap<Text, JoinHandle<Related>> {
    let mut tasks = BTreeMap::new();
    for (position, planned) in plan.types.iter().enumerate() {
        let name = &planned.resource_type.name;
        if planned.related.levels.is_empty() {
            continue;
        }
        let Some(targets) = readings.get(name).cloned() else {
            continue;
        };
        let sources: Vec<(Arc<ResourceType>, Reading)> = plan
            .types
            .iter()
            .map(|source| &source.resource_type)
            .filter(|source| planned.related.sources.contains(&source.name))
            .filter_map(|source| Some((Arc::clone(source), readings.get(&source.name)?.clone())))
            .collect();
        let (work, plan) = (Arc::clone(work), Arc::clone(plan));
        let task = tokio::spawn(async move {
            let sources = join_all(sources.into_iter().map(|(source, reading)| async move {
                let read = reading.await;
                (source, read)
            }))
            .await;
            let targets = targets.await;
            let Some(planned) = plan.types.get(position) else {
                return Related::new();
            };
            let reached = reached(&planned.resource_type, &targets, &sources);
            drop((sources, targets));
            read(&work, planned, reached).await
        });
        tasks.insert(name.clone(), task);
    }
    tasks
}

/// Puts what was read in its place; of all other resources the facts are unreadable, because nobody asked.
pub(crate) fn put(planned: &TypePlan, related: Related, resources: &mut [Resource]) {
    let mut related: HashMap<usize, Resource> = related.into_iter().collect();
    let sources: Vec<&str> = planned.related.sources.iter().map(Text::as_str).collect();
    let not_asked = Value::unreadable(Unreadable {
        detail: Text::from(format!(
            "the scan asked for it only where {} refers to the resource",
            sources.join(" or ")
        )),
        ..Unreadable::new(Reason::NotCollected)
    });
    for (position, resource) in resources.iter_mut().enumerate() {
        match related.remove(&position) {
            Some(with_facts) => *resource = with_facts,
            None => planned.facts_of_related().for_each(|fact| {
                facts::set_all(&planned.resource_type, fact, resource, &not_asked);
            }),
        }
    }
}

/// Copies of the resources that a relation of a source leads to, with their positions.
///
/// Names that several regions share reach all of them: which one is meant is for the rule to say.
fn reached(
    target: &ResourceType,
    targets: &[Resource],
    sources: &[(Arc<ResourceType>, Arc<Vec<Resource>>)],
) -> Related {
    let mut wanted: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (source, resources) in sources {
        let relations = source.recipe.relations.iter();
        for relation in relations.filter(|relation| relation.to == target.name) {
            let values: Vec<&str> = resources
                .iter()
                .flat_map(|resource| relation.attribute.all(resource.document()))
                .filter_map(Value::as_str)
                .collect();
            for by in &relation.by {
                wanted
                    .entry(by.as_str())
                    .or_default()
                    .extend(values.iter().copied());
            }
        }
    }
    let is_wanted = |resource: &Resource| {
        wanted.iter().any(|(by, values)| {
            let value = resource.document().get(by).and_then(Value::as_str);
            value.is_some_and(|value| values.contains(value))
        })
    };
    targets
        .iter()
        .enumerate()
        .filter(|(_, resource)| is_wanted(resource))
        .map(|(position, resource)| (position, resource.clone()))
        .collect()
}

async fn read(work: &Work, planned: &TypePlan, reached: Related) -> Related {
    let (positions, mut resources): (Vec<usize>, Vec<Resource>) = reached.into_iter().unzip();
    let levels = &planned.related.levels;
    facts::read(work, &planned.resource_type, levels, &mut resources).await;
    positions.into_iter().zip(resources).collect()
}
