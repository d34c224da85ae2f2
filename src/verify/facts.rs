//! What was gathered about a connection. `None` means that it was not looked at, because an earlier check made it
//! meaningless or because it does not apply.

use crate::app::salesforce_id::SalesforceId;
use crate::error::{Error, Reason, Result, Warning};
use crate::key::certificate::Certificate;
use crate::oauth::grant::Grant;
use crate::org::parts::Parts;
use crate::org::profile::Profile;
use crate::time::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything that the checks are judged over.
#[derive(Debug)]
pub struct Facts {
    /// The org's description, field by field.
    pub parts: Parts,
    /// The same, complete and valid, or what is wrong with it.
    pub profile: Result<Arc<Profile>>,
    /// The present moment, for the certificate's validity.
    pub now: Timestamp,
    /// Only what needs no network was asked for.
    pub offline: bool,
    /// The key.
    pub key: Option<Result<KeyFacts>>,
    /// Who else can read its file.
    pub key_readers: Option<Warning>,
    /// The configured certificate.
    pub certificate: Option<Result<CertificateFacts>>,
    /// The proxy that requests go through, as `host:port`.
    pub proxy: Option<String>,
    /// The addresses of the login host.
    pub addresses: Option<Result<Vec<String>>>,
    /// The address that took a connection.
    pub connected: Option<Result<String>>,
    /// A request without credentials, which shows TLS and the server's clock.
    pub probe: Option<Result<ProbeFacts>>,
    /// The exchange; `org-mismatch` when it gave a token for another org, which was dropped.
    pub grant: Option<Result<Grant>>,
    /// Who the token says it is.
    pub identity: Option<Result<IdentityFacts>>,
    /// What the API said to the token.
    pub api: Option<Result<ApiFacts>>,
    /// What the org says about the app, for the checks of the app's side.
    pub app: AppFacts,
    /// How long the gathering for a check took, in milliseconds.
    pub durations: HashMap<&'static str, u64>,
}

impl Facts {
    /// Nothing gathered yet but the description.
    pub fn new(parts: Parts, profile: Result<Arc<Profile>>) -> Facts {
        Facts {
            parts,
            profile,
            now: Timestamp(0),
            offline: false,
            key: None,
            key_readers: None,
            certificate: None,
            proxy: None,
            addresses: None,
            connected: None,
            probe: None,
            grant: None,
            identity: None,
            api: None,
            app: AppFacts::default(),
            durations: HashMap::new(),
        }
    }
}

/// A key that signs.
#[derive(Debug)]
pub struct KeyFacts {
    /// Its form and size, for people.
    pub description: String,
    /// `key-repaired`.
    pub repaired: Option<Warning>,
}

/// A certificate that was read.
#[derive(Debug)]
pub struct CertificateFacts {
    /// The certificate.
    pub certificate: Certificate,
    /// Its file, for people.
    pub label: String,
    /// Whether it belongs to the key; `None` when the key is outside this process and cannot tell.
    pub matches_key: Option<bool>,
}

/// An answer to a request without credentials.
#[derive(Debug)]
pub struct ProbeFacts {
    /// Whether the connection is encrypted.
    pub encrypted: bool,
    /// The server's clock against ours, in seconds ahead.
    pub clock_skew: Option<i64>,
}

/// Who the token belongs to, as the org says.
#[derive(Clone, Debug)]
pub struct IdentityFacts {
    /// The org's id.
    pub org_id: SalesforceId,
    /// The user's id.
    pub user_id: SalesforceId,
    /// The username.
    pub username: String,
}

impl IdentityFacts {
    /// Whether it is whom a description means.
    ///
    /// # Errors
    /// `user-mismatch`, `org-mismatch`.
    pub fn is_meant_by(&self, profile: &Profile) -> Result<()> {
        if !self.username.eq_ignore_ascii_case(&profile.username) {
            let what = format!("the token belongs to {}, not to {}", self.username, profile.username);
            return Err(Error::new(Reason::UserMismatch, what).hint("check login-url and username"));
        }
        match profile.org_id {
            Some(pinned) if pinned != self.org_id => {
                let (org, pinned) = (self.org_id.long(), pinned.long());
                let what = format!("the token is for the org {org}, not for the pinned {pinned}");
                Err(Error::new(Reason::OrgMismatch, what).hint("check login-url and username, or correct org-id"))
            }
            _ => Ok(()),
        }
    }
}

/// What the REST API said.
#[derive(Debug)]
pub struct ApiFacts {
    /// The version that was asked.
    pub version: String,
    /// Remaining and maximal API requests of the day.
    pub daily_requests: Option<(u64, u64)>,
}

/// What the org says about the app. Each is `Err` with a word when it cannot be looked at.
#[derive(Debug, Default)]
pub struct AppFacts {
    /// Whether apps are known in this org, and which of them this one is.
    pub installed: Option<Result<String, String>>,
    /// Whether the app is for admin-approved users only.
    pub admin_approved: Option<Result<bool, String>>,
    /// By what the user is assigned to the app.
    pub user_assigned: Option<Result<Option<String>, String>>,
}

impl AppFacts {
    /// Nothing could be seen, for one and the same cause.
    pub fn unseen(why: &str) -> AppFacts {
        AppFacts {
            installed: Some(Err(why.to_owned())),
            admin_approved: Some(Err(why.to_owned())),
            user_assigned: Some(Err(why.to_owned())),
        }
    }
}
