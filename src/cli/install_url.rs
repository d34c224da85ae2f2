//! `sf-jwt install-url`: a link for an administrator, for each of any number of orgs.

use super::{Console, Context, Exit, handoff};
use crate::cli::render::{BOLD, CYAN};
use crate::error::{Error, Reason, Result};
use crate::host::exec::open_page;
use crate::ops::{install_url as ops, orgs};
use crate::org::draft::Draft;
use crate::org::lookup::Asked;
use crate::protocol::types::{InstallUrlParams, InstallUrlResult, Warning};
use crate::secret::shown;
use clap::{Args, ValueEnum};

/// Print the page where an administrator installs the app, and what to do next
///
/// The page stands on stdout alone; notes and next steps go to stderr. Without TARGET and --org, the org of SF_JWT_ORG
/// or the Salesforce CLI's target org is meant. What is not said here comes from the configured org.
#[derive(Args)]
#[command(name = "install-url")]
pub(super) struct InstallUrl {
    /// Configured orgs by name, or My Domain hosts or addresses; Lightning and Setup addresses are rewritten
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,

    /// The connected app's id, 0Ci…, 15 or 18 characters
    #[arg(long, value_name = "ID", conflicts_with_all = ["page_url", "package_id"])]
    app_id: Option<String>,

    /// The address of the app's edit page (Setup, App Manager, Edit), which has the app's id in it
    #[arg(long, value_name = "URL", conflicts_with = "package_id")]
    page_url: Option<String>,

    /// The id of the org that owns the connected app, 00D…; give it when it is known
    #[arg(long, value_name = "ID", conflicts_with = "package_id")]
    app_org_id: Option<String>,

    /// The package version's id, 04t…, for apps that come in a package
    #[arg(long, value_name = "ID")]
    package_id: Option<String>,

    /// The form of the answer; --json is --format json
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Format>,

    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The page; next steps on stderr
    Text,
    /// One JSON object a line
    Json,
    /// A hand-off for an administrator who has never seen this tool
    Markdown,
}

/// Where to install.
enum Target<'a> {
    /// As it was typed.
    Typed(&'a str),
    /// `--org`.
    Org(&'a str),
    /// Nothing was said.
    Default,
}

impl InstallUrl {
    /// Answers for every target; one that fails does not keep the others from their answers. The exit code is that of
    /// the first failure.
    pub(super) fn run(&self, context: &Context) -> Result<Exit> {
        let json = context.console.json();
        let format = self.format.unwrap_or(if json { Format::Json } else { Format::Text });
        if json && format != Format::Json {
            let error = Error::usage(Reason::ConflictingParameters, "format", "--json is --format json");
            return Err(error.hint("leave one of them out"));
        }
        let console = context.console.answering_json(format == Format::Json);
        let mut targets: Vec<Target> = self.targets.iter().map(|text| Target::Typed(text)).collect();
        targets.extend(context.global.org.iter().map(|name| Target::Org(name)));
        if targets.is_empty() {
            targets.push(Target::Default);
        }
        let several = targets.len() > 1;
        let hidden = if self.open { context.secret_variables(Draft::default()) } else { Vec::new() };
        let (mut exit, mut answered) = (0, 0);
        for target in &targets {
            match self.answer(target, context) {
                Ok(result) => {
                    if format == Format::Markdown && answered > 0 {
                        console.text("\n---\n\n")?;
                    }
                    answered += 1;
                    self.tell(&result, format, &console, &hidden)?;
                }
                Err(error) => {
                    if exit == 0 {
                        exit = error.kind().exit_code();
                    }
                    let shown = target.shown();
                    console.complain(&by_flag(error), several.then_some(("target", &shown)))?;
                }
            }
        }
        Ok(exit)
    }

    fn answer(&self, target: &Target, context: &Context) -> Result<InstallUrlResult> {
        let params = InstallUrlParams {
            target: target.typed().unwrap_or_default().to_owned(),
            app_id: self.app_id.clone(),
            page_url: self.page_url.clone(),
            package_id: self.package_id.clone(),
            app_org_id: self.app_org_id.clone(),
        };
        let config = context.global.config.as_deref();
        let org = match target {
            Target::Typed(_) => return ops::install_url(&params, |name| orgs::named(&context.host, name, config)),
            Target::Org(name) => Some((*name).to_owned()),
            Target::Default => None,
        };
        let found =
            orgs::find(&context.host, &Asked { org, ..Asked::default() }, config).map_err(|error| {
                match error.reason() {
                    Reason::NoOrg => error.hint("give a TARGET: the org's My Domain, or the name of a configured org"),
                    _ => error,
                }
            })?;
        let mut result = ops::in_org(&params, &found.draft)?;
        result.warnings.splice(..0, found.warnings.into_iter().map(Warning::from));
        Ok(result)
    }

    fn tell(&self, result: &InstallUrlResult, format: Format, console: &Console, hidden: &[String]) -> Result<()> {
        match format {
            Format::Json => console.value(result)?,
            Format::Markdown => console.text(&handoff::markdown(result))?,
            Format::Text => {
                console.text(&result.url)?;
                if let Some(host) = &result.rewritten_from {
                    console.note(&format!("{host} was taken to the org's login host, {}", result.host));
                }
            }
        }
        if format != Format::Json {
            console.warn(&result.warnings);
        }
        if format == Format::Text {
            console.note(&next_steps(result));
        }
        if self.open && !open_page(&result.url, hidden) {
            console.warn(&[Warning {
                reason: "browser-not-opened".to_owned(),
                message: "no browser could be opened here; open the page by hand".to_owned(),
            }]);
        }
        Ok(())
    }
}

impl<'a> Target<'a> {
    fn typed(&self) -> Option<&'a str> {
        match self {
            Target::Typed(text) | Target::Org(text) => Some(text),
            Target::Default => None,
        }
    }

    fn shown(&self) -> String {
        shown(self.typed().unwrap_or_default())
    }
}

/// The same error with the flag's name for the parameter's.
fn by_flag(error: Error) -> Error {
    let flag = match error.details().field.as_deref() {
        Some("appId") => "app-id",
        Some("pageUrl") => "page-url",
        Some("appOrgId") => "app-org-id",
        Some("packageId") => "package-id",
        _ => return error,
    };
    error.field(flag)
}

/// The next steps for people; the page itself is on stdout already.
fn next_steps(result: &InstallUrlResult) -> String {
    let mut text = format!("\n{BOLD}Next steps for an administrator of {}{BOLD:#}\n", result.host);
    for (number, step) in result.next_steps.iter().enumerate() {
        text += &format!("\n{}. {BOLD}{}{BOLD:#}\n   {}\n", number + 1, step.title, step.text);
        if let Some(permission) = &step.permission {
            text += &format!("   needs: {permission}\n");
        }
        if let Some(url) = step.url.as_ref().filter(|url| **url != result.url) {
            text += &format!("   open:  {CYAN}{url}{CYAN:#}\n");
        }
    }
    text
}
