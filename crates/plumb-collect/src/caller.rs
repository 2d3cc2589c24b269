//! `Caller`: one API call with paging, retries, rate control and a record of what it cost.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plumb_api::catalog::Catalog;
use plumb_api::model::ReadOperation;
use plumb_api::paginate::{Next, next_input};
use plumb_api::request::build_request;
use plumb_api::response::{ResponseError, decode_response};
use plumb_api::wire::Response;
use plumb_model::coverage::CallCount;
use plumb_model::value::{Reason, Text, Value};
use tokio::sync::{OnceCell, Semaphore};

use crate::circuit::Circuit;
use crate::failure::{self, Failure};
use crate::limiter::Limiter;
use crate::options::Options;
use crate::progress::{Event, Progress};
use crate::stop::StopSignal;
use crate::transport::{Transport, TransportError};

/// Pages after which a list is taken for endless.
const MAX_PAGES: usize = 20_000;

/// What to call.
#[derive(Clone, Debug)]
pub(crate) struct Request<'r> {
    pub(crate) service: &'r Text,
    pub(crate) operation: &'r Text,
    /// A region of the cloud, never `global`.
    pub(crate) region: Text,
    /// Parameters in the API's spelling.
    pub(crate) input: Value,
    /// The IAM actions it needs.
    pub(crate) actions: &'r [Text],
}

/// The answers of all pages, and why there are not more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pages {
    pub(crate) answers: Vec<Value>,
    pub(crate) failure: Option<Failure>,
}

type Memo = HashMap<(Text, Text, Text, String), Arc<OnceCell<Arc<Pages>>>>;

/// What one operation cost in one region.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    requests: u64,
    retries: u64,
    throttled: u64,
}

/// Makes calls with the credentials of one account.
pub(crate) struct Caller {
    transport: Arc<dyn Transport>,
    catalog: &'static Catalog,
    options: Options,
    stop: StopSignal,
    progress: Arc<dyn Progress>,
    under_way: Semaphore,
    lines: Mutex<HashMap<(Text, Text), Arc<Line>>>,
    counts: Mutex<BTreeMap<(Text, Text, Text), Count>>,
    memo: Mutex<Memo>,
}

/// What has been learnt about one service in one region.
struct Line {
    limiter: Arc<Limiter>,
    circuit: Circuit,
}

/// What to do after an attempt.
enum Attempt {
    Done(Value),
    Elsewhere(Text),
    Again {
        throttled: bool,
        pause: Option<Duration>,
        failure: Failure,
    },
    Failed(Failure),
}

impl Caller {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        catalog: &'static Catalog,
        options: Options,
        stop: StopSignal,
        progress: Arc<dyn Progress>,
    ) -> Self {
        let under_way = Semaphore::new(options.concurrency.max(1));
        Self {
            transport,
            catalog,
            options,
            stop,
            progress,
            under_way,
            lines: Mutex::default(),
            counts: Mutex::default(),
            memo: Mutex::default(),
        }
    }

    pub(crate) fn catalog(&self) -> &'static Catalog {
        self.catalog
    }

    pub(crate) fn stop(&self) -> &StopSignal {
        &self.stop
    }

    pub(crate) fn progress(&self) -> &dyn Progress {
        &*self.progress
    }

    /// What every operation cost, sorted.
    pub(crate) fn counts(&self) -> Vec<CallCount> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((service, operation, region), count)| CallCount {
                service: service.clone(),
                operation: operation.clone(),
                region: region.clone(),
                requests: count.requests,
                retries: count.retries,
                throttled: count.throttled,
            })
            .collect()
    }

    /// The answers of a call that several types or facts share; it is made once.
    pub(crate) async fn shared(&self, request: &Request<'_>) -> Arc<Pages> {
        let key = (
            request.service.clone(),
            request.operation.clone(),
            request.region.clone(),
            request.input.to_string(),
        );
        let cell = {
            let mut memo = self.memo.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(memo.entry(key).or_default())
        };
        Arc::clone(
            cell.get_or_init(|| async { Arc::new(self.call(request).await) })
                .await,
        )
    }

    /// Makes a call and follows its pages.
    pub(crate) async fn call(&self, request: &Request<'_>) -> Pages {
        let mut pages = Pages::default();
        let Some(operation) = self
            .catalog
            .service(request.service)
            .and_then(|service| service.operation(request.operation))
        else {
            let message = format!("the API model has no read operation `{}`", request.operation);
            pages.failure = Some(Failure::new(
                request,
                Reason::Failed,
                "UnknownOperation",
                &message,
            ));
            return pages;
        };
        let mut request = request.clone();
        loop {
            let answer = match self.page(&operation, &mut request).await {
                Ok(answer) => answer,
                Err(failure) => {
                    pages.failure = Some(failure);
                    return pages;
                }
            };
            let next = next_input(&operation, &request.input, &answer);
            pages.answers.push(answer);
            let problem = match next {
                Next::Done => return pages,
                Next::Page(_) if pages.answers.len() >= MAX_PAGES => {
                    format!("the list has more than {MAX_PAGES} pages")
                }
                Next::Page(input) => {
                    request.input = input;
                    continue;
                }
                Next::RepeatedToken => "the cloud gave the same page token twice".to_owned(),
            };
            pages.failure = Some(Failure::new(&request, Reason::Failed, "EndlessList", &problem));
            return pages;
        }
    }

    async fn page(&self, operation: &ReadOperation, request: &mut Request<'_>) -> Result<Value, Failure> {
        let mut attempts = 0;
        let mut moves = 0;
        loop {
            if let Some(reason) = self.stop.reason() {
                return Err(Failure::new(request, reason, "", ""));
            }
            let attempt = tokio::select! {
                biased;
                reason = self.stop.stopped() => Attempt::Failed(Failure::new(request, reason, "", "")),
                attempt = self.attempt(operation, request, attempts > 0) => attempt,
            };
            let (throttled, pause, failure) = match attempt {
                Attempt::Done(answer) => return Ok(answer),
                Attempt::Failed(failure) => return Err(failure),
                Attempt::Elsewhere(region) if moves < 2 => {
                    moves += 1;
                    request.region = region;
                    continue;
                }
                Attempt::Elsewhere(region) => {
                    let message = format!("the cloud keeps pointing to another region, lastly `{region}`");
                    return Err(Failure::new(request, Reason::Failed, "RedirectLoop", &message));
                }
                Attempt::Again {
                    throttled,
                    pause,
                    failure,
                } => (throttled, pause, failure),
            };
            attempts += 1;
            let allowed = if throttled {
                self.options.throttle_attempts
            } else {
                self.options.attempts
            };
            if attempts >= allowed {
                return Err(failure);
            }
            let pause = pause
                .unwrap_or_else(|| self.backoff(attempts))
                .min(self.options.longest_pause);
            if throttled {
                self.line(request).limiter.refused(pause);
            }
            tokio::select! {
                _ = self.stop.stopped() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    async fn attempt(&self, operation: &ReadOperation, request: &Request<'_>, again: bool) -> Attempt {
        let endpoint = match self.transport.endpoint(request.service, &request.region) {
            Ok(endpoint) => endpoint,
            Err(error) => return transport_failure(request, &error),
        };
        let wire = match build_request(operation, &request.input, &endpoint) {
            Ok(wire) => wire,
            Err(error) => {
                return Attempt::Failed(Failure::new(
                    request,
                    Reason::Failed,
                    "InvalidRequest",
                    &error.to_string(),
                ));
            }
        };
        let line = self.line(request);
        tokio::select! {
            biased;
            reason = line.circuit.opened() => Attempt::Failed(Failure::new(request, Reason::Failed, "", &reason)),
            attempt = self.exchange(operation, request, &wire, &line, again) => attempt,
        }
    }

    /// Sends one request when its turn comes, and judges the answer.
    async fn exchange(
        &self,
        operation: &ReadOperation,
        request: &Request<'_>,
        wire: &plumb_api::wire::Request,
        line: &Line,
        again: bool,
    ) -> Attempt {
        let permit = line.limiter.acquire().await;
        // The semaphore is never closed, so acquiring can only succeed.
        let under_way = self.under_way.acquire().await.ok();
        self.count(request, |count| {
            count.requests += 1;
            count.retries += u64::from(again);
        });
        self.progress.event(Event::Requested);
        tracing::debug!(service = %request.service, operation = %request.operation, region = %request.region, "request");
        line.circuit.sent();
        let answer = self.transport.send(wire).await;
        drop(under_way);
        drop(permit);
        match answer {
            Ok(response) => {
                line.circuit.answered();
                self.judge(operation, request, &response, &line.limiter)
            }
            Err(error) => {
                if error.is_silence() {
                    line.circuit.unanswered(&error.to_string());
                }
                transport_failure(request, &error)
            }
        }
    }

    fn judge(
        &self,
        operation: &ReadOperation,
        request: &Request<'_>,
        response: &Response,
        limiter: &Limiter,
    ) -> Attempt {
        let error = match decode_response(operation, response) {
            Ok(answer) => {
                limiter.answered();
                return Attempt::Done(answer);
            }
            Err(ResponseError::Service(error)) => error,
            Err(error @ ResponseError::Malformed { .. }) => {
                let failure = Failure::new(request, Reason::Failed, "MalformedAnswer", &error.to_string());
                return Attempt::Again {
                    throttled: false,
                    pause: None,
                    failure,
                };
            }
        };
        if let Some(region) = error
            .region_hint
            .as_deref()
            .filter(|region| *region != request.region)
        {
            return Attempt::Elsewhere(Text::from(region));
        }
        let failure = Failure::new(request, failure::reason_of(&error), &error.code, &error.message);
        let pause = error
            .retry_after_seconds
            .map(|seconds| Duration::from_secs(seconds.into()));
        if error.is_throttle() {
            self.count(request, |count| count.throttled += 1);
            self.progress.event(Event::Throttled);
            Attempt::Again {
                throttled: true,
                pause,
                failure,
            }
        } else if error.is_transient() {
            Attempt::Again {
                throttled: false,
                pause,
                failure,
            }
        } else {
            limiter.answered();
            Attempt::Failed(failure)
        }
    }

    /// Full jitter: anything between nothing and an exponentially growing ceiling.
    fn backoff(&self, attempts: u32) -> Duration {
        let ceiling = self
            .options
            .first_pause
            .saturating_mul(1 << attempts.min(10))
            .min(self.options.longest_pause);
        ceiling.mul_f64(fastrand::f64())
    }

    fn line(&self, request: &Request<'_>) -> Arc<Line> {
        let key = (request.service.clone(), request.region.clone());
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(key).or_insert_with(|| {
            Arc::new(Line {
                limiter: Arc::new(Limiter::new(self.options.concurrency_per_service)),
                circuit: Circuit::new(self.options.patience),
            })
        });
        Arc::clone(line)
    }

    fn count(&self, request: &Request<'_>, change: impl FnOnce(&mut Count)) {
        let key = (
            request.service.clone(),
            request.operation.clone(),
            request.region.clone(),
        );
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        change(counts.entry(key).or_default());
    }
}

fn transport_failure(request: &Request<'_>, error: &TransportError) -> Attempt {
    let reason = match error {
        TransportError::NoSuchEndpoint { .. } => Reason::Unsupported,
        TransportError::Credentials(_) => Reason::Denied,
        TransportError::UnknownHost { .. }
        | TransportError::Connection(_)
        | TransportError::Timeout { .. }
        | TransportError::TooLarge { .. }
        | TransportError::Invalid(_) => Reason::Failed,
    };
    let failure = Failure::new(request, reason, "", &error.to_string());
    if error.is_silence() {
        Attempt::Again {
            throttled: false,
            pause: None,
            failure,
        }
    } else {
        Attempt::Failed(failure)
    }
}
