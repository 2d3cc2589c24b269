//! `plumb demo`: judge a generated estate.

use plumb_collect::Plan;
use plumb_demo::Estate;
use plumb_engine::{Analyzer, Judged};
use plumb_model::coverage::CollectedType;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::snapshot::Header;
use plumb_model::value::Text;
use rayon::prelude::*;

use crate::arguments::DemoArguments;
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::output::{self, Counting, Outputs};
use crate::snapshot_file::SnapshotFile;
use crate::{VERSION, graph, knowledge};

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &DemoArguments) -> Result<Status, Failed> {
    let outputs = Outputs::new(&arguments.report, arguments.snapshot.as_deref())?;
    let pack = knowledge::load(console, &arguments.selection.policies)?;
    let selected = knowledge::select(&pack, &arguments.selection, None)?;
    let organization = arguments
        .report
        .organization
        .as_deref()
        .unwrap_or(plumb_demo::ORGANIZATION);
    let config = graph::config(
        &pack,
        &arguments.graph,
        &arguments.selection,
        &selected.policies,
        Some(organization),
    )?;
    let plan = crate::plan::make(
        &pack,
        &selected,
        &arguments.selection,
        config.graph.as_deref(),
        false,
    )?;
    let collected = collected(&plan);
    let estate = Estate::new(arguments.accounts, arguments.resources, arguments.seed);
    let analyzer = Analyzer::new(&pack, selected.policies, selected.frameworks, config)
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    if let Some(path) = &arguments.snapshot {
        let mut file = SnapshotFile::create(path, &Header::new(VERSION, Some(Text::from(organization))))?;
        for position in 0..estate.accounts() {
            file.account(&estate.account(position, &collected))?;
        }
        file.finish()?;
    }
    let report = analyzer.finish(judge(&analyzer, &estate, &collected), None);
    outputs.write(console, &report)?;
    // What the estate hides is part of the demonstration, not a failure of it.
    Ok(match output::status(&report, &arguments.report, Counting::All) {
        Status::Incomplete => {
            console.say("the estate hides something on purpose: a scan of it would end with status 4");
            Status::Clean
        }
        status @ (Status::Clean | Status::Findings | Status::BadInput | Status::NothingScanned) => status,
    })
}

/// What a plan would collect, as a snapshot says it.
pub(crate) fn collected(plan: &Plan) -> Vec<CollectedType> {
    plan.types
        .iter()
        .map(|planned| CollectedType {
            resource_type: planned.resource_type.name.clone(),
            facts: planned.facts().map(|fact| fact.name.clone()).collect(),
            regions: Vec::new(),
        })
        .collect()
}

/// Generates and judges all accounts, several at a time.
pub(crate) fn judge(analyzer: &Analyzer, estate: &Estate, collected: &[CollectedType]) -> Vec<Judged> {
    (0..estate.accounts())
        .into_par_iter()
        .map(|position| analyzer.account(&estate.account(position, collected)))
        .collect()
}
