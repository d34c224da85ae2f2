//! `sf-jwt emulator`: orgs on loopback, until a signal, or for as long as a command runs.

use super::signals::Signals;
use super::{Context, Exit, duration, path, scratch_folder};
use crate::emulator::{self, Fault, Kit, Options, Running, world_file};
use crate::error::{Error, Reason, Result};
use crate::host::files;
use crate::org::draft::Draft;
use crate::org::field::Field;
use crate::org::lookup::ORG_VARIABLE;
use crate::secret::shown;
use clap::Args;
use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;

/// Emulate Salesforce orgs on loopback, for tests and demos
///
/// Prints one JSON line when it is ready. Ends at SIGTERM or SIGINT.
#[derive(Args)]
#[command(after_long_help = faults_help())]
pub(super) struct Emulator {
    /// The login host's port; 0 picks a free one
    #[arg(long, value_name = "PORT", allow_hyphen_values = true, default_value_t = 0)]
    port: u16,

    /// The orgs and apps, in TOML or JSON; by default the built-in world
    #[arg(long, value_name = "FILE", value_parser = path())]
    world: Option<PathBuf>,

    /// Print the built-in world in the format of --world, and end
    #[arg(long, conflicts_with_all = ["world", "out", "command"])]
    print_world: bool,

    /// Write a key, its certificate and an orgs.toml that works with the emulator into this folder
    #[arg(long, value_name = "DIR", value_parser = path())]
    out: Option<PathBuf>,

    /// Let the token endpoint fail: a refusal reason or another fault, listed by --help
    #[arg(long, value_name = "REASON", value_parser = fault)]
    fault: Option<Fault>,

    /// Only for the first N token requests
    #[arg(long, value_name = "N", allow_hyphen_values = true, requires = "fault")]
    fault_first: Option<u64>,

    /// How many milliseconds every answer takes at least
    #[arg(long, value_name = "MS", allow_hyphen_values = true, value_parser = latency, default_value = "0")]
    latency: Duration,

    /// End when standard input does, too: then nothing outlives the program that started the emulator
    #[arg(long, conflicts_with = "command")]
    until_stdin_closes: bool,

    /// Run this command with SF_JWT_CONFIG and SF_JWT_EMULATOR_URL set, and end with its exit code
    #[arg(last = true, value_name = "CMD")]
    command: Vec<OsString>,
}

fn fault(name: &str) -> Result<Fault, String> {
    Fault::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Fault::all().map(|row| row.0).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// Milliseconds, or a duration with its unit.
fn latency(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(milliseconds) if milliseconds <= 600_000 => Ok(Duration::from_millis(milliseconds)),
        Ok(_) => Err("expected at most 600000 milliseconds".to_owned()),
        Err(_) => duration(text).map_err(|_| "expected milliseconds, such as 250".to_owned()),
    }
}

fn faults_help() -> String {
    let mut text = "Faults:\n".to_owned();
    for (name, meaning) in Fault::all() {
        text += &format!("  {name:24} {meaning}\n");
    }
    text
}

/// A world file is smaller than this.
const MAX_WORLD: u64 = 1 << 20;

impl Emulator {
    pub(super) fn run(&self, context: &Context) -> Result<Exit> {
        if self.print_world {
            return context.console.text(world_file::BUILT_IN).map(|()| 0);
        }
        // for the command: tokens it caches, and without --out the key and the configuration; gone afterwards
        let scratch = if self.command.is_empty() { None } else { Some(scratch_folder("sf-jwt-emulator-")?) };
        let folder = self.out.as_deref().or(scratch.as_ref().map(tempfile::TempDir::path));
        let base = self.world.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let kit = Kit::new(folder, base)?;
        let text = match &self.world {
            Some(path) => read_world(path)?,
            None => world_file::BUILT_IN.to_owned(),
        };
        let options = Options {
            port: self.port,
            fault: self.fault,
            fault_first: self.fault_first,
            latency: self.latency,
            clock: context.host.clock,
            ..Options::new(world_file::read(&text, &kit)?)
        };
        let running = emulator::start(options)?;
        let config = kit.write_config(&running)?;
        match &scratch {
            None => {
                if config.is_none() {
                    context.console.note("without --out nobody has the key that the emulated apps trust");
                }
                context.console.value(&emulator::Ready { config, ..running.ready() })?;
                context.block_on_whatever_comes(self.until_told())
            }
            Some(scratch) => {
                let state = scratch.path().join("state");
                context.block_on_whatever_comes(self.supervise(context, &running, config.as_deref(), &state))
            }
        }
    }

    /// Waits for a signal or, when asked to, the end of standard input.
    async fn until_told(&self) -> Result<Exit> {
        let (ended, end) = oneshot::channel();
        if self.until_stdin_closes {
            // a thread of its own, since a pending read cannot be cancelled; it ends with the process
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut std::io::stdin().lock().take(u64::MAX), &mut std::io::sink());
                let _ = ended.send(());
            });
        } else {
            std::mem::forget(ended);
        }
        let mut signals = Signals::new()?;
        tokio::select! {
            _ = end => {}
            _ = signals.next() => {}
        }
        Ok(0)
    }

    /// Runs the command, passes signals on to it, and sees to it that nothing of it stays behind.
    async fn supervise(
        &self,
        context: &Context,
        running: &Running,
        config: Option<&Path>,
        state: &Path,
    ) -> Result<Exit> {
        let Some((program, arguments)) = self.command.split_first() else { return Ok(0) };
        let mut signals = Signals::new()?;
        let mut command = Command::new(program);
        command.args(arguments).kill_on_drop(true);
        // neither the caller's key nor the caller's org: the command is to meet the emulator's alone
        let of_connections = Field::ALL.iter().filter_map(|field| field.variable()).chain([ORG_VARIABLE]);
        for name in of_connections.map(str::to_owned).chain(context.secret_variables(Draft::default())) {
            command.env_remove(name);
        }
        command.env("SF_JWT_EMULATOR_URL", running.login_url()).env("SF_JWT_STATE_DIR", state);
        if let Some(config) = config {
            command.env("SF_JWT_CONFIG", config);
        }
        // On a terminal the command shares our process group, so that it gets the terminal's input and Ctrl-C.
        let own_group = !std::io::stdin().is_terminal();
        #[cfg(unix)]
        if own_group {
            command.process_group(0);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                context.console.note(&format!("{} cannot be run: {error}", shown(program)));
                return Ok(if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 });
            }
        };
        let process = Process { id: child.id(), own_group };
        let status = wait(&mut child, &process, &mut signals).await;
        process.clean_up().await;
        status.map(exit_code).map_err(|e| Error::new(Reason::Internal, "the command was lost").because(e))
    }
}

fn read_world(path: &Path) -> Result<String> {
    let wrong = |why: String| Error::usage(Reason::InvalidParameter, "world", why);
    let contents = files::read(path, MAX_WORLD).map_err(|e| wrong(e.to_string()))?;
    String::from_utf8(contents.bytes).map_err(|_| wrong(format!("{} is not UTF-8 text", shown(path))))
}

/// Time for the command to end after a signal, before it is killed.
const GRACE: Duration = Duration::from_secs(10);

async fn wait(child: &mut Child, process: &Process, signals: &mut Signals) -> std::io::Result<ExitStatus> {
    let signal = tokio::select! {
        status = child.wait() => return status,
        signal = signals.next() => signal,
    };
    process.signal(signal);
    match tokio::time::timeout(GRACE, child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            child.start_kill()?;
            child.wait().await
        }
    }
}

/// As shells report it: a process ended by a signal has 128 and the signal's number.
fn exit_code(status: ExitStatus) -> Exit {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// The command's process, and with a group of its own all that it started.
struct Process {
    id: Option<u32>,
    own_group: bool,
}

#[cfg(unix)]
impl Process {
    fn pid(&self) -> Option<rustix::process::Pid> {
        rustix::process::Pid::from_raw(i32::try_from(self.id?).ok()?)
    }

    /// Passes a signal on, unless the terminal has sent it to the whole group already.
    fn signal(&self, signal: rustix::process::Signal) {
        let Some(pid) = self.pid() else { return };
        let _ = match (self.own_group, signal) {
            (true, signal) => rustix::process::kill_process_group(pid, signal),
            (false, rustix::process::Signal::INT) => Ok(()),
            (false, signal) => rustix::process::kill_process(pid, signal),
        };
    }

    /// Ends what the command left behind in its group.
    async fn clean_up(&self) {
        use rustix::process::{Signal, kill_process_group, test_kill_process_group};
        let Some(group) = self.pid().filter(|_| self.own_group) else { return };
        if kill_process_group(group, Signal::TERM).is_err() {
            return;
        }
        for _ in 0..20 {
            if test_kill_process_group(group).is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
impl Process {
    fn signal(&self, (): ()) {}
    async fn clean_up(&self) {
        let _ = (self.id, self.own_group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_milliseconds() {
        assert_eq!(latency("250"), Ok(Duration::from_millis(250)));
        assert_eq!(latency("2s"), Ok(Duration::from_secs(2)));
        for wrong in ["", "-1", "fast", "600001", "99999999999999999999"] {
            assert!(latency(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_unknown_fault_is_answered_with_the_known_ones() {
        let said = fault("usr-not-approved").unwrap_err();
        assert!(said.contains("user-not-approved") && said.contains("reset"), "{said}");
    }
}
