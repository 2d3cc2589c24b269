//! Instances and network interfaces.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::proof;
use super::look;
use crate::address::AddressSet;
use crate::model::{Endpoint, EndpointKind, Known, Public};
use crate::service::ServiceSet;

/// Kinds of interfaces that belong to something that is modelled by itself, or that nothing connects to.
const NOT_ENDPOINTS: [&str; 9] = [
    "nat_gateway",
    "lambda",
    "vpc_endpoint",
    "transit_gateway",
    "network_load_balancer",
    "load_balancer",
    "gateway_load_balancer",
    "gateway_load_balancer_endpoint",
    "global_accelerator_managed",
];

/// How descriptions of interfaces begin that services make, with the types that model their users.
const MADE_BY: [(&str, &[&str]); 6] = [
    ("ELB ", &["aws_lb", "aws_elb"]),
    ("RDSNetworkInterface", &["aws_db_instance"]),
    ("RedshiftNetworkInterface", &["aws_redshift_cluster"]),
    ("ElastiCache ", &["aws_elasticache_cluster"]),
    ("ES ", &["aws_opensearch_domain"]),
    ("Amazon EKS ", &["aws_eks_cluster"]),
];

impl<'a> Builder<'a> {
    pub(super) fn machines(&mut self) {
        let mut machines = BTreeSet::new();
        for instance in self.all("aws_ec2_instance") {
            let Some(id) = self.id(instance, "instance_id") else {
                continue;
            };
            machines.insert(id.clone());
            self.instance(instance, &id);
        }
        let mounted: BTreeSet<Text> = self
            .all("aws_efs_mount_target")
            .iter()
            .filter_map(|target| look::text(target.document(), "network_interface_id"))
            .map(Text::from)
            .collect();
        let tasks = self.tasks();
        for interface in self.all("aws_network_interface") {
            let Some(id) = self.id(interface, "network_interface_id") else {
                continue;
            };
            let document = interface.document();
            let instance = look::text(document, "attachment.instance_id");
            // Nothing listens behind an interface that nothing uses.
            let unused = look::text(document, "status") == Some("available");
            if unused
                || mounted.contains(&id)
                || instance.is_some_and(|id| machines.contains(id))
                || self.modelled(interface)
            {
                continue;
            }
            let task = tasks.get(&id).copied();
            let mut endpoint = self.interface(interface, document, "", id, EndpointKind::Interface);
            if let Some(task) = task {
                endpoint.node = look::node(task);
            }
            self.network.endpoints.push(endpoint);
        }
    }

    /// The container tasks by their network interfaces, which they name among their attachments
    /// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Attachment.html>).
    fn tasks(&self) -> BTreeMap<Text, &'a Resource> {
        let mut tasks = BTreeMap::new();
        for task in self.all("aws_ecs_task") {
            let attachments = look::of(task, "attachments").list();
            let Known::Read(attachments) = attachments else {
                continue;
            };
            for attachment in attachments {
                let Known::Read(details) = look::look(attachment, "details").list() else {
                    continue;
                };
                let interface = details
                    .iter()
                    .find(|detail| look::text(detail, "name") == Some("networkInterfaceId"))
                    .and_then(|detail| look::text(detail, "value"));
                if let Some(interface) = interface {
                    tasks.insert(Text::from(interface), task);
                }
            }
        }
        tasks
    }

    fn instance(&mut self, instance: &'a Resource, id: &Text) {
        let document = instance.document();
        let state = look::text(document, "state.name");
        // It is still told of for an hour: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html
        if matches!(state, Some("shutting-down" | "terminated")) {
            return;
        }
        let stopped = matches!(state, Some("stopped" | "stopping"));
        let condition = stopped.then(|| Text::new_static("the instance is started"));
        let interfaces = match look::of(instance, "network_interfaces").elements() {
            Known::Read(interfaces) => interfaces,
            Known::Unread(note) => {
                self.network.endpoints.push(self.unread(instance, id, &note));
                return;
            }
        };
        let first = self.network.endpoints.len();
        for (at, interface) in interfaces.iter().enumerate() {
            let place = format!("network_interfaces[{at}].");
            let mut endpoint = self.interface(instance, interface, &place, id.clone(), EndpointKind::Machine);
            endpoint.ipv4 = self.declared_public(interface, id, endpoint.ipv4);
            self.network.endpoints.push(endpoint);
        }
        if interfaces.is_empty() && look::text(document, "subnet_id").is_some() {
            let endpoint = self.plain(instance, id);
            self.network.endpoints.push(endpoint);
        }
        for endpoint in self.network.endpoints.iter_mut().skip(first) {
            endpoint.condition.clone_from(&condition);
        }
    }

    /// Whether the user of an interface is modelled from a document of its own.
    fn modelled(&self, interface: &Resource) -> bool {
        let document = interface.document();
        if look::text(document, "interface_type").is_some_and(|kind| NOT_ENDPOINTS.contains(&kind)) {
            return true;
        }
        let description = look::text(document, "description").unwrap_or_default();
        MADE_BY
            .iter()
            .filter(|(start, _)| description.starts_with(start))
            .any(|(_, types)| {
                types
                    .iter()
                    .all(|one| look::listed(self.coverage, one, &interface.region).is_ok())
            })
    }

    /// An endpoint from an interface, alone or inside an instance
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>).
    fn interface(
        &mut self,
        resource: &Resource,
        interface: &Value,
        place: &str,
        id: Text,
        kind: EndpointKind,
    ) -> Endpoint {
        let (private, public) = self.addresses(resource, interface, place);
        let ipv6 = self.ipv6(resource, interface, place);
        // The switch drops what comes from internet gateways at this interface.
        let denied = look::look(interface, "deny_all_igw_traffic").bool() == Known::Read(Some(true));
        let (ipv4, ipv6) = if denied {
            (Public::No, (ipv6.0, Public::No))
        } else {
            (public, ipv6)
        };
        Endpoint {
            node: look::node(resource),
            id,
            account: self.network.account.clone(),
            kind,
            subnet: subnet(interface, resource),
            filters: look::texts(look::look(interface, "groups").list(), "group_id"),
            private: private.into_iter().chain(ipv6.0).collect(),
            ipv4,
            ipv6: ipv6.1,
            listens: ServiceSet::all(),
            condition: None,
        }
    }

    fn addresses(&mut self, resource: &Resource, interface: &Value, place: &str) -> (Vec<IpAddr>, Public) {
        let list = match look::look(interface, "private_ip_addresses").elements() {
            Known::Read(list) => list,
            Known::Unread(note) => return (Vec::new(), Public::Unread(note)),
        };
        let mut private = Vec::new();
        let mut public = shown_public(
            resource,
            interface,
            &format!("{place}association.public_ip"),
            "association.public_ip",
        );
        for (at, one) in list.iter().enumerate() {
            match look::text(one, "private_ip_address").map(str::parse) {
                Some(Ok(address)) => private.push(address),
                Some(Err(_)) => self.problem(&resource.uid, place, "a private address is not an address"),
                None => {}
            }
            let attribute = format!("{place}private_ip_addresses[{at}].association.public_ip");
            match shown_public(resource, one, &attribute, "association.public_ip") {
                Public::No => {}
                found @ (Public::Yes(_) | Public::Unread(_)) => {
                    if !matches!(public, Public::Yes(_)) {
                        public = found;
                    }
                }
            }
        }
        if list.is_empty() {
            private.extend(
                look::text(interface, "private_ip_address").and_then(|text| text.parse::<IpAddr>().ok()),
            );
        }
        (private, public)
    }

    fn ipv6(&self, resource: &Resource, interface: &Value, place: &str) -> (Vec<IpAddr>, Public) {
        let texts = match look::texts(look::look(interface, "ipv6_addresses").list(), "ipv6_address") {
            Known::Read(texts) => texts,
            Known::Unread(note) => return (Vec::new(), Public::Unread(note)),
        };
        let mut addresses = Vec::new();
        let mut public = Public::No;
        for (at, text) in texts.iter().enumerate() {
            // Code tells that there is an address, but not which: then the text is no address, and any of the internet's will do.
            let address = text.parse::<IpAddr>().ok();
            addresses.extend(address);
            if public == Public::No && address.is_none_or(|address| AddressSet::internet().has(address)) {
                let attribute = format!("{place}ipv6_addresses[{at}]");
                let detail = match address {
                    Some(address) => format!("has public address {address}"),
                    None => format!("gets a public address ({text})"),
                };
                public = Public::Yes(proof(resource, &attribute, detail));
            }
        }
        (addresses, public)
    }

    /// An instance whose document tells its first interface only.
    fn plain(&mut self, instance: &Resource, id: &Text) -> Endpoint {
        let document = instance.document();
        let ipv6 = look::text(document, "ipv6_address").and_then(|text| text.parse::<IpAddr>().ok());
        let ipv6_public = match ipv6.filter(|address| AddressSet::internet().has(*address)) {
            Some(address) => Public::Yes(proof(
                instance,
                "ipv6_address",
                format!("has public address {address}"),
            )),
            None => Public::No,
        };
        let private = look::text(document, "private_ip_address").and_then(|text| text.parse().ok());
        Endpoint {
            node: look::node(instance),
            id: id.clone(),
            account: self.network.account.clone(),
            kind: EndpointKind::Machine,
            subnet: subnet(document, instance),
            filters: look::texts(look::look(document, "security_groups").list(), "group_id"),
            private: private.into_iter().chain(ipv6).collect(),
            ipv4: shown_public(instance, document, "public_ip_address", "public_ip_address"),
            ipv6: ipv6_public,
            listens: ServiceSet::all(),
            condition: None,
        }
    }

    fn unread(&self, instance: &Resource, id: &Text, note: &Text) -> Endpoint {
        Endpoint {
            node: look::node(instance),
            id: id.clone(),
            account: self.network.account.clone(),
            kind: EndpointKind::Machine,
            subnet: Known::Unread(note.clone()),
            filters: Known::Unread(note.clone()),
            private: Vec::new(),
            ipv4: Public::Unread(note.clone()),
            ipv6: Public::Unread(note.clone()),
            listens: ServiceSet::all(),
            condition: None,
        }
    }
}

fn subnet(value: &Value, resource: &Resource) -> Known<Text> {
    match look::look(value, "subnet_id").text() {
        Known::Read(Some(id)) => Known::Read(id.into()),
        Known::Read(None) => Known::Unread(format!("the subnet of `{}` is not known", resource.name).into()),
        Known::Unread(note) => Known::Unread(note),
    }
}

fn shown_public(resource: &Resource, value: &Value, attribute: &str, path: &str) -> Public {
    match look::look(value, path).text() {
        Known::Read(Some(address)) if !address.is_empty() => Public::Yes(proof(
            resource,
            attribute,
            match address.parse::<IpAddr>() {
                Ok(address) => format!("has public address {address}"),
                // Code tells that there will be one.
                Err(_) => format!("gets a public address ({address})"),
            },
        )),
        Known::Read(_) => Public::No,
        Known::Unread(note) => Public::Unread(note),
    }
}
