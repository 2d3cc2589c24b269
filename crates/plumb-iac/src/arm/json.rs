//! JSON as ARM takes it, with comments and texts of several lines, to nodes with places.
//!
//! What it takes beyond JSON: <https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax#comments-and-metadata>
//! and the section on multi-line strings there.

use std::collections::HashMap;
use std::sync::Arc;

use plumb_model::value::Text;

use super::MAX_BYTES;
use super::work::Work;
use crate::cloudformation::tree::{Content, Entry, Node};
use crate::place::{FileId, Place};

/// How deeply lists and objects may nest.
const MAX_NESTING: usize = 100;

/// Reads a text; what is wrong is told, and nothing of the text is used then.
pub(super) fn parse(file: FileId, text: &str, work: &Work<'_>) -> Option<Node> {
    let mut reader = Reader {
        file,
        text,
        at: 0,
        depth: 0,
        work,
    };
    let read = match text.len() {
        length if length > MAX_BYTES => Err(format!("the file has {length} bytes, the limit is {MAX_BYTES}")),
        _ => reader.document(),
    };
    read.map_err(|message| {
        let at = reader.at.min(text.len());
        let place = Place::new(file, at..at);
        let help = "nothing of it is read; check commas, quotes and brackets around this place";
        work.error(place, format!("malformed template: {message}"), help);
    })
    .ok()
}

struct Reader<'t, 'w, 'a> {
    file: FileId,
    text: &'t str,
    at: usize,
    depth: usize,
    work: &'w Work<'a>,
}

impl<'t> Reader<'t, '_, '_> {
    fn document(&mut self) -> Result<Node, String> {
        if self.rest().starts_with('\u{feff}') {
            self.at += '\u{feff}'.len_utf8();
        }
        let node = self.value()?;
        self.space()?;
        match self.peek() {
            None => Ok(node),
            Some(c) => Err(format!("`{c}` after the end")),
        }
    }

    fn value(&mut self) -> Result<Node, String> {
        self.space()?;
        let start = self.at;
        let content = match self.peek() {
            None => return Err("the text ends where a value is expected".to_owned()),
            Some('"') => Content::Quoted(self.string()?),
            Some(open @ ('[' | '{')) => {
                if self.depth >= MAX_NESTING {
                    return Err(format!("it nests more than {MAX_NESTING} levels"));
                }
                self.depth += 1;
                self.at += 1;
                let content = if open == '[' { self.list()? } else { self.object()? };
                self.depth -= 1;
                content
            }
            Some(_) => {
                let rest = self.rest();
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '+' | '.'))
                    .unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                let is_word = matches!(word, "true" | "false" | "null");
                if !is_word && word.parse::<f64>().is_err() {
                    let shown: String = rest.chars().take(20).take_while(|c| !c.is_whitespace()).collect();
                    return Err(format!("`{shown}` is no value"));
                }
                self.at += end;
                Content::Plain(word.into())
            }
        };
        let place = Place::new(self.file, start..self.at);
        Ok(Node { place, content })
    }

    fn list(&mut self) -> Result<Content, String> {
        let mut items = Vec::new();
        loop {
            self.space()?;
            if self.take(']') {
                return Ok(Content::List(Arc::new(items)));
            }
            items.push(self.value()?);
            self.space()?;
            if !self.take(',') && self.peek() != Some(']') {
                return Err("`,` or `]` is expected".to_owned());
            }
        }
    }

    fn object(&mut self) -> Result<Content, String> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<Text, usize> = HashMap::new();
        loop {
            self.space()?;
            if self.take('}') {
                return Ok(Content::Map(Arc::new(entries)));
            }
            let start = self.at;
            if self.peek() != Some('"') {
                return Err("a key in quotes or `}` is expected".to_owned());
            }
            let key = self.string()?;
            let key_place = Place::new(self.file, start..self.at);
            self.space()?;
            if !self.take(':') {
                return Err("`:` is expected".to_owned());
            }
            let value = self.value()?;
            let entry = Entry {
                key: key.clone(),
                key_place,
                value,
            };
            match seen.get(&key).and_then(|at| entries.get_mut(*at)) {
                Some(earlier) => {
                    *earlier = entry;
                    let message = format!("key `{key}` stands twice in one object");
                    self.work
                        .warning(key_place, message, "the last one counts; remove the other");
                }
                None => {
                    seen.insert(key, entries.len());
                    entries.push(entry);
                }
            }
            self.space()?;
            if !self.take(',') && self.peek() != Some('}') {
                return Err("`,` or `}` is expected".to_owned());
            }
        }
    }

    /// A text in quotes; line breaks in it are part of it.
    fn string(&mut self) -> Result<Text, String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let end = rest.find(['"', '\\']).ok_or("a text is not closed")?;
            text.push_str(rest.get(..end).unwrap_or_default());
            self.at += end;
            if self.take('"') {
                return Ok(text.into());
            }
            self.at += 1;
            let escaped = self.peek().ok_or("a text is not closed")?;
            self.at += escaped.len_utf8();
            text.push(match escaped {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => self.unicode()?,
                '"' | '\\' | '/' => escaped,
                other => return Err(format!("`\\{other}` is no escape")),
            });
        }
    }

    /// The character after `\u`; one outside the basic plane is written as two.
    fn unicode(&mut self) -> Result<char, String> {
        let first = self.hex()?;
        if let 0xD800..=0xDBFF = first
            && self.rest().starts_with("\\u")
        {
            self.at += 2;
            let second = self.hex()?;
            let low = second.wrapping_sub(0xDC00) & 0x3FF;
            let code = 0x1_0000 + ((first - 0xD800) << 10) + low;
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.rest().get(..4).ok_or("`\\u` takes four digits")?;
        let code = u32::from_str_radix(digits, 16).map_err(|_| "`\\u` takes four digits")?;
        self.at += 4;
        Ok(code)
    }

    fn space(&mut self) -> Result<(), String> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").ok_or("a comment is not closed")? + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }
}
