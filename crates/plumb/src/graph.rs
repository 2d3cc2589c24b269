//! What the security graph is built by: the knowledge, and what the user says of the estate.

use std::path::Path;
use std::sync::Arc;

use plumb_graph::knowledge::Knowledge;
use plumb_graph::paths::Limits;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::estate::Estate;
use plumb_pack::pack::{Pack, SourceFile};

use crate::VERSION;
use crate::arguments::{GraphArguments, SelectionArguments};
use crate::exit::Failed;
use crate::input_file::read_text;

/// The longest estate file that is read, in bytes.
const MAX_ESTATE: u64 = 4 * 1024 * 1024;

/// Everything that an analysis needs beside policies and frameworks.
pub(crate) fn config(
    pack: &Pack,
    arguments: &GraphArguments,
    selection: &SelectionArguments,
    policies: &[CompiledPolicy],
    organization: Option<&str>,
) -> Result<plumb_engine::Config, Failed> {
    let estate = Arc::new(estate(pack, arguments.estate.as_deref())?);
    let graph = if arguments.is_wanted(selection, policies) {
        Some(knowledge(pack, Some(&estate))?)
    } else {
        None
    };
    Ok(config_of(estate, graph, organization))
}

/// The configuration with what was said of the estate and with the knowledge for a graph, where one is wanted.
pub(crate) fn config_of(
    estate: Arc<Estate>,
    graph: Option<Arc<Knowledge>>,
    organization: Option<&str>,
) -> plumb_engine::Config {
    plumb_engine::Config {
        plumb_version: VERSION.into(),
        organization: organization.map(Into::into),
        estate,
        graph,
        limits: Limits::default(),
    }
}

/// What the graph is built by.
pub(crate) fn knowledge(pack: &Pack, estate: Option<&Arc<Estate>>) -> Result<Arc<Knowledge>, Failed> {
    let estate = estate.cloned().unwrap_or_default();
    Ok(Arc::new(Knowledge::new(pack, estate)?))
}

/// Reads an estate file; without one nothing is said.
pub(crate) fn estate(pack: &Pack, path: Option<&Path>) -> Result<Estate, Failed> {
    let Some(path) = path else {
        return Ok(Estate::default());
    };
    let file = SourceFile {
        path: path.display().to_string(),
        text: read_text(path, MAX_ESTATE)?,
    };
    Ok(Estate::read(&file, pack)?)
}
