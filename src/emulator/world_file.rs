//! A world as people describe it, in TOML or JSON. Only what differs from the usual has to be said: ids, consumer keys
//! and certificates are made up where they are left out.

use super::address::LOGIN_NAMES;
use super::certificate::Certificate;
use super::id;
use super::world::{
    App, Behaviour, Consumer, Installation, IpRange, LoginHours, Org, PermissionSet, PermittedUsers, Profile, User,
    UserStatus, World,
};
use crate::app::app_kind::AppKind;
use crate::app::salesforce_id::SalesforceId;
use crate::error::{Error, Kind, Reason, Result};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::net::IpAddr;
use std::time::Duration;

/// The world that is there when none is described. It is written in the format that `--world` takes.
pub const BUILT_IN: &str = include_str!("world.toml");

/// What reading a description may ask for.
pub trait Sources {
    /// The text of a certificate file that the description names.
    ///
    /// # Errors
    /// Why it cannot be read, as the end of a sentence.
    fn certificate(&self, path: &str) -> Result<String, String>;
    /// The certificate of apps for which the description names none.
    ///
    /// # Errors
    /// When it cannot be made.
    fn default_certificate(&self) -> Result<Certificate>;
}

/// Reads a world: JSON when it starts with `{`, else TOML.
///
/// # Errors
/// A `usage` error about `world` that names the field and what is accepted there.
pub fn read(text: &str, sources: &dyn Sources) -> Result<World> {
    let text = text.trim_start_matches('\u{feff}');
    let file: WorldFile = if text.trim_start().starts_with('{') {
        let mut json = serde_json::Deserializer::from_str(text);
        serde_path_to_error::deserialize(&mut json).map_err(|e| located(e.path(), e.inner()))?
    } else {
        let toml = toml::Deserializer::parse(text).map_err(|e| wrong("", not_toml(text, &e)))?;
        serde_path_to_error::deserialize(toml).map_err(|e| located(e.path(), e.inner().message()))?
    };
    file.build(sources)
}

fn not_toml(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
    format!("line {line} is not TOML: {}", error.message().replace('\n', ", "))
}

fn located(path: &serde_path_to_error::Path, message: impl Display) -> Error {
    let (path, message) = (path.to_string(), message.to_string());
    // serde repeats the value that it did not like, which may be a key in the wrong place
    let repeats = ["invalid type", "invalid value", "unknown variant"].iter().any(|start| message.starts_with(start));
    let message = match message.split_once(", expected ") {
        Some((_, expected)) if repeats => format!("expected {expected}"),
        _ => message,
    };
    wrong(if path == "." { "" } else { &path }, message)
}

fn wrong(path: &str, message: impl Display) -> Error {
    let message: String = message.to_string().chars().filter(|c| !c.is_control()).take(400).collect();
    let separator = if path.is_empty() { "" } else { ": " };
    Error::usage(Reason::InvalidParameter, "world", format!("{path}{separator}{message}"))
        .hint("`sf-jwt emulator --print-world` shows the built-in world in the same format")
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct WorldFile {
    #[serde(default)]
    behaviour: BehaviourFile,
    orgs: BTreeMap<String, OrgFile>,
    #[serde(default)]
    apps: BTreeMap<String, AppFile>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct BehaviourFile {
    expiry_tolerance: Option<Span>,
    expiry_limit: Option<Span>,
    refuse_replay: Option<bool>,
    unknown_user: Option<UnknownUser>,
    unassigned_user: Option<UnassignedUser>,
    eca_needs_my_domain: Option<bool>,
    shared_sessions: Option<bool>,
    logins_per_hour: Option<usize>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum UnknownUser {
    UserNotApproved,
    UserUnknown,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum UnassignedUser {
    UserNotAdminApproved,
    UserNotApproved,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OrgFile {
    label: Option<String>,
    org_id: Option<String>,
    #[serde(default)]
    sandbox: bool,
    #[serde(default)]
    locked: bool,
    #[serde(default = "yes")]
    login_host: bool,
    #[serde(default = "yes")]
    own_audience: bool,
    session_timeout: Option<Span>,
    #[serde(default)]
    users: BTreeMap<String, UserFile>,
    #[serde(default)]
    profiles: BTreeMap<String, ProfileFile>,
    #[serde(default)]
    permission_sets: BTreeMap<String, PermissionSetFile>,
    #[serde(default)]
    installed: BTreeMap<String, InstalledFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct UserFile {
    name: Option<String>,
    user_id: Option<String>,
    profile: Option<String>,
    #[serde(default)]
    permission_sets: BTreeSet<String>,
    #[serde(default)]
    status: StatusFile,
    refusal: Option<RefusalName>,
    permissions: Option<BTreeSet<Permission>>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
enum StatusFile {
    #[default]
    Active,
    Inactive,
    Frozen,
    Locked,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
enum Permission {
    ApiEnabled,
    ViewSetup,
    ApproveUninstalledApps,
    UseAnyApiClient,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ProfileFile {
    login_hours: Option<HoursText>,
    #[serde(default)]
    login_ip_ranges: Vec<RangeText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct PermissionSetFile {
    label: Option<String>,
    license: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct InstalledFile {
    #[serde(default)]
    permitted_users: PolicyName,
    #[serde(default = "yes")]
    enforce_ip: bool,
    #[serde(default)]
    permission_sets: BTreeSet<String>,
    #[serde(default)]
    profiles: BTreeSet<String>,
    #[serde(default)]
    approved_by: BTreeSet<String>,
    session_timeout: Option<Span>,
    client_id: Option<String>,
    certificate: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct AppFile {
    label: Option<String>,
    kind: KindName,
    owner: String,
    app_id: Option<String>,
    package_id: Option<String>,
    client_id: Option<String>,
    certificate: Option<String>,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    token_format: TokenFormat,
    jwt_timeout: Option<Span>,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum TokenFormat {
    #[default]
    Opaque,
    Jwt,
}

fn yes() -> bool {
    true
}

/// A duration such as `15m`.
struct Span(Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let accepted = "expected a duration such as \"30s\", \"15m\" or \"2h\"";
        humantime::parse_duration(&text).map(Span).map_err(|_| D::Error::custom(accepted))
    }
}

/// `08:00-18:00`, UTC.
struct HoursText(LoginHours);

impl<'de> Deserialize<'de> for HoursText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let minute = |text: &str| -> Option<u16> {
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
            (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
        };
        text.split_once('-')
            .and_then(|(from, until)| Some(LoginHours(minute(from)?, minute(until)?)))
            .filter(|hours| hours.0 <= hours.1)
            .map(HoursText)
            .ok_or_else(|| D::Error::custom("expected hours of the day in UTC such as \"08:00-18:00\""))
    }
}

/// One address, or `first-last`.
struct RangeText(IpRange);

impl<'de> Deserialize<'de> for RangeText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        let address = |text: &str| text.trim().parse::<IpAddr>().ok();
        match (address(first), address(last)) {
            (Some(first), Some(last)) if first <= last => Ok(RangeText(IpRange(first, last))),
            _ => Err(D::Error::custom("expected an IP address or a range such as \"10.0.0.0-10.0.0.255\"")),
        }
    }
}

/// The name of a policy.
#[derive(Default)]
struct PolicyName(PermittedUsers);

impl<'de> Deserialize<'de> for PolicyName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let names = PermittedUsers::ALL.map(PermittedUsers::name).join(", ");
        let found = PermittedUsers::ALL.into_iter().find(|policy| policy.name() == text);
        found.map(PolicyName).ok_or_else(|| D::Error::custom(format!("expected one of: {names}")))
    }
}

/// The name of a kind of app.
struct KindName(AppKind);

impl<'de> Deserialize<'de> for KindName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        AppKind::from_name(&String::deserialize(from)?).map(KindName).ok_or_else(|| {
            let names = AppKind::ALL.map(AppKind::name).join(", ");
            D::Error::custom(format!("expected a kind of app: {names}"))
        })
    }
}

/// The name of a refusal reason.
struct RefusalName(Reason);

impl<'de> Deserialize<'de> for RefusalName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let refusals = || Reason::ALL.iter().filter(|reason| reason.kind() == Kind::Refused);
        refusals().find(|reason| reason.code() == text).map(|reason| RefusalName(*reason)).ok_or_else(|| {
            let names: Vec<_> = refusals().map(|reason| reason.code()).collect();
            D::Error::custom(format!("expected a refusal reason: {}", names.join(", ")))
        })
    }
}

impl WorldFile {
    fn build(self, sources: &dyn Sources) -> Result<World> {
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

#[cfg(test)]
mod tests {
    use super::super::testing::TestSources;
    use super::*;

    fn problem(text: &str) -> String {
        let error = read(text, &TestSources).unwrap_err();
        assert_eq!((error.reason(), error.details().field.as_deref()), (Reason::InvalidParameter, Some("world")));
        error.message().to_owned()
    }

    #[test]
    fn the_least_that_works() {
        let text = r#"{"orgs": {"a": {"users": {"u@a.example": {}}}}, "apps": {"x": {"kind": "connected-app", "owner": "a"}}}"#;
        let world = read(text, &TestSources).unwrap();
        let (org, app) = (&world.orgs["a"], &world.apps["x"]);
        assert!(org.id.starts_with("00D") && org.id.len() == 18 && app.id.starts_with("0Ci"));
        assert!(app.consumer.certificate.is_some() && app.consumer.client_id.len() == 85);
        assert_eq!(org.installed["x"].permitted_users, PermittedUsers::SelfAuthorized, "an org's own app is there");
        let toml = "[orgs.a]\nusers.\"u@a.example\" = {}\n[apps.x]\nkind = \"connected-app\"\nowner = \"a\"";
        assert_eq!(read(toml, &TestSources).unwrap().orgs["a"].id, org.id, "ids come from names");
    }

    #[test]
    fn ids_and_certificates_can_be_given() {
        let pem = crate::emulator::certificate::tests::key().1.pem().to_owned();
        let text = serde_json::json!({
            "orgs": {"a": {"org-id": "00D5e000005AHE7"}},
            "apps": {"x": {"kind": "connected-app", "owner": "a", "app-id": "0Ci5e000000bn6b", "client-id": "3MVG9.given",
                           "certificate": pem}, "y": {"kind": "eca-local", "owner": "a", "certificate": "none"}},
        });
        let world = read(&text.to_string(), &TestSources).unwrap();
        assert_eq!(world.orgs["a"].id, "00D5e000005AHE7EAO");
        assert_eq!(world.apps["x"].id, "0Ci5e000000bn6bCAA");
        assert_eq!(world.consumer("3MVG9.given").map(|found| found.0.name.as_str()), Some("x"));
        assert!(world.apps["y"].consumer.certificate.is_none());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_accepted() {
        let app = "[orgs.a]\nusers.\"u@a.example\" = {}\n[apps.x]\nowner = \"a\"\nkind = \"connected-app\"\n";
        for (text, place, accepted) in [
            ("", "orgs", ""),
            ("[orgs]", "orgs", "at least one"),
            ("{\"orgs\": 3}", "orgs", "map"),
            ("orgs = [", "line 1", "TOML"),
            ("[orgs.a]\n\nusers = {", "line 3", "TOML"),
            ("[orgs.a]\ncolour = 1", "orgs.a", "permission-sets"),
            ("[orgs.A]", "orgs.A", "a-z, 0-9"),
            ("[orgs.login]", "orgs.login", "names of the login host"),
            ("[orgs.\"a.b\"]", "orgs.a.b", "a-z, 0-9"),
            ("[orgs.a]\nsandbox = \"yes\"", "orgs.a.sandbox", "boolean"),
            ("[orgs.a]\nsession-timeout = \"2\"", "orgs.a.session-timeout", "\"2h\""),
            ("[orgs.a]\norg-id = \"0Ci5e000000bn6b\"", "orgs.a.org-id", "00D"),
            ("[orgs.a]\nusers.bob = {}", "orgs.a.users", "a@b.example"),
            ("[orgs.a]\nusers.\"u@a.example\" = { status = \"gone\" }", "orgs.a.users.u@a.example.status", "frozen"),
            ("[orgs.a]\nusers.\"u@a.example\" = { refusal = \"dns\" }", "refusal", "user-locked"),
            ("[orgs.a]\nusers.\"u@a.example\" = { permissions = [\"fly\"] }", "permissions", "view-setup"),
            ("[orgs.a]\nusers.\"u@a.example\" = { permission-sets = [\"X\"] }", "permission-sets", "there is none"),
            ("[orgs.a]\nprofiles.P = { login-hours = \"8-18\" }", "orgs.a.profiles.P.login-hours", "08:00-18:00"),
            ("[orgs.a]\nprofiles.P = { login-ip-ranges = [\"home\"] }", "login-ip-ranges[0]", "10.0.0.0-10.0.0.255"),
            ("[orgs.a]\ninstalled.x = {}", "orgs.a.installed.x", "there is none"),
            ("[orgs.a]\n[apps.x]\nowner = \"a\"\nkind = \"eca\"", "apps.x.kind", "eca-packaged-own"),
            ("[orgs.a]\n[apps.x]\nowner = \"b\"\nkind = \"eca-local\"", "apps.x.owner", "an org of this world: a"),
            (&format!("{app}package-id = \"04t000000000001\""), "apps.x.package-id", "eca-packaged"),
            (&format!("{app}jwt-timeout = \"5m\""), "apps.x.jwt-timeout", "token-format"),
            (&format!("{app}token-format = \"xml\""), "apps.x.token-format", "opaque"),
            (&format!("{app}scopes = [\"a b\"]"), "apps.x.scopes", "api"),
            (&format!("{app}client-id = \"short\""), "apps.x.client-id", "8 to 256"),
            (&format!("{app}certificate = \"nowhere.crt\""), "apps.x.certificate", "no such file"),
            (&format!("{app}certificate = \"-----BEGIN RSA PRIVATE KEY-----\""), "apps.x.certificate", "private key"),
            (&format!("{app}[behaviour]\nunknown-user = \"who\""), "behaviour.unknown-user", "user-unknown"),
            (
                &format!("{app}[orgs.b]\ninstalled.x = {{ client-id = \"3MVG9other\" }}"),
                "installed.x.client-id",
                "eca-packaged-own",
            ),
            (
                &format!("{app}[orgs.b]\ninstalled.x = {{ permitted-users = \"all\" }}"),
                "permitted-users",
                "admin-approved",
            ),
            (&format!("{app}[orgs.b]\nusers.\"U@a.example\" = {{}}"), "orgs", "unique"),
        ] {
            let said = problem(text);
            assert!(said.contains(place) && said.contains(accepted), "{text}\n-> {said}");
        }
    }

    #[test]
    fn a_private_key_in_the_file_is_not_repeated() {
        let key = "MIIEvQIBADANBgkqhkiG9w0SENTINEL";
        for text in [
            format!("[orgs.a]\n[apps.x]\nowner = \"a\"\nkind = \"-----BEGIN PRIVATE KEY-----{key}\""),
            format!("[orgs.a]\n[apps.x]\nowner = \"{key}\"\nkind = \"eca-local\""),
            format!("[orgs.a]\nsandbox = \"{key}\""),
            format!("[orgs.a]\n\"-----BEGIN PRIVATE KEY-----{key}"),
        ] {
            assert!(!problem(&text).contains("SENTINEL"), "{text}");
        }
    }
}
