//! The parser of expressions, by precedence: OR, XOR, AND, NOT, comparisons, values.

use super::parser::Parser;
use super::problem::Problem;
use super::syntax::{Arguments, Call, Expr, Kind, MAX_DEPTH, Name, Operator};
use super::token::TokenKind;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, Problem> {
        self.deeper(Self::disjunction)
    }

    /// Runs `parse` one level deeper, within the limit.
    fn deeper(&mut self, parse: impl FnOnce(&mut Self) -> Result<Expr, Problem>) -> Result<Expr, Problem> {
        if self.depth >= MAX_DEPTH {
            let message =
                format!("the expression nests more than {MAX_DEPTH} levels deep, which is the limit");
            return Err(Problem::new(message, &self.span(), "too deep"));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn disjunction(&mut self) -> Result<Expr, Problem> {
        self.chain("OR", Operator::Or, Self::exclusive)
    }

    fn exclusive(&mut self) -> Result<Expr, Problem> {
        self.chain("XOR", Operator::Xor, Self::conjunction)
    }

    fn conjunction(&mut self) -> Result<Expr, Problem> {
        self.chain("AND", Operator::And, Self::negation)
    }

    /// Operands with `word` between them, as a balanced tree: its depth is what evaluation recurses.
    fn chain(
        &mut self,
        word: &str,
        operator: Operator,
        operand: impl Fn(&mut Self) -> Result<Expr, Problem>,
    ) -> Result<Expr, Problem> {
        let mut operands = vec![operand(self)?];
        while self.eat_word(word) {
            operands.push(operand(self)?);
        }
        while operands.len() > 1 {
            let mut paired = Vec::with_capacity(operands.len().div_ceil(2));
            let mut left = operands.into_iter();
            while let Some(first) = left.next() {
                paired.push(match left.next() {
                    Some(second) => binary(operator, first, second),
                    None => first,
                });
            }
            operands = paired;
        }
        match operands.pop() {
            Some(expr) => Ok(expr),
            None => Err(self.unexpected("an expression")),
        }
    }

    fn negation(&mut self) -> Result<Expr, Problem> {
        let start = self.span().start;
        if !self.eat_word("NOT") {
            return self.comparison();
        }
        let operand = self.deeper(Self::negation)?;
        Ok(self.made(Kind::Not(Box::new(operand)), start))
    }

    fn comparison(&mut self) -> Result<Expr, Problem> {
        let left = self.value()?;
        let start = left.span.start;
        if self.eat_word("IS") {
            let is_negated = self.eat_word("NOT");
            if !self.eat_word("NULL") {
                return Err(self.unexpected("`NULL`"));
            }
            let is_null = self.made(Kind::IsNull(Box::new(left)), start);
            return Ok(match is_negated {
                true => self.made(Kind::Not(Box::new(is_null)), start),
                false => is_null,
            });
        }
        let Some(operator) = self.operator()? else {
            return Ok(left);
        };
        let right = self.value()?;
        let expr = binary(operator, left, right);
        if self.operator()?.is_some() {
            let message = "comparisons cannot be chained";
            return Err(
                Problem::new(message, &self.since(start), "two comparisons").help("join them with `AND`")
            );
        }
        Ok(expr)
    }

    fn operator(&mut self) -> Result<Option<Operator>, Problem> {
        let symbols = [
            ("=", Operator::Equal),
            ("<>", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        for (symbol, operator) in symbols {
            if self.eat(symbol) {
                return Ok(Some(operator));
            }
        }
        if self.eat_word("IN") {
            return Ok(Some(Operator::In));
        }
        if self.eat_word("CONTAINS") {
            return Ok(Some(Operator::Contains));
        }
        for (word, operator) in [("STARTS", Operator::StartsWith), ("ENDS", Operator::EndsWith)] {
            if self.eat_word(word) {
                return match self.eat_word("WITH") {
                    true => Ok(Some(operator)),
                    false => Err(self.unexpected("`WITH`")),
                };
            }
        }
        Ok(None)
    }

    fn value(&mut self) -> Result<Expr, Problem> {
        let start = self.span().start;
        let kind = match self.peek().clone() {
            TokenKind::Text(text) => {
                self.skip();
                Kind::Text(text)
            }
            TokenKind::Int(number) => {
                self.skip();
                Kind::Int(i64::try_from(number).map_err(|_| self.too_large(start))?)
            }
            TokenKind::Symbol("-") => {
                self.skip();
                let number = self.number("a number")?;
                Kind::Int(
                    0i64.checked_sub_unsigned(number)
                        .ok_or_else(|| self.too_large(start))?,
                )
            }
            TokenKind::Symbol("(") => {
                self.skip();
                let inner = self.expression()?;
                self.expect(")")?;
                inner.kind
            }
            TokenKind::Symbol("[") => {
                self.skip();
                Kind::List(self.list("]")?)
            }
            TokenKind::Word(word) if word.eq_ignore_ascii_case("null") => {
                self.skip();
                Kind::Null
            }
            TokenKind::Word(word)
                if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") =>
            {
                self.skip();
                Kind::Bool(word.eq_ignore_ascii_case("true"))
            }
            TokenKind::Word(_) | TokenKind::Quoted(_) | TokenKind::Symbol(_) | TokenKind::End => {
                let name = self.name("an expression")?;
                self.named(name)?
            }
        };
        Ok(self.made(kind, start))
    }

    fn too_large(&self, start: usize) -> Problem {
        Problem::new(
            "the number does not fit in 64 bits",
            &self.since(start),
            "too large",
        )
    }

    /// A variable, its property, or a call.
    fn named(&mut self, name: Name) -> Result<Kind, Problem> {
        if self.eat(".") {
            return Ok(Kind::Property(name, self.any_name("the name of a property")?));
        }
        if !self.eat("(") {
            return Ok(Kind::Name(name.text));
        }
        let repeats = self.repeats();
        let arguments = if self.eat("*") {
            self.expect(")")?;
            Arguments::Star
        } else {
            Arguments::List(self.list(")")?)
        };
        Ok(Kind::Call(Call {
            function: name,
            repeats,
            arguments,
        }))
    }

    /// Expressions with commas between them, and the closing symbol.
    fn list(&mut self, closing: &str) -> Result<Vec<Expr>, Problem> {
        let mut items = Vec::new();
        if self.eat(closing) {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if !self.eat(",") {
                self.expect(closing)?;
                return Ok(items);
            }
        }
    }

    fn made(&self, kind: Kind, start: usize) -> Expr {
        Expr {
            kind,
            span: self.since(start),
        }
    }
}

fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    Expr {
        span: left.span.start..right.span.end,
        kind: Kind::Binary(operator, Box::new(left), Box::new(right)),
    }
}
