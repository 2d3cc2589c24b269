//! Infrastructure code: Terraform, CloudFormation and others to resource documents.
//!
//! Each language becomes [`Stack`](declared::Stack)s of declared blocks with evaluated arguments; mappings, which are
//! knowledge, make resource documents of them. What code cannot tell is unknown, and every value knows where it was written.
//! Nothing here reads a file, a network or the environment: a [`Files`](files::Files) is handed over.

pub mod arm;
pub mod change;
pub mod cloudformation;
pub mod complete;
pub mod declared;
pub mod drift;
mod either;
pub mod files;
pub mod fix;
mod held;
mod json_text;
pub mod kubernetes;
pub mod locate;
pub mod mapping;
pub mod partial;
pub mod place;
pub mod scan;
pub mod secrecy;
pub mod snapshot;
pub mod suppress;
pub mod terraform;
#[cfg(test)]
mod testing;
pub mod val;
mod work;
