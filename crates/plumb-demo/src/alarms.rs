//! Metric filters on the trail's log group, their alarms and the topic that tells people.

use crate::account::AccountBuilder;
use crate::document::{list, map};
use crate::logging;

/// What is watched: a name, and the events in the syntax of metric filters.
const WATCHED: [(&str, &str); 15] = [
    (
        "cloudtrail-changes",
        "events:CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging",
    ),
    (
        "config-changes",
        "events:StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
    ),
    (
        "console-sign-in-failures",
        "{ ($.eventName = \"ConsoleLogin\") && ($.errorMessage = \"Failed authentication\") }",
    ),
    (
        "console-sign-in-without-mfa",
        "{ ($.eventName = \"ConsoleLogin\") && ($.additionalEventData.MFAUsed != \"Yes\") }",
    ),
    (
        "iam-policy-changes",
        "events:DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
    ),
    ("kms-key-deletion", "events:DisableKey ScheduleKeyDeletion"),
    (
        "network-acl-changes",
        "events:CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry ReplaceNetworkAclAssociation",
    ),
    (
        "network-gateway-changes",
        "events:CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway DeleteInternetGateway DetachInternetGateway",
    ),
    (
        "organizations-changes",
        "events:AcceptHandshake AttachPolicy CancelHandshake CreateAccount CreateOrganization CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization DeleteOrganizationalUnit DeletePolicy EnableAllFeatures EnablePolicyType InviteAccountToOrganization LeaveOrganization DetachPolicy DisablePolicyType MoveAccount RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy",
    ),
    (
        "root-usage",
        "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }",
    ),
    (
        "route-table-changes",
        "events:CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute DisassociateRouteTable",
    ),
    (
        "s3-bucket-policy-changes",
        "events:PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
    (
        "security-group-changes",
        "events:AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
    ),
    (
        "unauthorized-api-calls",
        "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }",
    ),
    (
        "vpc-changes",
        "events:CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink",
    ),
];

/// Adds filters, alarms and a topic with a subscriber; not every account watches everything.
pub(crate) fn generate(builder: &mut AccountBuilder, log_group: &str) {
    let (id, region) = (builder.id.clone(), "eu-central-1");
    let topic = format!("arn:aws:sns:{region}:{id}:security-alarms");
    logging::add_topic(builder, region, "security-alarms");
    builder.add(
        "aws_sns_topic_subscription",
        format!("{topic}:7c1d"),
        "7c1d",
        region,
        map! { "topic_arn": topic.as_str(), "subscription_arn": format!("{topic}:7c1d"), "protocol": "email", "endpoint": "soc@acme.example" },
    );
    for (name, events) in WATCHED {
        if !builder.right(84) {
            continue;
        }
        let pattern = match events.strip_prefix("events:") {
            Some(names) => {
                let conditions: Vec<String> = names
                    .split(' ')
                    .map(|name| format!("($.eventName = {name})"))
                    .collect();
                format!("{{ {} }}", conditions.join(" || "))
            }
            None => events.to_owned(),
        };
        builder.add(
            "aws_cloudwatch_log_metric_filter",
            format!("arn:aws:logs:{region}:{id}:log-group:{log_group}:metric-filter:{name}"),
            name,
            region,
            map! {
                "filter_name": name, "log_group_name": log_group, "filter_pattern": pattern,
                "metric_transformations": list![map! { "metric_name": name, "metric_namespace": "Security", "metric_value": "1" }],
            },
        );
        builder.add(
            "aws_cloudwatch_metric_alarm",
            format!("arn:aws:cloudwatch:{region}:{id}:alarm:{name}"),
            name,
            region,
            map! {
                "alarm_name": name, "metric_name": name, "namespace": "Security", "actions_enabled": true,
                "alarm_actions": list![topic.as_str()], "threshold": 1.0, "state_value": "OK",
            },
        );
    }
}
