//! Tables of verdicts.

use crate::support::binary::Plumb;
use crate::support::moto::Moto;
use crate::support::report::Report;

/// A policy with the verdicts it must give: resource label or name, verdict.
pub(super) type Case = (&'static str, &'static [(&'static str, &'static str)]);

/// Creates resources, scans the services in both regions that have some, and compares verdicts.
pub(super) fn check(parts: &[&str], services: &[&str], cases: &[Case]) {
    check_in(&["us-east-1", "eu-west-1"], parts, services, cases);
}

/// The same for every region, as what says that something is nowhere needs it.
pub(super) fn check_everywhere(parts: &[&str], services: &[&str], cases: &[Case]) {
    check_in(&[], parts, services, cases);
}

fn check_in(regions: &[&str], parts: &[&str], services: &[&str], cases: &[Case]) {
    let Some(moto) = Moto::with(parts) else { return };
    let mut arguments = vec!["scan", "aws", "--format", "json"];
    arguments.extend(regions.iter().flat_map(|region| ["--region", region]));
    arguments.extend(services.iter().flat_map(|service| ["--service", service]));
    let report = Plumb::at(&moto.url(), &arguments).run().report();
    compare(&moto, &report, cases);
}

/// Compares verdicts; all differences are told at once.
fn compare(moto: &Moto, report: &Report, cases: &[Case]) {
    let mut differences = Vec::new();
    for (policy, verdicts) in cases {
        for (label, expected) in *verdicts {
            let finding = report.finding(policy, moto.identifier(label));
            if finding["verdict"] != *expected {
                differences.push(format!(
                    "{policy} on {label}: {} instead of {expected}: {}",
                    finding["verdict"], finding["evidence"]
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
