//! What can be said about an org, and who said it: one table of fields with the name each has in `orgs.toml`, on
//! the command line, in the environment and over JSON-RPC, and the origin of a value.

use crate::error::{Error, Reason};
use crate::key::source::Trust;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

macro_rules! fields {
    ($($variant:ident = $name:literal, $parameter:literal, $variable:expr, $accepted:literal;)*) => {
        /// A field of an org.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Field { $(#[doc = $accepted] $variant,)* }

        impl Field {
            /// Every field, in the order of the documents.
            pub const ALL: &'static [Field] = &[$(Field::$variant,)*];

            const fn row(self) -> (&'static str, &'static str, Option<&'static str>, &'static str) {
                match self { $(Field::$variant => ($name, $parameter, $variable, $accepted),)* }
            }
        }
    };
}

// name in orgs.toml, member of a JSON-RPC `connection`, variable (those with one have a flag too), what is accepted
fields! {
    ClientId = "client-id", "clientId", Some("SF_JWT_CLIENT_ID"), "the app's consumer key, as App Manager shows it (usually 3MVG9…)";
    Username = "username", "username", Some("SF_JWT_USERNAME"), "the Salesforce username of the integration user, of the form name@company.example";
    LoginUrl = "login-url", "loginUrl", Some("SF_JWT_LOGIN_URL"), "the org's My Domain, https://….my.salesforce.com (Setup → My Domain)";
    Audience = "audience", "audience", Some("SF_JWT_AUDIENCE"), "the login URL's own origin, https://login.salesforce.com, https://test.salesforce.com or auto";
    Key = "key", "key", Some("SF_JWT_KEY"), "a key URI: file:PATH or a bare path, env:NAME, keychain:SERVICE/ACCOUNT, cmd:COMMAND, signer:COMMAND, fd:N or stdin:";
    Passphrase = "passphrase", "passphrase", Some("SF_JWT_PASSPHRASE"), "a URI with its scheme, as env:NAME or file:PATH; never the passphrase itself";
    Certificate = "certificate", "certificate", None, "the path of the certificate that was uploaded to the app";
    OrgId = "org-id", "orgId", None, "the org's id, 00D…, 15 or 18 characters";
    AppKind = "app-kind", "appKind", None, "connected-app, eca-local, eca-packaged or eca-packaged-own";
    AppId = "app-id", "appId", None, "the connected app's id, 0Ci…, 15 or 18 characters";
    AppOrgId = "app-org-id", "appOrgId", None, "the id of the org that owns the app, 00D…, 15 or 18 characters";
    PackageId = "package-id", "packageId", None, "the id of the package version, 04t…, 15 or 18 characters";
    TokenLifetime = "token-lifetime", "tokenLifetimeSeconds", None, "how long an opaque token is reused: a duration from 1s to 24h, as 10m";
    Tags = "tags", "tags", None, "a list of words";
    Claims = "claims", "claims", None, "a table of extra claims; not iss, sub, prn, aud, exp, nbf, iat or jti";
    TrustedHosts = "trusted-hosts", "trustedHosts", None, "a list of host names";
    Proxy = "proxy", "proxy", None, "the URL of an HTTP proxy, http://host:port";
    CaFile = "ca-file", "caFile", None, "the path of a PEM file of certificate authorities";
    MaxLoginsPerHour = "max-logins-per-hour", "maxLoginsPerHour", None, "a number from 1 to 3600 (Salesforce's own limit for a user)";
}

impl Field {
    /// The name in `orgs.toml`; with two dashes in front, the flag.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The member of a JSON-RPC `connection`.
    pub const fn parameter(self) -> &'static str {
        self.row().1
    }

    /// The environment variable.
    pub const fn variable(self) -> Option<&'static str> {
        self.row().2
    }

    /// What is accepted, for people.
    pub const fn accepted(self) -> &'static str {
        self.row().3
    }

    /// The field of a given name in `orgs.toml`.
    pub fn from_name(name: &str) -> Option<Field> {
        Field::ALL.iter().copied().find(|f| f.name() == name)
    }

    /// The refusal of a value, which is never repeated: it could be a secret in the wrong place. A flag or a
    /// parameter is a matter of this call (`usage`), anything else of the configuration (`profile`).
    pub(crate) fn invalid(self, origin: &Origin, what: impl fmt::Display) -> Error {
        let error = Error::new(Reason::InvalidField, format!("{} {what}", origin.label(self)));
        origin.located(self, &error).hint(format!("accepted: {}", self.accepted()))
    }
}

/// Who said it. What a value may do depends on this: only files and flags that the user chose may widen trust or
/// name a command to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The flag of the field's name.
    Flag,
    /// An environment variable.
    Variable(&'static str),
    /// A table of a configuration file.
    Config {
        /// The file.
        file: Arc<Path>,
        /// `orgs.NAME` or `defaults`.
        table: Arc<str>,
        /// The line, from 1.
        line: usize,
        /// Whether the user chose the file: the default path, or `--config`.
        trusted: bool,
    },
    /// A file of the Salesforce CLI.
    SalesforceCli(Arc<Path>),
    /// A parameter of a JSON-RPC call.
    Rpc {
        /// The server was started with `--allow-commands`.
        allow_commands: bool,
        /// The server was started with `--allow-loopback`.
        allow_loopback: bool,
    },
}

impl Origin {
    /// Whether the value may widen the hosts that assertions go to.
    pub const fn may_trust(&self) -> bool {
        matches!(self, Origin::Flag | Origin::Config { trusted: true, .. })
    }

    /// Whether assertions may go to this machine: not for a call by itself, which could have any key that we can
    /// read sign for a local listener.
    pub const fn may_reach_loopback(&self) -> bool {
        !matches!(self, Origin::Rpc { allow_loopback: false, .. })
    }

    /// What a key URI said here may ask for.
    pub const fn trust(&self) -> Trust {
        match self {
            Origin::Flag => Trust::Flag,
            Origin::Variable(_) => Trust::Environment,
            Origin::Config { trusted: true, .. } => Trust::OwnConfig,
            Origin::Config { trusted: false, .. } | Origin::SalesforceCli(_) => Trust::OtherConfig,
            Origin::Rpc { allow_commands, .. } => Trust::Rpc { commands: *allow_commands },
        }
    }

    /// The folder that relative paths said here are relative to; `None` is the working folder.
    pub fn base(&self) -> Option<&Path> {
        match self {
            Origin::Config { file, .. } | Origin::SalesforceCli(file) => file.parent(),
            _ => None,
        }
    }

    /// What a field is called where it was said.
    pub(crate) fn label(&self, field: Field) -> String {
        match self {
            Origin::Flag => format!("--{}", field.name()),
            Origin::Variable(name) => (*name).to_owned(),
            Origin::Rpc { .. } => format!("connection.{}", field.parameter()),
            Origin::Config { .. } | Origin::SalesforceCli(_) => field.name().to_owned(),
        }
    }

    /// Where a field was said, in full: `--username`, `SF_JWT_KEY`, a file with line and table.
    pub(crate) fn shown(&self, field: Field) -> String {
        match self {
            Origin::Flag | Origin::Rpc { .. } => self.label(field),
            _ => self.to_string(),
        }
    }

    /// The same error about what was said here: with the place in a file, where the label does not say it already,
    /// and as a matter of this call where the call said it.
    pub(crate) fn located(&self, field: Field, error: &Error) -> Error {
        let (message, wrong_value) = match self {
            Origin::Config { .. } | Origin::SalesforceCli(_) => {
                (format!("{} ({self})", error.message()), Reason::InvalidField)
            }
            _ => (error.message().to_owned(), Reason::InvalidParameter),
        };
        let reason = match error.reason() {
            Reason::InvalidField | Reason::InvalidParameter => wrong_value,
            other => other,
        };
        Error::new(reason, message).with(|details| *details = error.details().clone()).field(self.label(field))
    }
}

/// Where in the world: `--client-id` needs its field and is written by [`Origin::label`].
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Flag => f.write_str("a flag"),
            Origin::Variable(name) => f.write_str(name),
            Origin::Config { file, table, line, .. } => write!(f, "{}, line {line}, [{table}]", file.display()),
            Origin::SalesforceCli(file) => write!(f, "{}", file.display()),
            Origin::Rpc { .. } => f.write_str("a parameter"),
        }
    }
}

/// A value and who said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<T> {
    /// The value as it was given.
    pub value: T,
    /// Who said it.
    pub origin: Origin,
}

impl<T> Given<T> {
    /// A value from somewhere.
    pub const fn new(value: T, origin: Origin) -> Self {
        Given { value, origin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_say_one_thing() {
        for (i, field) in Field::ALL.iter().enumerate() {
            assert_eq!(Field::from_name(field.name()), Some(*field));
            assert!(Field::ALL[..i].iter().all(|f| f.name() != field.name() && f.parameter() != field.parameter()));
            if let Some(variable) = field.variable() {
                assert_eq!(variable, format!("SF_JWT_{}", field.name().to_uppercase().replace('-', "_")));
            }
        }
    }

    #[test]
    fn only_what_the_user_chose_widens_trust() {
        let rpc = Origin::Rpc { allow_commands: true, allow_loopback: true };
        for (origin, trusts) in [
            (Origin::Flag, true),
            (Origin::Variable("SF_JWT_KEY"), false),
            (config(true), true),
            (config(false), false),
            (Origin::SalesforceCli(Path::new("/x.json").into()), false),
            (rpc, false),
        ] {
            assert_eq!(origin.may_trust(), trusts, "{origin:?}");
        }
    }

    #[test]
    fn a_refusal_names_field_origin_and_what_is_accepted() {
        for (origin, message, reason, field) in [
            (Origin::Flag, "--username is empty", Reason::InvalidParameter, "username"),
            (
                Origin::Variable("SF_JWT_USERNAME"),
                "SF_JWT_USERNAME is empty",
                Reason::InvalidParameter,
                "SF_JWT_USERNAME",
            ),
            (config(true), "username is empty (/c/o.toml, line 3, [orgs.a])", Reason::InvalidField, "username"),
            (
                Origin::Rpc { allow_commands: false, allow_loopback: false },
                "connection.username is empty",
                Reason::InvalidParameter,
                "connection.username",
            ),
        ] {
            let error = Field::Username.invalid(&origin, "is empty");
            assert_eq!((error.message(), error.reason()), (message, reason));
            assert_eq!(error.details().field.as_deref(), Some(field));
            assert!(error.details().hint.as_deref().unwrap().contains("name@company.example"));
        }
    }

    fn config(trusted: bool) -> Origin {
        Origin::Config { file: Path::new("/c/o.toml").into(), table: "orgs.a".into(), line: 3, trusted }
    }
}
