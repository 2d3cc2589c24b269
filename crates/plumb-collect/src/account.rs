//! `Collector`: reads one account by a plan.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, Shared};
use jiff::Timestamp;
use plumb_api::catalog::Catalog;
use plumb_model::account::Account;
use plumb_model::coverage::{CollectedType, Coverage};
use plumb_model::resource::{GLOBAL_REGION, Resource};
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::time;
use plumb_model::value::{Reason, Text, Unreadable};
use plumb_pack::recipe::Origin;

use crate::caller::Caller;
use crate::gaps::Gaps;
use crate::options::Options;
use crate::plan::{Plan, TypePlan, parent_of};
use crate::progress::{Event, Progress};
use crate::stop::StopSignal;
use crate::transport::Transport;
use crate::work::{Jobs, Work};
use crate::{facts, listing, related};

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
            let (working, plan) = (Arc::clone(&work), Arc::clone(&self.plan));
            let task = tokio::spawn(async move {
                let parents = match parent {
                    Some(parent) => parent.await,
                    None => Arc::new(Vec::new()),
                };
                match plan.types.get(position) {
                    Some(planned) => Arc::new(read_type(&working, planned, &parents).await),
                    None => Arc::new(Vec::new()),
                }
            });
            let (work, name) = (Arc::clone(&work), planned.resource_type.name.clone());
            let reading = async move {
                task.await.unwrap_or_else(|_| {
                    // A defect must not look like an account without such resources.
                    let unreadable = Unreadable::new(Reason::Failed);
                    work.gaps
                        .add(&name, None, &Text::new_static(GLOBAL_REGION), &unreadable);
                    Arc::default()
                })
            }
            .boxed()
            .shared();
            readings.insert(planned.resource_type.name.clone(), reading);
        }
        // Tasks for related resources hold readings, which are cheaply had only when nobody else does.
        let mut related = BTreeMap::new();
        for (name, task) in related::spawn(&work, &self.plan, &readings) {
            related.insert(name, task.await.unwrap_or_default());
        }
        let mut resources = Vec::new();
        for planned in &self.plan.types {
            let name = &planned.resource_type.name;
            let Some(reading) = readings.remove(name) else {
                continue;
            };
            let read = reading.await;
            let mut read = Arc::try_unwrap(read).unwrap_or_else(|shared| (*shared).clone());
            if let Some(related) = related.remove(name) {
                related::put(planned, related, &mut read);
            }
            resources.extend(read);
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
            declared_only: false,
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

/// The resources of one type with the facts of every resource, for whoever waits for them.
pub(crate) type Reading = Shared<BoxFuture<'static, Arc<Vec<Resource>>>>;

async fn read_type(work: &Work, plan: &TypePlan, parents: &[Resource]) -> Vec<Resource> {
    let recipe = &*plan.resource_type.recipe;
    let regions = listing::regions(work, recipe);
    let jobs: Jobs<'_, Vec<Resource>> = Box::new(
        regions
            .iter()
            .map(|region| listing::list(work, recipe, region, parents).boxed()),
    );
    // Of parents that could not be listed nobody asked for what belongs to them.
    if let Some(parent) = parent_of(&plan.resource_type) {
        for (region, unreadable) in work.gaps.of_listing(&parent) {
            work.gaps.add(&recipe.resource_type, None, &region, &unreadable);
        }
    }
    let mut resources: Vec<Resource> = work.gather(jobs).await.into_iter().flatten().collect();
    facts::read(work, &plan.resource_type, &plan.levels, &mut resources).await;
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
