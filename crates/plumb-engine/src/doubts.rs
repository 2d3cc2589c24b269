//! What the estate file says that means nothing in this analysis, so that a slip of the pen does not pass for an answer.
//!
//! INVARIANT: nothing here changes a verdict or a score.

use std::collections::BTreeSet;

use plumb_graph::security::SecurityGraph;
use plumb_model::report::AccountReport;
use plumb_model::value::Text;
use plumb_pack::estate::Estate;

/// How many patterns are named.
const MOST_NAMED: usize = 5;

/// What is doubtful as it is written, then the entries that fit nothing.
///
/// `fitting` holds the positions of the entries that fit an account. Without a graph nothing is known of crown jewels.
pub(crate) fn of(
    estate: &Estate,
    fitting: &BTreeSet<usize>,
    accounts: &[AccountReport],
    idle_jewels: &[usize],
) -> Vec<Text> {
    let mut doubts = estate.doubts.clone();
    // Code has no accounts: what it declares gets one when it is applied.
    let is_code = accounts.iter().all(|account| account.coverage.declared_only);
    let idle_accounts = estate
        .accounts
        .iter()
        .enumerate()
        .filter(|(position, _)| !is_code && !fitting.contains(position))
        .map(|(_, rule)| &rule.pattern);
    doubts.extend(sentence("accounts", "account", idle_accounts));
    let idle_jewels = idle_jewels
        .iter()
        .filter_map(|position| estate.crown_jewels.get(*position));
    let patterns = idle_jewels.map(|jewel| &jewel.pattern);
    doubts.extend(sentence("crown_jewels", "resource", patterns));
    doubts
}

/// The positions of the crown jewels that fit no resource of the graph.
pub(crate) fn idle_jewels(estate: &Estate, security: &SecurityGraph) -> Vec<usize> {
    let mut idle: Vec<usize> = (0..estate.crown_jewels.len()).collect();
    for info in &security.nodes {
        if idle.is_empty() {
            break;
        }
        idle.retain(|position| {
            let jewel = estate.crown_jewels.get(*position);
            jewel.is_some_and(|jewel| !jewel.fits(&info.resource_type, &info.uid, &info.name))
        });
    }
    idle
}

fn sentence<'e>(key: &str, what: &str, patterns: impl Iterator<Item = &'e Text>) -> Option<Text> {
    let patterns: Vec<&Text> = patterns.collect();
    let named: Vec<String> = patterns
        .iter()
        .take(MOST_NAMED)
        .map(|pattern| format!("`{pattern}`"))
        .collect();
    let more = match patterns.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let fit = if patterns.len() == 1 { "fits" } else { "fit" };
    (!named.is_empty()).then(|| {
        Text::from(format!(
            "under `{key}`, {}{more} {fit} no {what} that was read",
            named.join(", ")
        ))
    })
}
