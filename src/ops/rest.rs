//! The few requests that are made with a token, to verify it and to give it back. A token goes only to the
//! instance it came with.

use crate::app::salesforce_id::{IdKind, SalesforceId};
use crate::error::{Error, Reason, Result};
use crate::host::http::{Http, Network};
use crate::oauth::grant::Grant;
use crate::oauth::refusal::safe_text;
use crate::secret::SecretBytes;
use crate::time::Timestamp;
use crate::verify::facts::{ApiFacts, AppFacts, IdentityFacts};
use http::{Request, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

/// The API version that is asked when the org's own list cannot be read: one that every org of today has.
const FALLBACK_VERSION: &str = "v60.0";

/// An org, by the token for it.
pub struct Org<'a> {
    /// HTTP.
    pub http: &'a Http,
    /// The token, and where it works.
    pub grant: &'a Grant,
    /// The way there.
    pub network: &'a Network,
    /// When to give up.
    pub deadline: Instant,
}

#[derive(Deserialize)]
struct UserInfo {
    user_id: String,
    organization_id: String,
    preferred_username: String,
}

/// REST errors are an array (REST API Developer Guide, "Status Codes and Error Responses").
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestError {
    error_code: String,
    #[serde(default)]
    message: String,
}

/// The app of this connection, as the org knows it.
struct KnownApp {
    name: String,
    id: String,
    admin_only: Option<bool>,
}

impl Org<'_> {
    /// Who the token belongs to (Salesforce Help "Identity URLs"; the userinfo endpoint of OpenID Connect).
    ///
    /// Errors: `token-rejected` when the org does not accept the token; `not-oauth-json`; the network's.
    pub async fn identity(&self) -> Result<IdentityFacts> {
        let response = self.get("/services/oauth2/userinfo").await?;
        if !response.status().is_success() {
            return Err(self.rejected(&response, "who it belongs to"));
        }
        let info: Option<UserInfo> = serde_json::from_slice(response.body().expose()).ok();
        let facts = info.and_then(|info| {
            let id = |kind, text: &str| SalesforceId::of_kind(kind, text).ok().map(|(id, _)| id);
            Some(IdentityFacts {
                org_id: id(IdKind::Org, &info.organization_id)?,
                user_id: id(IdKind::User, &info.user_id)?,
                username: safe_text(&info.preferred_username, None)?,
            })
        });
        facts.ok_or_else(|| self.strange(&response, "who it belongs to"))
    }

    /// What is left of the day's API requests: the cheapest request that needs the API.
    ///
    /// Errors: `api-disabled`, `api-limit`, `token-rejected`, `not-oauth-json`; the network's.
    pub async fn limits(&self) -> Result<ApiFacts> {
        let version = self.version().await?;
        let response = self.get(&format!("/services/data/{version}/limits")).await?;
        if !response.status().is_success() {
            return Err(self.rejected(&response, "its API limits"));
        }
        let limits: Value = serde_json::from_slice(response.body().expose()).unwrap_or_default();
        let daily = &limits["DailyApiRequests"];
        Ok(ApiFacts { version, daily_requests: daily["Remaining"].as_u64().zip(daily["Max"].as_u64()) })
    }

    /// The latest API version of the org.
    async fn version(&self) -> Result<String> {
        let response = self.get("/services/data/").await?;
        let versions: Value = serde_json::from_slice(response.body().expose()).unwrap_or_default();
        let latest = versions.as_array().and_then(|all| all.last()).and_then(|last| last["version"].as_str());
        let plain = latest.filter(|v| v.len() <= 6 && v.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
        Ok(plain.map_or(FALLBACK_VERSION.to_owned(), |version| format!("v{version}")))
    }

    /// The app's side, as far as the user may look. The consumer key cannot be queried, so the app is the one that
    /// Login History names for this very login; where that cannot be told, nothing is claimed. A missing object or
    /// permission is a word, never a failure (reference 4.4, 4.6).
    pub async fn app(&self, version: &str, who: &IdentityFacts) -> AppFacts {
        let app = match self.known_app(version, who).await {
            Ok(app) => app,
            Err(why) => return AppFacts::unseen(&why),
        };
        AppFacts {
            installed: Some(Ok(format!("`{}` is in this org", app.name))),
            admin_approved: Some(self.admin_approved(version, &app).await),
            user_assigned: Some(self.user_assigned(version, &app, who).await),
        }
    }

    async fn known_app(&self, version: &str, who: &IdentityFacts) -> Result<KnownApp, String> {
        // The org's clock may be a little behind ours.
        let since = Timestamp(self.grant.issued_at.0.saturating_sub(120));
        let user = who.user_id.long();
        let soql = format!(
            "SELECT Application FROM LoginHistory WHERE UserId = '{user}' AND LoginTime >= {since} ORDER BY LoginTime \
             DESC LIMIT 20"
        );
        let logins = self.query(version, "LoginHistory", &soql).await?;
        let mut names: Vec<String> =
            logins.iter().filter_map(|row| Some(row["Application"].as_str()?.to_owned())).collect();
        names.sort();
        names.dedup();
        let name = match names.as_slice() {
            [] => return Err("Login History does not show this login (yet), so the app's name is not known".to_owned()),
            [one] => one,
            _ => {
                return Err(
                    "this user logs in by several apps just now, so Login History does not tell which one this is"
                        .to_owned(),
                );
            }
        };
        let literal = name.replace('\\', "\\\\").replace('\'', "\\'");
        let soql =
            format!("SELECT Id, OptionsAllowAdminApprovedUsersOnly FROM ConnectedApplication WHERE Name = '{literal}'");
        let connected = self.query(version, "ConnectedApplication", &soql).await;
        let soql = format!("SELECT Id FROM ExternalClientApplication WHERE MasterLabel = '{literal}'");
        let external = self.query(version, "ExternalClientApplication", &soql).await;
        // It goes into the next queries: letters and digits only.
        let id = |row: &Value| {
            let id = row["Id"].as_str()?;
            (id.len() <= 18 && id.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| id.to_owned())
        };
        let known = |row: &Value, admin_only| Some(KnownApp { name: safe_text(name, None)?, id: id(row)?, admin_only });
        match (connected.as_deref().unwrap_or_default(), external.as_deref().unwrap_or_default()) {
            ([row], []) => known(row, row["OptionsAllowAdminApprovedUsersOnly"].as_bool()),
            ([], [row]) => known(row, None),
            ([], []) => {
                return Err(connected.err().or(external.err()).unwrap_or_else(|| {
                    format!("Login History names the app `{name}`, and no app of this name is visible here")
                }));
            }
            _ => return Err(format!("several apps here are called `{name}`")),
        }
        .ok_or_else(|| "the org named an app without a usable id".to_owned())
    }

    async fn admin_approved(&self, version: &str, app: &KnownApp) -> Result<bool, String> {
        if let Some(admin_only) = app.admin_only {
            return Ok(admin_only);
        }
        let id = &app.id;
        let soql = format!(
            "SELECT PermittedUsersPolicyType FROM ExtlClntAppOauthPlcyCnfg WHERE ExternalClientApplicationId = '{id}'"
        );
        let rows = self.query(version, "ExtlClntAppOauthPlcyCnfg", &soql).await?;
        match rows.first().and_then(|row| row["PermittedUsersPolicyType"].as_str()) {
            Some(policy) => Ok(policy == "AdminApprovedPreAuthorized"),
            None => Err("the app's policy is not visible".to_owned()),
        }
    }

    async fn user_assigned(
        &self,
        version: &str,
        app: &KnownApp,
        who: &IdentityFacts,
    ) -> Result<Option<String>, String> {
        let (id, user) = (&app.id, who.user_id.long());
        let soql = format!(
            "SELECT Parent.Label, Parent.IsOwnedByProfile, Parent.Profile.Name FROM SetupEntityAccess WHERE \
             SetupEntityId = '{id}' AND ParentId IN (SELECT PermissionSetId FROM PermissionSetAssignment WHERE \
             AssigneeId = '{user}')"
        );
        let rows = self.query(version, "SetupEntityAccess", &soql).await?;
        let by = |row: &Value| {
            let parent = &row["Parent"];
            let (kind, name) = match parent["IsOwnedByProfile"].as_bool() {
                Some(true) => ("profile", &parent["Profile"]["Name"]),
                _ => ("permission set", &parent["Label"]),
            };
            Some(format!("by the {kind} `{}`", safe_text(name.as_str()?, None)?))
        };
        Ok(rows.iter().find_map(by))
    }

    /// The records of a query (REST API Developer Guide, "Query"), or a word for why there are none to see.
    async fn query(&self, version: &str, object: &str, soql: &str) -> Result<Vec<Value>, String> {
        let q: String = url::form_urlencoded::byte_serialize(soql.as_bytes()).collect();
        let response =
            self.get(&format!("/services/data/{version}/query?q={q}")).await.map_err(|e| e.message().to_owned())?;
        let body = response.body().expose();
        if response.status().is_success() {
            let answer: Value = serde_json::from_slice(body).unwrap_or_default();
            return match &answer["records"] {
                Value::Array(records) => Ok(records.clone()),
                _ => Err(format!("the query for {object} has no usable answer")),
            };
        }
        let errors: Vec<RestError> = serde_json::from_slice(body).unwrap_or_default();
        let code = errors.first().and_then(|e| safe_text(&e.error_code, Some(&self.grant.access_token)));
        Err(match code.as_deref() {
            Some("INVALID_TYPE" | "INVALID_FIELD" | "INSUFFICIENT_ACCESS" | "INSUFFICIENT_ACCESS_OR_READONLY") => {
                format!("this user may not look at {object}, or the org does not have it")
            }
            Some(code) => format!("the query for {object} was answered with {code}"),
            None => format!("the query for {object} was answered with HTTP {}", response.status().as_u16()),
        })
    }

    async fn get(&self, path: &str) -> Result<Response<SecretBytes>> {
        let request = Request::get(format!("{}{path}", self.grant.instance_url))
            .header(header::AUTHORIZATION, self.authorization()?)
            .header(header::ACCEPT, "application/json")
            .body(SecretBytes::from(Vec::new()))
            .map_err(|e| Error::new(Reason::Internal, "the request could not be built").because(e))?;
        Ok(self.http.send(request, self.network, self.deadline).await?.response)
    }

    fn authorization(&self) -> Result<header::HeaderValue> {
        let mut value = header::HeaderValue::from_str(&format!("Bearer {}", self.grant.access_token.expose()))
            .map_err(|_| Error::new(Reason::Internal, "the token does not fit into a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Why a request with the token was refused.
    fn rejected(&self, response: &Response<SecretBytes>, asked: &str) -> Error {
        let status = response.status();
        let body = response.body().expose();
        let errors: Vec<RestError> = serde_json::from_slice(body).unwrap_or_default();
        let first = errors.first();
        let code = first.map(|e| e.error_code.as_str()).unwrap_or_default();
        let message = first.map(|e| e.message.to_lowercase()).unwrap_or_default();
        let said = match first {
            Some(error) => safe_text(&error.error_code, Some(&self.grant.access_token)),
            None => None,
        };
        let said = said.map(|s| format!(" ({s})")).unwrap_or_default();
        let error = match (status, code) {
            (_, "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED") => {
                Error::new(Reason::ApiDisabled, format!("the API is not enabled for this org or user{said}"))
                    .hint("give the user API Enabled by profile or permission set; some editions have no API")
                    .cause("the user lacks API Enabled")
                    .cause("the org's edition has no API access")
            }
            (_, "REQUEST_LIMIT_EXCEEDED") => {
                Error::new(Reason::ApiLimit, format!("the org's API requests of today are used up{said}"))
                    .hint("wait until the 24-hour window has moved on")
            }
            (StatusCode::UNAUTHORIZED, _) if message.contains("not valid for use with the rest api") => {
                Error::new(Reason::ApiDisabled, "the session may not be used with the REST API")
                    .hint("add the api scope to the app, or relax its session policy; logging in again does not help")
            }
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Error::new(
                Reason::TokenRejected,
                format!("the org did not accept the token that it has just issued{said}"),
            )
            .hint("logging in again would bring the same; look at the app's session policy and IP restrictions")
            .cause("the app or the user's profile locks sessions to other IP addresses")
            .cause("the app lacks the id, openid or api scope"),
            _ => return self.strange(response, asked),
        };
        error.with(|d| d.http_status = Some(status.as_u16()))
    }

    fn strange(&self, response: &Response<SecretBytes>, asked: &str) -> Error {
        let status = response.status().as_u16();
        Error::new(
            Reason::NotOauthJson,
            format!("asked with the new token for {asked}, the org gave no usable answer (HTTP {status})"),
        )
        .hint("the org may be in maintenance, or a proxy answered instead")
        .with(|d| {
            d.http_status = Some(status);
            d.retryable = (status >= 500).then_some(true);
        })
    }
}
