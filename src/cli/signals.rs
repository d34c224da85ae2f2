//! The signals that end a command: SIGINT, SIGTERM and SIGHUP, elsewhere Ctrl-C.

use crate::error::{Error, Reason, Result};
#[cfg(unix)]
use {
    crate::error::Kind,
    signal_hook::consts::{SIGHUP, SIGINT, SIGTERM},
    signal_hook::flag,
    std::sync::atomic::{AtomicBool, Ordering},
    std::sync::{Arc, OnceLock},
};

/// SIGINT, SIGTERM and SIGHUP, heard from now on instead of ending the process at once.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let to = |kind| signal(kind).map_err(unheard);
        Ok(Signals {
            interrupt: to(SignalKind::interrupt())?,
            terminate: to(SignalKind::terminate())?,
            hang_up: to(SignalKind::hangup())?,
        })
    }

    pub(super) async fn next(&mut self) -> rustix::process::Signal {
        tokio::select! {
            _ = self.interrupt.recv() => rustix::process::Signal::INT,
            _ = self.terminate.recv() => rustix::process::Signal::TERM,
            _ = self.hang_up.recv() => rustix::process::Signal::HUP,
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn new() -> Result<Self> {
        Ok(Signals)
    }

    pub(super) async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Does the work unless a signal comes first. The work is dropped then, and with it every program that it runs.
///
/// Errors: those of the work, and `cancelled`.
pub(super) async fn unless_signalled<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut signals = Signals::new()?;
    #[cfg(unix)]
    let _patience = Patience::new()?;
    tokio::select! {
        biased;
        outcome = work => outcome,
        _ = signals.next() => Err(Error::new(Reason::Cancelled, "cancelled by a signal")),
    }
}

/// As long as this lives, one signal is only heard; a second one, and any afterwards, ends the process at once,
/// since tokio never gives a signal back.
#[cfg(unix)]
struct Patience(&'static Arc<AtomicBool>);

#[cfg(unix)]
impl Patience {
    fn new() -> Result<Self> {
        static ENOUGH: OnceLock<Arc<AtomicBool>> = OnceLock::new();
        let first = ENOUGH.get().is_none();
        let enough = ENOUGH.get_or_init(Arc::default);
        if first {
            for signal in [SIGHUP, SIGINT, SIGTERM] {
                let code = Kind::Cancelled.exit_code().into();
                flag::register_conditional_shutdown(signal, code, Arc::clone(enough)).map_err(unheard)?;
                flag::register(signal, Arc::clone(enough)).map_err(unheard)?;
            }
        }
        enough.store(false, Ordering::Release);
        Ok(Patience(enough))
    }
}

#[cfg(unix)]
impl Drop for Patience {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(unix)]
fn unheard(error: std::io::Error) -> Error {
    Error::new(Reason::Internal, "signals cannot be waited for").because(error)
}
