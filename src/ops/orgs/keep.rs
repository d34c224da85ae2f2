//! Orgs kept in `orgs.toml`: added, removed, taken over from the Salesforce CLI. The file is private from birth,
//! replaced whole or not at all, and everything else in it stays as it is.

use super::gather::{self, ConfigPlace};
use crate::error::{Error, Reason, Result, Warning};
use crate::host::Host;
use crate::host::files::{self, Fault, FileError, Lock};
use crate::key::source::{KeySource, Location, PassphraseSource};
use crate::org::completion::Surroundings;
use crate::org::config::{ACCEPTED_NAMES, Config, is_name};
use crate::org::draft::{Draft, Reference};
use crate::org::edit;
use crate::org::field::{Field, Given};
use crate::org::lookup;
use crate::org::profile::Profile;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another process may be changing the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a further org can have this name.
///
/// Errors: `invalid-parameter`, `already-exists`, and those of reading the file.
pub fn is_free(host: &Host, name: &str, config: Option<&Path>) -> Result<()> {
    free_in(&read(&gather::config_place(host, config)?)?.1, name)
}

/// An org that can be added: valid, and in the form in which it is written down. Paths that are relative to the
/// working folder become absolute, because those in the file are relative to the file.
///
/// Errors: those of completing the draft; `invalid-parameter` for a key or passphrase that cannot be named in a
/// file, such as standard input.
pub fn prepare(host: &Host, org: Draft, config: Option<&Path>) -> Result<Prepared> {
    let home = host.env.home();
    let around = Surroundings { home: home.as_deref() };
    let (_, existing) = read(&gather::config_place(host, config)?)?;
    let whole = org.clone().over(existing.defaults().clone());
    let profile = whole.complete(around)?;
    Ok(Prepared { written: writable(org, around)?, whole, profile })
}

/// An org that can be added.
#[derive(Debug)]
pub struct Prepared {
    /// What is written down.
    pub written: Draft,
    /// The same with the file's defaults.
    pub whole: Draft,
    /// What the whole means.
    pub profile: Profile,
}

/// Adds an org and gives the file it is in.
///
/// Errors: as [`is_free`] and [`prepare`]; `unreadable-config`, `insecure-config` for a file or folder that cannot
/// be written safely.
pub async fn add(host: &Host, org: &Draft, config: Option<&Path>) -> Result<PathBuf> {
    let name = org.name.as_deref().unwrap_or_default();
    change(host, config, |text, config| {
        free_in(config, name)?;
        edit::add(text, org)
    })
    .await
}

/// Removes an org and gives the file it was in.
///
/// Errors: `unknown-org` for one that is not in the file, and those of changing the file.
pub async fn remove(host: &Host, name: &str, config: Option<&Path>) -> Result<PathBuf> {
    change(host, config, |text, config| {
        if config.org(name).is_none() {
            return Err(lookup::unknown(name, config.names().collect()));
        }
        edit::remove(text, name)
    })
    .await
}

/// What became of the Salesforce CLI's orgs.
#[derive(Debug)]
pub struct Imported {
    /// The file.
    pub file: PathBuf,
    /// The orgs that are now in it.
    pub orgs: Vec<Draft>,
    /// The names of those that are not, and why.
    pub skipped: Vec<(String, String)>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

/// Takes over the settings of the Salesforce CLI's JWT orgs, all of them or those named: the key's place, never the
/// key. Orgs whose name is taken are left alone.
///
/// Errors: `unknown-org` for a name that the CLI does not have or that does not log in by JWT, and those of
/// changing the file.
pub async fn import(host: &Host, names: &[String], config: Option<&Path>) -> Result<Imported> {
    let (store, left_out) = gather::sf_store(host);
    let orgs = match names {
        [] => {
            store.orgs().iter().filter(|org| org.is_jwt()).map(|org| org.draft(importable(&store.names(org)))).collect()
        }
        names => names.iter().map(|name| lookup::find_in_store(name, &store)).collect::<Result<Vec<Draft>>>()?,
    };
    let warnings = left_out.iter().map(|error| Warning::new("unread-org", error.message())).collect();
    let mut imported = Imported { file: PathBuf::new(), orgs: Vec::new(), skipped: Vec::new(), warnings };
    imported.file = change(host, config, |text, config| {
        let mut text = text.to_owned();
        let mut skip = |name: &str, why: &str| imported.skipped.push((name.to_owned(), why.to_owned()));
        for mut org in orgs {
            // an alias may have blanks
            if !org.name.as_deref().is_some_and(is_name) {
                org.name =
                    org.username.as_ref().map(|given| given.value.clone()).filter(|name| is_name(name)).or(org.name);
            }
            let name = org.name.clone().unwrap_or_default();
            let username = org.username.as_ref().map(|given| given.value.as_str());
            let taken = imported.orgs.iter().any(|other: &Draft| other.name == org.name);
            let by_user =
                config.orgs().iter().find(|c| c.username.as_ref().map(|given| given.value.as_str()) == username);
            match by_user {
                _ if !is_name(&name) => skip(&name, "its name cannot be one in orgs.toml"),
                _ if taken || config.org(&name).is_some() => skip(&name, "an org of that name is configured"),
                Some(other) => {
                    let other = other.name.as_deref().unwrap_or_default();
                    skip(&name, &format!("its user is configured as `{other}`"));
                }
                None => {
                    text = edit::add(&text, &org)?;
                    imported.orgs.push(org);
                }
            }
        }
        Ok(text)
    })
    .await?;
    Ok(imported)
}

/// The first name that orgs.toml can have, else the first.
fn importable<'a>(names: &[&'a str]) -> &'a str {
    names.iter().copied().find(|name| is_name(name)).or(names.first().copied()).unwrap_or_default()
}

fn free_in(config: &Config, name: &str) -> Result<()> {
    if !is_name(name) {
        return Err(Error::usage(Reason::InvalidParameter, "name", "this cannot be the name of an org")
            .hint(format!("accepted: {ACCEPTED_NAMES}")));
    }
    if config.org(name).is_some() {
        let message = format!("an org `{name}` is already in {}", config.file().display());
        return Err(Error::usage(Reason::AlreadyExists, "name", message)
            .hint("choose another name, change the file by hand, or remove the org first with `sf-jwt orgs remove`"));
    }
    Ok(())
}

/// The file's text and what it says. Whether it was named or not, it may still have to be made.
fn read(place: &ConfigPlace) -> Result<(String, Config)> {
    let place = ConfigPlace { named: false, ..place.clone() };
    let Some(bytes) = gather::bytes(&place)? else { return Ok((String::new(), Config::empty(&place.file))) };
    let config = Config::parse(&bytes, &place.file, place.trusted)?;
    // Parsed, hence UTF-8.
    Ok((String::from_utf8(bytes).unwrap_or_default(), config))
}

/// Changes the file while nobody else does. What would be written is read first: a file that is not valid any more
/// replaces nothing.
async fn change(
    host: &Host,
    config: Option<&Path>,
    edit: impl FnOnce(&str, &Config) -> Result<String>,
) -> Result<PathBuf> {
    let place = gather::config_place(host, config)?;
    make_room(&place)?;
    let lock_file = gather::folder_of(&place.file).join(".orgs.toml.lock");
    let lock = Lock::acquire(&lock_file, PATIENCE).await.map_err(unwritable)?;
    let lock = lock.ok_or_else(|| {
        Error::new(Reason::UnreadableConfig, format!("{} is being changed by another process", place.file.display()))
    })?;
    let outcome = change_locked(&place, edit);
    lock.remove();
    outcome
}

/// Makes sure of a folder that only its user can change: ours is made, one that was named has to be there.
///
/// Errors: `insecure-config`, `unreadable-config`.
pub fn make_room(place: &ConfigPlace) -> Result<()> {
    match place.named {
        true => gather::refuse_insecure(&place.file, None),
        false => files::private_folder(gather::folder_of(&place.file)).map_err(unwritable),
    }
}

fn change_locked(place: &ConfigPlace, edit: impl FnOnce(&str, &Config) -> Result<String>) -> Result<PathBuf> {
    let (text, config) = read(place)?;
    let changed = edit(&text, &config)?;
    if changed != text {
        Config::parse(changed.as_bytes(), &place.file, place.trusted)?;
        files::replace(&place.file, changed.as_bytes()).map_err(unwritable)?;
    }
    Ok(place.file.clone())
}

fn unwritable(error: FileError) -> Error {
    let reason = match error.fault {
        Fault::NotPrivate(_) => Reason::InsecureConfig,
        _ => Reason::UnreadableConfig,
    };
    Error::new(reason, error.to_string()).because(error)
}

fn writable(mut org: Draft, around: Surroundings) -> Result<Draft> {
    if let Some(given) = &mut org.key
        && let Reference::Uri(text) = &given.value
        && !from_home(text.expose())
    {
        let text = text.expose().clone();
        let source = Draft { key: Some(given.clone()), ..Draft::default() }.key_source(around)?;
        given.value = match source {
            KeySource::Stored(location) => kept(Field::Key, given, &text, location, KeySource::Stored)?,
            _ => Reference::Uri(text.into()),
        };
    }
    if let Some(given) = &mut org.passphrase
        && let Reference::Uri(text) = &given.value
        && !from_home(text.expose())
    {
        let text = text.expose().clone();
        let source = Draft { passphrase: Some(given.clone()), ..Draft::default() }.passphrase_source(around)?;
        given.value = match source {
            Some(PassphraseSource::Stored(location)) => {
                kept(Field::Passphrase, given, &text, location, PassphraseSource::Stored)?
            }
            _ => Reference::Uri(text.into()),
        };
    }
    for given in [&mut org.certificate, &mut org.ca_file].into_iter().flatten() {
        if !from_home(&given.value)
            && let Some(path) = absolute(Path::new(&given.value))
        {
            given.value = path;
        }
    }
    Ok(org)
}

/// A place as it can be written down.
fn kept<S>(
    field: Field,
    given: &Given<Reference<S>>,
    text: &str,
    location: Location,
    stored: fn(Location) -> S,
) -> Result<Reference<S>> {
    match location {
        Location::File(path) => {
            let path = absolute(&path).ok_or_else(|| field.invalid(&given.origin, "has a path that is not Unicode"))?;
            Ok(Reference::Source(stored(Location::File(path.into()))))
        }
        Location::Fd(_) | Location::Stdin => {
            Err(field.invalid(&given.origin, "comes from a stream, which is gone when the org is used"))
        }
        _ => Ok(Reference::Uri(text.to_owned().into())),
    }
}

/// `~/…` stays as it is written: home folders move.
fn from_home(text: &str) -> bool {
    text.trim_start().trim_start_matches("file:").starts_with("~/")
}

fn absolute(path: &Path) -> Option<String> {
    std::path::absolute(path).ok()?.into_os_string().into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Env;
    use crate::org::field::Origin;

    struct World {
        folder: tempfile::TempDir,
        host: Host,
    }

    fn world() -> World {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        let config = format!("{home}/c");
        let env = Env::of([("HOME", home), ("XDG_CONFIG_HOME", &config)]);
        World { host: Host { env, ..Host::system() }, folder }
    }

    impl World {
        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn config(&self) -> String {
            std::fs::read_to_string(self.path("c/sf-jwt/orgs.toml")).unwrap_or_default()
        }

        fn write(&self, name: &str, text: &str) {
            let file = self.path(name);
            files::private_folder(file.parent().unwrap()).unwrap();
            files::replace(&file, text.as_bytes()).unwrap();
        }
    }

    fn wait<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
    }

    fn org(name: &str) -> Draft {
        let by = |text: &str| Some(Given::new(text.to_owned(), Origin::Flag));
        Draft {
            name: Some(name.to_owned()),
            client_id: by("3MVG9x"),
            username: by("a@b.example"),
            login_url: by("https://b.my.salesforce.com"),
            key: key("file:~/k.pem"),
            ..Draft::default()
        }
    }

    fn key(uri: &str) -> Option<Given<Reference<KeySource>>> {
        Some(Given::new(Reference::Uri(uri.to_owned().into()), Origin::Flag))
    }

    #[test]
    fn an_org_comes_and_goes_in_a_private_file() {
        let world = world();
        let added = wait(add(&world.host, &org("acme"), None)).unwrap();
        assert_eq!(added, world.path("c/sf-jwt/orgs.toml"));
        assert!(world.config().starts_with("[orgs.acme]\nclient-id = \"3MVG9x\"\n"), "{}", world.config());
        let (_, access) = files::look(&added).unwrap();
        assert_eq!(access.other_readers(), None);
        assert_eq!(std::fs::read_dir(world.path("c/sf-jwt")).unwrap().count(), 1, "nothing else is left behind");
        let error = wait(add(&world.host, &org("acme"), None)).unwrap_err();
        assert_eq!(error.reason(), Reason::AlreadyExists);
        let error = wait(add(&world.host, &org("a b"), None)).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidParameter);
        let error = wait(remove(&world.host, "acm", None)).unwrap_err();
        assert_eq!(error.details().hint.as_deref(), Some("did you mean `acme`?"));
        wait(remove(&world.host, "acme", None)).unwrap();
        assert_eq!(world.config(), "");
    }

    #[test]
    fn what_is_written_means_the_same_from_anywhere() {
        let world = world();
        let here = std::path::absolute("k.pem").unwrap().to_str().unwrap().to_owned();
        for (uri, written) in [
            ("k.pem", format!("file:{here}")),
            ("file:k.pem", format!("file:{here}")),
            ("~/k.pem", "~/k.pem".to_owned()),
            ("file:~/k.pem", "file:~/k.pem".to_owned()),
            ("env:KEY", "env:KEY".to_owned()),
            ("signer:sign 'it now'", "signer:sign 'it now'".to_owned()),
        ] {
            let draft =
                Draft { key: key(uri), certificate: Some(Given::new("k.pem".into(), Origin::Flag)), ..org("a") };
            let text = edit::add("", &prepare(&world.host, draft, None).unwrap().written).unwrap();
            assert!(text.contains(&format!("\nkey = \"{written}\"\n")), "{uri}: {text}");
            assert!(text.contains(&format!("\ncertificate = \"{here}\"\n")), "{text}");
        }
        for uri in ["stdin:", "fd:3"] {
            let error = prepare(&world.host, Draft { key: key(uri), ..org("a") }, None).unwrap_err();
            assert!(error.message().contains("comes from a stream"), "{error}");
        }
        let error = prepare(&world.host, Draft { client_id: None, ..org("a") }, None).unwrap_err();
        assert_eq!(error.reason(), Reason::MissingField);
        world.write("c/sf-jwt/orgs.toml", "[defaults]\nclient-id = '3MVG9y'\n");
        let prepared = prepare(&world.host, Draft { client_id: None, ..org("a") }, None).unwrap();
        assert_eq!(prepared.written.client_id, None);
        assert_eq!(prepared.whole.client_id.unwrap().value, "3MVG9y");
    }

    #[test]
    fn a_file_that_is_not_valid_is_left_alone() {
        let world = world();
        world.write("c/sf-jwt/orgs.toml", "[orgs.a]\nusernam = 'x'\n");
        let error = wait(add(&world.host, &org("b"), None)).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidConfig);
        assert_eq!(world.config(), "[orgs.a]\nusernam = 'x'\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_named_file_is_made_but_not_in_an_open_folder() {
        use std::os::unix::fs::PermissionsExt;
        let world = world();
        let folder = world.path("open");
        std::fs::create_dir(&folder).unwrap();
        let mode = |mode| std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
        let file = folder.join("mine.toml");
        mode(0o777);
        assert_eq!(wait(add(&world.host, &org("a"), Some(&file))).unwrap_err().reason(), Reason::InsecureConfig);
        mode(0o755);
        assert_eq!(wait(add(&world.host, &org("a"), Some(&file))).unwrap(), file);
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o755, "not ours to close");
        let error = wait(add(&world.host, &org("a"), Some(&world.path("none/mine.toml")))).unwrap_err();
        assert_eq!(error.reason(), Reason::UnreadableConfig);
    }

    #[test]
    fn nobody_loses_an_org_when_several_are_added_at_once() {
        let world = world();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let host = &world.host;
                scope.spawn(move || wait(add(host, &org(&format!("org-{number}")), None)).unwrap());
            }
        });
        assert_eq!(world.config().matches("[orgs.org-").count(), 8, "{}", world.config());
    }

    #[test]
    fn orgs_are_taken_over_without_their_keys() {
        let world = world();
        let sf = |username: &str| {
            let json = format!(
                r#"{{"username":"{username}","privateKey":"/k.pem","clientId":"3MVG9x","orgId":"00D5e000005AHE7",
                "loginUrl":"https://login.salesforce.com","accessToken":"SENTINEL"}}"#
            );
            world.write(&format!(".sfdx/{username}.json"), &json);
        };
        ["one@b.example", "two@b.example", "blank@b.example", "o'hara@b.example", "here@b.example"]
            .iter()
            .for_each(|username| sf(username));
        world.write(".sfdx/web@b.example.json", r#"{"username":"web@b.example","refreshToken":"SENTINEL"}"#);
        world.write(".sfdx/damaged@b.example.json", "{");
        world.write(".sfdx/alias.json", r#"{"orgs":{"one":"one@b.example","a b":"blank@b.example"}}"#);
        world.write("c/sf-jwt/orgs.toml", "# mine\n[orgs.mine]\nusername = 'here@b.example'\n");
        let imported = wait(import(&world.host, &[], None)).unwrap();
        let names: Vec<_> = imported.orgs.iter().map(|org| org.name.clone().unwrap()).collect();
        assert_eq!(names, ["blank@b.example", "one", "two@b.example"]);
        assert!(imported.warnings[0].message.contains("damaged@b.example.json is not as"), "{:?}", imported.warnings);
        let mut skipped: Vec<_> = imported.skipped.iter().map(|(name, _)| name.as_str()).collect();
        skipped.sort_unstable();
        assert_eq!(skipped, ["here@b.example", "o'hara@b.example"]);
        let text = world.config();
        assert!(text.starts_with("# mine\n[orgs.mine]\n") && !text.contains("SENTINEL"), "{text}");
        assert!(text.contains("[orgs.\"two@b.example\"]\n") && text.contains("key = \"file:/k.pem\"\n"), "{text}");
        let again = wait(import(&world.host, &["one".to_owned()], None)).unwrap();
        assert_eq!((again.orgs.len(), again.skipped.len()), (0, 1));
        for (name, reason) in [("web@b.example", "does not log in by JWT"), ("non", "no org `non`")] {
            let error = wait(import(&world.host, &[name.to_owned()], None)).unwrap_err();
            assert!(error.message().contains(reason), "{error}");
        }
    }
}
