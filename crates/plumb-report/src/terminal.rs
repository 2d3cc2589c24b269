//! The terminal report: the posture on one page, most important things first.

pub mod answers;
mod code;
pub mod drift;
mod page;
pub mod paths;
mod risk;
mod sections;

use std::io::{self, Write};

use plumb_model::report::Report;

use crate::digest::{Origin, failing_policies, obstacles, policy_tallies};
use crate::options::RenderOptions;
use page::Page;

/// Writes the page: head, score, severities, priorities, attack paths, lost points, compliance, failing policies,
/// accepted risks, what was not judged, coverage, what next. Of code: every failure with its lines, then the summary.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let tallies = policy_tallies(report);
    let failing = failing_policies(&tallies);
    let obstacles = obstacles(report);
    let page = &mut Page::new(out, options.width, options.color);
    if Origin::of(report) == Origin::Code {
        code::failures(report, page)?;
        risk::paths(report, page)?;
        risk::accepted(report, page)?;
        risk::estate_doubts(report, page)?;
        sections::obstacles(report, &obstacles, page)?;
        code::summary(report, page)?;
        return sections::next(report, &failing, page);
    }
    sections::head(report, page)?;
    sections::score(report, page)?;
    sections::severities(report, page)?;
    risk::priorities(report, page)?;
    risk::paths(report, page)?;
    risk::breakdown(report, page)?;
    sections::compliance(report, page)?;
    sections::failing(report, &failing, options.listed_policies, page)?;

    risk::accepted(report, page)?;
    risk::estate_doubts(report, page)?;
    sections::obstacles(report, &obstacles, page)?;
    sections::coverage(report, page)?;
    sections::next(report, &failing, page)
}
