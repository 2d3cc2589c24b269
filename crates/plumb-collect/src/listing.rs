//! Listing: the resources of one type, before their facts.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::FutureExt;
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_pack::recipe::{Call, CallScope, Descend, ListCall, Origin, Parameter, Recipe, TemplateValue};

use crate::assemble::{self, Place, Problem};
use crate::caller::Pages;
use crate::failure::Failure;
use crate::progress::Event;
use crate::work::{Jobs, Work};

/// The most levels that are descended below the first; no cloud's tree is as deep.
const MAX_LEVELS: usize = 16;

/// The regions where a type is asked for; `global` stands for the partition's default region.
pub(crate) fn regions(work: &Work, recipe: &Recipe) -> Vec<Text> {
    match recipe.scope {
        CallScope::Global => vec![Text::new_static(GLOBAL_REGION)],
        CallScope::Region => {
            let service = match &recipe.origin {
                Origin::List(list) => &list.call.service,
                Origin::Single | Origin::Declared => &recipe.service.name,
            };
            work.regions
                .iter()
                .filter(|region| work.has_service(service, region))
                .cloned()
                .collect()
        }
    }
}

/// Lists the resources of one type in one region.
pub(crate) async fn list(work: &Work, recipe: &Recipe, region: &Text, parents: &[Resource]) -> Vec<Resource> {
    let resources = match &recipe.origin {
        Origin::Declared => Vec::new(),
        Origin::Single => {
            let place = Place {
                account: &work.account,
                region,
                parent: None,
            };
            assembled(work, recipe, region, vec![Value::Map(Map::new())], "", place)
        }
        Origin::List(list) => list_items(work, recipe, list, region, parents).await,
    };
    let kept = filter(work, recipe, resources);
    work.caller.progress().event(Event::PieceDone {
        resource_type: recipe.resource_type.to_string(),
        region: region.to_string(),
        resources: kept.len(),
    });
    kept
}

async fn list_items(
    work: &Work,
    recipe: &Recipe,
    list: &ListCall,
    region: &Text,
    parents: &[Resource],
) -> Vec<Resource> {
    if list.for_each.is_none() {
        let place = Place {
            account: &work.account,
            region,
            parent: None,
        };
        let mut found = Vec::new();
        for extra in variants(list) {
            let pages = call(work, &list.call, extra, region, place, &Value::Null).await;
            found.extend(taken(work, recipe, list, region, pages, place));
        }
        return found;
    }
    let here: Vec<&Resource> = parents
        .iter()
        .filter(|parent| {
            recipe.scope == CallScope::Global || parent.region == *region || parent.region == GLOBAL_REGION
        })
        .collect();
    let mut found = list_of_parents(work, recipe, list, region, &here).await;
    match list.descend {
        Descend::No => found,
        Descend::ByLevel => {
            let mut seen = HashSet::new();
            found.retain(|resource| seen.insert(resource.uid.clone()));
            let mut level = found.clone();
            for _ in 0..MAX_LEVELS {
                let parents: Vec<&Resource> = level.iter().collect();
                let mut below = list_of_parents(work, recipe, list, region, &parents).await;
                // What was found before is not asked again, so that circles end.
                below.retain(|resource| seen.insert(resource.uid.clone()));
                if below.is_empty() {
                    return found;
                }
                found.extend(below.iter().cloned());
                level = below;
            }
            let unreadable = Unreadable {
                detail: Text::from(format!("there are more than {MAX_LEVELS} levels")),
                ..Unreadable::new(Reason::OutOfScope)
            };
            work.gaps.add(&recipe.resource_type, None, region, &unreadable);
            found
        }
    }
}

async fn list_of_parents(
    work: &Work,
    recipe: &Recipe,
    list: &ListCall,
    region: &Text,
    parents: &[&Resource],
) -> Vec<Resource> {
    let jobs: Jobs<'_, Vec<Resource>> = Box::new(
        parents
            .iter()
            .map(|parent| list_of_parent(work, recipe, list, region, parent.document()).boxed()),
    );
    work.gather(jobs).await.into_iter().flatten().collect()
}

async fn list_of_parent(
    work: &Work,
    recipe: &Recipe,
    list: &ListCall,
    region: &Text,
    parent: &Value,
) -> Vec<Resource> {
    let place = Place {
        account: &work.account,
        region,
        parent: Some(parent),
    };
    let mut found = Vec::new();
    for extra in variants(list) {
        let pages = call(work, &list.call, extra, region, place, &Value::Null).await;
        found.extend(taken(work, recipe, list, region, pages, place));
    }
    found
}

/// The parameter values that `for_values` adds, one call each; one call without any when there are none.
fn variants(list: &ListCall) -> Vec<Option<(Text, Text)>> {
    match &list.for_values {
        None => vec![None],
        Some((name, values)) => values
            .iter()
            .map(|value| Some((name.clone(), value.clone())))
            .collect(),
    }
}

async fn call(
    work: &Work,
    call: &Call,
    extra: Option<(Text, Text)>,
    region: &Text,
    place: Place<'_>,
    document: &Value,
) -> Option<Arc<Pages>> {
    let mut input = match input(call, place, document) {
        Input::Ready(input) => input,
        Input::Null => return None,
        Input::Unreadable(unreadable) => {
            let failure = Failure {
                code: Text::default(),
                message: Text::default(),
                unreadable: (*unreadable).clone(),
            };
            return Some(Arc::new(Pages {
                answers: Vec::new(),
                failure: Some(failure),
            }));
        }
    };
    if let Some((name, value)) = extra {
        input.insert(name, value);
    }
    Some(work.call(call, input, region).await)
}

fn taken(
    work: &Work,
    recipe: &Recipe,
    list: &ListCall,
    region: &Text,
    pages: Option<Arc<Pages>>,
    place: Place<'_>,
) -> Vec<Resource> {
    let Some(pages) = pages else { return Vec::new() };
    if let Some(failure) = &pages.failure
        && !is_absent(&list.call, failure)
    {
        work.gaps
            .add(&recipe.resource_type, None, region, &failure.unreadable);
    }
    let items = pages
        .answers
        .iter()
        .flat_map(|answer| assemble::items(answer, &list.items))
        .collect();
    assembled(work, recipe, region, items, &list.item_key, place)
}

fn assembled(
    work: &Work,
    recipe: &Recipe,
    region: &Text,
    items: Vec<Value>,
    item_key: &str,
    place: Place<'_>,
) -> Vec<Resource> {
    let mut resources = Vec::with_capacity(items.len());
    let note = |attribute: Option<&Text>, detail: String| {
        let unreadable = Unreadable {
            detail: Text::from(detail),
            ..Unreadable::new(Reason::Failed)
        };
        work.gaps
            .add(&recipe.resource_type, attribute, region, &unreadable);
    };
    for item in items {
        match assemble::resource(recipe, item, item_key, place) {
            Ok((resource, problems)) => {
                for problem in problems {
                    match problem {
                        Problem::Undecodable { attribute, cause } => note(Some(&attribute), cause),
                        Problem::NotAnItem | Problem::NoIdentity => {}
                    }
                }
                resources.push(resource);
            }
            Err(Problem::NoIdentity) => note(None, "an item of the answer has no identity".to_owned()),
            Err(Problem::NotAnItem) => note(
                None,
                "an item of the answer is neither a structure nor text".to_owned(),
            ),
            Err(Problem::Undecodable { attribute, cause }) => note(Some(&attribute), cause),
        }
    }
    resources
}

/// Drops resources outside the regions that were asked for and those that the recipe's `where` leaves out.
fn filter(work: &Work, recipe: &Recipe, mut resources: Vec<Resource>) -> Vec<Resource> {
    if !work.left_out.is_empty() {
        resources.retain(|resource| !work.left_out.contains(&resource.region));
    }
    if let Some(program) = &recipe.filter {
        // Unknown keeps the resource: a policy then says unknown rather than nothing.
        resources.retain(|resource| work.truth(program, resource.document()) != plumb_expr::Truth::False);
    }
    resources
}

/// The parameters of a call.
pub(crate) enum Input {
    /// All have values.
    Ready(Map),
    /// A template has no value, so there is nothing to ask.
    Null,
    /// A template hangs on something that was not read.
    Unreadable(Arc<Unreadable>),
}

/// Fills in the parameters of a call for one document.
pub(crate) fn input(call: &Call, place: Place<'_>, document: &Value) -> Input {
    let mut input = Map::new();
    for (name, parameter) in &call.with {
        let value = match parameter {
            Parameter::Template(value) => render(value, place, document),
            Parameter::Each(template) => Value::List(vec![place.render(template, document)]),
        };
        match value {
            Value::Null => return Input::Null,
            Value::Unreadable(unreadable) => return Input::Unreadable(unreadable),
            value => _ = input.insert(name.clone(), value),
        }
    }
    Input::Ready(input)
}

/// A parameter's value; null or unreadable as a whole when any template in it is.
pub(crate) fn render(value: &TemplateValue, place: Place<'_>, document: &Value) -> Value {
    match value {
        TemplateValue::Text(template) => {
            let unreadable = template
                .attributes()
                .filter_map(|name| document.get(name))
                .find(|value| matches!(value, Value::Unreadable(_)));
            unreadable
                .cloned()
                .unwrap_or_else(|| place.render(template, document))
        }
        TemplateValue::Literal(value) => value.clone(),
        TemplateValue::List(list) => {
            let mut rendered = Vec::with_capacity(list.len());
            for element in list {
                match render(element, place, document) {
                    value @ (Value::Null | Value::Unreadable(_)) => return value,
                    value => rendered.push(value),
                }
            }
            Value::List(rendered)
        }
        TemplateValue::Map(entries) => {
            let mut rendered = Map::new();
            for (name, element) in entries {
                match render(element, place, document) {
                    value @ (Value::Null | Value::Unreadable(_)) => return value,
                    value => _ = rendered.insert(name.clone(), value),
                }
            }
            Value::Map(rendered)
        }
    }
}

/// Whether an error of a call is an answer: nothing there.
pub(crate) fn is_absent(call: &Call, failure: &Failure) -> bool {
    call.absent_on
        .iter()
        .any(|pattern| pattern.matches(&failure.code, &failure.message))
}
