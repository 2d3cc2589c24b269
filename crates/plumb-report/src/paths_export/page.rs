//! The page with nothing but attack paths: self-contained, without a script.

use std::io;

use askama::Template;
use plumb_model::path::PathReport;

use crate::html::{PathsView, STYLE, style_policy};
use crate::visible::visible;

/// How many paths the page holds.
const MAX_PATHS: usize = 200;

/// What the head of the page says.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The name of the organization, when known.
    pub organization: Option<&'a str>,
    /// When the newest account was read, in RFC 3339.
    pub assessed_at: &'a str,
    /// The version of Plumb.
    pub plumb_version: &'a str,
}

#[derive(Template)]
#[template(path = "paths.html")]
struct Page {
    content_security_policy: String,
    style: &'static str,
    organization: Option<String>,
    assessed_at: String,
    plumb_version: String,
    paths: PathsView,
}

/// Writes the page with the riskiest paths and the choke points.
///
/// # Errors
/// When `out` refuses a write; what was written until then stays.
pub fn html(report: &PathReport, head: Head<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let shown = |text: &str| visible(text).into_owned();
    let page = Page {
        content_security_policy: style_policy(),
        style: STYLE,
        organization: head.organization.map(shown),
        assessed_at: shown(head.assessed_at),
        plumb_version: shown(head.plumb_version),
        paths: PathsView::new(report, MAX_PATHS),
    };
    page.write_into(out)
}
