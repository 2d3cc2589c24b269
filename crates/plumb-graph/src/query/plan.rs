//! `Plan`: in which order the nodes and relationships of a query are looked for.

use std::borrow::Cow;

use super::check::{Checked, Node};
use super::formula::{Formula, Slot};
use super::index::{Index, Label};
use super::item::Item;
use super::property::NodeProperty;
use super::syntax::{Direction, Operator};
use crate::graph::NodeId;

/// How many parts of a condition are decided in the time of a step.
pub(crate) const PARTS_PER_STEP: u64 = 8;

/// Stages, each of which binds a node or a relationship.
#[derive(Debug)]
pub(crate) struct Plan<'g> {
    pub(crate) stages: Vec<Stage<'g>>,
}

/// One stage.
#[derive(Debug)]
pub(crate) struct Stage<'g> {
    pub(crate) action: Action<'g>,
    /// Positions of the conditions that can be decided once it is done.
    pub(crate) conditions: Vec<usize>,
    /// What deciding them costs, in steps.
    pub(crate) cost: u64,
}

/// What a stage does.
#[derive(Debug)]
pub(crate) enum Action<'g> {
    /// Tries each of these as a node.
    Scan { slot: Slot, start: Cow<'g, [NodeId]> },
    /// Tries as a node each of which a property is what that of a bound node is.
    Join {
        slot: Slot,
        join: Join,
        index: &'g Index<'g>,
    },
    /// Follows a relationship, by its position in [`Checked::hops`], from one end that is bound to the other.
    Expand {
        hop: usize,
        from: Slot,
        to: Slot,
        direction: Direction,
        order: Order,
    },
}

/// That a property of a node is to be equal to one of a node that is bound.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Join {
    pub(crate) property: NodeProperty,
    pub(crate) bound: Slot,
    pub(crate) bound_property: NodeProperty,
}

/// Whether a relationship is followed as it was written or from its right end to its left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Written,
    Reversed,
}

impl<'g> Plan<'g> {
    /// Begins where the fewest nodes are, and follows relationships from there; both ends bound come first.
    pub(crate) fn new(checked: &Checked, index: &'g Index<'g>) -> Self {
        let mut bound = vec![false; checked.slots];
        let mut left: Vec<usize> = (0..checked.hops.len()).collect();
        let mut waiting: Vec<usize> = (0..checked.conditions.len()).collect();
        let mut starts = Starts {
            checked,
            index,
            found: None,
        };
        let mut stages = Vec::new();
        loop {
            let action = match next_hop(checked, &left, &bound) {
                Some(action) => action,
                None => match starts.best(&bound) {
                    // Looking for what is equal to a bound node takes a step for each that is, scanning one for each there is.
                    Some((slot, start)) => match joined(checked, &bound) {
                        Some((slot, join)) if start.len() > 1 => Action::Join { slot, join, index },
                        Some(_) | None => Action::Scan { slot, start },
                    },
                    None => return Self { stages },
                },
            };
            match &action {
                Action::Scan { slot, .. } | Action::Join { slot, .. } => bind(&mut bound, *slot),
                Action::Expand { hop, to, .. } => {
                    left.retain(|other| other != hop);
                    bind(&mut bound, *to);
                    if let Some(link) = checked.hops.get(*hop) {
                        bind(&mut bound, link.slot);
                    }
                }
            }
            let mut conditions = Vec::new();
            waiting.retain(|position| {
                let is_ready = checked
                    .conditions
                    .get(*position)
                    .is_none_or(|condition| is_ready(condition, &bound));
                if is_ready {
                    conditions.push(*position);
                }
                !is_ready
            });
            let decided = conditions
                .iter()
                .filter_map(|position| checked.conditions.get(*position));
            stages.push(Stage {
                action,
                cost: decided.map(Formula::cost).sum::<u64>() / PARTS_PER_STEP,
                conditions,
            });
        }
    }
}

fn bind(bound: &mut [bool], slot: Slot) {
    if let Some(bound) = bound.get_mut(slot) {
        *bound = true;
    }
}

fn is_bound(bound: &[bool], slot: Slot) -> bool {
    bound.get(slot).copied().unwrap_or_default()
}

fn is_ready(condition: &Formula, bound: &[bool]) -> bool {
    let mut ready = true;
    condition.slots(&mut |slot| ready &= is_bound(bound, slot));
    ready
}

/// A node that is not bound and that a condition joins with one that is.
fn joined(checked: &Checked, bound: &[bool]) -> Option<(Slot, Join)> {
    let is_node = |slot: Slot| checked.nodes.iter().any(|node| node.slot == slot);
    checked.conditions.iter().find_map(|condition| {
        let Formula::Binary(Operator::Equal, left, right) = condition else {
            return None;
        };
        let (Formula::NodeProperty(a, of_a), Formula::NodeProperty(b, of_b)) =
            (left.as_ref(), right.as_ref())
        else {
            return None;
        };
        let ((slot, property), (other, other_property)) = match (is_bound(bound, *a), is_bound(bound, *b)) {
            (false, true) => ((*a, *of_a), (*b, *of_b)),
            (true, false) => ((*b, *of_b), (*a, *of_a)),
            (true, true) | (false, false) => return None,
        };
        let join = Join {
            property,
            bound: other,
            bound_property: other_property,
        };
        is_node(slot).then_some((slot, join))
    })
}

/// The relationship to follow next: one whose ends are both bound, else one of fixed length, else any with a bound end.
fn next_hop<'g>(checked: &Checked, left: &[usize], bound: &[bool]) -> Option<Action<'g>> {
    let candidates = left.iter().filter_map(|position| {
        let link = checked.hops.get(*position)?;
        let (has_left, has_right) = (is_bound(bound, link.left), is_bound(bound, link.right));
        let rank = match (has_left && has_right, has_left || has_right) {
            (true, _) if link.length.is_none() => 0,
            (_, true) if link.length.is_none() => 1,
            (true, _) => 2,
            (false, true) => 3,
            (false, false) => return None,
        };
        Some((rank, *position, link, has_left))
    });
    let (_, hop, link, has_left) = candidates.min_by_key(|(rank, position, _, _)| (*rank, *position))?;
    Some(if has_left {
        Action::Expand {
            hop,
            from: link.left,
            to: link.right,
            direction: link.direction,
            order: Order::Written,
        }
    } else {
        Action::Expand {
            hop,
            from: link.right,
            to: link.left,
            direction: link.direction.reversed(),
            order: Order::Reversed,
        }
    })
}

/// Where to begin.
struct Starts<'q, 'g> {
    checked: &'q Checked,
    index: &'g Index<'g>,
    found: Option<Vec<(Slot, Cow<'g, [NodeId]>)>>,
}

impl<'g> Starts<'_, 'g> {
    /// The node that is not bound and has the fewest candidates, and these.
    fn best(&mut self, bound: &[bool]) -> Option<(Slot, Cow<'g, [NodeId]>)> {
        if bound.iter().all(|bound| !bound)
            && let Some(known) = self.by_uid(bound)
        {
            return Some(known);
        }
        if self.found.is_none() {
            let all = self.checked.nodes.iter();
            self.found = Some(all.map(|node| (node.slot, self.candidates(node))).collect());
        }
        self.found
            .iter()
            .flatten()
            .filter(|(slot, _)| !is_bound(bound, *slot))
            .min_by_key(|(_, candidates)| candidates.len())
            .cloned()
    }

    /// The first node whose uid is given: nothing has to be looked up for it.
    fn by_uid(&self, bound: &[bool]) -> Option<(Slot, Cow<'g, [NodeId]>)> {
        self.checked
            .nodes
            .iter()
            .filter(|node| !is_bound(bound, node.slot))
            .find_map(|node| {
                let uids = self.given(node.slot, NodeProperty::Uid)?;
                Some((node.slot, Cow::Owned(self.with_uids(&uids))))
            })
    }

    /// The nodes that may stand for one of the patterns, in the order of their uids.
    fn candidates(&self, node: &Node) -> Cow<'g, [NodeId]> {
        if let Some(uids) = self.given(node.slot, NodeProperty::Uid) {
            return Cow::Owned(self.with_uids(&uids));
        }
        if let Some(names) = self.given(node.slot, NodeProperty::Name) {
            return Cow::Owned(
                names
                    .iter()
                    .flat_map(|name| self.index.with(NodeProperty::Name, name))
                    .collect(),
            );
        }
        let types = self
            .given(node.slot, NodeProperty::Type)
            .map(|types| types.iter().map(|name| Label::Type((*name).into())).collect());
        let by_label = node
            .labels
            .iter()
            .cloned()
            .chain(types)
            .map(|alternatives| self.labelled(&alternatives));
        by_label
            .min_by_key(|candidates| candidates.len())
            .unwrap_or(Cow::Borrowed(self.index.graph().visible_nodes()))
    }

    fn with_uids(&self, uids: &[&str]) -> Vec<NodeId> {
        uids.iter()
            .filter_map(|uid| self.index.graph().by_uid(uid))
            .collect()
    }

    fn labelled(&self, alternatives: &[Label]) -> Cow<'g, [NodeId]> {
        let lists: Vec<Cow<'g, [NodeId]>> = alternatives
            .iter()
            .map(|label| Cow::Borrowed(self.index.labelled(label)))
            .collect();
        match lists.as_slice() {
            [only] => only.clone(),
            several => {
                let mut all: Vec<NodeId> = several.iter().flat_map(|list| list.iter().copied()).collect();
                all.sort_unstable();
                all.dedup();
                Cow::Owned(all)
            }
        }
    }

    /// The texts one of which a property must be, sorted, where a condition says so.
    fn given(&self, slot: Slot, property: NodeProperty) -> Option<Vec<&str>> {
        self.checked.conditions.iter().find_map(|condition| {
            let Formula::Binary(operator, left, right) = condition else {
                return None;
            };
            let is_meant = |side: &Formula| {
                matches!(side, Formula::NodeProperty(of, which) if *of == slot && *which == property)
            };
            let constants = match (operator, left.as_ref(), right.as_ref()) {
                (Operator::Equal | Operator::In, side, Formula::Constant(constant)) if is_meant(side) => constant,
                (Operator::Equal, Formula::Constant(constant), side) if is_meant(side) => constant,
                _ => return None,
            };
            let mut texts: Vec<&str> = match (operator, constants) {
                (Operator::Equal, Item::Text(text)) => vec![text.as_str()],
                (Operator::In, Item::List(items)) => items.iter().filter_map(text).collect(),
                _ => return None,
            };
            texts.sort_unstable();
            texts.dedup();
            Some(texts)
        })
    }
}

fn text(item: &Item) -> Option<&str> {
    match item {
        Item::Text(text) => Some(text),
        Item::Null
        | Item::Bool(_)
        | Item::Int(_)
        | Item::List(_)
        | Item::Node(_)
        | Item::Hop(_)
        | Item::Path(_) => None,
    }
}
