//! `Library`: documents that occur in several places are kept once.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::account_iam::AccountIam;
use crate::document::PolicyDocument;
use crate::policy::{Content, NamedPolicy};

/// Keeps each document once; the policies of AWS are the same in every account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Library {
    documents: BTreeMap<(u64, u64), Arc<PolicyDocument>>,
}

impl Library {
    /// A library without documents.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts the library's documents in the place of equal ones of an account, and takes the others in.
    pub fn share(&mut self, account: &mut AccountIam) {
        for principal in &mut account.principals {
            let own = principal.identity.iter_mut();
            for policy in own.chain(&mut principal.boundary).chain(&mut principal.trust) {
                self.share_policy(policy);
            }
        }
    }

    /// The number of different documents.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether there is no document.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    fn share_policy(&mut self, policy: &mut NamedPolicy) {
        if let Content::Read(document) = &mut policy.content {
            let known = self
                .documents
                .entry(document.fingerprint())
                .or_insert_with(|| Arc::clone(document));
            *document = Arc::clone(known);
        }
    }
}
