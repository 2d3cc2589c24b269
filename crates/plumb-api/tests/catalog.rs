//! The embedded models as a whole: everything loads, names are unique, and what must not be there is not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use plumb_api::catalog::Catalog;
use plumb_api::shape::{Kind, ShapeRef};
use std::collections::BTreeSet;

fn walk(shape: ShapeRef, seen: &mut Vec<ShapeRef>, visit: &mut dyn FnMut(&ShapeRef)) {
    let mut pending = vec![shape];
    let mut known: BTreeSet<String> = seen.iter().map(|shape| format!("{shape:?}")).collect();
    while let Some(shape) = pending.pop() {
        if !known.insert(format!("{shape:?}")) {
            continue;
        }
        visit(&shape);
        match shape.kind() {
            Kind::Structure(structure) => pending.extend(structure.members().map(|member| member.shape())),
            Kind::List(item) => pending.push(item),
            Kind::Map(value) => pending.push(value),
            Kind::String
            | Kind::Integer
            | Kind::Long
            | Kind::Float
            | Kind::Double
            | Kind::Boolean
            | Kind::Timestamp
            | Kind::Blob
            | Kind::Document => {}
        }
        seen.push(shape);
    }
}

#[test]
fn every_service_operation_and_shape_loads() {
    let catalog = Catalog::aws();
    let (mut operations, mut structures) = (0, 0);
    for service in catalog.services() {
        let model = catalog.service(service.name()).unwrap();
        let names: Vec<&str> = model.operation_names().collect();
        assert!(names.is_sorted(), "{}", service.name());
        let mut seen = Vec::new();
        for name in names {
            let operation = model
                .operation(name)
                .unwrap_or_else(|| panic!("{}:{name}", service.name()));
            assert_eq!(operation.name(), name);
            for shape in [operation.input(), operation.output()].into_iter().flatten() {
                walk(shape, &mut seen, &mut |shape| {
                    if let Kind::Structure(structure) = shape.kind() {
                        structures += 1;
                        let snakes: BTreeSet<_> =
                            structure.members().map(|member| member.snake().clone()).collect();
                        assert_eq!(snakes.len(), structure.members().len());
                    }
                });
            }
            operations += 1;
        }
    }
    assert!(catalog.services().len() > 350);
    assert!(operations > 7_000, "{operations}");
    assert!(structures > 20_000, "{structures}");
}

#[test]
fn writes_secrets_and_data_have_no_operation() {
    for (service, operation) in [
        ("s3", "PutBucketPolicy"),
        ("s3", "GetObject"),
        ("secretsmanager", "GetSecretValue"),
        ("ssm", "GetParameter"),
        ("sts", "AssumeRole"),
        ("sts", "GetSessionToken"),
        ("dynamodb", "Scan"),
        ("lambda", "GetFunction"),
        ("ec2", "RunInstances"),
        ("kms", "Decrypt"),
    ] {
        let model = Catalog::aws().service(service).unwrap();
        assert!(model.operation(operation).is_none(), "{service}:{operation}");
    }
}

#[test]
fn secret_members_of_answers_are_not_in_the_models() {
    for (service, operation, path, secret) in [
        (
            "cognito-idp",
            "DescribeUserPoolClient",
            "UserPoolClient",
            "ClientSecret",
        ),
        (
            "rds",
            "DescribeDBInstances",
            "DBInstances.PendingModifiedValues",
            "MasterUserPassword",
        ),
        (
            "ec2",
            "DescribeVpnConnections",
            "VpnConnections",
            "CustomerGatewayConfiguration",
        ),
        ("appsync", "ListApiKeys", "apiKeys", "id"),
    ] {
        let operation = Catalog::aws()
            .service(service)
            .unwrap()
            .operation(operation)
            .unwrap();
        let mut shape = operation.output().unwrap();
        for segment in path.split('.') {
            shape = shape.member(segment).unwrap();
            if let Kind::List(item) = shape.kind() {
                shape = item;
            }
        }
        let Kind::Structure(structure) = shape.kind() else {
            panic!("{path}")
        };
        assert!(structure.members().len() > 1);
        assert!(structure.member(secret).is_none(), "{secret}");
    }
}

#[test]
fn services_are_found_by_all_their_names() {
    for (name, expected) in [
        ("elbv2", Some("elbv2")),
        ("Elastic Load Balancing v2", Some("elbv2")),
        ("ELASTIC_LOAD_BALANCING_V2", Some("elbv2")),
        ("monitoring", Some("cloudwatch")),
        ("elasticfilesystem", Some("efs")),
        ("IAM", Some("iam")),
        ("nothing", None),
        ("", None),
        ("--", None),
    ] {
        assert_eq!(
            Catalog::aws().find(name).map(|service| service.name().as_str()),
            expected,
            "{name}"
        );
    }
}

#[test]
fn recursive_shapes_are_finite() {
    let operation = Catalog::aws()
        .service("wafv2")
        .unwrap()
        .operation("GetRuleGroup")
        .unwrap();
    let mut structures = 0;
    walk(operation.output().unwrap(), &mut Vec::new(), &mut |_| {
        structures += 1
    });
    assert!(structures > 50, "{structures}");
}
