//! The policies that take part in a decision: the principal's and the resource's.

use std::sync::Arc;

use plumb_model::value::{Text, Value};

use crate::document::PolicyDocument;
use crate::principal_pattern::PrincipalPattern;
use crate::truth::Truth;

/// Where a policy was found, for evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The uid of the resource that holds it: a user, group, role, managed policy, bucket, …
    pub holder: Text,
    /// The name of the policy there; for a resource's own policy the name of the attribute.
    pub policy: Text,
    /// The group by which a user has it; none where it has it by itself.
    pub group: Option<Text>,
}

/// The content of a policy.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// It was read, perhaps with unread statements.
    Read(Arc<PolicyDocument>),
    /// It exists and could not be read; says why.
    Unread(Text),
}

/// A policy with its origin; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPolicy {
    /// Where it is.
    pub origin: Arc<Origin>,
    /// What it says.
    pub content: Content,
}

impl NamedPolicy {
    /// A policy from its document as the cloud gives it.
    pub fn read(holder: impl Into<Text>, policy: impl Into<Text>, document: &Value) -> Self {
        let content = match document {
            Value::Unreadable(unreadable) => Content::Unread(unreadable.to_string().into()),
            document => Content::Read(Arc::new(PolicyDocument::read(document).value)),
        };
        Self::new(holder, policy, content)
    }

    /// A policy that exists and could not be read.
    pub fn unread(holder: impl Into<Text>, policy: impl Into<Text>, why: impl Into<Text>) -> Self {
        Self::new(holder, policy, Content::Unread(why.into()))
    }

    fn new(holder: impl Into<Text>, policy: impl Into<Text>, content: Content) -> Self {
        let origin = Origin {
            holder: holder.into(),
            policy: policy.into(),
            group: None,
        };
        Self {
            origin: Arc::new(origin),
            content,
        }
    }

    /// The same, as the members of a group have it.
    #[must_use]
    pub fn of_group(self, group: impl Into<Text>) -> Self {
        let origin = Origin {
            group: Some(group.into()),
            ..Origin::clone(&self.origin)
        };
        Self {
            origin: Arc::new(origin),
            content: self.content,
        }
    }

    /// The document, when it was read.
    pub fn document(&self) -> Option<&PolicyDocument> {
        match &self.content {
            Content::Read(document) => Some(document),
            Content::Unread(_) => None,
        }
    }
}

/// Service or resource control policies on the way from the organization's root to an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Guardrails {
    /// One list per level: root, organizational units, account. Each level must allow; none at all binds nothing.
    pub levels: Vec<Vec<NamedPolicy>>,
    /// Why further policies may exist that are not in `levels`; an allowed request then carries a caveat.
    pub unread: Option<Text>,
}

impl Guardrails {
    /// No policy of this kind applies: outside an organization, or in its management account.
    pub fn none() -> Self {
        Self::default()
    }

    /// Policies of this kind may exist and were not read.
    pub fn unread(why: impl Into<Text>) -> Self {
        Self {
            levels: Vec::new(),
            unread: Some(why.into()),
        }
    }
}

/// An allowance that a resource's owner gave outside of its policy, such as a grant on a KMS key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Where it is.
    pub origin: Arc<Origin>,
    /// Whom it names.
    pub grantee: PrincipalPattern,
    /// The allowed actions in lower case, for example `kms:decrypt`.
    pub actions: Vec<Text>,
    /// What the request must satisfy beside, for people.
    pub condition: Option<Text>,
}

/// What limits and permits on the principal's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PrincipalPolicies {
    /// Policies of the principal and of its groups.
    pub identity: Vec<NamedPolicy>,
    /// The permissions boundary.
    pub boundary: Option<NamedPolicy>,
    /// The policies of the session; `None` when it has none of its own.
    pub session: Option<Vec<NamedPolicy>>,
    /// Service control policies of the principal's account.
    pub service_control: Arc<Guardrails>,
}

/// What limits and permits on the resource's side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResourcePolicies {
    /// The policy of the resource; `None` when it has none.
    pub policy: Option<NamedPolicy>,
    /// Whether the policy gives nothing to principals of other accounts, as in a bucket that restricts public access.
    pub shuts_out_strangers: Truth,
    /// Other allowances of the resource's owner.
    pub grants: Vec<Grant>,
    /// Why further grants may exist that are not in `grants`.
    pub unread_grants: Option<Text>,
    /// Resource control policies of the resource's account.
    pub resource_control: Arc<Guardrails>,
}
