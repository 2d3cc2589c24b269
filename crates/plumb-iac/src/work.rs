//! `Work`: what the evaluation of one template and those that it brings in shares: sources, problems and budgets.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use plumb_model::diagnostic::{Diagnostic, Level, Source};
use plumb_model::value::Text;

use crate::place::{FileId, Place, Sources};
use crate::secrecy::{Secrecy, is_telling, written_at};
use crate::val::{Kind, Val, Why};

/// How much one root may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Steps of evaluation.
    pub(crate) steps: usize,
    /// Levels of evaluation within each other.
    pub(crate) depth: usize,
    /// Problems that are told.
    pub(crate) problems: usize,
}

/// Shared by all uses of all templates that one root reaches; `C` is what the caller knows, `T` a template that was read.
pub(crate) struct Work<'a, C, T> {
    /// What the caller knows.
    pub(crate) context: &'a C,
    limits: Limits,
    sources: RefCell<&'a mut Sources>,
    problems: RefCell<Vec<Diagnostic>>,
    told: RefCell<BTreeSet<(Place, String)>>,
    templates: RefCell<BTreeMap<Text, Option<Rc<T>>>>,
    deployed: RefCell<BTreeSet<Text>>,
    uses: Cell<usize>,
    steps: Cell<usize>,
    depth: Cell<usize>,
    secrecy: Secrecy,
    /// Where values that are kept back are written; `None` when none was.
    secrets: RefCell<Option<BTreeSet<Place>>>,
}

/// What remains of a reading beside its result.
pub(crate) struct Told {
    /// The problems, in the order in which they were met.
    pub(crate) problems: Vec<Diagnostic>,
    /// Where values that were kept back are written; `None` when none was.
    pub(crate) secrets: Option<BTreeSet<Place>>,
}

/// Something that is worked out once, on demand.
pub(crate) enum Memo<T> {
    /// It is being worked out: to need it again is a cycle.
    Running,
    /// It is there.
    Done(T),
}

impl<'a, C, T> Work<'a, C, T> {
    pub(crate) fn new(context: &'a C, sources: &'a mut Sources, limits: Limits, secrecy: Secrecy) -> Self {
        Self {
            context,
            limits,
            sources: RefCell::new(sources),
            problems: RefCell::default(),
            told: RefCell::default(),
            templates: RefCell::default(),
            deployed: RefCell::default(),
            uses: Cell::new(0),
            steps: Cell::new(0),
            depth: Cell::new(0),
            secrecy,
            secrets: RefCell::default(),
        }
    }

    /// Adds a file.
    pub(crate) fn add(&self, path: &str, text: &str) -> FileId {
        self.sources.borrow_mut().add(path, text)
    }

    /// The source of a file.
    pub(crate) fn source(&self, file: FileId) -> Option<Arc<Source>> {
        self.sources.borrow().get(file).cloned()
    }

    /// The template in a file, read once; `None` when nothing of it could be used.
    pub(crate) fn known(&self, path: &str) -> Option<Option<Rc<T>>> {
        self.templates.borrow().get(path).cloned()
    }

    /// Keeps what was read as the template at a path.
    pub(crate) fn keep(&self, path: &str, template: Option<T>) -> Option<Rc<T>> {
        let template = template.map(Rc::new);
        self.templates.borrow_mut().insert(path.into(), template.clone());
        template
    }

    /// Tells of what reading found.
    pub(crate) fn found(&self, problems: Vec<Diagnostic>) {
        self.problems.borrow_mut().extend(problems);
    }

    /// Notes that another template deploys the one at a path.
    pub(crate) fn deploy(&self, path: &str) {
        self.deployed.borrow_mut().insert(path.into());
    }

    /// The paths of the templates that others deploy, sorted.
    pub(crate) fn deployed(&self) -> Vec<Text> {
        self.deployed.borrow().iter().cloned().collect()
    }

    /// Counts one more use of a template; how many there are now.
    pub(crate) fn count_use(&self) -> usize {
        self.uses.set(self.uses.get() + 1);
        self.uses.get()
    }

    /// Counts `steps` of work.
    ///
    /// # Errors
    /// Why no more work is done.
    pub(crate) fn spend(&self, steps: usize, place: Place) -> Result<(), Why> {
        let (before, most) = (self.steps.get(), self.limits.steps);
        self.steps.set(before.saturating_add(steps));
        if self.steps.get() <= most {
            return Ok(());
        }
        let message = format!("evaluating the template takes more than {most} steps");
        if before <= most {
            self.error(
                place,
                message.clone(),
                "what remains is unknown; split the template",
            );
        }
        Err(message.into())
    }

    /// Enters one level of evaluation; [`Self::leave`] has to follow where it succeeds.
    ///
    /// # Errors
    /// Why it is not evaluated.
    pub(crate) fn enter(&self, place: Place) -> Result<(), Why> {
        self.spend(1, place)?;
        let most = self.limits.depth;
        if self.depth.get() >= most {
            let message = format!("evaluation nests more than {most} levels");
            self.error(
                place,
                message.clone(),
                "it is taken as unknown; shorten the chain of references",
            );
            return Err(message.into());
        }
        self.depth.set(self.depth.get() + 1);
        Ok(())
    }

    /// Leaves a level.
    pub(crate) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Tells of something that cannot be used.
    pub(crate) fn error(&self, place: Place, message: impl Into<String>, help: &str) {
        self.tell(Level::Error, place, message.into(), help);
    }

    /// Tells of something that is used, though it may not mean what its author thinks.
    pub(crate) fn warning(&self, place: Place, message: impl Into<String>, help: &str) {
        self.tell(Level::Warning, place, message.into(), help);
    }

    /// Tells of something that has no value; it is unknown.
    pub(crate) fn wrong(&self, place: Place, message: impl Into<String>) -> Val {
        let message = message.into();
        self.error(place, message.clone(), "its value is taken as unknown");
        Val::placed(Kind::Unknown(message.into()), Some(place))
    }

    /// A value that is marked as secret; `why` says so. That there is none is told.
    pub(crate) fn secret(&self, value: Val, why: impl FnOnce() -> String) -> Val {
        if is_telling(&value) {
            written_at(&value, self.secrets.borrow_mut().get_or_insert_default());
        } else if value.why_unknown().is_none() {
            return value;
        }
        match self.secrecy {
            Secrecy::Kept => Val::placed(Kind::Unknown(why().into()), value.set),
            Secrecy::Revealed => value,
        }
    }

    /// Notes where a text that is marked as secret is written, whoever uses it.
    pub(crate) fn hide(&self, place: Place) {
        self.secrets.borrow_mut().get_or_insert_default().insert(place);
    }

    /// What there is to tell in the end.
    pub(crate) fn into_told(self) -> Told {
        Told {
            problems: self.problems.into_inner(),
            secrets: self.secrets.into_inner(),
        }
    }

    fn tell(&self, level: Level, place: Place, message: String, help: &str) {
        let mut told = self.told.borrow_mut();
        // The same text is evaluated for its own block and for those that refer to it.
        if told.len() >= self.limits.problems || !told.insert((place, message.clone())) {
            return;
        }
        let problem = match level {
            Level::Error => Diagnostic::error(message),
            Level::Warning => Diagnostic::warning(message),
        };
        let problem = match self.sources.borrow().get(place.file) {
            Some(source) => problem.at(source, place.range(), "here"),
            None => problem,
        };
        self.problems.borrow_mut().push(problem.help(help));
    }
}
