//! Tables of verdicts.

use crate::support::binary::Plumb;
use crate::support::moto::Moto;
use crate::support::report::Report;

/// A policy with the verdicts it must give: resource label or name, verdict.
pub(super) type Case = (&'static str, &'static [(&'static str, &'static str)]);

/// Creates resources, scans the services, and compares verdicts.
pub(super) fn check(parts: &[&str], services: &[&str], cases: &[Case]) {
    let Some(moto) = Moto::with(parts) else { return };
    let mut arguments = vec!["--region", "eu-west-1"];
    for service in services {
        arguments.extend(["--service", service]);
    }
    let report = Plumb::scan(&moto.url(), &arguments).run().report();
    compare(&moto, &report, cases);
}

/// Compares verdicts; all differences are told at once.
pub(super) fn compare(moto: &Moto, report: &Report, cases: &[Case]) {
    let mut differences = Vec::new();
    for (policy, verdicts) in cases {
        for (label, expected) in *verdicts {
            let finding = report.finding(policy, moto.identifier(label));
            if finding["verdict"] != *expected {
                differences.push(format!("{policy} on {label}: {} instead of {expected}: {}", finding["verdict"], finding["evidence"]));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
