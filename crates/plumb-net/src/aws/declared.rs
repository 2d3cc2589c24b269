//! What applying code will make of machines that it declares: public addresses, and the tasks of services.

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::databases::Place;
use super::filters::proof;
use super::look::{self, Look};
use crate::model::{Endpoint, EndpointKind, Known, Public};
use crate::service::ServiceSet;

/// Where a service puts its tasks (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html>).
const PLACED: &str = "network_configuration.awsvpc_configuration";

/// A target that registers itself when what code declares starts.
pub(super) struct DeclaredTarget {
    /// The uid by which its endpoints are named.
    pub(super) endpoints: Text,
    /// Its own port; that of the target group where there is none.
    pub(super) port: Known<Option<i64>>,
}

impl<'a> Builder<'a> {
    /// The tasks that declared services will run in networks; they stand as the service itself.
    pub(super) fn declared_tasks(&mut self) {
        for service in self.all("aws_ecs_service") {
            let placed = look::look(service.document(), PLACED);
            if !self.coverage.declared_only || matches!(placed, Look::Absent) {
                continue;
            }
            const GIVES: &str = "network_configuration.awsvpc_configuration.assign_public_ip";
            let public = match look::of(service, GIVES).text() {
                Known::Read(Some("ENABLED")) => {
                    Public::Yes(proof(service, GIVES, "gives its tasks public addresses"))
                }
                Known::Read(_) => Public::No,
                Known::Unread(note) => Public::Unread(note),
            };
            let list = |key: &str| {
                let path = format!("{PLACED}.{key}");
                look::texts(look::of(service, &path).list(), "")
            };
            let place = Place {
                subnets: list("subnets"),
                filters: list("security_groups"),
                public,
                kind: EndpointKind::Interface,
                listens: ServiceSet::all(),
                alternative: Some("a task of the service runs in this one of its subnets"),
            };
            self.stand(service, place);
        }
    }

    /// The declared services whose tasks will register with a target group.
    pub(super) fn declared_targets(&self, group: &str) -> Vec<DeclaredTarget> {
        let mut targets = Vec::new();
        for service in self.all("aws_ecs_service") {
            let Known::Read(balancers) = look::of(service, "load_balancers").list() else {
                continue;
            };
            let joined = balancers.iter().filter(|one| {
                self.coverage.declared_only && look::text(one, "target_group_arn") == Some(group)
            });
            targets.extend(joined.map(|one| DeclaredTarget {
                endpoints: service.uid.clone(),
                port: look::look(one, "container_port").int(),
            }));
        }
        targets
    }

    /// Whether a declared interface will have a public IPv4 address, where `told` is what its own arguments say: an
    /// Elastic IP gives it one in any case, else the subnet does or does not where the arguments leave it open
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-ip-addressing.html>).
    pub(super) fn declared_public(&self, interface: &Value, id: &Text, told: Public) -> Public {
        if !self.coverage.declared_only || matches!(told, Public::Yes(_)) {
            return told;
        }
        if let Some(address) = self.declared_address(id) {
            return Public::Yes(proof(
                address,
                "instance_id",
                "gives the instance a public address".to_owned(),
            ));
        }
        match look::look(interface, "association") {
            Look::Absent => {
                self.given_by_subnet(look::text(interface, "subnet_id"), "map_public_ip_on_launch")
            }
            Look::Value(..) | Look::Unread(_) => told,
        }
    }

    /// The interfaces that an instance of code is started with, where code declares them by themselves.
    pub(super) fn declared_interfaces(&self, instance: &'a Resource) -> Vec<Text> {
        let Known::Read(interfaces) = look::of(instance, "network_interfaces").elements() else {
            return Vec::new();
        };
        let known = interfaces.iter().filter_map(|one| self.declared_by(one));
        let ids = known.filter_map(|one| look::text(one.document(), "network_interface_id"));
        ids.map(Text::from).collect()
    }

    /// The interface that an instance of code names, and that code declares by itself.
    pub(super) fn declared_by(&self, interface: &Value) -> Option<&'a Resource> {
        const ID: &str = "network_interface_id";
        let named = look::text(interface, ID).filter(|_| self.coverage.declared_only)?;
        let mut all = self.all("aws_network_interface").into_iter();
        all.find(|one| look::text(one.document(), ID) == Some(named))
    }

    /// An instance where an interface of its own stands, which has a public address by an Elastic IP alone
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-instance-addressing.html>).
    pub(super) fn declared_interface(
        &mut self,
        machine: &Resource,
        interface: &Resource,
        id: &Text,
    ) -> Endpoint {
        let bound = |address: &&Resource| {
            let document = address.document();
            let own = look::text(interface.document(), "network_interface_id");
            look::text(document, "network_interface_id").is_some_and(|id| Some(id) == own)
                || look::text(document, "instance_id") == look::text(machine.document(), "instance_id")
        };
        let address = self.all("aws_eip").into_iter().find(bound);
        let public = address.map(|address| {
            Public::Yes(proof(
                address,
                "network_interface_id",
                "gives the interface a public address",
            ))
        });
        let endpoint = self.interface(
            interface,
            interface.document(),
            "",
            id.clone(),
            EndpointKind::Machine,
        );
        Endpoint {
            node: look::node(machine),
            ipv4: public.unwrap_or(endpoint.ipv4),
            ..endpoint
        }
    }

    /// The filters of the first interface, with those that code attaches to it: these stand with the instance.
    pub(super) fn declared_filters(&self, instance: &Resource, own: Known<Vec<Text>>) -> Known<Vec<Text>> {
        if !self.coverage.declared_only {
            return own;
        }
        let attached = look::texts(look::of(instance, "security_groups").list(), "group_id");
        match (own, attached) {
            (Known::Read(own), Known::Read(attached)) => {
                let mut all: Vec<Text> = own.into_iter().chain(attached).collect();
                all.sort();
                all.dedup();
                Known::Read(all)
            }
            (unread @ Known::Unread(_), _) | (Known::Read(_), unread @ Known::Unread(_)) => unread,
        }
    }

    /// The Elastic IP that code binds to an instance.
    fn declared_address(&self, instance: &Text) -> Option<&Resource> {
        self.all("aws_eip")
            .into_iter()
            .find(|address| look::text(address.document(), "instance_id") == Some(instance))
    }

    /// Whether a subnet gives what starts in it a public address, by one of its switches.
    pub(super) fn given_by_subnet(&self, subnet: Option<&str>, switch: &str) -> Public {
        let Some(id) = subnet else {
            return Public::Unread(Text::new_static(
                "the subnet that gives public addresses is not known",
            ));
        };
        let is_meant = |subnet: &&Resource| look::text(subnet.document(), "subnet_id") == Some(id);
        let Some(subnet) = self.all("aws_subnet").into_iter().find(is_meant) else {
            return Public::Unread(
                format!("whether subnet `{id}` gives public addresses was not read").into(),
            );
        };
        match look::of(subnet, switch).bool() {
            Known::Read(Some(true)) => Public::Yes(proof(
                subnet,
                switch,
                "gives what starts in it a public address".to_owned(),
            )),
            Known::Read(Some(false) | None) => Public::No,
            Known::Unread(note) => Public::Unread(note),
        }
    }
}
