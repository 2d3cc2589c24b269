//! Explanations: which sub-expression decided, and the values it saw.

mod cut;
mod folds;
mod leaves;
mod unknowns;

use plumb_model::finding::{Evidence, Observed};
use plumb_model::value::{Text, Value};

use crate::machine::{BUDGET, Machine};
use crate::node::{Base, Node, NodeKind};
use crate::scope::Scope;
use crate::syntax::Span;
use crate::val::{Kleene, Val};

/// How many steps an explanation may take; it evaluates sub-expressions again at every level.
const EXPLANATION_BUDGET: u64 = 16 * BUDGET;

/// How many values an explanation shows.
const MAX_OBSERVED: usize = 16;

/// How much that decides likewise is told.
const MAX_ALSO: usize = 64;

/// How many parts of a chain a message names.
const MAX_PARTS: usize = 4;

/// Says why the rule has the truth value that it has.
pub(crate) fn explain(source: &str, root: &Node, scope: &Scope<'_>) -> Evidence {
    let mut run = Machine::new(scope);
    let truth = run.truth(root);
    if let Some(cause) = run.exhaustion() {
        let unreadable = (*cause.to_arc()).clone();
        return Evidence {
            message: unreadable.detail.clone(),
            expression: source.trim().into(),
            observed: Vec::new(),
            also: Vec::new(),
            unreadable: vec![unreadable],
        };
    }
    let machine = Machine::with_budget(scope, EXPLANATION_BUDGET);
    let mut explainer = Explainer {
        source,
        machine,
        observed: Vec::new(),
        also: Vec::new(),
        bound: Vec::new(),
    };
    let because = match truth {
        Kleene::True => explainer.because(root, Outcome::Holds),
        Kleene::False => explainer.because(root, Outcome::Fails),
        Kleene::Unknown(_) => return explainer.unknown(root),
    };
    Evidence {
        message: because.message.into(),
        expression: because.span.text(source).into(),
        observed: explainer.observed,
        also: explainer.also,
        unreadable: Vec::new(),
    }
}

struct Explainer<'a> {
    source: &'a str,
    machine: Machine<'a>,
    observed: Vec<Observed>,
    /// What decides likewise.
    also: Vec<Vec<Text>>,
    /// What the variables of macros stand for, by their slots: `resource.rules[2]`; `None` for keys and positions.
    bound: Vec<Option<String>>,
}

/// The truth value that is to be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Holds,
    Fails,
}

/// Why a sub-expression has its truth value.
struct Because {
    message: String,
    /// The sub-expression that decided.
    span: Span,
}

impl Outcome {
    fn opposite(self) -> Self {
        match self {
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
        }
    }

    fn matches(self, truth: &Kleene<'_>) -> bool {
        match self {
            Self::Holds => matches!(truth, Kleene::True),
            Self::Fails => matches!(truth, Kleene::False),
        }
    }
}

impl<'a> Explainer<'a> {
    /// Why `node` has the truth value `outcome`.
    fn because(&mut self, node: &'a Node, outcome: Outcome) -> Because {
        match (&node.kind, outcome) {
            (NodeKind::And(operands), Outcome::Fails) | (NodeKind::Or(operands), Outcome::Holds) => {
                let deciding = operands
                    .iter()
                    .position(|operand| outcome.matches(&self.machine.truth(operand)));
                match deciding.and_then(|at| operands.split_at_checked(at)?.1.split_first()) {
                    Some((operand, others)) => {
                        let because = self.because(operand, outcome);
                        for other in others {
                            self.likewise(other, outcome);
                        }
                        because
                    }
                    None => self.stated(node, outcome),
                }
            }
            (NodeKind::And(operands), Outcome::Holds) | (NodeKind::Or(operands), Outcome::Fails) => {
                // That something is there says nothing beside what is wrong with it.
                let (telling, idle): (Vec<&Node>, Vec<&Node>) =
                    operands.iter().partition(|operand| !is_about_presence(operand));
                let told = if telling.is_empty() { idle } else { telling };
                let parts: Vec<String> = told
                    .iter()
                    .take(MAX_PARTS)
                    .map(|operand| self.because(operand, outcome).message)
                    .collect();
                let more = told.len().saturating_sub(MAX_PARTS);
                let rest = if more > 0 {
                    format!(" and {more} more conditions")
                } else {
                    String::new()
                };
                Because {
                    message: format!("{}{rest}", joined(parts).join(" and ")),
                    span: node.span,
                }
            }
            (NodeKind::Not(operand), _) => {
                let because = self.because(operand, outcome.opposite());
                // Where the negated expression itself decides, the negation is what the rule asks for.
                let span = if because.span == operand.span {
                    node.span
                } else {
                    because.span
                };
                Because { span, ..because }
            }
            (NodeKind::Choose { condition, yes, no }, _) => match self.machine.truth(condition) {
                Kleene::True => self.because(yes, outcome),
                Kleene::False | Kleene::Unknown(_) => self.because(no, outcome),
            },
            (
                NodeKind::Compare {
                    comparison,
                    left,
                    right,
                },
                _,
            ) => {
                let message = self.comparison(*comparison, left, right, outcome);
                Because {
                    message,
                    span: node.span,
                }
            }
            (NodeKind::In { item, collection }, _) => {
                let message = self.membership(item, collection, outcome);
                Because {
                    message,
                    span: node.span,
                }
            }
            (NodeKind::Fold(fold), _) => self.fold(node, fold, outcome),
            (NodeKind::Call { arguments, .. }, _) => self.called(node, arguments.iter().collect(), outcome),
            (NodeKind::Matches { text, .. }, _) => self.called(node, vec![text], outcome),
            (
                NodeKind::Literal(_)
                | NodeKind::Moment(_)
                | NodeKind::Length(_)
                | NodeKind::Now
                | NodeKind::Path { .. }
                | NodeKind::Index { .. }
                | NodeKind::Coerce { .. }
                | NodeKind::List(_)
                | NodeKind::Map(_)
                | NodeKind::Negate(_)
                | NodeKind::Arithmetic { .. }
                | NodeKind::Inventory(_)
                | NodeKind::RegionalInventory { .. }
                | NodeKind::Related { .. }
                | NodeKind::Exposure { .. },
                _,
            ) => {
                let val = self.observe(node);
                let message = self.null_or(node, &val, |subject, shown| format!("{subject} is {shown}"));
                Because {
                    message,
                    span: node.span,
                }
            }
        }
    }

    /// Notes what a sub-expression looks at that decides as another one does already.
    fn likewise(&mut self, node: &'a Node, outcome: Outcome) {
        if !outcome.matches(&self.machine.truth(node)) {
            return self.note_exhaustion();
        }
        let before = self.also.len();
        self.note_also(|explainer| explainer.because(node, outcome));
        let added = self.also.split_off(before);
        // What looks at lists as a whole decides by the elements that decide one by one.
        if added.iter().flatten().any(|expression| is_path(expression)) {
            self.also.extend(added);
        }
    }

    /// Notes what an explanation looks at, of something that decides likewise.
    fn note_also(&mut self, explain: impl FnOnce(&mut Self) -> Because) {
        if self.also.len() >= MAX_ALSO {
            return self.note_more();
        }
        let told = std::mem::take(&mut self.observed);
        explain(self);
        let seen = std::mem::replace(&mut self.observed, told);
        if seen.len() >= MAX_OBSERVED {
            self.note_more();
        }
        let seen = seen.into_iter().map(|observed| observed.expression);
        self.also.push(seen.collect());
        self.note_exhaustion();
    }

    /// Notes that there may be more.
    fn note_more(&mut self) {
        let more = vec![Text::new_static("…")];
        if !self.also.contains(&more) {
            self.also.push(more);
        }
    }

    /// Notes that there may be more where the budget is used up.
    fn note_exhaustion(&mut self) {
        if self.machine.exhaustion().is_some() {
            self.note_more();
        }
    }

    /// Only that it holds or does not.
    fn stated(&self, node: &'a Node, outcome: Outcome) -> Because {
        let verb = match outcome {
            Outcome::Holds => "holds",
            Outcome::Fails => "does not hold",
        };
        Because {
            message: format!("`{}` {verb}", self.quoted(node.span)),
            span: node.span,
        }
    }

    /// A function that gave a truth value: the arguments tell why.
    fn called(&mut self, node: &'a Node, arguments: Vec<&'a Node>, outcome: Outcome) -> Because {
        let mut null = None;
        let mut seen = Vec::new();
        for argument in arguments {
            let val = self.observe(argument);
            if matches!(argument.kind, NodeKind::Literal(_)) {
                continue;
            }
            if matches!(val, Val::Null) {
                null = null.or_else(|| Some(self.null_message(argument)));
            }
            seen.push(format!(
                "`{}` is {}",
                self.quoted(argument.span),
                cut::shown(&val)
            ));
        }
        let stated = self.stated(node, outcome);
        let message = match (null, outcome) {
            (Some(null), Outcome::Fails) => null,
            _ if seen.is_empty() => stated.message,
            _ => format!("{}: {}", stated.message, seen.join(", ")),
        };
        Because {
            message,
            span: node.span,
        }
    }

    /// Evaluates a sub-expression and notes its value, unless it is written out in the rule.
    fn observe(&mut self, node: &'a Node) -> Val<'a> {
        let val = self.machine.eval(node);
        if !matches!(
            node.kind,
            NodeKind::Literal(_) | NodeKind::Moment(_) | NodeKind::Length(_)
        ) {
            let expression = self.resolved(node, node.span);
            self.note(&expression, &val);
        }
        val
    }

    /// The source text of a place that begins with `node`, with what stands for the variable that it begins with; that of a
    /// call with what stands in its first argument.
    fn resolved(&self, node: &Node, span: Span) -> String {
        if let NodeKind::Call { arguments, .. } = &node.kind
            && let Some(argument) = arguments.first()
            && span.start <= argument.span.start
            && argument.span.end <= span.end
        {
            let (before, after) = (
                Span {
                    start: span.start,
                    end: argument.span.start,
                },
                Span {
                    start: argument.span.end,
                    end: span.end,
                },
            );
            let argument = self.resolved(argument, argument.span);
            return format!(
                "{}{argument}{}",
                before.text(self.source),
                after.text(self.source)
            );
        }
        let variable = match &node.kind {
            NodeKind::Path {
                base: Base::Local(slot),
                base_span,
                ..
            } if base_span.start == span.start => {
                let bound = self.bound.get(*slot).and_then(Option::as_ref);
                bound.map(|bound| (bound, base_span.end))
            }
            _ => None,
        };
        match variable {
            Some((bound, start)) => {
                let rest = Span { start, end: span.end };
                format!("{bound}{}", rest.text(self.source))
            }
            None => span.text(self.source).to_owned(),
        }
    }

    fn note(&mut self, expression: &str, val: &Val<'a>) {
        let is_noted = self
            .observed
            .iter()
            .any(|observed| observed.expression == expression);
        if !is_noted && self.observed.len() < MAX_OBSERVED {
            self.observed.push(Observed {
                expression: expression.into(),
                value: cut::cut(val),
            });
        }
    }

    /// The source text of a place on one line, cut to fit a message.
    fn quoted(&self, span: Span) -> Text {
        cut::one_line(span.text(self.source)).into()
    }
}

/// What is required of one value by several parts, as one part: "`x` is 1, required == 2 or == 3".
fn joined(parts: Vec<String>) -> Vec<String> {
    const REQUIRED: &str = ", required ";
    let mut joined: Vec<String> = Vec::new();
    for part in parts {
        let same = joined.last_mut().zip(part.split_once(REQUIRED));
        match same.filter(|(last, (subject, _))| {
            last.split_once(REQUIRED)
                .is_some_and(|(known, _)| known == *subject)
        }) {
            Some((last, (_, required))) => {
                last.push_str(" or ");
                last.push_str(required);
            }
            None => joined.push(part),
        }
    }
    joined
}

/// Whether an expression is a path into the resource, or to a statement of a policy in it.
fn is_path(expression: &str) -> bool {
    let path = expression.strip_prefix("statements(").unwrap_or(expression);
    let in_path = |c: char| c.is_alphanumeric() || "._[])\"-".contains(c);
    path.strip_prefix("resource.")
        .is_some_and(|path| path.chars().all(in_path))
}

/// Whether a sub-expression asks only whether something is null.
fn is_about_presence(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Compare { left, right, .. } => [left, right]
            .iter()
            .any(|side| matches!(side.kind, NodeKind::Literal(Value::Null))),
        NodeKind::Not(operand) => is_about_presence(operand),
        _ => false,
    }
}
