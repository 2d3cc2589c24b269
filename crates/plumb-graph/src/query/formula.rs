//! `Formula`: an expression whose names are resolved, and its value for a match.

use std::rc::Rc;

use super::item::{Hop, Item, Path, label_list};
use super::property::{HopProperty, NodeProperty, Scale, relationship_type};
use super::syntax::Operator;
use crate::graph::NodeId;
use crate::security::SecurityGraph;

/// Position of a node or relationship of the patterns among what a match binds.
pub(crate) type Slot = usize;

/// A resolved expression.
#[derive(Clone, Debug)]
pub(crate) enum Formula {
    Constant(Item),
    Slot(Slot),
    NodeProperty(Slot, NodeProperty),
    HopProperty(Slot, HopProperty),
    /// Nodes and relationships of a path by turns.
    Path(Vec<Slot>),
    List(Vec<Formula>),
    Not(Box<Formula>),
    Binary(Operator, Box<Formula>, Box<Formula>),
    /// A comparison of less and more on a scale.
    Ranked(Scale, Operator, Box<Formula>, Box<Formula>),
    IsNull(Box<Formula>),
    Call(Function, Box<Formula>),
    /// The value of an aggregate, by its position.
    Aggregate(usize),
}

/// A function of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Type,
    Labels,
    Id,
    Nodes,
    Relationships,
    Length,
    Size,
    ToLower,
    ToUpper,
}

impl Function {
    pub(crate) const ALL: [(&'static str, Self); 9] = [
        ("type", Self::Type),
        ("labels", Self::Labels),
        ("id", Self::Id),
        ("nodes", Self::Nodes),
        ("relationships", Self::Relationships),
        ("length", Self::Length),
        ("size", Self::Size),
        ("toLower", Self::ToLower),
        ("toUpper", Self::ToUpper),
    ];
}

impl Formula {
    /// Calls `visit` with every slot whose binding the value depends on.
    pub(crate) fn slots(&self, visit: &mut impl FnMut(Slot)) {
        match self {
            Self::Constant(_) | Self::Aggregate(_) => {}
            Self::Slot(slot) | Self::NodeProperty(slot, _) | Self::HopProperty(slot, _) => visit(*slot),
            Self::Path(slots) => slots.iter().for_each(|slot| visit(*slot)),
            Self::List(items) => items.iter().for_each(|item| item.slots(visit)),
            Self::Not(inner) | Self::IsNull(inner) | Self::Call(_, inner) => inner.slots(visit),
            Self::Binary(_, left, right) | Self::Ranked(_, _, left, right) => {
                left.slots(visit);
                right.slots(visit);
            }
        }
    }

    /// How many parts are looked at to evaluate it, at most.
    pub(crate) fn cost(&self) -> u64 {
        match self {
            Self::Constant(Item::List(items)) => 1 + items.len() as u64,
            Self::Constant(_)
            | Self::Aggregate(_)
            | Self::Slot(_)
            | Self::NodeProperty(_, _)
            | Self::HopProperty(_, _) => 1,
            Self::Path(slots) => slots.len() as u64,
            Self::List(items) => 1 + items.iter().map(Self::cost).sum::<u64>(),
            Self::Not(inner) | Self::IsNull(inner) | Self::Call(_, inner) => 1 + inner.cost(),
            Self::Binary(_, left, right) | Self::Ranked(_, _, left, right) => 1 + left.cost() + right.cost(),
        }
    }

    /// The scale that its values stand on.
    pub(crate) fn scale(&self) -> Option<Scale> {
        match self {
            Self::NodeProperty(_, NodeProperty::Sensitivity) => Some(Scale::Sensitivity),
            Self::NodeProperty(_, NodeProperty::Exposure) => Some(Scale::Exposure),
            Self::HopProperty(_, HopProperty::Certainty) => Some(Scale::Certainty),
            Self::NodeProperty(_, _)
            | Self::HopProperty(_, _)
            | Self::Constant(_)
            | Self::Slot(_)
            | Self::Path(_)
            | Self::List(_)
            | Self::Not(_)
            | Self::Binary(_, _, _)
            | Self::Ranked(_, _, _, _)
            | Self::IsNull(_)
            | Self::Call(_, _)
            | Self::Aggregate(_) => None,
        }
    }
}

/// What a match binds to a slot.
#[derive(Clone, Debug)]
pub(crate) enum Bound {
    Free,
    Node(NodeId),
    Hop(Hop),
    /// The relationships of one with a variable length, in the order of the pattern.
    Hops(Vec<Hop>),
}

/// What formulas are evaluated on.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    pub(crate) graph: &'s SecurityGraph,
    pub(crate) slots: &'s [Bound],
    pub(crate) aggregates: &'s [Item],
}

impl Scope<'_> {
    /// The value of a formula; null where there is none, also where it makes no sense.
    pub(crate) fn evaluate(&self, formula: &Formula) -> Item {
        match formula {
            Formula::Constant(item) => item.clone(),
            Formula::Slot(slot) => self.item(*slot),
            Formula::NodeProperty(slot, property) => match self.slots.get(*slot) {
                Some(Bound::Node(node)) => property.of(self.graph, *node),
                Some(Bound::Free | Bound::Hop(_) | Bound::Hops(_)) | None => Item::Null,
            },
            Formula::HopProperty(slot, property) => match self.slots.get(*slot) {
                Some(Bound::Hop(hop)) => property.of(self.graph, *hop),
                Some(Bound::Free | Bound::Node(_) | Bound::Hops(_)) | None => Item::Null,
            },
            Formula::Path(slots) => self.path(slots),
            Formula::List(items) => Item::list(items.iter().map(|item| self.evaluate(item)).collect()),
            Formula::Not(inner) => truth(self.truth(inner).map(|truth| !truth)),
            Formula::Binary(operator, left, right) => self.binary(*operator, left, right),
            Formula::Ranked(scale, operator, left, right) => {
                let (left, right) = (self.evaluate(left), self.evaluate(right));
                if scale.is_unknown(&left) || scale.is_unknown(&right) {
                    return Item::Null;
                }
                truth(compared(*operator, &scale.placed(&left), &scale.placed(&right)))
            }
            Formula::IsNull(inner) => Item::Bool(self.evaluate(inner) == Item::Null),
            Formula::Call(function, argument) => self.call(*function, argument),
            Formula::Aggregate(position) => self.aggregates.get(*position).cloned().unwrap_or(Item::Null),
        }
    }

    /// The truth of a formula; `None` where it is neither true nor false.
    pub(crate) fn truth(&self, formula: &Formula) -> Option<bool> {
        match self.evaluate(formula) {
            Item::Bool(bool) => Some(bool),
            Item::Null
            | Item::Int(_)
            | Item::Text(_)
            | Item::List(_)
            | Item::Node(_)
            | Item::Hop(_)
            | Item::Path(_) => None,
        }
    }

    fn item(&self, slot: Slot) -> Item {
        match self.slots.get(slot) {
            Some(Bound::Node(node)) => Item::Node(*node),
            Some(Bound::Hop(hop)) => Item::Hop(*hop),
            Some(Bound::Hops(hops)) => Item::list(hops.iter().map(|hop| Item::Hop(*hop)).collect()),
            Some(Bound::Free) | None => Item::Null,
        }
    }

    fn path(&self, slots: &[Slot]) -> Item {
        let mut path = Path {
            nodes: Vec::new(),
            hops: Vec::new(),
        };
        for slot in slots {
            let more = match self.slots.get(*slot) {
                Some(Bound::Node(node)) if path.nodes.is_empty() => {
                    path.nodes.push(*node);
                    continue;
                }
                Some(Bound::Hop(hop)) => std::slice::from_ref(hop),
                Some(Bound::Hops(hops)) => hops.as_slice(),
                Some(Bound::Node(_) | Bound::Free) | None => continue,
            };
            for hop in more {
                let next = path.nodes.last().map_or(hop.to, |end| hop.other_end(*end));
                path.hops.push(*hop);
                path.nodes.push(next);
            }
        }
        Item::Path(Rc::new(path))
    }

    fn binary(&self, operator: Operator, left: &Formula, right: &Formula) -> Item {
        truth(match operator {
            Operator::And => match (self.truth(left), self.truth(right)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                (None, _) | (_, None) => None,
            },
            Operator::Or => match (self.truth(left), self.truth(right)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                (None, _) | (_, None) => None,
            },
            Operator::Xor => match (self.truth(left), self.truth(right)) {
                (Some(left), Some(right)) => Some(left != right),
                (None, _) | (_, None) => None,
            },
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual
            | Operator::In
            | Operator::StartsWith
            | Operator::EndsWith
            | Operator::Contains => compared(operator, &self.evaluate(left), &self.evaluate(right)),
        })
    }

    fn call(&self, function: Function, argument: &Formula) -> Item {
        let argument = self.evaluate(argument);
        match (function, &argument) {
            (Function::Type, Item::Hop(hop)) => relationship_type(self.graph, *hop),
            (Function::Labels, Item::Node(node)) => label_list(self.graph, *node),
            (Function::Id, Item::Node(node)) => NodeProperty::Uid.of(self.graph, *node),
            (Function::Nodes, Item::Path(path)) => {
                Item::list(path.nodes.iter().map(|node| Item::Node(*node)).collect())
            }
            (Function::Relationships, Item::Path(path)) => {
                Item::list(path.hops.iter().map(|hop| Item::Hop(*hop)).collect())
            }
            (Function::Length, Item::Path(path)) => Item::count(path.hops.len()),
            (Function::Size, Item::List(items)) => Item::count(items.len()),
            (Function::Size, Item::Text(text)) => Item::count(text.chars().count()),
            (Function::ToLower, Item::Text(text)) => Item::text(&text.to_lowercase()),
            (Function::ToUpper, Item::Text(text)) => Item::text(&text.to_uppercase()),
            (
                Function::Type
                | Function::Labels
                | Function::Id
                | Function::Nodes
                | Function::Relationships
                | Function::Length
                | Function::Size
                | Function::ToLower
                | Function::ToUpper,
                _,
            ) => Item::Null,
        }
    }
}

fn truth(truth: Option<bool>) -> Item {
    truth.map_or(Item::Null, Item::Bool)
}

/// A comparison; `None` where a side is null, or where the sides have no order or are no texts but must be.
pub(crate) fn compared(operator: Operator, left: &Item, right: &Item) -> Option<bool> {
    if *left == Item::Null || *right == Item::Null {
        return None;
    }
    let order = match (left, right) {
        (Item::Int(a), Item::Int(b)) => Some(a.cmp(b)),
        (Item::Text(a), Item::Text(b)) => Some(a.cmp(b)),
        (Item::Bool(a), Item::Bool(b)) => Some(a.cmp(b)),
        _ => None,
    };
    let texts = match (left, right) {
        (Item::Text(a), Item::Text(b)) => Some((a.as_str(), b.as_str())),
        _ => None,
    };
    match operator {
        Operator::Equal => Some(left == right),
        Operator::NotEqual => Some(left != right),
        Operator::Less => order.map(|order| order.is_lt()),
        Operator::LessOrEqual => order.map(|order| order.is_le()),
        Operator::Greater => order.map(|order| order.is_gt()),
        Operator::GreaterOrEqual => order.map(|order| order.is_ge()),
        Operator::In => match right {
            Item::List(items) if items.contains(left) => Some(true),
            Item::List(items) if items.contains(&Item::Null) => None,
            Item::List(_) => Some(false),
            Item::Null
            | Item::Bool(_)
            | Item::Int(_)
            | Item::Text(_)
            | Item::Node(_)
            | Item::Hop(_)
            | Item::Path(_) => None,
        },
        Operator::StartsWith => texts.map(|(text, part)| text.starts_with(part)),
        Operator::EndsWith => texts.map(|(text, part)| text.ends_with(part)),
        Operator::Contains => texts.map(|(text, part)| text.contains(part)),
        Operator::And | Operator::Or | Operator::Xor => None,
    }
}
