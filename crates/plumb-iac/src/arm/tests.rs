//! Tests of whole templates: what is evaluated, where it stands, and what is told.

mod bicep;
mod deployments;
mod hostile;
mod json;
mod support;
