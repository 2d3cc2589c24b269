//! What a workload runs that lies elsewhere, and what a resource holds that workloads run, read from their documents.

use plumb_model::path::Certainty;
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};
use plumb_pack::code_source::CodeFrom;
use plumb_pack::graph_role::{Access, GraphRole};
use plumb_pack::template::TemplateScope;

use super::fronts::elements;
use super::{Circumstance, ResolvedAccess};
use crate::sight::Sight;

/// The most places of one workload's code that are followed.
const MAX_RUNS: usize = 1_000;

/// Code of a workload that lies elsewhere.
#[derive(Debug)]
pub(crate) struct Run {
    /// Position in [`GraphRole::code`].
    pub(crate) entry: usize,
    /// Where it is named.
    pub(crate) place: Text,
    /// What it is called there.
    pub(crate) named: Text,
    /// How much of that is known.
    pub(crate) extent: Extent,
    /// On what it hangs that a change counts.
    pub(crate) hangs_on: Vec<Circumstance>,
}

/// How much of a name is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    /// With what it begins.
    Beginning,
}

/// What principals need to decide what the single things in a resource are.
#[derive(Debug)]
pub(crate) struct Held {
    /// What texts call the resource.
    pub(crate) called: Text,
    /// By what they decide; the ARN of a single thing is `item`.
    pub(crate) access: Vec<ResolvedAccess>,
}

/// The code of a workload that lies elsewhere, and what was not read or is too much.
pub(super) fn runs(
    role: &GraphRole,
    resource: &Resource,
    scope: &TemplateScope<'_>,
    sight: &Sight<'_>,
    problems: &mut Vec<Text>,
) -> Vec<Run> {
    let mut found = Vec::new();
    for (entry, code) in role.code.iter().enumerate() {
        for (at, element) in elements(&code.each, resource.document()) {
            if found.len() >= MAX_RUNS {
                problems.push(Text::from(format!(
                    "{}: only the first {MAX_RUNS} places of its code were followed",
                    resource.uid
                )));
                return found;
            }
            let mut hangs_on = Vec::new();
            match code.when.as_ref().map(|when| sight.truth_of(when, element)) {
                None | Some(Ok(true)) => {}
                Some(Ok(false)) => continue,
                Some(Err(why)) => hangs_on.push(Circumstance {
                    clause: Text::from(format!("whether it is {}: {why}", code.clause)),
                    certainty: Certainty::Possible,
                }),
            }
            hangs_on.extend(code.once.iter().map(|clause| Circumstance {
                clause: clause.clone(),
                certainty: Certainty::Conditional,
            }));
            let own = TemplateScope {
                document: element,
                ..*scope
            };
            match code.name.render(&own) {
                Value::String(named) => found.push(Run {
                    entry,
                    place: place(code, &at),
                    named,
                    extent: Extent::Whole,
                    hangs_on,
                }),
                // Of several pieces the beginning of one is not that of all.
                Value::Unreadable(unreadable)
                    if !unreadable.begins.0.is_empty() && code.place().is_some() =>
                {
                    let named = unreadable.begins.0.clone();
                    hangs_on.push(Circumstance {
                        clause: Text::from(format!(
                            "what follows `{named}`, which was not read: {unreadable}"
                        )),
                        certainty: Certainty::Possible,
                    });
                    found.push(Run {
                        entry,
                        place: place(code, &at),
                        named,
                        extent: Extent::Beginning,
                        hangs_on,
                    });
                }
                Value::Unreadable(unreadable) => problems.push(Text::from(format!(
                    "{}: {}, which was not read: {unreadable}",
                    resource.uid, code.clause
                ))),
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Map(_) => {}
            }
        }
    }
    found
}

/// What a resource holds that workloads run; `None` for what holds nothing of the kind, or whose name was not read.
pub(super) fn held(
    role: &GraphRole,
    resource: &Resource,
    resolve: impl Fn(usize, &Access) -> Option<ResolvedAccess>,
) -> Option<Held> {
    let holds = role.holds.as_ref()?;
    let called = holds.by.get(resource.document());
    let access = holds.access.iter().enumerate();
    Some(Held {
        called: Text::from(called.as_str()?),
        access: access
            .filter_map(|(position, access)| resolve(position, access))
            .collect(),
    })
}

fn place(code: &CodeFrom, at: &str) -> Text {
    Text::from(match (at.is_empty(), code.place()) {
        (true, Some(path)) => path.to_string(),
        (false, Some(path)) => format!("{at}.{path}"),
        (_, None) => at.to_owned(),
    })
}
