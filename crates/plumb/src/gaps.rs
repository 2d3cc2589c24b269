//! What a question is answered without: gaps in what the security graph is built from.

use std::collections::{BTreeMap, BTreeSet};

use plumb_engine::Judged;
use plumb_graph::knowledge::{Demand, Knowledge};
use plumb_graph::security::SecurityGraph;
use plumb_iac::snapshot::CODE;
use plumb_model::coverage::Gap;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::{Reason, Text};
use plumb_report::numbers::counted;

use crate::console::Console;
use crate::exit::Status;

/// How many kinds of gaps are named.
const MOST_NAMED: usize = 3;

/// How many things that are not understood are named.
const MOST_CONTRADICTIONS: usize = 5;

/// Gaps in what the graph is built from, as sentences.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gaps {
    unread: Option<Text>,
    not_understood: Vec<Text>,
}

impl Gaps {
    /// The gaps of judged accounts that matter to the graph.
    pub(crate) fn of(knowledge: &Knowledge, accounts: &[Judged]) -> Self {
        let wanted: BTreeSet<Demand> = knowledge.demands().into_iter().collect();
        let mut unread = Unread::default();
        let mut odd = Vec::new();
        let mut unknown_types: BTreeMap<&Text, (u64, u64)> = BTreeMap::new();
        for account in accounts {
            let mut matters = Vec::new();
            for gap in &account.report.coverage.gaps {
                let demand = Demand {
                    resource_type: gap.resource_type.clone(),
                    attribute: gap.attribute.clone(),
                };
                if gap.resource_type == CODE {
                    odd.push(of_code(gap));
                    continue;
                }
                if gap.unreadable.reason != Reason::NotUnderstood {
                    matters.extend(wanted.contains(&demand).then_some(gap));
                    continue;
                }
                match &gap.attribute {
                    Some(attribute) => odd.push(disagreement(&account.report.account.id, gap, attribute)),
                    None => {
                        let (resources, accounts) = unknown_types.entry(&gap.resource_type).or_default();
                        *resources += gap.count;
                        *accounts += 1;
                    }
                }
            }
            unread.add(&matters);
        }
        let mut not_understood: Vec<Text> = unknown_types
            .into_iter()
            .map(|(name, (resources, accounts))| unknown_type(name, resources, accounts))
            .chain(odd)
            .collect();
        let more = not_understood.len().saturating_sub(MOST_CONTRADICTIONS);
        if more > 0 {
            not_understood.truncate(MOST_CONTRADICTIONS);
            not_understood.push(match more {
                1 => Text::new_static("1 other thing is not understood"),
                more => Text::from(format!("{more} other things are not understood")),
            });
        }
        Self {
            unread: unread.sentence(),
            not_understood,
        }
    }

    /// The gaps as sentences, the most general first.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = &Text> {
        self.unread.iter().chain(&self.not_understood)
    }

    /// The gaps with what the graph itself could not take in, sorted: what an answer for programs lacks.
    pub(crate) fn with_problems(&self, graph: &SecurityGraph) -> Vec<Text> {
        let problems: BTreeSet<&Text> = self.sentences().chain(&graph.problems).collect();
        problems.into_iter().cloned().collect()
    }

    /// Shows them on stderr.
    pub(crate) fn warn(&self, console: Console) {
        show(console, self.sentences());
    }

    /// Shows what is not understood on stderr: for answers that tell themselves what they lack.
    pub(crate) fn warn_of_contradictions(&self, console: Console) {
        show(console, self.not_understood.iter());
    }

    /// How a command ends that answered by what there is.
    pub(crate) fn status(&self) -> Status {
        if self.not_understood.is_empty() {
            Status::Clean
        } else {
            Status::Incomplete
        }
    }
}

fn show<'t>(console: Console, sentences: impl Iterator<Item = &'t Text>) {
    let warnings: Vec<Diagnostic> = sentences
        .map(|sentence| Diagnostic::warning(sentence.to_string()))
        .collect();
    console.show(&warnings);
}

/// What was not read, summed up.
#[derive(Default)]
struct Unread {
    gaps: u64,
    accounts: u64,
    kinds: BTreeSet<String>,
}

impl Unread {
    fn add(&mut self, gaps: &[&Gap]) {
        self.gaps += gaps.len() as u64;
        self.accounts += u64::from(!gaps.is_empty());
        self.kinds.extend(gaps.iter().map(|gap| kind(gap)));
    }

    fn sentence(&self) -> Option<Text> {
        let named: Vec<&str> = self.kinds.iter().take(MOST_NAMED).map(String::as_str).collect();
        let more = match self.kinds.len().saturating_sub(named.len()) {
            0 => String::new(),
            1 => " and 1 more kind".to_owned(),
            more => format!(" and {more} more kinds"),
        };
        let (gaps, accounts) = (counted(self.gaps, "gaps"), counted(self.accounts, "accounts"));
        let named = named.join("; ");
        (self.gaps > 0).then(|| {
            Text::from(format!(
                "{gaps} in {accounts}: {named}{more}; what hangs on it is possible here, or missing"
            ))
        })
    }
}

fn kind(gap: &Gap) -> String {
    let reason = gap.unreadable.reason.phrase();
    match &gap.attribute {
        Some(attribute) => format!("`{attribute}` of {} ({reason})", gap.resource_type),
        None => format!("{} not listed ({reason})", gap.resource_type),
    }
}

fn of_code(gap: &Gap) -> Text {
    let path = &gap.region;
    Text::from(match &gap.attribute {
        None => format!("some of the code of `{path}` could not be read"),
        Some(kind) => {
            let blocks = counted(gap.count, "blocks");
            format!(
                "{blocks} of `{kind}` in `{path}`, on which networks or permissions hang: nothing tells what they make"
            )
        }
    })
}

fn disagreement(account: &str, gap: &Gap, attribute: &str) -> Text {
    let (resource_type, detail) = (&gap.resource_type, &gap.unreadable.detail);
    let more = match gap.count {
        0 | 1 => String::new(),
        several => format!(", and {} more", several - 1),
    };
    Text::from(format!(
        "`{attribute}` of {resource_type} in account {account} is not understood: {detail}{more}"
    ))
}

fn unknown_type(name: &str, resources: u64, accounts: u64) -> Text {
    let (resources, accounts) = (counted(resources, "resources"), counted(accounts, "accounts"));
    Text::from(format!(
        "{resources} in {accounts} left out: this version knows no type `{name}`"
    ))
}
