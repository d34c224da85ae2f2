//! Where a key is.

use crate::org::{Org, answer, fixture, installed, run, sf_jwt, text};
use std::io::Write;
use std::process::Stdio;

#[test]
fn variables_and_standard_input() {
    let org = Org::start();
    let pem = text("rsa.pkcs8.pem");
    let base64 = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        std::fs::read(fixture("rsa.pkcs8.der")).unwrap(),
    );
    for value in [&pem, &base64] {
        let output = run(org.sf_jwt("token", &["--key", "env:MY_KEY"]).env("MY_KEY", value));
        assert_eq!(answer(&output)["warnings"], serde_json::json!([]));
    }
    let mut command = org.sf_jwt("token", &["--key", "stdin:"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
    assert!(answer(&child.wait_with_output().unwrap())["accessToken"].is_string());
    // an unnamed org, from variables alone
    for (name, value) in [
        ("SF_JWT_PRIVATE_KEY", pem.clone()),
        ("SF_JWT_KEY", pem.clone()),
        ("SF_JWT_KEY", fixture("rsa.pkcs8.pem")),
        ("SF_JWT_KEY", "env:OTHER".to_owned()),
    ] {
        let mut command = sf_jwt(&org.path(""), &["token", "--no-cache", "--json"]);
        command.env("SF_JWT_CLIENT_ID", org.field("client-id")).env("SF_JWT_USERNAME", org.field("username"));
        command.env("SF_JWT_LOGIN_URL", org.field("login-url")).env(name, value).env("OTHER", &pem);
        assert!(answer(&run(&mut command))["accessToken"].is_string(), "{name}");
    }
}

#[test]
fn descriptors_pipes_and_home() {
    let org = Org::start();
    let binary = env!("CARGO_BIN_EXE_sf-jwt");
    let token = format!("{binary} token --config orgs.toml -o acme --no-cache --json");
    let key = fixture("rsa.pkcs8.pem");
    std::fs::copy(&key, org.path("home.key")).unwrap();
    for script in [
        format!("{token} --key fd:3 3<'{key}'"),
        format!("cat '{key}' | {token} --key fd:4 4<&0"),
        format!("{token} --key <(cat '{key}')"),
        format!("{token} --key <(sleep 0.3; cat '{key}')"),
        format!("cat '{key}' | {token} --key /dev/stdin"),
        format!("{token} --key '~/home.key'"),
        format!("{token} --key home.key"),
        format!("{token} --key 'file:{}'", org.path("home.key").display()),
        format!("{token} --key '{}' --passphrase file:<(echo open-sesame)", fixture("store.aes.p12")),
    ] {
        let mut command = std::process::Command::new("bash");
        command.args(["-c", &script]).current_dir(org.path("")).env_clear().env("HOME", org.path(""));
        let output = run(command.env("PATH", std::env::var_os("PATH").unwrap()));
        assert!(answer(&output)["accessToken"].is_string(), "{script}");
    }
}

#[test]
fn commands_print_keys_or_sign() {
    let org = Org::start();
    let key = fixture("rsa.pkcs8.pem");
    let mut commands = vec![format!("cmd:cat '{key}'"), format!("cmd:sh -c 'cat \"$0\"' {key}")];
    if installed("openssl") {
        commands.push(format!("signer:openssl dgst -sha256 -sign {key}"));
        commands.push(format!("signer:sh -c 'openssl dgst -sha256 -sign {key} | openssl base64'"));
        commands
            .push(format!("signer:sh -c 'openssl dgst -sha256 -sign {key} | openssl base64 -A | tr +/ -_ | tr -d ='"));
    }
    for command in &commands {
        let output = run(&mut org.sf_jwt("token", &["--key", command, "--certificate", "certificate.pem"]));
        assert!(answer(&output)["accessToken"].is_string(), "{command}");
    }
    if installed("openssl") {
        // a signer with another key is caught before Salesforce is asked, if the certificate is known
        let other = format!("signer:openssl dgst -sha256 -sign {}", fixture("rsa.other.pem"));
        let output = run(&mut org.sf_jwt("token", &["--key", &other, "--certificate", "certificate.pem"]));
        assert_eq!(answer(&output)["error"]["data"]["reason"], "certificate-mismatch");
        assert_eq!(output.status.code(), Some(11));
        let output = run(&mut org.sf_jwt("token", &["--key", &other]));
        assert_eq!(output.status.code(), Some(20), "Salesforce refuses it");
    }
    let other = fixture("rsa.other.pem");
    let output = run(&mut org.sf_jwt("token", &["--key", &other, "--certificate", "certificate.pem"]));
    assert_eq!(answer(&output)["error"]["data"]["reason"], "certificate-mismatch");
}

#[test]
fn a_command_does_not_outlive_its_time_and_sees_no_secret_of_ours() {
    let org = Org::start();
    let start = std::time::Instant::now();
    let output = run(&mut org.sf_jwt("token", &["--key", "cmd:sleep 30", "--timeout", "1s"]));
    assert!(start.elapsed().as_secs() < 10);
    assert!(matches!(output.status.code(), Some(11 | 30)), "{output:?}");
    let spy = format!("cmd:sh -c 'env > {}; cat {}'", org.path("environment").display(), fixture("rsa.pkcs8.pem"));
    let mut command = org.sf_jwt("token", &["--key", &spy, "--passphrase", "env:MY_PASS"]);
    command.env("SF_JWT_PRIVATE_KEY", "SENTINEL").env("SF_JWT_PASSPHRASE", "SENTINEL").env("MY_PASS", "SENTINEL");
    assert!(answer(&run(&mut command))["accessToken"].is_string());
    let environment = std::fs::read_to_string(org.path("environment")).unwrap();
    assert!(environment.contains("PATH=") && !environment.contains("SENTINEL"), "{environment}");
}

#[test]
fn commands_run_only_where_the_user_wrote_them() {
    let org = Org::start();
    let marker = org.path("ran");
    let key = format!("cmd:sh -c 'touch {}; cat {}'", marker.display(), fixture("rsa.pkcs8.pem"));
    let config = std::fs::read_to_string(org.path("orgs.toml")).unwrap() + &format!("key = \"{key}\"\n");
    std::fs::write(org.path("orgs.toml"), &config).unwrap();
    let array = config.replace(&format!("\"{key}\""), &format!("[\"cmd:cat\", \"{}\"]", fixture("rsa.pkcs8.pem")));
    // SF_JWT_CONFIG names somebody's file; SF_JWT_KEY is somebody's variable
    let mut by_variable = sf_jwt(&org.path(""), &["token", "-o", "acme", "--no-cache", "--json"]);
    let output = run(by_variable.env("SF_JWT_CONFIG", org.path("orgs.toml")));
    assert_eq!(answer(&output)["error"]["data"]["reason"], "not-allowed");
    let mut unnamed = sf_jwt(&org.path(""), &["token", "--no-cache", "--json"]);
    unnamed.env("SF_JWT_CLIENT_ID", "a").env("SF_JWT_USERNAME", "a@b.example").env("SF_JWT_KEY", &key);
    let output = run(unnamed.env("SF_JWT_LOGIN_URL", org.field("login-url")));
    assert_eq!(answer(&output)["error"]["data"]["reason"], "not-allowed");
    assert!(!marker.exists());
    // --config is the user's own hand
    assert!(answer(&run(&mut org.sf_jwt("token", &[])))["accessToken"].is_string());
    assert!(marker.exists());
    std::fs::write(org.path("orgs.toml"), array).unwrap();
    assert!(answer(&run(&mut org.sf_jwt("token", &[])))["accessToken"].is_string());
}

#[test]
fn nothing_is_fetched_before_it_is_needed() {
    let org = Org::start();
    let key = format!("cmd:sh -c 'echo x >> {}; cat {}'", org.path("count").display(), fixture("rsa.pkcs8.pem"));
    let preview = run(&mut org.sf_jwt("token", &["--preview", "--key", &key]));
    assert_eq!(answer(&preview)["keySource"], "cmd:sh …");
    assert!(!org.path("count").exists());
    for _ in 0..3 {
        let arguments = ["token", "--config", "orgs.toml", "-o", "acme", "--state-dir", "state", "--key", &key];
        assert!(run(&mut sf_jwt(&org.path(""), &arguments)).status.success());
    }
    assert_eq!(std::fs::read_to_string(org.path("count")).unwrap(), "x\n", "a cached token needs no key");
}
