//! Functions that take functions: <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-lambda>.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use plumb_model::value::Text;

use super::deployment::Deployment;
use super::frame::{Spot, Turn};
use super::functions::text_of;
use super::tree::{Expr, Form};
use crate::place::Place;
use crate::val::{Entries, Kind, Val};

/// A function with the names that it gives its arguments.
#[derive(Clone, Copy)]
struct Lambda<'e> {
    parameters: &'e [Text],
    body: &'e Expr,
}

impl Deployment<'_, '_> {
    /// A call of a function that takes functions.
    pub(super) fn lambda_call(&self, name: &str, arguments: &[Expr], place: Place, spot: Spot<'_>) -> Val {
        let Some((over, rest)) = arguments.split_first() else {
            return self.wrong(place, format!("`{name}` takes more arguments"));
        };
        let over = self.evaluate(over, spot);
        if let Some(why) = over.why_unknown() {
            return Val::unknown(why.clone());
        }
        let lambdas: Vec<Lambda<'_>> = rest.iter().filter_map(lambda).collect();
        match (name, rest, lambdas.as_slice(), &over.kind) {
            ("map", [_], [by], Kind::List(items)) => {
                let values = items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| self.apply(*by, &[item, &number(at)], spot));
                Val::list(values.collect())
            }
            ("filter", [_], [by], Kind::List(items)) => self.filter(items, *by, spot),
            ("reduce", [first, _], [by], Kind::List(items)) => {
                let first = self.evaluate(first, spot);
                let each = items.iter().enumerate();
                each.fold(first, |so_far, (at, item)| {
                    self.apply(*by, &[&so_far, item, &number(at)], spot)
                })
            }
            ("sort", [_], [by], Kind::List(items)) => self.sort(items, *by, spot),
            ("groupby", [_], [by], Kind::List(items)) => {
                let mut groups: BTreeMap<Text, Vec<Val>> = BTreeMap::new();
                for item in items.iter() {
                    match text_of(&self.apply(*by, &[item], spot)) {
                        Ok(key) => groups.entry(key).or_default().push(item.clone()),
                        Err(why) => return Val::unknown(why),
                    }
                }
                Val::map(
                    groups
                        .into_iter()
                        .map(|(key, items)| (key, Val::list(items)))
                        .collect(),
                )
            }
            ("toobject", [_] | [_, _], [key, value @ ..], Kind::List(items)) => {
                let mut entries = Entries::new();
                for item in items.iter() {
                    let made = match value.first() {
                        Some(value) => self.apply(*value, &[item], spot),
                        None => item.clone(),
                    };
                    match text_of(&self.apply(*key, &[item], spot)) {
                        Ok(key) => entries.insert(key, made),
                        Err(why) => return Val::unknown(why),
                    };
                }
                Val::map(entries)
            }
            ("mapvalues", [_], [by], Kind::Map(fields)) if fields.rest.is_none() => {
                let entries = fields.entries.iter();
                let entries = entries.map(|(key, value)| (key.clone(), self.apply(*by, &[value], spot)));
                Val::map(entries.collect())
            }
            _ => self.wrong(place, format!("`{name}` does not take these arguments")),
        }
    }

    fn filter(&self, items: &[Val], by: Lambda<'_>, spot: Spot<'_>) -> Val {
        let mut kept = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let truth = self.apply(by, &[item, &number(at)], spot.decision());
            match (&truth.kind, truth.why_unknown()) {
                (Kind::Bool(true), _) => kept.push(item.clone()),
                (Kind::Bool(false), _) => {}
                (_, why) => {
                    return Val::unknown(
                        why.cloned()
                            .unwrap_or_else(|| "what filters must give a bool".into()),
                    );
                }
            }
        }
        Val::list(kept)
    }

    /// Sorted by a function that says whether the first of two comes before the second.
    fn sort(&self, items: &[Val], by: Lambda<'_>, spot: Spot<'_>) -> Val {
        let mut why = None;
        let mut sorted = items.to_vec();
        let mut before = |a: &Val, b: &Val| {
            let truth = self.apply(by, &[a, b], spot.decision());
            match truth.kind {
                Kind::Bool(before) => before,
                _ => {
                    why.get_or_insert_with(|| {
                        truth
                            .why_unknown()
                            .cloned()
                            .unwrap_or_else(|| "what sorts must give a bool".into())
                    });
                    false
                }
            }
        };
        // The order that a template gives may be none, which the sort of the standard library may not be handed.
        for end in 1..sorted.len() {
            let mut at = end;
            while at > 0 {
                let order = match (sorted.get(at), sorted.get(at - 1)) {
                    (Some(later), Some(earlier)) if before(later, earlier) => Ordering::Less,
                    (_, _) => Ordering::Equal,
                };
                if order != Ordering::Less {
                    break;
                }
                sorted.swap(at, at - 1);
                at -= 1;
            }
        }
        why.map_or_else(|| Val::list(sorted), Val::unknown)
    }

    fn apply(&self, lambda: Lambda<'_>, arguments: &[&Val], spot: Spot<'_>) -> Val {
        let values = arguments.iter().copied().cloned();
        let turn = Turn {
            names: lambda.parameters.iter().cloned().zip(values).collect(),
            copies: Vec::new(),
        };
        self.evaluate(lambda.body, spot.turn(&spot.frame, &turn))
    }
}

fn lambda(expr: &Expr) -> Option<Lambda<'_>> {
    if let Form::Lambda { parameters, body } = &expr.form {
        Some(Lambda { parameters, body })
    } else {
        None
    }
}

fn number(at: usize) -> Val {
    Val::new(Kind::Int(i64::try_from(at).unwrap_or(i64::MAX)))
}
