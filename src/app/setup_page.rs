//! The pages of Salesforce's Setup that remedies and next steps send people to: one table.
//!
//! The paths are those that people's browser extensions use day by day; Salesforce documents none of them as
//! stable. Every mention therefore also names the page as Setup's Quick Find knows it, so that a path that has
//! moved still leaves a way.

use crate::error::Link;

/// A page of Setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetupPage {
    /// Where Setup begins.
    Home,
    /// The apps that this org owns.
    AppManager,
    /// Connected apps that somebody has used, installed or not.
    ConnectedAppsOauthUsage,
    /// Connected apps that this org has, and their policies.
    ManageConnectedApps,
    /// External Client Apps, their settings and policies.
    ExternalClientAppManager,
    /// External Client Apps that somebody has used.
    ExternalClientAppsOauthUsage,
    /// What is allowed for External Client Apps as a whole.
    ExternalClientAppSettings,
    /// Permission sets.
    PermissionSets,
    /// A new permission set.
    NewPermissionSet,
    /// Permission set groups.
    PermissionSetGroups,
    /// Profiles.
    Profiles,
    /// Users.
    Users,
    /// Installed packages.
    InstalledPackages,
    /// The org's My Domain and its login policy.
    MyDomain,
    /// Who logged in, and why a login failed.
    LoginHistory,
    /// OAuth and OpenID Connect settings of the org.
    OauthSettings,
    /// Certificates and keys that the org keeps.
    Certificates,
    /// Trusted IP ranges.
    NetworkAccess,
}

impl SetupPage {
    /// Every page.
    pub const ALL: [SetupPage; 18] = [
        SetupPage::Home,
        SetupPage::AppManager,
        SetupPage::ConnectedAppsOauthUsage,
        SetupPage::ManageConnectedApps,
        SetupPage::ExternalClientAppManager,
        SetupPage::ExternalClientAppsOauthUsage,
        SetupPage::ExternalClientAppSettings,
        SetupPage::PermissionSets,
        SetupPage::NewPermissionSet,
        SetupPage::PermissionSetGroups,
        SetupPage::Profiles,
        SetupPage::Users,
        SetupPage::InstalledPackages,
        SetupPage::MyDomain,
        SetupPage::LoginHistory,
        SetupPage::OauthSettings,
        SetupPage::Certificates,
        SetupPage::NetworkAccess,
    ];

    const fn row(self) -> (&'static str, &'static str) {
        match self {
            SetupPage::Home => ("Setup", "/lightning/setup/SetupOneHome/home"),
            SetupPage::AppManager => ("App Manager", "/lightning/setup/NavigationMenus/home"),
            SetupPage::ConnectedAppsOauthUsage => {
                ("Connected Apps OAuth Usage", "/lightning/setup/ConnectedAppsUsage/home")
            }
            SetupPage::ManageConnectedApps => ("Manage Connected Apps", "/lightning/setup/ConnectedApplication/home"),
            SetupPage::ExternalClientAppManager => {
                ("External Client App Manager", "/lightning/setup/ManageExternalClientApplication/home")
            }
            SetupPage::ExternalClientAppsOauthUsage => {
                ("External Client Apps OAuth Usage", "/lightning/setup/ExternalClientApplicationOauthUsage/home")
            }
            SetupPage::ExternalClientAppSettings => {
                ("External Client App Settings", "/lightning/setup/ExternalClientApplicationSettings/home")
            }
            SetupPage::PermissionSets => ("Permission Sets", "/lightning/setup/PermSets/home"),
            SetupPage::NewPermissionSet => (
                "New Permission Set",
                "/lightning/setup/PermSets/page?address=/udd/PermissionSet/newPermissionSet.apexp",
            ),
            SetupPage::PermissionSetGroups => ("Permission Set Groups", "/lightning/setup/PermSetGroups/home"),
            SetupPage::Profiles => ("Profiles", "/lightning/setup/EnhancedProfiles/home"),
            SetupPage::Users => ("Users", "/lightning/setup/ManageUsers/home"),
            SetupPage::InstalledPackages => ("Installed Packages", "/lightning/setup/ImportedPackage/home"),
            SetupPage::MyDomain => ("My Domain", "/lightning/setup/OrgDomain/home"),
            SetupPage::LoginHistory => ("Login History", "/lightning/setup/OrgLoginHistory/home"),
            SetupPage::OauthSettings => {
                ("OAuth and OpenID Connect Settings", "/lightning/setup/OauthOidcSettings/home")
            }
            SetupPage::Certificates => {
                ("Certificate and Key Management", "/lightning/setup/CertificatesAndKeysManagement/home")
            }
            SetupPage::NetworkAccess => ("Network Access", "/lightning/setup/NetworkAccess/home"),
        }
    }

    /// The page's name, as Quick Find in Setup knows it.
    pub const fn title(self) -> &'static str {
        self.row().0
    }

    /// The path on the org's My Domain or Lightning host.
    pub const fn path(self) -> &'static str {
        self.row().1
    }

    /// The page's address on an org, whose origin has no trailing slash: `https://acme.my.salesforce.com`.
    pub fn url(self, origin: &str) -> String {
        format!("{origin}{}", self.path())
    }

    /// The page to open; without the org's origin, only its path is known. An origin that is no org's own
    /// (login.salesforce.com, a site) is no origin here.
    pub fn link(self, origin: Option<&str>) -> Link {
        Link { title: self.title().to_owned(), path: self.path().to_owned(), url: origin.map(|o| self.url(o)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn pages_are_distinct_and_form_addresses() {
        let mut seen = HashSet::new();
        for page in SetupPage::ALL {
            assert!(seen.insert(page.title()) && seen.insert(page.path()), "{page:?}");
            let address = page.url("https://acme.my.salesforce.com");
            let parsed = url::Url::parse(&address).unwrap();
            assert_eq!((parsed.host_str(), parsed.as_str()), (Some("acme.my.salesforce.com"), address.as_str()));
        }
    }

    #[test]
    fn a_link_without_an_org_has_no_address() {
        let link = SetupPage::MyDomain.link(None);
        assert_eq!((link.path.as_str(), link.url), ("/lightning/setup/OrgDomain/home", None));
    }
}
