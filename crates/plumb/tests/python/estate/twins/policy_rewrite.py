"""A user may write new versions of the very policy that limits him."""

from estate.twins import document, person


def create(client, twin):
    iam = client("iam")
    person(iam, "raider")
    reach = "policy/drafts/*" if twin == "hardened" else "policy/*"
    allowed = document(Action="iam:CreatePolicyVersion", Resource=f"arn:aws:iam::123456789012:{reach}")
    mine = iam.create_policy(PolicyName="raider", PolicyDocument=allowed)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="raider", PolicyArn=mine)
