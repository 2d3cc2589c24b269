//! Titles: a path in one line.

use std::collections::BTreeSet;

use plumb_model::path::{EdgeKind, Hop, PathNode};
use plumb_model::value::Text;

use crate::assemble::{ADMINISTRATOR, CREDENTIALS, INTERNET};

/// How many labels of targets are named.
const MOST_LABELS: usize = 3;

/// Where a hop leads, seen from the hops before.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// From the internet by permission alone.
    Public,
    /// To the account in which the path began, or to what has none.
    Home,
    /// Into another account.
    Elsewhere,
}

/// How what is at the end of a path comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coming {
    /// By what the one before was given: no other way needs to be told.
    Given,
    /// By the way that the last step tells.
    ByAWay,
    /// By what was not read of policies, to whomever these name.
    IfNamed,
}

/// What a title is made of.
pub(super) struct Told<'a> {
    pub(super) entry: &'a PathNode,
    /// How many entries there are like that one.
    pub(super) entries: u64,
    pub(super) hops: &'a [Hop],
    /// The account of each hop's end; `None` for what has none.
    pub(super) accounts: &'a [Option<u32>],
    pub(super) coming: Coming,
    /// What people call the types of the targets of equal paths.
    pub(super) titles: &'a BTreeSet<Text>,
    /// What is to be said of these targets.
    pub(super) labels: &'a BTreeSet<Text>,
    /// How many of the targets have nothing to be said of them.
    pub(super) unlabelled: u64,
}

/// For example `Internet -> EC2 instance (SSH open) -> IAM role -> Cross-account administrator`.
pub(super) fn of(told: &Told<'_>) -> Text {
    let Told {
        entry,
        hops,
        accounts,
        ..
    } = told;
    if told.coming == Coming::IfNamed {
        return of_unread(told);
    }
    let mut title = match entry.uid.as_str() {
        INTERNET => "Internet".to_owned(),
        CREDENTIALS => "Weak credentials".to_owned(),
        _ if told.entries > 1 => format!("{} external accounts", grouped(told.entries)),
        _ => format!("{} {}", entry.title, entry.name),
    };
    let mut home = None;
    for (position, (hop, account)) in hops.iter().zip(*accounts).enumerate() {
        home = home.or(*account);
        let public = position == 0 && entry.uid == INTERNET && is_open(hop.kind) && !is_narrow(hop);
        let place = match (public, account.is_some() && *account != home) {
            (true, _) => Place::Public,
            (false, true) => Place::Elsewhere,
            (false, false) => Place::Home,
        };
        let is_last = position + 1 == hops.len();
        title.push_str(" -> ");
        title.push_str(&name(hop, place));
        let how = how(hop).filter(|_| !(is_last && told.coming == Coming::Given));
        let notes = if is_last {
            title.push_str(&other_types(told));
            notes(how, told.labels.iter(), told.unlabelled)
        } else {
            notes(how, hop.to.label.iter(), 0)
        };
        title.push_str(&notes);
    }
    Text::from(title)
}

/// All ways to resources whose policies were not read, of whatever entry.
fn of_unread(told: &Told<'_>) -> Text {
    let target = told.hops.last().map_or("resource", |hop| hop.to.title.as_str());
    let (others, notes) = (
        other_types(told),
        notes(None, told.labels.iter(), told.unlabelled),
    );
    Text::from(format!(
        "Principals of other accounts -> {target}{others} whose policy was not read{notes}"
    ))
}

/// How many other types of targets there are.
fn other_types(told: &Told<'_>) -> String {
    match told.titles.len().saturating_sub(1) {
        0 => String::new(),
        1 => " and 1 other type".to_owned(),
        others => format!(" and {others} other types"),
    }
}

/// Whether the step is open to a part of the internet alone.
fn is_narrow(hop: &Hop) -> bool {
    hop.how.as_ref().is_some_and(|how| how.starts_with("from "))
}

/// Whether the step opens something by permission.
fn is_open(kind: EdgeKind) -> bool {
    match kind {
        EdgeKind::CanRead | EdgeKind::CanAdminister => true,
        EdgeKind::Reaches
        | EdgeKind::RunsAs
        | EdgeKind::CanAssume
        | EdgeKind::CanEscalateTo
        | EdgeKind::Holds
        | EdgeKind::CanWrite
        | EdgeKind::In
        | EdgeKind::Covers
        | EdgeKind::Relation => false,
    }
}

fn name(hop: &Hop, place: Place) -> String {
    let is_administrator = hop.to.resource_type == ADMINISTRATOR;
    let moves = hop.kind == EdgeKind::CanAssume || is_administrator;
    let name = if is_administrator {
        "administrator"
    } else {
        hop.to.title.as_str()
    };
    match place {
        Place::Public => format!("Public {name}"),
        Place::Elsewhere if moves => format!("Cross-account {name}"),
        Place::Home | Place::Elsewhere => capitalized(name),
    }
}

/// How a step is taken, where that is worth a word.
fn how(hop: &Hop) -> Option<String> {
    match hop.kind {
        EdgeKind::Reaches | EdgeKind::CanEscalateTo => hop.how.as_ref().map(Text::to_string),
        EdgeKind::Holds => hop.how.as_deref().map(reason),
        EdgeKind::CanAssume | EdgeKind::CanRead | EdgeKind::CanWrite | EdgeKind::CanAdminister => {
            hop.how.as_ref().filter(|_| is_narrow(hop)).map(Text::to_string)
        }
        EdgeKind::RunsAs | EdgeKind::In | EdgeKind::Covers | EdgeKind::Relation => None,
    }
}

/// The first of the reasons why credentials are weak, and whether there are more.
fn reason(reasons: &str) -> String {
    let (first, more) = match reasons.split_once("; ") {
        Some((first, _)) => (first, ", among others"),
        None => (reasons, ""),
    };
    // Why something was not read is told by the step.
    match first
        .strip_prefix("whether ")
        .and_then(|unread| unread.split_once(": "))
    {
        Some((clause, _)) => format!("if {clause}{more}"),
        None => format!("{first}{more}"),
    }
}

/// What is said in brackets.
fn notes<'l>(
    how: Option<String>,
    labels: impl ExactSizeIterator<Item = &'l Text>,
    unlabelled: u64,
) -> String {
    let has_others = labels.len() > MOST_LABELS || (labels.len() > 0 && unlabelled > 0);
    let labels = labels.take(MOST_LABELS).map(|label| {
        // What is many of something says what it is.
        if label.ends_with("data") || label.ends_with('s') {
            label.to_string()
        } else {
            format!("{label} data")
        }
    });
    let more = has_others.then(|| "others".to_owned());
    let notes: Vec<String> = how.into_iter().chain(labels).chain(more).collect();
    if notes.is_empty() {
        String::new()
    } else {
        format!(" ({})", notes.join(", "))
    }
}

/// A number with commas between thousands.
fn grouped(number: u64) -> String {
    match number / 1_000 {
        0 => number.to_string(),
        thousands => format!("{},{:03}", grouped(thousands), number % 1_000),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(resource_type: &'static str, title: &'static str, label: Option<&'static str>) -> PathNode {
        PathNode {
            uid: resource_type.into(),
            resource_type: resource_type.into(),
            title: title.into(),
            label: label.map(Text::from),
            ..PathNode::default()
        }
    }

    fn hop(kind: EdgeKind, how: Option<&'static str>, to: PathNode) -> Hop {
        Hop {
            kind,
            to,
            how: how.map(Text::from),
            certainty: Default::default(),
            conditions: Vec::new(),
            proofs: Vec::new(),
        }
    }

    #[test]
    fn large_numbers_have_commas() {
        let shown = [7, 1_000, 40_002, 1_000_007].map(grouped);
        assert_eq!(shown, ["7", "1,000", "40,002", "1,000,007"]);
    }

    #[test]
    fn titles_read_as_the_reports_of_posture_management_have_them() {
        let internet = node(INTERNET, "Internet", None);
        let bucket = || node("bucket", "S3 bucket", Some("PII"));
        let role = || node("role", "IAM role", None);
        let cases = [
            (
                vec![hop(EdgeKind::CanRead, None, bucket())],
                vec![Some(1)],
                "Internet -> Public S3 bucket (PII data)",
            ),
            (
                vec![
                    hop(
                        EdgeKind::Reaches,
                        Some("SSH open"),
                        node("vm", "EC2 instance", None),
                    ),
                    hop(EdgeKind::RunsAs, None, role()),
                    hop(EdgeKind::CanAssume, None, role()),
                    hop(
                        EdgeKind::CanAdminister,
                        None,
                        node(ADMINISTRATOR, "Administrator", None),
                    ),
                ],
                vec![Some(1), Some(1), Some(2), Some(2)],
                "Internet -> EC2 instance (SSH open) -> IAM role -> Cross-account IAM role -> Cross-account administrator",
            ),
        ];
        for (hops, accounts, expected) in cases {
            let label = hops.last().and_then(|hop| hop.to.label.clone());
            let told = Told {
                entry: &internet,
                entries: 1,
                hops: &hops,
                accounts: &accounts,
                coming: Coming::ByAWay,
                titles: &BTreeSet::new(),
                labels: &label.into_iter().collect(),
                unlabelled: 0,
            };
            assert_eq!(of(&told), expected);
        }
    }
}
