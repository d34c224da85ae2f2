"""Drives the server as an editor would: token, verify with progress, install-url, an error, a cancel, a burst."""
import threading
from sf_jwt import SfJwt, SfJwtError

heard = []
client = SfJwt()
client.on_progress = lambda params: heard.append(params["value"])

token = client.call("token", org="acme")
assert token["accessToken"].startswith("00D") and token["cached"] is False, token["org"]

report = client.call("verify-connection", org="acme", progressToken="p")
assert report["ok"], report["failed"]
assert [v["kind"] for v in heard] == ["begin"] + ["report"] * len(report["checks"]) + ["end"]
assert [v["check"]["id"] for v in heard[1:-1]] == [c["id"] for c in report["checks"]]

page = client.call("install-url", target="acme.lightning.force.com", appId="0Ci5e000000bn6b")
assert page["url"] == "https://acme.my.salesforce.com/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b"

try:
    client.call("token", org="nowhere")
    raise SystemExit("an unknown org gave a token")
except SfJwtError as error:
    assert (error.code, error.data["reason"]) == (1010, "unknown-org"), error.data

try:
    client.call("token", org="acme", fresh=True, timeout=0.02)
    raise SystemExit("a cancelled call was answered")
except SfJwtError as error:
    assert error.code == -32800, error.code

answers = []
ask = lambda n: answers.append(client.call("install-url", target=f"org{n}.my.salesforce.com", appId="0Ci5e000000bn6b"))
threads = [threading.Thread(target=lambda first=first: [ask(n) for n in range(first, first + 50)]) for first in range(0, 500, 50)]
[t.start() for t in threads], [t.join() for t in threads]
assert sorted(a["host"] for a in answers) == sorted(f"org{n}.my.salesforce.com" for n in range(500))

assert client.call("shutdown") is None
assert client.close() == 0
print("python: ok")
