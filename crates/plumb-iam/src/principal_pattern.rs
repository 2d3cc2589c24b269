//! `PrincipalPattern`: one entry of a `Principal` or `NotPrincipal` element, and whom it names.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>.

use plumb_model::value::Text;

use crate::arn::{Arn, is_account};
use crate::document::{Listing, Principals};
use crate::principal::{Principal, PrincipalKind};
use crate::truth::Truth;

/// Whom an entry names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalPattern {
    /// `*`: everybody, with and without credentials.
    Everyone,
    /// An account, as twelve digits or the ARN of its root user.
    Account(Text),
    /// The ARN of a user or role.
    Entity(Text),
    /// One session of a role.
    Session {
        /// The role's account.
        account: Text,
        /// The role's name, without its path.
        role: Text,
        /// The session's name.
        session: Text,
    },
    /// The unique identifier that stays behind when a principal was deleted.
    UniqueId(Text),
    /// An AWS service; `*` is any.
    Service(Text),
    /// An identity provider: the ARN of a SAML or OpenID Connect provider or the domain of a well-known one.
    Federated(Text),
    /// The canonical identifier of an account, as S3 knows it.
    CanonicalUser(Text),
}

/// How an entry names a principal; it decides which implicit denies still count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Named {
    /// As itself: a user, a session, a service, a federated identity.
    Directly,
    /// As one of everybody.
    AsEveryone,
    /// By the role of its session.
    ByRole,
    /// By its account, which leaves the decision to the account's own policies.
    ByAccount,
}

/// Whether and how principals are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// Whether.
    pub truth: Truth,
    /// How.
    pub named: Named,
    /// What must hold when it depends, for people.
    pub condition: Option<Text>,
}

impl Naming {
    fn certain(named: Named) -> Self {
        Self {
            truth: Truth::True,
            named,
            condition: None,
        }
    }

    fn depends(named: Named, condition: String) -> Self {
        Self {
            truth: Truth::Depends,
            named,
            condition: Some(condition.into()),
        }
    }
}

impl PrincipalPattern {
    /// Reads an entry of a given kind (`AWS`, `Service`, …); `None` for an unknown kind.
    pub fn read(kind: &str, id: &str) -> Option<Self> {
        Some(match kind {
            "AWS" => Self::of_aws(id),
            "Service" => Self::Service(id.into()),
            "Federated" => Self::Federated(id.into()),
            "CanonicalUser" => Self::CanonicalUser(id.into()),
            _ => return None,
        })
    }

    pub(crate) fn of_aws(id: &str) -> Self {
        if id == "*" {
            return Self::Everyone;
        }
        if is_account(id) {
            return Self::Account(id.into());
        }
        let Some(arn) = Arn::read(id) else {
            return Self::UniqueId(id.into());
        };
        let session = || {
            let mut parts = arn.resource.strip_prefix("assumed-role/")?.split('/');
            Some(Self::Session {
                account: arn.account.into(),
                role: parts.next()?.into(),
                session: parts.next()?.into(),
            })
        };
        match arn.service {
            "iam" if arn.resource == "root" => Self::Account(arn.account.into()),
            "sts" => session().unwrap_or_else(|| Self::Entity(id.into())),
            _ => Self::Entity(id.into()),
        }
    }

    /// Whether and how the entry names a principal; `None` when it does not.
    pub fn names(&self, principal: &Principal) -> Option<Naming> {
        let is_of = |account: &Text| principal.account.as_ref() == Some(account);
        match (self, principal.kind) {
            (Self::Everyone, _) => Some(Naming::certain(Named::AsEveryone)),
            (Self::Account(account), PrincipalKind::Root) if is_of(account) => {
                Some(Naming::certain(Named::Directly))
            }
            (Self::Account(account), _) if is_of(account) => Some(Naming::certain(Named::ByAccount)),
            (Self::Entity(arn), PrincipalKind::AnyOfAccount) if !principal.name.is_empty() => {
                (*arn == principal.name).then(|| Naming::certain(Named::Directly))
            }
            (Self::Entity(arn), PrincipalKind::AnyOfAccount)
                if Arn::account_of(arn).is_some_and(|account| is_of(&account.into())) =>
            {
                Some(Naming::depends(
                    Named::Directly,
                    format!("the principal is `{arn}`"),
                ))
            }
            (
                Self::Session {
                    account,
                    role,
                    session,
                },
                PrincipalKind::AnyOfAccount,
            ) if is_of(account) => Some(Naming::depends(
                Named::Directly,
                format!("the principal is the session `{session}` of the role `{role}`"),
            )),
            (Self::Entity(arn), PrincipalKind::User) if *arn == principal.name => {
                Some(Naming::certain(Named::Directly))
            }
            (Self::Entity(arn), PrincipalKind::Role) if *arn == principal.name => {
                Some(Naming::certain(Named::ByRole))
            }
            (
                Self::Session {
                    account,
                    role,
                    session,
                },
                PrincipalKind::Role,
            ) if is_of(account) && principal.friendly_name() == Some(role) => match &principal.session_name {
                Some(own) if own == session => Some(Naming::certain(Named::Directly)),
                Some(_) => None,
                None => Some(Naming::depends(
                    Named::Directly,
                    format!("the session is named `{session}`"),
                )),
            },
            (Self::UniqueId(id), PrincipalKind::User) if principal.unique_id.as_ref() == Some(id) => {
                Some(Naming::certain(Named::Directly))
            }
            (Self::UniqueId(id), PrincipalKind::Role) if principal.unique_id.as_ref() == Some(id) => {
                Some(Naming::certain(Named::ByRole))
            }
            (Self::Service(name), PrincipalKind::Service) if *name == principal.name || name == "*" => {
                Some(Naming::certain(Named::Directly))
            }
            (Self::Federated(name), PrincipalKind::Federated) if *name == principal.name || name == "*" => {
                Some(Naming::certain(Named::Directly))
            }
            (
                Self::CanonicalUser(id),
                PrincipalKind::Root
                | PrincipalKind::User
                | PrincipalKind::Role
                | PrincipalKind::Group
                | PrincipalKind::AnyOfAccount,
            ) => match &principal.canonical {
                // That of an account names its principals as the account does; an identity of the cloud's own has one for itself.
                Some(own) => {
                    let named = match principal.account.as_deref() {
                        Some(account) if is_account(account) => Named::ByAccount,
                        Some(_) | None => Named::Directly,
                    };
                    (own == id).then(|| Naming::certain(named))
                }
                // Which account a canonical identifier belongs to is not known here.
                None => Some(Naming::depends(
                    Named::ByAccount,
                    format!("the canonical user `{id}` is the principal's account"),
                )),
            },
            (
                Self::Account(_)
                | Self::Entity(_)
                | Self::Session { .. }
                | Self::UniqueId(_)
                | Self::Service(_)
                | Self::Federated(_)
                | Self::CanonicalUser(_),
                _,
            ) => None,
        }
    }
}

impl Principals {
    /// Each way in which the element names a principal.
    pub fn name(&self, principal: &Principal) -> Vec<Naming> {
        match self.listing {
            Listing::Only => self
                .candidates(principal)
                .into_iter()
                .filter_map(|pattern| pattern.names(principal))
                .collect(),
            Listing::AllBut => {
                let truth = !self.excepts(principal);
                let condition = (truth == Truth::Depends)
                    .then(|| Text::new_static("the session is none of those that `NotPrincipal` lists"));
                let named = Named::AsEveryone;
                let naming = Naming {
                    truth,
                    named,
                    condition,
                };
                if truth.is_possible() {
                    vec![naming]
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// Whether `NotPrincipal` lists a principal.
    ///
    /// The documentation asks for the account beside a user, and for the account and the session beside a role, and
    /// leaves open what happens without them; such lists are answered with unknown.
    fn excepts(&self, principal: &Principal) -> Truth {
        let candidates = self.candidates(principal);
        let names_account = candidates.iter().any(|pattern| {
            matches!(pattern, PrincipalPattern::Account(account) if principal.account.as_ref() == Some(account))
        });
        let namings: Vec<_> = candidates
            .iter()
            .filter_map(|pattern| pattern.names(principal))
            .collect();
        let by = |named: Named| {
            let truths = namings.iter().filter(|naming| naming.named == named);
            truths.map(|naming| naming.truth).fold(Truth::False, Truth::or)
        };
        let names_role = by(Named::ByRole).is_possible();
        let in_full = match principal.kind {
            PrincipalKind::User | PrincipalKind::Group => names_account,
            PrincipalKind::Role => names_account && names_role,
            PrincipalKind::Root
            | PrincipalKind::Service
            | PrincipalKind::Federated
            | PrincipalKind::AnyOfAccount
            | PrincipalKind::Anonymous => true,
        };
        let directly = match (by(Named::Directly), principal.kind) {
            (Truth::False, _) if names_role => Truth::Unknown,
            // Only the root user is excepted by its account alone.
            (Truth::False, PrincipalKind::AnyOfAccount) if names_account => Truth::Depends,
            (listed, _) if in_full => listed,
            (listed, _) => listed.and(Truth::Unknown),
        };
        directly.or(by(Named::AsEveryone))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/team/admin";
    const USER: &str = "arn:aws:iam::111122223333:user/ann";
    const ROOT: &str = "arn:aws:iam::111122223333:root";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/admin/ops";

    #[test]
    fn entries_name_principals_in_their_way() {
        for (kind, id, principal, expected) in [
            ("AWS", "*", USER, Some((Truth::True, Named::AsEveryone))),
            ("AWS", "111122223333", USER, Some((Truth::True, Named::ByAccount))),
            ("AWS", ROOT, USER, Some((Truth::True, Named::ByAccount))),
            ("AWS", ROOT, ROOT, Some((Truth::True, Named::Directly))),
            ("AWS", USER, USER, Some((Truth::True, Named::Directly))),
            ("AWS", ROLE, ROLE, Some((Truth::True, Named::ByRole))),
            ("AWS", SESSION, ROLE, Some((Truth::Depends, Named::Directly))),
            ("AWS", "arn:aws:iam::111122223333:user/*", USER, None),
            ("AWS", "444455556666", USER, None),
            ("AWS", "AIDAEXAMPLE", USER, None),
            ("Service", "sns.amazonaws.com", USER, None),
        ] {
            let principal = Principal::of_arn(principal).unwrap();
            let naming = PrincipalPattern::read(kind, id).unwrap().names(&principal);
            assert_eq!(
                naming.map(|naming| (naming.truth, naming.named)),
                expected,
                "{kind} {id}"
            );
        }
        let sns = Principal::service("sns.amazonaws.com");
        let pattern = PrincipalPattern::read("Service", "sns.amazonaws.com").unwrap();
        assert_eq!(pattern.names(&sns), Some(Naming::certain(Named::Directly)));
        assert_eq!(PrincipalPattern::read("Group", "g"), None);
    }

    #[test]
    fn not_principal_excepts_what_is_listed_whole() {
        let bob = "arn:aws:iam::111122223333:user/bob";
        for (listed, principal, expected) in [
            (&[USER, ROOT][..], USER, Truth::False),
            (&[USER, ROOT], bob, Truth::True),
            (&[USER], USER, Truth::Unknown),
            (&[ROOT], USER, Truth::True),
            (&["*"], USER, Truth::False),
            (&[ROLE, ROOT], ROLE, Truth::Unknown),
            (&[ROLE, ROOT, SESSION], ROLE, Truth::Depends),
            (&[ROOT, SESSION], ROLE, Truth::Unknown),
            (&[ROLE, SESSION], ROLE, Truth::Unknown),
            (&[ROOT], ROLE, Truth::True),
            (&[ROOT], ROOT, Truth::False),
        ] {
            let patterns = listed.iter().map(|id| PrincipalPattern::of_aws(id)).collect();
            let principals = Principals::new(Listing::AllBut, patterns);
            let namings = principals.name(&Principal::of_arn(principal).unwrap());
            let truth = namings.first().map_or(Truth::False, |naming| naming.truth);
            assert_eq!(truth, expected, "{listed:?} {principal}");
        }
    }
}
