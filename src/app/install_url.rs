//! The page where an administrator installs an app, built from a validated host and validated ids.
//!
//! Connected apps: `/identity/app/AppInstallApprovalPage.apexp`, on the target org's own host, with the app's id and
//! optionally the owning org's. Salesforce documents neither; published links carry 15-character ids, and nothing
//! says when the owner is needed, so it is given when it is known. Packages:
//! `/packaging/installPackage.apexp?p0=04t…` (Second-Generation Packaging guide).

use super::app_kind::AppKind;
use super::my_domain::Environment;
use super::next_step::{Situation, Step, next_steps};
use super::salesforce_id::{IdFault, IdKind, SalesforceId};
use super::target::Place;
use crate::error::Warning;

/// What is to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installable {
    /// A connected app.
    ConnectedApp {
        /// Its id.
        app: SalesforceId,
        /// The org that owns it.
        owner: Option<SalesforceId>,
        /// What the owning org is for, where the address of the app's page told.
        made_in: Option<Environment>,
    },
    /// A package.
    Package(PackageVersion),
}

/// A package version's id, which keeps the length it was given in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageVersion(String);

impl PackageVersion {
    /// Reads the id; the warning says that it was repaired.
    ///
    /// # Errors
    /// As [`SalesforceId::of_kind`].
    pub fn read(text: &str) -> Result<(PackageVersion, Option<Warning>), IdFault> {
        let (id, warning) = SalesforceId::of_kind(IdKind::PackageVersion, text)?;
        let as_given = if text.trim_matches(' ').len() == 15 { id.short().to_owned() } else { id.long() };
        Ok((PackageVersion(as_given), warning))
    }

    /// The id, in the length it was given in.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Installable {
    /// The page on an org, whose origin has no trailing slash.
    pub fn url(&self, origin: &str) -> String {
        match self {
            Installable::ConnectedApp { app, owner, .. } => {
                let owner = owner.map(|org| format!("&app_org_id={}", org.short())).unwrap_or_default();
                format!("{origin}/identity/app/AppInstallApprovalPage.apexp?app_id={}{owner}", app.short())
            }
            Installable::Package(id) => format!("{origin}/packaging/installPackage.apexp?p0={}", id.as_str()),
        }
    }

    /// The kind of app that this can be, given what an org says about its app. A package says nothing by itself:
    /// without a word from the org it is taken for an External Client App of the publisher's, since connected apps
    /// can no longer be created (Spring '26).
    pub fn kind(&self, configured: Option<AppKind>) -> AppKind {
        match (self, configured) {
            (Installable::ConnectedApp { .. }, _) => AppKind::ConnectedApp,
            (Installable::Package(_), None | Some(AppKind::EcaLocal)) => AppKind::EcaPackaged,
            (Installable::Package(_), Some(kind)) => kind,
        }
    }
}

/// The install page for one org, and everything around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The page's address.
    pub url: String,
    /// What deserves attention.
    pub warnings: Vec<Warning>,
    /// What is to be done, in order; the first step is the page itself.
    pub next_steps: Vec<Step>,
}

/// Plans the installation in one org. `org` is the name under which the org is configured here, `configured` the
/// kind of app that it says.
pub fn plan(place: &Place, what: &Installable, configured: Option<AppKind>, org: Option<&str>) -> Installation {
    let url = what.url(place.origin());
    let kind = what.kind(configured);
    let mut warnings = place.warnings.clone();
    if let Some(configured) = configured.filter(|configured| *configured != kind) {
        let message = format!(
            "this org's app-kind is {}, but what is to be installed is {}; the next steps are for the latter",
            configured.name(),
            kind.name()
        );
        warnings.push(Warning::new("app-kind-differs", message));
    }
    if let Installable::ConnectedApp { made_in: Some(Environment::Sandbox), .. } = what
        && place.environment() == Some(Environment::Production)
    {
        let message = "this app was created in a sandbox, and Salesforce installs such apps in no other kind of org; \
                       it has to be created in a production org";
        warnings.push(Warning::new("sandbox-app", message));
    }
    let next_steps = next_steps(&Situation {
        kind,
        origin: place.origin(),
        environment: place.environment(),
        what: Some(what),
        org,
    });
    Installation { url, warnings, next_steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(owner: Option<&str>, made_in: Option<Environment>) -> Installable {
        let id = |kind, text| SalesforceId::of_kind(kind, text).unwrap().0;
        Installable::ConnectedApp {
            app: id(IdKind::App, "0Ci5e000000bn6b"),
            owner: owner.map(|text| id(IdKind::Org, text)),
            made_in,
        }
    }

    fn package(text: &str) -> Installable {
        Installable::Package(PackageVersion::read(text).unwrap().0)
    }

    fn codes(installation: &Installation) -> Vec<&'static str> {
        installation.warnings.iter().map(|w| w.code).collect()
    }

    #[test]
    fn addresses() {
        let origin = "https://acme.my.salesforce.com";
        for (what, path) in [
            (app(None, None), "/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b"),
            (
                app(Some("00D5e000005AHE7EAO"), None),
                "/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b&app_org_id=00D5e000005AHE7",
            ),
            (package("04t1U000000L2SJ"), "/packaging/installPackage.apexp?p0=04t1U000000L2SJ"),
            (package(" 04t1U000000L2SJQA0"), "/packaging/installPackage.apexp?p0=04t1U000000L2SJQA0"),
            (package("04t1u000000l2sjqa0"), "/packaging/installPackage.apexp?p0=04t1U000000L2SJQA0"),
        ] {
            assert_eq!(what.url(origin), format!("{origin}{path}"));
        }
    }

    #[test]
    fn a_sandbox_app_does_not_go_into_production() {
        let sandbox_app = app(None, Some(Environment::Sandbox));
        for (host, made_in, expected) in [
            ("acme.my.salesforce.com", &sandbox_app, vec!["sandbox-app"]),
            ("acme-dev-ed.develop.my.salesforce.com", &sandbox_app, vec!["sandbox-app"]),
            ("acme--qa.sandbox.my.salesforce.com", &sandbox_app, vec![]),
            ("localhost:8123", &sandbox_app, vec![]),
            ("acme.my.salesforce.com", &app(None, None), vec![]),
            ("acme.my.salesforce.com", &app(None, Some(Environment::Production)), vec![]),
        ] {
            let installation = plan(&Place::read(host).unwrap(), made_in, None, None);
            assert_eq!(codes(&installation), expected, "{host}");
        }
    }

    #[test]
    fn the_kind_of_app_follows_from_what_is_installed() {
        let place = Place::read("acme.my.salesforce.com").unwrap();
        for (what, configured, kind, differs) in [
            (app(None, None), None, AppKind::ConnectedApp, false),
            (app(None, None), Some(AppKind::ConnectedApp), AppKind::ConnectedApp, false),
            (app(None, None), Some(AppKind::EcaPackaged), AppKind::ConnectedApp, true),
            (package("04t1U000000L2SJ"), None, AppKind::EcaPackaged, false),
            (package("04t1U000000L2SJ"), Some(AppKind::EcaPackagedOwn), AppKind::EcaPackagedOwn, false),
            (package("04t1U000000L2SJ"), Some(AppKind::ConnectedApp), AppKind::ConnectedApp, false),
            (package("04t1U000000L2SJ"), Some(AppKind::EcaLocal), AppKind::EcaPackaged, true),
        ] {
            assert_eq!(what.kind(configured), kind);
            let installation = plan(&place, &what, configured, None);
            assert_eq!(codes(&installation) == ["app-kind-differs"], differs, "{what:?} {configured:?}");
            assert_eq!(installation.next_steps[0].url.as_deref(), Some(installation.url.as_str()));
        }
    }
}
