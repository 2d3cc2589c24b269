//! `Parts`: what blocks add to the documents of other blocks, and the joins that say which.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use plumb_model::value::{Map, Text, Value};
use plumb_pack::mapping::Join;
use plumb_pack::recipe::{Path, Step};

use crate::mapping::complete::scalar_text;
use crate::mapping::identities::Identities;
use crate::mapping::places::{Children, Nodes, Origin, PlaceNode, Written};
use crate::mapping::scope::{Here, Item};
use crate::mapping::shape::unknown;
use crate::mapping::{Draft, Orphan};
use crate::val::Why;

/// All parts of a stack.
#[derive(Debug, Default)]
pub(crate) struct Parts(Vec<Part>);

/// One part.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) resource_type: Text,
    pub(crate) joined: Vec<Joined>,
    pub(crate) entries: Map,
    pub(crate) nodes: Nodes,
    /// Why it is not sure that there is such a part.
    pub(crate) perhaps: Option<Why>,
    /// The conditions that decide whether there is.
    pub(crate) hangs_on: Vec<Text>,
    pub(crate) origin: Arc<Origin>,
}

/// What one argument says about the document a part belongs to.
#[derive(Debug)]
pub(crate) struct Joined {
    keys: Vec<Path>,
    /// The values that are known.
    values: Vec<Text>,
    /// Why there may be other values.
    unknown: Option<Why>,
}

/// How often parts are put into documents, for each of them on average, beyond which what they give is in doubt: one part
/// belongs to few documents unless all have one name.
const PUTS_PER_PART: usize = 100;

/// How often that is done in any case.
const PUTS: usize = 100_000;

/// Documents by the values of one attribute.
type Index = HashMap<Text, Vec<usize>>;

/// What the arguments of a part say.
pub(crate) fn joined(
    joins: &[Join],
    resource_type: &Text,
    here: Here<'_>,
    identities: &Identities,
) -> Vec<Joined> {
    joins
        .iter()
        .map(|join| {
            let mut joined = Joined {
                keys: join.keys.clone(),
                values: Vec::new(),
                unknown: None,
            };
            for item in here.items(&join.argument) {
                let (Item::Element(val) | Item::Unknown(val)) = item;
                match (scalar_text(&val), val.why_unknown()) {
                    (Some(text), _) => joined.values.push(text),
                    (None, Some(why)) => match identities.name(resource_type, &val) {
                        Some(name) => joined.values.push(name),
                        None => joined.unknown = Some(why.clone()),
                    },
                    (None, None) => {}
                }
            }
            joined
        })
        .collect()
}

impl Parts {
    pub(crate) fn add(&mut self, part: Part) {
        self.0.push(part);
    }

    /// Puts every part into the documents it belongs to, and makes unknown what a part of an unknown document may give.
    /// Gives back the blocks of which no part belongs to any document.
    pub(crate) fn put_into(self, drafts: &mut [Draft]) -> Vec<Orphan> {
        let mut by_type: HashMap<Text, Vec<usize>> = HashMap::new();
        for (at, draft) in drafts.iter().enumerate() {
            let name = draft.resource_type.name.clone();
            by_type.entry(name).or_default().push(at);
        }
        let mut indexes: HashMap<(Text, Path), Index> = HashMap::new();
        let mut orphans = Vec::new();
        let mut at_home: HashSet<Text> = drafts
            .iter()
            .map(|draft| draft.places.origin.address.clone())
            .collect();
        // For each attribute that a part of an unknown document gives, the first such part.
        let mut stray: BTreeMap<(Text, Text), (Why, Map, Arc<Origin>)> = BTreeMap::new();
        let mut puts_left = PUTS.saturating_add(self.0.len().saturating_mul(PUTS_PER_PART));
        for part in self.0 {
            let all = by_type
                .get(&part.resource_type)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let mut targets = part.targets(all, drafts, &mut indexes);
            let mut unknown_target = part.joined.iter().find_map(|joined| joined.unknown.clone());
            match puts_left.checked_sub(targets.len()) {
                Some(left) => puts_left = left,
                None => {
                    targets.clear();
                    unknown_target = Some(Why::new_static("too many resources have the same name"));
                }
            }
            if targets.is_empty() && (unknown_target.is_none() || all.is_empty()) {
                orphans.push(Orphan {
                    address: part.origin.address.clone(),
                    resource_type: part.resource_type.clone(),
                    head: part.origin.head,
                });
                continue;
            }
            at_home.insert(part.origin.address.clone());
            for target in &targets {
                if let Some(draft) = drafts.get_mut(*target) {
                    part.put_into(draft);
                }
            }
            if let Some(why) = unknown_target {
                for (name, value) in part.entries.iter() {
                    let key = (part.resource_type.clone(), name.clone());
                    let give = || {
                        let only = std::iter::once((name.clone(), value.clone())).collect();
                        (why.clone(), only, Arc::clone(&part.origin))
                    };
                    stray.entry(key).or_insert_with(give);
                }
            }
        }
        for ((resource_type, _), (why, entries, origin)) in &stray {
            for at in by_type.get(resource_type).into_iter().flatten() {
                if let Some(draft) = drafts.get_mut(*at) {
                    let why = format!("`{}` may belong to it: {why}", origin.address);
                    doubt_map(&mut draft.document, &mut draft.places.root, entries, &why, origin);
                }
            }
        }
        orphans.retain(|orphan: &Orphan| at_home.insert(orphan.address.clone()));
        orphans
    }
}

impl Part {
    /// The documents for which all joins hold, in order.
    fn targets(
        &self,
        all: &[usize],
        drafts: &[Draft],
        indexes: &mut HashMap<(Text, Path), Index>,
    ) -> Vec<usize> {
        let mut targets: Option<BTreeSet<usize>> = None;
        for joined in &self.joined {
            let mut found = BTreeSet::new();
            for key in &joined.keys {
                let index = indexes
                    .entry((self.resource_type.clone(), key.clone()))
                    .or_insert_with(|| index(key, all, drafts));
                let hits = joined.values.iter().filter_map(|value| index.get(value));
                found.extend(hits.flatten().copied());
            }
            targets = Some(match targets {
                None => found,
                Some(earlier) => earlier.intersection(&found).copied().collect(),
            });
        }
        targets.unwrap_or_default().into_iter().collect()
    }

    /// Whether it is there wherever there is that document: all that it hangs on the document hangs on too.
    fn comes_with(&self, draft: &Draft) -> bool {
        let shared = |condition: &Text| draft.hangs_on.contains(condition);
        !self.hangs_on.is_empty() && self.hangs_on.iter().all(shared)
    }

    /// Puts it into a document.
    pub(crate) fn put_into(&self, draft: &mut Draft) {
        if let Some(why) = &self.perhaps
            && !self.comes_with(draft)
        {
            let why = format!("it is not sure that there is `{}`: {why}", self.origin.address);
            return doubt_map(
                &mut draft.document,
                &mut draft.places.root,
                &self.entries,
                &why,
                &self.origin,
            );
        }
        for (name, value) in self.entries.iter() {
            let mut node = self.nodes.get(name).cloned().unwrap_or_default();
            node.origin = Some(Arc::clone(&self.origin));
            if let Children::List(items) = &mut node.children {
                for item in items {
                    item.origin = Some(Arc::clone(&self.origin));
                }
            }
            let (slot, place) = entry(&mut draft.document, &mut draft.places.root, name);
            if let (Some(slot), Some(place)) = (slot, place) {
                merge(slot, place, value.clone(), node);
            }
        }
    }
}

fn index(key: &Path, all: &[usize], drafts: &[Draft]) -> Index {
    let mut index = Index::new();
    for at in all {
        let Some(draft) = drafts.get(*at) else { continue };
        let reserved = match key.0.as_slice() {
            [Step::Key(name)] if name == "uid" => Some(&draft.uid),
            [Step::Key(name)] if name == "name" => Some(&draft.name),
            _ => None,
        };
        let texts: Vec<Text> = match reserved {
            Some(text) => vec![text.clone()],
            None => key
                .all(&draft.document)
                .into_iter()
                .filter_map(|value| value.as_str().map(Text::from))
                .collect(),
        };
        for text in texts {
            index.entry(text).or_default().push(*at);
        }
    }
    index
}

/// The place of an attribute in a map and in the tree of its places, both made where they are missing.
fn entry<'d>(
    document: &'d mut Value,
    node: &'d mut PlaceNode,
    name: &Text,
) -> (Option<&'d mut Value>, Option<&'d mut PlaceNode>) {
    if let Children::None | Children::List(_) = node.children {
        node.children = Children::Map(Nodes::new());
    }
    let place = match &mut node.children {
        Children::Map(entries) => Some(entries.entry(name.clone()).or_default()),
        Children::None | Children::List(_) => None,
    };
    let Value::Map(map) = document else {
        return (None, place);
    };
    if !map.contains_key(name) {
        map.insert(name.clone(), Value::Null);
    }
    (map.get_mut(name), place)
}

/// Puts a value of a part where another one may be: lists are appended, maps merged, others replaced. A value that only the
/// mapping says gives way.
fn merge(slot: &mut Value, place: &mut PlaceNode, value: Value, node: PlaceNode) {
    let was_written = place.written == Written::InCode;
    match (&mut *slot, value) {
        (Value::List(items), Value::List(more)) if was_written => {
            let count = items.len();
            append(place, count, node, more.len());
            items.extend(more);
        }
        (Value::List(items), gap @ Value::Unreadable(_)) if was_written => {
            let count = items.len();
            let only = PlaceNode {
                children: Children::List(vec![node]),
                ..PlaceNode::default()
            };
            append(place, count, only, 1);
            items.push(gap);
        }
        (gap @ Value::Unreadable(_), Value::List(mut more)) if was_written => {
            let before = std::mem::take(gap);
            let nodes = list_nodes(node, more.len());
            more.insert(0, before);
            let first = std::mem::take(place);
            let origin = first.origin.clone();
            let mut children = vec![first];
            children.extend(nodes);
            *place = PlaceNode {
                written: Written::InCode,
                origin,
                children: Children::List(children),
                ..PlaceNode::default()
            };
            *slot = Value::List(more);
        }
        (Value::Map(_), Value::Map(more)) if was_written => {
            let mut nodes = match node.children {
                Children::Map(nodes) => nodes,
                Children::None | Children::List(_) => Nodes::new(),
            };
            place.written = Written::InCode;
            for (name, value) in more {
                let mut inner = nodes.remove(&name).unwrap_or_default();
                inner.origin = inner.origin.or_else(|| node.origin.clone());
                let (slot, place) = entry(slot, place, &name);
                if let (Some(slot), Some(place)) = (slot, place) {
                    merge(slot, place, value, inner);
                }
            }
        }
        (slot, value) => {
            *slot = value;
            *place = node;
        }
    }
}

fn append(place: &mut PlaceNode, count: usize, node: PlaceNode, more: usize) {
    let mut children = list_nodes(std::mem::take(place), count);
    let origin = children.first().and_then(|first| first.origin.clone());
    children.extend(list_nodes(node, more));
    *place = PlaceNode {
        written: Written::InCode,
        origin,
        children: Children::List(children),
        ..PlaceNode::default()
    };
}

/// The places of the elements of a list; they are in the block that the list is in.
fn list_nodes(node: PlaceNode, count: usize) -> Vec<PlaceNode> {
    match node.children {
        Children::List(mut items) if items.len() == count => {
            for item in &mut items {
                item.origin = item.origin.take().or_else(|| node.origin.clone());
            }
            items
        }
        Children::None | Children::Map(_) | Children::List(_) => {
            let element = PlaceNode {
                children: Children::None,
                ..node
            };
            vec![element; count]
        }
    }
}

/// Makes unknown what a part would give that may not be there or may belong elsewhere. What code says otherwise stays; a
/// list gets one more element, which is unknown.
fn doubt_map(document: &mut Value, node: &mut PlaceNode, entries: &Map, why: &str, origin: &Arc<Origin>) {
    for (name, value) in entries.iter() {
        let (slot, place) = entry(document, node, name);
        let (Some(slot), Some(place)) = (slot, place) else {
            continue;
        };
        let written = place.written == Written::InCode;
        match (&mut *slot, value) {
            (Value::Unreadable(_), _) if written => {}
            (Value::List(items), Value::List(_) | Value::Unreadable(_)) if written => {
                let count = items.len();
                append(place, count, doubtful(origin), 1);
                items.push(unknown(why));
            }
            (Value::Map(_), Value::Map(more)) if written => doubt_map(slot, place, more, why, origin),
            (Value::Null, _) => {
                *slot = unknown(why);
                *place = doubtful(origin);
            }
            (_, _) if written => {}
            (_, _) => {
                *slot = unknown(why);
                *place = doubtful(origin);
            }
        }
    }
}

fn doubtful(origin: &Arc<Origin>) -> PlaceNode {
    PlaceNode {
        written: Written::InCode,
        origin: Some(Arc::clone(origin)),
        ..PlaceNode::default()
    }
}
