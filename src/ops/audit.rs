//! Audits folders and files for what must never be packaged or committed.

use crate::audit::{self, Allowed, Audit, FILE_CAP, Finding, Level};
use crate::error::{Error, Reason, Result, Warning};
use crate::host::files::{self, FileError};
use crate::host::tree::{self, Item, Place};
use crate::secret::shown;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// Looks at every file below these paths that is packaged or committed. `progress` is told how many files have
/// been looked at, after each.
///
/// Errors: a path that does not exist. Whatever cannot be read below one is a warning.
pub fn audit(paths: &[PathBuf], progress: &mut dyn FnMut(usize)) -> Result<Audit> {
    let mut audit = Audit::default();
    let mut seen = HashSet::new();
    for path in paths {
        let walked = tree::walk(path, &mut |item| match item {
            Item::File(place) => {
                if seen.insert(place.path.to_owned())
                    && let Some(findings) = audit.look(&place)
                {
                    audit.findings.extend(findings);
                    audit.files += 1;
                    progress(audit.files);
                }
            }
            Item::LeftOut(place) => {
                if seen.insert(place.path.to_owned())
                    && let Some(findings) = audit.look(&place)
                {
                    audit.files += 1;
                    audit.warn_of_left_out(&place, &findings);
                }
            }
            Item::Trouble(place, what) => audit.warn("not-audited", &place, &what),
        });
        walked.map_err(|e| unusable(path, &e))?;
    }
    Ok(audit)
}

impl Audit {
    /// The findings in a file; `None` when it cannot be read.
    fn look(&mut self, place: &Place<'_>) -> Option<Vec<Finding>> {
        let contents = match files::read(place.path, FILE_CAP) {
            Ok(contents) => contents,
            Err(error) => {
                let error = FileError { path: printable(place.shown).into(), fault: error.fault };
                self.warnings.push(Warning::new("not-audited", error.to_string()));
                return None;
            }
        };
        let inspection = audit::inspect(place.shown, &contents.bytes);
        for trouble in inspection.troubles {
            self.warn("not-audited-whole", place, &format!("was not audited whole: {trouble}"));
        }
        let mut findings = inspection.findings;
        for finding in findings.iter_mut().filter(|_| place.allowed) {
            finding.allowed = finding.allowed.or(Some(Allowed::List));
        }
        Some(findings)
    }

    /// What `.forceignore` leaves out is no package's affair, but it is in the repository.
    fn warn_of_left_out(&mut self, place: &Place<'_>, findings: &[Finding]) {
        let errors = findings.iter().filter(|f| f.rule.level() == Level::Error && f.allowed.is_none());
        let whats: BTreeSet<&str> = errors.map(|f| f.rule.what()).collect();
        if !whats.is_empty() {
            let whats = Vec::from_iter(whats).join(", ");
            let what = format!("holds {whats}: .forceignore leaves it out of the package, but git does not ignore it");
            self.warn("not-ignored-by-git", place, &what);
        }
    }

    fn warn(&mut self, code: &'static str, place: &Place<'_>, what: &str) {
        self.warnings.push(Warning::new(code, format!("{} {what}", printable(place.shown))));
    }
}

/// File names may hold control characters, which would reach the terminal.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    let path = printable(&shown(path));
    let what = match error.kind() {
        std::io::ErrorKind::NotFound => format!("{path} does not exist"),
        _ => format!("{path} cannot be audited: {error}"),
    };
    Error::usage(Reason::InvalidParameter, "path", what).hint("name files and folders that exist")
}
