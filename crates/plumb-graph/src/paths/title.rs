//! Titles: a path in one line.

use plumb_model::path::{EdgeKind, Hop, PathNode};
use plumb_model::value::Text;

use crate::assemble::{ADMINISTRATOR, CREDENTIALS, INTERNET};

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

/// For example `Internet -> EC2 instance (SSH open) -> IAM role -> Cross-account administrator`.
///
/// `accounts` holds the account of each hop's end; `None` for what has none.
pub(super) fn of(entry: &PathNode, hops: &[Hop], accounts: &[Option<u32>]) -> Text {
    let mut title = match entry.uid.as_str() {
        INTERNET => "Internet".to_owned(),
        CREDENTIALS => "Weak credentials".to_owned(),
        _ => format!("{} {}", entry.title, entry.name),
    };
    let mut home = None;
    for (position, (hop, account)) in hops.iter().zip(accounts).enumerate() {
        home = home.or(*account);
        let public = position == 0 && entry.uid == INTERNET && is_open(hop.kind) && !is_narrow(hop);
        let place = match (public, account.is_some() && *account != home) {
            (true, _) => Place::Public,
            (false, true) => Place::Elsewhere,
            (false, false) => Place::Home,
        };
        title.push_str(" -> ");
        title.push_str(&words(hop, place));
    }
    Text::from(title)
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

fn words(hop: &Hop, place: Place) -> String {
    let is_administrator = hop.to.resource_type == ADMINISTRATOR;
    let moves = hop.kind == EdgeKind::CanAssume || is_administrator;
    let name = if is_administrator {
        "administrator"
    } else {
        hop.to.title.as_str()
    };
    let name = match place {
        Place::Public => format!("Public {name}"),
        Place::Elsewhere if moves => format!("Cross-account {name}"),
        Place::Home | Place::Elsewhere => capitalized(name),
    };
    let label = hop.to.label.as_ref().map(|label| {
        if label.ends_with("data") {
            label.to_string()
        } else {
            format!("{label} data")
        }
    });
    let how = match hop.kind {
        EdgeKind::Reaches | EdgeKind::CanEscalateTo | EdgeKind::Holds => {
            hop.how.as_ref().map(Text::to_string)
        }
        EdgeKind::CanAssume | EdgeKind::CanRead | EdgeKind::CanWrite | EdgeKind::CanAdminister => {
            hop.how.as_ref().filter(|_| is_narrow(hop)).map(Text::to_string)
        }
        EdgeKind::RunsAs | EdgeKind::In | EdgeKind::Covers | EdgeKind::Relation => None,
    };
    let notes: Vec<String> = how.into_iter().chain(label).collect();
    if notes.is_empty() {
        name
    } else {
        format!("{name} ({})", notes.join(", "))
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
            assert_eq!(of(&internet, &hops, &accounts), expected);
        }
    }
}
