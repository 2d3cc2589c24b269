//! `plumb scan code`: judge infrastructure code before it is applied.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plumb_engine::{Analyzer, Judged};
use plumb_iac::change::Changes;
use plumb_iac::change::affected::affected;
use plumb_iac::files::Files;
use plumb_iac::fix::Corrector;
use plumb_iac::locate::spot;
use plumb_iac::mapping::UsedPaths;
use plumb_iac::place::Sources;
use plumb_iac::scan::{Evaluated, Options, ScannedStack};
use plumb_iac::secrecy::Secrecy;
use plumb_iac::snapshot::{CODE, CodeAccount, Undeclared, accounts};
use plumb_iac::suppress::{self, Idle, Suppression};
use plumb_model::diagnostic::Diagnostic;
use plumb_model::report::{FindingView, Report, VerdictCounts};
use plumb_model::value::Text;
use plumb_model::verdict::Verdict;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::fix::Fixes;
use plumb_pack::pack::Pack;
use plumb_report::baseline::Baseline;
use plumb_report::identity::fingerprint;
use plumb_report::visible::visible;

use crate::arguments::{CodeArguments, Paths, ScanCodeArguments};
use crate::code_file::{keep_paths, module_file};
use crate::code_policies::CodePolicies;
use crate::code_tree::{CodeTree, Overlay, told_of_passed_over, told_of_terragrunt};
use crate::code_unjudged::{Unjudged, not_judged};
use crate::console::Console;
use crate::exit::{Failed, Status, file_error};
use crate::input_file::read_text;
use crate::output::{self, Counting, Outputs};
use crate::whole_file::WholeFile;
use crate::{code_change, git, graph, knowledge};

/// How much stack the evaluation of deeply nested code may need, in bytes.
const STACK: usize = 64 * 1024 * 1024;

/// The largest baseline that is read, in bytes.
const MAX_BASELINE: u64 = 256 * 1024 * 1024;

/// What was read of a tree of code.
pub(crate) struct Code {
    pub(crate) sources: Sources,
    pub(crate) accounts: Vec<CodeAccount>,
    /// The same with sensitive values revealed, which decides verdicts and is shown nowhere; empty where there are none.
    pub(crate) revealed: Vec<CodeAccount>,
    /// What its authors accept, and what is wrong with how they say it.
    suppressions: (Vec<Suppression>, Vec<Diagnostic>),
    /// How it is corrected.
    pub(crate) fixes: Fixes,
    /// How many of its blocks declare something of a cloud of which nothing is known.
    unknown_blocks: u64,
}

impl Code {
    /// Whether all of it was read and understood.
    pub(crate) fn is_whole(&self) -> bool {
        let mut gaps = self
            .accounts
            .iter()
            .flat_map(|account| &account.snapshot.coverage.gaps);
        gaps.all(|gap| gap.resource_type != CODE)
    }

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
    /// Its files where they are not as on disk.
    pub(crate) overlay: Option<&'r Overlay<'r>>,
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
    let changed = match &focus.diff {
        Some(base) => Some(git::changes(tree.root(), base)?),
        None => None,
    };
    let changed = changed.map(|changed| code_change::with_links(&tree, changed));
    let changes = changed.as_ref().map(|changed| &changed.changes);
    let pack = knowledge::load(console, &arguments.selection.policies)?;
    let mut chosen = knowledge::choose(&pack, &arguments.selection, None)?;
    let estate = Arc::new(graph::estate(&pack, arguments.graph.estate.as_deref())?);
    // A change is judged in milliseconds; paths are for who asks for them.
    let graph = match arguments.graph.paths {
        Paths::Always => Some(graph::knowledge(&pack, Some(&estate))?),
        Paths::Auto | Paths::Never => {
            chosen.policies.retain(|policy| policy.path().is_none());
            None
        }
    };
    let config = graph::config_of(estate, graph, arguments.report.organization.as_deref());
    let reading = Reading {
        tree: &tree,
        overlay: None,
        undeclared: if config.graph.is_some() {
            Undeclared::Absent
        } else {
            Undeclared::Open
        },
        changes: changes.filter(|_| focus.changed),
    };
    let read = evaluate(&pack, &arguments.code, &reading)?;
    let policies = CodePolicies::of(&pack, &chosen.policies, &read.evaluated)?;
    let used = UsedPaths::of(&policies.judging);
    let analyzer = Analyzer::new(&pack, policies.judging, chosen.frameworks, config.clone())
        .map_err(|error| Diagnostic::error(error.to_string()))?
        .with_idle(&pack, &policies.idle);
    let (code, mut judged) = read.judge(Some(console), &pack, &used, &analyzer)?;
    if let Some(file) = module_file(&arguments.code) {
        code.keep_file(&analyzer, &mut judged, file);
        let shown = visible(file);
        console.say(&format!(
            "note: all files of the module of `{shown}` were judged together; what has a place in `{shown}` is told"
        ));
    }
    let mut report = analyzer.finish(judged, None);
    locate(&mut report, &code);
    if let Some(file) = module_file(&arguments.code) {
        keep_paths(&mut report, file);
    }
    let idle = if focus.changed {
        Idle::PassedOver
    } else {
        Idle::Told
    };
    console.show_some(&code.accept(&mut report, &pack, idle));
    if let (Some(changed), Some(base)) = (&changed, &focus.diff) {
        let before = Overlay {
            tree: &tree,
            changed: changed.before.clone(),
        };
        let overlaid = Reading {
            overlay: Some(&before),
            ..reading
        };
        let failing = code_change::failing(&pack, &chosen.policies, (arguments, &config), &overlaid)
            .unwrap_or_else(|failed| {
                console.show(&failed.diagnostics);
                let message =
                    format!("the code of `{base}` could not be judged; every failure counts as touched");
                console.show(&[Diagnostic::warning(message)]);
                BTreeSet::new()
            });
        let is_new = |view: &FindingView<'_>| {
            view.finding.verdict == Verdict::Fail && !failing.contains(&fingerprint(view))
        };
        deeply(|| changed.changes.mark(&mut report, &code.sources, base, &is_new))?;
    }
    if let Some(baseline) = baseline {
        baseline.mark(&mut report);
        let counts = report.focus.as_ref().and_then(|focus| focus.baseline);
        if counts.is_some_and(|counts| baseline.is_of_other_code(&counts)) {
            let message =
                "no failure of the baseline is among those of this scan, so all of them count as new";
            let help =
                "it knows folders as they lie below the scanned one: write and read it with the same PATH";
            console.show(&[Diagnostic::warning(message).help(help)]);
        }
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
    // A gate must not take code for clean of which no policy speaks, unless it asked for some policies alone.
    let selection = &arguments.selection;
    let all_was_asked = selection.policy.is_empty() && selection.service.is_empty() && !focus.changed;
    let is_something_declared = code.unknown_blocks > 0 || report.summary.resources > 0;
    let nothing_judged = is_something_declared && report.summary.verdicts == VerdictCounts::default();
    Ok(
        match output::status(&report, &arguments.report, Counting::AskedAbout) {
            // A change of something else touches no code.
            Status::NothingScanned => Status::Clean,
            Status::Clean if all_was_asked && nothing_judged && !arguments.report.allow_incomplete => {
                Status::Incomplete
            }
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
        overlay: None,
        undeclared,
        changes: None,
    };
    evaluate(pack, arguments, &reading)?.map(Some(console), pack, policies)
}

/// Code that is evaluated and waits for policies, which decide how much of a document has to be told.
pub(crate) struct Read<'r> {
    pub(crate) evaluated: Evaluated,
    /// The same with sensitive values revealed, where some were kept back.
    revealed: Option<Evaluated>,
    reading: Reading<'r>,
    path: PathBuf,
    suppressions: (Vec<Suppression>, Vec<Diagnostic>),
    /// What is wrong with the tree.
    walking: Vec<Diagnostic>,
}

/// Reads and evaluates code.
pub(crate) fn evaluate<'r>(
    pack: &Pack,
    arguments: &CodeArguments,
    reading: &Reading<'r>,
) -> Result<Read<'r>, Failed> {
    let Reading {
        tree,
        overlay,
        undeclared: _,
        changes,
    } = *reading;
    let files: &dyn Files = match overlay {
        Some(overlay) => overlay,
        None => tree,
    };
    let path = arguments.path.as_deref().unwrap_or(Path::new("."));
    let (mut paths, mut walking) = tree.paths();
    if let Some(overlay) = overlay {
        paths = overlay.paths(paths);
    }
    if !path.is_file() {
        walking.extend(told_of_terragrunt(&paths));
    }
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
    let options = Options {
        variables: arguments.var.iter().cloned().collect(),
        value_files: arguments
            .var_file
            .iter()
            .map(|file| below(tree, file))
            .collect::<Result<_, _>>()?,
        region: arguments.region.as_deref().map(Text::from),
        workspace: arguments.workspace.as_deref().map(Text::from),
        secrecy: Secrecy::Kept,
    };
    if let Some(changes) = changes {
        paths = affected(files, &paths, changes, &options.value_files);
    }
    let (mut evaluated, revealed, suppressions) = deeply(|| {
        let evaluated = plumb_iac::scan::evaluate(pack, files, &paths, &options);
        let revealed = evaluated.kept_back.then(|| {
            let options = Options {
                secrecy: Secrecy::Revealed,
                ..options.clone()
            };
            plumb_iac::scan::evaluate(pack, files, &paths, &options)
        });
        let suppressions = suppress::read(&evaluated.sources);
        (evaluated, revealed, suppressions)
    })?;
    // What could not be listed may belong to any root.
    for evaluated in &mut evaluated.stacks {
        evaluated.complete &= walking.is_empty();
    }
    Ok(Read {
        evaluated,
        revealed,
        reading: *reading,
        path: path.to_owned(),
        suppressions,
        walking,
    })
}

impl Read<'_> {
    /// Makes documents of the code for policies to judge, and tells what is wrong with it; without a console nothing is shown.
    pub(crate) fn map(
        self,
        console: Option<Console>,
        pack: &Pack,
        policies: &[CompiledPolicy],
    ) -> Result<Code, Failed> {
        let used = UsedPaths::of(policies);
        let (code, _) = self.each(console, pack, &used, |_| ())?;
        Ok(code)
    }

    /// Judges every root as soon as its documents are made, and lets go of them where nothing else asks for them.
    pub(crate) fn judge(
        self,
        console: Option<Console>,
        pack: &Pack,
        used: &UsedPaths,
        analyzer: &Analyzer,
    ) -> Result<(Code, Vec<Judged>), Failed> {
        let compares = self.revealed.is_some();
        let (code, mut judged) = self.each(console, pack, used, |account| {
            let judged = analyzer.account(&account.snapshot);
            if !compares {
                account.snapshot.resources = Vec::new();
            }
            judged
        })?;
        code.decide(analyzer, &mut judged);
        Ok((code, judged))
    }

    fn each<T: Send>(
        self,
        console: Option<Console>,
        pack: &Pack,
        used: &UsedPaths,
        each: impl Fn(&mut CodeAccount) -> T + Sync,
    ) -> Result<(Code, Vec<T>), Failed> {
        let evaluated = self.evaluated;
        let taken_at = Text::from(now());
        let undeclared = self.reading.undeclared;
        let name = self.reading.tree.name();
        let root = |stack: ScannedStack, sources: &Sources| {
            let unjudged = Unjudged::of(&stack.mapped);
            let mut accounts = accounts(pack, stack, sources, undeclared, &taken_at);
            if let Some(folder) = name {
                accounts.iter_mut().for_each(|account| call(account, folder));
            }
            let made: Vec<T> = accounts.iter_mut().map(&each).collect();
            (unjudged, accounts, made)
        };
        let scanned = deeply(|| evaluated.map_each(pack, used, root))?;
        let revealed = match self.revealed {
            Some(revealed) => {
                let root = |stack: ScannedStack, sources: &Sources| {
                    accounts(pack, stack, sources, undeclared, &taken_at)
                };
                deeply(|| revealed.map_each(pack, used, root))?.stacks
            }
            None => Vec::new(),
        };
        if let Some(console) = console {
            console.show_some(&self.walking);
            console.show_some(&scanned.problems);
            console.show(&not_judged(scanned.stacks.iter().map(|(unjudged, ..)| unjudged)));
            if self.reading.changes.is_none() && !self.path.is_file() {
                console.show(told_of_passed_over(self.reading.tree, &scanned.sources).as_slice());
            }
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
        if scanned.stacks.is_empty() && self.reading.changes.is_none() {
            let message = match unreadable(&self.path, self.reading.tree) {
                Some(error) => format!("cannot read `{}`: {error}", self.path.display()),
                None => format!(
                    "`{}` holds no infrastructure code that is judged",
                    self.path.display()
                ),
            };
            return Err(Failed::nothing_scanned(Diagnostic::error(message).help(
                "Plumb reads Terraform and OpenTofu (`.tf`, `.tf.json`, `.tofu`, plans as JSON), CloudFormation templates, \
                 ARM templates and Bicep, and manifests of Kubernetes for Crossplane and AWS Controllers for Kubernetes",
            )));
        }
        let mut unknown_blocks = 0;
        let mut accounts = Vec::new();
        let mut made = Vec::new();
        for (unjudged, of_root, made_of_root) in scanned.stacks {
            unknown_blocks += unjudged.of_clouds;
            accounts.extend(of_root);
            made.extend(made_of_root);
        }
        // A reading that finds other roots says nothing of these.
        let mut revealed: Vec<CodeAccount> = revealed.into_iter().flatten().collect();
        let id = |account: &CodeAccount| account.snapshot.account.id.clone();
        if !revealed.iter().map(id).eq(accounts.iter().map(id)) {
            revealed = Vec::new();
        }
        let (fixes, problems) = pack.fixes();
        if let Some(console) = console {
            console.show(&problems);
        }
        let code = Code {
            sources: scanned.sources,
            accounts,
            revealed,
            suppressions: self.suppressions,
            fixes,
            unknown_blocks,
        };
        Ok((code, made))
    }
}

/// Why a file that was named cannot be read.
fn unreadable(path: &Path, tree: &CodeTree) -> Option<String> {
    let name = path.is_file().then(|| path.file_name()?.to_str())??;
    tree.read(name).err()
}

/// Calls a root in the scanned folder itself by the name of the folder, as people do.
fn call(account: &mut CodeAccount, folder: &str) {
    let called = |path: &str| {
        let rest = path.strip_prefix('.')?;
        (rest.is_empty() || rest.starts_with(' ')).then(|| Text::from(format!("{}{rest}", visible(folder))))
    };
    let snapshot = &mut account.snapshot;
    if let Some(name) = snapshot.account.name.as_deref().and_then(called) {
        snapshot.account.name = Some(name);
    }
    for gap in &mut snapshot.coverage.gaps {
        if let Some(name) = called(&gap.region).filter(|_| gap.resource_type == CODE) {
            gap.region = name;
        }
    }
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

/// A file of values as the tree names it.
fn below(tree: &CodeTree, file: &Path) -> Result<String, Failed> {
    tree.path_of(file)
        .ok_or_else(|| Diagnostic::error(format!("`{}` is not there", file.display())).into())
}

fn now() -> String {
    plumb_model::time::format(jiff::Timestamp::now())
}
