//! The budgets of the command line, as ratios: against an empty program, and against the recipe of token.sh.
use crate::{Row, median, ratio};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The embedded org emulator, which ends when this is dropped, and what it says about itself.
struct Emulator {
    process: Child,
    ready: Value,
}

impl Emulator {
    fn start(binary: &str, folder: &Path) -> Emulator {
        let mut command = Command::new(binary);
        let mut process = command.arg("emulator").arg("--out").arg(folder).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Emulator { process, ready: serde_json::from_str(&line).expect("the emulator is ready") }
    }

    /// What the recipe has to know.
    fn variables(&self, folder: &Path) -> BTreeMap<&'static str, String> {
        let org = &self.ready["orgs"]["acme"];
        let apps = org["apps"].as_array().unwrap();
        let app = apps.iter().find(|app| app["name"] == "service-a").unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        [
            ("ISS", text(&app["clientId"])),
            ("SUB", "integration@acme.example".to_owned()),
            ("AUD", text(&org["addressUrl"])),
            ("KEY", folder.join("emulator.key").display().to_string()),
            ("SF_JWT_CONFIG", folder.join("orgs.toml").display().to_string()),
            ("SF_JWT_STATE_DIR", folder.join("state").display().to_string()),
        ]
        .into()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(command: &[&str], variables: &BTreeMap<&'static str, String>) -> Duration {
    let begun = Instant::now();
    let output = Command::new(command[0]).args(&command[1..]).envs(variables).output().unwrap();
    let took = begun.elapsed();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !said.contains("\"error\""), "{command:?}: {said}");
    took
}

pub fn rows(binary: &str, empty: &str) -> Vec<Row> {
    let folder = std::env::temp_dir().join(format!("sf-jwt-bench-{}", std::process::id()));
    let emulator = Emulator::start(binary, &folder);
    let variables = emulator.variables(&folder);
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/token.sh");
    let commands: [&[&str]; 6] = [
        &[empty],
        &[binary, "--version"],
        &[binary, "install-url", "acme.my.salesforce.com", "--app-id", "0Ci5e000000bn6b"],
        &["bash", recipe],
        &[binary, "token", "-o", "acme", "--fresh"],
        &[binary, "token", "-o", "acme"],
    ];
    let mut times = commands.map(|_| Vec::new());
    // taken in turns, so that what else the machine does meets all alike
    for _ in 0..40 {
        for (command, times) in commands.iter().zip(&mut times) {
            times.push(run(command, &variables));
        }
    }
    drop(emulator);
    let _ = std::fs::remove_dir_all(&folder);
    let [nothing, version, install_url, recipe, fresh, cached] = times.map(median);
    vec![
        ("--version / empty program", ratio(version, nothing), 2.0, true),
        ("install-url / empty program", ratio(install_url, nothing), 3.0, true),
        ("token, exchanged / openssl and curl", ratio(fresh, recipe), 0.6, true),
        ("token, cached / openssl and curl", ratio(cached, recipe), 0.25, true),
    ]
}
