//! Becoming another program.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Command;

/// What becomes of the environment.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'a> {
    /// Variables to set, or to remove where there is no value.
    pub set: &'a [(&'static str, Option<&'a str>)],
    /// Variables that must not be inherited.
    pub hidden: &'a [String],
}

/// Replaces this process by a program (POSIX `execvp`), which keeps process id, terminal, working folder and open
/// streams. Where the system cannot do that, the program is run and this process ends with its exit code. Returns
/// only when the program could not be started.
pub fn become_program(program: &OsStr, arguments: &[OsString], environment: Environment<'_>) -> io::Error {
    let mut command = Command::new(program);
    command.args(arguments);
    for name in environment.hidden {
        command.env_remove(name);
    }
    for (name, value) in environment.set {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    start(command)
}

#[cfg(unix)]
fn start(mut command: Command) -> io::Error {
    use std::os::unix::process::CommandExt;
    command.exec()
}

#[cfg(not(unix))]
fn start(mut command: Command) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}
