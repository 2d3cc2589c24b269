//! `Addresses`: the resources that blocks of code declare, by what the blocks are called.

use std::collections::{BTreeMap, BTreeSet};

use plumb_iac::mapping::StandsFor;
use plumb_iac::snapshot::CodeAccount;
use plumb_model::value::Text;

/// The uids of resources by the addresses of their blocks, such as `module.a.aws_s3_bucket.b` or a logical id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Addresses(BTreeMap<Text, Text>);

impl Addresses {
    /// Those of the stacks of code. An address in several of them names none, and neither does one that is also the name
    /// of a resource.
    pub(crate) fn of(accounts: &[CodeAccount]) -> Self {
        let mut names: BTreeSet<&Text> = BTreeSet::new();
        let mut found: BTreeMap<Text, BTreeSet<&Text>> = BTreeMap::new();
        for account in accounts {
            // What comes along with a block is not what the block declares.
            let mut main: BTreeMap<&Text, &Text> = BTreeMap::new();
            for resource in &account.snapshot.resources {
                names.extend([&resource.name, &resource.uid]);
                let key = (resource.resource_type.clone(), resource.uid.clone());
                let Some(places) = account.places.get(&key) else {
                    continue;
                };
                match places.stands_for {
                    StandsFor::Block => {
                        main.entry(&places.origin.address).or_insert(&resource.uid);
                    }
                    StandsFor::Element | StandsFor::Reference => {}
                }
            }
            for (address, uid) in main {
                found.entry(address.clone()).or_default().insert(uid);
            }
        }
        let one = |(address, uids): (Text, BTreeSet<&Text>)| {
            let mut uids = uids.into_iter();
            match (uids.next(), uids.next()) {
                (Some(uid), None) if !names.contains(&address) => Some((address, uid.clone())),
                _ => None,
            }
        };
        Self(found.into_iter().filter_map(one).collect())
    }

    /// What is asked about: the uid behind an address, or the text as it is.
    pub(crate) fn meant<'a>(&'a self, text: &'a str) -> &'a str {
        self.0.get(text).map_or(text, Text::as_str)
    }
}
