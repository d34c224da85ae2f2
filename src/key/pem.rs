//! From what a secret store gives back to PEM blocks or DER: damage that leaves the key whole is repaired, and
//! every repair is reported. PEM is RFC 7468; the headers of old PEM are RFC 1421's.

use super::keystore;
use super::source::MAX_BYTES;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

/// What had to be repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Repair {
    ByteOrderMark,
    Utf16,
    Quotes,
    LiteralNewlines,
    CarriageReturns,
    Spaces,
    OneLine,
    FinalNewline,
    Base64,
    TrailingBytes,
}

impl Repair {
    /// The damage, as part of a sentence.
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Repair::ByteOrderMark => "a byte order mark",
            Repair::Utf16 => "UTF-16 encoding",
            Repair::Quotes => "quotation marks around it",
            Repair::LiteralNewlines => "literal \\n instead of line ends",
            Repair::CarriageReturns => "CRLF line ends",
            Repair::Spaces => "spaces instead of line ends",
            Repair::OneLine => "missing line ends",
            Repair::FinalNewline => "a missing final line end",
            Repair::Base64 => "base64 around it",
            Repair::TrailingBytes => "extra bytes after it",
        }
    }
}

/// One PEM block.
pub(crate) struct Block {
    /// What the frame says it is, as in `-----BEGIN LABEL-----`.
    pub(crate) label: String,
    pub(crate) body: Body,
}

impl Block {
    /// Whether it is a certificate as RFC 7468 section 5 labels it, or as old software does.
    pub(crate) fn is_certificate(&self) -> bool {
        matches!(&*self.label, "CERTIFICATE" | "X509 CERTIFICATE")
    }
}

/// The body of a PEM block.
pub(crate) enum Body {
    Der(Zeroizing<Vec<u8>>),
    /// RFC 1421 `Proc-Type: 4,ENCRYPTED`: OpenSSL's legacy encryption.
    LegacyEncrypted,
    /// Nothing between the frame's lines.
    Empty,
    /// No `-----END` line.
    Unended,
    /// Not base64.
    Mangled,
}

/// What the bytes turned out to be.
pub(crate) enum Content {
    Pem(Vec<Block>),
    /// Not text: DER or a keystore.
    Binary(Zeroizing<Vec<u8>>),
    /// Text without any PEM frame; `true` when there is something of a broken frame.
    Text {
        text: Zeroizing<String>,
        frame: bool,
    },
    Empty,
}

/// Recognises bytes, with the repairs that it took, in the order of [`Repair`].
pub(crate) fn recognise(bytes: &[u8]) -> (Content, Vec<Repair>) {
    let mut repairs = Vec::new();
    let content = unwrap(bytes, &mut repairs, 2);
    repairs.sort_unstable();
    repairs.dedup();
    (content, repairs)
}

fn unwrap(bytes: &[u8], repairs: &mut Vec<Repair>, wrappings: u8) -> Content {
    let Some(mut text) = text_of(bytes, repairs) else {
        return Content::Binary(Zeroizing::new(bytes.to_vec()));
    };
    if let Some(inner) = text.strip_prefix('\u{feff}') {
        text = Zeroizing::new(inner.to_owned());
        repairs.push(Repair::ByteOrderMark);
    }
    if text.trim().is_empty() {
        return Content::Empty;
    }
    for quote in ['"', '\''] {
        let inner = text.trim().strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote)).map(str::to_owned);
        if let Some(inner) = inner {
            text = Zeroizing::new(inner);
            repairs.push(Repair::Quotes);
        }
    }
    if text.contains("\\n") {
        text = Zeroizing::new(text.replace("\\r\\n", "\n").replace("\\n", "\n"));
        repairs.push(Repair::LiteralNewlines);
    }
    if !text.contains("-----BEGIN ") {
        return match decode(&text) {
            Some(inner) if wrappings > 0 && is_key_like(&inner) => {
                repairs.push(Repair::Base64);
                unwrap(&inner, repairs, wrappings - 1)
            }
            _ => {
                let frame = text.contains("PRIVATE KEY") || text.contains("--BEGIN") || text.contains("--END");
                Content::Text { text, frame }
            }
        };
    }
    if text.contains("\r") {
        text = Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n"));
        repairs.push(Repair::CarriageReturns);
    }
    if !text.ends_with('\n') {
        repairs.push(Repair::FinalNewline);
    }
    Content::Pem(blocks(&text, repairs))
}

/// The bytes as text, unless they are binary. A DER that is long enough to hold a key is never UTF-8.
fn text_of(bytes: &[u8], repairs: &mut Vec<Repair>) -> Option<Zeroizing<String>> {
    let utf16 = |decode: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| decode([pair[0], pair[1]]));
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        repairs.push(Repair::Utf16);
        return Some(Zeroizing::new(utf16(u16::from_le_bytes)));
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        repairs.push(Repair::Utf16);
        return Some(Zeroizing::new(utf16(u16::from_be_bytes)));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Zeroizing::new(text.to_owned())),
        // a bundle whose "friendly name" is in some old encoding
        Err(_) if bytes.first() != Some(&0x30) && contains(bytes, b"-----BEGIN ") => {
            Some(Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()))
        }
        Err(_) => None,
    }
}

fn blocks(text: &str, repairs: &mut Vec<Repair>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, after)) = after.split_once("-----") else {
            blocks.push(Block { label: String::new(), body: Body::Unended });
            break;
        };
        // a label is short and printable; anything else is not repeated anywhere
        let label = match label.trim() {
            label
                if label.len() <= 40
                    && label.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ') =>
            {
                label.to_owned()
            }
            _ => String::new(),
        };
        let Some((body, after)) = after.split_once("-----END ") else {
            blocks.push(Block { label, body: Body::Unended });
            break;
        };
        let lines = body.trim();
        if lines.len() > 76 && !lines.contains('\n') {
            repairs.push(if lines.contains([' ', '\t']) { Repair::Spaces } else { Repair::OneLine });
        }
        let body = if body.contains("-----BEGIN ") {
            Body::Unended
        } else if body.contains("Proc-Type:") && body.contains("ENCRYPTED") {
            Body::LegacyEncrypted
        } else if lines.is_empty() {
            Body::Empty
        } else {
            decode(body).map_or(Body::Mangled, Body::Der)
        };
        blocks.push(Block { label, body });
        rest = after.split_once("-----").map_or("", |(_, after)| after);
    }
    blocks
}

/// Base64 in either alphabet, padded or not, with any white space in it.
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let compact: Zeroizing<Vec<u8>> = Zeroizing::new(
        text.bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                other => other,
            })
            .collect(),
    );
    if compact.is_empty() || compact.len() > 2 * MAX_BYTES {
        return None;
    }
    GeneralPurpose::new(&alphabet::STANDARD, config).decode(&*compact).ok().map(Zeroizing::new)
}

/// Whether decoded base64 is worth looking into: a SEQUENCE, a keystore, a PEM frame, or another wrapping of one.
fn is_key_like(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x30])
        || keystore::is_java(bytes)
        || contains(bytes, b"-----BEGIN ")
        || bytes.starts_with(b"LS0tLS1CRUdJT")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
