//! The names of severities, verdicts and statuses as people read them.

use plumb_model::framework::{Assessment, ControlStatus};
use plumb_model::risk::ExposureLevel;
use plumb_model::verdict::{Severity, Verdict};

use crate::digest::Origin;

/// For example `Critical`.
pub(crate) fn severity_title(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Informational => "Informational",
    }
}

/// What a severity means, in a few words.
pub(crate) fn severity_gloss(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "data or control is open to be taken",
        Severity::High => "a misconfiguration that exposes or weakens",
        Severity::Medium => "non-compliant, low immediate risk",
        Severity::Low => "best practice not followed",
        Severity::Informational => "good to know",
    }
}

/// For example `not applicable`.
pub(crate) fn verdict_title(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "fail",
        Verdict::Unknown => "unknown",
        Verdict::Pass => "pass",
        Verdict::NotApplicable => "not applicable",
    }
}

/// For example `not selected`; of code, nothing that it declares has anything to do with the control then.
pub(crate) fn status_title(status: ControlStatus, origin: Origin) -> &'static str {
    match (status, origin) {
        (ControlStatus::Fail, _) => "fail",
        (ControlStatus::Unknown, _) => "unknown",
        (ControlStatus::Pass, _) => "pass",
        (ControlStatus::NotApplicable, _) => "not applicable",
        (ControlStatus::Manual, _) => "manual",
        (ControlStatus::NotSelected, Origin::Cloud) => "not selected",
        (ControlStatus::NotSelected, Origin::Code) => "not told by code",
    }
}

/// How the publisher means a control to be assessed.
pub(crate) fn assessment_title(assessment: Assessment) -> &'static str {
    match assessment {
        Assessment::Automated => "automated",
        Assessment::Manual => "manual",
    }
}

/// From where a resource can be reached, as a clause.
pub(crate) fn exposure_title(exposure: ExposureLevel) -> &'static str {
    match exposure {
        ExposureLevel::None => "from nowhere outside the account",
        ExposureLevel::Internal => "from its own network",
        ExposureLevel::Unknown => "not known",
        ExposureLevel::Accounts => "from other accounts",
        ExposureLevel::Narrow => "from given ranges of the internet",
        ExposureLevel::Wide => "from any address",
    }
}
