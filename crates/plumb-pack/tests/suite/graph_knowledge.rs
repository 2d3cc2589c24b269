//! What the built-in knowledge says of resources in the graph: openings, shields and weak credentials, case by case.

use plumb_expr::{Inventory, Program, Scope, Truth};
use plumb_model::graph::NodeKind;
use plumb_model::value::Value;
use plumb_pack::graph_role::{AccessLevel, GraphRole};
use plumb_pack::pack::Pack;

/// The other resources of a case.
#[derive(Default)]
struct Others {
    resources: Vec<(&'static str, Vec<Value>)>,
}

impl Others {
    fn of(resource_type: &'static str, json: &str) -> Self {
        Self {
            resources: vec![(resource_type, vec![value(json)])],
        }
    }
}

struct Listed<'o> {
    lists: Vec<(&'static str, Vec<&'o Value>)>,
}

impl Inventory for Listed<'_> {
    fn of_type(&self, resource_type: &str) -> &[&Value] {
        self.lists
            .iter()
            .find(|(name, _)| *name == resource_type)
            .map_or(&[], |(_, list)| list)
    }

    fn of_type_in(&self, resource_type: &str, region: &str) -> Vec<&Value> {
        let here = |value: &&&Value| value.get("region").and_then(Value::as_str) == Some(region);
        self.of_type(resource_type).iter().filter(here).copied().collect()
    }

    fn related<'a>(&'a self, _resource: &'a Value, _resource_type: &str) -> Vec<&'a Value> {
        Vec::new()
    }
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn role(resource_type: &str) -> GraphRole {
    let pack = Pack::builtin().unwrap();
    let resource_type = pack.resource_type(resource_type).unwrap();
    resource_type.recipe.graph.clone().unwrap()
}

fn truth(rule: &Program, document: &Value, others: &Others) -> Truth {
    let lists = others
        .resources
        .iter()
        .map(|(name, list)| (*name, list.iter().collect()))
        .collect();
    rule.truth(&Scope {
        resource: document,
        account: &Value::Null,
        params: &Value::Null,
        now: "2026-01-01T00:00:00Z".parse().unwrap(),
        inventory: &Listed { lists },
    })
}

/// What holds of a resource, and in brackets what may hold.
fn told(resource_type: &str, document: &str, others: &Others) -> String {
    let (role, document) = (role(resource_type), value(document));
    let exposed = role
        .exposed
        .iter()
        // What a policy lets in by a gate is not told by the rule alone.
        .filter(|opening| opening.gate.is_none())
        .map(|opening| ("exposed", &opening.when, &opening.clause));
    let closed = role
        .closed
        .iter()
        .map(|closed| ("closed", &closed.when, &closed.clause));
    let weak = role.weak.iter().map(|weak| ("weak", &weak.when, &weak.clause));
    let withheld = role
        .withheld
        .iter()
        .map(|withheld| ("withheld", &withheld.when, &withheld.clause));
    let told: Vec<String> = exposed
        .chain(closed)
        .chain(weak)
        .chain(withheld)
        .filter_map(|(key, when, clause)| match truth(when, &document, others) {
            Truth::True => Some(format!("{key}: {clause}")),
            Truth::False => None,
            Truth::Unknown => Some(format!("[{key}: {clause}]")),
        })
        .collect();
    told.join("; ")
}

#[track_caller]
fn check(resource_type: &str, document: &str, expected: &str) {
    assert_eq!(
        told(resource_type, document, &Others::default()),
        expected,
        "{document}"
    );
}

const UNREAD: &str = r#"{"$unreadable":{"reason":"denied"}}"#;

#[test]
fn buckets() {
    let everybody =
        r#"{"grantee":{"uri":"http://acs.amazonaws.com/groups/global/AllUsers"},"permission":"READ"}"#;
    let owner = r#"{"grantee":{"id":"me"},"permission":"FULL_CONTROL"}"#;
    let open = "exposed: its access control list lets everybody in";
    let closed = "closed: public access is blocked for the bucket or the account";
    check(
        "aws_s3_bucket",
        &format!(r#"{{"acl":{{"grants":[{owner}]}}}}"#),
        "",
    );
    for grants in [format!("{owner},{everybody}"), format!("{everybody},{owner}")] {
        check(
            "aws_s3_bucket",
            &format!(r#"{{"acl":{{"grants":[{grants}]}}}}"#),
            open,
        );
        let disabled = format!(
            r#"{{"acl":{{"grants":[{grants}]}},"ownership_controls":{{"rules":[{{"object_ownership":"BucketOwnerEnforced"}}]}}}}"#
        );
        check("aws_s3_bucket", &disabled, "");
    }
    let ignored = format!(
        r#"{{"acl":{{"grants":[{everybody}]}},"public_access_block":{{"ignore_public_acls":true}}}}"#
    );
    check("aws_s3_bucket", &ignored, "");
    check(
        "aws_s3_bucket",
        r#"{"public_access_block":{"restrict_public_buckets":true}}"#,
        closed,
    );
    let unread = format!(r#"{{"acl":{UNREAD},"public_access_block":{UNREAD}}}"#);
    check("aws_s3_bucket", &unread, &format!("[{open}]; [{closed}]"));
    // The account's settings count as the bucket's own do.
    let block = r#"{"public_access_block":{"ignore_public_acls":true,"restrict_public_buckets":true}}"#;
    let bucket = format!(r#"{{"acl":{{"grants":[{everybody}]}}}}"#);
    let others = Others::of("aws_s3_account_public_access_block", block);
    assert_eq!(told("aws_s3_bucket", &bucket, &others), closed);
    let others = Others::of(
        "aws_s3_account_public_access_block",
        &format!(r#"{{"public_access_block":{UNREAD}}}"#),
    );
    assert_eq!(
        told("aws_s3_bucket", &bucket, &others),
        format!("[{open}]; [{closed}]")
    );
}

#[test]
fn snapshots_and_images() {
    let public = r#"{"region":"eu-west-1","public_permissions":[{"user_id":"1"},{"group":"all"}]}"#;
    let open = "exposed: every AWS account can restore it";
    check("aws_ebs_snapshot", public, open);
    check(
        "aws_ebs_snapshot",
        r#"{"public_permissions":[{"user_id":"1"}]}"#,
        "",
    );
    check("aws_ebs_snapshot", r#"{"public_permissions":null}"#, "");
    check(
        "aws_ebs_snapshot",
        &format!(r#"{{"public_permissions":{UNREAD}}}"#),
        &format!("[{open}]"),
    );
    for (region, state, expected) in [
        ("eu-west-1", "block-all-sharing", ""),
        ("eu-west-1", "block-new-sharing", open),
        ("us-east-1", "block-all-sharing", open),
    ] {
        let settings = format!(r#"{{"region":"{region}","snapshot_block_public_access":"{state}"}}"#);
        let others = Others::of("aws_ec2_region_settings", &settings);
        assert_eq!(told("aws_ebs_snapshot", public, &others), expected, "{settings}");
    }
    check(
        "aws_ami",
        r#"{"public":true}"#,
        "exposed: every AWS account can start instances of it",
    );
    check("aws_ami", r#"{"public":false}"#, "");
    for resource_type in ["aws_db_snapshot", "aws_db_cluster_snapshot"] {
        let shared = |with: &str| {
            format!(r#"{{"attributes":[{{"attribute_name":"restore","attribute_values":[{with}]}}]}}"#)
        };
        check(resource_type, &shared(r#""1","all""#), open);
        check(resource_type, &shared(r#""1""#), "");
        check(
            resource_type,
            &format!(r#"{{"attributes":{UNREAD}}}"#),
            &format!("[{open}]"),
        );
    }
}

#[test]
fn functions() {
    let of_alias = |auth: &str| {
        r#"{"function_arn":"arn:f","url_configs":[{"function_arn":"arn:f:other","auth_type":"AWS_IAM"},{"function_arn":"arn:f:live","auth_type":"AUTH"}],"policy":null}"#
            .replace("AUTH", auth)
    };
    let open = "[exposed: the URL of one of its aliases takes requests without authentication]";
    check("aws_lambda_function", &of_alias("NONE"), open);
    check("aws_lambda_function", &of_alias("AWS_IAM"), "");
    check(
        "aws_lambda_function",
        r#"{"environment":{"variables":{"A":{"length":1,"secrets":[]},"B":{"length":20,"secrets":[{"kind":"password","line":1}]}}}}"#,
        "weak: its environment holds secrets",
    );
    check(
        "aws_lambda_function",
        r#"{"environment":{"variables":{"A":{"length":1,"secrets":[]}}}}"#,
        "",
    );
    check("aws_lambda_function", "{}", "");
    check(
        "aws_ec2_instance",
        r#"{"user_data":{"length":9,"secrets":[{"kind":"password","line":1}]}}"#,
        "weak: its user data holds secrets",
    );
    check("aws_ec2_instance", r#"{"user_data":null}"#, "");
    let off = "withheld: somebody with ec2:ModifyInstanceMetadataOptions switches its metadata service on";
    for (options, expected) in [
        (r#"{"http_endpoint":"disabled"}"#, off),
        (r#"{"http_endpoint":"enabled"}"#, ""),
        ("null", ""),
        (UNREAD, &format!("[{off}]")),
    ] {
        let document = format!(r#"{{"user_data":null,"metadata_options":{options}}}"#);
        check("aws_ec2_instance", &document, expected);
    }
}

#[test]
fn users_and_the_root_user() {
    let user = |report: &str| format!(r#"{{"credential_report":{{{report}}}}}"#);
    let password = "weak: its console password stands alone, without a second factor";
    let old = "weak: it has an active access key that is older than a year";
    let unused = "weak: it has an active access key that nobody has used for 90 days";
    check(
        "aws_iam_user",
        &user(r#""password_enabled":true,"mfa_active":true"#),
        "",
    );
    check(
        "aws_iam_user",
        &user(r#""password_enabled":true,"mfa_active":false"#),
        password,
    );
    check(
        "aws_iam_user",
        &user(r#""password_enabled":false,"mfa_active":false"#),
        "",
    );
    let key = |number: u8, active: bool, made: &str, used: &str| {
        user(&format!(
            r#""access_key_{number}_active":{active},"access_key_{number}_last_rotated":"{made}","access_key_{number}_last_used_date":{used}"#
        ))
    };
    for number in [1, 2] {
        let yesterday = r#""2025-12-31T00:00:00Z""#;
        check(
            "aws_iam_user",
            &key(number, true, "2025-12-01T00:00:00Z", yesterday),
            "",
        );
        check(
            "aws_iam_user",
            &key(number, true, "2024-12-01T00:00:00Z", yesterday),
            old,
        );
        check(
            "aws_iam_user",
            &key(number, true, "2025-08-01T00:00:00Z", "null"),
            unused,
        );
        check(
            "aws_iam_user",
            &key(number, true, "2025-12-01T00:00:00Z", "null"),
            "",
        );
        check(
            "aws_iam_user",
            &key(number, false, "2020-12-01T00:00:00Z", "null"),
            "",
        );
    }
    let all = format!("[{password}]; [{old}]; [{unused}]");
    check("aws_iam_user", r#"{"credential_report":null}"#, &all);
    check(
        "aws_iam_user",
        &format!(r#"{{"credential_report":{UNREAD}}}"#),
        &all,
    );
    let root = |keys: u8, mfa: u8, password: u8| {
        format!(
            r#"{{"account_summary":{{"AccountAccessKeysPresent":{keys},"AccountMFAEnabled":{mfa},"AccountPasswordPresent":{password}}}}}"#
        )
    };
    check("aws_iam_root_user", &root(0, 1, 1), "");
    check("aws_iam_root_user", &root(1, 1, 1), "weak: it has access keys");
    check(
        "aws_iam_root_user",
        &root(0, 0, 1),
        "weak: its password stands alone, without a second factor",
    );
    check("aws_iam_root_user", &root(0, 0, 0), "");
}

#[test]
fn trust_of_roles() {
    let role = |statements: &str| {
        format!(r#"{{"path":"/","assume_role_policy_document":{{"Statement":[{statements}]}}}}"#)
    };
    let service =
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}"#;
    let all = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"}"#;
    // Whom a trust policy admits without a token is asked of the policy itself.
    for statements in [service.to_owned(), format!("{service},{all}")] {
        check("aws_iam_role", &role(&statements), "");
    }
    let federated = |provider: &str, key: &str, value: &str| {
        role(&format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRoleWithWebIdentity","Principal":{{"Federated":"{provider}"}},"Condition":{{"StringLike":{{"{key}":"{value}"}}}}}}"#
        ))
    };
    let github = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com";
    let sub = "token.actions.githubusercontent.com:sub";
    let every = "weak: every repository on GitHub can assume it";
    check("aws_iam_role", &federated(github, sub, "repo:acme/app:*"), "");
    check("aws_iam_role", &federated(github, sub, "repo:*"), every);
    check(
        "aws_iam_role",
        &federated(
            github,
            "token.actions.githubusercontent.com:aud",
            "sts.amazonaws.com",
        ),
        every,
    );
    let gitlab = "arn:aws:iam::1:oidc-provider/gitlab.com";
    let shared = "weak: every project of a shared build service can assume it";
    check(
        "aws_iam_role",
        &federated(gitlab, "gitlab.com:sub", "project_path:acme/*"),
        "",
    );
    check(
        "aws_iam_role",
        &federated(gitlab, "gitlab.com:sub", "project_path:*"),
        shared,
    );
    check("aws_iam_role", &federated(gitlab, "gitlab.com:aud", "x"), shared);
    let pool = "cognito-identity.amazonaws.com";
    let known = "weak: everybody whom a public identity provider knows can assume it";
    check(
        "aws_iam_role",
        &federated(pool, "cognito-identity.amazonaws.com:aud", "eu-west-1:a"),
        "",
    );
    check(
        "aws_iam_role",
        &federated(pool, "cognito-identity.amazonaws.com:aud", "*"),
        known,
    );
    check(
        "aws_iam_role",
        &federated(pool, "cognito-identity.amazonaws.com:amr", "unauthenticated"),
        // Whether the pool admits guests is not read.
        &format!("{known}; [weak: every guest of an identity pool can assume it]"),
    );
    let unread = format!(r#"{{"path":"/","assume_role_policy_document":{UNREAD}}}"#);
    assert_eq!(
        told("aws_iam_role", &unread, &Others::default())
            .matches('[')
            .count(),
        4
    );
}

#[test]
fn storage_accounts() {
    let account = |container: &str, network: &str, action: &str| {
        format!(
            r#"{{"allow_blob_public_access":true,"public_network_access":"{network}","network_rules":{{"default_action":"{action}"}},
            "containers":[{{"public_access":"None"}},{{"public_access":"{container}"}}]}}"#
        )
    };
    let open = "exposed: a container lets everybody read";
    check(
        "azurerm_storage_account",
        &account("Blob", "Enabled", "Allow"),
        open,
    );
    check(
        "azurerm_storage_account",
        &account("None", "Enabled", "Allow"),
        "",
    );
    check(
        "azurerm_storage_account",
        &account("Container", "Disabled", "Allow"),
        "",
    );
    check(
        "azurerm_storage_account",
        &account("Container", "Enabled", "Deny"),
        "",
    );
}

#[test]
fn every_kind_that_paths_need_is_there_and_data_can_be_reached() {
    let pack = Pack::builtin().unwrap();
    let mut kinds = Vec::new();
    for name in pack.resource_types() {
        let resource_type = pack.resource_type(&name).unwrap();
        let Some(graph) = resource_type.recipe.graph.as_ref() else {
            continue;
        };
        kinds.push(graph.kind);
        let reached = !graph.access.is_empty() || !graph.exposed.is_empty();
        assert!(graph.kind != NodeKind::Data || reached, "{name}");
        // Whoever has a workload has its role: what gives no control of its code is no access to it.
        let controls = graph
            .access
            .iter()
            .all(|access| access.level == AccessLevel::Administer);
        assert!(graph.kind != NodeKind::Workload || controls, "{name}");
        // A clause for people, not a name.
        for opening in &graph.exposed {
            assert!(
                !opening.clause.ends_with('.') && opening.clause.contains(' '),
                "{name}: {}",
                opening.clause
            );
        }
    }
    for kind in [
        NodeKind::Identity,
        NodeKind::Workload,
        NodeKind::Data,
        NodeKind::Key,
        NodeKind::Front,
        NodeKind::Network,
    ] {
        assert!(kinds.contains(&kind), "{kind}");
    }
}
