//! Drift: what code declares against what is there.
//!
//! Only what code says is compared: an attribute that nobody wrote may have any value. What is known only after apply, or was
//! not read, is no difference. Identities that stand for what only the cloud knows are not compared either.

mod alike;
mod found;

use std::collections::BTreeSet;
use std::sync::Arc;

use plumb_model::code::CodeResource;
use plumb_model::drift::{Changed, Drift, Missing, Pending, Undeclared, Unsure};
use plumb_model::resource::Resource;
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::Text;

use crate::declared::Lifecycle;
use crate::drift::alike::Comparison;
use crate::drift::found::{Found, Sighting};
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
    let found = Found::of(code, live);
    let mut drift = Drift::default();
    let mut seen: BTreeSet<(&Text, &Text)> = BTreeSet::new();
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
            let pending = |what: String| Pending {
                declared: (**declared).clone(),
                what: Text::from(what),
            };
            match found.of_declared(resource, declared, account) {
                Sighting::There(there) => {
                    drift.matched += 1;
                    seen.insert((&there.resource_type, &there.uid));
                    let wanted = (resource, declared, &**places);
                    changes(wanted, there, sources, &account.lifecycle, &mut drift);
                    if places.stands_for == StandsFor::Block {
                        let noted = found.noted(there, declared);
                        drift.pending.extend(noted.map(pending));
                    }
                }
                Sighting::NotThere if found.is_imported(declared, account) => {
                    drift
                        .pending
                        .push(pending("an `import` block takes it into the state".to_owned()));
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
    for there in &found.all {
        let is_new = !seen.contains(&(&there.resource_type, &there.uid)) && !is_kept(there);
        if is_new && declared_types.contains(&there.resource_type) {
            drift.undeclared.push(Undeclared {
                resource_type: there.resource_type.clone(),
                uid: there.uid.clone(),
                name: there.name.clone(),
                why: found.why_undeclared(there, code).map(Text::from),
            });
        }
    }
    sort(&mut drift);
    drift
}

fn sort(drift: &mut Drift) {
    let by_attribute = |a: &Changed, b: &Changed| {
        (&a.declared.address, &a.attribute).cmp(&(&b.declared.address, &b.attribute))
    };
    drift.changed.sort_by(by_attribute);
    drift.ignored.sort_by(by_attribute);
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
        .pending
        .sort_by(|a, b| (&a.declared.address, &a.what).cmp(&(&b.declared.address, &b.what)));
}

fn changes(
    (wanted, declared, places): (&Resource, &Arc<CodeResource>, &Places),
    found: &Resource,
    sources: &Sources,
    lifecycle: &Lifecycle,
    drift: &mut Drift,
) {
    let mut comparison = Comparison::new(&places.origin, sources, &lifecycle.ignored);
    comparison.documents(wanted.document(), found.document(), &places.root);
    for difference in comparison.differences {
        let list = match difference.is_ignored {
            true => &mut drift.ignored,
            false => &mut drift.changed,
        };
        list.push(Changed {
            declared: (**declared).clone(),
            resource_type: wanted.resource_type.clone(),
            uid: found.uid.clone(),
            attribute: difference.attribute,
            place: difference.place,
            wanted: difference.wanted,
            found: difference.found,
        });
    }
}
