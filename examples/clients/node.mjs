// The smallest client in Node: only the standard library.
//
//     node node.mjs ORG            needs sf-jwt on PATH, or SF_JWT naming it
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** An error of sf-jwt: `data.kind` says who should act, `data.reason` what happened, `data.hint` what to do. */
export class SfJwtError extends Error {
  constructor({ code, message, data }) {
    super(message);
    Object.assign(this, { name: "SfJwtError", code, data });
  }
}

/** A server that is kept alive. */
export class SfJwt {
  #waiting = new Map();
  #lastId = 0;

  constructor(flags = [], onProgress = () => {}) {
    this.server = spawn(process.env.SF_JWT ?? "sf-jwt", ["serve", ...flags], { stdio: ["pipe", "pipe", "inherit"] });
    const gone = (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    this.server.on("error", gone);
    this.server.on("close", () => gone(new Error("sf-jwt has ended")));
    this.server.stdin.on("error", () => {});
    createInterface({ input: this.server.stdout }).on("line", (line) => {
      const { id, method, params, result, error } = JSON.parse(line);
      if (method === "$/progress") return onProgress(params);
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(new SfJwtError(error));
      else waiting?.resolve(result);
    });
  }

  #send(message) {
    this.server.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
  }

  /** One call; an AbortSignal cancels it. */
  call(method, params = {}, signal) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send({ id, method, params });
      signal?.addEventListener("abort", () => this.#send({ method: "$/cancelRequest", params: { id } }), { once: true });
    });
  }

  /** Ends the server when everything is answered: its exit code. */
  close() {
    return new Promise((resolve) => {
      this.server.on("close", resolve);
      this.server.stdin.end();
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const client = new SfJwt();
  try {
    const token = await client.call("token", { org: process.argv[2] });
    console.log(`a token for ${token.username} at ${token.instanceUrl} until ${token.expiresAt}`);
  } catch (error) {
    console.error(`${error.message} [${error.data?.reason}]\n${error.data?.hint ?? ""}`);
    process.exitCode = 1;
  } finally {
    await client.close();
  }
}
