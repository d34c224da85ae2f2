//! Where an app is to be installed, as people say it: the name of a configured org, or a host or address copied
//! from a browser, which is taken to the org's My Domain login host.
//!
//! A link made here is opened by an administrator, so nothing of what was typed goes into it: the host is rebuilt
//! from its recognised parts, and everything else is left behind.

use super::host_form::{HostForm, host_form};
use super::my_domain::{Environment, MyDomain};
use super::setup_page::SetupPage;
use crate::error::{Error, Reason, Warning};

/// The parameter that holds a target.
pub const FIELD: &str = "target";
/// Longer than any address of a Setup page.
const MAX_LENGTH: usize = 4096;
const ACCEPTED: &str =
    "give the name of a configured org, or the org's My Domain such as acme.my.salesforce.com (Setup, My Domain)";

/// What a target says.
#[derive(Debug)]
pub enum Target {
    /// An org's own host.
    Place(Place),
    /// The name of a configured org. The second part is what is wrong with the text if no org has that name; without
    /// it, it can only be a name.
    Name(String, Option<Error>),
}

/// The host of an org's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    origin: String,
    /// The org's My Domain; `None` on loopback, which is the emulator.
    pub my_domain: Option<MyDomain>,
    /// The host that was given, when it was another one.
    pub rewritten_from: Option<String>,
    /// What deserves attention about the host.
    pub warnings: Vec<Warning>,
}

impl Place {
    /// Scheme and host, without trailing slash: `https://acme.my.salesforce.com`. On loopback also the port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host; on loopback with the port.
    pub fn host(&self) -> &str {
        self.origin.split_once("://").map_or(&self.origin, |(_, host)| host)
    }

    /// What the org is for, where its host tells.
    pub fn environment(&self) -> Option<Environment> {
        self.my_domain.as_ref().map(MyDomain::environment)
    }

    /// Reads a host or an address, never a name.
    ///
    /// # Errors
    /// `invalid-target`, saying what kind of host it is and what to give instead. No error repeats the text.
    pub fn read(text: &str) -> Result<Place, Error> {
        let address = Address::read(text)?;
        let (my_domain, warning) = match host_form(&address.host) {
            HostForm::MyDomain(my_domain) | HostForm::Relative(_, my_domain) => (my_domain, None),
            HostForm::Site(my_domain) => {
                let message = format!(
                    "{} serves a site, where nobody installs apps; the install page is on the org's login host",
                    address.host
                );
                (my_domain, Some(Warning::new("site-host", message)))
            }
            HostForm::Legacy(my_domain) => {
                let message = format!(
                    "{} is a form that Salesforce gave up in Spring '26; {my_domain} is what should have followed it: \
                     compare with Setup, My Domain",
                    address.host
                );
                (my_domain, Some(Warning::new("legacy-host", message)))
            }
            HostForm::Loopback => return Ok(address.loopback()),
            other => return Err(no_org(&other)),
        };
        if address.port.is_some_and(|port| port != 443) {
            return Err(invalid("Salesforce's hosts have no port number", "leave the port out"));
        }
        let host = my_domain.host();
        Ok(Place {
            origin: format!("https://{host}"),
            rewritten_from: (host != address.host).then_some(address.host),
            my_domain: Some(my_domain),
            warnings: warning.into_iter().collect(),
        })
    }
}

impl Target {
    /// Reads a target. Words without a dot, colon or slash, and usernames, are names of configured orgs; a name with
    /// dots can be one too, if it is no host of Salesforce's.
    ///
    /// # Errors
    /// As [`Place::read`], for what can only be a host or an address.
    pub fn read(text: &str) -> Result<Target, Error> {
        let text = text.trim_matches(' ');
        let is_word = !text.is_empty() && text.len() <= 255 && !text.contains(['/', ':', '\\']);
        let is_plain = is_word && !text.chars().any(char::is_control);
        if !is_plain || host_form(text) == HostForm::Loopback {
            return Place::read(text).map(Target::Place);
        }
        match text.split_once('@') {
            // acme.my.salesforce.com@evil.example is an address whose host is evil.example.
            Some((user, domain)) if [user, domain].iter().all(|part| host_form(part) == HostForm::Foreign) => {
                Ok(Target::Name(text.to_owned(), None))
            }
            Some(_) => Err(user_info()),
            None if !text.contains('.') => Ok(Target::Name(text.to_owned(), None)),
            None => match Place::read(text) {
                Ok(place) => Ok(Target::Place(place)),
                Err(error) if host_form(text) == HostForm::Foreign => Ok(Target::Name(text.to_owned(), Some(error))),
                Err(error) => Err(error),
            },
        }
    }
}

/// Scheme, host and port of what was typed; path and query are left behind.
struct Address {
    scheme: Option<&'static str>,
    host: String,
    port: Option<u16>,
}

impl Address {
    /// Takes a text apart more strictly than browsers do, which drop control characters, turn backslashes into
    /// slashes, decode percent signs in hosts and map foreign letters (URL Standard section 4.4).
    fn read(text: &str) -> Result<Address, Error> {
        let text = text.trim_matches(' ');
        if text.is_empty() {
            return Err(invalid("the target is empty", ACCEPTED));
        }
        if text.len() > MAX_LENGTH {
            return Err(invalid(format!("the target is longer than {MAX_LENGTH} bytes"), ACCEPTED));
        }
        if let Some(odd) = text.chars().find(|c| !c.is_ascii_graphic() || *c == '\\') {
            let what = match odd {
                '\\' => "a backslash",
                ' ' => "a space",
                c if c.is_control() => "a control character",
                _ => "a character outside ASCII",
            };
            return Err(invalid(format!("the target has {what} in it"), ACCEPTED));
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (Some("https"), rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (Some("http"), rest),
            Some((scheme, _)) if !scheme.contains(['/', '?', '#']) => {
                return Err(invalid("the target's scheme is neither https nor http", ACCEPTED));
            }
            _ => (None, text),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(user_info());
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let port = match port {
            None | Some("") => None,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Some(digits.parse().map_err(|_| bad_port())?),
            Some(_) => return Err(bad_port()),
        };
        let host = host.to_ascii_lowercase();
        Ok(Address { scheme, host: host.strip_suffix('.').unwrap_or(&host).to_owned(), port })
    }

    /// The emulator's form: plain http unless https was said, and the port stays.
    fn loopback(self) -> Place {
        let scheme = self.scheme.unwrap_or("http");
        let host =
            if self.host.contains(':') && !self.host.starts_with('[') { format!("[{}]", self.host) } else { self.host };
        let port = self.port.map(|p| format!(":{p}")).unwrap_or_default();
        Place {
            origin: format!("{scheme}://{host}{port}"),
            my_domain: None,
            rewritten_from: None,
            warnings: Vec::new(),
        }
    }
}

fn no_org(form: &HostForm) -> Error {
    let my_domain = SetupPage::MyDomain.link(None);
    match form {
        HostForm::GenericLogin(_) => invalid(
            "login.salesforce.com and test.salesforce.com stand for every org, and an app is installed in one",
            "give the org's own My Domain host; its Setup shows it on the page My Domain",
        )
        .link(my_domain),
        HostForm::Instance => invalid(
            "this host names one of Salesforce's instances, and many orgs live there",
            "give the org's own My Domain host; its Setup shows it on the page My Domain",
        )
        .link(my_domain),
        HostForm::Alternative => {
            invalid("hosts under my-salesforce.com and my-lightning.com belong to Salesforce's internal orgs", ACCEPTED)
        }
        _ => invalid("the target is no host of a Salesforce org", ACCEPTED),
    }
}

fn invalid(message: impl Into<String>, hint: &str) -> Error {
    Error::usage(Reason::InvalidTarget, FIELD, message).hint(hint)
}

fn user_info() -> Error {
    invalid(
        "the target has an @ in it, and what stands before an @ is not the host that an address leads to",
        "give only the host of the org's My Domain",
    )
}

fn bad_port() -> Error {
    invalid("the target's port is not a number from 0 to 65535", ACCEPTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_lead_to_the_login_host() {
        for (text, origin, from) in [
            ("acme.my.salesforce.com", "https://acme.my.salesforce.com", None),
            (" https://acme.my.salesforce.com/ ", "https://acme.my.salesforce.com", None),
            ("HTTPS://Acme.My.Salesforce.com.:443/a?b#c", "https://acme.my.salesforce.com", None),
            ("http://acme.my.salesforce.com", "https://acme.my.salesforce.com", None),
            ("acme.lightning.force.com", "https://acme.my.salesforce.com", Some("acme.lightning.force.com")),
            (
                "https://acme.lightning.force.com/lightning/setup/SetupOneHome/home?x=https://evil.example/@",
                "https://acme.my.salesforce.com",
                Some("acme.lightning.force.com"),
            ),
            (
                "https://acme--qa.sandbox.my.salesforce-setup.com/lightning/page/home",
                "https://acme--qa.sandbox.my.salesforce.com",
                Some("acme--qa.sandbox.my.salesforce-setup.com"),
            ),
            ("acme--c.vf.force.com/apex/Page", "https://acme.my.salesforce.com", Some("acme--c.vf.force.com")),
            ("http://acme.localhost:8123/x", "http://acme.localhost:8123", None),
            ("acme.localhost:8123", "http://acme.localhost:8123", None),
            ("https://localhost:8443", "https://localhost:8443", None),
            ("localhost", "http://localhost", None),
            ("127.0.0.1:80", "http://127.0.0.1:80", None),
            ("http://[::1]:8123", "http://[::1]:8123", None),
        ] {
            let Ok(Target::Place(place)) = Target::read(text) else { panic!("{text} is a place") };
            assert_eq!((place.origin(), place.rewritten_from.as_deref()), (origin, from), "{text}");
            assert_eq!(format!("https://{}", place.host()).replace("https", "http"), origin.replace("https", "http"));
            assert!(place.warnings.is_empty());
        }
    }

    #[test]
    fn hosts_that_deserve_a_warning() {
        for (text, host, code) in [
            ("https://acme.my.site.com/portal/s", "acme.my.salesforce.com", "site-host"),
            ("acme--qa.cs12.my.salesforce.com", "acme--qa.sandbox.my.salesforce.com", "legacy-host"),
        ] {
            let place = Place::read(text).unwrap();
            assert_eq!((place.host(), place.warnings[0].code), (host, code), "{text}");
        }
    }

    #[test]
    fn names_of_orgs() {
        for name in ["acme", "acme-prod", "integration@acme.example", "Größe", "acme prod", "acme_1"] {
            assert!(matches!(Target::read(name), Ok(Target::Name(n, None)) if n == name), "{name}");
        }
        for name in ["acme.prod", "evil.example", "acme.my.salesforce.com.evil.example"] {
            let Ok(Target::Name(_, Some(error))) = Target::read(name) else { panic!("{name}") };
            assert_eq!(error.reason(), Reason::InvalidTarget);
        }
    }

    #[test]
    fn hostile_and_hopeless_targets_are_refused() {
        for text in [
            "",
            "   ",
            "https://",
            "https:///acme.my.salesforce.com",
            "//acme.my.salesforce.com",
            "https:acme.my.salesforce.com",
            "ftp://acme.my.salesforce.com",
            "javascript:alert(1)",
            "javascript://acme.my.salesforce.com/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://evil.example",
            "https://evil.example/acme.my.salesforce.com",
            "https://evil.example?acme.my.salesforce.com",
            "https://evil.example#.my.salesforce.com",
            "https://acme.my.salesforce.com@evil.example",
            "https://acme.my.salesforce.com:443@evil.example/",
            "acme.my.salesforce.com@evil.example",
            "evil@acme.my.salesforce.com",
            "https://user:SENTINEL@acme.my.salesforce.com",
            "https://acme.my.salesforce.com.evil.example",
            "https://acme.my.salesforce.com\\@evil.example",
            "acme.my.salesforce.com\\.evil.example",
            "https://acme.my.salesforce.com%2eevil.example",
            "https://acme.my.salesforce.com%00.evil.example",
            "https://acme%2emy.salesforce.com",
            "https://acme.my.salesforce.com\n.evil.example",
            "acme.my.salesforce.com\r\nSet-Cookie: x",
            "acme\u{0}",
            "acme.my.sales\tforce.com",
            "https://acme.my.salesforce.com evil.example",
            "https://\u{430}cme.my.salesforce.com",
            "https://acme.my.salesforce\u{3002}com",
            "https://xn--cme-7cd.my.salesforce.com",
            "https://acme.my.salesforce.com:8443",
            "https://acme.my.salesforce.com:x",
            "https://acme.my.salesforce.com:99999",
            "acme.evil.my.salesforce.com/",
            "https://10.0.0.1/",
            "https://[fe80::1]/",
            "https://2130706433/",
            "https://0x7f.1/",
            "login.salesforce.com",
            "https://test.salesforce.com/",
            "na35.salesforce.com",
            "acme.my-salesforce.com",
            "https://acme.force.com/site",
            "-----BEGIN/SENTINEL",
        ] {
            let error = match Target::read(text) {
                Err(error) => error,
                Ok(other) => panic!("{text:?} became {other:?}"),
            };
            assert_eq!(
                (error.reason(), error.details().field.as_deref()),
                (Reason::InvalidTarget, Some(FIELD)),
                "{text:?}"
            );
            assert!(error.details().hint.is_some() && !format!("{error:?}").contains("SENTINEL"), "{error:?}");
        }
        assert!(Target::read(&"a".repeat(100_000)).is_err());
        assert!(Target::read(&format!("https://{}", "a".repeat(100_000))).is_err());
    }

    #[test]
    fn hosts_of_no_single_org_say_where_the_right_one_is() {
        for text in ["login.salesforce.com", "https://na35.salesforce.com/home"] {
            let error = Place::read(text).unwrap_err();
            assert_eq!(error.details().links[0].title, "My Domain");
            assert!(error.details().hint.as_deref().unwrap().contains("My Domain"));
        }
    }

    proptest! {
        /// Whatever is put around or into an address, the origin is an org's login host or loopback.
        #[test]
        fn no_text_leads_elsewhere(text in "(https?://)?[ -~]{0,12}(acme\\.my\\.salesforce\\.com|localhost|evil\\.example)[ -~]{0,24}") {
            if let Ok(Target::Place(place)) = Target::read(&text) {
                let parsed = url::Url::parse(place.origin()).unwrap();
                let host = parsed.host_str().unwrap();
                prop_assert!(host.ends_with(".my.salesforce.com") || matches!(host_form(host), HostForm::Loopback), "{}", host);
                prop_assert!(parsed.username().is_empty() && parsed.path() == "/");
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Target::read(&text);
        }
    }
}
