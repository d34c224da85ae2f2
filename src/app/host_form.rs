//! Which host is what: the one table of Salesforce's host suffixes, and the My Domain behind a host.
//!
//! The forms are those of Salesforce Help "My Domain URL Formats"; the clouds of the US Department of Defense and of
//! China have suffixes of their own.
//!
//! [`host_form`] is what trust rests on, so it is strict: plain ASCII names, whole labels, a further label only
//! where a known partition stands. What it does not know is [`HostForm::Foreign`].

use super::my_domain::{Environment, MyDomain, Partition, Realm};
use std::net::{Ipv4Addr, Ipv6Addr};

/// What kind of host a name is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostForm {
    /// `login.salesforce.com` or `test.salesforce.com`: every org's, so no org's.
    GenericLogin(Environment),
    /// The login host of one org: OAuth, APIs and install pages.
    MyDomain(MyDomain),
    /// An Experience Cloud site on `.my.site.com`: an OAuth host for the users of that site.
    Site(MyDomain),
    /// Another host of the same org, which serves pages but no OAuth.
    Relative(Relative, MyDomain),
    /// A form from before enhanced domains, with an instance in it. Salesforce ended the redirects in Spring '26;
    /// the My Domain is what succeeded it.
    Legacy(MyDomain),
    /// A host that names an instance (`na35.salesforce.com`) and leaves open which org is meant.
    Instance,
    /// `.my-salesforce.com` and `.my-lightning.com`: Salesforce's internal alternative to the public forms.
    Alternative,
    /// This machine: `localhost`, `*.localhost` (RFC 6761 section 6.3), 127.0.0.0/8, `[::1]`.
    Loopback,
    /// None of Salesforce's hosts, or not a host name at all.
    Foreign,
}

/// A host of an org that is neither its login host nor an Experience Cloud site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relative {
    /// Lightning Experience.
    Lightning,
    /// Setup.
    Setup,
    /// Visualforce pages, of the org or of a package.
    Visualforce,
    /// Files and images.
    Content,
    /// Salesforce Sites (Force.com Sites).
    Sites,
    /// Experience Builder.
    Builder,
}

impl Relative {
    /// What the host is for, as Salesforce Help calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Relative::Lightning => "Lightning",
            Relative::Setup => "Setup",
            Relative::Visualforce => "Visualforce",
            Relative::Content => "content",
            Relative::Sites => "Salesforce Sites",
            Relative::Builder => "Experience Builder",
        }
    }
}

/// What the hosts under a suffix serve.
#[derive(Clone, Copy)]
enum Role {
    Login,
    Site,
    Page(Relative),
}

/// Every suffix under which orgs have hosts. Whole labels: each begins with a dot.
const SUFFIXES: &[(&str, Realm, Role)] = &[
    (Realm::Commercial.login_suffix(), Realm::Commercial, Role::Login),
    (Realm::Defense.login_suffix(), Realm::Defense, Role::Login),
    (Realm::China.login_suffix(), Realm::China, Role::Login),
    (".my.site.com", Realm::Commercial, Role::Site),
    (".lightning.force.com", Realm::Commercial, Role::Page(Relative::Lightning)),
    (".lightning.crmforce.mil", Realm::Defense, Role::Page(Relative::Lightning)),
    (".lightning.sfcrmapps.cn", Realm::China, Role::Page(Relative::Lightning)),
    (".my.salesforce-setup.com", Realm::Commercial, Role::Page(Relative::Setup)),
    (".vf.force.com", Realm::Commercial, Role::Page(Relative::Visualforce)),
    (".visual.force.com", Realm::Commercial, Role::Page(Relative::Visualforce)), // before enhanced domains
    (".file.force.com", Realm::Commercial, Role::Page(Relative::Content)),
    (".my.salesforce-sites.com", Realm::Commercial, Role::Page(Relative::Sites)),
    (".builder.salesforce-experience.com", Realm::Commercial, Role::Page(Relative::Builder)),
];

/// What kind of host this is: a name or IP address without scheme, port or path, in any case, with or without the
/// root's trailing dot.
pub fn host_form(host: &str) -> HostForm {
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    if is_loopback(host) {
        return HostForm::Loopback;
    }
    // 253 and 63 bytes: RFC 1035 section 2.3.4.
    if host.len() > 253 || !host.split('.').all(is_label) {
        return HostForm::Foreign;
    }
    match host {
        "login.salesforce.com" => return HostForm::GenericLogin(Environment::Production),
        "test.salesforce.com" => return HostForm::GenericLogin(Environment::Sandbox),
        _ => {}
    }
    for (suffix, realm, role) in SUFFIXES {
        if let Some(front) = host.strip_suffix(suffix) {
            return org_host(front, *realm, *role).unwrap_or(HostForm::Foreign);
        }
    }
    if host.ends_with(".my-salesforce.com") || host.ends_with(".my-lightning.com") {
        return HostForm::Alternative;
    }
    match host.strip_suffix(".salesforce.com") {
        Some(label) if is_instance(label) => HostForm::Instance,
        _ => HostForm::Foreign,
    }
}

/// Reads what stands before a suffix: a My Domain name and perhaps a partition or, in old forms, an instance.
fn org_host(front: &str, realm: Realm, role: Role) -> Option<HostForm> {
    let mut labels = front.split('.');
    let (first, second) = (labels.next()?, labels.next());
    if labels.next().is_some() {
        return None;
    }
    // Visualforce hosts end the name with the package's namespace: acme--c, acme--qa--c.
    let name = match role {
        Role::Page(Relative::Visualforce) => first.rsplit_once("--")?.0,
        _ => first,
    };
    if !is_my_domain_name(name) {
        return None;
    }
    let named = |partition| MyDomain::new(name, partition, realm);
    let Some(second) = second else {
        return Some(form(role, named(None)));
    };
    if let Some(partition) = Partition::from_label(second) {
        return Some(form(role, named(Some(partition))));
    }
    if !is_instance(second) {
        return None;
    }
    Some(match (name.contains("--"), second.starts_with("cs")) {
        (true, _) => HostForm::Legacy(named(Some(Partition::SANDBOX))),
        (false, false) => HostForm::Legacy(named(None)),
        (false, true) => HostForm::Instance, // a sandbox instance without a sandbox's name: perhaps a scratch org
    })
}

fn form(role: Role, my_domain: MyDomain) -> HostForm {
    match role {
        Role::Login => HostForm::MyDomain(my_domain),
        Role::Site => HostForm::Site(my_domain),
        Role::Page(relative) => HostForm::Relative(relative, my_domain),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    host == "localhost"
        || host.strip_suffix(".localhost").is_some_and(|front| front.split('.').all(is_label))
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || address.parse::<Ipv6Addr>().is_ok_and(|ip| ip == Ipv6Addr::LOCALHOST)
}

/// A DNS label in lower case: letters, digits and inner hyphens. An `xn--` label (RFC 5890) spells something that
/// reads as another name, so it is none.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !label.starts_with("xn--")
}

/// A My Domain name, with at most one sandbox name after `--`.
fn is_my_domain_name(name: &str) -> bool {
    let (org, sandbox) = name.split_once("--").map_or((name, None), |(org, sandbox)| (org, Some(sandbox)));
    is_label(org) && sandbox.is_none_or(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// An instance such as `na35`, `cs12`, `um5`, `usa2s`.
fn is_instance(label: &str) -> bool {
    let label = label.strip_suffix('s').unwrap_or(label);
    let digits = label.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let letters = label.len() - digits.len();
    (2..=3).contains(&letters) && (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn login_host(host: &str) -> Option<String> {
        match host_form(host) {
            HostForm::MyDomain(domain)
            | HostForm::Site(domain)
            | HostForm::Legacy(domain)
            | HostForm::Relative(_, domain) => Some(domain.host()),
            _ => None,
        }
    }

    #[test]
    fn login_hosts_of_every_kind_of_org() {
        let production = Environment::Production;
        let sandbox = Environment::Sandbox;
        for (host, environment) in [
            ("acme.my.salesforce.com", production),
            ("a.my.salesforce.com", production),
            ("acme--qa.sandbox.my.salesforce.com", sandbox),
            ("acme--qa.my.salesforce.com", sandbox),
            ("acme-dev-ed.develop.my.salesforce.com", production),
            ("acme-dev-ed.my.salesforce.com", production),
            ("flow-ocean-1234.scratch.my.salesforce.com", sandbox),
            ("wise-fox-abc.trailblaze.my.salesforce.com", production),
            ("acme.patch.my.salesforce.com", production),
            ("acme.demo.my.salesforce.com", production),
            ("acme.free.my.salesforce.com", production),
            ("acme.my.salesforce.mil", production),
            ("acme--qa.sandbox.my.salesforce.mil", sandbox),
            ("acme.my.sfcrmproducts.cn", production),
            ("acme--qa.sandbox.my.sfcrmproducts.cn", sandbox),
        ] {
            let HostForm::MyDomain(domain) = host_form(host) else { panic!("{host} is a login host") };
            assert_eq!(domain.host(), host);
            assert_eq!(domain.environment(), environment, "{host}");
        }
    }

    #[test]
    fn relatives_lead_to_the_login_host() {
        for (host, expected) in [
            ("acme.lightning.force.com", "acme.my.salesforce.com"),
            ("acme--qa.sandbox.lightning.force.com", "acme--qa.sandbox.my.salesforce.com"),
            ("acme-dev-ed.develop.lightning.force.com", "acme-dev-ed.develop.my.salesforce.com"),
            ("acme.lightning.crmforce.mil", "acme.my.salesforce.mil"),
            ("acme.lightning.sfcrmapps.cn", "acme.my.sfcrmproducts.cn"),
            ("acme.my.salesforce-setup.com", "acme.my.salesforce.com"),
            ("acme--qa.sandbox.my.salesforce-setup.com", "acme--qa.sandbox.my.salesforce.com"),
            ("acme--c.vf.force.com", "acme.my.salesforce.com"),
            ("acme--qa--c.sandbox.vf.force.com", "acme--qa.sandbox.my.salesforce.com"),
            ("acme-dev-ed--my-ns.develop.vf.force.com", "acme-dev-ed.develop.my.salesforce.com"),
            ("acme--c.visual.force.com", "acme.my.salesforce.com"),
            ("acme.file.force.com", "acme.my.salesforce.com"),
            ("acme.my.salesforce-sites.com", "acme.my.salesforce.com"),
            ("acme.builder.salesforce-experience.com", "acme.my.salesforce.com"),
            ("acme--qa.sandbox.my.site.com", "acme--qa.sandbox.my.salesforce.com"),
            ("acme--qa.cs12.my.salesforce.com", "acme--qa.sandbox.my.salesforce.com"),
            ("acme--c.na35.visual.force.com", "acme.my.salesforce.com"),
        ] {
            assert_eq!(login_host(host).as_deref(), Some(expected), "{host}");
            assert!(!matches!(host_form(host), HostForm::MyDomain(_)), "{host} serves no OAuth of the org");
        }
    }

    #[test]
    fn spelling_does_not_matter() {
        for host in ["ACME.My.Salesforce.COM", "acme.my.salesforce.com."] {
            assert_eq!(login_host(host).as_deref(), Some("acme.my.salesforce.com"));
        }
        assert_eq!(host_form("Test.Salesforce.com."), HostForm::GenericLogin(Environment::Sandbox));
    }

    #[test]
    fn lookalikes_are_foreign() {
        for host in [
            "",
            ".",
            "acme",
            "my.salesforce.com",
            ".my.salesforce.com",
            "acme..my.salesforce.com",
            "acme.my.salesforce.com..",
            "acmemy.salesforce.com",
            "evilmy.salesforce.com.evil.example",
            "acme.my.salesforce.com.evil.example",
            "acme.my.salesforce.com@evil.example",
            "acme.my.salesforce.com:443",
            "acme.my.salesforce.com/x",
            "acme.my.salesforce.com\0",
            "acme.my.salesforce.com\n",
            " acme.my.salesforce.com",
            "acme.my.salesforce.co",
            "acme.my.salesforce.com.cn",
            "acme.my.salesforce.mil.com",
            "evilcrmforce.mil",
            "acme.lightning.evilcrmforce.mil",
            "acme.evil.my.salesforce.com",
            "a.acme.sandbox.my.salesforce.com",
            "acme.sandbox.sandbox.my.salesforce.com",
            "sandbox..my.salesforce.com",
            "-acme.my.salesforce.com",
            "acme-.my.salesforce.com",
            "acme--qa--x.sandbox.my.salesforce.com",
            "acme--.my.salesforce.com",
            "ac_me.my.salesforce.com",
            "xn--acme-5cd.my.salesforce.com",
            "\u{430}cme.my.salesforce.com",
            "acme.my.s\u{430}lesforce.com",
            "acme.my.salesforce\u{3002}com",
            "acme.vf.force.com",
            "acme.force.com",
            "acme.secure.force.com",
            "acme.my.sfcrmapps.cn",
            "www.salesforce.com",
            "help.salesforce.com",
            "login.salesforce.com.evil.example",
            "evil-login.salesforce.com",
            "login.my-salesforce.example",
            "localhost.evil.example",
            "evillocalhost",
            "..localhost",
            "127.0.0.1.evil.example",
            "128.0.0.1",
            "0.0.0.0",
            "0177.0.0.1",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[127.0.0.1]",
        ] {
            assert_eq!(host_form(host), HostForm::Foreign, "{host:?}");
        }
        assert_eq!(host_form(&format!("{}.my.salesforce.com", "a".repeat(64))), HostForm::Foreign);
    }

    #[test]
    fn hosts_of_no_single_org() {
        for (host, form) in [
            ("login.salesforce.com", HostForm::GenericLogin(Environment::Production)),
            ("na35.salesforce.com", HostForm::Instance),
            ("usa2s.salesforce.com", HostForm::Instance),
            ("page-dev-ed.cs22.my.salesforce.com", HostForm::Instance),
            ("acme.my-salesforce.com", HostForm::Alternative),
            ("acme.my-lightning.com", HostForm::Alternative),
        ] {
            assert_eq!(host_form(host), form, "{host}");
        }
    }

    #[test]
    fn loopback_hosts() {
        for host in ["localhost", "Acme.LocalHost", "a.b.localhost.", "127.0.0.1", "127.1.2.3", "::1", "[::1]"] {
            assert_eq!(host_form(host), HostForm::Loopback, "{host}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_trusted_ends_in_a_known_suffix(host in "[ -~]{0,20}(my\\.salesforce\\.com|my\\.site\\.com|localhost)[ -~]{0,4}") {
            if let Some(login) = login_host(&host) {
                prop_assert!([".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn"].iter().any(|s| login.ends_with(s)));
                prop_assert!(login.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)));
                let again = host_form(&login);
                prop_assert!(matches!(&again, HostForm::MyDomain(d) if d.host() == login), "{} became {:?}", login, again);
            }
        }

        #[test]
        fn no_text_makes_it_panic(host in any::<String>()) {
            let _ = host_form(&host);
        }
    }
}
