//! `Finding`: a policy's verdict on one resource, with its evidence.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::code::CodeSpot;
use crate::risk::Risk;
use crate::value::{Text, Unreadable, Value};
use crate::verdict::Verdict;

/// A policy's verdict on one resource.
///
/// Policy and resource are kept as positions, so that a million passing verdicts stay small.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Position in [`Report::policies`](crate::report::Report::policies).
    pub policy: u32,
    /// Position in [`AccountReport::resources`](crate::report::AccountReport::resources).
    pub resource: u32,
    /// What the policy says.
    pub verdict: Verdict,
    /// How much it matters; present for failures when the graph was built.
    pub risk: Option<Risk>,
    /// Position in [`Report::accepted`](crate::report::Report::accepted) of the accepted risk that speaks of it.
    pub accepted: Option<u32>,
    /// Why; present for fail and unknown. Findings of one account with equal evidence share it.
    pub evidence: Option<Arc<Evidence>>,
    /// Where it comes from, when the resource is declared in code.
    pub code: Option<Arc<CodeSpot>>,
    /// Whether it is among what was asked about.
    pub standing: Standing,
}

/// Whether a finding is among what was asked about: new since a baseline, touched by a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is; without a baseline and a change every finding.
    #[default]
    Asked,
    /// The baseline has it.
    Known,
    /// The change does not touch it.
    Untouched,
}

impl Standing {
    /// The name used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Known => "known",
            Self::Untouched => "untouched",
        }
    }

    /// Whether it is asked about.
    pub fn is_asked(&self) -> bool {
        match self {
            Self::Asked => true,
            Self::Known | Self::Untouched => false,
        }
    }
}

/// Why a verdict is what it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// One sentence without a full stop, for example "`resource.encryption` is null".
    pub message: Text,
    /// The source text of the sub-expression that decided.
    pub expression: Text,
    /// The values that sub-expression saw, in the order it names them; long values are cut.
    pub observed: Vec<Observed>,
    /// What decides likewise beside what the message names, each by the expressions that it looks at; `…` alone where there may be
    /// more. It is in no report.
    #[serde(skip)]
    pub also: Vec<Vec<Text>>,
    /// What could not be read, for an unknown verdict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<Unreadable>,
}

/// One value that a rule looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The expression as the rule writes it, for example `resource.encryption.rules[0]`.
    pub expression: Text,
    /// What it was.
    pub value: Value,
}
