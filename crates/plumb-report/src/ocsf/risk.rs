//! The attributes of an OCSF event that tell its risk.
//!
//! In version 1.5.0 they belong to the profile `security_control`, which every class may apply:
//! <https://schema.ocsf.io/1.5.0/profiles/security_control>.

use plumb_model::report::{AcceptedRisk, FindingView};
use plumb_model::risk::{Priority, Risk};
use serde::Serialize;

use crate::path_words::risk_parts;

/// The risk of one finding.
#[derive(Serialize)]
pub(super) struct RiskAttributes {
    risk_score: u8,
    risk_level_id: u32,
    risk_level: &'static str,
    /// The sum that made the score.
    risk_details: String,
}

impl RiskAttributes {
    pub(super) fn new(risk: &Risk) -> Self {
        let risk_level_id = match risk.priority {
            Priority::Low => 1,
            Priority::Medium => 2,
            Priority::High => 3,
            Priority::Critical => 4,
        };
        Self {
            risk_score: risk.score,
            risk_level_id,
            risk_level: risk.priority.title(),
            risk_details: risk_parts(risk),
        }
    }
}

/// The profiles whose attributes an event has.
pub(super) fn profiles(view: &FindingView<'_>) -> &'static [&'static str] {
    match view.finding.risk {
        Some(_) => &["cloud", "security_control"],
        None => &["cloud"],
    }
}

/// The acceptance of a risk as a comment.
pub(super) fn comment(accepted: &AcceptedRisk) -> String {
    let AcceptedRisk {
        owner, until, reason, ..
    } = accepted;
    let verb = if accepted.holds {
        "accepted"
    } else {
        "no longer accepted"
    };
    let by = [("by", owner), ("until", until)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .fold(String::new(), |said, (word, text)| {
            format!("{said} {word} {text}")
        });
    match by.as_str() {
        "" => format!("{verb}: {reason}"),
        by => format!("{verb}:{by}: {reason}"),
    }
}
