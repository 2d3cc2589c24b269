//! The command line of the security graph: paths, choke points, exposure, permissions, queries.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use plumb_graph::export::ExportFormat;

/// What the help of every question ends with.
const SOURCE_HELP: &str = "\
A live account is scanned once and asked as often as you like:
  plumb scan aws --snapshot today.plumb.zst
  plumb paths --snapshot today.plumb.zst

Exit status: 0 answered; 2 the command line or an input file is wrong;
3 there is no code; 4 answered, but part of the snapshot or the code is not
understood: resource types or blocks that this version does not know, files
that cannot be read, documents that contradict each other";

/// How a change is named.
const WHATIF_HELP: &str = "\
What --remove takes away:
  RESOURCE#ATTRIBUTE  facts of a resource under that attribute, as
                      `plumb chokepoints` names them, for example
                      arn:aws:s3:::bucket#policy statement Public
  RESOURCE#           the facts that are named by no attribute
  RESOURCE            every fact of the resource
  FROM -> TO          every step between two resources, by uid or by a name
                      that only one has; `FROM -[can_assume]-> TO` only steps
                      of that kind

What --fix takes away:
  POLICY@RESOURCE     the facts of the resource under the attributes that the
                      policy reads; where none is under these, all its facts
                      if the policy reads what opens or closes it, else none
  FINGERPRINT         the same for a finding, by the 32 digits that the formats
                      jsonl and csv of a scan show

Nothing is changed anywhere. A step is taken to fall with any of the facts
that it rests on; where another rule or statement allows the same, more
remains than is said.

A live account is scanned once and asked as often as you like:
  plumb scan aws --snapshot today.plumb.zst

Exit status: 0 answered; 2 the command line or an input file is wrong;
3 there is no code; 4 answered, but part of the snapshot or the code is not
understood: resource types or blocks that this version does not know, files
that cannot be read, documents that contradict each other";

/// What queries are made of.
const QUERY_HELP: &str = "\
Labels of nodes: a resource type, as `plumb schema` lists them, or a kind:
network, workload, identity, data, secret, key, front, other.
What is outside is found by its uid:
(n {uid: 'internet'}), (n {uid: 'credentials'}), (n {uid: 'account:123456789012'}).

Properties of nodes: uid, type, title, kind, name, provider, account, region,
sensitivity, label, exposure.

Types of relationships: reaches, runs_as, can_assume, can_escalate_to, holds,
can_read, can_write, can_administer, and the relations of resources to each
other, such as encrypted_with; `relation` is any of those.
Properties of relationships: type, kind, how, certainty, cost, conditions.

For example, what is open to the internet, and what lies three steps behind it:
  MATCH (n) WHERE n.exposure = 'wide' RETURN n.title, n.name, n.account
  MATCH (w:workload)-[*1..3]->(d:data) WHERE w.exposure = 'wide'
    RETURN DISTINCT w.name, d.name LIMIT 20
  MATCH (a)-[r]->(b {name: 'customers'}) RETURN DISTINCT a.name, r.type, r.how

Exit status: 0 answered; 2 the command line, the query or an input file is
wrong; 3 there is no code; 4 answered, but part of the snapshot or the code
is not understood";

/// What permissions are asked by.
const CAN_HELP: &str = "\
A principal is named by its ARN or name, or is `internet` for anybody (with an
account of their own or without credentials), `anonymous` for anybody without
credentials, an account number for any principal of that account whose own
policies permit, or a service: lambda.amazonaws.com.

A resource is named by its uid, ARN or name; by the ARN of something inside
of it (arn:aws:s3:::bucket/key); by any other ARN; or it is `*`, for actions
without a resource. With --code both may be named by their address in the code.

What a request brings is left open unless --context says it: an answer that
hangs on it is `allowed if`. Requests are taken to be encrypted
(aws:SecureTransport=true) unless --context says otherwise.

For example:
  plumb can internet s3:GetObject arn:aws:s3:::bucket/key --snapshot FILE
  plumb can deployer iam:PassRole admin --snapshot FILE \\
    --context iam:PassedToService=lambda.amazonaws.com
  plumb who-can secretsmanager:GetSecretValue database-password --snapshot FILE

A live account is scanned once and asked as often as you like:
  plumb scan aws --snapshot today.plumb.zst

Exit status of `can`: 0 allowed, perhaps under conditions; 1 denied;
2 the command line or an input file is wrong; 3 there is no code; 4 unknown,
because something that decides was not read. `who-can` ends with 0, 2, 3, or
4 where part of the snapshot or the code is not understood.";

/// Where the graph comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to ask about")]
#[command(group(ArgGroup::new("source").required(true).args(["snapshot", "demo", "code"])))]
pub(crate) struct SourceArguments {
    /// A snapshot that `plumb scan aws --snapshot FILE` wrote
    #[arg(long, value_name = "FILE")]
    pub(crate) snapshot: Option<PathBuf>,

    /// The generated estate of `plumb demo`; needs no credentials
    #[arg(long)]
    pub(crate) demo: bool,

    /// Infrastructure code: what applying it would make, as `plumb scan code` reads it
    #[arg(long, value_name = "PATH")]
    pub(crate) code: Option<PathBuf>,

    /// With --code: the value of a variable or parameter; repeatable
    #[arg(long, value_name = "NAME=VALUE", requires = "code", conflicts_with_all = ["snapshot", "demo"], value_parser = crate::arguments::parse_variable)]
    pub(crate) var: Vec<(String, String)>,

    /// With --code: a file with values of variables; repeatable, later ones win
    #[arg(long, value_name = "FILE", requires = "code", conflicts_with_all = ["snapshot", "demo"])]
    pub(crate) var_file: Vec<PathBuf>,

    /// With --code: the region, where the code does not tell one
    #[arg(long, value_name = "REGION", requires = "code", conflicts_with_all = ["snapshot", "demo"], value_parser = crate::arguments::parse_region)]
    pub(crate) region: Option<String>,

    /// With --code: the workspace of Terraform
    #[arg(long, value_name = "NAME", requires = "code", conflicts_with_all = ["snapshot", "demo"])]
    pub(crate) workspace: Option<String>,

    /// With --demo: number of AWS accounts
    #[arg(long, value_name = "N", requires = "demo", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) accounts: Option<u32>,

    /// With --demo: another estate of the same kind
    #[arg(long, value_name = "N", requires = "demo")]
    pub(crate) seed: Option<u64>,

    /// A file that says who owns the accounts, what they are for and what is precious
    #[arg(long, value_name = "FILE")]
    pub(crate) estate: Option<PathBuf>,

    /// A file or folder with policies and knowledge of your own; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) policies: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = SOURCE_HELP)]
pub(crate) struct PathsArguments {
    #[command(subcommand)]
    pub(crate) command: Option<PathsCommand>,

    #[command(flatten)]
    pub(crate) list: PathsListArguments,
}

#[derive(Debug, Args)]
pub(crate) struct PathsListArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,

    /// How to write them; default: as the ending of the file tells, terminal on stdout
    #[arg(long, help_heading = "Answer", value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<PathsFormat>,

    /// Write to this file; default: stdout
    #[arg(short, long, help_heading = "Answer", value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Only paths of this risk or more, 0 to 100
    #[arg(long, help_heading = "Answer", value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=100))]
    pub(crate) min_risk: u8,

    /// At most so many paths, riskiest first
    #[arg(long, help_heading = "Answer", value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
}

/// How paths are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PathsFormat {
    /// For people.
    Terminal,
    /// One JSON document.
    Json,
    /// One self-contained page.
    Html,
    /// For Graphviz.
    Dot,
    /// For graph tools.
    Graphml,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PathsCommand {
    /// Draw one attack path with all its evidence
    #[command(after_help = SOURCE_HELP)]
    Show {
        /// Its id, twelve digits, as `plumb paths` lists it; the first four are enough where no other path has them
        id: String,
        #[command(flatten)]
        source: SourceArguments,
        /// How to draw it; default: as the ending of the file tells, terminal on stdout
        #[arg(long, help_heading = "Answer", value_enum, value_name = "FORMAT")]
        format: Option<PathFormat>,
        /// Write to this file; default: stdout
        #[arg(short, long, help_heading = "Answer", value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// How one path is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PathFormat {
    /// For people.
    Terminal,
    /// A drawing.
    Svg,
    /// One JSON document.
    Json,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For people.
    Terminal,
    /// One JSON document.
    Json,
}

/// How an answer is written, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Answer")]
pub(crate) struct AnswerArguments {
    /// How to write the answer; default: as the ending of the file tells, terminal on stdout
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<AnswerFormat>,

    /// Write to this file; default: stdout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = SOURCE_HELP)]
pub(crate) struct ChokepointsArguments {
    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,

    /// At most so many, best first
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
#[command(after_help = WHATIF_HELP)]
#[command(group(ArgGroup::new("change").required(true).multiple(true).args(["remove", "fix"])))]
pub(crate) struct WhatifArguments {
    /// Take away a fact or a step, see below; repeatable
    #[arg(long, value_name = "FACT|EDGE")]
    pub(crate) remove: Vec<String>,

    /// Take away what a finding speaks of, see below; repeatable
    #[arg(long, value_name = "FINDING")]
    pub(crate) fix: Vec<String>,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

#[derive(Debug, Args)]
#[command(after_help = SOURCE_HELP)]
pub(crate) struct ExposureArguments {
    /// A uid, a name that only one resource has, or with `--code` an address in the code; without it a table of everything that is exposed, widest first
    pub(crate) resource: Option<String>,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

#[derive(Debug, Args)]
#[command(after_help = CAN_HELP)]
pub(crate) struct CanArguments {
    /// Who asks, see below
    pub(crate) who: String,
    /// The action, for example `s3:GetObject`
    pub(crate) action: String,
    /// On what, see below
    pub(crate) resource: String,

    /// A condition key of the request with its value, for example `aws:SourceIp=203.0.113.9`; repeatable, with one key for
    /// several values; `KEY=` says that the request does not have it
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

#[derive(Debug, Args)]
#[command(after_help = CAN_HELP)]
pub(crate) struct WhoCanArguments {
    /// The action, for example `s3:GetObject`
    pub(crate) action: String,
    /// On what, see below
    pub(crate) resource: String,

    /// A condition key of the request with its value; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,

    #[command(flatten)]
    pub(crate) source: SourceArguments,
    #[command(flatten)]
    pub(crate) answer: AnswerArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GraphCommand {
    /// Find what matches a pattern: `MATCH (role)-[:can_read]->(d:data) RETURN DISTINCT role.name, d.name`
    #[command(after_help = QUERY_HELP)]
    Query {
        /// The query, in a subset of openCypher, see below; docs/specs/graph-query.md has the whole language
        query: String,
        #[command(flatten)]
        source: SourceArguments,
        /// How to write the rows; default: as the ending of the file tells, terminal on stdout
        #[arg(long, help_heading = "Answer", value_enum, value_name = "FORMAT")]
        format: Option<RowsFormat>,
        /// Write to this file; default: stdout
        #[arg(short, long, help_heading = "Answer", value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Write the whole graph for other tools
    #[command(after_help = SOURCE_HELP)]
    Export {
        #[command(flatten)]
        source: SourceArguments,
        /// graphml, cypher, dot, jsonl or parquet; default: as the ending of the file tells
        #[arg(long, help_heading = "Answer", value_name = "FORMAT", value_parser = parse_export)]
        format: Option<Export>,
        /// Write to this file; default: stdout. Parquet needs it: `graph.parquet` becomes `graph.nodes.parquet` and
        /// `graph.edges.parquet`
        #[arg(short, long, help_heading = "Answer", value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// How the rows of a query are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowsFormat {
    /// A table for people.
    Terminal,
    /// One JSON document.
    Json,
    /// RFC 4180.
    Csv,
}

/// How the graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Export {
    /// As one text.
    Text(ExportFormat),
    /// As two files, one of nodes and one of edges.
    Parquet,
}

/// The format of an export, by its name.
pub(crate) fn parse_export(text: &str) -> Result<Export, String> {
    if text == "parquet" {
        return Ok(Export::Parquet);
    }
    text.parse()
        .map(Export::Text)
        .map_err(|_| format!("unknown format `{text}`; expected graphml, cypher, dot, jsonl or parquet"))
}
