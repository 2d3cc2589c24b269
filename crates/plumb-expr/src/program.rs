//! `Program`: a rule ready to run.

use std::sync::Arc;

use plumb_model::finding::Evidence;
use plumb_model::value::{Text, Value};

use crate::compile::{Compiled, compile};
use crate::explain;
use crate::machine::Machine;
use crate::parser::parse;
use crate::problem::Problem;
use crate::scope::Scope;
use crate::types::{Declarations, Type};
use crate::uses::Use;
use crate::val::Kleene;

/// A rule ready to run; clones are cheap.
#[derive(Clone, Debug)]
pub struct Program(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Text,
    compiled: Compiled,
}

/// What the surroundings want of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A truth value.
    Truth,
    /// Any value.
    Value,
}

/// What a rule says of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Something it hangs on was not read, or it ran out of its budget.
    Unknown,
}

impl Program {
    /// Parses, type-checks and compiles a rule.
    ///
    /// # Errors
    /// The first error in the syntax, or else every error in the types.
    pub fn compile(
        source: &str,
        declarations: &dyn Declarations,
        expected: Expected,
    ) -> Result<Program, Vec<Problem>> {
        let expr = parse(source).map_err(|problem| vec![problem])?;
        let compiled = compile(source, &expr, declarations, expected)?;
        Ok(Program(Arc::new(Inner {
            source: source.into(),
            compiled,
        })))
    }

    /// The source text as it was given.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The static type of what the rule gives.
    pub fn result_type(&self) -> &Type {
        &self.0.compiled.result
    }

    /// The places that the rule reads, sorted, each once.
    pub fn uses(&self) -> &[Use] {
        &self.0.compiled.uses
    }

    /// Runs the rule for its truth value.
    pub fn truth(&self, scope: &Scope<'_>) -> Truth {
        let mut machine = Machine::new(scope);
        let truth = machine.truth(&self.0.compiled.root);
        match (machine.exhaustion(), truth) {
            (Some(_), _) | (None, Kleene::Unknown(_)) => Truth::Unknown,
            (None, Kleene::True) => Truth::True,
            (None, Kleene::False) => Truth::False,
        }
    }

    /// Runs the rule for its value; timestamps are RFC 3339 text, durations are text in seconds such as `90s`.
    pub fn value(&self, scope: &Scope<'_>) -> Value {
        let mut machine = Machine::new(scope);
        let val = machine.eval(&self.0.compiled.root);
        let value = machine.exported(&val);
        machine
            .exhaustion()
            .map_or(value, |cause| Value::Unreadable(cause.to_arc()))
    }

    /// Says why the rule is not true: the sub-expression that decided and the values it saw.
    pub fn explain(&self, scope: &Scope<'_>) -> Evidence {
        explain::explain(&self.0.source, &self.0.compiled.root, scope)
    }
}

/// Checks the syntax of a rule without knowing any types; never panics, whatever the text.
///
/// # Errors
/// The first error in the syntax.
pub fn parse_check(source: &str) -> Result<(), Problem> {
    parse(source).map(drop)
}
