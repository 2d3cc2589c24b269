//! A generated estate: accounts full of resources in the shape of the cloud's own answers, some of them misconfigured.
//!
//! It serves to try Plumb without credentials and to measure it at any size. Equal numbers and seeds give equal estates.
//! Names, ids and addresses are invented; account ids begin with `0000`, which no real account's does.
//!
//! What an account's documents name exists: subnets, routes, groups, roles, keys, buckets. The first account manages the
//! organization. In some accounts of the default estate lies an attack path, in others something that only looks like
//! one; [`story`] lists them. Everything else is made so that it leads nowhere: what everybody reaches may do nothing.
//!
//! Secrets are made only where the scan reads them.

mod account;
mod alarms;
mod balancers;
mod compute;
mod databases;
mod document;
mod groups;
mod identity;
mod interface;
mod keys;
mod logging;
mod managed;
mod network;
mod organization;
mod policies;
mod random;
mod roles;
mod routes;
mod settings;
mod storage;
pub mod story;
mod users;
mod volumes;

use plumb_model::coverage::CollectedType;
use plumb_model::snapshot::AccountSnapshot;

use crate::account::AccountBuilder;
use crate::random::Random;

/// The number of accounts of the default estate.
pub const DEFAULT_ACCOUNTS: u32 = 57;

/// The organization that the estate belongs to.
pub const ORGANIZATION: &str = "Acme Corp";

/// When the estate is said to have been read.
pub const READ_AT: &str = "2026-11-22T06:00:00Z";

/// Of so many accounts ...
const SHARE_OF: u32 = 57;
/// ... so many are production, and the rest development.
const PRODUCTION_SHARE: u32 = 45;

/// Resources of one account of the default estate.
const DEFAULT_RESOURCES_PER_ACCOUNT: u64 = 112;

/// From so many resources on, an account uses every region.
const LARGE_ACCOUNT: u64 = 1_000;

/// An estate of which accounts are generated when they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estate {
    accounts: u32,
    resources: u64,
    seed: u64,
}

impl Estate {
    /// An estate with so many accounts and, in all of them together, about so many resources.
    pub fn new(accounts: u32, resources: Option<u64>, seed: u64) -> Self {
        let resources = resources.unwrap_or(DEFAULT_RESOURCES_PER_ACCOUNT * u64::from(accounts));
        Self {
            accounts,
            resources,
            seed,
        }
    }

    /// The number of accounts.
    pub fn accounts(&self) -> u32 {
        self.accounts
    }

    /// Generates one account; `collected` is what its snapshot claims to have asked for.
    pub fn account(&self, position: u32, collected: &[CollectedType]) -> AccountSnapshot {
        let production = position % SHARE_OF < PRODUCTION_SHARE;
        let mut random = Random::new(self.seed).fork(u64::from(position));
        // Accounts differ in size as they do in life: the largest has three times the resources of the smallest.
        let fair = self.resources / u64::from(self.accounts.max(1));
        let remainder = u64::from(u64::from(position) < self.resources % u64::from(self.accounts.max(1)));
        let uneven = if self.resources >= 1_000 * u64::from(self.accounts) {
            100
        } else {
            60 + random.below(81)
        };
        let mut builder = AccountBuilder::new(position, self.accounts, production, random);
        builder.with_secrets = collected
            .iter()
            .any(|one| one.resource_type == "aws_secretsmanager_secret");
        if fair >= LARGE_ACCOUNT {
            builder.use_all_regions();
        }
        settings::generate(&mut builder);
        story::tell(&mut builder);
        let wanted = (fair * uneven / 100 + remainder) as usize;
        while builder.resources() < wanted {
            builder.generate_one();
        }
        builder.finish(collected)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn equal_numbers_and_seeds_give_equal_estates() {
        let estate = Estate::new(3, Some(300), 7);
        assert_eq!(estate.account(1, &[]), estate.account(1, &[]));
        assert_ne!(estate.account(1, &[]), estate.account(2, &[]));
        assert_ne!(
            estate.account(1, &[]),
            Estate::new(3, Some(300), 8).account(1, &[])
        );
    }

    #[test]
    fn the_default_estate_has_45_production_and_12_development_accounts() {
        let estate = Estate::new(DEFAULT_ACCOUNTS, None, 1);
        let accounts: Vec<_> = (0..estate.accounts())
            .map(|position| estate.account(position, &[]))
            .collect();
        let of = |name: &str| {
            accounts
                .iter()
                .filter(|a| a.account.environment.as_deref() == Some(name))
                .count()
        };
        assert_eq!((of("production"), of("development")), (45, 12));
        let ids: BTreeSet<_> = accounts
            .iter()
            .map(|account| account.account.id.clone())
            .collect();
        assert_eq!(ids.len(), accounts.len());
    }

    #[test]
    fn uids_are_unique_and_the_size_is_about_what_was_asked_for() {
        let estate = Estate::new(10, Some(20_000), 1);
        let mut uids = BTreeSet::new();
        let mut resources = 0;
        for position in 0..estate.accounts() {
            for resource in estate.account(position, &[]).resources {
                resources += 1;
                assert!(
                    uids.insert((position, resource.resource_type.clone(), resource.uid.clone())),
                    "{}",
                    resource.uid
                );
            }
        }
        assert!((19_000..=21_500).contains(&resources), "{resources}");
    }
}
