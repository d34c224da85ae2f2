// Type-checked by `npm run check`: what the types let a client say, and what they do not.
import type { ErrorObject, Methods } from "./index.js";

declare function call<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;

const token = await call("token", { org: "acme", minValiditySeconds: 60 });
const where: string = token.instanceUrl;
await call("token", {
  connection: { clientId: "3MVG9…", username: "u@acme.example", loginUrl: where, key: { pem: "…" } },
});
const failed = (await call("verify-connection", { org: "acme", progressToken: 1 })).checks.filter(
  (check) => check.status === "fail",
);
const causes: string[] = failed.flatMap((check) => check.causes ?? []);
const page = await call("install-url", { target: "acme.my.salesforce.com", appId: "0Ci…" });
const steps: string[] = page.nextSteps.map((step) => step.title);
await call("ping", undefined);

// @ts-expect-error a target is needed
await call("install-url", { appId: "0Ci…" });
// @ts-expect-error there is no such parameter
await call("token", { ogr: "acme" });

export function hint(error: ErrorObject): string {
  return [error.message, error.data.hint, ...causes, ...steps].filter(Boolean).join("\n");
}
