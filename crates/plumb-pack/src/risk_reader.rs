//! Reading of the weights of risk; `docs/specs/risk.md` describes the file.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use plumb_model::value::{Map, Text, Value};

use crate::node::Node;
use crate::reader::Problems;
use crate::risk::{Environment, Points, RiskWeights, ServiceClass, Transport};

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
        "shared",
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
        shared: reader.shared(&risk),
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

    fn shared(&mut self, risk: &Map) -> Vec<Text> {
        let Some(value) = risk.get("shared") else {
            return Vec::new();
        };
        let Some(list) = value.as_list() else {
            self.problem("`shared` must be a list of resource types".to_owned());
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
