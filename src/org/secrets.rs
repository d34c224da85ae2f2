//! Secrets that got into `orgs.toml`, found by plain comparisons: this runs before every cached token, and
//! `sf-jwt audit` is there for the thorough search.

use crate::error::{Error, Reason, Result};
use std::path::Path;

/// Looks for secrets in every line, comments included: a configuration file is copied, shown and committed.
pub(super) fn refuse_secrets(text: &str, file: &Path) -> Result<()> {
    let found = text.lines().enumerate().find_map(|(i, line)| Some((i + 1, secret_kind(line)?)));
    found.map_or(Ok(()), |(line, kind)| Err(refusal(file, line, kind)))
}

/// The kind of secret that a line holds.
pub(super) fn secret_kind(line: &str) -> Option<&'static str> {
    let upper = line.to_ascii_uppercase();
    if upper.contains("-----BEGIN") && upper.contains("PRIVATE KEY") {
        return Some("a private key");
    }
    line.split(|c: char| c.is_whitespace() || "\"'=,;[]{}()".contains(c)).find_map(|word| {
        let alphanumeric = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric());
        // base64 of `-----BEGIN `
        if word.starts_with("LS0tLS1CRUdJTi") || begins_like_a_key(word) {
            Some("a private key")
        } else if word.starts_with("force://") {
            Some("an auth URL of the Salesforce CLI")
        } else if word.split_once('!').is_some_and(|(org, rest)| {
            org.starts_with("00D") && matches!(org.len(), 15 | 18) && alphanumeric(org) && rest.len() >= 20
        }) {
            Some("an access token")
        } else if word.starts_with("5Aep861") && word.len() >= 40 {
            Some("a refresh token")
        } else if word.starts_with("eyJ") && word.len() >= 60 && word.matches('.').count() == 2 {
            Some("a token")
        } else if word.len() == 64 && word.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)) {
            Some("a consumer secret")
        } else {
            None
        }
    })
}

/// Whether this is the base64 of a DER key's beginning, which may be a line of several: a SEQUENCE that begins with
/// a small version number, as PKCS#8, PKCS#1 and PKCS#12 do, or with PKCS#5's arc, as an encrypted PKCS#8 does. A
/// certificate begins otherwise.
fn begins_like_a_key(word: &str) -> bool {
    let versioned = word.get(5..9).is_some_and(|s| s.starts_with(['A', 'Q', 'g', 'w']) && s.ends_with("IBA"));
    let encrypted = word.get(..40).is_some_and(|s| s.contains("kqhkiG9w0BBQ"));
    word.len() >= 40 && word.starts_with("MII") && (versioned || encrypted)
}

/// Whether the name of a field says that a secret belongs into it.
pub(super) fn names_a_secret(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    ["secret", "accesstoken", "refreshtoken", "sessionid", "authurl", "password"].iter().any(|s| key.contains(s))
        || key == "token"
        || key == "pem"
}

/// The refusal, which repeats nothing.
pub(super) fn refusal(file: &Path, line: usize, kind: &str) -> Error {
    Error::new(Reason::SecretInConfig, format!("{kind} stands in {}, line {line}", file.display())).hint(
        "take it out, and keep the private key in a file, a variable, a keychain or behind a command, with a key URI \
         in its place; the JWT Bearer flow needs neither a consumer secret nor a stored token",
    )
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::*;

    fn refused(text: String) -> Error {
        Config::parse(text.as_bytes(), Path::new("/c/orgs.toml"), true).err().expect("a refusal")
    }

    #[test]
    fn secrets_are_refused_unechoed_wherever_they_stand() {
        let hex = "0123456789ABCDEF".repeat(4);
        let base64 = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC".repeat(30);
        for (line, kind) in [
            ("key = '''-----BEGIN PRIVATE KEY-----\nSENTINEL'''", "a private key"),
            ("# -----BEGIN RSA PRIVATE KEY-----", "a private key"),
            ("key = 'LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tSENTINEL'", "a private key"),
            (&format!("key = '{base64}'"), "a private key"),
            (&format!("claims = {{ x = '{}' }}", &base64[..76]), "a private key"),
            ("x = 'MIIFLTBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQISENTINEL'", "a private key"),
            ("x = '00D5e000005AHE7!AQEAQSENTINELSENTINELSENTINEL.x_y'", "an access token"),
            ("x = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJTRU5USU5FTCJ9.c2lnbmF0dXJlU0VOVElORUw'", "a token"),
            ("x = 'force://PlatformCLI::SENTINEL@acme.my.salesforce.com'", "an auth URL"),
            ("x = '5Aep861SENTINELSENTINELSENTINELSENTINELSENTINELSENTINEL'", "a refresh token"),
            (&format!("client-id = '{hex}'"), "a consumer secret"),
            ("client-secret = 'SENTINEL'", "a field for a secret"),
            ("accessToken = 'SENTINEL'", "a field for a secret"),
            ("password = 'SENTINEL'", "a field for a secret"),
        ] {
            let error = refused(format!("[orgs.a]\nusername = 'x@y.z'\n{line}\n"));
            assert_eq!(error.reason(), Reason::SecretInConfig, "{kind}: {error}");
            assert!(error.message().starts_with(kind) && error.message().ends_with("line 3"), "{error}");
            let shown = format!("{error:?}");
            assert!(!shown.contains("SENTINEL") && !shown.contains(&hex) && !shown.contains("MIIE"), "{shown}");
        }
    }
}
