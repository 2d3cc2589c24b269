//! `plumb graph query` and `plumb graph export`: the graph by patterns, and for other tools.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use plumb_graph::export::export;
use plumb_graph::knowledge::Knowledge;
use plumb_graph::query::{Index, Limits, Query, Vocabulary};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;
use plumb_report::rows;

use crate::answer::{self, Destination};
use crate::console::Console;
use crate::exit::{Failed, Status, file_error};
use crate::graph_arguments::{Export, GraphCommand, RowsFormat, SourceArguments, parse_export};
use crate::source::{Judging, Source};
use crate::whole_file::WholeFile;

/// What a query is called in messages.
const QUERY: &str = "<query>";

/// Runs the command.
pub(crate) fn run(console: Console, command: &GraphCommand) -> Result<Status, Failed> {
    match command {
        GraphCommand::Query {
            query,
            source,
            format,
            output,
        } => ask(console, query, source, *format, output.as_deref()),
        GraphCommand::Export {
            source,
            format,
            output,
        } => write_out(console, source, *format, output.as_deref()),
    }
}

fn write_out(
    console: Console,
    source: &SourceArguments,
    format: Option<Export>,
    output: Option<&Path>,
) -> Result<Status, Failed> {
    match answer::format_by(format, output, |ending| parse_export(ending).ok())? {
        Some(Export::Text(format)) => {
            let destination = Destination::open(output, source.snapshot.as_deref())?;
            let read = Source::read(console, source, Judging::Nothing)?;
            let gaps = read.gaps.clone();
            let (_, assembled) = read.assembled();
            destination.write(|mut out| export(&assembled.graph, format, &mut out))?;
            gaps.warn(console);
            Ok(gaps.status())
        }
        Some(Export::Parquet) => parquet(console, source, output),
        None if output.is_some() => Err(answer::unknown_ending(output)),
        None => Err(Diagnostic::error("the graph has no format for people")
            .help("name one with `--format`: graphml, cypher, dot, jsonl or parquet")
            .into()),
    }
}

fn ask(
    console: Console,
    text: &str,
    source: &SourceArguments,
    format: Option<RowsFormat>,
    output: Option<&Path>,
) -> Result<Status, Failed> {
    let format = answer::format_of(format, output, RowsFormat::Terminal)?;
    let query = Query::parse(QUERY, text)?;
    let destination = Destination::open(output, source.snapshot.as_deref())?;
    let read = Source::read(console, source, Judging::Nothing)?;
    let gaps = read.gaps.clone();
    let (knowledge, assembled) = read.assembled();
    let index = Index::new(&assembled.graph);
    let table = query.run(&index, &vocabulary(&knowledge), &Limits::default())?;
    match format {
        RowsFormat::Terminal => destination.text(&rows::table(&table.columns, &table.rows)),
        RowsFormat::Json => {
            let problems = gaps.with_problems(&assembled.graph);
            destination.write(|out| rows::json(&table.columns, &table.rows, &problems, out))
        }
        RowsFormat::Csv => destination.write(|out| rows::csv(&table.columns, &table.rows, out)),
    }?;
    // An empty answer from a graph with gaps does not say that nothing is there.
    let problems = assembled.graph.problems.len();
    if table.rows.is_empty() && problems > 0 {
        let problems = match problems {
            1 => "1 problem".to_owned(),
            several => format!("{several} problems"),
        };
        let message = format!("nothing matches; {problems} left something out of the graph");
        console.show(&[Diagnostic::warning(message).help("`plumb paths` names what was left out")]);
    }
    gaps.warn(console);
    Ok(gaps.status())
}

/// Every name that the knowledge has, so that a query may use those that the graph happens to lack.
fn vocabulary(knowledge: &Knowledge) -> Vocabulary {
    let mut labels: BTreeMap<Text, Text> = BTreeMap::new();
    let mut relations: BTreeSet<Text> = BTreeSet::new();
    for known in knowledge.types() {
        for alias in &known.aliases {
            labels.entry(alias.clone()).or_insert_with(|| known.name.clone());
        }
        let of_type = known.recipe.relations.iter();
        relations.extend(of_type.map(|relation| relation.label.clone()));
    }
    // A type's own name always means the type.
    labels.extend(
        knowledge
            .types()
            .map(|known| (known.name.clone(), known.name.clone())),
    );
    Vocabulary { labels, relations }
}

fn parquet(console: Console, source: &SourceArguments, output: Option<&Path>) -> Result<Status, Failed> {
    let Some(output) = output else {
        return Err(Diagnostic::error("parquet is two files and cannot go to stdout")
            .help("name them with `--output graph.parquet`: `graph.nodes.parquet` and `graph.edges.parquet`")
            .into());
    };
    let (nodes, edges) = (named(output, "nodes"), named(output, "edges"));
    let open = |path: &Path| {
        WholeFile::create(path).map_err(|error| Failed::from(file_error("write", path, &error)))
    };
    let mut files = (open(&nodes)?, open(&edges)?);
    let read = Source::read(console, source, Judging::Nothing)?;
    let gaps = read.gaps.clone();
    let (_, assembled) = read.assembled();
    let failed = |path: &Path, error: &dyn std::error::Error| {
        let cause = error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string);
        file_error("write", path, &io::Error::other(cause))
    };
    plumb_parquet::write_nodes(&assembled.graph, BufWriter::new(&mut files.0))
        .map_err(|error| failed(&nodes, &error))?;
    plumb_parquet::write_edges(&assembled.graph, BufWriter::new(&mut files.1))
        .map_err(|error| failed(&edges, &error))?;
    for (file, path) in [(files.0, &nodes), (files.1, &edges)] {
        file.finish().map_err(|error| file_error("write", path, &error))?;
    }
    gaps.warn(console);
    Ok(gaps.status())
}

/// `graph.parquet` with a part becomes `graph.nodes.parquet`.
fn named(output: &Path, part: &str) -> PathBuf {
    let stem = output
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let stem = stem.strip_suffix(".parquet").unwrap_or(&stem);
    output.with_file_name(format!("{stem}.{part}.parquet"))
}
