//! Facts: the attributes of resources that need calls of their own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{FutureExt, join};
use plumb_expr::Truth;
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_pack::recipe::{Fact, FactKind, Path};
use plumb_pack::schema::{AttributeSource, ResourceType};
use plumb_pack::transform::{apply_transforms, apply_transforms_named};

use crate::assemble::{self, Place, tag_map};
use crate::caller::Pages;
use crate::failure::Failure;
use crate::joined;
use crate::listing::{Input, input, is_absent};
use crate::work::{Jobs, Work};

/// How often a prepared answer is asked for again.
const PREPARE_ATTEMPTS: u32 = 30;

/// How long is waited first; later pauses double up to the longest.
const FIRST_PREPARE_PAUSE: Duration = Duration::from_millis(250);

/// Reads facts of resources of one type, level by level.
pub(crate) async fn read(
    work: &Work,
    resource_type: &ResourceType,
    levels: &[Vec<usize>],
    resources: &mut [Resource],
) {
    let recipe = &resource_type.recipe;
    for level in levels {
        let facts: Vec<&Fact> = level
            .iter()
            .filter_map(|position| recipe.facts.get(*position))
            .collect();
        let (joined, single): (Vec<&Fact>, Vec<&Fact>) = facts
            .into_iter()
            .partition(|fact| matches!(fact.kind, FactKind::Join { .. }));
        let shared: &[Resource] = resources;
        let single_jobs: Jobs<'_, (usize, &Fact, Value)> =
            Box::new(shared.iter().enumerate().flat_map(|(position, resource)| {
                single.iter().map(move |fact| {
                    read_one(work, fact, resource)
                        .map(move |value| (position, *fact, value))
                        .boxed()
                })
            }));
        let joined_jobs: Jobs<'_, (&Fact, Vec<Value>)> = Box::new(joined.iter().map(|fact| {
            joined::read(work, fact, shared)
                .map(move |values| (*fact, values))
                .boxed()
        }));
        let (single_values, joined_values) = join(work.gather(single_jobs), work.gather(joined_jobs)).await;
        for (position, fact, value) in single_values {
            if let Some(resource) = resources.get_mut(position) {
                put(work, resource_type, fact, resource, value);
            }
        }
        for (fact, values) in joined_values {
            for (resource, value) in resources.iter_mut().zip(values) {
                put(work, resource_type, fact, resource, value);
            }
        }
    }
}

/// Writes a fact's value into its resource and notes the gap when there is one.
fn put(work: &Work, resource_type: &ResourceType, fact: &Fact, resource: &mut Resource, value: Value) {
    if let Value::Unreadable(unreadable) = &value {
        work.gaps.add(
            &resource.resource_type,
            Some(&fact.name),
            &resource.region,
            unreadable,
        );
    }
    if let Value::List(list) = &value
        && let Some(Value::Unreadable(unreadable)) = list.last()
    {
        work.gaps.add(
            &resource.resource_type,
            Some(&fact.name),
            &resource.region,
            unreadable,
        );
    }
    if !fact.merge {
        resource.set(fact.name.clone(), value);
        return;
    }
    match value {
        Value::Map(map) => map.into_iter().for_each(|(name, value)| {
            let value = if name == "tags" { tag_map(&value) } else { value };
            resource.set(name, value);
        }),
        Value::Unreadable(_) => set_all(resource_type, fact, resource, &value),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::String(_)
        | Value::List(_) => {}
    }
}

/// Writes one value for everything that a fact gives.
pub(crate) fn set_all(resource_type: &ResourceType, fact: &Fact, resource: &mut Resource, value: &Value) {
    if !fact.merge {
        resource.set(fact.name.clone(), value.clone());
        return;
    }
    for attribute in attributes_of(resource_type, fact) {
        resource.set(attribute, value.clone());
    }
}

/// The region that a fact's call goes to for one resource.
pub(crate) fn region_of(work: &Work, fact: &Fact, resource: &Resource) -> Text {
    if fact.global {
        return Text::new_static(GLOBAL_REGION);
    }
    let place = Place {
        account: &work.account,
        region: &resource.region,
        parent: None,
    };
    fact.region
        .as_ref()
        .and_then(|template| place.text(template, resource.document()))
        .unwrap_or_else(|| resource.region.clone())
}

async fn read_one(work: &Work, fact: &Fact, resource: &Resource) -> Value {
    let document = resource.document();
    if let Some(condition) = &fact.condition {
        match work.truth(condition, document) {
            Truth::True => {}
            Truth::False => return Value::Null,
            Truth::Unknown => return Value::unreadable(work.why(condition, document)),
        }
    }
    let place = Place {
        account: &work.account,
        region: &resource.region,
        parent: None,
    };
    let parameters = match input(&fact.call, place, document) {
        Input::Ready(parameters) => parameters,
        Input::Null => return Value::Null,
        Input::Unreadable(unreadable) => return Value::Unreadable(unreadable),
    };
    let region = region_of(work, fact, resource);
    let pages = prepared(work, fact, &parameters, &region, document).await;
    let value = match &fact.kind {
        FactKind::Take(path) => take(&fact.call, &pages, path),
        FactKind::Items(path) => listed(&fact.call, &pages, path),
        FactKind::Join { .. } => Value::Null,
    };
    transformed(fact, value)
}

/// Makes the fact's call, and first the call that prepares its answer when the cloud says that it is not ready.
pub(crate) async fn prepared(
    work: &Work,
    fact: &Fact,
    parameters: &Map,
    region: &Text,
    document: &Value,
) -> Arc<Pages> {
    let mut pages = work.call(&fact.call, parameters.clone(), region).await;
    let Some(prepare) = &fact.prepare else {
        return pages;
    };
    for attempt in 0..PREPARE_ATTEMPTS {
        let Some(failure) = &pages.failure else {
            return pages;
        };
        if !prepare
            .on
            .iter()
            .any(|pattern| pattern.matches(&failure.code, &failure.message))
        {
            return pages;
        }
        let place = Place {
            account: &work.account,
            region,
            parent: None,
        };
        let Input::Ready(input) = input(&prepare.call, place, document) else {
            return pages;
        };
        let preparing = work.call_afresh(&prepare.call, input, region).await;
        if preparing.failure.is_some() {
            return Arc::new(preparing);
        }
        work.pause(
            FIRST_PREPARE_PAUSE
                .saturating_mul(1 << attempt.min(8))
                .min(work.options.prepare_pause),
        )
        .await;
        pages = Arc::new(work.call_afresh(&fact.call, parameters.clone(), region).await);
    }
    pages
}

/// The value at a path of the answer; lists of several pages are put together.
fn take(call: &plumb_pack::recipe::Call, pages: &Pages, path: &Path) -> Value {
    let mut values = pages.answers.iter().map(|answer| path.get(answer).into_owned());
    let first = values.next();
    let value = match (first, values.len()) {
        (None, _) => Value::Null,
        (Some(value), 0) => value,
        (Some(value), _) => {
            let mut all = Vec::new();
            for value in std::iter::once(value).chain(values) {
                match value {
                    Value::List(list) => all.extend(list),
                    Value::Null => {}
                    one => all.push(one),
                }
            }
            Value::List(all)
        }
    };
    ended(call, pages.failure.as_ref(), value)
}

fn listed(call: &plumb_pack::recipe::Call, pages: &Pages, path: &Path) -> Value {
    let items = pages
        .answers
        .iter()
        .flat_map(|answer| assemble::items(answer, path))
        .collect();
    ended(call, pages.failure.as_ref(), Value::List(items))
}

/// A value with what its failure means for it: absent, unreadable, or a list whose rest is unreadable.
fn ended(call: &plumb_pack::recipe::Call, failure: Option<&Failure>, value: Value) -> Value {
    let Some(failure) = failure else { return value };
    match value {
        Value::List(mut list) if !list.is_empty() => {
            list.push(Value::unreadable(failure.unreadable.clone()));
            Value::List(list)
        }
        _ if is_absent(call, failure) => Value::Null,
        _ => Value::unreadable(failure.unreadable.clone()),
    }
}

/// What an answer gives, decoded; tags as a map, empty where the answer has none.
pub(crate) fn transformed(fact: &Fact, value: Value) -> Value {
    let value = match value {
        Value::Null | Value::Unreadable(_) => value,
        value => apply_transforms(value, &fact.parse).unwrap_or_else(|cause| undecodable(fact, &cause)),
    };
    let value = decoded(fact, value);
    if fact.name == "tags" {
        tag_map(&value)
    } else {
        value
    }
}

/// The value with its parts decoded; a part that cannot be is unreadable in its place.
fn decoded(fact: &Fact, mut value: Value) -> Value {
    for (path, transforms) in &fact.decode {
        let changed: Result<(), Infallible> = path.change(&mut value, &mut |name, part| {
            Ok(apply_transforms_named(name, part, transforms)
                .unwrap_or_else(|cause| undecodable(fact, &cause)))
        });
        match changed {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }
    value
}

pub(crate) fn undecodable(fact: &Fact, cause: &str) -> Value {
    Value::unreadable(Unreadable {
        call: Some(Text::from(format!(
            "{}:{}",
            fact.call.service, fact.call.operation
        ))),
        detail: Text::from(format!("the answer cannot be decoded: {cause}")),
        ..Unreadable::new(Reason::Failed)
    })
}

/// The attributes that a merged fact gives.
fn attributes_of<'t>(resource_type: &'t ResourceType, fact: &'t Fact) -> impl Iterator<Item = Text> + 't {
    resource_type
        .attributes()
        .iter()
        .filter_map(|attribute| match &attribute.source {
            AttributeSource::Fact { fact: source, .. } if *source == fact.name => {
                Some(attribute.name.clone())
            }
            AttributeSource::Fact { .. }
            | AttributeSource::Reserved
            | AttributeSource::List { .. }
            | AttributeSource::Declared => None,
        })
}
