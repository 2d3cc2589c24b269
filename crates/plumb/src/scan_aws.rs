//! `plumb scan aws`: find the account, read it, judge it, report.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use plumb_api::catalog::Catalog;
use plumb_collect::{Collector, Options, Plan, StopHandle, StopSignal};
use plumb_engine::{Analyzer, Judged};
use plumb_model::account::Provider;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::snapshot::{AccountSnapshot, Header};
use plumb_model::value::{Reason, Text};

use crate::arguments::{EffortArguments, ScanAwsArguments};
use crate::console::{Bars, Console};
use crate::exit::{Failed, Status};
use crate::output::{self, Counting, Outputs};
use crate::snapshot_file::SnapshotFile;
use crate::targets::{self, Target};
use crate::{VERSION, graph, knowledge, plan};

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &ScanAwsArguments) -> Result<Status, Failed> {
    let outputs = Outputs::new(&arguments.report, arguments.snapshot.as_deref())?;
    let pack = knowledge::load(console, &arguments.selection.policies)?;
    let selected = knowledge::select(&pack, &arguments.selection, Some(Provider::Aws))?;
    let config = graph::config(
        &pack,
        &arguments.graph,
        &arguments.selection,
        &selected.policies,
        arguments.report.organization.as_deref(),
    )?;
    let plan = plan::make(
        &pack,
        &selected,
        &arguments.selection,
        config.graph.as_deref(),
        arguments.inventory,
    )?;
    let analyzer = Analyzer::new(&pack, selected.policies, selected.frameworks, config)
        .map_err(|error| Diagnostic::error(error.to_string()))?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Diagnostic::error(format!("cannot start: {error}")))?;
    let header = Header::new(VERSION, arguments.report.organization.as_deref().map(Text::from));
    let mut snapshot = match &arguments.snapshot {
        Some(path) => Some(SnapshotFile::create(path, &header)?),
        None => None,
    };
    let outcome = runtime.block_on(async {
        let catalog = Catalog::aws();
        let stop = stop_signal(console, arguments.effort.timeout);
        let targets = tokio::select! {
            targets = targets::find(console, catalog, &arguments.aws, &arguments.effort) => targets?,
            reason = stop.stopped() => return Err(stopped_early(reason)),
        };
        let bars = Bars::new(console);
        let reading = targets
            .into_iter()
            .map(|target| read(target, &plan, &arguments.effort, &stop, &bars));
        // Accounts are judged and written in the order in which they were named, whichever is read first.
        let mut reading = stream::iter(reading).buffered(usize::from(arguments.effort.accounts_at_once));
        let mut accounts: Vec<Judged> = Vec::new();
        while let Some(read) = reading.next().await {
            if let Some(snapshot) = &mut snapshot {
                snapshot.account(&read)?;
            }
            accounts.push(analyzer.account(&read));
        }
        Ok::<_, Failed>(accounts)
    });
    // A request may still be under way after Ctrl-C; nobody waits for its answer.
    runtime.shutdown_background();
    let accounts = outcome?;
    if let Some(snapshot) = snapshot {
        snapshot.finish()?;
    }
    let report = analyzer.finish(accounts, None);
    outputs.write(console, &report)?;
    Ok(output::status(&report, &arguments.report, Counting::All))
}

/// Reads one account.
async fn read(
    target: Target,
    plan: &Arc<Plan>,
    effort: &EffortArguments,
    stop: &StopSignal,
    bars: &Bars,
) -> AccountSnapshot {
    let label = format!("{} {}", target.account.provider.title(), target.account.label());
    let bar = bars.add(&label);
    let defaults = Options::default();
    let collector = Collector {
        transport: target.transport,
        catalog: Catalog::aws(),
        plan: Arc::clone(plan),
        options: Options {
            concurrency: usize::from(effort.concurrency),
            // One request that was waited for in full, with nothing else answered, is silence enough.
            patience: defaults
                .patience
                .min(Duration::from_secs(effort.request_timeout.into())),
            ..defaults
        },
        stop: stop.clone(),
        progress: Arc::clone(&bar) as Arc<_>,
    };
    let mut read = collector
        .collect(target.account, target.regions, Timestamp::now())
        .await;
    bar.finish();
    read.coverage.gaps.extend(target.gap);
    read.coverage.sort();
    read
}

/// The scan was stopped before its accounts were known.
fn stopped_early(reason: Reason) -> Failed {
    let message = format!("nothing was read before the end: {}", reason.phrase());
    let help = "the account and its regions were still being looked up; check the network, or allow more with `--timeout`";
    Failed::nothing_scanned(Diagnostic::error(message).help(help))
}

/// A signal that Ctrl-C or the time limit gives; a second Ctrl-C ends the process at once.
fn stop_signal(console: Console, timeout: Option<u64>) -> StopSignal {
    let (handle, signal) = StopHandle::new();
    tokio::spawn(async move {
        let limit = async {
            match timeout {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {
                console.say("stopping; what was read until now will be reported (press Ctrl-C again to end at once)");
                handle.stop(Reason::Cancelled);
            }
            () = limit => {
                console.say("the time limit has passed; what was read until now will be reported");
                handle.stop(Reason::DeadlineExceeded);
            }
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    signal
}
