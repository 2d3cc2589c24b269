"""The hardened twin."""

from estate.attack import build


def create(client):
    return build(client, hardened=True)
