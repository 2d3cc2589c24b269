//! Databases that have from others what they do not say themselves.

use plumb_iac::declared::Language;
use serde_json::json;

use crate::support::{check, check_in};

#[test]
fn replicas_have_the_parameters_of_their_source() {
    let policy = "rds-instance-tls-required";
    let expected = ["fail", "pass", "fail", "pass", "unknown", "unknown", "pass"];
    check(
        policy,
        &json!({ "aws_db_parameter_group.off": { "name": "off", "parameter": [{ "name": "rds.force_ssl", "value": "0" }] },
            "aws_db_instance.a": { "engine": "postgres", "engine_version": "16", "parameter_group_name": "off" },
            "aws_db_instance.b": { "engine": "postgres", "engine_version": "16" },
            "aws_db_instance.c": { "engine": "postgres", "engine_version": "16", "replicate_source_db": "aws_db_instance.a" },
            "aws_db_instance.d": { "engine": "postgres", "engine_version": "16", "replicate_source_db": "aws_db_instance.b" },
            "aws_db_instance.e": { "engine": "postgres", "engine_version": "16", "replicate_source_db": "aws_db_instance.d" },
            "aws_db_instance.f": { "engine": "postgres", "engine_version": "16", "replicate_source_db": "elsewhere" },
            "aws_db_instance.g": { "engine": "postgres", "engine_version": "16", "replicate_source_db": "elsewhere", "parameter_group_name": "default.postgres16" } }),
        &expected,
    );
    check_in(
        Language::CloudFormation,
        policy,
        &json!({ "AWS::RDS::DBParameterGroup@Off": { "Family": "postgres16", "Parameters": { "rds.force_ssl": "0" } },
            "AWS::RDS::DBInstance@A": { "Engine": "postgres", "EngineVersion": "16", "DBParameterGroupName": "Off" },
            "AWS::RDS::DBInstance@B": { "Engine": "postgres", "EngineVersion": "16" },
            "AWS::RDS::DBInstance@C": { "Engine": "postgres", "EngineVersion": "16", "SourceDBInstanceIdentifier": "A" },
            "AWS::RDS::DBInstance@D": { "Engine": "postgres", "EngineVersion": "16", "SourceDBInstanceIdentifier": "B" },
            "AWS::RDS::DBInstance@E": { "Engine": "postgres", "EngineVersion": "16", "SourceDBInstanceIdentifier": "D" },
            "AWS::RDS::DBInstance@F": { "Engine": "postgres", "EngineVersion": "16", "SourceDBClusterIdentifier": "elsewhere" },
            "AWS::RDS::DBInstance@G": { "Engine": "postgres", "EngineVersion": "16", "SourceDBInstanceIdentifier": "elsewhere", "DBParameterGroupName": "default.postgres16" } }),
        &expected,
    );
}

#[test]
fn groups_that_others_decide_are_not_the_default_one() {
    check(
        "own-database-groups",
        &json!({ "aws_subnet.s": { "vpc_id": "vpc-1" }, "aws_db_subnet_group.g": { "name": "g", "subnet_ids": ["aws_subnet.s"] },
            "aws_db_instance.a": { "db_subnet_group_name": "g" }, "aws_db_instance.b": { "db_subnet_group_name": "g", "replicate_source_db": "aws_db_instance.a" },
            "aws_db_instance.c": { "db_subnet_group_name": "g", "replicate_source_db": "aws_db_instance.a", "vpc_security_group_ids": ["sg-1"] },
            "aws_rds_cluster.named": { "db_subnet_group_name": "g" },
            "aws_rds_cluster.own": { "db_subnet_group_name": "g", "vpc_security_group_ids": ["sg-1"] },
            "aws_rds_cluster.unsure": { "db_subnet_group_name": "g", "vpc_security_group_ids": "?var.groups" },
            "aws_rds_cluster_instance.a": { "cluster_identifier": "elsewhere", "db_subnet_group_name": "g" },
            "aws_rds_cluster_instance.b": { "cluster_identifier": "?var.cluster", "db_subnet_group_name": "g" },
            // The subnets are the cluster's too.
            "aws_rds_cluster_instance.c": { "cluster_identifier": "aws_rds_cluster.named" },
            "aws_rds_cluster_instance.d": { "cluster_identifier": "aws_rds_cluster.own" }, "aws_rds_cluster_instance.e": { "cluster_identifier": "aws_rds_cluster.unsure" } }),
        &[
            "fail", "unknown", "pass", "unknown", "unknown", "fail", "pass", "unknown",
        ],
    );
    check_in(
        Language::CloudFormation,
        "own-database-groups",
        &json!({ "AWS::EC2::Subnet@S": { "VpcId": "vpc-1" }, "AWS::RDS::DBSubnetGroup@G": { "SubnetIds": ["S"] },
            "AWS::RDS::DBInstance@A": { "DBSubnetGroupName": "G" }, "AWS::RDS::DBInstance@B": { "DBSubnetGroupName": "G", "SourceDBInstanceIdentifier": "A" },
            "AWS::RDS::DBInstance@C": { "DBSubnetGroupName": "G", "SourceDBClusterIdentifier": "elsewhere", "VPCSecurityGroups": ["sg-1"] },
            "AWS::RDS::DBCluster@Named": { "DBSubnetGroupName": "G" }, "AWS::RDS::DBCluster@Own": { "DBSubnetGroupName": "G", "VpcSecurityGroupIds": ["sg-1"] },
            "AWS::RDS::DBCluster@Unsure": { "DBSubnetGroupName": "G", "VpcSecurityGroupIds": "?Groups" },
            "AWS::RDS::DBInstance@D": { "DBClusterIdentifier": "elsewhere", "DBSubnetGroupName": "G" },
            "AWS::RDS::DBInstance@E": { "DBClusterIdentifier": "Named" }, "AWS::RDS::DBInstance@F": { "DBClusterIdentifier": "Own" },
            "AWS::RDS::DBInstance@G": { "DBClusterIdentifier": "Unsure" } }),
        &["fail", "unknown", "pass", "unknown", "fail", "pass", "unknown"],
    );
}

#[test]
fn caches_of_a_global_datastore_are_as_that_is() {
    for policy in [
        "elasticache-replication-group-encrypted-at-rest",
        "elasticache-replication-group-encrypted-in-transit",
        "elasticache-replication-group-requires-authentication",
    ] {
        check(
            policy,
            &json!({ "aws_elasticache_replication_group.a": { "replication_group_id": "a" },
                "aws_elasticache_replication_group.b": { "replication_group_id": "b", "global_replication_group_id": "g" },
                "aws_elasticache_replication_group.c": { "replication_group_id": "c", "global_replication_group_id": "g", "auth_token": "t",
                    "at_rest_encryption_enabled": true, "transit_encryption_enabled": true } }),
            &["fail", "unknown", "pass"],
        );
        check_in(
            Language::CloudFormation,
            policy,
            &json!({ "AWS::ElastiCache::ReplicationGroup@A": { "ReplicationGroupId": "a" },
                "AWS::ElastiCache::ReplicationGroup@B": { "ReplicationGroupId": "b", "GlobalReplicationGroupId": "g" },
                "AWS::ElastiCache::ReplicationGroup@C": { "ReplicationGroupId": "c", "GlobalReplicationGroupId": "g", "AuthToken": "t",
                    "AtRestEncryptionEnabled": true, "TransitEncryptionEnabled": true, "TransitEncryptionMode": "required" } }),
            &["fail", "unknown", "pass"],
        );
    }
}
