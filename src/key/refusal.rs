//! What people give where a private RSA key belongs: each kind has a name, a reason and the line that fixes it.

use super::keystore;
use crate::error::{Error, Reason};
use std::path::Path;

/// The key that is being read, as error texts name it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The key source in printable form.
    pub label: &'a str,
    /// Its path, when it is a file, for command lines that can be copied.
    pub path: Option<&'a Path>,
}

/// Something that cannot sign for Salesforce as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    Empty,
    TooLong,
    Certificate,
    Request,
    PublicKey,
    Pkcs7,
    NotRsa(&'static str),
    TooSmall(usize),
    TooLarge(usize),
    OpenSsh,
    Putty,
    Pgp,
    Json,
    LegacyEncrypted,
    Pkcs12,
    Jceks,
    StoreWithoutKey,
    IndefiniteLength,
    Encrypted(&'static str),
    WrongPassphrase,
    /// With the way's name, where it is known, and whether OpenSSL 3 calls it legacy.
    UnreadEncryption(Option<(&'static str, bool)>),
    UnreasonableEncryption,
    SeveralKeys,
    Truncated,
    BrokenFrame,
    NotBase64,
    Damaged,
    NoBody,
    MultiPrime,
    Path,
    Other,
    /// The same, of a binary file.
    InBinary(Binary, Box<Unusable>),
}

/// What a binary file is, as far as its head tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Der,
    Pkcs12,
    Jks,
}

impl Binary {
    pub(crate) fn of(bytes: &[u8]) -> Binary {
        match bytes {
            _ if keystore::is_java(bytes) => Binary::Jks,
            // a SEQUENCE with a length of one to three bytes, then version 3
            [0x30, _, 2, 1, 3, ..] | [0x30, 0x81, _, 2, 1, 3, ..] | [0x30, 0x82, _, _, 2, 1, 3, ..] => Binary::Pkcs12,
            _ => Binary::Der,
        }
    }

    fn check(self, file: &str) -> String {
        match self {
            Binary::Der => format!("openssl pkey -in {file} -noout"),
            Binary::Pkcs12 => format!("openssl pkcs12 -in {file} -noout"),
            Binary::Jks => format!("keytool -list -keystore {file}"),
        }
    }
}

impl Unusable {
    /// The same, of a binary file, where that makes a difference to the remedy.
    pub(crate) fn in_binary(self, binary: Binary) -> Unusable {
        match self {
            Unusable::WrongPassphrase | Unusable::Truncated | Unusable::Damaged => {
                Unusable::InBinary(binary, Box::new(self))
            }
            other => other,
        }
    }

    /// The error: what it is, and what to do. Nothing of the content is in it.
    pub(crate) fn error(&self, subject: &Subject) -> Error {
        let (reason, what) = self.row();
        let error = Error::new(reason, format!("`{}` {what}", subject.label));
        match self.remedy(subject) {
            remedy if remedy.is_empty() => error,
            remedy => error.hint(remedy),
        }
    }

    fn row(&self) -> (Reason, String) {
        let fixed = |reason, what: &str| (reason, what.to_owned());
        match self {
            Unusable::Empty => fixed(Reason::KeyEmpty, "is empty"),
            Unusable::TooLong => fixed(Reason::KeyUnreadable, "is larger than 64 KiB, which no key is"),
            Unusable::Certificate => fixed(Reason::NotAPrivateKey, "holds a certificate and no private key"),
            Unusable::Request => {
                fixed(Reason::NotAPrivateKey, "holds a certificate signing request, not a private key")
            }
            Unusable::PublicKey => fixed(Reason::NotAPrivateKey, "holds a public key, not a private key"),
            Unusable::Pkcs7 => {
                fixed(Reason::NotAPrivateKey, "holds a PKCS#7 bundle, which has certificates and no private key")
            }
            Unusable::NotRsa(name) => (
                Reason::WrongAlgorithm,
                format!("holds {} private key; Salesforce takes RS256, which needs RSA", article(name)),
            ),
            Unusable::TooSmall(bits) => {
                (Reason::TooSmall, format!("holds an RSA key of {bits} bits; the least is 2048"))
            }
            Unusable::TooLarge(bits) => {
                (Reason::UnsupportedFormat, format!("holds an RSA key of {bits} bits; the most is 8192"))
            }
            Unusable::OpenSsh => fixed(Reason::UnsupportedFormat, "holds a private key in OpenSSH's own format"),
            Unusable::Putty => fixed(Reason::UnsupportedFormat, "holds a private key in PuTTY's format"),
            Unusable::Pgp => fixed(Reason::UnsupportedFormat, "holds a PGP key block"),
            Unusable::Json => fixed(Reason::UnsupportedFormat, "holds a JSON document (JWK?), not a PEM"),
            Unusable::LegacyEncrypted => fixed(
                Reason::UnsupportedFormat,
                "holds a PKCS#1 key with OpenSSL's legacy encryption (`Proc-Type: 4,ENCRYPTED`), which is not read",
            ),
            Unusable::Pkcs12 => fixed(Reason::UnsupportedFormat, "holds a PKCS#12 keystore that cannot be read"),
            Unusable::Jceks => fixed(
                Reason::UnsupportedFormat,
                "holds a Java keystore of a kind (JCEKS) that is not read; JKS and PKCS#12 are",
            ),
            Unusable::StoreWithoutKey => fixed(Reason::NotAPrivateKey, "holds a keystore without any private key"),
            Unusable::IndefiniteLength => {
                fixed(Reason::UnsupportedFormat, "holds a keystore in BER with indefinite lengths, which is not read")
            }
            Unusable::Encrypted(what) => (Reason::KeyEncrypted, format!("holds {what}, and no passphrase was given")),
            Unusable::WrongPassphrase => {
                fixed(Reason::WrongPassphrase, "is encrypted, and the passphrase does not open it")
            }
            Unusable::UnreadEncryption(way) => {
                let name = way.map_or("in a way", |(name, _)| name);
                let with = if way.is_some() { "with " } else { "" };
                let what =
                    format!("is encrypted {with}{name}, which is not read; PBES2 with AES or 3DES in CBC mode is");
                (Reason::UnsupportedFormat, what)
            }
            Unusable::NoBody => fixed(Reason::KeyEmpty, "is empty: nothing is between its first and its last line"),
            Unusable::MultiPrime => {
                fixed(Reason::UnsupportedFormat, "holds an RSA key of more than two primes, which is not read")
            }
            Unusable::InBinary(_, unusable) => unusable.row(),
            Unusable::UnreasonableEncryption => {
                fixed(Reason::UnsupportedFormat, "asks for an unreasonable amount of work to be decrypted")
            }
            Unusable::SeveralKeys => fixed(Reason::UnsupportedFormat, "holds more than one private key"),
            Unusable::Truncated => fixed(Reason::Damaged, "is truncated: its end is missing"),
            Unusable::BrokenFrame => {
                fixed(Reason::Damaged, "has a damaged `-----BEGIN …-----` or `-----END …-----` line")
            }
            Unusable::NotBase64 => fixed(Reason::Damaged, "has characters in its body that are not base64"),
            Unusable::Damaged => fixed(Reason::Damaged, "is damaged: its content is not a consistent key"),
            Unusable::Path => fixed(Reason::NotAPrivateKey, "holds what looks like a path, not a key"),
            Unusable::Other => fixed(Reason::NotAPrivateKey, "holds something that is not a private key"),
        }
    }

    fn remedy(&self, subject: &Subject) -> String {
        let (old, new) = subject.names();
        match self {
            Unusable::Empty => "check what writes it; a variable that is set but empty counts as unset".to_owned(),
            Unusable::Certificate | Unusable::Request | Unusable::PublicKey | Unusable::Pkcs7 | Unusable::StoreWithoutKey | Unusable::TooLong => {
                "give the private key that belongs to it (the .key file), or make a new pair: sf-jwt certificate new --out NAME"
                    .to_owned()
            }
            Unusable::NotRsa(_) | Unusable::TooSmall(_) | Unusable::TooLarge(_) | Unusable::MultiPrime => {
                "make a new pair and upload its certificate to the app: sf-jwt certificate new --out NAME".to_owned()
            }
            Unusable::OpenSsh => format!("convert a copy: cp {old} {new} && ssh-keygen -p -m PEM -N '' -f {new}"),
            Unusable::Putty => format!("convert it: puttygen {old} -O private-openssh -o {new}"),
            Unusable::Json => "give the PEM itself; a JWK converts with: npx pem-jwk KEY.jwk > KEY.pem".to_owned(),
            Unusable::Pgp => "make a new pair: sf-jwt certificate new --out NAME".to_owned(),
            Unusable::LegacyEncrypted => {
                format!("convert it (asks for the old and a new passphrase): openssl pkcs8 -topk8 -in {old} -out {new}")
            }
            Unusable::UnreadEncryption(way) => {
                // OpenSSL 3 has these ways in a provider that it does not load by itself
                let legacy = if way.is_some_and(|(_, legacy)| legacy) { " -provider legacy -provider default" } else { "" };
                format!(
                    "convert it (asks for the old and a new passphrase): openssl pkcs8 -topk8 -v2 aes-256-cbc -in {old} -out {new}{legacy}"
                )
            }
            Unusable::NoBody => "check what writes it, or copy the whole file again".to_owned(),
            Unusable::InBinary(binary, unusable) => match &**unusable {
                Unusable::WrongPassphrase => {
                    format!("check it with: {}; a line end at its end is ignored, other white space counts", binary.check(&old))
                }
                _ => format!("copy the whole file again, as a binary file; check it with: {}", binary.check(&old)),
            },
            Unusable::UnreasonableEncryption => {
                format!("encrypt it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -in {old} -out {new}")
            }
            Unusable::Pkcs12 | Unusable::IndefiniteLength => {
                format!("take the key out of it: openssl pkcs12 -in {old} -nocerts -out {new}")
            }
            Unusable::Jceks => format!(
                "convert it: keytool -importkeystore -srckeystore {old} -destkeystore {new}.p12 -deststoretype PKCS12"
            ),
            Unusable::Encrypted(_) => {
                "give the passphrase by URI, for instance --passphrase env:KEY_PASSPHRASE or --passphrase file:PATH".to_owned()
            }
            Unusable::WrongPassphrase => format!(
                "check it with: openssl pkey -in {old} -noout; a line end at its end is ignored, other white space counts"
            ),
            Unusable::SeveralKeys => "leave only the one that belongs to the app's certificate".to_owned(),
            Unusable::Truncated | Unusable::BrokenFrame | Unusable::NotBase64 | Unusable::Damaged => format!(
                "copy the whole file again, from its first to its last dash; check it with: openssl pkey -in {old} -noout"
            ),
            Unusable::Path => "a file is given as file:PATH".to_owned(),
            Unusable::Other => "a private key begins with -----BEGIN PRIVATE KEY----- or -----BEGIN RSA PRIVATE KEY-----".to_owned(),
        }
    }
}

impl Subject<'_> {
    /// The names of the old and of a new file, quoted for a POSIX shell.
    fn names(&self) -> (String, String) {
        let quote = |path: &Path| shlex::try_quote(&path.to_string_lossy()).map(|quoted| quoted.into_owned()).ok();
        self.path
            .and_then(|old| {
                let mut new = old.with_extension("new").into_os_string();
                new.push(".key");
                Some((quote(old)?, quote(Path::new(&new))?))
            })
            .unwrap_or_else(|| ("OLD.key".to_owned(), "NEW.key".to_owned()))
    }
}

fn article(name: &str) -> String {
    let an = name.starts_with(['E', 'R', 'X']) && !name.starts_with("RS") || name.starts_with("RSA");
    format!("{} {name}", if an { "an" } else { "a" })
}
