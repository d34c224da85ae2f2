//! Measures the budgets as ratios. Here those of the server: spawn to first reply, ping-pong, pipelined, memory.
mod commands;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

fn call(id: usize) -> String {
    format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"install-url\",\"params\":{{\"target\":\"acme.my.salesforce.com\",\
         \"appId\":\"0Ci5e000000bn6b\"}}}}\n"
    )
}

struct Server {
    command: Vec<String>,
}

impl Server {
    fn spawn(&self) -> Child {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().expect("the program starts")
    }

    fn first_reply(&self) -> Duration {
        let begun = Instant::now();
        let mut child = self.spawn();
        child.stdin.as_mut().unwrap().write_all(call(1).as_bytes()).unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let took = begun.elapsed();
        drop(child.stdin.take());
        child.wait().unwrap();
        took
    }

    fn ping_pong(&self, rounds: usize) -> (Duration, u64) {
        let mut child = self.spawn();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let mut times: Vec<Duration> = (0..rounds)
            .map(|id| {
                let request = call(id);
                let begun = Instant::now();
                stdin.write_all(request.as_bytes()).unwrap();
                line.clear();
                stdout.read_line(&mut line).unwrap();
                begun.elapsed()
            })
            .collect();
        times.sort();
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        drop(stdin);
        child.wait().unwrap();
        (times[rounds / 2], peak.unwrap_or(0))
    }

    fn pipelined(&self, calls: usize) -> f64 {
        let mut child = self.spawn();
        let mut stdin = child.stdin.take().unwrap();
        let input: String = (0..calls).map(call).collect();
        let begun = Instant::now();
        let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
        let answers = BufReader::with_capacity(1 << 20, child.stdout.take().unwrap()).split(b'\n').count();
        let rate = calls as f64 / begun.elapsed().as_secs_f64();
        writer.join().unwrap();
        child.wait().unwrap();
        assert_eq!(answers, calls);
        rate
    }
}

fn spawn_empty(path: &str) -> Duration {
    let begun = Instant::now();
    Command::new(path).status().unwrap();
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// What was measured, how much, its bound, and whether it may be at most that, or must be at least.
type Row = (&'static str, f64, f64, bool);

fn main() -> ExitCode {
    let binary = std::env::args().nth(1).expect("the path of sf-jwt");
    let sibling = |name: &str| -> String {
        let mut path: PathBuf = std::env::current_exe().unwrap();
        path.set_file_name(name);
        path.display().to_string()
    };
    let ours = Server { command: vec![binary.clone(), "serve".to_owned()] };
    let hand = Server { command: vec![sibling("hand")] };
    let empty = sibling("empty");

    // taken in turns, so that what else the machine does meets all alike
    let (mut first, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..100 {
        first.push(ours.first_reply());
        nothing.push(spawn_empty(&empty));
    }
    let (mut our_pong, mut hand_pong, mut our_rate, mut hand_rate, mut peak) = (vec![], vec![], 0f64, 0f64, 0);
    for _ in 0..5 {
        let (pong, memory) = ours.ping_pong(4000);
        our_pong.push(pong);
        peak = peak.max(memory);
        hand_pong.push(hand.ping_pong(4000).0);
        our_rate = our_rate.max(ours.pipelined(40_000));
        hand_rate = hand_rate.max(hand.pipelined(40_000));
    }
    let mut rows = commands::rows(&binary, &empty);
    rows.extend([
        ("spawn to first reply / empty program", ratio(median(first), median(nothing)), 3.0, true),
        ("ping-pong / hand-written loop", ratio(median(our_pong), median(hand_pong)), 3.0, true),
        ("pipelined / hand-written loop", our_rate / hand_rate, 0.15, false),
        ("peak memory, MiB", peak as f64 / 1024.0, 8.0, true),
    ]);
    let mut kept = true;
    for (what, measured, bound, at_most) in rows {
        let good = if at_most { measured <= bound } else { measured >= bound };
        kept &= good;
        let sign = if at_most { "≤" } else { "≥" };
        println!("{} {what}: {measured:.2} (bound {sign} {bound})", if good { "ok  " } else { "MISS" });
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
