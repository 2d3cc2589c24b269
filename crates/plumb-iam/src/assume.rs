//! `Trust`: who may assume a role, read off its trust policy.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user_externalid.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>.

use std::sync::Arc;

use plumb_model::value::Text;

use crate::answer::{Layer, StatementRef};
use crate::condition::Test;
use crate::document::{Effect, Listing, Statement};
use crate::operator::{Comparison, Missing, Quantifier, Sense};
use crate::policy::{Content, NamedPolicy};
use crate::principal_pattern::PrincipalPattern;

/// The actions by which a role is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Assumption {
    /// `sts:AssumeRole`, by principals and services of AWS.
    Role,
    /// `sts:AssumeRoleWithWebIdentity`, with a token of an OpenID Connect provider.
    WithWebIdentity,
    /// `sts:AssumeRoleWithSAML`, with an assertion of a SAML provider.
    WithSaml,
}

impl Assumption {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Role, Self::WithWebIdentity, Self::WithSaml];

    /// The action's name.
    pub fn action(self) -> &'static str {
        match self {
            Self::Role => "sts:AssumeRole",
            Self::WithWebIdentity => "sts:AssumeRoleWithWebIdentity",
            Self::WithSaml => "sts:AssumeRoleWithSAML",
        }
    }
}

/// One principal that a trust policy names, and under which conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustEntry {
    /// Whether it is trusted or refused.
    pub effect: Effect,
    /// Whether `who` is meant or all but them.
    pub listing: Listing,
    /// Who.
    pub who: PrincipalPattern,
    /// By which action.
    pub how: Assumption,
    /// Where it says so.
    pub statement: StatementRef,
    /// What a request must satisfy.
    pub tests: Vec<Test>,
}

/// Who may assume a role.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trust {
    /// All that the policy names.
    pub entries: Vec<TrustEntry>,
    /// What could not be read.
    pub unknown: Vec<Text>,
}

/// How far the subject of a federated token is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectLimit {
    /// No test on the subject: every token that the provider issues for the audience will do.
    None,
    /// A test that lets subjects of foreign tenants through, for example `repo:*`.
    Wide(Text),
    /// Tests that name the tenant.
    Narrow,
}

/// OpenID Connect providers that issue tokens to anybody who signs up; only the subject tells their users apart.
const SHARED_PROVIDERS: [&str; 8] = [
    "accounts.google.com",
    "agent.buildkite.com",
    "app.terraform.io",
    "cognito-identity.amazonaws.com",
    "gitlab.com",
    "oidc.circleci.com",
    "oidc.vercel.com",
    "token.actions.githubusercontent.com",
];

/// Reads who may assume a role from its trust policy.
pub fn assumable_by(trust: &NamedPolicy) -> Trust {
    let mut read = Trust::default();
    let document = match &trust.content {
        Content::Read(document) => document,
        Content::Unread(why) => {
            read.unknown.push(why.clone());
            return read;
        }
    };
    read.unknown
        .extend(document.unread().iter().map(|unread| unread.why.clone()));
    for how in Assumption::ALL {
        let action = how.action().to_ascii_lowercase();
        let mut statements: Vec<_> = document.about(&action).collect();
        statements.sort_by_key(|statement| statement.index);
        for statement in statements {
            match &statement.principals {
                Some(principals) => read
                    .entries
                    .extend(principals.patterns.iter().map(|who| TrustEntry {
                        effect: statement.effect,
                        listing: principals.listing,
                        who: who.clone(),
                        how,
                        statement: reference(trust, statement),
                        tests: statement.tests.clone(),
                    })),
                None => read.unknown.push("a statement names no principal".into()),
            }
        }
    }
    read.entries.retain(TrustEntry::is_meant);
    read
}

fn reference(trust: &NamedPolicy, statement: &Statement) -> StatementRef {
    StatementRef {
        layer: Layer::Resource,
        origin: Arc::clone(&trust.origin),
        index: Some(statement.index),
        sid: statement.sid.clone(),
        effect: statement.effect,
    }
}

impl TrustEntry {
    /// Whether the kind of principal goes with the action: nobody assumes a role by web identity but the federated.
    fn is_meant(&self) -> bool {
        match (&self.who, self.how) {
            (PrincipalPattern::Federated(provider), Assumption::WithSaml) => !is_open_id(provider),
            (PrincipalPattern::Federated(provider), Assumption::WithWebIdentity) => is_open_id(provider),
            (PrincipalPattern::Federated(_), Assumption::Role) => false,
            (PrincipalPattern::Everyone, _) => true,
            (
                PrincipalPattern::Account(_)
                | PrincipalPattern::Entity(_)
                | PrincipalPattern::Session { .. }
                | PrincipalPattern::UniqueId(_)
                | PrincipalPattern::Service(_)
                | PrincipalPattern::CanonicalUser(_),
                how,
            ) => how == Assumption::Role,
        }
    }

    /// Whether the caller must know an external id.
    pub fn requires_external_id(&self) -> bool {
        self.requires(|key| key == "sts:externalid")
    }

    /// Whether the caller must have signed in with a second factor.
    pub fn requires_mfa(&self) -> bool {
        self.requires(|key| matches!(key, "aws:multifactorauthpresent" | "aws:multifactorauthage"))
    }

    /// Whether a service may act for named accounts or resources only.
    pub fn limits_source(&self) -> bool {
        self.requires(|key| {
            matches!(
                key,
                "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths"
            )
        })
    }

    /// Whether the caller must belong to named accounts, principals or an organization.
    pub fn limits_caller(&self) -> bool {
        self.requires(|key| {
            key.starts_with("aws:principaltag/")
                || matches!(
                    key,
                    "aws:principalarn"
                        | "aws:principalaccount"
                        | "aws:principalorgid"
                        | "aws:principalorgpaths"
                )
        })
    }

    /// How far the subject of a federated token is limited.
    pub fn subject_limit(&self) -> SubjectLimit {
        let mut limit = SubjectLimit::None;
        for test in self
            .tests
            .iter()
            .filter(|test| is_demand(test) && names_subject(&test.key))
        {
            match test.values.iter().find(|value| is_wide(value)) {
                Some(wide) if limit == SubjectLimit::None => limit = SubjectLimit::Wide(wide.clone()),
                Some(_) => {}
                None => limit = SubjectLimit::Narrow,
            }
        }
        limit
    }

    /// Whether strangers can get a token that the entry accepts: a provider open to everybody, without a subject that
    /// names the tenant.
    pub fn trusts_strangers(&self) -> bool {
        let PrincipalPattern::Federated(provider) = &self.who else {
            return false;
        };
        let host = provider
            .rsplit_once("oidc-provider/")
            .map_or(provider.as_str(), |(_, host)| host);
        let domain = host.split('/').next().unwrap_or(host);
        self.effect == Effect::Allow
            && SHARED_PROVIDERS.contains(&domain)
            && match self.subject_limit() {
                SubjectLimit::None | SubjectLimit::Wide(_) => !self.requires(is_tenant_audience),
                SubjectLimit::Narrow => false,
            }
    }

    fn requires(&self, counts: impl Fn(&str) -> bool) -> bool {
        self.tests.iter().any(|test| is_demand(test) && counts(&test.key))
    }
}

/// Whether a test fails for requests without the key: only such a test demands something.
fn is_demand(test: &Test) -> bool {
    let operator = test.operator;
    operator.sense == Sense::Positive
        && operator.missing == Missing::Fails
        && operator.quantifier != Quantifier::ForAll
        && match operator.comparison {
            Comparison::Bool => test.values.iter().all(|value| value.eq_ignore_ascii_case("true")),
            Comparison::Null => test
                .values
                .iter()
                .all(|value| value.eq_ignore_ascii_case("false")),
            Comparison::Pattern(_) => test.values.iter().all(|value| value != "*"),
            Comparison::Numeric(_) | Comparison::Date(_) | Comparison::Binary | Comparison::Ip => true,
        }
}

fn is_open_id(provider: &str) -> bool {
    !provider.contains(":saml-provider/")
}

fn names_subject(key: &str) -> bool {
    key.ends_with(":sub")
        || [
            "repository",
            "repository_owner",
            "repository_id",
            "repository_owner_id",
            "job_workflow_ref",
        ]
        .iter()
        .any(|claim| key.ends_with(&format!(":{claim}")))
}

/// Audiences that the owner of the role made, so that they name the tenant: a Cognito pool, a Google client.
fn is_tenant_audience(key: &str) -> bool {
    matches!(
        key,
        "cognito-identity.amazonaws.com:aud" | "accounts.google.com:aud"
    )
}

/// Whether a subject leaves the tenant open: a wildcard before anything but a fixed first word was named.
fn is_wide(value: &str) -> bool {
    let Some(at) = value.find(['*', '?']) else {
        return false;
    };
    let named = value.get(..at).unwrap_or_default();
    let tenant = named.rsplit_once(':').map_or(named, |(_, tenant)| tenant);
    match named.split_once(':') {
        // `repo:owner/…` names its owner once the slash stands; `organization:name:…` once the second colon does.
        Some(("repo" | "project_path", rest)) => !rest.contains('/'),
        Some((_, rest)) => !rest.contains(':') && !rest.contains('/'),
        None => tenant.is_empty() || !tenant.contains('/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_model::value::Value;

    fn trust(statement: &str) -> Trust {
        let json = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let document: Value = serde_json::from_str(&json).unwrap();
        assumable_by(&NamedPolicy::read("role", "trust", &document))
    }

    fn federated(condition: &str) -> TrustEntry {
        let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"{provider}"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{condition}}}"#
        );
        trust(&statement).entries.remove(0)
    }

    #[test]
    fn conditions_are_recognised() {
        let entry = |condition: &str| {
            let statement = format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"444455556666"}},"Action":"sts:AssumeRole","Condition":{condition}}}"#
            );
            trust(&statement).entries.remove(0)
        };
        assert!(entry(r#"{"StringEquals":{"sts:ExternalId":"x"}}"#).requires_external_id());
        assert!(!entry(r#"{"StringLike":{"sts:ExternalId":"*"}}"#).requires_external_id());
        assert!(!entry(r#"{"StringNotEquals":{"sts:ExternalId":"x"}}"#).requires_external_id());
        assert!(entry(r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#).requires_mfa());
        assert!(!entry(r#"{"BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}}"#).requires_mfa());
        assert!(entry(r#"{"StringEquals":{"aws:SourceAccount":"1"}}"#).limits_source());
        assert!(entry(r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#).limits_caller());
    }

    #[test]
    fn strangers_are_kept_out_by_the_subject_only() {
        let key = "token.actions.githubusercontent.com:sub";
        for (condition, strangers) in [
            (
                r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}"#
                    .to_owned(),
                true,
            ),
            (format!(r#"{{"StringLike":{{"{key}":"*"}}}}"#), true),
            (format!(r#"{{"StringLike":{{"{key}":"repo:*"}}}}"#), true),
            (format!(r#"{{"StringLike":{{"{key}":"repo:own*"}}}}"#), true),
            (
                format!(r#"{{"StringLike":{{"{key}":["repo:owner/app:*","repo:*"]}}}}"#),
                true,
            ),
            (
                format!(r#"{{"StringLikeIfExists":{{"{key}":"repo:owner/app:*"}}}}"#),
                true,
            ),
            (format!(r#"{{"StringLike":{{"{key}":"repo:owner/*"}}}}"#), false),
            (
                format!(r#"{{"StringEquals":{{"{key}":"repo:owner/app:ref:refs/heads/main"}}}}"#),
                false,
            ),
        ] {
            assert_eq!(federated(&condition).trusts_strangers(), strangers, "{condition}");
        }
    }

    #[test]
    fn principals_go_with_their_actions() {
        let all = trust(
            r#"{"Effect":"Allow","Action":"sts:*","Principal":{"AWS":"444455556666","Service":"ec2.amazonaws.com",
                "Federated":"arn:aws:iam::111122223333:saml-provider/corp"}}"#,
        );
        let found: Vec<_> = all
            .entries
            .iter()
            .map(|entry| (entry.who.clone(), entry.how))
            .collect();
        assert_eq!(
            found,
            [
                (PrincipalPattern::Account("444455556666".into()), Assumption::Role),
                (
                    PrincipalPattern::Service("ec2.amazonaws.com".into()),
                    Assumption::Role
                ),
                (
                    PrincipalPattern::Federated("arn:aws:iam::111122223333:saml-provider/corp".into()),
                    Assumption::WithSaml
                ),
            ]
        );
    }

    #[test]
    fn what_could_not_be_read_is_said() {
        let unread = trust(r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":7}"#);
        assert_eq!(unread.unknown.len(), 1);
        assert!(
            assumable_by(&NamedPolicy::unread("role", "trust", "access denied"))
                .entries
                .is_empty()
        );
    }
}
