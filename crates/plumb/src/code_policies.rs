//! Which policies code is judged by.

use std::collections::HashMap;
use std::sync::Arc;

use plumb_expr::{Program, Root};
use plumb_iac::scan::Evaluated;
use plumb_model::resource::Resource;
use plumb_model::value::Text;
use plumb_pack::compiled::CompiledPolicy;
use plumb_pack::mapping_cover::Cover;
use plumb_pack::pack::Pack;
use plumb_pack::policy::{Policy, Provenance};

use crate::exit::Failed;
use crate::knowledge;

/// The policies that code can answer.
///
/// Compiling a policy reads the API models behind its types, so that is left out where there is nothing to judge.
#[derive(Debug, Default)]
pub(crate) struct CodePolicies {
    /// Those of types that the code declares, which look at something that code tells.
    pub(crate) judging: Vec<CompiledPolicy>,
    /// Those of types that code of these languages could declare, and this code does not.
    pub(crate) idle: Vec<Arc<Policy>>,
}

impl CodePolicies {
    /// Picks them from those that were chosen.
    ///
    /// # Errors
    /// When a user's policy, or one that would judge, does not compile.
    pub(crate) fn of(pack: &Pack, chosen: &[Arc<Policy>], code: &Evaluated) -> Result<Self, Failed> {
        let covers = covers(pack, code);
        let declared = code.resource_types(pack);
        let type_of = |policy: &Policy| {
            let known = pack.type_name(&policy.resource_type);
            known.unwrap_or(&policy.resource_type).clone()
        };
        let (wanted, idle): (Vec<_>, Vec<_>) = chosen.iter().partition(|policy| {
            // What a user wrote is checked in any case.
            policy.provenance == Provenance::User || declared.contains(&type_of(policy))
        });
        let mut judging = knowledge::compile(pack, wanted)?;
        judging.retain(|policy| {
            covers
                .get(&type_of(&policy.policy))
                .is_some_and(|cover| tells(cover, policy))
        });
        let mut idle: Vec<_> = idle.into_iter().cloned().collect();
        idle.retain(|policy| covers.contains_key(&type_of(policy)));
        Ok(Self { judging, idle })
    }
}

/// What the languages of the code can tell of each resource type.
fn covers(pack: &Pack, code: &Evaluated) -> HashMap<Text, Cover> {
    let mut covers: HashMap<Text, Cover> = HashMap::new();
    for language in code.languages() {
        let mappings = pack.mappings(language);
        for resource_type in mappings.resource_types() {
            let cover = covers.entry(resource_type.clone()).or_default();
            for mapping in mappings.of_resource(resource_type) {
                cover.add(Cover::of(mapping));
            }
        }
    }
    covers
}

/// Whether a policy looks at something that code tells, or at nothing of the resource at all.
fn tells(cover: &Cover, policy: &CompiledPolicy) -> bool {
    let mut looked_at = policy
        .programs()
        .flat_map(Program::uses)
        .filter(|used| used.root == Root::Resource && !used.path.is_empty())
        .peekable();
    looked_at.peek().is_none()
        || looked_at.any(|used| {
            let first = used.path.first();
            first.is_some_and(|first| !Resource::RESERVED.contains(&first.as_str()))
                && cover.covers(&used.path)
        })
}
