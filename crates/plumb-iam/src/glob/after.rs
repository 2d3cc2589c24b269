//! What of a pattern is left once a text has begun.

use super::{Glob, Piece, set, shape, skip_stars};

impl Glob {
    /// The patterns of what may follow `beginning` in the texts that this one matches; none where no such text begins so.
    ///
    /// ```
    /// use plumb_iam::glob::{Glob, Style};
    ///
    /// let left = Glob::new("arn:aws:s3:::*/a/*", Style::Resource).after("arn:aws:s3:::cards/");
    /// assert!(left.iter().any(|glob| glob.matches("a/1")));
    /// assert!(!left.iter().any(|glob| glob.matches("b")));
    /// ```
    pub fn after(&self, beginning: &str) -> Vec<Self> {
        let pieces = self.pieces();
        let mut row = vec![false; pieces.len() + 1];
        set(&mut row, 0);
        skip_stars(&pieces, &mut row);
        let folded = self.folds_case.then(|| beginning.to_ascii_lowercase());
        for char in folded.as_deref().unwrap_or(beginning).chars() {
            let mut next = vec![false; row.len()];
            for (at, piece) in pieces.iter().enumerate() {
                if row.get(at) == Some(&true) && piece.takes(char) {
                    let stays = matches!(piece, Piece::Many(_));
                    set(&mut next, if stays { at } else { at + 1 });
                }
            }
            row = next;
            skip_stars(&pieces, &mut row);
        }
        let is_set = |at: usize| row.get(at) == Some(&true);
        // A `*` that is still open matches nothing too, so that it stands for what follows it.
        let is_covered = |at: usize| {
            at.checked_sub(1)
                .is_some_and(|before| is_set(before) && matches!(pieces.get(before), Some(Piece::Many(_))))
        };
        let open = (0..row.len()).filter(|at| is_set(*at) && !is_covered(*at));
        open.filter_map(|at| pieces.get(at..))
            .map(|rest| Self {
                shape: shape(rest.into()),
                folds_case: self.folds_case,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::glob::{Glob, Style};

    #[test]
    fn what_is_left_matches_what_may_follow() {
        let begun = "arn:aws:s3:::cards/";
        for (pattern, follows, other) in [
            ("arn:aws:s3:::cards/*", Some("a"), None),
            ("arn:aws:s3:::cards/a/*", Some("a/b"), Some("b")),
            ("arn:aws:s3:::cards/a", Some("a"), Some("ab")),
            ("arn:aws:s3:::*", Some("a"), None),
            ("arn:aws:s3:::*/a/*", Some("a/b"), Some("b/a")),
            ("arn:aws:s3:::c*/a", Some("x/a"), Some("b")),
            ("arn:aws:s3:::car??/*.txt", Some("1.txt"), Some("1.pdf")),
            ("arn:aws:s3:::books/*", None, Some("a")),
            ("arn:aws:s3:::cards", None, Some("a")),
            ("*", Some("a:b"), None),
        ] {
            let glob = Glob::new(pattern, Style::Resource);
            let left = glob.after(begun);
            let is_left = |text: &str| left.iter().any(|glob| glob.matches(text));
            for text in follows.into_iter().chain(other) {
                assert_eq!(
                    is_left(text),
                    glob.matches(&format!("{begun}{text}")),
                    "{pattern} {text}"
                );
            }
            assert!(follows.is_none_or(is_left), "{pattern}");
            assert!(!other.is_some_and(is_left), "{pattern}");
        }
    }
}
