//! The verbs: each gathers what the pure middle needs, lets it decide, and acts through `host`.
//!
//! A token request goes: [`orgs`] finds the org that is meant → [`token`] asks [`flight`] for a living token →
//! only if there is none, [`credentials`] fetches the key and [`login`] exchanges a signed assertion.

pub mod audit;
pub mod certificate;
pub mod credentials;
pub mod explain;
pub mod fleet;
pub mod flight;
pub mod install_url;
pub mod login;
pub mod orgs;
pub mod rest;
pub mod revoke;
pub mod token;
pub mod token_store;
pub mod verify;

use crate::error::Result;
use crate::host::{Host, files};
use crate::org::completion::Surroundings;
use crate::org::draft::Draft;
use crate::org::parts::Parts;
use crate::org::profile::Profile;
use flight::Tokens;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use token_store::{TokenStore, Wish};

/// What every verb works with: the machine, and what this run was told. One per process.
pub struct Service {
    /// The machine.
    pub host: Host,
    /// `--config`.
    pub config: Option<PathBuf>,
    /// How long a verb may take.
    pub timeout: Duration,
    /// `--ca-file`: overrides an org's own.
    pub ca_file: Option<PathBuf>,
    /// What may be done to fetch a key.
    pub fetching: credentials::Terms,
    wish: Wish,
    tokens: OnceLock<Arc<Tokens>>,
}

impl Service {
    /// A service for one run.
    pub fn new(host: Host, timeout: Duration, fetching: credentials::Terms, wish: Wish) -> Self {
        Service { host, config: None, timeout, ca_file: None, fetching, wish, tokens: OnceLock::new() }
    }

    /// The tokens that are kept; the state folder is opened when the first verb asks for one.
    ///
    /// Errors: `insecure-config` for a state folder that was asked for by name and that others can change.
    pub fn tokens(&self) -> Result<&Arc<Tokens>> {
        if let Some(tokens) = self.tokens.get() {
            return Ok(tokens);
        }
        let store = TokenStore::open(&self.host.env, &self.wish)?;
        Ok(self.tokens.get_or_init(|| Tokens::new(store, self.host.clock)))
    }

    /// The org of a draft, complete and valid.
    pub fn complete(&self, draft: &Draft) -> Result<Profile> {
        self.parts(draft).whole()
    }

    /// The org of a draft, as far as it is valid.
    pub fn parts(&self, draft: &Draft) -> Parts {
        let mut parts = draft.parts(Surroundings { home: self.host.env.home().as_deref() });
        if self.ca_file.is_some() {
            parts.ca_file = Some(self.ca_file.clone());
        }
        // a cached token belongs to one key file, not to one of that name in every folder
        if let Some(folder) = files::working_folder() {
            parts.key = parts.key.map(|key| key.anchored(&folder));
        }
        parts
    }
}
