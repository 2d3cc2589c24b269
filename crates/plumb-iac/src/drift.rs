//! Drift: what code declares against what is there.
//!
//! Only what code says is compared: an attribute that nobody wrote may have any value. What is known only after apply, or was
//! not read, is no difference. Identities that stand for what only the cloud knows are not compared either.

mod alike;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use plumb_model::code::CodeResource;
use plumb_model::drift::{Changed, Drift, Missing, Undeclared, Unsure};
use plumb_model::resource::Resource;
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::Text;

use crate::drift::alike::Comparison;
use crate::mapping::{Places, StandsFor};
use crate::place::Sources;
use crate::snapshot::CodeAccount;
use crate::snapshot::kept::is_kept;

/// What code is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Live<'l> {
    /// Accounts that were scanned.
    Accounts(&'l [AccountSnapshot]),
    /// What Terraform's state tells; resources are those of the same address.
    State(&'l [CodeAccount]),
}

/// Compares what code declares with what is there.
pub fn compare(code: &[CodeAccount], sources: &Sources, live: Live<'_>) -> Drift {
    let found = Found::of(live);
    let mut drift = Drift::default();
    let mut seen: BTreeMap<(&Text, &Text), ()> = BTreeMap::new();
    let mut declared_types: BTreeSet<&Text> = BTreeSet::new();
    for account in code {
        for resource in &account.snapshot.resources {
            let key = (resource.resource_type.clone(), resource.uid.clone());
            let (Some(declared), Some(places)) = (account.declared.get(&key), account.places.get(&key))
            else {
                continue;
            };
            // What the cloud keeps is not for code to say.
            if places.stands_for == StandsFor::Reference {
                continue;
            }
            declared_types.insert(&resource.resource_type);
            match found.of_declared(resource, declared, account) {
                Sighting::There(there) => {
                    drift.matched += 1;
                    seen.insert((&there.resource_type, &there.uid), ());
                    changes(resource, there, declared, places, sources, &mut drift.changed);
                }
                Sighting::NotThere if places.perhaps.is_none() => drift.missing.push(Missing {
                    declared: (**declared).clone(),
                    resource_type: resource.resource_type.clone(),
                    name: resource.name.clone(),
                }),
                Sighting::NotThere => {}
                Sighting::Unsure(why) => drift.unsure.push(Unsure {
                    declared: (**declared).clone(),
                    why: Text::from(why),
                }),
            }
        }
    }
    for there in found.all {
        let is_new = !seen.contains_key(&(&there.resource_type, &there.uid)) && !is_kept(there);
        if is_new && declared_types.contains(&there.resource_type) {
            drift.undeclared.push(Undeclared {
                resource_type: there.resource_type.clone(),
                uid: there.uid.clone(),
                name: there.name.clone(),
            });
        }
    }
    drift
        .changed
        .sort_by(|a, b| (&a.declared.address, &a.attribute).cmp(&(&b.declared.address, &b.attribute)));
    drift
        .missing
        .sort_by(|a, b| a.declared.address.cmp(&b.declared.address));
    drift
        .undeclared
        .sort_by(|a, b| (&a.resource_type, &a.uid).cmp(&(&b.resource_type, &b.uid)));
    drift
        .unsure
        .sort_by(|a, b| a.declared.address.cmp(&b.declared.address));
    drift
}

/// What is there, by everything that it is found under.
struct Found<'l> {
    all: Vec<&'l Resource>,
    by_uid: HashMap<(&'l str, &'l str), &'l Resource>,
    by_name: HashMap<(&'l str, &'l str), Vec<&'l Resource>>,
    by_address: HashMap<(&'l str, &'l str), &'l Resource>,
    accounts: Vec<&'l str>,
    live: Live<'l>,
}

enum Sighting<'l> {
    There(&'l Resource),
    NotThere,
    Unsure(&'static str),
}

impl<'l> Found<'l> {
    fn of(live: Live<'l>) -> Self {
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
            accounts: match live {
                Live::Accounts(accounts) => accounts
                    .iter()
                    .map(|account| account.account.id.as_str())
                    .collect(),
                Live::State(_) => Vec::new(),
            },
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
                for resource in &account.snapshot.resources {
                    let key = (resource.resource_type.clone(), resource.uid.clone());
                    if let Some(declared) = account.declared.get(&key) {
                        let key = (resource.resource_type.as_str(), declared.address.as_str());
                        found.by_address.insert(key, resource);
                    }
                }
            }
        }
        found.all = all;
        found
    }

    fn of_declared(
        &self,
        resource: &Resource,
        declared: &CodeResource,
        account: &CodeAccount,
    ) -> Sighting<'l> {
        let kind = resource.resource_type.as_str();
        let accounts = match self.live {
            Live::State(_) => {
                return match self.by_address.get(&(kind, declared.address.as_str())) {
                    Some(found) => Sighting::There(found),
                    None => Sighting::NotThere,
                };
            }
            Live::Accounts(accounts) => accounts,
        };
        let own = account.snapshot.account.id.as_str();
        for id in &self.accounts {
            // The account that stands in identities of code is not the real one.
            let uid = resource.uid.replace(own, id);
            if let Some(found) = self.by_uid.get(&(kind, uid.as_str())) {
                return Sighting::There(found);
            }
        }
        match self
            .by_name
            .get(&(kind, resource.name.as_str()))
            .map(Vec::as_slice)
        {
            Some([found]) => return Sighting::There(found),
            Some([_, ..]) => return Sighting::Unsure("several resources have its name"),
            Some([]) | None => {}
        }
        let was_read = |live: &AccountSnapshot| {
            let collected = live.coverage.collected_type(kind).is_some();
            let gap = |gap: &plumb_model::coverage::Gap| gap.attribute.is_none() && gap.resource_type == kind;
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
}

fn changes(
    wanted: &Resource,
    found: &Resource,
    declared: &Arc<CodeResource>,
    places: &Places,
    sources: &Sources,
    changed: &mut Vec<Changed>,
) {
    let mut comparison = Comparison::new(&places.origin, sources);
    comparison.documents(wanted.document(), found.document(), &places.root);
    changed.extend(comparison.differences.into_iter().map(|difference| Changed {
        declared: (**declared).clone(),
        resource_type: wanted.resource_type.clone(),
        uid: found.uid.clone(),
        attribute: difference.attribute,
        place: difference.place,
        wanted: difference.wanted,
        found: difference.found,
    }));
}
