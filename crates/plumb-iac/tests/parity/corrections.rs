//! Corrections of the code of the fixtures.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use plumb_iac::fix::{Corrector, apply};
use plumb_iac::locate::spot;
use plumb_model::value::{Text, Value};
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::mapping::Language;

use crate::world::{Case, LANGUAGES, World, about, documents, evaluated, scanned, world};

/// How the findings of a policy in a case are corrected.
struct Corrected {
    edits: Vec<Edit>,
    /// The types of the corrected blocks.
    kinds: BTreeSet<Text>,
}

/// What to replace, and by what.
type Edit = (Range<usize>, String);

/// Corrects everything that fails; `None` when there is nothing to correct, or nobody knows how.
fn corrected(
    world: &World,
    case: &Case,
    policy: &CompiledPolicy,
    (language, file, text): (Language, &str, &str),
) -> Option<Corrected> {
    let evaluated = evaluated(world, case, file, text);
    let stacks = evaluated.stacks.iter().map(|stack| &stack.stack);
    let blocks = stacks.flat_map(|stack| &stack.blocks);
    let kind_of: BTreeMap<Text, Text> = blocks
        .map(|block| (block.address.clone(), block.kind.clone()))
        .collect();
    let scanned = evaluated.map(&world.pack, &world.used);
    let documents = documents(&scanned);
    let params = Value::Map(policy.policy.params.clone());
    let mut edits: Vec<Edit> = Vec::new();
    let mut kinds = BTreeSet::new();
    for stack in &scanned.stacks {
        let of_type = stack.mapped.resources.iter();
        for (resource, places) in of_type.filter(|(found, _)| found.resource_type == case.resource_type) {
            if documents.judge(policy, resource.document()) != Verdict::Fail {
                continue;
            }
            let scope = documents.scope(resource.document(), &params);
            let evidence = policy.evidence(&scope, Verdict::Fail);
            let (_, origins) = spot(&scanned.sources, places, evidence.as_ref());
            let name = &policy.policy.name;
            let found = origins.into_iter().find_map(|origin| {
                let corrector = Corrector::new(&scanned.sources, &world.fixes);
                let correction = corrector.correct(name, language, &[origin]).ok()?;
                Some((correction, origin))
            });
            let (correction, origin) = found?;
            kinds.insert(kind_of.get(&origin.address).unwrap().clone());
            for edit in &correction.edits {
                let edit = (edit.place.range(), edit.text.clone());
                if !edits.contains(&edit) {
                    edits.push(edit);
                }
            }
        }
    }
    (!edits.is_empty()).then_some(Corrected { edits, kinds })
}

/// The text after edits.
fn edited(file: &str, text: &str, edits: &[Edit]) -> String {
    let edits = edits.iter().map(|(range, new)| (range.clone(), new.as_str()));
    apply(file, text, edits.collect())
}

#[test]
fn corrections_make_their_policies_pass_and_keep_comments() {
    let world = world();
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for case in &world.cases {
        for policy in about(world, &case.resource_type) {
            let name = &policy.policy.name;
            for (language, file) in LANGUAGES {
                let Some(text) = case.text(language.name()) else {
                    continue;
                };
                let Some(after) = corrected(world, case, policy, (language, file, text)) else {
                    continue;
                };
                used.extend(after.kinds.into_iter().map(|kind| (name.clone(), language, kind)));
                let after = edited(file, text, &after.edits);
                let scanned = scanned(world, case, file, &after);
                let verdict = documents(&scanned).verdict(policy, &case.resource_type);
                let comments = text.lines().filter_map(|line| Some(line.split_once('#')?.1));
                let lost: Vec<&str> = comments.filter(|comment| !after.contains(comment)).collect();
                let is_sound =
                    verdict == Some(Verdict::Pass) && lost.is_empty() && scanned.problems.is_empty();
                if !is_sound {
                    wrong.push(format!(
                        "{case}: {name} is {verdict:?}, lost {lost:?} in\n{after}"
                    ));
                }
            }
        }
    }
    for (key, _) in world.fixes.iter() {
        let (name, language, kind) = key;
        let is_checked_here = kind.starts_with("aws_") || kind.starts_with("AWS::");
        if is_checked_here && !used.contains(key) {
            wrong.push(format!(
                "no fixture needs the correction of `{kind}` for {name} in {}",
                language.name()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn corrections_of_several_policies_go_together() {
    let world = world();
    let mut wrong = Vec::new();
    for case in &world.cases {
        for (language, file) in LANGUAGES {
            let Some(text) = case.text(language.name()) else {
                continue;
            };
            let mut edits: Vec<Edit> = Vec::new();
            let mut policies = Vec::new();
            for policy in about(world, &case.resource_type) {
                if let Some(found) = corrected(world, case, policy, (language, file, text)) {
                    let new = found.edits.into_iter();
                    edits.extend(new.filter(|edit| !edits.contains(edit)).collect::<Vec<_>>());
                    policies.push(policy);
                }
            }
            let after = edited(file, text, &edits);
            let scanned = scanned(world, case, file, &after);
            let documents = documents(&scanned);
            let failing = policies
                .into_iter()
                .filter(|policy| documents.verdict(policy, &case.resource_type) != Some(Verdict::Pass));
            let failing: Vec<&Text> = failing.map(|policy| &policy.policy.name).collect();
            if !failing.is_empty() || !scanned.problems.is_empty() {
                wrong.push(format!("{case}: {failing:?} in\n{after}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
