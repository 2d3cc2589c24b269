//! Any text as the output of `git diff`, and then code: what the change can touch is some of the code.

#![no_main]

mod code;

use code::{Tree, deeply};
use libfuzzer_sys::fuzz_target;
use plumb_iac::change::Changes;
use plumb_iac::change::affected::affected;

fuzz_target!(|input: &[u8]| {
    let paths = ["diff", "main.tf", "m/main.tf", "template.yaml", "main.bicep"];
    let Some(tree) = Tree::of(input, &paths) else {
        return;
    };
    let diff = input.split(|byte| *byte == 0).next().unwrap_or_default();
    let diff = std::str::from_utf8(diff).unwrap_or_default();
    match Changes::read(diff) {
        Ok(mut changes) => deeply(|| {
            let files: Vec<&str> = changes.files().collect();
            assert!(files.is_sorted());
            let paths = tree.paths();
            let touched = affected(&tree, &paths, &changes, &[]);
            assert!(touched.iter().all(|path| paths.contains(path)), "{touched:?}");
            for path in &paths {
                changes.add_file(path.as_str());
            }
            assert!(affected(&tree, &paths, &changes, &[]).len() >= touched.len());
        }),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
