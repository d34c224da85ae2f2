//! Which folder tokens are kept in: one that was asked for by name, or the first of the usual ones that is private.

use crate::error::{Error, Reason, Result, Warning};
use crate::host::Env;
use crate::host::files::{self, Fault, FileError};
use std::path::{Path, PathBuf};

pub(super) type Choice = (Option<PathBuf>, Option<Warning>);

/// The private folder below a state folder that was asked for by name.
pub(super) fn named(root: &Path) -> Result<Choice> {
    let insecure = |path: &Path, why: &str| {
        Error::new(Reason::InsecureConfig, format!("the state folder {} is not private: {why}", path.display()))
            .field("state-dir")
            .hint("name a folder that is yours and that nobody else can write to (chmod go-w), or leave it out")
    };
    if let Ok((_, access)) = files::look(root)
        && let Some(who) = access.other_writers()
    {
        return Err(insecure(root, &format!("it can be changed by {who}")));
    }
    match private_below(root) {
        Ok(folder) => Ok((Some(folder), None)),
        Err(FileError { path, fault: Fault::NotPrivate(why) }) => Err(insecure(&path, &why)),
        Err(error) => Ok((None, Some(memory_only(&error.to_string())))),
    }
}

/// The first usable of: `sf-jwt` in the login session's own folder (`XDG_RUNTIME_DIR`), a folder of ours in shared
/// memory, the platform's folder for state. A CI job that has neither of the first two keeps tokens in memory. One
/// that is there and cannot be trusted is passed over, with a word.
pub(super) fn choose(env: &Env, shared_memory: &Path) -> Choice {
    let runtime = env.path("XDG_RUNTIME_DIR").filter(|base| base.is_absolute());
    let runtime = runtime.filter(|base| files::look(base).is_ok_and(|(_, access)| access.is_ours()));
    let shared = files::user_id().filter(|_| shared_memory.is_dir());
    let volatile =
        [runtime.map(|base| base.join("sf-jwt")), shared.map(|user| shared_memory.join(format!("sf-jwt-{user}")))];
    // a cached or published workspace is no place for tokens
    let lasting = state_home(env).filter(|_| env.text("CI").is_none());
    let roots = volatile.into_iter().chain([lasting]).flatten();
    let mut trouble = None;
    for root in roots {
        match private(&root) {
            Ok(folder) => {
                // that a system has no room for us is nothing to worry about
                let strange = trouble.filter(|trouble: &FileError| !matches!(trouble.fault, Fault::Denied));
                let warning = strange.map(|trouble| {
                    Warning::new("token-folder-refused", format!("tokens are kept in {}: {trouble}", folder.display()))
                });
                return (Some(folder), warning);
            }
            Err(error) => trouble = trouble.or(Some(error)),
        }
    }
    match trouble {
        None if env.text("CI").is_some() => (None, None),
        None => (None, Some(memory_only("there is no home folder; name one with --state-dir"))),
        Some(trouble) => (None, Some(memory_only(&trouble.to_string()))),
    }
}

fn private(root: &Path) -> files::Result<PathBuf> {
    // whoever owns a folder can exchange what is in it
    files::private_folder(root)?;
    private_below(root)
}

fn private_below(root: &Path) -> files::Result<PathBuf> {
    // a folder of its own below it, so that its mode is ours to decide, whatever else the user keeps there
    let folder = root.join("tokens");
    files::private_folder(&folder)?;
    Ok(folder)
}

fn memory_only(why: &str) -> Warning {
    Warning::new("no-token-store", format!("tokens are kept in memory only: {why}"))
}

fn state_home(env: &Env) -> Option<PathBuf> {
    let base = if cfg!(windows) {
        env.path("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        env.home().map(|home| home.join("Library/Application Support"))
    } else {
        let home = || env.home().map(|home| home.join(".local/state"));
        env.path("XDG_STATE_HOME").filter(|base| base.is_absolute()).or_else(home)
    };
    base.map(|base| base.join("sf-jwt"))
}

#[cfg(test)]
mod tests {
    use super::super::{TokenStore, Wish};
    use super::*;
    use std::fs;

    #[cfg(unix)]
    #[test]
    fn a_named_folder_that_others_can_change_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let wish = Wish { state_dir: Some(dir.path().to_owned()), memory_only: false };
        let open = || TokenStore::open(&Env::default(), &wish);
        mode(dir.path(), 0o755);
        let folder = open().unwrap().folder().unwrap().to_owned();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        mode(&folder, 0o777);
        assert_eq!(open().err().unwrap().reason(), Reason::InsecureConfig);
        mode(&folder, 0o700);
        mode(dir.path(), 0o777);
        assert_eq!(open().err().unwrap().reason(), Reason::InsecureConfig);
        mode(dir.path(), 0o700);
    }

    #[test]
    fn the_folder_that_is_chosen() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for name in ["run", "shm", "home"] {
            fs::create_dir(path(name)).unwrap();
        }
        let user = files::user_id().map(|id| format!("shm/sf-jwt-{id}/tokens")).unwrap_or_default();
        let env = |names: &[&str]| {
            let known = [("XDG_RUNTIME_DIR", "run"), ("HOME", "home"), ("CI", "1"), ("XDG_STATE_HOME", "state")];
            Env::of(known.into_iter().filter(|(name, _)| names.contains(name)).map(|(name, at)| (name, path(at))))
        };
        let chosen = |names: &[&str], shm: &str| choose(&env(names), &path(shm));
        let table = [
            (&["XDG_RUNTIME_DIR", "HOME"][..], "shm", Some("run/sf-jwt/tokens")),
            (&["HOME", "CI"], "shm", Some(user.as_str())),
            (&["HOME", "CI"], "none", None),
            #[cfg(target_os = "linux")]
            (&["HOME"], "none", Some("home/.local/state/sf-jwt/tokens")),
            #[cfg(target_os = "linux")]
            (&["HOME", "XDG_STATE_HOME"], "none", Some("state/sf-jwt/tokens")),
        ];
        for (names, shm, expected) in table {
            let (folder, warning) = chosen(names, shm);
            assert_eq!((folder, warning), (expected.map(path), None), "{names:?} {shm}");
        }
        let (folder, warning) = chosen(&[], "none");
        assert_eq!((folder, warning.unwrap().code), (None, "no-token-store"));
        // a folder that others can change is passed over, be it the upper or the lower one
        #[cfg(unix)]
        for (open, at) in [("run/sf-jwt/tokens", "XDG_RUNTIME_DIR"), ("run/sf-jwt", "XDG_RUNTIME_DIR"), (&user, "HOME")]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(path(open), fs::Permissions::from_mode(0o777)).unwrap();
            let (folder, warning) = chosen(&[at, "HOME"], "shm");
            let (folder, warning) = (folder.unwrap(), warning.unwrap());
            assert!(!folder.starts_with(path(open)) && warning.code == "token-folder-refused", "{warning:?}");
            assert!(
                warning.message.ends_with("it can be changed by its group and everybody (mode 0777)"),
                "{warning:?}"
            );
        }
        #[cfg(unix)]
        {
            let (folder, warning) = chosen(&["HOME", "CI"], "shm");
            assert_eq!((folder, warning.unwrap().code), (None, "no-token-store"), "not in a workspace");
        }
        // what stands in the way is told
        fs::write(path("file"), "").unwrap();
        let (_, warning) = choose(&Env::of([("HOME", path("file"))]), &path("none"));
        assert!(warning.unwrap().message.contains("file"), "names the obstacle");
    }
}
