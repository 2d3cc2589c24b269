//! Conversion of types, and functions about how a value came to be.

use std::sync::Arc;

use super::arguments::{Arguments, Function, Stop, Take};
use super::convert::{self, keep};
use super::set;
use crate::val::{Fields, Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("can", 1, can),
    Function::new("convert", 2, by_expression),
    Function::new("ephemeralasnull", 1, by_expression),
    Function::new("issensitive", 1, by_expression),
    Function::new("nonsensitive", 1, same),
    Function::new("sensitive", 1, sensitive),
    Function::new("tobool", 1, tobool),
    Function::new("tolist", 1, tolist),
    Function::new("tomap", 1, tomap),
    Function::new("tonumber", 1, tonumber),
    Function::new("toset", 1, toset),
    Function::new("tostring", 1, tostring),
    Function::variadic("try", 1, try_),
    Function::new("type", 1, type_),
];

/// Whether an expression has a value. Whoever evaluates calls it with what it gave, so only an unknown value leaves a doubt.
fn can(arguments: &Arguments<'_>) -> Take<Val> {
    match arguments.value(0)?.why_unknown() {
        Some(why) => Err(Stop::Unknown(why.clone())),
        None => Ok(Val::new(Kind::Bool(true))),
    }
}

/// The first value: expressions that fail are not handed over.
fn try_(arguments: &Arguments<'_>) -> Take<Val> {
    arguments.value(0).cloned()
}

/// The same value; what is sensitive is not tracked.
fn same(arguments: &Arguments<'_>) -> Take<Val> {
    arguments.value(0).cloned()
}

fn sensitive(_: &Arguments<'_>) -> Take<Val> {
    Err(Stop::Unknown(
        "it is marked as sensitive, and its value was not looked at".into(),
    ))
}

/// What the expression of an argument tells, and its value does not; whoever evaluates expressions answers it.
fn by_expression(_: &Arguments<'_>) -> Take<Val> {
    Err(Stop::Unknown("a value does not tell how it came to be".into()))
}

fn type_(_: &Arguments<'_>) -> Take<Val> {
    Err(Stop::Unknown("types are named in the console only".into()))
}

fn tobool(arguments: &Arguments<'_>) -> Take<Val> {
    simple(arguments, |val| {
        Ok(Kind::Bool(convert::truth(val, arguments.context)?))
    })
}

fn tonumber(arguments: &Arguments<'_>) -> Take<Val> {
    simple(arguments, |val| {
        Ok(convert::number(val, arguments.context)?.val()?.kind)
    })
}

/// Text; JSON stays JSON, which is text with known parts.
fn tostring(arguments: &Arguments<'_>) -> Take<Val> {
    simple(arguments, |val| match &val.kind {
        json @ Kind::Json(_) => Ok(json.clone()),
        Kind::Null
        | Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Float(_)
        | Kind::String(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Unknown(_) => Ok(Kind::String(convert::text(val, arguments.context)?)),
    })
}

fn tolist(arguments: &Arguments<'_>) -> Take<Val> {
    let val = arguments.value(0)?;
    if val.is_null() {
        return Ok(val.clone());
    }
    let items = convert::unify(arguments.list(0)?, arguments.context)?;
    Ok(keep(val, Kind::List(Arc::new(items))))
}

fn toset(arguments: &Arguments<'_>) -> Take<Val> {
    let val = arguments.value(0)?;
    if val.is_null() {
        return Ok(val.clone());
    }
    let set = set::make(arguments.list(0)?, arguments.context)?;
    Ok(keep(val, set.kind))
}

fn tomap(arguments: &Arguments<'_>) -> Take<Val> {
    let val = arguments.value(0)?;
    if val.is_null() {
        return Ok(val.clone());
    }
    let fields = arguments.map(0)?;
    let values: Vec<Val> = fields.entries.values().cloned().collect();
    let values = convert::unify(&values, arguments.context)?;
    let fields = Fields {
        entries: fields.entries.keys().cloned().zip(values).collect(),
        rest: fields.rest.clone(),
    };
    Ok(keep(val, Kind::Map(Arc::new(fields))))
}

/// A simple value in the place of the argument; null stays null.
fn simple(arguments: &Arguments<'_>, to: impl Fn(&Val) -> Take<Kind>) -> Take<Val> {
    let val = arguments.value(0)?;
    if val.is_null() {
        return Ok(val.clone());
    }
    Ok(keep(val, to(val)?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, json, map, result, shown, unknown};
    use crate::place::{FileId, Place};
    use crate::val::{Kind, Val};

    const WHY: &str = "?(`var.x` has no value)";

    #[test]
    fn conversions() {
        check(&[
            ("tobool", r#"["true"]"#, "true"),
            ("tobool", r#"["0"]"#, "false"),
            ("tobool", "[null]", "null"),
            ("tobool", r#"["True"]"#, "!`True` is no bool"),
            ("tobool", "[1]", "!a number is no bool"),
            ("tonumber", r#"["5.50"]"#, "5.5"),
            ("tonumber", r#"["no"]"#, "!`no` is no number"),
            ("tostring", "[1.5]", r#""1.5""#),
            ("tostring", "[true]", r#""true""#),
            ("tostring", "[null]", "null"),
            ("tostring", "[[]]", "!a list is no string"),
            ("tolist", r#"[["b", 1, true]]"#, r#"["b","1","true"]"#),
            ("tolist", "[[1, true]]", "!all items must have the same type"),
            ("tolist", r#"["a"]"#, "!argument 1 is a string, not a list"),
            ("tomap", r#"[{"a": 1, "b": "x"}]"#, r#"{"a":"1","b":"x"}"#),
            ("tomap", "[[]]", "!argument 1 is a list, not a map"),
            ("toset", r#"[["c", "a", "c", 5]]"#, r#"["5","a","c"]"#),
            ("toset", "[null]", "null"),
        ]);
    }

    #[test]
    fn unknown_parts_stay() {
        let partly = || Val::list(vec![unknown(), json("1"), json(r#""a""#)]);
        assert_eq!(shown("tolist", vec![partly()]), format!("[{WHY},\"1\",\"a\"]"));
        assert_eq!(shown("toset", vec![partly()]), format!("[\"1\",\"a\",{WHY}]"));
        let fields = map(&[("a", unknown()), ("b", json("1"))]);
        assert_eq!(
            shown("tomap", vec![fields.clone()]),
            format!("{{\"a\":{WHY},\"b\":1}}")
        );
        assert_eq!(
            shown("nonsensitive", vec![fields]),
            format!("{{\"a\":{WHY},\"b\":1}}")
        );
        assert_eq!(
            shown("sensitive", vec![json("1")]),
            "?(it is marked as sensitive, and its value was not looked at)"
        );
        assert_eq!(
            shown("issensitive", vec![json("1")]),
            "?(a value does not tell how it came to be)"
        );
        assert_eq!(shown("can", vec![partly()]), "true");
        assert_eq!(shown("can", vec![unknown()]), WHY);
        assert_eq!(shown("try", vec![unknown(), json("1")]), WHY);
        let encoded = result("jsonencode", vec![partly()]);
        assert_eq!(shown("tostring", vec![encoded]), format!("json([{WHY},1,\"a\"])"));
    }

    #[test]
    fn a_converted_value_keeps_its_place() {
        let place = Place::new(FileId::at(0), 1..2);
        for (name, kind) in [
            ("tostring", Kind::Int(1)),
            ("tonumber", Kind::String("1".into())),
            ("tobool", Kind::String("true".into())),
            ("toset", json("[1]").kind),
            ("nonsensitive", Kind::Int(1)),
        ] {
            let val = Val::placed(kind, Some(place));
            assert_eq!(result(name, vec![val]).set, Some(place), "{name}");
        }
    }
}
