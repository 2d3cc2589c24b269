//! The verdict of one layer of policies on one request: what permits, what forbids, what could not be read.

use std::sync::Arc;

use plumb_model::value::Text;

use crate::answer::{Condition, Layer, StatementRef};
use crate::condition::Test;
use crate::document::{Effect, Listing, Statement, UnreadStatement};
use crate::policy::{Content, NamedPolicy, Origin, ResourcePolicies};
use crate::principal_pattern::{Named, PrincipalPattern};
use crate::request::Request;
use crate::truth::Truth;

/// How many patterns of a statement are shown to people.
const SHOWN: usize = 4;

/// A statement that applies or may apply.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) truth: Truth,
    /// How a resource policy names the requester; `None` in layers that belong to the requester.
    pub(crate) named: Option<Named>,
    pub(crate) statement: StatementRef,
    /// What it depends on.
    pub(crate) tests: Vec<Text>,
}

/// What one layer says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) allows: Vec<Hit>,
    pub(crate) denies: Vec<Hit>,
    /// Whether something unread may permit or forbid.
    pub(crate) may_allow: bool,
    pub(crate) may_deny: bool,
    pub(crate) unknown: Vec<Text>,
}

/// Whether the policies of a layer say whom they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// They belong to the requester, or bind everybody.
    Implied,
    /// Their `Principal` element says.
    Stated,
}

impl Verdict {
    pub(crate) fn of<'a>(
        layer: Layer,
        audience: Audience,
        policies: impl IntoIterator<Item = &'a NamedPolicy>,
        request: &Request<'_>,
        action: &str,
    ) -> Self {
        let mut verdict = Self::default();
        for policy in policies {
            verdict.judge(layer, audience, policy, request, action);
        }
        verdict
    }

    /// Lets the permissions of the layer count only where something else holds too.
    pub(crate) fn limit_allows(&mut self, limit: Truth, why: &'static str) {
        for hit in &mut self.allows {
            hit.truth = hit.truth.and(limit);
        }
        if limit == Truth::False && self.may_allow {
            self.may_allow = false;
            if !self.may_deny {
                self.unknown.clear();
            }
        }
        if limit == Truth::Unknown && !self.allows.is_empty() {
            self.unknown.push(Text::new_static(why));
        }
    }

    /// Adds what the resource's owner granted outside of its policy.
    pub(crate) fn add_grants(&mut self, policies: &ResourcePolicies, request: &Request<'_>, action: &str) {
        if let Some(why) = &policies.unread_grants {
            self.may_allow = true;
            self.unknown
                .push(format!("the grants of `{}` were not read: {why}", request.target.arn).into());
        }
        let grants = policies.grants.iter();
        for grant in grants.filter(|grant| grant.actions.iter().any(|own| own == action)) {
            let Some(naming) = grant.grantee.names(request.principal) else {
                continue;
            };
            // What an access control list grants to another account is nothing to its own.
            let is_listed = matches!(grant.grantee, PrincipalPattern::CanonicalUser(_));
            if is_listed && request.is_within_account() {
                continue;
            }
            let open = if grant.condition.is_some() {
                Truth::Depends
            } else {
                Truth::True
            };
            self.allows.push(Hit {
                truth: naming.truth.and(open),
                // A grant needs no policy beside it, also where it names a role:
                // https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
                named: Some(Named::Directly),
                statement: StatementRef {
                    layer: Layer::Grant,
                    origin: Arc::clone(&grant.origin),
                    index: None,
                    sid: None,
                    effect: Effect::Allow,
                },
                tests: naming
                    .condition
                    .into_iter()
                    .chain(grant.condition.clone())
                    .collect(),
            });
        }
    }

    /// Whether the layer permits, by hits that count.
    pub(crate) fn allow(&self, counts: impl Fn(&Hit) -> bool) -> Truth {
        let unread = if self.may_allow {
            Truth::Unknown
        } else {
            Truth::False
        };
        self.allows
            .iter()
            .filter(|hit| counts(hit))
            .map(|hit| hit.truth)
            .fold(unread, Truth::or_at_least)
    }

    /// Whether the layer permits.
    pub(crate) fn allow_by_any(&self) -> Truth {
        self.allow(|_| true)
    }

    /// Whether the layer forbids.
    pub(crate) fn deny(&self) -> Truth {
        let unread = if self.may_deny {
            Truth::Unknown
        } else {
            Truth::False
        };
        self.denies.iter().map(|hit| hit.truth).fold(unread, Truth::or)
    }

    fn judge(
        &mut self,
        layer: Layer,
        audience: Audience,
        policy: &NamedPolicy,
        request: &Request<'_>,
        action: &str,
    ) {
        let document = match &policy.content {
            Content::Read(document) => document,
            Content::Unread(why) => {
                self.may_allow = true;
                self.may_deny = true;
                self.unknown.push(not_read(layer, &policy.origin, why));
                return;
            }
        };
        for unread in document.unread() {
            self.note_unread(layer, &policy.origin, unread, action);
        }
        let statements: Vec<&Statement> = match audience {
            Audience::Implied => document.about(action).collect(),
            Audience::Stated => document.about_for(action, request.principal),
        };
        for statement in statements {
            let Some((truth, mut tests)) = applies(statement, request) else {
                continue;
            };
            let hit = |truth, named, tests| Hit {
                truth,
                named,
                statement: StatementRef {
                    layer,
                    origin: Arc::clone(&policy.origin),
                    index: Some(statement.index),
                    sid: statement.sid.clone(),
                    effect: statement.effect,
                },
                tests,
            };
            match (audience, &statement.principals) {
                (Audience::Implied, _) => self.push(hit(truth, None, tests)),
                (Audience::Stated, Some(principals)) => {
                    for naming in principals.name(request.principal) {
                        let mut tests = tests.clone();
                        tests.extend(naming.condition);
                        self.push(hit(truth.and(naming.truth), Some(naming.named), tests));
                    }
                }
                (Audience::Stated, None) => {
                    tests.clear();
                    let unread = UnreadStatement {
                        index: Some(statement.index),
                        effect: Some(statement.effect),
                        actions: Some(statement.actions.clone()),
                        why: "it has neither `Principal` nor `NotPrincipal`".into(),
                    };
                    self.note_unread(layer, &policy.origin, &unread, action);
                }
            }
        }
    }

    fn push(&mut self, hit: Hit) {
        if hit.truth == Truth::Unknown {
            let text = format!("{} depends on something that could not be read", hit.statement);
            self.unknown.push(text.into());
        }
        match hit.statement.effect {
            Effect::Allow => self.allows.push(hit),
            Effect::Deny => self.denies.push(hit),
        }
    }

    fn note_unread(&mut self, layer: Layer, origin: &Origin, unread: &UnreadStatement, action: &str) {
        let (may_allow, may_deny) = (
            unread.may(Effect::Allow, action),
            unread.may(Effect::Deny, action),
        );
        self.may_allow |= may_allow;
        self.may_deny |= may_deny;
        if may_allow || may_deny {
            let place = unread
                .index
                .map(|index| format!("statement {index}: "))
                .unwrap_or_default();
            self.unknown
                .push(not_read(layer, origin, &format!("{place}{}", unread.why)));
        }
    }
}

impl Hit {
    pub(crate) fn condition(&self) -> Condition {
        Condition {
            statement: self.statement.clone(),
            tests: self.tests.clone(),
        }
    }
}

fn not_read(layer: Layer, origin: &Origin, why: &str) -> Text {
    format!(
        "the {} `{}` of `{}` was not read: {why}",
        layer.title(),
        origin.policy,
        origin.holder
    )
    .into()
}

/// Whether a test is about what whoever asks writes into the request as they like, and AWS takes for no protection.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-referer>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-useragent>
fn is_free_to_choose(test: &Test) -> bool {
    matches!(test.key.as_str(), "aws:referer" | "aws:useragent") && test.keys().nth(1).is_none()
}

/// Whether a statement about the action applies, and what that depends on; `None` when it does not.
fn applies(statement: &Statement, request: &Request<'_>) -> Option<(Truth, Vec<Text>)> {
    let mut truth = match &statement.resources {
        Some(resources) => resources.include(request.target, request),
        None => Truth::True,
    };
    let mut tests = Vec::new();
    if let (Truth::Depends, Some(resources)) = (truth, &statement.resources) {
        let patterns = resources.patterns.iter().take(SHOWN);
        let patterns: Vec<_> = patterns
            .map(|pattern| format!("`{}`", pattern.written()))
            .collect();
        let matches = match resources.listing {
            Listing::Only => "matches",
            Listing::AllBut => "matches none of",
        };
        let more = if resources.patterns.len() > SHOWN {
            ", …"
        } else {
            ""
        };
        tests.push(format!("the resource {matches} {}{more}", patterns.join(", ")).into());
    }
    for test in &statement.tests {
        if truth == Truth::False {
            break;
        }
        let holds = match test.holds(request) {
            // Who asks says what lets it in, and nothing that keeps it out.
            Truth::Depends if is_free_to_choose(test) => Truth::from(statement.effect == Effect::Allow),
            holds => holds,
        };
        if holds == Truth::Depends {
            tests.push(test.text());
        }
        truth = truth.and(holds);
    }
    truth.is_possible().then_some((truth, tests))
}
