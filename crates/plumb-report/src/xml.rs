//! Text inside XML and SVG.

use std::fmt::{self, Write as _};

use crate::visible::visible;

/// Text escaped for XML content and attributes.
///
/// INVARIANT: all characters that XML 1.0 cannot hold (most controls, U+FFFE, U+FFFF) are hidden ones, which come
/// out as `\u{…}`.
pub(crate) struct Xml<'a>(pub(crate) &'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in visible(self.0).chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&apos;")?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}
