//! Orgs listed and shown: where each is described, what is said of it and by whom. No key is touched.

use super::{Found, gather};
use crate::cache::{Ask, CacheKey};
use crate::error::{Result, Warning};
use crate::ops::Service;
use crate::org::completion::Surroundings;
use crate::org::draft::Draft;
use crate::org::field::Field;
use crate::org::lookup;
use crate::protocol::types::{CachedTokenSummary, ErrorObject, OrgDetails, OrgField, OrgSummary, OrgsResult};
use serde_json::Value;
use std::time::Duration;

/// Every org of `orgs.toml`, in its order, then the JWT orgs of the Salesforce CLI, each under a name that finds it:
/// `orgs.toml` comes first. And the files of the Salesforce CLI that were left out.
///
/// Errors: those of reading `orgs.toml`.
pub fn drafts(service: &Service) -> Result<(Vec<Draft>, Vec<crate::protocol::types::Warning>)> {
    let (store, left_out) = gather::sf_store(&service.host);
    let config = gather::config(&gather::config_place(&service.host, service.config.as_deref())?)?;
    let of_store = store.orgs().iter().filter_map(|org| {
        let is_found = |name: &&str| {
            let found = lookup::find(name, &config, || store.clone());
            found.is_ok_and(|found| found.source.file() == Some(org.file()))
        };
        let name = store.names(org).into_iter().chain([org.username()]).find(is_found)?;
        Some(org.draft(name))
    });
    let warnings = left_out.iter().map(|error| Warning::new("unread-org", error.message()).into()).collect();
    Ok((config.orgs().iter().cloned().chain(of_store).collect(), warnings))
}

/// The same, each in a line.
///
/// Errors: those of reading `orgs.toml`.
pub fn list(service: &Service) -> Result<OrgsResult> {
    let (drafts, warnings) = drafts(service)?;
    Ok(OrgsResult { orgs: drafts.iter().map(|org| summary(service, org)).collect(), warnings })
}

/// One org in a line: only what may be shown.
pub fn summary(service: &Service, org: &Draft) -> OrgSummary {
    let home = service.host.env.home();
    let shown = org.shown(Surroundings { home: home.as_deref() });
    let value = |field| shown.iter().find(|shown| shown.field == field).map(|shown| &shown.value);
    let text = |field| value(field).and_then(Value::as_str).map(str::to_owned);
    let tags = value(Field::Tags).and_then(Value::as_array).into_iter().flatten();
    OrgSummary {
        name: org.name.clone().unwrap_or_default(),
        username: text(Field::Username),
        login_url: text(Field::LoginUrl),
        source: org.source.name().to_owned(),
        app_kind: text(Field::AppKind),
        tags: tags.filter_map(Value::as_str).map(str::to_owned).collect(),
        token: token(service, org),
    }
}

/// The token that would be handed out without a login.
fn token(service: &Service, org: &Draft) -> Option<CachedTokenSummary> {
    let profile = service.complete(org).ok()?;
    let record = service.tokens().ok()?.store().read(&CacheKey::of(&profile));
    let ask = Ask { lifetime: profile.token_lifetime, min_validity: Duration::ZERO, fresh: false, rejected: None };
    let (_, expiry) = record.living(&ask, service.host.clock.now())?;
    Some(CachedTokenSummary { expires_at: expiry.at.to_string() })
}

/// Everything that is said of an org, with its origins, and what keeps it from being used.
pub fn show(service: &Service, found: &Found) -> OrgDetails {
    let Found { draft, warnings } = found;
    let home = service.host.env.home();
    let fields = draft.shown(Surroundings { home: home.as_deref() }).into_iter().map(|shown| OrgField {
        field: shown.field.name().to_owned(),
        value: shown.value,
        origin: shown.origin,
    });
    let completed = service.complete(draft);
    let of_profile = completed.as_ref().map(|profile| profile.warnings.clone()).unwrap_or_default();
    OrgDetails {
        name: draft.name.clone(),
        source: draft.source.name().to_owned(),
        file: draft.source.file().map(|file| file.display().to_string()),
        fields: fields.collect(),
        problem: completed.err().map(|error| ErrorObject::from(&error)),
        warnings: warnings.iter().cloned().chain(of_profile).map(Into::into).collect(),
    }
}
