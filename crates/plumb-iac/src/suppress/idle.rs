//! What is wrong with suppressions: expired, without effect, without reason, of policies that nobody knows.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::diagnostic::Diagnostic;

use super::apply::{Idle, Named};
use super::{Notation, Suppression};
use crate::place::{Place, Sources};

/// How many names of other tools' checks are told.
const MOST_NAMED: usize = 10;

/// What became of a suppression.
#[derive(Clone, Debug, Default)]
pub(super) struct Use {
    /// The policies, by position, of which something that it speaks of failed or is unknown.
    pub(super) policies: BTreeSet<u32>,
    /// Whether it no longer holds.
    pub(super) expired: bool,
    /// Whether the block around it is made no time at all.
    pub(super) absent: bool,
}

/// The problems, in the order of the suppressions; those of other tools' idle and unknown ones are summed up at the end.
pub(super) fn problems(
    sources: &Sources,
    suppressions: &[Suppression],
    named: &[Vec<Named>],
    uses: &[Use],
    idle: Idle,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut unknown: BTreeMap<(Notation, &str), u64> = BTreeMap::new();
    let mut unused: Vec<&Suppression> = Vec::new();
    for ((suppression, names), used) in suppressions.iter().zip(named).zip(uses) {
        let warn = |message: String, label: &str| {
            let warning = Diagnostic::warning(message);
            at(sources, suppression.words, warning, label)
        };
        let own = suppression.notation == Notation::Plumb;
        let mut effect = false;
        for (name, meaning) in suppression.names.iter().zip(names) {
            if !meaning.known {
                if own {
                    let warning = warn(format!("no policy is called `{name}`"), "suppresses nothing");
                    found.push(warning.help("`plumb policy list` names them all"));
                } else {
                    *unknown.entry((suppression.notation, name.as_str())).or_default() += 1;
                }
                continue;
            }
            let fails = meaning.judged.iter().any(|policy| used.policies.contains(policy));
            effect |= fails;
            if fails || meaning.judged.is_empty() || used.absent || idle == Idle::PassedOver {
                continue;
            }
            if own {
                let message =
                    format!("this suppression matches nothing: `{name}` fails nowhere that it speaks of");
                let warning = warn(message, "suppresses nothing");
                found.push(match &suppression.narrow {
                    Some(argument) => warning.help(format!(
                        "it speaks of the argument `{argument}` alone; put it above the block to speak of all of the block, or remove it"
                    )),
                    None => warning.help("remove it, so that a later failure is seen"),
                });
            } else {
                unused.push(suppression);
            }
        }
        if let (true, true, Some(until)) = (used.expired, effect, suppression.until) {
            let warning = warn(
                format!("this suppression has expired: it held until `{until}`"),
                "expired",
            );
            found.push(warning.help("mend the failure, or accept it again with a new date and reason"));
        } else if own && suppression.reason.is_empty() && effect {
            let message = "this suppression does not say why the failure is accepted".to_owned();
            found.push(warn(message, "no reason").help("end it with `reason=…`"));
        }
    }
    found.extend(summed_up(sources, &unknown, &unused));
    found
}

/// What other tools' suppressions lack, in two warnings: they may well be of use to those tools.
fn summed_up(
    sources: &Sources,
    unknown: &BTreeMap<(Notation, &str), u64>,
    unused: &[&Suppression],
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !unknown.is_empty() {
        let mut shown: Vec<String> = unknown
            .iter()
            .take(MOST_NAMED)
            .map(|((notation, name), count)| format!("{}:{name} ({count})", notation.name()))
            .collect();
        if unknown.len() > MOST_NAMED {
            shown.push(format!("and {} more", unknown.len() - MOST_NAMED));
        }
        let message = format!(
            "suppressions of other tools name {} that no policy answers to: {}",
            if unknown.len() == 1 { "a check" } else { "checks" },
            shown.join(", ")
        );
        found.push(Diagnostic::warning(message).help(
            "nothing is suppressed by them; `plumb policy list` has the names and aliases of policies",
        ));
    }
    if let Some(first) = unused.first() {
        let message = match unused.len() {
            1 => "a suppression of another tool matches nothing".to_owned(),
            many => format!("{many} suppressions of other tools match nothing; the first"),
        };
        let warning = at(
            sources,
            first.words,
            Diagnostic::warning(message),
            "suppresses nothing",
        );
        found.push(warning.help("the policies they name fail nowhere that they speak of"));
    }
    found
}

fn at(sources: &Sources, words: Place, diagnostic: Diagnostic, label: &str) -> Diagnostic {
    match sources.get(words.file) {
        Some(source) => diagnostic.at(source, words.range(), label),
        None => diagnostic,
    }
}
