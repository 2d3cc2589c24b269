//! `Writer`: the primitive fields of the models file, the counterpart of `plumb_api::format::Fields`.

use std::collections::HashMap;

use anyhow::{Context, Result};

/// Bytes of a file or chunk under construction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn varint(&mut self, mut value: u32) {
        loop {
            let [byte, ..] = (value & 0x7f).to_le_bytes();
            value >>= 7;
            if value == 0 {
                self.bytes.push(byte);
                return;
            }
            self.bytes.push(byte | 0x80);
        }
    }

    pub(crate) fn size(&mut self, value: usize) -> Result<()> {
        self.varint(u32::try_from(value).context("a size past four bytes")?);
        Ok(())
    }

    pub(crate) fn option(&mut self, index: Option<u32>) {
        self.varint(index.map_or(0, |index| index + 1));
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<()> {
        self.size(text.len())?;
        self.bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }

    pub(crate) fn record(&mut self, record: &Writer) -> Result<()> {
        self.size(record.bytes.len())?;
        self.bytes.extend_from_slice(&record.bytes);
        Ok(())
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Texts numbered in the order of their first use.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    positions: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Texts {
    pub(crate) fn position(&mut self, text: &str) -> Result<u32> {
        if let Some(position) = self.positions.get(text) {
            return Ok(*position);
        }
        let position = u32::try_from(self.texts.len()).context("too many texts")?;
        self.positions.insert(text.to_owned(), position);
        self.texts.push(text.to_owned());
        Ok(position)
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<()> {
        writer.size(self.texts.len())?;
        self.texts.iter().try_for_each(|text| writer.text(text))
    }
}
