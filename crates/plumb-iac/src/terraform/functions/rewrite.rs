//! Regular expressions of Go in the syntax of the engine used here.
//!
//! In Go (<https://github.com/google/re2/wiki/Syntax>) `\d`, `\s`, `\w` and `\b` mean ASCII only, `[` within a class and a brace without
//! a count are themselves, and `\<` is a `<`.

/// A pattern of Go in the syntax of the engine.
pub(super) fn rewrite(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut within = Within::Pattern;
    while let Some(char) = rest.chars().next() {
        let after = rest.get(char.len_utf8()..).unwrap_or_default();
        rest = match (char, within) {
            ('\\', _) => escape(after, within, &mut out),
            ('[', Within::Pattern) => {
                within = Within::Class;
                class_start(after, &mut out)
            }
            (']', Within::Class) => {
                within = Within::Pattern;
                out.push(']');
                after
            }
            ('[', Within::Class) => match posix_class(rest) {
                Some((class, after)) => {
                    out.push_str(class);
                    after
                }
                None => {
                    out.push_str("\\[");
                    after
                }
            },
            ('&' | '~', Within::Class) => {
                out.push('\\');
                out.push(char);
                after
            }
            ('-', Within::Class) if after.starts_with('-') => {
                out.push_str("\\-");
                after
            }
            ('{', Within::Pattern) if !is_repetition(after) => {
                out.push_str("\\{");
                after
            }
            (char, _) => {
                out.push(char);
                after
            }
        };
    }
    out
}

/// Where in a pattern a character stands.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Pattern,
    Class,
}

/// Writes what follows a backslash; gives what is left of the pattern.
fn escape<'a>(after: &'a str, within: Within, out: &mut String) -> &'a str {
    let Some(char) = after.chars().next() else {
        out.push('\\');
        return after;
    };
    let rest = after.get(char.len_utf8()..).unwrap_or_default();
    match char {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.push_str("[\\t\\n\\f\\r ]"),
        'S' => out.push_str("[^\\t\\n\\f\\r ]"),
        'b' if within == Within::Pattern => out.push_str("(?-u:\\b)"),
        '<' | '>' => out.push(char),
        'Q' => {
            let (literal, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
            out.push_str(&regex::escape(literal));
            return rest;
        }
        'E' => {}
        char => {
            out.push('\\');
            out.push(char);
        }
    }
    rest
}

/// Writes the start of a class, in which a first `]` is itself.
fn class_start<'a>(after: &'a str, out: &mut String) -> &'a str {
    out.push('[');
    let mut rest = after;
    if let Some(negated) = rest.strip_prefix('^') {
        out.push('^');
        rest = negated;
    }
    if let Some(bracket) = rest.strip_prefix(']') {
        out.push_str("\\]");
        rest = bracket;
    }
    rest
}

/// A class such as `[:alpha:]` at the start of a pattern, and what follows it.
fn posix_class(rest: &str) -> Option<(&str, &str)> {
    let end = rest.strip_prefix("[:")?.find(":]")? + 4;
    rest.split_at_checked(end)
}

/// Whether what follows a brace makes it a repetition: `2}`, `2,}` or `2,5}`.
fn is_repetition(after: &str) -> bool {
    let Some((counts, _)) = after.split_once('}') else {
        return false;
    };
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::rewrite;

    #[test]
    fn patterns_are_rewritten_where_the_engines_differ() {
        let cases = [
            ("[a-z]+\\.(x|y){2,}$", "[a-z]+\\.(x|y){2,}$"),
            ("\\d[\\w.[-]", "[0-9][[0-9A-Za-z_].\\[-]"),
            ("[^]a]{", "[^\\]a]\\{"),
            ("[[:alpha:]]\\b", "[[:alpha:]](?-u:\\b)"),
            ("\\Qa.b", "a\\.b"),
            ("\\", "\\"),
        ];
        for (pattern, expected) in cases {
            assert_eq!(rewrite(pattern), expected, "{pattern}");
        }
    }
}
