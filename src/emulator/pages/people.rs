//! Permission sets and users.

use super::layout::{Choice, Page, checkboxes, not_found};
use crate::app::setup_page::SetupPage;
use crate::emulator::call::{Call, Reply};
use crate::emulator::world::{UserStatus, World};
use maud::html;
use std::collections::BTreeSet;

/// `/lightning/setup/PermSets/page?address=…`: a new permission set, or the page of one.
pub(super) fn permission_set_page(world: &mut World, org_name: &str, call: &Call) -> Reply {
    let address = call.parameter("address");
    if let Some(id) = address.strip_prefix('/').filter(|id| id.starts_with("0PS") && !id.contains('/')) {
        let own =
            world.orgs.get(org_name).and_then(|org| org.permission_sets.values().find(|set| set.id.starts_with(id)));
        return match own {
            Some(set) => Reply::see_other(format!("/{}", set.id)),
            None => not_found(world.orgs.get(org_name)),
        };
    }
    let mut problem = None;
    if call.method == "POST" {
        let form = call.form().unwrap_or_default();
        let label = form.iter().find(|(name, _)| name == "label").map_or("", |(_, value)| value.as_str());
        match world.new_permission_set(org_name, label) {
            Ok(name) => {
                let set = world.orgs.get(org_name).and_then(|org| org.permission_sets.get(&name));
                return Reply::see_other(set.map_or("/".to_owned(), |set| format!("/{}?done=saved", set.id)));
            }
            Err(why) => problem = Some(why),
        }
    }
    let content = html! {
        form method="post" {
            label for="label" { "Label" }
            input type="text" id="label" name="label" required maxlength="80";
            div { button.main type="submit" { "Save" } }
        }
    };
    let status = if problem.is_some() { 400 } else { 200 };
    let title = SetupPage::NewPermissionSet.title();
    Page { org: world.orgs.get(org_name), title, notice: problem.as_deref() }.reply(status, content)
}

/// `/0PS…`: who has the permission set, and which apps it opens.
pub(super) fn permission_set(world: &mut World, org_name: &str, call: &Call, name: &str) -> Reply {
    if call.method == "POST" {
        let form = call.form().unwrap_or_default();
        let chosen: BTreeSet<_> =
            form.into_iter().filter(|(field, _)| field == "chosen").map(|(_, user)| user).collect();
        world.assign_users(name, org_name, &chosen);
        let set = world.orgs.get(org_name).and_then(|org| org.permission_sets.get(name));
        return Reply::see_other(set.map_or("/".to_owned(), |set| format!("/{}?done=saved", set.id)));
    }
    let Some(org) = world.orgs.get(org_name) else { return not_found(None) };
    let Some(set) = org.permission_sets.get(name) else { return not_found(Some(org)) };
    let choices: Vec<_> = org
        .users
        .values()
        .map(|user| Choice {
            value: &user.username,
            label: &user.username,
            chosen: user.permission_sets.contains(name),
        })
        .collect();
    let apps: Vec<_> = org.installed.iter().filter(|(_, here)| here.permission_sets.contains(name)).collect();
    let content = html! {
        dl {
            dt { "API Name" } dd { (name) }
            dt { "Id" } dd { code { (set.id) } }
            @if let Some(license) = &set.license { dt { "License" } dd { (license) } }
        }
        @if !set.can_hold_apps() { p.notice { "Permission sets with this license cannot hold app assignments." } }
        h2 { "Assigned Apps" }
        ul {
            @for (app, here) in &apps {
                li { a href=(format!("/{}", here.id)) { (world.apps.get(*app).map_or("", |app| app.label.as_str())) } }
            }
        }
        @if apps.is_empty() { p { "None. An app's own page is where it is assigned to permission sets." } }
        h2 { "Manage Assignments" }
        (checkboxes("Users with this permission set", "There is no user.", &choices))
    };
    let notice = (call.parameter("done") == "saved").then_some("Saved.");
    Page { org: Some(org), title: &set.label, notice }.reply(200, content)
}

const STATUSES: [(UserStatus, &str, &str); 4] = [
    (UserStatus::Active, "active", "Active"),
    (UserStatus::Inactive, "inactive", "Inactive"),
    (UserStatus::Frozen, "frozen", "Frozen"),
    (UserStatus::Locked, "locked", "Locked out"),
];

/// The status of a user in words.
pub(super) fn status_label(status: UserStatus) -> &'static str {
    STATUSES.iter().find(|row| row.0 == status).map_or("", |row| row.2)
}

/// `/005…`: a user, and whether they may log in.
pub(super) fn user(world: &mut World, org_name: &str, call: &Call, username: &str) -> Reply {
    if call.method == "POST" {
        let form = call.form().unwrap_or_default();
        let wanted = form.iter().find(|(field, _)| field == "status").map_or("", |(_, value)| value.as_str());
        let Some((status, ..)) = STATUSES.iter().find(|row| row.1 == wanted) else {
            return Page { org: world.orgs.get(org_name), title: username, notice: Some("Not a status.") }
                .reply(400, html! {});
        };
        world.set_user_status(username, org_name, *status);
        let user = world.orgs.get(org_name).and_then(|org| org.users.get(username));
        return Reply::see_other(user.map_or("/".to_owned(), |user| format!("/{}?done=saved", user.id)));
    }
    let Some(org) = world.orgs.get(org_name) else { return not_found(None) };
    let Some(user) = org.users.get(username) else { return not_found(Some(org)) };
    let content = html! {
        dl {
            dt { "Username" } dd { (user.username) }
            dt { "Name" } dd { (user.name) }
            dt { "Id" } dd { code { (user.id) } }
            dt { "Profile" } dd { (user.profile) }
            dt { "Permission Sets" }
            dd {
                @for set in user.permission_sets.iter().filter_map(|name| org.permission_sets.get(name)) {
                    a href=(format!("/{}", set.id)) { (set.label) } " "
                }
                @if user.permission_sets.is_empty() { "none" }
            }
        }
        form method="post" {
            label for="status" { "Status" }
            select id="status" name="status" {
                @for (status, value, label) in STATUSES { option value=(value) selected[status == user.status] { (label) } }
            }
            div { button.main type="submit" { "Save" } }
        }
    };
    let notice = (call.parameter("done") == "saved").then_some("Saved.");
    Page { org: Some(org), title: &user.username, notice }.reply(200, content)
}
