//! Recipes, policies and frameworks: formats, schemas, lint and inline tests.
//!
//! A [`pack::Pack`] holds the knowledge that is compiled into the binary together with a user's own files. Everything in
//! it comes from YAML that is read strictly and within limits; every problem is a diagnostic with its place. Resource
//! types are checked against the clouds' API models, from which their schemas follow, and policies against the schemas.
//!
//! ```
//! use plumb_pack::pack::Pack;
//!
//! let pack = Pack::builtin().map_err(|found| found.len())?;
//! assert!(pack.resource_types().iter().any(|name| name == "aws_s3_bucket"));
//! # Ok::<(), usize>(())
//! ```

mod action;
mod api_type;
pub mod builtin;
mod call_reader;
mod checks;
pub mod code_source;
pub mod compiled;
mod compliance;
mod conformity;
mod declared;
pub mod escalation;
mod escalation_check;
mod escalation_reader;
pub mod estate;
mod fact_reader;
pub mod fix;
mod fix_reader;
pub mod framework;
pub mod graph_role;
pub mod hands_on;
pub mod inline_test;
pub mod kubernetes;
mod kubernetes_reader;
pub mod lint;
pub mod load;
pub mod mapping;
mod mapping_check;
pub mod mapping_cover;
mod mapping_reader;
mod mapping_text;
mod node;
pub mod pack;
pub mod path;
pub mod policy;
mod policy_reader;
mod reader;
pub mod recipe;
mod recipe_file;
mod recipe_reader;
#[cfg(test)]
mod record;
mod recorded;
pub mod requirement;
mod requirement_reader;
pub mod risk;
mod risk_reader;
mod rule_text;
pub mod scaffold;
pub mod schema;
pub mod schema_tree;
pub mod secret;
pub mod selection;
pub mod sensitivity;
pub mod suggest;
pub mod template;
pub mod transform;
mod typed_path;
mod yaml;

pub use rule_text::RuleText;
