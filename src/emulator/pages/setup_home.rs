//! Setup's own pages: what remedies and next steps link to (reference 3.3).

use super::app::{definition_path, kind_title};
use super::layout::{Page, not_found};
use super::people::status_label;
use super::setup_page_named;
use crate::app::app_kind::AppKind;
use crate::app::setup_page::SetupPage;
use crate::emulator::address::{Addresses, Site};
use crate::emulator::call::{Call, Reply};
use crate::emulator::world::{App, Org, World};
use maud::{Markup, html};

/// `/lightning/setup/NAME/…`. The emulator knows all pages of our table by name, and shows content on those that it has
/// something to show on.
pub(super) fn setup_page(world: &World, addresses: &Addresses, org: &str, call: &Call, name: &str) -> Reply {
    let Some(org) = world.orgs.get(org) else { return not_found(None) };
    let Some(page) = setup_page_named(name) else { return not_found(Some(org)) };
    if call.method == "POST" {
        return Reply::method_not_allowed("GET");
    }
    let content = match page {
        SetupPage::Home => home(org),
        SetupPage::AppManager => app_manager(world, org),
        SetupPage::ManageConnectedApps => apps_here(world, org, |app| !app.kind.is_external_client_app()),
        SetupPage::ExternalClientAppManager => apps_here(world, org, |app| app.kind.is_external_client_app()),
        SetupPage::InstalledPackages => apps_here(world, org, |app| app.package_id.is_some() && app.owner != org.name),
        SetupPage::ConnectedAppsOauthUsage => oauth_usage(world, org, false),
        SetupPage::ExternalClientAppsOauthUsage => oauth_usage(world, org, true),
        SetupPage::PermissionSets => permission_sets(org),
        SetupPage::Users => users(org),
        SetupPage::Profiles => html! { ul { @for name in org.profiles.keys() { li { (name) } } } },
        SetupPage::LoginHistory => login_history(world, org),
        SetupPage::MyDomain => my_domain(addresses, org),
        _ => html! { p { "The emulator has nothing to set here; in Salesforce, this is the page to open." } },
    };
    let notice = (call.parameter("done") == "uninstalled").then_some("The app is no longer installed.");
    Page { org: Some(org), title: page.title(), notice }.reply(200, content)
}

fn home(org: &Org) -> Markup {
    html! {
        dl {
            dt { "Organization Id" } dd { code { (org.id) } }
            dt { "Kind" } dd { (if org.sandbox { "Sandbox" } else { "Production" }) }
        }
        ul { @for page in SetupPage::ALL { li { a href=(page.path()) { (page.title()) } } } }
    }
}

fn table(columns: &[&str], none: &str, rows: Vec<Markup>) -> Markup {
    html! {
        @if rows.is_empty() { p { (none) } } @else {
            table {
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { @for row in rows { tr { (row) } } }
            }
        }
    }
}

fn app_manager(world: &World, org: &Org) -> Markup {
    let row = |app: &App| {
        html! {
            td { a href=(definition_path(app)) { (app.label) } }
            td { (kind_title(app.kind)) }
            td { code { (app.package_id.as_deref().unwrap_or(&app.id)) } }
        }
    };
    let rows = world.apps.values().filter(|app| app.owner == org.name).map(row).collect();
    html! {
        p { "Apps that this org owns. The address of an app's page ends with its id." }
        (table(&["App", "Kind", "Id"], "This org owns no app.", rows))
    }
}

fn apps_here(world: &World, org: &Org, which: impl Fn(&App) -> bool) -> Markup {
    let here = org.installed.iter().filter_map(|(name, here)| Some((world.apps.get(name)?, here)));
    let rows = here
        .filter(|(app, _)| which(app))
        .map(|(app, here)| {
            html! {
                td { a href=(format!("/{}", here.id)) { (app.label) } }
                td { (kind_title(app.kind)) }
                td { (here.permitted_users.label()) }
            }
        })
        .collect();
    table(&["App", "Kind", "Permitted Users"], "None.", rows)
}

/// Apps that somebody tried to use, installed or not.
fn oauth_usage(world: &World, org: &Org, external: bool) -> Markup {
    let tried = |app: &&App| world.logins.iter().any(|login| login.org == org.name && login.app == app.name);
    let row = |app: &App| {
        let install = match app.kind {
            AppKind::ConnectedApp => format!("/identity/app/AppInstallApprovalPage.apexp?app_id={}", app.id),
            _ => format!("/packaging/installPackage.apexp?p0={}", app.package_id.as_deref().unwrap_or_default()),
        };
        html! {
            td { (app.label) }
            td {
                @match org.installed.get(&app.name) {
                    Some(here) => a href=(format!("/{}", here.id)) { "Manage App Policies" },
                    None => a href=(install) { "Install" },
                }
            }
        }
    };
    let apps = world.apps.values().filter(|app| app.kind.is_external_client_app() == external);
    table(&["App", "Action"], "No app was used yet.", apps.filter(tried).map(row).collect())
}

fn permission_sets(org: &Org) -> Markup {
    let rows = org
        .permission_sets
        .iter()
        .map(|(name, set)| {
            html! { td { a href=(format!("/{}", set.id)) { (set.label) } } td { (name) } td { (set.license.as_deref().unwrap_or("")) } }
        })
        .collect();
    html! {
        a.button href=(SetupPage::NewPermissionSet.path()) { "New" }
        (table(&["Label", "API Name", "License"], "None.", rows))
    }
}

fn users(org: &Org) -> Markup {
    let rows = org
        .users
        .values()
        .map(|user| {
            html! {
                td { a href=(format!("/{}", user.id)) { (user.username) } }
                td { (user.name) } td { (user.profile) } td { (status_label(user.status)) }
            }
        })
        .collect();
    table(&["Username", "Name", "Profile", "Status"], "None.", rows)
}

fn login_history(world: &World, org: &Org) -> Markup {
    let logins = world.logins.iter().rev().filter(|login| login.org == org.name).take(200);
    let rows = logins
        .map(|login| {
            html! {
                td { (login.at) } td { (login.username) }
                td { (world.apps.get(&login.app).map_or("", |app| app.label.as_str())) } td { (login.status) }
            }
        })
        .collect();
    table(&["Login Time", "Username", "Application", "Status"], "Nobody has logged in yet.", rows)
}

fn my_domain(addresses: &Addresses, org: &Org) -> Markup {
    html! {
        dl {
            dt { "My Domain" } dd { code { (addresses.my_domain(&org.name)) } }
            dt { "By port" } dd { code { (addresses.address(&org.name)) } }
            dt { "Login host" } dd { code { (addresses.login_url()) } }
            dt { "Audiences" }
            dd {
                ul {
                    @if org.own_audience {
                        @for origin in addresses.origins(&Site::Org(org.name.clone())) { li { code { (origin) } } }
                    }
                    @for origin in addresses.origins(&Site::Login) { li { code { (origin) } } }
                    li { code { (org.generic_audience()) } }
                }
            }
            dt { "Logins on the login host" } dd { (if org.login_host { "allowed" } else { "refused" }) }
        }
    }
}
