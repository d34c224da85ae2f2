//! `sf-jwt orgs`: the configured orgs, kept in `orgs.toml` or found with the Salesforce CLI.

mod wizard;

use super::certificate::steps_text;
use super::connection::{ConnectionFields, ConnectionFlags};
use super::render::{BOLD, YELLOW};
use super::report;
use super::{Context, Exit, duration};
use crate::app::app_kind::AppKind;
use crate::error::{EXIT_NEGATIVE_RESULT, Error, Reason, Result};
use crate::ops::orgs::{add, keep, list};
use crate::org::draft::Draft;
use crate::org::field::{Field, Given, Origin};
use crate::protocol::types::{OrgDetails, OrgRemoved, OrgSkipped, OrgSummary, OrgsImported};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::Value;
use std::time::Duration;

/// List, show, add, remove and import configured orgs
#[derive(Args)]
pub(super) struct Orgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List the orgs of orgs.toml and the JWT orgs of the Salesforce CLI
    List,
    Show(Show),
    Add(Box<Add>),
    Remove(Remove),
    Import(Import),
}

/// Show every value of an org and who says it
///
/// Without NAME: the org that `sf-jwt token` would mean here, with the same flags and variables.
#[derive(Args)]
struct Show {
    /// The org's name
    name: Option<String>,

    #[command(flatten)]
    connection: ConnectionFlags,
}

/// Add an org to orgs.toml
///
/// The private key stays where it is; only its place is written down. On a terminal, what the flags do not say is
/// asked for: a key and its certificate are made if need be, and in the end the connection is verified.
#[derive(Args)]
struct Add {
    /// The org's name here
    name: Option<String>,

    #[command(flatten)]
    connection: ConnectionFields,

    /// The org's id, 00D…: tokens for any other org are dropped
    #[arg(long, value_name = "ID", help_heading = "Org")]
    org_id: Option<String>,

    /// The kind of app, on which next steps depend
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(AppKind::ALL.map(AppKind::name)), help_heading = "Org")]
    app_kind: Option<String>,

    /// The connected app's id, 0Ci…
    #[arg(long, value_name = "ID", help_heading = "Org")]
    app_id: Option<String>,

    /// The id of the org that owns the app, 00D…
    #[arg(long, value_name = "ID", help_heading = "Org")]
    app_org_id: Option<String>,

    /// The package version's id, 04t…
    #[arg(long, value_name = "ID", help_heading = "Org")]
    package_id: Option<String>,

    /// How long an opaque token is reused
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = duration, help_heading = "Org")]
    token_lifetime: Option<Duration>,

    /// A word to choose orgs by; may repeat
    #[arg(long, value_name = "WORD", help_heading = "Org")]
    tag: Vec<String>,

    /// A host besides Salesforce's that may be sent assertions; may repeat
    #[arg(long, value_name = "HOST", help_heading = "Org")]
    trusted_host: Vec<String>,

    /// The HTTP proxy to use for this org
    #[arg(long, value_name = "URL", help_heading = "Org")]
    proxy: Option<String>,

    /// The most logins in an hour
    #[arg(long, value_name = "NUMBER", help_heading = "Org")]
    max_logins_per_hour: Option<u64>,

    /// Verify the connection and pin the org's id; the org is added whatever comes out
    #[arg(long)]
    verify: bool,
}

/// Remove an org from orgs.toml and forget its token
#[derive(Args)]
struct Remove {
    /// The org's name
    name: String,
}

/// Take over JWT orgs of the Salesforce CLI into orgs.toml, never their keys
#[derive(Args)]
struct Import {
    /// Aliases or usernames; all JWT orgs when none is given
    names: Vec<String>,
}

impl Orgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        match self.verb {
            Verb::List => list(context),
            Verb::Show(verb) => verb.run(context),
            Verb::Add(verb) => verb.run(context),
            Verb::Remove(verb) => verb.run(context),
            Verb::Import(verb) => verb.run(context),
        }
    }
}

fn list(context: &Context) -> Result<Exit> {
    let result = list::list(&context.service())?;
    context.console.warn(&result.warnings);
    if context.console.json() {
        context.console.value(&result)?;
    } else if result.orgs.is_empty() {
        context.console.note("no orgs are configured; `sf-jwt orgs add` adds one");
    } else {
        context.console.text(&table(&result.orgs))?;
    }
    Ok(0)
}

impl Show {
    fn run(self, context: &Context) -> Result<Exit> {
        let found = match &self.name {
            Some(name) => self.connection.find_named(context, Some(name))?,
            None => self.connection.find(context)?,
        };
        let details = list::show(&context.service(), &found);
        context.console.warn(&details.warnings);
        match context.console.json() {
            true => context.console.value(&details)?,
            false => context.console.text(&details_text(&details))?,
        }
        Ok(0)
    }
}

impl Add {
    fn draft(self, context: &Context) -> Draft {
        fn given<T>(value: Option<T>) -> Option<Given<T>> {
            value.map(|value| Given::new(value, Origin::Flag))
        }
        let some = |words: Vec<String>| Some(words).filter(|words| !words.is_empty());
        let ca_file = context.global.ca_file.as_ref().map(|file| file.to_string_lossy().into_owned());
        Draft {
            name: self.name,
            org_id: given(self.org_id),
            app_kind: given(self.app_kind),
            app_id: given(self.app_id),
            app_org_id: given(self.app_org_id),
            package_id: given(self.package_id),
            token_lifetime: given(self.token_lifetime),
            tags: given(some(self.tag)),
            trusted_hosts: given(some(self.trusted_host)),
            proxy: given(self.proxy.map(Into::into)),
            ca_file: given(ca_file),
            max_logins_per_hour: given(self.max_logins_per_hour),
            ..self.connection.draft()
        }
    }

    fn run(self, context: &Context) -> Result<Exit> {
        let mut verify = self.verify;
        let mut org = self.draft(context);
        let said = [Field::ClientId, Field::Username, Field::LoginUrl, Field::Key];
        let lacks = |field: &Field| org.given().iter().all(|(given, _)| given != field);
        if (org.name.is_none() || said.iter().any(lacks)) && wizard::is_possible(context) {
            org = wizard::complete(org, context)?;
            verify = true;
        }
        if org.name.is_none() {
            let error = Error::usage(Reason::MissingParameter, "name", "the org needs a name");
            return Err(error.hint("give it first: sf-jwt orgs add NAME"));
        }
        let service = context.service();
        let added = context.block_on(add::add(&service, org, verify)).map_err(|error| match error.reason() {
            // What a configured org lacks is, of one that is being described, a flag.
            Reason::MissingField => {
                let field = error.details().field.clone().unwrap_or_default();
                Error::usage(Reason::MissingParameter, &field, error.message())
                    .hint(format!("give --{field}, or write it into [defaults]"))
            }
            _ => error,
        })?;
        context.console.warn(&added.warnings);
        if context.console.json() {
            context.console.value(&added)?;
        } else {
            if let Some(verification) = &added.verification {
                context.console.text(&report::text::whole(&added.name, verification))?;
            }
            context.console.text(&format!("added {BOLD}{}{BOLD:#} to {}", added.name, added.file))?;
            context.console.note(&steps_text(&added.next_steps));
        }
        let fine = added.verification.as_ref().is_none_or(|verification| verification.ok);
        Ok(if fine { 0 } else { EXIT_NEGATIVE_RESULT })
    }
}

impl Remove {
    fn run(self, context: &Context) -> Result<Exit> {
        let removed = context.block_on(add::remove(&context.service(), &self.name))?;
        match context.console.json() {
            true => context.console.value(&removed)?,
            false => {
                let OrgRemoved { name, file, forgotten } = &removed;
                let token = if *forgotten {
                    "; its token is forgotten, but lives on at Salesforce until it expires"
                } else {
                    ""
                };
                context.console.text(&format!("removed {BOLD}{name}{BOLD:#} from {file}{token}"))?;
            }
        }
        Ok(0)
    }
}

impl Import {
    fn run(self, context: &Context) -> Result<Exit> {
        let service = context.service();
        let imported = context.block_on(keep::import(&context.host, &self.names, service.config.as_deref()))?;
        let result = OrgsImported {
            file: imported.file.display().to_string(),
            imported: imported.orgs.iter().map(|org| list::summary(&service, org)).collect(),
            skipped: imported.skipped.into_iter().map(|(name, reason)| OrgSkipped { name, reason }).collect(),
            warnings: imported.warnings.into_iter().map(Into::into).collect(),
        };
        context.console.warn(&result.warnings);
        if context.console.json() {
            context.console.value(&result)?;
            return Ok(0);
        }
        for OrgSkipped { name, reason } in &result.skipped {
            context.console.note(&format!("{YELLOW}left alone{YELLOW:#} {name}: {reason}"));
        }
        match result.imported.as_slice() {
            [] => context.console.note("nothing to import"),
            orgs => {
                let names: Vec<&str> = orgs.iter().map(|org| org.name.as_str()).collect();
                context.console.text(&format!("imported {BOLD}{}{BOLD:#} into {}", names.join(", "), result.file))?;
            }
        }
        Ok(0)
    }
}

/// Orgs in columns.
fn table(orgs: &[OrgSummary]) -> String {
    let head = ["NAME", "USERNAME", "LOGIN URL", "SOURCE", "TOKEN UNTIL", "TAGS"].map(str::to_owned);
    let dash = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let rows = orgs.iter().map(|org| {
        let until = org.token.as_ref().map(|token| token.expires_at.as_str());
        [
            org.name.clone(),
            dash(org.username.as_deref()),
            dash(org.login_url.as_deref()),
            org.source.clone(),
            dash(until),
            org.tags.join(" "),
        ]
    });
    columns(std::iter::once(head).chain(rows).collect())
}

/// Values in columns, each with its origin.
fn details_text(details: &OrgDetails) -> String {
    let name = details.name.as_deref().unwrap_or("(unnamed)");
    let place = details.file.as_ref().map(|file| format!(", {file}")).unwrap_or_default();
    let rows = details.fields.iter().map(|field| {
        let value = match &field.value {
            Value::Null => "(not shown)".to_owned(),
            Value::String(text) if !text.chars().any(char::is_control) => text.clone(),
            other => other.to_string(),
        };
        [field.field.clone(), value, field.origin.clone()]
    });
    let mut text = format!("{BOLD}{name}{BOLD:#} ({}{place})\n{}", details.source, columns(rows.collect()));
    if let Some(problem) = &details.problem {
        text += &format!("\n{YELLOW}not usable{YELLOW:#}: {}\n", problem.message);
        if let Some(hint) = &problem.data.hint {
            text += &format!("  {BOLD}hint{BOLD:#}: {hint}\n");
        }
    }
    text
}

/// Rows with each column as wide as its widest cell.
fn columns<const N: usize>(rows: Vec<[String; N]>) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..N).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_characters() {
        let rows = vec![["é".to_owned(), "1".to_owned()], ["abc".to_owned(), String::new()]];
        assert_eq!(columns(rows), "é    1\nabc\n");
    }
}
