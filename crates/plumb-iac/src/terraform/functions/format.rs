//! `format` and `formatlist`: verbs as of C's `printf`.

use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::convert::{self, Number};
use super::text::{about, too_long};
use super::{Context, MAX_TEXT, json};
use crate::val::{Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("format", 1, format),
    Function::variadic("formatlist", 1, formatlist),
];

/// One `%…` of a specification.
#[derive(Default)]
struct Verb {
    zero: bool,
    sharp: bool,
    plus: bool,
    minus: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
    mode: char,
}

fn format(arguments: &Arguments<'_>) -> Take<Val> {
    let values: Vec<&Val> = arguments.all().iter().skip(1).collect();
    let text = write(&arguments.text(0)?, &values, arguments.context)?;
    Ok(Val::string(text))
}

/// Formats once for each item of the lists among the arguments.
fn formatlist(arguments: &Arguments<'_>) -> Take<Val> {
    let specification = arguments.text(0)?;
    let values = arguments.all().get(1..).unwrap_or_default();
    let mut count = None;
    for (at, val) in values.iter().enumerate() {
        match &val.kind {
            Kind::Unknown(why) => return Err(Stop::Unknown(why.clone())),
            Kind::List(items) => {
                let earlier = *count.get_or_insert(items.len());
                if earlier != items.len() {
                    return Err(wrong(format!(
                        "argument {} has {} items, an earlier one {earlier}",
                        at + 2,
                        items.len()
                    )));
                }
            }
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::Map(_)
            | Kind::Json(_) => {}
        }
    }
    let count = count.unwrap_or(1);
    arguments.spend_items(count)?;
    let mut total = 0;
    let mut formatted = Vec::new();
    for index in 0..count {
        let row: Vec<&Val> = values
            .iter()
            .map(|val| val.as_list().map_or(Some(val), |items| items.get(index)))
            .collect::<Option<_>>()
            .unwrap_or_default();
        match write(&specification, &row, arguments.context) {
            Ok(text) => {
                total += text.len();
                formatted.push(Val::string(text));
            }
            Err(Stop::Unknown(why)) => formatted.push(Val::unknown(why)),
            Err(stop @ Stop::Problem(_)) => return Err(stop),
        }
        if total > MAX_TEXT {
            return Err(too_long());
        }
    }
    Ok(Val::list(formatted))
}

fn write(specification: &str, values: &[&Val], context: &Context<'_>) -> Take<String> {
    context.spend(specification.len() / 64 + 1)?;
    let mut out = String::new();
    let mut rest = specification.chars().peekable();
    let (mut next, mut highest) = (1, 0);
    while let Some(char) = rest.next() {
        if char != '%' {
            out.push(char);
            continue;
        }
        if rest.next_if_eq(&'%').is_some() {
            out.push('%');
            continue;
        }
        let mut verb = Verb::default();
        while let Some(flag) = rest.next_if(|char| matches!(char, '0' | '#' | '+' | '-' | ' ')) {
            verb.zero |= flag == '0';
            verb.sharp |= flag == '#';
            verb.plus |= flag == '+';
            verb.minus |= flag == '-';
            verb.space |= flag == ' ';
        }
        verb.width = digits(&mut rest);
        verb.precision = rest.next_if_eq(&'.').map(|_| digits(&mut rest));
        let mut position = next;
        if rest.next_if_eq(&'[').is_some() {
            position = digits(&mut rest);
            rest.next_if_eq(&']')
                .ok_or_else(|| about(specification, "has a `[` without a `]`"))?;
        }
        verb.mode = rest
            .next_if(char::is_ascii_alphabetic)
            .ok_or_else(|| about(specification, "has a `%` without a verb"))?;
        if verb.width > MAX_TEXT || verb.precision.is_some_and(|precision| precision > 1000) {
            return Err(too_long());
        }
        let val = position
            .checked_sub(1)
            .and_then(|index| values.get(index))
            .ok_or_else(|| {
                about(
                    specification,
                    &format!("wants an argument {position}, there are {}", values.len()),
                )
            })?;
        highest = highest.max(position);
        next = position.saturating_add(1);
        out.push_str(&verb.text(val, context)?);
        if out.len() > MAX_TEXT {
            return Err(too_long());
        }
    }
    if highest < values.len() {
        return match values.iter().find_map(|val| val.why_unknown()) {
            Some(why) => Err(Stop::Unknown(why.clone())),
            None => Err(about(
                specification,
                &format!("uses {highest} of {} arguments", values.len()),
            )),
        };
    }
    context.spend(out.len() / 64)?;
    Ok(out)
}

fn digits(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> usize {
    let mut number: usize = 0;
    while let Some(digit) = rest
        .next_if(char::is_ascii_digit)
        .and_then(|char| char.to_digit(10))
    {
        let digit = usize::try_from(digit).unwrap_or(usize::MAX);
        number = number.saturating_mul(10).saturating_add(digit);
    }
    number
}

impl Verb {
    fn text(&self, val: &Val, context: &Context<'_>) -> Take<String> {
        if val.is_null() && self.mode != 'v' {
            return Err(wrong(format!("`%{}` takes no null", self.mode)));
        }
        match self.mode {
            'v' => Ok(self.padded(self.as_is(val, context)?)),
            't' => Ok(convert::truth(val, context)?.to_string()),
            's' => Ok(self.padded(self.cut(&convert::text(val, context)?))),
            'q' => {
                let mut quoted = String::new();
                json::quote(&self.cut(&convert::text(val, context)?), &mut quoted);
                Ok(self.padded(quoted))
            }
            'b' | 'd' | 'o' | 'x' | 'X' => self.whole(convert::number(val, context)?),
            'e' | 'E' | 'f' | 'g' | 'G' => {
                let number = convert::number(val, context)?.float();
                let digits = self.decimal(number.abs());
                Ok(self.signed(number < 0.0, digits))
            }
            mode => Err(wrong(format!("`%{mode}` is no verb"))),
        }
    }

    fn as_is(&self, val: &Val, context: &Context<'_>) -> Take<String> {
        match &val.kind {
            Kind::String(_) | Kind::Json(_) if !self.sharp => Ok(convert::text(val, context)?.into()),
            Kind::Int(_) | Kind::Float(_) if !self.sharp => {
                let number = convert::number(val, context)?.float();
                let sign = if number < 0.0 { "-" } else { "" };
                Ok(format!("{sign}{}", shortest(number.abs(), 'e')))
            }
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Map(_)
            | Kind::Json(_)
            | Kind::Unknown(_) => json::text(val, context),
        }
    }

    fn cut(&self, text: &str) -> String {
        match self.precision {
            Some(precision) if precision > 0 => text.graphemes(true).take(precision).collect(),
            Some(_) | None => text.to_owned(),
        }
    }

    fn padded(&self, text: String) -> String {
        let lacking = self.width.saturating_sub(text.graphemes(true).count());
        let pad = if self.zero { "0" } else { " " }.repeat(lacking);
        if self.minus { text + &pad } else { pad + &text }
    }

    fn whole(&self, number: Number) -> Take<String> {
        let (negative, digits) = match (number, self.mode) {
            (Number::Int(int), 'b') => (int < 0, format!("{:b}", int.unsigned_abs())),
            (Number::Int(int), 'o') => (int < 0, format!("{:o}", int.unsigned_abs())),
            (Number::Int(int), 'x') => (int < 0, format!("{:x}", int.unsigned_abs())),
            (Number::Int(int), 'X') => (int < 0, format!("{:X}", int.unsigned_abs())),
            (Number::Int(int), _) => (int < 0, int.unsigned_abs().to_string()),
            (Number::Float(float), 'd') if float.fract() == 0.0 => {
                (float < 0.0, format!("{:.0}", float.abs()))
            }
            (Number::Float(float), mode) => {
                return Err(wrong(format!("`%{mode}` wants a whole number, not {float}")));
            }
        };
        let prefix = match (self.sharp, self.mode) {
            (true, 'b') => "0b",
            (true, 'o') => "0",
            (true, 'x') => "0x",
            (true, 'X') => "0X",
            _ => "",
        };
        Ok(self.signed(negative, format!("{prefix}{digits}")))
    }

    /// The digits of a number that is not negative.
    fn decimal(&self, number: f64) -> String {
        let precision = self.precision;
        match self.mode {
            'e' | 'E' => exponent(&format!("{number:.*e}", precision.unwrap_or(6)), self.mode),
            'f' => format!("{number:.*}", precision.unwrap_or(6)),
            mode => {
                let letter = if mode == 'G' { 'E' } else { 'e' };
                match precision {
                    None => shortest(number, letter),
                    Some(precision) => significant(number, precision.max(1), letter),
                }
            }
        }
    }

    fn signed(&self, negative: bool, digits: String) -> String {
        let sign = match (negative, self.plus, self.space) {
            (true, _, _) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        };
        if self.zero && !self.minus {
            let lacking = self.width.saturating_sub(sign.len() + digits.len());
            return format!("{sign}{}{digits}", "0".repeat(lacking));
        }
        self.padded_with_spaces(format!("{sign}{digits}"))
    }

    fn padded_with_spaces(&self, text: String) -> String {
        let pad = " ".repeat(self.width.saturating_sub(text.len()));
        if self.minus { text + &pad } else { pad + &text }
    }
}

/// The fewest digits that tell the number, with an exponent from a million on.
fn shortest(number: f64, letter: char) -> String {
    let scientific = format!("{number:e}");
    match power(&scientific) {
        Some(power) if (-4..6).contains(&power) => number.to_string(),
        Some(_) | None => exponent(&scientific, letter),
    }
}

fn significant(number: f64, precision: usize, letter: char) -> String {
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

/// Rust's notation with a signed exponent of at least two digits.
fn exponent(scientific: &str, letter: char) -> String {
    match (scientific.split_once('e'), power(scientific)) {
        (Some((mantissa, _)), Some(power)) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{mantissa}{letter}{sign}{:02}", power.unsigned_abs())
        }
        _ => scientific.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, json, shown, unknown};
    use crate::val::Val;

    #[test]
    fn verbs() {
        check(&[
            ("format", r#"["Hello, %s!", "Ann"]"#, r#""Hello, Ann!""#),
            ("format", r#"["%d of %s, 100%%", 3, 4]"#, r#""3 of 4, 100%""#),
            ("format", r#"["%[2]s %[1]s %s", "a", "b"]"#, r#""b a b""#),
            (
                "format",
                r#"["%5s|%-5s|%05d|%+d|% d", "a", "b", 42, 7, 7]"#,
                r#""    a|b    |00042|+7| 7""#,
            ),
            ("format", r#"["%05d", -42]"#, r#""-0042""#),
            (
                "format",
                r#"["%.2f %f %e %g", 3.14159, 2, 1234.5, 0.00001]"#,
                r#""3.14 2.000000 1.234500e+03 1e-05""#,
            ),
            (
                "format",
                r#"["%b %o %x %X %#x", 5, 8, 255, 255, 255]"#,
                r#""101 10 ff FF 0xff""#,
            ),
            ("format", r#"["%t %q", "true", "a\"b"]"#, r#""true \"a\\\"b\"""#),
            (
                "format",
                r#"["%v %v %v %#v", [1, "a"], null, true, "s"]"#,
                r#""[1,\"a\"] null true \"s\"""#,
            ),
            (
                "format",
                r#"["%v %v %v", 1000000, 65536, 0.5]"#,
                r#""1e+06 65536 0.5""#,
            ),
            ("format", r#"["%.3s", "abcdef"]"#, r#""abc""#),
            ("format", r#"["%.3g %G", 1234567, 1e-9]"#, r#""1.23e+06 1E-09""#),
            ("format", r#"["%s", 1000000]"#, r#""1000000""#),
        ]);
    }

    #[test]
    fn wrong_specifications() {
        check(&[
            ("format", r#"["%s"]"#, "!`%s` wants an argument 1, there are 0"),
            ("format", r#"["a", 1]"#, "!`a` uses 0 of 1 arguments"),
            ("format", r#"["100%"]"#, "!`100%` has a `%` without a verb"),
            ("format", r#"["%[1s", 1]"#, "!has a `[` without a `]`"),
            ("format", r#"["%z", 1]"#, "!`%z` is no verb"),
            ("format", r#"["%d", 1.5]"#, "!`%d` wants a whole number, not 1.5"),
            ("format", r#"["%d", "x"]"#, "!`x` is no number"),
            ("format", r#"["%s", null]"#, "!`%s` takes no null"),
            ("format", r#"["%99999999999s", "a"]"#, "!more than 16777216 bytes"),
            ("format", r#"["%[0]s", "a"]"#, "!wants an argument 0"),
        ]);
    }

    #[test]
    fn lists() {
        check(&[
            ("formatlist", r#"["%s-%d", ["a","b"], [1,2]]"#, r#"["a-1","b-2"]"#),
            ("formatlist", r#"["%s/%s", "x", ["a","b"]]"#, r#"["x/a","x/b"]"#),
            ("formatlist", r#"["%s", []]"#, "[]"),
            ("formatlist", r#"["x"]"#, r#"["x"]"#),
            (
                "formatlist",
                r#"["%s%s", ["a"], ["b","c"]]"#,
                "!argument 3 has 2 items, an earlier one 1",
            ),
        ]);
    }

    #[test]
    fn unknown_arguments() {
        let why = "?(`var.x` has no value)";
        let list = Val::list(vec![unknown(), json(r#""b""#)]);
        assert_eq!(shown("format", vec![json(r#""a-%s""#), unknown()]), why);
        assert_eq!(
            shown("formatlist", vec![json(r#""a-%s""#), list]),
            format!("[{why},\"a-b\"]")
        );
        assert_eq!(shown("formatlist", vec![json(r#""%s""#), unknown()]), why);
    }
}
