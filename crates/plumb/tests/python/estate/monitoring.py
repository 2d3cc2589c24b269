"""Trails, a metric filter with its alarm and topic, keys, and the detecting services."""

import json

PATTERN = (
    "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") }"
)


def create_trails(client):
    s3, trail = client("s3"), client("cloudtrail")
    s3.create_bucket(Bucket="trail-bucket")
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    client("logs").create_log_group(logGroupName="trail")
    group = client("logs").describe_log_groups(logGroupNamePrefix="trail")["logGroups"][0]["arn"]
    client("iam").create_role(RoleName="trail", AssumeRolePolicyDocument="{}")
    trail.create_trail(
        Name="sound",
        S3BucketName="trail-bucket",
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
        KmsKeyId=key,
        CloudWatchLogsLogGroupArn=group,
        CloudWatchLogsRoleArn="arn:aws:iam::123456789012:role/trail",
    )
    trail.start_logging(Name="sound")
    trail.put_event_selectors(
        TrailName="sound",
        EventSelectors=[
            {
                "ReadWriteType": "All",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
            }
        ],
    )
    trail.create_trail(Name="loose", S3BucketName="trail-bucket")


def create_alarm(client):
    topic = client("sns").create_topic(Name="security")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="security@example.com")
    client("logs").put_metric_filter(
        logGroupName="trail",
        filterName="unauthorized",
        filterPattern=PATTERN,
        metricTransformations=[
            {"metricName": "Unauthorized", "metricNamespace": "Trail", "metricValue": "1"}
        ],
    )
    client("cloudwatch").put_metric_alarm(
        AlarmName="unauthorized",
        Namespace="Trail",
        MetricName="Unauthorized",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic],
    )


def create_keys(client, labels):
    kms = client("kms")
    labels["key-rotated"] = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=labels["key-rotated"])
    labels["key-fixed"] = kms.create_key()["KeyMetadata"]["KeyId"]
    labels["key-dying"] = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=labels["key-dying"], PendingWindowInDays=7)
    labels["key-public"] = kms.create_key(
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}],
            }
        )
    )["KeyMetadata"]["KeyId"]


def create_detection(client, labels):
    config = client("config")
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": "arn:aws:iam::123456789012:role/config",
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
        }
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "trail-bucket"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    labels["detector"] = client("guardduty").create_detector(Enable=True)["DetectorId"]
    client("securityhub").enable_security_hub()


def create(client):
    labels = {}
    create_trails(client)
    create_alarm(client)
    create_keys(client, labels)
    create_detection(client, labels)
    return labels
