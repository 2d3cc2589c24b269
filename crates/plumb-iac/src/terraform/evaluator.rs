//! `Evaluator`: what evaluation shares within one root module: files, budgets, problems.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::accounts::Accounts;
use super::code::Code;
use super::module::Module;
use super::scope::Failure;
use crate::complete::Complete;
use crate::files::Files;
use crate::place::Place;
use crate::secrecy::{Secrecy, written_at};
use crate::val::{Kind, Val};

/// The most steps that one root takes: expressions, and items that functions go through.
const MAX_STEPS: u64 = 12_000_000;
/// The most calls of modules in one root, repetitions included.
const MAX_INSTANCES: u32 = 5_000;
/// How deep references and expressions nest.
const MAX_DEPTH: u32 = 1_200;
/// The most problems of one root that are told.
const MAX_PROBLEMS: usize = 100;

/// What evaluation shares within one root module.
pub(crate) struct Evaluator<'w> {
    pub(crate) files: &'w dyn Files,
    /// The folder of the root, from which relative paths count.
    pub(crate) root: &'w str,
    /// Puts in what only the cloud gives a block.
    pub(crate) complete: &'w dyn Complete,
    /// The accounts that stand in ARNs.
    pub(crate) accounts: Accounts,
    /// The region where nothing tells one.
    pub(crate) region: Option<Text>,
    /// The parsed code.
    pub(crate) code: &'w Code,
    /// Which of several declarations of one name counts.
    form: usize,
    /// Where modules from registries were put by `terraform init`: address of the call, folder.
    pub(crate) installed: &'w BTreeMap<String, String>,
    problems: RefCell<Vec<Diagnostic>>,
    told: RefCell<HashSet<(String, Option<Place>)>>,
    /// Whether something was left out: the rest of the stack was judged, but not all of it.
    incomplete: Cell<bool>,
    /// Steps that are left.
    pub(crate) steps: Cell<u64>,
    exhausted: Cell<bool>,
    depth: Cell<u32>,
    instances: Cell<u32>,
    /// The innermost call of the module at work.
    call: Cell<Option<Place>>,
    /// The folders of the modules that were called at least once.
    called: RefCell<BTreeSet<String>>,
    /// What becomes of sensitive values in this reading, and in the expression at work: its author may reveal them.
    base_secrecy: Secrecy,
    secrecy: Cell<Secrecy>,
    /// Where sensitive values that were met are written.
    secrets: RefCell<Option<BTreeSet<Place>>>,
}

/// What was met while a root was evaluated.
pub(crate) struct Met {
    pub(crate) problems: Vec<Diagnostic>,
    /// Whether something was left out.
    pub(crate) is_incomplete: bool,
    /// The folders of the modules that were called at least once.
    pub(crate) called: BTreeSet<String>,
    /// The accounts beside the root's own, by what stands for them.
    pub(crate) accounts: BTreeMap<Text, Text>,
    /// Where the sensitive values that were kept back are written; `None` when there were none.
    pub(crate) secrets: Option<BTreeSet<Place>>,
}

impl<'w> Evaluator<'w> {
    /// Nothing is evaluated yet.
    pub(crate) fn new(
        (files, root): (&'w dyn Files, &'w str),
        complete: &'w dyn Complete,
        (code, form): (&'w Code, usize),
        installed: &'w BTreeMap<String, String>,
        (account, region): (Text, Option<Text>),
        secrecy: Secrecy,
    ) -> Self {
        Self {
            files,
            root,
            complete,
            accounts: Accounts::new(account),
            region,
            code,
            form,
            installed,
            problems: RefCell::default(),
            told: RefCell::default(),
            incomplete: Cell::new(false),
            steps: Cell::new(MAX_STEPS),
            exhausted: Cell::new(false),
            depth: Cell::new(0),
            instances: Cell::new(0),
            call: Cell::new(None),
            called: RefCell::default(),
            base_secrecy: secrecy,
            secrecy: Cell::new(secrecy),
            secrets: RefCell::default(),
        }
    }

    /// What becomes of sensitive values in the expression at work.
    pub(crate) fn secrecy(&self) -> Secrecy {
        self.secrecy.get()
    }

    /// Runs `work` with sensitive values revealed, as its author says that they are to be seen.
    pub(crate) fn revealing<T>(&self, work: impl FnOnce() -> T) -> T {
        self.with_secrecy(Secrecy::Revealed, work)
    }

    /// Runs `work` with sensitive values kept back, for what asks how they are marked.
    pub(crate) fn keeping<T>(&self, work: impl FnOnce() -> T) -> T {
        self.with_secrecy(Secrecy::Kept, work)
    }

    /// Runs `work` on what others see too.
    pub(crate) fn for_all<T>(&self, work: impl FnOnce() -> T) -> T {
        self.with_secrecy(self.base_secrecy, work)
    }

    fn with_secrecy<T>(&self, secrecy: Secrecy, work: impl FnOnce() -> T) -> T {
        let before = self.secrecy.replace(secrecy);
        let result = work();
        self.secrecy.set(before);
        result
    }

    /// Notes a sensitive value that is kept back, with where its texts are written.
    pub(crate) fn keep_back(&self, value: &Val) {
        let mut secrets = self.secrets.borrow_mut();
        written_at(value, secrets.get_or_insert_default());
    }

    /// The module of a folder; `None` when it has no code that was read.
    pub(crate) fn module(&self, folder: &str) -> Option<Arc<Module>> {
        self.code.module(folder, self.form).map(Arc::clone)
    }

    /// Tells a problem; one that leaves something out makes the stack incomplete.
    pub(crate) fn tell(&self, problem: Diagnostic) {
        if problem.level == plumb_model::diagnostic::Level::Error {
            self.incomplete.set(true);
        }
        let mut problems = self.problems.borrow_mut();
        if problems.len() < MAX_PROBLEMS {
            problems.push(problem);
        }
    }

    /// Tells once of something at a place that leaves nothing out.
    pub(crate) fn warn_once(&self, message: &str, place: Option<Place>) {
        if self.told.borrow_mut().insert((message.to_owned(), place)) {
            let problem = self.at(Diagnostic::warning(message), place, "here");
            self.tell(self.through_call(problem));
        }
    }

    /// Tells of something that leaves nothing out, once for all places where it stands.
    pub(crate) fn warn_once_of_all(&self, message: &str, place: Option<Place>) {
        if self.told.borrow_mut().insert((message.to_owned(), None)) {
            let problem = self.at(Diagnostic::warning(message), place, "here");
            self.tell(self.through_call(problem));
        }
    }

    /// Tells once that an expression cannot be evaluated.
    pub(crate) fn tell_failure(&self, failure: &Failure) {
        let key = (failure.message.to_string(), failure.place);
        if !self.told.borrow_mut().insert(key) {
            return;
        }
        let message = format!("{}; it counts as unknown", failure.message);
        let problem = match failure.breaks {
            true => Diagnostic::error(message),
            false => Diagnostic::warning(message),
        };
        let problem = self.at(problem, failure.place, "here");
        self.tell(self.through_call(problem));
    }

    /// Runs `work` on a module that `calls` lead to.
    pub(crate) fn inside<T>(&self, calls: &[Place], work: impl FnOnce() -> T) -> T {
        let before = self.call.replace(calls.last().copied());
        let result = work();
        self.call.set(before);
        result
    }

    /// The diagnostic with the call of the module that it comes from.
    fn through_call(&self, problem: Diagnostic) -> Diagnostic {
        let sources = &self.code.sources;
        let called = self.call.get().and_then(|call| {
            let name = &sources.get(call.file)?.name;
            let (line, _) = sources.line_and_column(call.file, call.range().start);
            Some(format!("in the module that `{name}:{line}` calls"))
        });
        match called {
            Some(called) => problem.help(called),
            None => problem,
        }
    }

    /// The diagnostic at a place.
    pub(crate) fn at(&self, diagnostic: Diagnostic, place: Option<Place>, label: &str) -> Diagnostic {
        match place.and_then(|place| Some((place, self.code.sources.get(place.file)?))) {
            Some((place, source)) => diagnostic.at(source, place.range(), label),
            None => diagnostic,
        }
    }

    /// Everything that was told and met.
    pub(crate) fn into_told(self) -> Met {
        Met {
            problems: self.problems.into_inner(),
            is_incomplete: self.incomplete.get(),
            called: self.called.into_inner(),
            accounts: self.accounts.into_others(),
            secrets: self.secrets.into_inner(),
        }
    }

    /// Notes that a module is called.
    pub(crate) fn calls(&self, folder: &str) {
        if !self.called.borrow().contains(folder) {
            self.called.borrow_mut().insert(folder.to_owned());
        }
    }

    /// Counts one call of a module; false when there are too many, which is told once.
    pub(crate) fn another_instance(&self, call: Place) -> bool {
        let instances = self.instances.get().saturating_add(1);
        self.instances.set(instances);
        if instances == MAX_INSTANCES + 1 {
            let message = format!("only the first {MAX_INSTANCES} calls of modules were followed");
            self.tell(self.at(Diagnostic::error(message), Some(call), "from here on"));
        }
        instances <= MAX_INSTANCES
    }

    /// Counts one expression, and goes one level deeper while `work` runs.
    pub(crate) fn deeper<T>(
        &self,
        place: Option<Place>,
        work: impl FnOnce() -> Result<T, Box<Failure>>,
    ) -> Result<T, Box<Failure>> {
        let left = self.steps.get();
        if left <= 1 {
            if !self.exhausted.replace(true) {
                let message = "this code takes too long to evaluate; the rest of it counts as unknown";
                self.tell(Diagnostic::error(message));
            }
            return Err(Failure::own("the budget of evaluation is used up", None));
        }
        self.steps.set(left - 1);
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            self.incomplete.set(true);
            return Err(Failure::own("this is nested too deeply", place));
        }
        self.depth.set(depth + 1);
        let result = work();
        self.depth.set(depth);
        result
    }

    /// A failed evaluation told and made unknown.
    pub(crate) fn settle(&self, evaluated: super::scope::Evaluated, place: Option<Place>) -> Val {
        match evaluated {
            Ok(value) => value,
            Err(failure) => {
                self.tell_failure(&failure);
                Val::placed(Kind::Unknown(failure.message), failure.place.or(place))
            }
        }
    }
}
