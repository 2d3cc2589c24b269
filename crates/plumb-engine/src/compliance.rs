//! Frameworks: how the estate stands against each control.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::finding::Finding;
use plumb_model::framework::{ControlReport, ControlStatus, FrameworkReport, StatusCounts};
use plumb_model::report::{AccountReport, PolicySummary};
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use plumb_pack::framework::{Control, Framework};

/// Judges one framework over all accounts of its provider.
pub(crate) fn judge(
    framework: &Framework,
    policies: &[PolicySummary],
    accounts: &[AccountReport],
) -> FrameworkReport {
    let positions: BTreeMap<&str, u32> = policies
        .iter()
        .zip(0..)
        .map(|(policy, position)| (policy.name.as_str(), position))
        .collect();
    let accounts: Vec<&AccountReport> = accounts
        .iter()
        .filter(|account| {
            framework
                .provider
                .is_none_or(|provider| account.account.provider == provider)
        })
        .collect();
    let mut report = FrameworkReport {
        id: framework.id.clone(),
        title: framework.title.clone(),
        controls: Vec::with_capacity(framework.controls.len()),
        passing: 0,
        failing: 0,
        unknown: 0,
        manual: 0,
    };
    for control in &framework.controls {
        let control = judge_control(control, &positions, &accounts);
        report.passing += control.accounts.pass;
        report.failing += control.accounts.fail;
        report.unknown += control.accounts.unknown;
        report.manual += u32::from(control.status == ControlStatus::Manual);
        report.controls.push(control);
    }
    report
}

/// The findings of one policy; findings are sorted by policy.
fn of_policy(findings: &[Finding], policy: u32) -> &[Finding] {
    let first = findings.partition_point(|finding| finding.policy < policy);
    let behind = findings.partition_point(|finding| finding.policy <= policy);
    findings.get(first..behind).unwrap_or_default()
}

fn judge_control(
    control: &Control,
    positions: &BTreeMap<&str, u32>,
    accounts: &[&AccountReport],
) -> ControlReport {
    let selected: BTreeSet<u32> = control
        .policies
        .iter()
        .filter_map(|name| positions.get(name.as_str()).copied())
        .collect();
    let mut counts = StatusCounts::default();
    let mut failing_resources = 0;
    for account in accounts {
        let verdicts = selected
            .iter()
            .flat_map(|policy| of_policy(&account.findings, *policy));
        let (mut failing, mut unknown, mut passing) = (BTreeSet::new(), false, false);
        for finding in verdicts {
            match finding.verdict {
                Verdict::Fail => _ = failing.insert(finding.resource),
                Verdict::Unknown => unknown = true,
                Verdict::Pass => passing = true,
                Verdict::NotApplicable => {}
            }
        }
        failing_resources += failing.len() as u64;
        let count = match (!failing.is_empty(), unknown, passing) {
            (true, _, _) => &mut counts.fail,
            (false, true, _) => &mut counts.unknown,
            (false, false, true) => &mut counts.pass,
            (false, false, false) => &mut counts.not_applicable,
        };
        *count += 1;
    }
    let status = if control.policies.is_empty() {
        ControlStatus::Manual
    } else if selected.is_empty() {
        ControlStatus::NotSelected
    } else if counts.fail > 0 {
        ControlStatus::Fail
    } else if counts.unknown > 0 {
        ControlStatus::Unknown
    } else if counts.pass > 0 {
        ControlStatus::Pass
    } else {
        ControlStatus::NotApplicable
    };
    if selected.is_empty() {
        counts = StatusCounts::default();
    }
    let mut policies: Vec<Text> = control.policies.clone();
    policies.sort();
    ControlReport {
        id: control.id.clone(),
        title: control.title.clone(),
        section: control.section.clone(),
        level: control.level.clone(),
        assessment: control.assessment,
        policies,
        status,
        accounts: counts,
        failing_resources,
    }
}
