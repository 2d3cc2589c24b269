//! Effective permission on AWS: what a principal may really do, from all policies that take part.
//!
//! The evaluation follows the published logic: explicit deny, service and resource control policies at each level,
//! policies of resources and how they name the requester, identity policies, permissions boundaries, session policies,
//! both sides across accounts. Two things set it apart from a simulator that guesses:
//!
//! - What depends on parts of the request that nobody gave is answered [`answer::Decision::AllowedIf`], with the
//!   conditions in words.
//! - What depends on a policy that could not be read is [`answer::Decision::Unknown`], never "denied". Where the
//!   control policies of an organization as a whole were out of reach, an allowed answer carries a caveat.
//!
//! | module | holds |
//! | --- | --- |
//! | [`document`], [`condition`], [`operator`], [`pattern`], [`glob`] | policy documents, compiled and indexed by service |
//! | [`principal`], [`principal_pattern`], [`request`], [`keys`], [`key_type`] | who asks for what, and whom a policy names |
//! | [`policy`], [`mod@evaluate`], [`answer`] | one decision |
//! | [`endpoint`], [`passages`] | VPC endpoints with their policies, and by which of them requests may come |
//! | [`account_iam`], [`library`], [`organization`], [`directory`] | the principals of an estate, their policies and classes |
//! | [`assume`], [`web_identity`], [`outsiders`], [`vantage`], [`scope`], [`s3`], [`access_list`], [`kms`] | trust policies, tokens, strangers and where they ask from, reach of an action, public buckets, access control lists, grants |
//!
//! **Invariant:** nothing here reads a clock, the environment or the network, and equal input gives equal output.
//!
//! **Invariant:** a statement that is not understood whole is kept as unread and counts as unknown; it is never dropped.
//!
//! # Example
//!
//! ```
//! use plumb_iam::answer::Decision;
//! use plumb_iam::evaluate::evaluate;
//! use plumb_iam::keys::Context;
//! use plumb_iam::policy::{NamedPolicy, PrincipalPolicies, ResourcePolicies};
//! use plumb_iam::principal::Principal;
//! use plumb_iam::request::{Request, Target};
//! use plumb_model::value::Value;
//!
//! let document: Value = serde_json::from_str(
//!     r#"{"Version": "2012-10-17", "Statement": [
//!         {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::logs/${aws:username}/*"},
//!         {"Sid": "Office", "Effect": "Deny", "Action": "*", "Resource": "*",
//!          "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}]}"#,
//! )
//! .expect("the document is JSON");
//! let ann = Principal::of_arn("arn:aws:iam::111122223333:user/ann").expect("the ARN is a user's");
//! let policies = PrincipalPolicies {
//!     identity: vec![NamedPolicy::read(ann.name.clone(), "reader", &document)],
//!     ..PrincipalPolicies::default()
//! };
//! let target = Target::new("arn:aws:s3:::logs/ann/today").in_account("111122223333");
//! let request = Request { principal: &ann, action: "s3:GetObject", target: &target, context: &Context::new() };
//!
//! let answer = evaluate(&request, &policies, &ResourcePolicies::default());
//! assert_eq!(answer.decision, Decision::AllowedIf);
//! assert_eq!(
//!     answer.conditions.first().expect("the deny depends on the address").to_string(),
//!     "unless NotIpAddress `aws:SourceIp` [\"203.0.113.0/24\"] \
//!      (deny by identity policy `reader`, statement `Office` of `arn:aws:iam::111122223333:user/ann`)"
//! );
//!
//! let office = Context::new().with("aws:SourceIp", "203.0.113.9");
//! let request = Request { context: &office, ..request };
//! assert_eq!(evaluate(&request, &policies, &ResourcePolicies::default()).decision, Decision::Allowed);
//! ```

pub mod access_list;
pub mod account_iam;
pub mod answer;
pub mod arn;
pub mod assume;
mod attribute;
mod class;
pub mod condition;
pub mod directory;
pub mod document;
pub mod endpoint;
pub mod evaluate;
pub mod glob;
pub mod key_type;
pub mod keys;
pub mod kms;
mod layer;
pub mod library;
pub mod operator;
pub mod organization;
pub mod outsiders;
pub mod passages;
pub mod pattern;
pub mod policy;
pub mod principal;
mod principal_index;
pub mod principal_pattern;
mod region;
pub mod request;
mod route;
pub mod s3;
pub mod scope;
mod statement_reader;
pub mod truth;
pub mod vantage;
pub mod web_identity;
pub mod witness;

/// The resource types that a directory is read from, each with the attributes that need a call of their own.
pub const READS: &[(&str, &[&str])] = &[
    ("aws_iam_user", &[]),
    ("aws_iam_group", &[]),
    ("aws_iam_role", &[]),
    ("aws_iam_policy", &[]),
    ("aws_iam_root_user", &[]),
    ("aws_iam_openid_connect_provider", &["client_id_list"]),
    ("aws_organizations_organization", &["id", "master_account_id"]),
    (
        "aws_organizations_account",
        &["parents", "service_control_policies", "resource_control_policies"],
    ),
    (
        "aws_organizations_organizational_unit",
        &["service_control_policies", "resource_control_policies"],
    ),
    (
        "aws_organizations_root",
        &["service_control_policies", "resource_control_policies"],
    ),
    ("aws_organizations_policy", &["content", "targets"]),
    ("aws_vpc", &[]),
    ("aws_vpc_endpoint", &[]),
];
