//! `Sight`: runs the rules of roles on the resources of one account.

use plumb_expr::{Program, Scope, Truth};
use plumb_model::account::Account;
use plumb_model::path::Certainty;
use plumb_model::resource::Resource;
use plumb_model::value::{Reason, Text, Unreadable, Value};
use plumb_pack::graph_role::Opening;

use crate::fragment::{Circumstance, ResolvedOpening, Surroundings};

/// What the rules of roles see in one account.
pub(crate) struct Sight<'s> {
    account: Value,
    surroundings: &'s Surroundings<'s>,
}

impl<'s> Sight<'s> {
    pub(crate) fn new(account: &Account, surroundings: &'s Surroundings<'s>) -> Self {
        Self {
            account: account.document(),
            surroundings,
        }
    }

    /// All resources of a type in the account.
    pub(crate) fn all_of(&self, resource_type: &str) -> &[&'s Value] {
        self.surroundings.inventory.of_type(resource_type)
    }

    pub(crate) fn scope<'a>(&'a self, resource: &'a Resource) -> Scope<'a> {
        self.scope_of(resource.document())
    }

    fn scope_of<'a>(&'a self, seen: &'a Value) -> Scope<'a> {
        Scope {
            resource: seen,
            account: &self.account,
            params: &Value::Null,
            now: self.surroundings.now,
            inventory: self.surroundings.inventory,
        }
    }

    /// Something that is so, or may be so; `None` where it is not.
    pub(crate) fn circumstance(
        &self,
        when: &Program,
        clause: &Text,
        resource: &Resource,
    ) -> Option<Circumstance> {
        let scope = self.scope(resource);
        let (clause, certainty) = match when.truth(&scope) {
            Truth::False => return None,
            Truth::True => (clause.clone(), Certainty::Certain),
            Truth::Unknown => {
                let evidence = when.explain(&scope);
                // Code has no history of use; it is no reason to suspect what would be made.
                let is_untold = |unreadable: &Unreadable| unreadable.reason == Reason::NotInCode;
                if !evidence.unreadable.is_empty() && evidence.unreadable.iter().all(is_untold) {
                    return None;
                }
                let why = evidence.message;
                (
                    Text::from(format!("whether {clause}: {why}")),
                    Certainty::Possible,
                )
            }
        };
        Some(Circumstance { clause, certainty })
    }

    /// Whether a rule holds of a part of a document; an error says why that is not known.
    pub(crate) fn truth_of(&self, rule: &Program, element: &Value) -> Result<bool, String> {
        let scope = self.scope_of(element);
        match rule.truth(&scope) {
            Truth::True => Ok(true),
            Truth::False => Ok(false),
            Truth::Unknown => Err(rule.explain(&scope).message.to_string()),
        }
    }

    /// A way from the internet that is open, or may be; `None` where it is not.
    pub(crate) fn opening(&self, opening: &Opening, resource: &Resource) -> Option<ResolvedOpening> {
        let mut circumstance = self.circumstance(&opening.when, &opening.clause, resource)?;
        let blocks = opening.width.as_ref().map(|path| {
            path.all(resource.document())
                .into_iter()
                .filter_map(|value| match value {
                    Value::String(block) => Some(block.clone()),
                    Value::Unreadable(unreadable) => {
                        circumstance.certainty = Certainty::Possible;
                        circumstance.clause = Text::from(format!(
                            "{}, from where was not read: {unreadable}",
                            circumstance.clause
                        ));
                        None
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Int(_)
                    | Value::Float(_)
                    | Value::List(_)
                    | Value::Map(_) => None,
                })
                .collect()
        });
        Some(ResolvedOpening {
            circumstance,
            ports: opening.ports.clone(),
            blocks,
        })
    }
}
