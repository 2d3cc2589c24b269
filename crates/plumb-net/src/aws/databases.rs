//! Databases, warehouses, caches and search domains.

use std::collections::BTreeSet;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::filters::proof;
use super::look;
use crate::model::{Endpoint, EndpointKind, Known, Public};
use crate::service::{ServiceSet, TCP};

/// Where something stands that has a place in one or all of several subnets.
pub(super) struct Place {
    pub(super) subnets: Known<Vec<Text>>,
    pub(super) filters: Known<Vec<Text>>,
    pub(super) public: Public,
    pub(super) kind: EndpointKind,
    pub(super) listens: ServiceSet,
    /// Why it may not stand in each of the subnets, when there are several.
    pub(super) alternative: Option<&'static str>,
}

impl<'a> Builder<'a> {
    pub(super) fn databases(&mut self) {
        for instance in self.all("aws_db_instance") {
            let port = port(instance, &["endpoint.port", "db_instance_port"]);
            let zone = look::text(instance.document(), "availability_zone");
            let subnets = match look::of(instance, "db_subnet_group.subnets") {
                // Code names the group alone.
                look::Look::Absent => self.named_subnets(
                    instance,
                    "db_subnet_group.db_subnet_group_name",
                    "aws_db_subnet_group",
                    "db_subnet_group_name",
                    zone,
                ),
                found @ (look::Look::Value(..) | look::Look::Unread(_)) => {
                    self.group_subnets(found.list(), zone)
                }
            };
            let place = Place {
                subnets,
                filters: vpc_groups(instance),
                public: publicly_accessible(instance),
                kind: EndpointKind::Database,
                listens: port,
                alternative: Some("the database runs in this one of its subnets"),
            };
            self.stand(instance, place);
        }
        self.clusters();
        self.warehouses();
        self.caches();
        self.searches();
    }

    /// Clusters of databases are reached through their instances.
    fn clusters(&mut self) {
        let instances = self.all("aws_db_instance");
        for cluster in self.all("aws_rds_cluster") {
            let members = match look::texts(
                look::of(cluster, "db_cluster_members").list(),
                "db_instance_identifier",
            ) {
                Known::Read(names) => names,
                Known::Unread(_) => Vec::new(),
            };
            let of_cluster = |one: &&&Resource| members.contains(&one.name) && one.region == cluster.region;
            let mut public = publicly_accessible(cluster);
            for instance in instances.iter().filter(of_cluster) {
                if !matches!(public, Public::Yes(_)) {
                    match publicly_accessible(instance) {
                        Public::No => {}
                        found @ (Public::Yes(_) | Public::Unread(_)) => public = found,
                    }
                }
            }
            let zones: BTreeSet<&str> = instances
                .iter()
                .filter(of_cluster)
                .filter_map(|one| look::text(one.document(), "availability_zone"))
                .collect();
            let zone = zones.iter().next().copied().filter(|_| zones.len() == 1);
            let place = Place {
                subnets: self.named_subnets(
                    cluster,
                    "db_subnet_group",
                    "aws_db_subnet_group",
                    "db_subnet_group_name",
                    zone,
                ),
                filters: vpc_groups(cluster),
                public,
                kind: EndpointKind::Database,
                listens: port(cluster, &["port"]),
                alternative: Some("the cluster has an instance in this one of its subnets"),
            };
            self.stand(cluster, place);
        }
    }

    /// Redshift (<https://docs.aws.amazon.com/redshift/latest/mgmt/managing-cluster-cross-vpc.html>).
    fn warehouses(&mut self) {
        for cluster in self.all("aws_redshift_cluster") {
            let zone = look::text(cluster.document(), "availability_zone");
            let place = Place {
                subnets: self.named_subnets(
                    cluster,
                    "cluster_subnet_group_name",
                    "aws_redshift_subnet_group",
                    "cluster_subnet_group_name",
                    zone,
                ),
                filters: vpc_groups(cluster),
                public: publicly_accessible(cluster),
                kind: EndpointKind::Database,
                listens: port(cluster, &["endpoint.port"]),
                alternative: Some("the cluster runs in this one of its subnets"),
            };
            self.stand(cluster, place);
        }
    }

    /// ElastiCache has no public addresses
    /// (<https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/accessing-elasticache.html>).
    fn caches(&mut self) {
        for cluster in self.all("aws_elasticache_cluster") {
            let zone = look::text(cluster.document(), "preferred_availability_zone")
                .filter(|zone| *zone != "Multiple");
            let mut listens = port(cluster, &["configuration_endpoint.port"]);
            if let Known::Read(nodes) = look::of(cluster, "cache_nodes").list()
                && let Some(Known::Read(Some(number))) =
                    nodes.first().map(|node| look::look(node, "endpoint.port").int())
                && let Ok(number) = u16::try_from(number)
            {
                listens = ServiceSet::tcp(number);
            }
            let place = Place {
                subnets: self.named_subnets(
                    cluster,
                    "cache_subnet_group_name",
                    "aws_elasticache_subnet_group",
                    "cache_subnet_group_name",
                    zone,
                ),
                filters: look::texts(look::of(cluster, "security_groups").list(), "security_group_id"),
                public: Public::No,
                kind: EndpointKind::Database,
                listens,
                alternative: Some("the cache has a node in this one of its subnets"),
            };
            self.stand(cluster, place);
        }
        for cache in self.all("aws_elasticache_serverless_cache") {
            let place = Place {
                subnets: look::texts(look::of(cache, "subnet_ids").list(), ""),
                filters: look::texts(look::of(cache, "security_group_ids").list(), ""),
                public: Public::No,
                kind: EndpointKind::Database,
                listens: port(cache, &["endpoint.port"]),
                alternative: None,
            };
            self.stand(cache, place);
        }
    }

    /// OpenSearch domains stand in a VPC, or answer everybody whom the access policy lets in, which is a matter of permission
    /// (<https://docs.aws.amazon.com/opensearch-service/latest/developerguide/vpc.html>).
    fn searches(&mut self) {
        let web = ServiceSet::tcp(443).union(&ServiceSet::tcp(80));
        for domain in self.all("aws_opensearch_domain") {
            let subnets = look::texts(look::of(domain, "vpc_options.subnet_ids").list(), "");
            if subnets == Known::Read(Vec::new()) {
                continue;
            }
            let place = Place {
                subnets,
                filters: look::texts(look::of(domain, "vpc_options.security_group_ids").list(), ""),
                public: Public::No,
                kind: EndpointKind::Database,
                listens: web.clone(),
                alternative: None,
            };
            self.stand(domain, place);
        }
    }

    /// Adds one endpoint for each subnet.
    pub(super) fn stand(&mut self, resource: &Resource, place: Place) {
        let (subnets, condition) = match place.subnets {
            Known::Read(subnets) if subnets.is_empty() => {
                let note = format!("the subnets of `{}` are not known", resource.name);
                (vec![Known::Unread(note.into())], None)
            }
            Known::Read(subnets) => {
                let several = subnets.len() > 1;
                let condition = place.alternative.filter(|_| several).map(Text::new_static);
                (subnets.into_iter().map(Known::Read).collect(), condition)
            }
            Known::Unread(note) => (vec![Known::Unread(note)], None),
        };
        for subnet in subnets {
            self.network.endpoints.push(Endpoint {
                node: look::node(resource),
                id: resource.uid.clone(),
                account: self.network.account.clone(),
                kind: place.kind,
                subnet,
                filters: place.filters.clone(),
                private: Vec::new(),
                ipv4: place.public.clone(),
                ipv6: Public::No,
                listens: place.listens.clone(),
                condition: condition.clone(),
            });
        }
    }

    /// The subnets of a subnet group that a resource names.
    fn named_subnets(
        &self,
        resource: &Resource,
        attribute: &str,
        kind: &str,
        key: &str,
        zone: Option<&str>,
    ) -> Known<Vec<Text>> {
        let Some(name) = look::text(resource.document(), attribute) else {
            return Known::Unread(format!("the subnet group of `{}` is not known", resource.name).into());
        };
        let group = self
            .all(kind)
            .into_iter()
            .find(|group| group.region == resource.region && look::text(group.document(), key) == Some(name));
        match group {
            Some(group) => self.group_subnets(look::of(group, "subnets").list(), zone),
            None => Known::Unread(format!("subnet group `{name}` was not read").into()),
        }
    }

    /// The subnets of a subnet group, those of one availability zone where that is known.
    fn group_subnets(&self, list: Known<&[Value]>, zone: Option<&str>) -> Known<Vec<Text>> {
        let list = match list {
            Known::Read(list) => list,
            Known::Unread(note) => return Known::Unread(note),
        };
        let named = |wanted: Option<&str>| {
            let here = |one: &&Value| {
                let stands = look::text(one, "subnet_availability_zone.name");
                wanted.is_none() || stands == wanted
            };
            let ids = list
                .iter()
                .filter(here)
                .filter_map(|one| look::text(one, "subnet_identifier"));
            ids.map(Text::from).collect::<Vec<Text>>()
        };
        let in_zone = named(zone);
        Known::Read(if in_zone.is_empty() { named(None) } else { in_zone })
    }
}

fn vpc_groups(resource: &Resource) -> Known<Vec<Text>> {
    look::texts(
        look::of(resource, "vpc_security_groups").list(),
        "vpc_security_group_id",
    )
}

/// A public address follows from the switch
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html>).
fn publicly_accessible(resource: &Resource) -> Public {
    match look::of(resource, "publicly_accessible").bool() {
        Known::Read(Some(true)) => {
            Public::Yes(proof(resource, "publicly_accessible", "has a public address"))
        }
        Known::Read(_) => Public::No,
        Known::Unread(note) => Public::Unread(note),
    }
}

/// The port at the first of some paths that has one; every TCP port when it is not known.
fn port(resource: &Resource, paths: &[&str]) -> ServiceSet {
    let port = paths
        .iter()
        .find_map(|path| match look::of(resource, path).int() {
            Known::Read(port) => port
                .filter(|port| *port > 0)
                .and_then(|port| u16::try_from(port).ok()),
            Known::Unread(_) => None,
        });
    port.map_or_else(|| ServiceSet::protocol(TCP), ServiceSet::tcp)
}
