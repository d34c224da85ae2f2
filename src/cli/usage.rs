//! Usage errors. clap's own texts repeat what was typed, which may be a key, a passphrase or a token in the wrong
//! place, so its errors are told in our words: flags by name, values never.

use crate::error::{Error, Reason};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::num::{IntErrorKind, ParseIntError};

/// What clap had to say.
pub(super) enum Said {
    /// Help that was asked for.
    Help(String),
    /// A mistake in the arguments.
    Wrong(Error),
}

/// Turns clap's error into help or into our error.
pub(super) fn explain(error: clap::Error, program: &str) -> Said {
    let context = |kind| error.get(kind).map(words);
    let flag = context(ContextKind::InvalidArg).as_deref().and_then(harmless);
    let field = flag.as_deref().map(bare);
    let named = |before: &str, otherwise: &str| match &flag {
        Some(flag) => format!("{before} `{flag}`"),
        None => otherwise.to_owned(),
    };
    let listed = [ContextKind::ValidValue, ContextKind::ValidSubcommand].into_iter().find_map(context);
    let accepted = listed.filter(|values| !values.is_empty()).map(|values| format!("accepted: {values}"));
    let suggestion = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .into_iter()
        .find_map(context)
        .map(|s| format!("did you mean `{s}`?"));

    let (reason, message) = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::DisplayVersion => {
            return Said::Help(error.render().ansi().to_string());
        }
        ErrorKind::UnknownArgument => (Reason::UnknownParameter, named("unknown argument", "unknown argument")),
        ErrorKind::InvalidSubcommand => {
            let name = context(ContextKind::InvalidSubcommand).as_deref().and_then(harmless);
            (Reason::UnknownParameter, name.map_or("unknown command".into(), |n| format!("unknown command `{n}`")))
        }
        ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand => {
            (Reason::MissingParameter, named("missing", "an argument is missing"))
        }
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg).as_deref().and_then(harmless);
            let message = match (&flag, other) {
                (Some(flag), Some(other)) if *flag == other => format!("`{flag}` is given twice"),
                (Some(flag), Some(other)) => format!("`{flag}` excludes `{other}`"),
                _ => "arguments exclude each other".to_owned(),
            };
            (Reason::ConflictingParameters, message)
        }
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            (Reason::InvalidParameter, named("wrong number of values for", "wrong number of values"))
        }
        ErrorKind::InvalidValue if context(ContextKind::InvalidValue).is_none_or(|v| v.is_empty()) => {
            (Reason::MissingParameter, named("a value is missing for", "a value is missing"))
        }
        _ => (Reason::InvalidParameter, named("invalid value for", "an argument is not valid")),
    };
    let expected = std::error::Error::source(&error).map(expected);
    let hint = suggestion.or(accepted).or(expected).unwrap_or_else(|| format!("see `{program} --help`"));
    let wrong = Error::new(reason, message).hint(hint);
    Said::Wrong(match field {
        Some(field) => wrong.field(field),
        None => wrong,
    })
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        other => other.to_string(),
    }
}

/// What a value parser expects. Rust's and clap's own words for numbers are for programmers, and repeat the number.
fn expected(source: &(dyn std::error::Error + 'static)) -> String {
    let said = source.to_string();
    match (source.downcast_ref().map(ParseIntError::kind), said.split_once(" is not in ")) {
        (Some(IntErrorKind::Zero), _) => "expected a whole number from 1".to_owned(),
        (Some(_), _) => "expected a whole number".to_owned(),
        (None, Some((_, range))) => format!("expected a whole number from {}", range.replace("..=", " to ")),
        (None, None) => said,
    }
}

/// `--key <URI>` → `key`, `<CMD>...` → `cmd`: the name as errors carry it in `field`.
fn bare(flag: &str) -> String {
    let name = flag.split([' ', '=']).next().unwrap_or_default();
    name.trim_matches(|c| "-<>[].".contains(c)).to_lowercase()
}

/// The name of a flag or command as it was typed, when it can hardly be anything else: short, plain, and without
/// a value. A key, a passphrase or a token in the wrong place is not repeated.
fn harmless(typed: &str) -> Option<String> {
    let ours = typed.starts_with('-') || typed.starts_with('<') || typed.starts_with('[');
    let name = if typed.contains('<') { typed } else { typed.split('=').next().unwrap_or_default() };
    let dashes = name.trim_start_matches('-');
    let plain =
        |b: u8| b.is_ascii_lowercase() || b == b'-' || (ours && b"<>[]._ ABCDEFGHIJKLMNOPQRSTUVWXYZ".contains(&b));
    let short = (1..=48).contains(&dashes.len());
    (short && !name.starts_with("---") && name.bytes().all(plain)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flag_like_words_are_repeated() {
        for (typed, shown) in [
            ("--tymeout", Some("--tymeout")),
            ("--key <URI>", Some("--key <URI>")),
            ("--key=hunter2", Some("--key")),
            ("tokn", Some("tokn")),
            ("-----BEGIN PRIVATE KEY-----", None),
            ("00D5e000005AHE7!AQ4AQ", None),
            ("eyJhbGciOiJSUzI1NiJ9.e30.c2ln", None),
            ("Hunter2", None),
            ("s3cret", None),
            ("", None),
        ] {
            assert_eq!(harmless(typed).as_deref(), shown, "{typed}");
        }
    }
}
