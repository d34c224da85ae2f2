//! `verify-connection` from outside, against fake orgs: every way in which a connection can be wrong has its own
//! check, status and reason.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use support::{Answer, FakeOrg, ORG_ID, USERNAME};

/// A user's machine with a key and a configuration.
struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    fn new() -> Machine {
        let machine = Machine { dir: tempfile::tempdir().unwrap() };
        fs::copy(keys("rsa.pkcs8.pem"), machine.path("acme.key")).unwrap();
        mode(&machine.path("acme.key"), 0o600);
        machine
    }

    /// With the org `acme` at this URL, and further lines about it.
    fn acme(url: &str, more: &str) -> Machine {
        let machine = Machine::new();
        machine.configure(&[("acme", url, USERNAME, more)]);
        machine
    }

    fn configure(&self, orgs: &[(&str, &str, &str, &str)]) {
        let mut text = format!("[defaults]\nkey = '{}'\n", self.path("acme.key").display());
        for (name, url, username, more) in orgs {
            text += &format!(
                "[orgs.{name}]\nclient-id = '3MVG9.x'\nusername = '{username}'\nlogin-url = '{url}'\n{more}\n"
            );
        }
        fs::write(self.path("orgs.toml"), text).unwrap();
        mode(&self.path("orgs.toml"), 0o600);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sf-jwt"));
        command.args(arguments).env_clear().env("HOME", self.dir.path()).stdin(Stdio::null());
        command.env("SF_JWT_CONFIG", self.path("orgs.toml")).env("SF_JWT_STATE_DIR", self.path("state"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The result of verifying `acme`, and the exit code.
    fn verify(&self, more: &[&str]) -> (Value, i32) {
        let output = self.run(&[&["verify-connection", "-o", "acme", "--json"], more].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), 1, "{text} {}", String::from_utf8_lossy(&output.stderr));
        (serde_json::from_str(&text).unwrap(), output.status.code().unwrap())
    }
}

fn keys(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name)
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Status and reason of a check.
fn check<'a>(result: &'a Value, id: &str) -> (&'a str, &'a str) {
    let check = result["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap();
    (check["status"].as_str().unwrap(), check["reason"].as_str().unwrap_or_default())
}

#[test]
fn a_good_org_passes_and_the_app_side_is_no_failure() {
    let org = FakeOrg::good();
    let (result, exit) = Machine::acme(&org.url, "").verify(&[]);
    assert_eq!((exit, &result["ok"], &result["logins"]), (0, &true.into(), &1.into()), "{result:#}");
    assert_eq!(result["identity"]["orgId"], ORG_ID);
    assert_eq!(result["checks"].as_array().unwrap().len(), 23);
    for id in ["app.installed", "app.admin-approved", "app.user-assigned"] {
        assert_eq!(check(&result, id), ("skip", ""));
    }
    assert_eq!(org.posts(), 1);
}

#[test]
fn every_wording_has_its_code_with_one_post() {
    for entry in sf_jwt::oauth::refusal::catalogue() {
        for wording in entry.wordings {
            let plain = wording.description;
            let variants = [
                plain.to_owned(),
                plain.replace('\'', "\u{2019}"),
                plain.to_uppercase(),
                format!("{}.", plain.trim_end_matches('.')),
            ];
            for variant in variants {
                let org = FakeOrg::that_says(Answer::refusal(wording.error, &variant));
                let machine = Machine::acme(&org.url, "");
                let (result, exit) = machine.verify(&[]);
                let told = (check(&result, "grant.accepted"), exit, org.posts());
                assert_eq!(told, (("fail", entry.reason.code()), 3, 1), "{variant}");
                assert_eq!(check(&result, "identity.match").0, "skip");
            }
            let org = FakeOrg::that_says(Answer::refusal(wording.error, plain));
            let output = Machine::acme(&org.url, "").run(&["token", "-o", "acme", "--json"]);
            let told: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!((output.status.code(), org.posts()), (Some(20), 1), "{plain}");
            assert_eq!(told["error"]["data"]["reason"], entry.reason.code());
        }
    }
}

#[test]
fn strange_answers_have_their_own_reasons_in_time() {
    let html = |status| Answer::Says(status, vec!["Content-Type: text/html".into()], "<html>Data Not Available".into());
    let moved = |to: &str| Answer::Says("302 Found", vec![format!("Location: {to}")], String::new());
    let raw = |text: &str| Answer::Raw(text.as_bytes().to_vec());
    for (answer, reason, exit) in [
        (html("200 OK"), "html-page", 31),
        (Answer::json("200 OK", r#"{"access_token":"00D"#), "truncated", 31),
        (Answer::json("200 OK", "{}"), "not-oauth-json", 31),
        (Answer::json("200 OK", "x".repeat(5 << 20)), "too-large", 31),
        (moved("https://evil.example/"), "redirect", 31),
        (moved("https://other.my.salesforce.com/x"), "host-moved", 20),
        (Answer::Says("307 Temporary Redirect", vec!["Location: /x".into()], String::new()), "redirect", 31),
        (raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"), "truncated", 31),
        (Answer::Resets, "connect", 30),
        (Answer::Hangs, "timeout", 30),
    ] {
        let org = FakeOrg::that_says(answer);
        let machine = Machine::acme(&org.url, "");
        let begun = Instant::now();
        let (result, verified) = machine.verify(&["--timeout", "2s"]);
        assert_eq!((check(&result, "grant.accepted"), verified), (("fail", reason), 3), "{result:#}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{reason}: {:?}", begun.elapsed());
        assert_eq!(org.posts(), 1, "{reason}");
        let output = machine.run(&["token", "-o", "acme", "--timeout", "2s"]);
        assert_eq!(output.status.code(), Some(exit), "{reason}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_wrong_description_fails_before_anything_is_sent() {
    let org = FakeOrg::good();
    let files = Machine::acme(&org.url, "");
    let good = files.path("good");
    let made = files.run(&["certificate", "new", "--out", good.to_str().unwrap()]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let certificate = |path: &Path| format!("certificate = '{}'", path.display());
    let key = |path: &Path| format!("key = '{}'", path.display());
    for (more, id, reason) in [
        (certificate(&files.path("good.crt")), "certificate.match", "certificate-mismatch"),
        (certificate(&keys("rsa.pkcs8.pem")), "certificate.match", ""),
        (certificate(&files.path("gone.crt")), "certificate.match", "not-found"),
        (key(&files.path("gone.key")), "key.readable", "not-found"),
        (key(&keys("ed25519.pem")), "key.kind", "wrong-algorithm"),
        (key(&keys("certificate.pem")), "key.kind", "not-a-private-key"),
        (key(&keys("rsa1024.pem")), "key.size", "too-small"),
        ("audience = 'ftp://x'".to_owned(), "audience.consistent", ""),
    ] {
        let (result, exit) = Machine::acme(&org.url, &more).verify(&[]);
        let (status, said) = check(&result, id);
        assert_eq!((status, &result["failed"], exit), ("fail", &id.into(), 3), "{more}: {result:#}");
        assert!(reason.is_empty() || said == reason, "{more}: {said}");
        assert_eq!(check(&result, "grant.accepted").0, "skip", "{more}");
    }
    // two mistakes are told in one run, with what was given, and hinder only what needs them
    let machine = Machine::new();
    machine.configure(&[("acme", &org.url, "nobody", "audience = 'https://a.my.salesforce.com'")]);
    let (result, _) = machine.verify(&[]);
    let told: Vec<_> = result["checks"].as_array().unwrap().iter().filter(|c| c["status"] == "fail").collect();
    assert_eq!(told.iter().map(|c| &c["id"]).collect::<Vec<_>>(), ["username.shape", "audience.consistent"]);
    assert_eq!((&result["username"], &result["loginUrl"]), (&"nobody".into(), &org.url.clone().into()));
    for id in ["key.readable", "key.size", "host.trusted", "network.connect"] {
        assert_eq!(check(&result, id).0, "pass", "{id}");
    }
    let machine = Machine::acme("https://evil.example", "");
    let (result, _) = machine.verify(&[]);
    assert_eq!(check(&result, "host.trusted"), ("fail", "host-not-trusted"));
    assert_eq!((&result["loginUrl"], &result["username"]), (&"https://evil.example".into(), &USERNAME.into()));
    for (url, shown) in [("https://evil.example", "HOST"), ("evil", "(not shown)"), ("ht tp://evil", "(not shown)")] {
        let (result, _) = Machine::acme(url, "").verify(&["--redact"]);
        assert_eq!((&result["failed"], &result["loginUrl"]), (&"host.trusted".into(), &shown.into()), "{url}");
    }
    assert_eq!(org.posts(), 0);
}

#[test]
fn warnings_skip_nothing() {
    let org = FakeOrg::good();
    let machine = Machine::acme(&org.url, "");
    mode(&machine.path("acme.key"), 0o644);
    let (result, exit) = machine.verify(&[]);
    assert_eq!((check(&result, "key.permissions"), exit), (("warn", "key-permissions"), 0));
    assert_eq!(check(&result, "identity.match").0, "pass");
    let (strict, exit) = machine.verify(&["--strict"]);
    assert_eq!((&strict["ok"], &strict["failed"], exit), (&false.into(), &"key.permissions".into(), 3));
    let soon = machine.path("soon");
    let arguments = ["certificate", "new", "--out", soon.to_str().unwrap(), "--days", "5"];
    let made = machine.run(&arguments);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let more = format!("key = '{0}.key'\ncertificate = '{0}.crt'", soon.display());
    machine.configure(&[("acme", &org.url, USERNAME, &more)]);
    let (result, exit) = machine.verify(&[]);
    assert_eq!((check(&result, "certificate.expiry"), exit), (("warn", "certificate-expires-soon"), 0), "{result:#}");
    assert_eq!(check(&result, "certificate.match").0, "pass");
}

#[test]
fn clocks_that_differ() {
    let at = |ahead: i64| sf_jwt::time::Timestamp(sf_jwt::host::Clock::System.now().0 + ahead).http_date();
    for (ahead, status, reason, grant) in [
        (900, "fail", "clock-skew", "skip"),
        (120, "warn", "clock-behind", "pass"),
        (-900, "warn", "clock-ahead", "pass"),
        (0, "pass", "", "pass"),
    ] {
        let org = FakeOrg::good();
        org.set_date(at(ahead));
        let (result, _) = Machine::acme(&org.url, "").verify(&[]);
        assert_eq!(check(&result, "clock.skew"), (status, reason), "{ahead}");
        assert_eq!(check(&result, "grant.accepted").0, grant, "{ahead}");
    }
    // a refusal for the clock is answered once with corrected times
    let org = FakeOrg::with(|path, asked| {
        (path.ends_with("/token") && asked == 1).then(|| Answer::refusal("invalid_grant", "expired authorization code"))
    });
    org.set_date(at(300));
    let (result, exit) = Machine::acme(&org.url, "").verify(&[]);
    assert_eq!((exit, org.posts(), &result["logins"]), (0, 2, &2.into()), "{result:#}");
    assert_eq!(result["warnings"][0]["reason"], "clock-corrected");
}

#[test]
fn the_way_to_the_host() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (result, exit) = Machine::acme(&format!("http://{closed}"), "").verify(&[]);
    assert_eq!((check(&result, "network.connect"), exit), (("fail", "connect"), 3));
    assert_eq!(check(&result, "grant.accepted").0, "skip");
    let (result, _) = Machine::acme(&support::untrusted_host(), "").verify(&[]);
    assert_eq!(check(&result, "network.tls"), ("fail", "tls"), "{result:#}");
    assert_eq!(check(&result, "grant.accepted").0, "skip");
    // a server that speaks no TLS at all
    let org = FakeOrg::good();
    let (result, _) = Machine::acme(&org.url.replace("http:", "https:"), "").verify(&[]);
    assert_eq!((check(&result, "network.tls").0, org.posts()), ("fail", 0), "{result:#}");
    let (result, _) = Machine::acme("https://no-such-org-here.my.salesforce.com", "").verify(&["--timeout", "5s"]);
    let (status, reason) = check(&result, "network.dns");
    assert!(status == "fail" && ["dns", "timeout"].contains(&reason), "{result:#}");
    assert_eq!(check(&result, "network.tls").0, "skip");
}

#[test]
fn what_the_org_says_to_the_token() {
    let disabled = FakeOrg::with(|path, _| {
        let body =
            r#"[{"message":"The REST API is not enabled for this Organization.","errorCode":"API_DISABLED_FOR_ORG"}]"#;
        path.ends_with("/limits").then(|| Answer::json("403 Forbidden", body))
    });
    let (result, exit) = Machine::acme(&disabled.url, "").verify(&[]);
    assert_eq!((check(&result, "api.enabled"), exit), (("fail", "api-disabled"), 3));
    assert_eq!(check(&result, "app.installed").0, "skip");
    let used_up = FakeOrg::with(|path, _| {
        let body = r#"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#;
        path.ends_with("/limits").then(|| Answer::json("403 Forbidden", body))
    });
    assert_eq!(check(&Machine::acme(&used_up.url, "").verify(&[]).0, "api.enabled"), ("fail", "api-limit"));
    // a token that was good for an answer stays for the next caller
    for org in [disabled, used_up] {
        let machine = Machine::acme(&org.url, "");
        machine.verify(&[]);
        let before = org.posts();
        assert!(machine.run(&["token", "-o", "acme"]).status.success());
        assert_eq!(org.posts(), before);
    }
}

#[test]
fn a_token_that_is_dead_or_somebody_elses_is_not_kept() {
    let dead = |path: &str, _: u32| {
        path.ends_with("/userinfo").then(|| Answer::Says("403 Forbidden", vec![], "Bad_OAuth_Token".into()))
    };
    let dead_at_the_api = |path: &str, _: u32| {
        let body = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
        path.ends_with("/limits").then(|| Answer::json("401 Unauthorized", body))
    };
    let another_user = |path: &str, _: u32| {
        let who =
            r#"{"user_id":"0055e000001N6jyAAC","organization_id":"00D5e000005AHE7EAO","preferred_username":"x@y.z"}"#;
        path.ends_with("/userinfo").then(|| Answer::json("200 OK", who))
    };
    let (other_org, nothing) = ("org-id = '00D1U000001BPt6'", |_: &str, _: u32| None);
    for (org, more, id, reason) in [
        (FakeOrg::with(dead), "", "identity.match", "token-rejected"),
        (FakeOrg::with(dead_at_the_api), "", "api.enabled", "token-rejected"),
        (FakeOrg::with(another_user), "", "identity.match", "user-mismatch"),
        (FakeOrg::with(nothing), other_org, "identity.match", "org-mismatch"),
    ] {
        let machine = Machine::acme(&org.url, more);
        let (result, exit) = machine.verify(&[]);
        assert_eq!((&result["failed"], check(&result, id), exit), (&id.into(), ("fail", reason), 3), "{result:#}");
        assert_eq!(check(&result, "grant.accepted").0, "pass", "{reason}");
        let before = org.posts();
        let told = machine.run(&["token", "-o", "acme"]);
        // a refusal is remembered for a moment
        let expected = if reason == "org-mismatch" { (false, before) } else { (true, before + 1) };
        assert_eq!((told.status.success(), org.posts()), expected, "{reason}");
    }
}

#[test]
fn an_app_that_is_not_there_comes_with_its_page() {
    let org = FakeOrg::that_says(Answer::refusal("invalid_client", "app must be installed into org"));
    let (result, _) = Machine::acme(&org.url, "app-id = '0Ci5e000000bn6b'").verify(&[]);
    let text = result.to_string();
    assert!(text.contains(&format!("{}/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b", org.url)));
}

#[test]
fn propagation_is_waited_for_and_nothing_else() {
    let healing = FakeOrg::with(|path, asked| {
        (path.ends_with("/token") && asked < 3)
            .then(|| Answer::refusal("invalid_client_id", "client identifier invalid"))
    });
    let (result, exit) = Machine::acme(&healing.url, "").verify(&["--wait", "20s"]);
    assert_eq!((exit, healing.posts(), &result["logins"]), (0, 3, &3.into()), "{result:#}");
    let waited = result["warnings"].as_array().unwrap().iter().filter(|w| w["reason"] == "propagation-awaited");
    assert_eq!(waited.count(), 2);
    let final_no = FakeOrg::that_says(Answer::refusal("invalid_grant", "user is locked"));
    let begun = Instant::now();
    assert_eq!(Machine::acme(&final_no.url, "").verify(&["--wait", "20s"]).1, 3);
    assert!(final_no.posts() == 1 && begun.elapsed() < Duration::from_secs(5));
}

/// A fleet of this many users of one org.
fn fleet(url: &str, count: usize, more: &str) -> Machine {
    let machine = Machine::new();
    let names: Vec<_> = (0..count).map(|n| (format!("org{n}"), format!("int{n}@acme.example"))).collect();
    let orgs: Vec<_> = names.iter().map(|(name, user)| (name.as_str(), url, user.as_str(), more)).collect();
    machine.configure(&orgs);
    machine
}

fn lines(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_hundred_orgs_take_little_longer_than_one() {
    let org = FakeOrg::slow(Duration::from_millis(200), |_, _| None);
    let machine = fleet(&org.url, 100, "tags = ['prod']");
    let begun = Instant::now();
    let output = machine.run(&["verify-connection", "--tag", "prod", "--json", "--concurrency", "50"]);
    let results = lines(&output);
    assert_eq!((results.len(), output.status.code()), (100, Some(0)), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(results.iter().all(|result| result["ok"] == true));
    assert_eq!(org.posts(), 100);
    // two rounds of about seven answers each; generous, since machines that test are busy
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
}

#[test]
fn one_dead_org_delays_nobody_and_an_unknown_one_is_a_line() {
    let (good, dead) = (FakeOrg::good(), FakeOrg::with(|_, _| Some(Answer::Hangs)));
    let machine = Machine::new();
    machine.configure(&[("dead", &dead.url, USERNAME, ""), ("good", &good.url, USERNAME, "")]);
    let output =
        machine.run(&["verify-connection", "-o", "dead", "-o", "good", "-o", "nobody", "--json", "--timeout", "3s"]);
    let results = lines(&output);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(results.len(), 3);
    assert_eq!((&results[0]["org"], &results[0]["error"]["data"]["reason"]), (&"nobody".into(), &"unknown-org".into()));
    assert_eq!((&results[1]["org"], &results[1]["ok"]), (&"good".into(), &true.into()));
    assert_eq!((&results[2]["org"], &results[2]["ok"]), (&"dead".into(), &false.into()));
}

#[test]
fn logins_are_limited_over_all_orgs() {
    let org = FakeOrg::good();
    let machine = fleet(&org.url, 5, "");
    let output = machine.run(&["verify-connection", "--all", "--json", "--max-logins", "2"]);
    let results = lines(&output);
    let reasons: Vec<_> = results.iter().map(|result| check(result, "grant.accepted").1).collect();
    assert_eq!((org.posts(), output.status.code()), (2, Some(3)));
    assert_eq!(reasons.iter().filter(|reason| **reason == "login-budget").count(), 3, "{reasons:?}");
}

#[test]
fn a_report_that_cannot_be_written_is_told_unless_the_reader_has_gone() {
    let org = FakeOrg::good();
    let machine = fleet(&org.url, 5, "");
    if cfg!(target_os = "linux") {
        for more in [&["--json"][..], &["-o", "org0"], &["--format", "junit"]] {
            let mut command = machine.command(&[&["verify-connection", "-o", "org1"], more].concat());
            let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
            let output = command.stdout(full).output().unwrap();
            assert!(output.status.code() == Some(1) && !output.stderr.is_empty(), "{more:?}: {output:?}");
        }
    }
    let before = org.posts();
    let mut child = machine.command(&["verify-connection", "--all", "--json", "--concurrency", "1"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len(), org.posts() - before), (Some(0), 0, 1), "{output:?}");
}

#[test]
fn ctrl_c_ends_it_at_once() {
    let org = FakeOrg::with(|_, _| Some(Answer::Hangs));
    let machine = fleet(&org.url, 3, "");
    let child = machine.command(&["verify-connection", "--all", "--json"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1000));
    let begun = Instant::now();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.code() == Some(130) && begun.elapsed() < Duration::from_secs(3), "{output:?}");
}

#[test]
fn reports_name_every_org_and_redacted_ones_none() {
    let org = FakeOrg::that_says(Answer::refusal("invalid_grant", "user hasn't approved this consumer"));
    let machine = fleet(&org.url, 3, "");
    for (format, sign) in [("junit", "<testsuite name=\"org2\""), ("html", ">org2<"), ("text", "org2")] {
        let output = machine.run(&["verify-connection", "--all", "--format", format]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(sign) && text.contains("user-not-approved"), "{format}: {text}");
        assert_eq!(output.status.code(), Some(3));
        let output = machine.run(&["verify-connection", "--all", "--format", format, "--redact"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let port = org.url.rsplit(':').next().unwrap();
        for secret in ["org2", "@acme", "127.0.0.1", port, "acme.key"] {
            assert!(!text.contains(secret), "{format} {secret}: {text}");
        }
        assert!(text.contains("org-2") && text.contains("user-not-approved"), "{format}: {text}");
    }
}
