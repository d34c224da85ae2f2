//! The Salesforce CLI's files, read only: its orgs that log in by JWT can be used as they are, because everything
//! but the access token stands in them plainly (`@salesforce/core`: authInfo, stateAggregator, config).
//!
//! `~/.sfdx/USERNAME.json` is one org; `privateKey` without `refreshToken` makes it a JWT org. `~/.sfdx/alias.json`
//! names them; `target-org` is in `.sf/config.json` of the project or the home folder, and was `defaultusername` in
//! `.sfdx/sfdx-config.json`.

use super::draft::{Draft, Reference, Source};
use super::field::{Given, Origin};
use crate::app::host_form::{HostForm, host_form};
use crate::key::source::KeySource;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The folder below home with orgs and aliases.
pub const ORGS_FOLDER: &str = ".sfdx";
/// The aliases, in [`ORGS_FOLDER`].
pub const ALIASES_FILE: &str = "alias.json";
/// Files below a project or home that may name the target org, the present one first.
pub const TARGET_ORG_FILES: [&str; 2] = [".sf/config.json", ".sfdx/sfdx-config.json"];
/// Variables that name the target org, the present one first.
pub const TARGET_ORG_VARIABLES: [&str; 2] = ["SF_TARGET_ORG", "SFDX_DEFAULTUSERNAME"];
/// What marks the top folder of a project.
pub const PROJECT_FILE: &str = "sfdx-project.json";
/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// The orgs of the Salesforce CLI.
#[derive(Clone, Debug, Default)]
pub struct SfStore {
    orgs: Vec<SfOrg>,
    aliases: BTreeMap<String, String>,
}

/// One org of the Salesforce CLI.
#[derive(Clone, Debug)]
pub struct SfOrg {
    file: Arc<Path>,
    username: String,
    fields: Fields,
}

/// What matters in `USERNAME.json`. Of tokens only whether there is one.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    username: Option<String>,
    org_id: Option<String>,
    login_url: Option<String>,
    instance_url: Option<String>,
    client_id: Option<String>,
    private_key: Option<String>,
    refresh_token: Option<IgnoredAny>,
}

impl SfStore {
    /// Takes up the aliases. `false` when the bytes are not such a file.
    pub fn read_aliases(&mut self, bytes: &[u8]) -> bool {
        #[derive(Deserialize)]
        struct Aliases {
            #[serde(default)]
            orgs: BTreeMap<String, String>,
        }
        let aliases = serde_json::from_slice::<Aliases>(bytes);
        aliases.map(|aliases| self.aliases = aliases.orgs).is_ok()
    }

    /// Takes up one org. `false` when the bytes are not such a file.
    pub fn read_org(&mut self, file: &Path, bytes: &[u8]) -> bool {
        let Ok(fields) = serde_json::from_slice::<Fields>(bytes) else { return false };
        let stem = file.file_stem().and_then(|stem| stem.to_str());
        let Some(username) = fields.username.clone().or_else(|| stem.map(str::to_owned)) else { return false };
        self.orgs.push(SfOrg { file: file.into(), username, fields });
        true
    }

    /// The orgs, in the order they were read.
    pub fn orgs(&self) -> &[SfOrg] {
        &self.orgs
    }

    /// Whether a name is an alias.
    pub fn is_alias(&self, name: &str) -> bool {
        self.aliases.contains_key(name)
    }

    /// The org of an alias or, failing that, of a username.
    pub fn org(&self, name: &str) -> Option<&SfOrg> {
        let username = self.aliases.get(name).map_or(name, String::as_str);
        self.orgs.iter().find(|org| org.username == username)
    }

    /// The names by which an org can be asked for: its aliases, or its username when it has none.
    pub fn names<'a>(&'a self, org: &'a SfOrg) -> Vec<&'a str> {
        let aliases = self.aliases.iter().filter(|(_, username)| **username == org.username);
        let aliases: Vec<&str> = aliases.map(|(alias, _)| alias.as_str()).collect();
        if aliases.is_empty() { vec![&org.username] } else { aliases }
    }
}

impl SfOrg {
    /// Whether it logs in by JWT: a private key and no refresh token, as `@salesforce/core` judges.
    pub fn is_jwt(&self) -> bool {
        self.fields.private_key.is_some() && self.fields.refresh_token.is_none()
    }

    /// The username.
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The org as a draft. Its host is `instanceUrl` when that is a My Domain, else `loginUrl`, which need not be
    /// the host that worked: the CLI falls back to others. The key is always a file, whatever its path looks like.
    pub fn draft(&self, name: &str) -> Draft {
        let origin = Origin::SalesforceCli(Arc::clone(&self.file));
        let given = |value: &Option<String>| value.clone().map(|value| Given::new(value, origin.clone()));
        let is_my_domain = |url: &&String| {
            let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(host_form));
            matches!(host, Some(HostForm::MyDomain(_)))
        };
        let instance_url = self.fields.instance_url.as_ref().filter(is_my_domain).cloned();
        let key = self.fields.private_key.as_ref().map(|path| Reference::Source(KeySource::file(path)));
        Draft {
            name: Some(name.to_owned()),
            source: Source::SalesforceCli(Arc::clone(&self.file)),
            client_id: given(&self.fields.client_id),
            username: Some(Given::new(self.username.clone(), origin.clone())),
            login_url: given(&instance_url.or_else(|| self.fields.login_url.clone())),
            key: key.map(|key| Given::new(key, origin.clone())),
            org_id: given(&self.fields.org_id),
            ..Draft::default()
        }
    }
}

/// Whether a file of [`ORGS_FOLDER`] with this name is an org (the CLI's own pattern:
/// `^[^.][^@]*@[^.]+(\.[^.\s]+)+\.json$`).
pub fn is_org_file(name: &str) -> bool {
    let Some(username) = name.strip_suffix(".json") else { return false };
    let Some((local, domain)) = username.split_once('@') else { return false };
    let mut labels = domain.split('.');
    !local.is_empty()
        && !local.starts_with('.')
        && labels.next().is_some_and(|first| !first.is_empty())
        && domain.contains('.')
        && labels.all(|label| !label.is_empty() && !label.contains(char::is_whitespace))
}

/// The target org that a file of [`TARGET_ORG_FILES`] names.
pub fn target_org(bytes: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct File {
        #[serde(rename = "target-org")]
        target_org: Option<String>,
        defaultusername: Option<String>,
    }
    let file = serde_json::from_slice::<File>(bytes).ok()?;
    file.target_org.or(file.defaultusername).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = r#"{"accessToken":"0123abcd:ef","clientId":"3MVG9x","instanceUrl":"https://acme.my.salesforce.com",
        "loginUrl":"https://login.salesforce.com","orgId":"00D5e000005AHE7EAO","privateKey":"/k/acme.key",
        "username":"int@acme.example","isDevHub":false,"isScratch":false,"tracksSource":null,"clientApps":{}}"#;

    fn store(json: &str) -> SfStore {
        let mut store = SfStore::default();
        assert!(store.read_org(Path::new("/h/.sfdx/int@acme.example.json"), json.as_bytes()));
        assert!(
            store.read_aliases(br#"{"orgs":{"acme":"int@acme.example","prod":"int@acme.example","gone":"a@b.c"}}"#)
        );
        store
    }

    fn values(draft: &Draft) -> [Option<&str>; 4] {
        [&draft.client_id, &draft.username, &draft.login_url, &draft.org_id]
            .map(|field| field.as_ref().map(|given| given.value.as_str()))
    }

    #[test]
    fn a_jwt_org_by_alias_and_by_username() {
        let store = store(JWT);
        for name in ["acme", "prod", "int@acme.example"] {
            let org = store.org(name).unwrap();
            assert!(org.is_jwt());
            let draft = org.draft(name);
            assert_eq!(draft.name.as_deref(), Some(name));
            let host = "https://acme.my.salesforce.com";
            assert_eq!(
                values(&draft),
                [Some("3MVG9x"), Some("int@acme.example"), Some(host), Some("00D5e000005AHE7EAO")]
            );
            assert!(matches!(draft.key.unwrap().value, Reference::Source(key) if key.label() == "file:/k/acme.key"));
        }
        assert_eq!(store.names(&store.orgs()[0]), ["acme", "prod"]);
        assert!(store.org("gone").is_none() && store.org("other").is_none());
    }

    #[test]
    fn the_host_is_the_instance_only_when_that_is_a_my_domain() {
        for (instance, expected) in [
            ("https://acme--qa.sandbox.my.salesforce.com", "https://acme--qa.sandbox.my.salesforce.com"),
            ("https://na35.salesforce.com", "https://login.salesforce.com"),
            ("https://acme.lightning.force.com", "https://login.salesforce.com"),
            ("http://127.0.0.1:4711", "https://login.salesforce.com"),
            ("not a url", "https://login.salesforce.com"),
        ] {
            let json = JWT.replace("https://acme.my.salesforce.com", instance);
            assert_eq!(values(&store(&json).orgs()[0].draft("x"))[2], Some(expected), "{instance}");
        }
    }

    #[test]
    fn orgs_that_log_in_otherwise_are_known_but_not_by_jwt() {
        let web = JWT.replace("\"privateKey\":\"/k/acme.key\"", "\"refreshToken\":\"0123:ab\"");
        assert!(!store(&web).orgs()[0].is_jwt());
        let both = JWT.replace("\"username\"", "\"refreshToken\":\"0123:ab\",\"username\"");
        assert!(!store(&both).orgs()[0].is_jwt());
        let null = JWT.replace("\"username\"", "\"refreshToken\":null,\"username\"");
        assert!(store(&null).orgs()[0].is_jwt());
    }

    #[test]
    fn a_key_path_is_never_a_uri() {
        let draft = store(&JWT.replace("/k/acme.key", "signer:touch /tmp/x")).orgs()[0].draft("x");
        assert!(
            matches!(draft.key.unwrap().value, Reference::Source(key) if key.label() == "file:signer:touch /tmp/x")
        );
    }

    #[test]
    fn which_files_are_orgs() {
        for (name, expected) in [
            ("int@acme.example.json", true),
            ("a.b+c@acme.co.uk.json", true),
            ("alias.json", false),
            ("key.json", false),
            ("00D5e000005AHE7EAO.sandbox.json", false),
            (".x@acme.example.json", false),
            ("int@acme.json", false),
            ("int@acme..x.json", false),
            ("int@acme.example.txt", false),
        ] {
            assert_eq!(is_org_file(name), expected, "{name}");
        }
    }

    #[test]
    fn target_orgs_present_and_legacy() {
        assert_eq!(target_org(br#"{"target-org":"acme","target-dev-hub":"hub"}"#).as_deref(), Some("acme"));
        assert_eq!(target_org(br#"{"defaultusername":"a@b.c"}"#).as_deref(), Some("a@b.c"));
        for none in [&b"{}"[..], b"", b"[]", br#"{"target-org":""}"#, br#"{"target-org":7}"#] {
            assert_eq!(target_org(none), None);
        }
    }

    #[test]
    fn damaged_files_are_not_orgs() {
        let mut store = SfStore::default();
        for bytes in [&b""[..], b"[]", b"{\"username\":1}", b"\xff", b"null"] {
            assert!(!store.read_org(Path::new("/x@y.z.json"), bytes));
        }
        assert!(!store.read_aliases(b"[1]"));
    }
}
