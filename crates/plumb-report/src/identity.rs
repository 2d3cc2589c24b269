//! The identity of a finding over time: what a policy says of a resource is one finding in every run.

use std::fmt::Write as _;

use plumb_model::code::CodePlace;
use plumb_model::report::FindingView;
use sha2::{Digest, Sha256};

/// Where a finding stands in code: what decides it, else where its resource is declared.
pub(crate) fn place<'a>(view: &FindingView<'a>) -> Option<&'a CodePlace> {
    let spot = view.finding.code.as_deref().map(|spot| &spot.place);
    spot.or_else(|| view.resource.code.as_deref().map(|code| &code.place))
}

/// The address in code, or the name where there is none.
pub(crate) fn address<'a>(view: &FindingView<'a>) -> &'a str {
    view.resource
        .code
        .as_ref()
        .map_or(view.resource.name.as_str(), |code| code.address.as_str())
}

/// A stable identity of 32 hexadecimal digits, from the provider, the account, the policy and the resource.
///
/// It is a cryptographic hash, so nobody can name a resource such that its finding takes the place of another.
pub fn fingerprint(view: &FindingView<'_>) -> String {
    let account = &view.account.account;
    // What is declared in code has no account yet; its root and its address tell it apart.
    match &view.resource.code {
        Some(code) => of(view, account.lasting_name(), code.address.as_str()),
        None => of(view, account.id.as_str(), view.resource.uid.as_str()),
    }
}

/// The identities that the finding had under the addresses that its block had before.
pub(crate) fn former<'a>(view: &'a FindingView<'a>) -> impl Iterator<Item = String> + 'a {
    let place = view.account.account.lasting_name();
    let addresses = view.resource.code.iter().flat_map(|code| &code.former);
    addresses.map(move |address| of(view, place, address))
}

fn of(view: &FindingView<'_>, place: &str, id: &str) -> String {
    let account = &view.account.account;
    let mut hash = Sha256::new();
    for part in [account.provider.name(), place, &view.policy.name, id] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize()
        .iter()
        .take(16)
        .fold(String::with_capacity(32), |mut out, byte| {
            // Writing into a `String` cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}
