//! The command line: arguments as types, one small file per command, and [`render`] for every word that people
//! read. A command turns its words into `protocol` parameters, calls one function of `ops`, and renders the
//! result; it decides nothing.

mod audit;
mod call;
pub(crate) mod certificate;
pub(crate) mod connection;
mod demo;
mod emulator;
mod exec;
mod explain;
mod generate;
mod handoff;
mod install_url;
mod manual;
mod orgs;
mod progress;
pub mod render;
mod report;
mod revoke;
mod serve;
mod signals;
mod token;
mod token_format;
mod usage;
mod verify_connection;

use crate::error::{Error, Reason, Result};
use crate::host::Host;
use crate::secret::{holds_secret, shown};
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use render::Console;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Headless access to Salesforce by the OAuth 2.0 JWT Bearer flow.
#[derive(Parser)]
#[command(name = "sf-jwt", disable_version_flag = true, disable_help_subcommand = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,

    /// Print the version; with --json also the protocol versions
    #[arg(short = 'V', long, action = ArgAction::SetTrue)]
    version: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

/// What can be asked.
#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
    Call(call::Call),
    Token(token::Token),
    VerifyConnection(verify_connection::VerifyConnection),
    InstallUrl(install_url::InstallUrl),
    Explain(explain::Explain),
    Emulator(emulator::Emulator),
    Demo(demo::Demo),
    Exec(exec::Exec),
    Revoke(revoke::Revoke),
    Orgs(orgs::Orgs),
    Certificate(certificate::Certificate),
    Audit(audit::Audit),
    Completions(generate::Completions),
    /// Print the manual page
    Man,
}

/// Options that every command takes.
#[derive(Args, Clone)]
pub(crate) struct Global {
    /// A configured org, by name, Salesforce CLI alias or username
    #[arg(short, long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub(crate) org: Vec<String>,

    /// Answer in JSON
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,

    /// The configuration file, instead of orgs.toml in the configuration folder
    #[arg(long, global = true, value_name = "FILE", value_parser = path(), help_heading = "Global options")]
    pub(crate) config: Option<PathBuf>,

    /// The folder for cached tokens
    #[arg(long, global = true, value_name = "DIR", value_parser = path(), help_heading = "Global options")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Keep tokens in memory only
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_cache: bool,

    /// How long the whole command may take
    #[arg(long, global = true, value_name = "DURATION", allow_hyphen_values = true, default_value = "30s", value_parser = duration, help_heading = "Global options")]
    pub(crate) timeout: Duration,

    /// Trust exactly these CA certificates, instead of the system's
    #[arg(long, global = true, value_name = "FILE", value_parser = path(), help_heading = "Global options")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Tell on stderr what happens; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,

    /// No warnings and no progress on stderr
    #[arg(short, long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,

    /// When to use colour; NO_COLOR is honoured
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", help_heading = "Global options")]
    pub(crate) color: ColorWhen,
}

/// When to use colour.
#[derive(Clone, Copy, Default, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What a command gets: the world, the global options, and where words go.
pub(crate) struct Context {
    pub(crate) host: Host,
    pub(crate) global: Global,
    pub(crate) console: Console,
}

impl Context {
    /// Runs an asynchronous verb until it is done or a signal comes.
    ///
    /// Errors: those of the work, and `cancelled`.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.block_on_whatever_comes(signals::unless_signalled(work))
    }

    /// The same for work that sees to signals itself. The runtime is made for it: commands that need none start none.
    fn block_on_whatever_comes<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Error::new(Reason::Internal, "the asynchronous runtime could not be started").because(e))?;
        let outcome = runtime.block_on(work);
        // a name that is still being looked up, or a stdin that stays open, is left behind
        runtime.shutdown_background();
        outcome
    }
}

/// The exit code of a command that ran: 0, or a negative result.
pub(crate) type Exit = u8;

/// Runs the program with the given arguments (the first is its own name) and tells how it ended.
///
/// Called as `cargo sf-jwt …`, cargo passes `sf-jwt` as first argument, which is dropped. Help says `cargo sf-jwt`,
/// also when `cargo-sf-jwt` was started by hand.
pub fn main(host: Host, mut arguments: Vec<OsString>, called_by_cargo: bool) -> ExitCode {
    let program = if called_by_cargo { "cargo sf-jwt" } else { "sf-jwt" };
    if called_by_cargo && arguments.get(1).is_some_and(|a| a == OsStr::new("sf-jwt")) {
        arguments.remove(1);
    }
    if let [_, only] = arguments.as_slice()
        && (only == "--version" || only == "-V")
    {
        // a third of the start-up is making every command's flags, which this does not need
        let console = Console::new(false, false, ColorWhen::Auto);
        return console.finish(generate::version(&console));
    }
    let json = arguments.iter().take_while(|a| *a != "--").any(|a| a == "--json");
    let parsed = command(program).try_get_matches_from(&arguments).and_then(|m| Cli::from_arg_matches(&m));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(clap_error) => {
            let console = Console::new(json, false, ColorWhen::Auto);
            return match usage::explain(clap_error, program) {
                usage::Said::Help(text) => console.finish(console.text(&text).map(|()| 0)),
                usage::Said::Wrong(error) if exec::is_meant(&arguments) => {
                    console.finish(console.complain(&error, None).map(|()| exec::FAILED))
                }
                usage::Said::Wrong(error) => console.finish(Err(error)),
            };
        }
    };
    render::tell_the_story(cli.global.verbose);
    let console = Console::new(cli.global.json, cli.global.quiet, cli.global.color);
    let context = Context { host, global: cli.global, console };
    let outcome = run(cli.version, cli.command, &context);
    context.console.finish(outcome)
}

fn run(version: bool, command: Option<Command>, context: &Context) -> Result<Exit> {
    if version {
        return generate::version(&context.console);
    }
    match command {
        Some(Command::Token(command)) => command.run(context),
        Some(Command::VerifyConnection(command)) => command.run(context),
        Some(Command::InstallUrl(command)) => command.run(context),
        Some(Command::Explain(command)) => command.run(context),
        Some(Command::Emulator(command)) => command.run(context),
        Some(Command::Demo(command)) => command.run(context),
        Some(Command::Exec(command)) => command.run(context),
        Some(Command::Revoke(command)) => command.run(context),
        Some(Command::Orgs(command)) => command.run(context),
        Some(Command::Certificate(command)) => command.run(context),
        Some(Command::Serve(command)) => command.run(context),
        Some(Command::Call(command)) => command.run(context),
        Some(Command::Audit(command)) => command.run(context),
        Some(Command::Completions(command)) => command.run(context),
        Some(Command::Man) => manual::run(context),
        None => Err(Error::new(Reason::MissingParameter, "a command is needed").hint("see `sf-jwt --help`")),
    }
}

/// The command line, as it is called: `sf-jwt` or `cargo sf-jwt`.
fn command(program: &str) -> clap::Command {
    Cli::command()
        .bin_name(program)
        .after_help(manual::invitation(program))
        .after_long_help(manual::after_help(program))
}

/// Reads a key's or passphrase's URI as a text, unless it is the key itself or the next flag. A flag for a URI or a
/// measure takes what follows as its value even when that begins with a dash, as a pasted key and a negative number
/// do: then the complaint is about that flag.
fn uri(text: &str) -> Result<String, &'static str> {
    if holds_secret(text) {
        Err(
            "a key or a token itself stands where a URI belongs: keep it in a file or a variable, and name that as file:PATH or env:NAME",
        )
    } else if text.starts_with("--") {
        Err("expected a URI, not a flag; before the name of a file that begins like one write `./`")
    } else {
        Ok(text.to_owned())
    }
}

/// Reads a path, or refuses what is no path, before anything could repeat it.
pub(crate) fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match holds_secret(&path.to_string_lossy()) {
        true => Err("holds a key, a certificate or a token itself where a path belongs"),
        false => Ok(path),
    })
}

/// A folder that is gone when it is dropped.
pub(crate) fn scratch_folder(prefix: &str) -> Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix(prefix).tempdir().map_err(|e| {
        let why = format!("no folder can be made in {}: {}", shown(std::env::temp_dir()), e.kind());
        Error::usage(Reason::InvalidParameter, "TMPDIR", why)
            .hint("set TMPDIR to a folder that you may write to")
            .because(e)
    })
}

/// Reads a duration as people write it.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let accepted = "expected a duration such as 500ms, 30s or 10m";
    if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
        return Err(format!("{accepted}, with its unit"));
    }
    match humantime::parse_duration(text) {
        Ok(duration) if duration <= Duration::from_secs(24 * 60 * 60) => Ok(duration),
        Ok(_) => Err("expected at most 24h".to_owned()),
        Err(_) => Err(accepted.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        command("sf-jwt").debug_assert();
    }

    #[test]
    fn help_says_how_the_program_is_called() {
        for program in ["sf-jwt", "cargo sf-jwt"] {
            let help = command(program).try_get_matches_from(["x", "--help"]).unwrap_err().to_string();
            assert!(
                help.contains(&format!("Usage: {program} [")) && help.contains(&format!("`{program} demo`")),
                "{help}"
            );
            let help = command(program).try_get_matches_from(["x", "exec", "--help"]).unwrap_err().to_string();
            assert!(help.contains(&format!("Usage: {program} exec")), "{help}");
        }
    }

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        for wrong in ["", "30", "-1s", "1 fortnight", "48h", "\u{0}"] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }
}
