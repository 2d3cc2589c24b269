//! Type constraints of variables: conversion of values, and defaults of optional attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_model::value::Text;

use super::convert::{number, to_bool, to_number, to_text};
use super::scope::{Evaluated, Failure};
use super::syntax::{Expr, ExprKind};
use crate::place::Place;
use crate::val::{Entries, Fields, Kind, Val};

/// The value as a variable of that type holds it.
///
/// # Errors
/// When it does not fit the type.
pub(crate) fn convert(value: Val, constraint: &Expr, place: Option<Place>) -> Evaluated {
    if value.is_null() || value.why_unknown().is_some() {
        return Ok(value);
    }
    match &constraint.kind {
        // `"string"` is the old way to write it.
        ExprKind::Variable(name) | ExprKind::String(name) => primitive(value, name, place),
        ExprKind::Call(call) => {
            let Some(inner) = call.arguments.first() else {
                return Ok(value);
            };
            match call.name.as_str() {
                "list" | "tuple" => sequence(value, inner, place),
                "set" => Ok(distinct(sequence(value, inner, place)?)),
                "map" => mapped(value, inner, place),
                "object" => object(value, inner, place),
                "optional" => convert(value, inner, place),
                _ => Ok(value),
            }
        }
        _ => Ok(value),
    }
}

fn primitive(value: Val, name: &str, place: Option<Place>) -> Evaluated {
    let misfit =
        |value: &Val| Failure::new(format!("{} is no {name}", value.kind_name()), value.set.or(place));
    let kind = match name {
        "string" => match &value.kind {
            Kind::String(_) | Kind::Json(_) => return Ok(value),
            _ => Kind::String(to_text(&value).ok_or_else(|| misfit(&value))?),
        },
        "number" => number(to_number(&value).ok_or_else(|| misfit(&value))?),
        "bool" => Kind::Bool(to_bool(&value).ok_or_else(|| misfit(&value))?),
        _ => return Ok(value),
    };
    Ok(Val { kind, ..value })
}

fn sequence(value: Val, inner: &Expr, place: Option<Place>) -> Evaluated {
    let Kind::List(items) = &value.kind else {
        return Err(Failure::new(
            format!("{} is no list", value.kind_name()),
            value.set.or(place),
        ));
    };
    let convert_item = |(at, item): (usize, &Val)| match &inner.kind {
        // `tuple([string, number])`
        ExprKind::List(types) => match types.get(at) {
            Some(type_) => convert(item.clone(), type_, place),
            None => Ok(item.clone()),
        },
        _ => convert(item.clone(), inner, place),
    };
    let items: Vec<Val> = items
        .iter()
        .enumerate()
        .map(convert_item)
        .collect::<Result<_, _>>()?;
    Ok(Val {
        kind: Kind::List(Arc::new(items)),
        ..value
    })
}

/// A set: sorted where all are texts, without repetition.
pub(crate) fn distinct(value: Val) -> Val {
    let Kind::List(items) = &value.kind else {
        return value;
    };
    let mut texts: BTreeMap<Text, Val> = BTreeMap::new();
    for item in items.iter() {
        match to_text(item) {
            Some(text) => _ = texts.entry(text).or_insert_with(|| item.clone()),
            None => return value,
        }
    }
    Val {
        kind: Kind::List(Arc::new(texts.into_values().collect())),
        ..value
    }
}

fn mapped(value: Val, inner: &Expr, place: Option<Place>) -> Evaluated {
    let Kind::Map(fields) = &value.kind else {
        return Err(Failure::new(
            format!("{} is no map", value.kind_name()),
            value.set.or(place),
        ));
    };
    let entries = fields
        .entries
        .iter()
        .map(|(key, item)| Ok((key.clone(), convert(item.clone(), inner, place)?)));
    let fields = Fields {
        entries: entries.collect::<Result<_, Box<Failure>>>()?,
        rest: fields.rest.clone(),
    };
    Ok(Val {
        kind: Kind::Map(Arc::new(fields)),
        ..value
    })
}

/// Attributes that the type does not name are dropped, optional ones that are not given get their defaults.
fn object(value: Val, types: &Expr, place: Option<Place>) -> Evaluated {
    let (Kind::Map(fields), ExprKind::Object(types)) = (&value.kind, &types.kind) else {
        return Err(Failure::new(
            format!("{} is no object", value.kind_name()),
            value.set.or(place),
        ));
    };
    let mut entries = Entries::new();
    for (name, constraint) in types {
        let ExprKind::String(name) = &name.kind else {
            continue;
        };
        let given = fields.entries.get(name).filter(|given| !given.is_null());
        let entry = match (given, &fields.rest, &constraint.kind) {
            (Some(given), _, _) => convert(given.clone(), constraint, place)?,
            (None, Some(why), _) => Val::placed(Kind::Unknown(why.clone()), value.set),
            (None, None, ExprKind::Call(call)) if call.name == "optional" => match call.arguments.get(1) {
                Some(default) => match call.arguments.first() {
                    Some(type_) => convert(literal(default), type_, place)?,
                    None => literal(default),
                },
                None => Val::null(),
            },
            (None, None, _) => match fields.entries.get(name) {
                Some(null) => null.clone(),
                None => {
                    let message = format!("this object lacks `{name}`");
                    return Err(Failure::new(message, value.set.or(place)));
                }
            },
        };
        entries.insert(name.clone(), entry);
    }
    Ok(Val {
        kind: Kind::Map(Arc::new(Fields { entries, rest: None })),
        ..value
    })
}

/// The value of a default in a type, which can only be a literal.
fn literal(expr: &Expr) -> Val {
    let kind = match &expr.kind {
        ExprKind::Null => Kind::Null,
        ExprKind::Bool(bool) => Kind::Bool(*bool),
        ExprKind::Int(int) => Kind::Int(*int),
        ExprKind::Float(float) => Kind::Float(*float),
        ExprKind::String(text) => Kind::String(text.clone()),
        ExprKind::List(items) => Kind::List(Arc::new(items.iter().map(literal).collect())),
        ExprKind::Object(entries) => {
            let entries = entries.iter().filter_map(|(key, value)| match &key.kind {
                ExprKind::String(key) => Some((key.clone(), literal(value))),
                _ => None,
            });
            Kind::Map(Arc::new(Fields {
                entries: entries.collect(),
                rest: None,
            }))
        }
        ExprKind::Negate(inner) => match literal(inner).kind {
            Kind::Int(int) => Kind::Int(-int),
            Kind::Float(float) => Kind::Float(-float),
            other => other,
        },
        _ => Kind::Unknown(Text::new_static("a default in a type must be a literal")),
    };
    Val::placed(kind, expr.place)
}
