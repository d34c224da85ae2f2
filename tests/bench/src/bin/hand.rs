//! The least that could answer `install-url`: read a line, parse, format, write, flush.
use serde_json::{Value, json};
use std::io::{BufRead, Write};

fn main() {
    let mut stdout = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let Ok(request) = serde_json::from_str::<Value>(&line) else { return };
        let target = request["params"]["target"].as_str().unwrap_or_default();
        let app = request["params"]["appId"].as_str().unwrap_or_default();
        let url = format!("https://{target}/identity/app/AppInstallApprovalPage.apexp?app_id={app}");
        let answer = json!({"jsonrpc": "2.0", "id": request["id"], "result": {"url": url}});
        if writeln!(stdout, "{answer}").is_err() || stdout.flush().is_err() {
            return;
        }
    }
}
