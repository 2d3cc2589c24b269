//! From the objects that are applied together to a stack of declared blocks.

use std::collections::BTreeMap;

use std::collections::HashMap;
use std::sync::Arc;

use plumb_model::value::Text;

use super::Context;
use super::index::{Index, Known};
use super::object::Object;
use super::references::resolved;
use super::roots::Group;
use super::values::{self, Naming, Values};
use crate::cloudformation::tree::{Content, Node};
use crate::declared::{Declared, Language, Lifecycle, Stack};
use crate::mapping::Surroundings;
use crate::val::{Fields, Kind, Val, Why};

/// How often references are followed into what other references give.
const ROUNDS: usize = 2;

/// The stack of a group of objects.
pub(super) fn stack(group: Group, account: Text, values: &Values, context: &Context<'_>) -> Stack {
    let language = group.language;
    let known = known(&group.objects, context);
    let index = Index::of(&known);
    let written: Vec<Val> = known.iter().map(|one| arguments(one, values)).collect();
    let mut followed = written.clone();
    for _ in 0..ROUNDS {
        let bodies: Vec<Val> = known
            .iter()
            .zip(followed)
            .map(|(one, body)| {
                let region = region(one.object, &body).or_else(|| context.region.clone());
                let surroundings = Surroundings {
                    kind: &block_of(one),
                    address: &one.address,
                    region: region.as_deref(),
                    account: Some(&account),
                };
                context.complete(language).complete(body, &surroundings)
            })
            .collect();
        let objects = known.iter().zip(&written);
        followed = objects
            .map(|(one, body)| resolved(&index, one, body, &bodies))
            .collect();
    }
    let blocks = known
        .iter()
        .zip(followed)
        .filter(|(one, _)| !one.object.is_observed());
    let mut blocks: Vec<Declared> = blocks
        .map(|(one, body)| Declared {
            kind: block_of(one),
            address: one.address.clone(),
            region: region(one.object, &body),
            account: None,
            body,
            head: one.object.head,
            whole: one.object.whole,
            calls: Vec::new(),
            perhaps: None,
            hangs_on: Vec::new(),
        })
        .collect();
    blocks.sort_by(|a, b| a.address.cmp(&b.address));
    Stack {
        path: group.path,
        language,
        blocks,
        region: context.region.clone(),
        account: Some(account),
        lifecycle: Lifecycle::default(),
        accounts: BTreeMap::new(),
    }
}

/// The objects with their kinds and addresses; no two have the same address.
fn known<'s>(objects: &'s [Object], context: &Context<'s>) -> Vec<Known<'s>> {
    let mut taken: HashMap<Text, usize> = HashMap::new();
    objects
        .iter()
        .map(|object| {
            let address = address(object);
            let count = taken.entry(address.clone()).or_default();
            *count += 1;
            let address = match *count {
                1 => address,
                count => Text::from(format!("{address}[{count}]")),
            };
            Known {
                object,
                kind: context.kinds.kind(object.language, &object.kind),
                address,
            }
        })
        .collect()
}

/// What reports call an object: `Bucket.s3.logs`, with its namespace `Bucket.s3.shop.logs`.
fn address(object: &Object) -> Text {
    let composed = object.composed.as_ref();
    let parts = [
        Some(object.kind.as_str()),
        object.namespace.as_deref(),
        composed.map(|composed| composed.by.as_str()),
        composed.map(|composed| composed.part.as_str()),
        object.name.as_ref().map(|name| name.text.as_str()),
    ];
    Text::from(parts.into_iter().flatten().collect::<Vec<_>>().join("."))
}

/// The type of the block that an object declares; what nothing is known of is called as Kubernetes calls it.
fn block_of(known: &Known<'_>) -> Text {
    match (known.kind, known.object.language) {
        (Some(kind), _) => kind.block.clone(),
        // Its mappings are called by the kinds.
        (None, Language::Ack) => known.object.kind.clone(),
        (None, Language::Crossplane | Language::Terraform | Language::CloudFormation | Language::Arm) => {
            known.object.full_kind()
        }
    }
}

/// The region that an object tells.
fn region(object: &Object, body: &Val) -> Option<Text> {
    match object.language {
        Language::Ack => object
            .annotation("services.k8s.aws/region")
            .map(|annotation| annotation.text.clone()),
        Language::Crossplane | Language::Terraform | Language::CloudFormation | Language::Arm => {
            body.get("region").and_then(Val::as_str).map(Text::from)
        }
    }
}

/// The arguments that an object tells.
fn arguments(known: &Known<'_>, values: &Values) -> Val {
    let object = known.object;
    let maps = known.kind.map_or(&[][..], |kind| kind.maps.as_slice());
    let part = |node: Option<&Node>, naming: Naming<'_>| match node {
        Some(node) => values.value(node, node.place, naming, ""),
        None => Val::null(),
    };
    let spec = object.spec.as_ref();
    let body = match object.language {
        Language::Ack => part(spec, Naming::AsWritten),
        Language::Crossplane | Language::Terraform | Language::CloudFormation | Language::Arm => {
            let part = |key: &str| part(spec.and_then(|spec| spec.get(key)), Naming::Camel(maps));
            let body = values::filled_up(part("forProvider"), part("initProvider"));
            // A spec that is not known as a whole tells no argument.
            match spec.map(|spec| &spec.content) {
                Some(Content::Unreadable(why)) => Val::unknown(why.clone()),
                Some(Content::Plain(_) | Content::Quoted(_) | Content::List(_) | Content::Map(_)) | None => {
                    body
                }
            }
        }
    };
    let mut fields = match body.kind {
        Kind::Map(fields) => Arc::unwrap_or_clone(fields),
        Kind::Unknown(why) => open(why),
        Kind::Null => Fields::default(),
        Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::String(_) | Kind::List(_) | Kind::Json(_) => {
            open("what the object wants is no map".into())
        }
    };
    name(known, &mut fields);
    if fields.rest.is_none() {
        fields.rest = adopted(object);
    }
    Val {
        kind: Kind::Map(Arc::new(fields)),
        set: Some(object.whole),
        at: Some(object.whole),
        partial: None,
    }
}

fn open(why: Why) -> Fields {
    Fields {
        rest: Some(why),
        ..Fields::default()
    }
}

/// Why what is not written is not known: the resource was there before, and stays as it was.
///
/// <https://aws-controllers-k8s.github.io/community/docs/user-docs/adopted-resource/>
fn adopted(object: &Object) -> Option<Why> {
    let annotation = object.annotation("services.k8s.aws/adoption-policy")?;
    (object.language == Language::Ack && annotation.text.starts_with("adopt"))
        .then(|| "the resource is adopted, so the cloud tells what is not written".into())
}

/// Puts in the argument that is called like the object, or as an annotation says.
///
/// <https://docs.crossplane.io/latest/managed-resources/managed-resources/#naming-external-resources>
fn name(known: &Known<'_>, fields: &mut Fields) {
    let object = known.object;
    let external = object.annotation("crossplane.io/external-name");
    let (argument, prefix, named) = match known
        .kind
        .and_then(|kind| kind.name.as_ref().map(|name| (kind, name)))
    {
        Some((kind, argument)) => (
            argument.clone(),
            kind.prefix.as_str(),
            external.or(object.name.as_ref()),
        ),
        // What has an id that the cloud makes is told by it when it was there before.
        None if object.language == Language::Crossplane => (Text::new_static("id"), "", external),
        None => return,
    };
    let Some(named) = named else { return };
    let text = match named.text.starts_with(prefix) {
        true => named.text.clone(),
        false => Text::from(format!("{prefix}{}", named.text)),
    };
    fields.entries.entry(argument).or_insert(Val {
        kind: Kind::String(text),
        set: Some(named.place),
        at: Some(named.place),
        partial: None,
    });
}
