//! `orgs.toml` changed as a person would: one table comes or goes, and every comment, blank line and order of the
//! rest stays.

use super::draft::{Draft, Reference};
use super::field::Field;
use crate::error::{Error, Reason, Result};
use crate::key::source::{KeySource, Location, PassphraseSource};
use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

/// The text with a further org at its end. `org` has a name that is not taken, and holds nothing that cannot be
/// written down: no key by value, no standard input.
///
/// Errors: `invalid-config` for a text that is not TOML, `internal` for a value that has no written form.
pub fn add(text: &str, org: &Draft) -> Result<String> {
    let mut document = read(text)?;
    let end = document.trailing().as_str().unwrap_or_default().to_owned();
    let name = org.name.as_deref().unwrap_or_default();
    let mut table = Table::new();
    for (field, _) in org.given() {
        table.insert(field.name(), Item::Value(value(org, field)?));
    }
    let orgs = document.entry("orgs").or_insert_with(|| {
        let mut orgs = Table::new();
        orgs.set_implicit(true);
        Item::Table(orgs)
    });
    match orgs {
        Item::Table(orgs) => {
            // What stands at the end of the file stays above the new table.
            let blank = if text.trim().is_empty() { "" } else { "\n" };
            table.decor_mut().set_prefix(format!("{end}{blank}"));
            orgs.insert(name, Item::Table(table));
            document.set_trailing("");
        }
        Item::Value(Value::InlineTable(orgs)) => {
            orgs.insert(name, Value::InlineTable(table.into_inline_table()));
        }
        _ => return Err(Error::new(Reason::InvalidConfig, "`orgs` is not a table")),
    }
    Ok(document.to_string())
}

/// The text without an org. A comment right above its table goes with it; one that stands apart, by a blank line,
/// stays.
///
/// Errors: `invalid-config` for a text that is not TOML.
pub fn remove(text: &str, name: &str) -> Result<String> {
    let mut document = read(text)?;
    let removed = document.get_mut("orgs").and_then(Item::as_table_like_mut).and_then(|orgs| orgs.remove(name));
    let Some(Item::Table(table)) = removed else { return Ok(document.to_string()) };
    let above = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
    if let Some((apart, _)) = above.rsplit_once("\n\n").filter(|(apart, _)| !apart.trim().is_empty()) {
        let kept = format!("{apart}\n");
        match table.position().and_then(|position| next_table(document.as_table_mut(), position)) {
            Some(next) => {
                let own = next.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
                let blank = if own.starts_with('\n') { "" } else { "\n" };
                let prefix = format!("{kept}{blank}{own}");
                next.decor_mut().set_prefix(prefix);
            }
            None => {
                let trailing = document.trailing().as_str().unwrap_or_default();
                let trailing = format!("{kept}{trailing}");
                document.set_trailing(trailing);
            }
        }
    }
    Ok(document.to_string())
}

fn read(text: &str) -> Result<DocumentMut> {
    // The parser's own display would quote the text.
    text.parse().map_err(|_: toml_edit::TomlError| Error::new(Reason::InvalidConfig, "the file is not TOML"))
}

/// The table whose header is the first one below a position.
fn next_table(table: &mut Table, after: isize) -> Option<&mut Table> {
    fn positions(table: &Table, found: &mut Vec<isize>) {
        found.extend(table.position().filter(|_| !table.is_implicit() && !table.is_dotted()));
        table.iter().filter_map(|(_, item)| item.as_table()).for_each(|table| positions(table, found));
    }
    fn at(table: &mut Table, position: isize) -> Option<&mut Table> {
        if table.position() == Some(position) {
            return Some(table);
        }
        table.iter_mut().filter_map(|(_, item)| item.as_table_mut()).find_map(|table| at(table, position))
    }
    let mut found = Vec::new();
    positions(table, &mut found);
    let next = found.into_iter().filter(|position| *position > after).min()?;
    at(table, next)
}

/// A field's value in TOML.
fn value(org: &Draft, field: Field) -> Result<Value> {
    let text =
        |given: &Option<super::field::Given<String>>| given.as_ref().map(|given| Value::from(given.value.as_str()));
    let words = |words: &[String]| Value::Array(words.iter().map(String::as_str).collect::<Array>());
    let value = match field {
        Field::ClientId => text(&org.client_id),
        Field::Username => text(&org.username),
        Field::LoginUrl => text(&org.login_url),
        Field::Audience => text(&org.audience),
        Field::Key => org.key.as_ref().and_then(|given| match &given.value {
            Reference::Uri(uri) => Some(Value::from(uri.expose().as_str())),
            Reference::Words(list) => Some(words(list)),
            Reference::Source(KeySource::Stored(location)) => stored(location),
            Reference::Source(_) => None,
        }),
        Field::Passphrase => org.passphrase.as_ref().and_then(|given| match &given.value {
            Reference::Uri(uri) => Some(Value::from(uri.expose().as_str())),
            Reference::Words(list) => Some(words(list)),
            Reference::Source(PassphraseSource::Stored(location)) => stored(location),
            Reference::Source(_) => None,
        }),
        Field::Certificate => text(&org.certificate),
        Field::OrgId => text(&org.org_id),
        Field::AppKind => text(&org.app_kind),
        Field::AppId => text(&org.app_id),
        Field::AppOrgId => text(&org.app_org_id),
        Field::PackageId => text(&org.package_id),
        Field::TokenLifetime => {
            org.token_lifetime.as_ref().map(|given| Value::from(humantime::format_duration(given.value).to_string()))
        }
        Field::Tags => org.tags.as_ref().map(|given| words(&given.value)),
        Field::Claims => org.claims.as_ref().and_then(|given| toml(&Json::Object(given.value.clone()))),
        Field::TrustedHosts => org.trusted_hosts.as_ref().map(|given| words(&given.value)),
        Field::Proxy => org.proxy.as_ref().map(|given| Value::from(given.value.expose().as_str())),
        Field::CaFile => text(&org.ca_file),
        Field::MaxLoginsPerHour => {
            let number = org.max_logins_per_hour.as_ref().and_then(|given| i64::try_from(given.value).ok());
            number.map(Value::from)
        }
    };
    value.ok_or_else(|| Error::new(Reason::Internal, format!("{} has no written form", field.name())))
}

/// A file's path always with its scheme, so that no path is taken for another URI.
fn stored(location: &Location) -> Option<Value> {
    match location {
        Location::File(path) => path.to_str().map(|path| Value::from(format!("file:{path}"))),
        Location::Env(name) => Some(Value::from(format!("env:{name}"))),
        Location::Keychain { service, account } => Some(Value::from(format!("keychain:{service}/{account}"))),
        Location::Fd(_) | Location::Stdin | Location::Command(_) => None,
    }
}

/// JSON as TOML, which has no null.
fn toml(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => return None,
        Json::Bool(truth) => Value::from(*truth),
        Json::Number(number) => number.as_i64().map(Value::from).or_else(|| number.as_f64().map(Value::from))?,
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::Array(items.iter().map(toml).collect::<Option<Array>>()?),
        Json::Object(members) => {
            let table: Option<InlineTable> =
                members.iter().map(|(name, json)| Some((name.as_str(), toml(json)?))).collect();
            Value::InlineTable(table?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::*;
    use std::path::Path;

    fn parsed(text: &str) -> Config {
        Config::parse(text.as_bytes(), Path::new("/c/orgs.toml"), true).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    const WHOLE: &str = r#"
[orgs.new]
client-id = "3MVG9x"
username = "int@acme.example"
login-url = "https://acme.my.salesforce.com"
audience = "auto"
key = ["signer:sign", "a b"]
passphrase = "env:PASS"
certificate = "/c/a.crt"
org-id = "00D5e000005AHE7"
app-kind = "connected-app"
app-id = "0Ci5e000000bn6b"
app-org-id = "00D5e000005AHE7"
package-id = "04t000000000001"
token-lifetime = "1m 30s"
tags = ["a", "b"]
claims = { f = 1.5, l = [true, { x = "y" }], n = 1 }
trusted-hosts = ["sso.acme.example"]
proxy = "http://proxy:3128"
ca-file = "/c/ca.pem"
max-logins-per-hour = 7
"#;

    const MINE: &str = "# my orgs\n\n# for all\n[defaults] # here\nkey = 'file:k' # the key\n\n# first\n[orgs.a]\nusername='a@b.cd'\n\n\n\
        # apart\n\n# second\n[orgs.b]   # b\n  username = \"b@b.cd\"\nclaims.x = 1\n[orgs.b.claims.y]\nz = 2\n# end\n";

    #[test]
    fn every_field_is_written_as_it_is_read() {
        let config = parsed(WHOLE);
        let org = config.org("new").unwrap();
        assert_eq!(org.given().len(), Field::ALL.len());
        assert_eq!(add("", org).unwrap(), WHOLE.trim_start());
    }

    #[test]
    fn adding_changes_nothing_else() {
        let config = parsed("[orgs.new]\nusername = 'n@b.cd'");
        let new = config.org("new").unwrap();
        let added = "[orgs.new]\nusername = \"n@b.cd\"\n";
        assert_eq!(add(MINE, new).unwrap(), format!("{MINE}\n{added}"));
        for text in [
            "[orgs]\n",
            "[orgs.a]\nusername='a@b.cd'",
            "orgs.a.username = 'a@b.cd'\n",
            "orgs = { a = { username = 'a@b.cd' } }\n",
            "[orgs]\na = { username = 'a@b.cd' }\n[defaults]\naudience = 'auto'\n",
            "[orgs]\na.username = 'a@b.cd'\n",
        ] {
            let after = add(text, new).unwrap();
            let config = parsed(&after);
            assert_eq!(config.org("new").unwrap().username.as_ref().unwrap().value, "n@b.cd", "{after}");
            assert_eq!(config.org("a").is_some(), text.contains("a@b.cd"), "{after}");
            let without = remove(&after, "new").unwrap();
            assert_eq!(parsed(&without).orgs().len(), config.orgs().len() - 1, "{without}");
        }
    }

    #[test]
    fn removing_keeps_what_stands_apart() {
        let without_a = remove(MINE, "a").unwrap();
        assert_eq!(without_a, MINE.replace("\n# first\n[orgs.a]\nusername='a@b.cd'\n", ""));
        let without_b = remove(MINE, "b").unwrap();
        assert!(without_b.starts_with("# my orgs\n\n# for all\n[defaults] # here\n"), "{without_b}");
        assert!(without_b.contains("# apart\n") && without_b.contains("# end\n"), "{without_b}");
        assert!(!without_b.contains("second") && !without_b.contains("claims"), "{without_b}");
        let first = "# about this file\n\n# a's\n[orgs.a]\nusername = 'a'\n[orgs.b]\nusername = 'b'\n";
        assert_eq!(remove(first, "a").unwrap(), "# about this file\n\n[orgs.b]\nusername = 'b'\n");
        assert_eq!(remove(MINE, "none").unwrap(), MINE);
    }

    #[test]
    fn what_cannot_be_written_down_is_not() {
        let source = |source| Draft {
            name: Some("n".into()),
            key: Some(super::super::field::Given::new(Reference::Source(source), super::super::field::Origin::Flag)),
            ..Draft::default()
        };
        let error = add("", &source(KeySource::Pem("SENTINEL".to_owned().into()))).unwrap_err();
        assert_eq!(error.message(), "key has no written form");
        assert_eq!(add("", &source(KeySource::file("/k"))).unwrap(), "[orgs.n]\nkey = \"file:/k\"\n");
        assert!(add("[x", &Draft::default()).is_err());
    }
}
