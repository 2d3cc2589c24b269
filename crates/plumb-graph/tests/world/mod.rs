//! `World`: accounts made of resource documents, read and joined as a scan's are.

#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod network;
pub(crate) mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use plumb_expr::Inventory;
use plumb_graph::assemble::{Assembled, assemble};
use plumb_graph::fragment::{AccountFragment, Surroundings};
use plumb_graph::knowledge::Knowledge;
use plumb_graph::security::{SecurityGraph, VisibleEdge};
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Reason, Text, Unreadable, Value};
use plumb_pack::pack::Pack;
use serde_json::json;

/// The account that most of what is tested lives in.
pub(crate) const OWN: &str = "111122223333";

/// Another account of the same organization.
pub(crate) const OTHER: &str = "444455556666";

/// An account that nobody watches.
pub(crate) const FOREIGN: &str = "777788889999";

/// The management account of the organization.
pub(crate) const MANAGEMENT: &str = "999900001111";

pub(crate) const REGION: &str = "us-east-1";

/// When everything was read.
const NOW: &str = "2026-01-01T00:00:00Z";

/// The built-in knowledge.
pub(crate) static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| {
    let pack = Pack::builtin().unwrap_or_else(|errors| panic!("{errors:?}"));
    Knowledge::new(&pack, Arc::default()).unwrap_or_else(|errors| panic!("{errors:?}"))
});

/// What stands in the place of an attribute that the scan was not allowed to read.
pub(crate) fn denied() -> serde_json::Value {
    json!({ "$unreadable": { "reason": "denied" } })
}

/// A policy document with these statements.
pub(crate) fn document(statements: impl Into<serde_json::Value>) -> serde_json::Value {
    json!({ "Version": "2012-10-17", "Statement": statements.into() })
}

/// A list of one inline policy, as IAM shapes it under `user_policy_list` and its kin.
pub(crate) fn inline(statements: impl Into<serde_json::Value>) -> serde_json::Value {
    json!([{ "policy_name": "inline", "policy_document": document(statements) }])
}

/// A statement that allows.
pub(crate) fn allow(action: &str, resource: &str) -> serde_json::Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

/// A trust policy that admits somebody to `sts:AssumeRole`.
pub(crate) fn trust(principal: serde_json::Value) -> serde_json::Value {
    document(json!([{ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal }]))
}

/// The ARN of something of IAM in [`OWN`], for example `role/app`.
pub(crate) fn iam(what: &str) -> String {
    format!("arn:aws:iam::{OWN}:{what}")
}

/// Accounts with their resources, and what of them was not read.
#[derive(Clone, Default)]
pub(crate) struct World {
    accounts: BTreeMap<String, Vec<Resource>>,
    unlisted: BTreeSet<(String, String)>,
}

impl World {
    /// Adds a resource of [`OWN`].
    pub(crate) fn put(&mut self, resource_type: &str, uid: &str, attributes: serde_json::Value) {
        self.put_in(OWN, resource_type, uid, attributes);
    }

    /// Adds a resource; its name is the last part of its uid, its region the one in it.
    pub(crate) fn put_in(
        &mut self,
        account: &str,
        resource_type: &str,
        uid: &str,
        attributes: serde_json::Value,
    ) {
        let attributes: Map =
            serde_json::from_value(attributes).unwrap_or_else(|error| panic!("{uid}: {error}"));
        let name = uid.rsplit(['/', ':']).next().unwrap_or(uid);
        let region = uid
            .split(':')
            .nth(3)
            .filter(|region| !region.is_empty())
            .unwrap_or("global");
        let mut resource = Resource::new(uid, resource_type, name, account, region, attributes);
        if resource.get("arn").is_none() {
            resource.set("arn", uid);
        }
        self.accounts
            .entry(account.to_owned())
            .or_default()
            .push(resource);
    }

    /// Adds a user with what its policies and groups are.
    pub(crate) fn user(&mut self, name: &str, attributes: serde_json::Value) -> String {
        let uid = iam(&format!("user/{name}"));
        let quiet = json!({
            "user_name": name, "group_list": [], "attached_managed_policies": [], "user_policy_list": [],
            "credential_report": {
                "password_enabled": false, "mfa_active": true, "access_key_1_active": false, "access_key_2_active": false,
            },
        });
        self.put("aws_iam_user", &uid, merged(quiet, attributes));
        uid
    }

    /// Adds a role with its trust policy.
    pub(crate) fn role(
        &mut self,
        name: &str,
        trust: serde_json::Value,
        attributes: serde_json::Value,
    ) -> String {
        self.role_in(OWN, name, trust, attributes)
    }

    /// Adds a role of some account.
    pub(crate) fn role_in(
        &mut self,
        account: &str,
        name: &str,
        trust: serde_json::Value,
        attributes: serde_json::Value,
    ) -> String {
        let uid = format!("arn:aws:iam::{account}:role/{name}");
        let quiet = json!({
            "role_name": name, "path": "/", "assume_role_policy_document": trust,
            "attached_managed_policies": [], "role_policy_list": [],
        });
        self.put_in(account, "aws_iam_role", &uid, merged(quiet, attributes));
        uid
    }

    /// Adds a managed policy of [`OWN`].
    pub(crate) fn managed(&mut self, name: &str, statements: impl Into<serde_json::Value>) -> String {
        let uid = iam(&format!("policy/{name}"));
        let versions = json!([{ "is_default_version": true, "document": document(statements) }]);
        self.put(
            "aws_iam_policy",
            &uid,
            json!({ "policy_name": name, "policy_version_list": versions }),
        );
        uid
    }

    /// Makes the accounts members of an organization whose control policies, beside one that permits everything, are `denials`.
    pub(crate) fn organization(&mut self, accounts: &[&str], denials: serde_json::Value) {
        let id = json!({ "id": "o-1", "master_account_id": MANAGEMENT });
        let everybody: Vec<&str> = accounts.iter().copied().chain([MANAGEMENT]).collect();
        for account in &everybody {
            self.put_in(
                account,
                "aws_organizations_organization",
                &format!("organization/{account}"),
                id.clone(),
            );
            let uid = format!("arn:aws:organizations::{MANAGEMENT}:account/o-1/{account}");
            let place = json!({ "id": account, "parents": [{ "id": "r-1" }] });
            self.put_in(MANAGEMENT, "aws_organizations_account", &uid, place);
        }
        let kinds = json!([{ "type": "SERVICE_CONTROL_POLICY", "status": "ENABLED" }]);
        let root = format!("arn:aws:organizations::{MANAGEMENT}:root/o-1/r-1");
        self.put_in(
            MANAGEMENT,
            "aws_organizations_root",
            &root,
            json!({ "id": "r-1", "policy_types": kinds }),
        );
        let places: Vec<serde_json::Value> = everybody
            .iter()
            .chain(&["r-1"])
            .map(|id| json!({ "target_id": id }))
            .collect();
        self.control("full", json!([allow("*", "*")]), &places);
        if denials.as_array().is_some_and(|denials| !denials.is_empty()) {
            self.control("guard", denials, &[json!({ "target_id": "r-1" })]);
        }
    }

    /// Adds a bucket without public access lists, and with what else is given.
    pub(crate) fn bucket(&mut self, name: &str, attributes: serde_json::Value) -> String {
        let uid = format!("arn:aws:s3:::{name}");
        let quiet = json!({
            "policy": null, "acl": { "grants": [] }, "ownership_controls": null, "public_access_block": null, "encryption": null,
        });
        self.put("aws_s3_bucket", &uid, merged(quiet, attributes));
        uid
    }

    fn control(&mut self, name: &str, statements: serde_json::Value, targets: &[serde_json::Value]) {
        let uid = format!("arn:aws:organizations::{MANAGEMENT}:policy/o-1/service_control_policy/{name}");
        let attributes = json!({
            "type": "SERVICE_CONTROL_POLICY", "content": document(statements), "targets": targets,
        });
        self.put_in(MANAGEMENT, "aws_organizations_policy", &uid, attributes);
    }

    /// Notes that the resources of a type could not be listed in an account.
    pub(crate) fn cannot_list(&mut self, account: &str, resource_type: &str) {
        self.unlisted
            .insert((account.to_owned(), resource_type.to_owned()));
        self.accounts
            .entry(account.to_owned())
            .or_default()
            .retain(|resource| resource.resource_type != resource_type);
    }

    /// Sets one attribute of the resource of [`OWN`] with that uid.
    pub(crate) fn change(&mut self, uid: &str, attribute: &str, value: serde_json::Value) {
        let value: Value = serde_json::from_value(value).unwrap_or_else(|error| panic!("{uid}: {error}"));
        let resources = self.accounts.entry(OWN.to_owned()).or_default();
        let resource = resources.iter_mut().find(|resource| resource.uid == uid);
        resource
            .unwrap_or_else(|| panic!("there is no `{uid}`"))
            .set(attribute, value);
    }

    /// Takes an account out.
    pub(crate) fn forget_account(&mut self, account: &str) {
        self.accounts.remove(account);
    }

    /// Takes the resources of a type out of [`OWN`], as if there were none.
    pub(crate) fn forget(&mut self, resource_type: &str) {
        self.accounts
            .entry(OWN.to_owned())
            .or_default()
            .retain(|resource| resource.resource_type != resource_type);
    }

    /// The same with the resources of each account in another order.
    pub(crate) fn reordered(mut self, order: impl Fn(&mut Vec<Resource>)) -> Self {
        self.accounts.values_mut().for_each(order);
        self
    }

    /// Reads every account and joins them.
    pub(crate) fn assemble(&self) -> Assembled {
        self.assemble_with(&KNOWLEDGE)
    }

    /// The same by other knowledge.
    pub(crate) fn assemble_with(&self, knowledge: &Knowledge) -> Assembled {
        let fragments = self
            .accounts
            .iter()
            .map(|(account, resources)| self.read(knowledge, account, resources))
            .collect();
        assemble(knowledge, fragments)
    }

    fn read(&self, knowledge: &Knowledge, account: &str, resources: &[Resource]) -> AccountFragment {
        let mut sorted: Vec<&Resource> = resources.iter().collect();
        sorted.sort_by(|a, b| (&a.resource_type, &a.uid).cmp(&(&b.resource_type, &b.uid)));
        let coverage = self.coverage(knowledge, account);
        let inventory = Everything::of(&sorted);
        let surroundings = Surroundings {
            inventory: &inventory,
            now: NOW.parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH),
            coverage: &coverage,
        };
        let account = Account {
            partition: Some("aws".into()),
            ..Account::new(Provider::Aws, account)
        };
        AccountFragment::read(knowledge, &account, &sorted, &surroundings)
    }

    fn coverage(&self, knowledge: &Knowledge, account: &str) -> Coverage {
        let collected = knowledge.types().map(|known| CollectedType {
            resource_type: known.name.clone(),
            facts: known.recipe.facts.iter().map(|fact| fact.name.clone()).collect(),
            regions: vec![REGION.into(), "global".into()],
        });
        let gaps = self
            .unlisted
            .iter()
            .filter(|(own, _)| own == account)
            .map(|(_, name)| Gap {
                resource_type: Text::from(name.as_str()),
                attribute: None,
                region: REGION.into(),
                unreadable: Unreadable::new(Reason::Denied),
                count: 1,
            });
        let mut coverage = Coverage {
            collected: collected.collect(),
            gaps: gaps.collect(),
            ..Coverage::default()
        };
        coverage.sort();
        coverage
    }
}

/// All resources of an account by type, as rules see them.
struct Everything<'r>(BTreeMap<&'r str, Vec<&'r Value>>);

impl<'r> Everything<'r> {
    fn of(resources: &[&'r Resource]) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for resource in resources {
            by_type
                .entry(&resource.resource_type)
                .or_default()
                .push(resource.document());
        }
        Self(by_type)
    }
}

impl Inventory for Everything<'_> {
    fn of_type(&self, resource_type: &str) -> &[&Value] {
        self.0.get(resource_type).map_or(&[], Vec::as_slice)
    }

    fn of_type_in(&self, resource_type: &str, region: &str) -> Vec<&Value> {
        let is_there = |value: &&&Value| value.get("region").and_then(Value::as_str) == Some(region);
        self.of_type(resource_type)
            .iter()
            .filter(is_there)
            .copied()
            .collect()
    }

    /// What the document of `resource` names anywhere, by uid.
    fn related<'a>(&'a self, resource: &'a Value, resource_type: &str) -> Vec<&'a Value> {
        let text = resource.to_string();
        let is_named = |value: &&&Value| {
            value
                .get("uid")
                .and_then(Value::as_str)
                .is_some_and(|uid| text.contains(uid))
        };
        self.of_type(resource_type)
            .iter()
            .filter(is_named)
            .copied()
            .collect()
    }
}

fn merged(base: serde_json::Value, over: serde_json::Value) -> serde_json::Value {
    match (base, over) {
        (serde_json::Value::Object(mut base), serde_json::Value::Object(over)) => {
            base.extend(over);
            base.into()
        }
        (base, _) => base,
    }
}

/// The edges between two resources along which an attacker moves.
pub(crate) fn edges<'g>(graph: &'g SecurityGraph, from: &str, to: &str) -> Vec<VisibleEdge<'g>> {
    let (Some(from), Some(to)) = (graph.by_uid(from), graph.by_uid(to)) else {
        return Vec::new();
    };
    let mut found = graph.outgoing(from);
    found.retain(|edge| edge.to == to && edge.step.kind.is_attack());
    found
}
