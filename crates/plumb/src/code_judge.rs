//! Judging code: as it is shown, and by sensitive values where these decide.

use std::collections::HashMap;

use plumb_engine::{Analyzer, Judged};
use plumb_iac::locate::spot;
use plumb_iac::snapshot::CodeAccount;
use plumb_model::value::Text;
use rayon::prelude::*;

use crate::scan_code::Code;

impl Code {
    /// Judges the accounts, whose documents are all there.
    pub(crate) fn judge(&self, analyzer: &Analyzer) -> Vec<Judged> {
        let accounts = self.accounts.par_iter();
        let mut judged = accounts
            .map(|account| analyzer.account(&account.snapshot))
            .collect::<Vec<_>>();
        self.decide(analyzer, &mut judged);
        judged
    }

    /// Decides by sensitive values what hangs on them.
    pub(crate) fn decide(&self, analyzer: &Analyzer, judged: &mut [Judged]) {
        let judge = |account: &CodeAccount| analyzer.account(&account.snapshot);
        let revealed: Vec<Judged> = self.revealed.par_iter().map(judge).collect();
        let both = self.accounts.iter().zip(&self.revealed);
        for (judged, (revealed, (account, other))) in judged.iter_mut().zip(revealed.iter().zip(both)) {
            let twins = twins(account, other);
            analyzer.decide(judged, revealed, &|resource_type, uid| {
                twins.get(&(resource_type, uid)).map(|uid| (*uid).clone())
            });
        }
    }

    /// Keeps the findings that have a place in a file: where something decides or is set, or their block.
    pub(crate) fn keep_file(&self, analyzer: &Analyzer, judged: &mut [Judged], file: &str) {
        for (judged, account) in judged.iter_mut().zip(&self.accounts) {
            analyzer.keep(judged, &|finding, resource| {
                let key = (resource.resource_type.clone(), resource.uid.clone());
                let Some(places) = account.places.get(&key) else {
                    return false;
                };
                let (spot, _) = spot(&self.sources, places, finding.evidence.as_deref());
                let set_at = spot.set_at.iter().any(|place| place.file == file);
                set_at || spot.place.file == file
            });
        }
    }
}

/// Under which uid another reading of the code has a resource, by type and uid in this one: what the same block declares.
fn twins<'c>(account: &'c CodeAccount, other: &'c CodeAccount) -> HashMap<(&'c Text, &'c Text), &'c Text> {
    fn by_address(account: &CodeAccount) -> HashMap<(&Text, &Text, usize), &Text> {
        let mut counts: HashMap<(&Text, &Text), usize> = HashMap::new();
        let resources = account.snapshot.resources.iter().filter_map(|resource| {
            let key = (resource.resource_type.clone(), resource.uid.clone());
            let declared = account.declared.get(&key)?;
            let number = counts
                .entry((&resource.resource_type, &declared.address))
                .or_default();
            *number += 1;
            Some((
                (&resource.resource_type, &declared.address, *number),
                &resource.uid,
            ))
        });
        resources.collect()
    }
    let there = by_address(other);
    let pairs = by_address(account).into_iter().filter_map(|(key, uid)| {
        let twin = there.get(&key)?;
        Some(((key.0, uid), *twin))
    });
    pairs.collect()
}
