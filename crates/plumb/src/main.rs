//! The `plumb` command: arguments, environment, wiring.

mod action;
mod addresses;
#[cfg(test)]
mod agreement;
mod answer;
mod arguments;
mod code_change;
mod code_file;
mod code_judge;
mod code_policies;
mod code_tree;
mod code_unjudged;
mod console;
mod demo;
mod drift;
mod exit;
mod exposure;
mod fix_code;
mod gaps;
mod git;
mod graph;
mod graph_arguments;
mod graph_tools;
mod input_file;
mod knowledge;
mod output;
mod pack;
mod paths;
mod permission;
mod plan;
mod policy;
mod scan_aws;
mod scan_code;
mod scan_snapshot;
mod schema;
mod shown_text;
mod snapshot_file;
mod source;
mod targets;
mod whatif;
mod whole_file;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command, FixCommand, PlanCommand, ScanCommand};
use crate::console::Console;

/// Documents are millions of small allocations, made on one thread and dropped on another; see ADR 0004.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The version that reports and snapshots name.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let console = Console::new(&arguments);
    log(arguments.verbose);
    let result = match &arguments.command {
        Command::Scan(ScanCommand::Aws(arguments)) => scan_aws::run(console, arguments),
        Command::Scan(ScanCommand::Code(arguments)) => scan_code::run(console, arguments),
        Command::Scan(ScanCommand::Snapshot(arguments)) => scan_snapshot::run(console, arguments),
        Command::Drift(arguments) => drift::run(console, arguments),
        Command::Fix(FixCommand::Code(arguments)) => fix_code::run(console, arguments),
        Command::Plan(PlanCommand::Aws(arguments)) => plan::run(console, arguments),
        Command::Demo(arguments) => demo::run(console, arguments),
        Command::Paths(arguments) => paths::run(console, arguments),
        Command::Chokepoints(arguments) => paths::choke_points(console, arguments),
        Command::Whatif(arguments) => whatif::run(console, arguments),
        Command::Exposure(arguments) => exposure::run(console, arguments),
        Command::Can(arguments) => permission::can(console, arguments),
        Command::WhoCan(arguments) => permission::who_can(console, arguments),
        Command::Graph(command) => graph_tools::run(console, command),
        Command::Policy(command) => policy::run(console, command),
        Command::Schema(arguments) => schema::run(console, arguments),
        Command::Pack(command) => pack::run(console, command),
    };
    match result {
        Ok(status) => status.into(),
        Err(failed) => {
            console.show(&failed.diagnostics);
            failed.status.into()
        }
    }
}

/// Logs of Plumb's own crates to stderr; `PLUMB_LOG` takes the filters of tracing-subscriber.
fn log(verbose: u8) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("PLUMB_LOG").unwrap_or_else(|_| {
        tracing_subscriber::EnvFilter::new(match verbose {
            0 => "error",
            1 => "plumb=info,plumb_collect=info,plumb_cloud=info",
            _ => "plumb=debug,plumb_collect=debug,plumb_cloud=debug",
        })
    });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
}
