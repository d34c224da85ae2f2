//! Recognises key containers by their first bytes. Only the head is looked at, because text is often cut: a key
//! that is split over several string literals still begins like one.

use super::rule::Rule;

/// 1.2.840.113549.1.7.1 and .2: what a PKCS#12 file holds (RFC 7292 section 4).
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
/// 1.2.840.113549.1.5: PBES1 and PBES2 (RFC 8018).
const PKCS5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05];
/// 1.2.840.113549.1.12.1: the ciphers of PKCS#12, also used in PKCS#8 (RFC 7292 appendix C).
const PKCS12_PBE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];

/// The container that begins with these bytes, with the length it declares (`None`: it does not say).
pub(super) fn recognise(bytes: &[u8]) -> Option<(Rule, Option<usize>)> {
    match bytes {
        [0xfe, 0xed, 0xfe, 0xed, rest @ ..] => return java_keystore(rest).then_some((Rule::KeystoreJks, None)),
        [0xce, 0xce, 0xce, 0xce, rest @ ..] => return java_keystore(rest).then_some((Rule::KeystoreJceks, None)),
        _ => {}
    }
    let (0x30, declared, content) = header(bytes)? else { return None };
    let length = declared.map(|d| bytes.len() - content.len() + d);
    let rule = match content {
        // version 3, then ContentInfo
        [0x02, 0x01, 0x03, rest @ ..] if algorithm(rest)?.starts_with(PKCS7) => Rule::KeystorePkcs12,
        // PrivateKeyInfo: version 0 or 1, AlgorithmIdentifier (RFC 5958)
        [0x02, 0x01, 0x00 | 0x01, rest @ ..] if rest.first() == Some(&0x30) => {
            algorithm(rest)?;
            Rule::PrivateKeyDer
        }
        // RSAPrivateKey: version 0, a modulus of at least 512 bits (RFC 8017 appendix A.1.2)
        [0x02, 0x01, 0x00, rest @ ..] => match header(rest)? {
            (0x02, Some(64..=4096), _) => Rule::PrivateKeyDer,
            _ => return None,
        },
        // ECPrivateKey: version 1, an octet string of a curve's size (RFC 5915)
        [0x02, 0x01, 0x01, 0x04, 0x14..=0x42, ..] => Rule::PrivateKeyDer,
        // EncryptedPrivateKeyInfo: an encryption algorithm (RFC 5958 section 3)
        [0x30, ..] => {
            let oid = algorithm(content)?;
            if !(oid.starts_with(PKCS5) || oid.starts_with(PKCS12_PBE)) {
                return None;
            }
            Rule::PrivateKeyEncrypted
        }
        _ => return None,
    };
    Some((rule, length))
}

/// A tag, the declared length (`None`: indefinite), and what follows.
fn header(bytes: &[u8]) -> Option<(u8, Option<usize>, &[u8])> {
    match bytes {
        [tag, 0x80, rest @ ..] => Some((*tag, None, rest)),
        [tag, short @ 0..0x80, rest @ ..] => Some((*tag, Some(usize::from(*short)), rest)),
        [tag, long @ 0x81..=0x84, rest @ ..] => {
            let (length, rest) = rest.split_at_checked(usize::from(long - 0x80))?;
            Some((*tag, Some(length.iter().fold(0, |n, b| n << 8 | usize::from(*b))), rest))
        }
        _ => None,
    }
}

/// The object identifier with which a sequence begins, as far as the bytes go.
fn algorithm(bytes: &[u8]) -> Option<&[u8]> {
    let (0x30, _, content) = header(bytes)? else { return None };
    let (0x06, Some(length), oid) = header(content)? else { return None };
    Some(&oid[..length.min(oid.len())])
}

/// Whether a Java keystore, after its magic number, holds a key. One of certificates only is a trust store and
/// fine; one that cannot be read is taken for the worse.
fn java_keystore(bytes: &[u8]) -> bool {
    /// The tag of a trusted certificate's entry.
    const CERTIFICATE: u32 = 2;
    fn number(bytes: &mut &[u8]) -> Option<u32> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        *bytes = rest;
        Some(u32::from_be_bytes(*head))
    }
    fn skip(bytes: &mut &[u8], length: usize) -> Option<()> {
        *bytes = bytes.get(length..)?;
        Some(())
    }
    fn skip_text(bytes: &mut &[u8]) -> Option<()> {
        let (head, rest) = bytes.split_first_chunk::<2>()?;
        *bytes = rest;
        skip(bytes, usize::from(u16::from_be_bytes(*head)))
    }
    fn only_certificates(mut bytes: &[u8]) -> Option<bool> {
        let _version = number(&mut bytes)?;
        for _ in 0..number(&mut bytes)? {
            if number(&mut bytes)? != CERTIFICATE {
                return Some(false);
            }
            skip_text(&mut bytes)?; // alias
            skip(&mut bytes, 8)?; // date
            skip_text(&mut bytes)?; // type
            let length = number(&mut bytes)?;
            skip(&mut bytes, usize::try_from(length).ok()?)?;
        }
        Some(true)
    }
    only_certificates(bytes) != Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let mut bytes = match u8::try_from(length) {
            Ok(short) if short < 0x80 => vec![tag, short],
            _ => vec![tag, 0x82, (length >> 8) as u8, (length & 0xff) as u8],
        };
        bytes.extend_from_slice(content);
        bytes
    }

    fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
        der(0x30, &parts.concat())
    }

    #[test]
    fn containers_are_told_apart() {
        let version = |n| der(0x02, &[n]);
        let oid = |head: &[u8], last| der(0x06, &[head, &[last]].concat());
        let modulus = der(0x02, &[7; 257]);
        let pkcs8 = sequence(&[version(0), sequence(&[oid(&[0x2a, 0x86], 1)]), der(0x04, &[1; 99])]);
        let tables = [
            ("PKCS#8", pkcs8.clone(), Some(Rule::PrivateKeyDer)),
            ("PKCS#1", sequence(&[version(0), modulus.clone()]), Some(Rule::PrivateKeyDer)),
            ("SEC1", sequence(&[version(1), der(0x04, &[9; 32])]), Some(Rule::PrivateKeyDer)),
            ("PBES2", sequence(&[sequence(&[oid(PKCS5, 13)]), der(0x04, &[1; 9])]), Some(Rule::PrivateKeyEncrypted)),
            ("PKCS#12", sequence(&[version(3), sequence(&[oid(PKCS7, 1)])]), Some(Rule::KeystorePkcs12)),
            ("public key", sequence(&[sequence(&[oid(&[0x2a, 0x86], 1)]), der(0x03, &[0; 99])]), None),
            ("certificate", sequence(&[sequence(&[der(0xa0, &version(2)), version(5)])]), None),
            ("public PKCS#1", sequence(&[modulus, version(3)]), None),
            ("text", b"0 is a number".to_vec(), None),
            ("nothing", Vec::new(), None),
        ];
        for (name, bytes, expected) in tables {
            let found = recognise(&bytes);
            assert_eq!(found.map(|f| f.0), expected, "{name}");
            if let Some((_, length)) = found {
                assert_eq!(length, Some(bytes.len()), "{name}");
            }
            for end in 0..bytes.len().min(40) {
                let _ = recognise(&bytes[..end]); // no panic on any head
            }
        }
        assert_eq!(recognise(&pkcs8[..30]).map(|f| f.0), Some(Rule::PrivateKeyDer), "a head is enough");
    }

    #[test]
    fn a_trust_store_is_no_key_store() {
        let entry = |tag: u8| {
            let mut e = vec![0, 0, 0, tag, 0, 1, b'a'];
            e.extend([0; 8]);
            e.extend([0, 5, b'X', b'.', b'5', b'0', b'9', 0, 0, 0, 3, 1, 2, 3]);
            e
        };
        let store = |tags: &[u8]| {
            let mut s = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, tags.len() as u8];
            s.extend(tags.iter().flat_map(|t| entry(*t)));
            recognise(&s).map(|f| f.0)
        };
        assert_eq!(store(&[2, 2]), None);
        assert_eq!(store(&[2, 1]), Some(Rule::KeystoreJks));
        assert_eq!(recognise(&[0xce, 0xce, 0xce, 0xce, 1]).map(|f| f.0), Some(Rule::KeystoreJceks));
    }
}
