//! What the program can say about itself: version and completions.

use super::render::Console;
use super::{Context, Exit};
use crate::error::Result;
use crate::protocol::types::PROTOCOL_VERSIONS;
use clap::Args;
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, context: &Context) -> Result<Exit> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::command("sf-jwt"), "sf-jwt", &mut script);
        context.console.bytes(&script)?;
        Ok(0)
    }
}

/// Prints name and version, with `--json` also the protocol versions.
pub(super) fn version(console: &Console) -> Result<Exit> {
    let version = env!("CARGO_PKG_VERSION");
    if console.json() {
        let versions = serde_json::json!({"name": "sf-jwt", "version": version, "protocolVersions": PROTOCOL_VERSIONS});
        console.value(&versions)?;
    } else {
        console.text(&format!("sf-jwt {version}"))?;
    }
    Ok(0)
}
