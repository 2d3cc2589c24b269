//! The words of suppressions: Plumb's own, and those of other tools.
//!
//! Checkov: `checkov:skip=ID:reason` (<https://www.checkov.io/2.Basics/Suppressing%20and%20Skipping%20Policies.html>).
//! tfsec and Trivy: `tfsec:ignore:ID[:exp:DATE]`, several parted by spaces
//! (<https://aquasecurity.github.io/tfsec/latest/guides/configuration/ignores/>,
//! <https://trivy.dev/latest/docs/scanner/misconfiguration/#filtering-the-scan>).

use jiff::civil::Date;
use plumb_model::value::Text;

/// The most names in one suppression.
const MAX_NAMES: usize = 100;
/// The longest reason, in characters.
const MAX_REASON: usize = 500;

/// In whose words a suppression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notation {
    /// `plumb:ignore`.
    Plumb,
    /// `checkov:skip=`.
    Checkov,
    /// `tfsec:ignore:`.
    Tfsec,
    /// `trivy:ignore:`.
    Trivy,
}

impl Notation {
    /// The name of the tool.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plumb => "plumb",
            Self::Checkov => "checkov",
            Self::Tfsec => "tfsec",
            Self::Trivy => "trivy",
        }
    }
}

/// How far a suppression reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breadth {
    /// What it stands at.
    Here,
    /// The whole file.
    File,
}

/// One suppression as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Directive {
    pub(super) notation: Notation,
    pub(super) breadth: Breadth,
    pub(super) names: Vec<Text>,
    pub(super) until: Option<Date>,
    pub(super) reason: Text,
    /// Why it cannot be taken as it is.
    pub(super) fault: Option<String>,
}

impl Directive {
    pub(super) fn new(notation: Notation) -> Self {
        Self {
            notation,
            breadth: Breadth::Here,
            names: Vec::new(),
            until: None,
            reason: Text::default(),
            fault: None,
        }
    }

    /// Reads names that are parted by commas.
    fn name(&mut self, text: &str) {
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if self.names.len() >= MAX_NAMES {
                self.fault
                    .get_or_insert_with(|| format!("more than {MAX_NAMES} policies in one suppression"));
                return;
            }
            self.names.push(Text::from(name));
        }
    }

    /// Reads the day on which it ends.
    pub(super) fn date(&mut self, text: &str) {
        match text.parse::<Date>() {
            Ok(date) if text.len() == "2026-01-31".len() => self.until = Some(date),
            Ok(_) | Err(_) => {
                self.fault
                    .get_or_insert_with(|| format!("`{}` is no date like `2027-01-31`", short(text)));
            }
        }
    }

    pub(super) fn because(&mut self, text: &str) {
        let text = text.trim().trim_matches('"').trim();
        self.reason = Text::from(text.chars().take(MAX_REASON).collect::<String>());
    }

    fn named(mut self) -> Self {
        if self.names.is_empty() {
            self.fault
                .get_or_insert_with(|| "this suppression names no policy".to_owned());
        }
        self
    }
}

/// Whether a text may hold suppressions at all; cheap.
pub(super) fn may_be_in(text: &str) -> bool {
    [
        "plumb",
        "checkov",
        "bridgecrew:skip",
        "tfsec:ignore",
        "trivy:ignore",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// The suppressions that a line of a comment holds.
pub(super) fn directives(line: &str) -> Vec<Directive> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix("plumb:ignore") {
        return vec![own(rest)];
    }
    for marker in ["checkov:skip=", "bridgecrew:skip="] {
        if let Some((_, rest)) = line.split_once(marker) {
            return vec![checkov(rest)];
        }
    }
    aqua(line)
}

/// What follows `plumb:ignore`: `[-file] NAME[,NAME…] [until=DATE] [reason=…]`.
pub(super) fn own(rest: &str) -> Directive {
    let mut directive = Directive::new(Notation::Plumb);
    let mut rest = rest;
    if let Some(after) = rest.strip_prefix("-file") {
        directive.breadth = Breadth::File;
        rest = after;
    }
    if !rest.is_empty() && !rest.starts_with([' ', '\t', ':', '=']) {
        let message = format!("`plumb:ignore{}` is no suppression", short(rest));
        directive.fault = Some(message);
        return directive;
    }
    let (before, reason) = match split_word(rest, "reason=") {
        Some((before, reason)) => (before, Some(reason)),
        None => (rest, None),
    };
    directive.because(reason.unwrap_or_default());
    let mut more = true;
    for word in before.trim_start_matches([':', '=']).split_whitespace() {
        if let Some(date) = word.strip_prefix("until=") {
            directive.date(date);
            more = false;
        } else if more || word.starts_with(',') {
            directive.name(word);
            more = word.ends_with(',');
        } else {
            directive.fault.get_or_insert_with(|| {
                format!(
                    "`{}` is neither a policy after a comma nor `until=` nor `reason=`",
                    short(word)
                )
            });
        }
    }
    if directive.names.iter().any(|name| name.contains('*')) {
        directive
            .fault
            .get_or_insert_with(|| "policies are named one by one, without `*`".to_owned());
    }
    directive.named()
}

/// What follows `checkov:skip=`: `ID[:reason]`.
fn checkov(rest: &str) -> Directive {
    let mut directive = Directive::new(Notation::Checkov);
    let (names, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let first = names.trim_start();
    let end = first
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ',')
        .unwrap_or(first.len());
    directive.name(first.get(..end).unwrap_or_default());
    directive.because(reason);
    directive.named()
}

/// The words of a line that are ignores of tfsec and Trivy; what follows the last of them is the reason.
fn aqua(line: &str) -> Vec<Directive> {
    let mut found: Vec<Directive> = Vec::new();
    let mut reason: Vec<&str> = Vec::new();
    for word in line.split_whitespace() {
        let word = word.trim_start_matches(['#', '/', '*']);
        let directive = [
            (Notation::Tfsec, "tfsec:ignore:"),
            (Notation::Trivy, "trivy:ignore:"),
        ]
        .into_iter()
        .find_map(|(notation, marker)| Some(sections(notation, word.strip_prefix(marker)?)));
        match directive {
            Some(directive) => {
                reason.clear();
                found.push(directive);
            }
            None if !found.is_empty() => reason.push(word),
            None => {}
        }
    }
    let reason = reason.join(" ");
    let reason = reason.trim_start_matches(['-', ':', ' ']);
    for directive in &mut found {
        directive.because(reason);
    }
    found
}

/// `ID[,ID…][:exp:DATE]`; conditions on parameters and workspaces cannot be told from code alone.
fn sections(notation: Notation, text: &str) -> Directive {
    let mut directive = Directive::new(notation);
    let (names, mut rest) = text.split_once(':').unwrap_or((text, ""));
    match names.split_once('[') {
        Some((names, condition)) => {
            directive.name(names);
            let message = format!(
                "the condition `[{}` of this suppression is not understood",
                short(condition)
            );
            directive.fault = Some(message);
        }
        None => directive.name(names),
    }
    while !rest.is_empty() {
        let (key, after) = rest.split_once(':').unwrap_or((rest, ""));
        let (value, after) = after.split_once(':').unwrap_or((after, ""));
        if key == "exp" {
            directive.date(value);
        } else if !key.is_empty() {
            directive.fault.get_or_insert_with(|| {
                format!(
                    "the condition `{}` of this suppression is not understood",
                    short(key)
                )
            });
        }
        rest = after;
    }
    directive.named()
}

/// What stands before and after a marker that begins a word.
fn split_word<'t>(text: &'t str, marker: &str) -> Option<(&'t str, &'t str)> {
    let at = text.match_indices(marker).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(char::is_whitespace)
    })?;
    Some((text.get(..at)?, text.get(at + marker.len()..)?))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notation, breadth, names, end, reason, fault.
    fn shown(line: &str) -> Vec<String> {
        let show = |directive: Directive| {
            let breadth = match directive.breadth {
                Breadth::Here => "here",
                Breadth::File => "file",
            };
            let until = directive.until.map_or("-".to_owned(), |date| date.to_string());
            let fault = directive
                .fault
                .map_or(String::new(), |fault| format!(" !{fault}"));
            format!(
                "{} {breadth} [{}] {until} ({}){fault}",
                directive.notation.name(),
                directive.names.join(" "),
                directive.reason
            )
        };
        directives(line).into_iter().map(show).collect()
    }

    #[test]
    fn every_notation_is_read() {
        let cases: [(&str, &[&str]); 14] = [
            (
                "plumb:ignore a-b, c until=2027-01-31 reason=public on purpose, see until=x",
                &["plumb here [a-b c] 2027-01-31 (public on purpose, see until=x)"],
            ),
            ("plumb:ignore-file a reason=x", &["plumb file [a] - (x)"]),
            ("plumb:ignore a,b", &["plumb here [a b] - ()"]),
            (
                "checkov:skip=CKV_AWS_20:\"The bucket is a public host\"",
                &["checkov here [CKV_AWS_20] - (The bucket is a public host)"],
            ),
            ("bridgecrew:skip= CKV_AWS_20", &["checkov here [CKV_AWS_20] - ()"]),
            (
                "tfsec:ignore:aws-s3-enable-versioning",
                &["tfsec here [aws-s3-enable-versioning] - ()"],
            ),
            (
                "tfsec:ignore:a tfsec:ignore:b:exp:2022-01-02",
                &["tfsec here [a] - ()", "tfsec here [b] 2022-01-02 ()"],
            ),
            ("tfsec:ignore:*", &["tfsec here [*] - ()"]),
            (
                "trivy:ignore:avd-aws-0086 - to be done",
                &["trivy here [avd-aws-0086] - (to be done)"],
            ),
            (
                "trivy:ignore:a,b #trivy:ignore:c",
                &["trivy here [a b] - ()", "trivy here [c] - ()"],
            ),
            ("the word trivy alone", &[]),
            ("see plumb:ignore", &[]),
            (
                "trivy:ignore:a:exp:2027-12-01 later",
                &["trivy here [a] 2027-12-01 (later)"],
            ),
            ("", &[]),
        ];
        for (line, expected) in cases {
            assert_eq!(shown(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_says_why() {
        let cases = [
            ("plumb:ignore", "names no policy"),
            ("plumb:ignore a because of b", "`because` is neither"),
            ("plumb:ignore a until=soon", "`soon` is no date"),
            ("plumb:ignore a until=2027-02-30", "`2027-02-30` is no date"),
            ("plumb:ignore s3-*", "without `*`"),
            ("plumb:ignored a", "is no suppression"),
            ("checkov:skip=", "names no policy"),
            ("trivy:ignore:a[name=logs]", "`[name=logs]`"),
            ("tfsec:ignore:a:ws:prod", "`ws`"),
            ("tfsec:ignore:a:exp:01-02-2022", "is no date"),
        ];
        for (line, expected) in cases {
            let faults: Vec<Option<String>> = directives(line)
                .into_iter()
                .map(|directive| directive.fault)
                .collect();
            let [Some(fault)] = faults.as_slice() else {
                panic!("{line}: {faults:?}");
            };
            assert!(fault.contains(expected), "{line}: {fault}");
        }
    }

    #[test]
    fn long_texts_are_cut_and_many_names_refused() {
        let names = vec!["p"; MAX_NAMES + 1].join(",");
        let directives = directives(&format!(
            "plumb:ignore {names} reason={}",
            "é".repeat(2 * MAX_REASON)
        ));
        assert!(directives[0].fault.is_some());
        assert_eq!(directives[0].reason.chars().count(), MAX_REASON);
    }
}
