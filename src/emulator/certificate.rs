//! The certificate of an app: what its owner uploads, and what assertions are verified with.

use crate::error::{Error, Reason};
use crate::key::pair::{KeySize, MAX_CERTIFICATE, Subject, Wish, self_signed};
use crate::secret::SecretString;
use crate::time::Timestamp;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;

/// An X.509 certificate with an RSA key.
#[derive(Clone, Debug)]
pub struct Certificate {
    pem: String,
    /// PKCS#1 `RSAPublicKey`.
    public_key: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate as it is uploaded: one PEM block, RSA of at least 2048 bits, below 4 KB.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence. The text itself is never repeated.
    pub fn read(pem: &str) -> Result<Certificate, String> {
        if pem.contains("PRIVATE KEY-----") {
            return Err("it is a private key, which belongs to nobody but the signer".into());
        }
        if pem.len() >= MAX_CERTIFICATE {
            return Err("the file is not below 4 KB".into());
        }
        let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).map_err(|_| "it is not PEM text")?;
        if block.label != "CERTIFICATE" {
            return Err("it is not a certificate".into());
        }
        let certificate = block.parse_x509().map_err(|_| "the certificate is damaged")?;
        let info = certificate.public_key();
        if info.algorithm.algorithm != OID_PKCS1_RSAENCRYPTION {
            return Err("its key is not an RSA key".into());
        }
        let bits = info.parsed().map(|key| key.key_size()).unwrap_or_default();
        if bits < 2048 {
            return Err(format!("its RSA key has {bits} bits, and at least 2048 are needed"));
        }
        Ok(Certificate { pem: pem.trim().to_owned() + "\n", public_key: info.subject_public_key.data.to_vec() })
    }

    /// The certificate as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Whether this RS256 signature is by the certificate's key. The certificate's own dates do not matter: Salesforce
    /// goes on accepting an expired one (reference 1.2).
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key).verify(message, signature).is_ok()
    }
}

/// A new RSA key, as PKCS#8 PEM, and a self-signed certificate for it, valid for two years.
///
/// # Errors
/// `internal` when the system has no random numbers.
pub fn generate(common_name: &str, now: Timestamp) -> Result<(SecretString, Certificate), Error> {
    let pair = self_signed(
        &Wish { subject: Subject::common_name(common_name), size: KeySize::Bits2048, passphrase: None },
        now,
        730,
    )?;
    let certificate = Certificate::read(&pair.public).map_err(|why| Error::new(Reason::Internal, why))?;
    Ok((pair.key, certificate))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use aws_lc_rs::rsa::KeyPair;
    use aws_lc_rs::signature::RSA_PKCS1_SHA256;
    use std::sync::OnceLock;

    /// One key for all tests of the emulator: making one takes a while.
    pub(in crate::emulator) fn key() -> &'static (SecretString, Certificate) {
        static KEY: OnceLock<(SecretString, Certificate)> = OnceLock::new();
        KEY.get_or_init(|| generate("emulator tests", crate::emulator::testing::NOW).unwrap())
    }

    /// Signs with a key as [`generate`] makes it.
    pub(in crate::emulator) fn sign(key: &SecretString, message: &str) -> Vec<u8> {
        let (_, pem) = x509_parser::pem::parse_x509_pem(key.expose().as_bytes()).unwrap();
        let key = KeyPair::from_pkcs8(&pem.contents).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &aws_lc_rs::rand::SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        signature
    }

    #[test]
    fn a_signature_is_by_this_key_or_not() {
        let (private, certificate) = key();
        let mut signature = sign(private, "message");
        assert!(certificate.verifies(b"message", &signature));
        assert!(!certificate.verifies(b"another", &signature));
        signature[7] ^= 1;
        assert!(!certificate.verifies(b"message", &signature));
    }

    #[test]
    fn what_salesforce_does_not_take_is_refused_by_name() {
        let (private, certificate) = key();
        let ec = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap().cert.pem();
        for (pem, why) in [
            (private.expose().as_str(), "private key"),
            ("", "not PEM"),
            ("hello", "not PEM"),
            (&ec, "not an RSA key"),
            (&certificate.pem().replace("CERTIFICATE", "CERTIFICATE REQUEST"), "not a certificate"),
            (&certificate.pem().replacen("MII", "MIJ", 1), "damaged"),
            (&(certificate.pem().to_owned() + &" ".repeat(MAX_CERTIFICATE)), "4 KB"),
        ] {
            let message = Certificate::read(pem).unwrap_err();
            assert!(message.contains(why), "{message}");
        }
    }
}
