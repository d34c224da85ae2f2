//! What a token depends on, and the name of the file that keeps it.

use crate::oauth::login_host::Audience;
use crate::org::profile::Profile;
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Every input of a token. Two logins that differ in any of these never share one.
///
/// The key is there by its *source*, so that a hit needs no key: nothing is read, asked for or run. Scopes have no
/// field of their own, because the flow has no parameter for them: an app's scopes are granted, or those that a
/// `scope` claim names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CacheKey {
    /// The login URL that is asked.
    pub host: String,
    /// The audience (`aud`) of the assertion, or `auto`.
    pub audience: String,
    /// The consumer key (`iss`).
    pub client_id: String,
    /// The username (`sub`).
    pub username: String,
    /// Extra claims.
    pub claims: Map<String, Value>,
    /// The org id that the connection is pinned to.
    pub org_id: Option<String>,
    /// The identity of the key's source: a hash of its URI, or of the material when that was given by value.
    pub key_source: String,
}

impl CacheKey {
    /// What the tokens of an org depend on.
    pub fn of(profile: &Profile) -> CacheKey {
        let audience = match &profile.audience {
            Audience::Fixed(audience) => audience.clone(),
            Audience::Auto => "auto".to_owned(),
        };
        CacheKey {
            host: profile.login_host.as_str().to_owned(),
            audience,
            client_id: profile.client_id.clone(),
            username: profile.username.clone(),
            claims: profile.claims.clone(),
            org_id: profile.org_id.as_ref().map(ToString::to_string),
            key_source: profile.key.identity(),
        }
    }

    /// The name of this key's files, without extension: a SHA-256 in hex. No part of the key can be read from it,
    /// and no username, however strange, makes a strange file name or shares one.
    pub fn file_stem(&self) -> String {
        // a struct of strings always has a JSON form; if it had none, an empty one would still be checked on reading
        let text = serde_json::to_vec(self).unwrap_or_default();
        hex(&[b"sf-jwt token 1\0".as_slice(), &text])
    }

    /// The stem of the files that count this user's logins, whichever app and key they use: Salesforce's limit of
    /// 3600 logins an hour is each user's.
    pub fn user_stem(&self) -> String {
        hex(&[b"sf-jwt user 1\0".as_slice(), self.host.as_bytes(), b"\0", self.username.to_lowercase().as_bytes()])
    }
}

fn hex(parts: &[&[u8]]) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| hash.update(part));
    hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::HashSet;

    pub(crate) fn key() -> CacheKey {
        CacheKey {
            host: "https://acme.my.salesforce.com".into(),
            audience: "https://acme.my.salesforce.com".into(),
            client_id: "3MVG9".into(),
            username: "integration@acme.example".into(),
            claims: Map::new(),
            org_id: None,
            key_source: "0af3".into(),
        }
    }

    #[test]
    fn every_input_makes_another_file() {
        let mut claims = Map::new();
        claims.insert("scope".into(), "api".into());
        let keys = [
            key(),
            CacheKey { host: "https://other.my.salesforce.com".into(), ..key() },
            CacheKey { audience: "https://login.salesforce.com".into(), ..key() },
            CacheKey { client_id: "3MVG8".into(), ..key() },
            CacheKey { username: "a.b@acme.example".into(), ..key() },
            CacheKey { username: "a_b@acme.example".into(), ..key() },
            CacheKey { username: "../../../etc/passwd".into(), ..key() },
            CacheKey { claims, ..key() },
            CacheKey { org_id: Some("00D5e000005AHE7EAO".into()), ..key() },
            CacheKey { key_source: "0af4".into(), ..key() },
        ];
        let stems: HashSet<_> = keys.iter().map(CacheKey::file_stem).collect();
        assert_eq!(stems.len(), keys.len());
        assert!(stems.iter().all(|s| s.len() == 64 && s.bytes().all(|b| b.is_ascii_hexdigit())));
        assert_eq!(key().file_stem(), key().file_stem());
    }

    #[test]
    fn logins_are_counted_by_user_alone() {
        let other = CacheKey { client_id: "other".into(), username: "Integration@ACME.example".into(), ..key() };
        assert_eq!(other.user_stem(), key().user_stem());
        assert_ne!(CacheKey { username: "b@acme.example".into(), ..key() }.user_stem(), key().user_stem());
    }
}
