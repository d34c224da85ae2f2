//! A stand-in for Salesforce on loopback, for demos, tests, and the CI of people who build on this program.
//!
//! A login host stands for `login.salesforce.com`; every org has a My Domain `http://NAME.localhost:PORT` and a port of
//! its own ([`address`]). What it knows are plain values ([`world`], described in a file: [`world_file`]). A token
//! request is decided on by [`rules`], a pure function of the world, the request and the time, whose every refusal
//! carries the row of the team's Salesforce reference that it replicates. What is not known of Salesforce is a setting
//! ([`Behaviour`]), not an invention. [`Fault`]s can be ordered.
//!
//! ```text
//! http (sockets) → call → site (paths) → rules · session · identity · rest, soql, records · pages, setup → reply → http
//! ```

mod address;
mod assertion;
mod call;
pub mod certificate;
mod fault;
mod http;
mod id;
mod identity;
mod kit;
mod log;
mod pages;
mod ready;
mod records;
mod rest;
mod rules;
mod session;
mod setup;
mod site;
mod soql;
#[cfg(test)]
mod testing;
pub mod world;
pub mod world_file;

pub use fault::Fault;
pub use kit::Kit;
pub use log::Entry;
pub use ready::Ready;
pub use world::{Behaviour, World};

use crate::error::{Error, Reason, Result};
use crate::host::Clock;
use address::Addresses;
use http::{Inner, Shared};
use log::Log;
use session::TokenKey;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// How an emulator is to be.
#[derive(Debug)]
pub struct Options {
    /// The orgs and apps.
    pub world: World,
    /// The login host's port; 0 picks a free one.
    pub port: u16,
    /// What goes wrong at the token endpoint.
    pub fault: Option<Fault>,
    /// How many token requests the fault hits; `None`: all.
    pub fault_first: Option<u64>,
    /// How long every answer takes at least.
    pub latency: Duration,
    /// The emulator's clock.
    pub clock: Clock,
}

impl Options {
    /// An emulator of this world without faults.
    pub fn new(world: World) -> Self {
        Options { world, port: 0, fault: None, fault_first: None, latency: Duration::ZERO, clock: Clock::System }
    }
}

/// A running emulator, on a thread of its own. Dropping it ends it at once.
pub struct Running {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts an emulator; it listens on 127.0.0.1 only, and does when this returns.
///
/// # Errors
/// A `usage` error about `port` when it is taken; `internal` when the system gives no socket or thread.
pub fn start(options: Options) -> Result<Running> {
    let Options { mut world, port, fault, fault_first, latency, clock } = options;
    if world.apps.values().any(|app| app.jwt_timeout.is_some()) {
        world.token_key = TokenKey::generate();
    }
    let login = listen(port)?;
    let own: Vec<_> = world.orgs.keys().map(|name| Ok((name.clone(), listen(0)?))).collect::<Result<_>>()?;
    let port_of = |listener: &TcpListener| listener.local_addr().map(|address| address.port()).map_err(no_socket);
    let orgs = own.iter().map(|(name, listener)| Ok((name.clone(), port_of(listener)?))).collect::<Result<_>>()?;
    let addresses = Addresses { login_port: port_of(&login)?, orgs };
    let inner = Inner { world, log: Log::default(), fault, fault_left: fault_first };
    let shared = Arc::new(Shared::new(addresses, clock, latency, inner));

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_socket)?;
    let (stop, stopped) = oneshot::channel();
    {
        let _inside = runtime.enter();
        for listener in std::iter::once(login).chain(own.into_iter().map(|(_, listener)| listener)) {
            listener.set_nonblocking(true).map_err(no_socket)?;
            let listener = tokio::net::TcpListener::from_std(listener).map_err(no_socket)?;
            runtime.spawn(http::serve(listener, Arc::clone(&shared)));
        }
    }
    let thread = std::thread::Builder::new()
        .name("emulator".into())
        .spawn(move || {
            let _ = runtime.block_on(stopped); // sent to, or dropped: both mean the end, and end all connections
        })
        .map_err(no_socket)?;
    Ok(Running { shared, stop: Some(stop), thread: Some(thread) })
}

fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        let taken = error.kind() == std::io::ErrorKind::AddrInUse;
        let what = if taken { "is in use" } else { "cannot be listened on" };
        match port {
            0 => no_socket(error),
            _ => Error::usage(Reason::InvalidParameter, "port", format!("port {port} {what}")).because(error),
        }
    })
}

fn no_socket(error: std::io::Error) -> Error {
    Error::new(Reason::Internal, "the system gave the emulator no socket or thread").because(error)
}

impl Running {
    /// The login host's address.
    pub fn login_url(&self) -> String {
        self.shared.addresses.login_url()
    }

    /// An org's My Domain, `http://NAME.localhost:PORT`.
    pub fn my_domain(&self, org: &str) -> String {
        self.shared.addresses.my_domain(org)
    }

    /// An org's address by port, which needs no name resolution.
    pub fn address(&self, org: &str) -> String {
        self.shared.addresses.address(org)
    }

    /// What a client needs to know, as the ready line has it.
    pub fn ready(&self) -> Ready {
        Ready::new(&self.shared.inner().world, &self.shared.addresses)
    }

    /// What was asked and answered so far, oldest first.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.inner().log.entries()
    }

    /// Orders or ends a fault; `first` limits it to so many token requests.
    pub fn set_fault(&self, fault: Option<Fault>, first: Option<u64>) {
        let mut inner = self.shared.inner();
        (inner.fault, inner.fault_left) = (fault, first);
    }

    /// Looks at the world, or changes it, between two requests.
    pub fn with_world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.shared.inner().world)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use testing::{assertion, world};

    fn running(fault: Option<&str>, fault_first: Option<u64>) -> Running {
        let fault = fault.map(|name| Fault::from_name(name).unwrap());
        start(Options { fault, fault_first, ..Options::new(world()) }).unwrap()
    }

    /// Sends a request to an org and answers with all that comes back, until the connection ends.
    fn send(running: &Running, request: &str) -> std::io::Result<String> {
        let address = running.address("acme");
        let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
        let hangs = running.shared.inner().fault == Some(Fault::Hang);
        stream.set_read_timeout(Some(Duration::from_millis(if hangs { 300 } else { 20_000 }))).unwrap();
        let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
        let host = address.strip_prefix("http://").unwrap();
        write!(stream, "{head} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n").unwrap();
        write!(
            stream,
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8(answer).unwrap())
    }

    fn log_in(running: &Running) -> std::io::Result<String> {
        let mut claims = running.with_world(|world| testing::claims(world, "service-a", "acme"));
        claims["aud"] = running.address("acme").into();
        claims["exp"] = (Clock::System.now().0 + 180).into();
        let grant = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
        send(running, &format!("POST /services/oauth2/token\n\n{grant}&assertion={}", assertion(&claims)))
    }

    #[test]
    fn it_answers_on_loopback_with_a_date_and_logs_no_secret() {
        let running = running(None, None);
        let answer = log_in(&running).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"access_token\":\"00D"), "{answer}");
        let date = answer.lines().find_map(|line| line.strip_prefix("date: ")).unwrap();
        let skew = Timestamp::parse_http_date(date).unwrap().seconds_since(Clock::System.now());
        assert!((-2..=2).contains(&skew), "{skew}");
        send(&running, "GET /services/data?token=00D!secret").unwrap();
        send(&running, "GET /00DEm0000000001!AQsecret").unwrap();
        let log: Vec<_> = running.log().iter().map(ToString::to_string).collect();
        assert_eq!(
            log,
            [
                "acme: POST /services/oauth2/token -> 200 [row 1.5]",
                "acme: GET /services/data -> 200 [row 6]",
                "acme: GET /… -> 404",
            ]
        );
    }

    #[test]
    fn every_fault_is_what_it_says() {
        for (fault, start) in [
            ("user-not-approved", "HTTP/1.1 400"),
            ("server-error", "HTTP/1.1 500"),
            ("html", "HTTP/1.1 503"),
            ("not-json", "HTTP/1.1 200"),
            ("unavailable", "HTTP/1.1 503"),
            ("too-many-requests", "HTTP/1.1 429"),
            ("redirect", "HTTP/1.1 302"),
            ("host-moved", "HTTP/1.1 301"),
            ("clock-ahead", "HTTP/1.1 400"),
            ("clock-behind", "HTTP/1.1 200"),
            ("foreign-instance-url", "HTTP/1.1 200"),
        ] {
            let answer = log_in(&running(Some(fault), None)).unwrap();
            assert!(answer.starts_with(start), "{fault}: {answer}");
        }
        assert!(log_in(&running(Some("clock-ahead"), None)).unwrap().contains("expired authorization code"));
        assert!(log_in(&running(Some("foreign-instance-url"), None)).unwrap().contains("https://evil.example"));
        assert!(log_in(&running(Some("too-large"), None)).unwrap().len() > 1 << 20);
        assert_eq!(log_in(&running(Some("reset"), None)).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
        assert_eq!(log_in(&running(Some("hang"), None)).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        let truncated = log_in(&running(Some("truncated"), None)).unwrap();
        let (head, body) = truncated.split_once("\r\n\r\n").unwrap();
        let announced = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        assert!(announced.parse::<usize>().unwrap() > body.len() && !body.is_empty(), "{truncated}");
    }

    #[test]
    fn a_fault_can_pass() {
        let running = running(Some("app-not-in-org"), Some(2));
        let statuses: Vec<_> = (0..4).map(|_| log_in(&running).unwrap()[9..12].to_owned()).collect();
        assert_eq!(statuses, ["400", "400", "200", "200"]);
        running.set_fault(Fault::from_name("html"), None);
        assert!(log_in(&running).unwrap().starts_with("HTTP/1.1 503"));
        assert!(send(&running, "GET /services/data").unwrap().starts_with("HTTP/1.1 200"), "the token endpoint only");
    }

    #[test]
    fn nothing_is_left_listening() {
        let running = running(None, None);
        let (login, own) = (running.login_url(), running.address("acme"));
        let port = login.rsplit_once(':').unwrap().1.parse().unwrap();
        let again = start(Options { port, ..Options::new(world()) });
        assert_eq!(again.err().unwrap().details().field.as_deref(), Some("port"));
        drop(running);
        for url in [login, own] {
            assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).is_err(), "{url}");
        }
    }

    #[test]
    fn the_ready_line_is_as_the_contract_has_it() {
        let running = running(None, None);
        let ready = serde_json::to_value(running.ready()).unwrap();
        assert_eq!(ready["loginUrl"], running.login_url());
        let acme = &ready["orgs"]["acme"];
        assert_eq!(
            (&acme["url"], &acme["addressUrl"]),
            (&running.my_domain("acme").into(), &running.address("acme").into())
        );
        assert!(
            acme["orgId"].as_str().unwrap().starts_with("00D") && acme["users"].is_array() && acme["apps"].is_array()
        );
        assert_eq!(ready["config"], serde_json::Value::Null);
    }
}
