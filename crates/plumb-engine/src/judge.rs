//! Judging: every policy on every resource of its type in one account.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use plumb_expr::Scope;
use plumb_graph::exposure::Exposures;
use plumb_graph::fragment::{AccountFragment, Surroundings};
use plumb_graph::knowledge::Knowledge;
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::Coverage;
use plumb_model::finding::{Evidence, Finding, Standing};
use plumb_model::report::{AccountReport, ResourceSummary, Summary};
use plumb_model::resource::Resource;
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::{Reason, Text, Unreadable, Value};
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::pack::Pack;
use plumb_pack::schema::ResourceType;
use rayon::prelude::*;

use crate::index::{AccountIndex, Markers, unlisted};
use crate::path_policies::Waiting;
use crate::reads::Reader;
use crate::{Judge, Judged, UnknownType, score, understood};

/// Resolves what a policy reads.
pub(crate) fn prepare(pack: &Pack, policy: CompiledPolicy) -> Result<Judge, UnknownType> {
    let unknown = |resource_type: Text| UnknownType {
        policy: policy.policy.name.clone(),
        resource_type,
    };
    let name = &policy.policy.resource_type;
    let resource_type = pack.resource_type(name).map_err(|_| unknown(name.clone()))?;
    let type_name = resource_type.name.clone();
    let mut reader = Reader::of(pack, resource_type, policy.programs()).map_err(unknown)?;
    for attribute in policy.attributes() {
        reader.add_attribute(&attribute);
    }
    let params = Value::Map(policy.policy.params.clone());
    Ok(Judge {
        policy,
        type_name,
        params,
        reader,
    })
}

/// Judges one account.
pub(crate) fn account(
    judges: &[Judge],
    readers: &[&Reader],
    known_types: &BTreeSet<Text>,
    graph: Option<&Knowledge>,
    snapshot: &AccountSnapshot,
    account: Account,
    now: Timestamp,
) -> Judged {
    let provider = account.provider;
    let understood = understood::of(&snapshot.resources, known_types);
    let coverage = &Coverage {
        gaps: [snapshot.coverage.gaps.as_slice(), &understood.gaps].concat(),
        ..snapshot.coverage.clone()
    };
    let resources = with_uncollected_marked(readers, understood.resources, coverage);
    let markers = Markers::new(readers, coverage, |resource_type| {
        let first = resources.partition_point(|resource| resource.resource_type.as_str() < resource_type);
        let of_type = resources.iter().skip(first);
        of_type
            .take_while(|resource| resource.resource_type == resource_type)
            .map(|resource| resource.region.clone())
            .collect()
    });
    let documents = resources
        .iter()
        .map(|resource| (&resource.resource_type, resource.document()));
    let index = AccountIndex::new(readers, documents, &markers);
    let exposures = {
        let documents: Vec<&Resource> = resources.iter().map(|resource| &**resource).collect();
        let surroundings = Surroundings {
            inventory: &index,
            now,
            coverage,
        };
        Exposures::read(
            &account,
            &documents,
            &exposed_types(judges, provider),
            &surroundings,
        )
    };
    let index = index.with_exposures(exposures);
    let account_document = account.document();

    let sight = Sight {
        account: &account_document,
        now,
        index: &index,
    };
    let mut summaries: Vec<ResourceSummary> = resources.iter().map(|resource| summary_of(resource)).collect();
    let stand_ins = StandIns::new(judges, &account, coverage, summaries.len());
    let mut findings: Vec<Finding> = judges
        .par_iter()
        .enumerate()
        .filter(|(_, judge)| judge.policy.policy.provider == provider)
        .flat_map_iter(|(position, judge)| {
            let policy = u32::try_from(position).unwrap_or(u32::MAX);
            let mut shared = SharedEvidence::default();
            let first = resources.partition_point(|resource| resource.resource_type < judge.type_name);
            let judged = resources
                .iter()
                .zip(0u32..)
                .skip(first)
                .take_while(|(resource, _)| resource.resource_type == judge.type_name)
                .map(|(resource, position)| {
                    let scope = sight.scope(resource, judge);
                    let verdict = judge.policy.verdict(&scope);
                    let evidence = judge
                        .policy
                        .evidence(&scope, verdict)
                        .map(|evidence| shared.share(evidence));
                    Finding {
                        policy,
                        resource: position,
                        verdict,
                        risk: None,
                        accepted: None,
                        evidence,
                        code: None,
                        standing: Standing::default(),
                    }
                })
                .collect::<Vec<_>>();
            judged.into_iter().chain(stand_ins.findings(judge, policy))
        })
        .collect();
    findings.sort_by_key(|finding| (finding.policy, finding.resource));
    // They stay until the report is written, while the documents go.
    findings.shrink_to_fit();
    summaries.extend(stand_ins.summaries);

    let summary = summary(judges, &findings, resources.len() as u64);
    let mut waiting = Waiting::default();
    if let Some(knowledge) = graph {
        waiting = Waiting::of(judges, &findings, &resources, |resource, judge| {
            judge.policy.applies(&sight.scope(resource, judge))
        });
        waiting.note_hidden(judges, knowledge, &account, coverage);
    }
    let fragment = graph.map(|knowledge| {
        let documents: Vec<&Resource> = resources.iter().map(|resource| &**resource).collect();
        let surroundings = Surroundings {
            inventory: &index,
            now,
            coverage,
        };
        AccountFragment::read(knowledge, &account, &documents, &surroundings)
    });
    let mut coverage = coverage.clone();
    coverage.sort();
    let mut regions = snapshot.regions.clone();
    regions.sort();
    let report = AccountReport {
        account,
        taken_at: snapshot.taken_at.clone(),
        regions,
        resources: summaries,
        findings,
        coverage,
        summary,
    };
    Judged {
        report,
        fragment,
        waiting,
        described: Vec::new(),
    }
}

/// What rules see in one account, beside resource and parameters.
struct Sight<'s> {
    account: &'s Value,
    now: Timestamp,
    index: &'s AccountIndex<'s>,
}

impl Sight<'_> {
    fn scope<'a>(&'a self, resource: &'a Resource, judge: &'a Judge) -> Scope<'a> {
        Scope {
            resource: resource.document(),
            account: self.account,
            params: &judge.params,
            now: self.now,
            inventory: self.index,
        }
    }
}

/// The totals of an account's findings.
pub(crate) fn summary(judges: &[Judge], findings: &[Finding], resources: u64) -> Summary {
    let mut summary = Summary {
        resources,
        ..Summary::default()
    };
    for finding in findings {
        if let Some(judge) = usize::try_from(finding.policy)
            .ok()
            .and_then(|position| judges.get(position))
        {
            score::count(&mut summary, judge.policy.policy.severity, finding.verdict);
        }
    }
    score::close(&mut summary);
    summary
}

/// The types of which policies ask what reaches their resources, each once.
fn exposed_types(judges: &[Judge], provider: Provider) -> Vec<Arc<ResourceType>> {
    let mut types: Vec<Arc<ResourceType>> = judges
        .iter()
        .filter(|judge| judge.reader.asks_exposure && judge.policy.policy.provider == provider)
        .map(|judge| Arc::clone(&judge.reader.resource_type))
        .collect();
    types.sort_by(|a, b| a.name.cmp(&b.name));
    types.dedup_by(|a, b| a.name == b.name);
    types
}

/// Evidence of policies on one account, each different one once: most failures of a policy look alike.
///
/// What is different shares the expressions, which are the policy's.
#[derive(Default)]
pub(crate) struct SharedEvidence {
    by_message: HashMap<Text, Vec<Arc<Evidence>>>,
    expressions: HashSet<Text>,
}

impl SharedEvidence {
    /// Different values seen under one message are searched one by one up to here, then no longer shared.
    const ALIKE: usize = 16;

    pub(crate) fn share(&mut self, mut evidence: Evidence) -> Arc<Evidence> {
        let alike = self.by_message.entry(evidence.message.clone()).or_default();
        if let Some(known) = alike.iter().find(|known| ***known == evidence) {
            return Arc::clone(known);
        }
        let observed = evidence.observed.iter_mut();
        let expressions = observed.map(|observed| &mut observed.expression);
        for expression in expressions.chain([&mut evidence.expression]) {
            match self.expressions.get(expression) {
                Some(known) => expression.clone_from(known),
                None => _ = self.expressions.insert(expression.clone()),
            }
        }
        evidence.observed.shrink_to_fit();
        let evidence = Arc::new(evidence);
        if alike.len() < Self::ALIKE {
            alike.push(Arc::clone(&evidence));
        }
        evidence
    }
}

/// Marks the attributes that policies read but the scan did not ask for.
fn with_uncollected_marked<'s>(
    readers: &[&Reader],
    resources: Vec<Cow<'s, Resource>>,
    coverage: &Coverage,
) -> Vec<Cow<'s, Resource>> {
    let mut missing: Vec<(&ResourceType, &Text)> = Vec::new();
    for read in readers.iter().flat_map(|reader| &reader.reads) {
        let Some(collected) = coverage.collected_type(read.resource_type.name.as_str()) else {
            continue;
        };
        for attribute in &read.attributes {
            let Some(fact) = read.resource_type.fact_of(attribute) else {
                continue;
            };
            if !collected.facts.contains(&fact.name) {
                missing.push((&read.resource_type, attribute));
            }
        }
    }
    let marker = |attribute: &str| {
        let detail = Text::from(format!("the scan did not ask for `{attribute}`"));
        Value::unreadable(Unreadable {
            detail,
            ..Unreadable::new(Reason::NotCollected)
        })
    };
    let affected: BTreeSet<&str> = missing
        .iter()
        .map(|(resource_type, _)| resource_type.name.as_str())
        .collect();
    resources
        .into_iter()
        .map(|resource| {
            if !affected.contains(resource.resource_type.as_str()) {
                return resource;
            }
            let mut marked = resource.into_owned();
            for (resource_type, attribute) in &missing {
                let absent = marked.get(attribute).is_none_or(Value::is_null);
                if resource_type.name.as_str() == marked.resource_type && absent {
                    marked.set((*attribute).clone(), marker(attribute));
                }
            }
            Cow::Owned(marked)
        })
        .collect()
}

fn summary_of(resource: &Resource) -> ResourceSummary {
    ResourceSummary {
        uid: resource.uid.clone(),
        resource_type: resource.resource_type.clone(),
        name: resource.name.clone(),
        region: resource.region.clone(),
        tags: resource.tags().map(|tags| Box::new(tags.clone())),
        exposure: None,
        stand_in: false,
        code: None,
    }
}

/// Stand-ins for resources that could not be listed, so that every policy on them says unknown.
struct StandIns {
    summaries: Vec<ResourceSummary>,
    causes: Vec<Unreadable>,
    first: u32,
}

impl StandIns {
    fn new(judges: &[Judge], account: &Account, coverage: &Coverage, resources: usize) -> Self {
        let mut types: Vec<&Text> = judges
            .iter()
            .filter(|judge| judge.policy.policy.provider == account.provider)
            .map(|judge| &judge.type_name)
            .collect();
        types.sort();
        types.dedup();
        let mut stand_ins = Self {
            summaries: Vec::new(),
            causes: Vec::new(),
            first: u32::try_from(resources).unwrap_or(u32::MAX),
        };
        if coverage.declared_only {
            return stand_ins;
        }
        for resource_type in types {
            let mut places: Vec<(Text, Unreadable)> = unlisted(coverage, resource_type).collect();
            places.sort();
            places.dedup_by(|a, b| a.0 == b.0);
            for (region, cause) in places {
                stand_ins.summaries.push(ResourceSummary {
                    uid: Text::from(format!(
                        "unread:{}:{}:{region}:{resource_type}",
                        account.provider, account.id
                    )),
                    resource_type: resource_type.clone(),
                    name: Text::from(format!("every {resource_type}")),
                    region,
                    tags: None,
                    exposure: None,
                    stand_in: true,
                    code: None,
                });
                stand_ins.causes.push(cause);
            }
        }
        stand_ins
    }

    fn findings<'a>(&'a self, judge: &'a Judge, policy: u32) -> impl Iterator<Item = Finding> + 'a {
        self.summaries
            .iter()
            .zip(&self.causes)
            .zip(self.first..)
            .filter(|((summary, _), _)| summary.resource_type == judge.type_name)
            .map(move |((summary, cause), resource)| Finding {
                policy,
                resource,
                verdict: Verdict::Unknown,
                risk: None,
                accepted: None,
                evidence: Some(Arc::new(Evidence {
                    message: Text::from(format!(
                        "the {} resources of {} could not be listed: {cause}",
                        summary.resource_type,
                        if summary.region == "global" {
                            "the account"
                        } else {
                            summary.region.as_str()
                        }
                    )),
                    expression: Text::default(),
                    observed: Vec::new(),
                    also: Vec::new(),
                    unreadable: vec![cause.clone()],
                })),
                code: None,
                standing: Standing::default(),
            })
    }
}
