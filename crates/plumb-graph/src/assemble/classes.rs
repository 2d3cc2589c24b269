//! `Classes`: principals that share every answer, as nodes of the graph.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use plumb_iam::directory::{Directory, Member};

use crate::assemble::Assembly;
use crate::assemble::assets::principal_node;
use crate::graph::NodeId;

/// Principals that share every answer about resources without a policy of their own.
pub(crate) struct Class<'d> {
    pub(crate) fragment: usize,
    pub(crate) members: Rc<[&'d Member]>,
    pub(crate) node: Option<NodeId>,
}

/// All classes whose principals are nodes of the graph.
pub(crate) struct Classes<'d> {
    pub(crate) all: Vec<Class<'d>>,
    /// Positions by fragment.
    pub(crate) by_fragment: BTreeMap<usize, Vec<usize>>,
    /// Positions by the hidden node that stands for the class.
    of_node: HashMap<NodeId, usize>,
}

impl<'d> Classes<'d> {
    /// The classes of a directory; principals without a node are left out.
    pub(crate) fn new(assembly: &Assembly<'_>, directory: &'d Directory) -> Self {
        let mut classes = Self {
            all: Vec::new(),
            by_fragment: BTreeMap::new(),
            of_node: HashMap::new(),
        };
        for (_, members) in directory.classes() {
            let members: Rc<[&Member]> = members
                .into_iter()
                .filter(|member| principal_node(assembly, member).is_some())
                .collect();
            let fragment = members
                .first()
                .and_then(|member| principal_node(assembly, member))
                .and_then(|node| assembly.resource(node))
                .map(|(fragment, _)| fragment);
            let Some(fragment) = fragment else { continue };
            let position = classes.all.len();
            classes.by_fragment.entry(fragment).or_default().push(position);
            classes.all.push(Class {
                fragment,
                members,
                node: None,
            });
        }
        classes
    }

    /// Adds a principal that is no resource, under its node.
    pub(crate) fn add(&mut self, fragment: usize, member: &'d Member, node: NodeId) {
        self.by_fragment.entry(fragment).or_default().push(self.all.len());
        self.all.push(Class {
            fragment,
            members: Rc::from([member]),
            node: Some(node),
        });
    }

    /// The node that stands for a class: its only member, or a hidden one.
    pub(crate) fn node(&mut self, assembly: &mut Assembly<'_>, class: usize) -> Option<NodeId> {
        let position = class;
        let class = self.all.get_mut(class)?;
        if class.node.is_none() {
            let members: Vec<NodeId> = class
                .members
                .iter()
                .filter_map(|member| principal_node(assembly, member))
                .collect();
            class.node = match members.as_slice() {
                [] => None,
                [only] => Some(*only),
                several => {
                    let node = assembly.hidden();
                    for member in several {
                        assembly.join(*member, node);
                    }
                    self.of_node.insert(node, position);
                    Some(node)
                }
            };
        }
        class.node
    }

    /// The class that a hidden node stands for.
    pub(crate) fn of_node(&self, node: NodeId) -> Option<&Class<'d>> {
        self.all.get(*self.of_node.get(&node)?)
    }
}
