"""A small account with ways in, or its hardened twin: what leads from the internet and from weak credentials to data."""

import json

IMAGE = "ami-03cf127a"
ANYWHERE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
OFFICE = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


def allow(actions, resource):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service):
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def create_network(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.6.1.0/24")["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    return vpc, subnet


def create_server(ec2, iam, rule):
    iam.create_role(RoleName="server", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    iam.put_role_policy(
        RoleName="server", PolicyName="cards", PolicyDocument=allow("s3:GetObject", "arn:aws:s3:::cards/*")
    )
    iam.create_instance_profile(InstanceProfileName="server")
    iam.add_role_to_instance_profile(InstanceProfileName="server", RoleName="server")
    vpc, subnet = create_network(ec2)
    group = ec2.create_security_group(GroupName="server", Description="server", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [group], "AssociatePublicIpAddress": True}
    instance = ec2.run_instances(
        ImageId=IMAGE, MinCount=1, MaxCount=1, NetworkInterfaces=[interface], IamInstanceProfile={"Name": "server"}
    )["Instances"][0]
    return instance["InstanceId"]


def create_people(iam, hardened):
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    iam.put_role_policy(RoleName="deployer", PolicyName="all", PolicyDocument=allow("*", "*"))
    iam.create_user(UserName="developer")
    iam.create_login_profile(UserName="developer", Password="Correct-horse-42")
    passed = "arn:aws:iam::123456789012:role/function-*" if hardened else "*"
    for name, document in {
        "functions": allow(["lambda:CreateFunction", "lambda:InvokeFunction"], "*"),
        "passes": allow("iam:PassRole", passed),
    }.items():
        iam.put_user_policy(UserName="developer", PolicyName=name, PolicyDocument=document)


def create_buckets(s3, hardened):
    for name in ["cards", "site"]:
        s3.create_bucket(Bucket=name)
    tags = [{"Key": "DataClassification", "Value": "restricted"}]
    s3.put_bucket_tagging(Bucket="cards", Tagging={"TagSet": tags})
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}
    s3.put_bucket_policy(Bucket="site", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
    for name in ["cards", "site"] if hardened else ["cards"]:
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)


def build(client, hardened):
    labels = {"server": create_server(client("ec2"), client("iam"), OFFICE if hardened else ANYWHERE)}
    create_people(client("iam"), hardened)
    create_buckets(client("s3"), hardened)
    return labels
