//! What is kept for one cache key: the latest token and the latest failure, and what they answer to a caller.

use super::{Ask, CacheKey, Expiry};
use crate::error::{Error, Kind, Link, Reason};
use crate::oauth::grant::Grant;
use crate::secret::SecretBytes;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a refusal answers for everybody, in seconds: long enough for a matrix of jobs that starts at once,
/// short enough for an admin who has just fixed the cause.
const REMEMBERED: i64 = 5;

/// The form of the file; a file of another form is as good as none.
const VERSION: u32 = 1;

/// The latest outcomes for one cache key.
#[derive(Clone, Debug, Default)]
pub struct Record {
    token: Option<(u64, Grant)>,
    failure: Option<(u64, Failure)>,
}

/// A failure that others may share.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    at: Timestamp,
    reason: String,
    message: String,
    hint: Option<String>,
    causes: Vec<String>,
    links: Vec<(String, String, Option<String>)>,
    oauth_error: Option<String>,
    oauth_description: Option<String>,
    http_status: Option<u16>,
    phase: Option<String>,
    retryable: bool,
}

/// Whom a failure answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Everybody who asks in the next seconds.
    Everybody,
    /// Those who were waiting for this very login: they would only do the same again, one after the other.
    Waiting,
    /// Nobody else: it says something about this process, or cost no login.
    Nobody,
}

/// What a record answers to one caller.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// This token.
    Token(&'a Grant),
    /// This failure, which is not a new one.
    Failure(Error),
    /// Nothing: somebody has to log in.
    LogIn,
}

impl Record {
    /// The number of the latest outcome; it grows with every one.
    pub fn serial(&self) -> u64 {
        let token = self.token.as_ref().map_or(0, |(serial, _)| *serial);
        self.failure.as_ref().map_or(0, |(serial, _)| *serial).max(token)
    }

    /// The latest token, whatever its age.
    pub fn grant(&self) -> Option<&Grant> {
        self.token.as_ref().map(|(_, grant)| grant)
    }

    /// The record after a login.
    #[must_use]
    pub fn with_grant(&self, grant: Grant) -> Record {
        Record { token: Some((self.serial().saturating_add(1), grant)), failure: None }
    }

    /// The record after a failed login, if the failure concerns anybody else. The token stays: it may still live.
    pub fn with_failure(&self, error: &Error, now: Timestamp) -> Option<Record> {
        let failure = (reach(error.reason(), error.retryable()) != Reach::Nobody).then(|| Failure::of(error, now))?;
        Some(Record { token: self.token.clone(), failure: Some((self.serial().saturating_add(1), failure)) })
    }

    /// The record without its token.
    #[must_use]
    pub fn without_token(&self) -> Record {
        Record { token: None, failure: self.failure.clone() }
    }

    /// What this answers to a caller that, when it began to ask, saw the outcome numbered `since`. Later outcomes
    /// are news even to one who wants nothing from the cache.
    pub fn judge(&self, ask: &Ask, since: u64, now: Timestamp) -> Verdict<'_> {
        if let Some((serial, grant)) = &self.token
            && (!ask.fresh || *serial > since)
            && ask.accepts(grant, now)
        {
            return Verdict::Token(grant);
        }
        if let Some((serial, grant)) = &self.token
            && *serial > since
            && let Err(error) = ask.judge_new(grant, now)
        {
            return Verdict::Failure(error); // another login would bring the same
        }
        if let Some((serial, failure)) = &self.failure
            && let Some(reason) = Reason::from_code(&failure.reason)
        {
            let age = now.seconds_since(failure.at);
            let news = *serial > since;
            let reaches = match reach(reason, failure.retryable) {
                Reach::Everybody => news || !ask.fresh,
                Reach::Waiting => news,
                Reach::Nobody => false,
            };
            if reaches && (0..REMEMBERED).contains(&age) {
                return Verdict::Failure(failure.error(reason));
            }
        }
        Verdict::LogIn
    }

    /// The token, if it is still handed out under these terms, with its expiry: what can be told of it without
    /// showing it.
    pub fn living(&self, ask: &Ask, now: Timestamp) -> Option<(&Grant, Expiry)> {
        let grant = self.grant().filter(|grant| ask.accepts(grant, now))?;
        Some((grant, Expiry::of(grant, ask.lifetime)))
    }

    /// The record as a file's content.
    pub fn encode(&self, key: &CacheKey) -> SecretBytes {
        let token = self.token.as_ref().map(|(serial, grant)| StoredToken {
            serial: *serial,
            access_token: grant.access_token.expose().clone(),
            instance_url: grant.instance_url.clone(),
            api_instance_url: grant.api_instance_url.clone(),
            identity_url: grant.identity_url.clone(),
            scopes: grant.scopes.clone(),
            audience: grant.audience.clone(),
            issued_at: grant.issued_at,
        });
        let stored = Stored { version: VERSION, key: key.clone(), token, failure: self.failure.clone() };
        // text and numbers always have a JSON form; an empty file would be read as no record
        serde_json::to_vec(&stored).unwrap_or_default().into()
    }

    /// The record of a file's content; `None` when it is damaged or belongs to another key.
    pub fn decode(bytes: &[u8], key: &CacheKey) -> Option<Record> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        if stored.version != VERSION || stored.key != *key {
            return None;
        }
        let grant = |stored: StoredToken| {
            let grant = Grant {
                access_token: stored.access_token.into(),
                instance_url: stored.instance_url,
                api_instance_url: stored.api_instance_url,
                identity_url: stored.identity_url,
                scopes: stored.scopes,
                audience: stored.audience,
                issued_at: stored.issued_at,
            };
            (stored.serial, grant)
        };
        Some(Record { token: stored.token.map(grant), failure: stored.failure })
    }
}

fn reach(reason: Reason, retryable: bool) -> Reach {
    match (reason, reason.kind()) {
        // these cost a login each time, and nothing changes by itself within seconds
        (Reason::LoginRateExceeded | Reason::OrgMismatch | Reason::ForeignInstanceUrl, _) => Reach::Everybody,
        (_, Kind::Refused) if !retryable => Reach::Everybody,
        (_, Kind::Refused | Kind::Unreachable | Kind::Unexpected) => Reach::Waiting,
        _ => Reach::Nobody,
    }
}

impl Failure {
    fn of(error: &Error, now: Timestamp) -> Failure {
        let details = error.details().clone();
        Failure {
            at: now,
            reason: error.reason().code().to_owned(),
            message: error.message().to_owned(),
            hint: details.hint,
            causes: details.causes,
            links: details.links.into_iter().map(|link| (link.title, link.path, link.url)).collect(),
            oauth_error: details.oauth_error,
            oauth_description: details.oauth_description,
            http_status: details.http_status,
            phase: details.phase,
            retryable: error.retryable(),
        }
    }

    fn error(&self, reason: Reason) -> Error {
        let failure = self.clone();
        Error::new(reason, failure.message).with(|details| {
            details.hint = failure.hint;
            details.causes = failure.causes;
            details.links = failure.links.into_iter().map(|(title, path, url)| Link { title, path, url }).collect();
            details.oauth_error = failure.oauth_error;
            details.oauth_description = failure.oauth_description;
            details.http_status = failure.http_status;
            details.phase = failure.phase;
            details.retryable = Some(failure.retryable);
            details.cached = Some(true);
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    key: CacheKey,
    token: Option<StoredToken>,
    failure: Option<(u64, Failure)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredToken {
    serial: u64,
    access_token: String,
    instance_url: String,
    api_instance_url: Option<String>,
    identity_url: Option<String>,
    scopes: Vec<String>,
    audience: String,
    issued_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::super::freshness::tests::{NOW, ask, grant};
    use super::super::key::tests::key;
    use super::*;

    fn later(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 + seconds)
    }

    fn refusal() -> Error {
        Error::new(Reason::UserNotApproved, "user hasn't approved this consumer")
            .hint("approve it")
            .cause("one")
            .link(Link { title: "Policies".into(), path: "/p".into(), url: None })
            .with(|d| d.http_status = Some(400))
    }

    fn token<'a>(verdict: &'a Verdict<'a>) -> Option<&'a str> {
        match verdict {
            Verdict::Token(grant) => Some(grant.access_token.expose().as_str()),
            _ => None,
        }
    }

    fn failed(verdict: &Verdict<'_>) -> Option<Reason> {
        match verdict {
            Verdict::Failure(error) => Some(error.reason()),
            _ => None,
        }
    }

    #[test]
    fn a_record_survives_its_file_and_no_other_key_reads_it() {
        let record = Record::default().with_grant(grant("t", 0)).with_failure(&refusal(), NOW).unwrap();
        let file = record.encode(&key());
        let read = Record::decode(file.expose(), &key()).unwrap();
        assert_eq!((read.serial(), read.grant().unwrap().access_token.expose().as_str()), (2, "t"));
        let other = CacheKey { username: "other@acme.example".into(), ..key() };
        assert!(Record::decode(file.expose(), &other).is_none());
    }

    #[test]
    fn damaged_files_are_no_records() {
        let file = Record::default().with_grant(grant("t", 0)).encode(&key());
        for end in 0..file.expose().len() {
            assert!(Record::decode(&file.expose()[..end], &key()).is_none(), "truncated at {end}");
        }
        let text = String::from_utf8(file.expose().clone()).unwrap();
        assert!(Record::decode(text.replace("\"version\":1", "\"version\":2").as_bytes(), &key()).is_none());
        for foreign in ["", "{}", "[]", "null", "\u{0}", "{\"version\":1}"] {
            assert!(Record::decode(foreign.as_bytes(), &key()).is_none(), "{foreign:?}");
        }
    }

    #[test]
    fn a_refusal_answers_everybody_for_five_seconds() {
        let record = Record::default().with_failure(&refusal(), NOW).unwrap();
        let record = Record::decode(record.encode(&key()).expose(), &key()).unwrap();
        let Verdict::Failure(error) = record.judge(&ask(), 1, later(4)) else { panic!("forgotten") };
        assert_eq!(error.message(), refusal().message());
        let expected =
            crate::error::Details { cached: Some(true), retryable: Some(false), ..refusal().details().clone() };
        assert_eq!(error.details(), &expected);
        assert!(matches!(record.judge(&ask(), 1, later(5)), Verdict::LogIn));
        assert!(matches!(record.judge(&ask(), 1, later(-1)), Verdict::LogIn));
        // --fresh asks again, unless it was waiting for this login
        let fresh = Ask { fresh: true, ..ask() };
        assert!(matches!(record.judge(&fresh, 1, NOW), Verdict::LogIn));
        assert_eq!(failed(&record.judge(&fresh, 0, NOW)), Some(Reason::UserNotApproved));
    }

    #[test]
    fn an_unreachable_host_answers_those_who_waited() {
        let record = Record::default().with_failure(&Error::new(Reason::Connect, "no connection"), NOW).unwrap();
        assert_eq!(failed(&record.judge(&ask(), 0, NOW)), Some(Reason::Connect));
        assert!(matches!(record.judge(&ask(), 1, NOW), Verdict::LogIn));
        assert!(Record::default().with_failure(&Error::new(Reason::KeyNotFound, "no key"), NOW).is_none());
        let server = Record::default().with_failure(&Error::new(Reason::ServerError, "try again"), NOW).unwrap();
        assert!(matches!(server.judge(&ask(), 1, NOW), Verdict::LogIn));
    }

    #[test]
    fn a_living_token_outweighs_a_failure() {
        let record = Record::default().with_grant(grant("t", 0)).with_failure(&refusal(), NOW).unwrap();
        assert_eq!(token(&record.judge(&ask(), 2, NOW)), Some("t"));
        assert_eq!(failed(&record.judge(&ask(), 2, later(700))), None);
        assert!(record.with_grant(grant("u", 0)).failure.is_none());
    }

    #[test]
    fn fresh_takes_what_was_issued_while_it_waited() {
        let fresh = Ask { fresh: true, ..ask() };
        let before = Record::default().with_grant(grant("t", 0));
        assert!(matches!(before.judge(&fresh, before.serial(), NOW), Verdict::LogIn));
        let after = before.with_grant(grant("u", 0));
        assert_eq!(token(&after.judge(&fresh, before.serial(), NOW)), Some("u"));
    }

    #[test]
    fn a_rejected_token_is_not_handed_out_again() {
        let record = Record::default().with_grant(grant("t", 0));
        let ask = Ask { rejected: Some("t".to_owned().into()), ..ask() };
        assert!(matches!(record.judge(&ask, 1, NOW), Verdict::LogIn));
        assert_eq!(token(&record.with_grant(grant("u", 0)).judge(&ask, 1, NOW)), Some("u"));
    }
}
