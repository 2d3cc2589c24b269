//! `Who`: the principal that a text means.

use plumb_iam::arn::Arn;
use plumb_iam::directory::{Asset, Member};
use plumb_iam::principal::{Principal, PrincipalKind};
use plumb_model::value::Text;

use super::{MOST_NEAR, Questions, Unanswerable, is_everybody, owned};
use crate::near::nearest;

/// Somebody to ask about.
#[derive(Clone, Debug)]
pub enum Who<'a> {
    /// A principal of the estate.
    Member(&'a Member),
    /// Whoever is surer to be let in: somebody without credentials, or with an account of their own.
    Internet,
    /// Anybody, a service, a federated identity, any principal of an account.
    Outsider(Principal),
    /// A user or role of an account that is not part of the estate.
    Foreigner(Principal),
}

impl<'a> Questions<'a> {
    /// The principal that a text means: an ARN, a name, `internet`, an account number or a service.
    pub fn who(&self, text: &str) -> Result<Who<'a>, Unanswerable> {
        match text.to_ascii_lowercase().as_str() {
            "internet" => return Ok(Who::Internet),
            "anonymous" => return Ok(Who::Outsider(Principal::anonymous())),
            _ => {}
        }
        if let Some(member) = self.directory.principal(text) {
            return Ok(Who::Member(member));
        }
        if let Some(read) = Arn::read(text) {
            return self.by_arn(text, read);
        }
        if Arn::account_of(text) == Some(text) {
            return Ok(Who::Outsider(Principal::any_of_account(text)));
        }
        let members = self.directory.principals();
        let named: Vec<&Member> = members
            .iter()
            .filter(|member| member.principal.friendly_name() == Some(text))
            .collect();
        match named.as_slice() {
            [only] => Ok(Who::Member(only)),
            [] if is_service(text) => Ok(Who::Outsider(Principal::service(text))),
            several => Err(Unanswerable::Name {
                what: "principal",
                name: text.to_owned(),
                count: several.len(),
                near: if several.is_empty() {
                    self.near(text)
                } else {
                    let names = several.iter().map(|member| member.principal.name.to_string());
                    names.take(MOST_NEAR).collect()
                },
            }),
        }
    }

    fn by_arn(&self, text: &str, read: Arn<'_>) -> Result<Who<'a>, Unanswerable> {
        // A session acts with the permissions of its role, whose path the session's ARN leaves out.
        if let Some(("assumed-role", rest)) = read.resource.split_once('/') {
            let name = rest.split('/').next().unwrap_or(rest);
            let mut roles = self.directory.principals().iter().filter(|member| {
                member.principal.kind == PrincipalKind::Role
                    && member.principal.account.as_deref() == Some(read.account)
                    && member.principal.friendly_name() == Some(name)
            });
            if let Some(role) = roles.next() {
                return Ok(Who::Member(role));
            }
        }
        let not_found = || Unanswerable::NotRead {
            name: text.to_owned(),
            account: read.account.to_owned(),
            near: self.near(text),
        };
        if self.directory.has_account(read.account) {
            return Err(not_found());
        }
        let principal = Principal::of_arn(text).ok_or_else(|| Unanswerable::Name {
            what: "principal",
            name: text.to_owned(),
            count: 0,
            near: self.near(text),
        })?;
        Ok(Who::Foreigner(principal))
    }

    /// Whether somebody is a stranger, of no account of the estate.
    pub(super) fn is_outside(&self, who: &Who<'_>) -> bool {
        match who {
            Who::Member(_) => false,
            Who::Internet | Who::Foreigner(_) => true,
            Who::Outsider(principal) => match principal.kind {
                PrincipalKind::Service | PrincipalKind::Federated => false,
                PrincipalKind::Anonymous
                | PrincipalKind::AnyOfAccount
                | PrincipalKind::Root
                | PrincipalKind::User
                | PrincipalKind::Role
                | PrincipalKind::Group => principal
                    .account
                    .as_ref()
                    .is_none_or(|account| !self.directory.has_account(account)),
            },
        }
    }

    fn near(&self, text: &str) -> Vec<String> {
        let names = self.directory.principals().iter().flat_map(|member| {
            let name = member.principal.friendly_name().filter(|_| !text.contains(':'));
            name.into_iter().chain([member.principal.name.as_str()])
        });
        owned(nearest(text, names, MOST_NEAR))
    }
}

impl Who<'_> {
    /// How they are called in answers.
    pub fn name(&self) -> Text {
        match self {
            Self::Member(member) => member.principal.name.clone(),
            Self::Internet => Text::new_static("anybody on the internet"),
            Self::Outsider(principal) | Self::Foreigner(principal) => display(principal),
        }
    }

    /// The principal; `None` where several are asked.
    pub(super) fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Member(member) => Some(&member.principal),
            Self::Internet => None,
            Self::Outsider(principal) | Self::Foreigner(principal) => Some(principal),
        }
    }

    /// Whether they stand for everybody.
    pub(super) fn is_anybody(&self) -> bool {
        match self {
            Self::Member(_) | Self::Foreigner(_) => false,
            Self::Internet => true,
            Self::Outsider(principal) => is_everybody(principal),
        }
    }

    /// Whether policies of their own take part.
    pub(super) fn has_own_policies(&self) -> bool {
        match self {
            Self::Member(_) | Self::Foreigner(_) => true,
            Self::Internet | Self::Outsider(_) => false,
        }
    }

    /// Whether they are the root user of the account of a resource.
    pub(super) fn is_root_of(&self, asset: &Asset) -> bool {
        let is_root = self
            .principal()
            .is_some_and(|principal| principal.kind == PrincipalKind::Root);
        is_root && self.is_of(asset)
    }

    /// Whether they belong to the account of a resource.
    pub(super) fn is_of(&self, asset: &Asset) -> bool {
        let account = match self {
            Self::Member(member) => &member.principal.account,
            Self::Internet => return false,
            Self::Outsider(principal) | Self::Foreigner(principal) => &principal.account,
        };
        account.is_some() && *account == asset.target.account
    }
}

/// Who a principal outside of the estate is, for people.
pub fn display(principal: &Principal) -> Text {
    match (principal.kind, &principal.account) {
        (PrincipalKind::Anonymous, _) => Text::new_static("anybody, without credentials"),
        (PrincipalKind::AnyOfAccount, None) => {
            Text::new_static("anybody with an account outside of the estate")
        }
        (PrincipalKind::AnyOfAccount, Some(account)) => Text::from(format!(
            "principals of account {account} whose own policies permit it"
        )),
        (
            PrincipalKind::Root
            | PrincipalKind::User
            | PrincipalKind::Role
            | PrincipalKind::Group
            | PrincipalKind::Service
            | PrincipalKind::Federated,
            _,
        ) => principal.name.clone(),
    }
}

/// Whether a text looks like the name of a service of AWS: `lambda.amazonaws.com`.
fn is_service(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    (text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn")) && text.bytes().all(is_plain)
}
