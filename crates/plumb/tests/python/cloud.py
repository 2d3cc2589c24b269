"""A moto server with resources in it.

Usage: cloud.py PART..., each a module of the folder `estate`, or `twins.NAME@vulnerable` and `twins.NAME@hardened` for one
of two twins. Prints one line of JSON when all is there: `port`, and
`labels` of the identifiers that AWS chose for resources that cannot be named. Ends when its standard input ends.
"""

import importlib
import json
import logging
import os
import sys

import boto3
from moto.server import ThreadedMotoServer


def client_factory(endpoint):
    def client(service, region="us-east-1"):
        made = boto3.client(
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
        made.meta.events.register("before-sign.s3-control", take_account_out_of_host)
        return made

    return client


def take_account_out_of_host(request, **_):
    """S3 Control puts the account in front of the host, which no resolver knows below a loopback address."""
    request.url = request.url.replace("//123456789012.", "//", 1)


def main():
    logging.getLogger("werkzeug").disabled = True
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = client_factory(f"http://{host}:{port}")
    labels = {}
    for part in sys.argv[1:]:
        module, *twin = part.split("@")
        labels.update(importlib.import_module(f"estate.{module}").create(client, *twin) or {})
    print(json.dumps({"port": port, "labels": labels}), flush=True)
    # Nobody reads on: what moto says about operations that it lacks would block it or break it.
    sys.stdout = sys.stderr = open(os.devnull, "w")
    sys.stdin.read()


if __name__ == "__main__":
    main()
