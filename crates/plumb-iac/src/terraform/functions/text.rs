//! Functions of text.

use unicode_segmentation::UnicodeSegmentation;

use super::arguments::{Arguments, Function, Stop, Take, wrong};
use super::convert;
use super::list::position;
use crate::partial::Writer;
use crate::val::{Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chomp", 1, chomp),
    Function::new("endswith", 2, endswith),
    Function::new("indent", 2, indent),
    Function::variadic("join", 2, join),
    Function::new("lower", 1, lower),
    Function::new("split", 2, split),
    Function::new("startswith", 2, startswith),
    Function::new("strcontains", 2, strcontains),
    Function::new("strrev", 1, strrev),
    Function::new("substr", 3, substr),
    Function::new("title", 1, title),
    Function::new("trim", 2, trim),
    Function::new("trimprefix", 2, trimprefix),
    Function::new("trimspace", 1, trimspace),
    Function::new("trimsuffix", 2, trimsuffix),
    Function::new("upper", 1, upper),
];

fn chomp(arguments: &Arguments<'_>) -> Take<Val> {
    trimmed(arguments, |text| text.trim_end_matches(['\r', '\n']))
}

fn trimspace(arguments: &Arguments<'_>) -> Take<Val> {
    trimmed(arguments, str::trim)
}

/// A text without space at its ends. JSON has none there, so it stays, with parts that are not known.
fn trimmed(arguments: &Arguments<'_>, trim: fn(&str) -> &str) -> Take<Val> {
    let val = arguments.known(0)?;
    if matches!(val.kind, Kind::Json(_)) {
        return Ok(val.clone());
    }
    Ok(Val::string(trim(&arguments.text(0)?)))
}

fn trim(arguments: &Arguments<'_>) -> Take<Val> {
    let (text, cut) = (arguments.text(0)?, arguments.text(1)?);
    arguments.spend(text.len() / 64 * cut.len().min(64))?;
    Ok(Val::string(text.trim_matches(|char| cut.contains(char))))
}

fn trimprefix(arguments: &Arguments<'_>) -> Take<Val> {
    let (text, prefix) = (arguments.text(0)?, arguments.text(1)?);
    Ok(Val::string(text.strip_prefix(prefix.as_str()).unwrap_or(&text)))
}

fn trimsuffix(arguments: &Arguments<'_>) -> Take<Val> {
    let (text, suffix) = (arguments.text(0)?, arguments.text(1)?);
    Ok(Val::string(text.strip_suffix(suffix.as_str()).unwrap_or(&text)))
}

fn startswith(arguments: &Arguments<'_>) -> Take<Val> {
    ask(arguments, |text, part| text.starts_with(part))
}

fn endswith(arguments: &Arguments<'_>) -> Take<Val> {
    ask(arguments, |text, part| text.ends_with(part))
}

fn strcontains(arguments: &Arguments<'_>) -> Take<Val> {
    ask(arguments, |text, part| text.contains(part))
}

/// Whether a text has a part; an empty part every text has, known or not.
fn ask(arguments: &Arguments<'_>, has: fn(&str, &str) -> bool) -> Take<Val> {
    let part = arguments.text(1)?;
    let holds = part.is_empty() || has(&arguments.text(0)?, &part);
    Ok(Val::new(Kind::Bool(holds)))
}

fn lower(arguments: &Arguments<'_>) -> Take<Val> {
    let one = |char: char| single(char, char.to_lowercase());
    Ok(Val::string(
        arguments.text(0)?.chars().map(one).collect::<String>(),
    ))
}

fn upper(arguments: &Arguments<'_>) -> Take<Val> {
    let one = |char: char| single(char, char.to_uppercase());
    Ok(Val::string(
        arguments.text(0)?.chars().map(one).collect::<String>(),
    ))
}

/// The other case of a character where that is one character; `ß` stays as it is.
fn single(char: char, mut others: impl Iterator<Item = char>) -> char {
    match (others.next(), others.next()) {
        (Some(other), None) => other,
        _ => char,
    }
}

fn title(arguments: &Arguments<'_>) -> Take<Val> {
    let mut starts = true;
    let titled: String = arguments
        .text(0)?
        .chars()
        .map(|char| {
            let titled = if starts {
                single(char, char.to_uppercase())
            } else {
                char
            };
            starts = if char.is_ascii() {
                !(char.is_ascii_alphanumeric() || char == '_')
            } else {
                char.is_whitespace()
            };
            titled
        })
        .collect();
    Ok(Val::string(titled))
}

fn strrev(arguments: &Arguments<'_>) -> Take<Val> {
    Ok(Val::string(
        arguments.text(0)?.graphemes(true).rev().collect::<String>(),
    ))
}

/// A part by characters as people see them. A negative offset counts from the end, a negative length means all the rest.
fn substr(arguments: &Arguments<'_>) -> Take<Val> {
    let text = arguments.text(0)?;
    let (offset, length) = (arguments.whole(1)?, arguments.whole(2)?);
    let length = usize::try_from(length).ok();
    let skipped = match usize::try_from(offset) {
        Ok(_) if length == Some(0) => return Ok(Val::string("")),
        Ok(offset) => offset,
        Err(_) => {
            let back = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            text.graphemes(true).count().saturating_sub(back)
        }
    };
    // With a negative offset Terraform takes a length of 0 for all the rest.
    let length = length.filter(|length| *length > 0).unwrap_or(usize::MAX);
    let part: String = text.graphemes(true).skip(skipped).take(length).collect();
    Ok(Val::string(part))
}

fn indent(arguments: &Arguments<'_>) -> Take<Val> {
    let (spaces, text) = (position(arguments, 0)?, arguments.text(1)?);
    let lines = text.matches('\n').count();
    arguments.spend_text(lines.saturating_mul(spaces).saturating_add(text.len()))?;
    let spaces = if lines == 0 { 0 } else { spaces };
    let pad = format!("\n{}", " ".repeat(spaces));
    Ok(Val::string(text.replace('\n', &pad)))
}

fn join(arguments: &Arguments<'_>) -> Take<Val> {
    let separator = arguments.text(0)?;
    let mut joined = Writer::default();
    let mut first = true;
    for at in 1..arguments.all().len() {
        let items = arguments.list(at)?;
        arguments.spend_items(items.len())?;
        for item in items {
            if !std::mem::take(&mut first) {
                joined.text(&separator);
            }
            match item.why_unknown() {
                Some(why) => joined.unknown(why, item.partial.as_ref()),
                None => joined.text(&convert::text(item, arguments.context)?),
            }
            if joined.len() > super::MAX_TEXT {
                return Err(too_long());
            }
        }
    }
    Ok(joined.finish(None))
}

fn split(arguments: &Arguments<'_>) -> Take<Val> {
    let (separator, text) = (arguments.text(0)?, arguments.text(1)?);
    let parts: Vec<Val> = if separator.is_empty() {
        text.chars().map(|char| Val::string(char.to_string())).collect()
    } else {
        text.split(separator.as_str()).map(Val::string).collect()
    };
    arguments.spend_items(parts.len())?;
    Ok(Val::list(parts))
}

/// That a text would be too long.
pub(super) fn too_long() -> Stop {
    Stop::Problem(super::Problem::TooLarge {
        limit: super::MAX_TEXT,
        unit: "bytes",
    })
}

/// A sentence about a text that people wrote, without more of it than a line holds.
pub(super) fn about(text: &str, what: &str) -> Stop {
    let shown: String = text.chars().take(60).collect();
    wrong(format!("`{shown}` {what}"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, fails, json, result, shown, unknown};
    use crate::val::Val;

    #[test]
    fn texts() {
        check(&[
            ("chomp", r#"["a\r\n\n"]"#, r#""a""#),
            ("chomp", r#"[" a "]"#, r#"" a ""#),
            ("endswith", r#"["hello", "lo"]"#, "true"),
            ("indent", r#"[2, "a\nb\n"]"#, r#""a\n  b\n  ""#),
            ("indent", r#"[-1, "a"]"#, "!argument 1 is negative"),
            ("join", r#"[", ", ["a", 1], [true]]"#, r#""a, 1, true""#),
            ("join", r#"[",", []]"#, r#""""#),
            ("join", r#"[",", [null]]"#, "!null is no string"),
            ("join", r#"[",", "a"]"#, "!argument 2 is a string, not a list"),
            ("lower", r#"["ÄB"]"#, r#""äb""#),
            ("split", r#"[",", "a,,b"]"#, r#"["a","","b"]"#),
            ("split", r#"[",", ""]"#, r#"[""]"#),
            ("split", r#"["", "ab"]"#, r#"["a","b"]"#),
            ("startswith", r#"["hello", "he"]"#, "true"),
            ("strcontains", r#"["hello", "x"]"#, "false"),
            ("strrev", r#"["ae\u0301b"]"#, "\"be\u{301}a\""),
            ("substr", r#"["hello world", 1, 4]"#, r#""ello""#),
            ("substr", r#"["hello world", -5, -1]"#, r#""world""#),
            ("substr", r#"["hello", -9, 2]"#, r#""he""#),
            ("substr", r#"["hello", 9, 2]"#, r#""""#),
            ("substr", r#"["hello", 2, 0]"#, r#""""#),
            ("substr", r#"["hello", -2, 0]"#, r#""lo""#),
            ("substr", r#"["hello", 0.5, 1]"#, "!argument 2 is no whole number"),
            ("title", r#"["hello wORLD-x a_b"]"#, r#""Hello WORLD-X A_b""#),
            ("trim", r#"["?!hello?!", "!?"]"#, r#""hello""#),
            ("trim", r#"["abc", ""]"#, r#""abc""#),
            ("trimprefix", r#"["aab", "a"]"#, r#""ab""#),
            ("trimspace", r#"["\n  a b\t"]"#, r#""a b""#),
            ("trimsuffix", r#"["abb", "b"]"#, r#""ab""#),
            ("upper", r#"["aß1"]"#, r#""Aß1""#),
            ("upper", "[5]", r#""5""#),
            ("upper", "[[]]", "!argument 1: a list is no string"),
            ("upper", "[null]", "!argument 1 is null"),
        ]);
    }

    #[test]
    fn unknown_texts() {
        let why = "?(`var.x` has no value)";
        let list = Val::list(vec![json(r#""a""#), unknown()]);
        assert_eq!(shown("join", vec![json(r#"",""#), list]), why);
        assert_eq!(shown("split", vec![json(r#"",""#), unknown()]), why);
        let encoded = result("jsonencode", vec![Val::list(vec![unknown()])]);
        assert_eq!(shown("trimspace", vec![encoded]), format!("json([{why}])"));
        assert_eq!(shown("startswith", vec![unknown(), json(r#""a""#)]), why);
        assert_eq!(shown("startswith", vec![unknown(), json(r#""""#)]), "true");
    }

    #[test]
    fn a_text_is_bounded() {
        let long = Val::string("\n".repeat(1 << 20));
        assert!(fails("indent", vec![json("1000"), long.clone()]).contains("more than 16777216 bytes"));
        let many = Val::list(vec![long; 20]);
        assert!(fails("join", vec![json(r#""""#), many]).contains("more than 16777216 bytes"));
    }
}
