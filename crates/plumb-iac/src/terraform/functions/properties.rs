//! What holds for every function, whatever it is called with.

use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;

use super::testing::{TREE, show};
use super::{Context, Problem, call, names};
use crate::val::{Entries, Fields, Kind, Val};

const STEPS: u64 = 20_000;

fn simple() -> impl Strategy<Value = Val> {
    let text = prop_oneof![
        "[a-z0-9./:*%_-]{0,12}",
        "\\PC{0,8}",
        prop::sample::select(vec![
            "",
            "10.0.0.0/16",
            "::/0",
            "2020-01-01T00:00:00Z",
            "1h",
            "%d",
            "%[2]s",
            "/(a)/",
            "[",
            "{}",
            "[1]",
            "a,b\n1,2",
            "files/a.txt",
            "..",
            "true",
            "UTF-16LE",
            "aGk=",
            "arn:aws:iam::1:role/a/b",
            "- a\n- {b: c}",
        ])
        .prop_map(str::to_owned),
    ];
    let edges = prop::sample::select(vec![i64::MIN, -1, 0, 1, 2, 8, 64, 1 << 53, i64::MAX]);
    let floats = prop::sample::select(vec![
        0.5,
        -0.0,
        1e300,
        -1e300,
        f64::INFINITY,
        f64::NAN,
        f64::MIN_POSITIVE,
    ]);
    prop_oneof![
        Just(Val::null()),
        any::<bool>().prop_map(|bool| Val::new(Kind::Bool(bool))),
        edges.prop_map(|int| Val::new(Kind::Int(int))),
        any::<i64>().prop_map(|int| Val::new(Kind::Int(int))),
        floats.prop_map(|float| Val::new(Kind::Float(float))),
        any::<f64>().prop_map(|float| Val::new(Kind::Float(float))),
        text.prop_map(Val::string),
        Just(Val::unknown("`var.x` has no value")),
    ]
}

fn value() -> impl Strategy<Value = Val> {
    simple().prop_recursive(3, 24, 4, |inner| {
        let entries = prop::collection::btree_map("[a-c]{1,2}", inner.clone(), 0..4);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Val::list),
            (entries, any::<bool>()).prop_map(|(entries, open)| {
                let entries: Entries = entries.into_iter().map(|(key, val)| (key.into(), val)).collect();
                let rest = open.then(|| "`var.y` has no value".into());
                Val::new(Kind::Map(Arc::new(Fields { entries, rest })))
            }),
            inner.prop_map(|val| Val::new(Kind::Json(Arc::new(val)))),
        ]
    })
}

/// Few different values, so that items and keys are often the same.
fn small() -> impl Strategy<Value = Val> {
    let leaf = prop_oneof![
        2 => Just(Val::unknown("`var.x` has no value")),
        1 => Just(Val::new(Kind::Int(1))),
        2 => prop::sample::select(vec!["a", "b"]).prop_map(Val::string),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let entries = prop::collection::btree_map("[ab]", inner.clone(), 0..3);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Val::list),
            entries.prop_map(|entries| {
                Val::map(entries.into_iter().map(|(key, val)| (key.into(), val)).collect())
            }),
        ]
    })
}

/// Maps with keys that are often the same, and unknown ones.
fn entries() -> impl Strategy<Value = Val> {
    let map = prop::collection::btree_map("[ab]", small(), 0..3)
        .prop_map(|entries| Val::map(entries.into_iter().map(|(key, val)| (key.into(), val)).collect()));
    prop_oneof![1 => Just(Val::unknown("`var.x` has no value")), 2 => map]
}

fn attempt(name: &str, arguments: Vec<Val>) -> Result<Val, Problem> {
    let steps = Cell::new(STEPS);
    let context = Context {
        folder: "env",
        files: &TREE,
        template: &|text, _| Val::string(text),
        steps: &steps,
    };
    call(name, arguments, &context)
}

fn is_known(val: &Val) -> bool {
    val.why_partly_unknown().is_none()
}

/// The same value with its first unknown part made known.
fn learn(val: &Val, known: &Val) -> Val {
    let mut done = false;
    fill(val, known, &mut done)
}

fn fill(val: &Val, known: &Val, done: &mut bool) -> Val {
    match &val.kind {
        Kind::Unknown(_) if !*done => {
            *done = true;
            known.clone()
        }
        Kind::List(items) => Val::list(items.iter().map(|item| fill(item, known, done)).collect()),
        Kind::Map(fields) => {
            let entries = (fields.entries.iter())
                .map(|(key, val)| (key.clone(), fill(val, known, done)))
                .collect();
            let rest = fields.rest.clone();
            Val::new(Kind::Map(Arc::new(Fields { entries, rest })))
        }
        Kind::Json(inner) => Val::new(Kind::Json(Arc::new(fill(inner, known, done)))),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_) | Kind::Unknown(_) => {
            val.clone()
        }
    }
}

/// Whether all that the first value says is true of the second, which is about the same with more known.
fn agrees(less: &Val, more: &Val) -> bool {
    match (&less.kind, &more.kind) {
        (Kind::Unknown(_), _) => true,
        (Kind::List(less), Kind::List(more)) => {
            less.len() == more.len()
                && less
                    .iter()
                    .zip(more.iter())
                    .all(|(less, more)| agrees(less, more))
        }
        (Kind::Map(less), Kind::Map(more)) => {
            let kept = |(key, val)| more.entries.get(key).is_some_and(|other| agrees(val, other));
            let new = more.entries.keys().any(|key| !less.entries.contains_key(key));
            less.entries.iter().all(kept) && (less.rest.is_some() || (!new && more.rest.is_none()))
        }
        (Kind::Json(less), Kind::Json(more)) => agrees(less, more),
        (Kind::Float(less), Kind::Float(more)) => less.to_bits() == more.to_bits(),
        (less, more) => less == more,
    }
}

/// Whether a set has all that are known of another, which an unknown item may turn out to be one of.
fn has_items(less: &Val, more: &Val) -> bool {
    let (Some(less), Some(more)) = (less.as_list(), more.as_list()) else {
        return agrees(less, more);
    };
    let text = |val: &Val| {
        let encoded = attempt("jsonencode", vec![val.clone()]);
        let text = encoded.and_then(|encoded| attempt("format", vec![Val::string("%s"), encoded]));
        text.map(|text| show(&text).replace(['"', '\\'], ""))
    };
    let more: Vec<_> = more.iter().map(text).collect();
    let mut known = less.iter().filter(|item| is_known(item));
    known.all(|item| more.contains(&text(item)))
}

/// What a call says with an unknown part stays true when that part is learnt.
fn contradicts_nothing(arguments: &[Val], known: &Val) -> Result<(), TestCaseError> {
    let learnt: Vec<Val> = arguments.iter().map(|val| learn(val, known)).collect();
    for name in names() {
        let (less, more) = (attempt(name, arguments.to_vec()), attempt(name, learnt.clone()));
        if let (Ok(less), Ok(more)) = (less, more) {
            let holds = match name {
                // The type of one item converts the others.
                "tolist" | "tomap" | "coalesce" | "chunklist" | "setproduct" => continue,
                "setintersection" | "setsubtract" | "setunion" | "toset" => has_items(&less, &more),
                _ => agrees(&less, &more),
            };
            prop_assert!(holds, "{name}: {less:?} but {more:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_call_panics_and_all_end(arguments in prop::collection::vec(value(), 0..5)) {
        for name in names() {
            for count in 0..=arguments.len() {
                let _ = attempt(name, arguments.iter().take(count).cloned().collect());
            }
        }
    }

    #[test]
    fn the_same_call_gives_the_same(arguments in prop::collection::vec(simple(), 0..4)) {
        for name in names() {
            let (first, second) = (attempt(name, arguments.clone()), attempt(name, arguments.clone()));
            prop_assert_eq!(format!("{:?}", first), format!("{:?}", second), "{}", name);
        }
    }

    #[test]
    fn learning_an_argument_contradicts_nothing(
        arguments in prop::collection::vec(prop_oneof![1 => value(), 4 => small()], 1..4),
        known in prop_oneof![1 => value(), 4 => small()].prop_filter("known", is_known),
    ) {
        contradicts_nothing(&arguments, &known)?;
    }

    #[test]
    fn learning_a_map_contradicts_nothing(
        arguments in prop::collection::vec(entries(), 1..4),
        known in entries().prop_filter("known", is_known),
    ) {
        contradicts_nothing(&arguments, &known)?;
    }
}
