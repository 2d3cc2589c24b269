//! `RiskWeights`: how many points each circumstance gives a finding or a path.
//!
//! `docs/specs/risk.md` describes the file.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::risk::{ExposureLevel, Priority};
use plumb_model::value::{Map, Text, Value};
use plumb_model::verdict::Severity;

use crate::node::Node;
use crate::reader::Problems;

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
type Points = BTreeMap<&'static str, i16>;

/// How many points each circumstance gives.
///
/// INVARIANT: every word of every group is there, and within the groups of a finding what is worse has no fewer points.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskWeights {
    finding: BTreeMap<&'static str, Points>,
    path: BTreeMap<&'static str, Points>,
    priority: Points,
    services: Vec<(ServiceClass, Transport, RangeInclusive<u16>)>,
    names: Vec<(Transport, u16, Text)>,
    environment_tags: Vec<Text>,
    environments: Vec<(Environment, Text)>,
    effort: BTreeMap<&'static str, f64>,
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
    fn name(self) -> &'static str {
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

/// The groups of a finding with their words from the mildest to the worst.
const FINDING: [(&str, &[&str]); 8] = [
    (
        "severity",
        &["informational", "low", "medium", "high", "critical"],
    ),
    (
        "exposure",
        &["none", "internal", "unknown", "accounts", "narrow", "wide"],
    ),
    ("path", &["none", "low", "medium", "high", "critical"]),
    ("data", &["public", "internal", "confidential", "restricted"]),
    ("environment", &["development", "unknown", "production"]),
    ("exploitability", &["hard", "usual", "easy"]),
    (
        "blast_radius",
        &["none", "one", "several", "many", "administrator"],
    ),
    ("visibility", &["none", "resource", "account"]),
];

/// The groups of a path; nothing is said about their order.
const PATH: [(&str, &[&str]); 6] = [
    (
        "target",
        &[
            "public",
            "internal",
            "key",
            "confidential",
            "secret",
            "restricted",
            "administrator",
        ],
    ),
    ("entry", &["internet", "anyone", "credentials", "external"]),
    (
        "step",
        &[
            "reaches",
            "runs_as",
            "can_assume",
            "can_escalate_to",
            "holds",
            "can_read",
            "can_write",
            "can_administer",
        ],
    ),
    ("service", &["management", "database", "other", "web"]),
    ("width", &["wide", "narrow", "accounts", "internal"]),
    ("certainty", &["certain", "conditional", "possible"]),
];

const PRIORITY: [&str; 3] = ["medium", "high", "critical"];
const EFFORT: [&str; 5] = ["network", "permission", "identity", "data", "each_account"];

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

/// Reads the weights of a file; what is wrong goes to `problems`.
pub(crate) fn read_risk(root: &Node, problems: &mut Problems) -> Option<RiskWeights> {
    let value = root.to_value();
    let mut reader = Reader {
        root,
        problems,
        failed: false,
    };
    let risk = reader.map(&value, "risk")?.clone();
    let known = [
        "finding",
        "priority",
        "path",
        "services",
        "names",
        "environments",
        "effort",
    ];
    reader.only(&risk, "risk", &known);
    let finding = reader.groups(&risk, "finding", &FINDING);
    for (group, words) in FINDING {
        let points: Vec<i16> = words
            .iter()
            .filter_map(|word| finding.get(group)?.get(word).copied())
            .collect();
        if !points.is_sorted() {
            reader.problem(format!(
                "`risk.finding.{group}` gives something worse fewer points: from mild to bad it goes {}",
                words.join(", ")
            ));
        }
        if points.iter().any(|points| !(-100..=100).contains(points)) {
            reader.problem(format!("`risk.finding.{group}` leaves the range -100 to 100"));
        }
    }
    let path = reader.groups(&risk, "path", &PATH);
    if path
        .values()
        .flat_map(BTreeMap::values)
        .any(|points| !(0..=100).contains(points))
    {
        reader.problem("`risk.path` leaves the range 0 to 100".to_owned());
    }
    let priority = reader.numbers(&risk, "priority", &PRIORITY);
    let from: Vec<i16> = PRIORITY
        .iter()
        .filter_map(|word| priority.get(word).copied())
        .collect();
    if !from.is_sorted() {
        reader.problem("`risk.priority` must ask more points of the higher priority".to_owned());
    }
    let weights = RiskWeights {
        finding,
        path,
        priority,
        services: reader.services(&risk),
        names: reader.names(&risk),
        environment_tags: reader.words(&risk, "tags"),
        environments: [
            ("production", Environment::Production),
            ("development", Environment::Development),
        ]
        .into_iter()
        .flat_map(|(word, environment)| {
            reader
                .words(&risk, word)
                .into_iter()
                .map(move |text| (environment, text))
                .collect::<Vec<_>>()
        })
        .collect(),
        effort: reader.effort(&risk),
    };
    (!reader.failed).then_some(weights)
}

struct Reader<'n, 'p> {
    root: &'n Node,
    problems: &'p mut Problems,
    failed: bool,
}

impl Reader<'_, '_> {
    fn problem(&mut self, message: String) {
        self.failed = true;
        let head = self.root.head(&self.problems.source().text.clone());
        self.problems.error(head, message, "in this file");
    }

    fn map<'v>(&mut self, value: &'v Value, key: &str) -> Option<&'v Map> {
        let found = value.get(key).and_then(Value::as_map);
        if found.is_none() {
            self.problem(format!("`{key}` must be a map"));
        }
        found
    }

    fn only(&mut self, map: &Map, what: &str, known: &[&str]) {
        for (key, _) in map.iter() {
            if !known.contains(&key.as_str()) {
                self.problem(format!(
                    "unknown key `{key}` in `{what}`; known keys are {}",
                    known.join(", ")
                ));
            }
        }
    }

    fn groups(
        &mut self,
        risk: &Map,
        name: &str,
        groups: &[(&'static str, &'static [&'static str])],
    ) -> BTreeMap<&'static str, Points> {
        let Some(map) = risk.get(name).and_then(Value::as_map).cloned() else {
            self.problem(format!("`risk.{name}` must be a map"));
            return BTreeMap::new();
        };
        let known: Vec<&str> = groups.iter().map(|(group, _)| *group).collect();
        self.only(&map, name, &known);
        groups
            .iter()
            .map(|(group, words)| (*group, self.numbers(&map, group, words)))
            .collect()
    }

    fn numbers(&mut self, map: &Map, group: &str, words: &'static [&'static str]) -> Points {
        let Some(entries) = map.get(group).and_then(Value::as_map) else {
            self.problem(format!("`{group}` must be a map of points"));
            return Points::new();
        };
        self.only(entries, group, words);
        let mut points = Points::new();
        for word in words {
            match entries
                .get(word)
                .and_then(Value::as_int)
                .and_then(|int| i16::try_from(int).ok())
            {
                Some(int) => _ = points.insert(word, int),
                None => self.problem(format!("`{group}.{word}` must be a whole number")),
            }
        }
        points
    }

    fn effort(&mut self, risk: &Map) -> BTreeMap<&'static str, f64> {
        let entries = risk
            .get("effort")
            .and_then(Value::as_map)
            .cloned()
            .unwrap_or_default();
        self.only(&entries, "effort", &EFFORT);
        let mut days = BTreeMap::new();
        for word in EFFORT {
            let number = match entries.get(word) {
                Some(Value::Int(int)) => u16::try_from(*int).ok().map(f64::from),
                Some(Value::Float(float)) if *float >= 0.0 => Some(*float),
                _ => None,
            };
            match number {
                Some(number) => _ = days.insert(word, number),
                None => self.problem(format!("`effort.{word}` must be a number of days")),
            }
        }
        days
    }

    fn words(&mut self, risk: &Map, key: &str) -> Vec<Text> {
        let list = risk
            .get("environments")
            .and_then(|environments| environments.get(key))
            .and_then(Value::as_list);
        let Some(list) = list else {
            self.problem(format!("`environments.{key}` must be a list of words"));
            return Vec::new();
        };
        list.iter().filter_map(Value::as_str).map(Text::from).collect()
    }

    fn services(&mut self, risk: &Map) -> Vec<(ServiceClass, Transport, RangeInclusive<u16>)> {
        let mut services = Vec::new();
        for class in [
            ServiceClass::Management,
            ServiceClass::Database,
            ServiceClass::Web,
        ] {
            let list = risk
                .get("services")
                .and_then(|services| services.get(class.name()))
                .and_then(Value::as_list);
            for text in list.into_iter().flatten().filter_map(Value::as_str) {
                match parse_ports(text) {
                    Some((transport, ports)) => services.push((class, transport, ports)),
                    None => self.problem(format!(
                        "`{text}` in `services` is no port; write `tcp/22` or `tcp/5900-5910`"
                    )),
                }
            }
        }
        services
    }

    fn names(&mut self, risk: &Map) -> Vec<(Transport, u16, Text)> {
        let mut names = Vec::new();
        for (key, value) in risk
            .get("names")
            .and_then(Value::as_map)
            .into_iter()
            .flat_map(Map::iter)
        {
            match (parse_ports(key), value.as_str()) {
                (Some((transport, ports)), Some(name)) if ports.start() == ports.end() => {
                    names.push((transport, *ports.start(), Text::from(name)));
                }
                _ => self.problem(format!(
                    "`{key}` in `names` must be a port with its name, such as `tcp/22: SSH`"
                )),
            }
        }
        names.sort_by_key(|(transport, port, _)| (*transport, *port));
        names
    }
}

fn parse_ports(text: &str) -> Option<(Transport, RangeInclusive<u16>)> {
    let (transport, ports) = text.split_once('/')?;
    let transport = match transport {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        _ => return None,
    };
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some((transport, first..=last))
}

#[cfg(test)]
mod tests {
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
