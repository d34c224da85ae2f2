//! The id of a connected app, taken from the address of its edit page: the only place where Salesforce shows it.
//!
//! App Manager's Edit leads to a classic page (`…?id=0Ci…`, or the id as last part), which Lightning shows inside
//! another one (`…/lightning/setup/NavigationMenus/page?address=%2F…0Ci…`); links copied from mails and chats are
//! percent-encoded once more. An install page's address serves as well.

use super::host_form::{HostForm, host_form};
use super::my_domain::Environment;
use super::salesforce_id::{IdKind, SalesforceId};
use crate::error::{Error, Reason, Result, Warning};
use percent_encoding::percent_decode_str;
use std::borrow::Cow;
use url::Url;

/// The parameter that holds the address.
pub const FIELD: &str = "pageUrl";
/// Longer than any address of a page in Setup, encoded twice.
const MAX_LENGTH: usize = 8192;
const ACCEPTED: &str = "in the org that owns the app, open Setup, App Manager, choose Edit in the app's row, and copy \
                        the address of that page; it has the app's 0Ci id in it";

/// What the address of an app's page tells.
#[derive(Debug, PartialEq, Eq)]
pub struct AppPage {
    /// The app.
    pub app: SalesforceId,
    /// The org that owns it, which an install page's address can name.
    pub owner: Option<SalesforceId>,
    /// What the org is for that the page belongs to.
    pub environment: Option<Environment>,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
}

impl AppPage {
    /// Reads the address of an app's edit page or install page.
    ///
    /// # Errors
    /// `invalid-parameter` for what is no address of an org's page or has no app in it; `foreign-id` and
    /// `invalid-id` for the wrong id. No error repeats the address.
    pub fn read(text: &str) -> Result<AppPage> {
        let text = text.trim_matches(' ');
        if text.is_empty() || text.len() > MAX_LENGTH || text.chars().any(char::is_control) {
            return Err(no_page("the page address is empty, too long or has control characters in it"));
        }
        let environment = environment(text)?;
        let decoded = decode(text);
        let mut warnings = Vec::new();
        let mut keep = |(id, warning): (SalesforceId, Option<Warning>)| {
            warnings.extend(warning);
            id
        };
        let app = keep(app_in(&decoded)?);
        let owner = match value_of(&decoded, "app_org_id=") {
            Some(text) => Some(keep(SalesforceId::of_kind(IdKind::Org, text).map_err(|fault| fault.usage(FIELD))?)),
            None => None,
        };
        Ok(AppPage { app, owner, environment, warnings })
    }
}

/// What the page's org is for. A path alone will do; a host that is none of Salesforce's will not, since ids from
/// other people's pages are how one gets to install other people's apps.
fn environment(text: &str) -> Result<Option<Environment>> {
    if text.starts_with('/') && !text.starts_with("//") {
        return Ok(None);
    }
    let address = if text.contains("://") { Cow::Borrowed(text) } else { Cow::Owned(format!("https://{text}")) };
    let parsed = Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    match parsed.as_ref().and_then(Url::host_str).map_or(HostForm::Foreign, host_form) {
        HostForm::Foreign => Err(no_page("the page address is none of a Salesforce org")),
        HostForm::MyDomain(domain)
        | HostForm::Site(domain)
        | HostForm::Relative(_, domain)
        | HostForm::Legacy(domain) => Ok(Some(domain.environment())),
        HostForm::GenericLogin(_) | HostForm::Instance | HostForm::Alternative | HostForm::Loopback => Ok(None),
    }
}

/// The app's id, which must be the only one of its kind.
fn app_in(decoded: &str) -> Result<(SalesforceId, Option<Warning>)> {
    let candidates =
        || decoded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| matches!(word.len(), 15 | 18));
    let prefix = IdKind::App.prefix();
    let mut found: Option<(SalesforceId, Option<Warning>)> = None;
    for word in candidates().filter(|word| word[..3].eq_ignore_ascii_case(prefix)) {
        let read = SalesforceId::of_kind(IdKind::App, word).map_err(|fault| fault.usage(FIELD))?;
        match &found {
            Some((id, _)) if *id != read.0 => return Err(no_page("the page address has several apps in it")),
            _ => found = Some(read),
        }
    }
    if let Some(found) = found {
        return Ok(found);
    }
    // An id of another kind explains more than the absence of the right one.
    let foreign = candidates().find_map(|word| SalesforceId::of_kind(IdKind::App, word).err().filter(|f| f.known));
    Err(foreign.map_or_else(|| no_page("the page address has no app's id in it"), |fault| fault.usage(FIELD)))
}

/// Undoes percent-encoding, however often it was done: once by Lightning, once more by a mail or chat program.
fn decode(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..4 {
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            break;
        }
        text = Cow::Owned(decoded);
    }
    text
}

/// The letters and digits after the first occurrence of a query parameter's name and equals sign.
fn value_of<'a>(decoded: &'a str, name: &str) -> Option<&'a str> {
    let rest = decoded.split_once(name)?.1;
    rest.split(|c: char| !c.is_ascii_alphanumeric()).next()
}

fn no_page(message: &str) -> Error {
    Error::usage(Reason::InvalidParameter, FIELD, message).hint(ACCEPTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LONG: &str = "0Ci5e000000bn6bCAA";

    #[test]
    fn addresses_of_edit_and_install_pages() {
        let classic =
            "/app/mgmt/forceconnectedapps/forceAppEdit.apexp?applicationId=06P5e000000XyZa&id=0Ci5e000000bn6b";
        let once = "%2Fapp%2Fmgmt%2Fforceconnectedapps%2FforceAppEdit.apexp%3FapplicationId%3D06P5e000000XyZa%26id%3D0Ci5e000000bn6b";
        let twice = once.replace('%', "%25");
        for (address, environment) in [
            (format!("https://acme.my.salesforce.com{classic}"), Some(Environment::Production)),
            (format!("https://na35.salesforce.com{classic}"), None),
            (classic.to_owned(), None),
            ("https://acme.my.salesforce.com/0Ci5e000000bn6b".into(), Some(Environment::Production)),
            ("https://acme.my.salesforce.com/0Ci5e000000bn6b/e?retURL=%2F0Ci5e000000bn6bCAA".into(), Some(Environment::Production)),
            (
                format!("https://acme.lightning.force.com/lightning/setup/NavigationMenus/page?address={once}"),
                Some(Environment::Production),
            ),
            (
                format!("acme--qa.sandbox.my.salesforce-setup.com/lightning/setup/NavigationMenus/page?address={twice}"),
                Some(Environment::Sandbox),
            ),
            (
                "https://acme.lightning.force.com/lightning/setup/NavigationMenus/page?address=%2F0Ci5e000000bn6bCAA%2Fe".into(),
                Some(Environment::Production),
            ),
            ("http://acme.localhost:8123/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b".into(), None),
        ] {
            let page = AppPage::read(&address).unwrap_or_else(|e| panic!("{address}: {e}"));
            assert_eq!((page.app.long().as_str(), page.environment), (LONG, environment), "{address}");
            assert!(page.owner.is_none() && page.warnings.is_empty());
        }
    }

    #[test]
    fn an_install_page_names_the_owner() {
        let page = AppPage::read("https://acme.my.salesforce.com/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b&app_org_id=00D5e000005AHE7").unwrap();
        assert_eq!(page.owner.unwrap().long(), "00D5e000005AHE7EAO");
    }

    #[test]
    fn lost_case_is_restored_with_a_warning() {
        let page = AppPage::read("https://acme.my.salesforce.com/0ci5e000000bn6bcaa").unwrap();
        assert_eq!((page.app.long().as_str(), page.warnings[0].code), (LONG, "id-repaired"));
    }

    #[test]
    fn other_pages_are_refused() {
        for (address, reason, word) in [
            ("", Reason::InvalidParameter, "empty"),
            ("https://acme.my.salesforce.com/\u{7}0Ci5e000000bn6b", Reason::InvalidParameter, "control"),
            ("https://evil.example/0Ci5e000000bn6b", Reason::InvalidParameter, "none of a Salesforce org"),
            ("//evil.example/0Ci5e000000bn6b", Reason::InvalidParameter, "none of a Salesforce org"),
            ("https://acme.my.salesforce.com@evil.example/0Ci5e000000bn6b", Reason::InvalidParameter, "none of"),
            ("0Ci5e000000bn6b", Reason::InvalidParameter, "none of a Salesforce org"),
            ("javascript://acme.my.salesforce.com/0Ci5e000000bn6b", Reason::InvalidParameter, "none of"),
            (
                "https://acme.lightning.force.com/lightning/setup/NavigationMenus/home",
                Reason::InvalidParameter,
                "no app's id",
            ),
            (
                "https://acme.my.salesforce.com/0Ci5e000000bn6b/0Ci1U000000L2SJ",
                Reason::InvalidParameter,
                "several apps",
            ),
            ("https://acme.my.salesforce.com/0Ci5e000000bn6bCAB", Reason::InvalidId, "checksum"),
            ("https://acme.my.salesforce.com/0H45e000000bn6b", Reason::ForeignId, "ConnectedApplication"),
            ("https://acme.my.salesforce.com/x.apexp?applicationId=06P5e000000bn6b", Reason::ForeignId, "classic"),
            (
                "https://acme.my.salesforce.com/packaging/installPackage.apexp?p0=04t5e000000bn6b",
                Reason::ForeignId,
                "package",
            ),
        ] {
            let error = AppPage::read(address).unwrap_err();
            assert_eq!((error.reason(), error.details().field.as_deref()), (reason, Some(FIELD)), "{address}");
            assert!(error.message().contains(word) && error.details().hint.is_some(), "{address}: {error}");
        }
        assert!(AppPage::read(&format!("https://acme.my.salesforce.com/{}", "0".repeat(10_000))).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = AppPage::read(&text);
            let _ = AppPage::read(&format!("https://acme.my.salesforce.com/{text}"));
        }
    }
}
