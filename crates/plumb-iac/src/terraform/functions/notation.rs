//! Notations of numbers that are not negative, as `printf` has them.

/// The fewest digits that tell the number, with an exponent from a million on.
pub(super) fn shortest(number: f64, letter: char) -> String {
    let scientific = format!("{number:e}");
    match power(&scientific) {
        Some(power) if (-4..6).contains(&power) => number.to_string(),
        Some(_) | None => exponent(&scientific, letter),
    }
}

/// So many digits at most, without zeros at the end.
pub(super) fn significant(number: f64, precision: usize, letter: char) -> String {
    let scientific = format!("{number:.*e}", precision - 1);
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    match power(&scientific) {
        Some(power) if (-4..limit).contains(&power) => {
            let decimals = usize::try_from(limit - 1 - power).unwrap_or(0);
            trim_zeros(&format!("{number:.decimals$}"))
        }
        Some(_) | None => {
            let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
            exponent(&format!("{}e{power}", trim_zeros(mantissa)), letter)
        }
    }
}

/// Rust's notation with a signed exponent of at least two digits.
pub(super) fn exponent(scientific: &str, letter: char) -> String {
    match (scientific.split_once('e'), power(scientific)) {
        (Some((mantissa, _)), Some(power)) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{mantissa}{letter}{sign}{:02}", power.unsigned_abs())
        }
        _ => scientific.to_owned(),
    }
}

fn trim_zeros(number: &str) -> String {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        number.to_owned()
    }
}

fn power(scientific: &str) -> Option<i32> {
    scientific.split_once('e')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{shortest, significant};

    #[test]
    fn large_and_small_numbers_have_exponents() {
        let cases = [
            (0.0, "0"),
            (0.0001, "0.0001"),
            (0.000_012, "1.2e-05"),
            (999_999.5, "999999.5"),
            (1_234_567.0, "1.234567e+06"),
            (1e100, "1e+100"),
        ];
        for (number, expected) in cases {
            assert_eq!(shortest(number, 'e'), expected);
        }
        let cases = [
            (1.5, 1, "2"),
            (123.456, 5, "123.46"),
            (123_456.0, 2, "1.2E+05"),
            (0.5, 3, "0.5"),
        ];
        for (number, precision, expected) in cases {
            assert_eq!(significant(number, precision, 'E'), expected);
        }
    }
}
