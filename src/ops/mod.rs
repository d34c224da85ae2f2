//! The verbs: each gathers what the pure middle needs, lets it decide, and acts through `host`.

pub mod credentials;
pub mod flight;
pub mod install_url;
pub mod orgs;
pub mod token_store;
