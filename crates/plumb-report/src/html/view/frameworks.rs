//! Frameworks with their controls.

use plumb_model::framework::{ControlReport, ControlStatus, FrameworkReport};

use super::shown;
use crate::digest::Origin;
use crate::numbers::{basis_points, thousands};
use crate::words::{assessment_title, status_title};

/// One framework.
pub(in crate::html) struct FrameworkView {
    pub(in crate::html) title: String,
    pub(in crate::html) percent: String,
    pub(in crate::html) passing: String,
    pub(in crate::html) failing: String,
    pub(in crate::html) unknown: String,
    pub(in crate::html) judged: String,
    pub(in crate::html) manual: String,
    /// Lengths of the three parts of a bar whose whole length is 1,000.
    pub(in crate::html) passing_length: u64,
    pub(in crate::html) failing_length: u64,
    pub(in crate::html) unknown_length: u64,
    pub(in crate::html) controls: Vec<ControlRow>,
}

impl FrameworkView {
    pub(super) fn new(framework: &FrameworkReport, origin: Origin) -> Self {
        let judged = u64::from(framework.judged());
        let length = |part: u32| basis_points(u64::from(part), judged) / 10;
        Self {
            title: shown(&framework.title),
            percent: framework
                .percent()
                .map_or_else(|| "–".to_owned(), |percent| format!("{percent}%")),
            passing: thousands(framework.passing.into()),
            failing: thousands(framework.failing.into()),
            unknown: thousands(framework.unknown.into()),
            judged: thousands(judged),
            manual: thousands(framework.manual.into()),
            passing_length: length(framework.passing),
            failing_length: length(framework.failing),
            unknown_length: length(framework.unknown),
            controls: control_rows(framework, origin),
        }
    }
}

fn control_rows(framework: &FrameworkReport, origin: Origin) -> Vec<ControlRow> {
    let mut section = "";
    let rows = framework.controls.iter().map(|control| {
        let begins = !control.section.is_empty() && control.section != section;
        section = &control.section;
        ControlRow::new(control, begins.then(|| shown(&control.section)), origin)
    });
    rows.collect()
}

/// One control.
pub(in crate::html) struct ControlRow {
    /// The section, on its first control.
    pub(in crate::html) section: Option<String>,
    pub(in crate::html) id: String,
    pub(in crate::html) title: String,
    pub(in crate::html) level: String,
    pub(in crate::html) assessment: &'static str,
    pub(in crate::html) status: &'static str,
    pub(in crate::html) status_class: &'static str,
    pub(in crate::html) accounts: String,
    pub(in crate::html) failing_resources: String,
}

impl ControlRow {
    fn new(control: &ControlReport, section: Option<String>, origin: Origin) -> Self {
        let counts = &control.accounts;
        let judged = [
            (counts.fail, "fail"),
            (counts.unknown, "unknown"),
            (counts.pass, "pass"),
        ];
        let parts = judged.into_iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, word)| format!("{} {word}", thousands(count.into())))
            .collect();
        let status_class = match control.status {
            ControlStatus::Fail => "fail",
            ControlStatus::Unknown => "unknown",
            ControlStatus::Pass => "pass",
            ControlStatus::NotApplicable | ControlStatus::Manual | ControlStatus::NotSelected => {
                "not_applicable"
            }
        };
        Self {
            section,
            id: shown(&control.id),
            title: shown(&control.title),
            level: shown(&control.level),
            assessment: assessment_title(control.assessment),
            status: status_title(control.status, origin),
            status_class,
            accounts: parts.join(", "),
            failing_resources: match control.failing_resources {
                0 => String::new(),
                count => thousands(count),
            },
        }
    }
}
