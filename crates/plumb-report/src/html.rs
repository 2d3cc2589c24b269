//! The HTML report: one page that needs nothing but itself.
//!
//! The page is built from a template that escapes everything; findings travel as JSON that the page's own script
//! turns into text nodes. A content security policy allows that one script and that one style by their hashes, so even
//! a flaw in the escaping could not run or fetch anything.

mod data;
mod marked;
mod paths;
mod selection;
mod view;

use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plumb_model::report::Report;
use sha2::{Digest, Sha256};

use crate::json_text::write_shown_json;
use crate::options::RenderOptions;
use data::Data;
use selection::select;
use view::View;

pub(crate) use paths::PathsView;

/// The style of all pages.
pub(crate) const STYLE: &str = concat!(
    include_str!("../templates/report.css"),
    include_str!("../templates/paths.css")
);
const SCRIPT: &str = include_str!("../templates/report.js");

/// Writes the page with the worst `options.detailed_findings` findings in detail.
pub(crate) fn render(report: &Report, options: &RenderOptions, out: &mut dyn Write) -> io::Result<()> {
    let selection = select(report, options.detailed_findings);
    let mut data = Vec::new();
    write_shown_json(&Data::new(report, &selection), &mut data)?;
    let page = Page {
        content_security_policy: content_security_policy(),
        style: STYLE,
        script: SCRIPT,
        data: String::from_utf8(data).map_err(io::Error::other)?,
        view: View::new(report, &selection),
    };
    page.write_into(out)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    content_security_policy: String,
    style: &'static str,
    script: &'static str,
    data: String,
    view: View,
}

fn content_security_policy() -> String {
    format!("{}; script-src {}", style_policy(), hash(SCRIPT))
}

/// What a page without a script may do: show its own style.
pub(crate) fn style_policy() -> String {
    let style = hash(STYLE);
    format!("default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'")
}

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
