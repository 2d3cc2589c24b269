//! Paths into values: parsing, following, taking and replacing.
//!
//! `a.b[0].c[]` goes through keys, elements and, with `[]`, all elements of a list. As soon as a path has a `[]` its
//! result is one flat list, in which nulls are left out and unreadable elements are kept.

use std::borrow::Cow;
use std::fmt;

use plumb_model::value::{Map, Text, Value};

use crate::recipe::{Path, Step};

/// The text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a path: {problem}")]
pub struct PathError {
    /// The text.
    pub path: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

const MAX_STEPS: usize = 32;
const NULL: Value = Value::Null;

impl Path {
    /// Reads a path such as `role_policy_list[].policy_document`; the empty text is the path to the whole value.
    ///
    /// # Errors
    /// When a name is empty, a bracket is not closed or holds no number, or there are more than 32 steps.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let problem = |problem| PathError {
            path: text.to_owned(),
            problem,
        };
        let mut steps = Vec::new();
        if text.is_empty() {
            return Ok(Self(steps));
        }
        for part in text.split('.') {
            let (key, mut brackets) = match part.find('[') {
                Some(at) => part.split_at(at),
                None => (part, ""),
            };
            if !key.is_empty() {
                if key.contains([']', '{', '}']) || key.contains(char::is_whitespace) {
                    return Err(problem("a name holds a character that names do not have"));
                }
                steps.push(Step::Key(Text::from(key)));
            } else if brackets.is_empty() || !steps.is_empty() {
                return Err(problem("a name is empty"));
            }
            while let Some(rest) = brackets.strip_prefix('[') {
                let Some((index, rest)) = rest.split_once(']') else {
                    return Err(problem("a bracket is not closed"));
                };
                steps.push(match index {
                    "" => Step::Flatten,
                    _ => Step::Index(
                        index
                            .parse()
                            .map_err(|_| problem("brackets hold neither a number nor nothing"))?,
                    ),
                });
                brackets = rest;
            }
            if !brackets.is_empty() {
                return Err(problem("text follows a bracket without a dot"));
            }
        }
        if steps.len() > MAX_STEPS {
            return Err(problem("more than 32 steps"));
        }
        Ok(Self(steps))
    }

    /// A path of one key.
    pub fn key(key: impl Into<Text>) -> Self {
        Self(vec![Step::Key(key.into())])
    }

    /// Whether the path leads to the whole value.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the result is a flat list of what the path finds.
    pub fn flattens(&self) -> bool {
        self.0.contains(&Step::Flatten)
    }

    /// The value at the path; null when there is none.
    ///
    /// An unreadable value on the way is the result. Without `[]` nothing is copied.
    pub fn get<'v>(&self, value: &'v Value) -> Cow<'v, Value> {
        if !self.flattens() {
            return Cow::Borrowed(follow(value, &self.0));
        }
        let before: Vec<Step> = self
            .0
            .iter()
            .take_while(|step| **step != Step::Flatten)
            .cloned()
            .collect();
        match follow(value, &before) {
            Value::Null => Cow::Borrowed(&NULL),
            unreadable @ Value::Unreadable(_) => Cow::Borrowed(unreadable),
            _ => Cow::Owned(Value::List(self.all(value).into_iter().cloned().collect())),
        }
    }

    /// Every value the path finds: the elements when it has `[]` or leads to a list, else the one value. Nulls are left
    /// out, unreadable values are kept.
    pub fn all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = Vec::new();
        collect(value, &self.0, &mut found);
        match found.as_slice() {
            [Value::List(items)] if !self.flattens() => items.iter().filter(|item| !item.is_null()).collect(),
            _ => found,
        }
    }

    /// Takes the value at the path out of a value that is no longer needed.
    pub fn take(&self, mut value: Value) -> Value {
        if self.flattens() {
            return self.get(&value).into_owned();
        }
        for step in &self.0 {
            value = match (step, value) {
                (_, unreadable @ Value::Unreadable(_)) => unreadable,
                (Step::Key(key), Value::Map(mut map)) => map.remove(key).unwrap_or_default(),
                (Step::Index(index), Value::List(mut list)) if *index < list.len() => {
                    list.swap_remove(*index)
                }
                (Step::Key(_) | Step::Index(_) | Step::Flatten, _) => Value::Null,
            };
        }
        value
    }

    /// Replaces every value the path finds by what `change` makes of it; nulls stay. It gets the name that stands beside a value in
    /// a list of names and values, as in `{"name": "DB_PASSWORD", "value": "…"}`.
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn change<E>(
        &self,
        value: &mut Value,
        change: &mut impl FnMut(Option<&str>, Value) -> Result<Value, E>,
    ) -> Result<(), E> {
        change_at(value, None, &self.0, change)
    }

    /// Puts a value at a path of keys; missing maps on the way are made. False when something that is not a map stands in
    /// the way or the path has other steps than keys.
    pub fn set(&self, target: &mut Value, value: Value) -> bool {
        let mut place = target;
        for step in &self.0 {
            let Step::Key(key) = step else { return false };
            if place.is_null() {
                *place = Value::Map(Map::new());
            }
            let Value::Map(map) = place else { return false };
            if !map.contains_key(key) {
                map.insert(key.clone(), Value::Null);
            }
            let Some(next) = map.get_mut(key) else {
                return false;
            };
            place = next;
        }
        *place = value;
        true
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Flatten => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

fn follow<'v>(value: &'v Value, steps: &[Step]) -> &'v Value {
    let mut place = value;
    for step in steps {
        place = match (step, place) {
            (_, Value::Unreadable(_)) => return place,
            (Step::Key(key), Value::Map(map)) => map.get(key).unwrap_or(&NULL),
            (Step::Index(index), Value::List(list)) => list.get(*index).unwrap_or(&NULL),
            (Step::Key(_) | Step::Index(_) | Step::Flatten, _) => &NULL,
        };
    }
    place
}

fn collect<'v>(value: &'v Value, steps: &[Step], found: &mut Vec<&'v Value>) {
    let before = steps
        .iter()
        .position(|step| *step == Step::Flatten)
        .unwrap_or(steps.len());
    let (keys, rest) = steps.split_at_checked(before).unwrap_or((steps, &[]));
    let place = follow(value, keys);
    match (place, rest.split_first()) {
        (Value::Null, _) => {}
        (unreadable @ Value::Unreadable(_), _) => found.push(unreadable),
        (place, None) => found.push(place),
        (Value::List(items), Some((_, rest))) => {
            for item in items {
                collect(item, rest, found);
            }
        }
        (_, Some(_)) => {}
    }
}

fn change_at<E>(
    value: &mut Value,
    name: Option<&str>,
    steps: &[Step],
    change: &mut impl FnMut(Option<&str>, Value) -> Result<Value, E>,
) -> Result<(), E> {
    let Some((step, rest)) = steps.split_first() else {
        if !matches!(value, Value::Null | Value::Unreadable(_)) {
            *value = change(name, std::mem::take(value))?;
        }
        return Ok(());
    };
    match (step, value) {
        (Step::Key(key), Value::Map(map)) => {
            let name = name_beside(key, map);
            map.get_mut(key)
                .map_or(Ok(()), |next| change_at(next, name.as_deref(), rest, change))
        }
        (Step::Index(index), Value::List(list)) => list
            .get_mut(*index)
            .map_or(Ok(()), |next| change_at(next, None, rest, change)),
        (Step::Flatten, Value::List(list)) => list
            .iter_mut()
            .try_for_each(|next| change_at(next, None, rest, change)),
        (Step::Key(_) | Step::Index(_) | Step::Flatten, _) => Ok(()),
    }
}

/// The name of what stands under `key`, where a map says it beside it.
fn name_beside(key: &str, map: &Map) -> Option<Text> {
    let kind = key.strip_suffix("value")?;
    let names = match kind {
        "" => ["name".to_owned(), "key".to_owned()],
        // `resolved_value` is that of the parameter.
        "resolved_" => ["parameter_key".to_owned(), "parameter_name".to_owned()],
        _ => [format!("{kind}key"), format!("{kind}name")],
    };
    let mut found = names.iter().filter_map(|name| map.get(name)?.as_str());
    found.next().map(Text::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn paths_are_followed() {
        let document = value(
            r#"{"a":{"b":[{"c":1},{"c":null},{"c":[2,3]},{}]},"r":[{"i":[1,2]},{"i":[3]},{"i":null}],
                "u":{"$unreadable":{"reason":"denied"}},"l":[{"$unreadable":{"reason":"denied"}},{"c":4}]}"#,
        );
        for (path, expected) in [
            ("", document.to_string().as_str()),
            ("a.b[0].c", "1"),
            ("a.b[9].c", "null"),
            ("a.b.c", "null"),
            ("a.b[].c", "[1,[2,3]]"),
            ("a.b[].c[]", "[2,3]"),
            ("r[].i[]", "[1,2,3]"),
            ("missing[].i", "null"),
            ("u.x.y", r#"{"$unreadable":{"reason":"denied"}}"#),
            ("u[].x", r#"{"$unreadable":{"reason":"denied"}}"#),
            ("l[].c", r#"[{"$unreadable":{"reason":"denied"}},4]"#),
        ] {
            let parsed = Path::parse(path).unwrap();
            assert_eq!(parsed.to_string(), path);
            assert_eq!(parsed.get(&document).to_string(), expected, "get {path}");
            assert_eq!(parsed.take(document.clone()).to_string(), expected, "take {path}");
        }
        let all = |path: &str| Path::parse(path).unwrap().all(&document).len();
        assert_eq!(
            (
                all("a.b"),
                all("r[].i[]"),
                all("missing"),
                all("a.b[0].c"),
                all("u.x")
            ),
            (4, 3, 0, 1, 1)
        );
    }

    #[test]
    fn what_is_not_a_path_is_refused() {
        for text in [
            "a..b",
            ".a",
            "a[",
            "a[x]",
            "a[0]b",
            "a b",
            "a.[0]",
            "{a}",
            &"a.".repeat(40),
        ] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn change_reaches_every_place_and_leaves_nulls() {
        let mut document = value(r#"{"a":[{"b":"x"},{"b":null},{},{"b":"y"}]}"#);
        let mut upper =
            |_: Option<&str>, value: Value| Ok::<_, ()>(Value::from(value.as_str().unwrap().to_uppercase()));
        Path::parse("a[].b")
            .unwrap()
            .change(&mut document, &mut upper)
            .unwrap();
        assert_eq!(
            document.to_string(),
            r#"{"a":[{"b":"X"},{"b":null},{},{"b":"Y"}]}"#
        );
    }

    #[test]
    fn change_is_told_the_name_beside_a_value() {
        for (path, document, expected) in [
            ("e[].value", r#"{"e":[{"name":"A","value":"x"}]}"#, Some("A")),
            ("e[].value", r#"{"e":[{"key":"A","value":"x"}]}"#, Some("A")),
            (
                "p[].parameter_value",
                r#"{"p":[{"parameter_key":"A","parameter_value":"x"}]}"#,
                Some("A"),
            ),
            (
                "p[].resolved_value",
                r#"{"p":[{"parameter_key":"A","resolved_value":"x"}]}"#,
                Some("A"),
            ),
            ("e[].value", r#"{"e":[{"name":{"a":1},"value":"x"}]}"#, None),
            ("e[].content", r#"{"e":[{"name":"A","content":"x"}]}"#, None),
            ("value[]", r#"{"name":"A","value":["x"]}"#, None),
        ] {
            let mut told = None;
            let mut tell = |name: Option<&str>, value: Value| {
                told = name.map(str::to_owned);
                Ok::<_, ()>(value)
            };
            let mut document = value(document);
            Path::parse(path)
                .unwrap()
                .change(&mut document, &mut tell)
                .unwrap();
            assert_eq!(told.as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn set_makes_maps_on_the_way_but_replaces_nothing_else() {
        let mut document = value(r#"{"a":null,"t":"x"}"#);
        assert!(Path::parse("a.b.c").unwrap().set(&mut document, Value::Int(1)));
        assert!(!Path::parse("t.b").unwrap().set(&mut document, Value::Int(1)));
        assert!(!Path::parse("a[0]").unwrap().set(&mut document, Value::Int(1)));
        assert_eq!(document.to_string(), r#"{"a":{"b":{"c":1}},"t":"x"}"#);
    }
}
