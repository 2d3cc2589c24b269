//! What a pattern is made of, for indexes of many patterns.

use super::{Glob, Piece, Reach, Shape};

impl Glob {
    /// Whether the first wildcard is one that any text at all may stand for.
    pub fn is_open(&self) -> bool {
        let first = self
            .pieces()
            .iter()
            .copied()
            .find(|piece| !matches!(piece, Piece::Char(_)));
        first == Some(Piece::Many(Reach::Anywhere))
    }

    /// The text before the only wildcard, where that takes all that follows.
    pub fn only_prefix(&self) -> Option<&str> {
        match &self.shape {
            Shape::Everything => Some(""),
            Shape::Prefix(text) => Some(text),
            Shape::Literal(_) | Shape::Greedy(_) | Shape::Parallel(_) => None,
        }
    }

    /// The texts after the first wildcard and between the others; every text that matches has all of them behind the prefix.
    pub fn inner_texts(&self) -> Vec<String> {
        let pieces = self.pieces();
        let mut texts = vec![String::new()];
        let after = pieces.iter().skip_while(|piece| matches!(piece, Piece::Char(_)));
        for piece in after {
            match piece {
                Piece::Char(char) => {
                    if let Some(text) = texts.last_mut() {
                        text.push(*char);
                    }
                }
                Piece::One(_) | Piece::Many(_) => texts.push(String::new()),
            }
        }
        texts.retain(|text| !text.is_empty());
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::*;

    #[test]
    fn patterns_are_taken_apart() {
        for (pattern, is_open, only_prefix, inner) in [
            ("*", true, Some(""), &[][..]),
            ("arn:aws:s3:::b", false, None, &[]),
            ("arn:aws:s3:::b/*", true, Some("arn:aws:s3:::b/"), &[]),
            ("arn:aws:s3:::*x*yz", true, None, &["x", "yz"]),
            ("arn:aws:s3:::a?b", false, None, &["b"]),
            ("arn:aws:sqs:e*t:1:q", false, None, &["t:1:q"]),
        ] {
            let glob = Glob::new(pattern, Style::Resource);
            assert_eq!(
                (glob.is_open(), glob.only_prefix()),
                (is_open, only_prefix),
                "{pattern}"
            );
            assert_eq!(glob.inner_texts(), inner, "{pattern}");
        }
    }
}
