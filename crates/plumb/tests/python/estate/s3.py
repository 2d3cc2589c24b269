"""Buckets: one that has everything right, one as it comes, and one for each thing that can be wrong."""

import json

BLOCK_ALL = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def tls_only(bucket):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def public_read(bucket):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
        ],
    }


def create(client):
    s3 = client("s3")
    for name in ["sound", "plain", "logs", "half-blocked"]:
        s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket="in-ireland", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.create_bucket(Bucket="public-policy", ObjectOwnership="BucketOwnerEnforced")
    s3.create_bucket(Bucket="public-acl", ObjectOwnership="ObjectWriter")

    s3.put_bucket_encryption(
        Bucket="sound",
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/own"}}]
        },
    )
    s3.put_bucket_versioning(
        Bucket="sound", VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"}, MFA="serial 123456"
    )
    s3.put_public_access_block(Bucket="sound", PublicAccessBlockConfiguration=BLOCK_ALL)
    s3.put_bucket_ownership_controls(
        Bucket="sound", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_policy(Bucket="sound", Policy=json.dumps(tls_only("sound")))
    s3.put_bucket_acl(Bucket="logs", ACL="log-delivery-write")
    s3.put_bucket_logging(
        Bucket="sound",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "sound/"}},
    )
    s3.put_bucket_tagging(Bucket="sound", Tagging={"TagSet": [{"Key": "owner", "Value": "platform"}]})

    s3.put_bucket_versioning(Bucket="half-blocked", VersioningConfiguration={"Status": "Suspended"})
    s3.put_public_access_block(
        Bucket="half-blocked", PublicAccessBlockConfiguration={**BLOCK_ALL, "RestrictPublicBuckets": False}
    )
    s3.put_bucket_policy(Bucket="public-policy", Policy=json.dumps(public_read("public-policy")))
    s3.put_bucket_acl(Bucket="public-acl", ACL="public-read")
