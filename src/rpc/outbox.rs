//! What goes out: frames in the client's framing, each whole, in the order they were sent, written at once when
//! that cannot block and otherwise by a thread of its own that writes what has gathered meanwhile.
//!
//! A thread that answers must never wait for a client that does not read: it could not read the cancellation that
//! the client sends, and a client that writes 50 000 calls before it reads would wait for ever.

use super::framing::Framing;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Where bytes go.
pub trait Sink: Send + Sync {
    /// Writes as much as goes out without waiting, which may be nothing.
    fn write_now(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Writes everything, however long it takes.
    fn write_all(&self, bytes: &[u8]) -> io::Result<()>;
}

/// Called when bytes have gone out, or never can again.
pub type Bell = Arc<dyn Fn() + Send + Sync>;

/// The way out, shared by all who answer.
#[derive(Clone)]
pub struct Outbox(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    more: Condvar,
    written: Notify,
    sink: Box<dyn Sink>,
    bell: Bell,
}

struct State {
    framing: Framing,
    /// Encoded frames that nobody has begun to write, or the rest of one that was begun.
    queue: Vec<u8>,
    /// Bytes that the writing thread has taken out of the queue.
    writing: usize,
    /// Answers are being gathered: see [`Outbox::gather`].
    gathering: bool,
    threaded: bool,
    closed: bool,
}

/// While so many bytes are unwritten, nothing more is read or begun. More than the answers to 5 000 calls of
/// `install-url`, 14 MB, so that a client may write these before it reads.
pub const MAX_UNWRITTEN: usize = 16 << 20;

/// So much is gathered before it is written all the same.
const GATHERED: usize = 64 << 10;

impl Outbox {
    /// A way out; `bell` is called by the writing thread, after each of its writes.
    pub fn new(sink: Box<dyn Sink>, bell: Bell) -> Self {
        let state = State {
            framing: Framing::Lines,
            queue: Vec::new(),
            writing: 0,
            gathering: false,
            threaded: false,
            closed: false,
        };
        Outbox(Arc::new(Shared { state: Mutex::new(state), more: Condvar::new(), written: Notify::new(), sink, bell }))
    }

    /// The framing of everything sent from now on.
    pub fn speak(&self, framing: Framing) {
        self.0.lock().framing = framing;
    }

    /// Sends a JSON text without line breaks as one frame.
    pub fn send(&self, json: &str) {
        let mut state = self.0.lock();
        if state.closed {
            return;
        }
        let framing = state.framing;
        framing.encode(json, &mut state.queue);
        if !state.gathering || state.queue.len() >= GATHERED {
            self.flush(&mut state);
        }
    }

    /// Holds frames back while `answer` runs, so that many answers leave in one write.
    pub fn gather(&self, answer: impl FnOnce()) {
        self.0.lock().gathering = true;
        answer();
        let mut state = self.0.lock();
        state.gathering = false;
        self.flush(&mut state);
    }

    /// How many bytes wait to be written.
    pub fn backlog(&self) -> usize {
        let state = self.0.lock();
        state.queue.len() + state.writing
    }

    /// Whether so much is unwritten that answers should wait.
    pub fn is_full(&self) -> bool {
        self.backlog() >= MAX_UNWRITTEN
    }

    /// Waits until it is not [full](Self::is_full).
    pub async fn room(&self) {
        loop {
            // before looking, so that no news goes unheard
            let news = self.0.written.notified();
            if !self.is_full() {
                return;
            }
            news.await;
        }
    }

    /// Whether nobody reads any more.
    pub fn is_closed(&self) -> bool {
        self.0.lock().closed
    }

    /// Writes nothing more, and lets go of the sink.
    pub fn close(&self) {
        self.0.lock().close();
        self.0.more.notify_one();
    }

    fn flush(&self, state: &mut State) {
        if state.writing == 0 && !state.queue.is_empty() {
            match self.0.sink.write_now(&state.queue) {
                Ok(written) => drop(state.queue.drain(..written)),
                Err(_) => state.close(),
            }
        }
        if state.queue.is_empty() {
            return;
        }
        if !state.threaded {
            state.threaded = true;
            let shared = Arc::clone(&self.0);
            let writer = std::thread::Builder::new().name("stdout".to_owned()).spawn(move || shared.write());
            if writer.is_err() {
                state.close();
            }
        }
        self.0.more.notify_one();
    }
}

impl State {
    fn close(&mut self) {
        self.closed = true;
        self.queue = Vec::new();
        self.writing = 0;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // a panic while the lock is held leaves whole frames in the queue: there is nothing to distrust
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writing thread.
    fn write(&self) {
        let mut taken = Vec::new();
        let mut state = self.lock();
        while !state.closed {
            if state.queue.is_empty() {
                state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            std::mem::swap(&mut state.queue, &mut taken);
            state.writing = taken.len();
            drop(state);
            let written = self.sink.write_all(&taken);
            taken.clear();
            state = self.lock();
            state.writing = 0;
            if written.is_err() {
                state.close();
            }
            self.written.notify_waiters();
            (self.bell)();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A sink that keeps what it is given; while it is `stuck`, writing waits.
    #[derive(Clone, Default)]
    pub(crate) struct Kept(Arc<(Mutex<KeptState>, Condvar)>);

    #[derive(Default)]
    struct KeptState {
        bytes: Vec<u8>,
        writes: usize,
        stuck: bool,
        gone: bool,
    }

    impl Kept {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.0.lock().unwrap().bytes.clone()).unwrap()
        }
        fn set(&self, change: impl FnOnce(&mut KeptState)) {
            change(&mut self.0.0.lock().unwrap());
            self.0.1.notify_all();
        }
    }

    impl Sink for Kept {
        fn write_now(&self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.0.lock().unwrap().stuck {
                return Ok(0);
            }
            self.write_all(bytes).map(|()| bytes.len())
        }
        fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
            let mut state = self.0.1.wait_while(self.0.0.lock().unwrap(), |state| state.stuck).unwrap();
            if state.gone {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            state.bytes.extend_from_slice(bytes);
            state.writes += 1;
            Ok(())
        }
    }

    fn eventually(what: impl Fn() -> bool) {
        for _ in 0..2000 {
            if what() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        panic!("it never happened");
    }

    #[test]
    fn gathered_answers_leave_in_one_write() {
        let kept = Kept::default();
        let outbox = Outbox::new(Box::new(kept.clone()), Arc::new(|| {}));
        outbox.send("1");
        outbox.gather(|| (2..5).for_each(|n| outbox.send(&n.to_string())));
        assert_eq!(kept.text(), "1\n2\n3\n4\n");
        assert_eq!(kept.0.0.lock().unwrap().writes, 2);
    }

    #[test]
    fn a_client_that_does_not_read_holds_nobody_up() {
        let kept = Kept::default();
        kept.set(|state| state.stuck = true);
        let outbox = Outbox::new(Box::new(kept.clone()), Arc::new(|| {}));
        let expected: String = (0..1000).map(|n| format!("{n}\n")).collect();
        (0..1000).for_each(|n| outbox.send(&n.to_string()));
        assert_eq!(outbox.backlog(), expected.len());
        kept.set(|state| state.stuck = false);
        eventually(|| outbox.backlog() == 0);
        assert_eq!(kept.text(), expected);
        assert!(kept.0.0.lock().unwrap().writes <= 2, "what gathered left together");
    }

    #[test]
    fn nobody_reads_any_more() {
        for stuck in [false, true] {
            let kept = Kept::default();
            kept.set(|state| state.stuck = stuck);
            let outbox = Outbox::new(Box::new(kept.clone()), Arc::new(|| {}));
            kept.set(|state| state.gone = true);
            outbox.send("1");
            kept.set(|state| state.stuck = false);
            eventually(|| outbox.is_closed());
            outbox.send("2");
            assert_eq!(outbox.backlog(), 0);
        }
    }
}
