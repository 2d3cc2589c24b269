//! Tokens: the words of a query with their places.

use std::ops::Range;

use plumb_model::value::Text;

use super::problem::Problem;
use super::syntax::MAX_SOURCE;

/// One word of a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Range<usize>,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A name or a word of the language.
    Word(Text),
    /// A name in backticks, never a word of the language.
    Quoted(Text),
    /// A whole number without its sign.
    Int(u64),
    Text(Text),
    /// Punctuation, one of [`SYMBOLS`].
    Symbol(&'static str),
    End,
}

/// Longer symbols come before their prefixes. Arrows are made of several, because `<-` is also less than a negative number.
const SYMBOLS: [&str; 20] = [
    "..", "<>", "<=", ">=", "=~", "(", ")", "[", "]", "{", "}", ":", "|", ",", ".", "=", "<", ">", "-", ";",
];

/// Splits a query into words; the last is always [`TokenKind::End`].
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Problem> {
    if source.len() > MAX_SOURCE {
        let message = format!(
            "the query is {} bytes long; the limit is {MAX_SOURCE}",
            source.len()
        );
        return Err(Problem::new(message, &(0..MAX_SOURCE), "too long"));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at = after_blanks(source, at)?;
        let text = source.get(at..).unwrap_or_default();
        let (kind, length) = word(text, at)?;
        let is_end = kind == TokenKind::End;
        tokens.push(Token {
            kind,
            span: at..at + length,
        });
        if is_end {
            return Ok(tokens);
        }
        at += length;
    }
}

/// The position after white space and comments.
fn after_blanks(source: &str, at: usize) -> Result<usize, Problem> {
    let mut left = source.get(at..).unwrap_or_default();
    loop {
        left = left.trim_start();
        let here = source.len() - left.len();
        if let Some(comment) = left.strip_prefix("//") {
            left = comment
                .find('\n')
                .and_then(|end| comment.get(end..))
                .unwrap_or_default();
        } else if let Some(comment) = left.strip_prefix("/*") {
            let Some((_, after)) = comment.split_once("*/") else {
                return Err(Problem::new(
                    "the comment does not end",
                    &(here..here + 2),
                    "begins here",
                ));
            };
            left = after;
        } else {
            return Ok(here);
        }
    }
}

/// The first word of `text`, and its length in bytes.
fn word(text: &str, at: usize) -> Result<(TokenKind, usize), Problem> {
    let Some(first) = text.chars().next() else {
        return Ok((TokenKind::End, 0));
    };
    if first == '\'' || first == '"' {
        return quoted(text, at, first).map(|(content, length)| (TokenKind::Text(content), length));
    }
    if first == '`' {
        return quoted(text, at, first).map(|(content, length)| (TokenKind::Quoted(content), length));
    }
    let length = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    let word = text.get(..length).unwrap_or_default();
    if first.is_ascii_digit() {
        return match word.parse() {
            Ok(number) => Ok((TokenKind::Int(number), length)),
            Err(_) => Err(Problem::new(
                format!("`{word}` is not a whole number that fits in 64 bits"),
                &(at..at + length),
                "not a number",
            )),
        };
    }
    if length > 0 {
        return Ok((TokenKind::Word(word.into()), length));
    }
    if first == '*' {
        return Ok((TokenKind::Symbol("*"), 1));
    }
    match SYMBOLS.iter().find(|symbol| text.starts_with(**symbol)) {
        Some(symbol) => Ok((TokenKind::Symbol(symbol), symbol.len())),
        None => Err(foreign(first, at)),
    }
}

fn foreign(character: char, at: usize) -> Problem {
    let problem = Problem::new(
        format!("unexpected character `{}`", character.escape_debug()),
        &(at..at + character.len_utf8()),
        "not part of the language",
    );
    match character {
        '!' => problem.help("unequal is written `<>`, and negation `NOT`"),
        '&' => problem.help("write `AND`"),
        '$' => problem.help("queries have no parameters; write the value itself"),
        '“' | '”' | '‘' | '’' => problem.help("text stands between straight quotes"),
        _ => problem,
    }
}

/// The content of a text in quotes, and its length with them.
fn quoted(text: &str, at: usize, quote: char) -> Result<(Text, usize), Problem> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((position, character)) = characters.next() {
        if character == quote {
            return Ok((content.into(), position + 1));
        }
        if character != '\\' || quote == '`' {
            content.push(character);
            continue;
        }
        let escape = characters.next().map(|(_, escape)| escape);
        content.push(match escape {
            Some(same @ ('\\' | '\'' | '"')) => same,
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let digits: String = characters.by_ref().take(4).map(|(_, digit)| digit).collect();
                match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                    Some(character) => character,
                    None => return Err(bad_escape(at + position)),
                }
            }
            Some(_) | None => return Err(bad_escape(at + position)),
        });
    }
    Err(Problem::new(
        "the text does not end",
        &(at..at + 1),
        "begins here",
    ))
}

fn bad_escape(at: usize) -> Problem {
    Problem::new("unknown escape in a text", &(at..at + 2), "here")
        .help("known are \\\\, \\', \\\", \\n, \\r, \\t and \\u with four hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let words: Vec<&str> = tokens(source)
            .unwrap()
            .iter()
            .filter_map(|token| source.get(token.span.clone()))
            .collect();
        assert_eq!(words.join(" "), expected, "{source}");
    }

    #[test]
    fn words_are_split_at_symbols_blanks_and_comments() {
        check("(a)-[:x*1..4]->(b)", "( a ) - [ : x * 1 .. 4 ] - > ( b ) ");
        check("a.b<>'it\\'s' // end", "a . b <> 'it\\'s' ");
        check("a /* b */ c<=-3", "a c <= - 3 ");
        check("`odd name`", "`odd name` ");
    }

    #[test]
    fn texts_are_read_with_their_escapes() {
        let kind = |source| tokens(source).unwrap().remove(0).kind;
        assert_eq!(kind(r#""a\t\u00e9\\""#), TokenKind::Text("a\té\\".into()));
        assert_eq!(kind("'ünï'"), TokenKind::Text("ünï".into()));
    }

    #[test]
    fn what_is_no_word_is_refused() {
        for source in [
            "a;",
            "'open",
            "/* open",
            "'\\x'",
            "'\\ud800'",
            "99999999999999999999",
            "1a",
            "`open",
        ] {
            assert!(tokens(source).is_err(), "{source}");
        }
        assert!(tokens(&"a".repeat(MAX_SOURCE + 1)).is_err());
    }
}
