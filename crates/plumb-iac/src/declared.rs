//! `Stack`: what one root of code declares, whatever language it is written in.

use std::collections::BTreeMap;

use plumb_model::value::Text;
pub use plumb_pack::mapping::Language;

use crate::place::Place;
use crate::val::{Val, Why};

/// What one root declares: a root module of Terraform, a template.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Folder or file below the root of the scan; `.` for the root itself.
    pub path: Text,
    /// Its language.
    pub language: Language,
    /// The blocks in the order of their addresses.
    pub blocks: Vec<Declared>,
    /// The AWS region, the Azure location where the code tells one.
    pub region: Option<Text>,
    /// The account where the code or the user tells one.
    pub account: Option<Text>,
    /// By address: the addresses that blocks had before, as `moved` blocks say.
    pub former: BTreeMap<Text, Vec<Text>>,
    /// Other accounts that blocks are in: by what stands for them, their numbers, which are empty where none is told.
    pub accounts: BTreeMap<Text, Text>,
}

/// One declared block.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The type in its language, for example `aws_s3_bucket` or `AWS::S3::Bucket`.
    pub kind: Text,
    /// The address in its language, for example `module.logs.aws_s3_bucket.this[0]`.
    pub address: Text,
    /// Its arguments, a [`Kind::Map`](crate::val::Kind::Map); nested blocks are lists of maps.
    pub body: Val,
    /// The line that opens the block, to point at when an argument is lacking.
    pub head: Place,
    /// The whole block.
    pub whole: Place,
    /// The calls of modules that it stands in, outermost first.
    pub calls: Vec<Place>,
    /// Why it is not sure that there is such a resource: a count or condition that is not known.
    pub perhaps: Option<Why>,
    /// The conditions that are not known and on which it hangs, sorted: in one stack equal ones come out alike. Empty also where what
    /// it hangs on cannot be compared.
    pub hangs_on: Vec<Text>,
    /// The region that the block or its provider names.
    pub region: Option<Text>,
    /// The account that its provider works in; that of the stack where nothing tells it.
    pub account: Option<Text>,
}
