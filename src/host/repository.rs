//! A git work tree as far as an audit needs it: what git ignores, and what it tracks nevertheless. Read from
//! files, never by running git: a repository's own configuration can name programs to run.

use super::files;
use crate::audit::git_index::Tracked;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The largest file of patterns that is read.
const PATTERNS_CAP: u64 = 1024 * 1024;
/// The largest index that is read: a million files or so.
const INDEX_CAP: u64 = 128 * 1024 * 1024;

/// Patterns in files of one name, of one folder and of those above it.
#[derive(Clone, Default)]
pub(super) struct Patterns(Option<Rc<Layer>>);

struct Layer {
    patterns: Gitignore,
    below: Option<Rc<Layer>>,
}

impl Patterns {
    /// With those of a further folder.
    pub(super) fn with(self, folder: &Path, file: &Path) -> Patterns {
        match read_patterns(folder, file) {
            Some(patterns) => Patterns(Some(Rc::new(Layer { patterns, below: self.0 }))),
            None => self,
        }
    }

    /// Whether a pattern names this path.
    pub(super) fn name(&self, path: &Path, is_folder: bool) -> bool {
        self.decide(|patterns| patterns.matched(path, is_folder).map(drop))
    }

    /// Whether a pattern names this path or a folder above it.
    pub(super) fn cover(&self, path: &Path, is_folder: bool) -> bool {
        self.decide(|patterns| patterns.matched_path_or_any_parents(path, is_folder).map(drop))
    }

    /// The nearest folder's last pattern decides (gitignore(5)).
    fn decide(&self, matched: impl Fn(&Gitignore) -> Match<()>) -> bool {
        let mut layer = self.0.as_deref();
        while let Some(Layer { patterns, below }) = layer {
            match matched(patterns) {
                Match::Ignore(()) => return true,
                Match::Whitelist(()) => return false,
                Match::None => layer = below.as_deref(),
            }
        }
        false
    }
}

/// What holds in a folder of a git work tree.
#[derive(Clone)]
pub(super) struct Ignores {
    patterns: Patterns,
    repository: Rc<Repository>,
}

struct Repository {
    root: PathBuf,
    tracked: Tracked,
}

impl Ignores {
    /// What holds at the root of a work tree. `None` where there is no `.git`.
    pub(super) fn at_root(root: &Path) -> Option<Ignores> {
        let git = root.join(".git");
        let git = match std::fs::symlink_metadata(&git).ok()? {
            found if found.is_dir() => git,
            // a linked work tree or a submodule: a file that says where the folder is
            _ => {
                let file = files::read(&git, PATTERNS_CAP).ok()?;
                root.join(String::from_utf8_lossy(&file.bytes).strip_prefix("gitdir:")?.trim())
            }
        };
        let tracked = files::read(&git.join("index"), INDEX_CAP).map(|f| Tracked::read(&f.bytes)).unwrap_or_default();
        let repository = Rc::new(Repository { root: root.to_owned(), tracked });
        let patterns = Patterns::default().with(root, &git.join("info/exclude"));
        Some(Ignores { patterns, repository }.enter(root))
    }

    /// What holds in a folder of the work tree, given what holds in the folder above it.
    pub(super) fn enter(&self, folder: &Path) -> Ignores {
        let patterns = self.patterns.clone().with(folder, &folder.join(".gitignore"));
        Ignores { patterns, repository: Rc::clone(&self.repository) }
    }

    /// Whether a pattern names this path.
    pub(super) fn name(&self, path: &Path, is_folder: bool) -> bool {
        self.patterns.name(path, is_folder)
    }

    /// Whether git tracks this file, or a file in this folder.
    pub(super) fn tracks(&self, path: &Path, is_folder: bool) -> bool {
        let Ok(relative) = path.strip_prefix(&self.repository.root) else { return false };
        let relative = relative.to_string_lossy().replace('\\', "/");
        if is_folder { self.repository.tracked.folder(&relative) } else { self.repository.tracked.file(&relative) }
    }
}

/// The patterns in a file, which are relative to a folder; broken ones are left out, as git does.
pub(super) fn read_patterns(folder: &Path, file: &Path) -> Option<Gitignore> {
    let content = files::read(file, PATTERNS_CAP).ok()?;
    let mut builder = GitignoreBuilder::new(folder);
    let text = String::from_utf8_lossy(&content.bytes);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}
