//! The network model that builders fill and the solver reads; it knows no provider.
//!
//! Things name each other by the provider's own identifiers, which are unique in an estate, so that the networks of
//! several accounts join without translation.

use std::collections::BTreeMap;
use std::net::IpAddr;

use plumb_model::value::Text;

use crate::address::{AddressSet, Prefix};
use crate::report::Proof;
use crate::service::ServiceSet;

/// Something that was read, or a note that says what was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known<T> {
    /// Read.
    Read(T),
    /// Not read; one clause says what and why.
    Unread(Text),
}

/// The resource that something in the model was made from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Its uid.
    pub uid: Text,
    /// Its type.
    pub resource_type: Text,
}

/// The network of one account as it was read: owned, small, independent of the documents.
#[derive(Clone, Debug, Default)]
pub struct AccountNetwork {
    /// The account.
    pub account: Text,
    /// Networks (VPCs) by identifier.
    pub networks: BTreeMap<Text, Network>,
    /// Subnets by identifier.
    pub subnets: BTreeMap<Text, Subnet>,
    /// Route tables by identifier.
    pub tables: BTreeMap<Text, RouteTable>,
    /// Packet filters (security groups, network ACLs) by identifier.
    pub filters: BTreeMap<Text, Filter>,
    /// Gateways by identifier.
    pub gateways: BTreeMap<Text, Gateway>,
    /// Links between two networks (peering) by identifier.
    pub links: BTreeMap<Text, Link>,
    /// Hubs that join many networks (transit gateways) by identifier.
    pub hubs: BTreeMap<Text, Hub>,
    /// What has an address.
    pub endpoints: Vec<Endpoint>,
    /// Load balancers; each is an endpoint as well.
    pub balancers: Vec<Balancer>,
    /// Addresses that the provider offers outside of networks for a resource.
    pub public_services: Vec<PublicService>,
    /// Private entries to services of the provider.
    pub entries: Vec<ServiceEntry>,
    /// What was not read that could open a way into any network of the account, one clause each.
    pub blind: Vec<Text>,
    /// Why networks of the account may be missing.
    pub missing: Vec<Text>,
}

/// A private network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its resource.
    pub node: Node,
    /// The account that owns it.
    pub account: Text,
    /// Its addresses.
    pub addresses: AddressSet,
}

/// A part of a network with one route table and at most one filter.
#[derive(Clone, Debug)]
pub struct Subnet {
    /// Its resource.
    pub node: Node,
    /// The network it is part of.
    pub network: Text,
    /// The account that owns it.
    pub account: Text,
    /// Its addresses.
    pub addresses: AddressSet,
    /// Its route table.
    pub table: Known<Text>,
    /// The filter at its border.
    pub filter: Known<Text>,
    /// What guards its way through internet gateways.
    pub guard: Known<Guard>,
    /// Where the guard is written.
    pub guard_proof: Option<Proof>,
}

/// What an account-wide switch leaves of a subnet's way through internet gateways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Both directions are open.
    Open,
    /// Only connections from inside are open.
    OutboundOnly,
    /// Only connections from inside through address translation or an outbound-only gateway are open.
    TranslatedOnly,
    /// Nothing is open.
    Closed,
}

/// Routes of subnets.
#[derive(Clone, Debug)]
pub struct RouteTable {
    /// Its resource.
    pub node: Node,
    /// The routes, in any order: the longest prefix wins, of equal prefixes the first.
    pub routes: Known<Vec<Route>>,
    /// The gateways whose incoming packets it routes, as to a firewall.
    pub edges: Vec<Text>,
}

/// One route.
#[derive(Clone, Debug)]
pub struct Route {
    /// Where packets go that take it.
    pub destinations: Destinations,
    /// Through what they go.
    pub target: Target,
    /// Where it is written.
    pub proof: Proof,
}

/// The destinations of a route.
#[derive(Clone, Debug)]
pub enum Destinations {
    /// These prefixes.
    Prefixes(Vec<Prefix>),
    /// A narrow list of the provider's own services, which is not read.
    Named(Text),
    /// A list that was not read.
    Unread(Text),
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Inside the network.
    Local,
    /// A gateway.
    Gateway(Text),
    /// A link to another network.
    Link(Text),
    /// A hub.
    Hub(Text),
    /// An interface inside the network, for example of a firewall.
    Interface(Text),
    /// A service of the provider, by the entry of this identifier.
    Service(Text),
    /// Nowhere: packets are dropped.
    Nowhere,
    /// Not known; one clause says why.
    Unread(Text),
}

/// A way out of networks.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its resource.
    pub node: Node,
    /// What it does.
    pub kind: GatewayKind,
    /// The networks it is attached to.
    pub networks: Vec<Text>,
}

/// What a gateway does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayKind {
    /// Connects with the internet in both directions.
    Internet,
    /// Lets connections from inside go to the internet.
    OutboundOnly,
    /// Translates addresses of connections from inside; it needs a way out of its own subnets.
    Translator {
        /// The subnets it stands in; empty when it serves the whole network with a way out of its own.
        subnets: Vec<Text>,
        /// Whether it has public addresses.
        reach: Translation,
    },
    /// Connects with networks outside of the cloud.
    Site,
}

/// Where a translating gateway sends connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Translation {
    /// To the internet.
    Public,
    /// To other private networks only.
    Private,
}

/// A link between two networks.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its resource.
    pub node: Node,
    /// Its two ends.
    pub ends: [LinkEnd; 2],
    /// Whether it carries packets.
    pub state: LinkState,
}

/// Whether a link carries packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It does.
    Active,
    /// It does once the other side has accepted it.
    Asked,
    /// It does not: it waits for approval, or is going away.
    Idle,
}

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkEnd {
    /// The network.
    pub network: Text,
    /// The account that owns the network.
    pub account: Text,
    /// The addresses of the network as the link tells them.
    pub addresses: AddressSet,
}

/// A hub that joins networks by route tables of its own.
#[derive(Clone, Debug)]
pub struct Hub {
    /// Its resource.
    pub node: Node,
    /// What is attached, by identifier of the attachment.
    pub attachments: BTreeMap<Text, Attachment>,
    /// The hub's route tables by identifier.
    pub tables: BTreeMap<Text, Known<Vec<HubRoute>>>,
}

/// Something attached to a hub.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its resource.
    pub node: Node,
    /// What it joins to the hub.
    pub to: Attached,
    /// The hub's route table for packets that come from it; `None` when it has none.
    pub table: Known<Option<Text>>,
}

/// What an attachment joins to a hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    /// A network with the account that owns it.
    Network {
        /// The network.
        network: Text,
        /// Its account.
        account: Text,
    },
    /// Networks outside of the cloud.
    Site,
    /// Another hub, or something whose routes are not modelled.
    Elsewhere(Text),
}

/// A route in a hub.
#[derive(Clone, Debug)]
pub struct HubRoute {
    /// Where packets go that take it.
    pub destinations: Destinations,
    /// The attachments that it leads to; none drops packets.
    pub attachments: Vec<Text>,
    /// Where it is written.
    pub proof: Proof,
}

/// A packet filter.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Its resource.
    pub node: Node,
    /// Whether replies pass by themselves.
    pub memory: Memory,
    /// Rules for what comes in, the first that matches decides; nothing passes that none matches.
    pub inbound: Known<Vec<Rule>>,
    /// Rules for what goes out.
    pub outbound: Known<Vec<Rule>>,
}

/// Whether a filter remembers connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Replies pass.
    Stateful,
    /// Replies need rules of their own.
    Stateless,
}

/// One rule of a filter.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What happens to what matches.
    pub action: Action,
    /// The other side.
    pub peers: Peers,
    /// The services.
    pub services: ServiceSet,
    /// Where it is written.
    pub proof: Proof,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Lets pass.
    Allow,
    /// Drops.
    Deny,
}

/// The other side of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peers {
    /// These addresses.
    Addresses(AddressSet),
    /// The private addresses of the endpoints that this filter protects.
    Members(Text),
    /// A narrow list of addresses of the provider's own services, known by name only.
    Named(Text),
    /// Not read; one clause says why.
    Unread(Text),
}

/// Something with an address in a subnet.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The resource that is reached.
    pub node: Node,
    /// The identifier by which targets of load balancers and routes name it.
    pub id: Text,
    /// The account that owns it.
    pub account: Text,
    /// What it is.
    pub kind: EndpointKind,
    /// Its subnet.
    pub subnet: Known<Text>,
    /// The filters at its interface: what one of them lets pass, passes.
    pub filters: Known<Vec<Text>>,
    /// Its private addresses; empty when they are not known, which means any of the subnet.
    pub private: Vec<IpAddr>,
    /// Whether it has a public IPv4 address.
    pub ipv4: Public,
    /// Whether it has a public IPv6 address.
    pub ipv6: Public,
    /// The services it can answer on.
    pub listens: ServiceSet,
    /// A condition under which it stands in this subnet.
    pub condition: Option<Text>,
}

/// What an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndpointKind {
    /// A virtual machine.
    Machine,
    /// An interface whose user is not known.
    Interface,
    /// A load balancer.
    Balancer,
    /// A database, warehouse, cache or search engine.
    Database,
    /// A function: it calls, and cannot be called through its network.
    Function,
    /// A file share.
    FileShare,
    /// The control plane of a cluster.
    Cluster,
    /// A private entry to a service.
    ServiceEntry,
}

/// Whether there is a public address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Public {
    /// There is none.
    No,
    /// There is one.
    Yes(Proof),
    /// Not read; one clause says why.
    Unread(Text),
}

/// A load balancer's forwarding.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// Its resource; endpoints with the same uid say where it stands.
    pub node: Node,
    /// What it listens on.
    pub listeners: Vec<Listener>,
    /// A web application firewall in front of it: evidence, it does not close ports.
    pub firewall: Option<Proof>,
}

/// One listener.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Its resource.
    pub node: Node,
    /// What it listens on.
    pub services: ServiceSet,
    /// Where it forwards to.
    pub forwards: Vec<Forward>,
    /// Where it is written.
    pub proof: Proof,
}

/// One target of a listener.
#[derive(Clone, Debug)]
pub struct Forward {
    /// The group of targets.
    pub group: Node,
    /// The target.
    pub to: ForwardTo,
    /// The services on the target.
    pub services: ServiceSet,
    /// Whose address the target sees.
    pub seen: Seen,
    /// Where it is written.
    pub proof: Proof,
}

/// The target of a forward.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardTo {
    /// The endpoint with this identifier or uid.
    Endpoint(Text),
    /// The endpoint with this address in a network.
    Address {
        /// The network.
        network: Text,
        /// The address.
        address: IpAddr,
    },
    /// A resource without a place in a network, for example a function.
    Service(Node),
}

/// Whose address a target behind a load balancer sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The client's: the target's filters must admit the client, or name a filter of the load balancer.
    Client,
    /// The load balancer's.
    Balancer,
    /// Not read; one clause says why.
    Unread(Text),
}

/// A public address of the provider in front of a resource.
#[derive(Clone, Debug)]
pub struct PublicService {
    /// The resource.
    pub node: Node,
    /// Who is admitted.
    pub peers: Peers,
    /// On what.
    pub services: ServiceSet,
    /// Where it is written.
    pub proof: Proof,
}

/// A private entry to a service of the provider.
#[derive(Clone, Debug)]
pub struct ServiceEntry {
    /// Its resource; where it has addresses, endpoints with the same uid say where it stands.
    pub node: Node,
    /// The identifier by which routes name it.
    pub id: Text,
    /// The network it serves.
    pub network: Known<Text>,
    /// How packets get to it.
    pub way: EntryWay,
}

/// How packets get to a private entry to a service.
#[derive(Clone, Debug)]
pub enum EntryWay {
    /// By these route tables, which send there what is meant for the service.
    Tables(Known<Vec<Text>>),
    /// By addresses of its own.
    Addresses,
}
