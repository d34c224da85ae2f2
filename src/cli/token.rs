//! `sf-jwt token`

use super::connection::ConnectionFlags;
use super::token_format::OutputForm;
use super::{Context, Exit, duration};
use crate::error::Result;
use crate::ops::token::{self, Wishes};
use clap::Args;
use serde_json::{Map, Value};
use std::time::Duration;

/// Print an access token for one org
#[derive(Args)]
pub(super) struct Token {
    #[command(flatten)]
    connection: ConnectionFlags,

    #[command(flatten)]
    form: OutputForm,

    /// Log in anew instead of using a token that is there
    #[arg(long)]
    fresh: bool,

    /// How long the token must still live
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, default_value = "0s", value_parser = duration)]
    min_validity: Duration,

    /// Print endpoint, header and claims; nothing is signed or sent
    #[arg(long)]
    preview: bool,
}

impl Token {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        self.form.check(context.console.json(), &context.host.env)?;
        let found = self.connection.find(context)?;
        let service = context.service();
        if self.preview {
            let preview = token::preview(&service, &found)?;
            context.console.warn(&found.warnings.iter().cloned().map(Into::into).collect::<Vec<_>>());
            if context.console.json() {
                context.console.value(&preview)?;
            } else {
                let pretty = |map: &Map<String, Value>| serde_json::to_string_pretty(map).unwrap_or_default();
                let (header, claims) = (pretty(&preview.header), pretty(&preview.claims));
                context.console.text(&format!(
                    "POST {}\nheader {header}\nclaims {claims}\nkey    {}",
                    preview.endpoint, preview.key_source
                ))?;
            }
            return Ok(0);
        }
        let wishes = Wishes { fresh: self.fresh, min_validity: self.min_validity, rejected: None };
        let result = context.block_on(token::token(&service, &found, wishes))?;
        context.console.warn(&result.warnings);
        self.form.print(&result, &context.host.env, &context.console)?;
        Ok(0)
    }
}
