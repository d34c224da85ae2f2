"""Run by python.sh. simple-salesforce knows https and .salesforce.com hosts only: its own `session` parameter takes an
adapter that carries those requests to the emulator; nothing of simple-salesforce is changed."""
import json
import os
import sys
import time
import uuid
import warnings
from urllib.parse import urlsplit, urlunsplit

import jwt
import requests
from authlib.jose import jwt as authlib_jwt
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

warnings.simplefilter("ignore")  # simple-salesforce's advice for people
ready = json.load(open(os.environ["READY"]))
pem = open(os.environ["KEY"]).read()
failed = False


def check(what, good, seen=None):
    global failed
    failed |= not good
    print(("PASS " if good else f"FAIL {seen!r} ") + what, flush=True)


def org(name):
    found = ready["orgs"][name]
    app = next(app for app in found["apps"] if app["name"] == "service-a")
    user = next(user for user in found["users"] if user.startswith("integration"))
    return found["addressUrl"], app["clientId"], user, found["orgId"]


class Loopback(requests.adapters.HTTPAdapter):
    """Carries https://login.salesforce.com and https://127.0.0.1:PORT to the emulator."""

    def __init__(self, hosts):
        self.hosts = hosts
        super().__init__()

    def send(self, request, **options):
        url = urlsplit(request.url)
        target = urlsplit(self.hosts.get(url.netloc, f"http://{url.netloc}"))
        assert target.hostname == "127.0.0.1", target
        request.url = urlunsplit((target.scheme, target.netloc, url.path, url.query, ""))
        return super().send(request, **options)


def simple_salesforce(name, **more):
    address, client_id, user, _ = org(name)
    session = requests.Session()
    session.mount("https://", Loopback({"login.salesforce.com": ready["loginUrl"], "test.salesforce.com": ready["loginUrl"]}))
    options = {"username": user, "consumer_key": client_id, "privatekey": pem.encode(), "session": session, "version": "66.0"}
    return Salesforce(**(options | more))


connection = simple_salesforce("acme")
check("simple-salesforce logs in at the login host", connection.sf_instance in org("acme")[0], connection.sf_instance)
found = connection.query("SELECT Id, Name FROM Organization")
check("simple-salesforce queries", found["records"][0]["Name"] == "Acme", found)
check("simple-salesforce reads limits", connection.limits()["DailyApiRequests"]["Max"] > 0)
check("simple-salesforce sees the API usage", "api-usage" in connection.api_usage, connection.api_usage)
connection.session_id = "00D!nothing"
connection.headers["Authorization"] = "Bearer 00D!nothing"
found = connection.query("SELECT Id FROM Organization")
check("simple-salesforce logs in anew when its token has died", found["totalSize"] == 1, found)
for name, more, words in [
    ("globex", {}, "app must be installed into org"),
    ("acme", {"username": "unassigned@acme.example"}, "user is not admin approved to access this app"),
    ("acme", {"domain": "test"}, "audience is invalid"),
    ("uat", {"domain": "test"}, "user hasn't approved this consumer"),
]:
    try:
        simple_salesforce(name, **more)
        check(f"simple-salesforce is refused: {words}", False, "a token")
    except SalesforceAuthenticationFailed as error:
        check(f"simple-salesforce is refused: {words}", words in str(error), str(error))


def claims(name, **more):
    address, client_id, user, _ = org(name)
    return {"iss": client_id, "sub": user, "aud": address, "exp": int(time.time()) + 180, "jti": str(uuid.uuid4())} | more


def post(name, assertion):
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    return requests.post(f"{org(name)[0]}/services/oauth2/token", data=form, timeout=10)


def pyjwt(name, **more):
    return post(name, jwt.encode(claims(name, **more), pem, algorithm="RS256"))


answer = pyjwt("acme")
token = answer.json()
check("PyJWT's assertion is accepted", answer.status_code == 200, token)
bearer = {"Authorization": f"Bearer {token['access_token']}"}
userinfo = requests.get(f"{token['instance_url']}/services/oauth2/userinfo", headers=bearer, timeout=10).json()
check("userinfo knows the user", userinfo["preferred_username"] == org("acme")[2], userinfo)
identity = requests.get(token["id"], headers=bearer, timeout=10).json()
check("the identity URL knows the org", identity["organization_id"] == org("acme")[3], identity)
dead = requests.get(f"{token['instance_url']}/services/oauth2/userinfo", headers={"Authorization": "Bearer x"}, timeout=10)
check("userinfo refuses in plain text", (dead.status_code, dead.text) == (403, "Bad_OAuth_Token"), dead.text)
for what, more, error in [
    ("exp as a string", {"exp": str(int(time.time()) + 180)}, None),
    ("exp in milliseconds", {"exp": int(time.time() * 1000) + 300}, None),
    ("exp just past", {"exp": int(time.time()) - 1}, None),
    ("exp long past", {"exp": int(time.time()) - 3600}, "expired authorization code"),
    ("prn instead of sub", {"sub": None, "prn": org("acme")[2]}, None),
    ("an array as aud", {"aud": [org("acme")[0]]}, "audience is invalid"),
    ("the generic audience", {"aud": "https://login.salesforce.com"}, None),
]:
    body = pyjwt("acme", **{k: v for k, v in more.items()}).json()
    check(what, body.get("error_description") == error and ("access_token" in body) == (error is None), body)
for algorithm in ["RS384", "RS512", "PS256"]:
    body = post("acme", jwt.encode(claims("acme"), pem, algorithm=algorithm)).json()
    check(f"{algorithm} is refused", body.get("error_description") == "invalid assertion", body)

assertion = authlib_jwt.encode({"alg": "RS256"}, claims("acme"), pem).decode()
check("Authlib's assertion is accepted", post("acme", assertion).status_code == 200)
check("and not a second time", post("acme", assertion).status_code == 400)
sys.exit(failed)
