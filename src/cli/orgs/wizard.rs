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
use crate::ops::certificate::{self, Destination, Public, make};
use crate::ops::credentials;
use crate::ops::orgs::gather::{self, ConfigPlace};
use crate::ops::orgs::keep;
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
        let usual = usual_pair(&org, context)?;
        // from an earlier attempt, whose certificate may be uploaded already
        let otherwise = match usual.key.exists() {
            true => format!("use {}, which is there already", usual.key.display()),
            false => "make a new one".to_owned(),
        };
        let key = ask(context, &format!("Private key (a path or another key URI), or Enter to {otherwise}"), |text| {
            let uri = match text {
                "" if !usual.key.exists() => return Ok(None),
                "" => format!("file:{}", usual.key.display()),
                text => text.to_owned(),
            };
            let given = Given::new(Reference::Uri(uri.into()), Origin::Flag);
            let source = Draft { key: Some(given.clone()), ..Draft::default() }.key_source(around)?;
            credentials::look(&source).map(|()| Some((given, text.is_empty())))
        })?;
        match key {
            Some((given, is_usual)) => {
                org.key = Some(given);
                if is_usual && usual.certificate.exists() && org.certificate.is_none() {
                    org.certificate = Some(Given::new(usual.certificate.display().to_string(), Origin::Flag));
                }
            }
            None => new_pair(&mut org, context, around, &usual)?,
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

/// The key and the certificate that are made for an org, beside `orgs.toml`.
struct UsualPair {
    place: ConfigPlace,
    prefix: PathBuf,
    key: PathBuf,
    certificate: PathBuf,
}

fn usual_pair(org: &Draft, context: &Context) -> Result<UsualPair> {
    let place = gather::config_place(&context.host, context.global.config.as_deref())?;
    let beside = place.file.with_file_name(org.name.as_deref().unwrap_or_default());
    let prefix = std::path::absolute(&beside).unwrap_or(beside);
    Ok(UsualPair {
        place,
        key: certificate::beside(&prefix, "key")?,
        certificate: certificate::beside(&prefix, "crt")?,
        prefix,
    })
}

/// Makes a key and its certificate, and says where the certificate is uploaded.
fn new_pair(org: &mut Draft, context: &Context, around: Surroundings, pair: &UsualPair) -> Result<()> {
    keep::make_room(&pair.place)?;
    let name = org.name.as_deref().unwrap_or_default();
    let wish = Wish { subject: Subject::common_name(name), size: KeySize::Bits2048, passphrase: None };
    let made =
        make(&context.host, &pair.prefix, &wish, Public::Certificate { days: DAYS }, &Destination::of(org, around)?)?;
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
