//! `WebIdentity`: which roles somebody can take who has tokens of an OpenID Connect issuer made at will.
//!
//! Facts: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::coverage::Coverage;
use plumb_model::resource::Resource;
use plumb_model::value::Text;

use crate::answer::{Answer, Decision};
use crate::arn::Arn;
use crate::assume::Assumption;
use crate::attribute::list;
use crate::condition::Test;
use crate::directory::{Directory, Member};
use crate::document::{Effect, Listing, Statement};
use crate::glob::{Glob, Style};
use crate::keys::Context;
use crate::principal::Principal;
use crate::principal_pattern::PrincipalPattern;

/// The type of the providers that an account trusts.
const PROVIDER: &str = "aws_iam_openid_connect_provider";

/// What stands before the issuer in the ARN of a provider.
const MARK: &str = "oidc-provider/";

/// How many subjects, and how many audiences, are tried for one role.
const MAX_TRIED: usize = 32;

/// Tokens that somebody can have made.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// The URL of the issuer.
    pub issuer: &'a str,
    /// A pattern of the subjects that they can name. Any audience can be asked for.
    pub subjects: &'a Glob,
}

/// The issuers that an account trusts, each with the audiences whose tokens it takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Providers {
    /// By issuer without its scheme; an error says why the audiences are not known.
    audiences: BTreeMap<Text, Result<Vec<Text>, Text>>,
    /// Why there may be more.
    unlisted: Option<Text>,
}

/// The roles of an estate by the issuers that they trust.
#[derive(Debug)]
pub struct WebIdentity<'d> {
    directory: &'d Directory,
    trusting: HashMap<&'d str, Vec<&'d Member>>,
    /// Those that trust everybody, as far as their conditions go.
    open: Vec<&'d Member>,
}

impl Providers {
    /// Reads the providers of an account out of its resources; others are passed over.
    pub(crate) fn read(resources: &[&Resource], coverage: &Coverage) -> Self {
        let is_provider = |resource: &&&Resource| resource.resource_type == PROVIDER;
        let audiences = resources.iter().filter(is_provider).filter_map(|provider| {
            let registered = match provider.get("client_id_list") {
                None => Err(Text::new_static("not collected by the scan")),
                known => list(known).map(|ids| {
                    let texts = ids.iter().filter_map(|id| id.as_str().map(Text::from));
                    texts.collect()
                }),
            };
            Some((Text::from(issuer_of(&provider.uid)?), registered))
        });
        let failed = coverage
            .gaps
            .iter()
            .find(|gap| gap.resource_type == PROVIDER && gap.attribute.is_none());
        let never_asked = coverage.collected_type(PROVIDER).is_none();
        Self {
            audiences: audiences.collect(),
            unlisted: match failed {
                Some(gap) => Some(gap.unreadable.to_string().into()),
                None => never_asked.then(|| Text::new_static("not collected by the scan")),
            },
        }
    }
}

impl<'d> WebIdentity<'d> {
    /// Sorts the roles of an estate by whom they trust.
    pub fn new(directory: &'d Directory) -> Self {
        let mut found = Self {
            directory,
            trusting: HashMap::new(),
            open: Vec::new(),
        };
        for member in directory.principals() {
            let mut issuers = BTreeSet::new();
            let mut is_open = false;
            let allowing = statements(member).filter(|statement| statement.effect == Effect::Allow);
            for principals in allowing.filter_map(|statement| statement.principals.as_ref()) {
                is_open |= principals.listing == Listing::AllBut;
                for pattern in &principals.patterns {
                    match pattern {
                        PrincipalPattern::Everyone => is_open = true,
                        PrincipalPattern::Federated(name) if name == "*" => is_open = true,
                        PrincipalPattern::Federated(name) => issuers.extend(issuer_of(name)),
                        PrincipalPattern::Account(_)
                        | PrincipalPattern::Entity(_)
                        | PrincipalPattern::Session { .. }
                        | PrincipalPattern::UniqueId(_)
                        | PrincipalPattern::Service(_)
                        | PrincipalPattern::CanonicalUser(_) => {}
                    }
                }
            }
            if is_open {
                found.open.push(member);
            } else {
                for issuer in issuers {
                    found.trusting.entry(issuer).or_default().push(member);
                }
            }
        }
        found
    }

    /// The roles that may be taken with some token of an issuer, by its URL.
    pub fn roles(&self, issuer: &str) -> impl Iterator<Item = &'d Member> {
        let trusting = self.trusting.get(without_scheme(issuer));
        trusting.into_iter().flatten().chain(&self.open).copied()
    }

    /// Whether a role can be taken by whoever has these tokens; `None` where its account takes no tokens of the issuer.
    ///
    /// The provider must be one of the account of the role: one of another account counts for nothing.
    pub fn can(&self, tokens: &Tokens<'_>, role: &Member) -> Option<Answer> {
        let issuer = without_scheme(tokens.issuer);
        let account = role.principal.account.as_deref()?;
        let providers = self.directory.providers(account)?;
        let key = |claim: &str| format!("{issuer}:{claim}").to_ascii_lowercase();
        let mentioned = values(role, &key("aud"));
        let (audiences, unread) = match (providers.audiences.get(issuer), &providers.unlisted) {
            (Some(Ok(registered)), _) => (audiences(registered, &mentioned), None),
            (Some(Err(why)), _) => (
                mentioned,
                Some(format!("which audiences its provider takes: {why}")),
            ),
            (None, Some(why)) => (
                mentioned,
                Some(format!("whether its account has the provider: {why}")),
            ),
            (None, None) => return None,
        };
        // Of another audience nothing is known where they were not read.
        let mut audiences: Vec<Option<Text>> = audiences.into_iter().take(MAX_TRIED).map(Some).collect();
        if audiences.is_empty() && unread.is_some() {
            audiences.push(None);
        }
        let subjects = subjects(tokens.subjects, &values(role, &key("sub")));
        let asset = self.directory.role_asset(role);
        let base = foreign_keys(role, issuer)
            .into_iter()
            .fold(Context::over_tls(), |context, key| context.without(&key));
        let mut best: Option<Answer> = None;
        for name in names(role, issuer, account) {
            let principal = Principal::federated(name);
            for audience in &audiences {
                for subject in &subjects {
                    let context = base.clone().with(&key("sub"), subject.clone());
                    let context = match audience {
                        Some(audience) => context.with(&key("aud"), audience.clone()),
                        None => context,
                    };
                    let action = Assumption::WithWebIdentity.action();
                    let answer = self.directory.can_outsider(&principal, action, &asset, &context);
                    if best.as_ref().is_none_or(|best| best.decision < answer.decision) {
                        best = Some(answer);
                    }
                }
            }
        }
        let mut answer = best?;
        if let Some(unread) = unread.filter(|_| answer.decision.is_allowed()) {
            answer.decision = Decision::Unknown;
            answer.unknown.push(unread.into());
        }
        Some(answer)
    }
}

/// The statements of a role's trust policy that are about tokens.
fn statements(role: &Member) -> impl Iterator<Item = &Statement> {
    let document = role.trust.as_ref().and_then(|trust| trust.document());
    let action = Assumption::WithWebIdentity.action().to_ascii_lowercase();
    let statements = document.map(|document| document.about(&action).collect::<Vec<_>>());
    statements.unwrap_or_default().into_iter()
}

fn tests(role: &Member) -> impl Iterator<Item = &Test> {
    statements(role).flat_map(|statement| &statement.tests)
}

/// What a role compares with a key, in order and without repetition.
fn values(role: &Member, key: &str) -> Vec<Text> {
    let values = tests(role).filter(|test| test.key == key);
    let values = values.flat_map(|test| &test.values).cloned();
    values.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The audiences that tell something apart: those that the role speaks of, and one that stands for the others.
fn audiences(registered: &[Text], mentioned: &[Text]) -> Vec<Text> {
    let spoken_of = registered.iter().filter(|own| {
        mentioned
            .iter()
            .any(|value| Glob::new(value, Style::Text).matches(own))
    });
    let other = registered.iter().find(|own| !mentioned.contains(own));
    spoken_of.chain(other).cloned().collect()
}

/// The subjects that tell something apart, likewise.
fn subjects(possible: &Glob, mentioned: &[Text]) -> Vec<Text> {
    let common = |value: &str| {
        let common = Glob::new(value, Style::Text).common_text(possible);
        common.map(Text::from)
    };
    // Some tests pass over case, and names in tokens may be small letters only.
    let spoken_of = mentioned
        .iter()
        .flat_map(|value| [common(value), common(&value.to_ascii_lowercase())]);
    let mut found: Vec<Text> = Vec::new();
    for subject in spoken_of.flatten() {
        if found.len() >= MAX_TRIED {
            break;
        }
        if !found.contains(&subject) {
            found.push(subject);
        }
    }
    // One stands for all that nobody speaks of.
    found.extend(common("*").filter(|other| !found.contains(other)));
    found
}

/// What the role looks at of tokens of other issuers, which those of this one do not have.
fn foreign_keys(role: &Member, issuer: &str) -> BTreeSet<Text> {
    let own = format!("{issuer}:").to_ascii_lowercase();
    let of_issuer = |key: &Text| {
        key.rsplit_once(':')
            .is_some_and(|(issuer, _)| issuer.contains('.'))
    };
    let keys = tests(role).flat_map(Test::keys);
    keys.filter(|key| of_issuer(key) && !key.starts_with(&own))
        .cloned()
        .collect()
}

/// The ARNs by which the role may name the provider of its own account.
fn names(role: &Member, issuer: &str, account: &str) -> BTreeSet<Text> {
    let patterns = statements(role)
        .filter_map(|statement| statement.principals.as_ref())
        .flat_map(|principals| &principals.patterns);
    let named = patterns.filter_map(|pattern| match pattern {
        PrincipalPattern::Federated(name) => {
            let is_own = Arn::account_of(name) == Some(account) && issuer_of(name) == Some(issuer);
            is_own.then(|| name.clone())
        }
        PrincipalPattern::Everyone
        | PrincipalPattern::Account(_)
        | PrincipalPattern::Entity(_)
        | PrincipalPattern::Session { .. }
        | PrincipalPattern::UniqueId(_)
        | PrincipalPattern::Service(_)
        | PrincipalPattern::CanonicalUser(_) => None,
    });
    let partition = role.principal.name.split(':').nth(1).unwrap_or("aws");
    let usual = format!("arn:{partition}:iam::{account}:{MARK}{issuer}");
    named.chain([Text::from(usual)]).collect()
}

/// The issuer in the ARN of a provider.
fn issuer_of(arn: &str) -> Option<&str> {
    arn.split_once(MARK).map(|(_, issuer)| without_scheme(issuer))
}

fn without_scheme(url: &str) -> &str {
    url.strip_prefix("https://").unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use plumb_model::account::{Account, Provider};
    use plumb_model::coverage::CollectedType;
    use plumb_model::value::Map;
    use serde_json::json;

    use super::*;
    use crate::account_iam::AccountIam;

    const ISSUER: &str = "https://oidc.example/id/A";
    const ROLE: &str = "arn:aws:iam::111122223333:role/r";

    fn resource(uid: &str, resource_type: &str, attributes: serde_json::Value) -> Resource {
        let attributes: Map = serde_json::from_value(attributes).unwrap();
        Resource::new(uid, resource_type, "r", "111122223333", "global", attributes)
    }

    /// An account with a role that these statements open, and with providers that take these audiences.
    fn directory(statements: serde_json::Value, providers: &[(&str, serde_json::Value)]) -> Directory {
        let trust = json!({ "Version": "2012-10-17", "Statement": statements });
        let mut resources = vec![resource(
            ROLE,
            "aws_iam_role",
            json!({ "assume_role_policy_document": trust, "attached_managed_policies": [], "role_policy_list": [] }),
        )];
        for (issuer, audiences) in providers {
            let uid = format!("arn:aws:iam::111122223333:oidc-provider/{issuer}");
            resources.push(resource(&uid, PROVIDER, json!({ "client_id_list": audiences })));
        }
        let collected = ["aws_iam_role", PROVIDER].map(|name| CollectedType {
            resource_type: name.into(),
            facts: Vec::new(),
            regions: Vec::new(),
        });
        let coverage = Coverage {
            collected: collected.into(),
            ..Coverage::default()
        };
        let account = Account::new(Provider::Aws, "111122223333");
        let resources: Vec<&Resource> = resources.iter().collect();
        Directory::new(vec![AccountIam::read(&account, &resources, &coverage)])
    }

    fn decision(directory: &Directory) -> Option<Decision> {
        let subjects = Glob::new("system:serviceaccount:?*:?*", Style::Text);
        let identities = WebIdentity::new(directory);
        let role = identities.roles(ISSUER).next()?;
        let tokens = Tokens {
            issuer: ISSUER,
            subjects: &subjects,
        };
        identities.can(&tokens, role).map(|answer| answer.decision)
    }

    fn statement(account: &str, condition: serde_json::Value) -> serde_json::Value {
        let provider = format!("arn:aws:iam::{account}:oidc-provider/oidc.example/id/A");
        let action = "sts:AssumeRoleWithWebIdentity";
        json!({ "Effect": "Allow", "Action": action, "Principal": { "Federated": provider }, "Condition": condition })
    }

    #[test]
    fn conditions_on_subject_and_audience_decide() {
        use Decision::{Allowed, AllowedIf, DeniedImplicit};
        let (sub, aud) = ("oidc.example/id/A:sub", "oidc.example/id/A:aud");
        let one = "system:serviceaccount:shop:web";
        for (condition, expected) in [
            (json!({}), Allowed),
            (
                json!({ "StringEquals": { sub: one, aud: "sts.amazonaws.com" } }),
                Allowed,
            ),
            (
                json!({ "StringLike": { sub: "system:serviceaccount:shop:*" } }),
                Allowed,
            ),
            (json!({ "StringLike": { sub: "*" } }), Allowed),
            (
                json!({ "StringNotLike": { sub: "system:serviceaccount:shop:*" } }),
                Allowed,
            ),
            (
                json!({ "StringEqualsIgnoreCase": { sub: "System:ServiceAccount:shop:web" } }),
                Allowed,
            ),
            (
                json!({ "StringEquals": { aud: ["elsewhere", "second"] } }),
                Allowed,
            ),
            (
                json!({ "StringNotEquals": { aud: "sts.amazonaws.com" } }),
                Allowed,
            ),
            (
                json!({ "StringEquals": { sub: one, "sts:RoleSessionName": "x" } }),
                AllowedIf,
            ),
            // Of another shape, literally with a star, for an audience that is not registered, of another issuer.
            (
                json!({ "StringEquals": { sub: "repo:shop/web" } }),
                DeniedImplicit,
            ),
            (
                json!({ "StringEquals": { sub: "system:serviceaccount:shop" } }),
                DeniedImplicit,
            ),
            (
                json!({ "StringEquals": { sub: "system:serviceaccount:shop:*" } }),
                DeniedImplicit,
            ),
            (json!({ "StringEquals": { aud: "elsewhere" } }), DeniedImplicit),
            (
                json!({ "StringEquals": { "oidc.example/id/B:sub": one } }),
                DeniedImplicit,
            ),
        ] {
            let registered = [("oidc.example/id/A", json!(["sts.amazonaws.com", "second"]))];
            let directory = directory(json!([statement("111122223333", condition.clone())]), &registered);
            assert_eq!(decision(&directory), Some(expected), "{condition}");
        }
    }

    #[test]
    fn the_account_of_the_role_must_have_the_provider() {
        let open = || json!([statement("111122223333", json!({}))]);
        let registered = |issuer| [(issuer, json!(["sts.amazonaws.com"]))];
        let none: [(&str, serde_json::Value); 0] = [];
        assert_eq!(decision(&directory(open(), &none)), None);
        assert_eq!(
            decision(&directory(open(), &registered("oidc.example/id/B"))),
            None
        );
        assert_eq!(
            decision(&directory(open(), &registered("https://oidc.example/id/A"))),
            Some(Decision::Allowed)
        );
        // A provider of another account is none.
        let foreign = json!([statement("444455556666", json!({}))]);
        assert_eq!(
            decision(&directory(foreign, &registered("oidc.example/id/A"))),
            Some(Decision::DeniedImplicit)
        );
        // No audience, no token.
        assert_eq!(
            decision(&directory(open(), &[("oidc.example/id/A", json!([]))])),
            None
        );
    }

    #[test]
    fn what_was_not_read_of_a_provider_is_unknown() {
        let denied = json!({ "$unreadable": { "reason": "denied" } });
        for condition in [
            json!({}),
            json!({ "StringEquals": { "oidc.example/id/A:aud": "sts.amazonaws.com" } }),
        ] {
            let statements = json!([statement("111122223333", condition)]);
            let directory = directory(statements, &[("oidc.example/id/A", denied.clone())]);
            assert_eq!(decision(&directory), Some(Decision::Unknown));
        }
    }

    #[test]
    fn roles_for_everybody_are_among_those_of_any_issuer() {
        let everybody = json!([{ "Effect": "Allow", "Action": "sts:*", "Principal": "*" }]);
        let registered = [("oidc.example/id/A", json!(["sts.amazonaws.com"]))];
        assert_eq!(
            decision(&directory(everybody, &registered)),
            Some(Decision::Allowed)
        );
        let service = json!([{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "ec2.amazonaws.com" } }]);
        assert_eq!(decision(&directory(service, &registered)), None);
    }
}
