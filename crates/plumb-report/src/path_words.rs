//! Attack paths in words: whom they affect, how sure they are, what closes them.

use std::collections::BTreeMap;

use plumb_model::account::{Provider, is_stand_in};
use plumb_model::path::{AttackPath, Certainty, ChokePoint, Cut, Hop, PathNode, Proof};
use plumb_model::risk::{Priority, Risk};

use crate::numbers::{counted, thousands};

/// For example `1 account, 2 subscriptions`.
pub(crate) fn affected(path: &AttackPath) -> String {
    let mut counts: BTreeMap<(Provider, &str), u64> = BTreeMap::new();
    for (provider, id) in &path.accounts {
        let noun = if is_stand_in(*provider, id) {
            "roots"
        } else {
            provider.accounts_noun()
        };
        *counts.entry((*provider, noun)).or_default() += 1;
    }
    if counts.is_empty() {
        return "no account".to_owned();
    }
    let parts = counts.into_iter().map(|((_, noun), count)| counted(count, noun));
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

/// A fact as a sentence: whose it is, what it says, and where that stands.
pub(crate) fn proof(proof: &Proof) -> String {
    fact(proof, &proof.resource)
}

/// A fact as a sentence for people who see the path, whose resources go by their names.
pub(crate) fn proof_on(path: &AttackPath, fact: &Proof) -> String {
    self::fact(fact, name_on(path, fact))
}

/// What shape a fact has, by the name of its attribute.
enum Shape<'p> {
    /// It is said of the whole resource, with a subject of its own.
    Whole,
    /// A statement of a policy.
    Statement { policy: &'p str, statement: &'p str },
    /// A policy that somebody else keeps, attached.
    Attached(&'p str),
    /// A membership.
    Member(&'p str),
    /// What an attribute of the resource says.
    Attribute,
}

fn shape(fact: &Proof) -> Shape<'_> {
    let attribute = fact.attribute.as_str();
    if attribute.is_empty() {
        Shape::Whole
    } else if let Some((policy, statement)) = attribute.rsplit_once(" statement ") {
        Shape::Statement { policy, statement }
    } else if let Some(policy) = attribute.strip_prefix("attached policy ") {
        Shape::Attached(policy)
    } else if let Some(group) = fact.detail.strip_prefix("is a member of ") {
        Shape::Member(group)
    } else {
        Shape::Attribute
    }
}

fn fact(fact: &Proof, resource: &str) -> String {
    let Proof {
        attribute, detail, ..
    } = fact;
    match shape(fact) {
        Shape::Whole => format!("{resource}: {detail}"),
        Shape::Statement { policy, statement } => {
            format!("statement `{statement}` in `{policy}` of {resource} {detail}")
        }
        Shape::Attached(policy) => format!("the policy {policy}, attached to {resource}, {detail}"),
        Shape::Member(_) | Shape::Attribute => format!("{resource} {detail} (`{attribute}`)"),
    }
}

/// What to do about a fact, as an order.
pub(crate) fn change(fact: &Proof, resource: &str) -> String {
    let Proof {
        attribute, detail, ..
    } = fact;
    match shape(fact) {
        Shape::Whole => format!("change {resource}: {detail}"),
        Shape::Statement { policy, statement } => {
            format!("narrow or remove statement `{statement}` in `{policy}` of {resource}")
        }
        Shape::Attached(policy) => format!("detach {policy} from {resource}"),
        Shape::Member(group) => format!("take {resource} out of {group}"),
        Shape::Attribute => format!("change `{attribute}` of {resource}, which {detail}"),
    }
}

/// The name of the resource of a fact, where the path has it.
fn name_on<'p>(path: &'p AttackPath, fact: &'p Proof) -> &'p str {
    let named = nodes(path).find(|node| node.uid == fact.resource);
    named.map_or(&fact.resource, |node| &node.name)
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
    let order = change(&cut.proof, name_on(path, &cut.proof));
    format!("{order} ({})", notes.join(", "))
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
    fn facts_are_sentences_and_changes_are_orders() {
        for (attribute, detail, sentence, order) in [
            (
                "ingress[0]",
                "admits tcp 22",
                "sg-1 admits tcp 22 (`ingress[0]`)",
                "change `ingress[0]` of sg-1, which admits tcp 22",
            ),
            (
                "",
                "everybody can restore it",
                "sg-1: everybody can restore it",
                "change sg-1: everybody can restore it",
            ),
            (
                "deploy statement 0",
                "allows the step, as an identity policy",
                "statement `0` in `deploy` of sg-1 allows the step, as an identity policy",
                "narrow or remove statement `0` in `deploy` of sg-1",
            ),
            (
                "attached policy Admin",
                "allows the step",
                "the policy Admin, attached to sg-1, allows the step",
                "detach Admin from sg-1",
            ),
            (
                "group_list",
                "is a member of the group admins",
                "sg-1 is a member of the group admins (`group_list`)",
                "take sg-1 out of the group admins",
            ),
        ] {
            let fact = Proof {
                resource: "sg-1".into(),
                attribute: attribute.into(),
                detail: detail.into(),
            };
            assert_eq!(proof(&fact), sentence);
            assert_eq!(change(&fact, "sg-1"), order);
        }
    }
}
