//! `Gaps`: what could not be read of one account, summed up.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use plumb_model::coverage::Gap;
use plumb_model::value::{Reason, Text, Unreadable};

/// What could not be read, summed up.
#[derive(Debug, Default)]
pub(crate) struct Gaps(Mutex<BTreeMap<GapKey, (u64, Text)>>);

type GapKey = (Text, Option<Text>, Text, Reason, Option<Text>, Option<Text>);

impl Gaps {
    /// Notes one failure; failures that differ in their detail only are one gap, with the smallest detail.
    pub(crate) fn add(
        &self,
        resource_type: &Text,
        attribute: Option<&Text>,
        region: &Text,
        unreadable: &Unreadable,
    ) {
        let key = (
            resource_type.clone(),
            attribute.cloned(),
            region.clone(),
            unreadable.reason,
            unreadable.call.clone(),
            unreadable.action.clone(),
        );
        let mut gaps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, detail) = gaps.entry(key).or_insert_with(|| (0, unreadable.detail.clone()));
        *count += 1;
        if unreadable.detail < *detail {
            *detail = unreadable.detail.clone();
        }
    }

    /// Where resources of a type could not be listed, and why.
    pub(crate) fn of_listing(&self, resource_type: &str) -> Vec<(Text, Unreadable)> {
        let gaps = self.list().into_iter();
        gaps.filter(|gap| gap.resource_type == resource_type && gap.attribute.is_none())
            .map(|gap| (gap.region, gap.unreadable))
            .collect()
    }

    /// All gaps, sorted.
    pub(crate) fn list(&self) -> Vec<Gap> {
        let gaps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gaps.iter()
            .map(
                |((resource_type, attribute, region, reason, call, action), (count, detail))| Gap {
                    resource_type: resource_type.clone(),
                    attribute: attribute.clone(),
                    region: region.clone(),
                    unreadable: Unreadable {
                        call: call.clone(),
                        action: action.clone(),
                        detail: detail.clone(),
                        ..Unreadable::new(*reason)
                    },
                    count: *count,
                },
            )
            .collect()
    }
}
