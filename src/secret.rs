//! Secrets live in a type that cannot be printed or serialised by accident.
//!
//! [`Secret`] has no `Display`, no `Serialize` and a redacted `Debug`; it is wiped when dropped, and the only
//! way to its content is [`Secret::expose`], so that every place where a secret leaves can be found with grep.

use std::ffi::OsStr;
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

/// Whether a text has in it what only keys and tokens look like: PEM, the base64 of one or of a DER (a SEQUENCE with a
/// length of two or three bytes begins `MI`), an access token (`00D…!…`), a JWT.
pub fn holds_secret(text: &str) -> bool {
    let run = |text: &str, more: &str| {
        text.bytes().take_while(|b| b.is_ascii_alphanumeric() || more.contains(*b as char)).count()
    };
    let found = |start: &str, looks: &dyn Fn(&str) -> bool| text.match_indices(start).any(|(at, _)| looks(&text[at..]));
    let is_der = |text: &str| {
        // what a DER begins with has no slash in it, unlike a path with long names
        text[2..].starts_with(['E', 'F', 'G', 'H', 'I', 'J', 'K', 'L'])
            && run(text, "+") >= 16
            && run(text, "+/=") >= 64
    };
    let is_token = |text: &str| matches!(run(text, ""), 15 | 18) && text[run(text, "")..].starts_with('!');
    let is_jwt = |text: &str| {
        let header = run(text, "-_");
        header >= 16 && text[header..].strip_prefix('.').is_some_and(|rest| rest[run(rest, "-_")..].starts_with('.'))
    };
    ["-----BEGIN", "PRIVATE KEY-----", "LS0tLS1CRUdJT"].iter().any(|mark| text.contains(mark))
        || found("MI", &is_der)
        || found("00D", &is_token)
        || found("eyJ", &is_jwt)
}

/// A path or a word of a command line as people may see it: not when it could be a secret in the wrong place, which
/// also is what no file can be named.
pub fn shown(text: impl AsRef<OsStr>) -> String {
    const LONGEST_NAME: usize = 255;
    let text = text.as_ref().to_string_lossy();
    let doubtful = holds_secret(&text)
        || text.chars().any(char::is_control)
        || text.split(['/', '\\']).any(|name| name.len() > LONGEST_NAME);
    if doubtful { "(not shown)".to_owned() } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tokens_are_told_from_names() {
        for text in [
            "-----BEGIN PRIVATE KEY-----\\nx", // sf-jwt:allow private-key
            "/work/MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj/x", // sf-jwt:allow private-key-encoded
            "file:LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t", // sf-jwt:allow private-key-encoded
            "00D5e000005AHE7!AQEAQFsecret",
            "/tmp/00D5e000005AHE7EAO!AQEAQFsecret",
            "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        ] {
            assert!(holds_secret(text), "{text}");
            assert_eq!(shown(text), "(not shown)");
        }
        for text in [
            "/home/MIKE/projects/salesforce/packages/service/certificates/production/acme",
            "/nix/store/0q8nhzcv3pq2lrsy1fm1bs6nygzwvjhf-key/0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9",
            "keys/00D5e000005AHE7.key",
            "keys/eyJ.tar.gz",
            "C:\\keys\\acme!.key",
            "MINIMAL.crt",
        ] {
            assert!(!holds_secret(text), "{text}");
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("a\nb"), "(not shown)");
        assert_eq!(shown("x".repeat(256)), "(not shown)");
    }

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
