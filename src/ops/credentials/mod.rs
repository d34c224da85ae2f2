//! From a key's source to what signs with it: goes and gets the bytes, lets `key` judge them, and reports what
//! deserves attention. Nothing here runs before a signature is really needed.

mod external;
mod fetch;

use crate::error::{Error, Reason, Result, Warning};
use crate::host::{Host, files};
use crate::key::certificate::{self, Certificate};
use crate::key::material::{self, Material, Subject};
use crate::key::signer::Signer;
use crate::key::source::{CommandLine, KeySource, Location, PassphraseSource};
use crate::org::profile::Profile;
use crate::secret::{SecretBytes, SecretString};
use external::CommandSigner;
use fetch::{Errand, elsewhere};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What signs for one org, and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The private key.
    pub key: &'a KeySource,
    /// Its passphrase, which is only fetched when the key turns out to be encrypted.
    pub passphrase: Option<&'a PassphraseSource>,
    /// The certificate that was uploaded to the app: the key has to be its other half.
    pub certificate: Option<&'a Path>,
}

impl<'a> Wanted<'a> {
    /// The key and certificate of an org.
    pub fn of(profile: &'a Profile) -> Wanted<'a> {
        Wanted {
            key: &profile.key,
            passphrase: profile.passphrase.as_ref(),
            certificate: profile.certificate.as_deref(),
        }
    }
}

/// What a run allows while it looks for a key.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Standard input belongs to us; in a server it carries the protocol.
    pub stdin: bool,
    /// Pipes and devices may be read, as process substitution needs it.
    pub pipes: bool,
    /// A person is at the terminal, who can be asked, by us or by a command.
    pub person: bool,
    /// The longest wait for anything that is not a plain file.
    pub patience: Duration,
}

impl Terms {
    /// One command; `person` when its standard error is a terminal.
    pub fn command(patience: Duration, person: bool) -> Terms {
        Terms { stdin: true, pipes: true, person, patience }
    }

    /// A server, whose standard input is the protocol's, and where nobody can be asked.
    pub fn server(patience: Duration) -> Terms {
        Terms { stdin: false, pipes: false, person: false, patience }
    }
}

/// A signer, and what was noticed on the way to it.
#[derive(Debug)]
pub struct Resolved {
    /// What signs.
    pub signer: Signer,
    /// The key's form and size, for people: "PKCS#8, RSA 2048 bits".
    pub description: String,
    /// The certificate that belongs to the key, configured or found beside it. For an external signer it is the
    /// configured one, and each signature is verified with it.
    pub certificate: Option<Certificate>,
    /// `key-permissions`, `key-repaired`, `certificate-expired`, `certificate-expires-soon`,
    /// `certificate-not-yet-valid`.
    pub warnings: Vec<Warning>,
}

/// Fetches a key and makes a signer of it.
///
/// Errors: kind `key`, naming the source and what was found there, nothing of the content; `certificate-mismatch`
/// when the certificate belongs to another key.
pub async fn resolve(host: &Host, wanted: Wanted<'_>, terms: Terms) -> Result<Resolved> {
    if wanted.key.is_stdin() && wanted.passphrase.is_some_and(PassphraseSource::is_stdin) {
        let message = "the key and its passphrase cannot both come from standard input";
        return Err(Error::usage(Reason::ConflictingParameters, "passphrase", message));
    }
    let hidden: Vec<_> =
        [wanted.key.variable(), wanted.passphrase.and_then(PassphraseSource::variable)].into_iter().flatten().collect();
    let errand = Errand { host, terms, hidden: &hidden };
    let certificates = match wanted.certificate {
        Some(path) => read_certificates(errand, path).await?,
        None => Vec::new(),
    };
    let mut resolved = match wanted.key {
        KeySource::Signer(command) => external(errand, wanted, command, certificates),
        _ => in_process(errand, wanted, certificates).await?,
    };
    if let Some(certificate) = &resolved.certificate {
        let label = wanted.certificate.map_or_else(|| wanted.key.label(), |path| path.display().to_string());
        resolved.warnings.extend(certificate.validity_warning(&label, host.clock.now()));
    }
    Ok(resolved)
}

/// Looks at a key's file, if it is in one, as far as that goes without a passphrase.
///
/// Errors: as [`resolve`].
pub fn look(key: &KeySource) -> Result<()> {
    let KeySource::Stored(Location::File(path)) = key else { return Ok(()) };
    let label = key.label();
    let subject = Subject { label: &label, path: Some(path) };
    match material::read(&subject, fetch::regular_file(path, &label)?.bytes.expose(), None) {
        Err(error) if error.reason() == Reason::KeyEncrypted => Ok(()),
        material => Signer::in_process(&subject, &material?).map(drop),
    }
}

/// Fetches a passphrase.
///
/// Errors: kind `key`, about `passphrase`.
pub async fn passphrase(host: &Host, source: &PassphraseSource, terms: Terms) -> Result<SecretString> {
    let hidden: Vec<_> = source.variable().into_iter().collect();
    Errand { host, terms, hidden: &hidden }.passphrase(source).await
}

/// Reads a certificate file; the first certificate is the one meant, others are its chain.
///
/// Errors: kind `key`.
pub async fn read_certificate(host: &Host, path: &Path, terms: Terms) -> Result<Certificate> {
    read_certificates(Errand { host, terms, hidden: &[] }, path).await.map(|mut all| all.swap_remove(0))
}

async fn read_certificates(errand: Errand<'_>, path: &Path) -> Result<Vec<Certificate>> {
    let label = path.display().to_string();
    let in_field = |error: Error| error.field("certificate");
    let location = Location::File(path.to_owned());
    let bytes = errand.fetch(&location, &label).await.map_err(in_field)?.bytes;
    certificate::read(&Subject { label: &label, path: Some(path) }, bytes.expose()).map_err(in_field)
}

fn external(errand: Errand, wanted: Wanted, command: &CommandLine, certificates: Vec<Certificate>) -> Resolved {
    Resolved {
        certificate: certificates.first().cloned(),
        signer: Signer::external(Arc::new(CommandSigner::new(errand, wanted.key.label(), command, certificates))),
        description: "an external signer".to_owned(),
        warnings: Vec::new(),
    }
}

async fn in_process(errand: Errand<'_>, wanted: Wanted<'_>, certificates: Vec<Certificate>) -> Result<Resolved> {
    let label = wanted.key.label();
    let mut warnings = Vec::new();
    let (bytes, path) = match wanted.key {
        KeySource::Stored(location) => {
            let fetched = errand.fetch(location, &label).await?;
            warnings.extend(fetched.readers.map(|who| exposed(&label, &who)));
            (fetched.bytes, location.path())
        }
        KeySource::Pem(text) | KeySource::Base64(text) => (text.expose().as_bytes().to_vec().into(), None),
        KeySource::Signer(_) => return Err(Error::new(Reason::Internal, "a signer has no key to read")),
    };
    let subject = Subject { label: &label, path };
    let material = open(errand, &subject, bytes, wanted.passphrase).await?;
    let signer = Signer::in_process(&subject, &material)?;
    warnings.extend(repaired(&label, wanted.key, &material));
    Ok(Resolved {
        certificate: own_certificate(&subject, wanted, &signer, certificates, &material)?,
        description: format!("{}, RSA {} bits", material.form, material.bits),
        signer,
        warnings,
    })
}

fn exposed(label: &str, who: &str) -> Warning {
    Warning::new("key-permissions", format!("`{label}` can be read by {who}; give it mode 0600"))
}

/// `key-permissions` for a key whose file others can read, whatever is in it.
pub fn readers(key: &KeySource) -> Option<Warning> {
    let KeySource::Stored(location) = key else { return None };
    let (_, access) = files::look(location.path()?).ok()?;
    access.other_readers().map(|who| exposed(&key.label(), &who))
}

/// The certificate that belongs to the key: the configured one, which has to, else one that came with the key.
fn own_certificate(
    subject: &Subject,
    wanted: Wanted,
    signer: &Signer,
    configured: Vec<Certificate>,
    material: &Material,
) -> Result<Option<Certificate>> {
    let belongs = |certificate: &Certificate| signer.public_key().is_some_and(|key| certificate.matches(key));
    match wanted.certificate {
        None => {
            let beside = material.certificates.iter().filter_map(|der| certificate::read(subject, der).ok()).flatten();
            Ok({ beside }.find(belongs))
        }
        Some(path) => match configured.into_iter().find(belongs) {
            Some(certificate) => Ok(Some(certificate)),
            None => Err(mismatch(&format!(
                "the certificate `{}` does not belong to the key `{}`",
                path.display(),
                subject.label
            ))),
        },
    }
}

fn mismatch(message: &str) -> Error {
    Error::new(Reason::CertificateMismatch, message)
        .field("certificate")
        .hint("find the key that was made with the certificate, or make a new pair and upload its certificate to the app: sf-jwt certificate new --out NAME")
}

/// Reads the material; the passphrase is fetched only when it is needed.
async fn open(
    errand: Errand<'_>,
    subject: &Subject<'_>,
    bytes: SecretBytes,
    passphrase: Option<&PassphraseSource>,
) -> Result<Material> {
    let encrypted = match material::read(subject, bytes.expose(), None) {
        Err(error) if error.reason() == Reason::KeyEncrypted => error,
        other => return other,
    };
    let decrypt = async |text: SecretString| {
        let (bytes, label, path) = (bytes.clone(), subject.label.to_owned(), subject.path.map(Path::to_owned));
        let work = elsewhere(move || {
            material::read(&Subject { label: &label, path: path.as_deref() }, bytes.expose(), Some(&text))
        });
        errand.patiently(subject.label, work).await?
    };
    if let Some(source) = passphrase {
        return decrypt(errand.passphrase(source).await?).await;
    }
    // keystores are often protected by the empty passphrase
    match decrypt(String::new().into()).await {
        Err(error) if error.reason() == Reason::WrongPassphrase => match errand.ask(subject.label).await? {
            Some(text) => decrypt(text).await,
            None => Err(encrypted),
        },
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Clock, Env};
    use crate::key::source::{Place, Trust};
    use crate::time::Timestamp;

    const PKCS8: &str = include_str!("../../../tests/keys/rsa.pkcs8.pem");
    const ENCRYPTED: &str = include_str!("../../../tests/keys/encrypted.aes256.pem");

    fn host(variables: &[(&str, &str)]) -> Host {
        Host::of(Env::of(variables.iter().copied()), Clock::Fixed(Timestamp(1_795_342_931)))
    }

    fn fixture(name: &str) -> String {
        format!("{}/tests/keys/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    fn resolve_now(host: &Host, key: &KeySource, passphrase: Option<&str>) -> Result<Resolved> {
        let place = Place { trust: Trust::Flag, field: "passphrase", home: None, base: None };
        let passphrase = passphrase.map(|text| PassphraseSource::parse(text, &place).unwrap());
        let wanted = Wanted { key, passphrase: passphrase.as_ref(), certificate: None };
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
        for source in [Location::Stdin, Location::Fd(0), Location::Fd(2)] {
            let error = resolve_now(&host, &KeySource::Stored(source), None).unwrap_err();
            assert_eq!(error.reason(), Reason::NotAllowed);
        }
        let error = resolve_now(&host, &KeySource::Stored(Location::Fd(0)), Some("stdin:")).unwrap_err();
        assert_eq!(error.reason(), Reason::ConflictingParameters);
        for (passphrase, reason) in [
            (None, Reason::KeyEncrypted),
            (Some("env:KEY"), Reason::WrongPassphrase),
            (Some("env:NO_SUCH"), Reason::KeyNotFound),
        ] {
            assert_eq!(resolve_now(&host, &encrypted, passphrase).unwrap_err().reason(), reason);
        }
    }

    #[cfg(unix)]
    mod commands {
        use super::*;

        fn parse(uri: &str) -> KeySource {
            KeySource::parse(uri, &Place { trust: Trust::Flag, field: "key", home: None, base: None }).unwrap()
        }

        fn sign_now(key: &KeySource, certificate: Option<&str>) -> Result<Vec<u8>> {
            let certificate = certificate.map(fixture);
            let certificate = certificate.as_deref().map(Path::new);
            let wanted = Wanted { key, passphrase: None, certificate };
            let terms = Terms::server(Duration::from_secs(2));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { resolve(&host(&[]), wanted, terms).await?.signer.sign(b"a.b").await })
        }

        #[test]
        fn a_command_prints_the_key() {
            let signature =
                sign_now(&parse(&format!("cmd:cat '{}'", fixture("rsa.pkcs1.pem"))), Some("certificate.pem"));
            assert_eq!(signature.unwrap().len(), 256);
            for (uri, fragment, cause) in [
                ("cmd:/no/such/program", "no such program", None),
                ("cmd:sh -c 'echo locked >&2; exit 4'", "ended with exit code 4", Some("it said: locked")),
                (
                    "cmd:sh -c 'echo ../providers/implementations/storemgmt/file_store.c:2 >&2; exit 4'",
                    "ended with exit code 4",
                    Some("it said: ../providers/implementations/storemgmt/file_store.c:2"),
                ),
                (
                    "cmd:sh -c 'echo AccessDenied: key/1234abcd-12ab-34cd-56ef-1234567890ab >&2; exit 4'",
                    "ended with exit code 4",
                    Some("it said: AccessDenied: key/1234abcd-12ab-34cd-56ef-1234567890ab"),
                ),
                ("cmd:sh -c 'echo a >&2; echo b >&2; echo c >&2; exit 4'", "exit code 4", Some("it said: a … c")),
                ("cmd:sh -c 'kill -9 $$'", "was ended by a signal", None),
                ("cmd:sleep 60", "did not end within 2 s", None),
                ("cmd:head -c 70000 /dev/zero", "printed more than 65536 bytes", None),
                ("cmd:true", "is empty", None),
                ("cmd:echo hello", "not a private key", None),
            ] {
                let error = sign_now(&parse(uri), None).unwrap_err();
                assert!(error.message().contains(fragment), "{uri}: {error}");
                assert_eq!(error.details().causes.first().map(String::as_str), cause, "{uri}");
            }
        }

        #[test]
        fn what_a_command_complains_is_not_shown_when_it_may_be_a_key() {
            let body = "SENTINELSENTINELSENTINELSENTINELSENTINELSENTINEL";
            for said in [
                format!("{body}="),
                "-----SENTINEL KEY-----".to_owned(),
                format!("x {body}"),
                format!("{body}\\nSENTINEL"),
                // `!` and `y` for printf to write: the command itself would be refused for them
                "token 00D5e000005AHE7\\0041AQEAQ.SENTINEL".to_owned(),
                "jwt e\\0171JhbGciOiJub25lIn0.SENTINEL.x".to_owned(),
            ] {
                let uri = format!("cmd:sh -c 'printf %b \"{said}\" >&2; exit 1'");
                let error = sign_now(&parse(&uri), None).unwrap_err();
                assert!(!format!("{error:?}").contains("SENTINEL"), "{error:?}");
            }
        }

        #[test]
        fn an_external_signature_is_checked_against_the_certificate() {
            let folder = tempfile::tempdir().unwrap();
            let key = KeySource::file(fixture("rsa.pkcs8.pem"));
            let good = sign_now(&key, None).unwrap();
            let path = folder.path().join("signature");
            let signer = parse(&format!("signer:cat '{}'", path.display()));
            std::fs::write(&path, &good).unwrap();
            assert_eq!(sign_now(&signer, Some("certificate.pem")).unwrap(), good);
            std::fs::write(&path, base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &good))
                .unwrap();
            assert_eq!(sign_now(&signer, Some("certificate.der")).unwrap(), good);
            std::fs::write(&path, vec![0xab; 256]).unwrap();
            assert_eq!(sign_now(&signer, None).unwrap(), [0xab; 256]);
            let error = sign_now(&signer, Some("certificate.pem")).unwrap_err();
            assert_eq!(error.reason(), Reason::CertificateMismatch);
            for (uri, fragment) in [
                ("signer:false", "ended with exit code 1"),
                ("signer:sleep 60", "did not end within 2 s"),
                ("signer:true", "printed nothing"),
                ("signer:echo hello", "printed text that is not a signature"),
                ("signer:sh -c 'cat >/dev/null; yes'", "printed more than 16384 bytes"),
            ] {
                let error = sign_now(&parse(uri), Some("certificate.pem")).unwrap_err();
                assert_eq!(error.reason(), Reason::SignerFailed, "{uri}");
                assert!(error.message().contains(fragment), "{uri}: {error}");
            }
        }

        #[test]
        fn a_named_pipe_is_read_by_commands_only() {
            let folder = tempfile::tempdir().unwrap();
            let pipe = folder.path().join("pipe");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            let (key, writer) = (KeySource::file(&pipe), pipe.clone());
            let error = resolve_now(&host(&[]), &key, None).unwrap_err();
            assert_eq!((error.reason(), error.message().contains("a pipe")), (Reason::KeyUnreadable, true));
            let writing = std::thread::spawn(move || std::fs::write(writer, PKCS8).unwrap());
            let wanted = Wanted { key: &key, passphrase: None, certificate: None };
            let terms = Terms::command(Duration::from_secs(10), false);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            assert!(runtime.block_on(resolve(&host(&[]), wanted, terms)).is_ok());
            writing.join().unwrap();
        }
    }

    #[test]
    fn the_certificate_has_to_belong_to_the_key() {
        let key = KeySource::file(fixture("rsa.pkcs8.pem"));
        let resolve_with = |key: &KeySource, certificate: Option<&str>| {
            let certificate = certificate.map(fixture);
            let certificate = certificate.as_deref().map(Path::new);
            let terms = Terms::server(Duration::from_secs(5));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(resolve(&host(&[]), Wanted { key, passphrase: None, certificate }, terms))
        };
        assert!(resolve_with(&key, None).unwrap().certificate.is_none());
        assert!(resolve_with(&key, Some("certificate.pem")).unwrap().certificate.is_some());
        let bundle = [PKCS8, include_str!("../../../tests/keys/certificate.pem")].concat();
        let bundle = KeySource::Pem(bundle.into());
        assert!(resolve_with(&bundle, None).unwrap().certificate.is_some());
        let other = KeySource::file(fixture("rsa.other.pem"));
        let error = resolve_with(&other, Some("certificate.pem")).unwrap_err();
        assert_eq!(error.reason(), Reason::CertificateMismatch);
        let error = resolve_with(&key, Some("rsa.pkcs8.pem")).unwrap_err();
        assert_eq!((error.reason(), error.details().field.as_deref()), (Reason::NotACertificate, Some("certificate")));
        assert_eq!(resolve_with(&key, Some("no.crt")).unwrap_err().reason(), Reason::KeyNotFound);
    }

    #[test]
    fn a_look_at_a_file_needs_no_passphrase() {
        for (name, reason) in [
            ("rsa.pkcs8.pem", None),
            ("encrypted.aes256.pem", None),
            ("certificate.pem", Some(Reason::NotAPrivateKey)),
            ("no.key", Some(Reason::KeyNotFound)),
        ] {
            assert_eq!(look(&KeySource::file(fixture(name))).err().map(|error| error.reason()), reason, "{name}");
        }
        assert!(look(&KeySource::env("NO_SUCH")).is_ok());
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
