//! What a group can reach on the internet.

use plumb_model::value::Text;

use super::filters;
use super::internet::{conditioned, read_routes};
use super::solver::Solver;
use super::world::Group;
use crate::address::AddressSet;
use crate::model::{GatewayKind, Guard, Known, Public, Subnet, Target, Translation};
use crate::reach::Reach;
use crate::report::Proof;
use crate::service::ServiceSet;
use crate::traffic::Traffic;

/// How many gateways a connection may pass one behind the other.
const MAX_HOPS: usize = 3;

impl<'a> Solver<'a> {
    /// What the members of a group can reach on the internet, by address, with the routes that show it.
    pub(crate) fn egress(&mut self, group: &Group) -> (Reach, Vec<Proof>) {
        let (id, subnet) = match self.world.subnet(group) {
            Ok(found) => found,
            Err(note) => return (Reach::unknown(note), Vec::new()),
        };
        let border = self.border(id, subnet);
        let (way_out, mut proofs) = self.way_out(subnet, self.publics(group), MAX_HOPS);
        let sent = self.sent_by(group, &filters::outside);
        let reach = conditioned(way_out.and(&border.outward).and(&sent), group);
        for id in group.key.filters.as_deref().unwrap_or_default() {
            if let Some(filter) = self.world.filters.get(id) {
                proofs.extend(filters::proofs(
                    &filter.outbound,
                    &filters::outside,
                    &reach.possible,
                ));
            }
        }
        if reach.is_empty() {
            proofs.clear();
        }
        (reach, proofs)
    }

    /// Where connections from a subnet get out to, given what its endpoints' own addresses can carry.
    fn way_out(&mut self, subnet: &'a Subnet, own: Reach, hops: usize) -> (Reach, Vec<Proof>) {
        let Some(hops) = hops.checked_sub(1) else {
            return (Reach::none(), Vec::new());
        };
        let (table, routing) = match self.routing(subnet) {
            Ok(found) => found,
            Err(note) => return (Reach::unknown(note), Vec::new()),
        };
        let world = self.world;
        let (mut reach, mut proofs) = (Reach::none(), Vec::new());
        for (route, taken) in read_routes(table).iter().zip(&routing.taken) {
            let addresses = taken.intersection(&AddressSet::internet());
            if addresses.is_empty() {
                continue;
            }
            let part = Traffic::new(&addresses, &ServiceSet::all());
            let through = match &route.target {
                Target::Gateway(id) => match world.gateways.get(id) {
                    Some(gateway) => match &gateway.kind {
                        GatewayKind::Internet if gateway.networks.contains(&subnet.network) => {
                            own.and(&guarded(subnet, Direct::Plain))
                        }
                        GatewayKind::OutboundOnly if gateway.networks.contains(&subnet.network) => {
                            Reach::exactly(Traffic::new(&AddressSet::ipv6(), &ServiceSet::all()))
                                .and(&guarded(subnet, Direct::Translated))
                        }
                        GatewayKind::Translator {
                            subnets,
                            reach: Translation::Public,
                        } => {
                            // One without a subnet of its own has its own way to the internet.
                            let mut out = if subnets.is_empty() {
                                Reach::all()
                            } else {
                                Reach::none()
                            };
                            for id in subnets {
                                out = out.or(&match world.subnets.get(id) {
                                    Some(stands_in) => self.translated(stands_in, hops),
                                    None => Reach::unknown(format!("subnet `{id}` was not read")),
                                });
                            }
                            out
                        }
                        GatewayKind::Internet
                        | GatewayKind::OutboundOnly
                        | GatewayKind::Translator { .. } => Reach::none(),
                        GatewayKind::Site => {
                            Reach::unknown(format!("what is behind gateway `{id}` was not read"))
                        }
                    },
                    None => Reach::unknown(format!("gateway `{id}` was not read")),
                },
                Target::Link(_) | Target::Local | Target::Service(_) | Target::Nowhere => Reach::none(),
                Target::Hub(id) => Reach::unknown(format!("what is behind hub `{id}` was not followed")),
                Target::Interface(id) => Reach::when(
                    Traffic::all(),
                    format!("the appliance behind `{id}` lets it pass"),
                ),
                Target::Unread(note) => Reach::unknown(note.clone()),
            };
            let through = through.and(&Reach::exactly(part));
            if !through.is_empty() {
                proofs.push(route.proof.clone());
            }
            reach = reach.or(&through);
        }
        for (_, note) in &routing.unread {
            reach = reach.or(&Reach::unknown(note.clone()));
        }
        (reach.within(&AddressSet::internet(), &ServiceSet::all()), proofs)
    }

    /// Where a translating gateway in a subnet gets out to.
    fn translated(&mut self, subnet: &'a Subnet, hops: usize) -> Reach {
        let Some(_) = hops.checked_sub(1) else {
            return Reach::none();
        };
        let guard = guarded(subnet, Direct::Translated);
        let (table, routing) = match self.routing(subnet) {
            Ok(found) => found,
            Err(note) => return guard.and(&Reach::unknown(note)),
        };
        let mut reach = Reach::none();
        for (route, taken) in read_routes(table).iter().zip(&routing.taken) {
            let part = Traffic::new(taken, &ServiceSet::all());
            if let Target::Gateway(id) = &route.target {
                reach = reach.or(&match self.world.gateways.get(id) {
                    Some(gateway)
                        if gateway.kind == GatewayKind::Internet
                            && gateway.networks.contains(&subnet.network) =>
                    {
                        Reach::exactly(part)
                    }
                    Some(_) => Reach::none(),
                    None => Reach::perhaps(part, format!("gateway `{id}` was not read")),
                });
            }
        }
        guard.and(&reach)
    }

    /// What public addresses of the members carry: enough when one member has one.
    fn publics(&self, group: &Group) -> Reach {
        let mut reach = Reach::none();
        for (family, of) in [(AddressSet::ipv4(), 0), (AddressSet::ipv6(), 1)] {
            let part = Traffic::new(&family, &ServiceSet::all());
            let mut unread: Option<&Text> = None;
            let mut any = false;
            for endpoint in group
                .members
                .iter()
                .filter_map(|at| self.world.endpoints.get(*at))
            {
                match if of == 0 { &endpoint.ipv4 } else { &endpoint.ipv6 } {
                    Public::Yes(_) => any = true,
                    Public::Unread(note) => unread = Some(note),
                    Public::No => {}
                }
            }
            if any {
                reach = reach.or(&Reach::exactly(part));
            } else if let Some(note) = unread {
                reach = reach.or(&Reach::perhaps(part, note.clone()));
            }
        }
        reach
    }
}

/// How a connection leaves a network.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direct {
    /// Through the internet gateway itself.
    Plain,
    /// Through translation or an outbound-only gateway.
    Translated,
}

fn guarded(subnet: &Subnet, direct: Direct) -> Reach {
    match (&subnet.guard, direct) {
        (Known::Read(Guard::Open | Guard::OutboundOnly), Direct::Plain | Direct::Translated)
        | (Known::Read(Guard::TranslatedOnly), Direct::Translated) => Reach::all(),
        (Known::Read(Guard::TranslatedOnly), Direct::Plain) | (Known::Read(Guard::Closed), _) => {
            Reach::none()
        }
        (Known::Unread(note), _) => Reach::unknown(note.clone()),
    }
}
