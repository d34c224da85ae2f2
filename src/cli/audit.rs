//! `sf-jwt audit`: what must never be packaged or committed.

use super::render::{BOLD, CYAN, Console, RED, YELLOW};
use super::{Context, Exit};
use crate::audit::{Audit as Outcome, Finding, Level, Rule, sarif};
use crate::error::{EXIT_NEGATIVE_RESULT, Error, Reason, Result};
use crate::ops::audit as ops;
use crate::protocol::audit::{AuditCounts, AuditResult};
use crate::protocol::types::Warning;
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Find what must never be packaged or committed
///
/// Looks for private keys in any encoding, keystores, consumer secrets, tokens, stored logins, .env files, and for
/// apps, users and hosts hard-coded in Apex. What git ignores is left out; in a package folder of sfdx-project.json
/// only what .forceignore names, because the rest ships. Zip archives are opened. Secrets are never shown. Exits with
/// 3 when something of level error was found. A comment `sf-jwt:allow RULE` on the same line or the one before
/// accepts a finding; a file .sf-jwt-allow, written like .gitignore, accepts all findings in the files it names.
#[derive(Args)]
pub(super) struct Audit {
    /// Folders and files; the current folder when none is given
    #[arg(value_name = "PATH", default_value = ".", hide_default_value = true)]
    paths: Vec<PathBuf>,

    /// The form of the answer; --json is --format json
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Format>,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people, and how to do it instead
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code-scanning services and editors
    Sarif,
}

impl Audit {
    pub(super) fn run(&self, context: &Context) -> Result<Exit> {
        let json = context.console.json();
        let format = self.format.unwrap_or(if json { Format::Json } else { Format::Text });
        if json && format != Format::Json {
            let error = Error::usage(Reason::ConflictingParameters, "--format", "--json is --format json");
            return Err(error.hint("leave one of them out"));
        }
        let console = context.console.answering_json(format == Format::Json);
        let mut progress = Progress::new(!context.global.quiet && std::io::stderr().is_terminal());
        let audited = ops::audit(&self.paths, &mut |files| progress.tell(files));
        progress.end();
        let audit = match audited {
            Ok(audit) => audit,
            Err(error) => {
                console.complain(&error, None)?;
                return Ok(error.kind().exit_code());
            }
        };
        match format {
            Format::Text => tell(&audit, &console)?,
            Format::Json => console.value(&AuditResult::from(&audit))?,
            Format::Sarif => {
                console.value(&sarif::log(&audit.findings, &audit.warnings, env!("CARGO_PKG_VERSION")))?;
            }
        }
        Ok(if audit.ok() { 0 } else { EXIT_NEGATIVE_RESULT })
    }
}

/// Findings on stdout, one a line, then how to do it instead, once per remedy; the rest on stderr.
fn tell(audit: &Outcome, console: &Console) -> Result<()> {
    let warnings: Vec<Warning> = audit.warnings.iter().cloned().map(Warning::from).collect();
    console.warn(&warnings);
    let found: Vec<&Finding> = audit.open().collect();
    let mut text: String = found.iter().map(|finding| line(finding)).collect();
    let rules: BTreeSet<Rule> = found.iter().map(|f| f.rule).collect();
    let mut remedies: Vec<(&str, Vec<&str>)> = Vec::new();
    for rule in rules {
        match remedies.iter_mut().find(|(remedy, _)| *remedy == rule.instead()) {
            Some((_, ids)) => ids.push(rule.id()),
            None => remedies.push((rule.instead(), vec![rule.id()])),
        }
    }
    for (remedy, ids) in remedies {
        text += &format!("\n{BOLD}{}{BOLD:#}\n  {remedy}\n", ids.join(", "));
    }
    if !text.is_empty() {
        console.text(&text)?;
    }
    let result = AuditResult::from(audit);
    console.note(&summary(result.files, &result.counts));
    Ok(())
}

/// `file:line:column: level: what [rule]: excerpt`, which editors and CI logs turn into links.
fn line(finding: &Finding) -> String {
    let Finding { rule, file, member, line, column, excerpt, .. } = finding;
    let style = match rule.level() {
        Level::Error => RED,
        Level::Warning => YELLOW,
        Level::Note => CYAN,
    };
    let member = member.as_ref().map_or_else(String::new, |m| format!("!{m}"));
    let place: String =
        format!("{file}{member}").chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let (level, what, id) = (rule.level(), rule.what(), rule.id());
    format!("{BOLD}{place}:{line}:{column}{BOLD:#}: {style}{level}{style:#}: {what} [{id}]: {excerpt}\n")
}

fn summary(files: usize, counts: &AuditCounts) -> String {
    let counted = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let AuditCounts { error, warning, note, allowed } = *counts;
    let mut text = format!(
        "{} audited: {}, {}, {}",
        counted(files, "file"),
        counted(error, "error"),
        counted(warning, "warning"),
        counted(note, "note")
    );
    if allowed > 0 {
        text += &format!("; {allowed} accepted");
    }
    text
}

/// A line on the terminal that says how far a long audit has come.
struct Progress {
    shown: bool,
    wanted: bool,
    next: Instant,
}

/// How long an audit runs before anything is said.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line changes.
const PERIOD: Duration = Duration::from_millis(200);

impl Progress {
    fn new(wanted: bool) -> Self {
        Progress { shown: false, wanted, next: Instant::now() + PATIENCE }
    }

    fn tell(&mut self, files: usize) {
        if self.wanted && Instant::now() >= self.next {
            let _ = write!(anstream::stderr(), "\r{files} files audited"); // nobody reads it: no harm
            self.next = Instant::now() + PERIOD;
            self.shown = true;
        }
    }

    fn end(&self) {
        if self.shown {
            let _ = write!(anstream::stderr(), "\r{:40}\r", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_editors_expect() {
        let finding = Finding {
            rule: Rule::RefreshToken,
            file: "a\u{1b}.txt".to_owned(),
            member: Some("b.js".to_owned()),
            line: 2,
            column: 5,
            excerpt: "5Aep\u{2026}".to_owned(),
            allowed: None,
        };
        assert_eq!(
            anstream::adapter::strip_str(&line(&finding)).to_string(),
            "a\u{fffd}.txt!b.js:2:5: error: a Salesforce refresh token [refresh-token]: 5Aep\u{2026}\n"
        );
    }

    #[test]
    fn the_summary_counts() {
        let counts = AuditCounts { error: 1, warning: 0, note: 2, allowed: 1 };
        assert_eq!(summary(1, &counts), "1 file audited: 1 error, 0 warnings, 2 notes; 1 accepted");
    }
}
