//! `Glob`: patterns of `*` and `?` with the colon rules of ARNs, and questions between two patterns.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html> (wildcards
//! within ARN segments) and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>.

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

    /// Whether some character is taken by both.
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(own), other) => other.takes(own),
            (own, Self::Char(char)) => own.takes(char),
            (Self::One(_) | Self::Many(_), Self::One(_) | Self::Many(_)) => true,
        }
    }
}

/// A compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Glob {
    pieces: Box<[Piece]>,
    shape: Shape,
    folds_case: bool,
}

/// Forms that need no walk over the pieces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Shape {
    Everything,
    Literal(Box<str>),
    Prefix(Box<str>),
    /// Every `*` may match colons, so that falling back to the last one is enough.
    Greedy,
    /// Some `*` stays in its segment: all positions are followed at once.
    Parallel,
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
        let pieces = with_reach(&symbols, style);
        Self {
            shape: shape(&pieces),
            pieces,
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
            Shape::Greedy => self.greedy(text),
            Shape::Parallel => self.parallel(text),
        }
    }

    /// The text, when the pattern has no wildcard.
    pub fn literal(&self) -> Option<&str> {
        match &self.shape {
            Shape::Literal(literal) => Some(literal),
            Shape::Everything | Shape::Prefix(_) | Shape::Greedy | Shape::Parallel => None,
        }
    }

    /// The text before the first wildcard.
    pub fn prefix(&self) -> String {
        self.pieces
            .iter()
            .map_while(|piece| match piece {
                Piece::Char(char) => Some(*char),
                Piece::One(_) | Piece::Many(_) => None,
            })
            .collect()
    }

    /// Whether some text is matched by both patterns.
    pub fn overlaps(&self, other: &Self) -> bool {
        let width = other.pieces.len() + 1;
        // `row[j]`: some common text leads to the current position here and to `j` there.
        let mut row = vec![false; width];
        set(&mut row, 0);
        self.close_row(&mut row, None, other);
        for piece in &self.pieces {
            let above = row;
            row = vec![false; width];
            if matches!(piece, Piece::Many(_)) {
                row.clone_from(&above);
            }
            for (at, theirs) in other.pieces.iter().enumerate() {
                if above.get(at) == Some(&true) && piece.meets(*theirs) {
                    set(&mut row, at + 1);
                    if matches!(theirs, Piece::Many(_)) {
                        set(&mut row, at);
                    }
                }
            }
            self.close_row(&mut row, Some(*piece), other);
        }
        row.last() == Some(&true)
    }

    /// Within one row: a `*` there may be passed for nothing, and a `*` here takes what there stands.
    fn close_row(&self, row: &mut [bool], piece: Option<Piece>, other: &Self) {
        for (at, theirs) in other.pieces.iter().enumerate() {
            let skips = matches!(theirs, Piece::Many(_));
            let taken = matches!(piece, Some(own @ Piece::Many(_)) if own.meets(*theirs));
            if row.get(at) == Some(&true) && (skips || taken) {
                set(row, at + 1);
            }
        }
    }

    /// Whether every text that `other` matches is matched here; a `false` may be wrong for odd patterns, a `true` never.
    pub fn covers(&self, other: &Self) -> bool {
        let width = self.pieces.len() + 1;
        let mut row = vec![false; width];
        set(&mut row, 0);
        self.skip_stars(&mut row);
        for theirs in &other.pieces {
            let mut next = vec![false; width];
            for (at, own) in self.pieces.iter().enumerate() {
                if row.get(at) != Some(&true) {
                    continue;
                }
                match (own, theirs) {
                    (Piece::Many(Reach::Anywhere), _)
                    | (
                        Piece::Many(Reach::Segment),
                        Piece::Many(Reach::Segment) | Piece::One(Reach::Segment),
                    ) => {
                        set(&mut next, at);
                    }
                    (Piece::Many(Reach::Segment), Piece::Char(char)) if *char != ':' => set(&mut next, at),
                    (Piece::One(Reach::Anywhere), Piece::One(_))
                    | (Piece::One(Reach::Segment), Piece::One(Reach::Segment)) => set(&mut next, at + 1),
                    (Piece::One(reach), Piece::Char(char)) if reach.takes(*char) => set(&mut next, at + 1),
                    (Piece::Char(own), Piece::Char(char)) if own == char => set(&mut next, at + 1),
                    (Piece::Char(_) | Piece::One(_) | Piece::Many(_), _) => {}
                }
            }
            row = next;
            self.skip_stars(&mut row);
        }
        row.last() == Some(&true)
    }

    fn skip_stars(&self, row: &mut [bool]) {
        for (at, own) in self.pieces.iter().enumerate() {
            if row.get(at) == Some(&true) && matches!(own, Piece::Many(_)) {
                set(row, at + 1);
            }
        }
    }

    fn greedy(&self, text: &str) -> bool {
        let mut chars = text.chars();
        let mut at = 0;
        let mut fallback: Option<(usize, Chars<'_>)> = None;
        loop {
            let piece = self.pieces.get(at);
            if let Some(Piece::Many(_)) = piece {
                at += 1;
                if at == self.pieces.len() {
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

    fn parallel(&self, text: &str) -> bool {
        let width = self.pieces.len() + 1;
        let mut row = vec![false; width];
        set(&mut row, 0);
        self.skip_stars(&mut row);
        for char in text.chars() {
            let mut next = vec![false; width];
            for (at, piece) in self.pieces.iter().enumerate() {
                if row.get(at) == Some(&true) && piece.takes(char) {
                    let stays = matches!(piece, Piece::Many(_));
                    set(&mut next, if stays { at } else { at + 1 });
                }
            }
            row = next;
            self.skip_stars(&mut row);
        }
        row.last() == Some(&true)
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

fn shape(pieces: &[Piece]) -> Shape {
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
    match (pieces, wildcards) {
        (_, 0) => Shape::Literal(text()),
        ([Piece::Many(Reach::Anywhere)], _) => Shape::Everything,
        ([.., Piece::Many(Reach::Anywhere)], 1) => Shape::Prefix(text()),
        _ if pieces.contains(&Piece::Many(Reach::Segment)) => Shape::Parallel,
        _ => Shape::Greedy,
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
    fn patterns_overlap_when_a_text_matches_both() {
        for (left, right, expected) in [
            ("s3:*", "*:get*", true),
            ("s3:get*", "s3:put*", false),
            ("*a*", "b?b", true),
            ("*a*", "bb", false),
            ("a*", "*b", true),
            ("", "?", false),
            ("", "*", true),
            ("a*b", "*c", false),
        ] {
            let (left, right) = (Glob::new(left, Style::Text), Glob::new(right, Style::Text));
            assert_eq!(left.overlaps(&right), expected, "{left:?} {right:?}");
            assert_eq!(right.overlaps(&left), expected, "{right:?} {left:?}");
        }
    }

    #[test]
    fn a_pattern_covers_narrower_ones() {
        for (wide, narrow, expected) in [
            ("s3:*", "s3:get*", true),
            ("s3:get*", "s3:*", false),
            ("*", "*", true),
            ("a?c", "abc", true),
            ("a*c", "a?c", true),
            ("a?c", "a*c", false),
            ("*b*", "abc", true),
        ] {
            let covers = Glob::new(wide, Style::Text).covers(&Glob::new(narrow, Style::Text));
            assert_eq!(covers, expected, "{wide} {narrow}");
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

    proptest::proptest! {
        #[test]
        fn overlap_and_cover_agree_with_matching(left in "[ab:*?]{0,6}", right in "[ab:*?]{0,6}", text in "[ab:]{0,6}") {
            for style in [Style::Text, Style::Resource, Style::Arn] {
                let (left, right) = (Glob::new(&left, style), Glob::new(&right, style));
                proptest::prop_assert_eq!(left.overlaps(&right), right.overlaps(&left));
                let (by_left, by_right) = (left.matches(&text), right.matches(&text));
                if by_left && by_right {
                    proptest::prop_assert!(left.overlaps(&right));
                }
                if left.covers(&right) && by_right {
                    proptest::prop_assert!(by_left);
                }
                proptest::prop_assert_eq!(left.parallel(&text), by_left);
            }
        }
    }
}
