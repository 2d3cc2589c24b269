//! `Principal`: who sends a request, with what is known of them.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable>.

use plumb_model::value::{Map, Text, Value};

use crate::arn::Arn;
use crate::keys::KeyValue;

/// The account of a stranger that stands for all of them; AWS gives it to nobody.
pub const STRANGER: &str = "000000000000";

/// The kinds of requesters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// The root user of an account.
    Root,
    /// An IAM user.
    User,
    /// An IAM role; its requests come from sessions.
    Role,
    /// Whichever user joins an IAM group, by what the group permits alone. Nobody else names a group.
    Group,
    /// An AWS service under its own name, for example `cloudtrail.amazonaws.com`.
    Service,
    /// Somebody whom an identity provider (OpenID Connect or SAML) vouches for, before assuming a role.
    Federated,
    /// Any principal of an account whose own policies permit the request; without an account, of one outside the estate;
    /// with a name, this one.
    AnyOfAccount,
    /// Anybody, without credentials.
    Anonymous,
}

/// What is known of the tags of a principal or resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Tags {
    /// These; keys in lower case, because names of condition keys are not case-sensitive.
    Known(Vec<(Text, Text)>),
    /// Nothing is given.
    #[default]
    Unspecified,
    /// They could not be read; says why.
    Unread(Text),
}

impl Tags {
    /// The `tags` of a resource document: a map, null or unreadable.
    pub fn read(tags: Option<&Value>) -> Self {
        match tags {
            None => Self::Unspecified,
            Some(Value::Null) => Self::Known(Vec::new()),
            Some(Value::Map(map)) => Self::of(map),
            Some(Value::Unreadable(unreadable)) => Self::Unread(unreadable.to_string().into()),
            Some(other) => Self::Unread(format!("tags are malformed: {}", other.kind()).into()),
        }
    }

    fn of(map: &Map) -> Self {
        let pair = |(key, value): (&Text, &Value)| {
            let value = value.as_str().map(Text::from);
            (Text::from(key.to_ascii_lowercase()), value.unwrap_or_default())
        };
        Self::Known(map.iter().map(pair).collect())
    }

    /// The value of a tag, whose key is in lower case.
    pub fn tag(&self, key: &str) -> KeyValue<'_> {
        match self {
            Self::Known(tags) => tags
                .iter()
                .find(|(own, _)| own == key)
                .map_or(KeyValue::Absent, |(_, value)| {
                    KeyValue::many(std::slice::from_ref(value))
                }),
            Self::Unspecified => KeyValue::Unspecified,
            Self::Unread(why) => KeyValue::Unread(why.clone()),
        }
    }
}

/// What is known of the organization of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Membership {
    /// Nothing is given.
    #[default]
    Unspecified,
    /// The account is in no organization.
    Outside,
    /// The account is a member.
    Of {
        /// For example `o-a1b2c3d4e5`.
        id: Text,
        /// The way down from the organization, for example `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`, when known.
        path: Option<Text>,
    },
}

impl Membership {
    pub(crate) fn id(&self) -> KeyValue<'_> {
        match self {
            Self::Unspecified => KeyValue::Unspecified,
            Self::Outside => KeyValue::Absent,
            Self::Of { id, .. } => KeyValue::many(std::slice::from_ref(id)),
        }
    }

    pub(crate) fn path(&self) -> KeyValue<'_> {
        match self {
            Self::Unspecified | Self::Of { path: None, .. } => KeyValue::Unspecified,
            Self::Outside => KeyValue::Absent,
            Self::Of { path: Some(path), .. } => KeyValue::many(std::slice::from_ref(path)),
        }
    }
}

/// Whether sessions of a role may carry tags that the role does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SessionTags {
    /// The trust policy does not allow `sts:TagSession`.
    #[default]
    Refused,
    /// It does, so that each tag may have any value.
    Possible,
}

/// Whether requests of a principal can come from somebody who signed in with a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SecondFactor {
    /// They can.
    #[default]
    Possible,
    /// None of them do: code and identity providers get sessions of a role without it
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html>).
    Never,
}

/// Who may change the permissions of a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Stewardship {
    /// The account's administrators.
    #[default]
    Customer,
    /// An AWS service owns this role; service and resource control policies do not bind it.
    ServiceLinked,
    /// IAM Identity Center owns this role.
    IdentityCenter,
}

/// A requester.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// What it is.
    pub kind: PrincipalKind,
    /// ARN of a user, role, group or root user; name of a service; ARN or domain of an identity provider; else empty.
    pub name: Text,
    /// Its account, where it has one.
    pub account: Option<Text>,
    /// For example `AIDA…` or `AROA…`.
    pub unique_id: Option<Text>,
    /// Its own canonical identifier, or that of its account, where it is known.
    pub canonical: Option<Text>,
    /// Its tags.
    pub tags: Tags,
    /// Whether sessions may bring further tags.
    pub session_tags: SessionTags,
    /// Whether it can have a second factor.
    pub second_factor: SecondFactor,
    /// The name of a role's session, when the question is about a particular one.
    pub session_name: Option<Text>,
    /// The organization of its account.
    pub membership: Membership,
    /// Who may change its permissions.
    pub stewardship: Stewardship,
}

impl Principal {
    /// A user, role, group or root user by ARN; `None` when the ARN names none of these.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let read = Arn::read(arn).filter(|read| read.service == "iam")?;
        let kind = match read.resource.split_once('/') {
            Some(("user", _)) => PrincipalKind::User,
            Some(("role", _)) => PrincipalKind::Role,
            Some(("group", _)) => PrincipalKind::Group,
            None if read.resource == "root" => PrincipalKind::Root,
            Some(_) | None => return None,
        };
        let mut principal = Self::bare(kind, arn.into());
        principal.account = Some(read.account.into());
        principal.stewardship = stewardship(kind, read.resource);
        Some(principal)
    }

    /// An AWS service, for example `sns.amazonaws.com`.
    pub fn service(name: impl Into<Text>) -> Self {
        Self::bare(PrincipalKind::Service, name.into())
    }

    /// Somebody whom an identity provider vouches for.
    pub fn federated(provider: impl Into<Text>) -> Self {
        Self::bare(PrincipalKind::Federated, provider.into())
    }

    /// Any principal of an account whose own policies permit the request.
    pub fn any_of_account(account: impl Into<Text>) -> Self {
        let account = account.into();
        let mut principal = Self::bare(PrincipalKind::AnyOfAccount, Text::default());
        principal.account = Some(account);
        principal
    }

    /// Somebody with an account of their own, which is not part of the estate and in no organization.
    pub fn stranger() -> Self {
        let mut principal = Self::bare(PrincipalKind::AnyOfAccount, Text::default());
        principal.membership = Membership::Outside;
        principal
    }

    /// A [`Principal::stranger`] whose account is none that a policy names; with `has_arn` neither is its ARN.
    ///
    /// Conditions on who asks are decided for it. AWS gives nobody the account of noughts.
    pub fn stranger_apart(has_arn: bool) -> Self {
        let mut principal = Self::stranger();
        principal.account = Some(Text::new_static(STRANGER));
        if has_arn {
            principal.name = Text::new_static("arn:aws:iam::000000000000:root");
        }
        principal
    }

    /// Anybody on the internet.
    pub fn anonymous() -> Self {
        Self::bare(PrincipalKind::Anonymous, Text::default())
    }

    /// The same where its account was not read: a user or role is one whose own policies permit the request.
    #[must_use]
    pub(crate) fn of_unread_account(mut self) -> Self {
        use PrincipalKind::{Anonymous, AnyOfAccount, Federated, Group, Role, Root, Service, User};
        match self.kind {
            User | Role => self.kind = AnyOfAccount,
            Root | Group | Service | Federated | AnyOfAccount | Anonymous => {}
        }
        self
    }

    fn bare(kind: PrincipalKind, name: Text) -> Self {
        Self {
            kind,
            name,
            account: None,
            unique_id: None,
            canonical: None,
            tags: Tags::Unspecified,
            session_tags: SessionTags::Refused,
            second_factor: SecondFactor::Possible,
            session_name: None,
            membership: Membership::Unspecified,
            stewardship: Stewardship::Customer,
        }
    }

    /// The last part of a user's or role's name.
    pub fn friendly_name(&self) -> Option<&str> {
        Arn::read(&self.name)?.kind_and_name().map(|(_, name)| name)
    }

    /// What follows from the principal under a condition key in lower case; `None` for keys of other origin.
    pub(crate) fn key(&self, key: &str) -> Option<KeyValue<'_>> {
        use PrincipalKind::{Anonymous, AnyOfAccount, Federated, Group, Role, Root, Service, User};
        let own = |text: &'static str| KeyValue::one(Text::new_static(text));
        let account = || match (&self.account, self.kind) {
            (Some(account), _) => KeyValue::many(std::slice::from_ref(account)),
            (None, AnyOfAccount) => KeyValue::Unspecified,
            (None, Root | User | Role | Group | Service | Federated | Anonymous) => KeyValue::Absent,
        };
        if let Some(tag) = key.strip_prefix("aws:principaltag/") {
            return Some(self.tag(tag));
        }
        Some(match key {
            "aws:principalarn" => match self.kind {
                Root | User | Role => KeyValue::many(std::slice::from_ref(&self.name)),
                AnyOfAccount if !self.name.is_empty() => KeyValue::many(std::slice::from_ref(&self.name)),
                AnyOfAccount | Group => KeyValue::Unspecified,
                Service | Federated | Anonymous => KeyValue::Absent,
            },
            "aws:principalaccount" | "kms:calleraccount" => account(),
            "aws:principaltype" => match self.kind {
                Root => own("Account"),
                User | Group => own("User"),
                Role => own("AssumedRole"),
                Anonymous => own("Anonymous"),
                Service | Federated | AnyOfAccount => KeyValue::Unspecified,
            },
            "aws:principalorgid" | "aws:principalorgpaths" => match self.kind {
                Service | Federated | Anonymous => KeyValue::Absent,
                Root | User | Role | Group | AnyOfAccount if key == "aws:principalorgid" => {
                    self.membership.id()
                }
                Root | User | Role | Group | AnyOfAccount => self.membership.path(),
            },
            "aws:principalisawsservice" => own(if self.kind == Service { "true" } else { "false" }),
            "aws:principalservicename" => match self.kind {
                Service => KeyValue::many(std::slice::from_ref(&self.name)),
                Root | User | Role | Group | Federated | AnyOfAccount | Anonymous => KeyValue::Absent,
            },
            "aws:username" => match self.kind {
                User => self.friendly_name().map_or(KeyValue::Unspecified, KeyValue::one),
                AnyOfAccount | Group => KeyValue::Unspecified,
                Root | Role | Service | Federated | Anonymous => KeyValue::Absent,
            },
            "aws:userid" => self.user_id(),
            // Present only when a service calls in its own name for a resource; see
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcearn
            "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths"
            | "aws:sourceowner" => match self.kind {
                Service => KeyValue::Unspecified,
                Root | User | Role | Group | Federated | AnyOfAccount | Anonymous => KeyValue::Absent,
            },
            "aws:multifactorauthpresent" | "aws:multifactorauthage" => {
                match (self.kind, self.second_factor) {
                    (Service | Federated | Anonymous, _) => KeyValue::Absent,
                    // The documentation leaves open whether such sessions lack the key or say no.
                    (Role, SecondFactor::Never) if key == "aws:multifactorauthpresent" => {
                        KeyValue::AbsentOr(Text::new_static("false"))
                    }
                    (Role, SecondFactor::Never) => KeyValue::Absent,
                    (Root | User | Role | Group | AnyOfAccount, _) => KeyValue::Unspecified,
                }
            }
            _ => return None,
        })
    }

    fn tag(&self, key: &str) -> KeyValue<'_> {
        use PrincipalKind::{Anonymous, AnyOfAccount, Federated, Group, Role, Root, Service, User};
        match (self.kind, self.session_tags) {
            (Service | Anonymous, _) => KeyValue::Absent,
            // A session's tag takes the place of the role's:
            // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
            (Role, SessionTags::Possible) | (AnyOfAccount | Group | Federated, _) => KeyValue::Unspecified,
            (Root, _) => KeyValue::Absent,
            (User | Role, _) => self.tags.tag(key),
        }
    }

    fn user_id(&self) -> KeyValue<'_> {
        match self.kind {
            PrincipalKind::Root => self.account.clone().map_or(KeyValue::Unspecified, KeyValue::one),
            PrincipalKind::User => self
                .unique_id
                .clone()
                .map_or(KeyValue::Unspecified, KeyValue::one),
            PrincipalKind::Role => match (&self.unique_id, &self.session_name) {
                (Some(id), Some(session)) => KeyValue::one(format!("{id}:{session}")),
                (None | Some(_), None) | (None, Some(_)) => KeyValue::Unspecified,
            },
            PrincipalKind::Anonymous => KeyValue::one(Text::new_static("anonymous")),
            PrincipalKind::Service
            | PrincipalKind::Federated
            | PrincipalKind::Group
            | PrincipalKind::AnyOfAccount => KeyValue::Unspecified,
        }
    }
}

fn stewardship(kind: PrincipalKind, resource: &str) -> Stewardship {
    if kind != PrincipalKind::Role {
        Stewardship::Customer
    } else if resource.starts_with("role/aws-service-role/") {
        Stewardship::ServiceLinked
    } else if resource.starts_with("role/aws-reserved/sso.amazonaws.com/") {
        Stewardship::IdentityCenter
    } else {
        Stewardship::Customer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_say_what_a_principal_is() {
        for (arn, kind, stewardship) in [
            (
                "arn:aws:iam::111122223333:root",
                PrincipalKind::Root,
                Stewardship::Customer,
            ),
            (
                "arn:aws:iam::111122223333:user/a/ann",
                PrincipalKind::User,
                Stewardship::Customer,
            ),
            (
                "arn:aws:iam::111122223333:group/ops",
                PrincipalKind::Group,
                Stewardship::Customer,
            ),
            (
                "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
                PrincipalKind::Role,
                Stewardship::ServiceLinked,
            ),
            (
                "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
                PrincipalKind::Role,
                Stewardship::IdentityCenter,
            ),
        ] {
            let principal = Principal::of_arn(arn).unwrap();
            assert_eq!(
                (principal.kind, principal.stewardship),
                (kind, stewardship),
                "{arn}"
            );
        }
        assert_eq!(Principal::of_arn("arn:aws:iam::111122223333:policy/g"), None);
        assert_eq!(Principal::of_arn("arn:aws:s3:::root"), None);
    }

    #[test]
    fn keys_follow_from_the_principal() {
        let ann = Principal::of_arn("arn:aws:iam::111122223333:user/a/ann").unwrap();
        assert_eq!(ann.key("aws:username"), Some(KeyValue::one("ann")));
        assert_eq!(
            ann.key("aws:principalaccount"),
            Some(KeyValue::one("111122223333"))
        );
        assert_eq!(ann.key("aws:sourcearn"), Some(KeyValue::Absent));
        assert_eq!(ann.key("aws:principalorgid"), Some(KeyValue::Unspecified));
        assert_eq!(ann.key("aws:sourceip"), None);
        let anyone = Principal::anonymous();
        assert_eq!(anyone.key("aws:principalarn"), Some(KeyValue::Absent));
        assert_eq!(anyone.key("aws:principaltag/team"), Some(KeyValue::Absent));
    }

    #[test]
    fn session_tags_leave_the_tags_of_a_role_open() {
        let mut role = Principal::of_arn("arn:aws:iam::111122223333:role/r").unwrap();
        role.tags = Tags::Known(vec![("team".into(), "red".into())]);
        assert_eq!(role.key("aws:principaltag/team"), Some(KeyValue::one("red")));
        assert_eq!(role.key("aws:principaltag/cost"), Some(KeyValue::Absent));
        role.session_tags = SessionTags::Possible;
        assert_eq!(role.key("aws:principaltag/team"), Some(KeyValue::Unspecified));
    }
}
