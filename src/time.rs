//! Moments and their written form: whole seconds since the epoch, and RFC 3339 in UTC with `Z`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;

/// A moment in whole seconds since 1970-01-01T00:00:00Z: the unit of `iat` and `exp` (RFC 7519 section 2,
/// NumericDate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment plus a duration, whose fraction of a second is dropped.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)))
    }

    /// Seconds from `earlier` to this moment; negative when `earlier` is later.
    pub fn seconds_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339.
    pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
        OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
            .ok()
            .map(|t| Timestamp(t.unix_timestamp()))
    }

    /// Reads an HTTP `Date` header (RFC 9110 section 5.6.7; its preferred form is a subset of RFC 2822's).
    pub fn parse_http_date(text: &str) -> Option<Timestamp> {
        OffsetDateTime::parse(&text.trim().replace("GMT", "+0000"), &Rfc2822)
            .ok()
            .map(|t| Timestamp(t.unix_timestamp()))
    }

    /// Writes an HTTP `Date` header (RFC 9110 section 5.6.7).
    pub fn http_date(self) -> String {
        let format =
            format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
        let moment = OffsetDateTime::from_unix_timestamp(self.0.clamp(EARLIEST, LATEST));
        moment.ok().and_then(|moment| moment.format(&format).ok()).unwrap_or_default()
    }
}

/// 0000-01-01T00:00:00Z.
const EARLIEST: i64 = -62_167_219_200;
/// 9999-12-31T23:59:59Z.
const LATEST: i64 = 253_402_300_799;

/// RFC 3339 in UTC, whole seconds, `Z`. A moment outside years 0 to 9999 is written at that range's nearer end.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
        let seconds = self.0.clamp(EARLIEST, LATEST);
        let moment = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| fmt::Error)?;
        f.write_str(&moment.format(&format).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read() {
        let moment = Timestamp(1_795_342_931);
        assert_eq!(moment.to_string(), "2026-11-22T10:22:11Z");
        assert_eq!(Timestamp::parse_rfc3339("2026-11-22T10:22:11Z"), Some(moment));
        assert_eq!(Timestamp::parse_http_date("Sun, 22 Nov 2026 10:22:11 GMT"), Some(moment));
        assert_eq!(moment.http_date(), "Sun, 22 Nov 2026 10:22:11 GMT");
        assert_eq!(Timestamp(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn arithmetic_does_not_wrap() {
        assert_eq!(Timestamp(i64::MAX).plus(Duration::MAX), Timestamp(i64::MAX));
        assert_eq!(Timestamp(5).seconds_since(Timestamp(9)), -4);
    }
}
