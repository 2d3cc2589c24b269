//! Load balancers: application, network and classic.

use std::collections::BTreeMap;
use std::net::IpAddr;

use plumb_model::resource::Resource;
use plumb_model::value::Text;

use super::Builder;
use super::filters::proof;
use super::look;
use crate::address::AddressSet;
use crate::model::{
    Action, Balancer, Endpoint, EndpointKind, Filter, Forward, ForwardTo, Known, Listener, Memory, Peers,
    Public, Rule, Seen,
};
use crate::service::{ServiceSet, TCP, UDP};

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
                look::Look::Value(acl, _) => {
                    let name = look::text(acl, "name").unwrap_or("a web ACL");
                    Some(proof(
                        balancer,
                        "web_acl",
                        format!("has the web ACL {name} look at requests first"),
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
        let groups = self.joined_groups("load_balancer_names", &balancer.name);
        let instances: Vec<Text> = instances
            .into_iter()
            .chain(groups.iter().map(|group| group.uid.clone()))
            .collect();
        let list = match look::of(balancer, "listener_descriptions").elements() {
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
                let note = format!("the ports of {place} of `{}` are not known", balancer.name);
                self.problem(&balancer.uid, &place, note.clone());
                self.network.blind.push(note.into());
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
