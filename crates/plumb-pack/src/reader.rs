//! Reading typed fields out of YAML nodes, with a diagnostic at the place of everything that is wrong.

use std::ops::Range;
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Level, Source};
use plumb_model::value::Text;

use crate::node::{Content, Key, Node};
use crate::suggest::did_you_mean;

/// The problems found in one file.
#[derive(Debug)]
pub(crate) struct Problems {
    source: Arc<Source>,
    found: Vec<Diagnostic>,
}

/// How many problems of one file are reported; a broken file is not worth more reading.
const MAX_PROBLEMS: usize = 50;

impl Problems {
    /// No problems yet.
    pub(crate) fn new(source: &Arc<Source>) -> Self {
        Self {
            source: Arc::clone(source),
            found: Vec::new(),
        }
    }

    /// The file.
    pub(crate) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// Adds an error at a place.
    pub(crate) fn error(&mut self, span: Range<usize>, message: impl Into<String>, label: impl Into<String>) {
        self.add(Diagnostic::error(message).at(&self.source.clone(), span, label));
    }

    /// Adds an error at a place with advice, when there is some.
    pub(crate) fn error_with_help(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        let diagnostic = Diagnostic::error(message).at(&self.source.clone(), span, label);
        self.add(Diagnostic { help, ..diagnostic });
    }

    /// Adds a ready diagnostic.
    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MAX_PROBLEMS {
            self.found.push(diagnostic);
        }
    }

    /// Whether an error is among them.
    pub(crate) fn has_errors(&self) -> bool {
        self.found
            .iter()
            .any(|diagnostic| diagnostic.level == Level::Error)
    }

    /// All of them, in the order they were found.
    pub(crate) fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }

    /// The text of a scalar; reports anything else. Null is nothing and is not reported.
    pub(crate) fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        if node.is_null() {
            return None;
        }
        let text = node.text().cloned();
        if text.is_none() {
            let message = format!("`{what}` must be a text, found {}", node.kind());
            self.error(node.head(&self.source.text.clone()), message, "not a text");
        }
        text
    }

    /// The elements of a list; reports anything else.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Node] {
        match &node.content {
            Content::List(items) => items,
            Content::Plain(_) | Content::Quoted(_) | Content::Map(_) => {
                if !node.is_null() {
                    let message = format!("`{what}` must be a list, found {}", node.kind());
                    self.error(node.head(&self.source.text.clone()), message, "not a list");
                }
                &[]
            }
        }
    }

    /// The entries of a map; reports anything else.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Key, Node)] {
        match &node.content {
            Content::Map(entries) => entries,
            Content::Plain(_) | Content::Quoted(_) | Content::List(_) => {
                if !node.is_null() {
                    let message = format!("`{what}` must be a map, found {}", node.kind());
                    self.error(node.head(&self.source.text.clone()), message, "not a map");
                }
                &[]
            }
        }
    }
}

/// The entries of a map of which every key is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'n> {
    node: &'n Node,
    entries: &'n [(Key, Node)],
}

impl<'n> Fields<'n> {
    /// Opens a map and reports keys that are not among `known`; `what` names the map in messages, for example `a policy`.
    pub(crate) fn open(node: &'n Node, what: &str, known: &[&str], problems: &mut Problems) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            let message = format!("{what} must be a map, found {}", node.kind());
            problems.error(node.head(&problems.source.text.clone()), message, "not a map");
            return None;
        };
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                let help = did_you_mean(&key.text, known.iter().copied())
                    .unwrap_or_else(|| format!("known keys are {}", known.join(", ")));
                let message = format!("unknown key `{}` in {what}", key.text);
                problems.error_with_help(key.span.clone(), message, "not known here", Some(help));
            }
        }
        Some(Self { node, entries })
    }

    /// The node under a key; `None` also for null.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.entry(key)
            .map(|(_, node)| node)
            .filter(|node| !node.is_null())
    }

    /// The place of a key, or of the start of the map when it is absent.
    pub(crate) fn key_span(&self, key: &str) -> Range<usize> {
        match (self.entry(key), self.entries.first()) {
            (Some((key, _)), _) | (None, Some((key, _))) => key.span.clone(),
            (None, None) => self.node.span.clone(),
        }
    }

    /// The text under a key.
    pub(crate) fn text(&self, key: &str, problems: &mut Problems) -> Option<Text> {
        self.get(key).and_then(|node| problems.text(node, key))
    }

    /// The text under a key; its absence is an error.
    pub(crate) fn required_text(&self, key: &str, what: &str, problems: &mut Problems) -> Option<Text> {
        let node = self.required(key, what, problems)?;
        let text = problems.text(node, key)?;
        if text.trim().is_empty() {
            problems.error(
                node.span.clone(),
                format!("`{key}` is empty"),
                "a text is needed here",
            );
            return None;
        }
        Some(text)
    }

    /// The node under a key; its absence is an error.
    pub(crate) fn required(&self, key: &str, what: &str, problems: &mut Problems) -> Option<&'n Node> {
        let node = self.get(key);
        if node.is_none() {
            problems.error(
                self.key_span(key),
                format!("{what} lacks `{key}`"),
                format!("`{key}` is missing here"),
            );
        }
        node
    }

    /// The truth value under a key; absent means false.
    pub(crate) fn flag(&self, key: &str, problems: &mut Problems) -> bool {
        let Some(node) = self.get(key) else { return false };
        match &node.content {
            Content::Plain(text) if text == "true" => true,
            Content::Plain(text) if text == "false" => false,
            Content::Plain(_) | Content::Quoted(_) | Content::List(_) | Content::Map(_) => {
                problems.error(
                    node.span.clone(),
                    format!("`{key}` must be `true` or `false`"),
                    "not a truth value",
                );
                false
            }
        }
    }

    /// The texts of the list under a key; absent means none.
    pub(crate) fn texts(&self, key: &str, problems: &mut Problems) -> Vec<Text> {
        let Some(node) = self.get(key) else {
            return Vec::new();
        };
        problems
            .list(node, key)
            .iter()
            .filter_map(|item| problems.text(item, key))
            .collect()
    }

    /// The elements of the list under a key; absent means none.
    pub(crate) fn list(&self, key: &str, problems: &mut Problems) -> &'n [Node] {
        self.get(key).map_or(&[], |node| problems.list(node, key))
    }

    /// The entries of the map under a key; absent means none.
    pub(crate) fn entries(&self, key: &str, problems: &mut Problems) -> &'n [(Key, Node)] {
        self.get(key).map_or(&[], |node| problems.entries(node, key))
    }

    fn entry(&self, key: &str) -> Option<&'n (Key, Node)> {
        self.entries.iter().find(|(candidate, _)| candidate.text == key)
    }
}
