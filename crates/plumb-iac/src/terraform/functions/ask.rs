//! Functions that ask about the items of a list.

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::compare::{Truth, equal};
use super::convert::{self, Number};
use crate::val::{Kind, Val, Why};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("alltrue", 1, alltrue),
    Function::new("anytrue", 1, anytrue),
    Function::new("contains", 2, contains),
    Function::new("index", 2, index),
    Function::new("matchkeys", 3, matchkeys),
];

/// True unless an item is false or null; one that is false decides, whatever others are unknown.
fn alltrue(arguments: &Arguments<'_>) -> Take<Val> {
    decide(arguments, Decides::False)
}

/// False unless an item is true.
fn anytrue(arguments: &Arguments<'_>) -> Take<Val> {
    decide(arguments, Decides::True)
}

/// The item that decides a question whatever the others are.
#[derive(Clone, Copy)]
enum Decides {
    True,
    False,
}

fn decide(arguments: &Arguments<'_>, decides: Decides) -> Take<Val> {
    let deciding = match decides {
        Decides::True => true,
        Decides::False => false,
    };
    let items = arguments.list(0)?;
    arguments.spend(items.len())?;
    let mut unknown: Option<Why> = None;
    for item in items {
        let truth = if item.is_null() {
            Ok(false)
        } else {
            convert::truth(item, arguments.context)
        };
        match truth {
            Ok(truth) if truth == deciding => return Ok(Val::new(Kind::Bool(deciding))),
            Ok(_) => {}
            Err(Stop::Unknown(why)) => unknown = unknown.or(Some(why)),
            Err(stop @ Stop::Problem(_)) => return Err(stop),
        }
    }
    match unknown {
        Some(why) => Err(Stop::Unknown(why)),
        None => Ok(Val::new(Kind::Bool(!deciding))),
    }
}

fn contains(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    let wanted = arguments.value(1)?;
    let mut unknown: Option<Why> = None;
    for item in items {
        match equal(item, wanted, arguments.context)? {
            Truth::Yes => return Ok(Val::new(Kind::Bool(true))),
            Truth::No => {}
            Truth::Unknown(why) => unknown = unknown.or(Some(why)),
        }
    }
    match unknown {
        Some(why) => Err(Stop::Unknown(why)),
        None => Ok(Val::new(Kind::Bool(false))),
    }
}

fn index(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    let wanted = arguments.known(1)?;
    for (at, item) in (0_i64..).zip(items) {
        match equal(item, wanted, arguments.context)? {
            Truth::Yes => return Number::Int(at).val(),
            Truth::No => {}
            Truth::Unknown(why) => return Err(Stop::Unknown(why)),
        }
    }
    Err(wrong("the list has no such item"))
}

/// The values of which the key, at the same position, is one of those searched for.
fn matchkeys(arguments: &Arguments<'_>) -> Take<Val> {
    let (values, keys, searched) = (arguments.list(0)?, arguments.list(1)?, arguments.list(2)?);
    if values.len() != keys.len() {
        return Err(wrong(format!(
            "there are {} keys but {} values",
            keys.len(),
            values.len()
        )));
    }
    let mut matching = Vec::new();
    for (val, key) in values.iter().zip(keys) {
        let mut unknown: Option<Why> = None;
        let mut found = false;
        for wanted in searched {
            match equal(key, wanted, arguments.context)? {
                Truth::Yes => found = true,
                Truth::No => {}
                Truth::Unknown(why) => unknown = unknown.or(Some(why)),
            }
        }
        match unknown {
            Some(why) if !found => return Err(Stop::Unknown(why)),
            Some(_) | None => matching.extend(found.then(|| val.clone())),
        }
    }
    Ok(Val::list(matching))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn questions() {
        check(&[
            ("alltrue", r#"[[true, "true"]]"#, "true"),
            ("alltrue", "[[]]", "true"),
            ("alltrue", "[[true, null]]", "false"),
            ("alltrue", "[[5]]", "!a number is no bool"),
            ("anytrue", "[[false, true]]", "true"),
            ("anytrue", "[[null]]", "false"),
            ("contains", r#"[["a", {"k": 1}], {"k": 1}]"#, "true"),
            ("contains", r#"[["1"], 1]"#, "false"),
            ("contains", r#"[[1.0], 1]"#, "true"),
            ("contains", r#"[[null], null]"#, "true"),
            (
                "contains",
                r#"[{"a": 1}, "a"]"#,
                "!argument 1 is a map, not a list",
            ),
            ("index", r#"[["a","b"], "b"]"#, "1"),
            ("index", r#"[["a"], "z"]"#, "!the list has no such item"),
            (
                "matchkeys",
                r#"[["i-1","i-2","i-3"], ["a","b","a"], ["a","c"]]"#,
                r#"["i-1","i-3"]"#,
            ),
            (
                "matchkeys",
                r#"[["i-1"], [], ["a"]]"#,
                "!there are 0 keys but 1 values",
            ),
        ]);
    }
}
