//! `RiskWeights`: how many points each circumstance gives a finding or a path.
//!
//! `docs/specs/risk.md` describes the file.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::risk::{ExposureLevel, Priority};
use plumb_model::value::{Map, Text};
use plumb_model::verdict::Severity;

/// What a failure hides from the defenders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Visibility {
    /// Nothing.
    #[default]
    None,
    /// What happens to one resource.
    Resource,
    /// What happens in the account.
    Account,
}

/// How easily a failure is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exploitability {
    /// Only together with other failures or with rare means.
    Hard,
    /// By who knows the cloud.
    #[default]
    Usual,
    /// By anybody, with public tools.
    Easy,
}

/// Production or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    /// For development and tests.
    Development,
    /// Nothing tells.
    #[default]
    Unknown,
    /// What the business runs on.
    Production,
}

/// How much can be reached from a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlastRadius {
    /// No target.
    #[default]
    None,
    /// One target or a few.
    One,
    /// Ten targets or more.
    Several,
    /// A hundred targets or more.
    Many,
    /// Everything in an account.
    Administrator,
}

impl BlastRadius {
    /// From a number of targets.
    pub fn of(targets: usize) -> Self {
        match targets {
            0 => Self::None,
            1..10 => Self::One,
            10..100 => Self::Several,
            100.. => Self::Many,
        }
    }
}

/// Named numbers: the words of a group in the order of [`group`]'s list.
pub(crate) type Points = BTreeMap<&'static str, i16>;

/// How many points each circumstance gives.
///
/// INVARIANT: every word of every group is there, and within the groups of a finding what is worse has no fewer points.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskWeights {
    pub(crate) finding: BTreeMap<&'static str, Points>,
    pub(crate) path: BTreeMap<&'static str, Points>,
    pub(crate) priority: Points,
    pub(crate) services: Vec<(ServiceClass, Transport, RangeInclusive<u16>)>,
    pub(crate) names: Vec<(Transport, u16, Text)>,
    pub(crate) environment_tags: Vec<Text>,
    pub(crate) environments: Vec<(Environment, Text)>,
    pub(crate) effort: BTreeMap<&'static str, f64>,
    pub(crate) shared: Vec<Text>,
}

/// What listens on a port, as far as it matters to an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceClass {
    /// Remote control: who gets in is in control.
    Management,
    /// Data is served directly.
    Database,
    /// Anything else.
    Other,
    /// Made to be public.
    Web,
}

impl ServiceClass {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Management => "management",
            Self::Database => "database",
            Self::Other => "other",
            Self::Web => "web",
        }
    }
}

/// A transport protocol with ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl RiskWeights {
    fn finding(&self, group: &str, word: &str) -> i8 {
        let points = self.finding.get(group).and_then(|points| points.get(word));
        points
            .and_then(|points| i8::try_from(*points).ok())
            .unwrap_or_default()
    }

    /// Points of a severity.
    pub fn severity(&self, severity: Severity) -> i8 {
        self.finding("severity", severity.name())
    }

    /// Points of an exposure.
    pub fn exposure(&self, exposure: ExposureLevel) -> i8 {
        self.finding("exposure", exposure.name())
    }

    /// Points of the riskiest path through a resource.
    pub fn path_through(&self, path: Option<Priority>) -> i8 {
        self.finding("path", path.map_or("none", Priority::name))
    }

    /// Points of the sensitivity of data, by its name.
    pub fn data(&self, sensitivity: &str) -> i8 {
        self.finding("data", sensitivity)
    }

    /// Points of an environment.
    pub fn environment(&self, environment: Environment) -> i8 {
        self.finding(
            "environment",
            match environment {
                Environment::Development => "development",
                Environment::Unknown => "unknown",
                Environment::Production => "production",
            },
        )
    }

    /// Points of how easily a failure is used.
    pub fn exploitability(&self, exploitability: Exploitability) -> i8 {
        self.finding(
            "exploitability",
            match exploitability {
                Exploitability::Hard => "hard",
                Exploitability::Usual => "usual",
                Exploitability::Easy => "easy",
            },
        )
    }

    /// Points of what can be reached from a resource.
    pub fn blast_radius(&self, radius: BlastRadius) -> i8 {
        self.finding(
            "blast_radius",
            match radius {
                BlastRadius::None => "none",
                BlastRadius::One => "one",
                BlastRadius::Several => "several",
                BlastRadius::Many => "many",
                BlastRadius::Administrator => "administrator",
            },
        )
    }

    /// Points of what a failure hides.
    pub fn visibility(&self, visibility: Visibility) -> i8 {
        self.finding(
            "visibility",
            match visibility {
                Visibility::None => "none",
                Visibility::Resource => "resource",
                Visibility::Account => "account",
            },
        )
    }

    /// What a score means.
    pub fn priority(&self, score: u8) -> Priority {
        let from = |word: &str| self.priority.get(word).copied().unwrap_or(i16::MAX);
        let score = i16::from(score);
        if score >= from("critical") {
            Priority::Critical
        } else if score >= from("high") {
            Priority::High
        } else if score >= from("medium") {
            Priority::Medium
        } else {
            Priority::Low
        }
    }

    fn path(&self, group: &str, word: &str) -> u8 {
        let points = self.path.get(group).and_then(|points| points.get(word));
        points
            .and_then(|points| u8::try_from(*points).ok())
            .unwrap_or_default()
    }

    /// What a target is worth: `administrator`, `secret`, `key` or the name of a sensitivity.
    pub fn target(&self, word: &str) -> u8 {
        self.path("target", word)
    }

    /// What beginning at an entry costs: `internet`, `anyone`, `credentials` or `external`.
    pub fn entry(&self, word: &str) -> u8 {
        self.path("entry", word)
    }

    /// What a step costs, before its circumstances.
    pub fn step(&self, kind: EdgeKind) -> u8 {
        self.path("step", kind.name())
    }

    /// What getting in through a port of that class costs.
    pub fn service(&self, class: ServiceClass) -> u8 {
        self.path("service", class.name())
    }

    /// What coming from so wide a source costs.
    pub fn width(&self, exposure: ExposureLevel) -> u8 {
        self.path("width", exposure.name())
    }

    /// What doubt about a step costs.
    pub fn certainty(&self, certainty: Certainty) -> u8 {
        self.path("certainty", certainty.name())
    }

    /// The class of a port that costs an attacker least among those of a range.
    pub fn easiest_service(&self, transport: Transport, ports: RangeInclusive<u16>) -> ServiceClass {
        self.services
            .iter()
            .filter(|(_, known, range)| {
                *known == transport && range.start() <= ports.end() && ports.start() <= range.end()
            })
            .map(|(class, _, _)| *class)
            .chain(
                (ports.end() - ports.start() > 0 || !self.is_known(transport, *ports.start()))
                    .then_some(ServiceClass::Other),
            )
            .min_by_key(|class| (self.service(*class), *class))
            .unwrap_or(ServiceClass::Other)
    }

    fn is_known(&self, transport: Transport, port: u16) -> bool {
        self.services
            .iter()
            .any(|(_, known, range)| *known == transport && range.contains(&port))
    }

    /// What people call the port, for example `SSH`.
    pub fn port_name(&self, transport: Transport, port: u16) -> Option<&Text> {
        self.names
            .iter()
            .find(|(known, number, _)| *known == transport && *number == port)
            .map(|(_, _, name)| name)
    }

    /// The first named port of a class within a range, for example SSH in 0-65535.
    pub fn named_port(
        &self,
        class: ServiceClass,
        transport: Transport,
        ports: &RangeInclusive<u16>,
    ) -> Option<&Text> {
        self.names
            .iter()
            .filter(|(known, number, _)| *known == transport && ports.contains(number))
            .find(|(_, number, _)| {
                self.services
                    .iter()
                    .any(|(of, known, range)| *of == class && *known == transport && range.contains(number))
            })
            .map(|(_, _, name)| name)
    }

    /// The words for environments that count for something.
    pub fn environment_words(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(|(_, word)| word.as_str())
    }

    /// The environment that tags tell, else what the account's says.
    pub fn environment_of(&self, tags: Option<&Map>, account: Option<&str>) -> Environment {
        let tagged = tags.into_iter().flat_map(Map::iter).find_map(|(key, value)| {
            let known = self
                .environment_tags
                .iter()
                .any(|tag| tag.eq_ignore_ascii_case(key));
            value.as_str().filter(|_| known)
        });
        [tagged, account]
            .into_iter()
            .flatten()
            .find_map(|text| {
                let text = text.trim();
                self.environments
                    .iter()
                    .find(|(_, word)| word.eq_ignore_ascii_case(text))
                    .map(|(environment, _)| *environment)
            })
            .unwrap_or_default()
    }

    /// Whether the settings of such a resource serve much else beside a way that rests on them, so that one does not close the
    /// way there.
    pub fn is_shared(&self, resource_type: &str) -> bool {
        self.shared.iter().any(|shared| shared == resource_type)
    }

    /// Working days that a change takes: `network`, `permission`, `identity` or `data`, in so many accounts.
    pub fn days(&self, what: &str, accounts: usize) -> u32 {
        let days = |word: &str| self.effort.get(word).copied().unwrap_or(1.0);
        #[expect(clippy::cast_precision_loss, reason = "estates have no 2^52 accounts")]
        let further = days("each_account") * accounts.saturating_sub(1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "held between 1 and 365"
        )]
        let total = (days(what) + further).ceil().clamp(1.0, 365.0) as u32;
        total
    }
}

#[cfg(test)]
mod tests {
    use plumb_model::value::Value;

    use super::*;
    use crate::pack::Pack;

    /// The Risk Prioritization Matrix of posture management, row by row, in a production and in an unclassified account.
    #[test]
    fn the_priority_matrix_comes_out_row_by_row() {
        let pack = Pack::builtin().unwrap();
        let risk = pack.risk().unwrap();
        let exposed = (ExposureLevel::Wide, Some(Priority::Critical));
        let hidden = (ExposureLevel::None, None);
        let rows = [
            (
                "S3 bucket public read",
                Severity::High,
                exposed,
                Visibility::None,
                Priority::Critical,
            ),
            (
                "RDS no encryption at rest",
                Severity::High,
                hidden,
                Visibility::None,
                Priority::Medium,
            ),
            (
                "SG allows 0.0.0.0/0:22",
                Severity::High,
                exposed,
                Visibility::None,
                Priority::Critical,
            ),
            (
                "CloudTrail not enabled",
                Severity::Medium,
                hidden,
                Visibility::Account,
                Priority::High,
            ),
            (
                "EBS volume not encrypted",
                Severity::Medium,
                hidden,
                Visibility::None,
                Priority::Low,
            ),
        ];
        for (finding, severity, (exposure, path), visibility, expected) in rows {
            for (environment, data) in [
                (Environment::Unknown, "internal"),
                (Environment::Production, "confidential"),
            ] {
                let points = risk.severity(severity)
                    + risk.exposure(exposure)
                    + risk.path_through(path)
                    + risk.data(data)
                    + risk.environment(environment)
                    + risk.visibility(visibility);
                let score = u8::try_from(points.clamp(0, 100)).unwrap();
                assert_eq!(
                    risk.priority(score),
                    expected,
                    "{finding} {environment:?}: {score}"
                );
            }
        }
    }

    #[test]
    fn the_easiest_way_into_a_range_of_ports_counts() {
        let pack = Pack::builtin().unwrap();
        let risk = pack.risk().unwrap();
        let cases = [
            (Transport::Tcp, 22..=22, ServiceClass::Management),
            (Transport::Tcp, 443..=443, ServiceClass::Web),
            (Transport::Tcp, 0..=65535, ServiceClass::Management),
            (Transport::Tcp, 5000..=5432, ServiceClass::Database),
            (Transport::Tcp, 443..=444, ServiceClass::Other),
            (Transport::Udp, 22..=22, ServiceClass::Other),
        ];
        for (transport, ports, expected) in cases {
            assert_eq!(
                risk.easiest_service(transport, ports.clone()),
                expected,
                "{transport:?} {ports:?}"
            );
        }
        let name = risk.named_port(ServiceClass::Management, Transport::Tcp, &(0..=65535));
        assert_eq!(name.map(Text::as_str), Some("SSH"));
    }

    #[test]
    fn tags_tell_the_environment_before_the_account_does() {
        let pack = Pack::builtin().unwrap();
        let risk = pack.risk().unwrap();
        let tags = |key: &str, value: &str| Map::from_iter([(Text::from(key), Value::from(value))]);
        let cases = [
            (
                Some(tags("Environment", "Production")),
                Some("development"),
                Environment::Production,
            ),
            (
                Some(tags("ENV", "qa")),
                Some("production"),
                Environment::Development,
            ),
            (
                Some(tags("Environment", "blue")),
                Some("production"),
                Environment::Production,
            ),
            (Some(tags("team", "production")), None, Environment::Unknown),
            (None, None, Environment::Unknown),
        ];
        for (tags, account, expected) in cases {
            assert_eq!(
                risk.environment_of(tags.as_ref(), account),
                expected,
                "{tags:?} {account:?}"
            );
        }
    }
}
