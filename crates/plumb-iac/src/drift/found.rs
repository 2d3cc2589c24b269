//! `Found`: what is there, by everything that declared resources are found under.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::code::CodeResource;
use plumb_model::coverage::Gap;
use plumb_model::resource::{GLOBAL_REGION, Resource, UNKNOWN_REGION};
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::Text;

use super::Live;
use crate::declared::Intent;
use crate::snapshot::{CODE, CodeAccount};
use crate::terraform::plan::without_keys;

/// What is there, by everything that it is found under.
pub(super) struct Found<'l> {
    pub(super) all: Vec<&'l Resource>,
    by_uid: HashMap<(&'l str, &'l str), &'l Resource>,
    by_name: HashMap<(&'l str, &'l str), Vec<&'l Resource>>,
    by_address: HashMap<(&'l str, &'l str), &'l Resource>,
    /// The addresses in a state, by type and uid, and what becomes of what stands under them.
    addresses: HashMap<(&'l str, &'l str), (&'l str, Option<Intent>)>,
    /// Addresses that several roots of the code declare.
    ambiguous: BTreeSet<Text>,
    live: Live<'l>,
}

/// Whether a declared resource is there.
pub(super) enum Sighting<'l> {
    There(&'l Resource),
    NotThere,
    Unsure(&'static str),
}

impl<'l> Found<'l> {
    pub(super) fn of(code: &[CodeAccount], live: Live<'l>) -> Self {
        let all: Vec<&Resource> = match live {
            Live::Accounts(accounts) => accounts.iter().flat_map(|account| &account.resources).collect(),
            Live::State(accounts) => accounts
                .iter()
                .flat_map(|account| &account.snapshot.resources)
                .collect(),
        };
        let mut found = Self {
            by_uid: HashMap::with_capacity(all.len()),
            by_name: HashMap::with_capacity(all.len()),
            by_address: HashMap::new(),
            addresses: HashMap::new(),
            ambiguous: BTreeSet::new(),
            live,
            all: Vec::new(),
        };
        for resource in &all {
            let kind = resource.resource_type.as_str();
            found.by_uid.insert((kind, &resource.uid), resource);
            found
                .by_name
                .entry((kind, &resource.name))
                .or_default()
                .push(resource);
        }
        if let Live::State(accounts) = live {
            for account in accounts {
                found.add_addresses(account);
            }
            found.ambiguous = in_several_roots(code);
        }
        found.all = all;
        found
    }

    fn add_addresses(&mut self, account: &'l CodeAccount) {
        for resource in &account.snapshot.resources {
            let key = (resource.resource_type.clone(), resource.uid.clone());
            if let Some(declared) = account.declared.get(&key) {
                let kind = resource.resource_type.as_str();
                let address = declared.address.as_str();
                let intent = account.lifecycle.intents.get(address).copied();
                self.by_address.entry((kind, address)).or_insert(resource);
                self.addresses.insert((kind, &resource.uid), (address, intent));
            }
        }
    }

    /// Looks for a declared resource.
    pub(super) fn of_declared(
        &self,
        resource: &Resource,
        declared: &CodeResource,
        account: &CodeAccount,
    ) -> Sighting<'l> {
        match self.live {
            Live::State(_) => self.in_state(resource, declared),
            Live::Accounts(accounts) => self.in_accounts(accounts, resource, declared, account),
        }
    }

    fn in_state(&self, resource: &Resource, declared: &CodeResource) -> Sighting<'l> {
        if self.ambiguous.contains(&declared.address) {
            return Sighting::Unsure(
                "several roots declare something under this address, and a state is of one: name its folder",
            );
        }
        let kind = resource.resource_type.as_str();
        // What has not moved yet stands where it was.
        let mut addresses = std::iter::once(&declared.address).chain(&declared.former);
        let found = addresses.find_map(|address| self.by_address.get(&(kind, address.as_str())));
        found.map_or(Sighting::NotThere, |found| Sighting::There(found))
    }

    fn in_accounts(
        &self,
        accounts: &'l [AccountSnapshot],
        resource: &Resource,
        declared: &CodeResource,
        account: &CodeAccount,
    ) -> Sighting<'l> {
        let accounts: Vec<&AccountSnapshot> = accounts
            .iter()
            .filter(|live| {
                account
                    .number
                    .as_ref()
                    .is_none_or(|number| *number == live.account.id)
            })
            .collect();
        if accounts.is_empty() && account.number.is_some() {
            return Sighting::Unsure("the scan did not read its account");
        }
        let kind = resource.resource_type.as_str();
        let own = account.snapshot.account.id.as_str();
        for live in &accounts {
            // The account that stands in identities of code is not the real one.
            let uid = resource.uid.replace(own, &live.account.id);
            let found = self.by_uid.get(&(kind, uid.as_str())).copied();
            if let Some(found) = found.filter(|found| is_of(&accounts, found)) {
                return Sighting::There(found);
            }
        }
        let named = self.by_name.get(&(kind, resource.name.as_str()));
        let named: Vec<&Resource> = named
            .into_iter()
            .flatten()
            .copied()
            .filter(|found| is_of(&accounts, found) && may_be_in(&resource.region, &found.region))
            .collect();
        match named.as_slice() {
            [found] => return Sighting::There(found),
            [_, ..] => return Sighting::Unsure("several resources have its name"),
            [] => {}
        }
        let was_read = |live: &&AccountSnapshot| {
            let collected = live.coverage.collected_type(kind).is_some();
            let gap = |gap: &Gap| gap.attribute.is_none() && gap.resource_type == kind;
            collected && !live.coverage.gaps.iter().any(gap)
        };
        if !accounts.iter().all(was_read) {
            Sighting::Unsure("the scan did not read all resources of its type")
        } else if resource.name == declared.address
            || resource.uid.contains(declared.address.as_str()) && resource.name.is_empty()
        {
            Sighting::Unsure("only the cloud knows what it is called; compare with `--state`")
        } else {
            Sighting::NotThere
        }
    }

    /// Whether a block takes a resource into the state that is not in it yet.
    pub(super) fn is_imported(&self, declared: &CodeResource, account: &CodeAccount) -> bool {
        let intents = &account.lifecycle.intents;
        let plain = || intents.get(without_keys(&declared.address).as_str());
        let intent = intents.get(&declared.address).or_else(plain);
        matches!(self.live, Live::State(_)) && intent == Some(&Intent::Imported)
    }

    /// What the next apply does with a resource that is there.
    pub(super) fn noted(&self, there: &Resource, declared: &CodeResource) -> Option<String> {
        let (address, intent) = self.addresses.get(&(&*there.resource_type, &*there.uid))?;
        match intent {
            Some(Intent::Tainted) => {
                Some("it is marked as tainted, and the next apply replaces it".to_owned())
            }
            Some(Intent::Imported | Intent::Removed | Intent::Deposed) | None => {
                let has_moved = *address != declared.address;
                has_moved
                    .then(|| format!("the state has it as `{address}`, from where a `moved` block moves it"))
            }
        }
    }

    /// What is known of a resource that no code declares.
    pub(super) fn why_undeclared(&self, there: &Resource, code: &[CodeAccount]) -> Option<&'static str> {
        let known = self.addresses.get(&(&*there.resource_type, &*there.uid));
        if let Some((address, intent)) = known {
            if *intent == Some(Intent::Deposed) {
                return Some("another took its place, and the next apply destroys it");
            }
            if code
                .iter()
                .any(|account| is_removed(address, &account.lifecycle.intents))
            {
                return Some("a `removed` block takes it out of the state");
            }
        }
        let is_unread = |gap: &Gap| gap.resource_type == CODE && gap.attribute.is_none();
        let mut gaps = code.iter().flat_map(|account| &account.snapshot.coverage.gaps);
        gaps.any(is_unread)
            .then_some("some of the code could not be read, and may declare it")
    }
}

/// Addresses that several roots declare something under.
fn in_several_roots(code: &[CodeAccount]) -> BTreeSet<Text> {
    let mut roots: BTreeMap<&Text, BTreeSet<&Text>> = BTreeMap::new();
    for account in code {
        for declared in account.declared.values() {
            roots.entry(&declared.address).or_default().insert(&account.root);
        }
    }
    let several = roots.into_iter().filter(|(_, roots)| roots.len() > 1);
    several.map(|(address, _)| address.clone()).collect()
}

fn is_of(accounts: &[&AccountSnapshot], found: &Resource) -> bool {
    accounts.iter().any(|live| live.account.id == found.account)
}

/// Whether something that code puts into one region can be found in another: where code or cloud names none.
fn may_be_in(declared: &str, found: &str) -> bool {
    let is_any = |region: &str| region.is_empty() || region == GLOBAL_REGION || region == UNKNOWN_REGION;
    declared == found || is_any(declared) || is_any(found)
}

/// Whether a `removed` block speaks of an address or of a module that it lies in.
fn is_removed(address: &str, intents: &BTreeMap<Text, Intent>) -> bool {
    let plain = without_keys(address);
    let ends = plain.match_indices('.').map(|(at, _)| at).chain([plain.len()]);
    ends.filter_map(|end| plain.get(..end))
        .any(|start| intents.get(start) == Some(&Intent::Removed))
}
