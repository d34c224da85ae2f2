//! Where the demo plays: a temporary folder, this program as a child, and the narrator's voice.

use crate::cli::render::{BOLD, CYAN, GREEN};
use crate::cli::{Context, scratch_folder};
use crate::error::{Error, Reason, Result};
use crate::host::files::{self, Audience};
use anstyle::Style;
use serde_json::{Value, json};
use std::cell::Cell;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const DIM: Style = Style::new().dimmed();
/// Lines of one answer that are shown; the rest is counted.
const SHOWN_LINES: usize = 40;

/// The stage of one performance; its folder is removed when it ends.
pub(super) struct Stage<'a> {
    context: &'a Context,
    folder: tempfile::TempDir,
    program: PathBuf,
    chapter: Cell<usize>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(context: &'a Context) -> Result<Self> {
        let folder = scratch_folder("sf-jwt-demo-")?;
        let program = std::env::current_exe()
            .map_err(|e| Error::new(Reason::Internal, "this program cannot find itself").because(e))?;
        Ok(Stage { context, folder, program, chapter: Cell::new(0) })
    }

    /// Where keys, certificates, configuration and tokens of the story are.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn title(&self, text: &str) -> Result<()> {
        self.tell("title", text, &format!("\n{BOLD}{text}{BOLD:#}"))
    }

    pub(super) fn chapter(&self, text: &str) -> Result<()> {
        self.chapter.set(self.chapter.get() + 1);
        self.tell("chapter", text, &format!("\n{BOLD}{}. {text}{BOLD:#}", self.chapter.get()))
    }

    pub(super) fn say(&self, text: &str) -> Result<()> {
        self.tell("text", text, &format!("   {DIM}{text}{DIM:#}"))
    }

    /// What the administrator did.
    pub(super) fn did(&self, text: &str) -> Result<()> {
        self.tell("done", text, &format!("   {GREEN}✔{GREEN:#} {text}"))
    }

    /// A JSON-RPC frame, in one direction.
    pub(super) fn frame(&self, arrow: &str, frame: &str) -> Result<()> {
        self.tell(if arrow == "→" { "request" } else { "answer" }, frame, &format!("   {CYAN}{arrow}{CYAN:#} {frame}"))
    }

    /// A command line, as it would be typed.
    pub(super) fn command(&self, arguments: &[&str]) -> Result<()> {
        let quoted = |a: &&str| if a.contains(' ') { format!("'{a}'") } else { (*a).to_owned() };
        let line = format!("sf-jwt {}", arguments.iter().map(quoted).collect::<Vec<_>>().join(" "));
        self.tell("command", &line, &format!("   {BOLD}$ {line}{BOLD:#}"))
    }

    /// Runs this program as shown, shows its answer, and makes sure of its exit code.
    pub(super) async fn run(&self, arguments: &[&str], expected: i32) -> Result<()> {
        self.command(arguments)?;
        let output = self
            .program(arguments)?
            .stdin(Stdio::null())
            .output()
            .await
            .map_err(|e| Error::new(Reason::Internal, "this program could not be started as a child").because(e))?;
        let mut shown = String::new();
        for (stream, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let text = String::from_utf8_lossy(bytes);
            let text = match serde_json::from_str::<Value>(&text) {
                Ok(answer) => serde_json::to_string_pretty(&shortened(&answer)).unwrap_or_default(),
                Err(_) => text.into_owned(),
            };
            let lines: Vec<&str> = text.lines().collect();
            for line in lines.iter().take(SHOWN_LINES) {
                let _ = writeln!(shown, "   {DIM}{}{DIM:#} {line}", if stream == "stdout" { "│" } else { "┆" });
            }
            if lines.len() > SHOWN_LINES {
                let _ = writeln!(shown, "   {DIM}… {} more lines{DIM:#}", lines.len() - SHOWN_LINES);
            }
        }
        let code = output.status.code().unwrap_or(-1);
        let _ = write!(shown, "   {DIM}exit code {code}{DIM:#}");
        self.tell("exit", &code.to_string(), &shown)?;
        match code == expected {
            true => Ok(()),
            false => Err(Error::new(
                Reason::Internal,
                format!("a step of the demo ended with {code} instead of {expected}: sf-jwt {}", arguments.join(" ")),
            )),
        }
    }

    /// This program as a child that knows only the stage's folder, with none of the caller's settings.
    pub(super) fn program(&self, arguments: &[&str]) -> Result<tokio::process::Command> {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(arguments).current_dir(self.folder()).kill_on_drop(true);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("SF_") || name.starts_with("SFDX_") {
                command.env_remove(name);
            }
        }
        command
            .env("SF_JWT_CONFIG", self.folder().join("orgs.toml"))
            .env("SF_JWT_STATE_DIR", self.folder().join("state"))
            .env("HOME", self.folder());
        Ok(command)
    }

    /// Writes the story's orgs.toml: name, username, login URL, consumer key and key file of each org.
    pub(super) fn write_config(&self, orgs: &[(&str, &str, &str, &str, &str)], service_a: &str) -> Result<()> {
        let mut text = String::new();
        for (name, username, login_url, client_id, key) in orgs {
            let _ = writeln!(
                text,
                "[orgs.{name}]\nclient-id = \"{client_id}\"\nusername = \"{username}\"\nlogin-url = \"{login_url}\"\n\
                 key = \"file:{key}.key\"\ncertificate = \"{key}.crt\"\n{}",
                if *key == "service-a" { service_a } else { "app-kind = \"eca-packaged-own\"\n" }
            );
        }
        let file = self.folder().join("orgs.toml");
        let written = match file.exists() {
            true => files::replace(&file, text.as_bytes()),
            false => files::create_new(&file, text.as_bytes(), Audience::Owner),
        };
        written.map_err(|e| Error::new(Reason::Internal, "the demo's configuration could not be written").because(e))
    }

    /// A text file of the story.
    pub(super) fn read(&self, file: &Path) -> Result<String> {
        let contents = files::read(file, 64 * 1024)
            .map_err(|e| Error::new(Reason::Internal, "a file of the demo could not be read").because(e))?;
        Ok(String::from_utf8_lossy(&contents.bytes).into_owned())
    }

    fn tell(&self, what: &str, plain: &str, styled: &str) -> Result<()> {
        if self.context.console.json() {
            return self.context.console.value(&json!({what: plain}));
        }
        match std::io::stdout().is_terminal() {
            true => self.context.console.text(styled),
            false => self.context.console.text(&in_words(styled)),
        }
    }
}

/// Symbols are for terminals.
fn in_words(text: &str) -> String {
    let symbols = [("✔", "ok"), ("✘", "no"), ("▲", "!"), ("·", "-"), ("│", "|"), ("┆", ":"), ("→", "->"), ("←", "<-")];
    symbols.iter().fold(text.to_owned(), |text, (symbol, word)| text.replace(symbol, word))
}

/// An answer with its access token elided.
pub(super) fn shortened(answer: &Value) -> Value {
    match answer {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| match (name.as_str(), value) {
                    ("accessToken", Value::String(token)) => {
                        let start: String = token.chars().take(3).collect();
                        (name.clone(), json!(format!("{start}…")))
                    }
                    _ => (name.clone(), shortened(value)),
                })
                .collect(),
        ),
        Value::Array(items) => items.iter().map(shortened).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_elided_wherever_they_are() {
        let answer =
            json!({"id": 1, "result": {"accessToken": "00Dsentinel", "list": [{"accessToken": "00Dsentinel"}]}});
        let text = shortened(&answer).to_string();
        assert!(!text.contains("sentinel") && text.contains("00D…"), "{text}");
    }
}
