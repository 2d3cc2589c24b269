//! `plumb plan`: the calls of a scan and the permissions they need, without making them.

use std::collections::BTreeSet;
use std::sync::Arc;

use plumb_collect::calls::{self, Frequency, PlannedCall};
use plumb_collect::{Plan, PlanError};
use plumb_graph::exposure;
use plumb_graph::knowledge::Knowledge;
use plumb_model::account::Provider;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;
use plumb_pack::pack::Pack;
use plumb_report::numbers::counted;

use crate::arguments::{PlanAwsArguments, SelectionArguments};
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::graph;
use crate::knowledge::{self, Selected};
use crate::output::print;

/// The longest managed policy that IAM accepts, in characters without white space.
const LONGEST_MANAGED_POLICY: usize = 6_144;

/// Makes the plan for what was selected.
pub(crate) fn make(
    pack: &Pack,
    selected: &Selected,
    selection: &SelectionArguments,
    graph: Option<&Knowledge>,
    inventory: bool,
) -> Result<Arc<Plan>, Failed> {
    let explained = |error: PlanError| match error {
        PlanError::Recipe(diagnostics) => Failed::input(diagnostics),
        PlanError::Cycle(_) => Diagnostic::error(error.to_string()).into(),
    };
    let mut plan = Plan::new(pack, &selected.policies).map_err(explained)?;
    for policy in selected.policies.iter().filter(|policy| policy.asks_exposure()) {
        let resource_type = pack.resource_type(&policy.policy.resource_type)?;
        let demands = exposure::demands(pack, &resource_type);
        let wanted = demands
            .iter()
            .map(|demand| (&demand.resource_type, demand.attribute.as_ref()));
        let for_exposure = Plan::wanting(pack, wanted, &policy.policy.name).map_err(explained)?;
        plan = plan.union(for_exposure).map_err(explained)?;
    }
    if let Some(knowledge) = graph {
        let demands = knowledge.demands();
        let wanted = demands
            .iter()
            .map(|demand| (&demand.resource_type, demand.attribute.as_ref()));
        let for_graph = Plan::wanting(pack, wanted, &Text::new_static("attack paths")).map_err(explained)?;
        plan = plan.union(for_graph).map_err(explained)?;
    }
    if !inventory {
        return Ok(Arc::new(plan));
    }
    let mut types: Vec<Text> = Vec::new();
    for name in pack.resource_types() {
        let resource_type = pack.resource_type(&name)?;
        let service = &resource_type.recipe.service.name;
        let wanted = selection.service.is_empty() || selection.service.iter().any(|wanted| wanted == service);
        if wanted && resource_type.provider == Provider::Aws {
            types.push(name);
        }
    }
    let everything = Plan::everything(pack, &types).map_err(explained)?;
    plan.union(everything).map(Arc::new).map_err(explained)
}

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &PlanAwsArguments) -> Result<Status, Failed> {
    let pack = knowledge::load(console, &arguments.selection.policies)?;
    let selected = knowledge::select(&pack, &arguments.selection, Some(Provider::Aws))?;
    let graph = arguments
        .graph
        .is_wanted(&arguments.selection, &selected.policies)
        .then(|| graph::knowledge(&pack, None))
        .transpose()?;
    let plan = make(
        &pack,
        &selected,
        &arguments.selection,
        graph.as_deref(),
        arguments.inventory,
    )?;
    let calls = calls::list(&plan);
    let mut text = if arguments.iam_policy {
        iam_policy(console, &calls)?
    } else if arguments.json {
        let json = serde_json::json!({ "calls": calls, "always": plumb_cloud::discovery::ACTIONS });
        serde_json::to_string_pretty(&json).map_err(|error| Diagnostic::error(error.to_string()))?
    } else {
        table(&plan, &calls, &arguments.region, console.width())
    };
    text.push('\n');
    print(&text)?;
    Ok(Status::Clean)
}

fn iam_policy(console: Console, calls: &[PlannedCall]) -> Result<String, Failed> {
    let document = calls::iam_policy(calls, &plumb_cloud::discovery::ACTIONS);
    let length = document.to_string().len();
    if length > LONGEST_MANAGED_POLICY {
        console.show(&[Diagnostic::warning(format!(
            "the policy has {length} characters, more than the {LONGEST_MANAGED_POLICY} of one managed policy"
        ))
        .help("split its statements over two managed policies, or narrow the scan with `--service`")]);
    }
    serde_json::to_string_pretty(&document).map_err(|error| Diagnostic::error(error.to_string()).into())
}

fn table(plan: &Plan, calls: &[PlannedCall], regions: &[String], width: usize) -> String {
    let mut lines = Vec::new();
    let places = match regions.len() {
        0 => "every enabled region".to_owned(),
        1..=3 => regions.join(", "),
        count => format!("{count} regions"),
    };
    let services: BTreeSet<&Text> = calls.iter().map(|call| &call.service).collect();
    lines.push(format!(
        "{} of {} for {}; regional ones go to {places}",
        counted(calls.len() as u64, "operations"),
        counted(services.len() as u64, "services"),
        counted(plan.types.len() as u64, "resource types")
    ));
    let operation_width = calls.iter().map(|call| call.operation.len()).max().unwrap_or(0);
    let frequency_width = calls
        .iter()
        .map(|call| call.frequency.to_string().len())
        .max()
        .unwrap_or(0);
    for service in services {
        lines.push(String::new());
        lines.push(service.to_string());
        for call in calls.iter().filter(|call| call.service == *service) {
            let head = format!(
                "  {:operation_width$}  {:frequency_width$}  ",
                call.operation,
                call.frequency.to_string()
            );
            let indent = " ".repeat(head.chars().count());
            let mut lead = head;
            for need in &call.reads {
                let policies = match need.needed_by.as_slice() {
                    [] => String::new(),
                    [only] => format!("  for {only}"),
                    [first, rest @ ..] => format!("  for {first} and {} more", rest.len()),
                };
                let line = format!("{lead}{}{policies}", need.what);
                lines.push(if line.chars().count() <= width {
                    line
                } else {
                    format!("{lead}{}", need.what)
                });
                lead.clone_from(&indent);
            }
        }
    }
    let per_resource = calls.iter().any(|call| match call.frequency {
        Frequency::PerResource { .. } | Frequency::PerRelated { .. } => true,
        Frequency::PerAccount | Frequency::PerRegion | Frequency::PerBatch { .. } => false,
    });
    lines.push(String::new());
    lines.push(format!(
        "besides, for every account: {}{}",
        plumb_cloud::discovery::ACTIONS.join(", "),
        if per_resource {
            "; pages and retries come on top"
        } else {
            ""
        }
    ));
    lines.push("`--iam-policy` prints the policy that allows exactly these calls, `--json` all that each is needed by".to_owned());
    lines.join("\n")
}
