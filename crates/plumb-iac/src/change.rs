//! `Changes`: the lines of code that a change touches, and the findings that hang on them.

pub mod affected;
mod diff;

use std::collections::BTreeMap;

use plumb_model::code::CodePlace;
use plumb_model::finding::Standing;
use plumb_model::report::{ChangeCounts, FindingView, Focus, Report};
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;

pub use self::diff::DiffError;
use crate::place::{FileId, Place, Sources};
use crate::suppress::outline::top_items;

/// What a change touches, by the paths of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    files: BTreeMap<String, Touched>,
}

/// What a change touches of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Touched {
    /// First and last lines that are new or other than before.
    lines: Vec<(u32, u32)>,
    /// Lines after which others were taken away.
    gaps: Vec<u32>,
    /// Whether all of it is new.
    whole: bool,
}

/// What is touched of a file of which everything may be new.
static WHOLE: Touched = Touched {
    lines: Vec::new(),
    gaps: Vec::new(),
    whole: true,
};

impl Changes {
    /// Reads the output of `git diff --unified=0`.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(diff: &str) -> Result<Self, DiffError> {
        diff::read(diff).map(|files| Self { files })
    }

    /// Adds a file that is new as a whole.
    pub fn add_file(&mut self, path: impl Into<String>) {
        self.files.entry(path.into()).or_default().whole = true;
    }

    /// The files that changed, went or are new, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// What is touched of a file; a folder is changed as a whole when another commit of a submodule is taken.
    fn of(&self, path: &str) -> Option<&Touched> {
        self.files.get(path).or_else(|| {
            let mut folder = folder_of(path);
            while !folder.is_empty() {
                if self.files.contains_key(folder) {
                    return Some(&WHOLE);
                }
                folder = folder_of(folder);
            }
            None
        })
    }

    /// Marks the findings that the change does not touch, and counts the failures.
    ///
    /// It touches a finding when lines changed where it stands or where its value is set, in the block that it stands in, in
    /// the block that declares its resource, or in a call of a module that the resource stands in. And it touches what
    /// `is_new` says was not so before, from wherever that comes: a count, a default somewhere else, a block that went.
    pub fn mark(
        &self,
        report: &mut Report,
        sources: &Sources,
        base: &str,
        is_new: &dyn Fn(&FindingView<'_>) -> bool,
    ) {
        let reach = Reach::new(self, sources);
        let mut counts = ChangeCounts {
            base: Text::from(base),
            files: u64::try_from(self.files.len()).unwrap_or(u64::MAX),
            ..ChangeCounts::default()
        };
        let touched: Vec<Vec<bool>> = report
            .accounts
            .iter()
            .map(|account| {
                let findings = report.findings_of(account).map(|view| {
                    let touched = reach.touches(&view) || is_new(&view);
                    if view.finding.verdict == Verdict::Fail && view.finding.accepted.is_none() {
                        *(if touched {
                            &mut counts.touched
                        } else {
                            &mut counts.untouched
                        }) += 1;
                    }
                    touched
                });
                findings.collect()
            })
            .collect();
        for (account, touched) in report.accounts.iter_mut().zip(touched) {
            for (finding, touched) in account.findings.iter_mut().zip(touched) {
                if !touched {
                    finding.standing = Standing::Untouched;
                }
            }
        }
        report.focus.get_or_insert_with(Focus::default).change = Some(counts);
    }
}

/// What a change reaches through blocks.
struct Reach<'c> {
    changes: &'c Changes,
    /// By file: first and last lines of the blocks at the top in which lines changed.
    blocks: BTreeMap<&'c str, Vec<(u32, u32)>>,
}

impl<'c> Reach<'c> {
    fn new(changes: &'c Changes, sources: &'c Sources) -> Self {
        let mut blocks: BTreeMap<&str, Vec<(u32, u32)>> = BTreeMap::new();
        for (file, source) in sources.iter() {
            let name = source.name.as_str();
            let Some(touched) = changes.of(name) else {
                continue;
            };
            let items = top_items(sources, file).unwrap_or_default();
            let lines = items
                .into_iter()
                .map(|range| lines_of(sources, file, Place::new(file, range)));
            blocks.insert(
                name,
                lines
                    .filter(|(first, last)| touched.within(*first, *last))
                    .collect(),
            );
        }
        Self { changes, blocks }
    }

    fn touches(&self, view: &FindingView<'_>) -> bool {
        let spot = view.finding.code.as_deref();
        let resource = view.resource.code.as_deref();
        let written = spot
            .iter()
            .flat_map(|spot| spot.set_at.iter().chain([&spot.place]).chain(&spot.also));
        if written.into_iter().any(|place| self.changed(place)) {
            return true;
        }
        let declared = resource
            .iter()
            .flat_map(|code| code.calls.iter().chain([&code.place]));
        declared
            .chain(spot.iter().flat_map(|spot| spot.also.iter().chain([&spot.place])))
            .any(|place| self.block_changed(place))
    }

    /// Whether lines of a place changed.
    fn changed(&self, place: &CodePlace) -> bool {
        let touched = self.changes.of(&place.file);
        touched.is_some_and(|touched| touched.within(place.line, place.end_line))
    }

    /// Whether lines of the block changed in which a place stands.
    fn block_changed(&self, place: &CodePlace) -> bool {
        let blocks = self.blocks.get(place.file.as_str());
        blocks.is_some_and(|blocks| {
            // Blocks are sorted and do not overlap.
            let next = blocks.partition_point(|(first, _)| *first <= place.line);
            blocks
                .get(..next)
                .and_then(<[_]>::last)
                .is_some_and(|(_, last)| place.line <= *last)
        })
    }
}

impl Touched {
    /// Whether something changed from the first to the last line, both included.
    fn within(&self, first: u32, last: u32) -> bool {
        self.whole
            || self.lines.iter().any(|(from, to)| *from <= last && first <= *to)
            || self.gaps.iter().any(|after| first <= *after && *after < last)
    }
}

fn lines_of(sources: &Sources, file: FileId, place: Place) -> (u32, u32) {
    let range = place.range();
    let (first, _) = sources.line_and_column(file, range.start);
    let (last, _) = sources.line_and_column(file, range.end.saturating_sub(1).max(range.start));
    (first, last)
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
