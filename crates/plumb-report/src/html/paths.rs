//! Attack paths and choke points as a page shows them, as text that is visible already; the template escapes it.

use plumb_model::path::{AttackPath, ChokePoint, Hop, PathReport};

use super::marked::Marked;
use super::view::shown;
use crate::numbers::{counted, thousands};
use crate::path_words::{
    affected, certainty_gloss, change, cut, days, extent, node, proof_on, step, without_cut,
};
use crate::svg;

/// How many paths are drawn at once; the others open on demand.
const OPEN: usize = 5;

/// Longest table of choke points.
const MAX_CHOKE_POINTS: usize = 50;

/// The section about attack paths.
pub(crate) struct PathsView {
    pub(crate) sum: String,
    /// In what none was found.
    pub(crate) nothing: String,
    pub(crate) paths: Vec<PathView>,
    pub(crate) left_out: Option<String>,
    pub(crate) choke_points: Vec<ChokePointRow>,
    pub(crate) problems: Vec<Marked>,
}

impl PathsView {
    /// The `limit` riskiest paths and the best choke points.
    pub(crate) fn new(report: &PathReport, limit: usize) -> Self {
        let (pairs, nodes) = (
            counted(report.pairs, "connected pairs"),
            counted(report.nodes, "nodes"),
        );
        let left_out = report.paths.len().saturating_sub(limit);
        let edges = counted(report.edges, "edges");
        Self {
            nothing: format!("nothing outside leads to a target in a graph of {nodes} and {edges}"),
            sum: format!(
                "{}; {pairs} of entry and target in a graph of {nodes} and {edges}",
                counted(wide(report.paths.len()), "paths")
            ),
            paths: report
                .paths
                .iter()
                .take(limit)
                .enumerate()
                .map(|(index, path)| PathView::new(index, path))
                .collect(),
            left_out: (left_out > 0).then(|| counted(wide(left_out), "paths")),
            choke_points: report
                .choke_points
                .iter()
                .take(MAX_CHOKE_POINTS)
                .map(ChokePointRow::new)
                .collect(),
            problems: report
                .problems
                .iter()
                .map(|problem| Marked::new(problem))
                .collect(),
        }
    }
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// One path.
pub(crate) struct PathView {
    pub(crate) id: String,
    pub(crate) rank: String,
    pub(crate) open: bool,
    pub(crate) title: String,
    pub(crate) priority: &'static str,
    pub(crate) priority_title: &'static str,
    pub(crate) risk: u8,
    pub(crate) facts: Vec<Marked>,
    pub(crate) why: Marked,
    /// Markup, escaped where it was drawn.
    pub(crate) drawing: String,
    pub(crate) entry: String,
    pub(crate) hops: Vec<HopView>,
    pub(crate) parts: Vec<String>,
    pub(crate) cuts: Vec<Marked>,
    pub(crate) without_cut: String,
    pub(crate) worsened_by: Vec<String>,
    pub(crate) targets: Vec<String>,
    /// What whoever administers its account reaches besides.
    pub(crate) behind: Vec<String>,
    pub(crate) more_behind: Option<String>,
}

impl PathView {
    fn new(index: usize, path: &AttackPath) -> Self {
        let mut facts = vec![
            format!("affected: {}", affected(path)),
            format!("ETA to remediate: {}", days(path.days())),
        ];
        facts.extend(extent(path));
        facts.extend(certainty_gloss(path.certainty).map(str::to_owned));
        facts.extend(path.caveats.iter().map(ToString::to_string));
        let parts = path
            .parts
            .iter()
            .map(|(name, points)| shown(&format!("{name} {points:+}")));
        Self {
            id: shown(&path.id),
            rank: (index + 1).to_string(),
            open: index < OPEN,
            // An arrow of two characters would be broken between them.
            title: shown(&path.title).replace(" -> ", " \u{2192} "),
            priority: path.priority.name(),
            priority_title: path.priority.title(),
            risk: path.risk,
            facts: facts.iter().map(|fact| Marked::new(fact)).collect(),
            why: Marked::new(&path.why),
            drawing: svg::inline(path),
            entry: shown(&node(&path.entry)),
            hops: path.hops.iter().map(|hop| HopView::new(path, hop)).collect(),
            parts: parts.collect(),
            cuts: path
                .cuts
                .iter()
                .map(|change| Marked::new(&cut(path, change)))
                .collect(),
            without_cut: without_cut(path),
            worsened_by: path.worsened_by.iter().map(|policy| shown(policy)).collect(),
            targets: path.targets.iter().map(|target| shown(target)).collect(),
            behind: path.behind.iter().map(|target| shown(target)).collect(),
            more_behind: (path.targets_behind > wide(path.behind.len()))
                .then(|| thousands(path.targets_behind - wide(path.behind.len()))),
        }
    }
}

/// One step with its evidence.
pub(crate) struct HopView {
    pub(crate) step: Marked,
    pub(crate) to: String,
    pub(crate) uid: String,
    pub(crate) certainty: Option<&'static str>,
    pub(crate) conditions: Vec<Marked>,
    pub(crate) proofs: Vec<Marked>,
}

impl HopView {
    fn new(path: &AttackPath, hop: &Hop) -> Self {
        let label = hop
            .to
            .label
            .as_deref()
            .map(|label| format!(" ({label})"))
            .unwrap_or_default();
        Self {
            step: Marked::new(&step(hop)),
            to: shown(&format!("{}{label}", node(&hop.to))),
            uid: shown(&hop.to.uid),
            certainty: certainty_gloss(hop.certainty),
            conditions: hop
                .conditions
                .iter()
                .map(|condition| Marked::new(condition))
                .collect(),
            proofs: hop
                .proofs
                .iter()
                .map(|fact| Marked::new(&proof_on(path, fact)))
                .collect(),
        }
    }
}

/// One choke point.
pub(crate) struct ChokePointRow {
    pub(crate) resource: String,
    pub(crate) account: String,
    pub(crate) fact: Marked,
    pub(crate) risk: String,
    pub(crate) targets: String,
    pub(crate) paths: String,
    pub(crate) days: String,
}

impl ChokePointRow {
    fn new(point: &ChokePoint) -> Self {
        Self {
            resource: shown(&format!("{} {}", point.title, point.name)),
            account: shown(&point.account),
            fact: Marked::new(&change(&point.proof, &point.name)),
            risk: thousands(point.risk_removed),
            targets: thousands(point.targets_saved),
            paths: closed(point),
            days: days(point.days),
        }
    }
}

/// How many paths a choke point closes, wholly or in part.
fn closed(point: &ChokePoint) -> String {
    let wholly = thousands(wide(point.paths.len()));
    match (point.paths.is_empty(), point.partly.as_slice()) {
        (_, []) => wholly,
        (true, [only]) => format!("{} of {} equal", thousands(only.closed), thousands(only.count)),
        (true, several) => format!("part of {}", several.len()),
        (false, several) => format!("{wholly}, part of {}", several.len()),
    }
}
