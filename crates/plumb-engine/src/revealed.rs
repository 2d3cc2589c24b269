//! Verdicts that hang on values which nobody is to see: taken from a second reading of the account, without what it saw.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use plumb_model::finding::{Evidence, Finding, Observed};
use plumb_model::report::ResourceSummary;
use plumb_model::value::{Text, Value};
use plumb_model::verdict::Verdict;

use crate::judge::summary;
use crate::{Analyzer, Judged};

/// What stands in evidence for a value that is not shown.
const SENSITIVE: &str = "(sensitive)";

impl Analyzer {
    /// Takes over what another reading of the same account decides where this one does not, and its failures.
    ///
    /// `revealed` has the values that `judged` lacks, so nothing of it is kept but verdicts and the expressions of the policies.
    /// `same` gives, by type and uid, the uid under which that reading has a resource.
    pub fn decide(
        &self,
        judged: &mut Judged,
        revealed: &Judged,
        same: &dyn Fn(&Text, &Text) -> Option<Text>,
    ) {
        let there: HashMap<(&Text, &Text), u32> = (0u32..)
            .zip(&revealed.report.resources)
            .map(|(position, resource)| ((&resource.resource_type, &resource.uid), position))
            .collect();
        let decided: HashMap<(u32, u32), &Finding> = revealed
            .report
            .findings
            .iter()
            .map(|finding| ((finding.policy, finding.resource), finding))
            .collect();
        let mut shared: BTreeMap<Text, Arc<Evidence>> = BTreeMap::new();
        let report = &mut judged.report;
        for finding in &mut report.findings {
            if finding.verdict == Verdict::Fail {
                continue;
            }
            let resource = usize::try_from(finding.resource).unwrap_or(usize::MAX);
            let Some(resource) = report.resources.get(resource) else {
                continue;
            };
            let uid = same(&resource.resource_type, &resource.uid);
            let other = uid
                .and_then(|uid| there.get(&(&resource.resource_type, &uid)).copied())
                .and_then(|position| decided.get(&(finding.policy, position)));
            let Some(other) = other else { continue };
            match (finding.verdict, other.verdict) {
                (_, Verdict::Fail) => {
                    finding.verdict = Verdict::Fail;
                    let evidence = other.evidence.as_deref().map(without_values);
                    finding.evidence = evidence.map(|evidence| {
                        let known = shared.entry(evidence.expression.clone());
                        Arc::clone(known.or_insert_with(|| Arc::new(evidence)))
                    });
                }
                (Verdict::Unknown, Verdict::Pass | Verdict::NotApplicable)
                | (Verdict::Pass, Verdict::NotApplicable) => {
                    finding.verdict = other.verdict;
                    finding.evidence = None;
                }
                (
                    Verdict::Pass | Verdict::Fail | Verdict::NotApplicable | Verdict::Unknown,
                    Verdict::Pass | Verdict::NotApplicable | Verdict::Unknown,
                ) => {}
            }
        }
        report.summary = summary(&self.judges, &report.findings, report.summary.resources);
    }

    /// Keeps some of an account's findings, and counts those and their resources alone.
    pub fn keep(&self, judged: &mut Judged, is_kept: &dyn Fn(&Finding, &ResourceSummary) -> bool) {
        let report = &mut judged.report;
        let resources = &report.resources;
        let mut kept: Vec<bool> = Vec::with_capacity(report.findings.len());
        report.findings.retain(|finding| {
            let resource = usize::try_from(finding.resource).unwrap_or(usize::MAX);
            let resource = resources.get(resource);
            let keeps = resource.is_some_and(|resource| is_kept(finding, resource));
            kept.push(keeps);
            keeps
        });
        judged.waiting.keep(&kept);
        let kept: BTreeSet<u32> = report.findings.iter().map(|finding| finding.resource).collect();
        let resources = u64::try_from(kept.len()).unwrap_or(u64::MAX);
        report.summary = summary(&self.judges, &report.findings, resources);
    }
}

/// What of evidence is the policy's own.
fn without_values(evidence: &Evidence) -> Evidence {
    let observed = evidence.observed.iter().map(|observed| Observed {
        expression: observed.expression.clone(),
        value: Value::string(SENSITIVE),
    });
    Evidence {
        message: Text::new_static("a value that is marked as sensitive decides"),
        expression: evidence.expression.clone(),
        observed: observed.collect(),
        also: evidence.also.clone(),
        unreadable: Vec::new(),
    }
}
