//! What an escalation requires, asked for one principal and one target.

use std::collections::BTreeSet;

use plumb_iam::glob::{Glob, Style};
use plumb_iam::keys::Context;
use plumb_iam::principal::Tags;
use plumb_iam::scope::Glance;
use plumb_model::path::Proof;
use plumb_model::value::Text;
use plumb_pack::escalation::{Escalation, Need, Object, Permission, Requirement};
use plumb_pack::recipe::Piece;

use crate::assemble::assets::asset;
use crate::assemble::eligible::own_policies;
use crate::assemble::escalation::{Attempt, Escalations};
use crate::assemble::{Assembly, Outcome};
use crate::fragment::FragmentNode;

/// How many names are tried for an ARN with a wildcard.
const MAX_NAMES: usize = 8;

impl Escalations<'_, '_> {
    /// Whether everything that it requires is given.
    pub(super) fn requirements(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        escalation: &Escalation,
    ) -> Option<Outcome> {
        let mut outcome = Outcome::default();
        let mut granted = Vec::new();
        for requirement in &escalation.requires {
            let (found, any_is_enough) = match requirement {
                Requirement::Need(need) => {
                    let found = self.need(assembly, attempt, need);
                    (found, is_granted_by_own_policies(need))
                }
                Requirement::Any(alternatives) => {
                    let found = alternatives
                        .iter()
                        .map(|needs| {
                            needs.iter().try_fold(Outcome::default(), |all, need| {
                                Some(all.and(self.need(assembly, attempt, need)?))
                            })
                        })
                        .fold(None, Outcome::or);
                    (found, false)
                }
            };
            let found = found?;
            if any_is_enough {
                granted.push(found.proofs.clone());
            } else {
                granted.extend(found.proofs.iter().map(|proof| vec![proof.clone()]));
            }
            outcome = outcome.and(found);
        }
        drop_redundant(&mut outcome.proofs, &granted);
        Some(outcome)
    }

    fn need(&self, assembly: &Assembly<'_>, attempt: &Attempt<'_>, need: &Need) -> Option<Outcome> {
        match need {
            Need::Present(name) => self.present(assembly, attempt.fragment, name),
            Need::Action(permission) => self.permission(assembly, attempt, permission),
        }
    }

    fn permission(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        permission: &Permission,
    ) -> Option<Outcome> {
        let context = permission
            .context
            .iter()
            .fold(Context::over_tls(), |context, (key, values)| {
                context.with_values(key, values.iter().cloned())
            });
        let ask = |arn: &str, target: Option<&FragmentNode>| {
            let asset = match target {
                Some(target) => asset(assembly, self.directory, attempt.fragment, target, arn),
                None => {
                    let account = &assembly.fragments.get(attempt.fragment)?.account.id;
                    self.directory.asset(arn, account, Tags::Unspecified, None)
                }
            };
            let regions = assembly.regions_of(attempt.fragment);
            Outcome::of(&self.directory.can_somewhere(
                attempt.member,
                &permission.action,
                &asset,
                &context,
                regions,
            ))
        };
        match &permission.on {
            Object::Anything => ask("*", None),
            Object::Target => ask(&attempt.target?.uid, attempt.target),
            Object::TargetPolicy => {
                let target = self.directory.principal(&attempt.target?.uid)?;
                own_policies(assembly, target)
                    .into_iter()
                    .filter_map(|node| assembly.resource(node))
                    .map(|(_, policy)| ask(&policy.uid, Some(policy)))
                    .fold(None, Outcome::or)
            }
            Object::Arn(template) => {
                let text = self.fill(assembly, attempt, &template.0)?;
                names(&text, attempt, permission, assembly.regions_of(attempt.fragment))
                    .iter()
                    .map(|arn| ask(arn, None))
                    .fold(None, Outcome::or)
            }
        }
    }

    /// The text of a template; what is not known of the target is a wildcard.
    fn fill(&self, assembly: &Assembly<'_>, attempt: &Attempt<'_>, pieces: &[Piece]) -> Option<String> {
        let account = &assembly.fragments.get(attempt.fragment)?.account;
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Partition => text.push_str(account.partition.as_deref().unwrap_or("aws")),
                Piece::Account => text.push_str(&account.id),
                Piece::Region => text.push_str(attempt.target.map_or("*", |target| target.region.as_str())),
                Piece::Attribute(path) => {
                    let known = attempt.target.and_then(|target| {
                        let recipe = &assembly.knowledge.resource_type(target.type_id)?.recipe;
                        let is_name = recipe.name.0.as_slice() == [Piece::Attribute(path.clone())];
                        match path.root().map(Text::as_str) {
                            Some("uid" | "arn") => Some(target.uid.clone()),
                            Some("name") => Some(target.name.clone()),
                            _ if is_name => Some(target.name.clone()),
                            _ => {
                                let known = target.detail.as_deref()?.attributes.iter();
                                let (_, value) = known.clone().find(|(known, _)| known == path)?;
                                Some(value.clone())
                            }
                        }
                    });
                    text.push_str(known.as_deref().unwrap_or("*"));
                }
                Piece::Tail(_) | Piece::Parent(_) => text.push('*'),
            }
        }
        Some(text)
    }
}

/// Whether statements that allow it are each enough: no policy of a resource takes part.
fn is_granted_by_own_policies(need: &Need) -> bool {
    match need {
        Need::Present(_) => false,
        Need::Action(permission) => match &permission.on {
            Object::Anything | Object::Arn(_) => true,
            Object::Target | Object::TargetPolicy => false,
        },
    }
}

/// Leaves out of the facts those beside which another one is enough that must hold anyway.
///
/// Each of `granted` are statements of which any is enough for one need.
fn drop_redundant(facts: &mut Vec<Proof>, granted: &[Vec<Proof>]) {
    let needed: BTreeSet<&Proof> = granted
        .iter()
        .filter_map(|any| match any.as_slice() {
            [only] => Some(only),
            [] | [_, ..] => None,
        })
        .collect();
    let is_covered = |any: &&Vec<Proof>| any.iter().any(|fact| needed.contains(fact));
    let redundant: BTreeSet<&Proof> = granted
        .iter()
        .filter(is_covered)
        .flatten()
        .filter(|fact| !needed.contains(fact))
        .collect();
    let open: BTreeSet<&Proof> = granted.iter().filter(|any| !is_covered(any)).flatten().collect();
    facts.retain(|fact| !redundant.contains(fact) || open.contains(fact));
}

/// The ARNs to try for one that may have wildcards, because the principal chooses the name.
fn names(text: &str, attempt: &Attempt<'_>, permission: &Permission, regions: &[Text]) -> Vec<Text> {
    if !text.contains('*') {
        return vec![Text::from(text)];
    }
    let reach = Glance::of(&attempt.member.policies, &permission.action.to_ascii_lowercase());
    let mut found = Vec::new();
    for text in with_regions(text, regions, &reach) {
        let asked = Glob::new(&text.replace('*', "?*"), Style::Text);
        let names = reach
            .patterns
            .iter()
            .filter_map(|pattern| pattern.common_text(&asked));
        found.extend(names.take(MAX_NAMES).map(Text::from));
        if reach.everything {
            found.push(Text::from(text.replace('*', "x")));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The same in the regions that the account uses, where the region is open.
fn with_regions(text: &str, used: &[Text], reach: &Glance<'_>) -> Vec<String> {
    let mut segments = text.splitn(5, ':');
    let parts: Vec<&str> = segments.by_ref().collect();
    match parts.as_slice() {
        [arn, partition, service, "*", rest] => {
            let named = |region: &str| format!("{arn}:{partition}:{service}:{region}:{rest}");
            let mut regions: BTreeSet<String> = used.iter().map(ToString::to_string).collect();
            // Those that the principal's own policies name count too.
            for pattern in &reach.patterns {
                let prefix = pattern.prefix();
                let mut segments = prefix.split(':').skip(3);
                if let (Some(region), Some(_)) = (segments.next(), segments.next())
                    && !region.is_empty()
                {
                    regions.insert(region.to_owned());
                }
            }
            if regions.is_empty() {
                regions.insert("us-east-1".to_owned());
            }
            regions.iter().map(|region| named(region)).collect()
        }
        _ => vec![text.to_owned()],
    }
}
