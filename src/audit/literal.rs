//! Is this text a real secret, or a stand-in for one? Documentation and templates are full of `<your secret>`,
//! `${CLIENT_SECRET}` and `xxxx`; those are no findings.

/// Marks of a stand-in, in lower case. Words such as "test" or "fake" are not among them: real secrets of test
/// orgs contain them.
const STAND_INS: &[&str] = &[
    "...",
    "\u{2026}",
    "xxxx",
    "****",
    "your",
    "example",
    "sample",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "replace",
    "redacted",
    "hidden",
    "masked",
    "sentinel", // what tests of secrecy plant
    "dummy",
    "todo",
    "insert",
    "process.env",
    "getenv",
    "secrets.",
    "[[",
];

/// Words that a name of a secret contains.
const NAMES: &[&str] = &["secret", "password", "passwd", "passphrase", "token", "credential", "key"];

/// Schemes of key URIs and of secret stores.
const REFERENCES: &[&str] = &[
    "file", "env", "fd", "stdin", "cmd", "keychain", "signer", "op", "vault", "aws", "gcp", "arn", "ssm", "http",
    "https",
];

/// Characters that real secrets of the kinds we look for do not contain, but templates and code do.
const TEMPLATE: &[char] =
    &['<', '>', '{', '}', '(', ')', '[', ']', '$', '`', '"', '\'', '\\', '|', ';', ' ', '\t', '\r', '\n'];

/// Whether a value stands for another one: a template, an ellipsis, a run of one character.
pub(super) fn is_stand_in(value: &[u8]) -> bool {
    let value = lower(value);
    value.is_empty()
        || value.len() >= 6 && distinct(&value) < 4
        || ["%", "@", "#", "__"].iter().any(|m| value.starts_with(m) && value.ends_with(m))
        || STAND_INS.iter().any(|s| value.contains(s))
        || ["null", "none", "undefined", "true", "false", "empty"].contains(&value.as_str())
}

/// Whether a value whose name promises a secret is one: long and mixed enough, neither a stand-in nor a name.
pub(super) fn is_secret(value: &[u8]) -> bool {
    let digits = count(value, u8::is_ascii_digit);
    let mixed = digits >= 2 && count(value, u8::is_ascii_alphabetic) >= 1 || digits >= 13;
    value.len() >= 10 && mixed && is_plain(value)
}

/// Whether a value whose name promises a password is one: passwords are shorter, and may be words.
pub(super) fn is_password(value: &[u8]) -> bool {
    let word = value.iter().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-' | b'.'));
    value.len() >= 6 && !word && is_plain(value)
}

/// Whether a token, known by its shape, is more than the shape.
pub(super) fn is_token(value: &[u8]) -> bool {
    distinct(&String::from_utf8_lossy(value)) >= 8 && !is_stand_in(value)
}

/// `keychain:…`, `op://…`, `./server.key`: where a secret is, not the secret. Salesforce's own `force://` is one.
pub(super) fn is_reference(value: &[u8]) -> bool {
    let text = lower(value);
    text.starts_with(['.', '~', '/']) || text.split_once(':').is_some_and(|(scheme, _)| REFERENCES.contains(&scheme))
}

fn is_plain(value: &[u8]) -> bool {
    let templated = String::from_utf8_lossy(value).contains(TEMPLATE);
    !templated && !is_stand_in(value) && !is_name(value) && !is_reference(value)
}

/// `client_secret_2`, `Label.ClientSecret`, `https://…`: what a secret is called or where it is, not the secret.
fn is_name(value: &[u8]) -> bool {
    let text = lower(value);
    let identifier = value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'/'));
    let called_so =
        ["client_secret", "client-secret", "clientsecret", "consumersecret"].iter().any(|n| text.contains(n));
    called_so
        || text.contains("://")
        || identifier && count(value, u8::is_ascii_digit) < 3 && NAMES.iter().any(|n| text.contains(n))
}

fn lower(value: &[u8]) -> String {
    String::from_utf8_lossy(value).to_ascii_lowercase()
}

fn count(value: &[u8], what: fn(&u8) -> bool) -> usize {
    value.iter().filter(|b| what(b)).count()
}

fn distinct(value: &str) -> usize {
    value.chars().collect::<std::collections::HashSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_stand_ins() {
        for secret in ["1384510088588713504", "E41B0A7C55D2F0E4", "a1b2c3d4e5f6"] {
            assert!(is_secret(secret.as_bytes()), "{secret}");
        }
        for other in [
            "",
            "<secret>",
            "${CLIENT_SECRET}",
            "your-secret-123",
            "xxxxxxxx1234",
            "clientSecret12",
            "aaaaaaaaaaaaa11",
            "myVariable",
            "Namespace.Label",
            "1234",
            "https://a1.b2/c3",
            "process.env.A1B2C3",
            "%CLIENT1234%",
            "__CLIENT_1234__",
        ] {
            assert!(!is_secret(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn passwords() {
        for password in ["hunter2", "Passw0rd!", "MyPassword123", "MyPassword!", "Correct-Horse"] {
            assert!(is_password(password.as_bytes()), "{password}");
        }
        for other in ["password", "secret", "****", "abc", "<password>", "my password", "$SF_PW", "letmein"] {
            assert!(!is_password(other.as_bytes()), "{other}");
        }
    }
}
