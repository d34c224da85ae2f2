import * as vscode from "vscode";
import { SfJwt, SfJwtError } from "./client";

let client: SfJwt | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel("Salesforce JWT");
  const sfJwt = (client = new SfJwt(() => {
    const settings = vscode.workspace.getConfiguration("sfJwt");
    return { path: settings.get("path", "sf-jwt"), flags: settings.get<string[]>("flags", []) };
  }));
  const command = (name: string, run: () => Promise<void>) =>
    vscode.commands.registerCommand(name, () => run().catch((error) => tell(error, output)));

  context.subscriptions.push(
    output,
    sfJwt,
    command("sfJwt.copyToken", async () => {
      const org = await pickOrg(sfJwt);
      if (!org) return;
      const token = await working(`A token for ${org}`, (_, signal) => sfJwt.call("token", { org }, { signal }));
      await vscode.env.clipboard.writeText(token.accessToken);
      void vscode.window.showInformationMessage(
        `Copied a token for ${token.username}, good until ${new Date(token.expiresAt).toLocaleTimeString()}.`,
      );
    }),
    command("sfJwt.verify", async () => {
      const org = await pickOrg(sfJwt);
      if (!org) return;
      const report = await working(`Verifying ${org}`, (progress, signal) => {
        let done = 0;
        return sfJwt.call("verify-connection", { org }, {
          signal,
          onProgress: (value) => {
            if (value.kind !== "report") return;
            progress.report({ message: value.message, increment: value.percentage - done });
            done = value.percentage;
          },
        });
      });
      output.clear();
      for (const check of report.checks) {
        output.appendLine(`${check.status.padEnd(4)} ${check.title}: ${check.detail}`);
        for (const cause of check.causes ?? []) output.appendLine(`       - ${cause}`);
        if (check.remedy) output.appendLine(`       → ${check.remedy}`);
      }
      if (report.ok) {
        void vscode.window.showInformationMessage(`The connection to ${org} works.`);
        return;
      }
      const failed = report.checks.find((check) => check.id === report.failed);
      output.show(true);
      await offer(`${failed?.title}: ${failed?.detail}`, failed?.links ?? []);
    }),
    command("sfJwt.openInstallPage", async () => {
      const target = await vscode.window.showInputBox({
        prompt: "Org: a configured name, or a My Domain",
        placeHolder: "acme.my.salesforce.com",
      });
      if (!target) return;
      const appId = await vscode.window.showInputBox({
        prompt: "App id (0Ci…), empty when the org's configuration has it",
      });
      if (appId === undefined) return;
      const page = await sfJwt.call("install-url", { target, ...(appId ? { appId } : {}) });
      await vscode.env.openExternal(vscode.Uri.parse(page.url, true));
    }),
  );
}

export function deactivate(): void {
  client?.dispose();
}

async function pickOrg(sfJwt: SfJwt): Promise<string | undefined> {
  const { orgs } = await sfJwt.call("orgs", {});
  const items = orgs.map((org) => ({ label: org.name, description: org.username ?? "", detail: org.loginUrl ?? "" }));
  return (await vscode.window.showQuickPick(items, { placeHolder: "Org" }))?.label;
}

function working<T>(
  title: string,
  work: (progress: vscode.Progress<{ message?: string; increment?: number }>, signal: AbortSignal) => Promise<T>,
): Thenable<T> {
  const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
  return vscode.window.withProgress(options, (progress, cancellation) => {
    const abort = new AbortController();
    cancellation.onCancellationRequested(() => abort.abort());
    return work(progress, abort.signal);
  });
}

async function tell(error: unknown, output: vscode.OutputChannel): Promise<void> {
  if (!(error instanceof SfJwtError)) {
    void vscode.window.showErrorMessage(String(error instanceof Error ? error.message : error));
    return;
  }
  if (error.data.kind === "cancelled") return;
  output.appendLine(`${error.message} [${error.data.reason}]`);
  for (const cause of error.data.causes) output.appendLine(`  - ${cause}`);
  await offer([error.message, error.data.hint].filter(Boolean).join(" – "), error.data.links);
}

/** An error with the pages that help as buttons. */
async function offer(message: string, links: { title: string; url?: string | null }[]): Promise<void> {
  const pages = links.filter((link) => link.url).slice(0, 3);
  const chosen = await vscode.window.showErrorMessage(message, ...pages.map((link) => link.title));
  const page = pages.find((link) => link.title === chosen);
  if (page?.url) await vscode.env.openExternal(vscode.Uri.parse(page.url, true));
}
