//! Building the model of an AWS account from its resource documents.

mod balancers;
mod databases;
mod declared;
mod filters;
mod links;
mod look;
mod machines;
mod networks;
mod nodes;
mod ports;
mod routes;
mod scaling;
mod services;
mod starting;
mod targets;

use std::collections::BTreeMap;

use plumb_model::account::{Account, Provider};
use plumb_model::coverage::Coverage;
use plumb_model::resource::Resource;
use plumb_model::value::Text;

use crate::model::AccountNetwork;
use crate::report::{Parsed, Problem};

/// The resource types that the model reads, each with the attributes that need a call of their own. What a scan leaves
/// out of these is not known, and reach that depends on it is reported as possible.
pub const READS: &[(&str, &[&str])] = &[
    ("aws_vpc", &[]),
    ("aws_subnet", &[]),
    ("aws_route_table", &[]),
    ("aws_network_acl", &[]),
    ("aws_security_group", &[]),
    ("aws_ec2_managed_prefix_list", &["entries"]),
    ("aws_internet_gateway", &[]),
    ("aws_egress_only_internet_gateway", &[]),
    ("aws_nat_gateway", &[]),
    ("aws_vpn_gateway", &[]),
    ("aws_vpc_peering_connection", &[]),
    ("aws_ec2_transit_gateway", &[]),
    ("aws_ec2_transit_gateway_attachment", &[]),
    ("aws_ec2_transit_gateway_route_table", &["routes"]),
    ("aws_ec2_region_settings", &["vpc_block_public_access"]),
    ("aws_vpc_block_public_access_exclusion", &[]),
    ("aws_vpc_endpoint", &[]),
    ("aws_network_interface", &[]),
    ("aws_ec2_instance", &[]),
    ("aws_ecs_task", &["description"]),
    ("aws_lb", &["web_acl"]),
    ("aws_lb_listener", &[]),
    ("aws_lb_listener_rule", &[]),
    ("aws_lb_target_group", &["attributes", "targets"]),
    ("aws_elb", &[]),
    ("aws_db_instance", &[]),
    ("aws_rds_cluster", &[]),
    ("aws_db_subnet_group", &[]),
    ("aws_lambda_function", &[]),
    ("aws_efs_mount_target", &["security_groups"]),
    ("aws_eks_cluster", &[]),
    ("aws_redshift_cluster", &[]),
    ("aws_redshift_subnet_group", &[]),
    ("aws_opensearch_domain", &[]),
    ("aws_elasticache_cluster", &[]),
    ("aws_elasticache_serverless_cache", &[]),
    ("aws_elasticache_subnet_group", &[]),
];

/// What is read besides of code that is not applied yet, where no interface has its addresses.
const READ_OF_CODE: [&str; 6] = [
    "aws_eip",
    "aws_ecs_service",
    "aws_autoscaling_group",
    "aws_launch_template_version",
    "aws_launch_configuration",
    "aws_eks_node_group",
];

/// Types whose resources can open a way to others: while they are not read, nothing is certainly unexposed.
const OPENERS: [&str; 5] = [
    "aws_lb",
    "aws_lb_listener",
    "aws_lb_listener_rule",
    "aws_lb_target_group",
    "aws_elb",
];

/// The most problems that are kept of one account.
const MAX_PROBLEMS: usize = 10_000;

impl AccountNetwork {
    /// Reads the network of one account from its resources. Nothing borrowed remains.
    pub fn read(account: &Account, resources: &[&Resource], coverage: &Coverage) -> Parsed<Self> {
        match account.provider {
            Provider::Aws => Builder::read(account, resources, coverage),
            Provider::Azure | Provider::Gcp => Parsed {
                value: Self {
                    account: account.id.clone(),
                    blind: vec![format!("networks of {} are not modelled", account.provider.title()).into()],
                    ..Self::default()
                },
                problems: Vec::new(),
            },
        }
    }
}

/// What the parts of the builder share.
struct Builder<'a> {
    coverage: &'a Coverage,
    by_type: BTreeMap<&'a str, Vec<&'a Resource>>,
    network: AccountNetwork,
    problems: Vec<Problem>,
}

impl<'a> Builder<'a> {
    fn read(account: &Account, resources: &[&'a Resource], coverage: &'a Coverage) -> Parsed<AccountNetwork> {
        let mut builder = Builder {
            coverage,
            by_type: BTreeMap::new(),
            network: AccountNetwork {
                account: account.id.clone(),
                ..AccountNetwork::default()
            },
            problems: Vec::new(),
        };
        builder.index(resources);
        builder.blind();
        builder.prefix_lists_and_filters();
        builder.networks();
        builder.links();
        builder.machines();
        builder.declared_tasks();
        builder.declared_groups();
        builder.declared_nodes();
        builder.balancers();
        builder.databases();
        builder.services();
        builder.problems.sort();
        builder.problems.dedup();
        Parsed {
            value: builder.network,
            problems: builder.problems,
        }
    }

    /// Sorts the resources by type and uid; of equal uids the first stays.
    fn index(&mut self, resources: &[&'a Resource]) {
        let of_code = self.coverage.declared_only;
        let wanted = |name: &str| {
            READS.iter().any(|(read, _)| *read == name) || of_code && READ_OF_CODE.contains(&name)
        };
        // Those of one type mostly stand together.
        for alike in resources.chunk_by(|a, b| a.resource_type == b.resource_type) {
            let name = alike.first().map(|first| first.resource_type.as_str());
            if let Some(name) = name.filter(|name| wanted(name)) {
                self.by_type.entry(name).or_default().extend(alike);
            }
        }
        let mut twice = Vec::new();
        for of_type in self.by_type.values_mut() {
            of_type.sort_by(|a, b| {
                let document = || a.document().total_cmp(b.document());
                a.uid.cmp(&b.uid).then_with(document)
            });
            of_type.dedup_by(|later, first| {
                let same = later.uid == first.uid;
                if same && later.document() != first.document() {
                    twice.push(later.uid.clone());
                }
                same
            });
        }
        for uid in twice {
            self.problem(
                &uid,
                "uid",
                "stands in the snapshot twice with different content; one of them is used",
            );
        }
    }

    /// Notes what could open a way and was not read.
    fn blind(&mut self) {
        let mut regions: Vec<&Text> = self
            .coverage
            .collected
            .iter()
            .flat_map(|one| &one.regions)
            .collect();
        regions.sort();
        regions.dedup();
        let unlisted = |types: &[&str]| {
            let mut notes: Vec<Text> = Vec::new();
            for resource_type in types {
                let listed = |region: &str| look::listed(self.coverage, resource_type, region).err();
                notes.extend(
                    regions
                        .iter()
                        .filter(|region| region.as_str() != "global")
                        .filter_map(|region| listed(region)),
                );
                if regions.is_empty() {
                    notes.extend(listed(""));
                }
            }
            notes.sort();
            notes.dedup();
            notes
        };
        self.network.blind = unlisted(&OPENERS);
        self.network.missing = unlisted(&["aws_vpc", "aws_subnet"]);
    }

    /// The resources of a type, sorted by uid.
    fn all(&self, resource_type: &str) -> Vec<&'a Resource> {
        self.by_type.get(resource_type).cloned().unwrap_or_default()
    }

    fn problem(&mut self, resource: &str, attribute: &str, message: impl Into<Text>) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem {
                resource: resource.into(),
                attribute: attribute.into(),
                message: message.into(),
            });
        }
    }
}
