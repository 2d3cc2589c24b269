//! `Outline`: the blocks and arguments of a file with its comments, to tell what a comment speaks of.

use std::collections::BTreeMap;
use std::ops::Range;

use plumb_model::value::Text;

use super::comment::{Comment, of_hcl, of_json, without};
use super::markup::{Content, Node, Said, annotated, objects, parse, said};
use super::notation::Notation;
use crate::arm::bicep;
use crate::place::{FileId, Sources};
use crate::terraform::body_of;

/// A block, an argument, or an entry of a map.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) whole: Range<usize>,
    /// Its name where it is an argument and holds nothing that comments could stand in.
    pub(crate) argument: Option<Text>,
    pub(crate) children: Vec<Item>,
}

/// A file as comments see it.
#[derive(Debug)]
pub(super) struct Outline {
    items: Vec<Item>,
    pub(super) comments: Vec<Comment>,
    /// What properties say.
    pub(super) said: Vec<Said>,
    /// Where each line begins.
    lines: Vec<usize>,
    /// By the line on which they begin, the last line of comments that have their lines for themselves.
    own_lines: BTreeMap<usize, usize>,
}

impl Outline {
    /// The outline of a file; `None` when it is in no language that comments are looked for in, or cannot be read.
    pub(super) fn of(sources: &Sources, file: FileId) -> Option<Self> {
        let source = sources.get(file)?;
        let text = source.text.as_str();
        let dialect = Dialect::of(&source.name)?;
        let (items, comments, said) = match dialect {
            Dialect::Hcl => (body_of(sources, file)?, of_hcl(text), Vec::new()),
            Dialect::Bicep => {
                let outline = bicep::outline(text);
                (
                    items(outline.statements),
                    of_bicep(text, outline.comments),
                    Vec::new(),
                )
            }
            Dialect::Markup => {
                let (roots, scalars) = parse(text)?;
                (
                    roots.iter().flat_map(items_of).collect(),
                    of_yaml(text, &scalars),
                    said_in(&roots, text.len()),
                )
            }
            Dialect::Json => {
                let comments = of_json(text);
                let (roots, _) = parse(&without(text, &comments))?;
                let found = said_in(&roots, text.len());
                (roots.iter().flat_map(items_of).collect(), comments, found)
            }
        };
        let lines: Vec<usize> = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let mut outline = Self {
            items,
            comments,
            said,
            lines,
            own_lines: BTreeMap::new(),
        };
        outline.own_lines = outline
            .comments
            .iter()
            .filter(|comment| outline.stands_alone(text, comment))
            .map(|comment| {
                (
                    outline.line(comment.whole.start),
                    outline.last_line(&comment.whole),
                )
            })
            .collect();
        // A line that begins a document stands between a comment and what it speaks of as little as another comment.
        if dialect == Dialect::Markup {
            let marks = text
                .split('\n')
                .enumerate()
                .filter(|(_, line)| line.trim_end() == "---");
            outline.own_lines.extend(marks.map(|(line, _)| (line, line)));
        }
        Some(outline)
    }

    /// What a comment speaks of, and the argument that it is narrowed to.
    ///
    /// One at the end of a line speaks of what begins or ends there; one that has its line for itself of what begins on the line
    /// after it and its like, else of the block around it. Checkov's speak of the whole block at the top.
    pub(super) fn meant(
        &self,
        comment: &Comment,
        notation: Notation,
    ) -> (Option<Range<usize>>, Option<Text>) {
        let start = comment.whole.start;
        let line = self.line(start);
        let alone = self.own_lines.contains_key(&line);
        let target = if alone { self.after(line) } else { line };
        let around = self.around(start);
        let top = || {
            around
                .first()
                .copied()
                .or_else(|| self.beginning(&self.items, target))
        };
        let item = match notation {
            Notation::Checkov => top(),
            Notation::Plumb | Notation::Tfsec | Notation::Trivy if alone => {
                let siblings = around.last().map_or(&self.items, |item| &item.children);
                self.beginning(siblings, target).or(around.last().copied())
            }
            Notation::Plumb | Notation::Tfsec | Notation::Trivy => self
                .beginning(&self.items, target)
                .or_else(|| self.ending(&self.items, start))
                .or(around.last().copied()),
        };
        (
            item.map(|item| item.whole.clone()),
            item.and_then(|item| item.argument.clone()),
        )
    }

    /// The block at the top that holds a place, when it is made as often as an argument says.
    pub(super) fn repeated(&self, reach: &Range<usize>) -> Option<Range<usize>> {
        let block = before(&self.items, reach.start + 1).filter(|block| reach.end <= block.whole.end)?;
        let mut arguments = block.children.iter().filter_map(|item| item.argument.as_deref());
        arguments
            .any(|name| ["count", "for_each", "Condition"].contains(&name))
            .then(|| block.whole.clone())
    }

    /// The items that hold a place, outermost first.
    fn around(&self, at: usize) -> Vec<&Item> {
        let mut found = Vec::new();
        let mut level = &self.items;
        while let Some(item) = before(level, at).filter(|item| at < item.whole.end) {
            found.push(item);
            level = &item.children;
        }
        found
    }

    /// The outermost item that begins on a line.
    fn beginning<'o>(&'o self, items: &'o [Item], line: usize) -> Option<&'o Item> {
        let start = self.lines.get(line).copied()?;
        let next = items.get(items.partition_point(|item| item.whole.start < start));
        match next.filter(|item| self.line(item.whole.start) == line) {
            Some(item) => Some(item),
            None => {
                let around = before(items, start).filter(|item| start < item.whole.end)?;
                self.beginning(&around.children, line)
            }
        }
    }

    /// The outermost item that ends before a place, on its line.
    fn ending<'o>(&'o self, items: &'o [Item], at: usize) -> Option<&'o Item> {
        let item = before(items, at)?;
        if item.whole.end > at {
            self.ending(&item.children, at)
        } else {
            Some(item).filter(|item| self.last_line(&item.whole) == self.line(at))
        }
    }

    /// The line after the comments that begin on a line and follow each other without a gap.
    fn after(&self, line: usize) -> usize {
        let mut line = line;
        while let Some(last) = self.own_lines.get(&line) {
            line = last + 1;
        }
        line
    }

    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).saturating_sub(1)
    }

    fn last_line(&self, range: &Range<usize>) -> usize {
        self.line(range.end.saturating_sub(1).max(range.start))
    }

    fn stands_alone(&self, text: &str, comment: &Comment) -> bool {
        let start = self.lines.get(self.line(comment.whole.start)).copied();
        let before = start.and_then(|start| text.get(start..comment.whole.start));
        before.is_some_and(|before| before.trim().is_empty())
    }
}

/// What the documents of a file say in metadata and annotations; `length` is that of its text.
fn said_in(roots: &[Node], length: usize) -> Vec<Said> {
    let mut found = Vec::new();
    for root in roots {
        match objects(root) {
            Some(objects) => objects
                .into_iter()
                .for_each(|object| annotated(object, &mut found)),
            None => said(root, &(0..length), &mut found),
        }
    }
    found
}

/// The places of the blocks at the top of a file, sorted; `None` where the file is in another language or broken.
pub(crate) fn top_items(sources: &Sources, file: FileId) -> Option<Vec<Range<usize>>> {
    let source = sources.get(file)?;
    let items = match Dialect::of(&source.name)? {
        Dialect::Hcl => body_of(sources, file)?,
        Dialect::Bicep => items(bicep::outline(&source.text).statements),
        Dialect::Markup => parse(&source.text)?.0.iter().flat_map(items_of).collect(),
        Dialect::Json => {
            let without = without(&source.text, &of_json(&source.text));
            parse(&without)?.0.iter().flat_map(items_of).collect()
        }
    };
    Some(items.into_iter().map(|item| item.whole).collect())
}

/// How a file is written, as far as comments and blocks go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Terraform's own.
    Hcl,
    Bicep,
    /// YAML, or JSON under a name of no language.
    Markup,
    /// JSON; ARM takes comments in it.
    Json,
}

impl Dialect {
    fn of(name: &str) -> Option<Self> {
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[".tf", ".tofu", ".tfvars"]) {
            Some(Self::Hcl)
        } else if ends(&[".bicep", ".bicepparam"]) {
            Some(Self::Bicep)
        } else if ends(&[".json"]) {
            Some(Self::Json)
        } else {
            ends(&[".yaml", ".yml", ".template"]).then_some(Self::Markup)
        }
    }
}

/// The last item that begins before a place; items are sorted and do not overlap.
fn before(items: &[Item], at: usize) -> Option<&Item> {
    items
        .get(..items.partition_point(|item| item.whole.start < at))?
        .last()
}

/// The entries of a template; resources are at the top, whatever section they stand in. Of manifests, the objects.
fn items_of(root: &Node) -> Vec<Item> {
    if let Some(objects) = objects(root) {
        let item = |object: &Node| Item {
            whole: object.range.clone(),
            argument: None,
            children: entries(object),
        };
        return objects.into_iter().map(item).collect();
    }
    let Content::Map(sections) = &root.content else {
        return entries(root);
    };
    let mut items = Vec::new();
    for (key, value) in sections {
        match &key.content {
            Content::Scalar(name) if ["Resources", "resources", "module"].contains(&name.as_str()) => {
                items.extend(entries(value));
            }
            // In Terraform's JSON the type stands above the names.
            Content::Scalar(name) if ["resource", "data"].contains(&name.as_str()) => {
                items.extend(entries(value).into_iter().flat_map(|of_type| of_type.children));
            }
            Content::Scalar(_) | Content::List(_) | Content::Map(_) => items.push(entry(key, value)),
        }
    }
    items
}

fn entries(node: &Node) -> Vec<Item> {
    match &node.content {
        Content::Scalar(_) => Vec::new(),
        Content::List(items) => items
            .iter()
            .map(|item| Item {
                whole: item.range.clone(),
                argument: None,
                children: entries(item),
            })
            .collect(),
        Content::Map(pairs) => pairs.iter().map(|(key, value)| entry(key, value)).collect(),
    }
}

fn entry(key: &Node, value: &Node) -> Item {
    let argument = match (&key.content, &value.content) {
        (Content::Scalar(name), Content::Scalar(_)) => Some(name.clone()),
        (_, Content::Scalar(_) | Content::List(_) | Content::Map(_)) => None,
    };
    Item {
        whole: key.range.start..value.range.end.max(key.range.end),
        argument,
        children: entries(value),
    }
}

/// The statements of a Bicep file.
fn items(parts: Vec<bicep::Part>) -> Vec<Item> {
    let item = |part: bicep::Part| Item {
        whole: part.whole,
        argument: part.argument,
        children: items(part.parts),
    };
    parts.into_iter().map(item).collect()
}

/// The comments of a Bicep file without their marks.
fn of_bicep(text: &str, comments: Vec<Range<usize>>) -> Vec<Comment> {
    let comment = |whole: Range<usize>| {
        let is_closed = text
            .get(whole.clone())
            .is_some_and(|text| text.starts_with("/*") && text.ends_with("*/"));
        let end = whole.end - if is_closed { 2 } else { 0 };
        Comment {
            words: (whole.start + 2).min(end)..end,
            whole,
        }
    };
    comments.into_iter().map(comment).collect()
}

/// The comments of a YAML text: what begins with `#` after white space and is part of no scalar.
fn of_yaml(text: &str, scalars: &[Range<usize>]) -> Vec<Comment> {
    let mut found: Vec<Comment> = Vec::new();
    for (at, _) in text.match_indices('#') {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let within = scalars
            .get(..scalars.partition_point(|scalar| scalar.start <= at))
            .and_then(<[_]>::last)
            .is_some_and(|scalar| at < scalar.end);
        let in_comment = found.last().is_some_and(|last| at < last.whole.end);
        if within || in_comment || !before.is_none_or(char::is_whitespace) {
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        let end = at + rest.find('\n').unwrap_or(rest.len());
        found.push(Comment {
            words: at + 1..end,
            whole: at..end,
        });
    }
    found
}
