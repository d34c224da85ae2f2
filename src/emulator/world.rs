//! The emulated state as plain values: orgs with their users and policies, apps, installations, and what has
//! happened so far (sessions, spent assertions, logins).

use super::certificate::Certificate;
use super::session::{Session, TokenKey};
use crate::app::app_kind::AppKind;
use crate::error::Reason;
use crate::oauth::login_host::{LOGIN, TEST};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

/// Everything the emulator knows. Orgs and apps are keyed by name.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The orgs.
    pub orgs: BTreeMap<String, Org>,
    /// The apps, each owned by one org.
    pub apps: BTreeMap<String, App>,
    /// What is not known of Salesforce, or differs between its releases.
    pub behaviour: Behaviour,
    /// Signs access tokens of apps that give JWTs.
    pub(super) token_key: Option<TokenKey>,
    /// Live access tokens, by their text.
    pub(super) sessions: BTreeMap<String, Session>,
    /// Assertions that were sent: (`iss`, `jti`).
    pub(super) spent: BTreeSet<(String, String)>,
    /// Requests to the API so far.
    pub(super) api_requests: usize,
    /// Attempts to log in, oldest first: Setup, Login History.
    pub(super) logins: Vec<Login>,
}

/// One org.
#[derive(Clone, Debug)]
pub struct Org {
    /// Its name here, the first label of its My Domain.
    pub name: String,
    /// The company's name.
    pub label: String,
    /// `00D…`, 18 characters.
    pub id: String,
    /// A sandbox: its generic audience is `https://test.salesforce.com`.
    pub sandbox: bool,
    /// Locked, closed or suspended.
    pub locked: bool,
    /// Whether logins on the login host are allowed (My Domain, login policy).
    pub login_host: bool,
    /// Whether its own My Domain is an accepted audience; older reports say it was not.
    pub own_audience: bool,
    /// How long a session lives.
    pub session_timeout: Duration,
    /// Users by username, which is unique in all of Salesforce.
    pub users: BTreeMap<String, User>,
    /// Profiles by name.
    pub profiles: BTreeMap<String, Profile>,
    /// Permission sets by name.
    pub permission_sets: BTreeMap<String, PermissionSet>,
    /// The apps that are here, by the app's name: installed, or this org's own.
    pub installed: BTreeMap<String, Installation>,
}

/// One user.
#[derive(Clone, Debug)]
pub struct User {
    /// The username.
    pub username: String,
    /// `005…`, 18 characters.
    pub id: String,
    /// First and last name.
    pub name: String,
    /// The profile's name.
    pub profile: String,
    /// Names of the permission sets assigned to the user.
    pub permission_sets: BTreeSet<String>,
    /// Whether the user may log in.
    pub status: UserStatus,
    /// Every login of this user is refused for this reason: for what has no emulated state of its own.
    pub refusal: Option<Reason>,
    /// The permission API Enabled.
    pub api_enabled: bool,
    /// The permission View Setup and Configuration: whether apps and assignments can be queried.
    pub view_setup: bool,
    /// The permission Approve Uninstalled Connected Apps.
    pub approve_uninstalled_apps: bool,
    /// The permission Use Any API Client.
    pub use_any_api_client: bool,
}

/// Whether a user may log in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserStatus {
    /// Yes.
    #[default]
    Active,
    /// Deactivated.
    Inactive,
    /// Frozen by an administrator.
    Frozen,
    /// Locked out after failed passwords.
    Locked,
}

/// One profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// `00e…`, 18 characters.
    pub id: String,
    /// `0PS…`: the permission set that the profile owns, through which apps are assigned to it.
    pub permission_set_id: String,
    /// When its users may log in.
    pub login_hours: Option<LoginHours>,
    /// From where its users may log in; empty means from everywhere.
    pub login_ip_ranges: Vec<IpRange>,
}

/// Minutes of the day, UTC: from, and until.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginHours(pub u16, pub u16);

impl LoginHours {
    /// Whether logins are allowed now.
    pub fn contain(self, now: Timestamp) -> bool {
        let minute = u16::try_from(now.0.rem_euclid(86_400) / 60).unwrap_or_default();
        (self.0..self.1).contains(&minute)
    }
}

/// First and last address of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpRange(pub IpAddr, pub IpAddr);

impl IpRange {
    /// Whether an address is in the range.
    pub fn contains(self, address: IpAddr) -> bool {
        self.0 <= address && address <= self.1
    }
}

/// One permission set.
#[derive(Clone, Debug)]
pub struct PermissionSet {
    /// Its label.
    pub label: String,
    /// `0PS…`, 18 characters.
    pub id: String,
    /// The licence it is tied to. One tied to "Salesforce API Integration" cannot hold app assignments
    /// (Knowledge article 001453686).
    pub license: Option<String>,
}

/// The licence whose permission sets cannot hold app assignments.
pub const INTEGRATION_LICENSE: &str = "Salesforce API Integration";

impl PermissionSet {
    /// Whether apps can be assigned to this permission set.
    pub fn can_hold_apps(&self) -> bool {
        self.license.as_deref() != Some(INTEGRATION_LICENSE)
    }
}

/// One app, as its owner defined it.
#[derive(Clone, Debug)]
pub struct App {
    /// Its name here.
    pub name: String,
    /// Its label.
    pub label: String,
    /// What kind of app it is.
    pub kind: AppKind,
    /// The name of the org that owns it.
    pub owner: String,
    /// `0Ci…` of a connected app, `0xI…` of an External Client App.
    pub id: String,
    /// `04t…` of a packaged app.
    pub package_id: Option<String>,
    /// The consumer of the app; that of the owning org where every org has its own.
    pub consumer: Consumer,
    /// The OAuth scopes that were selected.
    pub scopes: Vec<String>,
    /// `Some`: access tokens are JWTs that live so long.
    pub jwt_timeout: Option<Duration>,
}

/// A consumer: who signs, and with which key.
#[derive(Clone, Debug)]
pub struct Consumer {
    /// The consumer key, `3MVG9…`.
    pub client_id: String,
    /// The uploaded certificate. `None`: digital signatures are not enabled.
    pub certificate: Option<Certificate>,
}

/// An app as one org has it.
#[derive(Clone, Debug)]
pub struct Installation {
    /// `0H4…` of a connected app, `0xI…` of an External Client App.
    pub id: String,
    /// The org's own consumer, for [`AppKind::EcaPackagedOwn`] outside the owning org.
    pub own_consumer: Option<Consumer>,
    /// Who may use the app.
    pub permitted_users: PermittedUsers,
    /// The app policy "Enforce IP restrictions".
    pub enforce_ip: bool,
    /// Permission sets whose users are pre-authorized.
    pub permission_sets: BTreeSet<String>,
    /// Profiles whose users are pre-authorized.
    pub profiles: BTreeSet<String>,
    /// Users who approved the app themselves in a browser.
    pub approved_by: BTreeSet<String>,
    /// The app policy's session timeout; by default the org's.
    pub session_timeout: Option<Duration>,
}

/// The app policy "Permitted Users".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PermittedUsers {
    /// "All users may self-authorize": what a new installation starts with.
    #[default]
    SelfAuthorized,
    /// "Admin approved users are pre-authorized".
    AdminApproved,
}

impl PermittedUsers {
    /// Both values.
    pub const ALL: [PermittedUsers; 2] = [PermittedUsers::SelfAuthorized, PermittedUsers::AdminApproved];

    /// The name in world files and forms.
    pub const fn name(self) -> &'static str {
        match self {
            PermittedUsers::SelfAuthorized => "self-authorized",
            PermittedUsers::AdminApproved => "admin-approved",
        }
    }

    /// The policy as the Edit Policies page words it.
    pub const fn label(self) -> &'static str {
        match self {
            PermittedUsers::SelfAuthorized => "All users may self-authorize",
            PermittedUsers::AdminApproved => "Admin approved users are pre-authorized",
        }
    }
}

/// What is not known of Salesforce or was reported differently, each with the setting that most reports agree on.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// How long after its `exp` an assertion is still accepted.
    pub expiry_tolerance: Duration,
    /// How far ahead `exp` may be; `None`: any time, as clients that send milliseconds show.
    pub expiry_limit: Option<Duration>,
    /// Whether an audience may end with a slash: the Salesforce CLI sends its `--instance-url` that way, and External
    /// Client Apps in sandboxes, which take no other audience, work with it.
    pub audience_slash: bool,
    /// Whether an assertion with a `jti` that was sent before is refused.
    pub refuse_replay: bool,
    /// The answer for a `sub` that is no user of the org: `user-not-approved` or `user-unknown`.
    pub unknown_user: Reason,
    /// The answer for a user who is not assigned to an admin-approved app: `user-not-admin-approved` or
    /// `user-not-approved`.
    pub unassigned_user: Reason,
    /// Whether External Client Apps are refused on the login host.
    pub eca_needs_my_domain: bool,
    /// Whether a second login of a user through an app gives the same access token again.
    pub shared_sessions: bool,
    /// Logins of one user in an hour.
    pub logins_per_hour: usize,
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour {
            expiry_tolerance: Duration::from_secs(180),
            expiry_limit: None,
            audience_slash: true,
            refuse_replay: true,
            unknown_user: Reason::UserNotApproved,
            unassigned_user: Reason::UserNotAdminApproved,
            eca_needs_my_domain: true,
            shared_sessions: false,
            logins_per_hour: 3600,
        }
    }
}

/// One attempt to log in, as Login History shows it.
#[derive(Clone, Debug)]
pub struct Login {
    /// When.
    pub at: Timestamp,
    /// The org.
    pub org: String,
    /// Who.
    pub username: String,
    /// The app.
    pub app: String,
    /// The status in Login History's words.
    pub status: &'static str,
}

impl World {
    /// The org and user of a username.
    pub fn user(&self, username: &str) -> Option<(&Org, &User)> {
        self.orgs.values().find_map(|org| Some((org, org.user(username)?)))
    }

    /// Whose consumer key this is: the app, and for a subscriber's own consumer the org.
    pub fn consumer(&self, client_id: &str) -> Option<(&App, Option<&Org>, &Consumer)> {
        let published = self.apps.values().map(|app| (app, None, &app.consumer));
        let own = self.orgs.values().flat_map(|org| {
            org.installed
                .iter()
                .filter_map(move |(app, here)| Some((self.apps.get(app)?, Some(org), here.own_consumer.as_ref()?)))
        });
        published.chain(own).find(|(.., consumer)| consumer.client_id == client_id)
    }

    /// The consumer by which an app is used in an org where it is or might be installed. `None` where the org has to
    /// install it first.
    pub fn consumer_in<'w>(&'w self, app: &'w App, org: &'w Org) -> Option<&'w Consumer> {
        match org.installed.get(&app.name) {
            here if app.kind == AppKind::EcaPackagedOwn && app.owner != org.name => here?.own_consumer.as_ref(),
            _ => Some(&app.consumer),
        }
    }

    /// Logins of a user in the hour before `now`.
    pub fn recent_logins(&self, username: &str, now: Timestamp) -> usize {
        let last_hour = |login: &&Login| now.seconds_since(login.at) < 3600;
        self.logins.iter().rev().take_while(last_hour).filter(|l| l.username == username).count()
    }
}

impl App {
    /// Whether the app is or could be in an org: everywhere, unless it is local.
    pub(super) fn may_be_in(&self, org: &Org) -> bool {
        self.kind != AppKind::EcaLocal || self.owner == org.name
    }
}

impl Org {
    /// The user of a username; Salesforce compares usernames without regard to case.
    pub fn user(&self, username: &str) -> Option<&User> {
        self.users.values().find(|user| user.username.eq_ignore_ascii_case(username))
    }

    /// Whether a user is pre-authorized for an app that is here: by permission set or by profile.
    pub fn assigned(&self, here: &Installation, user: &User) -> bool {
        here.profiles.contains(&user.profile) || !here.permission_sets.is_disjoint(&user.permission_sets)
    }

    /// The generic audience of such orgs.
    pub fn generic_audience(&self) -> &'static str {
        if self.sandbox { TEST } else { LOGIN }
    }
}
