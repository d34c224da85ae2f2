//! The verbs `token` and `preview`.

use super::Service;
use super::flight::{Answer, Terms};
use super::login::LoginTask;
use super::orgs::Found;
use crate::app::salesforce_id::{IdKind, SalesforceId};
use crate::cache::{Ask, CacheKey};
use crate::error::Result;
use crate::oauth::assertion::{self, AssertionId, Subject};
use crate::org::profile::Profile;
use crate::protocol::types::{AccessToken, PreviewResult, TokenFormat, TokenResult, Warning};
use crate::secret::SecretString;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What is wanted of a token.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Skip what is there already.
    pub fresh: bool,
    /// How long the token must still live.
    pub min_validity: Duration,
    /// A token that was refused with 401.
    pub rejected: Option<SecretString>,
}

/// An access token for an org: one that lives, or by a login.
///
/// Errors: those of the org's description, the key, the exchange and the cache.
pub async fn token(service: &Service, found: &Found, wishes: Wishes) -> Result<TokenResult> {
    let deadline = Instant::now() + service.timeout;
    let profile = Arc::new(service.complete(&found.draft)?);
    let tokens = service.tokens()?;
    let key = CacheKey::of(&profile);
    let ask = Ask {
        lifetime: profile.token_lifetime,
        min_validity: wishes.min_validity,
        fresh: wishes.fresh,
        rejected: wishes.rejected,
    };
    let terms = Terms { ask, patience: service.timeout, logins_per_hour: profile.max_logins_per_hour };
    let task = LoginTask::new(service, Arc::clone(&profile), deadline);
    let answer = tokens.token(&key, &terms, |worked_before| task.knowing(worked_before).run()).await?;
    let mut warnings: Vec<Warning> = found.warnings.iter().chain(&profile.warnings).cloned().map(Into::into).collect();
    warnings.extend(answer.warnings.iter().cloned().map(Warning::from));
    Ok(result(&profile, answer, warnings))
}

fn result(profile: &Profile, answer: Answer, warnings: Vec<Warning>) -> TokenResult {
    let grant = answer.grant;
    let long = |kind, id: Option<&str>| id.and_then(|id| SalesforceId::of_kind(kind, id).ok()).map(|(id, _)| id.long());
    TokenResult {
        token_type: "Bearer".to_owned(),
        token_format: if grant.is_jwt() { TokenFormat::Jwt } else { TokenFormat::Opaque },
        org: profile.name.clone(),
        org_id: long(IdKind::Org, grant.org_id()),
        user_id: long(IdKind::User, grant.user_id()),
        username: profile.username.clone(),
        issued_at: grant.issued_at.to_string(),
        expires_at: answer.expiry.at.to_string(),
        expires_at_source: answer.expiry.source,
        cached: answer.cached,
        login_url: profile.login_host.as_str().to_owned(),
        audience: grant.audience,
        access_token: AccessToken(grant.access_token),
        instance_url: grant.instance_url,
        api_instance_url: grant.api_instance_url,
        identity_url: grant.identity_url,
        scopes: grant.scopes,
        warnings,
    }
}

/// What would be signed and where it would be sent. No key is fetched, nothing is signed, nothing is sent.
pub fn preview(service: &Service, found: &Found) -> Result<PreviewResult> {
    let profile = service.complete(&found.draft)?;
    let subject = Subject {
        client_id: &profile.client_id,
        username: &profile.username,
        audience: profile.audience.first(&profile.login_host),
        claims: &profile.claims,
    };
    let id = AssertionId(service.host.random()?);
    Ok(PreviewResult {
        endpoint: profile.login_host.endpoint(),
        header: assertion::header(),
        claims: assertion::claims(subject, service.host.clock.now(), id),
        key_source: profile.key.label(),
    })
}
