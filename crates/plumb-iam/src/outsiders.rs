//! Who outside the estate a resource policy lets in, as principals to ask about.

use std::collections::BTreeSet;

use plumb_model::value::Text;

use crate::arn::Arn;
use crate::directory::{Asset, Directory};
use crate::document::{Effect, Listing};
use crate::principal::Principal;
use crate::principal_pattern::PrincipalPattern;

/// The principals that are no members of the directory and that a resource's policy or grants name.
///
/// Everybody stands for two: the anonymous and the stranger with an account of their own. A user or role of another
/// account stands as its account, so that the answer names the principal as a condition.
pub fn outsiders(directory: &Directory, asset: &Asset) -> Vec<Principal> {
    let document = asset
        .policies
        .policy
        .as_ref()
        .and_then(|policy| policy.document());
    let statements = document.map_or(&[][..], |document| document.statements());
    let mut found = Found::default();
    for statement in statements
        .iter()
        .filter(|statement| statement.effect == Effect::Allow)
    {
        let Some(principals) = &statement.principals else {
            continue;
        };
        match principals.listing {
            Listing::Only => principals
                .patterns
                .iter()
                .for_each(|pattern| found.add(pattern, directory)),
            Listing::AllBut => found.has_everybody = true,
        }
    }
    for grant in &asset.policies.grants {
        found.add(&grant.grantee, directory);
    }
    found.principals()
}

#[derive(Default)]
struct Found {
    has_everybody: bool,
    accounts: BTreeSet<Text>,
    services: BTreeSet<Text>,
    providers: BTreeSet<Text>,
}

impl Found {
    fn add(&mut self, pattern: &PrincipalPattern, directory: &Directory) {
        let account = match pattern {
            PrincipalPattern::Everyone => {
                self.has_everybody = true;
                None
            }
            PrincipalPattern::Service(service) => {
                self.services.insert(service.clone());
                None
            }
            PrincipalPattern::Federated(provider) => {
                self.providers.insert(provider.clone());
                None
            }
            PrincipalPattern::Account(account) | PrincipalPattern::Session { account, .. } => {
                Some(account.clone())
            }
            PrincipalPattern::Entity(arn) => Arn::account_of(arn).map(Text::from),
            // Neither says which account it belongs to.
            PrincipalPattern::UniqueId(_) | PrincipalPattern::CanonicalUser(_) => None,
        };
        self.accounts
            .extend(account.filter(|account| !directory.has_account(account)));
    }

    fn principals(self) -> Vec<Principal> {
        let mut principals = Vec::new();
        if self.has_everybody {
            principals.extend([Principal::anonymous(), Principal::stranger()]);
        }
        principals.extend(self.accounts.into_iter().map(Principal::any_of_account));
        principals.extend(self.services.into_iter().map(Principal::service));
        principals.extend(self.providers.into_iter().map(Principal::federated));
        principals
    }
}
