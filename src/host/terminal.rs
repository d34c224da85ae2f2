//! The person at the terminal.

use crate::secret::SecretString;

/// Asks for a secret on the terminal itself, not on standard input, and shows nothing of what is typed. `None`
/// when there is no terminal, or nothing was typed. Blocks.
pub fn ask_secret(question: &str) -> Option<SecretString> {
    rpassword::prompt_password(question).ok().filter(|text| !text.is_empty()).map(SecretString::from)
}

/// Throws away what was typed or pasted into standard input and is not read yet, until nothing more comes.
pub fn discard_typed() {
    #[cfg(unix)]
    {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::termios::{QueueSelector, tcflush};
        const QUIET: Timespec = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };
        let stdin = std::io::stdin();
        // a paste comes in pieces; the last line may lack its end, and is flushed unseen
        for _ in 0..100 {
            let more = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], Some(&QUIET)).is_ok_and(|ready| ready > 0);
            if tcflush(&stdin, QueueSelector::IFlush).is_err() || !more {
                break;
            }
        }
    }
}

/// The terminal's settings, restored when dropped: a question that is abandoned would leave it without echo.
pub struct Echo {
    #[cfg(unix)]
    terminal: Option<(std::fs::File, rustix::termios::Termios)>,
}

impl Echo {
    /// Remembers the settings of the terminal, if there is one.
    pub fn remember() -> Echo {
        Echo {
            #[cfg(unix)]
            terminal: std::fs::File::open("/dev/tty")
                .ok()
                .and_then(|terminal| rustix::termios::tcgetattr(&terminal).ok().map(|settings| (terminal, settings))),
        }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some((terminal, settings)) = &self.terminal {
            let _ = rustix::termios::tcsetattr(terminal, rustix::termios::OptionalActions::Now, settings);
        }
    }
}
