//! Keystores: files with a key, its certificates and a password of their own. PKCS#12 (RFC 7292) and Java's JKS,
//! which is what Salesforce's "Export to Keystore" (Setup → Certificate and Key Management) gives.

use super::der;
use super::refusal::Unusable;
use aws_lc_rs::digest;
use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error;
use zeroize::Zeroizing;

/// The one private key of a keystore.
pub(crate) struct Entry {
    /// PKCS#8 `PrivateKeyInfo`, DER.
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    /// The store's certificates, DER.
    pub(crate) certificates: Vec<Vec<u8>>,
}

/// Opens a PKCS#12 store. The library bounds the work that a hostile file may ask for.
pub(crate) fn open_pkcs12(der: &[u8], passphrase: Option<&str>) -> Result<Entry, Unusable> {
    let passphrase = passphrase.ok_or(Unusable::Encrypted("a PKCS#12 keystore"))?;
    let store = Pkcs12Archive::from_pkcs12(der, passphrase).map_err(|error| match error {
        Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError => Unusable::WrongPassphrase,
        Error::InvalidParameters => Unusable::UnreasonableEncryption,
        Error::DerError(_) | Error::InvalidData | Error::InvalidLength => Unusable::Damaged,
        Error::InvalidPrivateKey => Unusable::Damaged,
        _ => Unusable::Pkcs12,
    })?;
    let certificates = store.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect();
    match &store.keys[..] {
        [] => Err(Unusable::StoreWithoutKey),
        [bag] => Ok(Entry { pkcs8: Zeroizing::new(bag.key.as_der().to_vec()), certificates }),
        _ => Err(Unusable::SeveralKeys),
    }
}

/// Whether bytes begin as a Java keystore: JKS, or its successor JCEKS.
pub(crate) fn is_java(bytes: &[u8]) -> bool {
    bytes.starts_with(JKS) || bytes.starts_with(JCEKS)
}

const JKS: &[u8] = &[0xfe, 0xed, 0xfe, 0xed];
const JCEKS: &[u8] = &[0xce; 4];
/// 1.3.6.1.4.1.42.2.17.1.1, the key protection of `sun.security.provider.KeyProtector`.
const SUN_KEY_PROTECTOR: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x2a, 0x02, 0x11, 0x01, 0x01];
const SHA1_LENGTH: usize = 20;

/// Opens a Java keystore as `sun.security.provider.JavaKeyStore` writes it: big-endian, alias and date before each
/// entry. Salesforce and keytool give key and store the same password; the key's is the one that counts here.
pub(crate) fn open_jks(bytes: &[u8], passphrase: Option<&str>) -> Result<Entry, Unusable> {
    if bytes.starts_with(JCEKS) {
        return Err(Unusable::Jceks);
    }
    let passphrase = passphrase.ok_or(Unusable::Encrypted("a Java keystore (JKS)"))?;
    let mut reader = Reader(bytes.strip_prefix(JKS).unwrap_or(bytes));
    let store = reader.store().ok_or(Unusable::Truncated)?;
    match store.keys[..] {
        [] => Err(Unusable::StoreWithoutKey),
        [key] => Ok(Entry { pkcs8: unprotect(key, passphrase)?, certificates: store.certificates }),
        _ => Err(Unusable::SeveralKeys),
    }
}

/// The content of a JKS: keys still protected.
struct Store<'a> {
    keys: Vec<&'a [u8]>,
    certificates: Vec<Vec<u8>>,
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn store(&mut self) -> Option<Store<'a>> {
        let (mut keys, mut certificates) = (Vec::new(), Vec::new());
        let version = self.number(4)?;
        for _ in 0..self.number(4)? {
            let is_key = self.number(4)? == 1;
            let alias = self.number(2)?;
            self.take(alias)?;
            self.take(8)?; // date
            let mut count = 1;
            if is_key {
                let length = self.number(4)?;
                keys.push(self.take(length)?);
                count = self.number(4)?;
            }
            for _ in 0..count {
                if version == 2 {
                    let certificate_type = self.number(2)?;
                    self.take(certificate_type)?;
                }
                let length = self.number(4)?;
                certificates.push(self.take(length)?.to_vec());
            }
        }
        Some(Store { keys, certificates })
    }

    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.take(bytes)?.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

/// Undoes Sun's key protection: the key XOR a chain of SHA-1 values over the password and, first, a salt; a last
/// SHA-1 over password and key tells whether it was the right password.
fn unprotect(protected: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>, Unusable> {
    let content = der::protected_content(protected, SUN_KEY_PROTECTOR).ok_or(Unusable::Jceks)?;
    let (salt, rest) = content.split_at_checked(SHA1_LENGTH).ok_or(Unusable::Damaged)?;
    let (hidden, check) =
        rest.len().checked_sub(SHA1_LENGTH).map(|length| rest.split_at(length)).ok_or(Unusable::Damaged)?;
    let password: Zeroizing<Vec<u8>> = Zeroizing::new(passphrase.encode_utf16().flat_map(u16::to_be_bytes).collect());
    let hash = |more: &[u8]| {
        let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        context.update(&password);
        context.update(more);
        context.finish()
    };
    let mut pad = salt.to_vec();
    let mut key = Zeroizing::new(Vec::with_capacity(hidden.len()));
    for chunk in hidden.chunks(SHA1_LENGTH) {
        pad = hash(&pad).as_ref().to_vec();
        key.extend(chunk.iter().zip(&pad).map(|(byte, pad)| byte ^ pad));
    }
    if hash(&key).as_ref() == check { Ok(key) } else { Err(Unusable::WrongPassphrase) }
}
