//! The owner of stdin and stdout: waits for whatever comes first (bytes, an answered call, a signal, a client that
//! has gone) and turns it into the session's next step.
//!
//! The same loop serves any pair of streams, so that tests drive it over pipes.

#[cfg(unix)]
mod poll;
#[cfg(any(test, not(unix)))]
mod threads;

#[cfg(unix)]
pub use poll::system;
#[cfg(not(unix))]
pub use threads::system;

use super::dispatch::{Calls, Dispatcher};
use super::framing::Framing;
use super::outbox::{Bell, Outbox, Sink};
use super::session::{End, Session};
use jsonrpsee::core::server::Methods;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The exit code after a signal, as everywhere for what was cancelled.
const CANCELLED: u8 = 130;

/// How long cancelled work, and its answers, may take to come to an end, and how long a client that reads no more is
/// waited for.
const STOPPING: Duration = Duration::from_secs(1);

/// So much is read at once.
const CHUNK: usize = 64 << 10;

/// How a client is served.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The framing, or nothing for the client's first byte to decide.
    pub framing: Option<Framing>,
    /// The largest frame, in bytes.
    pub max_frame: usize,
}

/// Two streams, and what else can happen meanwhile.
pub struct Streams {
    input: Box<dyn Input + Send>,
    output: Box<dyn Sink>,
    bell: Bell,
    /// Set when the process should end.
    stop: Arc<AtomicBool>,
}

/// Where bytes and news come from.
trait Input {
    /// Waits until there is something, or for as long as given. Without `read`, bytes are left where they are.
    fn wait(&mut self, read: bool, at_most: Option<Duration>) -> Wake<'_>;
}

/// What a wait ended with.
enum Wake<'a> {
    /// Bytes were read.
    Bytes(&'a [u8]),
    /// The input has ended.
    EndOfInput,
    /// Nobody reads the output any more. Told once.
    NobodyReads,
    /// Something else: look around.
    LookAround,
}

/// How the server is about to end.
struct Ending {
    code: u8,
    /// When to look whether the client still reads: one that does not is not waited for.
    deadline: Option<Instant>,
    /// How many bytes had gone out when the deadline was set.
    written: u64,
    /// At the deadline, answers are dropped also when the client reads.
    in_haste: bool,
    /// They have been.
    cut: bool,
}

impl Ending {
    fn soon(code: u8, in_haste: bool, outbox: &Outbox) -> Option<Ending> {
        let deadline = Some(Instant::now() + STOPPING);
        Some(Ending { code, deadline, written: outbox.written(), in_haste, cut: false })
    }

    fn when_done(code: u8) -> Option<Ending> {
        Some(Ending { code, deadline: None, written: 0, in_haste: false, cut: false })
    }
}

/// Serves a client until its input ends, it says `exit`, it goes away, or a signal comes: the exit code.
pub fn serve(methods: Methods, options: Options, streams: Streams) -> u8 {
    let Streams { mut input, output, bell, stop } = streams;
    let outbox = Outbox::new(output, Arc::clone(&bell));
    let service = Dispatcher::new(methods, Calls::new(Arc::clone(&bell)));
    let mut session = Session::new(service, outbox.clone(), bell, options.framing, options.max_frame);
    let mut input_ended = false;
    let mut nobody_reads = false;
    let mut ending: Option<Ending> = None;
    loop {
        session.work();
        nobody_reads |= outbox.is_closed();
        let in_haste = ending.as_ref().is_some_and(|ending| ending.in_haste);
        if (stop.load(Ordering::Acquire) || nobody_reads) && !in_haste {
            session.cancel_all();
            ending = Ending::soon(if nobody_reads { 0 } else { CANCELLED }, true, &outbox);
        } else if ending.is_none() {
            ending = match session.end() {
                Some(End::Exit) => {
                    session.cancel_all();
                    Ending::soon(0, false, &outbox)
                }
                Some(End::Failed) => Ending::when_done(1),
                None if session.is_exhausted() => Ending::when_done(0),
                None => None,
            };
        }
        let mut at_most = None;
        if let Some(ending) = &mut ending {
            let is_over = ending.deadline.is_some_and(|deadline| deadline <= Instant::now());
            if is_over && ending.in_haste {
                // what was begun is finished, as long as somebody reads it
                outbox.cut();
                ending.cut = true;
            }
            let done = (ending.cut || session.is_idle()) && (nobody_reads || outbox.backlog() == 0);
            let written = outbox.written();
            if done || (is_over && written == ending.written) {
                outbox.close();
                return ending.code;
            }
            if is_over {
                ending.written = written;
                ending.deadline = Some(Instant::now() + STOPPING);
            }
            at_most = ending.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        }
        match input.wait(ending.is_none() && !input_ended && !session.is_overloaded(), at_most) {
            Wake::Bytes(bytes) => session.feed(bytes),
            Wake::EndOfInput => {
                input_ended = true;
                session.end_input();
            }
            Wake::NobodyReads => nobody_reads = true,
            Wake::LookAround => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::dispatch::MAX_RUNNING;
    use crate::rpc::framing::MAX_FRAME;
    use crate::rpc::outbox::MAX_UNWRITTEN;
    use jsonrpsee::RpcModule;
    use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Read, Write, pipe};
    use std::thread::JoinHandle;

    /// A server over pipes, and a client's ends of them.
    struct Served {
        stdin: Option<PipeWriter>,
        stdout: Option<BufReader<PipeReader>>,
        server: JoinHandle<u8>,
        stop: Arc<AtomicBool>,
        bell: Bell,
    }

    fn module() -> Methods {
        let mut module = RpcModule::new(());
        module.register_method("echo", |params, (), _| params.as_str().unwrap_or_default().to_owned()).unwrap();
        module.register_async_method("never", |_, _, _| std::future::pending::<u8>()).unwrap();
        let later = |_, _, _| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            "later"
        };
        module.register_async_method("later", later).unwrap();
        module.into()
    }

    fn served(threaded: bool) -> Served {
        let (stdin, to_server) = pipe().unwrap();
        let (from_server, stdout) = pipe().unwrap();
        let (stop, streams) = if threaded {
            (Arc::default(), threads::streams(stdin, stdout).unwrap())
        } else {
            let (streams, stop) = poll::pipes(stdin.into(), stdout.into());
            (stop, streams)
        };
        let bell = Arc::clone(&streams.bell);
        let options = Options { framing: None, max_frame: MAX_FRAME };
        let server = std::thread::spawn(move || serve(module(), options, streams));
        Served { stdin: Some(to_server), stdout: Some(BufReader::new(from_server)), server, stop, bell }
    }

    impl Served {
        fn send(&mut self, text: &str) {
            self.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
        }
        fn line(&mut self) -> String {
            let mut line = String::new();
            self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
            line
        }
        /// Closes stdin and gives the rest of the answers and the exit code.
        fn end(mut self) -> (String, u8) {
            drop(self.stdin.take());
            let mut rest = String::new();
            self.stdout.as_mut().unwrap().read_to_string(&mut rest).unwrap();
            (rest, self.server.join().unwrap())
        }
    }

    fn call(id: usize, method: &str) -> String {
        format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"{method}\"}}\n")
    }

    #[test]
    fn the_end_of_input_waits_for_calls_in_flight() {
        for threaded in [false, true] {
            let mut served = served(threaded);
            served.send(&(call(1, "later") + &call(2, "echo") + call(3, "later").trim_end()));
            let (answers, code) = served.end();
            assert_eq!(code, 0);
            let ids: Vec<&str> = answers.lines().map(|line| &line[22..24]).collect();
            assert_eq!(ids, ["2,", "1,", "3,"], "{answers}");
        }
    }

    #[test]
    fn exit_ends_the_server_and_cancels() {
        for threaded in [false, true] {
            let mut served = served(threaded);
            served.send(
                &(call(1, "never")
                    + &call(2, "echo")
                    + "{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}\n"
                    + &call(3, "echo")),
            );
            assert!(served.line().contains("\"id\":2,\"result\""));
            assert!(served.line().contains("\"id\":1,\"error\":{\"code\":-32800"));
            assert_eq!(served.line(), "");
            assert_eq!(served.server.join().unwrap(), 0);
        }
    }

    #[test]
    fn calls_that_wait_are_begun_in_their_order_and_can_be_cancelled() {
        let mut served = served(false);
        let cancel =
            |id: usize| format!("{{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{{\"id\":{id}}}}}\n");
        let batch =
            |calls: &[String]| format!("[{}]\n", calls.iter().map(|c| c.trim_end()).collect::<Vec<_>>().join(","));
        served.send(&(0..MAX_RUNNING).map(|id| call(id, "never")).collect::<String>());
        served.send(&(call(1000, "later") + &call(1001, "later")));
        served.send(&batch(&[call(1002, "later"), call(1003, "echo"), call(1004, "later")]));
        served.send(&batch(&[cancel(1005), call(1005, "later"), call(1006, "never"), cancel(1006)]));
        served.send(&(call(1007, "echo") + &cancel(1001)));
        assert!(served.line().contains("\"id\":1007,\"result\""), "what needs no waiting does not wait");
        assert!(served.line().contains("\"id\":1001,\"error\":{\"code\":-32800"));
        served.send(&(cancel(1002) + &cancel(1004)));
        let answer = served.line();
        let at: Vec<_> =
            ["[{", "1002,\"error\"", "1003,\"result\"", "1004,\"error\""].map(|part| answer.find(part)).into();
        assert!(at.is_sorted() && at[0] == Some(0), "{answer}");
        served.send(&cancel(7));
        assert!(served.line().contains("\"id\":7,\"error\":{\"code\":-32800"));
        assert!(served.line().contains("\"id\":1000,\"result\":\"later\""));
        let answer = served.line();
        assert!(answer.contains("1005,\"result\"") && answer.contains("1006,\"error\""), "{answer}");
        served.send(&(call(1008, "later") + &call(1009, "never") + &call(1010, "later")));
        served.send("{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}\n");
        let (answers, code) = served.end();
        assert_eq!((answers.matches("-32800").count(), code), (MAX_RUNNING - 1 + 3, 0), "{answers}");
    }

    #[test]
    fn a_batch_keeps_no_answers_while_it_waits() {
        let mut served = served(false);
        let text = "x".repeat(1_000_000);
        let batch = move |id: usize| {
            let quick = format!(r#"{{"jsonrpc":"2.0","id":0,"method":"echo","params":["{text}"]}}"#);
            format!("[{},{quick}]\n", call(id, "never").trim_end())
        };
        let stdin = served.stdin.take().unwrap();
        let written = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let writer = std::thread::spawn(move || {
            for id in 1..30 {
                (&stdin).write_all(batch(id).as_bytes()).unwrap();
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        std::thread::sleep(Duration::from_millis(1500));
        let written = written.load(Ordering::Relaxed);
        assert!((8..11).contains(&written), "{written} MB were read of batches that cannot be answered");
        served.stop.store(true, Ordering::Release);
        (served.bell)();
        assert!(served.line().contains("-32800"));
        drop(served.stdout.take());
        served.server.join().unwrap();
        drop(writer);
    }

    #[test]
    fn a_signal_cancels() {
        let mut served = served(false);
        served.send(&call(1, "never"));
        served.send(&call(2, "later"));
        assert!(served.line().contains("later"));
        served.stop.store(true, Ordering::Release);
        (served.bell)();
        assert!(served.line().contains("\"id\":1,\"error\":{\"code\":-32800"));
        assert_eq!(served.server.join().unwrap(), CANCELLED);
    }

    #[test]
    fn a_slow_reader_gets_whole_frames_after_a_signal_and_everything_after_exit() {
        let frame = |id: usize| {
            format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"echo\",\"params\":[\"{}\"]}}\n", "x".repeat(50_000))
        };
        for signal in [true, false] {
            let mut served = served(false);
            let sent = 40;
            served.send(&(1..=sent).map(frame).collect::<String>());
            let mut stdout = served.stdout.take().unwrap();
            let mut answers = vec![0; 50];
            stdout.read_exact(&mut answers).unwrap();
            if signal {
                served.stop.store(true, Ordering::Release);
                (served.bell)();
            } else {
                served.send("{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}\n");
            }
            let mut chunk = [0; 20_000];
            loop {
                std::thread::sleep(Duration::from_millis(20));
                match stdout.read(&mut chunk).unwrap() {
                    0 => break,
                    read => answers.extend_from_slice(&chunk[..read]),
                }
            }
            let whole = answers.iter().filter(|b| **b == b'\n').count();
            assert!(answers.ends_with(b"\"}\n") && (whole < sent) == signal, "{whole}");
            assert_eq!(served.server.join().unwrap(), if signal { CANCELLED } else { 0 });
        }
    }

    #[test]
    fn exit_does_not_wait_for_a_client_that_does_not_read() {
        let mut served = served(false);
        served.send(&call(1, "echo").replace("}\n", &format!(",\"params\":[\"{}\"]}}\n", "x".repeat(500_000))));
        served.send("{\"jsonrpc\":\"2.0\",\"method\":\"exit\"}\n");
        assert_eq!(served.server.join().unwrap(), 0);
        drop(served.stdout);
    }

    #[test]
    fn nobody_reads_any_more() {
        // noticed while waiting, without a byte to write
        let mut served = served(false);
        served.send(&call(1, "never"));
        drop(served.stdout.take());
        assert_eq!(served.server.join().unwrap(), 0);
        drop(served.stdin);
    }

    #[test]
    fn a_client_may_write_everything_before_it_reads() {
        for threaded in [false, true] {
            let mut served = served(threaded);
            let calls = 50_000;
            let mut stdin = served.stdin.take().unwrap();
            let writer = std::thread::spawn(move || {
                for id in 0..calls {
                    stdin.write_all(call(id, "echo").as_bytes()).unwrap();
                }
            });
            writer.join().unwrap();
            let mut stdout = served.stdout.take().unwrap();
            let mut answers = String::new();
            stdout.read_to_string(&mut answers).unwrap();
            assert_eq!(answers.lines().count(), calls);
            assert_eq!(served.server.join().unwrap(), 0);
        }
    }

    #[test]
    fn reading_pauses_while_nobody_reads_the_answers() {
        let mut served = served(false);
        let mut stdin = served.stdin.take().unwrap();
        let text = "x".repeat(60_000);
        let frames = 3 * MAX_UNWRITTEN / text.len();
        let written = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let writer = std::thread::spawn(move || {
            for id in 0..frames {
                let frame =
                    format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"echo\",\"params\":[\"{text}\"]}}\n");
                stdin.write_all(frame.as_bytes()).unwrap();
                count.fetch_add(frame.len(), Ordering::Relaxed);
            }
        });
        let so_far = || written.load(Ordering::Relaxed);
        while so_far() < MAX_UNWRITTEN / 2 {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(300));
        assert!(so_far() < 2 * MAX_UNWRITTEN, "{}", so_far());
        let mut stdout = served.stdout.take().unwrap();
        let mut answers = Vec::new();
        stdout.read_to_end(&mut answers).unwrap();
        writer.join().unwrap();
        assert_eq!(answers.iter().filter(|b| **b == b'\n').count(), frames);
        assert_eq!(served.server.join().unwrap(), 0);
    }

    #[test]
    fn both_framings_are_answered_in_kind() {
        let mut served = served(false);
        let body = call(1, "echo");
        served.send(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        served.send("Content-Length: 3\r\n\r\n{]}Oops: 1\n\n");
        let (answers, code) = served.end();
        let frame = |json: &str| format!("Content-Length: {}\r\n\r\n{json}", json.len());
        assert!(answers.starts_with(&frame(r#"{"jsonrpc":"2.0","id":1,"result":""}"#)), "{answers}");
        assert_eq!(answers.matches(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"#).count(), 2);
        assert_eq!(code, 1);
    }
}
