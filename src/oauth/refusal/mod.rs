//! What Salesforce's "no" means. The [`catalogue()`] is the one table; this module finds the entry for an answer,
//! puts its causes in order by what is known about the connection, and makes the error of it.

mod catalogue;

pub use catalogue::{Cause, Entry, Retry, Wording, catalogue};

use super::login_host::LoginHost;
use crate::error::{Error, Reason};
use crate::secret::SecretString;

/// Something known about a connection that makes some causes of a refusal likelier than others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clue {
    /// The host is `login.` or `test.salesforce.com`.
    GenericHost,
    /// The host is a production org's, and the username looks like a sandbox user's.
    SandboxUserOnProduction,
    /// The host is a sandbox's, and the username lacks the sandbox's suffix.
    UsernameWithoutSandboxSuffix,
    /// The audience is not the login host.
    AudienceElsewhere,
    /// The app is an External Client App.
    ExternalClientApp,
    /// The app is an External Client App that lives in one org only.
    LocalApp,
    /// The app comes from a package.
    PackagedApp,
    /// The configured certificate belongs to another key.
    CertificateMismatch,
    /// Our clock and the server's differ.
    ClockOff,
    /// This connection has worked before.
    WorkedBefore,
}

/// What Salesforce said, made safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// OAuth's `error`.
    pub error: String,
    /// OAuth's `error_description`; absent when there was none or it repeated our assertion.
    pub description: Option<String>,
    reason: Reason,
}

impl Said {
    /// Recognises a refusal and makes its texts safe.
    pub fn new(error: &str, description: &str, assertion: &SecretString) -> Self {
        Said {
            reason: recognise(error, description),
            error: safe_text(error, Some(assertion)).unwrap_or_default(),
            description: safe_text(description, Some(assertion)).filter(|d| !d.is_empty()),
        }
    }
}

/// Values of OAuth's `error` that stand for many things (RFC 6749 section 5.2).
const GENERAL: [&str; 2] = ["invalid_client", "invalid_request"];

/// The reason of a refusal: by OAuth's `error` where that alone decides, else by a fragment of the description, else
/// by a general `error`.
pub fn recognise(error: &str, description: &str) -> Reason {
    let error = normalised(error);
    let description = normalised(description);
    let by_error = catalogue().iter().find(|entry| entry.errors.contains(&error.as_str()));
    let by_fragment = || catalogue().iter().find(|entry| entry.fragments.iter().any(|f| description.contains(f)));
    let found = match GENERAL.contains(&error.as_str()) {
        true => by_fragment().or(by_error),
        false => by_error.or_else(by_fragment),
    };
    found.map_or(Reason::Unrecognized, |entry| entry.reason)
}

/// Wordings drift: case, typographic quotes, white space and a final dot mean nothing.
fn normalised(text: &str) -> String {
    let plain: String = text
        .chars()
        .take(2000)
        .map(|c| match c {
            '\u{2018}' | '\u{2019}' | '\u{201b}' | '`' | '\u{b4}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            c => c,
        })
        .collect();
    let words: Vec<_> = plain.split_whitespace().collect();
    words.join(" ").trim_end_matches('.').to_lowercase()
}

/// The entry of a refusal reason.
pub fn entry(reason: Reason) -> Option<&'static Entry> {
    catalogue().iter().find(|entry| entry.reason == reason)
}

/// Salesforce's words for a reason; where there are several, the first with this OAuth `error`.
pub fn wording(reason: Reason, error: Option<&str>) -> Wording {
    let wordings = entry(reason).map_or(&[][..], |entry| entry.wordings);
    let found = wordings.iter().find(|w| error.is_none_or(|error| w.error == error)).or(wordings.first());
    found.copied().unwrap_or(Wording { error: "invalid_grant", description: reason.meaning(), row: "none" })
}

impl Entry {
    /// The causes, likeliest first: those that a clue speaks for, then the others in the catalogue's order.
    pub fn causes_in_order(&self, clues: &[Clue]) -> Vec<&'static str> {
        let spoken_for = |cause: &&Cause| cause.clues.iter().any(|clue| clues.contains(clue));
        let (first, then): (Vec<_>, Vec<_>) = self.causes.iter().partition(spoken_for);
        first.into_iter().chain(then).map(|cause| cause.text).collect()
    }
}

/// The error of a refusal: what it means, causes in order, what to do, and the Setup pages of this org.
pub fn error(said: &Said, asked: &LoginHost, clues: &[Clue]) -> Error {
    let what = said.description.as_deref().filter(|_| said.reason == Reason::Unrecognized);
    let message = match what {
        Some(description) => format!("{} refused the login: {description}", asked.host()),
        None => format!("{} refused the login: {}", asked.host(), said.reason.meaning()),
    };
    let error = explained(Error::new(said.reason, message), asked, clues);
    error.with(|details| {
        details.oauth_error = Some(said.error.clone());
        details.oauth_description.clone_from(&said.description);
    })
}

/// An error with what the catalogue says of its reason: remedy, causes in order, and the Setup pages of this org.
pub fn explained(error: Error, asked: &LoginHost, clues: &[Clue]) -> Error {
    let Some(entry) = entry(error.reason()) else { return error };
    let pages_host = asked.serves_setup().then(|| asked.as_str());
    let error = entry.causes_in_order(clues).into_iter().fold(error.hint(entry.remedy), Error::cause);
    entry.pages.iter().fold(error, |error, page| error.link(page.link(pages_host)))
}

/// The refusal of clocks that are too far apart to be corrected: the server's is this many seconds ahead.
pub fn clock_skew(seconds: i64) -> Error {
    let error = Error::new(Reason::ClockSkew, format!("this machine's clock is {seconds} s behind the server's"));
    match entry(Reason::ClockSkew) {
        Some(entry) => entry.causes.iter().fold(error.hint(entry.remedy), |error, cause| error.cause(cause.text)),
        None => error,
    }
}

/// Remote text for people: without control characters, at most 200 characters, and nothing at all when it contains
/// part of our assertion.
pub fn safe_text(text: &str, assertion: Option<&SecretString>) -> Option<String> {
    /// Shorter pieces of base64url occur in words.
    const PIECE: usize = 12;
    if let Some(assertion) = assertion {
        let ours = assertion.expose().as_bytes();
        let repeated = |piece: &[u8]| ours.windows(PIECE).any(|window| window == piece);
        if text.as_bytes().windows(PIECE).take(8192).any(repeated) {
            return None;
        }
    }
    let invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    Some(text.chars().filter(|c| !invisible(*c)).take(200).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_wording_finds_its_entry_however_it_is_written() {
        for entry in catalogue() {
            for wording in entry.wordings {
                let plain = wording.description;
                for variant in
                    [plain.to_owned(), plain.to_uppercase(), plain.replace('\'', "\u{2019}"), format!("{plain}.")]
                {
                    assert_eq!(recognise(wording.error, &variant), entry.reason, "{} / {variant}", wording.error);
                }
            }
        }
        for (error, description, reason) in [
            ("invalid_grant", "LOGIN_RATE_EXCEEDED", Reason::LoginRateExceeded),
            ("invalid_grant", "Restricted IP", Reason::IpRestricted),
            ("invalid_grant", "User Is Frozen", Reason::UserInactive),
            ("invalid_grant", "Password Lockout", Reason::UserLocked),
            ("invalid_grant", "Failed: Not approved for access", Reason::UserNotAdminApproved),
            ("invalid_client", "", Reason::ClientRejected),
            ("invalid_client", "app must be installed into org", Reason::AppNotInstalled),
            ("invalid_request", "request not supported on this domain", Reason::WrongHost),
            ("invalid_request", "something new", Reason::BadRequest),
            ("invalid_app_access", "audience is invalid", Reason::UserNotAdminApproved),
        ] {
            assert_eq!(recognise(error, description), reason, "{error} {description}");
        }
        assert_eq!(recognise("invalid_grant", "something new"), Reason::Unrecognized);
        assert_eq!(recognise("", ""), Reason::Unrecognized);
    }

    #[test]
    fn every_refusal_reason_has_one_entry() {
        for reason in Reason::ALL.iter().filter(|r| r.kind() == crate::error::Kind::Refused) {
            let entries = catalogue().iter().filter(|entry| entry.reason == *reason).count();
            assert_eq!(entries, 1, "{}", reason.code());
        }
        for entry in catalogue() {
            assert!(!entry.remedy.is_empty() && !entry.source.is_empty(), "{}", entry.reason.code());
        }
    }

    #[test]
    fn clues_change_the_order_of_causes() {
        let entry = entry(Reason::UserNotApproved).unwrap();
        let first = |clues: &[Clue]| entry.causes_in_order(clues)[0];
        let plain = first(&[]);
        assert!(plain.contains("Permitted Users"), "{plain}");
        assert!(first(&[Clue::SandboxUserOnProduction]).contains("username"));
        assert!(first(&[Clue::UsernameWithoutSandboxSuffix]).contains("username"));
        assert!(first(&[Clue::GenericHost]).contains("environment"));
        assert_eq!(entry.causes_in_order(&[Clue::GenericHost]).len(), entry.causes.len());
    }

    #[test]
    fn remote_text_is_made_safe() {
        let assertion = Some(SecretString::from("abcdefghijklmnop.qrs".to_owned()));
        let safe = |text: &str| safe_text(text, assertion.as_ref());
        assert_eq!(safe("a\u{1b}[31mb\r\n\u{202e}c").as_deref(), Some("a[31mbc"));
        assert_eq!(safe(&"é".repeat(500)).unwrap().chars().count(), 200);
        assert_eq!(safe("got bcdefghijklmnop here"), None);
        assert_eq!(safe("got bcdefghijkl here").as_deref(), Some("got bcdefghijkl here"));
    }
}
