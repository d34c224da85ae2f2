//! Until when a token is handed out.
//!
//! A JWT-format token knows its own `exp`. An opaque one does not: Salesforce sends no `expires_in`, and its session
//! policy (15 minutes to 24 hours, sliding) cannot be seen from here, so the org's `token-lifetime` says how long it
//! is reused. It may die earlier; that is what [`Ask::rejected`] is for.

use crate::error::{Error, Reason, Result};
use crate::oauth::grant::Grant;
use crate::protocol::types::ExpirySource;
use crate::secret::SecretString;
use crate::time::Timestamp;
use std::time::Duration;

/// A JWT-format token is not handed out in its last minute (or its last fifth, if that is shorter): its `exp` is by
/// Salesforce's clock, and a request has to get there in time. Tokens can be as short as one minute.
const MARGIN: Duration = Duration::from_secs(60);

/// A token issued further in the future than this was kept before the clock was set back: its age is unknown.
const TOLERANCE: Duration = Duration::from_secs(60);

/// Until when a token is handed out, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// The moment.
    pub at: Timestamp,
    /// The token itself, or our setting.
    pub source: ExpirySource,
}

impl Expiry {
    /// The expiry of a token under a lifetime setting.
    pub fn of(grant: &Grant, lifetime: Duration) -> Expiry {
        match grant.own_expiry() {
            Some(at) => Expiry { at, source: ExpirySource::Token },
            None => Expiry { at: grant.issued_at.plus(lifetime), source: ExpirySource::LifetimeSetting },
        }
    }
}

/// What one caller wants of a token.
#[derive(Clone, Debug)]
pub struct Ask {
    /// How long an opaque token is reused.
    pub lifetime: Duration,
    /// How long the token must still live.
    pub min_validity: Duration,
    /// Skip what is there already.
    pub fresh: bool,
    /// The caller saw this token refused with 401.
    pub rejected: Option<SecretString>,
}

impl Ask {
    /// Whether the wish can be granted at all, as far as a living token tells or, without one, the setting.
    ///
    /// # Errors
    /// `invalid-parameter` for a minimal validity above the tokens' whole life: every answer would be a login.
    pub fn check(&self, known: Option<&Grant>) -> Result<()> {
        let whole = match known.and_then(Grant::own_expiry).zip(known) {
            Some((exp, grant)) => exp.seconds_since(grant.issued_at),
            None => seconds(self.lifetime),
        };
        if seconds(self.min_validity) <= whole {
            return Ok(());
        }
        let own = known.is_some_and(|grant| grant.own_expiry().is_some());
        let message = format!("no token of this org is handed out for longer than {whole} s");
        let hint = match own {
            true => "ask for less, or let the app issue tokens with a longer timeout",
            false => "ask for less, or raise the org's token-lifetime",
        };
        Err(Error::usage(Reason::InvalidParameter, "min-validity", message).hint(hint))
    }

    /// Whether a token that is already there may be handed out to this caller now, but for [`Ask::fresh`].
    pub fn accepts(&self, grant: &Grant, now: Timestamp) -> bool {
        let Expiry { at, source } = Expiry::of(grant, self.lifetime);
        let margin = match source {
            ExpirySource::Token => seconds(MARGIN).min(at.seconds_since(grant.issued_at) / 5).max(0),
            ExpirySource::LifetimeSetting => 0,
        };
        let left = at.seconds_since(now);
        left > margin
            && left >= seconds(self.min_validity)
            && grant.issued_at.seconds_since(now) <= seconds(TOLERANCE)
            && !self.rejects(grant)
    }

    /// Whether this is the very token that the caller saw refused.
    pub fn rejects(&self, grant: &Grant) -> bool {
        self.rejected.as_ref().is_some_and(|token| token.expose() == grant.access_token.expose())
    }

    /// Judges a token that was issued this moment.
    ///
    /// # Errors
    /// `token-rejected` when it is the refused one again: a second login would not help, so there is none;
    /// `clock-skew` when it is past its own expiry by our clock; `invalid-parameter` when it lives shorter than
    /// was asked.
    pub fn judge_new(&self, grant: &Grant, now: Timestamp) -> Result<()> {
        if self.rejects(grant) {
            let message = "Salesforce issued the very token again that was refused with 401";
            let hint = "look at what refuses it: a wrong instance URL, an IP restriction on the session, or an API \
                        that this token is not for (JWT-format tokens work for REST only)";
            return Err(Error::new(Reason::TokenRejected, message).hint(hint));
        }
        match Expiry::of(grant, self.lifetime).at.seconds_since(now) {
            left if left <= 0 => Err(Error::new(
                Reason::ClockSkew,
                format!("the new token is past its own expiry by {} s of our clock", left.saturating_neg()),
            )
            .hint("set this machine's clock")),
            left if left < seconds(self.min_validity) => self.check(Some(grant)),
            _ => Ok(()),
        }
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    pub(crate) const NOW: Timestamp = Timestamp(1_795_342_931);

    pub(crate) fn grant(token: &str, age: i64) -> Grant {
        Grant {
            access_token: token.to_owned().into(),
            instance_url: "https://acme.my.salesforce.com".into(),
            api_instance_url: None,
            identity_url: Some("https://login.salesforce.com/id/00D5e000005AHE7EAO/0055e000001abcDAAQ".into()),
            scopes: vec!["api".into()],
            audience: "https://acme.my.salesforce.com".into(),
            issued_at: Timestamp(NOW.0 - age),
        }
    }

    fn jwt(age: i64, life: i64) -> Grant {
        let claims = format!("{{\"exp\":{}}}", NOW.0 - age + life);
        grant(&format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(claims)), age)
    }

    pub(crate) fn ask() -> Ask {
        Ask { lifetime: Duration::from_secs(600), min_validity: Duration::ZERO, fresh: false, rejected: None }
    }

    #[test]
    fn how_long_a_token_is_handed_out() {
        let table = [
            (grant("t", 0), 0, true),
            (grant("t", 599), 0, true),
            (grant("t", 600), 0, false),
            (grant("t", 540), 60, true),
            (grant("t", 541), 60, false),
            (grant("t", -59), 0, true), // the clock was corrected a little
            (grant("t", -61), 0, false),
            (jwt(0, 1800), 0, true),
            (jwt(1739, 1800), 0, true),
            (jwt(1740, 1800), 0, false), // within the margin
            (jwt(1801, 1800), 0, false),
            (jwt(47, 60), 0, true),
            (jwt(48, 60), 0, false), // the last fifth of a short life
            (jwt(0, 1800), 1800, true),
            (jwt(1, 1800), 1800, false),
        ];
        for (row, (grant, min_validity, expected)) in table.into_iter().enumerate() {
            let ask = Ask { min_validity: Duration::from_secs(min_validity), ..ask() };
            assert_eq!(ask.accepts(&grant, NOW), expected, "row {row}");
        }
    }

    #[test]
    fn each_reader_has_its_own_lifetime() {
        let old = grant("t", 700);
        assert!(!ask().accepts(&old, NOW));
        assert!(Ask { lifetime: Duration::from_secs(900), ..ask() }.accepts(&old, NOW));
    }

    #[test]
    fn expiry_says_where_it_comes_from() {
        let opaque = Expiry::of(&grant("t", 0), Duration::from_secs(600));
        assert_eq!((opaque.at.0 - NOW.0, opaque.source), (600, ExpirySource::LifetimeSetting));
        let own = Expiry::of(&jwt(0, 900), Duration::from_secs(600));
        assert_eq!((own.at.0 - NOW.0, own.source), (900, ExpirySource::Token));
    }

    #[test]
    fn a_wish_beyond_the_whole_life_is_a_usage_error() {
        let wish = |s| Ask { min_validity: Duration::from_secs(s), ..ask() };
        assert!(wish(600).check(None).is_ok());
        let error = wish(601).check(None).unwrap_err();
        assert_eq!(
            (error.reason(), error.details().field.as_deref()),
            (Reason::InvalidParameter, Some("min-validity"))
        );
        assert!(wish(1200).check(Some(&jwt(5, 1800))).is_ok());
        assert!(wish(400).check(Some(&jwt(0, 300))).is_err());
        assert!(wish(400).judge_new(&jwt(0, 300), NOW).is_err());
    }

    #[test]
    fn a_new_token_that_is_dead_or_refused_is_an_error() {
        assert!(ask().judge_new(&grant("t", 0), NOW).is_ok());
        assert_eq!(ask().judge_new(&jwt(61, 60), NOW).unwrap_err().reason(), Reason::ClockSkew);
        let ask = Ask { rejected: Some("t".to_owned().into()), ..ask() };
        assert_eq!(ask.judge_new(&grant("t", 0), NOW).unwrap_err().reason(), Reason::TokenRejected);
        assert!(!ask.accepts(&grant("t", 0), NOW));
        assert!(ask.accepts(&grant("u", 0), NOW));
    }
}
