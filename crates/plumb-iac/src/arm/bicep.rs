//! Bicep: from its text to a template, by recursive descent over the text itself.
//!
//! A statement that cannot be read is told and left out; reading goes on with the next one. Grammar and meaning:
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/file>.

mod cursor;
mod expression;
mod object;
mod resource;
mod statement;
mod string;
mod types;

use super::tree::Template;
use super::work::Work;
use crate::place::FileId;
use cursor::Cursor;

/// Reads a text as far as it can be read.
pub(super) fn read(file: FileId, text: &str, path: &str, work: &Work<'_>) -> Template {
    let mut parser = Parser {
        cursor: Cursor::new(file, text),
        work,
        depth: 0,
        resources: 0,
    };
    parser.file(path)
}

/// Why something cannot be read.
type Broken = String;

/// Reads one file.
struct Parser<'t, 'w, 'a> {
    cursor: Cursor<'t>,
    work: &'w Work<'a>,
    /// How deep expressions and resources nest here.
    depth: usize,
    /// How many resources were met.
    resources: usize,
}
