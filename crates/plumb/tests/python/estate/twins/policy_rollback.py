"""A user may bring back an old version of his policy, in which everything was allowed."""

from estate.twins import document, person


def create(client, twin):
    iam = client("iam")
    person(iam, "raider")
    everything = document(Action="*", Resource="*")
    mine = "arn:aws:iam::123456789012:policy/raider"
    action = "iam:GetPolicyVersion" if twin == "hardened" else "iam:SetDefaultPolicyVersion"
    iam.create_policy(PolicyName="raider", PolicyDocument=everything)
    iam.create_policy_version(PolicyArn=mine, PolicyDocument=document(Action=action, Resource="*"), SetAsDefault=True)
    iam.attach_user_policy(UserName="raider", PolicyArn=mine)
