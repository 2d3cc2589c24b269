//! Organizations that are not the estate's own: whom a condition on the caller's organization lets in of them.

use plumb_iam::principal::{Membership, Principal, Tags};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use crate::assemble::callers::Callers;
use crate::assemble::parts::Part;
use crate::assemble::permission::Permissions;
use crate::assemble::question::Question;
use crate::assemble::strangers::Vantage;
use crate::assemble::{Assembly, Outcome};
use crate::graph::NodeId;

/// On what a condition that any organization meets hangs.
pub(crate) const OF_ANY_ORGANIZATION: &str =
    "the caller's account is in an organization, which everybody with an account can make";

/// An organization that a condition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// This one.
    One(Text),
    /// Any whose identifier fits; somebody makes organizations until one does, and this is such an identifier.
    AnyLike(Text),
}

impl Named {
    /// The organizations that conditions name.
    pub(crate) fn all(callers: &Callers) -> Vec<Self> {
        let of = |value: &Text| {
            let id = value.split('/').next().unwrap_or(value);
            if id.contains(['*', '?']) {
                Self::AnyLike(Text::from(id.replace(['*', '?'], "x")))
            } else {
                Self::One(Text::from(id))
            }
        };
        let mut all: Vec<Self> = Vec::new();
        for named in callers.organizations.iter().map(of) {
            if !all.contains(&named) {
                all.push(named);
            }
        }
        all
    }

    /// Somebody of an account of it, of whom nothing else is known.
    pub(crate) fn principal(&self) -> Principal {
        let id = match self {
            Self::One(id) | Self::AnyLike(id) => id.clone(),
        };
        Principal {
            membership: Membership::Of { id, path: None },
            ..Principal::stranger()
        }
    }
}

impl Assembly<'_> {
    /// The node of an organization that is not the estate's.
    fn external_organization(&mut self, id: &str) -> NodeId {
        if let Some(known) = self.external.get(id) {
            return *known;
        }
        let uid = format!("organization:{id}");
        let node = self.outside(&uid, "External organization", id);
        self.builder.entry(node, self.knowledge.weights.entry("external"));
        self.external.insert(Text::from(id), node);
        node
    }
}

impl Permissions<'_, '_> {
    /// Asks for whoever conditions let in by an organization that is not the resource's own.
    pub(super) fn ask_organizations(
        &mut self,
        assembly: &mut Assembly<'_>,
        callers: &Callers,
        (whole, vantages): (&Part, &[Vantage]),
        question: Question<'_>,
    ) {
        let (Some(found), Some(group)) = (
            self.groups.wide.get(whole.wide),
            self.groups.groups.get(whole.first),
        ) else {
            return;
        };
        let all = Named::all(callers);
        let Some(own) = (!all.is_empty())
            .then(|| self.own_organizations(assembly))
            .flatten()
        else {
            return;
        };
        for named in all {
            let (entry, condition, level) = match &named {
                Named::One(id) if own.contains(id) => continue,
                Named::One(id) => (assembly.external_organization(id), None, ExposureLevel::Accounts),
                Named::AnyLike(_) => (
                    assembly.internet(),
                    Some(Text::new_static(OF_ANY_ORGANIZATION)),
                    ExposureLevel::Narrow,
                ),
            };
            let principals = [named.principal()];
            let Some(from) = self.ask_from_outside(assembly, &principals, vantages, group, question) else {
                continue;
            };
            let outcome = from.into_outcome();
            let outcome = condition.into_iter().fold(outcome, Outcome::on_condition);
            self.expose(assembly, &found.members, level);
            self.connect_parts(
                assembly,
                entry,
                vec![(whole.clone(), Some(outcome))],
                question,
                None,
            );
        }
    }

    /// The organizations of the estate's accounts; `None` where that of one was not read, which any named one may be.
    fn own_organizations(&self, assembly: &Assembly<'_>) -> Option<Vec<Text>> {
        let mut own = Vec::new();
        for fragment in assembly.fragments {
            let asset = self
                .directory
                .asset("*", &fragment.account.id, Tags::Unspecified, None);
            match asset.target.membership {
                Membership::Unspecified => return None,
                Membership::Outside => {}
                Membership::Of { id, .. } => own.push(id),
            }
        }
        Some(own)
    }
}
