//! The world as an argument: environment, clock, files, HTTP, child processes. Nothing outside this folder and
//! `emulator/` touches them, so that everything else can be tested with values.

pub mod exec;
pub mod files;
pub mod http;
pub mod keychain;
pub mod process;
mod repository;
pub mod terminal;
pub mod tree;

use crate::error::{Error, Reason, Result};
use crate::time::Timestamp;
use http::Http;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a run of the program may use of the machine.
#[derive(Clone)]
pub struct Host {
    /// The environment variables, as they were at the start.
    pub env: Env,
    /// The clock.
    pub clock: Clock,
    /// HTTP.
    pub http: Http,
}

impl Host {
    /// The machine this process runs on.
    pub fn system() -> Self {
        Host::of(Env::system(), Clock::System)
    }

    /// A machine with this environment and clock.
    pub fn of(env: Env, clock: Clock) -> Self {
        let http = Http::new(&env, clock);
        Host { env, clock, http }
    }

    /// Random bytes that nobody can guess, from the operating system.
    pub fn random<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        aws_lc_rs::rand::fill(&mut bytes)
            .map_err(|_| Error::new(Reason::Internal, "the operating system gave no random numbers"))?;
        Ok(bytes)
    }
}

/// Environment variables; one that is set but empty counts as unset.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<OsString, OsString>);

impl Env {
    fn system() -> Self {
        Env(std::env::vars_os().collect())
    }

    /// An environment of just these variables.
    pub fn of<K: Into<OsString>, V: Into<OsString>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Env(variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }

    /// A variable as text. `None` when unset, empty or not Unicode.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(std::ffi::OsStr::new(name)).and_then(|v| v.to_str()).filter(|v| !v.is_empty())
    }

    /// A variable as a path. `None` when unset or empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(std::ffi::OsStr::new(name)).filter(|v| !v.is_empty()).map(PathBuf::from)
    }

    /// The user's home folder, when the environment names one.
    pub fn home(&self) -> Option<PathBuf> {
        self.path("HOME").or_else(|| self.path("USERPROFILE")).filter(|p| p.is_absolute())
    }
}

/// Where the time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always this moment, for tests.
    Fixed(Timestamp),
}

impl Clock {
    /// The present moment, in whole seconds.
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::Fixed(moment) => *moment,
            Clock::System => {
                let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
                Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX))
            }
        }
    }
}
