//! From a key's source to what signs with it: goes and gets the bytes, lets `key` judge them, and reports what
//! deserves attention. Nothing here runs before a signature is really needed.

use crate::error::{Error, Reason, Result, Warning};
use crate::host::Host;
use crate::host::files::{self, Contents, Fault, FileError};
use crate::key::material::{self, Material, Subject};
use crate::key::signer::Signer;
use crate::key::source::{KeySource, Location, MAX_BYTES, PassphraseSource};
use crate::org::profile::Profile;
use crate::secret::{SecretBytes, SecretString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What signs for one org, and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The private key.
    pub key: &'a KeySource,
    /// Its passphrase, which is only fetched when the key turns out to be encrypted.
    pub passphrase: Option<&'a PassphraseSource>,
}

impl<'a> Wanted<'a> {
    /// The key of an org.
    pub fn of(profile: &'a Profile) -> Wanted<'a> {
        Wanted { key: &profile.key, passphrase: profile.passphrase.as_ref() }
    }
}

/// What a run allows while it looks for a key.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Standard input belongs to us; in a server it carries the protocol.
    pub stdin: bool,
    /// Pipes and devices may be read, as process substitution needs it.
    pub pipes: bool,
    /// The longest wait for anything that is not a plain file.
    pub patience: Duration,
}

impl Terms {
    /// One command, run by a person or a script.
    pub fn command(patience: Duration) -> Terms {
        Terms { stdin: true, pipes: true, patience }
    }

    /// A server, whose standard input is the protocol's.
    pub fn server(patience: Duration) -> Terms {
        Terms { stdin: false, pipes: false, patience }
    }
}

/// A signer, and what was noticed on the way to it.
#[derive(Debug)]
pub struct Resolved {
    /// What signs.
    pub signer: Signer,
    /// The key's form and size, for people: "PKCS#8, RSA 2048 bits".
    pub description: String,
    /// `key-permissions`, `key-repaired`.
    pub warnings: Vec<Warning>,
}

/// Fetches a key and makes a signer of it.
///
/// # Errors
/// Kind `key`, naming the source and what was found there; nothing of the content.
pub async fn resolve(host: &Host, wanted: Wanted<'_>, terms: Terms) -> Result<Resolved> {
    let label = wanted.key.label();
    if wanted.key.is_stdin() && wanted.passphrase.is_some_and(PassphraseSource::is_stdin) {
        let message = "the key and its passphrase cannot both come from standard input";
        return Err(Error::usage(Reason::ConflictingParameters, "passphrase", message));
    }
    let mut warnings = Vec::new();
    let (bytes, path) = match wanted.key {
        KeySource::Stored(location) => {
            let fetched = fetch(host, location, &label, terms).await?;
            warnings.extend(fetched.readers.map(|who| {
                Warning::new("key-permissions", format!("`{label}` can be read by {who}; give it mode 0600"))
            }));
            (fetched.bytes, location.path())
        }
        KeySource::Pem(text) | KeySource::Base64(text) => (text.expose().as_bytes().to_vec().into(), None),
        KeySource::Signer(_) => return Err(Error::new(Reason::SignerFailed, "external signers are not built yet")),
    };
    let subject = Subject { label: &label, path };
    let material = open(host, &subject, bytes, wanted.passphrase, terms).await?;
    warnings.extend(repaired(&label, wanted.key, &material));
    Ok(Resolved {
        signer: Signer::in_process(&subject, &material)?,
        description: format!("{}, RSA {} bits", material.form, material.bits),
        warnings,
    })
}

/// Reads the material; the passphrase is fetched only when it is needed.
async fn open(
    host: &Host,
    subject: &Subject<'_>,
    bytes: SecretBytes,
    passphrase: Option<&PassphraseSource>,
    terms: Terms,
) -> Result<Material> {
    let encrypted = match material::read(subject, bytes.expose(), None) {
        Err(error) if error.reason() == Reason::KeyEncrypted => error,
        other => return other,
    };
    let text = match passphrase {
        Some(source) => passphrase_text(host, source, terms).await?,
        // keystores are often protected by the empty passphrase
        None => SecretString::from(String::new()),
    };
    let (label, path) = (subject.label.to_owned(), subject.path.map(Path::to_owned));
    let opened = elsewhere(move || {
        let subject = Subject { label: &label, path: path.as_deref() };
        material::read(&subject, bytes.expose(), Some(&text))
    });
    match opened.await? {
        Err(error) if passphrase.is_none() && error.reason() == Reason::WrongPassphrase => Err(encrypted),
        other => other,
    }
}

fn repaired(label: &str, source: &KeySource, material: &Material) -> Option<Warning> {
    // where base64 is what we ask for, it is no damage
    let meant = matches!(source, KeySource::Base64(_) | KeySource::Stored(Location::Env(_)));
    let wrapping = (material.wrapped && !meant).then_some("base64 around it");
    let repairs: Vec<_> = wrapping.into_iter().chain(material.repairs.iter().copied()).collect();
    let message = || format!("`{label}` had to be repaired: it has {}", repairs.join(", "));
    (!repairs.is_empty()).then(|| Warning::new("key-repaired", message()))
}

async fn passphrase_text(host: &Host, source: &PassphraseSource, terms: Terms) -> Result<SecretString> {
    let location = match source {
        PassphraseSource::Value(text) => return Ok(text.clone()),
        PassphraseSource::Stored(location) => location,
    };
    let label = source.label();
    let fetched = fetch(host, location, &label, terms).await.map_err(|e| e.field("passphrase"))?;
    let text = std::str::from_utf8(fetched.bytes.expose()).map_err(|_| {
        Error::new(Reason::KeyUnreadable, format!("the passphrase in `{label}` is not UTF-8")).field("passphrase")
    })?;
    // an editor's or echo's final line end is not part of it
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(SecretString::from(text.to_owned()))
}

/// Bytes from somewhere, and who else can read them there.
struct Fetched {
    bytes: SecretBytes,
    readers: Option<String>,
}

async fn fetch(host: &Host, location: &Location, label: &str, terms: Terms) -> Result<Fetched> {
    let private = |bytes: Vec<u8>| Fetched { bytes: SecretBytes::from(bytes), readers: None };
    match location {
        Location::File(path) => {
            let contents = match files::read(path, MAX_BYTES as u64) {
                Err(FileError { fault: Fault::IsA("a pipe or device"), .. }) if terms.pipes => {
                    read_pipe(path.clone(), label, terms).await?
                }
                other => other.map_err(|e| file_error(label, &e))?,
            };
            Ok(Fetched { readers: contents.access.other_readers(), ..private(contents.bytes) })
        }
        Location::Env(name) => match host.env.text(name) {
            Some(value) => Ok(private(value.as_bytes().to_vec())),
            None => Err(Error::new(
                Reason::KeyNotFound,
                format!("the variable of `{label}` is not set, empty, or not Unicode"),
            )
            .hint("variables reach a program only when they are exported, and many hosts pass on a few chosen ones")),
        },
        Location::Fd(number) if cfg!(unix) => {
            Ok(private(read_pipe(PathBuf::from(format!("/dev/fd/{number}")), label, terms).await?.bytes))
        }
        Location::Fd(_) => Err(Error::new(Reason::KeyUnreadable, "`fd:` needs a Unix system")),
        Location::Stdin if terms.stdin => {
            let read = elsewhere(|| files::read_stdin(MAX_BYTES as u64));
            let contents = patiently(label, terms, read).await?;
            Ok(private(contents.map_err(|e| file_error(label, &e))?))
        }
        Location::Stdin => {
            Err(Error::new(Reason::NotAllowed, "`stdin:` cannot be used here: standard input carries the protocol"))
        }
        Location::Command(_) => Err(Error::new(Reason::CommandFailed, "`cmd:` is not built yet")),
        Location::Keychain { .. } => Err(Error::new(Reason::KeychainFailed, "`keychain:` is not built yet")),
    }
}

async fn read_pipe(path: PathBuf, label: &str, terms: Terms) -> Result<Contents> {
    let read = elsewhere(move || files::read_any(&path, MAX_BYTES as u64));
    patiently(label, terms, read).await?.map_err(|e| file_error(label, &e))
}

fn file_error(label: &str, error: &FileError) -> Error {
    let (reason, what) = match &error.fault {
        Fault::NotFound => (Reason::KeyNotFound, "does not exist".to_owned()),
        Fault::Denied => (Reason::KeyUnreadable, "cannot be read: permission denied".to_owned()),
        Fault::IsA(what) => (Reason::KeyUnreadable, format!("is {what}, not a regular file")),
        Fault::TooLarge(_) => (Reason::KeyUnreadable, "is larger than 64 KiB, which no key is".to_owned()),
        Fault::Other(error) => (Reason::KeyUnreadable, format!("cannot be read: {}", error.kind())),
        Fault::Exists | Fault::NotPrivate(_) => (Reason::KeyUnreadable, "cannot be read".to_owned()),
    };
    Error::new(reason, format!("`{label}` {what}"))
}

async fn patiently<T>(label: &str, terms: Terms, work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(terms.patience, work).await {
        Ok(result) => result,
        Err(_) => {
            let seconds = terms.patience.as_secs();
            Err(Error::new(Reason::KeyUnreadable, format!("`{label}` did not end within {seconds} s")))
        }
    }
}

/// Runs what blocks or computes for long on a thread of its own, which may be left behind: unlike tokio's blocking
/// threads it does not keep the program from ending.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("key".to_owned()).spawn(move || {
        let _ = send.send(work());
    });
    let lost = |_| Error::new(Reason::Internal, "reading the key ended unexpectedly");
    thread.map_err(|_| Error::new(Reason::Internal, "no thread could be started to read the key"))?;
    receive.await.map_err(lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Clock, Env};
    use crate::key::source::{Place, Trust};
    use crate::time::Timestamp;

    const PKCS8: &str = include_str!("../../tests/keys/rsa.pkcs8.pem");
    const ENCRYPTED: &str = include_str!("../../tests/keys/encrypted.aes256.pem");

    fn host(variables: &[(&str, &str)]) -> Host {
        Host::of(Env::of(variables.iter().copied()), Clock::Fixed(Timestamp(1_795_342_931)))
    }

    fn fixture(name: &str) -> String {
        format!("{}/tests/keys/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    fn resolve_now(host: &Host, key: &KeySource, passphrase: Option<&str>) -> Result<Resolved> {
        let place = Place { trust: Trust::Flag, field: "passphrase", home: None, base: None };
        let passphrase = passphrase.map(|text| PassphraseSource::parse(text, &place).unwrap());
        let wanted = Wanted { key, passphrase: passphrase.as_ref() };
        let terms = Terms::server(Duration::from_secs(5));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(resolve(host, wanted, terms))
    }

    #[test]
    fn from_a_file_a_variable_or_by_value() {
        let host = host(&[("KEY", PKCS8), ("PASS", "open-sesame\n")]);
        let encrypted = KeySource::file(fixture("encrypted.aes256.pem"));
        for (key, passphrase) in [
            (KeySource::file(fixture("rsa.pkcs8.pem")), None),
            (KeySource::file(fixture("rsa.pkcs8.pem")), Some("env:NOT_FETCHED")),
            (KeySource::env("KEY"), None),
            (KeySource::Pem(PKCS8.to_owned().into()), None),
            (encrypted.clone(), Some("env:PASS")),
        ] {
            let resolved = resolve_now(&host, &key, passphrase).unwrap();
            assert!(resolved.signer.public_key().is_some());
            assert!(resolved.description.ends_with("RSA 2048 bits"));
            assert!(resolved.warnings.iter().all(|w| w.code == "key-permissions"), "{:?}", resolved.warnings);
        }
        for (passphrase, reason) in [
            (None, Reason::KeyEncrypted),
            (Some("env:KEY"), Reason::WrongPassphrase),
            (Some("env:NO_SUCH"), Reason::KeyNotFound),
        ] {
            assert_eq!(resolve_now(&host, &encrypted, passphrase).unwrap_err().reason(), reason);
        }
    }

    #[test]
    fn a_value_is_not_in_the_error() {
        let host = host(&[("BAD", "-----BEGIN SENTINEL"), ("KEY", ENCRYPTED), ("PASS", "SENTINEL")]);
        for (key, passphrase) in [
            (KeySource::env("BAD"), None),
            (KeySource::env("KEY"), Some("env:PASS")),
            (KeySource::Pem("SENTINEL".to_owned().into()), None),
        ] {
            let error = resolve_now(&host, &key, passphrase).unwrap_err();
            assert!(!format!("{error:?}").contains("SENTINEL"), "{error:?}");
        }
    }

    #[test]
    fn files_that_are_not_there_or_not_files() {
        let folder = tempfile::tempdir().unwrap();
        for (path, reason) in
            [(folder.path().join("no.key"), Reason::KeyNotFound), (folder.path().to_owned(), Reason::KeyUnreadable)]
        {
            let error = resolve_now(&host(&[]), &KeySource::file(path), None).unwrap_err();
            assert_eq!(error.reason(), reason);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_warned_about() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("my.key");
        std::fs::write(&path, PKCS8.trim_end()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let resolved = resolve_now(&host(&[]), &KeySource::file(&path), None).unwrap();
        let codes: Vec<_> = resolved.warnings.iter().map(|w| w.code).collect();
        assert_eq!(codes, ["key-permissions", "key-repaired"]);
        assert!(resolved.warnings[0].message.contains("its group (mode 0640)"), "{:?}", resolved.warnings);
    }
}
