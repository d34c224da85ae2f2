//! The fields of a description, and how their values are written.

use crate::app::app_kind::AppKind;
use crate::emulator::world::{IpRange, LoginHours, PermittedUsers};
use crate::error::{Kind, Reason, Result};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct WorldFile {
    #[serde(default)]
    pub(super) behaviour: BehaviourFile,
    pub(super) orgs: BTreeMap<String, OrgFile>,
    #[serde(default)]
    pub(super) apps: BTreeMap<String, AppFile>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct BehaviourFile {
    pub(super) expiry_tolerance: Option<Span>,
    pub(super) expiry_limit: Option<Span>,
    pub(super) audience_slash: Option<bool>,
    pub(super) refuse_replay: Option<bool>,
    pub(super) unknown_user: Option<UnknownUser>,
    pub(super) unassigned_user: Option<UnassignedUser>,
    pub(super) eca_needs_my_domain: Option<bool>,
    pub(super) shared_sessions: Option<bool>,
    pub(super) logins_per_hour: Option<usize>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UnknownUser {
    UserNotApproved,
    UserUnknown,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum UnassignedUser {
    UserNotAdminApproved,
    UserNotApproved,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct OrgFile {
    pub(super) label: Option<String>,
    pub(super) org_id: Option<String>,
    #[serde(default)]
    pub(super) sandbox: bool,
    #[serde(default)]
    pub(super) locked: bool,
    #[serde(default = "yes")]
    pub(super) login_host: bool,
    #[serde(default = "yes")]
    pub(super) own_audience: bool,
    pub(super) session_timeout: Option<Span>,
    #[serde(default)]
    pub(super) users: BTreeMap<String, UserFile>,
    #[serde(default)]
    pub(super) profiles: BTreeMap<String, ProfileFile>,
    #[serde(default)]
    pub(super) permission_sets: BTreeMap<String, PermissionSetFile>,
    #[serde(default)]
    pub(super) installed: BTreeMap<String, InstalledFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct UserFile {
    pub(super) name: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) profile: Option<String>,
    #[serde(default)]
    pub(super) permission_sets: BTreeSet<String>,
    #[serde(default)]
    pub(super) status: StatusFile,
    pub(super) refusal: Option<RefusalName>,
    pub(super) permissions: Option<BTreeSet<Permission>>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StatusFile {
    #[default]
    Active,
    Inactive,
    Frozen,
    Locked,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Permission {
    ApiEnabled,
    ViewSetup,
    ApproveUninstalledApps,
    UseAnyApiClient,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ProfileFile {
    pub(super) login_hours: Option<HoursText>,
    #[serde(default)]
    pub(super) login_ip_ranges: Vec<RangeText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct PermissionSetFile {
    pub(super) label: Option<String>,
    pub(super) license: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct InstalledFile {
    #[serde(default)]
    pub(super) permitted_users: PolicyName,
    #[serde(default = "yes")]
    pub(super) enforce_ip: bool,
    #[serde(default)]
    pub(super) permission_sets: BTreeSet<String>,
    #[serde(default)]
    pub(super) profiles: BTreeSet<String>,
    #[serde(default)]
    pub(super) approved_by: BTreeSet<String>,
    pub(super) session_timeout: Option<Span>,
    pub(super) client_id: Option<String>,
    pub(super) certificate: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct AppFile {
    pub(super) label: Option<String>,
    pub(super) kind: KindName,
    pub(super) owner: String,
    pub(super) app_id: Option<String>,
    pub(super) package_id: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) certificate: Option<String>,
    pub(super) scopes: Option<Vec<String>>,
    #[serde(default)]
    pub(super) token_format: TokenFormat,
    pub(super) jwt_timeout: Option<Span>,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TokenFormat {
    #[default]
    Opaque,
    Jwt,
}

pub(super) fn yes() -> bool {
    true
}

/// A duration such as `15m`.
pub(super) struct Span(pub(super) Duration);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let accepted = "expected a duration such as \"30s\", \"15m\" or \"2h\"";
        humantime::parse_duration(&text).map(Span).map_err(|_| D::Error::custom(accepted))
    }
}

/// `08:00-18:00`, UTC.
pub(super) struct HoursText(pub(super) LoginHours);

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
pub(super) struct RangeText(pub(super) IpRange);

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
pub(super) struct PolicyName(pub(super) PermittedUsers);

impl<'de> Deserialize<'de> for PolicyName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let names = PermittedUsers::ALL.map(PermittedUsers::name).join(", ");
        let found = PermittedUsers::ALL.into_iter().find(|policy| policy.name() == text);
        found.map(PolicyName).ok_or_else(|| D::Error::custom(format!("expected one of: {names}")))
    }
}

/// The name of a kind of app.
pub(super) struct KindName(pub(super) AppKind);

impl<'de> Deserialize<'de> for KindName {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        AppKind::from_name(&String::deserialize(from)?).map(KindName).ok_or_else(|| {
            let names = AppKind::ALL.map(AppKind::name).join(", ");
            D::Error::custom(format!("expected a kind of app: {names}"))
        })
    }
}

/// The name of a refusal reason.
pub(super) struct RefusalName(pub(super) Reason);

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
