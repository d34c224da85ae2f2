//! Orgs, found and kept: which one a call means, and the verbs of `sf-jwt orgs`.

pub mod add;
pub mod gather;
pub mod keep;
pub mod list;

use crate::error::{Result, Warning};
use crate::host::Host;
use crate::host::files;
use crate::key::source::{KeySource, PassphraseSource};
use crate::org::draft::{Draft, Reference};
use crate::org::field::{Given, Origin};
use crate::org::lookup::{self, Asked, Choice};
use crate::protocol::input::{KeyInput, PassphraseInput};
use crate::protocol::types::Connection;
use gather::Target;
use std::path::Path;
use std::time::Duration;

/// What is known of the org that a command means.
#[derive(Clone, Debug)]
pub struct Found {
    /// The org so far.
    pub draft: Draft,
    /// What deserves attention: variables that are ignored, a project that chose the org.
    pub warnings: Vec<Warning>,
}

/// The org that a command line means: `--org`, then `SF_JWT_ORG`, then connection flags and variables, then the
/// Salesforce CLI's target org.
///
/// Errors: `no-org`, `unknown-org`, and those of reading the files.
pub fn find(host: &Host, asked: &Asked, config: Option<&Path>) -> Result<Found> {
    let variables = |name: &str| host.env.text(name).map(str::to_owned);
    match lookup::choose(asked, &variables)? {
        Choice::Unnamed(draft, warnings) => {
            // nothing is taken from it, but who names a file means one that is there
            if config.is_some() {
                gather::config(&gather::config_place(host, config)?)?;
            }
            Ok(Found { draft: *draft, warnings })
        }
        Choice::Named(name, warnings) => {
            Ok(Found { draft: asked.flags.clone().over(named(host, &name, config)?), warnings })
        }
        Choice::ProjectTarget(mut warnings) => {
            let Target { name, said } = gather::project_target(files::working_folder().as_deref())?;
            let draft = named(host, &name, config)?;
            let shown = draft.name.as_deref().unwrap_or_default();
            warnings.push(Warning::new("project-org", format!("the org is `{shown}`, as {said} says")));
            Ok(Found { draft: asked.flags.clone().over(draft), warnings })
        }
        Choice::GlobalTarget => {
            let Target { name, said } = gather::global_target(host).ok_or_else(lookup::no_org)?;
            let draft = named(host, &name, config).map_err(|error| {
                lookup::no_org().cause(format!("the Salesforce CLI's target org ({said}) cannot be used: {error}"))
            })?;
            Ok(Found { draft, warnings: Vec::new() })
        }
    }
}

/// The configured org of a name, for calls that name one: no variable and no flag adds to it.
///
/// Errors: `unknown-org`, and those of reading the files.
pub fn named(host: &Host, name: &str, config: Option<&Path>) -> Result<Draft> {
    let config = gather::config(&gather::config_place(host, config)?)?;
    let mut left_out = Vec::new();
    let store = || {
        let (store, errors) = gather::sf_store(host);
        left_out = errors;
        store
    };
    lookup::find(name, &config, store).map_err(|error| match left_out.into_iter().next() {
        Some(reason) => error.cause(reason.message()),
        None => error,
    })
}

/// The environment variables that hold keys and passphrases: of the org that is meant, and of every other one in
/// `orgs.toml`. No other program should see them.
pub fn secret_variables(host: &Host, config: Option<&Path>, found: &Found) -> Vec<String> {
    let config = gather::config_place(host, config).and_then(|place| gather::config(&place));
    let others = config.iter().flat_map(|config| config.orgs());
    std::iter::once(&found.draft).chain(others).flat_map(Draft::secret_variables).collect()
}

/// What a server lets calls do that carry their whole connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallTerms {
    /// `--allow-commands`.
    pub allow_commands: bool,
    /// `--allow-loopback`.
    pub allow_loopback: bool,
}

/// The org that a call describes itself.
pub fn described(connection: Connection, terms: CallTerms) -> Draft {
    let CallTerms { allow_commands, allow_loopback } = terms;
    fn given<T>(value: T, origin: &Origin) -> Option<Given<T>> {
        Some(Given::new(value, origin.clone()))
    }
    let by = &Origin::Rpc { allow_commands, allow_loopback };
    let key = match connection.key {
        KeyInput::Uri(text) => Reference::Uri(text),
        KeyInput::Pem(text) => Reference::Source(KeySource::Pem(text)),
        KeyInput::Base64(text) => Reference::Source(KeySource::Base64(text)),
    };
    let passphrase = connection.passphrase.map(|passphrase| match passphrase {
        PassphraseInput::Uri(text) => Reference::Uri(text),
        PassphraseInput::Value(text) => Reference::Source(PassphraseSource::Value(text)),
    });
    Draft {
        client_id: given(connection.client_id, by),
        username: given(connection.username, by),
        login_url: given(connection.login_url, by),
        audience: connection.audience.and_then(|audience| given(audience, by)),
        key: given(key, by),
        passphrase: passphrase.and_then(|passphrase| given(passphrase, by)),
        certificate: connection.certificate.and_then(|path| given(path, by)),
        org_id: connection.org_id.and_then(|id| given(id, by)),
        token_lifetime: connection.token_lifetime_seconds.and_then(|s| given(Duration::from_secs(s), by)),
        ..Draft::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Reason;
    use crate::host::Env;
    use crate::org::field::Field;
    use crate::org::lookup::ORG_VARIABLE;

    /// A home folder with one configured org, and one of the Salesforce CLI that is its target org.
    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = home.path().join(name);
            files::private_folder(file.parent().unwrap()).unwrap();
            files::create_new(&file, text.as_bytes(), files::Audience::Owner).unwrap();
        };
        write("c/sf-jwt/orgs.toml", "[orgs.acme]\nusername = 'int@acme.example'\nkey = 'acme.key'");
        write(
            ".sfdx/cli@b.cd.json",
            r#"{"username":"cli@b.cd","privateKey":"/k","loginUrl":"https://login.salesforce.com"}"#,
        );
        write(".sfdx/alias.json", r#"{"orgs":{"cli":"cli@b.cd"}}"#);
        write(".sf/config.json", r#"{"target-org":"cli"}"#);
        home
    }

    fn host(home: &tempfile::TempDir, more: &[(&str, &str)]) -> Host {
        let home = home.path().to_str().unwrap();
        let config = format!("{home}/c");
        let env = [("HOME", home), ("XDG_CONFIG_HOME", &config)];
        Host { env: Env::of(env.iter().chain(more).copied()), ..Host::system() }
    }

    fn by_flag(username: &str) -> Draft {
        Draft { username: Some(Given::new(username.to_owned(), Origin::Flag)), ..Draft::default() }
    }

    #[test]
    fn flags_go_over_a_configured_org_and_variables_do_not() {
        let home = home();
        let host = host(&home, &[(ORG_VARIABLE, "acme"), ("SF_JWT_CLIENT_ID", "id")]);
        let asked = Asked { flags: by_flag("other@b.cd"), ..Asked::default() };
        let Found { draft, warnings } = find(&host, &asked, None).unwrap();
        assert_eq!(draft.name.as_deref(), Some("acme"));
        let given: Vec<_> = draft.given().into_iter().map(|(field, origin)| (field, *origin == Origin::Flag)).collect();
        assert_eq!(given, [(Field::Username, true), (Field::Key, false)]);
        assert_eq!(warnings.iter().map(|w| w.code).collect::<Vec<_>>(), ["ignored-variable"]);
    }

    #[test]
    fn with_nothing_said_the_target_org_of_the_salesforce_cli_is_meant() {
        let home = home();
        let found = find(&host(&home, &[]), &Asked::default(), None).unwrap();
        assert_eq!((found.draft.source.name(), found.draft.name.as_deref()), ("salesforce-cli", Some("cli")));
        let found = find(&host(&home, &[("SF_TARGET_ORG", "acme")]), &Asked::default(), None).unwrap();
        assert_eq!(found.draft.source.name(), "config");
        let error = find(&host(&home, &[("SF_TARGET_ORG", "gone")]), &Asked::default(), None).unwrap_err();
        assert_eq!(error.reason(), Reason::NoOrg);
        assert!(error.details().causes[0].contains("(SF_TARGET_ORG) cannot be used: no org `gone`"), "{error:?}");
        let nowhere = Host { env: Env::default(), ..Host::system() };
        assert_eq!(find(&nowhere, &Asked::default(), None).unwrap_err().reason(), Reason::NoOrg);
    }

    #[test]
    fn an_unnamed_org_needs_no_home() {
        let host = Host { env: Env::of([("SF_JWT_KEY", "/k")]), ..Host::system() };
        let asked = Asked { flags: by_flag("a@b.cd"), ..Asked::default() };
        let found = find(&host, &asked, None).unwrap();
        assert_eq!(found.draft.given().len(), 2);
        let error = find(&host, &asked, Some(Path::new("/nonexistent/orgs.toml"))).unwrap_err();
        assert_eq!(error.reason(), Reason::UnreadableConfig);
        let error = named(&host, "acme", None).unwrap_err();
        assert!(error.message().contains("no home folder"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_left_out_is_a_cause() {
        use std::os::unix::fs::PermissionsExt;
        let home = home();
        let file = home.path().join(".sfdx/cli@b.cd.json");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
        let error = named(&host(&home, &[]), "cli", None).unwrap_err();
        assert_eq!(error.reason(), Reason::UnknownOrg);
        assert!(error.details().causes[0].contains("cli@b.cd.json can be changed by"), "{error:?}");
    }

    #[test]
    fn a_call_describes_an_org() {
        let json = r#"{"clientId":"3MVG9x","username":"a@b.cd","loginUrl":"https://acme.my.salesforce.com",
            "key":{"pem":"SENTINEL"},"passphrase":{"value":"SENTINEL"},"tokenLifetimeSeconds":60}"#;
        let draft = described(serde_json::from_str(json).unwrap(), CallTerms::default());
        let profile = draft.complete(Default::default()).unwrap();
        assert_eq!((profile.key.label().as_str(), profile.token_lifetime), ("pem (by value)", Duration::from_secs(60)));
        assert!(!format!("{draft:?} {profile:?}").contains("SENTINEL"));
    }
}
