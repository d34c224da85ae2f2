//! The arrows of the house, held by a test: who may use whom, who may touch the world, who may write to stdout.
//!
//! ```text
//! cli/, rpc/ → protocol/ → ops/ → oauth key org app cache verify audit (pure)   and   → host/ (effects)
//! ```

#![allow(clippy::unwrap_used, reason = "a test that cannot look at the house has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// The pure middle: values and a clock value in, values out.
const PURE: [&str; 7] = ["oauth", "key", "org", "app", "cache", "verify", "audit"];

/// What touches the world.
const EFFECTS: [&str; 9] = [
    "tokio::",
    "reqwest::",
    "std::fs",
    "std::env",
    "std::process",
    "std::net::Tcp",
    "SystemTime",
    "Instant::now",
    "crate::host",
];

struct Source {
    path: String,
    /// The file without its tests and comments: those may do what they like.
    code: String,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, into),
                false => into.push(path),
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    let is_code = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.ends_with(".rs") && !["tests.rs", "testing.rs"].contains(&name.as_str())
    };
    files.retain(is_code);
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default()
            .split("#[cfg(test)]\npub(crate) mod tests")
            .next();
        let code: Vec<_> =
            code.unwrap_or_default().lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        Source { path: path.strip_prefix(root.join("src")).unwrap().display().to_string(), code: code.join("\n") }
    };
    files.into_iter().map(read).collect()
}

fn offenders(inside: &[&str], words: &[&str]) -> Vec<String> {
    let room = |path: &str, name: &str| path.starts_with(&format!("{name}/")) || path == format!("{name}.rs");
    let sources = sources();
    let chosen = sources.iter().filter(|source| inside.iter().any(|name| room(&source.path, name)));
    let mut found = Vec::new();
    for source in chosen {
        for line in source.code.lines() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                found.push(format!("src/{} uses {word}: {}", source.path, line.trim()));
            }
        }
    }
    found
}

#[test]
fn the_pure_middle_does_not_touch_the_world() {
    assert_eq!(offenders(&PURE, &EFFECTS), Vec::<String>::new());
    assert!(!offenders(&["host"], &EFFECTS).is_empty(), "this test cannot see effects");
}

#[test]
fn nothing_points_back() {
    let back = |inside: &[&str], words: &[&str]| assert_eq!(offenders(inside, words), Vec::<String>::new());
    back(&PURE, &["crate::cli", "crate::rpc", "crate::ops"]);
    back(&["ops"], &["crate::cli", "crate::rpc"]);
    back(&["protocol"], &["crate::cli", "crate::rpc", "crate::ops", "crate::host"]);
    back(&["host"], &["crate::cli", "crate::rpc", "crate::ops", "crate::org", "crate::cache", "crate::verify"]);
    back(&["rpc"], &["crate::cli"]);
    back(&["error", "secret", "time"], &["crate::cli", "crate::rpc", "crate::ops", "crate::protocol", "crate::host"]);
}

#[test]
fn only_the_faces_write_to_stdout() {
    let middle = [&PURE[..], &["ops", "host", "protocol", "emulator", "error", "secret", "time"]].concat();
    assert_eq!(offenders(&middle, &["print!", "println!", "io::stdout", "anstream::stdout"]), Vec::<String>::new());
}

#[test]
fn secrets_leave_by_one_door() {
    // A derive that would print or serialise a secret cannot compile; this holds the other way round it.
    for source in sources() {
        if source.path == "secret.rs" {
            assert!(
                !source.code.contains("impl fmt::Display") && !source.code.contains("Serialize"),
                "secret.rs opens a door"
            );
        }
    }
}

#[test]
fn files_stay_readable() {
    let long = sources().into_iter().filter(|source| source.code.lines().count() > 520);
    let long: Vec<_> = long.map(|source| source.path).collect();
    // Tables may be long: they are read by the row.
    let tables = ["oauth/refusal/catalogue.rs", "protocol/types.rs", "verify/checks.rs"];
    assert!(long.iter().all(|path| tables.contains(&path.as_str())), "too long: {long:?}");
}
