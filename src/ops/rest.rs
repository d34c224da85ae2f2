//! The few requests that are made with a token, to verify it and to give it back. A token goes only to the
//! instance it came with.

use crate::app::salesforce_id::{IdKind, SalesforceId};
use crate::error::{Error, Reason, Result};
use crate::host::http::{Http, Network};
use crate::oauth::grant::Grant;
use crate::oauth::refusal::safe_text;
use crate::secret::SecretBytes;
use crate::verify::facts::{ApiFacts, IdentityFacts};
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

impl Org<'_> {
    /// Who the token belongs to (Salesforce Help "Identity URLs"; the userinfo endpoint of OpenID Connect).
    ///
    /// Errors: `token-rejected` when the org does not accept the token; `not-oauth-json`; the network's.
    pub async fn identity(&self) -> Result<IdentityFacts> {
        let response = self.get("/services/oauth2/userinfo").await?;
        if !response.status().is_success() {
            return Err(self.rejected(&response));
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
        facts.ok_or_else(|| self.strange(&response, "who the token belongs to"))
    }

    /// What is left of the day's API requests: the cheapest request that needs the API.
    ///
    /// Errors: `api-disabled`, `token-rejected`, `not-oauth-json`; the network's.
    pub async fn limits(&self) -> Result<ApiFacts> {
        let version = self.version().await?;
        let response = self.get(&format!("/services/data/{version}/limits")).await?;
        if !response.status().is_success() {
            return Err(self.rejected(&response));
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
    fn rejected(&self, response: &Response<SecretBytes>) -> Error {
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
                Error::new(Reason::ApiDisabled, format!("the org's API requests of today are used up{said}"))
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
            _ => return self.strange(response, "an answer to a request with the token"),
        };
        error.with(|d| d.http_status = Some(status.as_u16()))
    }

    fn strange(&self, response: &Response<SecretBytes>, wanted: &str) -> Error {
        let status = response.status().as_u16();
        Error::new(Reason::NotOauthJson, format!("the org did not say {wanted} (HTTP {status})"))
            .hint("the org may be in maintenance, or a proxy answered instead")
            .with(|d| {
                d.http_status = Some(status);
                d.retryable = (status >= 500).then_some(true);
            })
    }
}
