//! A small estate that tests change one document at a time.

use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Reason, Unreadable, Value};
use plumb_net::address::Width;
use plumb_net::aws::READS;
use plumb_net::estate::Estate;
use plumb_net::model::AccountNetwork;
use plumb_net::reach::Certainty;
use plumb_net::report::{Exposure, Parsed, Source};
use serde_json::{Value as Json, json};

pub(crate) const REGION: &str = "eu-west-1";

/// Documents of one account by name; the name is the uid.
#[derive(Clone)]
pub(crate) struct Net {
    pub(crate) account: &'static str,
    documents: Vec<(String, &'static str, Json)>,
    pub(crate) coverage: Coverage,
}

impl Net {
    /// No documents, everything read.
    pub(crate) fn empty(account: &'static str) -> Self {
        let collected = READS.iter().map(|(kind, facts)| CollectedType {
            resource_type: (*kind).into(),
            facts: facts.iter().map(|fact| (*fact).into()).collect(),
            regions: vec![REGION.into()],
        });
        let coverage = Coverage {
            collected: collected.collect(),
            ..Coverage::default()
        };
        Self {
            account,
            documents: Vec::new(),
            coverage,
        }
    }

    /// VPC `vpc-1` (10.0.0.0/16) with the public subnet `sub-a` (10.0.1.0/24) and the private one `sub-b` (10.0.2.0/24,
    /// behind a NAT gateway), both under the open ACL `acl-1`; the instance `web` in `sub-a` with a public address and
    /// security group `sg-web` (443 from everywhere), the instance `app` in `sub-b` with `sg-app` (8080 from `sg-web`).
    pub(crate) fn new() -> Self {
        let mut net = Self::empty("111");
        net.put(
            "settings",
            "aws_ec2_region_settings",
            json!({"vpc_block_public_access": {"internet_gateway_block_mode": "off"}}),
        );
        net.vpc("vpc-1", "10.0.0.0/16");
        net.put(
            "igw-1",
            "aws_internet_gateway",
            json!({"attachments": [{"vpc_id": "vpc-1", "state": "available"}]}),
        );
        net.subnet("sub-a", "vpc-1", "10.0.1.0/24");
        net.subnet("sub-b", "vpc-1", "10.0.2.0/24");
        net.table(
            "rt-a",
            "vpc-1",
            &["sub-a"],
            json!([local("10.0.0.0/16"), to("0.0.0.0/0", "gateway_id", "igw-1"),
            {"destination_ipv6_cidr_block": "::/0", "gateway_id": "igw-1", "state": "active"}]),
        );
        net.put(
            "rt-main",
            "aws_route_table",
            json!({"route_table_id": "rt-main", "vpc_id": "vpc-1", "associations": [{"main": true}],
            "routes": [local("10.0.0.0/16"), to("0.0.0.0/0", "nat_gateway_id", "nat-1")]}),
        );
        net.put(
            "nat-1",
            "aws_nat_gateway",
            json!({"vpc_id": "vpc-1", "subnet_id": "sub-a", "connectivity_type": "public"}),
        );
        net.acl("acl-1", "vpc-1", &["sub-a", "sub-b"], open_acl());
        net.group("sg-web", "vpc-1", json!([tcp(443, "0.0.0.0/0")]));
        net.group("sg-app", "vpc-1", json!([tcp_from(8080, "sg-web")]));
        net.instance("web", "sub-a", "10.0.1.10", Some("198.51.100.10"), &["sg-web"]);
        net.instance("app", "sub-b", "10.0.2.10", None, &["sg-app"]);
        net
    }

    /// Puts a document, in place of one with the same name. Its identifier is its name where it has none.
    pub(crate) fn put(&mut self, name: &str, kind: &'static str, mut document: Json) -> &mut Self {
        let key = match kind {
            "aws_vpc" => "vpc_id",
            "aws_subnet" => "subnet_id",
            "aws_internet_gateway" => "internet_gateway_id",
            "aws_egress_only_internet_gateway" => "egress_only_internet_gateway_id",
            "aws_nat_gateway" => "nat_gateway_id",
            "aws_vpn_gateway" => "vpn_gateway_id",
            "aws_route_table" => "route_table_id",
            "aws_network_acl" => "network_acl_id",
            "aws_security_group" => "group_id",
            "aws_ec2_instance" => "instance_id",
            "aws_network_interface" => "network_interface_id",
            "aws_ec2_managed_prefix_list" => "prefix_list_id",
            "aws_vpc_peering_connection" => "vpc_peering_connection_id",
            "aws_ec2_transit_gateway" => "transit_gateway_id",
            "aws_ec2_transit_gateway_attachment" => "transit_gateway_attachment_id",
            "aws_ec2_transit_gateway_route_table" => "transit_gateway_route_table_id",
            "aws_lb" => "load_balancer_arn",
            "aws_lb_target_group" => "target_group_arn",
            _ => "test_id",
        };
        if document.get(key).is_none() {
            document[key] = json!(name);
        }
        self.documents.retain(|(other, _, _)| other != name);
        self.documents.push((name.to_owned(), kind, document));
        self
    }

    pub(crate) fn drop(&mut self, name: &str) -> &mut Self {
        let before = self.documents.len();
        self.documents.retain(|(other, _, _)| other != name);
        assert!(self.documents.len() < before, "{name} is not there");
        self
    }

    /// Sets one attribute of a document.
    pub(crate) fn set(&mut self, name: &str, attribute: &str, value: Json) -> &mut Self {
        let document = self
            .documents
            .iter_mut()
            .find(|(other, _, _)| other == name)
            .unwrap();
        document.2[attribute] = value;
        self
    }

    pub(crate) fn vpc(&mut self, name: &str, cidr: &str) -> &mut Self {
        self.put(name, "aws_vpc", json!({"cidr_block": cidr}))
    }

    pub(crate) fn subnet(&mut self, name: &str, vpc: &str, cidr: &str) -> &mut Self {
        self.put(name, "aws_subnet", json!({"vpc_id": vpc, "cidr_block": cidr}))
    }

    pub(crate) fn table(&mut self, name: &str, vpc: &str, subnets: &[&str], routes: Json) -> &mut Self {
        let associations: Vec<Json> = subnets
            .iter()
            .map(|subnet| json!({"subnet_id": subnet}))
            .collect();
        self.put(
            name,
            "aws_route_table",
            json!({"vpc_id": vpc, "associations": associations, "routes": routes}),
        )
    }

    pub(crate) fn acl(&mut self, name: &str, vpc: &str, subnets: &[&str], entries: Json) -> &mut Self {
        let associations: Vec<Json> = subnets
            .iter()
            .map(|subnet| json!({"subnet_id": subnet}))
            .collect();
        self.put(
            name,
            "aws_network_acl",
            json!({"vpc_id": vpc, "associations": associations, "entries": entries}),
        )
    }

    pub(crate) fn group(&mut self, name: &str, vpc: &str, permissions: Json) -> &mut Self {
        let all = json!([{"ip_protocol": "-1", "ip_ranges": [{"cidr_ip": "0.0.0.0/0"}], "ipv6_ranges": [{"cidr_ipv6": "::/0"}]}]);
        self.put(
            name,
            "aws_security_group",
            json!({"vpc_id": vpc, "ip_permissions": permissions, "ip_permissions_egress": all}),
        )
    }

    pub(crate) fn instance(
        &mut self,
        name: &str,
        subnet: &str,
        ip: &str,
        public: Option<&str>,
        groups: &[&str],
    ) -> &mut Self {
        let groups: Vec<Json> = groups.iter().map(|group| json!({"group_id": group})).collect();
        let mut address = json!({"private_ip_address": ip, "primary": true});
        if let Some(public) = public {
            address["association"] = json!({"public_ip": public});
        }
        self.put(name, "aws_ec2_instance", json!({"state": {"name": "running"}, "network_interfaces": [
            {"subnet_id": subnet, "groups": groups, "private_ip_addresses": [address], "ipv6_addresses": []}]}))
    }

    /// Marks a type as not listed.
    pub(crate) fn denied(&mut self, kind: &str) -> &mut Self {
        self.documents.retain(|(_, other, _)| *other != kind);
        self.coverage.gaps.push(Gap {
            resource_type: kind.into(),
            attribute: None,
            region: REGION.into(),
            unreadable: Unreadable::new(Reason::Denied),
            count: 1,
        });
        self
    }

    pub(crate) fn read(&self) -> Parsed<AccountNetwork> {
        let resources: Vec<Resource> = self
            .documents
            .iter()
            .map(|(name, kind, document)| {
                let attributes: Map = serde_json::from_value(document.clone()).unwrap();
                Resource::new(
                    name.as_str(),
                    *kind,
                    name.as_str(),
                    self.account,
                    REGION,
                    attributes,
                )
            })
            .collect();
        let account = Account::new(Provider::Aws, self.account);
        AccountNetwork::read(&account, &resources.iter().collect::<Vec<_>>(), &self.coverage)
    }

    pub(crate) fn estate(&self) -> Estate {
        Estate::new(vec![self.read().value])
    }

    /// The exposures of a resource, one a line; `-` when it has none.
    pub(crate) fn exposed(&self, name: &str) -> String {
        exposed(&self.estate(), name)
    }

    /// What `from` reaches of `to`: `tcp 8080 certain`, or `-`.
    pub(crate) fn lateral(&self, from: &str, to: &str) -> String {
        lateral(&self.estate(), from, to)
    }

    /// What a resource reaches on the internet.
    pub(crate) fn egress(&self, name: &str) -> String {
        let estate = self.estate();
        let lines: Vec<String> = estate
            .groups_of(name)
            .into_iter()
            .flat_map(|group| estate.egress(group))
            .map(|egress| format!("{} {}", ports(&egress.services), certainty(&egress.certainty)))
            .collect();
        joined(lines)
    }
}

pub(crate) fn exposed(estate: &Estate, name: &str) -> String {
    let exposures = estate.exposure_of(name).map_or(&[][..], |found| found.exposures);
    joined(exposures.iter().map(line).collect())
}

pub(crate) fn lateral(estate: &Estate, from: &str, to: &str) -> String {
    let (from, to) = (estate.groups_of(from), estate.groups_of(to));
    let reach = estate.group_reach();
    let lines = reach
        .reach
        .iter()
        .filter(|reach| from.contains(&reach.from) && to.contains(&reach.to))
        .map(|reach| format!("{} {}", ports(&reach.services), certainty(&reach.certainty)))
        .collect();
    joined(lines)
}

/// `internet tcp 443 certain`, `203.0.113.0/24 tcp 22 possible`.
fn line(exposure: &Exposure) -> String {
    let from = match &exposure.from {
        Source::Internet {
            width: Width::Wide,
            prefixes,
        } => format!("wide {}", prefixes.join("+")),
        Source::Internet { prefixes, .. } => prefixes.join("+"),
        Source::Service(name) => format!("service {name}"),
        Source::Account(id) => format!("account {id}"),
        Source::Network(prefixes) => format!("network {}", prefixes.join("+")),
        Source::OnPremises => "premises".to_owned(),
    };
    format!(
        "{from} {} {}",
        ports(&exposure.services),
        certainty(&exposure.certainty)
    )
}

fn ports(services: &[plumb_net::service::PortRange]) -> String {
    services
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

fn certainty(certainty: &Certainty) -> &'static str {
    match certainty {
        Certainty::Certain => "certain",
        Certainty::Conditional(_) => "conditional",
        Certainty::Possible(_) => "possible",
    }
}

fn joined(lines: Vec<String>) -> String {
    if lines.is_empty() {
        "-".to_owned()
    } else {
        lines.join("\n")
    }
}

pub(crate) fn unreadable() -> Json {
    serde_json::to_value(Value::unreadable(Unreadable::new(Reason::Denied))).unwrap()
}

pub(crate) fn tcp(port: u16, cidr: &str) -> Json {
    tcp_range(port, port, cidr)
}

pub(crate) fn tcp_range(from: u16, to: u16, cidr: &str) -> Json {
    let (list, key) = if cidr.contains(':') {
        ("ipv6_ranges", "cidr_ipv6")
    } else {
        ("ip_ranges", "cidr_ip")
    };
    json!({"ip_protocol": "tcp", "from_port": from, "to_port": to, list: [{key: cidr}]})
}

pub(crate) fn tcp_from(port: u16, group: &str) -> Json {
    json!({"ip_protocol": "tcp", "from_port": port, "to_port": port, "user_id_group_pairs": [{"group_id": group}]})
}

pub(crate) fn tcp_list(port: u16, list: &str) -> Json {
    json!({"ip_protocol": "tcp", "from_port": port, "to_port": port, "prefix_list_ids": [{"prefix_list_id": list}]})
}

pub(crate) fn to(cidr: &str, key: &str, id: &str) -> Json {
    json!({"destination_cidr_block": cidr, key: id, "state": "active", "origin": "CreateRoute"})
}

pub(crate) fn local(cidr: &str) -> Json {
    to(cidr, "gateway_id", "local")
}

/// One entry of a network ACL: `entry(100, "in", "allow", "6", Some((80, 80)), "0.0.0.0/0")`.
pub(crate) fn entry(
    number: i64,
    way: &str,
    action: &str,
    protocol: &str,
    ports: Option<(u16, u16)>,
    cidr: &str,
) -> Json {
    let key = if cidr.contains(':') {
        "ipv6_cidr_block"
    } else {
        "cidr_block"
    };
    let mut entry = json!({"rule_number": number, "egress": way == "out", "rule_action": action, "protocol": protocol, key: cidr});
    if let Some((from, to)) = ports {
        entry["port_range"] = json!({"from": from, "to": to});
    }
    entry
}

pub(crate) fn open_acl() -> Json {
    json!([
        entry(100, "in", "allow", "-1", None, "0.0.0.0/0"),
        entry(101, "in", "allow", "-1", None, "::/0"),
        entry(32767, "in", "deny", "-1", None, "0.0.0.0/0"),
        entry(100, "out", "allow", "-1", None, "0.0.0.0/0"),
        entry(101, "out", "allow", "-1", None, "::/0"),
        entry(32767, "out", "deny", "-1", None, "0.0.0.0/0"),
    ])
}
