//! Which attack paths run through a resource.

use std::collections::BTreeMap;

use plumb_model::report::{FindingView, Report};
use plumb_model::verdict::Verdict;

use crate::path_words::nodes;

/// How many paths of one resource are named.
const MAX_PATHS: usize = 10;

/// The ids of paths by the resources on them.
pub(crate) struct PathIndex<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> PathIndex<'a> {
    pub(crate) fn new(report: &'a Report) -> Self {
        let mut index: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in report.paths.iter().flat_map(|paths| &paths.paths) {
            let uids = nodes(path).map(|node| &node.uid).chain(&path.targets);
            for uid in uids {
                let ids = index.entry(uid).or_default();
                if ids.len() < MAX_PATHS && ids.last() != Some(&path.id.as_str()) {
                    ids.push(&path.id);
                }
            }
        }
        Self(index)
    }

    /// Paths through the resource of a failure, riskiest first; none for other verdicts.
    pub(crate) fn of(&self, view: &FindingView<'_>) -> &[&'a str] {
        match view.finding.verdict {
            Verdict::Fail => self.0.get(view.resource.uid.as_str()).map_or(&[], Vec::as_slice),
            Verdict::Unknown | Verdict::Pass | Verdict::NotApplicable => &[],
        }
    }
}
