//! One fixture per resource type as Terraform, as CloudFormation, as objects of Kubernetes and as the cloud's own answer: the
//! verdicts agree.
//!
//! The fixtures are `parity/<service>.yaml`: types with cases `good`, `bad` and others. `live` is the document as collected,
//! `beside` are others that policies look at; `files` stand beside the code. `untold` names policies
//! that code cannot answer in that case, `without` languages that cannot express it, with the reasons.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on panics"
)]

mod corrections;
mod crossplane;
#[path = "../mutate/mod.rs"]
mod mutate;
mod mutations;
#[path = "../tree/mod.rs"]
mod tree;
mod world;

use std::collections::BTreeSet;

use plumb_model::value::{Text, Value};
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::mapping::Role;

use crate::world::{Documents, LANGUAGES, World, about, documents, scanned, world};

#[test]
fn verdicts_of_code_and_cloud_agree() {
    let world = world();
    let mut wrong = Vec::new();
    for case in &world.cases {
        let live = case.live();
        let mut sides: Vec<(&str, Documents)> = Vec::new();
        for (language, file) in LANGUAGES {
            let Some(text) = case.text(language.name()) else {
                continue;
            };
            let scanned = scanned(world, case, file, text);
            let orphans = scanned.stacks.iter().flat_map(|stack| &stack.mapped.orphans);
            wrong.extend(orphans.map(|orphan| format!("{case}: `{}` is a part of nothing", orphan.address)));
            wrong.extend(
                scanned
                    .problems
                    .iter()
                    .map(|problem| format!("{case}: {problem}")),
            );
            sides.push((language.name(), documents(&scanned)));
        }
        let mut seen = BTreeSet::new();
        for policy in about(world, &case.resource_type) {
            let name = &policy.policy.name;
            let expected = live
                .as_ref()
                .and_then(|live| live.verdict(policy, &case.resource_type));
            seen.extend(expected);
            for (side, documents) in &sides {
                let verdict = documents.verdict(policy, &case.resource_type);
                seen.extend(verdict);
                let is_told = match (verdict, expected) {
                    (None, _) => false,
                    (Some(Verdict::Unknown), Some(known)) if known != Verdict::Unknown => case.untold(name),
                    (_, None) => true,
                    (verdict, expected) => verdict == expected,
                };
                if !is_told {
                    wrong.push(format!(
                        "{case}: {name} is {verdict:?} from {side}, {expected:?} live"
                    ));
                }
            }
        }
        let is_as_called = match case.name.as_str() {
            "good" => !seen.contains(&Verdict::Fail) && seen.contains(&Verdict::Pass),
            _ => seen.contains(&Verdict::Fail),
        };
        if !is_as_called {
            wrong.push(format!("{case}: the verdicts are {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_mapped_type_with_policies_has_a_good_and_a_bad_fixture() {
    let world = world();
    let mut lacking = Vec::new();
    for (language, _) in LANGUAGES {
        let mappings = world.pack.mappings(language);
        for resource_type in mappings.resource_types().filter(|name| name.starts_with("aws_")) {
            let mut whole = mappings.of_resource(resource_type);
            let is_whole = whole.any(|mapping| matches!(mapping.role, Role::Whole { .. }));
            let is_judged = about(world, resource_type).any(|policy| decided(world, policy, resource_type));
            if !is_whole || !is_judged {
                continue;
            }
            for name in ["good", "bad"] {
                let mut cases = world.cases.iter();
                let found = cases.find(|case| case.resource_type == *resource_type && case.name == name);
                let is_there = found.is_some_and(|case| {
                    let is_written = case.text(language.name()).is_some() || case.lacks(language);
                    is_written && case.document.get("live").is_some()
                });
                if !is_there {
                    lacking.push(format!("{resource_type}: no {name} case in {}", language.name()));
                }
            }
        }
    }
    assert!(lacking.is_empty(), "{}", lacking.join("\n"));
}

/// Whether code tells something that a policy reads.
fn decided(world: &World, policy: &CompiledPolicy, resource_type: &str) -> bool {
    let covers = |path: &[Text]| {
        LANGUAGES.iter().any(|(language, _)| {
            let mappings = world.pack.mappings(*language);
            let mut mappings = mappings.of_resource(resource_type);
            mappings.any(|mapping| plumb_pack::mapping_cover::Cover::of(mapping).covers(path))
        })
    };
    let mut uses = policy.programs().flat_map(plumb_expr::Program::uses);
    uses.any(|used| used.root == plumb_expr::Root::Resource && !used.path.is_empty() && covers(&used.path))
}

#[test]
fn nothing_is_called_untold_that_code_tells() {
    let world = world();
    let mut idle = Vec::new();
    for case in &world.cases {
        let untold = case
            .document
            .get("untold")
            .and_then(Value::as_map)
            .cloned()
            .unwrap_or_default();
        let sides: Vec<Documents> = LANGUAGES
            .iter()
            .filter_map(|(language, file)| {
                Some(documents(&scanned(
                    world,
                    case,
                    file,
                    case.text(language.name())?,
                )))
            })
            .collect();
        for (name, _) in untold.iter() {
            let policy = about(world, &case.resource_type).find(|policy| policy.policy.name == *name);
            let is_unknown = |side: &Documents| {
                policy.and_then(|policy| side.verdict(policy, &case.resource_type)) == Some(Verdict::Unknown)
            };
            if !sides.iter().any(is_unknown) {
                idle.push(format!("{case}: {name}"));
            }
        }
    }
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}
