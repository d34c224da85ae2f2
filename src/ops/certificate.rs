//! The verbs of `sf-jwt certificate`: make a pair or a request, and look at a certificate beside its key.

use crate::app::app_kind::AppKind;
use crate::app::next_step::{CREATE_EXTERNAL_CLIENT_APP, MANAGE_CONNECTED_APPS};
use crate::app::setup_page::SetupPage;
use crate::error::{Error, Reason, Result, Warning};
use crate::host::Host;
use crate::host::files::{self, Audience, Fault, FileError};
use crate::key::certificate::{self, Certificate};
use crate::key::material::Subject;
use crate::key::pair::{self, MAX_CERTIFICATE, Pair, Wish};
use crate::key::source::{KeySource, PassphraseSource};
use crate::ops::credentials::{self, Terms, Wanted};
use crate::org::completion::Surroundings;
use crate::org::draft::Draft;
use crate::protocol::types::{CertificateFacts, CertificateResult, NewPairResult, Step};
use crate::time::Timestamp;
use std::path::{Path, PathBuf};

/// What is made beside the key.
#[derive(Clone, Copy, Debug)]
pub enum Public {
    /// A self-signed certificate, valid for so many days.
    Certificate {
        /// From now on.
        days: u32,
    },
    /// A certificate signing request.
    Request,
}

/// Where certificates are uploaded: the org's pages, when it is known.
#[derive(Clone, Debug, Default)]
pub struct Destination {
    origin: Option<String>,
    kind: Option<AppKind>,
}

impl Destination {
    /// The pages of a configured org.
    ///
    /// Errors: those of its login URL.
    pub fn of(draft: &Draft, around: Surroundings) -> Result<Destination> {
        let host = draft.login_host(around)?;
        let kind = draft.app_kind.as_ref().and_then(|given| AppKind::from_name(&given.value));
        Ok(Destination { origin: host.serves_setup().then(|| host.as_str().to_owned()), kind })
    }

    fn steps(&self) -> Vec<Step> {
        let page = |page: SetupPage| self.origin.as_deref().map(|origin| page.url(origin));
        let connected_app = Step {
            id: "upload-connected-app".to_owned(),
            title: "Upload the certificate to a connected app".to_owned(),
            text: "In the org that owns the app: Setup, App Manager, the app's row, Edit; under API (Enable OAuth Settings) \
                   tick Use digital signatures, choose the certificate's file, save. It takes up to ten minutes to work."
                .to_owned(),
            permission: Some(MANAGE_CONNECTED_APPS.to_owned()),
            url: page(SetupPage::AppManager),
        };
        let external_client_app = Step {
            id: "upload-external-client-app".to_owned(),
            title: "Upload the certificate to an External Client App".to_owned(),
            text: "Setup, External Client App Manager, the app, Settings, OAuth Settings, Edit; under Flow Enablement tick \
                   Enable JWT Bearer Flow, upload the certificate's file, save. It takes up to ten minutes to work."
                .to_owned(),
            permission: Some(CREATE_EXTERNAL_CLIENT_APP.to_owned()),
            url: page(SetupPage::ExternalClientAppManager),
        };
        match self.kind {
            Some(AppKind::ConnectedApp) => vec![connected_app],
            Some(_) => vec![external_client_app],
            None => vec![external_client_app, connected_app],
        }
    }
}

/// Makes `PREFIX.key` and `PREFIX.crt` or `PREFIX.csr`. Nothing is overwritten; the key is private (0600) from its
/// birth.
///
/// Errors: `already-exists`; `invalid-parameter` about `--out` for a folder that is not there or not writable.
pub fn make(
    host: &Host,
    prefix: &Path,
    wish: &Wish,
    public: Public,
    destination: &Destination,
) -> Result<NewPairResult> {
    let (key_file, public_file) = match public {
        Public::Certificate { .. } => (beside(prefix, "key")?, beside(prefix, "crt")?),
        Public::Request => (beside(prefix, "key")?, beside(prefix, "csr")?),
    };
    // before the work of making a key, and before one of the two is there
    if let Some(path) = [&key_file, &public_file].into_iter().find(|path| files::look(path).is_ok()) {
        return Err(unwritten(&FileError { path: path.clone(), fault: Fault::Exists }));
    }
    let now = host.clock.now();
    let Pair { key, public: text } = match public {
        Public::Certificate { days } => pair::self_signed(wish, now, days)?,
        Public::Request => pair::request(wish)?,
    };
    files::create_new(&key_file, key.expose().as_bytes(), Audience::Owner).map_err(|e| unwritten(&e))?;
    if let Err(error) = files::create_new(&public_file, text.as_bytes(), Audience::Everybody) {
        let _ = files::remove(&key_file); // a key without its other half is of no use, and would be in the way
        return Err(unwritten(&error));
    }
    let shown = public_file.display().to_string();
    let mut result = NewPairResult {
        key: key_file.display().to_string(),
        encrypted: wish.passphrase.is_some(),
        bits: wish.size.bits(),
        certificate: None,
        request: None,
        next_steps: destination.steps(),
    };
    match public {
        Public::Certificate { .. } => {
            let certificate =
                certificate::read(&Subject { label: &shown, path: None }, text.as_bytes())?.swap_remove(0);
            result.certificate = Some(facts(&certificate, shown, text.len(), now));
        }
        Public::Request => {
            result.request = Some(shown);
            result.next_steps.insert(0, Step {
                id: "have-it-signed".to_owned(),
                title: "Have the request signed".to_owned(),
                text: "Send the request to your certificate authority, and keep the certificate it returns beside the key. \
                       The key stays where it is."
                    .to_owned(),
                permission: None,
                url: None,
            });
        }
    }
    Ok(result)
}

/// What is looked at, and what it is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The certificate.
    pub file: &'a Path,
    /// The key; without one, a `.key` file of the same name beside the certificate.
    pub key: Option<&'a KeySource>,
    /// The key's passphrase.
    pub passphrase: Option<&'a PassphraseSource>,
}

/// Tells what is in a certificate's file, and whether it belongs to a key.
///
/// Errors: kind `key`, about the certificate, or about a key that was named.
pub async fn show(host: &Host, look: Look<'_>, terms: Terms, destination: &Destination) -> Result<CertificateResult> {
    let certificate = credentials::read_certificate(host, look.file, terms).await?;
    let label = look.file.display().to_string();
    let size = files::read_any(look.file, MAX_CERTIFICATE as u64 * 16)
        .map(|contents| contents.bytes.len())
        .unwrap_or_default();
    let now = host.clock.now();
    let mut warnings: Vec<Warning> = certificate.validity_warning(&label, now).into_iter().collect();
    if size >= MAX_CERTIFICATE {
        let message = format!(
            "`{label}` has {size} bytes, and Salesforce takes less than {MAX_CERTIFICATE}; as DER it is smaller: openssl x509 -in FILE -outform DER -out FILE.cer"
        );
        warnings.push(Warning::new("certificate-too-large", message));
    }
    let (key, key_matches) = match look.key {
        Some(source) => {
            let matches = belongs(host, &certificate, source, look.passphrase, terms).await?;
            (Some(source.label()), Some(matches))
        }
        None => {
            let source = KeySource::file(look.file.with_extension("key"));
            // one that is not there or cannot be opened was not asked for
            let quiet = Terms { person: false, ..terms };
            let matches = belongs(host, &certificate, &source, look.passphrase, quiet).await.ok();
            (matches.map(|_| source.label()), matches)
        }
    };
    Ok(CertificateResult {
        certificate: facts(&certificate, label, size, now),
        key,
        key_matches,
        warnings: warnings.into_iter().map(Into::into).collect(),
        next_steps: destination.steps(),
    })
}

async fn belongs(
    host: &Host,
    certificate: &Certificate,
    key: &KeySource,
    passphrase: Option<&PassphraseSource>,
    terms: Terms,
) -> Result<bool> {
    let signer = credentials::resolve(host, Wanted { key, passphrase, certificate: None }, terms).await?.signer;
    match signer.public_key() {
        Some(public) => Ok(certificate.matches(public)),
        None => {
            // no signing input of a JWS has a space in it, so this signature is good for nothing else
            let probe = b"sf-jwt certificate show";
            Ok(certificate.verifies(probe, &signer.sign(probe).await?))
        }
    }
}

fn facts(certificate: &Certificate, file: String, file_size: usize, now: Timestamp) -> CertificateFacts {
    CertificateFacts {
        file,
        file_size,
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        serial_number: certificate.serial.clone(),
        not_before: certificate.not_before.to_string(),
        not_after: certificate.not_after.to_string(),
        expired: now > certificate.not_after,
        bits: certificate.bits,
        fingerprint: certificate.fingerprint(),
    }
}

/// `PREFIX.key` beside `PREFIX.crt`; a dot in the prefix is part of its name.
///
/// Errors: `invalid-parameter` for a prefix that ends with a slash or has no name.
pub fn beside(prefix: &Path, extension: &str) -> Result<PathBuf> {
    let wrong = || {
        Error::usage(
            Reason::InvalidParameter,
            "out",
            "`--out` has to be a folder's path and a name's beginning, such as keys/acme",
        )
    };
    let mut name = prefix.file_name().ok_or_else(wrong)?.to_owned();
    if prefix.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(wrong());
    }
    name.push(".");
    name.push(extension);
    let path = prefix.with_file_name(name);
    Ok(files::working_folder().map_or_else(|| path.clone(), |folder| folder.join(&path)))
}

fn unwritten(error: &FileError) -> Error {
    let reason = match error.fault {
        Fault::Exists => Reason::AlreadyExists,
        _ => Reason::InvalidParameter,
    };
    let error_text = match error.fault {
        Fault::NotFound => format!("the folder {} does not exist", error.path.display()),
        _ => error.to_string(),
    };
    let hint = match reason {
        Reason::AlreadyExists => "choose another name with --out; a key that is in use is never replaced",
        _ => "choose another place with --out",
    };
    Error::usage(reason, "out", error_text).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Clock, Env};
    use crate::key::pair::{KeySize, Subject as Name};
    use std::time::Duration;

    const TERMS: Terms = Terms { stdin: false, pipes: false, person: false, patience: Duration::from_secs(5) };

    fn host() -> Host {
        Host::of(Env::of([("PASS", "open-sesame")]), Clock::Fixed(Timestamp(1_795_342_931)))
    }

    fn wish() -> Wish {
        Wish { subject: Name::common_name("acme"), size: KeySize::Bits2048, passphrase: None }
    }

    fn show_now(look: Look) -> Result<CertificateResult> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(show(&host(), look, TERMS, &Destination::default()))
    }

    #[test]
    fn a_pair_is_made_once_and_recognised_as_a_pair() {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("acme.example");
        let make = |public| make(&host(), &prefix, &wish(), public, &Destination::default());
        let made = make(Public::Certificate { days: 730 }).unwrap();
        assert!(made.key.ends_with("acme.example.key"));
        let facts = made.certificate.unwrap();
        assert_eq!((&*facts.not_before, &*facts.not_after), ("2026-11-22T10:22:11Z", "2028-11-21T10:22:11Z"));
        let key = std::fs::read(&made.key).unwrap();
        for again in [Public::Certificate { days: 1 }, Public::Request] {
            assert_eq!(make(again).unwrap_err().reason(), Reason::AlreadyExists);
        }
        assert_eq!(std::fs::read(&made.key).unwrap(), key);
        assert_eq!(files::look(Path::new(&made.key)).unwrap().1.other_readers(), None);
        assert_eq!(files::list(folder.path()).len(), 2);

        let shown = show_now(Look { file: Path::new(&facts.file), key: None, passphrase: None }).unwrap();
        assert_eq!((shown.key_matches, shown.certificate, shown.warnings.len()), (Some(true), facts, 0));
    }

    #[test]
    fn a_certificate_beside_a_key() {
        let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
        let file = &keys.join("certificate.pem");
        let place = crate::key::source::Place {
            trust: crate::key::source::Trust::Flag,
            field: "passphrase",
            home: None,
            base: None,
        };
        let passphrase = &PassphraseSource::parse("env:PASS", &place).unwrap();
        let key = |name: &str| KeySource::file(keys.join(name));
        for (key, passphrase, matches) in [
            (Some(key("rsa.pkcs1.pem")), None, Some(true)),
            (Some(key("encrypted.aes256.pem")), Some(passphrase), Some(true)),
            (Some(key("rsa.other.pem")), None, Some(false)),
            (None, None, None),
        ] {
            let shown = show_now(Look { file, key: key.as_ref(), passphrase }).unwrap();
            assert_eq!(shown.key_matches, matches);
        }
        let missing = key("no.key");
        assert_eq!(
            show_now(Look { file, key: Some(&missing), passphrase: None }).unwrap_err().reason(),
            Reason::KeyNotFound
        );
    }

    #[test]
    fn places_where_nothing_can_be_made() {
        for (prefix, reason) in [
            ("", Reason::InvalidParameter),
            ("/tmp/", Reason::InvalidParameter),
            ("/no/such/folder/acme", Reason::InvalidParameter),
        ] {
            let error =
                make(&host(), Path::new(prefix), &wish(), Public::Request, &Destination::default()).unwrap_err();
            assert_eq!((error.reason(), error.details().field.as_deref()), (reason, Some("out")), "{prefix}");
        }
    }
}
