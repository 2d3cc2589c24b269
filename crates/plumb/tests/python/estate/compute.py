"""Instances, volumes, snapshots, images and launch templates."""

import json

IMAGE = "ami-03cf127a"

# The letters of a made-up key; no account of AWS has it.
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzR9kQ2vT0a"


def create_instances(client, ec2, labels):
    iam = client("iam")
    iam.create_role(
        RoleName="instance",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    )
    iam.create_instance_profile(InstanceProfileName="instance")
    iam.add_role_to_instance_profile(InstanceProfileName="instance", RoleName="instance")
    subnets = ec2.describe_subnets()["Subnets"]
    public = next(subnet["SubnetId"] for subnet in subnets if subnet["MapPublicIpOnLaunch"])
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    private = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]

    def run(label, subnet, **more):
        instance = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, SubnetId=subnet, **more)["Instances"][0]
        labels[label] = instance["InstanceId"]

    run(
        "instance-sound",
        private,
        MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"},
        IamInstanceProfile={"Name": "instance"},
        UserData="#!/bin/sh\necho hello\n",
    )
    run("instance-public", public, MetadataOptions={"HttpTokens": "optional", "HttpEndpoint": "enabled"})
    run(
        "instance-secret",
        private,
        MetadataOptions={"HttpEndpoint": "disabled"},
        UserData=f"#!/bin/sh\nexport AWS_ACCESS_KEY_ID=AKIAZ7QK3WNP5LXTB2VD\nexport AWS_SECRET_ACCESS_KEY={SECRET}\n",
    )


def create_storage(ec2, labels):
    for label, encrypted in {"volume-encrypted": True, "volume-plain": False}.items():
        volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, Encrypted=encrypted)["VolumeId"]
        labels[label] = volume
        labels[label.replace("volume", "snapshot")] = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.modify_snapshot_attribute(
        SnapshotId=labels["snapshot-plain"],
        Attribute="createVolumePermission",
        OperationType="add",
        GroupNames=["all"],
    )
    ec2.enable_ebs_encryption_by_default()


def create_templates(ec2, labels):
    for name, tokens in {"template-sound": "required", "template-loose": "optional"}.items():
        template = ec2.create_launch_template(
            LaunchTemplateName=name,
            LaunchTemplateData={"ImageId": IMAGE, "MetadataOptions": {"HttpTokens": tokens}},
        )["LaunchTemplate"]
        labels[name] = f"{name} version {template['LatestVersionNumber']}"


def create(client):
    ec2 = client("ec2")
    labels = {}
    create_instances(client, ec2, labels)
    create_storage(ec2, labels)
    create_templates(ec2, labels)
    return labels
