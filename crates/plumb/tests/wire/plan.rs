//! The plan names the calls of the scan.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::binary::Plumb;
use crate::support::moto::Moto;
use crate::support::report::operation;

/// The plan as JSON; it needs neither credentials nor a cloud.
fn plan(selectors: &[&str]) -> Value {
    let ended = Plumb::bare(&[&["plan", "aws", "--json"], selectors].concat()).run();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).unwrap()
}

fn operations(plan: &Value) -> BTreeSet<String> {
    plan["calls"].as_array().unwrap().iter().map(operation).collect()
}

#[test]
fn the_plan_lists_exactly_the_operations_of_the_scan() {
    let Some(moto) = Moto::with(&["s3"]) else { return };
    for selectors in [
        ["--service", "s3"],
        ["--policy", "s3-bucket-a*"],
        ["--policy", "CKV_AWS_18"],
    ] {
        let report = Plumb::scan(&moto.url(), &selectors).run().report();
        assert_eq!(operations(&plan(&selectors)), report.called(), "{selectors:?}");
    }
}

#[test]
fn nothing_outside_the_plan_is_called_and_what_hangs_on_no_resource_always_is() {
    let Some(moto) = Moto::start() else { return };
    let report = Plumb::scan(&moto.url(), &[]).run().report();
    let plan = plan(&[]);
    let called = report.called();
    let planned = operations(&plan);
    assert_eq!(called.difference(&planned).next(), None);
    for call in plan["calls"].as_array().unwrap() {
        let per_resource = call["frequency"].get("per_resource").is_some();
        // What reads attributes alone may have no resource to read them of, or depend on another answer.
        let lists = call["reads"]
            .as_array()
            .unwrap()
            .iter()
            .any(|need| !need["what"].as_str().unwrap().contains('.'));
        if lists && !per_resource {
            assert!(called.contains(&operation(call)), "{call} was not called");
        }
    }
}

#[test]
fn the_least_privilege_policy_allows_the_planned_calls_and_no_more() {
    let selectors = ["--service", "s3", "--service", "kms"];
    let ended = Plumb::bare(&[&["plan", "aws", "--iam-policy"], selectors.as_slice()].concat()).run();
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let mut allowed: BTreeSet<&str> = BTreeSet::new();
    for statement in document["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Allow");
        allowed.extend(
            statement["Action"]
                .as_array()
                .unwrap()
                .iter()
                .map(|action| action.as_str().unwrap()),
        );
    }
    let plan = plan(&selectors);
    let of_calls = plan["calls"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|call| call["actions"].as_array().unwrap());
    let expected: BTreeSet<&str> = of_calls
        .chain(plan["always"].as_array().unwrap())
        .map(|action| action.as_str().unwrap())
        .collect();
    assert_eq!(allowed, expected);
    assert!(
        allowed.contains("s3:ListAllMyBuckets") && allowed.contains("s3:GetEncryptionConfiguration"),
        "{allowed:?}"
    );
    assert!(allowed.iter().all(|action| !action.contains('*')), "{allowed:?}");
}

#[test]
fn policies_on_exposure_and_attack_paths_plan_what_those_are_made_of() {
    let policy = |name: &str, more: &[&str]| operations(&plan(&[&["--policy", name], more].concat()));
    let exposure = policy("ec2-instance-admin-ports-not-reachable-from-internet", &[]);
    for operation in [
        "ec2:DescribeInstances",
        "ec2:DescribeRouteTables",
        "ec2:DescribeNetworkAcls",
        "elbv2:DescribeTargetHealth",
    ] {
        assert!(exposure.contains(operation), "{operation}");
    }
    assert!(
        !exposure.contains("iam:GetAccountAuthorizationDetails"),
        "no permission is asked for"
    );
    let path = "s3-bucket-restricted-data-not-reachable-from-internet";
    let with_graph = policy(path, &[]);
    for operation in [
        "s3:GetBucketTagging",
        "s3:GetBucketPolicy",
        "lambda:ListFunctions",
        "iam:GetAccountAuthorizationDetails",
    ] {
        assert!(with_graph.contains(operation), "{operation}");
    }
    // Naming a service means to read less.
    for narrow in [["--paths", "never"], ["--service", "s3"]] {
        assert!(
            !policy(path, &narrow).contains("lambda:ListFunctions"),
            "{narrow:?}"
        );
    }
}
