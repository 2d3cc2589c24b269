//! The built-in mappings of CloudFormation: verdicts on a template are those on the same thing in Terraform.

use plumb_iac::declared::Language;
use serde_json::{Value as Json, json};

use crate::support::{check, check_in, judge, key};

/// Checks that both languages get the same verdicts.
#[track_caller]
fn agree(policy: &str, terraform: &Json, cloudformation: &Json, expected: &[&str]) {
    check(policy, terraform, expected);
    check_in(Language::CloudFormation, policy, cloudformation, expected);
}

#[test]
fn buckets_agree() {
    for (policy, terraform, cloudformation, expected) in [
        ("s3-bucket-encryption-required", json!({}), json!({}), "pass"),
        ("s3-bucket-public-access-blocked", json!({}), json!({}), "pass"),
        ("s3-bucket-versioning-enabled", json!({}), json!({}), "fail"),
        (
            "s3-bucket-versioning-enabled",
            json!({ "versioning": [{ "enabled": true }] }),
            json!({ "VersioningConfiguration": { "Status": "Enabled" } }),
            "pass",
        ),
        (
            "s3-bucket-access-logging-enabled",
            json!({ "logging": [{ "target_bucket": "x" }] }),
            json!({ "LoggingConfiguration": { "DestinationBucketName": "x" } }),
            "pass",
        ),
        ("s3-bucket-tls-required", json!({}), json!({}), "fail"),
    ] {
        agree(
            policy,
            &json!({ "aws_s3_bucket.b": terraform }),
            &json!({ "AWS::S3::Bucket@B": cloudformation }),
            &[expected],
        );
    }
    let tls = json!({ "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } } }] });
    agree(
        "s3-bucket-tls-required",
        &json!({ "aws_s3_bucket.b": { "bucket": "b", "policy": tls.to_string() } }),
        &json!({ "AWS::S3::Bucket@B": { "BucketName": "b" }, "AWS::S3::BucketPolicy@P": { "Bucket": "b", "PolicyDocument": tls } }),
        &["pass"],
    );
}

#[test]
fn balancers_of_each_kind_have_arns_of_their_own() {
    for (kind, expected) in [
        (json!(null), "app/l"),
        (json!("application"), "app/l"),
        (json!("network"), "net/l"),
        (json!("gateway"), "gwy/l"),
    ] {
        let terraform = json!({ "aws_lb.l": { "name": "l", "load_balancer_type": kind } });
        let cloudformation =
            json!({ "AWS::ElasticLoadBalancingV2::LoadBalancer@L": { "Name": "l", "Type": kind } });
        for (language, blocks) in [
            (Language::Terraform, terraform),
            (Language::CloudFormation, cloudformation),
        ] {
            let judged = judge(language, "lb-public-alb-behind-waf", &blocks);
            let uids: Vec<&str> = judged.iter().map(|(uid, _)| uid.as_str()).collect();
            let [uid] = uids.as_slice() else {
                panic!("{uids:?}")
            };
            assert_eq!(
                uid.split_once(":loadbalancer/").map(|(_, name)| name),
                Some(expected),
                "{language:?}"
            );
        }
    }
}

#[test]
fn credentials_of_users_agree() {
    let terraform = json!({
        "aws_iam_user.idle": { "name": "idle" },
        "aws_iam_user.person": { "name": "person" }, "aws_iam_user_login_profile.person": { "user": "person" },
        "aws_iam_user.robot": { "name": "robot" }, "aws_iam_access_key.robot": { "user": "robot" },
        "aws_iam_user.stopped": { "name": "stopped" }, "aws_iam_access_key.stopped": { "user": "stopped", "status": "Inactive" },
    });
    let key = |user: &str, status: Json| json!({ "UserName": user, "Status": status });
    let cloudformation = json!({
        "AWS::IAM::User@A": { "UserName": "idle" },
        "AWS::IAM::User@B": { "UserName": "person", "LoginProfile": { "Password": "?" } },
        "AWS::IAM::User@C": { "UserName": "robot" }, "AWS::IAM::AccessKey@D": key("robot", json!(null)),
        "AWS::IAM::User@E": { "UserName": "stopped" }, "AWS::IAM::AccessKey@F": key("stopped", json!("Inactive")),
    });
    let (out, unknown) = ("not_applicable", "unknown");
    for (policy, person, robot) in [
        ("iam-user-console-mfa-enabled", unknown, out),
        ("iam-user-unused-password-disabled", unknown, out),
        ("iam-user-initial-access-key-absent", "pass", out),
        ("iam-user-access-keys-rotated", out, unknown),
        ("iam-user-unused-access-keys-disabled", out, unknown),
        ("iam-user-single-active-access-key", out, unknown),
    ] {
        agree(policy, &terraform, &cloudformation, &[out, person, robot, out]);
    }
    // Both of a user's credentials are told.
    let both = json!({ "aws_iam_user.u": { "name": "u" }, "aws_iam_user_login_profile.u": { "user": "u" },
        "aws_iam_access_key.u": { "user": "u" } });
    check("iam-user-console-mfa-enabled", &both, &[unknown]);
    check("iam-user-access-keys-rotated", &both, &[unknown]);
}

#[test]
fn networks_agree() {
    let policy = "ec2-security-group-admin-ports-closed-to-ipv4";
    agree(
        policy,
        &json!({ "aws_security_group.a": { "ingress": [{ "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": ["0.0.0.0/0"] }] },
            "aws_security_group.b": {} }),
        &json!({ "AWS::EC2::SecurityGroup@A": { "SecurityGroupIngress": [{ "IpProtocol": "tcp", "FromPort": "22", "ToPort": 22, "CidrIp": "0.0.0.0/0" }] },
            "AWS::EC2::SecurityGroup@B": {} }),
        &["fail", "pass"],
    );
    agree(
        policy,
        &json!({ "aws_security_group.a": {}, "aws_vpc_security_group_ingress_rule.r": { "security_group_id": "aws_security_group.a",
            "ip_protocol": "-1", "cidr_ipv4": "?var.cidr" } }),
        &json!({ "AWS::EC2::SecurityGroup@A": {}, "AWS::EC2::SecurityGroupIngress@R": { "GroupId": "A", "IpProtocol": "-1", "CidrIp": "?Cidr" } }),
        &["unknown"],
    );
    agree(
        "vpc-flow-logs-enabled",
        &json!({ "aws_vpc.v": {}, "aws_flow_log.f": { "vpc_id": "aws_vpc.v", "traffic_type": "ALL" }, "aws_vpc.w": {} }),
        &json!({ "AWS::EC2::VPC@V": {}, "AWS::EC2::FlowLog@F": { "ResourceId": "V", "ResourceType": "VPC", "TrafficType": "ALL" }, "AWS::EC2::VPC@W": {} }),
        &["pass", "fail"],
    );
    agree(
        "ec2-instance-imdsv2-required",
        &json!({ "aws_instance.a": { "metadata_options": [{ "http_tokens": "required" }] }, "aws_instance.b": {} }),
        &json!({ "AWS::EC2::Instance@A": { "MetadataOptions": { "HttpTokens": "required" } }, "AWS::EC2::Instance@B": {} }),
        &["pass", "unknown"],
    );
}

#[test]
fn identities_and_functions_agree() {
    let admin = json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    agree(
        "iam-role-inline-policy-full-admin-absent",
        &json!({ "aws_iam_role.r": {}, "aws_iam_role_policy.p": { "role": "aws_iam_role.r", "policy": admin.to_string() } }),
        &json!({ "AWS::IAM::Role@R": {}, "AWS::IAM::Policy@P": { "Roles": ["R"], "PolicyName": "p", "PolicyDocument": admin } }),
        &["fail"],
    );
    agree(
        "lambda-function-not-public",
        &json!({ "aws_lambda_function.f": {}, "aws_lambda_permission.p": { "function_name": "aws_lambda_function.f", "principal": "*", "action": "lambda:InvokeFunction" } }),
        &json!({ "AWS::Lambda::Function@F": {}, "AWS::Lambda::Permission@P": { "FunctionName": "F", "Principal": "*", "Action": "lambda:InvokeFunction" } }),
        &["fail"],
    );
    agree(
        "lambda-function-environment-without-secrets",
        &json!({ "aws_lambda_function.f": { "environment": [{ "variables": { "K": key() } }] } }),
        &json!({ "AWS::Lambda::Function@F": { "Environment": { "Variables": { "K": key() } } } }),
        &["fail"],
    );
    agree(
        "kms-key-rotation-enabled",
        &json!({ "aws_kms_key.a": { "enable_key_rotation": true }, "aws_kms_key.b": {} }),
        &json!({ "AWS::KMS::Key@A": { "EnableKeyRotation": "true" }, "AWS::KMS::Key@B": {} }),
        &["pass", "fail"],
    );
}

#[test]
fn data_and_containers_agree() {
    agree(
        "rds-instance-storage-encrypted",
        &json!({ "aws_db_instance.a": { "storage_encrypted": true }, "aws_db_instance.b": {}, "aws_db_instance.c": { "snapshot_identifier": "s" } }),
        &json!({ "AWS::RDS::DBInstance@A": { "StorageEncrypted": true }, "AWS::RDS::DBInstance@B": {}, "AWS::RDS::DBInstance@C": { "DBSnapshotIdentifier": "s" } }),
        &["pass", "fail", "unknown"],
    );
    agree(
        "dynamodb-table-point-in-time-recovery-enabled",
        &json!({ "aws_dynamodb_table.a": { "point_in_time_recovery": [{ "enabled": true }] }, "aws_dynamodb_table.b": {} }),
        &json!({ "AWS::DynamoDB::Table@A": { "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true } }, "AWS::DynamoDB::Table@B": {} }),
        &["pass", "fail"],
    );
    agree(
        "sqs-queue-encryption-enabled",
        &json!({ "aws_sqs_queue.a": {}, "aws_sqs_queue.b": { "sqs_managed_sse_enabled": false } }),
        &json!({ "AWS::SQS::Queue@A": {}, "AWS::SQS::Queue@B": { "SqsManagedSseEnabled": false } }),
        &["pass", "fail"],
    );
    agree(
        "ecs-task-definition-not-privileged",
        &json!({ "aws_ecs_task_definition.a": { "family": "a", "container_definitions": "[{\"name\":\"x\",\"privileged\":true}]" } }),
        &json!({ "AWS::ECS::TaskDefinition@A": { "ContainerDefinitions": [{ "Name": "x", "Privileged": true }] } }),
        &["fail"],
    );
    agree(
        "eks-cluster-audit-logs-enabled",
        &json!({ "aws_eks_cluster.a": { "name": "a", "vpc_config": [{}], "enabled_cluster_log_types": ["api", "audit", "authenticator"] },
            "aws_eks_cluster.b": { "name": "b", "vpc_config": [{}] } }),
        &json!({ "AWS::EKS::Cluster@A": { "ResourcesVpcConfig": {}, "Logging": { "ClusterLogging": { "EnabledTypes":
            [{ "Type": "api" }, { "Type": "audit" }, { "Type": "authenticator" }] } } }, "AWS::EKS::Cluster@B": { "ResourcesVpcConfig": {} } }),
        &["pass", "fail"],
    );
    agree(
        "lb-deletion-protection-enabled",
        &json!({ "aws_lb.a": { "enable_deletion_protection": true }, "aws_lb.b": {} }),
        &json!({ "AWS::ElasticLoadBalancingV2::LoadBalancer@A": { "LoadBalancerAttributes": [{ "Key": "deletion_protection.enabled", "Value": "true" }] },
            "AWS::ElasticLoadBalancingV2::LoadBalancer@B": {} }),
        &["pass", "fail"],
    );
}

#[test]
fn other_blocks_decide_what_is_not_written() {
    let subnets = |public: Json| {
        (
            json!({ "aws_subnet.s": { "map_public_ip_on_launch": public }, "aws_instance.a": { "subnet_id": "aws_subnet.s" },
                "aws_instance.b": { "subnet_id": "subnet-1" }, "aws_instance.c": { "subnet_id": "aws_subnet.s", "associate_public_ip_address": false } }),
            json!({ "AWS::EC2::Subnet@S": { "MapPublicIpOnLaunch": public }, "AWS::EC2::Instance@A": { "SubnetId": "S" },
                "AWS::EC2::Instance@B": { "SubnetId": "subnet-1" },
                "AWS::EC2::Instance@C": { "NetworkInterfaces": [{ "SubnetId": "S", "AssociatePublicIpAddress": false }] } }),
        )
    };
    for (public, expected) in [
        (json!(true), ["fail", "unknown", "pass"]),
        (json!(false), ["pass", "unknown", "pass"]),
        (json!(null), ["pass", "unknown", "pass"]),
        (json!("?var.public"), ["unknown", "unknown", "pass"]),
    ] {
        let (terraform, cloudformation) = subnets(public);
        agree(
            "ec2-instance-no-public-ip",
            &terraform,
            &cloudformation,
            &expected,
        );
    }
    let policy = "ec2-ebs-volume-encrypted";
    for (enabled, expected) in [
        (json!({}), ["pass", "fail", "pass", "pass"]),
        (json!({ "enabled": true }), ["pass", "fail", "pass", "pass"]),
        // The image of the instance may be encrypted all the same.
        (
            json!({ "enabled": false }),
            ["fail", "fail", "unknown", "unknown"],
        ),
        (
            json!({ "enabled": "?var.on" }),
            ["unknown", "fail", "unknown", "unknown"],
        ),
    ] {
        let blocks = json!({ "aws_ebs_encryption_by_default.d": enabled, "aws_ebs_volume.v": {}, "aws_instance.i": { "ebs_block_device": [{ "device_name": "b" }] },
            "aws_ebs_volume.w": { "encrypted": false } });
        check(policy, &blocks, &expected);
    }
    for (encrypted, expected) in [
        (json!(true), "pass"),
        (json!(false), "fail"),
        (json!("?var.on"), "unknown"),
        (json!(null), "unknown"),
    ] {
        let blocks = json!({ "aws_ebs_volume.v": { "encrypted": encrypted }, "aws_ebs_snapshot.s": { "volume_id": "aws_ebs_volume.v" } });
        check("ec2-ebs-snapshot-encrypted", &blocks, &[expected]);
    }
    let cluster = |encrypted: Json| {
        json!({ "aws_rds_cluster.c": { "storage_encrypted": encrypted }, "aws_rds_cluster_instance.i": { "cluster_identifier": "aws_rds_cluster.c" },
            "aws_rds_cluster_instance.j": { "cluster_identifier": "other" } })
    };
    for (encrypted, expected) in [
        (json!(true), ["pass", "unknown"]),
        (json!(false), ["fail", "unknown"]),
        (json!("?var.on"), ["unknown", "unknown"]),
    ] {
        check("rds-instance-storage-encrypted", &cluster(encrypted), &expected);
    }
    for (tokens, expected) in [
        ("required", ["pass", "fail"]),
        ("optional", ["fail", "fail"]),
        ("no-preference", ["unknown", "fail"]),
        ("?var.tokens", ["unknown", "fail"]),
    ] {
        let blocks = json!({ "aws_ec2_instance_metadata_defaults.d": { "http_tokens": tokens }, "aws_instance.a": {},
            "aws_instance.b": { "metadata_options": [{ "http_tokens": "optional" }] } });
        check("ec2-instance-imdsv2-required", &blocks, &expected);
    }
}

#[test]
fn what_nobody_writes_is_not_taken_for_nothing() {
    for (policy, terraform, cloudformation, expected) in [
        // No group of code is the default one of its network, whatever it is called.
        (
            "ec2-default-security-group-restricts-traffic",
            json!({ "aws_security_group.a": { "name": "?var.name" }, "aws_security_group.b": {} }),
            json!({ "AWS::EC2::SecurityGroup@A": { "GroupName": "?Name" }, "AWS::EC2::SecurityGroup@B": {} }),
            vec!["not_applicable", "not_applicable"],
        ),
        (
            "rds-instance-backups-retained",
            json!({ "aws_db_instance.a": { "snapshot_identifier": "s" }, "aws_db_instance.b": {}, "aws_db_instance.c": { "snapshot_identifier": "s", "backup_retention_period": 7 } }),
            json!({ "AWS::RDS::DBInstance@A": { "DBSnapshotIdentifier": "s" }, "AWS::RDS::DBInstance@B": {}, "AWS::RDS::DBInstance@C": { "DBSnapshotIdentifier": "s", "BackupRetentionPeriod": 7 } }),
            vec!["unknown", "fail", "pass"],
        ),
    ] {
        agree(policy, &terraform, &cloudformation, &expected);
    }
}
