//! What questions are asked of: a snapshot or the generated estate, judged and joined into the security graph.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use plumb_engine::{Analyzer, Judged};
use plumb_graph::assemble::{Assembled, assemble};
use plumb_graph::fragment::AccountFragment;
use plumb_graph::knowledge::Knowledge;
use plumb_iac::snapshot::Undeclared;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::Report;
use plumb_model::value::Text;
use plumb_pack::compiled::CompiledPolicy;

use crate::addresses::Addresses;
use crate::arguments::{CodeArguments, SelectionArguments};
use crate::console::Console;
use crate::exit::Failed;
use crate::gaps::Gaps;
use crate::graph_arguments::SourceArguments;
use crate::knowledge::{self, Selected};
use crate::{demo, graph, plan, scan_code, scan_snapshot};

/// How many of the resource types that a snapshot lacks are named.
const MOST_NAMED: usize = 5;

/// Which policies take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judging {
    /// All of them.
    EveryPolicy,
    /// None: the graph alone is asked.
    Nothing,
}

/// An estate, judged account by account.
pub(crate) struct Source {
    /// What the graph is built by.
    pub(crate) knowledge: Arc<Knowledge>,
    /// The policies that judged.
    pub(crate) policies: Vec<CompiledPolicy>,
    analyzer: Analyzer,
    accounts: Vec<Judged>,
    organization: Option<Text>,
    /// What the graph lacks.
    pub(crate) gaps: Gaps,
    /// By what code calls its resources.
    pub(crate) addresses: Addresses,
}

impl Source {
    /// Reads and judges everything.
    pub(crate) fn read(
        console: Console,
        arguments: &SourceArguments,
        judging: Judging,
    ) -> Result<Self, Failed> {
        let pack = knowledge::load(console, &arguments.policies)?;
        let selection = SelectionArguments {
            policy: Vec::new(),
            framework: Vec::new(),
            service: Vec::new(),
            policies: arguments.policies.clone(),
        };
        let selected = match judging {
            Judging::EveryPolicy => knowledge::select(&pack, &selection, None)?,
            Judging::Nothing => Selected {
                policies: Vec::new(),
                frameworks: Vec::new(),
            },
        };
        let estate = Arc::new(graph::estate(&pack, arguments.estate.as_deref())?);
        let knowledge = graph::knowledge(&pack, Some(&estate))?;
        let organization = arguments.demo.then_some(plumb_demo::ORGANIZATION);
        let config = graph::config_of(estate, Some(Arc::clone(&knowledge)), organization);
        let plan = plan::make(&pack, &selected, &selection, Some(&knowledge), false)?;
        let policies = selected.policies.clone();
        let analyzer = Analyzer::new(&pack, selected.policies, Vec::new(), config)
            .map_err(|error| Diagnostic::error(error.to_string()))?;
        let mut addresses = Addresses::default();
        let (accounts, organization) = match (&arguments.snapshot, &arguments.code) {
            (None, Some(path)) => {
                let how = CodeArguments {
                    path: Some(path.clone()),
                    var: arguments.var.clone(),
                    var_file: arguments.var_file.clone(),
                    region: arguments.region.clone(),
                    workspace: arguments.workspace.clone(),
                };
                let code = scan_code::read(console, &pack, &policies, &how, Undeclared::Absent)?;
                addresses = Addresses::of(&code.accounts);
                (code.judge(&analyzer), None)
            }
            (Some(path), _) => {
                let (accounts, organization) = scan_snapshot::judge(&analyzer, path)?;
                check(console, path, &knowledge, &accounts)?;
                (accounts, organization)
            }
            (None, None) => {
                let accounts = arguments.accounts.unwrap_or(plumb_demo::DEFAULT_ACCOUNTS);
                let estate = plumb_demo::Estate::new(accounts, None, arguments.seed.unwrap_or(1));
                (demo::judge(&analyzer, &estate, &demo::collected(&plan)), None)
            }
        };
        let gaps = Gaps::of(&knowledge, &accounts);
        Ok(Self {
            gaps,
            addresses,
            knowledge,
            policies,
            analyzer,
            accounts,
            organization,
        })
    }

    /// The same with so many choke points to look for.
    pub(crate) fn choking(mut self, most: usize) -> Self {
        self.analyzer.limit_choke_points(most);
        self
    }

    /// The report with attack paths, among whose problems are the gaps.
    pub(crate) fn report(self) -> Report {
        let mut report = self.analyzer.finish(self.accounts, self.organization);
        if let Some(paths) = &mut report.paths {
            paths.problems.extend(self.gaps.sentences().cloned());
            let doubts = report.estate_doubts.iter();
            paths
                .problems
                .extend(doubts.map(|doubt| Text::from(format!("of the estate file: {doubt}"))));
            paths.problems.sort();
        }
        report
    }

    /// The graph with what it was made of.
    pub(crate) fn assembled(self) -> (Arc<Knowledge>, Assembled) {
        let fragments = self.accounts.into_iter().filter_map(|judged| judged.fragment);
        let assembled = assemble(&self.knowledge, fragments.collect());
        (self.knowledge, assembled)
    }

    /// The findings, in a report without paths, and the graph.
    pub(crate) fn findings_and_graph(self) -> (Report, Assembled) {
        let mut fragments: Vec<AccountFragment> = Vec::new();
        let accounts = self
            .accounts
            .into_iter()
            .map(|mut judged| {
                fragments.extend(judged.take_fragment());
                judged
            })
            .collect();
        let report = self.analyzer.finish(accounts, self.organization);
        (report, assemble(&self.knowledge, fragments))
    }
}

/// Whether a snapshot holds what the graph is built from; what it lacks in part is told.
fn check(console: Console, path: &Path, knowledge: &Knowledge, accounts: &[Judged]) -> Result<(), Failed> {
    if accounts.is_empty() {
        let message = format!("`{}` holds no account", path.display());
        return Err(Diagnostic::error(message)
            .help("scan at least one account into it with `plumb scan aws --snapshot FILE`")
            .into());
    }
    let wanted: BTreeSet<Text> = knowledge
        .demands()
        .into_iter()
        .map(|demand| demand.resource_type)
        .collect();
    let mut lacking: HashMap<&Text, usize> = HashMap::new();
    for account in accounts {
        let coverage = &account.report.coverage;
        for resource_type in wanted
            .iter()
            .filter(|name| coverage.collected_type(name).is_none())
        {
            *lacking.entry(resource_type).or_default() += 1;
        }
    }
    let nowhere: Vec<&Text> = wanted
        .iter()
        .filter(|name| lacking.get(name) == Some(&accounts.len()))
        .collect();
    if nowhere.len() == wanted.len() {
        let message = format!(
            "`{}` has nothing that the security graph is built from: its scan did not ask for principals, networks or data",
            path.display()
        );
        return Err(Diagnostic::error(message)
            .help("scan again without `--policy`, `--framework` and `--service`, or with `--paths always`")
            .into());
    }
    if !nowhere.is_empty() {
        let named: Vec<&str> = nowhere
            .iter()
            .take(MOST_NAMED)
            .map(|name| name.as_str())
            .collect();
        let more = match nowhere.len().saturating_sub(named.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        console.show(&[Diagnostic::warning(format!(
            "`{}` lacks {} of the {} resource types that the security graph is built from: {}{more}",
            path.display(),
            nowhere.len(),
            wanted.len(),
            named.join(", ")
        ))
        .help("what hangs on them is missing from the answer; scan again with `--paths always`")]);
    }
    Ok(())
}
