//! What makes an RS256 signature (RSASSA-PKCS1-v1_5 with SHA-256, RFC 7518 section 3.3): a key in this process,
//! parsed once, or a program outside of it.

use super::material::{Material, Subject};
use super::refusal::Unusable;
use crate::error::{Error, Reason, Result};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A signature that is being made elsewhere.
pub type Signing = Pin<Box<dyn Future<Output = Result<Vec<u8>>> + Send>>;

/// A way to have a signature made outside of this process: takes the signing input, gives the raw signature.
pub trait ExternalSigner: Send + Sync {
    /// Has `signing_input` signed with RS256.
    fn sign(&self, signing_input: &[u8]) -> Signing;
}

/// Signs assertions. Clones share the key.
#[derive(Clone)]
pub struct Signer(Kind);

#[derive(Clone)]
enum Kind {
    Rsa(Arc<RsaKeyPair>),
    External(Arc<dyn ExternalSigner>),
}

impl Signer {
    /// A signer with a key in this process. The key is parsed and checked here, once.
    ///
    /// # Errors
    /// `damaged` when the numbers of the key do not fit together.
    pub fn in_process(subject: &Subject, material: &Material) -> Result<Signer> {
        let pair = RsaKeyPair::from_der(material.private_key.expose()).map_err(|_| Unusable::Damaged.error(subject))?;
        Ok(Signer(Kind::Rsa(Arc::new(pair))))
    }

    /// A signer outside of this process.
    pub fn external(signer: Arc<dyn ExternalSigner>) -> Signer {
        Signer(Kind::External(signer))
    }

    /// The RS256 signature of a signing input: a JWS's encoded header, a dot, and its encoded payload
    /// (RFC 7515 section 5.1). As many bytes as the modulus has.
    ///
    /// # Errors
    /// What the external signer reports; `internal` when aws-lc cannot sign.
    pub async fn sign(&self, signing_input: &[u8]) -> Result<Vec<u8>> {
        match &self.0 {
            Kind::External(signer) => signer.sign(signing_input).await,
            Kind::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signing_input, &mut signature)
                    .map_err(|_| Error::new(Reason::Internal, "the signature could not be made"))?;
                Ok(signature)
            }
        }
    }

    /// The public key as PKCS#1 `RSAPublicKey`, DER. `None` for a signer outside of this process.
    pub fn public_key(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Rsa(pair) => Some(pair.public_key().as_ref()),
            Kind::External(_) => None,
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Rsa(_) => "Signer(RSA key in this process)",
            Kind::External(_) => "Signer(external)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::material;
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use rsa::pkcs1::DecodeRsaPublicKey;
    use rsa::signature::Verifier;

    const SUBJECT: Subject<'static> = Subject { label: "pem", path: None };

    fn signer(pem: &[u8]) -> Signer {
        Signer::in_process(&SUBJECT, &material::read(&SUBJECT, pem, None).unwrap()).unwrap()
    }

    fn now<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_second_implementation_accepts_the_signature() {
        let signer = signer(include_bytes!("../../tests/keys/rsa.pkcs8.pem"));
        let signature = now(signer.sign(b"header.payload")).unwrap();
        assert_eq!(signature.len(), 256);
        let public = signer.public_key().unwrap();
        let ours = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        assert!(ours.verify(b"header.payload", &signature).is_ok());
        let theirs = rsa::RsaPublicKey::from_pkcs1_der(public).unwrap();
        let theirs = rsa::pkcs1v15::VerifyingKey::<rsa::sha2::Sha256>::new(theirs);
        let signature = rsa::pkcs1v15::Signature::try_from(&*signature).unwrap();
        assert!(theirs.verify(b"header.payload", &signature).is_ok());
        assert!(theirs.verify(b"header.other", &signature).is_err());
    }

    #[test]
    fn numbers_that_do_not_fit_together_are_damage() {
        let mut material = material::read(&SUBJECT, include_bytes!("../../tests/keys/rsa.pkcs1.der"), None).unwrap();
        let mut key = material.private_key.expose().clone();
        key[200] ^= 1; // in the modulus
        material.private_key = key.into();
        let error = Signer::in_process(&SUBJECT, &material).unwrap_err();
        assert_eq!(error.reason(), Reason::Damaged);
    }
}
