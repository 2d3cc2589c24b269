//! `Traffic`: a set of pairs of address and service, the thing that filters and routes let through.

use crate::address::AddressSet;
use crate::ranges::Point;
use crate::service::ServiceSet;

/// A set of pairs (address of the peer, service).
///
/// INVARIANT: the segments are sorted and disjoint, none has an empty set of services, and neighbours with the same
/// services are one segment; so equal sets are equal values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    first: u128,
    last: u128,
    services: ServiceSet,
}

impl Traffic {
    /// Nothing.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Everything from and to everywhere.
    pub fn all() -> Self {
        Self::new(&AddressSet::full(), &ServiceSet::all())
    }

    /// Each of the services with each of the addresses.
    pub fn new(addresses: &AddressSet, services: &ServiceSet) -> Self {
        if services.is_empty() {
            return Self::none();
        }
        let segment = |(first, last): &(u128, u128)| Segment {
            first: *first,
            last: *last,
            services: services.clone(),
        };
        Self(addresses.ranges().iter().map(segment).collect())
    }

    /// The union of many, in a tree so that the cost stays near linear.
    pub fn union_all(mut parts: Vec<Self>) -> Self {
        while parts.len() > 1 {
            let mut halved = Vec::with_capacity(parts.len().div_ceil(2));
            let mut rest = parts.into_iter();
            while let Some(left) = rest.next() {
                halved.push(match rest.next() {
                    Some(right) => left.union(&right),
                    None => left,
                });
            }
            parts = halved;
        }
        parts.pop().unwrap_or_default()
    }

    /// Whether everything is in it.
    pub fn is_all(&self) -> bool {
        match self.0.as_slice() {
            [whole] => (whole.first, whole.last) == (0, u128::MAX) && whole.services.is_all(),
            _ => false,
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is in one of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        self.combine(other, ServiceSet::union)
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return Self::none();
        }
        self.combine(other, ServiceSet::intersection)
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return self.clone();
        }
        self.combine(other, ServiceSet::difference)
    }

    /// The part with peers among `addresses` and services among `services`.
    #[must_use]
    pub fn within(&self, addresses: &AddressSet, services: &ServiceSet) -> Self {
        self.intersection(&Self::new(addresses, services))
    }

    /// All addresses that occur.
    pub fn addresses(&self) -> AddressSet {
        AddressSet::from_ranges(self.0.iter().map(|segment| (segment.first, segment.last)))
    }

    /// All services that occur.
    pub fn services(&self) -> ServiceSet {
        ServiceSet::from_ranges(
            self.0
                .iter()
                .flat_map(|segment| segment.services.ranges().iter().copied()),
        )
    }

    /// The services that are open for every one of the addresses.
    pub fn services_for_all(&self, addresses: &AddressSet) -> ServiceSet {
        let mut common = ServiceSet::all();
        let mut left = addresses.clone();
        for segment in &self.0 {
            let range = AddressSet::range(segment.first, segment.last);
            if left.intersects(&range) {
                left = left.difference(&range);
                common = common.intersection(&segment.services);
            }
        }
        if left.is_empty() {
            common
        } else {
            ServiceSet::empty()
        }
    }

    /// Whether the pair is in it.
    pub fn has(&self, address: u128, service: u32) -> bool {
        let next = self.0.partition_point(|segment| segment.first <= address);
        next.checked_sub(1)
            .and_then(|at| self.0.get(at))
            .is_some_and(|segment| address <= segment.last && segment.services.contains(service))
    }

    /// Applies `change` to the services of each address.
    #[must_use]
    pub fn map_services(&self, change: impl Fn(&ServiceSet) -> ServiceSet) -> Self {
        let segments = self.0.iter().map(|segment| Segment {
            services: change(&segment.services),
            ..*segment
        });
        Self::joined(segments)
    }

    /// The same set the other way round: disjoint sets of services, each with the addresses that may use all of them.
    pub fn by_services(&self) -> Vec<(AddressSet, ServiceSet)> {
        let mut classes: Vec<(ServiceSet, Vec<(u128, u128)>)> = Vec::new();
        // Segments with equal services are taken together first: usually few different ones remain.
        let mut distinct: Vec<(&ServiceSet, Vec<(u128, u128)>)> = Vec::new();
        let mut sorted: Vec<&Segment> = self.0.iter().collect();
        sorted.sort_by(|a, b| a.services.cmp(&b.services));
        for segment in sorted {
            match distinct.last_mut() {
                Some((services, ranges)) if **services == segment.services => {
                    ranges.push((segment.first, segment.last));
                }
                _ => distinct.push((&segment.services, vec![(segment.first, segment.last)])),
            }
        }
        for (services, ranges) in distinct {
            let mut left = services.clone();
            let mut cut = Vec::with_capacity(classes.len() + 1);
            for (class, mut addresses) in classes {
                let common = class.intersection(&left);
                if common.is_empty() {
                    cut.push((class, addresses));
                    continue;
                }
                let rest = class.difference(&common);
                if !rest.is_empty() {
                    cut.push((rest, addresses.clone()));
                }
                left = left.difference(&common);
                addresses.extend(&ranges);
                cut.push((common, addresses));
            }
            if !left.is_empty() {
                cut.push((left, ranges));
            }
            classes = cut;
        }
        let mut by_addresses: Vec<(AddressSet, ServiceSet)> = classes
            .into_iter()
            .map(|(services, ranges)| (AddressSet::from_ranges(ranges), services))
            .collect();
        by_addresses.sort();
        let mut merged: Vec<(AddressSet, ServiceSet)> = Vec::with_capacity(by_addresses.len());
        for (addresses, services) in by_addresses {
            match merged.last_mut() {
                Some((same, all)) if *same == addresses => *all = all.union(&services),
                _ => merged.push((addresses, services)),
            }
        }
        merged
    }

    fn combine(&self, other: &Self, join: impl Fn(&ServiceSet, &ServiceSet) -> ServiceSet) -> Self {
        let mut cuts: Vec<u128> = Vec::with_capacity(2 * (self.0.len() + other.0.len()));
        for segment in self.0.iter().chain(&other.0) {
            cuts.push(segment.first);
            cuts.extend(segment.last.after());
        }
        cuts.sort_unstable();
        cuts.dedup();
        let none = ServiceSet::empty();
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut segments = Vec::with_capacity(cuts.len());
        let mut ends = cuts.iter().skip(1).map(|next| next - 1).chain([u128::MAX]);
        for first in &cuts {
            let last = ends.next().unwrap_or(u128::MAX);
            while left.next_if(|segment| segment.last < *first).is_some() {}
            while right.next_if(|segment| segment.last < *first).is_some() {}
            let a = left.peek().filter(|segment| segment.first <= *first);
            let b = right.peek().filter(|segment| segment.first <= *first);
            let services = join(a.map_or(&none, |a| &a.services), b.map_or(&none, |b| &b.services));
            segments.push(Segment {
                first: *first,
                last,
                services,
            });
        }
        Self::joined(segments)
    }

    /// Drops empty segments and joins neighbours with the same services.
    fn joined(segments: impl IntoIterator<Item = Segment>) -> Self {
        let mut joined: Vec<Segment> = Vec::new();
        for segment in segments {
            if segment.services.is_empty() {
                continue;
            }
            match joined.last_mut() {
                Some(open)
                    if open.services == segment.services && open.last.after() == Some(segment.first) =>
                {
                    open.last = segment.last;
                }
                _ => joined.push(segment),
            }
        }
        Self(joined)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn traffic() -> impl Strategy<Value = Traffic> {
        let rectangle = (0_u128..12, 0_u128..12, 0_u32..8, 0_u32..8);
        prop::collection::vec(rectangle, 0..5).prop_map(|rectangles| {
            let part = |(a, b, c, d)| Traffic::new(&AddressSet::range(a, b), &ServiceSet::range(c, d));
            Traffic::union_all(rectangles.into_iter().map(part).collect())
        })
    }

    proptest! {
        #[test]
        fn the_algebra_agrees_with_asking_each_pair(a in traffic(), b in traffic()) {
            let (union, common, rest) = (a.union(&b), a.intersection(&b), a.difference(&b));
            for address in 0..14 {
                for service in 0..9 {
                    let (in_a, in_b) = (a.has(address, service), b.has(address, service));
                    prop_assert_eq!(union.has(address, service), in_a || in_b);
                    prop_assert_eq!(common.has(address, service), in_a && in_b);
                    prop_assert_eq!(rest.has(address, service), in_a && !in_b);
                    prop_assert_eq!(
                        a.addresses().contains(address) && a.services().contains(service) || !in_a, true);
                }
            }
        }

        #[test]
        fn turned_round_it_is_the_same_set(a in traffic()) {
            let turned = a.by_services();
            let again = turned.iter().map(|(addresses, services)| Traffic::new(addresses, services)).collect();
            prop_assert_eq!(Traffic::union_all(again), a);
            for (at, (_, services)) in turned.iter().enumerate() {
                prop_assert!(turned[..at].iter().all(|(_, other)| !other.intersects(services)));
            }
        }

        #[test]
        fn what_is_open_for_all_is_open_for_each(a in traffic(), first in 0_u128..12, more in 0_u128..4) {
            let asked = AddressSet::range(first, first + more);
            let common = a.services_for_all(&asked);
            for service in 0..9 {
                let each = (first..=first + more).all(|address| a.has(address, service));
                prop_assert_eq!(common.contains(service), each);
            }
        }
    }
}
