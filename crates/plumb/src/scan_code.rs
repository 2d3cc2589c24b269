//! `plumb scan code`: judge infrastructure code before it is applied.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use plumb_engine::Analyzer;
use plumb_iac::change::Changes;
use plumb_iac::change::affected::affected;
use plumb_iac::files::Files;
use plumb_iac::fix::Corrector;
use plumb_iac::locate::spot;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::place::Sources;
use plumb_iac::scan::{Options, ScannedStack, scan};
use plumb_iac::snapshot::{CodeAccount, Undeclared, accounts};
use plumb_iac::suppress::{self, Idle, Suppression};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::Report;
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::fix::Fixes;
use plumb_pack::mapping::Language;
use plumb_pack::pack::Pack;
use plumb_report::baseline::Baseline;
use rayon::prelude::*;

use crate::arguments::{CodeArguments, Paths, ScanCodeArguments};
use crate::code_tree::CodeTree;
use crate::console::Console;
use crate::exit::{Failed, Status, file_error};
use crate::input_file::read_text;
use crate::output::{self, Counting, Outputs};
use crate::whole_file::WholeFile;
use crate::{git, graph, knowledge};

/// How much stack the evaluation of deeply nested code may need, in bytes.
const STACK: usize = 64 * 1024 * 1024;
/// How many types are named of which nothing was judged.
const MOST_NAMED: usize = 8;

/// The largest baseline that is read, in bytes.
const MAX_BASELINE: u64 = 256 * 1024 * 1024;

/// What was read of a tree of code.
pub(crate) struct Code {
    pub(crate) sources: Sources,
    pub(crate) accounts: Vec<CodeAccount>,
    /// What its authors accept, and what is wrong with how they say it.
    suppressions: (Vec<Suppression>, Vec<Diagnostic>),
    /// How it is corrected.
    pub(crate) fixes: Fixes,
}

impl Code {
    /// Marks what authors of the code accepted; what is wrong with their suppressions.
    pub(crate) fn accept(&self, report: &mut Report, pack: &Pack, idle: Idle) -> Vec<Diagnostic> {
        let (suppressions, problems) = &self.suppressions;
        let mut problems = problems.clone();
        problems.extend(suppress::apply(report, &self.sources, suppressions, pack, idle));
        problems
    }
}

/// What is read of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'r> {
    /// The tree on disk.
    pub(crate) tree: &'r CodeTree,
    /// Its files, which need not be those on disk.
    pub(crate) files: &'r dyn Files,
    /// What is concluded of what the code does not declare.
    pub(crate) undeclared: Undeclared,
    /// A change when only what it can touch is read.
    pub(crate) changes: Option<&'r Changes>,
}

/// Runs the command.
pub(crate) fn run(console: Console, arguments: &ScanCodeArguments) -> Result<Status, Failed> {
    let focus = &arguments.focus;
    let mut outputs = Outputs::new(&arguments.report, focus.write_baseline.as_deref())?;
    let tree = CodeTree::of(&arguments.code)?;
    outputs.code_prefix = tree.prefix();
    let baseline = focus.baseline.as_deref().map(baseline).transpose()?;
    let changes = match &focus.diff {
        Some(base) => Some(git::changes(tree.root(), base)?),
        None => None,
    };
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
    let reading = Reading {
        tree: &tree,
        files: &tree,
        undeclared: if config.graph.is_some() {
            Undeclared::Absent
        } else {
            Undeclared::Open
        },
        changes: changes.as_ref().filter(|_| focus.changed),
    };
    let code = read_tree(Some(console), &pack, &policies, &arguments.code, &reading)?;
    let analyzer = Analyzer::new(&pack, policies, selected.frameworks, config)
        .map_err(|error| Diagnostic::error(error.to_string()))?;
    let judged = code
        .accounts
        .par_iter()
        .map(|account| analyzer.account(&account.snapshot))
        .collect();
    let mut report = analyzer.finish(judged, None);
    locate(&mut report, &code);
    let idle = if focus.changed {
        Idle::PassedOver
    } else {
        Idle::Told
    };
    console.show_some(&code.accept(&mut report, &pack, idle));
    if let (Some(changes), Some(base)) = (&changes, &focus.diff) {
        deeply(|| changes.mark(&mut report, &code.sources, base))?;
    }
    if let Some(baseline) = baseline {
        baseline.mark(&mut report);
    }
    if let Some(path) = &focus.write_baseline {
        let failed = |error| file_error("write", path, &error);
        let mut file = WholeFile::create(path).map_err(failed)?;
        Baseline::write(&report, &mut file).map_err(failed)?;
        file.finish().map_err(failed)?;
    }
    if report.accounts.is_empty() {
        report.assessed_at = Text::from(now());
        console.say("nothing of the code can be touched by the change");
    }
    outputs.write(console, &report)?;
    Ok(
        match output::status(&report, &arguments.report, Counting::AskedAbout) {
            // A change of something else touches no code.
            Status::NothingScanned => Status::Clean,
            status @ (Status::Clean | Status::Findings | Status::BadInput | Status::Incomplete) => status,
        },
    )
}

/// Reads a baseline.
fn baseline(path: &Path) -> Result<Baseline, Failed> {
    let text = read_text(path, MAX_BASELINE)?;
    Baseline::read(&text).map_err(|error| {
        Diagnostic::error(format!("`{}` is no baseline: {error}", path.display()))
            .help("write one with `--write-baseline FILE`")
            .into()
    })
}

/// Works on threads with room for deeply nested code.
fn deeply<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Failed> {
    let done = std::thread::scope(|scope| {
        let work = || match rayon::ThreadPoolBuilder::new().stack_size(STACK).build() {
            Ok(pool) => pool.install(work),
            Err(_) => work(),
        };
        scope.spawn(work).join()
    });
    done.map_err(|_| Diagnostic::error("the evaluation of this code failed").into())
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
    let reading = Reading {
        tree: &tree,
        files: &tree,
        undeclared,
        changes: None,
    };
    read_tree(Some(console), pack, policies, arguments, &reading)
}

/// The same over files that need not be those on disk; without a console nothing is shown.
pub(crate) fn read_tree(
    console: Option<Console>,
    pack: &Pack,
    policies: &[CompiledPolicy],
    arguments: &CodeArguments,
    reading: &Reading<'_>,
) -> Result<Code, Failed> {
    let Reading {
        tree,
        files,
        undeclared,
        changes,
    } = *reading;
    let path = arguments.path.as_deref().unwrap_or(Path::new("."));
    let (mut paths, walking) = tree.paths();
    if path.is_file() {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        // Values of its parameters may stand beside a template.
        let is_values = |path: &str| {
            path.ends_with(".bicepparam") || path.contains("parameters") && path.ends_with(".json")
        };
        paths.retain(|path| path == name || !path.contains('/') && is_values(path));
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
    if let Some(changes) = changes {
        paths = affected(files, &paths, changes, &options.value_files);
    }
    let (scanned, suppressions) = deeply(|| {
        let scanned = scan(pack, files, &paths, &used, &options);
        let suppressions = suppress::read(&scanned.sources);
        (scanned, suppressions)
    })?;
    if let Some(console) = console {
        console.show_some(&walking);
        console.show_some(&scanned.problems);
        console.show(&not_judged(&scanned.stacks));
        if scanned.kubernetes > 0 {
            let count = scanned.kubernetes;
            let were = if count == 1 {
                "object of Kubernetes was"
            } else {
                "objects of Kubernetes were"
            };
            console.say(&format!("note: {count} {were} seen; no policy judges them"));
        }
    }
    if scanned.stacks.is_empty() && changes.is_none() {
        return Err(Failed::nothing_scanned(
            Diagnostic::error(format!("`{}` holds no infrastructure code that is judged", path.display())).help(
                "Plumb reads Terraform and OpenTofu (`.tf`, `.tf.json`, `.tofu`, plans as JSON), CloudFormation templates, \
                 ARM templates and Bicep, and manifests of Kubernetes for Crossplane and AWS Controllers for Kubernetes",
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
        suppressions,
        fixes,
    })
}

/// What the code declares of types that nothing is known of, or only in part, as one warning each.
fn not_judged(stacks: &[ScannedStack]) -> Vec<Diagnostic> {
    let mut blocks: BTreeMap<&Text, u64> = BTreeMap::new();
    let mut orphans: BTreeMap<&Text, u64> = BTreeMap::new();
    for stack in stacks {
        for (kind, count) in &stack.mapped.unmapped {
            *blocks.entry(kind).or_default() += count;
        }
        for orphan in &stack.mapped.orphans {
            *orphans.entry(&orphan.resource_type).or_default() += 1;
        }
    }
    let told = |counts: &BTreeMap<&Text, u64>, what: &str, help: &str| {
        let all: u64 = counts.values().sum();
        let named: Vec<String> = counts
            .iter()
            .take(MOST_NAMED)
            .map(|(kind, count)| format!("{kind} ({count})"))
            .collect();
        let more = match counts.len().saturating_sub(named.len()) {
            0 => String::new(),
            more => format!(" and {more} more types"),
        };
        let message = format!("{all} {what}: {}{more}", named.join(", "));
        (all > 0).then(|| Diagnostic::warning(message).help(help))
    };
    let unmapped = told(
        &blocks,
        "blocks were not judged, because nothing tells what they make",
        "mappings of your own can tell: docs/specs/mapping.md",
    );
    let parts = told(
        &orphans,
        "blocks speak of resources that this code does not declare, and were not judged",
        "they set something of a resource that another root or nobody declares",
    );
    unmapped.into_iter().chain(parts).collect()
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
    let corrector = Corrector::new(&code.sources, &code.fixes);
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
                    let corrected = corrector.correct(&policy.name, language, &origins);
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
fn below(tree: &CodeTree, file: &Path) -> Result<String, Failed> {
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
