//! Which org is meant, and what is known of it.
//!
//! A **named** org comes from `orgs.toml` or the Salesforce CLI, and flags may override single fields; an
//! **unnamed** one is put together from flags, then variables. The two never mix: a variable that would have
//! applied to a named org is reported as ignored, so that a forgotten `SF_JWT_KEY` signs for nobody unasked.

use super::config::Config;
use super::draft::{Draft, Reference};
use super::field::{Field, Given, Origin};
use super::nearest;
use super::sf_store::SfStore;
use crate::error::{Error, Reason, Result, Warning};
use crate::key::source::KeySource;

/// The variable that names an org.
pub const ORG_VARIABLE: &str = "SF_JWT_ORG";
/// The variable that holds the PEM itself.
pub const PRIVATE_KEY_VARIABLE: &str = "SF_JWT_PRIVATE_KEY";

/// Environment variables as a function: set, not empty, Unicode.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the command line says about the org.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `--org`.
    pub org: Option<String>,
    /// `--project-org`: the target org of the Salesforce CLI's project around the working folder.
    pub project_org: bool,
    /// The connection flags.
    pub flags: Draft,
}

/// Which org is meant.
#[derive(Debug)]
pub enum Choice {
    /// This one, and the variables that do not apply to it.
    Named(String, Vec<Warning>),
    /// The project's target org, and the variables that do not apply to it.
    ProjectTarget(Vec<Warning>),
    /// The one that flags and variables describe, and the variables that were not used.
    Unnamed(Box<Draft>, Vec<Warning>),
    /// Nothing was said: the Salesforce CLI's global target org, if there is one.
    GlobalTarget,
}

/// Chooses by flags, then `SF_JWT_ORG`, then connection flags and variables, then the Salesforce CLI. Flags that
/// describe a whole connection need no name: then `SF_JWT_ORG` is the variable that is ignored.
///
/// Errors: `conflicting-parameters` for `--org` together with `--project-org`.
pub fn choose(asked: &Asked, variables: Variables) -> Result<Choice> {
    let flags = &asked.flags;
    let whole =
        flags.client_id.is_some() && flags.username.is_some() && flags.login_url.is_some() && flags.key.is_some();
    if asked.project_org {
        if asked.org.is_some() {
            let error = Error::new(Reason::ConflictingParameters, "--org and --project-org both choose an org");
            return Err(error.field("project-org").hint("give one of them"));
        }
        return Ok(Choice::ProjectTarget(ignored(flags, variables)));
    }
    if let Some(name) = &asked.org {
        return Ok(Choice::Named(name.clone(), ignored(flags, variables)));
    }
    match variables(ORG_VARIABLE) {
        Some(name) if !whole => Ok(Choice::Named(name, ignored(flags, variables))),
        name => {
            let mut warnings: Vec<Warning> =
                name.map(|_| not_used(ORG_VARIABLE, "the flags describe a whole connection")).into_iter().collect();
            let (from_variables, both_keys) = connection_variables(variables);
            if both_keys && flags.key.is_none() {
                warnings.push(not_used(PRIVATE_KEY_VARIABLE, "SF_JWT_KEY says where the key is"));
            }
            let draft = flags.clone().over(from_variables);
            Ok(if draft.given().is_empty() { Choice::GlobalTarget } else { Choice::Unnamed(Box::new(draft), warnings) })
        }
    }
}

/// The org of a name: among the names in `orgs.toml`, then the Salesforce CLI's aliases, then usernames in both.
/// `store` is asked only for what `orgs.toml` does not name.
///
/// Errors: `unknown-org`, with names that are near.
pub fn find(name: &str, config: &Config, store: impl FnOnce() -> SfStore) -> Result<Draft> {
    if let Some(org) = config.org(name) {
        return Ok(org.clone());
    }
    let store = store();
    if store.is_alias(name) {
        return find_in_store(name, &store);
    }
    let is_user = |org: &&Draft| org.username.as_ref().is_some_and(|given| given.value == name);
    let users: Vec<&Draft> = config.orgs().iter().filter(is_user).collect();
    match users.as_slice() {
        [one] => return Ok((*one).clone()),
        [] => {}
        several => {
            let names: Vec<&str> = several.iter().filter_map(|org| org.name.as_deref()).collect();
            let error = Error::new(Reason::UnknownOrg, "several configured orgs have this username");
            return Err(error.field("org").hint(format!("give one of their names: {}", names.join(", "))));
        }
    }
    match store.org(name) {
        Some(_) => find_in_store(name, &store),
        None => Err(unknown(name, config.names().chain(usable(&store)).collect())),
    }
}

/// The org of a name in the Salesforce CLI's store alone.
///
/// Errors: `unknown-org` for one that is not there or does not log in by JWT.
pub fn find_in_store(name: &str, store: &SfStore) -> Result<Draft> {
    match store.org(name) {
        Some(org) if org.is_jwt() => Ok(org.draft(name)),
        Some(org) => {
            let what = format!("the Salesforce CLI's org {} does not log in by JWT", org.username());
            Err(Error::new(Reason::UnknownOrg, what).field("org").hint(
                "only orgs of `sf org login jwt` have a private key that can be used here; `sf-jwt orgs add` describes another",
            ))
        }
        None if !store.is_alias(name) => Err(unknown(name, usable(store).collect())),
        None => Err(Error::new(
            Reason::UnknownOrg,
            "the Salesforce CLI has an alias of this name, but no such org any more",
        )
        .field("org")
        .hint("log in again with `sf org login jwt`, or remove the alias with `sf alias unset`")),
    }
}

/// The error for a name that none of the `known` orgs has, with one that is near.
pub(crate) fn unknown(name: &str, mut known: Vec<&str>) -> Error {
    // no name has the ! of an access token; a JSON Web Token may look like one
    let what = match super::config::is_name(name) && !name.starts_with("eyJ") {
        true => format!("no org `{name}` is configured"),
        false => "no org of this name is configured".to_owned(),
    };
    let near = nearest(name, known.iter().copied()).map(str::to_owned);
    known.truncate(20);
    Error::new(Reason::UnknownOrg, what).field("org").hint(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "no orgs are configured; `sf-jwt orgs add` adds one".to_owned(),
        None => format!("configured are: {}", known.join(", ")),
    })
}

/// The names of a store's orgs that can be used.
fn usable(store: &SfStore) -> impl Iterator<Item = &str> {
    store.orgs().iter().filter(|org| org.is_jwt()).flat_map(|org| store.names(org))
}

/// The error when nothing says which org.
pub fn no_org() -> Error {
    Error::new(Reason::NoOrg, "no org was given").field("org").hint(
        "name a configured one with --org or SF_JWT_ORG, or describe it with --client-id, --username, --login-url \
         and --key; `sf-jwt orgs list` shows the configured ones",
    )
}

/// The draft of the connection variables, and whether both variables for the key are set.
fn connection_variables(variables: Variables) -> (Draft, bool) {
    fn given<T: From<String>>(variables: Variables, field: Field) -> Option<Given<T>> {
        let name = field.variable()?;
        variables(name).map(|value| Given::new(value.into(), Origin::Variable(name)))
    }
    let reference = |field| given(variables, field).map(|given| (Reference::Uri(given.value), given.origin));
    let pem = || {
        let source = Reference::Source(KeySource::env(PRIVATE_KEY_VARIABLE));
        variables(PRIVATE_KEY_VARIABLE).map(|_| (source, Origin::Variable(PRIVATE_KEY_VARIABLE)))
    };
    let key = reference(Field::Key);
    let both = key.is_some() && pem().is_some();
    let draft = Draft {
        client_id: given(variables, Field::ClientId),
        username: given(variables, Field::Username),
        login_url: given(variables, Field::LoginUrl),
        audience: given(variables, Field::Audience),
        key: key.or_else(pem).map(|(value, origin)| Given::new(value, origin)),
        passphrase: given(variables, Field::Passphrase).map(|g| Given::new(Reference::Uri(g.value), g.origin)),
        ..Draft::default()
    };
    (draft, both)
}

/// Warnings about connection variables that do not apply to a named org.
fn ignored(flags: &Draft, variables: Variables) -> Vec<Warning> {
    let given: Vec<Field> = flags.given().into_iter().map(|(field, _)| field).collect();
    let by_field = Field::ALL.iter().filter(|f| !given.contains(f)).filter_map(|f| f.variable());
    let all = by_field.chain((!given.contains(&Field::Key)).then_some(PRIVATE_KEY_VARIABLE));
    all.filter(|name| variables(name).is_some()).map(|name| not_used(name, "the org is a configured one")).collect()
}

fn not_used(variable: &str, why: &str) -> Warning {
    Warning::new("ignored-variable", format!("{variable} is set but not used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn flags(fields: &[Field]) -> Draft {
        let text = |field| fields.contains(&field).then(|| Given::new("flag".to_owned(), Origin::Flag));
        let key = fields.contains(&Field::Key).then(|| Reference::Uri("flag".to_owned().into()));
        Draft {
            client_id: text(Field::ClientId),
            username: text(Field::Username),
            login_url: text(Field::LoginUrl),
            key: key.map(|key| Given::new(key, Origin::Flag)),
            ..Draft::default()
        }
    }

    const WHOLE: [Field; 4] = [Field::ClientId, Field::Username, Field::LoginUrl, Field::Key];

    /// `named NAME`, `project`, `unnamed FIELDS` (`*` by flag), `global`; then the variables that are ignored.
    fn chosen(org: Option<&str>, project_org: bool, fields: &[Field], set: &[&str]) -> String {
        let asked = Asked { org: org.map(str::to_owned), project_org, flags: flags(fields) };
        let variables =
            |name: &str| set.contains(&name).then(|| if name == ORG_VARIABLE { "env" } else { "x" }.to_owned());
        let ignored = |warnings: Vec<Warning>| {
            let names: Vec<String> = warnings.iter().map(|w| w.message.split(' ').next().unwrap().to_owned()).collect();
            if names.is_empty() { String::new() } else { format!(" -{}", names.join(" -")) }
        };
        match choose(&asked, &variables).unwrap() {
            Choice::Named(name, warnings) => format!("named {name}{}", ignored(warnings)),
            Choice::ProjectTarget(warnings) => format!("project{}", ignored(warnings)),
            Choice::GlobalTarget => "global".to_owned(),
            Choice::Unnamed(draft, warnings) => {
                let mark = |origin: &Origin| if *origin == Origin::Flag { "*" } else { "" };
                let fields: Vec<String> =
                    draft.given().iter().map(|(f, o)| format!("{}{}", f.name(), mark(o))).collect();
                format!("unnamed {}{}", fields.join(" "), ignored(warnings))
            }
        }
    }

    #[test]
    fn which_org_is_meant() {
        use Field::*;
        let key = "SF_JWT_KEY";
        assert_eq!(chosen(None, false, &[], &[]), "global");
        assert_eq!(chosen(Some("acme"), false, &[], &[ORG_VARIABLE]), "named acme");
        assert_eq!(
            chosen(Some("acme"), false, &[], &[key, "SF_JWT_AUDIENCE"]),
            "named acme -SF_JWT_AUDIENCE -SF_JWT_KEY"
        );
        assert_eq!(chosen(Some("acme"), false, &[Key], &[key, PRIVATE_KEY_VARIABLE]), "named acme");
        assert_eq!(chosen(Some("acme"), false, &[], &[PRIVATE_KEY_VARIABLE]), "named acme -SF_JWT_PRIVATE_KEY");
        assert_eq!(chosen(None, false, &[Key], &[ORG_VARIABLE]), "named env");
        assert_eq!(
            chosen(None, false, &WHOLE, &[ORG_VARIABLE]),
            "unnamed client-id* username* login-url* key* -SF_JWT_ORG"
        );
        assert_eq!(chosen(None, false, &[Username], &["SF_JWT_USERNAME", key]), "unnamed username* key");
        assert_eq!(chosen(None, false, &[], &[key, PRIVATE_KEY_VARIABLE]), "unnamed key -SF_JWT_PRIVATE_KEY");
        assert_eq!(chosen(None, false, &[], &[PRIVATE_KEY_VARIABLE]), "unnamed key");
        assert_eq!(chosen(None, true, &[], &[ORG_VARIABLE, key]), "project -SF_JWT_KEY");
        let both = Asked { org: Some("acme".into()), project_org: true, flags: Draft::default() };
        assert_eq!(choose(&both, &|_| None).unwrap_err().reason(), Reason::ConflictingParameters);
    }

    fn config() -> Config {
        let text = "[orgs.acme]\nusername = 'int@acme.example'\n[orgs.twin-a]\nusername='t@w.in'\n[orgs.twin-b]\nusername='t@w.in'";
        Config::parse(text.as_bytes(), Path::new("/c/orgs.toml"), true).unwrap()
    }

    fn store() -> SfStore {
        let mut store = SfStore::default();
        let org = |username: &str, rest: &str| format!(r#"{{"username":"{username}",{rest}}}"#);
        for (username, rest) in [
            ("int@acme.example", r#""privateKey":"/k""#),
            ("web@x.yz", r#""refreshToken":"e""#),
            ("only@sf.example", r#""privateKey":"/k""#),
        ] {
            assert!(store.read_org(Path::new("/x.json"), org(username, rest).as_bytes()));
        }
        assert!(store.read_aliases(
            br#"{"orgs":{"acme":"only@sf.example","web":"web@x.yz","gone":"g@o.ne","cli":"only@sf.example"}}"#
        ));
        store
    }

    #[test]
    fn names_then_aliases_then_usernames() {
        let found = |name| find(name, &config(), store).map(|draft| (draft.source.name(), draft.name.unwrap()));
        assert_eq!(found("acme").unwrap(), ("config", "acme".into()));
        assert_eq!(found("cli").unwrap(), ("salesforce-cli", "cli".into()));
        assert_eq!(found("int@acme.example").unwrap(), ("config", "acme".into()));
        assert_eq!(found("only@sf.example").unwrap(), ("salesforce-cli", "only@sf.example".into()));
        for (name, message, hint) in [
            ("web", "does not log in by JWT", "sf org login jwt"),
            ("web@x.yz", "does not log in by JWT", "sf org login jwt"),
            ("gone", "no such org any more", "sf alias unset"),
            ("t@w.in", "several configured orgs", "twin-a, twin-b"),
            ("acmee", "no org `acmee`", "did you mean `acme`?"),
            ("qqqq", "no org `qqqq`", "configured are: acme, twin-a, twin-b"),
            ("q q", "no org of this name", "configured are"),
            ("eyJhbGciOiJSUzI1NiJ9.eyJz", "no org of this name", "configured are"),
            ("00D5e000005AHE7!AQEAQ", "no org of this name", "configured are"),
        ] {
            let error = found(name).unwrap_err();
            assert_eq!(error.reason(), Reason::UnknownOrg);
            assert!(error.message().contains(message), "{error}");
            assert!(error.details().hint.as_deref().unwrap().contains(hint), "{:?}", error.details().hint);
        }
        let nothing = find("x", &Config::empty(Path::new("/c/orgs.toml")), SfStore::default).unwrap_err();
        assert!(nothing.details().hint.as_deref().unwrap().contains("sf-jwt orgs add"));
    }

    #[test]
    fn a_configured_name_needs_no_look_at_the_store() {
        assert!(find("acme", &config(), || panic!("the Salesforce CLI's files were read")).is_ok());
    }
}
