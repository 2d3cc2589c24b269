//! Whether a value is marked as sensitive, told by evaluating it twice, and what of a value is ephemeral.
//!
//! <https://developer.hashicorp.com/terraform/language/functions/issensitive> and
//! <https://developer.hashicorp.com/terraform/language/functions/ephemeralasnull>.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use plumb_model::value::Text;

use super::evaluator::Evaluator;
use super::instance::Instance;
use super::scope::{Evaluated, Scope};
use super::syntax::{Expr, ExprKind, Part, Step};
use crate::place::Place;
use crate::val::{Kind, Val};

/// The names that were looked at, with the addresses of their modules.
type Seen = BTreeSet<(String, Text)>;

impl Evaluator<'_> {
    /// `issensitive(…)`: a value that is kept back in one evaluation and not in the other is marked.
    ///
    /// What blocks and loops hand on has lost its mark, so of expressions with these it is not known.
    pub(crate) fn marked(&self, argument: &Expr, scope: Scope<'_>, place: Option<Place>) -> Evaluated {
        let unknown = |why: Text| Ok(Val::placed(Kind::Unknown(why), place));
        if !is_traceable(argument, scope, &mut Seen::new()) {
            return unknown("whether a provider or a loop marks it is not known".into());
        }
        let kept = self.keeping(|| self.evaluate(argument, scope))?;
        let revealed = self.revealing(|| self.evaluate(argument, scope))?;
        let is_marked = match (kept.why_unknown(), revealed.why_unknown()) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(kept), Some(revealed)) if kept != revealed => true,
            (Some(why), Some(_)) => return unknown(why.clone()),
        };
        Ok(Val::placed(Kind::Bool(is_marked), place))
    }

    /// `ephemeralasnull(…)`: null for what is there only while code is applied, all else as it is.
    pub(crate) fn without_ephemeral(&self, argument: &Expr, scope: Scope<'_>) -> Evaluated {
        match &argument.kind {
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.without_ephemeral(item, scope));
                let items = items.collect::<Result<_, _>>()?;
                Ok(Val::placed(Kind::List(Arc::new(items)), argument.place))
            }
            ExprKind::Traversal(base, steps)
                if let (ExprKind::Variable(name), [Step::Key(key), ..]) = (&base.kind, steps.as_slice())
                    && scope.local(name).is_none() =>
            {
                let variables = &scope.instance.module.variables;
                let is_ephemeral = match name.as_str() {
                    "ephemeral" => true,
                    "var" => variables.get(key).is_some_and(|variable| variable.ephemeral),
                    _ => false,
                };
                match is_ephemeral {
                    true => Ok(Val::placed(Kind::Null, argument.place)),
                    false => self.evaluate(argument, scope),
                }
            }
            _ => {
                let value = self.evaluate(argument, scope)?;
                let kept = self.keeping(|| self.evaluate(argument, scope))?;
                // What is kept back may be ephemeral or only sensitive.
                Ok(match kept.why_partly_unknown() {
                    None => value,
                    Some(_) => kept,
                })
            }
        }
    }
}

/// Whether every mark of a value comes from variables and functions.
fn is_traceable(expr: &Expr, scope: Scope<'_>, seen: &mut Seen) -> bool {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::String(_) => {
            true
        }
        ExprKind::List(items) => items.iter().all(|item| is_traceable(item, scope, seen)),
        ExprKind::Object(entries) => entries
            .iter()
            .all(|(key, value)| is_traceable(key, scope, seen) && is_traceable(value, scope, seen)),
        ExprKind::Template(parts) => parts.iter().all(|part| is_part_traceable(part, scope, seen)),
        // The key of an object is a name that means itself.
        ExprKind::Variable(name) => scope.local(name).is_none(),
        ExprKind::Conditional(sides) => sides.iter().all(|side| is_traceable(side, scope, seen)),
        ExprKind::Call(call) => call
            .arguments
            .iter()
            .all(|argument| is_traceable(argument, scope, seen)),
        ExprKind::Not(inner) | ExprKind::Negate(inner) => is_traceable(inner, scope, seen),
        ExprKind::Binary(_, sides) => sides.iter().all(|side| is_traceable(side, scope, seen)),
        ExprKind::For(_) => false,
        ExprKind::Traversal(base, steps) => {
            let indices = steps.iter().all(|step| match step {
                Step::Index(index) => is_traceable(index, scope, seen),
                Step::Key(_) | Step::AttributeSplat | Step::FullSplat => true,
            });
            indices
                && match (&base.kind, steps.as_slice()) {
                    (ExprKind::Variable(name), _) if scope.local(name).is_some() => false,
                    (ExprKind::Variable(name), [Step::Key(key), ..]) => {
                        is_name_traceable(name, key, scope.instance, seen)
                    }
                    (ExprKind::Variable(_), _) => false,
                    (_, _) => is_traceable(base, scope, seen),
                }
        }
    }
}

fn is_part_traceable(part: &Part, scope: Scope<'_>, seen: &mut Seen) -> bool {
    match part {
        Part::Literal(_) => true,
        Part::Value(expr) => is_traceable(expr, scope, seen),
        Part::If { condition, yes, no } => {
            is_traceable(condition, scope, seen)
                && yes
                    .iter()
                    .chain(no)
                    .all(|part| is_part_traceable(part, scope, seen))
        }
        Part::For { .. } => false,
    }
}

fn is_name_traceable(name: &str, key: &Text, instance: &Rc<Instance>, seen: &mut Seen) -> bool {
    match name {
        "path" | "terraform" | "tofu" => true,
        "local" => {
            // One that is being looked at, or was, adds nothing.
            if !seen.insert((instance.address.clone(), key.clone())) {
                return true;
            }
            let local = instance.module.locals.get(key);
            local.is_none_or(|expr| is_traceable(expr, Scope::of(instance), seen))
        }
        "var" => {
            let variable = instance.module.variables.get(key);
            let Some(parent) = instance
                .parent
                .as_ref()
                .filter(|_| variable.is_some_and(|variable| !variable.sensitive))
            else {
                return true;
            };
            let call = parent.instance.module.calls.get(parent.call);
            let argument = call.and_then(|call| call.body.attribute(key));
            argument.is_none_or(|argument| is_traceable(&argument.value, Scope::of(&parent.instance), seen))
        }
        _ => false,
    }
}
