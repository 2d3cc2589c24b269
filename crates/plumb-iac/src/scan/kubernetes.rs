//! The manifests of Kubernetes of a tree that declare cloud resources.

use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_pack::mapping::Language;
use plumb_pack::pack::Pack;

use super::{EvaluatedStack, Options, account};
use crate::files::Files;
use crate::kubernetes;
use crate::mapping::{Mapper, UsedPaths};
use crate::place::Sources;

/// Reads what objects of Kubernetes declare.
pub(super) struct Kubernetes<'t> {
    pub(super) pack: &'t Pack,
    pub(super) files: &'t dyn Files,
    pub(super) options: &'t Options,
}

impl Kubernetes<'_> {
    /// Reads manifests; how many objects in them declare nothing of a cloud.
    pub(super) fn read(
        &self,
        manifests: Vec<(String, String)>,
        kustomizations: &[(String, String)],
        sources: &mut Sources,
        stacks: &mut Vec<EvaluatedStack>,
        problems: &mut Vec<Diagnostic>,
    ) -> u64 {
        if manifests.is_empty() {
            return 0;
        }
        // Crossplane's objects become the blocks that Terraform's provider knows.
        let used = &UsedPaths::default();
        let crossplane = Mapper::new(self.pack, Language::Terraform, used);
        let ack = Mapper::new(self.pack, Language::Ack, used);
        let first = stacks.len();
        let context = kubernetes::Context {
            files: self.files,
            kinds: &self.pack.object_kinds(),
            crossplane: &crossplane,
            ack: &ack,
            region: self.options.region.clone(),
            account: &|at| account(u32::try_from(first + at + 1).unwrap_or(u32::MAX)),
        };
        let reading = kubernetes::read(sources, manifests, kustomizations, &context);
        let is_broken = reading
            .problems
            .iter()
            .any(|problem| problem.level == Level::Error);
        problems.extend(reading.problems);
        let complete = !is_broken;
        let read = reading.stacks.into_iter();
        stacks.extend(read.map(|stack| EvaluatedStack { stack, complete }));
        reading.others
    }
}
