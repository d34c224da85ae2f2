//! One HTTP request out, one capped answer in: TLS verified, no redirects, no retries of its own, loopback dialled
//! directly. Clients are built when the first request needs them, since loading the system's roots takes
//! milliseconds, and kept for the life of the process.

use super::{Clock, Env};
use crate::app::host_form::{HostForm, host_form};
use crate::error::{Error, Reason, Result};
use crate::oauth::exchange::MAX_ANSWER;
use crate::oauth::refusal::safe_text;
use crate::secret::{SecretBytes, SecretString};
use crate::time::Timestamp;
use http::{Request, Response, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;
use std::cell::Cell;
use std::collections::HashMap;
use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tower::util::MapFutureLayer;

/// What an org's settings say about its network.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// A proxy of its own, instead of the usual variables. It may carry a password, and is never shown whole.
    pub proxy: Option<SecretString>,
    /// PEM certificates that are trusted instead of the system's roots.
    pub roots: Option<Vec<u8>>,
}

/// HTTP for the whole process. Clones share clients and their connections.
#[derive(Clone)]
pub struct Http {
    clients: Arc<Mutex<HashMap<Route, reqwest::Client>>>,
    proxies: Arc<Proxies>,
    clock: Clock,
}

/// The proxy for a URL, by the usual variables or the system's settings.
type Proxies = dyn Fn(&Uri) -> Result<Option<Intercept>> + Send + Sync;

/// How a request leaves the machine; requests with the same route share a client.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Route {
    loopback: bool,
    encrypted: bool,
    proxy: Option<String>,
    roots: Option<Vec<u8>>,
}

/// An answer, and when it was asked for and received by our own clock.
#[derive(Debug)]
pub struct Answer {
    /// The response, whole.
    pub response: Response<SecretBytes>,
    /// When the request was sent.
    pub sent: Timestamp,
    /// When the whole answer was there.
    pub received: Timestamp,
}

/// A proxy on the way to a host, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyHop {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
}

tokio::task_local! {
    /// Where the request at hand is, so that an expired deadline can say what it waited for.
    static PHASE: Cell<&'static str>;
}

impl Http {
    /// HTTP with the proxies that these variables, or the system's settings, name.
    pub fn new(env: &Env, clock: Clock) -> Self {
        let env = env.clone();
        let proxies = move |uri: &Uri| {
            let variable = |name: &str| {
                let lower = env.text(&name.to_ascii_lowercase());
                lower.or_else(|| env.text(name)).unwrap_or_default().to_owned()
            };
            // HTTP_PROXY in capitals can be set by a remote party under CGI: it does not count there.
            let http = match env.text("REQUEST_METHOD") {
                Some(_) => env.text("http_proxy").unwrap_or_default().to_owned(),
                None => variable("HTTP_PROXY"),
            };
            let said = [variable("HTTPS_PROXY"), http, variable("ALL_PROXY")];
            if said.iter().all(String::is_empty) && cfg!(any(windows, target_os = "macos")) {
                return Ok(Matcher::from_system().intercept(uri));
            }
            let [https, http, all] = said;
            let no = variable("NO_PROXY");
            // https is all that leaves this machine. The matcher passes over what is no address, and so would go
            // around the proxy.
            let (name, said) = if https.is_empty() { ("ALL_PROXY", &all) } else { ("HTTPS_PROXY", &https) };
            let anywhere = Uri::from_static("https://login.salesforce.com/");
            let through = |proxy: &str, no: &str, uri| Matcher::builder().all(proxy).no(no).build().intercept(uri);
            if !said.is_empty() && through(said, "", &anywhere).is_none() && through("localhost", &no, uri).is_some() {
                return Err(no_proxy_address()
                    .field(name)
                    .hint(format!("set {name} to an address like http://proxy.example:3128")));
            }
            Ok(Matcher::builder().all(all).https(https).http(http).no(no).build().intercept(uri))
        };
        Http { clients: Arc::default(), proxies: Arc::new(proxies), clock }
    }

    /// The proxy that requests to this URL go through.
    pub fn proxy_for(&self, url: &str, network: &Network) -> Option<ProxyHop> {
        let route = self.route(&url.parse().ok()?, network).ok()?;
        let uri: Uri = route.proxy?.parse().ok()?;
        let standard = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        Some(ProxyHop { host: uri.host()?.to_owned(), port: uri.port_u16().unwrap_or(standard) })
    }

    /// Sends one request and reads the whole answer, all before `deadline`.
    ///
    /// Errors: `unreachable` with the phase that failed, and `unexpected` for an answer that ends early or is too
    /// large. No error holds more than the host of the request.
    pub async fn send(&self, request: Request<SecretBytes>, network: &Network, deadline: Instant) -> Result<Answer> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        let route = self.route(request.uri(), network)?;
        let way = Way { encrypted: route.encrypted, through_proxy: route.proxy.is_some() };
        let client = self.client(route)?;
        let (parts, body) = request.into_parts();
        let outgoing = client
            .request(parts.method, parts.uri.to_string())
            .headers(parts.headers)
            .body(body.expose().clone())
            .build()
            .map_err(|e| Error::new(Reason::Internal, "the request could not be built").because(e.without_url()))?;
        let sent = self.clock.now();
        let work = async {
            let response = client.execute(outgoing).await.map_err(|e| unsent(e, &host, &way))?;
            whole(response, &host).await
        };
        let watched = PHASE.scope(Cell::new("answer"), async {
            let result = tokio::time::timeout_at(deadline, work).await;
            result.unwrap_or_else(|_| Err(timed_out(&host, PHASE.with(Cell::get))))
        });
        let response = watched.await?;
        Ok(Answer { response, sent, received: self.clock.now() })
    }

    fn route(&self, uri: &Uri, network: &Network) -> Result<Route> {
        let loopback = uri.host().is_some_and(|host| host_form(host.trim_matches(['[', ']'])) == HostForm::Loopback);
        let proxy = match &network.proxy {
            _ if loopback => None,
            Some(own) => Some(own.expose().clone()),
            None => match (self.proxies)(uri)? {
                Some(hop) => Some(proxy_url(&hop).ok_or_else(no_proxy_address)?),
                None => None,
            },
        };
        Ok(Route { loopback, encrypted: uri.scheme_str() == Some("https"), proxy, roots: network.roots.clone() })
    }

    fn client(&self, route: Route) -> Result<reqwest::Client> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&route) {
            return Ok(client.clone());
        }
        let client = build(&route)?;
        clients.insert(route, client.clone());
        Ok(client)
    }
}

fn proxy_url(hop: &Intercept) -> Option<String> {
    let mut url = url::Url::parse(&hop.uri().to_string()).ok()?;
    if let Some((user, password)) = hop.raw_auth() {
        url.set_username(user).and_then(|()| url.set_password(Some(password))).ok()?;
    } else if let Some(basic) = hop.basic_auth() {
        let (user, password) = basic_parts(basic.to_str().ok()?)?;
        url.set_username(&user).and_then(|()| url.set_password(Some(&password))).ok()?;
    }
    Some(url.to_string())
}

fn basic_parts(header: &str) -> Option<(String, String)> {
    use base64::Engine;
    let decoded = base64::engine::general_purpose::STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

fn build(route: &Route) -> Result<reqwest::Client> {
    let phase = if route.proxy.is_some() { "proxy" } else { "connect" };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("sf-jwt/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .tcp_nodelay(true)
        .dns_resolver(Resolver { loopback: route.loopback })
        .connector_layer(MapFutureLayer::new(move |connection| connecting(connection, phase)));
    if let Some(proxy) = &route.proxy {
        let proxy = reqwest::Proxy::all(proxy).map_err(|e| no_proxy_address().because(e.without_url()))?;
        builder = builder.proxy(proxy);
    }
    match &route.roots {
        Some(pem) => {
            let roots = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
            if roots.is_empty() {
                return Err(Error::new(Reason::Damaged, "the CA file holds no PEM certificate").field("ca-file"));
            }
            builder = builder.tls_certs_only(roots);
        }
        // Plain http on loopback needs no roots, and loading the system's would take longer than the request.
        None if !route.encrypted => builder = builder.tls_certs_only([]),
        None => {}
    }
    builder.build().map_err(|e| {
        Error::new(Reason::Tls, "the TLS client could not be set up")
            .hint("no usable root certificates were found; install them, or give --ca-file")
            .because(e.without_url())
    })
}

/// Marks that a new connection is made, TLS and all: `phase` says to whom. A request that finds an open one never
/// comes here.
async fn connecting<F: Future>(connection: F, phase: &'static str) -> F::Output {
    let _ = PHASE.try_with(|now| now.set(phase));
    let made = connection.await;
    let _ = PHASE.try_with(|now| now.set("answer"));
    made
}

/// Resolves names, and marks that it does. Names of this machine are its own and need no DNS (RFC 6761 section
/// 6.3): the resolvers of Node and Python do not know that, ours does.
struct Resolver {
    loopback: bool,
}

#[derive(Debug)]
struct Unresolved(std::io::Error);

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name does not resolve")
    }
}

impl std::error::Error for Unresolved {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let loopback = self.loopback;
        Box::pin(async move {
            if loopback {
                return Ok(Box::new(loopback_addresses(0).into_iter()) as Addrs);
            }
            let before = PHASE.try_with(|phase| phase.replace("dns"));
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let _ = PHASE.try_with(|phase| phase.set(before.unwrap_or("connect")));
            let addresses: Vec<SocketAddr> = found.map_err(Unresolved)?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn loopback_addresses(port: u16) -> [SocketAddr; 2] {
    [(IpAddr::from(Ipv4Addr::LOCALHOST), port).into(), (IpAddr::from(Ipv6Addr::LOCALHOST), port).into()]
}

/// The addresses of a host, for the check that looks at DNS alone.
pub async fn lookup(host: &str, port: u16, deadline: Instant) -> Result<Vec<SocketAddr>> {
    let bare = host.trim_matches(['[', ']']);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    if host_form(bare) == HostForm::Loopback {
        return Ok(loopback_addresses(port).to_vec());
    }
    match tokio::time::timeout_at(deadline, tokio::net::lookup_host((bare, port))).await {
        Err(_) => Err(timed_out(host, "dns")),
        Ok(Err(e)) => Err(unresolved(host).because(e)),
        Ok(Ok(found)) => Ok(found.collect()),
    }
}

/// Opens a connection to one of these addresses, for the check that looks at the connection alone.
pub async fn connect(host: &str, addresses: &[SocketAddr], deadline: Instant) -> Result<SocketAddr> {
    let mut last = None;
    for address in addresses {
        let patience = deadline.min(Instant::now() + Duration::from_secs(10));
        match tokio::time::timeout_at(patience, tokio::net::TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(e)) => last = Some(unconnected(host).because(e)),
            Err(_) => last = Some(timed_out(host, "connect")),
        }
    }
    Err(last.unwrap_or_else(|| unresolved(host)))
}

async fn whole(mut response: reqwest::Response, host: &str) -> Result<Response<SecretBytes>> {
    let too_large = || {
        Error::new(Reason::TooLarge, format!("the answer of {host} is larger than 1 MiB"))
            .hint("something else than Salesforce answers: check the login URL and proxies")
    };
    let status = response.status();
    let with_status = |e: Error| e.with(|d| d.http_status = Some(status.as_u16()));
    let headers = response.headers().clone();
    if response.content_length().is_some_and(|length| length > MAX_ANSWER as u64) {
        return Err(with_status(too_large()));
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER => return Err(with_status(too_large())),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(e) => {
                let error = Error::new(Reason::Truncated, format!("the answer of {host} ended early"))
                    .hint("try again; when it stays, look for a proxy that cuts answers");
                return Err(with_status(error.because(e.without_url())));
            }
        }
    }
    let mut whole = Response::new(SecretBytes::from(body));
    *whole.status_mut() = status;
    *whole.headers_mut() = headers;
    Ok(whole)
}

/// What a request passes on its way.
struct Way {
    encrypted: bool,
    through_proxy: bool,
}

/// Why a request did not get through: the resolver's, TLS's and the operating system's errors are told apart by
/// their types, which reqwest does not do.
fn unsent(error: reqwest::Error, host: &str, way: &Way) -> Error {
    let error = error.without_url();
    let mut cause = error.source();
    let mut cut = false;
    while let Some(e) = cause {
        if e.is::<Unresolved>() {
            let what = if way.through_proxy { proxy_failed(host) } else { unresolved(host) };
            return what.because(error);
        }
        if let Some(tls) = e.downcast_ref::<rustls::Error>() {
            return untrusted(host, tls);
        }
        let io = e.downcast_ref::<std::io::Error>();
        cut |= io.is_some_and(|io| was_connected(io.kind()));
        // What an io::Error wraps is not its source, only its source's source is.
        let wrapped = io.and_then(std::io::Error::get_ref);
        cause = wrapped.map(|w| w as _).or_else(|| e.source());
    }
    let closed = || {
        Error::new(Reason::Connect, format!("{host} closed the connection before it answered"))
            .hint("check the network, a firewall, or whether a proxy is needed (HTTPS_PROXY)")
            .with(|d| d.phase = Some("answer".into()))
    };
    let what = match error.is_connect() {
        true if cut && way.encrypted => handshake_cut(host),
        true if way.through_proxy => proxy_failed(host),
        true => unconnected(host),
        false => closed(),
    };
    what.because(error)
}

/// Whether this can only happen to a connection that stood.
const fn was_connected(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
}

fn handshake_cut(host: &str) -> Error {
    Error::new(Reason::Tls, format!("the connection to {host} was closed during the TLS handshake"))
        .hint("check the port, a firewall, a proxy that opens TLS, or whether a proxy is needed (HTTPS_PROXY)")
        .with(|d| d.phase = Some("tls".into()))
}

fn untrusted(host: &str, error: &rustls::Error) -> Error {
    let (what, hint) = match error {
        rustls::Error::InvalidCertificate(fault) => certificate_fault(fault),
        other => (other.to_string(), "it does not speak TLS as expected; check the port, or a proxy in between"),
    };
    Error::new(Reason::Tls, format!("no trusted TLS connection to {host}: {what}"))
        .hint(hint)
        .with(|d| d.phase = Some("tls".into()))
}

/// What is wrong with a server's certificate, and what helps: another CA helps only where the issuer is unknown.
fn certificate_fault(fault: &CertificateError) -> (String, &'static str) {
    let moment = |time: &UnixTime| Timestamp(time.as_secs().try_into().unwrap_or(i64::MAX));
    let renew = "check this machine's clock; if it is right, the certificate of the server or proxy has to be renewed";
    let clock = "check this machine's clock";
    let elsewhere = "check the login URL, and whether a proxy answers instead of Salesforce";
    match fault {
        CertificateError::ExpiredContext { not_after, .. } => {
            (format!("its certificate expired at {}", moment(not_after)), renew)
        }
        CertificateError::Expired => ("its certificate has expired".to_owned(), renew),
        CertificateError::NotValidYetContext { not_before, .. } => {
            (format!("its certificate is valid only from {}", moment(not_before)), clock)
        }
        CertificateError::NotValidYet => ("its certificate is not valid yet".to_owned(), clock),
        CertificateError::NotValidForNameContext { presented, .. } => {
            // webpki writes them as DnsName("a.example")
            let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
            let names: Vec<String> = presented.iter().take(3).map(bare).collect();
            let names = safe_text(&names.join(", "), None).filter(|names| !names.is_empty());
            let names = names.unwrap_or_else(|| "no name at all".to_owned());
            (format!("its certificate is for another name ({names})"), elsewhere)
        }
        CertificateError::NotValidForName => ("its certificate is for another name".to_owned(), elsewhere),
        CertificateError::UnknownIssuer | CertificateError::BadSignature => (
            "the issuer of its certificate is not trusted".to_owned(),
            "behind a proxy that opens TLS, give its CA with --ca-file",
        ),
        CertificateError::Revoked => ("its certificate was revoked".to_owned(), elsewhere),
        other => (format!("its certificate is not accepted ({other})"), elsewhere),
    }
}

fn unresolved(host: &str) -> Error {
    Error::new(Reason::Dns, format!("{host} does not resolve"))
        .hint("check the My Domain for typing errors; a new one can take minutes to appear in DNS")
        .with(|d| d.phase = Some("dns".into()))
}

fn unconnected(host: &str) -> Error {
    Error::new(Reason::Connect, format!("no connection to {host}"))
        .hint("check the network, a firewall, or whether a proxy is needed (HTTPS_PROXY)")
        .with(|d| d.phase = Some("connect".into()))
}

fn proxy_failed(host: &str) -> Error {
    Error::new(Reason::Proxy, format!("the proxy did not connect to {host}"))
        .hint("check HTTPS_PROXY and NO_PROXY, or the org's proxy setting")
        .with(|d| d.phase = Some("proxy".into()))
}

fn no_proxy_address() -> Error {
    Error::new(Reason::Proxy, "the proxy's address is not valid")
        .hint("for instance http://proxy.example:3128")
        .with(|d| d.phase = Some("proxy".into()))
}

fn timed_out(host: &str, phase: &'static str) -> Error {
    Error::new(Reason::Timeout, format!("{host} gave no answer in time (waiting for: {phase})"))
        .hint(match phase {
            "proxy" => "check HTTPS_PROXY and NO_PROXY, or the org's proxy setting",
            _ => "allow more with --timeout, or check the network",
        })
        .with(|d| d.phase = Some(phase.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Serves these bytes once on a port of its own, after reading the request.
    async fn server(answer: Vec<u8>, then_hang: bool) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await;
            let _ = socket.write_all(&answer).await;
            if then_hang {
                std::future::pending::<()>().await;
            }
        });
        format!("http://{address}/")
    }

    async fn get(url: &str, env: &[(&str, &str)], patience: u64) -> Result<Answer> {
        let http = Http::new(&Env::of(env.iter().copied()), Clock::Fixed(Timestamp(5)));
        let request = Request::get(url).body(SecretBytes::from(vec![])).unwrap();
        http.send(request, &Network::default(), Instant::now() + Duration::from_millis(patience)).await
    }

    #[tokio::test]
    async fn an_answer_comes_whole_and_names_of_this_machine_need_no_dns() {
        let url = server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_vec(), false).await;
        let url = url.replace("127.0.0.1", "acme.localhost");
        // A proxy would never see it: loopback is dialled directly.
        let answer =
            get(&url, &[("http_proxy", "http://127.0.0.1:1"), ("ALL_PROXY", "http://127.0.0.1:1")], 5000).await;
        assert_eq!(answer.unwrap().response.body().expose(), b"hi");
    }

    #[tokio::test]
    async fn failures_are_told_apart() {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: ";
        let huge = format!("{head}2000000\r\n\r\n");
        let short = format!("{head}10\r\n\r\nhi");
        let chunked =
            format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n200000\r\n{}\r\n", "x".repeat(0x20_0000));
        for (answer, hang, reason, phase) in [
            (huge, true, Reason::TooLarge, None),
            (chunked, true, Reason::TooLarge, None),
            (short, false, Reason::Truncated, None),
            (String::new(), false, Reason::Connect, Some("answer")),
        ] {
            let error = get(&server(answer.into_bytes(), hang).await, &[], 5000).await.unwrap_err();
            assert_eq!((error.reason(), error.details().phase.as_deref()), (reason, phase), "{error}");
            assert!(error.details().hint.is_some(), "{error}");
        }
        assert_eq!(get("http://127.0.0.1:1/", &[], 5000).await.unwrap_err().reason(), Reason::Connect);
        let url = server(b"no TLS here".to_vec(), false).await.replace("http:", "https:");
        assert_eq!(get(&url, &[], 5000).await.unwrap_err().reason(), Reason::Tls);
        let url = server(vec![], false).await.replace("http:", "https:");
        let error = get(&url, &[], 5000).await.unwrap_err();
        assert_eq!((error.reason(), error.details().phase.as_deref()), (Reason::Tls, Some("tls")), "{error}");
        for bad in ["http://[bad", "ftp://proxy.example", "http://proxy example"] {
            let error = get("https://acme.my.salesforce.com/", &[("HTTPS_PROXY", bad)], 5000).await.unwrap_err();
            assert_eq!((error.reason(), error.details().field.as_deref()), (Reason::Proxy, Some("HTTPS_PROXY")));
        }
        let proxied = get("https://acme.my.salesforce.com/", &[("https_proxy", "http://127.0.0.1:1")], 5000).await;
        assert_eq!(proxied.unwrap_err().reason(), Reason::Proxy);
    }

    #[tokio::test]
    async fn a_timeout_tells_what_was_waited_for() {
        let silent = server(vec![], true).await;
        let half = server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nh".to_vec(), true).await;
        let no_hello = server(vec![], true).await.replace("http:", "https:");
        let (tunnel, acme) = (server(vec![], true).await, "https://acme.my.salesforce.com/");
        for (url, proxy, phase) in
            [(&*silent, "", "answer"), (&half, "", "answer"), (&no_hello, "", "connect"), (acme, &tunnel, "proxy")]
        {
            let error = get(url, &[("https_proxy", proxy)], 250).await.unwrap_err();
            assert_eq!((error.reason(), error.details().phase.as_deref()), (Reason::Timeout, Some(phase)), "{error}");
        }
    }

    #[tokio::test]
    async fn an_open_connection_that_falls_silent_is_no_matter_of_connecting() {
        let url = server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_vec(), true).await;
        let http = Http::new(&Env::default(), Clock::System);
        let send = |patience| {
            let request = Request::get(&url).body(SecretBytes::from(vec![])).unwrap();
            let deadline = Instant::now() + Duration::from_millis(patience);
            let http = http.clone();
            async move { http.send(request, &Network::default(), deadline).await }
        };
        send(5000).await.unwrap();
        let error = send(250).await.unwrap_err();
        assert_eq!((error.reason(), error.details().phase.as_deref()), (Reason::Timeout, Some("answer")));
    }

    #[test]
    fn a_certificate_is_refused_in_plain_words() {
        let day = UnixTime::since_unix_epoch(Duration::from_secs(86_400));
        let name = rustls::pki_types::ServerName::try_from("acme.example").unwrap();
        let presented = vec!["DnsName(\"localhost\")".to_owned(), "IpAddress(1.2.3.4)".to_owned()];
        for (fault, words, ca_helps) in [
            (CertificateError::ExpiredContext { time: day, not_after: day }, "expired at 1970-01-02T00:00:00Z", false),
            (CertificateError::NotValidYet, "not valid yet", false),
            (
                CertificateError::NotValidForNameContext { expected: name, presented },
                "for another name (localhost, IpAddress(1.2.3.4))",
                false,
            ),
            (CertificateError::UnknownIssuer, "issuer", true),
            (CertificateError::Revoked, "revoked", false),
        ] {
            let error = untrusted("acme.example", &rustls::Error::InvalidCertificate(fault));
            assert!(error.message().contains(words), "{error}");
            assert_eq!(error.details().hint.as_deref().unwrap().contains("--ca-file"), ca_helps, "{error}");
        }
    }

    #[test]
    fn proxies_come_from_the_usual_variables() {
        let url = "https://acme.my.salesforce.com/";
        let hop = |env: &[(&str, &str)]| {
            Http::new(&Env::of(env.iter().copied()), Clock::System).proxy_for(url, &Network::default())
        };
        let expected = Some(ProxyHop { host: "proxy.example".into(), port: 3128 });
        assert_eq!(hop(&[("HTTPS_PROXY", "http://u:p@proxy.example:3128")]), expected);
        assert_eq!(hop(&[("ALL_PROXY", "http://proxy.example:3128")]), expected);
        assert_eq!(hop(&[("HTTPS_PROXY", "http://proxy.example:3128"), ("NO_PROXY", ".salesforce.com")]), None);
        assert_eq!(hop(&[("HTTPS_PROXY", "http://[bad"), ("NO_PROXY", ".salesforce.com")]), None);
        assert_eq!(hop(&[]), None);
    }
}
