//! Functions that choose one of the values that they are given.

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::{Problem, convert};
use crate::val::{Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("coalesce", 1, coalesce),
    Function::variadic("coalescelist", 1, coalescelist),
    Function::new("element", 2, element),
    Function {
        name: "lookup",
        least: 2,
        most: Some(3),
        run: lookup,
    },
    Function::new("one", 1, one),
];

/// The first value that is neither null nor an empty text, converted to the type of all.
fn coalesce(arguments: &Arguments<'_>) -> Take<Val> {
    let all = arguments.all();
    let any_type = all
        .iter()
        .any(|val| matches!(val.kind, Kind::Null | Kind::Unknown(_)));
    let values = match convert::unify(all, arguments.context) {
        // Null and unknown values have any type, so that no type is common to all.
        Err(Stop::Problem(Problem::WrongArguments(_))) if any_type => all.to_vec(),
        values => values?,
    };
    for val in values {
        match &val.kind {
            Kind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
            Kind::Null => {}
            Kind::String(text) if text.is_empty() => {}
            Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_) => return Ok(val),
        }
    }
    Err(wrong("all arguments are null or empty"))
}

fn coalescelist(arguments: &Arguments<'_>) -> Take<Val> {
    for (at, val) in arguments.all().iter().enumerate() {
        if !val.is_null() && !arguments.list(at)?.is_empty() {
            return Ok(val.clone());
        }
    }
    Err(wrong("all arguments are null or empty"))
}

/// The item at a position, which wraps around at either end.
fn element(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    let at = arguments.whole(1)?;
    let position = i64::try_from(items.len())
        .ok()
        .and_then(|length| at.checked_rem_euclid(length))
        .and_then(|position| usize::try_from(position).ok());
    position
        .and_then(|position| items.get(position))
        .cloned()
        .ok_or_else(|| wrong("an empty list has no element"))
}

fn lookup(arguments: &Arguments<'_>) -> Take<Val> {
    let fields = arguments.map(0)?;
    let key = arguments.text(1)?;
    if let Some(val) = fields.entries.get(&key) {
        return Ok(val.clone());
    }
    if let Some(why) = &fields.rest {
        return Err(Stop::Unknown(why.clone()));
    }
    match arguments.all().get(2) {
        Some(default) => Ok(default.clone()),
        None => Err(wrong(format!("the map has no key `{key}`"))),
    }
}

/// The only item of a list, null where it has none.
fn one(arguments: &Arguments<'_>) -> Take<Val> {
    match arguments.list(0)? {
        [] => Ok(Val::null()),
        [item] => Ok(item.clone()),
        items => Err(wrong(format!(
            "the list has {} items, not one or none",
            items.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, json, map, result, shown, unknown};
    use crate::place::{FileId, Place};
    use crate::val::{Kind, Val};

    const WHY: &str = "?(`var.x` has no value)";

    #[test]
    fn choices() {
        check(&[
            ("coalesce", r#"[null, "", "a", "b"]"#, r#""a""#),
            ("coalesce", r#"[1, "x"]"#, r#""1""#),
            ("coalesce", r#"[null, [1]]"#, "[1]"),
            ("coalesce", r#"[null, true, 5]"#, "true"),
            ("coalesce", r#"[true, 5]"#, "!all items must have the same type"),
            ("coalesce", r#"[null, ""]"#, "!all arguments are null or empty"),
            ("coalesce", r#"[[1], "x"]"#, "!all items must have the same type"),
            ("coalescelist", r#"[[], null, ["a"], ["b"]]"#, r#"["a"]"#),
            ("coalescelist", "[[]]", "!all arguments are null or empty"),
            ("coalescelist", r#"["a"]"#, "!argument 1 is a string, not a list"),
            ("element", r#"[["a","b","c"], 4]"#, r#""b""#),
            ("element", r#"[["a","b","c"], -1]"#, r#""c""#),
            ("element", "[[], 0]", "!an empty list has no element"),
            ("lookup", r#"[{"a": "x"}, "a", "y"]"#, r#""x""#),
            ("lookup", r#"[{"a": null}, "a", "y"]"#, "null"),
            ("lookup", r#"[{"a": "x"}, "b", "y"]"#, r#""y""#),
            ("lookup", r#"[{"a": "x"}, "b"]"#, "!the map has no key `b`"),
            ("one", "[[]]", "null"),
            ("one", "[[5]]", "5"),
            ("one", "[[5, 6]]", "!the list has 2 items, not one or none"),
        ]);
    }

    #[test]
    fn known_values_decide_where_they_can() {
        let a = || json(r#""a""#);
        let with = |items: &[Val]| Val::list(items.to_vec());
        let cases = [
            ("coalesce", vec![a(), unknown()], r#""a""#),
            ("coalesce", vec![unknown(), a()], WHY),
            ("coalescelist", vec![json("[1]"), unknown()], "[1]"),
            ("contains", vec![with(&[unknown(), a()]), a()], "true"),
            ("contains", vec![with(&[unknown(), a()]), json(r#""b""#)], WHY),
            ("contains", vec![json("[]"), unknown()], "false"),
            ("index", vec![with(&[a(), unknown()]), a()], "0"),
            ("index", vec![with(&[unknown(), a()]), a()], WHY),
            ("element", vec![with(&[unknown(), a()]), json("1")], r#""a""#),
            ("alltrue", vec![with(&[unknown(), json("false")])], "false"),
            ("alltrue", vec![with(&[unknown(), json("true")])], WHY),
            ("anytrue", vec![with(&[unknown(), json("true")])], "true"),
            ("anytrue", vec![with(&[unknown(), json("false")])], WHY),
            ("one", vec![with(&[unknown()])], WHY),
            (
                "lookup",
                vec![map(&[("a", json("1"))]), json(r#""a""#), unknown()],
                "1",
            ),
            ("lookup", vec![map(&[("a", json("1"))]), unknown()], WHY),
            (
                "matchkeys",
                vec![with(&[unknown()]), json("[1]"), json("[2]")],
                "[]",
            ),
        ];
        for (name, arguments, expected) in cases {
            assert_eq!(shown(name, arguments.clone()), expected, "{name} {arguments:?}");
        }
        let merged = result("merge", vec![json(r#"{"a": 1}"#), unknown(), json(r#"{"b": 2}"#)]);
        assert_eq!(
            shown("lookup", vec![merged.clone(), json(r#""b""#), json("3")]),
            "2"
        );
        assert_eq!(shown("lookup", vec![merged, json(r#""c""#), json("3")]), WHY);
    }

    #[test]
    fn the_chosen_value_keeps_its_place() {
        let place = Place::new(FileId::at(0), 1..2);
        let val = || Val::placed(Kind::Bool(true), Some(place));
        for (name, arguments) in [
            ("lookup", vec![map(&[("a", val())]), json(r#""a""#)]),
            ("element", vec![Val::list(vec![val()]), json("0")]),
            ("coalesce", vec![Val::null(), val()]),
            ("one", vec![Val::list(vec![val()])]),
            ("try", vec![val()]),
        ] {
            assert_eq!(result(name, arguments).set, Some(place), "{name}");
        }
    }
}
