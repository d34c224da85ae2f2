//! `sf-jwt verify-connection`

use super::connection::ConnectionFlags;
use super::progress::Progress;
use super::render::is_closed_pipe;
use super::report::redact::Redactor;
use super::report::{Entry, html, junit, text};
use super::{Context, Exit, duration};
use crate::error::{EXIT_NEGATIVE_RESULT, Error, Reason, Result};
use crate::ops::Service;
use crate::ops::fleet::{self, Heard};
use crate::ops::login::Allowance;
use crate::ops::orgs::{Found, list};
use crate::ops::verify::Wishes;
use crate::protocol::types::VerifyResult;
use clap::{Args, ValueEnum};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Check connections step by step, with causes and remedies
///
/// --org may repeat; --all and --tag choose among all configured orgs. Each check is an exchange of its own: one login
/// per org.
#[derive(Args)]
pub(super) struct VerifyConnection {
    #[command(flatten)]
    connection: ConnectionFlags,

    /// Every configured org, as `sf-jwt orgs list` shows them
    #[arg(long, help_heading = "Orgs")]
    all: bool,

    /// The configured orgs with this tag; may repeat, and any of them is enough
    #[arg(long, value_name = "TAG", help_heading = "Orgs")]
    tag: Vec<String>,

    /// How many orgs are verified at a time; by default as many as there are, up to 64
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Orgs")]
    concurrency: Option<NonZeroUsize>,

    /// The most logins that may be made, over all orgs
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Orgs")]
    max_logins: Option<NonZeroU32>,

    /// Only the checks that need no network
    #[arg(long)]
    offline: bool,

    /// Keep trying this long while the refusal is one that heals by itself (a new app, policy or org)
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, default_value = "0s", value_parser = duration, conflicts_with = "offline")]
    wait: Duration,

    /// Let warnings fail, too
    #[arg(long)]
    strict: bool,

    /// The form of the report
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    /// Leave out the names of orgs, users, hosts, files and addresses
    #[arg(long)]
    redact: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One JSON object per line, as results arrive
    Json,
    /// JUnit XML, for build servers
    Junit,
    /// One self-contained page
    Html,
}

impl VerifyConnection {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let json = context.console.json();
        let format = self.format.unwrap_or(if json { Format::Json } else { Format::Text });
        if json && format != Format::Json {
            let error = Error::usage(Reason::ConflictingParameters, "--format", "--json is --format json");
            return Err(error.hint("leave one of them out"));
        }
        let service = context.service();
        let mut redactor = self.redact.then(|| self.redactor(context, &service));
        let asked = self.orgs(context, &service).map_err(|error| match &redactor {
            Some(redactor) => redactor.error(&error),
            None => error,
        })?;
        let Asked { names, found, unknown } = asked;
        if let Some(redactor) = &mut redactor {
            names.iter().enumerate().for_each(|(place, name)| redactor.asked(place, name));
            let variables = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
            let proxies: Vec<_> =
                variables.iter().filter_map(|name| Some(context.host.env.text(name)?.to_string())).collect();
            for (place, found) in &found {
                redactor.found(*place, &found.draft, &service.parts(&found.draft), &proxies);
            }
        }
        let wishes = Wishes {
            offline: self.offline,
            wait: self.wait,
            allowance: self.max_logins.map(|most| Arc::new(Allowance::of(most.get()))),
        };
        let several = names.len() > 1;
        let progress = Progress::new(found.len(), context.global.quiet);
        let desk = Desk {
            command: &self,
            redactor,
            context,
            format,
            names: &names,
            several,
            done: Mutex::default(),
            unwritten: OnceLock::new(),
            unread: Notify::new(),
        };
        for (place, error) in unknown {
            desk.take(place, Err(error));
        }
        let orgs: Vec<Found> = found.iter().map(|(_, found)| found.clone()).collect();
        let hear = |heard: Heard<'_>| {
            let place = |number: usize| found.get(number).map_or(0, |(place, _)| *place);
            match heard {
                Heard::Begun(number) => progress.begun(number, desk.name(place(number))),
                Heard::Happened(number, happening) => progress.happened(number, desk.name(place(number)), &happening),
                Heard::Done(number, result) => {
                    progress.aside(|| desk.take(place(number), Ok(*result)));
                    progress.done(number, desk.failed());
                }
            }
        };
        let concurrency = self.concurrency.map_or(fleet::default_concurrency(orgs.len()), NonZeroUsize::get);
        let outcome = context.block_on(async {
            tokio::select! {
                () = fleet::verify_all(&service, &orgs, &wishes, concurrency, &hear) => {}
                () = desk.unread.notified() => {}
            }
            Ok(())
        });
        progress.finish();
        outcome.map_err(|error| match error.reason() {
            Reason::Cancelled => {
                let message = format!("cancelled; {} of {} orgs had been verified", desk.count(), names.len());
                Error::new(Reason::Cancelled, message)
            }
            _ => error,
        })?;
        desk.finish()
    }

    /// Knows the names of all orgs, even of those that an error alone speaks of.
    fn redactor(&self, context: &Context, service: &Service) -> Redactor {
        let mut redactor = Redactor::default();
        let configured = list::drafts(service).map(|(drafts, _)| drafts).unwrap_or_default();
        configured.iter().filter_map(|draft| draft.name.as_deref()).for_each(|name| redactor.configured(name));
        context.global.org.iter().enumerate().for_each(|(place, name)| redactor.asked(place, name));
        redactor
    }

    /// The orgs that are meant: those named, then those chosen, each once.
    fn orgs(&self, context: &Context, service: &Service) -> Result<Asked> {
        let mut asked = Asked::default();
        let named = &context.global.org;
        if named.is_empty() && !self.all && self.tag.is_empty() {
            asked.add(None, self.connection.find(context));
        }
        for (at, name) in named.iter().enumerate() {
            if !named[..at].contains(name) {
                asked.add(Some(name), self.connection.find_named(context, Some(name)));
            }
        }
        if self.all || !self.tag.is_empty() {
            let (drafts, warnings) = list::drafts(service)?;
            if !self.redact {
                context.console.warn(&warnings); // they name files, and say nothing about the orgs of the report
            }
            for draft in drafts {
                let tags = draft.tags.as_ref().map(|tags| tags.value.as_slice()).unwrap_or_default();
                let chosen = self.all || self.tag.iter().any(|tag| tags.contains(tag));
                let name = draft.name.clone().unwrap_or_default();
                if chosen && !asked.names.contains(&name) {
                    asked.add(Some(&name), Ok(self.connection.over(draft)));
                }
            }
            if asked.names.is_empty() {
                let (flag, what) = if self.all {
                    ("--all", "no org is configured")
                } else {
                    ("--tag", "no configured org has this tag")
                };
                let error = Error::usage(Reason::UnknownOrg, flag, what);
                return Err(error.hint("`sf-jwt orgs list` shows the orgs and their tags"));
            }
        }
        // Alone, an org that is not there is an error; among others, it is a line.
        match (asked.unknown.len(), asked.names.len()) {
            (1, 1) => Err(asked.unknown.swap_remove(0).1),
            _ => Ok(asked),
        }
    }
}

/// Orgs that are to be verified.
#[derive(Default)]
struct Asked {
    /// All of them, by the names they were asked for by.
    names: Vec<String>,
    /// Those that were found, with their places among the names.
    found: Vec<(usize, Found)>,
    /// Those that were not.
    unknown: Vec<(usize, Error)>,
}

impl Asked {
    fn add(&mut self, name: Option<&str>, found: Result<Found>) {
        let place = self.names.len();
        let shown = match (name, &found) {
            (Some(name), _) => Some(name.to_owned()),
            (None, Ok(found)) => {
                let username = || found.draft.username.as_ref().map(|username| username.value.clone());
                found.draft.name.clone().or_else(username)
            }
            (None, Err(_)) => None,
        };
        self.names.push(shown.unwrap_or_else(|| "the connection".to_owned()));
        match found {
            Ok(found) => self.found.push((place, found)),
            Err(error) => self.unknown.push((place, error)),
        }
    }
}

/// Where results arrive: some forms are written at once, others when all are there.
struct Desk<'a> {
    command: &'a VerifyConnection,
    redactor: Option<Redactor>,
    context: &'a Context,
    format: Format,
    names: &'a [String],
    several: bool,
    done: Mutex<Vec<(usize, Entry)>>,
    /// Why stdout takes no more.
    unwritten: OnceLock<Error>,
    /// Then further logins are for nobody.
    unread: Notify,
}

impl Desk<'_> {
    fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    fn take(&self, place: usize, outcome: Result<VerifyResult>) {
        let mut entry = Entry { name: self.name(place).to_owned(), outcome }.judged(self.command.strict);
        if let Some(redactor) = &self.redactor {
            entry = redactor.entry(entry, place);
        }
        if self.unwritten.get().is_none()
            && let Err(error) = self.tell(&entry)
        {
            let _ = self.unwritten.set(error);
            self.unread.notify_one();
        }
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((place, entry));
    }

    fn tell(&self, entry: &Entry) -> Result<()> {
        let console = &self.context.console;
        match (self.format, &entry.outcome) {
            (Format::Json, Ok(result)) => console.answering_json(true).value(result),
            (Format::Json, Err(error)) => console.answering_json(true).complain(error, Some(("org", &entry.name))),
            (Format::Text, Ok(result)) if !self.several => {
                console.warn(&result.warnings);
                console.text(&text::whole(&entry.name, result))
            }
            (Format::Text, _) => {
                let width = self.names.iter().map(String::len).max().unwrap_or_default().min(40);
                console.text(&text::brief(entry, width))
            }
            (Format::Junit | Format::Html, _) => Ok(()),
        }
    }

    fn failed(&self) -> usize {
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.iter().filter(|(_, entry)| !entry.is_fine()).count()
    }

    fn count(&self) -> usize {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn finish(self) -> Result<Exit> {
        let mut done = self.done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(place, _)| *place);
        let entries: Vec<_> = done.into_iter().map(|(_, entry)| entry).collect();
        let console = &self.context.console;
        match (self.unwritten.into_inner(), self.format) {
            (Some(error), _) if !is_closed_pipe(&error) => return Err(error),
            (Some(_), _) | (None, Format::Json) => {}
            (None, Format::Text) if !self.several => {}
            (None, Format::Text) => console.text(&text::totals(&entries))?,
            (None, Format::Junit) => console.bytes(junit::xml(&entries, self.command.strict)?.as_bytes())?,
            (None, Format::Html) => console.bytes(html::page(&entries, self.context.host.clock.now()).as_bytes())?,
        }
        Ok(if entries.iter().all(Entry::is_fine) { 0 } else { EXIT_NEGATIVE_RESULT })
    }
}
