//! Instances that something declared will start: from a template or configuration, in one of several subnets.

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::proof;
use super::look::{self, Look};
use crate::model::{Endpoint, EndpointKind, Known, Public};
use crate::service::ServiceSet;

/// What instances are started from.
#[derive(Clone, Copy)]
pub(super) struct Start<'a> {
    /// The version of a template, a launch configuration, or what starts instances by its own settings.
    pub(super) resource: &'a Resource,
    /// Where the settings stand; nowhere if it leaves all of them to the cloud.
    pub(super) within: Option<&'static str>,
}

/// What starts instances, as which they stand.
pub(super) struct Starter<'a> {
    pub(super) resource: &'a Resource,
    /// Of several of them, each instance is started from one.
    pub(super) starts: Vec<Start<'a>>,
    /// Why there may be others to start from.
    pub(super) unread: Vec<Text>,
    /// Its subnets, each of which may be unknown.
    pub(super) subnets: Vec<Known<Text>>,
    /// The filters where settings name none; those of the network where there are none either.
    pub(super) filters: Option<Vec<Text>>,
}

impl<'a> Builder<'a> {
    /// Puts the instances into their subnets.
    pub(super) fn start(&mut self, starter: &Starter<'a>) {
        let mut endpoints = Vec::new();
        for subnet in &starter.subnets {
            for start in &starter.starts {
                endpoints.extend(self.started(starter, *start, subnet));
            }
            let unread = starter.unread.iter();
            endpoints.extend(unread.map(|note| self.unread_start(starter, subnet, note)));
        }
        let condition = match (starter.subnets.len(), starter.starts.len() + starter.unread.len()) {
            (..=1, ..=1) => None,
            (_, ..=1) => Some("an instance of the group runs in this one of its subnets"),
            (..=1, _) => Some("an instance of the group is started from this one of its templates"),
            (_, _) => Some(
                "an instance of the group is started from this one of its templates in this one of its subnets",
            ),
        };
        for endpoint in &mut endpoints {
            endpoint.condition = condition.map(Text::new_static);
        }
        self.network.endpoints.extend(endpoints);
    }

    /// The version of a template that something names by identifier or name: code makes one of each.
    pub(super) fn template(
        &self,
        region: &str,
        names: [Option<&str>; 2],
        version: Option<&str>,
    ) -> Result<Start<'a>, Text> {
        let is_meant = |one: &&'a Resource| {
            let known = ["launch_template_id", "launch_template_name"];
            let known = known.map(|path| look::text(one.document(), path));
            let mut named = names.iter().flatten();
            one.region == region && named.any(|name| known.contains(&Some(*name)))
        };
        let shown = names.iter().flatten().next().copied().unwrap_or_default();
        let Some(found) = self.all("aws_launch_template_version").into_iter().find(is_meant) else {
            return Err(format!("launch template `{shown}` was not read").into());
        };
        let number = look::of(found, "version_number").int();
        match version {
            None | Some("$Latest" | "$Default") => {}
            Some(version) if number == Known::Read(version.parse().ok()) => {}
            Some(version) => {
                return Err(format!("version {version} of launch template `{shown}` was not read").into());
            }
        }
        Ok(Start {
            resource: found,
            within: Some("launch_template_data"),
        })
    }

    /// The interfaces of an instance that is started in a subnet.
    fn started(&self, starter: &Starter<'_>, start: Start<'_>, subnet: &Known<Text>) -> Vec<Endpoint> {
        let settings = match start.within.map(|within| look::of(start.resource, within)) {
            Some(Look::Value(settings, _)) => settings,
            Some(Look::Absent) | None => &Value::Null,
            Some(Look::Unread(note)) => return vec![self.unread_start(starter, subnet, &note)],
        };
        match look::look(settings, "network_interfaces").elements() {
            Known::Read([]) => vec![self.interface_of(starter, start, ("", settings), subnet)],
            Known::Read(interfaces) => interfaces
                .iter()
                .enumerate()
                .map(|(at, one)| {
                    let place = format!("network_interfaces[{at}].");
                    self.interface_of(starter, start, (&place, one), subnet)
                })
                .collect(),
            Known::Unread(note) => vec![self.unread_start(starter, subnet, &note)],
        }
    }

    /// An interface by what settings say of it, and by what its subnet decides where they are silent
    /// (<https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-in-vpc.html>).
    fn interface_of(
        &self,
        starter: &Starter<'_>,
        start: Start<'_>,
        (place, said): (&str, &Value),
        subnet: &Known<Text>,
    ) -> Endpoint {
        let gives = |name: &str| {
            let attribute = match start.within {
                Some("") | None => format!("{place}{name}"),
                Some(within) => format!("{within}.{place}{name}"),
            };
            Public::Yes(proof(
                start.resource,
                &attribute,
                "gives its instances public addresses",
            ))
        };
        let subnet_id = match subnet {
            Known::Read(id) => Some(id.as_str()),
            Known::Unread(_) => None,
        };
        const PUBLIC: &str = "associate_public_ip_address";
        let ipv4 = match look::look(said, PUBLIC).bool() {
            Known::Read(Some(true)) => gives(PUBLIC),
            Known::Read(Some(false)) => Public::No,
            Known::Read(None) => self.given_by_subnet(subnet_id, "map_public_ip_on_launch"),
            Known::Unread(note) => Public::Unread(note),
        };
        let count = look::look(said, "ipv6_address_count").int();
        let listed = look::look(said, "ipv6_addresses").elements();
        let ipv6 = match (count, listed) {
            (Known::Read(Some(count)), _) if count > 0 => gives("ipv6_address_count"),
            (_, Known::Read([_, ..])) => gives("ipv6_addresses"),
            (Known::Read(Some(_)), _) => Public::No,
            (Known::Read(None), Known::Read([])) => {
                self.given_by_subnet(subnet_id, "assign_ipv6_address_on_creation")
            }
            (Known::Unread(note), _) | (_, Known::Unread(note)) => Public::Unread(note),
        };
        Endpoint {
            subnet: subnet.clone(),
            filters: self.filters_of(starter, said, subnet_id),
            ipv4,
            ipv6,
            ..self.blank(starter.resource)
        }
    }

    /// The security groups that settings name, else those of what starts, else the default one of the network
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>).
    fn filters_of(&self, starter: &Starter<'_>, said: &Value, subnet: Option<&str>) -> Known<Vec<Text>> {
        for path in ["groups", "security_group_ids", "security_groups"] {
            match look::texts(look::look(said, path).list(), "") {
                Known::Read(groups) if groups.is_empty() => {}
                found @ (Known::Read(_) | Known::Unread(_)) => return found,
            }
        }
        if let Some(filters) = &starter.filters {
            return Known::Read(filters.clone());
        }
        let is_meant = |one: &&Resource| look::text(one.document(), "subnet_id") == subnet;
        let network = subnet
            .and_then(|_| self.all("aws_subnet").into_iter().find(is_meant))
            .and_then(|one| look::text(one.document(), "vpc_id"));
        let is_default = |one: &&Resource| {
            look::text(one.document(), "vpc_id") == network
                && look::text(one.document(), "group_name") == Some("default")
        };
        let default = network
            .and_then(|_| self.all("aws_security_group").into_iter().find(is_default))
            .and_then(|one| look::text(one.document(), "group_id"));
        match default {
            Some(group) => Known::Read(vec![group.into()]),
            None => Known::Unread(Text::new_static("the default group of its network was not read")),
        }
    }

    /// An instance of which the settings are not known.
    fn unread_start(&self, starter: &Starter<'_>, subnet: &Known<Text>, note: &Text) -> Endpoint {
        Endpoint {
            subnet: subnet.clone(),
            filters: Known::Unread(note.clone()),
            ipv4: Public::Unread(note.clone()),
            ipv6: Public::Unread(note.clone()),
            ..self.blank(starter.resource)
        }
    }

    /// An instance of which nothing is said.
    fn blank(&self, starter: &Resource) -> Endpoint {
        Endpoint {
            node: look::node(starter),
            id: starter.uid.clone(),
            account: self.network.account.clone(),
            kind: EndpointKind::Machine,
            subnet: Known::Read(Text::default()),
            filters: Known::Read(Vec::new()),
            private: Vec::new(),
            ipv4: Public::No,
            ipv6: Public::No,
            listens: ServiceSet::all(),
            condition: None,
        }
    }
}

/// The subnets in a list of their identifiers, each of which may be unknown; none where none is named.
pub(super) fn subnets(starter: &Resource, attribute: &str) -> Vec<Known<Text>> {
    let named = match look::of(starter, attribute).elements() {
        Known::Read(named) => named,
        Known::Unread(note) => return vec![Known::Unread(note)],
    };
    let subnet = |one: &Value| match (look::unread(one), one.as_str()) {
        (Some(note), _) => Known::Unread(note),
        (None, Some(id)) => Known::Read(id.into()),
        (None, None) => Known::Unread(Text::new_static("a subnet is named by no text")),
    };
    named.iter().map(subnet).collect()
}
