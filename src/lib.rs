//! Headless access to Salesforce by the OAuth 2.0 JWT Bearer flow, for any program.

pub mod app;
pub mod audit;
pub mod cache;
pub mod cli;
pub mod emulator;
pub mod error;
pub mod host;
pub mod key;
pub mod oauth;
pub mod ops;
pub mod org;
pub mod protocol;
pub mod rpc;
pub mod secret;
pub mod time;
pub mod verify;
