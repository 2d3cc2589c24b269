//! Tokens: the words of a rule's source text with their places.

use plumb_model::value::Text;

use crate::literal;
use crate::problem::Problem;
use crate::syntax::{MAX_SOURCE, Span};

/// One word of the source text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) span: Span,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A name, including the words that are reserved where an expression begins.
    Word(Text),
    /// A whole number without its sign.
    Int(u64),
    Double(f64),
    Text(Text),
    Symbol(Symbol),
    End,
}

/// Punctuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    ParenOpen,
    ParenClose,
    BracketOpen,
    BracketClose,
    BraceOpen,
    BraceClose,
    Dot,
    Comma,
    Colon,
    Question,
    And,
    Or,
    Not,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
}

/// Longer symbols come before their prefixes.
const SYMBOLS: [(&str, Symbol); 24] = [
    ("&&", Symbol::And),
    ("||", Symbol::Or),
    ("==", Symbol::Equal),
    ("!=", Symbol::NotEqual),
    ("<=", Symbol::LessOrEqual),
    (">=", Symbol::GreaterOrEqual),
    ("<", Symbol::Less),
    (">", Symbol::Greater),
    ("!", Symbol::Not),
    ("(", Symbol::ParenOpen),
    (")", Symbol::ParenClose),
    ("[", Symbol::BracketOpen),
    ("]", Symbol::BracketClose),
    ("{", Symbol::BraceOpen),
    ("}", Symbol::BraceClose),
    (".", Symbol::Dot),
    (",", Symbol::Comma),
    (":", Symbol::Colon),
    ("?", Symbol::Question),
    ("+", Symbol::Plus),
    ("-", Symbol::Minus),
    ("*", Symbol::Star),
    ("/", Symbol::Slash),
    ("%", Symbol::Percent),
];

/// Splits source text into words; the last is always [`TokenKind::End`].
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Problem> {
    if source.len() > MAX_SOURCE {
        let message = format!(
            "the rule is {} bytes long; the limit is {MAX_SOURCE}",
            source.len()
        );
        return Err(Problem::new(message, span(0, MAX_SOURCE), "too long"));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += blank(rest(source, at));
        let text = rest(source, at);
        if text.is_empty() {
            tokens.push(Token {
                kind: TokenKind::End,
                span: span(at, at),
            });
            return Ok(tokens);
        }
        let (kind, length) = word(source, at)?;
        tokens.push(Token {
            kind,
            span: span(at, at + length),
        });
        at += length;
    }
}

/// A span from byte positions below [`MAX_SOURCE`] or a little above.
#[expect(
    clippy::cast_possible_truncation,
    reason = "positions are bounded by `MAX_SOURCE`"
)]
pub(crate) fn span(start: usize, end: usize) -> Span {
    Span {
        start: start as u32,
        end: end as u32,
    }
}

fn rest(source: &str, at: usize) -> &str {
    source.get(at..).unwrap_or_default()
}

/// The length of white space and comments at the start of the text.
fn blank(text: &str) -> usize {
    let mut left = text;
    loop {
        left = left.trim_start();
        match left.strip_prefix("//") {
            Some(comment) => {
                left = comment
                    .find('\n')
                    .and_then(|end| comment.get(end..))
                    .unwrap_or_default()
            }
            None => return text.len() - left.len(),
        }
    }
}

/// The word at `at`, and its length in bytes.
fn word(source: &str, at: usize) -> Result<(TokenKind, usize), Problem> {
    let text = rest(source, at);
    if literal::begins_text(text) {
        return literal::text(text, at).map(|(content, length)| (TokenKind::Text(content.into()), length));
    }
    let next_is_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if next_is_digit(text) || text.strip_prefix('.').is_some_and(next_is_digit) {
        return literal::number(text, at);
    }
    let length = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    if length > 0 {
        return Ok((
            TokenKind::Word(text.get(..length).unwrap_or_default().into()),
            length,
        ));
    }
    if let Some((symbol, kind)) = SYMBOLS.iter().find(|(symbol, _)| text.starts_with(symbol)) {
        return Ok((TokenKind::Symbol(*kind), symbol.len()));
    }
    let character = text.chars().next().unwrap_or_default();
    let problem = Problem::new(
        format!("unexpected character `{}`", character.escape_debug()),
        span(at, at + character.len_utf8()),
        "not part of the rule language",
    );
    Err(match character {
        '=' => problem.help("equality is written `==`"),
        '&' => problem.help("write `&&` or `AND`"),
        '|' => problem.help("write `||` or `OR`"),
        '`' | '$' | '@' => problem.help("a key with unusual characters is written `[\"key\"]`"),
        '“' | '”' | '‘' | '’' => problem.help("text stands between straight quotes"),
        _ => problem,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        let words: Vec<&str> = tokens(source)
            .unwrap()
            .iter()
            .map(|token| token.span.text(source))
            .collect();
        assert_eq!(words.join(" "), expected, "{source}");
    }

    #[test]
    fn words_are_split_at_symbols_blanks_and_comments() {
        check("a.b[0]", "a . b [ 0 ] ");
        check("a // comment && x\n&&\r\n\tb // end", "a && b ");
        check("a<=b!=!c", "a <= b != ! c ");
        check("1.5e3-.5", "1.5e3 - .5 ");
        check("1.size()", "1 . size ( ) ");
        check(r#"'it''s' "x" r"\d""#, r#"'it' 's' "x" r"\d" "#);
    }

    #[test]
    fn foreign_characters_are_refused_with_advice() {
        for (source, help) in [
            ("a = b", "equality is written `==`"),
            ("a & b", "write `&&` or `AND`"),
        ] {
            assert_eq!(tokens(source).unwrap_err().help.as_deref(), Some(help));
        }
        assert!(tokens("a ; b").is_err());
        assert!(tokens(&"a".repeat(MAX_SOURCE + 1)).is_err());
    }
}
