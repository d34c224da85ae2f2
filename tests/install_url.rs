//! `install-url` as a program: what goes to which stream, how it ends, and what it does not touch.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const APP: [&str; 2] = ["--app-id", "0Ci5e000000bn6b"];

/// Runs the program in a world with nothing but a home folder.
fn run(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sf-jwt"))
        .arg("install-url")
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("PATH", home.join("bin"))
        .output()
        .unwrap()
}

fn texts(output: &Output) -> (String, String) {
    (String::from_utf8(output.stdout.clone()).unwrap(), String::from_utf8(output.stderr.clone()).unwrap())
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_page_alone_is_on_stdout() {
    let home = home();
    let output = run(home.path(), &[&["acme.lightning.force.com"], &APP[..]].concat());
    let (answer, words) = texts(&output);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        answer,
        "https://acme.my.salesforce.com/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b\n"
    );
    assert!(words.contains("acme.lightning.force.com") && words.contains("Admin approved users are pre-authorized"));
    assert!(!words.contains('\u{1b}'), "colour without a terminal");

    let quiet = run(home.path(), &[&["acme.lightning.force.com", "-q"], &APP[..]].concat());
    assert_eq!(texts(&quiet), (answer, String::new()));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "something was written to the home folder");
}

#[test]
fn one_failing_target_does_not_keep_the_others_from_their_answers() {
    let targets =
        ["a.my.salesforce.com", "nobody", "https://a.my.salesforce.com@evil.example", "b.my.salesforce.com", "--json"];
    let output = run(home().path(), &[&targets, &APP[..]].concat());
    let (answer, words) = texts(&output);
    let lines: Vec<Value> = answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        (lines[0]["host"].as_str(), lines[3]["host"].as_str()),
        (Some("a.my.salesforce.com"), Some("b.my.salesforce.com"))
    );
    assert_eq!((&lines[1]["target"], &lines[1]["error"]["data"]["reason"]), (&"nobody".into(), &"unknown-org".into()));
    assert_eq!((&lines[2]["target"], &lines[2]["error"]["code"]), (&targets[2].into(), &(-32602).into()));
    assert_eq!((output.status.code(), words.as_str()), (Some(10), ""), "the first failure's exit code");
}

#[test]
fn a_single_failure_is_the_error_alone() {
    let output = run(home().path(), &["evil.example", "--format", "json", "--app-id", "0H45e000000bn6b"]);
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error.as_object().unwrap().keys().collect::<Vec<_>>(), ["error"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn flags_are_named_and_secrets_are_not_repeated() {
    let home = home();
    let secret = "00D5e000005AHE7!SENTINEL.SENTINEL";
    for arguments in [
        &["acme.my.salesforce.com", "--app-id", secret][..],
        &["acme.my.salesforce.com", "--package-id", secret],
        &["acme.my.salesforce.com", "--page-url", secret],
        &["acme.my.salesforce.com", "--app-id", "0Ci5e000000bn6b", "--app-org-id", secret],
        &[secret, "--app-id", "0Ci5e000000bn6b"],
        &[secret, "acme.my.salesforce.com", "--app-id", "0Ci5e000000bn6b"],
        &["acme.my.salesforce.com", "--app-id", "0Ci5e000000bn6b", "--fromat", secret],
    ] {
        for json in [&[][..], &["--json"]] {
            let output = run(home.path(), &[arguments, json].concat());
            let (answer, words) = texts(&output);
            assert!(!format!("{answer}{words}").contains("SENTINEL"), "{arguments:?}: {answer}{words}");
            assert!(matches!(output.status.code(), Some(2 | 10)), "{arguments:?}");
        }
    }
    let output = run(home.path(), &["acme.my.salesforce.com", "--app-id", "0H45e000000bn6b", "--json"]);
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["data"]["field"], "app-id");
}

#[test]
fn hand_offs_are_documents_of_their_own() {
    let targets = ["a.my.salesforce.com", "b.my.salesforce.com", "--format", "markdown"];
    let (answer, _) = texts(&run(home().path(), &[&targets, &APP[..]].concat()));
    assert_eq!(answer.matches("\n---\n\n# Let an app into b.my.salesforce.com\n").count(), 1);
    assert!(answer.starts_with("# Let an app into a.my.salesforce.com\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_page_is_opened_in_the_browser() {
    use std::os::unix::fs::PermissionsExt;
    let home = home();
    let opener = home.path().join("bin/xdg-open");
    let opened = home.path().join("opened");
    let arguments = [&["acme.my.salesforce.com", "--open"], &APP[..]].concat();

    let (_, words) = texts(&run(home.path(), &arguments));
    assert!(words.contains("browser-not-opened"), "{words}");

    std::fs::create_dir(home.path().join("bin")).unwrap();
    std::fs::write(&opener, "#!/bin/sh\nprintf %s \"$1\" > \"$HOME/new\" && /bin/mv \"$HOME/new\" \"$HOME/opened\"\n")
        .unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (answer, words) = texts(&run(home.path(), &arguments));
    for _ in 0..500 {
        if opened.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(std::fs::read_to_string(opened).unwrap(), answer.trim_end());
    assert!(!words.contains("browser-not-opened"));
}
