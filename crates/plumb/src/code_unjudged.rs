//! What code declares that no policy judges, summed up.

use std::collections::BTreeMap;

use plumb_iac::mapping::Mapped;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

/// How many types are named of which nothing was judged.
const MOST_NAMED: usize = 8;

/// What a root declares that is not judged, or only in part.
pub(crate) struct Unjudged {
    /// How many blocks there are of each type that nothing is known of.
    blocks: BTreeMap<Text, u64>,
    /// How many of them declare something of a cloud.
    pub(crate) of_clouds: u64,
    /// How many blocks speak of something that the root does not declare, by its type.
    orphans: BTreeMap<Text, u64>,
}

impl Unjudged {
    pub(crate) fn of(mapped: &Mapped) -> Self {
        let mut orphans = BTreeMap::new();
        for orphan in &mapped.orphans {
            *orphans.entry(orphan.resource_type.clone()).or_default() += 1;
        }
        Self {
            blocks: mapped.unmapped.clone(),
            of_clouds: mapped.unmapped_of_clouds(),
            orphans,
        }
    }
}

/// What the code declares of types that nothing is known of, or only in part, as one warning each.
pub(crate) fn not_judged<'u>(roots: impl Iterator<Item = &'u Unjudged>) -> Vec<Diagnostic> {
    let mut blocks: BTreeMap<&Text, u64> = BTreeMap::new();
    let mut orphans: BTreeMap<&Text, u64> = BTreeMap::new();
    for root in roots {
        for (kind, count) in &root.blocks {
            *blocks.entry(kind).or_default() += count;
        }
        for (kind, count) in &root.orphans {
            *orphans.entry(kind).or_default() += count;
        }
    }
    let told = |counts: &BTreeMap<&Text, u64>, (one, several): (&str, &str), help: &str| {
        let all: u64 = counts.values().sum();
        let named: Vec<String> = counts
            .iter()
            .take(MOST_NAMED)
            .map(|(kind, count)| format!("{kind} ({count})"))
            .collect();
        let more = match counts.len().saturating_sub(named.len()) {
            0 => String::new(),
            1 => " and 1 more type".to_owned(),
            more => format!(" and {more} more types"),
        };
        let what = if all == 1 { one } else { several };
        let message = format!("{all} {what}: {}{more}", named.join(", "));
        (all > 0).then(|| Diagnostic::warning(message).help(help))
    };
    let unmapped = told(
        &blocks,
        (
            "block was not judged, because nothing tells what it makes",
            "blocks were not judged, because nothing tells what they make",
        ),
        "mappings of your own can tell: docs/specs/mapping.md",
    );
    let parts = told(
        &orphans,
        (
            "block speaks of a resource that this code does not declare, and was not judged",
            "blocks speak of resources that this code does not declare, and were not judged",
        ),
        "they set something of a resource that another root or nobody declares",
    );
    unmapped.into_iter().chain(parts).collect()
}
