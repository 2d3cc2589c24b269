//! `Ways`: the ways to one resource, folded into the value that rules see.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::path::Certainty;
use plumb_model::risk::ExposureLevel;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_net::address::Width;
use plumb_net::reach;
use plumb_net::report::{ResourceExposure, Source};
use plumb_net::service::PortRange;

use crate::fragment::ResolvedOpening;
use crate::gate::Admitted;

/// How many notes on what was not read are told; more of them say nothing new.
const MAX_NOTES: usize = 4;

/// How many port ranges and resources on the way are told.
const MAX_LISTED: usize = 100;

/// The ways to one resource.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ways {
    known: Vec<Way>,
    /// From where it may be reached besides, as far as what was not read can be, the widest.
    perhaps: ExposureLevel,
    /// The same of other accounts alone.
    perhaps_accounts: bool,
    /// What was not read.
    notes: BTreeSet<Text>,
}

/// A way that is there, perhaps under a condition.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    from: ExposureLevel,
    is_certain: bool,
    ports: Vec<PortRange>,
    through: Vec<Text>,
}

impl Ways {
    /// Adds what networks tell.
    pub(crate) fn network(&mut self, reach: &ResourceExposure<'_>) {
        for exposure in reach.exposures {
            let from = match &exposure.from {
                Source::Internet {
                    width: Width::Wide, ..
                } => ExposureLevel::Wide,
                Source::Internet {
                    width: Width::Narrow, ..
                }
                | Source::Service(_) => ExposureLevel::Narrow,
                Source::Internet {
                    width: Width::None, ..
                } => continue,
                Source::Account(_) => ExposureLevel::Accounts,
                Source::Network(_) | Source::OnPremises => ExposureLevel::Internal,
            };
            let is_certain = match &exposure.certainty {
                reach::Certainty::Certain => true,
                reach::Certainty::Conditional(_) => false,
                reach::Certainty::Possible(notes) => {
                    self.perhaps(from, notes.iter().cloned());
                    continue;
                }
            };
            self.known.push(Way {
                from,
                is_certain,
                ports: exposure.services.clone(),
                through: exposure.steps.iter().map(|step| step.via.clone()).collect(),
            });
        }
        // What hides a load balancer hides a way from everywhere.
        if !reach.blind.is_empty() {
            self.unknown_from(reach.blind.iter().cloned());
        }
    }

    /// Other resources of the account reach it.
    pub(crate) fn inside(&mut self) {
        self.known.push(Way {
            from: ExposureLevel::Internal,
            is_certain: true,
            ports: Vec::new(),
            through: Vec::new(),
        });
    }

    /// Adds an opening of its role.
    pub(crate) fn opening(&mut self, opening: &ResolvedOpening, uid: &Text) {
        let circumstance = &opening.circumstance;
        let from = match &opening.who {
            Admitted::Addresses(addresses) => match addresses.width() {
                Width::Wide => ExposureLevel::Wide,
                Width::Narrow => ExposureLevel::Narrow,
                Width::None => return,
            },
            Admitted::Account(_) => ExposureLevel::Accounts,
        };
        let is_certain = match circumstance.certainty {
            Certainty::Certain => true,
            Certainty::Conditional => false,
            Certainty::Possible => {
                self.perhaps(from, [circumstance.clause.clone()]);
                return;
            }
        };
        let ports = if opening.ports.is_empty() {
            vec![port_range("all", 0, u16::MAX)]
        } else {
            let ports = opening.ports.iter();
            ports.map(|port| port_range("tcp", *port, *port)).collect()
        };
        self.known.push(Way {
            from,
            is_certain,
            ports,
            through: vec![uid.clone()],
        });
    }

    /// It may be reached from everywhere.
    pub(crate) fn unknown(&mut self, note: impl Into<Text>) {
        self.unknown_from([note.into()]);
    }

    fn unknown_from(&mut self, notes: impl IntoIterator<Item = Text>) {
        self.perhaps(ExposureLevel::Wide, notes);
        self.perhaps_accounts = true;
    }

    fn perhaps(&mut self, from: ExposureLevel, notes: impl IntoIterator<Item = Text>) {
        self.perhaps = self.perhaps.max(from);
        self.perhaps_accounts |= from == ExposureLevel::Accounts;
        self.notes.extend(notes);
    }

    /// The value that rules see, of the type [`plumb_expr::exposure_type`]; `reason` is that of what is not known.
    pub(crate) fn value(&self, reason: Reason) -> Value {
        let unreadable = self.unreadable(reason);
        let known = self.known.iter().map(|way| way.from).max().unwrap_or_default();
        // That something inside may reach it is as little as that it does.
        let known = known.max(self.perhaps.min(ExposureLevel::Internal));
        let from_internet = || self.known.iter().filter(|way| is_internet(way.from));
        let may_widen = self.perhaps > known;
        let level = if may_widen {
            unreadable.clone()
        } else {
            Value::string(known.name())
        };
        let internet = if may_widen && is_internet(self.perhaps) {
            unreadable.clone()
        } else if is_internet(known) {
            Value::string(known.name())
        } else {
            Value::string(ExposureLevel::None.name())
        };
        let accounts = if self.known.iter().any(|way| way.from == ExposureLevel::Accounts) {
            Value::Bool(true)
        } else if self.perhaps_accounts {
            unreadable.clone()
        } else {
            Value::Bool(false)
        };
        let certain = if may_widen {
            unreadable.clone()
        } else {
            let mut widest = self.known.iter().filter(|way| way.from == known);
            Value::Bool(known <= ExposureLevel::Internal || widest.any(|way| way.is_certain))
        };
        let mut ports: BTreeMap<&PortRange, ExposureLevel> = BTreeMap::new();
        let mut through: Vec<&Text> = Vec::new();
        for way in from_internet() {
            for range in &way.ports {
                let width = ports.entry(range).or_default();
                *width = way.from.max(*width);
            }
            for uid in &way.through {
                if !through.contains(&uid) && through.len() < MAX_LISTED {
                    through.push(uid);
                }
            }
        }
        let is_cut = ports.len() > MAX_LISTED;
        // What may be reachable besides stands for any number of ports.
        let more = (is_internet(self.perhaps) || is_cut).then(|| unreadable.clone());
        let ports = ports.into_iter().take(MAX_LISTED).map(port_value);
        let ports: Vec<Value> = ports.chain(more.clone()).collect();
        let through: Vec<Value> = through
            .into_iter()
            .cloned()
            .map(Value::String)
            .chain(more)
            .collect();
        Value::Map(Map::from_iter([
            (Text::new_static("level"), level),
            (Text::new_static("internet"), internet),
            (Text::new_static("accounts"), accounts),
            (Text::new_static("ports"), Value::List(ports)),
            (Text::new_static("certain"), certain),
            (Text::new_static("through"), Value::List(through)),
        ]))
    }

    fn unreadable(&self, reason: Reason) -> Value {
        let mut detail = String::from("what reaches it");
        for (position, note) in self.notes.iter().take(MAX_NOTES).enumerate() {
            detail.push_str(if position == 0 { ": " } else { "; " });
            detail.push_str(note);
        }
        match self.notes.len().checked_sub(MAX_NOTES) {
            Some(more) if more > 0 => detail.push_str(&format!("; and {more} more")),
            Some(_) | None => {}
        }
        Value::unreadable(Unreadable {
            detail: Text::from(detail),
            ..Unreadable::new(reason)
        })
    }
}

fn is_internet(level: ExposureLevel) -> bool {
    match level {
        ExposureLevel::Narrow | ExposureLevel::Wide => true,
        ExposureLevel::None | ExposureLevel::Internal | ExposureLevel::Unknown | ExposureLevel::Accounts => {
            false
        }
    }
}

fn port_range(protocol: &'static str, from: u16, to: u16) -> PortRange {
    PortRange {
        protocol: Text::new_static(protocol),
        from,
        to,
    }
}

fn port_value((range, width): (&PortRange, ExposureLevel)) -> Value {
    Value::Map(Map::from_iter([
        (
            Text::new_static("protocol"),
            Value::String(range.protocol.clone()),
        ),
        (Text::new_static("from"), Value::Int(range.from.into())),
        (Text::new_static("to"), Value::Int(range.to.into())),
        (Text::new_static("width"), Value::string(width.name())),
    ]))
}

#[cfg(test)]
mod tests {
    use plumb_net::address::AddressSet;

    use super::*;
    use crate::fragment::Circumstance;

    fn opening(certainty: Certainty, blocks: Option<&[&str]>, ports: &[u16]) -> ResolvedOpening {
        let addresses = blocks.map(|blocks| {
            let blocks = blocks.iter().filter_map(|block| AddressSet::parse(block));
            blocks.fold(AddressSet::empty(), |all, block| all.union(&block))
        });
        ResolvedOpening {
            circumstance: Circumstance {
                clause: "it is open".into(),
                certainty,
            },
            conditions: Vec::new(),
            ports: ports.to_vec(),
            who: Admitted::Addresses(addresses.unwrap_or_else(AddressSet::full)),
            part_of: None,
            proofs: Vec::new(),
        }
    }

    /// Level, internet, accounts, certain; a question mark stands for what is not known.
    fn told(openings: &[ResolvedOpening], change: impl FnOnce(&mut Ways)) -> String {
        let mut ways = Ways::default();
        for one in openings {
            ways.opening(one, &"/it".into());
        }
        change(&mut ways);
        let value = ways.value(Reason::OutOfScope);
        let members = ["level", "internet", "accounts", "certain"].map(|name| match value.get(name) {
            Some(Value::Unreadable(_)) => "?".to_owned(),
            Some(Value::String(text)) => text.to_string(),
            other => other.map(Value::to_string).unwrap_or_default(),
        });
        members.join(" ")
    }

    #[test]
    fn the_widest_way_counts_and_what_may_be_wider_is_not_known() {
        let certain = |blocks| opening(Certainty::Certain, blocks, &[]);
        let narrow = || certain(Some(&["203.0.113.0/28"] as &[&str]));
        let possible = || opening(Certainty::Possible, None, &[]);
        let nothing = |_: &mut Ways| {};
        assert_eq!(told(&[], nothing), "none none false true");
        assert_eq!(told(&[], Ways::inside), "internal none false true");
        assert_eq!(told(&[certain(None)], nothing), "wide wide false true");
        assert_eq!(told(&[narrow()], nothing), "narrow narrow false true");
        assert_eq!(told(&[narrow(), certain(None)], nothing), "wide wide false true");
        assert_eq!(told(&[certain(None), narrow()], nothing), "wide wide false true");
        let halves: &[&str] = &["0.0.0.0/1", "128.0.0.0/1"];
        assert_eq!(told(&[certain(Some(halves))], nothing), "wide wide false true");
        let conditional = opening(Certainty::Conditional, None, &[]);
        assert_eq!(told(&[conditional], nothing), "wide wide false false");
        assert_eq!(told(&[possible()], nothing), "? ? false ?");
        assert_eq!(told(&[narrow(), possible()], nothing), "? ? false ?");
        assert_eq!(
            told(&[possible(), certain(None)], nothing),
            "wide wide false true"
        );
        let private: &[&str] = &["10.0.0.0/8"];
        assert_eq!(told(&[certain(Some(private))], nothing), "none none false true");
        assert_eq!(told(&[], |ways| ways.unknown("nobody looked")), "? ? ? ?");
        assert_eq!(
            told(&[certain(None)], |ways| ways.unknown("x")),
            "wide wide ? true"
        );
    }

    #[test]
    fn ports_end_in_the_unknown_where_more_may_be_open() {
        let ports = |openings: &[ResolvedOpening]| {
            let mut ways = Ways::default();
            for one in openings {
                ways.opening(one, &"/it".into());
            }
            ways.value(Reason::OutOfScope)
                .get("ports")
                .map(Value::to_string)
                .unwrap_or_default()
        };
        let web = || opening(Certainty::Certain, None, &[443]);
        let office = opening(Certainty::Certain, Some(&["203.0.113.0/28"]), &[443, 22]);
        assert_eq!(ports(&[]), "[]");
        assert_eq!(
            ports(&[web(), office]),
            r#"[{"from":22,"protocol":"tcp","to":22,"width":"narrow"},{"from":443,"protocol":"tcp","to":443,"width":"wide"}]"#
        );
        let perhaps = opening(Certainty::Possible, None, &[22]);
        let both = ports(&[web(), perhaps]);
        assert!(both.contains("443") && both.contains("$unreadable"), "{both}");
    }
}
