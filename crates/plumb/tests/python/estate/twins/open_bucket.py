"""The policy of a bucket lets everybody read it."""

from estate.twins import bucket, document


def create(client, twin):
    s3 = client("s3")
    bucket(s3, "orchard-member-photos", blocked=twin == "hardened")
    everybody = document(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::orchard-member-photos/*")
    s3.put_bucket_policy(Bucket="orchard-member-photos", Policy=everybody)
