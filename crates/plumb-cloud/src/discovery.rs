//! Which account the credentials belong to, and which of its regions are enabled.

use plumb_api::catalog::Catalog;
use plumb_collect::transport::Transport;
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::Gap;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};

use crate::discovery_call::{CallFailure, call};
use crate::region_lists::{
    RegionList, default_regions, partition_regions, regions_of_account_service, regions_of_ec2,
};
use crate::session::default_region;

/// The IAM actions that discovery needs in the account itself.
pub const ACTIONS: [&str; 3] = [
    "ec2:DescribeRegions",
    "iam:ListAccountAliases",
    "sts:GetCallerIdentity",
];

/// Who the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account, with its partition, and its alias as name where it has one and it may be read.
    pub account: Account,
    /// The ARN of the user or session.
    pub arn: Text,
}

/// The regions of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnabledRegions {
    /// Those that can be used, sorted.
    pub enabled: Vec<Text>,
    /// Those that exist but are switched off in this account, sorted; empty when that is not known.
    pub disabled: Vec<Text>,
    /// That the account could not be asked, and `enabled` are the regions that every account of the partition has.
    /// It belongs into the coverage of the scan.
    pub gap: Option<Gap>,
    /// The gap in words, to be shown at once.
    pub warnings: Vec<Diagnostic>,
    /// Those that may be enabled though it is not known: all of the partition when there is a gap.
    possible: Vec<Text>,
}

impl EnabledRegions {
    /// The regions that were asked for, sorted and each once. Where the account could not be asked for its regions,
    /// every region of its partition can be chosen.
    ///
    /// # Errors
    /// At the first name that is unknown or not enabled, with the names that can be chosen.
    pub fn narrow(&self, wanted: &[String]) -> Result<Vec<Text>, Diagnostic> {
        let choice = if self.possible.is_empty() {
            &self.enabled
        } else {
            &self.possible
        };
        let mut chosen = Vec::new();
        for region in wanted {
            let Some(known) = choice.iter().find(|known| known.as_str() == region) else {
                let message = if self.disabled.iter().any(|disabled| disabled.as_str() == region) {
                    format!("the region `{region}` is not enabled in this account")
                } else {
                    format!("unknown region `{region}`")
                };
                return Err(Diagnostic::error(message).help(format!("enabled are {}", choice.join(", "))));
            };
            chosen.push(known.clone());
        }
        chosen.sort();
        chosen.dedup();
        Ok(chosen)
    }
}

/// The account or its regions cannot be found out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// STS did not answer or refused the credentials.
    #[error("the account of the credentials cannot be read in `{region}`: {failure}")]
    Identity {
        /// The region that was asked.
        region: Text,
        /// What happened.
        failure: CallFailure,
    },
    /// STS answered something else than an identity.
    #[error("the answer of sts:GetCallerIdentity holds no account")]
    NoAccount,
    /// The account cannot be asked for its regions, and those of its partition are not known.
    #[error("no region of the partition `{partition}` is known: {failure}")]
    NoRegions {
        /// The partition.
        partition: Text,
        /// Why the account could not be asked.
        failure: CallFailure,
    },
}

impl DiscoveryError {
    /// The error with advice, for people.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let diagnostic = Diagnostic::error(self.to_string());
        match self {
            Self::Identity { failure, .. } => match advice(&failure.code) {
                Some(advice) => diagnostic.help(advice),
                None => {
                    diagnostic.help("check the credentials, `AWS_ENDPOINT_URL` and the name of the region")
                }
            },
            Self::NoAccount => diagnostic.help("check that `AWS_ENDPOINT_URL` leads to STS"),
            Self::NoRegions { .. } => diagnostic.help("grant `ec2:DescribeRegions`"),
        }
    }
}

/// Asks STS who the credentials belong to and IAM for the alias of the account.
///
/// # Errors
/// When STS does not answer. That the alias cannot be read is no error.
pub async fn discover_account(
    transport: &dyn Transport,
    catalog: &Catalog,
    region: &str,
) -> Result<Identity, DiscoveryError> {
    let answer = call(transport, catalog, "sts", "GetCallerIdentity", region, Map::new())
        .await
        .map_err(|failure| DiscoveryError::Identity {
            region: region.into(),
            failure,
        })?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str);
    let arn = text("arn").unwrap_or_default();
    let id = text("account")
        .filter(|id| is_account_id(id))
        .ok_or(DiscoveryError::NoAccount)?;
    let partition = arn
        .split(':')
        .nth(1)
        .filter(|partition| !partition.is_empty())
        .unwrap_or("aws");

    let mut account = Account::new(Provider::Aws, id);
    account.partition = Some(partition.into());
    let aliases = call(
        transport,
        catalog,
        "iam",
        "ListAccountAliases",
        &default_region(partition),
        Map::new(),
    )
    .await;
    match aliases {
        Ok(answer) => {
            let aliases = answer
                .get("account_aliases")
                .and_then(Value::as_list)
                .unwrap_or_default();
            account.name = aliases.first().and_then(Value::as_str).map(Text::from);
        }
        Err(failure) => tracing::debug!(%failure, "the alias of the account cannot be read"),
    }
    Ok(Identity {
        account,
        arn: arn.into(),
    })
}

/// The enabled regions: from EC2, else from the account service, else those that every account has, with a gap.
///
/// `region` is asked first, then the partition's default region.
///
/// # Errors
/// When nobody can be asked and the partition is unknown.
pub async fn enabled_regions(
    transport: &dyn Transport,
    catalog: &Catalog,
    account: &Account,
    region: &str,
) -> Result<EnabledRegions, DiscoveryError> {
    let partition = account.partition.as_deref().unwrap_or("aws");
    let default = default_region(partition);
    let told = |list: RegionList| EnabledRegions {
        enabled: list.enabled,
        disabled: list.disabled,
        gap: None,
        warnings: Vec::new(),
        possible: Vec::new(),
    };
    let failure = match regions_of_ec2(transport, catalog, region).await {
        Ok(list) => return Ok(told(list)),
        Err(failure) => failure,
    };
    tracing::debug!(%failure, "regions cannot be listed");
    if region != default
        && let Ok(list) = regions_of_ec2(transport, catalog, &default).await
    {
        return Ok(told(list));
    }
    if let Ok(list) = regions_of_account_service(transport, catalog, &default).await {
        return Ok(told(list));
    }
    let enabled = default_regions(catalog, partition);
    if enabled.is_empty() {
        return Err(DiscoveryError::NoRegions {
            partition: partition.into(),
            failure,
        });
    }
    let warning = Diagnostic::warning(format!("the regions of the account cannot be listed: {failure}"))
        .help("only the regions that every account has are scanned; grant `ec2:DescribeRegions` or use `--region`");
    Ok(EnabledRegions {
        enabled,
        disabled: Vec::new(),
        gap: Some(gap(&failure)),
        warnings: vec![warning],
        possible: partition_regions(catalog, partition),
    })
}

/// What to do about an error code of STS; the empty one stands for no answer.
fn advice(code: &str) -> Option<&'static str> {
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            Some("the credentials have expired; sign in again")
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" => Some(
            "the access key is unknown there: it is deleted, the region is not enabled in the account, or the key belongs to \
             another partition (then set `AWS_REGION`, for example to `us-gov-west-1` or `cn-north-1`)",
        ),
        "SignatureDoesNotMatch" => {
            Some("the secret key does not belong to the access key, or the clock is wrong")
        }
        "" => Some("check the network, the proxy settings and the name of the region (`AWS_REGION`)"),
        _ => None,
    }
}

fn gap(failure: &CallFailure) -> Gap {
    let action = (failure.reason == Reason::Denied).then(|| Text::new_static("ec2:DescribeRegions"));
    Gap {
        resource_type: "aws_region".into(),
        attribute: None,
        region: "global".into(),
        unreadable: Unreadable {
            call: Some(failure.call.clone()),
            action,
            detail: format!(
                "only the regions that every account has are scanned; {}",
                failure.detail()
            )
            .into(),
            ..Unreadable::new(failure.reason)
        },
        count: 1,
    }
}

fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
