//! All words for people, and the two streams they go to: stdout carries the answer and nothing else; warnings,
//! progress and errors go to stderr.

use super::{ColorWhen, Exit};
use crate::error::{Error, Reason, Result};
use crate::protocol::types::{ErrorObject, Warning};
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::io::Write;
use std::process::ExitCode;

/// Emphasis for a label.
pub(crate) const BOLD: Style = Style::new().bold();
/// Emphasis for what went wrong.
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
/// Emphasis for what is well.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();
/// Emphasis for what deserves attention.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
/// Emphasis for addresses.
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// Where a command's words go.
pub(crate) struct Console {
    json: bool,
    quiet: bool,
}

impl Console {
    pub(crate) fn new(json: bool, quiet: bool, color: ColorWhen) -> Self {
        match color {
            ColorWhen::Auto => {}
            ColorWhen::Always => anstream::ColorChoice::AlwaysAnsi.write_global(),
            ColorWhen::Never => anstream::ColorChoice::Never.write_global(),
        }
        Console { json, quiet }
    }

    /// The same streams, for a command whose own flag asks for JSON.
    pub(crate) fn answering_json(&self, json: bool) -> Console {
        Console { json: self.json || json, quiet: self.quiet }
    }

    /// Whether the answer is to be JSON.
    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// Writes text for people to stdout, followed by a newline if it has none.
    pub(crate) fn text(&self, text: &str) -> Result<()> {
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        let mut out = anstream::stdout().lock();
        write!(out, "{text}{newline}").and_then(|()| out.flush()).map_err(unwritten)
    }

    /// Writes exact bytes to stdout: an answer whose form is fixed.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(unwritten)
    }

    /// Writes one JSON value and a newline to stdout.
    pub(crate) fn value(&self, value: &impl Serialize) -> Result<()> {
        let mut bytes = serde_json::to_vec(value)
            .map_err(|e| Error::new(Reason::Internal, "the answer could not be written as JSON").because(e))?;
        bytes.push(b'\n');
        self.bytes(&bytes)
    }

    /// Tells what deserves attention, on stderr unless `--quiet`.
    pub(crate) fn warn(&self, warnings: &[Warning]) {
        for warning in warnings.iter().filter(|_| !self.quiet) {
            self.note(&format!("{YELLOW}warning{YELLOW:#}: {} [{}]", warning.message, warning.reason));
        }
    }

    /// Tells how things go, on stderr unless `--quiet`.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            // Nobody reads stderr: that must not end the work.
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// Ends the command: tells an error, and gives the exit code.
    pub(crate) fn finish(&self, outcome: Result<Exit>) -> ExitCode {
        let error = match outcome {
            Ok(code) => return ExitCode::from(code),
            Err(error) if is_closed_pipe(&error) => return ExitCode::SUCCESS,
            Err(error) => error,
        };
        if self.complain(&error, None).is_err() {
            // stdout takes nothing: then stderr, and if that does not either, the exit code alone
            let _ = write!(anstream::stderr(), "{}", error_text(&error));
        }
        ExitCode::from(error.kind().exit_code())
    }

    /// Tells an error. Where several orgs or targets are asked for, `whose` says which one it is about: the key in
    /// JSON, and the name.
    pub(crate) fn complain(&self, error: &Error, whose: Option<(&str, &str)>) -> Result<()> {
        if self.json {
            let mut object = serde_json::json!({"error": ErrorObject::from(error)});
            if let Some((key, name)) = whose {
                object[key] = name.into();
            }
            return self.value(&object);
        }
        let warnings: Vec<_> = error.details().warnings.iter().cloned().map(Warning::from).collect();
        self.warn(&warnings);
        let name = whose.map(|(_, name)| format!("{BOLD}{name}{BOLD:#}: ")).unwrap_or_default();
        // Nobody reads stderr: that must not end the work.
        let _ = write!(anstream::stderr(), "{name}{}", error_text(error));
        Ok(())
    }
}

fn unwritten(source: std::io::Error) -> Error {
    Error::new(Reason::Internal, "the answer could not be written to stdout").because(source)
}

/// The reader of our stdout has gone: nothing is wrong, and nobody listens.
pub(crate) fn is_closed_pipe(error: &Error) -> bool {
    std::error::Error::source(error)
        .and_then(|s| s.downcast_ref::<std::io::Error>())
        .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}

/// An error for people: what happened, what to do, why it may be, where to look.
pub(crate) fn error_text(error: &Error) -> String {
    let details = error.details();
    let mut text = format!("{RED}error{RED:#}: {} [{}]\n", error.message(), error.reason().code());
    if details.cached == Some(true) {
        text += "  remembered from a few seconds ago; --fresh asks again\n";
    }
    if let Some(hint) = &details.hint {
        text += &format!("  {BOLD}hint{BOLD:#}: {hint}\n");
    }
    if !details.causes.is_empty() {
        text += &format!("  {BOLD}likely causes{BOLD:#}, most likely first:\n");
        for (number, cause) in details.causes.iter().enumerate() {
            text += &format!("    {}. {cause}\n", number + 1);
        }
    }
    for link in &details.links {
        let place = link.url.as_deref().unwrap_or(&link.path);
        text += &format!("  {BOLD}open{BOLD:#}: {} {CYAN}{place}{CYAN:#}\n", link.title);
    }
    text
}

/// Prints what happens on stderr: our own story only, since other crates' traces may hold requests.
pub(super) fn tell_the_story(verbose: u8) {
    use tracing::level_filters::LevelFilter;
    use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(false).with_target(false).without_time();
    let ours = Targets::new().with_target("sf_jwt", level);
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Link;

    #[test]
    fn an_error_is_laid_out_for_reading() {
        let error = Error::new(Reason::AppNotInstalled, "the app is not installed in this org")
            .hint("an admin installs it")
            .cause("never installed")
            .cause("removed")
            .link(Link { title: "Install".into(), path: "/i".into(), url: Some("https://a/i".into()) });
        let text = anstream::adapter::strip_str(&error_text(&error)).to_string();
        assert_eq!(
            text,
            "error: the app is not installed in this org [app-not-installed]\n  hint: an admin installs it\n  \
             likely causes, most likely first:\n    1. never installed\n    2. removed\n  open: Install https://a/i\n"
        );
    }
}
