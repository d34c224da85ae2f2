//! `sf-jwt serve`, and the flags that restrict what a client may do, which `sf-jwt call` shares.

use super::{Context, Exit};
use crate::error::{Error, Reason, Result};
use crate::ops::credentials::Terms;
use crate::ops::orgs::CallTerms;
use crate::protocol::methods::METHODS;
use crate::rpc::framing::{Framing, MAX_FRAME};
use crate::rpc::methods::{Server, methods};
use crate::rpc::rules::{Orgs, Rules};
use crate::rpc::stdio::{self, Options};
use clap::{Args, ValueEnum};
use std::convert::Infallible;

/// Answer JSON-RPC 2.0 calls on stdin and stdout
#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    rules: RuleFlags,

    /// How messages are told apart; auto follows the client's first byte
    #[arg(long, value_enum, default_value_t)]
    framing: FramingFlag,

    /// The largest message, in bytes
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true, default_value_t = MAX_FRAME, value_parser = max_frame)]
    max_frame: usize,

    /// Accepted for editors that add it; stdio is all there is
    #[arg(long)]
    stdio: bool,
}

/// What a client may do.
#[derive(Args, Clone)]
#[command(next_help_heading = "What calls may do")]
pub(super) struct RuleFlags {
    /// Only these orgs, or `configured` for all configured ones; no connections described by a call
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = trimmed)]
    orgs: Option<Vec<String>>,

    /// Only these methods
    #[arg(long, value_name = "METHODS", value_delimiter = ',', value_parser = trimmed)]
    methods: Option<Vec<String>>,

    /// Let connections described by a call lead to this machine
    #[arg(long)]
    allow_loopback: bool,

    /// Let connections described by a call run commands for their key
    #[arg(long)]
    allow_commands: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum FramingFlag {
    /// By the first byte
    #[default]
    Auto,
    /// One JSON text per line
    Lines,
    /// Content-Length headers, as in the Language Server Protocol
    ContentLength,
}

impl Serve {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let server = self.rules.server(context, self.max_frame)?;
        quiet_panics();
        let framing = match self.framing {
            FramingFlag::Auto => None,
            FramingFlag::Lines => Some(Framing::Lines),
            FramingFlag::ContentLength => Some(Framing::ContentLength),
        };
        let streams = stdio::system()
            .map_err(|e| Error::new(Reason::Internal, "the standard streams cannot be used").because(e))?;
        Ok(stdio::serve(methods(server), Options { framing, max_frame: self.max_frame }, streams))
    }
}

impl RuleFlags {
    /// What the methods work with.
    pub(super) fn server(&self, context: &Context, max_frame: usize) -> Result<Server> {
        if !context.global.org.is_empty() {
            let error = Error::usage(Reason::ConflictingParameters, "org", "`--org` means nothing here");
            return Err(error.hint("calls name their org; `--orgs` says which ones they may name"));
        }
        // standard input is the client's, and nobody can be asked
        let mut service = context.service();
        service.fetching = Terms::server(context.global.timeout);
        Ok(Server { service, rules: self.rules()?, max_frame })
    }

    fn rules(&self) -> Result<Rules> {
        let orgs = match self.orgs.as_deref() {
            None => Orgs::Any,
            Some([only]) if only == "configured" => Orgs::Configured,
            Some(names) if names.iter().any(String::is_empty) => {
                return Err(Error::usage(Reason::InvalidParameter, "orgs", "an org's name is empty"));
            }
            Some(names) => Orgs::Only(names.to_vec()),
        };
        let known = |name: &String| METHODS.iter().any(|method| method.name == name && !method.notification);
        if !self.methods.iter().flatten().all(known) {
            let names: Vec<&str> = METHODS.iter().filter(|m| m.optional).map(|m| m.name).collect();
            let error = Error::usage(Reason::InvalidParameter, "methods", "there is no such method");
            return Err(error.hint(format!("accepted: {}", names.join(", "))));
        }
        let terms = CallTerms { allow_commands: self.allow_commands, allow_loopback: self.allow_loopback };
        Ok(Rules { orgs, methods: self.methods.clone(), terms })
    }
}

/// One of several names, as people write lists.
fn trimmed(name: &str) -> Result<String, Infallible> {
    Ok(name.trim().to_owned())
}

fn max_frame(text: &str) -> Result<usize, String> {
    let accepted = 1024..=(64 << 20);
    text.parse().ok().filter(|bytes| accepted.contains(bytes)).ok_or_else(|| "expected 1024 to 67108864 bytes".into())
}

/// A panic is answered with -32603. The words of one may hold what was being worked on, so only its place is told,
/// and only with `-v`.
fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!("a defect of sf-jwt at {place}");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        rules: RuleFlags,
    }

    #[test]
    fn names_may_have_spaces_around_them() {
        let read = |line: &[&str]| Line::try_parse_from([&["serve"], line].concat()).unwrap().rules.rules();
        let rules = read(&["--orgs", "uat, acme ", "--methods", "token, orgs"]).unwrap();
        assert_eq!(rules.orgs, Orgs::Only(vec!["uat".to_owned(), "acme".to_owned()]));
        assert_eq!(rules.methods, Some(vec!["token".to_owned(), "orgs".to_owned()]));
        assert_eq!(read(&["--orgs", " configured"]).unwrap().orgs, Orgs::Configured);
        assert!(read(&["--orgs", "uat, "]).is_err());
    }
}
