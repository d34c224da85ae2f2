//! Where an assertion may be posted, and which audience it may name there: two values, tied by one rule, so that
//! a signed assertion is worthless anywhere but where it is sent.
//!
//! An assertion goes (a) to the very origin that its `aud` names — for an Experience Cloud site to the very site —
//! or (b) with the generic audiences `https://login.salesforce.com` and `https://test.salesforce.com` to those two
//! hosts and to My Domains. Plain http is for this machine only.

use crate::app::host_form::{HostForm, host_form};
use crate::app::my_domain::Realm;
use crate::error::{Error, Reason, Result};
use std::fmt;
use url::{Host, Url};

/// The audience of production orgs in Salesforce's classic documentation.
pub const LOGIN: &str = "https://login.salesforce.com";
/// The audience of sandboxes and scratch orgs in Salesforce's classic documentation.
pub const TEST: &str = "https://test.salesforce.com";

/// The path of the token endpoint (Salesforce Help "OAuth Endpoints").
const TOKEN_PATH: &str = "/services/oauth2/token";

/// What the configuration adds to the rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'a> {
    /// Further hosts, which the user vouches for.
    pub hosts: &'a [String],
    /// Whether the org's id is pinned. An Experience Cloud site needs it: other paths on a hostile org's site are
    /// somebody else's code.
    pub org_pinned: bool,
}

/// A host that assertions may be posted to: `https://acme.my.salesforce.com`, or a site with its path, without a
/// trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoginHost {
    url: String,
    host: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Generic,
    MyDomain(Realm),
    Site,
    Trusted,
    Loopback,
}

impl LoginHost {
    /// Reads a login URL and judges whether an assertion may ever go there.
    ///
    /// Errors: `invalid-field` (not a URL of the accepted form; a Lightning, Setup or other host that serves no
    /// OAuth) and `host-not-trusted`; neither repeats more than the host.
    pub fn parse(text: &str, trust: Trust<'_>) -> Result<LoginHost> {
        let url = parse_url(text, "login-url")?;
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let kind = classify(&url, &host, trust)?;
        let path = url.path().trim_end_matches('/');
        if kind == Kind::Site {
            let segments = path.split('/').skip(1).count();
            if segments > 1 || path.contains('%') || path.contains("//") {
                return Err(invalid("login-url", "a site's login URL has at most one path segment")
                    .hint("for instance https://acme.my.site.com/customers"));
            }
        } else if !path.is_empty() {
            return Err(invalid("login-url", "the login URL has a path").hint(format!("use {}", origin(&url))));
        }
        Ok(LoginHost { url: format!("{}{path}", origin(&url)), host, kind })
    }

    /// The URL without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.url
    }

    /// Scheme, host and port: the URL without a site's path.
    pub fn origin(&self) -> &str {
        let host = self.url.find("://").map_or(0, |at| at + 3);
        let end = self.url[host..].find('/').map_or(self.url.len(), |at| host + at);
        &self.url[..end]
    }

    /// The host name alone.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The token endpoint.
    pub fn endpoint(&self) -> String {
        format!("{}{TOKEN_PATH}", self.url)
    }

    /// Whether this is `login.` or `test.salesforce.com`, every org's host and so no org's.
    pub fn is_generic(&self) -> bool {
        self.kind == Kind::Generic
    }

    /// Whether this machine is meant.
    pub fn is_loopback(&self) -> bool {
        self.kind == Kind::Loopback
    }

    /// Whether pages of the org can be opened on this host: a My Domain, or an emulated org.
    pub fn serves_setup(&self) -> bool {
        matches!(self.kind, Kind::MyDomain(_) | Kind::Loopback)
    }

    /// The audience when none is configured: the login URL itself, which Salesforce recommends today for both
    /// kinds of app; for Government Cloud `https://login.salesforce.com`, since its My Domain is not accepted
    /// (reference: hosts and audiences, "Gov Cloud").
    pub fn default_audience(&self) -> &str {
        if self.kind == Kind::MyDomain(Realm::Defense) { LOGIN } else { &self.url }
    }

    /// Ties an audience to this host: the one rule that keeps an assertion from being used elsewhere.
    pub fn permits(&self, audience: &str) -> Result<()> {
        let same_place = audience == self.url;
        let generic = matches!(audience, LOGIN | TEST)
            && matches!(self.kind, Kind::Generic | Kind::MyDomain(Realm::Commercial | Realm::Defense));
        if same_place || generic {
            return Ok(());
        }
        Err(Error::new(
            Reason::HostNotTrusted,
            format!("an assertion for another audience may not be sent to {}", self.host),
        )
        .field("audience")
        .hint(format!("leave the audience out, or use {}", self.default_audience())))
    }

    /// The origin of this `instance_url`, if a token that came from here may be used there: https on Salesforce's own
    /// domains or a trusted host; this machine when the login was on this machine. It is written anew from what was
    /// judged, so that no other reader of URLs can take it for another host.
    pub fn instance(&self, text: &str, trusted: &[String]) -> Option<String> {
        let url = bare_origin(text)?;
        let fine = if self.is_loopback() { is_loopback(&url) } else { is_salesforce(&url, trusted) };
        fine.then(|| origin(&url))
    }

    /// The same for `api_instance_url`, which is one host for all orgs (`https://api.salesforce.com`), an emulated
    /// one's too.
    pub fn api_instance(&self, text: &str, trusted: &[String]) -> Option<String> {
        bare_origin(text).filter(|url| self.knows(url, trusted)).map(|url| origin(&url))
    }

    /// The identity URL `id`, written anew, if it is where a token may go: as `api_instance`, or on the very host of
    /// the login, as a site's is.
    pub fn identity(&self, text: &str, trusted: &[String]) -> Option<String> {
        let url = parse_url(text, "id").ok()?;
        (self.knows(&url, trusted) || origin(&url) == self.origin()).then(|| url.into())
    }

    fn knows(&self, url: &Url, trusted: &[String]) -> bool {
        (self.is_loopback() && is_loopback(url)) || is_salesforce(url, trusted)
    }
}

fn bare_origin(text: &str) -> Option<Url> {
    parse_url(text.trim_end_matches('/'), "instance_url").ok().filter(|url| url.path() == "/")
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host_form(host) == HostForm::Loopback)
}

fn is_salesforce(url: &Url, trusted: &[String]) -> bool {
    let suffixes = [".salesforce.com", Realm::Defense.login_suffix(), Realm::China.login_suffix()];
    let Some(host) = url.host_str() else { return false };
    let known = suffixes.iter().any(|suffix| is_under(host, suffix));
    let vouched = trusted.iter().any(|t| t.eq_ignore_ascii_case(host));
    url.scheme() == "https" && url.port().is_none() && (known || vouched)
}

impl fmt::Display for LoginHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url)
    }
}

/// The `aud` of an assertion.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    /// Exactly this.
    Fixed(String),
    /// The login host's own, and after a refusal that blames the audience or the host at most two further tries
    /// with the generic ones.
    Auto,
}

impl Audience {
    /// Reads a configured audience: a URL without trailing slash or path (but for a site), or `auto`.
    pub fn parse(text: &str) -> Result<Audience> {
        if text == "auto" {
            return Ok(Audience::Auto);
        }
        let url = parse_url(text, "audience")?;
        Ok(Audience::Fixed(format!("{}{}", origin(&url), url.path().trim_end_matches('/'))))
    }

    /// The audience of the first assertion for a host.
    pub fn first<'a>(&'a self, host: &'a LoginHost) -> &'a str {
        match self {
            Audience::Fixed(audience) => audience,
            Audience::Auto => host.default_audience(),
        }
    }

    /// Further audiences that may be tried on a host after `first` was refused as an audience.
    pub fn further(&self, host: &LoginHost) -> Vec<&'static str> {
        match self {
            Audience::Fixed(_) => Vec::new(),
            Audience::Auto => {
                [LOGIN, TEST].into_iter().filter(|a| *a != self.first(host) && host.permits(a).is_ok()).collect()
            }
        }
    }

    /// The audience, or `auto`.
    pub fn as_str(&self) -> &str {
        match self {
            Audience::Fixed(audience) => audience,
            Audience::Auto => "auto",
        }
    }
}

fn parse_url(text: &str, field: &str) -> Result<Url> {
    let accepted = "for instance https://acme.my.salesforce.com";
    // Readers of URLs differ over backslashes and other alphabets: what is no URL by RFC 3986 is none here.
    if text.len() > 300 || !text.bytes().all(|b| b.is_ascii_graphic()) || text.contains('\\') {
        return Err(invalid(field, format!("the {field} has characters that no URL has, or too many")).hint(accepted));
    }
    if !text.contains("://") {
        let hint = match host_form(text) {
            HostForm::Foreign => accepted.to_owned(),
            _ => format!("write https://{text}"),
        };
        return Err(invalid(field, format!("the {field} has no scheme")).hint(hint));
    }
    let url =
        Url::parse(text).map_err(|e| invalid(field, format!("the {field} is not a URL")).hint(accepted).because(e))?;
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !bare || url.host().is_none() || !matches!(url.scheme(), "http" | "https") {
        return Err(invalid(field, format!("the {field} is more than scheme, host and path")).hint(accepted));
    }
    if url.host_str().is_some_and(|host| host.ends_with('.')) {
        return Err(invalid(field, format!("the host of the {field} ends with a dot")).hint("leave the last dot out"));
    }
    Ok(url)
}

fn classify(url: &Url, host: &str, trust: Trust<'_>) -> Result<Kind> {
    let form = match url.host() {
        Some(Host::Ipv6(_)) => host_form(host.trim_matches(['[', ']'])),
        _ => host_form(host),
    };
    let untrusted = |what: String| Error::new(Reason::HostNotTrusted, what).field("login-url");
    if form == HostForm::Loopback {
        return Ok(Kind::Loopback);
    }
    if url.scheme() != "https" {
        return Err(untrusted(format!("plain http to {host}: an assertion goes over https")).hint("use https"));
    }
    if trust.hosts.iter().any(|t| t.eq_ignore_ascii_case(host)) {
        return Ok(Kind::Trusted);
    }
    if url.port().is_some() {
        return Err(untrusted(format!("{host} with a port of its own is not where Salesforce serves OAuth")));
    }
    match form {
        HostForm::GenericLogin(_) => Ok(Kind::Generic),
        HostForm::MyDomain(domain) => Ok(Kind::MyDomain(domain.realm())),
        // A host from before enhanced domains, or a partition that is not known here: still under a suffix where
        // Salesforce alone has hosts.
        _ if Realm::ALL.iter().any(|realm| is_under(host, realm.login_suffix())) => {
            let realm = Realm::ALL.into_iter().find(|realm| is_under(host, realm.login_suffix()));
            Ok(Kind::MyDomain(realm.unwrap_or(Realm::Commercial)))
        }
        HostForm::Site(_) if trust.org_pinned => Ok(Kind::Site),
        HostForm::Site(_) => Err(untrusted(format!("{host} is a site, and the org it belongs to is not pinned"))
            .hint("set org-id to the 00D… id of the org")),
        HostForm::Relative(relative, domain) => {
            Err(invalid("login-url", format!("{host} is a {} host, which serves no OAuth", relative.name()))
                .hint(format!("use https://{}", domain.host())))
        }
        _ => Err(untrusted(format!("{host} is not a host of Salesforce"))
            .hint("use the org's My Domain (Setup → My Domain), or list the host under trusted-hosts in orgs.toml")),
    }
}

fn is_under(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('.'))
}

/// Scheme, host and, if it is not the scheme's own, port.
fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn invalid(field: &str, message: impl Into<String>) -> Error {
    Error::new(Reason::InvalidField, message).field(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<LoginHost> {
        LoginHost::parse(text, Trust::default())
    }

    #[test]
    fn accepted_hosts_and_their_endpoints() {
        for (text, endpoint, audience) in [
            (
                "https://acme.my.salesforce.com",
                "https://acme.my.salesforce.com/services/oauth2/token",
                "https://acme.my.salesforce.com",
            ),
            (
                "https://ACME--qa.sandbox.my.salesforce.com/",
                "https://acme--qa.sandbox.my.salesforce.com/services/oauth2/token",
                "https://acme--qa.sandbox.my.salesforce.com",
            ),
            ("https://login.salesforce.com", "https://login.salesforce.com/services/oauth2/token", LOGIN),
            ("https://test.salesforce.com:443/", "https://test.salesforce.com/services/oauth2/token", TEST),
            ("https://army.my.salesforce.mil", "https://army.my.salesforce.mil/services/oauth2/token", LOGIN),
            (
                "https://acme.my.sfcrmproducts.cn",
                "https://acme.my.sfcrmproducts.cn/services/oauth2/token",
                "https://acme.my.sfcrmproducts.cn",
            ),
            (
                "https://acme--qa.cs42.my.salesforce.com",
                "https://acme--qa.cs42.my.salesforce.com/services/oauth2/token",
                "https://acme--qa.cs42.my.salesforce.com",
            ),
            (
                "http://acme.localhost:8080",
                "http://acme.localhost:8080/services/oauth2/token",
                "http://acme.localhost:8080",
            ),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/services/oauth2/token", "http://127.0.0.1:9"),
            ("http://[::1]:9", "http://[::1]:9/services/oauth2/token", "http://[::1]:9"),
        ] {
            let host = parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(host.endpoint(), endpoint);
            assert_eq!(host.default_audience(), audience);
            assert!(host.permits(audience).is_ok(), "{text}");
        }
    }

    #[test]
    fn hosts_that_get_no_assertion() {
        for text in [
            "http://acme.my.salesforce.com",
            "https://acme.my.salesforce.com.evil.example",
            "https://evilmy.salesforce.com",
            "https://salesforce.com",
            "https://my.salesforce.com",
            "https://.my.salesforce.com",
            "https://evil.example/acme.my.salesforce.com",
            "https://acme.my.salesforce.com:8443",
            "https://acme.my.salesforce.com@evil.example",
            "https://user@acme.my.salesforce.com",
            "https://acme.my.site.com/customers",
            "https://acme.lightning.force.com",
            "https://acme.my.salesforce-setup.com",
            "https://acme.my.salesforce.com/path",
            "https://acme.my.salesforce.com?x=1",
            "https://acme.my.salesforce.com\\@evil.example",
            "https://localhost.evil.example",
            "http://127.0.0.1.nip.io",
            "http://0.0.0.0:1",
            "http://169.254.169.254",
            "ftp://acme.my.salesforce.com",
            "acme.my.salesforce.com",
            "https://",
            "",
            "https://acme.my.salesforce.com\n",
            "https://acme.my.salesforce.com.",
            "https://\u{430}cme.my.salesforce.com",
        ] {
            let error = parse(text).expect_err(text);
            assert!(matches!(error.reason(), Reason::HostNotTrusted | Reason::InvalidField), "{text}: {error}");
            assert!(error.details().field.is_some());
        }
    }

    #[test]
    fn sites_need_a_pinned_org_and_have_one_segment() {
        let trust = Trust { hosts: &[], org_pinned: true };
        let site = LoginHost::parse("https://acme.my.site.com/customers/", trust).unwrap();
        assert_eq!(site.default_audience(), "https://acme.my.site.com/customers");
        assert!(site.permits("https://acme.my.site.com/customers").is_ok());
        for other in [LOGIN, "https://acme.my.site.com", "https://acme.my.site.com/other"] {
            assert!(site.permits(other).is_err(), "{other}");
        }
        for text in ["https://acme.my.site.com/a/b", "https://acme.my.site.com/a%2fb", "https://acme.my.site.com//a"] {
            assert!(LoginHost::parse(text, trust).is_err(), "{text}");
        }
    }

    #[test]
    fn audiences_are_tied_to_hosts() {
        let mine = parse("https://acme.my.salesforce.com").unwrap();
        for (audience, fine) in [
            ("https://acme.my.salesforce.com", true),
            (LOGIN, true),
            (TEST, true),
            ("https://other.my.salesforce.com", false),
            ("https://acme.my.salesforce.com/", false),
            ("http://acme.my.salesforce.com", false),
        ] {
            assert_eq!(mine.permits(audience).is_ok(), fine, "{audience}");
        }
        let local = parse("http://127.0.0.1:9").unwrap();
        for audience in [LOGIN, TEST, "http://127.0.0.1:10", "http://localhost:9"] {
            assert!(local.permits(audience).is_err(), "{audience}");
        }
        let trust = Trust { hosts: &["sso.acme.example".into()], org_pinned: false };
        let own = LoginHost::parse("https://sso.acme.example", trust).unwrap();
        assert!(own.permits("https://sso.acme.example").is_ok() && own.permits(LOGIN).is_err());
        let china = parse("https://acme.my.sfcrmproducts.cn").unwrap();
        assert!(china.permits(LOGIN).is_err());
    }

    #[test]
    fn auto_stays_on_the_host_and_is_bounded() {
        let mine = parse("https://acme.my.salesforce.com").unwrap();
        assert_eq!(Audience::Auto.further(&mine), [LOGIN, TEST]);
        assert_eq!(Audience::Auto.further(&parse(LOGIN).unwrap()), [TEST]);
        assert_eq!(Audience::parse(LOGIN).unwrap().further(&mine), Vec::<&str>::new());
        assert!(Audience::Auto.further(&parse("http://localhost:1").unwrap()).is_empty());
    }

    #[test]
    fn tokens_stay_with_salesforce() {
        let mine = parse("https://acme.my.salesforce.com").unwrap();
        let trusted = ["sso.acme.example".to_owned()];
        let acme = Some("https://acme.my.salesforce.com");
        for (instance, expected) in [
            ("https://acme.my.salesforce.com", acme),
            ("https://acme.my.salesforce.com/", acme),
            ("HTTPS://ACME.My.Salesforce.com:443", acme),
            ("https://na35.salesforce.com", Some("https://na35.salesforce.com")),
            ("https://sso.acme.example", Some("https://sso.acme.example")),
            ("https://acme.my.salesforce.com\\\\@evil.example", None),
            ("https://acme.my.salesforce.com\\@evil.example", None),
            ("https://\u{430}cme.my.salesforce.com", None),
            ("https://acme.my.salesforce.com/path", None),
            ("https://acme.my.salesforce.com/?q=1", None),
            ("https://acme.my.salesforce.com#f", None),
            ("https://acme.my.salesforce.com\n", None),
            ("https://acme.my.salesforce.com.", None),
            ("http://acme.my.salesforce.com", None),
            ("https://salesforce.com.evil.example", None),
            ("https://evilsalesforce.com", None),
            ("https://u@acme.my.salesforce.com", None),
            ("https://acme.my.salesforce.com:444", None),
            ("http://127.0.0.1:1", None),
            ("", None),
        ] {
            assert_eq!(mine.instance(instance, &trusted).as_deref(), expected, "{instance}");
        }
        let local = parse("http://acme.localhost:1").unwrap();
        assert_eq!(local.instance("http://127.0.0.1:2/", &[]).as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!(local.instance("http://[::1]:2", &[]).as_deref(), Some("http://[::1]:2"));
        assert_eq!(local.instance("http://127.0.0.1:2/a\nb", &[]), None);
        assert_eq!(local.instance("https://acme.my.salesforce.com", &[]), None);
    }

    #[test]
    fn the_other_addresses_of_an_answer() {
        let mine = parse("https://acme.my.salesforce.com").unwrap();
        let local = parse("http://acme.localhost:1").unwrap();
        let trust = Trust { hosts: &[], org_pinned: true };
        let site = LoginHost::parse("https://acme.my.site.com/customers", trust).unwrap();
        for host in [&mine, &local] {
            let api = host.api_instance("https://api.salesforce.com", &[]);
            assert_eq!(api.as_deref(), Some("https://api.salesforce.com"));
            let id = "https://login.salesforce.com/id/00D5e000005AHE7EAO/0055e000001abcDAAQ";
            assert_eq!(host.identity(&id.replace("login", "LOGIN"), &[]).as_deref(), Some(id));
            for foreign in ["https://api.evil.example", "https://api.salesforce.com\\@evil.example/", "http://0.0.0.0"]
            {
                assert_eq!(host.api_instance(foreign, &[]), None);
                assert_eq!(host.identity(foreign, &[]), None);
            }
        }
        assert!(local.identity("http://127.0.0.1:2/id/a/b", &[]).is_some());
        assert!(mine.identity("http://127.0.0.1:2/id/a/b", &[]).is_none());
        assert!(site.identity("https://acme.my.site.com/customers/id/a/b", &[]).is_some());
        assert!(mine.identity("https://acme.my.site.com/customers/id/a/b", &[]).is_none());
    }
}
