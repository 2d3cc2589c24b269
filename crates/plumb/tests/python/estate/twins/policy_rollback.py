"""A user may bring back an older version of his policy, in which everything was allowed."""

from estate.twins import document, person


def create(client, twin):
    iam = client("iam")
    person(iam, "raider")
    everything = document(Action="*", Resource="*")
    mine = iam.create_policy(PolicyName="raider", PolicyDocument=everything)["Policy"]["Arn"]
    action = "iam:GetPolicyVersion" if twin == "hardened" else "iam:SetDefaultPolicyVersion"
    allowed = document(Action=action, Resource="*")
    iam.create_policy_version(PolicyArn=mine, PolicyDocument=allowed, SetAsDefault=True)
    iam.attach_user_policy(UserName="raider", PolicyArn=mine)
