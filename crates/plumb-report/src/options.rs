//! `RenderOptions`: what a reader may choose about a report.

use plumb_model::code::CodePlace;
use plumb_model::verdict::Verdict;

/// Whether ANSI colours are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    #[default]
    Never,
    /// ANSI escape sequences.
    Always,
}

/// What a reader may choose about a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// Columns of the terminal; the terminal report uses 60 to 200 of them.
    pub width: usize,
    /// Colours of the terminal report.
    pub color: Color,
    /// The verdicts that formats with one entry per finding list; `None` leaves it to the format.
    ///
    /// JSON, JSONL and CSV list all by themselves; OCSF and JUnit leave not_applicable out; SARIF,
    /// GitHub's and GitLab's formats list fail. Totals always cover all verdicts.
    pub verdicts: Option<Vec<Verdict>>,
    /// How many failing policies the terminal and Markdown reports list, worst first.
    pub listed_policies: usize,
    /// How many findings the HTML report holds in detail, worst first.
    pub detailed_findings: usize,
    /// What stands before the paths of code in formats that are read from the root of a repository, with a slash at its end:
    /// where the root of the scan lies in it.
    pub code_prefix: String,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self {
            width: 100,
            color: Color::Never,
            verdicts: None,
            listed_policies: 10,
            detailed_findings: 5_000,
            code_prefix: String::new(),
        }
    }
}

impl RenderOptions {
    /// The path of a place from the root of the repository.
    pub(crate) fn path(&self, place: &CodePlace) -> String {
        format!("{}{}", self.code_prefix, place.file)
    }

    /// The verdicts to list, in the order of [`Verdict::ALL`]; `usual` is the format's own choice.
    pub(crate) fn listed_verdicts(&self, usual: &[Verdict]) -> Vec<Verdict> {
        let chosen = self.verdicts.as_deref().unwrap_or(usual);
        Verdict::ALL
            .into_iter()
            .filter(|verdict| chosen.contains(verdict))
            .collect()
    }
}
