// Made from ../openrpc.json by generate.mjs: do not edit.

/**
 * How a check ended.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "CheckStatus".
 */
export type CheckStatus = "pass" | "warn" | "fail" | "skip";
/**
 * Where `expiresAt` comes from.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ExpirySource".
 */
export type ExpirySource = "token" | "lifetime-setting";
/**
 * What an install URL leads to.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "InstallKind".
 */
export type InstallKind = "connected-app" | "package";
/**
 * What a client calls the progress of a call.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ProgressToken".
 */
export type ProgressToken = string | number;
/**
 * How far a call has come.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ProgressValue".
 */
export type ProgressValue =
  | {
      kind: "begin";
      /**
       * What is done.
       */
      title: string;
      [k: string]: unknown;
    }
  | {
      kind: "report";
      /**
       * What was found.
       */
      message: string;
      /**
       * How much of the work is done, 0 to 100.
       */
      percentage: number;
      /**
       * The check that was done.
       */
      check?: CheckResult | null;
      [k: string]: unknown;
    }
  | {
      kind: "end";
      /**
       * How it ended.
       */
      message?: string | null;
      [k: string]: unknown;
    };
/**
 * The form of an access token.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "TokenFormat".
 */
export type TokenFormat = "opaque" | "jwt";

/**
 * What is said about a cached token.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "CachedTokenSummary".
 */
export interface CachedTokenSummary {
  /**
   * Until when it is handed out.
   */
  expiresAt: string;
  [k: string]: unknown;
}
/**
 * What a server does for its client, as its flags say.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "Capabilities".
 */
export interface Capabilities {
  /**
   * The methods that can be called.
   */
  methods: string[];
  /**
   * The orgs that calls may name; null when any configured one.
   */
  orgs: string[] | null;
  /**
   * Whether calls may carry a connection of their own.
   */
  connections: boolean;
  /**
   * Whether such a connection may lead to this machine.
   */
  loopback: boolean;
  /**
   * Whether such a connection may run commands for its key.
   */
  commands: boolean;
  /**
   * The largest frame that is read, in bytes.
   */
  maxFrame: number;
  [k: string]: unknown;
}
/**
 * One check of a connection.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "CheckResult".
 */
export interface CheckResult {
  /**
   * A stable id.
   */
  id: string;
  /**
   * A few words.
   */
  title: string;
  /**
   * How it ended.
   */
  status: CheckStatus;
  /**
   * What was found.
   */
  detail: string;
  /**
   * How long it took, in milliseconds.
   */
  durationMs: number;
  /**
   * The reason of a failure or warning.
   */
  reason?: string | null;
  /**
   * Likely causes, most likely first.
   */
  causes?: string[];
  /**
   * What to do.
   */
  remedy?: string | null;
  /**
   * Pages to open.
   */
  links?: Link[];
  [k: string]: unknown;
}
/**
 * A page to open.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "Link".
 */
export interface Link {
  /**
   * What the page is called.
   */
  title: string;
  /**
   * The path on the org's host.
   */
  path: string;
  /**
   * The absolute address, when the org's My Domain is known.
   */
  url: string | null;
  [k: string]: unknown;
}
/**
 * A connection carried whole in a call, for hosts that keep their own configuration.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "Connection".
 */
export interface Connection {
  /**
   * The app's consumer key (`iss`).
   */
  clientId: string;
  /**
   * The Salesforce username (`sub`), not an e-mail address or a user id.
   */
  username: string;
  /**
   * The org's My Domain, for instance `https://acme.my.salesforce.com`.
   */
  loginUrl: string;
  /**
   * The audience (`aud`); by default the login URL.
   */
  audience?: string | null;
  /**
   * The private key: a key URI, `{"pem":…}` or `{"base64":…}`.
   */
  key:
    | string
    | {
        pem: string;
      }
    | {
        base64: string;
      };
  /**
   * The key's passphrase: a URI or `{"value":…}`.
   */
  passphrase?:
    | (
        | string
        | {
            value: string;
          }
      )
    | null;
  /**
   * The path of the certificate that was uploaded to the app.
   */
  certificate?: string | null;
  /**
   * The org this connection is pinned to: a token for another org is dropped.
   */
  orgId?: string | null;
  /**
   * How long an opaque token is reused, in seconds.
   */
  tokenLifetimeSeconds?: number | null;
}
/**
 * `error.data`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ErrorData".
 */
export interface ErrorData {
  /**
   * Who should act.
   */
  kind: string;
  /**
   * The stable reason.
   */
  reason: string;
  /**
   * Whether the same request may succeed later without anybody changing anything.
   */
  retryable: boolean;
  /**
   * What to do.
   */
  hint: string | null;
  /**
   * Likely causes, most likely first.
   */
  causes: string[];
  /**
   * Pages to open.
   */
  links: Link[];
  /**
   * `true` when this is a remembered refusal, not a new answer.
   */
  cached?: boolean | null;
  /**
   * OAuth's `error`.
   */
  oauthError?: string | null;
  /**
   * OAuth's `error_description`, cleaned and cut.
   */
  oauthDescription?: string | null;
  /**
   * The HTTP status of the answer.
   */
  httpStatus?: number | null;
  /**
   * Where the network failed or time ran out.
   */
  phase?: string | null;
  /**
   * The flag, parameter or configuration field.
   */
  field?: string | null;
  /**
   * What was noticed, and what was tried, before it failed.
   */
  warnings?: Warning[];
  [k: string]: unknown;
}
/**
 * Something that deserves attention but did not stop the work.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "Warning".
 */
export interface Warning {
  /**
   * A stable kebab-case code.
   */
  reason: string;
  /**
   * One sentence.
   */
  message: string;
  [k: string]: unknown;
}
/**
 * An error object: JSON-RPC 2.0 section 5.1, and what `--json` prints.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ErrorObject".
 */
export interface ErrorObject {
  /**
   * The code of the error's kind.
   */
  code: number;
  /**
   * One lower-case sentence of what happened.
   */
  message: string;
  /**
   * What accompanies it.
   */
  data: ErrorData;
  [k: string]: unknown;
}
/**
 * Result of `explain`: an entry of the catalogue.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "Explanation".
 */
export interface Explanation {
  /**
   * The reason or check id.
   */
  code: string;
  /**
   * `refusal`, `reason` or `check`.
   */
  kind: string;
  /**
   * What it means.
   */
  meaning: string;
  /**
   * What Salesforce says, as far as it is known.
   */
  wordings: string[];
  /**
   * Likely causes, most likely first.
   */
  causes: string[];
  /**
   * What to do.
   */
  remedy: string | null;
  /**
   * Pages to open.
   */
  links: Link[];
  /**
   * When trying again helps.
   */
  retry: string | null;
  /**
   * Where this knowledge comes from, and how sure it is.
   */
  source: string | null;
  [k: string]: unknown;
}
/**
 * Who logged in.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "Identity".
 */
export interface Identity {
  /**
   * The org's id, 18 characters.
   */
  orgId: string;
  /**
   * The user's id, 18 characters.
   */
  userId: string;
  /**
   * The username.
   */
  username: string;
  /**
   * Where API requests go.
   */
  instanceUrl: string;
  [k: string]: unknown;
}
/**
 * Result of `initialize`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "InitializeResult".
 */
export interface InitializeResult {
  /**
   * Who answers.
   */
  serverInfo: ServerInfo;
  /**
   * The versions of the protocol that this server speaks.
   */
  protocolVersions: number[];
  /**
   * What this server does for this client.
   */
  capabilities: Capabilities;
  [k: string]: unknown;
}
/**
 * Who answers.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ServerInfo".
 */
export interface ServerInfo {
  /**
   * `sf-jwt`.
   */
  name: string;
  /**
   * The version of the program.
   */
  version: string;
  [k: string]: unknown;
}
/**
 * Result of `install-url`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "InstallUrlResult".
 */
export interface InstallUrlResult {
  /**
   * The page where an admin installs the app.
   */
  url: string;
  /**
   * What the page installs.
   */
  kind: InstallKind;
  /**
   * The target as it was given.
   */
  target: string;
  /**
   * The host of `url`.
   */
  host: string;
  /**
   * The host that was given, when it had to be rewritten.
   */
  rewrittenFrom: string | null;
  /**
   * The app's id, 18 characters.
   */
  appId: string | null;
  /**
   * The owning org's id, 18 characters.
   */
  appOrgId: string | null;
  /**
   * The package's id as given.
   */
  packageId: string | null;
  /**
   * What deserves attention.
   */
  warnings: Warning[];
  /**
   * What is to be done, in order.
   */
  nextSteps: Step[];
  [k: string]: unknown;
}
/**
 * One thing an admin does on the way.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "Step".
 */
export interface Step {
  /**
   * A stable id.
   */
  id: string;
  /**
   * A few words.
   */
  title: string;
  /**
   * What to do and what to watch for.
   */
  text: string;
  /**
   * The permission it needs.
   */
  permission: string | null;
  /**
   * The page on the target org.
   */
  url: string | null;
  [k: string]: unknown;
}
/**
 * One configured org.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "OrgSummary".
 */
export interface OrgSummary {
  /**
   * Its name.
   */
  name: string;
  /**
   * The username.
   */
  username: string | null;
  /**
   * The login URL.
   */
  loginUrl: string | null;
  /**
   * Where it is configured.
   */
  source: string;
  /**
   * The kind of app.
   */
  appKind?: string | null;
  /**
   * Its tags.
   */
  tags: string[];
  /**
   * The cached token, never its text.
   */
  token: CachedTokenSummary | null;
  [k: string]: unknown;
}
/**
 * Result of `orgs`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "OrgsResult".
 */
export interface OrgsResult {
  /**
   * The configured orgs.
   */
  orgs: OrgSummary[];
  /**
   * What deserves attention.
   */
  warnings: Warning[];
  [k: string]: unknown;
}
/**
 * Result of `ping`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "PingResult".
 */
export interface PingResult {
  [k: string]: unknown;
}
/**
 * Result of `preview`: what would be signed and where it would be sent.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "PreviewResult".
 */
export interface PreviewResult {
  /**
   * The token endpoint.
   */
  endpoint: string;
  /**
   * The JOSE header.
   */
  header: {
    [k: string]: unknown;
  };
  /**
   * The claims; `iat`, `exp` and `jti` are examples, new for every POST.
   */
  claims: {
    [k: string]: unknown;
  };
  /**
   * Where the key would come from.
   */
  keySource: string;
  [k: string]: unknown;
}
/**
 * Parameters of the server's notification `$/progress`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ProgressParams".
 */
export interface ProgressParams {
  /**
   * The `progressToken` of the call, as it was given.
   */
  token: ProgressToken;
  /**
   * How far the call has come.
   */
  value: ProgressValue;
  [k: string]: unknown;
}
/**
 * Result of `revoke`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "RevokeResult".
 */
export interface RevokeResult {
  /**
   * Whether Salesforce revoked the token.
   */
  revoked: boolean;
  /**
   * Whether a token was forgotten here.
   */
  forgotten: boolean;
  [k: string]: unknown;
}
/**
 * Result of `token`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "TokenResult".
 */
export interface TokenResult {
  /**
   * The access token.
   */
  accessToken: string;
  /**
   * Always `Bearer`.
   */
  tokenType: string;
  /**
   * Opaque or JWT.
   */
  tokenFormat: TokenFormat;
  /**
   * Where API requests go.
   */
  instanceUrl: string;
  /**
   * A second API base that Salesforce names for JWT-format tokens.
   */
  apiInstanceUrl: string | null;
  /**
   * The name of the configured org, if it has one.
   */
  org: string | null;
  /**
   * The org's id, 18 characters.
   */
  orgId: string | null;
  /**
   * The user's id, 18 characters.
   */
  userId: string | null;
  /**
   * The username that was logged in.
   */
  username: string;
  /**
   * The identity URL (`id` in Salesforce's answer).
   */
  identityUrl: string | null;
  /**
   * The scopes that were granted.
   */
  scopes: string[];
  /**
   * When the token was issued, by our clock.
   */
  issuedAt: string;
  /**
   * Until when the token is handed out.
   */
  expiresAt: string;
  /**
   * Where `expiresAt` comes from.
   */
  expiresAtSource: ExpirySource;
  /**
   * Whether this token was already there.
   */
  cached: boolean;
  /**
   * The host that was asked.
   */
  loginUrl: string;
  /**
   * The audience of the assertion.
   */
  audience: string;
  /**
   * What deserves attention.
   */
  warnings: Warning[];
  [k: string]: unknown;
}
/**
 * Result of `verify-connection`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "VerifyResult".
 */
export interface VerifyResult {
  /**
   * Whether no check failed.
   */
  ok: boolean;
  /**
   * The configured org's name.
   */
  org: string | null;
  /**
   * The username.
   */
  username: string | null;
  /**
   * The host that was asked.
   */
  loginUrl: string | null;
  /**
   * The first check that failed.
   */
  failed: string | null;
  /**
   * How many assertions were sent.
   */
  logins: number;
  /**
   * Every check, in order.
   */
  checks: CheckResult[];
  /**
   * Who logged in.
   */
  identity: Identity | null;
  /**
   * What deserves attention.
   */
  warnings: Warning[];
  [k: string]: unknown;
}
/**
 * Parameters of `token`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "TokenParams".
 */
export interface TokenParams {
  /**
   * A configured org; or give `connection`.
   */
  org?: string | null;
  /**
   * A whole connection; or give `org`.
   */
  connection?: Connection | null;
  /**
   * Skip the cache and log in anew.
   */
  fresh?: boolean | null;
  /**
   * The token must live at least this long, in seconds.
   */
  minValiditySeconds?: number | null;
  /**
   * A token that the caller saw refused with 401: answer with another one.
   */
  rejectedToken?: string | null;
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `verify-connection`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "VerifyConnectionParams".
 */
export interface VerifyConnectionParams {
  /**
   * A configured org; or give `connection`.
   */
  org?: string | null;
  /**
   * A whole connection; or give `org`.
   */
  connection?: Connection | null;
  /**
   * Only the checks that need no network.
   */
  offline?: boolean | null;
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `install-url`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "InstallUrlParams".
 */
export interface InstallUrlParams {
  /**
   * An org name, or a My Domain host or URL.
   */
  target: string;
  /**
   * The app's id, `0Ci…`, 15 or 18 characters.
   */
  appId?: string | null;
  /**
   * The address of the app's edit page, copied from App Manager.
   */
  pageUrl?: string | null;
  /**
   * The package's version id, `04t…`, for packaged apps.
   */
  packageId?: string | null;
  /**
   * The id of the org that owns the app, `00D…`.
   */
  appOrgId?: string | null;
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `preview`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "PreviewParams".
 */
export interface PreviewParams {
  /**
   * A configured org; or give `connection`.
   */
  org?: string | null;
  /**
   * A whole connection; or give `org`.
   */
  connection?: Connection | null;
  /**
   * Skip the cache and log in anew.
   */
  fresh?: boolean | null;
  /**
   * The token must live at least this long, in seconds.
   */
  minValiditySeconds?: number | null;
  /**
   * A token that the caller saw refused with 401: answer with another one.
   */
  rejectedToken?: string | null;
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `revoke`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "RevokeParams".
 */
export interface RevokeParams {
  /**
   * A configured org; or give `connection`.
   */
  org?: string | null;
  /**
   * A whole connection; or give `org`.
   */
  connection?: Connection | null;
  /**
   * Forget the token here without telling Salesforce.
   */
  localOnly?: boolean | null;
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `orgs`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "OrgsParams".
 */
export interface OrgsParams {
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `explain`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ExplainParams".
 */
export interface ExplainParams {
  /**
   * A refusal reason or a check id.
   */
  code: string;
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `ping`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "PingParams".
 */
export interface PingParams {
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `rpc.discover`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "RpcDiscoverParams".
 */
export interface RpcDiscoverParams {
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}
/**
 * Parameters of `initialize`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "InitializeParams".
 */
export interface InitializeParams {
  [k: string]: unknown;
}
/**
 * Parameters of `shutdown`.
 *
 * This interface was referenced by `_Root`'s JSON-Schema
 * via the `definition` "ShutdownParams".
 */
export interface ShutdownParams {
  /**
   * A string or a number. When it is there, `$/progress` notifications carry it.
   */
  progressToken?: string | number | null;
}

/** Every method, with what it takes and gives. */
export interface Methods {
  /** An access token for one org. */
  "token": { params: TokenParams | undefined; result: TokenResult };
  /** Ordered checks of a connection, with causes, remedies and links. */
  "verify-connection": { params: VerifyConnectionParams | undefined; result: VerifyResult };
  /** The page where an admin installs the app, and what is to be done around it. */
  "install-url": { params: InstallUrlParams; result: InstallUrlResult };
  /** What `token` would sign and where it would send it. */
  "preview": { params: PreviewParams | undefined; result: PreviewResult };
  /** Revokes the cached token at Salesforce and forgets it. */
  "revoke": { params: RevokeParams | undefined; result: RevokeResult };
  /** The configured orgs. */
  "orgs": { params: OrgsParams | undefined; result: OrgsResult };
  /** A refusal, an error or a check, explained. */
  "explain": { params: ExplainParams; result: Explanation };
  /** An empty object. */
  "ping": { params: PingParams | undefined; result: PingResult };
  /** This document. */
  "rpc.discover": { params: RpcDiscoverParams | undefined; result: Record<string, unknown> };
  /** Who answers, and what it does. */
  "initialize": { params: InitializeParams | undefined; result: InitializeResult };
  /** Does nothing, for clients that announce their `exit`. */
  "shutdown": { params: ShutdownParams | undefined; result: null };
}
