//! The protocol as it is published in `protocol/`: the OpenRPC document is the one the types make, and every
//! transcript is played against the built program, in both framings, with its results checked against the document.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "protocol/transcript.rs"]
mod transcript;

use serde_json::Value;
use sf_jwt::error::{Kind, Reason};
use sf_jwt::protocol::methods::METHODS;
use sf_jwt::protocol::openrpc;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use transcript::{Framing, Schemas, Transcript, World};

const UPDATE: &str = "SF_JWT_UPDATE=1 cargo test --test protocol";

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Compares a file with what it should be, or writes it when asked to.
fn pinned(path: &str, wanted: &str) {
    if std::env::var_os("SF_JWT_UPDATE").is_some() {
        std::fs::write(root(path), wanted).unwrap();
    }
    let found = std::fs::read_to_string(root(path)).unwrap_or_default();
    assert!(found == wanted, "{path} is out of date; this updates it:\n\n    {UPDATE}\n");
}

#[test]
fn the_document_is_made_from_the_types() {
    let transcripts = Transcript::all(&root("protocol/transcripts"));
    let examples = |method: &str| transcripts.iter().filter_map(|t| t.example(method)).take(2).collect();
    let document = openrpc::document(&examples);
    pinned("protocol/openrpc.json", &(serde_json::to_string_pretty(&document).unwrap() + "\n"));
}

#[test]
fn the_examples_are_as_documented() {
    let document: Value = serde_json::from_str(openrpc::OPENRPC).unwrap();
    let schemas = Schemas::new(document.clone());
    for method in document["methods"].as_array().unwrap() {
        let examples = schemas.check_examples(method).unwrap_or_else(|why| panic!("{}: {why}", method["name"]));
        assert!(examples > 0 || method.get("result").is_none(), "{} has no example", method["name"]);
    }
}

#[test]
fn the_readme_has_every_reason() {
    let mut table = String::from("| kind | exit | code | reason | retryable | meaning |\n|---|---|---|---|---|---|\n");
    for reason in Reason::ALL {
        let retryable = match reason.retryable() {
            true => "yes",
            false if reason.retryable_for_5xx() => "for 5xx",
            false => "no",
        };
        let kind = reason.kind();
        let exit = if kind == Kind::Protocol { "–".to_owned() } else { kind.exit_code().to_string() };
        let (code, name) = (reason.rpc_code(), reason.code());
        writeln!(table, "| `{}` | {exit} | {code} | `{name}` | {retryable} | {} |", kind.name(), reason.meaning())
            .unwrap();
    }
    let readme = std::fs::read_to_string(root("protocol/README.md")).unwrap();
    let (before, rest) = readme.split_once("<!-- reasons -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /reasons -->").unwrap();
    pinned("protocol/README.md", &format!("{before}<!-- reasons -->\n{table}<!-- /reasons -->{after}"));
}

#[test]
fn transcripts_are_what_the_program_says() {
    let transcripts = Transcript::all(&root("protocol/transcripts"));
    assert!(transcripts.len() >= 60, "{} transcripts", transcripts.len());
    let schemas = Schemas::new(serde_json::from_str(openrpc::OPENRPC).unwrap());
    let world = World::new();
    let mut wrong = String::new();
    for transcript in &transcripts {
        for framing in [Framing::Lines, Framing::ContentLength] {
            if let Err(why) = transcript.play(&world, &schemas, framing) {
                writeln!(wrong, "{} ({framing:?}): {why}\n", transcript.name).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn transcripts_cover_every_method_and_kind_of_error() {
    let transcripts = Transcript::all(&root("protocol/transcripts"));
    let called: BTreeSet<String> = transcripts.iter().flat_map(Transcript::methods).collect();
    for method in METHODS {
        assert!(called.contains(method.name), "no transcript calls {}", method.name);
    }
    let kinds: BTreeSet<String> = transcripts.iter().flat_map(Transcript::error_kinds).collect();
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Internal) {
        assert!(kinds.contains(kind.name()), "no transcript shows a {} error", kind.name());
    }
}

#[test]
fn discover_answers_with_the_document() {
    let asked = transcript::run(&["serve"], b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.discover\"}", None);
    let answer: Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(answer["result"], serde_json::from_str::<Value>(openrpc::OPENRPC).unwrap());
    assert!(asked.stderr.is_empty());
}

#[test]
fn five_thousand_calls_get_five_thousand_answers() {
    let call = |id: usize| {
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"install-url\",\"params\":{{\"target\":\
             \"acme.my.salesforce.com\",\"appId\":\"0Ci5e000000bn6b\"}}}}\n"
        )
    };
    let input: String = (0..5000).map(call).collect();
    let asked = transcript::write_then_read(&["serve"], input.as_bytes());
    let stdout = String::from_utf8(asked.stdout).unwrap();
    assert_eq!(stdout.lines().count(), 5000);
    assert!(stdout.lines().all(|line| line.contains("\"result\":{\"url\":\"https://acme.my.salesforce.com/identity/")));
    assert!(asked.stderr.is_empty() && asked.status.success());
}
