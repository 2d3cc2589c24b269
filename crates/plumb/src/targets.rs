//! The accounts that `plumb scan aws` reads, each with the credentials for it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use plumb_api::catalog::Catalog;
use plumb_cloud::discovery::{self, EnabledRegions};
use plumb_cloud::http_client::HttpOptions;
use plumb_cloud::session::{AwsSession, SessionOptions};
use plumb_cloud::session_error::SessionError;
use plumb_cloud::transport::AwsTransport;
use plumb_collect::Regions;
use plumb_model::account::Account;
use plumb_model::coverage::Gap;
use plumb_model::diagnostic::Diagnostic;

use crate::arguments::{AwsArguments, EffortArguments};
use crate::console::Console;
use crate::exit::Failed;

/// One account that is to be scanned, with the credentials for it.
pub(crate) struct Target {
    pub(crate) transport: Arc<AwsTransport>,
    pub(crate) account: Account,
    pub(crate) regions: Regions,
    /// What the list of regions itself could not be read for.
    pub(crate) gap: Option<Gap>,
}

/// The accounts to scan: every profile, or every role assumed with the first profile, or whatever the environment says.
///
/// Several are looked up at once; they come, and what is wrong with them is told, in the order in which they were named.
pub(crate) async fn find(
    console: Console,
    catalog: &'static Catalog,
    arguments: &AwsArguments,
    effort: &EffortArguments,
) -> Result<Vec<Target>, Failed> {
    let http = HttpOptions {
        request_timeout: Duration::from_secs(effort.request_timeout.into()),
        ..HttpOptions::from_environment()
    };
    let or_none = |named: &[String]| -> Vec<Option<String>> {
        match named {
            [] => vec![None],
            named => named.iter().cloned().map(Some).collect(),
        }
    };
    let mut identities: Vec<SessionOptions> = Vec::new();
    for profile in or_none(&arguments.profile) {
        for role in or_none(&arguments.role) {
            identities.push(SessionOptions {
                profile: profile.clone(),
                role,
                external_id: arguments.external_id.clone(),
                ..SessionOptions::default()
            });
        }
    }
    let looked_up = identities
        .iter()
        .map(|identity| target(catalog, identity, &http, &arguments.region));
    let mut looked_up = stream::iter(looked_up).buffered(usize::from(effort.accounts_at_once));
    let mut targets: Vec<Target> = Vec::new();
    while let Some(target) = looked_up.next().await {
        let (target, warnings) = target?;
        console.show(&warnings);
        if !targets.iter().any(|known| known.account.id == target.account.id) {
            targets.push(target);
        }
    }
    Ok(targets)
}

async fn target(
    catalog: &'static Catalog,
    options: &SessionOptions,
    http: &HttpOptions,
    wanted: &[String],
) -> Result<(Target, Vec<Diagnostic>), Failed> {
    let session = AwsSession::open(options, http)
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
    let (gap, warnings) = (enabled.gap.clone(), enabled.warnings.clone());
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
    let target = Target {
        transport,
        account: identity.account,
        regions,
        gap,
    };
    Ok((target, warnings))
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
