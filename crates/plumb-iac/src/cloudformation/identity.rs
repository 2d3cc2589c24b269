//! What resources are called: stand-ins for what only the cloud knows, made of logical ids.

use plumb_model::value::Text;

use super::evaluate::Spot;
use super::instance::Instance;
use super::tree::{Entry, Node};
use super::{Certainty, MAX_TEXT, STAND_IN_ACCOUNT, STAND_IN_REGION, parameters, scalar};
use crate::val::Val;

/// For values by which resources join.
const JOINING: Spot = Spot {
    at: None,
    certainty: Certainty::StandIn,
};

impl Instance<'_, '_> {
    /// What `Ref` or an attribute of a resource gives.
    pub(super) fn identity(&self, resource: &Entry, attribute: &str) -> Val {
        let id = &resource.key;
        let Some(kind) = resource.value.get_text("Type") else {
            return Val::unknown(format!("resource `{id}` has no type"));
        };
        if let Some(output) = attribute.strip_prefix("Outputs.") {
            return self.child_output(resource, output);
        }
        // What its author writes is what it is, even when that is not known.
        if let Some(written) = self
            .property(resource, attribute)
            .filter(|value| !value.is_null())
        {
            return written;
        }
        let computed = self.work.context.identities.computed(kind);
        match computed.iter().find(|(name, _)| name == attribute) {
            Some((_, template)) => match self.filled(resource, kind, template) {
                Some(text) => Val::string(text),
                None => Val::unknown(format!("`{id}.{attribute}` is known only after deployment")),
            },
            None if attribute == "Ref" => Val::string(self.address(id)),
            None => Val::unknown(format!("`{id}.{attribute}` is known only after deployment")),
        }
    }

    /// A template of a computed argument with its parts filled in; `None` when a part has no known value.
    fn filled(&self, resource: &Entry, kind: &str, template: &str) -> Option<Text> {
        let mut filled = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (names, behind) = after.split_once('}')?;
            filled.push_str(before);
            filled.push_str(
                &names
                    .split('|')
                    .find_map(|name| self.source(resource, kind, name.trim()))?,
            );
            if filled.len() > MAX_TEXT {
                return None;
            }
            rest = behind;
        }
        filled.push_str(rest);
        Some(filled.into())
    }

    /// One of the sources of a placeholder: a name, `'text'`, or `name=value 'text'` for a text where a property has a value.
    fn source(&self, resource: &Entry, kind: &str, source: &str) -> Option<String> {
        match source
            .strip_suffix('\'')
            .and_then(|source| source.split_once('\''))
        {
            Some(("", text)) => Some(text.to_owned()),
            Some((condition, text)) => {
                let (name, value) = condition.trim_end().split_once('=')?;
                let written = self.property(resource, name).as_ref().and_then(scalar::text_of)?;
                (written == value).then(|| text.to_owned())
            }
            None => self.known(resource, kind, source),
        }
    }

    fn known(&self, resource: &Entry, kind: &str, name: &str) -> Option<String> {
        let context = self.work.context;
        let id = &resource.key;
        let known = match name {
            "address" => Some(self.address(id).to_string()),
            "label" => Some(id.to_string()),
            "region" => Some(context.region.as_deref().unwrap_or(STAND_IN_REGION).to_owned()),
            "account" => Some(context.account.as_deref().unwrap_or(STAND_IN_ACCOUNT).to_owned()),
            "partition" => Some(
                context
                    .region
                    .as_deref()
                    .map_or("aws".into(), parameters::partition)
                    .to_string(),
            ),
            _ => {
                let written = self.property(resource, name).filter(|value| !value.is_null());
                let computed = context
                    .identities
                    .computed(kind)
                    .iter()
                    .any(|(computed, _)| computed == name);
                let value = match written {
                    Some(written) => Some(written),
                    None if computed => Some(self.resource_attribute(id, name, resource.key_place)),
                    None => None,
                };
                value.as_ref().and_then(scalar::text_of)
            }
        };
        known.filter(|text| !text.is_empty())
    }

    /// A property of a resource by its path; `None` when it is not written.
    fn property(&self, resource: &Entry, path: &str) -> Option<Val> {
        let mut node: &Node = resource.value.get("Properties")?;
        let mut names = path.split('.');
        while node.call().is_none() {
            match names.next() {
                Some(name) => node = node.get(name)?,
                None => break,
            }
        }
        let mut value = self.evaluate(node, JOINING);
        for name in names {
            if value.why_unknown().is_some() {
                return Some(value);
            }
            value = value.get(name)?.clone();
        }
        Some(value)
    }
}
