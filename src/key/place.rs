//! The place where a key URI stands: who wrote it, hence what it may ask for, and what it is relative to. Every part
//! of a URI is read here, and every refusal worded.

use super::source::{CommandLine, Location};
use crate::error::{Error, Reason, Result};
use crate::secret::holds_secret;
use std::fmt;
use std::path::{Path, PathBuf};

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

impl Place<'_> {
    pub(super) fn checked<'t>(&self, text: &'t str) -> Result<&'t str> {
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
    pub(super) fn location(&self, scheme: &str, rest: &str) -> Result<Option<Location>> {
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
    pub(super) fn command(&self, scheme: &str, rest: &str) -> Result<CommandLine> {
        self.refuse_command(scheme)?;
        let words = shlex::split(rest).ok_or_else(|| self.invalid("has an open quotation mark in its command"))?;
        let mut words = words.into_iter();
        match words.next().filter(|program| !program.is_empty()) {
            Some(program) => Ok(CommandLine { program, arguments: words.collect() }),
            None => Err(self.invalid(format!("needs a command after `{scheme}:`"))),
        }
    }

    pub(super) fn words<'w>(&self, words: &'w [String]) -> Result<(&'w str, CommandLine)> {
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

    pub(super) fn invalid(&self, what: impl fmt::Display) -> Error {
        let reason = match self.trust {
            Trust::Flag | Trust::Environment | Trust::Rpc { .. } => Reason::InvalidParameter,
            Trust::OwnConfig | Trust::OtherConfig => Reason::InvalidField,
        };
        Error::new(reason, format!("`{}` {what}", self.field)).field(self.field)
    }

    fn not_allowed(&self, what: impl fmt::Display) -> Error {
        Error::new(Reason::NotAllowed, format!("`{}` may not be {what}", self.field)).field(self.field)
    }

    pub(super) fn unknown_scheme(&self, scheme: &str, accepted: &str) -> Error {
        self.invalid(format!("has the unknown scheme `{scheme}:`")).hint(format!("accepted are {accepted}"))
    }

    pub(super) fn key_schemes(&self) -> &'static str {
        if let Trust::Rpc { .. } = self.trust { KEY_SCHEMES_OF_CALLS } else { KEY_SCHEMES }
    }

    pub(super) fn passphrase_schemes(&self) -> &'static str {
        if let Trust::Rpc { .. } = self.trust { PASSPHRASE_SCHEMES_OF_CALLS } else { PASSPHRASE_SCHEMES }
    }

    pub(super) fn needs_scheme(&self) -> Error {
        let itself = if let Trust::Rpc { .. } = self.trust { "" } else { "; a passphrase itself is never an argument" };
        self.invalid("needs a scheme, so that a passphrase is never taken for a path")
            .hint(format!("accepted are {}{itself}", self.passphrase_schemes()))
    }

    pub(super) fn pasted_key(&self) -> Error {
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

/// `scheme:rest` (RFC 3986 section 3.1). One letter is a drive, not a scheme.
pub(super) fn split_scheme(text: &str) -> Option<(&str, &str)> {
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
