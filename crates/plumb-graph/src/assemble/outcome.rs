//! `Outcome`: whether something is possible, how surely, and what shows it.

use plumb_iam::answer::{Answer, Decision, StatementRef};
use plumb_iam::arn::Arn;
use plumb_iam::directory::Member;
use plumb_iam::document::Effect;
use plumb_model::path::{Certainty, Proof};
use plumb_model::value::Text;

use crate::assemble::passages::Ways;
use crate::fragment::Circumstance;

/// That something is possible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// How surely.
    pub(crate) certainty: Certainty,
    /// Conditions and what was not read, as clauses.
    pub(crate) conditions: Vec<Text>,
    /// What is assumed all the same, as clauses.
    pub(crate) caveats: Vec<Text>,
    /// From where, as a clause, unless from anywhere.
    pub(crate) from: Option<Text>,
    /// The facts that all must hold.
    pub(crate) proofs: Vec<Proof>,
    /// The groups of which whoever asks must be a member.
    pub(crate) groups: Vec<Text>,
    /// By which ways, where not every way will do; it is itself the surest of them.
    pub(crate) ways: Option<Box<Ways>>,
}

impl Outcome {
    /// Possible for certain.
    pub(crate) fn certain(proofs: Vec<Proof>) -> Self {
        Self {
            proofs,
            ..Self::default()
        }
    }

    /// Possible, if what was not read allows it.
    pub(crate) fn possible(why: Text) -> Self {
        Self {
            certainty: Certainty::Possible,
            conditions: vec![why],
            ..Self::default()
        }
    }

    /// Possible where something holds that does not hold by itself.
    pub(crate) fn hanging_on(on: &Circumstance) -> Self {
        Self {
            certainty: on.certainty.max(Certainty::Conditional),
            conditions: vec![on.clause.clone()],
            ..Self::default()
        }
    }

    /// What an answer about a permission means; `None` when it is denied.
    pub(crate) fn of(answer: &Answer) -> Option<Self> {
        let certainty = match answer.decision {
            Decision::Allowed => Certainty::Certain,
            Decision::AllowedIf => Certainty::Conditional,
            Decision::Unknown => Certainty::Possible,
            Decision::DeniedExplicit | Decision::DeniedImplicit => return None,
        };
        let conditions = answer
            .conditions
            .iter()
            .map(|condition| Text::from(condition.to_string()));
        let unknown = answer
            .unknown
            .iter()
            .map(|unknown| Text::from(format!("not read: {unknown}")));
        let mut conditions: Vec<Text> = conditions.chain(unknown).collect();
        conditions.sort();
        conditions.dedup();
        let permitting = answer
            .deciding
            .iter()
            .filter(|statement| statement.effect == Effect::Allow && !statement.origin.holder.is_empty());
        let mut groups: Vec<Text> = permitting
            .clone()
            .filter_map(|statement| statement.origin.group.clone())
            .collect();
        groups.sort();
        groups.dedup();
        let mut proofs: Vec<Proof> = permitting.map(proof_of).collect();
        proofs.sort();
        proofs.dedup();
        Some(Self {
            certainty,
            conditions,
            caveats: answer.caveats.clone(),
            proofs,
            groups,
            from: None,
            ways: None,
        })
    }

    /// The same, resting on the attachment where it rested on a policy that nobody in the estate can change.
    pub(crate) fn resting_on_attachment(mut self, member: &Member, equals: usize) -> Self {
        self.ways = self
            .ways
            .map(|ways| Box::new(ways.map(|outcome| outcome.resting_on_attachment(member, equals))));
        // One of several equal principals leaves its group for itself alone.
        if equals <= 1 {
            let memberships = self.groups.iter().map(|group| Proof {
                resource: member.principal.name.clone(),
                attribute: Text::new_static("group_list"),
                detail: Text::from(format!("is a member of the group {}", last_part(group))),
            });
            self.proofs = memberships.chain(std::mem::take(&mut self.proofs)).collect();
        }
        for proof in &mut self.proofs {
            let is_foreign = proof.resource.contains(":policy/")
                && Arn::account_of(&proof.resource) != member.principal.account.as_deref();
            if is_foreign {
                let name = last_part(&proof.resource);
                let beside = match equals {
                    0 | 1 => String::new(),
                    2 => ", as it does for an equal principal".to_owned(),
                    others => format!(", as it does for {} equal principals", others - 1),
                };
                // Where AWS keeps the policy, its version stands behind the name.
                let versioned = proof.attribute.split(" statement ").next().unwrap_or(name);
                let version = versioned.strip_prefix(name).filter(|version| !version.is_empty());
                let version = version.map_or_else(String::new, |version| format!(" in{version}"));
                proof.detail = Text::from(format!("allows the step{version}{beside}"));
                proof.attribute = Text::from(format!("attached policy {name}"));
                proof.resource = member.principal.name.clone();
            }
        }
        self
    }

    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.certainty = self.certainty.max(other.certainty);
        // What is added to the whole is not added to each of them.
        self.ways = None;
        for condition in other.conditions {
            if !self.conditions.contains(&condition) {
                self.conditions.push(condition);
            }
        }
        for caveat in other.caveats {
            if !self.caveats.contains(&caveat) {
                self.caveats.push(caveat);
            }
        }
        for group in other.groups {
            if !self.groups.contains(&group) {
                self.groups.push(group);
            }
        }
        self.from = self.from.or(other.from);
        for proof in other.proofs {
            if !self.proofs.contains(&proof) {
                self.proofs.push(proof);
            }
        }
        self
    }

    /// The same where something holds beside.
    pub(crate) fn on_condition(self, condition: Text) -> Self {
        self.and(Self {
            certainty: Certainty::Conditional,
            conditions: vec![condition],
            ..Self::default()
        })
    }

    /// The surer one of two ways.
    pub(crate) fn or(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) if other.certainty < one.certainty => Some(other),
            (Some(one), _) => Some(one),
            (None, other) => other,
        }
    }
}

/// What shows that a statement permits.
fn proof_of(statement: &StatementRef) -> Proof {
    let origin = &statement.origin;
    // Nobody in the estate can change a policy that AWS keeps; what a group has of it is its attachment.
    if let Some(group) = &origin.group
        && origin.holder.contains(":policy/")
        && Arn::account_of(&origin.holder) != Arn::account_of(group)
    {
        let name = last_part(&origin.holder);
        return Proof {
            resource: group.clone(),
            attribute: Text::from(format!("attached policy {name}")),
            detail: Text::new_static("allows the step"),
        };
    }
    Proof {
        resource: origin.holder.clone(),
        attribute: match (&statement.sid, statement.index) {
            (Some(sid), _) => Text::from(format!("{} statement {sid}", origin.policy)),
            (None, Some(index)) => Text::from(format!("{} statement {index}", origin.policy)),
            (None, None) => origin.policy.clone(),
        },
        detail: Text::from(match statement.effect {
            Effect::Allow => format!("allows the step, as {}", statement.layer.phrase()),
            Effect::Deny => format!("denies the step, as {}", statement.layer.phrase()),
        }),
    }
}

/// The name at the end of an ARN.
fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}
