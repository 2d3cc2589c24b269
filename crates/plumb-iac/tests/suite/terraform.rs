//! The built-in mappings of Terraform.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::{check, key};

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
fn defaults_of_buckets_hang_on_what_is_not_known() {
    let bucket = |acl: &str| json!({ "aws_s3_bucket.b": { "bucket": "b", "acl": acl } });
    let policy = |text: &str| json!({ "aws_s3_bucket.b": { "bucket": "b" }, "aws_s3_bucket_policy.p": { "bucket": "b", "policy": text } });
    let unknown = "?`var.x` has no value";
    for (code, is_blocked, is_without_lists, is_closed) in [
        (bucket("private"), "pass", "pass", "pass"),
        (bucket("public-read"), "fail", "fail", "fail"),
        // For others than strangers nothing is blocked, and yet there are lists.
        (bucket("log-delivery-write"), "pass", "fail", "pass"),
        (bucket(unknown), "unknown", "unknown", "unknown"),
        (policy(unknown), "unknown", "pass", "unknown"),
    ] {
        check("s3-bucket-public-access-blocked", &code, &[is_blocked]);
        check("s3-bucket-acls-disabled", &code, &[is_without_lists]);
        check("s3-bucket-not-public", &code, &[is_closed]);
    }
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

#[test]
fn blocks_share_the_documents_of_a_region() {
    let settings = json!({ "aws_ebs_encryption_by_default.e": {}, "aws_ec2_image_block_public_access.i": { "state": "unblocked" } });
    check("ec2-ebs-encryption-by-default", &settings, &["pass"]);
    check("ec2-image-public-access-blocked", &settings, &["fail"]);
    check("ec2-ebs-snapshot-public-access-blocked", &settings, &["unknown"]);
    let config = json!({ "aws_config_configuration_recorder.r": { "recording_group": [{ "all_supported": true }] },
        "aws_config_configuration_recorder_status.s": { "name": "default", "is_enabled": true },
        "aws_config_delivery_channel.c": { "s3_bucket_name": "b" } });
    check("config-recorder-records-all-resources", &config, &["pass"]);
    let mut stopped = config.clone();
    stopped["aws_config_configuration_recorder_status.s"]["is_enabled"] = json!(false);
    check("config-recorder-records-all-resources", &stopped, &["fail"]);
}
