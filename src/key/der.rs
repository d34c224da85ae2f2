//! What a DER document is, told from its outermost structure (ITU-T X.690), without any library's opinion, so that
//! the wrong kind can be refused by name.

/// The kinds of document that people give where a private key belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape<'a> {
    /// PKCS#8 `PrivateKeyInfo` (RFC 5208 section 5): the algorithm's identifier and the key inside.
    Pkcs8 { algorithm: &'a [u8], key: &'a [u8] },
    /// PKCS#8 `EncryptedPrivateKeyInfo` (RFC 5208 section 6).
    EncryptedPkcs8,
    /// PKCS#1 `RSAPrivateKey` (RFC 8017 appendix A.1.2), with its modulus.
    Pkcs1 { modulus: &'a [u8] },
    /// PKCS#1 with more than two primes (version 1).
    MultiPrime,
    /// PKCS#12 `PFX` (RFC 7292 section 4).
    Pkcs12,
    /// SEC 1 `ECPrivateKey` (RFC 5915 section 3).
    Sec1,
    /// The traditional DSA form of OpenSSL.
    Dsa,
    /// X.509 `Certificate` (RFC 5280 section 4.1).
    Certificate,
    /// PKCS#10 `CertificationRequest` (RFC 2986 section 4).
    Request,
    /// X.509 `SubjectPublicKeyInfo` or PKCS#1 `RSAPublicKey`.
    PublicKey,
    /// PKCS#7 / CMS `ContentInfo` (RFC 5652 section 3).
    Pkcs7,
    /// A SEQUENCE of indefinite length, which BER allows and DER does not.
    Indefinite,
    /// A SEQUENCE that announces more bytes than there are.
    Truncated,
    /// Some other SEQUENCE.
    Unknown,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const CONTEXT_0: u8 = 0xa0;

/// Names an object identifier, given as its DER content, where it is a key algorithm.
pub(crate) fn algorithm_name(oid: &[u8]) -> &'static str {
    match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01] => RSA,
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a] => "RSA-PSS",
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01] => "EC",
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01] => "DSA",
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01] => "Diffie-Hellman",
        [0x2b, 0x65, 0x6e] => "X25519",
        [0x2b, 0x65, 0x6f] => "X448",
        [0x2b, 0x65, 0x70] => "Ed25519",
        [0x2b, 0x65, 0x71] => "Ed448",
        _ => "non-RSA",
    }
}

/// The name of rsaEncryption (RFC 8017 appendix A.1), the one algorithm that RS256 takes.
pub(crate) const RSA: &str = "RSA";

/// Looks at a document that begins with a SEQUENCE. Also returns how many bytes it has: the rest is not part of it.
pub(crate) fn shape(der: &[u8]) -> (Shape<'_>, usize) {
    if der.starts_with(&[SEQUENCE, 0x80]) {
        return (Shape::Indefinite, der.len());
    }
    let Some((SEQUENCE, content, rest)) = element(der) else { return (Shape::Truncated, der.len()) };
    let mut parts = [(0u8, &[][..]); 4];
    let mut count = 0;
    let mut remaining = content;
    while let Some((tag, content, rest)) = element(remaining) {
        if let Some(part) = parts.get_mut(count) {
            *part = (tag, content);
        }
        count += 1;
        remaining = rest;
    }
    let shape = match (parts, count) {
        ([(INTEGER, _), (SEQUENCE, algorithm), (OCTET_STRING, key), _], 3..) => {
            Shape::Pkcs8 { algorithm: first_oid(algorithm), key }
        }
        ([(INTEGER, [1]), (INTEGER, _), (INTEGER, _), (INTEGER, _)], 10..) => Shape::MultiPrime,
        ([(INTEGER, _), (INTEGER, modulus), (INTEGER, _), (INTEGER, _)], 9..) => Shape::Pkcs1 { modulus },
        ([(INTEGER, [0]), (INTEGER, _), (INTEGER, _), (INTEGER, _)], 6) => Shape::Dsa,
        ([(INTEGER, _), (INTEGER, _), ..], 2) => Shape::PublicKey,
        ([(INTEGER, [1]), (OCTET_STRING, _), ..], 2..) => Shape::Sec1,
        ([(INTEGER, [3]), (SEQUENCE, _), ..], 2..=3) => Shape::Pkcs12,
        ([(SEQUENCE, algorithm), (OCTET_STRING, _), ..], 2) if algorithm.first() == Some(&OID) => Shape::EncryptedPkcs8,
        ([(SEQUENCE, algorithm), (BIT_STRING, _), ..], 2) if algorithm.first() == Some(&OID) => Shape::PublicKey,
        ([(OID, _), (CONTEXT_0, _), ..], 2) => Shape::Pkcs7,
        ([(SEQUENCE, body), (SEQUENCE, algorithm), (BIT_STRING, _), _], 3) if algorithm.first() == Some(&OID) => {
            match fourth_tag(body) {
                Some(CONTEXT_0) => Shape::Request,
                _ => Shape::Certificate,
            }
        }
        _ => Shape::Unknown,
    };
    (shape, der.len() - rest.len())
}

/// What a key is encrypted with, where it is a way that is not read: a name, and whether OpenSSL 3 reads it by its
/// "legacy" provider only. The beginning is searched, since the structure depends on the way.
pub(crate) fn encryption_name(der: &[u8]) -> Option<(&'static str, bool)> {
    const PKCS5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05];
    const PKCS12: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];
    const AES: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01];
    let ways: [(&[u8], &[u8], &str, bool); 14] = [
        (PKCS5, &[1, 4], "PBE-MD2", true),
        (PKCS5, &[3], "PBE-MD5-DES", true),
        (PKCS5, &[6], "PBE-MD5-RC2", true),
        (PKCS5, &[10], "PBE-SHA1-DES", true),
        (PKCS5, &[11], "PBE-SHA1-RC2", true),
        (PKCS12, &[1, 2], "PBE-SHA1-RC4", true),
        (PKCS12, &[3, 4], "PBE-SHA1-3DES", false),
        (PKCS12, &[5, 6], "PBE-SHA1-RC2", true),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02], &[6], "HMAC-MD5", false),
        (&[0x2a, 0x83, 0x08, 0x8c, 0x9a, 0x4b, 0x3d, 0x01, 0x01, 0x01], &[2, 3, 4], "Camellia", false),
        (&[0x2a, 0x83, 0x1a, 0x8c, 0x9a, 0x6e, 0x01, 0x01], &[2, 7, 12], "ARIA", false),
        (AES, &[1, 3, 4, 6, 21, 23, 24, 26, 41, 43, 44, 46], "AES in a mode that is not CBC", false),
        (&[0x2b, 0x0e, 0x03, 0x02], &[7], "DES", true),
        (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03], &[2, 4], "RC2 or RC4", true),
    ];
    let head = &der[..der.len().min(160)];
    ways.into_iter().find_map(|(arc, last, name, legacy)| {
        let is_it = |oid: &[u8]| oid.split_last().is_some_and(|(l, rest)| rest == arc && last.contains(l));
        head.windows(arc.len() + 1).any(is_it).then_some((name, legacy))
    })
}

/// The size of a modulus, in bits.
pub(crate) fn bits(modulus: &[u8]) -> usize {
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let first = modulus.get(zeros).map_or(0, |byte| byte.leading_zeros() as usize);
    8 * (modulus.len() - zeros) - first
}

/// The size of the key in a PKCS#1 `RSAPublicKey` (RFC 8017 appendix A.1.1).
pub(crate) fn public_modulus_bits(der: &[u8]) -> Option<usize> {
    let (SEQUENCE, content, _) = element(der)? else { return None };
    let (INTEGER, modulus, _) = element(content)? else { return None };
    Some(bits(modulus))
}

/// The content of an `EncryptedPrivateKeyInfo` that is protected in the given way.
pub(crate) fn protected_content<'a>(der: &'a [u8], algorithm: &[u8]) -> Option<&'a [u8]> {
    let (SEQUENCE, content, _) = element(der)? else { return None };
    let (SEQUENCE, identifier, rest) = element(content)? else { return None };
    let (OCTET_STRING, protected, _) = element(rest)? else { return None };
    (first_oid(identifier) == algorithm).then_some(protected)
}

/// One element: tag, content, and what follows it. `None` when it is not complete.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, input) = input.split_first()?;
    let (&first, input) = input.split_first()?;
    let (length, input) = match first {
        0..=0x7f => (usize::from(first), input),
        0x81..=0x84 => {
            let (bytes, input) = input.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte)), input)
        }
        _ => return None,
    };
    let (content, rest) = input.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn first_oid(algorithm: &[u8]) -> &[u8] {
    match element(algorithm) {
        Some((OID, oid, _)) => oid,
        _ => &[],
    }
}

fn fourth_tag(content: &[u8]) -> Option<u8> {
    let mut remaining = content;
    for _ in 0..3 {
        remaining = element(remaining)?.2;
    }
    remaining.first().copied()
}
