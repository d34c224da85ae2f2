//! The exchange of an assertion for a token, without a socket: a request out, a response in.

use super::grant::Grant;
use super::login_host::LoginHost;
use super::refusal::{self, Clue};
use crate::error::{Error, Reason, Result};
use crate::secret::{SecretBytes, SecretString};
use crate::time::Timestamp;
use http::{Request, Response, header};
use serde::Deserialize;
use std::fmt;
use std::time::Duration;
use url::Url;

/// The grant type (RFC 7523 section 2.1).
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The least difference of clocks, in seconds, that is corrected: below it an assertion of 180 s cannot have
/// expired on the way.
pub const LEAST_SKEW: i64 = 30;
/// The greatest difference of clocks, in seconds, that is corrected: a hostile `Date` must not mint a long-lived
/// assertion.
pub const GREATEST_SKEW: i64 = 600;

/// Answers above this size are not read: Salesforce's are below 4 KiB.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// What helps when somebody else than Salesforce seems to answer.
const ELSEWHERE: &str = "check the login URL, and whether a proxy answers instead of Salesforce";

/// The token request: a form of exactly `grant_type` and `assertion` (RFC 7523 section 2.1). An assertion is
/// base64url and dots, so nothing in the body needs escaping but the grant type.
pub fn request(endpoint: &str, assertion: &SecretString) -> Result<Request<SecretBytes>> {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", GRANT_TYPE)
        .append_pair("assertion", assertion.expose())
        .finish();
    Request::post(endpoint)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(form.into_bytes().into())
        .map_err(|e| Error::new(Reason::Internal, "the token request could not be built").because(e))
}

/// What is known when the answer arrives.
pub struct Asked<'a> {
    /// The host that was asked.
    pub login_host: &'a LoginHost,
    /// The audience that was named.
    pub audience: &'a str,
    /// Hosts that the user vouches for, besides Salesforce's own.
    pub trusted_hosts: &'a [String],
    /// The assertion that was sent, so that an echo of it can be recognised and dropped.
    pub assertion: &'a SecretString,
    /// What is known about the connection, to put a refusal's causes in order.
    pub clues: &'a [Clue],
    /// When the answer arrived, by our clock.
    pub now: Timestamp,
}

/// Salesforce's successful answer (reference: success response).
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    instance_url: String,
    token_type: Option<String>,
    id: Option<String>,
    scope: Option<String>,
    api_instance_url: Option<String>,
}

/// An error answer (RFC 6749 section 5.2).
#[derive(Deserialize)]
struct RefusedAnswer {
    error: String,
    error_description: Option<String>,
}

/// Reads the answer of the token endpoint.
///
/// Errors: `refused` with causes, remedy and pages; `unexpected` for everything that Salesforce's token endpoint
/// does not say: a redirect, a web page, something truncated or foreign. The body is never part of an error.
pub fn read(response: &Response<SecretBytes>, asked: &Asked<'_>) -> Result<Grant> {
    let status = response.status();
    let body = response.body().expose();
    let transient = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
    let wait = retry_after(response, asked.now).filter(|_| transient);
    let with_status = |e: Error| {
        let e = e.with(|d| {
            d.http_status = Some(status.as_u16());
            d.retryable = transient.then_some(true).or(d.retryable);
            if let (Some(hint), Some(wait)) = (&mut d.hint, &wait) {
                *hint = format!("{hint}; {wait}");
            }
        });
        match wait {
            Some(wait) => e.because(wait),
            None => e,
        }
    };
    if status.is_redirection() {
        return Err(with_status(redirect(response, asked)));
    }
    let granted = serde_json::from_slice::<Granted>(body);
    if let Ok(refused) = serde_json::from_slice::<RefusedAnswer>(body)
        && !(status.is_success() && granted.is_ok())
    {
        let description = refused.error_description.unwrap_or_default();
        let said = refusal::Said::new(&refused.error, &description, asked.assertion);
        let error = refusal::error(&said, asked.login_host, asked.clues);
        return Err(with_status(error));
    }
    if !status.is_success() || looks_like_html(response) {
        return Err(with_status(not_oauth(response)));
    }
    match granted {
        Ok(granted) => grant(granted, asked).map_err(with_status),
        Err(e) if e.is_eof() && !body.is_empty() => Err(with_status(
            Error::new(Reason::Truncated, "the answer of the token endpoint ended early")
                .hint("try again; when it stays, look for a proxy that cuts answers"),
        )),
        Err(_) => Err(with_status(not_oauth(response))),
    }
}

fn grant(granted: Granted, asked: &Asked<'_>) -> Result<Grant> {
    let token = SecretString::from(granted.access_token);
    let strange = |what: &str| {
        Error::new(Reason::NotOauthJson, format!("the token endpoint answered with {what}")).hint(ELSEWHERE)
    };
    // Tokens end up in headers, environments and shells: visible ASCII only (RFC 6750 section 2.1 allows less).
    if token.expose().is_empty() || !token.expose().bytes().all(|b| b.is_ascii_graphic()) {
        return Err(strange("an access token that is none"));
    }
    if granted.token_type.is_some_and(|t| !t.eq_ignore_ascii_case("bearer")) {
        return Err(strange("a token that is not a bearer token"));
    }
    let foreign = || {
        Error::new(Reason::ForeignInstanceUrl, "the token is for a host that is not trusted, and was dropped")
            .hint("list the host under trusted-hosts in orgs.toml if it is yours")
    };
    let (host, trusted) = (asked.login_host, asked.trusted_hosts);
    let api_instance = |url: String| host.api_instance(&url, trusted).ok_or_else(foreign);
    Ok(Grant {
        access_token: token,
        instance_url: host.instance(&granted.instance_url, trusted).ok_or_else(foreign)?,
        api_instance_url: granted.api_instance_url.map(api_instance).transpose()?,
        identity_url: granted.id.and_then(|id| host.identity(&id, trusted)),
        scopes: granted.scope.unwrap_or_default().split_ascii_whitespace().map(str::to_owned).collect(),
        audience: asked.audience.to_owned(),
        issued_at: asked.now,
    })
}

fn redirect(response: &Response<SecretBytes>, asked: &Asked<'_>) -> Error {
    let host = asked.login_host;
    let location = response.headers().get(header::LOCATION).and_then(|l| l.to_str().ok());
    let moved = location
        .and_then(|location| Url::parse(&host.endpoint()).ok()?.join(location).ok())
        .filter(|url| url.scheme() == "https")
        .map(|url| url.origin().ascii_serialization())
        .filter(|origin| origin != host.origin())
        .and_then(|origin| LoginHost::parse(&origin, Default::default()).ok())
        .filter(|moved| !moved.is_loopback());
    match moved {
        Some(moved) => {
            let message = format!("{} answers with a redirect to another host", host.host());
            refusal::explained(Error::new(Reason::HostMoved, message), host, asked.clues)
                .hint(format!("if {moved} is this org's My Domain now, use it as login-url"))
        }
        None => Error::new(Reason::Redirect, format!("{} answers with a redirect", host.host()))
            .hint("redirects are never followed with an assertion; check the login URL"),
    }
}

fn looks_like_html(response: &Response<SecretBytes>) -> bool {
    let declared = response.headers().get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok()).unwrap_or_default();
    let first = response.body().expose().iter().copied().find(|b| !b.is_ascii_whitespace());
    declared.trim_start().to_ascii_lowercase().starts_with("text/html") || first == Some(b'<')
}

/// Why a web page comes instead of an answer, the likeliest first.
pub const WEB_PAGE_CAUSES: [&str; 3] = [
    "the org is in maintenance or not ready yet",
    "a proxy or firewall answered instead of Salesforce",
    "the login URL is not a My Domain",
];

fn not_oauth(response: &Response<SecretBytes>) -> Error {
    let status = response.status().as_u16();
    let length = response.body().expose().len();
    if looks_like_html(response) {
        // SFDX Developer Guide: an org in maintenance or not ready answers with a "Data Not Available" page.
        let error =
            Error::new(Reason::HtmlPage, format!("the token endpoint answered with a web page (HTTP {status})"))
                .hint("the org may be in maintenance (see https://status.salesforce.com), or a proxy answered instead");
        return WEB_PAGE_CAUSES.into_iter().fold(error, Error::cause);
    }
    match status {
        429 => Error::new(Reason::NotOauthJson, "the token endpoint gets too many requests (HTTP 429)")
            .hint("try again later, and let every program keep its token instead of logging in for each request")
            .cause("too many requests of this user, org or network within a short time"),
        500.. => Error::new(Reason::NotOauthJson, format!("the token endpoint cannot answer now (HTTP {status})"))
            .hint("try again in a while; see https://status.salesforce.com")
            .cause("the org is in maintenance, or Salesforce has a passing fault")
            .cause("a proxy answered, which cannot reach Salesforce"),
        _ => Error::new(
            Reason::NotOauthJson,
            format!("the token endpoint answered HTTP {status} with {length} bytes that are no OAuth answer"),
        )
        .hint(ELSEWHERE),
    }
}

/// How long the server asks to wait before the next request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub Duration);

impl fmt::Display for RetryAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ 0..=86_400 => write!(f, "the server asks to wait {seconds} s"),
            _ => f.write_str("the server asks to wait more than a day"),
        }
    }
}

impl std::error::Error for RetryAfter {}

/// Reads `Retry-After` (RFC 9110 section 10.2.3): seconds, or a moment by the server's clock. A number too large for
/// us is still a number.
fn retry_after<B>(response: &Response<B>, received: Timestamp) -> Option<RetryAfter> {
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = text(header::RETRY_AFTER).filter(|asked| !asked.is_empty())?;
    if asked.bytes().all(|b| b.is_ascii_digit()) {
        return Some(RetryAfter(Duration::from_secs(asked.parse().unwrap_or(u64::MAX))));
    }
    let now = text(header::DATE).and_then(Timestamp::parse_http_date).unwrap_or(received);
    let left = Timestamp::parse_http_date(asked)?.seconds_since(now);
    Some(RetryAfter(Duration::from_secs(left.try_into().unwrap_or(0))))
}

/// How far the server's clock is ahead of ours, in seconds: its `Date`, which every Salesforce answer carries with
/// a resolution of one second, against the middle of our own send and receive times.
pub fn clock_skew<B>(response: &Response<B>, sent: Timestamp, received: Timestamp) -> Option<i64> {
    let date = response.headers().get(header::DATE)?.to_str().ok()?;
    Timestamp::parse_http_date(date).map(|server| server.seconds_since(Timestamp(sent.0.midpoint(received.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASSERTION: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJTRU5USU5FTCJ9.U0VOVElORUxfU0lHTkFUVVJF";

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Grant> {
        let host = LoginHost::parse("https://acme.my.salesforce.com", Default::default()).unwrap();
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let response = response.body(SecretBytes::from(body.as_bytes().to_vec())).unwrap();
        let assertion = ASSERTION.to_owned().into();
        let asked = Asked {
            login_host: &host,
            audience: host.as_str(),
            trusted_hosts: &[],
            assertion: &assertion,
            clues: &[],
            now: Timestamp(7),
        };
        read(&response, &asked)
    }

    #[test]
    fn the_bytes_of_a_request() {
        let request = request("https://acme.my.salesforce.com/services/oauth2/token", &"a.b-_.c".to_owned().into());
        let request = request.unwrap();
        assert_eq!(request.method(), "POST");
        assert_eq!(request.headers()[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
        assert_eq!(
            request.body().expose(),
            b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b-_.c"
        );
    }

    #[test]
    fn a_grant_is_read() {
        let body = r#"{"access_token":"00Dxx!tok","scope":"web api","instance_url":"https://acme.my.salesforce.com/",
            "id":"https://login.salesforce.com/id/00D5e000005AHE7EAO/0055e000001abcDAAQ","token_type":"Bearer"}"#;
        let grant = answer(200, &[], body).unwrap();
        assert_eq!(grant.access_token.expose(), "00Dxx!tok");
        assert_eq!(grant.instance_url, "https://acme.my.salesforce.com");
        assert_eq!(grant.org_id(), Some("00D5e000005AHE7EAO"));
        assert_eq!(grant.scopes, ["web", "api"]);
        assert_eq!(grant.issued_at, Timestamp(7));
    }

    #[test]
    fn what_salesforce_does_not_say() {
        let good = |instance: &str| format!(r#"{{"access_token":"t","instance_url":"{instance}"}}"#);
        for (status, headers, body, reason, retryable) in [
            (302, &[("location", "https://evil.example/")][..], "", Reason::Redirect, false),
            (307, &[("location", "https://acme2.my.salesforce.com/x")], "", Reason::HostMoved, false),
            (301, &[("location", "//acme2.my.salesforce.com")], "", Reason::HostMoved, false),
            (307, &[("location", "https://acme.my.salesforce.com/x")], "", Reason::Redirect, false),
            (307, &[("location", "http://acme2.my.salesforce.com/x")], "", Reason::Redirect, false),
            (302, &[("location", "/elsewhere")], "", Reason::Redirect, false),
            (302, &[("location", "https://127.0.0.1/")], "", Reason::Redirect, false),
            (200, &[("content-type", "text/html; charset=utf-8")], "<html>", Reason::HtmlPage, false),
            (503, &[], "<html>", Reason::HtmlPage, true),
            (503, &[], "busy", Reason::NotOauthJson, true),
            (429, &[], "busy", Reason::NotOauthJson, true),
            (404, &[], "", Reason::NotOauthJson, false),
            (200, &[], "", Reason::NotOauthJson, false),
            (200, &[], "{}", Reason::NotOauthJson, false),
            (200, &[], r#"{"access_token":"t","insta"#, Reason::Truncated, true),
            (200, &[], &good("https://evil.example"), Reason::ForeignInstanceUrl, false),
            (200, &[], &good(r"https://acme.my.salesforce.com\\@evil.example"), Reason::ForeignInstanceUrl, false),
            (
                200,
                &[],
                r#"{"access_token":"a\nb","instance_url":"https://acme.my.salesforce.com"}"#,
                Reason::NotOauthJson,
                false,
            ),
            (
                200,
                &[],
                r#"{"access_token":"","instance_url":"https://acme.my.salesforce.com"}"#,
                Reason::NotOauthJson,
                false,
            ),
            (
                400,
                &[],
                r#"{"error":"invalid_grant","error_description":"audience is invalid"}"#,
                Reason::AudienceInvalid,
                false,
            ),
            (200, &[], r#"{"error":"invalid_grant"}"#, Reason::Unrecognized, false),
            (500, &[], r#"{"error":"server_error"}"#, Reason::ServerError, true),
        ] {
            let error = answer(status, headers, body).expect_err(body);
            assert_eq!((error.reason(), error.retryable()), (reason, retryable), "{status} {body}");
            assert_eq!(error.details().http_status, Some(status));
            assert!(error.details().hint.is_some(), "{error}");
            if error.kind() == crate::error::Kind::Refused {
                assert!(!error.details().causes.is_empty(), "{error}");
            }
        }
    }

    #[test]
    fn an_echoed_assertion_is_dropped() {
        let body =
            format!(r#"{{"error":"invalid_grant","error_description":"invalid assertion {}"}}"#, &ASSERTION[22..50]);
        let error = answer(400, &[], &body).unwrap_err();
        assert_eq!(error.reason(), Reason::AssertionInvalid);
        assert_eq!(error.details().oauth_description, None);
        assert!(!format!("{error:?}").contains(&ASSERTION[22..50]));
    }

    #[test]
    fn what_a_server_asks_to_wait() {
        let date = ("date", "Thu, 01 Jan 1970 00:02:00 GMT");
        for (headers, seconds) in [
            (&[("retry-after", "100")][..], Some(100)),
            (&[("retry-after", "99999999999999999999999")], Some(u64::MAX)),
            (&[date, ("retry-after", "Thu, 01 Jan 1970 00:02:03 GMT")], Some(3)),
            (&[("retry-after", "Thu, 01 Jan 1970 00:00:10 GMT")], Some(3)), // our clock says 7
            (&[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")], Some(0)),
            (&[date, ("retry-after", "Fri, 02 Jan 2099 00:00:00 GMT")], Some(4_070_995_080)),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "soon")], None),
            (&[], None),
        ] {
            let error = answer(503, headers, "busy").unwrap_err();
            let asked = std::error::Error::source(&error).and_then(|s| s.downcast_ref::<RetryAfter>());
            assert_eq!(asked.map(|asked| asked.0.as_secs()), seconds, "{headers:?}");
        }
        let error = answer(429, &[("retry-after", "100")], "slow down").unwrap_err();
        assert!(error.message().contains("too many requests"), "{error}");
        assert!(error.details().hint.as_deref().unwrap().ends_with("; the server asks to wait 100 s"));
    }

    #[test]
    fn skew_is_measured_against_the_middle() {
        let response = Response::builder().header("date", "Thu, 01 Jan 1970 00:02:00 GMT").body(()).unwrap();
        assert_eq!(clock_skew(&response, Timestamp(100), Timestamp(110)), Some(15));
        assert_eq!(clock_skew(&Response::new(()), Timestamp(100), Timestamp(110)), None);
    }
}
