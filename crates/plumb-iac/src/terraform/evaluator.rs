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
/// What all blocks of one root may weigh: each counts as [`BLOCK_WEIGHT`] values, and every value in it as one.
const MAX_WEIGHT: usize = 6_000_000;
/// As how many values a block counts beside those in it.
const BLOCK_WEIGHT: usize = 20;
/// How deep the values of a block nest.
const MAX_NESTING: usize = 200;
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
    /// The workspace, where the user names it.
    pub(crate) workspace: Option<Text>,
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
    blocks: Cell<usize>,
    /// What the blocks of the root may weigh yet.
    weight: Cell<usize>,
    /// The innermost call of the module at work.
    call: Cell<Option<Place>>,
    /// Why it is not sure that there is something that the expression at work took for given.
    assumed: RefCell<Option<Text>>,
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
        (account, region, workspace): (Text, Option<Text>, Option<Text>),
        secrecy: Secrecy,
    ) -> Self {
        Self {
            files,
            root,
            complete,
            accounts: Accounts::new(account),
            region,
            workspace,
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
            blocks: Cell::new(0),
            weight: Cell::new(MAX_WEIGHT),
            call: Cell::new(None),
            assumed: RefCell::default(),
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
        // Names and blocks fail for themselves: nobody who uses them can catch it.
        let (result, _) = self.assuming(work);
        self.call.set(before);
        result
    }

    /// Notes that an expression takes for given that there is something.
    pub(crate) fn assume(&self, why: &Text) {
        self.assumed.borrow_mut().get_or_insert_with(|| why.clone());
    }

    /// Runs `work`, and gives why it is not sure that there is what it took for given.
    pub(crate) fn assuming<T>(&self, work: impl FnOnce() -> T) -> (T, Option<Text>) {
        let before = self.assumed.take();
        let result = work();
        let assumed = self.assumed.replace(before);
        (result, assumed)
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

    /// Counts a block that is kept, with all that it holds, as documents share nothing; false when there are too many.
    pub(crate) fn another_block(&self, body: &Val, head: Place) -> bool {
        let left = self.weight.get();
        let parts = body.parts_within(left, MAX_NESTING);
        let weight = parts.map_or(usize::MAX, |parts| parts.saturating_add(BLOCK_WEIGHT));
        if let Some(left) = left.checked_sub(weight) {
            self.weight.set(left);
            self.blocks.set(self.blocks.get().saturating_add(1));
            return true;
        }
        if left > 0 {
            self.weight.set(0);
            let count = self.blocks.get();
            let message = format!("only the first {count} blocks of this root were judged");
            let help = "all of them hold too many values; split the root";
            let problem = Diagnostic::error(message).help(help);
            self.tell(self.at(problem, Some(head), "from here on"));
        }
        false
    }

    /// Takes steps from the budget.
    ///
    /// # Errors
    /// When it is used up, which is told once.
    pub(crate) fn spend(&self, steps: usize) -> Result<(), Box<Failure>> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        let left = self.steps.get().saturating_sub(steps);
        self.steps.set(left);
        if left > 0 { Ok(()) } else { Err(self.used_up()) }
    }

    /// The failure of what would take more steps than are left, which is told once.
    pub(crate) fn used_up(&self) -> Box<Failure> {
        if !self.exhausted.replace(true) {
            let message = "this code takes too long to evaluate; the rest of it counts as unknown";
            self.tell(Diagnostic::error(message));
        }
        Failure::own("the budget of evaluation is used up", None)
    }

    /// Counts one expression, and goes one level deeper while `work` runs.
    pub(crate) fn deeper<T>(
        &self,
        place: Option<Place>,
        work: impl FnOnce() -> Result<T, Box<Failure>>,
    ) -> Result<T, Box<Failure>> {
        self.spend(1)?;
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
#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::complete::NothingKnown;
    use crate::terraform::hcl::read_expression;
    use crate::terraform::instance::Instance;
    use crate::terraform::scope::Scope;
    use crate::val::Entries;

    struct NoFiles;

    impl Files for NoFiles {
        fn files_in(&self, _folder: &str) -> Result<Vec<String>, String> {
            Err("no such folder".to_owned())
        }

        fn read(&self, _path: &str) -> Result<String, String> {
            Err("no such file".to_owned())
        }
    }

    /// An evaluator of no code with so many steps and so much weight.
    fn with_evaluator<T>(steps: u64, weight: usize, work: impl FnOnce(&Evaluator<'_>) -> T) -> (T, Met) {
        let (code, installed) = (Code::default(), BTreeMap::new());
        let account = (Text::default(), None, None);
        let evaluator = Evaluator::new(
            (&NoFiles, ""),
            &NothingKnown,
            (&code, 0),
            &installed,
            account,
            Secrecy::Kept,
        );
        evaluator.steps.set(steps);
        evaluator.weight.set(weight);
        let made = work(&evaluator);
        (made, evaluator.into_told())
    }

    /// What an expression leaves of so many steps, and whether the code counts as read to its end.
    fn left(steps: u64, text: &str) -> (u64, bool) {
        let (left, met) = with_evaluator(steps, 0, |evaluator| {
            let root = Rc::new(Instance::root(Arc::new(Module::default()), Entries::new()));
            let _ = evaluator.settled(&read_expression(text).unwrap(), Scope::of(&root));
            evaluator.steps.get()
        });
        (left, !met.is_incomplete)
    }

    #[test]
    fn texts_and_copies_take_steps() {
        for (expression, with, least) in [
            (
                "format(\"%6400s\", \"\")",
                "\"${format(\"%6400s\", \"\")}x\"",
                100,
            ),
            ("range(500)", "range(500)[*]", 500),
        ] {
            let (alone, _) = left(10_000, expression);
            let (copied, is_whole) = left(10_000, with);
            assert!(is_whole && copied + least <= alone, "{with}: {copied}, {alone}");
            // Neither a function nor what is around it ends quietly.
            for steps in [10_000 - alone, 10_000 - copied] {
                assert_eq!(left(steps, with), (0, false), "{with} in {steps} steps");
            }
        }
    }

    #[test]
    fn blocks_weigh_what_they_hold_and_something_themselves() {
        let place = Place::new(crate::place::FileId::at(0), 0..0);
        let body = Val::new(Kind::List(Arc::new(vec![Val::null(); 79])));
        let (counted, met) = with_evaluator(1, 250, |evaluator| {
            [(); 4].map(|()| evaluator.another_block(&body, place))
        });
        assert_eq!(counted, [true, true, false, false]);
        let told: Vec<String> = met.problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told.iter().all(|told| told.contains("only the first 2 blocks")),
            "{told:?}"
        );
    }
}
