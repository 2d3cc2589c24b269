"""The account with ways in."""

from estate.attack import build


def create(client):
    return build(client, hardened=False)
