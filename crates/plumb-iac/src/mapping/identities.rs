//! `Identities`: what resources are called whose names are known in part, so that texts made of the same pieces name them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use plumb_model::value::Text;
use plumb_pack::mapping::{ArgumentTemplate, Role, TemplatePart, TemplateSource};

use crate::mapping::Prepared;
use crate::mapping::complete::scalar_text;
use crate::mapping::scope::Here;
use crate::val::{Fields, Kind, Val};

/// How deeply values of code are looked through.
const MAX_DEPTH: usize = 64;

/// Stand-ins for names and uids that are known in part, by the text with its holes.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    /// `None` where several resources have one.
    uids: HashMap<String, Option<Text>>,
    /// The same for names, by resource type as well.
    names: HashMap<(Text, String), Option<Text>>,
}

impl Identities {
    /// Those of the blocks that give documents.
    pub(crate) fn of(
        blocks: &[Prepared<'_>],
        stand_in: impl Fn(&Prepared<'_>, &ArgumentTemplate) -> Text,
    ) -> Self {
        let mut identities = Self::default();
        for block in blocks {
            let Some(computed) = computed(block) else { continue };
            for mapping in &block.mapping.mappings {
                let Role::Whole { uid, name, .. } = &mapping.role else {
                    continue;
                };
                if mapping.each.is_some() {
                    continue;
                }
                if let Some(text) = in_part(uid, block, &computed) {
                    put(&mut identities.uids, text, stand_in(block, uid));
                }
                if let Some(text) = in_part(name, block, &computed) {
                    let key = (mapping.resource_type.clone(), text);
                    put(&mut identities.names, key, stand_in(block, name));
                }
            }
        }
        identities
    }

    /// The stand-in for the name of a resource of that type.
    pub(crate) fn name(&self, resource_type: &Text, val: &Val) -> Option<Text> {
        let partial = val.partial.as_ref().filter(|_| val.why_unknown().is_some())?;
        let text = partial.as_str();
        let key = (resource_type.clone(), text.to_owned());
        let uid = || self.uids.get(text);
        self.names.get(&key).or_else(uid).cloned().flatten()
    }

    /// The value with what names a resource of the stack filled in; `None` where nothing is.
    ///
    /// The uid must be all of the text, or be followed by a part of the resource: only then can the text mean nothing else.
    pub(crate) fn filled(&self, val: &Val) -> Option<Val> {
        if self.uids.is_empty() {
            return None;
        }
        self.filled_at(val, 0)
    }

    fn filled_at(&self, val: &Val, depth: usize) -> Option<Val> {
        if depth > MAX_DEPTH {
            return None;
        }
        let kind = match &val.kind {
            Kind::Unknown(_) => Kind::String(self.uid(val.partial.as_ref()?.as_str())?),
            Kind::Json(inner) => Kind::Json(Arc::new(self.filled_at(inner, depth + 1)?)),
            Kind::List(items) => {
                let filled: Vec<_> = items.iter().map(|item| self.filled_at(item, depth + 1)).collect();
                if filled.iter().all(Option::is_none) {
                    return None;
                }
                let items = items.iter().zip(filled);
                Kind::List(Arc::new(
                    items
                        .map(|(item, filled)| filled.unwrap_or_else(|| item.clone()))
                        .collect(),
                ))
            }
            Kind::Map(fields) => {
                let filled: BTreeMap<&Text, Val> = fields
                    .entries
                    .iter()
                    .filter_map(|(key, val)| Some((key, self.filled_at(val, depth + 1)?)))
                    .collect();
                if filled.is_empty() {
                    return None;
                }
                let mut fields = Fields::clone(fields);
                for (key, val) in filled {
                    fields.entries.insert(key.clone(), val);
                }
                Kind::Map(Arc::new(fields))
            }
            Kind::Null | Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_) => return None,
        };
        Some(Val {
            kind,
            set: val.set,
            at: val.at,
            partial: None,
        })
    }

    /// The text with the uid that it begins with filled in.
    fn uid(&self, text: &str) -> Option<Text> {
        let ends = text
            .char_indices()
            .filter(|(_, char)| matches!(char, '/' | ':'))
            .map(|(at, _)| at)
            .chain([text.len()]);
        let mut found = ends.filter_map(|end| {
            let (head, tail) = text.split_at_checked(end)?;
            let uid = self.uids.get(head)?.as_ref()?;
            // What is left must be known.
            (!crate::partial::has_hole(tail)).then(|| Text::from(format!("{uid}{tail}")))
        });
        found.next_back()
    }
}

fn put<K: std::hash::Hash + Eq>(known: &mut HashMap<K, Option<Text>>, key: K, stand_in: Text) {
    known
        .entry(key)
        .and_modify(|earlier| {
            if earlier.as_ref() != Some(&stand_in) {
                *earlier = None;
            }
        })
        .or_insert(Some(stand_in));
}

/// The computed arguments that are known in part; `None` when no argument of the block is.
fn computed<'b>(block: &'b Prepared<'_>) -> Option<HashMap<&'b str, String>> {
    let fields = block.block.body.as_map()?;
    let is_in_part = |val: &Val| val.why_unknown().is_some() && val.partial.is_some();
    if !fields.entries.values().any(is_in_part) {
        return None;
    }
    let mut computed = HashMap::new();
    for (name, template) in &block.mapping.computed {
        // What no text says is computed already.
        if fields.entries.get(name).is_none_or(|val| val.set.is_none())
            && let Some(text) = in_part(template, block, &computed)
        {
            computed.insert(name.as_str(), text);
        }
    }
    Some(computed)
}

/// A template filled with pieces of which some are not known; `None` when all are, or when one is not even known by its name.
fn in_part(
    template: &ArgumentTemplate,
    block: &Prepared<'_>,
    computed: &HashMap<&str, String>,
) -> Option<String> {
    let here = Here::block(&block.body);
    let surroundings = &block.surroundings;
    let mut text = String::new();
    let mut is_in_part = false;
    for part in &template.0 {
        let sources = match part {
            TemplatePart::Literal(literal) => {
                text.push_str(literal);
                continue;
            }
            TemplatePart::FirstOf(sources) => sources,
        };
        let piece: Cow<'_, str> = sources.iter().find_map(|source| match source {
            TemplateSource::Address => Some(Cow::Borrowed(surroundings.address)),
            TemplateSource::Label => Some(Cow::Borrowed(surroundings.label())),
            TemplateSource::Region => Some(Cow::Borrowed(surroundings.region_or_stand_in())),
            TemplateSource::Account => Some(Cow::Borrowed(surroundings.account_or_stand_in())),
            TemplateSource::Partition => Some(Cow::Borrowed(surroundings.partition())),
            TemplateSource::Index => None,
            TemplateSource::Fixed(text) => Some(Cow::Borrowed(text.as_str())),
            TemplateSource::Chosen {
                argument,
                value,
                text,
            } => {
                let val = here.get(argument)?;
                (scalar_text(&val).as_ref() == Some(value)).then_some(Cow::Borrowed(text.as_str()))
            }
            TemplateSource::Argument(path) => {
                if let [name] = path.steps.as_slice()
                    && let Some(text) = computed.get(name.as_str())
                {
                    is_in_part = true;
                    return Some(Cow::Borrowed(text.as_str()));
                }
                let val = here.get(path)?;
                match &val.partial {
                    Some(partial) if val.why_unknown().is_some() => {
                        is_in_part = true;
                        partial
                            .is_named()
                            .then(|| Cow::Owned(partial.as_str().to_owned()))
                    }
                    Some(_) | None => Some(Cow::Owned(scalar_text(&val)?.to_string())),
                }
            }
        })?;
        text.push_str(&piece);
    }
    (is_in_part && crate::partial::has_hole(&text)).then_some(text)
}
