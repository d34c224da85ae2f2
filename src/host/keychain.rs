//! The operating system's keychain: the Secret Service of a Linux desktop (GNOME Keyring, KWallet, KeePassXC) and
//! then the kernel's key retention service, the macOS Keychain, the Windows Credential Manager.
//!
//! Nothing is ever written there. A cargo feature, `keychain`; without it every read says so.

use crate::secret::SecretBytes;

/// Why a keychain gave nothing.
#[derive(Debug)]
pub enum Fault {
    /// It has no such entry; says where was looked, and how one is made there.
    NoEntry(&'static str),
    /// There is no keychain that could be asked; says what is missing.
    NoKeychain(String),
    /// It was asked and refused: locked, or the question was dismissed; says what it said.
    Refused(String),
    /// This program was built without the feature.
    NotBuilt,
}

/// Reads an entry. Blocks, also on a person who is asked to unlock the keychain.
pub fn read(service: &str, account: &str) -> Result<SecretBytes, Fault> {
    stores::read(service, account)
}

#[cfg(feature = "keychain")]
mod stores {
    use super::Fault;
    use crate::secret::SecretBytes;
    use keyring_core::api::CredentialStoreApi;
    use keyring_core::{Error, Result};

    fn fault(error: Error, how: &'static str) -> Fault {
        match error {
            Error::NoEntry => Fault::NoEntry(how),
            Error::NoStorageAccess(cause) => Fault::Refused(cause.to_string()),
            Error::PlatformFailure(cause) => Fault::NoKeychain(cause.to_string()),
            Error::Ambiguous(entries) => {
                Fault::Refused(format!("{} entries have that service and account", entries.len()))
            }
            // the other kinds may carry what was read
            _ => Fault::Refused("the entry cannot be read".to_owned()),
        }
    }

    fn secret(store: &dyn CredentialStoreApi, service: &str, account: &str) -> Result<SecretBytes> {
        store.build(service, account, None)?.get_secret().map(SecretBytes::from)
    }

    #[cfg(target_os = "linux")]
    pub(super) fn read(service: &str, account: &str) -> std::result::Result<SecretBytes, Fault> {
        const HOW: &str = "the Secret Service and the kernel's keyring were asked; an entry is made with: secret-tool store \
                           --label=sf-jwt service SERVICE username ACCOUNT < KEYFILE, or: keyctl padd user \
                           keyring:ACCOUNT@SERVICE @s < KEYFILE";
        let desktop =
            dbus_secret_service_keyring_store::Store::new().and_then(|store| secret(&*store, service, account));
        let desktop = match desktop {
            Ok(secret) => return Ok(secret),
            Err(error) => fault(error, HOW),
        };
        let kernel = linux_keyutils_keyring_store::Store::new().and_then(|store| secret(&*store, service, account));
        match (kernel, desktop) {
            (Ok(secret), _) => Ok(secret),
            // what the desktop said is the more telling, unless it is not there at all
            (Err(Error::NoEntry), Fault::NoKeychain(_)) => Err(Fault::NoEntry(HOW)),
            (Err(_), desktop) => Err(desktop),
        }
    }

    #[cfg(target_os = "macos")]
    pub(super) fn read(service: &str, account: &str) -> std::result::Result<SecretBytes, Fault> {
        const HOW: &str = "an entry is made with: security add-generic-password -s SERVICE -a ACCOUNT -w";
        apple_native_keyring_store::keychain::Store::new()
            .and_then(|store| secret(&*store, service, account))
            .map_err(|error| fault(error, HOW))
    }

    /// An entry holds at most 2560 bytes, and what the Credential Manager takes as text it keeps as UTF-16: a key of
    /// 2048 bits fits as DER, not as PEM.
    #[cfg(windows)]
    pub(super) fn read(service: &str, account: &str) -> std::result::Result<SecretBytes, Fault> {
        const HOW: &str = "an entry is a generic credential named ACCOUNT.SERVICE; at most 2560 bytes: DER, not PEM";
        let secret = windows_native_keyring_store::Store::new()
            .and_then(|store| secret(&*store, service, account))
            .map_err(|error| fault(error, HOW))?;
        Ok(utf8_of_utf16(secret.expose()).unwrap_or(secret))
    }

    #[cfg(windows)]
    fn utf8_of_utf16(bytes: &[u8]) -> Option<SecretBytes> {
        let ascii = bytes.len() >= 2 && bytes.len() % 2 == 0 && bytes.iter().skip(1).step_by(2).all(|byte| *byte == 0);
        ascii.then(|| bytes.iter().step_by(2).copied().collect::<Vec<u8>>().into())
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    pub(super) fn read(_: &str, _: &str) -> std::result::Result<SecretBytes, Fault> {
        Err(Fault::NoKeychain("this system has no keychain that is known here".to_owned()))
    }
}

#[cfg(not(feature = "keychain"))]
mod stores {
    use super::Fault;
    use crate::secret::SecretBytes;

    pub(super) fn read(_: &str, _: &str) -> Result<SecretBytes, Fault> {
        Err(Fault::NotBuilt)
    }
}
