//! From the text of a `.tf.json` or `.tfvars.json` file to the syntax tree.
//!
//! JSON is read as an object expression of HCL, which it is but for a few escapes; so every value has a place, and texts are
//! templates as Terraform reads them.

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::hcl;
use super::syntax::{Attribute, Block, Body, Expr, ExprKind};
use crate::place::{FileId, Place, Sources};

/// Blocks of a file with the number of their labels.
const BLOCKS: [(&str, usize); 9] = [
    ("resource", 2),
    ("data", 2),
    ("module", 1),
    ("provider", 1),
    ("variable", 1),
    ("output", 1),
    ("locals", 0),
    ("terraform", 0),
    ("moved", 0),
];

/// Reads a file in JSON syntax.
///
/// # Errors
/// The syntax error with its place.
pub(crate) fn read(sources: &Sources, file: FileId) -> Result<Body, Diagnostic> {
    let root = hcl::read_json(sources, file)?;
    let mut body = Body::default();
    for (kind, place, value) in properties(&root, file) {
        let Some((_, labels)) = BLOCKS.iter().find(|(known, _)| *known == kind) else {
            continue;
        };
        unfold(
            &kind,
            place,
            &value,
            *labels,
            &mut Vec::new(),
            file,
            &mut body.blocks,
        );
    }
    Ok(body)
}

/// Reads a file of values of variables in JSON syntax.
///
/// # Errors
/// The syntax error with its place.
pub(crate) fn read_values(sources: &Sources, file: FileId) -> Result<Body, Diagnostic> {
    let root = hcl::read_json(sources, file)?;
    Ok(attributes(&root, file))
}

/// Goes down as many levels as a block has labels; a list stands for several blocks.
fn unfold(
    kind: &Text,
    head: Place,
    value: &Expr,
    labels: usize,
    given: &mut Vec<Text>,
    file: FileId,
    blocks: &mut Vec<Block>,
) {
    if let ExprKind::List(items) = &value.kind {
        for item in items {
            unfold(kind, head, item, labels, given, file, blocks);
        }
    } else if labels == 0 {
        let mut body = attributes(value, file);
        let dynamic = body
            .attributes
            .iter()
            .position(|attribute| attribute.name == "dynamic");
        if let Some(position) = dynamic {
            let dynamic = body.attributes.swap_remove(position);
            for (name, place, content) in properties(&dynamic.value, file) {
                body.blocks.extend(dynamic_blocks(&name, place, &content, file));
            }
        }
        if kind == "variable"
            && let Some(constraint) = body.attributes.iter_mut().find(|found| found.name == "type")
            && let ExprKind::String(text) = &constraint.value.kind
            && let Ok(parsed) = hcl::read_expression(text)
        {
            constraint.value.kind = parsed.kind;
        }
        blocks.push(Block {
            kind: kind.clone(),
            labels: given.clone(),
            body,
            head,
            whole: value.place.unwrap_or(head),
        });
    } else {
        for (label, place, value) in properties(value, file) {
            given.push(label);
            unfold(kind, place, &value, labels - 1, given, file, blocks);
            given.pop();
        }
    }
}

fn dynamic_blocks(name: &Text, place: Place, value: &Expr, file: FileId) -> Vec<Block> {
    if let ExprKind::List(items) = &value.kind {
        return items
            .iter()
            .flat_map(|item| dynamic_blocks(name, place, item, file))
            .collect();
    }
    let mut body = attributes(value, file);
    let content = body
        .attributes
        .iter()
        .position(|attribute| attribute.name == "content");
    if let Some(position) = content {
        let content = body.attributes.swap_remove(position);
        body.blocks.push(Block {
            kind: Text::new_static("content"),
            labels: Vec::new(),
            body: attributes(&content.value, file),
            head: content.place,
            whole: content.place,
        });
    }
    vec![Block {
        kind: Text::new_static("dynamic"),
        labels: vec![name.clone()],
        body,
        head: place,
        whole: value.place.unwrap_or(place),
    }]
}

fn attributes(value: &Expr, file: FileId) -> Body {
    let attributes = properties(value, file).map(|(name, key, value)| Attribute {
        place: match value.place {
            Some(value) => Place {
                end: value.end,
                ..key
            },
            None => key,
        },
        name,
        value,
    });
    Body {
        attributes: attributes.collect(),
        blocks: Vec::new(),
    }
}

/// Name, place of the name, and value of each property; those that are comments are left out.
fn properties(value: &Expr, file: FileId) -> impl Iterator<Item = (Text, Place, Expr)> + '_ {
    let entries: &[(Expr, Expr)] = match &value.kind {
        ExprKind::Object(entries) => entries,
        _ => &[],
    };
    entries.iter().filter_map(move |(key, value)| {
        let ExprKind::String(name) = &key.kind else {
            return None;
        };
        let place = key.place.unwrap_or(Place::new(file, 0..0));
        (name != "//").then(|| (name.clone(), place, value.clone()))
    })
}
