//! Functions that make lists.

use plumb_model::value::Text;
use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::convert::{self, Number, keep};
use super::set;
use super::{MAX_DEPTH, MAX_ITEMS, Problem};
use crate::partial::Partial;
use crate::val::{Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chunklist", 2, chunklist),
    Function::new("compact", 1, compact),
    Function::variadic("concat", 1, concat),
    Function::new("distinct", 1, distinct),
    Function::new("flatten", 1, flatten),
    Function::new("length", 1, length),
    Function::variadic("list", 0, list),
    Function::new("reverse", 1, reverse),
    Function::new("slice", 3, slice),
    Function::new("sort", 1, sort),
];

/// A count or position that is not negative.
pub(super) fn position(arguments: &Arguments<'_>, at: usize) -> Take<usize> {
    let whole = arguments.whole(at)?;
    usize::try_from(whole).map_err(|_| wrong(format!("argument {} is negative: {whole}", at + 1)))
}

fn chunklist(arguments: &Arguments<'_>) -> Take<Val> {
    let items = convert::unify(arguments.list(0)?, arguments.context)?;
    let size = position(arguments, 1)?;
    arguments.spend_items(items.len())?;
    // A size of 0 means one chunk of everything.
    let size = if size == 0 { items.len().max(1) } else { size };
    Ok(Val::list(
        items
            .chunks(size)
            .map(|chunk| Val::list(chunk.to_vec()))
            .collect(),
    ))
}

fn compact(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    arguments.spend_items(items.len())?;
    let mut kept = Vec::new();
    for item in items.iter().filter(|item| !item.is_null()) {
        // A JSON text is never empty, and one of which a part is not known keeps the rest.
        if matches!(item.kind, Kind::Json(_)) {
            kept.push(item.clone());
            continue;
        }
        if let Some(why) = item.why_unknown() {
            // One that may be empty leaves open how many there are.
            if !item.partial.as_ref().is_some_and(Partial::is_something) {
                return Err(Stop::Unknown(why.clone()));
            }
            kept.push(item.clone());
            continue;
        }
        let text = convert::text(item, arguments.context)?;
        if !text.is_empty() {
            kept.push(keep(item, Kind::String(text)));
        }
    }
    Ok(Val::list(kept))
}

fn concat(arguments: &Arguments<'_>) -> Take<Val> {
    let mut all = Vec::new();
    for at in 0..arguments.all().len() {
        let items = arguments.list(at)?;
        arguments.spend_items(all.len().max(items.len()))?;
        all.extend_from_slice(items);
    }
    arguments.spend_items(all.len())?;
    Ok(Val::list(all))
}

fn distinct(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    if items.len() < 2 {
        return arguments.value(0).cloned();
    }
    let items = convert::unify(items, arguments.context)?;
    Ok(Val::list(set::distinct(&items, arguments.context)?))
}

fn flatten(arguments: &Arguments<'_>) -> Take<Val> {
    let mut flat = Vec::new();
    flatten_into(arguments.list(0)?, &mut flat, 0, arguments)?;
    Ok(Val::list(flat))
}

/// What is unknown may be a list of any length, so one unknown item leaves the result unknown.
fn flatten_into(items: &[Val], flat: &mut Vec<Val>, depth: usize, arguments: &Arguments<'_>) -> Take<()> {
    if depth > MAX_DEPTH {
        return Err(Stop::Problem(Problem::TooDeep));
    }
    for item in items {
        arguments.spend(1)?;
        match &item.kind {
            Kind::List(inner) => flatten_into(inner, flat, depth + 1, arguments)?,
            Kind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::Map(_)
            | Kind::Json(_) => flat.push(item.clone()),
        }
        if flat.len() > MAX_ITEMS {
            return Err(Stop::Problem(Problem::TooLarge {
                limit: MAX_ITEMS,
                unit: "items",
            }));
        }
    }
    Ok(())
}

/// Of a text the characters as people see them; of a set with unknown items, each of those counts.
fn length(arguments: &Arguments<'_>) -> Take<Val> {
    let val = arguments.known(0)?;
    let length = match &val.kind {
        Kind::List(items) => items.len(),
        Kind::Map(fields) => match &fields.rest {
            Some(why) => return Err(Stop::Unknown(why.clone())),
            None => fields.entries.len(),
        },
        Kind::String(_) | Kind::Json(_) => arguments.text(0)?.graphemes(true).count(),
        Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Unknown(_) => {
            return Err(arguments.not(0, val, "string, list or map"));
        }
    };
    Number::Int(i64::try_from(length).unwrap_or(i64::MAX)).val()
}

fn list(arguments: &Arguments<'_>) -> Take<Val> {
    arguments.spend_items(arguments.all().len())?;
    Ok(Val::list(arguments.all().to_vec()))
}

fn reverse(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    arguments.spend_items(items.len())?;
    Ok(Val::list(items.iter().rev().cloned().collect()))
}

fn slice(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    let (start, end) = (position(arguments, 1)?, position(arguments, 2)?);
    let part = items.get(start..end).ok_or_else(|| {
        wrong(format!(
            "items {start} to {end} are not within a list of {}",
            items.len()
        ))
    })?;
    arguments.spend_items(part.len())?;
    Ok(Val::list(part.to_vec()))
}

fn sort(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    arguments.spend_items(items.len())?;
    let mut texts = items
        .iter()
        .map(|item| Ok((convert::text(item, arguments.context)?, item)))
        .collect::<Take<Vec<(Text, &Val)>>>()?;
    texts.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(Val::list(
        texts
            .into_iter()
            .map(|(text, item)| keep(item, Kind::String(text)))
            .collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, fails, json, map, result, shown, unknown};
    use crate::place::{FileId, Place};
    use crate::val::{Kind, Val};

    #[test]
    fn lists() {
        check(&[
            ("chunklist", r#"[["a","b","c"], 2]"#, r#"[["a","b"],["c"]]"#),
            ("chunklist", r#"[["a","b"], 0]"#, r#"[["a","b"]]"#),
            ("chunklist", r#"[[], 0]"#, "[]"),
            ("chunklist", r#"[["a"], -1]"#, "!argument 2 is negative: -1"),
            ("compact", r#"[["a", "", null, 5]]"#, r#"["a","5"]"#),
            ("concat", r#"[["a"], [], [1, null]]"#, r#"["a",1,null]"#),
            ("concat", r#"[["a"], "b"]"#, "!argument 2 is a string, not a list"),
            ("distinct", r#"[["b", "a", "b", 1, "1"]]"#, r#"["b","a","1"]"#),
            (
                "flatten",
                r#"[["a", [], ["b", ["c", {"d": ["e"]}]], null]]"#,
                r#"["a","b","c",{"d":["e"]},null]"#,
            ),
            ("flatten", r#"[{"a": 1}]"#, "!argument 1 is a map, not a list"),
            ("length", r#"[["a", null]]"#, "2"),
            ("length", r#"[{"a": 1}]"#, "1"),
            ("length", r#"["e\u0301a"]"#, "2"),
            ("length", "[true]", "!argument 1 is a bool"),
            ("list", r#"["a", 1]"#, r#"["a",1]"#),
            ("reverse", r#"[[1, 2, 3]]"#, "[3,2,1]"),
            ("slice", r#"[["a","b","c"], 1, 2]"#, r#"["b"]"#),
            (
                "slice",
                r#"[["a"], 0, 2]"#,
                "!items 0 to 2 are not within a list of 1",
            ),
            ("slice", r#"[["a"], 1, 0]"#, "!not within"),
            ("sort", r#"[["e", "d", "10", 9]]"#, r#"["10","9","d","e"]"#),
            ("sort", r#"[["a", null]]"#, "!null is no string"),
        ]);
    }

    #[test]
    fn unknown_items_are_kept_where_they_cannot_change_the_rest() {
        let partly = || Val::list(vec![json("1"), unknown()]);
        assert_eq!(shown("length", vec![partly()]), "2");
        assert_eq!(
            shown("concat", vec![partly(), json("[2]")]),
            "[1,?(`var.x` has no value),2]"
        );
        assert_eq!(shown("reverse", vec![partly()]), "[?(`var.x` has no value),1]");
        assert_eq!(shown("slice", vec![partly(), json("0"), json("1")]), "[1]");
        assert_eq!(
            shown("concat", vec![json("[1]"), unknown()]),
            "?(`var.x` has no value)"
        );
        for name in ["compact", "distinct", "flatten", "sort"] {
            assert_eq!(shown(name, vec![partly()]), "?(`var.x` has no value)", "{name}");
        }
        let nested = Val::list(vec![map(&[("a", unknown())])]);
        assert_eq!(
            shown("flatten", vec![nested]),
            r#"[{"a":?(`var.x` has no value)}]"#
        );
    }

    #[test]
    fn items_keep_their_place() {
        let place = Place::new(FileId::at(3), 10..13);
        let item = Val::placed(Kind::String("b".into()), Some(place));
        let list = Val::list(vec![json(r#""c""#), item]);
        for name in ["sort", "compact", "distinct", "flatten", "concat"] {
            let sorted = result(name, vec![list.clone()]);
            let placed = sorted
                .as_list()
                .expect("a list")
                .iter()
                .any(|item| item.set == Some(place));
            assert!(placed, "{name}");
        }
    }

    #[test]
    fn what_fans_out_is_bounded() {
        let mut val = json("[1]");
        for _ in 0..60 {
            val = Val::list(vec![val.clone(), val]);
        }
        assert!(fails("flatten", vec![val]).contains("more than 1000000 items"));
        let deep = (0..200).fold(json("[]"), |val, _| Val::list(vec![val]));
        assert!(fails("flatten", vec![deep]).contains("128 levels deep"));
    }
}
