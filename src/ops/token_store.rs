//! Where tokens are kept between runs: a private folder with a file for each cache key, a lock file beside it, and
//! the ledger of logins. Never required: without a usable folder tokens live in this process's memory, and that is
//! said once.
//!
//! The folder is best on a local disk. On a network filesystem nothing is ever handed out that is damaged or belongs
//! to another org, for every record is replaced whole and says whose it is; but locks between machines are only as
//! good as the filesystem's `flock`, so that two machines may both log in, and a record may be seen a moment late.

mod folder;

use crate::cache::{CacheKey, Record, ledger};
use crate::error::{Result, Warning};
use crate::host::Env;
use crate::host::files::{self, Fault, Lock};
use crate::secret::SecretString;
use crate::time::Timestamp;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The largest record that is read: Salesforce's answers are capped at 1 MiB, and JSON may escape every byte.
const MAX_RECORD: u64 = 8 << 20;
/// The largest hour of the ledger that is read.
const MAX_LEDGER: u64 = 1 << 20;
/// The longest `token-lifetime` is 24 hours: an older record helps nobody.
const OLD_RECORD: Duration = Duration::from_secs(24 * 60 * 60);
/// An hour of the ledger counts for at most two.
const OLD_LEDGER: Duration = Duration::from_secs(2 * 60 * 60);
/// Writing takes milliseconds: what is still unfinished after a minute was left by a crash.
const OLD_UNFINISHED: Duration = Duration::from_secs(60);

/// What the user says about where tokens are kept.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// `--state-dir`; without it `SF_JWT_STATE_DIR`, else the places of [`folder`].
    pub state_dir: Option<PathBuf>,
    /// `--no-cache`: in memory only.
    pub memory_only: bool,
}

/// The tokens that are kept.
pub struct TokenStore {
    folder: Option<PathBuf>,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    records: HashMap<String, Record>,
    logins: HashMap<String, Vec<u8>>,
    /// What has to be said, once.
    warnings: Vec<Warning>,
    /// What has been said.
    said: Vec<&'static str>,
}

impl TokenStore {
    /// Opens the store, creating its folder when needed.
    ///
    /// # Errors
    /// `insecure-config` for a folder that was asked for by name and that others can change.
    pub fn open(env: &Env, wish: &Wish) -> Result<TokenStore> {
        if wish.memory_only {
            return Ok(TokenStore::in_memory());
        }
        let named = wish.state_dir.clone().or_else(|| env.path("SF_JWT_STATE_DIR"));
        let (folder, warning) = match named {
            Some(root) => folder::named(&root)?,
            None => folder::choose(env, Path::new("/dev/shm")),
        };
        let store = TokenStore { folder, memory: Mutex::default() };
        if let Some(warning) = warning {
            store.say(warning);
        }
        Ok(store)
    }

    /// A store that ends with this process.
    pub fn in_memory() -> TokenStore {
        TokenStore { folder: None, memory: Mutex::default() }
    }

    /// The folder, if there is one.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// What is kept for a key; an empty record when there is nothing, or nothing to be believed: a file that
    /// cannot be read, or that somebody else could have written.
    pub fn read(&self, key: &CacheKey) -> Record {
        let stem = key.file_stem();
        let file =
            self.folder.as_ref().and_then(|folder| files::read_own(&record_path(folder, &stem), MAX_RECORD).ok());
        let record = file.and_then(|file| Record::decode(&zeroize::Zeroizing::new(file.bytes), key));
        record.or_else(|| self.memory().records.get(&stem).cloned()).unwrap_or_default()
    }

    /// Forgets the token of a key; tells whether there was one.
    pub fn forget(&self, key: &CacheKey) -> bool {
        self.forget_where(key, |_| true)
    }

    /// Forgets this very token, for it is dead: unless another one has taken its place.
    pub fn forget_token(&self, key: &CacheKey, token: &SecretString) -> bool {
        self.forget_where(key, |kept| kept.expose() == token.expose())
    }

    fn forget_where(&self, key: &CacheKey, condition: impl FnOnce(&SecretString) -> bool) -> bool {
        let record = self.read(key);
        let there = record.grant().is_some_and(|grant| condition(&grant.access_token));
        if there {
            self.write(key, &record.without_token());
        }
        there
    }

    /// What has to be said about the store, each thing once in the store's life.
    pub fn warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut self.memory().warnings)
    }

    /// Takes the turn to log in for a key, if nobody else has it. A filesystem that knows no locks gives everybody
    /// a turn at once.
    pub fn try_turn<'a>(&'a self, key: &'a CacheKey) -> Option<Turn<'a>> {
        let Some(folder) = &self.folder else { return Some(Turn { store: self, key, _lock: None }) };
        let path = lock_path(folder, &key.file_stem());
        let mut attempt = Lock::try_acquire(&path);
        if let Err(error) = &attempt {
            // something cleaned up the folder, or the file is not as we made it: made anew
            let _ = match error.fault {
                Fault::NotFound => files::private_folder(folder).map(|()| true),
                _ => files::remove(&path),
            };
            attempt = Lock::try_acquire(&path);
        }
        match attempt {
            Ok(Some(lock)) => Some(Turn { store: self, key, _lock: Some(lock) }),
            Ok(None) => None,
            Err(error) => {
                let message = format!("concurrent logins are not kept apart: {error}");
                self.say(Warning::new("no-token-lock", message));
                Some(Turn { store: self, key, _lock: None })
            }
        }
    }

    fn write(&self, key: &CacheKey, record: &Record) {
        let stem = key.file_stem();
        let Some(folder) = &self.folder else {
            self.memory().records.insert(stem, record.clone());
            return;
        };
        let path = record_path(folder, &stem);
        match files::replace_own(&path, record.encode(key).expose()) {
            Ok(()) => {
                self.memory().records.remove(&stem);
            }
            Err(error) => {
                self.memory().records.insert(stem, record.clone());
                self.say(Warning::new("token-not-kept", format!("the token is kept in memory only: {error}")));
            }
        }
        sweep(folder);
    }

    fn admit(&self, key: &CacheKey, budget: u32, now: Timestamp) -> Result<()> {
        let stem = key.user_stem();
        let hour = ledger::hour(now);
        let Some(folder) = &self.folder else {
            let mut memory = self.memory();
            let lines = memory.logins.entry(stem).or_default();
            ledger::admit(&key.username, ledger::count(lines, now), budget)?;
            lines.extend_from_slice(ledger::line(now).as_bytes());
            return Ok(());
        };
        let logins = [hour - 1, hour].map(|hour| {
            let file = files::read(&ledger_path(folder, &stem, hour), MAX_LEDGER);
            file.map_or(0, |file| ledger::count(&file.bytes, now))
        });
        ledger::admit(&key.username, logins.iter().sum(), budget)?;
        // a ledger that cannot be written must not stop the login
        let _ = files::append(&ledger_path(folder, &stem, hour), ledger::line(now).as_bytes());
        Ok(())
    }

    fn say(&self, warning: Warning) {
        let mut memory = self.memory();
        if !memory.said.contains(&warning.code) {
            memory.said.push(warning.code);
            memory.warnings.push(warning);
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // every change is a single step, so a panic elsewhere leaves nothing half done
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn to log in for one cache key: nobody else sharing the folder logs in for it meanwhile. Ends when
/// dropped, or when the process dies.
pub struct Turn<'a> {
    store: &'a TokenStore,
    key: &'a CacheKey,
    _lock: Option<Lock>,
}

impl Turn<'_> {
    /// What is kept now: somebody may have logged in before this turn began.
    pub fn record(&self) -> Record {
        self.store.read(self.key)
    }

    /// Enters a login into the ledger.
    ///
    /// # Errors
    /// `login-budget` when the user has used up this hour's.
    pub fn admit(&self, budget: u32, now: Timestamp) -> Result<()> {
        self.store.admit(self.key, budget, now)
    }

    /// Keeps the outcome of the login.
    pub fn keep(&self, record: &Record) {
        self.store.write(self.key, record);
    }
}

fn record_path(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}.json"))
}

fn lock_path(folder: &Path, stem: &str) -> PathBuf {
    folder.join(format!("{stem}.lock"))
}

fn ledger_path(folder: &Path, user_stem: &str, hour: i64) -> PathBuf {
    folder.join(format!("{user_stem}.{hour}.logins"))
}

/// Removes what no longer helps anybody, so that the folder does not grow.
fn sweep(folder: &Path) {
    for (path, age) in files::list(folder) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let old = match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => age > OLD_RECORD,
            Some("logins") => age > OLD_LEDGER,
            Some("unfinished") => age > OLD_UNFINISHED,
            Some("lock") if age > OLD_RECORD && !path.with_extension("json").exists() => {
                if let Ok(Some(lock)) = Lock::try_acquire(&path) {
                    lock.remove();
                }
                continue;
            }
            _ => continue,
        };
        if old {
            tracing::debug!("sweeping {name}");
            let _ = files::remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::freshness::tests::{NOW, grant};
    use crate::cache::key::tests::key;
    use crate::error::Reason;
    use std::fs;

    struct Place {
        dir: tempfile::TempDir,
        store: TokenStore,
    }

    fn place() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let wish = Wish { state_dir: Some(dir.path().join("state")), memory_only: false };
        let store = TokenStore::open(&Env::default(), &wish).unwrap();
        Place { dir, store }
    }

    fn keep(store: &TokenStore, key: &CacheKey, token: &str) {
        let turn = store.try_turn(key).unwrap();
        turn.keep(&turn.record().with_grant(grant(token, 0)));
    }

    fn kept(store: &TokenStore, key: &CacheKey) -> Option<String> {
        store.read(key).grant().map(|grant| grant.access_token.expose().clone())
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_token_is_kept_for_its_key_alone() {
        let Place { store, .. } = &place();
        keep(store, &key(), "t");
        assert_eq!(kept(store, &key()).as_deref(), Some("t"));
        let other = CacheKey { audience: "https://login.salesforce.com".into(), ..key() };
        assert_eq!(kept(store, &other), None);
        let token = |text: &str| SecretString::from(text.to_owned());
        assert!(!store.forget_token(&key(), &token("its successor")));
        assert!(store.forget_token(&key(), &token("t")));
        assert!(!store.forget(&key()));
        assert_eq!(kept(store, &key()), None);
    }

    #[test]
    fn spoilt_files_heal() {
        let Place { store, .. } = &place();
        let other = CacheKey { username: "other@acme.example".into(), ..key() };
        keep(store, &other, "foreign");
        let folder = store.folder().unwrap();
        let path = record_path(folder, &key().file_stem());
        let foreign = fs::read(record_path(folder, &other.file_stem())).unwrap();
        for content in [&foreign[..], b"", b"{", &foreign[..foreign.len() / 2], &[0; 4096]] {
            fs::write(&path, content).unwrap();
            assert_eq!(kept(store, &key()), None);
            keep(store, &key(), "t");
            assert_eq!(kept(store, &key()).as_deref(), Some("t"));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt, symlink};
            fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
            keep(store, &key(), "u");
            assert_eq!(kept(store, &key()).as_deref(), Some("u"));
            // what somebody else may have written is not believed
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
            assert_eq!(kept(store, &key()), None);
            keep(store, &key(), "v");
            assert_eq!(kept(store, &key()).as_deref(), Some("v"));
            // a link is replaced, not followed, not even to a record for this very key
            let aside = folder.join("aside");
            fs::rename(&path, &aside).unwrap();
            symlink(&aside, &path).unwrap();
            assert_eq!(kept(store, &key()), None);
            keep(store, &key(), "v");
            assert_eq!(kept(store, &key()).as_deref(), Some("v"));
            assert!(fs::symlink_metadata(&path).unwrap().is_file());
        }
        // what cannot be replaced: memory, and a word
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        keep(store, &key(), "w");
        assert_eq!(kept(store, &key()).as_deref(), Some("w"));
        assert_eq!(store.warnings().iter().map(|w| w.code).collect::<Vec<_>>(), ["token-not-kept"]);
        keep(store, &key(), "x");
        assert!(store.warnings().is_empty(), "said once");
    }

    #[test]
    fn a_turn_excludes_others_and_a_strange_lock_file_heals() {
        let Place { store, dir } = &place();
        let again = TokenStore::open(
            &Env::of([("SF_JWT_STATE_DIR", dir.path().join("state"))]),
            &Wish { state_dir: None, memory_only: false },
        );
        let (again, key) = (again.unwrap(), key());
        let turn = store.try_turn(&key).unwrap();
        assert!(again.try_turn(&key).is_none());
        let other = CacheKey { client_id: "other".into(), ..key.clone() };
        assert!(again.try_turn(&other).is_some());
        drop(turn);
        assert!(again.try_turn(&key).is_some());
        fs::remove_dir_all(dir.path().join("state")).unwrap();
        assert!(again.try_turn(&key).is_some(), "the folder is made again");
        let path = lock_path(store.folder().unwrap(), &key.file_stem());
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(again.try_turn(&key).is_some());
        assert_eq!(again.warnings().iter().map(|w| w.code).collect::<Vec<_>>(), ["no-token-lock"]);
    }

    #[test]
    fn the_ledger_is_the_users_and_the_folders() {
        let Place { store, .. } = &place();
        let login = |store: &TokenStore, key: &CacheKey| store.try_turn(key).unwrap().admit(2, NOW);
        for store in [store, &TokenStore::in_memory()] {
            assert!(login(store, &key()).is_ok());
            assert!(login(store, &CacheKey { client_id: "other app".into(), ..key() }).is_ok());
            assert_eq!(login(store, &key()).unwrap_err().reason(), Reason::LoginBudget);
            assert!(login(store, &CacheKey { username: "other@acme.example".into(), ..key() }).is_ok());
            assert!(store.try_turn(&key()).unwrap().admit(2, Timestamp(NOW.0 + 3600)).is_ok());
        }
    }

    #[test]
    fn old_files_go() {
        let Place { store, .. } = &place();
        keep(store, &key(), "t");
        let folder = store.folder().unwrap();
        let aged = [
            ("a.json", 25),
            ("a.lock", 25),
            ("b.json", 23),
            ("b.lock", 25),
            ("c.1.logins", 3),
            ("d.2.logins", 1),
            (".x.unfinished", 1),
            ("foreign", 1000),
        ];
        for (name, hours) in aged {
            let file = fs::File::create(folder.join(name)).unwrap();
            file.set_modified(std::time::SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
        }
        fs::write(folder.join(".y.unfinished"), "").unwrap();
        sweep(folder);
        sweep(folder); // a lock goes once its record has gone
        let stem = key().file_stem();
        let ours = [format!("{stem}.json"), format!("{stem}.lock")];
        let left: Vec<_> = names(folder).into_iter().filter(|name| !ours.contains(name)).collect();
        assert_eq!(left, [".y.unfinished", "b.json", "b.lock", "d.2.logins", "foreign"]);
    }

    #[test]
    fn without_a_folder_memory_serves() {
        let store = TokenStore::in_memory();
        keep(&store, &key(), "t");
        assert_eq!(kept(&store, &key()).as_deref(), Some("t"));
        assert!(store.forget(&key()));
        assert!(store.warnings().is_empty());
    }
}
