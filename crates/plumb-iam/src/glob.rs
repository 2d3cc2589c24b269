//! `Glob`: patterns of `*` and `?` with the colon rules of ARNs.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html> (wildcards
//! within ARN segments) and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>.

mod after;
pub mod cells;
mod common;
mod parts;
mod relation;

use std::borrow::Cow;
use std::str::Chars;

/// How wildcards are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// No wildcards, case counts.
    Exact,
    /// No wildcards, case does not count.
    ExactIgnoreCase,
    /// Wildcards match any text; case counts (`StringLike`).
    Text,
    /// Wildcards match any text; case does not count (actions).
    Action,
    /// A wildcard inside one of the first five segments stays in it, unless it ends the segment (`Resource`).
    Resource,
    /// A wildcard in one of the first five segments stays in it (`ArnLike`).
    Arn,
}

/// Whether a wildcard may match a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Reach {
    Segment,
    Anywhere,
}

impl Reach {
    fn takes(self, char: char) -> bool {
        match self {
            Self::Segment => char != ':',
            Self::Anywhere => true,
        }
    }
}

/// One element of a pattern before its reach is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    /// This character.
    Char(char),
    /// Any one character.
    One,
    /// Any text.
    Many,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Piece {
    Char(char),
    One(Reach),
    Many(Reach),
}

impl Piece {
    fn takes(self, char: char) -> bool {
        match self {
            Self::Char(own) => own == char,
            Self::One(reach) | Self::Many(reach) => reach.takes(char),
        }
    }
}

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob {
    shape: Shape,
    folds_case: bool,
}

/// The common forms are kept as text, which is small and needs no walk over pieces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shape {
    Everything,
    Literal(Box<str>),
    Prefix(Box<str>),
    /// Every `*` may match colons, so that falling back to the last one is enough.
    Greedy(Box<[Piece]>),
    /// Some `*` stays in its segment: all positions are followed at once.
    Parallel(Box<[Piece]>),
}

impl Glob {
    /// Compiles a pattern.
    pub fn new(pattern: &str, style: Style) -> Self {
        let symbols = pattern.chars().map(|char| symbol(char, style)).collect();
        Self::from_symbols(symbols, style)
    }

    pub(crate) fn from_symbols(mut symbols: Vec<Symbol>, style: Style) -> Self {
        symbols.dedup_by(|next, kept| (*next, *kept) == (Symbol::Many, Symbol::Many));
        let folds_case = matches!(style, Style::Action | Style::ExactIgnoreCase);
        if folds_case {
            for symbol in &mut symbols {
                if let Symbol::Char(char) = symbol {
                    *char = char.to_ascii_lowercase();
                }
            }
        }
        Self {
            shape: shape(with_reach(&symbols, style)),
            folds_case,
        }
    }

    /// Whether the pattern matches `text`; the time is at most proportional to the product of both lengths.
    pub fn matches(&self, text: &str) -> bool {
        if self.folds_case && text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self.matches_folded(&text.to_ascii_lowercase());
        }
        self.matches_folded(text)
    }

    fn matches_folded(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Everything => true,
            Shape::Literal(literal) => **literal == *text,
            Shape::Prefix(prefix) => text.starts_with(&**prefix),
            Shape::Greedy(pieces) => greedy(pieces, text),
            Shape::Parallel(pieces) => parallel(pieces, text),
        }
    }

    /// The text, when the pattern has no wildcard.
    pub fn literal(&self) -> Option<&str> {
        match &self.shape {
            Shape::Literal(literal) => Some(literal),
            Shape::Everything | Shape::Prefix(_) | Shape::Greedy(_) | Shape::Parallel(_) => None,
        }
    }

    /// The text before the first wildcard.
    pub fn prefix(&self) -> Cow<'_, str> {
        match &self.shape {
            Shape::Everything => Cow::Borrowed(""),
            Shape::Literal(text) | Shape::Prefix(text) => Cow::Borrowed(text),
            Shape::Greedy(pieces) | Shape::Parallel(pieces) => Cow::Owned(
                pieces
                    .iter()
                    .map_while(|piece| match piece {
                        Piece::Char(char) => Some(*char),
                        Piece::One(_) | Piece::Many(_) => None,
                    })
                    .collect(),
            ),
        }
    }

    fn pieces(&self) -> Cow<'_, [Piece]> {
        let chars = |text: &str| text.chars().map(Piece::Char).collect::<Vec<_>>();
        let many = Piece::Many(Reach::Anywhere);
        match &self.shape {
            Shape::Everything => Cow::Owned(vec![many]),
            Shape::Literal(text) => Cow::Owned(chars(text)),
            Shape::Prefix(text) => Cow::Owned(chars(text).into_iter().chain([many]).collect()),
            Shape::Greedy(pieces) | Shape::Parallel(pieces) => Cow::Borrowed(pieces),
        }
    }
}

/// Falls back to the last `*` only, which is enough when every `*` matches all characters.
fn greedy(pieces: &[Piece], text: &str) -> bool {
    let mut chars = text.chars();
    let mut at = 0;
    let mut fallback: Option<(usize, Chars<'_>)> = None;
    loop {
        let piece = pieces.get(at);
        if let Some(Piece::Many(_)) = piece {
            at += 1;
            if at == pieces.len() {
                return true;
            }
            fallback = Some((at, chars.clone()));
            continue;
        }
        let mut ahead = chars.clone();
        match (piece, ahead.next()) {
            (None, None) => return true,
            (Some(piece), Some(char)) if piece.takes(char) => {
                chars = ahead;
                at += 1;
                continue;
            }
            (Some(_), None) => return false,
            (None | Some(_), Some(_)) => {}
        }
        let Some((after, from)) = &mut fallback else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        chars = from.clone();
        at = *after;
    }
}

/// Follows all positions at once.
fn parallel(pieces: &[Piece], text: &str) -> bool {
    let width = pieces.len() + 1;
    let mut row = vec![false; width];
    set(&mut row, 0);
    skip_stars(pieces, &mut row);
    for char in text.chars() {
        let mut next = vec![false; width];
        for (at, piece) in pieces.iter().enumerate() {
            if row.get(at) == Some(&true) && piece.takes(char) {
                let stays = matches!(piece, Piece::Many(_));
                set(&mut next, if stays { at } else { at + 1 });
            }
        }
        row = next;
        skip_stars(pieces, &mut row);
    }
    row.last() == Some(&true)
}

/// A `*` may match nothing.
fn skip_stars(pieces: &[Piece], row: &mut [bool]) {
    for (at, piece) in pieces.iter().enumerate() {
        if row.get(at) == Some(&true) && matches!(piece, Piece::Many(_)) {
            set(row, at + 1);
        }
    }
}

pub(crate) fn symbol(char: char, style: Style) -> Symbol {
    match (style, char) {
        (Style::Text | Style::Action | Style::Resource | Style::Arn, '*') => Symbol::Many,
        (Style::Text | Style::Action | Style::Resource | Style::Arn, '?') => Symbol::One,
        (Style::Exact | Style::ExactIgnoreCase, _)
        | (Style::Text | Style::Action | Style::Resource | Style::Arn, _) => Symbol::Char(char),
    }
}

fn set(row: &mut [bool], at: usize) {
    if let Some(cell) = row.get_mut(at) {
        *cell = true;
    }
}

/// The colons before the resource part of an ARN.
const COLONS: usize = 5;

fn with_reach(symbols: &[Symbol], style: Style) -> Box<[Piece]> {
    let mut colons = 0;
    let piece = |(at, symbol): (usize, &Symbol)| {
        let ends_segment = || matches!(symbols.get(at + 1), None | Some(Symbol::Char(':')));
        let reach = |ends_segment: bool| match style {
            Style::Exact | Style::ExactIgnoreCase | Style::Text | Style::Action => Reach::Anywhere,
            Style::Resource if colons >= COLONS || ends_segment => Reach::Anywhere,
            Style::Arn if colons >= COLONS || symbols.len() == 1 => Reach::Anywhere,
            Style::Resource | Style::Arn => Reach::Segment,
        };
        match symbol {
            Symbol::Many => Piece::Many(reach(ends_segment())),
            Symbol::One => Piece::One(reach(false)),
            Symbol::Char(char) => {
                colons += usize::from(*char == ':');
                Piece::Char(*char)
            }
        }
    };
    symbols.iter().enumerate().map(piece).collect()
}

fn shape(pieces: Box<[Piece]>) -> Shape {
    let wildcards = pieces
        .iter()
        .filter(|piece| !matches!(piece, Piece::Char(_)))
        .count();
    let text = || {
        pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Char(char) => Some(*char),
                Piece::One(_) | Piece::Many(_) => None,
            })
            .collect::<String>()
            .into_boxed_str()
    };
    match (&*pieces, wildcards) {
        (_, 0) => Shape::Literal(text()),
        ([Piece::Many(Reach::Anywhere)], _) => Shape::Everything,
        ([.., Piece::Many(Reach::Anywhere)], 1) => Shape::Prefix(text()),
        _ if pieces.contains(&Piece::Many(Reach::Segment)) => Shape::Parallel(pieces),
        _ => Shape::Greedy(pieces),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_follow_the_style() {
        use Style::{Action, Arn, Exact, ExactIgnoreCase, Resource, Text};
        for (style, pattern, text, expected) in [
            (Action, "s3:Get*", "S3:getObject", true),
            (Action, "s3:*Object", "s3:GetObject", true),
            (Action, "s3:*Object", "s3:GetObjectAcl", false),
            (Action, "s3:?etObject", "s3:GetObject", true),
            (Text, "a*b*c", "aXbYbZc", true),
            (Text, "a*b*c", "aXbYbZ", false),
            (Text, "A*", "abc", false),
            (Exact, "a*", "a*", true),
            (Exact, "a*", "ab", false),
            (ExactIgnoreCase, "Abc", "aBC", true),
            (Resource, "*", "arn:aws:s3:::b/k", true),
            (Resource, "arn:aws:s3:::b/*", "arn:aws:s3:::b/a:b:c", true),
            (Resource, "arn:aws:s3:::b/x*z", "arn:aws:s3:::b/x:z", true),
            (
                Resource,
                "arn:aws:sqs:*:queue",
                "arn:aws:sqs:eu-west-1:1:queue",
                true,
            ),
            (Resource, "arn:aws:sqs:e*t:1:q", "arn:aws:sqs:eu-west:1:q", true),
            (Resource, "arn:aws:sqs:e*1:q", "arn:aws:sqs:eu-west:1:q", false),
            (Arn, "arn:aws:sqs:*:1:q/*", "arn:aws:sqs:eu:9:s:1:q/d", false),
            (Arn, "arn:aws:sqs:*:1:q/*", "arn:aws:sqs:eu:1:q/d:e", true),
            (Arn, "arn:aws:iam::?:role/x", "arn:aws:iam:::::role/x", false),
            (Text, "", "", true),
            (Text, "?", "é", true),
        ] {
            assert_eq!(
                Glob::new(pattern, style).matches(text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn many_wildcards_stay_cheap() {
        let pattern = "*a".repeat(1_000) + "b";
        let text = "a".repeat(4_000);
        for style in [Style::Text, Style::Arn, Style::Resource] {
            assert!(!Glob::new(&pattern, style).matches(&text));
        }
    }
}
