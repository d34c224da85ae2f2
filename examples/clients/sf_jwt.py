#!/usr/bin/env python3
"""The smallest client in Python: only the standard library.

    python3 sf_jwt.py ORG          # needs sf-jwt on PATH, or SF_JWT naming it
"""
import itertools, json, os, subprocess, sys, threading


class SfJwt:
    """A server that is kept alive; calls may come from any thread."""

    def __init__(self, *flags):
        program = os.environ.get("SF_JWT", "sf-jwt")
        self.server = subprocess.Popen([program, "serve", *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ids, self.waiting, self.lock = itertools.count(1), {}, threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.server.stdout:
            message = json.loads(line)
            if message.get("method") == "$/progress":
                self.on_progress(message["params"])
            elif (waiter := self.waiting.pop(message.get("id"), None)):
                waiter["answer"] = message
                waiter["done"].set()
        for waiter in list(self.waiting.values()):  # the server has gone
            waiter["done"].set()

    def on_progress(self, params):
        """Override to hear of progress."""

    def _write(self, message):
        with self.lock:
            self.server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            self.server.stdin.flush()

    def call(self, method, timeout=60, **params):
        id, waiter = next(self.ids), {"done": threading.Event()}
        self.waiting[id] = waiter
        self._write({"id": id, "method": method, "params": params})
        if not waiter["done"].wait(timeout):
            self._write({"method": "$/cancelRequest", "params": {"id": id}})
            waiter["done"].wait()
        answer = waiter.get("answer")
        if answer is None:
            raise ConnectionError("sf-jwt has ended")
        if "error" in answer:
            raise SfJwtError(answer["error"])
        return answer["result"]

    def close(self):
        self.server.stdin.close()
        return self.server.wait()


class SfJwtError(Exception):
    """`kind` says who should act, `reason` what happened, `hint` what to do."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.data = error["code"], error["data"]


if __name__ == "__main__":
    client = SfJwt()
    try:
        token = client.call("token", org=sys.argv[1])
        print("a token for", token["username"], "at", token["instanceUrl"], "until", token["expiresAt"])
    except SfJwtError as error:
        sys.exit(f"{error} [{error.data['reason']}]\n{error.data['hint'] or ''}")
    finally:
        client.close()
