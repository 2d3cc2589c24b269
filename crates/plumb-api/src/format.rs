//! The layout of `models/aws.bin`, shared by its writer (`cargo xtask models`) and its reader (this crate).
//!
//! All integers are LEB128 varints; a *text* is its length and its UTF-8 bytes; an *option* of an index is the index
//! plus one, or zero. The file is
//!
//! ```text
//! MAGIC, version, raw length and compressed length of the index, index, one chunk per service
//! ```
//!
//! Index and chunks are compressed each by itself (an LZ4 block), so that one service is had without the others.
//! The index holds the botocore version, partitions with regions, endpoint patterns and the directory of services;
//! a chunk holds one service: a text table, then metadata, shapes and operations that refer to texts by position.
//! The exact order of fields is in [`crate::catalog`] and [`crate::model`], one line per field.

/// The first bytes of the file.
pub const MAGIC: &[u8; 4] = b"PLMB";

/// Raised whenever the layout changes; a reader accepts its own version only.
pub const VERSION: u32 = 2;

/// The kinds of shapes as a chunk writes them.
pub mod kind {
    #![allow(missing_docs, reason = "each constant is the kind of its name")]
    pub const STRUCTURE: u32 = 0;
    pub const LIST: u32 = 1;
    pub const MAP: u32 = 2;
    pub const STRING: u32 = 3;
    pub const INTEGER: u32 = 4;
    pub const LONG: u32 = 5;
    pub const FLOAT: u32 = 6;
    pub const DOUBLE: u32 = 7;
    pub const BOOLEAN: u32 = 8;
    pub const TIMESTAMP: u32 = 9;
    pub const BLOB: u32 = 10;
    pub const DOCUMENT: u32 = 11;
}

/// Bits of the traits of a reference to a shape.
pub mod reference {
    /// A wire name follows.
    pub const WIRE_NAME: u32 = 1;
    /// The member is required.
    pub const REQUIRED: u32 = 1 << 1;
    /// Position of the three bits that say where a member travels; see [`crate::shape::Location`].
    pub const LOCATION_SHIFT: u32 = 2;
    /// A list or map without an element around it.
    pub const FLATTENED: u32 = 1 << 5;
    /// Position of the two bits of the timestamp format: 0 none, 1 ISO 8601, 2 RFC 822, 3 Unix seconds.
    pub const TIMESTAMP_SHIFT: u32 = 6;
    /// An attribute of the XML element.
    pub const XML_ATTRIBUTE: u32 = 1 << 8;
    /// JSON text in base64, in a header.
    pub const JSON_VALUE: u32 = 1 << 9;
    /// Becomes part of the host's name.
    pub const HOST_LABEL: u32 = 1 << 10;
    /// A name for the ec2 protocol's requests follows.
    pub const QUERY_NAME: u32 = 1 << 11;
    /// An XML namespace follows: prefix (empty for none) and address.
    pub const XML_NAMESPACE: u32 = 1 << 12;
}

/// Bits of the traits of an operation.
pub mod operation {
    /// Goes out unsigned.
    pub const UNSIGNED: u32 = 1;
    /// The root element of the answer is the only member itself, without an element around it.
    pub const UNWRAPPED: u32 = 1 << 1;
    /// The endpoint override holds only for directory buckets.
    pub const OVERRIDE_FOR_DIRECTORY_BUCKETS: u32 = 1 << 2;
}

/// Reads the fields of a file or chunk one after the other; `None` means that the bytes are not such a file.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `count` bytes.
    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// The next varint.
    pub fn varint(&mut self) -> Option<u32> {
        let mut value = 0_u32;
        for shift in (0..32).step_by(7) {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// The next varint as a size or position.
    pub fn size(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }

    /// The next optional index.
    // The outer option is a corrupt file, the inner one the field's own.
    pub fn option(&mut self) -> Option<Option<u32>> {
        Some(self.varint()?.checked_sub(1))
    }

    /// The next text.
    pub fn text(&mut self) -> Option<&'a str> {
        let length = self.size()?;
        std::str::from_utf8(self.bytes(length)?).ok()
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether all bytes have been read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}
