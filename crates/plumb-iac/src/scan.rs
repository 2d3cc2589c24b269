//! `scan`: from a tree of files to resource documents, whatever languages the files are in.

mod azure;
mod kubernetes;
mod markup;
mod written;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_model::value::Text;
use plumb_pack::mapping::{Language, Mappings};
use plumb_pack::pack::Pack;
use rayon::prelude::*;

use crate::cloudformation;
use crate::declared::Stack;
use crate::files::Files;
use crate::mapping::{Mapped, Mapper, UsedPaths};
use crate::place::{Place, Sources};
use crate::scan::markup::Markup;
use crate::secrecy::Secrecy;
use crate::snapshot::kept::kept_by_the_cloud;
use crate::terraform;
use crate::terraform::code::Code;
use crate::terraform::root::{Given, Values};

/// What a user says about how code is applied.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Values of variables and parameters.
    pub variables: BTreeMap<String, String>,
    /// Files of values for Terraform, below the root of the scan; later ones win.
    pub value_files: Vec<String>,
    /// The region where nothing tells one.
    pub region: Option<Text>,
    /// The workspace of Terraform.
    pub workspace: Option<Text>,
    /// What becomes of values that are marked as sensitive.
    pub secrecy: Secrecy,
}

/// What a tree declares, evaluated.
#[derive(Debug)]
pub struct Evaluated {
    /// The files, which places point into.
    pub sources: Sources,
    /// The roots, in the order of their paths, each language after the other.
    pub stacks: Vec<EvaluatedStack>,
    /// What is wrong with the code; an error means that something was left out.
    pub problems: Vec<Diagnostic>,
    /// How many objects of Kubernetes there are, which no policy judges.
    pub kubernetes: u64,
    /// Whether there are sensitive values that were kept back.
    pub kept_back: bool,
}

/// A root.
#[derive(Debug)]
pub struct EvaluatedStack {
    /// What it declares.
    pub stack: Stack,
    /// Whether everything that it declares was seen.
    pub complete: bool,
}

/// What a tree declares, as documents, or what was made of them.
#[derive(Debug)]
pub struct Scanned<T = ScannedStack> {
    /// The files, which places point into.
    pub sources: Sources,
    /// The roots, in the order of their paths.
    pub stacks: Vec<T>,
    /// What is wrong with the code; an error means that something was left out.
    pub problems: Vec<Diagnostic>,
    /// How many objects of Kubernetes there are that no policy judges.
    pub kubernetes: u64,
}

/// A root with its documents.
#[derive(Debug)]
pub struct ScannedStack {
    /// What it is; its blocks have become documents.
    pub stack: Stack,
    /// The documents of its blocks.
    pub mapped: Mapped,
    /// Whether everything that it declares was seen.
    pub complete: bool,
}

impl Evaluated {
    /// The resource types of which the code can give documents, or parts of them.
    pub fn resource_types(&self, pack: &Pack) -> BTreeSet<Text> {
        let mut types = BTreeSet::new();
        for language in self.languages() {
            let mappings = pack.mappings(language);
            let stacks = self.stacks.iter().map(|evaluated| &evaluated.stack);
            let kinds: BTreeSet<&Text> = stacks
                .filter(|stack| stack.language.mapped_as() == language)
                .flat_map(|stack| stack.blocks.iter().map(|block| &block.kind))
                .collect();
            let blocks = kinds.into_iter().filter_map(|kind| mappings.block(kind));
            types.extend(
                blocks.flat_map(|block| block.mappings.iter().map(|mapping| mapping.resource_type.clone())),
            );
        }
        types.extend(kept_by_the_cloud(&types));
        types
    }

    /// The languages of the mappings that the roots need.
    pub fn languages(&self) -> BTreeSet<Language> {
        let stacks = self.stacks.iter();
        stacks
            .map(|evaluated| evaluated.stack.language.mapped_as())
            .collect()
    }

    /// Makes documents of all blocks; `used` are the paths that policies read.
    pub fn map(self, pack: &Pack, used: &UsedPaths) -> Scanned {
        self.map_each(pack, used, |stack, _| stack)
    }

    /// Makes documents of all blocks, and of the documents of each root what `each` makes of them; where it lets go of
    /// them, no more than a few roots are held at once.
    pub fn map_each<T: Send>(
        self,
        pack: &Pack,
        used: &UsedPaths,
        each: impl Fn(ScannedStack, &Sources) -> T + Sync,
    ) -> Scanned<T> {
        let languages = self.languages().into_iter();
        let mappers: BTreeMap<Language, Mapper<'_>> = languages
            .map(|language| (language, Mapper::new(pack, language, used)))
            .collect();
        let sources = &self.sources;
        let (stacks, told): (Vec<T>, Vec<Vec<Diagnostic>>) = self
            .stacks
            .into_par_iter()
            .map(|EvaluatedStack { mut stack, complete }| {
                let mapper = mappers.get(&stack.language.mapped_as());
                let mapped = mapper.map_or_else(Mapped::default, |mapper| mapper.documents(&stack));
                stack.blocks = Vec::new();
                let told = mapped.problems.iter().map(|problem| {
                    let warning = Diagnostic::warning(problem.message.clone());
                    match sources.get(problem.place.file) {
                        Some(source) => warning.at(source, problem.place.range(), "here"),
                        None => warning,
                    }
                });
                let told = told.collect();
                let scanned = ScannedStack {
                    stack,
                    mapped,
                    complete,
                };
                (each(scanned, sources), told)
            })
            .unzip();
        let mut problems = self.problems;
        problems.extend(told.into_iter().flatten());
        Scanned {
            sources: self.sources,
            stacks,
            problems: once(problems),
            kubernetes: self.kubernetes,
        }
    }
}

/// Reads and evaluates everything in a tree; `paths` are its files, sorted.
pub fn evaluate(pack: &Pack, files: &dyn Files, paths: &[String], options: &Options) -> Evaluated {
    let folders: BTreeSet<String> = paths
        .iter()
        .filter(|path| terraform::is_source(path))
        .map(|path| folder_of(path))
        .collect();
    let mut code = Code::read(files, folders);
    // Evaluation asks for computed arguments alone.
    let used = &UsedPaths::default();
    let mapper = Mapper::new(pack, Language::Terraform, used);
    let mut evaluated = Vec::new();
    let mut judged: BTreeSet<String> = BTreeSet::new();
    let mut declared: BTreeSet<String> = BTreeSet::new();
    let mut number = 0u32;
    loop {
        let roots = code.roots(&judged);
        if roots.is_empty() {
            break;
        }
        let mut given = Vec::with_capacity(roots.len());
        for root in roots {
            let module = code.module(&root, 0);
            let variables = module.iter().flat_map(|module| module.variables.keys());
            declared.extend(variables.map(ToString::to_string));
            number = number.saturating_add(1);
            let how = Given {
                variables: options.variables.clone(),
                value_files: options.value_files.clone(),
                account: account(number),
                region: options.region.clone(),
                workspace: options.workspace.clone(),
                form: 0,
                secrecy: options.secrecy,
            };
            let values = code.values(files, &root, &how);
            given.push((root, how, values));
        }
        judged.extend(given.iter().map(|(root, _, _)| root.clone()));
        let evaluate = |(root, given, values): &(String, Given, Values)| {
            code.evaluate(files, &mapper, root, values.clone(), given)
        };
        let batch: Vec<_> = given.par_iter().map(evaluate).collect();
        let mut again = Vec::new();
        for ((root, how, values), evaluated) in given.into_iter().zip(&batch) {
            judged.extend(evaluated.called.iter().cloned());
            for form in 1..code.forms(evaluated.called.iter().chain([&root])) {
                number = number.saturating_add(1);
                let how = Given {
                    account: account(number),
                    form,
                    ..how.clone()
                };
                again.push((root.clone(), how, values.clone()));
            }
        }
        let again: Vec<_> = again.par_iter().map(evaluate).collect();
        for evaluated in &again {
            judged.extend(evaluated.called.iter().cloned());
        }
        evaluated.extend(batch.into_iter().chain(again));
    }
    evaluated.sort_by(|a, b| a.stack.path.cmp(&b.stack.path));
    let stacks_wanted = evaluated.len();
    let mut problems = std::mem::take(&mut code.problems);
    let mut kept_back = KeptBack::default();
    let broken = problems.iter().any(|problem| problem.level == Level::Error);
    let mut stacks = Vec::with_capacity(evaluated.len());
    for evaluated in evaluated {
        problems.extend(evaluated.problems);
        kept_back.add(evaluated.secrets);
        stacks.push(EvaluatedStack {
            stack: evaluated.stack,
            complete: evaluated.complete && !broken,
        });
    }
    // Beside source they would tell the same resources twice.
    if stacks_wanted == 0 {
        let written = written::Written {
            mapper: &mapper,
            files,
            options,
        };
        kept_back.any |= written.read(paths, &mut code.sources, &mut stacks, &mut problems);
    }
    let mut sources = code.into_sources();
    let markup = Markup::read(files, paths, &mut problems);
    let templates = Templates { pack, files, options };
    let mut read = Read {
        sources: &mut sources,
        stacks: &mut stacks,
        problems: &mut problems,
        kept_back: &mut kept_back,
    };
    templates.read(markup.templates, &mut read);
    let azure = azure::Azure { pack, files, options };
    azure.read(paths, &mut read);
    let manifests = kubernetes::Kubernetes { pack, files, options };
    let others = manifests.read(
        markup.manifests,
        &markup.kustomizations,
        &mut sources,
        &mut stacks,
        &mut problems,
    );
    sources.hide(kept_back.places);
    problems = problems
        .into_iter()
        .map(|problem| sources.without_secrets(problem))
        .collect();
    if !stacks.is_empty()
        && stacks
            .iter()
            .all(|root| root.stack.language == Language::Terraform)
    {
        let undeclared = options.variables.keys().filter(|name| !declared.contains(*name));
        problems.extend(undeclared.map(|name| not_declared(name)));
    }
    Evaluated {
        sources,
        stacks,
        problems: once(problems),
        kubernetes: markup.objects + others,
        kept_back: kept_back.any,
    }
}

/// Whether values were kept back, and where they are written.
#[derive(Default)]
struct KeptBack {
    any: bool,
    places: BTreeSet<Place>,
}

impl KeptBack {
    /// Adds those of one reading; `None` when it kept nothing back.
    fn add(&mut self, places: Option<BTreeSet<Place>>) {
        self.any |= places.is_some();
        self.places.extend(places.into_iter().flatten());
    }
}

/// What was read so far, to which the readers of templates add.
struct Read<'r> {
    sources: &'r mut Sources,
    stacks: &'r mut Vec<EvaluatedStack>,
    problems: &'r mut Vec<Diagnostic>,
    kept_back: &'r mut KeptBack,
}

impl Read<'_> {
    /// Adds a root that a template makes.
    fn add(&mut self, stack: Stack, problems: Vec<Diagnostic>) {
        let complete = !problems.iter().any(|problem| problem.level == Level::Error);
        self.problems.extend(problems);
        self.stacks.push(EvaluatedStack { stack, complete });
    }
}

/// Reads, evaluates and maps everything in a tree; see [`evaluate`] and [`Evaluated::map`].
pub fn scan(
    pack: &Pack,
    files: &dyn Files,
    paths: &[String],
    used: &UsedPaths,
    options: &Options,
) -> Scanned {
    evaluate(pack, files, paths, options).map(pack, used)
}

/// A value of the command line that no root takes: a slip of the pen would go unseen.
fn not_declared(name: &str) -> Diagnostic {
    let message =
        format!("no root declares the variable `{name}`, so the value that it was given counts nowhere");
    let help =
        "`--var NAME=VALUE` gives a value to a variable of a root, and not to one of a module that it calls";
    Diagnostic::warning(message).help(help)
}

/// Each problem of a place once, with how many others say the same.
fn once(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told: HashMap<(String, Option<usize>, String), usize> = HashMap::new();
    let mut kept: Vec<(Diagnostic, usize)> = Vec::new();
    for problem in problems {
        let file = problem
            .source
            .as_ref()
            .map_or(String::new(), |source| source.name.clone());
        let place = problem.span.as_ref().map(|(range, _)| range.start);
        let next = kept.len();
        let at = *told.entry((file, place, problem.message.clone())).or_insert(next);
        match kept.get_mut(at) {
            Some((_, others)) => *others += 1,
            None => kept.push((problem, 0)),
        }
    }
    let kept = kept.into_iter();
    kept.map(|(problem, others)| match &problem.help {
        Some(help) if others > 0 && problem.span.is_some() => {
            let help = format!("{help}; {others} more of the scanned roots have it");
            Diagnostic {
                help: Some(help),
                ..problem
            }
        }
        Some(_) | None => problem,
    })
    .collect()
}

/// The CloudFormation templates of a tree.
struct Templates<'t> {
    pack: &'t Pack,
    files: &'t dyn Files,
    options: &'t Options,
}

impl Templates<'_> {
    /// Reads every template that is not nested in another.
    fn read(&self, found: Vec<(String, String)>, all: &mut Read<'_>) {
        if found.is_empty() {
            return;
        }
        let mappings = self.pack.mappings(Language::CloudFormation);
        let identities = TemplateIdentities::of(&mappings);
        let parameters = self.options.variables.iter();
        let parameters: BTreeMap<Text, Text> = parameters
            .map(|(name, value)| (Text::from(name.as_str()), Text::from(value.as_str())))
            .collect();
        let mut read = Vec::new();
        for (number, (path, text)) in (1u32..).skip(all.stacks.len()).zip(found) {
            let context = cloudformation::Context {
                files: self.files,
                identities: &identities,
                region: self.options.region.clone(),
                account: Some(account(number)),
                secrecy: self.options.secrecy,
            };
            let mut reading = cloudformation::read(all.sources, &path, &text, &parameters, &context);
            all.kept_back.add(reading.secrets.take());
            read.push(reading);
        }
        // What another template nests is judged there, with the parameters that it gets.
        let paths = read
            .iter()
            .map(|reading| (&reading.stack.path, reading.nested.as_slice()));
        let mut roots = roots(&paths.collect::<Vec<_>>()).into_iter();
        read.retain(|_| roots.next().unwrap_or(true));
        for reading in read {
            all.add(reading.stack, reading.diagnostics);
        }
    }
}

/// Which templates stand for themselves: those that no other nests, and of those that nest each other in a ring one.
///
/// Each comes with the templates that it nests, at any depth.
fn roots(templates: &[(&Text, &[Text])]) -> Vec<bool> {
    let nested: BTreeSet<&Text> = templates
        .iter()
        .flat_map(|(path, nested)| nested.iter().filter(move |nested| nested != path))
        .collect();
    let mut seen: BTreeSet<&Text> = BTreeSet::new();
    let mut roots: Vec<bool> = templates
        .iter()
        .map(|(path, below)| {
            let is_root = !nested.contains(*path);
            if is_root {
                seen.insert(path);
                seen.extend(below.iter());
            }
            is_root
        })
        .collect();
    for ((path, below), is_root) in templates.iter().zip(&mut roots) {
        if !seen.contains(*path) {
            *is_root = true;
            seen.insert(path);
            seen.extend(below.iter());
        }
    }
    roots
}

/// What mappings say of the names of resources, as templates read it.
struct TemplateIdentities(HashMap<Text, Vec<(Text, Text)>>);

impl TemplateIdentities {
    fn of(mappings: &Mappings) -> Self {
        let computed = mappings.blocks().map(|block| {
            let templates = block.computed.iter();
            let templates =
                templates.map(|(name, template)| (name.clone(), Text::from(template.to_string())));
            (block.block.clone(), templates.collect())
        });
        Self(computed.collect())
    }
}

impl cloudformation::Identities for TemplateIdentities {
    fn computed(&self, kind: &str) -> &[(Text, Text)] {
        self.0.get(kind).map_or(&[], Vec::as_slice)
    }
}

/// The account that stands in the ARNs of the root with that number.
fn account(number: u32) -> Text {
    Text::from(format!("{number:012}"))
}

fn folder_of(path: &str) -> String {
    path.rsplit_once('/')
        .map_or_else(String::new, |(folder, _)| folder.to_owned())
}
