// A client that starts `sf-jwt serve` with its first call and keeps it alive; it starts it again when it has gone.
import { ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { ErrorObject, Methods, ProgressValue } from "./protocol";

/** An error of sf-jwt: `data.kind` says who should act, `data.reason` what happened, `data.hint` what to do. */
export class SfJwtError extends Error {
  readonly code: number;
  readonly data: ErrorObject["data"];

  constructor(error: ErrorObject) {
    super(error.message);
    this.name = "SfJwtError";
    this.code = error.code;
    this.data = error.data;
  }
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
  onProgress?: (value: ProgressValue) => void;
}

export class SfJwt {
  private server: ChildProcessWithoutNullStreams | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(private readonly program: () => { path: string; flags: string[] }) {}

  /** One call. `signal` cancels it; `onProgress` hears how far it has come. */
  call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    options: { signal?: AbortSignal; onProgress?: (value: ProgressValue) => void } = {},
  ): Promise<Methods[M]["result"]> {
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      const server = this.started();
      const send = (message: object) => server.stdin.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
      this.waiting.set(id, {
        resolve: resolve as (result: unknown) => void,
        reject,
        onProgress: options.onProgress,
      });
      send({ id, method, params: options.onProgress ? { ...params, progressToken: id } : params });
      const cancel = () => send({ method: "$/cancelRequest", params: { id } });
      if (options.signal?.aborted) cancel();
      else options.signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Ends the server when what is in flight has been answered. */
  dispose(): void {
    this.server?.stdin.end();
  }

  private started(): ChildProcessWithoutNullStreams {
    if (this.server) return this.server;
    const { path, flags } = this.program();
    const server = spawn(path, ["serve", ...flags], { stdio: "pipe", windowsHide: true });
    const gone = (error: Error) => {
      if (this.server === server) this.server = undefined;
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
    };
    server.on("error", (error) => gone(new Error(`${path} cannot be started: ${error.message}`)));
    server.on("close", () => gone(new Error("sf-jwt has ended")));
    server.stdin.on("error", () => {}); // told by "close"
    server.stderr.resume();
    createInterface({ input: server.stdout }).on("line", (line) => this.hear(JSON.parse(line)));
    return (this.server = server);
  }

  private hear(message: {
    id?: number;
    method?: string;
    params?: { token: number; value: ProgressValue };
    result?: unknown;
    error?: ErrorObject;
  }): void {
    if (message.method === "$/progress" && message.params) {
      this.waiting.get(message.params.token)?.onProgress?.(message.params.value);
    } else if (message.id !== undefined) {
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.error) waiting?.reject(new SfJwtError(message.error));
      else waiting?.resolve(message.result);
    }
  }
}
