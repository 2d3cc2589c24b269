//! Names taken apart into words.

use plumb_model::value::Text;

/// The most characters of a text that are looked at, and the most words that come of them.
const MAX_CHARS: usize = 512;
const MAX_WORDS: usize = 64;

/// The words of a name in lower case: `customerData-2024` is `customer`, `data`, `2024`.
///
/// Words end at whatever is neither letter nor digit, between letters and digits, before a capital that follows a small
/// letter, and before the last of several capitals that a small letter follows (`PIIData`).
pub(super) fn words(text: &str) -> Vec<Text> {
    let chars: Vec<char> = text.chars().take(MAX_CHARS).collect();
    let mut words: Vec<Text> = Vec::new();
    let mut word = String::new();
    let mut before: Option<char> = None;
    for (at, &c) in chars.iter().enumerate() {
        let starts = before.is_some_and(|before| {
            let next_is_small = chars.get(at + 1).is_some_and(|next| next.is_lowercase());
            before.is_numeric() != c.is_numeric()
                || (before.is_lowercase() && c.is_uppercase())
                || (before.is_uppercase() && c.is_uppercase() && next_is_small)
        });
        if (starts || !c.is_alphanumeric()) && !word.is_empty() {
            words.push(Text::from(std::mem::take(&mut word)));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    if !word.is_empty() {
        words.push(Text::from(word));
    }
    words.truncate(MAX_WORDS);
    words
}

/// A text in lower case without anything between its words: `Data-Classification` is `dataclassification`.
pub(super) fn squash(text: &str) -> String {
    text.chars()
        .take(MAX_CHARS)
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        for (name, expected) in [
            ("customer-data_2024", "customer data 2024"),
            ("customerDataV2", "customer data v 2"),
            ("PIIData", "pii data"),
            ("myPII", "my pii"),
            ("prod.eu-west-1.logs", "prod eu west 1 logs"),
            ("arn:aws:s3:::a", "arn aws s 3 a"),
            ("Übung-Straße", "übung straße"),
            ("--", ""),
            ("", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
        assert_eq!(words(&"a-".repeat(1000)).len(), MAX_WORDS);
        assert_eq!(
            words(&"a".repeat(100_000)).iter().map(Text::len).sum::<usize>(),
            MAX_CHARS
        );
    }

    #[test]
    fn keys_are_squashed() {
        assert_eq!(squash("Data-Classification"), "dataclassification");
        assert_eq!(squash("data_class "), "dataclass");
    }
}
