//! Functions of numbers.

use super::arguments::{Arguments, Function, Take, wrong};
use super::convert::{self, Number};
use crate::val::{Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abs", 1, abs),
    Function::new("ceil", 1, ceil),
    Function::new("floor", 1, floor),
    Function::new("log", 2, log),
    Function::variadic("max", 1, max),
    Function::variadic("min", 1, min),
    Function::new("parseint", 2, parseint),
    Function::new("pow", 2, pow),
    Function::new("signum", 1, signum),
    Function::new("sum", 1, sum),
];

fn abs(arguments: &Arguments<'_>) -> Take<Val> {
    match arguments.number(0)? {
        Number::Int(int) => Number::wide(i128::from(int).abs()).val(),
        Number::Float(float) => Number::Float(float.abs()).val(),
    }
}

fn ceil(arguments: &Arguments<'_>) -> Take<Val> {
    round(arguments, f64::ceil)
}

fn floor(arguments: &Arguments<'_>) -> Take<Val> {
    round(arguments, f64::floor)
}

fn round(arguments: &Arguments<'_>, way: fn(f64) -> f64) -> Take<Val> {
    match arguments.number(0)? {
        int @ Number::Int(_) => int.val(),
        Number::Float(float) => Number::new(way(float)).val(),
    }
}

fn log(arguments: &Arguments<'_>) -> Take<Val> {
    let (number, base) = (arguments.number(0)?.float(), arguments.number(1)?.float());
    Number::new(number.ln() / base.ln()).val()
}

fn pow(arguments: &Arguments<'_>) -> Take<Val> {
    let (number, power) = (arguments.number(0)?.float(), arguments.number(1)?.float());
    Number::new(number.powf(power)).val()
}

fn signum(arguments: &Arguments<'_>) -> Take<Val> {
    Number::Int(arguments.whole(0)?.signum()).val()
}

fn max(arguments: &Arguments<'_>) -> Take<Val> {
    extreme(arguments, |new, best| new > best)
}

fn min(arguments: &Arguments<'_>) -> Take<Val> {
    extreme(arguments, |new, best| new < best)
}

/// The number that is better than all before; it keeps its place.
fn extreme(arguments: &Arguments<'_>, better: fn(f64, f64) -> bool) -> Take<Val> {
    arguments.spend(arguments.all().len())?;
    let mut best = (arguments.number(0)?, arguments.value(0)?);
    for (at, val) in arguments.all().iter().enumerate().skip(1) {
        let number = arguments.number(at)?;
        let replaces = match (number, best.0) {
            (Number::Int(new), Number::Int(old)) => new != old && better_whole(new, old, better),
            (Number::Int(_) | Number::Float(_), Number::Int(_) | Number::Float(_)) => {
                better(number.float(), best.0.float())
            }
        };
        if replaces {
            best = (number, val);
        }
    }
    Ok(best.0.val()?.or_placed(best.1.set))
}

/// Compares whole numbers exactly, although their floats may be equal.
fn better_whole(new: i64, old: i64, better: fn(f64, f64) -> bool) -> bool {
    if new > old {
        better(1.0, 0.0)
    } else {
        better(0.0, 1.0)
    }
}

fn sum(arguments: &Arguments<'_>) -> Take<Val> {
    let items = arguments.list(0)?;
    if items.is_empty() {
        return Err(wrong("an empty list has no sum"));
    }
    arguments.spend(items.len())?;
    let mut whole: i128 = 0;
    let mut fraction = 0.0;
    let mut only_whole = true;
    for item in items {
        match convert::number(item, arguments.context)? {
            Number::Int(int) => whole += i128::from(int),
            Number::Float(float) => {
                fraction += float;
                only_whole = false;
            }
        }
    }
    if only_whole {
        return Number::wide(whole).val();
    }
    Number::new(Number::wide(whole).float() + fraction).val()
}

fn parseint(arguments: &Arguments<'_>) -> Take<Val> {
    let val = arguments.known(0)?;
    if !matches!(val.kind, Kind::String(_) | Kind::Json(_)) {
        return Err(arguments.not(0, val, "string"));
    }
    let (text, base) = (arguments.text(0)?, arguments.whole(1)?);
    let base = i128::from(base);
    if !(2..=62).contains(&base) {
        return Err(wrong(format!("the base must be from 2 to 62, not {base}")));
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    let number = parse_digits(digits, base).ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        wrong(format!("`{shown}` is no whole number of base {base}"))
    })?;
    let number = if text.starts_with('-') { -number } else { number };
    Number::wide(number).val()
}

/// The number that digits tell; what no 127 bits hold is refused.
fn parse_digits(digits: &str, base: i128) -> Option<i128> {
    if digits.is_empty() {
        return None;
    }
    digits.bytes().try_fold(0_i128, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => byte - b'A' + 10,
            b'A'..=b'Z' => byte - b'A' + 36,
            _ => return None,
        };
        let digit = i128::from(digit);
        if digit >= base {
            return None;
        }
        number.checked_mul(base)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, shown, unknown};
    use crate::val::Val;

    #[test]
    fn numbers() {
        check(&[
            ("abs", "[-7]", "7"),
            ("abs", "[-7.5]", "7.5"),
            ("abs", "[-9223372036854775808]", "9223372036854776000"),
            ("abs", r#"["-3"]"#, "3"),
            ("abs", r#"["three"]"#, "!`three` is no number"),
            ("abs", "[true]", "!a bool is no number"),
            ("abs", "[null]", "!argument 1 is null"),
            ("ceil", "[4.1]", "5"),
            ("ceil", "[-4.9]", "-4"),
            ("ceil", "[4]", "4"),
            ("floor", "[4.9]", "4"),
            ("floor", "[-4.1]", "-5"),
            ("log", "[64, 8]", "2"),
            ("log", "[-1, 2]", "!not a number"),
            ("max", "[3, 11, 7.5]", "11"),
            ("max", "[9007199254740992, 9007199254740993]", "9007199254740993"),
            ("min", r#"[3, "-2", 7]"#, "-2"),
            ("pow", "[2, 10]", "1024"),
            ("pow", "[4, 0.5]", "2"),
            ("pow", "[2, 62]", "4611686018427387904"),
            ("signum", "[-9]", "-1"),
            ("signum", "[0]", "0"),
            ("signum", "[0.5]", "!no whole number"),
            ("sum", "[[1, 2, 3.5]]", "6.5"),
            ("sum", r#"[["1", 2]]"#, "3"),
            ("sum", "[[]]", "!an empty list has no sum"),
            ("sum", "[[1, null]]", "!null is no number"),
            ("sum", "[5]", "!argument 1 is a number, not a list"),
            ("sum", "[[9223372036854775807, 1]]", "9223372036854776000"),
        ]);
    }

    #[test]
    fn bases() {
        check(&[
            ("parseint", r#"["100", 10]"#, "100"),
            ("parseint", r#"["-Ff", 16]"#, "-255"),
            ("parseint", r#"["aA", 62]"#, "656"),
            ("parseint", r#"["12", 2]"#, "!no whole number of base 2"),
            ("parseint", r#"["12", 63]"#, "!from 2 to 62"),
            ("parseint", r#"["", 10]"#, "!no whole number"),
            ("parseint", "[12, 10]", "!a number, not a string"),
        ]);
    }

    #[test]
    fn an_unknown_number_makes_all_unknown() {
        let one = || Val::new(crate::val::Kind::Int(1));
        assert_eq!(shown("max", vec![one(), unknown()]), "?(`var.x` has no value)");
        let list = Val::list(vec![one(), unknown()]);
        assert_eq!(shown("sum", vec![list]), "?(`var.x` has no value)");
    }
}
