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
        // Where both begin with the same characters there is one way only.
        let is_same = |(own, theirs): &(&Piece, &Piece)| own == theirs && matches!(own, Piece::Char(_));
        let same = own.iter().zip(theirs.iter()).take_while(is_same).count();
        let start = own.get(..same).unwrap_or_default();
        let own = own.get(same..).unwrap_or_default();
        let theirs = theirs.get(same..).unwrap_or_default();
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
                return Some(spell(start, &before, index, end));
            }
            for (next, char) in steps(own, theirs, place).into_iter().flatten() {
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

/// Where to go from a place, and the character that it takes.
type Step = (Place, Option<char>);

fn steps(own: &[Piece], theirs: &[Piece], (own_at, their_at): Place) -> [Option<Step>; 3] {
    let (own, theirs) = (own.get(own_at), theirs.get(their_at));
    let is_many = |piece: Option<&Piece>| matches!(piece, Some(Piece::Many(_)));
    let own_ends = is_many(own).then_some(((own_at + 1, their_at), None));
    let theirs_ends = is_many(theirs).then_some(((own_at, their_at + 1), None));
    let both = || {
        let (own, theirs) = (own?, theirs?);
        let char = match (own, theirs) {
            (Piece::Char(char), _) | (_, Piece::Char(char)) => *char,
            (Piece::One(_) | Piece::Many(_), Piece::One(_) | Piece::Many(_)) => ANY,
        };
        let next = |at: usize, piece: &Piece| {
            if matches!(piece, Piece::Many(_)) {
                at
            } else {
                at + 1
            }
        };
        let place = (next(own_at, own), next(their_at, theirs));
        (own.takes(char) && theirs.takes(char)).then_some((place, Some(char)))
    };
    [own_ends, theirs_ends, both()]
}

fn spell(
    start: &[Piece],
    before: &[Option<(Place, Option<char>)>],
    index: impl Fn(Place) -> usize,
    mut place: Place,
) -> String {
    let mut text = Vec::new();
    while let Some(Some((previous, char))) = before.get(index(place)) {
        text.extend(*char);
        place = *previous;
    }
    let start = start.iter().filter_map(|piece| match piece {
        Piece::Char(char) => Some(*char),
        Piece::One(_) | Piece::Many(_) => None,
    });
    start.chain(text.into_iter().rev()).collect()
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
