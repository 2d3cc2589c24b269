//! `Grams`: patterns by a few bytes that every text which they match has.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_iam::glob::Glob;

/// The longest piece of text that patterns are found by.
const LONGEST: usize = 3;

/// So few patterns are tried one by one.
const FEW: usize = 8;

/// Up to three bytes of text, and how many they are.
type Gram = [u8; LONGEST + 1];

/// The patterns of one prefix, each by the rarest of the grams in its inner texts.
#[derive(Debug, Default)]
pub(super) struct Grams {
    by_gram: HashMap<Gram, Vec<u32>>,
    /// The sizes of these grams.
    sizes: BTreeSet<usize>,
    /// Patterns without inner text.
    loose: Vec<u32>,
}

impl Grams {
    /// The grams of patterns.
    pub(super) fn of<'p>(patterns: impl Iterator<Item = (u32, &'p Glob)>) -> Self {
        let patterns: Vec<(u32, &Glob)> = patterns.collect();
        let mut grams = Self::default();
        if patterns.len() <= FEW {
            grams.loose = patterns.into_iter().map(|(id, _)| id).collect();
            return grams;
        }
        let own: Vec<(u32, BTreeSet<Gram>)> = patterns
            .into_iter()
            .map(|(id, pattern)| (id, in_texts(&pattern.inner_texts())))
            .collect();
        let mut counts: BTreeMap<Gram, usize> = BTreeMap::new();
        for gram in own.iter().flat_map(|(_, own)| own) {
            *counts.entry(*gram).or_default() += 1;
        }
        for (id, own) in own {
            match own
                .into_iter()
                .min_by_key(|gram| (counts.get(gram).copied(), *gram))
            {
                Some(gram) => {
                    grams.sizes.insert(size(gram));
                    grams.by_gram.entry(gram).or_default().push(id);
                }
                None => grams.loose.push(id),
            }
        }
        grams
    }

    /// The patterns that may match a text of which this stands behind the prefix.
    pub(super) fn candidates(&self, rest: &str) -> Vec<u32> {
        let mut found = self.loose.clone();
        let sizes = self.sizes.iter();
        let grams: BTreeSet<Gram> = sizes.flat_map(|size| windows(rest, *size)).collect();
        for gram in grams {
            found.extend(self.by_gram.get(&gram).into_iter().flatten());
        }
        found
    }
}

/// The longest grams that some of the texts have.
fn in_texts(texts: &[String]) -> BTreeSet<Gram> {
    let longest = texts
        .iter()
        .map(String::len)
        .max()
        .unwrap_or_default()
        .min(LONGEST);
    texts.iter().flat_map(|text| windows(text, longest)).collect()
}

fn windows(text: &str, size: usize) -> impl Iterator<Item = Gram> {
    // A window of nothing is none.
    text.as_bytes().windows(size.max(1)).map(move |window| {
        let mut gram = [0; LONGEST + 1];
        for (own, byte) in gram.iter_mut().zip(window) {
            *own = *byte;
        }
        if let Some(last) = gram.last_mut() {
            *last = u8::try_from(window.len()).unwrap_or(u8::MAX);
        }
        gram
    })
}

fn size(gram: Gram) -> usize {
    let [.., size] = gram;
    usize::from(size)
}
