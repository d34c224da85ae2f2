//! Going to where bytes are kept: files, pipes, variables, commands, the keychain, a person at the terminal.

use super::Terms;
use crate::error::{Error, Reason, Result};
use crate::host::files::{self, Contents, Fault, FileError};
use crate::host::process::{self, Failure, Manner};
use crate::host::{Host, keychain, terminal};
use crate::key::source::{CommandLine, Location, MAX_BYTES, PassphraseSource};
use crate::secret::{SecretBytes, SecretString};
use std::path::{Path, PathBuf};

/// One search for a key, with what it may use.
#[derive(Clone, Copy)]
pub(super) struct Errand<'a> {
    pub(super) host: &'a Host,
    pub(super) terms: Terms,
    /// Variables that hold the key or its passphrase, which no child may inherit.
    pub(super) hidden: &'a [&'a str],
}

/// Bytes from somewhere, and who else can read them there.
pub(super) struct Fetched {
    pub(super) bytes: SecretBytes,
    pub(super) readers: Option<String>,
}

impl From<Vec<u8>> for Fetched {
    fn from(bytes: Vec<u8>) -> Self {
        Fetched { bytes: bytes.into(), readers: None }
    }
}

impl From<Contents> for Fetched {
    fn from(contents: Contents) -> Self {
        Fetched { readers: contents.access.other_readers(), ..contents.bytes.into() }
    }
}

impl Errand<'_> {
    /// Fetches what is kept somewhere.
    pub(super) async fn fetch(self, location: &Location, label: &str) -> Result<Fetched> {
        match location {
            Location::File(path) => self.file(path, label).await,
            Location::Env(name) => self.host.env.text(name).map(|value| value.as_bytes().to_vec().into()).ok_or_else(|| {
                Error::new(Reason::KeyNotFound, format!("the variable of `{label}` is not set, empty, or not Unicode"))
                    .hint("variables reach a program only when they are exported, and many hosts pass on a few chosen ones")
            }),
            Location::Stdin | Location::Fd(0..=2) if !self.terms.stdin => {
                let message = format!("`{label}` cannot be used here: the standard streams carry the protocol");
                Err(Error::new(Reason::NotAllowed, message))
            }
            Location::Fd(number) if cfg!(unix) => {
                Ok(self.pipe(PathBuf::from(format!("/dev/fd/{number}")), label).await?.bytes.into())
            }
            Location::Fd(_) => Err(Error::new(Reason::KeyUnreadable, "`fd:` needs a Unix system")),
            Location::Stdin => {
                let read = elsewhere(|| files::read_stdin(MAX_BYTES as u64));
                Ok(self.patiently(label, read).await?.map_err(|e| file_error(label, &e))?.into())
            }
            Location::Command(command) => {
                let output = self.run(command, b"", MAX_BYTES).await;
                let bytes = output.map_err(|failure| self.failed(label, Reason::CommandFailed, MAX_BYTES, failure))?;
                Ok(Fetched { bytes, readers: None })
            }
            Location::Keychain { service, account } => {
                let (service, account) = (service.clone(), account.clone());
                let read = elsewhere(move || keychain::read(&service, &account));
                let bytes = self.patiently(label, read).await?.map_err(|fault| keychain_error(label, fault))?;
                Ok(Fetched { bytes, readers: None })
            }
        }
    }

    /// The passphrase of a source. An editor's or echo's final line end is not part of it.
    pub(super) async fn passphrase(self, source: &PassphraseSource) -> Result<SecretString> {
        let location = match source {
            PassphraseSource::Value(text) => return Ok(text.clone()),
            PassphraseSource::Stored(location) => location,
        };
        let label = source.label();
        let in_field = |error: Error| error.field("passphrase");
        let fetched = self.fetch(location, &label).await.map_err(in_field)?;
        let text = std::str::from_utf8(fetched.bytes.expose()).map_err(|_| {
            in_field(Error::new(Reason::KeyUnreadable, format!("the passphrase in `{label}` is not UTF-8")))
        })?;
        let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
        Ok(SecretString::from(text.to_owned()))
    }

    /// Asks the person at the terminal for the passphrase of a key. `None` when nobody can be asked.
    ///
    /// Errors: `cancelled` by Ctrl-C.
    pub(super) async fn ask(self, label: &str) -> Result<Option<SecretString>> {
        if !self.terms.person {
            return Ok(None);
        }
        let question = format!("Passphrase of {label}: ");
        let (open, echo) = (terminal::Question::open(), terminal::Echo::remember());
        let answer = elsewhere(move || terminal::ask_secret(&question)).await;
        drop((echo, open));
        answer?
    }

    /// Runs a command without a shell.
    pub(super) async fn run(self, command: &CommandLine, input: &[u8], cap: usize) -> Result<SecretBytes, Failure> {
        let Terms { person, patience, .. } = self.terms;
        let manner = Manner { hidden: self.hidden, person, patience, cap };
        let _open = person.then(terminal::Question::open); // it may ask for a passphrase or a PIN
        process::run(&command.program, &command.arguments, input, manner).await
    }

    /// Says how a command failed.
    pub(super) fn failed(self, label: &str, reason: Reason, cap: usize, failure: Failure) -> Error {
        let error = |what: String| Error::new(reason, format!("`{label}` {what}"));
        match failure {
            Failure::NotStarted(std::io::ErrorKind::NotFound) => {
                error("could not be started: no such program".to_owned())
                    .hint("give the program's full path, or see that PATH leads to it; no shell is involved")
            }
            Failure::NotStarted(kind) => error(format!("could not be started: {kind}")),
            Failure::TimedOut => {
                error(format!("did not end within {} s and was stopped", self.terms.patience.as_secs_f32()))
            }
            Failure::TooMuch => error(format!("printed more than {cap} bytes and was stopped")),
            Failure::Broken(kind) => error(format!("could not be talked to: {kind}")),
            Failure::Ended { code, complaint } => {
                let how = code
                    .map_or_else(|| "was ended by a signal".to_owned(), |code| format!("ended with exit code {code}"));
                match harmless(&complaint) {
                    Some(said) => error(how).cause(format!("it said: {said}")),
                    None => error(how),
                }
            }
        }
    }

    async fn file(self, path: &Path, label: &str) -> Result<Fetched> {
        // opened once: a named pipe that is opened only to be looked at breaks its writer
        match self.terms.pipes {
            true => self.pipe(path.to_owned(), label).await.map(Fetched::from),
            false => regular_file(path, label),
        }
    }

    async fn pipe(self, path: PathBuf, label: &str) -> Result<Contents> {
        let read = elsewhere(move || files::read_any(&path, MAX_BYTES as u64));
        self.patiently(label, read).await?.map_err(|e| file_error(label, &e))
    }

    /// Waits for something as long as the terms allow.
    pub(super) async fn patiently<T>(self, label: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::time::timeout(self.terms.patience, work).await.unwrap_or_else(|_| {
            let seconds = self.terms.patience.as_secs_f32();
            Err(Error::new(Reason::KeyUnreadable, format!("`{label}` could not be read within {seconds} s")))
        })
    }
}

/// Reads a file, no pipe or device, which may keep us waiting.
pub(super) fn regular_file(path: &Path, label: &str) -> Result<Fetched> {
    files::read(path, MAX_BYTES as u64).map(Fetched::from).map_err(|e| file_error(label, &e))
}

fn keychain_error(label: &str, fault: keychain::Fault) -> Error {
    let failed = |what: &str| Error::new(Reason::KeychainFailed, format!("`{label}` cannot be read: {what}"));
    let said = |error: Error, said: &str| match harmless(said) {
        Some(said) => error.cause(format!("it said: {said}")),
        None => error,
    };
    match fault {
        keychain::Fault::NoEntry(how) => {
            Error::new(Reason::KeyNotFound, format!("`{label}` is not in the keychain")).hint(how)
        }
        keychain::Fault::NoKeychain(missing) => said(failed("no keychain can be reached"), &missing)
            .hint("servers, containers and CI have none as a rule: give the key by file:, env: or cmd:, or sign outside by signer:"),
        keychain::Fault::Refused(why) => said(failed("the keychain refused"), &why),
        keychain::Fault::NotBuilt => {
            failed("this program was built without the cargo feature `keychain`").hint("build it with --features keychain")
        }
    }
}

fn file_error(label: &str, error: &FileError) -> Error {
    let (reason, what, remedy) = match &error.fault {
        Fault::NotFound => (
            Reason::KeyNotFound,
            "does not exist".to_owned(),
            "check the path; a new pair is made by: sf-jwt certificate new --out NAME",
        ),
        Fault::Denied => (
            Reason::KeyUnreadable,
            "cannot be read: permission denied".to_owned(),
            "it and the folders above have to be readable for the user that runs this: chown and chmod 600, no more",
        ),
        Fault::IsA(what) => (
            Reason::KeyUnreadable,
            format!("is {what}, not a regular file"),
            "give the path of a regular file; pipes are read by commands only, not by a server",
        ),
        Fault::TooLarge(_) => (
            Reason::KeyUnreadable,
            "is larger than 64 KiB, which no key is".to_owned(),
            "give the file that holds the key and nothing else",
        ),
        Fault::Other(error) => (
            Reason::KeyUnreadable,
            format!("cannot be read: {}", error.kind()),
            "see whether `cat` reads it, as the same user",
        ),
        Fault::Exists | Fault::NotPrivate(_) => (Reason::KeyUnreadable, "cannot be read".to_owned(), ""),
    };
    let error = Error::new(reason, format!("`{label}` {what}"));
    if remedy.is_empty() { error } else { error.hint(remedy) }
}

/// The first and the last line of a program's complaint that can be shown. Nothing after a line that may hold a
/// secret counts: its rest may be on the next.
fn harmless(complaint: &str) -> Option<String> {
    let lines = complaint.lines().map(str::trim).filter(|line| !line.is_empty());
    let shown: Vec<_> = lines.take_while(|line| !may_be_secret(line)).collect();
    let shorten = |line: &str| line.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
    match shown.as_slice() {
        [] => None,
        [line] => Some(shorten(line)),
        [first, .., last] => Some(format!("{} … {}", shorten(first), shorten(last))),
    }
}

/// Whether a line may hold a part of a key, an assertion or a token.
fn may_be_secret(line: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    // names of files, and of keys in a cloud, which end in a UUID; base64 has a slash only now and then
    let is_path = |run: &str| {
        run.split(['/', '-']).all(|name| name.len() <= 12)
            || run.matches('/').count() > 1 && !run.contains(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())
    };
    let mut runs = line.split(|c| !is_base64(c));
    let mut words = line.split(|c| !is_base64(c) && c != '.' && c != '!');
    line.contains("-----")
        || runs.any(|run| run.len() >= 40 && !is_path(run))
        || words
            .any(|word| (word.contains("eyJ") && word.contains('.')) || (word.contains("00D") && word.contains('!')))
}

/// Runs what blocks or computes for long on a thread of its own, which may be left behind: unlike tokio's blocking
/// threads it does not keep the program from ending.
pub(super) async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("key".to_owned()).spawn(move || {
        let _ = send.send(work());
    });
    let lost = |_| Error::new(Reason::Internal, "reading the key ended unexpectedly");
    thread.map_err(|_| Error::new(Reason::Internal, "no thread could be started to read the key"))?;
    receive.await.map_err(lost)
}
