//! `plumb drift`: what code declares against what is there.

use std::path::Path;

use plumb_iac::drift::{Live, compare};
use plumb_iac::snapshot::Undeclared;
use plumb_model::snapshot::AccountSnapshot;
use plumb_pack::pack::Pack;
use plumb_report::terminal::drift;

use crate::answer::Destination;
use crate::arguments::{CodeArguments, DriftArguments};
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::graph_arguments::AnswerFormat;
use crate::paths::look;
use crate::{knowledge, scan_code, snapshot_file};

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &DriftArguments) -> Result<Status, Failed> {
    let destination = Destination::open(arguments.answer.output.as_deref(), arguments.snapshot.as_deref())?;
    let pack = knowledge::load(console, &[])?;
    let code = read(console, &pack, arguments.code.clone(), arguments.var.clone())?;
    let found = match (&arguments.snapshot, &arguments.state) {
        (Some(path), _) => {
            let accounts = accounts(path)?;
            compare(&code.accounts, &code.sources, Live::Accounts(&accounts))
        }
        (None, Some(path)) => {
            let state = read(console, &pack, Some(path.clone()), Vec::new())?;
            compare(&code.accounts, &code.sources, Live::State(&state.accounts))
        }
        (None, None) => compare(&code.accounts, &code.sources, Live::Accounts(&[])),
    };
    let (width, color) = look(console, &destination);
    match arguments.answer.format {
        AnswerFormat::Terminal => destination.text(&drift::drift(&found, width, color)),
        AnswerFormat::Json => destination.json("drift", &found),
    }?;
    Ok(if found.is_none() {
        Status::Clean
    } else {
        Status::Findings
    })
}

fn read(
    console: Console,
    pack: &Pack,
    path: Option<std::path::PathBuf>,
    var: Vec<(String, String)>,
) -> Result<scan_code::Code, Failed> {
    let how = CodeArguments {
        path,
        var,
        var_file: Vec::new(),
        region: None,
    };
    scan_code::read(console, pack, &[], &how, Undeclared::Open)
}

fn accounts(path: &Path) -> Result<Vec<AccountSnapshot>, Failed> {
    let failed = |error| snapshot_file::read_error(path, &error);
    let mut reader = snapshot_file::open(path)?;
    let mut accounts = Vec::new();
    while let Some(raw) = reader.next_account().map_err(failed)? {
        accounts.push(raw.parse().map_err(failed)?);
    }
    Ok(accounts)
}
