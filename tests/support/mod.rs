//! A fake org on loopback that says exactly what a test wants, and counts what it was asked.

mod loopback;

use loopback::Request;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub(crate) const USERNAME: &str = "int@acme.example";
pub(crate) const ORG_ID: &str = "00D5e000005AHE7EAO";

/// What the fake org does with a request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status line, further headers, a body.
    Says(&'static str, Vec<String>, String),
    /// These bytes, and then the connection ends.
    Raw(Vec<u8>),
    /// The connection ends without a word.
    Resets,
    /// Nothing, ever.
    Hangs,
}

impl Answer {
    pub(crate) fn json(status: &'static str, body: impl Into<String>) -> Answer {
        Answer::Says(status, vec!["Content-Type: application/json".into()], body.into())
    }

    pub(crate) fn refusal(error: &str, description: &str) -> Answer {
        let body = serde_json::json!({"error": error, "error_description": description});
        Answer::json("400 Bad Request", body.to_string())
    }
}

type Script = Box<dyn Fn(&str, u32) -> Option<Answer> + Send + Sync>;

/// A fake org.
pub(crate) struct FakeOrg {
    pub(crate) url: String,
    state: Arc<State>,
}

struct State {
    /// The answer to a path, and how often the token endpoint has been asked; `None` is what a good org says.
    script: Script,
    posts: AtomicU32,
    latency: Duration,
    date: Mutex<Option<String>>,
}

impl FakeOrg {
    /// A good org.
    pub(crate) fn good() -> FakeOrg {
        FakeOrg::with(|_, _| None)
    }

    /// An org that answers the token request so.
    pub(crate) fn that_says(answer: Answer) -> FakeOrg {
        FakeOrg::with(move |path, _| path.ends_with("/token").then(|| answer.clone()))
    }

    /// An org with its own mind.
    pub(crate) fn with(script: impl Fn(&str, u32) -> Option<Answer> + Send + Sync + 'static) -> FakeOrg {
        FakeOrg::slow(Duration::ZERO, script)
    }

    /// The same, which thinks before every answer.
    pub(crate) fn slow(
        latency: Duration,
        script: impl Fn(&str, u32) -> Option<Answer> + Send + Sync + 'static,
    ) -> FakeOrg {
        let state = State { script: Box::new(script), posts: AtomicU32::new(0), latency, date: Mutex::new(None) };
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        let url = loopback::listen(move |stream, origin| shared.serve(stream, origin));
        FakeOrg { url, state }
    }

    /// The `Date` of every answer from now on.
    pub(crate) fn set_date(&self, date: String) {
        *self.state.date.lock().unwrap() = Some(date);
    }

    /// How many assertions it was sent.
    pub(crate) fn posts(&self) -> u32 {
        self.state.posts.load(SeqCst)
    }
}

impl State {
    fn serve(&self, stream: &TcpStream, origin: &str) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream);
        while let Some(request) = loopback::request(&mut reader) {
            let Some(user) = user(&request) else { return };
            let path = request.path;
            let asked = if path.ends_with("/token") { self.posts.fetch_add(1, SeqCst) + 1 } else { 0 };
            thread::sleep(self.latency);
            let answer = (self.script)(&path, asked).unwrap_or_else(|| good(&path, origin, &user));
            let bytes = match answer {
                Answer::Hangs => {
                    thread::sleep(Duration::from_secs(60));
                    return;
                }
                Answer::Resets => return,
                Answer::Raw(bytes) => {
                    let _ = (&*stream).write_all(&bytes);
                    return;
                }
                Answer::Says(status, headers, body) => {
                    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
                    headers.iter().for_each(|header| head += &format!("{header}\r\n"));
                    if let Some(date) = &*self.date.lock().unwrap() {
                        head += &format!("Date: {date}\r\n");
                    }
                    (head + "\r\n" + &body).into_bytes()
                }
            };
            if (&*stream).write_all(&bytes).is_err() {
                return;
            }
        }
    }
}

/// What a good org says; the token repeats the user that the assertion names, so that many users can share it.
fn good(path: &str, origin: &str, user: &str) -> Answer {
    let body = match path.split('?').next().unwrap_or_default() {
        "/services/oauth2/token" => serde_json::json!({
            "access_token": format!("00D5e000005AHE7!{}", user.replace('@', ".at.")), "instance_url": origin,
            "id": format!("https://login.salesforce.com/id/{ORG_ID}/0055e000001N6jyAAC"), "token_type": "Bearer",
            "scope": "api web",
        }),
        "/services/oauth2/userinfo" => serde_json::json!({
            "user_id": "0055e000001N6jyAAC", "organization_id": ORG_ID, "preferred_username": user,
        }),
        "/services/data/" => serde_json::json!([{"label": "x", "url": "/services/data/v64.0", "version": "64.0"}]),
        path if path.ends_with("/limits") => serde_json::json!({"DailyApiRequests": {"Max": 100, "Remaining": 99}}),
        _ => {
            let body = r#"[{"message":"no","errorCode":"INVALID_TYPE"}]"#;
            return Answer::json("400 Bad Request", body);
        }
    };
    Answer::json("200 OK", body.to_string())
}

/// The user that a request's assertion or token names.
fn user(request: &Request) -> Option<String> {
    if let Some(claims) = request.body.split("assertion=").nth(1).and_then(|jwt| jwt.split('.').nth(1)) {
        use base64::Engine;
        let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
        return Some(claims["sub"].as_str()?.to_owned());
    }
    match request.authorization.as_str() {
        "" => Some(USERNAME.to_owned()),
        token => Some(token.split('!').nth(1)?.replace(".at.", "@")),
    }
}

/// An https URL whose server's certificate nobody vouches for.
pub(crate) fn untrusted_host() -> String {
    use rustls::{ServerConfig, ServerConnection, crypto::aws_lc_rs, pki_types::PrivateKeyDer};
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![own.cert.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            while connection.is_handshaking() && connection.complete_io(&mut stream).is_ok() {}
        }
    });
    url
}
