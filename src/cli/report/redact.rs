//! A report without the names of people, hosts, orgs, files and addresses, to be shown to strangers. What is left
//! are checks, reasons, causes and remedies; the same org keeps the same stand-in throughout.
//!
//! What is known of an org is replaced wherever it stands; then whatever has the look of a name.

use super::Entry;
use crate::app::my_domain::Partition;
use crate::error::Error;
use crate::org::draft::Draft;
use crate::org::field::Origin;
use crate::org::parts::Parts;
use crate::protocol::types::{CheckStatus, Link, VerifyResult};
use crate::verify::checks::CHECKS;
use std::collections::HashMap;
use std::net::IpAddr;
use std::path::Path;

/// Stands in for names.
#[derive(Default)]
pub(in crate::cli) struct Redactor {
    /// Names of orgs, those that are not in the report too, and their stand-ins.
    names: HashMap<String, String>,
    /// What else is known of the orgs, by their places in the report.
    known: HashMap<usize, Vec<(String, String)>>,
}

impl Redactor {
    /// An org of this name is configured.
    pub(in crate::cli) fn configured(&mut self, name: &str) {
        self.names.insert(name.to_owned(), ORG.to_owned());
    }

    /// This place of the report is about the org of this name.
    pub(in crate::cli) fn asked(&mut self, place: usize, name: &str) {
        self.names.insert(name.to_owned(), stand_in(place));
    }

    /// What is said about the org at this place, and the proxies that variables name.
    pub(in crate::cli) fn found(&mut self, place: usize, draft: &Draft, parts: &Parts, proxies: &[String]) {
        let mut known = Vec::new();
        let mut knows = |text: &str, other: &str| {
            if !text.is_empty() {
                known.push((text.to_owned(), other.to_owned()));
            }
        };
        let file = |path: &Path| path.display().to_string();
        for (_, origin) in draft.given() {
            if let Origin::Config { file: path, .. } | Origin::SalesforceCli(path) = origin {
                knows(&file(path), FILE);
            }
        }
        draft.source.file().into_iter().for_each(|path| knows(&file(path), FILE));
        for given in [&draft.certificate, &draft.ca_file].into_iter().flatten() {
            knows(&given.value, FILE);
        }
        for path in [&parts.certificate, &parts.ca_file].into_iter().flatten().flatten() {
            knows(&file(path), FILE);
        }
        let passphrase = parts.passphrase.iter().flatten().map(|source| source.label());
        for label in parts.key.iter().map(|source| source.label()).chain(passphrase) {
            match label.split_once(':') {
                Some(("file", path)) => {
                    knows(&label, FILE);
                    knows(path, FILE);
                }
                Some((scheme, place)) if !place.is_empty() => knows(&label, &format!("{scheme}:…")),
                _ => {}
            }
        }
        draft.username.iter().for_each(|given| knows(&given.value, USERNAME));
        draft.client_id.iter().for_each(|given| knows(&given.value, "CLIENT-ID"));
        let proxy = parts.proxy.iter().flatten().map(|proxy| proxy.expose()).chain(proxies).map(String::as_str);
        let urls = [&draft.login_url, &draft.audience].into_iter().flatten().map(|given| given.value.as_str());
        for url in urls.chain(proxy) {
            let host = url.split_once("://").map_or(url, |(_, rest)| rest);
            let host = host.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            let host = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(h, _)| h);
            // one that looks like a host keeps its form
            if word(host) == host && !is_everybodys(host) && host != "auto" {
                knows(host, HOST);
            }
        }
        known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        self.known.insert(place, known);
    }

    /// The same entry of the report, told without names.
    pub(in crate::cli) fn entry(&self, entry: Entry, place: usize) -> Entry {
        let clean = |text: &str| self.clean(text, Some(place));
        let name = stand_in(place);
        let outcome = match entry.outcome {
            Ok(result) => Ok(self::result(result, &name, &clean)),
            Err(error) => Err(self.error(&error)),
        };
        Entry { name, outcome }
    }

    /// The same error, told without names.
    pub(in crate::cli) fn error(&self, error: &Error) -> Error {
        let clean = |text: &str| self.clean(text, None);
        let hint = error.details().hint.as_deref().map(clean);
        let plain = Error::new(error.reason(), clean(error.message()));
        hint.into_iter().fold(plain, Error::hint)
    }

    /// A text with stand-ins for whatever could name somebody.
    fn clean(&self, text: &str, place: Option<usize>) -> String {
        // What a program or a person said is in nobody's hands.
        if let Some((before, _)) = text.split_once("it said: ") {
            return self.clean(before, place) + "it said: (not shown)";
        }
        let known = place.and_then(|place| self.known.get(&place)).map(Vec::as_slice).unwrap_or_default();
        let text = known.iter().fold(text.to_owned(), |text, (name, other)| replace_whole(&text, name, other));
        let mut clean = String::new();
        for piece in text.split_inclusive(is_edge) {
            let token = piece.trim_end_matches(is_edge);
            let core = token.trim_matches(['.', ':', '[', ']']);
            let (before, after) = token.split_once(core).unwrap_or_default();
            let told = match (self.name(core), word(token)) {
                (Some(other), _) => format!("{before}{other}{after}"),
                (None, other) if other != token => other,
                (None, _) => format!("{before}{}{after}", word(core)),
            };
            clean += &told;
            clean += &piece[token.len()..];
        }
        clean
    }

    fn name(&self, word: &str) -> Option<String> {
        let name = |name: &str| self.names.get(name).cloned();
        match word.strip_prefix("orgs.").filter(|table| *table != "toml") {
            Some(table) => Some(format!("orgs.{}", name(table).unwrap_or_else(|| ORG.to_owned()))),
            None => name(word),
        }
    }
}

fn stand_in(place: usize) -> String {
    format!("org-{}", place + 1)
}

/// Replaces a text where it is not a part of a longer word.
fn replace_whole(text: &str, name: &str, other: &str) -> String {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut clean = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let inside = before.ends_with(is_inner) && name.starts_with(is_inner)
            || after.starts_with(is_inner) && name.ends_with(is_inner);
        clean += before;
        clean += if inside { name } else { other };
        rest = after;
    }
    clean + rest
}

fn is_edge(c: char) -> bool {
    c.is_whitespace() || matches!(c, '`' | '(' | ')' | ',' | ';' | '"' | '\'' | '<' | '>' | '=')
}

fn result(mut result: VerifyResult, name: &str, clean: &dyn Fn(&str) -> String) -> VerifyResult {
    result.org = result.org.map(|_| name.to_owned());
    result.username = result.username.map(|_| USERNAME.to_owned());
    // what is no URL could name anybody
    let is_url = |text: &str| text.contains("://") && !text.contains(char::is_whitespace);
    let url = |text: String| if is_url(&text) { clean(&text) } else { NOT_SHOWN.to_owned() };
    result.login_url = result.login_url.map(url);
    if let Some(identity) = &mut result.identity {
        (identity.org_id, identity.user_id) = (id("00D"), id("005"));
        identity.username = USERNAME.to_owned();
        identity.instance_url = clean(&identity.instance_url);
    }
    for check in &mut result.checks {
        let of_address = matches!(check.id.as_str(), "network.dns" | "network.connect");
        check.detail = clean(&check.detail);
        check.causes.iter_mut().for_each(|cause| *cause = clean(cause));
        check.remedy = check.remedy.as_deref().map(clean);
        // The app's and permission sets' names are the org's own words.
        if (of_address && check.status == CheckStatus::Pass)
            || (check.id.starts_with("app.") && check.detail.contains('`'))
        {
            check.detail = NOT_SHOWN.to_owned();
        }
        check.links.iter_mut().for_each(|link: &mut Link| {
            link.url = None;
            link.path = link.path.split('?').next().unwrap_or_default().to_owned();
        });
    }
    result.warnings.iter_mut().for_each(|warning| warning.message = clean(&warning.message));
    result
}

const ORG: &str = "ORG";
const USERNAME: &str = "USERNAME";
const HOST: &str = "HOST";
const FILE: &str = "FILE";
const NOT_SHOWN: &str = "(not shown)";

/// Words that look like names and are the same for everybody.
const EVERYBODYS: [&str; 3] = ["name@company.example", "orgs.toml", "sfdx-project.json"];
/// What files end with.
const EXTENSIONS: [&str; 12] = ["pem", "key", "crt", "cer", "der", "p12", "pfx", "jks", "json", "toml", "txt", "csr"];
/// The suffixes of an org's hosts that tell nothing about it.
const SUFFIXES: [&str; 7] = [
    ".my.salesforce.com",
    ".my.salesforce.mil",
    ".my.sfcrmproducts.cn",
    ".my.site.com",
    ".lightning.force.com",
    ".my.salesforce-setup.com",
    ".vf.force.com",
];

fn id(prefix: &str) -> String {
    format!("{prefix}…")
}

/// Pages of Salesforce and its generic hosts.
fn is_everybodys(host: &str) -> bool {
    ["login", "test", "status", "help", "developer"]
        .iter()
        .any(|name| host.strip_suffix(".salesforce.com") == Some(name))
}

/// A word, or the stand-in for it.
fn word(word: &str) -> String {
    let plain = || word.to_owned();
    let host = word.split_once("://").map_or(word, |(_, rest)| rest);
    let is_url = host.len() < word.len();
    let authority = host.split(['/', '?']).next().unwrap_or_default();
    let bare = authority.trim_matches(['[', ']']);
    let port = |(_, port): &(&str, &str)| port.len() >= 2 && port.parse::<u16>().is_ok();
    let with_port = bare.rsplit_once(':').filter(port);
    let name = with_port.map_or(bare, |(host, _)| host);
    if is_everybodys(name) || EVERYBODYS.contains(&word) || CHECKS.iter().any(|check| check.id == word) {
        return plain();
    }
    if bare.parse::<IpAddr>().is_ok() || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return "ADDRESS".to_owned();
    }
    if let Some((org, suffix)) = SUFFIXES.into_iter().find_map(|suffix| Some((name.strip_suffix(suffix)?, suffix))) {
        let partition = org.rsplit_once('.').and_then(|(_, label)| Partition::from_label(label));
        let partition = partition.map(|partition| format!(".{}", partition.label())).unwrap_or_default();
        return format!("{}MYDOMAIN{partition}{suffix}", if is_url { "https://" } else { "" });
    }
    if word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty()) {
        return USERNAME.to_owned();
    }
    let is_id = |prefix: &str| word.starts_with(prefix) && matches!(word.len(), 15 | 18);
    if let Some(prefix) = ["00D", "005", "0Ci", "0H4", "04t"].into_iter().find(|prefix| is_id(prefix)) {
        return id(prefix);
    }
    if is_url {
        return HOST.to_owned();
    }
    let path = word.split_once(':').filter(|(scheme, _)| scheme.len() > 1).map_or(word, |(_, path)| path);
    let (dotted, extension) = path.rsplit_once('.').unwrap_or_default();
    let is_file = !dotted.is_empty() && EXTENSIONS.contains(&extension);
    if is_file || path.starts_with(['/', '~']) || path.contains(":\\") || (path.contains('/') && path.contains('.')) {
        return FILE.to_owned();
    }
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let labels = name.split('.').all(is_label);
    let top =
        name.rsplit_once('.').is_some_and(|(_, top)| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()));
    let is_host = labels && (top || with_port.is_some() || name == "localhost");
    if is_host { HOST.to_owned() } else { plain() }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::org::completion::Surroundings;
    use crate::org::draft::Reference;
    use crate::org::field::Given;

    fn redactor(key: &str) -> Redactor {
        let file = Origin::Config {
            file: Path::new("/c d/zorg.toml").into(),
            table: "orgs.acme".into(),
            line: 3,
            trusted: true,
        };
        let by = |value: &str| Some(Given::new(value.to_owned(), file.clone()));
        let draft = Draft {
            username: by("zorg"),
            login_url: by("https://zorghost"),
            certificate: by("zorg dir/zorg cert"),
            proxy: Some(Given::new("http://me:x@zorgproxy:3128".to_owned().into(), file.clone())),
            key: Some(Given::new(Reference::Uri(key.to_owned().into()), file.clone())),
            ..Draft::default()
        };
        let mut redactor = Redactor::default();
        redactor.configured("zorglight");
        redactor.asked(0, "acme");
        redactor.found(0, &draft, &draft.parts(Surroundings::default()), &["zorgway:1".to_owned()]);
        redactor
    }

    #[test]
    fn names_become_stand_ins_and_the_rest_stays() {
        for (text, clean) in [
            ("acme: token for a@b.cd in 00D5e000005AHE7EAO.", "org-1: token for USERNAME in 00D…."),
            (
                "assertions go to https://acme.my.salesforce.com/services/oauth2/token",
                "assertions go to https://MYDOMAIN.my.salesforce.com",
            ),
            (
                "acme--qa.sandbox.my.salesforce.com does not resolve",
                "MYDOMAIN.sandbox.my.salesforce.com does not resolve",
            ),
            (
                "zorg.lightning.force.com, x.zorg.my.salesforce-setup.com",
                "MYDOMAIN.lightning.force.com, MYDOMAIN.my.salesforce-setup.com",
            ),
            ("connected to 10.1.2.3:443, [::1]:80", "connected to ADDRESS, ADDRESS"),
            ("the proxy zorgproxy:3128 looks; zorgproxy, zorgway fail", "the proxy HOST looks; HOST, HOST fail"),
            ("the certificate is for DnsName(\"other.example\")", "the certificate is for DnsName(\"HOST\")"),
            ("zorgcustom.example.com is not a host of Salesforce", "HOST is not a host of Salesforce"),
            ("zorghost is no host", "HOST is no host"),
            ("`/home/me/acme.key` is missing", "`FILE` is missing"),
            ("`/c d/zorg dir/zorg cert`, `other.crt`, `x/y.pem`", "`FILE`, `FILE`, `FILE`"),
            ("it is wrong (/c d/zorg.toml, line 3, [orgs.acme])", "it is wrong (FILE, line 3, [orgs.org-1])"),
            ("configured are: zorglight, acme; [orgs.other]", "configured are: ORG, org-1; [orgs.ORG]"),
            ("has no @, as name@company.example has", "has no @, as name@company.example has"),
            ("`signer:x` failed; it said: zorg was here", "`signer:x` failed; it said: (not shown)"),
            ("see https://status.salesforce.com", "see https://status.salesforce.com"),
            ("needs grant.accepted; list it in orgs.toml", "needs grant.accepted; list it in orgs.toml"),
            ("PKCS#8, RSA 2048 bits", "PKCS#8, RSA 2048 bits"),
        ] {
            assert_eq!(redactor("file:a b.pem").clean(text, Some(0)), clean);
        }
        for (key, text, clean) in [
            ("file:zorg dir/zorg key", "`file:/c d/zorg dir/zorg key` is gone", "`FILE` is gone"),
            ("env:ZORGKEY", "the variable of `env:ZORGKEY` is not set", "the variable of `env:…` is not set"),
            ("keychain:zorg/zorg", "`keychain:zorg/zorg` is not there", "`keychain:…` is not there"),
        ] {
            assert_eq!(redactor(key).clean(text, Some(0)), clean);
        }
    }

    #[test]
    fn nothing_of_an_org_is_left() {
        let told = redactor("file:a.pem").entry(samples::failing("acme"), 4);
        let text = serde_json::to_string(&told.outcome.unwrap()).unwrap();
        assert!(!text.contains("acme") && text.contains("org-5") && text.contains("user-not-approved"), "{text}");
    }
}
