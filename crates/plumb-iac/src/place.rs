//! `Place`: where in which file something stands.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use plumb_model::diagnostic::{Diagnostic, Source};

/// A file of [`Sources`].
///
/// Never zero, so that a place that may be lacking takes no more room than one: there are millions of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(NonZeroU32);

impl FileId {
    /// A file that no [`Sources`] has.
    pub const NONE: Self = Self(NonZeroU32::MAX);

    /// The file at that position of [`Sources`].
    pub fn at(position: usize) -> Self {
        let number = u32::try_from(position).ok().and_then(|at| at.checked_add(1));
        Self(number.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX))
    }

    fn position(self) -> usize {
        wide(self.0.get() - 1)
    }
}

/// A byte range of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Place {
    /// A place from a byte range; ranges beyond 4 GiB are cut.
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let cut = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            file,
            start: cut(range.start),
            end: cut(range.end.max(range.start)),
        }
    }

    /// The byte range.
    pub fn range(self) -> Range<usize> {
        let wide = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        wide(self.start)..wide(self.end)
    }

    /// Whether `other` lies within this place.
    pub fn holds(self, other: Place) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// The files that were read, in the order of reading.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<File>);

/// A file, and where its lines start once somebody asked.
#[derive(Clone, Debug)]
struct File {
    source: Arc<Source>,
    lines: OnceLock<Vec<u32>>,
    /// The same with what is not to be shown made unreadable; `None` when all of it may be.
    masked: Option<Arc<Source>>,
}

impl Sources {
    /// Adds a file; `name` is its path below the root of the scan, with `/` between its parts.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId::at(self.0.len());
        self.0.push(File {
            source: Arc::new(Source {
                name: name.into(),
                text: text.into(),
            }),
            lines: OnceLock::new(),
            masked: None,
        });
        id
    }

    /// Makes places unreadable in what is shown of the files: each byte becomes an asterisk, line breaks stay.
    pub(crate) fn hide(&mut self, places: BTreeSet<Place>) {
        // A template may have been read several times, for itself and for those that nest it.
        let mut by_name: BTreeMap<String, BTreeSet<(usize, usize)>> = BTreeMap::new();
        for place in places {
            let Some(source) = self.get(place.file) else {
                continue;
            };
            let (ranges, range) = (by_name.entry(source.name.clone()).or_default(), place.range());
            ranges.insert((range.start, range.end));
        }
        for file in &mut self.0 {
            let Some(ranges) = by_name.get(&file.source.name) else {
                continue;
            };
            let mut text = String::with_capacity(file.source.text.len());
            for (start, end) in ranges {
                // They are sorted by where they start, and one may lie in another.
                let start = text.len().max(*start);
                let (Some(before), Some(hidden)) = (
                    file.source.text.get(text.len()..start),
                    file.source.text.get(start..*end),
                ) else {
                    continue;
                };
                text.push_str(before);
                text.extend(hidden.bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }));
            }
            text.push_str(file.source.text.get(text.len()..).unwrap_or_default());
            file.masked = Some(Arc::new(Source {
                name: file.source.name.clone(),
                text,
            }));
        }
    }

    /// What may be shown of a file; places in it are what they are in the file.
    pub fn shown(&self, id: FileId) -> Option<&Arc<Source>> {
        let file = self.0.get(id.position())?;
        Some(file.masked.as_ref().unwrap_or(&file.source))
    }

    /// The diagnostic, showing what may be shown of its file.
    pub(crate) fn without_secrets(&self, diagnostic: Diagnostic) -> Diagnostic {
        let source = diagnostic.source.as_ref().and_then(|source| {
            let file = self.0.iter().find(|file| file.source.name == source.name)?;
            file.masked.clone()
        });
        Diagnostic {
            source: source.or(diagnostic.source),
            ..diagnostic
        }
    }

    /// The file.
    pub fn get(&self, id: FileId) -> Option<&Arc<Source>> {
        self.0.get(id.position()).map(|file| &file.source)
    }

    /// Line and column of a byte, both counted from 1, columns in characters.
    pub fn line_and_column(&self, id: FileId, at: usize) -> (u32, u32) {
        let Some(source) = self.get(id) else { return (1, 1) };
        let text = source.text.as_bytes();
        let lines = self.lines(id);
        let number = lines
            .partition_point(|start| wide(*start) <= at)
            .saturating_sub(1);
        let start = lines.get(number).copied().map_or(0, wide);
        let before = text.get(start..at.min(text.len())).unwrap_or_default();
        // Bytes that go on with a character are none of their own.
        let column = before.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        let narrow = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        (narrow(number), narrow(column))
    }

    /// Where the lines of a file start; found once.
    fn lines(&self, id: FileId) -> &[u32] {
        let Some(file) = self.0.get(id.position()) else {
            return &[];
        };
        file.lines.get_or_init(|| {
            let breaks = file
                .source
                .text
                .bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0)
                .chain(breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX)))
                .collect()
        })
    }

    /// All files.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Arc<Source>)> {
        (0..).map(FileId::at).zip(self.0.iter().map(|file| &file.source))
    }
}

fn wide(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
