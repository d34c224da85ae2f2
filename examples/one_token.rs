//! The library in a program of your own: a token for a configured org.
//!
//!     cargo run --example one_token -- ORG

use sf_jwt::error::Result;
use sf_jwt::host::Host;
use sf_jwt::ops::Service;
use sf_jwt::ops::credentials::Terms;
use sf_jwt::ops::orgs::{self, Found};
use sf_jwt::ops::token::{self, Wishes};
use sf_jwt::ops::token_store::Wish;
use sf_jwt::protocol::types::TokenResult;
use std::process::ExitCode;
use std::time::Duration;

async fn one_token(org: &str) -> Result<TokenResult> {
    let patience = Duration::from_secs(30);
    let service = Service::new(Host::system(), patience, Terms::server(patience), Wish::default());
    let config = service.host.env.path("SF_JWT_CONFIG");
    let draft = orgs::named(&service.host, org, config.as_deref())?;
    token::token(&service, &Found { draft, warnings: Vec::new() }, Wishes::default()).await
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a program, not the library")]
async fn main() -> ExitCode {
    let org = std::env::args().nth(1).unwrap_or_else(|| "acme".to_owned());
    match one_token(&org).await {
        Ok(token) => {
            println!("a token for {} at {} until {}", token.username, token.instance_url, token.expires_at);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error} [{}]\n{}", error.reason().code(), error.details().hint.as_deref().unwrap_or_default());
            ExitCode::from(error.kind().exit_code())
        }
    }
}
