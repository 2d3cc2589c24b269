//! What an access control list adds to an answer.

use plumb_iam::directory::Asset;
use plumb_model::answer::{PermissionAnswer, PermissionDecision};
use plumb_model::value::Text;

use super::{What, Who};

/// What is to be said of an access control list beside the answer.
pub(super) enum Listed {
    Nothing,
    /// Objects inside may have lists of their own.
    PerhapsObjects,
    /// The list names who asks, and objects inside may have lists of their own that do so too.
    LikelyObjects,
}

impl Listed {
    /// Adds what the list of a resource grants to who asks.
    pub(super) fn of(what: &What, who: &Who<'_>, action: &str, asset: &mut Asset) -> Self {
        let (Some(list), Some(principal)) = (&what.access_list, who.principal()) else {
            return Self::Nothing;
        };
        let owner = asset.target.account.clone().unwrap_or_default();
        let grants = list.grants_to(principal, &owner);
        let is_named = !grants.is_empty();
        asset.policies.grants.extend(grants);
        // In its own account the policies of principals decide, whatever the list grants to others.
        if !who.is_of(asset)
            && list.is_about(action)
            && let Some(why) = list.unread()
        {
            asset.policies.unread_grants = Some(why.clone());
        }
        match (list.leaves_to_objects(action) && !who.is_of(asset), is_named) {
            (false, _) => Self::Nothing,
            (true, false) => Self::PerhapsObjects,
            (true, true) => Self::LikelyObjects,
        }
    }

    /// The answer with what the lists of objects may change.
    pub(super) fn noted(self, mut answer: PermissionAnswer) -> PermissionAnswer {
        if answer.decision != PermissionDecision::DeniedImplicit {
            return answer;
        }
        match self {
            Self::Nothing => {}
            Self::PerhapsObjects => answer.caveats.push(Text::new_static(
                "single objects may have access control lists of their own, which are not read",
            )),
            Self::LikelyObjects => {
                answer.decision = PermissionDecision::Unknown;
                answer.missing.clear();
                answer.unknown.push(Text::new_static(
                    "the access control list of the bucket lets who asks in; those of its objects decide, which are not read",
                ));
            }
        }
        answer
    }
}
