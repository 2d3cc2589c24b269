//! `AWS::Include`: a file of the tree whose entries stand where the transform stands, as `aws cloudformation package` takes them.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html>.

use std::cell::Cell;

use super::parse;
use super::tree::{Content, Entry, Node};
use super::work::Work;
use crate::files;

/// The name of the transform.
pub(super) const INCLUDE: &str = "AWS::Include";
/// How many files one template includes.
const MAX_FILES: usize = 50;

/// The template at a path with what it includes of the tree; what lies elsewhere stays a macro.
pub(super) fn spliced(root: Node, path: &str, work: &Work<'_>) -> Node {
    let splicing = Splicing {
        work,
        folder: path.rsplit_once('/').map_or("", |(folder, _)| folder),
        files: Cell::new(0),
    };
    let root = splicing.transformed(root);
    splicing.node(&root).unwrap_or(root)
}

struct Splicing<'s, 'a> {
    work: &'s Work<'a>,
    folder: &'s str,
    files: Cell<usize>,
}

impl Splicing<'_, '_> {
    /// The root with what its section `Transform` includes.
    fn transformed(&self, root: Node) -> Node {
        let Some(transform) = root.get("Transform") else {
            return root;
        };
        let all = transform
            .items()
            .map_or_else(|| vec![transform.clone()], <[Node]>::to_vec);
        let mut included = Vec::new();
        let mut others = Vec::new();
        for transform in all {
            match self.included(&transform) {
                Some(entries) => included.extend(entries),
                None => others.push(transform),
            }
        }
        if included.is_empty() {
            return root;
        }
        let place = transform.place;
        let rest = Entry::made(place, "Transform", Node::list_at(place, others));
        let mut entries = root.with_entry(rest).entries().unwrap_or_default().to_vec();
        for section in included {
            match entries.iter_mut().find(|entry| entry.key == section.key) {
                Some(there) => {
                    let mut both = there.value.entries().unwrap_or_default().to_vec();
                    both.extend(section.value.entries().unwrap_or_default().iter().cloned());
                    there.value = Node::map_at(there.value.place, both);
                }
                None => entries.push(section),
            }
        }
        Node::map_at(root.place, entries)
    }

    /// A node with what stands in it included; `None` where nothing is.
    fn node(&self, node: &Node) -> Option<Node> {
        let content = match &node.content {
            Content::List(items) => {
                let changed: Vec<Option<Node>> = items.iter().map(|item| self.node(item)).collect();
                if changed.iter().all(Option::is_none) {
                    return None;
                }
                let items = items.iter().zip(changed);
                let items = items.map(|(item, changed)| changed.unwrap_or_else(|| item.clone()));
                Content::List(items.collect::<Vec<_>>().into())
            }
            Content::Map(entries) => {
                let mut is_changed = false;
                let mut all = Vec::with_capacity(entries.len());
                for entry in entries.iter() {
                    if entry.key == "Fn::Transform"
                        && let Some(included) = self.included(&entry.value)
                    {
                        is_changed = true;
                        all.extend(included);
                        continue;
                    }
                    let changed = self.node(&entry.value);
                    is_changed |= changed.is_some();
                    all.push(Entry {
                        value: changed.unwrap_or_else(|| entry.value.clone()),
                        ..entry.clone()
                    });
                }
                if !is_changed {
                    return None;
                }
                Content::Map(all.into())
            }
            Content::Plain(_) | Content::Quoted(_) | Content::Unreadable(_) => return None,
        };
        Some(Node {
            place: node.place,
            content,
        })
    }

    /// The entries of the file that a transform includes; `None` for other transforms and what is not in the tree.
    fn included(&self, transform: &Node) -> Option<Vec<Entry>> {
        if transform.get_text("Name") != Some(INCLUDE) {
            return None;
        }
        let location = transform.get("Parameters")?.get("Location")?;
        let text = location.text()?;
        if text.contains("://") {
            return None;
        }
        let told = |message: String| {
            self.work
                .error(location.place, message, "what it holds is not seen");
            None
        };
        let Some(path) = files::join(self.folder, text) else {
            return told(format!("`{text}` is outside of the tree"));
        };
        self.files.set(self.files.get() + 1);
        if self.files.get() > MAX_FILES {
            return told(format!("the template includes more than {MAX_FILES} files"));
        }
        let content = match self.work.context.files.read(&path) {
            Ok(content) => content,
            Err(error) => return told(format!("cannot read `{path}`: {error}")),
        };
        let file = self.work.add(&path, &content);
        let (root, problems) = parse::parse(file, &self.work.source(file)?);
        self.work.found(problems);
        match root.as_ref().and_then(Node::entries) {
            Some(entries) => Some(entries.to_vec()),
            None => told(format!("`{path}` is no map")),
        }
    }
}
