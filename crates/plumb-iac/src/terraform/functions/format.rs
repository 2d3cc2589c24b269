//! `format` and `formatlist`: verbs as of C's `printf`.

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::text::{about, too_long};
use super::verb::Verb;
use super::{Context, MAX_TEXT};
use crate::partial::Writer;
use crate::val::{Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::variadic("format", 1, format),
    Function::variadic("formatlist", 1, formatlist),
];

fn format(arguments: &Arguments<'_>) -> Take<Val> {
    let values: Vec<&Val> = arguments.all().iter().skip(1).collect();
    let text = write(&arguments.text(0)?, &values, arguments.context)?;
    Ok(text.finish(None))
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
                formatted.push(text.finish(None));
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

fn write(specification: &str, values: &[&Val], context: &Context<'_>) -> Take<Writer> {
    context.spend(specification.len() / 64 + 1)?;
    let mut out = Writer::default();
    let mut literal = [0; 4];
    let mut rest = specification.chars().peekable();
    let (mut next, mut highest) = (1, 0);
    while let Some(char) = rest.next() {
        if char != '%' {
            out.text(char.encode_utf8(&mut literal));
            continue;
        }
        if rest.next_if_eq(&'%').is_some() {
            out.text("%");
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
        match val.why_unknown() {
            Some(why) if verb.is_plain() => out.unknown(why, val.partial.as_ref()),
            Some(_) | None => out.text(&verb.text(val, context)?),
        }
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
