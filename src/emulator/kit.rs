//! What `--out DIR` holds: a key, its certificate, and an `orgs.toml` that works with the emulator at once.

use super::Running;
use super::certificate::{self, Certificate};
use super::world::{App, Org, World};
use super::world_file::Sources;
use crate::error::{Error, Reason, Result};
use crate::host::Clock;
use crate::host::files::{self, Audience};
use crate::secret::{SecretString, shown};
use std::cell::OnceCell;
use std::fmt::{Display, Write};
use std::path::{Path, PathBuf};

const KEY: &str = "emulator.key";
const CERTIFICATE: &str = "emulator.crt";
const CONFIG: &str = "orgs.toml";
/// The first line of an `orgs.toml` that may be written anew.
const MARK: &str = "# Written by sf-jwt emulator; it is written anew at every start.";
/// Keys and certificates are smaller than this.
const MAX_BYTES: u64 = 64 * 1024;

/// A key for the apps, and the folder it is kept in. It is made when it is first needed, and a second start with the
/// same folder uses the same one; without a folder nobody gets to see it.
pub struct Kit {
    folder: Option<PathBuf>,
    certificate: OnceCell<Certificate>,
    /// Certificate files that a world names are looked up here.
    base: PathBuf,
}

impl Kit {
    /// A kit in a folder, which is made when it is not there. A world's certificate files are relative to `base`.
    ///
    /// # Errors
    /// `usage` about `out`: the folder cannot be made, can be changed by others, or has somebody else's files.
    pub fn new(folder: Option<&Path>, base: &Path) -> Result<Kit> {
        let folder = folder.map(prepare).transpose()?;
        Ok(Kit { folder, certificate: OnceCell::new(), base: base.to_owned() })
    }

    fn read_or_make(&self) -> Result<Certificate> {
        let Some(folder) = &self.folder else { return Ok(generate()?.1) };
        let (key, certificate) = (folder.join(KEY), folder.join(CERTIFICATE));
        if key.exists() && certificate.exists() {
            let bytes = files::read(&certificate, MAX_BYTES).map_err(wrong)?.bytes;
            return Certificate::read(&String::from_utf8_lossy(&bytes))
                .map_err(|why| wrong(format!("{} is not usable: {why}", shown(&certificate))));
        }
        let (private, made) = generate()?;
        files::create_new(&key, private.expose().as_bytes(), Audience::Owner).map_err(wrong)?;
        files::create_new(&certificate, made.pem().as_bytes(), Audience::Everybody).map_err(wrong)?;
        Ok(made)
    }

    /// Writes the `orgs.toml`, when there is a folder for it, and answers where it is.
    ///
    /// # Errors
    /// `usage` about `out` when it cannot be written.
    pub fn write_config(&self, running: &Running) -> Result<Option<PathBuf>> {
        let Some(path) = self.folder.as_ref().map(|folder| folder.join(CONFIG)) else { return Ok(None) };
        let with_key = self.certificate.get().is_some();
        let text = running.with_world(|world| orgs_toml(world, with_key, |org| running.address(org)));
        files::replace(&path, text.as_bytes()).map_err(wrong)?;
        Ok(Some(path))
    }
}

fn wrong(why: impl Display) -> Error {
    Error::usage(Reason::InvalidParameter, "out", why.to_string())
}

/// Makes the folder, and makes sure that nobody else can change it and that what is in it is ours and whole.
fn prepare(folder: &Path) -> Result<PathBuf> {
    make_private(folder).map_err(|e| wrong(format!("{} cannot be made a folder: {e}", shown(folder))))?;
    let folder = folder.canonicalize().map_err(|e| wrong(format!("{} cannot be used: {e}", shown(folder))))?;
    if let Some(who) = files::look(&folder).map_err(wrong)?.1.other_writers() {
        // a key would lie there, and the configuration would be refused when it is used
        let hint = format!("run: chmod go-w '{}'", shown(&folder));
        return Err(wrong(format!("{} can be changed by {who}", shown(&folder))).hint(hint));
    }
    let (key, certificate) = (folder.join(KEY), folder.join(CERTIFICATE));
    if key.exists() != certificate.exists() {
        let (there, missing) = if key.exists() { (&key, CERTIFICATE) } else { (&certificate, KEY) };
        let why = format!("{} is there without {missing}, and is not overwritten", shown(there));
        return Err(Error::usage(Reason::AlreadyExists, "out", why).hint("remove it, or choose another folder"));
    }
    let config = folder.join(CONFIG);
    if config.exists() {
        let text = files::read(&config, MAX_BYTES * 16).map_err(wrong)?.bytes;
        if !text.starts_with(MARK.as_bytes()) {
            let why = format!("{} was not written by the emulator and is not overwritten", shown(&config));
            return Err(Error::usage(Reason::AlreadyExists, "out", why).hint("choose another folder"));
        }
    }
    Ok(folder)
}

fn generate() -> Result<(SecretString, Certificate)> {
    certificate::generate("sf-jwt emulator", Clock::System.now())
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Sources for Kit {
    fn certificate(&self, path: &str) -> Result<String, String> {
        let bytes = files::read(&self.base.join(path), MAX_BYTES).map_err(|e| e.to_string())?.bytes;
        String::from_utf8(bytes).map_err(|_| format!("{path} is not PEM text"))
    }

    fn default_certificate(&self) -> Result<Certificate> {
        if self.certificate.get().is_none() {
            let made = self.read_or_make()?;
            let _ = self.certificate.set(made);
        }
        self.certificate.get().cloned().ok_or_else(|| Error::new(Reason::Internal, "a key could not be made"))
    }
}

/// The configuration: an entry for each app and integration user of each org. An org's first user through the first
/// connected app has the org's name; the others are `ORG-APP` and `ORG-USER`.
fn orgs_toml(world: &World, with_key: bool, address: impl Fn(&str) -> String) -> String {
    let mut text = format!("{MARK}\n\n");
    if with_key {
        let _ = writeln!(text, "[defaults]\nkey = \"file:{KEY}\"\ncertificate = \"{CERTIFICATE}\"\n");
    }
    for org in world.orgs.values() {
        let apps: Vec<_> = world.apps.values().filter(|app| app.may_be_in(org)).collect();
        let main = apps.iter().find(|app| !app.kind.is_external_client_app()).or(apps.first());
        let users: Vec<_> = org.users.keys().collect();
        let Some((main, first_user)) = main.zip(users.first().copied()) else { continue };
        let integration = users.iter().copied().find(|user| user.starts_with("integration")).unwrap_or(first_user);
        let mut entry = |name: String, app: &App, user: &str| {
            text.push_str(&org_entry(world, org, app, &name, user, &address(&org.name)).unwrap_or_default());
        };
        entry(org.name.clone(), main, integration);
        for app in apps.iter().filter(|app| app.name != main.name) {
            entry(format!("{}-{}", org.name, app.name), app, integration);
        }
        for user in users.iter().filter(|user| **user != integration) {
            let local = user.split('@').next().unwrap_or_default();
            entry(format!("{}-{local}", org.name), main, user);
        }
    }
    text
}

/// One entry; `None` where the org has no consumer of the app yet.
fn org_entry(world: &World, org: &Org, app: &App, name: &str, user: &str, address: &str) -> Option<String> {
    let consumer = world.consumer_in(app, org)?;
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    let owner = world.orgs.get(&app.owner).map(|owner| owner.id.as_str());
    let connected = !app.kind.is_external_client_app();
    let fields = [
        ("client-id", Some(consumer.client_id.as_str())),
        ("username", Some(user)),
        ("login-url", Some(address)),
        ("org-id", Some(org.id.as_str())),
        ("app-kind", Some(app.kind.name())),
        ("app-id", connected.then_some(app.id.as_str())),
        ("app-org-id", owner.filter(|_| connected)),
        ("package-id", app.package_id.as_deref()),
    ];
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let mut text = format!("[orgs.{}]\n", if bare { name.to_owned() } else { quoted(name) });
    for (field, value) in fields {
        if let Some(value) = value {
            let _ = writeln!(text, "{field} = {}", quoted(value));
        }
    }
    Some(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::super::testing::world;
    use super::*;

    #[test]
    fn every_entry_has_what_a_login_needs() {
        let text = orgs_toml(&world(), true, |org| format!("http://{org}"));
        let table: toml::Table = text.parse().unwrap();
        let orgs = table["orgs"].as_table().unwrap();
        let names: Vec<_> = orgs.keys().map(String::as_str).collect();
        let acme = ["acme", "acme-former", "acme-local", "acme-own-key", "acme-packaged", "acme-unassigned"];
        assert!(acme.iter().all(|name| names.contains(name)), "{names:?}");
        assert!(!names.contains(&"globex-own-key"), "it has no consumer there yet");
        assert!(!names.contains(&"globex-local"), "it works in acme only");
        assert_eq!(orgs["acme"]["username"].as_str(), Some("integration@acme.example"));
        assert_eq!(orgs["acme"]["app-id"].as_str().map(|id| &id[..3]), Some("0Ci"));
        assert_ne!(orgs["acme"]["client-id"], orgs["acme-own-key"]["client-id"]);
        assert_eq!(table["defaults"]["key"].as_str(), Some("file:emulator.key"));
    }

    #[test]
    fn a_folder_is_used_again_with_its_key_and_no_stranger_s_file_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let first = Kit::new(Some(folder), Path::new("")).unwrap().default_certificate().unwrap();
        let again = Kit::new(Some(folder), Path::new("")).unwrap().default_certificate().unwrap();
        assert_eq!(first.pem(), again.pem());
        let access = files::look(&folder.join(KEY)).unwrap().1;
        assert_eq!(access.other_readers(), None);
        std::fs::write(folder.join(CONFIG), "# mine\n").unwrap();
        let error = Kit::new(Some(folder), Path::new("")).err().unwrap();
        assert_eq!((error.reason(), error.details().field.as_deref()), (Reason::AlreadyExists, Some("out")));
        std::fs::remove_file(folder.join(CONFIG)).unwrap();
        std::fs::remove_file(folder.join(CERTIFICATE)).unwrap();
        let error = Kit::new(Some(folder), Path::new("")).err().unwrap();
        assert_eq!((error.reason(), error.details().field.as_deref()), (Reason::AlreadyExists, Some("out")));
        assert!(error.message().contains("emulator.key is there without emulator.crt"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn no_key_is_written_where_others_can_change_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let error = Kit::new(Some(folder.path()), Path::new("")).err().unwrap();
        assert!(error.details().hint.as_deref().unwrap().starts_with("run: chmod go-w"), "{error:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
