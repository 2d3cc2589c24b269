//! `ShownText`: what of a source file may be shown of its lines before and after a correction.

use std::ops::Range;

use plumb_iac::place::Sources;
use plumb_pack::secret::masked;

/// How many bytes a hidden text has at least to be looked for in corrected lines.
const SHORTEST: usize = 4;

/// A file as it may be shown: without secrets, and without what its author marks as sensitive.
pub(crate) struct ShownText {
    lines: Vec<String>,
    /// The texts that are hidden in it, which a corrected line may hold too.
    hidden: Vec<String>,
}

impl ShownText {
    /// The file of that name; without a name that is known, only secrets are hidden.
    pub(crate) fn of(sources: &Sources, name: &str, text: &str) -> Self {
        let file = sources.iter().find(|(_, source)| source.name == name);
        let shown = file
            .and_then(|(id, _)| sources.shown(id))
            .map_or(text, |shown| &shown.text);
        let both = with_breaks(shown, &masked(shown));
        Self {
            hidden: differences(text, &both)
                .into_iter()
                .filter_map(|place| text.get(place))
                .flat_map(str::lines)
                .filter(|hidden| hidden.trim().len() >= SHORTEST)
                .map(str::to_owned)
                .collect(),
            lines: both.lines().map(str::to_owned).collect(),
        }
    }

    /// A line that stood there, by its number from 0.
    pub(crate) fn before(&self, number: usize) -> &str {
        self.lines.get(number).map_or("", String::as_str)
    }

    /// A line that a correction writes.
    pub(crate) fn after(&self, line: &str) -> String {
        let mut shown = masked(line);
        for hidden in &self.hidden {
            shown = shown.replace(hidden.as_str(), &"*".repeat(hidden.len()));
        }
        shown
    }
}

/// The masked text, of as many bytes, with the line breaks of the first.
fn with_breaks(text: &str, masked: &str) -> String {
    let bytes = text.bytes().zip(masked.bytes());
    let kept: Vec<u8> = bytes
        .map(|(byte, masked)| if byte == b'\n' { byte } else { masked })
        .collect();
    String::from_utf8(kept).unwrap_or_else(|_| masked.to_owned())
}

/// Where two texts of as many bytes differ.
fn differences(text: &str, shown: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, (byte, shown)) in text.bytes().zip(shown.bytes()).enumerate() {
        match found.last_mut() {
            _ if byte == shown => {}
            Some(last) if last.end == at => last.end = at + 1,
            Some(_) | None => found.push(at..at + 1),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use plumb_iac::place::Sources;

    use super::ShownText;

    #[test]
    fn secrets_are_hidden_in_old_lines_and_in_new_ones() {
        let text = "a = 1\n  password = \"Zq8vT1pLw0xN\"\nb = \"ü\"\n";
        let mut sources = Sources::default();
        sources.add("main.tf", text);
        for name in ["main.tf", "other.tf"] {
            let shown = ShownText::of(&sources, name, text);
            let lines = [shown.before(0), shown.before(1), shown.before(2), shown.before(3)];
            assert_eq!(lines, ["a = 1", "  password = \"************\"", "b = \"ü\"", ""]);
            let after = shown.after("password = \"Zq8vT1pLw0xN\" # was Zq8vT1pLw0xN");
            assert_eq!(after, "password = \"************\" # was ************");
        }
    }
}
