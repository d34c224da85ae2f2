//! Reports of verified connections: text for people, JUnit XML for build servers, one HTML page for everybody.

pub(super) mod html;
pub(super) mod junit;
pub(super) mod redact;
pub(super) mod text;

use crate::error::Error;
use crate::protocol::types::{CheckStatus, VerifyResult};

/// One org of a report: its result, or why it could not be looked at.
pub(super) struct Entry {
    /// The name it was asked for by.
    pub(super) name: String,
    /// What came of it.
    pub(super) outcome: Result<VerifyResult, Error>,
}

impl Entry {
    /// With `strict`, a warning is as bad as a failure.
    pub(super) fn judged(mut self, strict: bool) -> Entry {
        if let Ok(result) = &mut self.outcome
            && strict
            && let Some(warned) = result.checks.iter().find(|check| check.status == CheckStatus::Warn)
        {
            result.ok = false;
            result.failed.get_or_insert_with(|| warned.id.clone());
        }
        self
    }

    /// Whether the connection works.
    pub(super) fn is_fine(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|result| result.ok)
    }

    /// Whether it works and something deserves attention.
    fn is_warned(&self) -> bool {
        let warned = |r: &VerifyResult| r.checks.iter().any(|check| check.status == CheckStatus::Warn);
        self.is_fine() && self.outcome.as_ref().is_ok_and(warned)
    }
}

/// How many logins were made.
fn logins(entries: &[Entry]) -> u32 {
    entries.iter().filter_map(|entry| entry.outcome.as_ref().ok()).map(|result| result.logins).sum()
}

/// A number of logins in words.
fn counted(logins: u32) -> String {
    format!("{logins} login{}", if logins == 1 { "" } else { "s" })
}

/// The word for a status.
const fn word(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "pass",
        CheckStatus::Warn => "warn",
        CheckStatus::Fail => "fail",
        CheckStatus::Skip => "skip",
    }
}

/// A symbol beside the word: never the only sign, and never colour alone.
const fn symbol(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Pass => "✔",
        CheckStatus::Warn => "▲",
        CheckStatus::Fail => "✘",
        CheckStatus::Skip => "·",
    }
}

/// How long an org's checks took together, in milliseconds.
fn total_ms(result: &VerifyResult) -> u64 {
    result.checks.iter().map(|check| check.duration_ms).sum()
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::error::Reason;
    use crate::protocol::types::{CheckResult, Link};

    /// An org with one failed, one warned and one skipped check, whose texts try to break out.
    pub(in crate::cli) fn failing(name: &str) -> Entry {
        let check = |id: &str, status, detail: &str| CheckResult {
            id: id.into(),
            title: format!("title of {id}"),
            status,
            detail: detail.into(),
            duration_ms: 7,
            reason: None,
            causes: vec![],
            remedy: None,
            links: vec![],
        };
        let mut failed = check("grant.accepted", CheckStatus::Fail, "refused <script>alert(1)</script> ]]> \u{1b}[31m");
        failed.reason = Some("user-not-approved".into());
        failed.causes = vec!["first & likeliest".into(), "second".into()];
        failed.remedy = Some("do \"this\"".into());
        let url = |url: &str| Link { title: "Page".into(), path: "/p".into(), url: Some(url.into()) };
        failed.links = vec![url("https://acme.my.salesforce.com/p?a=1&b=2"), url("javascript:alert(1)")];
        let mut warned = check("clock.skew", CheckStatus::Warn, "12 s");
        warned.reason = Some("clock-ahead".into());
        let checks = vec![
            check("config.complete", CheckStatus::Pass, "there"),
            warned,
            failed,
            check("identity.match", CheckStatus::Skip, "needs grant.accepted"),
        ];
        Entry {
            name: name.into(),
            outcome: Ok(VerifyResult {
                ok: false,
                org: Some(name.into()),
                username: Some("int@acme.example".into()),
                login_url: Some("https://acme.my.salesforce.com".into()),
                failed: Some("grant.accepted".into()),
                logins: 1,
                checks,
                identity: None,
                warnings: vec![],
            }),
        }
    }

    /// The same with nothing failed.
    pub(in crate::cli) fn fine(name: &str) -> Entry {
        let mut entry = failing(name);
        if let Ok(result) = &mut entry.outcome {
            result.checks.truncate(2);
            (result.ok, result.failed) = (true, None);
        }
        entry
    }

    /// An org that is not there.
    pub(in crate::cli) fn unknown(name: &str) -> Entry {
        Entry { name: name.into(), outcome: Err(Error::new(Reason::UnknownOrg, "no org of this name").hint("look")) }
    }

    #[test]
    fn strictness_concerns_warnings() {
        let (lenient, strict) = (fine("a").judged(false), fine("a").judged(true));
        assert!(lenient.is_fine() && lenient.is_warned() && !strict.is_fine() && !strict.is_warned());
        assert_eq!(strict.outcome.unwrap().failed.as_deref(), Some("clock.skew"));
        assert_eq!(failing("a").judged(true).outcome.unwrap().failed.as_deref(), Some("grant.accepted"));
        assert!(!failing("a").is_fine() && !unknown("a").judged(true).is_fine());
    }
}
