//! What an escalation requires, asked for one principal and one target.

use std::collections::{BTreeMap, BTreeSet};

use plumb_iam::directory::Member;
use plumb_iam::glob::cells::Coverage;
use plumb_iam::keys::Context;
use plumb_iam::policy::PrincipalPolicies;
use plumb_iam::principal::Tags;
use plumb_iam::request::Request;
use plumb_iam::scope::Glance;
use plumb_iam::witness::{Naming, Witnesses, witnesses};
use plumb_model::path::{Certainty, Proof};
use plumb_model::value::Text;
use plumb_pack::escalation::{Boundary, Escalation, Need, Object, Permission, Requirement};
use plumb_pack::recipe::Piece;

use crate::assemble::assets::asset;
use crate::assemble::eligible::own_policies;
use crate::assemble::escalation::{Attempt, Escalations};
use crate::assemble::{Assembly, Outcome};
use crate::fragment::FragmentNode;

/// Why a way may be open.
const TOO_MANY_NAMES: &str =
    "policies tell too many names apart to say whether there is one that they permit";

/// How many choices of names are tried in one region.
const MAX_CHOICES: usize = 64;

/// The name that is chosen for each template of an ARN with a wildcard.
type Chosen = BTreeMap<String, Text>;

/// What may be chosen.
struct Choices {
    all: Vec<Chosen>,
    coverage: Coverage,
}

impl Escalations<'_, '_> {
    /// Whether everything that an escalation requires is given: where its first step takes the boundary away, the others without it.
    pub(super) fn requirements(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        escalation: &Escalation,
    ) -> Option<Outcome> {
        let bound = &attempt.member.policies;
        if escalation.boundary == Boundary::Lifted
            && bound.boundary.is_some()
            && let Some((lifting, others)) = escalation.requires.split_first()
        {
            let lifted = self.all_of(assembly, attempt, std::slice::from_ref(lifting))?;
            let free = Member {
                policies: PrincipalPolicies {
                    boundary: None,
                    ..bound.clone()
                },
                ..attempt.member.clone()
            };
            let free = Attempt {
                fragment: attempt.fragment,
                member: &free,
                target: attempt.target,
            };
            return Some(lifted.and(self.all_of(assembly, &free, others)?));
        }
        self.all_of(assembly, attempt, &escalation.requires)
    }

    /// Whether all of some requirements are given.
    ///
    /// Where the principal chooses names, one name stands for a template in all requirements, because they speak of the same
    /// thing; and everything is in one region.
    fn all_of(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        requires: &[Requirement],
    ) -> Option<Outcome> {
        let mut open = Vec::new();
        let mut known = Vec::new();
        for requirement in requires {
            let templates = self.templates(assembly, attempt, requirement);
            if templates.is_empty() {
                known.push(Some(self.requirement(
                    assembly,
                    attempt,
                    requirement,
                    &Chosen::new(),
                )?));
            } else {
                known.push(None);
                open.extend(templates);
            }
        }
        let all = |chosen: &Chosen| {
            let mut outcome = Outcome::default();
            let mut granted = Vec::new();
            for (requirement, known) in requires.iter().zip(&known) {
                let found = match known {
                    Some(known) => known.clone(),
                    None => self.requirement(assembly, attempt, requirement, chosen)?,
                };
                let any_is_enough = match requirement {
                    Requirement::Need(need) => is_granted_by_own_policies(need),
                    Requirement::Any(_) => false,
                };
                if any_is_enough {
                    granted.push(found.proofs.clone());
                } else {
                    granted.extend(found.proofs.iter().map(|proof| vec![proof.clone()]));
                }
                outcome = outcome.and(found);
            }
            drop_redundant(&mut outcome.proofs, &granted);
            Some(outcome)
        };
        if open.is_empty() {
            return all(&Chosen::new());
        }
        let choices = self.choices(assembly, attempt, &open);
        let mut best = None;
        for chosen in &choices.all {
            best = Outcome::or(best, all(chosen));
            if best
                .as_ref()
                .is_some_and(|best| best.certainty == Certainty::Certain)
            {
                return best;
            }
        }
        match (best, choices.coverage) {
            (None, Coverage::Some) => {
                let whole = open
                    .iter()
                    .map(|(text, _)| (text.clone(), Text::from(text.as_str())));
                all(&whole.collect())?;
                Some(Outcome::possible(Text::new_static(TOO_MANY_NAMES)))
            }
            (best, Coverage::All | Coverage::Some) => best,
        }
    }

    fn requirement(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        requirement: &Requirement,
        chosen: &Chosen,
    ) -> Option<Outcome> {
        match requirement {
            Requirement::Need(need) => self.need(assembly, attempt, need, chosen),
            Requirement::Any(alternatives) => alternatives
                .iter()
                .map(|needs| {
                    needs.iter().try_fold(Outcome::default(), |all, need| {
                        Some(all.and(self.need(assembly, attempt, need, chosen)?))
                    })
                })
                .fold(None, Outcome::or),
        }
    }

    /// The ARNs with a wildcard that a requirement speaks of, each with what is asked about it.
    fn templates<'e>(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        requirement: &'e Requirement,
    ) -> Vec<(String, &'e Permission)> {
        let needs: Vec<&Need> = match requirement {
            Requirement::Need(need) => vec![need],
            Requirement::Any(alternatives) => alternatives.iter().flatten().collect(),
        };
        let template = |need: &'e Need| match need {
            Need::Present(_) => None,
            Need::Action(permission) => match &permission.on {
                Object::Anything | Object::Target | Object::TargetPolicy => None,
                Object::Arn(template) => {
                    let text = self.fill(assembly, attempt, &template.0)?;
                    text.contains('*').then_some((text, permission))
                }
            },
        };
        needs.into_iter().filter_map(template).collect()
    }

    fn need(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        need: &Need,
        chosen: &Chosen,
    ) -> Option<Outcome> {
        match need {
            Need::Present(name) => self.present(assembly, attempt.fragment, name),
            Need::Action(permission) => self.permission(assembly, attempt, permission, chosen),
        }
    }

    fn permission(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        permission: &Permission,
        chosen: &Chosen,
    ) -> Option<Outcome> {
        let context = context_of(permission);
        let ask = |arn: &str, target: Option<&FragmentNode>| {
            let asset = match target {
                Some(target) => asset(assembly, self.directory, attempt.fragment, target, arn),
                None => {
                    let account = &assembly.fragments.get(attempt.fragment)?.account.id;
                    let asset = self.directory.asset(arn, account, Tags::Unspecified, None);
                    if arn.len() > 1 && arn.contains('*') {
                        asset.some_within(arn)
                    } else {
                        asset
                    }
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
                ask(
                    chosen.get(&text).map_or(text.as_str(), |name| name.as_str()),
                    None,
                )
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

impl Escalations<'_, '_> {
    /// The names to try, because the principal chooses them.
    fn choices(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        open: &[(String, &Permission)],
    ) -> Choices {
        let mut by_text: BTreeMap<&str, Vec<&Permission>> = BTreeMap::new();
        for (text, permission) in open {
            by_text.entry(text).or_default().push(permission);
        }
        let mut found = Choices {
            all: Vec::new(),
            coverage: Coverage::All,
        };
        for region in Self::regions(assembly, attempt, open) {
            let mut combined = vec![Chosen::new()];
            for (text, permissions) in &by_text {
                let names = self.names(assembly, attempt, &in_region(text, &region), permissions);
                if names.coverage == Coverage::Some || combined.len() * names.names.len() > MAX_CHOICES {
                    found.coverage = Coverage::Some;
                }
                let with = |chosen: &Chosen, name: &Text| {
                    let mut chosen = chosen.clone();
                    chosen.insert((*text).to_owned(), name.clone());
                    chosen
                };
                combined = combined
                    .iter()
                    .flat_map(|chosen| names.names.iter().map(move |name| with(chosen, name)))
                    .take(MAX_CHOICES)
                    .collect();
            }
            found.all.extend(combined);
        }
        found
    }

    fn names(
        &self,
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        text: &str,
        permissions: &[&Permission],
    ) -> Witnesses {
        if !text.contains('*') {
            return Witnesses {
                names: vec![Text::from(text)],
                coverage: Coverage::All,
            };
        }
        let account = assembly
            .fragments
            .get(attempt.fragment)
            .map(|fragment| &fragment.account.id);
        let account = account.map_or("", |account| account.as_str());
        let asset = self.directory.asset(text, account, Tags::Unspecified, None);
        let contexts: Vec<Context> = permissions
            .iter()
            .map(|permission| context_of(permission))
            .collect();
        let requests: Vec<Request<'_>> = permissions
            .iter()
            .zip(&contexts)
            .map(|(permission, context)| Request {
                principal: &attempt.member.principal,
                action: &permission.action,
                target: &asset.target,
                context,
            })
            .collect();
        witnesses(
            text,
            Naming::Plain,
            &requests,
            &attempt.member.policies,
            &asset.policies,
        )
    }

    /// The regions to try: those that the account uses, and those that the principal's own policies name.
    fn regions(
        assembly: &Assembly<'_>,
        attempt: &Attempt<'_>,
        open: &[(String, &Permission)],
    ) -> BTreeSet<String> {
        let used = assembly.regions_of(attempt.fragment).iter();
        let mut regions: BTreeSet<String> = used.map(ToString::to_string).collect();
        for (_, permission) in open {
            let reach = Glance::of(&attempt.member.policies, &permission.action.to_ascii_lowercase());
            for pattern in &reach.patterns {
                let prefix = pattern.prefix();
                let mut segments = prefix.split(':').skip(3);
                if let (Some(region), Some(_)) = (segments.next(), segments.next())
                    && !region.is_empty()
                {
                    regions.insert(region.to_owned());
                }
            }
        }
        if regions.is_empty() {
            regions.insert("us-east-1".to_owned());
        }
        regions
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

/// An ARN in a region, where its region is open.
fn in_region(text: &str, region: &str) -> String {
    let parts: Vec<&str> = text.splitn(5, ':').collect();
    match parts.as_slice() {
        [arn, partition, service, "*", rest] => format!("{arn}:{partition}:{service}:{region}:{rest}"),
        _ => text.to_owned(),
    }
}

/// What is given of a request.
fn context_of(permission: &Permission) -> Context {
    let keys = permission.context.iter();
    keys.fold(Context::over_tls(), |context, (key, values)| {
        context.with_values(key, values.iter().cloned())
    })
}
