//! What an external signer printed: an RS256 signature, raw or as base64 or base64url, or something else that has
//! a name.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The sizes of RSA signatures, in bytes: of keys from 2048 to 8192 bits.
const SIZES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Something that is no RS256 signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unrecognised {
    Nothing,
    Hex,
    Ecdsa,
    Jwt,
    Text,
    /// Of this many bytes.
    Size(usize),
}

impl Unrecognised {
    /// What the signer did.
    pub(crate) fn describe(self) -> String {
        match self {
            Unrecognised::Nothing => "printed nothing".to_owned(),
            Unrecognised::Hex => "printed hexadecimal digits, not a signature as bytes or base64".to_owned(),
            Unrecognised::Ecdsa => "printed what looks like an ECDSA signature; Salesforce takes RS256".to_owned(),
            Unrecognised::Jwt => "printed a whole JWT, not only its signature".to_owned(),
            Unrecognised::Text => "printed text that is not a signature".to_owned(),
            Unrecognised::Size(bytes) => format!("printed {bytes} bytes, which is not the size of an RS256 signature"),
        }
    }

    /// What a signer has to do.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Unrecognised::Hex => "leave out the option that makes it hexadecimal (openssl dgst: -hex)",
            Unrecognised::Ecdsa => "let it sign with an RSA key of at least 2048 bits",
            _ => {
                "a signer reads the signing input on standard input and prints the RS256 signature \
                 (RSASSA-PKCS1-v1_5, SHA-256) as bytes, base64 or base64url on standard output"
            }
        }
    }
}

/// The raw signature in a signer's output. Random bytes are not readable text, so one cannot be taken for the other.
pub(crate) fn recognise(output: &[u8]) -> Result<Vec<u8>, Unrecognised> {
    let Some(text) = std::str::from_utf8(output).ok().map(str::trim) else {
        // `echo` and its like add a line end to what they pass on
        let raw = match output {
            [raw @ .., b'\n'] if raw.len() % 128 == 0 => raw,
            raw => raw,
        };
        return match raw {
            _ if is_ecdsa(raw) => Err(Unrecognised::Ecdsa),
            _ if SIZES.contains(&raw.len()) => Ok(raw.to_vec()),
            _ => Err(Unrecognised::Size(raw.len())),
        };
    };
    if text.is_empty() {
        return Err(Unrecognised::Nothing);
    }
    // openssl writes `RSA-SHA2-256(stdin)= 3a…`
    let digits = text.rsplit_once("= ").map_or(text, |(_, digits)| digits);
    if digits.len() >= 64 && digits.bytes().all(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace() || b == b':') {
        return Err(Unrecognised::Hex);
    }
    if text.starts_with("eyJ") && text.matches('.').count() == 2 {
        return Err(Unrecognised::Jwt);
    }
    let compact: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let decoded = GeneralPurpose::new(&alphabet::STANDARD, config).decode(compact).map_err(|_| Unrecognised::Text)?;
    match decoded.len() {
        size if SIZES.contains(&size) => Ok(decoded),
        _ if is_ecdsa(&decoded) => Err(Unrecognised::Ecdsa),
        _ => Err(Unrecognised::Text),
    }
}

/// Whether it has the size of an ECDSA signature of P-256, P-384 or P-521: two numbers, or those in DER.
fn is_ecdsa(signature: &[u8]) -> bool {
    match signature {
        [0x30, ..] => (64..=139).contains(&signature.len()),
        _ => matches!(signature.len(), 64 | 96 | 132),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    #[test]
    fn raw_base64_and_base64url() {
        for size in [256, 384, 512] {
            let raw: Vec<u8> = (0..size).map(|i| (i * 37 + 200) as u8).collect();
            let wrapped: Vec<u8> = STANDARD.encode(&raw).into_bytes().chunks(64).collect::<Vec<_>>().join(&b'\n');
            for output in [
                raw.clone(),
                [&raw[..], b"\n"].concat(),
                STANDARD.encode(&raw).into_bytes(),
                format!("{}\r\n", URL_SAFE_NO_PAD.encode(&raw)).into_bytes(),
                wrapped,
            ] {
                assert_eq!(recognise(&output), Ok(raw.clone()), "{size}");
            }
        }
    }

    #[test]
    fn anything_else_has_a_name() {
        let raw = [0xabu8; 256];
        for (output, expected) in [
            (b"".to_vec(), Unrecognised::Nothing),
            (b" \n".to_vec(), Unrecognised::Nothing),
            (b"error: no such key".to_vec(), Unrecognised::Text),
            (b"error ".repeat(60), Unrecognised::Text),
            (raw[..255].to_vec(), Unrecognised::Size(255)),
            (vec![0xab; 2000], Unrecognised::Size(2000)),
            ("ab".repeat(256).into_bytes(), Unrecognised::Hex),
            (format!("RSA-SHA2-256(stdin)= {}\n", "ab".repeat(256)).into_bytes(), Unrecognised::Hex),
            ([&[0x30, 0x45], &raw[..69]].concat(), Unrecognised::Ecdsa),
            ([&[0x30, 0x66], &raw[..102]].concat(), Unrecognised::Ecdsa),
            (STANDARD.encode(&raw[..64]).into_bytes(), Unrecognised::Ecdsa),
            (STANDARD.encode(&raw[..32]).into_bytes(), Unrecognised::Text),
            (b"eyJhbGciOiJSUzI1NiJ9.e30.abcd".to_vec(), Unrecognised::Jwt),
        ] {
            assert_eq!(recognise(&output), Err(expected), "{:?}", String::from_utf8_lossy(&output));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_output_is_judged(output in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..1200)) {
            let _ = recognise(&output).map_err(Unrecognised::describe);
        }
    }
}
