//! X.509 certificates (RFC 5280): the public half that the app in Salesforce holds.
//!
//! Salesforce checks the signature with it and, for the JWT Bearer flow, not its validity: an expired certificate
//! goes on working ("by design", as its product management is quoted), so an expiry is a warning here.

use super::der;
use super::pem::{self, Body, Content};
use super::refusal::{Subject, Unusable};
use super::source::MAX_BYTES;
use crate::error::{Error, Reason, Result, Warning};
use crate::time::Timestamp;
use aws_lc_rs::digest;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use std::time::Duration;
use x509_parser::prelude::{FromDer, X509Certificate};

/// A certificate with an RSA key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate itself, DER.
    pub der: Vec<u8>,
    /// Its key as PKCS#1 `RSAPublicKey`, DER.
    pub public_key: Vec<u8>,
    /// The size of the key's modulus, in bits.
    pub bits: usize,
    /// Whom it names, as RFC 4514 writes it.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Its serial number, hex with colons.
    pub serial: String,
    /// The moment from which it is valid.
    pub not_before: Timestamp,
    /// The moment after which it is not.
    pub not_after: Timestamp,
}

/// An expiry closer than this is worth a warning: time enough for an administrator to upload another one.
const SOON: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Reads the certificates of a PEM (bundle) or a DER, in their order; at least one.
///
/// Errors: kind `key`, `not-a-certificate`, `wrong-algorithm`, `damaged` or `empty`, naming what was found.
pub fn read(subject: &Subject, bytes: &[u8]) -> Result<Vec<Certificate>> {
    let ders = match pem::recognise(bytes.get(..MAX_BYTES + 1).unwrap_or(bytes)).0 {
        _ if bytes.len() > MAX_BYTES => return Err(Unusable::TooLong.error(subject)),
        Content::Empty => return Err(Unusable::Empty.error(subject)),
        Content::Binary(der) if der.first() == Some(&0x30) => vec![der],
        Content::Pem(blocks) => {
            let certificates: Vec<_> = blocks.into_iter().filter(|block| block.is_certificate()).collect();
            let broken = |body: &Body| match body {
                Body::Unended => Unusable::Truncated,
                _ => Unusable::NotBase64,
            };
            let der = |block: pem::Block| match block.body {
                Body::Der(der) => Ok(der),
                other => Err(broken(&other).error(subject)),
            };
            certificates.into_iter().map(der).collect::<Result<_>>()?
        }
        _ => Vec::new(),
    };
    if ders.is_empty() {
        return Err(not_a_certificate(subject));
    }
    ders.iter().map(|der| parse(subject, der)).collect()
}

fn not_a_certificate(subject: &Subject) -> Error {
    Error::new(Reason::NotACertificate, format!("`{}` holds no certificate", subject.label)).hint(
        "a certificate begins with -----BEGIN CERTIFICATE-----; make a pair with: sf-jwt certificate new --out NAME",
    )
}

fn parse(subject: &Subject, bytes: &[u8]) -> Result<Certificate> {
    match der::shape(bytes).0 {
        der::Shape::Certificate => {}
        der::Shape::Truncated => return Err(Unusable::Truncated.error(subject)),
        _ => return Err(not_a_certificate(subject)),
    }
    let (_, x509) = X509Certificate::from_der(bytes).map_err(|_| Unusable::Damaged.error(subject))?;
    let spki = x509.public_key();
    let algorithm = der::algorithm_name(spki.algorithm.algorithm.as_bytes());
    if algorithm != der::RSA {
        let message = format!("`{}` is a certificate for a key that is not RSA ({algorithm})", subject.label);
        return Err(Error::new(Reason::WrongAlgorithm, message).hint("Salesforce verifies RS256, which needs RSA"));
    }
    let public_key = spki.subject_public_key.data.to_vec();
    let bits = der::public_modulus_bits(&public_key).ok_or_else(|| Unusable::Damaged.error(subject))?;
    Ok(Certificate {
        der: bytes.to_vec(),
        public_key,
        bits,
        subject: printable(&x509.subject().to_string()),
        issuer: printable(&x509.issuer().to_string()),
        serial: hex(x509.raw_serial()),
        not_before: Timestamp(x509.validity().not_before.timestamp()),
        not_after: Timestamp(x509.validity().not_after.timestamp()),
    })
}

impl Certificate {
    /// Whether it belongs to a key, given by its public half as PKCS#1 DER.
    pub fn matches(&self, public_key: &[u8]) -> bool {
        self.public_key == public_key
    }

    /// Whether an RS256 signature was made by the key it belongs to.
    pub fn verifies(&self, signing_input: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key);
        key.verify(signing_input, signature).is_ok()
    }

    /// The SHA-256 of the certificate, hex with colons, as openssl and browsers show it.
    pub fn fingerprint(&self) -> String {
        hex(digest::digest(&digest::SHA256, &self.der).as_ref())
    }

    /// What is to be said about its validity: `certificate-expired`, `certificate-expires-soon` or
    /// `certificate-not-yet-valid`.
    pub fn validity_warning(&self, label: &str, now: Timestamp) -> Option<Warning> {
        let day = |moment: Timestamp| moment.to_string().chars().take(10).collect::<String>();
        let (code, what) = if now > self.not_after {
            let what =
                format!("expired on {}; Salesforce still takes it for this flow, auditors do not", day(self.not_after));
            ("certificate-expired", what)
        } else if now < self.not_before {
            ("certificate-not-yet-valid", format!("is valid only from {}", day(self.not_before)))
        } else if now.plus(SOON) > self.not_after {
            ("certificate-expires-soon", format!("expires on {}", day(self.not_after)))
        } else {
            return None;
        };
        Some(Warning::new(code, format!("the certificate `{label}` {what}")))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// A name may hold anything, also what would move a terminal's cursor.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject<'static> = Subject { label: "my.crt", path: None };
    const PEM: &[u8] = include_bytes!("../../tests/keys/certificate.pem");
    const DER: &[u8] = include_bytes!("../../tests/keys/certificate.der");
    const KEY: &[u8] = include_bytes!("../../tests/keys/rsa.pkcs8.pem");

    #[test]
    fn pem_der_and_bundles() {
        let [certificate] = &read(&SUBJECT, PEM).unwrap()[..] else { panic!() };
        assert_eq!(certificate.der, DER);
        assert_eq!((&*certificate.subject, &*certificate.issuer, certificate.bits), ("CN=fixture", "CN=fixture", 2048));
        assert_eq!(&read(&SUBJECT, DER).unwrap()[0], certificate);
        assert_eq!(read(&SUBJECT, &[KEY, PEM, PEM].concat()).unwrap().len(), 2);
        assert_eq!(certificate.fingerprint().len(), 95);
    }

    #[test]
    fn it_belongs_to_its_key() {
        let certificate = &read(&SUBJECT, PEM).unwrap()[0];
        let material = super::super::material::read(&SUBJECT, KEY, None).unwrap();
        let signer = super::super::signer::Signer::in_process(&SUBJECT, &material).unwrap();
        assert!(certificate.matches(signer.public_key().unwrap()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let signature = runtime.block_on(signer.sign(b"a.b")).unwrap();
        assert!(certificate.verifies(b"a.b", &signature));
        assert!(!certificate.verifies(b"a.c", &signature));
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for (bytes, reason) in [
            (KEY, Reason::NotACertificate),
            (include_bytes!("../../tests/keys/request.pem"), Reason::NotACertificate),
            (include_bytes!("../../tests/keys/rsa.pkcs8.der"), Reason::NotACertificate),
            (b"hello", Reason::NotACertificate),
            (b"", Reason::KeyEmpty),
            (&PEM[..500], Reason::Damaged),
            (&DER[..500], Reason::Damaged),
        ] {
            assert_eq!(read(&SUBJECT, bytes).unwrap_err().reason(), reason);
        }
        assert_eq!(read(&SUBJECT, &PEM.repeat(100)).unwrap_err().reason(), Reason::KeyUnreadable);
    }

    #[test]
    fn validity_is_watched() {
        let mut certificate = read(&SUBJECT, PEM).unwrap().remove(0);
        (certificate.not_before, certificate.not_after) = (Timestamp(1_795_000_000), Timestamp(1_800_000_000));
        for (now, code) in [
            (1_794_999_999, Some("certificate-not-yet-valid")),
            (1_795_000_000, None),
            (1_800_000_000 - 31 * 86_400, None),
            (1_800_000_000 - 29 * 86_400, Some("certificate-expires-soon")),
            (1_800_000_001, Some("certificate-expired")),
        ] {
            assert_eq!(certificate.validity_warning("my.crt", Timestamp(now)).map(|w| w.code), code, "{now}");
        }
    }

    proptest::proptest! {
        #[test]
        fn mutations_do_not_panic(position in 0..DER.len(), byte: u8) {
            let mut bytes = DER.to_vec();
            bytes[position] = byte;
            let _ = read(&SUBJECT, &bytes).map(|c| c[0].verifies(b"a", b"b"));
        }
    }
}
