//! What must never be packaged or committed: private keys, tokens, consumer secrets, and the app, user and host
//! of one org written into code. An integration is a template; the subscriber brings the identity.
//!
//! [`inspect`] is a pure function from a file's path and bytes to [`Finding`]s. A file is recognised by its
//! first bytes (`der` key containers, `archive`s, whose members are inspected in turn); of other binaries
//! only what is unmistakable by shape is looked for. Texts go through the detectors: `key_material`,
//! `shape` (tokens), `assignment` (secrets by name), `credential_file` (`.env`, CLI logins), `metadata`
//! and `apex`. [`project`] and [`git_index`] read what says which files are packaged and committed. The [`rule`] table says what a finding means and how to do it instead. The secret itself never
//! leaves: a finding shows a name and a harmless prefix.

mod apex;
mod archive;
mod assignment;
mod credential_file;
mod der;
pub mod git_index;
mod hit;
mod key_material;
mod literal;
mod metadata;
pub mod project;
pub mod rule;
pub mod sarif;
mod shape;

use crate::error::Warning;
use archive::Budget;
use hit::Hit;
pub use rule::{Level, Rule};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The largest file that is read; static resources end at 5 MB.
pub const FILE_CAP: u64 = 32 * 1024 * 1024;

/// Written in a line, or the line before, with a rule's id after it: a person looked at this finding and accepts
/// it (a throw-away key of a test, for instance).
pub const ALLOW: &str = "sf-jwt:allow";

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub rule: Rule,
    /// The file, as the caller named it.
    pub file: String,
    /// Where in an archive, as a path; nested archives are joined by `!`.
    pub member: Option<String>,
    /// The line, from 1; 1 in binaries.
    pub line: usize,
    /// The column, from 1, in Unicode code points; 1 in binaries.
    pub column: usize,
    /// What may be shown of it, never the secret itself.
    pub excerpt: String,
    /// Whether somebody accepts it.
    pub allowed: Option<Allowed>,
}

/// What an audit found.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// Every finding, accepted ones too, by file and place.
    pub findings: Vec<Finding>,
    /// What could not be looked at, and what is kept out of a package but not out of git.
    pub warnings: Vec<Warning>,
    /// How many files were looked at.
    pub files: usize,
}

impl Audit {
    /// The findings that nobody accepted.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.allowed.is_none())
    }

    /// Whether nothing is left that must be removed.
    pub fn ok(&self) -> bool {
        !self.open().any(|f| f.rule.level() == Level::Error)
    }
}

/// How a finding is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// By a comment beside it ([`ALLOW`]).
    Comment,
    /// By a list of files.
    List,
}

/// What is known about one file.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// What was found, in the order of the file.
    pub findings: Vec<Finding>,
    /// Why parts of it were not looked at: an archive that unpacks to too much, for instance.
    pub troubles: Vec<&'static str>,
}

/// Inspects a file. The path is the one shown in findings, with forward slashes; its last parts also tell Apex,
/// `.env` and the Salesforce CLI's files from others.
pub fn inspect(path: &str, bytes: &[u8]) -> Inspection {
    let mut budget = Budget::new();
    let mut findings = Vec::new();
    inspect_member(path, None, bytes, &mut budget, &mut findings);
    Inspection { findings, troubles: budget.troubles }
}

fn inspect_member(file: &str, member: Option<&str>, bytes: &[u8], budget: &mut Budget, findings: &mut Vec<Finding>) {
    let is_archive = archive::is_archive(bytes);
    if is_archive || archive::has_archive_at_end(bytes) {
        archive::unpack(bytes, budget, &mut |budget, name, content| {
            let nested = member.map_or_else(|| name.to_owned(), |outer| format!("{outer}!{name}"));
            inspect_member(file, Some(&nested), content, budget, findings);
        });
    }
    if is_archive {
        return;
    }
    let text = match bytes {
        _ if container(bytes).is_some() => Cow::Borrowed(bytes),
        [0xff, 0xfe, rest @ ..] => Cow::Owned(from_utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(from_utf16(rest, u16::from_be_bytes)),
        _ => Cow::Borrowed(bytes),
    };
    let is_binary = text.iter().take(8 * 1024).any(|b| *b == 0) || container(bytes).is_some();
    let hits = if is_binary { in_binary(&text) } else { in_text(member.unwrap_or(file), &text) };
    let mut positions = Positions::new(&text);
    for hit in hits {
        let (line, column) = if is_binary { (1, 1) } else { positions.of(hit.secret.start) };
        findings.push(Finding {
            allowed: (!is_binary && is_allowed(&text, &hit)).then_some(Allowed::Comment),
            rule: hit.rule,
            file: file.to_owned(),
            member: member.map(str::to_owned),
            line,
            column,
            excerpt: hit.excerpt,
        });
    }
}

/// The key container that a whole file is; one that declares another length than the file has is a coincidence.
fn container(bytes: &[u8]) -> Option<Rule> {
    let (rule, length) = der::recognise(bytes)?;
    length.is_none_or(|l| (l..=l + 2).contains(&bytes.len())).then_some(rule)
}

fn in_binary(bytes: &[u8]) -> Vec<Hit> {
    if let Some(rule) = container(bytes) {
        return vec![Hit::of(rule, 0..bytes.len(), "(the whole file)")];
    }
    let mut hits = Vec::new();
    key_material::find_pem(bytes, &mut hits);
    shape::find(bytes, &mut hits);
    one_per_place(hits)
}

fn in_text(path: &str, text: &[u8]) -> Vec<Hit> {
    let mut hits = Vec::new();
    key_material::find(text, &mut hits);
    shape::find(text, &mut hits);
    assignment::find(text, &mut hits);
    credential_file::find(path, text, &mut hits);
    metadata::find(text, &mut hits);
    if apex::is_apex(path) {
        apex::find(text, &mut hits);
    }
    one_per_place(hits)
}

/// Where several rules meet on the same text, the first in the table speaks.
fn one_per_place(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|h| (h.rule, h.secret.start));
    let mut kept: BTreeMap<usize, Hit> = BTreeMap::new();
    for hit in hits {
        // those kept do not overlap, so only the last one that begins before this one's end can
        let neighbour = kept.range(..hit.secret.end).next_back();
        if neighbour.is_none_or(|(_, k)| k.secret.end <= hit.secret.start) {
            kept.insert(hit.secret.start, hit);
        }
    }
    kept.into_values().collect()
}

/// How far around a secret a line is read for a comment that allows it; lines of minified files are endless.
const LINE_CAP: usize = 1024;

fn is_allowed(text: &[u8], hit: &Hit) -> bool {
    let before = &text[hit.secret.start.saturating_sub(LINE_CAP)..hit.secret.start];
    let after = &text[hit.secret.end..text.len().min(hit.secret.end + LINE_CAP)];
    let newlines = before.iter().enumerate().rev().filter(|(_, b)| **b == b'\n');
    let two_lines_back = newlines.map(|(at, _)| at).nth(1).unwrap_or(0);
    let rest_of_line = after.split(|b| *b == b'\n').next().unwrap_or_default();
    [&before[two_lines_back..], rest_of_line].iter().any(|part| {
        let part = String::from_utf8_lossy(part);
        let words = part.split(|c: char| c.is_whitespace() || c == ',').skip_while(|w| !w.ends_with(ALLOW)).skip(1);
        words.into_iter().any(|w| w == hit.rule.id())
    })
}

fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes()
}

/// Turns offsets, asked for in ascending order, into lines and columns.
struct Positions<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Positions<'a> {
    fn new(text: &'a [u8]) -> Self {
        let bom = if text.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        Positions { text, at: bom, line: 1, column: 1 }
    }

    fn of(&mut self, offset: usize) -> (usize, usize) {
        for byte in &self.text[self.at.min(offset)..offset] {
            match byte {
                b'\n' => (self.line, self.column) = (self.line + 1, 1),
                0x80..=0xbf => {} // continues a character
                _ => self.column += 1,
            }
        }
        self.at = offset;
        (self.line, self.column)
    }
}
