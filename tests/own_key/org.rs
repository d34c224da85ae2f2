//! An emulated org whose app holds the fixture's certificate: it gives a token to nobody but the fixture's key.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const WORLD: &str = r#"
[apps.service-a]
kind = "connected-app"
owner = "acme"
certificate = "certificate.pem"
[orgs.acme]
permission-sets.Service_A = {}
users."integration@acme.example" = { permission-sets = ["Service_A"] }
installed.service-a = { permitted-users = "admin-approved", permission-sets = ["Service_A"] }
"#;

/// The org, and a machine with a home folder of its own.
pub(crate) struct Org {
    emulator: Child,
    folder: tempfile::TempDir,
}

impl Org {
    pub(crate) fn start() -> Org {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(fixture("certificate.pem"), folder.path().join("certificate.pem")).unwrap();
        std::fs::write(folder.path().join("world.toml"), WORLD).unwrap();
        let mut emulator = Command::new(env!("CARGO_BIN_EXE_sf-jwt"));
        emulator.args(["emulator", "--until-stdin-closes", "--world", "world.toml", "--out", "."]);
        emulator.current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut emulator = emulator.spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(emulator.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.contains("loginUrl"), "{ready}");
        Org { emulator, folder }
    }

    /// A folder with `orgs.toml`, for whatever a test needs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The org in `orgs.toml`, as the emulator wrote it.
    pub(crate) fn field(&self, name: &str) -> String {
        let config: toml::Table = std::fs::read_to_string(self.path("orgs.toml")).unwrap().parse().unwrap();
        config["orgs"]["acme"][name].as_str().unwrap().to_owned()
    }

    /// `sf-jwt COMMAND --config … -o acme --no-cache --json ARGUMENTS`
    pub(crate) fn sf_jwt(&self, command: &str, arguments: &[&str]) -> Command {
        let mut program =
            sf_jwt(self.folder.path(), &[command, "--config", "orgs.toml", "-o", "acme", "--no-cache", "--json"]);
        program.args(arguments);
        program
    }
}

impl Drop for Org {
    fn drop(&mut self) {
        drop(self.emulator.stdin.take());
        let _ = self.emulator.wait();
    }
}

/// `sf-jwt ARGUMENTS` in a folder that is its home, with an environment of nothing but the path.
pub(crate) fn sf_jwt(home: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sf-jwt"));
    program.args(arguments).current_dir(home).env_clear().env("HOME", home);
    program.env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
    program
}

/// The path of a fixture key.
pub(crate) fn fixture(name: &str) -> String {
    format!("{}/tests/keys/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The text of a fixture key.
pub(crate) fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).unwrap()
}

/// Runs a command and checks that no part of any fixture key is in what it says.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said);
    for name in ["rsa.pkcs8.pem", "rsa.pkcs1.pem", "encrypted.aes256.pem", "ec.pkcs8.pem", "rsa1024.pem", "rsa.ssh"] {
        for line in text(name).lines().filter(|line| !line.starts_with("---")) {
            assert!(!said.contains(line.get(..24).unwrap_or(line)), "a part of {name} was said: {said}");
        }
    }
    assert!(!said.contains("open-sesame"), "the passphrase was said: {said}");
    output
}

/// The JSON object on stdout.
pub(crate) fn answer(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        panic!("{error}: {out:?} {err:?}")
    })
}

/// Whether a program is installed here.
pub(crate) fn installed(program: &str) -> bool {
    let found = Command::new(program).arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        eprintln!("{program} is not installed: left out");
    }
    found
}
