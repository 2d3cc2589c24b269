//! Expressions of Bicep. Operators: <https://learn.microsoft.com/azure/azure-resource-manager/bicep/operators>.

use plumb_model::value::Text;

use super::{Broken, Parser};
use crate::arm::tree::{Expr, For, Form, Item, Over, Safe};

/// How deeply expressions and resources may nest.
pub(super) const MAX_NESTING: usize = 60;

/// Operators, the loosest first; longer ones stand before those that they begin with.
const OPERATORS: [&[(&str, &str)]; 7] = [
    &[("??", "coalesce")],
    &[("||", "or")],
    &[("&&", "and")],
    &[
        ("==", "equals"),
        ("!=", "!equals"),
        ("=~", "equalsIgnoreCase"),
        ("!~", "!equalsIgnoreCase"),
    ],
    &[
        ("<=", "lessOrEquals"),
        ("<", "less"),
        (">=", "greaterOrEquals"),
        (">", "greater"),
    ],
    &[("+", "add"), ("-", "sub")],
    &[("*", "mul"), ("/", "div"), ("%", "mod")],
];

/// A loop: what it goes through, and what stands behind the colon.
pub(super) struct Loop {
    pub(super) repeat: For,
    /// The condition of a resource in it.
    pub(super) condition: Option<Expr>,
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Result<Expr, Broken> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(format!("it nests more than {MAX_NESTING} levels"));
        }
        let expr = self.ternary()?;
        self.depth -= 1;
        Ok(expr)
    }

    fn ternary(&mut self) -> Result<Expr, Broken> {
        self.cursor.space();
        let start = self.cursor.at();
        let condition = self.binary(0)?;
        let after = self.cursor.at();
        self.cursor.lines();
        if !self.cursor.take("?") {
            self.cursor.back_to(after);
            return Ok(condition);
        }
        self.cursor.lines();
        let yes = self.expression()?;
        self.cursor.lines();
        self.cursor.expect(":")?;
        self.cursor.lines();
        let no = self.expression()?;
        Ok(Expr::call(
            self.cursor.place_from(start),
            "if",
            vec![condition, yes, no],
        ))
    }

    fn binary(&mut self, level: usize) -> Result<Expr, Broken> {
        let Some(operators) = OPERATORS.get(level) else {
            return self.unary();
        };
        self.cursor.space();
        let start = self.cursor.at();
        let mut left = self.binary(level + 1)?;
        loop {
            let after = self.cursor.at();
            self.cursor.space();
            let same_line = self.cursor.at();
            self.cursor.lines();
            let is_below = self.cursor.at() != same_line;
            // What begins the next item of a list is no operator.
            let found = operators
                .iter()
                .find(|(sign, _)| self.cursor.rest().starts_with(sign) && !(is_below && *sign == "-"));
            let Some((sign, function)) = found else {
                self.cursor.back_to(after);
                return Ok(left);
            };
            self.cursor.skip(sign.len());
            self.cursor.lines();
            let right = self.binary(level + 1)?;
            let place = self.cursor.place_from(start);
            left = match function.strip_prefix('!') {
                Some(function) => {
                    let inner = Expr::call(place, function, vec![left, right]);
                    Expr::call(place, "not", vec![inner])
                }
                None => Expr::call(place, function, vec![left, right]),
            };
        }
    }

    fn unary(&mut self) -> Result<Expr, Broken> {
        self.cursor.space();
        let start = self.cursor.at();
        let sign = self.cursor.peek().filter(|c| matches!(c, '!' | '-' | '+'));
        let Some(sign) = sign else {
            return self.postfix();
        };
        self.cursor.skip(1);
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(format!("it nests more than {MAX_NESTING} levels"));
        }
        let inner = self.unary()?;
        self.depth -= 1;
        let place = self.cursor.place_from(start);
        Ok(match (sign, &inner.form) {
            ('!', _) => Expr::call(place, "not", vec![inner]),
            ('-', Form::Int(int)) => Expr::new(place, Form::Int(int.wrapping_neg())),
            ('-', _) => Expr::call(place, "sub", vec![Expr::new(place, Form::Int(0)), inner]),
            (_, _) => inner,
        })
    }

    fn postfix(&mut self) -> Result<Expr, Broken> {
        let start = self.cursor.at();
        let mut expr = self.primary()?;
        loop {
            let after = self.cursor.at();
            self.cursor.lines();
            let is_dot = self.cursor.rest().starts_with('.') && !self.cursor.rest().starts_with("...");
            if is_dot {
                self.cursor.skip(1);
                let safe = if self.cursor.take("?") {
                    Safe::Yes
                } else {
                    Safe::No
                };
                expr = self.member(expr, start, safe)?;
                continue;
            }
            self.cursor.back_to(after);
            self.cursor.space();
            let rest = self.cursor.rest();
            if self.cursor.take("[") {
                let safe = if self.cursor.take("?") {
                    Safe::Yes
                } else {
                    Safe::No
                };
                self.cursor.lines();
                let from_end = self.cursor.take("^");
                let index = self.expression()?;
                self.cursor.lines();
                self.cursor.expect("]")?;
                let place = self.cursor.place_from(start);
                expr = match (from_end, safe) {
                    (true, Safe::Yes) => Expr::call(place, "tryIndexFromEnd", vec![expr, index]),
                    (true, Safe::No) => Expr::call(place, "indexFromEnd", vec![expr, index]),
                    (false, safe) => {
                        let (of, index) = (Box::new(expr), Box::new(index));
                        Expr::new(place, Form::Index { of, index, safe })
                    }
                };
            } else if self.cursor.take("::") {
                let name = self.cursor.name()?;
                let of = Box::new(expr);
                expr = Expr::new(self.cursor.place_from(start), Form::Nested { of, name });
            } else if rest.starts_with('!') && !rest.starts_with("!=") && !rest.starts_with("!~") {
                // It only quiets the compiler.
                self.cursor.skip(1);
            } else {
                self.cursor.back_to(after);
                return Ok(expr);
            }
        }
    }

    fn member(&mut self, of: Expr, start: usize, safe: Safe) -> Result<Expr, Broken> {
        self.cursor.space();
        let name = self.cursor.name()?;
        let of = Box::new(of);
        let form = match self.cursor.take("(") {
            true => Form::Call {
                of: Some(of),
                name,
                arguments: self.arguments()?,
            },
            false => Form::Member { of, name, safe },
        };
        Ok(Expr::new(self.cursor.place_from(start), form))
    }

    fn primary(&mut self) -> Result<Expr, Broken> {
        self.cursor.space();
        let start = self.cursor.at();
        match self.cursor.peek() {
            Some('\'' | '$') => self.string(),
            Some('{') => {
                let entries = self.object()?.entries;
                Ok(Expr::new(self.cursor.place_from(start), Form::Map(entries)))
            }
            Some('[') => self.list(),
            Some('(') => match self.lambda(start) {
                Some(lambda) => lambda,
                None => {
                    self.cursor.skip(1);
                    self.cursor.lines();
                    let inner = self.expression()?;
                    self.cursor.lines();
                    self.cursor.expect(")")?;
                    Ok(inner)
                }
            },
            Some(c) if c.is_ascii_digit() => {
                let rest = self.cursor.rest();
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                let digits = rest.get(..end).unwrap_or_default();
                let int = digits.parse().map_err(|_| format!("`{digits}` is too large"))?;
                self.cursor.skip(end);
                Ok(Expr::new(self.cursor.place_from(start), Form::Int(int)))
            }
            _ => match self.lambda(start) {
                Some(lambda) => lambda,
                None => self.word(start),
            },
        }
    }

    fn word(&mut self, start: usize) -> Result<Expr, Broken> {
        let found = self.cursor.found();
        let name = self
            .cursor
            .name()
            .map_err(|_| format!("a value is expected, not {found}"))?;
        let after = self.cursor.at();
        self.cursor.space();
        let is_call = self.cursor.take("(");
        if !is_call {
            self.cursor.back_to(after);
        }
        let form = match name.as_str() {
            "true" => Form::Bool(true),
            "false" => Form::Bool(false),
            "null" => Form::Null,
            _ if is_call => Form::Call {
                of: None,
                name,
                arguments: self.arguments()?,
            },
            _ => Form::Name(name),
        };
        Ok(Expr::new(self.cursor.place_from(start), form))
    }

    /// `x => …` or `(x, y) => …`; `None`, with nothing passed, where none stands.
    fn lambda(&mut self, start: usize) -> Option<Result<Expr, Broken>> {
        let mut parameters: Vec<Text> = Vec::new();
        let is_lambda = if self.cursor.take("(") {
            loop {
                self.cursor.lines();
                match self.cursor.name() {
                    Ok(name) => parameters.push(name),
                    Err(_) => break,
                }
                self.cursor.lines();
                if !self.cursor.take(",") {
                    break;
                }
            }
            self.cursor.take(")")
        } else {
            self.cursor.name().map(|name| parameters.push(name)).is_ok()
        };
        self.cursor.space();
        if !is_lambda || !self.cursor.take("=>") {
            self.cursor.back_to(start);
            return None;
        }
        self.cursor.lines();
        Some(self.expression().map(|body| {
            let body = Box::new(body);
            Expr::new(self.cursor.place_from(start), Form::Lambda { parameters, body })
        }))
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, Broken> {
        let mut arguments = Vec::new();
        loop {
            self.cursor.lines();
            if self.cursor.take(")") {
                return Ok(arguments);
            }
            if !arguments.is_empty() {
                self.cursor.expect(",")?;
                self.cursor.lines();
            }
            arguments.push(self.expression()?);
        }
    }

    /// A list, or a loop that makes one.
    fn list(&mut self) -> Result<Expr, Broken> {
        let start = self.cursor.at();
        self.cursor.skip(1);
        self.cursor.lines();
        if self.cursor.word() == "for" {
            let repeat = self.repeated(|parser| parser.expression())?.repeat;
            self.cursor.lines();
            self.cursor.expect("]")?;
            return Ok(Expr::new(
                self.cursor.place_from(start),
                Form::For(Box::new(repeat)),
            ));
        }
        let mut items = Vec::new();
        loop {
            self.cursor.lines();
            if self.cursor.take("]") {
                return Ok(Expr::new(self.cursor.place_from(start), Form::List(items)));
            }
            items.push(match self.cursor.take("...") {
                true => Item::Spread(self.expression()?),
                false => Item::One(self.expression()?),
            });
            if !self.cursor.is_line_end() && !self.cursor.take(",") && self.cursor.peek() != Some(']') {
                return Err(format!(
                    "`,`, `]` or a new line is expected, not {}",
                    self.cursor.found()
                ));
            }
        }
    }

    /// `for x in y: …`, `for (x, i) in y: if (…) …`.
    pub(super) fn repeated(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<Expr, Broken>,
    ) -> Result<Loop, Broken> {
        self.cursor.take_word("for");
        self.cursor.space();
        let (item, index) = if self.cursor.take("(") {
            self.cursor.lines();
            let item = self.cursor.name()?;
            self.cursor.expect(",")?;
            self.cursor.lines();
            let index = self.cursor.name()?;
            self.cursor.lines();
            self.cursor.expect(")")?;
            (item, Some(index))
        } else {
            (self.cursor.name()?, None)
        };
        self.cursor.space();
        if !self.cursor.take_word("in") {
            return Err(format!("`in` is expected, not {}", self.cursor.found()));
        }
        let over = self.expression()?;
        self.cursor.expect(":")?;
        self.cursor.lines();
        let condition = self.condition()?;
        let body = body(self)?;
        let repeat = For {
            copy: None,
            item: Some(item),
            index,
            over: Over::Items(over),
            body,
        };
        Ok(Loop { repeat, condition })
    }

    /// `if (…)` before what it decides about.
    pub(super) fn condition(&mut self) -> Result<Option<Expr>, Broken> {
        self.cursor.space();
        if !self.cursor.take_word("if") {
            return Ok(None);
        }
        self.cursor.expect("(")?;
        self.cursor.lines();
        let condition = self.expression()?;
        self.cursor.lines();
        self.cursor.expect(")")?;
        self.cursor.lines();
        Ok(Some(condition))
    }
}
