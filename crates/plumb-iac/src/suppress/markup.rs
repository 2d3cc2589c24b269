//! YAML and JSON as a tree of places, as far as suppressions need it: entries, scalars, and what is said in properties.

use std::ops::Range;

use plumb_model::value::Text;
use serde_saphyr::granit_parser::{Event, Options, Parser, Span};

use super::notation::{self, Directive, Notation};

/// The largest text that is read, in bytes.
const MAX_BYTES: usize = 4 << 20;
/// How deeply lists and maps nest.
const MAX_DEPTH: usize = 48;
/// The most nodes of a text.
const MAX_NODES: usize = 500_000;

/// A node with its place.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) range: Range<usize>,
    pub(super) content: Content,
}

/// What a node is; aliases are empty scalars.
#[derive(Debug)]
pub(super) enum Content {
    Scalar(Text),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

/// What a property says in the words of a suppression.
#[derive(Debug)]
pub(super) struct Said {
    /// The text, where it is still to be read.
    pub(super) text: Text,
    /// What it says, where the property is spelled out as a map.
    pub(super) directive: Option<Directive>,
    /// Where it stands.
    pub(super) words: Range<usize>,
    /// What it speaks of.
    pub(super) reach: Range<usize>,
}

/// The documents of a text, and the places of its scalars in order; `None` when it is neither YAML nor JSON within the limits.
pub(super) fn parse(text: &str) -> Option<(Vec<Node>, Vec<Range<usize>>)> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut open: Vec<(usize, bool, Vec<Node>)> = Vec::new();
    let mut scalars = Vec::new();
    let mut roots = Vec::new();
    let mut nodes = 0_usize;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.ok()?;
        let place = range(&span);
        let node = match event {
            Event::Scalar(text, ..) => {
                scalars.push(place.clone());
                Some(Node {
                    range: place,
                    content: Content::Scalar(Text::from(text.as_ref())),
                })
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => Some(Node {
                range: place,
                content: Content::Scalar(Text::default()),
            }),
            Event::SequenceStart(..) => {
                open.push((place.start, false, Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push((place.start, true, Vec::new()));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (start, is_map, children) = open.pop()?;
                // The end of what is written in blocks is where the next thing begins.
                let end = children.last().map_or(place.end, |last| last.range.end);
                let end = if text
                    .get(..place.end)
                    .is_some_and(|text| text.ends_with(['}', ']']))
                {
                    place.end
                } else {
                    end
                };
                Some(Node {
                    range: start..end.max(start),
                    content: if is_map {
                        Content::Map(pairs(children))
                    } else {
                        Content::List(children)
                    },
                })
            }
            _ => None,
        };
        let Some(node) = node else { continue };
        nodes += 1;
        if nodes > MAX_NODES {
            return None;
        }
        match open.last_mut() {
            Some((_, _, children)) => children.push(node),
            None => roots.push(node),
        }
    }
    (!roots.is_empty()).then_some((roots, scalars))
}

fn pairs(children: Vec<Node>) -> Vec<(Node, Node)> {
    let mut pairs = Vec::with_capacity(children.len() / 2);
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        pairs.push((key, value));
    }
    pairs
}

fn range(span: &Span) -> Range<usize> {
    let at = |offset: Option<usize>| offset.unwrap_or_default();
    at(span.start.byte_offset())..at(span.end.byte_offset())
}

/// The objects of a document of Kubernetes: itself, or the items of a list; `None` for other documents.
pub(super) fn objects(root: &Node) -> Option<Vec<&Node>> {
    let is_object = |node: &Node| node.get("apiVersion").is_some() && node.get("kind").is_some();
    if !is_object(root) {
        return None;
    }
    match root.get("items").map(|items| &items.content) {
        Some(Content::List(items)) if items.iter().all(is_object) => Some(items.iter().collect()),
        Some(Content::List(_) | Content::Scalar(_) | Content::Map(_)) | None => Some(vec![root]),
    }
}

/// What the annotations of an object of Kubernetes say of it: `plumb/ignore…: POLICY …` and `checkov.io/skip…: ID=reason`.
///
/// <https://www.checkov.io/7.Scan%20Examples/Kubernetes.html>
pub(super) fn annotated(object: &Node, found: &mut Vec<Said>) {
    let annotations = object
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"));
    let Some(Content::Map(annotations)) = annotations.map(|annotations| &annotations.content) else {
        return;
    };
    for (key, value) in annotations {
        let (Content::Scalar(name), Content::Scalar(text)) = (&key.content, &value.content) else {
            continue;
        };
        let words = if name.starts_with("plumb/ignore") {
            format!("plumb:ignore {text}")
        } else if name.starts_with("checkov.io/skip") {
            format!("checkov:skip={}", text.replacen('=', ":", 1))
        } else {
            continue;
        };
        found.push(Said {
            text: Text::from(words),
            directive: None,
            words: value.range.clone(),
            reach: object.range.clone(),
        });
    }
}

/// What properties say: `"//"` of the object that it stands in, `Metadata` of the resource that has it.
pub(super) fn said(node: &Node, reach: &Range<usize>, found: &mut Vec<Said>) {
    match &node.content {
        Content::Scalar(_) => {}
        Content::List(items) => {
            for item in items {
                said(item, &item.range, found);
            }
        }
        Content::Map(entries) => {
            for (key, value) in entries {
                let Content::Scalar(name) = &key.content else {
                    continue;
                };
                match name.as_str() {
                    "//" => texts(value, "", reach, found),
                    "Metadata" => metadata(value, reach, found),
                    _ => said(value, &(key.range.start..value.range.end), found),
                }
            }
        }
    }
}

/// The texts of a property, which may be a list of them.
fn texts(value: &Node, before: &str, reach: &Range<usize>, found: &mut Vec<Said>) {
    match &value.content {
        Content::Scalar(text) => found.push(Said {
            text: Text::from(format!("{before}{text}")),
            directive: None,
            words: value.range.clone(),
            reach: reach.clone(),
        }),
        Content::List(items) => {
            for item in items {
                match &item.content {
                    Content::Scalar(_) => texts(item, before, reach, found),
                    Content::Map(_) => spelled_out(item, Notation::Plumb, reach, found),
                    Content::List(_) => {}
                }
            }
        }
        Content::Map(_) => spelled_out(value, Notation::Plumb, reach, found),
    }
}

/// `plumb: { ignore: … }` and `checkov: { skip: [ { id, comment } ] }`.
fn metadata(value: &Node, reach: &Range<usize>, found: &mut Vec<Said>) {
    if let Some(ignore) = value.get("plumb").and_then(|plumb| plumb.get("ignore")) {
        texts(ignore, "plumb:ignore ", reach, found);
    }
    let skip = value.get("checkov").and_then(|checkov| checkov.get("skip"));
    if let Some(Content::List(items)) = skip.map(|skip| &skip.content) {
        for item in items {
            spelled_out(item, Notation::Checkov, reach, found);
        }
    }
}

/// A map with `policy`, `until` and `reason`, in Checkov's words `id` and `comment`.
fn spelled_out(item: &Node, notation: Notation, reach: &Range<usize>, found: &mut Vec<Said>) {
    let text = |name: &str| match item.get(name).map(|node| &node.content) {
        Some(Content::Scalar(text)) => text.as_str(),
        Some(Content::List(_) | Content::Map(_)) | None => "",
    };
    let directive = match notation {
        Notation::Plumb => {
            let mut directive = notation::own(&format!(" {}", text("policy")));
            directive.because(text("reason"));
            if !text("until").is_empty() {
                directive.date(text("until"));
            }
            directive
        }
        Notation::Checkov | Notation::Tfsec | Notation::Trivy => {
            let Some(mut directive) = notation::directives(&format!("checkov:skip={}", text("id")))
                .into_iter()
                .next()
            else {
                return;
            };
            directive.because(text("comment"));
            directive
        }
    };
    found.push(Said {
        text: Text::default(),
        directive: Some(directive),
        words: item.range.clone(),
        reach: reach.clone(),
    });
}

impl Node {
    fn get(&self, name: &str) -> Option<&Node> {
        let Content::Map(entries) = &self.content else {
            return None;
        };
        entries.iter().find_map(|(key, value)| match &key.content {
            Content::Scalar(known) if known == name => Some(value),
            Content::Scalar(_) | Content::List(_) | Content::Map(_) => None,
        })
    }
}
