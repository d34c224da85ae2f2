//! A new identity: an RSA key with a self-signed certificate, or with a request for one from a certificate
//! authority. The key is PKCS#8; the certificate is X.509 v3, RSA with SHA-256, and below Salesforce's limit.

use crate::error::{Error, Reason, Result};
use crate::secret::SecretString;
use crate::time::Timestamp;
use aws_lc_rs::rand;
use pkcs8::EncryptedPrivateKeyInfoOwned;
use pkcs8::der::asn1::OctetString;
use pkcs8::der::pem::LineEnding;
use pkcs8::der::{Encode, pem};
use pkcs8::pkcs5::{self, pbes2};
use rcgen::string::PrintableString;
use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, IsCa, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use std::time::Duration;

/// The largest certificate file that Salesforce takes, in bytes.
pub const MAX_CERTIFICATE: usize = 4096;
/// The most days a certificate may be valid: what fits into X.509's four-digit years, generously.
pub const MAX_DAYS: u32 = 36_500;

/// How a new pair is to be.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Whom it names.
    pub subject: Subject,
    /// The size of the key.
    pub size: KeySize,
    /// What the key is encrypted with, if it is.
    pub passphrase: Option<SecretString>,
}

/// The sizes of a key, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySize {
    /// Strong until 2030 (NIST SP 800-57), and the quickest.
    Bits2048,
    /// As strong as AES-128.
    Bits3072,
    /// The largest that Salesforce makes itself.
    Bits4096,
}

/// A distinguished name (RFC 4514).
#[derive(Clone, Debug)]
pub struct Subject(DistinguishedName);

/// A new private key, PKCS#8 PEM, and what makes its public half known.
#[derive(Debug)]
pub struct Pair {
    /// `-----BEGIN PRIVATE KEY-----` or `-----BEGIN ENCRYPTED PRIVATE KEY-----`.
    pub key: SecretString,
    /// The certificate or the request, PEM.
    pub public: String,
}

/// Makes a key and a certificate of its own, valid from now on. Takes a part of a second, at 4096 bits some.
///
/// Errors: `invalid-parameter` when the certificate would be too large for Salesforce.
pub fn self_signed(wish: &Wish, now: Timestamp, days: u32) -> Result<Pair> {
    let key = new_key(wish.size)?;
    let mut parameters = parameters(wish);
    let moment = |timestamp: Timestamp| {
        time::OffsetDateTime::from_unix_timestamp(timestamp.0).map_err(|_| {
            Error::usage(Reason::InvalidParameter, "days", "the certificate would end beyond the year 9999")
        })
    };
    parameters.not_before = moment(now)?;
    parameters.not_after = moment(now.plus(Duration::from_secs(u64::from(days) * 86_400)))?;
    let public = parameters.self_signed(&key).map_err(|_| failed())?.pem();
    if public.len() >= MAX_CERTIFICATE {
        let message = "the certificate would not be smaller than 4 KB, which Salesforce refuses";
        return Err(Error::usage(Reason::InvalidParameter, "subject", message).hint("give a shorter subject"));
    }
    Ok(Pair { key: key_pem(&key, wish.passphrase.as_ref())?, public })
}

/// Makes a key and a certificate signing request (PKCS#10, RFC 2986).
///
/// Errors: `internal` only.
pub fn request(wish: &Wish) -> Result<Pair> {
    let key = new_key(wish.size)?;
    let request = parameters(wish).serialize_request(&key).map_err(|_| failed())?;
    Ok(Pair { key: key_pem(&key, wish.passphrase.as_ref())?, public: request.pem().map_err(|_| failed())? })
}

fn new_key(size: KeySize) -> Result<KeyPair> {
    let size = match size {
        KeySize::Bits2048 => RsaKeySize::_2048,
        KeySize::Bits3072 => RsaKeySize::_3072,
        KeySize::Bits4096 => RsaKeySize::_4096,
    };
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size).map_err(|_| failed())
}

fn parameters(wish: &Wish) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = wish.subject.0.clone();
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters
}

fn key_pem(key: &KeyPair, passphrase: Option<&SecretString>) -> Result<SecretString> {
    let der = key.serialized_der();
    let pem = match passphrase {
        None => pem::encode_string("PRIVATE KEY", LineEnding::LF, der),
        Some(passphrase) => {
            let encrypted = encrypt(der, passphrase.expose()).map_err(|()| failed())?;
            pem::encode_string("ENCRYPTED PRIVATE KEY", LineEnding::LF, &encrypted)
        }
    };
    pem.map(SecretString::from).map_err(|_| failed())
}

/// PBES2 with scrypt and AES-256-CBC, with the cost that OpenSSL's `pkcs8 -scrypt` takes.
fn encrypt(der: &[u8], passphrase: &str) -> Result<Vec<u8>, ()> {
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    rand::fill(&mut salt).map_err(drop)?;
    rand::fill(&mut iv).map_err(drop)?;
    let cost = pkcs5::scrypt::Params::new(14, 8, 1).map_err(drop)?;
    let scheme = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).map_err(drop)?;
    let encrypted_data = OctetString::new(scheme.encrypt(passphrase, der).map_err(drop)?).map_err(drop)?;
    EncryptedPrivateKeyInfoOwned { encryption_algorithm: scheme.into(), encrypted_data }.to_der().map_err(drop)
}

fn failed() -> Error {
    Error::new(Reason::Internal, "the key pair could not be made")
}

impl KeySize {
    /// All sizes.
    pub const ALL: [KeySize; 3] = [KeySize::Bits2048, KeySize::Bits3072, KeySize::Bits4096];

    /// The size in bits.
    pub const fn bits(self) -> usize {
        match self {
            KeySize::Bits2048 => 2048,
            KeySize::Bits3072 => 3072,
            KeySize::Bits4096 => 4096,
        }
    }
}

impl Subject {
    /// Only a common name.
    pub fn common_name(name: &str) -> Subject {
        let mut names = DistinguishedName::new();
        names.push(DnType::CommonName, name);
        Subject(names)
    }

    /// Reads `CN=Service A,O=Acme` or openssl's `/CN=Service A/O=Acme`. A backslash takes the next
    /// character as it is, or two hexadecimal digits as a byte of UTF-8 (RFC 4514 section 2.4).
    ///
    /// Errors: `invalid-parameter`, naming what is accepted. Each name can be given once.
    pub fn parse(text: &str) -> Result<Subject> {
        let wrong = |what: String| {
            Error::usage(Reason::InvalidParameter, "subject", format!("`--subject` {what}"))
                .hint("give for instance \"CN=Service A,O=Acme\"; accepted are CN, O, OU, C, ST and L")
        };
        let (parts, separator) = match text.strip_prefix('/') {
            Some(rest) => (rest, '/'),
            None => (text, ','),
        };
        let mut names = DistinguishedName::new();
        let parts =
            split(parts, separator).ok_or_else(|| wrong("has a backslash too many, or is not UTF-8".to_owned()))?;
        for part in parts {
            let (kind, value) = part.split_once('=').ok_or_else(|| wrong("needs NAME=VALUE pairs".to_owned()))?;
            let value = value.trim();
            let kind = match kind.trim().to_ascii_uppercase().as_str() {
                "CN" => DnType::CommonName,
                "O" => DnType::OrganizationName,
                "OU" => DnType::OrganizationalUnitName,
                "C" => DnType::CountryName,
                "ST" | "S" => DnType::StateOrProvinceName,
                "L" => DnType::LocalityName,
                _ => return Err(wrong("has a name that is not known".to_owned())),
            };
            if names.get(&kind).is_some() {
                return Err(wrong("gives a name twice; each can be given once".to_owned()));
            }
            if value.is_empty() || value.chars().count() > 64 || value.chars().any(char::is_control) {
                return Err(wrong("needs values of 1 to 64 printable characters".to_owned()));
            }
            if kind == DnType::CountryName {
                let country = PrintableString::try_from(value).ok().filter(|_| value.len() == 2);
                names.push(
                    kind,
                    DnValue::PrintableString(
                        country.ok_or_else(|| wrong("needs a country of two letters".to_owned()))?,
                    ),
                );
            } else {
                names.push(kind, value);
            }
        }
        match names.iter().next() {
            Some(_) => Ok(Subject(names)),
            None => Err(wrong("is empty".to_owned())),
        }
    }
}

/// The parts between separators that no backslash stands before, without the backslashes. `None` when one escapes
/// nothing, or bytes escaped in hexadecimal are not UTF-8.
fn split(text: &str, separator: char) -> Option<Vec<String>> {
    let mut parts = vec![Vec::new()];
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        let part = parts.last_mut()?;
        if character == separator {
            parts.push(Vec::new());
        } else if character != '\\' {
            part.extend(character.encode_utf8(&mut [0; 4]).bytes());
        } else if let Some(byte) = hexadecimal(rest) {
            part.push(byte);
            rest = &rest[2..];
        } else {
            let escaped = rest.chars().next()?;
            part.extend(escaped.encode_utf8(&mut [0; 4]).bytes());
            rest = &rest[escaped.len_utf8()..];
        }
    }
    let parts: Option<Vec<String>> = parts.into_iter().map(|part| String::from_utf8(part).ok()).collect();
    parts.map(|parts| parts.into_iter().filter(|part| !part.trim().is_empty()).collect())
}

/// The byte that a text begins with, in two hexadecimal digits.
fn hexadecimal(text: &str) -> Option<u8> {
    let pair = text.get(..2).filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(pair, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{certificate, material};
    use rsa::pkcs1::DecodeRsaPublicKey;
    use rsa::signature::Verifier;
    use x509_parser::prelude::{FromDer, X509Certificate, X509CertificationRequest};

    const SUBJECT: material::Subject<'static> = material::Subject { label: "new", path: None };
    const NOW: Timestamp = Timestamp(1_795_342_931);

    fn wish(passphrase: Option<&str>) -> Wish {
        let passphrase = passphrase.map(|text| SecretString::from(text.to_owned()));
        Wish {
            subject: Subject::parse("CN=Service A,O=Acme\\, Inc.,C=DE").unwrap(),
            size: KeySize::Bits2048,
            passphrase,
        }
    }

    /// The independent implementation's verdict.
    fn verifies(public_key: &[u8], signed: &[u8], signature: &[u8]) -> bool {
        let key = rsa::RsaPublicKey::from_pkcs1_der(public_key).unwrap();
        let key = rsa::pkcs1v15::VerifyingKey::<rsa::sha2::Sha256>::new(key);
        key.verify(signed, &rsa::pkcs1v15::Signature::try_from(signature).unwrap()).is_ok()
    }

    #[test]
    fn key_and_certificate_belong_together() {
        let pair = self_signed(&wish(None), NOW, 730).unwrap();
        let key = material::read(&SUBJECT, pair.key.expose().as_bytes(), None).unwrap();
        assert_eq!((key.form, key.bits, key.repairs.len()), ("PKCS#8", 2048, 0));
        let signer = crate::key::signer::Signer::in_process(&SUBJECT, &key).unwrap();
        let certificate = certificate::read(&SUBJECT, pair.public.as_bytes()).unwrap().remove(0);
        assert!(certificate.matches(signer.public_key().unwrap()));
        assert_eq!(certificate.not_before, NOW);
        assert_eq!(certificate.not_after.seconds_since(NOW), 730 * 86_400);
        assert!(
            certificate.subject.contains("CN=Service A") && certificate.subject.contains("C=DE"),
            "{}",
            certificate.subject
        );
        assert!(pair.public.len() < MAX_CERTIFICATE);
        let (_, x509) = X509Certificate::from_der(&certificate.der).unwrap();
        assert_eq!(x509.version().to_string(), "V3");
        assert!(verifies(&certificate.public_key, x509.tbs_certificate.as_ref(), &x509.signature_value.data));
    }

    #[test]
    fn an_encrypted_key_opens_with_its_passphrase_only() {
        let pair = self_signed(&wish(Some("correct horse")), NOW, 1).unwrap();
        assert!(pair.key.expose().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        let open = |text: &str| material::read(&SUBJECT, pair.key.expose().as_bytes(), Some(&text.to_owned().into()));
        assert!(open("correct horse").is_ok());
        assert_eq!(open("battery staple").unwrap_err().reason(), Reason::WrongPassphrase);
    }

    #[test]
    fn a_request_is_signed_by_its_key() {
        let pair = request(&wish(None)).unwrap();
        let (_, pem) = x509_parser::pem::parse_x509_pem(pair.public.as_bytes()).unwrap();
        assert_eq!(pem.label, "CERTIFICATE REQUEST");
        let (_, csr) = X509CertificationRequest::from_der(&pem.contents).unwrap();
        let info = &csr.certification_request_info;
        assert!(info.subject.to_string().contains("Acme, Inc."), "{}", info.subject);
        assert!(verifies(&info.subject_pki.subject_public_key.data, info.raw, &csr.signature_value.data));
    }

    #[test]
    fn subjects() {
        let names = |text: &str| {
            let Subject(names) = Subject::parse(text).unwrap();
            names.iter().map(|(kind, value)| format!("{kind:?}={value:?}")).collect::<Vec<_>>()
        };
        let expected = ["CommonName=Utf8String(\"a, b\")", "OrganizationName=Utf8String(\"c\")"];
        assert_eq!(names("CN=a\\, b, O=c"), expected);
        assert_eq!(names("/CN=a, b/O=c"), expected);
        assert_eq!(names("cn=a=b"), ["CommonName=Utf8String(\"a=b\")"]);
        assert_eq!(names("CN=Caf\\C3\\A9\\2C x"), ["CommonName=Utf8String(\"Café, x\")"]);
        assert_eq!(names("CN=a\\+1"), ["CommonName=Utf8String(\"a+1\")"]);
        for wrong in ["CN=x,OU=a,OU=b", "CN=x,cn=y", "CN=\\C3", "CN=a\\"] {
            assert_eq!(Subject::parse(wrong).unwrap_err().reason(), Reason::InvalidParameter, "{wrong:?}");
        }
        for wrong in ["", ",", "Service A", "CN=", "X=1", "C=Germany", "CN=a\u{7}", &format!("CN={}", "a".repeat(65))] {
            assert_eq!(Subject::parse(wrong).unwrap_err().reason(), Reason::InvalidParameter, "{wrong:?}");
        }
    }
}
