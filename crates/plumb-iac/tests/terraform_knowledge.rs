//! The built-in mappings of Terraform and the built-in policies over blocks with evaluated arguments.
//!
//! References are written as the stand-ins that they evaluate to: `aws_s3_bucket.b` for the id of that bucket.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on panics"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use plumb_expr::{NoInventory, Scope};
use plumb_iac::declared::{Declared, Language, Stack};
use plumb_iac::mapping::{Mapped, Mapper, UsedPaths};
use plumb_iac::place::{FileId, Place};
use plumb_iac::val::{Fields, Kind, Val};
use plumb_model::value::{Map, Text, Value};
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};
use serde_json::{Value as Json, json};

/// A value of code; a text that begins with `?` is something unknown.
fn val(json: &Json) -> Val {
    Val::new(match json {
        Json::Null => Kind::Null,
        Json::Bool(bool) => Kind::Bool(*bool),
        Json::Number(number) => Kind::Int(number.as_i64().unwrap_or_default()),
        Json::String(text) => match text.strip_prefix('?') {
            Some(why) => Kind::Unknown(Text::from(why)),
            None => Kind::String(Text::from(text.as_str())),
        },
        Json::Array(items) => Kind::List(Arc::new(items.iter().map(val).collect())),
        Json::Object(entries) => Kind::Map(Arc::new(Fields {
            entries: entries
                .iter()
                .map(|(key, value)| (Text::from(key.as_str()), val(value)))
                .collect::<BTreeMap<_, _>>(),
            rest: None,
        })),
    })
}

/// Blocks by address.
fn stack(blocks: &Json) -> Stack {
    let place = Place {
        file: FileId(0),
        start: 0,
        end: 0,
    };
    let blocks = blocks
        .as_object()
        .unwrap()
        .iter()
        .map(|(address, body)| Declared {
            kind: Text::from(address.split('.').next().unwrap_or_default()),
            address: Text::from(address.as_str()),
            body: val(body),
            head: place,
            whole: place,
            calls: Vec::new(),
            perhaps: None,
            region: None,
        });
    Stack {
        path: Text::new_static("."),
        language: Language::Terraform,
        blocks: blocks.collect(),
        region: Some(Text::new_static("eu-west-1")),
        account: None,
    }
}

/// Policies for what no built-in policy reads yet.
const OWN: &str = r#"
policies:
- name: own-storage-private
  provider: azure
  resource_type: azurerm_storage_account
  severity: HIGH
  rule: |
    resource.network_rules.default_action == "Deny" && resource.private_endpoint_connections.exists(c, c.id != null)
    && resource.supports_https_traffic_only == true && !resource.containers.exists(c, c.public_access != "private")
"#;

/// An access key as one would be written, in parts so that no scanner takes this file for a leak.
fn key() -> String {
    ["AK", "IAQ3EGTXJ4WZ5RN6QK"].concat()
}

/// The built-in pack with the policies above.
fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| {
        let own = SourceFile {
            path: "own.yaml".to_owned(),
            text: OWN.to_owned(),
        };
        let loaded = Pack::load(Base::BuiltIn, &[own]);
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        loaded.pack
    })
}

/// Checks the verdicts of a policy on all documents of its type, in the order of their blocks.
#[track_caller]
fn check(policy: &str, blocks: &Json, expected: &[&str]) {
    let pack = pack();
    let policy = pack
        .policy(policy)
        .unwrap_or_else(|| panic!("no policy {policy}"));
    let compiled = pack.compile(policy).unwrap();
    let used = UsedPaths::of([&compiled]);
    let Mapped {
        resources, orphans, ..
    } = Mapper::new(pack, Language::Terraform, &used).documents(&stack(blocks));
    assert!(orphans.is_empty(), "{orphans:?}");
    let account: Map = [("id", "000000000000"), ("partition", "aws")]
        .map(|(key, value)| (Text::from(key), Value::from(value)))
        .into_iter()
        .collect();
    let (account, params) = (Value::Map(account), Value::Map(policy.params.clone()));
    let judged = resources
        .iter()
        .filter(|(resource, _)| resource.resource_type == policy.resource_type);
    let verdicts: Vec<String> = judged
        .map(|(resource, _)| {
            let scope = Scope {
                resource: resource.document(),
                account: &account,
                params: &params,
                now: "2026-01-01T00:00:00Z".parse().unwrap(),
                inventory: &NoInventory,
            };
            compiled.verdict(&scope).to_string()
        })
        .collect();
    assert_eq!(verdicts, expected, "{}", policy.name);
}

#[test]
fn buckets_have_what_s3_gives_new_ones_until_code_says_otherwise() {
    let bucket = json!({ "aws_s3_bucket.b": {} });
    check("s3-bucket-encryption-required", &bucket, &["pass"]);
    check("s3-bucket-public-access-blocked", &bucket, &["pass"]);
    check("s3-bucket-versioning-enabled", &bucket, &["fail"]);
    let opened = json!({ "aws_s3_bucket.b": {},
        "aws_s3_bucket_public_access_block.p": { "bucket": "aws_s3_bucket.b", "block_public_acls": true } });
    check("s3-bucket-public-access-blocked", &opened, &["fail"]);
    let unset = json!({ "aws_s3_bucket.b": {}, "aws_s3_bucket_versioning.v": { "bucket": "aws_s3_bucket.b",
        "versioning_configuration": [{ "status": "?var.status" }] } });
    check("s3-bucket-versioning-enabled", &unset, &["unknown"]);
    let versioned = json!({ "aws_s3_bucket.b": { "bucket": "logs" }, "aws_s3_bucket_versioning.v": { "bucket": "logs",
        "versioning_configuration": [{ "status": "Enabled" }] }, "aws_s3_bucket.c": { "versioning": [{ "enabled": true }] } });
    check("s3-bucket-versioning-enabled", &versioned, &["pass", "pass"]);
    let open_acl = json!({ "aws_s3_bucket.b": { "acl": "public-read" },
        "aws_s3_bucket_ownership_controls.o": { "bucket": "aws_s3_bucket.b", "rule": [{ "object_ownership": "ObjectWriter" }] },
        "aws_s3_bucket_public_access_block.p": { "bucket": "aws_s3_bucket.b" } });
    check("s3-bucket-not-public", &open_acl, &["fail"]);
}

#[test]
fn rules_of_security_groups_come_from_everywhere() {
    let policy = "ec2-security-group-admin-ports-closed-to-ipv4";
    let inline = json!({ "aws_security_group.g": { "ingress": [{ "protocol": "tcp", "from_port": 22, "to_port": 22,
        "cidr_blocks": ["10.0.0.0/8", "0.0.0.0/0"] }] } });
    check(policy, &inline, &["fail"]);
    for (kind, body) in [
        (
            "aws_security_group_rule",
            json!({ "type": "ingress", "security_group_id": "aws_security_group.g", "protocol": "6", "from_port": "20",
                "to_port": "30", "cidr_blocks": ["0.0.0.0/0"] }),
        ),
        (
            "aws_vpc_security_group_ingress_rule",
            json!({ "security_group_id": "aws_security_group.g", "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0" }),
        ),
    ] {
        let mut blocks = json!({ "aws_security_group.g": {}, "aws_security_group.h": {} });
        blocks[format!("{kind}.r")] = body.clone();
        check(policy, &blocks, &["fail", "pass"]);
        blocks[format!("{kind}.r")]["security_group_id"] = json!("?var.group");
        check(policy, &blocks, &["unknown", "unknown"]);
    }
    let egress = json!({ "aws_security_group.g": {}, "aws_security_group_rule.r": { "type": "egress", "protocol": "-1",
        "security_group_id": "aws_security_group.g", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"] } });
    check(policy, &egress, &["pass"]);
    let closed = json!({ "aws_default_security_group.d": {} });
    check("ec2-default-security-group-restricts-traffic", &closed, &["pass"]);
    let acl = json!({ "aws_network_acl.a": { "ingress": [{ "protocol": "tcp", "action": "allow", "rule_no": 1, "from_port": 0,
        "to_port": 65535, "cidr_block": "0.0.0.0/0" }] }, "aws_network_acl.b": {} });
    check(
        "ec2-network-acl-admin-ports-closed-to-internet",
        &acl,
        &["fail", "pass"],
    );
}

#[test]
fn instances_and_their_volumes() {
    let blocks = json!({ "aws_instance.a": { "root_block_device": [{ "encrypted": true }], "ebs_block_device": [{ "encrypted": false }],
            "metadata_options": [{ "http_tokens": "required" }], "associate_public_ip_address": true },
        "aws_instance.b": { "associate_public_ip_address": false } });
    check("ec2-ebs-volume-encrypted", &blocks, &["pass", "fail", "unknown"]);
    check("ec2-instance-imdsv2-required", &blocks, &["pass", "unknown"]);
    check("ec2-instance-no-public-ip", &blocks, &["fail", "pass"]);
    let secret = STANDARD.encode(format!("#!/bin/sh\nexport K={}\n", key()));
    let template = json!({ "aws_launch_template.t": { "user_data": secret }, "aws_launch_template.u": { "user_data": "ZWNobyBoaQo=" } });
    check("ec2-launch-template-no-secrets", &template, &["fail", "pass"]);
}

#[test]
fn policies_of_identities_are_gathered() {
    let admin = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let blocks = json!({ "aws_iam_role.r": { "name": "r" }, "aws_iam_role_policy.p": { "role": "r", "policy": admin },
        "aws_iam_role.s": { "inline_policy": [{ "name": "x", "policy": admin }] }, "aws_iam_role.t": {} });
    check(
        "iam-role-inline-policy-full-admin-absent",
        &blocks,
        &["fail", "fail", "not_applicable"],
    );
    let attached = json!({ "aws_iam_policy.p": { "policy": admin }, "aws_iam_role.r": {}, "aws_iam_policy.q": { "policy": admin },
        "aws_iam_role_policy_attachment.a": { "role": "aws_iam_role.r",
            "policy_arn": "arn:aws:iam::000000000000:policy/aws_iam_policy.p" } });
    check(
        "iam-customer-policy-full-admin-not-attached",
        &attached,
        &["fail", "unknown"],
    );
    let users = json!({ "aws_iam_user.a": {}, "aws_iam_user.b": {},
        "aws_iam_user_policy_attachment.x": { "user": "aws_iam_user.b", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess" } });
    check("iam-user-permissions-through-groups", &users, &["pass", "fail"]);
}

#[test]
fn functions_have_the_policies_that_permissions_make() {
    let permission = |principal: &str| {
        json!({ "aws_lambda_function.f": {}, "aws_lambda_permission.p": { "function_name": "aws_lambda_function.f",
            "action": "lambda:InvokeFunction", "principal": principal } })
    };
    check("lambda-function-not-public", &permission("*"), &["fail"]);
    check(
        "lambda-function-not-public",
        &permission("123456789012"),
        &["pass"],
    );
    check(
        "lambda-function-policy-limits-services",
        &permission("s3.amazonaws.com"),
        &["fail"],
    );
    let variables = json!({ "aws_lambda_function.d": { "environment": [{ "variables": { "K": key(), "N": 5 } }] },
        "aws_lambda_function.e": { "environment": [{ "variables": { "DB_PASSWORD": "Summer2024!" } }] },
        "aws_lambda_function.g": { "environment": [{ "variables": { "K": "?var.k" } }] } });
    check(
        "lambda-function-environment-without-secrets",
        &variables,
        &["fail", "fail", "unknown"],
    );
}

#[test]
fn databases_say_what_is_not_known() {
    let blocks = json!({ "aws_db_instance.a": {}, "aws_db_instance.b": { "snapshot_identifier": "s" },
        "aws_db_instance.c": { "storage_encrypted": "true", "publicly_accessible": true } });
    check(
        "rds-instance-storage-encrypted",
        &blocks,
        &["fail", "unknown", "pass"],
    );
    check(
        "rds-instance-not-publicly-accessible",
        &blocks,
        &["pass", "pass", "fail"],
    );
    let tls = json!({ "aws_db_parameter_group.g": { "name": "g", "parameter": [{ "name": "rds.force_ssl", "value": "1" }] },
        "aws_db_instance.a": { "engine": "postgres", "parameter_group_name": "g" }, "aws_db_instance.b": { "engine": "postgres" } });
    check("rds-instance-tls-required", &tls, &["pass", "unknown"]);
}

#[test]
fn trails_queues_keys_and_tables() {
    check(
        "cloudtrail-log-file-validation-enabled",
        &json!({ "aws_cloudtrail.t": { "name": "t", "enable_log_file_validation": true } }),
        &["pass"],
    );
    check(
        "sqs-queue-encryption-enabled",
        &json!({ "aws_sqs_queue.a": {}, "aws_sqs_queue.b": { "sqs_managed_sse_enabled": false } }),
        &["pass", "fail"],
    );
    check(
        "kms-key-rotation-enabled",
        &json!({ "aws_kms_key.a": { "enable_key_rotation": true }, "aws_kms_key.b": {},
            "aws_kms_key.c": { "customer_master_key_spec": "RSA_2048" } }),
        &["pass", "fail", "not_applicable"],
    );
    check(
        "dynamodb-table-kms-encryption-enabled",
        &json!({ "aws_dynamodb_table.a": { "server_side_encryption": [{ "enabled": true }] }, "aws_dynamodb_table.b": {} }),
        &["pass", "fail"],
    );
    let public =
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":"*"}]}"#;
    check(
        "sns-topic-not-public",
        &json!({ "aws_sns_topic.a": {}, "aws_sns_topic.b": {},
            "aws_sns_topic_policy.p": { "arn": "arn:aws:sns:eu-west-1:000000000000:aws_sns_topic.b", "policy": public } }),
        &["pass", "fail"],
    );
}

#[test]
fn containers_and_load_balancers() {
    let definitions = r#"[{"name":"a","privileged":true,"readonlyRootFilesystem":false}]"#;
    check(
        "ecs-task-definition-not-privileged",
        &json!({ "aws_ecs_task_definition.a": { "family": "a", "container_definitions": definitions },
            "aws_ecs_task_definition.b": { "family": "b", "container_definitions": "?var.d" } }),
        &["fail", "unknown"],
    );
    check(
        "eks-cluster-endpoint-not-open-to-internet",
        &json!({ "aws_eks_cluster.a": { "name": "a", "vpc_config": [{}] },
            "aws_eks_cluster.b": { "name": "b", "vpc_config": [{ "public_access_cidrs": ["10.0.0.0/8"] }] } }),
        &["fail", "pass"],
    );
    check(
        "lb-listener-tls-policy-modern",
        &json!({ "aws_lb_listener.a": { "protocol": "HTTPS", "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06" },
            "aws_lb_listener.b": { "protocol": "HTTPS" }, "aws_lb_listener.c": { "protocol": "HTTPS", "ssl_policy": "Mine" },
            "aws_lb_listener.d": { "protocol": "HTTP" } }),
        &["pass", "fail", "unknown", "not_applicable"],
    );
    check(
        "lb-deletion-protection-enabled",
        &json!({ "aws_lb.a": { "enable_deletion_protection": "true" }, "aws_alb.b": {}, "aws_lb.c": { "enable_deletion_protection": "?x" } }),
        &["fail", "pass", "unknown"],
    );
    check(
        "efs-file-system-backups-enabled",
        &json!({ "aws_efs_file_system.a": {}, "aws_efs_file_system.b": {},
            "aws_efs_backup_policy.p": { "file_system_id": "aws_efs_file_system.b", "backup_policy": [{ "status": "ENABLED" }] } }),
        &["fail", "pass"],
    );
}

#[test]
fn storage_accounts_of_azure() {
    let id = |name: &str| {
        format!(
            "/subscriptions/000000000000/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/{name}"
        )
    };
    let account = |name: &str| json!({ "name": name, "resource_group_name": "rg", "network_rules": [{ "default_action": "Deny" }] });
    let endpoint = |name: &str| {
        json!({ "name": "e", "resource_group_name": "rg",
            "private_service_connection": [{ "name": "c", "private_connection_resource_id": id(name) }] })
    };
    let blocks = json!({ "azurerm_storage_account.a": account("a"), "azurerm_storage_account.b": account("b"),
        "azurerm_storage_account.c": account("c"), "azurerm_private_endpoint.a": endpoint("a"),
        "azurerm_private_endpoint.c": endpoint("c"),
        "azurerm_storage_container.x": { "name": "x", "storage_account_name": "c", "container_access_type": "blob" } });
    check("own-storage-private", &blocks, &["pass", "fail", "fail"]);
    let rules = json!({ "azurerm_storage_account.a": { "name": "a", "resource_group_name": "rg" },
        "azurerm_private_endpoint.e": endpoint("a"), "azurerm_storage_account_network_rules.r": {
            "storage_account_id": id("a"), "default_action": "Deny" } });
    check("own-storage-private", &rules, &["pass"]);
}

#[test]
fn methods_and_features_are_gathered_by_name() {
    let api = json!({ "aws_api_gateway_rest_api.a": { "name": "a", "endpoint_configuration": [{ "types": ["REGIONAL"] }] },
        "aws_api_gateway_resource.r": { "rest_api_id": "aws_api_gateway_rest_api.a", "path_part": "x" },
        "aws_api_gateway_method.g": { "resource_id": "aws_api_gateway_resource.r", "http_method": "GET", "authorization": "AWS_IAM" },
        "aws_api_gateway_method.p": { "resource_id": "aws_api_gateway_resource.r", "http_method": "POST", "authorization": "NONE" } });
    // The root of the API, which comes last, has no methods.
    check(
        "apigateway-method-requires-authorization",
        &api,
        &["fail", "not_applicable"],
    );
    let domain = |kind: &str| json!({ "aws_opensearch_domain.d": { "domain_name": "d", "log_publishing_options": [{ "log_type": kind }, { "log_type": "ES" }] } });
    check(
        "opensearch-domain-audit-logs-enabled",
        &domain("AUDIT_LOGS"),
        &["pass"],
    );
    check(
        "opensearch-domain-audit-logs-enabled",
        &domain("OTHER"),
        &["fail"],
    );
    check(
        "opensearch-domain-audit-logs-enabled",
        &domain("?var.kind"),
        &["unknown"],
    );
}
