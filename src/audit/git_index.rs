//! Which files git tracks: one that was added before `.gitignore` named it is committed all the same.
//!
//! Format: git's own documentation, gitformat-index, versions 2 to 4.

use std::collections::BTreeSet;

/// Tracked paths, relative to the work tree, as git writes them.
#[derive(Debug, Default)]
pub struct Tracked(BTreeSet<Vec<u8>>);

impl Tracked {
    /// Reads an index. One that is damaged or of an unknown version tells nothing.
    pub fn read(index: &[u8]) -> Tracked {
        entries(index).unwrap_or_default()
    }

    /// Whether this file is tracked.
    pub fn file(&self, path: &str) -> bool {
        self.0.contains(path.as_bytes())
    }

    /// Whether any file in this folder is.
    pub fn folder(&self, path: &str) -> bool {
        let folder = [path.as_bytes(), b"/"].concat();
        self.0.range(folder.clone()..).next().is_some_and(|p| p.starts_with(&folder))
    }
}

/// Times, device, inode, mode, owner, size; the object's SHA-1; flags.
const FIXED: usize = 40 + 20 + 2;
const EXTENDED: u16 = 0x4000;

fn entries(index: &[u8]) -> Option<Tracked> {
    let rest = index.strip_prefix(b"DIRC")?;
    let (version, rest) = rest.split_first_chunk::<4>()?;
    let version = u32::from_be_bytes(*version);
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    if !(2..=4).contains(&version) {
        return None;
    }
    let mut paths = BTreeSet::new();
    let mut path: Vec<u8> = Vec::new();
    for _ in 0..u32::from_be_bytes(*count) {
        let flags = u16::from_be_bytes([*rest.get(FIXED - 2)?, *rest.get(FIXED - 1)?]);
        let fixed = if flags & EXTENDED == 0 { FIXED } else { FIXED + 2 };
        let mut name = rest.get(fixed..)?;
        if version == 4 {
            // the path as "cut so many bytes off the one before, then append"
            let cut = offset(&mut name)?;
            path.truncate(path.len().checked_sub(cut)?);
        } else {
            path.clear();
        }
        let length = name.iter().position(|b| *b == 0)?;
        path.extend_from_slice(&name[..length]);
        paths.insert(path.clone());
        rest = if version == 4 {
            &name[length + 1..]
        } else {
            // one to eight NULs, up to a multiple of eight
            rest.get((fixed + length) / 8 * 8 + 8..)?
        };
    }
    Some(Tracked(paths))
}

/// git's variable-width number, as in pack offsets.
fn offset(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0usize;
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value = value.checked_mul(128)?.checked_add(usize::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        value = value.checked_add(1)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(version: u32, paths: &[&str]) -> Vec<u8> {
        let mut bytes = [b"DIRC".as_slice(), &version.to_be_bytes(), &(paths.len() as u32).to_be_bytes()].concat();
        let mut before = 0;
        for path in paths {
            bytes.extend([1; FIXED - 2]);
            bytes.extend((path.len() as u16).to_be_bytes());
            if version == 4 {
                bytes.push(before);
                before = path.len() as u8;
            }
            bytes.extend(path.as_bytes());
            let padding = if version == 4 { 1 } else { 8 - (FIXED + path.len()) % 8 };
            bytes.extend(vec![0; padding]);
        }
        bytes.extend([0; 20]);
        bytes
    }

    #[test]
    fn files_and_folders() {
        for version in 2..=4 {
            let bytes = index(version, &["a/b/key.pem", "a-b", "c"]);
            let tracked = Tracked::read(&bytes);
            assert!(tracked.file("a/b/key.pem") && tracked.file("c") && !tracked.file("a"), "version {version}");
            assert!(tracked.folder("a") && tracked.folder("a/b") && !tracked.folder("c"), "version {version}");
            for end in 0..bytes.len() {
                Tracked::read(&bytes[..end]); // no panic on a cut index
            }
        }
        assert!(!Tracked::read(&index(9, &["a"])).file("a"));
    }
}
