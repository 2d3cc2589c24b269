//! `Format`: the forms a report can take.

use std::fmt;
use std::str::FromStr;

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Text for people at a terminal.
    Terminal,
    /// One JSON document with everything, version 1 of Plumb's own format.
    Json,
    /// One JSON object per line, each finding complete in itself.
    Jsonl,
    /// One row per finding, RFC 4180.
    Csv,
    /// One self-contained page.
    Html,
    /// OCSF Compliance Findings, class 2003.
    Ocsf,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// GitHub-flavoured Markdown.
    Markdown,
    /// Workflow commands of GitHub Actions, which become annotations.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
}

impl Format {
    /// All formats in the order help texts list them.
    pub const ALL: [Self; 11] = [
        Self::Terminal,
        Self::Json,
        Self::Jsonl,
        Self::Csv,
        Self::Html,
        Self::Ocsf,
        Self::Sarif,
        Self::Junit,
        Self::Markdown,
        Self::Github,
        Self::Gitlab,
    ];

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Ocsf => "ocsf",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
        }
    }

    /// The usual end of a file name, without the leading dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Terminal => "txt",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Ocsf => "ocsf.json",
            Self::Sarif => "sarif",
            Self::Junit => "junit.xml",
            Self::Markdown => "md",
            Self::Github => "github.txt",
            Self::Gitlab => "gitlab.json",
        }
    }

    /// The format whose extension `file_name` ends with; the longest one wins, so that `a.ocsf.json` is OCSF.
    pub fn of_file_name(file_name: &str) -> Option<Self> {
        let lower = file_name.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .filter(|format| {
                lower
                    .strip_suffix(format.extension())
                    .is_some_and(|stem| stem.ends_with('.'))
            })
            .max_by_key(|format| format.extension().len())
    }

    /// Whether a file of that name may hold this format: its ending tells no other.
    ///
    /// Several formats are JSON, so `.json` tells no more than that; likewise `.txt` of text.
    pub fn fits(self, file_name: &str) -> bool {
        match Self::of_file_name(file_name) {
            None => true,
            Some(Self::Json) => matches!(self, Self::Json | Self::Ocsf | Self::Sarif | Self::Gitlab),
            Some(Self::Terminal) => matches!(self, Self::Terminal | Self::Markdown | Self::Github),
            Some(told) => told == self,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not a format.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "unknown format `{0}`; expected terminal, json, jsonl, csv, html, ocsf, sarif, junit, markdown, github or gitlab"
)]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| UnknownFormat(crate::visible::visible(text).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name_and_its_extension() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert_eq!(
                Format::of_file_name(&format!("out/report.{}", format.extension())),
                Some(format)
            );
        }
        assert_eq!(Format::of_file_name("REPORT.OCSF.JSON"), Some(Format::Ocsf));
        assert_eq!(Format::of_file_name("json"), None);
        assert_eq!(Format::of_file_name("report.pdf"), None);
    }

    #[test]
    fn a_format_fits_a_file_whose_ending_tells_no_other() {
        for (format, name, expected) in [
            (Format::Terminal, "report.json", false),
            (Format::Html, "report.json", false),
            (Format::Json, "report.json", true),
            (Format::Ocsf, "lake.json", true),
            (Format::Sarif, "findings.json", true),
            (Format::Gitlab, "gl-code-quality.json", true),
            (Format::Json, "lake.ocsf.json", false),
            (Format::Github, "plumb.sarif", false),
            (Format::Markdown, "notes.txt", true),
            (Format::Terminal, "report", true),
            (Format::Junit, "tests.xml", true),
        ] {
            assert_eq!(format.fits(name), expected, "{format} {name}");
        }
    }

    #[test]
    fn an_unknown_format_is_named_with_the_known_ones() {
        let error = "pdf".parse::<Format>().unwrap_err().to_string();
        for format in Format::ALL {
            assert!(error.contains(format.name()), "{error}");
        }
    }
}
