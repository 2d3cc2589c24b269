//! The plans and states of a tree, each a root of its own.

use std::collections::BTreeSet;

use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use super::{EvaluatedStack, Options, account};
use crate::complete::Complete;
use crate::files::Files;
use crate::place::Sources;
use crate::terraform;
use crate::terraform::plan::{self, Applied};

/// The plans and states of a tree.
pub(super) struct Written<'w> {
    pub(super) mapper: &'w dyn Complete,
    pub(super) files: &'w dyn Files,
    pub(super) options: &'w Options,
}

impl Written<'_> {
    /// Reads all of them; whether some have sensitive values that were kept back.
    pub(super) fn read(
        &self,
        paths: &[String],
        sources: &mut Sources,
        stacks: &mut Vec<EvaluatedStack>,
        problems: &mut Vec<Diagnostic>,
    ) -> bool {
        let mut kept_back = false;
        let mut taken: BTreeSet<Text> = BTreeSet::new();
        let mut number = u32::try_from(stacks.len()).unwrap_or(u32::MAX);
        for path in paths.iter().filter(|path| may_be_written(path)) {
            let Ok(text) = self.files.read(path) else { continue };
            let Some(kind) = plan::recognise(path, &text) else {
                continue;
            };
            number = number.saturating_add(1);
            let file = sources.add(path.clone(), text);
            let applied = Applied {
                stand_in: &account(number),
                region: self.options.region.as_ref(),
                taken: &taken,
            };
            match plan::read(kind, sources, file, self.mapper, applied, self.options.secrecy) {
                Ok(read) => {
                    kept_back |= read.kept_back;
                    problems.extend(read.problems);
                    taken.extend(read.stack.account.clone());
                    taken.extend(read.stack.accounts.keys().cloned());
                    stacks.push(EvaluatedStack {
                        stack: read.stack,
                        complete: true,
                    });
                }
                Err(problem) => problems.push(problem),
            }
        }
        kept_back
    }
}

/// Whether a name may be that of a plan or a state.
fn may_be_written(path: &str) -> bool {
    let is_source = terraform::is_source(path) || path.ends_with(".tfvars.json");
    !is_source
        && [".json", ".tfstate", ".tfplan"]
            .iter()
            .any(|ending| path.ends_with(ending))
}
