//! Drift on the terminal: what is other than code says, what is missing, what nobody declared.

use std::io;

use plumb_model::drift::Drift;
use plumb_model::value::Value;

use super::code::place;
use super::page::{Page, fitted, painted_text};
use crate::numbers::{counted, thousands};
use crate::options::Color;
use crate::visible::visible;

/// The most lines of each list.
const LISTED: usize = 200;
/// The most characters of a value.
const MAX_VALUE: usize = 200;

/// The whole page.
pub fn drift(drift: &Drift, width: usize, color: Color) -> String {
    painted_text(width, color, |page| write(drift, page))
}

fn write(drift: &Drift, page: &mut Page<'_>) -> io::Result<()> {
    if !drift.changed.is_empty() {
        page.heading(&format!(
            "OTHER THAN DECLARED: {}",
            count(drift.changed.len(), "attributes")
        ))?;
        let mut last = None;
        for changed in drift.changed.iter().take(LISTED) {
            if last != Some(&changed.declared.address) {
                let columns = page.width().saturating_sub(2);
                let title = fitted(&format!("{}  {}", changed.declared.address, changed.uid), columns);
                page.line(&format!("  {title}"))?;
                last = Some(&changed.declared.address);
            }
            let at = format!("    {}: ", visible(&changed.attribute));
            let (wanted, found) = (shown(&changed.wanted), shown(&changed.found));
            page.wrapped(
                &at,
                &format!("declared {wanted}, is {found}  ({})", place(&changed.place)),
            )?;
        }
        more(drift.changed.len(), page)?;
    }
    if !drift.missing.is_empty() {
        page.heading(&format!(
            "DECLARED BUT NOT THERE: {}",
            count(drift.missing.len(), "resources")
        ))?;
        for missing in drift.missing.iter().take(LISTED) {
            let text = format!(
                "{}  ({})",
                missing.declared.address,
                place(&missing.declared.place)
            );
            page.wrapped("  ", &text)?;
        }
        more(drift.missing.len(), page)?;
    }
    if !drift.undeclared.is_empty() {
        let resources = count(drift.undeclared.len(), "resources");
        page.heading(&format!(
            "THERE BUT NOT DECLARED, of types that the code declares: {resources}"
        ))?;
        for undeclared in drift.undeclared.iter().take(LISTED) {
            page.wrapped("  ", &format!("{}  {}", undeclared.resource_type, undeclared.uid))?;
        }
        more(drift.undeclared.len(), page)?;
    }
    if !drift.unsure.is_empty() {
        page.heading(&format!(
            "NOT KNOWN WHETHER THERE: {}",
            count(drift.unsure.len(), "resources")
        ))?;
        for unsure in drift.unsure.iter().take(LISTED) {
            page.wrapped("  ", &format!("{}: {}", unsure.declared.address, unsure.why))?;
        }
        more(drift.unsure.len(), page)?;
    }
    page.blank()?;
    let verdict = if drift.is_none() { "no drift" } else { "drift" };
    let verdict = page.bold(verdict);
    page.line(&format!(
        "{verdict}: {} found as declared or nearly so, {} of them changed, {} missing, {} not declared, {} not known",
        count(usize::try_from(drift.matched).unwrap_or(usize::MAX), "resources"),
        thousands(changed_resources(drift)),
        drift.missing.len(),
        drift.undeclared.len(),
        drift.unsure.len()
    ))
}

fn changed_resources(drift: &Drift) -> u64 {
    let mut addresses: Vec<&str> = drift
        .changed
        .iter()
        .map(|changed| changed.declared.address.as_str())
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    u64::try_from(addresses.len()).unwrap_or(u64::MAX)
}

fn count(number: usize, noun: &'static str) -> String {
    counted(u64::try_from(number).unwrap_or(u64::MAX), noun)
}

fn more(all: usize, page: &mut Page<'_>) -> io::Result<()> {
    match all.checked_sub(LISTED) {
        Some(more) if more > 0 => {
            page.wrapped("  ", &format!("and {more} more; `--format json` has all of them"))
        }
        Some(_) | None => Ok(()),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= MAX_VALUE {
        return text;
    }
    let mut cut: String = text.chars().take(MAX_VALUE).collect();
    cut.push('…');
    cut
}
