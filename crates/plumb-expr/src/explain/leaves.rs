//! Messages for comparisons and membership.

use super::{Explainer, Outcome, cut};
use crate::function::Function;
use crate::node::{Base, Comparison, Node, NodeKind, StepKind};
use crate::syntax::Span;
use crate::val::Val;

impl<'a> Explainer<'a> {
    pub(super) fn comparison(
        &mut self,
        comparison: Comparison,
        left: &'a Node,
        right: &'a Node,
        outcome: Outcome,
    ) -> String {
        // What is written out in the rule stands on the right.
        let (comparison, subject, object) = if is_constant(left) && !is_constant(right) {
            (mirrored(comparison), right, left)
        } else {
            (comparison, left, right)
        };
        let (subject_val, object_val) = (self.observe(subject), self.observe(object));
        let required = match outcome {
            Outcome::Fails => comparison,
            Outcome::Holds => opposite(comparison),
        };
        let is_order = !matches!(required, Comparison::Equal | Comparison::NotEqual);
        if is_order && matches!(object_val, Val::Null) && !matches!(subject_val, Val::Null) {
            return self.null_message(object);
        }
        let shown = cut::shown(&object_val);
        let wanted = if is_constant(object) {
            shown
        } else {
            format!("`{}`, which is {shown}", self.quoted(object.span))
        };
        let wants_difference = required == Comparison::NotEqual;
        self.null_or(subject, &subject_val, |subject, shown| {
            match (wants_difference, is_constant(object)) {
                (true, true) => format!("{subject} is {shown}"),
                (true, false) => format!("{subject} is {shown}, required != {wanted}"),
                (false, _) => format!("{subject} is {shown}, required {} {wanted}", symbol(required)),
            }
        })
    }

    pub(super) fn membership(&mut self, item: &'a Node, collection: &'a Node, outcome: Outcome) -> String {
        let (item_val, collection_val) = (self.observe(item), self.observe(collection));
        if matches!(collection_val, Val::Null) {
            return self.null_message(collection);
        }
        let listed = if is_constant(collection) {
            format!("one of {}", cut::shown(&collection_val))
        } else {
            format!(
                "in `{}`, which is {}",
                self.quoted(collection.span),
                cut::shown(&collection_val)
            )
        };
        if is_constant(item) {
            let verb = match outcome {
                Outcome::Holds => "holds",
                Outcome::Fails => "does not hold",
            };
            return format!(
                "`{}` {verb} {}",
                self.quoted(collection.span),
                cut::shown(&item_val)
            );
        }
        self.null_or(item, &item_val, |subject, shown| match outcome {
            Outcome::Fails => format!("{subject} is {shown}, required {listed}"),
            Outcome::Holds => format!("{subject} is {shown}, which is {listed}"),
        })
    }

    /// "… is null" for null, named by the shortest path that is null; otherwise what `otherwise` makes of
    /// the phrase that names the expression and of its value.
    pub(super) fn null_or(
        &mut self,
        node: &'a Node,
        val: &Val<'a>,
        otherwise: impl FnOnce(&str, &str) -> String,
    ) -> String {
        if matches!(val, Val::Null) {
            return self.null_message(node);
        }
        let subject = self.phrase(node);
        otherwise(&subject, &cut::shown(val))
    }

    /// Says which part of an expression is null.
    pub(super) fn null_message(&mut self, node: &'a Node) -> String {
        let span = self.null_span(node);
        let expression = self.resolved(node, span);
        self.note(&expression, &Val::Null);
        format!("`{}` is null", self.quoted(span))
    }

    /// The shortest path at the start of an expression that is null already.
    fn null_span(&mut self, node: &'a Node) -> Span {
        match &node.kind {
            NodeKind::Coerce { inner, .. } => {
                // A malformed timestamp is null although its text is there.
                if matches!(self.machine.eval(inner), Val::Null) {
                    self.null_span(inner)
                } else {
                    node.span
                }
            }
            NodeKind::Path {
                base,
                base_span,
                steps,
            } => {
                let mut val = self.machine.base(base);
                if matches!(val, Val::Null) {
                    return match base {
                        Base::Node(inner) => self.null_span(inner),
                        Base::Resource | Base::Account | Base::Params | Base::Local(_) => *base_span,
                    };
                }
                for step in steps {
                    val = self.machine.step(val, &step.kind);
                    if matches!(val, Val::Null) {
                        return step.span;
                    }
                }
                node.span
            }
            NodeKind::Index { target, .. } => {
                if matches!(self.machine.eval(target), Val::Null) {
                    self.null_span(target)
                } else {
                    node.span
                }
            }
            _ => node.span,
        }
    }

    /// How a message names an expression.
    fn phrase(&mut self, node: &'a Node) -> String {
        let of_size = |span: Span| format!("the size of `{}`", self.quoted(span));
        match &node.kind {
            NodeKind::Call {
                function: Function::Size,
                arguments,
            } => match arguments.first() {
                Some(argument) => of_size(argument.span),
                None => format!("`{}`", self.quoted(node.span)),
            },
            NodeKind::Path { base_span, steps, .. } => match steps.as_slice() {
                [.., before, last] if matches!(last.kind, StepKind::Length) => of_size(before.span),
                [last] if matches!(last.kind, StepKind::Length) => of_size(*base_span),
                _ => format!("`{}`", self.quoted(node.span)),
            },
            NodeKind::Coerce { inner, .. } => self.phrase(inner),
            _ => format!("`{}`", self.quoted(node.span)),
        }
    }
}

fn is_constant(node: &Node) -> bool {
    matches!(
        node.kind,
        NodeKind::Literal(_) | NodeKind::Moment(_) | NodeKind::Length(_)
    )
}

/// The comparison with its sides exchanged.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::Equal,
        Comparison::NotEqual => Comparison::NotEqual,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

/// The comparison that holds where this one does not.
fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

fn symbol(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
