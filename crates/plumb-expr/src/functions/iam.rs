//! IAM policy documents: their statements in one form, and the matching of actions.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use std::sync::{Arc, LazyLock};

use plumb_model::value::{Reason, Text};

use super::glob::Glob;
use crate::machine::{Machine, out_of_budget};
use crate::types::{Fields, Type};
use crate::val::{MapVal, Val};

/// The type of one statement.
pub(crate) fn statement_type() -> Type {
    static STATEMENT: LazyLock<Type> = LazyLock::new(|| {
        let texts = || Type::String.list();
        let principals = object(
            "IAM principal",
            vec![("type", Type::String), ("id", Type::String)],
        )
        .list();
        let conditions = vec![
            ("operator", Type::String),
            ("key", Type::String),
            ("values", texts()),
        ];
        object(
            "IAM statement",
            vec![
                ("effect", Type::String),
                ("actions", texts()),
                ("not_actions", texts()),
                ("resources", texts()),
                ("not_resources", texts()),
                ("principals", principals.clone()),
                ("not_principals", principals),
                ("conditions", object("IAM condition", conditions).list()),
                ("sid", Type::String),
            ],
        )
    });
    STATEMENT.clone()
}

/// The statements of a policy document; unknown when it is malformed, empty for null.
pub(crate) fn statements<'a>(machine: &mut Machine<'a>, document: &Val<'a>) -> Val<'a> {
    let map = match document {
        Val::Null => return Val::list(Vec::new()),
        Val::Map(map) => map,
        other => return malformed(&format!("it is {}", other.kind())),
    };
    let written = match element(map, "Statement") {
        Val::List(list) => list.iter().collect(),
        Val::Null => return malformed("it has no `Statement`"),
        Val::Unknown(cause) => return Val::Unknown(cause),
        single => vec![single],
    };
    let mut statements = Vec::with_capacity(written.len());
    for statement in written {
        if !machine.charge(8) {
            return Val::Unknown(out_of_budget());
        }
        statements.push(match statement {
            Val::Map(map) => match normalized(machine, &map) {
                Ok(statement) => statement,
                Err(unknown) => return unknown,
            },
            unknown @ Val::Unknown(_) => unknown,
            other => return malformed(&format!("a statement is {}", other.kind())),
        });
    }
    Val::list(statements)
}

/// Whether some action is matched by both patterns; case does not count, `*` and `?` may stand in either.
pub(crate) fn action_matches<'a>(machine: &mut Machine<'a>, pattern: &Val<'a>, action: &Val<'a>) -> Val<'a> {
    let (Some(pattern), Some(action)) = (pattern.as_text(), action.as_text()) else {
        return Val::Bool(false);
    };
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let has_wildcards = |text: &str| text.contains(['*', '?']);
    let (glob, text) = match (has_wildcards(&pattern), has_wildcards(&action)) {
        (_, false) => (Glob::new(&pattern), &action),
        (false, true) => (Glob::new(&action), &pattern),
        (true, true) => {
            if !machine.charge((pattern.len() as u64 + 1).saturating_mul(action.len() as u64 + 1) / 16) {
                return Val::Unknown(out_of_budget());
            }
            return Val::Bool(share_a_text(&pattern, &action));
        }
    };
    if machine.charge_bytes(glob.cost(text)) {
        Val::Bool(glob.matches(text))
    } else {
        Val::Unknown(out_of_budget())
    }
}

/// Whether a text exists that both patterns match: a walk over the pairs of positions in both.
fn share_a_text(left: &str, right: &str) -> bool {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    // `reachable[j]`: the patterns match a common text up to the current position in `left` and `j` in `right`.
    let mut reachable = vec![false; right.len() + 1];
    let step = |row: &mut [bool], from_above: &[bool], symbol: Option<char>| {
        for position in 0..row.len() {
            let above = |position: usize| from_above.get(position).copied().unwrap_or(false);
            let before = position.checked_sub(1);
            let other = before.and_then(|before| right.get(before)).copied();
            let in_row = before
                .and_then(|before| row.get(before))
                .copied()
                .unwrap_or(false);
            let diagonal = before.is_some_and(above);
            let is_reached = match (symbol, other) {
                (None, None) => true,
                (None, Some(other)) => other == '*' && in_row,
                (Some('*'), None) => above(position),
                (Some('*'), Some(_)) => above(position) || in_row,
                (Some(_), None) => false,
                (Some(_), Some('*')) => in_row || above(position),
                (Some(symbol), Some(other)) => diagonal && (symbol == '?' || other == '?' || symbol == other),
            };
            if let Some(cell) = row.get_mut(position) {
                *cell = is_reached;
            }
        }
    };
    step(&mut reachable, &[], None);
    for symbol in left {
        let above = reachable.clone();
        step(&mut reachable, &above, Some(symbol));
    }
    reachable.last().copied().unwrap_or(false)
}

/// A document type written out.
fn object(name: &'static str, fields: Vec<(&'static str, Type)>) -> Type {
    Type::Object(Arc::new(Written { name, fields }))
}

#[derive(Debug)]
struct Written {
    name: &'static str,
    fields: Vec<(&'static str, Type)>,
}

impl Fields for Written {
    fn type_name(&self) -> &str {
        self.name
    }

    fn field(&self, name: &str) -> Option<Type> {
        self.fields
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, type_)| type_.clone())
    }

    fn names(&self) -> Vec<Text> {
        self.fields
            .iter()
            .map(|(name, _)| Text::new_static(name))
            .collect()
    }
}

fn malformed<'a>(what: &str) -> Val<'a> {
    Val::unknown(
        Reason::Failed,
        format!("the IAM policy document is malformed: {what}"),
    )
}

/// An element of a document or statement; the names of elements are not case-sensitive.
fn element<'a>(map: &MapVal<'a>, name: &str) -> Val<'a> {
    map.get(name)
        .or_else(|| {
            map.iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        })
        .unwrap_or(Val::Null)
}

/// A statement in the one form; the error is the unknown that the whole document becomes.
fn normalized<'a>(machine: &mut Machine<'a>, statement: &MapVal<'a>) -> Result<Val<'a>, Val<'a>> {
    let effect = element(statement, "Effect");
    if !effect.is_unknown() && !matches!(effect.as_text(), Some("Allow" | "Deny")) {
        return Err(malformed("a statement has neither effect `Allow` nor `Deny`"));
    }
    let sid = element(statement, "Sid");
    let mut entries = vec![
        (Text::new_static("effect"), effect),
        (Text::new_static("sid"), sid),
    ];
    for (name, written) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        entries.push((
            Text::new_static(name),
            texts(machine, element(statement, written))?,
        ));
    }
    for (name, written) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        entries.push((
            Text::new_static(name),
            principals(machine, element(statement, written))?,
        ));
    }
    entries.push((
        Text::new_static("conditions"),
        conditions(machine, element(statement, "Condition"))?,
    ));
    Ok(Val::map(entries))
}

/// One text or a list of texts as a list; numbers and truth values are written out.
fn texts<'a>(machine: &mut Machine<'a>, val: Val<'a>) -> Result<Val<'a>, Val<'a>> {
    let items = match val {
        Val::Null => return Ok(Val::list(Vec::new())),
        unknown @ Val::Unknown(_) => return Ok(unknown),
        Val::List(list) => {
            if !machine.charge(list.len() as u64) {
                return Err(Val::Unknown(out_of_budget()));
            }
            list.iter().collect()
        }
        single => vec![single],
    };
    let text = |item: Val<'a>| match item {
        Val::Text(_) | Val::Unknown(_) => Ok(item),
        Val::Bool(_) | Val::Int(_) | Val::Double(_) => Ok(super::convert::to_text(item)),
        other => Err(malformed(&format!(
            "text is expected where {} stands",
            other.kind()
        ))),
    };
    items
        .into_iter()
        .map(text)
        .collect::<Result<Vec<_>, _>>()
        .map(Val::list)
}

/// Principals as `{type, id}`; the principal `*` means the same as `{"AWS": "*"}`.
fn principals<'a>(machine: &mut Machine<'a>, val: Val<'a>) -> Result<Val<'a>, Val<'a>> {
    let principal = |kind: Text, id: Val<'a>| match id {
        unknown @ Val::Unknown(_) => unknown,
        id => Val::map(vec![
            (Text::new_static("type"), Val::text(kind)),
            (Text::new_static("id"), id),
        ]),
    };
    match val {
        Val::Null => Ok(Val::list(Vec::new())),
        unknown @ Val::Unknown(_) => Ok(unknown),
        Val::Text(text) if text.as_str() == "*" => Ok(Val::list(vec![principal(
            Text::new_static("AWS"),
            Val::Text(text),
        )])),
        Val::Map(map) => {
            let mut found = Vec::new();
            for (kind, ids) in map.iter() {
                match texts(machine, ids)? {
                    Val::List(ids) => found.extend(ids.iter().map(|id| principal(kind.clone(), id))),
                    unknown => found.push(unknown),
                }
            }
            Ok(Val::list(found))
        }
        other => Err(malformed(&format!("a principal is {}", other.kind()))),
    }
}

/// Conditions as `{operator, key, values}`.
fn conditions<'a>(machine: &mut Machine<'a>, val: Val<'a>) -> Result<Val<'a>, Val<'a>> {
    let operators = match val {
        Val::Null => return Ok(Val::list(Vec::new())),
        unknown @ Val::Unknown(_) => return Ok(unknown),
        Val::Map(map) => map,
        other => return Err(malformed(&format!("a condition is {}", other.kind()))),
    };
    let mut found = Vec::new();
    for (operator, keys) in operators.iter() {
        let keys = match keys {
            Val::Map(keys) => keys,
            unknown @ Val::Unknown(_) => {
                found.push(unknown);
                continue;
            }
            other => {
                return Err(malformed(&format!(
                    "the condition `{operator}` is {}",
                    other.kind()
                )));
            }
        };
        for (key, values) in keys.iter() {
            found.push(Val::map(vec![
                (Text::new_static("operator"), Val::text(operator.clone())),
                (Text::new_static("key"), Val::text(key)),
                (Text::new_static("values"), texts(machine, values)?),
            ]));
        }
    }
    Ok(Val::list(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_share_a_text_are_found() {
        for (left, right, expected) in [
            ("s3:*", "s3:get*", true),
            ("s3:*", "*:get*", true),
            ("s3:get*", "s3:put*", false),
            ("*", "?", true),
            ("s3:?et*", "s3:ge?object", true),
            ("a*b", "*c", false),
            ("a*", "*b", true),
            ("", "*", true),
            ("", "?", false),
            ("**", "", true),
            ("*a*", "b?b", true),
            ("*a*", "bb", false),
        ] {
            assert_eq!(share_a_text(left, right), expected, "{left} {right}");
            assert_eq!(share_a_text(right, left), expected, "{right} {left}");
        }
    }
}
