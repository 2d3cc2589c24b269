"""A proxy that the internet reaches hands out the credentials of its role, and the role reads a private bucket."""

from estate.attack import IMAGE, create_network
from estate.twins import bucket, role, trust


def create(client, twin):
    ec2, iam = client("ec2"), client("iam")
    bucket(client("s3"), "ridgeline-card-orders", blocked=True)
    role(iam, "proxy", trust({"Service": "ec2.amazonaws.com"}), "s3:GetObject", "arn:aws:s3:::ridgeline-card-orders/*")
    iam.create_instance_profile(InstanceProfileName="proxy")
    iam.add_role_to_instance_profile(InstanceProfileName="proxy", RoleName="proxy")
    vpc, subnet = create_network(ec2)
    group = ec2.create_security_group(GroupName="proxy", Description="proxy", VpcId=vpc)["GroupId"]
    source = {"CidrIp": "10.6.0.0/16" if twin == "hardened" else "0.0.0.0/0"}
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [source]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "AssociatePublicIpAddress": True}
    instance = ec2.run_instances(
        ImageId=IMAGE, MinCount=1, MaxCount=1, NetworkInterfaces=[interface], IamInstanceProfile={"Name": "proxy"}
    )["Instances"][0]
    return {"server": instance["InstanceId"]}
