//! The nodes that declared groups of an EKS cluster will start; they stand as the group itself.

use plumb_model::resource::Resource;
use plumb_model::value::Text;

use super::Builder;
use super::filters::proof;
use super::look::{self, Look};
use super::starting::{Start, Starter, subnets};
use crate::address::AddressSet;
use crate::model::{Action, Filter, Known, Memory, Peers, Rule};
use crate::service::ServiceSet;

/// The port of SSH.
const SSH: u16 = 22;

impl<'a> Builder<'a> {
    /// Puts the nodes of each declared group into its subnets.
    pub(super) fn declared_nodes(&mut self) {
        if !self.coverage.declared_only {
            return;
        }
        for group in self.all("aws_eks_node_group") {
            let mut starts = Vec::new();
            let mut unread = Vec::new();
            match self.node_template(group) {
                Ok(start) => starts.push(start),
                Err(note) => unread.push(note),
            }
            let filters = match self.node_filters(group) {
                Ok(filters) => Some(filters),
                Err(note) => {
                    unread.push(note);
                    None
                }
            };
            let mut subnets = subnets(group, "subnets");
            if subnets.is_empty() {
                let note = format!("the subnets of `{}` are not known", group.name);
                subnets.push(Known::Unread(note.into()));
            }
            self.start(&Starter {
                resource: group,
                starts: if filters.is_some() { starts } else { Vec::new() },
                unread,
                subnets,
                filters,
            });
        }
    }

    /// The template of a group, or the group itself where it names none.
    fn node_template(&self, group: &'a Resource) -> Result<Start<'a>, Text> {
        let specification = match look::of(group, "launch_template") {
            Look::Absent => {
                return Ok(Start {
                    resource: group,
                    within: None,
                });
            }
            Look::Value(specification, _) => specification,
            Look::Unread(note) => return Err(note),
        };
        let text = |path: &'static str| match look::look(specification, path).text() {
            Known::Read(text) => Ok(text),
            Known::Unread(note) => Err(note),
        };
        self.template(&group.region, [text("id")?, text("name")?], text("version")?)
    }

    /// The groups of nodes whose template names none: that of the cluster
    /// (<https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html>) and, where there is a key for SSH, one
    /// that EKS makes for it (<https://docs.aws.amazon.com/eks/latest/APIReference/API_RemoteAccessConfig.html>).
    fn node_filters(&mut self, group: &'a Resource) -> Result<Vec<Text>, Text> {
        const OWN: &str = "resources_vpc_config.cluster_security_group_id";
        let name = look::text(group.document(), "cluster_name");
        let is_meant = |one: &&Resource| {
            one.region == group.region && look::text(one.document(), "cluster_name") == name
        };
        let cluster = name.and_then(|_| self.all("aws_eks_cluster").into_iter().find(is_meant));
        let Some(own) = cluster.and_then(|cluster| look::text(cluster.document(), OWN)) else {
            return Err(format!(
                "the security group of the cluster of `{}` was not read",
                group.name
            )
            .into());
        };
        let mut filters = vec![Text::from(own)];
        filters.extend(self.remote_access(group)?);
        Ok(filters)
    }

    fn remote_access(&mut self, group: &'a Resource) -> Result<Option<Text>, Text> {
        const SOURCES: &str = "remote_access.source_security_groups";
        match look::of(group, "remote_access.ec2_ssh_key").text() {
            Known::Read(None) => return Ok(None),
            Known::Read(Some(_)) => {}
            Known::Unread(note) => return Err(note),
        }
        let rule = |attribute: &str, peers: Peers, services: ServiceSet, detail: &str| Rule {
            action: Action::Allow,
            peers,
            services,
            proof: proof(group, attribute, detail),
        };
        let ssh = || ServiceSet::tcp(SSH);
        let inbound = match look::texts(look::of(group, SOURCES).list(), "") {
            Known::Read(sources) if sources.is_empty() => {
                let detail = "has a key for SSH and names nobody, so that everybody is let in";
                let everybody = Peers::Addresses(AddressSet::full());
                vec![rule("remote_access.ec2_ssh_key", everybody, ssh(), detail)]
            }
            Known::Read(sources) => sources
                .into_iter()
                .map(|one| {
                    rule(
                        SOURCES,
                        Peers::Members(one),
                        ssh(),
                        "lets members of a group in by SSH",
                    )
                })
                .collect(),
            Known::Unread(note) => return Err(note),
        };
        let outbound = vec![rule(
            "",
            Peers::Addresses(AddressSet::full()),
            ServiceSet::all(),
            "sends anywhere",
        )];
        let filter = Filter {
            node: look::node(group),
            memory: Memory::Stateful,
            inbound: Known::Read(inbound),
            outbound: Known::Read(outbound),
        };
        let id = Text::from(format!("{} remote access", group.uid));
        self.network.filters.insert(id.clone(), filter);
        Ok(Some(id))
    }
}
