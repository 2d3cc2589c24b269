//! `Exposures`: what reaches the resources of one account, as rules see it.
//!
//! Networks, public endpoints and the openings of roles are looked at, within the account alone. What a resource policy grants
//! to everybody is a question of permission, which attack paths answer; here it makes the exposure unknown.

mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plumb_expr::Root;
use plumb_model::account::Account;
use plumb_model::graph::NodeKind;
use plumb_model::path::Certainty;
use plumb_model::resource::Resource;
use plumb_model::value::{Reason, Text, Value};
use plumb_net::estate::Estate;
use plumb_net::model::AccountNetwork;
use plumb_pack::graph_role::GraphRole;
use plumb_pack::pack::Pack;
use plumb_pack::schema::ResourceType;

use crate::exposure::ways::Ways;
use crate::fragment::{Surroundings, policy_of};
use crate::knowledge::Demand;
use crate::sight::Sight;

/// Everything that the exposure of a type's resources wants read, sorted.
pub fn demands(pack: &Pack, resource_type: &ResourceType) -> Vec<Demand> {
    let mut demands = BTreeSet::new();
    let mut want = |resource_type: &Text, attribute: Option<Text>| {
        demands.insert(Demand {
            resource_type: resource_type.clone(),
            attribute,
        });
    };
    want(&resource_type.name, None);
    if let Some(role) = &resource_type.recipe.graph {
        let policy = role
            .policy
            .iter()
            .chain(widths(role))
            .filter_map(|path| path.root());
        for attribute in policy {
            want(&resource_type.name, Some(attribute.clone()));
        }
        for used in rules(role).flat_map(plumb_expr::Program::uses) {
            let name = match &used.root {
                Root::Resource => &resource_type.name,
                Root::Inventory(name) | Root::RegionalInventory(name) | Root::Related(name) => name,
                Root::Account | Root::Params | Root::Exposure => continue,
            };
            want(name, None);
            if let Some(attribute) = used.path.first() {
                want(name, Some(attribute.clone()));
            }
        }
    }
    if is_in_network(resource_type) {
        for (name, attributes) in plumb_net::aws::READS {
            if pack.type_name(name).is_none_or(|own| own != name) {
                continue;
            }
            let name = Text::new_static(name);
            want(&name, None);
            for attribute in *attributes {
                want(&name, Some(Text::new_static(attribute)));
            }
        }
    }
    demands.into_iter().collect()
}

/// The exposures of some types' resources in one account.
#[derive(Debug, Default)]
pub struct Exposures {
    /// Where the exposure of a resource stands in `values`, by type and uid.
    by_type: BTreeMap<Text, BTreeMap<Text, usize>>,
    /// Equal exposures are one: most of an estate is reached alike.
    values: Vec<Value>,
}

impl Exposures {
    /// Looks at every resource of the wanted types; `resources` are all of the account.
    pub fn read(
        account: &Account,
        resources: &[&Resource],
        wanted: &[Arc<ResourceType>],
        surroundings: &Surroundings<'_>,
    ) -> Self {
        let mut exposures = Self::default();
        if wanted.is_empty() {
            return exposures;
        }
        let sight = Sight::new(account, surroundings);
        let network = wanted
            .iter()
            .any(|known| is_in_network(known))
            .then(|| Network::read(account, resources, surroundings));
        for resource_type in wanted {
            let network = network.as_ref().filter(|_| is_in_network(resource_type));
            let reason = match network {
                Some(network) => network.reason,
                None => Reason::OutOfScope,
            };
            let mut known: BTreeMap<Ways, usize> = BTreeMap::new();
            let of_type = exposures.by_type.entry(resource_type.name.clone()).or_default();
            for resource in resources {
                if resource.resource_type != resource_type.name {
                    continue;
                }
                let ways = ways_to(resource, resource_type, network, &sight);
                let at = *known.entry(ways).or_insert_with_key(|ways| {
                    exposures.values.push(ways.value(reason));
                    exposures.values.len() - 1
                });
                of_type.insert(resource.uid.clone(), at);
            }
        }
        exposures
    }

    /// The exposure of a resource; `None` when it was not looked at.
    pub fn of(&self, resource_type: &str, uid: &str) -> Option<&Value> {
        self.values.get(*self.by_type.get(resource_type)?.get(uid)?)
    }
}

/// The networks of the account, solved.
struct Network {
    estate: Estate,
    /// The groups that other resources of the account reach, or may reach.
    reached: BTreeSet<usize>,
    /// Why what is not known of it is not known.
    reason: Reason,
}

impl Network {
    fn read(account: &Account, resources: &[&Resource], surroundings: &Surroundings<'_>) -> Self {
        let network = AccountNetwork::read(account, resources, surroundings.coverage).value;
        let estate = Estate::new(vec![network]);
        let reached = estate.reached_groups();
        let was_asked_for = plumb_net::aws::READS
            .iter()
            .all(|(name, _)| surroundings.coverage.collected_type(name).is_some());
        Self {
            estate,
            reached,
            reason: if was_asked_for {
                Reason::OutOfScope
            } else {
                Reason::NotCollected
            },
        }
    }
}

fn is_in_network(resource_type: &ResourceType) -> bool {
    plumb_net::aws::READS
        .iter()
        .any(|(name, _)| *name == resource_type.name)
}

/// The rules of a role that tell what is exposed.
pub fn rules(role: &GraphRole) -> impl Iterator<Item = &plumb_expr::Program> {
    let exposed = role.exposed.iter().map(|opening| &opening.when);
    exposed.chain(role.closed.iter().map(|closed| &closed.when))
}

fn widths(role: &GraphRole) -> impl Iterator<Item = &plumb_pack::recipe::Path> {
    role.exposed.iter().filter_map(|opening| opening.width.as_ref())
}

fn ways_to(
    resource: &Resource,
    resource_type: &ResourceType,
    network: Option<&Network>,
    sight: &Sight<'_>,
) -> Ways {
    let role = resource_type.recipe.graph.as_ref();
    let mut ways = Ways::default();
    let reach = network.and_then(|network| Some((network, network.estate.exposure_of(&resource.uid)?)));
    if let Some((network, reach)) = &reach {
        ways.network(reach);
        let groups = network.estate.groups_of(&resource.uid);
        if groups.iter().any(|group| network.reached.contains(group)) {
            ways.inside();
        }
    }
    // Of a front without openings of its own its parts tell them.
    let tells = |role: &&GraphRole| {
        let by_policy = role.policy.is_some() && role.kind != NodeKind::Front;
        reach.is_some() || !role.exposed.is_empty() || by_policy
    };
    let Some(role) = role.filter(tells) else {
        if reach.is_none() {
            ways.unknown(format!(
                "nothing is known of what reaches this {}",
                resource_type.title
            ));
        }
        return ways;
    };
    let policy = role.policy.as_ref().and_then(|path| policy_of(path, resource));
    for opening in role.exposed.iter().filter(|opening| opening.part_of.is_none()) {
        for opening in sight.openings(opening, policy.as_ref(), resource) {
            ways.opening(&opening, &resource.uid);
        }
    }
    let is_closed = || {
        role.closed
            .iter()
            .filter_map(|closed| sight.circumstance(&closed.when, &closed.clause, resource))
            .any(|closed| closed.certainty == Certainty::Certain)
    };
    let policies = role.policy.iter().flat_map(|path| path.all(resource.document()));
    for policy in policies {
        let why = if let Value::Unreadable(unreadable) = policy {
            Text::from(format!("its resource policy could not be read: {unreadable}"))
        } else if names_everybody(policy) {
            Text::new_static("its resource policy names everybody; attack paths tell what that allows")
        } else {
            continue;
        };
        if !is_closed() {
            ways.unknown(why);
        }
    }
    ways
}

/// Whether a statement of a resource policy may allow something to everybody.
fn names_everybody(policy: &Value) -> bool {
    fn is_everybody(principal: &Value) -> bool {
        match principal {
            Value::String(text) => text == "*",
            Value::List(list) => list.iter().any(is_everybody),
            Value::Map(map) => map.iter().any(|(_, id)| is_everybody(id)),
            Value::Unreadable(_) => true,
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => false,
        }
    }
    let admits = |statement: &Value| {
        let denies = statement.get("Effect").and_then(Value::as_str) == Some("Deny");
        let principal = statement.get("Principal").is_some_and(is_everybody);
        !denies && (principal || statement.get("NotPrincipal").is_some())
    };
    match policy.get("Statement") {
        Some(Value::List(statements)) => statements
            .iter()
            .any(|statement| matches!(statement, Value::Unreadable(_)) || admits(statement)),
        Some(Value::Unreadable(_)) => true,
        Some(statement) => admits(statement),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_named_by_a_star_wherever_it_stands() {
        for (statements, expected) in [
            (r#"{"Effect":"Allow","Principal":"*"}"#, true),
            (
                r#"[{"Effect":"Allow","Principal":{"AWS":["111122223333","*"]}}]"#,
                true,
            ),
            (
                r#"[{"Effect":"Allow","Principal":{"AWS":"111122223333"}},{"Effect":"Allow","Principal":{"AWS":"*"}}]"#,
                true,
            ),
            (
                r#"[{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"}}]"#,
                true,
            ),
            (r#"[{"Effect":"Deny","Principal":"*"}]"#, false),
            (
                r#"[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"}}]"#,
                false,
            ),
            ("[]", false),
            (r#"[{"$unreadable":{"reason":"denied"}}]"#, true),
        ] {
            let policy: Value = serde_json::from_str(&format!(r#"{{"Statement":{statements}}}"#)).unwrap();
            assert_eq!(names_everybody(&policy), expected, "{statements}");
        }
    }

    #[test]
    fn what_packets_arrive_at_wants_networks_read_and_what_they_do_not_wants_itself() {
        let pack = Pack::builtin().unwrap();
        let wants = |resource_type: &str, name: &str, attribute: Option<&str>| {
            let resource_type = pack.resource_type(resource_type).unwrap();
            demands(&pack, &resource_type)
                .iter()
                .any(|demand| demand.resource_type == name && demand.attribute.as_deref() == attribute)
        };
        for (name, attributes) in plumb_net::aws::READS {
            assert!(wants("aws_db_instance", name, None), "{name}");
            for attribute in *attributes {
                assert!(
                    wants("aws_db_instance", name, Some(attribute)),
                    "{name}.{attribute}"
                );
            }
        }
        let bucket = "aws_s3_bucket";
        assert!(wants(bucket, bucket, Some("acl")) && wants(bucket, bucket, Some("policy")));
        assert!(wants(
            bucket,
            "aws_s3_account_public_access_block",
            Some("public_access_block")
        ));
        assert!(!wants(bucket, "aws_vpc", None), "no network leads to a bucket");
    }
}
