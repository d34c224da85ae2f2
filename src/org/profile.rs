//! One org, ready to log in: complete and valid by construction.

use super::draft::Source;
use crate::app::app_kind::AppKind;
use crate::app::salesforce_id::SalesforceId;
use crate::error::Warning;
use crate::key::source::{KeySource, PassphraseSource};
use crate::oauth::login_host::{Audience, LoginHost};
use crate::secret::SecretString;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

/// How long an opaque token is reused when nothing else is said: well below the shortest session timeout that an
/// org can set (15 minutes).
pub const DEFAULT_TOKEN_LIFETIME: Duration = Duration::from_secs(10 * 60);
/// How many exchanges a user may have in an hour when nothing else is said.
pub const DEFAULT_LOGINS_PER_HOUR: u32 = 600;

/// One org, ready to log in.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The name of a configured org.
    pub name: Option<String>,
    /// Where the org is described.
    pub source: Source,
    /// The consumer key (`iss`).
    pub client_id: String,
    /// The Salesforce username (`sub`).
    pub username: String,
    /// The host that is asked.
    pub login_host: LoginHost,
    /// The audience (`aud`).
    pub audience: Audience,
    /// Where the private key is.
    pub key: KeySource,
    /// Where its passphrase is.
    pub passphrase: Option<PassphraseSource>,
    /// The certificate that was uploaded to the app.
    pub certificate: Option<PathBuf>,
    /// The org this is pinned to: a token for another one is dropped.
    pub org_id: Option<SalesforceId>,
    /// The kind of app.
    pub app_kind: Option<AppKind>,
    /// The connected app's id.
    pub app_id: Option<SalesforceId>,
    /// The id of the org that owns the app.
    pub app_org_id: Option<SalesforceId>,
    /// The package version's id.
    pub package_id: Option<SalesforceId>,
    /// How long an opaque token is reused.
    pub token_lifetime: Duration,
    /// Words to choose orgs by.
    pub tags: Vec<String>,
    /// Extra claims; none that the assertion sets itself.
    pub claims: Map<String, Value>,
    /// Hosts that assertions may go to besides Salesforce's.
    pub trusted_hosts: Vec<String>,
    /// The HTTP proxy: a valid URL, which can hold a password.
    pub proxy: Option<SecretString>,
    /// Certificate authorities that are trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
    /// How many exchanges this user may have in an hour.
    pub max_logins_per_hour: u32,
    /// What deserves attention in the description.
    pub warnings: Vec<Warning>,
}

impl Profile {
    /// Whether the consumer key is unlike those that Salesforce makes. It can be chosen, by metadata, and on this
    /// machine anything is usual.
    pub fn has_unusual_client_id(&self) -> bool {
        !self.client_id.starts_with("3MVG") && !self.login_host.is_loopback()
    }
}
