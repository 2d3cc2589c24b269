"""Creates resources in the moto server that AWS_ENDPOINT_URL names.

Usage: create.py PART..., each a module of the folder `estate`. Prints a JSON object of labels to the
identifiers that AWS chose, for resources that cannot be named.
"""

import importlib
import json
import sys

import boto3
from botocore.config import Config


def client(service, region="us-east-1"):
    # moto has one host for all; S3 Control would put the account in front of it.
    return boto3.client(service, region_name=region, config=Config(inject_host_prefix=False))


def main():
    labels = {}
    for part in sys.argv[1:]:
        module = importlib.import_module(f"estate.{part}")
        labels.update(module.create(client) or {})
    json.dump(labels, sys.stdout)


if __name__ == "__main__":
    main()
