//! `Part`: groups of resources that are equal for one principal, so that it is asked about them once.

use std::collections::{BTreeMap, BTreeSet};

use plumb_iam::policy::{NamedPolicy, PrincipalPolicies};
use plumb_iam::scope::Glance;

use crate::assemble::assets::{AssetGroups, Concern, UNCOMPARED, policies};
use crate::assemble::patterns::Mark;

/// The groups that the policies of a principal tell apart, each with what concerns it.
pub(crate) struct Named(BTreeMap<usize, Vec<Concern>>);

impl Named {
    /// Whether a group is told apart from those that no policy names.
    pub(crate) fn contains(&self, group: usize) -> bool {
        self.0.contains_key(&group)
    }

    fn of(&self, group: usize) -> &[Concern] {
        self.0.get(&group).map_or(&[], Vec::as_slice)
    }
}

/// Groups of one wide group that a principal's policies do not tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The wide group.
    pub(crate) wide: usize,
    /// The group that stands for all of them.
    pub(crate) first: usize,
    /// What the part holds.
    pub(crate) extent: PartExtent,
}

/// What a part holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PartExtent {
    /// These groups, its first one among them.
    These(Vec<usize>),
    /// All groups of the wide group that no other part holds.
    Rest,
}

impl AssetGroups {
    /// The groups of an account that the policies of a principal name.
    pub(crate) fn named(&self, fragment: usize, own: &PrincipalPolicies) -> Named {
        let documents = policies(own).filter_map(NamedPolicy::document);
        let marks: BTreeSet<Mark> = documents
            .filter_map(|document| self.of_document.get(&document.fingerprint()))
            .chain(self.of_account.get(&fragment))
            .flatten()
            .copied()
            .chain([UNCOMPARED])
            .collect();
        let mut named = Named(BTreeMap::new());
        for mark in marks {
            for (group, slot) in self.by_mark.get(&(fragment, mark)).into_iter().flatten() {
                named.0.entry(*group).or_default().push((mark, *slot));
            }
        }
        named
    }

    /// The parts of some wide groups that a principal may reach: those that its allowing patterns name or, where one of these
    /// concerns everything, all, told apart where any of its policies does.
    pub(crate) fn parts(
        &self,
        fragment: usize,
        wide: &[usize],
        reach: &Glance<'_>,
        named: &Named,
    ) -> Vec<Part> {
        let mut marks = BTreeSet::from([UNCOMPARED]);
        let mut everything = reach.everything;
        for pattern in &reach.patterns {
            match self.patterns.marks(pattern) {
                Some(found) => marks.extend(found),
                // It was not indexed because it concerns everything.
                None => everything = true,
            }
        }
        let of_wide = |group: &usize| {
            let found = self.groups.get(*group)?.wide;
            wide.contains(&found).then_some((found, *group))
        };
        let told_apart: BTreeSet<(usize, usize)> = if everything {
            named.0.keys().filter_map(of_wide).collect()
        } else {
            marks
                .iter()
                .filter_map(|mark| self.by_mark.get(&(fragment, *mark)))
                .flatten()
                .filter_map(|(group, _)| of_wide(group))
                .collect()
        };
        // What the same patterns of the principal concern is equal for it.
        let mut alike: BTreeMap<(usize, &[Concern]), Vec<usize>> = BTreeMap::new();
        let mut parts = Vec::new();
        for (wide, group) in told_apart {
            let concerns = named.of(group);
            let is_compared = concerns.iter().all(|(mark, _)| *mark != UNCOMPARED);
            if is_compared {
                alike.entry((wide, concerns)).or_default().push(group);
            } else {
                parts.extend(Part::of(wide, vec![group]));
            }
        }
        parts.extend(
            alike
                .into_iter()
                .filter_map(|((wide, _), groups)| Part::of(wide, groups)),
        );
        for wide in wide.iter().filter(|_| everything) {
            let groups = self.wide.get(*wide).map_or(&[][..], |found| &found.groups);
            if let Some(first) = groups.iter().find(|group| !named.contains(**group)) {
                parts.push(Part {
                    wide: *wide,
                    first: *first,
                    extent: PartExtent::Rest,
                });
            }
        }
        parts.sort_by_key(|part| (part.wide, part.first));
        parts
    }
}

impl Part {
    /// The groups that it names.
    pub(crate) fn these(&self) -> &[usize] {
        match &self.extent {
            PartExtent::These(groups) => groups,
            PartExtent::Rest => &[],
        }
    }

    fn of(wide: usize, groups: Vec<usize>) -> Option<Self> {
        Some(Self {
            wide,
            first: *groups.first()?,
            extent: PartExtent::These(groups),
        })
    }
}
