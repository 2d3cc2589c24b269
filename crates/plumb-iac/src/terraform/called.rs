//! Where the code of a called module is.

use std::rc::Rc;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::evaluator::Evaluator;
use super::instance::Instance;
use super::scope::Scope;
use super::syntax::Block;
use crate::val::Val;

/// How deep modules call modules.
const MAX_CALLS: usize = 32;

impl Evaluator<'_> {
    /// The folder of a called module.
    pub(super) fn module_folder(
        &self,
        call: &Block,
        path: &str,
        instance: &Rc<Instance>,
    ) -> Result<String, Text> {
        let source = call.body.attribute("source");
        let source_place = source.map(|source| source.place).or(Some(call.head));
        let told = |message: String, help: &str| {
            let problem = Diagnostic::error(message.clone()).help(help);
            self.tell(self.at(problem, source_place, "of this call"));
            Text::from(message)
        };
        let text = source.map(|source| self.settled(&source.value, Scope::of(instance)));
        let Some(source) = text.as_ref().and_then(Val::as_str) else {
            return Err(told(
                "the source of this module is not known".to_owned(),
                "nothing of it was judged",
            ));
        };
        let local = source.starts_with("./") || source.starts_with("../") || source == "." || source == "..";
        let folder = if local {
            crate::files::join(&instance.module.folder, source)
        } else {
            self.installed.get(path).cloned()
        };
        let Some(folder) = folder else {
            return Err(if local {
                told(
                    format!("module `{source}` lies outside the scanned tree and was not seen"),
                    "scan the folder that holds both",
                )
            } else {
                told(
                    format!("module `{source}` is not here and was not seen"),
                    "run `terraform init` (or `terraform get`) first; Plumb itself never downloads",
                )
            });
        };
        if instance.descends_from(&folder) {
            return Err(told(
                format!("module `{source}` calls itself"),
                "Terraform refuses this",
            ));
        }
        if instance.depth() >= MAX_CALLS {
            return Err(told(
                "modules call each other too deeply".to_owned(),
                "nothing of this one was judged",
            ));
        }
        Ok(folder)
    }
}
