//! `plumb scan code`: judge infrastructure code before it is applied.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_engine::Analyzer;
use plumb_iac::files::Files;
use plumb_iac::fix::correct;
use plumb_iac::locate::spot;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::place::Sources;
use plumb_iac::scan::{Options, scan};
use plumb_iac::snapshot::{CodeAccount, Undeclared, accounts};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::Report;
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::fix::Fixes;
use plumb_pack::mapping::Language;
use plumb_pack::pack::Pack;
use rayon::prelude::*;

use crate::arguments::{CodeArguments, Paths, ScanCodeArguments};
use crate::code_tree::CodeTree;
use crate::console::Console;
use crate::exit::{Failed, Status};
use crate::output::{self, Outputs};
use crate::{graph, knowledge};

/// How much stack the evaluation of deeply nested code may need, in bytes.
const STACK: usize = 64 * 1024 * 1024;

/// What was read of a tree of code.
pub(crate) struct Code {
    pub(crate) sources: Sources,
    pub(crate) accounts: Vec<CodeAccount>,
    /// How it is corrected.
    pub(crate) fixes: Fixes,
}

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &ScanCodeArguments) -> Result<Status, Failed> {
    let outputs = Outputs::new(&arguments.report, None)?;
    let pack = knowledge::load(console, &arguments.selection.policies)?;
    let selected = knowledge::select(&pack, &arguments.selection, None)?;
    let mut policies = judgeable(&pack, selected.policies);
    let estate = Arc::new(graph::estate(arguments.graph.estate.as_deref())?);
    // A change is judged in milliseconds; paths are for who asks for them.
    let graph = match arguments.graph.paths {
        Paths::Always => Some(graph::knowledge(&pack, Some(&estate))?),
        Paths::Auto | Paths::Never => {
            policies.retain(|policy| policy.path().is_none());
            None
        }
    };
    let config = graph::config_of(estate, graph, arguments.report.organization.as_deref());
    let undeclared = if config.graph.is_some() {
        Undeclared::Absent
    } else {
        Undeclared::Open
    };
    let code = read(console, &pack, &policies, &arguments.code, undeclared)?;
    let analyzer = Analyzer::new(&pack, policies, selected.frameworks, config)
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    let judged = code
        .accounts
        .par_iter()
        .map(|account| analyzer.account(&account.snapshot))
        .collect();
    let mut report = analyzer.finish(judged, None);
    locate(&mut report, &code);
    outputs.write(console, &report)?;
    Ok(output::status(&report, &arguments.report))
}

/// Reads, evaluates and maps the code; what is wrong with it is shown.
pub(crate) fn read(
    console: Console,
    pack: &Pack,
    policies: &[CompiledPolicy],
    arguments: &CodeArguments,
    undeclared: Undeclared,
) -> Result<Code, Failed> {
    let tree = CodeTree::of(arguments)?;
    read_tree(
        Some(console),
        pack,
        policies,
        (arguments, undeclared),
        (&tree, &tree),
    )
}

/// The same over files that need not be those on disk; without a console nothing is shown.
pub(crate) fn read_tree(
    console: Option<Console>,
    pack: &Pack,
    policies: &[CompiledPolicy],
    (arguments, undeclared): (&CodeArguments, Undeclared),
    (tree, files): (&CodeTree, &dyn Files),
) -> Result<Code, Failed> {
    let path = arguments.path.as_deref().unwrap_or(Path::new("."));
    let (mut paths, walking) = tree.paths();
    if path.is_file() {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        paths.retain(|path| path == name);
    }
    let used = UsedPaths::of(policies);
    let options = Options {
        variables: arguments.var.iter().cloned().collect(),
        value_files: arguments
            .var_file
            .iter()
            .map(|file| below(tree, file))
            .collect::<Result<_, _>>()?,
        region: arguments.region.as_deref().map(Text::from),
    };
    let scanned = std::thread::scope(|scope| {
        let work = || {
            let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
            match pool {
                Ok(pool) => pool.install(|| scan(pack, files, &paths, &used, &options)),
                Err(_) => scan(pack, files, &paths, &used, &options),
            }
        };
        scope.spawn(work).join()
    });
    let Ok(scanned) = scanned else {
        return Err(Diagnostic::error("the evaluation of this code failed").into());
    };
    if let Some(console) = console {
        console.show(&walking);
        console.show(&scanned.problems);
        if scanned.kubernetes > 0 {
            let count = scanned.kubernetes;
            console.say(&format!(
                "note: {count} objects of Kubernetes were seen; no policy judges them"
            ));
        }
    }
    if scanned.stacks.is_empty() {
        return Err(Failed::nothing_scanned(
            Diagnostic::error(format!("`{}` holds no infrastructure code that is judged", path.display())).help(
                "Plumb reads Terraform and OpenTofu (`.tf`, `.tf.json`, `.tofu`, plans as JSON), CloudFormation templates, \
                 ARM templates and Bicep",
            ),
        ));
    }
    let taken_at = Text::from(now());
    let sources = scanned.sources;
    let accounts = scanned
        .stacks
        .into_iter()
        .flat_map(|stack| accounts(pack, stack, &sources, undeclared, &taken_at))
        .collect();
    let (fixes, problems) = pack.fixes();
    if let Some(console) = console {
        console.show(&problems);
    }
    Ok(Code {
        sources,
        accounts,
        fixes,
    })
}

/// The policies that code can answer: of types that code declares, and of those that look at something code tells.
pub(crate) fn judgeable(pack: &Pack, policies: Vec<CompiledPolicy>) -> Vec<CompiledPolicy> {
    let mut covers: HashMap<Text, plumb_pack::mapping_cover::Cover> = HashMap::new();
    for language in Language::ALL {
        let mappings = pack.mappings(language);
        for resource_type in mappings.resource_types() {
            let cover = covers.entry(resource_type.clone()).or_default();
            for mapping in mappings.of_resource(resource_type) {
                cover.add(plumb_pack::mapping_cover::Cover::of(mapping));
            }
        }
    }
    let reserved = plumb_model::resource::Resource::RESERVED;
    policies
        .into_iter()
        .filter(|policy| {
            let name = pack
                .type_name(&policy.policy.resource_type)
                .unwrap_or(&policy.policy.resource_type);
            let Some(cover) = covers.get(name) else {
                return false;
            };
            let looked_at = policy
                .programs()
                .flat_map(plumb_expr::Program::uses)
                .filter(|used| used.root == plumb_expr::Root::Resource && !used.path.is_empty());
            let mut looked_at = looked_at.peekable();
            looked_at.peek().is_none()
                || looked_at.any(|used| {
                    used.path
                        .first()
                        .is_some_and(|first| !reserved.contains(&first.as_str()))
                        && cover.covers(&used.path)
                })
        })
        .collect()
}

/// Tells of every resource where it is declared, and of every finding where it comes from.
pub(crate) fn locate(report: &mut Report, code: &Code) {
    let by_id: HashMap<(plumb_model::account::Provider, &str), &CodeAccount> = code
        .accounts
        .iter()
        .map(|account| {
            let known = &account.snapshot.account;
            ((known.provider, known.id.as_str()), account)
        })
        .collect();
    let policies = &report.policies;
    for account in &mut report.accounts {
        let key = (account.account.provider, account.account.id.as_str());
        let Some(code_account) = by_id.get(&key) else {
            continue;
        };
        for resource in &mut account.resources {
            let key = (resource.resource_type.clone(), resource.uid.clone());
            resource.code = code_account.declared.get(&key).map(Arc::clone);
        }
        let resources = &account.resources;
        for finding in &mut account.findings {
            if !matches!(finding.verdict, Verdict::Fail | Verdict::Unknown) {
                continue;
            }
            let Some(resource) = resources.get(wide(finding.resource)) else {
                continue;
            };
            let key = (resource.resource_type.clone(), resource.uid.clone());
            if let Some(places) = code_account.places.get(&key) {
                let (mut spot, origins) = spot(&code.sources, places, finding.evidence.as_deref());
                if let (Verdict::Fail, Some(policy)) = (finding.verdict, policies.get(wide(finding.policy))) {
                    let language = code_account.language;
                    let corrected = correct(&code.sources, &code.fixes, &policy.name, language, &origins);
                    spot.fix = corrected
                        .ok()
                        .map(|correction| correction.described(&code.sources, &policy.remediation.summary));
                }
                finding.code = Some(Arc::new(spot));
            }
        }
    }
}

fn wide(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// A file as the tree names it.
fn below(tree: &CodeTree, file: &PathBuf) -> Result<String, Failed> {
    tree.path_below(file).ok_or_else(|| {
        let message = format!("`{}` does not lie in the scanned tree", file.display());
        Diagnostic::error(message)
            .help("Plumb reads nothing outside of it; scan the folder that holds both")
            .into()
    })
}

fn now() -> String {
    plumb_model::time::format(jiff::Timestamp::now())
}
