//! The solver against a slow and obvious judge that sends one packet at a time and walks the rules as they are written.

use std::net::Ipv4Addr;

use plumb_net::address::AddressSet;
use plumb_net::reach::Certainty;
use plumb_net::report::{Exposure, Source};
use plumb_net::service::PortRange;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{Net, entry, to};

/// Prefixes that overlap, nest and touch.
const CIDRS: [&str; 9] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "203.0.113.0/24",
    "203.0.113.128/25",
    "8.8.8.0/24",
    "10.0.0.0/8",
    "10.0.1.0/24",
    "10.0.2.10/32",
];

/// An address on each side of every border of [`CIDRS`].
const CLIENTS: [&str; 7] = [
    "8.8.8.8",
    "8.8.9.1",
    "203.0.113.1",
    "203.0.113.200",
    "203.0.114.1",
    "10.0.1.10",
    "10.0.2.10",
];

/// Ranges of ports, and one port of each piece that they cut the ports into.
const RANGES: [(u16, u16); 6] = [
    (0, 65535),
    (22, 22),
    (80, 443),
    (1024, 65535),
    (32768, 60999),
    (0, 1023),
];
const PORTS: [u16; 9] = [0, 22, 79, 80, 443, 1000, 1024, 40000, 65535];

#[derive(Clone, Debug)]
struct Acl {
    way: &'static str,
    number: i64,
    action: &'static str,
    protocol: &'static str,
    ports: (u16, u16),
    cidr: &'static str,
}

#[derive(Clone, Debug)]
struct Rule {
    ports: (u16, u16),
    from: From,
}

#[derive(Clone, Debug)]
enum From {
    Cidr(&'static str),
    Group(&'static str),
}

#[derive(Clone, Debug)]
struct Case {
    acl_a: Vec<Acl>,
    acl_b: Vec<Acl>,
    routes: Vec<(&'static str, &'static str)>,
    web: Vec<Rule>,
    app: Vec<Rule>,
    web_out: Vec<Rule>,
    attached: &'static str,
    block: &'static str,
    public: &'static str,
}

fn acl() -> impl Strategy<Value = Vec<Acl>> {
    let entry = (
        prop::sample::select(vec!["in", "out"]),
        1_i64..6,
        prop::sample::select(vec!["allow", "allow", "deny"]),
        prop::sample::select(vec!["-1", "-1", "6", "17"]),
        prop::sample::select(RANGES.to_vec()),
        prop::sample::select(CIDRS.to_vec()),
    );
    let entry = entry.prop_map(|(way, number, action, protocol, ports, cidr)| Acl {
        way,
        number,
        action,
        protocol,
        ports,
        cidr,
    });
    prop::collection::vec(entry, 1..7).prop_map(|mut entries| {
        // AWS refuses two entries of one direction with one number.
        entries.sort_by_key(|entry| (entry.way, entry.number));
        entries.dedup_by_key(|entry| (entry.way, entry.number));
        // Most cases should let something through.
        entries.push(Acl {
            way: "in",
            number: 90,
            action: "allow",
            protocol: "-1",
            ports: (0, 65535),
            cidr: "0.0.0.0/0",
        });
        entries.push(Acl {
            way: "out",
            number: 90,
            action: "allow",
            protocol: "-1",
            ports: (0, 65535),
            cidr: "0.0.0.0/0",
        });
        entries
    })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let from = prop_oneof![
        3 => prop::sample::select(CIDRS.to_vec()).prop_map(From::Cidr),
        1 => prop::sample::select(vec!["sg-web", "sg-app"]).prop_map(From::Group),
    ];
    let rule = (prop::sample::select(RANGES.to_vec()), from).prop_map(|(ports, from)| Rule { ports, from });
    prop::collection::vec(rule, 0..4)
}

fn case() -> impl Strategy<Value = Case> {
    let route = (
        prop::sample::select(CIDRS[..6].to_vec()),
        prop::sample::select(vec!["igw-1", "nat-1", "dead"]),
    );
    let routes = prop::collection::vec(route, 0..3);
    let switches = (
        prop::sample::select(vec!["vpc-1", "vpc-1", "vpc-1", "vpc-9"]),
        prop::sample::select(vec!["off", "off", "off", "block-ingress"]),
        prop::sample::select(vec!["yes", "yes", "yes", "no"]),
    );
    (acl(), acl(), routes, rules(), rules(), rules(), switches).prop_map(
        |(acl_a, acl_b, mut routes, web, app, web_out, (attached, block, public))| {
            routes.push(("0.0.0.0/0", "igw-1"));
            let mut seen = Vec::new();
            routes.retain(|(cidr, _)| {
                !seen.contains(cidr) && {
                    seen.push(*cidr);
                    true
                }
            });
            Case {
                acl_a,
                acl_b,
                routes,
                web,
                app,
                web_out,
                attached,
                block,
                public,
            }
        },
    )
}

fn build(case: &Case) -> Net {
    let mut net = Net::new();
    let entries = |acl: &[Acl]| {
        let write = |one: &Acl| {
            let ports = (one.protocol != "-1").then_some(one.ports);
            entry(one.number, one.way, one.action, one.protocol, ports, one.cidr)
        };
        json!(acl.iter().map(write).collect::<Vec<_>>())
    };
    net.acl("acl-1", "vpc-1", &["sub-a"], entries(&case.acl_a));
    net.acl("acl-2", "vpc-1", &["sub-b"], entries(&case.acl_b));
    let routes: Vec<Value> = case
        .routes
        .iter()
        .map(|(cidr, target)| match *target {
            "nat-1" => to(cidr, "nat_gateway_id", "nat-1"),
            "dead" => json!({"destination_cidr_block": cidr, "gateway_id": "igw-1", "state": "blackhole"}),
            target => to(cidr, "gateway_id", target),
        })
        .chain([to("10.0.0.0/16", "gateway_id", "local")])
        .collect();
    net.table("rt-a", "vpc-1", &["sub-a"], json!(routes));
    let permissions = |rules: &[Rule]| {
        let write = |rule: &Rule| match rule.from {
            From::Cidr(cidr) => crate::fixture::tcp_range(rule.ports.0, rule.ports.1, cidr),
            From::Group(group) => {
                json!({"ip_protocol": "tcp", "from_port": rule.ports.0, "to_port": rule.ports.1,
                "user_id_group_pairs": [{"group_id": group}]})
            }
        };
        json!(rules.iter().map(write).collect::<Vec<_>>())
    };
    net.group("sg-web", "vpc-1", permissions(&case.web));
    net.set("sg-web", "ip_permissions_egress", permissions(&case.web_out));
    net.group("sg-app", "vpc-1", permissions(&case.app));
    net.set(
        "igw-1",
        "attachments",
        json!([{"vpc_id": case.attached, "state": "available"}]),
    );
    net.set(
        "settings",
        "vpc_block_public_access",
        json!({"internet_gateway_block_mode": case.block}),
    );
    let public = (case.public == "yes").then_some("198.51.100.10");
    net.instance("web", "sub-a", "10.0.1.10", public, &["sg-web"]);
    net
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    ArrivesFromSomePorts,
    Lost,
}

fn contains(cidr: &str, address: Ipv4Addr) -> bool {
    let (network, length) = cidr.split_once('/').unwrap();
    let (network, length): (Ipv4Addr, u32) = (network.parse().unwrap(), length.parse().unwrap());
    let shift = 32 - length;
    shift == 32 || u32::from(network) >> shift == u32::from(address) >> shift
}

fn acl_admits(acl: &[Acl], way: &str, peer: Ipv4Addr, port: u16) -> bool {
    let mut entries: Vec<&Acl> = acl.iter().filter(|entry| entry.way == way).collect();
    entries.sort_by_key(|entry| entry.number);
    for entry in entries {
        let protocol = entry.protocol == "-1" || entry.protocol == "6";
        let ports = entry.protocol == "-1" || (entry.ports.0..=entry.ports.1).contains(&port);
        if protocol && ports && contains(entry.cidr, peer) {
            return entry.action == "allow";
        }
    }
    false
}

/// Whether replies get to the client: from each port that clients use, from some port, or from none.
fn replies(acl: &[Acl], way: &str, peer: Ipv4Addr) -> Fate {
    let open = |port: &u16| acl_admits(acl, way, peer, *port);
    if PORTS.iter().filter(|port| **port >= 1024).all(open) {
        Fate::Arrives
    } else if PORTS.iter().any(open) {
        Fate::ArrivesFromSomePorts
    } else {
        Fate::Lost
    }
}

fn group_admits(rules: &[Rule], peer: Ipv4Addr, groups: &[&str], port: u16) -> bool {
    rules.iter().any(|rule| {
        let from = match rule.from {
            From::Cidr(cidr) => contains(cidr, peer),
            From::Group(group) => groups.contains(&group),
        };
        from && (rule.ports.0..=rule.ports.1).contains(&port)
    })
}

fn from_internet(case: &Case, client: Ipv4Addr, port: u16) -> Fate {
    let route = case
        .routes
        .iter()
        .filter(|(cidr, _)| contains(cidr, client))
        .max_by_key(|(cidr, _)| cidr.split_once('/').unwrap().1.parse::<u32>().unwrap());
    let way = route.is_some_and(|(_, target)| *target == "igw-1") && !client.is_private();
    let open = way
        && case.attached == "vpc-1"
        && case.block == "off"
        && case.public == "yes"
        && acl_admits(&case.acl_a, "in", client, port)
        && group_admits(&case.web, client, &[], port);
    if open {
        replies(&case.acl_a, "out", client)
    } else {
        Fate::Lost
    }
}

fn from_web_to_app(case: &Case, port: u16) -> Fate {
    let (web, app): (Ipv4Addr, Ipv4Addr) = ("10.0.1.10".parse().unwrap(), "10.0.2.10".parse().unwrap());
    let open = group_admits(&case.web_out, app, &["sg-app"], port)
        && acl_admits(&case.acl_a, "out", app, port)
        && acl_admits(&case.acl_b, "in", web, port)
        && group_admits(&case.app, web, &["sg-web"], port);
    if !open {
        return Fate::Lost;
    }
    match (replies(&case.acl_a, "in", app), replies(&case.acl_b, "out", web)) {
        (Fate::Arrives, Fate::Arrives) => Fate::Arrives,
        (Fate::Lost, _) | (_, Fate::Lost) => Fate::Lost,
        // Each border lets some ports through; whether they share one is left open as a condition.
        (Fate::Arrives | Fate::ArrivesFromSomePorts, Fate::Arrives | Fate::ArrivesFromSomePorts) => {
            Fate::ArrivesFromSomePorts
        }
    }
}

fn fate(certainty: Option<&Certainty>) -> Fate {
    match certainty {
        Some(Certainty::Certain) => Fate::Arrives,
        Some(Certainty::Conditional(_)) => Fate::ArrivesFromSomePorts,
        Some(Certainty::Possible(unread)) => panic!("everything was read, but {unread:?}"),
        None => Fate::Lost,
    }
}

fn holds(services: &[PortRange], port: u16) -> bool {
    let here = |range: &PortRange| match range.protocol.as_str() {
        "all" | "tcp" => (range.from..=range.to).contains(&port),
        _ => false,
    };
    services.iter().any(here)
}

/// The most certain exposure that holds the packet.
fn says(exposures: &[Exposure], client: Ipv4Addr, port: u16) -> Fate {
    let holding = exposures.iter().filter(|exposure| {
        let Source::Internet { prefixes, .. } = &exposure.from else {
            return false;
        };
        // A whole internet is written as `0.0.0.0/0`, which private addresses are not part of.
        let client = !client.is_private()
            && prefixes
                .iter()
                .any(|prefix| AddressSet::parse(prefix).unwrap().has(client.into()));
        client && holds(&exposure.services, port)
    });
    fate(holding.map(|exposure| &exposure.certainty).min())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn packet_by_packet_the_solver_is_right(case in case()) {
        let estate = build(&case).estate();
        let exposures = estate.exposure_of("web").unwrap().exposures;
        for client in CLIENTS {
            let client: Ipv4Addr = client.parse().unwrap();
            for port in PORTS {
                prop_assert_eq!(says(exposures, client, port), from_internet(&case, client, port), "{} {}", client, port);
            }
        }
        let (web, app) = (estate.groups_of("web")[0], estate.groups_of("app")[0]);
        let reach = estate.group_reach().reach;
        for port in PORTS {
            let found = reach.iter().find(|one| (one.from, one.to) == (web, app) && holds(&one.services, port));
            prop_assert_eq!(fate(found.map(|one| &one.certainty)), from_web_to_app(&case, port), "{}", port);
        }
    }
}
