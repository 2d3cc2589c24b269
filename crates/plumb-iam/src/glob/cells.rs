//! All texts of a pattern in cells: in one cell are those that the same of some other patterns match.

use std::collections::{BTreeSet, VecDeque};

use super::{Glob, Piece, Reach};

/// Positions of patterns that a search may hold in all, so that hostile patterns cost no more than ordinary ones.
const MAX_POSITIONS: usize = 20_000;

/// Patterns that a search may tell apart.
const MAX_PATTERNS: usize = 256;

/// Cells of which one text each is kept.
const MAX_CELLS: usize = 128;

/// A text of a cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// A shortest text of it.
    pub text: String,
    /// Which of the other patterns match it, by position.
    pub matched: BTreeSet<usize>,
}

/// The cells of a pattern, those with the shortest texts first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// One for each cell that was found; none has the same matches.
    pub cells: Vec<Cell>,
    /// Whether these are all.
    pub coverage: Coverage,
}

/// Whether a search came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// There are no other cells.
    All,
    /// The budget ran out.
    Some,
}

/// The positions that one pattern may be at after a text; empty where it does not match, whatever follows.
type Positions = Vec<usize>;

impl Glob {
    /// The cells of the texts of this pattern. Case counts, also in patterns for which it otherwise does not.
    pub fn cells(&self, others: &[&Glob]) -> Cells {
        let too_many = others.len() > MAX_PATTERNS;
        let patterns: Vec<_> = std::iter::once(self)
            .chain(others.iter().copied().take(MAX_PATTERNS))
            .map(|glob| glob.pieces().into_owned())
            .collect();
        let mut search = Search {
            patterns: &patterns,
            steps: Vec::new(),
            known: BTreeSet::new(),
            open: VecDeque::new(),
            held: 0,
        };
        search.reach(patterns.iter().map(|pieces| closed(pieces, [0])).collect(), None);
        let mut found = Cells {
            cells: Vec::new(),
            coverage: if too_many { Coverage::Some } else { Coverage::All },
        };
        let mut seen = BTreeSet::new();
        while let Some((at, state)) = search.open.pop_front() {
            let mut ends = patterns
                .iter()
                .zip(&state)
                .map(|(pieces, positions)| positions.last() == Some(&pieces.len()));
            if ends.next() == Some(true) {
                let matched: BTreeSet<usize> = ends
                    .enumerate()
                    .filter_map(|(other, ends)| ends.then_some(other))
                    .collect();
                if seen.insert(matched.clone()) {
                    let text = search.spell(at);
                    found.cells.push(Cell { text, matched });
                }
            }
            if search.held > MAX_POSITIONS || found.cells.len() >= MAX_CELLS {
                found.coverage = Coverage::Some;
                break;
            }
            search.extend(at, &state);
        }
        found
    }
}

struct Search<'p> {
    patterns: &'p [Vec<Piece>],
    /// For each state the one before it, and the character between.
    steps: Vec<Option<(usize, char)>>,
    known: BTreeSet<Vec<Positions>>,
    open: VecDeque<(usize, Vec<Positions>)>,
    held: usize,
}

impl Search<'_> {
    fn reach(&mut self, state: Vec<Positions>, step: Option<(usize, char)>) {
        // What does not match the pattern itself is not looked for.
        if state.first().is_none_or(Vec::is_empty) || self.known.contains(&state) {
            return;
        }
        self.held += 1 + state.iter().map(Vec::len).sum::<usize>();
        self.known.insert(state.clone());
        self.open.push_back((self.steps.len(), state));
        self.steps.push(step);
    }

    /// Goes on by every character that some pattern waits for, and by one that none does.
    fn extend(&mut self, at: usize, state: &[Positions]) {
        let pieces = self
            .patterns
            .iter()
            .zip(state)
            .flat_map(|(pieces, positions)| positions.iter().filter_map(|at| pieces.get(*at)));
        let mut chars = BTreeSet::new();
        for piece in pieces {
            match piece {
                Piece::Char(char) => _ = chars.insert(*char),
                // A colon ends what such a wildcard takes.
                Piece::One(Reach::Segment) | Piece::Many(Reach::Segment) => _ = chars.insert(':'),
                Piece::One(Reach::Anywhere) | Piece::Many(Reach::Anywhere) => {}
            }
        }
        let is_free = |char: &char| *char != ':' && !chars.contains(char);
        let free = ('x'..='z').chain('a'..='w').chain('0'..='9').chain('\u{100}'..);
        let free = free.into_iter().find(is_free);
        for char in free.into_iter().chain(chars) {
            let next = self
                .patterns
                .iter()
                .zip(state)
                .map(|(pieces, positions)| advanced(pieces, positions, char))
                .collect();
            self.reach(next, Some((at, char)));
        }
    }

    fn spell(&self, mut at: usize) -> String {
        let mut text = Vec::new();
        while let Some(Some((before, char))) = self.steps.get(at) {
            text.push(*char);
            at = *before;
        }
        text.iter().rev().collect()
    }
}

fn advanced(pieces: &[Piece], positions: &[usize], char: char) -> Positions {
    let taking = positions
        .iter()
        .filter_map(|at| Some((*at, *pieces.get(*at)?)))
        .filter(|(_, piece)| piece.takes(char));
    let next = taking.map(|(at, piece)| match piece {
        Piece::Many(_) => at,
        Piece::Char(_) | Piece::One(_) => at + 1,
    });
    closed(pieces, next)
}

/// The positions with those that a `*` leads to by taking nothing; sorted.
///
/// A last `*` that takes everything matches whatever follows, so that the other positions do not count any more.
fn closed(pieces: &[Piece], positions: impl IntoIterator<Item = usize>) -> Positions {
    let mut all = BTreeSet::new();
    for mut at in positions {
        while all.insert(at) && matches!(pieces.get(at), Some(Piece::Many(_))) {
            at += 1;
        }
    }
    let end = pieces.len();
    let takes_all = pieces.last() == Some(&Piece::Many(Reach::Anywhere));
    if takes_all && all.contains(&end) {
        return vec![end - 1, end];
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glob::Style;

    /// All short texts over the characters that the patterns are made of, and one other.
    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..5 {
            last = last
                .iter()
                .flat_map(|text| ['a', 'b', ':', 'q'].map(|char| format!("{text}{char}")))
                .collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    proptest::proptest! {
        #[test]
        fn cells_are_those_of_all_texts(asked in "[ab:*?]{0,3}", others in proptest::collection::vec("[ab:*?]{0,3}", 0..4)) {
            for style in [Style::Text, Style::Resource] {
                let asked = Glob::new(&asked, style);
                let others: Vec<Glob> = others.iter().map(|other| Glob::new(other, style)).collect();
                let found = asked.cells(&others.iter().collect::<Vec<_>>());
                proptest::prop_assert_eq!(found.coverage, Coverage::All);
                let matched = |text: &str| -> BTreeSet<usize> {
                    (0..).zip(&others).filter(|(_, other)| other.matches(text)).map(|(at, _)| at).collect()
                };
                for cell in &found.cells {
                    proptest::prop_assert!(asked.matches(&cell.text));
                    proptest::prop_assert_eq!(matched(&cell.text), cell.matched.clone());
                }
                let known: BTreeSet<_> = found.cells.iter().map(|cell| cell.matched.clone()).collect();
                proptest::prop_assert_eq!(known.len(), found.cells.len());
                for text in texts().iter().filter(|text| asked.matches(text)) {
                    proptest::prop_assert!(known.contains(&matched(text)), "{}", text);
                }
            }
        }
    }

    #[test]
    fn hostile_patterns_end() {
        let others: Vec<Glob> = (0..40)
            .map(|at| Glob::new(&format!("*{}*b*{at}*", "a?".repeat(at)), Style::Text))
            .collect();
        let found = Glob::new("?*", Style::Text).cells(&others.iter().collect::<Vec<_>>());
        assert_eq!(found.coverage, Coverage::Some);
    }
}
