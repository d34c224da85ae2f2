//! Becoming another program, and starting one that outlives this one.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

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

/// Opens a page in the person's browser, which inherits none of the `hidden` variables. Tells whether that went well
/// as far as can be seen: a launcher that fails does so at once, one that works may stay as long as the browser.
pub fn open_page(url: &str, hidden: &[String]) -> bool {
    open::commands(url).into_iter().any(|mut command| {
        for name in hidden {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C in our terminal is not meant for the browser
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let Ok(mut child) = command.spawn() else { return false };
        for _ in 0..25 {
            match child.try_wait() {
                // Windows' Explorer ends with 1 when all is well
                Ok(Some(status)) => return status.success() || cfg!(windows),
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Err(_) => break,
            }
        }
        true
    })
}
