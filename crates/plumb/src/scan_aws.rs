//! `plumb scan aws`: find the account, read it, judge it, report.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use plumb_api::catalog::Catalog;
use plumb_cloud::discovery::{self, EnabledRegions};
use plumb_cloud::http_client::HttpOptions;
use plumb_cloud::session::{AwsSession, SessionOptions};
use plumb_cloud::session_error::SessionError;
use plumb_cloud::transport::AwsTransport;
use plumb_collect::{Collector, Options, Regions, StopHandle, StopSignal};
use plumb_engine::{Analyzer, Judged};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::Gap;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::snapshot::{AccountSnapshot, Header};
use plumb_model::value::{Reason, Text};

use crate::arguments::{AwsArguments, ScanAwsArguments};
use crate::console::{Bar, Console};
use crate::exit::{Failed, Status};
use crate::output::{self, Outputs};
use crate::snapshot_file::SnapshotFile;
use crate::{VERSION, graph, knowledge, plan};

/// One account that is to be scanned, with the credentials for it.
struct Target {
    transport: Arc<AwsTransport>,
    account: Account,
    regions: Regions,
    /// What the list of regions itself could not be read for.
    gap: Option<Gap>,
}

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &ScanAwsArguments) -> Result<Status, Failed> {
    let outputs = Outputs::new(&arguments.report, arguments.snapshot.as_deref())?;
    let pack = knowledge::load(console, &arguments.selection.policies)?;
    let selected = knowledge::select(&pack, &arguments.selection, Some(Provider::Aws))?;
    let organization = arguments.report.organization.as_deref().map(Text::from);
    let config = graph::config(
        &pack,
        &arguments.graph,
        &arguments.selection,
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
    let header = Header::new(VERSION, organization);
    let mut snapshot = match &arguments.snapshot {
        Some(path) => Some(SnapshotFile::create(path, &header)?),
        None => None,
    };
    let outcome = runtime.block_on(async {
        let catalog = Catalog::aws();
        let stop = stop_signal(console, arguments.effort.timeout);
        let targets = tokio::select! {
            targets = targets(console, catalog, &arguments.aws) => targets?,
            reason = stop.stopped() => return Err(stopped_early(reason)),
        };
        let mut accounts: Vec<Judged> = Vec::with_capacity(targets.len());
        for target in targets {
            let label = format!("{} {}", target.account.provider.title(), target.account.label());
            let bar = Bar::new(console, &label);
            let collector = Collector {
                transport: target.transport,
                catalog,
                plan: Arc::clone(&plan),
                options: Options {
                    concurrency: usize::from(arguments.effort.concurrency),
                    ..Options::default()
                },
                stop: stop.clone(),
                progress: Arc::clone(&bar) as Arc<_>,
            };
            let mut read: AccountSnapshot = collector
                .collect(target.account, target.regions, Timestamp::now())
                .await;
            bar.finish();
            read.coverage.gaps.extend(target.gap);
            read.coverage.sort();
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
    Ok(output::status(&report, &arguments.report))
}

/// The accounts to scan: every profile, or every role assumed with the first profile, or whatever the environment says.
async fn targets(
    console: Console,
    catalog: &'static Catalog,
    arguments: &AwsArguments,
) -> Result<Vec<Target>, Failed> {
    let profiles: Vec<Option<&String>> = if arguments.profile.is_empty() {
        vec![None]
    } else {
        arguments.profile.iter().map(Some).collect()
    };
    let roles: Vec<Option<&String>> = if arguments.role.is_empty() {
        vec![None]
    } else {
        arguments.role.iter().map(Some).collect()
    };
    let mut targets: Vec<Target> = Vec::new();
    for profile in &profiles {
        for role in &roles {
            let options = SessionOptions {
                profile: profile.cloned(),
                role: role.cloned(),
                external_id: arguments.external_id.clone(),
                ..SessionOptions::default()
            };
            let target = target(console, catalog, &options, &arguments.region).await?;
            if !targets.iter().any(|known| known.account.id == target.account.id) {
                targets.push(target);
            }
        }
    }
    Ok(targets)
}

async fn target(
    console: Console,
    catalog: &'static Catalog,
    options: &SessionOptions,
    wanted: &[String],
) -> Result<Target, Failed> {
    let session = AwsSession::open(options, &HttpOptions::from_environment())
        .await
        .map_err(|error| session_failed(&error))?;
    let first_region = session
        .region()
        .map(str::to_owned)
        .or_else(|| wanted.first().cloned())
        .unwrap_or_else(|| plumb_cloud::session::default_region("aws").to_string());
    let transport = Arc::new(AwsTransport::new(session, catalog));
    let identity = discovery::discover_account(&*transport, catalog, &first_region)
        .await
        .map_err(|error| Failed::nothing_scanned(error.to_diagnostic()))?;
    let enabled: EnabledRegions =
        discovery::enabled_regions(&*transport, catalog, &identity.account, &first_region)
            .await
            .map_err(|error| Failed::nothing_scanned(error.to_diagnostic()))?;
    for warning in &enabled.warnings {
        console.show(std::slice::from_ref(warning));
    }
    let gap = enabled.gap.clone();
    let regions = if wanted.is_empty() {
        Regions::All(enabled.enabled)
    } else {
        let asked = enabled.narrow(wanted).map_err(Failed::from)?;
        let left_out = enabled
            .enabled
            .into_iter()
            .filter(|region| !asked.contains(region))
            .collect();
        Regions::Only { asked, left_out }
    };
    Ok(Target {
        transport,
        account: identity.account,
        regions,
        gap,
    })
}

/// What the user wrote is bad input; credentials that are missing or refused leave nothing to scan.
fn session_failed(error: &SessionError) -> Failed {
    match error {
        SessionError::ProfileFile { .. }
        | SessionError::Region { .. }
        | SessionError::RoleArn(_)
        | SessionError::RoleOptions(_)
        | SessionError::Endpoint(_)
        | SessionError::Http(_) => error.to_diagnostic().into(),
        SessionError::NoCredentials { .. }
        | SessionError::Unusable { .. }
        | SessionError::ProfileMissing { .. }
        | SessionError::AssumeRole { .. } => Failed::nothing_scanned(error.to_diagnostic()),
    }
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
