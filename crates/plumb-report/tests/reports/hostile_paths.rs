//! The sample's paths with hostile text in every place that a cloud or a user can choose.

use plumb_model::path::{AttackPath, PathNode, PathReport, Proof};
use plumb_model::report::Report;
use plumb_model::value::Text;

use crate::sample::HOSTILE;

fn text() -> Text {
    Text::new(HOSTILE)
}

/// Makes everything of the graph hostile in a report.
pub(crate) fn make_hostile(report: &mut Report) {
    for accepted in &mut report.accepted {
        accepted.policy = text();
        accepted.resource = text();
        accepted.reason = text();
        accepted.owner = text();
        accepted.until = text();
    }
    let breakdown = &mut report.breakdown;
    for part in breakdown.services.iter_mut().chain(&mut breakdown.accounts) {
        part.name = text();
    }
    report.paths.iter_mut().for_each(make_paths_hostile);
}

/// Makes all paths and choke points hostile; ids are Plumb's own.
pub(crate) fn make_paths_hostile(paths: &mut PathReport) {
    paths.problems = vec![text()];
    paths.paths.iter_mut().for_each(hostile_path);
    for choke_point in &mut paths.choke_points {
        hostile_proof(&mut choke_point.proof);
        choke_point.title = text();
        choke_point.name = text();
        choke_point.account = text();
    }
}

fn hostile_path(path: &mut AttackPath) {
    path.title = text();
    path.why = text();
    hostile_node(&mut path.entry);
    path.parts = vec![(text(), 1)];
    path.targets = vec![text()];
    path.worsened_by = vec![text()];
    path.caveats = vec![text()];
    for (_, id) in &mut path.accounts {
        *id = format!("{id}{HOSTILE}").into();
    }
    for hop in &mut path.hops {
        hostile_node(&mut hop.to);
        hop.how = Some(text());
        hop.conditions = vec![text()];
        hop.proofs.iter_mut().for_each(hostile_proof);
    }
    for cut in &mut path.cuts {
        hostile_proof(&mut cut.proof);
    }
}

fn hostile_node(node: &mut PathNode) {
    node.uid = format!("{}{HOSTILE}", node.uid).into();
    node.resource_type = text();
    node.title = text();
    node.name = text();
    node.account = text();
    node.label = Some(text());
}

fn hostile_proof(proof: &mut Proof) {
    proof.resource = format!("{}{HOSTILE}", proof.resource).into();
    proof.attribute = text();
    proof.detail = text();
}
