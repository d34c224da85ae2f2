//! `sf-jwt revoke`

use super::connection::ConnectionFlags;
use super::{Context, Exit};
use crate::error::Result;
use crate::ops::revoke;
use clap::Args;

/// End the cached token at Salesforce and forget it
#[derive(Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    connection: ConnectionFlags,

    /// Only forget it here
    #[arg(long)]
    local_only: bool,
}

impl Revoke {
    pub(super) fn run(self, context: &Context) -> Result<Exit> {
        let found = self.connection.find(context)?;
        let service = context.service();
        let result = context.block_on(revoke::revoke(&service, &found, self.local_only))?;
        let noticed = found.warnings.into_iter().chain(service.tokens()?.store().warnings());
        context.console.warn(&noticed.map(Into::into).collect::<Vec<_>>());
        if context.console.json() {
            context.console.value(&result)?;
            return Ok(0);
        }
        context.console.text(match (result.revoked, result.forgotten) {
            (true, _) => "the token is revoked and forgotten",
            (false, true) if self.local_only => {
                "the token is forgotten here; at Salesforce it lives on until it expires"
            }
            (false, true) => "Salesforce did not know the token any more; it is forgotten",
            (false, false) => "there was no token",
        })?;
        Ok(0)
    }
}
