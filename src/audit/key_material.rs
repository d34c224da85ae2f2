//! Private keys in texts: PEM in every spelling that secret stores and string literals give it, keys wrapped in
//! base64 or hexadecimal, JSON Web Keys, and the forms of PGP, PuTTY and .NET.

use super::der;
use super::hit::{Hit, pattern};
use super::rule::Rule;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::bytes::{Match, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// How much of an encoded run is decoded: enough for a bundle with a certificate chain before the key.
const ENCODED_CAP: usize = 64 * 1024;

/// What may stand between a PEM's header and its first base64 character: line ends (real, escaped, URL-encoded or
/// as XML entities), the leaders of comments and quotations, and the joints of string literals. A closing quote
/// that is not opened again means that the rest is a variable: no finding.
const SEPARATOR: &str = r#"(?: \s | \\+ [nrt] | \\ \r? \n | %0[AaDd] | &\#(?: 10 | 13 | x[AaDd] ); | <br\s*/?> | [\#*>|] | // |
    ["'`] [\s+.,&\\]* ["'`] )"#;

static PEM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r#"(?<s> -----BEGIN (?: [\x20+_] | %20 ) (?<label> (?: [A-Z0-9]+ (?: [\x20+_] | %20 ) ){{0,3}} )
            PRIVATE (?: [\x20+_] | %20 ) KEY (?: \x20BLOCK )? -----
            {SEPARATOR}*
            (?<headers> (?: (?: Proc-Type | DEK-Info | Comment | Version | Hash | Charset ) : [^\n\\]* {SEPARATOR}+ )* )
            (?: [A-Za-z0-9/] | %2[BF] ) (?: [A-Za-z0-9+/=] | %2[BbFf] ){{15,}} )"#
    ))
});
static PUTTY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?<s> PuTTY-User-Key-File-[0-9]+ : [^\x00]*? Private-Lines: )"));
static RSA_KEY_VALUE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?<s> <RSAKeyValue> [^\x00]*? <D> \s* [A-Za-z0-9+/=\s]{40,} \s* </D> )"));
/// A JSON (or JavaScript) object with `kty`; whether it has a private member is looked at afterwards.
static JWK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"\{ (?<s> [^{}]*? \\*["']? kty \\*["']? \s*:\s* \\*["'] (?: RSA | EC | OKP | oct ) \\*["'] [^{}]* ) "#)
});
/// `d` of RSA, EC and OKP keys (RFC 7518 sections 6.2.2, 6.3.2; RFC 8037), `k` of symmetric ones (6.4).
static JWK_PRIVATE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?: ^ | [,{\s] ) \\*["']? [dk] \\*["']? \s*:\s* \\*["'] (?<s> [A-Za-z0-9_-]{20,} )"#));
/// Base64 that begins like a key container: a DER sequence (`M`), a Java keystore, or a PEM or its bag attributes;
/// or like the base64 of a DER sequence or a PEM.
static BASE64: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?: ^ | [^A-Za-z0-9+/_-] | \\[nrt] | %0[AaDd] )
          (?<s> (?: M[A-I][A-Za-z0-9+/_-]{2} | [/_]u3[+-] | zs7O | LS0t | QmFn | Ci0t | 77u/ | TUl[IJ] | TFMwd ) [A-Za-z0-9+/_-]{56,} )",
    )
});
/// Hexadecimal that begins like a key container or a PEM.
static HEX: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i) \b (?: 0x | \\x )? (?<s> (?: 30[0-9a-f]{2} | 2d2d2d2d | feedfeed | cececece ) [0-9a-f]{56,} )")
});

/// Bytes as source code writes them, that begin like a DER sequence: `0x30, 0x82, …`, `"\x30\x82…"`.
static BYTES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i) (?<s> (?: 0x | \\x ) 30 (?: [\s,"'+]* (?: \( \s* (?: byte | char ) \s* \) \s* )? (?: 0x | \\x ) [0-9a-f]{2} \b ){19,} )"#,
    )
});
/// What `openssl rsa -text` and `openssl ec -text` print of a private key.
static DUMP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b (?: privateExponent | priv ) : \s+ (?<s> [0-9a-f]{2} (?: : \s* [0-9a-f]{2} ){15,} )")
});

/// Private keys in PEM: unmistakable, looked for in binaries too.
pub(super) fn find_pem(text: &[u8], hits: &mut Vec<Hit>) {
    for captures in PEM.captures_iter(text) {
        let part = |name: &str| captures.name(name).map_or(&b""[..], |m| m.as_bytes());
        let label = String::from_utf8_lossy(part("label")).replace("%20", " ").replace(['+', '_'], " ");
        let encrypted = part("headers").starts_with(b"Proc-Type");
        let rule = match label.trim_end() {
            "ENCRYPTED" => Rule::PrivateKeyEncrypted,
            _ if encrypted => Rule::PrivateKeyEncrypted,
            "RSA" => Rule::PrivateKeyRsa,
            "EC" => Rule::PrivateKeyEc,
            "DSA" => Rule::PrivateKeyDsa,
            "OPENSSH" => Rule::PrivateKeyOpenssh,
            "PGP" => Rule::PrivateKeyPgp,
            _ => Rule::PrivateKey,
        };
        let Some(start) = captures.name("s") else { continue };
        let secret = whole_pem(text, start.range());
        if !ends_in_ellipsis(text, &start) {
            hits.push(Hit::of(rule, secret, format!("-----BEGIN {label}PRIVATE KEY-----\u{2026}")));
        }
    }
}

/// Private keys in the other textual forms.
pub(super) fn find(text: &[u8], hits: &mut Vec<Hit>) {
    find_pem(text, hits);
    let plain = [
        (&PUTTY, Rule::PrivateKeyPutty, "PuTTY-User-Key-File\u{2026}"),
        (&DUMP, Rule::PrivateKeyEncoded, "privateExponent: \u{2026}"),
        (&RSA_KEY_VALUE, Rule::PrivateKeyXml, "<RSAKeyValue>\u{2026}<D>\u{2026}"),
    ];
    for (regex, rule, excerpt) in plain {
        hits.extend(regex.find_iter(text).map(|m| Hit::of(rule, m.range(), excerpt)));
    }
    for object in JWK.captures_iter(text).filter_map(|c| c.name("s")) {
        if let Some(member) = JWK_PRIVATE.captures(object.as_bytes()).and_then(|c| c.name("s")) {
            let secret = object.start() + member.start()..object.start() + member.end();
            hits.push(Hit::of(Rule::PrivateKeyJwk, secret, r#"{"kty": …, "d": "…"}"#));
        }
    }
    for run in BASE64.captures_iter(text).filter_map(|c| c.name("s")) {
        let decoded = decode_base64(&text[run.start()..]);
        let twice = || BASE64.captures(&decoded).and_then(|c| c.name("s")).filter(|inner| inner.start() == 0);
        let found = wrapped(&decoded, run.range(), "base64");
        hits.extend(found.or_else(|| wrapped(&decode_base64(twice()?.as_bytes()), run.range(), "base64")));
    }
    for run in BYTES.captures_iter(text).filter_map(|c| c.name("s")) {
        let digits: Vec<u8> = run
            .as_bytes()
            .split(|b| matches!(b, b'x' | b'X'))
            .skip(1)
            .flat_map(|b| b.iter().take(2))
            .copied()
            .collect();
        hits.extend(wrapped(&decode_hexadecimal(&digits), run.range(), "bytes of source code"));
    }
    for run in HEX.captures_iter(text).filter_map(|c| c.name("s")) {
        let decoded = decode_hexadecimal(run.as_bytes());
        hits.extend(wrapped(&decoded, run.range(), "hexadecimal"));
    }
}

/// A key inside decoded bytes.
fn wrapped(decoded: &[u8], secret: Range<usize>, encoding: &str) -> Option<Hit> {
    let rule = match der::recognise(decoded) {
        Some((Rule::PrivateKeyDer, _)) => Rule::PrivateKeyEncoded,
        Some((container, _)) => container,
        None => {
            let mut inside = Vec::new();
            find_pem(decoded, &mut inside);
            inside.first().map(|_| Rule::PrivateKeyEncoded)?
        }
    };
    Some(Hit::of(rule, secret, format!("{}, in {encoding}: \u{2026}", rule.what())))
}

/// From a PEM's header to its footer, so that nothing inside is reported again.
fn whole_pem(text: &[u8], start: Range<usize>) -> Range<usize> {
    let window = &text[start.end..text.len().min(start.end + ENCODED_CAP)];
    let end = window.windows(8).position(|w| w == b"-----END").unwrap_or(0);
    start.start..start.end + end
}

/// `MIIEowIBAAKCAQEA...`: the specimen of a tutorial.
fn ends_in_ellipsis(text: &[u8], found: &Match<'_>) -> bool {
    let rest = &text[found.end()..];
    rest.starts_with(b"..")
        || rest.starts_with("\u{2026}".as_bytes())
        || rest.starts_with(b"[")
        || rest.starts_with(b"<")
}

/// Decodes base64 of either alphabet, over line ends (real and escaped), as far as it goes.
fn decode_base64(text: &[u8]) -> Vec<u8> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let mut run = Vec::new();
    let mut bytes = text.iter().take(ENCODED_CAP).peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'-' => run.push(b'+'),
            b'_' => run.push(b'/'),
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => run.push(*byte),
            b'\\' if matches!(bytes.peek(), Some(b'n' | b'r')) => drop(bytes.next()),
            b'\n' | b'\r' | b' ' | b'\t' => {}
            _ => break,
        }
    }
    run.truncate(run.len() / 4 * 4);
    LENIENT.decode(&run).unwrap_or_default()
}

fn decode_hexadecimal(run: &[u8]) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
    run.chunks_exact(2).take(ENCODED_CAP).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

    fn found(text: &str) -> Vec<Rule> {
        let mut hits = Vec::new();
        find(text.as_bytes(), &mut hits);
        crate::audit::one_per_place(hits).into_iter().map(|h| h.rule).collect()
    }

    /// A PEM around a real key's head: put together here, so that the audit of this repository finds none.
    fn pem(label: &str) -> String {
        let body = BASE64_STANDARD.encode(pkcs8());
        let lines: Vec<&str> = body.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }

    fn pkcs8() -> Vec<u8> {
        let mut bytes = vec![0x30, 0x82, 0x04, 0xbd, 0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86];
        bytes.extend([0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00]);
        bytes.extend((0..255).map(|b: u8| b.wrapping_mul(37)));
        bytes
    }

    #[test]
    fn every_label() {
        let table = [
            ("PRIVATE KEY", Rule::PrivateKey),
            ("RSA PRIVATE KEY", Rule::PrivateKeyRsa),
            ("EC PRIVATE KEY", Rule::PrivateKeyEc),
            ("DSA PRIVATE KEY", Rule::PrivateKeyDsa),
            ("ENCRYPTED PRIVATE KEY", Rule::PrivateKeyEncrypted),
            ("OPENSSH PRIVATE KEY", Rule::PrivateKeyOpenssh),
            ("PGP PRIVATE KEY BLOCK", Rule::PrivateKeyPgp),
            ("ANY OTHER PRIVATE KEY", Rule::PrivateKey),
        ];
        for (label, rule) in table {
            assert_eq!(found(&pem(label)), [rule], "{label}");
        }
        for public in ["CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST"] {
            let body = "Q".repeat(64);
            assert_eq!(found(&format!("-----BEGIN {public}-----\n{body}\n-----END {public}-----\n")), [], "{public}");
        }
    }

    #[test]
    fn every_spelling() {
        let plain = pem("RSA PRIVATE KEY");
        let lines: Vec<&str> = plain.lines().collect();
        let table = [
            ("CRLF", plain.replace('\n', "\r\n")),
            ("one line, escaped", format!("KEY=\"{}\"", plain.replace('\n', "\\n"))),
            ("escaped twice", format!("KEY=\"{}\"", plain.replace('\n', "\\\\n"))),
            ("spaces for newlines", plain.replace('\n', " ")),
            ("no newlines", plain.replace('\n', "")),
            ("Apex literals", lines.iter().map(|l| format!("'{l}\\n'")).collect::<Vec<_>>().join(" +\n    ")),
            ("JSON array", format!("[{}]", lines.iter().map(|l| format!("\"{l}\"")).collect::<Vec<_>>().join(",\n"))),
            ("comment", lines.iter().map(|l| format!("// {l}\n")).collect()),
            ("YAML", lines.iter().map(|l| format!("      {l}\n")).collect()),
            ("URL-encoded", plain.replace('\n', "%0A").replace(' ', "%20")),
            ("legacy encrypted", plain.replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n", 1)),
        ];
        for (name, text) in table {
            let rule = if name == "legacy encrypted" { Rule::PrivateKeyEncrypted } else { Rule::PrivateKeyRsa };
            assert_eq!(found(&text), [rule], "{name}: {text}");
        }
    }

    #[test]
    fn every_wrapping() {
        let (plain, bytes) = (pem("PRIVATE KEY"), pkcs8());
        let hexadecimal: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let pfx = [
            &[0x30, 0x82, 0x09, 0x01, 0x02, 0x01, 0x03, 0x30, 0x82, 0x08, 0xc7, 0x06, 0x09][..],
            &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01],
            &[7; 40],
        ]
        .concat();
        let table = [
            ("base64 of PEM", BASE64_STANDARD.encode(&plain), Rule::PrivateKeyEncoded),
            (
                "base64 of a bundle",
                BASE64_STANDARD.encode(format!("Bag Attributes\n  x: y\n{plain}")),
                Rule::PrivateKeyEncoded,
            ),
            ("base64 of DER", format!("'{}'", BASE64_STANDARD.encode(&bytes)), Rule::PrivateKeyEncoded),
            ("base64url of DER", BASE64_URL_SAFE_NO_PAD.encode(&bytes), Rule::PrivateKeyEncoded),
            (
                "the first of several literals",
                format!("'{}' +", &BASE64_STANDARD.encode(&bytes)[..64]),
                Rule::PrivateKeyEncoded,
            ),
            ("base64 of base64", BASE64_STANDARD.encode(BASE64_STANDARD.encode(&bytes)), Rule::PrivateKeyEncoded),
            (
                "base64 of base64 of PEM",
                BASE64_STANDARD.encode(BASE64_STANDARD.encode(&plain)),
                Rule::PrivateKeyEncoded,
            ),
            ("C", bytes.iter().map(|b| format!("0x{b:02x}, ")).collect(), Rule::PrivateKeyEncoded),
            ("Java", bytes.iter().map(|b| format!("(byte) 0x{b:02X},\n")).collect(), Rule::PrivateKeyEncoded),
            ("Python", bytes.iter().map(|b| format!("\\x{b:02x}")).collect(), Rule::PrivateKeyEncoded),
            (
                "openssl -text",
                format!("privateExponent:\n    {}", "00:ad:57:7e:1c:\n    ".repeat(20)),
                Rule::PrivateKeyEncoded,
            ),
            ("hexadecimal of DER", hexadecimal.clone(), Rule::PrivateKeyEncoded),
            ("HEXADECIMAL of DER", format!("0x{}", hexadecimal.to_uppercase()), Rule::PrivateKeyEncoded),
            ("base64 of PKCS#12", BASE64_STANDARD.encode(pfx), Rule::KeystorePkcs12),
            (
                "base64 of JKS",
                BASE64_STANDARD.encode([&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2][..], &[1; 40]].concat()),
                Rule::KeystoreJks,
            ),
        ];
        for (name, text, rule) in table {
            assert_eq!(found(&text), [rule], "{name}");
        }
    }

    #[test]
    fn other_forms() {
        let d = "Q1w2E3r4T5y6U7i8O9p0AsDfGhJkLzXc";
        assert_eq!(found(&format!(r#"{{"kty":"RSA","n":"{d}{d}","e":"AQAB","d":"{d}"}}"#)), [Rule::PrivateKeyJwk]);
        assert_eq!(found(&format!("{{ d: '{d}',\n kty: 'EC', crv: 'P-256' }}")), [Rule::PrivateKeyJwk]);
        assert_eq!(found(&format!(r#"{{\"k\":\"{d}\",\"kty\":\"oct\"}}"#)), [Rule::PrivateKeyJwk]);
        assert_eq!(found(&format!(r#"{{"kty":"RSA","n":"{d}{d}","e":"AQAB","kid":"{d}"}}"#)), []);
        let value = "QUJD".repeat(20);
        let xml =
            format!("<RSAKeyValue><Modulus>{value}</Modulus><Exponent>AQAB</Exponent><D>{value}</D></RSAKeyValue>");
        assert_eq!(found(&xml), [Rule::PrivateKeyXml]);
        let putty = format!(
            "PuTTY-User-Key-{}: ssh-rsa\nEncryption: none\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 8\n",
            "File-3"
        );
        assert_eq!(found(&putty), [Rule::PrivateKeyPutty]);
    }

    #[test]
    fn code_that_only_speaks_of_keys_is_fine() {
        let begin = "-----BEGIN PRIVATE KEY-----";
        for text in [
            format!("if (!key.startsWith('{begin}')) {{"),
            format!("key = '{begin}\\n' + privateKeyInBase64Encoding + '\\n-----END PRIVATE KEY-----';"),
            format!("`{begin}\\n${{privateKeyInBase64Encoding1}}\\n`"),
            format!("{begin}\nMIIEvQIBADANBgkqhkiG...\n-----END PRIVATE KEY-----"),
            format!("{begin}\n<your private key here>\n"),
            format!("pem.replace('{begin}', '').replace('-----END PRIVATE KEY-----', '')"),
            "MIIDWDCCAkACCQDBEjLzObJ1iDANBgkqhkiG9w0BAQsFADBuMQswCQYDVQQGEwJV".to_owned(),
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuNdYSaxyVmJ4Xm9Qx3Zs".to_owned(),
        ] {
            assert_eq!(found(&text), [], "{text}");
        }
    }
}
