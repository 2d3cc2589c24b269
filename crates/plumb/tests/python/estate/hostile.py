"""Names and tags that attack whoever shows them."""

NASTY = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "formula": "=HYPERLINK(\"http://evil.example\",\"click\")",
    "terminal": "\u001b[31mred\u001b]0;owned\u0007\u009b2J",
    "bidi": "abc\u202egnp.exe\u2066",
    "markdown": "[click](javascript:alert(1)) | `x` | <b>b</b>\n# heading",
}


def create(client):
    ec2 = client("ec2")
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, Encrypted=False)["VolumeId"]
    ec2.create_tags(
        Resources=[volume], Tags=[{"Key": f"nasty-{kind}", "Value": text} for kind, text in NASTY.items()]
    )
    ec2.create_tags(Resources=[volume], Tags=[{"Key": "=cmd|'/c calc'!A1", "Value": "<svg onload=alert(3)>"}])
    cloudwatch = client("cloudwatch")
    for kind, text in NASTY.items():
        cloudwatch.put_metric_alarm(
            AlarmName=text,
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            ActionsEnabled=False,
        )
    return {"volume": volume}
