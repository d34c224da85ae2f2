//! Salesforce tokens that are known by their very shape, wherever they stand, in texts and in binaries.
//!
//! Shapes: access tokens are `<org id>!<session>`; refresh tokens of every app begin with `5Aep`; consumer keys
//! with `3MVG9`; sfdxAuthUrls are `force://<client id>:<client secret>:<refresh token>@<host>` (sfdx-core,
//! `AuthInfo.getSfdxAuthUrl`).

use super::hit::{Hit, pattern};
use super::literal::is_token;
use super::rule::Rule;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use regex::bytes::Regex;
use std::sync::LazyLock;

struct Shape {
    rule: Rule,
    regex: Regex,
    /// What every secret of this shape begins with; shown.
    prefix: &'static str,
    holds: fn(&[u8]) -> bool,
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let shape = |rule, prefix, holds, source| Shape { rule, regex: pattern(source), prefix, holds };
    vec![
        // force:// client : secret : token @ host
        shape(
            Rule::SfdxAuthUrl,
            "",
            auth_url,
            r"\b force:// (?<s> [A-Za-z0-9_.=-]+ : [A-Za-z0-9_.=-]* : [A-Za-z0-9._=+/-]{16,} @ [A-Za-z0-9.-]+ )",
        ),
        shape(Rule::RefreshToken, "5Aep", is_token, r"\b (?<s> 5Aep [A-Za-z0-9._]{26,} )"),
        // the exclamation mark may be escaped for a URL, JSON or XML
        shape(
            Rule::AccessToken,
            "00D",
            access_token,
            r"\b (?<s> 00D [A-Za-z0-9]{12} (?: [A-Za-z0-9]{3} )? (?: ! | %21 | \\u0021 | &\#33; | \\! ) [A-Za-z0-9._]{16,} )",
        ),
        shape(
            Rule::AccessTokenJwt,
            "eyJ",
            salesforce_jwt,
            r"\b (?<s> eyJ [A-Za-z0-9_-]{10,} \. eyJ [A-Za-z0-9_-]{10,} \. [A-Za-z0-9_-]{20,} )",
        ),
        // GitHub, GitLab, Slack
        shape(
            Rule::OtherServiceToken,
            "",
            is_token,
            r"\b (?<s> gh[oprsu]_ [A-Za-z0-9]{36,} | github_pat_ [A-Za-z0-9_]{60,} | glpat- [A-Za-z0-9_-]{20,} | xox[abprs]- [0-9]{8,} - [A-Za-z0-9-]{20,} )",
        ),
        shape(Rule::ConsumerKey, "3MVG9", is_token, r"\b (?<s> 3MVG9 [A-Za-z0-9._]{20,} )"),
    ]
});

/// The tokens in a text or binary.
pub(super) fn find(text: &[u8], hits: &mut Vec<Hit>) {
    for shape in SHAPES.iter() {
        for captures in shape.regex.captures_iter(text) {
            if let Some(token) = captures.name("s").filter(|s| (shape.holds)(s.as_bytes())) {
                hits.push(Hit::led(shape.rule, &captures, token, shape.prefix));
            }
        }
    }
}

fn auth_url(value: &[u8]) -> bool {
    value
        .split(|b| *b == b':')
        .nth(2)
        .is_some_and(|token| is_token(token.split(|b| *b == b'@').next().unwrap_or_default()))
}

fn access_token(value: &[u8]) -> bool {
    value.len() > 15 && is_token(&value[15..])
}

/// A JWT whose payload names Salesforce: an assertion (`iss` a consumer key, `aud` a login host) or a JWT-format
/// access token (`iss` a My Domain). Others, such as the specimen of every tutorial, are not our subject.
fn salesforce_jwt(value: &[u8]) -> bool {
    let payload = value.split(|b| *b == b'.').nth(1).unwrap_or_default();
    let Ok(claims) = BASE64_URL_SAFE_NO_PAD.decode(payload) else { return false };
    let claims = String::from_utf8_lossy(&claims);
    [".salesforce.com", "3MVG9", "sfap_api", "sfdc:", ".force.com"].iter().any(|mark| claims.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::super::hit;
    use super::*;

    fn found(text: &str) -> Vec<(Rule, String)> {
        hit::tests::found(find, text)
    }

    // Specimens are put together here, so that the audit of this repository finds none.
    const TAIL: &str = "Q1w2E3r4T5y6U7i8O9p0AsDfGhJkLzXcVbNm";

    #[test]
    fn tokens_are_found_by_shape_and_shown_by_prefix() {
        let org = "00D5e000000abCd";
        let client = format!("3MV{}", "G9abc.def_ghi123456789012345");
        let refresh = format!("5Ae{}", format_args!("p861{TAIL}"));
        let jwt = |claims: &str| {
            let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
            format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(claims), part(TAIL))
        };
        let table = [
            (format!("x = '{org}!AQ{TAIL}';"), Some((Rule::AccessToken, "00D\u{2026}"))),
            (format!("sid={org}EAO%21AQ{TAIL}"), Some((Rule::AccessToken, "00D\u{2026}"))),
            (format!(r#"{{"t":"{org}\u0021AQ{TAIL}"}}"#), Some((Rule::AccessToken, "00D\u{2026}"))),
            (refresh.clone(), Some((Rule::RefreshToken, "5Aep\u{2026}"))),
            (client.clone(), Some((Rule::ConsumerKey, "3MVG9\u{2026}"))),
            (jwt(r#"{"aud":"https://login.salesforce.com"}"#), Some((Rule::AccessTokenJwt, "eyJ\u{2026}"))),
            (jwt(r#"{"name":"John Doe"}"#), None),
            (format!("{org}!AQxxxxxxxxxxxxxxxxxxxxxx"), None),
            ("force://<clientId>:<clientSecret>:<refreshToken>@<host>".to_owned(), None),
            ("force://${id}:${secret}:${token}@${host}".to_owned(), None),
            ("00D5e000000abCd!".to_owned(), None),
            (format!("5Aep861{}", "X".repeat(60)), None),
        ];
        for (text, expected) in table {
            let hits = found(&text);
            assert_eq!(hits.first().map(|(r, e)| (*r, e.as_str())), expected, "{text}");
        }
        let url = format!("force://Platform{}::{refresh}@a.my.salesforce.com", "CLI");
        assert_eq!(found(&url)[0], (Rule::SfdxAuthUrl, "force://\u{2026}".to_owned()));
    }
}
