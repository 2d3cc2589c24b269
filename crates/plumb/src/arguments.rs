//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use plumb_model::verdict::Severity;
use plumb_pack::compiled::CompiledPolicy;
use plumb_report::format::{Format, UnknownFormat};

use crate::graph_arguments::{
    CanArguments, ChokepointsArguments, ExposureArguments, GraphCommand, PathsArguments, WhatifArguments,
    WhoCanArguments,
};

/// What every command's help ends with.
const STATUSES: &str = "\
Exit status:
  0  judged, and nothing failed at or above --fail-on
  1  something failed at or above --fail-on
  2  the command line or an input file is wrong
  3  nothing could be scanned: no usable credentials, no account, no code
  4  judged, but coverage is incomplete: something that was asked for could not be read
     (--allow-incomplete makes this 0)";

/// The same of the demonstration.
const DEMO_STATUSES: &str = "\
Exit status:
  0  judged; also where the estate hides something on purpose, which a scan
     would end with 4 for
  1  something failed at or above --fail-on
  2  the command line or an input file is wrong";

/// Reads clouds through their read-only APIs, judges them by policies, and reports what is wrong.
#[derive(Debug, Parser)]
#[command(name = "plumb", version, about, after_help = STATUSES, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Say more on stderr; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub(crate) color: ColorChoice,

    /// Show no progress
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read something, judge it, report
    #[command(subcommand)]
    Scan(ScanCommand),
    /// Correct what fails, where that is safe; shows a diff unless it is told to write
    #[command(subcommand)]
    Fix(FixCommand),
    /// Compare what code declares with what is there: changed attributes, missing and undeclared resources
    Drift(DriftArguments),
    /// Show the calls that a scan would make, and the permissions it needs
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Judge a generated estate; needs no credentials
    #[command(after_help = DEMO_STATUSES)]
    Demo(DemoArguments),
    /// List attack paths, riskiest first; `paths show ID` draws one
    Paths(PathsArguments),
    /// List the changes that take most risk away, each with the paths that it closes
    Chokepoints(ChokepointsArguments),
    /// Tell what would remain of the attack paths after a change; nothing is changed
    Whatif(WhatifArguments),
    /// Tell from where a resource can be reached, on which ports, through what; or list everything exposed
    Exposure(ExposureArguments),
    /// Tell whether somebody may do something, and which statements decide
    Can(CanArguments),
    /// List who may do something with a resource
    WhoCan(WhoCanArguments),
    /// Query the security graph, or write it for other tools
    #[command(subcommand)]
    Graph(GraphCommand),
    /// List, show, check, test and write policies
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Show the attributes of a resource type, with types and the call each comes from
    #[command(after_help = SHOWN_HELP)]
    Schema(SchemaArguments),
    /// Check all knowledge: recipes, policies, frameworks
    #[command(subcommand)]
    Pack(PackCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScanCommand {
    /// Scan AWS accounts with the credentials that the AWS CLI would use
    #[command(after_help = STATUSES)]
    Aws(ScanAwsArguments),
    /// Judge infrastructure code before it is applied: Terraform, OpenTofu, CloudFormation, ARM, Bicep, Kubernetes; offline
    #[command(after_help = STATUSES)]
    Code(ScanCodeArguments),
    /// Judge a snapshot again that `scan --snapshot` wrote; offline
    #[command(after_help = STATUSES)]
    Snapshot(ScanSnapshotArguments),
}

#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("live").required(true).args(["snapshot", "state"])), after_help = DRIFT_HELP)]
pub(crate) struct DriftArguments {
    /// The code; default: the current folder
    #[arg(long, value_name = "PATH")]
    pub(crate) code: Option<PathBuf>,

    /// What is there: a snapshot that `plumb scan aws --snapshot FILE` wrote
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,

    /// What was there when Terraform last looked: a state file
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// The value of a variable or parameter; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    pub(crate) var: Vec<(String, String)>,

    /// A file with values of variables; repeatable, later ones win
    #[arg(long, value_name = "FILE")]
    pub(crate) var_file: Vec<PathBuf>,

    /// The region, where the code does not tell one
    #[arg(long, value_name = "REGION", value_parser = parse_region)]
    pub(crate) region: Option<String>,

    /// The workspace of Terraform; what hangs on it is unknown without
    #[arg(long, value_name = "NAME")]
    pub(crate) workspace: Option<String>,

    #[command(flatten)]
    pub(crate) answer: crate::graph_arguments::AnswerArguments,
}

/// What `plumb drift` compares.
const DRIFT_HELP: &str = "\
Only what the code says is compared: an attribute that nobody wrote may have
any value. With --snapshot, resources are found by the identity or the name
that the code gives them; what only the cloud names is found with --state, by
its address.

Exit status: 0 as declared; 1 drift; 2 the command line or an input file is
wrong; 3 there is no code; 4 as declared, but some of the code could not be read";

/// How corrections end.
const FIX_HELP: &str = "\
Exit status: 0 corrected what can be, or there is nothing to correct; 2 the
command line or an input file is wrong; 3 there is no code; 4 the same as 0,
but some of the code could not be read";

/// How what shows or writes something ends.
const SHOWN_HELP: &str = "Exit status: 0 shown or written; 2 the command line or an input file is wrong";

/// How checks end.
const LINT_HELP: &str = "Exit status: 0 no errors; 2 errors, or the command line is wrong";

/// How tests end.
const TEST_HELP: &str =
    "Exit status: 0 all passed; 1 some failed; 2 the command line or an input file is wrong";

#[derive(Debug, Subcommand)]
pub(crate) enum FixCommand {
    /// Correct Terraform and CloudFormation source, comments and layout kept; every correction is tried first
    #[command(after_help = FIX_HELP)]
    Code(FixCodeArguments),
}

#[derive(Debug, Args)]
pub(crate) struct FixCodeArguments {
    #[command(flatten)]
    pub(crate) code: CodeArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,

    /// Write the files; without it the changes are shown as a diff only
    #[arg(long)]
    pub(crate) write: bool,

    /// Make also those corrections that do more than they say, such as replacing a resource
    #[arg(long)]
    pub(crate) with_caution: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PlanCommand {
    /// The calls of `plumb scan aws` with the same selectors
    #[command(after_help = SHOWN_HELP)]
    Aws(PlanAwsArguments),
}

/// What is judged, and by that what is called.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to judge")]
pub(crate) struct SelectionArguments {
    /// Only this policy: a name, an alias (`CKV_AWS_19`), or a pattern with `*`; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Vec<String>,

    /// Only policies of this framework, for example `cis-aws-5.0`; repeatable
    #[arg(long, value_name = "ID")]
    pub(crate) framework: Vec<String>,

    /// Only policies of this service, for example `s3`; repeatable
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Vec<String>,

    /// A file or folder with policies of your own; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) policies: Vec<PathBuf>,
}

/// Whether the security graph is built, and what the user says of the estate.
#[derive(Debug, Args)]
#[command(next_help_heading = "Risk and attack paths")]
pub(crate) struct GraphArguments {
    /// Whether to build the security graph, from which come exposure, attack paths and the risk of each finding;
    /// `auto`: unless --policy, --framework or --service narrows what is read; also where --policy or --framework selects
    /// a policy that forbids attack paths; of code only with `always`
    #[arg(long, value_enum, default_value_t = Paths::Auto, value_name = "WHEN")]
    pub(crate) paths: Paths,

    /// A file that says who owns the accounts, what they are for, what is precious and which risks are accepted
    #[arg(long, value_name = "FILE")]
    pub(crate) estate: Option<PathBuf>,
}

/// Whether to build the security graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Paths {
    /// Unless what is read is narrowed.
    Auto,
    /// Read what it needs, too.
    Always,
    /// Leave it out.
    Never,
}

impl GraphArguments {
    /// Whether a scan with this selection builds the graph.
    ///
    /// A service is named to read less; policies and frameworks are named to be judged, with what that takes.
    pub(crate) fn is_wanted(&self, selection: &SelectionArguments, policies: &[CompiledPolicy]) -> bool {
        let narrowed =
            !selection.policy.is_empty() || !selection.framework.is_empty() || !selection.service.is_empty();
        let asked_for = selection.service.is_empty() && policies.iter().any(|policy| policy.path().is_some());
        match self.paths {
            Paths::Auto => !narrowed || asked_for,
            Paths::Always => true,
            Paths::Never => false,
        }
    }
}

/// What is reported, where, and what the exit status says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub(crate) struct ReportArguments {
    /// terminal, json, jsonl, csv, html, ocsf, sarif, junit, markdown, github (annotations) or gitlab (Code Quality); repeatable:
    /// each --output takes in order the first that its ending allows; one that no file takes goes to stdout
    #[arg(long, value_name = "FORMAT", value_parser = parse_format)]
    pub(crate) format: Vec<Format>,

    /// Write a report to this file; where no --format is left that its ending allows, the ending decides
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,

    /// Exit with status 1 when a policy of this severity or worse fails
    #[arg(long, value_name = "SEVERITY", value_parser = parse_severity)]
    pub(crate) fail_on: Option<Severity>,

    /// Exit with status 0 although something could not be read
    #[arg(long)]
    pub(crate) allow_incomplete: bool,

    /// The name of the organization, for the report's head
    #[arg(long, value_name = "NAME")]
    pub(crate) organization: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Which account")]
pub(crate) struct AwsArguments {
    /// A profile of the AWS configuration; repeatable for several accounts
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Vec<String>,

    /// The ARN of a role to assume first; repeatable for several accounts
    #[arg(long, value_name = "ARN")]
    pub(crate) role: Vec<String>,

    /// The external id that the role asks for
    #[arg(long, value_name = "ID", requires = "role")]
    pub(crate) external_id: Option<String>,

    /// Only this region; repeatable; default: every region the account has enabled
    #[arg(long, value_name = "REGION", value_parser = parse_region)]
    pub(crate) region: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ScanAwsArguments {
    #[command(flatten)]
    pub(crate) aws: AwsArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) graph: GraphArguments,
    #[command(flatten)]
    pub(crate) report: ReportArguments,
    #[command(flatten)]
    pub(crate) effort: EffortArguments,

    /// Keep what was read in this file, to judge it again; compressed when it ends in `.zst`
    #[arg(long, value_name = "FILE", help_heading = "Snapshot")]
    pub(crate) snapshot: Option<PathBuf>,

    /// Read everything the recipes of the selected services can read, not only what policies need
    #[arg(long, requires = "snapshot", help_heading = "Snapshot")]
    pub(crate) inventory: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Effort")]
pub(crate) struct EffortArguments {
    /// Requests under way at once in one account
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) concurrency: u16,

    /// Accounts that are read at once; memory holds as many
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) accounts_at_once: u16,

    /// Take a request for unanswered after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub(crate) request_timeout: u16,

    /// Stop reading after so many seconds and report what is there
    #[arg(long, value_name = "SECONDS")]
    pub(crate) timeout: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct ScanSnapshotArguments {
    /// The snapshot
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) graph: GraphArguments,
    #[command(flatten)]
    pub(crate) report: ReportArguments,
}

/// Which code, and how it is applied.
#[derive(Debug, Args)]
pub(crate) struct CodeArguments {
    /// A folder, or one file of it; default: the current folder. Nothing outside of it is read
    pub(crate) path: Option<PathBuf>,

    /// The value of a variable or parameter; repeatable; wins over all files
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable, help_heading = "How it is applied")]
    pub(crate) var: Vec<(String, String)>,

    /// A file with values of variables; repeatable, later ones win
    #[arg(long, value_name = "FILE", help_heading = "How it is applied")]
    pub(crate) var_file: Vec<PathBuf>,

    /// The region, where the code does not tell one
    #[arg(long, value_name = "REGION", value_parser = parse_region, help_heading = "How it is applied")]
    pub(crate) region: Option<String>,

    /// The workspace of Terraform; what hangs on it is unknown without
    #[arg(long, value_name = "NAME", help_heading = "How it is applied")]
    pub(crate) workspace: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ScanCodeArguments {
    #[command(flatten)]
    pub(crate) code: CodeArguments,
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) graph: GraphArguments,
    #[command(flatten)]
    pub(crate) report: ReportArguments,
    #[command(flatten)]
    pub(crate) focus: FocusArguments,
}

/// Which failures are asked about, and count for --fail-on.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which failures count")]
pub(crate) struct FocusArguments {
    /// Only failures that this file has not: one of --write-baseline, or an earlier report as JSON, JSONL or SARIF
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Write the failures that nobody accepted to this file, for --baseline of later runs
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,

    /// Only failures that a change touches: what differs from where the work left BASE, a branch, tag or commit of git
    #[arg(long, value_name = "BASE")]
    pub(crate) diff: Option<String>,

    /// With --diff: read and judge only what the change can touch, so that the time follows the change
    #[arg(long, requires = "diff")]
    pub(crate) changed: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PlanAwsArguments {
    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) graph: GraphArguments,

    /// Only these regions count; repeatable
    #[arg(long, value_name = "REGION", value_parser = parse_region)]
    pub(crate) region: Vec<String>,

    /// Print the IAM policy document that allows exactly these calls
    #[arg(long)]
    pub(crate) iam_policy: bool,

    /// Plan for everything the recipes of the selected services can read
    #[arg(long)]
    pub(crate) inventory: bool,

    /// Print the plan as JSON
    #[arg(long, conflicts_with = "iam_policy")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Number of AWS accounts; four in five are production
    #[arg(long, value_name = "N", default_value_t = plumb_demo::DEFAULT_ACCOUNTS,
        value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) accounts: u32,

    /// Number of resources in the whole estate; default: what the accounts of the example have
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=100_000_000))]
    pub(crate) resources: Option<u64>,

    /// Another estate of the same kind
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Write the estate as a snapshot too; compressed when it ends in `.zst`
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) selection: SelectionArguments,
    #[command(flatten)]
    pub(crate) graph: GraphArguments,
    #[command(flatten)]
    pub(crate) report: ReportArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// List policies
    #[command(after_help = SHOWN_HELP)]
    List {
        #[command(flatten)]
        selection: SelectionArguments,
        /// Print JSON lines
        #[arg(long)]
        json: bool,
    },
    /// Show one policy: what it asks, why, how to mend it, which controls ask for it
    #[command(after_help = SHOWN_HELP)]
    Show {
        /// A name or an alias
        name: String,
        /// A file or folder with policies of your own; repeatable
        #[arg(long, value_name = "PATH")]
        policies: Vec<PathBuf>,
    },
    /// Check policies of your own: syntax, types, attributes
    #[command(after_help = LINT_HELP)]
    Lint {
        /// Files or folders
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Run the tests that policies carry
    #[command(after_help = TEST_HELP)]
    Test {
        /// Files or folders; without any the built-in policies
        paths: Vec<PathBuf>,
        /// Only policies with this name, alias or pattern; repeatable
        #[arg(long, value_name = "NAME")]
        policy: Vec<String>,
    },
    /// Write a new policy to start from
    #[command(after_help = SHOWN_HELP)]
    New {
        /// The requirement in kebab-case, for example `s3-bucket-versioning-enabled`
        name: String,
        /// The resource type it judges
        #[arg(long, value_name = "TYPE")]
        resource_type: String,
        /// Where to write it; default: `<name>.yaml` here; `-` for stdout
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// The resource type, for example `aws_s3_bucket`; without it all types are listed
    pub(crate) resource_type: Option<String>,

    /// Show members down to this depth
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) depth: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Check recipes, policies and frameworks against the API models and each other
    #[command(after_help = LINT_HELP)]
    Lint,
    /// Run all tests: those of policies, and recipes against recorded answers
    #[command(after_help = TEST_HELP)]
    Test {
        /// A folder of knowledge to test; default: the built-in one, without recorded answers
        #[arg(long, value_name = "PATH")]
        knowledge: Option<PathBuf>,
    },
}

fn parse_format(text: &str) -> Result<Format, String> {
    text.parse().map_err(|error: UnknownFormat| error.to_string())
}

pub(crate) fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.to_owned())),
        Some(_) | None => Err("variables are given as `NAME=VALUE`".to_owned()),
    }
}

pub(crate) fn parse_region(text: &str) -> Result<String, String> {
    if plumb_cloud::session::is_region_name(text) {
        Ok(text.to_owned())
    } else {
        Err("regions look like `eu-central-1`".to_owned())
    }
}

fn parse_severity(text: &str) -> Result<Severity, String> {
    text.parse()
        .map_err(|error: plumb_model::verdict::UnknownSeverity| error.to_string())
}
