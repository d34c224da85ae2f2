//! What is packed inside: static resources are often zip archives, and ship with everything in them.
//!
//! Archives are hostile until shown otherwise: members are read up to a budget for the whole outer file, never
//! written anywhere, and their names are only shown.

use std::io::{Cursor, Read};

/// How much may be unpacked from one file, nested archives included.
const BYTES: u64 = 64 * 1024 * 1024;
/// How many members may be looked at in one file.
const MEMBERS: usize = 10_000;
/// How deep archives may be nested.
const DEPTH: usize = 4;

/// What is left of the limits of one outer file.
pub(super) struct Budget {
    bytes: u64,
    members: usize,
    pub(super) depth: usize,
    /// Why something was not looked at.
    pub(super) troubles: Vec<&'static str>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Budget { bytes: BYTES, members: MEMBERS, depth: 0, troubles: Vec::new() }
    }

    /// Notes a trouble once.
    fn trouble(&mut self, what: &'static str) {
        if !self.troubles.contains(&what) {
            self.troubles.push(what);
        }
    }

    /// Reads what a reader gives, as far as the budget goes.
    fn drain(&mut self, reader: impl Read) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = reader.take(self.bytes + 1).read_to_end(&mut bytes);
        if read.is_err() {
            self.trouble("a member is damaged or packed in an unknown way");
        }
        if bytes.len() as u64 > self.bytes {
            self.trouble("it unpacks to more than 64 MiB");
        }
        self.bytes = self.bytes.saturating_sub(bytes.len() as u64);
        bytes
    }
}

/// Whether these bytes are an archive: zip (also an empty or a spanned one) or gzip.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    matches!(bytes, [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] | [0x1f, 0x8b, 8, ..])
}

/// Whether a zip archive is at the end of something else: one that extracts itself.
pub(super) fn has_archive_at_end(bytes: &[u8]) -> bool {
    /// The record at the end of an archive, and the longest comment in it (APPNOTE 4.3.16).
    const END: usize = 22 + u16::MAX as usize;
    let tail = &bytes[bytes.len().saturating_sub(END)..];
    tail.windows(4).any(|w| w == b"PK\x05\x06") && zip::ZipArchive::new(Cursor::new(bytes)).is_ok_and(|a| !a.is_empty())
}

/// Hands out each member's name and bytes.
pub(super) fn unpack(bytes: &[u8], budget: &mut Budget, visit: &mut dyn FnMut(&mut Budget, &str, &[u8])) {
    if budget.depth >= DEPTH {
        return budget.trouble("archives are nested too deep");
    }
    budget.depth += 1;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        unzip(bytes, budget, visit);
    } else {
        let content = budget.drain(flate2::read::MultiGzDecoder::new(bytes));
        visit(budget, "(gzip)", &content);
    }
    budget.depth -= 1;
}

fn unzip(bytes: &[u8], budget: &mut Budget, visit: &mut dyn FnMut(&mut Budget, &str, &[u8])) {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return budget.trouble("the zip archive is damaged");
    };
    for index in 0..archive.len() {
        if budget.members == 0 {
            return budget.trouble("it has more than 10000 members");
        }
        if budget.bytes == 0 {
            return budget.trouble("it unpacks to more than 64 MiB");
        }
        budget.members -= 1;
        let Ok(member) = archive.by_index(index) else {
            budget.trouble("a member is encrypted, damaged or packed in an unknown way");
            continue;
        };
        if !member.is_file() {
            continue;
        }
        let name = member.name().map_or_else(|_| "(unnamed)".to_owned(), |n| n.replace('\\', "/"));
        let content = budget.drain(member);
        visit(budget, &name, &content);
    }
}
