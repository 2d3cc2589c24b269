//! The parser of patterns: `p = (a:label)-[r:type*1..3]->(b)`.

use super::parser::Parser;
use super::problem::Problem;
use super::syntax::{Direction, Expr, HopPattern, MAX_HOPS, Name, NodePattern, Pattern};
use super::token::TokenKind;

impl Parser<'_> {
    pub(super) fn pattern(&mut self) -> Result<Pattern, Problem> {
        let path = self.optional_name();
        if path.is_some() {
            self.expect("=")?;
        }
        let first = self.node()?;
        let mut rest = Vec::new();
        while self.is("-") || self.is("<") {
            let hop = self.hop()?;
            rest.push((hop, self.node()?));
        }
        Ok(Pattern { path, first, rest })
    }

    fn node(&mut self) -> Result<NodePattern, Problem> {
        self.count_element()?;
        self.expect("(")?;
        let name = self.optional_name();
        let mut labels = Vec::new();
        while self.eat(":") {
            labels.push(self.alternatives("a label: a resource type or a kind")?);
        }
        let properties = self.properties()?;
        self.expect(")")?;
        Ok(NodePattern {
            name,
            labels,
            properties,
        })
    }

    fn hop(&mut self) -> Result<HopPattern, Problem> {
        self.count_element()?;
        let start = self.span();
        let points_left = self.eat("<");
        self.expect("-")?;
        let (mut name, mut types, mut length, mut properties) = (None, Vec::new(), None, Vec::new());
        if self.eat("[") {
            name = self.optional_name();
            if self.eat(":") {
                types = self.alternatives("a type of relationship")?;
            }
            if self.is("*") {
                length = Some(self.length()?);
            }
            properties = self.properties()?;
            self.expect("]")?;
        }
        self.expect("-")?;
        let direction = match (points_left, self.eat(">")) {
            (false, true) => Direction::Right,
            (true, false) => Direction::Left,
            (false, false) => Direction::Either,
            (true, true) => {
                return Err(Problem::new(
                    "a relationship points one way",
                    &self.since(start.start),
                    "points both ways",
                )
                .help("write `-[…]-` for either direction"));
            }
        };
        Ok(HopPattern {
            name,
            types,
            properties,
            direction,
            length,
        })
    }

    /// Names with `|` between them; `|:` is an old way to write it.
    fn alternatives(&mut self, what: &str) -> Result<Vec<Name>, Problem> {
        let mut names = vec![self.any_name(what)?];
        while self.eat("|") {
            let _ = self.eat(":");
            names.push(self.any_name(what)?);
        }
        Ok(names)
    }

    /// `*2`, `*1..4`, `*..4`: the fewest and the most hops.
    fn length(&mut self) -> Result<(u64, u64), Problem> {
        let start = self.span().start;
        self.skip();
        let is_number = |kind: &TokenKind| matches!(kind, TokenKind::Int(_));
        let fewest = is_number(self.peek())
            .then(|| self.number("a number"))
            .transpose()?;
        let most = if self.eat("..") {
            is_number(self.peek())
                .then(|| self.number("a number"))
                .transpose()?
        } else {
            fewest
        };
        let span = self.since(start);
        let Some(most) = most else {
            let message = "the length of the path has no upper bound";
            return Err(Problem::new(message, &span, "any number of hops")
                .help(format!("write for example `*1..4`; the limit is {MAX_HOPS} hops")));
        };
        let fewest = fewest.unwrap_or(1);
        if most > MAX_HOPS {
            let message = format!("the path may have {most} hops; the limit is {MAX_HOPS}");
            return Err(Problem::new(message, &span, "too long"));
        }
        if fewest > most {
            let message = format!("at least {fewest} and at most {most} hops is never true");
            return Err(Problem::new(message, &span, "contradiction"));
        }
        Ok((fewest, most))
    }

    fn properties(&mut self) -> Result<Vec<(Name, Expr)>, Problem> {
        let mut properties = Vec::new();
        if !self.eat("{") {
            return Ok(properties);
        }
        loop {
            let name = self.any_name("the name of a property")?;
            self.expect(":")?;
            properties.push((name, self.expression()?));
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(properties)
    }
}
