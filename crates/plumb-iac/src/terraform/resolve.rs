//! `Resolved`: a block with its arguments evaluated, once for each repetition.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use plumb_model::value::Text;

use super::accounts::Belongs;
use super::evaluator::Evaluator;
use super::expression::entries;
use super::instance::Instance;
use super::module::Mode;
use super::scope::{Frame, Scope};
use super::syntax::{Block, Body};
use super::{convert, data};
use crate::mapping::Surroundings;
use crate::place::Place;
use crate::val::{Entries, Fields, Kind, Val};

/// The most blocks that one `dynamic` makes.
const MAX_DYNAMIC: usize = 10_000;

/// Arguments that speak to Terraform.
const META: [&str; 4] = ["count", "for_each", "provider", "depends_on"];
/// Blocks that speak to Terraform.
const META_BLOCKS: [&str; 5] = [
    "lifecycle",
    "provisioner",
    "connection",
    "timeouts",
    "action_trigger",
];

/// A block with its arguments evaluated.
pub(crate) struct Resolved {
    /// What the name of the block is worth in expressions.
    pub(crate) value: Val,
    /// One for each repetition.
    pub(crate) instances: Vec<One>,
}

/// One repetition of a block.
pub(crate) struct One {
    pub(crate) address: Text,
    pub(crate) body: Val,
    pub(crate) perhaps: Option<Text>,
    pub(crate) region: Option<Text>,
    pub(crate) account: Option<Text>,
}

impl Evaluator<'_> {
    /// Evaluates a block.
    pub(crate) fn resolve(&self, mode: Mode, position: usize, instance: &Rc<Instance>) -> Resolved {
        let blocks = match mode {
            Mode::Managed => &instance.module.resources,
            Mode::Data => &instance.module.data,
            Mode::Call => &instance.module.calls,
        };
        let (Some(block), Some([kind, name])) = (
            blocks.get(position),
            blocks.get(position).map(|block| block.labels.as_slice()),
        ) else {
            return Resolved {
                value: Val::null(),
                instances: Vec::new(),
            };
        };
        let scope = Scope::of(instance);
        let (repeated, repetitions) = self.repetitions(&block.body, scope);
        let provider = self.provider(block, kind, instance);
        let account = self.account_of(&provider.belongs);
        let mut instances = Vec::with_capacity(repetitions.len());
        let mut values = Vec::with_capacity(repetitions.len());
        for repetition in repetitions {
            let each = repetition.each.map(|value| Frame {
                name: "each",
                value,
                outer: None,
            });
            let count = repetition.count.map(|value| Frame {
                name: "count",
                value,
                outer: None,
            });
            let scope = Scope {
                instance,
                frame: each.as_ref().or(count.as_ref()),
            };
            let mut fields = Fields {
                entries: self.arguments(&block.body, scope),
                rest: None,
            };
            let prefix = if mode == Mode::Data { "data." } else { "" };
            let address = Text::from(instance.within(&format!("{prefix}{kind}.{name}{}", repetition.key)));
            let region = fields
                .entries
                .get("region")
                .and_then(convert::to_text)
                .or_else(|| provider.region.clone());
            if mode == Mode::Managed {
                provider.add_tags(&mut fields);
            }
            let kind_name = format!("{prefix}{kind}");
            let surroundings = Surroundings {
                kind: &kind_name,
                address: &address,
                region: region.as_deref().or(self.region.as_deref()),
                account: Some(&account),
            };
            data::compute(&kind_name, &mut fields, &surroundings);
            let body = Val::placed(Kind::Map(Arc::new(fields)), Some(block.head));
            let body = self.complete.complete(body, &surroundings);
            values.push((repetition.key, self.complete.referred(&body, &surroundings)));
            instances.push(One {
                address,
                body,
                perhaps: repetition.perhaps,
                region,
                account: Some(account.clone()),
            });
        }
        Resolved {
            value: repeated.value(values, Some(block.head)),
            instances,
        }
    }

    /// The arguments and nested blocks of a body.
    pub(crate) fn arguments(&self, body: &Body, scope: Scope<'_>) -> Entries {
        self.nested(body, scope, &META, &META_BLOCKS)
    }

    fn nested(
        &self,
        body: &Body,
        scope: Scope<'_>,
        passed_over: &[&str],
        blocks_passed_over: &[&str],
    ) -> Entries {
        let kinds: BTreeSet<&str> = body.blocks.iter().map(|block| block.kind.as_str()).collect();
        let mut arguments = Entries::with_capacity(body.attributes.len() + kinds.len());
        let attributes = body.attributes.iter();
        for attribute in attributes.filter(|attribute| !passed_over.contains(&attribute.name.as_str())) {
            let mut value = self.settled(&attribute.value, scope);
            value.at = Some(attribute.place);
            arguments.insert(attribute.name.clone(), value);
        }
        let mut lists: BTreeMap<Text, (Place, Vec<Val>)> = BTreeMap::new();
        let blocks = body.blocks.iter();
        for block in blocks.filter(|block| !blocks_passed_over.contains(&block.kind.as_str())) {
            let (kind, blocks) = match (block.kind.as_str(), block.labels.first()) {
                ("dynamic", Some(kind)) => (kind.clone(), self.dynamic(block, kind, scope)),
                _ => (
                    block.kind.clone(),
                    vec![self.nested_block(block, &block.body, scope)],
                ),
            };
            let list = lists.entry(kind).or_insert_with(|| (block.head, Vec::new()));
            list.1.extend(blocks);
        }
        for (kind, (head, mut list)) in lists {
            list.shrink_to_fit();
            // A `dynamic` block that makes nothing is as good as not written.
            if !list.is_empty() {
                let mut value = Val::placed(Kind::List(Arc::new(list)), Some(head));
                value.at = Some(head);
                arguments.insert(kind, value);
            }
        }
        arguments
    }

    fn nested_block(&self, block: &Block, body: &Body, scope: Scope<'_>) -> Val {
        let fields = Fields {
            entries: self.nested(body, scope, &[], &[]),
            rest: None,
        };
        let mut value = Val::placed(Kind::Map(Arc::new(fields)), Some(block.head));
        value.at = Some(block.head);
        value
    }

    /// The blocks that a `dynamic` block makes; where it is not known how many, an unknown one stands for the rest.
    fn dynamic(&self, block: &Block, kind: &str, scope: Scope<'_>) -> Vec<Val> {
        let (Some(each), Some(content)) = (
            block.body.attribute("for_each"),
            block.body.blocks_of("content").next(),
        ) else {
            return Vec::new();
        };
        let iterator = block
            .body
            .attribute("iterator")
            .and_then(|iterator| match &iterator.value.kind {
                super::syntax::ExprKind::Variable(name) | super::syntax::ExprKind::String(name) => {
                    Some(name.clone())
                }
                _ => None,
            });
        let name = iterator.as_deref().unwrap_or(kind);
        let collection = self.settled(&each.value, scope);
        let unknown = |why: &Text| {
            let mut value = Val::placed(Kind::Unknown(why.clone()), Some(block.head));
            value.at = Some(block.head);
            value
        };
        if collection.is_null() {
            return Vec::new();
        }
        if let Some(why) = collection.why_unknown() {
            return vec![unknown(why)];
        }
        let is_set = matches!(&collection.kind, Kind::List(_));
        let pairs = match entries(&collection, Some(each.place)) {
            Ok(pairs) => pairs,
            Err(failure) => {
                self.tell_failure(&failure);
                return vec![unknown(&failure.message)];
            }
        };
        let mut blocks = Vec::with_capacity(pairs.len().min(MAX_DYNAMIC));
        for (key, value) in pairs.into_iter().take(MAX_DYNAMIC) {
            if let Some(why) = value.why_unknown().filter(|_| is_set) {
                blocks.push(unknown(why));
                continue;
            }
            let fields = [(Text::new_static("key"), key), (Text::new_static("value"), value)];
            let frame = Frame {
                name,
                value: Val::map(Entries::from_iter(fields)),
                outer: scope.frame,
            };
            let scope = Scope {
                frame: Some(&frame),
                ..scope
            };
            blocks.push(self.nested_block(content, &content.body, scope));
        }
        if let Some(why) = collection.as_map().and_then(|fields| fields.rest.as_ref()) {
            blocks.push(unknown(why));
        }
        blocks
    }

    /// The provider that a resource uses: its own `provider` argument, or the default one of its type's prefix.
    fn provider(&self, block: &Block, kind: &str, instance: &Rc<Instance>) -> Provider {
        let prefix = kind.split('_').next().unwrap_or_default();
        let name = block
            .body
            .attribute("provider")
            .and_then(|attribute| reference(&attribute.value))
            .unwrap_or_else(|| prefix.to_owned());
        self.provider_called(&name, instance)
    }

    fn provider_called(&self, name: &str, instance: &Rc<Instance>) -> Provider {
        let (local, alias) = name
            .split_once('.')
            .map_or((name, None), |(local, alias)| (local, Some(alias)));
        let own = instance.module.providers.iter().find(|provider| {
            let own_alias = provider
                .body
                .attribute("alias")
                .map(|alias| self.settled(&alias.value, Scope::of(instance)));
            provider.labels.first().is_some_and(|label| label == local)
                && own_alias.as_ref().and_then(Val::as_str) == alias
        });
        if let Some(provider) = own {
            return self.provider_of(provider, instance);
        }
        let Some(parent) = &instance.parent else {
            return Provider::default();
        };
        let passed = parent
            .instance
            .module
            .calls
            .get(parent.call)
            .and_then(|call| call.body.attribute("providers"))
            .and_then(|providers| match &providers.value.kind {
                super::syntax::ExprKind::Object(entries) => entries
                    .iter()
                    .find(|(key, _)| reference(key).as_deref() == Some(name))
                    .and_then(|(_, value)| reference(value)),
                _ => None,
            });
        match (passed, alias) {
            (Some(passed), _) => self.provider_called(&passed, &parent.instance),
            // Only default providers are inherited.
            (None, None) => self.provider_called(name, &parent.instance),
            (None, Some(_)) => Provider::default(),
        }
    }

    fn provider_of(&self, block: &Block, instance: &Rc<Instance>) -> Provider {
        let scope = Scope::of(instance);
        let region = block
            .body
            .attribute("region")
            .map(|region| self.settled(&region.value, scope));
        let tags = block
            .body
            .blocks_of("default_tags")
            .next()
            .and_then(|tags| tags.body.attribute("tags"))
            .map(|tags| self.settled(&tags.value, scope));
        Provider {
            region: region.as_ref().and_then(convert::to_text),
            tags,
            belongs: match block.labels.first() {
                Some(label) if label == "aws" => self.belongs(block, scope),
                Some(_) | None => Belongs::default(),
            },
        }
    }
}

/// What a provider's configuration gives its resources.
#[derive(Default)]
struct Provider {
    region: Option<Text>,
    tags: Option<Val>,
    belongs: Belongs,
}

impl Provider {
    /// Puts `tags_all` in: the default tags with the resource's own before them.
    fn add_tags(&self, fields: &mut Fields) {
        let own = fields.entries.get("tags").filter(|tags| !tags.is_null());
        let all = match (own, &self.tags) {
            (None, None) => return,
            (Some(own), None) => own.clone(),
            (None, Some(default)) => default.clone(),
            (Some(own), Some(default)) => match (&own.kind, &default.kind) {
                (Kind::Map(own_fields), Kind::Map(defaults)) => {
                    let mut merged = (**defaults).clone();
                    merged.entries.extend(own_fields.entries.clone());
                    merged.rest = merged.rest.or_else(|| own_fields.rest.clone());
                    let mut value = Val::placed(Kind::Map(Arc::new(merged)), own.set);
                    value.at = own.at;
                    value
                }
                (Kind::Unknown(_), _) => own.clone(),
                _ => default.clone(),
            },
        };
        fields.entries.insert(Text::new_static("tags_all"), all);
    }
}

/// `aws.west` as text.
fn reference(expr: &super::syntax::Expr) -> Option<String> {
    use super::syntax::{ExprKind, Step};
    match &expr.kind {
        ExprKind::Variable(name) | ExprKind::String(name) => Some(name.to_string()),
        ExprKind::Traversal(base, steps) => match (&base.kind, steps.as_slice()) {
            (ExprKind::Variable(name), [Step::Key(alias)]) => Some(format!("{name}.{alias}")),
            _ => None,
        },
        _ => None,
    }
}
