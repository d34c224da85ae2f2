//! A draft read field by field, so that all that is wrong with it can be told at once, and what is right be used.

use super::completion::{Reader, Surroundings};
use super::draft::{Draft, Source};
use super::field::Field;
use super::profile::Profile;
use crate::app::app_kind::AppKind;
use crate::app::salesforce_id::{IdKind, SalesforceId};
use crate::error::{Error, Reason, Result, Warning};
use crate::key::source::{KeySource, PassphraseSource};
use crate::oauth::login_host::{Audience, LoginHost, Trust};
use crate::secret::SecretString;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::time::Duration;

/// What a draft says, each field by itself: `None` is a needed field that is missing, or one that is wrong. A field
/// that may be missing is `Some(None)` then.
#[derive(Debug)]
pub struct Parts {
    name: Option<String>,
    source: Source,
    /// The consumer key.
    pub client_id: Option<String>,
    /// The Salesforce username.
    pub username: Option<String>,
    /// The host that is asked; also `None` when what its trust depends on is wrong.
    pub login_host: Option<LoginHost>,
    /// The audience; also `None` without a host.
    pub audience: Option<Audience>,
    /// Where the private key is.
    pub key: Option<KeySource>,
    /// Where its passphrase is.
    pub passphrase: Option<Option<PassphraseSource>>,
    /// The certificate that was uploaded to the app.
    pub certificate: Option<Option<PathBuf>>,
    /// The HTTP proxy.
    pub proxy: Option<Option<SecretString>>,
    /// Certificate authorities that are trusted instead of the system's.
    pub ca_file: Option<Option<PathBuf>>,
    org_id: Option<Option<SalesforceId>>,
    app_kind: Option<Option<AppKind>>,
    app_id: Option<Option<SalesforceId>>,
    app_org_id: Option<Option<SalesforceId>>,
    package_id: Option<Option<SalesforceId>>,
    token_lifetime: Option<Duration>,
    tags: Option<Vec<String>>,
    claims: Map<String, Value>,
    trusted_hosts: Option<Vec<String>>,
    max_logins_per_hour: Option<u32>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
    /// What is missing or wrong, in the order in which it was read.
    pub faults: Vec<(Field, Error)>,
}

/// What is wrong so far.
#[derive(Default)]
struct Faults(Vec<(Field, Error)>);

impl Faults {
    fn sound<T>(&mut self, field: Field, read: Result<T>) -> Option<T> {
        read.map_err(|error| self.0.push((field, error))).ok()
    }
}

impl Draft {
    /// Everything that can be read of the draft, and everything that cannot.
    pub fn parts(&self, around: Surroundings) -> Parts {
        let reader = Reader { draft: self, around };
        let (mut faults, mut warnings) = (Faults::default(), Vec::new());
        let client_id = faults.sound(Field::ClientId, reader.client_id().map(str::to_owned));
        let username = faults.sound(Field::Username, reader.username().map(str::to_owned));
        let trusted_hosts = faults.sound(Field::TrustedHosts, reader.trusted_hosts());
        let org_id = faults.sound(Field::OrgId, reader.id(Field::OrgId, &self.org_id, IdKind::Org, &mut warnings));
        let trust = trusted_hosts.as_deref().zip(org_id).map(|(hosts, id)| Trust { hosts, org_pinned: id.is_some() });
        let login_host = trust.and_then(|trust| faults.sound(Field::LoginUrl, reader.login_host(trust)));
        let audience = login_host.as_ref().and_then(|host| faults.sound(Field::Audience, reader.audience(host)));
        let mut id = |faults: &mut Faults, field, given, kind| {
            let read = reader.id(field, given, kind, &mut warnings);
            faults.sound(field, read)
        };
        Parts {
            name: self.name.clone(),
            source: self.source.clone(),
            client_id,
            username,
            login_host,
            audience,
            key: faults.sound(Field::Key, reader.key()),
            passphrase: faults.sound(Field::Passphrase, reader.passphrase()),
            app_id: id(&mut faults, Field::AppId, &self.app_id, IdKind::App),
            app_org_id: id(&mut faults, Field::AppOrgId, &self.app_org_id, IdKind::Org),
            package_id: id(&mut faults, Field::PackageId, &self.package_id, IdKind::PackageVersion),
            token_lifetime: faults.sound(Field::TokenLifetime, reader.token_lifetime(&mut warnings)),
            certificate: faults.sound(Field::Certificate, reader.path(Field::Certificate, &self.certificate)),
            org_id,
            app_kind: faults.sound(Field::AppKind, reader.app_kind()),
            tags: faults.sound(Field::Tags, reader.tags()),
            claims: self.claims.as_ref().map(|given| given.value.clone()).unwrap_or_default(),
            trusted_hosts,
            proxy: faults.sound(Field::Proxy, reader.proxy()),
            ca_file: faults.sound(Field::CaFile, reader.path(Field::CaFile, &self.ca_file)),
            max_logins_per_hour: faults.sound(Field::MaxLoginsPerHour, reader.max_logins_per_hour()),
            warnings,
            faults: faults.0,
        }
    }
}

impl Parts {
    /// What is wrong with one field.
    pub fn fault(&self, field: Field) -> Option<&Error> {
        self.faults.iter().find(|(of, _)| *of == field).map(|(_, error)| error)
    }

    /// The whole org.
    ///
    /// # Errors
    /// The first fault.
    pub fn whole(mut self) -> Result<Profile> {
        if !self.faults.is_empty() {
            return Err(self.faults.swap_remove(0).1);
        }
        self.joined().ok_or_else(|| Error::new(Reason::Internal, "a description without a fault is not whole"))
    }

    fn joined(self) -> Option<Profile> {
        Some(Profile {
            name: self.name,
            source: self.source,
            client_id: self.client_id?,
            username: self.username?,
            login_host: self.login_host?,
            audience: self.audience?,
            key: self.key?,
            passphrase: self.passphrase?,
            certificate: self.certificate?,
            org_id: self.org_id?,
            app_kind: self.app_kind?,
            app_id: self.app_id?,
            app_org_id: self.app_org_id?,
            package_id: self.package_id?,
            token_lifetime: self.token_lifetime?,
            tags: self.tags?,
            claims: self.claims,
            trusted_hosts: self.trusted_hosts?,
            proxy: self.proxy?,
            ca_file: self.ca_file?,
            max_logins_per_hour: self.max_logins_per_hour?,
            warnings: self.warnings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::field::{Given, Origin};

    #[test]
    fn every_fault_is_told_and_the_rest_is_read() {
        let by = |value: &str| Some(Given::new(value.to_owned(), Origin::Flag));
        let draft = Draft {
            client_id: by("3MVG9x"),
            username: by("nobody"),
            login_url: by("https://acme.my.salesforce.com"),
            audience: by("https://other.my.salesforce.com"),
            app_kind: by("kind"),
            ..Draft::default()
        };
        let parts = draft.parts(Surroundings::default());
        let faults: Vec<_> = parts.faults.iter().map(|(field, error)| (*field, error.reason())).collect();
        assert_eq!(
            faults,
            [
                (Field::Username, Reason::InvalidParameter),
                (Field::Audience, Reason::HostNotTrusted),
                (Field::Key, Reason::MissingField),
                (Field::AppKind, Reason::InvalidParameter),
            ]
        );
        assert_eq!(parts.client_id.as_deref(), Some("3MVG9x"));
        assert!(parts.login_host.is_some() && parts.audience.is_none() && matches!(parts.passphrase, Some(None)));
        assert_eq!(parts.whole().unwrap_err().details().field.as_deref(), Some("username"));
        // without what its trust depends on, nothing is said about the host
        let parts = Draft { org_id: by("00X"), ..draft }.parts(Surroundings::default());
        assert!(parts.login_host.is_none() && parts.fault(Field::LoginUrl).is_none());
    }
}
