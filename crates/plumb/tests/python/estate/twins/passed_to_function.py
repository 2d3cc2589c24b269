"""A user becomes a manager of functions who may pass an administrator's role to a new one."""

from estate.twins import document, person, role, trust


def create(client, twin):
    iam = client("iam")
    person(iam, "tester")
    assumes = document(Action="sts:AssumeRole", Resource="*")
    iam.put_user_policy(UserName="tester", PolicyName="assume", PolicyDocument=assumes)
    actions = ["lambda:CreateFunction", "lambda:InvokeFunction"]
    passes = [] if twin == "hardened" else ["iam:PassRole"]
    role(iam, "function-manager", trust({"AWS": "arn:aws:iam::123456789012:user/tester"}), actions + passes)
    role(iam, "repair", trust({"Service": "lambda.amazonaws.com"}), "*")
