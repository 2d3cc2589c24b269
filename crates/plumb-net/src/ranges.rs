//! `RangeSet`: a set of whole numbers kept as sorted ranges, with exact set algebra.

/// A number that a [`RangeSet`] can hold.
pub trait Point: Copy + Ord {
    /// The smallest value.
    const FIRST: Self;
    /// The largest value.
    const LAST: Self;
    /// The next larger value; `None` after the largest.
    fn after(self) -> Option<Self>;
    /// The next smaller value; `None` before the smallest.
    fn before(self) -> Option<Self>;
}

macro_rules! point {
    ($($number:ty),*) => {$(
        impl Point for $number {
            const FIRST: Self = <$number>::MIN;
            const LAST: Self = <$number>::MAX;
            fn after(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn before(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )*};
}

point!(u8, u32, u128);

/// A set of numbers.
///
/// INVARIANT: the ranges are sorted, disjoint and not adjacent, so equal sets are equal values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RangeSet<T>(Vec<(T, T)>);

impl<T> Default for RangeSet<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Point> RangeSet<T> {
    /// The set without elements.
    pub const fn empty() -> Self {
        Self(Vec::new())
    }

    /// The set of all numbers of the type.
    pub fn full() -> Self {
        Self(vec![(T::FIRST, T::LAST)])
    }

    /// The numbers from `first` to `last`, both included; empty when `first` is larger.
    pub fn range(first: T, last: T) -> Self {
        if first <= last {
            Self(vec![(first, last)])
        } else {
            Self::empty()
        }
    }

    /// The union of ranges in any order; a range whose first number is larger than its last is empty.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut ranges: Vec<(T, T)> = ranges.into_iter().filter(|(first, last)| first <= last).collect();
        ranges.sort_unstable();
        let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(open) if open.1.after().is_none_or(|after| first <= after) => open.1 = open.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }

    /// The ranges, sorted, disjoint and not adjacent.
    pub fn ranges(&self) -> &[(T, T)] {
        &self.0
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `point` is an element.
    pub fn contains(&self, point: T) -> bool {
        let next = self.0.partition_point(|(first, _)| *first <= point);
        next.checked_sub(1)
            .and_then(|at| self.0.get(at))
            .is_some_and(|(_, last)| point <= *last)
    }

    /// All numbers of the type that are not elements.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some(T::FIRST);
        for (first, last) in &self.0 {
            if let (Some(from), Some(to)) = (next, first.before())
                && from <= to
            {
                gaps.push((from, to));
            }
            next = last.after();
        }
        if let Some(from) = next {
            gaps.push((from, T::LAST));
        }
        Self(gaps)
    }

    /// The numbers in one of the two.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        Self::from_ranges(self.0.iter().chain(&other.0).copied())
    }

    /// The numbers in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut common = Vec::new();
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                common.push((first, last));
            }
            if a.1 < b.1 {
                left.next();
            } else {
                right.next();
            }
        }
        Self(common)
    }

    /// The numbers of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return self.clone();
        }
        self.intersection(&other.complement())
    }

    /// Whether the two have an element in common.
    pub fn intersects(&self, other: &Self) -> bool {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            if a.0.max(b.0) <= a.1.min(b.1) {
                return true;
            }
            if a.1 < b.1 {
                left.next();
            } else {
                right.next();
            }
        }
        false
    }

    /// Whether every element of this set is in the other.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set() -> impl Strategy<Value = RangeSet<u8>> {
        prop::collection::vec((any::<u8>(), any::<u8>()), 0..6).prop_map(RangeSet::from_ranges)
    }

    proptest! {
        #[test]
        fn the_algebra_agrees_with_asking_each_number(a in set(), b in set()) {
            let (union, common, rest, not) =
                (a.union(&b), a.intersection(&b), a.difference(&b), a.complement());
            for point in 0..=u8::MAX {
                let (in_a, in_b) = (a.contains(point), b.contains(point));
                prop_assert_eq!(union.contains(point), in_a || in_b);
                prop_assert_eq!(common.contains(point), in_a && in_b);
                prop_assert_eq!(rest.contains(point), in_a && !in_b);
                prop_assert_eq!(not.contains(point), !in_a);
            }
            prop_assert_eq!(a.intersects(&b), !common.is_empty());
            prop_assert_eq!(a.is_subset(&b), rest.is_empty());
        }

        #[test]
        fn equal_sets_are_equal_values(a in set(), b in set()) {
            prop_assert_eq!(a.union(&b), b.union(&a));
            prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a.clone());
            prop_assert_eq!(a.complement().complement(), a);
        }
    }

    #[test]
    fn halves_make_the_whole() {
        let halves = RangeSet::from_ranges([(128_u8, 255), (0, 127)]);
        assert_eq!(halves, RangeSet::full());
        assert_eq!(RangeSet::<u8>::empty().complement(), RangeSet::full());
        assert_eq!(RangeSet::range(3_u8, 2), RangeSet::empty());
    }
}
