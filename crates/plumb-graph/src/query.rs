//! Questions to the graph in a documented subset of openCypher: patterns, conditions, and what to return.
//!
//! [`Query::parse`] reads a query, [`Index`] prepares a graph for any number of them, [`Query::run`] finds all matches.
//! `docs/specs/graph-query.md` has the language. Work is counted in steps, not in time, so that a query ends the same way on
//! every machine; one that would take more than [`Limits`] allow ends with an error that names the limit.

mod check;
mod check_expression;
mod formula;
mod index;
mod item;
mod matcher;
mod parser;
mod parser_expression;
mod parser_pattern;
mod plan;
mod problem;
mod project;
mod property;
mod syntax;
mod token;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_model::value::{Text, Value};

pub use index::Index;

use check::Checked;
use matcher::{Budget, End, Matcher};
use plan::Plan;
use problem::Problem;
use project::Rows;

/// A query that was read.
#[derive(Debug)]
pub struct Query {
    source: Arc<Source>,
    statement: syntax::Statement,
}

/// Names that a query may use although the graph has nothing of them.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    /// Resource types and their other names, each with the type that it means.
    pub labels: BTreeMap<Text, Text>,
    /// Names of plain relations.
    pub relations: BTreeSet<Text>,
}

/// What a query may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nodes and relationships that are looked at.
    pub steps: u64,
    /// Rows, or groups of them, that are kept at a time, skipped ones included.
    pub rows: u64,
    /// Values in those rows; a node counts for its nine properties.
    pub values: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: 20_000_000,
            rows: 100_000,
            values: 4_000_000,
        }
    }
}

/// The answer to a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<Text>,
    /// One value for each column; nodes, relationships and paths are maps.
    pub rows: Vec<Vec<Value>>,
}

impl Query {
    /// Reads a query; `name` is what messages call its source, for example `<argument>`.
    pub fn parse(name: &str, text: &str) -> Result<Self, Diagnostic> {
        let source = Arc::new(Source {
            name: name.to_owned(),
            text: text.to_owned(),
        });
        match parser::parse(text) {
            Ok(statement) => Ok(Self { source, statement }),
            Err(problem) => Err(problem.in_source(&source)),
        }
    }

    /// Finds all matches, the same ones in the same order every time.
    pub fn run(
        &self,
        index: &Index<'_>,
        vocabulary: &Vocabulary,
        limits: &Limits,
    ) -> Result<Table, Diagnostic> {
        self.answer(index, vocabulary, limits)
            .map_err(|problem| problem.in_source(&self.source))
    }

    fn answer(&self, index: &Index<'_>, vocabulary: &Vocabulary, limits: &Limits) -> Result<Table, Problem> {
        let checked = Checked::new(&self.statement, &self.source.text, index, vocabulary)?;
        let plan = Plan::new(&checked, index);
        let mut budget = Budget::new(*limits);
        let mut rows = Rows::new(&checked.output);
        if !rows.is_enough() {
            let end = Matcher::new(&checked, &plan, index.graph(), &mut budget, &mut rows).run();
            match end {
                ControlFlow::Continue(()) | ControlFlow::Break(End::Enough) => {}
                ControlFlow::Break(End::Steps) => return Err(self.exceeded("steps", limits.steps)),
                ControlFlow::Break(End::Rows) => return Err(self.exceeded("rows", limits.rows)),
                ControlFlow::Break(End::Values) => return Err(self.exceeded("values", limits.values)),
            }
        }
        Ok(Table {
            columns: checked.output.columns.clone(),
            rows: rows.finish(index.graph()),
        })
    }

    fn exceeded(&self, what: &str, limit: u64) -> Problem {
        let help = match what {
            "steps" => {
                "name a starting point by `uid`, `name` or label, say the types of relationships, or allow fewer hops"
            }
            _ => "return less: add conditions, `DISTINCT`, `count(…)` or `LIMIT`",
        };
        Problem::new(
            format!("the query takes more than {limit} {what}, which is the limit"),
            &(0..self.source.text.len()),
            "too much",
        )
        .help(help)
    }
}
