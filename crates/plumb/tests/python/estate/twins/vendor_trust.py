"""A vendor assumes an administrator without having to say for whom it acts."""

from estate.twins import role, trust


def create(client, twin):
    says = {"Condition": {"StringEquals": {"sts:ExternalId": "d4a7c9b15e08"}}} if twin == "hardened" else {}
    role(client("iam"), "cost-vendor", trust({"AWS": "arn:aws:iam::640912736455:root"}, **says), "*")
