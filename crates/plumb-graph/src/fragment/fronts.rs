//! What a front hands on, read from its document: names of targets, and on what each of them hangs.

use std::borrow::Cow;

use plumb_model::path::Certainty;
use plumb_model::resource::{Resource, UNKNOWN_REGION};
use plumb_model::value::{Text, Value};
use plumb_pack::graph_role::GraphRole;
use plumb_pack::hands_on::{Caller, Each, HandsOn};
use plumb_pack::recipe::Path;
use plumb_pack::template::TemplateScope;

use super::Circumstance;
use crate::knowledge::UID;
use crate::sight::Sight;

/// The most targets of one resource that are followed.
const MAX_HANDS: usize = 1_000;

/// One target of a front.
#[derive(Debug)]
pub(crate) struct Hand {
    /// Position in [`GraphRole::hands_on`].
    pub(crate) entry: usize,
    /// Where the target is named.
    pub(crate) place: Text,
    /// What it is called there.
    pub(crate) named: Text,
    /// The role with which the front asks.
    pub(crate) role: Option<Text>,
    /// For whom the front asks, or as whom, where the entry says so.
    pub(crate) caller: Option<Text>,
    /// On what it hangs.
    pub(crate) hangs_on: Vec<Circumstance>,
}

/// The targets of a resource, and what was not read or is too much.
pub(super) fn hands(
    role: &GraphRole,
    resource: &Resource,
    partition: &str,
    account: &str,
    sight: &Sight<'_>,
    problems: &mut Vec<Text>,
) -> Vec<Hand> {
    let mut found = Vec::new();
    for (entry, on) in role.hands_on.iter().enumerate() {
        for (at, element) in elements(&on.each, resource.document()) {
            if found.len() >= MAX_HANDS {
                problems.push(Text::from(format!(
                    "{}: only the first {MAX_HANDS} targets of its requests were followed",
                    resource.uid
                )));
                return found;
            }
            let scope = TemplateScope {
                document: element,
                parent: &Value::Null,
                partition,
                account,
                region: &resource.region,
            };
            let own = TemplateScope {
                document: resource.document(),
                ..scope
            };
            let place = place(on, &at);
            let Some(mut hangs_on) = hangs_on(on, element) else {
                continue;
            };
            match on.when.as_ref().map(|when| sight.truth_of(when, element)) {
                None | Some(Ok(true)) => {}
                Some(Ok(false)) => continue,
                Some(Err(why)) => hangs_on.push(Circumstance {
                    clause: Text::from(format!("whether it hands on so: {why}")),
                    certainty: Certainty::Possible,
                }),
            }
            let name = match on.name.render(&scope) {
                Value::String(text) => text,
                Value::Unreadable(unreadable) => {
                    problems.push(Text::from(format!(
                        "{}: to what it hands requests on was not read: {unreadable}",
                        resource.uid
                    )));
                    continue;
                }
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Map(_) => continue,
            };
            let Some(named) = on.named(&name) else { continue };
            let caller = match &on.caller {
                Caller::Anybody => None,
                Caller::Service { source, .. } => {
                    // Code need not tell the region; then the front may ask from any.
                    let region = match own.region {
                        UNKNOWN_REGION => "*",
                        region => region,
                    };
                    let own = TemplateScope { region, ..own };
                    source.render(&own).as_str().map(Text::from)
                }
                Caller::Identity(arn) => arn.render(&scope).as_str().map(Text::from),
            };
            let role = on.role.as_ref().and_then(|path| {
                let found = path.all(element).into_iter().find_map(Value::as_str)?;
                (!found.is_empty()).then(|| Text::from(found))
            });
            found.push(Hand {
                role,
                entry,
                place,
                named: Text::from(named),
                caller,
                hangs_on,
            });
        }
    }
    found
}

/// What is looked at, each with where it stands.
pub(super) fn elements<'d>(each: &Each, document: &'d Value) -> Vec<(String, &'d Value)> {
    match each {
        Each::Document => vec![(String::new(), document)],
        Each::Element(path) => {
            let items = path.all(document).into_iter().enumerate();
            items.map(|(at, item)| (format!("{path}[{at}]"), item)).collect()
        }
        Each::Value(path) => match path.get(document) {
            Cow::Borrowed(Value::Map(map)) => map
                .iter()
                .map(|(key, value)| (format!("{path}.{key}"), value))
                .collect(),
            Cow::Borrowed(value @ Value::Unreadable(_)) => vec![(path.to_string(), value)],
            Cow::Borrowed(_) | Cow::Owned(_) => Vec::new(),
        },
    }
}

fn place(on: &HandsOn, at: &str) -> Text {
    Text::from(match (at.is_empty(), on.place()) {
        // That it is what it is rests on no attribute.
        (true, Some(path)) if path.to_string() == UID => String::new(),
        (true, Some(path)) => path.to_string(),
        (false, Some(path)) => format!("{at}.{path}"),
        (_, None) => at.to_owned(),
    })
}

/// On what it hangs that an element hands on; `None` where it does not.
fn hangs_on(on: &HandsOn, element: &Value) -> Option<Vec<Circumstance>> {
    let mut found = Vec::new();
    let mut unread = |path: &Path, value: &Value| {
        found.push(Circumstance {
            clause: Text::from(format!("what `{path}` says, which was not read: {value}")),
            certainty: Certainty::Possible,
        });
    };
    for path in &on.with {
        match is_set(path, element) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(value) => unread(path, value),
        }
    }
    for path in &on.without {
        match is_set(path, element) {
            Ok(false) => {}
            Ok(true) => return None,
            Err(value) => unread(path, value),
        }
    }
    let mut is_free = true;
    for (path, values) in &on.free {
        match path.all(element).first() {
            Some(value @ Value::Unreadable(_)) => unread(path, value),
            Some(Value::String(text)) => is_free &= values.contains(text),
            Some(Value::Bool(flag)) => is_free &= values.iter().any(|value| *value == flag.to_string()),
            Some(Value::Null | Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Map(_)) | None => {
                is_free = false;
            }
        }
    }
    let guard = on.guard.iter().filter(|_| !is_free);
    found.extend(guard.chain(&on.provided).map(|clause| Circumstance {
        clause: clause.clone(),
        certainty: Certainty::Conditional,
    }));
    Some(found)
}

/// Whether a path leads to something other than an empty text; an error is what was not read.
fn is_set<'v>(path: &Path, element: &'v Value) -> Result<bool, &'v Value> {
    match path.all(element).first() {
        Some(value @ Value::Unreadable(_)) => Err(value),
        Some(Value::String(text)) => Ok(!text.is_empty()),
        Some(Value::Null) | None => Ok(false),
        Some(Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::List(_) | Value::Map(_)) => Ok(true),
    }
}
