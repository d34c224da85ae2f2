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
    let value = |field| org.shown_value(field, Surroundings { home: home.as_deref() });
    let text = |field| value(field).as_str().map(str::to_owned);
    let tags = value(Field::Tags);
    OrgSummary {
        name: org.name.clone().unwrap_or_default(),
        username: text(Field::Username),
        login_url: text(Field::LoginUrl),
        source: org.source.name().to_owned(),
        app_kind: text(Field::AppKind),
        tags: tags.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Env, Host, files};
    use crate::ops::credentials::Terms;
    use crate::ops::orgs::named;
    use crate::ops::token_store::Wish;

    fn service(home: &tempfile::TempDir) -> Service {
        let write = |name: &str, text: &str| {
            let file = home.path().join(name);
            files::private_folder(file.parent().unwrap()).unwrap();
            files::replace(&file, text.as_bytes()).unwrap();
        };
        write(
            "c/sf-jwt/orgs.toml",
            "[orgs.zed]\nusername = 'z@b.cd'\ntags = ['prod']\napp-kind = 'eca-local'\n[orgs.acme]\nusername = 'a@b.cd'",
        );
        for username in ["a@b.cd", "cli@b.cd", "other@b.cd"] {
            write(&format!(".sfdx/{username}.json"), &format!(r#"{{"username":"{username}","privateKey":"/k"}}"#));
        }
        write(".sfdx/web@b.cd.json", r#"{"username":"web@b.cd","refreshToken":"SENTINEL"}"#);
        write(".sfdx/alias.json", r#"{"orgs":{"cli":"cli@b.cd","zed":"other@b.cd"}}"#);
        let path = home.path().to_str().unwrap();
        let env = Env::of([("HOME", path), ("XDG_CONFIG_HOME", &format!("{path}/c"))]);
        let wish = Wish { state_dir: None, memory_only: true };
        let patience = Duration::from_secs(1);
        Service::new(Host { env, ..Host::system() }, patience, Terms::command(patience, false), wish)
    }

    #[test]
    fn every_org_once_under_a_name_that_finds_it() {
        let home = tempfile::tempdir().unwrap();
        let service = service(&home);
        let result = list(&service).unwrap();
        let orgs: Vec<_> = result.orgs.iter().map(|org| (org.name.as_str(), org.source.as_str())).collect();
        // a@b.cd is `acme` in orgs.toml already, and the alias `zed` is taken there.
        assert_eq!(
            orgs,
            [("zed", "config"), ("acme", "config"), ("cli", "salesforce-cli"), ("other@b.cd", "salesforce-cli")]
        );
        for org in &result.orgs {
            let found = named(&service.host, &org.name, None).unwrap();
            assert_eq!(found.source.name(), org.source);
        }
        assert_eq!(
            (result.orgs[0].app_kind.as_deref(), result.orgs[0].tags.as_slice()),
            (Some("eca-local"), &["prod".to_owned()][..])
        );
        assert!(result.orgs.iter().all(|org| org.token.is_none()));
    }

    #[test]
    fn an_org_that_cannot_be_used_is_shown_with_the_reason() {
        let home = tempfile::tempdir().unwrap();
        let service = service(&home);
        let draft = named(&service.host, "acme", None).unwrap();
        let details = show(&service, &Found { draft, warnings: Vec::new() });
        assert_eq!(
            (details.source.as_str(), details.problem.unwrap().data.reason.as_str()),
            ("config", "missing-field")
        );
        assert!(details.file.unwrap().ends_with("c/sf-jwt/orgs.toml"));
        assert_eq!(details.fields[0].value, "a@b.cd");
    }
}
