//! An app that is in an org: its policies, who is pre-authorized, and where the org has a consumer of its own, its key
//! and certificate.

use super::layout::{Choice, Page, checkboxes, not_found};
use crate::app::app_kind::AppKind;
use crate::emulator::call::{Call, Reply};
use crate::emulator::id;
use crate::emulator::world::{App, Installation, Org, PermittedUsers, World};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// What people call a kind of app.
pub(super) fn kind_title(kind: AppKind) -> &'static str {
    match kind {
        AppKind::ConnectedApp => "Connected App",
        AppKind::EcaLocal => "External Client App, local",
        AppKind::EcaPackaged => "External Client App, packaged",
        AppKind::EcaPackagedOwn => "External Client App, packaged, with the org's own consumer",
    }
}

/// `/0H4…`, `/0xI…` and the forms below them.
pub(super) fn page(world: &mut World, org_name: &str, call: &Call, app_name: &str, action: &str) -> Reply {
    let home = world.orgs.get(org_name).and_then(|org| org.installed.get(app_name)).map(|here| format!("/{}", here.id));
    let Some(home) = home else { return not_found(None) };
    let mut problem = None;
    if call.method == "POST" {
        match save(world, org_name, call, app_name, action) {
            Some(Ok(())) if action == "uninstall" => return Reply::see_other("/?done=uninstalled"),
            Some(Ok(())) => return Reply::see_other(format!("{home}?done=saved")),
            Some(Err(why)) => problem = Some(why),
            None => return Reply::method_not_allowed("GET"),
        }
    }
    let (Some(app), Some(org)) = (world.apps.get(app_name), world.orgs.get(org_name)) else { return not_found(None) };
    let Some(here) = org.installed.get(app_name) else { return not_found(Some(org)) };
    let shown = Shown { world, org, app, here, home: &home };
    let status = if problem.is_some() { 400 } else { 200 };
    let (title, content) = match action {
        "" => (app.label.clone(), shown.overview()),
        "e" => (format!("{}: Edit Policies", app.label), shown.edit_policies()),
        "permission-sets" => (format!("{}: Manage Permission Sets", app.label), shown.permission_sets()),
        "profiles" => (format!("{}: Manage Profiles", app.label), shown.profiles()),
        "certificate" => (format!("{}: Upload Certificate", app.label), shown.certificate()),
        _ => return not_found(Some(org)),
    };
    let done = match call.parameter("done") {
        "installed" => Some("The app is installed. Next: Edit Policies."),
        "saved" => Some("Saved."),
        _ => None,
    };
    Page { org: Some(org), title: &title, notice: problem.as_deref().or(done) }.reply(status, content)
}

/// Carries out a form. `None` where there is none.
fn save(world: &mut World, org: &str, call: &Call, app: &str, action: &str) -> Option<Result<(), String>> {
    let form = call.form().unwrap_or_default();
    let field = |name: &str| form.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
    let chosen = || -> BTreeSet<String> {
        form.iter().filter(|(name, _)| name == "chosen").map(|(_, value)| value.clone()).collect()
    };
    Some(match action {
        "e" => {
            let policy = PermittedUsers::ALL.into_iter().find(|policy| policy.name() == field("permitted-users"));
            let enforce_ip = match field("ip-relaxation") {
                "enforce" => Some(true),
                "relax" => Some(false),
                _ => None,
            };
            match (policy, enforce_ip) {
                (Some(policy), Some(enforce_ip)) => {
                    world.set_policies(app, org, policy, enforce_ip);
                    Ok(())
                }
                _ => Err("Permitted Users and IP Relaxation need one of their values.".to_owned()),
            }
        }
        "permission-sets" => world.assign_permission_sets(app, org, chosen()),
        "profiles" => {
            world.assign_profiles(app, org, chosen());
            Ok(())
        }
        "certificate" => world.upload_certificate(app, org, field("certificate")),
        "uninstall" => world.uninstall(app, org),
        _ => return None,
    })
}

struct Shown<'a> {
    world: &'a World,
    org: &'a Org,
    app: &'a App,
    here: &'a Installation,
    home: &'a str,
}

impl Shown<'_> {
    fn overview(&self) -> Markup {
        let Shown { org, app, here, home, .. } = self;
        let owned = app.owner == org.name;
        let users: Vec<_> = org.users.values().filter(|user| org.assigned(here, user)).collect();
        html! {
            (self.next_step())
            dl {
                dt { "Kind" } dd { (kind_title(app.kind)) }
                dt { "Publisher" } dd { (self.world.orgs.get(&app.owner).map_or("", |owner| owner.label.as_str())) }
                dt { "Id" } dd { code { (here.id) } }
                @if let Some(consumer) = &here.own_consumer {
                    dt { "Consumer key" } dd { code { (consumer.client_id) } }
                    dt { "Certificate" }
                    dd { (if consumer.certificate.is_some() { "uploaded" } else { "none yet" }) }
                }
            }
            @if here.own_consumer.is_some() {
                a.button href=(format!("{home}/certificate")) { "Upload Certificate" }
            }
            h2 { "OAuth Policies" }
            dl {
                dt { "Permitted Users" } dd { (here.permitted_users.label()) }
                dt { "IP Relaxation" } dd { (ip_label(here.enforce_ip)) }
            }
            a.button href=(format!("{home}/e")) { "Edit Policies" }
            h2 { "Permission Sets" }
            ul {
                @for set in here.permission_sets.iter().filter_map(|name| org.permission_sets.get(name)) {
                    li { a href=(format!("/{}", set.id)) { (set.label) } }
                }
            }
            @if here.permission_sets.is_empty() { p { "None." } }
            a.button href=(format!("{home}/permission-sets")) { "Manage Permission Sets" }
            h2 { "Profiles" }
            ul { @for name in &here.profiles { li { (name) } } }
            @if here.profiles.is_empty() { p { "None." } }
            a.button href=(format!("{home}/profiles")) { "Manage Profiles" }
            h2 { "Pre-authorized users" }
            ul { @for user in &users { li { a href=(format!("/{}", user.id)) { (user.username) } } } }
            @if users.is_empty() { p { "None." } }
            @if !owned {
                h2 { "Remove" }
                form method="post" action=(format!("{home}/uninstall")) { button type="submit" { "Uninstall" } }
            }
        }
    }

    /// What still keeps everybody out. Plain words: the buttons below have the links.
    fn next_step(&self) -> Markup {
        let Shown { org, here, .. } = self;
        let step = if here.own_consumer.as_ref().is_some_and(|own| own.certificate.is_none()) {
            "Upload Certificate. Its key signs for this org alone.".to_owned()
        } else if here.permitted_users == PermittedUsers::SelfAuthorized {
            format!("Edit Policies, and set Permitted Users to “{}”.", PermittedUsers::AdminApproved.label())
        } else if here.permission_sets.is_empty() && here.profiles.is_empty() {
            "Manage Permission Sets, and choose the set of the integration user.".to_owned()
        } else if !org.users.values().any(|user| org.assigned(here, user)) {
            "open one of the permission sets below, and assign it to the integration user.".to_owned()
        } else {
            return html! {};
        };
        html! { p.notice { strong { "Nobody can log in headless yet." } " Next: " (step) } }
    }

    fn edit_policies(&self) -> Markup {
        html! {
            form method="post" {
                label for="permitted-users" { "Permitted Users" }
                select id="permitted-users" name="permitted-users" aria-describedby="permitted-users-note" {
                    @for policy in PermittedUsers::ALL {
                        option value=(policy.name()) selected[policy == self.here.permitted_users] { (policy.label()) }
                    }
                }
                p id="permitted-users-note" {
                    "With “" (PermittedUsers::AdminApproved.label()) "”, every user who is not assigned by permission set or "
                    "profile is cut off."
                }
                label for="ip-relaxation" { "IP Relaxation" }
                select id="ip-relaxation" name="ip-relaxation" {
                    option value="enforce" selected[self.here.enforce_ip] { (ip_label(true)) }
                    option value="relax" selected[!self.here.enforce_ip] { (ip_label(false)) }
                }
                div { button.main type="submit" { "Save" } a.button href=(self.home) { "Cancel" } }
            }
        }
    }

    fn permission_sets(&self) -> Markup {
        let choices: Vec<_> = self
            .org
            .permission_sets
            .iter()
            .map(|(name, set)| Choice {
                value: name,
                label: &set.label,
                chosen: self.here.permission_sets.contains(name),
            })
            .collect();
        checkboxes("Application Permission Set Assignment", "There is no permission set yet.", &choices)
    }

    fn profiles(&self) -> Markup {
        let choices: Vec<_> = self
            .org
            .profiles
            .keys()
            .map(|name| Choice { value: name, label: name, chosen: self.here.profiles.contains(name) })
            .collect();
        checkboxes("Application Profile Assignment", "There is no profile.", &choices)
    }

    fn certificate(&self) -> Markup {
        html! {
            p { "The X.509 certificate of the key that will sign, as PEM text, below 4 KB. The private key stays with you." }
            form method="post" {
                label for="certificate" { "Certificate" }
                textarea id="certificate" name="certificate" rows="12" spellcheck="false" required {}
                div { button.main type="submit" { "Upload" } a.button href=(self.home) { "Cancel" } }
            }
        }
    }
}

fn ip_label(enforce: bool) -> &'static str {
    if enforce { "Enforce IP restrictions" } else { "Relax IP restrictions" }
}

/// App Manager's page of an app that this org owns: the place whose address has the `0Ci…` id.
pub(super) fn definition(world: &World, org_name: &str, call: &Call) -> Reply {
    let org = world.orgs.get(org_name);
    let Some(app) = world.app_by_id(call.parameter("id")).filter(|app| app.owner == org_name) else {
        return not_found(org);
    };
    let content = html! {
        dl {
            dt { "Kind" } dd { (kind_title(app.kind)) }
            dt { "Id" } dd { code { (app.id) } }
            dt { "Consumer key" } dd { code { (app.consumer.client_id) } }
            dt { "Use digital signatures" } dd { (if app.consumer.certificate.is_some() { "yes" } else { "no" }) }
            dt { "Scopes" } dd { (app.scopes.join(", ")) }
            dt { "Access tokens" } dd { (if app.jwt_timeout.is_some() { "JWT-based" } else { "opaque" }) }
        }
        @if let Some(certificate) = &app.consumer.certificate { h2 { "Certificate" } pre { code { (certificate.pem()) } } }
    };
    Page { org, title: &app.label, notice: None }.reply(200, content)
}

/// The address of [`definition`], with the ids as App Manager shows them.
pub(super) fn definition_path(app: &App) -> String {
    let application: String = id::id("06P", &app.name).chars().take(15).collect();
    let app_id: String = app.id.chars().take(15).collect();
    format!("/app/mgmt/forceconnectedapps/forceAppEdit.apexp?applicationId={application}&id={app_id}")
}
