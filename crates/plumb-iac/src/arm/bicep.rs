//! Bicep: from its text to a template, by recursive descent over the text itself.
//!
//! A statement that cannot be read is told and left out; reading goes on with the next one. Grammar and meaning:
//! <https://learn.microsoft.com/azure/azure-resource-manager/bicep/file>.

mod cursor;
mod expression;
mod object;
mod outline;
mod resource;
mod statement;
mod string;
mod symbols;
mod types;

use std::collections::BTreeMap;
use std::ops::Range;

use plumb_model::value::Text;

use super::tree::Template;
use super::work::Work;
use crate::place::{FileId, Place};
use cursor::Cursor;

/// Reads a text as far as it can be read.
pub(super) fn read(file: FileId, text: &str, path: &str, work: &Work<'_>) -> Template {
    let mut parser = Parser::new(file, text);
    let template = parser.file(path).indexed();
    for (place, message, help) in parser.problems {
        work.error(place, message, help);
    }
    for place in parser.hidden {
        work.hide(place);
    }
    for (place, name) in symbols::undeclared(&template) {
        work.wrong(place, format!("there is no `{name}`"));
    }
    template
}

/// The comments of a text and its statements, for what is said in comments.
pub(crate) fn outline(text: &str) -> Outline {
    let mut parser = Parser::new(FileId::at(0), text);
    let template = parser.file("");
    let mut resources = template.resources.iter();
    let statements = parser.statements.into_iter().map(|(whole, keyword)| {
        let resource = match keyword {
            Keyword::Resource => resources.next(),
            Keyword::Other => None,
        };
        Part {
            whole,
            argument: None,
            parts: resource.map(outline::parts).unwrap_or_default(),
        }
    });
    Outline {
        statements: statements.collect(),
        comments: parser.cursor.into_comments(),
    }
}

/// A Bicep file as comments see it.
#[derive(Debug)]
pub(crate) struct Outline {
    pub(crate) statements: Vec<Part>,
    /// Each with its marks, in order.
    pub(crate) comments: Vec<Range<usize>>,
}

/// A statement, a nested resource, or a property.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) whole: Range<usize>,
    /// Its name where it is a property that holds nothing.
    pub(crate) argument: Option<Text>,
    pub(crate) parts: Vec<Part>,
}

/// Why something cannot be read.
type Broken = String;

/// What a statement is, as far as the outline goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keyword {
    /// A resource or a module.
    Resource,
    Other,
}

/// Reads one file.
struct Parser<'t> {
    cursor: Cursor<'t>,
    problems: Vec<(Place, String, &'static str)>,
    /// What nobody is to see.
    hidden: Vec<Place>,
    statements: Vec<(Range<usize>, Keyword)>,
    /// Where each name is first declared.
    declared: BTreeMap<Text, Place>,
    /// How deep expressions and resources nest here.
    depth: usize,
    /// How many resources were met.
    resources: usize,
}

impl<'t> Parser<'t> {
    fn new(file: FileId, text: &'t str) -> Self {
        Self {
            cursor: Cursor::new(file, text),
            problems: Vec::new(),
            hidden: Vec::new(),
            statements: Vec::new(),
            declared: BTreeMap::new(),
            depth: 0,
            resources: 0,
        }
    }
}
