//! Patterns with `*` (any text) and `?` (any one character).

/// A pattern with `*` and `?`.
pub(crate) struct Glob<'p> {
    pattern: &'p str,
}

impl<'p> Glob<'p> {
    pub(crate) fn new(pattern: &'p str) -> Self {
        Self { pattern }
    }

    /// An upper bound of the bytes that matching looks at.
    pub(crate) fn cost(&self, text: &str) -> usize {
        let plain = text.len() + self.pattern.len();
        if !self.pattern.contains('?') {
            return plain;
        }
        // A part with `?` may be tried at every place of the text.
        let longest = self
            .pattern
            .split('*')
            .filter(|part| part.contains('?'))
            .map(str::len)
            .max()
            .unwrap_or(0);
        plain.saturating_add(text.len().saturating_mul(longest))
    }

    /// Whether the whole text matches.
    ///
    /// The parts between stars are looked for from left to right; the leftmost place of each is enough,
    /// because it leaves the most for the parts behind it.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.pattern.split_once('*') else {
            return prefix_length(text, self.pattern) == Some(text.len());
        };
        let Some(mut left) = prefix_length(text, first).and_then(|length| text.get(length..)) else {
            return false;
        };
        let (middle, last) = match rest.rsplit_once('*') {
            Some((middle, last)) => (Some(middle), last),
            None => (None, rest),
        };
        for part in middle.into_iter().flat_map(|middle| middle.split('*')) {
            match after(left, part) {
                Some(behind) => left = behind,
                None => return false,
            }
        }
        ends_with(left, last)
    }
}

/// The bytes at the start of the text that the part, without stars, matches.
fn prefix_length(text: &str, part: &str) -> Option<usize> {
    let mut characters = text.chars();
    for expected in part.chars() {
        let found = characters.next()?;
        if expected != '?' && expected != found {
            return None;
        }
    }
    Some(text.len() - characters.as_str().len())
}

/// What stands behind the leftmost place that the part matches.
fn after<'t>(text: &'t str, part: &str) -> Option<&'t str> {
    if !part.contains('?') {
        return text.find(part).and_then(|at| text.get(at + part.len()..));
    }
    text.char_indices().map(|(at, _)| at).find_map(|at| {
        let from = text.get(at..)?;
        prefix_length(from, part).and_then(|length| from.get(length..))
    })
}

fn ends_with(text: &str, part: &str) -> bool {
    let mut characters = text.chars();
    part.chars().rev().all(|expected| {
        characters
            .next_back()
            .is_some_and(|found| expected == '?' || expected == found)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, without any cleverness.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['*', rest @ ..] => (0..=text.len()).any(|at| slow(rest, &text[at..])),
            ['?', rest @ ..] => !text.is_empty() && slow(rest, &text[1..]),
            [character, rest @ ..] => text.first() == Some(character) && slow(rest, &text[1..]),
        }
    }

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            ("?", "é", true),
            ("arn:*:s3:::*", "arn:aws:s3:::bucket", true),
            ("arn:*:s3:::*", "arn:aws:sqs:::bucket", false),
            ("a*a", "a", false),
            ("a*b*c", "aXbYbZc", true),
            ("*a?c*", "xxabc", true),
            ("a**b", "ab", true),
        ] {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_the_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,10}") {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Glob::new(&pattern).matches(&text), slow(&characters(&pattern), &characters(&text)));
        }
    }
}
