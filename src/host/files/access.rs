//! Judgements: whose a file is, who else can read or change it, and whether it is still the same one.

use std::fs::Metadata;
use std::time::SystemTime;

/// Who can do what with a file or folder, besides us and the superuser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The Unix mode bits and the owner; `None` where the system shows none.
    unix: Option<UnixAccess>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct UnixAccess {
    mode: u32,
    owner: u32,
    group: u32,
    me: u32,
    folder: bool,
}

impl Access {
    /// Reads it off a file's metadata.
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let unix = {
            use std::os::unix::fs::MetadataExt;
            let (mode, owner, group) = (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
            user_id().map(|me| UnixAccess { mode, owner, group, me, folder: metadata.is_dir() })
        };
        #[cfg(not(unix))]
        let (unix, _) = (None, metadata);
        Access { unix }
    }

    /// Whether it belongs to the user this process runs as.
    pub fn is_ours(&self) -> bool {
        self.unix.is_none_or(|u| u.owner == u.me)
    }

    /// Why it is not ours alone to change: `None`, or words such as "it belongs to another user".
    pub(super) fn not_ours(&self) -> Option<String> {
        match self.is_ours() {
            false => Some("it belongs to another user".to_owned()),
            true => self.other_writers().map(|who| format!("it can be changed by {who}")),
        }
    }

    /// Who else can read it: `None`, or words such as "its group and everybody (mode 0644)".
    pub fn other_readers(&self) -> Option<String> {
        self.others(0o4, false)
    }

    /// Whether another user owns it, root apart, who can do everything anyway.
    pub fn has_foreign_owner(&self) -> bool {
        self.unix.is_some_and(|u| u.owner != u.me && u.owner != 0)
    }

    /// Who else can change or replace what is there: `None`, or words as above. In a folder with the sticky bit
    /// (`/tmp`) nobody can replace another's files.
    pub fn other_writers(&self) -> Option<String> {
        self.others(0o2, false)
    }

    /// The same but for the user's private group: where every user has a group of their own, with the same number
    /// and nobody else in it, the usual umask lets the group write. For files that other programs make.
    pub fn other_writers_than_private_group(&self) -> Option<String> {
        self.others(0o2, self.unix.is_some_and(|u| u.owner == u.me && u.group == u.me))
    }

    fn others(&self, bit: u32, spare_group: bool) -> Option<String> {
        let UnixAccess { mode, owner, folder, .. } = self.unix?;
        let sticky = folder && bit == 0o2 && mode & 0o1000 != 0;
        let mut who = Vec::new();
        if self.has_foreign_owner() {
            who.push(format!("its owner, user {owner}"));
        }
        if mode & (bit << 3) != 0 && !sticky && !spare_group {
            who.push("its group".to_owned());
        }
        if mode & bit != 0 && !sticky {
            who.push("everybody".to_owned());
        }
        (!who.is_empty()).then(|| format!("{} (mode {mode:04o})", who.join(" and ")))
    }
}

/// Which content a path led to: differs when the file was replaced or changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    file: (u64, u64),
    modified: Option<SystemTime>,
    length: u64,
}

impl Identity {
    /// Reads it off a file's metadata.
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let file = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let file = (0, 0); // the standard library shows no file index here; time and length must do
        Identity { file, modified: metadata.modified().ok(), length: metadata.len() }
    }
}

/// The user this process runs as; `None` where users have no numbers.
pub fn user_id() -> Option<u32> {
    #[cfg(unix)]
    return Some(rustix::process::geteuid().as_raw());
    #[cfg(not(unix))]
    return None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_says_who_else() {
        let access =
            |mode, owner, folder| Access { unix: Some(UnixAccess { mode, owner, group: 100, me: 1000, folder }) };
        let table = [
            (0o600, 1000, false, None, None),
            (0o644, 1000, false, Some("its group and everybody (mode 0644)"), None),
            (0o640, 1000, false, Some("its group (mode 0640)"), None),
            (0o400, 0, false, None, None),
            (0o600, 7, false, Some("its owner, user 7 (mode 0600)"), Some("its owner, user 7 (mode 0600)")),
            (0o602, 1000, false, None, Some("everybody (mode 0602)")),
            (0o1777, 0, true, Some("its group and everybody (mode 1777)"), None),
            (0o777, 0, true, Some("its group and everybody (mode 0777)"), Some("its group and everybody (mode 0777)")),
        ];
        for (mode, owner, folder, readers, writers) in table {
            let access = access(mode, owner, folder);
            assert_eq!(access.other_readers().as_deref(), readers, "{mode:o} {owner}");
            assert_eq!(access.other_writers().as_deref(), writers, "{mode:o} {owner}");
        }
    }

    #[test]
    fn a_private_group_is_nobody_else() {
        let writers = |mode, group| {
            let access = Access { unix: Some(UnixAccess { mode, owner: 1000, group, me: 1000, folder: false }) };
            access.other_writers_than_private_group().is_some()
        };
        assert_eq!([writers(0o664, 1000), writers(0o664, 100), writers(0o666, 1000)], [false, true, true]);
    }
}
