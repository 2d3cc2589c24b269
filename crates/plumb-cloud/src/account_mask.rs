//! `AccountMask`: replaces the ids of accounts by invented ones.

use std::collections::BTreeMap;

/// The ids replaced so far. Each keeps its replacement, so that equal ids stay equal.
#[derive(Debug, Default)]
pub(crate) struct AccountMask {
    replacements: BTreeMap<String, String>,
}

impl AccountMask {
    /// The text with every run of exactly twelve digits replaced.
    pub(crate) fn mask(&mut self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut digits = String::new();
        for c in text.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
            } else {
                self.push_digits(&mut digits, &mut masked);
                masked.push(c);
            }
        }
        self.push_digits(&mut digits, &mut masked);
        masked
    }

    fn push_digits(&mut self, digits: &mut String, masked: &mut String) {
        if digits.len() == 12 {
            // No leading zero: in a JSON body the digits may be a number.
            let next = 100_000_000_001 + self.replacements.len();
            let replacement = self
                .replacements
                .entry(digits.clone())
                .or_insert_with(|| next.to_string());
            masked.push_str(replacement);
        } else {
            masked.push_str(digits);
        }
        digits.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ids_stay_equal_and_other_numbers_stay() {
        let mut mask = AccountMask::default();
        assert_eq!(
            mask.mask("arn:aws:iam::999988887777:root 1234567890123 20261122"),
            "arn:aws:iam::100000000001:root 1234567890123 20261122"
        );
        assert_eq!(
            mask.mask("444455556666 999988887777"),
            "100000000002 100000000001"
        );
    }
}
