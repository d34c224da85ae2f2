//! A signal ends a command in order: the answer says so, and nothing that it started goes on.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "it took too long");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Signals the command while it waits for its key from a program; its exit code and what it printed to stdout.
fn signalled(signal: Signal, args: &[&str]) -> (Option<i32>, String) {
    let home = tempfile::tempdir().unwrap();
    let (config, pids) = (home.path().join("orgs.toml"), home.path().join("pids"));
    let script = format!("sleep 60 & echo $$ $! >{0}.new; mv {0}.new {0}; wait", pids.display());
    let org = "client-id = '3MVG9x'\nusername = 'a@b.example'\nlogin-url = 'http://127.0.0.1:1'";
    fs::write(&config, format!("[orgs.acme]\n{org}\nkey = ['cmd:sh', '-c', '{script}']\n")).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_sf-jwt"))
        .arg("--config")
        .arg(&config)
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .stdin(Stdio::piped()) // and it stays open
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let id = Pid::from_child(&child);
    let pids = if args.contains(&"-") {
        let catches = || fs::read_to_string(format!("/proc/{}/status", child.id())).ok().filter(|s| catches_signals(s));
        until(catches);
        String::new()
    } else {
        until(|| fs::read_to_string(&pids).ok())
    };
    kill_process(id, signal).unwrap();
    let mut child = child;
    let stdin = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    // one that waits for its reaper is dead
    let alive = |pid: &str| {
        fs::read_to_string(Path::new("/proc").join(pid).join("stat")).is_ok_and(|stat| !stat.contains(") Z "))
    };
    until(|| (!pids.split_whitespace().any(alive)).then_some(()));
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Whether a process's `status` says that it has a handler for SIGTERM, signal 15.
fn catches_signals(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & (1 << 14) != 0))
}

#[test]
fn commands_end_in_order() {
    for (args, said) in [
        (&["call", "token", r#"{"org":"acme"}"#][..], "\"reason\":\"cancelled\""),
        (&["call", "verify-connection", r#"{"org":"acme"}"#], "\"code\":-32800"),
        (&["call", "token", "-"], "\"reason\":\"cancelled\""),
        (&["token", "-o", "acme", "--json"], "\"reason\":\"cancelled\""),
        (&["token", "-o", "acme"], ""),
        (&["verify-connection", "-o", "acme", "--json"], "0 of 1 orgs had been verified"),
        (&["exec", "-o", "acme", "--", "true"], ""),
    ] {
        for signal in [Signal::INT, Signal::TERM] {
            let (code, stdout) = signalled(signal, args);
            assert_eq!(code, Some(130), "{args:?} {signal:?}");
            assert!(stdout.contains(said) && stdout.is_empty() == said.is_empty(), "{args:?} {signal:?}: {stdout}");
        }
    }
}
