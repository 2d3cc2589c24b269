//! What a change makes of code: what failed before it, and which links changed with it.

use std::collections::BTreeSet;
use std::sync::Arc;

use plumb_engine::{Analyzer, Config};
use plumb_iac::suppress::Idle;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::Report;
use plumb_model::verdict::Verdict;
use plumb_pack::pack::Pack;
use plumb_pack::policy::Policy;
use plumb_report::identity::fingerprint;

use crate::arguments::ScanCodeArguments;
use crate::code_policies::CodePolicies;
use crate::code_tree::CodeTree;
use crate::exit::{Failed, Status};
use crate::git::Changed;
use crate::scan_code::{self, Reading};

/// The fingerprints of what failed before a change; where there was no code, nothing did.
///
/// # Errors
/// When that code could not be judged.
pub(crate) fn failing(
    pack: &Pack,
    chosen: &[Arc<Policy>],
    (arguments, config): (&ScanCodeArguments, &Config),
    before: &Reading<'_>,
) -> Result<BTreeSet<String>, Failed> {
    let judged = || -> Result<Report, Failed> {
        let read = scan_code::evaluate(pack, &arguments.code, before)?;
        let policies = CodePolicies::of(pack, chosen, &read.evaluated)?.judging;
        let code = read.map(None, pack, &policies)?;
        let analyzer = Analyzer::new(pack, policies, Vec::new(), config.clone())
            .map_err(|error| Diagnostic::error(error.to_string()))?;
        let mut report = analyzer.finish(code.judge(&analyzer), None);
        scan_code::locate(&mut report, &code);
        // What is wrong with suppressions is told of the code as it is now.
        let _ = code.accept(&mut report, pack, Idle::PassedOver);
        Ok(report)
    };
    let report = match judged() {
        Err(failed) if failed.status == Status::NothingScanned => return Ok(BTreeSet::new()),
        judged => judged?,
    };
    let failing = report
        .findings()
        .filter(|view| view.finding.verdict == Verdict::Fail && view.finding.accepted.is_none());
    Ok(failing.map(|view| fingerprint(&view)).collect())
}

/// A link changes with what it leads to.
pub(crate) fn with_links(tree: &CodeTree, changed: Changed) -> Changed {
    let mut changed = changed;
    let files: BTreeSet<String> = changed.changes.files().map(str::to_owned).collect();
    for (link, target) in tree.links() {
        if files.contains(&target) {
            changed.changes.add_file(link);
        }
    }
    changed
}
