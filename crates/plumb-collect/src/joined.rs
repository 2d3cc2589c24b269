//! Joined facts: answers that hold items for many resources.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::future::FutureExt;
use plumb_expr::Truth;
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Reason, Text, Value};
use plumb_pack::recipe::{Fact, FactKind, Parameter, Path, Transform};
use plumb_pack::transform::apply_transforms;

use crate::assemble::Place;
use crate::caller::Pages;
use crate::facts::{prepared, region_of, transformed, undecodable};
use crate::listing::{Input, input, is_absent, render};
use crate::work::{Jobs, Work};

/// Reads a fact whose answers hold items for many resources; one value per resource, in their order.
pub(crate) async fn read(work: &Work, fact: &Fact, resources: &[Resource]) -> Vec<Value> {
    let FactKind::Join {
        items,
        decode,
        on,
        take,
        many,
        batch,
    } = &fact.kind
    else {
        return Vec::new();
    };
    let mut values = vec![Value::Null; resources.len()];
    // INVARIANT: the resources of a group have the same region and, but for `each`, the same parameters.
    let mut wanted: BTreeMap<(Text, String), Vec<usize>> = BTreeMap::new();
    for (position, resource) in resources.iter().enumerate() {
        match fact
            .condition
            .as_ref()
            .map(|condition| (condition, work.truth(condition, resource.document())))
        {
            None | Some((_, Truth::True)) => wanted
                .entry((
                    region_of(work, fact, resource),
                    shared_parameters(work, fact, resource),
                ))
                .or_default()
                .push(position),
            Some((_, Truth::False)) => {}
            Some((condition, Truth::Unknown)) => {
                if let Some(value) = values.get_mut(position) {
                    *value = Value::unreadable(work.why(condition, resource.document()));
                }
            }
        }
    }
    let groups: Vec<(Text, Vec<usize>)> = wanted
        .into_iter()
        .flat_map(|((region, _), positions)| {
            let size = batch.unwrap_or(positions.len()).max(1);
            positions
                .chunks(size)
                .map(|chunk| (region.clone(), chunk.to_vec()))
                .collect::<Vec<_>>()
        })
        .collect();
    let jobs: Jobs<'_, Vec<Group<'_>>> = Box::new(groups.into_iter().map(|(region, positions)| {
        let members: Vec<(usize, &Resource)> = positions
            .into_iter()
            .filter_map(|position| Some((position, resources.get(position)?)))
            .collect();
        ask_group(work, fact, region, members).boxed()
    }));
    for (members, pages) in work.gather(jobs).await.into_iter().flatten() {
        let found = match decoded_items(&pages, items, decode) {
            Ok(found) => found,
            Err(cause) => {
                for (position, _) in members {
                    if let Some(value) = values.get_mut(position) {
                        *value = undecodable(fact, &cause);
                    }
                }
                continue;
            }
        };
        let mut by_key: HashMap<String, Vec<&Value>> = HashMap::new();
        for item in &found {
            for key in keys(item, on.iter().map(|(path, _)| path)) {
                by_key.entry(key).or_default().push(item);
            }
        }
        for (position, resource) in members {
            let matches: Vec<&Value> = keys(resource.document(), on.iter().map(|(_, path)| path))
                .iter()
                .filter_map(|key| by_key.get(key))
                .flatten()
                .copied()
                .collect();
            let missing = pages
                .failure
                .as_ref()
                .filter(|failure| !is_absent(&fact.call, failure));
            let value = if *many {
                let mut list: Vec<Value> = matches.iter().map(|item| take.get(item).into_owned()).collect();
                list.extend(missing.map(|failure| Value::unreadable(failure.unreadable.clone())));
                Value::List(list)
            } else {
                match (matches.first(), missing) {
                    (Some(item), _) => take.get(item).into_owned(),
                    (None, Some(failure)) => Value::unreadable(failure.unreadable.clone()),
                    (None, None) => Value::Null,
                }
            };
            if let Some(place) = values.get_mut(position) {
                *place = transformed(fact, value);
            }
        }
    }
    values
}

type Group<'r> = (Vec<(usize, &'r Resource)>, Arc<Pages>);

/// Makes the call for a group of resources.
///
/// When the cloud rejects a batch because of one of its members, halves are asked for separately, so that one vanished
/// resource does not hide its neighbours.
async fn ask_group<'r>(
    work: &Work,
    fact: &Fact,
    region: Text,
    members: Vec<(usize, &'r Resource)>,
) -> Vec<Group<'r>> {
    let may_split = matches!(fact.kind, FactKind::Join { batch: Some(_), .. });
    let mut done = Vec::new();
    let mut waiting = vec![members];
    while let Some(members) = waiting.pop() {
        let parameters = group_input(work, fact, &members);
        let document = members
            .first()
            .map_or(&Value::Null, |(_, resource)| resource.document());
        let pages = prepared(work, fact, &parameters, &region, document).await;
        let rejected = pages.failure.as_ref().is_some_and(|failure| {
            failure.unreadable.reason == Reason::Failed
                && !failure.code.is_empty()
                && !is_absent(&fact.call, failure)
        });
        if may_split && rejected && members.len() > 1 {
            let (left, right) = members.split_at(members.len() / 2);
            waiting.push(left.to_vec());
            waiting.push(right.to_vec());
        } else {
            done.push((members, pages));
        }
    }
    done
}

fn group_input(work: &Work, fact: &Fact, members: &[(usize, &Resource)]) -> Map {
    let mut parameters = Map::new();
    let first = members.first().map(|(_, resource)| *resource);
    for (name, parameter) in &fact.call.with {
        let value = match (parameter, first) {
            (Parameter::Each(template), _) => Value::List(
                members
                    .iter()
                    .map(|(_, resource)| {
                        let place = Place {
                            account: &work.account,
                            region: &resource.region,
                            parent: None,
                        };
                        place.render(template, resource.document())
                    })
                    .filter(|value| !matches!(value, Value::Null | Value::Unreadable(_)))
                    .collect(),
            ),
            (Parameter::Template(_), Some(resource)) => {
                let place = Place {
                    account: &work.account,
                    region: &resource.region,
                    parent: None,
                };
                match input(&fact.call, place, resource.document()) {
                    Input::Ready(mut ready) => ready.remove(name).unwrap_or_default(),
                    Input::Null | Input::Unreadable(_) => continue,
                }
            }
            (Parameter::Template(_), None) => continue,
        };
        parameters.insert(name.clone(), value);
    }
    parameters
}

/// The parameters of a call that are not `each`, as text that is the same where they are.
fn shared_parameters(work: &Work, fact: &Fact, resource: &Resource) -> String {
    let place = Place {
        account: &work.account,
        region: &resource.region,
        parent: None,
    };
    let shared = fact
        .call
        .with
        .iter()
        .filter_map(|(name, parameter)| match parameter {
            Parameter::Template(value) => Some((name, render(value, place, resource.document()))),
            Parameter::Each(_) => None,
        });
    format!("{:?}", shared.collect::<Vec<_>>())
}

/// The keys under which a value is matched: all combinations of what its paths find.
fn keys<'p>(value: &Value, paths: impl Iterator<Item = &'p Path>) -> Vec<String> {
    let mut keys = vec![String::new()];
    for path in paths {
        let parts: Vec<String> = path
            .all(value)
            .into_iter()
            .filter_map(|part| match part {
                Value::String(text) => Some(text.to_string()),
                Value::Int(int) => Some(int.to_string()),
                Value::Null
                | Value::Bool(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Map(_)
                | Value::Unreadable(_) => None,
            })
            .collect();
        keys = keys
            .iter()
            .flat_map(|key| parts.iter().map(move |part| format!("{key}\u{0}{part}")))
            .collect();
    }
    keys
}

/// The items of all pages; where they stand in a text, the text is decoded first.
fn decoded_items(pages: &Pages, items: &Path, decode: &[Transform]) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for answer in &pages.answers {
        let decoded = match items.get(answer).into_owned() {
            Value::Null => Value::Null,
            value => apply_transforms(value, decode)?,
        };
        match decoded {
            Value::List(list) => found.extend(list),
            Value::Null => {}
            one => found.push(one),
        }
    }
    Ok(found)
}
