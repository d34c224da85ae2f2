//! What was asked and answered, without assertions, tokens and queries.

use super::address::{Place, Site};
use super::call::{Call, Reply};
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::fmt;

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, by the emulator's clock.
    pub at: Timestamp,
    /// The org's name; `None` for the login host.
    pub org: Option<String>,
    /// The method.
    pub method: String,
    /// The path, without its query.
    pub path: String,
    /// The answer's status; `None` when there was no whole answer.
    pub status: Option<u16>,
    /// The row of the reference that was replicated.
    pub row: Option<&'static str>,
    /// What was wrong, where Salesforce would not tell.
    pub why: Option<String>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry { org, method, path, status, row, why, .. } = self;
        write!(f, "{}: {method} {path} -> ", org.as_deref().unwrap_or("login host"))?;
        match status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("no answer")?,
        }
        if let Some(row) = row {
            write!(f, " [row {row}]")?;
        }
        why.as_ref().map_or(Ok(()), |why| write!(f, ": {why}"))
    }
}

/// The latest entries.
#[derive(Debug, Default)]
pub(super) struct Log(VecDeque<Entry>);

/// So many are kept.
const KEPT: usize = 10_000;

impl Log {
    pub(super) fn add(&mut self, entry: Entry) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(entry);
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.0.iter().cloned().collect()
    }
}

impl Entry {
    pub(super) fn new(at: Timestamp, call: &Call, reply: Option<&Reply>) -> Self {
        let Place { site, .. } = &call.place;
        Entry {
            at,
            org: match site {
                Site::Login => None,
                Site::Org(org) => Some(org.clone()),
            },
            method: call.method.chars().take(10).collect(),
            path: call.segments.iter().flat_map(|segment| ["/", shown(segment)]).collect(),
            status: reply.map(|reply| reply.status),
            row: reply.and_then(|reply| reply.row),
            why: reply.and_then(|reply| reply.why.clone()),
        }
    }
}

/// A path segment, unless it might be a token or an assertion.
fn shown(segment: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if segment.len() <= 40 && segment.chars().all(plain) { segment } else { "…" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_might_be_secret_is_not_shown() {
        assert_eq!(shown("AppInstallApprovalPage.apexp"), "AppInstallApprovalPage.apexp");
        assert_eq!(shown("00DEm0000000001!AQsecret"), "…");
        assert_eq!(shown(&"eyJhbGciOiJSUzI1NiJ9.".repeat(3)), "…");
    }
}
