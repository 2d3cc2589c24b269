//! Corrections of the code of the fixtures.

use std::collections::BTreeSet;

use plumb_iac::fix::correct;
use plumb_iac::locate::spot;
use plumb_model::value::{Text, Value};
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::mapping::Language;

use crate::world::{Case, LANGUAGES, World, about, documents, scanned, world};

/// What a correction of the findings of a policy in a case makes of the code.
struct Corrected {
    text: String,
    /// The types of the corrected blocks.
    kinds: BTreeSet<Text>,
}

/// Corrects everything that fails; `None` when there is nothing to correct, or nobody knows how.
fn corrected(
    world: &World,
    case: &Case,
    policy: &CompiledPolicy,
    (language, file, text): (Language, &str, &str),
) -> Option<Corrected> {
    let scanned = scanned(world, case, file, text);
    let documents = documents(&scanned);
    let params = Value::Map(policy.policy.params.clone());
    let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
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
                let correction = correct(&scanned.sources, &world.fixes, name, language, &[origin]).ok()?;
                Some((correction, origin))
            });
            let (correction, origin) = found?;
            let block = stack
                .stack
                .blocks
                .iter()
                .find(|block| block.address == origin.address);
            kinds.insert(block.unwrap().kind.clone());
            for edit in correction.edits {
                let edit = (edit.place.range(), edit.text);
                if !edits.contains(&edit) {
                    edits.push(edit);
                }
            }
        }
    }
    edits.sort_by_key(|(range, _)| std::cmp::Reverse((range.start, range.end)));
    let mut text = text.to_owned();
    for (range, new) in &edits {
        text.replace_range(range.clone(), new);
    }
    (!edits.is_empty()).then_some(Corrected { text, kinds })
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
                let scanned = scanned(world, case, file, &after.text);
                let verdict = documents(&scanned).verdict(policy, &case.resource_type);
                let comments = text.lines().filter_map(|line| Some(line.split_once('#')?.1));
                let lost: Vec<&str> = comments.filter(|comment| !after.text.contains(comment)).collect();
                let is_sound =
                    verdict == Some(Verdict::Pass) && lost.is_empty() && scanned.problems.is_empty();
                if !is_sound {
                    wrong.push(format!(
                        "{case}: {name} is {verdict:?}, lost {lost:?} in\n{}",
                        after.text
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
