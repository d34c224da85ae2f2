//! The verb `revoke`: ends the kept token at Salesforce and forgets it here.

use super::Service;
use super::login;
use super::orgs::Found;
use crate::cache::CacheKey;
use crate::error::{Error, Reason, Result};
use crate::oauth::revocation;
use crate::protocol::types::RevokeResult;
use tokio::time::Instant;

/// Ends an org's kept token, also one that is too old to be handed out: Salesforce may think otherwise. No key is
/// fetched and nobody logs in. With `local_only` Salesforce is not asked.
///
/// # Errors
/// Those of the org's description and of the network; then the token is still kept, so that this can be repeated.
pub async fn revoke(service: &Service, found: &Found, local_only: bool) -> Result<RevokeResult> {
    let deadline = Instant::now() + service.timeout;
    let profile = service.complete(&found.draft)?;
    let key = CacheKey::of(&profile);
    let store = service.tokens()?.store();
    let Some(grant) = store.read(&key).grant().cloned() else {
        return Ok(RevokeResult { revoked: false, forgotten: false });
    };
    let mut revoked = false;
    if !local_only {
        // trusted when it was kept; the configuration may have changed since
        let Some(instance) = profile.login_host.instance(&grant.instance_url, &profile.trusted_hosts) else {
            let message = "the kept token is for a host that is not trusted any more";
            return Err(Error::new(Reason::ForeignInstanceUrl, message).hint("forget it here with --local-only"));
        };
        let request = revocation::request(&instance, &grant.access_token)?;
        let network = login::network(&profile)?;
        let answer = service.host.http.send(request, &network, deadline).await?;
        revoked = revocation::read(&answer.response)?;
    }
    Ok(RevokeResult { revoked, forgotten: store.forget_token(&key, &grant.access_token) })
}
