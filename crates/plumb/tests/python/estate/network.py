"""Security groups, network ACLs, subnets and flow logs; some in Ireland."""

ANY4 = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ANY6 = {"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
OFFICE = {"IpRanges": [{"CidrIp": "203.0.113.0/24"}]}


def ports(source, first, last=None, protocol="tcp"):
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last or first, **source}


GROUPS = {
    "sg-web": [ports(ANY4, 443), ports(ANY6, 443)],
    "sg-ssh": [ports(ANY4, 22)],
    "sg-ssh6": [ports(ANY6, 22)],
    "sg-ssh-after-office": [ports(OFFICE, 22), ports(ANY4, 20, 25)],
    "sg-ssh-before-office": [ports(ANY4, 20, 25), ports(OFFICE, 22)],
    "sg-office": [ports(OFFICE, 22), ports(OFFICE, 3389)],
    "sg-halves": [
        ports({"IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]}, 3389),
    ],
    "sg-everything": [{"IpProtocol": "-1", **ANY4}],
    "sg-files": [ports(ANY4, 445)],
    "sg-mysql": [ports(ANY6, 3306)],
    "sg-empty": [],
}


def create(client):
    ec2 = client("ec2")
    labels = {}
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    labels["vpc-logged"] = vpc
    for name, permissions in GROUPS.items():
        group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
        if permissions:
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
        labels[name] = group

    default = next(
        group
        for group in ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
        if group["GroupName"] == "default"
    )
    labels["sg-default-emptied"] = default["GroupId"]
    if default["IpPermissions"]:
        ec2.revoke_security_group_ingress(GroupId=default["GroupId"], IpPermissions=default["IpPermissions"])
    ec2.revoke_security_group_egress(GroupId=default["GroupId"], IpPermissions=default["IpPermissionsEgress"])

    for label, action in {"acl-closed": "deny", "acl-open": "allow"}.items():
        acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        ec2.create_network_acl_entry(
            NetworkAclId=acl,
            RuleNumber=100,
            Protocol="6",
            RuleAction=action,
            Egress=False,
            CidrBlock="0.0.0.0/0",
            PortRange={"From": 22, "To": 22},
        )
        labels[label] = acl

    labels["subnet-private"] = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    public = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.2.0/24")["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=public, MapPublicIpOnLaunch={"Value": True})
    labels["subnet-public"] = public

    client("logs").create_log_group(logGroupName="flow")
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="REJECT",
        LogDestinationType="cloud-watch-logs",
        LogGroupName="flow",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow",
    )

    ireland = client("ec2", "eu-west-1")
    labels["vpc-ireland"] = ireland.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    group = ireland.create_security_group(
        GroupName="ssh-ireland", Description="ssh", VpcId=labels["vpc-ireland"]
    )["GroupId"]
    ireland.authorize_security_group_ingress(GroupId=group, IpPermissions=[ports(ANY4, 22)])
    labels["sg-ireland"] = group
    return labels
