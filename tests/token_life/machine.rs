//! A user's machine: a home, a key, a configuration and a state folder of its own, and `sf-jwt` on it.

use crate::salesforce::Salesforce;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub(crate) struct Machine {
    dir: tempfile::TempDir,
}

pub(crate) const USERNAME: &str = "integration@acme.example";

impl Machine {
    /// A machine with the org `acme`, whose opaque tokens are reused as long as `lifetime` says.
    pub(crate) fn new(salesforce: &Salesforce, lifetime: &str) -> Machine {
        let machine = Machine { dir: tempfile::tempdir().unwrap() };
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys/rsa.pkcs8.pem"), machine.key()).unwrap();
        restrict(&machine.key(), 0o600);
        let org = format!(
            "[orgs.acme]\nclient-id = '3MVG9.acme'\nusername = '{USERNAME}'\nlogin-url = '{}'\nkey = 'file:{}'\ntoken-lifetime = '{lifetime}'\n",
            salesforce.url,
            machine.key().display()
        );
        fs::write(machine.path("orgs.toml"), org).unwrap();
        restrict(&machine.path("orgs.toml"), 0o600);
        machine
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.path("acme.key")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state")
    }

    /// `sf-jwt ARGUMENTS` for the org `acme`, in a clean environment.
    pub(crate) fn acme(&self, arguments: &[&str]) -> Command {
        let mut command = self.sf_jwt(&arguments[..1]);
        command.args(["-o", "acme"]).args(&arguments[1..]);
        command
    }

    /// `sf-jwt ARGUMENTS` in a clean environment.
    pub(crate) fn sf_jwt(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_sf-jwt"));
        command.args(arguments);
        command
    }

    /// Any program, with `sf-jwt` in its path and this machine's state and configuration.
    pub(crate) fn program(&self, program: &str) -> Command {
        let own = Path::new(env!("CARGO_BIN_EXE_sf-jwt")).parent().unwrap().to_owned();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path))).unwrap();
        let mut command = Command::new(program);
        command.env_clear().env("PATH", path).env("HOME", self.dir.path()).env("SF_JWT_STATE_DIR", self.state());
        command.env("SF_JWT_CONFIG", self.path("orgs.toml")).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Every file of the state folder.
    pub(crate) fn state_files(&self) -> Vec<PathBuf> {
        fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() { walk(&path, files) } else { files.push(path) }
            }
        }
        let mut files = Vec::new();
        walk(&self.state(), &mut files);
        files
    }
}

/// Sets the mode bits, where there are any.
pub(crate) fn restrict(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// What a program printed, without the final newline; it must have succeeded.
pub(crate) fn printed(output: Output) -> String {
    assert!(output.status.success(), "{}: {}", output.status, complaint(&output));
    String::from_utf8(output.stdout).unwrap().trim_end_matches('\n').to_owned()
}

/// What a program complained about.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
