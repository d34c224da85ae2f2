//! Streams on Unix: one thread waits for all of them with poll(2), and writes by itself what the pipe takes at
//! once, so that an answer on the spot costs no change of threads.

use super::{Bell, CHUNK, Input, Sink, Streams, Wake};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// So many bytes a pipe takes without waiting when it says that it takes any (POSIX's PIPE_BUF: 4096 on Linux, at
/// least 512 everywhere).
const PIPE_BUF: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// This process's stdin and stdout, and its wish to end when SIGTERM or SIGINT comes; a second one ends it at once.
pub fn system() -> io::Result<Streams> {
    let stdin = io::stdin().as_fd().try_clone_to_owned()?;
    let stdout = io::stdout().as_fd().try_clone_to_owned()?;
    let (news, ringer) = UnixStream::pair()?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register_conditional_shutdown(signal, super::CANCELLED.into(), Arc::clone(&stop))?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
        signal_hook::low_level::pipe::register(signal, ringer.try_clone()?)?;
    }
    streams(stdin, stdout, news, ringer, stop)
}

fn streams(
    stdin: OwnedFd,
    stdout: OwnedFd,
    news: UnixStream,
    ringer: UnixStream,
    stop: Arc<AtomicBool>,
) -> io::Result<Streams> {
    ringer.set_nonblocking(true)?;
    news.set_nonblocking(true)?;
    let rung = Arc::new(AtomicBool::new(false));
    let watched = Some(stdout.try_clone()?);
    let input = Polled { stdin: stdin.into(), watched, news, rung: Arc::clone(&rung), buffer: vec![0; CHUNK] };
    let bell: Bell = Arc::new(move || {
        if !rung.swap(true, Ordering::AcqRel) {
            // a full pipe wakes just as well
            let _ = (&ringer).write(&[1]);
        }
    });
    Ok(Streams { input: Box::new(input), output: Box::new(Pipe(stdout.into())), bell, stop })
}

struct Polled {
    stdin: File,
    /// Stdout, as long as it is worth watching whether somebody reads it.
    watched: Option<OwnedFd>,
    /// Where the bell, and signals, write.
    news: UnixStream,
    rung: Arc<AtomicBool>,
    buffer: Vec<u8>,
}

impl Input for Polled {
    fn wait(&mut self, read: bool, at_most: Option<Duration>) -> Wake<'_> {
        let timeout = at_most.and_then(|time| Timespec::try_from(time).ok());
        let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        let (has_news, has_input, nobody_reads) = {
            let mut polled = vec![PollFd::new(&self.news, PollFlags::IN)];
            polled.extend(read.then(|| PollFd::new(&self.stdin, PollFlags::IN)));
            // errors and hang-ups are told without being asked for
            polled.extend(self.watched.as_ref().map(|stdout| PollFd::new(stdout, PollFlags::empty())));
            if poll(&mut polled, timeout.as_ref()).is_err() {
                return Wake::LookAround;
            }
            let told = |at: usize, what: PollFlags| polled[at].revents().intersects(what);
            let last = polled.len() - 1;
            (told(0, PollFlags::IN), read && told(1, PollFlags::IN | gone), self.watched.is_some() && told(last, gone))
        };
        if nobody_reads {
            self.watched = None;
            return Wake::NobodyReads;
        }
        if has_news {
            let mut bytes = [0; 64];
            while matches!(self.news.read(&mut bytes), Ok(64)) {}
            // after the bytes are gone and before anybody looks around, so that no later ring goes unheard
            self.rung.swap(false, Ordering::AcqRel);
        }
        if !has_input {
            return Wake::LookAround;
        }
        match self.stdin.read(&mut self.buffer) {
            Ok(0) => Wake::EndOfInput,
            Ok(read) => Wake::Bytes(&self.buffer[..read]),
            Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Wake::LookAround,
            // a terminal that has gone, for one
            Err(_) => Wake::EndOfInput,
        }
    }
}

/// A pipe, or whatever stdout is.
struct Pipe(File);

impl Pipe {
    fn takes_bytes(&self, timeout: Option<&Timespec>) -> bool {
        let mut polled = [PollFd::new(&self.0, PollFlags::OUT)];
        poll(&mut polled, timeout).is_ok() && polled[0].revents().contains(PollFlags::OUT)
    }
}

impl Sink for Pipe {
    fn write_now(&self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > PIPE_BUF || !self.takes_bytes(Some(&Timespec::default())) {
            return Ok(0);
        }
        match (&self.0).write(bytes) {
            Err(e) if matches!(e.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Ok(0),
            written => written,
        }
    }

    fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match (&self.0).write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // somebody else made this stream non-blocking
                Err(e) if e.kind() == ErrorKind::WouldBlock => drop(self.takes_bytes(None)),
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) fn pipes(stdin: OwnedFd, stdout: OwnedFd) -> (Streams, Arc<AtomicBool>) {
    let (news, ringer) = UnixStream::pair().unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    (streams(stdin, stdout, news, ringer, Arc::clone(&stop)).unwrap(), stop)
}
