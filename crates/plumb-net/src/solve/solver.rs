//! `Solver`: the reach of subnets and groups, each worked out once.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use plumb_model::value::Text;

use super::filters::{self, Resolved};
use super::lateral::Pairs;
use super::routes::{self, Routing};
use super::world::{Group, World};
use crate::model::{Filter, Known, Memory, Node, Peers, RouteTable, Subnet};
use crate::reach::Reach;
use crate::report::{Proof, Step};
use crate::service::ServiceSet;
use crate::traffic::Traffic;

/// Works out reach over a world and remembers what groups share.
pub(crate) struct Solver<'a> {
    pub(crate) world: &'a World,
    borders: BTreeMap<&'a Text, Rc<Border>>,
    tables: BTreeMap<&'a Text, Rc<Routing>>,
    admitted: BTreeMap<Vec<Text>, Rc<Reach>>,
    pub(crate) pairs: Pairs,
    pub(crate) unread_ways: Rc<Vec<UnreadWay<'a>>>,
}

/// A link or hub that was not read, with the networks that route to it.
pub(crate) struct UnreadWay<'a> {
    pub(crate) id: &'a Text,
    pub(crate) networks: BTreeSet<&'a Text>,
}

/// What the filter at the border of a subnet lets through, by the address of the other side.
#[derive(Clone, Debug)]
pub(crate) struct Border {
    /// Connections from there, replies included.
    pub(crate) inward: Reach,
    /// Connections to there, replies included.
    pub(crate) outward: Reach,
}

impl<'a> Solver<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let ways = world
            .by_unread()
            .into_iter()
            .map(|(id, networks)| UnreadWay { id, networks });
        Self {
            world,
            borders: BTreeMap::new(),
            tables: BTreeMap::new(),
            admitted: BTreeMap::new(),
            pairs: Pairs::default(),
            unread_ways: Rc::new(ways.collect()),
        }
    }

    /// The border of a subnet (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-basics.html>).
    pub(crate) fn border(&mut self, id: &'a Text, subnet: &Subnet) -> Rc<Border> {
        if let Some(known) = self.borders.get(id) {
            return Rc::clone(known);
        }
        let border = match &subnet.filter {
            Known::Unread(note) => Border::unknown(note),
            Known::Read(filter) => match filters::read(self.world.filters.get(filter), filter) {
                Known::Unread(note) => Border::unknown(&note),
                Known::Read(filter) => Border::of(filter),
            },
        };
        let border = Rc::new(border);
        self.borders.insert(id, Rc::clone(&border));
        border
    }

    /// The table of a subnet with where it sends packets, or why that is not known.
    pub(crate) fn routing(&mut self, subnet: &'a Subnet) -> Result<(&'a RouteTable, Rc<Routing>), Text> {
        let id = match &subnet.table {
            Known::Read(id) => id,
            Known::Unread(note) => return Err(note.clone()),
        };
        let Some(table) = self.world.tables.get(id) else {
            return Err(format!("route table `{id}` was not read").into());
        };
        let routes = match &table.routes {
            Known::Read(routes) => routes,
            Known::Unread(note) => return Err(note.clone()),
        };
        let routing = self
            .tables
            .entry(id)
            .or_insert_with(|| Rc::new(routes::routing(routes)));
        Ok((table, Rc::clone(routing)))
    }

    /// What the filters of a group let in from outside of its network, by the address of the client.
    pub(crate) fn admitted(&mut self, group: &Group) -> Rc<Reach> {
        let ids = match &group.key.filters {
            Ok(ids) => ids,
            Err(note) => return Rc::new(Reach::unknown(note.clone())),
        };
        if let Some(known) = self.admitted.get(ids) {
            return Rc::clone(known);
        }
        let reach = Rc::new(self.admitted_by(group, &filters::outside));
        self.admitted.insert(ids.clone(), Rc::clone(&reach));
        reach
    }

    /// What the filters of a group let in when the peers of their rules stand for what `resolve` says.
    pub(crate) fn admitted_by(&self, group: &Group, resolve: &impl Fn(&Peers) -> Resolved) -> Reach {
        self.by_filters(group, |filter| filters::passes(&filter.inbound, resolve))
    }

    /// What the filters of a group let out.
    pub(crate) fn sent_by(&self, group: &Group, resolve: &impl Fn(&Peers) -> Resolved) -> Reach {
        self.by_filters(group, |filter| filters::passes(&filter.outbound, resolve))
    }

    fn by_filters(&self, group: &Group, passes: impl Fn(&Filter) -> Reach) -> Reach {
        match &group.key.filters {
            Ok(ids) => filters::any_passes(ids.iter().map(|id| {
                match filters::read(self.world.filters.get(id), id) {
                    Known::Read(filter) => Known::Read(passes(filter)),
                    Known::Unread(note) => Known::Unread(note),
                }
            })),
            Err(note) => Reach::unknown(note.clone()),
        }
    }

    /// The filters of a group that were read.
    pub(crate) fn rules<'g>(&self, group: &'g Group) -> impl Iterator<Item = &'a Filter> + use<'a, 'g> {
        let world = self.world;
        let ids = group.key.filters.as_deref().unwrap_or_default();
        ids.iter().filter_map(move |id| world.filters.get(id))
    }

    /// The steps that show how `traffic` comes in through the border of the subnet.
    pub(crate) fn border_steps(&self, subnet: &Subnet, traffic: &Traffic) -> Vec<Arc<Step>> {
        let filter = match &subnet.filter {
            Known::Read(id) => self.world.filters.get(id),
            Known::Unread(_) => None,
        };
        filter
            .map(|filter| {
                let mut proof = filters::proofs(&filter.inbound, &filters::outside, traffic);
                if filter.memory == Memory::Stateless {
                    let everywhere = Traffic::new(&traffic.addresses(), &ServiceSet::all());
                    proof.extend(
                        filters::proofs(&filter.outbound, &filters::outside, &everywhere)
                            .into_iter()
                            .take(2),
                    );
                }
                (&filter.node, proof)
            })
            .filter(|(_, proof)| !proof.is_empty())
            .map(|(node, proof)| step(node, proof))
            .into_iter()
            .collect()
    }

    /// The steps that show how `traffic` passes the filters of the group.
    pub(crate) fn filter_steps(
        &self,
        group: &Group,
        resolve: &impl Fn(&Peers) -> Resolved,
        traffic: &Traffic,
    ) -> Vec<Arc<Step>> {
        let ids = group.key.filters.as_deref().unwrap_or_default();
        ids.iter()
            .filter_map(|id| self.world.filters.get(id))
            .map(|filter| (&filter.node, filters::proofs(&filter.inbound, resolve, traffic)))
            .filter(|(_, proof)| !proof.is_empty())
            .map(|(node, proof)| step(node, proof))
            .collect()
    }
}

impl Border {
    fn unknown(note: &Text) -> Self {
        Self {
            inward: Reach::unknown(note.clone()),
            outward: Reach::unknown(note.clone()),
        }
    }

    fn of(filter: &Filter) -> Self {
        let inbound = filters::passes(&filter.inbound, &filters::outside);
        let outbound = filters::passes(&filter.outbound, &filters::outside);
        match filter.memory {
            Memory::Stateful => Self {
                inward: inbound,
                outward: outbound,
            },
            Memory::Stateless => Self {
                inward: inbound.and(&filters::with_replies(&outbound)),
                outward: outbound.and(&filters::with_replies(&inbound)),
            },
        }
    }
}

/// One step with its proofs.
pub(crate) fn step(node: &Node, proof: Vec<Proof>) -> Arc<Step> {
    Arc::new(Step {
        via: node.uid.clone(),
        via_type: node.resource_type.clone(),
        proof,
    })
}
