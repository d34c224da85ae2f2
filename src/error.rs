//! What can go wrong, said once: kinds that tell who should act, stable reasons, and the one table from both to
//! exit codes, JSON-RPC codes and "is it worth trying again".
//!
//! An [`Error`] carries one lower-case sentence of what happened; what to do about it is separate data (hint,
//! causes, links), so that every face can lay it out as it likes. Nothing secret may enter any of these fields:
//! remote text goes through `oauth::refusal::safe_text` first.

use std::fmt;

/// Who should act. Each kind has one exit code and, apart from `protocol`, one JSON-RPC code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Our fault.
    Internal,
    /// A flag or parameter of this call.
    Usage,
    /// The configuration of an org.
    Profile,
    /// Key material, a certificate or a signer.
    Key,
    /// Salesforce said no.
    Refused,
    /// The network did not carry the request.
    Unreachable,
    /// An answer that Salesforce does not give.
    Unexpected,
    /// Ended by the client or a signal.
    Cancelled,
    /// The JSON-RPC envelope.
    Protocol,
}

/// The exit code of a command whose *result* is negative: a connection that is not ok, an audit with an error.
pub const EXIT_NEGATIVE_RESULT: u8 = 3;

impl Kind {
    /// Every kind, in the order of the documents.
    pub const ALL: [Kind; 9] = [
        Kind::Internal,
        Kind::Usage,
        Kind::Profile,
        Kind::Key,
        Kind::Refused,
        Kind::Unreachable,
        Kind::Unexpected,
        Kind::Cancelled,
        Kind::Protocol,
    ];

    /// The stable name, as in `error.data.kind`.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The process's exit code.
    pub const fn exit_code(self) -> u8 {
        self.row().1
    }

    /// The JSON-RPC error code. Our own are 1000 + exit code: outside -32768..-32000, which JSON-RPC, LSP and
    /// MCP share. A `protocol` error's code depends on its reason: see [`Reason::rpc_code`].
    pub const fn rpc_code(self) -> i32 {
        self.row().2
    }

    /// What the kind means, in a few words.
    pub const fn meaning(self) -> &'static str {
        self.row().3
    }

    const fn row(self) -> (&'static str, u8, i32, &'static str) {
        match self {
            Kind::Internal => ("internal", 1, -32603, "our fault"),
            Kind::Usage => ("usage", 2, -32602, "a flag or parameter (`field`)"),
            Kind::Profile => ("profile", 10, 1010, "the configuration of an org"),
            Kind::Key => ("key", 11, 1011, "key material, a certificate or a signer"),
            Kind::Refused => ("refused", 20, 1020, "Salesforce said no"),
            Kind::Unreachable => ("unreachable", 30, 1030, "the network did not carry the request"),
            Kind::Unexpected => ("unexpected", 31, 1031, "an answer that Salesforce does not give"),
            Kind::Cancelled => ("cancelled", 130, -32800, "ended by the client or a signal"),
            Kind::Protocol => ("protocol", 1, -32600, "the JSON-RPC envelope"),
        }
    }
}

macro_rules! reasons {
    ($($variant:ident = $code:literal, $kind:ident, $retry:literal, $doc:literal;)*) => {
        /// The stable, kebab-case reason of an error: what clients may branch on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $(#[doc = $doc] $variant,)* }

        impl Reason {
            /// Every reason, in the order of the documents.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            const fn row(self) -> (&'static str, Kind, bool, &'static str) {
                match self { $(Reason::$variant => ($code, Kind::$kind, $retry, $doc),)* }
            }
        }
    };
}

// code, kind, worth trying again as it is, meaning
reasons! {
    Internal = "internal", Internal, false, "a defect of sf-jwt";

    MissingParameter = "missing-parameter", Usage, false, "a flag or parameter that is needed is absent";
    InvalidParameter = "invalid-parameter", Usage, false, "a flag or parameter has a value that is not accepted";
    UnknownParameter = "unknown-parameter", Usage, false, "a flag, parameter or command of that name does not exist";
    ConflictingParameters = "conflicting-parameters", Usage, false, "flags or parameters that exclude each other";
    InvalidId = "invalid-id", Usage, false, "not a Salesforce id: length, characters or checksum";
    ForeignId = "foreign-id", Usage, false, "a Salesforce id of another kind of record";
    InvalidTarget = "invalid-target", Usage, false, "not a host that can be rewritten to a My Domain";
    AlreadyExists = "already-exists", Usage, false, "a file or entry that would have to be overwritten";

    UnknownOrg = "unknown-org", Profile, false, "no configured org of that name";
    NoOrg = "no-org", Profile, false, "neither an org nor a connection was given";
    MissingField = "missing-field", Profile, false, "the org lacks a field that is needed";
    InvalidField = "invalid-field", Profile, false, "a field of the org has a value that is not accepted";
    HostNotTrusted = "host-not-trusted", Profile, false, "an assertion for this host or audience could be used elsewhere";
    SecretInConfig = "secret-in-config", Profile, false, "a private key, consumer secret or token stands in the configuration";
    InsecureConfig = "insecure-config", Profile, false, "configuration or state that other users can change";
    UnreadableConfig = "unreadable-config", Profile, false, "the configuration file cannot be read";
    InvalidConfig = "invalid-config", Profile, false, "the configuration file is not valid";
    NotAllowed = "not-allowed", Profile, false, "this server or source may not do that";
    LoginBudget = "login-budget", Profile, false, "the hourly budget of logins for this user is used up";
    OrgMismatch = "org-mismatch", Profile, false, "the token is for another org than the pinned one";
    UserMismatch = "user-mismatch", Profile, false, "the token is for another user than the configured one";

    KeyNotFound = "not-found", Key, false, "the key, passphrase or certificate is not where the URI says";
    KeyUnreadable = "unreadable", Key, false, "the key, passphrase or certificate cannot be read";
    KeyEmpty = "empty", Key, false, "the key source is empty";
    KeyEncrypted = "encrypted", Key, false, "the key is encrypted and no passphrase was given";
    WrongPassphrase = "wrong-passphrase", Key, false, "the passphrase does not open the key";
    NotAPrivateKey = "not-a-private-key", Key, false, "a certificate, a public key or something else";
    NotACertificate = "not-a-certificate", Key, false, "the certificate file holds something else";
    WrongAlgorithm = "wrong-algorithm", Key, false, "not an RSA key";
    TooSmall = "too-small", Key, false, "an RSA key below 2048 bits";
    UnsupportedFormat = "unsupported-format", Key, false, "a private key in a format that is not read";
    Damaged = "damaged", Key, false, "a truncated or mangled key or certificate";
    CertificateMismatch = "certificate-mismatch", Key, false, "the certificate belongs to another key";
    SignerFailed = "signer-failed", Key, false, "the external signer gave no usable signature";
    CommandFailed = "command-failed", Key, false, "the command that should print the key failed";
    KeychainFailed = "keychain-failed", Key, false, "the keychain cannot be used";

    UserNotApproved = "user-not-approved", Refused, false, "user hasn't approved this consumer";
    UserNotAdminApproved = "user-not-admin-approved", Refused, false, "user is not admin approved to access this app";
    AudienceInvalid = "audience-invalid", Refused, false, "audience is invalid";
    AssertionInvalid = "assertion-invalid", Refused, false, "invalid assertion: the signature or form was not accepted";
    AssertionExpired = "assertion-expired", Refused, false, "expired authorization code";
    ClockSkew = "clock-skew", Refused, false, "our clock and the server's are too far apart";
    ClientIdUnknown = "client-id-unknown", Refused, false, "client identifier invalid";
    AppNotInOrg = "app-not-in-org", Refused, false, "the External Client App is not in this org";
    AppNotInstalled = "app-not-installed", Refused, false, "the connected app is not installed in this org";
    ClientRejected = "client-rejected", Refused, false, "invalid client credentials";
    ScopesMissing = "scopes-missing", Refused, false, "the app grants no usable scope";
    ScopeInvalid = "scope-invalid", Refused, false, "a scope was asked for that the app does not allow";
    IpRestricted = "ip-restricted", Refused, false, "the login comes from an IP address that is not allowed";
    LoginHours = "login-hours", Refused, false, "the login comes outside the profile's login hours";
    UserInactive = "user-inactive", Refused, false, "the user is deactivated or frozen";
    UserLocked = "user-locked", Refused, false, "the user is locked out";
    UserUnknown = "user-unknown", Refused, false, "no such user in this org";
    OrgInactive = "org-inactive", Refused, false, "the org is locked, closed or suspended";
    LoginRateExceeded = "login-rate-exceeded", Refused, true, "more than 3600 logins of this user in an hour";
    WrongHost = "wrong-host", Refused, false, "this host does not serve the JWT Bearer flow";
    HostMoved = "host-moved", Refused, false, "the host answers with a redirect to another one";
    BadRequest = "bad-request", Refused, false, "the token request was malformed";
    AuthenticationFailure = "authentication-failure", Refused, false, "a general refusal; the Login History says more";
    ServerError = "server-error", Refused, true, "Salesforce reports an error of its own";
    Unrecognized = "unrecognized", Refused, false, "a refusal that is not in the catalogue";

    Dns = "dns", Unreachable, true, "the host name does not resolve";
    Connect = "connect", Unreachable, true, "no connection to the host";
    Tls = "tls", Unreachable, true, "no trusted TLS connection to the host";
    Proxy = "proxy", Unreachable, true, "the proxy did not carry the request";
    Timeout = "timeout", Unreachable, true, "no answer in time";

    NotOauthJson = "not-oauth-json", Unexpected, false, "an answer that is not an OAuth answer";
    HtmlPage = "html-page", Unexpected, false, "a web page instead of an answer, as in maintenance";
    Redirect = "redirect", Unexpected, false, "a redirect, which is never followed with an assertion or a token";
    Truncated = "truncated", Unexpected, true, "the answer ended early";
    TooLarge = "too-large", Unexpected, false, "an answer above 1 MiB";
    ForeignInstanceUrl = "foreign-instance-url", Unexpected, false, "a token for a host that is not trusted; it was dropped";
    ApiDisabled = "api-disabled", Unexpected, false, "the org or the user may not use the API";
    ApiLimit = "api-limit", Unexpected, true, "the org's API requests of the day are used up";
    TokenRejected = "token-rejected", Unexpected, false, "a fresh token was not accepted by the org";

    Cancelled = "cancelled", Cancelled, false, "ended by the client or a signal";

    ParseError = "parse-error", Protocol, false, "the frame is not JSON";
    InvalidRequest = "invalid-request", Protocol, false, "the frame is not a JSON-RPC 2.0 request";
    MethodNotFound = "method-not-found", Protocol, false, "no such method";
}

impl Reason {
    /// The stable code, as in `error.data.reason`.
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// Who should act.
    pub const fn kind(self) -> Kind {
        self.row().1
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub const fn retryable(self) -> bool {
        self.row().2
    }

    /// Whether that hangs on the HTTP status of the answer: it may for 5xx.
    pub const fn retryable_for_5xx(self) -> bool {
        matches!(self, Reason::NotOauthJson | Reason::HtmlPage)
    }

    /// What the reason means, in a few words.
    pub const fn meaning(self) -> &'static str {
        self.row().3
    }

    /// The JSON-RPC error code (JSON-RPC 2.0 section 5.1 for the envelope's own).
    pub const fn rpc_code(self) -> i32 {
        match self {
            Reason::ParseError => -32700,
            Reason::InvalidRequest => -32600,
            Reason::MethodNotFound => -32601,
            other => other.kind().rpc_code(),
        }
    }

    /// The reason of a given code.
    pub fn from_code(code: &str) -> Option<Reason> {
        Reason::ALL.iter().copied().find(|r| r.code() == code)
    }
}

/// The candidate that a mistyped word most likely means: at most every third character of it is wrong, whatever the
/// case. A long text is no mistyped name, and would take long to compare.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let word = word.to_lowercase();
    let distances = candidates.into_iter().map(|name| (strsim::osa_distance(&name.to_lowercase(), &word), name));
    distances
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| distance * 3 <= name.len())
        .map(|near| near.1)
}

/// A page to open: a title, its path in Setup, and the absolute address when the org's My Domain is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What the page is called.
    pub title: String,
    /// The path on the org's host.
    pub path: String,
    /// The absolute address, when the host is known.
    pub url: Option<String>,
}

/// Something that deserves attention but did not stop the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A stable kebab-case code.
    pub code: &'static str,
    /// One sentence; safe to show.
    pub message: String,
}

impl Warning {
    /// A warning with a stable code and one sentence.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Warning { code, message: message.into() }
    }
}

/// An error as every face shows it.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    reason: Reason,
    message: String,
    details: Details,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What accompanies an error's sentence; every field is safe to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// What to do, in one or two sentences.
    pub hint: Option<String>,
    /// Likely causes, most likely first.
    pub causes: Vec<String>,
    /// Pages to open.
    pub links: Vec<Link>,
    /// The flag, parameter or configuration field.
    pub field: Option<String>,
    /// `Some(true)` when this is a remembered refusal, not a new answer.
    pub cached: Option<bool>,
    /// OAuth's `error` (RFC 6749 section 5.2).
    pub oauth_error: Option<String>,
    /// OAuth's `error_description`, cleaned and cut.
    pub oauth_description: Option<String>,
    /// The HTTP status of the answer.
    pub http_status: Option<u16>,
    /// Where the network failed or time ran out.
    pub phase: Option<String>,
    /// Overrides the reason's own, for instance for a 503.
    pub retryable: Option<bool>,
    /// What was noticed, and what was tried, before it failed.
    pub warnings: Vec<Warning>,
}

/// A result with our [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with one lower-case sentence of what happened.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { reason, message: message.into(), details: Details::default(), source: None }))
    }

    /// A `usage` error about one flag or parameter.
    pub fn usage(reason: Reason, field: impl Into<String>, message: impl Into<String>) -> Self {
        Error::new(reason, message).field(field)
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.details.hint = Some(hint.into());
        self
    }

    /// Names the flag, parameter or field; a flag without its dashes, as it is called everywhere else.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.0.details.field = Some(field.into().trim_start_matches('-').to_owned());
        self
    }

    /// Adds a likely cause, after those already there.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.0.details.causes.push(cause.into());
        self
    }

    /// Adds a page to open.
    #[must_use]
    pub fn link(mut self, link: Link) -> Self {
        self.0.details.links.push(link);
        self
    }

    /// Keeps the underlying error for `source()`; it is never part of the message.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Changes the accompanying data.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Details)) -> Self {
        change(&mut self.0.details);
        self
    }

    /// The stable reason.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// Who should act.
    pub fn kind(&self) -> Kind {
        self.0.reason.kind()
    }

    /// One lower-case sentence of what happened.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What accompanies the sentence.
    pub fn details(&self) -> &Details {
        &self.0.details
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub fn retryable(&self) -> bool {
        self.0.details.retryable.unwrap_or_else(|| self.0.reason.retryable())
    }

    /// The same error for another listener (a shared exchange, a remembered refusal); the source stays behind.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Error(Box::new(Inner {
            reason: self.0.reason,
            message: self.0.message.clone(),
            details: self.0.details.clone(),
            source: None,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_kebab_case() {
        let mut seen = HashSet::new();
        for reason in Reason::ALL {
            assert!(seen.insert(reason.code()), "{} appears twice", reason.code());
            assert!(reason.code().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", reason.code());
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        }
    }

    #[test]
    fn kinds_map_as_the_contract_says() {
        let table: Vec<_> = Kind::ALL.iter().map(|k| (k.name(), k.exit_code(), k.rpc_code())).collect();
        assert_eq!(
            table,
            [
                ("internal", 1, -32603),
                ("usage", 2, -32602),
                ("profile", 10, 1010),
                ("key", 11, 1011),
                ("refused", 20, 1020),
                ("unreachable", 30, 1030),
                ("unexpected", 31, 1031),
                ("cancelled", 130, -32800),
                ("protocol", 1, -32600),
            ]
        );
        assert_eq!(Reason::ParseError.rpc_code(), -32700);
        assert_eq!(Reason::MethodNotFound.rpc_code(), -32601);
        assert_eq!(Reason::UserNotApproved.rpc_code(), 1020);
    }

    #[test]
    fn the_nearest_name_is_one_that_was_mistyped() {
        let names = ["token", "install-url", "org"];
        for (word, near) in [
            ("tokne", Some("token")),
            ("Install-Url", Some("install-url")),
            ("ogr", Some("org")),
            ("ping", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, names), near, "{word}");
        }
        let long = "a".repeat(100);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }

    #[test]
    fn a_source_never_enters_the_message() {
        let error = Error::new(Reason::Internal, "it broke").because("SENTINEL");
        assert_eq!(error.to_string(), "it broke");
        assert!(std::error::Error::source(&error).is_some());
    }
}
