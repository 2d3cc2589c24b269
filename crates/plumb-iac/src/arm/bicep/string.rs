//! Texts of Bicep: `'a ${b} c'`, and `'''` over several lines.

use plumb_model::value::Text;

use super::{Broken, Parser};
use crate::arm::tree::{Expr, Form};

impl Parser<'_> {
    /// A text, with or without expressions in it.
    pub(super) fn string(&mut self) -> Result<Expr, Broken> {
        let start = self.cursor.at();
        // `$'''`, `$$'''`: so many signs of a dollar begin an expression in a text of several lines.
        let dollars = self.cursor.rest().len() - self.cursor.rest().trim_start_matches('$').len();
        self.cursor.skip(dollars);
        if self.cursor.take("'''") {
            return self.long_string(start, dollars);
        }
        if dollars > 0 || !self.cursor.take("'") {
            return Err(format!("a text is expected, not {}", self.cursor.found()));
        }
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut text_start = self.cursor.at();
        loop {
            let rest = self.cursor.rest();
            let end = rest.find(['\'', '\\', '$', '\n']).ok_or("a text is not closed")?;
            text.push_str(rest.get(..end).unwrap_or_default());
            self.cursor.skip(end);
            if self.cursor.take("'") {
                break;
            }
            if self.cursor.peek() == Some('\n') {
                return Err("a text is not closed".to_owned());
            }
            if self.cursor.rest().starts_with("${") {
                let place = self.cursor.place_from(text_start);
                parts.push(Expr::text(place, std::mem::take(&mut text)));
                self.cursor.skip(2);
                self.cursor.lines();
                parts.push(self.expression()?);
                self.cursor.lines();
                self.cursor.expect("}")?;
                text_start = self.cursor.at();
            } else if self.cursor.take("$") {
                text.push('$');
            } else {
                text.push(self.escape()?);
            }
        }
        Ok(self.joined(start, parts, text, text_start))
    }

    fn joined(&self, start: usize, mut parts: Vec<Expr>, text: String, text_start: usize) -> Expr {
        let place = self.cursor.place_from(start);
        if parts.is_empty() {
            return Expr::text(place, text);
        }
        parts.push(Expr::text(self.cursor.place_from(text_start), text));
        Expr::new(place, Form::Interpolated(parts))
    }

    /// The character after a backslash.
    fn escape(&mut self) -> Result<char, Broken> {
        self.cursor.skip(1);
        let escaped = self.cursor.peek().ok_or("a text is not closed")?;
        self.cursor.skip(escaped.len_utf8());
        match escaped {
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            '\\' | '\'' | '$' => Ok(escaped),
            'u' => {
                let code = self
                    .cursor
                    .rest()
                    .strip_prefix('{')
                    .and_then(|rest| rest.split_once('}'));
                let (digits, _) = code.ok_or("`\\u` takes digits in braces")?;
                let code = u32::from_str_radix(digits, 16).map_err(|_| "`\\u` takes digits in braces")?;
                self.cursor.skip(digits.len() + 2);
                Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            other => Err(format!("`\\{other}` is no escape")),
        }
    }

    /// A text of several lines, in which nothing but an expression after so many dollars means anything.
    fn long_string(&mut self, start: usize, dollars: usize) -> Result<Expr, Broken> {
        if !self.cursor.take("\r\n") {
            self.cursor.take("\n");
        }
        let opening = format!("{}{{", "$".repeat(dollars));
        let mut parts = Vec::new();
        let mut text = String::new();
        let mut text_start = self.cursor.at();
        loop {
            let rest = self.cursor.rest();
            let end = rest.find("'''").ok_or("a text of several lines is not closed")?;
            let inner = rest.find(&opening).filter(|at| dollars > 0 && *at < end);
            let Some(at) = inner else {
                text.push_str(rest.get(..end).unwrap_or_default());
                self.cursor.skip(end + 3);
                // Further quotes belong to the text.
                while self.cursor.take("'") {
                    text.push('\'');
                }
                return Ok(self.joined(start, parts, text, text_start));
            };
            text.push_str(rest.get(..at).unwrap_or_default());
            self.cursor.skip(at);
            parts.push(Expr::text(
                self.cursor.place_from(text_start),
                std::mem::take(&mut text),
            ));
            self.cursor.skip(opening.len());
            self.cursor.lines();
            parts.push(self.expression()?);
            self.cursor.lines();
            self.cursor.expect("}")?;
            text_start = self.cursor.at();
        }
    }

    /// A text that holds no expression.
    pub(super) fn plain_string(&mut self) -> Result<(Text, Expr), Broken> {
        let expr = self.string()?;
        match expr.as_text() {
            Some(text) => Ok((text.clone(), expr)),
            None => Err("a text without expressions in it is expected".to_owned()),
        }
    }
}
