//! Questions between two patterns: do they overlap, does one cover the other.

use super::{Glob, Piece, Reach, Shape, set, skip_stars};

impl Glob {
    /// Whether some text is matched by both patterns.
    pub fn overlaps(&self, other: &Self) -> bool {
        if !self.folds_case
            && !other.folds_case
            && let Some(known) = self
                .overlaps_simply(other)
                .or_else(|| other.overlaps_simply(self))
        {
            return known;
        }
        let (own, other) = (self.pieces(), other.pieces());
        let width = other.len() + 1;
        // `row[j]`: some common text leads to the current position here and to `j` there.
        let mut row = vec![false; width];
        set(&mut row, 0);
        close_row(&mut row, None, &other);
        for piece in &*own {
            let above = row;
            row = vec![false; width];
            if matches!(piece, Piece::Many(_)) {
                row.clone_from(&above);
            }
            for (at, theirs) in other.iter().enumerate() {
                if above.get(at) == Some(&true) && piece.meets(*theirs) {
                    set(&mut row, at + 1);
                    if matches!(theirs, Piece::Many(_)) {
                        set(&mut row, at);
                    }
                }
            }
            close_row(&mut row, Some(*piece), &other);
        }
        row.last() == Some(&true)
    }

    /// Whether the patterns overlap, where `other` is a text or all that begins with one; `None` when that tells too little.
    fn overlaps_simply(&self, other: &Self) -> Option<bool> {
        match &other.shape {
            Shape::Literal(text) => Some(self.matches(text)),
            Shape::Everything => Some(true),
            Shape::Prefix(text) => self.meets_prefix(text),
            Shape::Greedy(_) | Shape::Parallel(_) => None,
        }
    }

    /// Whether the pattern matches some text that begins like this; `None` when its first wildcard does not take all.
    fn meets_prefix(&self, prefix: &str) -> Option<bool> {
        let either = |own: &str| own.starts_with(prefix) || prefix.starts_with(own);
        let pieces = match &self.shape {
            Shape::Everything => return Some(true),
            Shape::Literal(own) => return Some(own.starts_with(prefix)),
            Shape::Prefix(own) => return Some(either(own)),
            Shape::Greedy(pieces) | Shape::Parallel(pieces) => pieces,
        };
        let mut chars = prefix.chars();
        for piece in pieces {
            match (piece, chars.next()) {
                // What is left can be met by what follows the prefix.
                (_, None) | (Piece::Many(Reach::Anywhere), _) => return Some(true),
                (Piece::Char(own), Some(char)) if *own == char => {}
                (Piece::Char(_), Some(_)) => return Some(false),
                (Piece::One(_) | Piece::Many(Reach::Segment), Some(_)) => return None,
            }
        }
        None
    }

    /// Whether every text that `other` matches is matched here; a `false` may be wrong for odd patterns, a `true` never.
    pub fn covers(&self, other: &Self) -> bool {
        let (pieces, narrower) = (self.pieces(), other.pieces());
        let width = pieces.len() + 1;
        let mut row = vec![false; width];
        set(&mut row, 0);
        skip_stars(&pieces, &mut row);
        for theirs in &*narrower {
            let mut next = vec![false; width];
            for (at, own) in pieces.iter().enumerate() {
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
            skip_stars(&pieces, &mut row);
        }
        row.last() == Some(&true)
    }
}

/// Within one row: a `*` there may be passed for nothing, and a `*` here takes what there stands.
fn close_row(row: &mut [bool], piece: Option<Piece>, other: &[Piece]) {
    for (at, theirs) in other.iter().enumerate() {
        let skips = matches!(theirs, Piece::Many(_));
        let taken = matches!(piece, Some(own @ Piece::Many(_)) if own.meets(*theirs));
        if row.get(at) == Some(&true) && (skips || taken) {
            set(row, at + 1);
        }
    }
}

impl Piece {
    /// Whether some character is taken by both.
    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(own), other) => other.takes(own),
            (own, Self::Char(char)) => own.takes(char),
            (Self::One(_) | Self::Many(_), Self::One(_) | Self::Many(_)) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::Style;

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
            ("ab", "a*", true),
            ("a", "ab*", false),
            ("a*", "ab*", true),
            ("ab*", "a*", true),
            ("ab*", "ac*", false),
            ("ab*d*", "a*", true),
            ("a*d", "abc*", true),
            ("b*d", "abc*", false),
            ("a?c*", "ab*", true),
            ("a?c*", "b*", false),
            ("a?c", "abc", true),
            ("a?c", "abd", false),
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
                proptest::prop_assert_eq!(super::super::parallel(&left.pieces(), &text), by_left);
            }
        }
    }
}
