//! What could not be read, for a rule that is unknown.

use std::sync::Arc;

use plumb_model::finding::{Evidence, Observed};
use plumb_model::value::{Unreadable, Value};

use super::{Explainer, cut};
use crate::machine::fold::{Collection, Neutral};
use crate::node::{Base, Fold, FoldKind, Node, NodeKind};
use crate::syntax::Span;
use crate::val::{Cause, Kleene, Val};

/// How many different unreadable places an explanation lists.
const MAX_LISTED: usize = 32;

/// How many values are looked through for unreadable places.
const MAX_VISITED: usize = 10_000;

/// What was found unreadable, and where.
#[derive(Default)]
struct Gaps {
    found: Vec<(Span, Arc<Unreadable>)>,
}

impl Gaps {
    fn add(&mut self, span: Span, cause: &Cause<'_>) {
        let unreadable = cause.to_arc();
        let is_listed = self.found.iter().any(|(_, listed)| **listed == *unreadable);
        if !is_listed && self.found.len() < MAX_LISTED {
            self.found.push((span, unreadable));
        }
    }
}

impl<'a> Explainer<'a> {
    /// Lists everything that made the rule unknown.
    pub(super) fn unknown(mut self, root: &'a Node) -> Evidence {
        let mut gaps = Gaps::default();
        self.collect(root, &mut gaps);
        let (span, message) = match gaps.found.first() {
            Some((span, first)) => {
                let more = gaps.found.len() - 1;
                let rest = if more > 0 {
                    format!(", and {more} more")
                } else {
                    String::new()
                };
                let detail = if first.detail.is_empty() {
                    first.reason.phrase()
                } else {
                    first.detail.as_str()
                };
                let message = match first.reason {
                    // A rule says so itself.
                    plumb_model::value::Reason::OutOfScope if first.call.is_none() => {
                        format!("cannot be decided: {}{rest}", cut::one_line(detail))
                    }
                    _ => {
                        let named = self.quoted(*span);
                        format!(
                            "`{named}` could not be read: {}{rest}",
                            cut::one_line(&first.to_string())
                        )
                    }
                };
                (*span, message)
            }
            None => (root.span, "something the rule reads could not be read".to_owned()),
        };
        let observed = gaps
            .found
            .iter()
            .take(super::MAX_OBSERVED)
            .map(|(span, unreadable)| Observed {
                expression: self.quoted(*span),
                value: Value::Unreadable(Arc::clone(unreadable)),
            });
        Evidence {
            message: message.into(),
            expression: span.text(self.source).into(),
            observed: observed.collect(),
            also: Vec::new(),
            unreadable: gaps
                .found
                .iter()
                .map(|(_, unreadable)| (**unreadable).clone())
                .collect(),
        }
    }

    /// Finds what makes `node` unknown; finds nothing where it is known.
    fn collect(&mut self, node: &'a Node, gaps: &mut Gaps) {
        if gaps.found.len() >= MAX_LISTED || self.machine.exhaustion().is_some() {
            return;
        }
        let before = gaps.found.len();
        match &node.kind {
            NodeKind::And(operands) | NodeKind::Or(operands) => {
                for operand in operands {
                    if matches!(self.machine.truth(operand), Kleene::Unknown(_)) {
                        self.collect(operand, gaps);
                    }
                }
                return;
            }
            NodeKind::Not(operand) | NodeKind::Negate(operand) => return self.collect(operand, gaps),
            NodeKind::Coerce { inner, .. } => return self.collect(inner, gaps),
            NodeKind::Choose { condition, yes, no } => {
                return match self.machine.truth(condition) {
                    Kleene::Unknown(_) => self.collect(condition, gaps),
                    Kleene::True => self.collect(yes, gaps),
                    Kleene::False => self.collect(no, gaps),
                };
            }
            NodeKind::Compare { left, right, .. }
            | NodeKind::Arithmetic { left, right, .. }
            | NodeKind::Index {
                target: left,
                index: right,
            }
            | NodeKind::In {
                item: left,
                collection: right,
            } => {
                self.collect_values([&**left, &**right], gaps);
            }
            NodeKind::Call { arguments, .. } => self.collect_values(arguments, gaps),
            NodeKind::List(items) => self.collect_values(items, gaps),
            NodeKind::Map(entries) => {
                self.collect_values(entries.iter().flat_map(|(key, value)| [key, value]), gaps)
            }
            NodeKind::Matches { text, .. } => self.collect_values([&**text], gaps),
            NodeKind::RegionalInventory { region, .. } => self.collect_values([&**region], gaps),
            NodeKind::Related { resource, .. } | NodeKind::Exposure { resource } => {
                self.collect_values([&**resource], gaps)
            }
            NodeKind::Path {
                base,
                base_span,
                steps,
            } => {
                if let Base::Node(inner) = base {
                    self.collect_values([&**inner], gaps);
                }
                let mut val = self.machine.base(base);
                let mut span = *base_span;
                for step in steps {
                    if val.is_unknown() {
                        break;
                    }
                    val = self.machine.step(val, &step.kind);
                    span = step.span;
                }
                if let Val::Unknown(cause) = val {
                    gaps.add(span, &cause);
                }
            }
            NodeKind::Fold(fold) => self.collect_fold(fold, gaps),
            NodeKind::Literal(_)
            | NodeKind::Moment(_)
            | NodeKind::Length(_)
            | NodeKind::Now
            | NodeKind::Inventory(_) => {}
        }
        // Where the parts do not tell, the expression itself does: a malformed document, `unknown(…)`.
        if gaps.found.len() == before
            && let Val::Unknown(cause) = self.machine.eval(node)
        {
            gaps.add(node.span, &cause);
        }
    }

    /// Finds what is unknown in operands: the operand itself, or places in its value.
    fn collect_values(&mut self, nodes: impl IntoIterator<Item = &'a Node>, gaps: &mut Gaps) {
        for node in nodes {
            match self.machine.eval(node) {
                Val::Unknown(_) => self.collect(node, gaps),
                val => collect_inside(node.span, &val, &mut MAX_VISITED.clone(), gaps),
            }
        }
    }

    fn collect_fold(&mut self, fold: &'a Fold, gaps: &mut Gaps) {
        let collection = self.machine.collection(fold);
        if matches!(collection, Collection::Unknown(_)) {
            return self.collect(&fold.collection, gaps);
        }
        let neutral = if fold.kind == FoldKind::All {
            Neutral::True
        } else {
            Neutral::False
        };
        for position in 0..collection.len() {
            if gaps.found.len() >= MAX_LISTED || self.machine.exhaustion().is_some() {
                return;
            }
            if let Some(cause) = collection.gap(position) {
                gaps.add(fold.collection.span, &cause);
            } else if let Some(condition) = &fold.condition
                && matches!(
                    self.machine.condition_at(fold, &collection, position, neutral),
                    Kleene::Unknown(_)
                )
            {
                let outer = self.machine.enter(fold, &collection, position);
                self.collect(condition, gaps);
                self.machine.leave(outer);
            }
        }
    }
}

/// Finds unreadable places inside a value.
fn collect_inside(span: Span, val: &Val<'_>, left: &mut usize, gaps: &mut Gaps) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    match val {
        Val::Unknown(cause) => gaps.add(span, cause),
        Val::List(list) => list
            .iter()
            .for_each(|element| collect_inside(span, &element, left, gaps)),
        Val::Map(map) => map
            .iter()
            .for_each(|(_, value)| collect_inside(span, &value, left, gaps)),
        Val::Null
        | Val::Bool(_)
        | Val::Int(_)
        | Val::Double(_)
        | Val::Text(_)
        | Val::Moment(_)
        | Val::Length(_) => {}
    }
}
