//! `Inherit`: arguments that other blocks of a stack decide where nobody writes them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plumb_model::value::{Text, Value};
use plumb_pack::mapping::{ArgumentPath, Inherited, Otherwise};

use crate::declared::Declared;
use crate::mapping::complete::scalar_text;
use crate::mapping::scope::Here;
use crate::mapping::{Prepared, Surroundings};
use crate::val::{Kind, Val};

/// Blocks by their type and the texts of some of their arguments.
type Index<'p> = HashMap<(&'p str, Vec<&'p str>), HashMap<Vec<Text>, Vec<usize>>>;

/// The arguments that blocks have from others, for each of them that has any.
pub(super) fn inherited(blocks: &[Prepared<'_>]) -> BTreeMap<usize, Vec<(Text, Val)>> {
    let mut index = Index::new();
    let mut found: BTreeMap<usize, Vec<(Text, Val)>> = BTreeMap::new();
    for (at, block) in blocks.iter().enumerate() {
        for inherited in &block.mapping.inherited {
            if is_written(block, &inherited.name) {
                continue;
            }
            if let Some(val) = value_of(inherited, block, blocks, &mut index) {
                found.entry(at).or_default().push((inherited.name.clone(), val));
            }
        }
    }
    found
}

/// The body of a block with what it has from others.
pub(super) fn with_inherited(body: &mut Val, inherited: Vec<(Text, Val)>) {
    if let Kind::Map(fields) = &mut body.kind {
        let entries = &mut Arc::make_mut(fields).entries;
        for (name, val) in inherited {
            entries.entry(name).or_insert(val);
        }
    }
}

fn is_written(block: &Prepared<'_>, name: &str) -> bool {
    block.body.get(name).is_some_and(|val| !val.is_null())
}

fn value_of<'p>(
    inherited: &'p Inherited,
    block: &Prepared<'_>,
    blocks: &[Prepared<'_>],
    index: &mut Index<'p>,
) -> Option<Val> {
    let here = Here::block(&block.body);
    let ours = texts_of(here, inherited)?;
    let names: Vec<&str> = inherited
        .joins
        .iter()
        .map(|(theirs, _)| theirs.as_str())
        .collect();
    let by_texts = index
        .entry((inherited.block.as_str(), names.clone()))
        .or_insert_with(|| by_texts(&inherited.block, &names, blocks));
    let mut value: Option<Val> = None;
    let unsure = || {
        let why = format!("`{}` decides, and what it says is not known", inherited.block);
        inherited.is_unsure.then(|| Val::unknown(why))
    };
    let deciding = ours.iter().filter_map(|ours| by_texts.get(ours)).flatten();
    for other in deciding.filter_map(|at| blocks.get(*at)) {
        if !is_beside(&other.surroundings, &block.surroundings) {
            continue;
        }
        if other.block.perhaps.is_some() && !comes_with(other.block, block.block) {
            return unsure();
        }
        let Some(taken) = taken(inherited, other) else {
            return unsure();
        };
        // Of two that do not agree, neither is known to decide.
        if value.as_ref().is_some_and(|value| value.kind != taken.kind) {
            return unsure();
        }
        value = Some(taken);
    }
    value
}

/// What the arguments of a block say that name others: one text for each, or one after the other of a single list.
fn texts_of(here: Here<'_>, inherited: &Inherited) -> Option<Vec<Vec<Text>>> {
    if let [(_, paths)] = inherited.joins.as_slice()
        && let Some(Val {
            kind: Kind::List(items),
            ..
        }) = first(here, paths)
    {
        return items.iter().map(|item| Some(vec![scalar_text(item)?])).collect();
    }
    let texts = inherited.joins.iter();
    let texts: Option<Vec<Text>> = texts
        .map(|(_, paths)| scalar_text(&first(here, paths)?))
        .collect();
    Some(vec![texts?])
}

/// Whether a block is there wherever another one is.
fn comes_with(block: &Declared, other: &Declared) -> bool {
    let shared = |condition: &Text| other.hangs_on.contains(condition);
    !block.hangs_on.is_empty() && block.hangs_on.iter().all(shared)
}

/// What a block decides; `None` where it is not known.
fn taken(inherited: &Inherited, other: &Prepared<'_>) -> Option<Val> {
    let val = match (
        first(Here::block(&other.body), &inherited.paths),
        &inherited.otherwise,
    ) {
        (Some(val), _) => val,
        (None, Otherwise::Value(value)) => Val::new(kind_of(value)?),
        (None, Otherwise::Absent | Otherwise::Unknown) => return None,
    };
    let is_one_of = |only: &Vec<Value>, text: &Text| {
        only.iter()
            .filter_map(|value| scalar_text(&Val::new(kind_of(value)?)))
            .any(|taken| taken == *text)
    };
    let is_taken = match (scalar_text(&val), &inherited.only) {
        (Some(text), Some(only)) => is_one_of(only, &text),
        (Some(_), None) => true,
        (None, None) => matches!(val.kind, Kind::List(_)),
        (None, Some(_)) => false,
    };
    is_taken.then_some(Val {
        // It stands in the other block and not in this one.
        at: None,
        ..val
    })
}

fn first(here: Here<'_>, paths: &[ArgumentPath]) -> Option<Val> {
    paths
        .iter()
        .find_map(|path| here.get(path))
        .map(|val| val.into_owned())
}

fn by_texts(kind: &str, names: &[&str], blocks: &[Prepared<'_>]) -> HashMap<Vec<Text>, Vec<usize>> {
    let mut by_texts: HashMap<Vec<Text>, Vec<usize>> = HashMap::new();
    for (at, block) in blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.block.kind == kind)
    {
        let texts = names.iter().map(|name| scalar_text(block.body.get(name)?));
        if let Some(texts) = texts.collect() {
            by_texts.entry(texts).or_default().push(at);
        }
    }
    by_texts
}

/// Whether they stand in one region of one account.
fn is_beside(a: &Surroundings<'_>, b: &Surroundings<'_>) -> bool {
    a.region == b.region && a.account == b.account
}

fn kind_of(value: &Value) -> Option<Kind> {
    match value {
        Value::Bool(bool) => Some(Kind::Bool(*bool)),
        Value::Int(int) => Some(Kind::Int(*int)),
        Value::String(text) => Some(Kind::String(text.clone())),
        Value::Null | Value::Float(_) | Value::List(_) | Value::Map(_) | Value::Unreadable(_) => None,
    }
}
