//! The person at the terminal.

use crate::secret::SecretString;

/// Asks for a secret on the terminal itself, not on standard input, and shows nothing of what is typed. `None`
/// when there is no terminal, or nothing was typed. Blocks.
pub fn ask_secret(question: &str) -> Option<SecretString> {
    rpassword::prompt_password(question).ok().filter(|text| !text.is_empty()).map(SecretString::from)
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
