//! `sf-jwt explain`

use super::render::{BOLD, CYAN};
use super::{Context, Exit};
use crate::error::Result;
use crate::ops::explain::{codes, explain};
use crate::protocol::types::Explanation;
use clap::Args;

/// Explain a code: a refusal, an error, a check or a warning
#[derive(Args)]
pub(super) struct Explain {
    /// The code, such as user-not-approved or grant.accepted; without it, all codes are listed
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(&self, context: &Context) -> Result<Exit> {
        let Some(code) = &self.code else {
            let all: Vec<_> = codes().map(explain).collect::<Result<_>>()?;
            match context.console.json() {
                true => all.iter().try_for_each(|explanation| context.console.value(explanation))?,
                false => context.console.text(&list(&all))?,
            }
            return Ok(0);
        };
        let explanation = explain(code)?;
        if context.console.json() {
            context.console.value(&explanation)?;
        } else {
            context.console.text(&page(&explanation))?;
        }
        Ok(0)
    }
}

fn list(all: &[Explanation]) -> String {
    let mut text = String::new();
    for kind in ["refusal", "reason", "check", "warning"] {
        text += &format!("{BOLD}{kind}{BOLD:#}\n");
        for explanation in all.iter().filter(|explanation| explanation.kind == kind) {
            let short = explanation.meaning.split(" (kind ").next().unwrap_or_default();
            let short = if kind == "check" { short.split(": ").next().unwrap_or_default() } else { short };
            text += &format!("  {:<26} {short}\n", explanation.code);
        }
    }
    text
}

fn page(explanation: &Explanation) -> String {
    let mut text = format!("{BOLD}{}{BOLD:#} ({})\n  {}\n", explanation.code, explanation.kind, explanation.meaning);
    let mut part = |title: &str, lines: &[String], numbered: bool| {
        if !lines.is_empty() {
            text += &format!("\n{BOLD}{title}{BOLD:#}\n");
        }
        for (number, line) in lines.iter().enumerate() {
            text += &match numbered {
                true => format!("  {}. {line}\n", number + 1),
                false => format!("  {line}\n"),
            };
        }
    };
    part("Salesforce says", &explanation.wordings, false);
    part("Likely causes, most likely first", &explanation.causes, true);
    part("What to do", explanation.remedy.as_slice(), false);
    let pages: Vec<_> =
        explanation.links.iter().map(|link| format!("{}  {CYAN}{}{CYAN:#}", link.title, link.path)).collect();
    part("Pages in Setup", &pages, false);
    part("Trying again helps", explanation.retry.as_slice(), false);
    part("Source", explanation.source.as_slice(), false);
    text
}
