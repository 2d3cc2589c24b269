//! Resolves the names in expressions and in what a query returns.

use std::ops::Range;

use super::check::{Checker, Variable, unknown, unknown_at};
use super::formula::{Formula, Function};
use super::item::Item;
use super::problem::{Problem, nearest};
use super::project::{Aggregate, Fold, Key, Output};
use super::property::{HopProperty, NodeProperty};
use super::syntax::{Arguments, Call, Expr, Kind, Name, Operator, Order, Repeats, Result as Clause};

/// Functions over all rows of a group.
const AGGREGATES: [(&str, Fold); 4] = [
    ("count", Fold::Count),
    ("collect", Fold::Collect),
    ("min", Fold::Min),
    ("max", Fold::Max),
];

impl Checker<'_> {
    pub(super) fn output(&self, clause: &Clause) -> Result<Output, Problem> {
        let mut output = Output {
            columns: Vec::new(),
            items: Vec::new(),
            aggregates: Vec::new(),
            order: Vec::new(),
            repeats: clause.repeats,
            skip: clause.skip,
            limit: clause.limit,
        };
        for item in &clause.items {
            let column = match &item.alias {
                Some(alias) => alias.text.as_str(),
                None => self.text(&item.expr),
            };
            if output.columns.iter().any(|known| known == column) {
                let span = item.alias.as_ref().map_or(&item.expr.span, |alias| &alias.span);
                return Err(
                    Problem::new(format!("two columns are called `{column}`"), span, "again")
                        .help("give one of them another name with `AS`"),
                );
            }
            let before = output.aggregates.len();
            let formula = self.with_aggregates(&item.expr, &mut output.aggregates)?;
            let mut other = false;
            formula.slots(&mut |_| other = true);
            if other && output.aggregates.len() > before {
                let message = "a column cannot mix a function over all rows with a value of each row";
                return Err(Problem::new(message, &item.expr.span, "mixed")
                    .help("return the value of each row in a column of its own"));
            }
            output.columns.push(column.into());
            output.items.push(formula);
        }
        for order in &clause.order {
            let key = self.key(order, clause, &output)?;
            output.order.push((key, order.ranking));
        }
        Ok(output)
    }

    /// A key of the order: a column, or else, where every match is a row, any expression.
    fn key(&self, order: &Order, clause: &Clause, output: &Output) -> Result<Key, Problem> {
        let text = self.text(&order.expr);
        let column = output
            .columns
            .iter()
            .position(|column| column == text)
            .or_else(|| clause.items.iter().position(|item| self.text(&item.expr) == text));
        if let Some(column) = column {
            return Ok(Key::Column(column));
        }
        if !output.aggregates.is_empty() || clause.repeats == Repeats::Dropped {
            return Err(Problem::new(
                "rows that stand for several matches can only be ordered by a column",
                &order.expr.span,
                "not a column",
            )
            .help("return it with `AS` and order by that name"));
        }
        self.formula(&order.expr).map(Key::Formula)
    }

    /// The text of an expression as written.
    fn text(&self, expr: &Expr) -> &str {
        self.source.get(expr.span.clone()).unwrap_or_default()
    }

    fn with_aggregates(&self, expr: &Expr, aggregates: &mut Vec<Aggregate>) -> Result<Formula, Problem> {
        match &expr.kind {
            Kind::Call(call) => match aggregate(call) {
                Some(fold) => {
                    aggregates.push(self.aggregate(fold, call, expr)?);
                    Ok(Formula::Aggregate(aggregates.len() - 1))
                }
                None => {
                    let (function, argument) = self.call(call, expr)?;
                    let argument = self.with_aggregates(argument, aggregates)?;
                    Ok(Formula::Call(function, Box::new(argument)))
                }
            },
            Kind::Not(inner) => Ok(Formula::Not(Box::new(self.with_aggregates(inner, aggregates)?))),
            Kind::IsNull(inner) => Ok(Formula::IsNull(Box::new(
                self.with_aggregates(inner, aggregates)?,
            ))),
            Kind::Binary(operator, left, right) => {
                let place = left.span.clone();
                let left = self.with_aggregates(left, aggregates)?;
                let inner = self.with_aggregates(right, aggregates)?;
                self.joined(*operator, left, &place, inner, right)
            }
            Kind::List(items) => {
                let items: Result<Vec<Formula>, Problem> = items
                    .iter()
                    .map(|item| self.with_aggregates(item, aggregates))
                    .collect();
                Ok(folded(items?))
            }
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Text(_)
            | Kind::Name(_)
            | Kind::Property(_, _) => self.simple(expr),
        }
    }

    fn aggregate(&self, fold: Fold, call: &Call, expr: &Expr) -> Result<Aggregate, Problem> {
        let argument = match &call.arguments {
            Arguments::Star if fold == Fold::Count && call.repeats == Repeats::Kept => None,
            Arguments::Star => {
                return Err(Problem::new(
                    "only `count(*)` can have a star",
                    &expr.span,
                    "here",
                ));
            }
            Arguments::List(arguments) => match arguments.as_slice() {
                [argument] => Some(self.formula(argument)?),
                _ => return Err(one_argument(&call.function)),
            },
        };
        Ok(Aggregate {
            fold,
            argument,
            repeats: call.repeats,
        })
    }

    /// An expression without functions over all rows.
    pub(super) fn formula(&self, expr: &Expr) -> Result<Formula, Problem> {
        let mut aggregates = Vec::new();
        let formula = self.with_aggregates(expr, &mut aggregates)?;
        if !aggregates.is_empty() {
            return Err(Problem::new(
                "`count`, `collect`, `min` and `max` can only stand in `RETURN`, and not within each other",
                &expr.span,
                "not here",
            ));
        }
        Ok(formula)
    }

    /// An expression that has no parts.
    fn simple(&self, expr: &Expr) -> Result<Formula, Problem> {
        Ok(match &expr.kind {
            Kind::Bool(bool) => Formula::Constant(Item::Bool(*bool)),
            Kind::Int(int) => Formula::Constant(Item::Int(*int)),
            Kind::Text(text) => Formula::Constant(Item::Text(text.clone())),
            Kind::Name(name) => match self.variable(name, &expr.span)? {
                Variable::Node(slot) | Variable::Hop(slot) | Variable::Hops(slot) => Formula::Slot(*slot),
                Variable::Path(slots) => Formula::Path(slots.clone()),
            },
            Kind::Property(owner, property) => {
                match self.variable(&owner.text, &owner.span)? {
                    Variable::Node(slot) => Formula::NodeProperty(*slot, self.node_property(property)?),
                    Variable::Hop(slot) => Formula::HopProperty(*slot, self.hop_property(property)?),
                    Variable::Hops(_) | Variable::Path(_) => {
                        return Err(Problem::new(
                        format!("`{}` stands for several relationships, which have no properties", owner.text),
                        &expr.span,
                        "not one node or relationship",
                    )
                    .help("what every hop must have stands in its pattern: `-[*1..3 {certainty: 'certain'}]->`"));
                    }
                }
            }
            Kind::Null
            | Kind::List(_)
            | Kind::Not(_)
            | Kind::Binary(_, _, _)
            | Kind::IsNull(_)
            | Kind::Call(_) => Formula::Constant(Item::Null),
        })
    }

    fn variable(&self, name: &str, span: &Range<usize>) -> Result<&Variable, Problem> {
        self.variables.get(name).ok_or_else(|| {
            let near = nearest(name, self.variables.keys().map(|known| known.as_str()));
            unknown_at(
                "variable",
                name,
                span,
                near,
                "name it in a pattern: `(name:label)`",
            )
        })
    }

    pub(super) fn node_property(&self, name: &Name) -> Result<NodeProperty, Problem> {
        let all = NodeProperty::ALL;
        all.into_iter()
            .find(|property| property.name() == name.text)
            .ok_or_else(|| unknown_property(name, &all.map(NodeProperty::name)))
    }

    pub(super) fn hop_property(&self, name: &Name) -> Result<HopProperty, Problem> {
        let all = HopProperty::ALL;
        all.into_iter()
            .find(|property| property.name() == name.text)
            .ok_or_else(|| unknown_property(name, &all.map(HopProperty::name)))
    }

    /// The function that is called, and its argument.
    fn call<'e>(&self, call: &'e Call, expr: &Expr) -> Result<(Function, &'e Expr), Problem> {
        let name = &call.function;
        let found = Function::ALL
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&name.text));
        let Some((_, function)) = found else {
            let known = Function::ALL.map(|(known, _)| known);
            let near = nearest(
                &name.text,
                known
                    .into_iter()
                    .chain(AGGREGATES.iter().map(|(known, _)| *known)),
            );
            let all = format!("known are {}, count, collect, min, max", known.join(", "));
            return Err(unknown("function", name, near, &all));
        };
        let argument = match &call.arguments {
            Arguments::List(arguments) if call.repeats == Repeats::Kept => match arguments.as_slice() {
                [argument] => argument,
                _ => return Err(one_argument(name)),
            },
            Arguments::List(_) | Arguments::Star => {
                let message = format!("`{}` takes a value of one row", name.text);
                return Err(Problem::new(message, &expr.span, "not that"));
            }
        };
        self.fits(function, name, argument)?;
        Ok((function, argument))
    }

    /// Whether a variable is what the function is for.
    fn fits(&self, function: Function, name: &Name, argument: &Expr) -> Result<(), Problem> {
        let Kind::Name(variable) = &argument.kind else {
            return Ok(());
        };
        let variable = self.variable(variable, &argument.span)?;
        let (fits, wanted) = match function {
            Function::Type => (matches!(variable, Variable::Hop(_)), "one relationship"),
            Function::Labels | Function::Id => (matches!(variable, Variable::Node(_)), "a node"),
            Function::Nodes | Function::Relationships | Function::Length => (
                matches!(variable, Variable::Path(_)),
                "a path: `MATCH p = (a)-->(b)`",
            ),
            Function::Size => (matches!(variable, Variable::Hops(_)), "a list or a text"),
            Function::ToLower | Function::ToUpper => (false, "a text"),
        };
        match fits {
            true => Ok(()),
            false => Err(Problem::new(
                format!("`{}` takes {wanted}", name.text),
                &argument.span,
                "something else",
            )),
        }
    }

    /// A comparison of a resolved left side with a right side as written.
    pub(super) fn comparison(
        &self,
        operator: Operator,
        left: Formula,
        left_span: &Range<usize>,
        right: &Expr,
    ) -> Result<Formula, Problem> {
        let inner = self.formula(right)?;
        self.joined(operator, left, left_span, inner, right)
    }

    /// Puts two sides together; words of a scale are checked, and compared by their places on it.
    fn joined(
        &self,
        operator: Operator,
        left: Formula,
        left_span: &Range<usize>,
        right: Formula,
        right_expr: &Expr,
    ) -> Result<Formula, Problem> {
        let scale = left.scale().or_else(|| right.scale());
        if let Some(scale) = scale {
            for (side, span) in [(&left, left_span), (&right, &right_expr.span)] {
                words(side, &scale.words(), operator, span)?;
            }
        }
        let (left, right) = (Box::new(left), Box::new(right));
        Ok(match (operator, scale) {
            (
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual,
                Some(scale),
            ) => Formula::Ranked(scale, operator, left, right),
            _ => Formula::Binary(operator, left, right),
        })
    }
}

/// Refuses a constant that is compared with a property and that the property never is.
fn words(side: &Formula, words: &[&str], operator: Operator, span: &Range<usize>) -> Result<(), Problem> {
    match operator {
        Operator::StartsWith
        | Operator::EndsWith
        | Operator::Contains
        | Operator::And
        | Operator::Or
        | Operator::Xor => return Ok(()),
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::In => {}
    }
    let refused = |text: &str| {
        let near = nearest(text, words.iter().copied());
        unknown_at(
            "value",
            text,
            span,
            near,
            &format!("it is one of {}", words.join(", ")),
        )
    };
    let constants = match side {
        Formula::Constant(Item::List(items)) => items.as_ref(),
        Formula::Constant(item) => std::slice::from_ref(item),
        Formula::Slot(_)
        | Formula::NodeProperty(_, _)
        | Formula::HopProperty(_, _)
        | Formula::Path(_)
        | Formula::List(_)
        | Formula::Not(_)
        | Formula::Binary(_, _, _)
        | Formula::Ranked(_, _, _, _)
        | Formula::IsNull(_)
        | Formula::Call(_, _)
        | Formula::Aggregate(_) => &[],
    };
    for constant in constants {
        match constant {
            Item::Text(text) if !words.contains(&text.as_str()) => return Err(refused(text)),
            Item::Null
            | Item::Bool(_)
            | Item::Int(_)
            | Item::Text(_)
            | Item::List(_)
            | Item::Node(_)
            | Item::Hop(_)
            | Item::Path(_) => {}
        }
    }
    Ok(())
}

/// A list, made once where all of its items are constants.
fn folded(items: Vec<Formula>) -> Formula {
    let constants: Option<Vec<Item>> = items
        .iter()
        .map(|item| match item {
            Formula::Constant(item) => Some(item.clone()),
            Formula::Slot(_)
            | Formula::NodeProperty(_, _)
            | Formula::HopProperty(_, _)
            | Formula::Path(_)
            | Formula::List(_)
            | Formula::Not(_)
            | Formula::Binary(_, _, _)
            | Formula::Ranked(_, _, _, _)
            | Formula::IsNull(_)
            | Formula::Call(_, _)
            | Formula::Aggregate(_) => None,
        })
        .collect();
    match constants {
        Some(constants) => Formula::Constant(Item::list(constants)),
        None => Formula::List(items),
    }
}

fn aggregate(call: &Call) -> Option<Fold> {
    AGGREGATES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(&call.function.text))
        .map(|(_, fold)| *fold)
}

fn one_argument(function: &Name) -> Problem {
    let message = format!("`{}` takes one argument", function.text);
    Problem::new(message, &function.span, "here")
}

fn unknown_property(name: &Name, known: &[&str]) -> Problem {
    let near = nearest(&name.text, known.iter().copied());
    unknown(
        "property",
        name,
        near,
        &format!("it is one of {}", known.join(", ")),
    )
}
