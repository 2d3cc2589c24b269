//! `Matcher`: finds every way to bind the nodes and relationships of a plan.

use std::ops::ControlFlow;

use plumb_model::path::EdgeKind;

use super::Limits;
use super::check::{Checked, Link, Types};
use super::formula::{Bound, Scope, Slot};
use super::index::Label;
use super::item::{Hop, Item};
use super::plan::{Action, Order, Plan};
use super::project::Rows;
use super::syntax::Direction;
use crate::graph::{NodeId, Step};
use crate::security::{NodeInfo, SecurityGraph, VisibleEdge};

/// Why a search ends before all matches are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// No row is wanted any more.
    Enough,
    /// The limits are reached, by what they count.
    Steps,
    Rows,
    Values,
}

pub(crate) type Flow = ControlFlow<End>;

/// What is left of the limits.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: u64,
    limits: Limits,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            steps: limits.steps,
            limits,
        }
    }

    /// Pays for one thing that is looked at.
    pub(crate) fn step(&mut self) -> Flow {
        self.pay(1)
    }

    /// Pays for what takes as long as that many steps.
    fn pay(&mut self, steps: u64) -> Flow {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(End::Steps),
        }
    }

    /// Checks what is kept.
    pub(crate) fn keep(&self, rows: u64, values: u64) -> Flow {
        if rows > self.limits.rows {
            ControlFlow::Break(End::Rows)
        } else if values > self.limits.values {
            ControlFlow::Break(End::Values)
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// A search. It recurses once for each stage and each hop, both of which are limited.
pub(crate) struct Matcher<'q, 'g, 'o> {
    checked: &'q Checked,
    plan: &'q Plan<'g>,
    graph: &'g SecurityGraph,
    budget: &'q mut Budget,
    rows: &'q mut Rows<'o>,
    slots: Vec<Bound>,
    /// Relationships of the match so far with the `MATCH` that they belong to.
    used: Vec<(usize, Hop)>,
}

impl<'q, 'g, 'o> Matcher<'q, 'g, 'o> {
    pub(crate) fn new(
        checked: &'q Checked,
        plan: &'q Plan<'g>,
        graph: &'g SecurityGraph,
        budget: &'q mut Budget,
        rows: &'q mut Rows<'o>,
    ) -> Self {
        Self {
            slots: vec![Bound::Free; checked.slots],
            used: Vec::new(),
            checked,
            plan,
            graph,
            budget,
            rows,
        }
    }

    /// Hands every match to the rows.
    pub(crate) fn run(mut self) -> Flow {
        self.stage(0)
    }

    fn stage(&mut self, at: usize) -> Flow {
        let plan = self.plan;
        let Some(stage) = plan.stages.get(at) else {
            let scope = Scope {
                graph: self.graph,
                slots: &self.slots,
                aggregates: &[],
            };
            self.budget.pay(self.rows.cost())?;
            return self.rows.add(&scope, self.budget);
        };
        match &stage.action {
            Action::Scan { slot, start } => {
                for node in start.iter() {
                    self.budget.step()?;
                    self.arrive(at, *slot, *node)?;
                }
                ControlFlow::Continue(())
            }
            Action::Join { slot, join, index } => {
                let Some(Bound::Node(other)) = self.slots.get(join.bound) else {
                    return ControlFlow::Continue(());
                };
                self.budget.step()?;
                // Nothing is equal to null.
                let Item::Text(text) = join.bound_property.of(self.graph, *other) else {
                    return ControlFlow::Continue(());
                };
                for node in index.with(join.property, &text) {
                    self.budget.step()?;
                    self.arrive(at, *slot, node)?;
                }
                ControlFlow::Continue(())
            }
            Action::Expand {
                hop, from, direction, ..
            } => {
                let checked = self.checked;
                let (Some(link), Some(Bound::Node(start))) = (checked.hops.get(*hop), self.slots.get(*from))
                else {
                    return ControlFlow::Continue(());
                };
                let start = *start;
                match link.length {
                    Some(length) => self.walk(at, link, *direction, start, length, &mut Vec::new()),
                    None => self.single(at, link, *direction, start),
                }
            }
        }
    }

    fn single(&mut self, at: usize, link: &Link, direction: Direction, start: NodeId) -> Flow {
        for hop in self.hops(link, direction, start)? {
            if self.used.contains(&(link.clause, hop)) {
                continue;
            }
            self.used.push((link.clause, hop));
            self.bind(link.slot, Bound::Hop(hop));
            self.expanded(at, hop.other_end(start))?;
            self.used.pop();
        }
        self.bind(link.slot, Bound::Free);
        ControlFlow::Continue(())
    }

    /// Follows hops from `node`, after those of `trail`.
    fn walk(
        &mut self,
        at: usize,
        link: &Link,
        direction: Direction,
        node: NodeId,
        length: (u64, u64),
        trail: &mut Vec<Hop>,
    ) -> Flow {
        let (fewest, most) = length;
        let hops = trail.len() as u64;
        if hops >= fewest {
            let mut written = trail.clone();
            if self.order(at) == Order::Reversed {
                written.reverse();
            }
            self.bind(link.slot, Bound::Hops(written));
            self.expanded(at, node)?;
            self.bind(link.slot, Bound::Free);
        }
        if hops >= most {
            return ControlFlow::Continue(());
        }
        for hop in self.hops(link, direction, node)? {
            if self.used.contains(&(link.clause, hop)) {
                continue;
            }
            self.used.push((link.clause, hop));
            trail.push(hop);
            self.walk(at, link, direction, hop.other_end(node), length, trail)?;
            trail.pop();
            self.used.pop();
        }
        ControlFlow::Continue(())
    }

    fn order(&self, at: usize) -> Order {
        match self.plan.stages.get(at).map(|stage| &stage.action) {
            Some(Action::Expand { order, .. }) => *order,
            Some(Action::Scan { .. } | Action::Join { .. }) | None => Order::Written,
        }
    }

    /// The far end of a relationship is `node`.
    fn expanded(&mut self, at: usize, node: NodeId) -> Flow {
        match self.plan.stages.get(at).map(|stage| &stage.action) {
            Some(Action::Expand { to, .. }) => {
                let to = *to;
                self.arrive(at, to, node)
            }
            Some(Action::Scan { .. } | Action::Join { .. }) | None => ControlFlow::Continue(()),
        }
    }

    /// Binds a node, or checks that it is the one that is bound, and goes on.
    fn arrive(&mut self, at: usize, slot: Slot, node: NodeId) -> Flow {
        match self.slots.get(slot) {
            Some(Bound::Node(known)) if *known == node => {
                if self.holds(at)? {
                    self.stage(at + 1)?;
                }
            }
            Some(Bound::Free) if self.has_labels(slot, node) => {
                self.bind(slot, Bound::Node(node));
                if self.holds(at)? {
                    self.stage(at + 1)?;
                }
                self.bind(slot, Bound::Free);
            }
            Some(Bound::Node(_) | Bound::Free | Bound::Hop(_) | Bound::Hops(_)) | None => {}
        }
        ControlFlow::Continue(())
    }

    fn bind(&mut self, slot: Slot, bound: Bound) {
        if let Some(place) = self.slots.get_mut(slot) {
            *place = bound;
        }
    }

    /// Whether all conditions of a stage are true.
    fn holds(&mut self, at: usize) -> ControlFlow<End, bool> {
        let plan = self.plan;
        let Some(stage) = plan.stages.get(at) else {
            return ControlFlow::Continue(true);
        };
        self.budget.pay(stage.cost)?;
        let scope = Scope {
            graph: self.graph,
            slots: &self.slots,
            aggregates: &[],
        };
        let mut conditions = stage
            .conditions
            .iter()
            .filter_map(|position| self.checked.conditions.get(*position));
        ControlFlow::Continue(conditions.all(|condition| scope.truth(condition) == Some(true)))
    }

    fn has_labels(&self, slot: Slot, node: NodeId) -> bool {
        let (Some(pattern), Some(info)) = (
            self.checked.nodes.iter().find(|node| node.slot == slot),
            self.graph.node(node),
        ) else {
            return false;
        };
        pattern
            .labels
            .iter()
            .all(|alternatives| alternatives.iter().any(|label| has_label(info, label)))
    }

    /// The relationships of a node that a pattern admits, by the node at the other end.
    fn hops(&mut self, link: &Link, direction: Direction, node: NodeId) -> ControlFlow<End, Vec<Hop>> {
        let mut found = Vec::new();
        self.budget.step()?;
        if direction != Direction::Left {
            let edges = self.graph.outgoing_along(node, |step| admits(link, step));
            self.collect(edges, &mut found)?;
        }
        if direction != Direction::Right {
            let edges = self.graph.incoming_along(node, |step| admits(link, step));
            self.collect(edges, &mut found)?;
        }
        found.sort_unstable_by_key(|hop| (hop.other_end(node), *hop));
        found.dedup();
        ControlFlow::Continue(found)
    }

    fn collect<'e>(&mut self, edges: impl Iterator<Item = VisibleEdge<'e>>, found: &mut Vec<Hop>) -> Flow {
        for edge in edges {
            self.budget.step()?;
            if self.graph.is_visible(edge.to) {
                found.push(Hop {
                    from: edge.from,
                    to: edge.to,
                    edge: edge.edge,
                });
            }
        }
        ControlFlow::Continue(())
    }
}

fn has_label(info: &NodeInfo, label: &Label) -> bool {
    match label {
        Label::Kind(kind) => info.kind == *kind,
        Label::Type(name) => info.resource_type == *name,
    }
}

fn admits(link: &Link, step: &Step) -> bool {
    let has_type = match &link.types {
        Types::Any => true,
        Types::OneOf { kinds, relations } => {
            let how = step.how.as_deref().unwrap_or_default();
            let is_named = || relations.iter().any(|name| name.eq_ignore_ascii_case(how));
            kinds.contains(&step.kind) || (step.kind == EdgeKind::Relation && is_named())
        }
    };
    has_type
        && link
            .properties
            .iter()
            .all(|(property, value)| property.of_step(step) == *value)
}
