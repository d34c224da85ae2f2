//! The result of `sf-jwt audit --json`. An audit is asked for on the command line only, so it is no method.

use super::types::Warning;
use crate::audit::{Audit, Finding, Level};
use serde::Serialize;

/// What an audit found.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditResult {
    /// Whether nothing of level `error` was found.
    pub ok: bool,
    /// How many files were looked at.
    pub files: usize,
    /// How many findings there are of each level.
    pub counts: AuditCounts,
    /// What was found, by file and place.
    pub findings: Vec<AuditFinding>,
    /// What could not be looked at, and why.
    pub warnings: Vec<Warning>,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditCounts {
    /// Must be removed.
    pub error: usize,
    /// Should be looked at.
    pub warning: usize,
    /// Fine by design.
    pub note: usize,
    /// Accepted by a comment or a list, and not among the findings.
    pub allowed: usize,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditFinding {
    /// The rule's id.
    pub rule: &'static str,
    /// `error`, `warning` or `note`.
    pub level: &'static str,
    /// The file.
    pub file: String,
    /// Where in an archive, or null.
    pub member: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in Unicode code points.
    pub column: usize,
    /// What may be shown of it; never the secret.
    pub excerpt: String,
    /// What it is.
    pub title: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// How to do it instead.
    pub remedy: &'static str,
}

impl From<&Audit> for AuditResult {
    fn from(audit: &Audit) -> Self {
        let count = |level| audit.open().filter(|f| f.rule.level() == level).count();
        AuditResult {
            ok: audit.ok(),
            files: audit.files,
            counts: AuditCounts {
                error: count(Level::Error),
                warning: count(Level::Warning),
                note: count(Level::Note),
                allowed: audit.findings.len() - audit.open().count(),
            },
            findings: audit.open().map(AuditFinding::from).collect(),
            warnings: audit.warnings.iter().cloned().map(Warning::from).collect(),
        }
    }
}

impl From<&Finding> for AuditFinding {
    fn from(finding: &Finding) -> Self {
        let Finding { rule, file, member, line, column, excerpt, allowed: _ } = finding.clone();
        let (level, title, why, remedy) = (rule.level().name(), rule.what(), rule.why(), rule.instead());
        AuditFinding { rule: rule.id(), level, file, member, line, column, excerpt, title, why, remedy }
    }
}
