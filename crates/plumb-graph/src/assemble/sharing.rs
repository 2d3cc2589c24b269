//! Sharing: content that its owner has handed to other accounts by number, and what access control lists show to them.

use plumb_iam::access_list::AccessList;
use plumb_iam::keys::Context;
use plumb_iam::principal::Principal;
use plumb_model::path::{EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use crate::assemble::callers::is_owner;
use crate::assemble::permission::Permissions;
use crate::assemble::question::Asking;
use crate::assemble::{Assembly, Outcome};
use crate::fragment::{FragmentNode, ReferenceTo};
use crate::graph::NodeId;

/// Adds an edge from every account that something is shared with.
pub(crate) fn add(assembly: &mut Assembly<'_>, permissions: &mut Permissions<'_, '_>) {
    for (fragment, node, resource) in assembly.resources() {
        show(assembly, permissions, node, resource);
        for share in resource.detail.iter().flat_map(|detail| &detail.shared) {
            let role = assembly.knowledge.role(resource.type_id);
            let Some(shared) = role.and_then(|role| role.shared.get(share.entry)) else {
                continue;
            };
            let account = match &share.account {
                Ok(account) => account,
                Err(why) => {
                    assembly.expose(node, ExposureLevel::Unknown);
                    assembly.problem(format!(
                        "{}: with whom it is shared was not read: {why}",
                        resource.uid
                    ));
                    continue;
                }
            };
            let own = assembly.fragments.get(fragment).map(|own| &own.account);
            let Some(provider) = own.filter(|own| own.id != *account).map(|own| own.provider) else {
                continue;
            };
            let decryption = match &shared.decrypt {
                None => Some(Outcome::default()),
                Some(label) => decryption(assembly, permissions, fragment, resource, label, account),
            };
            let Some(decryption) = decryption else { continue };
            // Inside the estate it is who administers the account, for whom nothing else must be allowed.
            let from = match assembly.fragment_of(provider, account) {
                Some(member) => match assembly.administrator_of(member) {
                    Some(administrator) => administrator,
                    None => continue,
                },
                None => assembly.external(account),
            };
            let outcome = decryption.and(Outcome::certain(vec![Proof {
                resource: resource.uid.clone(),
                attribute: Text::from(shared.accounts.to_string()),
                detail: Text::from(format!("names account {account}")),
            }]));
            assembly.expose(node, ExposureLevel::Accounts);
            let how = Some(shared.clause.clone());
            assembly.edge(from, node, EdgeKind::CanRead, how, &outcome, 0);
        }
    }
}

/// Shows a resource to the accounts outside of the estate that its access control list names, whatever it lets them do.
fn show(
    assembly: &mut Assembly<'_>,
    permissions: &Permissions<'_, '_>,
    node: NodeId,
    resource: &FragmentNode,
) {
    let Some(detail) = resource.detail.as_deref() else {
        return;
    };
    let listed = detail.access_list.iter().flat_map(AccessList::of_accounts);
    for (id, grant) in listed {
        let is_known = permissions.directory.account_of_canonical(id).is_some();
        if is_known || assembly.is_of_the_cloud(id) || is_owner(detail, id) {
            continue;
        }
        let account = assembly.external(id);
        assembly.expose(node, ExposureLevel::Accounts);
        let outcome = Outcome::certain(vec![Proof {
            resource: resource.uid.clone(),
            attribute: grant.origin.policy.clone(),
            detail: Text::from(format!("names the canonical user {id}")),
        }]);
        let how = Some(Text::new_static("its access control list lets the account in"));
        assembly.edge(account, node, EdgeKind::Reaches, how, &outcome, 0);
    }
}

/// Whether the key of a resource admits an account; `None` where it does not.
fn decryption(
    assembly: &Assembly<'_>,
    permissions: &mut Permissions<'_, '_>,
    fragment: usize,
    resource: &FragmentNode,
    label: &str,
    account: &str,
) -> Option<Outcome> {
    let relations = resource
        .relations
        .iter()
        .filter(|relation| relation.label == label);
    let mut outcome = Outcome::default();
    for relation in relations {
        let key: Option<NodeId> = assembly.reference(fragment, &relation.to);
        let group = key.and_then(|key| permissions.groups.of_node(key));
        match (group, &relation.to) {
            (Some(group), _) => {
                let principal = Principal::any_of_account(account);
                let context = Context::over_tls();
                let asking = Asking::front(&principal, &context);
                outcome = outcome.and(permissions.decrypt(assembly, asking, None, group)?);
            }
            (None, ReferenceTo::Elsewhere(key)) => {
                outcome = outcome.and(Outcome::possible(Text::from(format!(
                    "the key `{key}` was not read"
                ))));
            }
            (None, ReferenceTo::Unread(why)) => {
                outcome = outcome.and(Outcome::possible(Text::from(format!(
                    "which key encrypts it was not read: {why}"
                ))));
            }
            (None, ReferenceTo::Node(_)) => {}
        }
    }
    Some(outcome)
}
