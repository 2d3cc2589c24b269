//! `Rows`: what a query returns of its matches.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use plumb_model::value::{Text, Value};

use super::formula::{Formula, Scope};
use super::item::Item;
use super::matcher::{Budget, End, Flow};
use super::plan::PARTS_PER_STEP;
use super::property::Scale;
use super::syntax::{Ranking, Repeats};
use crate::security::SecurityGraph;

/// The columns of a query and how its rows are chosen.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) columns: Vec<Text>,
    /// One for each column.
    pub(crate) items: Vec<Formula>,
    pub(crate) aggregates: Vec<Aggregate>,
    pub(crate) order: Vec<(Key, Ranking)>,
    pub(crate) repeats: Repeats,
    pub(crate) skip: u64,
    pub(crate) limit: Option<u64>,
}

/// What rows are ordered by.
#[derive(Debug)]
pub(crate) enum Key {
    Column(usize),
    Formula(Formula),
}

/// A function over all rows of a group.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) fold: Fold,
    /// None counts rows.
    pub(crate) argument: Option<Formula>,
    pub(crate) repeats: Repeats,
}

/// What such a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Count,
    Collect,
    Min,
    Max,
}

/// The rows so far.
pub(crate) struct Rows<'q> {
    output: &'q Output,
    rows: Vec<Row>,
    seen: BTreeSet<Vec<Item>>,
    groups: BTreeMap<Vec<Item>, usize>,
    states: Vec<Vec<State>>,
    values: u64,
    cost: u64,
}

#[derive(Debug)]
struct Row {
    keys: Vec<Item>,
    items: Vec<Item>,
}

/// What a function has seen of a group.
#[derive(Debug, Default)]
struct State {
    count: i64,
    seen: BTreeSet<Item>,
    list: Vec<Item>,
    best: Option<Item>,
}

impl<'q> Rows<'q> {
    pub(crate) fn new(output: &'q Output) -> Self {
        let mut rows = Self {
            output,
            rows: Vec::new(),
            seen: BTreeSet::new(),
            groups: BTreeMap::new(),
            states: Vec::new(),
            values: 0,
            cost: cost(output) / PARTS_PER_STEP,
        };
        let is_one_group = output.items.iter().all(is_folded) && !output.aggregates.is_empty();
        if is_one_group {
            rows.groups.insert(vec![Item::Null; output.items.len()], 0);
            rows.states.push(rows.fresh());
        }
        rows
    }

    /// Whether no further match can change the result.
    pub(crate) fn is_enough(&self) -> bool {
        let Some(limit) = self.output.limit else {
            return false;
        };
        let is_plain = self.output.aggregates.is_empty() && self.output.order.is_empty();
        limit == 0 || is_plain && self.rows.len() as u64 >= limit.saturating_add(self.output.skip)
    }

    /// What taking a match in costs, in steps.
    pub(crate) fn cost(&self) -> u64 {
        self.cost
    }

    /// Takes a match in.
    pub(crate) fn add(&mut self, scope: &Scope<'_>, budget: &Budget) -> Flow {
        if self.output.aggregates.is_empty() {
            self.plain(scope);
        } else {
            self.grouped(scope);
        }
        if self.is_enough() {
            return ControlFlow::Break(End::Enough);
        }
        let rows = self.rows.len().max(self.states.len()).max(self.seen.len());
        budget.keep(rows as u64, self.values)
    }

    fn plain(&mut self, scope: &Scope<'_>) {
        let items: Vec<Item> = self
            .output
            .items
            .iter()
            .map(|item| scope.evaluate(item))
            .collect();
        if self.output.repeats == Repeats::Dropped {
            if self.seen.contains(&items) {
                return;
            }
            self.values += weight(&items);
            self.seen.insert(items.clone());
        }
        let keys = self.keys(&items, Some(scope));
        self.values += weight(&items) + weight(&keys);
        self.rows.push(Row { keys, items });
        self.prune();
    }

    /// Drops rows that can no longer be among the first that are wanted.
    fn prune(&mut self) {
        let Some(limit) = self.output.limit else {
            return;
        };
        let wanted = usize::try_from(limit.saturating_add(self.output.skip)).unwrap_or(usize::MAX);
        if self.rows.len() < wanted.saturating_mul(2).saturating_add(1024) {
            return;
        }
        self.sort();
        let dropped = self.rows.split_off(wanted);
        let weights = dropped.iter().map(|row| weight(&row.items) + weight(&row.keys));
        self.values = self.values.saturating_sub(weights.sum());
    }

    fn grouped(&mut self, scope: &Scope<'_>) {
        let group: Vec<Item> = self
            .output
            .items
            .iter()
            .map(|item| {
                if is_folded(item) {
                    Item::Null
                } else {
                    scope.evaluate(item)
                }
            })
            .collect();
        let position = match self.groups.get(&group) {
            Some(position) => *position,
            None => {
                self.values += weight(&group);
                self.groups.insert(group, self.states.len());
                self.states.push(self.fresh());
                self.states.len() - 1
            }
        };
        let states = self.states.get_mut(position).into_iter().flatten();
        for (aggregate, state) in self.output.aggregates.iter().zip(states) {
            self.values += state.take(aggregate, scope);
        }
    }

    fn fresh(&self) -> Vec<State> {
        self.output.aggregates.iter().map(|_| State::default()).collect()
    }

    fn keys(&self, items: &[Item], scope: Option<&Scope<'_>>) -> Vec<Item> {
        let key = |(key, _): &(Key, Ranking)| {
            let (item, scale) = match key {
                Key::Column(column) => (
                    items.get(*column).cloned().unwrap_or(Item::Null),
                    self.scale(self.output.items.get(*column)),
                ),
                Key::Formula(formula) => (
                    scope.map_or(Item::Null, |scope| scope.evaluate(formula)),
                    formula.scale(),
                ),
            };
            placed(scale, item)
        };
        self.output.order.iter().map(key).collect()
    }

    /// The scale of a column; that of the argument for the least or greatest of a group.
    fn scale(&self, item: Option<&Formula>) -> Option<Scale> {
        match item? {
            Formula::Aggregate(position) => {
                let aggregate = self.output.aggregates.get(*position)?;
                match aggregate.fold {
                    Fold::Min | Fold::Max => aggregate.argument.as_ref()?.scale(),
                    Fold::Count | Fold::Collect => None,
                }
            }
            formula => formula.scale(),
        }
    }

    /// Sorts by the keys; rows that are alike keep their order.
    fn sort(&mut self) {
        let order = &self.output.order;
        self.rows.sort_by(|a, b| {
            let keys = a.keys.iter().zip(&b.keys).zip(order);
            keys.map(|((a, b), (_, ranking))| match ranking {
                Ranking::Ascending => a.cmp(b),
                Ranking::Descending => b.cmp(a),
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
        });
    }

    /// The rows of the result.
    pub(crate) fn finish(mut self, graph: &SecurityGraph) -> Vec<Vec<Value>> {
        self.close_groups(graph);
        if !self.output.order.is_empty() {
            self.sort();
        }
        let skip = usize::try_from(self.output.skip).unwrap_or(usize::MAX);
        let limit = self
            .output
            .limit
            .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let chosen = self.rows.iter().skip(skip).take(limit);
        chosen
            .map(|row| row.items.iter().map(|item| item.value(graph)).collect())
            .collect()
    }

    fn close_groups(&mut self, graph: &SecurityGraph) {
        let mut groups: Vec<(usize, Vec<Item>)> = std::mem::take(&mut self.groups)
            .into_iter()
            .map(|(group, position)| (position, group))
            .collect();
        groups.sort_unstable_by_key(|(position, _)| *position);
        let states = std::mem::take(&mut self.states);
        for ((_, group), states) in groups.into_iter().zip(states) {
            let aggregates: Vec<Item> = self
                .output
                .aggregates
                .iter()
                .zip(states)
                .map(|(aggregate, state)| state.finish(aggregate.fold))
                .collect();
            let scope = Scope {
                graph,
                slots: &[],
                aggregates: &aggregates,
            };
            let items: Vec<Item> = self
                .output
                .items
                .iter()
                .zip(group)
                .map(|(item, of_group)| {
                    if is_folded(item) {
                        scope.evaluate(item)
                    } else {
                        of_group
                    }
                })
                .collect();
            if self.output.repeats == Repeats::Dropped && !self.seen.insert(items.clone()) {
                continue;
            }
            let keys = self.keys(&items, None);
            self.rows.push(Row { keys, items });
        }
    }
}

impl State {
    /// Takes a row in; returns the weight of what is kept of it.
    fn take(&mut self, aggregate: &Aggregate, scope: &Scope<'_>) -> u64 {
        let Some(argument) = &aggregate.argument else {
            self.count += 1;
            return 0;
        };
        let item = scope.evaluate(argument);
        if item == Item::Null {
            return 0;
        }
        let mut kept = 0;
        if aggregate.repeats == Repeats::Dropped {
            if self.seen.contains(&item) {
                return 0;
            }
            kept += item.weight();
            self.seen.insert(item.clone());
        }
        self.count += 1;
        let place = |item: &Item| placed(argument.scale(), item.clone());
        let is_better = |wanted: Ordering| {
            let best = self.best.as_ref();
            best.is_none_or(|best| place(&item).cmp(&place(best)) == wanted)
        };
        match aggregate.fold {
            Fold::Count => {}
            Fold::Collect => {
                kept += item.weight();
                self.list.push(item);
            }
            Fold::Min if is_better(Ordering::Less) => self.best = Some(item),
            Fold::Max if is_better(Ordering::Greater) => self.best = Some(item),
            Fold::Min | Fold::Max => {}
        }
        kept
    }

    fn finish(self, fold: Fold) -> Item {
        match fold {
            Fold::Count => Item::Int(self.count),
            Fold::Collect => Item::list(self.list),
            Fold::Min | Fold::Max => self.best.unwrap_or(Item::Null),
        }
    }
}

/// How many parts are looked at for a match.
fn cost(output: &Output) -> u64 {
    let folded = output
        .aggregates
        .iter()
        .filter_map(|aggregate| aggregate.argument.as_ref());
    let keys = output.order.iter().filter_map(|(key, _)| match key {
        Key::Column(_) => None,
        Key::Formula(formula) => Some(formula),
    });
    output
        .items
        .iter()
        .chain(folded)
        .chain(keys)
        .map(Formula::cost)
        .sum()
}

fn placed(scale: Option<Scale>, item: Item) -> Item {
    match scale {
        Some(scale) => scale.placed(&item),
        None => item,
    }
}

/// Whether a column is made from functions over all rows.
fn is_folded(formula: &Formula) -> bool {
    match formula {
        Formula::Aggregate(_) => true,
        Formula::List(items) => items.iter().any(is_folded),
        Formula::Not(inner) | Formula::IsNull(inner) | Formula::Call(_, inner) => is_folded(inner),
        Formula::Binary(_, left, right) | Formula::Ranked(_, _, left, right) => {
            is_folded(left) || is_folded(right)
        }
        Formula::Constant(_)
        | Formula::Slot(_)
        | Formula::NodeProperty(_, _)
        | Formula::HopProperty(_, _)
        | Formula::Path(_) => false,
    }
}

fn weight(items: &[Item]) -> u64 {
    items.iter().map(Item::weight).sum()
}
