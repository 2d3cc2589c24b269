//! Control of resources: the roles that come with it, and the principals that are given it.

use std::collections::BTreeSet;

use plumb_iam::arn::{Arn, is_account};
use plumb_iam::directory::Directory;
use plumb_iam::glob::{Glob, Style};
use plumb_iam::web_identity::{Tokens, WebIdentity};
use plumb_model::path::{Certainty, EdgeKind, Proof};
use plumb_model::value::Text;
use plumb_pack::graph_role::{Gives, Grant, Needs};

use crate::assemble::assets::{asset, principal_node};
use crate::assemble::question::DIRECT;
use crate::assemble::{Assembly, Outcome};
use crate::fragment::{FragmentNode, Given, ReferenceTo};
use crate::graph::NodeId;

/// Adds an edge from what vouches to every role that takes its word, and from principals to what they are given.
pub(crate) fn add(assembly: &mut Assembly<'_>, directory: &Directory) {
    let mut identities = None;
    for (fragment, node, resource) in assembly.resources() {
        let (Some(role), Some(detail)) = (
            assembly.knowledge.role(resource.type_id),
            resource.detail.as_deref(),
        ) else {
            continue;
        };
        for vouched in &detail.vouches {
            let Some(vouches) = role.vouches.get(vouched.entry) else {
                continue;
            };
            let identities = identities.get_or_insert_with(|| WebIdentity::new(directory));
            let subjects = Glob::new(&vouches.subjects, Style::Text);
            let tokens = Tokens {
                issuer: &vouched.issuer,
                subjects: &subjects,
            };
            let proof = Proof {
                resource: resource.uid.clone(),
                attribute: Text::from(vouches.issuer.to_string()),
                detail: Text::from(format!("issues tokens as {}", vouched.issuer)),
            };
            for member in identities.roles(&vouched.issuer) {
                let taken = identities
                    .can(&tokens, member)
                    .and_then(|answer| Outcome::of(&answer));
                let (Some(taken), Some(to)) = (taken, principal_node(assembly, member)) else {
                    continue;
                };
                let outcome = Outcome::certain(vec![proof.clone()]).and(taken);
                let how = Some(vouches.clause.clone());
                assembly.edge(node, to, EdgeKind::CanAssume, how, &outcome, 0);
                if assembly.resource(to).is_some_and(|(other, _)| other != fragment) {
                    assembly.bridge(fragment, node);
                }
            }
        }
        for given in &detail.gives {
            if let Some(gives) = role.gives.get(given.entry) {
                give(assembly, directory, (fragment, resource), gives, given);
            }
        }
    }
}

/// Adds the edges of one thing that principals are given.
fn give(
    assembly: &mut Assembly<'_>,
    directory: &Directory,
    (fragment, resource): (usize, &FragmentNode),
    gives: &Gives,
    given: &Given,
) {
    let controlled: BTreeSet<NodeId> = references(resource, &gives.of)
        .filter_map(|to| assembly.reference(fragment, to))
        .collect();
    let mut principals = BTreeSet::new();
    for to in references(resource, &gives.to) {
        match (to, assembly.reference(fragment, to)) {
            (_, Some(node)) => _ = principals.insert(node),
            (ReferenceTo::Elsewhere(name), None) => {
                principals.extend(stranger(assembly, fragment, resource, name));
            }
            (ReferenceTo::Unread(why), None) => {
                assembly.problem(format!(
                    "{}: to whom it gives access was not read: {why}",
                    resource.uid
                ));
            }
            (ReferenceTo::Node(_), None) => {}
        }
    }
    let evidence = Outcome::certain(vec![Proof {
        resource: resource.uid.clone(),
        attribute: Text::default(),
        detail: gives.clause.clone(),
    }]);
    let evidence = match given.given.certainty {
        Certainty::Certain => evidence,
        Certainty::Conditional | Certainty::Possible => evidence.and(Outcome::hanging_on(&given.given)),
    };
    let needed = given.once.iter().map(Outcome::hanging_on);
    let outcome = needed.fold(evidence, Outcome::and);
    for from in &principals {
        let outcome = match (&gives.needs, &given.on) {
            (Some(needs), Some(on)) => {
                let allowed = allowed(assembly, directory, *from, (fragment, resource), needs, on);
                match allowed {
                    Some(allowed) => outcome.clone().and(allowed),
                    None => continue,
                }
            }
            (Some(_), None) | (None, _) => outcome.clone(),
        };
        for to in &controlled {
            let how = Some(gives.clause.clone());
            assembly.edge(*from, *to, EdgeKind::CanAdminister, how, &outcome, 0);
        }
        if let Some((own, _)) = assembly.resource(*from).filter(|(own, _)| *own != fragment) {
            assembly.bridge(own, *from);
        }
    }
}

/// Whether a principal is permitted what it needs beside; what one outside of the estate may do is decided there.
fn allowed(
    assembly: &Assembly<'_>,
    directory: &Directory,
    from: NodeId,
    (fragment, resource): (usize, &FragmentNode),
    needs: &Grant,
    on: &str,
) -> Option<Outcome> {
    let member = directory.principal(&assembly.info(from)?.uid)?;
    let asset = asset(assembly, directory, fragment, resource, on);
    let asset = if on.contains('*') {
        asset.some_within(on)
    } else {
        asset
    };
    let regions = assembly.regions_of(fragment);
    let mut answers = needs
        .actions
        .iter()
        .map(|action| Outcome::of(&directory.can_somewhere(member, action, &asset, &DIRECT, regions)));
    let outcome = match needs.needs {
        Needs::Any => answers.fold(None, Outcome::or),
        Needs::All => answers.try_fold(Outcome::default(), |all, one| Some(all.and(one?))),
    };
    outcome.map(|outcome| outcome.resting_on_attachment(member, 1))
}

fn references<'r>(resource: &'r FragmentNode, label: &'r str) -> impl Iterator<Item = &'r ReferenceTo> {
    let relations = resource.relations.iter();
    relations
        .filter(move |relation| relation.label == label)
        .map(|relation| &relation.to)
}

/// The account of a principal that was not read, where it is none of the estate.
fn stranger(
    assembly: &mut Assembly<'_>,
    fragment: usize,
    resource: &FragmentNode,
    name: &str,
) -> Option<NodeId> {
    let account = Arn::account_of(name).filter(|account| is_account(account))?;
    let provider = assembly.fragments.get(fragment)?.account.provider;
    if assembly.fragment_of(provider, account).is_some() {
        assembly.problem(format!(
            "{}: `{name}`, to whom it gives access, was not read or does not exist",
            resource.uid
        ));
        return None;
    }
    Some(assembly.external(account))
}
