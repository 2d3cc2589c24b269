//! `plumb paths` and `plumb chokepoints`: attack paths, and the changes that close most of them.

use std::path::Path;

use plumb_graph::near::nearest;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::path::{AttackPath, PathReport};
use plumb_model::report::Report;
use plumb_model::value::Text;
use plumb_report::numbers::counted;
use plumb_report::options::Color;
use plumb_report::{paths_export, svg, terminal};

use crate::VERSION;
use crate::answer::{self, Destination, did_you_mean};
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::graph_arguments::{
    AnswerFormat, ChokepointsArguments, PathFormat, PathsArguments, PathsCommand, PathsFormat,
    PathsListArguments, SourceArguments,
};
use crate::source::{Judging, Source};

/// The fewest digits of an id that name a path.
const SHORTEST_ID: usize = 4;

/// How many ids are proposed in place of an unknown one.
const MOST_NEAR: usize = 3;

/// Runs `plumb paths`.
pub(crate) fn run(console: Console, arguments: &PathsArguments) -> Result<Status, Failed> {
    match &arguments.command {
        Some(PathsCommand::Show {
            id,
            source,
            format,
            output,
        }) => show(console, id, source, *format, output.as_deref()),
        None => list(console, &arguments.list),
    }
}

fn list(console: Console, arguments: &PathsListArguments) -> Result<Status, Failed> {
    let source = &arguments.source;
    let format = answer::format_of(
        arguments.format,
        arguments.output.as_deref(),
        PathsFormat::Terminal,
    )?;
    let destination = Destination::open(arguments.output.as_deref(), source.snapshot.as_deref())?;
    let read = Source::read(console, source, Judging::EveryPolicy)?;
    let gaps = read.gaps.clone();
    let report = read.report();
    let mut paths = report.paths.clone().unwrap_or_default();
    paths.paths.retain(|path| path.risk >= arguments.min_risk);
    if let Some(limit) = arguments.limit {
        leave_out(&mut paths, usize::try_from(limit).unwrap_or(usize::MAX));
    }
    match format {
        PathsFormat::Terminal => {
            let (width, color) = look(console, &destination);
            destination.text(&terminal::paths::list(&paths, width, color))
        }
        PathsFormat::Json => destination.write(|out| paths_export::json(&paths, out)),
        PathsFormat::Html => destination.write(|out| paths_export::html(&paths, head(&report), out)),
        PathsFormat::Dot => destination.text(&paths_export::dot(&paths)),
        PathsFormat::Graphml => destination.text(&paths_export::graphml(&paths)),
    }?;
    match format {
        // They say themselves what they lack.
        PathsFormat::Terminal | PathsFormat::Json | PathsFormat::Html => {}
        PathsFormat::Dot | PathsFormat::Graphml => gaps.warn(console),
    }
    Ok(gaps.status())
}

/// Keeps the riskiest paths and says how many others there are.
fn leave_out(paths: &mut PathReport, limit: usize) {
    let more = paths.paths.len().saturating_sub(limit);
    if more > 0 {
        paths.paths.truncate(limit);
        paths.problems.push(Text::from(format!(
            "`--limit` leaves out {}",
            counted(more as u64, "less risky paths")
        )));
        paths.problems.sort();
    }
}

fn head(report: &Report) -> paths_export::Head<'_> {
    paths_export::Head {
        organization: report.organization.as_deref(),
        assessed_at: &report.assessed_at,
        plumb_version: VERSION,
    }
}

/// Width and colour of what people read: those of the terminal, or plain in a file.
pub(crate) fn look(console: Console, destination: &Destination) -> (usize, Color) {
    if destination.is_stdout() {
        (console.width(), console.stdout_color())
    } else {
        (100, Color::Never)
    }
}

fn show(
    console: Console,
    id: &str,
    source: &SourceArguments,
    format: Option<PathFormat>,
    output: Option<&Path>,
) -> Result<Status, Failed> {
    let format = answer::format_of(format, output, PathFormat::Terminal)?;
    let destination = Destination::open(output, source.snapshot.as_deref())?;
    let read = Source::read(console, source, Judging::EveryPolicy)?;
    let gaps = read.gaps.clone();
    let paths = read.report().paths.unwrap_or_default();
    let path = find(&paths, id)?;
    match format {
        PathFormat::Terminal => {
            let (width, color) = look(console, &destination);
            destination.text(&terminal::paths::show(path, width, color))
        }
        PathFormat::Svg => destination.text(&svg::path(path)),
        PathFormat::Json => {
            let only = PathReport {
                paths: vec![path.clone()],
                choke_points: Vec::new(),
                ..paths
            };
            destination.write(|out| paths_export::json(&only, out))
        }
    }?;
    match format {
        PathFormat::Json => {}
        PathFormat::Terminal | PathFormat::Svg => gaps.warn(console),
    }
    Ok(gaps.status())
}

/// The path with that id, or the only one whose id begins so.
fn find<'p>(paths: &'p PathReport, id: &str) -> Result<&'p AttackPath, Failed> {
    let wanted = id.to_ascii_lowercase();
    let found: Vec<&AttackPath> = paths
        .paths
        .iter()
        .filter(|path| path.id == wanted || (wanted.len() >= SHORTEST_ID && path.id.starts_with(&wanted)))
        .collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let ids = paths.paths.iter().map(|path| path.id.as_str());
            let near: Vec<String> = nearest(&wanted, ids, MOST_NEAR)
                .into_iter()
                .map(str::to_owned)
                .collect();
            Err(Diagnostic::error(format!("no attack path has the id `{id}`"))
                .help(did_you_mean(
                    &near,
                    "`plumb paths` lists all of them with their ids",
                ))
                .into())
        }
        several => {
            let ids: Vec<&str> = several
                .iter()
                .map(|path| path.id.as_str())
                .take(MOST_NEAR)
                .collect();
            let message = format!("{} attack paths have ids that begin with `{id}`", several.len());
            Err(Diagnostic::error(message)
                .help(format!("give more digits: `{}`", ids.join("`, `")))
                .into())
        }
    }
}

/// Runs `plumb chokepoints`.
pub(crate) fn choke_points(console: Console, arguments: &ChokepointsArguments) -> Result<Status, Failed> {
    let source = &arguments.source;
    let (format, destination) = arguments.answer.open(source.snapshot.as_deref())?;
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    let read = Source::read(console, source, Judging::EveryPolicy)?.choking(limit);
    let status = read.gaps.status();
    let mut paths = read.report().paths.unwrap_or_default();
    paths.choke_points.truncate(limit);
    match format {
        AnswerFormat::Terminal => {
            let (width, color) = look(console, &destination);
            destination.text(&terminal::paths::choke_points(&paths, width, color))
        }
        AnswerFormat::Json => destination.write(|out| paths_export::json(&paths, out)),
    }?;
    Ok(status)
}
