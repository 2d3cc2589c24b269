//! `Work`: what the evaluation of one template and those it deploys shares.

use std::rc::Rc;

use super::tree::Template;
use super::{Context, MAX_DEPTH, MAX_PROBLEMS, MAX_STEPS, bicep, is_bicep, json, template};
use crate::work::{self, Limits};

/// How much one root may take.
pub(super) const LIMITS: Limits = Limits {
    steps: MAX_STEPS,
    depth: MAX_DEPTH,
    problems: MAX_PROBLEMS,
};

/// Shared by all templates that one root reaches.
pub(super) type Work<'a> = work::Work<'a, Context<'a>, Template>;

impl Work<'_> {
    /// Reads a text as the template at a path; `None` when nothing of it can be used, which is told.
    pub(super) fn template(&self, path: &str, text: &str) -> Option<Rc<Template>> {
        let file = self.add(path, text);
        let text = &self.source(file)?.text;
        let read = if is_bicep(path) {
            Some(bicep::read(file, text, path, self))
        } else {
            json::parse(file, text, self).and_then(|root| template::read(&root, path, text, self))
        };
        self.keep(path, read)
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
