"""Creates resources in the moto server that AWS_ENDPOINT_URL names.

Usage: create.py PART..., each a module of the folder `estate`. Prints a JSON object of labels to the
identifiers that AWS chose, for resources that cannot be named.
"""

import importlib
import json
import sys

import boto3


def client(service, region="us-east-1"):
    made = boto3.client(service, region_name=region)
    made.meta.events.register("before-sign.s3-control", take_account_out_of_host)
    return made


def take_account_out_of_host(request, **_):
    """S3 Control puts the account in front of the host, which no resolver knows below a loopback address."""
    request.url = request.url.replace("//123456789012.", "//", 1)


def main():
    labels = {}
    for part in sys.argv[1:]:
        module = importlib.import_module(f"estate.{part}")
        labels.update(module.create(client) or {})
    json.dump(labels, sys.stdout)


if __name__ == "__main__":
    main()
