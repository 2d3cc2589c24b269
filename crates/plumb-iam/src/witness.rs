//! Names to ask about where the requester chooses the name, for example of an object in a bucket: one for each set of names
//! that all policies treat alike.

use crate::document::{Effect, Listing, PolicyDocument, Statement};
use crate::glob::cells::{Cell, Coverage};
use crate::glob::{Glob, Style};
use crate::policy::{NamedPolicy, PrincipalPolicies, ResourcePolicies};
use crate::request::Request;
use plumb_model::value::Text;

/// The most names that are proposed.
const MAX_NAMES: usize = 64;

/// Names to ask about, the likeliest to be permitted first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witnesses {
    /// ARNs without wildcards.
    pub names: Vec<Text>,
    /// Whether every other name gets the same answers as one of these.
    pub coverage: Coverage,
}

/// Which texts are names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Any text is, as keys of objects are.
    Free,
    /// Those without a colon are, but for one before a version or qualifier at their end.
    Plain,
}

impl Naming {
    /// Patterns of what is no name.
    fn excluded(self, arn: &str) -> Vec<Glob> {
        match self {
            Self::Free => Vec::new(),
            Self::Plain => {
                let more = "*:".repeat(arn.matches(':').count() + 1);
                [format!("{more}*:*"), format!("{more}*/*")]
                    .iter()
                    .map(|pattern| Glob::new(pattern, Style::Text))
                    .collect()
            }
        }
    }
}

/// A pattern that some of the names match and others do not.
struct Divider {
    glob: Glob,
    leaning: Leaning,
}

/// What a name gains by matching a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaning {
    Permits,
    Forbids,
}

/// The names for an ARN whose every `*` stands for at least one character, in requests that differ in their actions alone.
///
/// The resource of the requests does not count.
pub fn witnesses(
    arn: &str,
    naming: Naming,
    requests: &[Request<'_>],
    own: &PrincipalPolicies,
    resource: &ResourcePolicies,
) -> Witnesses {
    let asked = asked(arn);
    let mut dividers: Vec<Divider> = Vec::new();
    divide(&asked, requests, own, resource, |divider| {
        note(&mut dividers, divider)
    });
    named(arn, &asked, &dividers, &naming.excluded(arn))
}

/// What is asked of one of several ARNs that the same text completes.
pub struct Side<'a> {
    /// It ends in the only `*` in it.
    pub arn: &'a str,
    /// They differ in their actions alone; their resource does not count.
    pub requests: &'a [Request<'a>],
    /// The policies of the principal.
    pub own: &'a PrincipalPolicies,
    /// Those of the resource.
    pub resource: &'a ResourcePolicies,
}

/// The texts for the `*` at the end of several ARNs; an ARN that ends otherwise divides none.
pub fn common_witnesses(sides: &[Side<'_>]) -> Witnesses {
    const ANY: &str = "*";
    let mut dividers: Vec<Divider> = Vec::new();
    for side in sides {
        let Some(beginning) = side.arn.strip_suffix(ANY) else {
            continue;
        };
        divide(
            &asked(side.arn),
            side.requests,
            side.own,
            side.resource,
            |divider| {
                for glob in divider.glob.after(beginning) {
                    let leaning = divider.leaning;
                    note(&mut dividers, Divider { glob, leaning });
                }
            },
        );
    }
    named(ANY, &asked(ANY), &dividers, &[])
}

/// Every name that an ARN stands for.
fn asked(arn: &str) -> Glob {
    Glob::new(&arn.replace('*', "?*"), Style::Text)
}

fn note(dividers: &mut Vec<Divider>, divider: Divider) {
    let is_known = |known: &Divider| known.leaning == divider.leaning && known.glob == divider.glob;
    if !dividers.iter().any(is_known) {
        dividers.push(divider);
    }
}

/// Finds what tells names apart that are asked about.
fn divide(
    asked: &Glob,
    requests: &[Request<'_>],
    own: &PrincipalPolicies,
    resource: &ResourcePolicies,
    mut found: impl FnMut(Divider),
) {
    for request in requests {
        let action = request.action.to_ascii_lowercase();
        let implied = own_policies(own)
            .chain(resource.resource_control.levels.iter().flatten())
            .filter_map(NamedPolicy::document)
            .flat_map(|document| document.about(&action));
        let document = resource.policy.as_ref().and_then(NamedPolicy::document);
        let stated = |document: &'_ PolicyDocument| -> Vec<Divider> {
            let statements = document.about_for(&action, request.principal).into_iter();
            statements
                .flat_map(|statement| divided(statement, asked, request))
                .collect()
        };
        implied
            .flat_map(|statement| divided(statement, asked, request))
            .chain(document.map(stated).into_iter().flatten())
            .for_each(&mut found);
    }
}

fn own_policies(own: &PrincipalPolicies) -> impl Iterator<Item = &NamedPolicy> {
    own.identity
        .iter()
        .chain(&own.boundary)
        .chain(own.session.iter().flatten())
        .chain(own.service_control.levels.iter().flatten())
}

/// The patterns of a statement that tell some of the names asked about apart.
fn divided<'a>(
    statement: &'a Statement,
    asked: &'a Glob,
    request: &'a Request<'_>,
) -> impl Iterator<Item = Divider> + 'a {
    statement.resources.iter().flat_map(move |resources| {
        let leaning = match (statement.effect, resources.listing) {
            (Effect::Allow, Listing::Only) | (Effect::Deny, Listing::AllBut) => Leaning::Permits,
            (Effect::Deny, Listing::Only) | (Effect::Allow, Listing::AllBut) => Leaning::Forbids,
        };
        resources
            .patterns
            .iter()
            .filter(|pattern| pattern.widest().overlaps(asked))
            .filter_map(|pattern| pattern.resolved(request))
            .filter(|glob| glob.overlaps(asked) && !glob.covers(asked))
            .map(move |glob| Divider { glob, leaning })
    })
}

fn named(arn: &str, asked: &Glob, dividers: &[Divider], excluded: &[Glob]) -> Witnesses {
    let plain = Text::from(arn.replace('*', "x"));
    if dividers.is_empty() {
        return Witnesses {
            names: vec![plain],
            coverage: Coverage::All,
        };
    }
    let is_name = |text: &str| !excluded.iter().any(|glob| glob.matches(text));
    let globs: Vec<&Glob> = dividers
        .iter()
        .map(|divider| &divider.glob)
        .chain(excluded)
        .collect();
    let found = asked.cells(&globs);
    let mut coverage = found.coverage;
    let mut cells = found.cells;
    cells.retain(|cell| is_name(&cell.text));
    let leaning = |cell: &Cell, leaning: Leaning| {
        let matched = cell.matched.iter().filter_map(|at| dividers.get(*at));
        matched.filter(|divider| divider.leaning == leaning).count()
    };
    cells.sort_by_key(|cell| {
        (
            leaning(cell, Leaning::Forbids),
            std::cmp::Reverse(leaning(cell, Leaning::Permits)),
        )
    });
    let mut names: Vec<Text> = cells.into_iter().map(|cell| Text::from(cell.text)).collect();
    if coverage == Coverage::Some {
        let permitting = dividers
            .iter()
            .filter(|divider| divider.leaning == Leaning::Permits);
        let common = permitting.filter_map(|divider| divider.glob.common_text(asked));
        for name in common.map(Text::from).chain([plain]) {
            if is_name(&name) && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    if names.len() > MAX_NAMES {
        names.truncate(MAX_NAMES);
        coverage = Coverage::Some;
    }
    Witnesses { names, coverage }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Decision;
    use crate::evaluate::evaluate;
    use crate::keys::Context;
    use crate::principal::Principal;
    use crate::request::Target;
    use plumb_model::value::Value;

    fn policy(statements: &str) -> NamedPolicy {
        let json = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let document: Value = serde_json::from_str(&json).unwrap();
        NamedPolicy::read("holder", "policy", &document)
    }

    /// A statement about reading objects under these keys.
    fn statement(effect: &str, element: &str, keys: &[&str]) -> String {
        let arns: Vec<String> = keys
            .iter()
            .map(|key| format!(r#""arn:aws:s3:::b/{key}""#))
            .collect();
        let arns = arns.join(",");
        format!(r#"{{"Effect":"{effect}","Principal":"*","Action":"s3:GetObject","{element}":[{arns}]}}"#)
    }

    fn own(statements: &[String]) -> PrincipalPolicies {
        let without = statements.join(",").replace(r#""Principal":"*","#, "");
        PrincipalPolicies {
            identity: vec![policy(&without)],
            ..PrincipalPolicies::default()
        }
    }

    /// The first name that is permitted.
    fn permitted(own: &PrincipalPolicies, stated: &[String]) -> Option<Text> {
        let resource = ResourcePolicies {
            policy: Some(policy(&stated.join(","))),
            ..ResourcePolicies::default()
        };
        let principal = Principal::of_arn("arn:aws:iam::111122223333:user/ann").unwrap();
        let context = Context::over_tls();
        let target = |arn: &str| Target::new(arn).in_account("444455556666");
        let some = target("*");
        let request = Request {
            principal: &principal,
            action: "s3:GetObject",
            target: &some,
            context: &context,
        };
        let found = witnesses("arn:aws:s3:::b/*", Naming::Free, &[request], own, &resource);
        assert_eq!(found.coverage, Coverage::All);
        found.names.into_iter().find(|name| {
            let target = &target(name);
            let answer = evaluate(&Request { target, ..request }, own, &resource);
            answer.decision == Decision::Allowed
        })
    }

    #[test]
    fn names_satisfy_both_sides_and_avoid_what_is_forbidden() {
        let allow = |keys: &[&str]| statement("Allow", "Resource", keys);
        let deny = |keys: &[&str]| statement("Deny", "Resource", keys);
        let but = |effect: &str, keys: &[&str]| statement(effect, "NotResource", keys);
        let prefixes = [
            "a/*", "b/*", "c/*", "d/*", "e/*", "f/*", "g/*", "h/*", "i/*", "j/*",
        ];
        let (last, others) = prefixes.split_last().unwrap();
        for (identity, stated, expected) in [
            (vec![allow(&["*"])], vec![allow(&["reports/*"])], Some("reports/")),
            (vec![allow(&["a/*"])], vec![allow(&["*/b"])], Some("a/b")),
            (vec![allow(&["a/*"])], vec![allow(&["b/*"])], None),
            (
                vec![allow(&["a/*"])],
                vec![allow(&["*"]), deny(&["a/x*"])],
                Some("a/"),
            ),
            (vec![allow(&["*"]), deny(&["x*"])], vec![allow(&["*"])], Some("y")),
            (
                vec![allow(&["a/*"]), deny(&["a/?*"])],
                vec![allow(&["*"])],
                Some("a/"),
            ),
            (vec![allow(&["a/*"]), deny(&["a*"])], vec![allow(&["*"])], None),
            (
                vec![allow(&["*"]), but("Deny", &["a/b"])],
                vec![allow(&["*"])],
                Some("a/b"),
            ),
            (
                vec![but("Allow", &["x", "a*"])],
                vec![allow(&["?", "a*"])],
                Some("y"),
            ),
            (
                vec![allow(&prefixes), deny(others)],
                vec![allow(&["*"])],
                Some(last.strip_suffix('*').unwrap()),
            ),
            (
                vec![allow(&["${aws:username}/*"])],
                vec![allow(&["*/x"])],
                Some("ann/x"),
            ),
        ] {
            let found = permitted(&own(&identity), &stated);
            let found = found
                .as_deref()
                .and_then(|name| name.strip_prefix("arn:aws:s3:::b/"));
            assert_eq!(found, expected, "{identity:?} {stated:?}");
        }
    }

    #[test]
    fn names_have_no_colon_but_before_a_version() {
        let prefix = "arn:aws:s3:::b/";
        for (keys, expected) in [
            (["dev-*", "prod-*"], None),
            (["dev-*", "*-app"], Some("dev-app")),
            (["app:*", "*"], Some("app:")),
            (["app:*/x", "*"], None),
            (["app:*", "*:x:*"], None),
        ] {
            let [one, other] = keys.map(|key| own(&[statement("Allow", "Resource", &[key])]));
            let boundary = other.identity.into_iter().next();
            let own = PrincipalPolicies { boundary, ..one };
            let principal = Principal::of_arn("arn:aws:iam::111122223333:user/ann").unwrap();
            let context = Context::over_tls();
            let some = Target::new("*");
            let request = Request {
                principal: &principal,
                action: "s3:GetObject",
                target: &some,
                context: &context,
            };
            let nothing = ResourcePolicies::default();
            let found = witnesses("arn:aws:s3:::b/*", Naming::Plain, &[request], &own, &nothing);
            let found = found.names.into_iter().find(|name| {
                let target = &Target::new(name.clone()).in_account("111122223333");
                let answer = evaluate(&Request { target, ..request }, &own, &nothing);
                answer.decision == Decision::Allowed
            });
            let found = found.as_deref().and_then(|name| name.strip_prefix(prefix));
            assert_eq!(found, expected, "{keys:?}");
        }
    }

    #[test]
    fn too_many_patterns_are_told() {
        let keys: Vec<String> = (0..300).map(|at| format!("*{at}*")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let own = own(&[statement("Allow", "Resource", &keys)]);
        let principal = Principal::of_arn("arn:aws:iam::111122223333:user/ann").unwrap();
        let (target, context) = (Target::new("*"), Context::new());
        let request = Request {
            principal: &principal,
            action: "s3:GetObject",
            target: &target,
            context: &context,
        };
        let found = witnesses(
            "arn:aws:s3:::b/*",
            Naming::Free,
            &[request],
            &own,
            &ResourcePolicies::default(),
        );
        assert_eq!(found.coverage, Coverage::Some);
        assert!(!found.names.is_empty());
    }
}
