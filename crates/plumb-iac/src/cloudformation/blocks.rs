//! The blocks that an instance declares, those of its nested stacks included.

use std::sync::Arc;

use plumb_model::value::Text;

use super::Certainty;
use super::conditions::Truth;
use super::evaluate::Spot;
use super::instance::Instance;
use super::tree::{Content, Entry, Node};
use crate::declared::Declared;
use crate::val::{Fields, Kind, Val, Why};

/// Attributes of resources that tell about data and are kept beside the properties.
const KEPT: [&str; 2] = ["DeletionPolicy", "UpdateReplacePolicy"];

impl Instance<'_, '_> {
    /// Adds the blocks of the instance and of all that it nests.
    pub(super) fn blocks(&self, blocks: &mut Vec<Declared>) {
        for resource in self.resources.values() {
            self.block(resource, blocks);
        }
    }

    fn block(&self, resource: &Entry, blocks: &mut Vec<Declared>) {
        let (id, node) = (&resource.key, &resource.value);
        if id == "Fn::Transform" {
            let help = "resources that it adds are not seen";
            self.work
                .error(resource.key_place, "a macro adds to the resources", help);
            return;
        }
        let Some(kind) = node.get_text("Type") else {
            let message = match node.entries() {
                Some(_) => format!("resource `{id}` has no type"),
                None => format!("resource `{id}` must be a map, this is a {}", node.kind_name()),
            };
            self.work.error(resource.key_place, message, "it is not judged");
            return;
        };
        let perhaps: Option<Why> = match node.get("Condition") {
            None => None,
            Some(Node {
                content: Content::Unreadable(why),
                ..
            }) => Some(why.clone()),
            Some(condition) => match condition.text() {
                None => self
                    .wrong(condition.place, "the condition of a resource is a name")
                    .why_unknown()
                    .cloned(),
                Some(name) => match self.condition(name, condition.place) {
                    Truth::True => None,
                    Truth::False => {
                        self.tell_left_out(resource, name);
                        return;
                    }
                    Truth::Unknown(why) => Some(why),
                },
            },
        };
        let hangs_on: Vec<Text> = match (&perhaps, node.get_text("Condition")) {
            (Some(_), Some(name)) => vec![self.address(name)],
            (Some(_), None) | (None, _) => Vec::new(),
        };
        if kind.starts_with("AWS::Serverless::") || kind.ends_with("::MODULE") {
            let message = format!("`{kind}` is not expanded");
            self.work
                .error(resource.key_place, message, "what it stands for is not judged");
        }
        blocks.push(Declared {
            kind: kind.into(),
            address: self.address(id),
            body: self.body(resource, kind),
            head: resource.key_place,
            whole: resource.place(),
            calls: self.origin.calls.clone(),
            hangs_on: hangs_on.clone(),
            perhaps: perhaps.clone(),
            region: self.work.context.region.clone(),
            account: None,
        });
        if let Some(child) = self.child(resource) {
            let start = blocks.len();
            child.blocks(blocks);
            for block in blocks.iter_mut().skip(start) {
                block.perhaps = block.perhaps.take().or_else(|| perhaps.clone());
                block.hangs_on.extend(hangs_on.iter().cloned());
                block.hangs_on.sort_unstable();
            }
        }
    }

    /// The properties, computed arguments that are not written, and what happens to data.
    fn body(&self, resource: &Entry, kind: &str) -> Val {
        let spot = Spot {
            at: Some(resource.place()),
            certainty: Certainty::StandIn,
        };
        let properties = resource
            .value
            .entry("Properties")
            .filter(|entry| !entry.value.is_null());
        let mut body = match properties {
            None => Val::map(Default::default()),
            Some(entry) => self.evaluate(
                &entry.value,
                Spot {
                    at: Some(entry.place()),
                    ..spot
                },
            ),
        };
        let mut fields = match &body.kind {
            Kind::Map(fields) => (**fields).clone(),
            Kind::Unknown(why) => Fields {
                rest: Some(why.clone()),
                ..Fields::default()
            },
            Kind::Null
            | Kind::Bool(_)
            | Kind::Int(_)
            | Kind::Float(_)
            | Kind::String(_)
            | Kind::List(_)
            | Kind::Json(_) => {
                let message = format!("properties of `{}` must be a map", resource.key);
                self.work
                    .error(resource.key_place, message.clone(), "they are taken as unknown");
                Fields {
                    rest: Some(message.into()),
                    ..Fields::default()
                }
            }
        };
        for (name, _) in self.work.context.identities.computed(kind) {
            if !fields.entries.contains_key(name) {
                let value = self.resource_attribute(&resource.key, name, resource.key_place);
                fields.entries.insert(name.clone(), value);
            }
        }
        for kept in KEPT {
            if let Some(entry) = resource.value.entry(kept) {
                let value = self.evaluate(
                    &entry.value,
                    Spot {
                        at: Some(entry.place()),
                        ..spot
                    },
                );
                fields.entries.insert(kept.into(), value);
            }
        }
        body.kind = Kind::Map(Arc::new(fields));
        body
    }
}
