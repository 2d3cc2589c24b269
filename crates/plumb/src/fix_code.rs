//! `plumb fix code`: correct the source so that failing policies pass, as a diff first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use plumb_engine::Analyzer;
use plumb_iac::fix::apply;
use plumb_iac::snapshot::Undeclared;
use plumb_iac::suppress::Idle;
use plumb_model::code::{CodeFix, CodePlace};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::Report;
use plumb_model::verdict::Verdict;
use plumb_pack::pack::Pack;
use plumb_pack::policy::Policy;
use plumb_report::identity::fingerprint;
use plumb_report::numbers::counted;
use plumb_report::options::Color;
use plumb_report::visible::visible;
use similar::{ChangeTag, TextDiff};

use crate::arguments::FixCodeArguments;
use crate::code_policies::CodePolicies;
use crate::code_tree::{CodeTree, Overlay};
use crate::console::Console;
use crate::exit::{Failed, Status, file_error};
use crate::scan_code::{self, Code, Reading};
use crate::shown_text::ShownText;
use crate::{graph, knowledge, output};

/// How often corrections that did not help are taken out and the rest tried again.
const ROUNDS: usize = 4;
/// How often corrections are looked for anew in what others have corrected: two that begin the same block wait for each other.
const PASSES: usize = 6;

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &FixCodeArguments) -> Result<Status, Failed> {
    let pack = knowledge::load(console, &arguments.selection.policies)?;
    let mut chosen = knowledge::choose(&pack, &arguments.selection, None)?.policies;
    chosen.retain(|policy| policy.path().is_none());
    let tree = CodeTree::of(&arguments.code)?;
    let work = Work {
        console,
        pack: &pack,
        chosen: &chosen,
        arguments,
        tree: &tree,
    };
    let (before, code) = work.judge(&BTreeMap::new(), Told::All)?;
    let wanted = work.wanted(&before);
    let texts: BTreeMap<&str, &str> = code
        .sources
        .iter()
        .map(|(_, source)| (source.name.as_str(), source.text.as_str()))
        .collect();
    let mut fixed = work.settle(&before, wanted, &texts)?;
    for _ in 1..PASSES {
        if fixed.changed.is_empty() || fixed.waiting.is_empty() {
            break;
        }
        let (report, code) = work.judge(&fixed.changed, Told::Nothing)?;
        let mut wanted = work.wanted(&report);
        wanted.retain(|want| fixed.waiting.contains(&want.fingerprint));
        let corrected_texts: BTreeMap<&str, &str> = code
            .sources
            .iter()
            .map(|(_, source)| (source.name.as_str(), source.text.as_str()))
            .collect();
        let more = work.settle(&report, wanted, &corrected_texts)?;
        if more.changed.is_empty() {
            break;
        }
        fixed.add(more);
    }
    fixed.futile.append(&mut fixed.waiting);
    let mut diff = String::new();
    for (path, text) in &fixed.changed {
        let old = texts.get(path.as_str()).copied().unwrap_or_default();
        let shown = ShownText::of(&code.sources, path, old);
        write_diff((path, &shown), old, text, console.stdout_color(), &mut diff);
    }
    output::print(&diff)?;
    if arguments.write {
        for (path, text) in &fixed.changed {
            let real = tree.real(path).map_err(|error| {
                Failed::from(Diagnostic::error(format!("cannot write `{path}`: {error}")))
            })?;
            fs::write(&real, text).map_err(|error| file_error("write", &real, &error))?;
        }
    }
    work.tell(&before, &fixed);
    Ok(if code.is_whole() {
        Status::Clean
    } else {
        Status::Incomplete
    })
}

/// What is shown of what is wrong with the code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    All,
    Nothing,
}

/// A correction of a finding.
struct Wanted {
    fingerprint: String,
    address: String,
    fix: CodeFix,
}

/// What helped.
struct Fixed {
    /// The texts after the corrections, by path.
    changed: BTreeMap<String, String>,
    /// Fingerprints of the findings that are corrected.
    corrected: BTreeSet<String>,
    /// Fingerprints of those of which the correction did not help, or did harm.
    futile: BTreeSet<String>,
    /// Fingerprints of those that were left out because another one writes to the same place.
    waiting: BTreeSet<String>,
}

impl Fixed {
    /// Adds what helped when this had been done.
    fn add(&mut self, more: Fixed) {
        self.changed.extend(more.changed);
        self.corrected.extend(more.corrected);
        self.futile.extend(more.futile);
        self.waiting = more.waiting;
    }
}

struct Work<'w> {
    console: Console,
    pack: &'w Pack,
    chosen: &'w [Arc<Policy>],
    arguments: &'w FixCodeArguments,
    tree: &'w CodeTree,
}

impl Work<'_> {
    /// Judges the code with some files changed.
    fn judge(&self, changed: &BTreeMap<String, String>, told: Told) -> Result<(Report, Code), Failed> {
        let files = Overlay {
            tree: self.tree,
            changed: changed
                .iter()
                .map(|(path, text)| (path.clone(), Some(text.clone())))
                .collect(),
        };
        let reading = Reading {
            tree: self.tree,
            overlay: Some(&files),
            undeclared: Undeclared::Open,
            changes: None,
        };
        let read = scan_code::evaluate(self.pack, &self.arguments.code, &reading)?;
        let policies = CodePolicies::of(self.pack, self.chosen, &read.evaluated)?.judging;
        let console = (told == Told::All).then_some(self.console);
        let code = read.map(console, self.pack, &policies)?;
        let config = graph::config_of(Default::default(), None, None);
        let analyzer = Analyzer::new(self.pack, policies, Vec::new(), config)
            .map_err(|error| Diagnostic::error(error.to_string()))?;
        let mut report = analyzer.finish(code.judge(&analyzer), None);
        scan_code::locate(&mut report, &code);
        // What somebody accepted is left as it is; what is wrong with suppressions, a scan tells.
        let _ = code.accept(&mut report, self.pack, Idle::PassedOver);
        Ok((report, code))
    }

    /// The corrections that are known and wanted, each once.
    fn wanted(&self, report: &Report) -> Vec<Wanted> {
        report
            .findings()
            .filter(|view| view.finding.verdict == Verdict::Fail && view.finding.accepted.is_none())
            .filter_map(|view| {
                let fix = view.finding.code.as_ref()?.fix.clone()?;
                let is_wanted = fix.caution.is_none() || self.arguments.with_caution;
                is_wanted.then(|| Wanted {
                    fingerprint: fingerprint(&view),
                    address: view
                        .resource
                        .code
                        .as_ref()
                        .map_or(String::new(), |code| code.address.to_string()),
                    fix,
                })
            })
            .collect()
    }

    /// Tries corrections, and takes out those that do not help or make something else fail.
    fn settle(
        &self,
        before: &Report,
        mut wanted: Vec<Wanted>,
        texts: &BTreeMap<&str, &str>,
    ) -> Result<Fixed, Failed> {
        let findings = |report: &Report, verdict: Verdict| -> BTreeMap<String, String> {
            report
                .findings()
                .filter(|view| view.finding.verdict == verdict)
                .map(|view| {
                    let address = view.resource.code.as_ref().map(|code| code.address.to_string());
                    (fingerprint(&view), address.unwrap_or_default())
                })
                .collect()
        };
        let old = findings(before, Verdict::Fail);
        let (mut futile, mut waiting) = (BTreeSet::new(), BTreeSet::new());
        for _ in 0..ROUNDS {
            let changed = applied(&wanted, texts);
            if changed.is_empty() {
                break;
            }
            let (after, _) = self.judge(&changed, Told::Nothing)?;
            let new = findings(&after, Verdict::Fail);
            // A finding that is gone is no better: code that cannot be read has none.
            let passing = findings(&after, Verdict::Pass);
            let harmed: BTreeSet<&String> = new
                .iter()
                .filter(|(finding, _)| !old.contains_key(*finding))
                .map(|(_, address)| address)
                .collect();
            let helps =
                |want: &Wanted| passing.contains_key(&want.fingerprint) && !harmed.contains(&want.address);
            if wanted.iter().all(helps) {
                return Ok(Fixed {
                    changed,
                    corrected: wanted.into_iter().map(|want| want.fingerprint).collect(),
                    futile,
                    waiting,
                });
            }
            let (mut kept, dropped): (Vec<_>, Vec<_>) = wanted.into_iter().partition(helps);
            // Two that write to the same place may spoil each other: the first of them has another try alone.
            let (again, dropped) = first_at_their_places(dropped);
            let (behind, dropped): (Vec<_>, Vec<_>) = dropped.into_iter().partition(|want| {
                place_of(want).is_some_and(|place| {
                    kept.iter()
                        .chain(&again)
                        .any(|other| place_of(other).as_ref() == Some(&place))
                })
            });
            waiting.extend(behind.into_iter().map(|want| want.fingerprint));
            futile.extend(dropped.into_iter().map(|want| want.fingerprint));
            kept.extend(again);
            wanted = kept;
        }
        Ok(Fixed {
            changed: BTreeMap::new(),
            corrected: BTreeSet::new(),
            futile,
            waiting,
        })
    }

    /// What was corrected, and what was left and why, on stderr.
    fn tell(&self, report: &Report, fixed: &Fixed) {
        let (mut cautious, mut futile, mut unknown) = (0u64, 0u64, 0u64);
        for view in report
            .findings()
            .filter(|view| view.finding.verdict == Verdict::Fail)
        {
            let id = fingerprint(&view);
            if fixed.corrected.contains(&id) {
                continue;
            }
            match view.finding.code.as_ref().and_then(|spot| spot.fix.as_ref()) {
                Some(fix) if fix.caution.is_some() && !self.arguments.with_caution => {
                    cautious += 1;
                    let code = view.resource.code.as_ref();
                    let address = code.map_or(&view.resource.name, |code| &code.address);
                    let caution = fix.caution.as_deref().unwrap_or_default();
                    let text = format!("left: {} of {}: {caution}", view.policy.name, visible(address));
                    self.console.say(&text);
                }
                Some(_) if fixed.futile.contains(&id) => futile += 1,
                Some(_) | None => unknown += 1,
            }
        }
        let files = fixed.changed.len();
        let done = if self.arguments.write { "written" } else { "shown" };
        self.console.say(&format!(
            "{} of {} corrected in {}; {done}",
            fixed.corrected.len(),
            counted(report.summary.verdicts.fail, "failures"),
            counted(files as u64, "files"),
        ));
        if cautious > 0 {
            self.console.say(&format!(
                "{cautious} more with `--with-caution`: look at what they do first"
            ));
        }
        if futile > 0 {
            self.console.say(&format!(
                "{futile} were tried and taken back: the policy still failed, or another one did"
            ));
        }
        if unknown > 0 {
            self.console.say(&format!(
                "{unknown} are left to you: no safe correction is known, or the value comes from elsewhere"
            ));
        }
        if !self.arguments.write && files > 0 {
            self.console
                .say("nothing was changed yet; `--write` writes the files");
        }
    }
}

/// Where a correction writes first: file, line and column.
fn place_of(want: &Wanted) -> Option<(String, u32, u32)> {
    let place = &want.fix.replacements.first()?.place;
    Some((place.file.to_string(), place.line, place.column))
}

/// Those that are the first of several to write to a place, and the others.
fn first_at_their_places(wanted: Vec<Wanted>) -> (Vec<Wanted>, Vec<Wanted>) {
    let mut places: BTreeMap<(String, u32, u32), usize> = BTreeMap::new();
    for place in wanted.iter().filter_map(place_of) {
        *places.entry(place).or_default() += 1;
    }
    wanted
        .into_iter()
        .partition(|want| place_of(want).and_then(|place| places.remove(&place)) > Some(1))
}

/// The texts after corrections; of two that overlap the first one counts.
fn applied(wanted: &[Wanted], texts: &BTreeMap<&str, &str>) -> BTreeMap<String, String> {
    let mut by_file: BTreeMap<&str, Vec<(&CodePlace, &str)>> = BTreeMap::new();
    for want in wanted {
        for replacement in &want.fix.replacements {
            let edits = by_file.entry(&replacement.place.file).or_default();
            let edit = (&replacement.place, replacement.text.as_str());
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    let mut changed = BTreeMap::new();
    for (file, edits) in by_file {
        let Some(old) = texts.get(file) else { continue };
        let starts: Vec<usize> = std::iter::once(0)
            .chain(old.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let byte = |line: u32, column: u32| -> Option<usize> {
            let start = *starts.get(usize::try_from(line).ok()?.checked_sub(1)?)?;
            let rest = old.get(start..)?;
            let column = usize::try_from(column).ok()?.checked_sub(1)?;
            Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
        };
        let edits = edits.into_iter().filter_map(|(place, replacement)| {
            let start = byte(place.line, place.column)?;
            Some((start..byte(place.end_line, place.end_column)?, replacement))
        });
        let text = apply(file, old, edits.collect());
        if text != **old {
            changed.insert(file.to_owned(), text);
        }
    }
    changed
}

fn write_diff((path, shown): (&str, &ShownText), old: &str, new: &str, color: Color, out: &mut String) {
    let paint = |style: Style, text: &str| match color {
        Color::Never => text.to_owned(),
        Color::Always => format!("{style}{text}{style:#}"),
    };
    let path = visible(path);
    // Writing into a `String` cannot fail.
    let _ = writeln!(
        out,
        "{}",
        paint(Style::new().bold(), &format!("--- a/{path}\n+++ b/{path}"))
    );
    let diff = TextDiff::from_lines(old, new);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        let _ = writeln!(
            out,
            "{}",
            paint(AnsiColor::Cyan.on_default(), &hunk.header().to_string())
        );
        for change in hunk.iter_changes() {
            let line = match change.old_index() {
                Some(number) => shown.before(number).to_owned(),
                None => shown.after(change.value().trim_end_matches('\n')),
            };
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ("-", AnsiColor::Red.on_default()),
                ChangeTag::Insert => ("+", AnsiColor::Green.on_default()),
                ChangeTag::Equal => (" ", Style::new()),
            };
            let _ = writeln!(out, "{}", paint(style, &format!("{sign}{line}")));
        }
    }
}
