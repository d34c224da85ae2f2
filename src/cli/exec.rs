//! `sf-jwt exec`

use super::connection::ConnectionFlags;
use super::{Context, Exit, duration, token_format};
use crate::error::{Error, Reason, Result};
use crate::host::exec::{Environment, become_program};
use crate::ops::token::{self, Wishes};
use crate::protocol::types::TokenResult;
use clap::Args;
use std::ffi::OsString;
use std::io;
use std::time::Duration;

/// Our own failures, so that they are told from the command's, as `env` and `timeout` do it (POSIX `env`).
pub(super) const FAILED: Exit = 125;
/// The command is there but cannot be run.
const NOT_RUNNABLE: Exit = 126;
/// There is no such command.
const NOT_FOUND: Exit = 127;

/// Run a command with a token in its environment
///
/// Sets SF_ACCESS_TOKEN, SF_INSTANCE_URL, SF_ORG_INSTANCE_URL, SF_ORG_ID and SF_USERNAME, removes the variables
/// that hold keys and passphrases, and becomes the command. Exits with 125 when there is no token, 126 when the
/// command cannot be run, 127 when it does not exist, else with the command's own code.
#[derive(Args)]
pub(super) struct Exec {
    #[command(flatten)]
    connection: ConnectionFlags,

    /// Log in anew instead of using a token that is there
    #[arg(long)]
    fresh: bool,

    /// How long the token must still live
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, default_value = "0s", value_parser = duration)]
    min_validity: Duration,

    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// Whether arguments that could not be understood were meant for this command.
pub(super) fn is_meant(arguments: &[OsString]) -> bool {
    let understood = super::command("sf-jwt").ignore_errors(true).try_get_matches_from(arguments);
    understood.is_ok_and(|matches| matches.subcommand_name() == Some("exec"))
}

impl Exec {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(Error::usage(Reason::MissingParameter, "cmd", "a command is needed after `--`"));
        };
        let (result, hidden) = match self.prepared(context) {
            Ok(prepared) => prepared,
            // a signal ends this command as it would end the other
            Err(error) if error.reason() == Reason::Cancelled => return Err(error),
            Err(error) => return context.console.complain(&error, None).map(|()| FAILED),
        };
        let set = token_format::variables(&result);
        let error = become_program(program, arguments, Environment { set: &set, hidden: &hidden });
        let (exit, what) = match error.kind() {
            io::ErrorKind::NotFound => (NOT_FOUND, "does not exist"),
            io::ErrorKind::PermissionDenied => (NOT_RUNNABLE, "may not be run"),
            _ => (NOT_RUNNABLE, "cannot be run"),
        };
        let error = Error::usage(Reason::InvalidParameter, "cmd", format!("the command {what}")).because(error);
        context.console.complain(&error, None).map(|()| exit)
    }

    /// The token, and the variables to be kept from the command.
    fn prepared(&self, context: &Context) -> Result<(TokenResult, Vec<String>)> {
        let found = self.connection.find(context)?;
        let hidden = context.secret_variables(found.draft.clone());
        let wishes = Wishes { fresh: self.fresh, min_validity: self.min_validity, rejected: None };
        let result = context.block_on(token::token(&context.service(), &found, wishes))?;
        token_format::plain(&result)?;
        context.console.warn(&result.warnings);
        Ok((result, hidden))
    }
}
