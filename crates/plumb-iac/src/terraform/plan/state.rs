//! States as Terraform keeps them: what was applied, by which provider.

use plumb_model::value::Text;
use serde_json::Value as Json;

use super::value::hide;
use super::whereabouts::Evidence;
use super::{Found, Reader, is_of_aws, list, text};
use crate::declared::Intent;
use crate::secrecy::Secrecy;
use crate::terraform::repeat::Key;

impl Reader<'_> {
    /// Everything of a state of version 4.
    pub(super) fn state(&mut self, json: &Json) {
        for resource in list(json.get("resources")) {
            let (Some(kind), Some(name)) = (text(resource, "type"), text(resource, "name")) else {
                continue;
            };
            let module = text(resource, "module").map_or(String::new(), |module| format!("{module}."));
            for instance in list(resource.get("instances")) {
                // OpenTofu tells the provider of each instance where a provider has several.
                let provider = text(instance, "provider").or_else(|| text(resource, "provider"));
                let provider = provider.unwrap_or_default();
                let attributes = instance.get("attributes").unwrap_or(&Json::Null);
                if text(resource, "mode") == Some("data") {
                    if is_of_aws(kind) {
                        self.look_up(kind, provider, attributes);
                    }
                    continue;
                }
                let address = format!("{module}{kind}.{name}{}", key(instance));
                let (address, intent) = match (text(instance, "deposed"), text(instance, "status")) {
                    (Some(deposed), _) if !deposed.is_empty() => {
                        (format!("{address} (deposed {deposed})"), Some(Intent::Deposed))
                    }
                    (_, Some("tainted")) => (address, Some(Intent::Tainted)),
                    (_, Some(_) | None) => (address, None),
                };
                let address = Text::from(address);
                let mut body = self.value(attributes, None, None, 0);
                for path in list(instance.get("sensitive_attributes")) {
                    if self.secrecy == Secrecy::Kept {
                        self.kept_back.set(true);
                        hide(&mut body, path);
                    }
                }
                self.lifecycle
                    .intents
                    .extend(intent.map(|intent| (address.clone(), intent)));
                self.add(Found {
                    kind: Text::from(kind),
                    address,
                    body,
                    provider: provider.to_owned(),
                    evidence: Evidence::of(attributes),
                });
            }
        }
    }
}

/// The key of `count` or `for_each`.
fn key(instance: &Json) -> Key {
    match instance.get("index_key") {
        Some(Json::String(key)) => Key::Name(Text::from(key.as_str())),
        Some(Json::Number(index)) => Key::Index(
            index
                .as_u64()
                .and_then(|index| usize::try_from(index).ok())
                .unwrap_or_default(),
        ),
        _ => Key::None,
    }
}
