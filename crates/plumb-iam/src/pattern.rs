//! `Pattern`: text of a policy with wildcards and policy variables, matched against a request.
//!
//! Facts: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.

use std::borrow::Cow;

use plumb_model::value::Text;

use crate::glob::{Glob, Style, Symbol, symbol};
use crate::keys::{KeyValue, Keys};
use crate::truth::Truth;

/// Characters a pattern may have; ARNs and policy elements are far shorter.
pub const MAX_PATTERN: usize = 4_096;

/// Whether `${…}` is a variable: only in documents of version 2012-10-17 or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variables {
    /// `${…}` stands for a value of the request.
    Recognised,
    /// `${…}` is plain text.
    Literal,
}

/// A pattern is longer than the limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// The characters it has.
    pub actual: usize,
}

/// A compiled pattern that may have variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    written: Text,
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Form {
    Fixed(Glob),
    /// `widest` has a `*` in the place of each variable.
    Template {
        parts: Vec<Part>,
        style: Style,
        widest: Glob,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    /// Text in which wildcards count.
    Text(Text),
    /// A character that is not a wildcard: `${*}`, `${?}`, `${$}`.
    Char(char),
    /// The value of a key, in lower case.
    Variable { key: Text, default: Option<Text> },
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it is longer than [`MAX_PATTERN`].
    pub fn new(written: &str, style: Style, variables: Variables) -> Result<Self, TooLong> {
        let actual = written.chars().count();
        if actual > MAX_PATTERN {
            return Err(TooLong { actual });
        }
        let parts = match variables {
            Variables::Recognised => parts(written),
            Variables::Literal => vec![Part::Text(written.into())],
        };
        let is_fixed = !parts.iter().any(|part| matches!(part, Part::Variable { .. }));
        let open = |_: &str, _: Option<&Text>| Some(vec![Symbol::Many]);
        let widest = Glob::from_symbols(fill(&parts, style, open).unwrap_or_default(), style);
        let form = if is_fixed {
            Form::Fixed(widest)
        } else {
            Form::Template { parts, style, widest }
        };
        Ok(Self {
            written: written.into(),
            form,
        })
    }

    /// The pattern as the policy has it.
    pub fn written(&self) -> &Text {
        &self.written
    }

    /// The keys, in lower case, whose values the pattern needs.
    pub fn variables(&self) -> impl Iterator<Item = &Text> {
        let parts = match &self.form {
            Form::Fixed(_) => &[][..],
            Form::Template { parts, .. } => parts,
        };
        parts.iter().filter_map(|part| match part {
            Part::Variable { key, .. } => Some(key),
            Part::Text(_) | Part::Char(_) => None,
        })
    }

    /// The pattern with `*` in the place of each variable: it matches all that some request could make it match.
    pub fn widest(&self) -> &Glob {
        match &self.form {
            Form::Fixed(glob) | Form::Template { widest: glob, .. } => glob,
        }
    }

    /// Whether the pattern matches `text` in a request with these keys.
    ///
    /// A variable whose key the request does not have, and that has no default, makes the pattern match nothing;
    /// so does a key with several values. Wildcards in values are plain characters.
    pub fn matches(&self, text: &str, keys: &dyn Keys) -> Truth {
        if !self.widest().matches(text) {
            return Truth::False;
        }
        match self.resolve(keys) {
            Some((glob, open)) => Truth::from(glob.matches(text)).and(open),
            None => Truth::False,
        }
    }

    /// Whether the pattern matches some text of those that `texts` matches: `Depends` when it matches a part of them.
    pub fn matches_some(&self, texts: &Glob, keys: &dyn Keys) -> Truth {
        match self.resolve(keys) {
            Some((glob, open)) if glob.covers(texts) => open,
            Some((glob, open)) if glob.overlaps(texts) => open.and(Truth::Depends),
            Some(_) | None => Truth::False,
        }
    }

    /// The pattern with the values of a request, those that are not given as `*`; `None` when it matches nothing.
    pub fn resolved(&self, keys: &dyn Keys) -> Option<Glob> {
        self.resolve(keys).map(|(glob, _)| glob.into_owned())
    }

    /// The pattern with the values of a request, and whether all of them are given; `None` when it matches nothing.
    fn resolve(&self, keys: &dyn Keys) -> Option<(Cow<'_, Glob>, Truth)> {
        let (parts, style) = match &self.form {
            Form::Fixed(glob) => return Some((Cow::Borrowed(glob), Truth::True)),
            Form::Template { parts, style, .. } => (parts, *style),
        };
        let mut open = Truth::True;
        let value = |key: &str, default: Option<&Text>| match keys.key(key) {
            KeyValue::Known(values) => match &*values {
                [value] => Some(plain(value)),
                _ => None,
            },
            KeyValue::Absent => default.map(|default| plain(default)),
            KeyValue::AbsentOr(_) | KeyValue::Unspecified => {
                open = open.and(Truth::Depends);
                Some(vec![Symbol::Many])
            }
            KeyValue::Unread(_) => {
                open = open.and(Truth::Unknown);
                Some(vec![Symbol::Many])
            }
        };
        let symbols = fill(parts, style, value)?;
        Some((Cow::Owned(Glob::from_symbols(symbols, style)), open))
    }
}

fn plain(value: &str) -> Vec<Symbol> {
    value.chars().map(Symbol::Char).collect()
}

fn fill(
    parts: &[Part],
    style: Style,
    mut resolve: impl FnMut(&str, Option<&Text>) -> Option<Vec<Symbol>>,
) -> Option<Vec<Symbol>> {
    let mut symbols = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => symbols.extend(text.chars().map(|char| symbol(char, style))),
            Part::Char(char) => symbols.push(Symbol::Char(*char)),
            Part::Variable { key, default } => symbols.extend(resolve(key, default.as_ref())?),
        }
    }
    Some(symbols)
}

/// Splits a text at its variables; a `${` that is never closed is plain text.
fn parts(written: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = written;
    while let Some((before, opened)) = rest.split_once("${") {
        let Some((inside, after)) = opened.split_once('}') else {
            break;
        };
        if !before.is_empty() {
            parts.push(Part::Text(before.into()));
        }
        parts.push(match inside {
            "*" => Part::Char('*'),
            "?" => Part::Char('?'),
            "$" => Part::Char('$'),
            inside => variable(inside),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.into()));
    }
    parts
}

/// `key` or `key, 'default'`.
fn variable(inside: &str) -> Part {
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let unquoted = default
                .strip_prefix('\'')
                .and_then(|text| text.strip_suffix('\''));
            (key, Some(Text::from(unquoted.unwrap_or(default))))
        }
        None => (inside, None),
    };
    Part::Variable {
        key: key.trim().to_ascii_lowercase().into(),
        default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Context;

    fn check(pattern: &str, text: &str, context: &Context, expected: Truth) {
        let pattern = Pattern::new(pattern, Style::Resource, Variables::Recognised).unwrap();
        assert_eq!(pattern.matches(text, context), expected, "{pattern:?} {text}");
    }

    #[test]
    fn variables_take_the_value_of_the_request() {
        let home = "arn:aws:s3:::b/${aws:UserName}/*";
        let ann = Context::new().with("aws:username", "ann");
        check(home, "arn:aws:s3:::b/ann/x", &ann, Truth::True);
        check(home, "arn:aws:s3:::b/bob/x", &ann, Truth::False);
        check(home, "arn:aws:s3:::b/bob/x", &Context::new(), Truth::Depends);
        check(home, "arn:aws:s3:::c/bob/x", &Context::new(), Truth::False);
        check(
            home,
            "arn:aws:s3:::b/bob/x",
            &Context::new().without("aws:username"),
            Truth::False,
        );
        let star = Context::new().with("aws:username", "*");
        check(home, "arn:aws:s3:::b/bob/x", &star, Truth::False);
    }

    #[test]
    fn defaults_and_escapes_are_read() {
        let team = "arn:aws:s3:::b/${aws:PrincipalTag/team, 'company-wide'}/*";
        let none = Context::new().without("aws:principaltag/team");
        check(team, "arn:aws:s3:::b/company-wide/x", &none, Truth::True);
        check(team, "arn:aws:s3:::b/red/x", &none, Truth::False);
        check("a${*}b", "a*b", &none, Truth::True);
        check("a${*}b", "axb", &none, Truth::False);
        check("a${$}{x}", "a${x}", &none, Truth::True);
        check("a${open", "a${open", &none, Truth::True);
    }

    #[test]
    fn older_documents_have_no_variables() {
        let pattern = Pattern::new("${aws:username}", Style::Text, Variables::Literal).unwrap();
        assert_eq!(pattern.matches("${aws:username}", &Context::new()), Truth::True);
        assert_eq!(pattern.matches("ann", &Context::new()), Truth::False);
    }

    #[test]
    fn overlong_patterns_are_refused() {
        let error = Pattern::new(&"a".repeat(5_000), Style::Text, Variables::Literal).unwrap_err();
        assert_eq!(error.actual, 5_000);
    }
}
