//! What control of a resource brings, and what gives it, read from its document.

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};
use plumb_pack::graph_role::GraphRole;
use plumb_pack::template::TemplateScope;

use super::Circumstance;
use crate::sight::Sight;

/// An issuer whose tokens can be had through a resource.
#[derive(Debug)]
pub(crate) struct Vouched {
    /// Position in [`GraphRole::vouches`].
    pub(crate) entry: usize,
    /// The URL of the issuer.
    pub(crate) issuer: Text,
}

/// Something that a resource lets principals control, or may.
#[derive(Debug)]
pub(crate) struct Given {
    /// Position in [`GraphRole::gives`].
    pub(crate) entry: usize,
    /// Whether it does.
    pub(crate) given: Circumstance,
    /// On what principals must be permitted something beside, where they must.
    pub(crate) on: Option<Text>,
    /// What else is needed, or may be.
    pub(crate) once: Vec<Circumstance>,
}

/// The issuers for which a resource stands, and what was not read.
pub(super) fn vouches(role: &GraphRole, resource: &Resource, problems: &mut Vec<Text>) -> Vec<Vouched> {
    let mut found = Vec::new();
    for (entry, vouches) in role.vouches.iter().enumerate() {
        for value in vouches.issuer.all(resource.document()) {
            match value {
                Value::String(issuer) => found.push(Vouched {
                    entry,
                    issuer: issuer.clone(),
                }),
                Value::Unreadable(unreadable) => problems.push(Text::from(format!(
                    "{}: which tokens can be had through it was not read: {unreadable}",
                    resource.uid
                ))),
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Map(_) => {}
            }
        }
    }
    found
}

/// What a resource lets principals control.
pub(super) fn gives(
    role: &GraphRole,
    resource: &Resource,
    scope: &TemplateScope<'_>,
    sight: &Sight<'_>,
) -> Vec<Given> {
    let entries = role.gives.iter().enumerate();
    entries
        .filter_map(|(entry, gives)| {
            let once = gives.once.iter();
            let on = match &gives.needs {
                Some(needs) => Some(Text::from(needs.on.render(scope).as_str()?)),
                None => None,
            };
            Some(Given {
                on,
                entry,
                given: sight.circumstance(&gives.when, &gives.clause, resource)?,
                once: once
                    .filter_map(|one| sight.circumstance(&one.when, &one.clause, resource))
                    .collect(),
            })
        })
        .collect()
}
