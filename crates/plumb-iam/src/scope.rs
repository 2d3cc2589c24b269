//! `Scope`: where a principal's policies let an action reach, so that a graph looks resources up instead of trying all.

use std::collections::BTreeSet;

use plumb_model::value::Text;

use crate::document::{Effect, Listing};
use crate::glob::{Glob, Style};
use crate::pattern::Pattern;
use crate::policy::{Content, NamedPolicy, PrincipalPolicies};

/// The resources that the allow statements of a principal's own policies name for one action.
///
/// It is an upper bound: what a scope leaves out is not permitted by the principal's own policies, while what it holds
/// may still be denied. Policies of resources permit beside it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    /// The patterns, without repetition; variables are widened to `*`.
    pub patterns: Vec<Glob>,
    /// The tags of resources, in lower case, that decide in statements about the action.
    pub resource_tags: BTreeSet<Text>,
    /// Policies that could not be read and may reach further.
    pub unread: Vec<Text>,
}

impl Scope {
    /// The scope of an action in a principal's own policies.
    pub fn of(policies: &PrincipalPolicies, action: &str) -> Self {
        let action = action.to_ascii_lowercase();
        let mut scope = Self::default();
        for policy in &policies.identity {
            scope.add_grants(policy, &action);
        }
        let all = policies.identity.iter().chain(&policies.boundary);
        for policy in all.chain(policies.service_control.levels.iter().flatten()) {
            scope.add_tags(policy, &action);
        }
        scope
    }

    /// Whether the scope may hold a resource; only ARNs without wildcards are asked about.
    pub fn may_reach(&self, arn: &str) -> bool {
        !self.unread.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(arn))
    }

    /// Whether the scope may hold some resource that a pattern describes, for example `arn:aws:s3:::*`.
    pub fn may_reach_some(&self, pattern: &str) -> bool {
        let asked = Glob::new(pattern, Style::Text);
        !self.unread.is_empty() || self.patterns.iter().any(|pattern| pattern.overlaps(&asked))
    }

    fn add_grants(&mut self, policy: &NamedPolicy, action: &str) {
        let document = match &policy.content {
            Content::Read(document) => document,
            Content::Unread(why) => {
                self.unread.push(why.clone());
                return;
            }
        };
        let unread = document.unread().iter();
        self.unread.extend(
            unread
                .filter(|unread| unread.may(Effect::Allow, action))
                .map(|unread| unread.why.clone()),
        );
        for statement in document
            .about(action)
            .filter(|statement| statement.effect == Effect::Allow)
        {
            match &statement.resources {
                Some(resources) if resources.listing == Listing::Only => {
                    for pattern in &resources.patterns {
                        self.add_pattern(pattern.widest().clone());
                    }
                }
                // What `NotResource` leaves is no pattern; everything is an upper bound.
                Some(_) | None => self.add_pattern(Glob::new("*", Style::Resource)),
            }
        }
    }

    fn add_pattern(&mut self, pattern: Glob) {
        if !self.patterns.contains(&pattern) {
            self.patterns.push(pattern);
        }
    }

    fn add_tags(&mut self, policy: &NamedPolicy, action: &str) {
        let Some(document) = policy.document() else {
            return;
        };
        for statement in document.about(action) {
            let variables = statement
                .resources
                .iter()
                .flat_map(|resources| &resources.patterns);
            let variables = variables.flat_map(|pattern| pattern.variables());
            let keys = statement
                .tests
                .iter()
                .flat_map(|test| test.keys())
                .chain(variables);
            let tags = keys.filter_map(|key| key.split_once(":resourcetag/").map(|(_, tag)| Text::from(tag)));
            self.resource_tags.extend(tags);
        }
    }
}

/// What the allow statements of a principal's own policies name for one action, without a copy.
///
/// An upper bound, as [`Scope`] is.
#[derive(Clone, Debug, Default)]
pub struct Glance<'p> {
    /// The patterns, perhaps repeated; variables are widened to `*`.
    pub patterns: Vec<&'p Glob>,
    /// Those of them that have variables, as they are.
    pub templates: Vec<&'p Pattern>,
    /// Everything is within reach: by `NotResource`, or because something was not read.
    pub everything: bool,
}

impl<'p> Glance<'p> {
    /// Looks at an action, in lower case.
    pub fn of(policies: &'p PrincipalPolicies, action: &str) -> Self {
        let mut glance = Self::default();
        for policy in &policies.identity {
            glance.add(policy, action);
        }
        glance
    }

    /// Whether nothing is within reach.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty() && !self.everything
    }

    fn add(&mut self, policy: &'p NamedPolicy, action: &str) {
        let document = match &policy.content {
            Content::Read(document) => document,
            Content::Unread(_) => {
                self.everything = true;
                return;
            }
        };
        self.everything |= document
            .unread()
            .iter()
            .any(|unread| unread.may(Effect::Allow, action));
        for statement in document
            .about(action)
            .filter(|statement| statement.effect == Effect::Allow)
        {
            match &statement.resources {
                Some(resources) if resources.listing == Listing::Only => {
                    self.patterns
                        .extend(resources.patterns.iter().map(|pattern| pattern.widest()));
                    let has_variables = |pattern: &&Pattern| pattern.variables().next().is_some();
                    self.templates
                        .extend(resources.patterns.iter().filter(has_variables));
                }
                Some(_) | None => self.everything = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_model::value::Value;

    fn scope(statements: &str, action: &str) -> Scope {
        let json = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let document: Value = serde_json::from_str(&json).unwrap();
        let policies = PrincipalPolicies {
            identity: vec![NamedPolicy::read("user", "p", &document)],
            ..PrincipalPolicies::default()
        };
        Scope::of(&policies, action)
    }

    #[test]
    fn allow_statements_about_the_action_give_the_scope() {
        let statements = r#"
            {"Effect":"Allow","Action":"s3:Get*","Resource":["arn:aws:s3:::a/*","arn:aws:s3:::${aws:username}/*"]},
            {"Effect":"Allow","Action":"ec2:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"red"}}},
            {"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#;
        let reads = scope(statements, "s3:GetObject");
        assert_eq!(reads.patterns.len(), 2);
        assert!(reads.may_reach("arn:aws:s3:::a/x"));
        assert!(reads.may_reach("arn:aws:s3:::ann/x"));
        assert!(!reads.may_reach("arn:aws:sqs:eu-west-1:111122223333:q"));
        assert!(reads.may_reach_some("arn:aws:s3:::a*"));
        assert!(reads.resource_tags.is_empty());
        let starts = scope(statements, "ec2:StartInstances");
        assert_eq!(starts.resource_tags.iter().collect::<Vec<_>>(), ["team"]);
        assert_eq!(scope(statements, "sqs:SendMessage"), Scope::default());
    }

    #[test]
    fn unread_statements_may_reach_everything() {
        let unread = scope(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":{}}"#,
            "s3:GetObject",
        );
        assert!(unread.may_reach("arn:aws:s3:::a/x"));
        assert!(
            !scope(
                r#"{"Effect":"Allow","NotAction":"s3:*","NotResource":"a"}"#,
                "ec2:RunInstances"
            )
            .patterns
            .is_empty()
        );
    }
}
