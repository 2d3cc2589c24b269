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
mod tests;
