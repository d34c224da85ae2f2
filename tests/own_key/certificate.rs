//! `sf-jwt certificate` as a program.

use crate::org::{Org, answer, fixture, installed, run, sf_jwt};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

fn new(home: &Path, arguments: &[&str]) -> Command {
    let mut command = sf_jwt(home, &["certificate"]);
    command.args(arguments).arg("--json");
    command
}

/// What openssl says, if it is here.
fn openssl(home: &Path, arguments: &[&str]) {
    if installed("openssl") {
        let output = Command::new("openssl").args(arguments).current_dir(home).output().unwrap();
        assert!(output.status.success(), "openssl {arguments:?}: {output:?}");
    }
}

#[test]
fn a_pair_is_private_from_birth_and_never_replaced() {
    let home = tempfile::tempdir().unwrap();
    let script = format!("umask 000; exec {} certificate new --out acme --json", env!("CARGO_BIN_EXE_sf-jwt"));
    let made = run(Command::new("sh").args(["-c", &script]).current_dir(home.path()));
    assert_eq!(answer(&made)["certificate"]["subject"], "CN=acme");
    let mode = |name: &str| std::fs::metadata(home.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("acme.key"), mode("acme.crt")), (0o600, 0o644));
    let before = std::fs::read(home.path().join("acme.key")).unwrap();
    for again in ["new", "csr"] {
        let output = run(&mut new(home.path(), &[again, "--out", "acme"]));
        assert_eq!(
            (output.status.code(), answer(&output)["error"]["data"]["reason"].as_str()),
            (Some(2), Some("already-exists"))
        );
    }
    assert_eq!(std::fs::read(home.path().join("acme.key")).unwrap(), before);
    assert!(std::fs::metadata(home.path().join("acme.crt")).unwrap().len() < 4096);
    openssl(home.path(), &["verify", "-x509_strict", "-CAfile", "acme.crt", "acme.crt"]);
    openssl(home.path(), &["pkey", "-in", "acme.key", "-check", "-noout"]);
}

#[test]
fn sizes_encryption_and_requests() {
    let home = tempfile::tempdir().unwrap();
    for bits in ["3072", "4096"] {
        let made = run(&mut new(home.path(), &["new", "--out", bits, "--bits", bits, "--days", "10"]));
        assert_eq!(answer(&made)["bits"].to_string(), bits);
        assert!(answer(&made)["certificate"]["fileSize"].as_u64().unwrap() < 4096);
    }
    let mut encrypted = new(home.path(), &["new", "--out", "locked", "--passphrase", "env:PASS"]);
    assert_eq!(answer(&run(encrypted.env("PASS", "open-sesame")))["encrypted"], true);
    openssl(home.path(), &["pkey", "-in", "locked.key", "-passin", "pass:open-sesame", "-noout"]);
    let request = run(&mut new(home.path(), &["csr", "--out", "request", "--subject", "CN=Service A,O=Acme"]));
    assert!(answer(&request)["request"].as_str().unwrap().ends_with("request.csr"));
    openssl(home.path(), &["req", "-in", "request.csr", "-verify", "-noout"]);
    for wrong in [
        &["new"][..],
        &["new", "--out", "a", "--bits", "1024"],
        &["new", "--out", "a", "--days", "0"],
        &["new", "--out", "no/a"],
    ] {
        assert_eq!(run(&mut new(home.path(), wrong)).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn show_tells_whether_key_and_certificate_belong_together() {
    let org = Org::start();
    let show = |arguments: &[&str]| {
        let mut command = sf_jwt(&org.path(""), &["certificate", "show", "--json"]);
        run(command.args(arguments).args(["--config", "orgs.toml"]))
    };
    let certificate = fixture("certificate.pem");
    let matching = show(&[&certificate, "--key", &fixture("rsa.pkcs1.der")]);
    assert_eq!((matching.status.code(), &answer(&matching)["keyMatches"]), (Some(0), &true.into()));
    let other = show(&[&certificate, "--key", &fixture("rsa.other.pem")]);
    assert_eq!((other.status.code(), &answer(&other)["keyMatches"]), (Some(3), &false.into()));
    let alone = show(&[&certificate]);
    assert_eq!((alone.status.code(), &answer(&alone)["keyMatches"]), (Some(0), &serde_json::Value::Null));
    let in_org = show(&[&certificate, "-o", "acme", "--key", &fixture("rsa.pkcs8.pem")]);
    let step = &answer(&in_org)["nextSteps"][0];
    assert_eq!(step["id"], "upload-connected-app");
    assert!(step["url"].as_str().unwrap().starts_with(&org.field("login-url")), "{step}");
    assert_eq!(show(&[]).status.code(), Some(2));
    assert_eq!(show(&[&fixture("rsa.pkcs8.pem")]).status.code(), Some(11));
}
