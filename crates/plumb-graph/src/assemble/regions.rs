//! The regions that accounts use, which is where whoever may choose one turns first.

use std::collections::BTreeMap;

use plumb_iam::directory::Asset;
use plumb_model::resource::GLOBAL_REGION;
use plumb_model::value::Text;

use crate::fragment::{AccountFragment, FragmentNode};

/// How many regions of an account are tried where any will do.
const MAX_REGIONS: usize = 4;

/// The regions in which an account has most resources, by the number of these.
pub(super) fn used(fragment: &AccountFragment) -> Vec<Text> {
    let mut counts: BTreeMap<&Text, usize> = BTreeMap::new();
    for resource in fragment
        .nodes
        .iter()
        .filter(|resource| resource.region != GLOBAL_REGION)
    {
        *counts.entry(&resource.region).or_default() += 1;
    }
    let mut counts: Vec<(&Text, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let names = counts.into_iter().map(|(region, _)| region.clone());
    names.take(MAX_REGIONS).collect()
}

/// The same asset in the region of a resource, if it lives in one.
pub(crate) fn in_its_region(asset: Asset, resource: &FragmentNode) -> Asset {
    // What stands there where the region is not known is no name of one.
    if resource.region.contains('-') {
        asset.in_region(resource.region.clone())
    } else {
        asset
    }
}
