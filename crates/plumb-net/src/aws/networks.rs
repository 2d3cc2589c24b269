//! VPCs, subnets, route tables, gateways, and the block on public access.

use std::collections::BTreeMap;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::proof;
use super::look;
use crate::address::AddressSet;
use crate::model::{Gateway, GatewayKind, Guard, Known, Network, Subnet, Translation};
use crate::report::Proof;

/// Which table or filter belongs to what.
#[derive(Default)]
pub(super) struct Associations {
    /// By subnet.
    pub(super) explicit: BTreeMap<Text, Text>,
    /// By network: the main route table or the default filter.
    pub(super) main: BTreeMap<Text, Text>,
    /// By network: why not all associations are known.
    pub(super) gaps: BTreeMap<Text, Text>,
}

impl Associations {
    /// Notes that the associations of a table or filter are not known: it may belong to any subnet of its network.
    pub(super) fn unread(&mut self, resource: &Resource, note: &Text) {
        let network = look::text(resource.document(), "vpc_id").unwrap_or_default();
        let note = format!("the associations of `{}`: {note}", resource.name);
        self.gaps.entry(network.into()).or_insert(note.into());
    }
}

impl<'a> Builder<'a> {
    pub(super) fn networks(&mut self) {
        for vpc in self.all("aws_vpc") {
            let Some(id) = self.id(vpc, "vpc_id") else {
                continue;
            };
            let network = Network {
                node: look::node(vpc),
                account: self.owner(vpc),
                addresses: self
                    .blocks(vpc, "cidr_block", "cidr_block_association_set", "cidr_block")
                    .union(&self.blocks(vpc, "", "ipv6_cidr_block_association_set", "ipv6_cidr_block")),
            };
            self.network.networks.insert(id, network);
        }
        self.gateways();
        let tables = self.tables();
        let filters = self.filter_associations();
        for subnet in self.all("aws_subnet") {
            self.subnet(subnet, &tables, &filters);
        }
    }

    /// The account that owns what other accounts can see as well.
    pub(super) fn owner(&self, resource: &Resource) -> Text {
        look::text(resource.document(), "owner_id").map_or_else(|| self.network.account.clone(), Text::from)
    }

    fn subnet(&mut self, subnet: &'a Resource, tables: &Associations, filters: &Associations) {
        let Some(id) = self.id(subnet, "subnet_id") else {
            return;
        };
        let Some(network) = self.id(subnet, "vpc_id") else {
            return;
        };
        let mut belongs = |to: &Associations, kind: &str, noun: &str| {
            if let Some(found) = to.explicit.get(&id) {
                return Known::Read(found.clone());
            }
            // One that was not read may be associated explicitly, so the main one counts only when all were read.
            let gap = to.gaps.get(&network).cloned();
            let why = match (gap, look::listed(self.coverage, kind, &subnet.region)) {
                (Some(note), _) | (None, Err(note)) => format!("the {noun} of subnet `{id}`: {note}"),
                (None, Ok(())) => match to.main.get(&network) {
                    Some(main) => return Known::Read(main.clone()),
                    None => format!("the {noun} of subnet `{id}` is not among those read"),
                },
            };
            self.problem(&subnet.uid, "subnet_id", why.clone());
            Known::Unread(why.into())
        };
        let table = belongs(tables, "aws_route_table", "route table");
        let filter = belongs(filters, "aws_network_acl", "network ACL");
        let account = self.owner(subnet);
        let (guard, guard_proof) = self.guard(subnet, &id, &network, &account);
        let addresses = self.blocks(subnet, "cidr_block", "", "").union(&self.blocks(
            subnet,
            "",
            "ipv6_cidr_block_association_set",
            "ipv6_cidr_block",
        ));
        self.network.subnets.insert(
            id,
            Subnet {
                node: look::node(subnet),
                network,
                account,
                addresses,
                table,
                filter,
                guard,
                guard_proof,
            },
        );
    }

    /// The union of the prefix at `single` and of those in the list at `set`.
    fn blocks(&mut self, resource: &Resource, single: &str, set: &str, key: &str) -> AddressSet {
        let mut addresses = AddressSet::empty();
        let mut texts: Vec<Text> = Vec::new();
        if !single.is_empty() {
            texts.extend(look::text(resource.document(), single).map(Text::from));
        }
        if !set.is_empty()
            && let Known::Read(more) = look::texts(look::of(resource, set).list(), key)
        {
            texts.extend(more);
        }
        for text in texts {
            match AddressSet::parse(&text) {
                Some(block) => addresses = addresses.union(&block),
                None => self.problem(
                    &resource.uid,
                    single,
                    format!("`{text}` is not an address prefix"),
                ),
            }
        }
        addresses
    }

    /// What block public access leaves to a subnet: the region's mode, lifted by exclusions for subnet or VPC. It is a
    /// matter of the account that owns the subnet
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html>).
    fn guard(
        &self,
        subnet: &Resource,
        id: &Text,
        network: &Text,
        owner: &Text,
    ) -> (Known<Guard>, Option<Proof>) {
        const PATH: &str = "vpc_block_public_access.internet_gateway_block_mode";
        let settings = self
            .all("aws_ec2_region_settings")
            .into_iter()
            .find(|one| one.region == subnet.region);
        let own = *owner == self.network.account;
        if own && settings.is_none() && self.coverage.declared_only {
            // It is off in every account until somebody turns it on.
            return (Known::Read(Guard::Open), None);
        }
        let mode = match settings.filter(|_| own) {
            Some(settings) => match look::fact(settings, self.coverage, "vpc_block_public_access") {
                look::Look::Absent => Known::Read(("off", proof(settings, PATH, ""))),
                look::Look::Value(..) => match look::of(settings, PATH).text() {
                    Known::Read(mode) => Known::Read((mode.unwrap_or("off"), proof(settings, PATH, ""))),
                    Known::Unread(note) => Known::Unread(note),
                },
                // Code that speaks of other settings leaves it as it is.
                look::Look::Unread(_) if self.coverage.declared_only => {
                    Known::Read(("off", proof(settings, PATH, "")))
                }
                look::Look::Unread(note) => Known::Unread(note),
            },
            None => Known::Unread(
                format!(
                    "block public access of account `{owner}` in {} was not read",
                    subnet.region
                )
                .into(),
            ),
        };
        // The subnet tells the mode as well, though not whether it is excluded from it.
        const STATE: &str = "block_public_access_states.internet_gateway_block_mode";
        let (mode, shown) = match (mode, look::text(subnet.document(), STATE)) {
            (Known::Read(read), _) => read,
            (Known::Unread(_), Some(mode)) => (mode, proof(subnet, STATE, "")),
            (Known::Unread(note), None) => return (Known::Unread(note), None),
        };
        if mode == "off" {
            return (Known::Read(Guard::Open), None);
        }
        let shown = |detail: String| {
            Some(Proof {
                detail: detail.into(),
                ..shown.clone()
            })
        };
        let excluded = |of: &str| {
            self.all("aws_vpc_block_public_access_exclusion")
                .into_iter()
                .find(|exclusion| {
                    exclusion.region == subnet.region
                        && look::text(exclusion.document(), "resource_arn")
                            .is_some_and(|arn| arn.rsplit('/').next() == Some(of))
                })
        };
        if let Some(exclusion) = excluded(id).or_else(|| excluded(network)) {
            const MODE: &str = "internet_gateway_exclusion_mode";
            return match look::text(exclusion.document(), MODE) {
                Some("allow-bidirectional") => {
                    let detail = format!("lifts block public access for subnet {id}");
                    (Known::Read(Guard::Open), Some(proof(exclusion, MODE, detail)))
                }
                Some("allow-egress") => (
                    Known::Read(Guard::OutboundOnly),
                    Some(proof(exclusion, MODE, "lets out only")),
                ),
                Some(_) | None => {
                    let note = format!("the mode of exclusion `{}` was not read", exclusion.name);
                    (Known::Unread(note.into()), None)
                }
            };
        }
        let kind = "aws_vpc_block_public_access_exclusion";
        if let Err(note) = look::listed(self.coverage, kind, &subnet.region) {
            return (Known::Unread(note), None);
        }
        match mode {
            "block-bidirectional" => (
                Known::Read(Guard::Closed),
                shown("blocks both directions".to_owned()),
            ),
            "block-ingress" => (
                Known::Read(Guard::TranslatedOnly),
                shown("blocks what comes in".to_owned()),
            ),
            other => (
                Known::Unread(format!("`{other}` is not a mode of block public access").into()),
                None,
            ),
        }
    }

    fn filter_associations(&mut self) -> Associations {
        let mut associations = Associations::default();
        for acl in self.all("aws_network_acl") {
            let Some(id) = self.id(acl, "network_acl_id") else {
                continue;
            };
            match look::texts(look::of(acl, "associations").list(), "subnet_id") {
                Known::Read(subnets) => associations
                    .explicit
                    .extend(subnets.into_iter().map(|subnet| (subnet, id.clone()))),
                Known::Unread(note) => associations.unread(acl, &note),
            }
            // Code that is not applied yet associates nobody with the one that comes with the network.
            let is_default = acl.get("is_default").and_then(Value::as_bool) == Some(true);
            if let (true, Some(network)) = (is_default, look::text(acl.document(), "vpc_id")) {
                associations.main.insert(Text::from(network), id);
            }
        }
        associations
    }

    fn gateways(&mut self) {
        let attached = [
            (
                "aws_internet_gateway",
                "internet_gateway_id",
                "attachments",
                GatewayKind::Internet,
            ),
            (
                "aws_egress_only_internet_gateway",
                "egress_only_internet_gateway_id",
                "attachments",
                GatewayKind::OutboundOnly,
            ),
            (
                "aws_vpn_gateway",
                "vpn_gateway_id",
                "vpc_attachments",
                GatewayKind::Site,
            ),
        ];
        for (kind, key, attachments, does) in attached {
            for gateway in self.all(kind) {
                let Some(id) = self.id(gateway, key) else { continue };
                let mut networks = Vec::new();
                match look::of(gateway, attachments).list() {
                    Known::Read(list) => {
                        let gone = ["detaching", "detached"];
                        let here = |one: &&Value| {
                            !look::text(one, "state").is_some_and(|state| gone.contains(&state))
                        };
                        networks.extend(
                            list.iter()
                                .filter(here)
                                .filter_map(|one| look::text(one, "vpc_id"))
                                .map(Text::from),
                        );
                    }
                    // Routes name a gateway that is not among those read, and that is how they are judged.
                    Known::Unread(note) => {
                        self.problem(&gateway.uid, attachments, note);
                        continue;
                    }
                }
                let gateway = Gateway {
                    node: look::node(gateway),
                    kind: does.clone(),
                    networks,
                };
                self.network.gateways.insert(id, gateway);
            }
        }
        for gateway in self.all("aws_nat_gateway") {
            let Some(id) = self.id(gateway, "nat_gateway_id") else {
                continue;
            };
            let document = gateway.document();
            let reach = match look::text(document, "connectivity_type") {
                Some("private") => Translation::Private,
                Some(_) | None => Translation::Public,
            };
            let subnets = look::text(document, "subnet_id")
                .map(Text::from)
                .into_iter()
                .collect();
            let networks = look::text(document, "vpc_id")
                .map(Text::from)
                .into_iter()
                .collect();
            let kind = GatewayKind::Translator { subnets, reach };
            self.network.gateways.insert(
                id,
                Gateway {
                    node: look::node(gateway),
                    kind,
                    networks,
                },
            );
        }
    }
}
