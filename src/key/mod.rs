//! The identity that the subscriber brings: where a private key comes from, what it is, and what signs with it.
//!
//! 1. [`source`]: a key URI says where the key is. Reading one resolves nothing, so `preview` and a cached token
//!    touch no key.
//! 2. [`material`]: the bytes found there are recognised, repaired where a secret store mangled them, or refused
//!    by name with the line that fixes it.
//! 3. [`signer`]: what makes the RS256 signature, in this process or outside of it.
//! 4. [`certificate`]: the public half, which the app in Salesforce holds.
//! 5. [`pair`]: a new key with a certificate of its own, or with a request for one.
//!
//! All of this is pure; `ops::credentials` goes and gets the bytes.

pub mod certificate;
pub(crate) mod der;
pub(crate) mod keystore;
pub mod material;
pub mod pair;
pub(crate) mod pem;
mod place;
pub(crate) mod refusal;
pub(crate) mod signature;
pub mod signer;
pub mod source;
