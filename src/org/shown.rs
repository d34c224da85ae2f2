//! An org's values as they may be shown, each with who said it. Keys, passphrases and proxies by their place only.

use super::completion::Surroundings;
use super::draft::Draft;
use super::field::{Field, Given, Origin};
use super::profile::{DEFAULT_LOGINS_PER_HOUR, DEFAULT_TOKEN_LIFETIME};
use super::secrets::secret_kind;
use crate::secret::SecretString;
use serde_json::{Value, json};

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The field.
    pub field: Field,
    /// The value, in the form it has in `orgs.toml`.
    pub value: Value,
    /// A flag, a variable, a file with line and table, or `default`.
    pub origin: String,
}

impl Draft {
    /// Every value that is given or has a default, in the order of the documents. What cannot be read, or
    /// looks like a secret in the wrong place, is shown by its origin alone.
    pub fn shown(&self, around: Surroundings) -> Vec<Shown> {
        let given = |(field, origin): (_, &Origin)| Shown {
            field,
            value: self.shown_value(field, around),
            origin: origin.shown(field),
        };
        let mut all: Vec<Shown> = self.given().into_iter().map(given).collect();
        let lifetime = humantime::format_duration(DEFAULT_TOKEN_LIFETIME).to_string();
        let defaults = [
            (Field::Audience, self.login_host(around).ok().map(|host| json!(host.default_audience()))),
            (Field::TokenLifetime, Some(json!(lifetime))),
            (Field::MaxLoginsPerHour, Some(json!(DEFAULT_LOGINS_PER_HOUR))),
        ];
        for (field, value) in defaults {
            if let Some(value) = value.filter(|_| all.iter().all(|shown| shown.field != field)) {
                all.push(Shown { field, value, origin: "default".to_owned() });
            }
        }
        all.sort_by_key(|shown| shown.field);
        all
    }

    /// One value that is given, as it may be shown; null for none.
    pub fn shown_value(&self, field: Field, around: Surroundings) -> Value {
        Some(self.value(field, around)).filter(|value| secret_kind(&value.to_string()).is_none()).unwrap_or_default()
    }

    fn value(&self, field: Field, around: Surroundings) -> Value {
        fn plain<T: Into<Value> + Clone>(given: &Option<Given<T>>) -> Value {
            given.as_ref().map_or(Value::Null, |given| given.value.clone().into())
        }
        match field {
            Field::ClientId => plain(&self.client_id),
            Field::Username => plain(&self.username),
            Field::LoginUrl => plain(&self.login_url),
            Field::Audience => plain(&self.audience),
            Field::Key => self.key_source(around).map_or(Value::Null, |source| json!(source.label())),
            Field::Passphrase => {
                let source = self.passphrase_source(around).ok().flatten();
                source.map_or(Value::Null, |source| json!(source.label()))
            }
            Field::Certificate => plain(&self.certificate),
            Field::OrgId => plain(&self.org_id),
            Field::AppKind => plain(&self.app_kind),
            Field::AppId => plain(&self.app_id),
            Field::AppOrgId => plain(&self.app_org_id),
            Field::PackageId => plain(&self.package_id),
            Field::TokenLifetime => {
                let text = |given: &Given<_>| json!(humantime::format_duration(given.value).to_string());
                self.token_lifetime.as_ref().map_or(Value::Null, text)
            }
            Field::Tags => plain(&self.tags),
            Field::Claims => plain(&self.claims),
            Field::TrustedHosts => plain(&self.trusted_hosts),
            Field::Proxy => self.proxy.as_ref().map_or(Value::Null, |given| without_password(&given.value)),
            Field::CaFile => plain(&self.ca_file),
            Field::MaxLoginsPerHour => plain(&self.max_logins_per_hour),
        }
    }
}

/// A proxy's address without the credentials in it.
fn without_password(url: &SecretString) -> Value {
    let Ok(mut url) = url::Url::parse(url.expose()) else { return Value::Null };
    let known = !url.username().is_empty() || url.password().is_some();
    let bare = url.set_username("").and_then(|()| url.set_password(None)).is_ok();
    match (known, bare) {
        (false, _) => json!(url.as_str()),
        (true, true) => json!(format!("{url} (with credentials)")),
        (true, false) => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::super::draft::Reference;
    use super::*;
    use crate::key::source::KeySource;
    use std::path::Path;

    #[test]
    fn every_value_with_its_origin_and_no_secret() {
        let text = "
            [defaults]
            key = 'a.key'
            [orgs.acme]
            login-url = 'https://acme.my.salesforce.com'
            passphrase = 'env:PASS'
            proxy = 'http://me:SENTINEL@proxy:3128'
            tags = ['prod']";
        let config = Config::parse(text.as_bytes(), Path::new("/c/orgs.toml"), true).unwrap();
        let flags = Draft { username: Some(Given::new("a@b.cd".to_owned(), Origin::Flag)), ..Draft::default() };
        let org = flags.over(config.org("acme").unwrap().clone());
        let shown = org.shown(Surroundings::default());
        let lines: Vec<String> =
            shown.iter().map(|s| format!("{} = {} | {}", s.field.name(), s.value, s.origin)).collect();
        assert_eq!(
            lines,
            [
                "username = \"a@b.cd\" | --username",
                "login-url = \"https://acme.my.salesforce.com\" | /c/orgs.toml, line 5, [orgs.acme]",
                "audience = \"https://acme.my.salesforce.com\" | default",
                "key = \"file:/c/a.key\" | /c/orgs.toml, line 3, [defaults]",
                "passphrase = \"env:PASS\" | /c/orgs.toml, line 6, [orgs.acme]",
                "token-lifetime = \"10m\" | default",
                "tags = [\"prod\"] | /c/orgs.toml, line 8, [orgs.acme]",
                "proxy = \"http://proxy:3128/ (with credentials)\" | /c/orgs.toml, line 7, [orgs.acme]",
                "max-logins-per-hour = 600 | default",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_shown() {
        let by = |value: &str| Given::new(value.to_owned(), Origin::Flag);
        let draft = Draft {
            key: Some(Given::new(Reference::Uri("-----BEGIN SENTINEL".to_owned().into()), Origin::Flag)),
            passphrase: Some(Given::new(Reference::Uri("SENTINEL".to_owned().into()), Origin::Flag)),
            proxy: Some(Given::new("SENTINEL".to_owned().into(), Origin::Flag)),
            login_url: Some(by("nowhere")),
            client_id: Some(by("00D5e000005AHE7!AQEAQSENTINELSENTINELSENTINEL.x_y")),
            ..Draft::default()
        };
        let shown = draft.shown(Surroundings::default());
        assert_eq!(shown.len(), 7);
        assert!(!format!("{shown:?}").contains("SENTINEL"), "{shown:?}");
        let pem = Draft {
            key: Some(Given::new(Reference::Source(KeySource::Pem("SENTINEL".to_owned().into())), Origin::Flag)),
            ..Draft::default()
        };
        assert_eq!(pem.shown(Surroundings::default())[0].value, "pem (by value)");
    }
}
