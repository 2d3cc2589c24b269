//! The policies of AWS that the estate uses, shortened to what matters for who can do what.
//!
//! Their documents are described at <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>.

use plumb_model::value::Value;

use crate::account::AccountBuilder;
use crate::document::{list, map};

pub(crate) const ADMINISTRATOR: &str = "AdministratorAccess";
pub(crate) const POWER_USER: &str = "PowerUserAccess";
pub(crate) const READ_ONLY: &str = "ReadOnlyAccess";
pub(crate) const VIEW_ONLY: &str = "job-function/ViewOnlyAccess";
pub(crate) const SECURITY_AUDIT: &str = "SecurityAudit";
pub(crate) const SUPPORT: &str = "AWSSupportAccess";
pub(crate) const SYSTEMS_MANAGER: &str = "AmazonSSMManagedInstanceCore";
pub(crate) const CLOUDWATCH_AGENT: &str = "CloudWatchAgentServerPolicy";
pub(crate) const FUNCTION_LOGS: &str = "service-role/AWSLambdaBasicExecutionRole";
pub(crate) const CHANGE_PASSWORD: &str = "IAMUserChangePassword";

/// The list that attaches policies of AWS; counts their uses.
pub(crate) fn attach(builder: &mut AccountBuilder, names: &[&'static str]) -> Vec<Value> {
    names
        .iter()
        .map(|name| {
            *builder.made.attached.entry(name).or_insert(0) += 1;
            let short = name.rsplit('/').next().unwrap_or(name);
            map! { "policy_name": short, "policy_arn": format!("arn:aws:iam::aws:policy/{name}") }
        })
        .collect()
}

/// Adds the policies of AWS that something in the account uses, as the scan shows them.
pub(crate) fn add_used(builder: &mut AccountBuilder) {
    for (name, count) in std::mem::take(&mut builder.made.attached) {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        let short = name.rsplit('/').next().unwrap_or(name);
        let path = match name.rsplit_once('/') {
            Some((path, _)) => format!("/{path}/"),
            None => "/".to_owned(),
        };
        builder.add(
            "aws_iam_policy",
            arn.clone(),
            short,
            "global",
            map! {
                "arn": arn.as_str(), "policy_name": short, "policy_id": crate::roles::unique_id("ANPA", "aws", short), "path": path,
                "attachment_count": count, "permissions_boundary_usage_count": 0, "is_attachable": true, "default_version_id": "v1",
                "policy_version_list": list![map! { "version_id": "v1", "is_default_version": true, "create_date": "2015-02-06T18:40:00Z",
                    "document": map! { "Version": "2012-10-17", "Statement": statements(name) } }],
            },
        );
    }
}

fn allow(actions: &[&str]) -> Value {
    let actions: Vec<Value> = actions.iter().map(|action| Value::from(*action)).collect();
    map! { "Effect": "Allow", "Action": actions, "Resource": "*" }
}

fn statements(name: &str) -> Vec<Value> {
    match name {
        ADMINISTRATOR => vec![map! { "Effect": "Allow", "Action": "*", "Resource": "*" }],
        POWER_USER => vec![
            map! { "Effect": "Allow", "NotAction": list!["iam:*", "organizations:*", "account:*"], "Resource": "*" },
            allow(&[
                "account:GetAccountInformation",
                "account:ListRegions",
                "iam:CreateServiceLinkedRole",
                "iam:DeleteServiceLinkedRole",
                "iam:ListRoles",
                "organizations:DescribeOrganization",
            ]),
        ],
        READ_ONLY => vec![allow(&[
            "cloudtrail:Describe*",
            "cloudtrail:Get*",
            "cloudtrail:List*",
            "cloudwatch:Describe*",
            "cloudwatch:Get*",
            "cloudwatch:List*",
            "ec2:Describe*",
            "ec2:Get*",
            "elasticloadbalancing:Describe*",
            "iam:Get*",
            "iam:List*",
            "kms:Describe*",
            "kms:Get*",
            "kms:List*",
            "lambda:Get*",
            "lambda:List*",
            "logs:Describe*",
            "logs:Get*",
            "logs:FilterLogEvents",
            "rds:Describe*",
            "rds:List*",
            "s3:Get*",
            "s3:List*",
            "sns:Get*",
            "sns:List*",
        ])],
        VIEW_ONLY | SECURITY_AUDIT => vec![allow(&[
            "cloudtrail:DescribeTrails",
            "cloudtrail:LookupEvents",
            "cloudwatch:Describe*",
            "ec2:Describe*",
            "elasticloadbalancing:Describe*",
            "iam:List*",
            "kms:ListAliases",
            "kms:ListKeys",
            "lambda:List*",
            "logs:DescribeLogGroups",
            "rds:Describe*",
            "s3:ListAllMyBuckets",
            "s3:GetBucketPolicyStatus",
            "sns:List*",
        ])],
        SUPPORT => vec![allow(&["support:*"])],
        SYSTEMS_MANAGER => vec![allow(&[
            "ssm:DescribeAssociation",
            "ssm:GetDeployablePatchSnapshotForInstance",
            "ssm:GetDocument",
            "ssm:GetManifest",
            "ssm:PutInventory",
            "ssm:PutComplianceItems",
            "ssm:UpdateInstanceInformation",
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
            "ec2messages:AcknowledgeMessage",
            "ec2messages:GetMessages",
            "ec2messages:SendReply",
        ])],
        CLOUDWATCH_AGENT => vec![allow(&[
            "cloudwatch:PutMetricData",
            "ec2:DescribeTags",
            "ec2:DescribeVolumes",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ])],
        FUNCTION_LOGS => vec![allow(&[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
        ])],
        CHANGE_PASSWORD => vec![
            map! { "Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "arn:aws:iam::*:user/${aws:username}" },
            allow(&["iam:GetAccountPasswordPolicy"]),
        ],
        _ => Vec::new(),
    }
}
