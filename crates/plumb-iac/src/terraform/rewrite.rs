//! Code that Terraform takes and the parser does not, rewritten so that it does: in as many bytes, so that places stay what they are.
//!
//! In an object a later item replaces an earlier one of the same key, and in a `for` that makes an object the ends of lines mean nothing.
//! The parser refuses both, and with it the whole file.

use std::collections::BTreeMap;
use std::ops::Range;

/// What a text begins with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// Attributes and blocks.
    Body,
    /// An expression.
    Expression,
    /// A text with `${…}` in it.
    Template,
}

/// The text without replaced items and without ends of lines that mean nothing; `None` if it has neither or is not understood.
pub(super) fn rewritten(text: &str, start: Start) -> Option<String> {
    let (first, last) = match start {
        Start::Body => (Frame::Body, b'}'),
        Start::Expression => (Frame::Group(0), 0),
        Start::Template => (Frame::Template, 0),
    };
    let mut scanner = Scanner {
        text,
        at: 0,
        last,
        frames: vec![first],
        replaced: Vec::new(),
        meaningless: Vec::new(),
    };
    while scanner.at < text.len() {
        scanner.step()?;
    }
    if scanner.replaced.is_empty() && scanner.meaningless.is_empty() {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    for range in scanner.replaced {
        for byte in bytes.get_mut(range)?.iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
    }
    for range in scanner.meaningless {
        bytes.get_mut(range)?.fill(b' ');
    }
    String::from_utf8(bytes).ok()
}

/// What surrounds the byte at hand.
enum Frame<'t> {
    /// Attributes and blocks.
    Body,
    /// An expression up to this closing bracket; 0 stands for the end of the text.
    Group(u8),
    /// Items of an object.
    Object(Items<'t>),
    /// A `for` that makes an object.
    ForObject,
    /// `${…}` or `%{…}`.
    Interpolation,
    /// Text in quotation marks.
    Quoted,
    /// Text up to a line that is this word.
    Heredoc(&'t str),
    /// Text up to the end.
    Template,
}

/// Items of an object that were seen so far.
#[derive(Default)]
struct Items<'t> {
    /// Where each key stands last.
    done: BTreeMap<&'t str, Range<usize>>,
    /// Where the item at hand begins.
    start: Option<usize>,
    /// Its key.
    key: Option<&'t str>,
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// The last byte of code that is no space.
    last: u8,
    frames: Vec<Frame<'t>>,
    /// Items that a later one replaces.
    replaced: Vec<Range<usize>>,
    /// Ends of lines, and comments before them.
    meaningless: Vec<Range<usize>>,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn pass(&mut self, bytes: usize, last: u8) {
        self.at += bytes;
        self.last = last;
    }

    fn step(&mut self) -> Option<()> {
        match self.frames.last()? {
            Frame::Quoted | Frame::Heredoc(_) | Frame::Template => self.text_step(),
            Frame::Body | Frame::Group(_) | Frame::Object(_) | Frame::ForObject | Frame::Interpolation => {
                self.code_step()
            }
        }
    }

    fn text_step(&mut self) -> Option<()> {
        let rest = self.rest();
        let begins_line = self.text.as_bytes().get(self.at.wrapping_sub(1)) == Some(&b'\n');
        if let Some(Frame::Heredoc(word)) = self.frames.last()
            && begins_line
        {
            let line = rest.lines().next().unwrap_or_default();
            if line.trim() == *word {
                self.frames.pop();
                self.pass(line.len(), b'"');
                return Some(());
            }
        }
        let quoted = matches!(self.frames.last(), Some(Frame::Quoted));
        if quoted && rest.starts_with('\\') {
            self.at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8);
        } else if quoted && rest.starts_with('"') {
            self.frames.pop();
            self.pass(1, b'"');
        } else if rest.starts_with("$${") || rest.starts_with("%%{") {
            self.at += 3;
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            self.frames.push(Frame::Interpolation);
            self.pass(2, 0);
        } else {
            self.at += rest.chars().next()?.len_utf8();
        }
        Some(())
    }

    fn code_step(&mut self) -> Option<()> {
        let rest = self.rest();
        let byte = *rest.as_bytes().first()?;
        match byte {
            b' ' | b'\t' | b'\r' => self.at += 1,
            b'\n' => {
                self.end_line();
                self.at += 1;
            }
            b'#' => self.comment(rest),
            b'/' if rest.starts_with("//") => self.comment(rest),
            b'/' if rest.starts_with("/*") => self.at += rest.find("*/")? + 2,
            b'<' if rest.starts_with("<<") => self.heredoc(rest)?,
            b'=' | b'!' | b'<' | b'>' if rest.as_bytes().get(1) == Some(&b'=') => self.pass(2, b'='),
            b'=' if rest.starts_with("=>") => self.pass(2, b'>'),
            b':' if rest.starts_with("::") => self.pass(2, b'a'),
            b'=' | b':' => {
                self.end_key();
                self.pass(1, byte);
            }
            b',' => {
                self.pass(1, byte);
                self.end_item();
            }
            b'}' | b')' | b']' => self.close(byte)?,
            b'"' => self.open(Frame::Quoted),
            b'(' => self.open(Frame::Group(b')')),
            b'[' => self.open(Frame::Group(b']')),
            b'{' => {
                let frame = self.braces(rest);
                self.open(frame);
            }
            _ => {
                self.begin_item();
                self.pass(1, byte);
            }
        }
        Some(())
    }

    /// What a brace opens: in a body it follows the labels of a block, everywhere else it begins an object.
    fn braces(&self, rest: &str) -> Frame<'t> {
        let in_body = matches!(self.frames.last(), Some(Frame::Body));
        if in_body && !b"=:?&|".contains(&self.last) {
            return Frame::Body;
        }
        let inside = rest.get(1..).unwrap_or_default().trim_start();
        let repeats = inside
            .strip_prefix("for")
            .is_some_and(|after| after.starts_with([' ', '\t', '\r', '\n', '#', '/']));
        if repeats {
            Frame::ForObject
        } else {
            Frame::Object(Items::default())
        }
    }

    fn open(&mut self, frame: Frame<'t>) {
        self.begin_item();
        self.frames.push(frame);
        self.pass(1, 0);
    }

    fn close(&mut self, byte: u8) -> Option<()> {
        self.end_item();
        let fits = match self.frames.pop()? {
            Frame::Body | Frame::Object(_) | Frame::ForObject | Frame::Interpolation => byte == b'}',
            Frame::Group(closing) => byte == closing,
            Frame::Quoted | Frame::Heredoc(_) | Frame::Template => false,
        };
        self.pass(1, byte);
        fits.then_some(())
    }

    fn comment(&mut self, rest: &str) {
        let length = rest.find('\n').unwrap_or(rest.len());
        if matches!(self.frames.last(), Some(Frame::ForObject)) {
            self.meaningless.push(self.at..self.at + length);
        }
        self.at += length;
    }

    fn heredoc(&mut self, rest: &'t str) -> Option<()> {
        let line = rest.lines().next()?;
        let word = line.trim_start_matches('<');
        let word = word.strip_prefix('-').unwrap_or(word).trim();
        self.frames.push(Frame::Heredoc(word));
        self.at += rest.find('\n')? + 1;
        Some(())
    }

    fn end_line(&mut self) {
        match self.frames.last() {
            Some(Frame::ForObject) => self.meaningless.push(self.at..self.at + 1),
            Some(Frame::Object(_)) => self.end_item(),
            Some(
                Frame::Body
                | Frame::Group(_)
                | Frame::Interpolation
                | Frame::Quoted
                | Frame::Heredoc(_)
                | Frame::Template,
            )
            | None => {}
        }
    }

    fn begin_item(&mut self) {
        if let Some(Frame::Object(items)) = self.frames.last_mut() {
            items.start.get_or_insert(self.at);
        }
    }

    fn end_key(&mut self) {
        if let Some(Frame::Object(items)) = self.frames.last_mut()
            && let Some(start) = items.start
            && items.key.is_none()
        {
            items.key = self.text.get(start..self.at).map(str::trim);
        }
    }

    fn end_item(&mut self) {
        if let Some(Frame::Object(items)) = self.frames.last_mut()
            && let (Some(start), Some(key)) = (items.start.take(), items.key.take())
        {
            self.replaced.extend(items.done.insert(key, start..self.at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_items_and_meaningless_ends_of_lines_become_spaces() {
        for (text, expected) in [
            ("{ a = 1, a = 2 }", "{        a = 2 }"),
            (
                "{\n a = [\n1]\n b = 2 # c\n a = 3\n}",
                "{\n      \n  \n b = 2 # c\n a = 3\n}",
            ),
            (
                r#"{ "a" : "}${ {a = 1, a = 2}.a }", "a" : 1 }"#,
                r#"{                                 "a" : 1 }"#,
            ),
            ("{ (v.b) = 1, (v.b) = 2 }", "{            (v.b) = 2 }"),
            ("[{ a = 1, b = {} }, { a = 1, b = { a = 1 } }]", ""),
            ("{ a = x == y ? 1 : 2, b = f::g(1) }", ""),
            (
                "{ for k, v in { a = 1 } : k => v # why\n ? {\n b = 1\n c = 2\n}\n: null }",
                "{ for k, v in { a = 1 } : k => v        ? {\n b = 1\n c = 2\n} : null }",
            ),
            ("{ format = 1, forest = 2 }", ""),
            (
                "{ a = <<E\n a = 1 }\nE\n a = 2 }",
                "{        \n        \n \n a = 2 }",
            ),
            ("{ a = 1", ""),
            ("{ a = (1], a = 2 }", ""),
        ] {
            let actual = rewritten(text, Start::Expression).unwrap_or_default();
            assert_eq!(actual, expected, "{text}");
        }
    }

    #[test]
    fn blocks_are_no_objects() {
        let text = "a \"b\" {\n c = 1\n c = 2\n d {\n e = { f = 1, f = 2 }\n }\n}\n";
        let expected = "a \"b\" {\n c = 1\n c = 2\n d {\n e = {        f = 2 }\n }\n}\n";
        assert_eq!(rewritten(text, Start::Body).as_deref(), Some(expected));
    }

    #[test]
    fn templates_are_text_around_code() {
        let text = "{ a = 1, a = 2 } $${ ${ {a = 1, a = 2} } %{ if true }ä%{ endif }";
        let expected = "{ a = 1, a = 2 } $${ ${ {       a = 2} } %{ if true }ä%{ endif }";
        assert_eq!(rewritten(text, Start::Template).as_deref(), Some(expected));
    }
}
