//! What an administrator does to let an app into an org, step by step, for each kind of app.
//!
//! Permissions and the names of settings are Salesforce Help's ("Manage Other Access Settings for a Connected App",
//! "Preauthorize User App Access Through External Client App Policies", "Create an External Client App",
//! "Configure OAuth 2.0 JWT Bearer Flow for External Client Apps") and the Salesforce DX guide's ("Create an
//! External Client App in Your Org"). Where only other people's pages tell something, the text says so.

use super::app_kind::AppKind;
use super::install_url::Installable;
use super::my_domain::Environment;
use super::setup_page::SetupPage;

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// A stable id.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What to do and what to watch for.
    pub text: String,
    /// The user permissions it needs.
    pub permission: Option<&'static str>,
    /// The page on the target org.
    pub url: Option<String>,
}

/// What the steps depend on.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// The kind of app.
    pub kind: AppKind,
    /// The org's own origin, without trailing slash.
    pub origin: &'a str,
    /// What the org is for, where that is known.
    pub environment: Option<Environment>,
    /// What is to be installed, where that is known.
    pub what: Option<&'a Installable>,
    /// The name under which the org is configured here.
    pub org: Option<&'a str>,
}

/// Installing a connected app, and changing its policies.
pub(crate) const MANAGE_CONNECTED_APPS: &str = "Customize Application, and Modify All Data or Manage Connected Apps";
/// Installing a connected app that comes in a package.
const INSTALL_PACKAGED_CONNECTED_APP: &str =
    "Download AppExchange Packages, Customize Application, and Modify All Data or Manage Connected Apps";
/// Changing which profiles and permission sets have a connected app.
const ASSIGN_CONNECTED_APP: &str = "Customize Application, Modify All Data, and Manage Profiles and Permission Sets";
const INSTALL_PACKAGE: &str = "Download AppExchange Packages";
pub(crate) const CREATE_EXTERNAL_CLIENT_APP: &str = "Create, edit, and delete External Client Apps";
const EXTERNAL_CLIENT_APP_POLICIES: &str =
    "View all External Client Apps, view their settings, and edit their policies";
const ASSIGN_PERMISSION_SET: &str = "View Setup and Configuration, and Assign Permission Sets";

/// What the change of Permitted Users does to others.
pub const CUTS_OFF_OTHERS: &str = "From then on, everybody who uses this app without being assigned to it is cut off; users with the permission Use \
     Any API Client are not.";

/// Everything that is to be done until the app's user can log in.
pub fn next_steps(situation: &Situation) -> Vec<Step> {
    let mut steps = match situation.kind {
        AppKind::ConnectedApp => vec![install(situation), edit_policies(situation), assign_app(situation)],
        AppKind::EcaPackaged => vec![install(situation), external_policies(situation)],
        AppKind::EcaPackagedOwn => vec![install(situation), own_consumer(situation), external_policies(situation)],
        AppKind::EcaLocal => vec![create(situation), external_policies(situation)],
    };
    steps.push(assign_user(situation));
    steps.push(verify(situation));
    steps
}

fn install(situation: &Situation) -> Step {
    let url = situation.what.map(|what| what.url(situation.origin));
    if let Some(Installable::Package(id)) = situation.what {
        let permission = match situation.kind {
            AppKind::ConnectedApp => INSTALL_PACKAGED_CONNECTED_APP,
            _ => INSTALL_PACKAGE,
        };
        let text = format!(
            "Open the page, log in as an administrator of this org, and choose Install. A command line does the same: \
             sf package install --package {} --target-org ORG.",
            id.as_str()
        );
        return Step { id: "install", title: "Install the package", text, permission: Some(permission), url };
    }
    if situation.kind != AppKind::ConnectedApp {
        let text = "Install the package that the app's publisher offers: its install link has the package version's 04t \
                    id in it.";
        return Step {
            id: "install",
            title: "Install the package",
            text: text.to_owned(),
            permission: Some(INSTALL_PACKAGE),
            url,
        };
    }
    let mut text = "Open the page, log in as an administrator of this org, and choose Install; where the button says \
                    Allow, choose that. Afterwards Salesforce shows the app's own page, where the next step goes on. \
                    Since September 2025 Salesforce lets new users use a connected app only where it is installed."
        .to_owned();
    text += match situation.environment {
        Some(Environment::Production) => " An app that was created in a sandbox cannot be installed here.",
        Some(Environment::Sandbox) => {
            " One vendor reports that its install page serves production orgs only; Salesforce documents no other page \
             for sandboxes."
        }
        None => "",
    };
    Step { id: "install", title: "Install the connected app", text, permission: Some(MANAGE_CONNECTED_APPS), url }
}

fn edit_policies(situation: &Situation) -> Step {
    Step {
        id: "permitted-users",
        title: "Let only pre-authorized users in",
        text: format!(
            "On the app's page choose Edit Policies (later to be found in Setup, Manage Connected Apps, under the app's \
             name). Under OAuth Policies set Permitted Users to \"Admin approved users are pre-authorized\", and save. \
             {CUTS_OFF_OTHERS}"
        ),
        permission: Some(MANAGE_CONNECTED_APPS),
        url: Some(SetupPage::ManageConnectedApps.url(situation.origin)),
    }
}

fn assign_app(situation: &Situation) -> Step {
    Step {
        id: "assign-app",
        title: "Give the app to a permission set or profile",
        text:
            "On the app's page choose Manage Permission Sets, select one that is meant for this integration, and save; \
               or do the same with Manage Profiles and the profile of the integration's user. A permission set of the \
               license Salesforce API Integration cannot hold apps: take another one, or the profile."
                .to_owned(),
        permission: Some(ASSIGN_CONNECTED_APP),
        url: Some(SetupPage::ManageConnectedApps.url(situation.origin)),
    }
}

fn own_consumer(situation: &Situation) -> Step {
    Step {
        id: "own-consumer",
        title: "Give the app an identity of this org",
        text: "The package brings the integration, not the identity: in this org the app has its own global OAuth \
               settings. Put this org's certificate there (X.509, under 4 KB; `sf-jwt certificate new` makes one), and \
               note the consumer key: it is the client id that the program needs. The private key never leaves its \
               owner and never goes into Salesforce."
            .to_owned(),
        permission: Some(EXTERNAL_CLIENT_APP_POLICIES),
        url: Some(SetupPage::ExternalClientAppManager.url(situation.origin)),
    }
}

fn create(situation: &Situation) -> Step {
    Step {
        id: "create",
        title: "Create the External Client App in this org",
        text: "In App Manager choose New External Client App, and leave its Distribution State at Local. Enable OAuth, \
               with any Callback URL (one is mandatory, such as http://localhost:1717/OauthRedirect, and this flow does \
               not use it) and the scopes Manage user data via APIs (api) and Perform requests at any time \
               (refresh_token, offline_access). Enable JWT Bearer Flow and upload the certificate (X.509, under 4 KB; \
               `sf-jwt certificate new` makes one). Create it, and note its consumer key: it is the client id that the \
               program needs."
            .to_owned(),
        permission: Some(CREATE_EXTERNAL_CLIENT_APP),
        url: Some(SetupPage::AppManager.url(situation.origin)),
    }
}

fn external_policies(situation: &Situation) -> Step {
    Step {
        id: "permitted-users",
        title: "Let only pre-authorized users in",
        text: format!(
            "In External Client App Manager choose Edit Policies in the app's row. Under OAuth Policies set Permitted \
             Users to \"Admin approved users are pre-authorized\", confirm and save. Then edit the policies again and \
             select the permission set or profile that is meant for this integration. {CUTS_OFF_OTHERS}"
        ),
        permission: Some(EXTERNAL_CLIENT_APP_POLICIES),
        url: Some(SetupPage::ExternalClientAppManager.url(situation.origin)),
    }
}

fn assign_user(situation: &Situation) -> Step {
    Step {
        id: "assign-user",
        title: "Give the permission set to the user",
        text: "Open the permission set, choose Manage Assignments, and add the user that the program logs in as. The \
               user must be active and have the permission API Enabled. If the app went to the user's profile, \
               there is nothing to do here."
            .to_owned(),
        permission: Some(ASSIGN_PERMISSION_SET),
        url: Some(SetupPage::PermissionSets.url(situation.origin)),
    }
}

fn verify(situation: &Situation) -> Step {
    let org = situation.org.map(|name| format!(" -o {name}")).unwrap_or_default();
    Step {
        id: "verify",
        title: "Verify the connection",
        text: format!(
            "Changes take 2 to 10 minutes to arrive everywhere. Then, on the machine of the program: `sf-jwt \
             verify-connection{org}`."
        ),
        permission: None,
        url: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::install_url::PackageVersion;
    use crate::app::salesforce_id::{IdKind, SalesforceId};
    use std::collections::HashSet;

    const ORIGIN: &str = "https://acme.my.salesforce.com";

    fn situation<'a>(kind: AppKind, what: Option<&'a Installable>) -> Situation<'a> {
        Situation { kind, origin: ORIGIN, environment: Some(Environment::Production), what, org: Some("acme") }
    }

    #[test]
    fn the_order_for_each_kind_of_app() {
        for (kind, ids) in [
            (AppKind::ConnectedApp, &["install", "permitted-users", "assign-app", "assign-user", "verify"][..]),
            (AppKind::EcaLocal, &["create", "permitted-users", "assign-user", "verify"]),
            (AppKind::EcaPackaged, &["install", "permitted-users", "assign-user", "verify"]),
            (AppKind::EcaPackagedOwn, &["install", "own-consumer", "permitted-users", "assign-user", "verify"]),
        ] {
            let steps = next_steps(&situation(kind, None));
            assert_eq!(steps.iter().map(|s| s.id).collect::<Vec<_>>(), ids);
            assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
            for step in &steps {
                let on_the_org = step.url.as_deref().is_none_or(|url| url.starts_with(&format!("{ORIGIN}/")));
                assert!(on_the_org && !step.text.contains("  "), "{step:?}");
                assert_eq!(step.permission.is_none(), step.id == "verify", "{step:?}");
            }
            let policies = steps.iter().find(|s| s.id == "permitted-users").unwrap();
            assert!(policies.text.contains("Admin approved users are pre-authorized"));
            assert!(policies.text.contains("cut off"));
            assert!(steps.last().unwrap().text.contains("verify-connection -o acme"));
        }
    }

    #[test]
    fn installing_says_what_the_org_needs_to_know() {
        let app = SalesforceId::of_kind(IdKind::App, "0Ci5e000000bn6b").unwrap().0;
        let app = Installable::ConnectedApp { app, owner: None, made_in: None };
        let package = Installable::Package(PackageVersion::read("04t1U000000L2SJ").unwrap().0);
        let first = |kind, what, environment| {
            let situation = Situation { environment, ..situation(kind, Some(what)) };
            next_steps(&situation).swap_remove(0)
        };
        let step = first(AppKind::ConnectedApp, &app, Some(Environment::Production));
        assert!(step.text.contains("created in a sandbox") && step.text.contains("Allow"));
        assert!(!first(AppKind::ConnectedApp, &app, None).text.contains("sandbox"));
        let step = first(AppKind::ConnectedApp, &package, None);
        assert!(step.permission.unwrap().contains("AppExchange") && step.permission.unwrap().contains("Customize"));
        let step = first(AppKind::EcaPackaged, &package, None);
        assert_eq!(step.permission, Some("Download AppExchange Packages"));
        assert!(step.text.contains("--package 04t1U000000L2SJ"));
    }
}
