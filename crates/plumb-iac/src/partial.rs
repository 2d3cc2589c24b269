//! `Partial`: a text of which pieces are not known, and what is known of it all the same.

use std::sync::Arc;

use plumb_model::value::Text;
use serde_json::Value;

use crate::json_text;
use crate::place::Place;
use crate::val::{Kind, Val, Why};

/// A text with holes. A hole may have a name: holes of one name are the same text in all of a root.
///
/// Holes are written into the text between characters for private use that no code needs; a text in which code has one itself is
/// never made a `Partial`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Partial(Arc<Box<str>>);

/// Whether a hole may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// It may.
    Anything,
    /// It is a name or an address that the cloud gives.
    NoSecret,
}

const OPEN: char = '\u{F0000}';
const CLOSE: char = '\u{F0001}';
const NO_SECRET: char = '\u{F0002}';

/// What begins the name of a hole in which the cloud puts what stands elsewhere: there is something, whatever it is.
pub(crate) const RESOLVED: &str = "{{resolve:";

/// What stands for a hole where a text is read by people or searched: a reference, as templates write them.
const STAND_IN: &str = "${unknown}";

impl Partial {
    fn new(text: String) -> Self {
        // A slim pointer: every value has room for one.
        Self(Arc::new(text.into_boxed_str()))
    }

    /// One hole and nothing else.
    pub fn named(name: &str, holds: Holds) -> Self {
        let mut text = String::from(OPEN);
        if holds == Holds::NoSecret {
            text.push(NO_SECRET);
        }
        // What would end a text in JSON stays out, since holes stand in such texts.
        let harmless = name
            .chars()
            .filter(|c| !c.is_control() && !['"', '\\', OPEN, CLOSE, NO_SECRET].contains(c));
        text.extend(harmless);
        text.push(CLOSE);
        Self::new(text)
    }

    /// The text with its holes, for comparison with others.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every hole has a name, so that an equal text has an equal value.
    pub fn is_named(&self) -> bool {
        !self.0.contains("\u{F0000}\u{F0001}") && !self.0.contains("\u{F0000}\u{F0002}\u{F0001}")
    }

    /// What is known before the first hole.
    pub fn beginning(&self) -> &str {
        self.0.split(OPEN).next().unwrap_or_default()
    }

    /// The known pieces in their order, with a reference in the place of each hole.
    pub fn searchable(&self) -> String {
        let mut text = String::with_capacity(self.0.len());
        for piece in self.0.split(OPEN) {
            match piece.split_once(CLOSE) {
                Some((_, known)) => {
                    text.push_str(STAND_IN);
                    text.push_str(known);
                }
                None => text.push_str(piece),
            }
        }
        text
    }

    /// Whether it is certain that the text is not empty.
    pub fn is_something(&self) -> bool {
        self.0.split(OPEN).any(|piece| {
            let known = piece.split_once(CLOSE).map_or(piece, |(_, known)| known);
            !known.is_empty() || piece.starts_with(RESOLVED)
        })
    }

    /// Whether no hole can hold a secret.
    pub fn hides_no_secret(&self) -> bool {
        self.0
            .split(OPEN)
            .skip(1)
            .all(|piece| piece.starts_with(NO_SECRET))
    }

    /// Whether a text has characters that stand for holes.
    fn is_foreign(text: &str) -> bool {
        text.contains([OPEN, CLOSE, NO_SECRET])
    }
}

/// Whether a piece of a [`Partial`] has a hole.
pub(crate) fn has_hole(text: &str) -> bool {
    text.contains(OPEN)
}

/// Puts a text together of pieces that are known or not.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    text: String,
    why: Option<Why>,
    foreign: bool,
}

impl Writer {
    /// Adds known text.
    pub(crate) fn text(&mut self, text: &str) {
        self.foreign |= Partial::is_foreign(text);
        self.text.push_str(text);
    }

    /// Adds a piece that is not known, or known in part.
    pub(crate) fn unknown(&mut self, why: &Why, partial: Option<&Partial>) {
        self.why.get_or_insert_with(|| why.clone());
        match partial {
            Some(partial) => self.text.push_str(partial.as_str()),
            None => self.text.extend([OPEN, CLOSE]),
        }
    }

    /// How long it is by now.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The value. JSON of which a piece is not known stays known in its other parts.
    pub(crate) fn finish(self, place: Option<Place>) -> Val {
        let Some(why) = self.why else {
            return Val::placed(Kind::String(Text::from(self.text)), place);
        };
        if self.foreign {
            return Val::placed(Kind::Unknown(why), place);
        }
        if self.text.trim_start().starts_with(['{', '['])
            && let Ok(json) = json_text::read(&self.text)
        {
            return Val::placed(Kind::Json(Arc::new(with_holes(json, &why, place))), place);
        }
        let mut val = Val::placed(Kind::Unknown(why), place);
        val.partial = Some(Partial::new(self.text));
        val
    }
}

fn with_holes(json: Value, why: &Why, place: Option<Place>) -> Val {
    let kind = match json {
        Value::Null => Kind::Null,
        Value::Bool(truth) => Kind::Bool(truth),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Kind::Int(int),
            (None, Some(float)) => Kind::Float(float),
            (None, None) => Kind::String(number.to_string().into()),
        },
        Value::String(text) if text.contains(OPEN) => {
            let mut val = Val::placed(Kind::Unknown(why.clone()), place);
            val.partial = Some(Partial::new(text));
            return val;
        }
        Value::String(text) => Kind::String(text.into()),
        Value::Array(items) => {
            let items = items.into_iter().map(|item| with_holes(item, why, place));
            Kind::List(Arc::new(items.collect()))
        }
        Value::Object(fields) if fields.keys().any(|key| key.contains(OPEN)) => Kind::Unknown(why.clone()),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let fields = fields.map(|(key, value)| (Text::from(key), with_holes(value, why, place)));
            return Val::map(fields.collect()).or_placed(place);
        }
    };
    Val::placed(kind, place)
}

#[cfg(test)]
mod tests {
    use super::{Holds, Partial, Writer};
    use crate::val::{Val, Why};

    fn written(pieces: &[Result<&str, Option<&str>>]) -> Val {
        let mut writer = Writer::default();
        for piece in pieces {
            match piece {
                Ok(text) => writer.text(text),
                Err(name) => {
                    let partial = name.map(|name| Partial::named(name, Holds::Anything));
                    writer.unknown(&Why::from("why"), partial.as_ref());
                }
            }
        }
        writer.finish(None)
    }

    #[test]
    fn texts_with_holes_of_equal_names_are_equal() {
        let partial = |pieces: &[Result<&str, Option<&str>>]| written(pieces).partial.unwrap();
        let a = partial(&[Ok("x-"), Err(Some("var.n"))]);
        assert_eq!(a, partial(&[Ok("x"), Ok("-"), Err(Some("var.n"))]));
        assert_ne!(a, partial(&[Ok("x-"), Err(Some("var.m"))]));
        assert_ne!(a, partial(&[Ok("x-var.n"), Err(None)]));
        assert!(a.is_named());
        assert!(!partial(&[Ok("x-"), Err(None)]).is_named());
        assert_eq!(a.searchable(), "x-${unknown}");
        assert!(!a.hides_no_secret());
        assert!(Partial::named("AWS::StackId", Holds::NoSecret).hides_no_secret());
    }

    #[test]
    fn a_text_is_something_where_a_piece_or_what_is_put_there_is() {
        for (pieces, expected) in [
            (vec![Ok("x"), Err(None)], true),
            (vec![Err(Some("n")), Ok("x")], true),
            (vec![Err(Some("n"))], false),
            (vec![Err(Some("n")), Err(None)], false),
            (vec![Err(Some("{{resolve:ssm:n}}"))], true),
        ] {
            let partial = written(&pieces).partial.unwrap();
            assert_eq!(partial.is_something(), expected, "{pieces:?}");
        }
    }

    #[test]
    fn json_is_known_beside_its_holes() {
        for (pieces, expected) in [
            (
                vec![Ok(r#"{"a": "x"#), Err(Some("n")), Ok(r#"", "b": [1]}"#)],
                "json({a: ?(why), b: [1]})",
            ),
            // A hole that is no part of a text leaves nothing certain.
            (vec![Ok(r#"{"a": "#), Err(Some("n")), Ok("}")], "?(why)"),
            // Code that has the characters of holes itself.
            (vec![Ok("{\"a\": \"\u{F0000}\"}"), Err(Some("n"))], "?(why)"),
            (vec![Ok("a"), Ok("b")], "\"ab\""),
        ] {
            assert_eq!(written(&pieces).to_string(), expected);
        }
        let foreign = written(&[Ok("\u{F0001}"), Err(Some("n"))]);
        assert_eq!(foreign.partial, None);
    }
}
