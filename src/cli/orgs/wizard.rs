//! `sf-jwt orgs add` on a terminal: asks for what the flags do not say, one question after the other, and makes the
//! key and its certificate where there is none. Never asked anywhere else.

use super::super::Context;
use super::super::certificate::{pair_text, steps_text};
use super::super::render::BOLD;
use crate::app::app_kind::AppKind;
use crate::app::target::Place;
use crate::error::{Error, Reason, Result};
use crate::host::terminal;
use crate::key::pair::{KeySize, Subject, Wish};
use crate::key::source::looks_like_key;
use crate::ops::certificate::{Destination, Public, make};
use crate::ops::orgs::{gather, keep};
use crate::org::completion::Surroundings;
use crate::org::draft::{Draft, Reference};
use crate::org::field::{Given, Origin};
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

/// How long a new certificate is valid. Salesforce does not look at it; people's policies do.
const DAYS: u32 = 730;

/// Whether there is somebody to ask.
pub(super) fn is_possible(context: &Context) -> bool {
    !context.console.json()
        && !context.global.quiet
        && std::io::stdin().is_terminal()
        && std::io::stderr().is_terminal()
}

/// The draft with an answer for whatever it lacks of name, host, user, key and consumer key.
pub(super) fn complete(mut org: Draft, context: &Context) -> Result<Draft> {
    let home = context.host.env.home();
    let around = Surroundings { home: home.as_deref() };
    let config = context.global.config.as_deref();
    let say = |text: &str| context.console.note(text);

    if org.name.as_deref().unwrap_or_default().is_empty() {
        org.name = Some(ask(context, "Name of the org here, such as acme", |name| {
            keep::is_free(&context.host, name, config).map(|()| name.to_owned())
        })?);
    }
    if org.app_kind.is_none() {
        say("\nWhat kind of app does it log in through?");
        for (number, (kind, what)) in KINDS.iter().enumerate() {
            say(&format!("  {}  {BOLD}{:<17}{BOLD:#} {what}", number + 1, kind.name()));
        }
        let kind = ask(context, "1 to 4, or Enter if unknown", |answer| match answer.parse::<usize>() {
            _ if answer.is_empty() => Ok(None),
            Ok(number) if (1..=KINDS.len()).contains(&number) => Ok(KINDS.get(number - 1).map(|(kind, _)| *kind)),
            _ => AppKind::from_name(answer).map(Some).ok_or_else(|| wrong("one of the numbers is expected")),
        })?;
        org.app_kind = kind.map(|kind| Given::new(kind.name().to_owned(), Origin::Flag));
    }
    if org.login_url.is_none() {
        let url = ask(context, "The org's My Domain (any address of the org from a browser will do)", |text| {
            Place::read(text).map(|place| place.origin().to_owned())
        })?;
        say(&format!("  {url}"));
        org.login_url = Some(Given::new(url, Origin::Flag));
    }
    if org.username.is_none() {
        org.username = Some(ask(context, "Username of the integration's user", |text| {
            let given = Given::new(text.to_owned(), Origin::Flag);
            Draft { username: Some(given.clone()), ..Draft::default() }.checked_username().map(|_| given)
        })?);
    }
    if org.key.is_none() {
        let key = ask(context, "Private key (a path or another key URI), or Enter to make a new one", |text| {
            let given = Given::new(Reference::Uri(text.to_owned().into()), Origin::Flag);
            match text {
                "" => Ok(None),
                _ => Draft { key: Some(given.clone()), ..Draft::default() }.key_source(around).map(|_| Some(given)),
            }
        })?;
        match key {
            Some(given) => org.key = Some(given),
            None => new_pair(&mut org, context, around)?,
        }
    }
    if org.client_id.is_none() {
        org.client_id = Some(ask(context, "The app's consumer key (3MVG9…)", |text| {
            let given = Given::new(text.to_owned(), Origin::Flag);
            Draft { client_id: Some(given.clone()), ..Draft::default() }.checked_client_id().map(|_| given)
        })?);
    }
    Ok(org)
}

const KINDS: [(AppKind, &str); 4] = [
    (AppKind::ConnectedApp, "a connected app, installed in this org"),
    (AppKind::EcaLocal, "an External Client App that was created in this org"),
    (AppKind::EcaPackaged, "an External Client App from a package, with the publisher's consumer key"),
    (AppKind::EcaPackagedOwn, "an External Client App from a package, with this org's own consumer key"),
];

/// Makes a key and its certificate beside `orgs.toml`, and says where the certificate is uploaded.
fn new_pair(org: &mut Draft, context: &Context, around: Surroundings) -> Result<()> {
    let place = gather::config_place(&context.host, context.global.config.as_deref())?;
    keep::make_room(&place)?;
    let name = org.name.clone().unwrap_or_default();
    let prefix = std::path::absolute(place.file.with_file_name(&name)).unwrap_or(place.file);
    let wish = Wish { subject: Subject::common_name(&name), size: KeySize::Bits2048, passphrase: None };
    let made = make(&context.host, &prefix, &wish, Public::Certificate { days: DAYS }, &Destination::of(org, around)?)?;
    context.console.note(&format!("\n{}", pair_text(&made).trim_end()));
    context.console.note(&steps_text(&made.next_steps));
    let certificate = made.certificate.map(|certificate| Given::new(certificate.file, Origin::Flag));
    org.key =
        Some(Given::new(Reference::Uri(format!("file:{}", PathBuf::from(made.key).display()).into()), Origin::Flag));
    org.certificate = org.certificate.take().or(certificate);
    Ok(())
}

/// Asks until the answer is accepted. The end of input is a refusal.
fn ask<T>(context: &Context, question: &str, accept: impl Fn(&str) -> Result<T>) -> Result<T> {
    loop {
        context.console.note(&format!("{BOLD}{question}{BOLD:#}:"));
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match read {
            Ok(0) | Err(_) => {
                return Err(Error::new(Reason::Cancelled, "nothing was added: the questions were not answered"));
            }
            Ok(_) => {}
        }
        if looks_like_key(&line) {
            // its other lines would be the next answers, and after those the shell's next commands
            terminal::discard_typed();
            return Err(Error::new(Reason::InvalidParameter, "nothing was added: that was a key itself, not an answer")
                .hint("keep the key in a file, close this terminal, for the key is on its screen, and answer with the file's path"));
        }
        match accept(line.trim()) {
            Ok(answer) => return Ok(answer),
            Err(error) => {
                let hint = error.details().hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
                context.console.note(&format!("  {error}{hint}"));
            }
        }
    }
}

fn wrong(what: &str) -> Error {
    Error::new(Reason::InvalidParameter, what)
}
