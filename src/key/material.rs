//! Reading a private key: recognise what the bytes are, repair what a secret store did to them, and refuse what
//! cannot sign for Salesforce by name, with the line that fixes it.
//!
//! Accepted: PKCS#8 and PKCS#1 in PEM or DER, encrypted PKCS#8 (PBES2), PKCS#12 and JKS keystores, and bundles with
//! certificates around the key. Salesforce verifies RS256 only (RSA, at least 2048 bits).

use super::der::{self, RSA, Shape};
use super::keystore::{self, Entry};
use super::pem::{self, Body, Content, Repair};
pub use super::refusal::Subject;
use super::refusal::{Binary, Unusable};
use super::source::MAX_BYTES;
use crate::error::Result;
use crate::secret::{SecretBytes, SecretString};
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::Kdf;
use zeroize::Zeroizing;

/// The least size of a modulus, in bits (RFC 7518 section 3.3).
const MIN_BITS: usize = 2048;
/// The largest that aws-lc signs with.
const MAX_BITS: usize = 8192;
/// Most PBKDF2 rounds: what current advice (600 000) may grow to, and still a few seconds.
const MAX_ROUNDS: u32 = 10_000_000;
/// Most memory of scrypt, in bytes (128 · N · r); OpenSSL asks for 16 MiB.
const MAX_SCRYPT: u64 = 256 * 1024 * 1024;

/// A private RSA key that can sign for Salesforce.
#[derive(Clone, Debug)]
pub struct Material {
    /// PKCS#1 `RSAPrivateKey`, DER.
    pub private_key: SecretBytes,
    /// The size of the modulus, in bits.
    pub bits: usize,
    /// The form it had, for people: "PKCS#8".
    pub form: &'static str,
    /// Certificates that came with it, DER, in their order.
    pub certificates: Vec<Vec<u8>>,
    /// What had to be repaired, as parts of a sentence.
    pub repairs: Vec<&'static str>,
    /// Whether it was base64 of a key, which some sources are meant to hold.
    pub wrapped: bool,
}

/// Reads a key from what its source gave. Decryption can take a second: not for a thread that others wait for.
///
/// # Errors
/// Kind `key`: `empty`, `encrypted`, `wrong-passphrase`, `not-a-private-key`, `wrong-algorithm`, `too-small`,
/// `unsupported-format` or `damaged`, each naming what was found. Nothing of the content is repeated.
pub fn read(subject: &Subject, bytes: &[u8], passphrase: Option<&SecretString>) -> Result<Material> {
    find(bytes, passphrase.map(|p| p.expose().as_str())).map_err(|unusable| unusable.error(subject))
}

/// A key on the way to being accepted.
struct Found {
    pkcs1: Zeroizing<Vec<u8>>,
    form: &'static str,
    certificates: Vec<Vec<u8>>,
}

impl Found {
    fn new(pkcs1: &[u8], form: &'static str) -> Found {
        Found { pkcs1: Zeroizing::new(pkcs1.to_vec()), form, certificates: Vec::new() }
    }

    fn in_keystore(entry: &Entry, form: &'static str) -> Result<Found, Unusable> {
        match der::shape(&entry.pkcs8).0 {
            Shape::Pkcs8 { algorithm, key } => {
                Ok(Found { certificates: entry.certificates.clone(), ..from_pkcs8(algorithm, key, form)? })
            }
            _ => Err(Unusable::Damaged),
        }
    }
}

fn find(bytes: &[u8], passphrase: Option<&str>) -> Result<Material, Unusable> {
    if bytes.len() > MAX_BYTES {
        return Err(Unusable::TooLong);
    }
    let (content, mut repairs) = pem::recognise(bytes);
    let found = match content {
        Content::Empty => return Err(Unusable::Empty),
        Content::Text { text, frame } => return Err(plain_text(&text, frame)),
        Content::Binary(binary) => {
            let unusable = |unusable: Unusable| unusable.in_binary(Binary::of(&binary));
            let (found, extra) = from_binary(&binary, passphrase).map_err(unusable)?;
            repairs.extend(extra.then_some(Repair::TrailingBytes));
            found
        }
        Content::Pem(blocks) => {
            let mut keys = blocks.iter().filter(|block| block.label.ends_with("PRIVATE KEY"));
            let Some(key) = keys.next() else { return Err(no_key(&blocks)) };
            if keys.next().is_some() {
                return Err(Unusable::SeveralKeys);
            }
            let certificates = blocks.iter().filter_map(|block| match &block.body {
                Body::Der(der) if block.is_certificate() => Some(der.to_vec()),
                _ => None,
            });
            let mut found = from_block(&key.label, &key.body, passphrase)?;
            found.certificates.extend(certificates);
            found
        }
    };
    let wrapped = repairs.contains(&Repair::Base64);
    let bits = usable_bits(&found.pkcs1)?;
    Ok(Material {
        private_key: SecretBytes::from(found.pkcs1.to_vec()),
        bits,
        form: found.form,
        certificates: found.certificates,
        repairs: repairs.into_iter().filter(|r| *r != Repair::Base64).map(Repair::describe).collect(),
        wrapped,
    })
}

fn from_block(label: &str, body: &Body, passphrase: Option<&str>) -> Result<Found, Unusable> {
    match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => {}
        "EC PRIVATE KEY" => return Err(Unusable::NotRsa("EC")),
        "DSA PRIVATE KEY" => return Err(Unusable::NotRsa("DSA")),
        "OPENSSH PRIVATE KEY" => return Err(openssh(body)),
        "SSH2 ENCRYPTED PRIVATE KEY" => return Err(Unusable::OpenSsh),
        _ => return Err(Unusable::Other),
    }
    match body {
        Body::LegacyEncrypted => Err(Unusable::LegacyEncrypted),
        Body::Empty => Err(Unusable::NoBody),
        Body::Unended => Err(Unusable::Truncated),
        Body::Mangled => Err(Unusable::NotBase64),
        // a label that lies about its content is forgiven: the content decides
        Body::Der(der) => from_der(der, passphrase).map(|(found, _)| found),
    }
}

fn from_binary(binary: &[u8], passphrase: Option<&str>) -> Result<(Found, bool), Unusable> {
    match binary {
        _ if keystore::is_java(binary) => {
            let entry = keystore::open_jks(binary, passphrase)?;
            Ok((Found::in_keystore(&entry, "JKS keystore")?, false))
        }
        [0x30, ..] => from_der(binary, passphrase),
        _ if binary.starts_with(b"openssh-key-v1\0") => Err(Unusable::OpenSsh),
        _ => Err(Unusable::Other),
    }
}

/// The key in a DER document, and whether other bytes follow the document.
fn from_der(der: &[u8], passphrase: Option<&str>) -> Result<(Found, bool), Unusable> {
    let (shape, length) = der::shape(der);
    let document = der.get(..length).unwrap_or(der);
    let found = match shape {
        Shape::Pkcs8 { algorithm, key } => from_pkcs8(algorithm, key, "PKCS#8"),
        Shape::Pkcs1 { .. } => Ok(Found::new(document, "PKCS#1")),
        Shape::EncryptedPkcs8 => decrypt(document, passphrase),
        Shape::Pkcs12 => Found::in_keystore(&keystore::open_pkcs12(document, passphrase)?, "PKCS#12 keystore"),
        Shape::MultiPrime => Err(Unusable::MultiPrime),
        Shape::Sec1 => Err(Unusable::NotRsa("EC")),
        Shape::Dsa => Err(Unusable::NotRsa("DSA")),
        Shape::Certificate => Err(Unusable::Certificate),
        Shape::Request => Err(Unusable::Request),
        Shape::PublicKey => Err(Unusable::PublicKey),
        Shape::Pkcs7 => Err(Unusable::Pkcs7),
        Shape::Indefinite => Err(Unusable::IndefiniteLength),
        Shape::Truncated => Err(Unusable::Truncated),
        Shape::Unknown => Err(Unusable::Damaged),
    }?;
    Ok((found, length < der.len()))
}

fn from_pkcs8(algorithm: &[u8], key: &[u8], form: &'static str) -> Result<Found, Unusable> {
    match der::algorithm_name(algorithm) {
        RSA => Ok(Found::new(key, form)),
        name => Err(Unusable::NotRsa(name)),
    }
}

/// PBES2 (RFC 8018 section 6.2) with PBKDF2 or scrypt; the work it asks for is bounded, for the file may be hostile.
fn decrypt(der: &[u8], passphrase: Option<&str>) -> Result<Found, Unusable> {
    let unread = || Unusable::UnreadEncryption(der::encryption_name(der));
    let info = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| unread())?;
    match &info.encryption_algorithm {
        EncryptionScheme::Pbes2(parameters) => {
            let reasonable = match &parameters.kdf {
                Kdf::Pbkdf2(kdf) => kdf.iteration_count <= MAX_ROUNDS,
                Kdf::Scrypt(kdf) => {
                    let memory = kdf.cost_parameter.checked_mul(128 * u64::from(kdf.block_size));
                    memory.is_some_and(|bytes| bytes <= MAX_SCRYPT) && kdf.parallelization <= 16
                }
                _ => return Err(unread()),
            };
            if !reasonable {
                return Err(Unusable::UnreasonableEncryption);
            }
        }
        _ => return Err(unread()),
    }
    let passphrase = passphrase.ok_or(Unusable::Encrypted("an encrypted private key"))?;
    let plain = info.decrypt(passphrase).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }) => unread(),
        // a wrong passphrase that happens to leave valid padding gives bytes that are no DER
        _ => Unusable::WrongPassphrase,
    })?;
    match der::shape(plain.as_bytes()).0 {
        Shape::Pkcs8 { algorithm, key } => from_pkcs8(algorithm, key, "encrypted PKCS#8"),
        _ => Err(Unusable::WrongPassphrase),
    }
}

/// The size of a key, if it can be used.
fn usable_bits(pkcs1: &[u8]) -> Result<usize, Unusable> {
    let modulus = match der::shape(pkcs1).0 {
        Shape::Pkcs1 { modulus } => modulus,
        Shape::MultiPrime => return Err(Unusable::MultiPrime),
        _ => return Err(Unusable::Damaged),
    };
    match der::bits(modulus) {
        bits @ ..MIN_BITS => Err(Unusable::TooSmall(bits)),
        bits @ MIN_BITS..=MAX_BITS => Ok(bits),
        bits => Err(Unusable::TooLarge(bits)),
    }
}

/// The first block says what a PEM without a private key is.
fn no_key(blocks: &[pem::Block]) -> Unusable {
    let Some(first) = blocks.first() else { return Unusable::BrokenFrame };
    match &*first.label {
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => Unusable::Certificate,
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Unusable::Request,
        "PUBLIC KEY" | "RSA PUBLIC KEY" | "SSH2 PUBLIC KEY" => Unusable::PublicKey,
        "PKCS7" | "CMS" => Unusable::Pkcs7,
        "PGP PRIVATE KEY BLOCK" | "PGP PUBLIC KEY BLOCK" => Unusable::Pgp,
        "EC PARAMETERS" => Unusable::NotRsa("EC"),
        "" => Unusable::BrokenFrame,
        _ => Unusable::Other,
    }
}

/// OpenSSH writes the kind of key in clear before the private part.
fn openssh(body: &Body) -> Unusable {
    let Body::Der(content) = body else { return Unusable::OpenSsh };
    let names = |name: &[u8]| content.windows(name.len()).take(200).any(|window| window == name);
    if names(b"ssh-ed25519") {
        Unusable::NotRsa("Ed25519")
    } else if names(b"ecdsa-sha2") {
        Unusable::NotRsa("EC")
    } else {
        Unusable::OpenSsh
    }
}

fn plain_text(text: &str, frame: bool) -> Unusable {
    let text = text.trim();
    if text.starts_with("PuTTY-User-Key-File") {
        Unusable::Putty
    } else if text.starts_with("ssh-") || text.starts_with("ecdsa-sha2") {
        Unusable::PublicKey
    } else if text.starts_with(['{', '[']) {
        Unusable::Json
    } else if frame {
        Unusable::BrokenFrame
    } else if !text.contains('\n') && text.len() < 1024 && text.starts_with(['/', '~', '.']) {
        Unusable::Path
    } else if text.starts_with("MI") && text.len() > 64 {
        // the base64 of a DER that lost something
        Unusable::Truncated
    } else {
        Unusable::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Reason;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use std::path::Path;

    fn fixture(name: &str) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
        std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn read_with(bytes: &[u8], passphrase: Option<&str>) -> Result<Material> {
        let passphrase = passphrase.map(|text| SecretString::from(text.to_owned()));
        read(&Subject { label: "file:my.key", path: None }, bytes, passphrase.as_ref())
    }

    #[test]
    fn every_accepted_form_is_the_same_key() {
        let expected = fixture("rsa.pkcs1.der");
        let bundle = [fixture("certificate.pem"), fixture("rsa.pkcs1.pem")].concat();
        let with_attributes = [b"Bag Attributes\n    localKeyID: 01\n".to_vec(), fixture("rsa.pkcs8.pem")].concat();
        for (bytes, passphrase, form) in [
            (fixture("rsa.pkcs8.pem"), None, "PKCS#8"),
            (fixture("rsa.pkcs8.der"), None, "PKCS#8"),
            (fixture("rsa.pkcs1.pem"), None, "PKCS#1"),
            (fixture("rsa.pkcs1.der"), None, "PKCS#1"),
            (bundle, None, "PKCS#1"),
            (with_attributes, None, "PKCS#8"),
            (fixture("encrypted.aes256.pem"), Some("open-sesame"), "encrypted PKCS#8"),
            (fixture("encrypted.aes256.der"), Some("open-sesame"), "encrypted PKCS#8"),
            (fixture("encrypted.aes128-sha1.pem"), Some("open-sesame"), "encrypted PKCS#8"),
            (fixture("encrypted.des3.pem"), Some("open-sesame"), "encrypted PKCS#8"),
            (fixture("encrypted.scrypt.pem"), Some("open-sesame"), "encrypted PKCS#8"),
            (fixture("store.aes.p12"), Some("open-sesame"), "PKCS#12 keystore"),
            (fixture("store.rc2.p12"), Some("open-sesame"), "PKCS#12 keystore"),
            (fixture("store.empty.p12"), Some(""), "PKCS#12 keystore"),
            (fixture("store.jks"), Some("open-sesame"), "JKS keystore"),
        ] {
            let material = read_with(&bytes, passphrase).unwrap();
            assert_eq!(material.private_key.expose(), &expected);
            assert_eq!((material.form, material.bits), (form, 2048));
            assert_eq!(material.repairs, [""; 0], "{form}");
        }
    }

    #[test]
    fn certificates_of_a_bundle_are_kept() {
        let bundle = [fixture("certificate.pem"), fixture("rsa.pkcs8.pem"), fixture("certificate.pem")].concat();
        let material = read_with(&bundle, None).unwrap();
        assert_eq!(material.certificates, [fixture("certificate.der"), fixture("certificate.der")]);
        for store in ["store.aes.p12", "store.rc2.p12", "store.jks"] {
            let material = read_with(&fixture(store), Some("open-sesame")).unwrap();
            assert_eq!(material.certificates, [fixture("certificate.der")], "{store}");
        }
    }

    #[test]
    fn damage_of_secret_stores_is_repaired_and_reported() {
        let pem = String::from_utf8(fixture("rsa.pkcs8.pem")).unwrap();
        let der = fixture("rsa.pkcs8.der");
        let utf16 = |text: &str| -> Vec<u8> {
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
        };
        let last = "a missing final line end";
        let (head, rest) = pem.split_at(pem.find('\n').unwrap());
        let (body, foot) = rest.split_at(rest.find("\n-----END").unwrap());
        let body_with = |newline: &str| body.trim().replace('\n', newline);
        for (bytes, repairs, wrapped) in [
            (pem.trim_end().to_owned().into_bytes(), vec![last], false),
            (pem.replace('\n', "\r\n").into_bytes(), vec!["CRLF line ends"], false),
            (format!("\u{feff}{pem}").into_bytes(), vec!["a byte order mark"], false),
            (pem.replace('\n', "\\n").into_bytes(), vec!["literal \\n instead of line ends"], false),
            (pem.replace('\n', "\\r\\n").into_bytes(), vec!["literal \\n instead of line ends"], false),
            (pem.trim().replace('\n', " ").into_bytes(), vec!["spaces instead of line ends", last], false),
            (format!("{head}{}{}\n", body_with(""), foot.trim()).into_bytes(), vec!["missing line ends"], false),
            (format!("\"{pem}\"").into_bytes(), vec!["quotation marks around it"], false),
            (format!("'{}'\n", pem.trim()).into_bytes(), vec!["quotation marks around it", last], false),
            (utf16(&pem), vec!["UTF-16 encoding"], false),
            (pem.lines().map(|line| format!("    {line}\n")).collect::<String>().into_bytes(), vec![], false),
            (BASE64.encode(&pem).into_bytes(), vec![], true),
            (BASE64.encode(BASE64.encode(&pem)).into_bytes(), vec![], true),
            (BASE64.encode(&der).into_bytes(), vec![], true),
            (format!("{}\n", body.trim()).into_bytes(), vec![], true),
            (base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&der).into_bytes(), vec![], true),
            ([der.clone(), b"\n".to_vec()].concat(), vec!["extra bytes after it"], false),
        ] {
            let shown = String::from_utf8_lossy(&bytes).chars().take(60).collect::<String>();
            let material = read_with(&bytes, None).unwrap_or_else(|error| panic!("{shown}: {error}"));
            assert_eq!(material.private_key.expose(), &fixture("rsa.pkcs1.der"), "{shown}");
            assert_eq!((material.repairs, material.wrapped), (repairs, wrapped), "{shown}");
        }
    }

    #[test]
    fn everything_else_is_refused_by_name_with_a_remedy() {
        let pem = String::from_utf8(fixture("rsa.pkcs8.pem")).unwrap();
        let der = fixture("rsa.pkcs8.der");
        let new_pair = "sf-jwt certificate new";
        let multi_prime = [&[0x30, 29, 2, 1, 1][..], &[2, 1, 0x87].repeat(8), &[0x30, 0]].concat();
        for (bytes, reason, fragment, remedy) in [
            (vec![], Reason::KeyEmpty, "empty", "check what writes it"),
            (b" \n\t".to_vec(), Reason::KeyEmpty, "empty", ""),
            (fixture("certificate.pem"), Reason::NotAPrivateKey, "certificate", new_pair),
            (fixture("certificate.der"), Reason::NotAPrivateKey, "certificate", new_pair),
            (fixture("request.pem"), Reason::NotAPrivateKey, "signing request", new_pair),
            (fixture("public.pem"), Reason::NotAPrivateKey, "public key", new_pair),
            (fixture("public.pkcs1.pem"), Reason::NotAPrivateKey, "public key", new_pair),
            (fixture("public.ssh"), Reason::NotAPrivateKey, "public key", new_pair),
            (fixture("pkcs7.pem"), Reason::NotAPrivateKey, "PKCS#7", new_pair),
            (fixture("ec.pkcs8.pem"), Reason::WrongAlgorithm, "an EC private key", new_pair),
            (fixture("ec.sec1.pem"), Reason::WrongAlgorithm, "an EC private key", new_pair),
            (fixture("ed25519.pem"), Reason::WrongAlgorithm, "an Ed25519 private key", new_pair),
            (fixture("ed25519.ssh"), Reason::WrongAlgorithm, "an Ed25519 private key", new_pair),
            (fixture("rsa-pss.pem"), Reason::WrongAlgorithm, "an RSA-PSS private key", new_pair),
            (fixture("dsa.pem"), Reason::WrongAlgorithm, "a DSA private key", new_pair),
            (fixture("rsa1024.pem"), Reason::TooSmall, "1024 bits", new_pair),
            (fixture("rsa.ssh"), Reason::UnsupportedFormat, "OpenSSH", "ssh-keygen -p -m PEM"),
            (fixture("encrypted.legacy.pem"), Reason::UnsupportedFormat, "4,ENCRYPTED", "openssl pkcs8 -topk8"),
            (
                fixture("encrypted.pbes1.pem"),
                Reason::UnsupportedFormat,
                "with PBE-SHA1-3DES",
                "openssl pkcs8 -topk8 -v2",
            ),
            (fixture("encrypted.aes256.pem"), Reason::KeyEncrypted, "no passphrase", "--passphrase env:"),
            (fixture("encrypted.aes256.der"), Reason::KeyEncrypted, "no passphrase", "--passphrase env:"),
            (fixture("store.aes.p12"), Reason::KeyEncrypted, "a PKCS#12 keystore", "--passphrase env:"),
            (fixture("store.jks"), Reason::KeyEncrypted, "a Java keystore", "--passphrase env:"),
            (fixture("store.jceks.jks"), Reason::UnsupportedFormat, "JCEKS", "keytool -importkeystore"),
            (fixture("store.jks")[..1000].into(), Reason::KeyEncrypted, "a Java keystore", "--passphrase env:"),
            (fixture("store.aes.p12")[..1000].into(), Reason::Damaged, "truncated", "openssl pkcs12 -in"),
            (multi_prime, Reason::UnsupportedFormat, "more than two primes", new_pair),
            (
                b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n".to_vec(),
                Reason::KeyEmpty,
                "is empty",
                "copy the whole file",
            ),
            (b"{\"kty\":\"RSA\"}".to_vec(), Reason::UnsupportedFormat, "JSON", "PEM"),
            (b"PuTTY-User-Key-File-3: ssh-rsa".to_vec(), Reason::UnsupportedFormat, "PuTTY", "puttygen"),
            (b"/home/me/my.key\n".to_vec(), Reason::NotAPrivateKey, "a path", "file:PATH"),
            (b"hello".to_vec(), Reason::NotAPrivateKey, "not a private key", "-----BEGIN"),
            (vec![0xff; 40], Reason::NotAPrivateKey, "not a private key", "-----BEGIN"),
            (pem[..pem.len() / 2].into(), Reason::Damaged, "truncated", "copy the whole file"),
            (der[..der.len() / 2].into(), Reason::Damaged, "truncated", "copy the whole file"),
            (BASE64.encode(&der[..der.len() / 2]).into(), Reason::Damaged, "truncated", "copy the whole file"),
            (pem.replace("-----BEGIN", "----BEGIN").into(), Reason::Damaged, "-----BEGIN", "copy the whole file"),
            (pem.replace("-----END", "----END").into(), Reason::Damaged, "truncated", "copy the whole file"),
            (pem.replacen("\nM", "\n*", 1).into(), Reason::Damaged, "not base64", "copy the whole file"),
            (pem.replace('\n', "\n\n").replace("MII", "MI").into(), Reason::Damaged, "", "copy the whole file"),
            (pem.repeat(2).into(), Reason::UnsupportedFormat, "more than one", "app's certificate"),
            (pem.repeat(64).into(), Reason::KeyUnreadable, "64 KiB", new_pair),
        ] {
            let shown = String::from_utf8_lossy(&bytes).chars().take(60).collect::<String>();
            let error = read_with(&bytes, None).expect_err(&shown);
            let hint = error.details().hint.clone().unwrap_or_default();
            assert_eq!(error.reason(), reason, "{shown}: {error}");
            assert!(error.message().contains(fragment), "{shown}: {error}");
            assert!(hint.contains(remedy), "{shown}: {hint}");
            assert!(!format!("{error:?}").contains("MII"), "{error:?}");
        }
        for name in ["encrypted.aes256.pem", "encrypted.scrypt.pem", "store.aes.p12", "store.rc2.p12", "store.jks"] {
            let error = read_with(&fixture(name), Some("wrong-SENTINEL")).unwrap_err();
            assert_eq!(error.reason(), Reason::WrongPassphrase, "{name}");
            assert!(!format!("{error:?}").contains("SENTINEL"));
        }
        let wrong = read_with(&fixture("store.jks"), Some("wrong")).unwrap_err();
        assert!(wrong.details().hint.as_deref().unwrap().contains("keytool -list -keystore OLD.key"));
        let cut = read_with(&fixture("store.jks")[..1000], Some("open-sesame")).unwrap_err();
        assert!(cut.details().hint.as_deref().unwrap().contains("as a binary file"), "{cut:?}");
        let error = read_with(&fixture("store.certificate.p12"), Some("open-sesame")).unwrap_err();
        assert_eq!(
            (error.reason(), error.message()),
            (Reason::NotAPrivateKey, "`file:my.key` holds a keystore without any private key")
        );
    }

    #[test]
    fn remedies_name_the_file_quoted_for_a_shell() {
        let subject = Subject { label: "file:/k/my old.key", path: Some(Path::new("/k/my old.key")) };
        let error = read(&subject, &fixture("encrypted.legacy.pem"), None).unwrap_err();
        let hint = error.details().hint.as_deref().unwrap();
        assert!(hint.ends_with("openssl pkcs8 -topk8 -in '/k/my old.key' -out '/k/my old.new.key'"), "{hint}");
    }

    #[test]
    fn unreasonable_work_is_refused_without_doing_it() {
        // 2048 rounds as DER, turned into 2^31 - 1 (the length of the number grows by two bytes, so do four frames)
        let der = fixture("encrypted.aes256.der");
        let at = der.windows(4).position(|w| w == [0x02, 0x02, 0x08, 0x00]).unwrap();
        let mut hostile = [&der[..at], &[0x02, 0x04, 0x7f, 0xff, 0xff, 0xff], &der[at + 4..]].concat();
        let mut frames = 0;
        for position in 0..at {
            let content = match der[position..] {
                [0x30, 0x82, high, low, ..] => (position + 4, usize::from(high) << 8 | usize::from(low)),
                [0x30, length @ 0..0x80, ..] => (position + 2, usize::from(length)),
                _ => continue,
            };
            if content.0 <= at && content.0 + content.1 > at {
                hostile[content.0 - 1] += 2;
                frames += 1;
            }
        }
        assert_eq!(frames, 5);
        let start = std::time::Instant::now();
        let error = read_with(&hostile, Some("open-sesame")).unwrap_err();
        assert!(error.message().contains("unreasonable"), "{error}");
        assert!(start.elapsed().as_secs() < 5);
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(200))]
        #[test]
        fn mutations_neither_panic_nor_leak(
            file in proptest::sample::select(&["rsa.pkcs8.pem", "rsa.pkcs1.der", "encrypted.aes256.der", "certificate.pem", "ec.sec1.pem", "store.jks", "store.aes.p12"][..]),
            edits in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 1..6),
            cut in proptest::prelude::any::<proptest::sample::Index>(),
            cutting in proptest::prelude::any::<bool>(),
        ) {
            let mut bytes = fixture(file);
            let secret = bytes[100..140].to_vec();
            for (index, byte) in edits {
                let position = index.index(bytes.len());
                bytes[position] = byte;
            }
            if cutting {
                bytes.truncate(cut.index(bytes.len()));
            }
            // a mutated round count could ask for a second of work, so only the one cheap store is opened
            let passphrase = (file == "store.jks").then_some("open-sesame");
            if let Err(error) = read_with(&bytes, passphrase) {
                let shown = format!("{error:?}");
                proptest::prop_assert!(!shown.as_bytes().windows(12).any(|w| secret.windows(12).any(|s| s == w)), "{shown}");
            }
        }
    }
}
