"""Databases, file systems, load balancers and functions."""

import io
import json
import zipfile


def create_databases(client):
    rds = client("rds")
    common = {"DBInstanceClass": "db.t3.micro", "Engine": "postgres", "AllocatedStorage": 20}
    login = {"MasterUsername": "plumb", "MasterUserPassword": "correct-horse-42"}
    rds.create_db_instance(
        DBInstanceIdentifier="db-sound",
        StorageEncrypted=True,
        PubliclyAccessible=False,
        AutoMinorVersionUpgrade=True,
        MultiAZ=True,
        DeletionProtection=True,
        BackupRetentionPeriod=14,
        **common,
        **login,
    )
    rds.create_db_instance(
        DBInstanceIdentifier="db-loose",
        StorageEncrypted=False,
        PubliclyAccessible=True,
        AutoMinorVersionUpgrade=False,
        MultiAZ=False,
        DeletionProtection=False,
        BackupRetentionPeriod=0,
        **common,
        **login,
    )
    for name in ["db-private", "db-shared"]:
        rds.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier="db-sound")
    rds.modify_db_snapshot_attribute(
        DBSnapshotIdentifier="db-shared", AttributeName="restore", ValuesToAdd=["all"]
    )


def create_file_systems(client, labels):
    efs = client("efs")
    for label, encrypted in {"files-encrypted": True, "files-plain": False}.items():
        labels[label] = efs.create_file_system(CreationToken=label, Encrypted=encrypted)["FileSystemId"]


def create_load_balancers(client):
    ec2, elb = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.6.{index}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for index, zone in enumerate("ab")
    ]
    target = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    redirect = {
        "Type": "redirect",
        "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
    }
    forward = {"Type": "forward", "TargetGroupArn": target["TargetGroupArn"]}
    for name, action, protected in [("lb-sound", redirect, "true"), ("lb-loose", forward, "false")]:
        arn = elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
        elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[action])
        elb.modify_load_balancer_attributes(
            LoadBalancerArn=arn,
            Attributes=[
                {"Key": "deletion_protection.enabled", "Value": protected},
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": protected},
            ],
        )
    client("elb").create_load_balancer(
        LoadBalancerName="classic-plain",
        Listeners=[{"Protocol": "http", "LoadBalancerPort": 80, "InstanceProtocol": "http", "InstancePort": 80}],
        AvailabilityZones=["us-east-1a"],
    )


def create_functions(client):
    function = client("lambda")
    role = client("iam").create_role(
        RoleName="function",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    )["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handler(event, context): pass\n")
    for name, runtime in {"private": "python3.13", "public": "python3.13", "old": "python2.7"}.items():
        function.create_function(
            FunctionName=name,
            Runtime=runtime,
            Role=role,
            Handler="main.handler",
            Code={"ZipFile": code.getvalue()},
            Environment={"Variables": {"STAGE": "test"}},
        )
    function.add_permission(
        FunctionName="public", StatementId="all", Action="lambda:InvokeFunction", Principal="*"
    )


def create(client):
    labels = {}
    create_databases(client)
    create_file_systems(client, labels)
    create_load_balancers(client)
    create_functions(client)
    return labels
