//! Key URIs: where a private key or its passphrase is, read without going there.
//!
//! `file:PATH` or a bare path · `env:NAME` · `fd:N` · `stdin:` · `cmd:COMMAND` · `keychain:SERVICE/ACCOUNT` ·
//! `signer:COMMAND`. A passphrase has the same places but always needs a scheme, so that a passphrase typed where
//! its URI belongs is refused and not taken for a path.

use crate::error::{Error, Reason, Result};
use crate::secret::{SecretString, holds_secret};
use aws_lc_rs::digest;
use std::fmt;
use std::path::{Path, PathBuf};

/// The largest key, passphrase or keystore that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// Longest URI that is looked at, in bytes.
const MAX_URI: usize = 8 * 1024;

const KEY_SCHEMES: &str = "file:, env:, fd:, stdin:, cmd:, keychain: and signer:, or a path";
const PASSPHRASE_SCHEMES: &str = "env:, file:, fd:, stdin:, cmd: and keychain:";
const KEY_SCHEMES_OF_CALLS: &str = "file:, env: and keychain:, or an absolute path, or {\"pem\": …} or {\"base64\": …}";
const PASSPHRASE_SCHEMES_OF_CALLS: &str = "env:, file: and keychain:, or {\"value\": …}";

/// Who wrote a URI, which decides what it may ask for: a command only runs when the user's own hand or file says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A flag on the command line.
    Flag,
    /// `orgs.toml` at its default path, or the file of a `--config` flag.
    OwnConfig,
    /// A configuration file that a variable or a project names.
    OtherConfig,
    /// An environment variable.
    Environment,
    /// A parameter of a JSON-RPC call; `commands` when the server was started with `--allow-commands`.
    Rpc {
        /// Whether `cmd:` and `signer:` are allowed.
        commands: bool,
    },
}

/// The place where a URI was written.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Who wrote it.
    pub trust: Trust,
    /// The flag, variable, parameter or field, for error texts.
    pub field: &'a str,
    /// What `~` stands for.
    pub home: Option<&'a Path>,
    /// What relative paths are relative to: the folder of the configuration file, else the working folder.
    pub base: Option<&'a Path>,
}

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

impl Place<'_> {
    fn checked<'t>(&self, text: &'t str) -> Result<&'t str> {
        let text = text.trim();
        if looks_like_key(text) {
            Err(self.pasted_key())
        } else if text.is_empty() {
            Err(self.invalid("is empty"))
        } else if text.len() > MAX_URI {
            Err(self.invalid(format!("is longer than {MAX_URI} bytes")))
        } else if text.chars().any(char::is_control) {
            Err(self.invalid("contains control characters"))
        } else {
            Ok(text)
        }
    }

    /// The location of a scheme that keys and passphrases share; `None` for any other scheme.
    fn location(&self, scheme: &str, rest: &str) -> Result<Option<Location>> {
        Ok(Some(match scheme {
            "file" => self.file_uri(rest)?,
            "env" => Location::Env(self.variable_name(rest)?),
            "fd" => {
                self.refuse_in_rpc("fd:")?;
                Location::Fd(rest.parse().map_err(|_| self.invalid("needs the number of an open file after `fd:`"))?)
            }
            "stdin" if rest.is_empty() => {
                self.refuse_in_rpc("stdin:")?;
                Location::Stdin
            }
            "stdin" => return Err(self.invalid("takes nothing after `stdin:`")),
            "cmd" => Location::Command(self.command("cmd", rest)?),
            "keychain" => match rest.rsplit_once('/') {
                Some((service, account)) if !service.is_empty() && !account.is_empty() => {
                    Location::Keychain { service: service.to_owned(), account: account.to_owned() }
                }
                _ => return Err(self.invalid("has to be keychain:SERVICE/ACCOUNT")),
            },
            _ => return Ok(None),
        }))
    }

    /// `file:PATH`, or RFC 8089's `file:///PATH` with percent-encoding.
    fn file_uri(&self, rest: &str) -> Result<Location> {
        if !rest.starts_with("//") {
            return self.path(rest).map(Location::File);
        }
        let path = url::Url::parse(&format!("file:{rest}")).ok().and_then(|url| {
            // a host would be a network share
            url.host_str().is_none_or(|host| host == "localhost").then(|| url.to_file_path().ok()).flatten()
        });
        path.map(Location::File).ok_or_else(|| self.invalid("has to name a local file: file:/PATH or file:///PATH"))
    }

    /// A path written here: `~` is the home folder, relative paths start at the base.
    ///
    /// # Errors
    /// `invalid-parameter` or `invalid-field`; in JSON-RPC `not-allowed` for relative and network paths.
    pub fn path(&self, text: &str) -> Result<PathBuf> {
        if text.is_empty() {
            return Err(self.invalid("needs a path after `file:`"));
        }
        if text == "-" {
            return Err(self.invalid("is `-`; standard input is `stdin:`"));
        }
        let rpc = matches!(self.trust, Trust::Rpc { .. });
        if rpc && (text.starts_with("\\\\") || text.starts_with("//")) {
            return Err(self.not_allowed("a network path"));
        }
        let path = match text.strip_prefix("~").and_then(|rest| rest.strip_prefix(['/', std::path::MAIN_SEPARATOR])) {
            Some(rest) => match self.home {
                Some(home) => home.join(rest),
                None => return Err(self.invalid("begins with `~`, and no home folder is known")),
            },
            None if rpc && !Path::new(text).is_absolute() => return Err(self.not_allowed("a relative path")),
            None => self.base.map_or_else(|| PathBuf::from(text), |base| base.join(text)),
        };
        Ok(path)
    }

    fn variable_name(&self, name: &str) -> Result<String> {
        let plausible = !name.is_empty()
            && name.len() <= 255
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '(' | ')'));
        plausible.then(|| name.to_owned()).ok_or_else(|| {
            self.invalid("needs the name of a variable after `env:` (letters, digits, underscores), not its value")
        })
    }

    /// POSIX words, no shell: nothing is expanded, substituted or piped.
    fn command(&self, scheme: &str, rest: &str) -> Result<CommandLine> {
        self.refuse_command(scheme)?;
        let words = shlex::split(rest).ok_or_else(|| self.invalid("has an open quotation mark in its command"))?;
        let mut words = words.into_iter();
        match words.next().filter(|program| !program.is_empty()) {
            Some(program) => Ok(CommandLine { program, arguments: words.collect() }),
            None => Err(self.invalid(format!("needs a command after `{scheme}:`"))),
        }
    }

    fn words<'w>(&self, words: &'w [String]) -> Result<(&'w str, CommandLine)> {
        if words.iter().any(|word| looks_like_key(word)) {
            return Err(self.pasted_key());
        }
        if words.iter().any(|word| word.contains('\0')) {
            return Err(self.invalid("contains control characters"));
        }
        let (first, rest) = words.split_first().ok_or_else(|| self.invalid("is an empty array"))?;
        let (scheme, program) = match split_scheme(first) {
            Some((scheme @ ("cmd" | "signer"), program)) => (scheme, program),
            _ => return Err(self.invalid("is an array, whose first word has to be cmd:PROGRAM or signer:PROGRAM")),
        };
        self.refuse_command(scheme)?;
        let mut words = std::iter::once(program.to_owned()).filter(|p| !p.is_empty()).chain(rest.iter().cloned());
        match words.next().filter(|program| !program.is_empty()) {
            Some(program) => Ok((scheme, CommandLine { program, arguments: words.collect() })),
            None => Err(self.invalid(format!("needs a program after `{scheme}:`"))),
        }
    }

    fn refuse_command(&self, scheme: &str) -> Result<()> {
        match self.trust {
            Trust::Flag | Trust::OwnConfig | Trust::Rpc { commands: true } => Ok(()),
            Trust::Rpc { commands: false } => Err(self
                .not_allowed(format!("`{scheme}:` in a JSON-RPC call"))
                .hint("start the server with --allow-commands, or configure the key in orgs.toml and name the org")),
            Trust::Environment | Trust::OtherConfig => Err(self
                .not_allowed(format!("`{scheme}:` here"))
                .hint("commands run only from flags, from the default orgs.toml, or from the file of a --config flag")),
        }
    }

    fn refuse_in_rpc(&self, scheme: &str) -> Result<()> {
        match self.trust {
            Trust::Rpc { .. } => Err(self
                .not_allowed(format!("`{scheme}` in a JSON-RPC call"))
                .hint("the protocol has standard input for itself; give {\"pem\": …}, a path, env: or keychain:")),
            _ => Ok(()),
        }
    }

    fn invalid(&self, what: impl fmt::Display) -> Error {
        let reason = match self.trust {
            Trust::Flag | Trust::Environment | Trust::Rpc { .. } => Reason::InvalidParameter,
            Trust::OwnConfig | Trust::OtherConfig => Reason::InvalidField,
        };
        Error::new(reason, format!("`{}` {what}", self.field)).field(self.field)
    }

    fn not_allowed(&self, what: impl fmt::Display) -> Error {
        Error::new(Reason::NotAllowed, format!("`{}` may not be {what}", self.field)).field(self.field)
    }

    fn unknown_scheme(&self, scheme: &str, accepted: &str) -> Error {
        self.invalid(format!("has the unknown scheme `{scheme}:`")).hint(format!("accepted are {accepted}"))
    }

    fn key_schemes(&self) -> &'static str {
        if let Trust::Rpc { .. } = self.trust { KEY_SCHEMES_OF_CALLS } else { KEY_SCHEMES }
    }

    fn passphrase_schemes(&self) -> &'static str {
        if let Trust::Rpc { .. } = self.trust { PASSPHRASE_SCHEMES_OF_CALLS } else { PASSPHRASE_SCHEMES }
    }

    fn needs_scheme(&self) -> Error {
        let itself = if let Trust::Rpc { .. } = self.trust { "" } else { "; a passphrase itself is never an argument" };
        self.invalid("needs a scheme, so that a passphrase is never taken for a path")
            .hint(format!("accepted are {}{itself}", self.passphrase_schemes()))
    }

    fn pasted_key(&self) -> Error {
        match self.trust {
            Trust::OwnConfig | Trust::OtherConfig => {
                Error::new(Reason::SecretInConfig, format!("`{}` holds a private key itself", self.field))
                    .field(self.field)
                    .hint("keep the key in a file of its own and write key = \"file:PATH\"")
            }
            Trust::Rpc { .. } => self
                .invalid("holds a key itself where a key URI belongs")
                .hint("give {\"pem\": …} or {\"base64\": …}; a string is a key URI. It is not repeated here"),
            _ => self
                .invalid("holds a key itself where a key URI belongs")
                .hint("put the key in a file, or in the variable SF_JWT_PRIVATE_KEY; it is not repeated here"),
        }
    }
}

/// Schemes that people try; only these are repeated where the text may be a passphrase.
const WELL_KNOWN_SCHEMES: [&str; 18] = [
    "signer", "vault", "op", "pass", "awskms", "gcpkms", "azurekms", "aws", "gcp", "azure", "pkcs11", "http", "https",
    "data", "pem", "base64", "keyring", "value",
];

/// `scheme:rest` (RFC 3986 section 3.1). One letter is a drive, not a scheme.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = (2..=24).contains(&scheme.len())
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some((scheme, rest))
}

/// Whether a text is a key, or some other secret, rather than the place of one. Where only a place may stand, more is
/// suspect than in other texts: whatever begins as a DER does, and JSON.
pub fn looks_like_key(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['\u{feff}', '"', '\'']);
    let after_scheme = split_scheme(text).map_or(text, |(_, rest)| rest).trim_start();
    let base64_run = |s: &str| s.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(b)).count();
    holds_secret(text)
        || [text, after_scheme]
            .iter()
            .any(|candidate| candidate.starts_with('{') || (candidate.starts_with("MI") && base64_run(candidate) >= 64))
}

fn is_shouted(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let error = parse(&"a/".repeat(MAX_URI)).unwrap_err();
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
