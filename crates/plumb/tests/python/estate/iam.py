"""Users, groups, roles and policies: sound ones and one for each thing that can be wrong."""

import json


def document(effect="Allow", action="s3:ListAllMyBuckets", resource="*"):
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": resource}]}
    )


def trust(principal, condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def create_users(iam):
    for name in ["with-mfa", "without-mfa", "robot", "two-keys", "inline", "idle"]:
        iam.create_user(UserName=name)
    for name in ["with-mfa", "without-mfa"]:
        iam.create_login_profile(UserName=name, Password="Correct-horse-42")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="with-mfa", SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="234567"
    )
    iam.create_access_key(UserName="robot")
    iam.create_access_key(UserName="two-keys")
    iam.create_access_key(UserName="two-keys")
    iam.attach_user_policy(UserName="robot", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.put_user_policy(UserName="inline", PolicyName="everything", PolicyDocument=document(action="*"))


def create_policies(iam):
    def policy(name, text):
        return iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]

    used = [policy("full-admin", document(action="*")), policy("narrow", document())]
    policy("full-admin-unused", document(action="*"))
    former = policy("former-admin", document(action="*"))
    iam.create_policy_version(PolicyArn=former, PolicyDocument=document(), SetAsDefault=True)
    iam.create_group(GroupName="admins")
    for arn in [*used, former]:
        iam.attach_group_policy(GroupName="admins", PolicyArn=arn)
    iam.put_group_policy(GroupName="admins", PolicyName="everything", PolicyDocument=document(action="*"))
    iam.create_group(GroupName="readers")
    iam.put_group_policy(GroupName="readers", PolicyName="lists", PolicyDocument=document())
    iam.add_user_to_group(GroupName="admins", UserName="with-mfa")


def create_roles(iam):
    stranger = {"AWS": "arn:aws:iam::999988887777:root"}
    for name, text in {
        "anyone": trust({"AWS": "*"}),
        "stranger": trust(stranger),
        "stranger-with-id": trust(stranger, {"StringEquals": {"sts:ExternalId": "7c9e"}}),
        "compute": trust({"Service": "ec2.amazonaws.com"}),
        "support": trust({"Service": "ec2.amazonaws.com"}),
    }.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=text)
    iam.put_role_policy(RoleName="compute", PolicyName="everything", PolicyDocument=document(action="*:*"))
    iam.attach_role_policy(RoleName="support", PolicyArn="arn:aws:iam::aws:policy/AWSSupportAccess")


def create(client):
    iam = client("iam")
    create_users(iam)
    create_policies(iam)
    create_roles(iam)
    iam.update_account_password_policy(MinimumPasswordLength=14, PasswordReusePrevention=5)
