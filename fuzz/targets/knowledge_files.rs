//! Any text as a file of policies, recipes or a framework: it loads, or its diagnostics say what is wrong and where.
//!
//! Several files stand in one input, each begun by a NUL byte.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_pack::inline_test::run_tests;
use plumb_pack::lint::lint;
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};

/// A user's own files have free names, those of a pack stand in folders.
const PATHS: [&str; 3] = ["own.yaml", "aws/s3/collect.yaml", "aws/s3/policies/x.yaml"];

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let files: Vec<SourceFile> = text
        .split('\0')
        .zip(PATHS)
        .map(|(text, path)| SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        })
        .collect();
    let loaded = Pack::load(Base::Empty, &files);
    are_told(&loaded.diagnostics);
    let pack = loaded.pack;
    for name in pack.resource_types() {
        match pack.resource_type(&name) {
            Ok(resource_type) => drop(plumb_pack::schema_tree::schema_tree(&resource_type)),
            Err(diagnostics) => {
                assert!(
                    diagnostics
                        .iter()
                        .any(|diagnostic| diagnostic.level == Level::Error)
                );
                are_told(&diagnostics);
            }
        }
    }
    for policy in pack.policies() {
        if let Err(diagnostics) = pack.compile(policy) {
            are_told(&diagnostics);
        }
        let _ = run_tests(&pack, policy);
    }
    are_told(&lint(&pack));
});

fn are_told(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        assert!(!diagnostic.to_string().is_empty());
    }
}
