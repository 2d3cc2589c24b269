//! Literals: the content of quoted text and numbers.

use crate::problem::Problem;
use crate::token::{TokenKind, span};

/// Whether quoted text begins here, a prefix such as `r` included.
pub(crate) fn begins_text(text: &str) -> bool {
    let quote = text.trim_start_matches(['r', 'R', 'b', 'B']);
    text.len() - quote.len() <= 2 && quote.starts_with(['"', '\''])
}

/// The content of the quoted text at the start, and its length in bytes with quotes.
pub(crate) fn text(text: &str, at: usize) -> Result<(String, usize), Problem> {
    let body = text.trim_start_matches(['r', 'R', 'b', 'B']);
    let prefix = text.get(..text.len() - body.len()).unwrap_or_default();
    if prefix.contains(['b', 'B']) {
        return Err(Problem::new(
            "bytes are not part of the rule language",
            span(at, at + prefix.len()),
            "bytes",
        )
        .help("remove the prefix to write text"));
    }
    let quote = ["\"\"\"", "'''", "\"", "'"]
        .into_iter()
        .find(|quote| body.starts_with(quote))
        .unwrap_or("'");
    let content = body.get(quote.len()..).unwrap_or_default();
    let mut result = String::new();
    let mut left = content;
    let place = |left: &str| at + (text.len() - left.len());
    let unfinished = || {
        Problem::new(
            "text is not closed",
            span(at, at + prefix.len() + quote.len()),
            "begins here",
        )
    };
    loop {
        if let Some(after) = left.strip_prefix(quote) {
            return Ok((result, text.len() - after.len()));
        }
        let Some(character) = left.chars().next() else {
            return Err(unfinished());
        };
        let after = left.get(character.len_utf8()..).unwrap_or_default();
        match character {
            '\n' | '\r' if quote.len() == 1 => {
                return Err(unfinished().help("text over several lines stands between triple quotes"));
            }
            '\\' if prefix.is_empty() => {
                let (escaped, length) = escape(after).ok_or_else(|| {
                    let Some(shown) = after.chars().next() else {
                        return unfinished();
                    };
                    Problem::new(
                        format!("unknown escape `\\{}`", shown.escape_debug()),
                        span(place(left), place(after) + shown.len_utf8()),
                        "no such escape",
                    )
                    .help("write `\\\\` for a backslash, or put `r` before the quote to take backslashes as they are")
                })?;
                result.push(escaped);
                left = after.get(length..).unwrap_or_default();
            }
            _ => {
                result.push(character);
                left = after;
            }
        }
    }
}

/// The number at the start, and its length in bytes.
pub(crate) fn number(text: &str, at: usize) -> Result<(TokenKind, usize), Problem> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(hexadecimal) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let length = hexadecimal.bytes().take_while(u8::is_ascii_hexdigit).count();
        let value = u64::from_str_radix(hexadecimal.get(..length).unwrap_or_default(), 16);
        return ended(text, 2 + length, at, value.ok().map(TokenKind::Int));
    }
    let tail = |length: usize| text.get(length..).unwrap_or_default();
    let mut length = digits(text);
    let mut is_whole = true;
    if let Some(fraction) = tail(length)
        .strip_prefix('.')
        .map(digits)
        .filter(|digits| *digits > 0)
    {
        length += 1 + fraction;
        is_whole = false;
    }
    if let Some(exponent) = tail(length).strip_prefix(['e', 'E']) {
        let signed = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let exponent_digits = digits(signed);
        if exponent_digits > 0 {
            length += 1 + (exponent.len() - signed.len()) + exponent_digits;
            is_whole = false;
        }
    }
    let written = text.get(..length).unwrap_or_default();
    let kind = if is_whole {
        written.parse().ok().map(TokenKind::Int)
    } else {
        written
            .parse()
            .ok()
            .filter(|double: &f64| double.is_finite())
            .map(TokenKind::Double)
    };
    ended(text, length, at, kind)
}

/// Refuses a number that runs on into letters or that does not fit.
fn ended(
    text: &str,
    length: usize,
    at: usize,
    kind: Option<TokenKind>,
) -> Result<(TokenKind, usize), Problem> {
    let after = text.get(length..).unwrap_or_default();
    let letters = after
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    if letters > 0 {
        let written = text.get(..length + letters).unwrap_or_default();
        let problem = Problem::new(
            format!("`{written}` is not a number"),
            span(at, at + length + letters),
            "letters follow the digits",
        );
        return Err(match after.get(..letters) {
            Some("u" | "U") => problem.help("all whole numbers are signed; leave the `u` out"),
            _ => problem.help("put text between quotes"),
        });
    }
    kind.map(|kind| (kind, length)).ok_or_else(|| {
        let written = text.get(..length).unwrap_or_default();
        Problem::new(
            format!("`{written}` does not fit a number"),
            span(at, at + length),
            "too large",
        )
        .help("whole numbers have 64 bits with a sign")
    })
}

/// The character that an escape stands for, and the length of the escape after the backslash.
fn escape(after: &str) -> Option<(char, usize)> {
    let numeric = |skip: usize, length: usize, radix: u32| {
        let digits = after.get(skip..skip + length)?;
        let all_digits = digits.chars().all(|c| c.is_digit(radix));
        let code = u32::from_str_radix(digits, radix).ok().filter(|_| all_digits)?;
        Some((char::from_u32(code)?, skip + length))
    };
    let character = match after.chars().next()? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        same @ ('\\' | '\'' | '"' | '`' | '?') => same,
        'x' | 'X' => return numeric(1, 2, 16),
        'u' => return numeric(1, 4, 16),
        'U' => return numeric(1, 8, 16),
        '0'..='3' => return numeric(0, 3, 8),
        _ => return None,
    };
    Some((character, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_has_its_content() {
        for (source, content) in [
            (r#""a""#, "a"),
            ("''", ""),
            (r"'\x41\u00e9\101\n\''", "AéA\n'"),
            (r"r'\d+'", r"\d+"),
            ("'''two\nlines'''", "two\nlines"),
            (r#""""say "x" """"#, r#"say "x" "#),
            (r"'\U0001f600'", "\u{1f600}"),
        ] {
            assert!(begins_text(source));
            assert_eq!(
                text(source, 0).unwrap(),
                (content.to_owned(), source.len()),
                "{source}"
            );
        }
    }

    #[test]
    fn broken_text_is_refused() {
        for source in [
            "'",
            "'a\n'",
            r"'\q'",
            r"'\ud800'",
            r"'\x4'",
            r"'\",
            r"'\",
            "b'x'",
            r"'\+41'",
            r"'\x+1'",
        ] {
            assert!(text(source, 0).is_err(), "{source}");
        }
    }

    #[test]
    fn numbers_have_their_value() {
        assert_eq!(number("0x1F", 0).unwrap(), (TokenKind::Int(31), 4));
        assert_eq!(number("12]", 0).unwrap(), (TokenKind::Int(12), 2));
        assert_eq!(number("1.5e-1", 0).unwrap(), (TokenKind::Double(0.15), 6));
        for source in ["12u", "1abc", "99999999999999999999", "1e999", "0x"] {
            assert!(number(source, 0).is_err(), "{source}");
        }
    }
}
