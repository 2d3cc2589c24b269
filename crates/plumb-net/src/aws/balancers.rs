//! Load balancers: application, network and classic.

use std::collections::BTreeMap;
use std::net::IpAddr;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::proof;
use super::look;
use crate::address::AddressSet;
use crate::model::{
    Action, Balancer, Endpoint, EndpointKind, Filter, Forward, ForwardTo, Known, Listener, Memory, Node,
    Peers, Public, Rule, Seen,
};
use crate::service::{ServiceSet, TCP, UDP};

/// The most targets of one load balancer that are read.
const MAX_TARGETS: usize = 100_000;

/// A target group as listeners need it.
struct TargetGroup<'a> {
    resource: &'a Resource,
    /// `instance`, `ip`, `lambda` or `alb`.
    kind: &'a str,
    protocol: &'a str,
}

impl<'a> Builder<'a> {
    pub(super) fn balancers(&mut self) {
        let addresses = self.balancer_addresses();
        let groups = self.target_groups();
        let mut listeners: BTreeMap<Text, Vec<&'a Resource>> = BTreeMap::new();
        for listener in self.all("aws_lb_listener") {
            if let Some(balancer) = look::text(listener.document(), "load_balancer_arn") {
                listeners.entry(balancer.into()).or_default().push(listener);
            }
        }
        let mut rules: BTreeMap<Text, Vec<&'a Resource>> = BTreeMap::new();
        for rule in self.all("aws_lb_listener_rule") {
            if let Some(listener) = look::text(rule.document(), "listener_arn") {
                rules.entry(listener.into()).or_default().push(rule);
            }
        }
        for balancer in self.all("aws_lb") {
            let Some(arn) = self.id(balancer, "load_balancer_arn") else {
                continue;
            };
            let kind = look::text(balancer.document(), "type").unwrap_or("application");
            // A gateway load balancer has no address that clients connect to.
            if kind == "gateway" {
                continue;
            }
            let own = listeners.get(&arn).map_or(&[][..], Vec::as_slice);
            let built: Vec<Listener> = own
                .iter()
                .map(|one| self.listener(one, kind, &rules, &groups))
                .collect();
            self.place(balancer, &arn, &built, &addresses);
            let firewall = match look::of(balancer, "web_acl") {
                look::Look::Value(acl) => {
                    let name = look::text(acl, "name").unwrap_or("a web ACL");
                    Some(proof(
                        balancer,
                        "web_acl",
                        format!("requests pass web ACL {name} first"),
                    ))
                }
                look::Look::Absent | look::Look::Unread(_) => None,
            };
            self.network.balancers.push(Balancer {
                node: look::node(balancer),
                listeners: built,
                firewall,
            });
        }
        for balancer in self.all("aws_elb") {
            self.classic(balancer, &addresses);
        }
    }

    /// The private addresses of load balancers by the name in the description of their interfaces, and by subnet.
    fn balancer_addresses(&self) -> BTreeMap<(Text, Text), Vec<IpAddr>> {
        let mut addresses: BTreeMap<(Text, Text), Vec<IpAddr>> = BTreeMap::new();
        for interface in self.all("aws_network_interface") {
            let document = interface.document();
            let name = look::text(document, "description").and_then(|text| text.strip_prefix("ELB "));
            let (Some(name), Some(subnet)) = (name, look::text(document, "subnet_id")) else {
                continue;
            };
            let all = addresses.entry((name.into(), subnet.into())).or_default();
            if let Known::Read(texts) = look::texts(
                look::look(document, "private_ip_addresses").list(),
                "private_ip_address",
            ) {
                all.extend(texts.iter().filter_map(|text| text.parse::<IpAddr>().ok()));
            }
        }
        addresses
    }

    fn target_groups(&self) -> BTreeMap<Text, TargetGroup<'a>> {
        let group = |resource: &'a Resource| {
            let document = resource.document();
            let arn = look::text(document, "target_group_arn")?;
            let group = TargetGroup {
                resource,
                kind: look::text(document, "target_type").unwrap_or("instance"),
                protocol: look::text(document, "protocol").unwrap_or("TCP"),
            };
            Some((Text::from(arn), group))
        };
        self.all("aws_lb_target_group")
            .into_iter()
            .filter_map(group)
            .collect()
    }

    /// Puts a load balancer into its subnets, as an endpoint that answers on the ports of its listeners.
    fn place(
        &mut self,
        balancer: &Resource,
        arn: &Text,
        listeners: &[Listener],
        addresses: &BTreeMap<(Text, Text), Vec<IpAddr>>,
    ) {
        let document = balancer.document();
        let filters = match look::texts(look::of(balancer, "security_groups").list(), "") {
            Known::Read(ids) if ids.is_empty() => Known::Read(vec![self.open(balancer, arn)]),
            other => other,
        };
        let (mut ipv4, mut ipv6) = self.public(balancer);
        let listens = match look::listed(self.coverage, "aws_lb_listener", &balancer.region) {
            Ok(()) => listeners
                .iter()
                .fold(ServiceSet::empty(), |all, one| all.union(&one.services)),
            Err(note) => {
                for public in [&mut ipv4, &mut ipv6] {
                    if matches!(public, Public::Yes(_)) {
                        *public = Public::Unread(note.clone());
                    }
                }
                ServiceSet::protocol(TCP).union(&ServiceSet::protocol(UDP))
            }
        };
        let zones = look::of(balancer, "availability_zones").list();
        // Descriptions of interfaces hold the end of the ARN: `app/name/0123456789abcdef`.
        let name = arn.split_once("loadbalancer/").map_or("", |(_, name)| name);
        match look::texts(zones, "subnet_id") {
            Known::Read(subnets) => {
                for subnet in subnets {
                    let private = addresses
                        .get(&(name.into(), subnet.clone()))
                        .cloned()
                        .unwrap_or_default();
                    let endpoint = endpoint(balancer, arn, Known::Read(subnet), &filters, private);
                    self.network.endpoints.push(Endpoint {
                        account: self.network.account.clone(),
                        ipv4: ipv4.clone(),
                        ipv6: ipv6.clone(),
                        listens: listens.clone(),
                        ..endpoint
                    });
                }
            }
            Known::Unread(note) => {
                let endpoint = endpoint(balancer, arn, Known::Unread(note), &filters, Vec::new());
                let account = self.network.account.clone();
                self.network.endpoints.push(Endpoint {
                    account,
                    ipv4,
                    ipv6,
                    listens,
                    ..endpoint
                });
            }
        }
        if look::text(document, "vpc_id").is_none() {
            self.problem(
                &balancer.uid,
                "vpc_id",
                "the VPC of the load balancer is not known",
            );
        }
    }

    /// The filter of a network load balancer without security groups: it lets everything pass
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html>).
    fn open(&mut self, balancer: &Resource, arn: &Text) -> Text {
        let rule = || Rule {
            action: Action::Allow,
            peers: Peers::Addresses(AddressSet::full()),
            services: ServiceSet::all(),
            proof: proof(
                balancer,
                "security_groups",
                "has no security group, so it admits every client",
            ),
        };
        let filter = Filter {
            node: look::node(balancer),
            memory: Memory::Stateful,
            inbound: Known::Read(vec![rule()]),
            outbound: Known::Read(vec![rule()]),
        };
        self.network.filters.insert(arn.clone(), filter);
        arn.clone()
    }

    fn public(&self, balancer: &Resource) -> (Public, Public) {
        let kind = look::text(balancer.document(), "ip_address_type").unwrap_or("ipv4");
        match look::of(balancer, "scheme").text() {
            Known::Read(Some("internet-facing")) => {
                let shown = || Public::Yes(proof(balancer, "scheme", "is internet-facing"));
                let ipv4 = if kind == "dualstack-without-public-ipv4" {
                    Public::No
                } else {
                    shown()
                };
                let ipv6 = if kind.starts_with("dualstack") {
                    shown()
                } else {
                    Public::No
                };
                (ipv4, ipv6)
            }
            Known::Read(Some(_)) => (Public::No, Public::No),
            Known::Read(None) => {
                let note = Text::from(format!("the scheme of `{}` is not known", balancer.name));
                (Public::Unread(note.clone()), Public::Unread(note))
            }
            Known::Unread(note) => (Public::Unread(note.clone()), Public::Unread(note)),
        }
    }

    fn listener(
        &mut self,
        listener: &'a Resource,
        kind: &str,
        rules: &BTreeMap<Text, Vec<&'a Resource>>,
        groups: &BTreeMap<Text, TargetGroup<'a>>,
    ) -> Listener {
        let document = listener.document();
        let protocol = look::text(document, "protocol").unwrap_or("TCP");
        let port = match look::of(listener, "port").int() {
            Known::Read(Some(port)) => u16::try_from(port).ok(),
            Known::Read(None) | Known::Unread(_) => None,
        };
        let services = match port {
            Some(port) => ports(protocol, port),
            None => {
                self.problem(&listener.uid, "port", "the port of the listener is not known");
                ServiceSet::protocol(TCP)
            }
        };
        let mut forwards = Vec::new();
        self.actions(listener, "default_actions", kind, groups, &mut forwards);
        for rule in rules.get(listener.uid.as_str()).into_iter().flatten() {
            self.actions(rule, "actions", kind, groups, &mut forwards);
        }
        let detail = format!(
            "listens on {} {}",
            protocol.to_lowercase(),
            port.map_or("?".to_owned(), |p| p.to_string())
        );
        Listener {
            node: look::node(listener),
            services,
            forwards,
            proof: proof(listener, "port", detail),
        }
    }

    fn actions(
        &mut self,
        resource: &'a Resource,
        attribute: &str,
        kind: &str,
        groups: &BTreeMap<Text, TargetGroup<'a>>,
        forwards: &mut Vec<Forward>,
    ) {
        let actions = match look::of(resource, attribute).list() {
            Known::Read(actions) => actions,
            Known::Unread(note) => {
                self.problem(&resource.uid, attribute, note.clone());
                self.network.blind.push(note);
                return;
            }
        };
        let mut arns: Vec<&str> = Vec::new();
        for action in actions {
            arns.extend(look::text(action, "target_group_arn"));
            if let Known::Read(list) = look::look(action, "forward_config.target_groups").list() {
                // A group with weight zero gets no requests.
                let used = |one: &&Value| look::look(one, "weight").int() != Known::Read(Some(0));
                arns.extend(
                    list.iter()
                        .filter(used)
                        .filter_map(|one| look::text(one, "target_group_arn")),
                );
            }
        }
        arns.sort_unstable();
        arns.dedup();
        for arn in arns {
            match groups.get(arn) {
                Some(group) => self.targets(group, kind, forwards),
                None => {
                    let note = format!("target group `{arn}` was not read");
                    self.problem(&resource.uid, attribute, note.clone());
                    self.network.blind.push(note.into());
                }
            }
        }
    }

    fn targets(&mut self, group: &TargetGroup<'a>, kind: &str, forwards: &mut Vec<Forward>) {
        let resource = group.resource;
        let targets = match look::fact(resource, self.coverage, "targets").list() {
            Known::Read(targets) => targets,
            Known::Unread(note) => {
                self.problem(&resource.uid, "targets", note.clone());
                self.network.blind.push(note);
                return;
            }
        };
        let seen = self.seen(group, kind);
        let default = match look::of(resource, "port").int() {
            Known::Read(port) => port,
            Known::Unread(_) => None,
        };
        for (at, target) in targets.iter().enumerate() {
            if forwards.len() >= MAX_TARGETS {
                let note = format!("`{}` has more than {MAX_TARGETS} targets", resource.name);
                self.problem(&resource.uid, "targets", note.clone());
                self.network.blind.push(note.into());
                return;
            }
            let place = format!("targets[{at}]");
            let Some(id) = look::text(target, "target.id") else {
                self.problem(&resource.uid, &place, "the target has no identifier");
                continue;
            };
            let to = match group.kind {
                "ip" => match (id.parse(), look::text(resource.document(), "vpc_id")) {
                    (Ok(address), Some(network)) => ForwardTo::Address {
                        network: network.into(),
                        address,
                    },
                    (Ok(_) | Err(_), Some(_) | None) => {
                        self.problem(
                            &resource.uid,
                            &place,
                            format!("`{id}` is not an address in a VPC"),
                        );
                        continue;
                    }
                },
                "lambda" => ForwardTo::Service(Node {
                    uid: unqualified(id),
                    resource_type: Text::new_static("aws_lambda_function"),
                }),
                _ => ForwardTo::Endpoint(id.into()),
            };
            let port = match look::look(target, "target.port").int() {
                Known::Read(port) => port.or(default),
                Known::Unread(_) => default,
            };
            let port = port.and_then(|port| u16::try_from(port).ok());
            let services = port.map_or_else(|| ServiceSet::protocol(TCP), |port| ports(group.protocol, port));
            let detail = match port {
                Some(port) => format!("forwards to {id} on port {port}"),
                None => format!("forwards to {id}"),
            };
            forwards.push(Forward {
                group: look::node(resource),
                to,
                services,
                seen: seen.clone(),
                proof: proof(resource, &place, detail),
            });
        }
    }

    /// Whose address targets see
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html>).
    fn seen(&self, group: &TargetGroup<'_>, kind: &str) -> Seen {
        if kind != "network" {
            return Seen::Balancer;
        }
        // Of these it cannot be switched off.
        if group.kind == "alb" || !matches!(group.protocol, "TCP" | "TLS") {
            return Seen::Client;
        }
        let attributes = match look::fact(group.resource, self.coverage, "attributes").list() {
            Known::Read(attributes) => attributes,
            Known::Unread(note) => return Seen::Unread(note),
        };
        let set = attributes
            .iter()
            .find(|one| look::text(one, "key") == Some("preserve_client_ip.enabled"));
        match (set.and_then(|one| look::text(one, "value")), group.kind) {
            (Some("true"), _) | (None, "instance") => Seen::Client,
            (Some(_), _) | (None, _) => Seen::Balancer,
        }
    }

    /// A classic load balancer
    /// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-security-groups.html>).
    fn classic(&mut self, balancer: &'a Resource, addresses: &BTreeMap<(Text, Text), Vec<IpAddr>>) {
        let instances = match look::texts(look::of(balancer, "instances").list(), "instance_id") {
            Known::Read(instances) => instances,
            Known::Unread(note) => {
                self.problem(&balancer.uid, "instances", note.clone());
                self.network.blind.push(note);
                Vec::new()
            }
        };
        let list = match look::of(balancer, "listener_descriptions").list() {
            Known::Read(list) => list,
            Known::Unread(note) => {
                self.problem(&balancer.uid, "listener_descriptions", note.clone());
                self.network.blind.push(note);
                &[]
            }
        };
        let mut listeners = Vec::new();
        for (at, description) in list.iter().enumerate() {
            let place = format!("listener_descriptions[{at}].listener");
            let port = |key: &str| match look::look(description, &format!("listener.{key}")).int() {
                Known::Read(port) => port.and_then(|port| u16::try_from(port).ok()),
                Known::Unread(_) => None,
            };
            let (Some(front), Some(back)) = (port("load_balancer_port"), port("instance_port")) else {
                self.problem(&balancer.uid, &place, "the ports of the listener are not known");
                continue;
            };
            let forward = |instance: &Text| Forward {
                group: look::node(balancer),
                to: ForwardTo::Endpoint(instance.clone()),
                services: ServiceSet::tcp(back),
                seen: Seen::Balancer,
                proof: proof(
                    balancer,
                    "instances",
                    format!("forwards to {instance} on port {back}"),
                ),
            };
            listeners.push(Listener {
                node: look::node(balancer),
                services: ServiceSet::tcp(front),
                forwards: instances.iter().map(forward).collect(),
                proof: proof(balancer, &place, format!("listens on tcp {front}")),
            });
        }
        let filters = look::texts(look::of(balancer, "security_groups").list(), "");
        let (ipv4, ipv6) = self.public(balancer);
        let listens = listeners
            .iter()
            .fold(ServiceSet::empty(), |all, one| all.union(&one.services));
        let subnets = match look::texts(look::of(balancer, "subnets").list(), "") {
            Known::Read(subnets) => subnets.into_iter().map(Known::Read).collect(),
            Known::Unread(note) => vec![Known::Unread(note)],
        };
        for subnet in subnets {
            let key = match &subnet {
                Known::Read(subnet) => (balancer.name.clone(), subnet.clone()),
                Known::Unread(_) => (balancer.name.clone(), Text::default()),
            };
            let private = addresses.get(&key).cloned().unwrap_or_default();
            let endpoint = endpoint(balancer, &balancer.uid, subnet, &filters, private);
            self.network.endpoints.push(Endpoint {
                account: self.network.account.clone(),
                ipv4: ipv4.clone(),
                ipv6: ipv6.clone(),
                listens: listens.clone(),
                ..endpoint
            });
        }
        self.network.balancers.push(Balancer {
            node: look::node(balancer),
            listeners,
            firewall: None,
        });
    }
}

fn endpoint(
    balancer: &Resource,
    id: &Text,
    subnet: Known<Text>,
    filters: &Known<Vec<Text>>,
    private: Vec<IpAddr>,
) -> Endpoint {
    Endpoint {
        node: look::node(balancer),
        id: id.clone(),
        account: Text::default(),
        kind: EndpointKind::Balancer,
        subnet,
        filters: filters.clone(),
        private,
        ipv4: Public::No,
        ipv6: Public::No,
        listens: ServiceSet::empty(),
        condition: None,
    }
}

/// The services of a listener's or target group's protocol on a port.
fn ports(protocol: &str, port: u16) -> ServiceSet {
    let udp = || ServiceSet::ports(UDP, port, port);
    match protocol {
        "UDP" | "QUIC" => udp(),
        "TCP_UDP" | "TCP_QUIC" => udp().union(&ServiceSet::tcp(port)),
        _ => ServiceSet::tcp(port),
    }
}

/// The ARN of a function without the version or alias that may follow it.
fn unqualified(arn: &str) -> Text {
    let parts: Vec<&str> = arn.split(':').take(7).collect();
    parts.join(":").into()
}
