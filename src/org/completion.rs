//! From a draft to a profile: whether enough is said about an org, and whether it can be right.

use super::draft::{Draft, Reference};
use super::field::{Field, Given};
use super::profile::{DEFAULT_LOGINS_PER_HOUR, DEFAULT_TOKEN_LIFETIME, Profile};
use crate::app::app_kind::AppKind;
use crate::app::salesforce_id::{IdKind, SalesforceId};
use crate::error::{Error, Reason, Result, Warning};
use crate::key::source::{KeySource, PassphraseSource, Place};
use crate::oauth::login_host::{Audience, LoginHost, Trust};
use crate::secret::{SecretString, holds_secret};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Above this, an opaque token may have died before: it is the shortest session timeout an org can set.
const SAFE_TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// The longest session timeout an org can set.
const MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// Salesforce's own limit of logins of one user in an hour.
const MAX_LOGINS_PER_HOUR: u64 = 3600;

/// What a description is relative to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// What `~` stands for.
    pub home: Option<&'a Path>,
}

impl Draft {
    /// The org, if the draft is complete and valid.
    ///
    /// Errors: `missing-field`, naming the field and where it can be said; `invalid-field` (or, for flags and
    /// parameters, `invalid-parameter`), naming field, origin and what is accepted; `not-allowed` for what this
    /// origin may not say; `host-not-trusted`. No error repeats a value.
    pub fn complete(&self, around: Surroundings) -> Result<Profile> {
        self.parts(around).whole()
    }

    /// The host alone, however incomplete the rest is.
    ///
    /// Errors: those of [`Draft::complete`] about `login-url` and what its trust depends on.
    pub fn login_host(&self, around: Surroundings) -> Result<LoginHost> {
        let reader = Reader { draft: self, around };
        let trusted_hosts = reader.trusted_hosts()?;
        let org_id = reader.id(Field::OrgId, &self.org_id, IdKind::Org, &mut Vec::new())?;
        reader.login_host(Trust { hosts: &trusted_hosts, org_pinned: org_id.is_some() })
    }

    /// The consumer key alone.
    ///
    /// Errors: those of [`Draft::complete`] about `client-id`.
    pub fn checked_client_id(&self) -> Result<&str> {
        Reader { draft: self, around: Surroundings::default() }.client_id()
    }

    /// The username alone.
    ///
    /// Errors: those of [`Draft::complete`] about `username`.
    pub fn checked_username(&self) -> Result<&str> {
        Reader { draft: self, around: Surroundings::default() }.username()
    }

    /// The place of the private key alone.
    ///
    /// Errors: those of [`Draft::complete`] about `key`.
    pub fn key_source(&self, around: Surroundings) -> Result<KeySource> {
        Reader { draft: self, around }.key()
    }

    /// The place of the passphrase alone.
    ///
    /// Errors: those of [`Draft::complete`] about `passphrase`.
    pub fn passphrase_source(&self, around: Surroundings) -> Result<Option<PassphraseSource>> {
        Reader { draft: self, around }.passphrase()
    }

    /// The place of the certificate alone.
    ///
    /// Errors: those of [`Draft::complete`] about `certificate`.
    pub fn certificate_file(&self, around: Surroundings) -> Result<Option<PathBuf>> {
        Reader { draft: self, around }.path(Field::Certificate, &self.certificate)
    }
}

/// Reads a draft's fields one by one.
pub(super) struct Reader<'a> {
    pub(super) draft: &'a Draft,
    pub(super) around: Surroundings<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn client_id(&self) -> Result<&'a str> {
        let given = self.needed(Field::ClientId, &self.draft.client_id)?;
        let text = plain(Field::ClientId, given, 512)?;
        let wrong = |what: &str| Err(Field::ClientId.invalid(&given.origin, what));
        if text.contains(char::is_whitespace) {
            wrong("has white space in it")
        } else if text.contains("://") || text.contains('@') {
            wrong("is a URL or a username, not a consumer key")
        } else if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
            wrong("has characters that no consumer key has")
        } else {
            Ok(text)
        }
    }

    pub(super) fn username(&self) -> Result<&'a str> {
        let given = self.needed(Field::Username, &self.draft.username)?;
        let text = plain(Field::Username, given, 80)?;
        let wrong = |what: &str| Err(Field::Username.invalid(&given.origin, what));
        if text.contains(char::is_whitespace) {
            return wrong("has white space in it");
        }
        let Some((local, domain)) = text.split_once('@') else {
            let id = text.starts_with("005") && matches!(text.len(), 15 | 18);
            return wrong(if id {
                "is a user id, not a username"
            } else {
                "has no @, which every Salesforce username has"
            });
        };
        if local.is_empty() || domain.contains('@') || !domain.contains('.') || domain.split('.').any(str::is_empty) {
            return wrong("is not of the form name@company.example");
        }
        Ok(text)
    }

    pub(super) fn trusted_hosts(&self) -> Result<Vec<String>> {
        let Some(given) = &self.draft.trusted_hosts else { return Ok(Vec::new()) };
        if !given.origin.may_trust() && !given.value.is_empty() {
            let error = Error::new(Reason::NotAllowed, "trusted-hosts may not be said here");
            return Err(given
                .origin
                .located(Field::TrustedHosts, &error)
                .hint("trusted hosts count only in orgs.toml at its default path or in the file of a --config flag"));
        }
        let hosts = given.value.iter().map(|host| {
            let host = host.trim().to_ascii_lowercase();
            let letters = host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
            let known = letters && host.len() <= 253 && url::Host::parse(&host).is_ok_and(|h| h.to_string() == host);
            known.then_some(host)
        });
        let hosts: Option<Vec<String>> = hosts.collect();
        hosts.ok_or_else(|| Field::TrustedHosts.invalid(&given.origin, "has an entry that is not a bare host name"))
    }

    pub(super) fn login_host(&self, trust: Trust) -> Result<LoginHost> {
        let given = self.needed(Field::LoginUrl, &self.draft.login_url)?;
        let host = LoginHost::parse(plain(Field::LoginUrl, given, 300)?, trust)
            .map_err(|error| given.origin.located(Field::LoginUrl, &error))?;
        if host.is_loopback() && !given.origin.may_reach_loopback() {
            let error = Error::new(Reason::HostNotTrusted, "a call may not send an assertion to this machine");
            return Err(given
                .origin
                .located(Field::LoginUrl, &error)
                .hint("start the server with --allow-loopback, or configure the org and name it"));
        }
        Ok(host)
    }

    pub(super) fn audience(&self, host: &LoginHost) -> Result<Audience> {
        let Some(given) = &self.draft.audience else {
            return Ok(Audience::Fixed(host.default_audience().to_owned()));
        };
        let audience = Audience::parse(plain(Field::Audience, given, 300)?);
        let permitted = audience.and_then(|audience| host.permits(audience.first(host)).map(|()| audience));
        permitted.map_err(|error| given.origin.located(Field::Audience, &error))
    }

    pub(super) fn key(&self) -> Result<KeySource> {
        let given = self.needed(Field::Key, &self.draft.key)?;
        self.placed(Field::Key, given, KeySource::parse, KeySource::parse_words)
    }

    pub(super) fn passphrase(&self) -> Result<Option<PassphraseSource>> {
        let read =
            |given| self.placed(Field::Passphrase, given, PassphraseSource::parse, PassphraseSource::parse_words);
        self.draft.passphrase.as_ref().map(read).transpose()
    }

    fn placed<S: Clone>(
        &self,
        field: Field,
        given: &Given<Reference<S>>,
        parse: fn(&str, &Place) -> Result<S>,
        parse_words: fn(&[String], &Place) -> Result<S>,
    ) -> Result<S> {
        let label = given.origin.label(field);
        let place =
            Place { trust: given.origin.trust(), field: &label, home: self.around.home, base: given.origin.base() };
        let read = match &given.value {
            Reference::Uri(text) => parse(text.expose(), &place),
            Reference::Words(words) => parse_words(words, &place),
            Reference::Source(source) => Ok(source.clone()),
        };
        read.map_err(|error| given.origin.located(field, &error))
    }

    pub(super) fn path(&self, field: Field, given: &Option<Given<String>>) -> Result<Option<PathBuf>> {
        let Some(given) = given else { return Ok(None) };
        if holds_secret(&given.value) {
            return Err(
                field.invalid(&given.origin, "holds a key, a certificate or a token itself where a path belongs")
            );
        }
        let label = given.origin.label(field);
        let place =
            Place { trust: given.origin.trust(), field: &label, home: self.around.home, base: given.origin.base() };
        place.path(plain(field, given, 4096)?).map(Some).map_err(|error| given.origin.located(field, &error))
    }

    pub(super) fn id(
        &self,
        field: Field,
        given: &Option<Given<String>>,
        kind: IdKind,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<SalesforceId>> {
        let Some(given) = given else { return Ok(None) };
        let (id, repaired) = SalesforceId::of_kind(kind, &given.value).map_err(|fault| {
            field.invalid(&given.origin, format_args!("is not accepted: {}", fault.message)).hint(fault.hint)
        })?;
        warnings.extend(repaired);
        Ok(Some(id))
    }

    pub(super) fn app_kind(&self) -> Result<Option<AppKind>> {
        let Some(given) = &self.draft.app_kind else { return Ok(None) };
        AppKind::from_name(&given.value).map(Some).ok_or_else(|| {
            let error = Field::AppKind.invalid(&given.origin, "is not a known kind of app");
            match super::nearest(&given.value, AppKind::ALL.map(AppKind::name)) {
                Some(near) => error.hint(format!("did you mean `{near}`? accepted: {}", Field::AppKind.accepted())),
                None => error,
            }
        })
    }

    pub(super) fn token_lifetime(&self, warnings: &mut Vec<Warning>) -> Result<Duration> {
        let Some(given) = &self.draft.token_lifetime else { return Ok(DEFAULT_TOKEN_LIFETIME) };
        if given.value < Duration::from_secs(1) || given.value > MAX_TOKEN_LIFETIME {
            return Err(Field::TokenLifetime.invalid(&given.origin, "is not between 1s and 24h"));
        }
        if given.value > SAFE_TOKEN_LIFETIME {
            warnings.push(Warning::new(
                "long-token-lifetime",
                "token-lifetime is above 15 minutes: unless the app's policy and the user's profile keep sessions that \
                 long, a token is handed out that has died",
            ));
        }
        Ok(given.value)
    }

    pub(super) fn tags(&self) -> Result<Vec<String>> {
        let Some(given) = &self.draft.tags else { return Ok(Vec::new()) };
        let is_tag = |tag: &String| {
            (1..=80).contains(&tag.len()) && !tag.contains(|c: char| c.is_control() || c.is_whitespace() || c == ',')
        };
        match given.value.iter().all(is_tag) {
            true => Ok(given.value.clone()),
            false => Err(Field::Tags.invalid(&given.origin, "has an entry that is not a word")),
        }
    }

    pub(super) fn proxy(&self) -> Result<Option<SecretString>> {
        let Some(given) = &self.draft.proxy else { return Ok(None) };
        let valid = url::Url::parse(given.value.expose())
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
        match valid {
            true => Ok(Some(given.value.clone())),
            false => Err(Field::Proxy.invalid(&given.origin, "is not the URL of an HTTP proxy")),
        }
    }

    pub(super) fn max_logins_per_hour(&self) -> Result<u32> {
        let Some(given) = &self.draft.max_logins_per_hour else { return Ok(DEFAULT_LOGINS_PER_HOUR) };
        let number = u32::try_from(given.value).ok().filter(|n| (1..=MAX_LOGINS_PER_HOUR).contains(&u64::from(*n)));
        number.ok_or_else(|| Field::MaxLoginsPerHour.invalid(&given.origin, "is not between 1 and 3600"))
    }

    pub(super) fn needed<T>(&self, field: Field, given: &'a Option<Given<T>>) -> Result<&'a Given<T>> {
        given.as_ref().ok_or_else(|| {
            let whose =
                self.draft.name.as_ref().map_or_else(|| "the connection".to_owned(), |name| format!("org `{name}`"));
            let said = match (self.draft.source.file(), field.variable()) {
                (Some(file), _) => format!("say it in {} or with --{}", file.display(), field.name()),
                (None, Some(variable)) => format!("say it with --{} or {variable}", field.name()),
                (None, None) => format!("say it with --{}", field.name()),
            };
            Error::new(Reason::MissingField, format!("{whose} has no {}", field.name()))
                .field(field.name())
                .hint(format!("{said}; it is {}", field.accepted()))
        })
    }
}

/// A text without control characters, neither empty nor huge.
fn plain(field: Field, given: &Given<String>, most: usize) -> Result<&str> {
    let text = given.value.trim_matches(' ');
    if text.is_empty() {
        Err(field.invalid(&given.origin, "is empty"))
    } else if text.chars().any(char::is_control) {
        Err(field.invalid(&given.origin, "has control characters in it"))
    } else if text.chars().count() > most {
        Err(field.invalid(&given.origin, format_args!("is longer than {most} characters")))
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::super::field::Origin;
    use super::*;

    const WHOLE: &str = "
        client-id = '3MVG9x'
        username = 'int@acme.example'
        login-url = 'https://acme.my.salesforce.com/'
        key = 'acme.key'
    ";

    /// The outcome of an org with these fields instead of, or besides, the four that are needed.
    fn complete(lines: &str, trusted: bool) -> Result<Profile> {
        let named = |line: &str| line.split('=').next().map(|name| format!("{} =", name.trim()));
        let replaced =
            |line: &&str| !lines.lines().any(|other| named(other).is_some_and(|name| line.trim().starts_with(&name)));
        let kept: Vec<&str> = WHOLE.lines().filter(replaced).collect();
        let text = format!("[orgs.acme]\n{}\n{lines}", kept.join("\n"));
        let config = Config::parse(text.as_bytes(), Path::new("/c/orgs.toml"), trusted)?;
        config.org("acme").unwrap().complete(Surroundings { home: Some(Path::new("/home/me")) })
    }

    #[test]
    fn a_whole_org() {
        let lines = "
            passphrase = 'env:PASS'
            certificate = '~/acme.crt'
            org-id = '00D5e000005AHE7'
            app-kind = 'eca-packaged-own'
            app-id = '0Ci5e000000bn6b'
            claims = { a = 1 }
            trusted-hosts = ['SSO.acme.example']
            proxy = 'http://me:SENTINEL@proxy:3128'
            ca-file = 'ca.pem'
            tags = ['prod']";
        let profile = complete(lines, true).unwrap();
        assert_eq!(profile.name.as_deref(), Some("acme"));
        assert_eq!(profile.login_host.as_str(), "https://acme.my.salesforce.com");
        assert_eq!(profile.audience.as_str(), "https://acme.my.salesforce.com");
        assert_eq!(profile.key.label(), "file:/c/acme.key");
        assert_eq!(profile.certificate.as_deref(), Some(Path::new("/home/me/acme.crt")));
        assert_eq!(profile.ca_file.as_deref(), Some(Path::new("/c/ca.pem")));
        assert_eq!(profile.org_id.unwrap().long(), "00D5e000005AHE7EAO");
        assert_eq!(profile.app_kind, Some(AppKind::EcaPackagedOwn));
        assert_eq!(profile.trusted_hosts, ["sso.acme.example"]);
        assert_eq!(
            (profile.token_lifetime, profile.max_logins_per_hour),
            (DEFAULT_TOKEN_LIFETIME, DEFAULT_LOGINS_PER_HOUR)
        );
        assert!(profile.warnings.is_empty());
        assert!(!format!("{profile:?}").contains("SENTINEL"));
    }

    #[test]
    fn what_is_missing_is_named_with_where_to_say_it() {
        let file = Path::new("/c/orgs.toml");
        let config = Config::parse(b"[orgs.acme]\n", file, true).unwrap();
        let error = config.org("acme").unwrap().complete(Surroundings::default()).unwrap_err();
        assert_eq!((error.reason(), error.message()), (Reason::MissingField, "org `acme` has no client-id"));
        assert_eq!(error.details().field.as_deref(), Some("client-id"));
        assert!(error.details().hint.as_deref().unwrap().contains("/c/orgs.toml or with --client-id"));
        let error = Draft::default().complete(Surroundings::default()).unwrap_err();
        assert_eq!(error.message(), "the connection has no client-id");
        assert!(error.details().hint.as_deref().unwrap().contains("--client-id or SF_JWT_CLIENT_ID"));
    }

    #[test]
    fn what_is_wrong_is_named_and_not_repeated() {
        let huge = format!("username = '{}@x.yz'", "a".repeat(100));
        for (line, message, hint) in [
            ("client-id = ''", "client-id is empty (/c/orgs.toml, line", "3MVG9"),
            ("client-id = '3MVG9 SENTINEL'", "client-id has white space in it", "3MVG9"),
            ("client-id = \"SENTINEL\\u0007\"", "client-id has control characters in it", ""),
            ("client-id = 'SENTINEL@acme.example'", "client-id is a URL or a username", ""),
            ("client-id = 'SENTINELé'", "client-id has characters", ""),
            ("client-id = 'SENTINEL/and+base64='", "client-id has characters", ""),
            ("username = 'SENTINEL'", "username has no @", "name@company.example"),
            ("username = '0055e000000SENTINE'", "username is a user id", ""),
            ("username = 'SENTINEL@acme'", "username is not of the form", ""),
            ("username = 'a@SENTINEL@acme.example'", "username is not of the form", ""),
            ("username = 'a@acme..SENTINEL'", "username is not of the form", ""),
            ("username = 'SENTINEL @acme.example'", "username has white space", ""),
            (&huge, "username is longer than 80 characters", ""),
            ("login-url = 'https://acme.lightning.force.com'", "Lightning", "https://acme.my.salesforce.com"),
            ("login-url = 'https://acme.my.salesforce.com/SENTINEL'", "path", ""),
            ("login-url = 'acme.my.salesforce.com'", "scheme", "https://"),
            ("login-url = 'https://evil.example'", "is not a host of Salesforce", "trusted-hosts"),
            ("audience = 'https://other.my.salesforce.com'", "audience", "https://acme.my.salesforce.com"),
            ("key = 'vault:SENTINEL'", "unknown scheme `vault:`", "file:"),
            ("passphrase = 'SENTINEL'", "needs a scheme", ""),
            ("org-id = '005SENTINEL0000'", "org-id is not accepted", "Company Information"),
            ("app-kind = 'eca-loca'", "not a known kind", "did you mean `eca-local`?"),
            ("token-lifetime = '25h'", "is not between 1s and 24h", "10m"),
            ("token-lifetime = '0s'", "is not between 1s and 24h", "10m"),
            ("max-logins-per-hour = 3601", "is not between 1 and 3600", ""),
            ("tags = ['a b']", "an entry that is not a word", ""),
            ("trusted-hosts = ['https://SENTINEL.example']", "not a bare host name", ""),
            ("trusted-hosts = ['*.SENTINEL.example']", "not a bare host name", ""),
            ("proxy = 'socks5://SENTINEL'", "not the URL of an HTTP proxy", ""),
            ("certificate = ''", "certificate is empty", ""),
        ] {
            let error = complete(line, true).unwrap_err();
            assert!(error.message().contains(message), "{line}: {error}");
            assert!(error.message().contains("/c/orgs.toml, line"), "{line}: {error}");
            assert!(matches!(error.reason(), Reason::InvalidField | Reason::HostNotTrusted), "{line}: {error:?}");
            assert!(error.details().hint.as_deref().unwrap_or_default().contains(hint), "{line}: {error:?}");
            let name = line.split(' ').next();
            assert_eq!(error.details().field.as_deref(), name, "{line}");
            let spared = line.starts_with("org-id"); // an id may be repeated: it has an id's form
            assert!(spared || !format!("{error:?}").contains("SENTINEL"), "{error:?}");
        }
    }

    #[test]
    fn trust_and_commands_only_from_a_file_that_the_user_chose() {
        for line in [
            "trusted-hosts = ['sso.acme.example']",
            "key = 'cmd:print-key'",
            "key = ['signer:sign', 'it']",
            "passphrase = 'cmd:p'",
        ] {
            assert!(complete(line, true).is_ok(), "{line}");
            let error = complete(line, false).unwrap_err();
            assert_eq!(error.reason(), Reason::NotAllowed, "{line}: {error}");
        }
        assert!(complete("trusted-hosts = []", false).is_ok());
    }

    #[test]
    fn a_call_reaches_this_machine_only_when_allowed() {
        for (allow_loopback, expected) in [(false, Some(Reason::HostNotTrusted)), (true, None)] {
            let origin = || Origin::Rpc { allow_commands: false, allow_loopback };
            let text = |value: &str| Some(Given::new(value.to_owned(), origin()));
            let draft = Draft {
                client_id: text("3MVG9x"),
                username: text("a@b.cd"),
                login_url: text("http://127.0.0.1:1"),
                key: Some(Given::new(Reference::Uri("/k".to_owned().into()), origin())),
                ..Draft::default()
            };
            assert_eq!(draft.complete(Surroundings::default()).err().map(|e| e.reason()), expected);
        }
        let loopback = "login-url = 'http://acme.localhost:1'";
        assert!(complete(loopback, false).is_ok());
    }

    #[test]
    fn doubtful_values_are_warned_about() {
        let codes = |line| complete(line, true).unwrap().warnings.iter().map(|w| w.code).collect::<Vec<_>>();
        assert_eq!(codes("token-lifetime = '16m'"), ["long-token-lifetime"]);
        assert_eq!(codes("org-id = '00d5e000005ahe7eao'"), ["id-repaired"]);
        assert_eq!(codes("token-lifetime = '15m'"), Vec::<&str>::new());
    }
}
