//! What a client needs to know of a running emulator: the line it prints when it is ready.

use super::address::Addresses;
use super::world::World;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A running emulator.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// The login host.
    pub login_url: String,
    /// The orgs by name.
    pub orgs: BTreeMap<String, ReadyOrg>,
    /// The `orgs.toml` that works with it.
    pub config: Option<PathBuf>,
}

/// One org of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadyOrg {
    /// The My Domain.
    pub url: String,
    /// The same org by a port of its own, for resolvers that do not know `.localhost`.
    pub address_url: String,
    /// The org's id.
    pub org_id: String,
    /// Usernames.
    pub users: Vec<String>,
    /// The apps that are or could be here.
    pub apps: Vec<ReadyApp>,
}

/// One app, as an org has or could have it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadyApp {
    /// Its name in the world.
    pub name: String,
    /// Its kind, as in `app-kind`.
    pub kind: &'static str,
    /// The consumer key in this org; `None` until the org has one.
    pub client_id: Option<String>,
    /// `0Ci…` of a connected app: what its install page wants.
    pub app_id: Option<String>,
    /// The org that owns it.
    pub app_org_id: Option<String>,
    /// `04t…` of a packaged app.
    pub package_id: Option<String>,
    /// Whether it is in this org.
    pub installed: bool,
}

impl Ready {
    pub(super) fn new(world: &World, addresses: &Addresses) -> Self {
        let orgs = world.orgs.values().map(|org| {
            let apps = world.apps.values().filter(|app| app.may_be_in(org));
            let apps = apps.map(|app| ReadyApp {
                name: app.name.clone(),
                kind: app.kind.name(),
                client_id: world.consumer_in(app, org).map(|consumer| consumer.client_id.clone()),
                app_id: (!app.kind.is_external_client_app()).then(|| app.id.clone()),
                app_org_id: world.orgs.get(&app.owner).map(|owner| owner.id.clone()),
                package_id: app.package_id.clone(),
                installed: org.installed.contains_key(&app.name),
            });
            let ready = ReadyOrg {
                url: addresses.my_domain(&org.name),
                address_url: addresses.address(&org.name),
                org_id: org.id.clone(),
                users: org.users.keys().cloned().collect(),
                apps: apps.collect(),
            };
            (org.name.clone(), ready)
        });
        Ready { login_url: addresses.login_url(), orgs: orgs.collect(), config: None }
    }
}
