//! Files that keep secrets: private from birth, replaced whole or not at all, read with a limit, and judged by
//! who else can read or change them.
//!
//! Judgements are values ([`Access`]), because callers differ: a key that others can read is a warning, a
//! configuration that others can change is an error. On Windows files inherit the user profile's access list,
//! which the standard library does not show; there every file counts as private.

mod access;
mod lock;

pub use access::{Access, Identity, user_id};
pub use lock::Lock;

use crate::secret::shown;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What went wrong with a file, in words that name the file and never its content.
#[derive(Debug)]
pub struct FileError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a file.
#[derive(Debug)]
pub enum Fault {
    /// Nothing is there.
    NotFound,
    /// Something is there that must not be overwritten.
    Exists,
    /// The system does not let us.
    Denied,
    /// It is something else than was asked for: "a folder", "a pipe or device", "a file".
    IsA(&'static str),
    /// More bytes than this.
    TooLarge(u64),
    /// Other people could read or change what is kept there; says who.
    NotPrivate(String),
    /// Anything else, as the system says it.
    Other(io::Error),
}

impl FileError {
    fn new(path: &Path, fault: Fault) -> Self {
        FileError { path: path.to_owned(), fault }
    }

    fn io(path: &Path, error: io::Error) -> Self {
        let fault = match error.kind() {
            io::ErrorKind::NotFound => Fault::NotFound,
            io::ErrorKind::AlreadyExists => Fault::Exists,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Fault::Denied,
            io::ErrorKind::IsADirectory => Fault::IsA("a folder"),
            io::ErrorKind::NotADirectory => Fault::NotFound,
            _ => Fault::Other(error),
        };
        FileError::new(path, fault)
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", shown(&self.path))?;
        match &self.fault {
            Fault::NotFound => f.write_str("does not exist"),
            Fault::Exists => f.write_str("exists already and is not overwritten"),
            Fault::Denied => f.write_str("is not accessible: permission denied"),
            Fault::IsA(what) => write!(f, "is {what}"),
            Fault::TooLarge(cap) => write!(f, "is larger than {cap} bytes"),
            Fault::NotPrivate(why) => write!(f, "is not private: {why}"),
            Fault::Other(error) => write!(f, "cannot be used: {error}"),
        }
    }
}

impl std::error::Error for FileError {}

/// A result with a [`FileError`].
pub type Result<T> = std::result::Result<T, FileError>;

// ---------------------------------------------------------------------------------------------------- looking

/// A file's identity and access, without reading it; links are followed.
pub fn look(path: &Path) -> Result<(Identity, Access)> {
    let metadata = fs::metadata(path).map_err(|e| FileError::io(path, e))?;
    Ok((Identity::of(&metadata), Access::of(&metadata)))
}

/// The path that a file really has, links followed. `None` when there is no such file.
pub fn resolve(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// The folder this process works in. `None` when it has been removed.
pub fn working_folder() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

// --------------------------------------------------------------------------------------------------- reading

/// What was read, with what is known about the file it was read from (not about one that replaced it since).
pub struct Contents {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Which file it was.
    pub identity: Identity,
    /// Who else has access to it.
    pub access: Access,
}

/// Reads a regular file of at most `cap` bytes. Pipes and devices are refused without waiting for them.
pub fn read(path: &Path, cap: u64) -> Result<Contents> {
    read_regular(path, cap, false)
}

/// The same for a file of our own: one that another user could have written, or a symbolic link, is not believed
/// ([`Fault::NotPrivate`], [`Fault::Other`]).
pub fn read_own(path: &Path, cap: u64) -> Result<Contents> {
    let contents = read_regular(path, cap, true)?;
    match contents.access.not_ours() {
        Some(why) => Err(FileError::new(path, Fault::NotPrivate(why))),
        None => Ok(contents),
    }
}

fn read_regular(path: &Path, cap: u64, refuse_link: bool) -> Result<Contents> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // opening a pipe without a writer would block for ever
        let follow = if refuse_link { OFlags::NOFOLLOW } else { OFlags::empty() };
        options.custom_flags((OFlags::NONBLOCK | follow).bits().cast_signed());
    }
    #[cfg(not(unix))]
    let _ = refuse_link; // there, making a link is a privilege
    let file = options.open(path).map_err(|e| FileError::io(path, e))?;
    let metadata = file.metadata().map_err(|e| FileError::io(path, e))?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "a folder" } else { "a pipe or device" };
        return Err(FileError::new(path, Fault::IsA(what)));
    }
    let bytes = drain(path, file, cap, metadata.len())?;
    Ok(Contents { bytes, identity: Identity::of(&metadata), access: Access::of(&metadata) })
}

/// Reads anything that can be opened, pipes and devices too (`/dev/fd/N`), at most `cap` bytes. May wait for the
/// other end of a pipe.
pub fn read_any(path: &Path, cap: u64) -> Result<Contents> {
    let file = File::open(path).map_err(|e| FileError::io(path, e))?;
    let metadata = file.metadata().map_err(|e| FileError::io(path, e))?;
    if metadata.is_dir() {
        return Err(FileError::new(path, Fault::IsA("a folder")));
    }
    let bytes = drain(path, file, cap, UNKNOWN)?;
    Ok(Contents { bytes, identity: Identity::of(&metadata), access: Access::of(&metadata) })
}

/// Reads standard input to its end, at most `cap` bytes.
pub fn read_stdin(cap: u64) -> Result<Vec<u8>> {
    drain(Path::new("standard input"), io::stdin(), cap, UNKNOWN)
}

/// The expected length of what does not tell: more than most keys have.
const UNKNOWN: u64 = 8 * 1024;

/// With room for everything from the start, since a buffer that grows leaves copies of secrets behind.
fn drain(path: &Path, file: impl Read, cap: u64, expected: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected.min(cap)).unwrap_or_default() + 1);
    file.take(cap.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| FileError::io(path, e))?;
    if bytes.len() as u64 > cap {
        return Err(FileError::new(path, Fault::TooLarge(cap)));
    }
    Ok(bytes)
}

// --------------------------------------------------------------------------------------------------- writing

/// The suffix of files that are being written; one that is minutes old was left by a crash.
pub const UNFINISHED: &str = ".unfinished";

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Only its owner: keys, tokens, configuration (mode 0600).
    Owner,
    /// Everybody the umask lets: certificates (mode 0644).
    Everybody,
}

/// Writes a private file (0600) of the user's, replacing one of that name in one step: a crash or a power failure
/// at any instant leaves the old or the new content. A symbolic link stays: the file it leads to is replaced.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = unfinished(path, bytes, Audience::Owner)?;
    file.as_file().sync_all().map_err(|e| FileError::io(path, e))?;
    file.persist(path).map_err(|e| FileError::io(path, e.error))?;
    Ok(())
}

/// Writes a private file (0600) of our own that can be made again: replaced in one step, links and all, but not
/// forced to the disk, which would cost more than making it.
pub fn replace_own(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = unfinished(path, bytes, Audience::Owner)?;
    file.persist(path).map_err(|e| FileError::io(path, e.error))?;
    Ok(())
}

/// Writes a new file and never overwrites one ([`Fault::Exists`]); under its name it is there whole or not at all.
pub fn create_new(path: &Path, bytes: &[u8], audience: Audience) -> Result<()> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(FileError::new(path, Fault::Exists));
    }
    let file = unfinished(path, bytes, audience)?;
    file.as_file().sync_all().map_err(|e| FileError::io(path, e))?;
    file.persist_noclobber(path).map_err(|e| FileError::io(path, e.error))?;
    Ok(())
}

fn unfinished(path: &Path, bytes: &[u8], audience: Audience) -> Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new(); // 0600 on Unix unless told otherwise
    builder.prefix(".").suffix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = if audience == Audience::Owner { 0o600 } else { 0o644 };
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = audience;
    let mut file = builder.tempfile_in(folder).map_err(|e| FileError::io(folder, e))?;
    file.write_all(bytes).map_err(|e| FileError::io(path, e))?;
    Ok(file)
}

/// Adds a short line to a private file, which is created when absent. One write: lines of different processes
/// do not mix on a local disk.
pub fn append(path: &Path, line: &[u8]) -> Result<()> {
    let mut file =
        private(OpenOptions::new().append(true).create(true)).open(path).map_err(|e| FileError::io(path, e))?;
    file.write_all(line).map_err(|e| FileError::io(path, e))
}

/// Removes a file; one that is not there is as good.
pub fn remove(path: &Path) -> Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(FileError::io(path, e)),
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

// --------------------------------------------------------------------------------------------------- folders

/// Makes sure of a private folder: creates it (and missing parents) with mode 0700; one that exists must be ours
/// and must not be writable by others. One that others can merely list is closed to them.
pub fn private_folder(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|e| FileError::io(path, e))?;
    let link = fs::symlink_metadata(path).map_err(|e| FileError::io(path, e))?;
    let metadata = fs::metadata(path).map_err(|e| FileError::io(path, e))?;
    if !metadata.is_dir() {
        return Err(FileError::new(path, Fault::IsA("a file")));
    }
    let access = Access::of(&metadata);
    // a link planted by somebody else could point our files, and our cleaning up, anywhere
    let foreign_link = (!Access::of(&link).is_ours()).then(|| "it belongs to another user".to_owned());
    if let Some(why) = foreign_link.or_else(|| access.not_ours()) {
        return Err(FileError::new(path, Fault::NotPrivate(why)));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o777 != 0o700 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|e| FileError::io(path, e))?;
        }
    }
    Ok(())
}

/// The files of a folder with their ages, links and folders left out. Empty when it cannot be read.
pub fn list(folder: &Path) -> Vec<(PathBuf, Duration)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let now = SystemTime::now();
    let aged = |entry: fs::DirEntry| {
        let metadata = entry.metadata().ok().filter(Metadata::is_file)?;
        let age = now.duration_since(metadata.modified().ok()?).unwrap_or_default();
        Some((entry.path(), age))
    };
    entries.flatten().filter_map(aged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn reading_is_limited_and_takes_files_only() {
        let dir = folder();
        let path = dir.path().join("a");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read(&path, 5).unwrap().bytes, b"12345");
        assert!(matches!(read(&path, 4).err().unwrap().fault, Fault::TooLarge(4)));
        assert!(matches!(read(dir.path(), 4).err().unwrap().fault, Fault::IsA("a folder")));
        assert!(matches!(read_any(dir.path(), 4).err().unwrap().fault, Fault::IsA("a folder")));
        assert!(matches!(read(&dir.path().join("b"), 4).err().unwrap().fault, Fault::NotFound));
        assert!(matches!(read(&path.join("b"), 4).err().unwrap().fault, Fault::NotFound));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_of_our_own_is_no_link_and_nobody_elses_to_write() {
        use std::os::unix::fs::PermissionsExt;
        let dir = folder();
        let (path, link) = (dir.path().join("a"), dir.path().join("link"));
        replace_own(&path, b"1").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read_own(&path, 9).is_ok() && read(&link, 9).is_ok() && read_own(&link, 9).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(read_own(&path, 9).err().unwrap().fault, Fault::NotPrivate(_)));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_without_a_writer_does_not_hang() {
        let dir = folder();
        let pipe = dir.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert!(matches!(read(&pipe, 4).err().unwrap().fault, Fault::IsA("a pipe or device")));
    }

    #[test]
    fn replacing_leaves_one_file_with_the_new_content() {
        let dir = folder();
        let path = dir.path().join("a");
        replace_own(&path, b"old").unwrap();
        let before = look(&path).unwrap().0;
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_ne!(look(&path).unwrap().0, before);
        assert_eq!(list(dir.path()).len(), 1);
        assert_eq!(look(&path).unwrap().1.other_readers(), None);
    }

    #[cfg(unix)]
    #[test]
    fn replacing_keeps_a_symbolic_link() {
        let dir = folder();
        let (target, link) = (dir.path().join("target"), dir.path().join("link"));
        fs::write(&target, b"old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn a_new_file_never_replaces_one() {
        let dir = folder();
        let path = dir.path().join("a.key");
        create_new(&path, b"one", Audience::Owner).unwrap();
        assert!(matches!(create_new(&path, b"two", Audience::Owner).unwrap_err().fault, Fault::Exists));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(list(dir.path()).len(), 1);
        let error = create_new(&dir.path().join("no/a"), b"x", Audience::Owner).unwrap_err();
        assert!(matches!(error.fault, Fault::NotFound));
    }

    #[cfg(unix)]
    #[test]
    fn modes_are_right_from_birth() {
        use std::os::unix::fs::PermissionsExt;
        if std::env::var_os("IN_OPEN_UMASK").is_none() {
            // the umask belongs to the process, so a child runs this test again under an open one
            let again = "umask 000; IN_OPEN_UMASK=1 exec \"$0\" --exact host::files::tests::modes_are_right_from_birth";
            let mut command = std::process::Command::new("sh");
            let output = command.args(["-c", again]).arg(std::env::current_exe().unwrap()).output().unwrap();
            assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
        }
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        let dir = folder();
        let path = |name| dir.path().join(name);
        replace(&path("config"), b"").unwrap();
        create_new(&path("key"), b"", Audience::Owner).unwrap();
        append(&path("log"), b"1\n").unwrap();
        append(&path("log"), b"2\n").unwrap();
        let lock = Lock::try_acquire(&path("lock")).unwrap();
        private_folder(&path("x/y")).unwrap();
        let modes: Vec<_> = ["config", "key", "log", "lock", "x", "x/y"].iter().map(|n| mode(&path(n))).collect();
        assert_eq!(modes, [0o600, 0o600, 0o600, 0o600, 0o700, 0o700]);
        assert_eq!(fs::read(path("log")).unwrap(), b"1\n2\n");
        drop(lock);
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_others_can_change_are_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = folder();
        let path = dir.path().join("state");
        private_folder(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        private_folder(&path).unwrap(); // merely listed by others: closed again
        assert_eq!(look(&path).unwrap().1.other_readers(), None);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o770)).unwrap();
        let error = private_folder(&path).unwrap_err();
        assert!(error.to_string().ends_with("is not private: it can be changed by its group (mode 0770)"), "{error}");
        fs::write(dir.path().join("file"), b"").unwrap();
        assert!(private_folder(&dir.path().join("file")).is_err());
    }
}
