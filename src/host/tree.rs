//! Walks folders for an audit: every file that would be packaged or committed.
//!
//! In a git work tree, what git ignores is left out, unless git tracks it nevertheless. In a package folder of a
//! Salesforce DX project it is the other way round: the Salesforce CLI knows nothing of `.gitignore`, so what
//! git ignores ships, and only `.forceignore` (and, always, what begins with a dot) stays out.
//!
//! Links are not followed, so there are no loops; only a link to a file in a package folder is read, because its
//! content ships.

use super::files;
use super::repository::{Ignores, Patterns, read_patterns};
use crate::audit::project::{PROJECT_FILE, package_folders};
use ignore::gitignore::Gitignore;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// A file that lists, as `.gitignore` does, the files below its folder whose findings are accepted: the throw-away
/// keys of tests, for instance.
pub const ALLOW_FILE: &str = ".sf-jwt-allow";

/// The largest project file that is read.
const PROJECT_CAP: u64 = 1024 * 1024;

/// What the walk comes across.
pub enum Item<'a> {
    /// A file that is packaged or committed.
    File(Place<'a>),
    /// A file in a package folder that `.forceignore` leaves out of the package, and that git does not ignore.
    LeftOut(Place<'a>),
    /// Something that could not be looked at: a clause that follows its name.
    Trouble(Place<'a>, String),
}

/// Where something is.
pub struct Place<'a> {
    /// Its absolute path.
    pub path: &'a Path,
    /// Its path as the caller would name it, with forward slashes.
    pub shown: &'a str,
    /// Whether an [`ALLOW_FILE`] lists it.
    pub allowed: bool,
}

/// Walks a folder, or visits a single file; a link given here is followed. A folder's files come before its
/// folders, by name.
///
/// Errors: the path does not exist or cannot be looked at.
pub fn walk(root: &Path, visit: &mut dyn FnMut(Item<'_>)) -> io::Result<()> {
    let path = fs::canonicalize(root)?;
    let shown = root.to_string_lossy().replace('\\', "/");
    if !path.is_dir() {
        let above = Folder::at(path.parent().unwrap_or(&path).to_owned(), String::new(), &mut |_| {});
        let allowed = above.allowed.cover(&path, false);
        visit(Item::File(Place { path: &path, shown: &shown, allowed }));
        return Ok(());
    }
    let shown = match shown.trim_end_matches('/').trim_start_matches("./") {
        "." => String::new(),
        "" if shown.starts_with('/') => "/".to_owned(),
        "" => String::new(),
        name => format!("{name}/"),
    };
    let mut folders = vec![Folder::at(path, shown, visit)];
    while let Some(folder) = folders.pop() {
        let at = folders.len();
        folder.list(&mut folders, visit);
        folders[at..].reverse(); // the last is the next
    }
    Ok(())
}

/// A folder to be listed, with what holds in it.
struct Folder {
    path: PathBuf,
    /// The prefix of the names in it.
    shown: String,
    /// `None` outside a git work tree.
    ignores: Option<Ignores>,
    /// Whether a pattern of git's names the folder itself, and so all in it.
    named: bool,
    projects: Vec<Rc<Project>>,
    allowed: Patterns,
}

/// What becomes of something.
#[derive(PartialEq, Eq)]
enum Fate {
    Ships,
    Committed,
    LeftOut,
    Nowhere,
}

impl Folder {
    /// The folder where a walk starts: what holds in it is written in those above.
    fn at(path: PathBuf, shown: String, visit: &mut dyn FnMut(Item<'_>)) -> Folder {
        let above: Vec<&Path> = path.ancestors().skip(1).collect();
        let mut folder = Folder {
            path: path.clone(),
            shown,
            ignores: None,
            named: false,
            projects: Vec::new(),
            allowed: Patterns::default(),
        };
        for path in above.into_iter().rev() {
            folder.learn(path, &mut |_| {});
        }
        folder.learn(&path, visit);
        folder
    }

    /// Takes in what is written in a folder: this one, or one above it.
    fn learn(&mut self, path: &Path, visit: &mut dyn FnMut(Item<'_>)) {
        if let Some(root) = Ignores::at_root(path) {
            self.ignores = Some(root);
            self.named = false;
        } else if let Some(above) = &self.ignores {
            self.ignores = Some(above.enter(path));
        }
        self.allowed = std::mem::take(&mut self.allowed).with(path, &path.join(ALLOW_FILE));
        let file = path.join(PROJECT_FILE);
        match Project::read(path, &file) {
            Some(Ok(project)) => self.projects.push(Rc::new(project)),
            Some(Err(())) => {
                let shown = format!("{}{PROJECT_FILE}", self.shown);
                let what = "is not a project file, so its package folders are not known".to_owned();
                visit(Item::Trouble(Place { path: &file, shown: &shown, allowed: false }, what));
            }
            None => {}
        }
    }

    fn list(&self, folders: &mut Vec<Folder>, visit: &mut dyn FnMut(Item<'_>)) {
        let listed = fs::read_dir(&self.path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                let shown = if self.shown.is_empty() { "." } else { self.shown.trim_end_matches('/') };
                let place = Place { path: &self.path, shown, allowed: false };
                return visit(Item::Trouble(place, format!("cannot be listed: {error}")));
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (name, path) = (entry.file_name(), entry.path());
            let Ok(kind) = entry.file_type() else { continue };
            let shown = format!("{}{}", self.shown, name.to_string_lossy());
            let place = Place { path: &path, shown: &shown, allowed: self.allowed.cover(&path, kind.is_dir()) };
            if name == OsStr::new(".git") {
                continue;
            }
            if kind.is_dir() {
                self.list_folder(&path, &shown, folders, visit);
                continue;
            }
            let fate = self.fate(&path, false);
            if kind.is_symlink() {
                match fs::metadata(&path) {
                    Ok(target) if fate == Fate::Ships && target.is_file() => visit(Item::File(place)),
                    Ok(target) if fate == Fate::Ships && target.is_dir() && leads_out(&path) => {
                        visit(Item::Trouble(
                            place,
                            "is a link to a folder elsewhere, which was not followed".to_owned(),
                        ));
                    }
                    _ => {}
                }
            } else if kind.is_file() {
                match fate {
                    Fate::Ships | Fate::Committed => visit(Item::File(place)),
                    Fate::LeftOut => visit(Item::LeftOut(place)),
                    Fate::Nowhere => {}
                }
            }
        }
    }

    fn list_folder(&self, path: &Path, shown: &str, folders: &mut Vec<Folder>, visit: &mut dyn FnMut(Item<'_>)) {
        let fate = self.fate(path, true);
        let leads_to_package = self.projects.iter().any(|p| p.packages.iter().any(|package| package.starts_with(path)));
        // what others wrote is no part of a package, and whoever commits it does not change it
        let foreign = path.file_name() == Some(OsStr::new("node_modules")) && fate != Fate::Ships;
        if (fate == Fate::Nowhere || foreign) && !leads_to_package {
            return;
        }
        let mut folder = Folder {
            path: path.to_owned(),
            shown: format!("{shown}/"),
            ignores: self.ignores.clone(),
            named: self.is_named(path, true),
            projects: self.projects.clone(),
            allowed: self.allowed.clone(),
        };
        folder.learn(path, visit);
        folders.push(folder);
    }

    fn is_named(&self, path: &Path, is_folder: bool) -> bool {
        self.named || self.ignores.as_ref().is_some_and(|i| i.name(path, is_folder))
    }

    fn fate(&self, path: &Path, is_folder: bool) -> Fate {
        let mut packaged = self.projects.iter().filter(|p| p.packages(path)).peekable();
        let is_packaged = packaged.peek().is_some();
        if packaged.any(|p| !p.leaves_out(path, is_folder)) {
            return Fate::Ships;
        }
        match (is_packaged, &self.ignores) {
            (_, Some(git)) if self.is_named(path, is_folder) && !git.tracks(path, is_folder) => Fate::Nowhere,
            (true, Some(_)) => Fate::LeftOut,
            (true, None) => Fate::Nowhere,
            (false, _) => Fate::Committed,
        }
    }
}

/// Whether a link leads out of the folder it is in.
fn leads_out(link: &Path) -> bool {
    let target = fs::canonicalize(link);
    !target.is_ok_and(|t| link.parent().is_some_and(|folder| folder.starts_with(&t) || t.starts_with(folder)))
}

/// A Salesforce DX project.
struct Project {
    /// The package folders, absolute.
    packages: Vec<PathBuf>,
    left_out: Option<Gitignore>,
}

impl Project {
    /// The project that a folder is; `Some(Err)` for one whose file cannot be read.
    fn read(folder: &Path, file: &Path) -> Option<Result<Project, ()>> {
        fs::symlink_metadata(file).ok()?;
        let named = files::read(file, PROJECT_CAP).ok().and_then(|f| package_folders(&f.bytes));
        Some(named.ok_or(()).map(|named| Project {
            packages: named.iter().filter_map(|name| inside(folder, name)).collect(),
            left_out: read_patterns(folder, &folder.join(".forceignore")),
        }))
    }

    /// Whether a path is in a package folder, and not below something that begins with a dot there, which the
    /// Salesforce CLI always leaves out.
    fn packages(&self, path: &Path) -> bool {
        self.packages.iter().any(|package| {
            path.strip_prefix(package).is_ok_and(|below| {
                !below.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
            })
        })
    }

    fn leaves_out(&self, path: &Path, is_folder: bool) -> bool {
        self.left_out.as_ref().is_some_and(|p| p.matched_path_or_any_parents(path, is_folder).is_ignore())
    }
}

/// A folder below another one, by a relative name that does not lead out of it.
fn inside(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lays out files, walks, and tells what was come across: `+` files, `-` left out, `!` troubles.
    fn walked(layout: &[(&str, &str)], from: &str) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (path, content) in layout {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        seen(root.path(), from)
    }

    fn seen(root: &Path, from: &str) -> Vec<String> {
        let start = root.join(from);
        let prefix = format!("{}/", root.to_str().unwrap());
        let mut seen = Vec::new();
        walk(&start, &mut |item| {
            let (sign, place) = match &item {
                Item::File(place) => ('+', place),
                Item::LeftOut(place) => ('-', place),
                Item::Trouble(place, _) => ('!', place),
            };
            seen.push(format!("{sign}{}", place.shown.strip_prefix(&prefix).unwrap_or(place.shown)));
        })
        .unwrap();
        seen
    }

    const PROJECT: (&str, &str) = ("sfdx-project.json", r#"{"packageDirectories": [{"path": "force-app"}]}"#);

    #[test]
    fn git_ignores_outside_package_folders() {
        let layout = [
            (".git/HEAD", ""),
            (".git/info/exclude", "excluded"),
            (".gitignore", "*.key\nbuild/\n!keep.key"),
            ("a.key", ""),
            ("b", ""),
            ("build/x", ""),
            ("excluded", ""),
            ("sub/.gitignore", "c"),
            ("sub/c", ""),
            ("sub/keep.key", ""),
            ("node_modules/x/y", ""),
        ];
        assert_eq!(walked(&layout, ""), ["+.gitignore", "+b", "+sub/.gitignore", "+sub/keep.key"]);
        assert_eq!(walked(&layout, "sub"), ["+sub/.gitignore", "+sub/keep.key"]);
        assert_eq!(walked(&layout, "build"), ["+build/x"], "asked for by name");
        assert_eq!(walked(&layout, "a.key"), ["+a.key"], "asked for by name");
        assert!(walked(&layout[2..], "").contains(&"+a.key".to_owned()), "no repository, no .gitignore");
    }

    #[test]
    fn only_forceignore_in_package_folders() {
        let layout = [
            (".git/HEAD", ""),
            (".gitignore", "*.key\nforce-app/hidden\n"),
            (".forceignore", "**/local/**\n*.dup.key\n"),
            PROJECT,
            ("force-app/a.key", ""),
            ("force-app/b", ""),
            ("force-app/hidden/c", ""),
            ("force-app/local/d", ""),
            ("force-app/local/e.key", ""),
            ("force-app/x.dup.key", ""),
            ("force-app/.f.key", ""),
            ("g.key", ""),
        ];
        let names = ["+.forceignore", "+.gitignore", "+sfdx-project.json"];
        let package = ["+force-app/a.key", "+force-app/b", "+force-app/hidden/c", "-force-app/local/d"];
        let mut all = names.to_vec();
        all.extend(package);
        assert_eq!(walked(&layout, ""), all);
        assert_eq!(walked(&layout, "force-app"), package, "the project is found from inside it");
        assert!(!walked(&layout[1..], "").iter().any(|s| s.contains("local")), "no repository: nothing is committed");
    }

    #[test]
    fn what_git_tracks_is_committed_though_ignored() {
        let root = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let status = std::process::Command::new("git").args(arguments).current_dir(&root).output().unwrap().status;
            assert!(status.success(), "git {arguments:?}");
        };
        git(&["init", "-q"]);
        fs::create_dir(root.path().join("keys")).unwrap();
        for name in ["keys/tracked", "keys/untracked"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        fs::write(root.path().join(".gitignore"), "keys/").unwrap();
        git(&["add", "--force", "keys/tracked"]);
        assert_eq!(seen(root.path(), ""), ["+.gitignore", "+keys/tracked"]);
    }

    #[test]
    fn allowed_files_are_marked() {
        let root = tempfile::tempdir().unwrap();
        for path in ["keys/a.pem", "keys/sub/b.pem", "c.pem"] {
            fs::create_dir_all(root.path().join(path).parent().unwrap()).unwrap();
            fs::write(root.path().join(path), "").unwrap();
        }
        fs::write(root.path().join("keys").join(ALLOW_FILE), "# made by make.sh\n*.pem\n").unwrap();
        for start in ["", "keys/sub", "keys/a.pem", "c.pem"] {
            walk(&root.path().join(start), &mut |item| {
                let Item::File(place) = item else { panic!("no file") };
                assert_eq!(
                    place.allowed,
                    place.shown.contains("keys/") && place.shown.ends_with(".pem"),
                    "{}",
                    place.shown
                );
            })
            .unwrap();
        }
    }

    #[test]
    fn a_broken_project_file_is_told() {
        assert_eq!(walked(&[(PROJECT_FILE, "{"), ("a", "")], ""), ["!sfdx-project.json", "+a", "+sfdx-project.json"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_loop() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(root.path().join("sfdx-project.json"), PROJECT.1).unwrap();
        fs::create_dir(root.path().join("force-app")).unwrap();
        fs::write(root.path().join("a"), "").unwrap();
        symlink(root.path(), root.path().join("loop")).unwrap();
        symlink(root.path(), root.path().join("force-app/loop")).unwrap();
        symlink(root.path().join("a"), root.path().join("force-app/file")).unwrap();
        symlink(root.path().join("a"), root.path().join("file")).unwrap();
        symlink(outside.path(), root.path().join("force-app/outside")).unwrap();
        assert_eq!(seen(root.path(), ""), ["+a", "+sfdx-project.json", "+force-app/file", "!force-app/outside"]);
    }
}
