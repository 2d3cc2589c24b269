//! Priorities, the points that the score loses, and accepted risks.

use plumb_model::report::{AcceptedRisk, Report, ScorePart};
use plumb_model::risk::Priority;

use super::{Bar, shown};
use crate::accounts::AccountNames;
use crate::digest::Origin;
use crate::numbers::{basis_points, counted};
use crate::path_words::priority_gloss;
use crate::words::severity_title;

/// How many parts of the score each list shows.
const MAX_PARTS: usize = 6;

/// Failing findings by priority; empty when there are no risks.
pub(super) fn priority_bars(report: &Report) -> Vec<Bar> {
    let counts = &report.summary.priorities;
    let most = Priority::ALL
        .into_iter()
        .map(|priority| counts.get(priority))
        .max()
        .unwrap_or(0);
    if most == 0 {
        return Vec::new();
    }
    let bar = |priority: Priority| {
        let (title, gloss) = (priority.title(), priority_gloss(priority));
        Bar::new(priority.name(), title, gloss, counts.get(priority), most)
    };
    Priority::ALL.into_iter().map(bar).collect()
}

/// One list of what loses points.
pub(in crate::html) struct LostList {
    pub(in crate::html) title: &'static str,
    pub(in crate::html) parts: Vec<LostPart>,
}

/// A part of the score that loses points.
pub(in crate::html) struct LostPart {
    pub(in crate::html) name: String,
    pub(in crate::html) lost: String,
    pub(in crate::html) gloss: String,
    /// Length of the bar, 0 to 1,000.
    pub(in crate::html) length: u64,
}

/// What loses points, by severity, service and account; lists without a loss are left out.
pub(super) fn lost_lists(report: &Report) -> Vec<LostList> {
    let names = AccountNames::new(report);
    let breakdown = &report.breakdown;
    let by_part = match Origin::of(report) {
        Origin::Cloud => "By account",
        Origin::Code => "By root",
    };
    // A severity that loses less than a point is named all the same.
    let fails = |part: &&ScorePart| part.score.failed > 0;
    let loses = |part: &&ScorePart| part.lost > 0;
    let lists = [
        (
            "By severity",
            breakdown.severities.iter().filter(fails).collect::<Vec<_>>(),
        ),
        ("By service", breakdown.services.iter().filter(loses).collect()),
        (by_part, breakdown.accounts.iter().filter(loses).collect()),
    ];
    let lists = lists.into_iter().map(|(title, losing)| LostList {
        title,
        parts: lost_parts(losing, &names),
    });
    lists.filter(|list| !list.parts.is_empty()).collect()
}

fn lost_parts(mut losing: Vec<&ScorePart>, names: &AccountNames<'_>) -> Vec<LostPart> {
    losing.sort_by_key(|part| std::cmp::Reverse(part.lost));
    let most = losing.first().map_or(0, |part| u64::from(part.lost));
    let part = |part: &ScorePart| LostPart {
        name: part_name(&part.name, names),
        lost: match part.lost {
            0 => "< 1".to_owned(),
            lost => lost.to_string(),
        },
        gloss: format!("own score {}", part.score.value),
        length: basis_points(u64::from(part.lost), most) / 10,
    };
    let elsewhere: Vec<&ScorePart> = losing.iter().skip(MAX_PARTS).copied().collect();
    let lost_elsewhere: u64 = elsewhere.iter().map(|part| u64::from(part.lost)).sum();
    let rest = (lost_elsewhere > 0).then(|| LostPart {
        name: "elsewhere".to_owned(),
        lost: lost_elsewhere.to_string(),
        gloss: format!("{} more", elsewhere.len()),
        length: (basis_points(lost_elsewhere, most) / 10).min(1_000),
    });
    losing.into_iter().take(MAX_PARTS).map(part).chain(rest).collect()
}

/// A severity by its title, an account by its name, anything else as it is.
fn part_name(name: &str, names: &AccountNames<'_>) -> String {
    match name.parse() {
        Ok(severity) => severity_title(severity).to_owned(),
        Err(_) => shown(names.label(name)),
    }
}

/// One accepted risk.
pub(in crate::html) struct AcceptedRow {
    pub(in crate::html) policy: String,
    pub(in crate::html) resource: String,
    pub(in crate::html) owner: String,
    pub(in crate::html) until: String,
    pub(in crate::html) reason: String,
    pub(in crate::html) state: String,
    pub(in crate::html) needs_care: bool,
}

/// All accepted risks, those that no longer hold or fit nothing first.
pub(super) fn accepted_rows(report: &Report) -> Vec<AcceptedRow> {
    let mut accepted: Vec<&AcceptedRisk> = report.accepted.iter().collect();
    accepted.sort_by_key(|accepted| (accepted.holds, accepted.findings > 0));
    accepted.into_iter().map(AcceptedRow::new).collect()
}

impl AcceptedRow {
    fn new(accepted: &AcceptedRisk) -> Self {
        Self {
            policy: shown(&accepted.policy),
            resource: shown(&accepted.resource),
            owner: shown(&accepted.owner),
            until: shown(&accepted.until),
            reason: shown(&accepted.reason),
            state: match (accepted.holds, accepted.findings) {
                (false, findings) => format!("no longer holds; {}", counted(findings, "findings")),
                (true, 0) => "fits nothing; can be removed".to_owned(),
                (true, findings) => counted(findings, "findings"),
            },
            needs_care: !accepted.holds || accepted.findings == 0,
        }
    }
}
