//! Sharing: content that its owner has handed to other accounts by number.

use plumb_iam::keys::Context;
use plumb_iam::principal::Principal;
use plumb_model::path::{EdgeKind, Proof};
use plumb_model::risk::ExposureLevel;
use plumb_model::value::Text;

use crate::assemble::permission::Permissions;
use crate::assemble::question::Asking;
use crate::assemble::{Assembly, Outcome};
use crate::fragment::{FragmentNode, ReferenceTo};
use crate::graph::NodeId;

/// Adds an edge from every account that something is shared with.
pub(crate) fn add(assembly: &mut Assembly<'_>, permissions: &mut Permissions<'_, '_>) {
    for (fragment, node, resource) in assembly.resources() {
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
