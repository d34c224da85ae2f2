//! Calls that wait for their turn, kept as the frames they came in: a client may send far more than can run, and a
//! frame is all the memory that one of them needs.

use super::envelope::comparable;
use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::BuildHasher;

/// Frames that hold calls to run, in their order.
#[derive(Default)]
pub struct Waiting {
    frames: VecDeque<Option<Frame>>,
    /// The number of the first of `frames`.
    first: u64,
    /// Which frames hold a call of an id, by the id's hash: two ids of the same hash would only mean that a frame
    /// has its turn too early. Frames that had theirs are forgotten in bulk, so that a frame need not know its ids.
    ids: BTreeSet<(u64, u64)>,
    forget_at: usize,
    hasher: RandomState,
    /// Ids that were cancelled, by the number of the frame.
    cancelled: HashMap<u64, Vec<Box<str>>>,
    /// Frames that need not wait any more, since every call in them was cancelled.
    settled: VecDeque<Turn>,
    stopped: bool,
    bytes: usize,
}

struct Frame {
    text: Box<[u8]>,
    /// Of how many ids it holds calls that were not cancelled.
    open: usize,
}

/// A frame whose turn has come.
pub struct Turn {
    /// The frame as it came.
    pub frame: Box<[u8]>,
    cancelled: Cancelled,
}

enum Cancelled {
    These(Vec<Box<str>>),
    All,
}

impl Turn {
    /// Whether the calls of this id were cancelled while they waited.
    pub fn is_cancelled(&self, id: &str) -> bool {
        match &self.cancelled {
            Cancelled::All => true,
            Cancelled::These(ids) => !ids.is_empty() && ids.contains(&comparable(id).into()),
        }
    }
}

impl Waiting {
    /// Takes a frame; its calls are [`expect`](Self::expect)ed one by one, in their order, so that a cancellation
    /// in a batch is about what stands before it.
    pub fn push(&mut self, frame: &[u8]) {
        if self.ids.len() >= self.forget_at {
            let first = self.first;
            self.ids.retain(|(_, number)| *number >= first);
            self.forget_at = 2 * self.ids.len() + 1024;
        }
        self.bytes += frame.len();
        self.frames.push_back(Some(Frame { text: frame.into(), open: 0 }));
    }

    /// The frame pushed last holds a call of this id.
    pub fn expect(&mut self, id: &str) {
        let number = self.first + self.frames.len() as u64 - 1;
        let hash = self.hasher.hash_one(comparable(id));
        if let Some(Some(frame)) = self.frames.back_mut()
            && self.ids.insert((hash, number))
        {
            frame.open += 1;
        }
    }

    /// Cancels the calls of this id.
    pub fn cancel(&mut self, id: &str) {
        let id = comparable(id);
        let hash = self.hasher.hash_one(&id);
        let of_id = (hash, self.first)..=(hash, u64::MAX);
        let numbers: Vec<u64> = self.ids.range(of_id).map(|(_, number)| *number).collect();
        for number in numbers {
            self.ids.remove(&(hash, number));
            self.cancelled.entry(number).or_default().push(id.as_ref().into());
            let slot = self.frames.get_mut((number - self.first) as usize);
            if let Some(settled) = slot.and_then(|slot| {
                slot.as_mut()?.open -= 1;
                slot.take_if(|frame| frame.open == 0)
            }) {
                let ids = self.cancelled.remove(&number).unwrap_or_default();
                self.settled.push_back(Turn { frame: settled.text, cancelled: Cancelled::These(ids) });
            }
        }
    }

    /// Cancels everything.
    pub fn cancel_all(&mut self) {
        self.stopped = true;
    }

    /// The next frame whose turn it is, given whether further calls may run.
    pub fn next(&mut self, may_run: bool) -> Option<Turn> {
        let turn = self.settled.pop_front().or_else(|| if may_run || self.stopped { self.pop() } else { None })?;
        self.bytes -= turn.frame.len();
        Some(turn)
    }

    fn pop(&mut self) -> Option<Turn> {
        loop {
            let slot = self.frames.pop_front()?;
            let number = self.first;
            self.first += 1;
            let Some(Frame { text, .. }) = slot else { continue };
            let cancelled = self.cancelled.remove(&number).unwrap_or_default();
            let cancelled = if self.stopped { Cancelled::All } else { Cancelled::These(cancelled) };
            return Some(Turn { frame: text, cancelled });
        }
    }

    /// The bytes of all frames that wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether no frame waits.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(frames: &[(&str, &[&str])]) -> Waiting {
        let mut waiting = Waiting::default();
        for (frame, ids) in frames {
            waiting.push(frame.as_bytes());
            ids.iter().for_each(|id| waiting.expect(id));
        }
        waiting
    }

    fn next(waiting: &mut Waiting, may_run: bool) -> Option<String> {
        waiting.next(may_run).map(|turn| String::from_utf8(turn.frame.into()).unwrap())
    }

    #[test]
    fn frames_have_their_turn_in_their_order_and_leave_nothing() {
        let mut waiting = waiting(&[("a", &["1"]), ("bb", &["1", "2", "2"]), ("c", &["3"])]);
        assert_eq!((waiting.bytes(), next(&mut waiting, false)), (4, None));
        for frame in ["a", "bb", "c"] {
            assert_eq!(next(&mut waiting, true).as_deref(), Some(frame));
        }
        assert!(waiting.is_empty() && next(&mut waiting, true).is_none());
        waiting.cancel("1");
        assert!(waiting.is_empty() && waiting.cancelled.is_empty() && next(&mut waiting, true).is_none());
        for _ in 0..10_000 {
            waiting.push(b"d");
            waiting.expect("1");
            assert_eq!(next(&mut waiting, true).as_deref(), Some("d"));
        }
        assert!(waiting.ids.len() <= 1025);
    }

    #[test]
    fn a_frame_need_not_wait_once_every_call_in_it_is_cancelled() {
        let mut waiting = waiting(&[("a", &["1"]), ("b", &[r#""\u00e9""#, "2"]), ("c", &["2"]), ("d", &["3", "4"])]);
        waiting.cancel("2");
        waiting.cancel("2");
        waiting.cancel("4");
        assert_eq!(next(&mut waiting, false).as_deref(), Some("c"));
        assert_eq!(next(&mut waiting, false), None);
        waiting.cancel("\"é\"");
        assert!(waiting.next(false).is_some_and(|turn| turn.is_cancelled("2") && turn.is_cancelled("\"é\"")));
        assert_eq!(next(&mut waiting, true).as_deref(), Some("a"));
        assert!(waiting.next(true).is_some_and(|turn| turn.is_cancelled("4") && !turn.is_cancelled("3")));
        assert!(waiting.is_empty() && waiting.cancelled.is_empty());
    }

    #[test]
    fn at_the_end_everything_is_cancelled() {
        let mut waiting = waiting(&[("a", &["1"]), ("b", &["2"])]);
        waiting.cancel_all();
        assert!(waiting.next(false).is_some_and(|turn| turn.is_cancelled("1")));
        assert!(waiting.next(false).is_some_and(|turn| turn.is_cancelled("2")));
    }
}
