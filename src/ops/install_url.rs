//! `install-url`: the page where an administrator lets the app into an org, and what is to be done around it.
//!
//! A host or an address needs nothing but itself. The name of a configured org brings the org's host, and for what
//! the call does not say, the org's app.

use crate::app::app_kind::AppKind;
use crate::app::install_url::{Installable, PackageVersion, plan};
use crate::app::my_domain::Environment;
use crate::app::next_step::{self, Situation, next_steps};
use crate::app::page_url::{self, AppPage};
use crate::app::salesforce_id::{IdKind, SalesforceId};
use crate::app::setup_page::SetupPage;
use crate::app::target::{Place, Target};
use crate::error::{Error, Reason, Result, Warning};
use crate::org::app::OrgApp;
use crate::org::draft::Draft;
use crate::protocol::types::{InstallKind, InstallUrlParams, InstallUrlResult, Step};

/// Answers for a target: a host, an address, or the name of a configured org, which `org` looks up.
///
/// # Errors
/// `usage` for a target, an id or an address that is not accepted, for parameters that exclude each other, and when
/// nothing says which app; `unknown-org` and `profile` errors for orgs by name.
pub fn install_url(params: &InstallUrlParams, org: impl FnOnce(&str) -> Result<Draft>) -> Result<InstallUrlResult> {
    match Target::read(&params.target)? {
        Target::Place(place) => {
            let asked = Asked::read(params)?;
            let what = asked.installable(None).ok_or_else(|| asked.nothing_to_install(None, &place))?;
            Ok(answer(params.target.clone(), place, what, None, None, asked.warnings))
        }
        Target::Name(name, otherwise) => match (org(&name), otherwise) {
            (Ok(draft), _) => in_org(params, &draft),
            (Err(error), None) => Err(error),
            (Err(error), Some(otherwise)) if matches!(error.reason(), Reason::UnknownOrg | Reason::NotAllowed) => {
                Err(otherwise)
            }
            (Err(error), Some(otherwise)) => Err(otherwise.cause(format!("as a name of a configured org: {error}"))),
        },
    }
}

/// Answers for an org that has been looked up; the target in the parameters does not count.
///
/// # Errors
/// As [`install_url`].
pub fn in_org(params: &InstallUrlParams, draft: &Draft) -> Result<InstallUrlResult> {
    let mut asked = Asked::read(params)?;
    let (place, org) = (draft.place()?, draft.app()?);
    let what = asked.installable(Some(&org)).ok_or_else(|| asked.nothing_to_install(org.kind, &place))?;
    asked.warnings.extend(org.warnings);
    let target = draft.name.clone().unwrap_or_else(|| place.host().to_owned());
    Ok(answer(target, place, what, org.kind, draft.name.as_deref(), asked.warnings))
}

/// What the call itself says about the app.
#[derive(Debug, Default)]
struct Asked {
    app: Option<SalesforceId>,
    made_in: Option<Environment>,
    owner: Option<SalesforceId>,
    package: Option<PackageVersion>,
    warnings: Vec<Warning>,
}

impl Asked {
    fn read(params: &InstallUrlParams) -> Result<Asked> {
        let exclusive = [("appId", &params.app_id), ("pageUrl", &params.page_url), ("packageId", &params.package_id)];
        let given: Vec<&str> = exclusive.iter().filter(|(_, text)| text.is_some()).map(|(name, _)| *name).collect();
        if let [_, second, ..] = given.as_slice() {
            return Err(conflict(second, "app-id, page-url and package-id exclude each other")
                .hint("app-id and page-url name a connected app, package-id a package"));
        }
        let mut asked = Asked::default();
        let mut warnings = Vec::new();
        let mut id = |kind, field, text: &Option<String>| -> Result<Option<SalesforceId>> {
            let Some(text) = text else { return Ok(None) };
            let (id, warning) = SalesforceId::of_kind(kind, text).map_err(|fault| fault.usage(field))?;
            warnings.extend(warning);
            Ok(Some(id))
        };
        asked.app = id(IdKind::App, "appId", &params.app_id)?;
        asked.owner = id(IdKind::Org, "appOrgId", &params.app_org_id)?;
        if let Some(text) = &params.package_id {
            if asked.owner.is_some() {
                return Err(conflict("appOrgId", "app-org-id and package-id exclude each other")
                    .hint("the org that owns an app is asked for connected apps only"));
            }
            let (package, warning) = PackageVersion::read(text).map_err(|fault| fault.usage("packageId"))?;
            asked.package = Some(package);
            warnings.extend(warning);
        }
        if let Some(text) = &params.page_url {
            let page = AppPage::read(text)?;
            if asked.owner.is_some() && page.owner.is_some() && asked.owner != page.owner {
                return Err(conflict(page_url::FIELD, "page-url names another owning org than app-org-id")
                    .hint("leave app-org-id out, or give the address of the app's edit page"));
            }
            asked.app = Some(page.app);
            asked.owner = asked.owner.or(page.owner);
            asked.made_in = page.environment;
            warnings.extend(page.warnings);
        }
        Ok(Asked { warnings, ..asked })
    }

    /// What is to be installed: what the call says, and where it says nothing, what the org says.
    fn installable(&self, org: Option<&OrgApp>) -> Option<Installable> {
        if let Some(package) = &self.package {
            return Some(Installable::Package(package.clone()));
        }
        let org_app = org.and_then(|org| org.app);
        // The org's owner belongs to the org's app, not to any other.
        let org_owner = |app| org.filter(|_| org_app.is_none_or(|own| own == app)).and_then(|org| org.owner);
        let connected = |app| Installable::ConnectedApp {
            app,
            owner: self.owner.or_else(|| org_owner(app)),
            made_in: self.made_in,
        };
        let package = || org.and_then(|org| org.package.clone()).filter(|_| self.owner.is_none());
        match (self.app, org.and_then(|org| org.kind)) {
            (Some(app), _) => Some(connected(app)),
            (None, Some(AppKind::EcaLocal)) => None,
            (None, Some(AppKind::EcaPackaged | AppKind::EcaPackagedOwn)) => package().map(Installable::Package),
            (None, Some(AppKind::ConnectedApp) | None) => {
                org_app.map(connected).or_else(|| package().map(Installable::Package))
            }
        }
    }

    /// Nothing says which app: not the call, not the org. What helps depends on the kind of app.
    fn nothing_to_install(&self, kind: Option<AppKind>, place: &Place) -> Error {
        let missing = |field, message| Error::usage(Reason::MissingParameter, field, message);
        match kind {
            Some(AppKind::EcaLocal) => {
                let situation = Situation {
                    kind: AppKind::EcaLocal,
                    origin: place.origin(),
                    environment: place.environment(),
                    what: None,
                    org: None,
                };
                let create = next_steps(&situation).swap_remove(0).text;
                missing("packageId", "this org's app is a local External Client App, which is installed nowhere")
                    .hint(format!("it is created in the org itself. {create}"))
                    .link(SetupPage::AppManager.link(Some(place.origin())))
                    .link(SetupPage::ExternalClientAppManager.link(Some(place.origin())))
            }
            Some(AppKind::EcaPackaged | AppKind::EcaPackagedOwn) => {
                missing("packageId", "nothing says which package is to be installed")
                    .hint("give package-id, or write it into the org's configuration")
            }
            Some(AppKind::ConnectedApp) | None if self.owner.is_some() => {
                missing("appId", "app-org-id alone names no app").hint("give app-id or page-url as well")
            }
            Some(AppKind::ConnectedApp) | None => missing("appId", "nothing says which app is to be installed").hint(
                "give app-id or page-url for a connected app, package-id for a package, or the name of an org that has \
                 them in its configuration",
            ),
        }
    }
}

fn answer(
    target: String,
    place: Place,
    what: Installable,
    configured: Option<AppKind>,
    org: Option<&str>,
    mut warnings: Vec<Warning>,
) -> InstallUrlResult {
    let planned = plan(&place, &what, configured, org.filter(|name| is_plain(name)));
    warnings.extend(planned.warnings);
    let (kind, app_id, app_org_id, package_id) = match &what {
        Installable::ConnectedApp { app, owner, .. } => {
            (InstallKind::ConnectedApp, Some(app.long()), owner.map(|org| org.long()), None)
        }
        Installable::Package(id) => (InstallKind::Package, None, None, Some(id.as_str().to_owned())),
    };
    InstallUrlResult {
        url: planned.url,
        kind,
        target,
        host: place.host().to_owned(),
        rewritten_from: place.rewritten_from,
        app_id,
        app_org_id,
        package_id,
        warnings: warnings.into_iter().map(Into::into).collect(),
        next_steps: planned.next_steps.into_iter().map(Into::into).collect(),
    }
}

impl From<next_step::Step> for Step {
    fn from(step: next_step::Step) -> Self {
        Step {
            id: step.id.to_owned(),
            title: step.title.to_owned(),
            text: step.text,
            permission: step.permission.map(str::to_owned),
            url: step.url,
        }
    }
}

/// Whether a name can stand in a command line as it is.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.@+".contains(&b)) && !name.starts_with('-')
}

fn conflict(field: &str, message: impl Into<String>) -> Error {
    Error::usage(Reason::ConflictingParameters, field, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::org::config::Config;
    use std::path::Path;

    const APP: &str = "0Ci5e000000bn6b";
    const OWNER: &str = "00D5e000005AHE7";
    const PACKAGE: &str = "04t1U000000L2SJ";

    fn orgs() -> Config {
        let text = format!(
            "[orgs.connected]\nlogin-url='https://acme.my.salesforce.com'\napp-id='{APP}'\napp-org-id='{OWNER}'\n\
             [orgs.packaged]\nlogin-url='https://acme--qa.sandbox.my.salesforce.com'\napp-kind='eca-packaged-own'\n\
             package-id='{PACKAGE}'\napp-id='{APP}'\n\
             [orgs.local]\nlogin-url='https://acme.my.salesforce.com'\napp-kind='eca-local'\napp-id='{APP}'\n\
             [orgs.\"dotted.name\"]\nlogin-url='http://b.localhost:8123'\npackage-id='{PACKAGE}'\n\
             [orgs.bare]\nlogin-url='https://acme.my.salesforce.com'\napp-kind='eca-packaged'\n\
             [orgs.generic]\nlogin-url='https://login.salesforce.com'\n"
        );
        Config::parse(text.as_bytes(), Path::new("/c/orgs.toml"), true).unwrap()
    }

    fn params(target: &str, given: &[(&str, &str)]) -> InstallUrlParams {
        let text = |field| given.iter().find(|(name, _)| *name == field).map(|(_, value)| (*value).to_owned());
        InstallUrlParams {
            target: target.to_owned(),
            app_id: text("appId"),
            page_url: text("pageUrl"),
            package_id: text("packageId"),
            app_org_id: text("appOrgId"),
        }
    }

    fn ask(target: &str, given: &[(&str, &str)]) -> Result<InstallUrlResult> {
        let unknown = || Error::new(Reason::UnknownOrg, "no such org");
        install_url(&params(target, given), |name| orgs().org(name).cloned().ok_or_else(unknown))
    }

    #[test]
    fn what_the_issue_must_show() {
        let params = params("acme.lightning.force.com", &[("appId", APP), ("appOrgId", OWNER)]);
        let result = install_url(&params, |_| panic!("a host needs no configuration")).unwrap();
        let json = serde_json::to_value(&result).unwrap();
        for (field, expected) in [
            (
                "url",
                "https://acme.my.salesforce.com/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b&app_org_id=00D5e000005AHE7",
            ),
            ("kind", "connected-app"),
            ("target", "acme.lightning.force.com"),
            ("host", "acme.my.salesforce.com"),
            ("rewrittenFrom", "acme.lightning.force.com"),
            ("appId", "0Ci5e000000bn6bCAA"),
            ("appOrgId", "00D5e000005AHE7EAO"),
        ] {
            assert_eq!(json[field], expected, "{field}");
        }
        assert!(json["packageId"].is_null() && json["warnings"].as_array().unwrap().is_empty());
        let ids: Vec<_> = result.next_steps.iter().map(|step| step.id.as_str()).collect();
        assert_eq!(ids, ["install", "permitted-users", "assign-app", "assign-user", "verify"]);
    }

    #[test]
    fn names_bring_host_and_app() {
        let app = "/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci5e000000bn6b";
        let other = "0Ci1U000000L2SJSA0";
        let package = format!("/packaging/installPackage.apexp?p0={PACKAGE}");
        for (target, given, expected) in [
            ("connected", &[][..], format!("https://acme.my.salesforce.com{app}&app_org_id={OWNER}")),
            (
                "connected",
                &[("appOrgId", "00D1U000001BPt6")],
                format!("https://acme.my.salesforce.com{app}&app_org_id=00D1U000001BPt6"),
            ),
            ("connected", &[("appId", APP)], format!("https://acme.my.salesforce.com{app}&app_org_id={OWNER}")),
            (
                "connected",
                &[("appId", other)],
                "https://acme.my.salesforce.com/identity/app/AppInstallApprovalPage.apexp?app_id=0Ci1U000000L2SJ"
                    .into(),
            ),
            ("connected", &[("packageId", PACKAGE)], format!("https://acme.my.salesforce.com{package}")),
            ("packaged", &[], format!("https://acme--qa.sandbox.my.salesforce.com{package}")),
            ("local", &[("appId", APP)], format!("https://acme.my.salesforce.com{app}")),
            ("dotted.name", &[], format!("http://b.localhost:8123{package}")),
        ] {
            let result = ask(target, given).unwrap_or_else(|e| panic!("{target}: {e}"));
            assert_eq!((result.url, result.target.as_str()), (expected, target));
            assert!(result.next_steps.last().unwrap().text.contains(&format!("-o {target}")));
        }
    }

    #[test]
    fn refusals_name_the_field_and_say_what_helps() {
        let host = "acme.my.salesforce.com";
        let page = "https://acme.my.salesforce.com/x?app_id=0Ci5e000000bn6b&app_org_id=00D1U000001BPt6";
        for (target, given, reason, field, hint) in [
            (host, &[][..], Reason::MissingParameter, "appId", "package-id for a package"),
            (host, &[("appOrgId", OWNER)], Reason::MissingParameter, "appId", "page-url as well"),
            (host, &[("appId", APP), ("packageId", PACKAGE)], Reason::ConflictingParameters, "packageId", "a package"),
            (host, &[("appId", APP), ("pageUrl", page)], Reason::ConflictingParameters, "pageUrl", "connected app"),
            (host, &[("packageId", PACKAGE), ("appOrgId", OWNER)], Reason::ConflictingParameters, "appOrgId", "only"),
            (host, &[("appId", "")], Reason::InvalidId, "appId", "App Manager"),
            (host, &[("appId", OWNER)], Reason::ForeignId, "appId", "app-org-id"),
            (host, &[("appId", APP), ("appOrgId", APP)], Reason::ForeignId, "appOrgId", "Company Information"),
            (host, &[("packageId", "033000000000001")], Reason::ForeignId, "packageId", "versions"),
            (
                host,
                &[("pageUrl", "https://evil.example/0Ci5e000000bn6b")],
                Reason::InvalidParameter,
                "pageUrl",
                "App Manager",
            ),
            ("evil.example", &[("appId", APP)], Reason::InvalidTarget, "target", "My Domain"),
            ("login.salesforce.com", &[("appId", APP)], Reason::InvalidTarget, "target", "My Domain"),
            ("local", &[], Reason::MissingParameter, "packageId", "New External Client App"),
            ("bare", &[], Reason::MissingParameter, "packageId", "package-id"),
            ("generic", &[("appId", APP)], Reason::InvalidField, "login-url", "My Domain"),
        ] {
            let error = ask(target, given).unwrap_err();
            let details = error.details();
            assert_eq!(
                (error.reason(), details.field.as_deref()),
                (reason, Some(field)),
                "{target} {given:?}: {error}"
            );
            assert!(details.hint.as_deref().is_some_and(|text| text.contains(hint)), "{target} {given:?}: {details:?}");
        }
        assert_eq!(ask("nobody", &[("appId", APP)]).unwrap_err().reason(), Reason::UnknownOrg);
        let conflict = ask(host, &[("pageUrl", page), ("appOrgId", OWNER)]).unwrap_err();
        assert_eq!(conflict.reason(), Reason::ConflictingParameters);
        let local = ask("local", &[]).unwrap_err();
        assert!(local.details().links.iter().all(|link| link.url.is_some()) && local.details().links.len() == 2);
    }

    #[test]
    fn a_configuration_that_cannot_be_read_does_not_hide_a_bad_target() {
        let broken = |_: &str| Err(Error::new(Reason::InvalidConfig, "line 3 is wrong"));
        let error = install_url(&params("evil.example", &[("appId", APP)]), broken).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidTarget);
        assert!(error.details().causes[0].contains("line 3"));
        let error = install_url(&params("acme", &[("appId", APP)]), broken).unwrap_err();
        assert_eq!(error.reason(), Reason::InvalidConfig);
    }

    #[test]
    fn warnings_of_every_part_are_told() {
        let result = ask("https://acme.my.site.com/portal", &[("appId", "0ci5e000000bn6bcaa")]).unwrap();
        let codes: Vec<_> = result.warnings.iter().map(|w| w.reason.as_str()).collect();
        assert_eq!(codes, ["id-repaired", "site-host"]);
        let page = "https://acme--qa.sandbox.my.salesforce-setup.com/0Ci5e000000bn6b";
        let result = ask("acme.my.salesforce.com", &[("pageUrl", page)]).unwrap();
        assert_eq!(result.warnings[0].reason, "sandbox-app");
    }
}
