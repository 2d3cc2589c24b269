//! Policies that forbid attack paths: judged when the graph of the whole estate is there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plumb_expr::Truth;
use plumb_graph::arrival::{self, Arrivals, Surety};
use plumb_graph::graph::NodeId;
use plumb_graph::knowledge::Knowledge;
use plumb_graph::security::SecurityGraph;
use plumb_model::account::Account;
use plumb_model::coverage::Coverage;
use plumb_model::finding::{Evidence, Finding, Observed};
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::path::{Certainty, PathReport};
use plumb_model::report::{AccountReport, ResourceSummary};
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::value::{Reason, Text, Unreadable, Value};
use plumb_model::verdict::Verdict;
use plumb_pack::recipe::Origin;
use plumb_pack::requirement::{Led, PathEntry, PathRequirement, TAGS_UNREAD};

use crate::index::{left_out, unlisted};
use crate::judge::SharedEvidence;
use crate::{Judge, judge};

/// How many places that were not read one verdict tells.
const MAX_HIDDEN: usize = 8;

/// How many reasons are told why a path is less sure than was asked for.
const MAX_DOUBTS: usize = 4;

/// What one account leaves to the graph.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// Its findings that attack paths decide on.
    findings: Vec<Pending>,
    /// What of it was not read and can hide attack paths, whichever account they lead to.
    hidden: Vec<Unreadable>,
}

/// A finding that attack paths decide on.
#[derive(Clone, Copy, Debug)]
struct Pending {
    /// Its position in the account.
    position: usize,
    tags: Tags,
}

/// Whether the tags of a resource could be read, which tell how sensitive it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tags {
    Read,
    Unread,
}

impl Waiting {
    /// What is left to the graph of an account; `applies` tells whether a resource is in the scope of a policy.
    pub(crate) fn of(
        judges: &[Judge],
        findings: &[Finding],
        resources: &[Cow<'_, Resource>],
        applies: impl Fn(&Resource, &Judge) -> Truth,
    ) -> Self {
        let pending = |(position, finding): (usize, &Finding)| {
            let judge = judge_of(judges, finding)?;
            judge.policy.path()?;
            // What lies behind the resources are stand-ins, which the graph does not hold.
            let resource = resources.get(usize::try_from(finding.resource).ok()?)?;
            (applies(resource, judge) == Truth::True).then(|| Pending {
                position,
                tags: tags_of(resource),
            })
        };
        Self {
            findings: findings.iter().enumerate().filter_map(pending).collect(),
            hidden: Vec::new(),
        }
    }

    /// Follows the findings that are kept of an account, by their positions, to where they are then.
    pub(crate) fn keep(&mut self, kept: &[bool]) {
        let mut next = 0;
        let positions: Vec<Option<usize>> = kept
            .iter()
            .map(|keeps| {
                let position = keeps.then_some(next);
                next += usize::from(*keeps);
                position
            })
            .collect();
        self.findings.retain_mut(|pending| {
            let position = positions.get(pending.position).copied().flatten();
            pending.position = position.unwrap_or(pending.position);
            position.is_some()
        });
    }

    /// Notes what can hide attack paths: types that attackers move along and that were not listed completely.
    pub(crate) fn note_hidden(
        &mut self,
        judges: &[Judge],
        knowledge: &Knowledge,
        account: &Account,
        coverage: &Coverage,
    ) {
        if judges.iter().all(|judge| judge.policy.path().is_none()) {
            return;
        }
        for resource_type in knowledge.types() {
            let recipe = &resource_type.recipe;
            let is_declared = matches!(recipe.origin, Origin::Declared);
            let on_paths = recipe.graph.as_ref().is_some_and(|role| match role.kind {
                NodeKind::Identity | NodeKind::Workload | NodeKind::Front => true,
                NodeKind::Data | NodeKind::Secret | NodeKind::Key | NodeKind::Network | NodeKind::Other => {
                    false
                }
            });
            if is_declared || !on_paths || resource_type.provider != account.provider {
                continue;
            }
            let name = &resource_type.name;
            // Where a service does not exist, it has no resources.
            let places = unlisted(coverage, name).filter(|(_, cause)| cause.reason != Reason::Unsupported);
            self.hidden.extend(places.map(|(region, cause)| {
                let place = if region == GLOBAL_REGION {
                    account.id.to_string()
                } else {
                    format!("{region} in {}", account.id)
                };
                let detail = match cause.detail.as_str() {
                    "" => format!("{name} of {place}"),
                    detail => format!("{name} of {place}: {detail}"),
                };
                Unreadable {
                    detail: Text::from(detail),
                    ..cause
                }
            }));
            if let Some(cause) = left_out(coverage, resource_type) {
                self.hidden.push(cause);
            }
        }
        self.hidden.sort();
        self.hidden.dedup();
    }
}

/// Judges what was left to the graph.
pub(crate) fn decide(
    judges: &[Judge],
    security: &SecurityGraph,
    report: &PathReport,
    accounts: &mut [AccountReport],
    waiting: &[Waiting],
) {
    let mut all: BTreeMap<(PathEntry, Certainty), Arrivals<'_>> = BTreeMap::new();
    let mut hidden: Vec<&Unreadable> = waiting.iter().flat_map(|waiting| &waiting.hidden).collect();
    hidden.sort();
    hidden.dedup();
    for (account, waiting) in accounts.iter_mut().zip(waiting) {
        if waiting.findings.is_empty() {
            continue;
        }
        // What was not read of the account itself comes first.
        let own = waiting.hidden.iter().take(MAX_HIDDEN);
        let mut of_account: Vec<Unreadable> = own.cloned().collect();
        for one in hidden.iter().take(MAX_HIDDEN) {
            if of_account.len() < MAX_HIDDEN && !of_account.contains(one) {
                of_account.push((*one).clone());
            }
        }
        let mut shared = SharedEvidence::default();
        for pending in &waiting.findings {
            let Some(finding) = account.findings.get_mut(pending.position) else {
                continue;
            };
            let requirement = judge_of(judges, finding).and_then(|judge| judge.policy.path());
            let resource = usize::try_from(finding.resource)
                .ok()
                .and_then(|at| account.resources.get(at));
            let (Some(requirement), Some(resource)) = (requirement, resource) else {
                continue;
            };
            let arrivals = all
                .entry((requirement.from, requirement.certainty))
                .or_insert_with(|| Arrivals::new(security, requirement.from, requirement.certainty));
            let case = Case {
                security,
                report,
                requirement,
                resource,
                tags: pending.tags,
                hidden: &of_account,
            };
            let (verdict, evidence) = case.judge(arrivals);
            finding.verdict = verdict;
            finding.evidence = evidence.map(|evidence| shared.share(evidence));
        }
        account.summary = judge::summary(judges, &account.findings, account.summary.resources);
    }
}

/// One resource under one policy.
struct Case<'c> {
    security: &'c SecurityGraph,
    report: &'c PathReport,
    requirement: &'c PathRequirement,
    resource: &'c ResourceSummary,
    tags: Tags,
    hidden: &'c [Unreadable],
}

impl Case<'_> {
    fn judge(&self, arrivals: &Arrivals<'_>) -> (Verdict, Option<Evidence>) {
        let requirement = self.requirement;
        let found = self.security.by_uid(&self.resource.uid).and_then(|node| {
            let info = self.security.node(node)?;
            (info.resource_type == self.resource.resource_type).then_some((node, info))
        });
        let Some((node, info)) = found else {
            return requirement.unknown("the security graph does not hold the resource", Vec::new());
        };
        let sensitivity = info.sensitivity.unwrap_or_default();
        // What is meant for everybody is nothing that attackers are after.
        let least = requirement.sensitivity.unwrap_or(Sensitivity::Internal);
        if info.kind != NodeKind::Identity && sensitivity < least {
            return match self.tags {
                Tags::Read => (Verdict::NotApplicable, None),
                Tags::Unread => requirement.unknown(TAGS_UNREAD, Vec::new()),
            };
        }
        let Some(arrival) = arrivals.at(node) else {
            return (Verdict::NotApplicable, None);
        };
        let (verdict, mut evidence) = requirement.judge(&Led {
            sure: arrival.sure,
            any: arrival.any,
            hidden: self.hidden,
        });
        let counts = |risk: Option<u8>| risk.is_some_and(|risk| risk >= requirement.min_risk);
        match (verdict, &mut evidence) {
            (Verdict::Fail, Some(evidence)) => self.tell(arrivals, node, Surety::Enough, evidence),
            (Verdict::Unknown, Some(evidence)) if counts(arrival.any) => {
                self.tell(arrivals, node, Surety::Any, evidence);
            }
            (Verdict::Pass | Verdict::Fail | Verdict::Unknown | Verdict::NotApplicable, _) => {}
        }
        (verdict, evidence)
    }

    /// Names the path.
    fn tell(&self, arrivals: &Arrivals<'_>, node: NodeId, surety: Surety, evidence: &mut Evidence) {
        let requirement = self.requirement;
        let mut observe = |name: &'static str, value: Value| {
            evidence.observed.push(Observed {
                expression: Text::new_static(name),
                value,
            });
        };
        let certainty = match surety {
            Surety::Enough => requirement.certainty,
            Surety::Any => Certainty::Possible,
        };
        let listed = arrival::listed(
            self.report,
            &self.resource.uid,
            requirement.from,
            certainty,
            requirement.min_risk,
        );
        if let Some(id) = listed {
            observe("path.id", Value::String(id.clone()));
        }
        let Some(told) = arrivals.told(node, surety) else {
            return;
        };
        observe("path.risk", Value::Int(told.risk.into()));
        observe("path.certainty", Value::string(told.certainty.name()));
        let steps: Vec<Value> = told.steps.iter().cloned().map(Value::String).collect();
        observe("path.steps", Value::List(steps));
        let more = match told.more {
            0 => String::new(),
            more => format!(" -> and {more} more"),
        };
        let id = listed.map(|id| format!(" (path {id})")).unwrap_or_default();
        let mut message = format!("{}{id}: {}{more}", evidence.message, told.steps.join(" -> "));
        if surety == Surety::Any && !told.doubts.is_empty() {
            let doubts: Vec<&str> = told.doubts.iter().take(MAX_DOUBTS).map(Text::as_str).collect();
            message.push_str("; unsure because of: ");
            message.push_str(&doubts.join("; "));
            evidence.unreadable = doubts
                .into_iter()
                .map(|doubt| Unreadable {
                    detail: Text::from(doubt),
                    ..Unreadable::new(Reason::OutOfScope)
                })
                .collect();
        }
        evidence.message = Text::from(message);
    }
}

fn judge_of<'j>(judges: &'j [Judge], finding: &Finding) -> Option<&'j Judge> {
    judges.get(usize::try_from(finding.policy).ok()?)
}

fn tags_of(resource: &Resource) -> Tags {
    let is_unread = |value: &Value| matches!(value, Value::Unreadable(_));
    let unread = resource.get("tags").is_some_and(|tags| {
        is_unread(tags)
            || tags
                .as_map()
                .is_some_and(|tags| tags.iter().any(|(_, value)| is_unread(value)))
    });
    if unread { Tags::Unread } else { Tags::Read }
}
