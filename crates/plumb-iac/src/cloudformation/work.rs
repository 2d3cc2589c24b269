//! `Work`: what the evaluation of one template and its nested stacks shares.

use std::rc::Rc;

use super::template::Template;
use super::{Context, MAX_DEPTH, MAX_PROBLEMS, MAX_STEPS, include, parse};
use crate::work::{self, Limits};

/// How much one root may take.
pub(super) const LIMITS: Limits = Limits {
    steps: MAX_STEPS,
    depth: MAX_DEPTH,
    problems: MAX_PROBLEMS,
};

/// Shared by the instances of all templates that one root reaches.
pub(super) type Work<'a> = work::Work<'a, Context<'a>, Template>;

impl Work<'_> {
    /// Parses a text as the template at a path; `None` when nothing of it can be used, which is told.
    pub(super) fn template(&self, path: &str, text: &str) -> Option<Rc<Template>> {
        let file = self.add(path, text);
        let (root, problems) = parse::parse(file, &self.source(file)?);
        self.found(problems);
        let root = root.map(|root| match text.contains(include::INCLUDE) {
            true => include::spliced(root, path, self),
            false => root,
        });
        let template = root.and_then(|root| Template::new(root, self));
        self.keep(path, template)
    }

    /// The template in a file, read once.
    ///
    /// # Errors
    /// Says why the file cannot be read.
    pub(super) fn template_in(&self, path: &str) -> Result<Option<Rc<Template>>, String> {
        if let Some(known) = self.known(path) {
            return Ok(known);
        }
        let text = self.context.files.read(path)?;
        Ok(self.template(path, &text))
    }
}
