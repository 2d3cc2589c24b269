//! `Directory`: all principals of an estate with their policies, grouped into classes that share every answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use crate::account_iam::{AccountIam, AccountPrincipal};
use crate::answer::{Answer, Decision};
use crate::class::{Fingerprint, Fingerprints};
use crate::endpoint::Endpoint;
use crate::evaluate::evaluate;
use crate::keys::Context;
use crate::organization::{Control, Organization, OwnView};
use crate::passages::Endpoints;
use crate::policy::{Grant, Guardrails, NamedPolicy, PrincipalPolicies, ResourcePolicies};
use crate::principal::{Membership, Principal, PrincipalKind, Tags};
use crate::request::{Request, Target};
use crate::s3::public_access;
use crate::truth::Truth;
use crate::web_identity::Providers;

/// Principals with the same class get the same answer to every question about a resource without a policy of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub usize);

/// A principal of the estate.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who it is.
    pub principal: Principal,
    /// What limits and permits it.
    pub policies: PrincipalPolicies,
    /// The trust policy of a role.
    pub trust: Option<NamedPolicy>,
    /// The class it belongs to.
    pub class: ClassId,
}

/// A resource with what is known of it and what limits and permits access to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// The resource.
    pub target: Target,
    /// Its policies.
    pub policies: ResourcePolicies,
}

/// What holds for a whole account.
#[derive(Clone, Debug, PartialEq)]
struct AccountRules {
    membership: Membership,
    service_control: Arc<Guardrails>,
    resource_control: Arc<Guardrails>,
}

/// All principals of an estate.
#[derive(Clone, Debug, PartialEq)]
pub struct Directory {
    members: Vec<Member>,
    by_arn: HashMap<Text, usize>,
    classes: Vec<Vec<usize>>,
    accounts: BTreeMap<Text, AccountRules>,
    providers: BTreeMap<Text, Providers>,
    /// Accounts by canonical identifier.
    canonical: BTreeMap<Text, Text>,
    endpoints: Endpoints,
    gaps: Vec<(Text, Text)>,
    /// When each account was read.
    moments: BTreeMap<Text, Timestamp>,
}

impl Directory {
    /// Joins accounts: organizations are found, and principals put into classes.
    pub fn new(mut accounts: Vec<AccountIam>) -> Self {
        accounts.sort_by(|a, b| a.account.cmp(&b.account));
        accounts.dedup_by(|next, kept| next.account == kept.account);
        let rules: BTreeMap<_, _> = accounts
            .iter()
            .map(|account| (account.account.clone(), rules(account, &accounts)))
            .collect();
        let moments = accounts
            .iter()
            .filter_map(|account| Some((account.account.clone(), account.read_at?)))
            .collect();
        let gaps = accounts
            .iter()
            .flat_map(|account| {
                account
                    .gaps
                    .iter()
                    .map(|gap| (account.account.clone(), gap.clone()))
            })
            .collect();
        let resource_control: Vec<_> = rules
            .values()
            .map(|rules| Arc::clone(&rules.resource_control))
            .collect();
        let mut fingerprints = Fingerprints::new(&resource_control);
        let mut endpoints = Endpoints::default();
        let mut found = Vec::new();
        for account in &mut accounts {
            let networks = std::mem::take(&mut account.networks);
            endpoints.add_account(&account.account, networks, account.unread_endpoints.take());
            for mut endpoint in std::mem::take(&mut account.endpoints) {
                let rules = rules.get(&endpoint.account);
                endpoint.membership = rules.map(|rules| rules.membership.clone()).unwrap_or_default();
                found.push(endpoint);
            }
        }
        endpoints.add(found);
        let mut members = Vec::new();
        let mut by_arn = HashMap::new();
        let mut ids: BTreeMap<Fingerprint, ClassId> = BTreeMap::new();
        let mut classes: Vec<Vec<usize>> = Vec::new();
        let mut providers = BTreeMap::new();
        let mut canonical = BTreeMap::new();
        for account in accounts {
            let Some(rules) = rules.get(&account.account) else {
                continue;
            };
            canonical.extend(account.canonical.map(|id| (id, account.account.clone())));
            providers.insert(account.account, account.providers);
            for principal in account.principals {
                let mut member = member(principal, rules);
                let next = ClassId(classes.len());
                member.class = *ids.entry(fingerprints.of(&member)).or_insert(next);
                if member.class == next {
                    classes.push(Vec::new());
                }
                if let Some(class) = classes.get_mut(member.class.0) {
                    class.push(members.len());
                }
                by_arn.insert(member.principal.name.clone(), members.len());
                members.push(member);
            }
        }
        Self {
            members,
            by_arn,
            classes,
            accounts: rules,
            providers,
            canonical,
            endpoints,
            gaps,
            moments,
        }
    }

    /// All principals, by account and ARN; groups are among them, as whoever joins them.
    pub fn principals(&self) -> &[Member] {
        &self.members
    }

    /// A principal by ARN.
    pub fn principal(&self, arn: &str) -> Option<&Member> {
        self.by_arn.get(arn).and_then(|at| self.members.get(*at))
    }

    /// The classes with their members; the first member stands for all.
    pub fn classes(&self) -> impl Iterator<Item = (ClassId, Vec<&Member>)> {
        self.classes.iter().enumerate().map(|(id, members)| {
            let members = members.iter().filter_map(|at| self.members.get(*at)).collect();
            (ClassId(id), members)
        })
    }

    /// The account of the estate with a canonical identifier, as far as its buckets tell.
    pub fn account_of_canonical(&self, id: &str) -> Option<&Text> {
        self.canonical.get(id)
    }

    /// The issuers of tokens that an account trusts.
    pub(crate) fn providers(&self, account: &str) -> Option<&Providers> {
        self.providers.get(account)
    }

    /// The VPC endpoints of the estate.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Accounts in which principals may be missing, each with the reason.
    pub fn gaps(&self) -> &[(Text, Text)] {
        &self.gaps
    }

    /// A resource with what its account adds: membership and resource control policies.
    ///
    /// `account` is the resource's own; `policy` is its policy, if the resource has one.
    pub fn asset(&self, arn: &str, account: &str, tags: Tags, policy: Option<NamedPolicy>) -> Asset {
        let rules = self.accounts.get(account);
        // What is no account's is asked as of the last that was read.
        let moment = self.moments.get(account).or(self.moments.values().max());
        let mut target = Target::new(arn).in_account(account).with_tags(tags);
        target.moment = moment.copied();
        Asset {
            target: target.with_membership(rules.map(|rules| rules.membership.clone()).unwrap_or_default()),
            policies: ResourcePolicies {
                policy,
                shuts_out_strangers: Truth::False,
                grants: Vec::new(),
                unread_grants: None,
                resource_control: rules
                    .map_or_else(outside_estate, |rules| Arc::clone(&rules.resource_control)),
            },
        }
    }

    /// A role as the resource of `sts:AssumeRole` and its kin.
    pub fn role_asset(&self, role: &Member) -> Asset {
        let account = role.principal.account.as_deref().unwrap_or_default();
        self.asset(
            &role.principal.name,
            account,
            role.principal.tags.clone(),
            role.trust.clone(),
        )
    }

    /// A bucket with its policy, as far as the settings of bucket and account let it count.
    ///
    /// `account_block` is the account's own setting of public access: null when there is none, `None` when it was not
    /// read. Access control lists are not part of it; see [`crate::s3`].
    pub fn bucket_asset(&self, bucket: &Resource, account_block: Option<&Value>) -> Asset {
        let policy = resource_policy(&bucket.uid, "policy", bucket.get("policy"));
        let mut asset = self.asset(
            &bucket.uid,
            &bucket.account,
            Tags::read(bucket.get("tags")),
            policy,
        );
        let access = public_access(bucket.document(), account_block);
        asset.policies.shuts_out_strangers =
            access.has_public_policy.and(access.block.restrict_public_buckets);
        asset
    }

    /// Whether an account is part of the estate.
    pub fn has_account(&self, account: &str) -> bool {
        self.accounts.contains_key(account)
    }

    /// Whether a principal of the estate can do something with a resource.
    pub fn can(&self, member: &Member, action: &str, asset: &Asset, context: &Context) -> Answer {
        let request = Request {
            principal: &member.principal,
            action,
            target: &asset.target,
            context,
        };
        evaluate(&request, &member.policies, &asset.policies)
    }

    /// Whether somebody else can: anybody, a service, a federated identity, any principal of an account.
    ///
    /// The service control policies of an account of the estate bind its principals here too. Of a user or role of another
    /// account it is assumed, and said, that its own policies permit the request.
    pub fn can_outsider(
        &self,
        principal: &Principal,
        action: &str,
        asset: &Asset,
        context: &Context,
    ) -> Answer {
        let principal = self.placed(principal);
        let rules = principal
            .account
            .as_ref()
            .and_then(|account| self.accounts.get(account));
        let mut policies = PrincipalPolicies::default();
        if let Some(rules) = rules {
            policies.service_control = Arc::clone(&rules.service_control);
        }
        let request = Request {
            principal: &principal,
            action,
            target: &asset.target,
            context,
        };
        evaluate(&request, &policies, &asset.policies)
    }

    /// A principal with what is known of its account.
    fn placed(&self, principal: &Principal) -> Principal {
        let mut principal = principal.clone();
        let account = principal.account.as_ref();
        match account.and_then(|account| self.accounts.get(account)) {
            None => principal.of_unread_account(),
            Some(rules) => {
                if principal.membership == Membership::Unspecified {
                    principal.membership = rules.membership.clone();
                }
                principal
            }
        }
    }

    /// Whether the policy of a VPC endpoint lets a request through, whoever sends it.
    pub fn lets_through(
        &self,
        endpoint: &Endpoint,
        principal: &Principal,
        action: &str,
        asset: &Asset,
        context: &Context,
    ) -> Answer {
        endpoint.admits(&Request {
            principal: &self.placed(principal),
            action,
            target: &asset.target,
            context,
        })
    }

    /// The principals of the estate that can do something with a resource, perhaps under conditions, and those of
    /// whom it is unknown.
    ///
    /// Groups are no principals and left out. Without a policy of the resource one answer rules out a whole class; evidence is each principal's own.
    pub fn who_can(&self, action: &str, asset: &Asset, context: &Context) -> Vec<(&Member, Answer)> {
        let is_shared = asset.policies.policy.is_none() && asset.policies.grants.is_empty();
        let mut found = Vec::new();
        for class in &self.classes {
            let is_principal = |member: &&Member| member.principal.kind != PrincipalKind::Group;
            let members = || {
                let members = class.iter().filter_map(|at| self.members.get(*at));
                members.filter(is_principal)
            };
            let is_ruled_out = |member| is_denied(&self.can(member, action, asset, context));
            if is_shared && members().next().is_none_or(is_ruled_out) {
                continue;
            }
            found.extend(members().filter_map(|member| {
                let answer = self.can(member, action, asset, context);
                (!is_denied(&answer)).then_some((member, answer))
            }));
        }
        found.sort_by(|(a, _), (b, _)| a.principal.name.cmp(&b.principal.name));
        found
    }
}

fn is_denied(answer: &Answer) -> bool {
    match answer.decision {
        Decision::DeniedExplicit | Decision::DeniedImplicit => true,
        Decision::Allowed | Decision::AllowedIf | Decision::Unknown => false,
    }
}

impl Asset {
    /// Some resource inside of this one under the same policies, for example `arn:aws:s3:::bucket/*`.
    #[must_use]
    pub fn some_within(mut self, pattern: &str) -> Self {
        let mut target = Target::some_of(pattern).with_membership(self.target.membership);
        target.account = self.target.account;
        target.region = self.target.region;
        target.moment = self.target.moment;
        self.target = target;
        self
    }

    /// The same in a region, which an ARN that says one overrides.
    #[must_use]
    pub fn in_region(mut self, region: impl Into<Text>) -> Self {
        self.target = self.target.in_region(region);
        self
    }

    /// The same with grants of its owner.
    #[must_use]
    pub fn with_grants(mut self, grants: Result<Vec<Grant>, Text>) -> Self {
        match grants {
            Ok(grants) => self.policies.grants = grants,
            Err(why) => self.policies.unread_grants = Some(why),
        }
        self
    }
}

/// The policy of a resource from the attribute that holds it: null is none.
pub fn resource_policy(holder: &str, attribute: &str, policy: Option<&Value>) -> Option<NamedPolicy> {
    match policy {
        Some(Value::Null) => None,
        Some(document) => Some(NamedPolicy::read(holder, attribute, document)),
        None => Some(NamedPolicy::unread(
            holder,
            attribute,
            "not collected by the scan",
        )),
    }
}

fn outside_estate() -> Arc<Guardrails> {
    Arc::new(Guardrails::unread(
        "the resource's account is not part of the estate",
    ))
}

fn member(found: AccountPrincipal, rules: &AccountRules) -> Member {
    let mut principal = found.principal;
    principal.membership = rules.membership.clone();
    Member {
        principal,
        policies: PrincipalPolicies {
            identity: found.identity,
            boundary: found.boundary,
            session: None,
            service_control: Arc::clone(&rules.service_control),
        },
        trust: found.trust,
        class: ClassId(0),
    }
}

/// What the organizations of the estate say of an account.
fn rules(account: &AccountIam, accounts: &[AccountIam]) -> AccountRules {
    let unread = |membership, why: String| AccountRules {
        membership,
        service_control: Arc::new(Guardrails::unread(why.clone())),
        resource_control: Arc::new(Guardrails::unread(why)),
    };
    let free = |membership| AccountRules {
        membership,
        service_control: Arc::default(),
        resource_control: Arc::default(),
    };
    let (id, management) = match &account.own_view {
        OwnView::Outside => return free(Membership::Outside),
        OwnView::Unread => match seen_by_others(account, accounts) {
            Some(found) => found,
            None => {
                let why = "whether the account is in an organization was not read".to_owned();
                return unread(Membership::Unspecified, why);
            }
        },
        OwnView::Member { id, management } => (id.clone(), management.clone()),
    };
    let tree = accounts
        .iter()
        .filter(|other| other.account == management)
        .find_map(|other| other.organization.as_ref());
    let Some(tree) = tree.filter(|tree| tree.has(&account.account)) else {
        let membership = Membership::Of { id, path: None };
        if account.account == management {
            return free(membership);
        }
        return unread(
            membership,
            format!("the organization was not read in its management account `{management}`"),
        );
    };
    let membership = tree.membership(&id, &account.account);
    // Control policies bind neither the principals nor the resources of the management account.
    if account.account == management {
        return free(membership);
    }
    AccountRules {
        membership,
        service_control: Arc::new(tree.guardrails(Control::Service, &account.account)),
        resource_control: Arc::new(tree.guardrails(Control::Resource, &account.account)),
    }
}

/// The organization and management account whose tree lists an account.
fn seen_by_others(account: &AccountIam, accounts: &[AccountIam]) -> Option<(Text, Text)> {
    let lists = |tree: &Organization| tree.has(&account.account);
    accounts.iter().find_map(|other| match &other.own_view {
        OwnView::Member { id, management } if *management == other.account => {
            let is_listed = other.organization.as_ref().is_some_and(lists);
            is_listed.then(|| (id.clone(), management.clone()))
        }
        OwnView::Member { .. } | OwnView::Outside | OwnView::Unread => None,
    })
}
