//! The stories are told: their resources exist and say what makes them paths, or near misses.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use plumb_demo::story::{self, Outcome};
use plumb_demo::{DEFAULT_ACCOUNTS, Estate};
use plumb_model::resource::Resource;
use plumb_model::value::Value;

fn resources(seed: u64) -> BTreeMap<String, Resource> {
    let estate = Estate::new(DEFAULT_ACCOUNTS, None, seed);
    (0..estate.accounts())
        .flat_map(|position| estate.account(position, &[]).resources)
        .map(|resource| (resource.uid.to_string(), resource))
        .collect()
}

fn at<'a>(resource: &'a Resource, path: &'static str) -> &'a Value {
    resource
        .document()
        .at(path.split('.'))
        .unwrap_or_else(|| panic!("{} has no {path}", resource.uid))
}

fn find<'a>(
    resources: &'a BTreeMap<String, Resource>,
    resource_type: &str,
    key: &str,
    id: &str,
) -> &'a Resource {
    resources
        .values()
        .find(|one| one.resource_type == resource_type && one.get(key).and_then(Value::as_str) == Some(id))
        .unwrap_or_else(|| panic!("no {resource_type} {id}"))
}

/// Whether the internet has a route to an instance's subnet, by its explicit or main route table.
fn has_route(resources: &BTreeMap<String, Resource>, instance: &Resource) -> bool {
    let subnet = at(instance, "subnet_id");
    resources
        .values()
        .filter(|one| one.resource_type == "aws_route_table")
        .filter(|table| {
            at(table, "associations")
                .as_list()
                .expect("a list")
                .iter()
                .any(|association| association.get("subnet_id") == Some(subnet))
        })
        .flat_map(|table| at(table, "routes").as_list().expect("a list"))
        .any(|route| {
            route
                .get("gateway_id")
                .and_then(Value::as_str)
                .is_some_and(|gateway| gateway.starts_with("igw-"))
        })
}

/// Whether a group of an instance lets SSH in from more than half of the internet.
fn is_open(resources: &BTreeMap<String, Resource>, instance: &Resource) -> bool {
    let groups = at(instance, "security_groups").as_list().expect("a list");
    groups.iter().any(|group| {
        let id = group.get("group_id").and_then(Value::as_str).expect("an id");
        let group = find(resources, "aws_security_group", "group_id", id);
        let rules = at(group, "ip_permissions").as_list().expect("a list");
        rules
            .iter()
            .filter(|rule| rule.get("from_port") == Some(&Value::Int(22)))
            .flat_map(|rule| rule.get("ip_ranges").and_then(Value::as_list).expect("a list"))
            .any(|range| {
                range
                    .get("cidr_ip")
                    .and_then(Value::as_str)
                    .is_some_and(|block| block.ends_with("/0") || block.ends_with("/1"))
            })
    })
}

fn instance(resources: &BTreeMap<String, Resource>, position: u32) -> &Resource {
    find(
        resources,
        "aws_ec2_instance",
        "instance_id",
        &story::instance_id(position),
    )
}

#[test]
fn every_resource_of_every_story_exists_whatever_the_seed() {
    for seed in [1, 2, 77] {
        let resources = resources(seed);
        for story in story::stories() {
            assert!(!story.way.is_empty());
            for uid in &story.way {
                assert!(resources.contains_key(uid), "{}: {uid}", story.name);
            }
        }
    }
}

#[test]
fn the_stories_tell_all_kinds_of_paths_and_near_misses() {
    let count = |outcome| {
        story::stories()
            .iter()
            .filter(|one| one.outcome == outcome)
            .count()
    };
    assert_eq!((count(Outcome::Path), count(Outcome::NearMiss)), (14, 7));
}

#[test]
fn exposed_instances_have_route_address_and_open_group() {
    let resources = resources(1);
    for position in [
        story::OPEN_SSH,
        story::ESCALATING,
        story::NEAR_MISS_BOUNDARY,
        story::NEAR_MISS_DENY,
        story::NEAR_MISS_GUARDRAIL,
    ] {
        let instance = instance(&resources, position);
        assert!(has_route(&resources, instance), "{position}");
        assert!(is_open(&resources, instance), "{position}");
        assert!(at(instance, "public_ip_address").as_str().is_some(), "{position}");
    }
    let private = instance(&resources, story::NEAR_MISS_PRIVATE_SUBNET);
    assert!(is_open(&resources, private) && !has_route(&resources, private));
    assert!(at(private, "public_ip_address").is_null());
    let closed = instance(&resources, story::NEAR_MISS_CLOSED_GROUP);
    assert!(has_route(&resources, closed) && !is_open(&resources, closed));
}

#[test]
fn the_network_acl_of_one_near_miss_denies_ssh_before_it_allows() {
    let resources = resources(1);
    let denies = |position: u32| {
        let subnet = at(instance(&resources, position), "subnet_id").clone();
        let acl = resources
            .values()
            .filter(|one| one.resource_type == "aws_network_acl")
            .find(|acl| {
                at(acl, "associations")
                    .as_list()
                    .expect("a list")
                    .iter()
                    .any(|association| association.get("subnet_id") == Some(&subnet))
            })
            .expect("a network ACL");
        at(acl, "entries").as_list().expect("a list").iter().any(|entry| {
            entry.get("rule_action").and_then(Value::as_str) == Some("deny")
                && entry.at(["port_range", "from"]) == Some(&Value::Int(22))
                && entry.get("rule_number").and_then(Value::as_int) < Some(100)
        })
    };
    assert!(denies(story::NEAR_MISS_NETWORK_ACL));
    assert!(!denies(story::OPEN_SSH));
}

#[test]
fn personal_data_is_public_and_plain_unless_it_is_blocked() {
    let resources = resources(1);
    let bucket = |position: u32| {
        let uid = format!("arn:aws:s3:::{}", story::personal_data_bucket(position));
        resources.get(&uid).expect("the bucket")
    };
    for position in story::PUBLIC_PERSONAL_DATA {
        let bucket = bucket(position);
        assert_eq!(at(bucket, "policy_status.is_public"), &Value::Bool(true));
        assert!(at(bucket, "encryption").is_null());
        assert!(at(bucket, "public_access_block").is_null());
        let account = format!("arn:aws:s3::{}:public-access-block", bucket.account);
        assert!(at(resources.get(&account).expect("settings"), "public_access_block").is_null());
    }
    let blocked = bucket(story::NEAR_MISS_BLOCKED_BUCKET);
    assert_eq!(at(blocked, "policy_status.is_public"), &Value::Bool(true));
    assert_eq!(
        at(blocked, "public_access_block.restrict_public_buckets"),
        &Value::Bool(true)
    );
}

#[test]
fn small_estates_name_no_accounts_that_they_do_not_have() {
    let estate = Estate::new(12, None, 1);
    let uids: Vec<String> = (0..12)
        .flat_map(|position| estate.account(position, &[]).resources)
        .map(|resource| resource.uid.to_string())
        .collect();
    let told = |position: u32| {
        uids.iter()
            .any(|uid| uid.ends_with(&story::instance_id(position)))
    };
    assert!(told(story::OPEN_SSH));
    assert!(!told(story::ESCALATING));
    let estate = Estate::new(6, None, 1);
    let alone = estate.account(story::OPEN_SSH, &[]).resources;
    assert!(
        !alone
            .iter()
            .any(|one| one.uid.ends_with(&story::instance_id(story::OPEN_SSH)))
    );
}
