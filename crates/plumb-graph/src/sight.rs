//! `Sight`: runs the rules of roles on the resources of one account.

use plumb_expr::{Program, Scope, Truth};
use plumb_iam::policy::NamedPolicy;
use plumb_iam::principal::Tags;
use plumb_model::account::Account;
use plumb_model::path::Certainty;
use plumb_model::resource::Resource;
use plumb_model::value::{Reason, Text, Unreadable, Value};
use plumb_net::address::AddressSet;
use plumb_pack::graph_role::{Callers, Gate, Opening};
use plumb_pack::template::TemplateScope;

use crate::fragment::{Circumstance, ResolvedOpening, Surroundings};
use crate::gate::{Admission, Admitted, admissions};

/// What the rules of roles see in one account.
pub(crate) struct Sight<'s> {
    account: Value,
    account_id: &'s str,
    partition: &'s str,
    surroundings: &'s Surroundings<'s>,
}

impl<'s> Sight<'s> {
    pub(crate) fn new(account: &'s Account, surroundings: &'s Surroundings<'s>) -> Self {
        Self {
            account: account.document(),
            account_id: &account.id,
            partition: account.partition.as_deref().unwrap_or("aws"),
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

    /// The tags that conditions of policies see; without a rule all of them.
    pub(crate) fn tags(&self, tagged: Option<&Program>, resource: &Resource) -> Tags {
        let Some(tagged) = tagged else {
            return Tags::read(resource.get("tags"));
        };
        let scope = self.scope(resource);
        match tagged.truth(&scope) {
            Truth::True => Tags::read(resource.get("tags")),
            Truth::False => Tags::Known(Vec::new()),
            Truth::Unknown => Tags::Unread(Text::from(format!(
                "whether tags count: {}",
                tagged.explain(&scope).message
            ))),
        }
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

    /// The ways that an entry of `exposed` tells, which are open or may be.
    pub(crate) fn openings(
        &self,
        opening: &Opening,
        policy: Option<&NamedPolicy>,
        resource: &Resource,
    ) -> Vec<ResolvedOpening> {
        let Some(mut circumstance) = self.circumstance(&opening.when, &opening.clause, resource) else {
            return Vec::new();
        };
        let addresses = self.width(opening, &mut circumstance, resource);
        let mut conditions = Vec::new();
        if let Some(provided) = opening
            .provided
            .as_ref()
            .filter(|_| circumstance.certainty == Certainty::Certain)
        {
            circumstance.certainty = Certainty::Conditional;
            conditions.push(provided.clone());
        }
        let own = ResolvedOpening {
            circumstance,
            conditions,
            ports: opening.ports.clone(),
            who: Admitted::Addresses(addresses),
            part_of: opening.part_of.clone(),
            proofs: Vec::new(),
        };
        let Some(gate) = &opening.gate else {
            return vec![own];
        };
        let scope = TemplateScope {
            document: resource.document(),
            parent: &Value::Null,
            partition: self.partition,
            account: self.account_id,
            region: &resource.region,
        };
        admissions(gate, policy, &scope, self.surroundings.now)
            .into_iter()
            .map(|admission| through(&own, admission, gate))
            .collect()
    }

    /// The addresses that are let in; where some were not read, it is any address, possibly.
    fn width(&self, opening: &Opening, circumstance: &mut Circumstance, resource: &Resource) -> AddressSet {
        let Some(path) = &opening.width else {
            return AddressSet::full();
        };
        let mut addresses = AddressSet::empty();
        for value in path.all(resource.document()) {
            match value {
                // A block that is none admits nobody.
                Value::String(block) => {
                    addresses = addresses.union(&AddressSet::parse(block).unwrap_or_default());
                }
                Value::Unreadable(unreadable) => {
                    circumstance.certainty = Certainty::Possible;
                    circumstance.clause = Text::from(format!(
                        "{}, from where was not read: {unreadable}",
                        circumstance.clause
                    ));
                    return AddressSet::full();
                }
                Value::Null
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Map(_) => {}
            }
        }
        addresses
    }
}

/// An opening as far as the resource policy lets somebody in by it.
fn through(own: &ResolvedOpening, admission: Admission, gate: &Gate) -> ResolvedOpening {
    let Admission { who, outcome } = admission;
    let clause = match (&who, &gate.callers) {
        (Admitted::Account(_), Callers::Accounts(clause)) => clause.clone(),
        (Admitted::Addresses(_), _) | (Admitted::Account(_), Callers::Anybody) => {
            own.circumstance.clause.clone()
        }
    };
    let conditions = own.conditions.iter().cloned().chain(outcome.conditions);
    ResolvedOpening {
        circumstance: Circumstance {
            clause,
            certainty: own.circumstance.certainty.max(outcome.certainty),
        },
        conditions: conditions.collect(),
        ports: own.ports.clone(),
        who,
        part_of: own.part_of.clone(),
        proofs: outcome.proofs,
    }
}
