//! Functions, file shares, clusters and private entries to services.

use plumb_model::resource::Resource;
use plumb_model::value::Text;

use super::Builder;
use super::databases::Place;
use super::filters::proof;
use super::look;
use crate::address::AddressSet;
use crate::model::{EndpointKind, EntryWay, Known, Peers, Public, PublicService, ServiceEntry};
use crate::service::{ServiceSet, TCP};

/// The port of NFS.
const NFS: u16 = 2049;

impl<'a> Builder<'a> {
    pub(super) fn services(&mut self) {
        self.functions();
        self.file_shares();
        self.kubernetes();
        self.entries_to_services();
    }

    /// A function in a VPC opens connections and accepts none
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>).
    fn functions(&mut self) {
        for function in self.all("aws_lambda_function") {
            let subnets = look::texts(look::of(function, "vpc_config.subnet_ids").list(), "");
            if subnets == Known::Read(Vec::new()) {
                continue;
            }
            let place = Place {
                subnets,
                filters: look::texts(look::of(function, "vpc_config.security_group_ids").list(), ""),
                public: Public::No,
                kind: EndpointKind::Function,
                listens: ServiceSet::empty(),
                alternative: None,
            };
            self.stand(function, place);
        }
    }

    /// EFS mount targets answer on NFS (<https://docs.aws.amazon.com/efs/latest/ug/network-access.html>).
    fn file_shares(&mut self) {
        for target in self.all("aws_efs_mount_target") {
            let place = Place {
                subnets: one_text(target, "subnet_id"),
                filters: look::texts(look::fact(target, self.coverage, "security_groups").list(), ""),
                public: Public::No,
                kind: EndpointKind::FileShare,
                listens: ServiceSet::tcp(NFS),
                alternative: None,
            };
            self.stand(target, place);
        }
    }

    /// The API of an EKS cluster is public, private or both
    /// (<https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html>).
    fn kubernetes(&mut self) {
        const CONFIG: &str = "resources_vpc_config";
        for cluster in self.all("aws_eks_cluster") {
            let at = |path: &str| format!("{CONFIG}.{path}");
            let public = look::of(cluster, &at("endpoint_public_access")).bool();
            let peers = match public {
                Known::Read(Some(true)) => Some(self.cluster_clients(cluster, &at("public_access_cidrs"))),
                Known::Read(_) => None,
                Known::Unread(note) => Some(Peers::Unread(note)),
            };
            if let Some(peers) = peers {
                self.network.public_services.push(PublicService {
                    node: look::node(cluster),
                    peers,
                    services: ServiceSet::tcp(443),
                    proof: proof(
                        cluster,
                        &at("public_access_cidrs"),
                        "offers its API at a public address",
                    ),
                });
            }
            let groups = look::texts(look::of(cluster, &at("security_group_ids")).list(), "");
            let own = look::text(cluster.document(), &at("cluster_security_group_id"));
            let filters = match groups {
                Known::Read(mut groups) => {
                    groups.extend(own.map(Text::from));
                    Known::Read(groups)
                }
                Known::Unread(note) => Known::Unread(note),
            };
            let place = Place {
                subnets: look::texts(look::of(cluster, &at("subnet_ids")).list(), ""),
                filters,
                public: Public::No,
                kind: EndpointKind::Cluster,
                listens: ServiceSet::tcp(443),
                alternative: None,
            };
            self.stand(cluster, place);
        }
    }

    /// Without a list of prefixes everybody is admitted.
    fn cluster_clients(&mut self, cluster: &Resource, path: &str) -> Peers {
        let texts = match look::texts(look::of(cluster, path).list(), "") {
            Known::Read(texts) if texts.is_empty() => return Peers::Addresses(AddressSet::full()),
            Known::Read(texts) => texts,
            Known::Unread(note) => return Peers::Unread(note),
        };
        let mut addresses = AddressSet::empty();
        for text in texts {
            match AddressSet::parse(&text) {
                Some(block) => addresses = addresses.union(&block),
                None => {
                    let note = format!("`{text}` is not an address prefix");
                    self.problem(&cluster.uid, path, note.clone());
                    return Peers::Unread(note.into());
                }
            }
        }
        Peers::Addresses(addresses)
    }

    /// Endpoints of PrivateLink: gateways, which subnets reach by their route tables, and interfaces, which have addresses
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>,
    /// <https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html>).
    fn entries_to_services(&mut self) {
        for entry in self.all("aws_vpc_endpoint") {
            let way = match look::text(entry.document(), "vpc_endpoint_type") {
                Some("Gateway") => {
                    EntryWay::Tables(look::texts(look::of(entry, "route_table_ids").list(), ""))
                }
                Some("Interface") => EntryWay::Addresses,
                Some(_) | None => continue,
            };
            let by_address = matches!(way, EntryWay::Addresses);
            self.network.entries.push(ServiceEntry {
                node: look::node(entry),
                id: look::text(entry.document(), "vpc_endpoint_id")
                    .unwrap_or(&entry.uid)
                    .into(),
                network: match look::of(entry, "vpc_id").text() {
                    Known::Read(Some(network)) => Known::Read(network.into()),
                    Known::Read(None) => Known::Unread("its network is not known".into()),
                    Known::Unread(note) => Known::Unread(note),
                },
                way,
            });
            if !by_address {
                continue;
            }
            let place = Place {
                subnets: look::texts(look::of(entry, "subnet_ids").list(), ""),
                filters: look::texts(look::of(entry, "groups").list(), "group_id"),
                public: Public::No,
                kind: EndpointKind::ServiceEntry,
                listens: ServiceSet::protocol(TCP),
                alternative: None,
            };
            self.stand(entry, place);
        }
    }
}

fn one_text(resource: &Resource, path: &str) -> Known<Vec<Text>> {
    match look::of(resource, path).text() {
        Known::Read(text) => Known::Read(text.map(Text::from).into_iter().collect()),
        Known::Unread(note) => Known::Unread(note),
    }
}
