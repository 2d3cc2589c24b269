//! `Checked`: a query whose names all mean something.

use std::collections::BTreeMap;
use std::ops::Range;

use plumb_model::graph::NodeKind;
use plumb_model::path::EdgeKind;
use plumb_model::value::Text;

use super::Vocabulary;
use super::formula::{Formula, Slot};
use super::index::{Index, Label};
use super::item::Item;
use super::problem::{Problem, nearest};
use super::project::Output;
use super::property::HopProperty;
use super::syntax::{Direction, Expr, HopPattern, Kind, Name, NodePattern, Operator, Pattern, Statement};
use crate::assemble::{CREDENTIALS, INTERNET};

/// What is to be matched and returned.
#[derive(Debug)]
pub(crate) struct Checked {
    /// How many slots a match binds.
    pub(crate) slots: usize,
    pub(crate) nodes: Vec<Node>,
    pub(crate) hops: Vec<Link>,
    /// Conditions that all must be true.
    pub(crate) conditions: Vec<Formula>,
    pub(crate) output: Output,
}

/// A node of the patterns.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) slot: Slot,
    /// All must hold; of each one suffices.
    pub(crate) labels: Vec<Vec<Label>>,
}

/// A relationship of the patterns.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) slot: Slot,
    pub(crate) left: Slot,
    pub(crate) right: Slot,
    pub(crate) direction: Direction,
    /// The fewest and the most hops where the length is variable.
    pub(crate) length: Option<(u64, u64)>,
    pub(crate) types: Types,
    /// What every hop must have.
    pub(crate) properties: Vec<(HopProperty, Item)>,
    /// The `MATCH` that it belongs to, within which no relationship is used twice.
    pub(crate) clause: usize,
}

/// Which relationships a pattern admits.
#[derive(Debug)]
pub(crate) enum Types {
    Any,
    OneOf {
        kinds: Vec<EdgeKind>,
        /// Names of plain relations, in lower case.
        relations: Vec<Text>,
    },
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Variable {
    Node(Slot),
    Hop(Slot),
    Hops(Slot),
    Path(Vec<Slot>),
}

/// A query while its names are resolved.
pub(super) struct Checker<'q> {
    pub(super) source: &'q str,
    index: &'q Index<'q>,
    vocabulary: &'q Vocabulary,
    pub(super) variables: BTreeMap<Text, Variable>,
    slots: usize,
    nodes: Vec<Node>,
    hops: Vec<Link>,
    conditions: Vec<Formula>,
}

impl Checked {
    /// Resolves all names of a query, or says which one means nothing.
    pub(crate) fn new(
        statement: &Statement,
        source: &str,
        index: &Index<'_>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, Problem> {
        let mut checker = Checker {
            source,
            index,
            vocabulary,
            variables: BTreeMap::new(),
            slots: 0,
            nodes: Vec::new(),
            hops: Vec::new(),
            conditions: Vec::new(),
        };
        for (clause, one) in statement.matches.iter().enumerate() {
            for pattern in &one.patterns {
                checker.pattern(pattern, clause)?;
            }
            if let Some(condition) = &one.condition {
                checker.condition(condition)?;
            }
        }
        let output = checker.output(&statement.result)?;
        Ok(Self {
            slots: checker.slots,
            nodes: checker.nodes,
            hops: checker.hops,
            conditions: checker.conditions,
            output,
        })
    }
}

impl Checker<'_> {
    fn pattern(&mut self, pattern: &Pattern, clause: usize) -> Result<(), Problem> {
        let mut left = self.node(&pattern.first)?;
        let mut path = vec![left];
        for (hop, node) in &pattern.rest {
            let slot = self.hop_slot(hop)?;
            let right = self.node(node)?;
            let link = Link {
                slot,
                left,
                right,
                direction: hop.direction,
                length: hop.length,
                types: self.types(&hop.types)?,
                properties: self.hop_properties(hop)?,
                clause,
            };
            self.hops.push(link);
            path.extend([slot, right]);
            left = right;
        }
        match &pattern.path {
            Some(name) => self.declare(name, Variable::Path(path)),
            None => Ok(()),
        }
    }

    /// The slot of a node; a name that stands for a node already means that one.
    fn node(&mut self, pattern: &NodePattern) -> Result<Slot, Problem> {
        let known = pattern
            .name
            .as_ref()
            .and_then(|name| self.variables.get(&name.text));
        let slot = match (known, &pattern.name) {
            (Some(Variable::Node(slot)), _) => *slot,
            (Some(Variable::Hop(_) | Variable::Hops(_) | Variable::Path(_)), Some(name)) => {
                return Err(taken(name));
            }
            (Some(_) | None, _) => {
                let slot = self.slot();
                self.nodes.push(Node {
                    slot,
                    labels: Vec::new(),
                });
                if let Some(name) = &pattern.name {
                    self.declare(name, Variable::Node(slot))?;
                }
                slot
            }
        };
        let mut labels = Vec::new();
        for alternatives in &pattern.labels {
            let all: Result<Vec<Label>, Problem> = alternatives.iter().map(|name| self.label(name)).collect();
            labels.push(all?);
        }
        if let Some(node) = self.nodes.iter_mut().find(|node| node.slot == slot) {
            node.labels.extend(labels);
        }
        for (name, expr) in &pattern.properties {
            let property = Formula::NodeProperty(slot, self.node_property(name)?);
            let condition = self.comparison(Operator::Equal, property, &name.span, expr)?;
            self.conditions.push(condition);
        }
        Ok(slot)
    }

    fn hop_slot(&mut self, hop: &HopPattern) -> Result<Slot, Problem> {
        let slot = self.slot();
        if let Some(name) = &hop.name {
            let variable = match hop.length {
                Some(_) => Variable::Hops(slot),
                None => Variable::Hop(slot),
            };
            self.declare(name, variable)?;
        }
        Ok(slot)
    }

    fn slot(&mut self) -> Slot {
        self.slots += 1;
        self.slots - 1
    }

    fn declare(&mut self, name: &Name, variable: Variable) -> Result<(), Problem> {
        match self.variables.insert(name.text.clone(), variable) {
            None => Ok(()),
            Some(_) => Err(taken(name)),
        }
    }

    fn hop_properties(&self, hop: &HopPattern) -> Result<Vec<(HopProperty, Item)>, Problem> {
        let mut properties = Vec::new();
        for (name, expr) in &hop.properties {
            let property = self.hop_property(name)?;
            // Any slot serves: only the words of the property's scale are checked here.
            self.comparison(
                Operator::Equal,
                Formula::HopProperty(0, property),
                &name.span,
                expr,
            )?;
            let value = match &expr.kind {
                Kind::Text(text) => Item::Text(text.clone()),
                Kind::Int(int) => Item::Int(*int),
                Kind::Null
                | Kind::Bool(_)
                | Kind::List(_)
                | Kind::Name(_)
                | Kind::Property(_, _)
                | Kind::Not(_)
                | Kind::Binary(_, _, _)
                | Kind::IsNull(_)
                | Kind::Call(_) => {
                    return Err(Problem::new(
                        "a property in the pattern of a relationship must be a text or a number",
                        &expr.span,
                        "not a text or number",
                    ));
                }
            };
            properties.push((property, value));
        }
        Ok(properties)
    }

    /// Adds a condition, in parts where it is several that all must hold.
    fn condition(&mut self, expr: &Expr) -> Result<(), Problem> {
        if let Kind::Binary(Operator::And, left, right) = &expr.kind {
            self.condition(left)?;
            return self.condition(right);
        }
        let formula = self.formula(expr)?;
        self.conditions.push(formula);
        Ok(())
    }

    fn label(&self, name: &Name) -> Result<Label, Problem> {
        let kind = NodeKind::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(&name.text));
        if let Some(kind) = kind {
            return Ok(Label::Kind(kind));
        }
        if let Some(meant) = self.vocabulary.labels.get(&name.text) {
            return Ok(Label::Type(meant.clone()));
        }
        if self.index.types().any(|known| *known == name.text) {
            return Ok(Label::Type(name.text.clone()));
        }
        let known = self.vocabulary.labels.keys().chain(self.index.types());
        let kinds = NodeKind::ALL.map(NodeKind::name);
        let near = nearest(&name.text, known.map(Text::as_str).chain(kinds.iter().copied()));
        // What is outside is a node, not a type.
        let is_outside = [INTERNET, CREDENTIALS].contains(&name.text.as_str());
        let near = near.filter(|_| !is_outside);
        let otherwise = if is_outside {
            format!("it is a single node: write `(n {{uid: '{}'}})`", name.text)
        } else {
            format!("a label is a resource type or one of {}", kinds.join(", "))
        };
        Err(unknown("label", name, near, &otherwise))
    }

    fn types(&self, names: &[Name]) -> Result<Types, Problem> {
        if names.is_empty() {
            return Ok(Types::Any);
        }
        let (mut kinds, mut relations) = (Vec::new(), Vec::new());
        let shown: Vec<EdgeKind> = EdgeKind::ALL
            .into_iter()
            .filter(|kind| !kind.is_hidden())
            .collect();
        for name in names {
            let kind = shown
                .iter()
                .find(|kind| kind.name().eq_ignore_ascii_case(&name.text));
            let known = || self.vocabulary.relations.iter().chain(self.index.relations());
            if let Some(kind) = kind {
                kinds.push(*kind);
            } else if known().any(|relation| relation.eq_ignore_ascii_case(&name.text)) {
                relations.push(name.text.to_ascii_lowercase().into());
            } else {
                let names: Vec<&str> = shown.iter().map(|kind| kind.name()).collect();
                let near = nearest(&name.text, known().map(Text::as_str).chain(names.iter().copied()));
                let otherwise = format!("it is the name of a relation or one of {}", names.join(", "));
                return Err(unknown("type of relationship", name, near, &otherwise));
            }
        }
        Ok(Types::OneOf { kinds, relations })
    }
}

fn taken(name: &Name) -> Problem {
    Problem::new(
        format!("`{}` already stands for something else", name.text),
        &name.span,
        "used again",
    )
}

/// The message about a name that means nothing.
pub(super) fn unknown(what: &str, name: &Name, near: Option<&str>, otherwise: &str) -> Problem {
    unknown_at(what, &name.text, &name.span, near, otherwise)
}

/// The same for a name that is only known by its place.
pub(super) fn unknown_at(
    what: &str,
    name: &str,
    span: &Range<usize>,
    near: Option<&str>,
    otherwise: &str,
) -> Problem {
    let problem = Problem::new(format!("unknown {what} `{name}`"), span, "not known");
    match near {
        Some(near) => problem.help(format!("did you mean `{near}`?")),
        None => problem.help(otherwise),
    }
}
