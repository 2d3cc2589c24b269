//! `PatternIndex`: which of many resource patterns concern a resource.

use std::collections::HashMap;

use plumb_iam::glob::{Glob, Style};

use crate::assemble::grams::Grams;

/// Stands for patterns: for one, or for all of a prefix whose first wildcard takes everything.
pub(crate) type Mark = u32;

/// Patterns by the text before their first wildcard.
///
/// Prefixes are sorted, and each knows the longest other one that it continues. All prefixes of a text are then the one before it in the
/// order, what that continues, and so on. Of many patterns with one prefix those are tried whose inner texts may be in the text.
#[derive(Debug, Default)]
pub(crate) struct PatternIndex {
    patterns: Vec<Glob>,
    ids: HashMap<Glob, u32>,
    prefixes: Vec<Prefix>,
    /// The prefix of each pattern.
    prefix_of: Vec<u32>,
}

#[derive(Debug)]
struct Prefix {
    text: String,
    patterns: Vec<u32>,
    /// Those whose first wildcard does not take everything, or that have none.
    closed: Vec<u32>,
    grams: Grams,
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
        index.prefix_of = vec![0; index.patterns.len()];
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
                        closed: Vec::new(),
                        grams: Grams::default(),
                        continues,
                    });
                }
            }
            let position = u32::try_from(index.prefixes.len().saturating_sub(1)).unwrap_or(u32::MAX);
            if let Some(prefix_of) = index.prefix_of.get_mut(id as usize) {
                *prefix_of = position;
            }
        }
        let patterns = &index.patterns;
        for prefix in &mut index.prefixes {
            let of_prefix = || {
                let ids = prefix.patterns.iter();
                ids.filter_map(|id| Some((*id, patterns.get(*id as usize)?)))
            };
            prefix.closed = of_prefix()
                .filter(|(_, pattern)| !pattern.is_open())
                .map(|(id, _)| id)
                .collect();
            prefix.grams = Grams::of(of_prefix());
        }
        index
    }

    /// What stands for a pattern: it alone, and all that it is one of; `None` for one that is not in the index.
    pub(crate) fn marks(&self, pattern: &Glob) -> Option<Vec<Mark>> {
        let id = *self.ids.get(pattern)?;
        let prefix = *self.prefix_of.get(id as usize)?;
        let whole = pattern.is_open().then(|| self.whole(prefix as usize));
        Some(std::iter::once(id).chain(whole).collect())
    }

    /// What stands for the patterns that match an ARN or, where it has wildcards, some ARN that it matches; sorted.
    ///
    /// `tried` grows by how many patterns were looked at one by one.
    pub(crate) fn concerning(&self, arn: &str, tried: &mut usize) -> Vec<Mark> {
        let asked = Glob::new(arn, Style::Text);
        let known = asked.prefix().into_owned();
        let mut found = Vec::new();
        let mut look = |ids: &[u32], found: &mut Vec<Mark>| {
            *tried += ids.len();
            let concerns = |id: &&u32| {
                let pattern = self.patterns.get(**id as usize);
                pattern.is_some_and(|pattern| pattern.overlaps(&asked))
            };
            found.extend(ids.iter().filter(concerns));
        };
        let behind = self.prefixes.partition_point(|prefix| prefix.text <= known);
        let mut at = behind.checked_sub(1);
        while let Some((position, prefix)) = at.and_then(|at| Some((at, self.prefixes.get(at)?))) {
            if let Some(rest) = known.strip_prefix(&prefix.text) {
                if asked.literal().is_some() {
                    look(&prefix.grams.candidates(rest), &mut found);
                } else if asked.only_prefix().is_some() {
                    // What takes everything takes the rest of what is known, and what may follow.
                    if prefix.closed.len() < prefix.patterns.len() {
                        found.push(self.whole(position));
                    }
                    look(&prefix.closed, &mut found);
                } else {
                    look(&prefix.patterns, &mut found);
                }
            }
            at = prefix.continues;
        }
        for (position, prefix) in self.prefixes.iter().enumerate().skip(behind) {
            if !prefix.text.starts_with(&known) {
                break;
            }
            if asked.only_prefix().is_some() {
                // Whatever begins so is taken by what is asked about.
                if prefix.closed.len() < prefix.patterns.len() {
                    found.push(self.whole(position));
                }
                found.extend(&prefix.closed);
            } else {
                look(&prefix.patterns, &mut found);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Stands for all patterns of a prefix whose first wildcard takes everything.
    fn whole(&self, prefix: usize) -> Mark {
        Mark::try_from(self.patterns.len() + prefix).unwrap_or(Mark::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The patterns that some marks stand for.
    fn meant(index: &PatternIndex, patterns: &[Glob], found: &[Mark]) -> Vec<u32> {
        let is_meant = |pattern: &Glob| {
            let marks = index.marks(pattern).unwrap();
            marks.iter().any(|mark| found.contains(mark))
        };
        (0u32..)
            .zip(patterns)
            .filter(|(_, pattern)| is_meant(pattern))
            .map(|(id, _)| id)
            .collect()
    }

    fn check(written: &[String], arns: &[&str]) -> usize {
        let patterns: Vec<Glob> = written
            .iter()
            .map(|text| Glob::new(text, Style::Resource))
            .collect();
        let index = PatternIndex::new(patterns.clone());
        let mut tried = 0;
        for arn in arns {
            let asked = Glob::new(arn, Style::Text);
            let expected: Vec<u32> = patterns
                .iter()
                .zip(0..)
                .filter(|(pattern, _)| pattern.overlaps(&asked))
                .map(|(_, id)| id)
                .collect();
            let found = index.concerning(arn, &mut tried);
            assert_eq!(meant(&index, &patterns, &found), expected, "{arn}");
        }
        tried
    }

    #[test]
    fn the_index_finds_what_trying_all_finds() {
        let written = [
            "*",
            "arn:aws:s3:::*",
            "arn:aws:s3:::a",
            "arn:aws:s3:::a/*",
            "arn:aws:s3:::a*",
            "arn:aws:s3:::a*b*c",
            "arn:aws:s3:::a?",
            "arn:aws:s3:::?*x",
            "arn:aws:s3:::ab/x/*",
            "arn:aws:s3:::ab/x?/*",
            "arn:aws:s3:::b",
            "arn:aws:sqs:eu-*-1:1:q",
            "arn:aws:iam::1:role/*",
            "arn:aws:iam::1:role/app-?",
            "*:role/app-1",
        ]
        .map(str::to_owned);
        let arns = [
            "arn:aws:s3:::a",
            "arn:aws:s3:::a/*",
            "arn:aws:s3:::ab/*",
            "arn:aws:s3:::axbxc",
            "arn:aws:s3:::c",
            "arn:aws:s3:::*",
            "arn:aws:iam::1:role/app-1",
            "arn:aws:iam::1:role/app-12",
            "arn:aws:sqs:eu-west-1:1:q",
            "arn:aws:sqs:*:1:q",
            "",
            "*",
        ];
        check(&written, &arns);
    }

    #[test]
    fn of_many_patterns_with_one_prefix_few_are_tried() {
        let word = |number: u32| {
            let digit = |number: u32| char::from(b'a' + (number % 8) as u8);
            [number, number / 8, number / 64, number / 512]
                .map(digit)
                .iter()
                .collect::<String>()
        };
        let written: Vec<String> = (0..2_000)
            .map(|at| format!("arn:aws:s3:::*{}*{}*", word(at), word(at * 7 + 3)))
            .collect();
        let names: Vec<String> = (0..200)
            .map(|at| {
                format!(
                    "arn:aws:s3:::{}-{}-{}",
                    word(at * 5),
                    word(at * 11),
                    word(at * 13)
                )
            })
            .collect();
        let arns: Vec<&str> = names.iter().map(String::as_str).collect();
        let tried = check(&written, &arns);
        assert!(tried < written.len() * arns.len() / 50, "{tried}");
        // What may be anything in a bucket is one mark, whatever the patterns.
        let inside: Vec<String> = names.iter().map(|name| format!("{name}/*")).collect();
        let inside: Vec<&str> = inside.iter().map(String::as_str).collect();
        assert_eq!(check(&written, &inside), 0);
    }
}
