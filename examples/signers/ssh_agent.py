#!/usr/bin/env python3
"""A signer for RSA keys in an ssh-agent (OpenSSH's, gpg-agent, a password manager's): the key never leaves the agent.

    key = "signer:python3 /path/to/ssh_agent.py COMMENT"

COMMENT is the comment or the `SHA256:…` fingerprint that `ssh-add -l` shows. sf-jwt writes the signing input to
standard input and reads the signature from standard output. An agent's signature with rsa-sha2-256 (RFC 8332) is
RSASSA-PKCS1-v1_5 with SHA-256, which is RS256.
"""
import base64
import hashlib
import os
import socket
import struct
import sys

REQUEST_IDENTITIES, IDENTITIES_ANSWER, SIGN_REQUEST, SIGN_RESPONSE = 11, 12, 13, 14
RSA_SHA2_256 = 2


def string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def take(data: bytes) -> tuple[bytes, bytes]:
    length = struct.unpack(">I", data[:4])[0]
    return data[4 : 4 + length], data[4 + length :]


def ask(agent: socket.socket, message: bytes, expected: int) -> bytes:
    agent.sendall(string(message))
    stream = agent.makefile("rb")
    answer = stream.read(struct.unpack(">I", stream.read(4))[0])
    if answer[0] != expected:
        sys.exit("the agent refused")
    return answer[1:]


def main() -> None:
    wanted = sys.argv[1]
    if "SSH_AUTH_SOCK" not in os.environ:
        sys.exit("no agent: SSH_AUTH_SOCK is not set")
    agent = socket.socket(socket.AF_UNIX)
    agent.connect(os.environ["SSH_AUTH_SOCK"])
    rest = ask(agent, bytes([REQUEST_IDENTITIES]), IDENTITIES_ANSWER)[4:]
    while rest:
        key, rest = take(rest)
        comment, rest = take(rest)
        fingerprint = "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
        if wanted in (comment.decode(), fingerprint) and take(key)[0] == b"ssh-rsa":
            break
    else:
        sys.exit("the agent has no RSA key of that comment or fingerprint")
    data = sys.stdin.buffer.read()
    request = bytes([SIGN_REQUEST]) + string(key) + string(data) + struct.pack(">I", RSA_SHA2_256)
    signature, _ = take(ask(agent, request, SIGN_RESPONSE))
    algorithm, blob = take(signature)
    if algorithm != b"rsa-sha2-256":
        sys.exit("the agent signs with " + algorithm.decode())
    sys.stdout.buffer.write(take(blob)[0])


main()
