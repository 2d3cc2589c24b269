"""The account that both tools scan: a moto server with a few hundred resources, most of them as they come.

Usage: account.py remembered|fresh MILLISECONDS: whether moto's answers are remembered once the account is complete, and how much
longer every answer takes then, as over a network. Prints its port. Answers each line of its standard input with a line of JSON: the
requests since the last one, by service and target or path, and the CPU seconds they took here. Ends when its standard input ends.
"""

import collections
import io
import json
import logging
import os
import sys
import threading
import time

os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app

BUCKETS, USERS, ROLES, POLICIES, GROUPS, INSTANCES, VOLUMES, KEYS, DATABASES, FILES = 200, 200, 100, 50, 100, 50, 50, 20, 10, 5

TLS_ONLY = {"Bool": {"aws:SecureTransport": "false"}}


class Counted:
    """Counts requests and can remember answers, so that the tools are measured and not moto, which takes 6 ms of CPU for each.

    It answers one operation that moto lacks, so that nobody is measured by how patiently it tries again.
    """

    def __init__(self, application):
        self.application = application
        self.requests = collections.Counter()
        self.answers = None
        self.lock = threading.Lock()
        self.latency = 0.0
        self.spent = 0.0

    def open(self, remembers, latency):
        """The account is complete: answers stay the same from now on, and take their time."""
        self.take()
        self.answers = {} if remembers else None
        self.latency = latency

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        scope = (environ.get("HTTP_AUTHORIZATION", "").split(",")[0].split("/") + [""] * 4)[2:4]
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        key = (*scope, target, environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"], body)
        with self.lock:
            self.requests[f"{scope[1]} {target or environ['REQUEST_METHOD'] + ' ' + environ['PATH_INFO']}"] += 1
        time.sleep(self.latency)
        # The report of credentials is made while one waits.
        keeps = self.answers is not None and b"CredentialReport" not in body
        answer = self.answers.get(key) if keeps else None
        if answer is None:
            answer = self.answer(environ, scope[1])
            if keeps and not answer[0].startswith("5"):
                self.answers[key] = answer
        status, headers, text = answer
        start_response(status, headers)
        return [text]

    def answer(self, environ, service):
        if service == "access-analyzer" and environ["PATH_INFO"] == "/analyzer":
            return "200 OK", [("Content-Type", "application/json")], b'{"analyzers":[]}'
        parts, status, headers = run_wsgi_app(self.application, environ, buffered=True)
        return status, list(headers), b"".join(parts)

    def take(self):
        with self.lock:
            requests, self.requests = self.requests, collections.Counter()
            before, self.spent = self.spent, time.process_time()
        return {"operations": dict(requests), "server": self.spent - before}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def fill_storage(client):
    s3 = client("s3")
    for number in range(BUCKETS):
        name = f"bucket-{number:04}"
        s3.create_bucket(Bucket=name)
        if number % 2:
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        if number % 3:
            deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": TLS_ONLY}
            resources = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
            s3.put_bucket_policy(Bucket=name, Policy=document({**deny, "Resource": resources}))
        if number % 4:
            switches = ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"]
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(switches, True))
    for number in range(FILES):
        client("efs").create_file_system(CreationToken=f"files-{number}", Encrypted=number % 2 == 0)
    for number in range(DATABASES):
        client("rds").create_db_instance(
            DBInstanceIdentifier=f"database-{number}",
            DBInstanceClass="db.t3.micro",
            Engine="postgres",
            AllocatedStorage=20,
            MasterUsername="plumb",
            MasterUserPassword="correct-horse-42",
            StorageEncrypted=number % 2 == 0,
        )


def fill_identity(client):
    iam = client("iam")
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    for number in range(POLICIES):
        action = "*" if number % 25 == 0 else "s3:GetObject"
        iam.create_policy(
            PolicyName=f"policy-{number:04}",
            PolicyDocument=document({"Effect": "Allow", "Action": action, "Resource": "*"}),
        )
    for number in range(USERS):
        name = f"user-{number:04}"
        iam.create_user(UserName=name)
        if number % 2:
            iam.create_login_profile(UserName=name, Password="Correct-horse-42")
        if number % 4 == 0:
            iam.create_access_key(UserName=name)
        if number % 10 == 0:
            iam.attach_user_policy(
                UserName=name, PolicyArn=f"arn:aws:iam::123456789012:policy/policy-{number % POLICIES:04}"
            )
    for number in range(ROLES):
        name = f"role-{number:04}"
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.attach_role_policy(
            RoleName=name, PolicyArn=f"arn:aws:iam::123456789012:policy/policy-{number % POLICIES:04}"
        )
        iam.put_role_policy(
            RoleName=name,
            PolicyName="inline",
            PolicyDocument=document({"Effect": "Allow", "Action": "logs:*", "Resource": "*"}),
        )


def fill_compute(client):
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    for number in range(GROUPS):
        group = ec2.create_security_group(GroupName=f"group-{number:04}", Description="of the benchmark", VpcId=vpc)
        port, source = (22, "0.0.0.0/0") if number % 10 == 0 else (443, "10.0.0.0/8")
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": source}]}
        ec2.authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[permission])
    ec2.run_instances(ImageId="ami-03cf127a", MinCount=INSTANCES, MaxCount=INSTANCES)
    for _ in range(VOLUMES):
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=8)
    kms = client("kms")
    for number in range(KEYS):
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        if number % 2:
            kms.enable_key_rotation(KeyId=key)


def main():
    logging.getLogger("werkzeug").disabled = True
    counted = Counted(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, counted, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def client(service):
        return boto3.client(
            service,
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{server.port}",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    fill_storage(client)
    fill_identity(client)
    fill_compute(client)
    counted.open(sys.argv[1] == "remembered", float(sys.argv[2]) / 1000)
    answers = sys.stdout
    sys.stdout = sys.stderr = open(os.devnull, "w")
    print(server.port, file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(counted.take()), file=answers, flush=True)


if __name__ == "__main__":
    main()
