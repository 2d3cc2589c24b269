//! The parser: from the words of a query to its syntax tree.

use std::ops::Range;

use super::problem::Problem;
use super::syntax::{Item, MAX_ELEMENTS, Match, Name, Order, Ranking, Repeats, Result as Clause, Statement};
use super::token::{Token, TokenKind, tokens};

/// Words that cannot be a name unless they stand in backticks.
const RESERVED: [&str; 29] = [
    "MATCH",
    "WHERE",
    "RETURN",
    "ORDER",
    "BY",
    "SKIP",
    "LIMIT",
    "AS",
    "DISTINCT",
    "AND",
    "OR",
    "XOR",
    "NOT",
    "IN",
    "STARTS",
    "ENDS",
    "WITH",
    "CONTAINS",
    "IS",
    "NULL",
    "TRUE",
    "FALSE",
    "ASC",
    "DESC",
    "ASCENDING",
    "DESCENDING",
    "OPTIONAL",
    "UNION",
    "UNWIND",
];

/// Clauses of openCypher that this language does not have.
const FOREIGN: [&str; 12] = [
    "OPTIONAL", "UNION", "UNWIND", "WITH", "CREATE", "MERGE", "DELETE", "DETACH", "SET", "REMOVE", "CALL",
    "FOREACH",
];

/// Parses a whole query; stops at the first error.
pub(crate) fn parse(source: &str) -> Result<Statement, Problem> {
    let mut parser = Parser {
        source,
        tokens: tokens(source)?,
        at: 0,
        depth: 0,
        elements: 0,
    };
    let mut matches = Vec::new();
    while parser.eat_word("MATCH") {
        matches.push(parser.match_clause()?);
    }
    if matches.is_empty() {
        return Err(parser.unexpected("`MATCH`"));
    }
    if !parser.eat_word("RETURN") {
        return Err(parser.unexpected("`WHERE`, `MATCH` or `RETURN`"));
    }
    let result = parser.return_clause()?;
    // People end statements so; a second one is none of the language.
    let ended = parser.eat(";");
    match parser.peek() {
        TokenKind::End => Ok(Statement { matches, result }),
        TokenKind::Word(_)
        | TokenKind::Quoted(_)
        | TokenKind::Int(_)
        | TokenKind::Text(_)
        | TokenKind::Symbol(_) => {
            let problem = parser.unexpected("the end of the query");
            Err(if ended {
                problem.help("a query is one statement; ask the next one by itself")
            } else {
                problem
            })
        }
    }
}

/// The words that are left of a query.
pub(super) struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    at: usize,
    pub(super) depth: usize,
    elements: usize,
}

impl Parser<'_> {
    fn match_clause(&mut self) -> Result<Match, Problem> {
        let mut patterns = vec![self.pattern()?];
        while self.eat(",") {
            patterns.push(self.pattern()?);
        }
        let condition = self.eat_word("WHERE").then(|| self.expression()).transpose()?;
        Ok(Match { patterns, condition })
    }

    fn return_clause(&mut self) -> Result<Clause, Problem> {
        let repeats = self.repeats();
        let mut items = vec![self.item()?];
        while self.eat(",") {
            items.push(self.item()?);
        }
        let mut order = Vec::new();
        if self.eat_word("ORDER") {
            if !self.eat_word("BY") {
                return Err(self.unexpected("`BY`"));
            }
            order.push(self.order()?);
            while self.eat(",") {
                order.push(self.order()?);
            }
        }
        let skip = match self.eat_word("SKIP") {
            true => self.number("the number of rows to skip")?,
            false => 0,
        };
        let limit = match self.eat_word("LIMIT") {
            true => Some(self.number("the largest number of rows")?),
            false => None,
        };
        Ok(Clause {
            repeats,
            items,
            order,
            skip,
            limit,
        })
    }

    fn item(&mut self) -> Result<Item, Problem> {
        let expr = self.expression()?;
        let alias = self
            .eat_word("AS")
            .then(|| self.name("a name for the column"))
            .transpose()?;
        Ok(Item { expr, alias })
    }

    fn order(&mut self) -> Result<Order, Problem> {
        let expr = self.expression()?;
        let is_descending = self.eat_word("DESC") || self.eat_word("DESCENDING");
        let ranking = if is_descending {
            Ranking::Descending
        } else {
            let _ = self.eat_word("ASC") || self.eat_word("ASCENDING");
            Ranking::Ascending
        };
        Ok(Order { expr, ranking })
    }

    pub(super) fn repeats(&mut self) -> Repeats {
        match self.eat_word("DISTINCT") {
            true => Repeats::Dropped,
            false => Repeats::Kept,
        }
    }

    pub(super) fn number(&mut self, what: &str) -> Result<u64, Problem> {
        let TokenKind::Int(number) = *self.peek() else {
            return Err(self.unexpected(what));
        };
        self.at += 1;
        Ok(number)
    }

    pub(super) fn name(&mut self, what: &str) -> Result<Name, Problem> {
        match self.optional_name() {
            Some(name) => Ok(name),
            None => Err(self.unexpected(what)),
        }
    }

    pub(super) fn optional_name(&mut self) -> Option<Name> {
        let text = match self.peek() {
            TokenKind::Word(word) if !is_reserved(word) => word.clone(),
            TokenKind::Quoted(text) => text.clone(),
            TokenKind::Word(_)
            | TokenKind::Int(_)
            | TokenKind::Text(_)
            | TokenKind::Symbol(_)
            | TokenKind::End => return None,
        };
        let span = self.span();
        self.at += 1;
        Some(Name { text, span })
    }

    /// A name after which nothing of the language can be meant, so that reserved words may be names too.
    pub(super) fn any_name(&mut self, what: &str) -> Result<Name, Problem> {
        if let TokenKind::Word(word) = self.peek() {
            let name = Name {
                text: word.clone(),
                span: self.span(),
            };
            self.at += 1;
            return Ok(name);
        }
        self.name(what)
    }

    /// Counts one more node or relationship of a pattern.
    pub(super) fn count_element(&mut self) -> Result<(), Problem> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(Problem::new(
                format!(
                    "the patterns have more than {MAX_ELEMENTS} nodes and relationships, which is the limit"
                ),
                &self.span(),
                "one too many",
            ));
        }
        Ok(())
    }

    pub(super) fn peek(&self) -> &TokenKind {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, by: usize) -> &TokenKind {
        self.tokens
            .get(self.at + by)
            .map_or(&TokenKind::End, |token| &token.kind)
    }

    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.source.len()..self.source.len(), |token| token.span.clone())
    }

    /// From `start` to the end of the word before.
    pub(super) fn since(&self, start: usize) -> Range<usize> {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        start..last.map_or(start, |token| token.span.end)
    }

    pub(super) fn is(&self, symbol: &str) -> bool {
        matches!(self.peek(), TokenKind::Symbol(found) if *found == symbol)
    }

    pub(super) fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, symbol: &str) -> Result<(), Problem> {
        match self.eat(symbol) {
            true => Ok(()),
            false => Err(self.unexpected(&format!("`{symbol}`"))),
        }
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), TokenKind::Word(found) if found.eq_ignore_ascii_case(word))
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn unexpected(&self, expected: &str) -> Problem {
        let found = self.source.get(self.span()).unwrap_or_default();
        let message = if found.is_empty() {
            format!("expected {expected}, found the end of the query")
        } else {
            format!("expected {expected}, found `{found}`")
        };
        let problem = Problem::new(message, &self.span(), "unexpected");
        if FOREIGN.iter().any(|word| found.eq_ignore_ascii_case(word)) {
            return problem
                .help("a query is `MATCH … WHERE … RETURN …`; other clauses are not part of the language");
        }
        match found {
            "=~" => problem.help("use `CONTAINS`, `STARTS WITH` or `ENDS WITH`"),
            _ if is_reserved(found) => problem.help(format!("as a name, write it in backticks: `{found}`")),
            _ => problem,
        }
    }
}

fn is_reserved(word: &str) -> bool {
    RESERVED
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(word))
}
