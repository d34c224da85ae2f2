//! `examples/task-runners`, run as they are: by the runners that this machine has, and the CI's steps by hand.

use crate::machine::{Machine, USERNAME, complaint, printed};
use crate::salesforce::Salesforce;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/task-runners")
}

fn is_installed(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(program).exists())
}

#[test]
fn runners() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let url = &salesforce.url;
    for runner in [&["make"][..], &["just"], &["task"], &["npm", "run", "--silent"]] {
        if !is_installed(runner[0]) {
            eprintln!("{} is not installed: skipped", runner[0]);
            continue;
        }
        let run = |job: &str| {
            let mut command = machine.program(runner[0]);
            command.args(&runner[1..]).arg(job).current_dir(examples()).env("URL", url).env("no_proxy", "*");
            command.env("npm_config_update_notifier", "false");
            if runner[0] == "npm" {
                // npm offers a package's `config` in such variables; the example's own value is a real host
                command.current_dir(package_for(&machine, url));
            }
            printed(command.output().unwrap())
        };
        assert_eq!(run("limits"), "[]", "{runner:?}");
        assert_eq!(run("whoami"), format!("{USERNAME} at {url}"), "{runner:?}");
    }
    assert_eq!(salesforce.logins(), 1);
}

/// The npm example with another address.
fn package_for(machine: &Machine, url: &str) -> PathBuf {
    let text = fs::read_to_string(examples().join("package.json")).unwrap();
    let mut package: serde_json::Value = serde_json::from_str(&text).unwrap();
    package["config"]["url"] = url.into();
    fs::write(machine.path("package.json"), package.to_string()).unwrap();
    machine.path("")
}

#[test]
fn vs_code_tasks() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let text = fs::read_to_string(examples().join("tasks.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let task = file["tasks"].as_array().unwrap().iter().find(|task| task["label"] == "Salesforce: who am I").unwrap();
    let arguments: Vec<_> =
        task["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().replace("${input:org}", "acme")).collect();
    let mut command = machine.program(task["command"].as_str().unwrap());
    assert_eq!(printed(command.args(arguments).output().unwrap()), format!("{USERNAME} at {}", salesforce.url));
}

/// What the CI's settings page holds.
fn settings(machine: &Machine, url: &str) -> BTreeMap<String, String> {
    use base64::Engine;
    let pem = fs::read_to_string(machine.key()).unwrap();
    let base64 = base64::engine::general_purpose::STANDARD.encode(&pem);
    let settings = [
        ("SF_JWT_CLIENT_ID", "3MVG9.acme"),
        ("SF_JWT_USERNAME", USERNAME),
        ("SF_JWT_LOGIN_URL", url),
        ("SF_JWT_PRIVATE_KEY", &pem),
        ("ACME_KEY", &base64),
    ];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[test]
fn github_actions() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let settings = settings(&machine, &salesforce.url);
    let workflow = fs::read_to_string(examples().join("github-actions.yml")).unwrap();
    let (head, steps) = workflow.split_once("steps:\n").unwrap();
    // `NAME: ${{ vars.NAME }}` and `NAME: ${{ secrets.NAME }}`
    let variables = |text: &str| -> Vec<(String, String)> {
        let lines = text.lines().filter_map(|line| line.trim().split_once(": ${{ "));
        lines.map(|(name, _)| (name.to_owned(), settings[name].clone())).collect()
    };
    let handed_on = machine.path("github.env");
    let mut seen = Vec::new();
    for step in steps.split("- name: ").skip(1).filter(|step| !step.starts_with("Install")) {
        let script = step.split_once("run: ").unwrap().1;
        let script = script.strip_prefix("|\n").unwrap_or(script);
        let mut command = machine.program("sh");
        command.args(["-ec", script]).env_remove("SF_JWT_CONFIG").envs(variables(head)).envs(variables(step));
        command.env("GITHUB_ENV", &handed_on).env("no_proxy", "*");
        for line in fs::read_to_string(&handed_on).unwrap_or_default().lines() {
            let (name, value) = line.split_once('=').unwrap();
            command.env(name, value);
        }
        let output = command.output().unwrap();
        assert_eq!(complaint(&output), "", "{script}");
        seen.push(printed(output));
    }
    let whoami = format!("{USERNAME} at {}", salesforce.url);
    assert_eq!(seen, [whoami.as_str(), "::add-mask::00D5e000005AHE7!AQ.1", "[]"]);
}

#[test]
fn gitlab_ci() {
    let salesforce = Salesforce::start();
    let machine = Machine::new(&salesforce, "10m");
    let job = fs::read_to_string(examples().join("gitlab-ci.yml")).unwrap();
    let (_, script) = job.split_once("  script:\n").unwrap();
    let mut seen = Vec::new();
    for line in script.lines().filter_map(|line| line.trim().strip_prefix("- ")) {
        let mut command = machine.program("sh");
        command.args(["-ec", line]).env_remove("SF_JWT_CONFIG").env("no_proxy", "*").env("SF_JWT_KEY", "env:ACME_KEY");
        let mut settings = settings(&machine, &salesforce.url);
        settings.remove("SF_JWT_PRIVATE_KEY");
        seen.push(printed(command.envs(settings).output().unwrap()));
    }
    assert_eq!(seen, [format!("{USERNAME} at {}", salesforce.url), "[]".to_owned()]);
    assert_eq!(salesforce.logins(), 1);
}
