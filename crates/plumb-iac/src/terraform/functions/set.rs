//! Functions of sets. A set is a list without repetition, sorted; unknown items of it stand last.

use std::collections::{BTreeMap, BTreeSet};

use super::arguments::{Arguments, Function, Stop, Take};
use super::compare::{Key, key};
use super::convert;
use super::{Context, MAX_ITEMS, Problem};
use crate::val::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("setintersection", 1, setintersection),
    Function::variadic("setproduct", 2, setproduct),
    Function::new("setsubtract", 2, setsubtract),
    Function::variadic("setunion", 1, setunion),
];

/// The set of items of one type.
pub(super) fn make(items: &[Val], context: &Context<'_>) -> Take<Val> {
    let items = convert::unify(items, context)?;
    let mut sorted: BTreeMap<Key, Val> = BTreeMap::new();
    let mut unknown = Vec::new();
    for item in items {
        match key(&item, context) {
            Ok(key) => {
                sorted.entry(key).or_insert(item);
            }
            Err(Stop::Unknown(_)) => unknown.push(item),
            Err(stop @ Stop::Problem(_)) => return Err(stop),
        }
    }
    Ok(Val::list(sorted.into_values().chain(unknown).collect()))
}

/// The items without repetition, in their order.
pub(super) fn distinct(items: &[Val], context: &Context<'_>) -> Take<Vec<Val>> {
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    for item in items {
        if seen.insert(key(item, context)?) {
            kept.push(item.clone());
        }
    }
    Ok(kept)
}

fn setintersection(arguments: &Arguments<'_>) -> Take<Val> {
    if has_empty(arguments) {
        return Ok(Val::list(Vec::new()));
    }
    let mut common = arguments.list(0)?.to_vec();
    for at in 1..arguments.all().len() {
        let other = keys(arguments, at)?;
        common = common
            .into_iter()
            .filter_map(|item| match key(&item, arguments.context) {
                Ok(key) => other.contains(&key).then_some(Ok(item)),
                Err(stop) => Some(Err(stop)),
            })
            .collect::<Take<_>>()?;
    }
    make(&common, arguments.context)
}

fn setsubtract(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    if items.is_empty() {
        return Ok(Val::list(Vec::new()));
    }
    let taken = keys(arguments, 1)?;
    let mut left = Vec::new();
    for item in items {
        if !taken.contains(&key(item, arguments.context)?) {
            left.push(item.clone());
        }
    }
    make(&left, arguments.context)
}

fn setunion(arguments: &Arguments<'_>) -> Take<Val> {
    let mut all = Vec::new();
    for at in 0..arguments.all().len() {
        let items = arguments.list(at)?;
        arguments.spend_items(all.len().max(items.len()))?;
        all.extend(convert::unify(items, arguments.context)?);
    }
    make(&all, arguments.context)
}

fn setproduct(arguments: &Arguments<'_>) -> Take<Val> {
    if has_empty(arguments) {
        return Ok(Val::list(Vec::new()));
    }
    let sets = (0..arguments.all().len())
        .map(|at| convert::unify(arguments.list(at)?, arguments.context))
        .collect::<Take<Vec<Vec<Val>>>>()?;
    let total = sets
        .iter()
        .try_fold(sets.len(), |total, set| total.checked_mul(set.len()))
        .filter(|total| *total <= MAX_ITEMS)
        .ok_or(Problem::TooLarge {
            limit: MAX_ITEMS,
            unit: "items",
        })?;
    arguments.spend_items(total)?;
    let mut rows: Vec<Vec<Val>> = vec![Vec::new()];
    for set in sets {
        rows = rows
            .iter()
            .flat_map(|row| {
                set.iter()
                    .map(move |item| row.iter().chain([item]).cloned().collect())
            })
            .collect();
    }
    Ok(Val::list(rows.into_iter().map(Val::list).collect()))
}

/// Whether one of the sets is known to be empty, which decides products and intersections.
fn has_empty(arguments: &Arguments<'_>) -> bool {
    arguments
        .all()
        .iter()
        .any(|set| set.as_list().is_some_and(<[Val]>::is_empty))
}

fn keys(arguments: &Arguments<'_>, at: usize) -> Take<BTreeSet<Key>> {
    arguments
        .list(at)?
        .iter()
        .map(|item| key(item, arguments.context))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{all, check, fails, json, shown, unknown};
    use crate::val::Val;

    #[test]
    fn sets() {
        check(&[
            (
                "setintersection",
                r#"[["a","b","c"], ["c","b"], ["b","c","d"]]"#,
                r#"["b","c"]"#,
            ),
            (
                "setintersection",
                r#"[["a"], "b"]"#,
                "!argument 2 is a string, not a list",
            ),
            (
                "setproduct",
                r#"[["dev","prod"], [1, 2]]"#,
                r#"[["dev",1],["dev",2],["prod",1],["prod",2]]"#,
            ),
            ("setproduct", r#"[["a"], []]"#, "[]"),
            ("setsubtract", r#"[["c","a","b"], ["b","x"]]"#, r#"["a","c"]"#),
            (
                "setunion",
                r#"[["b","a"], ["c","a"], [10, 9]]"#,
                r#"["10","9","a","b","c"]"#,
            ),
            ("setunion", r#"[[10, 9, 9.5, 10]]"#, "[9,9.5,10]"),
            (
                "setunion",
                r#"[[1], [true]]"#,
                "!all items must have the same type",
            ),
        ]);
    }

    #[test]
    fn unknown_items() {
        let partly = || Val::list(vec![unknown(), json(r#""b""#), json(r#""a""#)]);
        assert_eq!(
            shown("setunion", vec![partly(), json(r#"["c"]"#)]),
            r#"["a","b","c",?(`var.x` has no value)]"#
        );
        assert_eq!(shown("setintersection", vec![unknown(), json("[]")]), "[]");
        assert_eq!(
            shown("setintersection", vec![partly(), json("[\"a\"]")]),
            "?(`var.x` has no value)"
        );
        assert_eq!(shown("setsubtract", vec![json("[]"), unknown()]), "[]");
        assert_eq!(
            shown("setsubtract", vec![json("[1]"), unknown()]),
            "?(`var.x` has no value)"
        );
        assert_eq!(shown("setproduct", vec![unknown(), json("[]")]), "[]");
    }

    #[test]
    fn a_product_is_bounded() {
        let digits = "[0,1,2,3,4,5,6,7,8,9]";
        let arguments = all(&format!("[{}]", [digits; 7].join(",")));
        assert!(fails("setproduct", arguments).contains("more than 1000000 items"));
    }
}
