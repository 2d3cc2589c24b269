//! The evaluator: runs compiled expressions over borrowed documents within a budget.

mod arithmetic;
mod comparison;
pub(crate) mod fold;

use plumb_model::value::{Reason, Value};

use crate::functions;
use crate::node::{Base, Coercion, Comparison, Node, NodeKind, Step, StepKind};
use crate::scope::Scope;
use crate::val::{Cause, Kleene, ListVal, MapVal, Val};

/// How many steps a rule may take: nodes evaluated, elements visited, and every 64 bytes of text looked at.
pub(crate) const BUDGET: u64 = 1_000_000;

/// How many bytes of text are looked at in one step.
const BYTES_PER_STEP: usize = 64;

/// One run of a rule.
pub(crate) struct Machine<'a> {
    pub(crate) scope: &'a Scope<'a>,
    /// The variables of the macros that are being evaluated, outermost first.
    locals: Vec<Val<'a>>,
    left: u64,
    is_exhausted: bool,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(scope: &'a Scope<'a>) -> Self {
        Self::with_budget(scope, BUDGET)
    }

    pub(crate) fn with_budget(scope: &'a Scope<'a>, steps: u64) -> Self {
        Self {
            scope,
            locals: Vec::new(),
            left: steps,
            is_exhausted: false,
        }
    }

    /// Takes steps from the budget; false when it has run out, and from then on.
    #[must_use]
    pub(crate) fn charge(&mut self, steps: u64) -> bool {
        match self.left.checked_sub(steps) {
            Some(left) if !self.is_exhausted => self.left = left,
            _ => self.is_exhausted = true,
        }
        !self.is_exhausted
    }

    /// Takes steps for looking at text.
    #[must_use]
    pub(crate) fn charge_bytes(&mut self, bytes: usize) -> bool {
        self.charge((bytes / BYTES_PER_STEP) as u64)
    }

    /// Why nothing this run gave may be used: it ran out of its budget.
    pub(crate) fn exhaustion(&self) -> Option<Cause<'a>> {
        self.is_exhausted.then(out_of_budget)
    }

    /// Turns a value into one for callers outside the crate.
    pub(crate) fn exported(&mut self, val: &Val<'a>) -> Value {
        let value = val.to_value(&mut self.left);
        self.is_exhausted |= self.left == 0;
        value
    }

    /// The truth value of an expression; null and whatever is no truth value are false.
    pub(crate) fn truth(&mut self, node: &'a Node) -> Kleene<'a> {
        match &node.kind {
            NodeKind::And(operands) => {
                let mut unknown = None;
                for operand in operands {
                    match self.truth(operand) {
                        Kleene::True => {}
                        Kleene::False => return Kleene::False,
                        Kleene::Unknown(cause) => unknown = unknown.or(Some(cause)),
                    }
                }
                unknown.map_or(Kleene::True, Kleene::Unknown)
            }
            NodeKind::Or(operands) => {
                let mut unknown = None;
                for operand in operands {
                    match self.truth(operand) {
                        Kleene::True => return Kleene::True,
                        Kleene::False => {}
                        Kleene::Unknown(cause) => unknown = unknown.or(Some(cause)),
                    }
                }
                unknown.map_or(Kleene::False, Kleene::Unknown)
            }
            NodeKind::Not(operand) => self.truth(operand).negated(),
            NodeKind::Compare {
                comparison,
                left,
                right,
            } => {
                if !self.charge(1) {
                    return Kleene::Unknown(out_of_budget());
                }
                let (left, right) = (self.eval(left), self.eval(right));
                match comparison {
                    Comparison::Equal => self.equal(&left, &right),
                    Comparison::NotEqual => self.equal(&left, &right).negated(),
                    Comparison::Less
                    | Comparison::LessOrEqual
                    | Comparison::Greater
                    | Comparison::GreaterOrEqual => self.ordered(*comparison, &left, &right),
                }
            }
            NodeKind::In { item, collection } => {
                if !self.charge(1) {
                    return Kleene::Unknown(out_of_budget());
                }
                let (item, collection) = (self.eval(item), self.eval(collection));
                self.contained(&item, &collection)
            }
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
            | NodeKind::Choose { .. }
            | NodeKind::Call { .. }
            | NodeKind::Matches { .. }
            | NodeKind::Inventory(_)
            | NodeKind::RegionalInventory { .. }
            | NodeKind::Related { .. }
            | NodeKind::Exposure { .. }
            | NodeKind::Fold(_) => self.eval(node).truth(),
        }
    }

    /// The value of an expression.
    pub(crate) fn eval(&mut self, node: &'a Node) -> Val<'a> {
        if !self.charge(1) {
            return Val::Unknown(out_of_budget());
        }
        match &node.kind {
            NodeKind::Literal(value) => Val::read(value),
            NodeKind::Moment(moment) => Val::Moment(*moment),
            NodeKind::Length(length) => Val::Length(*length),
            NodeKind::Now => Val::Moment(self.scope.now),
            NodeKind::Path { base, steps, .. } => self.path(base, steps),
            NodeKind::Index { target, index } => {
                let (target, index) = (self.eval(target), self.eval(index));
                self.indexed(&target, &index)
            }
            NodeKind::Coerce { coercion, inner } => coerced(*coercion, self.eval(inner)),
            NodeKind::List(items) => Val::list(items.iter().map(|item| self.eval(item)).collect()),
            NodeKind::Map(entries) => self.made_map(entries),
            NodeKind::And(_)
            | NodeKind::Or(_)
            | NodeKind::Not(_)
            | NodeKind::Compare { .. }
            | NodeKind::In { .. } => self.truth(node).into_val(),
            NodeKind::Negate(operand) => arithmetic::negated(self.eval(operand)),
            NodeKind::Arithmetic {
                arithmetic,
                left,
                right,
            } => {
                let (left, right) = (self.eval(left), self.eval(right));
                self.arithmetic(*arithmetic, left, right)
            }
            NodeKind::Choose { condition, yes, no } => match self.truth(condition) {
                Kleene::True => self.eval(yes),
                Kleene::False => self.eval(no),
                Kleene::Unknown(cause) => match (self.eval(yes), self.eval(no)) {
                    (Val::Bool(yes), Val::Bool(no)) if yes == no => Val::Bool(yes),
                    _ => Val::Unknown(cause),
                },
            },
            NodeKind::Call { function, arguments } => {
                let mut values = [Val::Null, Val::Null, Val::Null];
                for (slot, argument) in values.iter_mut().zip(arguments) {
                    *slot = self.eval(argument);
                }
                functions::call(self, *function, values, arguments.len())
            }
            NodeKind::Matches { text, regex } => {
                let text = self.eval(text);
                functions::text::matches(self, &text, regex)
            }
            NodeKind::Inventory(resource_type) => {
                Val::List(ListVal::Resources(self.scope.inventory.of_type(resource_type)))
            }
            NodeKind::RegionalInventory {
                resource_type,
                region,
            } => match self.eval(region) {
                Val::Text(region) => {
                    let found = self.scope.inventory.of_type_in(resource_type, region.as_str());
                    self.found(found)
                }
                Val::Unknown(cause) => Val::Unknown(cause),
                _ => Val::Null,
            },
            NodeKind::Related {
                resource,
                resource_type,
            } => match self.eval(resource) {
                Val::Map(MapVal::Read { value, .. }) => {
                    let found = self.scope.inventory.related(value, resource_type);
                    self.found(found)
                }
                Val::Unknown(cause) => Val::Unknown(cause),
                _ => Val::Null,
            },
            NodeKind::Exposure { resource } => match self.eval(resource) {
                Val::Map(MapVal::Read { value, .. }) => match self.scope.inventory.exposure(value) {
                    Some(exposure) => Val::read(exposure),
                    None => Val::unknown(Reason::NotCollected, "what reaches it was not looked at"),
                },
                Val::Unknown(cause) => Val::Unknown(cause),
                _ => Val::Null,
            },
            NodeKind::Fold(fold) => self.fold(fold),
        }
    }

    /// Resources that were looked up, at the price of one step each.
    fn found(&mut self, resources: Vec<&'a Value>) -> Val<'a> {
        if self.charge(resources.len() as u64) {
            Val::List(ListVal::Found(resources.into()))
        } else {
            Val::Unknown(out_of_budget())
        }
    }

    /// Follows a path; inside documents by reference.
    fn path(&mut self, base: &'a Base, steps: &'a [Step]) -> Val<'a> {
        let document = match base {
            Base::Resource => Some(self.scope.resource),
            Base::Account => Some(self.scope.account),
            Base::Params => Some(self.scope.params),
            Base::Local(slot) => match self.locals.get(*slot) {
                Some(Val::Map(MapVal::Read { value, .. })) => Some(*value),
                _ => None,
            },
            Base::Node(_) => None,
        };
        let mut steps = steps.iter();
        let mut val = match document {
            None => self.base(base),
            Some(mut value) => loop {
                match (value, steps.as_slice().first().map(|step| &step.kind)) {
                    (Value::Map(map), Some(StepKind::Key(key))) => match map.get(key) {
                        Some(found) => value = found,
                        None => {
                            steps.next();
                            break Val::Null;
                        }
                    },
                    (Value::List(list), Some(StepKind::Index(0))) if !list.is_empty() => {
                        value = list.first().unwrap_or(value);
                    }
                    (_, _) => break Val::read(value),
                }
                steps.next();
            },
        };
        for step in steps {
            val = self.step(val, &step.kind);
        }
        val
    }

    /// The value that a path begins with.
    pub(crate) fn base(&mut self, base: &'a Base) -> Val<'a> {
        match base {
            Base::Resource => Val::read(self.scope.resource),
            Base::Account => Val::read(self.scope.account),
            Base::Params => Val::read(self.scope.params),
            Base::Local(slot) => self.locals.get(*slot).cloned().unwrap_or(Val::Null),
            Base::Node(node) => self.eval(node),
        }
    }

    /// One step on from a value.
    pub(crate) fn step(&mut self, val: Val<'a>, step: &'a StepKind) -> Val<'a> {
        match (val, step) {
            (Val::Unknown(cause), _) => Val::Unknown(cause),
            (Val::Map(map), StepKind::Key(key)) => map.get(key).unwrap_or(Val::Null),
            (Val::List(list), StepKind::Index(index)) => self.element(&list, *index),
            (Val::Map(map), StepKind::Length) => map.get("length").unwrap_or(Val::Null),
            (val, StepKind::Length) => functions::collection::size(self, &val),
            (_, StepKind::Key(_) | StepKind::Index(_)) => Val::Null,
        }
    }

    fn element(&mut self, list: &ListVal<'a>, index: i64) -> Val<'a> {
        let looked_at = usize::try_from(index).unwrap_or(0).min(list.len());
        if self.charge((looked_at / 8) as u64) {
            list.element(index)
        } else {
            Val::Unknown(out_of_budget())
        }
    }

    fn indexed(&mut self, target: &Val<'a>, index: &Val<'a>) -> Val<'a> {
        match (target, index) {
            (Val::Unknown(cause), _) | (_, Val::Unknown(cause)) => Val::Unknown(cause.clone()),
            (Val::List(list), Val::Int(index)) => self.element(list, *index),
            (Val::Map(map), Val::Text(key)) => map.get(key.as_str()).unwrap_or(Val::Null),
            _ => Val::Null,
        }
    }

    fn made_map(&mut self, entries: &'a [(Node, Node)]) -> Val<'a> {
        let mut made = Vec::with_capacity(entries.len());
        let mut unknown = None;
        for (key, value) in entries {
            match self.eval(key) {
                Val::Text(key) => made.push((key.to_text(), self.eval(value))),
                Val::Unknown(cause) => unknown = Some(cause),
                _ => {}
            }
        }
        unknown.map_or_else(|| Val::map(made), Val::Unknown)
    }
}

/// Why a run ended early.
pub(crate) fn out_of_budget<'a>() -> Cause<'a> {
    Cause::made(
        Reason::Failed,
        format!("the rule ran out of its budget of {BUDGET} steps"),
    )
}

fn coerced(coercion: Coercion, val: Val<'_>) -> Val<'_> {
    match (coercion, val) {
        (_, unknown @ Val::Unknown(_)) => unknown,
        (Coercion::Timestamp, moment @ Val::Moment(_)) => moment,
        (Coercion::Timestamp, Val::Text(text)) => {
            plumb_model::time::parse(text.as_str()).map_or(Val::Null, Val::Moment)
        }
        (Coercion::Timestamp, _) => Val::Null,
        #[expect(
            clippy::cast_precision_loss,
            reason = "the schema says that the number is a floating point one"
        )]
        (Coercion::Double, Val::Int(int)) => Val::Double(int as f64),
        (Coercion::Double, other) => other,
    }
}
