#!/usr/bin/env python3
"""Real clients read the forms that are made for them: kubectl an exec credential, botocore a credential_process.

Needs sf-jwt in the path, botocore (pip install botocore) and openssl; kubectl is skipped where there is none.
Run it as `sf-jwt emulator -- tests/interop/credential_formats.py`.
"""
import http.server
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import threading

import botocore.session

folder = pathlib.Path(tempfile.mkdtemp())
os.environ["SF_JWT_STATE_DIR"] = str(folder / "state")
token = subprocess.run(["sf-jwt", "token", "-o", "acme"], check=True, capture_output=True, text=True).stdout.strip()


def with_botocore():
    config = folder / "aws"
    config.write_text("[profile acme]\ncredential_process = sf-jwt token -o acme --format credential-process\n")
    os.environ["AWS_CONFIG_FILE"] = str(config)
    credentials = botocore.session.Session(profile="acme").get_credentials()
    assert credentials.method == "custom-process"
    assert credentials.get_frozen_credentials().token == token
    assert not credentials.refresh_needed(0)
    print("ok: botocore")


class ApiServer(http.server.BaseHTTPRequestHandler):
    seen = []

    def do_GET(self):
        self.seen.append(self.headers["Authorization"])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def with_kubectl():
    if not shutil.which("kubectl"):
        print("skipped: kubectl is not installed")
        return
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run(request + ["-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = http.server.HTTPServer(("127.0.0.1", 0), ApiServer)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sf-jwt",
        "args": ["token", "-o", "acme", "--format", "exec-credential"],
        "interactiveMode": "Never",
    }
    address = f"https://127.0.0.1:{server.server_port}"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "acme",
        "clusters": [{"name": "acme", "cluster": {"server": address, "insecure-skip-tls-verify": True}}],
        "contexts": [{"name": "acme", "context": {"cluster": "acme", "user": "acme"}}],
        "users": [{"name": "acme", "user": {"exec": plugin}}],
    }
    (folder / "kubeconfig").write_text(json.dumps(config))
    command = ["kubectl", "--kubeconfig", folder / "kubeconfig", "get", "--raw", "/version"]
    subprocess.run(command, check=True, capture_output=True)
    assert f"Bearer {token}" in ApiServer.seen, "the API server saw another token"
    print("ok: kubectl")


try:
    with_botocore()
    with_kubectl()
finally:
    shutil.rmtree(folder)
