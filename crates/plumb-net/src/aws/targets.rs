//! Listeners of load balancers and the targets that they forward to.

use std::collections::BTreeMap;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::proof;
use super::look;
use crate::model::{Forward, ForwardTo, Known, Listener, Node, Seen};
use crate::service::{ServiceSet, TCP, UDP};

/// The most targets of one load balancer that are read.
const MAX_TARGETS: usize = 100_000;

/// A target group as listeners need it.
pub(super) struct TargetGroup<'a> {
    resource: &'a Resource,
    /// `instance`, `ip`, `lambda` or `alb`.
    kind: &'a str,
    protocol: &'a str,
}

impl<'a> Builder<'a> {
    pub(super) fn target_groups(&self) -> BTreeMap<Text, TargetGroup<'a>> {
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

    pub(super) fn listener(
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
            match look::look(action, "forward_config.target_groups").list() {
                Known::Read(list) => {
                    // A group with weight zero gets no requests.
                    let used = |one: &&Value| look::look(one, "weight").int() != Known::Read(Some(0));
                    arns.extend(
                        list.iter()
                            .filter(used)
                            .filter_map(|one| look::text(one, "target_group_arn")),
                    );
                }
                Known::Unread(note) => {
                    self.problem(&resource.uid, attribute, note.clone());
                    self.network.blind.push(note);
                }
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

    /// Adds tasks of declared services and instances of declared groups, which register when they start; how many there are.
    fn targets_to_come(&mut self, group: &TargetGroup<'a>, kind: &str, forwards: &mut Vec<Forward>) -> usize {
        let before = forwards.len();
        let Some(arn) = look::text(group.resource.document(), "target_group_arn") else {
            return 0;
        };
        let of_group = match look::of(group.resource, "port").int() {
            Known::Read(port) => port,
            Known::Unread(_) => None,
        };
        let mut targets = self.declared_targets(arn);
        targets.extend(self.declared_group_targets(arn));
        for target in targets {
            let port = match target.port {
                Known::Read(port) => port.or(of_group),
                Known::Unread(_) => None,
            };
            let port = port.and_then(|port| u16::try_from(port).ok());
            forwards.push(Forward {
                group: look::node(group.resource),
                to: ForwardTo::Endpoint(target.endpoints),
                services: port.map_or_else(|| ServiceSet::protocol(TCP), |port| ports(group.protocol, port)),
                seen: self.seen(group, kind),
                proof: proof(
                    group.resource,
                    "",
                    "forwards to what registers with it when it starts",
                ),
            });
        }
        forwards.len() - before
    }

    fn targets(&mut self, group: &TargetGroup<'a>, kind: &str, forwards: &mut Vec<Forward>) {
        let resource = group.resource;
        let to_come = self.targets_to_come(group, kind, forwards);
        let targets = match look::fact(resource, self.coverage, "targets").elements() {
            Known::Read(targets) => targets,
            // Code names no other than these.
            Known::Unread(_) if to_come > 0 => return,
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
            if let Some(note) = look::unread(target) {
                self.problem(&resource.uid, &place, note.clone());
                self.network.blind.push(note);
                continue;
            }
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
