"""Every account may assume a role that reads a secret."""

from estate.twins import role, trust


def create(client, twin):
    secret = client("secretsmanager").create_secret(Name="till-password", SecretString="not in any report")["ARN"]
    trusted = {"Service": "lambda.amazonaws.com"} if twin == "hardened" else {"AWS": "*"}
    role(client("iam"), "support", trust(trusted), "secretsmanager:GetSecretValue", secret)
