//! Secrets live in a type that cannot be printed or serialised by accident.
//!
//! [`Secret`] has no `Display`, no `Serialize` and a redacted `Debug`; it is wiped when dropped, and the only
//! way to its content is [`Secret::expose`], so that every place where a secret leaves can be found with grep.

use std::fmt;
use std::sync::Arc;
use zeroize::{Zeroize, Zeroizing};

/// A value that must not be seen: a private key, a passphrase, an assertion, an access token.
///
/// Clones share one allocation, so that copies do not multiply in memory.
pub struct Secret<T: Zeroize>(Arc<Zeroizing<T>>);

/// A secret text.
pub type SecretString = Secret<String>;
/// Secret bytes.
pub type SecretBytes = Secret<Vec<u8>>;

impl<T: Zeroize> Secret<T> {
    /// Takes charge of a secret value.
    pub fn new(value: T) -> Self {
        Secret(Arc::new(Zeroizing::new(value)))
    }

    /// The one way out. The call marks the place where the secret leaves our care.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Secret(Arc::clone(&self.0))
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<String> for SecretString {
    fn from(value: String) -> Self {
        Secret::new(value)
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(value: Vec<u8>) -> Self {
        Secret::new(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_is_redacted_also_inside_other_types() {
        let holder = Some((1, SecretString::from("SENTINEL".to_owned())));
        assert_eq!(format!("{holder:?}"), "Some((1, [redacted]))");
    }

    #[test]
    fn clones_share_the_value() {
        let one = SecretString::from("x".to_owned());
        let two = one.clone();
        assert!(std::ptr::eq(one.expose(), two.expose()));
    }
}
