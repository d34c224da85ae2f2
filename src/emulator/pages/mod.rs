//! The pages that an administrator opens: install pages, an app's policies, permission sets, and the Setup pages that
//! remedies point to. A GET never changes anything; a form's POST is answered with the page to go on to.

mod app;
mod install;
mod layout;
mod people;
mod setup_home;

use super::address::{Addresses, Site};
use super::call::{Call, Reply};
use super::id;
use super::world::{Org, World};
use crate::app::setup_page::SetupPage;
use layout::{Page, not_found};
use maud::html;

/// Answers a call for a page.
pub(super) fn answer(world: &mut World, addresses: &Addresses, call: &Call) -> Reply {
    let Site::Org(name) = &call.place.site else { return login_host(world, addresses, call) };
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["identity", "app", "AppInstallApprovalPage.apexp"] => install::connected_app(world, name, call),
        ["packaging", "installPackage.apexp"] => install::package(world, name, call, "p0"),
        ["packagingSetupUI", "ipLanding.app"] => install::package(world, name, call, "apvId"),
        ["app", "mgmt", "forceconnectedapps", "forceAppEdit.apexp" | "forceAppDetail.apexp"] => {
            app::definition(world, name, call)
        }
        ["lightning", "setup", "PermSets", "page"] => people::permission_set_page(world, name, call),
        ["lightning", "setup", page, ..] => setup_home::setup_page(world, addresses, name, call, page),
        [] => setup_home::setup_page(world, addresses, name, call, "SetupOneHome"),
        [record] => by_id(world, name, call, record, ""),
        [record, action] => by_id(world, name, call, record, action),
        _ => not_found(world.orgs.get(name)),
    }
}

/// A record's page: an app that is here, a permission set, a user.
fn by_id(world: &mut World, org_name: &str, call: &Call, record: &str, action: &str) -> Reply {
    let Some(org) = world.orgs.get(org_name) else { return not_found(None) };
    let is = |own: &str| id::same(own, record);
    if let Some(name) = org.installed.iter().find(|(_, here)| is(&here.id)).map(|(name, _)| name.clone()) {
        return app::page(world, org_name, call, &name, action);
    }
    if let Some(name) = org.permission_sets.iter().find(|(_, set)| is(&set.id)).map(|(name, _)| name.clone()) {
        return people::permission_set(world, org_name, call, &name);
    }
    if let Some(name) = org.users.values().find(|user| is(&user.id)).map(|user| user.username.clone()) {
        return people::user(world, org_name, call, &name);
    }
    not_found(Some(org))
}

/// The login host has no pages of an org: it offers the same page on each org.
fn login_host(world: &World, addresses: &Addresses, call: &Call) -> Reply {
    let path = format!("/{}", call.segments.join("/"));
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&call.query).finish();
    let here = if query.is_empty() { path } else { format!("{path}?{query}") };
    let link = |org: &Org| {
        html! {
            li {
                a href=(format!("{}{here}", addresses.address(&org.name))) { (org.label) }
                " (" code { (addresses.my_domain(&org.name)) } ", by port " code { (addresses.address(&org.name)) } ")"
            }
        }
    };
    let body = html! {
        p {
            "This host stands for login.salesforce.com: it finds the org by the username of a token request. Pages are "
            "the orgs' own. Choose an org:"
        }
        ul { @for org in world.orgs.values() { (link(org)) } }
    };
    Page { org: None, title: "Emulated Salesforce login host", notice: None }.reply(200, body)
}

/// The page of Setup with this name in its path.
fn setup_page_named(name: &str) -> Option<SetupPage> {
    SetupPage::ALL.into_iter().find(|page| page.path().split('/').nth(3) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::super::certificate::tests::key;
    use super::super::testing::{answer, get, log_in, post, world};
    use super::*;

    const GLOBEX: &str = "globex.localhost:4000";

    fn location(reply: &Reply) -> String {
        assert_eq!(reply.status, 303, "{}", reply.body);
        reply.headers.iter().find(|(name, _)| *name == "Location").unwrap().1.clone()
    }

    /// Where the next links and forms lead to.
    fn has(reply: &Reply, text: &str) {
        assert!(reply.body.contains(text), "no {text} in {}", reply.body);
    }

    #[test]
    fn from_install_to_a_token_by_pages_alone() {
        let mut world = world();
        let refused = |world: &mut World| log_in(world, "service-a", "globex").unwrap_err()["error"].clone();
        assert_eq!(refused(&mut world), "invalid_client");
        let (app, owner) = (world.apps["service-a"].id[..15].to_owned(), world.orgs["owner"].id.clone());
        let path = format!("/identity/app/AppInstallApprovalPage.apexp?app_id={app}&app_org_id={owner}");

        has(&answer(&mut world, &get(GLOBEX, &path, None)), ">Install</button>");
        assert!(!world.orgs["globex"].installed.contains_key("service-a"), "a GET changes nothing");
        let home = location(&answer(&mut world, &post(GLOBEX, &path, &[])));
        assert_eq!(refused(&mut world), "invalid_grant");

        let here = home.split('?').next().unwrap().to_owned();
        assert!(here.starts_with("/0H4"));
        has(&answer(&mut world, &get(GLOBEX, &home, None)), &format!("{here}/e"));
        has(&answer(&mut world, &get(GLOBEX, &format!("{here}/e"), None)), "Admin approved users are pre-authorized");
        let policy = [("permitted-users", "admin-approved"), ("ip-relaxation", "enforce")];
        location(&answer(&mut world, &post(GLOBEX, &format!("{here}/e"), &policy)));
        assert_eq!(refused(&mut world), "invalid_app_access");

        let sets = format!("{here}/permission-sets");
        has(&answer(&mut world, &get(GLOBEX, &sets, None)), "value=\"Integrations\"");
        location(&answer(&mut world, &post(GLOBEX, &sets, &[("chosen", "Integrations")])));
        assert_eq!(refused(&mut world), "invalid_app_access");

        let set = format!("/{}", world.orgs["globex"].permission_sets["Integrations"].id);
        has(&answer(&mut world, &get(GLOBEX, &set, None)), "integration@globex.example");
        location(&answer(&mut world, &post(GLOBEX, &set, &[("chosen", "integration@globex.example")])));
        assert!(log_in(&mut world, "service-a", "globex").is_ok());
        has(&answer(&mut world, &get(GLOBEX, "/lightning/setup/OrgLoginHistory/home", None)), "Success");

        location(&answer(&mut world, &post(GLOBEX, &format!("{here}/uninstall"), &[])));
        assert_eq!(refused(&mut world), "invalid_client");
    }

    #[test]
    fn a_package_with_a_key_of_the_subscriber_s_own() {
        let mut world = world();
        let path = format!("/packaging/installPackage.apexp?p0={}", world.apps["own-key"].package_id.as_ref().unwrap());
        let here = location(&answer(&mut world, &post(GLOBEX, &path, &[])));
        let here = here.split('?').next().unwrap().to_owned();
        let own = world.orgs["globex"].installed["own-key"].own_consumer.clone().unwrap();
        has(&answer(&mut world, &get(GLOBEX, &here, None)), &own.client_id);
        let upload = |world: &mut World, text: &str| {
            answer(world, &post(GLOBEX, &format!("{here}/certificate"), &[("certificate", text)]))
        };
        let refused = upload(&mut world, key().0.expose());
        assert_eq!(refused.status, 400);
        has(&refused, "private key");
        assert!(!refused.body.contains(&key().0.expose()[100..140]));
        location(&upload(&mut world, key().1.pem()));
        let policy = [("permitted-users", "admin-approved"), ("ip-relaxation", "relax")];
        location(&answer(&mut world, &post(GLOBEX, &format!("{here}/e"), &policy)));
        let profile = world.orgs["globex"].profiles.keys().next().unwrap().clone();
        location(&answer(&mut world, &post(GLOBEX, &format!("{here}/profiles"), &[("chosen", &profile)])));
        assert!(log_in(&mut world, "own-key", "globex").is_ok());
    }

    #[test]
    fn what_cannot_be_installed_says_why() {
        let mut world = world();
        world.orgs.get_mut("owner").unwrap().sandbox = true;
        let (app, local) = (world.apps["service-a"].id.clone(), world.apps["local"].id.clone());
        let foreign = world.orgs["acme"].id.clone();
        for (parameters, status, why) in [
            (format!("app_id={app}"), 403, "on a non sandbox organization"),
            (format!("app_id={app}&app_org_id={foreign}"), 404, "not the id of the org that owns"),
            (format!("app_id={local}"), 404, "External Client App"),
            ("app_id=0Ci5e000000bn6b".to_owned(), 404, "No connected app has this app_id"),
            ("app_id=0H45e000000bn6b".to_owned(), 404, "starts with 0Ci"),
            ("app_id=<script>".to_owned(), 404, "not an id"),
            (String::new(), 404, "not an id"),
        ] {
            let path = format!("/identity/app/AppInstallApprovalPage.apexp?{parameters}");
            let reply = answer(&mut world, &post(GLOBEX, &path, &[]));
            assert_eq!(reply.status, status, "{parameters}");
            has(&reply, why);
            assert!(!reply.body.contains("<script>"));
        }
        let set = post(
            GLOBEX,
            "/lightning/setup/PermSets/page?address=/udd/PermissionSet/newPermissionSet.apexp",
            &[("label", "My set")],
        );
        let set = location(&answer(&mut world, &set));
        has(&answer(&mut world, &get(GLOBEX, &set, None)), "My_set");
        world.orgs.get_mut("owner").unwrap().sandbox = false;
        world.install("service-a", "globex").unwrap();
        let here = world.orgs["globex"].installed["service-a"].id.clone();
        let path = format!("/{here}/permission-sets");
        let reply = answer(&mut world, &post(GLOBEX, &path, &[("chosen", "Api_Integration")]));
        assert_eq!(reply.status, 400);
        has(&reply, "cannot hold app assignments");
    }

    #[test]
    fn every_page_of_our_table_is_there_and_loads_nothing() {
        let mut world = world();
        for page in SetupPage::ALL {
            let reply = answer(&mut world, &get(GLOBEX, page.path(), None));
            assert_eq!(reply.status, 200, "{}", page.path());
            has(&reply, page.title());
            for loading in ["<script", "<img", "<iframe", "@import", "url("] {
                assert!(!reply.body.contains(loading), "{loading} in {}", page.path());
            }
        }
        assert_eq!(answer(&mut world, &get(GLOBEX, "/nothing", None)).status, 404);
        assert_eq!(answer(&mut world, &get(GLOBEX, "/lightning/setup/Nothing/home", None)).status, 404);
        let chooser = answer(&mut world, &get("127.0.0.1:4000", "/packaging/installPackage.apexp?p0=04t1", None));
        has(&chooser, "http://127.0.0.1:4001/packaging/installPackage.apexp?p0=04t1");
    }

    #[test]
    fn a_user_can_be_stopped() {
        let mut world = world();
        let user = format!("/{}", world.orgs["acme"].users["integration@acme.example"].id);
        location(&answer(&mut world, &post("acme.localhost:4000", &user, &[("status", "frozen")])));
        assert_eq!(log_in(&mut world, "service-a", "acme").unwrap_err()["error_description"], "inactive user");
        assert_eq!(answer(&mut world, &post("acme.localhost:4000", &user, &[("status", "gone")])).status, 400);
    }
}
