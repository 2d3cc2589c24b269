//! What a request needs beside the permission itself: a key that admits it, an account, something that has to happen first.

use plumb_iam::directory::Asset;
use plumb_iam::principal::Principal;
use plumb_model::answer::{PermissionAnswer, PermissionDecision};
use plumb_model::path::Certainty;
use plumb_model::value::Text;
use plumb_pack::graph_role::{Access, AccessLevel, GraphRole, Strangers};

use super::passages::Coming;
use super::{Questions, Who, is_denied};
use crate::content_key::{self, ContentKey};
use crate::fragment::{Circumstance, Detail, FragmentNode, ReferenceTo};

/// What some actions need; of several entries about an action any one suffices.
#[derive(Clone, Debug)]
pub(super) struct Needs {
    /// In lower case.
    actions: Vec<String>,
    needs: Vec<Need>,
}

impl Needs {
    /// What stands behind it, where it is a door.
    pub(super) fn behind(&self) -> impl Iterator<Item = &Asset> {
        self.needs.iter().filter_map(|need| match need {
            Need::Behind(behind) => Some(&behind.asset),
            Need::Decrypt(_) | Need::Encrypt(_) | Need::Home(_) | Need::Once(_) | Need::Unread(_) => None,
        })
    }

    /// The keys that are asked.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Asset> {
        self.needs.iter().filter_map(|need| match need {
            Need::Decrypt(on_key) | Need::Encrypt(on_key) => Some(&on_key.asset),
            Need::Behind(behind) => Some(&behind.asset),
            Need::Home(_) | Need::Once(_) | Need::Unread(_) => None,
        })
    }
}

const ENCRYPTED: &str = "its content is encrypted with that key; what was written before that was set, or with another encryption asked for, needs no such key";

#[derive(Clone, Debug)]
enum Need {
    /// To be of the account of the resource.
    Home(Circumstance),
    /// Something that happens first.
    Once(Circumstance),
    /// Permission on the key of its content.
    Decrypt(OnKey),
    /// Permission on a key, unless the request asks for another encryption.
    Encrypt(OnKey),
    /// Permission of what stands behind a door, for requests with these keys.
    Behind(Behind),
    /// It was not read.
    Unread(Text),
}

/// What stands behind a door.
#[derive(Clone, Debug)]
struct Behind {
    asset: Asset,
    keys: Vec<(Text, Text)>,
    needs: Vec<Needs>,
}

/// Actions on a key, all of which it takes.
#[derive(Clone, Debug)]
struct OnKey {
    asset: Asset,
    actions: Vec<Text>,
    once: Vec<Circumstance>,
}

impl<'a> Questions<'a> {
    /// What the actions on a resource, or on what an ARN says inside of it, need.
    pub(super) fn needs(&self, fragment: usize, node: &FragmentNode, arn: &str) -> Vec<Needs> {
        let (Some(role), Some(detail)) = (self.knowledge.role(node.type_id), node.detail.as_deref()) else {
            return Vec::new();
        };
        let of_access = detail
            .access
            .iter()
            .filter_map(|resolved| Some((resolved, role.access.get(resolved.access)?)))
            .filter(|(_, access)| access.strangers != Strangers::Alone);
        of_access
            .map(|(resolved, access)| {
                let once = resolved.once.iter().cloned().map(Need::Once);
                let home = resolved.home.iter().cloned().map(Need::Home);
                let keys = self.key_needs((fragment, node), access);
                let mut on = resolved.on.iter();
                let name = on.find_map(|on| arn.strip_prefix(on.strip_suffix('*')?));
                let behind = self.behind((fragment, node), (role, detail), access.level, name);
                let actions = access.grants.iter().flat_map(|grant| &grant.actions);
                Needs {
                    actions: actions.map(|action| action.to_ascii_lowercase()).collect(),
                    needs: once.chain(home).chain(keys).chain(behind).collect(),
                }
            })
            .collect()
    }

    /// What stands behind a door, for reading and writing through it: all of it, or what has one name there.
    fn behind(
        &self,
        (fragment, node): (usize, &FragmentNode),
        (role, detail): (&GraphRole, &Detail),
        level: AccessLevel,
        name: Option<&str>,
    ) -> Option<Need> {
        let opens = role.opens.as_ref().filter(|_| level != AccessLevel::Administer)?;
        let mut relations = node.relations.iter();
        let relation = relations.find(|relation| relation.label == opens.relation)?;
        let Some((fragment, behind)) = self.follow(fragment, &relation.to) else {
            return Some(Need::Unread(Text::new_static(
                "what stands behind it was not read",
            )));
        };
        // Doors do not stand behind doors.
        let is_door = self
            .knowledge
            .role(behind.type_id)
            .is_some_and(|role| role.opens.is_some());
        if is_door {
            return Some(Need::Unread(Text::new_static("what stands behind it is no end")));
        }
        let within = self.inside(behind).into_iter().next().map(|(_, pattern)| pattern);
        let mut asset = self.key_asset(fragment, behind)?;
        Some(Need::Behind(Behind {
            asset: match (within, name.filter(|name| !name.is_empty() && *name != "*")) {
                (Some(pattern), Some(name)) => {
                    asset.target.arn = Text::from(pattern.replace('*', name));
                    asset
                }
                (Some(pattern), None) => asset.some_within(&pattern),
                (None, _) => asset,
            },
            keys: detail.opens.clone(),
            needs: self.needs(fragment, behind, &behind.uid),
        }))
    }

    fn key_needs(&self, resource: (usize, &FragmentNode), access: &Access) -> Vec<Need> {
        let mut needs = Vec::new();
        let key_of = |label: &Text| {
            let follow = |fragment: usize, to: &ReferenceTo| self.follow(fragment, to);
            content_key::of(self.knowledge, resource, label, follow)
        };
        match access.decrypt.as_ref().and_then(key_of) {
            None => {}
            Some(ContentKey::Managed) => needs.push(Need::Home(Circumstance {
                clause: Text::new_static(
                    "its content is encrypted with a key that the cloud keeps for the account, which serves no other",
                ),
                certainty: Certainty::Certain,
            })),
            Some(ContentKey::Unread(why)) => needs.push(Need::Unread(why)),
            Some(ContentKey::Own(fragment, key)) => needs.push(match self.decryption(fragment, key) {
                Some(on_key) => Need::Decrypt(on_key),
                None => Need::Unread(Text::from(format!("what decrypts with `{}` is not known", key.uid))),
            }),
        }
        let encryption = access.encrypt.as_ref();
        if let Some(encrypt) = encrypt_key(encryption.map(|encrypt| &encrypt.key).and_then(key_of))
            && let Some(encryption) = encryption
            && let Some(asset) = self.key_asset(encrypt.0, encrypt.1)
        {
            needs.push(Need::Encrypt(OnKey {
                asset,
                actions: encryption.actions.clone(),
                once: Vec::new(),
            }));
        }
        needs
    }

    /// What decrypts with a key: the first way to read by it.
    fn decryption(&self, fragment: usize, key: &FragmentNode) -> Option<OnKey> {
        let role = self.knowledge.role(key.type_id)?;
        let position = role
            .access
            .iter()
            .position(|access| access.level == AccessLevel::Read)?;
        let detail = key.detail.as_deref()?;
        let resolved = detail
            .access
            .iter()
            .find(|resolved| resolved.access == position)?;
        let grants = &role.access.get(position)?.grants;
        Some(OnKey {
            asset: self.key_asset(fragment, key)?,
            actions: grants
                .iter()
                .filter_map(|grant| grant.actions.first().cloned())
                .collect(),
            once: resolved.once.clone(),
        })
    }

    fn key_asset(&self, fragment: usize, key: &FragmentNode) -> Option<Asset> {
        let account = &self.fragments.get(fragment)?.account.id;
        let detail = key.detail.as_deref()?;
        let asset = self
            .directory
            .asset(&key.uid, account, detail.tags.clone(), detail.policy.clone());
        Some(match &detail.grants {
            Some(grants) => asset.with_grants(grants.clone()),
            None => asset,
        })
    }

    /// The resource that a relation leads to, with its fragment.
    fn follow(&self, fragment: usize, to: &ReferenceTo) -> Option<(usize, &'a FragmentNode)> {
        match to {
            ReferenceTo::Node(position) => {
                let node = self.fragments.get(fragment)?.nodes.get(*position as usize)?;
                Some((fragment, node))
            }
            ReferenceTo::Elsewhere(uid) => self.by(|node| node.uid == *uid),
            ReferenceTo::Unread(_) => None,
        }
    }

    /// An answer with everything that the action needs beside.
    pub(super) fn with_needs(
        &self,
        who: &Who<'_>,
        answer: PermissionAnswer,
        (asset, needs): (&Asset, &[Needs]),
        coming: &Coming<'_>,
    ) -> PermissionAnswer {
        if is_denied(answer.decision) {
            return answer;
        }
        let action = answer.action.to_ascii_lowercase();
        let about = needs.iter().filter(|needs| needs.actions.contains(&action));
        let answers = about.map(|needs| {
            needs.needs.iter().fold(answer.clone(), |answer, need| {
                self.with_need(who, answer, (asset, need), coming)
            })
        });
        answers.min_by_key(|answer| answer.decision).unwrap_or(answer)
    }

    fn with_need(
        &self,
        who: &Who<'_>,
        mut answer: PermissionAnswer,
        (asset, need): (&Asset, &Need),
        coming: &Coming<'_>,
    ) -> PermissionAnswer {
        match need {
            Need::Home(_) if who.is_of(asset) => answer,
            Need::Home(home) => match home.certainty {
                Certainty::Certain | Certainty::Conditional => {
                    answer.caveats.push(home.clause.clone());
                    denied(answer, PermissionDecision::DeniedImplicit)
                }
                Certainty::Possible => unknown(answer, home.clause.clone()),
            },
            Need::Once(once) => with_once(answer, once),
            Need::Unread(why) => unknown(answer, why.clone()),
            Need::Behind(behind) => {
                let coming = coming.clone().with(&behind.keys);
                // It may leave the decision to the door.
                let anybody = Who::Outsider(Principal::anonymous());
                let sent = coming.clone().sent_by(who);
                let left = self.bare_answer(&anybody, &answer.action, &behind.asset, &sent);
                let own = self.bare_answer(who, &answer.action, &behind.asset, &coming);
                let permitted = if left.decision < own.decision { left } else { own };
                let other = self.with_needs(who, permitted, (&behind.asset, &behind.needs), &coming);
                joined(answer, other, "what stands behind it must permit it too")
            }
            Need::Decrypt(on_key) => {
                let answer = on_key.once.iter().fold(answer, with_once);
                on_key.actions.iter().fold(answer, |answer, action| {
                    joined(
                        answer,
                        self.bare_answer(who, action, &on_key.asset, &coming.by_service()),
                        ENCRYPTED,
                    )
                })
            }
            Need::Encrypt(on_key) => {
                for action in &on_key.actions {
                    let on_key = self.bare_answer(who, action, &on_key.asset, &coming.by_service());
                    if on_key.decision == PermissionDecision::Allowed || is_denied(answer.decision) {
                        continue;
                    }
                    let decision = on_key.decision.title();
                    let condition = Text::from(format!(
                        "if the request asks for another encryption than that of the bucket, or `{action}` on `{}` is permitted, which is {decision}",
                        on_key.resource
                    ));
                    answer.conditions.push(condition);
                    answer.decision = worse(answer.decision, PermissionDecision::AllowedIf);
                }
                answer
            }
        }
    }
}

fn encrypt_key(key: Option<ContentKey<'_>>) -> Option<(usize, &FragmentNode)> {
    match key {
        Some(ContentKey::Own(fragment, key)) => Some((fragment, key)),
        Some(ContentKey::Managed | ContentKey::Unread(_)) | None => None,
    }
}

fn with_once(mut answer: PermissionAnswer, once: &Circumstance) -> PermissionAnswer {
    match once.certainty {
        Certainty::Certain | Certainty::Conditional => {
            answer
                .conditions
                .push(Text::from(format!("once {}", once.clause)));
            answer.decision = worse(answer.decision, PermissionDecision::AllowedIf);
            answer
        }
        Certainty::Possible => unknown(answer, once.clause.clone()),
    }
}

/// An answer that needs another one too.
fn joined(mut answer: PermissionAnswer, other: PermissionAnswer, why: &str) -> PermissionAnswer {
    let on = format!("`{}` on `{}`", other.action, other.resource);
    let said = |clause: Text| Text::from(format!("{on}: {clause}"));
    if is_denied(answer.decision) {
        return answer;
    }
    if is_denied(other.decision) {
        let denied_by = other.decision.title();
        answer = denied(answer, other.decision);
        answer.deciding = other.deciding.into_iter().map(said).collect();
        answer.missing = other
            .missing
            .into_iter()
            .map(|layer| Text::from(format!("{layer} for {on}")))
            .collect();
        answer
            .caveats
            .push(Text::from(format!("{on} is {denied_by}: {why}")));
        answer.caveats.extend(other.caveats);
        return answer;
    }
    answer.decision = worse(answer.decision, other.decision);
    answer.deciding.extend(other.deciding.into_iter().map(said));
    answer.conditions.extend(other.conditions.into_iter().map(said));
    answer.unknown.extend(other.unknown.into_iter().map(said));
    for caveat in other.caveats {
        if !answer.caveats.contains(&caveat) {
            answer.caveats.push(caveat);
        }
    }
    answer
}

/// The answer turned to no, with what made it a yes as a note.
fn denied(mut answer: PermissionAnswer, decision: PermissionDecision) -> PermissionAnswer {
    let own = std::mem::take(&mut answer.deciding);
    let itself = own
        .iter()
        .map(|clause| format!(": {clause}"))
        .next()
        .unwrap_or_default();
    answer.caveats.push(Text::from(format!(
        "`{}` itself is permitted{itself}",
        answer.action
    )));
    answer.conditions.clear();
    answer.unknown.clear();
    answer.decision = decision;
    answer
}

pub(super) fn unknown(mut answer: PermissionAnswer, why: Text) -> PermissionAnswer {
    if !is_denied(answer.decision) {
        answer.decision = PermissionDecision::Unknown;
        answer.unknown.push(why);
    }
    answer
}

/// Decisions are ordered from the surest permission down.
fn worse(one: PermissionDecision, other: PermissionDecision) -> PermissionDecision {
    one.max(other)
}
