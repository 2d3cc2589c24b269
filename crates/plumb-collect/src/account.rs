//! `Collector`: reads one account by a plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, Shared};
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use plumb_api::catalog::Catalog;
use plumb_expr::{NoInventory, Program, Scope, Truth};
use plumb_model::account::Account;
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::time;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_pack::recipe::{Call, Origin};
use tokio::sync::watch;

use crate::caller::{Caller, Pages};
use crate::plan::{Plan, TypePlan, parent_of};
use crate::progress::{Event, Progress};
use crate::transport::Transport;
use crate::{facts, listing};

/// How hard a scan tries.
#[derive(Clone, Debug)]
pub struct Options {
    /// Requests under way at once in one account.
    pub concurrency: usize,
    /// Of these, to one service in one region.
    pub concurrency_per_service: usize,
    /// Attempts for a request whose connection or server fails.
    pub attempts: u32,
    /// Attempts for a request that the cloud refuses for load.
    pub throttle_attempts: u32,
    /// Ceiling of the first pause between attempts; later ceilings double.
    pub first_pause: Duration,
    /// The longest pause between attempts.
    pub longest_pause: Duration,
    /// The longest pause between asking for a prepared answer and asking again.
    pub prepare_pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 64,
            concurrency_per_service: 16,
            attempts: 4,
            throttle_attempts: 10,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(20),
            prepare_pause: Duration::from_secs(2),
        }
    }
}

/// Stops scans.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<Option<Reason>>);

/// Tells whether a scan is to stop.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<Option<Reason>>);

impl StopHandle {
    /// A handle and the signal it gives.
    pub fn new() -> (Self, StopSignal) {
        let (sender, receiver) = watch::channel(None);
        (Self(sender), StopSignal(receiver))
    }

    /// Tells all scans that watch the signal to stop; what they have not read becomes unreadable for that reason.
    pub fn stop(&self, reason: Reason) {
        self.0.send_if_modified(|state| {
            let first = state.is_none();
            if first {
                *state = Some(reason);
            }
            first
        });
    }
}

impl StopSignal {
    /// Why to stop; `None` to go on.
    pub fn reason(&self) -> Option<Reason> {
        *self.0.borrow()
    }

    /// Waits until it is time to stop; for ever when nobody can say so any more.
    pub async fn stopped(&self) -> Reason {
        let mut receiver = self.0.clone();
        match receiver
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|reason| *reason)
        {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }
}

/// Reads accounts by a plan.
pub struct Collector {
    /// Sends the requests.
    pub transport: Arc<dyn Transport>,
    /// The API models.
    pub catalog: &'static Catalog,
    /// What to read.
    pub plan: Arc<Plan>,
    /// How hard to try.
    pub options: Options,
    /// When to stop.
    pub stop: StopSignal,
    /// Who is told.
    pub progress: Arc<dyn Progress>,
}

/// The regions of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Regions {
    /// All that the account has enabled.
    All(Vec<Text>),
    /// Only some; resources that a global call finds elsewhere are left out.
    Only {
        /// The regions to ask.
        asked: Vec<Text>,
        /// The other regions that the account has enabled.
        left_out: Vec<Text>,
    },
}

impl Collector {
    /// Reads one account. Never fails: what cannot be read is in the coverage.
    pub async fn collect(&self, account: Account, regions: Regions, now: Timestamp) -> AccountSnapshot {
        let (regions, left_out) = match regions {
            Regions::All(regions) => (regions, Vec::new()),
            Regions::Only { asked, left_out } => (asked, left_out),
        };
        let caller = Caller::new(
            Arc::clone(&self.transport),
            self.catalog,
            self.options.clone(),
            self.stop.clone(),
            Arc::clone(&self.progress),
        );
        let work = Arc::new(Work {
            account_document: account.document(),
            account,
            regions,
            left_out,
            caller,
            gaps: Gaps::default(),
            options: self.options.clone(),
            shared: shared_operations(&self.plan),
            now,
        });
        let pieces = self
            .plan
            .types
            .iter()
            .map(|plan| listing::regions(&work, &plan.resource_type.recipe).len() as u64);
        self.progress.event(Event::Planned { pieces: pieces.sum() });

        let mut readings: BTreeMap<Text, Reading> = BTreeMap::new();
        for position in 0..self.plan.types.len() {
            let Some(planned) = self.plan.types.get(position) else {
                continue;
            };
            let parent = parent_of(&planned.resource_type).and_then(|parent| readings.get(&parent).cloned());
            let (work, plan) = (Arc::clone(&work), Arc::clone(&self.plan));
            let task = tokio::spawn(async move {
                let parents = match parent {
                    Some(parent) => parent.await,
                    None => Arc::new(Vec::new()),
                };
                match plan.types.get(position) {
                    Some(planned) => Arc::new(read_type(&work, planned, &parents).await),
                    None => Arc::new(Vec::new()),
                }
            });
            let reading = async move { task.await.unwrap_or_default() }.boxed().shared();
            readings.insert(planned.resource_type.name.clone(), reading);
        }
        let mut resources = Vec::new();
        for (_, reading) in readings {
            let read = reading.await;
            resources.extend(Arc::try_unwrap(read).unwrap_or_else(|shared| (*shared).clone()));
        }
        self.snapshot(&work, resources)
    }

    fn snapshot(&self, work: &Work, mut resources: Vec<Resource>) -> AccountSnapshot {
        resources.sort_by(|a, b| {
            a.resource_type
                .cmp(&b.resource_type)
                .then_with(|| a.uid.cmp(&b.uid))
        });
        let collected = self
            .plan
            .types
            .iter()
            .map(|plan| CollectedType {
                resource_type: plan.resource_type.name.clone(),
                facts: plan.facts().map(|fact| fact.name.clone()).collect(),
                regions: listing::regions(work, &plan.resource_type.recipe),
            })
            .collect();
        let mut coverage = Coverage {
            collected,
            gaps: work.gaps.list(),
            calls: work.caller.counts(),
            left_out: work.left_out.clone(),
            interrupted: self.stop.reason(),
        };
        coverage.sort();
        AccountSnapshot {
            account: work.account.clone(),
            taken_at: Text::from(time::format(work.now)),
            regions: work.regions.clone(),
            resources,
            coverage,
        }
    }
}

type Reading = Shared<BoxFuture<'static, Arc<Vec<Resource>>>>;

async fn read_type(work: &Work, plan: &TypePlan, parents: &[Resource]) -> Vec<Resource> {
    let recipe = &*plan.resource_type.recipe;
    let regions = listing::regions(work, recipe);
    let jobs: Jobs<'_, Vec<Resource>> = Box::new(
        regions
            .iter()
            .map(|region| listing::list(work, recipe, region, parents).boxed()),
    );
    let mut resources: Vec<Resource> = work.gather(jobs).await.into_iter().flatten().collect();
    facts::read(work, plan, &mut resources).await;
    resources
}

/// Operations that more than one type or fact calls, so that equal calls are made once.
fn shared_operations(plan: &Plan) -> BTreeSet<(Text, Text)> {
    let mut uses: HashMap<(Text, Text), u32> = HashMap::new();
    for planned in &plan.types {
        let listed = match &planned.resource_type.recipe.origin {
            Origin::List(list) => Some(&list.call),
            Origin::Single | Origin::Declared => None,
        };
        for call in listed.into_iter().chain(planned.facts().map(|fact| &fact.call)) {
            *uses
                .entry((call.service.clone(), call.operation.clone()))
                .or_default() += 1;
        }
    }
    uses.into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(operation, _)| operation)
        .collect()
}

/// Futures that are made only when there is room for them; boxed, because the compiler cannot see through the closures
/// that make them.
pub(crate) type Jobs<'a, T> = Box<dyn Iterator<Item = BoxFuture<'a, T>> + Send + 'a>;

/// Everything that reading one account shares.
pub(crate) struct Work {
    pub(crate) account: Account,
    account_document: Value,
    pub(crate) regions: Vec<Text>,
    pub(crate) left_out: Vec<Text>,
    pub(crate) caller: Caller,
    pub(crate) gaps: Gaps,
    pub(crate) options: Options,
    shared: BTreeSet<(Text, Text)>,
    now: Timestamp,
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
        let request = listing::request(call, input, self.cloud_region(region));
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
        let request = listing::request(call, input, self.cloud_region(region));
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

/// What could not be read, summed up.
#[derive(Debug, Default)]
pub(crate) struct Gaps(Mutex<BTreeMap<GapKey, (u64, Text)>>);

type GapKey = (Text, Option<Text>, Text, Reason, Option<Text>, Option<Text>);

impl Gaps {
    /// Notes one failure; failures that differ in their detail only are one gap, with the smallest detail.
    pub(crate) fn add(
        &self,
        resource_type: &Text,
        attribute: Option<&Text>,
        region: &Text,
        unreadable: &Unreadable,
    ) {
        let key = (
            resource_type.clone(),
            attribute.cloned(),
            region.clone(),
            unreadable.reason,
            unreadable.call.clone(),
            unreadable.action.clone(),
        );
        let mut gaps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, detail) = gaps.entry(key).or_insert_with(|| (0, unreadable.detail.clone()));
        *count += 1;
        if unreadable.detail < *detail {
            *detail = unreadable.detail.clone();
        }
    }

    fn list(&self) -> Vec<Gap> {
        let gaps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gaps.iter()
            .map(
                |((resource_type, attribute, region, reason, call, action), (count, detail))| Gap {
                    resource_type: resource_type.clone(),
                    attribute: attribute.clone(),
                    region: region.clone(),
                    unreadable: Unreadable {
                        reason: *reason,
                        call: call.clone(),
                        action: action.clone(),
                        detail: detail.clone(),
                    },
                    count: *count,
                },
            )
            .collect()
    }
}
