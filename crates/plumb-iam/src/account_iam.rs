//! `AccountIam`: the principals and policies of one account, owned and small.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use plumb_model::account::Account;
use plumb_model::coverage::Coverage;
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use crate::access_list::canonical_of;
use crate::attribute::{list, text, text_at};
use crate::document::{Effect, Listing, PolicyDocument};
use crate::endpoint::{self, Endpoint};
use crate::library::Library;
use crate::organization::{Organization, OwnView};
use crate::policy::NamedPolicy;
use crate::principal::{Principal, SecondFactor, SessionTags, Tags};
use crate::principal_pattern::PrincipalPattern;
use crate::truth::Truth;
use crate::web_identity::Providers;

/// Policies that one principal may have; AWS allows about 200 with those of ten groups.
const MAX_POLICIES: usize = 1_000;

/// A user, role, group or root user with its policies, before the organization is known.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountPrincipal {
    /// Who it is.
    pub principal: Principal,
    /// Its own policies and those of its groups.
    pub identity: Vec<NamedPolicy>,
    /// Its permissions boundary.
    pub boundary: Option<NamedPolicy>,
    /// The trust policy of a role.
    pub trust: Option<NamedPolicy>,
}

/// The principals and policies of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountIam {
    /// The account's number.
    pub account: Text,
    /// Its canonical identifier, where a bucket tells it.
    pub canonical: Option<Text>,
    /// Its root user, users, roles and groups, sorted by ARN.
    pub principals: Vec<AccountPrincipal>,
    /// What the account knows of its own organization.
    pub own_view: OwnView,
    /// The tree of the organization, where the account is allowed to see it.
    pub organization: Option<Organization>,
    /// The issuers of tokens that it trusts.
    pub providers: Providers,
    /// Its VPC endpoints for services of AWS.
    pub endpoints: Vec<Endpoint>,
    /// Its networks, by id.
    pub networks: Vec<Text>,
    /// Why it may have further VPC endpoints.
    pub unread_endpoints: Option<Text>,
    /// Why principals may be missing.
    pub gaps: Vec<Text>,
    /// When the account was read; conditions on the time are decided for then.
    pub read_at: Option<Timestamp>,
}

/// The policies of an account that its principals refer to.
struct Shared<'a> {
    managed: BTreeMap<&'a str, NamedPolicy>,
    groups: BTreeMap<&'a str, &'a Resource>,
}

impl AccountIam {
    /// The same, read at some time.
    #[must_use]
    pub fn at(self, moment: Timestamp) -> Self {
        Self {
            read_at: Some(moment),
            ..self
        }
    }

    /// Reads an account's IAM out of its resources; other resources are passed over.
    pub fn read(account: &Account, resources: &[&Resource], coverage: &Coverage) -> Self {
        let of_type = |name: &'static str| {
            resources
                .iter()
                .copied()
                .filter(move |resource| resource.resource_type == name)
        };
        let shared = Shared {
            managed: of_type("aws_iam_policy")
                .map(|policy| (policy.uid.as_str(), managed(policy)))
                .collect(),
            groups: of_type("aws_iam_group")
                .map(|group| (group.name.as_str(), group))
                .collect(),
        };
        let mut principals: Vec<_> = of_type("aws_iam_user")
            .filter_map(|user| shared.user(user))
            .chain(of_type("aws_iam_role").filter_map(|role| shared.role(role)))
            .chain(of_type("aws_iam_group").filter_map(|group| shared.joined(group)))
            .collect();
        let partition = account.partition.as_deref().unwrap_or("aws");
        let root = Principal::of_arn(&format!("arn:{partition}:iam::{}:root", account.id));
        principals.extend(root.map(bare));
        principals.sort_by(|a, b| a.principal.name.cmp(&b.principal.name));
        let canonical = canonical_of(resources);
        for found in &mut principals {
            found.principal.canonical = canonical.clone();
        }
        let mut read = Self {
            account: account.id.clone(),
            canonical,
            principals,
            own_view: OwnView::read(resources, coverage),
            organization: Organization::read(resources),
            providers: Providers::read(resources, coverage),
            endpoints: of_type(endpoint::TYPE).filter_map(Endpoint::read).collect(),
            networks: of_type("aws_vpc")
                .filter_map(|network| text(network.get("vpc_id")).ok())
                .collect(),
            unread_endpoints: unlisted(endpoint::TYPE, coverage)
                .into_iter()
                .chain(interrupted(coverage))
                .next(),
            gaps: gaps(coverage),
            read_at: None,
        };
        // Most roles trust in one of a few ways.
        Library::new().share(&mut read);
        read
    }
}

fn bare(principal: Principal) -> AccountPrincipal {
    AccountPrincipal {
        principal,
        identity: Vec::new(),
        boundary: None,
        trust: None,
    }
}

/// Why users or roles may be missing.
fn gaps(coverage: &Coverage) -> Vec<Text> {
    let mut gaps: Vec<Text> = ["aws_iam_role", "aws_iam_user"]
        .into_iter()
        .flat_map(|resource_type| unlisted(resource_type, coverage))
        .collect();
    gaps.extend(interrupted(coverage));
    gaps
}

/// Why resources of a type may be missing.
fn unlisted(resource_type: &str, coverage: &Coverage) -> Vec<Text> {
    let never = coverage.collected_type(resource_type).is_none();
    let never = never.then(|| format!("`{resource_type}` was not collected").into());
    let failed = coverage
        .gaps
        .iter()
        .filter(|gap| gap.resource_type == resource_type && gap.attribute.is_none());
    let failed =
        failed.map(|gap| format!("`{resource_type}` could not be listed: {}", gap.unreadable).into());
    never.into_iter().chain(failed).collect()
}

/// Why anything may be missing.
fn interrupted(coverage: &Coverage) -> Option<Text> {
    let reason = coverage.interrupted?;
    Some(format!("the scan of the account ended early: {}", reason.phrase()).into())
}

/// The type of managed policies.
const POLICY: &str = "aws_iam_policy";

/// Whether a version of a managed policy that is not in force permits every action on everything; `None` for other resources.
///
/// Who may set the default version can put it in force:
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html>.
pub fn has_full_version(policy: &Resource) -> Option<Truth> {
    if policy.resource_type != POLICY {
        return None;
    }
    let Ok(versions) = list(policy.get("policy_version_list")) else {
        return Some(Truth::Unknown);
    };
    let others = versions
        .iter()
        .filter(|version| version.get("is_default_version") != Some(&Value::Bool(true)));
    let found = others.map(|version| match version.get("document") {
        Some(document @ Value::Map(_)) => permits_everything(&PolicyDocument::read(document).value),
        None | Some(_) => Truth::Unknown,
    });
    Some(found.fold(Truth::False, Truth::or))
}

fn permits_everything(document: &PolicyDocument) -> Truth {
    let mut statements = document.statements().iter();
    // What matches both begins with no letter of a service.
    statements
        .any(|statement| statement.permits_everything(["a:a", "z:z"]))
        .into()
}

/// The default version of a managed policy.
fn managed(policy: &Resource) -> NamedPolicy {
    let unread = |why: Text| NamedPolicy::unread(policy.uid.clone(), policy.name.clone(), why);
    let versions = match policy
        .get("policy_version_list")
        .map(|versions| list(Some(versions)))
    {
        Some(Ok(versions)) => versions,
        Some(Err(why)) => return unread(why),
        None => return unread("its versions were not collected".into()),
    };
    let is_default = |version: &&Value| version.get("is_default_version") == Some(&Value::Bool(true));
    match versions
        .iter()
        .find(is_default)
        .and_then(|version| version.get("document"))
    {
        Some(document) if !document.is_null() => {
            NamedPolicy::read(policy.uid.clone(), title(policy), document)
        }
        Some(_) | None => unread("its default version was not read".into()),
    }
}

/// The name of a managed policy; with the version where AWS keeps it, because it changes without anybody's doing.
fn title(policy: &Resource) -> Text {
    match policy.get("default_version_id").and_then(Value::as_str) {
        Some(version) if policy.uid.contains(":iam::aws:policy/") => {
            format!("{} {version}", policy.name).into()
        }
        Some(_) | None => policy.name.clone(),
    }
}

/// Cuts an absurd number of policies off; what is cut off is unknown.
fn limit(holder: &Resource, policies: &mut Vec<NamedPolicy>) {
    let actual = policies.len();
    if actual > MAX_POLICIES {
        policies.truncate(MAX_POLICIES);
        let why = format!("more than {MAX_POLICIES} policies, {actual} so far, are not read");
        policies.push(NamedPolicy::unread(holder.uid.clone(), "further policies", why));
    }
}

/// Inline policies from an attribute such as `role_policy_list`.
fn inline(holder: &Resource, attribute: &str, policies: &mut Vec<NamedPolicy>) {
    match list(holder.get(attribute)) {
        Ok(entries) => policies.extend(entries.iter().map(|entry| {
            let name = text_at(entry, "policy_name").unwrap_or_else(|_| attribute.into());
            match entry.get("policy_document") {
                Some(document) if !document.is_null() => {
                    NamedPolicy::read(holder.uid.clone(), name, document)
                }
                Some(_) | None => NamedPolicy::unread(holder.uid.clone(), name, "its document was not read"),
            }
        })),
        Err(why) => policies.push(NamedPolicy::unread(holder.uid.clone(), attribute, why)),
    }
}

impl Shared<'_> {
    fn user(&self, user: &Resource) -> Option<AccountPrincipal> {
        let mut found = self.principal(user, "user_id", "user_policy_list")?;
        match list(user.get("group_list")) {
            Ok(groups) => {
                let mut seen = BTreeSet::new();
                for group in groups.iter().filter(|group| seen.insert(group.as_str())) {
                    self.group(user, group, &mut found.identity);
                    if found.identity.len() > MAX_POLICIES {
                        break;
                    }
                }
            }
            Err(why) => found
                .identity
                .push(NamedPolicy::unread(user.uid.clone(), "group_list", why)),
        }
        limit(user, &mut found.identity);
        Some(found)
    }

    fn group(&self, user: &Resource, group: &Value, policies: &mut Vec<NamedPolicy>) {
        let Some(group) = group.as_str() else {
            policies.push(NamedPolicy::unread(
                user.uid.clone(),
                "group_list",
                "a group has no name",
            ));
            return;
        };
        match self.groups.get(group) {
            Some(group) => {
                let mut own = Vec::new();
                inline(group, "group_policy_list", &mut own);
                self.attached(group, &mut own);
                policies.extend(own.into_iter().map(|policy| policy.of_group(group.uid.clone())));
            }
            None => policies.push(NamedPolicy::unread(
                user.uid.clone(),
                format!("group {group}"),
                "the group was not read",
            )),
        }
    }

    /// A group as the user that joins it: what the group permits, without what the user brings.
    fn joined(&self, group: &Resource) -> Option<AccountPrincipal> {
        let mut found = self.principal(group, "group_id", "group_policy_list")?;
        found.principal.tags = Tags::Unspecified;
        found.boundary = None;
        Some(found)
    }

    fn role(&self, role: &Resource) -> Option<AccountPrincipal> {
        let mut found = self.principal(role, "role_id", "role_policy_list")?;
        let trust = match role.get("assume_role_policy_document") {
            Some(document) if !document.is_null() => {
                NamedPolicy::read(role.uid.clone(), "assume_role_policy_document", document)
            }
            Some(_) | None => NamedPolicy::unread(
                role.uid.clone(),
                "assume_role_policy_document",
                "its document was not read",
            ),
        };
        found.principal.session_tags = session_tags(&trust);
        found.principal.second_factor = second_factor(&trust);
        found.trust = Some(trust);
        Some(found)
    }

    /// What users, roles and groups have in common; `None` when the uid is no ARN of these.
    fn principal(&self, resource: &Resource, id: &str, inline_attribute: &str) -> Option<AccountPrincipal> {
        let mut principal = Principal::of_arn(&resource.uid)?;
        principal.account = Some(resource.account.clone());
        principal.unique_id = text(resource.get(id)).ok();
        principal.tags = Tags::read(resource.get("tags"));
        let mut identity = Vec::new();
        inline(resource, inline_attribute, &mut identity);
        self.attached(resource, &mut identity);
        limit(resource, &mut identity);
        identity.shrink_to_fit();
        let boundary = match resource.get("permissions_boundary") {
            None | Some(Value::Null) => None,
            Some(boundary) => Some(match text_at(boundary, "permissions_boundary_arn") {
                Ok(arn) => self.managed(resource, &arn),
                Err(why) => NamedPolicy::unread(resource.uid.clone(), "permissions_boundary", why),
            }),
        };
        Some(AccountPrincipal {
            principal,
            identity,
            boundary,
            trust: None,
        })
    }

    fn attached(&self, holder: &Resource, policies: &mut Vec<NamedPolicy>) {
        let attribute = "attached_managed_policies";
        match list(holder.get(attribute)) {
            Ok(entries) => policies.extend(entries.iter().map(|entry| match text_at(entry, "policy_arn") {
                Ok(arn) => self.managed(holder, &arn),
                Err(why) => NamedPolicy::unread(holder.uid.clone(), attribute, why),
            })),
            Err(why) => policies.push(NamedPolicy::unread(holder.uid.clone(), attribute, why)),
        }
    }

    fn managed(&self, holder: &Resource, arn: &str) -> NamedPolicy {
        self.managed.get(arn).cloned().unwrap_or_else(|| {
            NamedPolicy::unread(holder.uid.clone(), arn, "the managed policy was not read")
        })
    }
}

/// Whether somebody who signs in with a second factor may get a session: users, and those who hold a session of another role.
fn second_factor(trust: &NamedPolicy) -> SecondFactor {
    let Some(document) = trust.document().filter(|document| document.unread().is_empty()) else {
        return SecondFactor::Possible;
    };
    let is_person = |pattern: &PrincipalPattern| match pattern {
        PrincipalPattern::Service(_) | PrincipalPattern::Federated(_) => false,
        PrincipalPattern::Everyone
        | PrincipalPattern::Account(_)
        | PrincipalPattern::Entity(_)
        | PrincipalPattern::Session { .. }
        | PrincipalPattern::UniqueId(_)
        | PrincipalPattern::CanonicalUser(_) => true,
    };
    let admits_person = document
        .statements()
        .iter()
        .filter(|statement| statement.effect == Effect::Allow)
        .any(|statement| {
            statement.principals.as_ref().is_none_or(|principals| {
                principals.listing == Listing::AllBut || principals.patterns.iter().any(is_person)
            })
        });
    if admits_person {
        SecondFactor::Possible
    } else {
        SecondFactor::Never
    }
}

/// Whether the trust policy lets sessions bring tags: some statement may allow `sts:TagSession`.
fn session_tags(trust: &NamedPolicy) -> SessionTags {
    let action = "sts:tagsession";
    let Some(document) = trust.document() else {
        return SessionTags::Possible;
    };
    let may = document
        .about(action)
        .any(|statement| statement.effect == Effect::Allow)
        || document
            .unread()
            .iter()
            .any(|unread| unread.may(Effect::Allow, action));
    if may {
        SessionTags::Possible
    } else {
        SessionTags::Refused
    }
}
