//! The hand-off: one page of Markdown for an administrator who has never seen this tool and needs nothing of it.

use crate::app::next_step::CUTS_OFF_OTHERS;
use crate::app::setup_page::SetupPage;
use crate::protocol::types::{InstallKind, InstallUrlResult, Step};

/// What Salesforce says when something is in the way of a connected app, and what it means.
const OBSTACLES: &[(&str, &str)] = &[
    (
        "You cannot install a sandbox app outside on a non sandbox organization",
        "the app was created in a sandbox; it has to be created anew in a production org, and this page changes.",
    ),
    (
        "this app is blocked by admin",
        "somebody has blocked the app in this org; Connected Apps OAuth Usage in Setup says so and can undo it.",
    ),
    (
        "user is not admin approved to access this app",
        "the user has neither the permission set nor the profile that the app was given to.",
    ),
    (
        "user hasn't approved this consumer",
        "Permitted Users is not set as described, or the change has not arrived everywhere yet.",
    ),
];

/// The page for one installation.
pub(super) fn markdown(result: &InstallUrlResult) -> String {
    let host = &result.host;
    let origin = origin(result);
    let steps: Vec<&Step> = result.next_steps.iter().filter(|step| step.permission.is_some()).collect();
    let mut page = format!(
        "# Let an app into {host}\n\n\
         A program needs access to this Salesforce org without a person logging in each time (OAuth 2.0 JWT Bearer \
         flow). Salesforce allows that once an administrator has let the program's app in. This page has everything \
         there is to do, in a browser. It asks for no password, private key or other secret.\n\n\
         Go on only if you expect this request: the app will act with the permissions of the user that it is given to.\n\n\
         - Org: <{origin}>\n\
         - {}\n\
         - Install page: <{}>\n\n",
        subject(result),
        result.url,
    );
    for warning in &result.warnings {
        page += &format!("> **Attention:** {}\n\n", warning.message);
    }
    page += "## What you need\n\nA login to this org, with these user permissions:\n\n";
    let mut permissions: Vec<&str> = Vec::new();
    for permission in steps.iter().filter_map(|step| step.permission.as_deref()) {
        if !permissions.contains(&permission) {
            permissions.push(permission);
            page += &format!("- {permission}\n");
        }
    }
    page += "\nAnd the username that the program logs in as; whoever sent this page knows it.\n\n## What to do\n\n";
    for (number, step) in steps.iter().enumerate() {
        page += &format!("### {}. {}\n\n{}\n\n", number + 1, step.title, step.text);
        if let Some(permission) = &step.permission {
            page += &format!("- Permission: {permission}\n");
        }
        if let Some(url) = &step.url {
            page += &format!("- Page: <{url}>\n");
        }
        page += "\n";
    }
    let usage = match result.kind {
        InstallKind::ConnectedApp => SetupPage::ConnectedAppsOauthUsage,
        InstallKind::Package => SetupPage::ExternalClientAppsOauthUsage,
    };
    page += &format!(
        "## What this changes for others\n\n\
         Setting Permitted Users: {}{} Who uses the app today is listed \
         under {}: <{}>\n\n",
        CUTS_OFF_OTHERS[..1].to_lowercase(),
        &CUTS_OFF_OTHERS[1..],
        usage.title(),
        usage.url(origin),
    );
    if result.kind == InstallKind::ConnectedApp {
        page += "## If something is in the way\n\n";
        for (wording, meaning) in OBSTACLES {
            page += &format!("- \"{wording}\": {meaning}\n");
        }
        page += "\n";
    }
    page += "## Afterwards\n\nTell whoever sent this page that it is done.";
    for step in result.next_steps.iter().filter(|step| step.permission.is_none()) {
        page += &format!(" {}", step.text);
    }
    page + "\n"
}

fn subject(result: &InstallUrlResult) -> String {
    match (&result.app_id, &result.app_org_id, &result.package_id) {
        (Some(app), Some(owner), _) => format!("App: connected app {app}, owned by the org {owner}"),
        (Some(app), None, _) => format!("App: connected app {app}"),
        (None, _, package) => format!("App: package version {}", package.as_deref().unwrap_or_default()),
    }
}

/// Scheme and host of the install page.
fn origin(result: &InstallUrlResult) -> &str {
    let end = result.url.find(&result.host).map_or(0, |start| start + result.host.len());
    &result.url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::install_url::install_url;
    use crate::protocol::types::InstallUrlParams;

    fn page(target: &str, app_id: Option<&str>, package_id: Option<&str>) -> String {
        let params = InstallUrlParams {
            target: target.to_owned(),
            app_id: app_id.map(str::to_owned),
            package_id: package_id.map(str::to_owned),
            ..InstallUrlParams::default()
        };
        markdown(&install_url(&params, |_| panic!("no org")).unwrap())
    }

    #[test]
    fn everything_an_administrator_needs_is_on_the_page() {
        let page = page("https://acme.my.site.com", Some("0Ci5e000000bn6b"), None);
        for part in [
            "# Let an app into acme.my.salesforce.com\n",
            "- Org: <https://acme.my.salesforce.com>\n",
            "app_id=0Ci5e000000bn6b>\n",
            "connected app 0Ci5e000000bn6bCAA",
            "> **Attention:** acme.my.site.com serves a site",
            "### 1. Install the connected app\n",
            "choose Install; where the button says Allow",
            "- Permission: Customize Application, and Modify All Data or Manage Connected Apps\n",
            "set Permitted Users to \"Admin approved users are pre-authorized\"",
            "### 4. Give the permission set to the user\n",
            "<https://acme.my.salesforce.com/lightning/setup/PermSets/home>",
            "Setting Permitted Users: from then on, everybody who uses this app without being assigned to it is cut off",
            "<https://acme.my.salesforce.com/lightning/setup/ConnectedAppsUsage/home>",
            "created in a sandbox",
            "Changes take 2 to 10 minutes",
        ] {
            assert!(page.contains(part), "{part}\n\n{page}");
        }
        assert!(!page.contains("### 5.") && !page.contains("\n\n\n"));
    }

    #[test]
    fn a_package_on_the_emulator() {
        let page = page("http://b.localhost:8123", None, Some("04t1U000000L2SJ"));
        for part in [
            "- Org: <http://b.localhost:8123>\n",
            "package version 04t1U000000L2SJ",
            "- Download AppExchange Packages\n",
        ] {
            assert!(page.contains(part), "{part}\n\n{page}");
        }
        assert!(!page.contains("sandbox app"));
    }
}
