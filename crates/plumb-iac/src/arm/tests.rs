//! Tests of whole templates: what is evaluated, where it stands, and what is told.

mod bicep;
mod bicep_files;
mod bicep_refused;
mod deployments;
mod functions;
mod hostile;
mod json;
mod support;
