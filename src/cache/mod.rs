//! The life of a token here: what it depends on, how long it is handed out, what is kept of it, and how often one
//! may be asked for.
//!
//! - [`key`]: every input of a token, and the file name made of them.
//! - [`freshness`]: until when a token is handed out, and to whom: each reader judges by its own settings.
//! - [`record`]: what is kept, a token and the latest failure, and what that answers to one caller.
//! - [`ledger`]: how many logins a user has had in the past hour.
//!
//! All of it is values; `ops::token_store` keeps them in files and `ops::flight` sees to it that one login serves
//! everybody who asks at the same time.

pub mod freshness;
pub mod key;
pub mod ledger;
pub mod record;

pub use freshness::{Ask, Expiry};
pub use key::CacheKey;
pub use record::{Record, Verdict};
