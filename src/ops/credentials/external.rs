//! A signer outside of this process: the signing input goes to a command's standard input, the RS256 signature
//! comes from its standard output. The key stays in its KMS, HSM, smart card or agent.

use super::fetch::Errand;
use super::{Terms, mismatch};
use crate::error::{Error, Reason, Result};
use crate::host::Host;
use crate::key::certificate::Certificate;
use crate::key::signature::{self, Unrecognised};
use crate::key::signer::{ExternalSigner, Signing};
use crate::key::source::CommandLine;

/// A signature is at most 1024 bytes, some more as text.
const CAP: usize = 16 * 1024;

/// Signs by running a command.
#[derive(Clone)]
pub(super) struct CommandSigner {
    host: Host,
    terms: Terms,
    hidden: Vec<String>,
    label: String,
    command: CommandLine,
    certificates: Vec<Certificate>,
}

impl CommandSigner {
    pub(super) fn new(errand: Errand, label: String, command: &CommandLine, certificates: Vec<Certificate>) -> Self {
        let hidden = errand.hidden.iter().map(|name| (*name).to_owned()).collect();
        CommandSigner {
            host: errand.host.clone(),
            terms: errand.terms,
            hidden,
            label,
            command: command.clone(),
            certificates,
        }
    }

    async fn run(self, signing_input: Vec<u8>) -> Result<Vec<u8>> {
        let hidden: Vec<_> = self.hidden.iter().map(String::as_str).collect();
        let errand = Errand { host: &self.host, terms: self.terms, hidden: &hidden };
        let output = errand.run(&self.command, &signing_input, CAP).await;
        let output = output.map_err(|failure| errand.failed(&self.label, Reason::SignerFailed, CAP, failure))?;
        let signature = signature::recognise(output.expose()).map_err(|what| self.unrecognised(what))?;
        let known = &self.certificates;
        if known.is_empty() || known.iter().any(|certificate| certificate.verifies(&signing_input, &signature)) {
            Ok(signature)
        } else {
            Err(mismatch(&format!("the signature of `{}` was not made with the key of the certificate", self.label))
                .cause("the signer uses another key")
                .cause("it does not sign with RSASSA-PKCS1-v1_5 and SHA-256, or hashes twice"))
        }
    }

    fn unrecognised(&self, what: Unrecognised) -> Error {
        Error::new(Reason::SignerFailed, format!("`{}` {}", self.label, what.describe())).hint(what.remedy())
    }
}

impl ExternalSigner for CommandSigner {
    fn sign(&self, signing_input: &[u8]) -> Signing {
        Box::pin(self.clone().run(signing_input.to_vec()))
    }
}
