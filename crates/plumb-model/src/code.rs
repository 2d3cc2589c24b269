//! Places in infrastructure code: where a resource is declared, and where a finding comes from.

use serde::{Deserialize, Serialize};

use crate::value::Text;

/// A range of a file; lines and columns count from 1, columns in characters, the end is one past the last character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CodePlace {
    /// Path below the root of the scan, with `/` between its parts; hostile text.
    pub file: Text,
    /// The first line.
    pub line: u32,
    /// The first column.
    pub column: u32,
    /// The last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
}

/// Where a resource is declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeResource {
    /// Its address in its language, for example `module.logs.aws_s3_bucket.this[0]`; hostile text.
    pub address: Text,
    /// For example `terraform`.
    pub language: Text,
    /// The block that declares it.
    pub place: CodePlace,
    /// The calls of modules that it stands in, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CodePlace>,
    /// Why it is not sure that applying the code makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perhaps: Option<Text>,
    /// The addresses that it had before, as the code says; they are in no report.
    #[serde(skip)]
    pub former: Vec<Text>,
}

/// Where a finding comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeSpot {
    /// The attribute that decides, or the block that lacks it.
    pub place: CodePlace,
    /// What is written there, or lacking: the path of the attribute in the resource document.
    pub attribute: Text,
    /// Whether nothing is written for the attribute, so that `place` is the block that lacks it.
    pub lacking: bool,
    /// Where the value was written, when that is elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_at: Option<CodePlace>,
    /// Where else something decides likewise: a suppression must speak of all of it. It is in no report.
    #[serde(skip)]
    pub also: Vec<CodePlace>,
    /// The lines of `place`, at most a few; hostile text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excerpt: Vec<Text>,
    /// How to correct it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<CodeFix>,
}

/// How source is corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeFix {
    /// What it does.
    pub description: Text,
    /// What applying it does beside, when somebody should look first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caution: Option<Text>,
    /// The changes, in the order of their places; none overlaps another.
    pub replacements: Vec<Replacement>,
}

/// A change of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// What is replaced; empty to insert.
    pub place: CodePlace,
    /// By what.
    pub text: Text,
}
