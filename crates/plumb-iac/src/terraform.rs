//! Terraform and OpenTofu: source, evaluated as far as code tells.
//!
//! [`Code`](code::Code) parses a tree once; each root of it is evaluated by itself. Everything is evaluated when it is
//! first asked for, as values of one module may hang on outputs of another.

pub mod code;
mod constraint;
mod convert;
mod data;
mod evaluator;
mod expression;
pub mod functions;
pub(crate) mod hcl;
mod instance;
mod json;
mod module;
pub mod plan;
mod repeat;
mod resolve;
pub mod root;
mod scope;
pub(crate) mod syntax;

pub(crate) use module::is_source;
