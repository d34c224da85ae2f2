//! What an org says about itself and its app, for links and next steps; whatever else it lacks does not matter here.

use super::completion::{Reader, Surroundings};
use super::draft::Draft;
use super::field::Field;
use crate::app::app_kind::AppKind;
use crate::app::install_url::PackageVersion;
use crate::app::salesforce_id::{IdKind, SalesforceId};
use crate::app::target::Place;
use crate::error::{Result, Warning};

/// What an org says about its app.
#[derive(Clone, Debug)]
pub struct OrgApp {
    /// The kind of app.
    pub kind: Option<AppKind>,
    /// The connected app.
    pub app: Option<SalesforceId>,
    /// The org that owns it.
    pub owner: Option<SalesforceId>,
    /// The package version.
    pub package: Option<PackageVersion>,
    /// Ids that had to be repaired.
    pub warnings: Vec<Warning>,
}

impl Draft {
    /// What is said about the app.
    ///
    /// Errors: `invalid-field`, naming field and origin.
    pub fn app(&self) -> Result<OrgApp> {
        let reader = Reader { draft: self, around: Surroundings::default() };
        let mut warnings = Vec::new();
        let app = reader.id(Field::AppId, &self.app_id, IdKind::App, &mut warnings)?;
        let owner = reader.id(Field::AppOrgId, &self.app_org_id, IdKind::Org, &mut warnings)?;
        reader.id(Field::PackageId, &self.package_id, IdKind::PackageVersion, &mut warnings)?;
        let package = self.package_id.as_ref().and_then(|given| PackageVersion::read(&given.value).ok());
        Ok(OrgApp { kind: reader.app_kind()?, app, owner, package: package.map(|(id, _)| id), warnings })
    }

    /// The host of the org's own pages, from its login URL.
    ///
    /// Errors: `missing-field`; `invalid-field` where the login URL is every org's or no org's.
    pub fn place(&self) -> Result<Place> {
        let reader = Reader { draft: self, around: Surroundings::default() };
        let given = reader.needed(Field::LoginUrl, &self.login_url)?;
        Place::read(&given.value).map_err(|error| {
            let what = format_args!("does not say where the org's pages are: {}", error.message());
            let invalid = Field::LoginUrl.invalid(&given.origin, what);
            match &error.details().hint {
                Some(hint) => invalid.hint(hint),
                None => invalid,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Reason;
    use crate::org::config::Config;
    use std::path::Path;

    fn org(fields: &str) -> Draft {
        let text = format!("[orgs.acme]\n{fields}");
        Config::parse(text.as_bytes(), Path::new("/c/orgs.toml"), true).unwrap().org("acme").unwrap().clone()
    }

    #[test]
    fn an_org_that_cannot_log_in_still_tells_about_its_app() {
        let org = org("login-url = 'https://acme.lightning.force.com'\napp-kind = 'eca-packaged'\n\
                       app-id = '0ci5e000000bn6bcaa'\napp-org-id = '00D5e000005AHE7'\npackage-id = '04t1U000000L2SJ'");
        let app = org.app().unwrap();
        assert_eq!(app.kind, Some(AppKind::EcaPackaged));
        assert_eq!(app.app.unwrap().long(), "0Ci5e000000bn6bCAA");
        assert_eq!(app.owner.unwrap().long(), "00D5e000005AHE7EAO");
        assert_eq!(app.package.unwrap().as_str(), "04t1U000000L2SJ");
        assert_eq!(app.warnings.iter().map(|w| w.code).collect::<Vec<_>>(), ["id-repaired"]);
        assert_eq!(org.place().unwrap().host(), "acme.my.salesforce.com");
    }

    #[test]
    fn what_is_wrong_is_the_configurations_fault() {
        for (fields, reason, word) in [
            ("", Reason::MissingField, "has no login-url"),
            ("login-url = 'https://login.salesforce.com'", Reason::InvalidField, "stand for every org"),
            ("login-url = 'https://evil.example'", Reason::InvalidField, "no host of a Salesforce org"),
        ] {
            let error = org(fields).place().unwrap_err();
            assert_eq!(error.reason(), reason, "{fields}");
            assert!(error.message().contains(word) && error.details().field.as_deref() == Some("login-url"), "{error}");
        }
        for (fields, field) in [
            ("app-id = '0H45e000000bn6b'", "app-id"),
            ("app-org-id = 'x'", "app-org-id"),
            ("package-id = '033000000000001'", "package-id"),
            ("app-kind = 'eca'", "app-kind"),
        ] {
            let error = org(fields).app().unwrap_err();
            assert_eq!((error.reason(), error.details().field.as_deref()), (Reason::InvalidField, Some(field)));
        }
    }
}
