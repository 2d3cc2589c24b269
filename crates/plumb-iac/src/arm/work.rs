//! `Work`: what the evaluation of one template and those it deploys shares: sources, problems and budgets.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_model::value::Text;

use super::tree::Template;
use super::{Context, MAX_DEPTH, MAX_PROBLEMS, MAX_STEPS, bicep, is_bicep, json, template};
use crate::place::{FileId, Place, Sources};
use crate::val::Why;

/// Shared by all templates that one root reaches.
pub(super) struct Work<'a> {
    pub(super) context: &'a Context<'a>,
    sources: RefCell<&'a mut Sources>,
    problems: RefCell<Vec<Diagnostic>>,
    told: RefCell<BTreeSet<(Place, String)>>,
    templates: RefCell<BTreeMap<Text, Option<Rc<Template>>>>,
    deployments: Cell<usize>,
    steps: Cell<usize>,
    depth: Cell<usize>,
}

impl<'a> Work<'a> {
    pub(super) fn new(context: &'a Context<'a>, sources: &'a mut Sources) -> Self {
        Self {
            context,
            sources: RefCell::new(sources),
            problems: RefCell::default(),
            told: RefCell::default(),
            templates: RefCell::default(),
            deployments: Cell::new(0),
            steps: Cell::new(0),
            depth: Cell::new(0),
        }
    }

    /// Reads a text as the template at a path; `None` when nothing of it can be used, which is told.
    pub(super) fn template(&self, path: &str, text: &str) -> Option<Rc<Template>> {
        let (file, source) = {
            let mut sources = self.sources.borrow_mut();
            let file = sources.add(path, text);
            (file, sources.get(file).cloned()?)
        };
        let read = if is_bicep(path) {
            Some(bicep::read(file, &source.text, path, self))
        } else {
            json::parse(file, &source.text, self)
                .and_then(|root| template::read(&root, path, &source.text, self))
        };
        let read = read.map(Rc::new);
        self.templates.borrow_mut().insert(path.into(), read.clone());
        read
    }

    /// The template in a file, read once.
    ///
    /// # Errors
    /// Says why the file cannot be read.
    pub(super) fn template_in(&self, path: &str) -> Result<Option<Rc<Template>>, String> {
        if let Some(known) = self.templates.borrow().get(path) {
            return Ok(known.clone());
        }
        let text = self.context.files.read(path)?;
        Ok(self.template(path, &text))
    }

    /// Adds a file that is no template.
    pub(super) fn add(&self, path: &str, text: &str) -> FileId {
        self.sources.borrow_mut().add(path, text)
    }

    /// The paths of the templates that were read, sorted.
    pub(super) fn read_paths(&self) -> Vec<Text> {
        self.templates.borrow().keys().cloned().collect()
    }

    /// Counts one more deployment of a template; how many there are now.
    pub(super) fn count_deployment(&self) -> usize {
        self.deployments.set(self.deployments.get() + 1);
        self.deployments.get()
    }

    /// Counts `steps` of work.
    ///
    /// # Errors
    /// Why no more work is done.
    pub(super) fn spend(&self, steps: usize, place: Place) -> Result<(), Why> {
        let before = self.steps.get();
        self.steps.set(before.saturating_add(steps));
        if self.steps.get() <= MAX_STEPS {
            return Ok(());
        }
        let message = format!("evaluating the template takes more than {MAX_STEPS} steps");
        if before <= MAX_STEPS {
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
    pub(super) fn enter(&self, place: Place) -> Result<(), Why> {
        self.spend(1, place)?;
        if self.depth.get() >= MAX_DEPTH {
            let message = format!("evaluation nests more than {MAX_DEPTH} levels");
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
    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }

    /// Tells of something that cannot be used.
    pub(super) fn error(&self, place: Place, message: impl Into<String>, help: &str) {
        self.tell(Level::Error, place, message.into(), help);
    }

    /// Tells of something that is used, though it may not mean what its author thinks.
    pub(super) fn warning(&self, place: Place, message: impl Into<String>, help: &str) {
        self.tell(Level::Warning, place, message.into(), help);
    }

    /// The problems, in the order in which they were met.
    pub(super) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }

    fn tell(&self, level: Level, place: Place, message: String, help: &str) {
        let mut told = self.told.borrow_mut();
        // The same text is evaluated for its own block and for those that refer to it.
        if told.len() >= MAX_PROBLEMS || !told.insert((place, message.clone())) {
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
