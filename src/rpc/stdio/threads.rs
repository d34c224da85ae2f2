//! Streams where they cannot be polled: a thread reads stdin, and every write is left to the writing thread.

use super::{Bell, CHUNK, Input, Sink, Streams, Wake};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// This process's stdin and stdout.
#[cfg(not(unix))]
pub fn system() -> io::Result<Streams> {
    streams(io::stdin(), io::stdout())
}

pub(super) fn streams(stdin: impl Read + Send + 'static, stdout: impl Write + Send + 'static) -> io::Result<Streams> {
    let (teller, news) = channel();
    let (ask, asked) = channel();
    let rung = Arc::new(AtomicBool::new(false));
    let ringer = teller.clone();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || read(stdin, &asked, &teller))?;
    let input = Threaded { news, ask, asked: false, arrived: None, chunk: Vec::new(), rung: Arc::clone(&rung) };
    let bell: Bell = Arc::new(move || {
        if !rung.swap(true, Ordering::AcqRel) {
            let _ = ringer.send(News::LookAround);
        }
    });
    let output = Box::new(Whole(Mutex::new(stdout)));
    Ok(Streams { input: Box::new(input), output, bell, stop: Arc::default() })
}

enum News {
    Bytes(Vec<u8>),
    EndOfInput,
    LookAround,
}

/// The reading thread: one chunk for each time it is asked, so that it does not read ahead of the limits.
fn read(mut stdin: impl Read, asked: &Receiver<()>, teller: &Sender<News>) {
    let mut buffer = vec![0; CHUNK];
    while asked.recv().is_ok() {
        let told = loop {
            match stdin.read(&mut buffer) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break News::EndOfInput,
                Ok(read) => break News::Bytes(buffer[..read].to_vec()),
            }
        };
        if teller.send(told).is_err() {
            return;
        }
    }
}

struct Threaded {
    news: Receiver<News>,
    ask: Sender<()>,
    asked: bool,
    /// What was read and not yet wanted.
    arrived: Option<News>,
    chunk: Vec<u8>,
    rung: Arc<AtomicBool>,
}

impl Input for Threaded {
    fn wait(&mut self, read: bool, at_most: Option<Duration>) -> Wake<'_> {
        if read && self.arrived.is_none() && !self.asked {
            self.asked = self.ask.send(()).is_ok();
        }
        if self.arrived.is_none() || !read {
            let news = match at_most {
                Some(time) => self.news.recv_timeout(time).ok(),
                None => self.news.recv().ok(),
            };
            match news {
                None => {}
                Some(News::LookAround) => drop(self.rung.swap(false, Ordering::AcqRel)),
                arrived => {
                    self.asked = false;
                    self.arrived = arrived;
                }
            }
        }
        match self.arrived.take_if(|_| read) {
            Some(News::Bytes(bytes)) => {
                self.chunk = bytes;
                Wake::Bytes(&self.chunk)
            }
            Some(News::EndOfInput) => Wake::EndOfInput,
            Some(News::LookAround) | None => Wake::LookAround,
        }
    }
}

struct Whole<W>(Mutex<W>);

impl<W: Write + Send> Sink for Whole<W> {
    fn write_now(&self, _: &[u8]) -> io::Result<usize> {
        Ok(0)
    }

    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stdout = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stdout.write_all(bytes)?;
        stdout.flush()
    }
}
