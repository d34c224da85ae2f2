//! The ledger of logins: one line for each exchange, so that a loop somewhere cannot use up what Salesforce allows
//! a user (3600 logins an hour; reference: Salesforce Help, "Login rate exceeded") and lock everybody out.
//!
//! A file for each clock hour, only ever appended to: writing needs no lock, and old hours go by being deleted.

use crate::error::{Error, Reason, Result};
use crate::time::Timestamp;

/// The window that logins are counted in, in seconds.
const HOUR: i64 = 3600;

/// The number of the clock hour that a moment lies in: the window before a moment touches this one and the one
/// before.
pub fn hour(now: Timestamp) -> i64 {
    now.0.div_euclid(HOUR)
}

/// The line that records a login.
pub fn line(now: Timestamp) -> String {
    format!("{}\n", now.0)
}

/// How many logins the lines record in the hour before now. Damaged lines do not count.
pub fn count(lines: &[u8], now: Timestamp) -> u32 {
    let moments = lines.split(|b| *b == b'\n').filter_map(|line| std::str::from_utf8(line).ok()?.parse().ok());
    let recent = moments.filter(|moment: &i64| (0..HOUR).contains(&now.seconds_since(Timestamp(*moment))));
    u32::try_from(recent.count()).unwrap_or(u32::MAX)
}

/// Whether one more login is within the budget.
///
/// # Errors
/// `login-budget`.
pub fn admit(username: &str, logins: u32, budget: u32) -> Result<()> {
    if logins < budget {
        return Ok(());
    }
    Err(Error::new(
        Reason::LoginBudget,
        format!("{username} has logged in {logins} times in the past hour, which is all that is allowed here"),
    )
    .hint(
        "something asks for new tokens again and again: find it, or raise max-logins-per-hour (Salesforce allows 3600)",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_past_hour_counts() {
        let now = Timestamp(1_795_342_931);
        let at = |ago: i64| line(Timestamp(now.0 - ago));
        let lines = [at(3600), at(3599), at(10), at(0), "garbage\n\u{0}\n".into(), at(-60), "17953".into()].concat();
        assert_eq!(count(lines.as_bytes(), now), 3);
        assert_eq!(count(b"", now), 0);
        assert_eq!(hour(now) - hour(Timestamp(now.0 - HOUR)), 1);
    }

    #[test]
    fn the_budget_is_a_limit() {
        assert!(admit("a@b.c", 599, 600).is_ok());
        assert_eq!(admit("a@b.c", 600, 600).unwrap_err().reason(), Reason::LoginBudget);
    }
}
