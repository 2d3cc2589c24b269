//! Everything that a document of the estate names exists in it.

use std::collections::{BTreeMap, BTreeSet};

use plumb_demo::{DEFAULT_ACCOUNTS, Estate};
use plumb_model::coverage::CollectedType;
use plumb_model::snapshot::AccountSnapshot;
use plumb_model::value::Value;

/// Which attribute of which type says what an id or name is.
const DEFINED: [(&str, &str); 26] = [
    ("aws_vpc", "vpc_id"),
    ("aws_subnet", "subnet_id"),
    ("aws_security_group", "group_id"),
    ("aws_network_interface", "network_interface_id"),
    ("aws_ec2_instance", "instance_id"),
    ("aws_ebs_volume", "volume_id"),
    ("aws_eip", "allocation_id"),
    ("aws_nat_gateway", "nat_gateway_id"),
    ("aws_internet_gateway", "internet_gateway_id"),
    ("aws_vpc_endpoint", "vpc_endpoint_id"),
    ("aws_ec2_managed_prefix_list", "prefix_list_id"),
    ("aws_route_table", "route_table_id"),
    ("aws_network_acl", "network_acl_id"),
    ("aws_lb", "load_balancer_arn"),
    ("aws_lb_target_group", "target_group_arn"),
    ("aws_db_subnet_group", "db_subnet_group_arn"),
    ("aws_db_parameter_group", "db_parameter_group_name"),
    ("aws_db_instance", "dbi_resource_id"),
    ("aws_efs_file_system", "file_system_id"),
    ("aws_kms_key", "arn"),
    ("aws_s3_bucket", "name"),
    ("aws_iam_policy", "arn"),
    ("aws_iam_role", "arn"),
    ("aws_iam_instance_profile", "arn"),
    ("aws_cloudwatch_log_group", "log_group_name"),
    ("aws_sns_topic", "topic_arn"),
];

/// What the key of a document refers to; a path in front of it tells keys apart that have the same name.
const REFERENCES: [(&str, &str); 35] = [
    ("vpc_id", "aws_vpc"),
    ("subnet_id", "aws_subnet"),
    ("subnet_ids[]", "aws_subnet"),
    ("subnet_identifier", "aws_subnet"),
    ("group_id", "aws_security_group"),
    ("vpc_security_group_id", "aws_security_group"),
    ("aws_lb.security_groups[]", "aws_security_group"),
    ("aws_efs_mount_target.security_groups[]", "aws_security_group"),
    ("security_group_ids[]", "aws_security_group"),
    ("network_interface_id", "aws_network_interface"),
    ("instance_id", "aws_ec2_instance"),
    ("target.id", "aws_ec2_instance"),
    ("volume_id", "aws_ebs_volume"),
    ("allocation_id", "aws_eip"),
    ("nat_gateway_id", "aws_nat_gateway"),
    ("internet_gateway_id", "aws_internet_gateway"),
    ("destination_prefix_list_id", "aws_ec2_managed_prefix_list"),
    ("route_table_id", "aws_route_table"),
    ("route_table_ids[]", "aws_route_table"),
    ("network_acl_id", "aws_network_acl"),
    ("load_balancer_arn", "aws_lb"),
    ("load_balancer_arns[]", "aws_lb"),
    ("target_group_arn", "aws_lb_target_group"),
    ("db_subnet_group_arn", "aws_db_subnet_group"),
    ("db_parameter_group_name", "aws_db_parameter_group"),
    ("dbi_resource_id", "aws_db_instance"),
    ("file_system_id", "aws_efs_file_system"),
    ("kms_key_id", "aws_kms_key"),
    ("kms_master_key_id", "aws_kms_key"),
    ("target_bucket", "aws_s3_bucket"),
    ("s3_bucket_name", "aws_s3_bucket"),
    ("policy_arn", "aws_iam_policy"),
    ("permissions_boundary_arn", "aws_iam_policy"),
    ("aws_lambda_function.role", "aws_iam_role"),
    ("iam_instance_profile.arn", "aws_iam_instance_profile"),
];

/// What AWS shows in place of what it does not know, or means something other than an id.
const NO_REFERENCES: [&str; 2] = ["vol-ffffffff", "alias/aws/sns"];

fn collected() -> Vec<CollectedType> {
    vec![CollectedType {
        resource_type: "aws_secretsmanager_secret".into(),
        facts: Vec::new(),
        regions: Vec::new(),
    }]
}

fn default_estate() -> Vec<AccountSnapshot> {
    let estate = Estate::new(DEFAULT_ACCOUNTS, None, 1);
    (0..estate.accounts())
        .map(|position| estate.account(position, &collected()))
        .collect()
}

/// Calls `visit` with the path and text of every string in a value.
fn texts(path: &str, value: &Value, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(path, text),
        Value::List(list) => list
            .iter()
            .for_each(|item| texts(&format!("{path}[]"), item, visit)),
        // A route into a black hole leads to what was deleted.
        Value::Map(map) if map.get("state") == Some(&Value::from("blackhole")) => {}
        Value::Map(map) => map
            .iter()
            .for_each(|(key, value)| texts(&format!("{path}.{key}"), value, visit)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Unreadable(_) => {}
    }
}

#[test]
fn ids_in_documents_exist_in_their_account() {
    let mut seen = BTreeSet::new();
    for snapshot in default_estate() {
        let mut ids: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for resource in &snapshot.resources {
            for (_, attribute) in DEFINED
                .iter()
                .filter(|(resource_type, _)| *resource_type == resource.resource_type)
            {
                let id = resource
                    .get(attribute)
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                ids.entry(resource.resource_type.as_str())
                    .or_default()
                    .insert(id.to_owned());
            }
        }
        for resource in &snapshot.resources {
            texts(&resource.resource_type, resource.document(), &mut |path, text| {
                for (key, resource_type) in REFERENCES {
                    let fits = path
                        .strip_suffix(key)
                        .is_some_and(|before| before.is_empty() || before.ends_with('.'));
                    // IAM gives its groups ids of their own.
                    let fits = fits && path != "aws_iam_group.group_id";
                    if fits && !NO_REFERENCES.contains(&text) {
                        seen.insert(key);
                        assert!(
                            ids.get(resource_type).is_some_and(|ids| ids.contains(text)),
                            "{path} of {} names `{text}`, which is no {resource_type}",
                            resource.uid
                        );
                    }
                }
            });
        }
    }
    let unused: Vec<&str> = REFERENCES
        .iter()
        .map(|(key, _)| *key)
        .filter(|key| !seen.contains(key))
        .collect();
    assert!(unused.is_empty(), "never seen: {unused:?}");
}

#[test]
fn gateways_of_routes_exist() {
    for snapshot in default_estate() {
        let gateways: BTreeSet<&str> = snapshot
            .resources
            .iter()
            .flat_map(|resource| {
                [
                    resource.get("internet_gateway_id"),
                    resource.get("vpc_endpoint_id"),
                ]
            })
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut routes = 0;
        for table in snapshot
            .resources
            .iter()
            .filter(|one| one.resource_type == "aws_route_table")
        {
            texts("", table.document(), &mut |path, text| {
                if path == ".routes[].gateway_id" && text != "local" {
                    routes += 1;
                    assert!(gateways.contains(text), "{text}");
                }
            });
        }
        assert!(routes > 0, "{} has no way out", snapshot.account.id);
    }
}

/// The ARNs that policies name must exist somewhere in the estate, unless they are patterns.
#[test]
fn arns_in_policies_exist_in_the_estate() {
    let estate = default_estate();
    let uids: BTreeSet<&str> = estate
        .iter()
        .flat_map(|snapshot| &snapshot.resources)
        .map(|resource| resource.uid.as_str())
        .collect();
    let mut checked = 0;
    for resource in estate.iter().flat_map(|snapshot| &snapshot.resources) {
        texts("", resource.document(), &mut |path, text| {
            let place = path.trim_end_matches("[]");
            let principal = place.ends_with(".AWS") || place.ends_with(".Federated");
            if !place.contains("Statement") || !(principal || place.ends_with(".Resource")) {
                return;
            }
            // Objects of a bucket are no resources of their own.
            let arn = match text.strip_prefix("arn:aws:s3:::") {
                Some(object) => {
                    text.trim_end_matches(object).to_owned() + object.split('/').next().unwrap_or(object)
                }
                None => text.to_owned(),
            };
            let outside = arn == "arn:aws:iam::000099990001:root";
            if !arn.contains('*') && !arn.contains("${") && !outside {
                checked += 1;
                assert!(
                    uids.contains(arn.as_str()),
                    "{path} of {} names `{arn}`",
                    resource.uid
                );
            }
        });
    }
    assert!(checked > 1_000, "{checked}");
}

#[test]
fn private_addresses_lie_in_their_subnets_and_are_given_once() {
    let mut given = BTreeSet::new();
    for snapshot in default_estate() {
        let blocks: BTreeMap<&str, &str> = snapshot
            .resources
            .iter()
            .filter(|one| one.resource_type == "aws_subnet")
            .filter_map(|one| Some((one.get("subnet_id")?.as_str()?, one.get("cidr_block")?.as_str()?)))
            .collect();
        for interface in snapshot
            .resources
            .iter()
            .filter(|one| one.resource_type == "aws_network_interface")
        {
            let text = |key: &str| interface.get(key).and_then(Value::as_str).expect(key);
            let address: std::net::Ipv4Addr = text("private_ip_address").parse().expect("an address");
            let (base, length) = blocks[text("subnet_id")].split_once('/').expect("a block");
            let mask = u32::MAX << (32 - length.parse::<u32>().expect("a length"));
            let base: std::net::Ipv4Addr = base.parse().expect("an address");
            assert_eq!(
                u32::from(address) & mask,
                u32::from(base),
                "{address} in {base}/{length}"
            );
            assert!(
                given.insert((text("vpc_id").to_owned(), address)),
                "{address} is given twice"
            );
        }
    }
}
