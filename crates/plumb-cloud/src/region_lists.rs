//! The lists of an account's regions, as EC2, the account service and the API models have them.

use plumb_api::catalog::Catalog;
use plumb_collect::transport::Transport;
use plumb_model::value::{Map, Reason, Text, Value};

use crate::discovery_call::{CallFailure, call};

/// The regions of partition `aws` that every account has. Those that came after March 2019 are off until an account
/// opts in (AWS Account Management Reference, "Enable or disable AWS Regions").
const DEFAULT_REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

const DESCRIBE_REGIONS: &str = "ec2:DescribeRegions";
const LIST_REGIONS: &str = "account:ListRegions";
/// Pages after which a list is taken for endless.
const MOST_PAGES: usize = 20;

/// Regions by what they are to an account, each list sorted.
#[derive(Debug, Default)]
pub(crate) struct RegionList {
    pub(crate) enabled: Vec<Text>,
    pub(crate) disabled: Vec<Text>,
}

/// The regions as EC2 lists them, asked in `region`.
pub(crate) async fn regions_of_ec2(
    transport: &dyn Transport,
    catalog: &Catalog,
    region: &str,
) -> Result<RegionList, CallFailure> {
    let mut input = Map::new();
    input.insert("AllRegions", true);
    let answer = call(transport, catalog, "ec2", "DescribeRegions", region, input).await?;
    regions(&[answer], "opt_in_status", DESCRIBE_REGIONS)
}

/// The regions as the account service lists them, asked in `region`.
pub(crate) async fn regions_of_account_service(
    transport: &dyn Transport,
    catalog: &Catalog,
    region: &str,
) -> Result<RegionList, CallFailure> {
    let mut answers = Vec::new();
    let mut token: Option<Text> = None;
    loop {
        let mut input = Map::new();
        if let Some(token) = token.take() {
            input.insert("NextToken", Value::String(token));
        }
        let answer = call(transport, catalog, "account", "ListRegions", region, input).await?;
        token = answer.get("next_token").and_then(Value::as_str).map(Text::from);
        answers.push(answer);
        if token.is_none() {
            return regions(&answers, "region_opt_status", LIST_REGIONS);
        }
        if answers.len() >= MOST_PAGES {
            return Err(failure(
                LIST_REGIONS,
                format!("the list has more than {MOST_PAGES} pages"),
            ));
        }
    }
}

/// Sorts the regions of answers by their status, which EC2 and the account service name differently.
fn regions(answers: &[Value], status_key: &str, call: &'static str) -> Result<RegionList, CallFailure> {
    let mut found = RegionList::default();
    for answer in answers {
        for region in answer.get("regions").and_then(Value::as_list).unwrap_or_default() {
            let Some(name) = region.get("region_name").and_then(Value::as_str) else {
                continue;
            };
            let list = match region.get(status_key).and_then(Value::as_str) {
                Some("not-opted-in" | "DISABLED" | "DISABLING" | "ENABLING") => &mut found.disabled,
                Some(_) | None => &mut found.enabled,
            };
            list.push(name.into());
        }
    }
    if found.enabled.is_empty() {
        return Err(failure(call, "the answer lists no enabled region".to_owned()));
    }
    found.enabled.sort();
    found.enabled.dedup();
    found.disabled.sort();
    found.disabled.dedup();
    Ok(found)
}

/// The regions of a partition that every account has.
pub(crate) fn default_regions(catalog: &Catalog, partition: &str) -> Vec<Text> {
    if partition == "aws" {
        DEFAULT_REGIONS
            .iter()
            .map(|region| Text::new_static(region))
            .collect()
    } else {
        partition_regions(catalog, partition)
    }
}

/// All regions of a partition, those included that an account must enable first.
pub(crate) fn partition_regions(catalog: &Catalog, partition: &str) -> Vec<Text> {
    let partitions = catalog.partitions();
    let found = partitions.iter().find(|known| known.id().as_str() == partition);
    found
        .into_iter()
        .flat_map(|found| found.regions())
        .map(|region| region.name.clone())
        .collect()
}

fn failure(call: &'static str, message: String) -> CallFailure {
    CallFailure {
        call: Text::new_static(call),
        reason: Reason::Failed,
        code: Text::default(),
        message: message.into(),
    }
}
