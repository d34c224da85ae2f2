//! The records that an org shows to queries: those that clients ask for at login, and those that tell whether an app is
//! installed and who may use it (reference 4.4 and 4.6).

use super::id;
use super::soql::{QueryError, Row, Table};
use super::world::{Installation, Org, PermittedUsers, User, UserStatus, World};
use crate::app::app_kind::AppKind;
use serde_json::{Value, json};

/// One org as one of its users sees it.
pub(super) struct View<'w> {
    pub(super) world: &'w World,
    pub(super) org: &'w Org,
    pub(super) user: &'w User,
}

/// Objects that everybody sees, and those that need View Setup and Configuration.
pub(super) const OBJECTS: [&str; 5] = ["Organization", "User", "Profile", "PermissionSet", "PermissionSetAssignment"];
const SETUP_OBJECTS: [&str; 6] = [
    "AppMenuItem",
    "ConnectedApplication",
    "ExternalClientApplication",
    "ExtlClntAppOauthPlcyCnfg",
    "LoginHistory",
    "SetupEntityAccess",
];

impl View<'_> {
    /// The objects that this user sees.
    pub(super) fn objects(&self) -> impl Iterator<Item = &'static str> {
        let setup = if self.user.view_setup { SETUP_OBJECTS.as_slice() } else { &[] };
        OBJECTS.iter().chain(setup).copied()
    }
}

impl Table for View<'_> {
    fn records(&self, object: &str) -> Result<(&'static str, Vec<Row>), QueryError> {
        let Some(object) = self.objects().find(|name| name.eq_ignore_ascii_case(object)) else {
            let object: String = object.chars().take(60).collect();
            let message = format!("sObject type '{object}' is not supported.");
            return Err(QueryError { code: "INVALID_TYPE", message });
        };
        let records: Vec<Value> = match object {
            "Organization" => vec![self.organization()],
            "User" => self.org.users.values().map(|user| self.user_record(user)).collect(),
            "Profile" => self.org.profiles.keys().map(|name| self.profile(name)).collect(),
            "PermissionSet" => self.permission_sets(),
            "PermissionSetAssignment" => self.permission_set_assignments(),
            "SetupEntityAccess" => self.setup_entity_access(),
            "ConnectedApplication" => self.apps(false, |name, here| {
                json!({
                    "Id": here.id, "Name": name,
                    "OptionsAllowAdminApprovedUsersOnly": here.permitted_users == PermittedUsers::AdminApproved,
                    "OptionsRefreshTokenValidityMetric": false, "RefreshTokenValidityPeriod": null,
                    "StartUrl": null, "MobileStartUrl": null,
                })
            }),
            "ExternalClientApplication" => self.external_client_apps(),
            "ExtlClntAppOauthPlcyCnfg" => self.apps(true, |_, here| {
                let policy = match here.permitted_users {
                    PermittedUsers::AdminApproved => "AdminApprovedPreAuthorized",
                    PermittedUsers::SelfAuthorized => "AllSelfAuthorized",
                };
                json!({"ExternalClientApplicationId": here.id, "PermittedUsersPolicyType": policy})
            }),
            "AppMenuItem" => self.apps(false, |name, here| {
                json!({
                    "Id": id::id("0DS", &here.id), "Name": name, "Label": name, "Type": "ConnectedApplication",
                    "ApplicationId": here.id,
                    "IsUsingAdminAuthorization": here.permitted_users == PermittedUsers::AdminApproved,
                })
            }),
            _ => self.login_history(),
        };
        let row = |record| match record {
            Value::Object(row) => Some(row),
            _ => None,
        };
        Ok((object, records.into_iter().filter_map(row).collect()))
    }
}

impl View<'_> {
    fn organization(&self) -> Value {
        json!({
            "Id": self.org.id, "Name": self.org.label, "IsSandbox": self.org.sandbox, "InstanceName": "EMU0",
            "OrganizationType": "Developer Edition", "NamespacePrefix": null, "TrialExpirationDate": null,
            "LanguageLocaleKey": "en_US", "TimeZoneSidKey": "GMT",
        })
    }

    pub(super) fn user_record(&self, user: &User) -> Value {
        let (first, last) = user.name.rsplit_once(' ').unwrap_or(("", &user.name));
        let profile = self.org.profiles.get(&user.profile);
        json!({
            "Id": user.id, "Username": user.username, "Name": user.name, "FirstName": first, "LastName": last,
            "Email": user.username, "Alias": "integ", "IsActive": user.status != UserStatus::Inactive,
            "UserType": "Standard", "LanguageLocaleKey": "en_US", "LocaleSidKey": "en_US", "TimeZoneSidKey": "GMT",
            "ProfileId": profile.map(|profile| &profile.id), "Profile": self.profile(&user.profile),
        })
    }

    fn profile(&self, name: &str) -> Value {
        json!({"Id": self.org.profiles.get(name).map(|profile| &profile.id), "Name": name})
    }

    /// Permission sets, those that profiles own included: apps and users are assigned to both alike.
    fn permission_sets(&self) -> Vec<Value> {
        let plain = self.org.permission_sets.iter().map(|(name, set)| {
            json!({
                "Id": set.id, "Name": name, "Label": set.label, "IsOwnedByProfile": false, "ProfileId": null,
                "Profile": {"Id": null, "Name": null}, "License": {"Name": set.license},
            })
        });
        let owned = self.org.profiles.iter().map(|(name, profile)| {
            json!({
                "Id": profile.permission_set_id, "Name": format!("X{}", profile.permission_set_id),
                "Label": profile.permission_set_id, "IsOwnedByProfile": true, "ProfileId": profile.id,
                "Profile": self.profile(name), "License": {"Name": null},
            })
        });
        plain.chain(owned).collect()
    }

    fn permission_set_assignments(&self) -> Vec<Value> {
        let sets = self.permission_sets();
        let assignment = |user: &User, set: &Value| {
            json!({
                "Id": id::id("0Pa", &format!("{} {}", user.id, set["Id"])), "AssigneeId": user.id,
                "Assignee": self.user_record(user), "PermissionSetId": set["Id"], "PermissionSet": set,
            })
        };
        let of = |user: &User| {
            let ids = self.set_ids(&user.permission_sets, [&user.profile]);
            sets.iter()
                .filter(|set| ids.iter().any(|id| set["Id"] == *id))
                .map(|set| assignment(user, set))
                .collect::<Vec<_>>()
        };
        self.org.users.values().flat_map(of).collect()
    }

    /// The ids of permission sets, and of those that profiles own.
    fn set_ids<'a>(
        &self,
        permission_sets: impl IntoIterator<Item = &'a String>,
        profiles: impl IntoIterator<Item = &'a String>,
    ) -> Vec<&str> {
        let plain =
            permission_sets.into_iter().filter_map(|name| Some(self.org.permission_sets.get(name)?.id.as_str()));
        let owned =
            profiles.into_iter().filter_map(|name| Some(self.org.profiles.get(name)?.permission_set_id.as_str()));
        plain.chain(owned).collect()
    }

    fn setup_entity_access(&self) -> Vec<Value> {
        let sets = self.permission_sets();
        let access = |app: &str, here: &Installation| {
            let kind = self.world.apps.get(app).map(|app| app.kind);
            let entity = match kind {
                Some(AppKind::ConnectedApp) => "ConnectedApplication",
                _ => "ExternalClientApplication",
            };
            let ids = self.set_ids(&here.permission_sets, &here.profiles);
            let record = |parent: &Value| {
                json!({
                    "Id": id::id("0J0", &format!("{} {}", here.id, parent["Id"])), "ParentId": parent["Id"],
                    "Parent": parent, "SetupEntityId": here.id, "SetupEntityType": entity,
                })
            };
            sets.iter().filter(|set| ids.iter().any(|id| set["Id"] == *id)).map(record).collect::<Vec<_>>()
        };
        self.org.installed.iter().flat_map(|(app, here)| access(app, here)).collect()
    }

    /// A record for each connected app or each External Client App that is here.
    fn apps(&self, external: bool, record: impl Fn(&str, &Installation) -> Value) -> Vec<Value> {
        self.org
            .installed
            .iter()
            .filter_map(|(name, here)| Some((self.world.apps.get(name)?, here)))
            .filter(|(app, _)| app.kind.is_external_client_app() == external)
            .map(|(app, here)| record(&app.label, here))
            .collect()
    }

    fn external_client_apps(&self) -> Vec<Value> {
        self.org
            .installed
            .iter()
            .filter_map(|(name, here)| Some((self.world.apps.get(name)?, here)))
            .filter(|(app, _)| app.kind.is_external_client_app())
            .map(|(app, here)| {
                let state = if app.kind == AppKind::EcaLocal { "Local" } else { "Packaged" };
                json!({
                    "Id": here.id, "DeveloperName": app.name.replace('-', "_"), "MasterLabel": app.label,
                    "DistributionState": state, "NamespacePrefix": null,
                })
            })
            .collect()
    }

    fn login_history(&self) -> Vec<Value> {
        let own = self.world.logins.iter().rev().filter(|login| login.org == self.org.name);
        own.enumerate()
            .map(|(number, login)| {
                json!({
                    "Id": id::id("0Ya", &number.to_string()), "LoginTime": login.at.to_string(),
                    "UserId": self.org.user(&login.username).map(|user| &user.id), "Status": login.status,
                    "Application": self.world.apps.get(&login.app).map(|app| &app.label), "SourceIp": "127.0.0.1",
                    "LoginType": "Remote Access 2.0",
                })
            })
            .collect()
    }
}
