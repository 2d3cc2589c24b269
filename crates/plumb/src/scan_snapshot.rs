//! `plumb scan snapshot`: judge a snapshot again, offline.

use std::path::Path;
use std::sync::mpsc;

use plumb_engine::{Analyzer, Judged};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use crate::arguments::ScanSnapshotArguments;
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::output::{self, Counting, Outputs};
use crate::{graph, knowledge, snapshot_file};

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &ScanSnapshotArguments) -> Result<Status, Failed> {
    let outputs = Outputs::new(&arguments.report, Some(&arguments.path))?;
    let pack = knowledge::load(console, &arguments.selection.policies)?;
    let selected = knowledge::select(&pack, &arguments.selection, None)?;
    let config = graph::config(
        &pack,
        &arguments.graph,
        &arguments.selection,
        &selected.policies,
        arguments.report.organization.as_deref(),
    )?;
    let analyzer = Analyzer::new(&pack, selected.policies, selected.frameworks, config)
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    let (accounts, organization) = judge(&analyzer, &arguments.path)?;
    let report = analyzer.finish(accounts, organization);
    outputs.write(console, &report)?;
    Ok(output::status(&report, &arguments.report, Counting::All))
}

/// Reads on this thread and parses and judges on the others, a few accounts at a time; with the name of the organization.
pub(crate) fn judge(analyzer: &Analyzer, path: &Path) -> Result<(Vec<Judged>, Option<Text>), Failed> {
    let mut reader = snapshot_file::open(path)?;
    let organization = reader.header().organization.clone();
    let threads = rayon::current_num_threads();
    let (free, freed) = mpsc::sync_channel::<()>(threads);
    let (done, judged) = mpsc::channel::<Result<Judged, Failed>>();
    rayon::in_place_scope(|scope| {
        let mut read = 0;
        loop {
            let raw = match reader.next_account() {
                Ok(Some(raw)) => raw,
                Ok(None) => break,
                Err(error) => {
                    let _ = done.send(Err(snapshot_file::read_error(path, &error)));
                    break;
                }
            };
            // INVARIANT: at most one account per thread is in memory besides the one being read.
            if read >= threads && freed.recv().is_err() {
                break;
            }
            read += 1;
            let (done, free) = (done.clone(), free.clone());
            scope.spawn(move |_| {
                let report = raw.parse().map(|account| analyzer.account(&account));
                let _ = done.send(report.map_err(|error| snapshot_file::read_error(path, &error)));
                let _ = free.try_send(());
            });
        }
        drop(done);
    });
    let accounts = judged.into_iter().collect::<Result<Vec<_>, Failed>>()?;
    Ok((accounts, organization))
}
