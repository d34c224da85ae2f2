//! The install pages: of a connected app by its `0Ci…` id, and of a package by its `04t…` id (reference 3.1 and 3.2).

use super::layout::Page;
use crate::app::app_kind::AppKind;
use crate::app::salesforce_id::SalesforceId;
use crate::emulator::call::{Call, Reply};
use crate::emulator::id;
use crate::emulator::world::{App, Org, World};
use maud::{Markup, html};

/// `/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci…[&app_org_id=00D…]`.
pub(super) fn connected_app(world: &mut World, org_name: &str, call: &Call) -> Reply {
    let (app_id, owner_id) = (call.parameter("app_id"), call.parameter("app_org_id"));
    let found = world
        .app_by_id(app_id)
        .filter(|app| app.kind == AppKind::ConnectedApp)
        .filter(|app| owner_id.is_empty() || world.orgs.get(&app.owner).is_some_and(|org| id::same(&org.id, owner_id)))
        .map(|app| app.name.clone());
    match found {
        Some(app) => install(world, org_name, call, &app),
        None => {
            let what = match (read(app_id), world.app_by_id(app_id)) {
                (None, _) => "app_id is not an id: a connected app's starts with 0Ci.",
                (_, Some(app)) if app.kind != AppKind::ConnectedApp => {
                    "This is an External Client App. It has no install page of its own; it reaches orgs by a package."
                }
                (_, Some(_)) => "app_org_id is not the id of the org that owns this app.",
                (Some(id), None) if id.prefix() != "0Ci" => {
                    "app_id is the id of something else: a connected app's starts with 0Ci."
                }
                (Some(_), None) => "No connected app has this app_id.",
            };
            problem(world.orgs.get(org_name), what)
        }
    }
}

/// `/packaging/installPackage.apexp?p0=04t…`, or the Lightning form of it.
pub(super) fn package(world: &mut World, org_name: &str, call: &Call, parameter: &str) -> Reply {
    match world.app_by_package(call.parameter(parameter)).map(|app| app.name.clone()) {
        Some(app) => install(world, org_name, call, &app),
        None => problem(
            world.orgs.get(org_name),
            "No package version has this id: the id of a package version starts with 04t.",
        ),
    }
}

fn read(id: &str) -> Option<SalesforceId> {
    SalesforceId::read(id).ok().map(|(id, _)| id)
}

fn problem(org: Option<&Org>, what: &str) -> Reply {
    Page { org, title: "This app cannot be installed", notice: Some(what) }.reply(404, html! {})
}

fn install(world: &mut World, org_name: &str, call: &Call, app_name: &str) -> Reply {
    if call.method == "POST" {
        if let Err(why) = world.install(app_name, org_name) {
            return Page { org: world.orgs.get(org_name), title: "Not installed", notice: Some(&why) }
                .reply(403, html! {});
        }
        let here = world.orgs.get(org_name).and_then(|org| org.installed.get(app_name));
        return Reply::see_other(here.map_or("/".to_owned(), |here| format!("/{}?done=installed", here.id))).row("3.1");
    }
    let (Some(app), Some(org)) = (world.apps.get(app_name), world.orgs.get(org_name)) else {
        return problem(None, "There is no such app.");
    };
    let title = format!("Install {}?", app.label);
    let refusal = world.installable(app, org).err();
    let content = html! {
        (facts(world, app))
        @match (org.installed.get(&app.name), &refusal) {
            (Some(here), _) => p {
                "The app is in this org already. " a href=(format!("/{}", here.id)) { "Open it" } "."
            }
            (None, Some(_)) => {}
            (None, None) => {
                p {
                    "Installing lets this org decide who may use the app. Nobody can log in through it headless until "
                    "its policies say who is pre-authorized: the next page leads there."
                }
                form method="post" { button.main type="submit" { "Install" } }
            }
        }
    };
    Page { org: Some(org), title: &title, notice: refusal.as_deref() }.reply(200, content)
}

fn facts(world: &World, app: &App) -> Markup {
    html! {
        dl {
            dt { "App" } dd { (app.label) }
            dt { "Kind" } dd { (super::app::kind_title(app.kind)) }
            dt { "Publisher" } dd { (world.orgs.get(&app.owner).map_or("", |owner| owner.label.as_str())) }
            @if let Some(package) = &app.package_id { dt { "Package version" } dd { code { (package) } } }
            @else { dt { "App id" } dd { code { (app.id) } } }
            dt { "Scopes" } dd { (app.scopes.join(", ")) }
        }
    }
}
