//! Sentinels in every place where a secret may come in, hunted in everything that is printed: help, usage errors,
//! configuration errors, previews.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::process::{Command, Stdio};

const SENTINEL: &str = "SENTINELdmFsdWU4242";

const CONNECTION: [&str; 6] = [
    "token",
    "--client-id=3MVG9x",
    "--username=a@b.cd",
    "--login-url=https://acme.my.salesforce.com",
    "--no-cache",
    "-vv",
];

/// Runs the program with secrets in its environment, and gives what it printed.
fn run(args: &[&str]) -> (i32, String) {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_sf-jwt"))
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("COLUMNS", "200")
        .env("SF_JWT_PRIVATE_KEY", format!("-----BEGIN PRIVATE KEY-----\n{SENTINEL}\n-----END PRIVATE KEY-----"))
        .env("SF_JWT_CLIENT_ID", format!("3MVG9{SENTINEL}"))
        .env("SF_JWT_PASSPHRASE", SENTINEL)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(printed).unwrap())
}

#[test]
fn help_shows_no_value_of_a_variable() {
    let (_, help) = run(&["--help"]);
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.split_whitespace().next().filter(|_| line.starts_with("  ") && !line.starts_with("   "))
        })
        .collect();
    assert!(commands.len() > 8, "{commands:?}");
    for command in commands {
        for flag in ["--help", "-h"] {
            let (code, text) = run(&[command, flag]);
            assert_eq!(code, 0, "{command} {flag}");
            assert!(!text.contains(SENTINEL), "{command} {flag} shows a variable");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn programs_that_are_started_inherit_no_secret() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let (opener, seen) = (home.path().join("xdg-open"), home.path().join("seen"));
    std::fs::write(&opener, "#!/bin/sh\n/usr/bin/env > \"$HOME/new\" && /bin/mv \"$HOME/new\" \"$HOME/seen\"\n")
        .unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_sf-jwt"))
            .args(args)
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", home.path())
            .env("SF_JWT_PRIVATE_KEY", SENTINEL)
            .env("SF_JWT_KEY", "env:KEY_ELSEWHERE")
            .env("KEY_ELSEWHERE", SENTINEL)
            .env("SF_JWT_PASSPHRASE", SENTINEL)
            .env("SF_JWT_ORG", "an-org-of-the-caller")
            .env("UNRELATED", "stays")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let of_command = run(&["emulator", "--", "/usr/bin/env"]);
    assert!(!of_command.contains("an-org-of-the-caller"), "{of_command}");
    run(&["install-url", "acme.my.salesforce.com", "--app-id", "0Ci5e000000bn6b", "--open"]);
    for _ in 0..500 {
        if seen.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    for environment in [of_command, std::fs::read_to_string(seen).unwrap()] {
        assert!(environment.contains("UNRELATED=stays"), "{environment}");
        assert!(!environment.contains(SENTINEL) && !environment.contains("KEY_ELSEWHERE"), "{environment}");
    }
}

#[test]
fn mistakes_are_not_repeated() {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{SENTINEL}\n-----END PRIVATE KEY-----");
    let token = format!("00D5e000005AHE7!{SENTINEL}");
    let jwt = format!("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzIn0.{SENTINEL}");
    let der = format!("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7{SENTINEL}"); // sf-jwt:allow private-key-encoded
    for args in [
        &["token", &pem][..],
        &["token", "--key", &pem],
        &[
            "token",
            "--passphrase",
            SENTINEL,
            "--key",
            "env:X",
            "--username",
            "a@b.c",
            "--login-url",
            "http://localhost:1",
        ],
        &["token", &format!("--secret={SENTINEL}")],
        &["token", &token],
        &[&pem],
        &[SENTINEL],
        &["token", "--timeout", SENTINEL],
        &["token", "--format", SENTINEL],
        &["token", "--color", SENTINEL],
        &["token", "--login-url", &format!("https://user:{SENTINEL}@acme.my.salesforce.com")],
        &["token", "--username", SENTINEL, "--login-url", "https://acme.my.salesforce.com"],
        &["install-url", &token, "--app-id", &pem],
        &["install-url", "acme.my.salesforce.com", "--app-id", SENTINEL],
        &["call", "token", &format!(r#"{{"connection":{{"key":{{"pem":"{SENTINEL}"}}}}}}"#)],
        &["call", "token", &format!(r#"{{"rejectedToken":["{SENTINEL}"]}}"#)],
        &["explain", SENTINEL],
        &["orgs", "show", &jwt],
        &["orgs", "list", &format!("--config={pem}")],
        &["audit", &token],
        &["emulator", &format!("--world={pem}")],
        &["emulator", &format!("--out={token}/x")],
        &["emulator", "--", &pem],
        &["certificate", "new", &format!("--out=/nonexistent/{pem}")],
        &["certificate", "show", &der],
        &["certificate", "show", &jwt],
        &[&CONNECTION[..], &[&format!("--key={token}")]].concat(),
        &[&CONNECTION[..], &[&format!("--key={jwt}")]].concat(),
        &[&CONNECTION[..], &["--key=/none", &format!("--certificate={der}")]].concat(),
        &[&CONNECTION[..], &["--key=/none", &format!("--certificate={token}")]].concat(),
        &[&CONNECTION[..], &["--key=/none", &format!("--ca-file={pem}")]].concat(),
        &[&CONNECTION[..], &["--key=/none", &format!("--state-dir={der}")]].concat(),
    ] {
        for json in [false, true] {
            let mut args = args.to_vec();
            args.extend(json.then_some("--json"));
            let (code, text) = run(&args);
            assert_ne!(code, 0, "{args:?}");
            assert!(!text.contains(SENTINEL), "{args:?} is repeated: {text}");
            assert!(!text.contains("panicked"), "{text}");
        }
    }
}

#[test]
fn strange_values_are_usage_errors_that_name_the_field() {
    let huge = "x".repeat(100_000);
    for (args, field) in [
        (&["token", "--login-url", "", "--username", "a@b.cd"][..], "login-url"),
        (
            &[
                "token",
                "--client-id",
                "a\u{1}b",
                "--username",
                "a@b.cd",
                "--login-url",
                "https://acme.my.salesforce.com",
            ],
            "client-id",
        ),
        (
            &["token", "--client-id", &huge, "--username", "a@b.cd", "--login-url", "https://acme.my.salesforce.com"],
            "client-id",
        ),
        (&["token", "--timeout", "1"], "timeout"),
        (&["token", "--min-validity", "-5s"], "min-validity"),
        (&["token", "--key", "-----BEGIN PRIVATE KEY-----"], "key"), // sf-jwt:allow private-key
        (&["token", "--key", "--fresh"], "key"),
        (&["token", "--client-id"], "client-id"),
        (&["token", "--key", "a", "--key", "b"], "key"),
        (&["emulator", "--latency", "-1"], "latency"),
        (&["emulator", "--out", ""], "out"),
        (&["completions", "tcsh"], "shell"),
        (&["certificate", "new", "--out", "x", "--days", "x"], "days"),
        (&["verify-connection", "--concurrency", "0"], "concurrency"),
        (&["install-url", "acme.my.salesforce.com", "--app-id", ""], "app-id"),
        (&["install-url", "acme.my.salesforce.com", "--app-id", &huge], "app-id"),
        (&["emulator", "--port", "99999"], "port"),
    ] {
        let mut args = args.to_vec();
        args.push("--json");
        let (code, text) = run(&args);
        assert!(code == 2 || code == 10, "{:?} ended with {code}: {text}", &args[..2]);
        let error: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(error["error"]["data"]["field"], field, "{:?}", &args[..2]);
        for programmers in ["accepted: \"", "digit", "non-zero", "..=", "excludes"] {
            assert!(!text.contains(programmers), "{:?}: {text}", &args[..2]);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_demo_that_is_ended_leaves_no_key_behind() {
    for signal in ["-TERM", "-HUP", "-INT"] {
        let folder = tempfile::tempdir().unwrap();
        let left = || std::fs::read_dir(folder.path()).unwrap().count();
        let mut demo = Command::new(env!("CARGO_BIN_EXE_sf-jwt"));
        let mut demo = demo.arg("demo").env("TMPDIR", folder.path()).stdout(Stdio::null()).spawn().unwrap();
        while left() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        assert!(Command::new("kill").args([signal, &demo.id().to_string()]).status().unwrap().success());
        let status = demo.wait().unwrap();
        assert!(!status.success() && left() == 0, "{signal}: {status}");
    }
}
