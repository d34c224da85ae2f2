//! Locks between processes.

use super::{FileError, Result, private};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An exclusive lock between processes, held until dropped; the system frees it when its holder dies.
///
/// The lock is on a file of its own: a data file that is replaced by renaming cannot be locked meaningfully.
/// On network filesystems it is as good as their `flock`.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock if nobody holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<Lock>> {
        loop {
            let mut options = OpenOptions::new();
            let file = private(options.write(true).create(true).truncate(false)).open(path);
            let file = file.map_err(|e| FileError::io(path, e))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(e)) => return Err(FileError::io(path, e)),
            }
            // `remove` may have taken the name away between our opening and locking: then the lock is worthless
            if same_file(&file, path) {
                return Ok(Some(Lock { file, path: path.to_owned() }));
            }
        }
    }

    /// Waits for the lock, at most `patience`; `None` when it was held all the time. Dropping the future stops
    /// the waiting: a blocking lock could not be cancelled, so this one asks again and again.
    pub async fn acquire(path: &Path, patience: Duration) -> Result<Option<Lock>> {
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            if let Some(lock) = Lock::try_acquire(path)? {
                return Ok(Some(lock));
            }
            let left = deadline.saturating_duration_since(tokio::time::Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            tokio::time::sleep(Lock::POLL.min(left)).await;
        }
    }

    /// How long to wait between two attempts: short against a login, long against a system call.
    pub const POLL: Duration = Duration::from_millis(15);

    /// Removes the lock's file and lets go of the lock.
    pub fn remove(self) {
        // Elsewhere an open file cannot be told from its successor of the same name, so there the file stays.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.unlock(); // at once, even if a child process still has the file open
    }
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_lock_excludes_until_dropped_or_removed() {
        let dir = folder();
        let path = dir.path().join("lock");
        let held = Lock::try_acquire(&path).unwrap().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(held);
        let held = Lock::try_acquire(&path).unwrap().unwrap();
        held.remove();
        let held = Lock::try_acquire(&path).unwrap().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(held);
    }

    #[test]
    fn waiting_for_a_lock_is_bounded_and_ends_when_it_is_free() {
        let dir = folder();
        let path = dir.path().join("lock");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let held = Lock::try_acquire(&path).unwrap().unwrap();
            assert!(Lock::acquire(&path, Duration::from_millis(40)).await.unwrap().is_none());
            let release = async {
                tokio::time::sleep(Duration::from_millis(20)).await;
                drop(held);
            };
            let (lock, ()) = tokio::join!(Lock::acquire(&path, Duration::from_secs(5)), release);
            assert!(lock.unwrap().is_some());
        });
    }
}
