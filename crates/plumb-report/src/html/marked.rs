//! Sentences on a page: escaped, with code where the terminal has backticks.

use std::fmt;

use crate::xml::Xml;

/// A sentence whose parts between backticks are code; a backtick without another is text.
pub(crate) struct Marked(String);

impl Marked {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('`') {
            let Some((code, behind)) = after.split_once('`') else {
                break;
            };
            write!(f, "{}<code>{}</code>", Xml(before), Xml(code))?;
            rest = behind;
        }
        write!(f, "{}", Xml(rest))
    }
}

// INVARIANT: every part of the text is written through `Xml`, so nothing in it becomes markup.
impl askama::filters::HtmlSafe for Marked {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_of_backticks_become_markup() {
        for (text, expected) in [
            ("plain & simple", "plain &amp; simple"),
            ("`a` of b", "<code>a</code> of b"),
            ("`<b>` and `c", "<code>&lt;b&gt;</code> and `c"),
            ("one ` alone", "one ` alone"),
            ("``", "<code></code>"),
        ] {
            assert_eq!(Marked::new(text).to_string(), expected);
        }
    }
}
