//! The built-in mappings of Terraform, one policy or more of every service: blocks, and the verdicts in their order.

use serde_json::{Value as Json, json};

use crate::support::{check, key};

#[track_caller]
fn check_all(cases: &[(&str, Json, &[&str])]) {
    for (policy, blocks, expected) in cases {
        check(policy, blocks, expected);
    }
}

#[test]
fn networks_and_compute() {
    check_all(&[
        (
            "ec2-subnet-no-public-ip-by-default",
            json!({ "aws_subnet.a": { "map_public_ip_on_launch": true }, "aws_subnet.b": {} }),
            &["fail", "pass"],
        ),
        (
            "ec2-image-not-public",
            json!({ "aws_ami.a": { "name": "a" }, "aws_ami_launch_permission.p": { "image_id": "aws_ami.a", "group": "all" }, "aws_ami_copy.b": {} }),
            &["fail", "pass"],
        ),
        (
            "ec2-ebs-snapshot-encrypted",
            json!({ "aws_ebs_snapshot_copy.a": { "encrypted": true }, "aws_ebs_snapshot.b": {} }),
            &["unknown", "pass"],
        ),
        (
            "ec2-transit-gateway-auto-accept-disabled",
            json!({ "aws_ec2_transit_gateway.a": {}, "aws_ec2_transit_gateway.b": { "auto_accept_shared_attachments": "enable" } }),
            &["pass", "fail"],
        ),
        (
            "ec2-instance-profile-attached",
            json!({ "aws_instance.a": { "iam_instance_profile": "p" }, "aws_instance.b": {} }),
            &["pass", "fail"],
        ),
        (
            "autoscaling-group-uses-launch-template",
            json!({ "aws_autoscaling_group.a": { "launch_template": [{ "id": "x" }] }, "aws_autoscaling_group.b": { "launch_configuration": "c" } }),
            &["pass", "fail"],
        ),
        (
            "autoscaling-launch-configuration-no-public-ip",
            json!({ "aws_launch_configuration.a": { "associate_public_ip_address": true }, "aws_launch_configuration.b": { "associate_public_ip_address": "false" } }),
            &["fail", "pass"],
        ),
        (
            "elb-listeners-encrypted",
            json!({ "aws_elb.a": { "listener": [{ "lb_protocol": "https" }] }, "aws_elb.b": { "listener": [{ "lb_protocol": "HTTPS" }, { "lb_protocol": "http" }] } }),
            &["pass", "fail"],
        ),
        (
            "elb-tls-policy-modern",
            json!({ "aws_elb.a": { "listener": [{ "lb_port": 80, "lb_protocol": "http" }, { "lb_port": 443, "lb_protocol": "https" }] },
                "aws_elb.b": { "listener": [{ "lb_port": 443, "lb_protocol": "ssl" }] },
                "aws_elb.c": { "listener": [{ "lb_port": 80, "lb_protocol": "tcp" }] },
                "aws_load_balancer_policy.p": { "load_balancer_name": "aws_elb.a", "policy_name": "modern", "policy_type_name": "SSLNegotiationPolicyType",
                    "policy_attribute": [{ "name": "Reference-Security-Policy", "value": "ELBSecurityPolicy-TLS-1-2-2017-01" }] },
                "aws_load_balancer_listener_policy.l": { "load_balancer_name": "aws_elb.a", "load_balancer_port": "443", "policy_names": ["modern"] } }),
            &["pass", "fail", "not_applicable"],
        ),
        (
            "elb-tls-policy-modern",
            json!({ "aws_elb.a": { "listener": [{ "lb_port": 443, "lb_protocol": "https" }] },
                "aws_lb_ssl_negotiation_policy.n": { "load_balancer": "aws_elb.a", "name": "n", "lb_port": 443, "attribute": [{ "name": "Protocol-TLSv1.1", "value": "true" }] } }),
            &["fail"],
        ),
        (
            "elb-tls-policy-modern",
            json!({ "aws_elb.a": { "listener": [{ "lb_port": 443, "lb_protocol": "https" }] },
                "aws_lb_cookie_stickiness_policy.s": { "load_balancer": "aws_elb.a", "name": "s", "lb_port": 443 } }),
            &["unknown"],
        ),
        (
            "lb-public-alb-behind-waf",
            json!({ "aws_lb.a": {}, "aws_lb.b": { "internal": true }, "aws_lb.c": {}, "aws_wafv2_web_acl_association.w": {
                "resource_arn": "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/aws_lb.a", "web_acl_arn": "w" } }),
            &["pass", "not_applicable", "fail"],
        ),
        (
            "rds-cluster-multi-az",
            json!({ "aws_rds_cluster.a": { "engine": "aurora-postgresql" }, "aws_rds_cluster.b": { "engine": "aurora-postgresql" },
                "aws_rds_cluster.c": { "engine": "postgres", "db_cluster_instance_class": "db.m6gd.large" }, "aws_rds_cluster.d": {},
                "aws_rds_cluster_instance.a0": { "cluster_identifier": "aws_rds_cluster.a" }, "aws_rds_cluster_instance.a1": { "cluster_identifier": "aws_rds_cluster.a" },
                "aws_rds_cluster_instance.b0": { "cluster_identifier": "aws_rds_cluster.b", "availability_zone": "eu-west-1a" } }),
            &["pass", "fail", "pass", "unknown"],
        ),
        (
            "apigatewayv2-route-requires-authorization",
            json!({ "aws_apigatewayv2_api.a": { "name": "a", "protocol_type": "HTTP", "body": json!({
                "components": { "securitySchemes": {
                    "own": { "x-amazon-apigateway-authorizer": { "type": "jwt" } }, "code": { "x-amazon-apigateway-authorizer": { "type": "request" } },
                    "iam": { "x-amazon-apigateway-authtype": "awsSigv4" } } },
                "paths": { "/a": { "get": {}, "parameters": [], "post": { "security": [{ "own": ["orders"] }] } },
                    "/b": { "x-amazon-apigateway-any-method": { "security": [{ "code": [] }] }, "head": { "security": [{ "iam": [] }] } },
                    "/c": { "get": { "security": [{ "other": [] }] }, "put": { "security": [{ "own": [] }, { "iam": [] }] } } } }).to_string() } }),
            &["fail", "pass", "pass", "pass", "unknown", "unknown"],
        ),
        (
            "apigateway-method-requires-authorization",
            json!({ "aws_api_gateway_rest_api.a": { "name": "a", "body": json!({
                "securityDefinitions": { "pool": { "x-amazon-apigateway-authtype": "cognito_user_pools" }, "key": { "type": "apiKey", "in": "header", "name": "x-api-key" } },
                "paths": { "/a": { "get": { "security": [{ "pool": [] }], "x-amazon-apigateway-integration": { "type": "http" } } },
                    "/b": { "get": { "security": [{ "key": [] }], "x-amazon-apigateway-integration": { "type": "http" } } },
                    "/c": { "get": { "security": [{ "key": [], "pool": [] }], "x-amazon-apigateway-integration": { "type": "http" } } } } }).to_string() } }),
            &["not_applicable", "pass", "fail", "unknown"],
        ),
        (
            // Balancers of each kind have ARNs of their own.
            "lb-public-alb-behind-waf",
            json!({ "aws_lb.a": { "load_balancer_type": "application" }, "aws_lb.n": { "load_balancer_type": "network" }, "aws_lb.g": { "load_balancer_type": "gateway" },
                "aws_wafv2_web_acl_association.w": { "web_acl_arn": "w", "resource_arn": "arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/aws_lb.a" } }),
            &["pass", "not_applicable", "not_applicable"],
        ),
        (
            "cloudfront-distribution-viewers-use-https",
            json!({ "aws_cloudfront_distribution.a": { "enabled": true, "default_cache_behavior": [{ "viewer_protocol_policy": "redirect-to-https" }] },
                "aws_cloudfront_distribution.b": { "enabled": true, "default_cache_behavior": [{ "viewer_protocol_policy": "https-only" }],
                    "ordered_cache_behavior": [{ "viewer_protocol_policy": "allow-all" }] } }),
            &["pass", "fail"],
        ),
        (
            "apigateway-stage-access-logs-enabled",
            json!({ "aws_api_gateway_stage.a": { "rest_api_id": "x", "stage_name": "s", "access_log_settings": [{ "destination_arn": "d" }] } }),
            &["pass"],
        ),
        (
            "apigatewayv2-route-requires-authorization",
            json!({ "aws_apigatewayv2_api.x": { "protocol_type": "HTTP" }, "aws_apigatewayv2_route.a": { "api_id": "aws_apigatewayv2_api.x", "route_key": "GET /" },
                "aws_apigatewayv2_route.b": { "api_id": "aws_apigatewayv2_api.x", "route_key": "GET /x", "authorization_type": "JWT" } }),
            &["fail", "pass"],
        ),
    ]);
}

#[test]
fn data() {
    let public = r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}"#;
    check_all(&[
        (
            "elasticache-replication-group-encrypted-in-transit",
            json!({ "aws_elasticache_replication_group.a": { "transit_encryption_enabled": true }, "aws_elasticache_replication_group.b": {},
                "aws_elasticache_replication_group.c": { "engine": "valkey" } }),
            &["pass", "fail", "unknown"],
        ),
        (
            "elasticache-user-requires-authentication",
            json!({ "aws_elasticache_user.a": { "user_id": "a", "no_password_required": true, "access_string": "on ~* +@all" },
                "aws_elasticache_user_group.g": { "user_group_id": "g", "user_ids": ["a"] } }),
            &["fail"],
        ),
        (
            "opensearch-domain-encrypted",
            json!({ "aws_opensearch_domain.a": { "encrypt_at_rest": [{ "enabled": true }], "node_to_node_encryption": [{ "enabled": true }] },
                "aws_elasticsearch_domain.b": {} }),
            &["fail", "pass"],
        ),
        (
            "redshift-cluster-tls-required",
            json!({ "aws_redshift_cluster.a": { "cluster_parameter_group_name": "g" }, "aws_redshift_cluster.b": {},
                "aws_redshift_parameter_group.g": { "name": "g", "parameter": [{ "name": "require_ssl", "value": "true" }] } }),
            &["pass", "unknown"],
        ),
        (
            "redshift-cluster-audit-logs-enabled",
            json!({ "aws_redshift_cluster.a": { "cluster_identifier": "a" }, "aws_redshift_cluster.b": { "logging": [{ "enable": true }] },
                "aws_redshift_cluster.c": {}, "aws_redshift_logging.l": { "cluster_identifier": "a" } }),
            &["pass", "pass", "fail"],
        ),
        (
            "rds-snapshot-not-public",
            json!({ "aws_db_snapshot.a": { "db_snapshot_identifier": "a", "shared_accounts": ["all"] }, "aws_db_snapshot.b": {} }),
            &["fail", "pass"],
        ),
        (
            "ecr-repository-not-public",
            json!({ "aws_ecr_repository.a": { "name": "a" }, "aws_ecr_repository_policy.p": { "repository": "a", "policy": public }, "aws_ecr_repository.b": {} }),
            &["fail", "pass"],
        ),
        (
            "secretsmanager-secret-rotation-enabled",
            json!({ "aws_secretsmanager_secret.a": { "name": "a" }, "aws_secretsmanager_secret.b": {},
                "aws_secretsmanager_secret_rotation.r": { "secret_id": "arn:aws:secretsmanager:eu-west-1:000000000000:secret:a", "rotation_lambda_arn": "f" } }),
            &["pass", "fail"],
        ),
        (
            "cloudwatch-log-group-retention-sufficient",
            json!({ "aws_cloudwatch_log_group.a": { "retention_in_days": 1 }, "aws_cloudwatch_log_group.b": { "retention_in_days": 0 }, "aws_cloudwatch_log_group.c": {} }),
            &["fail", "pass", "pass"],
        ),
        (
            "efs-access-point-root-directory-enforced",
            json!({ "aws_efs_access_point.a": { "root_directory": [{ "path": "/data" }] }, "aws_efs_access_point.b": {} }),
            &["pass", "fail"],
        ),
        (
            "glue-data-catalog-encrypted",
            json!({ "aws_glue_data_catalog_encryption_settings.a": { "data_catalog_encryption_settings": [{
                "connection_password_encryption": [{ "return_connection_password_encrypted": true }],
                "encryption_at_rest": [{ "catalog_encryption_mode": "SSE-KMS" }] }] } }),
            &["pass"],
        ),
    ]);
}

#[test]
fn builds_workflows_and_guards() {
    check_all(&[
        (
            "codebuild-project-environment-without-secrets",
            json!({ "aws_codebuild_project.a": { "name": "a", "source": [{ "type": "NO_SOURCE" }], "environment": [{ "environment_variable": [{ "name": "K", "value": key() }] }] },
                "aws_codebuild_project.b": { "name": "b", "source": [{ "type": "NO_SOURCE" }], "environment": [{ "environment_variable": [{ "name": "K", "value": "x" }] }] } }),
            &["fail", "pass"],
        ),
        // A password has no form of its own: its name tells.
        (
            "codebuild-project-environment-without-secrets",
            json!({ "aws_codebuild_project.a": { "name": "a", "source": [{ "type": "NO_SOURCE" }], "environment": [{ "environment_variable": [{ "name": "DB_PASSWORD", "value": "xK9-vT2!qL7w" }] }] },
                "aws_codebuild_project.b": { "name": "b", "source": [{ "type": "NO_SOURCE" }], "environment": [{ "environment_variable": [{ "name": "MODE", "value": "xK9-vT2!qL7w" }] }] },
                "aws_codebuild_project.c": { "name": "c", "source": [{ "type": "NO_SOURCE" }], "environment": [{ "environment_variable": [{ "name": "?var.name", "value": "xK9-vT2!qL7w" }] }] } }),
            &["fail", "pass", "unknown"],
        ),
        (
            "ecs-task-definition-environment-without-secrets",
            json!({ "aws_ecs_task_definition.a": { "family": "a", "container_definitions": r#"[{"name":"a","environment":[{"name":"DB_PASSWORD","value":"xK9-vT2!qL7w"}]}]"# },
                "aws_ecs_task_definition.b": { "family": "b", "container_definitions": r#"[{"name":"a","environment":[{"name":"MODE","value":"xK9-vT2!qL7w"}]}]"# } }),
            &["fail", "pass"],
        ),
        (
            "codebuild-project-webhook-filtered",
            json!({ "aws_codebuild_project.a": { "name": "a" }, "aws_codebuild_webhook.w": { "project_name": "a",
                "filter_group": [{ "filter": [{ "type": "EVENT", "pattern": "PUSH" }] }] }, "aws_codebuild_project.b": { "name": "b" } }),
            &["pass", "not_applicable"],
        ),
        (
            "stepfunctions-state-machine-logging-enabled",
            json!({ "aws_sfn_state_machine.a": { "logging_configuration": [{ "level": "ALL" }] }, "aws_sfn_state_machine.b": {} }),
            &["pass", "fail"],
        ),
        (
            "sagemaker-notebook-instance-root-access-disabled",
            json!({ "aws_sagemaker_notebook_instance.a": { "root_access": "Disabled" }, "aws_sagemaker_notebook_instance.b": {} }),
            &["pass", "fail"],
        ),
        (
            "ssm-document-not-public",
            json!({ "aws_ssm_document.a": { "permissions": { "type": "Share", "account_ids": "All" } }, "aws_ssm_document.b": {} }),
            &["fail", "pass"],
        ),
        (
            "wafv2-web-acl-has-rules",
            json!({ "aws_wafv2_web_acl.a": { "rule": [{ "name": "r" }], "default_action": [{ "allow": [{}] }] },
                "aws_wafv2_web_acl.b": { "default_action": [{ "allow": [{}] }] }, "aws_wafv2_web_acl.c": { "default_action": [{ "block": [{}] }] } }),
            &["pass", "fail", "pass"],
        ),
        (
            "guardduty-lambda-protection-enabled",
            json!({ "aws_guardduty_detector.a": {}, "aws_guardduty_detector.b": {}, "aws_guardduty_detector_feature.f": {
                "detector_id": "aws_guardduty_detector.a", "name": "LAMBDA_NETWORK_LOGS", "status": "DISABLED" } }),
            &["fail", "unknown"],
        ),
        (
            "batch-job-definition-not-privileged",
            json!({ "aws_batch_job_definition.a": { "name": "a", "container_properties": r#"{"image":"x","privileged":true}"# } }),
            &["fail"],
        ),
        (
            "apprunner-service-private",
            json!({ "aws_apprunner_service.a": { "service_name": "a" }, "aws_apprunner_service.b": { "service_name": "b",
                "network_configuration": [{ "ingress_configuration": [{ "is_publicly_accessible": false }] }] } }),
            &["fail", "pass"],
        ),
        (
            "securityhub-enabled",
            json!({ "aws_securityhub_account.a": {} }),
            &["pass"],
        ),
        (
            "eks-access-entry-not-cluster-administrator",
            json!({ "aws_eks_access_entry.a": { "cluster_name": "c", "principal_arn": "p" }, "aws_eks_access_policy_association.p": {
                "cluster_name": "c", "principal_arn": "p", "policy_arn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                "access_scope": [{ "type": "cluster" }] }, "aws_eks_access_entry.b": { "cluster_name": "c", "principal_arn": "q" } }),
            &["fail", "pass"],
        ),
    ]);
}
