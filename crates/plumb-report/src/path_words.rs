//! Attack paths in words: whom they affect, how sure they are, what closes them.

use std::collections::BTreeMap;

use plumb_model::account::Provider;
use plumb_model::path::{AttackPath, Certainty, ChokePoint, Cut, Hop, PathNode, Proof};
use plumb_model::risk::{Priority, Risk};

use crate::numbers::counted;

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
    let closes = match cut.also_cuts {
        0 => String::new(),
        others => format!(", closes {} too", counted(others, "other paths")),
    };
    let place = place_on(path, &cut.proof);
    format!("{place}: {} ({}{closes})", cut.proof.detail, days(cut.days))
}

/// What changing a choke point brings.
pub(crate) fn gain(choke_point: &ChokePoint) -> String {
    let targets = counted(choke_point.targets_saved, "targets");
    let paths = counted(
        u64::try_from(choke_point.paths.len()).unwrap_or(u64::MAX),
        "paths",
    );
    format!(
        "puts {targets} out of reach, closes {paths}, {}",
        days(choke_point.days)
    )
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
