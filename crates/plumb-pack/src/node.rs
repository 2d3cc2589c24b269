//! `Node`: a part of a YAML file with its place.

use std::ops::Range;

use plumb_model::value::{Text, Value};

/// One node of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Byte range in the file; for an alias the range of what it copies.
    pub(crate) span: Range<usize>,
    /// What it holds.
    pub(crate) content: Content,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A scalar without quotes on one or more lines; its type follows from its text.
    Plain(Text),
    /// A quoted or block scalar: always text.
    Quoted(Text),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file, keys distinct.
    Map(Vec<(Key, Node)>),
}

/// A key of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// Its text.
    pub(crate) text: Text,
    /// Byte range in the file.
    pub(crate) span: Range<usize>,
}

impl Node {
    /// What the node is, as messages say it.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Quoted(_) => "text",
            Content::Plain(_) if self.is_null() => "null",
            Content::Plain(_) => "a scalar",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// Whether it is an empty scalar, `~` or `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Plain(text) if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The text of a scalar as written; `None` for null and for collections.
    pub(crate) fn text(&self) -> Option<&Text> {
        match &self.content {
            Content::Quoted(text) => Some(text),
            Content::Plain(text) => (!self.is_null()).then_some(text),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The value by the rules of YAML's core schema, except that digits with leading zeros are text (account ids).
    pub(crate) fn to_value(&self) -> Value {
        match &self.content {
            Content::Quoted(text) => Value::String(text.clone()),
            Content::Plain(text) => plain_value(text),
            Content::List(items) => Value::List(items.iter().map(Node::to_value).collect()),
            Content::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, node)| (key.text.clone(), node.to_value()))
                    .collect(),
            ),
        }
    }

    /// The node's range cut to its first line, which is where a caret helps.
    pub(crate) fn head(&self, text: &str) -> Range<usize> {
        let end = text
            .get(self.span.clone())
            .and_then(|part| part.find('\n'))
            .map_or(self.span.end, |newline| self.span.start + newline);
        self.span.start..end.max(self.span.start)
    }

    /// The number of nodes, itself and keys included.
    pub(crate) fn size(&self) -> usize {
        match &self.content {
            Content::Plain(_) | Content::Quoted(_) => 1,
            Content::List(items) => 1 + items.iter().map(Node::size).sum::<usize>(),
            Content::Map(entries) => 1 + entries.iter().map(|(_, node)| 1 + node.size()).sum::<usize>(),
        }
    }

    /// The number of collections around its deepest scalar.
    pub(crate) fn depth(&self) -> usize {
        match &self.content {
            Content::Plain(_) | Content::Quoted(_) => 0,
            Content::List(items) => 1 + items.iter().map(Node::depth).max().unwrap_or(0),
            Content::Map(entries) => 1 + entries.iter().map(|(_, node)| node.depth()).max().unwrap_or(0),
        }
    }
}

fn plain_value(text: &Text) -> Value {
    match text.as_str() {
        "" | "~" | "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !numeric || leading_zero {
        return Value::String(text.clone());
    }
    if let Ok(int) = text.parse::<i64>() {
        return Value::Int(int);
    }
    match text.parse::<f64>() {
        Ok(float) if float.is_finite() => Value::Float(float),
        _ => Value::String(text.clone()),
    }
}
