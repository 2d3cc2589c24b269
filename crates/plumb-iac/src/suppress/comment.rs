//! Comments of HCL: where they stand in a text, and not in its strings and heredocs.

use std::ops::Range;

/// How deeply templates nest in strings before they are taken for plain text.
const MAX_DEPTH: usize = 256;

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Comment {
    /// Its text without the marks around it.
    pub(super) words: Range<usize>,
    /// All of it.
    pub(super) whole: Range<usize>,
}

/// Where a reader of HCL is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// A template in a string, and how many braces are open in it.
    Template(usize),
    /// A string.
    Quotes,
}

/// The comments of a text, in order.
pub(super) fn of_hcl(text: &str) -> Vec<Comment> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut within: Vec<Within> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let next = bytes.get(at + 1).copied();
        if within.last() == Some(&Within::Quotes) {
            match (byte, next) {
                (b'\\', _) => at += 1,
                // A string ends on its line; what goes on is broken, and comments after it are still read.
                (b'"' | b'\n', _) => _ = within.pop(),
                (b'$', Some(b'$')) | (b'%', Some(b'%')) => at += 1,
                (b'$' | b'%', Some(b'{')) if within.len() < MAX_DEPTH => {
                    within.push(Within::Template(0));
                    at += 1;
                }
                _ => {}
            }
            at += 1;
            continue;
        }
        match (byte, next) {
            (b'#', _) => at = line_comment(text, at, 1, &mut found),
            (b'/', Some(b'/')) => at = line_comment(text, at, 2, &mut found),
            (b'/', Some(b'*')) => at = closed_comment(text, at, &mut found),
            (b'"', _) => {
                within.push(Within::Quotes);
                at += 1;
            }
            (b'<', Some(b'<')) => at = after_heredoc(text, at),
            (b'{', _) => {
                if let Some(Within::Template(open)) = within.last_mut() {
                    *open += 1;
                }
                at += 1;
            }
            (b'}', _) => {
                match within.last_mut() {
                    Some(Within::Template(0)) => _ = within.pop(),
                    Some(Within::Template(open)) => *open -= 1,
                    Some(Within::Quotes) | None => {}
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

/// The comments of JSON, as ARM takes it, in order.
pub(super) fn of_json(text: &str) -> Vec<Comment> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    let mut is_text = false;
    while let Some(byte) = bytes.get(at).copied() {
        match (byte, bytes.get(at + 1).copied()) {
            (b'\\', _) if is_text => at += 2,
            (b'"', _) => {
                is_text = !is_text;
                at += 1;
            }
            (b'/', Some(b'/')) if !is_text => at = line_comment(text, at, 2, &mut found),
            (b'/', Some(b'*')) if !is_text => at = closed_comment(text, at, &mut found),
            _ => at += 1,
        }
    }
    found
}

/// The text with white space in the place of comments, so that all else stands where it did.
pub(super) fn without(text: &str, comments: &[Comment]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for comment in comments {
        out.push_str(text.get(done..comment.whole.start).unwrap_or_default());
        let blanked = text.get(comment.whole.clone()).unwrap_or_default();
        out.extend(blanked.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        done = comment.whole.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Takes a comment between `/*` and `*/`; where the reading goes on.
fn closed_comment(text: &str, at: usize, found: &mut Vec<Comment>) -> usize {
    let rest = text.get(at + 2..).unwrap_or_default();
    let length = rest.find("*/");
    let words = at + 2..at + 2 + length.unwrap_or(rest.len());
    let end = words.end + length.map_or(0, |_| 2);
    found.push(Comment {
        words,
        whole: at..end,
    });
    end
}

/// Takes a comment to the end of its line; where the reading goes on.
fn line_comment(text: &str, at: usize, marks: usize, found: &mut Vec<Comment>) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let end = at + rest.find('\n').unwrap_or(rest.len());
    found.push(Comment {
        words: (at + marks).min(end)..end,
        whole: at..end,
    });
    end
}

/// The end of a heredoc that begins at `at`, or of its two signs where none does.
fn after_heredoc(text: &str, at: usize) -> usize {
    let rest = text.get(at + 2..).unwrap_or_default();
    let named = rest.strip_prefix('-').unwrap_or(rest);
    let Some((name, _)) = named.split_once('\n') else {
        return at + 2;
    };
    let name = name.trim_end();
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return at + 2;
    }
    let mut end = at;
    for (number, line) in text
        .get(at..)
        .unwrap_or_default()
        .split_inclusive('\n')
        .enumerate()
    {
        end += line.len();
        if number > 0 && line.trim() == name {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::{of_hcl, of_json, without};

    #[test]
    fn comments_stand_outside_of_strings_and_heredocs() {
        let cases: [(&str, &[&str]); 11] = [
            (
                "a = 1 # one\n// two\n/* three\nfour */ b = 2",
                &[" one", " two", " three\nfour "],
            ),
            ("a = \"# no\" # yes", &[" yes"]),
            ("a = \"${f(\"# no\")} # no\" # yes", &[" yes"]),
            ("a = \"${ { x = \"}\" } } # no\" # yes", &[" yes"]),
            ("a = \"\\\" # no\" # yes", &[" yes"]),
            ("a = \"$${ # no\" # yes", &[" yes"]),
            ("a = <<EOT\n# no\nEOT\n# yes", &[" yes"]),
            ("a = <<-EOT\n  # no\n  EOT\n# yes", &[" yes"]),
            ("a = \"broken\n# yes", &[" yes"]),
            ("a = 1 << 2 # yes", &[" yes"]),
            ("/* open", &[" open"]),
        ];
        for (text, expected) in cases {
            let found: Vec<&str> = of_hcl(text)
                .into_iter()
                .map(|comment| text.get(comment.words).unwrap())
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn comments_of_json_stand_outside_of_texts() {
        let text = "{ // one\n  \"a//b\": \"\\\" /* no */\", /* two\n*/ \"c\": 1 }";
        let comments = of_json(text);
        let found: Vec<&str> = comments
            .iter()
            .map(|comment| text.get(comment.words.clone()).unwrap())
            .collect();
        assert_eq!(found, [" one", " two\n"]);
        let blanked = without(text, &comments);
        assert_eq!(blanked.len(), text.len());
        assert!(serde_json::from_str::<serde_json::Value>(&blanked).is_ok());
        assert_eq!(of_json("/* open").len(), 1);
    }

    #[test]
    fn deep_templates_end() {
        let text = format!("a = {} # x", "\"${".repeat(100_000));
        assert!(of_hcl(&text).len() <= 1);
    }
}
