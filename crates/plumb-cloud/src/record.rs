//! `Record`: a transport that writes down what passes through another.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use plumb_api::wire::{Endpoint, Request, Response};
use plumb_collect::transport::{BoxFuture, Transport, TransportError};
use serde::Serialize;

use crate::account_mask::AccountMask;
use crate::recording::{
    Exchange, Header, Line, RecordedEndpoint, RecordedRequest, RecordedResponse, VERSION,
};

/// What happens to the twelve-digit ids of accounts in a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountIds {
    /// They stay.
    Keep,
    /// Each is replaced, everywhere by the same invented id; so is every other number of exactly twelve digits.
    Mask,
}

/// Wraps a transport and writes each answered request to a sink, one line of JSON each.
///
/// Signatures, tokens and cookies are left out. Bodies are kept whole: a recording is as confidential as the configuration
/// it shows.
///
/// Requests that got no answer are not written. When the sink fails, the requests still succeed and [`Record::finish`]
/// returns the failure.
pub struct Record<T, W> {
    inner: T,
    state: Mutex<State<W>>,
}

struct State<W> {
    sink: W,
    mask: Option<AccountMask>,
    endpoints: BTreeSet<(String, String)>,
    failure: Option<std::io::Error>,
}

impl<T: Transport, W: Write + Send> Record<T, W> {
    /// Begins a recording of what passes through `inner`.
    pub fn new(inner: T, sink: W, account_ids: AccountIds) -> Self {
        let mask = match account_ids {
            AccountIds::Keep => None,
            AccountIds::Mask => Some(AccountMask::default()),
        };
        let mut state = State {
            sink,
            mask,
            endpoints: BTreeSet::new(),
            failure: None,
        };
        state.write(&Header {
            recording: "plumb".to_owned(),
            version: VERSION,
        });
        Self {
            inner,
            state: Mutex::new(state),
        }
    }

    /// Ends the recording and gives the sink back, flushed.
    ///
    /// # Errors
    /// The first failure of the sink.
    pub fn finish(self) -> std::io::Result<W> {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match state.failure.take() {
            Some(failure) => Err(failure),
            None => {
                state.sink.flush()?;
                Ok(state.sink)
            }
        }
    }

    fn with_state(&self, act: impl FnOnce(&mut State<W>)) {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<W: Write> State<W> {
    fn write(&mut self, line: &impl Serialize) {
        if self.failure.is_some() {
            return;
        }
        let written = serde_json::to_string(line)
            .map_err(std::io::Error::from)
            .and_then(|mut text| {
                if let Some(mask) = &mut self.mask {
                    text = mask.mask(&text);
                }
                text.push('\n');
                self.sink.write_all(text.as_bytes())
            });
        self.failure = written.err();
    }
}

impl<T: Transport, W: Write + Send> Transport for Record<T, W> {
    fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, TransportError> {
        let endpoint = self.inner.endpoint(service, region)?;
        self.with_state(|state| {
            if state.endpoints.insert((service.to_owned(), region.to_owned())) {
                state.write(&Line::Endpoint(RecordedEndpoint::new(service, region, &endpoint)));
            }
        });
        Ok(endpoint)
    }

    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let response = self.inner.send(request).await?;
            let exchange = Exchange {
                request: RecordedRequest::new(request),
                response: RecordedResponse::new(&response),
            };
            self.with_state(|state| state.write(&Line::Exchange(exchange)));
            Ok(response)
        })
    }
}
