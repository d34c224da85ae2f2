//! The table of rules: what is looked for, how bad it is, why, and how to do it instead.

use std::fmt;

/// How bad a finding is; the names and meanings are SARIF's (2.1.0, section 3.27.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// Must be removed: somebody else can use it to sign in.
    Error,
    /// Ties the code to one org, app or user, or looks like a secret.
    Warning,
    /// Fine by design, worth knowing.
    Note,
}

impl Level {
    /// Every level, worst first.
    pub const ALL: [Level; 3] = [Level::Error, Level::Warning, Level::Note];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

macro_rules! rules {
    ($($variant:ident = $id:literal, $level:ident, $what:literal, $why:ident, $instead:ident;)*) => {
        /// One kind of thing that must not be packaged or committed. Where two rules meet on the same text, the
        /// one that stands first in this table speaks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $what] $variant,)* }

        impl Rule {
            /// Every rule, the most telling first.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            const fn row(self) -> (&'static str, Level, &'static str, &'static str, &'static str) {
                match self { $(Rule::$variant => ($id, Level::$level, $what, $why, $instead),)* }
            }
        }
    };
}

// id, level, what it is, why it matters, how to do it instead
rules! {
    PrivateKeyEncrypted = "private-key-encrypted", Error, "an encrypted private key", KEY_LOCKED, BRING_YOUR_OWN_KEY;
    PrivateKeyRsa = "private-key-rsa", Error, "an RSA private key (PKCS#1)", KEY, BRING_YOUR_OWN_KEY;
    PrivateKeyEc = "private-key-ec", Error, "an elliptic-curve private key", KEY, BRING_YOUR_OWN_KEY;
    PrivateKeyDsa = "private-key-dsa", Error, "a DSA private key", KEY, BRING_YOUR_OWN_KEY;
    PrivateKeyOpenssh = "private-key-openssh", Error, "an OpenSSH private key", KEY, BRING_YOUR_OWN_KEY;
    PrivateKeyPgp = "private-key-pgp", Error, "a PGP private key", KEY, BRING_YOUR_OWN_KEY;
    PrivateKeyPutty = "private-key-putty", Error, "a PuTTY private key", KEY, BRING_YOUR_OWN_KEY;
    PrivateKey = "private-key", Error, "a private key (PKCS#8)", KEY, BRING_YOUR_OWN_KEY;
    PrivateKeyDer = "private-key-der", Error, "a private key in a binary file (DER)", KEY, BRING_YOUR_OWN_KEY;
    PrivateKeyJwk = "private-key-jwk", Error, "a private key as JSON Web Key", KEY, BRING_YOUR_OWN_KEY;
    PrivateKeyXml = "private-key-xml", Error, "a private key as .NET RSAKeyValue XML", KEY, BRING_YOUR_OWN_KEY;
    KeystorePkcs12 = "keystore-pkcs12", Error, "a PKCS#12 keystore (.p12, .pfx)", KEY_LOCKED, BRING_YOUR_OWN_KEY;
    KeystoreJks = "keystore-jks", Error, "a Java keystore with a private key (JKS)", KEY_LOCKED, BRING_YOUR_OWN_KEY;
    KeystoreJceks = "keystore-jceks", Error, "a Java keystore with a private key (JCEKS)", KEY_LOCKED, BRING_YOUR_OWN_KEY;
    PrivateKeyEncoded = "private-key-encoded", Error, "a private key wrapped in base64 or hexadecimal", KEY, BRING_YOUR_OWN_KEY;

    SfdxAuthUrl = "sfdx-auth-url", Error, "an sfdxAuthUrl: a refresh token with its app and org", REFRESH, LOG_IN_BY_JWT;
    RefreshToken = "refresh-token", Error, "a Salesforce refresh token", REFRESH, LOG_IN_BY_JWT;
    AccessToken = "access-token", Error, "a Salesforce access token (session id)", TOKEN, GET_TOKENS_AT_RUN_TIME;
    AccessTokenJwt = "access-token-jwt", Error, "a signed JWT for or from Salesforce: an access token or an assertion", TOKEN, GET_TOKENS_AT_RUN_TIME;
    SfCliAuthFile = "sf-cli-auth-file", Error, "a login that the Salesforce CLI stored", REFRESH, KEEP_CLI_STATE_AT_HOME;
    SfCliKey = "sf-cli-key", Error, "the key with which the Salesforce CLI encrypts its logins", REFRESH, KEEP_CLI_STATE_AT_HOME;

    ConnectedAppSecret = "connected-app-secret", Error, "a consumer secret in connected-app metadata", APP_SECRET, NO_APP_SECRET;
    EcaGlobalOauthSettings = "eca-global-oauth-settings", Error, "an External Client App's global OAuth settings", ECA_GLOBAL, KEEP_ECA_GLOBAL_OUT;
    AuthProviderSecret = "auth-provider-secret", Error, "a secret in Auth. Provider metadata", METADATA_SECRET, SET_AFTER_INSTALL;
    NamedCredentialSecret = "named-credential-secret", Error, "a password, token or key in Named Credential metadata", METADATA_SECRET, SET_AFTER_INSTALL;
    ExternalCredentialSecret = "external-credential-secret", Error, "an authorization value in External Credential metadata", METADATA_SECRET, SET_AFTER_INSTALL;
    ExternalDataSourceSecret = "external-data-source-secret", Error, "a password or token in External Data Source metadata", METADATA_SECRET, SET_AFTER_INSTALL;
    CustomMetadataSecret = "custom-metadata-secret", Error, "a secret in a Custom Metadata record", RECORD_SECRET, SET_AFTER_INSTALL;
    CustomLabelSecret = "custom-label-secret", Error, "a secret in a Custom Label", RECORD_SECRET, SET_AFTER_INSTALL;
    ConsumerSecret = "consumer-secret", Error, "a consumer secret (client secret)", APP_SECRET, NO_APP_SECRET;
    SalesforcePassword = "salesforce-password", Error, "the password of a Salesforce user", PASSWORD, LOG_IN_BY_JWT;
    SecurityToken = "security-token", Error, "the security token of a Salesforce user", PASSWORD, LOG_IN_BY_JWT;
    OauthPasswordGrant = "oauth-password-grant", Error, "a password in an OAuth username-password request", PASSWORD, LOG_IN_BY_JWT;
    SoapLoginPassword = "soap-login-password", Error, "a password in a SOAP login() call", PASSWORD, LOG_IN_BY_JWT;
    OtherServiceToken = "other-service-token", Error, "a token or secret key of another service, such as GitHub or AWS", OTHER_SERVICE, NAMED_CREDENTIAL;
    BasicCredentials = "basic-credentials", Error, "a user name and password in a Basic authorization header", PASSWORD, NAMED_CREDENTIAL;
    KeyPassphrase = "key-passphrase", Error, "the passphrase of a private key or keystore", KEY_LOCKED, BRING_YOUR_OWN_KEY;
    UrlCredentials = "url-credentials", Warning, "a user name and password in a URL", PASSWORD, NAMED_CREDENTIAL;
    DotenvSecret = "dotenv-secret", Error, "a secret in a .env file", DOTENV, KEEP_DOTENV_HOME;
    DotenvFile = "dotenv-file", Warning, "a .env file with values", DOTENV, KEEP_DOTENV_HOME;
    CredentialInApex = "credential-in-apex", Warning, "what looks like a password, key or secret in Apex", APEX_SECRET, NAMED_CREDENTIAL;

    JwtIssuerInApex = "jwt-issuer-in-apex", Warning, "a hard-coded setIss: the consumer key of one app", HARD_CODED_APP, CUSTOM_METADATA;
    JwtSubjectInApex = "jwt-subject-in-apex", Warning, "a hard-coded setSub: the user name of one org", HARD_CODED_USER, CUSTOM_METADATA;
    JwtAudienceInApex = "jwt-audience-in-apex", Warning, "a hard-coded setAud: the login host of one kind of org", HARD_CODED_HOST, CUSTOM_METADATA;
    ConsumerKeyInApex = "consumer-key-in-apex", Warning, "a hard-coded consumer key in Apex", HARD_CODED_APP, CUSTOM_METADATA;
    CertificateNameInApex = "certificate-name-in-apex", Note, "a hard-coded certificate name in Apex", HARD_CODED_CERTIFICATE, CUSTOM_METADATA;
    ConsumerKey = "consumer-key", Note, "a consumer key outside Apex, such as a packaged app's own", CONSUMER_KEY, CONSUMER_KEY_BY_DESIGN;
}

impl Rule {
    /// The stable, kebab-case id.
    pub const fn id(self) -> &'static str {
        self.row().0
    }

    /// How bad it is.
    pub const fn level(self) -> Level {
        self.row().1
    }

    /// What was found, as a noun phrase.
    pub const fn what(self) -> &'static str {
        self.row().2
    }

    /// Why it matters, in a sentence.
    pub const fn why(self) -> &'static str {
        self.row().3
    }

    /// How to do it instead, in a sentence or two.
    pub const fn instead(self) -> &'static str {
        self.row().4
    }

    /// The rule of a given id.
    pub fn from_id(id: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|r| r.id() == id)
    }
}

const KEY: &str = "Whoever has a private key signs in as every user its app is approved for; a package hands it to every \
    subscriber and a repository to every reader, for good.";
const KEY_LOCKED: &str = "A passphrase only delays whoever has the file: it can be guessed offline, and it tends to \
    travel with the key.";
const REFRESH: &str = "A stored login gives new access tokens until somebody revokes it, without any further check.";
const TOKEN: &str = "Whoever has the token is that user until it ends.";
const APP_SECRET: &str = "A consumer secret lets others pose as the app, and one that is packaged or committed is no \
    secret any more.";
const ECA_GLOBAL: &str = "Salesforce calls them private and sensitive: they cannot be packaged and must not be added to \
    source control (Metadata API Developer Guide, ExtlClntAppGlobalOauthSettings).";
const METADATA_SECRET: &str = "Salesforce never writes such a value when metadata is retrieved, so somebody typed it; \
    from here it reaches every org the metadata is deployed to.";
const RECORD_SECRET: &str = "Records and labels that ship with a package can be read in the package file, and most of \
    them in the org too.";
const PASSWORD: &str = "A user's password opens everything that user may do, and outlives the integration.";
const OTHER_SERVICE: &str = "Whoever has it acts at that service in its owner's name, until it is revoked there.";
const DOTENV: &str = "A .env file is one developer's environment; committed or packaged, it gives that environment to \
    everybody.";
const APEX_SECRET: &str = "Apex source is readable by administrators of the org and, unless managed, of every \
    subscriber.";
const HARD_CODED_APP: &str = "The code works with one app only: a subscriber cannot bring their own, and the key cannot \
    be replaced without a new version.";
const HARD_CODED_USER: &str = "The user exists in one org only, so the code fails, or asks for the wrong user, in every \
    other.";
const HARD_CODED_HOST: &str = "login.salesforce.com, test.salesforce.com and a My Domain are each right for some orgs \
    only; an External Client App needs the org's My Domain.";
const HARD_CODED_CERTIFICATE: &str = "The code works only where a certificate of this name exists; subscribers bring \
    theirs under a name of their own.";
const CONSUMER_KEY: &str = "A consumer key identifies an app and is no secret; a packaged app's is the same for all \
    subscribers.";

const BRING_YOUR_OWN_KEY: &str = "Remove it from the history too, and replace the key and its certificate. Let each \
    subscriber bring a certificate: in an org under Certificate and Key Management, its name in Custom Metadata or a \
    Custom Setting; outside by `sf-jwt certificate new` and a key URI (file:, env:, keychain:, signer:).";
const LOG_IN_BY_JWT: &str = "Revoke or change it now. Sign in by the JWT Bearer flow instead, with a key that is kept \
    outside: `sf-jwt token`, or `sf org login jwt` in CI.";
const GET_TOKENS_AT_RUN_TIME: &str = "Revoke it now, and get tokens when they are needed: `sf-jwt token`, or a Named \
    Credential inside an org.";
const KEEP_CLI_STATE_AT_HOME: &str = "Log out with `sf org logout`, remove the file, and add .sf/ and .sfdx/ to \
    .gitignore.";
const NO_APP_SECRET: &str = "Rotate the secret. The JWT Bearer flow needs none: the app holds a certificate, each \
    subscriber the key of their own. Where a flow does need one, let the subscriber enter it in a protected Custom \
    Setting or an External Credential after the installation.";
const KEEP_ECA_GLOBAL_OUT: &str = "List the file in .forceignore and .gitignore; subscribers get the app by its package, \
    and a local app's settings are entered in its own org.";
const SET_AFTER_INSTALL: &str = "Leave the value empty in metadata and let an admin enter it after the installation: in \
    an External Credential, an Auth. Provider, or a protected Custom Setting.";
const NAMED_CREDENTIAL: &str = "Change it now, and call through a Named Credential, or read it from a protected Custom \
    Setting that the subscriber fills.";
const KEEP_DOTENV_HOME: &str = "Add .env to .gitignore and .forceignore, replace what it holds, and commit a \
    .env.example without values.";
const CUSTOM_METADATA: &str = "Read it from Custom Metadata or a Custom Setting that the subscriber fills: consumer key, \
    user name, login host and certificate name belong to the subscriber.";
const CONSUMER_KEY_BY_DESIGN: &str = "Nothing to do for a packaged app's own key. If subscribers bring their own app, \
    read the key from Custom Metadata or a Custom Setting.";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut seen = HashSet::new();
        for rule in Rule::ALL {
            assert!(seen.insert(rule.id()), "{} appears twice", rule.id());
            assert!(
                rule.id().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                rule.id()
            );
            assert_eq!(Rule::from_id(rule.id()), Some(*rule));
        }
        assert!(seen.len() >= 25);
    }

    #[test]
    fn texts_fit_their_place() {
        for rule in Rule::ALL {
            assert!(
                !rule.what().ends_with('.') && rule.why().ends_with('.') && rule.instead().ends_with('.'),
                "{rule:?}"
            );
            for text in [rule.what(), rule.why(), rule.instead()] {
                assert!(!text.contains("  "), "{rule:?}: {text}");
            }
        }
    }
}
