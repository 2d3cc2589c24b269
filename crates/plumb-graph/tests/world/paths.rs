//! The attack paths of a world, as lines that tests compare.

use plumb_graph::assemble::{ADMINISTRATOR, LIMITED_ADMINISTRATOR};
use plumb_graph::paths::{Limits, report};
use plumb_model::path::{AttackPath, Certainty, PathNode, PathReport};

use super::{KNOWLEDGE, World};

impl World {
    /// The attack paths of the world.
    pub(crate) fn report(&self) -> PathReport {
        report(&self.assemble().graph, &KNOWLEDGE.weights, &Limits::default())
    }
}

/// For example `internet -reaches-> i-web -runs_as-> web -can_read-> cards`, and how sure it is where it is not certain.
pub(crate) fn story(path: &AttackPath) -> String {
    let mut story = name(&path.entry);
    for hop in &path.hops {
        story.push_str(&format!(" -{}-> {}", hop.kind.name(), name(&hop.to)));
    }
    match path.certainty {
        Certainty::Certain => story,
        Certainty::Conditional | Certainty::Possible => format!("{story} ({})", path.certainty.name()),
    }
}

fn name(node: &PathNode) -> String {
    match node.resource_type.as_str() {
        ADMINISTRATOR => "administrator".to_owned(),
        LIMITED_ADMINISTRATOR => "limited".to_owned(),
        "outside" => node.uid.to_string(),
        _ => node.name.to_string(),
    }
}

/// All paths, a line each.
pub(crate) fn stories(report: &PathReport) -> Vec<String> {
    report.paths.iter().map(story).collect()
}

/// Checks that there is a path, and gives it.
#[track_caller]
pub(crate) fn find<'r>(report: &'r PathReport, expected: &str) -> &'r AttackPath {
    let found = report.paths.iter().find(|path| story(path) == expected);
    found.unwrap_or_else(|| {
        panic!(
            "no path `{expected}` among {:#?}; {:?}",
            stories(report),
            report.problems
        )
    })
}

/// Checks that there is no path at all.
#[track_caller]
pub(crate) fn none(report: &PathReport) {
    assert!(
        report.paths.is_empty(),
        "unexpected paths: {:#?}",
        stories(report)
    );
}
