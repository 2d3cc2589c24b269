//! Accounts whose identifiers mean different things: what code declares has stand-ins for identifiers, which are the same from one stack to
//! the next. Such accounts are kept apart by the account in each identifier.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::value::Text;

use crate::model::{
    AccountNetwork, Attached, Endpoint, EntryWay, ForwardTo, GatewayKind, Hub, Known, Peers, RouteTable,
    Rule, Subnet, Target,
};

/// Puts the account into the identifiers of those accounts that own something under the same one.
///
/// The cloud gives no identifier twice, and who sees a network or a filter of another account does not own it.
pub(crate) fn apart(accounts: &mut [AccountNetwork]) {
    let mut owners: BTreeMap<Text, BTreeSet<Text>> = BTreeMap::new();
    for account in accounts.iter() {
        for id in owned(account) {
            owners
                .entry(id.clone())
                .or_default()
                .insert(account.account.clone());
        }
    }
    let twins: BTreeSet<Text> = owners
        .into_values()
        .filter(|owners| owners.len() > 1)
        .flatten()
        .collect();
    for account in accounts
        .iter_mut()
        .filter(|account| twins.contains(&account.account))
    {
        rename(account);
    }
}

fn owned(account: &AccountNetwork) -> impl Iterator<Item = &Text> {
    let own = &account.account;
    let networks = account
        .networks
        .iter()
        .filter(move |(_, network)| network.account == *own);
    let subnets = account
        .subnets
        .iter()
        .filter(move |(_, subnet)| subnet.account == *own);
    let marked = format!(":{own}:");
    let filters = account
        .filters
        .iter()
        .filter(move |(_, filter)| filter.node.uid.contains(&marked));
    networks
        .map(|(id, _)| id)
        .chain(subnets.map(|(id, _)| id))
        .chain(filters.map(|(id, _)| id))
}

fn rename(network: &mut AccountNetwork) {
    let own = network.account.clone();
    let name = Name(&own);
    network.networks = name.keys(std::mem::take(&mut network.networks), |_| ());
    network.subnets = name.keys(std::mem::take(&mut network.subnets), |subnet: &mut Subnet| {
        name.text(&mut subnet.network);
        name.known(&mut subnet.table);
        name.known(&mut subnet.filter);
    });
    network.tables = name.keys(std::mem::take(&mut network.tables), |table: &mut RouteTable| {
        name.all(&mut table.edges);
        if let Known::Read(routes) = &mut table.routes {
            routes.iter_mut().for_each(|route| name.target(&mut route.target));
        }
    });
    network.filters = name.keys(std::mem::take(&mut network.filters), |filter| {
        for rules in [&mut filter.inbound, &mut filter.outbound] {
            if let Known::Read(rules) = rules {
                rules.iter_mut().for_each(|rule| name.rule(rule));
            }
        }
    });
    network.gateways = name.keys(std::mem::take(&mut network.gateways), |gateway| {
        name.all(&mut gateway.networks);
        match &mut gateway.kind {
            GatewayKind::Translator { subnets, .. } => name.all(subnets),
            GatewayKind::Internet | GatewayKind::OutboundOnly | GatewayKind::Site => {}
        }
    });
    network.links = name.keys(std::mem::take(&mut network.links), |link| {
        for end in link.ends.iter_mut().filter(|end| end.account == own) {
            name.text(&mut end.network);
        }
    });
    network.hubs = name.keys(std::mem::take(&mut network.hubs), |hub| name.hub(hub));
    network
        .endpoints
        .iter_mut()
        .for_each(|endpoint| name.endpoint(endpoint));
    let listeners = network
        .balancers
        .iter_mut()
        .flat_map(|balancer| &mut balancer.listeners);
    for forward in listeners.flat_map(|listener| &mut listener.forwards) {
        match &mut forward.to {
            ForwardTo::Endpoint(id) | ForwardTo::Address { network: id, .. } => name.text(id),
            ForwardTo::Service(_) => {}
        }
    }
    for entry in &mut network.entries {
        name.text(&mut entry.id);
        name.known(&mut entry.network);
        match &mut entry.way {
            EntryWay::Tables(Known::Read(tables)) => name.all(tables),
            EntryWay::Tables(Known::Unread(_)) | EntryWay::Addresses => {}
        }
    }
    for service in &mut network.public_services {
        name.peers(&mut service.peers);
    }
}

/// The account that goes before an identifier.
#[derive(Clone, Copy)]
struct Name<'a>(&'a Text);

impl Name<'_> {
    fn text(self, id: &mut Text) {
        // An ARN says its account.
        if !id.starts_with("arn:") {
            *id = Text::from(format!("{}/{id}", self.0));
        }
    }

    fn all(self, ids: &mut [Text]) {
        ids.iter_mut().for_each(|id| self.text(id));
    }

    fn known(self, id: &mut Known<Text>) {
        if let Known::Read(id) = id {
            self.text(id);
        }
    }

    fn keys<T>(self, map: BTreeMap<Text, T>, change: impl Fn(&mut T)) -> BTreeMap<Text, T> {
        map.into_iter()
            .map(|(mut id, mut value)| {
                self.text(&mut id);
                change(&mut value);
                (id, value)
            })
            .collect()
    }

    fn target(self, target: &mut Target) {
        match target {
            Target::Gateway(id)
            | Target::Link(id)
            | Target::Hub(id)
            | Target::Interface(id)
            | Target::Service(id) => self.text(id),
            Target::Local | Target::Nowhere | Target::Unread(_) => {}
        }
    }

    fn rule(self, rule: &mut Rule) {
        self.peers(&mut rule.peers);
    }

    fn peers(self, peers: &mut Peers) {
        match peers {
            Peers::Members(id) => self.text(id),
            Peers::Addresses(_) | Peers::Named(_) | Peers::Unread(_) => {}
        }
    }

    fn hub(self, hub: &mut Hub) {
        hub.attachments = self.keys(std::mem::take(&mut hub.attachments), |attachment| {
            if let Known::Read(Some(table)) = &mut attachment.table {
                self.text(table);
            }
            match &mut attachment.to {
                Attached::Network { network, account } if *account == *self.0 => self.text(network),
                Attached::Network { .. } | Attached::Site | Attached::Elsewhere(_) => {}
            }
        });
        hub.tables = self.keys(std::mem::take(&mut hub.tables), |routes| {
            if let Known::Read(routes) = routes {
                routes
                    .iter_mut()
                    .for_each(|route| self.all(&mut route.attachments));
            }
        });
    }

    fn endpoint(self, endpoint: &mut Endpoint) {
        self.text(&mut endpoint.id);
        self.known(&mut endpoint.subnet);
        if let Known::Read(filters) = &mut endpoint.filters {
            self.all(filters);
        }
    }
}
