//! The fixtures, damaged in thousands of ways: whatever is made of them is read within bounds, and nothing panics.
//!
//! A generator with a fixed seed makes the same cases on every machine. `PLUMB_MUTATIONS` runs so many per language.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::mutate::{Numbers, damaged};
use crate::world::{Case, LANGUAGES, evaluated, world};

/// How many cases of each language are tried.
const CASES: u64 = 2_000;
/// How long one may take, on a machine with other things to do.
const LONGEST: Duration = Duration::from_secs(20);

#[test]
fn damaged_fixtures_are_read_within_bounds() {
    let world = world();
    let wanted = std::env::var("PLUMB_MUTATIONS").ok();
    let count = wanted.and_then(|count| count.parse().ok()).unwrap_or(CASES);
    for (language, file) in LANGUAGES {
        let name = language.name();
        let with_text = |case: &&Case| case.text(name).is_some();
        let cases: Vec<&Case> = world.cases.iter().filter(with_text).collect();
        if cases.is_empty() {
            // Objects of Crossplane are made of fixtures of Terraform.
            assert_eq!(name, "crossplane");
            continue;
        }
        let mut numbers = Numbers::new();
        for number in 0..count {
            let (case, other) = (
                cases[numbers.below(cases.len())],
                cases[numbers.below(cases.len())],
            );
            let text = damaged(case.text(name).unwrap(), other.text(name).unwrap(), &mut numbers);
            let began = Instant::now();
            let read = catch_unwind(AssertUnwindSafe(|| {
                evaluated(world, case, file, &text).map(&world.pack, &world.used);
            }));
            assert!(read.is_ok(), "{name} {number} panics:\n{text}");
            let took = began.elapsed();
            assert!(took < LONGEST, "{name} {number} takes {took:?}:\n{text}");
        }
    }
}
