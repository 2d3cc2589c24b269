//! `Inherit`: arguments that other blocks of a stack decide where nobody writes them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use plumb_model::value::{Text, Value};
use plumb_pack::mapping::{ArgumentPath, BlockMapping, Inherited, Mappings, Otherwise, Yields};

use crate::declared::Declared;
use crate::mapping::complete::scalar_text;
use crate::mapping::scope::Here;
use crate::mapping::{Prepared, Surroundings};
use crate::val::{Kind, Val, Why};

/// Blocks by their type and the texts of some of their arguments.
type Index<'p> = HashMap<(&'p str, Vec<&'p str>), ByTexts>;

/// The blocks of one type.
#[derive(Debug, Default)]
struct ByTexts {
    by_texts: HashMap<Vec<Text>, Vec<usize>>,
    /// Those of which some argument is not known.
    unknown: Vec<usize>,
}

/// A nested block: the list that it is in, and its position.
type Nested = (Text, usize);

/// An argument that a block has from another one.
#[derive(Debug)]
pub(super) struct Taken {
    name: Text,
    /// The nested block that the argument belongs to.
    within: Option<Nested>,
    val: Val,
}

/// Which arguments are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// All.
    First,
    /// Those that hang on what blocks have from others: what the other one has from a third, or what this one is joined by.
    Second,
}

/// The arguments that blocks have from others, for each of them that has any.
pub(super) fn inherited(
    blocks: &[Prepared<'_>],
    pass: Pass,
    mappings: &Mappings,
) -> BTreeMap<usize, Vec<Taken>> {
    let mut index = Index::new();
    let mut found: BTreeMap<usize, Vec<Taken>> = BTreeMap::new();
    for (at, block) in blocks.iter().enumerate() {
        for inherited in &block.mapping.inherited {
            if pass == Pass::Second && !is_passed_on(inherited, block.mapping, mappings) {
                continue;
            }
            for (here, within, name) in places(block, &inherited.name) {
                if is_written(here.element, name) {
                    continue;
                }
                if let Some(val) = value_of(inherited, block, here, blocks, &mut index) {
                    let name = Text::from(name);
                    let taken = Taken { name, within, val };
                    found.entry(at).or_default().push(taken);
                }
            }
        }
    }
    found
}

fn is_passed_on(inherited: &Inherited, own: &BlockMapping, mappings: &Mappings) -> bool {
    let is_among = |all: &BlockMapping, path: &ArgumentPath| {
        let names = all.inherited.iter().map(|one| one.name.rsplit('.').next());
        let first = path.steps.first().map(Text::as_str);
        first.is_some() && names.into_iter().any(|name| name == first)
    };
    let source = mappings.block(&inherited.block);
    let mut joined = inherited.joins.iter().flat_map(|(_, paths)| paths);
    let mut taken = inherited.paths.iter();
    source.is_some_and(|source| taken.any(|path| is_among(source, path)))
        || joined.any(|path| is_among(own, path))
}

/// The body of a block with what it has from others.
pub(super) fn with_inherited(body: &mut Val, inherited: Vec<Taken>) {
    for Taken { name, within, val } in inherited {
        let element = match within {
            None => Some(&mut *body),
            Some((list, position)) => element_of(body, &list, position),
        };
        if let Some(Kind::Map(fields)) = element.map(|element| &mut element.kind) {
            Arc::make_mut(fields).entries.entry(name).or_insert(val);
        }
    }
}

/// The block, or each of the nested blocks `a` for an argument `a.b`, with the name that the argument has there.
fn places<'b>(block: &'b Prepared<'_>, name: &'b str) -> Vec<(Here<'b>, Option<Nested>, &'b str)> {
    let here = Here::block(&block.body);
    let Some((list, name)) = name.split_once('.') else {
        return vec![(here, None, name)];
    };
    let nested = block.body.get(list).and_then(Val::as_list).unwrap_or_default();
    let nested = nested.iter().enumerate();
    nested
        .map(|(position, element)| (here.at(element), Some((Text::from(list), position)), name))
        .collect()
}

fn element_of<'b>(body: &'b mut Val, list: &Text, position: usize) -> Option<&'b mut Val> {
    let Kind::Map(fields) = &mut body.kind else {
        return None;
    };
    match &mut Arc::make_mut(fields).entries.get_mut(list)?.kind {
        Kind::List(items) => Arc::make_mut(items).get_mut(position),
        _ => None,
    }
}

fn is_written(element: &Val, name: &str) -> bool {
    element.get(name).is_some_and(|val| !val.is_null())
}

fn value_of<'p>(
    inherited: &'p Inherited,
    block: &Prepared<'_>,
    here: Here<'_>,
    blocks: &[Prepared<'_>],
    index: &mut Index<'p>,
) -> Option<Val> {
    let names: Vec<&str> = inherited
        .joins
        .iter()
        .map(|(theirs, _)| theirs.as_str())
        .collect();
    let by_texts = index
        .entry((inherited.block.as_str(), names.clone()))
        .or_insert_with(|| by_texts(&inherited.block, &names, blocks));
    let unknown = || {
        let why = format!("`{}` decides, and what it says is not known", inherited.block);
        Some(Val::unknown(why))
    };
    let is_near = |at: &usize| {
        let other = blocks.get(*at).map(|other| &other.surroundings);
        other.is_some_and(|other| is_beside(other, &block.surroundings))
    };
    let Some(ours) = texts_of(here, inherited) else {
        let mut ours = inherited.joins.iter().map(|(_, paths)| first(here, paths));
        // Whatever it names decides, here or in other code.
        let is_unknown = ours.any(|val| val.is_some_and(|val| val.why_unknown().is_some()));
        return if is_unknown { unknown() } else { None };
    };
    // One of which some name is not known may be meant where those that are known are the same.
    let may_be_meant = |at: &usize| {
        let other = blocks.get(*at).filter(|_| is_near(at));
        other.is_some_and(|other| {
            ours.iter().any(|ours| {
                let mut pairs = names.iter().zip(ours);
                pairs.all(|(name, ours)| {
                    let theirs = other.body.get(name).and_then(scalar_text);
                    theirs.is_none_or(|theirs| theirs == *ours)
                })
            })
        })
    };
    let more = by_texts.unknown.iter().any(may_be_meant);
    if more && inherited.is_unsure {
        return unknown();
    }
    let deciding = ours
        .iter()
        .filter_map(|ours| by_texts.by_texts.get(ours))
        .flatten();
    let deciding = deciding.filter(|at| is_near(at)).filter_map(|at| blocks.get(*at));
    if inherited.yields == Yields::Count {
        return Some(different(inherited, block.block, deciding, more));
    }
    let mut value: Option<Val> = None;
    for other in deciding {
        if other.block.perhaps.is_some() && !comes_with(other.block, block.block) {
            return unknown();
        }
        let Some(taken) = taken(inherited, other) else {
            return if inherited.is_unsure { unknown() } else { None };
        };
        // Of two that do not agree, neither is known to decide.
        if value.as_ref().is_some_and(|value| value.kind != taken.kind) {
            return unknown();
        }
        value = Some(taken);
    }
    value
}

/// How many different values blocks have; `more` says that others may be among them. From two on it is the least that is known.
fn different<'b>(
    inherited: &Inherited,
    of: &Declared,
    blocks: impl Iterator<Item = &'b Prepared<'b>>,
    more: bool,
) -> Val {
    let mut values = BTreeSet::new();
    let mut of_their_own: i64 = 0;
    let mut unknown = more.then(|| Why::from(format!("another `{}` may be one of them", inherited.block)));
    for block in blocks {
        if let Some(why) = &block.block.perhaps
            && !comes_with(block.block, of)
        {
            unknown = Some(why.clone());
            continue;
        }
        match first(Here::block(&block.body), &inherited.paths) {
            None => of_their_own = of_their_own.saturating_add(1),
            Some(val) => match scalar_text(&val) {
                Some(text) => {
                    values.insert(text);
                }
                None => {
                    let why = val.why_unknown().map_or("", Text::as_str);
                    unknown = Some(Why::from(why));
                }
            },
        }
    }
    // One that names none may get that of another.
    if of_their_own > 0 && values.len() == 1 {
        let why = format!("a `{}` that names none may have that of another", inherited.block);
        unknown = Some(Why::from(why));
        of_their_own = 0;
    }
    let count = of_their_own.saturating_add(i64::try_from(values.len()).unwrap_or(i64::MAX));
    match unknown {
        Some(why) if count < 2 => Val::unknown(why),
        Some(_) | None => Val::new(Kind::Int(count)),
    }
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
    if val.why_unknown().is_some() {
        return Some(Val { at: None, ..val });
    }
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

fn by_texts(kind: &str, names: &[&str], blocks: &[Prepared<'_>]) -> ByTexts {
    let mut found = ByTexts::default();
    for (at, block) in blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.block.kind == kind)
    {
        let named = names.iter().map(|name| block.body.get(name));
        let texts: Option<Vec<Text>> = named.clone().map(|val| scalar_text(val?)).collect();
        match texts {
            Some(texts) => found.by_texts.entry(texts).or_default().push(at),
            None if named.flatten().any(|val| val.why_unknown().is_some()) => found.unknown.push(at),
            None => {}
        }
    }
    found
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
