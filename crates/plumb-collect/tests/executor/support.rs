//! A scripted cloud to scan.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use plumb_api::catalog::Catalog;
use plumb_api::wire::{Endpoint, Request, Response};
use plumb_collect::progress::Silent;
use plumb_collect::{BoxFuture, Collector, Options, Plan, Regions, StopHandle, Transport, TransportError};
use plumb_model::account::{Account, Provider};
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::Value;
use plumb_pack::pack::Pack;

pub(crate) type Answer = Result<Response, TransportError>;

/// Answers by a function of the request and of how often the operation was called before.
struct Scripted<F> {
    script: F,
    calls: Mutex<BTreeMap<String, u32>>,
    regions: Mutex<Vec<String>>,
}

impl<T: Future<Output = Answer> + Send + 'static, F: Fn(&Request, u32) -> T + Send + Sync> Transport
    for Scripted<F>
{
    fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, TransportError> {
        Catalog::aws()
            .endpoint(service, region)
            .map_err(|_| TransportError::NoSuchEndpoint {
                service: service.into(),
                region: region.into(),
            })
    }

    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Answer> {
        let before = {
            let mut calls = self.calls.lock().unwrap();
            let count = calls.entry(request.operation.to_string()).or_default();
            *count += 1;
            *count - 1
        };
        self.regions
            .lock()
            .unwrap()
            .push(format!("{} {}", request.operation, request.signing.region));
        Box::pin((self.script)(request, before))
    }
}

pub(crate) fn ok(body: &str) -> Answer {
    Ok(Response {
        status: 200,
        headers: vec![],
        body: body.into(),
    })
}

pub(crate) fn error(status: u16, code: &str) -> Answer {
    let body = format!("<Error><Code>{code}</Code><Message>because</Message></Error>");
    Ok(Response {
        status,
        headers: vec![],
        body: body.into(),
    })
}

pub(crate) fn pack() -> &'static Pack {
    static PACK: std::sync::LazyLock<Pack> = std::sync::LazyLock::new(|| Pack::builtin().unwrap());
    &PACK
}

pub(crate) struct Scan {
    pub(crate) snapshot: AccountSnapshot,
    pub(crate) calls: BTreeMap<String, u32>,
    pub(crate) regions: Vec<String>,
}

impl Scan {
    pub(crate) fn attribute(&self, uid: &str, name: &str) -> &Value {
        let resource = self
            .snapshot
            .resources
            .iter()
            .find(|resource| resource.uid == uid)
            .unwrap();
        resource.get(name).unwrap_or(&Value::Null)
    }

    /// `type.attribute region reason count` of every gap.
    pub(crate) fn gaps(&self) -> Vec<String> {
        let gap = |gap: &plumb_model::coverage::Gap| {
            let attribute = gap
                .attribute
                .as_ref()
                .map(|name| format!(".{name}"))
                .unwrap_or_default();
            format!(
                "{}{attribute} {} {:?} {}",
                gap.resource_type, gap.region, gap.unreadable.reason, gap.count
            )
        };
        self.snapshot.coverage.gaps.iter().map(gap).collect()
    }
}

pub(crate) async fn scan(
    plan: Plan,
    script: impl Fn(&Request, u32) -> Answer + Send + Sync + 'static,
) -> Scan {
    let (_handle, stop) = StopHandle::new();
    scan_until(
        plan,
        script,
        stop,
        Regions::All(vec!["eu-west-1".into(), "us-east-1".into()]),
    )
    .await
}

pub(crate) async fn scan_until(
    plan: Plan,
    script: impl Fn(&Request, u32) -> Answer + Send + Sync + 'static,
    stop: plumb_collect::StopSignal,
    regions: Regions,
) -> Scan {
    let script = move |request: &Request, before| std::future::ready(script(request, before));
    scan_by(plan, script, options(), stop, regions).await
}

/// Three attempts, four when throttled, and hardly a pause between them.
pub(crate) fn options() -> Options {
    Options {
        attempts: 3,
        throttle_attempts: 4,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        ..Options::default()
    }
}

/// A scan whose answers take their time.
pub(crate) async fn scan_by<T: Future<Output = Answer> + Send + 'static>(
    plan: Plan,
    script: impl Fn(&Request, u32) -> T + Send + Sync + 'static,
    options: Options,
    stop: plumb_collect::StopSignal,
    regions: Regions,
) -> Scan {
    let transport = Arc::new(Scripted {
        script,
        calls: Mutex::default(),
        regions: Mutex::default(),
    });
    let collector = Collector {
        transport: Arc::clone(&transport) as Arc<dyn Transport>,
        catalog: Catalog::aws(),
        plan: Arc::new(plan),
        options,
        stop,
        progress: Arc::new(Silent),
    };
    let mut account = Account::new(Provider::Aws, "123456789012");
    account.partition = Some("aws".into());
    let snapshot = collector.collect(account, regions, Timestamp::UNIX_EPOCH).await;
    let calls = transport.calls.lock().unwrap().clone();
    let regions = transport.regions.lock().unwrap().clone();
    Scan {
        snapshot,
        calls,
        regions,
    }
}
