//! `PatternIndex`: which of many resource patterns concern a resource.

use std::collections::HashMap;

use plumb_iam::glob::{Glob, Style};

/// Patterns by the text before their first wildcard.
///
/// Prefixes are sorted, and each knows the longest other one that it continues. All prefixes of a text are then the one before it in the
/// order, what that continues, and so on.
#[derive(Debug, Default)]
pub(crate) struct PatternIndex {
    patterns: Vec<Glob>,
    ids: HashMap<Glob, u32>,
    prefixes: Vec<Prefix>,
}

#[derive(Debug)]
struct Prefix {
    text: String,
    patterns: Vec<u32>,
    continues: Option<usize>,
}

impl PatternIndex {
    /// An index of patterns, in any order.
    pub(crate) fn new(patterns: impl IntoIterator<Item = Glob>) -> Self {
        let mut index = Self::default();
        for pattern in patterns {
            if !index.ids.contains_key(&pattern) {
                let id = u32::try_from(index.patterns.len()).unwrap_or(u32::MAX);
                index.ids.insert(pattern.clone(), id);
                index.patterns.push(pattern);
            }
        }
        let mut sorted: Vec<(String, u32)> = index
            .patterns
            .iter()
            .zip(0u32..)
            .map(|(pattern, id)| (pattern.prefix().into_owned(), id))
            .collect();
        sorted.sort();
        for (text, id) in sorted {
            match index.prefixes.last_mut() {
                Some(last) if last.text == text => last.patterns.push(id),
                _ => {
                    let mut continues = index.prefixes.len().checked_sub(1);
                    while let Some(prefix) = continues.and_then(|at| index.prefixes.get(at)) {
                        if text.starts_with(&prefix.text) {
                            break;
                        }
                        continues = prefix.continues;
                    }
                    index.prefixes.push(Prefix {
                        text,
                        patterns: vec![id],
                        continues,
                    });
                }
            }
        }
        index
    }

    /// The id of a pattern.
    pub(crate) fn id(&self, pattern: &Glob) -> Option<u32> {
        self.ids.get(pattern).copied()
    }

    /// The ids of the patterns that match an ARN or, where it has wildcards, some ARN that it matches; sorted.
    pub(crate) fn concerning(&self, arn: &str) -> Vec<u32> {
        let asked = Glob::new(arn, Style::Text);
        let known = asked.prefix().into_owned();
        let mut found = Vec::new();
        let mut look = |prefix: &Prefix| {
            for id in &prefix.patterns {
                if self
                    .patterns
                    .get(*id as usize)
                    .is_some_and(|pattern| pattern.overlaps(&asked))
                {
                    found.push(*id);
                }
            }
        };
        let behind = self.prefixes.partition_point(|prefix| prefix.text <= known);
        let mut at = behind.checked_sub(1);
        while let Some(prefix) = at.and_then(|at| self.prefixes.get(at)) {
            if known.starts_with(&prefix.text) {
                look(prefix);
            }
            at = prefix.continues;
        }
        for prefix in self.prefixes.iter().skip(behind) {
            if !prefix.text.starts_with(&known) {
                break;
            }
            look(prefix);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_finds_what_trying_all_finds() {
        let written = [
            "*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::a",
            "arn:aws:s3:::a/*",
            "arn:aws:s3:::a*",
            "arn:aws:s3:::ab/x/*",
            "arn:aws:s3:::b",
            "arn:aws:iam::1:role/*",
            "arn:aws:iam::1:role/app-?",
            "*:role/app-1",
        ];
        let patterns: Vec<Glob> = written
            .iter()
            .map(|text| Glob::new(text, Style::Resource))
            .collect();
        let index = PatternIndex::new(patterns.clone());
        for arn in [
            "arn:aws:s3:::a",
            "arn:aws:s3:::a/*",
            "arn:aws:s3:::ab/*",
            "arn:aws:s3:::c",
            "arn:aws:iam::1:role/app-1",
            "arn:aws:iam::1:role/app-12",
            "arn:aws:sqs:eu-west-1:1:q",
            "",
        ] {
            let asked = Glob::new(arn, Style::Text);
            let expected: Vec<u32> = patterns
                .iter()
                .zip(0..)
                .filter(|(pattern, _)| pattern.overlaps(&asked))
                .map(|(_, id)| id)
                .collect();
            assert_eq!(index.concerning(arn), expected, "{arn}");
        }
    }
}
