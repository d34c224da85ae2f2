//! What an administrator does in Setup: installing apps, policies, permission sets. Only these change the world's
//! configuration; logins change what has happened in it.

use super::certificate::Certificate;
use super::id;
use super::world::{App, Consumer, Installation, Org, PermissionSet, PermittedUsers, UserStatus, World};
use crate::app::app_kind::AppKind;
use std::collections::BTreeSet;

/// Why Setup says no: a sentence for the page.
pub(super) type Rejection = String;

impl World {
    /// The app of a `0Ci…` id, as the install page finds it.
    pub(super) fn app_by_id(&self, app_id: &str) -> Option<&App> {
        self.apps.values().find(|app| id::same(&app.id, app_id))
    }

    /// The app of a `04t…` id.
    pub(super) fn app_by_package(&self, package_id: &str) -> Option<&App> {
        self.apps.values().find(|app| app.package_id.as_deref().is_some_and(|own| id::same(own, package_id)))
    }

    /// Whether an app may be installed in an org.
    ///
    /// # Errors
    /// Local apps reach no other org; one made in a sandbox cannot be installed in production (Knowledge article
    /// 005185027).
    pub(super) fn installable(&self, app: &App, org: &Org) -> Result<(), Rejection> {
        if app.kind == AppKind::EcaLocal {
            return Err(format!("{} is a local External Client App: it works in its own org only.", app.label));
        }
        if self.orgs.get(&app.owner).is_some_and(|owner| owner.sandbox) && !org.sandbox {
            return Err("You cannot install a sandbox app outside on a non sandbox organization".into());
        }
        Ok(())
    }

    /// Installs an app with the policies a new installation has. Installing again changes nothing.
    ///
    /// # Errors
    /// As [`World::installable`]; an org or app that does not exist.
    pub fn install(&mut self, app: &str, org: &str) -> Result<(), Rejection> {
        let (Some(app), Some(target)) = (self.apps.get(app), self.orgs.get(org)) else {
            return Err("There is no such app or org.".into());
        };
        self.installable(app, target)?;
        let here = Installation::new(app, target);
        let name = app.name.clone();
        if let Some(target) = self.orgs.get_mut(org) {
            target.installed.entry(name).or_insert(here);
        }
        Ok(())
    }

    /// Removes an installed app; an org's own app stays.
    pub(super) fn uninstall(&mut self, app: &str, org: &str) -> Result<(), Rejection> {
        if self.apps.get(app).is_some_and(|app| app.owner == org) {
            return Err("An org's own app cannot be uninstalled.".into());
        }
        if let Some(org) = self.orgs.get_mut(org) {
            org.installed.remove(app);
        }
        self.sessions.retain(|_, session| session.org != org || session.app != app);
        Ok(())
    }

    /// Saves an app's policies: Edit Policies.
    pub fn set_policies(&mut self, app: &str, org: &str, permitted_users: PermittedUsers, enforce_ip: bool) {
        if let Some(here) = self.installation_mut(app, org) {
            here.permitted_users = permitted_users;
            here.enforce_ip = enforce_ip;
        }
    }

    /// Replaces the permission sets assigned to an app.
    ///
    /// # Errors
    /// A permission set that is not there, or whose licence cannot hold app assignments.
    pub fn assign_permission_sets(&mut self, app: &str, org: &str, names: BTreeSet<String>) -> Result<(), Rejection> {
        if let Some(known) = self.orgs.get(org).map(|org| &org.permission_sets) {
            for name in &names {
                match known.get(name) {
                    None => return Err("There is no such permission set.".into()),
                    Some(set) if !set.can_hold_apps() => {
                        return Err(format!(
                            "{} is tied to the licence {}, which cannot hold app assignments. Use another permission \
                             set or a profile.",
                            set.label,
                            set.license.as_deref().unwrap_or_default()
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
        if let Some(here) = self.installation_mut(app, org) {
            here.permission_sets = names;
        }
        Ok(())
    }

    /// Replaces the profiles assigned to an app.
    pub fn assign_profiles(&mut self, app: &str, org: &str, names: BTreeSet<String>) {
        let known = self.orgs.get(org).map(|org| org.profiles.keys().cloned().collect()).unwrap_or_default();
        if let Some(here) = self.installation_mut(app, org) {
            here.profiles = &names & &known;
        }
    }

    /// Replaces the users whom a permission set is assigned to.
    pub fn assign_users(&mut self, permission_set: &str, org: &str, usernames: &BTreeSet<String>) {
        for user in self.orgs.get_mut(org).into_iter().flat_map(|org| org.users.values_mut()) {
            if usernames.contains(&user.username) {
                user.permission_sets.insert(permission_set.to_owned());
            } else {
                user.permission_sets.remove(permission_set);
            }
        }
    }

    /// Makes a permission set; its API name is made from the label.
    ///
    /// # Errors
    /// A label without letters, or one that is taken.
    pub(super) fn new_permission_set(&mut self, org: &str, label: &str) -> Result<String, Rejection> {
        let label: String = label.chars().filter(|c| !c.is_control()).take(80).collect::<String>().trim().to_owned();
        let name = api_name(&label);
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err("A label has at least one letter, and starts with it.".into());
        }
        let sets = self.orgs.get_mut(org).map(|org| &mut org.permission_sets).ok_or("There is no such org.")?;
        if sets.contains_key(&name) {
            return Err(format!("There is a permission set {name} already."));
        }
        sets.insert(name.clone(), PermissionSet::new(org, &name, &label, None));
        Ok(name)
    }

    /// Activates, deactivates or freezes a user. Sessions of one who may no longer log in end.
    pub(super) fn set_user_status(&mut self, username: &str, org: &str, status: UserStatus) {
        if let Some(user) = self.orgs.get_mut(org).and_then(|org| org.users.get_mut(username)) {
            user.status = status;
        }
        if status != UserStatus::Active {
            self.sessions.retain(|_, session| session.username != username);
        }
    }

    /// Uploads the certificate of an org's own consumer.
    ///
    /// # Errors
    /// What is wrong with it, or that the app has no consumer of this org's own.
    pub fn upload_certificate(&mut self, app: &str, org: &str, pem: &str) -> Result<(), Rejection> {
        let certificate = Certificate::read(pem).map_err(|why| format!("This is not accepted: {why}."))?;
        let owner = self.apps.get(app).is_some_and(|app| app.owner == org);
        let consumer = match owner {
            true => self.apps.get_mut(app).map(|app| &mut app.consumer),
            false => self.installation_mut(app, org).and_then(|here| here.own_consumer.as_mut()),
        };
        consumer.ok_or("The publisher of this app holds its certificate.")?.certificate = Some(certificate);
        Ok(())
    }

    pub(super) fn installation_mut(&mut self, app: &str, org: &str) -> Option<&mut Installation> {
        self.orgs.get_mut(org)?.installed.get_mut(app)
    }
}

impl Installation {
    /// An app as it is right after its installation: everybody may self-authorize, so nobody can log in headless.
    pub(super) fn new(app: &App, org: &Org) -> Self {
        let here = format!("{} {}", org.name, app.name);
        let own = app.kind == AppKind::EcaPackagedOwn && app.owner != org.name;
        Installation {
            id: id::id(if app.kind.is_external_client_app() { "0xI" } else { "0H4" }, &here),
            own_consumer: own.then(|| Consumer { client_id: id::consumer_key(&here), certificate: None }),
            permitted_users: PermittedUsers::default(),
            enforce_ip: true,
            permission_sets: BTreeSet::new(),
            profiles: BTreeSet::new(),
            approved_by: BTreeSet::new(),
            session_timeout: None,
        }
    }
}

impl PermissionSet {
    /// A permission set of an org.
    pub(super) fn new(org: &str, name: &str, label: &str, license: Option<String>) -> Self {
        PermissionSet { label: label.to_owned(), id: id::id("0PS", &format!("{org} {name}")), license }
    }
}

/// An API name as Setup proposes it: letters, digits and single underscores.
fn api_name(label: &str) -> String {
    let words = label.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}
