//! Faults to order: any refusal of the catalogue, and what networks, proxies and hostile servers do to the token
//! endpoint.

use super::call::Reply;
use super::rules::Refusal;
use super::site;
use crate::error::{Kind, Reason};
use serde_json::{Value, json};

/// A fault of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A refusal, in Salesforce's words.
    Refusal(Reason),
    /// A page instead of JSON.
    Html,
    /// Text that is not JSON.
    NotJson,
    /// JSON without an access token.
    NoToken,
    /// 503 with `Retry-After`.
    Unavailable,
    /// 429 with `Retry-After`.
    TooManyRequests,
    /// A redirect to another path of the same host.
    Redirect,
    /// A redirect to another host.
    HostMoved,
    /// The answer ends in the middle.
    Truncated,
    /// More than 1 MiB.
    TooLarge,
    /// The connection is reset.
    Reset,
    /// No answer.
    Hang,
    /// A token for another host.
    ForeignInstanceUrl,
    /// A token that nothing accepts.
    TokenRejected,
    /// The server's clock is ahead by so many seconds.
    Clock(i64),
}

/// Name, fault, and what it is; refusals besides these go by their reason.
const TABLE: [(&str, Fault, &str); 16] = [
    ("html", Fault::Html, "the page \"Data Not Available\""),
    ("not-json", Fault::NotJson, "status 200 and text"),
    ("no-token", Fault::NoToken, "status 200 and JSON without a token"),
    ("unavailable", Fault::Unavailable, "status 503, Retry-After 1"),
    ("too-many-requests", Fault::TooManyRequests, "status 429, Retry-After 1"),
    ("redirect", Fault::Redirect, "status 302 to the same host"),
    ("host-moved", Fault::HostMoved, "status 301 to another host"),
    ("truncated", Fault::Truncated, "the answer ends in the middle"),
    ("too-large", Fault::TooLarge, "an answer above 1 MiB"),
    ("reset", Fault::Reset, "the connection is reset"),
    ("hang", Fault::Hang, "no answer"),
    ("foreign-instance-url", Fault::ForeignInstanceUrl, "a token for another host"),
    ("token-rejected", Fault::TokenRejected, "a token that nothing accepts"),
    ("clock-ahead", Fault::Clock(8 * 60), "the server's clock is 8 minutes ahead"),
    ("clock-behind", Fault::Clock(-8 * 60), "the server's clock is 8 minutes behind"),
    ("clock-skew", Fault::Clock(60 * 60), "the server's clock is an hour ahead"),
];

impl Fault {
    /// The fault of a name.
    pub fn from_name(name: &str) -> Option<Fault> {
        let refusal = || Reason::from_code(name).filter(|reason| reason.kind() == Kind::Refused).map(Fault::Refusal);
        TABLE.iter().find(|row| row.0 == name).map(|row| row.1).or_else(refusal)
    }

    /// Every name and what it means, refusals first.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        let refused = Reason::ALL.iter().filter(|reason| reason.kind() == Kind::Refused);
        let plain = refused.filter(|reason| TABLE.iter().all(|row| row.0 != reason.code()));
        plain.map(|reason| (reason.code(), reason.meaning())).chain(TABLE.iter().map(|row| (row.0, row.2)))
    }

    /// How far the server's clock is ahead, in seconds.
    pub(super) fn clock_shift(self) -> i64 {
        if let Fault::Clock(seconds) = self { seconds } else { 0 }
    }

    /// The answer that comes instead of the true one.
    pub(super) fn instead(self) -> Option<Reply> {
        const UNAVAILABLE: &str = "<html><head><title>Data Not Available</title></head><body>Data Not Available. The data \
                                   you were trying to access could not be found.</body></html>";
        let elsewhere = "https://moved.my.salesforce.com/services/oauth2/token";
        Some(match self {
            Fault::Refusal(reason) => site::refused(&Refusal::new(reason, None, "--fault says so")),
            Fault::Html => Reply::html(503, UNAVAILABLE).row("2.3"),
            Fault::NotJson => Reply::text(200, "ok"),
            Fault::NoToken => Reply::json(200, &json!({"token_type": "Bearer"})),
            Fault::Unavailable => Reply::text(503, "unavailable").header("Retry-After", "1").row("2.3"),
            Fault::TooManyRequests => Reply::text(429, "slow down").header("Retry-After", "1").row("2.3"),
            Fault::Redirect => Reply::text(302, "").header("Location", "/services/oauth2/elsewhere"),
            Fault::HostMoved => Reply::text(301, "").header("Location", elsewhere),
            _ => return None,
        })
    }

    /// Spoils a good token response; the access token that should no longer work comes back.
    pub(super) fn spoil(self, reply: &mut Reply) -> Option<String> {
        let mut body: Value = serde_json::from_str(&reply.body).ok()?;
        let token = body["access_token"].as_str()?.to_owned();
        match self {
            Fault::ForeignInstanceUrl => body["instance_url"] = "https://evil.example".into(),
            Fault::TooLarge => body["padding"] = "x".repeat(2 << 20).into(),
            _ => {}
        }
        reply.body = body.to_string();
        (self == Fault::TokenRejected).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_one_fault() {
        let names: Vec<_> = Fault::all().map(|row| row.0).collect();
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
        assert!(names.iter().all(|name| Fault::from_name(name).is_some()));
        assert_eq!(Fault::from_name("user-not-approved"), Some(Fault::Refusal(Reason::UserNotApproved)));
        assert_eq!(Fault::from_name("dns"), None, "not a refusal");
    }

    #[test]
    fn every_refusal_is_answered_in_words_that_the_catalogue_recognises() {
        for (name, _) in Fault::all() {
            let Some(Fault::Refusal(reason)) = Fault::from_name(name) else { continue };
            let reply = Fault::Refusal(reason).instead().unwrap();
            let body: Value = serde_json::from_str(&reply.body).unwrap();
            let word = |field: &str| body[field].as_str().unwrap().to_owned();
            assert_eq!(crate::oauth::refusal::recognise(&word("error"), &word("error_description")), reason, "{name}");
        }
    }
}
