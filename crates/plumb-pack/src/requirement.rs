//! `Requirement`: what a policy demands of a resource, a rule or that no attack path leads there.

use std::fmt;
use std::ops::Range;

use plumb_model::finding::Evidence;
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::path::Certainty;
use plumb_model::value::{Reason, Text, Unreadable};
use plumb_model::verdict::Verdict;

use crate::rule_text::RuleText;

/// Why a policy that forbids attack paths says unknown where there is no graph.
pub const NO_GRAPH: &str = "the security graph was not built, so no attack paths are known";

/// Why it is not known whether such a policy speaks of a resource.
pub const TAGS_UNREAD: &str = "its tags could not be read, so it is not known how sensitive what it holds is";

/// What a policy demands of a resource.
#[derive(Clone, Debug)]
pub enum Requirement {
    /// That a rule holds.
    Rule(RuleText),
    /// That no attack path of some kind leads to it.
    Path(PathRequirement),
}

/// Where the attack paths begin that a policy speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathEntry {
    /// The internet.
    Internet,
    /// Weak or leaked credentials.
    Credentials,
    /// Accounts that are not part of the estate.
    External,
    /// Any of them.
    Any,
}

impl PathEntry {
    /// All entries in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::Internet, Self::Credentials, Self::External, Self::Any];

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::Credentials => "credentials",
            Self::External => "external",
            Self::Any => "any",
        }
    }

    /// How it reads after "an attack path".
    fn phrase(self) -> &'static str {
        match self {
            Self::Internet => "from the internet",
            Self::Credentials => "from weak credentials",
            Self::External => "from an external account",
            Self::Any => "from outside",
        }
    }

    /// Whether paths that begin at `entry` are among those it speaks of.
    pub fn includes(self, entry: Self) -> bool {
        self == Self::Any || self == entry
    }
}

/// That no attack path of some kind leads to a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathRequirement {
    /// Where the paths begin.
    pub from: PathEntry,
    /// The least sure path that counts.
    pub certainty: Certainty,
    /// The least risk that counts, 1 to 100.
    pub min_risk: u8,
    /// The least sensitive content that the policy speaks of; `None` for any.
    pub sensitivity: Option<Sensitivity>,
    /// Where it stands in the file.
    pub span: Range<usize>,
}

/// What is known of the attack paths from a requirement's entries to one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Led<'h> {
    /// The risk of the riskiest path that is sure enough.
    pub sure: Option<u8>,
    /// The risk of the riskiest path of any certainty.
    pub any: Option<u8>,
    /// What was not read and can hide a path.
    pub hidden: &'h [Unreadable],
}

impl PathRequirement {
    /// Whether attack paths end at resources of that kind.
    pub fn is_target(kind: NodeKind) -> bool {
        match kind {
            NodeKind::Identity | NodeKind::Data | NodeKind::Secret | NodeKind::Key => true,
            NodeKind::Workload | NodeKind::Front | NodeKind::Network | NodeKind::Other => false,
        }
    }

    /// The verdict on a resource that such paths lead to, and why where it is fail or unknown.
    pub fn judge(&self, led: &Led<'_>) -> (Verdict, Option<Evidence>) {
        let counts = |risk: Option<u8>| risk.filter(|risk| *risk >= self.min_risk);
        let from = self.from.phrase();
        if let Some(risk) = counts(led.sure) {
            let message = format!("an attack path {from} leads to it, risk {risk}");
            return (Verdict::Fail, Some(self.evidence(message, Vec::new())));
        }
        if let Some(risk) = counts(led.any) {
            let why = format!(
                "an attack path {from} may lead to it, risk {risk}, but it is not {}",
                self.least()
            );
            return self.unknown(why, Vec::new());
        }
        match led.hidden.first() {
            None => (Verdict::Pass, None),
            Some(first) => {
                let more = match led.hidden.len() {
                    0 | 1 => String::new(),
                    count => format!(", and {} more", count - 1),
                };
                let why = format!("what was not read can hide an attack path {from}: {first}{more}");
                self.unknown(why, led.hidden.to_vec())
            }
        }
    }

    /// The verdict unknown for that reason.
    pub fn unknown(
        &self,
        why: impl Into<Text>,
        mut unreadable: Vec<Unreadable>,
    ) -> (Verdict, Option<Evidence>) {
        let why = why.into();
        if unreadable.is_empty() {
            unreadable.push(Unreadable {
                detail: why.clone(),
                ..Unreadable::new(Reason::OutOfScope)
            });
        }
        (Verdict::Unknown, Some(self.evidence(why, unreadable)))
    }

    fn evidence(&self, message: impl Into<Text>, unreadable: Vec<Unreadable>) -> Evidence {
        Evidence {
            message: message.into(),
            expression: Text::from(self.to_string()),
            observed: Vec::new(),
            also: Vec::new(),
            unreadable,
        }
    }

    fn least(&self) -> &'static str {
        match self.certainty {
            Certainty::Certain => "certain",
            Certainty::Conditional => "certain or conditional",
            Certainty::Possible => "possible",
        }
    }
}

/// As files write it, without its defaults.
impl fmt::Display for PathRequirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "path: {{ from: {}", self.from.name())?;
        if self.certainty != Certainty::Conditional {
            write!(f, ", certainty: {}", self.certainty.name())?;
        }
        if self.min_risk > 1 {
            write!(f, ", min_risk: {}", self.min_risk)?;
        }
        if let Some(sensitivity) = self.sensitivity {
            write!(f, ", sensitivity: {sensitivity}")?;
        }
        f.write_str(" }")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(min_risk: u8) -> PathRequirement {
        PathRequirement {
            from: PathEntry::Internet,
            certainty: Certainty::Conditional,
            min_risk,
            sensitivity: None,
            span: 0..0,
        }
    }

    #[test]
    fn a_sure_path_fails_an_unsure_one_is_unknown_and_none_passes_only_when_nothing_is_hidden() {
        let hidden = || vec![Unreadable::new(Reason::Denied)];
        let cases = [
            (Some(70), Some(70), vec![], Verdict::Fail),
            (Some(70), Some(90), hidden(), Verdict::Fail),
            (None, Some(70), vec![], Verdict::Unknown),
            (Some(30), Some(70), vec![], Verdict::Unknown),
            (Some(59), Some(59), vec![], Verdict::Pass),
            (None, None, vec![], Verdict::Pass),
            (Some(59), Some(59), hidden(), Verdict::Unknown),
            (None, None, hidden(), Verdict::Unknown),
        ];
        for (sure, any, hidden, expected) in cases {
            let led = Led {
                sure,
                any,
                hidden: &hidden,
            };
            let (verdict, evidence) = requirement(60).judge(&led);
            assert_eq!(verdict, expected, "{led:?}");
            assert_eq!(evidence.is_some(), verdict != Verdict::Pass, "{led:?}");
            let says_unread = evidence.is_some_and(|evidence| !evidence.unreadable.is_empty());
            assert_eq!(says_unread, verdict == Verdict::Unknown, "{led:?}");
        }
    }

    #[test]
    fn it_is_written_without_its_defaults() {
        assert_eq!(requirement(1).to_string(), "path: { from: internet }");
        let full = PathRequirement {
            certainty: Certainty::Possible,
            sensitivity: Some(Sensitivity::Restricted),
            ..requirement(60)
        };
        assert_eq!(
            full.to_string(),
            "path: { from: internet, certainty: possible, min_risk: 60, sensitivity: restricted }"
        );
    }
}
