//! `ContentKey`: what encrypts the content of a resource, as far as it was read.

use plumb_model::graph::NodeKind;
use plumb_model::value::Text;

use crate::fragment::{FragmentNode, ReferenceTo};
use crate::knowledge::Knowledge;

/// What the names of keys begin with that the cloud keeps for an account.
const MANAGED: &str = "alias/aws/";

/// What encrypts the content of a resource.
#[derive(Debug)]
pub(crate) enum ContentKey<'f> {
    /// A key with a policy of its own, with its fragment.
    Own(usize, &'f FragmentNode),
    /// One that the cloud keeps for the account: it serves whom the service serves, within the account alone.
    Managed,
    /// It was not read; says why.
    Unread(Text),
}

/// What a relation of a resource to its key leads to; `None` where it has none.
///
/// `follow` gives the resource that a relation leads to, with its fragment.
pub(crate) fn of<'f>(
    knowledge: &Knowledge,
    (fragment, resource): (usize, &FragmentNode),
    label: &str,
    follow: impl Fn(usize, &ReferenceTo) -> Option<(usize, &'f FragmentNode)>,
) -> Option<ContentKey<'f>> {
    let mut found = None;
    let relations = resource.relations.iter();
    for relation in relations.filter(|relation| relation.label == label) {
        match follow(fragment, &relation.to) {
            Some(node) => match resolved(knowledge, node, &follow) {
                own @ ContentKey::Own(..) => return Some(own),
                other @ (ContentKey::Managed | ContentKey::Unread(_)) => found = found.or(Some(other)),
            },
            None => found = found.or_else(|| Some(elsewhere(&relation.to))),
        }
    }
    found
}

/// A key, or the one that another name of it leads to.
fn resolved<'f>(
    knowledge: &Knowledge,
    (fragment, node): (usize, &'f FragmentNode),
    follow: &impl Fn(usize, &ReferenceTo) -> Option<(usize, &'f FragmentNode)>,
) -> ContentKey<'f> {
    if knowledge.kind(node.type_id) == NodeKind::Key {
        let has_policy = node
            .detail
            .as_deref()
            .is_some_and(|detail| detail.policy.is_some());
        // Keys that the cloud manages have no policy that anybody could change.
        return if has_policy {
            ContentKey::Own(fragment, node)
        } else {
            ContentKey::Managed
        };
    }
    if node.name.starts_with(MANAGED) {
        return ContentKey::Managed;
    }
    let named = node.relations.iter().find_map(|relation| {
        let (fragment, key) = follow(fragment, &relation.to)?;
        let is_key = knowledge.kind(key.type_id) == NodeKind::Key;
        is_key.then(|| resolved(knowledge, (fragment, key), follow))
    });
    named.unwrap_or_else(|| ContentKey::Unread(Text::from(format!("the key `{}` was not read", node.name))))
}

fn elsewhere<'f>(to: &ReferenceTo) -> ContentKey<'f> {
    match to {
        ReferenceTo::Unread(why) => {
            ContentKey::Unread(Text::from(format!("which key encrypts it was not read: {why}")))
        }
        ReferenceTo::Elsewhere(key) if key.contains(MANAGED) => ContentKey::Managed,
        ReferenceTo::Elsewhere(key) => {
            ContentKey::Unread(Text::from(format!("the key `{key}` was not read")))
        }
        ReferenceTo::Node(_) => ContentKey::Unread(Text::new_static("which key encrypts it was not read")),
    }
}
