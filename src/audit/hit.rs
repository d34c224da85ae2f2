//! One match inside a text, before it becomes a finding: where the secret stands, and what may be shown of it.

use super::rule::Rule;
use regex::bytes::{Captures, Match, Regex, RegexBuilder};
use std::ops::Range;

/// How much of the text before a secret is shown.
const LEAD_CAP: usize = 60;

/// A match of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) rule: Rule,
    /// The bytes of the secret itself.
    pub(super) secret: Range<usize>,
    /// What may be shown: what the pattern itself requires before the secret, a harmless prefix, an ellipsis.
    pub(super) excerpt: String,
}

impl Hit {
    /// A hit whose excerpt is a fixed word.
    pub(super) fn of(rule: Rule, secret: Range<usize>, excerpt: impl Into<String>) -> Self {
        Hit { rule, secret, excerpt: excerpt.into() }
    }

    /// A hit from a pattern. Everything the pattern matched before the secret is shown, so patterns let nothing
    /// but names and punctuation stand there; then `prefix`, which must be something that every secret of the
    /// kind begins with; nothing after it.
    pub(super) fn led(rule: Rule, captures: &Captures<'_>, secret: Match<'_>, prefix: &str) -> Self {
        let lead = captures.get(0).map_or(&b""[..], |whole| &whole.as_bytes()[..secret.start() - whole.start()]);
        let lead = String::from_utf8_lossy(lead);
        let lead = lead.trim_start().split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let skipped = lead.chars().count().saturating_sub(LEAD_CAP);
        let lead: String = lead.chars().skip(skipped).filter(|c| !c.is_control()).collect();
        Hit::of(rule, secret.range(), format!("{lead}{prefix}\u{2026}"))
    }
}

/// Compiles a pattern of ours: over bytes, ASCII only, `x` mode so that patterns can be laid out.
pub(super) fn pattern(source: &str) -> Regex {
    match RegexBuilder::new(source).unicode(false).ignore_whitespace(true).build() {
        Ok(regex) => regex,
        Err(error) => unreachable!("a pattern of the audit does not compile: {error}"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What a search finds in a text: the rules, and what is shown.
    pub(in crate::audit) fn found(find: impl Fn(&[u8], &mut Vec<Hit>), text: &str) -> Vec<(Rule, String)> {
        let mut hits = Vec::new();
        find(text.as_bytes(), &mut hits);
        hits.into_iter().map(|h| (h.rule, h.excerpt)).collect()
    }
}
