//! The built-in knowledge as a whole: it loads, type-checks, is tested and documented, and fits together.

use plumb_model::diagnostic::Level;
use plumb_pack::inline_test::run_tests;
use plumb_pack::lint::lint;
use plumb_pack::pack::Pack;

fn builtin() -> Pack {
    Pack::builtin().unwrap_or_else(|found| {
        panic!(
            "{}",
            found
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        );
    })
}

#[test]
fn catalogue_has_no_errors() {
    let errors: Vec<String> = lint(&builtin())
        .iter()
        .filter(|diagnostic| diagnostic.level == Level::Error)
        .map(ToString::to_string)
        .collect();
    assert!(
        errors.is_empty(),
        "{} errors\n{}",
        errors.len(),
        errors.join("\n")
    );
}

#[test]
fn every_inline_test_holds() {
    let pack = builtin();
    let outcomes: Vec<_> = pack
        .policies()
        .iter()
        .flat_map(|policy| run_tests(&pack, policy))
        .collect();
    let problems: Vec<String> = outcomes
        .iter()
        .filter_map(|outcome| {
            Some(format!(
                "{}: {}: {}",
                outcome.policy,
                outcome.name,
                outcome.problem.as_ref()?
            ))
        })
        .collect();
    assert!(
        problems.is_empty(),
        "{} of {} fail\n{}",
        problems.len(),
        outcomes.len(),
        problems.join("\n")
    );
}
