//! The rule language: parse, type-check, compile, evaluate within a budget, explain.
//!
//! A rule is an expression of CEL over JSON-like values, with null propagation and Kleene's third truth
//! value for what could not be read. [`Program::compile`] turns source text into a program against the
//! types that [`Declarations`] gives; [`Program::truth`] runs it over a [`Scope`] of borrowed documents.
//! Nothing here reads a clock, the environment, files or the network.

mod compile;
mod explain;
mod exposure;
mod function;
mod functions;
mod literal;
mod machine;
mod node;
mod parser;
#[cfg(test)]
mod printer;
mod problem;
mod program;
mod scope;
mod syntax;
mod token;
mod types;
mod uses;
mod val;

pub use exposure::exposure_type;
pub use problem::Problem;
pub use program::{Expected, Program, Truth, parse_check};
pub use scope::{Inventory, NoInventory, Scope};
pub use types::{Declarations, Fields, Type};
pub use uses::{Extent, Root, Use};
