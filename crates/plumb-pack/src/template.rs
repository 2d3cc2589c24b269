//! Templates: texts with placeholders that are filled from a resource document.

use std::fmt::Write as _;

use plumb_model::value::{Map, Text, Value};

use crate::path::PathError;
use crate::recipe::{Parameter, Path, Piece, Template, TemplateValue};

/// What the placeholders of a template are filled from.
#[derive(Clone, Copy, Debug)]
pub struct TemplateScope<'a> {
    /// The resource document, or the item it is made of.
    pub document: &'a Value,
    /// The document of the resource that the call was made for; null where there is none.
    pub parent: &'a Value,
    /// The partition of the account, for example `aws`.
    pub partition: &'a str,
    /// The account's identifier.
    pub account: &'a str,
    /// The region of the call.
    pub region: &'a str,
}

/// The text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder holds no path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A brace stands alone.
    #[error("`{0}` has a brace without its partner")]
    Brace(String),
    /// `{}`.
    #[error("`{0}` has an empty placeholder")]
    Empty(String),
}

impl Template {
    /// Reads a text such as `arn:{partition}:s3:::{name}`.
    ///
    /// # Errors
    /// When braces do not match or hold something that is not a path.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (literal, from_brace) = rest.split_at(at);
            if !literal.is_empty() {
                pieces.push(Piece::Literal(Text::from(literal)));
            }
            let placeholder = from_brace
                .strip_prefix('{')
                .and_then(|inside| inside.split_once('}'));
            let Some((inside, after)) = placeholder.filter(|(inside, _)| !inside.contains('{')) else {
                return Err(TemplateError::Brace(text.to_owned()));
            };
            pieces.push(match inside {
                "" => return Err(TemplateError::Empty(text.to_owned())),
                "partition" => Piece::Partition,
                "account" => Piece::Account,
                "region" => Piece::Region,
                "parent" => Piece::Parent(Path::default()),
                _ => match inside.strip_prefix("parent.") {
                    Some(path) => Piece::Parent(Path::parse(path)?),
                    None => match inside.strip_suffix("|tail") {
                        Some(path) => Piece::Tail(Path::parse(path)?),
                        None => Piece::Attribute(Path::parse(inside)?),
                    },
                },
            });
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(Text::from(rest)));
        }
        Ok(Self(pieces))
    }

    /// Fills the placeholders.
    ///
    /// One placeholder alone keeps the type of its value. Otherwise the result is text; it is null as soon as one piece is
    /// null or cannot stand in a text (lists and maps), else unreadable as soon as one piece is unreadable.
    pub fn render(&self, scope: &TemplateScope<'_>) -> Value {
        if let [piece] = self.0.as_slice() {
            return piece.render(scope);
        }
        let mut text = String::new();
        let mut unreadable = None;
        for piece in &self.0 {
            // Writing into a `String` cannot fail.
            let _ = match piece.render(scope) {
                Value::String(part) => text.write_str(&part),
                Value::Int(int) => write!(text, "{int}"),
                Value::Bool(bool) => write!(text, "{bool}"),
                Value::Float(float) => write!(text, "{float}"),
                Value::Null | Value::List(_) | Value::Map(_) => return Value::Null,
                gap @ Value::Unreadable(_) => {
                    unreadable.get_or_insert(gap);
                    Ok(())
                }
            };
        }
        unreadable.unwrap_or_else(|| Value::from(text))
    }

    /// The paths into the resource document that the template reads.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Attribute(path) | Piece::Tail(path) => Some(path),
            Piece::Literal(_) | Piece::Parent(_) | Piece::Partition | Piece::Account | Piece::Region => None,
        })
    }

    /// The paths into the parent's document that the template reads.
    pub fn parent_paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Parent(path) => Some(path),
            Piece::Literal(_)
            | Piece::Attribute(_)
            | Piece::Tail(_)
            | Piece::Partition
            | Piece::Account
            | Piece::Region => None,
        })
    }
}

impl Piece {
    fn render(&self, scope: &TemplateScope<'_>) -> Value {
        match self {
            Self::Literal(text) => Value::String(text.clone()),
            Self::Attribute(path) => path.get(scope.document).into_owned(),
            Self::Tail(path) => match path.get(scope.document).into_owned() {
                Value::String(text) => Value::from(tail(&text)),
                other => other,
            },
            Self::Parent(path) => path.get(scope.parent).into_owned(),
            Self::Partition => Value::from(scope.partition),
            Self::Account => Value::from(scope.account),
            Self::Region => Value::from(scope.region),
        }
    }
}

/// What follows the last `/`, else the last `:`: the name at the end of a URL or an ARN.
fn tail(text: &str) -> &str {
    let parted = text.rsplit_once('/').or_else(|| text.rsplit_once(':'));
    parted.map_or(text, |(_, tail)| tail)
}

impl TemplateValue {
    /// Fills all placeholders within. Null as soon as one template within is null, else unreadable as soon as one is.
    pub fn render(&self, scope: &TemplateScope<'_>) -> Value {
        let rendered = match self {
            Self::Text(template) => return template.render(scope),
            Self::Literal(value) => return value.clone(),
            Self::List(items) => Value::List(items.iter().map(|item| item.render(scope)).collect()),
            Self::Map(entries) => Value::Map(
                entries
                    .iter()
                    .map(|(key, item)| (key.clone(), item.render(scope)))
                    .collect::<Map>(),
            ),
        };
        let children: Vec<&Value> = match &rendered {
            Value::List(items) => items.iter().collect(),
            Value::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        };
        if children.iter().any(|child| child.is_null()) {
            return Value::Null;
        }
        match children
            .iter()
            .find(|child| matches!(child, Value::Unreadable(_)))
        {
            Some(unreadable) => (*unreadable).clone(),
            None => rendered,
        }
    }

    /// All templates within.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(template) => vec![template],
            Self::Literal(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::templates).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, item)| item.templates()).collect(),
        }
    }
}

impl Parameter {
    /// All templates within.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Template(value) => value.templates(),
            Self::Each(template) => vec![template],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expected: &str) {
        let document: Value = serde_json::from_str(
            r#"{"name":"n","url":"https://host/1/q","topic":"arn:aws:sns:eu-west-1:1:t","count":3,"list":[1],"none":null,"secret":{"$unreadable":{"reason":"denied"}}}"#,
        )
        .unwrap();
        let parent: Value = serde_json::from_str(r#"{"arn":"a"}"#).unwrap();
        let scope = TemplateScope {
            document: &document,
            parent: &parent,
            partition: "aws",
            account: "123456789012",
            region: "eu-west-1",
        };
        assert_eq!(
            Template::parse(template).unwrap().render(&scope).to_string(),
            expected,
            "{template}"
        );
    }

    #[test]
    fn templates_keep_types_and_propagate_null_and_unreadable() {
        check(
            "arn:{partition}:s3:{region}:{account}:{name}",
            r#""arn:aws:s3:eu-west-1:123456789012:n""#,
        );
        check("{count}", "3");
        check("{list}", "[1]");
        check("{list[0]}", "1");
        check("x{count}", r#""x3""#);
        check("x{list}", "null");
        check("x{none}", "null");
        check("{parent.arn}/{name}", r#""a/n""#);
        check("{secret}", r#"{"$unreadable":{"reason":"denied"}}"#);
        check("x{secret}", r#"{"$unreadable":{"reason":"denied"}}"#);
        check("{secret}{none}", "null");
        check("{url|tail}", r#""q""#);
        check("x:{url|tail}:{name|tail}", r#""x:q:n""#);
        check("{topic|tail}", r#""t""#);
        check("{none|tail}", "null");
        check("x{secret|tail}", r#"{"$unreadable":{"reason":"denied"}}"#);
        check("", r#""""#);
    }

    #[test]
    fn malformed_templates_are_refused() {
        for text in ["{", "}", "{a", "a}", "{a{b}}", "{}", "{a b}", "{a b|tail}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
