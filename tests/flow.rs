//! Scenarios, replayed end to end: the built program against the org emulator. Each folder under `scenarios/` is one
//! story in steps. Every scenario is also a leak test: whatever the program prints is searched for secrets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a helper that fails fails the test")]

use serde::Deserialize;
use sf_jwt::emulator::{self, Fault, Kit, Options, world_file};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scenario {
    intent: String,
    fault: Option<String>,
    fault_first: Option<u64>,
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    args: Vec<String>,
    exit: i32,
    #[serde(default)]
    stdout: Vec<String>,
    #[serde(default)]
    stderr: Vec<String>,
    /// The purpose of the step is a token: it, and nothing else secret, may be on stdout.
    #[serde(default)]
    token: bool,
}

#[test]
fn scenarios() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 12, "scenarios are missing");
    let failures: Vec<String> = folders.iter().filter_map(|folder| play(folder).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn play(folder: &Path) -> Result<(), String> {
    let text = fs::read_to_string(folder.join("scenario.toml")).unwrap();
    let scenario: Scenario = toml::from_str(&text).map_err(|e| format!("{}: {e}", folder.display()))?;
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("emulator");
    let kit = Kit::new(Some(&out), home.path()).unwrap();
    let options = Options {
        fault: scenario.fault.as_deref().map(|name| Fault::from_name(name).expect("a known fault")),
        fault_first: scenario.fault_first,
        ..Options::new(world_file::read(world_file::BUILT_IN, &kit).unwrap())
    };
    let running = emulator::start(options).unwrap();
    let config = kit.write_config(&running).unwrap().unwrap();
    let key = fs::read_to_string(out.join("emulator.key")).unwrap();

    for (number, step) in scenario.step.iter().enumerate() {
        let output = Command::new(env!("CARGO_BIN_EXE_sf-jwt"))
            .args(&step.args)
            .args(["-vv", "--config"])
            .arg(&config)
            .env_clear()
            .env("HOME", home.path())
            .env("SF_JWT_STATE_DIR", home.path().join("state"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        let wrong = |what: String| {
            let story = format!("{} ({})\nstep {}: {:?}", folder.display(), scenario.intent, number + 1, step.args);
            Err(format!("{story}\n{what}\nstdout: {stdout}\nstderr: {stderr}"))
        };
        if output.status.code() != Some(step.exit) {
            return wrong(format!("ended with {:?} instead of {}", output.status.code(), step.exit));
        }
        let missing = |text: &str, parts: &[String]| parts.iter().find(|part| !text.contains(*part)).cloned();
        if let Some(part) = missing(&stdout, &step.stdout).or_else(|| missing(&stderr, &step.stderr)) {
            return wrong(format!("does not say {part}"));
        }
        for (name, text) in [("stdout", &stdout), ("stderr", &stderr)] {
            let may_have_token = step.token && name == "stdout";
            if let Some(leak) = leak(text, &key, may_have_token) {
                return wrong(format!("{name} leaks {leak}"));
            }
        }
    }
    Ok(())
}

/// What is secret in a text: a piece of the key, an assertion, an access token.
fn leak(text: &str, key: &str, may_have_token: bool) -> Option<&'static str> {
    let of_the_key = |line: &&str| line.len() >= 24 && !line.starts_with('-') && text.contains(&line[..24]);
    if key.lines().find(of_the_key).is_some() || text.contains("PRIVATE KEY") {
        return Some("the key");
    }
    if text.contains("eyJhbGciOi") || text.contains("assertion=") {
        return Some("an assertion");
    }
    let token = |(at, _): (usize, &str)| text[..at].bytes().rev().take(12).all(|b| b.is_ascii_alphanumeric());
    (!may_have_token && text.match_indices('!').any(token)).then_some("an access token")
}

#[test]
fn the_leak_test_can_fail() {
    // only the head that all keys of this size share; sf-jwt:allow private-key
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n";
    assert_eq!(leak("x MIIEvQIBADANBgkqhkiG9w0BAQEFAASC y", key, true), Some("the key"));
    assert_eq!(leak("eyJhbGciOiJSUzI1NiJ9.e30.x", key, true), Some("an assertion"));
    assert_eq!(leak("00DEm0b9M0RgXE7!AQdKyBr1F0", key, false), Some("an access token"));
    assert_eq!(leak("00DEm0b9M0RgXE7!AQdKyBr1F0", key, true), None);
    assert_eq!(leak("all is well! really", key, false), None);
}
