//! `plumb drift`: what code declares against what is there.

use std::path::Path;

use plumb_iac::drift::{Live, compare};
use plumb_iac::snapshot::Undeclared;
use plumb_iac::terraform::plan::{self, Written};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::Text;
use plumb_pack::pack::Pack;
use plumb_report::terminal::drift;

use crate::arguments::{CodeArguments, DriftArguments};
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::graph_arguments::AnswerFormat;
use crate::input_file::read_text;
use crate::paths::look;
use crate::{knowledge, scan_code, snapshot_file};

/// The largest state that is looked at.
const MAX_STATE: u64 = 256 << 20;

/// What an answer lacks where code was left out.
const UNREAD: &str = "some of the code could not be read, so what it declares is not compared";

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &DriftArguments) -> Result<Status, Failed> {
    let (format, destination) = arguments.answer.open(arguments.snapshot.as_deref())?;
    let pack = knowledge::load(console, &[])?;
    let declared = CodeArguments {
        path: arguments.code.clone(),
        var: arguments.var.clone(),
        var_file: arguments.var_file.clone(),
        region: arguments.region.clone(),
        workspace: arguments.workspace.clone(),
    };
    let code = read(console, &pack, &declared)?;
    let found = match (&arguments.snapshot, &arguments.state) {
        (Some(path), _) => {
            let accounts = accounts(path)?;
            compare(&code.accounts, &code.sources, Live::Accounts(&accounts))
        }
        (None, Some(path)) => {
            check_state(path)?;
            let written = CodeArguments {
                path: Some(path.clone()),
                var: Vec::new(),
                var_file: Vec::new(),
                ..declared
            };
            let state = read(console, &pack, &written)?;
            compare(&code.accounts, &code.sources, Live::State(&state.accounts))
        }
        (None, None) => compare(&code.accounts, &code.sources, Live::Accounts(&[])),
    };
    let problems: Vec<Text> = (!code.is_whole())
        .then_some(Text::new_static(UNREAD))
        .into_iter()
        .collect();
    let (width, color) = look(console, &destination);
    match format {
        AnswerFormat::Terminal => destination.text(&drift::drift(&found, width, color)),
        AnswerFormat::Json => destination.json("drift", &found, &problems),
    }?;
    if !code.is_whole() {
        console.show(&[Diagnostic::warning(UNREAD)]);
    }
    Ok(match (found.is_none(), code.is_whole()) {
        (false, _) => Status::Findings,
        (true, true) => Status::Clean,
        (true, false) => Status::Incomplete,
    })
}

fn read(console: Console, pack: &Pack, how: &CodeArguments) -> Result<scan_code::Code, Failed> {
    scan_code::read(console, pack, &[], how, Undeclared::Open)
}

/// Whether a file is a state; a plan tells what would be, not what is.
fn check_state(path: &Path) -> Result<(), Failed> {
    let text = read_text(path, MAX_STATE)?;
    let name = path.to_string_lossy();
    let problem = match plan::recognise(&name, &text) {
        Some(Written::State) => return Ok(()),
        Some(Written::Plan) if !text.contains("\"planned_values\"") => return Ok(()),
        Some(Written::Plan) => "is a plan, which tells what would be and not what is",
        None => "is no state of Terraform",
    };
    let help = "`terraform state pull` and `terraform show -json` write the state; a file of it ends in `.tfstate` or `.json`";
    Err(Diagnostic::error(format!("`{name}` {problem}")).help(help).into())
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
