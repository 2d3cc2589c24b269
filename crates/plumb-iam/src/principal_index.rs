//! `PrincipalIndex`: which of many principal patterns may name a principal, without trying all.

use std::collections::HashMap;

use plumb_model::value::Text;

use crate::arn::Arn;
use crate::principal::{Principal, PrincipalKind};
use crate::principal_pattern::PrincipalPattern;

/// Fewer patterns are tried one by one.
const WORTH_IT: usize = 32;

/// Positions by what must be known of a principal for a pattern to name it.
///
/// INVARIANT: the positions found for a principal hold those of every pattern that names it; they may hold others.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct PrincipalIndex {
    /// Those of patterns that name principals of any account and name.
    of_anybody: Vec<u32>,
    by_account: HashMap<Text, Vec<u32>>,
    by_name: HashMap<Text, Vec<u32>>,
    /// Those of ARNs, by account: whoever may be any principal of an account may be one of them.
    entities_of: HashMap<Text, Vec<u32>>,
}

impl PrincipalIndex {
    /// An index of positions, each with some of its patterns (`None` for one that may name anybody), in ascending order;
    /// `None` when there are too few to be worth it.
    pub(crate) fn new<'p>(
        entries: impl Iterator<Item = (u32, Option<&'p PrincipalPattern>)> + Clone,
    ) -> Option<Box<Self>> {
        entries.clone().nth(WORTH_IT)?;
        let mut index = Self::default();
        for (position, pattern) in entries {
            index.add(position, pattern);
        }
        Some(Box::new(index))
    }

    fn add(&mut self, position: u32, pattern: Option<&PrincipalPattern>) {
        let put = |positions: &mut Vec<u32>| {
            if positions.last() != Some(&position) {
                positions.push(position);
            }
        };
        let put_in = |map: &mut HashMap<Text, Vec<u32>>, key: &Text| match map.get_mut(key) {
            Some(known) => put(known),
            None => _ = map.insert(key.clone(), vec![position]),
        };
        match pattern {
            None | Some(PrincipalPattern::Everyone | PrincipalPattern::CanonicalUser(_)) => {
                put(&mut self.of_anybody);
            }
            Some(PrincipalPattern::Service(name) | PrincipalPattern::Federated(name)) if name == "*" => {
                put(&mut self.of_anybody);
            }
            Some(PrincipalPattern::Account(account) | PrincipalPattern::Session { account, .. }) => {
                put_in(&mut self.by_account, account);
            }
            Some(PrincipalPattern::Entity(arn)) => {
                put_in(&mut self.by_name, arn);
                if let Some(account) = Arn::account_of(arn) {
                    put_in(&mut self.entities_of, &account.into());
                }
            }
            Some(
                PrincipalPattern::UniqueId(name)
                | PrincipalPattern::Service(name)
                | PrincipalPattern::Federated(name),
            ) => put_in(&mut self.by_name, name),
        }
    }

    /// The positions of patterns that may name a principal, in ascending order.
    pub(crate) fn candidates(&self, principal: &Principal) -> Vec<u32> {
        let of = |map: &HashMap<Text, Vec<u32>>, key: Option<&Text>| {
            key.and_then(|key| map.get(key)).cloned().unwrap_or_default()
        };
        let is_any = principal.kind == PrincipalKind::AnyOfAccount && principal.name.is_empty();
        let account = principal.account.as_ref();
        let mut found = self.of_anybody.clone();
        found.extend(of(&self.by_account, account));
        found.extend(of(&self.by_name, Some(&principal.name)));
        found.extend(of(&self.by_name, principal.unique_id.as_ref()));
        found.extend(of(&self.entities_of, account.filter(|_| is_any)));
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns() -> Vec<PrincipalPattern> {
        let mut patterns = vec![
            PrincipalPattern::Everyone,
            PrincipalPattern::of_aws("111122223333"),
            PrincipalPattern::of_aws("arn:aws:iam::111122223333:user/ann"),
            PrincipalPattern::of_aws("arn:aws:iam::111122223333:role/team/admin"),
            PrincipalPattern::of_aws("arn:aws:sts::111122223333:assumed-role/admin/ops"),
            PrincipalPattern::of_aws("AIDAEXAMPLE"),
            PrincipalPattern::Service("sns.amazonaws.com".into()),
            PrincipalPattern::Federated("*".into()),
            PrincipalPattern::CanonicalUser("79a59d".into()),
        ];
        patterns
            .extend((0..100).map(|at| PrincipalPattern::of_aws(&format!("{:012}", 444_455_550_000u64 + at))));
        patterns.extend(
            (0..100).map(|at| PrincipalPattern::of_aws(&format!("arn:aws:iam::111122223333:user/u{at}"))),
        );
        patterns
    }

    fn principals() -> Vec<Principal> {
        let mut ann = Principal::of_arn("arn:aws:iam::111122223333:user/ann").unwrap();
        ann.unique_id = Some("AIDAEXAMPLE".into());
        vec![
            ann,
            Principal::of_arn("arn:aws:iam::111122223333:role/team/admin").unwrap(),
            Principal::of_arn("arn:aws:iam::111122223333:root").unwrap(),
            Principal::of_arn("arn:aws:iam::999988887777:user/bob").unwrap(),
            Principal::any_of_account("111122223333"),
            Principal::any_of_account("444455550042"),
            Principal::service("sns.amazonaws.com"),
            Principal::anonymous(),
        ]
    }

    fn positions(
        patterns: &[PrincipalPattern],
    ) -> impl Iterator<Item = (u32, Option<&PrincipalPattern>)> + Clone {
        (0u32..).zip(patterns.iter().map(Some))
    }

    #[test]
    fn the_index_finds_what_trying_all_finds() {
        let patterns = patterns();
        let index = PrincipalIndex::new(positions(&patterns)).unwrap();
        for principal in principals() {
            let expected: Vec<u32> = positions(&patterns)
                .filter(|(_, pattern)| pattern.is_some_and(|pattern| pattern.names(&principal).is_some()))
                .map(|(position, _)| position)
                .collect();
            let mut found = index.candidates(&principal);
            found.retain(|at| patterns[*at as usize].names(&principal).is_some());
            assert_eq!(found, expected, "{principal:?}");
        }
    }

    #[test]
    fn few_candidates_are_left_of_many() {
        let patterns: Vec<_> = (0..20_000u64)
            .map(|at| PrincipalPattern::of_aws(&format!("{at:012}")))
            .collect();
        let index = PrincipalIndex::new(positions(&patterns)).unwrap();
        assert_eq!(
            index.candidates(&Principal::any_of_account("000000004711")),
            [4711]
        );
        assert_eq!(index.candidates(&Principal::anonymous()), [0u32; 0]);
    }

    #[test]
    fn few_patterns_need_no_index() {
        let patterns = patterns();
        assert!(PrincipalIndex::new(positions(&patterns[..WORTH_IT])).is_none());
        assert!(PrincipalIndex::new(positions(&patterns[..=WORTH_IT])).is_some());
    }
}
