//! Corrections of Terraform source.

use std::collections::{HashMap, HashSet};

use plumb_model::value::{Text, Value};
use plumb_pack::fix::Fixes;
use plumb_pack::mapping::Language;

use super::{Correction, Edit, NoCorrection, correction, indentation};
use crate::mapping::Origin;
use crate::place::{FileId, Place, Sources};
use crate::terraform::hcl;
use crate::terraform::syntax::{Block, Body, Expr, ExprKind};

/// A parsed file, with its blocks by their places.
pub(super) struct File {
    body: Body,
    by_place: HashMap<Place, usize>,
    /// Type and name of each resource.
    names: HashSet<(Text, Text)>,
    is_json: bool,
}

impl File {
    /// Parses a file; `None` when it cannot be.
    pub(super) fn read(sources: &Sources, file: FileId) -> Option<Self> {
        let is_json = sources.get(file)?.name.ends_with(".json");
        let body = if is_json {
            Body::default()
        } else {
            hcl::read(sources, file).ok()?
        };
        let by_place = body
            .blocks
            .iter()
            .zip(0..)
            .map(|(block, position)| (block.whole, position));
        let names = body
            .blocks
            .iter()
            .filter_map(|block| match block.labels.as_slice() {
                [kind, name] => Some((kind.clone(), name.clone())),
                _ => None,
            });
        Some(Self {
            by_place: by_place.collect(),
            names: names.collect(),
            body,
            is_json,
        })
    }
}

/// How to correct a block of a file.
pub(super) fn correct(
    text: &str,
    file: &File,
    fixes: &Fixes,
    policy: &str,
    origin: &Origin,
) -> Result<Correction, NoCorrection> {
    let not_here = |why: &str| NoCorrection::NotHere(Text::from(why));
    if file.is_json {
        return Err(not_here("files in JSON syntax are not changed"));
    }
    let body = &file.body;
    let position = file.by_place.get(&origin.whole);
    let Some(block) = position.and_then(|position| body.blocks.get(*position)) else {
        return Err(NoCorrection::NotKnown);
    };
    let file_of_block = file;
    let file = origin.whole.file;
    let [kind, label] = block.labels.as_slice() else {
        return Err(NoCorrection::NotKnown);
    };
    let has =
        |name: &Text| block.body.attribute(name).is_some() || block.body.blocks_of(name).next().is_some();
    let ways = fixes.of(policy, Language::Terraform, kind);
    let Some(fix) = ways.iter().find(|fix| fix.has.as_ref().is_none_or(has)) else {
        return Err(NoCorrection::NotKnown);
    };
    let mut edits = Vec::new();
    for (path, value) in &fix.set {
        let [first, rest @ ..] = path.as_slice() else {
            continue;
        };
        edits.push(set(text, block, first, rest, value).map_err(NoCorrection::NotHere)?);
    }
    if let Some(template) = &fix.add {
        let repeated = ["count", "for_each"]
            .iter()
            .any(|name| block.body.attribute(name).is_some());
        if repeated {
            return Err(not_here(
                "the block is repeated, and what is added must be repeated likewise",
            ));
        }
        let added = template
            .replace("{block}", &format!("{kind}.{label}"))
            .replace("{label}", label);
        if resources_in(&added).any(|resource| file_of_block.names.contains(&resource)) {
            return Err(not_here(
                "a block of the name that would be added is there already",
            ));
        }
        let added = with_meta(text, block, &added);
        edits.push(Edit {
            place: Place::new(file, block.whole.range().end..block.whole.range().end),
            text: format!("\n\n{}", added.trim_end()),
        });
    }
    Ok(correction(fix, edits))
}

/// What is added uses the provider of the block, and lies in its region.
fn with_meta(text: &str, block: &Block, added: &str) -> String {
    let lines: Vec<&str> = ["provider", "region"]
        .iter()
        .filter_map(|name| block.body.attribute(name))
        .filter_map(|attribute| text.get(attribute.place.range()))
        .map(str::trim_end)
        .collect();
    match added.split_once('\n') {
        Some((head, rest)) if !lines.is_empty() => format!("{head}\n  {}\n\n{rest}", lines.join("\n  ")),
        Some(_) | None => added.to_owned(),
    }
}

/// Type and name of each resource that a text declares.
fn resources_in(text: &str) -> impl Iterator<Item = (Text, Text)> + '_ {
    text.lines().filter_map(|line| {
        let mut quoted = line.strip_prefix("resource ")?.split('"').skip(1).step_by(2);
        Some((Text::from(quoted.next()?), Text::from(quoted.next()?)))
    })
}

/// The edit that makes an argument have a value; the error says why it cannot be made.
fn set(text: &str, block: &Block, first: &Text, rest: &[Text], value: &Value) -> Result<Edit, Text> {
    let body = &block.body;
    if let Some((next, after)) = rest.split_first() {
        if body
            .blocks_of("dynamic")
            .any(|dynamic| dynamic.labels.first() == Some(first))
        {
            return Err(Text::from(format!("`{first}` is made by a `dynamic` block")));
        }
        if let Some(nested) = body.blocks_of(first).next() {
            return set(text, nested, next, after, value);
        }
        if let Some(attribute) = body.attribute(first) {
            return Err(Text::from(format!(
                "`{first}` is an argument here, not a block; {}",
                whence(&attribute.value)
            )));
        }
        return Ok(insert_block(text, block, first, rest, value));
    }
    match body.attribute(first) {
        Some(attribute) if is_literal(&attribute.value) => Ok(Edit {
            place: attribute.value.place.unwrap_or(attribute.place),
            text: literal(value),
        }),
        Some(attribute) => Err(Text::from(format!("`{first}` {}", whence(&attribute.value)))),
        None => Ok(insert_argument(text, block, first, value)),
    }
}

fn whence(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Traversal(..) | ExprKind::Variable(_) => "gets its value from elsewhere",
        _ => "gets its value from an expression",
    }
}

fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::String(_) => {
            true
        }
        ExprKind::List(items) => items.iter().all(is_literal),
        ExprKind::Object(entries) => entries.iter().all(|(_, value)| is_literal(value)),
        _ => false,
    }
}

/// `name = value` behind the arguments that the block has, or first in it.
fn insert_argument(text: &str, block: &Block, name: &Text, value: &Value) -> Edit {
    let outer = indentation(text, block.whole.range().start);
    let indent = format!("{outer}  ");
    let last = block
        .body
        .attributes
        .iter()
        .map(|attribute| attribute.place)
        .max();
    let file = block.whole.file;
    if is_on_one_line(text, block) {
        return opened(
            text,
            block,
            &format!("{indent}{name} = {}\n{outer}", literal(value)),
        );
    }
    let at = match last {
        Some(last) => end_of_line(text, last.range().end),
        None => end_of_line(text, opening(text, block)),
    };
    // Arguments of one line one under another are aligned; a longer name begins a group of its own.
    let (gap, aligned) = match last.and_then(|last| column_of_sign(text, block, last)) {
        Some(column) if name.chars().count() < column => {
            let padding = " ".repeat(column - name.chars().count() - 1);
            ("\n", format!("{name}{padding} ="))
        }
        Some(_) => ("\n\n", format!("{name} =")),
        None => ("\n", format!("{name} =")),
    };
    Edit {
        place: Place::new(file, at..at),
        text: format!("{gap}{indent}{aligned} {}", literal(value)),
    }
}

/// How many characters stand before the sign of an argument; `None` for one on several lines, which nothing is aligned with unless
/// it is a text of lines.
fn column_of_sign(text: &str, block: &Block, before: Place) -> Option<usize> {
    let attribute = block
        .body
        .attributes
        .iter()
        .find(|attribute| attribute.place == before)?;
    let written = text.get(attribute.place.range())?;
    let sign = written.find('=')?;
    let value = written.get(sign + 1..)?.trim_start();
    (!written.contains('\n') || value.starts_with("<<")).then_some(sign)
}

/// A nested block with one argument, last in the block.
fn insert_block(text: &str, block: &Block, name: &Text, path: &[Text], value: &Value) -> Edit {
    let outer = indentation(text, block.whole.range().start);
    let indent = format!("{outer}  ");
    let inner = nested(&indent, name, path, value);
    if is_on_one_line(text, block) {
        return opened(text, block, &format!("{inner}\n{outer}"));
    }
    let closing = block.whole.range().end.saturating_sub(1);
    let before = text.get(..closing).unwrap_or_default();
    let start = before.rfind('\n').map_or(closing, |at| at + 1);
    let is_empty = block.body.attributes.is_empty() && block.body.blocks.is_empty();
    let gap = if is_empty { "" } else { "\n" };
    Edit {
        place: Place::new(block.whole.file, start..start),
        text: format!("{gap}{inner}\n"),
    }
}

fn nested(indent: &str, name: &str, path: &[Text], value: &Value) -> String {
    match path {
        [] => format!("{indent}{name} = {}", literal(value)),
        [next, rest @ ..] => {
            let inner = nested(&format!("{indent}  "), next, rest, value);
            format!("{indent}{name} {{\n{inner}\n{indent}}}")
        }
    }
}

fn is_on_one_line(text: &str, block: &Block) -> bool {
    text.get(block.whole.range())
        .is_some_and(|written| !written.contains('\n'))
}

/// A block on one line opened up, with something behind what it holds.
fn opened(text: &str, block: &Block, added: &str) -> Edit {
    let open = opening(text, block);
    let close = block.whole.range().end.saturating_sub(1);
    let held = text.get(open..close).unwrap_or_default().trim();
    let indent = format!("{}  ", indentation(text, block.whole.range().start));
    let held = if held.is_empty() {
        String::new()
    } else {
        format!("{indent}{held}\n")
    };
    Edit {
        place: Place::new(block.whole.file, open..close),
        text: format!("\n{held}{added}"),
    }
}

/// Behind the brace that opens a block.
fn opening(text: &str, block: &Block) -> usize {
    let from = block.head.range().end;
    let rest = text.get(from..).unwrap_or_default();
    from + rest.find('{').map_or(0, |at| at + 1)
}

fn end_of_line(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.find('\n').unwrap_or(rest.len())
}

/// A value as HCL writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null | Value::Unreadable(_) => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => float.to_string(),
        // `${` begins an interpolation, which knowledge may want; it is written as it stands.
        Value::String(text) => match text.strip_prefix('=') {
            Some(expression) => expression.trim().to_owned(),
            None => format!("{text:?}"),
        },
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key} = {}", literal(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}
