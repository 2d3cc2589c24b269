//! From the text of a template or of manifests, YAML or JSON, to nodes with places, within limits.
//!
//! The tree is built from parser events. Aliases share their nodes, yet count in full; what exceeds a limit through them
//! becomes an unreadable node, so that the rest of the template is still read.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Level, Source};
use serde_saphyr::granit_parser::{
    ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag,
};

use super::collection::{Items, Open, ShortTag};
use super::functions;
use super::tree::{Content, Entry, Node};
use crate::place::{FileId, Place};

/// The largest template, in bytes. CloudFormation itself takes 1 MB.
pub(super) const MAX_BYTES: usize = 4 << 20;
/// How deeply lists and maps may nest.
pub(super) const MAX_DEPTH: usize = 48;
/// How many nodes a template may hold, with each alias counted as all that it stands for.
pub(super) const MAX_NODES: usize = 500_000;
/// How much text is read again to mend quoted texts.
const MAX_REPAIRED_BYTES: usize = 8 << 20;
/// How many problems of one file are told.
const MAX_PROBLEMS: usize = 100;

/// What is read of a text, and what is wrong with it; `None` when nothing can be used.
pub(crate) fn parse(file: FileId, source: &Arc<Source>) -> (Option<Node>, Vec<Diagnostic>) {
    if let Some(problem) = too_long(source, Dialect::Template) {
        return (None, vec![problem]);
    }
    // CloudFormation takes quoted texts whose lines are indented less than YAML asks for. The line break is blotted out,
    // which folding would do anyway, so that places stay.
    let mut text = Cow::Borrowed(source.text.as_str());
    let tries = MAX_REPAIRED_BYTES / source.text.len().max(1);
    for _ in 0..=tries {
        let (builder, error) = Builder::read(file, source, &text, Dialect::Template);
        match error.as_ref().and_then(|error| unfolded(&text, error)) {
            Some(at) => text.to_mut().replace_range(at..=at, " "),
            None => return builder.finished(error.as_ref()),
        }
    }
    let (builder, error) = Builder::read(file, source, &text, Dialect::Template);
    builder.finished(error.as_ref())
}

/// What is read of manifests of Kubernetes.
pub(crate) struct Documents {
    /// The documents up to the end, or to what is no YAML.
    pub(crate) roots: Vec<Node>,
    /// What is wrong with them.
    pub(crate) problems: Vec<Diagnostic>,
    /// Why the rest cannot be read.
    pub(crate) malformed: Option<Diagnostic>,
}

/// The documents of a text, as manifests of Kubernetes have several.
pub(crate) fn documents(file: FileId, source: &Arc<Source>) -> Documents {
    if let Some(problem) = too_long(source, Dialect::Manifests) {
        return Documents {
            roots: Vec::new(),
            problems: vec![problem],
            malformed: None,
        };
    }
    let (mut builder, error) = Builder::read(file, source, &source.text, Dialect::Manifests);
    let malformed = error.as_ref().map(|error| builder.malformed(error));
    builder
        .roots
        .extend(builder.root.take().filter(|_| error.is_none()));
    Documents {
        roots: builder.roots,
        problems: builder.problems,
        malformed,
    }
}

/// What is wrong with a text that is too long to be read.
fn too_long(source: &Arc<Source>, dialect: Dialect) -> Option<Diagnostic> {
    let length = source.text.len();
    (length > MAX_BYTES).then(|| {
        let what = dialect.noun();
        Diagnostic::error(format!("{what} has {length} bytes, the limit is {MAX_BYTES}"))
            .in_source(source)
            .help(dialect.split())
    })
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// One document, in which tags are functions.
    Template,
    /// Any number of documents without functions.
    Manifests,
}

impl Dialect {
    /// What messages call a text.
    fn noun(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Manifests => "manifest",
        }
    }

    /// What to do with a text that is too large.
    fn split(self) -> &'static str {
        match self {
            Self::Template => "split it into nested stacks",
            Self::Manifests => "split it into several files",
        }
    }
}

/// The line break that must go for a quoted text to be read on.
fn unfolded(text: &str, error: &ScanError) -> Option<usize> {
    if !matches!(error.kind(), ErrorKind::InvalidQuotedScalarIndent) {
        return None;
    }
    text.get(..error.marker().byte_offset()?)?.rfind('\n')
}

/// A finished node to which aliases can refer.
struct Anchor {
    node: Node,
    size: usize,
    depth: usize,
}

struct Builder<'s> {
    file: FileId,
    source: &'s Arc<Source>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchor>,
    nodes: usize,
    dialect: Dialect,
    root: Option<Node>,
    /// The documents before it.
    roots: Vec<Node>,
    problems: Vec<Diagnostic>,
}

impl Builder<'_> {
    /// Reads a text up to its end or to what is no YAML.
    fn read<'s>(
        file: FileId,
        source: &'s Arc<Source>,
        text: &str,
        dialect: Dialect,
    ) -> (Builder<'s>, Option<ScanError>) {
        let mut builder = Builder {
            file,
            source,
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            dialect,
            root: None,
            roots: Vec::new(),
            problems: Vec::new(),
        };
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.emit_unresolved_aliases = true;
        options.flow_nesting_limit = MAX_DEPTH;
        options.block_nesting_limit = MAX_DEPTH;
        options.simple_key_max_lookahead = 4096;
        for event in Parser::new_from_str_with_options(text, options) {
            let ended = match event {
                Ok((Event::DocumentStart(..), _)) if builder.root.is_some() => match dialect {
                    Dialect::Template => Some(
                        "more than one YAML document in a template; only the first one is read".to_owned(),
                    ),
                    Dialect::Manifests => {
                        builder.next_document();
                        None
                    }
                },
                Ok((event, span)) => builder.event(event, span),
                Err(error) => return (builder, Some(error)),
            };
            if let Some(message) = ended {
                let end = source.text.len();
                let help = match dialect {
                    Dialect::Template => "split the template",
                    Dialect::Manifests => dialect.split(),
                };
                builder.problem(Level::Error, end..end, &message, help);
                break;
            }
        }
        (builder, None)
    }

    /// Puts the document that is read beside those before it; anchors hold within one document.
    fn next_document(&mut self) {
        self.roots.extend(self.root.take());
        self.anchors.clear();
    }

    fn finished(mut self, error: Option<&ScanError>) -> (Option<Node>, Vec<Diagnostic>) {
        match error {
            Some(error) => {
                self.syntax(error);
                (None, self.problems)
            }
            None => (self.root, self.problems),
        }
    }

    /// Takes an event; says why reading must end where it must.
    fn event(&mut self, event: Event<'_>, span: Span) -> Option<String> {
        let at = range(&span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !tag.as_deref().is_some_and(is_text);
                let content = if plain {
                    Content::Plain(text.into())
                } else {
                    Content::Quoted(text.into())
                };
                let node = Node {
                    place: self.place(&at),
                    content,
                };
                let node = match self.tag(tag.as_deref(), &span) {
                    Some(tag) => self.called(node, &tag),
                    None => node,
                };
                self.add(node, anchor, 1, 0);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), &span);
                self.open(at.start, style, anchor, tag, Items::List(Vec::new()));
            }
            Event::MappingStart(style, anchor, tag) => {
                let tag = self.tag(tag.as_deref(), &span);
                self.open(at.start, style, anchor, tag, Items::map());
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at.end),
            Event::Alias(anchor) => self.alias(anchor, &at),
            Event::UnresolvedAlias(name) => {
                let message = format!("alias `*{name}` has no anchor");
                self.problem(
                    Level::Error,
                    at.clone(),
                    &message,
                    "write `&name` before the node it means",
                );
                self.add(Node::unknown(self.place(&at), message), 0, 1, 0);
            }
            _ => {}
        }
        (self.nodes > MAX_NODES).then(|| {
            match self.dialect {
                Dialect::Template => "template holds too many nodes; nothing of it is read",
                Dialect::Manifests => "manifest holds too many nodes; what follows is not read",
            }
            .to_owned()
        })
    }

    fn open(
        &mut self,
        start: usize,
        style: StructureStyle,
        anchor: usize,
        tag: Option<ShortTag>,
        items: Items,
    ) {
        self.open.push(Open::new(start, style, anchor, tag, items));
    }

    fn close(&mut self, end: usize) {
        let Some(open) = self.open.pop() else {
            return;
        };
        let (anchor, size, depth) = (open.anchor, open.size, open.depth + 1);
        let (range, content, tag) = open.finished(end);
        let place = self.place(&range);
        let node = match tag {
            Some(tag) => self.called(Node { place, content }, &tag),
            None => Node { place, content },
        };
        self.add(node, anchor, size, depth);
    }

    /// Puts a finished node into the collection that is open.
    fn add(&mut self, node: Node, anchor: usize, size: usize, depth: usize) {
        self.nodes = self.nodes.saturating_add(1);
        if anchor != 0 {
            let node = node.clone();
            self.anchors.insert(anchor, Anchor { node, size, depth });
        }
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        if let Some(told) = open.push(node, size, depth) {
            self.problem(told.level, told.place.range(), &told.message, told.help);
        }
    }

    fn alias(&mut self, anchor: usize, at: &Range<usize>) {
        let found = self.anchors.get(&anchor);
        let (node, size, depth) = match found {
            None => {
                let why = "alias stands within what it refers to";
                self.problem(Level::Error, at.clone(), why, "remove the cycle");
                (Node::unknown(self.place(at), why), 1, 0)
            }
            Some(found) if self.nodes.saturating_add(found.size) > MAX_NODES => {
                let why = format!("aliases stand for more than {MAX_NODES} nodes");
                // Where there are too many there are many more.
                if self.problems.iter().all(|told| told.message != why) {
                    self.problem(Level::Error, at.clone(), &why, "write less by aliases of aliases");
                }
                (Node::unknown(self.place(at), why), 1, 0)
            }
            Some(found) if self.open.len() + found.depth > MAX_DEPTH => {
                let why = format!("nesting exceeds {MAX_DEPTH} levels through an alias");
                self.problem(Level::Error, at.clone(), &why, "nest less by aliases");
                (Node::unknown(self.place(at), why), 1, 0)
            }
            Some(found) => (found.node.clone(), found.size, found.depth),
        };
        self.nodes = self.nodes.saturating_add(size);
        self.add(node, 0, size, depth);
        if let Some(open) = self.open.last_mut() {
            open.reach(at.end);
        }
    }

    /// The name of the function that a tag is short for, and where the tag stands.
    fn tag(&mut self, tag: Option<&Tag>, span: &Span) -> Option<ShortTag> {
        let tag = tag.filter(|tag| tag.handle() == "!" && !tag.suffix().is_empty())?;
        let start = span.tag_start().and_then(|start| start.byte_offset());
        let start = start.unwrap_or_else(|| range(span).start);
        Some(ShortTag {
            range: start..start + 1 + tag.suffix().len(),
            name: tag.suffix().to_owned(),
        })
    }

    /// A node with a short function before it.
    fn called(&mut self, argument: Node, tag: &ShortTag) -> Node {
        let (tag, name) = (&tag.range, tag.name.as_str());
        let place = self.place(&(tag.start..argument.place.range().end.max(tag.end)));
        match functions::long_name(name).filter(|_| self.dialect == Dialect::Template) {
            Some(function) => Node::map_at(place, vec![Entry::made(self.place(tag), function, argument)]),
            None => {
                let message = match self.dialect {
                    Dialect::Template => format!("unknown function `!{name}`"),
                    Dialect::Manifests => format!("unknown tag `!{name}`"),
                };
                self.problem(
                    Level::Error,
                    tag.clone(),
                    &message,
                    "its value is taken as unknown",
                );
                Node::unknown(place, message)
            }
        }
    }

    fn syntax(&mut self, error: &ScanError) {
        let problem = self.malformed(error);
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn malformed(&self, error: &ScanError) -> Diagnostic {
        let at = error.marker().byte_offset().unwrap_or(0);
        let what = self.dialect.noun();
        let help = match self.dialect {
            Dialect::Template => {
                "nothing of it is read; check indentation, quotes and brackets around this place"
            }
            Dialect::Manifests => {
                "nothing behind it is read; check indentation, quotes and brackets around this place"
            }
        };
        Diagnostic::error(format!("malformed {what}: {}", error.info()))
            .at(self.source, at..at + 1, "here")
            .help(help)
    }

    fn problem(&mut self, level: Level, at: Range<usize>, message: &str, help: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            let problem = match level {
                Level::Error => Diagnostic::error(message),
                Level::Warning => Diagnostic::warning(message),
            };
            self.problems.push(problem.at(self.source, at, "here").help(help));
        }
    }

    fn place(&self, at: &Range<usize>) -> Place {
        Place::new(self.file, at.clone())
    }
}

fn is_text(tag: &Tag) -> bool {
    tag.is_yaml_core_schema() && tag.suffix() == "str"
}

fn range(span: &Span) -> Range<usize> {
    let start = span.start.byte_offset().unwrap_or(0);
    start..span.end.byte_offset().unwrap_or(start).max(start)
}
