//! Texts damaged token by token, by a generator with a fixed seed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests report by panic"
)]

/// What is put between tokens: what means something in one of the languages.
const HOSTILE: [&str; 28] = [
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "${",
    "%{ for x in y }",
    "\"",
    "'",
    "<<-E\n",
    "&a ",
    "*a",
    "!Ref ",
    "!Sub ",
    "? ",
    "- ",
    ": ",
    "\t",
    "\r\n",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "999999999999999999999",
    "-1e400",
    "null",
    "...",
    "/*",
];

/// Numbers from a seed: xorshift, for cases that are the same everywhere.
pub(crate) struct Numbers(u64);

impl Numbers {
    /// Those that every machine has.
    pub(crate) fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The next number, less than `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.next() % bound).unwrap()
    }
}

/// A text as pieces that are kept together: words, and every other character by itself.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut previous = false;
    for (at, character) in text.char_indices() {
        if at > start && !(previous && is_word(character)) {
            tokens.push(&text[start..at]);
            start = at;
        }
        previous = is_word(character);
    }
    tokens.push(&text[start..]);
    tokens
}

/// The text with one to six changes; `other` gives tokens too.
pub(crate) fn damaged(text: &str, other: &str, numbers: &mut Numbers) -> String {
    let (mut tokens, others) = (tokens(text), tokens(other));
    for _ in 0..=numbers.below(6) {
        let at = numbers.below(tokens.len());
        let other = numbers.below(others.len());
        let few = 1 + numbers.below(12);
        match numbers.below(8) {
            0 => drop(tokens.drain(at..(at + few).min(tokens.len()))),
            1 => tokens.insert(at, HOSTILE[numbers.below(HOSTILE.len())]),
            2 => tokens[at] = others[other],
            3 => {
                let to = numbers.below(tokens.len());
                tokens.swap(at, to);
            }
            4 => {
                let piece: Vec<&str> = tokens.iter().skip(at).take(few * 8).copied().collect();
                tokens.splice(at..at, piece);
            }
            5 => {
                let piece: Vec<&str> = others.iter().skip(other).take(few * 4).copied().collect();
                tokens.splice(at..at, piece);
            }
            6 => {
                let nested = HOSTILE[numbers.below(6)];
                tokens.splice(at..at, std::iter::repeat_n(nested, few * few * 4));
            }
            _ => tokens.truncate(at + 1),
        }
        if tokens.is_empty() {
            tokens.push(" ");
        }
    }
    tokens.concat()
}
