//! Reading of the rules that make the values of a document.

use plumb_model::value::{Map, Text, Value};

use super::{one_or_more, read_conditions, read_template};
use crate::checks::read_transforms;
use crate::mapping::{ArgumentPath, Effect, Otherwise, Rule, WhenEmpty};
use crate::node::{Content, Node};
use crate::reader::{Fields, Problems};

/// The keys of which one makes a map a rule, each with the keys that may stand beside it. A map with any other key is a
/// document; a document of such attributes alone stands under `fields`.
const RULES: [(&str, &[&str]); 13] = [
    ("from", &["map", "decode"]),
    ("fixed", &[]),
    ("unknown", &[]),
    ("text", &[]),
    ("present", &["yes", "no"]),
    ("either", &[]),
    ("entries", &["key", "to"]),
    ("entry", &["named", "to"]),
    ("when", &["unless", "to"]),
    ("unless", &["to"]),
    ("in", &["to", "always"]),
    ("each", &["to", "always"]),
    ("fields", &["always"]),
];

/// Reads the attributes of a document.
pub(crate) fn read_fields(node: &Node, what: &str, problems: &mut Problems) -> Vec<(Text, Rule)> {
    let entries = problems.entries(node, what);
    entries
        .iter()
        .filter_map(|(key, node)| Some((key.text.clone(), read_rule(node, problems)?)))
        .collect()
}

fn read_rule(node: &Node, problems: &mut Problems) -> Option<Rule> {
    match &node.content {
        Content::Plain(_) | Content::Quoted(_) => {
            let Some(text) = problems.text(node, "rule") else {
                problems.error(node.span.clone(), "a rule is empty", "an argument is needed here");
                return None;
            };
            read_source(&text, node, problems)
        }
        Content::List(items) => {
            let rules: Option<Vec<_>> = items.iter().map(|item| read_rule(item, problems)).collect();
            rules.map(Rule::List)
        }
        Content::Map(entries) => {
            let is_rule = |known: &str, beside: &[&str]| {
                entries.iter().any(|(key, _)| key.text == known)
                    && entries
                        .iter()
                        .all(|(key, _)| key.text == known || beside.contains(&key.text.as_str()))
            };
            let key = RULES
                .into_iter()
                .find(|(known, beside)| is_rule(known, beside))
                .map(|(known, _)| known);
            match key {
                Some(key) => read_marked(key, node, problems),
                None => Some(Rule::Object {
                    within: None,
                    when_empty: WhenEmpty::Absent,
                    fields: read_fields(node, "a document", problems),
                }),
            }
        }
    }
}

/// Reads a map that `key` makes a rule.
fn read_marked(key: &str, node: &Node, problems: &mut Problems) -> Option<Rule> {
    let known = [
        "from", "map", "decode", "fixed", "unknown", "text", "present", "yes", "no", "either", "entries",
        "entry", "named", "key", "when", "unless", "in", "to", "always", "each", "fields",
    ];
    let fields = Fields::open(node, "a rule", &known, problems)?;
    if key == "fixed" {
        // Null is a value here: what such blocks never have.
        return Some(Rule::Fixed(fields.get(key).map_or(Value::Null, Node::to_value)));
    }
    let value = fields.required(key, "a rule", problems)?;
    Some(match key {
        "from" => {
            let text = problems.text(value, "from")?;
            let mut rule = read_source(&text, value, problems)?;
            if let Rule::First { map, decode, .. } = &mut rule {
                if let Some(node) = fields.get("decode") {
                    *decode = read_transforms(node, "decode", problems);
                }
                let entries = fields.entries("map", problems);
                map.extend(
                    entries
                        .iter()
                        .map(|(key, node)| (key.text.clone(), node.to_value())),
                );
            }
            rule
        }
        "unknown" => Rule::Unknown(problems.text(value, "unknown")?),
        "text" => Rule::Text(read_template(value, problems)?),
        "in" | "fields" => {
            let (within, inner) = match key {
                "in" => (
                    Some(read_path(value, problems)?),
                    fields.required("to", "a rule", problems)?,
                ),
                _ => (None, value),
            };
            Rule::Object {
                within,
                when_empty: read_when_empty(&fields, problems),
                fields: read_fields(inner, "a document", problems),
            }
        }
        "each" => {
            let paths: Option<Vec<_>> = one_or_more(value)
                .iter()
                .map(|node| read_path(node, problems))
                .collect();
            let to = fields.required("to", "a rule", problems)?;
            Rule::Each {
                paths: paths?,
                to: Box::new(read_rule(to, problems)?),
                when_empty: read_when_empty(&fields, problems),
            }
        }
        "when" | "unless" => {
            let mut conditions = read_conditions(&fields, "when", Effect::Applies, problems);
            conditions.extend(read_conditions(&fields, "unless", Effect::Excludes, problems));
            let to = fields.required("to", "a rule", problems)?;
            Rule::When {
                conditions,
                to: Box::new(read_rule(to, problems)?),
            }
        }
        "entries" => {
            let key = fields.required("key", "a rule", problems)?;
            let to = fields.required("to", "a rule", problems)?;
            Rule::Entries {
                path: read_path(value, problems)?,
                key: read_template(key, problems)?,
                to: Box::new(read_rule(to, problems)?),
            }
        }
        "entry" => {
            let named = fields.required("named", "a rule", problems)?;
            let to = fields.required("to", "a rule", problems)?;
            Rule::Entry {
                of: read_path(value, problems)?,
                named: read_path(named, problems)?,
                to: Box::new(read_rule(to, problems)?),
            }
        }
        "either" => {
            let rules = problems.list(value, "either");
            let rules: Option<Vec<_>> = rules.iter().map(|node| read_rule(node, problems)).collect();
            Rule::Either(rules?)
        }
        _ => {
            // Null is a value here, so keys without one count.
            let value_or = |key: &str, otherwise| match &node.content {
                Content::Map(entries) => entries
                    .iter()
                    .find(|(found, _)| found.text == key)
                    .map_or(otherwise, |(_, node)| node.to_value()),
                Content::Plain(_) | Content::Quoted(_) | Content::List(_) => otherwise,
            };
            Rule::Present {
                path: read_path(value, problems)?,
                yes: value_or("yes", Value::Bool(true)),
                no: value_or("no", Value::Bool(false)),
            }
        }
    })
}

fn read_when_empty(fields: &Fields<'_>, problems: &mut Problems) -> WhenEmpty {
    if fields.flag("always", problems) {
        WhenEmpty::Kept
    } else {
        WhenEmpty::Absent
    }
}

/// Reads `a.b|c ?? false`.
pub(crate) fn read_source(text: &str, node: &Node, problems: &mut Problems) -> Option<Rule> {
    let (paths, otherwise) = match text.split_once("??") {
        Some((paths, otherwise)) => (paths.trim_end(), read_otherwise(otherwise.trim())),
        None => (text, Otherwise::Absent),
    };
    Some(Rule::First {
        paths: read_paths(paths, node, problems)?,
        decode: Vec::new(),
        map: Vec::new(),
        otherwise,
    })
}

/// Reads `a.b|c`.
pub(crate) fn read_paths(paths: &str, node: &Node, problems: &mut Problems) -> Option<Vec<ArgumentPath>> {
    let parsed: Option<Vec<_>> = paths.split('|').map(ArgumentPath::parse).collect();
    if parsed.is_none() {
        let message = format!("`{paths}` is not a path of arguments");
        let help =
            "write `a.b`, `.` for the element, `^.a` for an argument of the block; `a|b` takes the first";
        problems.error_with_help(node.span.clone(), message, "not a path", Some(help.to_owned()));
    }
    parsed
}

pub(crate) fn read_path(node: &Node, problems: &mut Problems) -> Option<ArgumentPath> {
    let text = problems.text(node, "path")?;
    let path = ArgumentPath::parse(&text);
    if path.is_none() {
        let message = format!("`{text}` is not a path of arguments");
        problems.error(node.span.clone(), message, "not a path");
    }
    path
}

fn read_otherwise(text: &str) -> Otherwise {
    match text {
        "unknown" => Otherwise::Unknown,
        "[]" => Otherwise::Value(Value::List(Vec::new())),
        "{}" => Otherwise::Value(Value::Map(Map::new())),
        _ => {
            let content = match text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
                Some(quoted) => Content::Quoted(Text::from(quoted)),
                None => Content::Plain(Text::from(text)),
            };
            let node = Node { span: 0..0, content };
            Otherwise::Value(node.to_value())
        }
    }
}
