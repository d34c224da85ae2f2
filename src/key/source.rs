//! Key URIs: where a private key or its passphrase is, read without going there.
//!
//! `file:PATH` or a bare path · `env:NAME` · `fd:N` · `stdin:` · `cmd:COMMAND` · `keychain:SERVICE/ACCOUNT` ·
//! `signer:COMMAND`. A passphrase has the same places but always needs a scheme, so that a passphrase typed where
//! its URI belongs is refused and not taken for a path.

use super::place::split_scheme;
pub use super::place::{Place, Trust, looks_like_key};
use crate::error::Result;
use crate::secret::SecretString;
use aws_lc_rs::digest;
use std::fmt;
use std::path::{Path, PathBuf};

/// The largest key, passphrase or keystore that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Where bytes are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file; the path is absolute when the [`Place`] had a base.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// An open file descriptor that this process inherited.
    Fd(u32),
    /// Standard input.
    Stdin,
    /// What a command prints.
    Command(CommandLine),
    /// An entry of the operating system's keychain.
    Keychain {
        /// The service, up to the last slash.
        service: String,
        /// The account, after the last slash.
        account: String,
    },
}

/// A program and its arguments, run without a shell.
#[derive(Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The program: a path, or a name that is looked up in `PATH`.
    pub program: String,
    /// Its arguments, as they are.
    pub arguments: Vec<String>,
}

/// Where a private key comes from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// Bytes kept somewhere.
    Stored(Location),
    /// The PEM itself, given by value.
    Pem(SecretString),
    /// Base64 of a PEM or DER, given by value.
    Base64(SecretString),
    /// A program that signs; the key never enters this process.
    Signer(CommandLine),
}

/// Where the passphrase of a private key comes from.
#[derive(Clone, Debug)]
pub enum PassphraseSource {
    /// Bytes kept somewhere.
    Stored(Location),
    /// The passphrase itself, given by value.
    Value(SecretString),
}

impl KeySource {
    /// Reads a key URI.
    ///
    /// # Errors
    /// `invalid-parameter` or `invalid-field` for what is not a key URI, `not-allowed` for one that may not be
    /// written in this place. No error repeats the text.
    pub fn parse(text: &str, place: &Place) -> Result<KeySource> {
        if looks_like_key(text) {
            return match place.trust {
                Trust::Environment => Ok(KeySource::Pem(SecretString::from(text.to_owned()))),
                _ => Err(place.pasted_key()),
            };
        }
        let text = place.checked(text)?;
        match split_scheme(text) {
            None => Ok(KeySource::Stored(Location::File(place.path(text)?))),
            Some(("signer", rest)) => Ok(KeySource::Signer(place.command("signer", rest)?)),
            Some((scheme, rest)) => match place.location(scheme, rest)? {
                Some(location) => Ok(KeySource::Stored(location)),
                None => Err(place.unknown_scheme(scheme, place.key_schemes())),
            },
        }
    }

    /// Reads a command written as an array, as TOML allows: the first word is `cmd:PROGRAM` or `signer:PROGRAM`.
    ///
    /// # Errors
    /// As [`KeySource::parse`].
    pub fn parse_words(words: &[String], place: &Place) -> Result<KeySource> {
        match place.words(words)? {
            ("signer", command) => Ok(KeySource::Signer(command)),
            (_, command) => Ok(KeySource::Stored(Location::Command(command))),
        }
    }

    /// A file by its path, as the Salesforce CLI's store names one.
    pub fn file(path: impl Into<PathBuf>) -> KeySource {
        KeySource::Stored(Location::File(path.into()))
    }

    /// A variable that holds the key itself.
    pub fn env(name: impl Into<String>) -> KeySource {
        KeySource::Stored(Location::Env(name.into()))
    }

    /// The same source with an absolute path: a relative one is taken from `folder`.
    #[must_use]
    pub fn anchored(self, folder: &Path) -> KeySource {
        match self {
            KeySource::Stored(Location::File(path)) => KeySource::Stored(Location::File(folder.join(path))),
            other => other,
        }
    }

    /// The source in printable form. Of a command only the program is named: arguments may be secret.
    pub fn label(&self) -> String {
        match self {
            KeySource::Stored(location) => location.label(),
            KeySource::Pem(_) => "pem (by value)".to_owned(),
            KeySource::Base64(_) => "base64 (by value)".to_owned(),
            KeySource::Signer(command) => command.label("signer"),
        }
    }

    /// What tells this source from every other: the SHA-256, in hex, of the whole URI or of the material given by
    /// value. Equal sources in equal order of words have equal identities; nothing can be read back from it.
    pub fn identity(&self) -> String {
        let mut hash = digest::Context::new(&digest::SHA256);
        let mut part = |bytes: &[u8]| {
            hash.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(bytes);
        };
        match self {
            KeySource::Stored(Location::File(path)) => {
                part(b"file");
                part(path.as_os_str().as_encoded_bytes());
            }
            KeySource::Stored(Location::Env(name)) => [b"env", name.as_bytes()].into_iter().for_each(&mut part),
            KeySource::Stored(Location::Fd(number)) => {
                [b"fd", &number.to_be_bytes()[..]].into_iter().for_each(&mut part)
            }
            KeySource::Stored(Location::Stdin) => part(b"stdin"),
            KeySource::Stored(Location::Keychain { service, account }) => {
                [b"keychain", service.as_bytes(), account.as_bytes()].into_iter().for_each(&mut part);
            }
            KeySource::Stored(Location::Command(command)) => {
                part(b"cmd");
                command.words().for_each(|word| part(word.as_bytes()));
            }
            KeySource::Signer(command) => {
                part(b"signer");
                command.words().for_each(|word| part(word.as_bytes()));
            }
            KeySource::Pem(text) => [b"pem", text.expose().as_bytes()].into_iter().for_each(&mut part),
            KeySource::Base64(text) => [b"base64", text.expose().as_bytes()].into_iter().for_each(&mut part),
        }
        hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The variable the key is in, if it is in one: no child process should inherit it.
    pub fn variable(&self) -> Option<&str> {
        match self {
            KeySource::Stored(location) => location.variable(),
            _ => None,
        }
    }

    /// Whether the key is read from standard input.
    pub fn is_stdin(&self) -> bool {
        matches!(self, KeySource::Stored(Location::Stdin | Location::Fd(0)))
    }
}

impl PassphraseSource {
    /// Reads a passphrase URI.
    ///
    /// # Errors
    /// As [`KeySource::parse`]; besides, a scheme is required. No error repeats the text, for it may be the
    /// passphrase.
    pub fn parse(text: &str, place: &Place) -> Result<PassphraseSource> {
        let text = place.checked(text)?;
        match split_scheme(text) {
            Some((scheme, rest)) => match place.location(scheme, rest)? {
                Some(location) => Ok(PassphraseSource::Stored(location)),
                // what stands before a colon may be the beginning of a passphrase
                None if WELL_KNOWN_SCHEMES.contains(&scheme) => {
                    Err(place.unknown_scheme(scheme, place.passphrase_schemes()))
                }
                None => Err(place.needs_scheme()),
            },
            None => Err(place.needs_scheme()),
        }
    }

    /// Reads a command written as an array, as TOML allows: the first word is `cmd:PROGRAM`.
    ///
    /// # Errors
    /// As [`PassphraseSource::parse`].
    pub fn parse_words(words: &[String], place: &Place) -> Result<PassphraseSource> {
        match place.words(words)? {
            ("cmd", command) => Ok(PassphraseSource::Stored(Location::Command(command))),
            _ => Err(place.invalid("a passphrase cannot come from a signer")),
        }
    }

    /// The source in printable form.
    pub fn label(&self) -> String {
        match self {
            // `--passphrase "env:$PASS"` puts the passphrase where the name belongs
            PassphraseSource::Stored(Location::Env(name)) if !is_shouted(name) => "env:…".to_owned(),
            PassphraseSource::Stored(location) => location.label(),
            PassphraseSource::Value(_) => "by value".to_owned(),
        }
    }

    /// The variable the passphrase is in, if it is in one: no child process should inherit it.
    pub fn variable(&self) -> Option<&str> {
        match self {
            PassphraseSource::Stored(location) => location.variable(),
            PassphraseSource::Value(_) => None,
        }
    }

    /// Whether the passphrase is read from standard input.
    pub fn is_stdin(&self) -> bool {
        matches!(self, PassphraseSource::Stored(Location::Stdin | Location::Fd(0)))
    }
}

impl Location {
    fn label(&self) -> String {
        match self {
            Location::File(path) => format!("file:{}", path.display()),
            Location::Env(name) => format!("env:{name}"),
            Location::Fd(number) => format!("fd:{number}"),
            Location::Stdin => "stdin:".to_owned(),
            Location::Command(command) => command.label("cmd"),
            Location::Keychain { service, account } => format!("keychain:{service}/{account}"),
        }
    }

    /// The path, when it is a file.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Location::File(path) => Some(path),
            _ => None,
        }
    }

    fn variable(&self) -> Option<&str> {
        match self {
            Location::Env(name) => Some(name),
            _ => None,
        }
    }
}

impl CommandLine {
    fn words(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.program).chain(&self.arguments).map(String::as_str)
    }

    fn label(&self, scheme: &str) -> String {
        let rest = if self.arguments.is_empty() { "" } else { " …" };
        format!("{scheme}:{}{rest}", self.program)
    }
}

/// Arguments may be secret and are not shown.
impl fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} arguments)", self.program, self.arguments.len())
    }
}

/// Schemes that people try; only these are repeated where the text may be a passphrase.
const WELL_KNOWN_SCHEMES: [&str; 18] = [
    "signer", "vault", "op", "pass", "awskms", "gcpkms", "azurekms", "aws", "gcp", "azure", "pkcs11", "http", "https",
    "data", "pem", "base64", "keyring", "value",
];

fn is_shouted(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Reason};

    fn place(trust: Trust) -> Place<'static> {
        Place { trust, field: "key", home: Some(Path::new("/home/me")), base: Some(Path::new("/work")) }
    }

    fn parse(text: &str) -> Result<KeySource> {
        KeySource::parse(text, &place(Trust::Flag))
    }

    #[test]
    fn accepted_and_how_they_are_shown() {
        for (text, label) in [
            ("file:/k/a.key", "file:/k/a.key"),
            ("file:a.key", "file:/work/a.key"),
            ("a.key", "file:/work/a.key"),
            ("keys/a:b.pem", "file:/work/keys/a:b.pem"),
            ("~/a.key", "file:/home/me/a.key"),
            ("file:~/a.key", "file:/home/me/a.key"),
            ("~other/a.key", "file:/work/~other/a.key"),
            ("file:///k/a%20b.key", "file:/k/a b.key"),
            ("file://localhost/k/a.key", "file:/k/a.key"),
            ("C:\\keys\\a.key", "file:/work/C:\\keys\\a.key"),
            ("env:MY_KEY", "env:MY_KEY"),
            ("fd:3", "fd:3"),
            ("stdin:", "stdin:"),
            ("cmd:vault read -field=key 'secret/my key'", "cmd:vault …"),
            ("cmd:print-key", "cmd:print-key"),
            ("keychain:sf-jwt/acme", "keychain:sf-jwt/acme"),
            ("keychain:https://acme.example/sf/acme", "keychain:https://acme.example/sf/acme"),
            ("signer:openssl dgst -sha256 -sign k.pem", "signer:openssl …"),
            ("  env:MY_KEY\n", "env:MY_KEY"),
        ] {
            assert_eq!(parse(text).unwrap().label(), label, "{text}");
        }
    }

    #[test]
    fn words_are_posix_words() {
        let KeySource::Signer(command) = parse("signer:a 'b c' \"d\\\"e\" f\\ g $HOME ;").unwrap() else { panic!() };
        assert_eq!(command.words().collect::<Vec<_>>(), ["a", "b c", "d\"e", "f g", "$HOME", ";"]);
        let words = ["signer:a", "b c"].map(String::from);
        let KeySource::Signer(command) = KeySource::parse_words(&words, &place(Trust::OwnConfig)).unwrap() else {
            panic!()
        };
        assert_eq!(command.words().collect::<Vec<_>>(), ["a", "b c"]);
        let split = ["cmd:", "a", "b"].map(String::from);
        let source = KeySource::parse_words(&split, &place(Trust::OwnConfig)).unwrap();
        assert_eq!(source.label(), "cmd:a …");
        let drive = ["C:\\a.exe"].map(String::from);
        assert!(KeySource::parse_words(&drive, &place(Trust::OwnConfig)).is_err());
    }

    #[test]
    fn refused_by_name() {
        for (text, fragment) in [
            ("", "is empty"),
            ("   ", "is empty"),
            ("vault:secret/key", "unknown scheme `vault:`"),
            ("https://host/key", "unknown scheme `https:`"),
            ("FILE:/k", "unknown scheme `FILE:`"),
            ("file:", "needs a path"),
            ("file://server/share/k", "local file"),
            ("-", "`stdin:`"),
            ("env:", "name of a variable"),
            ("env:A=B", "name of a variable"),
            ("fd:", "number"),
            ("fd:x", "number"),
            ("fd:-1", "number"),
            ("stdin:x", "nothing after"),
            ("cmd:", "needs a command"),
            ("cmd:''", "needs a command"),
            ("signer:a 'b", "open quotation mark"),
            ("keychain:acme", "SERVICE/ACCOUNT"),
            ("keychain:/acme", "SERVICE/ACCOUNT"),
            ("a\0b", "control characters"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message().contains(fragment), "{text:?}: {error}");
            assert_eq!(error.reason(), Reason::InvalidParameter, "{text:?}");
            assert_eq!(error.details().field.as_deref(), Some("key"));
        }
        let error = parse(&"a/".repeat(MAX_BYTES)).unwrap_err();
        assert!(error.message().contains("longer"), "{error}");
    }

    #[test]
    fn a_key_where_a_uri_belongs_is_not_repeated() {
        // sf-jwt:allow private-key-encoded
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCsentinelsentinelsentinel";
        for text in [
            format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
            format!("file:-----BEGIN PRIVATE KEY-----\\n{body}"),
            body.to_owned(),
            format!("file:{body}"),
            format!("env:{body}"),
            format!("\"{body}"),
            "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tsentinel".to_owned(),
            "{\"kty\":\"RSA\",\"d\":\"sentinel\"}".to_owned(),
            "00D5e000005AHE7!AQsentinel".to_owned(),
            "file:eyJhbGciOiJSUzI1NiJ9.e30.sentinel".to_owned(),
        ] {
            for trust in [Trust::Flag, Trust::OwnConfig, Trust::Rpc { commands: true }] {
                let error = KeySource::parse(&text, &place(trust)).unwrap_err();
                let shown = format!("{error:?}");
                assert!(!shown.contains("sentinel") && !shown.contains("MII"), "{shown}");
                let config = trust == Trust::OwnConfig;
                let expected = if config { Reason::SecretInConfig } else { Reason::InvalidParameter };
                assert_eq!(error.reason(), expected, "{trust:?}");
            }
            let source = KeySource::parse(&text, &place(Trust::Environment)).unwrap();
            assert!(matches!(source, KeySource::Pem(_)));
            assert!(!format!("{source:?} {}", source.label()).contains("sentinel"));
        }
    }

    #[test]
    fn who_may_ask_for_what() {
        let rpc = Trust::Rpc { commands: false };
        let rpc_with_commands = Trust::Rpc { commands: true };
        for (text, trust, allowed) in [
            ("cmd:a", Trust::Flag, true),
            ("signer:a", Trust::OwnConfig, true),
            ("cmd:a", Trust::OtherConfig, false),
            ("signer:a", Trust::OtherConfig, false),
            ("cmd:a", Trust::Environment, false),
            ("signer:a", Trust::Environment, false),
            ("cmd:a", rpc, false),
            ("signer:a", rpc, false),
            ("signer:a", rpc_with_commands, true),
            ("stdin:", Trust::Environment, true),
            ("stdin:", rpc_with_commands, false),
            ("fd:3", rpc_with_commands, false),
            ("a.key", rpc, false),
            ("./a.key", rpc, false),
            ("file:a.key", rpc, false),
            ("//server/share/a.key", rpc, false),
            ("\\\\server\\share\\a.key", rpc, false),
            ("/k/a.key", rpc, true),
            ("~/a.key", rpc, true),
            ("env:A", rpc, true),
            ("keychain:a/b", rpc, true),
        ] {
            match KeySource::parse(text, &place(trust)) {
                Ok(_) => assert!(allowed, "{text} {trust:?}"),
                Err(error) => {
                    assert!(!allowed, "{text} {trust:?}: {error}");
                    assert_eq!(error.reason(), Reason::NotAllowed, "{text} {trust:?}");
                }
            }
        }
    }

    #[test]
    fn passphrases_need_a_scheme_and_are_never_repeated() {
        let parse = |text: &str| PassphraseSource::parse(text, &place(Trust::Flag));
        assert_eq!(parse("env:KEY_PASS").unwrap().label(), "env:KEY_PASS");
        assert_eq!(parse("file:~/pass").unwrap().label(), "file:/home/me/pass");
        assert_eq!(parse("cmd:pass show x").unwrap().label(), "cmd:pass …");
        assert_eq!(parse("env:hunter2").unwrap().label(), "env:…");
        for text in ["hunter2", "hunter2:more", "/hunter2", "hunter2://x", "file://hunter2/x", "stdin:hunter2"] {
            let error = parse(text).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        assert!(parse("signer:a").unwrap_err().message().contains("`signer:`"));
    }

    #[test]
    fn calls_are_told_what_calls_may_say() {
        let rpc = place(Trust::Rpc { commands: false });
        let hint = |error: Error| error.details().hint.clone().unwrap();
        for (hint, said) in [
            (hint(KeySource::parse("-----BEGIN PRIVATE KEY-----", &rpc).unwrap_err()), "{\"pem\": …}"),
            (hint(KeySource::parse("vault:x", &rpc).unwrap_err()), "{\"pem\": …}"),
            (hint(PassphraseSource::parse("vault:x", &rpc).unwrap_err()), "{\"value\": …}"),
            (hint(PassphraseSource::parse("x", &rpc).unwrap_err()), "{\"value\": …}"),
        ] {
            let impossible = ["fd:", "stdin:", "cmd:", "SF_JWT_PRIVATE_KEY"].iter().any(|word| hint.contains(word));
            assert!(hint.contains(said) && !impossible, "{hint}");
        }
    }

    #[test]
    fn identities_differ_with_the_source() {
        let texts = [
            "a",
            "b",
            "env:a",
            "env:b",
            "fd:1",
            "fd:2",
            "stdin:",
            "cmd:a b",
            "cmd:'a b'",
            "signer:a b",
            "keychain:a/b",
            "keychain:a/b/c",
        ];
        let mut all: Vec<String> = texts.iter().map(|text| parse(text).unwrap().identity()).collect();
        all.push(KeySource::Pem("a".to_owned().into()).identity());
        all.push(KeySource::Base64("a".to_owned().into()).identity());
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
        assert_eq!(parse("a").unwrap().identity(), parse("/work/a").unwrap().identity());
        let anchored = KeySource::file("a").anchored(Path::new("/work"));
        assert_eq!(parse("a").unwrap().identity(), anchored.identity());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(file|env|fd|cmd|signer|keychain|stdin|x)?:?\\PC{0,80}") {
            for trust in [Trust::Flag, Trust::OtherConfig, Trust::Environment, Trust::Rpc { commands: true }] {
                let _ = KeySource::parse(&text, &place(trust)).map(|source| source.label());
                let _ = PassphraseSource::parse(&text, &place(trust)).map(|source| source.label());
            }
        }
    }
}
