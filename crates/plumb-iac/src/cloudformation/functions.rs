//! The functions of templates.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::conditions::Truth;
use super::evaluate::Spot;
use super::instance::Instance;
use super::substitution::{Piece, joined, known_text};
use super::tree::Node;
use super::{cidr, scalar};
use crate::place::Place;
use crate::val::{Kind, Val};

/// How many parts a text is split into at most.
const MAX_PARTS: usize = 10_000;

/// The names of functions behind `Fn::` that have a short form with `!`.
const SHORT: [&str; 25] = [
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
    "GetStackOutput",
];

/// The long name of a short function; `None` when there is no such function.
pub(super) fn long_name(short: &str) -> Option<String> {
    match short {
        "Ref" | "Condition" => Some(short.to_owned()),
        _ if SHORT.contains(&short) => Some(format!("Fn::{short}")),
        _ => None,
    }
}

impl Instance<'_, '_> {
    /// The value of a function by its long name.
    pub(super) fn call(&self, function: &str, argument: &Node, place: Place, spot: Spot) -> Val {
        match function {
            "Ref" => self.reference(argument, spot),
            "Fn::GetAtt" => self.attribute(argument, spot),
            "Fn::FindInMap" => self.find_in_map(argument, spot),
            "Fn::Sub" => self.sub(argument, place, spot),
            "Fn::If" => self.choice(argument, spot),
            "Fn::Join" => self.join(argument, place, spot),
            "Fn::Split" => self.split(argument, spot),
            "Fn::Select" => self.select(argument, spot),
            "Fn::Base64" => self.base64(argument, spot),
            "Fn::Cidr" => self.cidr(argument, spot),
            "Fn::Length" => self.length(argument, spot),
            "Fn::ToJsonString" => {
                let value = self.evaluate(argument, spot);
                match value.why_unknown() {
                    Some(_) => value,
                    None => Val::placed(Kind::Json(value.into()), Some(place)),
                }
            }
            "Fn::GetAZs" => Val::unknown("availability zones are known only to the account"),
            "Fn::ImportValue" => Val::unknown("another stack exports it"),
            "Fn::GetStackOutput" => Val::unknown("another stack gives it"),
            "Fn::Transform" => Val::unknown("a macro makes it"),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                match self.truth(&Node::call_at(place, function, argument.clone())) {
                    Truth::True => Val::new(Kind::Bool(true)),
                    Truth::False => Val::new(Kind::Bool(false)),
                    Truth::Unknown(why) => Val::unknown(why),
                }
            }
            _ => self.wrong(place, format!("unknown function `{function}`")),
        }
    }

    /// Tells that something is wrong; what is unknown because of it.
    pub(super) fn wrong(&self, place: Place, message: impl Into<String>) -> Val {
        self.work.wrong(place, message)
    }

    /// The text that a node is where text is asked for; scalars as they are written.
    pub(super) fn text(&self, node: &Node, spot: Spot) -> Piece {
        self.piece(node, spot).unwrap_or_else(|| {
            let message = "text is expected, this is nothing";
            self.work.error(node.place, message, "it is taken as unknown");
            Piece::Unknown(message.into(), None)
        })
    }

    /// The same; `None` for nothing, as a choice of `AWS::NoValue` is.
    fn piece(&self, node: &Node, spot: Spot) -> Option<Piece> {
        let value = match node.text() {
            Some(text) => known_text(Kind::String(text.clone()), None),
            None => self.evaluate(node, spot),
        };
        if value.is_null() {
            return None;
        }
        Some(piece_of(&value).unwrap_or_else(|kind| {
            let message = format!("text is expected, this is a {kind}");
            self.work
                .error(node.place, message.clone(), "it is taken as unknown");
            Piece::Unknown(message.into(), None)
        }))
    }

    fn join(&self, argument: &Node, place: Place, spot: Spot) -> Val {
        let Some([separator, list]) = argument.items() else {
            return self.wrong(argument.place, "`Fn::Join` takes a separator and a list");
        };
        let separator = self.text(separator, spot);
        let parts: Vec<Piece> = match list.items() {
            Some(items) => items.iter().filter_map(|item| self.piece(item, spot)).collect(),
            None => {
                let value = self.evaluate(list, spot);
                let Some(items) = value.as_list() else {
                    return self.no_list(&value, list, "`Fn::Join` takes a separator and a list");
                };
                let parts: Result<Vec<Piece>, _> = items.iter().map(piece_of).collect();
                match parts {
                    Ok(parts) => parts,
                    Err(kind) => {
                        return self.wrong(list.place, format!("`Fn::Join` joins text, not a {kind}"));
                    }
                }
            }
        };
        let mut pieces = Vec::with_capacity(parts.len() * 2);
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                pieces.push(separator.clone());
            }
            pieces.push(part);
        }
        joined(pieces, place)
    }

    fn split(&self, argument: &Node, spot: Spot) -> Val {
        let Some([separator, text]) = argument.items() else {
            return self.wrong(argument.place, "`Fn::Split` takes a separator and a text");
        };
        let place = text.place;
        match (self.text(separator, spot), self.text(text, spot)) {
            (Piece::Text(separator), _) if separator.is_empty() => {
                self.wrong(argument.place, "`Fn::Split` takes a separator that is not empty")
            }
            (Piece::Text(separator), Piece::Text(text)) => {
                let parts = text.split(separator.as_str()).take(MAX_PARTS + 1);
                let parts: Vec<Val> = parts
                    .map(|part| Val::placed(Kind::String(part.into()), Some(place)))
                    .collect();
                if parts.len() > MAX_PARTS {
                    return self.wrong(
                        argument.place,
                        format!("`Fn::Split` gives more than {MAX_PARTS} parts"),
                    );
                }
                Val::list(parts)
            }
            (Piece::Unknown(why, _), _) | (_, Piece::Unknown(why, _)) => Val::unknown(why),
        }
    }

    fn select(&self, argument: &Node, spot: Spot) -> Val {
        let usage = "`Fn::Select` takes an index and a list";
        let Some([index, list]) = argument.items() else {
            return self.wrong(argument.place, usage);
        };
        let index = match self.text(index, Spot::DECISION) {
            Piece::Text(index) => index,
            Piece::Unknown(why, _) => return Val::unknown(why),
        };
        let value = self.evaluate(list, spot);
        let Some(items) = value.as_list() else {
            return self.no_list(&value, list, usage);
        };
        match index.parse::<usize>().ok().and_then(|index| items.get(index)) {
            Some(item) => item.clone(),
            None => self.wrong(
                argument.place,
                format!("there is no item `{index}` in a list of {}", items.len()),
            ),
        }
    }

    fn base64(&self, argument: &Node, spot: Spot) -> Val {
        match self.text(argument, spot) {
            Piece::Text(text) => Val::string(STANDARD.encode(text.as_bytes())),
            // What is known is searched for secrets, which does not need the encoding.
            Piece::Unknown(why, partial) => Val {
                partial,
                ..Val::unknown(why)
            },
        }
    }

    fn cidr(&self, argument: &Node, spot: Spot) -> Val {
        let usage = "`Fn::Cidr` takes a block of addresses, a count and the bits for hosts";
        let (block, count, bits) = match argument.items() {
            Some([block, count]) => (block, count, None),
            Some([block, count, bits]) => (block, count, Some(bits)),
            Some(_) | None => return self.wrong(argument.place, usage),
        };
        let (block, count) = (self.text(block, spot), self.text(count, spot));
        let bits = bits.map(|bits| self.text(bits, spot));
        let (block, count, bits) = match (block, count, bits) {
            (Piece::Unknown(why, _), _, _)
            | (_, Piece::Unknown(why, _), _)
            | (_, _, Some(Piece::Unknown(why, _))) => {
                return Val::unknown(why);
            }
            (Piece::Text(block), Piece::Text(count), Some(Piece::Text(bits))) => (block, count, bits),
            (Piece::Text(_), Piece::Text(_), None) => {
                return Val::unknown("`Fn::Cidr` is not told how many bits hosts have");
            }
        };
        let (Ok(count), Ok(bits)) = (count.parse(), bits.parse()) else {
            return self.wrong(argument.place, usage);
        };
        match cidr::split(&block, count, bits) {
            Ok(blocks) => Val::list(
                blocks
                    .into_iter()
                    .map(|block| Val::placed(Kind::String(block.into()), Some(argument.place)))
                    .collect(),
            ),
            Err(message) => self.wrong(argument.place, message),
        }
    }

    fn length(&self, argument: &Node, spot: Spot) -> Val {
        let value = self.evaluate(argument, spot);
        let Some(items) = value.as_list() else {
            return self.no_list(&value, argument, "`Fn::Length` takes a list");
        };
        Val::new(Kind::Int(i64::try_from(items.len()).unwrap_or(i64::MAX)))
    }

    /// What a value is that should be a list: unknown if it is, else a mistake.
    fn no_list(&self, value: &Val, node: &Node, usage: &str) -> Val {
        match value.why_unknown() {
            Some(why) => Val::unknown(why.clone()),
            None => self.wrong(node.place, format!("{usage}, this is a {}", value.kind_name())),
        }
    }
}

/// A value as a piece of a text.
///
/// # Errors
/// The kind of a value that is no text.
pub(super) fn piece_of(value: &Val) -> Result<Piece, &'static str> {
    match &value.kind {
        Kind::Unknown(why) => Ok(Piece::Unknown(why.clone(), value.partial.clone())),
        Kind::Json(_) => Ok(Piece::Unknown(
            "a JSON text within a text is not followed".into(),
            None,
        )),
        Kind::Null | Kind::List(_) | Kind::Map(_) => Err(value.kind_name()),
        Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_) => match scalar::text_of(value) {
            Some(text) => Ok(Piece::Text(text.into())),
            None => Err(value.kind_name()),
        },
    }
}
