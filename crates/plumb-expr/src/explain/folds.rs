//! Messages for macros: the element that decided, or all of them.

use plumb_model::value::Value;

use super::{Because, Explainer, Outcome, cut};
use crate::machine::fold::{Collection, Neutral};
use crate::node::{Fold, FoldKind, Node, NodeKind, Variables};
use crate::val::{Kleene, Val};

/// How many values of an element a message tells.
const MAX_SEEN: usize = 5;

impl<'a> Explainer<'a> {
    pub(super) fn fold(&mut self, node: &'a Node, fold: &'a Fold, outcome: Outcome) -> Because {
        let collection = self.machine.collection(fold);
        let (decided, neutral) = match (fold.kind, outcome) {
            (FoldKind::All, Outcome::Fails) => (Some(Outcome::Fails), Neutral::True),
            (FoldKind::Exists, Outcome::Holds) => (Some(Outcome::Holds), Neutral::False),
            (FoldKind::All, Outcome::Holds) => (None, Neutral::True),
            (FoldKind::Exists | FoldKind::ExistsOne, _) | (FoldKind::Filter | FoldKind::Map, _) => {
                (None, Neutral::False)
            }
        };
        if let (Some(decided), Some(condition)) = (decided, &fold.condition) {
            for position in 0..collection.len() {
                if !decided.matches(&self.machine.condition_at(fold, &collection, position, neutral)) {
                    continue;
                }
                let because = self.decided_by(node, fold, &collection, position, condition, decided);
                let more =
                    self.deciding_likewise(node, fold, (&collection, position + 1), condition, decided);
                return match more {
                    0 => because,
                    more => Because {
                        message: format!("{}, and {more} more", because.message),
                        ..because
                    },
                };
            }
        }
        self.decided_by_all(node, fold, &collection, outcome)
    }

    /// Notes the elements from a position on that decide too; how many they are.
    fn deciding_likewise(
        &mut self,
        node: &'a Node,
        fold: &'a Fold,
        (collection, start): (&Collection<'a>, usize),
        condition: &'a Node,
        decided: Outcome,
    ) -> usize {
        let is_asked = self
            .resolved(&fold.collection, fold.collection.span)
            .contains("resource");
        let neutral = match decided {
            Outcome::Fails => Neutral::True,
            Outcome::Holds => Neutral::False,
        };
        let mut more = 0;
        for position in start..collection.len() {
            if !decided.matches(&self.machine.condition_at(fold, collection, position, neutral)) {
                continue;
            }
            if !is_asked {
                // What it is asked with may decide by another element; within an element it does not matter.
                if self.bound.iter().all(Option::is_none) {
                    self.note_more();
                }
                return 0;
            }
            more += 1;
            self.note_also(|explainer| {
                explainer.decided_by(node, fold, collection, position, condition, decided)
            });
        }
        self.note_exhaustion();
        more
    }

    /// One element decided.
    fn decided_by(
        &mut self,
        node: &'a Node,
        fold: &'a Fold,
        collection: &Collection<'a>,
        position: usize,
        condition: &'a Node,
        outcome: Outcome,
    ) -> Because {
        let named = self.quoted(fold.collection.span);
        let path = self.resolved(&fold.collection, fold.collection.span);
        let (first, second) = collection
            .variables(fold.variables, position)
            .unwrap_or((Val::Null, Val::Null));
        let (place, element) = match (collection, &first) {
            (Collection::Map(_), Val::Text(key)) => {
                let key = cut::one_line(&format!("{:?}", key.as_str()));
                (format!("entry {key} of `{named}`"), format!("{path}[{key}]"))
            }
            _ => (
                format!("element {position} of `{named}`"),
                format!("{path}[{position}]"),
            ),
        };
        let variables = match (collection, fold.variables) {
            // The one variable is the key.
            (Collection::Map(_), Variables::One) => vec![None],
            (_, Variables::One) => vec![Some(element.clone())],
            (_, Variables::Two) => vec![None, Some(element.clone())],
        };
        let val = match fold.variables {
            Variables::One => first,
            Variables::Two => second,
        };
        if !matches!((collection, fold.variables), (Collection::Map(_), Variables::One)) {
            self.note(&element, &val);
        }
        let (before, bound) = (self.observed.len(), self.bound.len());
        let outer = self.machine.enter(fold, collection, position);
        self.bound.extend(variables);
        let inner = self.because(condition, outcome);
        self.bound.truncate(bound);
        self.machine.leave(outer);
        let is_simple = matches!(condition.kind, NodeKind::Compare { .. } | NodeKind::In { .. });
        let message = match (outcome, &val) {
            // What it is asked of tells more than what it is asked with.
            (Outcome::Holds, _) if !is_simple && !path.contains("resource") => inner.message,
            (Outcome::Holds, Val::Int(_) | Val::Double(_) | Val::Text(_)) if !is_simple => {
                let shown = cut::shown(&val);
                format!("`{}` holds for {shown}, {place}", self.quoted(condition.span))
            }
            (Outcome::Holds, _) if !is_simple => match self.seen_in(&element, before) {
                Some(seen) => format!("{seen}, in {place}"),
                None => format!("`{}` holds for {place}", self.quoted(condition.span)),
            },
            (Outcome::Holds | Outcome::Fails, _) => format!("{}, in {place}", inner.message),
        };
        Because {
            message,
            span: node.span,
        }
    }

    /// The numbers and texts in an element that were looked at after the first so many values, as a clause; `None` when there
    /// was none.
    fn seen_in(&self, element: &str, before: usize) -> Option<String> {
        let seen = self.observed.iter().skip(before);
        let mut told: Vec<String> = seen
            .filter_map(|observed| {
                let rest = observed.expression.split_once(element);
                let (before, rest) = rest?;
                let name = format!("{before}{}", rest.strip_prefix('.').unwrap_or(rest));
                let is_scalar = matches!(observed.value, Value::Int(_) | Value::Float(_) | Value::String(_));
                let shown = cut::one_line(&observed.value.to_string());
                is_scalar.then(|| format!("`{}` is {shown}", cut::one_line(&name)))
            })
            .collect();
        let more = told.len().saturating_sub(MAX_SEEN);
        told.truncate(MAX_SEEN);
        match (told.as_slice(), more) {
            ([], _) => None,
            ([one], _) => Some(one.clone()),
            ([first @ .., last], 0) => Some(format!("{} and {last}", first.join(", "))),
            (several, more) => Some(format!("{} and {more} more", several.join(", "))),
        }
    }

    /// The elements together decided.
    fn decided_by_all(
        &mut self,
        node: &'a Node,
        fold: &'a Fold,
        collection: &Collection<'a>,
        outcome: Outcome,
    ) -> Because {
        let val = self.observe(&fold.collection);
        let named = self.quoted(fold.collection.span);
        let condition = fold
            .condition
            .as_ref()
            .map(|condition| self.quoted(condition.span))
            .unwrap_or_default();
        let count = collection.len();
        let because = |message: String| Because {
            message,
            span: node.span,
        };
        if count == 0 {
            return because(match val {
                Val::Null => self.null_message(&fold.collection),
                Val::List(_) | Val::Map(_) => format!("`{named}` is empty"),
                other => format!("`{named}` is {}, not a list", cut::shown(&other)),
            });
        }
        because(match (fold.kind, outcome) {
            (FoldKind::Exists, Outcome::Fails) if count == 1 => {
                format!("the only element of `{named}` does not satisfy `{condition}`")
            }
            (FoldKind::Exists, Outcome::Fails) => {
                format!("none of the {count} elements of `{named}` satisfies `{condition}`")
            }
            (FoldKind::All, Outcome::Holds) if count == 1 => {
                format!("the only element of `{named}` satisfies `{condition}`")
            }
            (FoldKind::All, Outcome::Holds) => {
                format!("each of the {count} elements of `{named}` satisfies `{condition}`")
            }
            (FoldKind::ExistsOne, _) => {
                let holding = |position: &usize| {
                    let truth = self
                        .machine
                        .condition_at(fold, collection, *position, Neutral::False);
                    matches!(truth, Kleene::True)
                };
                let satisfying = (0..count).filter(holding).count();
                let required = match outcome {
                    Outcome::Fails => "required exactly one",
                    Outcome::Holds => "required none or several",
                };
                format!("{satisfying} of the {count} elements of `{named}` satisfy `{condition}`, {required}")
            }
            (FoldKind::Exists | FoldKind::Filter | FoldKind::Map, Outcome::Holds)
            | (FoldKind::All | FoldKind::Filter | FoldKind::Map, Outcome::Fails) => {
                self.stated(node, outcome).message
            }
        })
    }
}
