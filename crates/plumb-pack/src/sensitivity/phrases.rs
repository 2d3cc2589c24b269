//! `PhraseBook`: phrases of whole words, each with what it says about sensitivity.

use std::collections::BTreeMap;

use plumb_model::graph::Sensitivity;
use plumb_model::value::Text;

/// Phrases by their first word.
#[derive(Clone, Debug, Default)]
pub(super) struct PhraseBook {
    /// INVARIANT: under each word the longer phrases come first.
    by_first: BTreeMap<Text, Vec<Phrase>>,
}

/// Words that follow one another, and what they say.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    /// Never empty.
    pub(super) words: Vec<Text>,
    /// What they say.
    pub(super) level: Sensitivity,
    /// What the data is then.
    pub(super) label: Option<Text>,
    /// Where one of these words stands too, the phrase says nothing.
    pub(super) unless: Vec<Text>,
}

/// A phrase that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) level: Sensitivity,
    pub(super) label: Option<Text>,
    pub(super) words: Text,
}

impl Hit {
    /// Whether it says more than another one: something more sensitive, or as sensitive and what it is.
    pub(super) fn beats(&self, other: &Hit) -> bool {
        (self.level, self.label.is_some()) > (other.level, other.label.is_some())
    }
}

impl PhraseBook {
    pub(super) fn put(&mut self, phrase: Phrase) {
        let Some(first) = phrase.words.first() else { return };
        let phrases = self.by_first.entry(first.clone()).or_default();
        let at = phrases.partition_point(|other| other.words.len() >= phrase.words.len());
        phrases.insert(at, phrase);
    }

    /// The phrase among these words that says most, the first of several that say the same.
    ///
    /// Where a longer phrase holds a shorter one the longer one counts: `non confidential` is not `confidential`.
    pub(super) fn strongest(&self, words: &[Text]) -> Option<Hit> {
        let mut best: Option<Hit> = None;
        let mut rest = words;
        while let Some((first, after)) = rest.split_first() {
            let found = self.by_first.get(first).and_then(|phrases| {
                phrases.iter().find(|phrase| {
                    rest.starts_with(&phrase.words) && !words.iter().any(|word| phrase.unless.contains(word))
                })
            });
            rest = match found {
                Some(phrase) => {
                    let hit = Hit {
                        level: phrase.level,
                        label: phrase.label.clone(),
                        words: Text::from(phrase.words.join(" ")),
                    };
                    if best.as_ref().is_none_or(|best| hit.beats(best)) {
                        best = Some(hit);
                    }
                    rest.get(phrase.words.len()..).unwrap_or_default()
                }
                None => after,
            };
        }
        best
    }
}
