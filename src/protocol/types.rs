//! The only serialisable shapes of the product: parameters in, results and errors out.
//!
//! Keys are camelCase; times are RFC 3339 in UTC, whole seconds, with `Z`. Adding a field to a result is allowed;
//! renaming or removing one is a new protocol version.

use super::input::{KeyInput, PassphraseInput, TokenInput};
use crate::error::{self, Error};
use crate::secret::SecretString;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The versions of the protocol that this program speaks.
pub const PROTOCOL_VERSIONS: [u32; 1] = [1];

// --- parameters ---------------------------------------------------------------------------------------------

/// A connection carried whole in a call, for hosts that keep their own configuration.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connection {
    /// The app's consumer key (`iss`).
    pub client_id: String,
    /// The Salesforce username (`sub`), not an e-mail address or a user id.
    pub username: String,
    /// The org's My Domain, for instance `https://acme.my.salesforce.com`.
    pub login_url: String,
    /// The audience (`aud`); by default the login URL.
    pub audience: Option<String>,
    /// The private key: a key URI, `{"pem":…}` or `{"base64":…}`.
    pub key: KeyInput,
    /// The key's passphrase: a URI or `{"value":…}`.
    pub passphrase: Option<PassphraseInput>,
    /// The path of the certificate that was uploaded to the app.
    pub certificate: Option<String>,
    /// The org this connection is pinned to: a token for another org is dropped.
    pub org_id: Option<String>,
    /// How long an opaque token is reused, in seconds.
    pub token_lifetime_seconds: Option<u64>,
}

/// Parameters of `token`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenParams {
    /// A configured org; or give `connection`.
    pub org: Option<String>,
    /// A whole connection; or give `org`.
    pub connection: Option<Connection>,
    /// Skip the cache and log in anew.
    pub fresh: Option<bool>,
    /// The token must live at least this long, in seconds.
    pub min_validity_seconds: Option<u64>,
    /// A token that the caller saw refused with 401: answer with another one.
    pub rejected_token: Option<TokenInput>,
}

/// Parameters of `verify-connection`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyParams {
    /// A configured org; or give `connection`.
    pub org: Option<String>,
    /// A whole connection; or give `org`.
    pub connection: Option<Connection>,
    /// Only the checks that need no network.
    pub offline: Option<bool>,
}

/// Parameters of `install-url`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstallUrlParams {
    /// An org name, or a My Domain host or URL.
    pub target: String,
    /// The app's id, `0Ci…`, 15 or 18 characters.
    pub app_id: Option<String>,
    /// The address of the app's edit page, copied from App Manager.
    pub page_url: Option<String>,
    /// The package's version id, `04t…`, for packaged apps.
    pub package_id: Option<String>,
    /// The id of the org that owns the app, `00D…`.
    pub app_org_id: Option<String>,
}

/// Parameters of `revoke`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeParams {
    /// A configured org; or give `connection`.
    pub org: Option<String>,
    /// A whole connection; or give `org`.
    pub connection: Option<Connection>,
    /// Forget the token here without telling Salesforce.
    pub local_only: Option<bool>,
}

/// Parameters of `explain`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainParams {
    /// A refusal reason or a check id.
    pub code: String,
}

/// No parameters.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

// --- results ------------------------------------------------------------------------------------------------

/// Something that deserves attention but did not stop the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Warning {
    /// A stable kebab-case code.
    pub reason: String,
    /// One sentence.
    pub message: String,
}

impl From<error::Warning> for Warning {
    fn from(warning: error::Warning) -> Self {
        Warning { reason: warning.code.to_owned(), message: warning.message }
    }
}

/// An access token on its way out: serialising it is the purpose of the `token` verb, printing it is not.
#[derive(Clone, Debug)]
pub struct AccessToken(pub SecretString);

impl Serialize for AccessToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl JsonSchema for AccessToken {
    fn schema_name() -> Cow<'static, str> {
        "AccessToken".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string"})
    }
}

/// The form of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenFormat {
    /// `00D…!…`, whose life only Salesforce knows.
    Opaque,
    /// A JWT, with its own `exp`; works for REST only.
    Jwt,
}

/// Where `expiresAt` comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpirySource {
    /// The token's own `exp`.
    Token,
    /// The `token-lifetime` setting: an opaque token can die earlier.
    LifetimeSetting,
}

/// Result of `token`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenResult {
    /// The access token.
    pub access_token: AccessToken,
    /// Always `Bearer`.
    pub token_type: String,
    /// Opaque or JWT.
    pub token_format: TokenFormat,
    /// Where API requests go.
    pub instance_url: String,
    /// A second API base that Salesforce names for JWT-format tokens.
    pub api_instance_url: Option<String>,
    /// The name of the configured org, if it has one.
    pub org: Option<String>,
    /// The org's id, 18 characters.
    pub org_id: Option<String>,
    /// The user's id, 18 characters.
    pub user_id: Option<String>,
    /// The username that was logged in.
    pub username: String,
    /// The identity URL (`id` in Salesforce's answer).
    pub identity_url: Option<String>,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// When the token was issued, by our clock.
    pub issued_at: String,
    /// Until when the token is handed out.
    pub expires_at: String,
    /// Where `expiresAt` comes from.
    pub expires_at_source: ExpirySource,
    /// Whether this token was already there.
    pub cached: bool,
    /// The host that was asked.
    pub login_url: String,
    /// The audience of the assertion.
    pub audience: String,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// Result of `preview`: what would be signed and where it would be sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewResult {
    /// The token endpoint.
    pub endpoint: String,
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims; `iat`, `exp` and `jti` are examples, new for every POST.
    pub claims: Map<String, Value>,
    /// Where the key would come from.
    pub key_source: String,
}

/// What an install URL leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InstallKind {
    /// The approval page of a connected app.
    ConnectedApp,
    /// The install page of a package.
    Package,
}

/// One thing an admin does on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Step {
    /// A stable id.
    pub id: String,
    /// A few words.
    pub title: String,
    /// What to do and what to watch for.
    pub text: String,
    /// The permission it needs.
    pub permission: Option<String>,
    /// The page on the target org.
    pub url: Option<String>,
}

/// Result of `install-url`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstallUrlResult {
    /// The page where an admin installs the app.
    pub url: String,
    /// What the page installs.
    pub kind: InstallKind,
    /// The target as it was given.
    pub target: String,
    /// The host of `url`.
    pub host: String,
    /// The host that was given, when it had to be rewritten.
    pub rewritten_from: Option<String>,
    /// The app's id, 18 characters.
    pub app_id: Option<String>,
    /// The owning org's id, 18 characters.
    pub app_org_id: Option<String>,
    /// The package's id as given.
    pub package_id: Option<String>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
    /// What is to be done, in order.
    pub next_steps: Vec<Step>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// As it should be.
    Pass,
    /// Works, but deserves attention.
    Warn,
    /// Does not work.
    Fail,
    /// Not judged, and why is in `detail`.
    Skip,
}

/// One check of a connection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CheckResult {
    /// A stable id.
    pub id: String,
    /// A few words.
    pub title: String,
    /// How it ended.
    pub status: CheckStatus,
    /// What was found.
    pub detail: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The reason of a failure or warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Likely causes, most likely first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Pages to open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// Who logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The org's id, 18 characters.
    pub org_id: String,
    /// The user's id, 18 characters.
    pub user_id: String,
    /// The username.
    pub username: String,
    /// Where API requests go.
    pub instance_url: String,
}

/// Result of `verify-connection`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyResult {
    /// Whether no check failed.
    pub ok: bool,
    /// The configured org's name.
    pub org: Option<String>,
    /// The username.
    pub username: Option<String>,
    /// The host that was asked.
    pub login_url: Option<String>,
    /// The first check that failed.
    pub failed: Option<String>,
    /// How many assertions were sent.
    pub logins: u32,
    /// Every check, in order.
    pub checks: Vec<CheckResult>,
    /// Who logged in.
    pub identity: Option<Identity>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// What `certificate new --json` and `certificate csr --json` print.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewPairResult {
    /// The file of the private key.
    pub key: String,
    /// Whether the key is encrypted.
    pub encrypted: bool,
    /// The size of the key, in bits.
    pub bits: usize,
    /// The file of the certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateFacts>,
    /// The file of the certificate signing request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What is to be done next.
    pub next_steps: Vec<Step>,
}

/// What `certificate show --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateResult {
    /// The certificate.
    pub certificate: CertificateFacts,
    /// The key that it was compared with.
    pub key: Option<String>,
    /// Whether they belong together; `null` when there was no key to compare with.
    pub key_matches: Option<bool>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
    /// Where the certificate belongs.
    pub next_steps: Vec<Step>,
}

/// A certificate in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// The file.
    pub file: String,
    /// Its size in bytes; Salesforce takes less than 4096.
    pub file_size: usize,
    /// Whom it names.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Its serial number, hex with colons.
    pub serial_number: String,
    /// The moment from which it is valid.
    pub not_before: String,
    /// The moment after which it is not.
    pub not_after: String,
    /// Whether that moment has passed.
    pub expired: bool,
    /// The size of its key, in bits.
    pub bits: usize,
    /// Its SHA-256, hex with colons.
    pub fingerprint: String,
}

/// Result of `revoke`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RevokeResult {
    /// Whether Salesforce revoked the token.
    pub revoked: bool,
    /// Whether a token was forgotten here.
    pub forgotten: bool,
}

/// Result of `orgs`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrgsResult {
    /// The configured orgs.
    pub orgs: Vec<OrgSummary>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// One configured org.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrgSummary {
    /// Its name.
    pub name: String,
    /// The username.
    pub username: Option<String>,
    /// The login URL.
    pub login_url: Option<String>,
    /// Where it is configured.
    pub source: String,
    /// The kind of app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_kind: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The cached token, never its text.
    pub token: Option<CachedTokenSummary>,
}

/// What is said about a cached token.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CachedTokenSummary {
    /// Until when it is handed out.
    pub expires_at: String,
}

/// Answer of `orgs show`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrgDetails {
    /// The org's name, if it has one.
    pub name: Option<String>,
    /// Where it is configured.
    pub source: String,
    /// The file.
    pub file: Option<String>,
    /// Every value that is given or has a default.
    pub fields: Vec<OrgField>,
    /// What keeps it from being used.
    pub problem: Option<ErrorObject>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// One value of an org.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrgField {
    /// The name in `orgs.toml`.
    pub field: String,
    /// The value; keys and passphrases by their place only, null when it cannot be shown.
    pub value: Value,
    /// The flag, variable, or file with line and table that says it; `default` where nothing does.
    pub origin: String,
}

/// Answer of `orgs add`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrgAdded {
    /// The org's name.
    pub name: String,
    /// The file it is in.
    pub file: String,
    /// How the connection was found, unless that was not wanted.
    pub verification: Option<VerifyResult>,
    /// What is to be done on the Salesforce side, in order.
    pub next_steps: Vec<Step>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// Answer of `orgs remove`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrgRemoved {
    /// The org's name.
    pub name: String,
    /// The file it was in.
    pub file: String,
    /// Whether a token of it was forgotten here.
    pub forgotten: bool,
}

/// Answer of `orgs import`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrgsImported {
    /// The file.
    pub file: String,
    /// The orgs that are now in it.
    pub imported: Vec<OrgSummary>,
    /// Those that are not.
    pub skipped: Vec<OrgSkipped>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// An org that was not taken over.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrgSkipped {
    /// Its name in the Salesforce CLI.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// Result of `explain`: an entry of the catalogue.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The reason or check id.
    pub code: String,
    /// `refusal`, `reason` or `check`.
    pub kind: String,
    /// What it means.
    pub meaning: String,
    /// What Salesforce says, as far as it is known.
    pub wordings: Vec<String>,
    /// Likely causes, most likely first.
    pub causes: Vec<String>,
    /// What to do.
    pub remedy: Option<String>,
    /// Pages to open.
    pub links: Vec<Link>,
    /// When trying again helps.
    pub retry: Option<String>,
    /// Where this knowledge comes from, and how sure it is.
    pub source: Option<String>,
}

/// Result of `ping`.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct PingResult {}

/// Result of `initialize`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InitializeResult {
    /// Who answers.
    pub server_info: ServerInfo,
    /// The versions of the protocol that this server speaks.
    pub protocol_versions: Vec<u32>,
    /// What this server does for this client.
    pub capabilities: Capabilities,
}

/// Who answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ServerInfo {
    /// `sf-jwt`.
    pub name: String,
    /// The version of the program.
    pub version: String,
}

/// What a server does for its client, as its flags say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// The methods that can be called.
    pub methods: Vec<String>,
    /// The orgs that calls may name; null when any configured one.
    pub orgs: Option<Vec<String>>,
    /// Whether calls may carry a connection of their own.
    pub connections: bool,
    /// Whether such a connection may lead to this machine.
    pub loopback: bool,
    /// Whether such a connection may run commands for its key.
    pub commands: bool,
    /// The largest frame that is read, in bytes.
    pub max_frame: usize,
}

// --- notifications ------------------------------------------------------------------------------------------

/// Parameters of the server's notification `$/progress`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProgressParams {
    /// The `progressToken` of the call, as it was given.
    #[schemars(with = "ProgressToken")]
    pub token: Box<RawValue>,
    /// How far the call has come.
    pub value: ProgressValue,
}

/// What a client calls the progress of a call.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used: a token is echoed as it was written")]
pub enum ProgressToken {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
}

/// How far a call has come.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ProgressValue {
    /// The call begins to run.
    Begin {
        /// What is done.
        title: String,
    },
    /// A step is done.
    Report {
        /// What was found.
        message: String,
        /// How much of the work is done, 0 to 100.
        percentage: u8,
        /// The check that was done.
        #[serde(skip_serializing_if = "Option::is_none")]
        check: Option<Box<CheckResult>>,
    },
    /// The answer follows.
    End {
        /// How it ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
}

// --- errors -------------------------------------------------------------------------------------------------

/// A page to open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    /// What the page is called.
    pub title: String,
    /// The path on the org's host.
    pub path: String,
    /// The absolute address, when the org's My Domain is known.
    pub url: Option<String>,
}

impl From<error::Link> for Link {
    fn from(link: error::Link) -> Self {
        Link { title: link.title, path: link.path, url: link.url }
    }
}

/// An error object: JSON-RPC 2.0 section 5.1, and what `--json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ErrorObject {
    /// The code of the error's kind.
    pub code: i32,
    /// One lower-case sentence of what happened.
    pub message: String,
    /// What accompanies it.
    pub data: ErrorData,
}

/// `error.data`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorData {
    /// Who should act.
    pub kind: String,
    /// The stable reason.
    pub reason: String,
    /// Whether the same request may succeed later without anybody changing anything.
    pub retryable: bool,
    /// What to do.
    pub hint: Option<String>,
    /// Likely causes, most likely first.
    pub causes: Vec<String>,
    /// Pages to open.
    pub links: Vec<Link>,
    /// `true` when this is a remembered refusal, not a new answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached: Option<bool>,
    /// OAuth's `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_error: Option<String>,
    /// OAuth's `error_description`, cleaned and cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oauth_description: Option<String>,
    /// The HTTP status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Where the network failed or time ran out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The flag, parameter or configuration field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was noticed, and what was tried, before it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl From<&Error> for ErrorObject {
    fn from(error: &Error) -> Self {
        let details = error.details().clone();
        ErrorObject {
            code: error.reason().rpc_code(),
            message: error.message().to_owned(),
            data: ErrorData {
                kind: error.kind().name().to_owned(),
                reason: error.reason().code().to_owned(),
                retryable: error.retryable(),
                hint: details.hint,
                causes: details.causes,
                links: details.links.into_iter().map(Link::from).collect(),
                cached: details.cached,
                oauth_error: details.oauth_error,
                oauth_description: details.oauth_description,
                http_status: details.http_status,
                phase: details.phase,
                field: details.field,
                warnings: details.warnings.into_iter().map(Warning::from).collect(),
            },
        }
    }
}
