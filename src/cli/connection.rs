//! Which org a command is about: `--org` and the connection flags, as a draft.

use super::{Context, Global};
use crate::error::{Error, Reason, Result};
use crate::host::process::SECRET_VARIABLES;
use crate::ops::Service;
use crate::ops::credentials::Terms;
use crate::ops::orgs::{self, Found};
use crate::ops::token_store::Wish;
use crate::org::draft::{Draft, Reference};
use crate::org::field::{Given, Origin};
use crate::org::lookup::Asked;
use clap::Args;
use std::io::IsTerminal;

/// The heading of each of these flags, not of the flags that a command lists after them.
const HEADING: &str = "Connection";

/// The flags that describe a connection, or override single fields of a configured org.
#[derive(Args, Clone, Default)]
pub(crate) struct ConnectionFlags {
    #[command(flatten)]
    fields: ConnectionFields,

    /// Use the target org of the Salesforce DX project around this folder
    #[arg(long, help_heading = HEADING)]
    project_org: bool,
}

/// A flag for each field of a connection.
#[derive(Args, Clone, Default)]
pub(crate) struct ConnectionFields {
    /// The app's consumer key
    #[arg(long, value_name = "KEY", help_heading = HEADING)]
    client_id: Option<String>,

    /// The Salesforce username to act as
    #[arg(long, value_name = "USERNAME", help_heading = HEADING)]
    username: Option<String>,

    /// The org's My Domain, such as https://acme.my.salesforce.com
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    login_url: Option<String>,

    /// The audience of the assertion, or auto; by default the login URL
    #[arg(long, value_name = "URL", help_heading = HEADING)]
    audience: Option<String>,

    /// Where the private key is: a path, env:NAME, fd:N, stdin:, cmd:…, keychain:…, signer:…
    #[arg(long, value_name = "URI", allow_hyphen_values = true, value_parser = super::uri, help_heading = HEADING)]
    key: Option<String>,

    /// Where the key's passphrase is: file:PATH, env:NAME, …
    #[arg(long, value_name = "URI", allow_hyphen_values = true, value_parser = super::uri, help_heading = HEADING)]
    passphrase: Option<String>,

    /// The certificate that was uploaded to the app
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    certificate: Option<String>,
}

impl ConnectionFields {
    /// What the flags say.
    pub(crate) fn draft(&self) -> Draft {
        let text = |value: &Option<String>| value.clone().map(|value| Given::new(value, Origin::Flag));
        fn uri<S>(value: &Option<String>) -> Option<Given<Reference<S>>> {
            value.clone().map(|value| Given::new(Reference::Uri(value.into()), Origin::Flag))
        }
        Draft {
            client_id: text(&self.client_id),
            username: text(&self.username),
            login_url: text(&self.login_url),
            audience: text(&self.audience),
            key: uri(&self.key),
            passphrase: uri(&self.passphrase),
            certificate: text(&self.certificate),
            ..Draft::default()
        }
    }
}

impl ConnectionFlags {
    /// The org that these flags, the variables and the configuration mean.
    pub(crate) fn find(&self, context: &Context) -> Result<Found> {
        self.find_named(context, context.global.one_org()?)
    }

    /// The same for one of several names.
    pub(crate) fn find_named(&self, context: &Context, name: Option<&str>) -> Result<Found> {
        let asked = Asked { org: name.map(str::to_owned), project_org: self.project_org, flags: self.fields.draft() };
        orgs::find(&context.host, &asked, context.global.config.as_deref())
    }
}

impl ConnectionFlags {
    /// A configured org, with what the flags say instead.
    pub(crate) fn over(&self, draft: Draft) -> Found {
        Found { draft: self.fields.draft().over(draft), warnings: Vec::new() }
    }
}

impl Global {
    /// The one org that was named, for commands that are about one.
    pub(crate) fn one_org(&self) -> Result<Option<&str>> {
        match self.org.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err(Error::usage(
                Reason::ConflictingParameters,
                "org",
                "this command is about one org, and several are named",
            )),
        }
    }
}

impl Context {
    /// The variables that hold keys and passphrases, of this org, of every configured one, and those that our own
    /// variables lead to. No other program should inherit them.
    pub(crate) fn secret_variables(&self, org: Draft) -> Vec<String> {
        let found = Found { draft: org, warnings: Vec::new() };
        let mut names = orgs::secret_variables(&self.host, self.global.config.as_deref(), &found);
        let named = |ours| self.host.env.text(ours)?.trim().strip_prefix("env:").map(str::to_owned);
        names.extend(SECRET_VARIABLES.into_iter().filter_map(named));
        names.extend(SECRET_VARIABLES.map(str::to_owned));
        names
    }

    /// What the verbs work with, as the global options say.
    pub(crate) fn service(&self) -> Service {
        let wish = Wish { state_dir: self.global.state_dir.clone(), memory_only: self.global.no_cache };
        let person = std::io::stderr().is_terminal();
        let terms = Terms::command(self.global.timeout, person);
        let mut service = Service::new(self.host.clone(), self.global.timeout, terms, wish);
        service.config.clone_from(&self.global.config);
        service.ca_file.clone_from(&self.global.ca_file);
        service
    }
}
