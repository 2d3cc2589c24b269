//! The names of accounts by their identifiers.

use std::collections::BTreeMap;

use plumb_model::report::Report;

/// The names of the accounts of a report.
pub(crate) struct AccountNames<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> AccountNames<'a> {
    pub(crate) fn new(report: &'a Report) -> Self {
        let names = report
            .accounts
            .iter()
            .map(|account| (account.account.id.as_str(), account.account.label()));
        Self(names.collect())
    }

    /// The name of the account with this identifier, or the text itself when there is none.
    pub(crate) fn label<'b>(&self, id: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.0.get(id).copied().unwrap_or(id)
    }
}
