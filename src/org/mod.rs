//! The subscriber's orgs: how one is described, who said what about it, and when that is enough to log in.
//!
//! 1. [`field`]: what can be said about an org, under which names, and the origin of each value.
//! 2. [`draft`]: what is said so far, raw.
//! 3. [`config`] reads `orgs.toml`, [`sf_store`] the Salesforce CLI's files; both give drafts.
//! 4. [`lookup`]: which org a call means, and what flags and variables add to it.
//! 5. [`completion`] makes a draft a [`profile`], complete and valid, ready to log in, or says what is wrong;
//!    [`parts`] says all that is wrong, and what is right all the same; [`app`] tells what even an incomplete draft says about its app.
//!
//! All of this is pure; `ops::orgs` reads the files.

pub mod app;
pub mod clues;
pub mod completion;
pub mod config;
pub mod draft;
pub mod edit;
pub mod field;
pub mod lookup;
pub mod parts;
pub mod profile;
mod secrets;
pub mod sf_store;
pub mod shown;

pub(crate) use crate::error::nearest;
