//! A stand-in for Salesforce that counts: every login, slow or fast, granted or refused, and what was revoked.

#[path = "../support/loopback.rs"]
mod loopback;

use loopback::Request;
use std::collections::HashSet;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(crate) struct Salesforce {
    pub(crate) url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    logins: AtomicU32,
    latency_ms: AtomicU64,
    refusal: Mutex<Option<&'static str>>,
    living: Mutex<HashSet<String>>,
}

impl Salesforce {
    pub(crate) fn start() -> Salesforce {
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let url = loopback::listen(move |stream, origin| shared.serve(stream, origin));
        Salesforce { url, state }
    }

    pub(crate) fn slow(self, latency: Duration) -> Salesforce {
        self.state.latency_ms.store(u64::try_from(latency.as_millis()).unwrap(), SeqCst);
        self
    }

    /// From now on every login is refused with this `error_description`.
    pub(crate) fn refuse(&self, description: Option<&'static str>) {
        *self.state.refusal.lock().unwrap() = description;
    }

    pub(crate) fn logins(&self) -> u32 {
        self.state.logins.load(SeqCst)
    }

    pub(crate) fn knows(&self, token: &str) -> bool {
        self.state.living.lock().unwrap().contains(token)
    }

    /// Ends every session, as an administrator can.
    pub(crate) fn end_sessions(&self) {
        self.state.living.lock().unwrap().clear();
    }
}

impl State {
    fn serve(&self, stream: &TcpStream, origin: &str) {
        let mut reader = BufReader::new(stream);
        while let Some(Request { path, authorization, body }) = loopback::request(&mut reader) {
            let (status, answer) = self.answer(&path, &authorization, &body, origin);
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            );
            // one write: else the kernel waits for an acknowledgement in between
            if (&*stream).write_all((head + &answer).as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, path: &str, authorization: &str, body: &str, origin: &str) -> (&'static str, String) {
        match path {
            "/services/oauth2/token" => {
                let number = self.logins.fetch_add(1, SeqCst) + 1;
                thread::sleep(Duration::from_millis(self.latency_ms.load(SeqCst)));
                if let Some(description) = *self.refusal.lock().unwrap() {
                    let answer = format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#);
                    return ("400 Bad Request", answer);
                }
                let token = format!("00D5e000005AHE7!AQ.{number}");
                self.living.lock().unwrap().insert(token.clone());
                let id = "https://login.salesforce.com/id/00D5e000005AHE7EAO/0055e000001N6jyAAC";
                let answer = format!(
                    r#"{{"access_token":"{token}","instance_url":"{origin}","id":"{id}","token_type":"Bearer","scope":"api web"}}"#
                );
                ("200 OK", answer)
            }
            "/services/oauth2/revoke" => {
                let token = body.strip_prefix("token=").unwrap_or_default().replace("%21", "!");
                let known = self.living.lock().unwrap().remove(&token);
                if known { ("200 OK", String::new()) } else { ("400 Bad Request", "error=invalid_token".into()) }
            }
            _ => {
                let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
                let known = self.living.lock().unwrap().contains(token);
                let invalid = r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#;
                if known { ("200 OK", "[]".into()) } else { ("401 Unauthorized", invalid.into()) }
            }
        }
    }
}
