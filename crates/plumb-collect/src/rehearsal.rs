//! Rehearsals: a recipe against recorded answers, without a cloud.
//!
//! A case lists calls with their answers and the documents they must give; `docs/specs/recipe.md` describes the file.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use plumb_api::catalog::Catalog;
use plumb_api::model::ReadOperation;
use plumb_api::request::build_request;
use plumb_api::wire::{Endpoint, Request, Response};
use plumb_model::account::{Account, Provider};
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Text, Value};
use plumb_pack::pack::Pack;
use serde::Deserialize;

use crate::account::{Collector, Regions};
use crate::options::Options;
use crate::plan::{Plan, PlanError};
use crate::progress::Silent;
use crate::stop::StopHandle;
use crate::transport::{BoxFuture, Transport, TransportError};

/// The account and the region that rehearsals read.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-east-1";

/// One case: calls, their answers, and what they must give.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The resource type to collect.
    #[serde(rename = "type")]
    pub resource_type: Text,
    /// The facts to collect beside the list.
    #[serde(default)]
    pub facts: Vec<Text>,
    /// The regions to ask; `us-east-1` by default.
    #[serde(default)]
    pub regions: Vec<Text>,
    /// The answers.
    pub calls: Vec<RecordedCall>,
    /// The documents that must come out; attributes that are not listed are not looked at.
    pub expect: Vec<Map>,
}

/// One recorded answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedCall {
    /// The service's name in the API model; default: the recipe's service.
    #[serde(default)]
    pub service: Option<Text>,
    /// The operation.
    pub call: Text,
    /// The parameters it answers to; without them it answers every call of the operation.
    #[serde(default)]
    pub with: Option<Map>,
    /// The region it answers in; default: all.
    #[serde(default)]
    pub region: Option<Text>,
    /// The status code.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers of the answer.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body, inline.
    #[serde(default)]
    pub text: Option<String>,
    /// The body, in a file beside the case.
    #[serde(default)]
    pub body: Option<String>,
}

/// Reads a case from YAML.
///
/// # Errors
/// When the text is malformed; the message says where.
pub fn parse_case(yaml: &str) -> Result<Case, String> {
    serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
}

fn ok() -> u16 {
    200
}

/// A case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The recipe or its type does not load.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A recorded call does not fit the API model.
    #[error("the recorded call `{call}` {cause}")]
    Call {
        /// The operation.
        call: Text,
        /// What is wrong with it.
        cause: String,
    },
}

/// Plays a case and returns what is not as expected, in sentences; nothing when all is.
///
/// `body` reads a file beside the case.
///
/// # Errors
/// When the recipe does not load or a recorded call does not fit the API model.
pub async fn play(
    pack: &Pack,
    case: &Case,
    body: impl Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Vec<String>, RehearsalError> {
    let plan = Plan::facts(pack, &case.resource_type, &case.facts)?;
    let service = plan
        .types
        .iter()
        .find(|planned| planned.resource_type.name == case.resource_type)
        .map(|planned| planned.resource_type.recipe.service.name.clone())
        .unwrap_or_default();
    let catalog = Catalog::aws();
    let mut recorded = Vec::with_capacity(case.calls.len());
    for call in &case.calls {
        recorded.push(record(catalog, call, &service, &body)?);
    }
    let transport = Arc::new(Recorded {
        catalog,
        recorded,
        used: Mutex::default(),
    });
    let mut account = Account::new(Provider::Aws, ACCOUNT);
    account.partition = Some(Text::new_static("aws"));
    let regions = if case.regions.is_empty() {
        vec![Text::new_static(REGION)]
    } else {
        case.regions.clone()
    };
    let (_handle, stop) = StopHandle::new();
    let collector = Collector {
        transport: Arc::clone(&transport) as Arc<dyn Transport>,
        catalog,
        plan: Arc::new(plan),
        options: Options {
            attempts: 1,
            throttle_attempts: 1,
            prepare_pause: Duration::ZERO,
            ..Options::default()
        },
        stop,
        progress: Arc::new(Silent),
    };
    let snapshot = collector
        .collect(account, Regions::All(regions), Timestamp::UNIX_EPOCH)
        .await;
    let found: Vec<&Resource> = snapshot
        .resources
        .iter()
        .filter(|resource| resource.resource_type == case.resource_type)
        .collect();
    let mut problems = compare(&found, &case.expect);
    let unused = transport.unused();
    problems.extend(unused.iter().map(|position| {
        let call = case
            .calls
            .get(*position)
            .map(|call| call.call.as_str())
            .unwrap_or_default();
        format!("the recorded call {} (`{call}`) was never made", position + 1)
    }));
    if !problems.is_empty() {
        problems.extend(snapshot.coverage.gaps.iter().map(|gap| {
            let attribute = gap.attribute.as_deref().unwrap_or("the list");
            format!(
                "note: {} of {} could not be read: {}",
                attribute, gap.resource_type, gap.unreadable
            )
        }));
    }
    Ok(problems)
}

fn compare(found: &[&Resource], expected: &[Map]) -> Vec<String> {
    let mut problems = Vec::new();
    if found.len() != expected.len() {
        let uids: Vec<&str> = found.iter().map(|resource| resource.uid.as_str()).collect();
        problems.push(format!(
            "{} resources came out ({}), {} were expected",
            found.len(),
            uids.join(", "),
            expected.len()
        ));
    }
    for document in expected {
        let uid = document.get("uid").and_then(Value::as_str).unwrap_or_default();
        let Some(resource) = found.iter().find(|resource| resource.uid == uid) else {
            problems.push(format!("no resource `{uid}` came out"));
            continue;
        };
        for (name, wanted) in document.iter() {
            let actual = resource.get(name).unwrap_or(&Value::Null);
            if !agrees(actual, wanted) {
                problems.push(format!("`{name}` of `{uid}` is {actual}, expected {wanted}"));
            }
        }
    }
    problems
}

/// Whether a value is as expected; `{ $unreadable: <reason> }` in YAML expects any unreadable value of that reason.
fn agrees(actual: &Value, wanted: &Value) -> bool {
    match (actual, wanted) {
        (Value::Unreadable(actual), Value::Unreadable(wanted)) => actual.reason == wanted.reason,
        (Value::Int(actual), Value::Float(wanted)) | (Value::Float(wanted), Value::Int(actual)) => {
            #[expect(clippy::cast_precision_loss, reason = "numbers in recorded answers are small")]
            let actual = *actual as f64;
            actual == *wanted
        }
        (Value::List(actual), Value::List(wanted)) => {
            actual.len() == wanted.len()
                && actual
                    .iter()
                    .zip(wanted)
                    .all(|(actual, wanted)| agrees(actual, wanted))
        }
        (Value::Map(actual), Value::Map(wanted)) => {
            let names: BTreeSet<&Text> = actual.iter().chain(wanted.iter()).map(|(name, _)| name).collect();
            names.into_iter().all(|name| {
                agrees(
                    actual.get(name).unwrap_or(&Value::Null),
                    wanted.get(name).unwrap_or(&Value::Null),
                )
            })
        }
        _ => actual == wanted,
    }
}

/// Answers requests from a case.
struct Recorded {
    catalog: &'static Catalog,
    recorded: Vec<Answer>,
    used: Mutex<BTreeSet<usize>>,
}

struct Answer {
    operation: Arc<ReadOperation>,
    with: Option<Value>,
    region: Option<Text>,
    response: Response,
}

fn record(
    catalog: &Catalog,
    call: &RecordedCall,
    service: &Text,
    body: &impl Fn(&str) -> Result<Vec<u8>, String>,
) -> Result<Answer, RehearsalError> {
    let failed = |cause: String| RehearsalError::Call {
        call: call.call.clone(),
        cause,
    };
    let service = call.service.as_ref().unwrap_or(service);
    let operation = catalog
        .service(service)
        .and_then(|model| model.operation(&call.call))
        .ok_or_else(|| failed(format!("is not a read operation of `{service}`")))?;
    let body = match (&call.text, &call.body) {
        (Some(text), None) => text.clone().into_bytes(),
        (None, Some(file)) => body(file).map_err(&failed)?,
        (None, None) => Vec::new(),
        (Some(_), Some(_)) => return Err(failed("has both `text` and `body`".to_owned())),
    };
    let with = call.with.clone().map(Value::Map);
    if let Some(with) = &with {
        let endpoint = catalog
            .endpoint(service, REGION)
            .map_err(|error| failed(error.to_string()))?;
        build_request(&operation, with, &endpoint).map_err(|error| failed(error.to_string()))?;
    }
    let response = Response {
        status: call.status,
        headers: call.headers.clone(),
        body,
    };
    Ok(Answer {
        operation,
        with,
        region: call.region.clone(),
        response,
    })
}

impl Recorded {
    fn unused(&self) -> Vec<usize> {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        (0..self.recorded.len())
            .filter(|position| !used.contains(position))
            .collect()
    }

    fn answers(&self, answer: &Answer, request: &Request) -> bool {
        if answer
            .region
            .as_ref()
            .is_some_and(|region| *region != request.signing.region)
        {
            return false;
        }
        if *answer.operation.service() != request.service || *answer.operation.name() != request.operation {
            return false;
        }
        let Some(with) = &answer.with else { return true };
        let Ok(endpoint) = self.endpoint(answer.operation.service(), &request.signing.region) else {
            return false;
        };
        build_request(&answer.operation, with, &endpoint).is_ok_and(|wanted| {
            let sorted = |request: &Request| {
                let mut query = request.query.clone();
                query.sort();
                query
            };
            wanted.host == request.host
                && wanted.path == request.path
                && sorted(&wanted) == sorted(request)
                && wanted.body == request.body
        })
    }
}

impl Transport for Recorded {
    fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, TransportError> {
        self.catalog
            .endpoint(service, region)
            .map_err(|_| TransportError::NoSuchEndpoint {
                service: service.to_owned(),
                region: region.to_owned(),
            })
    }

    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        let found = {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            // An answer with parameters goes before one that answers everything, one that was not given yet before one
            // that was, so that several answers to the same call are given in their order.
            let matching = |exact: bool| {
                let fits = |answer: &Answer| answer.with.is_some() == exact && self.answers(answer, request);
                let mut fitting = self
                    .recorded
                    .iter()
                    .enumerate()
                    .filter(|(_, answer)| fits(answer));
                let last = fitting.clone().next_back();
                fitting.find(|(position, _)| !used.contains(position)).or(last)
            };
            let found = matching(true).or_else(|| matching(false));
            found.map(|(position, answer)| {
                used.insert(position);
                answer.response.clone()
            })
        };
        Box::pin(async move {
            found.ok_or_else(|| {
                TransportError::Invalid(format!(
                    "the case has no answer to {} with these parameters",
                    request.operation
                ))
            })
        })
    }
}
