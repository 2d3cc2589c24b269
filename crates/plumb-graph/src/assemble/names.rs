//! Principals by other names than their ARNs, as policies may call them.

use std::collections::HashMap;

use plumb_iam::directory::{Directory, Member};
use plumb_iam::principal::PrincipalKind;

use crate::assemble::permission::Permissions;

/// Principals by other names; made when the first one is looked up.
#[derive(Default)]
pub(super) struct Names<'d>(Option<Index<'d>>);

struct Index<'d> {
    by_unique_id: HashMap<&'d str, &'d Member>,
    /// By account and name without the path, which the ARNs of sessions leave out.
    roles: HashMap<(&'d str, &'d str), Vec<&'d Member>>,
}

impl<'d> Names<'d> {
    fn index(&mut self, directory: &'d Directory) -> &Index<'d> {
        self.0.get_or_insert_with(|| {
            let mut index = Index {
                by_unique_id: HashMap::new(),
                roles: HashMap::new(),
            };
            for member in directory.principals() {
                let principal = &member.principal;
                if let Some(id) = principal.unique_id.as_deref() {
                    index.by_unique_id.insert(id, member);
                }
                if let (PrincipalKind::Role, Some(account), Some(name)) = (
                    principal.kind,
                    principal.account.as_deref(),
                    principal.friendly_name(),
                ) {
                    index.roles.entry((account, name)).or_default().push(member);
                }
            }
            index
        })
    }
}

impl<'d> Permissions<'d, '_> {
    /// The principal with a unique identifier.
    pub(super) fn by_unique_id(&mut self, id: &str) -> Option<&'d Member> {
        let directory = self.directory;
        self.names.index(directory).by_unique_id.get(id).copied()
    }

    /// The roles of an account with a name, whatever their paths.
    pub(super) fn named_roles(&mut self, account: &str, name: &str) -> Vec<&'d Member> {
        let directory = self.directory;
        let roles = &self.names.index(directory).roles;
        roles.get(&(account, name)).cloned().unwrap_or_default()
    }
}
