//! From JSON to expressions: texts in square brackets are ARM's template language.
//!
//! Its grammar: <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions>.

use plumb_model::value::Text;

use super::tree::{Entry, Expr, Field, For, Form, Item, Over, Safe};
use super::work::Work;
use crate::cloudformation::tree::{Content, Node};
use crate::place::Place;

/// How deeply calls may nest within one text.
const MAX_NESTING: usize = 80;

/// Reads nodes of one file.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r, 'a> {
    /// The text of the file.
    pub(super) source: &'r str,
    pub(super) work: &'r Work<'a>,
}

impl Reader<'_, '_> {
    /// The expression that a node is.
    pub(super) fn expression(self, node: &Node) -> Expr {
        let form = match &node.content {
            Content::Quoted(text) => return self.text(text, node.place),
            Content::Plain(text) => plain(text),
            Content::Unreadable(why) => Form::Broken(why.clone()),
            Content::List(items) => Form::List(
                items
                    .iter()
                    .map(|item| Item::One(self.expression(item)))
                    .collect(),
            ),
            Content::Map(_) => Form::Map(self.entries(node)),
        };
        Expr::new(node.place, form)
    }

    /// The entries of an object; `copy` in it makes fields that are lists.
    pub(super) fn entries(self, node: &Node) -> Vec<Entry> {
        let mut entries = Vec::new();
        for entry in node.entries().unwrap_or_default() {
            match entry.value.items().and_then(copies) {
                Some(copies) if entry.key == "copy" => {
                    entries.extend(copies.into_iter().map(|copy| Entry::Field(self.copied(copy))));
                }
                _ => entries.push(Entry::Field(Field {
                    key: self.text(&entry.key, entry.key_place),
                    value: self.expression(&entry.value),
                })),
            }
        }
        entries
    }

    /// A loop that makes the list `name`.
    fn copied(self, copy: &Node) -> Field {
        let name: Text = copy.get_text("name").unwrap_or_default().into();
        let nothing = || Expr::new(copy.place, Form::Null);
        let count = copy
            .get("count")
            .map_or_else(nothing, |count| self.expression(count));
        let body = copy
            .get("input")
            .map_or_else(nothing, |input| self.expression(input));
        let key = copy.get("name").map_or(copy.place, |name| name.place);
        let repeat = For {
            copy: Some(name.clone()),
            item: None,
            index: None,
            over: Over::Count(count),
            body,
        };
        Field {
            key: Expr::text(key, name),
            value: Expr::new(copy.place, Form::For(Box::new(repeat))),
        }
    }

    /// A text, or the expression that it holds.
    pub(super) fn text(self, text: &Text, place: Place) -> Expr {
        let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
            return Expr::text(place, text.clone());
        };
        if inner.starts_with('[') {
            return Expr::text(place, text.get(1..).unwrap_or_default());
        }
        // With escapes in it the parts of a text do not stand where they seem to.
        let written = self.source.get(place.range()).unwrap_or_default();
        let exact = written.len() == text.len() + 2;
        let mut parser = Parser {
            text: inner,
            at: 0,
            depth: 0,
            place,
            exact,
        };
        // The property that holds the text ends with its quote.
        let parsed = parser.whole().map(|expr| Expr { place, ..expr });
        parsed.unwrap_or_else(|message| {
            let at = parser.place_from(parser.at);
            let message = format!("malformed expression: {message}");
            self.work
                .error(at, message.clone(), "its value is taken as unknown");
            Expr::new(place, Form::Broken(message.into()))
        })
    }
}

/// The loops of a list that is no plain list called `copy`.
fn copies(items: &[Node]) -> Option<Vec<&Node>> {
    let is_copy = |item: &&Node| item.get("name").is_some() && item.get("count").is_some();
    (!items.is_empty() && items.iter().all(|item| is_copy(&item))).then(|| items.iter().collect())
}

fn plain(text: &str) -> Form {
    match (text, text.parse::<i64>(), text.parse::<f64>()) {
        ("null", _, _) => Form::Null,
        ("true", _, _) => Form::Bool(true),
        ("false", _, _) => Form::Bool(false),
        (_, Ok(int), _) => Form::Int(int),
        (_, Err(_), Ok(float)) => Form::Float(float),
        (_, Err(_), Err(_)) => Form::Text(text.into()),
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    place: Place,
    exact: bool,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Expr, String> {
        let expr = self.expr()?;
        self.space();
        match self.peek() {
            None => Ok(expr),
            Some(c) => Err(format!("`{c}` is not expected")),
        }
    }

    fn expr(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(format!("it nests more than {MAX_NESTING} levels"));
        }
        self.space();
        let start = self.at;
        let mut expr = self.primary(start)?;
        loop {
            self.space();
            let safe = self.take(".?") || self.rest().starts_with("[?") && self.take("[");
            if safe && self.rest().starts_with('?') {
                self.take("?");
                expr = self.index(expr, start, Safe::Yes)?;
            } else if safe {
                expr = self.member(expr, start, Safe::Yes)?;
            } else if self.take(".") {
                expr = self.member(expr, start, Safe::No)?;
            } else if self.take("[") {
                expr = self.index(expr, start, Safe::No)?;
            } else {
                self.depth -= 1;
                return Ok(expr);
            }
        }
    }

    fn member(&mut self, of: Expr, start: usize, safe: Safe) -> Result<Expr, String> {
        self.space();
        let name = self.name()?;
        self.space();
        // A function of the template's own: `namespace.name(…)`.
        if self.take("(") {
            let form = Form::Call {
                of: Some(Box::new(of)),
                name,
                arguments: self.arguments()?,
            };
            return Ok(Expr::new(self.place_from(start), form));
        }
        let of = Box::new(of);
        Ok(Expr::new(self.place_from(start), Form::Member { of, name, safe }))
    }

    fn index(&mut self, of: Expr, start: usize, safe: Safe) -> Result<Expr, String> {
        let index = Box::new(self.expr()?);
        self.space();
        if !self.take("]") {
            return Err("`]` is expected".to_owned());
        }
        let of = Box::new(of);
        Ok(Expr::new(self.place_from(start), Form::Index { of, index, safe }))
    }

    fn primary(&mut self, start: usize) -> Result<Expr, String> {
        let form = match self.peek() {
            None => return Err("it ends where a value is expected".to_owned()),
            Some('\'') => Form::Text(self.quoted()?),
            Some(c) if c.is_ascii_digit() || c == '-' || c == '+' => {
                let rest = self.rest();
                let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
                let end = rest.find(|c: char| !is_number(c)).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                let form = plain(word);
                if let Form::Text(_) = form {
                    return Err(format!("`{word}` is no number"));
                }
                self.at += end;
                form
            }
            Some(_) => {
                let name = self.name()?;
                self.space();
                if self.take("(") {
                    call(name, self.arguments()?)
                } else {
                    Form::Name(name)
                }
            }
        };
        Ok(Expr::new(self.place_from(start), form))
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, String> {
        let mut arguments = Vec::new();
        loop {
            self.space();
            if self.take(")") {
                return Ok(arguments);
            }
            if !arguments.is_empty() && !self.take(",") {
                return Err("`,` or `)` is expected".to_owned());
            }
            arguments.push(self.expr()?);
        }
    }

    fn quoted(&mut self) -> Result<Text, String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let end = rest.find('\'').ok_or("a text is not closed")?;
            text.push_str(rest.get(..end).unwrap_or_default());
            self.at += end + 1;
            if !self.take("'") {
                return Ok(text.into());
            }
            text.push('\'');
        }
    }

    fn name(&mut self) -> Result<Text, String> {
        let rest = self.rest();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '#');
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let name: Text = rest.get(..end).unwrap_or_default().into();
        if name.is_empty() {
            let found = self.peek().map_or("the end".to_owned(), |c| format!("`{c}`"));
            return Err(format!("a name is expected, not {found}"));
        }
        self.at += end;
        Ok(name)
    }

    fn place_from(&self, start: usize) -> Place {
        if !self.exact {
            return self.place;
        }
        // The quote and the bracket stand before the text.
        let base = self.place.range().start + 2;
        Place::new(self.place.file, base + start..base + self.at)
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

/// A call; `lambda('x', body)` makes a function of `x`.
fn call(name: Text, mut arguments: Vec<Expr>) -> Form {
    if name.eq_ignore_ascii_case("lambda")
        && let Some(body) = arguments.pop()
    {
        let parameters = arguments
            .iter()
            .filter_map(|parameter| parameter.as_text().cloned());
        return Form::Lambda {
            parameters: parameters.collect(),
            body: Box::new(body),
        };
    }
    Form::Call {
        of: None,
        name,
        arguments,
    }
}
