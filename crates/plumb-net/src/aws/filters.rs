//! Prefix lists, security groups and network ACLs.

use std::collections::BTreeMap;

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use super::Builder;
use super::look::{self, Look};
use super::ports::{entry_services, permission_services};
use crate::address::AddressSet;
use crate::model::{Action, Filter, Known, Memory, Peers, Rule};
use crate::report::Proof;
use crate::service::ServiceSet;

/// The most rules of one security group that are read; AWS allows an interface 1000 in all
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>).
const MAX_RULES: usize = 2000;

/// The most entries of one network ACL that are read; AWS allows 40 for each direction.
const MAX_ENTRIES: usize = 200;

/// What a prefix list stands for.
#[derive(Clone, Debug)]
pub(super) enum List {
    Entries(Vec<Text>),
    Named(Text),
    Unread(Text),
}

impl<'a> Builder<'a> {
    pub(super) fn prefix_lists_and_filters(&mut self) {
        let lists = self.prefix_lists();
        for group in self.all("aws_security_group") {
            let Some(id) = self.id(group, "group_id") else {
                continue;
            };
            let filter = Filter {
                node: look::node(group),
                memory: Memory::Stateful,
                inbound: self.permissions(group, "ip_permissions", &lists),
                outbound: self.permissions(group, "ip_permissions_egress", &lists),
            };
            self.network.filters.insert(id, filter);
        }
        for acl in self.all("aws_network_acl") {
            let Some(id) = self.id(acl, "network_acl_id") else {
                continue;
            };
            let (inbound, outbound) = self.entries(acl);
            let filter = Filter {
                node: look::node(acl),
                memory: Memory::Stateless,
                inbound,
                outbound,
            };
            self.network.filters.insert(id, filter);
        }
    }

    /// The identifier of a resource, or a problem.
    pub(super) fn id(&mut self, resource: &Resource, attribute: &str) -> Option<Text> {
        let id = look::text(resource.document(), attribute).map(Text::from);
        if id.is_none() {
            self.problem(
                &resource.uid,
                attribute,
                "the identifier is missing, so nothing can refer to it",
            );
        }
        id
    }

    /// The prefix lists by identifier. Lists of AWS hold the addresses of one service and never everything
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>).
    pub(super) fn prefix_lists(&mut self) -> BTreeMap<Text, List> {
        let mut lists = BTreeMap::new();
        for list in self.all("aws_ec2_managed_prefix_list") {
            let Some(id) = self.id(list, "prefix_list_id") else {
                continue;
            };
            let name = || {
                look::text(list.document(), "prefix_list_name")
                    .unwrap_or(&id)
                    .into()
            };
            let aws = look::text(list.document(), "owner_id") == Some("AWS");
            let entries = match look::of(list, "entries") {
                Look::Absent if aws => Known::Unread(Text::default()),
                Look::Absent | Look::Value(..) | Look::Unread(_) => {
                    look::texts(look::fact(list, self.coverage, "entries").list(), "cidr")
                }
            };
            let content = match entries {
                Known::Read(entries) => List::Entries(entries),
                Known::Unread(_) if aws => List::Named(name()),
                Known::Unread(note) => List::Unread(format!("prefix list `{id}`: {note}").into()),
            };
            lists.insert(id, content);
        }
        lists
    }

    /// The rules of a security group
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>).
    fn permissions(
        &mut self,
        group: &'a Resource,
        attribute: &'static str,
        lists: &BTreeMap<Text, List>,
    ) -> Known<Vec<Rule>> {
        let permissions = match look::of(group, attribute).elements() {
            Known::Read(permissions) => permissions,
            Known::Unread(note) => return Known::Unread(note),
        };
        let verb = if attribute == "ip_permissions" {
            ("admits", "from")
        } else {
            ("sends", "to")
        };
        let mut rules = Vec::new();
        for (at, permission) in permissions.iter().enumerate() {
            let place = format!("{attribute}[{at}]");
            let services = match permission_services(permission) {
                Known::Read(services) => services,
                Known::Unread(note) => {
                    self.problem(&group.uid, &place, note.clone());
                    // Which services it opens is not known, so it may open any of them to anybody.
                    rules.push(unread_rule(group, &place, &note));
                    continue;
                }
            };
            for (peers, shown) in self.permission_peers(group, &place, permission, lists) {
                let detail = format!("{} {} {} {shown}", verb.0, services.describe(), verb.1);
                rules.push(Rule {
                    action: Action::Allow,
                    peers,
                    services: services.clone(),
                    proof: proof(group, &place, detail),
                });
            }
            if rules.len() > MAX_RULES {
                self.problem(
                    &group.uid,
                    attribute,
                    format!("more than {MAX_RULES} rules; the rest is not read"),
                );
                rules.push(unread_rule(
                    group,
                    attribute,
                    &format!("rules of `{}` beyond {MAX_RULES}", group.name),
                ));
                break;
            }
        }
        Known::Read(rules)
    }

    fn permission_peers(
        &mut self,
        group: &Resource,
        place: &str,
        permission: &Value,
        lists: &BTreeMap<Text, List>,
    ) -> Vec<(Peers, Text)> {
        let mut peers = Vec::new();
        for (list, key) in [("ip_ranges", "cidr_ip"), ("ipv6_ranges", "cidr_ipv6")] {
            match look::texts(look::look(permission, list).list(), key) {
                Known::Read(texts) => {
                    for text in texts {
                        let parsed = AddressSet::parse(&text);
                        if parsed.is_none() {
                            self.problem(&group.uid, place, format!("`{text}` is not an address prefix"));
                        }
                        let note = || Peers::Unread(format!("`{text}` in a rule of `{}`", group.name).into());
                        peers.push((parsed.map_or_else(note, Peers::Addresses), text));
                    }
                }
                Known::Unread(note) => {
                    peers.push((Peers::Unread(note), "addresses that were not read".into()))
                }
            }
        }
        match look::texts(look::look(permission, "user_id_group_pairs").list(), "group_id") {
            Known::Read(ids) => peers.extend(ids.into_iter().map(|id| {
                let shown = Text::from(format!("members of {id}"));
                (Peers::Members(id), shown)
            })),
            Known::Unread(note) => peers.push((Peers::Unread(note), "a group that was not read".into())),
        }
        match look::texts(look::look(permission, "prefix_list_ids").list(), "prefix_list_id") {
            Known::Read(ids) => {
                for id in ids {
                    peers.push(self.list_peers(group, place, &id, lists));
                }
            }
            Known::Unread(note) => {
                peers.push((Peers::Unread(note), "a prefix list that was not read".into()))
            }
        }
        peers
    }

    fn list_peers(
        &mut self,
        group: &Resource,
        place: &str,
        id: &Text,
        lists: &BTreeMap<Text, List>,
    ) -> (Peers, Text) {
        let shown = Text::from(format!("prefix list {id}"));
        match lists.get(id) {
            Some(List::Entries(entries)) => match self.prefixes(group, place, entries) {
                Some(addresses) => (Peers::Addresses(addresses), shown),
                None => (
                    Peers::Unread(format!("an entry of prefix list `{id}`").into()),
                    shown,
                ),
            },
            Some(List::Named(name)) => (Peers::Named(name.clone()), format!("prefix list {name}").into()),
            Some(List::Unread(note)) => (Peers::Unread(note.clone()), shown),
            // Code names lists of AWS, where the cloud numbers them.
            None if id.starts_with("com.amazonaws.") => {
                (Peers::Named(id.clone()), format!("prefix list {id}").into())
            }
            None => {
                let note = format!("prefix list `{id}` was not read");
                self.problem(&group.uid, place, note.clone());
                (Peers::Unread(note.into()), shown)
            }
        }
    }

    /// The union of prefixes; `None` with a problem when one of them is none.
    fn prefixes(&mut self, resource: &Resource, place: &str, texts: &[Text]) -> Option<AddressSet> {
        let mut ranges = Vec::with_capacity(texts.len());
        for text in texts {
            match AddressSet::parse(text) {
                Some(addresses) => ranges.extend(addresses.ranges().iter().copied()),
                None => {
                    self.problem(&resource.uid, place, format!("`{text}` is not an address prefix"));
                    return None;
                }
            }
        }
        Some(AddressSet::from_ranges(ranges))
    }

    /// The rules of a network ACL in their order, incoming and outgoing
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>).
    fn entries(&mut self, acl: &'a Resource) -> (Known<Vec<Rule>>, Known<Vec<Rule>>) {
        let entries = match look::of(acl, "entries").list() {
            Known::Read(entries) => entries,
            Known::Unread(note) => return (Known::Unread(note.clone()), Known::Unread(note)),
        };
        if entries.len() > MAX_ENTRIES {
            let note = Text::from(format!(
                "`{}` has {} entries, more than {MAX_ENTRIES}",
                acl.name,
                entries.len()
            ));
            self.problem(&acl.uid, "entries", note.clone());
            return (Known::Unread(note.clone()), Known::Unread(note));
        }
        let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
        for (at, entry) in entries.iter().enumerate() {
            let place = format!("entries[{at}]");
            let action = look::text(entry, "rule_action");
            match (
                look::look(entry, "egress").bool(),
                look::look(entry, "rule_number").int(),
            ) {
                (Known::Read(egress), Known::Read(Some(number)))
                    if matches!(action, Some("allow" | "deny")) =>
                {
                    let rule = self.entry(acl, &place, entry, egress == Some(true));
                    if egress == Some(true) {
                        &mut outbound
                    } else {
                        &mut inbound
                    }
                    .push((number, rule));
                }
                (Known::Read(_) | Known::Unread(_), Known::Read(_) | Known::Unread(_)) => {
                    let note = Text::from(format!("the order of {place} of `{}`", acl.name));
                    self.problem(&acl.uid, &place, "direction, rule number or action is missing");
                    return (Known::Unread(note.clone()), Known::Unread(note));
                }
            }
        }
        let ordered = |mut rules: Vec<(i64, Rule)>| {
            rules.sort_by_key(|(number, _)| *number);
            Known::Read(rules.into_iter().map(|(_, rule)| rule).collect())
        };
        (ordered(inbound), ordered(outbound))
    }

    fn entry(&mut self, acl: &Resource, place: &str, entry: &Value, egress: impl Into<Direction>) -> Rule {
        let action = match look::text(entry, "rule_action") {
            Some("allow") => Action::Allow,
            Some(_) | None => Action::Deny,
        };
        let cidr = look::text(entry, "cidr_block").or_else(|| look::text(entry, "ipv6_cidr_block"));
        let peers = cidr
            .and_then(AddressSet::parse)
            .map(Peers::Addresses)
            .unwrap_or_else(|| {
                self.problem(&acl.uid, place, "the address prefix is missing or not one");
                Peers::Unread(format!("the addresses of {place} of `{}`", acl.name).into())
            });
        let (services, peers) = match entry_services(entry) {
            Known::Read(services) => (services, peers),
            Known::Unread(note) => {
                self.problem(&acl.uid, place, note.clone());
                (ServiceSet::all(), Peers::Unread(note))
            }
        };
        let number = match look::look(entry, "rule_number").int() {
            Known::Read(Some(number)) => number.to_string(),
            Known::Read(None) | Known::Unread(_) => "?".to_owned(),
        };
        let (verb, word) = match (action, egress.into()) {
            (Action::Allow, Direction::In) => ("admits", "from"),
            (Action::Allow, Direction::Out) => ("lets out", "to"),
            (Action::Deny, Direction::In) => ("denies", "from"),
            (Action::Deny, Direction::Out) => ("denies", "to"),
        };
        let cidr = cidr.unwrap_or("addresses that were not read");
        let detail = format!("rule {number} {verb} {} {word} {cidr}", services.describe());
        Rule {
            action,
            peers,
            services,
            proof: proof(acl, place, detail),
        }
    }
}

enum Direction {
    In,
    Out,
}

impl From<bool> for Direction {
    fn from(egress: bool) -> Self {
        if egress { Self::Out } else { Self::In }
    }
}

/// A proof in a document.
pub(super) fn proof(resource: &Resource, attribute: &str, detail: impl Into<Text>) -> Proof {
    Proof {
        resource: resource.uid.clone(),
        attribute: attribute.into(),
        detail: detail.into(),
    }
}

fn unread_rule(group: &Resource, place: &str, note: &str) -> Rule {
    Rule {
        action: Action::Allow,
        peers: Peers::Unread(format!("{note} (of `{}`)", group.name).into()),
        services: ServiceSet::all(),
        proof: proof(group, place, "could not be read"),
    }
}
