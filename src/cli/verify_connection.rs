//! `sf-jwt verify-connection`

use super::connection::ConnectionFlags;
use super::render::{BOLD, CYAN, Console, GREEN, RED, YELLOW};
use super::{Context, Exit};
use crate::error::{EXIT_NEGATIVE_RESULT, Result};
use crate::ops::verify::verify;
use crate::protocol::types::{CheckResult, CheckStatus, VerifyResult};
use clap::Args;

/// Check a connection step by step, with causes and remedies
#[derive(Args)]
pub(super) struct VerifyConnection {
    #[command(flatten)]
    connection: ConnectionFlags,

    /// Only the checks that need no network
    #[arg(long)]
    offline: bool,

    /// Let warnings fail, too
    #[arg(long)]
    strict: bool,
}

impl VerifyConnection {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let found = self.connection.find(context)?;
        let service = context.service();
        let result = context.block_on(async { Ok(verify(&service, &found, self.offline, &|_| {}).await) })?;
        context.console.warn(&result.warnings);
        if context.console.json() {
            context.console.value(&result)?;
        } else {
            tell(&context.console, &result)?;
        }
        let warned = result.checks.iter().any(|check| check.status == CheckStatus::Warn);
        let fine = result.ok && !(self.strict && warned);
        Ok(if fine { 0 } else { EXIT_NEGATIVE_RESULT })
    }
}

fn tell(console: &Console, result: &VerifyResult) -> Result<()> {
    let whose = result.org.as_deref().or(result.username.as_deref()).unwrap_or("the connection");
    let mut text = format!("{BOLD}{whose}{BOLD:#}\n");
    for check in &result.checks {
        text += &line(check);
    }
    text += &match &result.failed {
        None => format!("{GREEN}ok{GREEN:#}\n"),
        Some(id) => format!("{RED}not ok{RED:#}: {id}\n"),
    };
    console.text(&text)
}

fn line(check: &CheckResult) -> String {
    let (symbol, word, style) = match check.status {
        CheckStatus::Pass => ("✔", "pass", GREEN),
        CheckStatus::Warn => ("▲", "warn", YELLOW),
        CheckStatus::Fail => ("✘", "fail", RED),
        CheckStatus::Skip => ("·", "skip", anstyle::Style::new().dimmed()),
    };
    let reason = check.reason.as_ref().map(|reason| format!(" [{reason}]")).unwrap_or_default();
    let mut text = format!("  {style}{symbol} {word}{style:#} {:<20} {}{reason}\n", check.id, check.detail);
    for (number, cause) in check.causes.iter().enumerate() {
        text += &format!("         {}. {cause}\n", number + 1);
    }
    if let Some(remedy) = &check.remedy {
        text += &format!("         {BOLD}do{BOLD:#}: {remedy}\n");
    }
    for link in &check.links {
        text += &format!(
            "         {BOLD}open{BOLD:#}: {} {CYAN}{}{CYAN:#}\n",
            link.title,
            link.url.as_ref().unwrap_or(&link.path)
        );
    }
    text
}
