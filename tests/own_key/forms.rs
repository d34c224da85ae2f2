//! What a key looks like.

use crate::org::{Org, answer, fixture, run, sf_jwt, text};
use std::net::TcpListener;

const PASSPHRASE: [&str; 2] = ["--passphrase", "env:PASS"];

#[test]
fn every_accepted_form_gives_a_token() {
    let org = Org::start();
    std::fs::write(org.path("bundle.pem"), text("certificate.pem") + &text("rsa.pkcs8.pem")).unwrap();
    let bundle = org.path("bundle.pem").display().to_string();
    for (file, passphrase) in [
        (fixture("rsa.pkcs8.pem"), None),
        (fixture("rsa.pkcs8.der"), None),
        (fixture("rsa.pkcs1.pem"), None),
        (fixture("rsa.pkcs1.der"), None),
        (bundle, None),
        (fixture("encrypted.aes256.pem"), Some("open-sesame")),
        (fixture("encrypted.aes256.der"), Some("open-sesame")),
        (fixture("encrypted.aes128-sha1.pem"), Some("open-sesame")),
        (fixture("encrypted.des3.pem"), Some("open-sesame")),
        (fixture("encrypted.scrypt.pem"), Some("open-sesame")),
        (fixture("store.aes.p12"), Some("open-sesame")),
        (fixture("store.rc2.p12"), Some("open-sesame")),
        (fixture("store.empty.p12"), None),
        (fixture("store.jks"), Some("open-sesame")),
    ] {
        let mut command = org.sf_jwt("token", &["--key", &file]);
        if let Some(passphrase) = passphrase {
            command.args(PASSPHRASE).env("PASS", passphrase);
        }
        let output = run(&mut command);
        assert_eq!(answer(&output)["username"], "integration@acme.example", "{file}");
        assert_eq!(output.status.code(), Some(0), "{file}");
    }
}

#[test]
fn repaired_keys_give_a_token_and_a_warning() {
    let org = Org::start();
    let pem = text("rsa.pkcs8.pem");
    for (damaged, said) in [
        (pem.replace('\n', "\\n"), "literal \\n"),
        (pem.trim().replace('\n', " "), "spaces"),
        (pem.trim().to_owned(), "final line end"),
        (pem.replace('\n', "\r\n"), "CRLF"),
        (format!("\u{feff}{pem}"), "byte order mark"),
        (format!("\"{pem}\""), "quotation marks"),
    ] {
        std::fs::write(org.path("damaged.pem"), &damaged).unwrap();
        for mut command in
            [org.sf_jwt("token", &["--key", "damaged.pem"]), { org.sf_jwt("token", &["--key", "env:MY_KEY"]) }]
        {
            let output = run(command.env("MY_KEY", &damaged));
            let warnings = answer(&output)["warnings"].to_string();
            assert!(warnings.contains("key-repaired"), "{said}: {warnings}");
            assert!(
                answer(&output)["warnings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|w| w["message"].as_str().unwrap().contains(said)),
                "{warnings}"
            );
        }
    }
}

#[test]
fn every_other_form_is_refused_by_name_and_nothing_is_sent() {
    let home = tempfile::tempdir().unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let login_url = format!("http://{}", server.local_addr().unwrap());
    let connection = ["token", "--client-id", "3MVG9.acme", "--username", "a@b.example", "--login-url", &login_url];
    let written = |name: &str, content: &[u8]| {
        std::fs::write(home.path().join(name), content).unwrap();
        home.path().join(name).display().to_string()
    };
    let (pem, der) = (text("rsa.pkcs8.pem"), std::fs::read(fixture("rsa.pkcs8.der")).unwrap());
    for (key, reason, named, remedy) in [
        (fixture("certificate.pem"), "not-a-private-key", "certificate", "certificate new"),
        (fixture("request.pem"), "not-a-private-key", "signing request", "certificate new"),
        (fixture("public.pem"), "not-a-private-key", "public key", "certificate new"),
        (fixture("ec.pkcs8.pem"), "wrong-algorithm", "EC", "certificate new"),
        (fixture("ec.sec1.pem"), "wrong-algorithm", "EC", "certificate new"),
        (fixture("ed25519.pem"), "wrong-algorithm", "Ed25519", "certificate new"),
        (fixture("dsa.pem"), "wrong-algorithm", "DSA", "certificate new"),
        (fixture("rsa-pss.pem"), "wrong-algorithm", "RSA-PSS", "certificate new"),
        (fixture("rsa1024.pem"), "too-small", "1024 bits", "certificate new"),
        (fixture("rsa.ssh"), "unsupported-format", "OpenSSH", "ssh-keygen -p -m PEM"),
        (fixture("encrypted.legacy.pem"), "unsupported-format", "Proc-Type: 4,ENCRYPTED", "openssl pkcs8 -topk8"),
        (fixture("encrypted.pbes1.pem"), "unsupported-format", "PBE-SHA1-3DES", "openssl pkcs8 -topk8"),
        (fixture("store.jceks.jks"), "unsupported-format", "JCEKS", "keytool -importkeystore"),
        (fixture("encrypted.aes256.pem"), "encrypted", "no passphrase", "--passphrase env:"),
        (fixture("store.aes.p12"), "encrypted", "PKCS#12", "--passphrase env:"),
        (fixture("store.jks"), "encrypted", "Java keystore", "--passphrase env:"),
        (written("half.pem", &pem.as_bytes()[..800]), "damaged", "truncated", "copy the whole file"),
        (written("half.der", &der[..800]), "damaged", "truncated", "copy the whole file"),
        (written("empty.pem", b""), "empty", "empty", "what writes it"),
        (written("large.pem", &[b'x'; 70_000]), "unreadable", "64 KiB", ""),
        (written("text.pem", b"hello"), "not-a-private-key", "not a private key", "-----BEGIN"),
        (home.path().display().to_string(), "unreadable", "a folder", ""),
        ("/no/such.key".to_owned(), "not-found", "does not exist", ""),
        ("env:NO_SUCH".to_owned(), "not-found", "not set", ""),
        ("cmd:false".to_owned(), "command-failed", "exit code 1", ""),
        ("cmd:/no/such".to_owned(), "command-failed", "no such program", "PATH"),
        ("signer:false".to_owned(), "signer-failed", "exit code 1", ""),
        ("signer:echo hello".to_owned(), "signer-failed", "not a signature", "RSASSA-PKCS1-v1_5"),
    ] {
        let mut command = sf_jwt(home.path(), &connection);
        let output = run(command.args(["--no-cache", "--json", "--key", &key]));
        let error = answer(&output)["error"].clone();
        assert_eq!(
            (output.status.code(), error["data"]["reason"].as_str()),
            (Some(11), Some(reason)),
            "{key}: {error}"
        );
        assert!(error["message"].as_str().unwrap().contains(named), "{key}: {error}");
        assert!(error["data"]["hint"].as_str().unwrap_or_default().contains(remedy), "{key}: {error}");
        if std::path::Path::new(&key).is_file() && remedy.starts_with("openssl") {
            assert!(
                error["data"]["hint"].as_str().unwrap().contains(&key),
                "the line that fixes it can be copied: {error}"
            );
        }
    }
    let mut wrong = sf_jwt(home.path(), &connection);
    wrong.args(["--no-cache", "--json", "--key", &fixture("store.jks")]).args(PASSPHRASE).env("PASS", "wrong");
    assert_eq!(answer(&run(&mut wrong))["error"]["data"]["reason"], "wrong-passphrase");
    server.set_nonblocking(true).unwrap();
    assert!(server.accept().is_err(), "something was sent");
}
