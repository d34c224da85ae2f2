//! What is said about one org so far: every field optional, as it was written, with its origin.

use super::field::{Field, Given, Origin};
use crate::key::source::{KeySource, PassphraseSource};
use crate::secret::SecretString;
use serde_json::{Map, Value};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

macro_rules! draft {
    ($($member:ident: $type:ty = $field:ident, $doc:literal;)*) => {
        /// What is said about one org so far. [`Draft::complete`] makes a [`super::profile::Profile`] of it, or
        /// says what is missing or wrong; `verify-connection` works on the draft itself, so that an incomplete
        /// org is a failed check.
        #[derive(Clone, Default)]
        pub struct Draft {
            /// The name of a configured org.
            pub name: Option<String>,
            /// Where the org is described.
            pub source: Source,
            $(#[doc = $doc] pub $member: Option<Given<$type>>,)*
        }

        impl Draft {
            /// These values, and where there is none, those of `base`.
            #[must_use]
            pub fn over(self, base: Draft) -> Draft {
                let source = if self.source == Source::Connection { base.source } else { self.source };
                Draft { name: self.name.or(base.name), source, $($member: self.$member.or(base.$member),)* }
            }

            /// The fields that are given, in the order of the documents, and by whom.
            pub fn given(&self) -> Vec<(Field, &Origin)> {
                let mut given = Vec::new();
                $(given.extend(self.$member.as_ref().map(|g| (Field::$field, &g.origin)));)*
                given
            }
        }
    };
}

draft! {
    client_id: String = ClientId, "The consumer key (`iss`).";
    username: String = Username, "The Salesforce username (`sub`).";
    login_url: String = LoginUrl, "The host that is asked.";
    audience: String = Audience, "The audience (`aud`).";
    key: Reference<KeySource> = Key, "Where the private key is.";
    passphrase: Reference<PassphraseSource> = Passphrase, "Where its passphrase is.";
    certificate: String = Certificate, "The certificate that was uploaded to the app.";
    org_id: String = OrgId, "The org this is pinned to.";
    app_kind: String = AppKind, "The kind of app.";
    app_id: String = AppId, "The connected app's id.";
    app_org_id: String = AppOrgId, "The id of the org that owns the app.";
    package_id: String = PackageId, "The package version's id.";
    token_lifetime: Duration = TokenLifetime, "How long an opaque token is reused.";
    tags: Vec<String> = Tags, "Words to choose orgs by.";
    claims: Map<String, Value> = Claims, "Extra claims.";
    trusted_hosts: Vec<String> = TrustedHosts, "Hosts that assertions may go to besides Salesforce's.";
    proxy: SecretString = Proxy, "The HTTP proxy; its URL can hold a password.";
    ca_file: String = CaFile, "Certificate authorities that are trusted instead of the system's.";
    max_logins_per_hour: u64 = MaxLoginsPerHour, "How many exchanges this user may have in an hour.";
}

/// Which fields are given, but no value: any of them could be a secret in the wrong place.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.given();
        f.debug_struct("Draft").field("name", &self.name).field("source", &self.source).field("given", &fields).finish()
    }
}

/// Where a key or passphrase is, as it was written.
#[derive(Clone, Debug)]
pub enum Reference<S> {
    /// A URI. It may turn out to be the key or passphrase itself, hence secret.
    Uri(SecretString),
    /// A command as a list of words.
    Words(Vec<String>),
    /// Something that needs no reading: a file of the Salesforce CLI, a value in a JSON-RPC call.
    Source(S),
}

impl Draft {
    /// The environment variables that the key and the passphrase are said to be in.
    pub fn secret_variables(&self) -> Vec<String> {
        let key = self.key.as_ref().map(|given| given.value.variable(KeySource::variable));
        let passphrase = self.passphrase.as_ref().map(|given| given.value.variable(PassphraseSource::variable));
        [key, passphrase].into_iter().flatten().flatten().collect()
    }
}

impl<S> Reference<S> {
    fn variable(&self, of_source: fn(&S) -> Option<&str>) -> Option<String> {
        match self {
            Reference::Uri(text) => text.expose().trim().strip_prefix("env:").map(str::to_owned),
            Reference::Words(_) => None,
            Reference::Source(source) => of_source(source).map(str::to_owned),
        }
    }
}

/// Where an org is described.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: flags, variables or a call's parameters.
    #[default]
    Connection,
    /// A table of `orgs.toml`.
    Config(Arc<Path>),
    /// A file of the Salesforce CLI.
    SalesforceCli(Arc<Path>),
}

impl Source {
    /// The stable name, as `orgs` shows it.
    pub const fn name(&self) -> &'static str {
        match self {
            Source::Connection => "connection",
            Source::Config(_) => "config",
            Source::SalesforceCli(_) => "salesforce-cli",
        }
    }

    /// The file.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Source::Connection => None,
            Source::Config(file) | Source::SalesforceCli(file) => Some(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_goes_over_what_is_below() {
        let by = |value: &str, origin| Some(Given::new(value.to_owned(), origin));
        let variable = Origin::Variable("SF_JWT_USERNAME");
        let flags = Draft { username: by("a@b.c", Origin::Flag), ..Draft::default() };
        let base = Draft {
            name: Some("acme".into()),
            username: by("x@y.z", variable.clone()),
            client_id: by("id", variable.clone()),
            ..Draft::default()
        };
        let both = flags.over(base);
        assert_eq!(both.name.as_deref(), Some("acme"));
        assert_eq!(both.given(), [(Field::ClientId, &variable), (Field::Username, &Origin::Flag)]);
        assert_eq!(both.username.unwrap().value, "a@b.c");
    }

    #[test]
    fn debug_shows_no_value() {
        let secret = || Some(Given::new("SENTINEL".to_owned(), Origin::Flag));
        let draft = Draft { client_id: secret(), username: secret(), ..Draft::default() };
        let shown = format!("{draft:?}");
        assert!(shown.contains("ClientId") && !shown.contains("SENTINEL"), "{shown}");
    }
}
