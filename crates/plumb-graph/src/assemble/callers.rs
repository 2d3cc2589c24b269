//! Whom the policy of a resource may let in: the principals that it names, and what its conditions look at of who asks.

use std::collections::BTreeSet;

use plumb_iam::access_list::AccessList;
use plumb_iam::arn::Arn;
use plumb_iam::document::{Effect, Listing, UnreadStatement};
use plumb_iam::policy::NamedPolicy;
use plumb_iam::principal::PrincipalKind;
use plumb_iam::principal_pattern::PrincipalPattern;
use plumb_iam::scope::Glance;
use plumb_iam::vantage;
use plumb_model::value::Text;

use crate::assemble::Assembly;
use crate::assemble::permission::Permissions;
use crate::assemble::question::{Ground, Question, reach};
use crate::fragment::Detail;

/// Whom a policy may let in.
pub(super) fn let_in(policy: &NamedPolicy) -> BTreeSet<&PrincipalPattern> {
    // It may let anybody in; that the internet may reach it is told once.
    let Some(document) = policy.document() else {
        return BTreeSet::from([&PrincipalPattern::Everyone]);
    };
    let unread = document.unread().iter().any(may_allow);
    document
        .statements()
        .iter()
        .filter(|statement| statement.effect == Effect::Allow)
        .filter_map(|statement| statement.principals.as_ref())
        .flat_map(|principals| match principals.listing {
            Listing::Only => principals.patterns.as_slice(),
            // All but some are everybody, as far as one must look.
            Listing::AllBut => &[PrincipalPattern::Everyone],
        })
        .chain(unread.then_some(&PrincipalPattern::Everyone))
        .collect()
}

fn may_allow(unread: &UnreadStatement) -> bool {
    unread.effect.is_none_or(|effect| effect == Effect::Allow)
}

/// What the conditions of a policy look at of who asks.
pub(crate) struct Callers {
    /// Whether they look at the caller's account, organization or ARN.
    pub(super) are_tested: bool,
    /// Whether every ARN of a caller that they name has its account.
    pub(crate) arns_have_accounts: bool,
    /// The accounts that they name.
    pub(crate) accounts: BTreeSet<Text>,
    /// The organizations that they name, with wildcards, some with a way down from there.
    pub(super) organizations: BTreeSet<Text>,
    /// The accounts whose access points they name.
    pub(super) doors: BTreeSet<Text>,
}

impl Callers {
    pub(crate) fn of(policy: Option<&NamedPolicy>) -> Self {
        let document = policy.and_then(|policy| policy.document());
        let statements = document.map_or(&[][..], |document| document.statements());
        let mut callers = Self {
            are_tested: false,
            arns_have_accounts: true,
            accounts: BTreeSet::new(),
            organizations: BTreeSet::new(),
            doors: BTreeSet::new(),
        };
        for test in statements.iter().flat_map(|statement| &statement.tests) {
            callers.doors.extend(vantage::accounts_of_doors(test));
            callers.are_tested |= test.key.starts_with("aws:principal");
            if matches!(test.key.as_str(), "aws:principalorgid" | "aws:principalorgpaths") {
                callers.organizations.extend(test.values.iter().cloned());
            }
            let is_arn = test.key == "aws:principalarn";
            if is_arn || test.key == "aws:principalaccount" {
                let accounts = test.values.iter().map(|value| Arn::account_of(value));
                for account in accounts {
                    callers.arns_have_accounts &= !is_arn || account.is_some();
                    callers.accounts.extend(account.map(Text::from));
                }
            }
        }
        callers
    }
}

/// The accounts of the estate that the conditions of a policy for everybody may admit: all where they name an organization,
/// else those that they name. What was not read may name principals of any.
pub(super) fn admitted_accounts(
    assembly: &Assembly<'_>,
    own: usize,
    detail: &Detail,
) -> (BTreeSet<usize>, Ground) {
    let mut admitted = BTreeSet::from([own]);
    let document = detail.policy.as_ref().and_then(|policy| policy.document());
    let Some(provider) = assembly
        .fragments
        .get(own)
        .map(|fragment| fragment.account.provider)
    else {
        return (admitted, Ground::Read);
    };
    // Where strangers are let in, that is told of all at once.
    let is_read = document.is_some_and(|document| !document.unread().iter().any(may_allow));
    if !is_read && detail.closed.is_some() {
        return ((0..assembly.fragments.len()).collect(), Ground::Unread);
    }
    let statements = document.map_or(&[][..], |document| document.statements());
    for test in statements.iter().flat_map(|statement| &statement.tests) {
        if test.key.contains(":principalorg") {
            return ((0..assembly.fragments.len()).collect(), Ground::Read);
        }
        admitted.extend(
            test.values
                .iter()
                .filter_map(|value| Arn::account_of(value))
                .filter_map(|account| assembly.fragment_of(provider, account)),
        );
    }
    (admitted, Ground::Read)
}

impl Permissions<'_, '_> {
    /// Asks for those principals of the resource's own account whose own policies do not speak of it: there the policy of the
    /// resource suffices.
    pub(super) fn ask_own(
        &mut self,
        assembly: &mut Assembly<'_>,
        fragment: usize,
        wide: usize,
        question: Question<'_>,
    ) {
        if question.is_of_strangers_alone() {
            return;
        }
        for class in self
            .classes
            .by_fragment
            .get(&fragment)
            .cloned()
            .unwrap_or_default()
        {
            let Some((_, member)) = self.representative(class) else {
                continue;
            };
            // That the root user administers everything is told by one edge.
            if member.principal.kind == PrincipalKind::Root || reach(member, question).is_some() {
                continue;
            }
            let whole = Glance {
                everything: true,
                ..Glance::default()
            };
            let named = self.groups.named(fragment, &member.policies);
            let parts = self.groups.parts(fragment, &[wide], &whole, &named);
            self.ask_class(assembly, class, &parts, question, Ground::Read);
        }
    }
}

/// Whether a canonical identifier is that of the account itself.
pub(super) fn is_owner(detail: &Detail, id: &Text) -> bool {
    let list = detail.access_list.as_ref();
    list.and_then(AccessList::owner).is_some_and(|owner| owner == id)
}

/// Whether an ARN is that of somebody with a session that a user of an account gave them.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-user>
pub(crate) fn is_federated_user(arn: &str) -> bool {
    Arn::read(arn).is_some_and(|arn| arn.service == "sts" && arn.resource.starts_with("federated-user/"))
}
