//! `Stack`: what one root of code declares, whatever language it is written in.

use std::collections::{BTreeMap, BTreeSet};

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
    /// What is said of blocks beside what they declare.
    pub lifecycle: Lifecycle,
    /// Other accounts that blocks are in: by what stands for them, their numbers, which are empty where none is told.
    pub accounts: BTreeMap<Text, Text>,
}

/// What is said of blocks beside what they declare: how they came to be, and what becomes of them.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// By address: the addresses that blocks had before, as `moved` blocks say.
    pub former: BTreeMap<Text, Vec<Text>>,
    /// By address: what the next apply does with what is there.
    pub intents: BTreeMap<Text, Intent>,
    /// What `ignore_changes` leaves to others.
    pub ignored: BTreeSet<Ignored>,
}

/// What the next apply does with a resource beside making it as declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It is taken into the state, by an `import` block.
    Imported,
    /// It is taken out of the state, by a `removed` block.
    Removed,
    /// It is replaced, because it is marked as tainted.
    Tainted,
    /// It is destroyed, because another took its place.
    Deposed,
}

/// An argument that `lifecycle { ignore_changes }` leaves to others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ignored {
    /// The argument, or the whole block.
    pub place: Place,
    /// The only key of it that is, such as `Team` of `tags["Team"]`.
    pub key: Option<Text>,
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
