//! A dialogue with `sf-jwt serve`, every frame shown.

use super::stage::{Stage, shortened};
use crate::error::{Error, Reason, Result};
use serde_json::{Value, json};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// Starts the server, asks, shows every frame, and ends it.
pub(super) async fn hold(stage: &Stage<'_>, calls: &[(&str, Value)]) -> Result<()> {
    stage.command(&["serve", "--orgs", "configured"])?;
    let mut server = stage
        .program(&["serve", "--orgs", "configured"])?
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(broken)?;
    let (Some(mut input), Some(output)) = (server.stdin.take(), server.stdout.take()) else {
        return Err(Error::new(Reason::Internal, "the server has no streams"));
    };
    let mut answers = BufReader::new(output).lines();
    for (number, (method, params)) in calls.iter().enumerate() {
        let id = number + 1;
        let frame = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string();
        stage.frame("→", &frame)?;
        input.write_all(format!("{frame}\n").as_bytes()).await.map_err(broken)?;
        loop {
            let line = answers
                .next_line()
                .await
                .map_err(broken)?
                .ok_or_else(|| Error::new(Reason::Internal, "the server ended in the middle of the dialogue"))?;
            let answer: Value = serde_json::from_str(&line)
                .map_err(|e| Error::new(Reason::Internal, "the server sent something else than JSON").because(e))?;
            stage.frame("←", &shortened(&answer).to_string())?;
            if answer["id"] == json!(id) {
                break;
            }
        }
    }
    drop(input);
    let status = server.wait().await.map_err(broken)?;
    match status.success() {
        true => stage.did("closed the server's stdin; it ended with 0"),
        false => Err(Error::new(Reason::Internal, format!("the server ended with {status}"))),
    }
}

fn broken(error: std::io::Error) -> Error {
    Error::new(Reason::Internal, "the server could not be spoken to").because(error)
}
