//! Suppressions held against a report: what they speak of becomes an accepted risk.
//!
//! INVARIANT: nothing here changes a verdict, a count of failures or a score.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use plumb_model::code::CodePlace;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::{AcceptedRisk, FindingView, Report};
use plumb_model::time;
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use plumb_pack::pack::Pack;

use super::idle::{Use, problems};
use super::{Notation, Suppression};
use crate::locate::place_of;
use crate::place::Sources;

/// Whether suppressions that match nothing are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// They are: everything was judged.
    Told,
    /// They are not: what they speak of may have been left out.
    PassedOver,
}

/// Marks the failures that somebody accepted in code, and tells what is wrong with the suppressions.
pub fn apply(
    report: &mut Report,
    sources: &Sources,
    suppressions: &[Suppression],
    pack: &Pack,
    idle: Idle,
) -> Vec<Diagnostic> {
    let today = time::parse(&report.assessed_at).map(|now| now.to_zoned(jiff::tz::TimeZone::UTC).date());
    let asked = Asked::new(report, sources, suppressions, pack);
    let mut uses = vec![Use::default(); suppressions.len()];
    let mut accepted: BTreeMap<(usize, u32), Vec<(usize, usize)>> = BTreeMap::new();
    for (account_at, account) in report.accounts.iter().enumerate() {
        for (finding_at, view) in report.findings_of(account).enumerate() {
            let is_failure = match view.finding.verdict {
                Verdict::Fail => true,
                Verdict::Unknown => false,
                Verdict::Pass | Verdict::NotApplicable => continue,
            };
            let is_in_force = |at: usize| suppressions.get(at).is_some_and(|found| holds(found, today));
            let Fitting { spoken, accepting } = asked.fitting(&view, &is_in_force);
            for at in spoken {
                if let Some(used) = uses.get_mut(at) {
                    used.policies.insert(view.finding.policy);
                }
            }
            if let (true, None, Some(first)) = (is_failure, view.finding.accepted, accepting.first()) {
                let key = (*first, view.finding.policy);
                accepted.entry(key).or_default().push((account_at, finding_at));
            }
        }
    }
    for ((at, policy), findings) in accepted {
        if let Some(suppression) = suppressions.get(at) {
            accept(
                report,
                sources,
                suppression,
                policy,
                &findings,
                holds(suppression, today),
            );
        }
    }
    let wanted = suppressions.iter().any(|found| found.repeated.is_some());
    let declared = if wanted {
        Declared::of(report)
    } else {
        Declared(BTreeSet::new())
    };
    for (used, suppression) in uses.iter_mut().zip(suppressions) {
        used.expired = !holds(suppression, today);
        let block = suppression.repeated.map(|block| place_of(sources, block));
        used.absent = block.is_some_and(|block| !declared.any_in(&block));
    }
    problems(sources, suppressions, &asked.named, &uses, idle)
}

/// Where resources are declared and modules called, by file and place.
struct Declared(BTreeSet<CodePlace>);

impl Declared {
    fn of(report: &Report) -> Self {
        let resources = report.accounts.iter().flat_map(|account| &account.resources);
        let codes = resources.filter_map(|resource| resource.code.as_deref());
        Self(
            codes
                .flat_map(|code| code.calls.iter().chain([&code.place]))
                .cloned()
                .collect(),
        )
    }

    fn any_in(&self, block: &CodePlace) -> bool {
        // Places are ordered by file, line and column.
        let first = CodePlace {
            end_line: 0,
            end_column: 0,
            ..block.clone()
        };
        let next = self.0.range(first..).next();
        next.is_some_and(|place| place.file == block.file && lies_in(place, block))
    }
}

/// Adds an accepted risk and marks the failures that it speaks of.
fn accept(
    report: &mut Report,
    sources: &Sources,
    suppression: &Suppression,
    policy: u32,
    findings: &[(usize, usize)],
    holds: bool,
) {
    let position = u32::try_from(report.accepted.len()).unwrap_or(u32::MAX);
    let words = place_of(sources, suppression.words);
    let name = usize::try_from(policy)
        .ok()
        .and_then(|at| report.policies.get(at));
    report.accepted.push(AcceptedRisk {
        policy: name.map(|policy| policy.name.clone()).unwrap_or_default(),
        resource: Text::from(format!("{}:{}", words.file, words.line)),
        reason: suppression.reason.clone(),
        owner: Text::default(),
        until: suppression
            .until
            .map(|date| Text::from(date.to_string()))
            .unwrap_or_default(),
        holds,
        findings: u64::try_from(findings.len()).unwrap_or(u64::MAX),
    });
    if !holds {
        return;
    }
    for (account, finding) in findings {
        let Some(account) = report.accounts.get_mut(*account) else {
            continue;
        };
        if let Some(finding) = account.findings.get_mut(*finding) {
            finding.accepted = Some(position);
            account.summary.accepted += 1;
            report.summary.accepted += 1;
        }
    }
}

fn holds(suppression: &Suppression, today: Option<Date>) -> bool {
    suppression
        .until
        .is_none_or(|until| today.is_some_and(|today| today < until))
}

/// What one name of a suppression means.
#[derive(Clone, Debug, Default)]
pub(super) struct Named {
    /// Whether any policy is called so.
    pub(super) known: bool,
    /// Those that took part, by their positions in the report.
    pub(super) judged: BTreeSet<u32>,
}

/// The suppressions, by what they speak of.
struct Asked {
    /// By policy and file.
    by_place: HashMap<(u32, Text), Vec<(usize, CodePlace)>>,
    /// What the names of each suppression mean.
    named: Vec<Vec<Named>>,
}

impl Asked {
    fn new(report: &Report, sources: &Sources, suppressions: &[Suppression], pack: &Pack) -> Self {
        let positions: HashMap<&str, u32> = (0u32..)
            .zip(&report.policies)
            .map(|(at, policy)| (policy.name.as_str(), at))
            .collect();
        let mut known: HashMap<(Notation, &Text), Named> = HashMap::new();
        let mut by_place: HashMap<(u32, Text), Vec<(usize, CodePlace)>> = HashMap::new();
        let mut named = Vec::with_capacity(suppressions.len());
        for (at, suppression) in suppressions.iter().enumerate() {
            let names: Vec<Named> = suppression
                .names
                .iter()
                .map(|name| {
                    known
                        .entry((suppression.notation, name))
                        .or_insert_with(|| meaning(pack, &positions, suppression.notation, name))
                        .clone()
                })
                .collect();
            let reach = place_of(sources, suppression.reach);
            let policies: BTreeSet<u32> = names.iter().flat_map(|named| &named.judged).copied().collect();
            for policy in policies {
                by_place
                    .entry((policy, reach.file.clone()))
                    .or_default()
                    .push((at, reach.clone()));
            }
            named.push(names);
        }
        Self { by_place, named }
    }

    /// The suppressions that speak of a finding: of where it stands, where its value is set, where its resource is
    /// declared, or where a module that holds it is called. Where something else decides likewise, one that speaks of one place
    /// alone accepts the finding only along with others in force that speak of the rest.
    fn fitting(&self, view: &FindingView<'_>, is_in_force: &dyn Fn(usize) -> bool) -> Fitting {
        let Some(spot) = view.finding.code.as_deref() else {
            return Fitting::default();
        };
        let declared = view
            .resource
            .code
            .iter()
            .flat_map(|code| code.calls.iter().chain([&code.place]));
        let of_all: BTreeSet<usize> = declared.flat_map(|place| self.at(view, place)).collect();
        let here = [&spot.place].into_iter().chain(&spot.set_at);
        let of_place: BTreeSet<usize> = here.flat_map(|place| self.at(view, place)).collect();
        let of_others: Vec<Vec<usize>> = spot.also.iter().map(|place| self.at(view, place)).collect();
        let all_are_spoken_of = of_others
            .iter()
            .all(|others| others.iter().any(|at| is_in_force(*at)));
        let mut accepting: Vec<usize> = match all_are_spoken_of {
            true => of_all.union(&of_place).copied().collect(),
            false => of_all.iter().copied().collect(),
        };
        accepting.sort_by_key(|at| (!is_in_force(*at), *at));
        let others = of_others.into_iter().flatten();
        Fitting {
            spoken: of_all.into_iter().chain(of_place).chain(others).collect(),
            accepting,
        }
    }

    /// The suppressions of a policy that speak of a place.
    fn at(&self, view: &FindingView<'_>, place: &CodePlace) -> Vec<usize> {
        let asked = self.by_place.get(&(view.finding.policy, place.file.clone()));
        let asked = asked.map(Vec::as_slice).unwrap_or_default().iter();
        asked
            .filter(|(_, reach)| lies_in(place, reach))
            .map(|(at, _)| *at)
            .collect()
    }
}

/// The suppressions that speak of a finding.
#[derive(Debug, Default)]
struct Fitting {
    /// All of them.
    spoken: BTreeSet<usize>,
    /// Those that accept it, the ones in force first.
    accepting: Vec<usize>,
}

fn lies_in(place: &CodePlace, reach: &CodePlace) -> bool {
    (reach.line, reach.column) <= (place.line, place.column)
        && (place.end_line, place.end_column) <= (reach.end_line, reach.end_column)
}

/// The policies that a tool's author means by a name.
fn meaning(pack: &Pack, positions: &HashMap<&str, u32>, notation: Notation, name: &str) -> Named {
    let spellings: Vec<String> = match notation {
        Notation::Plumb => vec![name.to_owned()],
        Notation::Checkov => vec![format!("checkov:{name}")],
        // Both tools take each other's names; Trivy's newer ones lack the first part.
        Notation::Tfsec | Notation::Trivy if name == "*" => {
            return Named {
                known: true,
                judged: positions.values().copied().collect(),
            };
        }
        Notation::Tfsec | Notation::Trivy => vec![
            format!("tfsec:{name}"),
            format!("trivy:{name}"),
            format!("trivy:AVD-{name}"),
        ],
    };
    let policies: Vec<_> = spellings
        .iter()
        .flat_map(|spelling| pack.policies_called(spelling))
        .collect();
    Named {
        known: !policies.is_empty(),
        judged: policies
            .iter()
            .filter_map(|policy| positions.get(policy.name.as_str()).copied())
            .collect(),
    }
}
