//! A text that two patterns have in common: the name that a principal would choose to satisfy both.

use std::collections::VecDeque;

use super::{Glob, Piece};

/// What stands where both patterns leave the choice.
const ANY: char = 'x';

/// Positions in both patterns.
type Place = (usize, usize);

impl Glob {
    /// A shortest text that both patterns match; `None` when there is none.
    pub fn common_text(&self, other: &Self) -> Option<String> {
        let (own, theirs) = (self.prefix(), other.prefix());
        if !own.starts_with(&*theirs) && !theirs.starts_with(&*own) {
            return None;
        }
        let (own, theirs) = (self.pieces(), other.pieces());
        let end = (own.len(), theirs.len());
        let width = end.1 + 1;
        let index = |(own, theirs): Place| own * width + theirs;
        // For each place the one before it, and the character between.
        let mut before: Vec<Option<(Place, Option<char>)>> = vec![None; (end.0 + 1) * width];
        let mut open = VecDeque::from([(0, 0)]);
        let mut reached = vec![false; before.len()];
        super::set(&mut reached, 0);
        while let Some(place) = open.pop_front() {
            if place == end {
                return Some(spell(&before, index, end));
            }
            for (next, char) in steps(&own, &theirs, place) {
                let at = index(next);
                if reached.get(at) == Some(&false) {
                    super::set(&mut reached, at);
                    if let Some(slot) = before.get_mut(at) {
                        *slot = Some((place, char));
                    }
                    // Steps that spend no character come first, so that texts stay short.
                    match char {
                        Some(_) => open.push_back(next),
                        None => open.push_front(next),
                    }
                }
            }
        }
        None
    }
}

fn steps(own: &[Piece], theirs: &[Piece], (own_at, their_at): Place) -> Vec<(Place, Option<char>)> {
    let (own, theirs) = (own.get(own_at), theirs.get(their_at));
    let is_many = |piece: Option<&Piece>| matches!(piece, Some(Piece::Many(_)));
    let mut steps = Vec::new();
    if is_many(own) {
        steps.push(((own_at + 1, their_at), None));
    }
    if is_many(theirs) {
        steps.push(((own_at, their_at + 1), None));
    }
    if let (Some(own), Some(theirs)) = (own, theirs) {
        let char = match (own, theirs) {
            (Piece::Char(char), _) | (_, Piece::Char(char)) => *char,
            (Piece::One(_) | Piece::Many(_), Piece::One(_) | Piece::Many(_)) => ANY,
        };
        if own.takes(char) && theirs.takes(char) {
            let next = |at: usize, piece: &Piece| {
                if matches!(piece, Piece::Many(_)) {
                    at
                } else {
                    at + 1
                }
            };
            steps.push(((next(own_at, own), next(their_at, theirs)), Some(char)));
        }
    }
    steps
}

fn spell(
    before: &[Option<(Place, Option<char>)>],
    index: impl Fn(Place) -> usize,
    mut place: Place,
) -> String {
    let mut text = Vec::new();
    while let Some(Some((previous, char))) = before.get(index(place)) {
        text.extend(*char);
        place = *previous;
    }
    text.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::Style;

    proptest::proptest! {
        #[test]
        fn a_common_text_exists_where_patterns_overlap_and_both_match_it(left in "[ab:*?]{0,6}", right in "[ab:*?]{0,6}") {
            for style in [Style::Text, Style::Resource, Style::Arn] {
                let (left, right) = (Glob::new(&left, style), Glob::new(&right, style));
                let common = left.common_text(&right);
                proptest::prop_assert_eq!(common.is_some(), left.overlaps(&right));
                if let Some(text) = common {
                    proptest::prop_assert!(left.matches(&text) && right.matches(&text), "{:?} {:?} {}", left, right, text);
                }
            }
        }
    }
}
