//! Any text as code with suppressions, in each notation: what they say has a place, and what is wrong with them can be shown.

#![no_main]

mod code;

use code::{are_shown, deeply};
use libfuzzer_sys::fuzz_target;
use plumb_iac::place::Sources;
use plumb_iac::suppress::read;

const NAMES: [&str; 7] = [
    "a.tf",
    "a.tf.json",
    "a.yaml",
    "a.json",
    "a.bicep",
    "a.tfvars",
    "kustomization.yaml",
];

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    deeply(|| {
        for name in NAMES {
            let mut sources = Sources::default();
            sources.add(name, text);
            let (found, problems) = read(&sources);
            for suppression in &found {
                for place in [suppression.words, suppression.reach]
                    .into_iter()
                    .chain(suppression.repeated)
                {
                    assert!(text.get(place.range()).is_some(), "{name}: {suppression:?}");
                }
                assert!(
                    !suppression.names.is_empty(),
                    "{name}: {suppression:?} speaks of nothing"
                );
            }
            are_shown(&problems);
            assert_eq!(found, read(&sources).0);
        }
    });
});
