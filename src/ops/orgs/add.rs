//! An org that comes, and one that goes.

use super::Found;
use super::keep::{self, Prepared};
use crate::app::app_kind::AppKind;
use crate::app::next_step::{Situation, next_steps};
use crate::error::{Result, Warning};
use crate::ops::Service;
use crate::ops::credentials;
use crate::ops::install_url;
use crate::ops::revoke::revoke;
use crate::ops::verify::verify;
use crate::org::draft::Draft;
use crate::org::field::{Given, Origin};
use crate::org::profile::Profile;
use crate::protocol::types::{InstallUrlParams, OrgAdded, OrgRemoved, Step};

/// Adds an org to `orgs.toml`. With `check` its connection is verified first, by one login, and the org is pinned to
/// the id that was found; it is added however that ends, because an administrator may still have to let the app in.
///
/// Errors: those of [`keep::prepare`] and [`keep::add`]; nothing is written then.
pub async fn add(service: &Service, org: Draft, check: bool) -> Result<OrgAdded> {
    let config = service.config.as_deref();
    keep::is_free(&service.host, org.name.as_deref().unwrap_or_default(), config)?;
    let Prepared { mut written, whole, profile } = keep::prepare(&service.host, org, config)?;
    let verification = match check {
        true => Some(verify(service, &Found { draft: whole.clone(), warnings: Vec::new() }, false, &|_| {}).await),
        false => None,
    };
    let mut warnings = profile.warnings.clone();
    if !check {
        warnings.extend(doubts(&profile));
    }
    if let Some(identity) = verification.as_ref().and_then(|result| result.identity.as_ref())
        && whole.org_id.is_none()
    {
        written.org_id = Some(Given::new(identity.org_id.clone(), Origin::Flag));
    }
    let file = keep::add(&service.host, &written, config).await?;
    let done = verification.as_ref().is_some_and(|result| result.ok);
    Ok(OrgAdded {
        next_steps: if done { Vec::new() } else { steps(&whole) },
        name: written.name.unwrap_or_default(),
        file: file.display().to_string(),
        verification,
        warnings: warnings.into_iter().map(Into::into).collect(),
    })
}

/// What a verification would stumble over, as far as it can be seen without one.
fn doubts(profile: &Profile) -> Vec<Warning> {
    let unusual = profile.has_unusual_client_id().then(|| {
        Warning::new(
            "client-id-unusual",
            "the consumer key does not begin with 3MVG, as the keys that Salesforce makes do",
        )
    });
    let unusable = credentials::look(&profile.key).err().map(|error| {
        let hint = error.details().hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        Warning::new("key-unusable", format!("the org is added, but has no key yet: {error}{hint}"))
    });
    unusual.into_iter().chain(unusable).collect()
}

/// What an administrator does for this org's app, as far as the description tells which app it is.
pub fn steps(org: &Draft) -> Vec<Step> {
    if let Ok(installation) = install_url::in_org(&InstallUrlParams::default(), org) {
        return installation.next_steps;
    }
    let local = |kind: &Option<AppKind>| *kind == Some(AppKind::EcaLocal);
    match (org.place(), org.app().map(|app| app.kind)) {
        (Ok(place), Ok(kind)) if local(&kind) => {
            let situation = Situation {
                kind: AppKind::EcaLocal,
                origin: place.origin(),
                environment: place.environment(),
                what: None,
                org: org.name.as_deref(),
            };
            next_steps(&situation).into_iter().map(Into::into).collect()
        }
        _ => Vec::new(),
    }
}

/// Removes an org from `orgs.toml` and forgets its token here.
///
/// Errors: those of [`keep::remove`].
pub async fn remove(service: &Service, name: &str) -> Result<OrgRemoved> {
    let config = service.config.as_deref();
    // Found before it is gone. An org that is not complete has no token.
    let org = super::named(&service.host, name, config);
    let file = keep::remove(&service.host, name, config).await?;
    let forgotten = match org {
        Ok(draft) => revoke(service, &Found { draft, warnings: Vec::new() }, true).await.is_ok_and(|r| r.forgotten),
        Err(_) => false,
    };
    Ok(OrgRemoved { name: name.to_owned(), file: file.display().to_string(), forgotten })
}
