//! Reads the parser events that the build script recorded; `record.rs` describes the bytes.

use std::ops::Range;

/// One event of a YAML file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recorded<'r> {
    /// A scalar.
    Scalar {
        /// Its text after escapes and folding.
        text: &'r str,
        /// Whether it has neither quotes nor a block indicator.
        plain: bool,
        /// Its place.
        span: Range<usize>,
    },
    /// The start of a list at a position.
    List(usize),
    /// The start of a map at a position.
    Map(usize),
    /// The end of a list or map at a position.
    End(usize),
    /// The anchor of the scalar, list or map that follows.
    Anchor(usize),
    /// A copy of what has an anchor.
    Alias {
        /// The anchor.
        anchor: usize,
        /// Its place.
        span: Range<usize>,
    },
}

/// The events of a recording of a file; ends early where the recording does not fit the file.
pub(crate) struct Events<'r> {
    /// The file.
    pub(crate) file: &'r str,
    /// What is left of the recording.
    pub(crate) bytes: &'r [u8],
}

impl<'r> Iterator for Events<'r> {
    type Item = Recorded<'r>;

    fn next(&mut self) -> Option<Recorded<'r>> {
        let (tag, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        let position = self.number()?;
        Some(match *tag {
            tag @ 0..=3 => {
                let span = position..position.checked_add(self.number()?)?;
                let text = if tag < 2 {
                    self.file.get(span.clone())?
                } else {
                    self.text()?
                };
                Recorded::Scalar {
                    text,
                    plain: tag % 2 == 0,
                    span,
                }
            }
            4 => Recorded::List(position),
            5 => Recorded::Map(position),
            6 => Recorded::End(position),
            7 => Recorded::Anchor(position),
            8 => {
                let span = position..position.checked_add(self.number()?)?;
                Recorded::Alias {
                    anchor: self.number()?,
                    span,
                }
            }
            _ => return None,
        })
    }
}

impl<'r> Events<'r> {
    fn number(&mut self) -> Option<usize> {
        let mut value = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'r str> {
        let length = self.number()?;
        let (text, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        std::str::from_utf8(text).ok()
    }
}
