//! Joining the resources of a plan: what is known only after apply is the identity of what it refers to.

use std::collections::BTreeMap;
use std::sync::Arc;

use plumb_model::value::Text;

use super::{Reader, without_keys};
use crate::declared::Declared;
use crate::mapping::{KNOWN_AFTER_APPLY, Surroundings};
use crate::val::{Kind, Val};

impl Reader<'_> {
    /// Puts identities in, then fills what is known only after apply with the identity of what it refers to.
    pub(super) fn join(&self, blocks: &mut [Declared], account: &Text) {
        for block in blocks.iter_mut() {
            let surroundings = Surroundings {
                kind: &block.kind,
                address: &block.address,
                region: block.region.as_deref(),
                account: Some(block.account.as_ref().unwrap_or(account)),
            };
            let body = std::mem::replace(&mut block.body, Val::null());
            block.body = self.complete.complete(without_unknown(body), &surroundings);
        }
        let mut by_address: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (position, block) in blocks.iter().enumerate() {
            by_address
                .entry(without_keys(&block.address))
                .or_default()
                .push(position);
        }
        let mut found: Vec<(usize, Text, Val)> = Vec::new();
        for (position, block) in blocks.iter().enumerate() {
            let plain = without_keys(&block.address);
            for (argument, references) in self.references.get(&plain).into_iter().flatten() {
                if block.body.get(argument).is_some_and(|value| !value.is_null()) {
                    continue;
                }
                // The references of one expression: the attribute first, then the block it is of.
                let target = references.iter().find_map(|reference| {
                    let (base, attribute) = reference.rsplit_once('.')?;
                    let targets = by_address.get(&without_keys(base))?;
                    Some((targets, attribute))
                });
                let value = match target {
                    Some((targets, attribute)) if targets.len() == 1 => targets
                        .first()
                        .and_then(|target| blocks.get(*target))
                        .and_then(|target| target.body.get(attribute))
                        .cloned(),
                    _ => None,
                };
                found.push((
                    position,
                    argument.clone(),
                    value.unwrap_or_else(|| Val::unknown(KNOWN_AFTER_APPLY)),
                ));
            }
        }
        for (position, argument, value) in found {
            if let Some(Kind::Map(fields)) = blocks.get_mut(position).map(|block| &mut block.body.kind) {
                Arc::make_mut(fields).entries.insert(argument, value);
            }
        }
    }
}

/// Arguments that are unknown as a whole are as good as not written, so that identities can be put in.
fn without_unknown(body: Val) -> Val {
    let kind = match body.kind {
        Kind::Map(mut fields) => {
            Arc::make_mut(&mut fields)
                .entries
                .retain(|_, value| value.why_unknown().is_none_or(|why| why != KNOWN_AFTER_APPLY));
            Kind::Map(fields)
        }
        other => other,
    };
    Val { kind, ..body }
}
