//! A report without the names of people, hosts, orgs, files and addresses, to be shown to strangers. What is left
//! are checks, reasons, causes and remedies; the same org keeps the same stand-in throughout.

use super::Entry;
use crate::app::host_form::{HostForm, host_form};
use crate::error::Error;
use crate::protocol::types::{Link, VerifyResult};
use std::net::IpAddr;

/// The org at this place of the list, told without names.
pub(in crate::cli) fn entry(entry: Entry, place: usize) -> Entry {
    let name = format!("org-{}", place + 1);
    let clean = |text: &str| words(text, &entry.name, &name);
    let outcome = match entry.outcome {
        Ok(result) => Ok(self::result(result, &name, &clean)),
        Err(error) => {
            let hint = error.details().hint.as_deref().map(&clean);
            let plain = Error::new(error.reason(), clean(error.message()));
            Err(hint.into_iter().fold(plain, Error::hint))
        }
    };
    Entry { name, outcome }
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
        if (of_address && check.reason.is_none()) || (check.id.starts_with("app.") && check.detail.contains('`')) {
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

const USERNAME: &str = "USERNAME";
const NOT_SHOWN: &str = "(not shown)";

fn id(prefix: &str) -> String {
    format!("{prefix}…")
}

/// A text with stand-ins for whatever could name somebody; white space stays as it is.
fn words(text: &str, name: &str, stand_in: &str) -> String {
    let mut clean = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let space = &word[word.trim_end().len()..];
        let bare = word.trim();
        let edges = |c: char| matches!(c, '`' | '(' | ')' | ',' | ';' | ':' | '"' | '\'' | '.');
        let core = bare.trim_matches(edges);
        match stand_in_for(core).or_else(|| (!name.is_empty() && core == name).then(|| stand_in.to_owned())) {
            Some(other) if !core.is_empty() => clean += &bare.replacen(core, &other, 1),
            _ => clean += bare,
        }
        clean += space;
    }
    clean
}

fn stand_in_for(word: &str) -> Option<String> {
    let host = word.split_once("://").map_or(word, |(_, rest)| rest);
    let is_url = host.len() < word.len();
    let authority = host.split(['/', '?']).next().unwrap_or_default();
    let bare = authority.trim_matches(['[', ']']);
    let without_port = bare.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(bare, |(h, _)| h);
    // Pages of Salesforce and the generic hosts are the same for everybody.
    if ["status.salesforce.com", "login.salesforce.com", "test.salesforce.com"].contains(&without_port) {
        return None;
    }
    if bare.parse::<IpAddr>().is_ok() || without_port.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Some("ADDRESS".to_owned());
    }
    if let Some(suffix) = [".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn", ".my.site.com"]
        .into_iter()
        .find(|suffix| without_port.ends_with(suffix))
    {
        let kind = without_port.trim_end_matches(suffix).rsplit_once('.').map(|(_, kind)| format!(".{kind}"));
        return Some(format!("{}MYDOMAIN{}{suffix}", if is_url { "https://" } else { "" }, kind.unwrap_or_default()));
    }
    if is_url || host_form(without_port) == HostForm::Loopback {
        return Some("HOST".to_owned());
    }
    if word.contains('@') {
        return Some(USERNAME.to_owned());
    }
    let is_id = |prefix: &str| word.starts_with(prefix) && matches!(word.len(), 15 | 18);
    if let Some(prefix) = ["00D", "005", "0Ci", "0H4", "04t"].into_iter().find(|prefix| is_id(prefix)) {
        return Some(id(prefix));
    }
    let path = word.split_once(':').filter(|(scheme, _)| scheme.len() > 1).map_or(word, |(_, path)| path);
    let is_path = path.starts_with(['/', '~']) || path.contains(":\\") || (path.contains('/') && path.contains('.'));
    is_path.then(|| "FILE".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

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
            ("connected to 10.1.2.3:443, [::1]:80", "connected to ADDRESS, ADDRESS"),
            ("`/home/me/acme.key` is missing", "`FILE` is missing"),
            ("see https://status.salesforce.com", "see https://status.salesforce.com"),
            ("PKCS#8, RSA 2048 bits", "PKCS#8, RSA 2048 bits"),
        ] {
            assert_eq!(words(text, "acme", "org-1"), clean);
        }
    }

    #[test]
    fn nothing_of_an_org_is_left() {
        let told = entry(samples::failing("acme"), 4);
        let text = serde_json::to_string(&told.outcome.unwrap()).unwrap();
        assert!(!text.contains("acme") && text.contains("org-5") && text.contains("user-not-approved"), "{text}");
    }
}
