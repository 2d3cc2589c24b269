"""Lets Python find hosts below a loopback address, as S3 Control has them: the account in front of the endpoint."""

import socket

resolve = socket.getaddrinfo


def getaddrinfo(host, *arguments, **options):
    if isinstance(host, str) and host.endswith(".127.0.0.1"):
        host = "127.0.0.1"
    return resolve(host, *arguments, **options)


socket.getaddrinfo = getaddrinfo
