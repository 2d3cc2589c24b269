//! Every correction that is known for what an input declares: the text after it can still be read, and differs only where
//! the correction says.
//!
//! The input is a Terraform file, and after a NUL byte a template of CloudFormation.

#![no_main]

mod code;

use std::ops::Range;

use code::{Tree, are_shown, deeply, pack};
use libfuzzer_sys::fuzz_target;
use plumb_iac::fix::{Corrector, apply};
use plumb_iac::locate::spot;
use plumb_iac::scan::Scanned;
use plumb_model::diagnostic::Level;

/// The most corrections of one input that are tried.
const MOST: usize = 40;

fuzz_target!(|input: &[u8]| {
    if let Some(tree) = Tree::of(input, &["main.tf", "template.yaml"]) {
        deeply(|| check(&tree));
    }
});

fn check(tree: &Tree) {
    let scanned = tree.scan();
    are_shown(&scanned.problems);
    let (fixes, _) = pack().fixes();
    let corrector = Corrector::new(&scanned.sources, &fixes);
    let mut tried = 0;
    for stack in &scanned.stacks {
        let language = stack.stack.language.mapped_as();
        for (_, places) in &stack.mapped.resources {
            let (_, origins) = spot(&scanned.sources, places, None);
            for (policy, _, _) in fixes.iter().map(|(key, _)| key).filter(|key| key.1 == language) {
                let Ok(correction) = corrector.correct(policy, language, &origins) else {
                    continue;
                };
                let Some(file) = correction.edits.first().map(|edit| edit.place.file) else {
                    continue;
                };
                assert!(correction.edits.iter().all(|edit| edit.place.file == file));
                let source = scanned
                    .sources
                    .get(file)
                    .expect("a correction is of a file that was read");
                let edits: Vec<(Range<usize>, &str)> = correction
                    .edits
                    .iter()
                    .map(|edit| (edit.place.range(), edit.text.as_str()))
                    .collect();
                let after = apply(&source.name, &source.text, edits.clone());
                assert_eq!(
                    letters(&after),
                    letters(&replaced(&source.text, &edits)),
                    "{policy} changes other text"
                );
                assert!(
                    errors(&tree.with(&source.name, &after).scan()) <= errors(&scanned),
                    "{policy} leaves what cannot be read:\n{after}"
                );
                tried += 1;
                if tried == MOST {
                    return;
                }
            }
        }
    }
}

fn errors(scanned: &Scanned) -> usize {
    let errors = scanned.problems.iter();
    errors.filter(|problem| problem.level == Level::Error).count()
}

/// The text with its edits and nothing else; they are sorted and do not overlap.
fn replaced(text: &str, edits: &[(Range<usize>, &str)]) -> String {
    let mut out = String::new();
    let mut done = 0;
    for (range, new) in edits {
        out.push_str(
            text.get(done..range.start)
                .expect("edits are sorted and lie between characters"),
        );
        out.push_str(new);
        done = range.end;
    }
    out.push_str(text.get(done..).expect("edits end between characters"));
    out
}

/// A text without the spaces that align arguments.
fn letters(text: &str) -> String {
    text.replace(' ', "")
}
