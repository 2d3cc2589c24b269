"""Small estates with one way in, each with a hardened twin that differs in what decides: `create(client, "hardened")`."""

import json


def document(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def trust(principal, **more):
    return document(Principal=principal, Action="sts:AssumeRole", **more)


def role(iam, name, trusted, action, resource="*"):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)
    allowed = document(Action=action, Resource=resource)
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=allowed)


def person(iam, name):
    """A user whose console password stands alone."""
    iam.create_user(UserName=name)
    iam.create_login_profile(UserName=name, Password="Correct-horse-42")


def bucket(s3, name, blocked):
    s3.create_bucket(Bucket=name)
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "DataClassification", "Value": "restricted"}]})
    kinds = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(kinds, blocked))
