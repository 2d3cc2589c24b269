//! `Snapshot`: the resources of one scan with its coverage, and the file format that keeps it.
//!
//! The format is JSON lines, one section per account, so that writing and reading need memory for one
//! account only. `docs/specs/snapshot.md` describes it.

use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::account::{Account, Provider};
use crate::coverage::Coverage;
use crate::resource::Resource;
use crate::time;
use crate::value::Text;

/// The version of the format that this build writes.
pub const FORMAT_VERSION: u32 = 1;

/// The longest line that is read, in bytes.
pub const MAX_LINE: usize = 64 * 1024 * 1024;

/// The longest text of one account's resources that is read, in bytes.
pub const MAX_ACCOUNT: usize = 2 * 1024 * 1024 * 1024;

/// The first line of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format.
    pub plumb_snapshot: u32,
    /// The version of Plumb that wrote it.
    pub plumb_version: Text,
    /// The name of the organization, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Text>,
}

impl Header {
    /// A header of the format that this build writes.
    pub fn new(plumb_version: impl Into<Text>, organization: Option<Text>) -> Self {
        Self {
            plumb_snapshot: FORMAT_VERSION,
            plumb_version: plumb_version.into(),
            organization,
        }
    }
}

/// The resources of one account with their coverage.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountSnapshot {
    /// The account.
    pub account: Account,
    /// When reading it began, in RFC 3339; the `now` of rules.
    pub taken_at: Text,
    /// The regions that were asked, sorted.
    pub regions: Vec<Text>,
    /// The resources, in any order.
    pub resources: Vec<Resource>,
    /// What was read and what was not.
    pub coverage: Coverage,
}

/// A whole snapshot as one value; for tests and small estates.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The first line.
    pub header: Header,
    /// The accounts, in any order.
    pub accounts: Vec<AccountSnapshot>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountLine {
    account: Account,
    taken_at: Text,
    regions: Vec<Text>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CoverageLine {
    coverage: Coverage,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    end: Totals,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Totals {
    accounts: u64,
    resources: u64,
}

#[derive(Serialize)]
struct ResourceLine<'a> {
    resource: &'a Resource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedResourceLine {
    resource: Resource,
}

/// Writes a snapshot, one account after the other.
#[derive(Debug)]
pub struct Writer<W: Write> {
    output: W,
    totals: Totals,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// When the output fails.
    pub fn new(mut output: W, header: &Header) -> io::Result<Self> {
        write_line(&mut output, header)?;
        Ok(Self {
            output,
            totals: Totals::default(),
        })
    }

    /// Writes one account.
    ///
    /// # Errors
    /// When the output fails.
    pub fn account(&mut self, snapshot: &AccountSnapshot) -> io::Result<()> {
        let AccountSnapshot {
            account,
            taken_at,
            regions,
            resources,
            coverage,
        } = snapshot;
        let line = AccountLine {
            account: account.clone(),
            taken_at: taken_at.clone(),
            regions: regions.clone(),
        };
        write_line(&mut self.output, &line)?;
        for resource in resources {
            write_line(&mut self.output, &ResourceLine { resource })?;
            self.totals.resources += 1;
        }
        self.totals.accounts += 1;
        write_line(
            &mut self.output,
            &CoverageLine {
                coverage: coverage.clone(),
            },
        )
    }

    /// Writes the last line and hands the output back; a snapshot without it counts as cut off.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> io::Result<W> {
        write_line(&mut self.output, &EndLine { end: self.totals })?;
        self.output.flush()?;
        Ok(self.output)
    }
}

fn write_line<W: Write>(output: &mut W, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

/// A snapshot could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file or stream failed.
    #[error("cannot read the snapshot")]
    Io(#[from] io::Error),
    /// The first line is not a snapshot's.
    #[error("line 1 is not the header of a plumb snapshot")]
    NotASnapshot(#[source] serde_json::Error),
    /// A newer format.
    #[error("the snapshot has format version {found}, this plumb reads up to version {FORMAT_VERSION}")]
    Version {
        /// The version in the file.
        found: u32,
    },
    /// A line is malformed.
    #[error("line {line} of the snapshot is malformed: {cause}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        cause: String,
    },
    /// The last line is missing or its totals differ.
    #[error("the snapshot ends after line {line} without its closing line, so part of it is missing")]
    CutOff {
        /// The last line that is there.
        line: u64,
    },
}

/// Reads a snapshot, one account after the other.
#[derive(Debug)]
pub struct Reader<R: BufRead> {
    input: R,
    header: Header,
    line: u64,
    totals: Totals,
    accounts: BTreeSet<(Provider, Text)>,
    account_limit: usize,
    done: bool,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// When the input is not a snapshot of a known version.
    pub fn new(mut input: R) -> Result<Self, ReadError> {
        let mut buffer = Vec::new();
        read_line(&mut input, &mut buffer, 1)?;
        let header: Header = serde_json::from_slice(&buffer).map_err(ReadError::NotASnapshot)?;
        if header.plumb_snapshot == 0 || header.plumb_snapshot > FORMAT_VERSION {
            return Err(ReadError::Version {
                found: header.plumb_snapshot,
            });
        }
        Ok(Self {
            input,
            header,
            line: 1,
            totals: Totals::default(),
            accounts: BTreeSet::new(),
            account_limit: MAX_ACCOUNT,
            done: false,
        })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Reads the lines of the next account without parsing its resources; `None` at the end.
    ///
    /// # Errors
    /// When the input fails, is cut off or goes on after its closing line, holds an account twice, or its totals do
    /// not add up.
    pub fn next_account(&mut self) -> Result<Option<RawAccount>, ReadError> {
        if self.done {
            return Ok(None);
        }
        let mut buffer = Vec::new();
        self.read(&mut buffer)?;
        if buffer.starts_with(b"{\"end\"") {
            let EndLine { end } = self.parse(&buffer)?;
            if end != self.totals {
                return Err(self.malformed(format!(
                    "it promises {} accounts and {} resources, but {} and {} are there",
                    end.accounts, end.resources, self.totals.accounts, self.totals.resources
                )));
            }
            self.nothing_follows()?;
            self.done = true;
            return Ok(None);
        }
        let AccountLine {
            account,
            taken_at,
            regions,
        } = self.parse(&buffer)?;
        if time::parse(&taken_at).is_none() {
            return Err(self.malformed(format!("`{taken_at}` is not a time in RFC 3339")));
        }
        if !self.accounts.insert((account.provider, account.id.clone())) {
            return Err(self.malformed(format!("account `{}` stands here a second time", account.id)));
        }
        let mut raw = RawAccount {
            account,
            taken_at,
            regions,
            coverage: Coverage::default(),
            first_line: self.line + 1,
            text: Vec::new(),
        };
        loop {
            let start = raw.text.len();
            self.read(&mut raw.text)?;
            let line = raw.text.get(start..).unwrap_or_default();
            if line.starts_with(b"{\"coverage\"") {
                let CoverageLine { coverage } = self.parse(line)?;
                raw.coverage = coverage;
                raw.text.truncate(start);
                self.totals.accounts += 1;
                return Ok(Some(raw));
            }
            if line.trim_ascii().is_empty() {
                return Err(self.malformed("it is empty".to_owned()));
            }
            if raw.text.len() > self.account_limit {
                let (id, limit) = (&raw.account.id, self.account_limit);
                return Err(
                    self.malformed(format!("account `{id}` has more than {limit} bytes of resources"))
                );
            }
            self.totals.resources += 1;
        }
    }

    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<(), ReadError> {
        let before = buffer.len();
        read_line(&mut self.input, buffer, self.line + 1)?;
        if buffer.len() == before {
            return Err(ReadError::CutOff { line: self.line });
        }
        self.line += 1;
        Ok(())
    }

    /// Refuses anything after the closing line but white space: a second snapshot there would not be read.
    fn nothing_follows(&mut self) -> Result<(), ReadError> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            read_line(&mut self.input, &mut buffer, self.line + 1)?;
            if buffer.is_empty() {
                return Ok(());
            }
            self.line += 1;
            if !buffer.trim_ascii().is_empty() {
                return Err(self.malformed("it stands after the closing line".to_owned()));
            }
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&self, line: &'a [u8]) -> Result<T, ReadError> {
        serde_json::from_slice(line).map_err(|error| self.malformed(error.to_string()))
    }

    fn malformed(&self, cause: String) -> ReadError {
        ReadError::Line {
            line: self.line,
            cause,
        }
    }
}

fn read_line(input: &mut impl BufRead, buffer: &mut Vec<u8>, line: u64) -> Result<(), ReadError> {
    let before = buffer.len();
    let mut limited = io::Read::take(input, MAX_LINE as u64 + 1);
    limited.read_until(b'\n', buffer)?;
    if buffer.len() - before > MAX_LINE {
        return Err(ReadError::Line {
            line,
            cause: format!("it is longer than {MAX_LINE} bytes"),
        });
    }
    Ok(())
}

/// One account of a snapshot whose resources are still text, so that parsing can happen on another thread.
#[derive(Debug)]
pub struct RawAccount {
    account: Account,
    taken_at: Text,
    regions: Vec<Text>,
    coverage: Coverage,
    first_line: u64,
    text: Vec<u8>,
}

impl RawAccount {
    /// Parses the resources.
    ///
    /// # Errors
    /// When a line is malformed, or a resource names another account.
    pub fn parse(self) -> Result<AccountSnapshot, ReadError> {
        let Self {
            account,
            taken_at,
            regions,
            coverage,
            first_line,
            text,
        } = self;
        // Checking the whole text once is much cheaper than checking each of its strings.
        let text = String::from_utf8(text).map_err(|error| {
            let before = error
                .as_bytes()
                .get(..error.utf8_error().valid_up_to())
                .unwrap_or_default();
            let lines = before.iter().filter(|byte| **byte == b'\n').count();
            ReadError::Line {
                line: first_line + lines as u64,
                cause: "it is not UTF-8 text".to_owned(),
            }
        })?;
        let mut resources = Vec::new();
        let lines = text.split('\n').filter(|line| !line.is_empty());
        for (line, number) in lines.zip(first_line..) {
            let malformed = |cause: String| ReadError::Line { line: number, cause };
            let OwnedResourceLine { resource } =
                serde_json::from_str(line).map_err(|error| malformed(error.to_string()))?;
            if resource.account != account.id {
                let cause = format!("resource `{}` is not of account `{}`", resource.uid, account.id);
                return Err(malformed(cause));
            }
            resources.push(resource);
        }
        Ok(AccountSnapshot {
            account,
            taken_at,
            regions,
            resources,
            coverage,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Provider;
    use crate::value::Map;

    fn written() -> String {
        let account = Account::new(Provider::Aws, "123456789012");
        let resource = |name: &str| {
            Resource::new(
                format!("arn:{name}"),
                "aws_x",
                name,
                "123456789012",
                "eu",
                Map::new(),
            )
        };
        let snapshot = AccountSnapshot {
            account,
            taken_at: "2026-01-01T00:00:00Z".into(),
            regions: vec!["eu".into()],
            resources: vec![resource("a"), resource("b")],
            coverage: Coverage::default(),
        };
        let mut writer = Writer::new(Vec::new(), &Header::new("0", None)).unwrap();
        writer.account(&snapshot).unwrap();
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    fn read(text: &str) -> Result<Vec<AccountSnapshot>, ReadError> {
        let mut reader = Reader::new(text.as_bytes())?;
        let mut accounts = Vec::new();
        while let Some(raw) = reader.next_account()? {
            accounts.push(raw.parse()?);
        }
        Ok(accounts)
    }

    #[test]
    fn a_snapshot_survives_a_round_trip() {
        let accounts = read(&written()).unwrap();
        assert_eq!(accounts.len(), 1);
        assert_eq!(accounts[0].resources.len(), 2);
    }

    #[test]
    fn every_truncation_is_an_error() {
        let text = written();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        for count in 0..lines.len() {
            assert!(read(&lines[..count].concat()).is_err(), "first {count} lines");
        }
    }

    #[test]
    fn a_missing_resource_is_an_error() {
        let text = written();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let without = [&lines[..2], &lines[3..]].concat().concat();
        assert!(read(&without).unwrap_err().to_string().contains("promises"));
    }

    #[test]
    fn bytes_that_are_no_text_name_their_line() {
        let mut bytes = written().into_bytes();
        let at = bytes.windows(5).rposition(|window| window == b"arn:b").unwrap();
        bytes[at + 4] = 0xff;
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        let error = reader.next_account().unwrap().unwrap().parse().unwrap_err();
        assert!(error.to_string().contains("line 4"), "{error}");
    }

    #[test]
    fn garbage_names_its_line() {
        let text = written().replace("arn:b", "arn:b\"");
        assert!(read(&text).unwrap_err().to_string().contains("line 4"));
    }

    #[test]
    fn what_would_be_read_in_part_or_twice_is_refused() {
        let text = written();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let [header, account, first, second, coverage, end] = lines[..] else {
            panic!("{text}")
        };
        let section = [account, first, second, coverage].concat();
        let twice = end.replace(":1", ":2").replace("resources\":2", "resources\":4");
        let dated = |time: &str| account.replace("2026-01-01T00:00:00Z", time);
        for (damaged, cause) in [
            (
                [&text, &*text].concat(),
                "line 7 of the snapshot is malformed: it stands after",
            ),
            (
                [&text, "\n\n", end].concat(),
                "line 9 of the snapshot is malformed: it stands after",
            ),
            (
                [header, &section, &section, &twice].concat(),
                "line 6 of the snapshot is malformed: account `123456789012`",
            ),
            (
                [header, account, first, "\n", coverage, end].concat(),
                "line 4 of the snapshot is malformed: it is empty",
            ),
            (
                [header, &dated("yesterday"), first, second, coverage, end].concat(),
                "line 2 of the snapshot is malformed: `yesterday`",
            ),
        ] {
            let error = read(&damaged).expect_err(cause).to_string();
            assert!(error.contains(cause), "{error}");
        }
        assert!(read(&[&text, "\n \r\n"].concat()).is_ok());
    }

    #[test]
    fn an_account_has_a_limit() {
        let text = written();
        let mut reader = Reader::new(text.as_bytes()).unwrap();
        reader.account_limit = 150;
        let error = reader.next_account().unwrap_err().to_string();
        assert!(error.contains("has more than 150 bytes of resources"), "{error}");
    }

    #[test]
    fn a_newer_format_is_refused() {
        let text = written().replace("\"plumb_snapshot\":1", "\"plumb_snapshot\":9");
        assert!(matches!(read(&text), Err(ReadError::Version { found: 9 })));
    }
}
