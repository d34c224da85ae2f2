//! From a description to a world: what was left out is made up, what contradicts itself is refused.

use super::shape::*;
use super::{Sources, wrong};
use crate::app::app_kind::AppKind;
use crate::app::salesforce_id::SalesforceId;
use crate::emulator::address::LOGIN_NAMES;
use crate::emulator::certificate::Certificate;
use crate::emulator::id;
use crate::emulator::world::{
    App, Behaviour, Consumer, Installation, Org, PermissionSet, Profile, User, UserStatus, World,
};
use crate::error::{Reason, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

impl WorldFile {
    pub(super) fn build(self, sources: &dyn Sources) -> Result<World> {
        if self.orgs.is_empty() {
            return Err(wrong("orgs", "at least one org is needed"));
        }
        let mut world = World { behaviour: self.behaviour.build(), ..World::default() };
        for (name, app) in &self.apps {
            let app = app
                .build(name, &self.orgs, sources)
                .map_err(|(field, why)| wrong(&["apps", name, field].join("."), why))?;
            world.apps.insert(name.clone(), app);
        }
        for (name, file) in self.orgs {
            let org = file.build(&name, &world.apps, sources).map_err(|(field, why)| {
                wrong(&format!("orgs.{name}{}{field}", if field.is_empty() { "" } else { "." }), why)
            })?;
            world.orgs.insert(name, org);
        }
        unique(&world)?;
        Ok(world)
    }
}

/// A fault: the field below the table, and what is wrong there.
type Fault<F = String> = (F, String);

impl BehaviourFile {
    fn build(self) -> Behaviour {
        let usual = Behaviour::default();
        Behaviour {
            expiry_tolerance: self.expiry_tolerance.map_or(usual.expiry_tolerance, |span| span.0),
            expiry_limit: self.expiry_limit.map(|span| span.0),
            audience_slash: self.audience_slash.unwrap_or(usual.audience_slash),
            refuse_replay: self.refuse_replay.unwrap_or(usual.refuse_replay),
            unknown_user: match self.unknown_user {
                Some(UnknownUser::UserUnknown) => Reason::UserUnknown,
                Some(UnknownUser::UserNotApproved) => Reason::UserNotApproved,
                None => usual.unknown_user,
            },
            unassigned_user: match self.unassigned_user {
                Some(UnassignedUser::UserNotAdminApproved) => Reason::UserNotAdminApproved,
                Some(UnassignedUser::UserNotApproved) => Reason::UserNotApproved,
                None => usual.unassigned_user,
            },
            eca_needs_my_domain: self.eca_needs_my_domain.unwrap_or(usual.eca_needs_my_domain),
            shared_sessions: self.shared_sessions.unwrap_or(usual.shared_sessions),
            logins_per_hour: self.logins_per_hour.unwrap_or(usual.logins_per_hour),
        }
    }
}

impl AppFile {
    fn build(
        &self,
        name: &str,
        orgs: &BTreeMap<String, OrgFile>,
        sources: &dyn Sources,
    ) -> Result<App, Fault<&'static str>> {
        if !orgs.contains_key(&self.owner) {
            return Err(("owner", one_of("an org of this world", orgs.keys())));
        }
        let kind = self.kind.0;
        let eca = kind.is_external_client_app();
        let packaged = matches!(kind, AppKind::EcaPackaged | AppKind::EcaPackagedOwn);
        if self.package_id.is_some() && !packaged {
            return Err(("package-id", "only kinds eca-packaged and eca-packaged-own have a package".into()));
        }
        if self.jwt_timeout.is_some() && self.token_format == TokenFormat::Opaque {
            return Err(("jwt-timeout", "needs token-format = \"jwt\"".into()));
        }
        let scopes =
            self.scopes.clone().unwrap_or_else(|| ["api", "web", "openid", "refresh_token"].map(Into::into).into());
        if let Some(scope) = scopes.iter().find(|s| s.is_empty() || s.contains(|c: char| !c.is_ascii_graphic())) {
            return Err(("scopes", format!("expected scope names such as \"api\", not {:?}", cut(scope))));
        }
        let jwt_timeout = self.jwt_timeout.as_ref().map_or(Duration::from_secs(30 * 60), |span| span.0);
        Ok(App {
            name: name.to_owned(),
            label: label(&self.label, name),
            kind,
            owner: self.owner.clone(),
            id: given_id(&self.app_id, if eca { "0xI" } else { "0Ci" }, name).map_err(|why| ("app-id", why))?,
            package_id: match packaged {
                true => Some(given_id(&self.package_id, "04t", name).map_err(|why| ("package-id", why))?),
                false => None,
            },
            consumer: Consumer {
                client_id: client_id(&self.client_id, name).map_err(|why| ("client-id", why))?,
                certificate: certificate(self.certificate.as_deref(), sources).map_err(|why| ("certificate", why))?,
            },
            scopes,
            jwt_timeout: (self.token_format == TokenFormat::Jwt).then_some(jwt_timeout),
        })
    }
}

impl OrgFile {
    fn build(self, name: &str, apps: &BTreeMap<String, App>, sources: &dyn Sources) -> Result<Org, Fault> {
        let label_of_host = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let host = name.chars().all(label_of_host) && !name.starts_with('-') && !name.ends_with('-');
        if name.is_empty() || name.len() > 63 || !host {
            return Err((String::new(), "an org's name is a host name's first label: a-z, 0-9 and hyphens".into()));
        }
        if LOGIN_NAMES.contains(&name) {
            return Err((String::new(), format!("{} are names of the login host", LOGIN_NAMES.join(" and "))));
        }
        let mut org = Org {
            name: name.to_owned(),
            label: label(&self.label, name),
            id: given_id(&self.org_id, "00D", name).map_err(|why| ("org-id".to_owned(), why))?,
            sandbox: self.sandbox,
            locked: self.locked,
            login_host: self.login_host,
            own_audience: self.own_audience,
            session_timeout: self.session_timeout.map_or(Duration::from_secs(2 * 60 * 60), |span| span.0),
            users: BTreeMap::new(),
            profiles: self.profiles.into_iter().map(|(profile, file)| file.build(name, profile)).collect(),
            permission_sets: BTreeMap::new(),
            installed: BTreeMap::new(),
        };
        for (set, file) in self.permission_sets {
            org.permission_sets
                .insert(set.clone(), PermissionSet::new(name, &set, &label(&file.label, &set), file.license));
        }
        for (username, file) in self.users {
            let at = |field: &str| format!("users.{username:?}.{field}");
            if !username.contains('@') || username.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err(("users".into(), format!("{:?} is not a username such as a@b.example", cut(&username))));
            }
            known(&file.permission_sets, &org.permission_sets).map_err(|why| (at("permission-sets"), why))?;
            let user_id = given_id(&file.user_id, "005", &username).map_err(|why| (at("user-id"), why))?;
            let profile = file.profile.clone().unwrap_or_else(|| INTEGRATION_PROFILE.to_owned());
            let (profile, rights) = ProfileFile::default().build(name, profile);
            org.profiles.entry(profile.clone()).or_insert(rights);
            org.users.insert(username.clone(), file.build(username, user_id, profile));
        }
        for (app, file) in self.installed {
            let at = |field: &str| format!("installed.{app}.{field}");
            let Some(app) = apps.get(&app) else {
                return Err((format!("installed.{}", cut(&app)), one_of("an app of this world", apps.keys())));
            };
            let here = file.build(app, &org, sources).map_err(|(field, why)| (at(field), why))?;
            org.installed.insert(app.name.clone(), here);
        }
        for app in apps.values().filter(|app| app.owner == name) {
            let here = Installation::new(app, &org);
            org.installed.entry(app.name.clone()).or_insert(here);
        }
        Ok(org)
    }
}

/// The profile that Salesforce recommends for users that only programs log in as.
const INTEGRATION_PROFILE: &str = "Minimum Access - API Only Integrations";

impl ProfileFile {
    fn build(self, org: &str, name: String) -> (String, Profile) {
        let seed = format!("{org} {name}");
        let profile = Profile {
            id: id::id("00e", &seed),
            permission_set_id: id::id("0PS", &format!("profile {seed}")),
            login_hours: self.login_hours.map(|hours| hours.0),
            login_ip_ranges: self.login_ip_ranges.into_iter().map(|range| range.0).collect(),
        };
        (name, profile)
    }
}

impl UserFile {
    fn build(self, username: String, id: String, profile: String) -> User {
        let has = |permission| self.permissions.as_ref().map(|own| own.contains(&permission));
        User {
            name: self.name.unwrap_or_else(|| "Integration User".to_owned()),
            username,
            id,
            profile,
            permission_sets: self.permission_sets,
            status: match self.status {
                StatusFile::Active => UserStatus::Active,
                StatusFile::Inactive => UserStatus::Inactive,
                StatusFile::Frozen => UserStatus::Frozen,
                StatusFile::Locked => UserStatus::Locked,
            },
            refusal: self.refusal.map(|name| name.0),
            api_enabled: has(Permission::ApiEnabled).unwrap_or(true),
            view_setup: has(Permission::ViewSetup).unwrap_or(true),
            approve_uninstalled_apps: has(Permission::ApproveUninstalledApps).unwrap_or(false),
            use_any_api_client: has(Permission::UseAnyApiClient).unwrap_or(false),
        }
    }
}

impl InstalledFile {
    fn build(self, app: &App, org: &Org, sources: &dyn Sources) -> Result<Installation, Fault<&'static str>> {
        let mut here = Installation::new(app, org);
        if app.kind == AppKind::EcaLocal && app.owner != org.name {
            return Err(("permitted-users", "a local External Client App cannot be installed elsewhere".into()));
        }
        match &mut here.own_consumer {
            Some(consumer) => {
                if let Some(given) = self.client_id {
                    consumer.client_id = client_id(&Some(given), "").map_err(|why| ("client-id", why))?;
                }
                consumer.certificate =
                    certificate(self.certificate.as_deref(), sources).map_err(|why| ("certificate", why))?;
            }
            None if self.client_id.is_some() || self.certificate.is_some() => {
                let why = "only an eca-packaged-own app has a consumer of its own outside the org that owns it";
                return Err((if self.client_id.is_some() { "client-id" } else { "certificate" }, why.into()));
            }
            None => {}
        }
        known(&self.permission_sets, &org.permission_sets).map_err(|why| ("permission-sets", why))?;
        if let Some(set) = self.permission_sets.iter().find(|set| !org.permission_sets[*set].can_hold_apps()) {
            return Err(("permission-sets", format!("{set} has a licence that cannot hold app assignments")));
        }
        known(&self.profiles, &org.profiles).map_err(|why| ("profiles", why))?;
        known(&self.approved_by, &org.users).map_err(|why| ("approved-by", why))?;
        here.permitted_users = self.permitted_users.0;
        here.enforce_ip = self.enforce_ip;
        here.permission_sets = self.permission_sets;
        here.profiles = self.profiles;
        here.approved_by = self.approved_by;
        here.session_timeout = self.session_timeout.map(|span| span.0);
        Ok(here)
    }
}

/// Usernames, ids and consumer keys name one thing each, in all of Salesforce.
fn unique(world: &World) -> Result<()> {
    let mut seen = BTreeSet::new();
    let users = world.orgs.values().flat_map(|org| org.users.values().map(|user| user.username.to_ascii_lowercase()));
    if let Some(twice) = users.into_iter().find(|name| !seen.insert(name.clone())) {
        return Err(wrong("orgs", format!("the username {twice} appears twice; usernames are unique in all orgs")));
    }
    let ids = world.orgs.values().map(|org| &org.id).chain(world.apps.values().map(|app| &app.id));
    let own = world.orgs.values().flat_map(|org| org.installed.values().filter_map(|here| here.own_consumer.as_ref()));
    let keys = world.apps.values().map(|app| &app.consumer).chain(own).map(|consumer| &consumer.client_id);
    match ids.chain(keys).find(|name| !seen.insert((*name).clone())) {
        Some(twice) => Err(wrong("", format!("{twice} appears twice; ids and client ids are unique"))),
        None => Ok(()),
    }
}

fn known<V>(names: &BTreeSet<String>, all: &BTreeMap<String, V>) -> Result<(), String> {
    match names.iter().find(|name| !all.contains_key(*name)) {
        Some(name) => Err(format!("{:?} is not described in this org; {}", cut(name), one_of("expected", all.keys()))),
        None => Ok(()),
    }
}

fn one_of<'a>(what: &str, names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = names.map(String::as_str).collect();
    if names.is_empty() { format!("{what}: there is none") } else { format!("{what}: {}", names.join(", ")) }
}

fn label(given: &Option<String>, name: &str) -> String {
    given.clone().unwrap_or_else(|| name.to_owned())
}

fn cut(text: &str) -> String {
    text.chars().take(40).collect()
}

fn given_id(given: &Option<String>, prefix: &str, name: &str) -> Result<String, String> {
    let Some(given) = given else { return Ok(id::id(prefix, name)) };
    let (id, _) =
        SalesforceId::read(given).map_err(|why| format!("expected an id that starts with {prefix}: {why}"))?;
    match id.prefix() == prefix {
        true => Ok(id.long()),
        false => Err(format!("expected an id that starts with {prefix}")),
    }
}

fn client_id(given: &Option<String>, name: &str) -> Result<String, String> {
    let Some(given) = given else { return Ok(id::consumer_key(name)) };
    let fits = (8..=256).contains(&given.len()) && given.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| given.clone()).ok_or_else(|| "expected 8 to 256 characters without spaces".to_owned())
}

/// A certificate as PEM text, from a file, or `none` for an app without digital signatures.
fn certificate(given: Option<&str>, sources: &dyn Sources) -> Result<Option<Certificate>, String> {
    match given {
        Some("none") => Ok(None),
        None => sources.default_certificate().map(Some).map_err(|error| error.to_string()),
        Some(text) if text.contains("-----BEGIN") => Certificate::read(text).map(Some),
        Some(path) => Certificate::read(&sources.certificate(path)?).map(Some),
    }
}
