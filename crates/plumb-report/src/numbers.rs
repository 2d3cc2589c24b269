//! Numbers as people read them.

/// A whole number with thousands separators, for example `1,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun: `1 account`, `57 accounts`, `1 policy`, `1 address`; the plural is given.
pub fn counted(number: u64, plural: &str) -> String {
    if number != 1 {
        return format!("{} {plural}", thousands(number));
    }
    if let Some(stem) = plural.strip_suffix("ies") {
        return format!("1 {stem}y");
    }
    let doubled = plural.strip_suffix("es").filter(|stem| stem.ends_with("ss"));
    let singular = doubled.or_else(|| plural.strip_suffix('s'));
    format!("1 {}", singular.unwrap_or(plural))
}

/// `part` of `whole` in hundredths of a percent, rounded down; 0 of 0 is 0.
pub(crate) fn basis_points(part: u64, whole: u64) -> u64 {
    u128::from(part)
        .checked_mul(10_000)
        .and_then(|product| product.checked_div(u128::from(whole)))
        .and_then(|points| u64::try_from(points).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(thousands(number), expected);
        }
    }

    #[test]
    fn one_has_the_singular() {
        for (number, plural, expected) in [
            (1, "accounts", "1 account"),
            (0, "accounts", "0 accounts"),
            (1, "policies", "1 policy"),
            (1, "public addresses", "1 public address"),
            (1, "choke points", "1 choke point"),
            (2_000, "policies", "2,000 policies"),
        ] {
            assert_eq!(counted(number, plural), expected);
        }
    }

    #[test]
    fn shares_round_down_and_survive_zero() {
        assert_eq!(basis_points(2, 3), 6_666);
        assert_eq!(basis_points(0, 0), 0);
        assert_eq!(basis_points(u64::MAX, u64::MAX), 10_000);
    }
}
