//! `Fn::Sub`, and texts that are put together of pieces of which some are not known.

use std::collections::BTreeMap;

use plumb_model::value::Text;

use super::MAX_TEXT;
use super::evaluate::Spot;
use super::functions::piece_of;
use super::instance::Instance;
use super::tree::Node;
use crate::partial::{Holds, Partial, RESOLVED, Writer};
use crate::place::Place;
use crate::val::{Kind, Val, Why};

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(Text),
    /// Not known, with what is known of it all the same.
    Unknown(Why, Option<Partial>),
}

/// The text of pieces. JSON of which a piece is not known stays known in its other parts.
pub(super) fn joined(pieces: Vec<Piece>, place: Place) -> Val {
    let mut writer = Writer::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => write(&mut writer, &text),
            Piece::Unknown(why, partial) => writer.unknown(&why, partial.as_ref()),
        }
        if writer.len() > MAX_TEXT {
            let why = format!("the text is longer than {MAX_TEXT} bytes");
            return Val::placed(Kind::Unknown(why.into()), Some(place));
        }
    }
    writer.finish(Some(place))
}

/// A value of which the dynamic references are not known.
pub(super) fn known_text(kind: Kind, place: Option<Place>) -> Val {
    match &kind {
        Kind::String(text) if text.contains(RESOLVED) => {
            let mut writer = Writer::default();
            write(&mut writer, text);
            writer.finish(place)
        }
        Kind::String(_)
        | Kind::Null
        | Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Float(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Json(_)
        | Kind::Unknown(_) => Val::placed(kind, place),
    }
}

/// Adds a text, with a hole for each of its dynamic references: into the parameter store, to a secret. One that is written
/// twice is the same.
fn write(writer: &mut Writer, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(RESOLVED) {
        writer.text(before);
        let (reference, behind) = after.split_once("}}").unwrap_or((after, ""));
        let hole = Partial::named(&format!("{RESOLVED}{reference}}}}}"), Holds::Anything);
        writer.unknown(
            &"a dynamic reference is resolved at deployment".into(),
            Some(&hole),
        );
        rest = behind;
    }
    writer.text(rest);
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
        joined(pieces, place)
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
            Piece::Unknown(message.into(), None)
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
