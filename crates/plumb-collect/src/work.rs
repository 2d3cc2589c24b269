//! `Work`: everything that reading one account shares.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use plumb_expr::{NoInventory, Program, Scope, Truth};
use plumb_model::account::Account;
use plumb_model::resource::GLOBAL_REGION;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_pack::recipe::Call;

use crate::caller::{Caller, Pages, Request};
use crate::gaps::Gaps;
use crate::options::Options;

/// Futures that are made only when there is room for them; boxed, because the compiler cannot see through the closures
/// that make them.
pub(crate) type Jobs<'a, T> = Box<dyn Iterator<Item = BoxFuture<'a, T>> + Send + 'a>;

/// Everything that reading one account shares.
pub(crate) struct Work {
    pub(crate) account: Account,
    pub(crate) account_document: Value,
    pub(crate) regions: Vec<Text>,
    pub(crate) left_out: Vec<Text>,
    pub(crate) caller: Caller,
    pub(crate) gaps: Gaps,
    pub(crate) options: Options,
    /// Operations that more than one type or fact calls.
    pub(crate) shared: BTreeSet<(Text, Text)>,
    pub(crate) now: Timestamp,
}

impl Work {
    /// Runs futures with as much concurrency as the account allows; results in the order of the futures.
    pub(crate) async fn gather<'a, T: Send + 'a>(&self, jobs: Jobs<'a, T>) -> Vec<T> {
        stream::iter(jobs)
            .buffered(self.options.concurrency.max(1))
            .collect()
            .await
    }

    /// Makes a call; equal calls of several types or facts are made once.
    pub(crate) async fn call(&self, call: &Call, input: Map, region: &str) -> Arc<Pages> {
        let request = request(call, input, self.cloud_region(region));
        if self
            .shared
            .contains(&(call.service.clone(), call.operation.clone()))
        {
            self.caller.shared(&request).await
        } else {
            Arc::new(self.caller.call(&request).await)
        }
    }

    /// Makes a call whose answer changes with time.
    pub(crate) async fn call_afresh(&self, call: &Call, input: Map, region: &str) -> Pages {
        let request = request(call, input, self.cloud_region(region));
        self.caller.call(&request).await
    }

    /// Waits, unless the scan is stopped.
    pub(crate) async fn pause(&self, duration: Duration) {
        tokio::select! {
            _ = self.caller.stop().stopped() => {}
            () = tokio::time::sleep(duration) => {}
        }
    }

    /// Whether a service exists in a region, as far as the API models know.
    pub(crate) fn has_service(&self, service: &str, region: &str) -> bool {
        let catalog = self.caller.catalog();
        catalog.partition_of(region).is_some_and(|partition| {
            catalog.is_global(service)
                || catalog
                    .regions_of(service, partition.id())
                    .iter()
                    .any(|name| *name == region)
        })
    }

    /// A rule of a recipe on one document.
    pub(crate) fn truth(&self, program: &Program, document: &Value) -> Truth {
        program.truth(&self.scope(document))
    }

    /// What made a rule of a recipe unknown.
    pub(crate) fn why(&self, program: &Program, document: &Value) -> Unreadable {
        let evidence = program.explain(&self.scope(document));
        evidence
            .unreadable
            .into_iter()
            .next()
            .unwrap_or_else(|| Unreadable::new(Reason::Failed))
    }

    fn scope<'a>(&'a self, document: &'a Value) -> Scope<'a> {
        Scope {
            resource: document,
            account: &self.account_document,
            params: &Value::Null,
            now: self.now,
            inventory: &NoInventory,
        }
    }

    fn cloud_region(&self, region: &str) -> Text {
        if region != GLOBAL_REGION {
            return Text::from(region);
        }
        let partition = self.account.partition.as_deref().unwrap_or("aws");
        let partitions = self.caller.catalog().partitions();
        partitions
            .iter()
            .find(|known| known.id() == partition)
            .map(|known| known.global_region().clone())
            .unwrap_or_default()
    }
}

/// The request of a call.
fn request<'r>(call: &'r Call, input: Map, region: Text) -> Request<'r> {
    Request {
        service: &call.service,
        operation: &call.operation,
        region,
        input: Value::Map(input),
        actions: &call.actions,
    }
}
