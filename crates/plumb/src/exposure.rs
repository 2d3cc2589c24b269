//! `plumb exposure`: from where resources can be reached, on which ports, through what.

use plumb_graph::reachability;
use plumb_graph::whatif::one_called;
use plumb_report::terminal::answers;

use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::graph_arguments::{AnswerFormat, ExposureArguments};
use crate::paths::look;
use crate::source::{Judging, Source};
use crate::whatif;

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &ExposureArguments) -> Result<Status, Failed> {
    let source = &arguments.source;
    let (format, destination) = arguments.answer.open(source.snapshot.as_deref())?;
    let read = Source::read(console, source, Judging::Nothing)?;
    let (gaps, addresses) = (read.gaps.clone(), read.addresses.clone());
    let (_, assembled) = read.assembled();
    let problems = gaps.with_problems(&assembled.graph);
    let (width, color) = look(console, &destination);
    match &arguments.resource {
        Some(name) => {
            let node = one_called(&assembled.graph, addresses.meant(name))
                .map_err(|error| whatif::unknown(&error))?;
            let answer = reachability::of(&assembled, node);
            match format {
                AnswerFormat::Terminal => destination.text(&answers::exposure(&answer, width, color)),
                AnswerFormat::Json => destination.json("exposure", &answer, &problems),
            }
        }
        None => {
            let exposed = reachability::list(&assembled);
            match format {
                AnswerFormat::Terminal => destination.text(&answers::exposed(&exposed, width, color)),
                AnswerFormat::Json => destination.json("exposed", &exposed, &problems),
            }
        }
    }?;
    gaps.warn(console);
    Ok(gaps.status())
}
