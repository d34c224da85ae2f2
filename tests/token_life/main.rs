//! The life of a token, from outside: real processes on one state folder, against a stand-in for Salesforce that
//! counts logins.
//!
//! `SF_JWT_STORM=1000 cargo test --test token_life storm` makes the storm of killed processes a long one.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says what it skips")]

mod machine;
mod salesforce;
mod task_runners;

use machine::{Machine, USERNAME, complaint, printed, restrict};
use salesforce::Salesforce;
use std::collections::HashSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Starts a number of processes before waiting for any of them; returns what each printed and its exit code.
fn all_at_once(count: usize, mut start: impl FnMut(usize) -> Child) -> Vec<(String, i32)> {
    let children: Vec<Child> = (0..count).map(&mut start).collect();
    let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
    outputs.map(|o| (String::from_utf8(o.stdout).unwrap(), o.status.code().unwrap())).collect()
}

#[test]
fn a_hundred_processes_make_one_login() {
    let salesforce = Salesforce::start().slow(Duration::from_millis(150));
    let machine = Machine::new(&salesforce, "10m");
    let answers = all_at_once(100, |_| machine.acme(&["token"]).spawn().unwrap());
    assert!(answers.iter().all(|answer| *answer == ("00D5e000005AHE7!AQ.1\n".to_owned(), 0)), "{answers:?}");
    assert_eq!(salesforce.logins(), 1);
}

#[test]
fn two_hundred_calls_in_one_server_make_one_login() {
    let salesforce = Salesforce::start().slow(Duration::from_millis(150));
    let machine = Machine::new(&salesforce, "10m");
    let mut server = machine.sf_jwt(&["serve"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = server.stdin.take().unwrap();
    let call = |id: usize, params: serde_json::Value| {
        serde_json::json!({"jsonrpc": "2.0", "id": id, "method": "token", "params": params}).to_string() + "\n"
    };
    let mut answers = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut tokens = |count: usize| -> Vec<String> {
        let mut answer = || serde_json::from_str::<serde_json::Value>(&answers.next().unwrap().unwrap()).unwrap();
        (0..count).map(|_| answer()["result"]["accessToken"].as_str().unwrap().to_owned()).collect()
    };
    let calls: String = (0..200).map(|id| call(id, serde_json::json!({"org": "acme"}))).collect();
    input.write_all(calls.as_bytes()).unwrap();
    assert!(tokens(200).iter().all(|token| token == "00D5e000005AHE7!AQ.1"));
    assert_eq!(salesforce.logins(), 1);
    // the org refuses that token: all who tell so get the same other one
    let rejected = serde_json::json!({"org": "acme", "rejectedToken": "00D5e000005AHE7!AQ.1"});
    let calls: String = (0..50).map(|id| call(id, rejected.clone())).collect();
    input.write_all(calls.as_bytes()).unwrap();
    assert!(tokens(50).iter().all(|token| token == "00D5e000005AHE7!AQ.2"));
    assert_eq!(salesforce.logins(), 2);
    drop(input);
    assert!(server.wait().unwrap().success());
}

#[test]
fn fifty_processes_share_a_refusal() {
    let salesforce = Salesforce::start().slow(Duration::from_millis(50));
    salesforce.refuse(Some("user hasn't approved this consumer"));
    let machine = Machine::new(&salesforce, "10m");
    let answers = all_at_once(50, |_| machine.acme(&["token", "--json"]).spawn().unwrap());
    let reason = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["error"]["data"].clone();
    assert!(answers.iter().all(|(text, code)| *code == 20 && reason(text)["reason"] == "user-not-approved"));
    assert!(answers.iter().filter(|(text, _)| reason(text)["cached"] == true).count() >= 47);
    assert!(salesforce.logins() <= 3, "{} logins", salesforce.logins());
    // an administrator helps: --fresh asks again at once
    salesforce.refuse(None);
    assert!(printed(machine.acme(&["token", "--fresh"]).output().unwrap()).starts_with("00D5e000005AHE7!AQ."));
}

#[test]
fn a_storm_of_kills_leaves_nothing_behind() {
    let rounds = std::env::var("SF_JWT_STORM").map_or(60, |rounds| rounds.parse().unwrap());
    let salesforce = Salesforce::start().slow(Duration::from_millis(20));
    let machine = Machine::new(&salesforce, "10m");
    printed(machine.acme(&["token"]).output().unwrap());
    let before = machine.state_files().len();
    let mut config = fs::read_to_string(machine.path("orgs.toml")).unwrap();
    config += "max-logins-per-hour = 3600\n";
    fs::write(machine.path("orgs.toml"), config).unwrap();
    // pseudo-random instants of a process's life, which takes about 30 ms
    let instants = (0..rounds).map(|n: u64| Duration::from_micros(n.wrapping_mul(2_654_435_761) % 60_000));
    for instant in instants {
        let mut child = machine.acme(&["token", "--fresh"]).spawn().unwrap();
        std::thread::sleep(instant);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let start = Instant::now();
    assert!(salesforce.knows(&printed(machine.acme(&["token", "--fresh"]).output().unwrap())));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for file in machine.state_files() {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
    }
    // a process killed between creating and renaming leaves its file; it is swept a minute later
    let finished = |path: &&PathBuf| !path.to_string_lossy().ends_with(".unfinished");
    let after = machine.state_files();
    assert!(after.iter().filter(finished).count() <= before + 1, "{after:?}");
    assert!(after.len() <= before + 2 + usize::try_from(rounds).unwrap() / 100, "{after:?}");
}

#[test]
fn spoilt_files_heal() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let token = || printed(machine.acme(&["token"]).output().unwrap());
    type Spoil = fn(&Path);
    let spoil: [(&str, Spoil); 6] = [
        ("empty", |path| fs::write(path, "").unwrap()),
        ("foreign", |path| fs::write(path, "{\"access_token\":\"00D!evil\"}").unwrap()),
        ("binary", |path| fs::write(path, [0xff; 1000]).unwrap()),
        ("truncated", |path| {
            let bytes = fs::read(path).unwrap();
            fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("unreadable", |path| restrict(path, 0o000)),
        ("removed", |path| fs::remove_file(path).unwrap()),
    ];
    for (what, spoil) in spoil {
        token();
        machine.state_files().iter().for_each(|path| spoil(path));
        let healed = token();
        assert!(salesforce.knows(&healed), "{what}");
        assert_eq!(token(), healed, "{what}: cached again");
    }
}

#[test]
fn a_token_is_for_its_own_inputs_alone() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    fs::copy(machine.key(), machine.path("other.key")).unwrap();
    restrict(&machine.path("other.key"), 0o600);
    let other_key = machine.path("other.key");
    let variations = [
        &["token"][..],
        &["token", "--username", "other@acme.example"],
        &["token", "--client-id", "3MVG9.other"],
        &["token", "--key", other_key.to_str().unwrap()],
    ];
    let tokens: HashSet<_> = variations.iter().map(|a| printed(machine.acme(a).output().unwrap())).collect();
    assert_eq!(tokens.len(), variations.len());
    // a renamed file is recognised by what it says about itself
    let records: Vec<_> =
        machine.state_files().into_iter().filter(|f| f.extension().is_some_and(|e| e == "json")).collect();
    let contents: Vec<_> = records.iter().map(|path| fs::read(path).unwrap()).collect();
    for (path, content) in records.iter().zip(contents.iter().cycle().skip(1)) {
        fs::write(path, content).unwrap();
    }
    let again: HashSet<_> = variations.iter().map(|a| printed(machine.acme(a).output().unwrap())).collect();
    assert!(tokens.is_disjoint(&again));
}

#[test]
fn a_hit_needs_no_key_and_no_dead_token_is_handed_out() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "2s");
    let token = printed(machine.acme(&["token"]).output().unwrap());
    fs::remove_file(machine.key()).unwrap();
    assert_eq!(printed(machine.acme(&["token"]).output().unwrap()), token);
    std::thread::sleep(Duration::from_millis(2100));
    let output = machine.acme(&["token"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(11), 0), "{}", complaint(&output));
}

#[test]
fn freshness_is_the_readers_choice() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let token = |arguments: &[&str]| machine.acme(arguments).output().unwrap();
    let first = printed(token(&["token"]));
    assert_eq!(printed(token(&["token", "--min-validity", "9m"])), first);
    assert_ne!(printed(token(&["token", "--fresh"])), first);
    let output = token(&["token", "--min-validity", "11m"]);
    assert_eq!(output.status.code(), Some(2), "{}", complaint(&output));
    assert_eq!(salesforce.logins(), 2);
    // --no-cache neither reads nor writes
    assert_ne!(printed(token(&["token", "--no-cache"])), first);
    assert_eq!(salesforce.logins(), 3);
    assert!(printed(token(&["token"])).ends_with(".2"));
}

#[test]
fn the_budget_of_an_hour() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let config = fs::read_to_string(machine.path("orgs.toml")).unwrap() + "max-logins-per-hour = 2\n";
    fs::write(machine.path("orgs.toml"), config).unwrap();
    let codes: Vec<_> =
        (0..3).map(|_| machine.acme(&["token", "--fresh"]).output().unwrap().status.code().unwrap()).collect();
    assert_eq!((codes, salesforce.logins()), (vec![0, 0, 10], 2));
}

#[test]
fn the_state_folder_is_never_required() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    fs::write(machine.path("file"), "").unwrap();
    let mut command = machine.acme(&["token", "--state-dir"]);
    let output = command.arg(machine.path("file")).output().unwrap();
    assert!(output.status.success());
    assert_eq!(complaint(&output).matches("tokens are kept in memory only").count(), 1, "{}", complaint(&output));
    // but one that others can change is refused
    fs::create_dir(machine.path("shared")).unwrap();
    restrict(&machine.path("shared"), 0o777);
    let output = machine.acme(&["token", "--state-dir"]).arg(machine.path("shared")).output().unwrap();
    assert_eq!(output.status.code(), Some(10), "{}", complaint(&output));
}

#[test]
fn files_are_private_whatever_the_umask() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let script = "umask 000; exec sf-jwt token -o acme";
    printed(machine.program("sh").args(["-c", script]).output().unwrap());
    let files = machine.state_files();
    assert!(!files.is_empty());
    for path in files.iter().flat_map(|file| [file.as_path(), file.parent().unwrap()]) {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
    assert_eq!(fs::metadata(machine.state()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn out_to_other_tools() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let url = &salesforce.url;
    let table = [
        (
            "eval \"$(sf-jwt token -o acme --format env)\"; echo $SF_USERNAME $SF_INSTANCE_URL".to_owned(),
            format!("{USERNAME} {url}"),
        ),
        (
            format!("sf-jwt token -o acme --format curl | curl -fsS --noproxy '*' -K - {url}/services/data/"),
            "[]".to_owned(),
        ),
        (
            format!("sf-jwt token -o acme --format header > h; curl -fsS --noproxy '*' -H @h {url}/services/data/"),
            "[]".to_owned(),
        ),
        (
            "sf-jwt exec -o acme -- sh -c 'echo $SF_ORG_ID $SF_ORG_INSTANCE_URL'".to_owned(),
            format!("00D5e000005AHE7EAO {url}"),
        ),
        (
            "export GITHUB_ENV=g; sf-jwt token -o acme --format env --shell github; grep -c = g".to_owned(),
            "::add-mask::00D5e000005AHE7!AQ.1\n5".to_owned(),
        ),
    ];
    for (script, expected) in table {
        let output = machine.program("sh").current_dir(machine.path("")).args(["-c", &script]).output().unwrap();
        assert_eq!(printed(output), expected, "{script}");
    }
    assert_eq!(salesforce.logins(), 1);
}

#[test]
fn exec_becomes_the_command_and_hides_our_secrets() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let pem = fs::read_to_string(machine.key()).unwrap();
    let config = fs::read_to_string(machine.path("orgs.toml")).unwrap()
        + "[orgs.other]\nkey = 'env:OTHER_KEY'\npassphrase = 'env:OTHER_PASSPHRASE'\n";
    fs::write(machine.path("orgs.toml"), config).unwrap();
    let mut command = machine.sf_jwt(&["exec", "-o", "acme", "--key", "env:OWN_KEY", "--", "env"]);
    for name in ["OWN_KEY", "OTHER_KEY", "OTHER_PASSPHRASE", "SF_JWT_PRIVATE_KEY", "SF_JWT_KEY", "SF_JWT_PASSPHRASE"] {
        command.env(name, &pem);
    }
    let seen = printed(command.env("KEPT", "yes").output().unwrap());
    let with_key = seen.lines().filter(|line| line.contains("PRIVATE KEY")).collect::<Vec<_>>();
    assert!(with_key.is_empty(), "{with_key:?}");
    assert!(seen.contains("KEPT=yes") && seen.contains("SF_ACCESS_TOKEN=00D5e000005AHE7!AQ.1\n"), "{seen}");

    let code = |arguments: &[&str]| machine.sf_jwt(arguments).output().unwrap().status.code();
    fs::write(machine.path("plain"), "").unwrap();
    let plain = machine.path("plain");
    for (arguments, expected) in [
        (&["exec", "-o", "acme", "--", "sh", "-c", "exit 7"][..], 7),
        (&["exec", "-o", "acme", "--", "no-such-command"], 127),
        (&["exec", "-o", "acme", "--", plain.to_str().unwrap()], 126),
        (&["exec", "-o", "nobody", "--", "true"], 125),
        (&["exec", "-o", "acme"], 125),
        (&["exec", "--nonsense", "--", "true"], 125),
    ] {
        assert_eq!(code(arguments), Some(expected), "{arguments:?}");
    }
    // the process is the command: no parent waits beside it
    let child = machine.acme(&["exec", "--", "sh", "-c", "echo $$"]).spawn().unwrap();
    let id = child.id();
    assert_eq!(printed(child.wait_with_output().unwrap()), id.to_string());
}

#[test]
fn revoking_ends_the_token_there_and_here() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let revoke = |arguments: &[&str]| {
        let text = printed(machine.acme(&[&["revoke", "--json"], arguments].concat()).output().unwrap());
        let result: serde_json::Value = serde_json::from_str(&text).unwrap();
        (result["revoked"].as_bool().unwrap(), result["forgotten"].as_bool().unwrap())
    };
    let token = || printed(machine.acme(&["token"]).output().unwrap());
    assert_eq!(revoke(&[]), (false, false));
    let first = token();
    assert_eq!(revoke(&[]), (true, true));
    assert!(!salesforce.knows(&first));
    let second = token();
    assert_ne!(first, second);
    assert_eq!(revoke(&["--local-only"]), (false, true));
    assert!(salesforce.knows(&second));
    token();
    salesforce.end_sessions();
    assert_eq!(revoke(&[]), (false, true));
    assert_eq!(salesforce.logins(), 3);
}
