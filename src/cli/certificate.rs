//! `sf-jwt certificate`: the pair that an app and a program share, one half each.

use super::render::{BOLD, CYAN, RED};
use super::{Context, Exit, path};
use crate::error::{EXIT_NEGATIVE_RESULT, Error, Reason, Result};
use crate::key::pair::{KeySize, MAX_DAYS, Subject, Wish};
use crate::ops::certificate::{self as ops, Destination, Look, Public};
use crate::ops::{credentials, orgs};
use crate::org::completion::Surroundings;
use crate::org::draft::{Draft, Reference};
use crate::org::field::{Given, Origin};
use crate::org::lookup::Asked;
use crate::protocol::types::{CertificateResult, NewPairResult, Step};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Make the key pair of an app, or look at a certificate
#[derive(Args)]
pub(super) struct Certificate {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make PREFIX.key and PREFIX.crt: a private key and a self-signed certificate for Salesforce
    ///
    /// Nothing is ever overwritten. The key is readable by its owner only, from its first moment.
    New(New),
    /// Make PREFIX.key and PREFIX.csr: a private key and a request for a certificate authority
    Csr(Csr),
    /// Tell whom a certificate names, until when, its fingerprint, and whether it belongs to a key
    Show(Show),
}

#[derive(Args)]
struct Wishes {
    /// Where to: the files are PREFIX.key and PREFIX.crt or PREFIX.csr
    #[arg(long, value_name = "PREFIX", value_parser = path())]
    out: PathBuf,

    /// The size of the key
    #[arg(long, value_enum, default_value = "2048")]
    bits: Bits,

    /// Whom it names; by default the name in PREFIX
    #[arg(long, value_name = "CN=NAME")]
    subject: Option<String>,

    /// Encrypt the key with the passphrase at env:NAME, file:PATH, …
    #[arg(long, value_name = "URI", allow_hyphen_values = true, value_parser = super::uri)]
    passphrase: Option<String>,
}

#[derive(Args)]
struct New {
    #[command(flatten)]
    wishes: Wishes,

    /// For how many days
    #[arg(long, allow_hyphen_values = true, default_value = "730", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_DAYS)))]
    days: u32,
}

#[derive(Args)]
struct Csr {
    #[command(flatten)]
    wishes: Wishes,
}

#[derive(Args)]
struct Show {
    /// The certificate; by default that of --org
    #[arg(value_name = "FILE")]
    file: Option<String>,

    /// The key to compare with; by default that of --org, else the .key file beside the certificate
    #[arg(long, value_name = "URI", allow_hyphen_values = true, value_parser = super::uri)]
    key: Option<String>,

    /// Where the key's passphrase is
    #[arg(long, value_name = "URI", allow_hyphen_values = true, value_parser = super::uri)]
    passphrase: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Bits {
    #[value(name = "2048")]
    Bits2048,
    #[value(name = "3072")]
    Bits3072,
    #[value(name = "4096")]
    Bits4096,
}

impl From<Bits> for KeySize {
    fn from(bits: Bits) -> KeySize {
        match bits {
            Bits::Bits2048 => KeySize::Bits2048,
            Bits::Bits3072 => KeySize::Bits3072,
            Bits::Bits4096 => KeySize::Bits4096,
        }
    }
}

impl Certificate {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        match self.verb {
            Verb::New(new) => new.wishes.make(context, Public::Certificate { days: new.days }),
            Verb::Csr(csr) => csr.wishes.make(context, Public::Request),
            Verb::Show(show) => show.run(context),
        }
    }
}

/// The org that `--org` names, over which the flags go; without it, the flags alone. No variable adds to them.
fn draft(context: &Context, flags: Draft) -> Result<(Draft, bool)> {
    match context.global.one_org()? {
        None => Ok((flags, false)),
        Some(name) => {
            let asked = Asked { org: Some(name.to_owned()), project_org: false, flags };
            Ok((orgs::find(&context.host, &asked, context.global.config.as_deref())?.draft, true))
        }
    }
}

fn reference<S>(uri: Option<String>) -> Option<Given<Reference<S>>> {
    uri.map(|uri| Given::new(Reference::Uri(uri.into()), Origin::Flag))
}

impl Wishes {
    fn make(self, context: &Context, public: Public) -> Result<Exit> {
        let home = context.host.env.home();
        let around = Surroundings { home: home.as_deref() };
        let flags = Draft { passphrase: reference(self.passphrase), ..Draft::default() };
        let source = flags.passphrase_source(around)?;
        let destination = match draft(context, Draft::default())? {
            (draft, true) => Destination::of(&draft, around)?,
            _ => Destination::default(),
        };
        let subject = match &self.subject {
            Some(text) => Subject::parse(text)?,
            None => {
                let name = self.out.file_name().unwrap_or_default().to_string_lossy();
                Subject::common_name(&name.chars().filter(|c| !c.is_control()).take(64).collect::<String>())
            }
        };
        let terms = context.service().fetching;
        let passphrase = match &source {
            None => None,
            Some(source) => Some(context.block_on(credentials::passphrase(&context.host, source, terms))?),
        };
        if passphrase.as_ref().is_some_and(|text| text.expose().is_empty()) {
            return Err(Error::usage(Reason::InvalidParameter, "passphrase", "the passphrase is empty"));
        }
        let wish = Wish { subject, size: self.bits.into(), passphrase };
        let made = ops::make(&context.host, &self.out, &wish, public, &destination)?;
        if context.console.json() {
            context.console.value(&made)?;
        } else {
            context.console.text(&pair_text(&made))?;
            context.console.note(&steps_text(&made.next_steps));
        }
        Ok(0)
    }
}

impl Show {
    fn run(self, context: &Context) -> Result<Exit> {
        let home = context.host.env.home();
        let around = Surroundings { home: home.as_deref() };
        let flags = Draft {
            certificate: self.file.map(|file| Given::new(file, Origin::Flag)),
            key: reference(self.key),
            passphrase: reference(self.passphrase),
            ..Draft::default()
        };
        let (draft, named) = draft(context, flags)?;
        let destination = if named { Destination::of(&draft, around)? } else { Destination::default() };
        let file = draft.certificate_file(around)?.ok_or_else(|| {
            Error::usage(Reason::MissingParameter, "file", "no certificate is named")
                .hint("give its file, or --org with an org whose certificate is configured")
        })?;
        let key = draft.key.is_some().then(|| draft.key_source(around)).transpose()?;
        let passphrase = draft.passphrase_source(around)?;
        let look = Look { file: &file, key: key.as_ref(), passphrase: passphrase.as_ref() };
        let shown = context.block_on(ops::show(&context.host, look, context.service().fetching, &destination))?;
        context.console.warn(&shown.warnings);
        if context.console.json() {
            context.console.value(&shown)?;
        } else {
            context.console.text(&certificate_text(&shown))?;
            context.console.note(&steps_text(&shown.next_steps));
        }
        Ok(if shown.key_matches == Some(false) { EXIT_NEGATIVE_RESULT } else { 0 })
    }
}

pub(super) fn pair_text(made: &NewPairResult) -> String {
    let encrypted = if made.encrypted { "encrypted" } else { "readable by you alone" };
    let mut text = format!("{BOLD}key{BOLD:#}          {} (RSA {} bits, {encrypted})\n", made.key, made.bits);
    if let Some(certificate) = &made.certificate {
        text += &format!(
            "{BOLD}certificate{BOLD:#}  {} ({}, until {})\n{BOLD}SHA-256{BOLD:#}      {}\n",
            certificate.file, certificate.subject, certificate.not_after, certificate.fingerprint
        );
    }
    if let Some(request) = &made.request {
        text += &format!("{BOLD}request{BOLD:#}      {request}\n");
    }
    text
}

fn certificate_text(shown: &CertificateResult) -> String {
    let certificate = &shown.certificate;
    let issuer = if certificate.issuer == certificate.subject { "itself" } else { &certificate.issuer };
    let belongs = match (&shown.key, shown.key_matches) {
        (Some(key), Some(true)) => format!("belongs to {key}"),
        (Some(key), _) => format!("{RED}does not belong{RED:#} to {key}"),
        (None, _) => "not compared with any key (--key URI)".to_owned(),
    };
    let expired = if certificate.expired { " (expired)" } else { "" };
    let rows = [
        ("subject", certificate.subject.clone()),
        ("signed by", issuer.to_owned()),
        ("valid", format!("{} to {}{expired}", certificate.not_before, certificate.not_after)),
        ("key", format!("RSA {} bits; {belongs}", certificate.bits)),
        ("serial", certificate.serial_number.clone()),
        ("SHA-256", certificate.fingerprint.clone()),
        ("size", format!("{} bytes (Salesforce takes less than 4096)", certificate.file_size)),
    ];
    rows.iter().map(|(name, value)| format!("{BOLD}{name:<10}{BOLD:#} {value}\n")).collect()
}

pub(super) fn steps_text(steps: &[Step]) -> String {
    steps
        .iter()
        .map(|step| {
            let open = step.url.as_ref().map(|url| format!("\n  open: {CYAN}{url}{CYAN:#}")).unwrap_or_default();
            format!("\n{BOLD}{}{BOLD:#}\n  {}{open}\n", step.title, step.text)
        })
        .collect()
}
