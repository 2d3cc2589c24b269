//! Attack paths in words: whom they affect, how sure they are, what closes them.

use std::collections::BTreeMap;

use plumb_model::account::Provider;
use plumb_model::path::{AttackPath, Certainty, ChokePoint, Cut, Hop, PathNode, Proof};
use plumb_model::risk::{Priority, Risk};

use crate::numbers::{counted, thousands};

/// For example `1 account, 2 subscriptions`.
pub(crate) fn affected(path: &AttackPath) -> String {
    let mut counts: BTreeMap<Provider, u64> = BTreeMap::new();
    for (provider, _) in &path.accounts {
        *counts.entry(*provider).or_default() += 1;
    }
    if counts.is_empty() {
        return "no account".to_owned();
    }
    let parts = counts
        .into_iter()
        .map(|(provider, count)| counted(count, provider.accounts_noun()));
    parts.collect::<Vec<_>>().join(", ")
}

/// For example `2 days`.
pub(crate) fn days(days: u32) -> String {
    counted(u64::from(days), "days")
}

/// By when what has a priority is to be mended.
pub(crate) fn priority_gloss(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical => "to be mended within two days",
        Priority::High => "within a week",
        Priority::Medium => "within thirty days",
        Priority::Low => "during regular maintenance",
    }
}

/// The sum of a risk, for example `severity 45, exposure 20`; parts without points are left out.
pub(crate) fn risk_parts(risk: &Risk) -> String {
    let parts = risk.parts().filter(|(_, points)| *points != 0);
    let parts: Vec<String> = parts
        .map(|(part, points)| format!("{} {points}", part.title()))
        .collect();
    parts.join(", ")
}

/// What a certainty means, as a clause; nothing when nothing is to be added.
pub(crate) fn certainty_gloss(certainty: Certainty) -> Option<&'static str> {
    match certainty {
        Certainty::Certain => None,
        Certainty::Conditional => Some("conditional: a condition must hold"),
        Certainty::Possible => Some("possible: something that decides it was not read"),
    }
}

/// A node by what people call it, for example `EC2 instance web-1`; the name alone for what is outside.
pub(crate) fn node(node: &PathNode) -> String {
    if node.name == node.title || node.title.is_empty() {
        node.name.to_string()
    } else {
        format!("{} {}", node.title, node.name)
    }
}

/// A step with its way, for example `reaches (SSH open)`.
pub(crate) fn step(hop: &Hop) -> String {
    match hop.how.as_deref() {
        Some(how) if !how.is_empty() => format!("{} ({how})", hop.kind.phrase()),
        Some(_) | None => hop.kind.phrase().to_owned(),
    }
}

/// A fact in words: the attribute, whose it is, and what it says.
pub(crate) fn proof(proof: &Proof) -> String {
    fact(proof, &place(proof, &proof.resource))
}

/// A fact in words for people who see the path, whose resources go by their names.
pub(crate) fn proof_on(path: &AttackPath, fact: &Proof) -> String {
    self::fact(fact, &place_on(path, fact))
}

/// What is said of a whole resource has a subject of its own.
fn fact(fact: &Proof, place: &str) -> String {
    let joint = if fact.attribute.is_empty() { ": " } else { " " };
    format!("{place}{joint}{}", fact.detail)
}

fn place_on(path: &AttackPath, fact: &Proof) -> String {
    let named = nodes(path).find(|node| node.uid == fact.resource);
    place(fact, named.map_or(&fact.resource, |node| &node.name))
}

fn place(fact: &Proof, resource: &str) -> String {
    if fact.attribute.is_empty() {
        resource.to_owned()
    } else {
        format!("{} of {resource}", fact.attribute)
    }
}

/// A change that closes a path, with what it takes and what else it closes.
pub(crate) fn cut(path: &AttackPath, cut: &Cut) -> String {
    let mut notes = vec![days(cut.days)];
    match path.count.saturating_sub(cut.closes) {
        _ if cut.closes == 0 => notes.push("other ways lead there".to_owned()),
        0 => {}
        1 => notes.push("with the like of it for the other equal path".to_owned()),
        others => notes.push(format!(
            "with the like of it for the {} other equal paths",
            thousands(others)
        )),
    }
    if cut.also_cuts > 0 {
        notes.push(format!("closes {} too", counted(cut.also_cuts, "other paths")));
    }
    let place = place_on(path, &cut.proof);
    format!("{place}: {} ({})", cut.proof.detail, notes.join(", "))
}

/// How many paths a path stands for, and what lies behind it; `None` for one that stands for itself alone.
pub(crate) fn extent(path: &AttackPath) -> Option<String> {
    let mut parts = Vec::new();
    if path.is_by_unread_policies() {
        let targets = match path.targets.len() {
            AttackPath::MOST_TARGETS => format!("{} or more targets", AttackPath::MOST_TARGETS),
            fewer => counted(fewer as u64, "targets"),
        };
        parts.push(format!("{} to {targets}", counted(path.count, "ways")));
    } else if path.count > 1 {
        parts.push(counted(path.count, "equal paths"));
    }
    if path.targets_behind > 0 {
        parts.push(format!(
            "{} behind it",
            counted(path.targets_behind, "more targets")
        ));
    }
    match path.other_ways {
        0 => {}
        1 => parts.push("1 other way in leads to the same target".to_owned()),
        several => parts.push(format!(
            "{} other ways in lead to the same target",
            thousands(several)
        )),
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What is to be said where no change that closes a path is known.
pub(crate) fn without_cut(path: &AttackPath) -> String {
    if path.is_by_unread_policies() {
        "reading these policies tells whether anybody gets in".to_owned()
    } else {
        "no single change that closes it was found".to_owned()
    }
}

/// What changing a choke point brings.
pub(crate) fn gain(choke_point: &ChokePoint) -> String {
    let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let targets = counted(choke_point.targets_saved, "targets");
    let mut parts = vec![format!("puts {targets} out of reach")];
    if !choke_point.paths.is_empty() {
        parts.push(format!(
            "closes {}",
            counted(wide(choke_point.paths.len()), "paths")
        ));
    }
    match choke_point.partly.as_slice() {
        [] => {}
        [only] => parts.push(format!(
            "closes {} of {} equal paths",
            thousands(only.closed),
            thousands(only.count)
        )),
        several => parts.push(format!(
            "closes some of the equal ones of {}",
            counted(wide(several.len()), "paths")
        )),
    }
    parts.push(days(choke_point.days));
    parts.join(", ")
}

/// The entry and the ends of all steps.
pub(crate) fn nodes(path: &AttackPath) -> impl Iterator<Item = &PathNode> {
    std::iter::once(&path.entry).chain(path.hops.iter().map(|hop| &hop.to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_says_whose_it_is() {
        let fact = |attribute: &str| Proof {
            resource: "sg-1".into(),
            attribute: attribute.into(),
            detail: "admits tcp 22".into(),
        };
        assert_eq!(proof(&fact("ingress[0]")), "ingress[0] of sg-1 admits tcp 22");
        assert_eq!(proof(&fact("")), "sg-1: admits tcp 22");
    }
}
