//! The oracle: a slow, plain reading of the specification on owned values, sharing nothing with the crate's evaluator.

use std::cmp::Ordering;

use plumb_model::value::{Map, Reason, Text, Unreadable, Value};

/// An expression of the part of the language that the oracle knows.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Literal(Value),
    Resource,
    /// A variable of a macro, by its name.
    Variable(String),
    Select(Box<Term>, String),
    Index(Box<Term>, Box<Term>),
    List(Vec<Term>),
    Entry(String, Box<Term>),
    Not(Box<Term>),
    Negate(Box<Term>),
    And(Vec<Term>),
    Or(Vec<Term>),
    Compare(&'static str, Box<Term>, Box<Term>),
    In(Box<Term>, Box<Term>),
    Arithmetic(&'static str, Box<Term>, Box<Term>),
    Choose(Box<Term>, Box<Term>, Box<Term>),
    Method(&'static str, Box<Term>, Option<Box<Term>>),
    Call(&'static str, Box<Term>),
    /// Macro, collection, variable, body.
    Fold(&'static str, Box<Term>, String, Box<Term>),
}

/// The source text of a term; operands are made dynamic so that every mix of types is accepted.
pub(crate) fn render(term: &Term) -> String {
    let dynamic = |term: &Term| format!("dyn({})", render(term));
    let joined = |terms: &[Term], separator: &str| {
        terms
            .iter()
            .map(|term| format!("({})", dynamic(term)))
            .collect::<Vec<_>>()
            .join(separator)
    };
    match term {
        Term::Literal(value) => value.to_string(),
        Term::Resource => "resource".to_owned(),
        Term::Variable(name) => name.clone(),
        Term::Select(target, key) => format!("{}.{key}", dynamic(target)),
        Term::Index(target, index) => format!("{}[{}]", dynamic(target), dynamic(index)),
        Term::List(items) => format!("[{}]", items.iter().map(render).collect::<Vec<_>>().join(", ")),
        Term::Entry(key, value) => format!("{{\"{key}\": {}}}", render(value)),
        Term::Not(operand) => format!("!{}", dynamic(operand)),
        Term::Negate(operand) => format!("-{}", dynamic(operand)),
        Term::And(operands) => joined(operands, " && "),
        Term::Or(operands) => joined(operands, " || "),
        Term::Compare(operator, left, right) | Term::Arithmetic(operator, left, right) => {
            format!("({} {operator} {})", dynamic(left), dynamic(right))
        }
        Term::In(item, collection) => format!("({} in {})", dynamic(item), dynamic(collection)),
        Term::Choose(condition, yes, no) => {
            format!("({} ? {} : {})", dynamic(condition), dynamic(yes), dynamic(no))
        }
        Term::Method(name, target, argument) => {
            format!(
                "{}.{name}({})",
                dynamic(target),
                argument.as_deref().map(dynamic).unwrap_or_default()
            )
        }
        Term::Call(name, argument) => format!("{name}({})", dynamic(argument)),
        Term::Fold(name, collection, variable, body) => {
            format!("{}.{name}({variable}, {})", dynamic(collection), dynamic(body))
        }
    }
}

/// The one unknown value of the oracle.
pub(crate) fn unknown() -> Value {
    Value::unreadable(Unreadable::new(Reason::Failed))
}

/// The value with every unreadable place replaced by the one unknown value.
pub(crate) fn without_reasons(value: Value) -> Value {
    match value {
        Value::Unreadable(_) => unknown(),
        Value::List(list) => Value::List(list.into_iter().map(without_reasons).collect()),
        Value::Map(map) => Value::Map(
            map.into_iter()
                .map(|(key, value)| (key, without_reasons(value)))
                .collect(),
        ),
        other => other,
    }
}

/// The value of a term.
pub(crate) fn evaluate(term: &Term, resource: &Value, variables: &[(String, Value)]) -> Value {
    let eval = |term: &Term| evaluate(term, resource, variables);
    let truth_of = |term: &Term| truth(&eval(term));
    match term {
        Term::Literal(value) => value.clone(),
        Term::Resource => resource.clone(),
        Term::Variable(name) => variables
            .iter()
            .rev()
            .find(|(bound, _)| bound == name)
            .map_or(Value::Null, |(_, value)| value.clone()),
        Term::Select(target, key) => select(&eval(target), key),
        Term::Index(target, index) => index_of(&eval(target), &eval(index)),
        Term::List(items) => Value::List(items.iter().map(eval).collect()),
        Term::Entry(key, value) => Value::Map(Map::from_iter([(Text::from(key.as_str()), eval(value))])),
        Term::Not(operand) => from_truth(truth_of(operand).map(|truth| !truth)),
        Term::Negate(operand) => match eval(operand) {
            Value::Int(int) => int.checked_neg().map_or(Value::Null, Value::Int),
            Value::Float(float) => Value::Float(-float),
            unreadable @ Value::Unreadable(_) => unreadable,
            _ => Value::Null,
        },
        Term::And(operands) => from_truth(operands.iter().map(truth_of).fold(Some(true), and)),
        Term::Or(operands) => from_truth(operands.iter().map(truth_of).fold(Some(false), or)),
        Term::Compare(operator, left, right) => from_truth(compare(operator, &eval(left), &eval(right))),
        Term::In(item, collection) => from_truth(contained(&eval(item), &eval(collection))),
        Term::Arithmetic(operator, left, right) => arithmetic(operator, &eval(left), &eval(right)),
        Term::Choose(condition, yes, no) => match truth_of(condition) {
            Some(true) => eval(yes),
            Some(false) => eval(no),
            None => match (eval(yes), eval(no)) {
                (Value::Bool(yes), Value::Bool(no)) if yes == no => Value::Bool(yes),
                _ => unknown(),
            },
        },
        Term::Method(name, target, argument) => method(
            name,
            &eval(target),
            &argument.as_deref().map_or(Value::Null, eval),
        ),
        Term::Call(name, argument) => call(name, &eval(argument)),
        Term::Fold(name, collection, variable, body) => {
            let elements = match eval(collection) {
                Value::List(list) => list,
                Value::Map(map) => map.iter().map(|(key, _)| Value::String(key.clone())).collect(),
                Value::Unreadable(_) => return unknown(),
                _ => Vec::new(),
            };
            let at = |element: &Value| {
                let mut inner = variables.to_vec();
                inner.push((variable.clone(), element.clone()));
                evaluate(body, resource, &inner)
            };
            fold(name, &elements, at)
        }
    }
}

/// True, false or unknown (`None`).
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(bool) => Some(*bool),
        Value::Unreadable(_) => None,
        _ => Some(false),
    }
}

fn from_truth(truth: Option<bool>) -> Value {
    truth.map_or_else(unknown, Value::Bool)
}

fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    if left == Some(false) || right == Some(false) {
        Some(false)
    } else {
        left.zip(right).map(|_| true)
    }
}

fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    and(left.map(|left| !left), right.map(|right| !right)).map(|neither| !neither)
}

fn is_unknown(value: &Value) -> bool {
    matches!(value, Value::Unreadable(_))
}

fn select(target: &Value, key: &str) -> Value {
    if is_unknown(target) {
        unknown()
    } else {
        target.get(key).cloned().unwrap_or(Value::Null)
    }
}

fn index_of(target: &Value, index: &Value) -> Value {
    match (target, index) {
        _ if is_unknown(target) || is_unknown(index) => unknown(),
        (Value::List(list), Value::Int(index)) if *index >= 0 => {
            let index = *index as usize;
            if list.iter().take(index + 1).any(is_unknown) {
                unknown()
            } else {
                list.get(index).cloned().unwrap_or(Value::Null)
            }
        }
        (Value::Map(map), Value::String(key)) => map.get(key).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        _ if is_unknown(left) || is_unknown(right) => None,
        (Value::List(left), Value::List(right)) => {
            let known = |list: &[Value]| list.iter().take_while(|element| !is_unknown(element)).count();
            let (left_known, right_known) = (known(left), known(right));
            let aligned = left.iter().zip(right).take(left_known.min(right_known));
            let prefix = aligned
                .map(|(left, right)| equal(left, right))
                .fold(Some(true), and);
            let rest = if left_known < left.len() || right_known < right.len() {
                None
            } else {
                Some(left.len() == right.len())
            };
            // Without unknown elements lists of different length differ, whatever stands in them.
            and(prefix, rest)
        }
        (Value::Map(left), Value::Map(right)) => {
            let same_keys = left.len() == right.len() && left.iter().all(|(key, _)| right.contains_key(key));
            if !same_keys {
                return Some(false);
            }
            left.iter()
                .map(|(key, value)| equal(value, right.get(key).unwrap()))
                .fold(Some(true), and)
        }
        (Value::Int(int), Value::Float(float)) | (Value::Float(float), Value::Int(int)) => {
            Some(*int as f64 == *float)
        }
        _ => Some(left == right),
    }
}

fn compare(operator: &str, left: &Value, right: &Value) -> Option<bool> {
    match operator {
        "==" => return equal(left, right),
        "!=" => return equal(left, right).map(|equal| !equal),
        _ if is_unknown(left) || is_unknown(right) => return None,
        _ => {}
    }
    let order = match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.partial_cmp(right),
        (Value::Float(left), Value::Float(right)) => left.partial_cmp(right),
        (Value::Int(left), Value::Float(right)) => (*left as f64).partial_cmp(right),
        (Value::Float(left), Value::Int(right)) => left.partial_cmp(&(*right as f64)),
        (Value::String(left), Value::String(right)) => left.partial_cmp(right),
        (Value::Bool(left), Value::Bool(right)) => left.partial_cmp(right),
        _ => None,
    };
    Some(order.is_some_and(|order| match operator {
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }))
}

fn contained(item: &Value, collection: &Value) -> Option<bool> {
    match (item, collection) {
        _ if is_unknown(item) || is_unknown(collection) => None,
        (Value::Null, _) => Some(false),
        (_, Value::List(list)) => list
            .iter()
            .map(|element| equal(item, element))
            .fold(Some(false), or),
        (Value::String(key), Value::Map(map)) => Some(map.contains_key(key)),
        _ => Some(false),
    }
}

fn arithmetic(operator: &str, left: &Value, right: &Value) -> Value {
    match (left, right) {
        _ if is_unknown(left) || is_unknown(right) => unknown(),
        (Value::Int(left), Value::Int(right)) => {
            let (left, right) = (i128::from(*left), i128::from(*right));
            let result = match operator {
                "+" => Some(left + right),
                "-" => Some(left - right),
                "*" => Some(left * right),
                _ if right == 0 => None,
                "/" => Some(left / right),
                _ => Some(left % right),
            };
            result
                .and_then(|result| i64::try_from(result).ok())
                .map_or(Value::Null, Value::Int)
        }
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) if operator != "%" => {
            let number = |value: &Value| {
                if let Value::Int(int) = value {
                    *int as f64
                } else {
                    float(value)
                }
            };
            let (left, right) = (number(left), number(right));
            Value::Float(match operator {
                "+" => left + right,
                "-" => left - right,
                "*" => left * right,
                _ => left / right,
            })
        }
        (Value::String(left), Value::String(right)) if operator == "+" => {
            Value::from(format!("{left}{right}"))
        }
        (Value::List(left), Value::List(right)) if operator == "+" => {
            Value::List([left.clone(), right.clone()].concat())
        }
        _ => Value::Null,
    }
}

fn float(value: &Value) -> f64 {
    if let Value::Float(float) = value {
        *float
    } else {
        0.0
    }
}

fn method(name: &str, target: &Value, argument: &Value) -> Value {
    if is_unknown(target) || is_unknown(argument) {
        return unknown();
    }
    match (name, target, argument) {
        ("startsWith", Value::String(text), Value::String(part)) => {
            Value::Bool(text.starts_with(part.as_str()))
        }
        ("contains", Value::String(text), Value::String(part)) => Value::Bool(text.contains(part.as_str())),
        ("startsWith" | "contains", _, _) => Value::Bool(false),
        ("lower", Value::String(text), _) => Value::from(text.to_lowercase()),
        ("flatten" | "distinct" | "keys", Value::Null, _) => Value::List(Vec::new()),
        ("flatten", Value::List(list), _) => Value::List(
            list.iter()
                .flat_map(|element| match element {
                    Value::List(inner) => inner.clone(),
                    Value::Null => Vec::new(),
                    other => vec![other.clone()],
                })
                .collect(),
        ),
        ("distinct", Value::List(list), _) => {
            let mut kept: Vec<Value> = Vec::new();
            for element in list {
                let seen = kept
                    .iter()
                    .filter(|earlier| !is_unknown(earlier))
                    .map(|earlier| equal(earlier, element));
                match if is_unknown(element) {
                    None
                } else {
                    seen.fold(Some(false), or)
                } {
                    Some(true) => {}
                    Some(false) => kept.push(element.clone()),
                    None => kept.push(unknown()),
                }
            }
            Value::List(kept)
        }
        ("keys", Value::Map(map), _) => {
            Value::List(map.iter().map(|(key, _)| Value::String(key.clone())).collect())
        }
        _ => Value::Null,
    }
}

fn call(name: &str, argument: &Value) -> Value {
    match (name, argument) {
        (_, Value::Unreadable(_)) => unknown(),
        ("size", Value::Null) => Value::Int(0),
        ("size", Value::String(text)) => Value::Int(text.chars().count() as i64),
        ("size", Value::List(list)) if list.iter().any(is_unknown) => unknown(),
        ("size", Value::List(list)) => Value::Int(list.len() as i64),
        ("size", Value::Map(map)) => Value::Int(map.len() as i64),
        ("as_list", Value::List(list)) => Value::List(list.clone()),
        ("as_list", Value::Null) => Value::List(Vec::new()),
        ("as_list", other) => Value::List(vec![other.clone()]),
        _ => Value::Null,
    }
}

/// An unknown element stands for any number of elements: what is known of the body for it counts only
/// where it says the same as no element at all.
fn fold(name: &str, elements: &[Value], at: impl Fn(&Value) -> Value) -> Value {
    let without_element = Some(name == "all");
    let held = |element: &Value| {
        let truth = truth(&at(element));
        if is_unknown(element) && truth != without_element {
            None
        } else {
            truth
        }
    };
    match name {
        "all" => from_truth(elements.iter().map(held).fold(Some(true), and)),
        "exists" => from_truth(elements.iter().map(held).fold(Some(false), or)),
        "exists_one" => {
            let truths: Vec<_> = elements.iter().map(held).collect();
            let certain = truths.iter().filter(|truth| **truth == Some(true)).count();
            from_truth(match (certain, truths.contains(&None)) {
                (2.., _) => Some(false),
                (_, true) => None,
                (count, false) => Some(count == 1),
            })
        }
        "filter" => Value::List(
            elements
                .iter()
                .filter_map(|element| match held(element) {
                    Some(true) => Some(element.clone()),
                    Some(false) => None,
                    None => Some(unknown()),
                })
                .collect(),
        ),
        _ => Value::List(
            elements
                .iter()
                .map(|element| {
                    if is_unknown(element) {
                        unknown()
                    } else {
                        at(element)
                    }
                })
                .collect(),
        ),
    }
}
