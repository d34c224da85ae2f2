//! The sockets: loopback only, one for the login host and one for each org. Requests become values, values replies.

use super::address::Addresses;
use super::call::{Call, Reply};
use super::fault::Fault;
use super::log::{Entry, Log};
use super::site;
use super::world::World;
use crate::host::Clock;
use crate::time::Timestamp;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::serve::{IncomingStream, Listener};
use futures_util::{StreamExt, stream};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A request body may be so large.
const MAX_BODY: usize = 1 << 20;

/// What all connections share.
pub(super) struct Shared {
    pub(super) addresses: Addresses,
    pub(super) clock: Clock,
    pub(super) latency: Duration,
    inner: Mutex<Inner>,
}

/// What changes from request to request.
pub(super) struct Inner {
    pub(super) world: World,
    pub(super) log: Log,
    pub(super) fault: Option<Fault>,
    /// How many token requests the fault still hits; `None`: all.
    pub(super) fault_left: Option<u64>,
}

impl Shared {
    pub(super) fn new(addresses: Addresses, clock: Clock, latency: Duration, inner: Inner) -> Self {
        Shared { addresses, clock, latency, inner: Mutex::new(inner) }
    }

    /// What changes; also after a request has panicked.
    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The fault in force, and for a token request one time less of it.
    fn fault(&mut self, is_token_request: bool) -> Option<Fault> {
        let fault = self.fault.filter(|_| self.fault_left != Some(0))?;
        if let Some(left) = self.fault_left.as_mut().filter(|_| is_token_request) {
            *left -= 1;
        }
        Some(fault)
    }
}

/// Serves one listening socket until the runtime ends.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) -> io::Result<()> {
    let port = listener.local_addr()?.port();
    let router = Router::new().fallback(handle).with_state((shared, port));
    axum::serve(Loopback(listener), router.into_make_service_with_connect_info::<Peer>()).await
}

async fn handle(
    State((shared, port)): State<(Arc<Shared>, u16)>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response<Body> {
    tokio::time::sleep(shared.latency).await;
    let now = shared.clock.now();
    let call = match read(&shared.addresses, port, &peer, request).await {
        Ok(call) => call,
        Err(reply) => return respond(reply, now),
    };
    let is_token_request =
        matches!(call.segments.as_slice(), [a, b, c] if [a, b, c] == ["services", "oauth2", "token"]);
    let (fault, mut reply) = {
        let mut inner = shared.inner();
        let fault = inner.fault(is_token_request);
        let now = Timestamp(now.0 + fault.map_or(0, Fault::clock_shift));
        let instead = fault.filter(|_| is_token_request).and_then(Fault::instead);
        let reply = instead.unwrap_or_else(|| site::answer(&mut inner.world, &shared.addresses, &call, now));
        (fault, reply)
    };
    let now = Timestamp(now.0 + fault.map_or(0, Fault::clock_shift));
    let fault = fault.filter(|_| is_token_request);
    if let Some(token) = fault.and_then(|fault| fault.spoil(&mut reply)) {
        shared.inner().world.end_session(&token);
    }
    let whole = !matches!(fault, Some(Fault::Hang | Fault::Reset | Fault::Truncated));
    let entry = Entry::new(now, &call, whole.then_some(&reply));
    tracing::info!("{entry}");
    shared.inner().log.add(entry);
    match fault {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::Reset) => {
            peer.reset.store(true, Ordering::Relaxed);
            respond(reply, now)
        }
        Some(Fault::Truncated) => truncated(respond(reply, now)).await,
        _ => respond(reply, now),
    }
}

/// A request as a value.
async fn read(addresses: &Addresses, port: u16, peer: &Peer, request: Request) -> Result<Call, Reply> {
    let (parts, body) = request.into_parts();
    let header = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let host = header(header::HOST).unwrap_or_default();
    let place = addresses
        .locate(port, host)
        .ok_or_else(|| Reply::text(421, "the emulator has no such host: an org is NAME.localhost or has a port\n"))?;
    let content_type = header(header::CONTENT_TYPE).unwrap_or_default().to_owned();
    let authorization = header(header::AUTHORIZATION).map(str::to_owned);
    let body =
        axum::body::to_bytes(body, MAX_BODY).await.map_err(|_| Reply::text(413, "the request is too large\n"))?;
    Ok(Call {
        place,
        method: parts.method.as_str().to_owned(),
        segments: parts.uri.path().split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect(),
        query: url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect(),
        content_type,
        authorization,
        body: body.to_vec(),
        from: peer.address.ip(),
    })
}

/// A reply as a response. Every one has a `Date`, from which clients tell their clock's error (reference 1.5).
fn respond(reply: Reply, now: Timestamp) -> Response<Body> {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let date = (header::DATE, now.http_date());
    let content_type = (header::CONTENT_TYPE, reply.content_type.to_owned());
    let row = reply.row.map(|row| (HeaderName::from_static("emulator-row"), row.to_owned()));
    let own = reply.headers.into_iter().filter_map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value)));
    for (name, value) in [date, content_type].into_iter().chain(row).chain(own) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The same response with half of its body, and an end of the connection where the rest was announced.
async fn truncated(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let half = body.slice(..body.len() / 2);
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(20)).await; // lets the first half leave
        Err(io::Error::from(io::ErrorKind::ConnectionAborted))
    });
    let halves = stream::iter([Ok::<Bytes, io::Error>(half)]).chain(end);
    Response::from_parts(parts, Body::from_stream(halves))
}

/// Accepts connections that answer at once and can be reset.
struct Loopback(TcpListener);

impl Listener for Loopback {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        let _ = stream.set_nodelay(true); // else every answer may wait 40 ms for an acknowledgement
        (Connection { stream, reset: Arc::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection that is reset instead of written to, once it was told to.
struct Connection {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

/// Who is connected.
#[derive(Clone)]
struct Peer {
    address: SocketAddr,
    reset: Arc<AtomicBool>,
}

impl Connected<IncomingStream<'_, Loopback>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Loopback>) -> Self {
        Peer { address: *stream.remote_addr(), reset: Arc::clone(&stream.io().reset) }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.stream.set_zero_linger();
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
