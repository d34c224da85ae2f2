//! The report for people: every check of one org, or one line for each of many with what went wrong below it.

use super::{Entry, counted, logins, symbol, total_ms, word};
use crate::cli::render::{BOLD, CYAN, GREEN, RED, YELLOW};
use crate::protocol::types::{CheckResult, CheckStatus, VerifyResult};
use anstyle::Style;

const DIM: Style = Style::new().dimmed();

fn style(status: CheckStatus) -> Style {
    match status {
        CheckStatus::Pass => GREEN,
        CheckStatus::Warn => YELLOW,
        CheckStatus::Fail => RED,
        CheckStatus::Skip => DIM,
    }
}

/// Every check of one org.
pub(in crate::cli) fn whole(name: &str, result: &VerifyResult) -> String {
    let mut text = format!("{BOLD}{name}{BOLD:#}\n");
    for check in &result.checks {
        text += &line(check);
    }
    let logins = match result.logins {
        0 => String::new(),
        logins => format!(" ({})", counted(logins)),
    };
    text + &match &result.failed {
        None => format!("{GREEN}ok{GREEN:#}{logins}\n"),
        Some(id) => format!("{RED}not ok{RED:#}: {id}{logins}\n"),
    }
}

/// One org among many: a line, and what deserves a look below it.
pub(in crate::cli) fn brief(entry: &Entry, width: usize) -> String {
    let name = &entry.name;
    let result = match &entry.outcome {
        Ok(result) => result,
        Err(error) => {
            let hint = error.details().hint.as_ref().map(|hint| format!("         {BOLD}do{BOLD:#}: {hint}\n"));
            let (what, code) = (error.message(), error.reason().code());
            return format!("{RED}✘ fail{RED:#} {name:<width$}  {what} [{code}]\n{}", hint.unwrap_or_default());
        }
    };
    let notable: Vec<_> =
        result.checks.iter().filter(|c| matches!(c.status, CheckStatus::Fail | CheckStatus::Warn)).collect();
    let status = match (result.ok, notable.is_empty()) {
        (false, _) => CheckStatus::Fail,
        (true, false) => CheckStatus::Warn,
        (true, true) => CheckStatus::Pass,
    };
    let (style, who) = (style(status), result.username.as_deref().unwrap_or_default());
    let took = total_ms(result);
    let mut text =
        format!("{style}{} {}{style:#} {name:<width$}  {who} {DIM}{took} ms{DIM:#}\n", symbol(status), word(status));
    for check in notable {
        text += &line(check);
    }
    text
}

/// The end of a report about many.
pub(in crate::cli) fn totals(entries: &[Entry]) -> String {
    let fine = entries.iter().filter(|entry| entry.is_fine()).count();
    let warned = entries.iter().filter(|entry| entry.is_warned()).count();
    let (failed, logins) = (entries.len() - fine, counted(logins(entries)));
    let style = if failed == 0 { GREEN } else { RED };
    let of_them = if warned == 0 { String::new() } else { format!(" ({warned} with warnings)") };
    format!("\n{style}{fine} of {} ok{style:#}{of_them}, {failed} not ok; {logins}\n", entries.len())
}

fn line(check: &CheckResult) -> String {
    let style = style(check.status);
    let reason = check.reason.as_ref().map(|reason| format!(" [{reason}]")).unwrap_or_default();
    let (symbol, word) = (symbol(check.status), word(check.status));
    let mut text = format!("  {style}{symbol} {word}{style:#} {:<20} {}{reason}\n", check.id, check.detail);
    if !check.causes.is_empty() {
        text += &format!("         {BOLD}likely causes{BOLD:#}, most likely first:\n");
    }
    for (number, cause) in check.causes.iter().enumerate() {
        text += &format!("           {}. {cause}\n", number + 1);
    }
    if let Some(remedy) = &check.remedy {
        text += &format!("         {BOLD}do{BOLD:#}: {remedy}\n");
    }
    for link in &check.links {
        let place = link.url.as_ref().unwrap_or(&link.path);
        text += &format!("         {BOLD}open{BOLD:#}: {} {CYAN}{place}{CYAN:#}\n", link.title);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn many_orgs_take_a_line_each_and_more_where_it_matters() {
        let entries = [samples::fine("a"), samples::failing("bb"), samples::unknown("c")];
        let text: String = entries.iter().map(|entry| brief(entry, 2)).collect::<String>() + &totals(&entries);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(plain.starts_with("▲ warn a   int@acme.example 14 ms\n  ▲ warn clock.skew"), "{plain}");
        assert!(plain.contains("✘ fail bb  int@acme.example 28 ms"), "{plain}");
        assert!(plain.contains("           1. first & likeliest\n"), "{plain}");
        assert!(plain.contains("✘ fail c   no org of this name [unknown-org]\n         do: look"), "{plain}");
        assert!(plain.ends_with("1 of 3 ok (1 with warnings), 2 not ok; 2 logins\n"), "{plain}");
    }
}
