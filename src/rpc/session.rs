//! One client: its bytes in, its answers out, and the order between them.
//!
//! Messages are read on one thread, in their order. What needs no waiting is answered there and then; a call that
//! waits for something goes to the one thread that runs them all, which is started with the first of them, so that
//! a client that only asks for addresses never pays for it.

use super::dispatch::{Dispatcher, Noted, cancelled, error_object, refuse};
use super::envelope::{self, Incoming, Message};
use super::framing::{Decoder, Event, Framing};
use super::outbox::{Bell, Outbox};
use super::waiting::Waiting;
use crate::error::{Error, Reason};
use futures_util::FutureExt;
use jsonrpsee::core::middleware::{Batch, BatchEntry, BatchEntryErr, Notification, Request, RpcServiceT};
use jsonrpsee_types::Id;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Reading pauses while this many bytes of frames wait: for their turn, or for the slow calls of their batch.
pub const MAX_WAITING: usize = 8 << 20;

/// How a session ended before its input did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client said `exit`.
    Exit,
    /// What follows in the input cannot be read, or no call can be run.
    Failed,
}

/// What is between a client and the methods.
pub struct Session {
    decoder: Decoder,
    framed: bool,
    input_ended: bool,
    exhausted: bool,
    desk: Desk,
}

impl Session {
    /// A session that answers to `outbox` and calls `bell` whenever a call has been answered that was not answered
    /// on the spot. Without a framing, the client's first byte decides.
    pub fn new(service: Dispatcher, outbox: Outbox, bell: Bell, framing: Option<Framing>, max_frame: usize) -> Self {
        let desk = Desk {
            service,
            outbox,
            bell,
            max_frame,
            waiting: Waiting::default(),
            running: Arc::default(),
            held: Arc::default(),
            worker: None,
            end: None,
        };
        let decoder = Decoder::new(framing, max_frame);
        Session { decoder, framed: false, input_ended: false, exhausted: false, desk }
    }

    /// Takes bytes as they arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.decoder.feed(bytes);
    }

    /// There will be no more bytes.
    pub fn end_input(&mut self) {
        self.input_ended = true;
    }

    /// Handles what has been fed, as far as the limits allow.
    pub fn work(&mut self) {
        let outbox = self.desk.outbox.clone();
        outbox.gather(|| {
            self.desk.begin();
            while !self.exhausted && !self.is_overloaded() && self.step() {
                self.exhausted |= self.desk.end.is_some();
            }
        });
    }

    /// Handles one event; false when there is none.
    fn step(&mut self) -> bool {
        if !self.framed
            && let Some(framing) = self.decoder.framing()
        {
            self.desk.outbox.speak(framing);
            self.framed = true;
        }
        if let Some(event) = self.decoder.next() {
            self.desk.handle(event);
            return true;
        }
        if self.input_ended {
            self.exhausted = true;
            self.decoder.finish().into_iter().for_each(|event| self.desk.handle(event));
        }
        false
    }

    /// Whether so much waits that no more should be read.
    pub fn is_overloaded(&self) -> bool {
        let held = self.desk.held.load(Ordering::Relaxed);
        self.desk.outbox.is_full() || self.desk.waiting.bytes() + held >= MAX_WAITING
    }

    /// Whether nothing more will be read, whatever comes.
    pub fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Whether every call has been answered.
    pub fn is_idle(&self) -> bool {
        self.desk.waiting.is_empty() && self.desk.running.load(Ordering::Acquire) == 0
    }

    /// Cancels what is in flight.
    pub fn cancel_all(&mut self) {
        self.desk.service.calls().cancel_all();
        self.desk.waiting.cancel_all();
        self.desk.begin();
    }

    /// How the session ended, if it did before its input.
    pub fn end(&self) -> Option<End> {
        self.desk.end
    }
}

/// Where messages are handled.
struct Desk {
    service: Dispatcher,
    outbox: Outbox,
    bell: Bell,
    max_frame: usize,
    waiting: Waiting,
    /// The bytes of frames that run and whose rest is answered later.
    held: Arc<AtomicUsize>,
    /// Tasks that will still send an answer.
    running: Arc<AtomicUsize>,
    worker: Option<Worker>,
    end: Option<End>,
}

impl Desk {
    fn handle(&mut self, event: Event<'_>) {
        let refused = |problem: String| Error::new(Reason::InvalidRequest, problem);
        let broken = |problem: &str| Error::new(Reason::ParseError, problem);
        let error = match event {
            Event::Frame(frame) => match envelope::read(frame) {
                Incoming::One(message) => return self.read(frame, vec![message], false),
                Incoming::Batch(messages) => return self.read(frame, messages, true),
                Incoming::NotJson(problem) => broken(&problem),
                Incoming::Refused(problem) => refused(problem.to_owned()),
            },
            Event::TooLarge => refused(format!("the frame is larger than {} bytes", self.max_frame)),
            Event::Truncated => broken("the input ends inside a frame"),
            Event::Broken(problem) => {
                self.end = Some(End::Failed);
                broken(problem).hint("what follows cannot be read; headers are `Content-Length: N` and an empty line")
            }
        };
        self.outbox.send(&refuse(None, &error));
    }

    /// Answers what a frame holds, or has it wait when a call in it takes time.
    fn read(&mut self, frame: &[u8], messages: Vec<Message<'_>>, batch: bool) {
        let slow = |message: &Message<'_>| match message {
            Message::Call { method, .. } => !self.service.is_immediate(method),
            _ => false,
        };
        let waits = messages.iter().any(slow);
        if waits {
            self.waiting.push(frame);
        }
        for message in &messages {
            match message {
                Message::Call { id, method, .. } if !self.service.is_immediate(method) => self.waiting.expect(id),
                Message::Notification { method, params } => self.note(method, *params),
                _ => {}
            }
        }
        if waits {
            self.begin();
        } else if batch {
            self.batch(frame.len(), messages, &|_| false);
        } else {
            messages.into_iter().for_each(|message| self.one(message, &|_| false));
        }
    }

    /// Begins with what waits, as far as there is room for it to run and for its answers.
    fn begin(&mut self) {
        while !self.outbox.is_full()
            && let Some(turn) = self.waiting.next(self.service.calls().has_room())
        {
            let is_cancelled = |id: &str| turn.is_cancelled(id);
            // read again: what waits is kept small
            match envelope::read(&turn.frame) {
                Incoming::One(message) => self.one(message, &is_cancelled),
                Incoming::Batch(messages) => self.batch(turn.frame.len(), messages, &is_cancelled),
                Incoming::NotJson(_) | Incoming::Refused(_) => {}
            }
        }
    }

    fn one(&mut self, message: Message<'_>, is_cancelled: &dyn Fn(&str) -> bool) {
        match message {
            Message::Call { id, method, params } => {
                if self.service.is_immediate(&method) {
                    let request = self.service.request(id, &method, params, &self.outbox);
                    self.now(self.service.call(request).map(Some));
                } else if is_cancelled(id) {
                    self.outbox.send(&refuse(Some(id), &cancelled()));
                } else {
                    let request = own(self.service.request(id, &method, params, &self.outbox));
                    self.later(self.service.call(request).map(Some), 0);
                }
            }
            Message::Invalid { id, member, problem } => self.outbox.send(&refuse(id, &invalid(member, problem))),
            Message::Notification { .. } | Message::Ignored => {}
        }
    }

    /// Answers a batch of so many bytes.
    fn batch(&mut self, size: usize, messages: Vec<Message<'_>>, is_cancelled: &dyn Fn(&str) -> bool) {
        let mut entries = Vec::with_capacity(messages.len());
        let mut slow = 0;
        for message in messages {
            let refused = |id: Option<&str>, error: &Error| {
                let id = Id::Str(id.unwrap_or("null").to_owned().into());
                Err(BatchEntryErr::new(id, error_object(error)))
            };
            match message {
                Message::Call { id, method, params } => {
                    let waits = !self.service.is_immediate(&method);
                    if waits && is_cancelled(id) {
                        entries.push(refused(Some(id), &cancelled()));
                    } else {
                        slow += usize::from(waits);
                        let request = own(self.service.request(id, &method, params, &self.outbox));
                        entries.push(Ok(BatchEntry::Call(request)));
                    }
                }
                Message::Invalid { id, member, problem } => entries.push(refused(id, &invalid(member, problem))),
                Message::Notification { .. } | Message::Ignored => {}
            }
        }
        let held = if slow < entries.len() { size } else { 0 };
        let answers = self.service.batch(Batch::from(entries));
        if slow == 0 { self.now(answers) } else { self.later(answers, held) }
    }

    fn note(&mut self, method: &str, params: Option<&RawValue>) {
        let notification = Notification::new(method.into(), params.map(Cow::Borrowed));
        match self.service.notification(notification).now_or_never() {
            Some(Noted::Exit) => self.end = Some(End::Exit),
            Some(Noted::Cancelled(id)) => {
                self.waiting.cancel(&id);
                self.begin();
            }
            Some(Noted::Done) | None => {}
        }
    }

    /// Sends an answer that is there at once.
    fn now(&self, answer: impl Future<Output = Option<String>>) {
        if let Some(answer) = answer.now_or_never().flatten() {
            self.outbox.send(&answer);
        }
    }

    /// Sends an answer when it is there; until then, so many bytes count as waiting.
    fn later(&mut self, answer: impl Future<Output = Option<String>> + Send + 'static, held: usize) {
        let worker = match &mut self.worker {
            Some(worker) => worker,
            none => match Worker::start() {
                Ok(worker) => none.insert(worker),
                Err(error) => {
                    let error = Error::new(Reason::Internal, "no thread can be started").because(error);
                    self.outbox.send(&refuse(None, &error));
                    self.end = Some(End::Failed);
                    return;
                }
            },
        };
        let (outbox, running, bell) = (self.outbox.clone(), Arc::clone(&self.running), Arc::clone(&self.bell));
        let all_held = Arc::clone(&self.held);
        running.fetch_add(1, Ordering::AcqRel);
        all_held.fetch_add(held, Ordering::Relaxed);
        worker.handle.spawn(async move {
            if let Some(answer) = answer.await {
                outbox.send(&answer);
            }
            all_held.fetch_sub(held, Ordering::Relaxed);
            running.fetch_sub(1, Ordering::AcqRel);
            bell();
        });
    }
}

fn invalid(member: Option<&str>, problem: &str) -> Error {
    let error = Error::new(Reason::InvalidRequest, problem);
    match member {
        Some(member) => error.field(member),
        None => error,
    }
}

/// A request that outlives the frame it came in.
fn own(request: Request<'_>) -> Request<'static> {
    let params = request.params.map(Cow::into_owned);
    let mut owned = Request::owned(request.method.into_owned(), params, request.id.into_owned());
    owned.extensions = request.extensions;
    owned
}

/// The thread that runs calls; it ends when this is dropped.
struct Worker {
    handle: Handle,
    _stop: oneshot::Sender<Infallible>,
}

impl Worker {
    fn start() -> io::Result<Worker> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        std::thread::Builder::new().name("calls".to_owned()).spawn(move || drop(runtime.block_on(stopped)))?;
        Ok(Worker { handle, _stop: stop })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::dispatch::Calls;
    use crate::rpc::outbox::tests::Kept;
    use jsonrpsee::RpcModule;
    use proptest::prelude::*;

    /// What a client that sends these pieces is answered, by methods that answer on the spot.
    fn answers<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (String, Option<End>) {
        let mut module = RpcModule::new(());
        module.register_method("ping", |_, (), _| ()).unwrap();
        module.register_method("panic", |_, (), _| -> u8 { std::panic::resume_unwind(Box::new(())) }).unwrap();
        let (kept, bell): (_, Bell) = (Kept::default(), Arc::new(|| {}));
        let outbox = Outbox::new(Box::new(kept.clone()), Arc::clone(&bell));
        let dispatcher = Dispatcher::new(module.into(), Calls::new(Arc::clone(&bell)));
        let mut session = Session::new(dispatcher, outbox, bell, None, 600);
        for piece in pieces {
            session.feed(piece);
            session.work();
        }
        session.end_input();
        session.work();
        assert!(session.is_exhausted() && session.is_idle());
        (kept.text(), session.end())
    }

    fn hostile_input() -> impl Strategy<Value = Vec<u8>> {
        let body = prop_oneof![
            Just(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#.to_owned()),
            Just(r#"{"jsonrpc":"2.0","id":-1.50,"method":"panic"}"#.to_owned()),
            Just(r#"{"jsonrpc":"2.0","method":"ping"}"#.to_owned()),
            Just(r#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":[]}}"#.to_owned()),
            Just(r#"[{"jsonrpc":"2.0","id":"é","method":"ping"},1,{"method":"x"},{"result":1}]"#.to_owned()),
            Just(r#"{"jsonrpc":"2.0","id":1,"result":1}"#.to_owned()),
            Just("[]".to_owned()),
            Just("[".repeat(700)),
            "[\\[\\]{}\",:0-9a-z\\\\ ]{0,40}",
        ];
        let frame = (body, any::<bool>()).prop_map(|(body, headers)| match headers {
            true => format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes(),
            false => (body + "\n").into_bytes(),
        });
        let piece = prop_oneof![4 => frame, 1 => proptest::collection::vec(any::<u8>(), 0..20)];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn any_split_gives_the_same_answers(input in hostile_input(), at in 0usize..400) {
            let (first, second) = input.split_at(at.min(input.len()));
            let at_once = answers([&input[..]]);
            prop_assert_eq!(&answers([first, second]), &at_once);
            prop_assert_eq!(&answers(input.chunks(1)), &at_once);
        }

        #[test]
        fn notifications_are_never_answered(
            method in "(ping|panic|[a-z$/]{0,12})",
            params in prop_oneof!["\\[(null)?\\]", r#"\{("x":[0-9])?\}"#, "[1-9][0-9]{0,9}", "\"[a-z]*\"", "null"],
        ) {
            let note = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\",\"params\":{params}}}\n");
            prop_assert_eq!(&answers([note.as_bytes(), note.trim_end().as_bytes()]).0, "", "{}", note);
        }
    }
}
