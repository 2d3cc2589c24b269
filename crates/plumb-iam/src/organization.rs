//! `Organization`: the tree of accounts with its control policies, as the management account sees it.
//!
//! Facts: <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>,
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html> and
//! <https://docs.aws.amazon.com/organizations/latest/APIReference/API_PolicyTypeSummary.html>.

use std::collections::{BTreeMap, BTreeSet};

use plumb_model::coverage::Coverage;
use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use crate::attribute::{list, text, text_at};
use crate::policy::{Guardrails, NamedPolicy};
use crate::principal::Membership;

/// The document by which an account knows its organization.
const ORGANIZATION: &str = "aws_organizations_organization";

/// Levels between an account and its root; AWS allows five.
const MAX_LEVELS: usize = 16;

/// The kinds of control policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Control {
    /// Limits the principals of member accounts.
    Service,
    /// Limits access to the resources of member accounts.
    Resource,
}

impl Control {
    fn policy_type(self) -> &'static str {
        match self {
            Self::Service => "SERVICE_CONTROL_POLICY",
            Self::Resource => "RESOURCE_CONTROL_POLICY",
        }
    }

    fn attribute(self) -> &'static str {
        match self {
            Self::Service => "service_control_policies",
            Self::Resource => "resource_control_policies",
        }
    }
}

/// What an account knows of its own organization.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum OwnView {
    /// It was not read; says why.
    #[default]
    Unread,
    /// The account is in none.
    Outside,
    /// The account is a member.
    Member {
        /// For example `o-a1b2c3d4e5`.
        id: Text,
        /// The management account.
        management: Text,
    },
}

impl OwnView {
    /// Reads the organization document of an account.
    ///
    /// Outside of any organization its attributes are null; so are those that the scan did not ask for, which the
    /// coverage tells apart.
    pub fn read(resources: &[&Resource], coverage: &Coverage) -> Self {
        let found = resources
            .iter()
            .find(|resource| resource.resource_type == ORGANIZATION);
        let Some(organization) = found else {
            return Self::Unread;
        };
        let was_asked = coverage
            .collected_type(ORGANIZATION)
            .is_some_and(|collected| collected.facts.iter().any(|fact| fact == "organization"));
        match (
            organization.get("id"),
            text(organization.get("master_account_id")),
        ) {
            (None | Some(Value::Null), _) if was_asked => Self::Outside,
            (Some(Value::String(id)), Ok(management)) => Self::Member {
                id: id.clone(),
                management,
            },
            (None | Some(_), _) => Self::Unread,
        }
    }
}

/// The policies that are attached to one root, unit or account, by kind; an error says what was not read.
type Attached = BTreeMap<Control, Result<BTreeSet<Text>, Text>>;

/// The tree of one organization.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Organization {
    /// The parent of each account and unit, as far as it was read.
    parents: BTreeMap<Text, Text>,
    roots: BTreeSet<Text>,
    /// Kinds of policies that are switched off at the root.
    disabled: BTreeSet<Control>,
    attached: BTreeMap<Text, Attached>,
    policies: BTreeMap<Text, NamedPolicy>,
    /// Kinds of policies of which some attachment may be missing.
    incomplete: BTreeMap<Control, Text>,
    accounts: BTreeSet<Text>,
}

impl Organization {
    /// Reads the tree; `None` when the account sees no account of an organization.
    pub fn read(resources: &[&Resource]) -> Option<Self> {
        let mut organization = Self::default();
        let of_type = |name: &'static str| {
            resources
                .iter()
                .copied()
                .filter(move |resource| resource.resource_type == name)
        };
        for account in of_type("aws_organizations_account") {
            let Ok(id) = text(account.get("id")) else {
                continue;
            };
            organization.accounts.insert(id.clone());
            organization.add_place(&id, account);
        }
        for unit in of_type("aws_organizations_organizational_unit") {
            if let Ok(id) = text(unit.get("id")) {
                organization.add_place(&id, unit);
            }
        }
        for root in of_type("aws_organizations_root") {
            if let Ok(id) = text(root.get("id")) {
                organization.add_place(&id, root);
                organization.add_root(id, root.get("policy_types"));
            }
        }
        for own in of_type(ORGANIZATION) {
            for root in list(own.get("roots")).unwrap_or_default() {
                if let Ok(id) = text_at(root, "id") {
                    organization.add_root(id, root.get("policy_types"));
                }
            }
        }
        let mut has_policies = false;
        for policy in of_type("aws_organizations_policy") {
            has_policies = true;
            organization.add_policy(policy);
        }
        if !has_policies {
            for control in [Control::Service, Control::Resource] {
                let why = Text::new_static("the organization's policies were not collected");
                organization.incomplete.insert(control, why);
            }
        }
        (!organization.accounts.is_empty()).then_some(organization)
    }

    /// Whether an account belongs to the tree.
    pub fn has(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    /// The place of an account, for condition keys.
    pub fn membership(&self, id: &Text, account: &str) -> Membership {
        let path = match self.way_up(account) {
            (places, None) => {
                let mut path = format!("{id}/");
                for place in places.iter().rev().filter(|place| place.as_str() != account) {
                    path.push_str(place);
                    path.push('/');
                }
                Some(path.into())
            }
            (_, Some(_)) => None,
        };
        Membership::Of { id: id.clone(), path }
    }

    /// The policies of one kind that bind a member account.
    pub fn guardrails(&self, control: Control, account: &str) -> Guardrails {
        if self.disabled.contains(&control) {
            return Guardrails::none();
        }
        let (places, unread) = self.way_up(account);
        let mut guardrails = Guardrails {
            levels: Vec::new(),
            unread: unread.or_else(|| self.incomplete.get(&control).cloned()),
        };
        for place in places.iter().rev() {
            match self.level(control, place) {
                Ok(level) => guardrails.levels.push(level),
                Err((level, why)) => {
                    guardrails.levels.extend((!level.is_empty()).then_some(level));
                    guardrails.unread.get_or_insert(why);
                }
            }
        }
        guardrails
    }

    /// The account, its units and its root, from below; and why the way is incomplete.
    fn way_up(&self, account: &str) -> (Vec<Text>, Option<Text>) {
        let mut places = vec![Text::from(account)];
        let mut unread = None;
        while let Some(parent) = places.last().and_then(|place| self.parents.get(place)) {
            if places.len() > MAX_LEVELS || places.contains(parent) {
                unread = Some(format!("the units above `{account}` do not end at a root").into());
                break;
            }
            places.push(parent.clone());
        }
        let top = places.last().cloned().unwrap_or_default();
        if !self.roots.contains(&top) {
            unread.get_or_insert_with(|| format!("what stands above `{top}` was not read").into());
            // An organization has one root, so that it binds every account even where the way to it is not known.
            if let (Some(root), 1) = (self.roots.first(), self.roots.len()) {
                places.push(root.clone());
            }
        }
        (places, unread)
    }

    /// The policies at one place; an error has those that were read, in a list that permits everything beside.
    fn level(&self, control: Control, place: &Text) -> Result<Vec<NamedPolicy>, (Vec<NamedPolicy>, Text)> {
        let mut level = Vec::new();
        let mut unread = None;
        match self
            .attached
            .get(place)
            .and_then(|attached| attached.get(&control))
        {
            Some(Ok(arns)) => {
                for arn in arns {
                    match self.policies.get(arn) {
                        Some(policy) if policy.document().is_some() => level.push(policy.clone()),
                        Some(_) | None => {
                            unread.get_or_insert_with(|| {
                                Text::from(format!("the policy `{arn}` was not read"))
                            });
                        }
                    }
                }
                // While a kind of policy is switched on, each place has at least one.
                if arns.is_empty() {
                    unread.get_or_insert_with(|| format!("no policy of `{place}` was read").into());
                }
            }
            Some(Err(why)) => unread = Some(why.clone()),
            None => unread = Some(format!("the policies of `{place}` were not read").into()),
        }
        match unread {
            None => Ok(level),
            Some(why) if level.is_empty() => Err((level, why)),
            Some(why) => {
                level.push(permit_all());
                Err((level, why))
            }
        }
    }

    fn add_place(&mut self, id: &Text, resource: &Resource) {
        // A unit says above which it was found, an account is asked.
        if let Ok(parent) = text(resource.get("parent_id")) {
            self.parents.insert(id.clone(), parent);
        } else if let Some(parent) = resource
            .get("parents")
            .and_then(Value::as_list)
            .and_then(<[Value]>::first)
            && let Ok(parent) = text_at(parent, "id")
        {
            self.parents.insert(id.clone(), parent);
        }
        for control in [Control::Service, Control::Resource] {
            let written = resource.get(control.attribute());
            if written.is_none() {
                continue;
            }
            let arns = list(written).and_then(|policies| {
                policies
                    .iter()
                    .map(|policy| text_at(policy, "arn"))
                    .collect::<Result<BTreeSet<_>, _>>()
            });
            self.attached.entry(id.clone()).or_default().insert(control, arns);
        }
    }

    fn add_root(&mut self, id: Text, policy_types: Option<&Value>) {
        if let Some(Value::List(types)) = policy_types {
            for control in [Control::Service, Control::Resource] {
                let is_enabled = types.iter().any(|kind| {
                    text_at(kind, "type").is_ok_and(|kind| kind == control.policy_type())
                        && text_at(kind, "status").is_ok_and(|status| status == "ENABLED")
                });
                if !is_enabled {
                    self.disabled.insert(control);
                }
            }
        }
        self.roots.insert(id);
    }

    fn add_policy(&mut self, policy: &Resource) {
        let control = match text(policy.get("type")).as_deref() {
            Ok("SERVICE_CONTROL_POLICY") => Control::Service,
            Ok("RESOURCE_CONTROL_POLICY") => Control::Resource,
            Ok(_) | Err(_) => return,
        };
        let named = match policy.get("content") {
            Some(content @ Value::Map(_)) => {
                NamedPolicy::read(policy.uid.clone(), policy.name.clone(), content)
            }
            other => {
                let why = text(other).err().unwrap_or_else(|| "it is not a document".into());
                NamedPolicy::unread(policy.uid.clone(), policy.name.clone(), why)
            }
        };
        self.policies.insert(policy.uid.clone(), named);
        let targets = match list(policy.get("targets")) {
            Ok(targets) => targets,
            Err(why) => {
                let why = format!("the targets of `{}` were not read: {why}", policy.uid);
                self.incomplete.entry(control).or_insert_with(|| why.into());
                return;
            }
        };
        for target in targets {
            let Ok(id) = text_at(target, "target_id") else {
                continue;
            };
            let place = self.attached.entry(id).or_default();
            match place.entry(control).or_insert_with(|| Ok(BTreeSet::new())) {
                Ok(arns) => {
                    arns.insert(policy.uid.clone());
                }
                unread @ Err(_) => *unread = Ok(BTreeSet::from([policy.uid.clone()])),
            }
        }
    }
}

/// Stands in for a policy that was not read: what it permits is not known, and an answer says so.
fn permit_all() -> NamedPolicy {
    let entry = |key: &'static str, value: Value| (Text::new_static(key), value);
    let statement = Value::Map(
        [
            entry("Effect", "Allow".into()),
            entry("Action", "*".into()),
            entry("Resource", "*".into()),
        ]
        .into_iter()
        .collect(),
    );
    let document = Value::Map([entry("Statement", statement)].into_iter().collect());
    NamedPolicy::read("", "policies that were not read", &document)
}
