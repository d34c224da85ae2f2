//! The files that describe orgs, found and read: `orgs.toml`, and the Salesforce CLI's.

use crate::error::{Error, Reason, Result};
use crate::host::Host;
use crate::host::files::{self, Access, Fault, FileError};
use crate::org::config::{self, Config};
use crate::org::sf_store::{self, SfStore};
use std::path::{Path, PathBuf};

/// The variable that names the configuration file.
pub const CONFIG_VARIABLE: &str = "SF_JWT_CONFIG";

/// Where `orgs.toml` is, and what it may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigPlace {
    /// The file.
    pub file: PathBuf,
    /// The user chose it, so it may name trusted hosts and commands. A variable can come from anywhere.
    pub trusted: bool,
    /// Somebody named it, so it has to exist.
    pub named: bool,
}

/// `--config`, then `SF_JWT_CONFIG`, then `sf-jwt/orgs.toml` in the user's configuration folder.
///
/// Errors: `unreadable-config` when no home folder is known.
pub fn config_place(host: &Host, flag: Option<&Path>) -> Result<ConfigPlace> {
    if let Some(file) = flag {
        return Ok(ConfigPlace { file: file.to_owned(), trusted: true, named: true });
    }
    if let Some(file) = host.env.path(CONFIG_VARIABLE) {
        return Ok(ConfigPlace { file, trusted: false, named: true });
    }
    let folder = config_folder(host).ok_or_else(|| {
        Error::new(Reason::UnreadableConfig, "no home folder is known, so there is no place for orgs.toml")
            .hint("set HOME, or name the file with --config")
    })?;
    Ok(ConfigPlace { file: folder.join("sf-jwt").join("orgs.toml"), trusted: true, named: false })
}

/// The user's configuration folder: `XDG_CONFIG_HOME` where it is an absolute path (XDG Base Directory
/// Specification), else the platform's.
fn config_folder(host: &Host) -> Option<PathBuf> {
    let xdg = host.env.path("XDG_CONFIG_HOME").filter(|folder| folder.is_absolute());
    xdg.or_else(|| {
        if cfg!(windows) {
            host.env.path("APPDATA").filter(|folder| folder.is_absolute())
        } else if cfg!(target_os = "macos") {
            host.env.home().map(|home| home.join("Library").join("Application Support"))
        } else {
            host.env.home().map(|home| home.join(".config"))
        }
    })
}

/// Reads `orgs.toml`. At its default place it need not exist.
///
/// Errors: `unreadable-config`, `insecure-config`, and those of [`Config::parse`].
pub fn config(place: &ConfigPlace) -> Result<Config> {
    match bytes(place)? {
        Some(bytes) => Config::parse(&bytes, &place.file, place.trusted),
        None => Ok(Config::empty(&place.file)),
    }
}

/// The bytes of `orgs.toml`; `None` when it does not exist and need not.
pub(super) fn bytes(place: &ConfigPlace) -> Result<Option<Vec<u8>>> {
    match files::read(&place.file, config::MAX_BYTES as u64) {
        Ok(contents) => {
            refuse_insecure(&place.file, Some(contents.access))?;
            Ok(Some(contents.bytes))
        }
        Err(FileError { fault: Fault::NotFound, .. }) if !place.named => Ok(None),
        Err(error) => Err(unreadable(error).hint(match place {
            ConfigPlace { named: true, trusted: true, .. } => "--config has to name a readable file",
            ConfigPlace { named: true, .. } => "SF_JWT_CONFIG has to name a readable file",
            _ => "orgs.toml has to be a readable file, or absent",
        })),
    }
}

/// Whoever can change the file, its folder, or the folder that a link leads to decides where our assertions go.
/// `access` is that of a file which exists.
pub(super) fn refuse_insecure(file: &Path, access: Option<Access>) -> Result<()> {
    refuse_writable(file, access, Access::other_writers)
}

fn refuse_writable(file: &Path, access: Option<Access>, writers: fn(&Access) -> Option<String>) -> Result<()> {
    let resolved = files::resolve(file);
    let in_file = access.and_then(|access| Some((file, access, writers(&access)?)));
    let in_folder = || {
        let mut folders = [Some(file), resolved.as_deref()].into_iter().flatten().map(folder_of);
        folders.find_map(|folder| {
            let access = files::look(folder).ok()?.1;
            Some((folder, access, writers(&access)?))
        })
    };
    match in_file.or_else(in_folder) {
        None => Ok(()),
        Some((path, access, who)) => {
            let message = format!("{} can be changed by {who}", path.display());
            // an owner can undo any chmod
            let cure = if access.has_foreign_owner() { "chown \"$USER\"" } else { "chmod go-w" };
            Err(Error::new(Reason::InsecureConfig, message).hint(format!("run: {cure} '{}'", path.display())))
        }
    }
}

pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn unreadable(error: FileError) -> Error {
    Error::new(Reason::UnreadableConfig, error.to_string()).because(error)
}

fn damaged(file: &Path) -> Error {
    let message = format!("{} is not as the Salesforce CLI writes it", file.display());
    Error::new(Reason::UnreadableConfig, message).hint("log in again with the Salesforce CLI, or remove the file")
}

/// The Salesforce CLI's orgs, in files that it makes with the user's umask, and what was left out because it cannot
/// be read or is not safe.
pub fn sf_store(host: &Host) -> (SfStore, Vec<Error>) {
    let (mut store, mut left_out) = (SfStore::default(), Vec::new());
    let Some(folder) = host.env.home().map(|home| home.join(sf_store::ORGS_FOLDER)) else { return (store, left_out) };
    let mut take =
        |file: &Path, read: &mut dyn FnMut(&[u8]) -> bool| match files::read(file, sf_store::MAX_BYTES as u64) {
            Ok(contents) => {
                let refused = refuse_writable(file, Some(contents.access), Access::other_writers_than_private_group);
                left_out.extend(refused.err().or_else(|| (!read(&contents.bytes)).then(|| damaged(file))));
            }
            Err(FileError { fault: Fault::NotFound, .. }) => {}
            Err(error) => left_out.push(unreadable(error)),
        };
    take(&folder.join(sf_store::ALIASES_FILE), &mut |bytes| store.read_aliases(bytes));
    let mut org_files: Vec<PathBuf> = files::list(&folder).into_iter().map(|(file, _)| file).collect();
    org_files.retain(|file| file.file_name().and_then(|name| name.to_str()).is_some_and(sf_store::is_org_file));
    org_files.sort();
    for file in org_files {
        take(&file, &mut |bytes| store.read_org(&file, bytes));
    }
    (store, left_out)
}

/// A target org of the Salesforce CLI, and the file or variable that names it.
pub struct Target {
    /// An alias or username.
    pub name: String,
    /// Where it was said.
    pub said: String,
}

/// The target org outside of any project: a variable of the Salesforce CLI, or its files in the home folder.
pub fn global_target(host: &Host) -> Option<Target> {
    let variable = sf_store::TARGET_ORG_VARIABLES.into_iter().find_map(|variable| {
        host.env.text(variable).map(|name| Target { name: name.to_owned(), said: variable.to_owned() })
    });
    variable.or_else(|| target_in(&host.env.home()?))
}

/// The target org of the project that `folder` is in.
///
/// Errors: `no-org` when there is no project around the folder, or it names no target org.
pub fn project_target(folder: Option<&Path>) -> Result<Target> {
    let folder = folder.ok_or_else(|| Error::new(Reason::NoOrg, "the working folder does not exist any more"))?;
    let project = folder.ancestors().find(|folder| files::look(&folder.join(sf_store::PROJECT_FILE)).is_ok());
    let project = project.ok_or_else(|| {
        Error::new(Reason::NoOrg, format!("{} is not in a Salesforce DX project", folder.display()))
            .hint(format!("--project-org works where there is a {}", sf_store::PROJECT_FILE))
    })?;
    target_in(project).ok_or_else(|| {
        Error::new(Reason::NoOrg, format!("the project in {} has no target org", project.display()))
            .hint("set one with `sf config set target-org`, or name the org with --org")
    })
}

fn target_in(folder: &Path) -> Option<Target> {
    sf_store::TARGET_ORG_FILES.into_iter().find_map(|name| {
        let file = folder.join(name);
        let contents = files::read(&file, sf_store::MAX_BYTES as u64).ok()?;
        sf_store::target_org(&contents.bytes).map(|name| Target { name, said: file.display().to_string() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Env;

    fn host(variables: &[(&str, &str)]) -> Host {
        Host { env: Env::of(variables.iter().copied()), ..Host::system() }
    }

    /// A folder that only we can write, whatever the umask and the temporary folder.
    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn place(file: PathBuf) -> ConfigPlace {
        ConfigPlace { file, trusted: true, named: true }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_the_configuration_is() {
        let flag = Path::new("mine.toml");
        for (variables, flag, expected) in [
            (&[("HOME", "/h")][..], None, ("/h/.config/sf-jwt/orgs.toml", true, false)),
            (&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")], None, ("/x/sf-jwt/orgs.toml", true, false)),
            (&[("HOME", "/h"), ("XDG_CONFIG_HOME", "x")], None, ("/h/.config/sf-jwt/orgs.toml", true, false)),
            (&[("HOME", "/h"), (CONFIG_VARIABLE, "/v.toml")], None, ("/v.toml", false, true)),
            (&[("HOME", "/h"), (CONFIG_VARIABLE, "/v.toml")], Some(flag), ("mine.toml", true, true)),
            (&[], Some(flag), ("mine.toml", true, true)),
        ] {
            let place = config_place(&host(variables), flag).unwrap();
            assert_eq!((place.file.to_str().unwrap(), place.trusted, place.named), expected);
        }
        let error = config_place(&host(&[("HOME", "relative")]), None).unwrap_err();
        assert_eq!(error.reason(), Reason::UnreadableConfig);
        assert!(error.message().contains("no home folder"), "{error}");
    }

    #[test]
    fn only_a_named_file_has_to_exist() {
        let missing = folder().path().join("orgs.toml");
        let error = config(&place(missing.clone())).err().unwrap();
        assert_eq!(error.reason(), Reason::UnreadableConfig);
        let at_default = ConfigPlace { file: missing, trusted: true, named: false };
        assert!(config(&at_default).unwrap().orgs().is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let dir = folder();
        assert!(config(&place(dir.path().to_owned())).err().unwrap().message().ends_with("is a folder"));
        let huge = dir.path().join("huge.toml");
        std::fs::write(&huge, vec![b'#'; 10 << 20]).unwrap();
        let error = config(&place(huge)).err().unwrap();
        assert_eq!(error.reason(), Reason::UnreadableConfig);
        assert!(error.message().contains("is larger than 1048576 bytes"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn what_others_can_change_is_refused() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let dir = folder();
        let (open, closed) = (dir.path().join("open"), dir.path().join("closed"));
        std::fs::create_dir(&open).unwrap();
        std::fs::create_dir(&closed).unwrap();
        for folder in [&open, &closed] {
            std::fs::write(folder.join("orgs.toml"), "").unwrap();
            mode(&folder.join("orgs.toml"), 0o600);
        }
        mode(&closed, 0o700);
        assert!(config(&place(closed.join("orgs.toml"))).is_ok());

        mode(&open, 0o777);
        symlink(open.join("orgs.toml"), closed.join("link.toml")).unwrap();
        for file in [open.join("orgs.toml"), closed.join("link.toml")] {
            let error = config(&place(file)).err().unwrap();
            assert_eq!(error.reason(), Reason::InsecureConfig);
            assert!(error.message().contains("open can be changed by its group and everybody"), "{error}");
        }
        mode(&closed.join("orgs.toml"), 0o620);
        let error = config(&place(closed.join("orgs.toml"))).err().unwrap();
        assert!(error.message().ends_with("orgs.toml can be changed by its group (mode 0620)"), "{error}");
        assert!(error.details().hint.as_deref().unwrap().starts_with("run: chmod go-w '/"));
    }

    #[test]
    fn target_orgs_of_home_and_project() {
        let dir = folder();
        let home = dir.path().to_str().unwrap().to_owned();
        let write = |name: &str, text: &str| {
            let file = dir.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        let name = |variables: &[(&str, &str)]| global_target(&host(variables)).map(|target| target.name);
        assert_eq!(name(&[("HOME", &home)]), None);
        write(".sfdx/sfdx-config.json", r#"{"defaultusername":"legacy"}"#);
        assert_eq!(name(&[("HOME", &home)]).as_deref(), Some("legacy"));
        write(".sf/config.json", r#"{"target-org":"present"}"#);
        assert_eq!(name(&[("HOME", &home)]).as_deref(), Some("present"));
        assert_eq!(name(&[("HOME", &home), ("SF_TARGET_ORG", "said")]).as_deref(), Some("said"));

        let below = dir.path().join("project/force-app/main");
        std::fs::create_dir_all(&below).unwrap();
        assert!(project_target(Some(&below)).err().unwrap().message().contains("not in a Salesforce DX project"));
        write("project/sfdx-project.json", "{}");
        assert!(project_target(Some(&below)).err().unwrap().message().contains("has no target org"));
        write("project/.sf/config.json", r#"{"target-org":"mine"}"#);
        let target = project_target(Some(&below)).unwrap();
        assert_eq!(target.name, "mine");
        assert!(target.said.ends_with("project/.sf/config.json"));
    }

    #[test]
    fn orgs_of_the_salesforce_cli() {
        let dir = folder();
        let sfdx = dir.path().join(".sfdx");
        std::fs::create_dir(&sfdx).unwrap();
        let write = |name: &str, text: &str| std::fs::write(sfdx.join(name), text).unwrap();
        write("a@b.cd.json", r#"{"username":"a@b.cd","privateKey":"/k"}"#);
        write("broken@b.cd.json", "{");
        write("alias.json", r#"{"orgs":{"acme":"a@b.cd"}}"#);
        write("key.json", r#"{"key":"0"}"#);
        std::fs::create_dir(sfdx.join("folder@b.cd.json")).unwrap();
        let (store, left_out) = sf_store(&host(&[("HOME", dir.path().to_str().unwrap())]));
        assert_eq!((store.orgs().len(), left_out.len()), (1, 1));
        assert_eq!(store.org("acme").unwrap().username(), "a@b.cd");
        let (none, _) = sf_store(&host(&[]));
        assert!(none.orgs().is_empty());
    }
}
