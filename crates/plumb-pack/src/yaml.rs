//! YAML as a tree of nodes with their places in the file, read within limits.
//!
//! Knowledge files come from users and packs, so the tree is built from parser events with a bound on bytes,
//! depth and nodes. Aliases are copies that count as nodes; duplicate keys, merge keys, tags and directives are refused.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Source};
use plumb_model::value::Text;
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use crate::node::{Content, Key, Node};
use crate::recorded::{Events, Recorded};

/// The largest file, in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// How deeply lists and maps may nest.
pub(crate) const MAX_DEPTH: usize = 48;
/// How many nodes a file may hold, copies through aliases included.
pub(crate) const MAX_NODES: usize = 100_000;

/// Reads a file that holds one document.
///
/// # Errors
/// One diagnostic with place and cause for anything that is not YAML or not within the limits.
pub(crate) fn parse(source: &Arc<Source>) -> Result<Node, Diagnostic> {
    if source.text.len() > MAX_BYTES {
        let length = source.text.len();
        return Err(
            Diagnostic::error(format!("file has {length} bytes, the limit is {MAX_BYTES}"))
                .in_source(source)
                .help("split it into several files"),
        );
    }
    let mut options = serde_saphyr::granit_parser::Options::default();
    options.set_emit_comments(false);
    options.disallow_directives = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    let mut builder = Builder::new(source);
    for event in Parser::new_from_str_with_options(&source.text, options) {
        match event {
            Ok((event, span)) => builder.event(event, &range(span))?,
            Err(problem) => {
                let at = problem.marker().byte_offset().unwrap_or(0);
                return Err(Diagnostic::error(format!("malformed YAML: {}", problem.info()))
                    .at(source, at..at + 1, "here")
                    .help("check indentation, quotes and brackets around this place"));
            }
        }
    }
    builder.root.ok_or_else(|| {
        Diagnostic::error("file is empty")
            .in_source(source)
            .help("expected a mapping, for example `policies:` in a file of policies, `accounts:` in an estate file")
    })
}

/// Builds the tree from a recording of the file's events, which saves scanning it; `None` when the recording does not
/// fit or breaks a limit, and then [`parse`] has to be asked.
pub(crate) fn replay(source: &Arc<Source>, recording: &[u8]) -> Option<Node> {
    let mut builder = Builder::new(source);
    let mut pending = 0;
    for event in (Events {
        file: &source.text,
        bytes: recording,
    }) {
        let anchor = std::mem::take(&mut pending);
        match event {
            Recorded::Scalar { text, plain, span } => builder.scalar(text, plain, span, anchor).ok()?,
            Recorded::List(start) => builder.open(start, anchor, OpenContent::list()).ok()?,
            Recorded::Map(start) => builder.open(start, anchor, OpenContent::map()).ok()?,
            Recorded::End(end) => builder.close(end).ok()?,
            Recorded::Anchor(anchor) => pending = anchor,
            Recorded::Alias { anchor, span } => builder.alias(anchor, &span).ok()?,
        }
    }
    builder.root.filter(|_| builder.open.is_empty())
}

fn range(span: Span) -> Range<usize> {
    let start = span.start.byte_offset().unwrap_or(0);
    start..span.end.byte_offset().unwrap_or(start).max(start)
}

/// A collection that is not closed yet.
struct Open {
    start: usize,
    anchor: usize,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<Node>),
    /// `seen` is used once there are too many keys to look at each.
    Map {
        entries: Vec<(Key, Node)>,
        seen: HashSet<Text>,
        key: Option<Key>,
    },
}

impl OpenContent {
    fn list() -> Self {
        Self::List(Vec::new())
    }

    fn map() -> Self {
        Self::Map {
            entries: Vec::new(),
            seen: HashSet::new(),
            key: None,
        }
    }
}

struct Builder<'s> {
    source: &'s Arc<Source>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

impl<'s> Builder<'s> {
    fn new(source: &'s Arc<Source>) -> Self {
        Self {
            source,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            root: None,
        }
    }

    fn event(&mut self, event: Event<'_>, span: &Range<usize>) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.scalar(&text, style == ScalarStyle::Plain, span.clone(), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.open(span.start, anchor, OpenContent::list())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span)?;
                self.open(span.start, anchor, OpenContent::map())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span.end),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(self.problem("file holds more than one YAML document", span))
            }
            _ => Ok(()),
        }
    }

    fn alias(&mut self, anchor: usize, span: &Range<usize>) -> Result<(), Diagnostic> {
        let Some((size, depth)) = self.anchors.get(&anchor).map(|node| (node.size(), node.depth())) else {
            return Err(self.problem("alias refers to the collection it stands in", span));
        };
        // Counted before it is copied, so that a copy is never larger than the limit.
        self.count(size, span)?;
        if self.open.len() + depth > MAX_DEPTH {
            return Err(self.problem(
                &format!("nesting exceeds {MAX_DEPTH} levels through an alias"),
                span,
            ));
        }
        match self.anchors.get(&anchor).cloned() {
            Some(node) => self.node(node, 0),
            None => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        plain: bool,
        span: Range<usize>,
        anchor: usize,
    ) -> Result<(), Diagnostic> {
        // The parser writes `~` for a scalar that is not there; both are null.
        let text = Text::from(text);
        let content = if plain {
            Content::Plain(text)
        } else {
            Content::Quoted(text)
        };
        self.node(Node { span, content }, anchor)
    }

    fn close(&mut self, end: usize) -> Result<(), Diagnostic> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let content = match open.content {
            OpenContent::List(items) => Content::List(items),
            OpenContent::Map { entries, .. } => Content::Map(entries),
        };
        let span = open.start..end.max(open.start);
        self.node(Node { span, content }, open.anchor)
    }

    fn open(&mut self, start: usize, anchor: usize, content: OpenContent) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.problem(
                &format!("nesting exceeds {MAX_DEPTH} levels"),
                &(start..start + 1),
            ));
        }
        self.open.push(Open {
            start,
            anchor,
            content,
        });
        Ok(())
    }

    fn count(&mut self, nodes: usize, span: &Range<usize>) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err(self.problem(&format!("file holds more than {MAX_NODES} nodes"), span));
        }
        Ok(())
    }

    fn node(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        self.count(1, &node.span)?;
        if anchor != 0 {
            let size = node.size();
            self.count(size, &node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.content {
            OpenContent::List(items) => {
                items.push(node);
                Ok(())
            }
            OpenContent::Map {
                entries,
                key: pending @ Some(_),
                ..
            } => {
                entries.extend(pending.take().map(|key| (key, node)));
                Ok(())
            }
            OpenContent::Map {
                seen,
                key: pending @ None,
                entries,
            } => {
                let (text, plain) = match &node.content {
                    Content::Plain(text) => (text.clone(), true),
                    Content::Quoted(text) => (text.clone(), false),
                    Content::List(_) | Content::Map(_) => {
                        return Err(self.problem("a key must be a scalar", &node.head(&self.source.text)));
                    }
                };
                if plain && text == "<<" {
                    return Err(self.problem("merge keys are not supported", &node.span));
                }
                const FEW: usize = 16;
                if entries.len() == FEW {
                    seen.extend(entries.iter().map(|(key, _)| key.text.clone()));
                }
                let is_new = if entries.len() < FEW {
                    entries.iter().all(|(key, _)| key.text != text)
                } else {
                    seen.insert(text.clone())
                };
                if !is_new {
                    return Err(
                        self.problem(&format!("key `{text}` stands twice in one mapping"), &node.span)
                    );
                }
                *pending = Some(Key {
                    text,
                    span: node.span,
                });
                Ok(())
            }
        }
    }

    fn refuse_tag(&self, tagged: bool, span: &Range<usize>) -> Result<(), Diagnostic> {
        if tagged {
            Err(self.problem("tags such as `!name` are not supported", span))
        } else {
            Ok(())
        }
    }

    fn problem(&self, message: &str, span: &Range<usize>) -> Diagnostic {
        Diagnostic::error(message).at(self.source, span.clone(), "here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source {
            name: "x.yaml".to_owned(),
            text: text.to_owned(),
        })
    }

    fn message(text: &str) -> String {
        parse(&source(text)).unwrap_err().to_string()
    }

    #[test]
    fn scalars_have_the_types_of_the_core_schema() {
        let text = "[1, -2, 1.5, true, no, ~, null, , 'null', \"1\", 012345678901, 1.1.1, 0, 0.5, 1e3, .5, 2026-01-01]";
        let text = text.replace(", ,", ",");
        let value = parse(&source(&text)).unwrap().to_value();
        assert_eq!(
            value.to_string(),
            r#"[1,-2,1.5,true,"no",null,null,"null","1","012345678901","1.1.1",0,0.5,1000.0,".5","2026-01-01"]"#
        );
    }

    #[test]
    fn nodes_know_their_place() {
        let source = source("a:\n  b: [x, 'y ü', z]\n");
        let node = parse(&source).unwrap();
        let Content::Map(entries) = &node.content else {
            panic!("{node:?}")
        };
        let Content::Map(inner) = &entries[0].1.content else {
            panic!("{node:?}")
        };
        assert_eq!(source.text.get(inner[0].0.span.clone()), Some("b"));
        assert_eq!(source.text.get(inner[0].1.span.clone()), Some("[x, 'y ü', z]"));
        let Content::List(items) = &inner[0].1.content else {
            panic!("{node:?}")
        };
        assert_eq!(source.text.get(items[2].span.clone()), Some("z"));
    }

    #[test]
    fn aliases_are_copies() {
        assert_eq!(
            parse(&source("a: &x [1]\nb: *x\n"))
                .unwrap()
                .to_value()
                .to_string(),
            r#"{"a":[1],"b":[1]}"#
        );
    }

    #[test]
    fn what_is_not_plain_yaml_is_refused_with_its_place() {
        for (text, expected) in [
            ("", "x.yaml: error: file is empty"),
            (
                "a: 1\na: 2\n",
                "x.yaml:2:1: error: key `a` stands twice in one mapping",
            ),
            (
                "a: &x {b: 1}\nc: {<<: *x}\n",
                "x.yaml:2:5: error: merge keys are not supported",
            ),
            (
                "a: !!int 1\n",
                "x.yaml:1:10: error: tags such as `!name` are not supported",
            ),
            (
                "a: 1\n---\nb: 1\n",
                "x.yaml:2:1: error: file holds more than one YAML document",
            ),
            ("? [a]\n: 1\n", "x.yaml:1:3: error: a key must be a scalar"),
        ] {
            let shown = message(text);
            assert!(shown.starts_with(expected), "{text:?}: {shown}");
        }
        assert!(message("a: [1\n").contains("malformed YAML"));
        assert!(message("a: *x\n").contains("malformed YAML"));
        assert!(message("a:\n\t- b\n").contains("x.yaml:2"));
    }

    #[test]
    fn a_recording_gives_the_tree_that_the_parser_gives() {
        for (path, text) in crate::builtin::builtin_sources() {
            let source = source(text);
            let parsed = parse(&source).unwrap_or_else(|problem| panic!("{path}: {problem}"));
            let recording =
                crate::record::record(text).unwrap_or_else(|| panic!("{path} cannot be recorded"));
            let replayed = replay(&source, &recording).unwrap_or_else(|| panic!("{path} cannot be replayed"));
            assert_eq!(format!("{parsed:?}"), format!("{replayed:?}"), "{path}");
            assert!(
                replay(&source, &recording[..recording.len() / 2]).is_none(),
                "{path}: half a recording"
            );
        }
        let source = source("a: &x [1, &y z]\nb: *x\nc: *y\n");
        let recording = crate::record::record(&source.text).unwrap();
        assert_eq!(
            replay(&source, &recording).unwrap().to_value(),
            parse(&source).unwrap().to_value()
        );
        for text in ["a: !!int 1\n", "a: 1\n---\nb: 1\n", "a: [", ""] {
            assert_eq!(crate::record::record(text), None, "{text}");
        }
    }

    #[test]
    fn duplicates_are_found_in_large_maps_too() {
        let keys = |duplicate: usize| {
            (0..40).map(move |at| format!("k{}: 1\n", if at == 39 { duplicate } else { at }))
        };
        assert!(parse(&source(&keys(39).collect::<String>())).is_ok());
        for duplicate in [0, 15, 16, 17, 38] {
            assert!(
                parse(&source(&keys(duplicate).collect::<String>())).is_err(),
                "{duplicate}"
            );
        }
    }

    #[test]
    fn bombs_hit_a_limit() {
        let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let previous = format!("*a{}", level - 1);
            let items = vec![previous; 10].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(message(&laughs).contains("more than 100000 nodes"));
        assert!(message(&"[".repeat(100_000)).contains("malformed YAML"));
        assert!(message(&"- ".repeat(1000)).contains("malformed YAML"));
        assert!(message(&"x".repeat(MAX_BYTES + 1)).contains("the limit is 1048576"));
        assert!(message("a: &a [*a]\n").contains("error"));
    }
}
