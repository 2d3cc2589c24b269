//! Terraform and OpenTofu.

pub mod functions;
