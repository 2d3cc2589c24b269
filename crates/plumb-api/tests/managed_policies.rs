//! The embedded managed policies: all are sound, and well-known ones say what AWS documents.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use plumb_api::managed_policies::ManagedPolicies;
use plumb_model::value::Value;

#[test]
fn every_policy_has_a_document() {
    let policies = ManagedPolicies::aws();
    assert!(policies.all().len() > 1_000, "{}", policies.all().len());
    for policy in policies.all() {
        let document = policies.document(policy);
        let statements = match document.get("Statement") {
            Some(Value::List(statements)) => statements.clone(),
            Some(statement @ Value::Map(_)) => vec![statement.clone()],
            other => unreachable!("{}: {other:?}", policy.name),
        };
        assert!(!statements.is_empty(), "{}", policy.name);
        for statement in &statements {
            let effect = statement.get("Effect").and_then(Value::as_str);
            assert!(matches!(effect, Some("Allow" | "Deny")), "{}", policy.name);
            let has = |one: &str, other: &str| statement.get(one).is_some() ^ statement.get(other).is_some();
            assert!(has("Action", "NotAction"), "{}: {statement}", policy.name);
            assert!(has("Resource", "NotResource"), "{}: {statement}", policy.name);
        }
        assert_eq!(policies.of_arn(&policy.arn()), Some(policy));
        assert!(policy.version.starts_with('v'), "{}", policy.name);
        assert_eq!(
            policy.updated.len(),
            "2026-01-01T00:00:00Z".len(),
            "{}",
            policy.name
        );
    }
    assert_eq!(policies.as_of().len(), "2026-01-01".len());
    assert!(policies.source().starts_with("moto "));
}

/// Documents: <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>.
#[test]
fn well_known_policies_say_what_aws_documents() {
    let cases = [
        (
            "AdministratorAccess",
            "/",
            r#"{"Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#,
        ),
        (
            "AmazonS3FullAccess",
            "/",
            r#"{"Statement":[{"Action":["s3-object-lambda:*","s3:*"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#,
        ),
        (
            "AWSLambdaBasicExecutionRole",
            "/service-role/",
            r#"{"Statement":[{"Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#,
        ),
        (
            "IAMFullAccess",
            "/",
            r#"{"Statement":[{"Action":["iam:*","organizations:DescribeAccount","organizations:DescribeOrganization","organizations:DescribeOrganizationalUnit","organizations:DescribePolicy","organizations:ListChildren","organizations:ListParents","organizations:ListPolicies","organizations:ListPoliciesForTarget","organizations:ListRoots","organizations:ListTargetsForPolicy"],"Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"}"#,
        ),
    ];
    let policies = ManagedPolicies::aws();
    for (name, path, document) in cases {
        let policy = policies.named(name).unwrap();
        assert_eq!(policy.path, path, "{name}");
        assert_eq!(policies.document(policy).to_string(), document, "{name}");
    }
}

#[test]
fn a_policy_is_known_by_its_whole_arn_only() {
    let cases = [
        ("arn:aws:iam::aws:policy/AdministratorAccess", true),
        (
            "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
            true,
        ),
        ("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", true),
        ("arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole", false),
        ("arn:aws:iam::aws:policy/service-role/AdministratorAccess", false),
        ("arn:aws:iam::123456789012:policy/AdministratorAccess", false),
        ("arn:aws-us-gov:iam::aws:policy/AdministratorAccess", false),
        ("arn:aws:iam::aws:policy/administratoraccess", false),
        ("arn:aws:iam::aws:policy/", false),
        ("AdministratorAccess", false),
        // Nobody but AWS attaches these.
        (
            "arn:aws:iam::aws:policy/aws-service-role/AWSSupportServiceRolePolicy",
            false,
        ),
    ];
    for (arn, known) in cases {
        assert_eq!(ManagedPolicies::aws().of_arn(arn).is_some(), known, "{arn}");
    }
}
