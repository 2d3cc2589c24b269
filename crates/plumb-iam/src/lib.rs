//! Effective permission on AWS: what a principal may really do, from all policies that take part.

pub mod answer;
pub mod arn;
pub mod condition;
pub mod document;
pub mod evaluate;
pub mod glob;
pub mod keys;
mod layer;
pub mod operator;
pub mod pattern;
pub mod policy;
pub mod principal;
pub mod principal_pattern;
pub mod request;
mod statement_reader;
pub mod truth;
