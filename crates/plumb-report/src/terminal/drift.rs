//! Drift on the terminal: what is other than code says, what is missing, what nobody declared.

use std::collections::BTreeMap;
use std::io;

use plumb_model::drift::{Changed, Drift};
use plumb_model::value::{Text, Value};

use super::code::place;
use super::page::{Page, fitted, painted_text};
use crate::numbers::{counted, thousands};
use crate::options::Color;
use crate::visible::visible;

/// How many changes that many resources have in common are told, and by how many.
const REPEATED: usize = 5;
const OFTEN: usize = 10;
/// The most lines of each list.
const LISTED: usize = 200;
/// The most characters of a value.
const MAX_VALUE: usize = 200;

/// The whole page.
pub fn drift(drift: &Drift, width: usize, color: Color) -> String {
    painted_text(width, color, |page| write(drift, page))
}

/// What is other in the same way on many resources: one cause is likely.
fn repeated(drift: &Drift, page: &mut Page<'_>) -> io::Result<()> {
    let mut times: BTreeMap<(&Text, String, String), usize> = BTreeMap::new();
    for changed in &drift.changed {
        let way = (&changed.attribute, shown(&changed.wanted), shown(&changed.found));
        *times.entry(way).or_default() += 1;
    }
    let mut often: Vec<_> = times.into_iter().filter(|(_, times)| *times >= OFTEN).collect();
    often.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    for ((attribute, wanted, found), times) in often.into_iter().take(REPEATED) {
        let what = format!("{}: declared {wanted}, is {found}", visible(attribute));
        page.wrapped("  ", &format!("alike on {}: {what}", count(times, "resources")))?;
    }
    Ok(())
}

/// Attributes with both values, by resource.
fn attributes_of(changes: &[Changed], page: &mut Page<'_>) -> io::Result<()> {
    let mut last = None;
    for changed in changes.iter().take(LISTED) {
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
    more(changes.len(), page)
}

fn write(drift: &Drift, page: &mut Page<'_>) -> io::Result<()> {
    if !drift.changed.is_empty() {
        page.heading(&format!(
            "OTHER THAN DECLARED: {}",
            count(drift.changed.len(), "attributes")
        ))?;
        repeated(drift, page)?;
        attributes_of(&drift.changed, page)?;
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
            let why = undeclared.why.as_ref().map(|why| format!(": {why}"));
            let why = why.unwrap_or_default();
            page.wrapped(
                "  ",
                &format!("{}  {}{why}", undeclared.resource_type, undeclared.uid),
            )?;
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
    if !drift.ignored.is_empty() {
        let attributes = count(drift.ignored.len(), "attributes");
        page.heading(&format!(
            "OTHER, BUT LEFT TO OTHERS by `ignore_changes`: {attributes}"
        ))?;
        attributes_of(&drift.ignored, page)?;
    }
    if !drift.pending.is_empty() {
        let resources = count(drift.pending.len(), "resources");
        page.heading(&format!("WAITING FOR THE NEXT APPLY: {resources}"))?;
        for pending in drift.pending.iter().take(LISTED) {
            page.wrapped("  ", &format!("{}: {}", pending.declared.address, pending.what))?;
        }
        more(drift.pending.len(), page)?;
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

#[cfg(test)]
mod tests {
    use plumb_model::code::{CodePlace, CodeResource};

    use super::*;

    fn changed(number: usize, found: &'static str) -> Changed {
        let place = CodePlace {
            file: "main.tf".into(),
            line: 1,
            column: 1,
            end_line: 1,
            end_column: 2,
        };
        Changed {
            declared: CodeResource {
                address: format!("aws_s3_bucket.b{number}").into(),
                language: "terraform".into(),
                place: place.clone(),
                calls: Vec::new(),
                perhaps: None,
                former: Vec::new(),
            },
            resource_type: "aws_s3_bucket".into(),
            uid: format!("arn:aws:s3:::b{number}").into(),
            attribute: "tags.Team".into(),
            place,
            wanted: Value::String("red".into()),
            found: Value::String(found.into()),
        }
    }

    #[test]
    fn what_many_resources_have_in_common_is_told_first() {
        let drift_of = |equal: usize| Drift {
            changed: (0..equal)
                .map(|number| changed(number, "blue"))
                .chain([changed(99, "green")])
                .collect(),
            ..Drift::default()
        };
        let page = drift(&drift_of(12), 100, Color::Never);
        let lines: Vec<&str> = page.lines().filter(|line| line.contains("alike")).collect();
        assert_eq!(
            lines,
            [r#"  alike on 12 resources: tags.Team: declared "red", is "blue""#]
        );
        assert!(page.contains(r#"is "green""#));
        assert!(!drift(&drift_of(9), 100, Color::Never).contains("alike"));
    }
}
