//! Roots of code in attack paths: people know them by their paths, not by the numbers that stand for their accounts.

use std::collections::BTreeMap;

use plumb_model::path::PathReport;
use plumb_model::report::AccountReport;
use plumb_model::value::Text;

/// Puts the paths of roots where the paths and choke points name their accounts.
pub(crate) fn name(accounts: &[AccountReport], paths: &mut PathReport) {
    let roots: BTreeMap<&str, &str> = accounts
        .iter()
        .map(|account| &account.account)
        .filter(|account| account.is_stand_in())
        .map(|account| (account.id.as_str(), account.label()))
        .collect();
    if roots.is_empty() {
        return;
    }
    let named = |account: &mut Text| {
        if let Some(root) = roots.get(account.as_str()) {
            *account = Text::from(*root);
        }
    };
    for path in &mut paths.paths {
        named(&mut path.entry.account);
        for hop in &mut path.hops {
            named(&mut hop.to.account);
        }
    }
    for choke_point in &mut paths.choke_points {
        named(&mut choke_point.account);
    }
}
