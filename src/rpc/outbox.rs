//! What goes out: frames in the client's framing, each whole, in the order they were sent, written at once when
//! that cannot block and otherwise by a thread of its own that writes what has gathered meanwhile.
//!
//! A thread that answers must never wait for a client that does not read: it could not read the cancellation that
//! the client sends, and a client that writes 50 000 calls before it reads would wait for ever.

use super::framing::Framing;
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// Bytes that have gone out.
    written: AtomicU64,
    news: Notify,
    sink: Box<dyn Sink>,
    bell: Bell,
}

struct State {
    framing: Framing,
    /// Encoded frames that wait to be written.
    queue: VecDeque<u8>,
    /// How long the frames in the queue are; of the first, perhaps only a rest is left.
    frames: VecDeque<usize>,
    /// The first frame in the queue is such a rest.
    begun: bool,
    /// Bytes that the writing thread has taken out of the queue.
    writing: usize,
    /// Nothing more is accepted.
    cut: bool,
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

/// So much the writing thread takes out of the queue, and then writes whatever happens.
const PIECE: usize = 256 << 10;

/// So much of it is written at once: no more, for a slow reader to be seen reading.
const PART: usize = 32 << 10;

impl Outbox {
    /// A way out; `bell` is called by the writing thread, after each of its writes.
    pub fn new(sink: Box<dyn Sink>, bell: Bell) -> Self {
        let state = State {
            framing: Framing::Lines,
            queue: VecDeque::new(),
            frames: VecDeque::new(),
            begun: false,
            writing: 0,
            cut: false,
            gathering: false,
            threaded: false,
            closed: false,
        };
        let (state, more, written, news) = (Mutex::new(state), Condvar::new(), AtomicU64::new(0), Notify::new());
        Outbox(Arc::new(Shared { state, more, written, news, sink, bell }))
    }

    /// The framing of everything sent from now on.
    pub fn speak(&self, framing: Framing) {
        self.0.lock().framing = framing;
    }

    /// Sends a JSON text without line breaks as one frame.
    pub fn send(&self, json: &str) {
        let mut state = self.0.lock();
        if state.closed || state.cut {
            return;
        }
        let before = state.queue.len();
        let framing = state.framing;
        framing.encode(json, &mut state.queue);
        let frame = state.queue.len() - before;
        state.frames.push_back(frame);
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
            let news = self.0.news.notified();
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

    /// How many bytes have gone out.
    pub fn written(&self) -> u64 {
        self.0.written.load(Ordering::Relaxed)
    }

    /// Drops the frames that nobody has begun to write, and takes no more.
    pub fn cut(&self) {
        self.0.lock().cut();
    }

    /// Writes nothing more, and lets go of the sink.
    pub fn close(&self) {
        self.0.lock().close();
        self.0.more.notify_one();
    }

    fn flush(&self, state: &mut State) {
        if state.writing == 0 && !state.queue.is_empty() {
            match self.0.sink.write_now(state.queue.as_slices().0) {
                Ok(written) => {
                    state.take(written);
                    self.0.written.fetch_add(written as u64, Ordering::Relaxed);
                }
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
        self.queue = VecDeque::new();
        self.frames = VecDeque::new();
        self.writing = 0;
    }

    /// Takes bytes off the queue.
    fn take(&mut self, mut bytes: usize) {
        self.queue.drain(..bytes);
        while let Some(left) = self.frames.front_mut() {
            if *left > bytes {
                *left -= bytes;
                self.begun |= bytes > 0;
                return;
            }
            bytes -= *left;
            self.begun = false;
            self.frames.pop_front();
        }
    }

    fn cut(&mut self) {
        self.cut = true;
        self.frames.truncate(usize::from(self.begun));
        self.queue.truncate(self.frames.front().copied().unwrap_or_default());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // a panic while the lock is held leaves whole frames in the queue: there is nothing to distrust
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The writing thread.
    fn write(&self) {
        let mut piece = Vec::with_capacity(PIECE);
        let mut state = self.lock();
        while !state.closed {
            if state.queue.is_empty() {
                // what gathered once need not be kept for ever
                state.queue.shrink_to(GATHERED);
                state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let length = state.queue.len().min(PIECE);
            piece.clear();
            let (front, back) = state.queue.as_slices();
            let of_front = length.min(front.len());
            piece.extend_from_slice(&front[..of_front]);
            piece.extend_from_slice(&back[..length - of_front]);
            state.take(length);
            state.writing = length;
            drop(state);
            let result = piece.chunks(PART).try_for_each(|part| {
                self.sink.write_all(part)?;
                self.written.fetch_add(part.len() as u64, Ordering::Relaxed);
                Ok::<_, io::Error>(())
            });
            state = self.lock();
            state.writing = 0;
            if result.is_err() {
                state.close();
            }
            // nobody who has an answer to send shall wait for this
            drop(state);
            self.news.notify_waiters();
            (self.bell)();
            state = self.lock();
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
    fn a_cut_leaves_whole_frames() {
        let long = "x".repeat(PIECE);
        for sent in [vec!["1", "2"], vec![&long, "2"], vec!["1", &long, &long, "3"]] {
            let kept = Kept::default();
            kept.set(|state| state.stuck = true);
            let outbox = Outbox::new(Box::new(kept.clone()), Arc::new(|| {}));
            outbox.gather(|| sent.iter().for_each(|frame| outbox.send(frame)));
            eventually(|| outbox.0.lock().writing > 0);
            outbox.cut();
            outbox.send("4");
            kept.set(|state| state.stuck = false);
            eventually(|| outbox.backlog() == 0);
            let text = kept.text();
            let whole: Vec<&str> = text.lines().collect();
            assert!(text.ends_with('\n') && sent.starts_with(&whole) && outbox.written() == text.len() as u64);
            assert!(whole.len() == 2 || text.len() > PIECE);
        }
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
