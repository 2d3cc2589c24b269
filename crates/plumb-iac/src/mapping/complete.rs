//! Computed arguments: what a block has without its author writing it, as stand-ins that join references.

use std::sync::Arc;

use plumb_model::value::Text;
use plumb_pack::mapping::{ArgumentTemplate, BlockMapping, Role, TemplatePart, TemplateSource};

use crate::declared::{Declared, Stack};
use crate::mapping::scope::Here;
use crate::mapping::{KNOWN_AFTER_APPLY, STAND_IN_ACCOUNT, STAND_IN_REGION};
use crate::val::{Entries, Fields, Kind, Val, Why};

/// Where a block stands, for templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surroundings<'a> {
    /// The type of the block.
    pub kind: &'a str,
    /// Its address.
    pub address: &'a str,
    /// The region, where it is known.
    pub region: Option<&'a str>,
    /// The account, where it is known.
    pub account: Option<&'a str>,
}

/// What a template gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rendered {
    Text(Text),
    /// A placeholder has nothing to fill it.
    Absent,
    /// Whatever could fill a placeholder is unknown.
    Unknown(Why),
}

impl<'a> Surroundings<'a> {
    /// Those of a block of a stack.
    pub fn of(stack: &'a Stack, block: &'a Declared) -> Self {
        Self {
            kind: &block.kind,
            address: &block.address,
            region: block.region.as_deref().or(stack.region.as_deref()),
            account: block.account.as_deref().or(stack.account.as_deref()),
        }
    }

    /// The region, or what stands for it.
    pub fn region_or_stand_in(&self) -> &'a str {
        self.region.unwrap_or(STAND_IN_REGION)
    }

    /// The account, or what stands for it.
    pub fn account_or_stand_in(&self) -> &'a str {
        self.account.unwrap_or(STAND_IN_ACCOUNT)
    }

    /// The partition that the region belongs to.
    pub fn partition(&self) -> &'static str {
        match self.region {
            Some(region) if region.starts_with("cn-") => "aws-cn",
            Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
            Some(_) | None => "aws",
        }
    }

    /// The last name of the address: `this` of `module.logs.aws_s3_bucket.this[0]`.
    pub fn label(&self) -> &'a str {
        let after_kind = self
            .address
            .rsplit_once(self.kind)
            .and_then(|(_, rest)| rest.strip_prefix('.'));
        let rest = after_kind.unwrap_or(self.address);
        rest.split_once('[').map_or(rest, |(label, _)| label)
    }
}

/// The arguments of a block with those that its author does not write; what is not among them is known only after apply.
///
/// Doing it again changes nothing.
pub fn complete(body: &Val, mapping: Option<&BlockMapping>, surroundings: &Surroundings<'_>) -> Val {
    let Kind::Map(fields) = &body.kind else {
        return body.clone();
    };
    let computed = mapping
        .map(|mapping| mapping.computed.as_slice())
        .unwrap_or_default();
    let is_written = |fields: &Fields, name: &Text| {
        if fields.entries.get(name).is_some_and(|val| !val.is_null()) {
            return true;
        }
        let Some((root, inner)) = name.split_once('.') else {
            return false;
        };
        match fields.entries.get(root) {
            Some(val) if !val.is_null() => only_block(val).is_none_or(|block| {
                let first = inner.split('.').next().unwrap_or(inner);
                block.get(first).is_some_and(|val| !val.is_null())
            }),
            Some(_) | None => false,
        }
    };
    if fields.rest.is_some() && computed.iter().all(|(name, _)| is_written(fields, name)) {
        return body.clone();
    }
    // There are many bodies, and they stay: exactly the room that they need.
    let mut entries = Entries::with_capacity(fields.entries.len() + computed.len());
    entries.extend(
        fields
            .entries
            .iter()
            .map(|(name, val)| (name.clone(), val.clone())),
    );
    let rest = fields.rest.clone();
    let fields = Fields {
        entries,
        rest: rest.or(Some(Why::new_static(KNOWN_AFTER_APPLY))),
    };
    let mut body = Val {
        kind: Kind::Map(Arc::new(fields)),
        ..body.clone()
    };
    for (name, template) in computed {
        let made = match &body.kind {
            Kind::Map(fields) if !is_written(fields, name) => {
                render(template, Here::block(&body), 0, surroundings)
            }
            _ => continue,
        };
        let val = match made {
            Rendered::Text(text) => Val::string(text),
            Rendered::Unknown(why) => Val::unknown(why),
            Rendered::Absent => continue,
        };
        let (root, val) = nested(name, val);
        if let Kind::Map(fields) = &mut body.kind {
            let entries = &mut Arc::make_mut(fields).entries;
            match entries.get_mut(&root).and_then(within_only_block) {
                Some(written) => {
                    if let Some(Kind::Map(inner)) = only_block(&val).map(|block| &block.kind) {
                        written.entries.extend(inner.entries.clone());
                    }
                }
                None => {
                    entries.insert(root, val);
                }
            }
        }
    }
    body
}

/// The one block that a nested block is.
fn only_block(val: &Val) -> Option<&Val> {
    match &val.kind {
        Kind::List(items) => match items.as_slice() {
            [one] if matches!(one.kind, Kind::Map(_)) => Some(one),
            _ => None,
        },
        _ => None,
    }
}

fn within_only_block(val: &mut Val) -> Option<&mut Fields> {
    only_block(val)?;
    let Kind::List(items) = &mut val.kind else {
        return None;
    };
    match &mut Arc::make_mut(items).first_mut()?.kind {
        Kind::Map(fields) => Some(Arc::make_mut(fields)),
        _ => None,
    }
}

/// A value within blocks that only the cloud writes: `a.b` is under `b` of the one block `a`, of which nothing else is known.
fn nested(name: &str, val: Val) -> (Text, Val) {
    let mut steps = name.split('.');
    let root = steps.next().unwrap_or(name);
    let inner: Vec<&str> = steps.collect();
    let within = inner.into_iter().rev().fold(val, |val, step| {
        let fields = Fields {
            entries: [(Text::from(step), val)].into_iter().collect(),
            rest: Some(Why::new_static(KNOWN_AFTER_APPLY)),
        };
        Val::list(vec![Val::new(Kind::Map(Arc::new(fields)))])
    });
    (Text::from(root), within)
}

/// What a block with its computed arguments is worth to references.
///
/// A name that is written but not known, and by which others find the resource, is the stand-in that its document has; what is null,
/// or not written in a nested block, may still be decided by the cloud.
pub fn referred(body: &Val, mapping: Option<&BlockMapping>, surroundings: &Surroundings<'_>) -> Val {
    let mut body = opened(body);
    let Kind::Map(fields) = &mut body.kind else {
        return body;
    };
    let fields = Arc::make_mut(fields);
    for name in mapping.into_iter().flat_map(named_by) {
        if let Some(val) = fields.entries.get_mut(name)
            && val.why_unknown().is_some()
        {
            *val = Val::string(surroundings.address);
        }
    }
    body
}

/// The arguments that a block is called by, and whose place the address takes when they are not known.
fn named_by(mapping: &BlockMapping) -> impl Iterator<Item = &Text> {
    let computed = mapping.computed.iter().map(|(_, template)| template);
    let roles = mapping.mappings.iter().flat_map(|mapping| match &mapping.role {
        Role::Whole { uid, name, .. } => vec![uid, name],
        Role::Part(_) => Vec::new(),
    });
    let parts = computed.chain(roles).flat_map(|template| &template.0);
    parts.flat_map(|part| match part {
        TemplatePart::FirstOf(sources) if sources.contains(&TemplateSource::Address) => sources
            .iter()
            .filter_map(|source| match source {
                TemplateSource::Argument(path) => match path.steps.as_slice() {
                    [name] => Some(name),
                    _ => None,
                },
                _ => None,
            })
            .collect::<Vec<_>>(),
        TemplatePart::FirstOf(_) | TemplatePart::Literal(_) => Vec::new(),
    })
}

/// Without what is null, and with nested blocks that may have more than their author writes.
fn opened(val: &Val) -> Val {
    let Kind::Map(fields) = &val.kind else {
        return val.clone();
    };
    let is_nested = |val: &Val| val.at.is_some() && val.at == val.set && matches!(val.kind, Kind::Map(_));
    let nested = |val: &Val| match &val.kind {
        Kind::List(items) if items.iter().any(is_nested) => Val {
            kind: Kind::List(Arc::new(items.iter().map(opened).collect())),
            ..val.clone()
        },
        _ => val.clone(),
    };
    let entries = fields.entries.iter().filter(|(_, val)| !val.is_null());
    let fields = Fields {
        entries: entries.map(|(name, val)| (name.clone(), nested(val))).collect(),
        rest: fields.rest.clone().or(Some(Why::new_static(KNOWN_AFTER_APPLY))),
    };
    Val {
        kind: Kind::Map(Arc::new(fields)),
        ..val.clone()
    }
}

/// Fills a template; `index` is the position of the element.
pub(crate) fn render(
    template: &ArgumentTemplate,
    here: Here<'_>,
    index: usize,
    surroundings: &Surroundings<'_>,
) -> Rendered {
    let mut text = String::new();
    for part in &template.0 {
        match part {
            TemplatePart::Literal(literal) => text.push_str(literal),
            TemplatePart::FirstOf(sources) => match first(sources, here, index, surroundings) {
                Rendered::Text(part) => text.push_str(&part),
                missing @ (Rendered::Absent | Rendered::Unknown(_)) => return missing,
            },
        }
    }
    Rendered::Text(Text::from(text))
}

fn first(
    sources: &[TemplateSource],
    here: Here<'_>,
    index: usize,
    surroundings: &Surroundings<'_>,
) -> Rendered {
    let mut otherwise = Rendered::Absent;
    for source in sources {
        let text = match source {
            TemplateSource::Address => Text::from(surroundings.address),
            TemplateSource::Label => Text::from(surroundings.label()),
            TemplateSource::Region => Text::from(surroundings.region_or_stand_in()),
            TemplateSource::Account => Text::from(surroundings.account_or_stand_in()),
            TemplateSource::Partition => Text::new_static(surroundings.partition()),
            TemplateSource::Index => Text::from(index.to_string()),
            TemplateSource::Fixed(text) => text.clone(),
            TemplateSource::Chosen {
                argument,
                value,
                text,
            } => match here.get(argument) {
                Some(val) if scalar_text(&val).as_ref() == Some(value) => text.clone(),
                Some(_) | None => continue,
            },
            TemplateSource::Argument(path) => match here.get(path) {
                None => continue,
                Some(val) => match (scalar_text(&val), val.why_unknown()) {
                    (Some(text), _) => text,
                    (None, Some(why)) => {
                        otherwise = Rendered::Unknown(why.clone());
                        continue;
                    }
                    (None, None) => continue,
                },
            },
        };
        return Rendered::Text(text);
    }
    otherwise
}

/// The text of a text, number or truth value.
pub(crate) fn scalar_text(val: &Val) -> Option<Text> {
    match &val.kind {
        Kind::String(text) => (!text.is_empty()).then(|| text.clone()),
        Kind::Bool(bool) => Some(Text::from(bool.to_string())),
        Kind::Int(int) => Some(Text::from(int.to_string())),
        Kind::Float(float) => Some(Text::from(float.to_string())),
        Kind::List(items) => match items.as_slice() {
            [one] if !matches!(one.kind, Kind::List(_)) => scalar_text(one),
            _ => None,
        },
        Kind::Null | Kind::Map(_) | Kind::Json(_) | Kind::Unknown(_) => None,
    }
}
