//! Risk and accepted risks as JSON and JSONL show them beside a finding.

use plumb_model::report::{AcceptedRisk, FindingView, Report};
use plumb_model::risk::{Priority, Risk};
use serde::{Serialize, Serializer};

/// How much a finding matters, and the sum that says so.
#[derive(Serialize)]
pub(crate) struct RiskEntry {
    score: u8,
    priority: Priority,
    parts: Parts,
}

impl RiskEntry {
    /// The risk of a finding, when it has one.
    pub(crate) fn of(view: &FindingView<'_>) -> Option<Self> {
        view.finding.risk.map(|risk| Self {
            score: risk.score,
            priority: risk.priority,
            parts: Parts(risk),
        })
    }
}

/// Points by the name of the part; parts without points are left out.
struct Parts(Risk);

impl Serialize for Parts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts = self.0.parts().filter(|(_, points)| *points != 0);
        serializer.collect_map(parts.map(|(part, points)| (part.name(), points)))
    }
}

/// Who accepted the risk of a finding, why and until when.
#[derive(Serialize)]
pub(crate) struct AcceptedEntry<'a> {
    owner: &'a str,
    reason: &'a str,
    until: &'a str,
    holds: bool,
}

impl<'a> AcceptedEntry<'a> {
    /// The acceptance that speaks of a finding, when there is one.
    pub(crate) fn of(report: &'a Report, view: &FindingView<'_>) -> Option<Self> {
        accepted(report, view).map(|accepted| Self {
            owner: &accepted.owner,
            reason: &accepted.reason,
            until: &accepted.until,
            holds: accepted.holds,
        })
    }
}

/// The acceptance that speaks of a finding, whether it still holds or not.
pub(crate) fn accepted<'a>(report: &'a Report, view: &FindingView<'_>) -> Option<&'a AcceptedRisk> {
    report.accepted.get(usize::try_from(view.finding.accepted?).ok()?)
}
