//! `Places`: where each value of a document was written.

use std::sync::Arc;

use litemap::LiteMap;
use plumb_model::value::Text;
use plumb_pack::recipe::Step;

use crate::declared::Declared;
use crate::place::Place;
use crate::val::{Val, Why};

/// Where the values of one document were written.
#[derive(Clone, Debug)]
pub struct Places {
    /// The block that gives the document.
    pub origin: Arc<Origin>,
    /// Why it is not sure that there is such a resource.
    pub perhaps: Option<Why>,
    /// What of the block it is made of.
    pub stands_for: StandsFor,
    /// The tree, of the same shape as the document.
    pub root: PlaceNode,
}

/// What of a block a document is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandsFor {
    /// The block; all but its first such document come along with it.
    Block,
    /// One of the blocks in it.
    Element,
    /// What the cloud itself keeps and it refers to.
    Reference,
}

/// The block that a document, or a part of it, comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Its address.
    pub address: Text,
    /// The line that opens it.
    pub head: Place,
    /// All of it.
    pub whole: Place,
    /// The calls of modules that it stands in, outermost first.
    pub calls: Vec<Place>,
}

/// Where one value of a document was written, and those in it.
#[derive(Clone, Debug, Default)]
pub struct PlaceNode {
    /// The argument or block that holds it.
    pub at: Option<Place>,
    /// The expression that made it.
    pub set: Option<Place>,
    /// The block, where it is another one than that of the document.
    pub origin: Option<Arc<Origin>>,
    /// Whether code says it, and not the mapping for lack of an argument.
    pub written: Written,
    /// What is in it.
    pub children: Children,
}

/// Whether code says a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Written {
    /// It does.
    InCode,
    /// The mapping does for lack of an argument.
    #[default]
    ByDefault,
}

/// The places in a map, by key.
pub type Nodes = LiteMap<Text, PlaceNode>;

/// The places in a list or map.
#[derive(Clone, Debug, Default)]
pub enum Children {
    /// No list and no map, or nothing is known of what is in it.
    #[default]
    None,
    /// Those of a map.
    Map(Nodes),
    /// Those of a list, one for each element.
    List(Vec<PlaceNode>),
}

/// The place of a path, or of as much of it as there is.
#[derive(Clone, Copy, Debug)]
pub struct Found<'p> {
    /// How many steps of the path there are in code.
    pub depth: usize,
    /// The argument or block that holds it; the opening line of the block where no argument does.
    pub at: Place,
    /// The expression that made it.
    pub set: Option<Place>,
    /// The block it stands in.
    pub origin: &'p Origin,
}

impl Origin {
    /// That of a block.
    pub(crate) fn of(block: &Declared) -> Self {
        Self {
            address: block.address.clone(),
            head: block.head,
            whole: block.whole,
            calls: block.calls.clone(),
        }
    }
}

impl PlaceNode {
    /// The places of a value that an argument gives.
    pub(crate) fn of(val: &Val) -> Self {
        Self {
            at: val.at,
            set: val.set,
            written: Written::InCode,
            ..Self::default()
        }
    }

    /// Gives back the room that lists and maps have beyond their places, and that of what says nothing.
    pub(crate) fn shrink(&mut self) {
        match &mut self.children {
            Children::None => {}
            Children::Map(nodes) => {
                let mut entries = std::mem::take(nodes).into_tuple_vec();
                entries.iter_mut().for_each(|(_, node)| node.shrink());
                entries.retain(|(_, node)| node.says_something());
                entries.shrink_to_fit();
                *nodes = Nodes::from_sorted_store_unchecked(entries);
            }
            Children::List(items) => {
                items.shrink_to_fit();
                items.iter_mut().for_each(Self::shrink);
            }
        }
    }

    /// Whether it tells more than a node that is not there.
    fn says_something(&self) -> bool {
        let is_placed = self.at.is_some() || self.set.is_some() || self.origin.is_some();
        let has_children = match &self.children {
            Children::None => false,
            Children::Map(nodes) => !nodes.is_empty(),
            Children::List(items) => !items.is_empty(),
        };
        is_placed || has_children || self.written == Written::InCode
    }

    /// The place that the last step of a path leads to.
    fn step(&self, step: &Step) -> Option<&PlaceNode> {
        match (step, &self.children) {
            (Step::Key(key), Children::Map(entries)) => entries.get(key),
            (Step::Index(index), Children::List(items)) => items.get(*index),
            (Step::Key(_) | Step::Index(_) | Step::Flatten, _) => None,
        }
    }
}

impl Places {
    /// The place of the longest beginning of a path that has one.
    pub fn find(&self, path: &[Step]) -> Found<'_> {
        let mut found = Found {
            depth: 0,
            at: self.origin.head,
            set: None,
            origin: &self.origin,
        };
        let mut node = &self.root;
        for (before, step) in path.iter().enumerate() {
            let Some(next) = node.step(step) else { break };
            node = next;
            if let Some(origin) = &node.origin {
                found.origin = origin;
                found.at = origin.head;
                found.set = None;
                found.depth = before + 1;
            }
            if node.at.is_some() || node.set.is_some() {
                found.at = node.at.or(node.set).unwrap_or(found.at);
                found.set = node.set;
                found.depth = before + 1;
            }
        }
        found
    }
}
