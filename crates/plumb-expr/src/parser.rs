//! The parser: from source text to the syntax tree, by precedence climbing.

use plumb_model::value::Text;

use crate::problem::Problem;
use crate::syntax::{Expr, Kind, MAX_DEPTH, Name, Operator, Span};
use crate::token::{Symbol, Token, TokenKind, tokens};

/// Words that cannot be the name of a variable.
const RESERVED: [&str; 7] = ["true", "false", "null", "in", "AND", "OR", "NOT"];

/// Parses a whole rule; stops at the first error.
pub(crate) fn parse(source: &str) -> Result<Expr, Problem> {
    let tokens = tokens(source)?;
    let mut parser = Parser {
        source,
        tokens,
        at: 0,
        depth: 0,
    };
    if matches!(parser.peek(), TokenKind::End) {
        return Err(Problem::new("the rule is empty", parser.span(), "nothing here")
            .help("write a condition, for example `resource.name != null`"));
    }
    let expr = parser.expression()?;
    match parser.peek() {
        TokenKind::End => Ok(expr),
        TokenKind::Word(_)
        | TokenKind::Int(_)
        | TokenKind::Double(_)
        | TokenKind::Text(_)
        | TokenKind::Symbol(_) => Err(parser.unexpected("an operator or the end of the rule")),
    }
}

/// Whether a word may name a variable.
pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    at: usize,
    depth: u16,
}

impl Parser<'_> {
    fn peek(&self) -> &TokenKind {
        self.tokens
            .get(self.at)
            .map_or(&TokenKind::End, |token| &token.kind)
    }

    fn span(&self) -> Span {
        self.tokens
            .get(self.at)
            .map_or(Span { start: 0, end: 0 }, |token| token.span)
    }

    /// The end of the token before.
    fn last_span(&self) -> Span {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(self.span(), |token| token.span)
    }

    fn eat(&mut self, symbol: Symbol) -> bool {
        let found = *self.peek() == TokenKind::Symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn is_word(&self, expected: &str) -> bool {
        matches!(self.peek(), TokenKind::Word(word) if word == expected)
    }

    fn eat_operator(&mut self, symbol: Symbol, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found || self.eat(symbol)
    }

    fn expect(&mut self, symbol: Symbol, what: &str) -> Result<(), Problem> {
        if self.eat(symbol) {
            Ok(())
        } else {
            Err(self.unexpected(what))
        }
    }

    fn unexpected(&self, expected: &str) -> Problem {
        let found = self.span().text(self.source);
        let message = if found.is_empty() {
            format!("expected {expected}, found the end of the rule")
        } else {
            format!("expected {expected}, found `{found}`")
        };
        let problem = Problem::new(message, self.span(), "unexpected");
        match found {
            "and" => problem.help("write `AND` or `&&`"),
            "or" => problem.help("write `OR` or `||`"),
            "not" => problem.help("write `NOT` or `!`"),
            "is" => problem.help("equality is written `==`"),
            "NOT"
                if self
                    .tokens
                    .get(self.at + 1)
                    .is_some_and(|next| next.span.text(self.source) == "in") =>
            {
                problem.help("write `NOT a in b`")
            }
            "NOT" => problem.help("put parentheses around the negation: `(NOT a)`"),
            "{" => problem.help("messages of named types are not part of the rule language"),
            _ => problem,
        }
    }

    /// Runs `parse` one level deeper, within the limit.
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Result<Expr, Problem>) -> Result<Expr, Problem> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(self.span()));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn expression(&mut self) -> Result<Expr, Problem> {
        self.nested(|parser| {
            let start = parser.span();
            let condition = parser.disjunction()?;
            if !parser.eat(Symbol::Question) {
                return Ok(condition);
            }
            let yes = parser.expression()?;
            parser.expect(Symbol::Colon, "`:` and the other branch of `?`")?;
            let no = parser.expression()?;
            let kind = Kind::Choose {
                condition: Box::new(condition),
                yes: Box::new(yes),
                no: Box::new(no),
            };
            parser.made(kind, start)
        })
    }

    fn disjunction(&mut self) -> Result<Expr, Problem> {
        let start = self.span();
        let mut operands = vec![self.conjunction()?];
        while self.eat_operator(Symbol::Or, "OR") {
            operands.push(self.conjunction()?);
        }
        self.chain(operands, Kind::Or, start)
    }

    fn conjunction(&mut self) -> Result<Expr, Problem> {
        let start = self.span();
        let mut operands = vec![self.negation()?];
        while self.eat_operator(Symbol::And, "AND") {
            operands.push(self.negation()?);
        }
        self.chain(operands, Kind::And, start)
    }

    fn chain(
        &mut self,
        mut operands: Vec<Expr>,
        kind: impl FnOnce(Vec<Expr>) -> Kind,
        start: Span,
    ) -> Result<Expr, Problem> {
        match operands.pop() {
            Some(only) if operands.is_empty() => Ok(only),
            last => {
                operands.extend(last);
                self.made(kind(operands), start)
            }
        }
    }

    /// `NOT` binds more loosely than comparisons, unlike `!`.
    fn negation(&mut self) -> Result<Expr, Problem> {
        if !self.is_word("NOT") {
            return self.binary(1);
        }
        self.nested(|parser| {
            let start = parser.span();
            parser.at += 1;
            let operand = parser.negation()?;
            parser.made(Kind::Not(Box::new(operand)), start)
        })
    }

    /// Operators that bind at least as tightly as `binding`.
    fn binary(&mut self, binding: u8) -> Result<Expr, Problem> {
        let start = self.span();
        let mut left = self.unary()?;
        while let Some(operator) = self.operator().filter(|operator| operator.binding() >= binding) {
            self.at += 1;
            let right = self.binary(operator.binding() + 1)?;
            let kind = Kind::Binary {
                operator,
                left: Box::new(left),
                right: Box::new(right),
            };
            left = self.made(kind, start)?;
        }
        Ok(left)
    }

    fn operator(&self) -> Option<Operator> {
        let symbol = match self.peek() {
            TokenKind::Symbol(symbol) => *symbol,
            TokenKind::Word(word) => return (word == "in").then_some(Operator::In),
            TokenKind::Int(_) | TokenKind::Double(_) | TokenKind::Text(_) | TokenKind::End => return None,
        };
        Some(match symbol {
            Symbol::Equal => Operator::Equal,
            Symbol::NotEqual => Operator::NotEqual,
            Symbol::Less => Operator::Less,
            Symbol::LessOrEqual => Operator::LessOrEqual,
            Symbol::Greater => Operator::Greater,
            Symbol::GreaterOrEqual => Operator::GreaterOrEqual,
            Symbol::Plus => Operator::Add,
            Symbol::Minus => Operator::Subtract,
            Symbol::Star => Operator::Multiply,
            Symbol::Slash => Operator::Divide,
            Symbol::Percent => Operator::Remainder,
            Symbol::ParenOpen
            | Symbol::ParenClose
            | Symbol::BracketOpen
            | Symbol::BracketClose
            | Symbol::BraceOpen
            | Symbol::BraceClose
            | Symbol::Dot
            | Symbol::Comma
            | Symbol::Colon
            | Symbol::Question
            | Symbol::And
            | Symbol::Or
            | Symbol::Not => return None,
        })
    }

    fn unary(&mut self) -> Result<Expr, Problem> {
        let start = self.span();
        match self.peek() {
            TokenKind::Symbol(Symbol::Not) => self.nested(|parser| {
                parser.at += 1;
                let operand = parser.unary()?;
                parser.made(Kind::Not(Box::new(operand)), start)
            }),
            TokenKind::Symbol(Symbol::Minus) if !self.is_negative_number() => self.nested(|parser| {
                parser.at += 1;
                let operand = parser.unary()?;
                parser.made(Kind::Negate(Box::new(operand)), start)
            }),
            TokenKind::Symbol(_)
            | TokenKind::Word(_)
            | TokenKind::Int(_)
            | TokenKind::Double(_)
            | TokenKind::Text(_)
            | TokenKind::End => self.member(),
        }
    }

    /// A minus right before a number belongs to the number.
    fn is_negative_number(&self) -> bool {
        let (Some(minus), Some(number)) = (self.tokens.get(self.at), self.tokens.get(self.at + 1)) else {
            return false;
        };
        minus.kind == TokenKind::Symbol(Symbol::Minus)
            && minus.span.end == number.span.start
            && matches!(number.kind, TokenKind::Int(_) | TokenKind::Double(_))
    }

    fn member(&mut self) -> Result<Expr, Problem> {
        let start = self.span();
        let mut target = self.primary()?;
        loop {
            if self.eat(Symbol::Dot) {
                let name = self.member_name()?;
                let kind = if self.eat(Symbol::ParenOpen) {
                    let arguments = self.items(Symbol::ParenClose, "`)`")?;
                    Kind::Call {
                        target: Some(Box::new(target)),
                        name,
                        arguments,
                    }
                } else {
                    Kind::Select {
                        target: Box::new(target),
                        name,
                    }
                };
                target = self.made(kind, start)?;
            } else if self.eat(Symbol::BracketOpen) {
                if *self.peek() == TokenKind::Symbol(Symbol::Star)
                    || *self.peek() == TokenKind::Symbol(Symbol::BracketClose)
                {
                    return Err(self
                        .unexpected("an index")
                        .help("to look at every element write `list.all(x, …)` or `list.exists(x, …)`"));
                }
                let index = self.expression()?;
                self.expect(Symbol::BracketClose, "`]`")?;
                target = self.made(
                    Kind::Index {
                        target: Box::new(target),
                        index: Box::new(index),
                    },
                    start,
                )?;
            } else {
                return Ok(target);
            }
        }
    }

    /// After a dot every word is a name, reserved or not.
    fn member_name(&mut self) -> Result<Name, Problem> {
        let span = self.span();
        let TokenKind::Word(word) = self.peek() else {
            return Err(self.unexpected("the name of an attribute or a function"));
        };
        let name = Name {
            text: word.clone(),
            span,
        };
        self.at += 1;
        Ok(name)
    }

    fn primary(&mut self) -> Result<Expr, Problem> {
        let start = self.span();
        let kind = match self.peek().clone() {
            TokenKind::Word(word) => return self.word(word),
            TokenKind::Int(magnitude) => {
                self.at += 1;
                self.whole(magnitude, Sign::Plus, start)?
            }
            TokenKind::Double(double) => {
                self.at += 1;
                Kind::Double(double)
            }
            TokenKind::Text(text) => {
                self.at += 1;
                Kind::Text(text)
            }
            TokenKind::Symbol(Symbol::Minus) if self.is_negative_number() => {
                self.at += 1;
                let number = self.peek().clone();
                self.at += 1;
                match number {
                    TokenKind::Int(magnitude) => {
                        self.whole(magnitude, Sign::Minus, start.to(self.last_span()))?
                    }
                    TokenKind::Double(double) => Kind::Double(-double),
                    TokenKind::Word(_) | TokenKind::Text(_) | TokenKind::Symbol(_) | TokenKind::End => {
                        return Err(self.unexpected("a number"));
                    }
                }
            }
            TokenKind::Symbol(Symbol::ParenOpen) => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(Symbol::ParenClose, "`)`")?;
                return Ok(inner);
            }
            TokenKind::Symbol(Symbol::BracketOpen) => {
                self.at += 1;
                Kind::List(self.items(Symbol::BracketClose, "`]`")?)
            }
            TokenKind::Symbol(Symbol::BraceOpen) => {
                self.at += 1;
                Kind::Map(self.entries()?)
            }
            TokenKind::Symbol(_) | TokenKind::End => return Err(self.unexpected("a value")),
        };
        self.made(kind, start)
    }

    fn whole(&self, magnitude: u64, sign: Sign, span: Span) -> Result<Kind, Problem> {
        let value = match sign {
            Sign::Plus => i64::try_from(magnitude).ok(),
            Sign::Minus => 0_i64.checked_sub_unsigned(magnitude),
        };
        value.map(Kind::Int).ok_or_else(|| {
            Problem::new(
                format!("`{}` does not fit a whole number", span.text(self.source)),
                span,
                "beyond 64 bits with a sign",
            )
        })
    }

    fn word(&mut self, word: Text) -> Result<Expr, Problem> {
        let start = self.span();
        let kind = match word.as_str() {
            "null" => Kind::Null,
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "in" | "AND" | "OR" | "NOT" => return Err(self.unexpected("a value")),
            _ => {
                self.at += 1;
                if self.eat(Symbol::ParenOpen) {
                    let name = Name {
                        text: word,
                        span: start,
                    };
                    let arguments = self.items(Symbol::ParenClose, "`)`")?;
                    return self.made(
                        Kind::Call {
                            target: None,
                            name,
                            arguments,
                        },
                        start,
                    );
                }
                return self.made(Kind::Name(word), start);
            }
        };
        self.at += 1;
        self.made(kind, start)
    }

    /// Expressions between commas up to the closing symbol; a comma may stand before it.
    fn items(&mut self, close: Symbol, close_name: &str) -> Result<Vec<Expr>, Problem> {
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.expression()?);
            if !self.eat(Symbol::Comma) && *self.peek() != TokenKind::Symbol(close) {
                return Err(self.unexpected(&format!("`,` or {close_name}")));
            }
        }
        Ok(items)
    }

    fn entries(&mut self) -> Result<Vec<(Expr, Expr)>, Problem> {
        let mut entries = Vec::new();
        while !self.eat(Symbol::BraceClose) {
            let key = self.expression()?;
            self.expect(Symbol::Colon, "`:` and the value of the entry")?;
            entries.push((key, self.expression()?));
            if !self.eat(Symbol::Comma) && *self.peek() != TokenKind::Symbol(Symbol::BraceClose) {
                return Err(self.unexpected("`,` or `}`"));
            }
        }
        Ok(entries)
    }

    /// Finishes an expression that ends with the last token read.
    fn made(&self, kind: Kind, start: Span) -> Result<Expr, Problem> {
        let expr = Expr::new(kind, start.to(self.last_span()));
        if expr.height > MAX_DEPTH {
            Err(too_deep(expr.span))
        } else {
            Ok(expr)
        }
    }
}

#[derive(Clone, Copy)]
enum Sign {
    Plus,
    Minus,
}

fn too_deep(span: Span) -> Problem {
    Problem::new(
        format!("the rule nests more than {MAX_DEPTH} levels"),
        span,
        "too deep",
    )
    .help("split the rule into several policies, or use a list with `in`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::print;

    fn check(source: &str, expected: &str) {
        let expr = parse(source).unwrap_or_else(|problem| panic!("{source}: {problem:?}"));
        assert_eq!(print(&expr), expected, "{source}");
    }

    #[test]
    fn operators_bind_as_specified() {
        check("a || b && c", "a || b && c");
        check("(a || b) && c", "(a || b) && c");
        check("a AND b OR NOT c", "a && b || !c");
        check("NOT a == b AND c", "!(a == b) && c");
        check("NOT NOT a in b", "!!(a in b)");
        check("!a == b", "!a == b");
        check("a - b - c", "a - b - c");
        check("a - (b - c)", "a - (b - c)");
        check("a * (b + c) % d", "a * (b + c) % d");
        check("a ? b : c ? d : e", "a ? b : c ? d : e");
        check("(a ? b : c) ? d : e", "(a ? b : c) ? d : e");
        check("-a.b", "-a.b");
        check("-1 - -1 - 1", "-1 - -1 - 1");
        check("-9223372036854775808", "-9223372036854775808");
        check("- 1", "-(1)");
        check("a\n in [\n'x',]", "a in [\"x\"]");
        check("a.in.AND.true", "a.in.AND.true");
        check("{'a': 1, \"b\": [2.0]}.a", "{\"a\": 1, \"b\": [2.0]}.a");
        check("f(x).g(y)[0].h", "f(x).g(y)[0].h");
    }

    #[test]
    fn errors_point_at_the_place_and_help() {
        for (source, place, help) in [
            ("a and b", "and", Some("write `AND` or `&&`")),
            (
                "a == NOT b",
                "NOT",
                Some("put parentheses around the negation: `(NOT a)`"),
            ),
            ("a NOT in b", "NOT", Some("write `NOT a in b`")),
            (
                "a[*].b",
                "*",
                Some("to look at every element write `list.all(x, …)` or `list.exists(x, …)`"),
            ),
            ("a b", "b", None),
            ("(a", "", None),
            (
                "",
                "",
                Some("write a condition, for example `resource.name != null`"),
            ),
            ("f(a b)", "b", None),
            ("{a b}", "b", None),
            ("a.", "", None),
            ("9223372036854775808", "9223372036854775808", None),
        ] {
            let problem = parse(source).unwrap_err();
            assert_eq!(
                source.get(problem.span.clone()),
                Some(place),
                "{source}: {problem:?}"
            );
            assert_eq!(problem.help.as_deref(), help, "{source}: {problem:?}");
        }
    }

    #[test]
    fn depth_is_limited_and_long_chains_are_not_deep() {
        for source in [
            "(".repeat(5000),
            "!".repeat(5000),
            "-".repeat(5000),
            "[".repeat(5000),
            "a?".repeat(5000),
            "NOT ".repeat(3000),
            format!("a{}", ".b".repeat(5000)),
            format!("a{}", "+b".repeat(5000)),
        ] {
            assert!(
                parse(&source).unwrap_err().message.contains("nests more than"),
                "{source:.20}"
            );
        }
        assert!(parse(&format!("a{}", " && b".repeat(2000))).is_ok());
    }
}
