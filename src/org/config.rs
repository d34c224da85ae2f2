//! `orgs.toml`, from its bytes to drafts: strict about structure, precise about places, silent about values.
//!
//! Whether a consumer key or a username looks right is not judged here but by [`Draft::complete`], so that one
//! doubtful org neither hides the others nor escapes `verify-connection`.

use super::draft::{Draft, Reference, Source};
use super::field::{Field, Given, Origin};
use super::nearest;
use super::secrets::{self, names_a_secret, refuse_secrets};
use crate::error::{Error, Reason, Result};
use crate::oauth::assertion::RESERVED_CLAIMS;
use crate::secret::holds_secret;
use serde_json::{Map, Value as Json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use toml_edit::{Document, Item, TableLike, Value};

/// The largest configuration file that is read, in bytes: thousands of orgs.
pub const MAX_BYTES: usize = 1 << 20;

/// A read `orgs.toml`.
pub struct Config {
    file: Arc<Path>,
    defaults: Draft,
    orgs: Vec<Draft>,
}

impl Config {
    /// Reads a file's bytes. `file` is its path, for origins, errors and relative paths in it. `trusted`: the user
    /// chose the file (the default path, or `--config`), so it may name trusted hosts and commands.
    ///
    /// Errors: `invalid-config`, `invalid-field` and `secret-in-config`, naming file, line and field.
    pub fn parse(bytes: &[u8], file: &Path, trusted: bool) -> Result<Config> {
        let file: Arc<Path> = file.into();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = before.iter().filter(|b| **b == b'\n').count() + 1;
                return Err(invalid(&file, line, "not UTF-8 text").hint("save the file as UTF-8"));
            }
        };
        refuse_secrets(text, &file)?;
        let document = Document::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            // Only the parser's own words: its full display quotes the line, which may hold a secret.
            invalid(&file, line, &format!("not TOML: {}", error.message()))
        })?;
        let mut reader = Reader { file, text, trusted, table: "".into() };
        let (defaults, orgs) = reader.document(document.as_table())?;
        let orgs = orgs.into_iter().map(|org| org.over(defaults.clone())).collect();
        Ok(Config { file: reader.file, defaults, orgs })
    }

    /// No file: no orgs.
    pub fn empty(file: &Path) -> Config {
        Config { file: file.into(), defaults: Draft::default(), orgs: Vec::new() }
    }

    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// What every org says unless it says otherwise.
    pub fn defaults(&self) -> &Draft {
        &self.defaults
    }

    /// Every org, in the order of the file, with the defaults filled in.
    pub fn orgs(&self) -> &[Draft] {
        &self.orgs
    }

    /// The names of the orgs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.orgs.iter().filter_map(|org| org.name.as_deref())
    }

    /// The org of a given name.
    pub fn org(&self, name: &str) -> Option<&Draft> {
        self.orgs.iter().find(|org| org.name.as_deref() == Some(name))
    }
}

/// Whether a text can be the name of an org: up to 80 letters, digits and `- _ . @ +`, the first one a letter or
/// digit, so that names can be typed, listed with commas and shown as they are.
pub fn is_name(text: &str) -> bool {
    text.chars().count() <= 80
        && text.starts_with(char::is_alphanumeric)
        && text.chars().all(|c| c.is_alphanumeric() || "-_.@+".contains(c))
        && text != RESERVED_NAME
        && !holds_secret(text) // a JWT, pasted
}

/// What is accepted as a name, for people.
pub const ACCEPTED_NAMES: &str =
    "up to 80 letters, digits and - _ . @ +, beginning with a letter or digit; not `configured`";

/// `serve --orgs configured` means all of them.
const RESERVED_NAME: &str = "configured";

/// One table at a time on its way from TOML to a draft.
struct Reader<'a> {
    file: Arc<Path>,
    text: &'a str,
    trusted: bool,
    table: Arc<str>,
}

impl Reader<'_> {
    fn document(&mut self, root: &dyn TableLike) -> Result<(Draft, Vec<Draft>)> {
        let (mut defaults, mut orgs) = (Draft::default(), Vec::new());
        for (key, item) in root.iter() {
            let line = self.line(root, key);
            match key {
                "defaults" => {
                    self.table = key.into();
                    defaults = self.draft(self.table_of(item, "`defaults`", line)?)?;
                }
                "orgs" => {
                    let all = self.table_of(item, "`orgs`", line)?;
                    for (name, item) in all.iter() {
                        orgs.push(self.org(name, item, self.line(all, name))?);
                    }
                }
                _ => {
                    let error =
                        invalid(&self.file, line, &format!("{} is not known at the top of the file", shown(key)));
                    let meant = nearest(key, ["defaults", "orgs"]).map(|name| match name {
                        "orgs" => "did you mean [orgs.NAME]? ",
                        _ => "did you mean [defaults]? ",
                    });
                    let hint = "a file has [defaults] and [orgs.NAME] tables";
                    return Err(error.field(shown_bare(key)).hint(format!("{}{hint}", meant.unwrap_or_default())));
                }
            }
        }
        Ok((defaults, orgs))
    }

    fn org(&mut self, name: &str, item: &Item, line: usize) -> Result<Draft> {
        if !is_name(name) {
            let error = invalid(&self.file, line, &format!("{} is not a name for an org", shown(name)));
            return Err(error.field("orgs").hint(format!("accepted: {ACCEPTED_NAMES}")));
        }
        self.table = format!("orgs.{name}").into();
        let table = self.table_of(item, &format!("`{}`", self.table), line).map_err(|error| {
            // `[orgs]` followed by fields: the name was forgotten.
            match Field::from_name(name) {
                Some(_) => error.hint("fields stand in [defaults] or in [orgs.NAME]"),
                None => error,
            }
        })?;
        let source = Source::Config(Arc::clone(&self.file));
        Ok(Draft { name: Some(name.to_owned()), source, ..self.draft(table)? })
    }

    fn draft(&self, table: &dyn TableLike) -> Result<Draft> {
        let mut draft = Draft::default();
        for (key, item) in table.iter() {
            let line = self.line(table, key);
            let field = Field::from_name(key).ok_or_else(|| self.unknown(key, line))?;
            let origin = Origin::Config {
                file: Arc::clone(&self.file),
                table: Arc::clone(&self.table),
                line,
                trusted: self.trusted,
            };
            self.set(&mut draft, field, item, origin)?;
        }
        Ok(draft)
    }

    fn set(&self, draft: &mut Draft, field: Field, item: &Item, origin: Origin) -> Result<()> {
        let wrong = |what: &str| field.invalid(&origin, what);
        let text = || item.as_str().map(str::to_owned).ok_or_else(|| wrong("is not a string"));
        let texts = || words(item).ok_or_else(|| wrong("is not a list of strings"));
        macro_rules! set {
            ($member:ident, $value:expr) => {{
                let value = $value;
                draft.$member = Some(Given::new(value, origin));
            }};
        }
        match field {
            Field::ClientId => set!(client_id, text()?),
            Field::Username => set!(username, text()?),
            Field::LoginUrl => set!(login_url, text()?),
            Field::Audience => set!(audience, text()?),
            Field::Key => set!(key, reference(item).ok_or_else(|| wrong(NO_REFERENCE))?),
            Field::Passphrase => set!(passphrase, reference(item).ok_or_else(|| wrong(NO_REFERENCE))?),
            Field::Certificate => set!(certificate, text()?),
            Field::OrgId => set!(org_id, text()?),
            Field::AppKind => set!(app_kind, text()?),
            Field::AppId => set!(app_id, text()?),
            Field::AppOrgId => set!(app_org_id, text()?),
            Field::PackageId => set!(package_id, text()?),
            Field::TokenLifetime => set!(token_lifetime, {
                let text = item.as_str().ok_or_else(|| wrong("is not a string with a duration"))?;
                duration(text).ok_or_else(|| wrong("is not a duration"))?
            }),
            Field::Tags => set!(tags, texts()?),
            Field::Claims => set!(claims, {
                let table = item.as_table_like().ok_or_else(|| wrong("is not a table"))?;
                claims(table).map_err(|what| wrong(&what))?
            }),
            Field::TrustedHosts => set!(trusted_hosts, texts()?),
            Field::Proxy => set!(proxy, text()?.into()),
            Field::CaFile => set!(ca_file, text()?),
            Field::MaxLoginsPerHour => set!(max_logins_per_hour, {
                let number = item.as_integer().and_then(|n| u64::try_from(n).ok());
                number.ok_or_else(|| wrong("is not a whole number"))?
            }),
        }
        Ok(())
    }

    fn table_of<'t>(&self, item: &'t Item, what: &str, line: usize) -> Result<&'t dyn TableLike> {
        item.as_table_like().ok_or_else(|| invalid(&self.file, line, &format!("{what} is not a table")))
    }

    fn unknown(&self, key: &str, line: usize) -> Error {
        if names_a_secret(key) {
            return secrets::refusal(&self.file, line, "a field for a secret").field(shown_bare(key));
        }
        let hint = match nearest(&kebab(key), Field::ALL.iter().map(|f| f.name()).chain(SYNONYMS.map(|s| s.0))) {
            Some(name) => {
                format!("did you mean `{}`?", SYNONYMS.iter().find(|s| s.0 == name).map_or(name, |s| s.1.name()))
            }
            None => format!("known fields: {}", Field::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(" ")),
        };
        let what = format!("{} is not a field of an org, in [{}]", shown(key), self.table);
        invalid(&self.file, line, &what).field(shown_bare(key)).hint(hint)
    }

    fn line(&self, table: &dyn TableLike, key: &str) -> usize {
        let item = || table.get(key).and_then(Item::span);
        table.key(key).and_then(toml_edit::Key::span).or_else(item).map_or(1, |span| line_of(self.text, span.start))
    }
}

/// Names that others use for our fields.
const SYNONYMS: [(&str, Field); 8] = [
    ("consumer-key", Field::ClientId),
    ("user", Field::Username),
    ("instance-url", Field::LoginUrl),
    ("my-domain", Field::LoginUrl),
    ("aud", Field::Audience),
    ("private-key", Field::Key),
    ("key-file", Field::Key),
    ("cert", Field::Certificate),
];

const NO_REFERENCE: &str = "is neither a string nor a list of strings";

fn reference<S>(item: &Item) -> Option<Reference<S>> {
    let uri = item.as_str().map(|uri| Reference::Uri(uri.to_owned().into()));
    uri.or_else(|| words(item).map(Reference::Words))
}

fn words(item: &Item) -> Option<Vec<String>> {
    item.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}

/// A duration as people write it: `60s`, `10m`, `1h 30m`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

fn claims(table: &dyn TableLike) -> Result<Map<String, Json>, String> {
    if let Some(reserved) = RESERVED_CLAIMS.iter().find(|name| table.contains_key(name)) {
        return Err(format!("may not set `{reserved}`"));
    }
    table.iter().map(|(name, item)| Ok((name.to_owned(), json_item(item)?))).collect()
}

fn json_item(item: &Item) -> Result<Json, String> {
    match (item.as_value(), item.as_table_like(), item.as_array_of_tables()) {
        (Some(value), ..) => json(value),
        (_, Some(table), _) => json_table(table),
        (.., Some(tables)) => tables.iter().map(|t| json_table(t)).collect::<Result<_, _>>().map(Json::Array),
        _ => Ok(Json::Null),
    }
}

fn json_table(table: &dyn TableLike) -> Result<Json, String> {
    table.iter().map(|(k, v)| Ok((k.to_owned(), json_item(v)?))).collect::<Result<_, String>>().map(Json::Object)
}

fn json(value: &Value) -> Result<Json, String> {
    Ok(match value {
        Value::String(text) => Json::from(text.value().as_str()),
        Value::Integer(number) => Json::from(*number.value()),
        Value::Float(number) if number.value().is_finite() => Json::from(*number.value()),
        Value::Float(_) => return Err("has a number that JSON cannot hold".to_owned()),
        Value::Boolean(truth) => Json::from(*truth.value()),
        Value::Datetime(_) => return Err("has a date, which JSON does not know: write a string or a number".to_owned()),
        Value::Array(items) => Json::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Value::InlineTable(table) => json_table(table)?,
    })
}

fn invalid(file: &Path, line: usize, what: &str) -> Error {
    Error::new(Reason::InvalidConfig, format!("{what} ({}, line {line})", file.display()))
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

/// A key of the file in an error: shown when it can be a name, else only spoken of.
fn shown(key: &str) -> String {
    if is_showable(key) { format!("`{key}`") } else { "a key".to_owned() }
}

fn shown_bare(key: &str) -> &str {
    if is_showable(key) { key } else { "?" }
}

fn is_showable(key: &str) -> bool {
    (1..=40).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// `clientId`, `client_id` → `client-id`.
fn kebab(key: &str) -> String {
    let mut kebab = String::new();
    for c in key.chars().take(60) {
        if c.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
    }
    kebab
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: impl AsRef<[u8]>) -> Result<Config> {
        Config::parse(text.as_ref(), Path::new("/c/orgs.toml"), true)
    }

    fn refused(text: impl AsRef<[u8]>) -> Error {
        parse(text).err().expect("a refusal")
    }

    const WHOLE: &str = r#"
[defaults]                       # for all of them
key = "file:~/keys/service-a.key"
token-lifetime = "5m"
[orgs.acme]
client-id   = "3MVG9x"
username    = "integration@acme.example"
login-url   = "https://acme.my.salesforce.com"
audience    = "https://acme.my.salesforce.com"
key         = ["signer:pkcs11", "a b"]
passphrase  = "env:ACME_KEY_PASSPHRASE"
certificate = "~/keys/acme.crt"
org-id      = "00D5e000005AHE7"
app-kind    = "connected-app"
app-id      = "0Ci5e000000bn6b"
app-org-id  = "00D5e000005AHE7"
package-id  = "04t000000000001"
token-lifetime = "10m"
tags        = ["prod"]
claims      = { n = 1, list = [true, 1.5, { a = "b" }] }
trusted-hosts = ["sso.acme.example"]
proxy = "http://proxy:3128"
ca-file = "ca.pem"
max-logins-per-hour = 100
[orgs."b@c.d"]
orgs = "no"
"#;

    #[test]
    fn every_field_with_its_origin_and_the_defaults_below() {
        let config = parse(WHOLE.replace("orgs = \"no\"", "username = 'x@y.z'")).unwrap();
        let names: Vec<_> = config.orgs().iter().map(|org| org.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["acme", "b@c.d"]);
        let acme = config.org("acme").unwrap();
        assert_eq!(acme.given().len(), Field::ALL.len());
        assert_eq!(acme.source, Source::Config(Path::new("/c/orgs.toml").into()));
        let lifetime = acme.token_lifetime.as_ref().unwrap();
        assert_eq!(lifetime.value, Duration::from_secs(600));
        assert_eq!(lifetime.origin.to_string(), "/c/orgs.toml, line 18, [orgs.acme]");
        assert_eq!(
            Json::Object(acme.claims.clone().unwrap().value),
            serde_json::json!({"n": 1, "list": [true, 1.5, {"a": "b"}]})
        );
        assert!(matches!(&acme.key.as_ref().unwrap().value, Reference::Words(words) if words.len() == 2));
        let other = config.org("b@c.d").unwrap();
        assert_eq!(other.token_lifetime.as_ref().unwrap().origin.to_string(), "/c/orgs.toml, line 4, [defaults]");
        assert!(
            matches!(&other.key.as_ref().unwrap().value, Reference::Uri(uri) if uri.expose().contains("service-a"))
        );
        assert!(config.org("none").is_none());
    }

    #[test]
    fn an_empty_file_has_no_orgs() {
        for text in ["", "\u{feff}", "# only a comment\n", "[defaults]\n[orgs]\n"] {
            assert_eq!(parse(text).unwrap().orgs().len(), 0);
        }
    }

    #[test]
    fn refusals_name_place_and_field_and_what_is_accepted() {
        let table: [(&str, Reason, &str, &str); 24] = [
            ("[orgs.a]\nclientid = 'x'", Reason::InvalidConfig, "line 2", "did you mean `client-id`?"),
            ("[orgs.a]\nkye = 'x'", Reason::InvalidConfig, "line 2", "did you mean `key`?"),
            ("[default]\nkey = 'x'", Reason::InvalidConfig, "line 1", "did you mean [defaults]?"),
            ("[orgs.a]\n\nloginUrl = 'x'", Reason::InvalidConfig, "line 3", "did you mean `login-url`?"),
            ("[orgs.a]\nconsumer_key = 'x'", Reason::InvalidConfig, "`consumer_key`", "did you mean `client-id`?"),
            ("[orgs.a]\nprivateKey = 'file:x'", Reason::InvalidConfig, "line 2", "did you mean `key`?"),
            ("[defaults]\nqqq = 1", Reason::InvalidConfig, "[defaults]", "known fields: client-id username"),
            ("[org.a]\nusername = 'x'", Reason::InvalidConfig, "`org`", "[orgs.NAME]"),
            ("username = 'x@y.z'", Reason::InvalidConfig, "line 1", "[orgs.NAME]"),
            ("[orgs]\nusername = 'x@y.z'", Reason::InvalidConfig, "`orgs.username` is not a table", "[orgs.NAME]"),
            ("orgs = 1", Reason::InvalidConfig, "`orgs` is not a table", ""),
            ("[[orgs]]\n", Reason::InvalidConfig, "`orgs` is not a table", ""),
            ("[orgs.'a,b']\n", Reason::InvalidConfig, "name for an org", "80 letters"),
            ("[orgs.configured]\n", Reason::InvalidConfig, "`configured`", "80 letters"),
            (
                "[orgs.a]\nusername = 7",
                Reason::InvalidField,
                "username is not a string (/c/orgs.toml, line 2, [orgs.a])",
                "name@",
            ),
            ("[orgs.a]\ntags = ['a', 1]", Reason::InvalidField, "tags is not a list of strings", "a list of words"),
            ("[orgs.a]\nkey = 1", Reason::InvalidField, "key is neither", "file:PATH"),
            ("[orgs.a]\ntoken-lifetime = 600", Reason::InvalidField, "is not a string with a duration", "10m"),
            ("[orgs.a]\ntoken-lifetime = '600'", Reason::InvalidField, "is not a duration", "10m"),
            ("[orgs.a]\nmax-logins-per-hour = -1", Reason::InvalidField, "is not a whole number", "3600"),
            ("[orgs.a]\nclaims = { d = 2026-01-01 }", Reason::InvalidField, "a date", "extra claims"),
            ("[orgs.a]\n[orgs.a.claims]\nx = nan", Reason::InvalidField, "JSON cannot hold", ""),
            (
                "[orgs.a]\nusername = 'a'\nusername = 'b'",
                Reason::InvalidConfig,
                "not TOML: duplicate key (/c/orgs.toml, line 3)",
                "",
            ),
            ("[orgs.a]\nusername = \"a\n", Reason::InvalidConfig, "line 2", ""),
        ];
        for (text, reason, message, hint) in table {
            let error = refused(text);
            assert_eq!(error.reason(), reason, "{text}: {error}");
            assert!(error.message().contains(message), "{text}: {error}");
            assert!(error.message().contains("/c/orgs.toml"), "{text}: {error}");
            let said = error.details().hint.as_deref().unwrap_or_default();
            assert!(said.contains(hint), "{text}: {said}");
        }
        for claim in RESERVED_CLAIMS {
            let error = refused(format!("[orgs.a]\nclaims = {{ {claim} = 1 }}"));
            assert!(error.message().contains(&format!("may not set `{claim}`")), "{error}");
        }
        assert!(refused(b"[orgs.a]\nusername = '\xff'").message().contains("not UTF-8 text (/c/orgs.toml, line 2)"));
    }

    #[test]
    fn no_refusal_quotes_a_value() {
        for text in [
            "[orgs.a]\nusername = \"SENTINEL",
            "[orgs.a]\nusername = SENTINEL",
            "[orgs.a]\nusername = ['SENTINEL']",
            "[orgs.a]\ntoken-lifetime = 'SENTINEL'",
            "[orgs.a]\n'SENTINEL SENTINEL' = 1",
            "[orgs.'SENTINEL SENTINEL']",
            "SENTINEL",
        ] {
            let error = refused(text);
            assert!(!format!("{error:?}").contains("SENTINEL"), "{error:?}");
        }
    }

    #[test]
    fn names() {
        for good in ["acme", "a", "ACME-1.prod_x", "int@acme.example", "école", "東京"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-a", ".a", "a b", "a,b", "a/b", "a\u{202e}b", "a\n", "configured", &"a".repeat(81)] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let _ = parse(bytes);
        }

        #[test]
        fn any_lines_are_read_or_refused(lines in proptest::collection::vec(
            "(\\[orgs\\.a\\]|\\[defaults\\]|key = |claims\\.x = |username = )?[\"'\\[{]?\\PC{0,12}[\"'\\]}]?", 0..6)) {
            let _ = parse(lines.join("\n"));
        }
    }
}
