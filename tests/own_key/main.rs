//! Bring your own key: every accepted form and place of a key gives a token from an org that verifies the signature;
//! every other one is refused by name, before anything is sent, and nothing of a key is ever said.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a helper that fails fails the test")]

mod certificate;
mod forms;
mod org;
mod places;
mod rpc;
