//! Keys in JSON-RPC calls: by value, and no place that would let a caller run, block or wander.

use crate::org::{Org, answer, fixture, sf_jwt, text};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Stdio;

/// One `token` call whose connection has this key.
fn call(org: &Org, flags: &[&str], key: Value, passphrase: Option<Value>) -> Value {
    let mut connection = json!({
        "clientId": org.field("client-id"), "username": org.field("username"), "loginUrl": org.field("login-url"), "key": key,
    });
    if let Some(passphrase) = passphrase {
        connection["passphrase"] = passphrase;
    }
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "token", "params": {"connection": connection}});
    let mut server = sf_jwt(&org.path(""), &["serve", "--allow-loopback", "--no-cache", "--timeout", "5s"]);
    let mut server = server
        .args(flags)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("MY_PASS", "open-sesame")
        .spawn()
        .unwrap();
    writeln!(server.stdin.take().unwrap(), "{request}").unwrap();
    let output = server.wait_with_output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!said.contains("PRIVATE KEY-----") && !said.contains("open-sesame"), "{said}");
    answer(&output)
}

#[test]
fn by_value_by_path_and_by_variable() {
    let org = Org::start();
    let der = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        std::fs::read(fixture("store.jks")).unwrap(),
    );
    for (key, passphrase) in [
        (json!({"pem": text("rsa.pkcs8.pem")}), None),
        (json!({"pem": text("rsa.pkcs8.pem").replace('\n', "\\n")}), None),
        (json!({"base64": der}), Some(json!({"value": "open-sesame"}))),
        (json!({"pem": text("encrypted.scrypt.pem")}), Some(json!("env:MY_PASS"))),
        (json!(fixture("rsa.pkcs1.pem")), None),
        (json!(format!("file:{}", fixture("rsa.pkcs8.der"))), None),
    ] {
        let answer = call(&org, &[], key.clone(), passphrase);
        assert!(answer["result"]["accessToken"].is_string(), "{key}: {answer}");
    }
}

#[test]
fn what_a_call_may_not_ask_for() {
    let org = Org::start();
    let pipe = org.path("pipe").display().to_string();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::copy(fixture("rsa.pkcs8.pem"), org.path("relative.key")).unwrap();
    let signer = format!("signer:openssl dgst -sha256 -sign {}", fixture("rsa.pkcs8.pem"));
    let command = format!("cmd:cat {}", fixture("rsa.pkcs8.pem"));
    for (key, reason) in [
        ("stdin:", "not-allowed"),
        ("fd:0", "not-allowed"),
        (&*command, "not-allowed"),
        (&*signer, "not-allowed"),
        ("relative.key", "not-allowed"),
        ("file:relative.key", "not-allowed"),
        ("\\\\server\\share\\a.key", "not-allowed"),
        ("//server/share/a.key", "not-allowed"),
        ("vault:secret/a", "invalid-parameter"),
        (&*text("rsa.pkcs8.pem"), "invalid-parameter"),
        (&*pipe, "unreadable"),
        ("/dev/zero", "unreadable"),
        ("/", "unreadable"),
    ] {
        let answer = call(&org, &[], json!(key), None);
        assert_eq!(answer["error"]["data"]["reason"], reason, "{}: {answer}", &key[..key.len().min(20)]);
    }
    let passphrase = Some(json!("open-sesame"));
    let answer_ = call(&org, &[], json!(fixture("store.jks")), passphrase);
    assert_eq!(answer_["error"]["data"]["reason"], "invalid-parameter", "a passphrase needs a scheme");
    let allowed = call(&org, &["--allow-commands"], json!(command), None);
    assert!(allowed["result"]["accessToken"].is_string(), "{allowed}");
}

#[test]
fn secrets_by_value_are_not_for_the_argument_of_call() {
    let org = Org::start();
    let connection = json!({
        "clientId": org.field("client-id"), "username": org.field("username"), "loginUrl": org.field("login-url"),
        "key": {"pem": text("rsa.pkcs8.pem")},
    });
    let params = json!({"connection": connection}).to_string();
    let mut by_argument = sf_jwt(&org.path(""), &["call", "token", &params, "--allow-loopback", "--no-cache"]);
    let output = crate::org::run(&mut by_argument);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let mut by_stdin = sf_jwt(&org.path(""), &["call", "token", "-", "--allow-loopback", "--no-cache"]);
    let mut child = by_stdin.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(params.as_bytes()).unwrap();
    assert!(answer(&child.wait_with_output().unwrap())["accessToken"].is_string());
}
