//! Functions that make maps, or lists of what maps hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_model::value::Text;

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::convert;
use super::{MAX_DEPTH, Problem};
use crate::val::{Entries, Fields, Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("defaults", 2, defaults),
    Function::new("keys", 1, keys),
    Function::variadic("map", 0, map),
    Function::variadic("merge", 0, merge),
    Function::new("transpose", 1, transpose),
    Function::new("values", 1, values),
    Function::new("zipmap", 2, zipmap),
];

fn keys(arguments: &Arguments<'_>) -> Take<Val> {
    let fields = whole(arguments, 0)?;
    Ok(Val::list(
        fields.entries.keys().cloned().map(Val::string).collect(),
    ))
}

fn values(arguments: &Arguments<'_>) -> Take<Val> {
    let fields = whole(arguments, 0)?;
    Ok(Val::list(fields.entries.values().cloned().collect()))
}

/// Keys and values in turn.
fn map(arguments: &Arguments<'_>) -> Take<Val> {
    let mut entries = Entries::new();
    for at in (0..arguments.all().len()).step_by(2) {
        entries.insert(arguments.text(at)?, arguments.value(at + 1)?.clone());
    }
    Ok(Val::map(entries))
}

/// A later map wins. One that is not known may have any key, so it makes what stands before it unknown and leaves what follows.
fn merge(arguments: &Arguments<'_>) -> Take<Val> {
    let mut merged = Fields::default();
    let mut any_known = false;
    for (at, val) in arguments.all().iter().enumerate() {
        match &val.kind {
            Kind::Null => {}
            Kind::Unknown(why) => override_all(&mut merged, why, &Fields::default()),
            Kind::Map(fields) => {
                any_known = true;
                arguments.spend_items(fields.entries.len())?;
                if let Some(why) = &fields.rest {
                    override_all(&mut merged, why, fields);
                }
                for (key, val) in &fields.entries {
                    merged.entries.insert(key.clone(), val.clone());
                }
            }
            Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Json(_) => return Err(arguments.not(at, val, "map")),
        }
    }
    arguments.spend_items(merged.entries.len())?;
    match &merged.rest {
        Some(why) if !any_known => Err(Stop::Unknown(why.clone())),
        Some(_) | None => Ok(Val::new(Kind::Map(Arc::new(merged)))),
    }
}

/// Makes all entries unknown but those that are about to be replaced.
fn override_all(merged: &mut Fields, why: &Text, later: &Fields) {
    for (key, val) in &mut merged.entries {
        if !later.entries.contains_key(key) {
            *val = Val::unknown(why.clone());
        }
    }
    merged.rest = Some(why.clone());
}

fn transpose(arguments: &Arguments<'_>) -> Take<Val> {
    let fields = whole(arguments, 0)?;
    let mut lists: BTreeMap<Text, Vec<Val>> = BTreeMap::new();
    for (key, val) in &fields.entries {
        let items = match &val.kind {
            Kind::List(items) => items,
            Kind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::Map(_)
            | Kind::Json(_) => {
                return Err(wrong(format!(
                    "the value of `{key}` is a {}, not a list",
                    val.kind_name()
                )));
            }
        };
        arguments.spend_items(items.len())?;
        for item in items.iter() {
            let text = convert::text(item, arguments.context)?;
            lists.entry(text).or_default().push(Val::string(key.clone()));
        }
    }
    Ok(Val::map(
        lists
            .into_iter()
            .map(|(key, items)| (key, Val::list(items)))
            .collect(),
    ))
}

fn zipmap(arguments: &Arguments<'_>) -> Take<Val> {
    let (keys, values) = (arguments.list(0)?, arguments.list(1)?);
    if keys.len() != values.len() {
        return Err(wrong(format!(
            "there are {} keys but {} values",
            keys.len(),
            values.len()
        )));
    }
    arguments.spend_items(keys.len())?;
    let entries = keys
        .iter()
        .zip(values)
        .map(|(key, val)| Ok((convert::text(key, arguments.context)?, val.clone())))
        .collect::<Take<Entries>>()?;
    Ok(Val::map(entries))
}

/// Puts defaults where a value has null, as the experiment of Terraform 0.15 did.
fn defaults(arguments: &Arguments<'_>) -> Take<Val> {
    fill(arguments.value(0)?, arguments.value(1)?, arguments, 0)
}

fn fill(val: &Val, default: &Val, arguments: &Arguments<'_>, depth: usize) -> Take<Val> {
    arguments.spend(1)?;
    if depth > MAX_DEPTH {
        return Err(Stop::Problem(Problem::TooDeep));
    }
    match (&val.kind, &default.kind) {
        (Kind::Null, _) => Ok(default.clone()),
        (Kind::Map(_) | Kind::List(_), Kind::Unknown(why)) => Ok(Val::unknown(why.clone())),
        (Kind::Map(fields), Kind::Map(wanted)) => {
            let mut fields = Fields::clone(fields);
            for (key, default) in &wanted.entries {
                let filled = match (fields.entries.get(key), &fields.rest) {
                    (Some(val), _) => fill(val, default, arguments, depth + 1)?,
                    (None, Some(why)) => Val::unknown(why.clone()),
                    (None, None) => default.clone(),
                };
                fields.entries.insert(key.clone(), filled);
            }
            Ok(convert::keep(val, Kind::Map(Arc::new(fields))))
        }
        (Kind::List(items), _) if default.as_list().is_none() => {
            let items = items
                .iter()
                .map(|item| fill(item, default, arguments, depth + 1))
                .collect::<Take<Vec<Val>>>()?;
            Ok(convert::keep(val, Kind::List(Arc::new(items))))
        }
        (
            Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_)
            | Kind::Unknown(_),
            _,
        ) => Ok(val.clone()),
    }
}

/// A map of which every key is known.
fn whole<'a>(arguments: &Arguments<'a>, at: usize) -> Take<&'a Fields> {
    let fields = arguments.map(at)?;
    if let Some(why) = &fields.rest {
        return Err(Stop::Unknown(why.clone()));
    }
    arguments.spend_items(fields.entries.len())?;
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, json, map, result, shown, unknown};
    use crate::place::{FileId, Place};
    use crate::val::{Kind, Val};

    #[test]
    fn maps() {
        check(&[
            ("keys", r#"[{"b": 1, "a": 2}]"#, r#"["a","b"]"#),
            ("keys", "[[]]", "!argument 1 is a list, not a map"),
            ("values", r#"[{"b": 1, "a": [2]}]"#, "[[2],1]"),
            ("map", r#"["a", 1, "b", 2]"#, r#"{"a":1,"b":2}"#),
            ("map", r#"["a"]"#, "!argument 2 is missing"),
            (
                "merge",
                r#"[{"a": 1, "b": {"x": 1}}, null, {"b": {"y": 2}}]"#,
                r#"{"a":1,"b":{"y":2}}"#,
            ),
            ("merge", "[]", "{}"),
            ("merge", r#"[{}, ["a"]]"#, "!argument 2 is a list, not a map"),
            (
                "transpose",
                r#"[{"a": ["1", "2"], "b": ["2"]}]"#,
                r#"{"1":["a"],"2":["a","b"]}"#,
            ),
            (
                "transpose",
                r#"[{"a": "1"}]"#,
                "!the value of `a` is a string, not a list",
            ),
            ("zipmap", r#"[["a", "b"], [1, [2]]]"#, r#"{"a":1,"b":[2]}"#),
            ("zipmap", r#"[["a"], []]"#, "!there are 1 keys but 0 values"),
            (
                "defaults",
                r#"[{"a": null, "b": "x", "c": [{"d": null}]}, {"a": 1, "b": "y", "c": {"d": 5}, "e": 6}]"#,
                r#"{"a":1,"b":"x","c":[{"d":5}],"e":6}"#,
            ),
        ]);
    }

    #[test]
    fn a_later_unknown_map_may_override_what_stands_before_it() {
        let own = || json(r#"{"encrypted": true}"#);
        let why = "?(`var.x` has no value)";
        assert_eq!(
            shown("merge", vec![own(), unknown()]),
            format!("{{\"encrypted\":{why},*:{why}}}")
        );
        let before = result("merge", vec![unknown(), own()]);
        assert_eq!(
            super::super::testing::show(&before),
            format!("{{\"encrypted\":true,*:{why}}}")
        );
        // What follows a map with unknown keys is certain again, and those it names itself are too.
        assert_eq!(
            shown(
                "merge",
                vec![
                    json(r#"{"a": 1, "encrypted": false}"#),
                    before.clone(),
                    json(r#"{"a": 2}"#)
                ]
            ),
            format!("{{\"a\":2,\"encrypted\":true,*:{why}}}")
        );
        for name in ["keys", "values", "length"] {
            assert_eq!(shown(name, vec![before.clone()]), why, "{name}");
        }
        assert_eq!(shown("merge", vec![unknown(), Val::null()]), why);
    }

    #[test]
    fn unknown_values_leave_keys_known() {
        let partly = || map(&[("a", unknown()), ("b", json("1"))]);
        assert_eq!(shown("keys", vec![partly()]), r#"["a","b"]"#);
        assert_eq!(shown("values", vec![partly()]), "[?(`var.x` has no value),1]");
        let values = Val::list(vec![unknown()]);
        assert_eq!(
            shown("zipmap", vec![json(r#"["k"]"#), values.clone()]),
            r#"{"k":?(`var.x` has no value)}"#
        );
        assert_eq!(
            shown("zipmap", vec![values, json("[1]")]),
            "?(`var.x` has no value)"
        );
    }

    #[test]
    fn entries_keep_their_place() {
        let place = Place::new(FileId::at(1), 4..9);
        let tags = map(&[("env", Val::placed(Kind::String("dev".into()), Some(place)))]);
        let merged = result("merge", vec![json(r#"{"env": "x"}"#), tags]);
        assert_eq!(merged.get("env").and_then(|val| val.set), Some(place));
        assert_eq!(merged.set, None);
    }
}
