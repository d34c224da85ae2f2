//! What Apex must not know by heart: the app, user, login host and certificate of one org, and credentials.
//!
//! Test classes and comments are left out for these: they never sign in. Tokens and keys are found there too, by
//! the other detectors.

use super::hit::{Hit, pattern};
use super::literal::{is_secret, is_stand_in};
use super::rule::Rule;
use regex::bytes::{Match, Regex};
use std::ops::Range;
use std::sync::LazyLock;

/// `Auth.JWT` takes its claims by setters; the value is a literal or a constant.
static SETTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i) \. \s* (?<name> set (?: Iss | Sub | Aud ) ) \s* \( \s* (?: '(?<s>[^'\r\n]*)' | (?<constant> [a-z_][a-z0-9_.]* ) ) \s* \)",
    )
});
/// Constants of this file.
static CONSTANT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i) \b final \b [^;{}'=]* \b (?<name> [a-z_][a-z0-9_]* ) \s* = \s* '(?<s>[^'\r\n]*)'"));
/// A certificate by its name: `new Auth.JWS(jwt, 'Name')`, `Crypto.signWithCertificate('RSA-SHA256', input, 'Name')`.
static CERTIFICATE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i) (?: new \s+ Auth \. JWS \s* \( [^;']+ , | \b signWithCertificate \s* \( \s* '[^'\r\n]*' \s* , [^;']+ , ) \s* '(?<s> [^'\r\n]+ )'",
    )
});
/// A string variable that is called like a credential.
static CREDENTIAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i) \b (?: String | Blob ) \s+ \w{0,60}? (?: password | passwd | passphrase | secret | private_?key | api_?key | security_?token ) \w{0,20}
          \s* = \s* (?: Blob \s* \. \s* valueOf \s* \( \s* )? '(?<s> [^'\r\n]+ )'",
    )
});
static TEST_CLASS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i) @isTest \b (?: \s* \( [^)]* \) )? (?: \s | @\w+ | \( [^)]* \) )* (?: \w+ \s+ ){0,4} class \b")
});

/// Whether a path is one of an Apex source.
pub(super) fn is_apex(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [".cls", ".trigger", ".apex"].iter().any(|suffix| path.ends_with(suffix))
}

/// What is hard-coded in an Apex source.
pub(super) fn find(text: &[u8], hits: &mut Vec<Hit>) {
    for hit in hits.iter_mut().filter(|h| h.rule == Rule::ConsumerKey) {
        hit.rule = Rule::ConsumerKeyInApex;
    }
    if TEST_CLASS.is_match(text) {
        return;
    }
    let comments = comments(text);
    let is_code = |m: &Match<'_>| !comments.iter().any(|c| c.contains(&m.start()));

    for captures in SETTER.captures_iter(text).filter(|c| c.get(0).is_some_and(|m| is_code(&m))) {
        let Some(setter) = captures.name("name") else { continue };
        let rule = match setter.as_bytes().to_ascii_lowercase().as_slice() {
            b"setiss" => Rule::JwtIssuerInApex,
            b"setsub" => Rule::JwtSubjectInApex,
            _ => Rule::JwtAudienceInApex,
        };
        let name = String::from_utf8_lossy(setter.as_bytes());
        if let Some(literal) = captures.name("s").filter(is_value) {
            hits.push(Hit::of(rule, literal.range(), format!("{name}('\u{2026}')")));
        } else if let Some(constant) = captures.name("constant") {
            let wanted = constant.as_bytes().rsplit(|b| *b == b'.').next().unwrap_or_default();
            let is_wanted = |c: &regex::bytes::Captures<'_>| {
                c.name("name").is_some_and(|n| n.as_bytes().eq_ignore_ascii_case(wanted))
            };
            let literal = CONSTANT.captures_iter(text).find(is_wanted).and_then(|c| c.name("s")).filter(is_value);
            let excerpt = || format!("{} = '\u{2026}', used in {name}", String::from_utf8_lossy(wanted));
            hits.extend(literal.map(|l| Hit::of(rule, l.range(), excerpt())));
        }
    }
    for captures in CERTIFICATE.captures_iter(text).filter(|c| c.get(0).is_some_and(|m| is_code(&m))) {
        let name = captures.name("s").filter(is_value);
        hits.extend(name.map(|n| Hit::of(Rule::CertificateNameInApex, n.range(), "a certificate named '\u{2026}'")));
    }
    for captures in CREDENTIAL.captures_iter(text).filter(|c| c.get(0).is_some_and(|m| is_code(&m))) {
        let value = captures.name("s").filter(|s| is_secret(s.as_bytes()));
        let rule = |v: &Match<'_>| match v.as_bytes() {
            s if s.len() == 64 && s.iter().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b)) => {
                Rule::ConsumerSecret
            }
            _ => Rule::CredentialInApex,
        };
        hits.extend(value.map(|v| Hit::led(rule(&v), &captures, v, "")));
    }
}

fn is_value(literal: &Match<'_>) -> bool {
    !literal.is_empty() && !is_stand_in(literal.as_bytes())
}

/// Where the comments are. Apex has `//` and `/* */`, and single-quoted strings with backslash escapes.
fn comments(text: &[u8]) -> Vec<Range<usize>> {
    let mut comments = Vec::new();
    let mut at = 0;
    let until = |from: usize, end: &[u8]| {
        text[from..].windows(end.len()).position(|w| w == end).map_or(text.len(), |found| from + found + end.len())
    };
    while at < text.len() {
        let start = at;
        at = match &text[at..] {
            [b'/', b'/', ..] => until(at, b"\n"),
            [b'/', b'*', ..] => until((at + 2).min(text.len()), b"*/"),
            [b'\'', rest @ ..] => {
                let mut escaped = false;
                let end = rest.iter().position(|b| {
                    let ends = !escaped && matches!(b, b'\'' | b'\n');
                    escaped = !escaped && *b == b'\\';
                    ends
                });
                end.map_or(text.len(), |end| at + 1 + end + 1)
            }
            _ => at + 1,
        };
        if text[start] == b'/' && at > start + 1 {
            comments.push(start..at);
        }
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::super::hit;
    use super::*;

    fn found(text: &str) -> Vec<(Rule, String)> {
        hit::tests::found(find, text)
    }

    #[test]
    fn literals_and_constants_in_claims() {
        let text = "public class A {
            private static final String APP_KEY = 'my-own-app';
            void b(Auth.JWT jwt) {
                jwt.setIss(APP_KEY);
                jwt.setSub('me@acme.com');
                jwt.SETAUD( 'https://login.salesforce.com' );
                jwt.setAud(host); jwt.setIss(config.Key__c); jwt.setSub(UserInfo.getUserName()); jwt.setSub('');
                // jwt.setSub('commented@acme.com');
                /* jwt.setSub('it''s commented'); */
                String s = 'no // comment'; jwt.setSub('you@acme.com');
            }
        }";
        assert_eq!(
            found(text),
            [
                (Rule::JwtIssuerInApex, "APP_KEY = '\u{2026}', used in setIss".to_owned()),
                (Rule::JwtSubjectInApex, "setSub('\u{2026}')".to_owned()),
                (Rule::JwtAudienceInApex, "SETAUD('\u{2026}')".to_owned()),
                (Rule::JwtSubjectInApex, "setSub('\u{2026}')".to_owned()),
            ]
        );
        for annotation in ["@isTest", "@IsTest(SeeAllData=true)\n", "@isTest\n@SuppressWarnings('PMD')"] {
            assert_eq!(found(&text.replacen("public", &format!("{annotation} private"), 1)), [], "{annotation}");
        }
    }

    #[test]
    fn certificates_and_credentials() {
        let text = format!(
            "Auth.JWS jws = new Auth.JWS(jwt, 'Acme_Cert'); \
             Blob b = Crypto.signWithCertificate('RSA-SHA256', Blob.valueOf(x), 'Other_Cert'); \
             new Auth.JWS(jwt, config.Certificate__c); \
             String SECRET = '{1}'; String apiKey = '{0}'; Blob privateKey = Blob.valueOf('{0}'); String secretName = 'Client_Secret';",
            "k3y0f4n0th3rs3rv1ce",
            "0123456789ABCDEF".repeat(4),
        );
        let rules: Vec<_> = found(&text).into_iter().map(|f| f.0).collect();
        assert_eq!(
            rules,
            [
                Rule::CertificateNameInApex,
                Rule::CertificateNameInApex,
                Rule::ConsumerSecret,
                Rule::CredentialInApex,
                Rule::CredentialInApex
            ]
        );
    }
}
