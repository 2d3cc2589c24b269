//! `Fn::Sub`, and texts that are put together of pieces of which some are not known.

use std::collections::BTreeMap;

use plumb_model::value::Text;
use serde_json::Value;

use super::MAX_TEXT;
use super::evaluate::{Spot, known_text};
use super::functions::piece_of;
use super::instance::Instance;
use super::tree::Node;
use crate::place::Place;
use crate::val::{Kind, Val, Why};

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(Text),
    Unknown(Why),
}

/// The text of pieces. JSON of which a piece is not known stays known in its other parts.
pub(super) fn joined(pieces: Vec<Piece>, place: Place) -> Kind {
    let length: usize = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Unknown(_) => 0,
        })
        .sum();
    if length > MAX_TEXT {
        return Kind::Unknown(format!("the text is longer than {MAX_TEXT} bytes").into());
    }
    let (mut text, mut unknown) = (String::with_capacity(length), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Text(piece) => text.push_str(&piece),
            Piece::Unknown(why) => {
                text.push(HOLE);
                unknown.push(why);
            }
        }
    }
    let Some(first) = unknown.first() else {
        return known_text(Kind::String(text.into()));
    };
    let is_json = text.trim_start().starts_with(['{', '[']) && text.matches(HOLE).count() == unknown.len();
    match serde_json::from_str::<Value>(&text) {
        Ok(json) if is_json => Kind::Json(with_holes(json, first, place).into()),
        Ok(_) | Err(_) => Kind::Unknown(first.clone()),
    }
}

/// Stands for an unknown piece; a character for private use that no template needs.
const HOLE: char = '\u{F0000}';

fn with_holes(json: Value, why: &Why, place: Place) -> Val {
    let kind = match json {
        Value::Null => Kind::Null,
        Value::Bool(truth) => Kind::Bool(truth),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Kind::Int(int),
            (None, Some(float)) => Kind::Float(float),
            (None, None) => Kind::String(number.to_string().into()),
        },
        Value::String(text) if text.contains(HOLE) => Kind::Unknown(why.clone()),
        Value::String(text) => known_text(Kind::String(text.into())),
        Value::Array(items) => {
            let items = items.into_iter().map(|item| with_holes(item, why, place));
            return Val::list(items.collect()).or_placed(Some(place));
        }
        Value::Object(fields) if fields.keys().any(|key| key.contains(HOLE)) => Kind::Unknown(why.clone()),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(key, value)| (Text::from(key), with_holes(value, why, place)));
            return Val::map(fields.collect()).or_placed(Some(place));
        }
    };
    Val::placed(kind, Some(place))
}

/// A part of the text of `Fn::Sub`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part<'t> {
    /// Text as it stands.
    Literal(&'t str),
    /// The name within `${…}`.
    Name(&'t str),
    /// What `${!…}` stands for: the same without the exclamation mark.
    Escaped(&'t str),
}

/// The parts of the text of `Fn::Sub`.
pub(super) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else {
            break;
        };
        parts.push(Part::Literal(before));
        parts.push(match name.strip_prefix('!') {
            Some(escaped) => Part::Escaped(escaped),
            None => Part::Name(name.trim()),
        });
        rest = behind;
    }
    parts.push(Part::Literal(rest));
    parts.retain(|part| *part != Part::Literal(""));
    parts
}

impl Instance<'_, '_> {
    /// `Fn::Sub`.
    pub(super) fn sub(&self, argument: &Node, place: Place, spot: Spot) -> Val {
        let usage = "`Fn::Sub` takes a text, or a text and a map";
        if argument.call().is_some() {
            let value = self.evaluate(argument, spot);
            return match value.why_unknown() {
                Some(_) => value,
                None => self.wrong(argument.place, usage),
            };
        }
        let (text, variables) = match (argument.text(), argument.items()) {
            (Some(text), _) => (text, &[][..]),
            (None, Some([text, variables])) => match (text.text(), variables.entries()) {
                (Some(text), Some(variables)) => (text, variables),
                _ => return self.wrong(argument.place, usage),
            },
            (None, Some([text])) => match text.text() {
                Some(text) => (text, &[][..]),
                None => return self.wrong(argument.place, usage),
            },
            (None, Some(_) | None) => return self.wrong(argument.place, usage),
        };
        let variables: BTreeMap<&str, &Node> = variables
            .iter()
            .map(|variable| (variable.key.as_str(), &variable.value))
            .collect();
        let mut pieces = Vec::new();
        let mut found: BTreeMap<&str, Piece> = BTreeMap::new();
        for part in parts(text) {
            match part {
                Part::Literal(text) => pieces.push(Piece::Text(text.into())),
                Part::Escaped(text) => pieces.push(Piece::Text(format!("${{{text}}}").into())),
                Part::Name("") => pieces.push(Piece::Text("${}".into())),
                Part::Name(name) => {
                    let known = found.get(name).cloned();
                    let piece = known.unwrap_or_else(|| match variables.get(name) {
                        Some(variable) => self.text(variable, spot),
                        None => self.named(name, argument.place, spot),
                    });
                    found.insert(name, piece.clone());
                    pieces.push(piece);
                }
            }
        }
        Val::placed(joined(pieces, place), Some(place))
    }

    /// What `${name}` gives: a parameter, a resource, an attribute of one.
    fn named(&self, name: &str, place: Place, spot: Spot) -> Piece {
        let value = match name.split_once('.') {
            Some((id, attribute)) => self.resource_attribute(id, attribute, place),
            None => self.reference_to(name, place, spot),
        };
        piece_of(&value).unwrap_or_else(|kind| {
            let message = format!("`{name}` is a {kind} and cannot stand in a text");
            self.work.error(place, message.clone(), "it is taken as unknown");
            Piece::Unknown(message.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, parts};

    #[test]
    fn the_text_of_sub_has_names_and_escapes() {
        use Part::{Escaped, Literal, Name};
        let cases = [
            (
                "a-${B}-${C.Arn}",
                vec![Literal("a-"), Name("B"), Literal("-"), Name("C.Arn")],
            ),
            ("${!B}$", vec![Escaped("B"), Literal("$")]),
            ("${ AWS::Region }", vec![Name("AWS::Region")]),
            ("${open", vec![Literal("${open")]),
            ("", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(parts(text), expected, "{text}");
        }
    }
}
