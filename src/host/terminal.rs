//! The person at the terminal.

use crate::error::{Error, Reason, Result};
use crate::secret::SecretString;
use std::io::ErrorKind;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who draws on the terminal, and how many questions are open on it.
static DISPLAY: Mutex<(Option<Draw>, usize)> = Mutex::new((None, 0));

type Draw = Box<dyn Fn(bool) + Send>;

/// Makes known who draws on the terminal: `draw` is told `false` when somebody else needs it, then `true`.
pub fn drawn_by(draw: impl Fn(bool) + Send + 'static) {
    display().0 = Some(Box::new(draw));
}

fn display() -> MutexGuard<'static, (Option<Draw>, usize)> {
    DISPLAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A question to the person at the terminal. While it is open nothing is drawn there, which would wipe it away.
pub struct Question(());

impl Question {
    /// Clears the terminal for a question.
    pub fn open() -> Question {
        let mut display = display();
        display.1 += 1;
        if let (Some(draw), 1) = &*display {
            draw(false);
        }
        Question(())
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut display = display();
        display.1 -= 1;
        if let (Some(draw), 0) = &*display {
            draw(true);
        }
    }
}

/// Asks for a secret on the terminal itself, not on standard input, and shows nothing of what is typed. `None`
/// when there is no terminal, or nothing was typed. Blocks.
///
/// # Errors
/// `cancelled` for Ctrl-C, which the terminal hands over as a character while the question is open.
pub fn ask_secret(question: &str) -> Result<Option<SecretString>> {
    match rpassword::prompt_password(question) {
        Ok(text) => Ok(Some(text).filter(|text| !text.is_empty()).map(SecretString::from)),
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            Err(Error::new(Reason::Cancelled, "cancelled at the question for a passphrase"))
        }
        Err(_) => Ok(None),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn nothing_is_drawn_while_any_question_is_open() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&told);
        drawn_by(move |draws| telling.lock().unwrap().push(draws));
        let (one, other) = (Question::open(), Question::open());
        drop(one);
        assert_eq!(*told.lock().unwrap(), [false]);
        drop(other);
        assert_eq!(*told.lock().unwrap(), [false, true]);
    }
}
